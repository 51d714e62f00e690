/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CSRs of a vCPU in mode hw, on its hart and off it. Privileged specification, "Hypervisor and
 * Virtual Supervisor CSRs".
 */
#include <riscv/aia.h>
#include <riscv/hyp.h>
#include "hart/hart.h"
#include "mode/hw.h"
#include "vdev/vimsic_hw.h"

/*
 * What a guest in VS-mode handles itself: all that S-mode could cause without a hypervisor, but for
 * causes 2 and 6, which we reflect. QEMU 7.2 takes those for the VS interrupts of the same numbers
 * when it delegates, and tells the guest 1 and 5.
 */
#define HW_HEDELEG                                                                       \
	(1UL << EXC_INST_MISALIGNED | 1UL << EXC_INST_ACCESS | 1UL << EXC_BREAKPOINT |   \
	 1UL << EXC_LOAD_MISALIGNED | 1UL << EXC_LOAD_ACCESS | 1UL << EXC_STORE_ACCESS | \
	 1UL << EXC_ECALL_U | 1UL << EXC_INST_PAGE_FAULT | 1UL << EXC_LOAD_PAGE_FAULT |  \
	 1UL << EXC_STORE_PAGE_FAULT)
#define HW_HIDELEG (HVIP_VSSIP | HVIP_VSTIP | HVIP_VSEIP)

/* Of the vCPU whose CSRs the hart has: what is left of them is in nobody's way. */
static inline __attribute__((always_inline)) void save_csrs(struct vcpu *v, bool sstc, bool aia)
{
	struct vs_csrs *vs = &v->vs;

	v->supervisor = (csr_read(CSR_SSTATUS) & SSTATUS_SPP) != 0;
	vs->vsstatus = csr_read(CSR_VSSTATUS);
	vs->vsie = csr_read(CSR_VSIE);
	vs->vstvec = csr_read(CSR_VSTVEC);
	vs->vsscratch = csr_read(CSR_VSSCRATCH);
	vs->vsepc = csr_read(CSR_VSEPC);
	vs->vscause = csr_read(CSR_VSCAUSE);
	vs->vstval = csr_read(CSR_VSTVAL);
	vs->vsatp = csr_read(CSR_VSATP);
	vs->scounteren = csr_read(CSR_SCOUNTEREN);
	vs->senvcfg = csr_read(CSR_SENVCFG);
	if (sstc)
		vs->vstimecmp = csr_read(CSR_VSTIMECMP);
	if (aia)
		vs->vsiselect = csr_read(CSR_VSISELECT);
	vs->hvip = csr_read(CSR_HVIP) & HVIP_VSSIP;
	/* vsatp = 0 in between, or a walk could pair one VM's tables with another's VMID. */
	csr_write(CSR_VSATP, 0);
}

static inline __attribute__((always_inline)) void load_csrs(const struct vcpu *v, bool sstc,
							    bool aia)
{
	const struct vs_csrs *vs = &v->vs;

	if (likely(v->supervisor)) {
		csr_write(CSR_HSTATUS, v->hstatus);
		csr_set(CSR_SSTATUS, SSTATUS_SPP);
	} else {
		csr_write(CSR_HSTATUS, v->hstatus & ~HSTATUS_SPVP);
		csr_clear(CSR_SSTATUS, SSTATUS_SPP);
	}
	csr_write(CSR_HCOUNTEREN, v->vpmu.counteren);
	csr_write(CSR_HENVCFG, vs->henvcfg);
	csr_write(CSR_VSSTATUS, vs->vsstatus);
	csr_write(CSR_VSIE, vs->vsie);
	csr_write(CSR_VSTVEC, vs->vstvec);
	csr_write(CSR_VSSCRATCH, vs->vsscratch);
	csr_write(CSR_VSEPC, vs->vsepc);
	csr_write(CSR_VSCAUSE, vs->vscause);
	csr_write(CSR_VSTVAL, vs->vstval);
	csr_write(CSR_SCOUNTEREN, vs->scounteren);
	csr_write(CSR_SENVCFG, vs->senvcfg);
	csr_write(CSR_HGATP, v->ram_hgatp);
	csr_write(CSR_VSATP, vs->vsatp);
	/* A guest's ASIDs are per hart, and its fences were done on the hart that it was on. */
	if (v->must_fence)
		hfence_vvma_all();
	if (sstc)
		csr_write(CSR_VSTIMECMP, vs->vstimecmp);
	if (aia)
		csr_write(CSR_VSISELECT, vs->vsiselect);
	csr_write(CSR_HVIP, vs->hvip);
}

/* irq_pending may have changed since it was saved. Requests are taken before it runs. */
static inline void load_irqs(struct vcpu *v)
{
	if (v->irq_pending != 0 && !(v->requests & VCPU_REQ_IRQ))
		hw_irq_update(v);
}

void hw_load(struct vcpu *v)
{
	if (unlikely(v->imsic != NULL))
		vimsic_hw_load(v);
	csr_write(CSR_HEDELEG, HW_HEDELEG);
	csr_write(CSR_HIDELEG, HW_HIDELEG);
	load_csrs(v, this_hart()->sstc, this_hart()->aia);
	if (unlikely(v->imsic != NULL))
		hw_irq_update(v);
	else
		load_irqs(v);
}

void hw_save(struct vcpu *v)
{
	const struct hart *hart = this_hart();

	save_csrs(v, hart->sstc, hart->aia);
	if (hart->sstc)
		/* It would go on comparing. */
		csr_write(CSR_VSTIMECMP, UINT64_MAX);
	csr_write(CSR_HVIP, 0);
	if (unlikely(v->imsic != NULL)) {
		csr_write(CSR_HVICTL, 0);
		/* What is pending in its file, enabled in vsie, would end this hart's WFI. */
		csr_clear(CSR_HSTATUS, HSTATUS_VGEIN);
	}
	csr_write(CSR_HGATP, 0);
}

/* On a machine with AIA, or without Sstc. */
static __attribute__((noinline)) void change_otherwise(struct vcpu *from, struct vcpu *to)
{
	const struct hart *hart = this_hart();

	if (from->imsic != NULL || to->imsic != NULL) {
		hw_save(from);
		hw_load(to);
		return;
	}
	save_csrs(from, hart->sstc, hart->aia);
	load_csrs(to, hart->sstc, hart->aia);
	load_irqs(to);
}

void hw_change(struct vcpu *from, struct vcpu *to)
{
	const struct hart *hart = this_hart();

	/* Without AIA no guest of this mode has an IMSIC (check_aia() of boot/vms.c). */
	if (unlikely(!hart->sstc || hart->aia)) {
		change_otherwise(from, to);
		return;
	}
	save_csrs(from, true, false);
	load_csrs(to, true, false);
	load_irqs(to);
}
