/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a vCPU's instructions go: lines, windows and names. docs/abi.md, STRATA_FN_ACCOUNT.
 * SOURCES: hypervisor/vm/account.c hypervisor/vsbi/account_name.c hypervisor/vsbi/names.c
 * SOURCES: hypervisor/hart/cause.c hypervisor/emul/csr_name.c hypervisor/emul/insn.c
 */
#include <riscv/csr.h>
#include <riscv/insn.h>
#include <sbi/sbi.h>
#include "emul/insn.h"
#include "test.h"
#include "vm/vm.h"
#include "vsbi/account_name.h"

static struct account account;
static struct vdev_ops uart_ops = { .name = "ns16550a" };
static struct vdev uart = { .ops = &uart_ops, .gpa = 0x10000000, .size = 0x100 };
static struct vm vm;

struct vdev *vm_find_device(struct vm *machine, gpa_t gpa, unsigned size)
{
	CHECK(machine == &vm);
	return gpa.v - uart.gpa < uart.size && size == 1 ? &uart : NULL;
}

static const char *name(uint64_t key)
{
	static char text[STRATA_ACCOUNT_NAME_SIZE];

	account_name(key, &vm, text, sizeof(text));
	return text;
}

static struct account_line *line(uint64_t detail)
{
	return account_line(&account, ACCOUNT_KEY(ACCOUNT_SBI, EXC_ECALL_VS, detail));
}

TEST("exits with the same key share a line, others have lines of their own")
{
	account_init(&account);
	for (uint64_t i = 0; i < 200; i++)
		account_add(line(i), 1, (int64_t)i);
	CHECK_EQ(account.used, ACCOUNT_SPECIALS + 200);
	for (uint64_t i = 0; i < 200; i++) {
		CHECK_EQ(line(i)->key, ACCOUNT_KEY(ACCOUNT_SBI, EXC_ECALL_VS, i));
		CHECK_EQ(line(i)->now.insns, (int64_t)i);
	}
	CHECK_EQ(account.used, ACCOUNT_SPECIALS + 200);
}

TEST("what finds no line any more is counted as other")
{
	account_init(&account);
	for (uint64_t i = 0; i < 100000; i++)
		account_add(line(i * 0x10001), 1, 3);
	CHECK_EQ(account.used, ACCOUNT_LINES);
	CHECK_EQ(account.lines[ACCOUNT_OTHER].now.exits,
		 100000 - (ACCOUNT_LINES - ACCOUNT_SPECIALS));
}

TEST("windows are added and subtracted; what happens between them is not theirs")
{
	account_init(&account);
	account_add(line(1), 7, 700);
	account_begin(&account, 1);
	account_add(line(1), 1, 50);
	account_add(line(2), 1, 8);
	account_end(&account);
	account_add(line(1), 1, 1000);
	account_begin(&account, -1);
	account_add(line(1), 1, 20);
	account_end(&account);
	account_end(&account);
	CHECK_EQ(line(1)->sum.insns, 30);
	CHECK_EQ(line(1)->sum.exits, 0);
	CHECK_EQ(line(2)->sum.insns, 8);
	CHECK_EQ(line(2)->sum.exits, 1);
	account_reset(&account);
	CHECK_EQ(line(1)->sum.insns, 0);
	account_end(&account);
	CHECK_EQ(line(1)->sum.insns, 0);
}

TEST("a reset closes the window that is open")
{
	account_init(&account);
	account_begin(&account, 1);
	account_add(line(1), 1, 50);
	account_reset(&account);
	account_end(&account);
	CHECK_EQ(line(1)->sum.insns, 0);
}

TEST("a trapped instruction is told by its cause, its operation and its CSR")
{
	uint32_t csrr = CSR_SSCRATCH << 20 | FUNCT3_CSRRS << 12 | 5 << 7 | OPCODE_SYSTEM;
	uint32_t csrci = CSR_SSTATUS << 20 | 2 << 15 | (FUNCT3_CSR_IMM | FUNCT3_CSRRC) << 12 |
			 OPCODE_SYSTEM;

	CHECK_STR(name(account_key_insn(EXC_ILLEGAL_INST, csrr)),
		  "EXC_INST_ILLEGAL csrrs sscratch");
	CHECK_STR(name(account_key_insn(EXC_VIRTUAL_INST, csrci)),
		  "EXC_VIRTUAL_INST_FAULT csrrci sstatus");
	CHECK_STR(name(account_key_insn(EXC_ILLEGAL_INST, INSN_CSRW(0x5ff))),
		  "EXC_INST_ILLEGAL csrrw other");
	CHECK_STR(name(account_key_insn(EXC_ILLEGAL_INST, INSN_SRET)), "EXC_INST_ILLEGAL sret");
	CHECK_STR(name(account_key_insn(EXC_ILLEGAL_INST, INSN_SFENCE_VMA)),
		  "EXC_INST_ILLEGAL sfence.vma");
	CHECK_STR(name(account_key_insn(EXC_VIRTUAL_INST, INSN_WFI)), "EXC_VIRTUAL_INST_FAULT wfi");
	CHECK_STR(name(account_key_insn(EXC_ILLEGAL_INST, 0)), "EXC_INST_ILLEGAL other");
}

