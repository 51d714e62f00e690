/* SPDX-License-Identifier: BSD-2-Clause */
/* Private to mode/hw.c and mode/hw_csrs.c: struct mode_ops says what each does. */
#ifndef MODE_HW_H
#define MODE_HW_H

#include "vm/vcpu.h"

void hw_load(struct vcpu *v);
void hw_save(struct vcpu *v);
void hw_change(struct vcpu *from, struct vcpu *to);
void hw_irq_update(struct vcpu *v);

#endif
