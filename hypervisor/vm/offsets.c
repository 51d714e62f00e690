/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Offsets of the structures of this room that assembly uses; the Makefile makes <offsets.h> of it.
 */
#include "vm/conring.h"
#include "vm/sched_hart.h"

#define CONSTANT(name, value)	__asm__ volatile(".ascii \"->" #name " %0\"" : : "i"(value))
#define OFFSET(name, type, member)	CONSTANT(name, offsetof(type, member))

void vm_offsets(void);
void vm_offsets(void)
{
	OFFSET(VCPU_REGS, struct vcpu, regs);
	OFFSET(VCPU_PC, struct vcpu, pc);
	OFFSET(VCPU_HOST_SP, struct vcpu, host_sp);
	OFFSET(VCPU_HOST_TP, struct vcpu, host_tp);
	OFFSET(VCPU_LIGHT, struct vcpu, light);
	CONSTANT(VCPU_WHOLE, VCPU_WHOLE);
	OFFSET(VCPU_EXIT_TABLE, struct vcpu, exit_table);
	OFFSET(VCPU_VCSR_SIP, struct vcpu, vcsr.sip);
	OFFSET(VCPU_REQUESTS, struct vcpu, requests);
	OFFSET(VCPU_VECTOR, struct vcpu, vector);
	OFFSET(VCPU_CONSOLE_LIMIT, struct vcpu, console_limit);
	OFFSET(VCPU_CONSOLE_BYTES, struct vcpu, console_bytes);
	OFFSET(VCPU_SUPERVISOR, struct vcpu, supervisor);
	OFFSET(VCPU_VIRTUAL_CSRS, struct vcpu, virtual_csrs);
	OFFSET(VCPU_ACCOUNT, struct vcpu, account);
	OFFSET(SCHED_SLICE_END, struct sched_hart, runq.slice_end);
	OFFSET(VCPU_HARTID, struct vcpu, hartid);
	OFFSET(VCPU_VM, struct vcpu, vm);
	OFFSET(VCPU_IRQ_PENDING, struct vcpu, irq_pending);
	OFFSET(VCPU_HART, struct vcpu, hart);
	OFFSET(VCPU_RUNNING, struct vcpu, running);
	OFFSET(VCPU_STATE, struct vcpu, state);
	CONSTANT(VCPU_BLOCKED, VCPU_BLOCKED);
	OFFSET(VCPU_ASLEEP, struct vcpu, asleep);
	CONSTANT(VCPU_REQ_IRQ, VCPU_REQ_IRQ);
	OFFSET(VM_VCPUS, struct vm, vcpus);
	OFFSET(VM_VCPUS_DIRECT, struct vm, vcpus_direct);
	OFFSET(VCPU_VCSR_PAGE, struct vcpu, page);
	OFFSET(VCPU_FAST, struct vcpu, stat.fast);
	OFFSET(VCPU_INJECTED_SOFT, struct vcpu, stat.injected_interrupts[IRQ_S_SOFT]);
	OFFSET(VCPU_RECEIVED_IPI, struct vcpu, stat.received[STAT_IPI]);
	OFFSET(VCPU_EXCEPTIONS, struct vcpu, stat.exceptions);
	CONSTANT(CONRING_MASK, CONRING_BYTES - 1);
	OFFSET(FP_FCSR, struct fp_state, fcsr);
}
