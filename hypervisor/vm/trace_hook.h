/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the world switch tells the trace ring what happens. What was done about an exit is seen
 * from the guest's state after it, so no handler has to say it.
 */
#ifndef VM_TRACE_HOOK_H
#define VM_TRACE_HOOK_H

#include "hart/trace.h"
#include "vm/vcpu.h"

void trace_exit_record(struct vcpu *v, uint64_t scause);
void trace_done_record(struct vcpu *v, enum vcpu_next next);
void trace_enter_record(struct vcpu *v);
/* Only the VM with this id is traced; UINT32_MAX: all. */
void trace_filter(uint32_t vm_id);

/* Before an exit is handled: sepc, stval, sstatus still as the trap left them, v->pc set. */
static inline void trace_exit(struct vcpu *v, uint64_t scause)
{
	if (trace_on())
		trace_exit_record(v, scause);
}

/* After it, with what the handler returned. */
static inline void trace_done(struct vcpu *v, enum vcpu_next next)
{
	if (trace_on())
		trace_done_record(v, next);
}

/* Before vcpu_enter(), in the run loop, after mode->load(). */
static inline void trace_enter(struct vcpu *v)
{
	if (trace_on())
		trace_enter_record(v);
}

#endif
