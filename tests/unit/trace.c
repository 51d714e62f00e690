/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace ring, and its entries as text.
 * SOURCES: hypervisor/hart/trace.c hypervisor/monitor/trace_format.c
 * SOURCES: hypervisor/hart/cause.c hypervisor/emul/csr_name.c
 * SOURCES: hypervisor/vsbi/names.c hypervisor/emul/insn.c
 */
#include <riscv/csr.h>
#include <riscv/insn.h>
#include <sbi/sbi.h>
#include "hart/cause.h"
#include "hart/trace.h"
#include "monitor/trace_format.h"
#include "test.h"

static char line[400];

/* The text behind the first ": ": the reason, or what was done. */
static const char *reason(const struct trace_entry *entry)
{
	const char *colon;

	CHECK((size_t)trace_format(entry, 10000000, line, sizeof(line)) == strlen(line));
	colon = strstr(line, ": ");
	CHECK(colon != NULL);
	return colon + 2;
}

static struct trace_entry exit_entry(uint64_t cause, enum trace_level from)
{
	struct trace_entry entry = {
		.time_ticks = 12345678, .cause = cause,	      .pc = 0x80200004, .vcpu = 1,
		.hart = 2,		.kind = TRACE_EXIT,   .from = (uint8_t)from,
		.to = TRACE_LEVEL_HS,
	};

	strcpy(entry.vm, "te");
	return entry;
}

TEST("a line names time, hart, VM, vCPU, both levels, cause, sepc and stval")
{
	struct trace_entry entry = exit_entry(EXC_VIRTUAL_INST, TRACE_LEVEL_VU);

	entry.guest_from = TRACE_VIRTUAL_S;
	entry.tval = entry.insn = INSN_SRET;
	reason(&entry);
	CHECK_STR(line, "1.234567 h2 te/1 VU(S)->HS EXC_VIRTUAL_INST_FAULT sepc 0x80200004 stval "
			"0x10200073: SRET needs S, ran in VU");
}

TEST("a CSR of S-mode says that it needs S")
{
	struct trace_entry entry = exit_entry(EXC_ILLEGAL_INST, TRACE_LEVEL_VU);

	entry.insn = 0x140022f3; /* csrr t0, sscratch */
	CHECK_STR(reason(&entry), "csrrs t0,sscratch,zero: CSR sscratch needs S, ran in VU");
	entry.insn = 0x10017173; /* csrrci sp, sstatus, 2 */
	CHECK_STR(reason(&entry), "csrrci sp,sstatus,2: CSR sstatus needs S, ran in VU");
}

TEST("a CSR of the hypervisor or of M-mode says which level it needs")
{
	struct trace_entry entry = exit_entry(EXC_VIRTUAL_INST, TRACE_LEVEL_VS);

	entry.insn = CSR_HSTATUS << 20 | 0x2073;
	CHECK(strstr(reason(&entry), "CSR hstatus needs HS, ran in VS"));
	entry.insn = 0x30002073;
	CHECK(strstr(reason(&entry), "CSR 0x300 needs M, ran in VS"));
}

TEST("a counter says which enable bit is missing")
{
	struct trace_entry entry = exit_entry(EXC_VIRTUAL_INST, TRACE_LEVEL_VU);

	entry.insn = (uint32_t)CSR_TIME << 20 | 0x2573;
	CHECK(strstr(reason(&entry), "needs bit 1 of hcounteren and scounteren, ran in VU"));
}

TEST("SFENCE.VMA, WFI and MRET have their reasons")
{
	struct trace_entry entry = exit_entry(EXC_VIRTUAL_INST, TRACE_LEVEL_VU);

	entry.insn = 0x12000073;
	CHECK_STR(reason(&entry), "SFENCE.VMA needs S, ran in VU");
	entry.insn = INSN_WFI;
	CHECK(strstr(reason(&entry), "WFI"));
	entry.insn = INSN_MRET;
	CHECK_STR(reason(&entry), "MRET needs M, ran in VU");
	entry.insn = 0;
	CHECK_STR(reason(&entry), "the instruction is not known");
}

TEST("an ecall from VS is an SBI call with its name")
{
	struct trace_entry entry = exit_entry(EXC_ECALL_VS, TRACE_LEVEL_VS);

	entry.args[0] = SBI_EXT_TIME;
	entry.args[2] = 0x77;
	CHECK_STR(reason(&entry), "ecall from VS: SBI call TIME.set_timer(0x77, 0x0)");
	entry.args[0] = 0x12345;
	entry.args[1] = 6;
	CHECK_STR(reason(&entry), "ecall from VS: SBI call EID 0x12345 FID 0x6(0x77, 0x0)");
}

TEST("an ecall of a deprivileged guest's user is a system call of its kernel")
{
	struct trace_entry entry = exit_entry(EXC_ECALL_U, TRACE_LEVEL_VU);

	entry.guest_from = TRACE_VIRTUAL_U;
	entry.args[0] = 172;
	CHECK_STR(reason(&entry),
		  "ecall from VU, the guest's user: its kernel's system call 172");
}

