/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio entropy device. Pure. Virtual I/O Device (VIRTIO) Version 1.2, section 5.4.
 *
 * Its bytes are SHA-256 of a secret that goes through SHA-256 itself after each request: what was
 * handed out tells nothing of what will be, nor the secret of today anything of yesterday's.
 */
#ifndef VDEV_VIRTIO_RNG_H
#define VDEV_VIRTIO_RNG_H

#include "lib/sha256.h"
#include "vdev/virtio_mmio.h"

#define VIRTIO_RNG_SEED_BYTES	SHA256_SIZE

struct virtio_rng {
	struct virtio virtio;
	uint8_t secret[SHA256_SIZE];
	uint64_t (*now_ticks)(void);
	struct virtqueue_chain chain;
};

/* now_ticks is mixed into the secret at each request. */
void virtio_rng_init(struct virtio_rng *rng, const uint8_t *seed, uint64_t (*now_ticks)(void),
		     const struct virtqueue_memory *memory,
		     void (*interrupt)(void *arg, bool level), void *arg);

#endif
