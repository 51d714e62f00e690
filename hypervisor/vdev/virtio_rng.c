/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio entropy device. Pure. Virtual I/O Device (VIRTIO) Version 1.2, section 5.4.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "vdev/virtio_rng.h"

#define BYTES_A_REQUEST	64UL		/* the driver asks again for more (5.4.6) */
#define REQUESTS_A_TIME	16U		/* for one notification */

static struct virtio_rng *rng_of(struct virtio *dev)
{
	return container_of(dev, struct virtio_rng, virtio);
}

/* SHA-256 of the secret and a number. */
static void derive(const struct virtio_rng *rng, uint64_t number, uint8_t *out)
{
	struct sha256 sha;

	sha256_init(&sha);
	sha256_update(&sha, rng->secret, sizeof(rng->secret));
	sha256_update(&sha, &number, sizeof(number));
	sha256_final(&sha, out);
}

/* Fill the chain, or its beginning. Return: bytes. */
static uint32_t rng_fill(struct virtio_rng *rng)
{
	struct virtqueue_cursor cursor = virtqueue_in(&rng->chain);
	size_t size = MIN(rng->chain.in_bytes, BYTES_A_REQUEST), done = 0;
	uint8_t block[SHA256_SIZE];

	for (uint64_t number = 1; done < size; number++) {
		size_t piece = MIN(size - done, sizeof(block));

		derive(rng, number, block);
		if (virtqueue_write(&rng->virtio.queues[0], &rng->chain, &cursor, block, piece) !=
		    piece)
			break;
		done += piece;
	}
	/* The numbers above are small; times are not, and differ. */
	derive(rng, rng->now_ticks() << 8, block);
	memcpy(rng->secret, block, sizeof(block));
	return (uint32_t)done;
}

static int rng_notify(struct virtio *dev, unsigned index)
{
	struct virtio_rng *rng = rng_of(dev);
	struct virtqueue *queue = &dev->queues[index];
	unsigned left = REQUESTS_A_TIME;
	int took = 1;

	virtqueue_notify_off(queue);
	for (; left > 0 && took > 0; left--) {
		took = virtqueue_take(queue, &rng->chain);
		if (took > 0 && virtqueue_give(queue, rng->chain.head, rng_fill(rng)))
			took = -EINVAL;
	}
	if (took < 0) {
		virtio_broken(dev);
		return 0;
	}
	virtio_used(dev, index);
	return took > 0 || virtqueue_notify_on(queue) ? -EAGAIN : 0;
}

static void rng_reset(struct virtio *dev, unsigned queue)
{
	(void)dev;
	(void)queue;
}

static const struct virtio_class rng_class = {
	.id = VIRTIO_ID_RNG,
	.queue_count = 1,
	.notify = rng_notify,
	.reset = rng_reset,
};

void virtio_rng_init(struct virtio_rng *rng, const uint8_t *seed, uint64_t (*now_ticks)(void),
		     const struct virtqueue_memory *memory,
		     void (*interrupt)(void *arg, bool level), void *arg)
{
	memset(rng, 0, sizeof(*rng));
	memcpy(rng->secret, seed, sizeof(rng->secret));
	rng->now_ticks = now_ticks;
	virtio_init(&rng->virtio, &rng_class, 0, NULL, 0, memory, interrupt, arg);
}
