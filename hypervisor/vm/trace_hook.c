/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the world switch tells the trace ring what happens. Everything here is the slow path of a
 * trace that is on. RISC-V privileged specification, "Hypervisor extension" (traps).
 */
#include <riscv/insn.h>
#include "hart/hart.h"
#include "lib/string.h"
#include "vm/guestmem.h"
#include "vm/mode.h"
#include "vm/trace_hook.h"

#define ALL_VMS		UINT32_MAX
#define LOOK_BACK	16	/* entries between an exit and its end: firmware calls */

static uint32_t trace_vm_id = ALL_VMS;

void trace_filter(uint32_t vm_id)
{
	trace_vm_id = vm_id;
}

static bool trace_wanted(const struct vcpu *v)
{
	uint32_t id = READ_ONCE(trace_vm_id);

	return id == ALL_VMS || id == v->vm->id;
}

static uint8_t virtual_level(const struct vcpu *v)
{
	if (!v->mode->deprivileged)
		return TRACE_VIRTUAL_NONE;
	return v->supervisor ? TRACE_VIRTUAL_S : TRACE_VIRTUAL_U;
}

static struct trace_entry trace_begin(const struct vcpu *v, enum trace_kind kind)
{
	struct trace_entry entry = {
		.time_ticks = time_now(),
		.pc = v->pc,
		.hart = (uint16_t)this_hart()->index,
		.vm_id = (uint16_t)v->vm->id,
		.vcpu = (uint16_t)v->index,
		.kind = (uint8_t)kind,
	};

	strlcpy(entry.vm, v->vm->config.name, sizeof(entry.vm));
	return entry;
}

/* ---- Exits ---- */

static void exit_address(struct vcpu *v, struct trace_entry *entry)
{
	struct vdev *dev;

	entry->gpa = csr_read(CSR_HTVAL) << 2 | (entry->tval & 3);
	dev = vm_find_device(v->vm, GPA(entry->gpa), 1);
	if (dev != NULL) {
		entry->device = dev->ops->name;
		entry->offset = entry->gpa - dev->gpa;
	}
}

static void exit_instruction(struct vcpu *v, struct trace_entry *entry)
{
	/* stval need not hold the instruction. */
	if (entry->tval != 0)
		entry->insn = (uint32_t)entry->tval;
	else if (!vcpu_fetch_insn(v, &entry->insn))
		entry->insn = 0;
}

void trace_exit_record(struct vcpu *v, uint64_t scause)
{
	struct trace_entry entry;

	if (!trace_wanted(v))
		return;
	entry = trace_begin(v, TRACE_EXIT);
	entry.cause = scause;
	entry.tval = csr_read(CSR_STVAL);
	entry.from = (uint8_t)v->mode->level(v);
	entry.to = TRACE_LEVEL_HS;
	entry.guest_from = virtual_level(v);
	switch (scause) {
	case EXC_INST_GUEST_FAULT:
	case EXC_LOAD_GUEST_FAULT:
	case EXC_STORE_GUEST_FAULT:
		exit_address(v, &entry);
		break;
	case EXC_ILLEGAL_INST:
	case EXC_VIRTUAL_INST:
		exit_instruction(v, &entry);
		break;
	case EXC_ECALL_U:
	case EXC_ECALL_VS:
		entry.args[0] = v->regs[REG_A7];
		entry.args[1] = v->regs[REG_A6];
		entry.args[2] = v->regs[REG_A0];
		entry.args[3] = v->regs[REG_A1];
		break;
	default:
		break;
	}
	trace_record(&entry);
}

/* ---- What was done, seen from the state after it ---- */

/* The exit that is ending now; false: it came before the trace was on, or has been overwritten. */
static bool find_exit(const struct vcpu *v, struct trace_entry *entry)
{
	const struct trace_ring *ring = trace_ring(this_hart()->index);
	uint64_t written = ring ? ring->written : 0;

	for (uint64_t back = 1; back <= MIN(written, (uint64_t)LOOK_BACK); back++) {
		if (!trace_ring_get(ring, written - back, entry))
			return false;
		if (entry->kind == TRACE_SBI)
			continue;
		return entry->kind == TRACE_EXIT && entry->vm_id == v->vm->id &&
		       entry->vcpu == v->index;
	}
	return false;
}

