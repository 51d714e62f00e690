/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of SBI 0.1: one EID each, the result in a0 alone.
 * RISC-V Supervisor Binary Interface Specification 3.0, chapter 5 (Legacy Extensions).
 */
#include <riscv/csr.h>
#include <riscv/insn.h>
#include "vm/guestmem.h"
#include "vm/mode.h"
#include "vm/vconsole.h"
#include "vsbi/hartmask.h"
#include "vsbi/vsbi.h"

/* Words of a hart mask, one hart id a bit: of as many harts as a VM can have. */
#define MASK_WORDS	(VM_VCPUS_MAX / 64 + 1)

/* Those harts of the VM that the word of hart ids from base on can name. */
static uint64_t harts_from(const struct vm *vm, uint64_t base)
{
	uint64_t present = 0;

	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (vm->vcpus[i]->hartid / 64 == base / 64)
			present |= 1UL << (vm->vcpus[i]->hartid % 64);
	return present;
}

/* "The page and access faults [...] are redirected back", the ECALL's address in sepc, a0 kept. */
static struct sbi_ret legacy_fault(struct vcpu *v, const struct guest_trap *trap)
{
	v->pc -= INSN_ECALL_BYTES;
	vcpu_inject_trap(v, trap);
	return vsbi_error(VSBI_UNANSWERED);
}

/*
 * Do something for each 64-bit word of the hart mask at a guest-virtual address, of which 0 means
 * all harts. Bits of harts that do not exist are ignored, as these calls have no error for them.
 */
static struct sbi_ret legacy_for_mask(struct vcpu *v, uint64_t mask_gva,
				      void (*ask)(struct vcpu *v, uint64_t mask, uint64_t base,
						  const struct vfence *fence),
				      const struct vfence *fence)
{
	struct vm *vm = v->vm;
	uint64_t masks[MASK_WORDS], last = 0, words;
	struct guest_trap trap;

	if (mask_gva == 0) {
		ask(v, 0, HARTMASK_ALL, fence);
		return vsbi_error(SBI_SUCCESS);
	}
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		last = MAX(last, vm->vcpus[i]->hartid);
	words = MIN(last / 64 + 1, (uint64_t)MASK_WORDS);
	if (vcpu_read_gva(v, GVA(mask_gva), masks, words * sizeof(masks[0]), &trap))
		return legacy_fault(v, &trap);
	for (uint64_t i = 0; i < words; i++)
		ask(v, masks[i] & harts_from(vm, i * 64), i * 64, fence);
	return vsbi_error(SBI_SUCCESS);
}

static void ask_ipi(struct vcpu *v, uint64_t mask, uint64_t base, const struct vfence *fence)
{
	(void)fence;
	hartmask_send_ipi(v->vm, mask, base);
}

static void ask_fence_i(struct vcpu *v, uint64_t mask, uint64_t base, const struct vfence *fence)
{
	(void)fence;
	vcpu_request_remote(v, mask, base, VCPU_REQ_FENCE_I);
}

static void ask_fence_vma(struct vcpu *v, uint64_t mask, uint64_t base, const struct vfence *fence)
{
	vcpu_fence_remote(v, mask, base, fence);
}

/* a1 and a2 are the range. What is not valid is fenced as a whole: the call has no error for it. */
static struct sbi_ret legacy_fence_vma(struct vcpu *v, const uint64_t *args, bool has_asid)
{
	struct vfence fence;

	if (vfence_make(&fence, args[1], args[2]) == VFENCE_EMPTY)
		return vsbi_error(SBI_SUCCESS);
	if (has_asid && args[3] <= SATP_ASID_MASK) {
		fence.has_asid = true;
		fence.asid = args[3];
	}
	return legacy_for_mask(v, args[0], ask_fence_vma, &fence);
}

static struct sbi_ret legacy_getchar(struct vm *vm)
{
	char byte;

	return vsbi_error(vconsole_read(vm, &byte, 1) == 1 ? (int64_t)(uint8_t)byte : -1);
}

static struct sbi_ret legacy_clear_ipi(struct vcpu *v)
{
	bool was_pending = READ_ONCE(v->irq_pending) >> IRQ_S_SOFT & 1;

	if (v->mode->clear_soft != NULL && v->mode->clear_soft(v))
		was_pending = true;
	vcpu_irq_clear(v, IRQ_S_SOFT);
	return vsbi_error(was_pending);
}

/* fid is the EID here. */
static struct sbi_ret legacy_handle(struct vcpu *v, uint64_t fid, const uint64_t *args,
				    enum vcpu_next *next)
{
	char byte = (char)args[0];

	switch (fid) {
	case SBI_EXT_LEGACY_SET_TIMER:
		vcpu_set_timer(v, args[0]);
		return vsbi_error(SBI_SUCCESS);
	case SBI_EXT_LEGACY_PUTCHAR:
		if (!vconsole_accepts(v->vm))
			return vsbi_again(v);
		vconsole_write(v->vm, &byte, 1);
		return vsbi_error(SBI_SUCCESS);
	case SBI_EXT_LEGACY_GETCHAR:
		return legacy_getchar(v->vm);
	case SBI_EXT_LEGACY_CLEAR_IPI:
		return legacy_clear_ipi(v);
	case SBI_EXT_LEGACY_SEND_IPI:
		return legacy_for_mask(v, args[0], ask_ipi, NULL);
	case SBI_EXT_LEGACY_RFENCE_I:
		return legacy_for_mask(v, args[0], ask_fence_i, NULL);
	case SBI_EXT_LEGACY_RFENCE_VMA:
		return legacy_fence_vma(v, args, false);
	case SBI_EXT_LEGACY_RFENCE_VMA_ASID:
		return legacy_fence_vma(v, args, true);
	case SBI_EXT_LEGACY_SHUTDOWN:
		vm_stop(v->vm, VM_SHUTDOWN, "by SBI legacy shutdown");
		*next = VCPU_RESCHEDULE;
		return vsbi_error(SBI_SUCCESS);
	default:
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct vsbi_ext vsbi_legacy = {
	.eid_first = SBI_EXT_LEGACY_SET_TIMER,
	.eid_last = SBI_EXT_LEGACY_SHUTDOWN,
	.handle = legacy_handle,
};
