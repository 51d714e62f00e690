/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mode pv, paravirtualization: the guest kernel replaces its privileged instructions by the Strata
 * hypercalls (step 0) and by accesses to the virtual CSR page that it shares with us (step 1).
 * docs/abi.md; <strata/abi.h>. What it has not replaced yet still traps and is emulated.
 */
#include <sbi/sbi.h>
#include "lib/errno.h"
#include "mode/deprivileged.h"
#include "mode/fast.h"
#include "mode/mode.h"
#include "vm/guestmem.h"
#include "vm/mmio.h"
#include "vsbi/vsbi.h"

#define PV_FN_FIRST STRATA_FN_CSR_READ
#define PV_FN_LAST  STRATA_FN_MAP_VCPU_PAGE

static uint64_t pv_features(const struct vm *vm)
{
	return vm->config.features;
}

/* Answer in the guest's registers. */
static enum vcpu_next answer(struct vcpu *v, int64_t error, uint64_t value)
{
	v->regs[REG_A0] = (uint64_t)error;
	v->regs[REG_A1] = value;
	return VCPU_RESUME;
}

static __attribute__((noinline)) enum vcpu_next
csr_call(struct vcpu *v, enum csr_op op, bool writes)
{
	uint64_t csr = v->regs[REG_A0], old = 0;

	if (csr > 0xfff || !dep_csr(v, (unsigned)csr, op, writes, v->regs[REG_A1], &old))
		return answer(v, SBI_ERR_INVALID_PARAM, 0);
	answer(v, SBI_SUCCESS, old);
	if (v->irq_check) {
		v->irq_check = false;
		dep_apply(v, VCSR_FX_IRQ);
	}
	return VCPU_RESUME;
}

/* The accesses that every trap of the guest makes; the rest goes the general way. */
static enum vcpu_next csr_call_sstatus(struct vcpu *v, enum csr_op op)
{
	uint64_t old;
	int effects;

	if (unlikely(v->shadow.pinned))
		return csr_call(v, op, true);
	vcsr_fold_fs(&v->vcsr, csr_read(CSR_VSSTATUS));
	effects = vcsr_sstatus_quick(&v->vcsr, op, v->regs[REG_A1], &old);
	if (unlikely(effects < 0))
		return csr_call(v, op, true);
	v->stat.csr[CSR_SSTATUS & 0xff]++;
	answer(v, SBI_SUCCESS, old);
	if (unlikely(effects != 0))
		dep_apply(v, effects);
	return VCPU_RESUME;
}

/* sscratch, sepc, scause, stval: their place in the page, else NULL. */
static uint64_t *plain_csr(struct vcpu *v, uint64_t csr)
{
	if (csr - CSR_SSCRATCH > CSR_STVAL - CSR_SSCRATCH)
		return NULL;
	v->stat.csr[csr & 0xff]++;
	return &v->page->sscratch + (csr - CSR_SSCRATCH);
}

static enum vcpu_next pv_csr_read(struct vcpu *v)
{
	uint64_t *plain = plain_csr(v, v->regs[REG_A0]);

	if (likely(plain != NULL))
		return answer(v, SBI_SUCCESS, READ_ONCE(*plain));
	return csr_call(v, CSR_OP_RS, false);
}

static enum vcpu_next pv_csr_swap(struct vcpu *v)
{
	uint64_t *plain = plain_csr(v, v->regs[REG_A0]), value = v->regs[REG_A1];

	if (likely(plain != NULL)) {
		answer(v, SBI_SUCCESS, READ_ONCE(*plain));
		WRITE_ONCE(*plain, plain == &v->page->sepc ? vcsr_sepc_legal(value) : value);
		return VCPU_RESUME;
	}
	if (v->regs[REG_A0] == CSR_SSTATUS)
		return csr_call_sstatus(v, CSR_OP_RW);
	if (v->regs[REG_A0] == CSR_SATP) {
		answer(v, SBI_SUCCESS, v->vcsr.satp);
		dep_write_satp(v, value);
		return VCPU_RESUME;
	}
	return csr_call(v, CSR_OP_RW, true);
}

