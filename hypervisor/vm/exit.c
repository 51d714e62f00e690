/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What vm/enter.S does not do itself: exits for host interrupts, requests, and exits while the
 * trace is on. Privileged specification, "Supervisor Cause Register" and hypervisor "Traps".
 */
#include "lib/string.h"
#include "vm/account.h"
#include "vm/mode.h"
#include "vm/sched.h"
#include "vm/sched_sleep.h"
#include "vm/trace_hook.h"
#include "vm/vcpu.h"

/*
 * Interrupts are the run loop's: it looks at what is pending, and at whose turn it is. But one of
 * another hart, mostly, has brought nothing but requests of the vCPU.
 */
enum vcpu_next vcpu_exit_interrupt(struct vcpu *v)
{
	uint64_t scause = csr_read(CSR_SCAUSE);

	v->stat.interrupts[scause & 15]++;
	if (unlikely(v->exits != v->mode->exits)) {
		trace_exit(v, scause);
		trace_done(v, VCPU_RESCHEDULE);
		if (v->account != NULL)
			account_interrupt(v, scause);
		return VCPU_RESCHEDULE;
	}
	if (scause == (SCAUSE_INTERRUPT | IRQ_S_SOFT) && sched_is_for_vcpu(v))
		return VCPU_RESUME;
	return VCPU_RESCHEDULE;
}

enum vcpu_next vcpu_exit_requests(struct vcpu *v, enum vcpu_next next)
{
	return v->requests != 0 ? vcpu_take_requests(v) | next : next;
}

/* v, which cannot go on, leaves its hart. */
static inline struct vcpu *leave(struct vcpu *v)
{
	if (v->state != VCPU_BLOCKED)
		return NULL;
	return this_hart()->alone ? sched_switch(v) : sched_sleep(v);
}

static __attribute__((noinline)) struct vcpu *end_requested(struct vcpu *v, enum vcpu_next next)
{
	next |= vcpu_take_requests(v);
	return next == VCPU_RESUME ? v : leave(v);
}

struct vcpu *vcpu_exit_end(struct vcpu *v, enum vcpu_next next)
{
	if (v->requests != 0)
		return end_requested(v, next);
	return next == VCPU_RESUME ? v : leave(v);
}

/*
 * With the trace on, the handlers' table is this one: a trace that is off costs an exit nothing.
 */
static enum vcpu_next exit_traced(struct vcpu *v)
{
	uint64_t scause = csr_read(CSR_SCAUSE);
	enum vcpu_next next;

	trace_exit(v, scause);
	next = v->mode->exits[scause % EXIT_COUNT](v);
	if (v->requests != 0)
		next |= vcpu_take_requests(v);
	trace_done(v, next);
	return next;
}

static exit_handler *const traced_exits[EXIT_COUNT] = { [0 ... EXIT_COUNT - 1] = exit_traced };

bool vcpu_fast_path = true;

/* The trace must see every exit; the account knows what those cost that it does not see. */
static const char *choose_vector(const struct vcpu *v)
{
	const char *fast = NULL;

	if (likely(vcpu_fast_path && v->exits == v->mode->exits && !v->sbi_restricted))
		fast = v->mode->fast(v);
	return fast != NULL ? fast : vcpu_trap_vector;
}

/* With the trace on, the vector is one that has no light exits. */
static void use_exits(struct vcpu *v)
{
	exit_handler *const *light = v->account != NULL ? account_light : v->mode->light;

	memcpy(v->exit_table, v->exits, sizeof(v->exit_table));
	for (unsigned i = 0; i < LIGHT_COUNT; i++)
		v->light[i] = v->mode->light != NULL ? light[i] : NULL;
}

void vcpu_choose_exits_anew(struct vcpu *v)
{
	v->exits = trace_on() ? traced_exits : v->mode->exits;
	v->watched = v->accounted || v->exits != v->mode->exits;
	v->vector = choose_vector(v);
	trace_enter(v);
	if (unlikely(v->account != NULL))
		account_enter(v);
	if (unlikely(v->exit_table[0] != v->exits[0]))
		use_exits(v);
}
