/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Strata adds to OpenSBI's generic platform: illegal instructions go straight to (H)S-mode on
 * every hart, entries to M-mode are counted, and one vendor call reads the counts.
 * Privileged specification, "Machine Trap Delegation Registers"; SBI, "Vendor-Specific Extension".
 */
#include <platform_override.h>
#include <sbi/riscv_asm.h>
#include <sbi/riscv_encoding.h>
#include <sbi/sbi_console.h>
#include <sbi/sbi_ecall_interface.h>
#include <sbi/sbi_error.h>
#include <sbi/sbi_hart.h>
#include <sbi/sbi_hsm.h>
#include <sbi/sbi_scratch.h>
#include <sbi_utils/fdt/fdt_helper.h>
#include <strata/firmware.h>
#include "account.h"
#include "trap_count.h"

/* trap_count.S finds a hart's counters by it; the same for all harts, set once by the boot hart. */
unsigned long strata_counts_offset;

void strata_trap_entry(void);
void strata_trap_entry_hyp(void);

/* Puts the counting entry in front of OpenSBI's, on the calling hart. */
static void strata_install_entry(void)
{
	csr_write(CSR_MTVEC, misa_extension('H') ? (unsigned long)strata_trap_entry_hyp
						 : (unsigned long)strata_trap_entry);
}

/*
 * A hart that wakes from a non-retentive suspend comes by the warm boot entry, which sets OpenSBI's
 * own trap vector and does not call final_init. (medeleg OpenSBI saves and restores by itself.)
 */
static const struct sbi_hsm_device strata_hsm = {
	.name = "strata",
	.hart_resume = strata_install_entry,
};

/*
 * Runs on every hart, at power-on and at each HSM start, before the hart enters S-mode.
 *
 * Bit 2 of medeleg is all it takes: stock OpenSBI keeps illegal instructions to itself, emulates
 * the few it knows (time CSRs, which QEMU's harts have) and redirects the rest, at 430-490
 * instructions each. Delegated they cost what any trap costs, and HS decides.
 */
static int strata_final_init(bool cold_boot, void *fdt, const struct fdt_match *match)
{
	if (cold_boot) {
		strata_counts_offset = sbi_scratch_alloc_offset(STRATA_COUNT_SIZE);
		if (!strata_counts_offset)
			return SBI_ENOMEM;
		if (strata_account_init())
			return SBI_ENOMEM;
		sbi_hsm_set_device(&strata_hsm);
	}
	/* Whoever had the hart before has no say in this one's memory. */
	strata_account_set(STRATA_FW_ACCOUNT_OFF);
	csr_set(CSR_MEDELEG, 1UL << CAUSE_ILLEGAL_INSTRUCTION);
	strata_install_entry();
	return 0;
}

/* Entries of this hart for @cause as strata/firmware.h numbers them; false: no such cause. */
static bool strata_entries(unsigned long cause, unsigned long *entries)
{
	const unsigned long *slot = sbi_scratch_thishart_offset_ptr(strata_counts_offset);
	unsigned long i, sum = 0;

	if (cause == STRATA_FW_ALL) {
		for (i = 0; i < STRATA_COUNT_SLOTS; i++)
			sum += slot[i];
		*entries = sum;
		return true;
	}
	i = cause & ~(unsigned long)STRATA_FW_INTERRUPT;
	if (i >= STRATA_COUNT_CAUSES)
		return false;
	*entries = slot[cause & STRATA_FW_INTERRUPT ? STRATA_COUNT_CAUSES + i : i];
	return true;
}

/* The vendor call, from S-mode. The call is an entry by ecall itself and counted when it reads. */
static int strata_vendor_ext(long funcid, struct sbi_trap_regs *regs, struct sbi_ecall_return *out,
			     const struct fdt_match *match)
{
	unsigned long value = 0;

	switch (funcid) {
	case STRATA_FW_FN_ENTRIES:
		if (!strata_entries(regs->a0, &value))
			return SBI_EINVAL;
		break;
	case STRATA_FW_FN_MAGIC:
		value = STRATA_FW_MAGIC;
		break;
	case STRATA_FW_FN_ACCOUNT:
		return strata_account_set(regs->a0);
	default:
		return SBI_ENOTSUPP;
	}
	out->value = value;
	return 0;
}

static const struct fdt_match strata_match[] = {
	{ .compatible = "riscv-virtio" },
	{ },
};

static const struct platform_override strata = {
	.match_table = strata_match,
	.final_init = strata_final_init,
	.vendor_ext_provider = strata_vendor_ext,
};

/* The generic platform looks for its overrides here; OpenSBI generates this from a list. */
const struct platform_override *const platform_override_modules[] = { &strata, NULL };
