/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mode hw: the guest's kernel runs in VS-mode on the machine's own VS CSRs and two-stage paging;
 * exits happen only for what the hardware leaves. Privileged specification, "Hypervisor Extension".
 */
#include <riscv/aia.h>
#include <riscv/hyp.h>
#include <riscv/insn.h>
#include "emul/insn.h"
#include "hart/hart.h"
#include "hart/trace.h"
#include "lib/errno.h"
#include "mode/fast.h"
#include "mode/hw.h"
#include "mode/mode.h"
#include "vdev/vimsic_dev.h"
#include "vm/gfile.h"
#include "vm/guestmem.h"
#include "vm/mmio.h"
#include "vm/sched.h"
#include "vsbi/pmu.h"
#include "vsbi/vsbi.h"

/* VTW: WFI exits, or a waiting guest would keep the hart. */
#define HW_HSTATUS (HSTATUS_SPV | HSTATUS_VTW | HSTATUS_VSXL_64)

/*
 * What the guest may use if the host has it, which ignores the bits of what it has not. FIOM: its
 * devices are emulated in memory. CBO.INVAL flushes (CBIE = 01): dropping lines could show what
 * another VM left in memory.
 */
#define HW_HENVCFG (ENVCFG_FIOM | ENVCFG_CBIE_FLUSH | ENVCFG_CBCFE | ENVCFG_CBZE | HENVCFG_STCE)

/* Of a software interrupt file: the least urgent, which is the order without priorities, too. */
#define HW_HVICTL_EXT ((uint64_t)IRQ_S_EXT << HVICTL_IID_SHIFT | HVICTL_IPRIO_MASK)

static uint64_t hw_features(const struct vm *vm)
{
	(void)vm;
	return 0;
}

static int hw_vcpu_init(struct vcpu *v)
{
	v->hstatus = HW_HSTATUS | HSTATUS_SPVP;
	return 0;
}

static void hw_vcpu_fini(struct vcpu *v)
{
	(void)v;
}

static void choose_envcfg(struct vcpu *v)
{
	v->vs.henvcfg = HW_HENVCFG | (v->fwft.adue ? HENVCFG_ADUE : 0);
}

static void hw_vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t opaque)
{
	struct vs_csrs before = v->vs;

	(void)opaque;
	v->pc = pc;
	/* Counters as OpenSBI leaves them: Linux's vDSO reads the time, and nobody opens it. */
	v->vs = (struct vs_csrs){ .vsstatus = SSTATUS_UXL_64, .vstimecmp = UINT64_MAX,
				  .scounteren = COUNTEREN_CY | COUNTEREN_TM | COUNTEREN_IR };
	if (v->resuming) {
		v->vs.vstimecmp = before.vstimecmp;
		v->vs.hvip = before.hvip;
	}
	v->supervisor = true;
	choose_envcfg(v);
}

static inline void count_raised(struct vcpu *v, uint64_t raised, unsigned irq)
{
	/* The bits of hvip are one further up. */
	if (raised & 2UL << irq)
		v->stat.injected_interrupts[irq]++;
}

/*
 * The timer and external lines are levels that only the hypervisor changes. VSSIP is the guest's to
 * clear, straight in vsip: a request is handed over to hvip once, and lives there from then on.
 */
void hw_irq_update(struct vcpu *v)
{
	uint64_t pending = __atomic_fetch_and(&v->irq_pending, ~SIP_SSIP, __ATOMIC_SEQ_CST);
	uint64_t before = csr_read(CSR_HVIP);
	uint64_t levels = pending << 1 | (before & HVIP_VSSIP), raised = levels & ~before;

	count_raised(v, raised, IRQ_S_SOFT);
	if (unlikely(raised & ~HVIP_VSSIP)) {
		count_raised(v, raised, IRQ_S_TIMER);
		count_raised(v, raised, IRQ_S_EXT);
	}
	csr_write(CSR_HVIP, levels);
	/* vstopi shows an external interrupt without a guest file only if it has a priority. */
	if (unlikely(v->imsic != NULL))
		csr_write(CSR_HVICTL, levels & HVIP_VSEIP ? HW_HVICTL_EXT : 0);
}