TEST("a call is told by its extension and function, a CSR call by the CSR")
{
	CHECK_STR(name(account_key_call(EXC_ECALL_VS, SBI_EXT_TIME, SBI_TIME_SET_TIMER, 9)),
		  "EXC_SUPERVISOR_SYSCALL TIME.set_timer");
	CHECK_STR(name(account_key_call(EXC_ECALL_U, STRATA_EID, STRATA_FN_IRET, 9)),
		  "EXC_SYSCALL STRATA.iret");
	CHECK_STR(name(account_key_call(EXC_ECALL_U, STRATA_EID, STRATA_FN_CSR_CLEAR, CSR_SSTATUS)),
		  "EXC_SYSCALL STRATA.csr_clear sstatus");
	CHECK_STR(name(account_key_call(EXC_ECALL_U, STRATA_EID, STRATA_FN_CSR_READ, UINT64_MAX)),
		  "EXC_SYSCALL STRATA.csr_read other");
	CHECK_STR(name(account_key_call(EXC_ECALL_VS, SBI_EXT_TIME, UINT64_MAX, 0)),
		  "EXC_SUPERVISOR_SYSCALL TIME.unknown");
	CHECK_STR(name(account_key_call(EXC_ECALL_VS, UINT64_MAX, UINT64_MAX, 0)),
		  "EXC_SUPERVISOR_SYSCALL unknown");
}

TEST("faults are told by the device, interrupts by their number")
{
	CHECK_STR(name(ACCOUNT_KEY(ACCOUNT_DEVICE, EXC_LOAD_GUEST_FAULT, 0x10000)),
		  "EXC_LOAD_GUEST_PAGE_FAULT ns16550a");
	CHECK_STR(name(ACCOUNT_KEY(ACCOUNT_DEVICE, EXC_STORE_GUEST_FAULT, 0x20000)),
		  "EXC_STORE_GUEST_PAGE_FAULT device");
	CHECK_STR(name(ACCOUNT_KEY(ACCOUNT_FILL, EXC_STORE_PAGE_FAULT, 0)),
		  "EXC_STORE_PAGE_FAULT shadow fill");
	CHECK_STR(name(ACCOUNT_KEY(ACCOUNT_INJECT, EXC_ECALL_U, 0)), "EXC_SYSCALL inject");
	CHECK_STR(name(ACCOUNT_KEY(ACCOUNT_CAUSE, SCAUSE_INTERRUPT | IRQ_S_TIMER, 0)),
		  "IRQ_S_TIMER");
}

TEST("no name is longer than its field")
{
	uint64_t seed = 5;

	for (int i = 0; i < 100000; i++) {
		char text[STRATA_ACCOUNT_NAME_SIZE];

		memset(text, 'x', sizeof(text));
		account_name(test_random(&seed) >> (test_random(&seed) & 63), &vm, text,
			     sizeof(text));
		CHECK(memchr(text, 0, sizeof(text)) != NULL);
	}
}

TEST("the lines of guest, firmware and run loop are there from the beginning, with their names")
{
	struct strata_account_entry entry;

	account_init(&account);
	account.firmware = true;
	account_entry(&account, &vm, ACCOUNT_GUEST, &entry);
	CHECK_STR(entry.name, "guest");
	account_entry(&account, &vm, ACCOUNT_FIRMWARE, &entry);
	CHECK_STR(entry.name, "firmware");
	account_entry(&account, &vm, ACCOUNT_SCHEDULE, &entry);
	CHECK_STR(entry.name, "schedule");
	account.firmware = false;
	account_entry(&account, &vm, ACCOUNT_FIRMWARE, &entry);
	CHECK_STR(entry.name, "");
}
