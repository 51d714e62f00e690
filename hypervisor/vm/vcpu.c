/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual CPU's life, interrupts and timer, as seen from any hart. SBI HSM, TIME, IPI, RFENCE.
 */
#include <sbi/sbi.h>
#include "hart/hart.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/kalloc.h"
#include "vm/account.h"
#include "vm/mmio.h"
#include "vm/mode.h"
#include "vm/sched.h"
#include "vm/sched_sleep.h"
#include "vm/vconsole.h"
#include "vm/vcpu.h"

/* Injected traps in a row, all at the trap vector, after which a guest is beyond help. */
#define VECTOR_FAULTS_MAX	1000

/* vm/fp.S, vm/enter.S */
void vcpu_fp_save(struct fp_state *fp);
void vcpu_fp_save_fcsr(struct fp_state *fp);
void vcpu_fp_load(const struct fp_state *fp);

/* The harts that its cpu node allows, or all; and the one to begin with. */
static int find_hart(struct vcpu *v)
{
	const struct vm_config *config = &v->vm->config;
	bool pinned = false;

	v->affinity = kalloc((hart_count + 63) / 64 * sizeof(*v->affinity));
	if (v->affinity == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < config->pin_count; i++) {
		if (config->pins[i].vcpu != v->index)
			continue;
		pinned = true;
		if (config->pins[i].hart < hart_count)
			bitmap_set(v->affinity, config->pins[i].hart);
	}
	for (unsigned i = 0; i < hart_count && !pinned; i++)
		bitmap_set(v->affinity, i);
	return sched_admit(v);
}

int vcpu_create(struct vm *vm, unsigned index)
{
	struct vcpu *v = kalloc(sizeof(*v));
	int err;

	if (v == NULL)
		return -ENOMEM;
	v->vm = vm;
	v->index = index;
	v->hartid = vm->config.harts[index];
	v->mode = vm->mode;
	v->exits = vm->mode->exits;
	v->sbi_restricted = vm->config.sbi_disabled != 0;
	v->fp_always = !vm->mode->lazy_fp;
	for (unsigned i = 0; i < MMIO_LAST; i++)
		v->mmio_last[i] = &mmio_no_device;
	v->state = VCPU_STOPPED;
	v->timer_deadline = UINT64_MAX;
	v->wake_deadline = UINT64_MAX;
	runq_entity_init(&v->runq, &vm->credit);
	cputime_init(&v->time, time_now());
	timerq_node_init(&v->timer_node);
	err = find_hart(v);
	if (!err)
		err = vm->config.accounting ? account_create(v) : 0;
	if (!err)
		err = vm->mode->vcpu_init(v);
	if (err) {
		vcpu_destroy(v);
		return err;
	}
	vm->vcpus[index] = v;
	return 0;
}

void vcpu_destroy(struct vcpu *v)
{
	if (v->hart != NULL && !v->left)
		sched_withdraw(v);
	account_destroy(v);
	kfree(v->affinity);
	kfree(v);
}

bool vcpu_use_fp(struct vcpu *v)
{
	if (v->fp_loaded)
		return false;
	csr_set(CSR_SSTATUS, SSTATUS_FS_DIRTY);
	vcpu_fp_load(&v->fp);
	csr_clear(CSR_SSTATUS, SSTATUS_FS);
	csr_set(CSR_SSTATUS, SSTATUS_FS_CLEAN);
	v->fp_loaded = true;
	return true;
}

void vcpu_save_fp(struct vcpu *v)
{
	v->fp_loaded = false;
	v->fp_used = (csr_read(CSR_SSTATUS) & SSTATUS_FS) == SSTATUS_FS_DIRTY;
	if (v->fp_used)
		vcpu_fp_save(&v->fp);
	else
		/* With V=1 QEMU's write of fcsr makes vsstatus.FS Dirty and not sstatus.FS. */
		vcpu_fp_save_fcsr(&v->fp);
	/* Nothing here uses FP: off, so that a stray FP instruction of ours is found. */
	csr_clear(CSR_SSTATUS, SSTATUS_FS);
}

/* ---- Interrupts ---- */

void vcpu_request(struct vcpu *v, uint64_t request)
{
	__atomic_fetch_or(&v->requests, request, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&v->running, __ATOMIC_SEQ_CST)) {
		struct hart *hart = __atomic_load_n(&v->hart, __ATOMIC_SEQ_CST);

		if (hart != this_hart())
			hart_kick(hart);
	}
}

