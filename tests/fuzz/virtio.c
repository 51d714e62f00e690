/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as the doings of a virtio driver: register accesses, and guest memory with the rings in
 * it. The first byte chooses the device, the rest is a list of operations.
 * SOURCES: hypervisor/vdev/virtio_blk.c hypervisor/vdev/ramdisk.c hypervisor/vdev/virtio_net.c
 * SOURCES: hypervisor/vdev/virtio_console.c hypervisor/vdev/virtio_rng.c
 * SOURCES: hypervisor/vdev/vswitch.c hypervisor/vdev/virtio_mmio.c hypervisor/vdev/virtqueue.c
 * SOURCES: hypervisor/vdev/virtqueue_chain.c
 * SOURCES: hypervisor/lib/sha256.c
 */
#include <stdio.h>
#include <string.h>

#include "fake_kalloc.h"
#include "lib/errno.h"
#include "vdev/ramdisk.h"
#include "vdev/virtio_blk.h"
#include "vdev/virtio_console.h"
#include "vdev/virtio_net.h"
#include "vdev/virtio_rng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE	0x80000000UL
#define PIECE	0x1000UL
#define PIECES	4UL

static uint8_t *pieces[PIECES];

static void *map(void *arg, uint64_t gpa, size_t size, size_t *got)
{
	uint64_t offset = gpa - BASE;

	(void)arg;
	*got = 0;
	if (gpa < BASE || offset >= PIECES * PIECE || size > PIECES * PIECE - offset)
		return NULL;
	*got = MIN(size, PIECE - offset % PIECE);
	return pieces[offset / PIECE] + offset % PIECE;
}

static const struct virtqueue_memory memory = { .map = map };

static void *page_get(void)
{
	return malloc(RAMDISK_PAGE);
}

static bool reserve(uint64_t bytes)
{
	return bytes != 0;
}

static void unreserve(uint64_t bytes)
{
	(void)bytes;
}

static const struct ramdisk_pages pages = { .reserve = reserve, .unreserve = unreserve,
					    .alloc = page_get, .free = free };

static void interrupt(void *arg, bool level)
{
	(void)arg;
	(void)level;
}

static uint64_t now(void)
{
	return 1;
}

static size_t send(void *arg, const char *text, size_t size)
{
	volatile char last = text[size - 1];

	(void)arg;
	/* No more than 64 at a time. */
	return last == '\0' || size < 64 ? size : 64;
}

static size_t receive(void *arg, char *text, size_t size)
{
	(void)arg;
	memset(text, 'x', size);
	return size;
}

static const struct virtio_console_io io = { .send = send, .receive = receive };

/* Start the device as a driver would, with its queues in the memory's pages. */
static void start(struct virtio *dev)
{
	virtio_write(dev, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 4, 0);
	virtio_write(dev, VIRTIO_MMIO_DRIVER_FEATURES, 4, VIRTIO_F_INDIRECT_DESC);
	virtio_write(dev, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 4, 1);
	virtio_write(dev, VIRTIO_MMIO_DRIVER_FEATURES, 4, 1);
	virtio_write(dev, VIRTIO_MMIO_STATUS, 4, 0xb);
	for (unsigned queue = 0; queue < 2; queue++) {
		virtio_write(dev, VIRTIO_MMIO_QUEUE_SEL, 4, queue);
		virtio_write(dev, VIRTIO_MMIO_QUEUE_NUM, 4, 8);
		virtio_write(dev, VIRTIO_MMIO_QUEUE_DESC_LOW, 4, BASE + 0x800 * queue);
		virtio_write(dev, VIRTIO_MMIO_QUEUE_DRIVER_LOW, 4, BASE + 0x800 * queue + 0x100);
		virtio_write(dev, VIRTIO_MMIO_QUEUE_DEVICE_LOW, 4, BASE + 0x800 * queue + 0x200);
		virtio_write(dev, VIRTIO_MMIO_QUEUE_READY, 4, 1);
	}
	virtio_write(dev, VIRTIO_MMIO_STATUS, 4, 0xf);
}

/* Operations: a byte that says what, an address or offset of two bytes, a value of eight. */
static void drive(struct virtio *dev, const uint8_t *data, size_t size)
{
	start(dev);
	for (; size >= 11; data += 11, size -= 11) {
		uint64_t value, offset = data[1] | (uint64_t)data[2] << 8;
		unsigned width = 1U << (data[0] >> 2 & 3);
		size_t got;

		memcpy(&value, data + 3, 8);
		switch (data[0] & 3) {
		case 0:
			virtio_read(dev, ALIGN_DOWN(offset & 0xfff, width), width);
			break;
		case 1:
			virtio_write(dev, ALIGN_DOWN(offset & 0x1ff, width), width, value);
			break;
		case 2:
			offset &= PIECES * PIECE - 8;
			memcpy(map(NULL, BASE + offset, 8, &got), &value, 8);
			break;
		default:
			for (int i = 0; i < 64; i++)
				if (virtio_write(dev, VIRTIO_MMIO_QUEUE_NOTIFY, 4, value & 1) !=
				    -EAGAIN)
					break;
			break;
		}
	}
	virtio_reset(dev);
}

static void drive_net(const uint8_t *data, size_t size)
{
	static struct virtio_net nets[2];
	static struct vswitch sw;

	vswitch_init(&sw, 1000);
	for (uint8_t i = 0; i < 2; i++) {
		uint8_t mac[6] = { 2, 0, 0, 0, 0, i };

		virtio_net_init(&nets[i], &sw, mac, now, &memory, interrupt, NULL);
		start(&nets[i].virtio);
	}
	drive(&nets[0].virtio, data, size);
}

static void drive_block(const uint8_t *data, size_t size)
{
	static const uint8_t image[5000];
	static struct virtio_blk blk;
	static struct virtio_blk_request slot;
	const struct ramdisk_config config = { .size = 20480, .image = image,
					       .image_size = sizeof(image) };
	struct ramdisk *disk = NULL;

	if (ramdisk_create(&config, &pages, &disk))
		return;
	slot = (struct virtio_blk_request){ 0 };
	virtio_blk_init(&blk, &disk->disk, "fuzz", &slot, 1, &memory, interrupt, NULL);
	drive(&blk.virtio, data, size);
	disk->disk.ops->destroy(&disk->disk);
}

static void drive_other(unsigned which, const uint8_t *data, size_t size)
{
	static const uint8_t seed[VIRTIO_RNG_SEED_BYTES];
	static struct virtio_console console;
	static struct virtio_rng rng;

	if (which) {
		virtio_console_init(&console, &io, NULL, &memory, interrupt, NULL);
		drive(&console.virtio, data, size);
	} else {
		virtio_rng_init(&rng, seed, now, &memory, interrupt, NULL);
		drive(&rng.virtio, data, size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	for (unsigned i = 0; i < PIECES; i++)
		pieces[i] = calloc(1, PIECE);
	if ((data[0] & 3) == 0)
		drive_block(data + 1, size - 1);
	else if ((data[0] & 3) == 1)
		drive_net(data + 1, size - 1);
	else
		drive_other(data[0] & 1, data + 1, size - 1);
	for (unsigned i = 0; i < PIECES; i++)
		free(pieces[i]);
	if (kalloc_live)
		abort();
	return 0;
}
