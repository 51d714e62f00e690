/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between vimsic_dev.c and vimsic_hw.c: a vCPU's interrupt file, in software or on a hart.
 */
#ifndef VDEV_VIMSIC_VCPU_H
#define VDEV_VIMSIC_VCPU_H

#include "lib/lock.h"
#include "vdev/vimsic.h"
#include "vm/vcpu.h"

struct vimsic_vcpu {
	struct vcpu *vcpu;
	gpa_t gpa;			/* of its page in the guest */
	struct spinlock lock;		/* guards the rest; hart->lock nests inside */
	struct vimsic file;		/* what it holds while it is on no hart */
	volatile uint32_t *page;	/* where MSIs go to while it is on one; else NULL */
	struct hart *hart;		/* whose guest file number it has; NULL: none */
	unsigned number;
};

/* vimsic_hw.c: give up the hart's file without looking at it. The vCPU has left its hart. */
void vimsic_hw_drop(struct vimsic_vcpu *imsic);

#endif