TEST("a guest-page fault names the device and its register")
{
	struct trace_entry entry = exit_entry(EXC_LOAD_GUEST_FAULT, TRACE_LEVEL_VS);

	entry.gpa = 0x10000005;
	entry.device = "ns16550a";
	entry.offset = 5;
	CHECK_STR(reason(&entry),
		  "load: GPA 0x10000005 not mapped by the G-stage: ns16550a LSR");
	entry.cause = EXC_STORE_GUEST_FAULT;
	entry.offset = 0;
	CHECK(strstr(reason(&entry), "store: "));
	CHECK(strstr(line, "ns16550a THR"));
	entry.device = "plic";
	entry.offset = 0x201004;
	CHECK(strstr(reason(&entry), "plic context 1 complete"));
}

TEST("the way back says what was done")
{
	struct trace_entry entry = exit_entry(EXC_ILLEGAL_INST, TRACE_LEVEL_HS);

	entry.kind = TRACE_ENTRY;
	entry.to = TRACE_LEVEL_VU;
	entry.guest_to = TRACE_VIRTUAL_S;
	entry.insn = 0x140022f3;
	entry.done = TRACE_DONE_EMULATED;
	CHECK_STR(reason(&entry), "emulated the access to sscratch");
	CHECK(strstr(line, " HS->VU(S) pc 0x80200004: "));
	entry.done = TRACE_DONE_INJECTED;
	entry.args[0] = SCAUSE_INTERRUPT | IRQ_S_TIMER;
	CHECK(strstr(reason(&entry), "injected IRQ_S_TIMER into the guest"));
	entry.done = TRACE_DONE_SBI;
	entry.args[0] = SBI_EXT_HSM;
	entry.args[1] = SBI_HSM_HART_START;
	entry.args[2] = (uint64_t)SBI_ERR_INVALID_PARAM;
	CHECK_STR(reason(&entry), "answered HSM.hart_start: SBI_ERR_INVALID_PARAM, value 0x0");
}

TEST("a line that does not fit is cut short and terminated")
{
	struct trace_entry entry = exit_entry(EXC_LOAD_GUEST_FAULT, TRACE_LEVEL_VS);
	char whole[400], part[400];
	int length = trace_format(&entry, 10000000, whole, sizeof(whole));

	for (size_t size = 0; size <= (size_t)length + 1; size++) {
		memset(part, '#', sizeof(part));
		CHECK_EQ(trace_format(&entry, 10000000, part, size), length);
		CHECK_EQ(part[size], '#');
		if (size > 0) {
			CHECK_EQ(strlen(part), size - 1);
			CHECK(memcmp(part, whole, size - 1) == 0);
		}
	}
}

TEST("any entry can be printed")
{
	uint64_t seed = 11;

	for (int i = 0; i < 100000; i++) {
		struct trace_entry entry;
		uint64_t *word = (uint64_t *)&entry;

		for (size_t at = 0; at < sizeof(entry) / 8; at++)
			word[at] = test_random(&seed) >> (test_random(&seed) & 63);
		entry.device = i & 1 ? "ns16550a" : i & 2 ? "plic" : NULL;
		if (entry.done == TRACE_DONE_MMIO && entry.device == NULL)
			entry.device = "plic";
		entry.kind = (uint8_t)(i % 5);
		CHECK(trace_format(&entry, test_random(&seed) >> (i & 63), line, sizeof(line)) > 0);
	}
}

TEST("every cause has perf's name")
{
	CHECK_STR(cause_event_name(EXC_LOAD_GUEST_FAULT), "EXC_LOAD_GUEST_PAGE_FAULT");
	CHECK_STR(cause_event_name(SCAUSE_INTERRUPT | IRQ_VS_EXT), "IRQ_VS_EXT");
	CHECK_STR(cause_event_name(SCAUSE_INTERRUPT | 63), "EXC_UNKNOWN");
	CHECK_STR(cause_event_name(UINT64_MAX), "EXC_UNKNOWN");
	CHECK_STR(cause_event_name(24), "EXC_UNKNOWN");
}

TEST("a ring keeps the newest entries and overwrites the oldest")
{
	static struct trace_entry entries[4];
	struct trace_ring ring;
	struct trace_entry entry = { 0 };

	trace_ring_init(&ring, entries, 4);
	CHECK(!trace_ring_get(&ring, 0, &entry));
	for (uint64_t i = 0; i < 10; i++) {
		entry.pc = i;
		trace_ring_push(&ring, &entry);
	}
	/* Entry 6 stands in the slot that is written next: it may change under the reader. */
	CHECK(!trace_ring_get(&ring, 6, &entry));
	for (uint64_t i = 7; i < 10; i++) {
		CHECK(trace_ring_get(&ring, i, &entry));
		CHECK_EQ(entry.pc, i);
	}
	CHECK(!trace_ring_get(&ring, 10, &entry));
}

static unsigned heard;

static void listener(const struct trace_entry *entry)
{
	heard++;
	CHECK_EQ(entry->kind, TRACE_SBI);
}

TEST("the listener hears every entry, also without memory for the ring")
{
	trace_listener = listener;
	trace_sbi_record(3, 1, SBI_EXT_TIME, 0);
	trace_sbi_record(UINT16_MAX, 1, SBI_EXT_TIME, 0);
	trace_listener = NULL;
	CHECK_EQ(heard, 2);
}
