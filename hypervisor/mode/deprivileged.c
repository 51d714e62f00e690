/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the deprivileged modes share in world vu: which tables the guest is on, virtual traps and
 * interrupts. Privileged specification, "Supervisor-Level ISA" (virtually), "Hypervisor Extension".
 *
 * Two VMIDs a VM: under ram_hgatp lies guest RAM alone, for the guest's user on the guest's own
 * tables and for its kernel while satp is Bare; under shadow_hgatp lie the shadow tables too.
 */
#include <riscv/aia.h>
#include <riscv/hyp.h>
#include "emul/privop.h"
#include "hart/hart.h"
#include "hart/trace.h"
#include "mode/deprivileged.h"
#include "vdev/vimsic_dev.h"
#include "vsbi/pmu.h"

#define DEP_HSTATUS   (HSTATUS_SPV | HSTATUS_VTW | HSTATUS_VSXL_64)
#define DEP_HENVCFG   (ENVCFG_FIOM | ENVCFG_CBIE_FLUSH | ENVCFG_CBCFE | ENVCFG_CBZE)
#define COUNTEREN_ALL (COUNTEREN_CY | COUNTEREN_TM | COUNTEREN_IR)

void dep_vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t opaque)
{
	(void)opaque;
	v->pc = pc;
	v->supervisor = true;
	v->trap_entry_u = v->trap_entry_s = 0;
	shadow_unpin(&v->shadow);
	vcsr_reset(&v->vcsr);
	/* As OpenSBI leaves it: Linux's vDSO reads the time, and nobody there opens it. */
	v->vcsr.scounteren = COUNTEREN_ALL;
	vcsr_show(&v->vcsr);
	v->shadow.adue = v->fwft.adue;
	shadow_flush_all(&v->shadow);
}

/* ---- Which tables ---- */

/* The tables before these had the same VMID, or the same ASID. */
static void fence_tables(void)
{
	hfence_gvma_all();
	hfence_vvma_all();
}

/* The guest's own tables may have changed since they were last in use. */
static void fence_user(struct vcpu *v)
{
	if (v->user_fence) {
		v->user_fence = v->fence_tables;
		if (v->fence_tables)
			fence_tables();
		else
			hfence_vvma_all();
	}
}

static void set_tables(struct vcpu *v, uint64_t hgatp, uint64_t vsatp)
{
	if (v->hgatp == hgatp) {
		if (v->vsatp == vsatp)
			return;
		csr_write(CSR_VSATP, vsatp);
	} else {
		/* vsatp = 0 in between, or a walk could pair one VMID with the other's tables. */
		csr_write(CSR_VSATP, 0);
		csr_write(CSR_HGATP, hgatp);
		csr_write(CSR_VSATP, vsatp);
	}
	v->hgatp = hgatp;
	v->vsatp = vsatp;
}

/* Put the guest on the tables that its virtual privilege, satp and SUM call for. */
static void choose_tables(struct vcpu *v)
{
	uint64_t satp = vcsr_tables(&v->vcsr);

	if (!v->supervisor) {
		set_tables(v, v->ram_hgatp, satp);
		csr_write(CSR_SCOUNTEREN, v->vcsr.scounteren);
		fence_user(v);
		return;
	}
	if (satp == 0)
		set_tables(v, v->ram_hgatp, 0);
	else
		set_tables(v, v->shadow_hgatp,
			   shadow_switch(&v->shadow, satp, vcsr_sum(&v->vcsr)));
	if (unlikely(v->fence_tables))
		fence_tables();
	csr_write(CSR_SCOUNTEREN, COUNTEREN_ALL);
}

/* vsstatus while the guest runs: VU-mode obeys FS, MXR and UXL of it. */
static void load_vsstatus(struct vcpu *v)
{
	uint64_t fs = vcsr_fs(&v->vcsr);

	v->vcsr.fs_real = fs;
	csr_write(CSR_VSSTATUS, SSTATUS_UXL_64 | fs | (vcsr_mxr(&v->vcsr) ? SSTATUS_MXR : 0));
}

static void fold_fs(struct vcpu *v)
{
	vcsr_fold_fs(&v->vcsr, csr_read(CSR_VSSTATUS));
}