static enum vcpu_next pv_csr_set(struct vcpu *v)
{
	if (v->regs[REG_A0] == CSR_SSTATUS)
		return csr_call_sstatus(v, CSR_OP_RS);
	return csr_call(v, CSR_OP_RS, true);
}

static enum vcpu_next pv_csr_clear(struct vcpu *v)
{
	if (v->regs[REG_A0] == CSR_SSTATUS)
		return csr_call_sstatus(v, CSR_OP_RC);
	return csr_call(v, CSR_OP_RC, true);
}

/* Where an iret's registers are: in the shared page, or in guest memory. Read once. */
static int64_t read_iret(struct vcpu *v, uint64_t gva, struct strata_iret *out)
{
	struct guest_trap trap;

	if (gva == 0) {
		const volatile struct strata_iret *shared = &v->page->iret;

		if (!(v->vm->config.features & STRATA_F_SHARED_PAGE))
			return SBI_ERR_INVALID_ADDRESS;
		*out = (struct strata_iret){ .a0 = shared->a0,
					     .a6 = shared->a6,
					     .a7 = shared->a7,
					     .sp = shared->sp,
					     .tp = shared->tp };
		return SBI_SUCCESS;
	}
	if (vcpu_read_gva(v, GVA(gva), out, sizeof(*out), &trap))
		return SBI_ERR_INVALID_ADDRESS;
	return SBI_SUCCESS;
}

static enum vcpu_next pv_iret(struct vcpu *v)
{
	struct strata_iret iret;
	int64_t error = read_iret(v, v->regs[REG_A0], &iret);

	if (error)
		return answer(v, error, 0);
	/* To U: the kernel's tp goes where the next trap from U finds it. */
	if (!(vcsr_sstatus(&v->vcsr) & SSTATUS_SPP))
		WRITE_ONCE(v->page->sscratch, v->regs[REG_TP]);
	v->regs[REG_A0] = iret.a0;
	v->regs[REG_A6] = iret.a6;
	v->regs[REG_A7] = iret.a7;
	v->regs[REG_SP] = iret.sp;
	v->regs[REG_TP] = iret.tp;
	dep_sret(v);
	return VCPU_RESUME;
}

static enum vcpu_next pv_sfence(struct vcpu *v)
{
	uint64_t flags = v->regs[REG_A2];

	if (flags & ~(STRATA_SFENCE_VA | STRATA_SFENCE_ASID))
		return answer(v, SBI_ERR_INVALID_PARAM, 0);
	dep_sfence(v, flags & STRATA_SFENCE_VA, v->regs[REG_A0], flags & STRATA_SFENCE_ASID,
		   v->regs[REG_A1]);
	return answer(v, SBI_SUCCESS, 0);
}

static enum vcpu_next pv_block(struct vcpu *v)
{
	v->stat.wfi_exit_stat++;
	answer(v, SBI_SUCCESS, 0);
	return dep_block(v);
}

static enum vcpu_next pv_event_check(struct vcpu *v)
{
	answer(v, SBI_SUCCESS, 0);
	dep_apply(v, VCSR_FX_IRQ);
	return VCPU_RESUME;
}

/* Entry points must be instructions' addresses; 0, 0 goes back to stvec. */
static enum vcpu_next pv_set_trap_table(struct vcpu *v)
{
	uint64_t from_u = v->regs[REG_A0], from_s = v->regs[REG_A1];

	if ((from_u | from_s) & 1 || (from_u == 0) != (from_s == 0))
		return answer(v, SBI_ERR_INVALID_PARAM, 0);
	v->trap_entry_u = from_u;
	v->trap_entry_s = from_s;
	return answer(v, SBI_SUCCESS, 0);
}

static enum vcpu_next pv_map_vcpu_page(struct vcpu *v)
{
	if (!(v->vm->config.features & STRATA_F_SHARED_PAGE))
		return answer(v, SBI_ERR_NOT_SUPPORTED, 0);
	if (shadow_pin(&v->shadow, GVA(v->regs[REG_A0]), v->page_gpa))
		return answer(v, SBI_ERR_INVALID_ADDRESS, 0);
	return answer(v, SBI_SUCCESS, 0);
}

