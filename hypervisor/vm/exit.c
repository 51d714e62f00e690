/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every exit of every guest passes here: counted, shown to the trace, handled by the mode.
 * Privileged specification, "Supervisor Cause Register" and hypervisor "Traps".
 */
#include "vm/mode.h"
#include "vm/trace_hook.h"
#include "vm/vcpu.h"

/* Interrupts are the run loop's: it looks at what is pending, and at whose turn it is. */
static enum vcpu_next exit_interrupt(struct vcpu *v, uint64_t number)
{
	v->stat.interrupts[number & 15]++;
	return VCPU_RESCHEDULE;
}

__attribute__((section(".text.hot"))) enum vcpu_next vcpu_exit(struct vcpu *v, uint64_t scause)
{
	enum vcpu_next next;

	trace_exit(v, scause);
	if (unlikely(scause >= EXC_COUNT)) {
		next = exit_interrupt(v, scause);
	} else {
		v->stat.exceptions[scause]++;
		next = v->exits[scause](v);
	}
	if (unlikely(v->requests != 0))
		next = vcpu_take_requests(v) | next;
	trace_done(v, next);
	return next;
}
