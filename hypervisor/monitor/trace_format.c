/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trace entry as one line of text, with the specification's reason. Pure.
 * RISC-V privileged specification, scause and "Hypervisor extension" (virtual instructions).
 */
#include <stdarg.h>
#include <riscv/csr.h>
#include <riscv/insn.h>
#include "emul/csr_name.h"
#include "emul/insn.h"
#include "hart/cause.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "monitor/trace_format.h"
#include "vsbi/names.h"

struct text {
	char *at;
	size_t size, length;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	size_t room = text->length < text->size ? text->size - text->length : 0;
	va_list args;

	va_start(args, format);
	text->length +=
		(size_t)vsnprintf(room ? text->at + text->length : NULL, room, format, args);
	va_end(args);
}

static const char *level_name(unsigned level)
{
	static const char *const names[TRACE_LEVEL_COUNT] = { "U", "VU", "VS", "HS", "M" };

	return level < TRACE_LEVEL_COUNT ? names[level] : "?";
}

/* "VU", or "VU(S)" where the guest believes to be in S. */
static void add_level(struct text *text, unsigned level, unsigned virtual)
{
	add(text, "%s%s", level_name(level),
	    virtual == TRACE_VIRTUAL_S ? "(S)" : virtual == TRACE_VIRTUAL_U ? "(U)" : "");
}

/* ---- Reasons ---- */

static void add_csr(struct text *text, unsigned csr)
{
	const char *name = csr_name(csr);

	if (name)
		add(text, "%s", name);
	else
		add(text, "0x%x", csr);
}

