/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mode te, trap-and-emulate: an unchanged guest kernel in VU-mode; each privileged instruction
 * raises a trap, is decoded and carried out on the virtual CSRs.
 * Privileged specification, "Virtual Instruction" and "Illegal Instruction" exceptions.
 */
#include "emul/insn.h"
#include "emul/privop.h"
#include "hart/hart.h"
#include "mode/deprivileged.h"
#include "mode/fast.h"
#include "mode/mode.h"
#include "vm/guestmem.h"
#include "vm/mmio.h"
#include "vsbi/pmu.h"
#include "vsbi/vsbi.h"

static uint64_t te_features(const struct vm *vm)
{
	(void)vm;
	return 0;
}

/* After the pc is stepped: an interrupt that the instruction unmasked is taken behind it. */
static void take_unmasked(struct vcpu *v)
{
	if (v->irq_check) {
		v->irq_check = false;
		dep_apply(v, VCSR_FX_IRQ);
	}
}

static bool emulate_csr(struct vcpu *v, const struct insn *insn)
{
	uint64_t old;

	if (!dep_csr(v, insn->csr, insn->csr_op, insn_csr_writes(insn),
		     insn_csr_operand(insn, v->regs), &old))
		return false;
	if (insn->rd != 0)
		v->regs[insn->rd] = old;
	v->pc += 4;
	take_unmasked(v);
	return true;
}

/* An FP instruction trapped though the virtual FS says on: pv changed it in its page. */
static bool enable_fp(struct vcpu *v)
{
	if (vcsr_fs(&v->vcsr) == 0 || csr_read(CSR_VSSTATUS) & SSTATUS_FS)
		return false;
	dep_apply(v, VCSR_FX_FS);
	return true;
}

/* stval may be an older instruction's: the guest is told the one that is there. */
static enum vcpu_next inject_illegal(struct vcpu *v)
{
	uint32_t raw;

	if (!vcpu_fetch_insn(v, &raw))
		return VCPU_RESUME;
	v->stat.illegal_injected++;
	vcpu_inject(v, EXC_ILLEGAL_INST, raw);
	return VCPU_RESUME;
}

static bool is_really(struct vcpu *v, uint32_t raw)
{
	uint32_t there;

	return vcpu_fetch_insn(v, &there) && there == raw;
}

/* A privileged instruction of virtual S-mode other than the commonest CSR accesses. */
static __attribute__((noinline)) enum vcpu_next emulate(struct vcpu *v, uint32_t raw)
{
	struct insn insn;

	/* stval may be 0 where hardware does not say the instruction. */
	if (raw == 0 && !vcpu_fetch_insn(v, &raw))
		return VCPU_RESUME;
	insn = insn_decode(raw);
	switch (insn.kind) {
	case INSN_KIND_CSR:
		if (emulate_csr(v, &insn))
			return VCPU_RESUME;
		break;
	case INSN_KIND_SRET:
		dep_sret(v);
		return VCPU_RESUME;
	case INSN_KIND_SFENCE_VMA:
		dep_sfence(v, insn.rs1 != 0, v->regs[insn.rs1], insn.rs2 != 0, v->regs[insn.rs2]);
		v->pc += 4;
		return VCPU_RESUME;
	case INSN_KIND_WFI:
		/* On QEMU 10 it may be MRET (see below), for which it would wait for good. */
		if (csr_read(CSR_SCAUSE) == EXC_ILLEGAL_INST && !is_really(v, raw))
			break;
		v->stat.wfi_exit_stat++;
		v->pc += 4;
		return dep_block(v);
	default:
		break;
	}
	if (enable_fp(v))
		return VCPU_RESUME;
	return inject_illegal(v);
}

/* Masking interrupts, SUM, and what trap handlers do with sstatus; everything else is rare. */
static __attribute__((noinline, section(".text.hot"))) enum vcpu_next
emulate_sstatus(struct vcpu *v, uint32_t raw)
{
	int effects;

	vcsr_fold_fs(&v->vcsr, csr_read(CSR_VSSTATUS));
	effects = vcsr_sstatus_fast(&v->vcsr, v->regs, raw);
	if (unlikely(effects < 0))
		return emulate(v, raw);
	v->stat.csr[CSR_SSTATUS & 0xff]++;
	v->pc += 4;
	if (unlikely(effects != 0))
		dep_apply(v, effects);
	return VCPU_RESUME;
}

/*
 * What kernels do most, recognised by the whole word: these are the same operations that emulate()
 * reaches by decoding.
 */