static void hw_irq_ext(struct vcpu *v, bool level)
{
	if (unlikely(v->imsic != NULL)) {
		hw_irq_update(v);
	} else if (level) {
		csr_set(CSR_HVIP, HVIP_VSEIP);
		v->stat.injected_interrupts[IRQ_S_EXT]++;
	} else {
		csr_clear(CSR_HVIP, HVIP_VSEIP);
	}
}

static bool hw_clear_soft(struct vcpu *v)
{
	(void)v;
	return (csr_read_clear(CSR_HVIP, HVIP_VSSIP) & HVIP_VSSIP) != 0;
}

/* ---- Interrupts and timer ---- */

/* Of the vCPU that is loaded. */
static uint64_t hw_timer(void)
{
	return this_hart()->sstc ? csr_read(CSR_VSTIMECMP) : UINT64_MAX;
}

/* The hart's guest interrupt file that v has, or 0. */
static unsigned hw_gfile(const struct vcpu *v)
{
	return (unsigned)((v->hstatus & HSTATUS_VGEIN) >> HSTATUS_VGEIN_SHIFT);
}

static inline bool hw_irq_wakes(struct vcpu *v)
{
	uint64_t enabled = csr_read(CSR_VSIE);
	uint64_t pending = __atomic_load_n(&v->irq_pending, __ATOMIC_SEQ_CST) |
			   csr_read(CSR_HVIP) >> 1;

	v->wake_deadline = enabled & SIP_STIP ? hw_timer() : UINT64_MAX;
	if (v->wake_deadline <= time_now())
		return true;
	if (unlikely(hw_gfile(v) != 0) && csr_read(CSR_HGEIP) >> hw_gfile(v) & 1)
		pending |= SIP_SEIP;
	return (pending & enabled) != 0;
}

static void hw_set_timer(struct vcpu *v, uint64_t deadline)
{
	if (this_hart()->sstc)
		csr_write(CSR_VSTIMECMP, deadline);
	else
		vcpu_arm_timer(v, deadline);
}

static uint64_t hw_wake_deadline(struct vcpu *v)
{
	if (unlikely(hw_gfile(v) != 0) && v->state == VCPU_BLOCKED && csr_read(CSR_VSIE) & SIP_SEIP)
		gfile_arm(hw_gfile(v));
	return csr_read(CSR_VSIE) & SIP_STIP ? hw_timer() : UINT64_MAX;
}

/*
 * QEMU may raise VSTIP for a deadline that the guest replaced a moment ago; then nothing but a
 * write of vstimecmp takes it back, and the hart would not sleep until the new deadline.
 */
static void hw_settle(struct vcpu *v)
{
	uint64_t deadline;

	(void)v;
	if (likely(!(csr_read(CSR_HIP) & HVIP_VSTIP)) || !this_hart()->sstc)
		return;
	deadline = csr_read(CSR_VSTIMECMP);
	if (deadline > time_now())
		csr_write(CSR_VSTIMECMP, deadline);
}

/* ---- Traps ---- */

/* Trap entry into VS-mode, as hardware does it for delegated exceptions. */
static void hw_inject(struct vcpu *v, const struct guest_trap *trap)
{
	uint64_t status = csr_read(CSR_VSSTATUS), sstatus = csr_read(CSR_SSTATUS);

	/* Its kernel is well: a user may jump to the handler's address as often as it likes. */
	if (!(sstatus & SSTATUS_SPP))
		v->vector_faults = 0;
	/* SRET would have set SPIE. */
	v->same_trap = sstatus & SSTATUS_SPP && !(status & SSTATUS_SPIE) &&
		       csr_read(CSR_VSEPC) == v->pc && csr_read(CSR_VSCAUSE) == trap->cause;
	csr_write(CSR_VSEPC, v->pc);
	csr_write(CSR_VSCAUSE, trap->cause);
	csr_write(CSR_VSTVAL, trap->tval);
	status &= ~(SSTATUS_SPP | SSTATUS_SPIE);
	if (sstatus & SSTATUS_SPP)
		status |= SSTATUS_SPP;
	if (status & SSTATUS_SIE)
		status |= SSTATUS_SPIE;
	csr_write(CSR_VSSTATUS, status & ~SSTATUS_SIE);
	v->pc = csr_read(CSR_VSTVEC) & ~STVEC_MODE_MASK;
	csr_set(CSR_SSTATUS, SSTATUS_SPP);
	csr_set(CSR_HSTATUS, HSTATUS_SPVP);
}

