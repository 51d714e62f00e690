/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual CPU: what the world switch saves, what its mode keeps, its interrupts, timer and
 * scheduling, and its statistics. RISC-V privileged specification, "Hypervisor extension"; SBI HSM.
 */
#ifndef VM_VCPU_H
#define VM_VCPU_H

#include <strata/abi.h>
#include "emul/insn.h"
#include "emul/vcsr.h"
#include "lib/guest_trap.h"
#include "lib/timerq.h"
#include "lib/types.h"
#include "mem/shadow.h"
#include "vm/cputime.h"
#include "vm/runq.h"
#include "vm/stat.h"
#include "vm/steal.h"
#include "vm/vfence.h"
#include "vm/vfwft.h"
#include "vm/vpmu.h"
#include "vm/vm.h"

struct hart;
struct vimsic_vcpu;
struct vmid_place;
struct vmid_pool;

/* The specification's register numbers of those that the SBI and the ABI speak of. */
#define REG_RA 1
#define REG_SP 2
#define REG_TP 4
#define REG_A0 10
#define REG_A1 11
#define REG_A2 12
#define REG_A6 16
#define REG_A7 17

enum vcpu_state {
	VCPU_STOPPED,		/* SBI HSM STOPPED */
	VCPU_STARTING,		/* whoever starts it waits for it to have left its hart */
	VCPU_RUNNABLE,		/* on its hart's run queue, or running */
	VCPU_BLOCKED,		/* WFI or HSM suspend: woken by a pending interrupt */
};

/* VS-mode CSRs of a vCPU in mode hw while it is not on a hart. */
struct vs_csrs {
	uint64_t vsstatus, vsie, vstvec, vsscratch, vsepc, vscause, vstval, vsatp, vstimecmp;
	uint64_t hvip;
	uint64_t scounteren, senvcfg, vsiselect;
	uint64_t henvcfg;		/* the host's choice for it */
};

struct fp_state {
	uint64_t f[32];
	uint64_t fcsr;
};

struct mode_ops;
struct account;

#define MMIO_LAST	2

/* All synchronous causes that an implementation may have. */
#define EXIT_COUNT	64

/*
 * What an exit handler returns: go straight back into the guest, or leave to the run loop
 * (state changed: blocked, stopped, time slice over).
 */
enum vcpu_next {
	VCPU_RESUME = 0,
	VCPU_RESCHEDULE = 1,
	/* A light handler has done nothing: the exit's own is to be called, with all registers. */
	VCPU_WHOLE = 2,
};

/* Causes that may be light (vm/light.S), from EXC_LOAD_GUEST_FAULT on; the middle one is none. */
#define LIGHT_COUNT	3

struct vcpu {
	/* Used by vm/enter.S through generated offsets. */
	uint64_t regs[32];		/* regs[0] stays 0 */
	uint64_t pc;
	uint64_t host_sp, host_tp;
	/* Exit handlers by scause (EXIT_COUNT): the mode's, of the trace, of the account. */
	enum vcpu_next (*const *exits)(struct vcpu *v);
	/*
	 * Handlers that find none but caller-saved registers in regs, by scause less
	 * EXC_LOAD_GUEST_FAULT; NULL: the one in exit_table only.
	 */
	enum vcpu_next (*light[LIGHT_COUNT])(struct vcpu *v);
	/* stvec while it runs: the mode's fast path, or what leads to exits alone. */
	const char *vector;
	/* Requests from other harts, taken before the next entry (VCPU_REQ_*). Atomic. */
	uint64_t requests;

	/* Bytes of the console go to these while STAT_FAST_CONSOLE is below the limit. */
	uint64_t console_limit;
	char *console_bytes;