/* The guest's user is under the hart's own rule, its kernel under the shadow's. */
static void load_envcfg(const struct vcpu *v)
{
	csr_write(CSR_HENVCFG, DEP_HENVCFG | (v->fwft.adue ? HENVCFG_ADUE : 0));
}

void dep_load(struct vcpu *v)
{
	csr_write(CSR_HEDELEG, 0);
	csr_write(CSR_HIDELEG, 0);
	csr_write(CSR_HSTATUS, DEP_HSTATUS);
	csr_clear(CSR_SSTATUS, SSTATUS_SPP);
	csr_write(CSR_HCOUNTEREN, v->vpmu.counteren);
	load_envcfg(v);
	csr_write(CSR_SENVCFG, v->vcsr.senvcfg);
	load_vsstatus(v);
	/* All of them: vsie would show only those that hideleg, 0 by now, lets through. */
	csr_clear(CSR_HIE, HVIP_VSSIP | HVIP_VSTIP | HVIP_VSEIP);
	csr_write(CSR_HVIP, 0);
	/* Neither VMID is in hgatp yet: set_tables writes both registers. */
	v->hgatp = v->vsatp = 0;
	if (v->must_fence) {
		/* ASIDs are per hart, and its fences were done on the hart that it was on. */
		v->user_fence = true;
		csr_write(CSR_HGATP, v->shadow_hgatp);
		hfence_vvma_all();
		csr_write(CSR_HGATP, 0);
	}
	choose_tables(v);
	dep_irq_update(v);
}

void dep_save(struct vcpu *v)
{
	fold_fs(v);
	csr_write(CSR_VSATP, 0);
	csr_write(CSR_HGATP, 0);
	v->hgatp = v->vsatp = 0;
}

/* ---- Virtual traps and interrupts ---- */

/*
 * pv with a trap table: a trap from U enters at one place, with tp and sscratch exchanged, one
 * from S at another. Without, stvec and nothing else, as privop_trap has set it.
 */
static void use_trap_table(struct vcpu *v, bool from_supervisor)
{
	uint64_t tp = v->regs[REG_TP];

	if (from_supervisor) {
		v->pc = v->trap_entry_s;
		return;
	}
	v->regs[REG_TP] = READ_ONCE(v->page->sscratch);
	WRITE_ONCE(v->page->sscratch, tp);
	v->pc = v->trap_entry_u;
}

static void enter_trap(struct vcpu *v, uint64_t cause, uint64_t tval)
{
	bool from_supervisor = v->supervisor;

	fold_fs(v);
	privop_trap(&v->vcsr, &v->supervisor, &v->pc, cause, tval);
	if (v->trap_entry_u != 0)
		use_trap_table(v, from_supervisor);
	if (!from_supervisor)
		choose_tables(v);
}

void dep_inject(struct vcpu *v, const struct guest_trap *trap)
{
	const struct strata_vcpu_page *page = v->page;

	/* Its kernel is well: a user may jump to the handler's address as often as it likes. */
	if (!v->supervisor)
		v->vector_faults = 0;
	/* SRET would have set SPIE. */
	v->same_trap = v->supervisor && !(page->sstatus & SSTATUS_SPIE) && page->sepc == v->pc &&
		       page->scause == trap->cause;
	enter_trap(v, trap->cause, trap->tval);
}

/* Have the guest take the interrupt that it must take now, if there is one. */
static void deliver_interrupt(struct vcpu *v)
{
	int irq = privop_pending_irq(&v->vcsr, v->supervisor);

	if (irq < 0)
		return;
	v->stat.injected_interrupts[irq & 15]++;
	v->vector_faults = 0;
	enter_trap(v, SCAUSE_INTERRUPT | (uint64_t)irq, 0);
}

void dep_irq_update(struct vcpu *v)
{
	uint64_t pending = __atomic_load_n(&v->irq_pending, __ATOMIC_SEQ_CST);

	vcsr_clear_pending(&v->vcsr, ~pending & VCSR_IRQ_MASK);
	vcsr_set_pending(&v->vcsr, pending & VCSR_IRQ_MASK);
	deliver_interrupt(v);
}

bool dep_irq_wakes(struct vcpu *v)
{
	return (__atomic_load_n(&v->irq_pending, __ATOMIC_SEQ_CST) & READ_ONCE(v->page->sie) &
		VCSR_IRQ_MASK) != 0;
}

