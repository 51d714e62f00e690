/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest-page faults: what is not RAM is a device or nothing.
 * Privileged specification, "Guest-page faults" and htval.
 */
#ifndef VM_MMIO_H
#define VM_MMIO_H

#include "vm/vcpu.h"

/*
 * The exit handler of causes 20, 21 and 23 in every mode of world vu: emulates an access to a
 * device; for any other address the guest gets an access fault with its own address.
 */
enum vcpu_next mmio_exit(struct vcpu *v);
/* The same for an instruction guest-page fault: no device has instructions. */
enum vcpu_next mmio_exit_fetch(struct vcpu *v);

/* A device of no bytes: in v->mmio_last of a vCPU that has used none. */
extern struct vdev mmio_no_device;

#endif