	/* What every exit needs comes first: small offsets are cheaper. */
	const struct mode_ops *mode;	/* vm->mode */
	struct vm *vm;
	unsigned index;			/* in vm->vcpus */
	/* Deprivileged modes (te, pv): virtual privilege and CSRs. */
	bool supervisor;		/* virtual privilege: S, else U */
	bool virtual_csrs;		/* its machine raises 22 for accesses to S-mode CSRs */
	bool irq_check;			/* a CSR access unmasked an interrupt: deliver it next */
	uint64_t siselect;		/* of Ssaia, if it has an imsic */
	bool user_fence;		/* the guest's own tables need a fence before use */
	struct vcsr vcsr;
	struct strata_vcpu_page *page;
	struct vdev *mmio_last[MMIO_LAST];	/* the devices that it used last (vm/mmio.c) */
	uint64_t hartid;		/* the guest's name for it */
	bool sbi_restricted;		/* its VM has SBI extensions switched off */
	uint64_t hstatus;		/* loaded when it is put on a hart */
	uint64_t hgatp, vsatp;		/* what is loaded while it is on a hart */
	/* With the VMIDs of the hart: for the VM's RAM; deprivileged modes: and its shadows. */
	uint64_t ram_hgatp, shadow_hgatp;
	bool fence_tables;		/* too few VMIDs or ASIDs: fence at each change of these */
	uint64_t trap_entry_u, trap_entry_s;	/* pv: STRATA_FN_SET_TRAP_TABLE; 0 = stvec */
	struct vimsic_vcpu *imsic;	/* its interrupt file; NULL: its VM has no IMSICs */
	struct account *account;	/* where its instructions go; NULL: nobody asked */

	/* Mode hw. */
	struct vs_csrs vs;
	struct vfwft fwft;		/* its own hart alone */

	/*
	 * Interrupts: the level of each S-level interrupt line (bits of sip) as seen by the guest.
	 * Written by any hart with atomics; the mode turns it into hvip or an injected trap.
	 */
	uint64_t irq_pending;
	/* Deadline of the guest's SBI timer, in host ticks; UINT64_MAX = none. */
	uint64_t timer_deadline;
	uint64_t wake_deadline;		/* UINT64_MAX, unless the mode's irq_wakes() says so */
	struct timerq_node timer_node;

	/* Scheduling; under hart->lock of its hart (vm/sched_hart.h). */
	struct hart *hart;		/* where it runs */
	uint64_t *affinity;		/* where it may: a bit for each hart's index */
	enum vcpu_state state;
	bool suspended;			/* blocked by HSM suspend, not by WFI */
	bool running;			/* from when its hart picks it until it puts it back */
	bool counted;			/* in its hart's vcpu_count */
	/* Its hart sleeps in its exit (vm/sched_sleep.h); who clears it wakes the hart. Atomic. */
	uint32_t asleep;
	/* Why it does not simply run when its turn comes; one look at all of them. */
	union {
		struct {
			bool evict;	/* it has to leave its hart, pinned elsewhere */
			bool paused;	/* by the monitor */
			bool left;	/* its VM has ended and it will not run again */
			/* Started, but not yet reset, which its own hart does then. */
			bool start_pending;
		};
		uint32_t held;
	};
	/* What it has that few have: any of it, and all is seen to. Of the hart that it runs on. */
	union {
		struct {
			bool watched;	/* its exits are not its mode's alone */
			bool accounted;	/* account is not NULL */
			bool fp_loaded;	/* FP: on its hart, and sstatus.FS is on */
			bool fp_used;	/* it wrote them when it was on a hart last */
			bool fp_always;	/* its mode is not one that loads them late */
			bool resuming;	/* it loses its registers: resumes at start_pc */
			bool reports_steal; /* it reports stolen time */
			bool clocked;	/* its PMU counts cycles or instructions */
		};
		uint64_t extras;
	};
	/* At a start or resumption. */
	uint64_t start_pc, start_opaque;
	struct runq_entity runq;
	struct cputime time;
	/* Written by the hart that loads it. */
	const struct vmid_pool *last_pool;	/* of the hart that had it; NULL: all is stale */
	const struct vmid_place *place;	/* its VM's on that hart */
	uint64_t vmid_generation;	/* of the VMIDs in ram_hgatp and shadow_hgatp */
	bool must_fence;		/* load: translations of its VMIDs may be stale here */
	struct steal steal;		/* its own hart alone */