static void hw_fence_vma(struct vcpu *v, const struct vfence *fence)
{
	(void)v;
	if (fence->pages == 0 && fence->has_asid)
		hfence_vvma_asid(fence->asid);
	else if (fence->pages == 0)
		hfence_vvma_all();
	for (uint64_t i = 0; i < fence->pages; i++) {
		uint64_t va = fence->first + i * PAGE_SIZE;

		if (fence->has_asid)
			hfence_vvma_va_asid(va, fence->asid);
		else
			hfence_vvma_va(va);
	}
}

static void hw_adue_changed(struct vcpu *v)
{
	choose_envcfg(v);
	csr_write(CSR_HENVCFG, v->vs.henvcfg);
	hfence_vvma_all();
}

/* The machine's own translation is all there is: a fault of ours is one the guest would get. */
static bool hw_fault_in(struct vcpu *v, gva_t gva, uint64_t cause, struct guest_trap *trap)
{
	(void)v;
	*trap = (struct guest_trap){ .cause = cause, .tval = gva.v };
	return false;
}

static unsigned hw_level(const struct vcpu *v)
{
	(void)v;
	return csr_read(CSR_SSTATUS) & SSTATUS_SPP ? TRACE_LEVEL_VS : TRACE_LEVEL_VU;
}

/* ---- Exits ---- */

static enum vcpu_next hw_exit_ecall(struct vcpu *v)
{
	v->pc += 4;
	return vsbi_call(v);
}

/* With VGEIN = 0 the hart has no interrupt file for the guest: its registers trap, for us to be. */
static bool emulate_imsic(struct vcpu *v, const struct insn *insn)
{
	uint64_t operand = insn_csr_operand(insn, v->regs), old;
	bool writes = insn_csr_writes(insn), exists = false;

	if (v->imsic == NULL || insn->kind != INSN_KIND_CSR)
		return false;
	if (insn->csr == CSR_STOPEI)
		exists = vimsic_stopei(v, writes, &old);
	else if (insn->csr == CSR_SIREG)
		exists = vimsic_sireg(v, csr_read(CSR_VSISELECT), insn->csr_op, writes, operand,
				      &old);
	if (!exists)
		return false;
	vcpu_csr_done(v, insn, old);
	return true;
}

/* hcounteren keeps cycle and instret from the guest: by SBI PMU it has its own, ours to give. */
static bool emulate_counter(struct vcpu *v, const struct insn *insn)
{
	bool kernel = csr_read(CSR_SSTATUS) & SSTATUS_SPP;

	return pmu_emulate_read(v, insn, kernel ? UINT64_MAX : csr_read(CSR_SCOUNTEREN));
}

/* A guest's kernel waits. */
static inline enum vcpu_next wait_for_interrupt(struct vcpu *v, unsigned len)
{
	v->stat.wfi_exit_stat++;
	v->pc += len;
	return sched_block_unless(v, hw_irq_wakes);
}