void vcpu_irq_raise(struct vcpu *v, unsigned irq)
{
	uint64_t bit = 1UL << irq;

	if (!(__atomic_fetch_or(&v->irq_pending, bit, __ATOMIC_SEQ_CST) & bit))
		vcpu_request(v, VCPU_REQ_IRQ);
}

void vcpu_irq_set(struct vcpu *v, unsigned irq)
{
	uint64_t bit = 1UL << irq;

	if (__atomic_fetch_or(&v->irq_pending, bit, __ATOMIC_SEQ_CST) & bit)
		return;
	vcpu_request(v, VCPU_REQ_IRQ);
	if (v->state == VCPU_BLOCKED && !sched_rouse(v))
		sched_wake(v);
}

void vcpu_irq_clear(struct vcpu *v, unsigned irq)
{
	uint64_t bit = 1UL << irq;

	if (irq == IRQ_S_SOFT && v->mode->clear_soft != NULL && this_hart()->loaded == v)
		v->mode->clear_soft(v);
	if (__atomic_fetch_and(&v->irq_pending, ~bit, __ATOMIC_SEQ_CST) & bit)
		vcpu_request(v, VCPU_REQ_IRQ);
}

static __attribute__((noinline)) void irq_ext_elsewhere(struct vcpu *v, bool level)
{
	if (level)
		vcpu_irq_set(v, IRQ_S_EXT);
	else
		vcpu_irq_clear(v, IRQ_S_EXT);
}

void vcpu_irq_ext(struct vcpu *v, bool level)
{
	void (*irq_ext)(struct vcpu *v, bool level) = v->mode->irq_ext;

	if (this_hart()->loaded != v || irq_ext == NULL || v->state == VCPU_BLOCKED) {
		irq_ext_elsewhere(v, level);
		return;
	}
	/* Its registers are here: no request to ourselves that would look at all its lines. */
	if (level)
		__atomic_fetch_or(&v->irq_pending, SIP_SEIP, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&v->irq_pending, ~SIP_SEIP, __ATOMIC_SEQ_CST);
	irq_ext(v, level);
}

void vcpu_set_timer(struct vcpu *v, uint64_t deadline)
{
	v->mode->set_timer(v, deadline);
}

void vcpu_arm_timer(struct vcpu *v, uint64_t deadline)
{
	struct hart *hart = this_hart();
	bool due = deadline <= time_now();

	/* It runs here, so it belongs here until it leaves. */
	spin_lock(&hart->lock);
	if (v->irq_pending & SIP_STIP)
		vcpu_irq_clear(v, IRQ_S_TIMER);
	v->timer_deadline = due ? UINT64_MAX : deadline;
	if (due || deadline == UINT64_MAX) {
		timerq_remove(&v->timer_node);
	} else {
		timerq_insert(&hart->timers, &v->timer_node, deadline);
		/* While it runs, nobody but the hardware looks at the queue. */
		if (deadline < hart->timer_programmed)
			hart_timer_program(deadline);
	}
	spin_unlock(&hart->lock);
	if (due)
		vcpu_irq_set(v, IRQ_S_TIMER);
}

/* ---- Requests ---- */

static void take_fences(struct vcpu *v, uint64_t requests)
{
	static const struct vfence everything = { .pages = 0 };
	struct vfence fence;

	if (requests & VCPU_REQ_FENCE_I)
		__asm__ volatile("fence.i" : : : "memory");
	if (requests & VCPU_REQ_FENCE_RANGE && vfence_take(&v->fence_box, &fence) &&
	    !(requests & VCPU_REQ_FENCE_VMA))
		v->mode->fence_vma(v, &fence);
	if (requests & VCPU_REQ_FENCE_VMA)
		v->mode->fence_vma(v, &everything);
}

enum vcpu_next vcpu_take_rare(struct vcpu *v, uint64_t requests)
{
	if (v->vm->state != VM_RUNNING || requests & VCPU_REQ_STOP) {
		v->state = VCPU_STOPPED;
		return VCPU_RESCHEDULE;
	}
	if (requests & VCPU_REQ_CONSOLE)
		conring_close(&v->vm->console->ring, v);
	take_fences(v, requests);
	if (requests & VCPU_REQ_IRQ)
		v->mode->irq_update(v);
	return VCPU_RESUME;
}

/*
 * Wait until target cannot run without having taken the requests in bits. It may itself be
 * waiting for us, so what is asked of v meanwhile is done here, and what its hart wants of ours
 * before it can put it there. In a VM that has ended nobody runs.
 */
