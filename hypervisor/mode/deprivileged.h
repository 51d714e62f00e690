/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the deprivileged modes (te, pv) share in world vu: a guest kernel in VU-mode on shadow page
 * tables, its user on the guest's own, and a virtual CSR page.
 */
#ifndef MODE_DEPRIVILEGED_H
#define MODE_DEPRIVILEGED_H

#include "vm/mode.h"

int dep_vcpu_init(struct vcpu *v);
void dep_vcpu_fini(struct vcpu *v);
void dep_vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t opaque);
void dep_load(struct vcpu *v);
void dep_save(struct vcpu *v);
void dep_irq_update(struct vcpu *v);
bool dep_irq_wakes(struct vcpu *v);
uint64_t dep_wake_deadline(struct vcpu *v);
void dep_inject(struct vcpu *v, const struct guest_trap *trap);
void dep_fence_vma(struct vcpu *v, const struct vfence *fence);
void dep_adue_changed(struct vcpu *v);
bool dep_fault_in(struct vcpu *v, gva_t gva, uint64_t cause, struct guest_trap *trap);
unsigned dep_level(const struct vcpu *v);

/* Carry out what a CSR access (VCSR_FX_*) or a new virtual privilege means for the machine. */
void dep_apply(struct vcpu *v, int effects);
/* Wait for an interrupt; pc and results are those behind it. */
enum vcpu_next dep_block(struct vcpu *v);
/* SRET, SFENCE.VMA and WFI of the virtual S-mode; pc is stepped by the caller but for SRET. */
void dep_sret(struct vcpu *v);
void dep_sfence(struct vcpu *v, bool has_va, uint64_t va, bool has_asid, uint64_t asid);

/* One CSR access of virtual S-mode, with its effects. Return: false = illegal instruction. */
bool dep_csr(struct vcpu *v, unsigned csr, enum csr_op op, bool writes, uint64_t operand,
	     uint64_t *old);

/* csrw satp of virtual S-mode. */
void dep_write_satp(struct vcpu *v, uint64_t value);

/* Exit handlers. */
enum vcpu_next dep_exit_illegal(struct vcpu *v);
enum vcpu_next dep_exit_virtual(struct vcpu *v);
/* The same as either, for a guest with its CSR page mapped: no way is shorter than dep_csr(). */
enum vcpu_next dep_exit_decode(struct vcpu *v);
enum vcpu_next dep_exit_page_fault(struct vcpu *v);
enum vcpu_next dep_exit_reflect(struct vcpu *v);

#endif