/* fetched: as guestmem_try_fetch() found it. */
static __attribute__((noinline)) enum vcpu_next exit_other_inst(struct vcpu *v, uint64_t fetched)
{
	uint32_t raw;
	struct insn insn;

	/* Another vCPU may have unmapped it, and may map it again before the next look. */
	if (fetched == 0)
		guestmem_came_from_guest();
	if (!vcpu_fetch_insn(v, &raw))
		return VCPU_RESUME;
	insn = insn_decode(raw);
	/* VTW also catches VU-mode, from which WFI is illegal for the guest. */
	if (insn.kind == INSN_KIND_WFI && csr_read(CSR_SSTATUS) & SSTATUS_SPP)
		return wait_for_interrupt(v, insn.len);
	if (csr_read(CSR_SSTATUS) & SSTATUS_SPP && emulate_imsic(v, &insn))
		return VCPU_RESUME;
	if (emulate_counter(v, &insn))
		return VCPU_RESUME;
	v->stat.illegal_injected++;
	vcpu_inject(v, EXC_ILLEGAL_INST, raw);
	return VCPU_RESUME;
}

/*
 * WFI is ours; everything else that raises cause 22 is not for this guest. The instruction is not
 * taken from stval: QEMU 7.2 leaves an older one there for HLV, perhaps another VM's WFI, for which
 * this one would wait.
 */
static enum vcpu_next hw_exit_virtual_inst(struct vcpu *v)
{
	uint64_t raw = guestmem_try_fetch(v->pc);

	/* What a guest that sleeps does most needs no decoder. */
	if (likely((uint32_t)raw == INSN_WFI && csr_read(CSR_SSTATUS) & SSTATUS_SPP))
		return wait_for_interrupt(v, 4);
	return exit_other_inst(v, raw);
}

/* FP while sstatus.FS is Off is illegal, whatever the guest says in vsstatus: it is on then. */
static enum vcpu_next hw_exit_illegal(struct vcpu *v)
{
	uint32_t raw;

	/* The instruction is read where it stands: QEMU 10 has an older one in stval for MRET. */
	if (vcpu_use_fp(v) || !vcpu_fetch_insn(v, &raw))
		return VCPU_RESUME;
	v->stat.illegal_injected++;
	vcpu_inject(v, EXC_ILLEGAL_INST, raw);
	return VCPU_RESUME;
}

/* Not delegated, or handed to us by firmware that does not look at hedeleg. */
static enum vcpu_next hw_exit_reflect(struct vcpu *v)
{
	vcpu_inject(v, csr_read(CSR_SCAUSE), csr_read(CSR_STVAL));
	return VCPU_RESUME;
}

/* Its set_timer is Sstc's. */
static const char *hw_fast(const struct vcpu *v)
{
	(void)v;
	return this_hart()->sstc ? fast_hw : NULL;
}

static exit_handler *const hw_exits[EXIT_COUNT] = {
	[0 ... EXIT_COUNT - 1] = hw_exit_reflect, [EXC_ILLEGAL_INST] = hw_exit_illegal,
	[EXC_ECALL_VS] = hw_exit_ecall,
	[EXC_INST_GUEST_FAULT] = mmio_exit_fetch, [EXC_LOAD_GUEST_FAULT] = mmio_exit_load,
	[EXC_STORE_GUEST_FAULT] = mmio_exit_store,	  [EXC_VIRTUAL_INST] = hw_exit_virtual_inst,
};

const struct mode_ops mode_hw = {
	.name = "hw",
	.lazy_fp = true,
	.exits = hw_exits,
	.light = mmio_light_exits,
	.fast = hw_fast,
	.features = hw_features,
	.vcpu_init = hw_vcpu_init,
	.vcpu_fini = hw_vcpu_fini,
	.vcpu_reset = hw_vcpu_reset,
	.load = hw_load,
	.save = hw_save,
	.change = hw_change,
	.irq_update = hw_irq_update,
	.irq_ext = hw_irq_ext,
	.clear_soft = hw_clear_soft,
	.irq_wakes = hw_irq_wakes,
	.set_timer = hw_set_timer,
	.wake_deadline = hw_wake_deadline,
	.settle = hw_settle,
	.inject = hw_inject,
	.fence_vma = hw_fence_vma,
	.adue_changed = hw_adue_changed,
	.fault_in = hw_fault_in,
	.level = hw_level,
};
