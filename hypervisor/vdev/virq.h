/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device's interrupt line, whatever interrupt controller the VM has.
 */
#ifndef VDEV_VIRQ_H
#define VDEV_VIRQ_H

#include "vm/vm.h"

/*
 * Drive a source of the VM's PLIC or APLIC; called with the device's own lock held (a device's lock
 * nests outside the controller's). Without a controller, or for source 0: nothing.
 */
static inline void virq_set_level(struct vm *vm, unsigned source, bool level)
{
	if (vm->intc != NULL && source != 0)
		vm->intc_set_level(vm->intc, source, level);
}

#endif
