/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a VM is built from, and what of it lies in its memory when it starts.
 */
#ifndef BOOT_VM_IMAGES_H
#define BOOT_VM_IMAGES_H

#include "boot/host_dt.h"
#include "vm/vm.h"

#define VM_WHY_SIZE 224

/* What one VM is built from. */
struct vm_source {
	const struct host_info *host;
	const void *archive;
	size_t archive_size;
	const void *fdt;
	size_t fdt_size;
	bool again;		/* reboot or create: loaded in the VM's own time, unsaid */
};

/* The device of this kind in a VM's tree, or NULL. */
const struct vdev_config *vm_images_device(const struct vm_config *config, enum vdev_kind kind);
/*
 * Kernel, initrd and tree into guest RAM, at once, or (source->again) put down for vm_copy_step();
 * sets where it starts. Return: 0, or a negative errno with a line in why, of VM_WHY_SIZE.
 */
int vm_images_load(struct vm *vm, const struct vm_source *source, char *why);

#endif