static void wait_taken(struct vcpu *v, struct vcpu *target, uint64_t bits)
{
	while (__atomic_load_n(&target->requests, __ATOMIC_SEQ_CST) & bits &&
	       __atomic_load_n(&target->running, __ATOMIC_SEQ_CST) && v->vm->state == VM_RUNNING) {
		if (v->requests & VCPU_REQ_FENCES)
			vcpu_take_requests(v);
		sched_relax();
	}
}

/* Ask target for the request, or for the fence if there is one: of everything, at the worst. */
static void request_fence(struct vcpu *target, uint64_t request, const struct vfence *fence)
{
	enum stat_received what = fence == NULL ? STAT_FENCE_I : fence->has_asid ? STAT_FENCE_ASID :
										   STAT_FENCE_VMA;

	stat_receive(&target->stat, what);
	if (fence != NULL)
		request = vfence_post(&target->fence_box, fence) ? VCPU_REQ_FENCE_RANGE :
								   VCPU_REQ_FENCE_VMA;
	vcpu_request(target, request);
}

static int64_t ask_remote(struct vcpu *v, uint64_t hart_mask, uint64_t mask_base,
			  uint64_t request, const struct vfence *fence)
{
	struct vm *vm = v->vm;

	if (mask_base != UINT64_MAX)
		for (uint64_t rest = hart_mask; rest != 0; rest &= rest - 1)
			if (vm_vcpu_by_hartid(vm, mask_base + bit_lowest(rest)) == NULL)
				return SBI_ERR_INVALID_PARAM;
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		struct vcpu *target = vm->vcpus[i];
		uint64_t bit = target->hartid - mask_base;

		if (mask_base == UINT64_MAX || (bit < 64 && hart_mask >> bit & 1))
			request_fence(target, request, fence);
	}
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (vm->vcpus[i] != v)
			wait_taken(v, vm->vcpus[i], request);
	return SBI_SUCCESS;
}

int64_t vcpu_request_remote(struct vcpu *v, uint64_t hart_mask, uint64_t mask_base,
			    uint64_t request)
{
	return ask_remote(v, hart_mask, mask_base, request, NULL);
}

int64_t vcpu_fence_remote(struct vcpu *v, uint64_t hart_mask, uint64_t mask_base,
			  const struct vfence *fence)
{
	return ask_remote(v, hart_mask, mask_base, VCPU_REQ_FENCE_VMA | VCPU_REQ_FENCE_RANGE,
			  fence);
}

/* ---- HSM ---- */