/* Its timer is software's, and in the queue already. */
uint64_t dep_wake_deadline(struct vcpu *v)
{
	(void)v;
	return UINT64_MAX;
}

void dep_fence_vma(struct vcpu *v, const struct vfence *fence)
{
	uint64_t asid = fence->asid & v->vcsr.satp_asid_mask;

	if (fence->pages == 0)
		shadow_sfence(&v->shadow, false, GVA(0), fence->has_asid, asid);
	for (uint64_t i = 0; i < fence->pages; i++)
		shadow_sfence(&v->shadow, true, GVA(fence->first + i * PAGE_SIZE),
			      fence->has_asid, asid);
	v->user_fence = true;
	if (!v->supervisor || vcsr_tables(&v->vcsr) == 0)
		fence_user(v);
}

void dep_adue_changed(struct vcpu *v)
{
	static const struct vfence everything = { .pages = 0 };

	load_envcfg(v);
	v->shadow.adue = v->fwft.adue;
	dep_fence_vma(v, &everything);
}

unsigned dep_level(const struct vcpu *v)
{
	(void)v;
	return TRACE_LEVEL_VU;
}

/* ---- Privileged operations ---- */

void dep_apply(struct vcpu *v, int effects)
{
	if (effects & VCSR_FX_MXR)
		shadow_mxr_changed(&v->shadow, vcsr_mxr(&v->vcsr));
	if (effects & (VCSR_FX_MXR | VCSR_FX_FS))
		load_vsstatus(v);
	if (effects & (VCSR_FX_SATP | VCSR_FX_SUM)) {
		v->stat.satp_switches += (effects & VCSR_FX_SATP) != 0;
		choose_tables(v);
	}
	if (effects & VCSR_FX_SIP) {
		/* Only SSIP can be written by the guest. */
		if (v->vcsr.sip & SIP_SSIP)
			__atomic_fetch_or(&v->irq_pending, SIP_SSIP, __ATOMIC_SEQ_CST);
		else
			__atomic_fetch_and(&v->irq_pending, ~SIP_SSIP, __ATOMIC_SEQ_CST);
	}
	if (effects & VCSR_FX_ENVCFG)
		csr_write(CSR_SENVCFG, v->vcsr.senvcfg);
	if (effects & VCSR_FX_IRQ)
		deliver_interrupt(v);
}

void dep_sret(struct vcpu *v)
{
	int effects;

	v->stat.sret++;
	fold_fs(v);
	effects = privop_sret(&v->vcsr, &v->supervisor, &v->pc);
	if (effects < 0)
		return;
	/* pv writes sstatus in its page without our notice: FS, SUM and MXR count from here on. */
	if (unlikely(v->shadow.mxr_leaves))
		shadow_mxr_changed(&v->shadow, vcsr_mxr(&v->vcsr));
	load_vsstatus(v);
	choose_tables(v);
	if (effects & VCSR_FX_IRQ)
		deliver_interrupt(v);
}

void dep_sfence(struct vcpu *v, bool has_va, uint64_t va, bool has_asid, uint64_t asid)
{
	v->stat.sfence++;
	shadow_sfence(&v->shadow, has_va, GVA(va), has_asid, asid & v->vcsr.satp_asid_mask);
	/* The guest's own tables are used by its user: one fence before that covers any number. */
	v->user_fence = true;
}

/* stopi: the interrupt to be taken first. Its priority is 1 where all priorities are alike. */
static uint64_t aia_topi(const struct vcpu *v)
{
	static const uint8_t order[] = { IRQ_S_EXT, IRQ_S_SOFT, IRQ_S_TIMER };
	uint64_t ready = v->vcsr.sip & READ_ONCE(v->page->sie);

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (ready >> order[i] & 1)
			return (uint64_t)order[i] << TOPI_IID_SHIFT | 1;
	return 0;
}

/* The CSRs of Ssaia, for a VM with IMSICs. Return: false if there is no such one. */
static bool aia_csr(struct vcpu *v, unsigned csr, enum csr_op op, bool writes, uint64_t operand,
		    uint64_t *old)
{
	switch (csr) {
	case CSR_SISELECT:
		*old = v->siselect;
		if (writes)
			v->siselect = csr_op_apply(op, *old, operand) & ISELECT_MASK;
		return true;
	case CSR_SIREG:
		return vimsic_sireg(v, v->siselect, op, writes, operand, old);
	case CSR_STOPEI:
		return vimsic_stopei(v, writes, old);
	case CSR_STOPI:
		*old = aia_topi(v);
		return !writes;
	default:
		return false;
	}
}

