/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtualization technique: one table of operations, one file each in hypervisor/mode/ (hw.c,
 * te.c, pv.c). Nothing outside these files asks which mode a VM is in.
 */
#ifndef VM_MODE_H
#define VM_MODE_H

#include "hart/trace.h"
#include "vm/vcpu.h"

/* Handles one synchronous exit; the guest's pc is v->pc, the trap's CSRs are as it left them. */
typedef enum vcpu_next exit_handler(struct vcpu *v);

struct mode_ops {
	const char *name;
	bool deprivileged;
	/* FP registers are loaded when an exit of cause 2 asks vcpu_use_fp() for them. */
	bool lazy_fp;
	/* Synchronous exits by scause (EXIT_COUNT entries); every entry is set. */
	exit_handler *const *exits;
	/* Light exits (LIGHT_COUNT entries, each may be NULL), for a vector that knows them. */
	exit_handler *const *light;
	/* The vector of mode/fast.S with which v runs on this hart; NULL: none fits. */
	const char *(*fast)(const struct vcpu *v);
	/* The feature word of STRATA_FN_FEATURES. */
	uint64_t (*features)(const struct vm *vm);

	int (*vcpu_init)(struct vcpu *v);
	void (*vcpu_fini)(struct vcpu *v);
	/*
	 * HSM start: registers and CSRs as SBI specifies, at pc in S-mode with satp = 0. If it is
	 * resuming, its timer and pending interrupts stay. v is not loaded.
	 */
	void (*vcpu_reset)(struct vcpu *v, uint64_t pc, uint64_t opaque);

	/* Put the CSRs of v on this hart; take them off it. */
	void (*load)(struct vcpu *v);
	void (*save)(struct vcpu *v);
	/* The one of from and the other of to, of the same mode, at once. NULL: as above. */
	void (*change)(struct vcpu *from, struct vcpu *to);

	/* v is loaded and irq_pending has changed: have it take, or stop taking, its interrupts. */
	void (*irq_update)(struct vcpu *v);
	/*
	 * The same where nothing but SEIP has changed, to level, in the middle of an exit of the
	 * loaded v. NULL: interrupts are taken at the end of an exit only.
	 */
	void (*irq_ext)(struct vcpu *v, bool level);
	/*
	 * The loaded v clears its software interrupt by SBI. Return: whether it was pending, where
	 * irq_pending does not show it any more. NULL: irq_pending is all there is.
	 */
	bool (*clear_soft)(struct vcpu *v);
	/*
	 * Is an interrupt pending that ends WFI (pending and enabled in sie, whatever SIE says)?
	 * If not, v->wake_deadline is what wake_deadline() would return. v is loaded.
	 */
	bool (*irq_wakes)(struct vcpu *v);
	/* SBI set_timer on the loaded v. */
	void (*set_timer)(struct vcpu *v, uint64_t deadline);
	/*
	 * When a vCPU that leaves its hart wants to be woken by its own timer, beyond what
	 * set_timer put in timer_deadline; UINT64_MAX for never. v is still loaded.
	 */
	uint64_t (*wake_deadline)(struct vcpu *v);
	/*
	 * The hart is about to sleep with v loaded, which is blocked: what is pending for v and no
	 * reason to wake it must not end the hart's WFI. NULL: nothing is.
	 */
	void (*settle)(struct vcpu *v);
	/* Inject an exception at v->pc; v is loaded. */
	void (*inject)(struct vcpu *v, const struct guest_trap *trap);
	/* Drop what the loaded v has cached of *fence, or more: a remote SFENCE.VMA. */
	void (*fence_vma)(struct vcpu *v, const struct vfence *fence);
	/* The loaded v has changed its fwft.adue: translations with the old one are not to stay. */
	void (*adue_changed)(struct vcpu *v);
	/* A faulted access of ours: make it possible, or say what trap the guest would get. */
	bool (*fault_in)(struct vcpu *v, gva_t gva, uint64_t cause, struct guest_trap *trap);
	/* The privilege level that the loaded v was in at its last exit: a TRACE_LEVEL_*. */
	unsigned (*level)(const struct vcpu *v);
};

/* Take what other harts asked of the loaded vCPU. */
static inline enum vcpu_next vcpu_take_requests(struct vcpu *v)
{
	uint64_t requests = __atomic_exchange_n(&v->requests, 0, __ATOMIC_SEQ_CST);

	if (unlikely(v->vm->state != VM_RUNNING || requests & ~(uint64_t)VCPU_REQ_IRQ))
		return vcpu_take_rare(v, requests);
	if (requests != 0)
		v->mode->irq_update(v);
	return VCPU_RESUME;
}

/*
 * Have the exits of v go through the trace or not, as the trace is on or off now; before it runs.
 * v->vector NULL: it has to be chosen for this hart.
 */
static inline void vcpu_choose_exits(struct vcpu *v)
{
	if (unlikely(v->vector == NULL || trace_on() || v->watched))
		vcpu_choose_exits_anew(v);
}

#endif
