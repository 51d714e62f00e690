/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt files of vCPUs on the hart's guest interrupt files, for modes that run in VS-mode.
 * RISC-V Advanced Interrupt Architecture 1.0, chapter 6.
 */
#ifndef VDEV_VIMSIC_HW_H
#define VDEV_VIMSIC_HW_H

#include "vm/vcpu.h"

/*
 * v, which has an imsic, is being put on this hart, and its vsiselect and hstatus are not loaded
 * yet: take its interrupt file along from where it was, and use a guest file if one is free.
 * v->hstatus says which from then on.
 */
void vimsic_hw_load(struct vcpu *v);

#endif