	/* A copy of the handlers in exits, for vm/enter.S. */
	enum vcpu_next (*exit_table[EXIT_COUNT])(struct vcpu *v);
	struct vcpu_stat stat;

	gpa_t page_gpa;			/* where the shadow's VMID sees the page */
	struct ptpage *shadow_pages;
	struct shadow shadow;

	struct fp_state fp;

	struct vpmu vpmu;		/* its own hart alone */
	struct vfence_box fence_box;	/* with VCPU_REQ_FENCE_RANGE */

	unsigned vector_faults;		/* injected traps in a row that lead nowhere */
	bool same_trap;			/* inject: it is in this very trap already */
};

/* One more flag would not be seen by a look at all of them. */
_Static_assert(offsetof(struct vcpu, extras) - offsetof(struct vcpu, held) == sizeof(uint32_t),
	       "held has four flags");
_Static_assert(offsetof(struct vcpu, start_pc) - offsetof(struct vcpu, extras) == sizeof(uint64_t),
	       "extras has eight flags");

#define VCPU_REQ_STOP		(1u << 0)	/* the VM has ended */
#define VCPU_REQ_FENCE_I	(1u << 1)
#define VCPU_REQ_FENCE_VMA	(1u << 2)	/* everything of the guest's translations */
#define VCPU_REQ_IRQ		(1u << 3)	/* irq_pending has changed */
#define VCPU_REQ_FENCE_RANGE	(1u << 4)	/* what lies in fence_box */

#define VCPU_REQ_CONSOLE	(1u << 5)	/* give the console's ring up */

#define VCPU_REQ_FENCES		(VCPU_REQ_FENCE_I | VCPU_REQ_FENCE_VMA | VCPU_REQ_FENCE_RANGE)

/* Create the vCPU number index of vm; -ENOMEM; -ENODEV: its harts are not in this machine. */
int vcpu_create(struct vm *vm, unsigned index);
/* Free it; it is stopped for good, and what its mode has is freed. */
void vcpu_destroy(struct vcpu *v);

/*
 * Have v look at its requests before it runs on. If it changes harts meanwhile it does so there,
 * before it runs (sched_begin()), and a kick at its old hart is for nothing.
 */
void vcpu_request(struct vcpu *v, uint64_t request);
/* The part of vcpu_take_requests() (vm/mode.h) for a VM that has ended, fences and the like. */
enum vcpu_next vcpu_take_rare(struct vcpu *v, uint64_t requests);
/* Give the loaded vCPU the FP registers that it went without; false: it has them. */
bool vcpu_use_fp(struct vcpu *v);
/* Take them, which it has, away: it leaves its hart. */
void vcpu_save_fp(struct vcpu *v);

/* A trapped CSR access of v, loaded here, has been emulated: count it, give it old, step on. */
static inline void vcpu_csr_done(struct vcpu *v, const struct insn *insn, uint64_t old)
{
	v->stat.csr[stat_csr_slot(insn->csr)]++;
	if (insn->rd != 0)
		v->regs[insn->rd] = old;
	v->pc += insn->len;
}

/* Inject a trap into the loaded vCPU; stops the VM if it does nothing but fault in its vector. */
void vcpu_inject(struct vcpu *v, uint64_t cause, uint64_t tval);
void vcpu_inject_trap(struct vcpu *v, const struct guest_trap *trap);

/*
 * Raise or lower an interrupt line of a vCPU (IRQ_S_SOFT, IRQ_S_TIMER, IRQ_S_EXT), from any hart;
 * wakes it if it is blocked, interrupts its hart if it runs elsewhere.
 */
void vcpu_irq_set(struct vcpu *v, unsigned irq);
/* The same without waking it, under the lock of its hart. */
void vcpu_irq_raise(struct vcpu *v, unsigned irq);
void vcpu_irq_clear(struct vcpu *v, unsigned irq);
/*
 * An interrupt controller, whose lock is held, drives IRQ_S_EXT of a vCPU, whose level changes by
 * that: one of the two above, and less work where the vCPU is loaded on this hart.
 */