int64_t vcpu_start(struct vcpu *v, uint64_t pc, uint64_t opaque)
{
	enum vcpu_state stopped = VCPU_STOPPED;

	/* Two starters cannot both win. */
	if (!__atomic_compare_exchange_n(&v->state, &stopped, VCPU_STARTING, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return SBI_ERR_ALREADY_AVAILABLE;
	while (__atomic_load_n(&v->running, __ATOMIC_SEQ_CST)) {
		/* Then it is STOPPED wherever it is, even where it waits for us. */
		if (v->vm->state != VM_RUNNING)
			return SBI_ERR_FAILED;
		sched_relax();
	}
	/* What comes from now on is for the vCPU as it will be. */
	__atomic_fetch_and(&v->irq_pending, ~SIP_SSIP, __ATOMIC_SEQ_CST);
	v->start_pc = pc;
	v->start_opaque = opaque;
	__atomic_store_n(&v->start_pending, true, __ATOMIC_RELEASE);
	sched_set_state(v, VCPU_RUNNABLE);
	return SBI_SUCCESS;
}

/* Registers and CSRs of a hart that starts or resumes. */
static void reset_registers(struct vcpu *v)
{
	memset(v->regs, 0, sizeof(v->regs));
	v->regs[REG_A0] = v->hartid;
	v->regs[REG_A1] = v->start_opaque;
	v->vector_faults = 0;
	v->irq_check = false;
	v->mode->vcpu_reset(v, v->start_pc, v->start_opaque);
	/* Its code may have been written by another hart. */
	__asm__ volatile("fence.i" : : : "memory");
}

void vcpu_reset(struct vcpu *v)
{
	struct hart *hart = this_hart();

	spin_lock(&hart->lock);
	timerq_remove(&v->timer_node);
	v->timer_deadline = UINT64_MAX;
	spin_unlock(&hart->lock);
	__atomic_fetch_and(&v->irq_pending, ~SIP_STIP, __ATOMIC_SEQ_CST);
	v->resuming = false;
	v->last_pool = NULL;
	steal_disable(v);
	v->vpmu = (struct vpmu){ .counteren = vm_counteren(v->vm) };
	v->clocked = false;
	v->fwft = (struct vfwft){ .adue_there = hart->adue, .adue = !hart->adue };
	/* Of an earlier boot of its VM; it is loaded nowhere. */
	memset(&v->fp, 0, sizeof(v->fp));
	v->fp_used = false;
	v->siselect = 0;
	if (v->page != NULL)
		memset(v->page, 0, PAGE_SIZE);
	reset_registers(v);
	__atomic_store_n(&v->start_pending, false, __ATOMIC_RELEASE);
}

void vcpu_stop(struct vcpu *v)
{
	struct vm *vm = v->vm;

	sched_set_state(v, VCPU_STOPPED);
	/* Of two that stop at once, at least one sees both stopped. */
	if (vcpu_is_alone(v))
		vm_stop(vm, VM_CRASHED, "its last hart has stopped (SBI hart_stop): none is left "
			"to start another");
}

bool vcpu_is_alone(const struct vcpu *v)
{
	const struct vm *vm = v->vm;

	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (vm->vcpus[i] != v &&
		    __atomic_load_n(&vm->vcpus[i]->state, __ATOMIC_SEQ_CST) != VCPU_STOPPED)
			return false;
	return true;
}

int64_t vcpu_hsm_status(const struct vcpu *v)
{
	if (__atomic_load_n(&v->start_pending, __ATOMIC_ACQUIRE))
		return SBI_HSM_STATE_START_PENDING;
	switch (v->state) {
	case VCPU_STOPPED:
		return SBI_HSM_STATE_STOPPED;
	case VCPU_STARTING:
		return SBI_HSM_STATE_START_PENDING;
	case VCPU_BLOCKED:
		return v->suspended ? SBI_HSM_STATE_SUSPENDED : SBI_HSM_STATE_STARTED;
	default:
		return SBI_HSM_STATE_STARTED;
	}
}

static void vcpu_block_always(struct vcpu *v)
{
	sched_block(v);
	/* An interrupt that came before the state was set woke nobody. */
	if (v->mode->irq_wakes(v))
		sched_wake(v);
}

enum vcpu_next vcpu_suspend(struct vcpu *v)
{
	enum vcpu_next next;

	v->suspended = true;
	next = vcpu_block(v);
	/* It is STARTED again as soon as it runs. What woke it is taken behind the call. */
	if (next == VCPU_RESUME) {
		v->suspended = false;
		vcpu_request(v, VCPU_REQ_IRQ);
	}
	return next;
}

enum vcpu_next vcpu_suspend_to(struct vcpu *v, uint64_t pc, uint64_t opaque)
{
	v->start_pc = pc;
	v->start_opaque = opaque;
	v->resuming = true;
	v->suspended = true;
	vcpu_block_always(v);
	return VCPU_RESCHEDULE;
}

void vcpu_resume(struct vcpu *v)
{
	/* An interrupt that is not enabled in sie is no reason to wake. */
	if (!v->mode->irq_wakes(v)) {
		vcpu_block_always(v);
		return;
	}
	v->suspended = false;
	v->mode->save(v);
	reset_registers(v);
	v->resuming = false;
	v->mode->load(v);
}

enum vcpu_next vcpu_block(struct vcpu *v)
{
	return sched_block_unless(v, v->mode->irq_wakes);
}

/* ---- Injection ---- */

/*
 * A handler that raises the very trap that it is to handle, without an SRET in between, will do so
 * for ever; the mode's inject has looked. A vector that traps itself shows by the pc alone.
 */
void vcpu_inject_trap(struct vcpu *v, const struct guest_trap *trap)
{
	uint64_t from = v->pc;

	v->stat.injected_exceptions[trap->cause & 31]++;
	v->mode->inject(v, trap);
	if (v->pc != from && !v->same_trap) {
		v->vector_faults = 0;
		return;
	}
	if (++v->vector_faults == VECTOR_FAULTS_MAX)
		vm_stop(v->vm, VM_CRASHED,
			"vCPU %u faults for ever in its own trap handler at 0x%lx (scause %lu, "
			"stval 0x%lx)",
			v->index, from, trap->cause, trap->tval);
}

void vcpu_inject(struct vcpu *v, uint64_t cause, uint64_t tval)
{
	struct guest_trap trap = { .cause = cause, .tval = tval };

	vcpu_inject_trap(v, &trap);
}
