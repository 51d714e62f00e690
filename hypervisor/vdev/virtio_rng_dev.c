/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio entropy device of a VM, seeded by boot.
 */
#include <riscv/csr.h>
#include "hart/hart.h"
#include "lib/errno.h"
#include "mem/kalloc.h"
#include "vdev/virtio_dev.h"
#include "vdev/virtio_rng.h"

struct virtio_rng_dev {
	struct virtio_dev dev;
	struct virtio_rng rng;
};

static uint64_t now_ticks(void)
{
	return time_now();
}

static void virtio_rng_dev_destroy(struct virtio_dev *dev)
{
	kfree(container_of(dev, struct virtio_rng_dev, dev));
}

int virtio_rng_dev_create(struct vm *vm, const struct vdev_config *config)
{
	struct virtio_rng_dev *rng = kalloc(sizeof(*rng));

	if (rng == NULL)
		return -ENOMEM;
	virtio_dev_wire(&rng->dev, vm, config, &rng->rng.virtio, virtio_rng_dev_destroy);
	virtio_rng_init(&rng->rng, config->seed, now_ticks, &rng->dev.memory,
			virtio_dev_interrupt, &rng->dev);
	virtio_dev_add(&rng->dev);
	return 0;
}