void vcpu_irq_ext(struct vcpu *v, bool level);

/* SBI set_timer: deadline in ticks of the time CSR; clears the pending timer interrupt. */
void vcpu_set_timer(struct vcpu *v, uint64_t deadline);
/* The same by software, for modes and machines in which the guest has no timer of its own. */
void vcpu_arm_timer(struct vcpu *v, uint64_t deadline);

/* SBI HSM. hart_start on a vCPU that is not stopped: SBI_ERR_ALREADY_AVAILABLE. */
int64_t vcpu_start(struct vcpu *v, uint64_t pc, uint64_t opaque);
/* Its state at pc as SBI specifies it; on its own hart, where it is not loaded. */
void vcpu_reset(struct vcpu *v);
/* Stops the calling vCPU, and the VM with its last one: takes effect when its exit handler returns
 * VCPU_RESCHEDULE. */
void vcpu_stop(struct vcpu *v);
/* SBI HSM status: STARTED, START_PENDING, STOPPED or SUSPENDED. */
int64_t vcpu_hsm_status(const struct vcpu *v);
/*
 * Block the calling vCPU until an interrupt is pending and enabled in its sie (WFI). Return what
 * its exit handler has to return: VCPU_RESUME if one is already.
 */
enum vcpu_next vcpu_block(struct vcpu *v);
/* The same for HSM's retentive suspend, during which its status is SUSPENDED. */
enum vcpu_next vcpu_suspend(struct vcpu *v);
/*
 * Suspend the calling vCPU without retention: when an interrupt is pending and enabled, it goes on
 * at pc as a hart that starts does, but its timer, IPIs and interrupts are kept. Return:
 * VCPU_RESCHEDULE, for its exit handler.
 */
enum vcpu_next vcpu_suspend_to(struct vcpu *v, uint64_t pc, uint64_t opaque);
/* On its hart, where it is loaded: a vCPU so suspended resumes, or waits on if nothing woke it. */
void vcpu_resume(struct vcpu *v);
/* Does every other vCPU of its VM have the HSM state STOPPED? */
bool vcpu_is_alone(const struct vcpu *v);

/*
 * Make other vCPUs of the same VM (and this one) do VCPU_REQ_* before they run again; returns when
 * no vCPU of the set can any longer run without having done so. mask_base UINT64_MAX = all (SBI).
 * Return: SBI_SUCCESS or SBI_ERR_INVALID_PARAM (a hart that does not exist).
 */
int64_t vcpu_request_remote(struct vcpu *v, uint64_t hart_mask, uint64_t mask_base,
			    uint64_t request);
/* The same for one fence: of its range alone, where nobody else has asked a vCPU for another. */
int64_t vcpu_fence_remote(struct vcpu *v, uint64_t hart_mask, uint64_t mask_base,
			  const struct vfence *fence);

/* vm/enter.S: run the vCPU on this hart until an exit handler asks to leave. */
void vcpu_enter(struct vcpu *v);
extern const char vcpu_trap_vector[];
/* Off: every exit is handled in C. Set before a VM runs. */
extern bool vcpu_fast_path;
/* vm/exit.c, from vm/enter.S: an exit for a host interrupt; what other harts asked meanwhile. */
enum vcpu_next vcpu_exit_interrupt(struct vcpu *v);
enum vcpu_next vcpu_exit_requests(struct vcpu *v, enum vcpu_next next);
/* From vm/enter.S, at the end of an exit: the vCPU that goes on; NULL: vcpu_enter() is left. */
struct vcpu *vcpu_exit_end(struct vcpu *v, enum vcpu_next next);
/* The part of vcpu_choose_exits() that is rarely needed: vm/mode.h. */
void vcpu_choose_exits_anew(struct vcpu *v);

#endif