static const char *const reg_names[32] = {
	"zero", "ra", "sp", "gp", "tp",	 "t0",	"t1", "t2", "s0", "s1", "a0",
	"a1",	"a2", "a3", "a4", "a5",	 "a6",	"a7", "s2", "s3", "s4", "s5",
	"s6",	"s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};

/* The CSR instruction as assembly would write it. */
static void add_csr_insn(struct text *text, const struct insn *insn)
{
	static const char *const ops[] = { "csr?", "csrrw", "csrrs", "csrrc" };

	add(text, "%s%s %s,", ops[insn->csr_op & 3], insn->csr_imm ? "i" : "",
	    reg_names[insn->rd & 31]);
	add_csr(text, insn->csr);
	if (insn->csr_imm)
		add(text, ",%u: ", insn->rs1);
	else
		add(text, ",%s: ", reg_names[insn->rs1 & 31]);
}

static void add_csr_reason(struct text *text, const struct insn *insn, const char *from)
{
	static const char *const needs[] = { "U", "S", "HS", "M" };
	unsigned privilege = CSR_PRIV(insn->csr);

	add_csr_insn(text, insn);
	add(text, "CSR ");
	add_csr(text, insn->csr);
	if (privilege > 0 && (privilege > 1 || from[strlen(from) - 1] == 'U')) {
		add(text, " needs %s, ran in %s", needs[privilege], from);
	} else if (CSR_IS_READ_ONLY(insn->csr) && insn_csr_writes(insn)) {
		add(text, " is read-only");
	} else if (insn->csr >= CSR_CYCLE && insn->csr <= CSR_HPMCOUNTER31) {
		add(text, " needs bit %u of hcounteren%s, ran in %s", insn->csr - CSR_CYCLE,
		    from[strlen(from) - 1] == 'U' ? " and scounteren" : "", from);
	} else if (insn->csr == CSR_STIMECMP) {
		add(text, " needs henvcfg.STCE, ran in %s", from);
	} else {
		add(text, " does not exist or is denied by HS, ran in %s", from);
	}
}

static void add_insn_reason(struct text *text, const struct trace_entry *entry)
{
	struct insn insn = insn_decode(entry->insn);
	const char *from = level_name(entry->from);

	switch (insn.kind) {
	case INSN_KIND_CSR:
		add_csr_reason(text, &insn, from);
		break;
	case INSN_KIND_SRET:
		add(text, "SRET needs S, ran in %s", from);
		break;
	case INSN_KIND_MRET:
		add(text, "MRET needs M, ran in %s", from);
		break;
	case INSN_KIND_WFI:
		add(text, "WFI in %s may wait without bound: %s", from,
		    entry->from == TRACE_LEVEL_VS ? "hstatus.VTW is set" : "it needs S");
		break;
	case INSN_KIND_SFENCE_VMA:
	case INSN_KIND_SINVAL:
		add(text, "SFENCE.VMA needs S, ran in %s", from);
		break;
	case INSN_KIND_HYPERVISOR:
		add(text, "an instruction of the H extension needs HS, ran in %s", from);
		break;
	case INSN_KIND_CBO:
		add(text, "a cache block operation needs henvcfg and senvcfg, ran in %s", from);
		break;
	case INSN_KIND_FP_LOAD:
	case INSN_KIND_FP_STORE:
		add(text, "floating point needs sstatus.FS, ran in %s", from);
		break;
	default:
		add(text, entry->insn ? "no instruction of this hart, or one that is off (FS, VS)"
				      : "the instruction is not known");
		break;
	}
}

static void add_sbi(struct text *text, uint64_t eid, uint64_t fid)
{
	const char *ext = sbi_ext_name(eid), *function = sbi_function_name(eid, fid);

	if (ext)
		add(text, "%s", ext);
	else
		add(text, "EID 0x%lx", eid);
	if (function)
		add(text, ".%s", function);
	else
		add(text, " FID 0x%lx", fid);
}

static void add_ecall_reason(struct text *text, const struct trace_entry *entry)
{
	const char *from = level_name(entry->from);

	if (entry->guest_from == TRACE_VIRTUAL_U) {
		add(text, "ecall from %s, the guest's user: its kernel's system call %lu", from,
		    entry->args[0]);
		return;
	}
	add(text, "ecall from %s: SBI call ", from);
	add_sbi(text, entry->args[0], entry->args[1]);
	add(text, "(0x%lx, 0x%lx)", entry->args[2], entry->args[3]);
}

/* The register of an emulated device. */
static void add_device(struct text *text, const struct trace_entry *entry, bool store)
{
	static const char *const uart_loads[] = { "RBR", "IER", "IIR", "LCR",
						  "MCR", "LSR", "MSR", "SCR" };
	static const char *const uart_stores[] = { "THR", "IER", "FCR", "LCR",
						   "MCR", "LSR", "MSR", "SCR" };

	add(text, "%s ", entry->device);
	if (strcmp(entry->device, "ns16550a") == 0 && entry->offset < ARRAY_SIZE(uart_loads))
		add(text, "%s", (store ? uart_stores : uart_loads)[entry->offset]);
	else if (strcmp(entry->device, "plic") != 0)
		add(text, "offset 0x%lx", entry->offset);
	else if (entry->offset >= 0x200000)
		add(text, "context %lu %s", (entry->offset - 0x200000) / 0x1000,
		    entry->offset & 4 ? store ? "complete" : "claim" : "threshold");
	else if (entry->offset >= 0x2000)
		add(text, "enable of context %lu", (entry->offset - 0x2000) / 0x80);
	else
		add(text, entry->offset >= 0x1000 ? "pending" : "priority");
}

static bool is_store(uint64_t cause)
{
	return cause == EXC_STORE_GUEST_FAULT || cause == EXC_STORE_PAGE_FAULT ||
	       cause == EXC_STORE_ACCESS;
}

static void add_guest_fault_reason(struct text *text, const struct trace_entry *entry)
{
	add(text, "%s: GPA 0x%lx not mapped by the G-stage",
	    entry->cause == EXC_INST_GUEST_FAULT ? "fetch"
	    : is_store(entry->cause)		 ? "store"
						 : "load",
	    entry->gpa);
	if (entry->device) {
		add(text, ": ");
		add_device(text, entry, is_store(entry->cause));
	}
}

static void add_page_fault_reason(struct text *text, const struct trace_entry *entry)
{
	const char *access = entry->cause == EXC_INST_PAGE_FAULT ? "fetch"
			     : is_store(entry->cause)		  ? "store"
								  : "load";

	add(text, "%s at VA 0x%lx: no leaf that allows it in the %s", access, entry->tval,
	    entry->guest_from == TRACE_VIRTUAL_S ? "shadow tables" : "tables that are in use");
}

static void add_reason(struct text *text, const struct trace_entry *entry)
{
	if (entry->cause & SCAUSE_INTERRUPT) {
		add(text, "a host interrupt: HS's own, no guest can mask it");
		return;
	}
	switch (entry->cause) {
	case EXC_ILLEGAL_INST:
	case EXC_VIRTUAL_INST:
		add_insn_reason(text, entry);
		break;
	case EXC_ECALL_U:
	case EXC_ECALL_VS:
		add_ecall_reason(text, entry);
		break;
	case EXC_INST_GUEST_FAULT:
	case EXC_LOAD_GUEST_FAULT:
	case EXC_STORE_GUEST_FAULT:
		add_guest_fault_reason(text, entry);
		break;
	case EXC_INST_PAGE_FAULT:
	case EXC_LOAD_PAGE_FAULT:
	case EXC_STORE_PAGE_FAULT:
		add_page_fault_reason(text, entry);
		break;
	case EXC_BREAKPOINT:
		add(text, "EBREAK, not delegated to the guest");
		break;
	default:
		add(text, "not delegated to the guest");
		break;
	}
}

/* ---- What was done ---- */

static void add_injected(struct text *text, const struct trace_entry *entry)
{
	add(text, "injected %s into the guest: scause 0x%lx, stval 0x%lx, sepc 0x%lx",
	    cause_event_name(entry->args[0]), entry->args[0], entry->args[1], entry->args[2]);
}

static void add_answer(struct text *text, const struct trace_entry *entry)
{
	add(text, "answered ");
	add_sbi(text, entry->args[0], entry->args[1]);
	add(text, ": %s, value 0x%lx", sbi_error_name((int64_t)entry->args[2]), entry->args[3]);
}

static void add_emulated(struct text *text, const struct trace_entry *entry)
{
	struct insn insn = insn_decode(entry->insn);

	if (insn.kind == INSN_KIND_CSR) {
		add(text, "emulated the access to ");
		add_csr(text, insn.csr);
	} else {
		add(text, "emulated %s", insn_kind_name(insn.kind));
	}
}

static bool is_page_fault(uint64_t cause)
{
	return cause == EXC_INST_PAGE_FAULT || cause == EXC_LOAD_PAGE_FAULT ||
	       cause == EXC_STORE_PAGE_FAULT || cause == EXC_INST_GUEST_FAULT ||
	       cause == EXC_LOAD_GUEST_FAULT || cause == EXC_STORE_GUEST_FAULT;
}

static void add_done(struct text *text, const struct trace_entry *entry)
{
	switch (entry->done) {
	case TRACE_DONE_SCHEDULED:
		add(text, "put on the hart");
		break;
	case TRACE_DONE_EMULATED:
		add_emulated(text, entry);
		break;
	case TRACE_DONE_MMIO:
		add(text, "emulated the access to ");
		add_device(text, entry, is_store(entry->cause));
		break;
	case TRACE_DONE_SBI:
		add_answer(text, entry);
		break;
	case TRACE_DONE_INJECTED:
		add_injected(text, entry);
		break;
	case TRACE_DONE_RETRY:
		add(text, is_page_fault(entry->cause) ? "mapped the page: the access is tried again"
						      : "the instruction runs again");
		break;
	case TRACE_DONE_INTERRUPT:
		add(text, "%s is served by the run loop", cause_event_name(entry->cause));
		break;
	default:
		add(text, "back to the guest");
		break;
	}
}

/* ---- Lines ---- */

static void add_place(struct text *text, const struct trace_entry *entry, uint64_t timebase_hz)
{
	uint64_t hz = timebase_hz ? timebase_hz : 1;
	uint64_t seconds = entry->time_ticks / hz;
	/* In two steps, so that no product of 64 bits overflows. */
	uint64_t micros = entry->time_ticks % hz * 1000 / (hz >= 1000 ? hz / 1000 : 1);

	add(text, "%lu.%06lu h%u ", seconds, micros, entry->hart);
	if (entry->vm[0] != '\0')
		add(text, "%.*s/%u ", (int)sizeof(entry->vm), entry->vm, entry->vcpu);
	add_level(text, entry->from, entry->guest_from);
	add(text, "->");
	add_level(text, entry->to, entry->guest_to);
}

int trace_format(const struct trace_entry *entry, uint64_t timebase_hz, char *at, size_t size)
{
	struct text text = { .at = at, .size = size };

	if (size > 0)
		at[0] = '\0';
	add_place(&text, entry, timebase_hz);
	switch (entry->kind) {
	case TRACE_EXIT:
		add(&text, " %s sepc 0x%lx stval 0x%lx: ", cause_event_name(entry->cause),
		    entry->pc, entry->tval);
		add_reason(&text, entry);
		break;
	case TRACE_ENTRY:
		add(&text, " pc 0x%lx: ", entry->pc);
		add_done(&text, entry);
		break;
	case TRACE_LEAVE:
		add(&text, " pc 0x%lx: ", entry->pc);
		add_done(&text, entry);
		add(&text, entry->blocked ? "; the vCPU waits for an interrupt"
					  : "; on to the run loop");
		break;
	default:
		add(&text, " the hypervisor calls firmware: ");
		add_sbi(&text, entry->args[0], entry->args[1]);
		break;
	}
	return (int)text.length;
}