static __attribute__((noinline, section(".text.hot"))) enum vcpu_next
emulate_frequent(struct vcpu *v, uint32_t raw)
{
	if (raw == INSN_SRET) {
		dep_sret(v);
		return VCPU_RESUME;
	}
	if ((raw & ~(INSN_RS1_MASK | INSN_RS2_MASK)) == INSN_SFENCE_VMA) {
		dep_sfence(v, INSN_RS1(raw) != 0, v->regs[INSN_RS1(raw)], INSN_RS2(raw) != 0,
			   v->regs[INSN_RS2(raw)]);
		v->pc += 4;
		return VCPU_RESUME;
	}
	if ((raw & ~INSN_RS1_MASK) == INSN_CSRW(CSR_SATP)) {
		dep_write_satp(v, v->regs[INSN_RS1(raw)]);
		v->pc += 4;
		return VCPU_RESUME;
	}
	return emulate(v, raw);
}

/* The guest's user has no privileged instructions but counters: its kernel is told. */
static __attribute__((noinline)) enum vcpu_next reflect_user(struct vcpu *v)
{
	struct insn insn;
	uint32_t raw;

	if (!vcpu_fetch_insn(v, &raw))
		return VCPU_RESUME;
	insn = insn_decode(raw);
	if (pmu_emulate_read(v, &insn, v->vcsr.scounteren))
		return VCPU_RESUME;
	return inject_illegal(v);
}

enum vcpu_next dep_exit_decode(struct vcpu *v)
{
	uint32_t raw;

	if (!v->supervisor)
		return reflect_user(v);
	return vcpu_fetch_insn(v, &raw) ? emulate(v, raw) : VCPU_RESUME;
}

/* An instruction of virtual S-mode that raised cause 2 or 22: which one, does not matter. */
static inline enum vcpu_next emulate_any(struct vcpu *v, uint32_t raw)
{
	if (unlikely(!vcsr_emulate_fast(&v->vcsr, v->regs, raw)))
		return raw >> 20 == CSR_SSTATUS ? emulate_sstatus(v, raw)
						: emulate_frequent(v, raw);
	++*(uint64_t *)((char *)&v->stat.csr[CSR_SSCRATCH & 0xff] + vcsr_fast_offset(raw));
	v->pc += 4;
	return VCPU_RESUME;
}

/*
 * Cause 2, which QEMU raises for most privileged instructions. For MRET, and for it alone, QEMU 10
 * has an older instruction in stval, which is carried out instead: looking at each would cost more.
 */
__attribute__((section(".text.hot"))) enum vcpu_next dep_exit_illegal(struct vcpu *v)
{
	if (unlikely(!v->supervisor))
		return reflect_user(v);
	return emulate_any(v, (uint32_t)csr_read(CSR_STVAL));
}

/*
 * Cause 22, which the specification wants for all of them. QEMU 7.2 has an older instruction in
 * stval for HLV and HSV, so it is read where it stands; but for the fast path's, which are told by
 * stval once a machine has raised 22 for an access to an S-mode CSR. QEMU 7.2 raises 2 for those.
 */
enum vcpu_next dep_exit_virtual(struct vcpu *v)
{
	uint32_t raw;

	if (!v->supervisor)
		return reflect_user(v);
	if (!vcpu_fetch_insn(v, &raw))
		return VCPU_RESUME;
	if (raw >> 20 == CSR_SSCRATCH && INSN_OPCODE(raw) == OPCODE_SYSTEM)
		v->virtual_csrs = true;
	return emulate_any(v, raw);
}

static enum vcpu_next te_exit_ecall(struct vcpu *v)
{
	if (!v->supervisor) {
		vcpu_inject(v, EXC_ECALL_U, 0);
		return VCPU_RESUME;
	}
	v->pc += 4;
	return vsbi_call(v);
}

static const char *te_fast(const struct vcpu *v)
{
	(void)v;
	return fast_te;
}

static exit_handler *const te_exits[EXIT_COUNT] = {
	[0 ... EXIT_COUNT - 1] = dep_exit_reflect,    [EXC_ILLEGAL_INST] = dep_exit_illegal,
	[EXC_VIRTUAL_INST] = dep_exit_virtual,	      [EXC_ECALL_U] = te_exit_ecall,
	[EXC_INST_PAGE_FAULT] = dep_exit_page_fault,  [EXC_LOAD_PAGE_FAULT] = dep_exit_page_fault,
	[EXC_STORE_PAGE_FAULT] = dep_exit_page_fault, [EXC_INST_GUEST_FAULT] = mmio_exit_fetch,
	[EXC_LOAD_GUEST_FAULT] = mmio_exit_load,
	[EXC_STORE_GUEST_FAULT] = mmio_exit_store,
};

const struct mode_ops mode_te = {
	.name = "te",
	.deprivileged = true,
	.exits = te_exits,
	.fast = te_fast,
	.features = te_features,
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