/* What is enabled and waits already is taken behind the wait, which it ends at once. */
enum vcpu_next dep_block(struct vcpu *v)
{
	enum vcpu_next next = vcpu_block(v);

	if (next == VCPU_RESUME)
		deliver_interrupt(v);
	return next;
}

bool dep_csr(struct vcpu *v, unsigned csr, enum csr_op op, bool writes, uint64_t operand,
	     uint64_t *old)
{
	int effects;

	if (csr == CSR_SSTATUS)
		fold_fs(v);
	effects = vcsr_access(&v->vcsr, csr, op, writes, operand, old);
	if (unlikely(effects < 0)) {
		bool exists = !writes && pmu_read_csr(v, csr, old);

		if (!exists && v->imsic != NULL)
			exists = aia_csr(v, csr, op, writes, operand, old);
		if (!exists)
			return false;
		effects = 0;
	}
	v->stat.csr[stat_csr_slot(csr)]++;
	/* Stored in the page before, it is not what is loaded, and the write may not change it. */
	if (csr == CSR_SSTATUS && writes && v->shadow.pinned)
		effects |= VCSR_FX_SUM | VCSR_FX_MXR | VCSR_FX_FS;
	/* Interrupts are delivered by the caller, who has to step the pc first. */
	dep_apply(v, effects & ~VCSR_FX_IRQ);
	v->irq_check = (effects & VCSR_FX_IRQ) != 0;
	return true;
}

void dep_write_satp(struct vcpu *v, uint64_t value)
{
	uint64_t old;

	v->stat.csr[CSR_SATP & 0xff]++;
	/* S-mode may always write satp; an unsupported MODE has no effect. */
	if (vcsr_access(&v->vcsr, CSR_SATP, CSR_OP_RW, true, value, &old) & VCSR_FX_SATP) {
		v->stat.satp_switches++;
		choose_tables(v);
	}
}

/* ---- Page faults ---- */

static enum walk_access access_of(uint64_t cause)
{
	return cause == EXC_INST_PAGE_FAULT  ? WALK_FETCH :
	       cause == EXC_STORE_PAGE_FAULT ? WALK_STORE :
					       WALK_LOAD;
}

bool dep_fault_in(struct vcpu *v, gva_t gva, uint64_t cause, struct guest_trap *trap)
{
	bool sum = vcsr_sum(&v->vcsr), mxr = vcsr_mxr(&v->vcsr);

	*trap = (struct guest_trap){ .cause = cause, .tval = gva.v };
	/*
	 * Svvptc, which its kernel is promised: it need not fence what it makes valid now. Of its
	 * user the hart itself walks the tables, and may remember that there was nothing.
	 */
	if (!v->supervisor) {
		v->user_fence = true;
		return false;
	}
	if (vcsr_tables(&v->vcsr) == 0)
		return false;
	if (cause != EXC_INST_PAGE_FAULT && cause != EXC_LOAD_PAGE_FAULT &&
	    cause != EXC_STORE_PAGE_FAULT)
		return false;
	/* pv may have changed SUM or MXR in its page; the tables must be those of now. */
	if ((csr_read(CSR_VSSTATUS) & SSTATUS_MXR) != (mxr ? SSTATUS_MXR : 0)) {
		fold_fs(v);
		dep_apply(v, VCSR_FX_MXR);
	}
	choose_tables(v);
	v->stat.shadow_fills++;
	return shadow_fault(&v->shadow, gva, access_of(cause), v->vcsr.satp, sum, mxr, trap) == 0;
}

enum vcpu_next dep_exit_page_fault(struct vcpu *v)
{
	struct guest_trap trap;

	if (!dep_fault_in(v, GVA(csr_read(CSR_STVAL)), csr_read(CSR_SCAUSE), &trap))
		vcpu_inject_trap(v, &trap);
	return VCPU_RESUME;
}

enum vcpu_next dep_exit_reflect(struct vcpu *v)
{
	vcpu_inject(v, csr_read(CSR_SCAUSE), csr_read(CSR_STVAL));
	return VCPU_RESUME;
}
