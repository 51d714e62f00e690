/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The randomness that VMs begin with: /chosen rng-seed, and what entropy devices draw from.
 */
#ifndef BOOT_SEED_H
#define BOOT_SEED_H

#include "boot/host_dt.h"
#include "vm/vm.h"

/*
 * The guest's seed: the host's and the VM's name, so that with a fixed host seed (QEMU -seed) a VM
 * gets the same one in every run, whatever runs beside it.
 */
void seed_vm(const struct host_info *host, const struct vm *vm, uint8_t *seed);
/* Another secret for each entropy device; by its address, as the VM has one of its own already. */
void seed_device(const struct host_info *host, const struct vm *vm, struct vdev_config *device);

#endif