static exit_handler *const calls[PV_FN_LAST - PV_FN_FIRST + 1] = {
	[STRATA_FN_CSR_READ - PV_FN_FIRST] = pv_csr_read,
	[STRATA_FN_CSR_WRITE - PV_FN_FIRST] = pv_csr_swap,
	[STRATA_FN_CSR_SWAP - PV_FN_FIRST] = pv_csr_swap,
	[STRATA_FN_CSR_SET - PV_FN_FIRST] = pv_csr_set,
	[STRATA_FN_CSR_CLEAR - PV_FN_FIRST] = pv_csr_clear,
	[STRATA_FN_IRET - PV_FN_FIRST] = pv_iret,
	[STRATA_FN_SFENCE - PV_FN_FIRST] = pv_sfence,
	[STRATA_FN_BLOCK - PV_FN_FIRST] = pv_block,
	[STRATA_FN_EVENT_CHECK - PV_FN_FIRST] = pv_event_check,
	[STRATA_FN_SET_TRAP_TABLE - PV_FN_FIRST] = pv_set_trap_table,
	[STRATA_FN_MAP_VCPU_PAGE - PV_FN_FIRST] = pv_map_vcpu_page,
};

/* What the guest has not replaced. */
static enum vcpu_next pv_exit_illegal(struct vcpu *v)
{
	return v->shadow.pinned ? dep_exit_decode(v) : dep_exit_illegal(v);
}

static enum vcpu_next pv_exit_virtual(struct vcpu *v)
{
	return v->shadow.pinned ? dep_exit_decode(v) : dep_exit_virtual(v);
}

/* A virtual user's ecall is a system call of the guest; its kernel's is ours. */
__attribute__((section(".text.hot"))) static enum vcpu_next pv_exit_ecall(struct vcpu *v)
{
	uint64_t fid = v->regs[REG_A6] - PV_FN_FIRST;

	if (!v->supervisor) {
		vcpu_inject(v, EXC_ECALL_U, 0);
		return VCPU_RESUME;
	}
	v->pc += 4;
	if (v->regs[REG_A7] == STRATA_EID && fid < sizeof(calls) / sizeof(calls[0]) &&
	    v->vm->config.features & STRATA_F_HYPERCALL) {
		v->stat.ecall[VSBI_STRATA][fid + PV_FN_FIRST]++;
		return calls[fid](v);
	}
	return vsbi_call(v);
}

static const char *pv_fast(const struct vcpu *v)
{
	return v->vm->config.features & STRATA_F_HYPERCALL ? fast_pv : fast_te;
}

static exit_handler *const pv_exits[EXIT_COUNT] = {
	[0 ... EXIT_COUNT - 1] = dep_exit_reflect,    [EXC_ILLEGAL_INST] = pv_exit_illegal,
	[EXC_VIRTUAL_INST] = pv_exit_virtual,	      [EXC_ECALL_U] = pv_exit_ecall,
	[EXC_INST_PAGE_FAULT] = dep_exit_page_fault,  [EXC_LOAD_PAGE_FAULT] = dep_exit_page_fault,
	[EXC_STORE_PAGE_FAULT] = dep_exit_page_fault, [EXC_INST_GUEST_FAULT] = mmio_exit_fetch,
	[EXC_LOAD_GUEST_FAULT] = mmio_exit_load,
	[EXC_STORE_GUEST_FAULT] = mmio_exit_store,
};

const struct mode_ops mode_pv = {
	.name = "pv",
	.deprivileged = true,
	.exits = pv_exits,
	.fast = pv_fast,
	.features = pv_features,
	.vcpu_init = dep_vcpu_init,
	.vcpu_fini = dep_vcpu_fini,
	.vcpu_reset = dep_vcpu_reset,
	.load = dep_load,
	.save = dep_save,
	.irq_update = dep_irq_update,
	.irq_wakes = dep_irq_wakes,
	.set_timer = vcpu_arm_timer,
	.wake_deadline = dep_wake_deadline,
	.inject = dep_inject,
	.fence_vma = dep_fence_vma,
	.adue_changed = dep_adue_changed,
	.fault_in = dep_fault_in,
	.level = dep_level,
};
