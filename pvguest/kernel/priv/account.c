/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where instructions go. The hypervisor keeps the account of what runs under it; natively there are
 * the kernel and its programs, and M-mode, which Strata's firmware counts in memory of ours.
 * docs/abi.md, STRATA_FN_ACCOUNT; sbi/include/strata/firmware.h.
 */
#include "priv/account.h"

#include <riscv/csr.h>
#include <strata/firmware.h>

#include "drv/sbi.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "priv/priv.h"

static enum {
	ACCOUNT_NOBODY,
	ACCOUNT_HYPERVISOR,
	ACCOUNT_NATIVE,		/* without M-mode's part */
	ACCOUNT_FIRMWARE,	/* with it */
} account_kept;

/* Written by M-mode at any time. */
static volatile struct strata_fw_account account_told;
/* Instructions of a trap to M-mode beyond what it counts, and of the counting thereof. */
static int64_t account_trap, account_trap_own;

struct account_stamp {
	int64_t insns, entries, handling;
};

static struct {
	struct account_stamp begin;
	int sign;
	int64_t guest, firmware, entries;
} account_window;

/* Instructions of M-mode in a call that does nothing. */
static int64_t account_call_insns(void)
{
	register uint64_t a0 __asm__("a0") = 0;
	register uint64_t a1 __asm__("a1");
	register uint64_t a6 __asm__("a6") = SBI_BASE_GET_SPEC_VERSION;
	register uint64_t a7 __asm__("a7") = SBI_EXT_BASE;
	uint64_t begin, end;

	/* volatile: for its effect. The first reading and the ecall are the two of our own. */
	__asm__ volatile("csrr %[begin], instret\n\tecall\n\tcsrr %[end], instret"
			 : [begin] "=&r"(begin), [end] "=&r"(end), "+r"(a0), "=r"(a1)
			 : "r"(a6), "r"(a7)
			 : "memory");
	return (int64_t)(end - begin) - 2;
}

/* Have the firmware count, and compare what a call costs before and after. */
static bool account_start_firmware(void)
{
	struct sbi_ret ret = sbi_call(STRATA_FW_EID, STRATA_FW_FN_MAGIC, 0, 0, 0);
	int64_t plain, counted, before;

	if (ret.error || ret.value != STRATA_FW_MAGIC)
		return false;
	account_call_insns();
	plain = account_call_insns();
	ret = sbi_call(STRATA_FW_EID, STRATA_FW_FN_ACCOUNT,
		       virt_to_phys((const void *)(uintptr_t)&account_told), 0, 0);
	if (ret.error)
		return false;
	account_call_insns();
	before = (int64_t)account_told.insns;
	counted = account_call_insns();
	account_trap = counted - ((int64_t)account_told.insns - before);
	account_trap_own = counted - plain;
	return true;
}

void account_init(bool wanted)
{
	if (!wanted)
		return;
	if (!priv_has_strata)
		account_kept = account_start_firmware() ? ACCOUNT_FIRMWARE : ACCOUNT_NATIVE;
	else if (!sbi_call(STRATA_EID, STRATA_FN_ACCOUNT, STRATA_ACCOUNT_RESET, 0, 0).error)
		account_kept = ACCOUNT_HYPERVISOR;
}

bool account_is_on(void)
{
	return account_kept != ACCOUNT_NOBODY;
}

/* ---- Natively ---- */

static struct account_stamp account_now(void)
{
	return (struct account_stamp){
		.insns = (int64_t)csr_read(CSR_INSTRET),
		.entries = (int64_t)account_told.entries,
		.handling = (int64_t)account_told.insns,
	};
}

static void account_native_end(void)
{
	struct account_stamp now = account_now(), *begin = &account_window.begin;
	int64_t entries = now.entries - begin->entries;
	int64_t firmware = now.handling - begin->handling + entries * account_trap;

	account_window.guest += account_window.sign * (now.insns - begin->insns - firmware);
	account_window.firmware += account_window.sign * (firmware - entries * account_trap_own);
	account_window.entries += account_window.sign * entries;
	account_window.sign = 0;
}

static void account_native(enum account_command command)
{
	switch (command) {
	case ACCOUNT_RESET:
		account_window.guest = account_window.firmware = account_window.entries = 0;
		account_window.sign = 0;
		break;
	case ACCOUNT_ADD:
	case ACCOUNT_SUBTRACT:
		account_window.sign = command == ACCOUNT_ADD ? 1 : -1;
		account_window.begin = account_now();
		break;
	default:
		account_native_end();
		break;
	}
}

void account_command(enum account_command command)
{
	if (account_kept == ACCOUNT_HYPERVISOR)
		sbi_call(STRATA_EID, STRATA_FN_ACCOUNT, command, 0, 0);
	else if (account_kept != ACCOUNT_NOBODY)
		account_native(command);
}

/* ---- As text ---- */

/* Line number index; false: there is no such line. */
static bool account_read(size_t index, struct strata_account_entry *entry)
{
	static struct strata_account_entry shared;

	if (account_kept == ACCOUNT_HYPERVISOR) {
		if (sbi_call(STRATA_EID, STRATA_FN_ACCOUNT, STRATA_ACCOUNT_READ,
			     virt_to_phys(&shared), index).error)
			return false;
		*entry = shared;
		return true;
	}
	if (index == 0)
		*entry = (struct strata_account_entry){ .name = "guest",
							.insns = account_window.guest };
	else
		*entry = (struct strata_account_entry){ .name = "firmware",
							.exits = account_window.entries,
							.insns = account_window.firmware };
	return index < (account_kept == ACCOUNT_FIRMWARE ? 2 : 1);
}

/* One object of the members that are not 0; what does not fit shows by the length. */
static size_t account_object(char *text, size_t size, bool exits)
{
	struct strata_account_entry entry;
	const char *comma = "";
	size_t length = 0;

	for (size_t i = 0; account_read(i, &entry); i++) {
		int64_t value = exits ? entry.exits : entry.insns;

		/* That M-mode did nothing is news, too. */
		if (entry.name[0] == '\0' || (entry.insns == 0 && entry.exits == 0 &&
					      strcmp(entry.name, "firmware") != 0))
			continue;
		length += (size_t)printf_format(text + MIN(length, size), size - MIN(length, size),
						"%s\"%s\":%ld", comma, entry.name, value);
		comma = ",";
	}
	return length;
}

size_t account_format(char *text, size_t size)
{
	size_t length;

	if (!account_is_on() || size < sizeof("\"parts\":{},\"exits\":{}"))
		return 0;
	length = (size_t)printf_format(text, size, "\"parts\":{");
	length += account_object(text + length, size - length, false);
	if (length >= size)
		return 0;
	length += (size_t)printf_format(text + length, size - length, "},\"exits\":{");
	if (length >= size)
		return 0;
	length += account_object(text + length, size - length, true);
	if (length >= size)
		return 0;
	length += (size_t)printf_format(text + length, size - length, "}");
	return length < size ? length : 0;
}