/* Is v at the entry of its trap handler? Then its CSRs say what was injected. */
static bool is_at_vector(const struct vcpu *v, struct trace_entry *entry)
{
	const struct strata_vcpu_page *page = v->vcsr.page;
	uint64_t vector, cause, tval, epc, code;

	if (v->mode->deprivileged) {
		vector = page->stvec;
		cause = page->scause;
		tval = page->stval;
		epc = page->sepc;
		if (v->pc != 0 && (v->pc == v->trap_entry_u || v->pc == v->trap_entry_s))
			vector = v->pc;
	} else {
		vector = csr_read(CSR_VSTVEC);
		cause = csr_read(CSR_VSCAUSE);
		tval = csr_read(CSR_VSTVAL);
		epc = csr_read(CSR_VSEPC);
	}
	code = cause & SCAUSE_INTERRUPT && vector & STVEC_MODE_VECTORED ? cause & 63 : 0;
	if (v->pc != (vector & ~STVEC_MODE_MASK) + 4 * code)
		return false;
	entry->args[0] = cause;
	entry->args[1] = tval;
	entry->args[2] = epc;
	return true;
}

static bool is_sbi_call(const struct trace_entry *exit)
{
	return exit->cause == EXC_ECALL_VS ||
	       (exit->cause == EXC_ECALL_U && exit->guest_from == TRACE_VIRTUAL_S);
}

static enum trace_done what_was_done(const struct vcpu *v, const struct trace_entry *exit,
				     struct trace_entry *entry)
{
	uint64_t step = v->pc - exit->pc;

	if (exit->insn != INSN_SRET && step != 0 && is_at_vector(v, entry))
		return TRACE_DONE_INJECTED;
	if (exit->cause & SCAUSE_INTERRUPT)
		return TRACE_DONE_INTERRUPT;
	if (is_sbi_call(exit)) {
		entry->args[0] = exit->args[0];
		entry->args[1] = exit->args[1];
		entry->args[2] = v->regs[REG_A0];
		entry->args[3] = v->regs[REG_A1];
		return TRACE_DONE_SBI;
	}
	if (step == 0)
		return TRACE_DONE_RETRY;
	return exit->device ? TRACE_DONE_MMIO : TRACE_DONE_EMULATED;
}

void trace_done_record(struct vcpu *v, enum vcpu_next next)
{
	struct trace_entry entry, exit;

	if (!trace_wanted(v))
		return;
	entry = trace_begin(v, next == VCPU_RESUME ? TRACE_ENTRY : TRACE_LEAVE);
	entry.from = TRACE_LEVEL_HS;
	entry.to = next == VCPU_RESUME ? (uint8_t)v->mode->level(v) : TRACE_LEVEL_HS;
	entry.guest_to = next == VCPU_RESUME ? virtual_level(v) : TRACE_VIRTUAL_NONE;
	if (find_exit(v, &exit)) {
		entry.cause = exit.cause;
		entry.insn = exit.insn;
		entry.device = exit.device;
		entry.offset = exit.offset;
		entry.done = (uint8_t)what_was_done(v, &exit, &entry);
	}
	entry.blocked = next != VCPU_RESUME && v->state == VCPU_BLOCKED;
	trace_record(&entry);
}

void trace_enter_record(struct vcpu *v)
{
	struct trace_entry entry;

	if (!trace_wanted(v))
		return;
	entry = trace_begin(v, TRACE_ENTRY);
	entry.from = TRACE_LEVEL_HS;
	entry.to = (uint8_t)v->mode->level(v);
	entry.guest_to = virtual_level(v);
	entry.done = TRACE_DONE_SCHEDULED;
	trace_record(&entry);
}
