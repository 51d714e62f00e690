/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many instructions M-mode retires: the account of <strata/firmware.h>.
 * Privileged specification, "Machine Counter/Timer" (minstret); SBI, "Vendor-Specific Extension".
 */
#include <sbi/riscv_asm.h>
#include <sbi/riscv_atomic.h>
#include <sbi/riscv_barrier.h>
#include <sbi/riscv_encoding.h>
#include <sbi/sbi_domain.h>
#include <sbi/sbi_ecall_interface.h>
#include <sbi/sbi_error.h>
#include <sbi/sbi_scratch.h>
#include <sbi/sbi_trap.h>
#include <strata/firmware.h>
#include "account.h"

struct sbi_trap_context *__real_sbi_trap_handler(struct sbi_trap_context *context);
struct sbi_trap_context *strata_account_trap(struct sbi_trap_context *context);

/* Harts that keep an account. trap_count.S looks whether there is one. */
int strata_accounts;

/* Where each hart has the pointer to its account, in its scratch space. */
static unsigned long account_offset;

int strata_account_init(void)
{
	account_offset = sbi_scratch_alloc_type_offset(struct strata_fw_account *);
	return account_offset ? 0 : SBI_ENOMEM;
}

static struct strata_fw_account **account_place(void)
{
	return sbi_scratch_thishart_offset_ptr(account_offset);
}

/* The change counts from the next trap on: this one began without, or ends without. */
int strata_account_set(unsigned long address)
{
	struct strata_fw_account **place = account_place();
	bool on = address != STRATA_FW_ACCOUNT_OFF;

	/* OpenSBI takes a range that wraps around for an empty one. */
	if (on && (address % sizeof(unsigned long) ||
		   address + sizeof(struct strata_fw_account) < address ||
		   !sbi_domain_check_addr_range(sbi_domain_thishart_ptr(), address,
						sizeof(struct strata_fw_account), PRV_S,
						SBI_DOMAIN_READ | SBI_DOMAIN_WRITE)))
		return SBI_ERR_INVALID_ADDRESS;
	if (on != !!*place)
		__atomic_fetch_add(&strata_accounts, on ? 1 : -1, __ATOMIC_RELAXED);
	*place = on ? (struct strata_fw_account *)address : NULL;
	return 0;
}

/*
 * In the place of OpenSBI's handler. What its entry and exit in assembly take, and what this takes,
 * is the same each time: who reads the account finds it out by a call that does nothing.
 */
struct sbi_trap_context *strata_account_trap(struct sbi_trap_context *context)
{
	unsigned long begin = csr_read(CSR_MINSTRET), end;
	struct strata_fw_account *account;

	context = __real_sbi_trap_handler(context);
	end = csr_read(CSR_MINSTRET);
	account = *account_place();
	if (account) {
		account->entries++;
		account->insns += end - begin;
	}
	return context;
}
