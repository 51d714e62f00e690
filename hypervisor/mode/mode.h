/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtualization techniques that this hypervisor has.
 */
#ifndef MODE_MODE_H
#define MODE_MODE_H

#include "vm/mode.h"

extern const struct mode_ops mode_hw, mode_te, mode_pv;

/* The operations of a mode in a world; NULL with a reason where this machine cannot do it. */
const struct mode_ops *mode_find(enum vm_mode mode, enum vm_world world, const char **why);

#endif
