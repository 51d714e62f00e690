/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest-page faults: what is not RAM is a device or nothing.
 * Privileged specification, "Guest-page faults" and htval.
 */
#ifndef VM_MMIO_H
#define VM_MMIO_H

#include "vm/vcpu.h"

/*
 * The exit handlers of causes 21, 23 and 20 in every mode of world vu: emulate an access to a
 * device; for any other address the guest gets an access fault with its own address. No device has
 * instructions.
 */
enum vcpu_next mmio_exit_load(struct vcpu *v);
enum vcpu_next mmio_exit_store(struct vcpu *v);
enum vcpu_next mmio_exit_fetch(struct vcpu *v);

/* The same as light exits; where the guest's kernel is deprivileged, injecting needs more. */
extern enum vcpu_next (*const mmio_light_exits[LIGHT_COUNT])(struct vcpu *v);

/* A device of no bytes: in v->mmio_last of a vCPU that has used none. */
extern struct vdev mmio_no_device;

#endif
