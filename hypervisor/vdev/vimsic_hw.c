/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt files of vCPUs on the hart's guest interrupt files: taken when a vCPU is put on a hart
 * that has one free, and kept until it goes to another hart or its VM ends, so that MSIs find it
 * also while it does not run. RISC-V Advanced Interrupt Architecture 1.0, chapter 6.
 */
#include <riscv/csr.h>
#include "vdev/vimsic_hw.h"
#include "vdev/vimsic_vcpu.h"
#include "vm/gfile.h"
#include "vm/sched.h"

static struct gfile_regs regs_of(struct vimsic *file)
{
	return (struct gfile_regs){ .delivery = file->delivery, .threshold = file->threshold,
				    .pending = file->pending, .enabled = file->enabled,
				    .words = file->num_ids / 64 + 1 };
}

/* The guest's page of the file: the hart's from now on, or nothing but exits. */
static int map_page(struct vimsic_vcpu *imsic)
{
	struct vm *vm = imsic->vcpu->vm;
	int err;

	spin_lock(&vm->lock);
	err = gstage_map(&vm->gstage, imsic->gpa, gfile_hpa(imsic->hart, imsic->number), PAGE_SIZE,
			 GSTAGE_RW);
	spin_unlock(&vm->lock);
	return err;
}

static void unmap_page(struct vimsic_vcpu *imsic)
{
	struct vm *vm = imsic->vcpu->vm;

	spin_lock(&vm->lock);
	gstage_unmap(&vm->gstage, imsic->gpa, PAGE_SIZE);
	spin_unlock(&vm->lock);
}

static void forget(struct vimsic_vcpu *imsic)
{
	gfile_free(imsic->hart, imsic->number);
	imsic->number = 0;
	imsic->vcpu->hstatus &= ~HSTATUS_VGEIN;
	__atomic_store_n(&imsic->hart, NULL, __ATOMIC_RELEASE);
}

void vimsic_hw_drop(struct vimsic_vcpu *imsic)
{
	if (imsic->hart == NULL)
		return;
	unmap_page(imsic);
	spin_lock(&imsic->lock);
	imsic->page = NULL;
	spin_unlock(&imsic->lock);
	forget(imsic);
}

/*
 * On the file's hart: its contents into software. First no more MSIs of the guest's own, then none
 * of our devices'; what came before is read.
 */
static void leave(struct vimsic_vcpu *imsic)
{
	struct gfile_regs regs = regs_of(&imsic->file);

	unmap_page(imsic);
	spin_lock(&imsic->lock);
	imsic->page = NULL;
	/* Stores to the page, which is a device, come before the reads of its registers. */
	__asm__ volatile("fence iorw, iorw" : : : "memory");
	gfile_save(imsic->number, &regs);
	imsic->file.delivery = regs.delivery == 1;
	imsic->file.threshold = (uint32_t)regs.threshold;
	vimsic_update(&imsic->file);
	spin_unlock(&imsic->lock);
	forget(imsic);
}

/* From the run loop of the hart that was asked. */
static void work(struct hart *hart)
{
	struct vimsic_vcpu *imsic = __atomic_load_n(&hart->gfile_wanted, __ATOMIC_ACQUIRE);

	if (imsic == NULL)
		return;
	leave(imsic);
	__atomic_store_n(&hart->gfile_wanted, NULL, __ATOMIC_RELEASE);
}

/* The vCPU's file is on another hart, and only that can read it. We may be asked meanwhile, too. */
static void fetch(struct vimsic_vcpu *imsic)
{
	struct hart *there = imsic->hart, *here = this_hart();
	struct vimsic_vcpu *nobody = NULL;

	sched_gfile_work = work;
	while (!__atomic_compare_exchange_n(&there->gfile_wanted, &nobody, imsic, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		nobody = NULL;
		work(here);
		spin_relax();
	}
	hart_kick(there);
	while (__atomic_load_n(&imsic->hart, __ATOMIC_ACQUIRE) != NULL) {
		work(here);
		spin_relax();
	}
}

void vimsic_hw_load(struct vcpu *v)
{
	struct vimsic_vcpu *imsic = v->imsic;
	struct hart *hart = this_hart();
	struct gfile_regs regs;

	if (imsic->hart == hart)
		return;
	if (imsic->hart != NULL)
		fetch(imsic);
	/* A file with fewer identities than the guest was told of is no use to it. */
	if (imsic->file.num_ids > hart_gfile_ids)
		return;
	imsic->number = gfile_take(v);
	if (imsic->number == 0)
		return;
	imsic->hart = hart;
	if (map_page(imsic)) {
		forget(imsic);
		return;
	}
	spin_lock(&imsic->lock);
	imsic->page = gfile_page(hart, imsic->number);
	regs = regs_of(&imsic->file);
	gfile_load(imsic->number, &regs);
	/* The software's line falls, and what is pending there has gone. */
	vimsic_reset(&imsic->file);
	spin_unlock(&imsic->lock);
	v->hstatus |= (uint64_t)imsic->number << HSTATUS_VGEIN_SHIFT;
}
