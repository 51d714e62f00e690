/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emulated devices of a VM: built from its tree.
 */
#include "lib/errno.h"
#include "lib/printf.h"
#include "mem/kalloc.h"
#include "vdev/vaplic_dev.h"
#include "vdev/vdev.h"
#include "vdev/vimsic_dev.h"
#include "vdev/virtio_dev.h"
#include "vdev/vplic_dev.h"
#include "vdev/vrtc_dev.h"
#include "vdev/vuart_dev.h"
#include "vm/vconsole.h"

static const struct {
	const char *name;
	int (*create)(struct vm *vm, const struct vdev_config *config);
} vdev_kinds[VDEV_KIND_COUNT] = {
	[VDEV_UART] = { "ns16550a", vuart_dev_create },
	[VDEV_PLIC] = { "plic", vplic_dev_create },
	[VDEV_APLIC] = { "aplic", vaplic_dev_create },
	[VDEV_IMSIC] = { "imsics", vimsic_dev_create },
	[VDEV_VIRTIO_BLK] = { "virtio block", virtio_blk_dev_create },
	[VDEV_VIRTIO_NET] = { "virtio net", virtio_net_dev_create },
	[VDEV_VIRTIO_CONSOLE] = { "virtio console", virtio_console_dev_create },
	[VDEV_VIRTIO_RNG] = { "virtio rng", virtio_rng_dev_create },
	[VDEV_RTC] = { "rtc", vrtc_dev_create },
};

static void say_why(const struct vdev_config *config, int err, char *why, size_t why_size)
{
	const char *name = vdev_kinds[config->kind].name;

	if (err == -ENOSPC)
		snprintf(why, why_size, "%s at 0x%lx: %lu MiB are free, less than what may be "
			 "written to the disk: give QEMU more (MEM=) or say strata,quota",
			 name, config->gpa, page_free_bytes(kalloc_pages()) >> 20);
	else
		snprintf(why, why_size, "%s at 0x%lx: %s", name, config->gpa,
			 err == -ENOMEM ? "no memory" :
			 err == -EEXIST ? "its address is taken on its switch" :
					  "too many sources or contexts");
}

static int create_kinds(struct vm *vm, bool uarts, char *why, size_t why_size)
{
	for (size_t i = 0; i < vm->config.device_count; i++) {
		const struct vdev_config *config = &vm->config.devices[i];
		int err;

		if ((config->kind == VDEV_UART) != uarts)
			continue;
		err = vdev_kinds[config->kind].create(vm, config);
		if (err) {
			say_why(config, err, why, why_size);
			return err;
		}
	}
	return 0;
}

int vdev_create_all(struct vm *vm, char *why, size_t why_size)
{
	int err = vconsole_create(vm);

	if (err) {
		snprintf(why, why_size, "no memory for its console");
		return err;
	}
	/* Wherever their nodes stand, a virtio console takes the input from a uart. */
	err = create_kinds(vm, true, why, why_size);
	return err ? err : create_kinds(vm, false, why, why_size);
}
