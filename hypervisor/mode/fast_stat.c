/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the counters of the fast path stand for: cause, SBI call, CSR. Pure but for fast_insns.
 * SBI 2.0; <strata/abi.h>.
 */
#include <riscv/insn.h>
#include <sbi/sbi.h>
#include <strata/abi.h>
#include "lib/types.h"
#include "mode/fast.h"
#include "vsbi/vsbi.h"

_Static_assert(FAST_COUNT == STAT_FAST, "vcpu_stat.fast has another size");
_Static_assert(FAST_HW_CONSOLE == STAT_FAST_CONSOLE && FAST_DEP_CONSOLE == STAT_FAST_CONSOLE + 1,
	       "vm/conring.c looks elsewhere");
_Static_assert(FAST_BASE_COUNT == VSBI_BASE_CONSTANTS, "the fast path knows other constants");

/* mode/fast.S: instructions of each path. */
enum fast_path {
	PATH_HW_BASE, PATH_HW_IPI, PATH_HW_TIME, PATH_HW_IPI_OTHER, PATH_HW_CONSOLE,
	PATH_DEP_CONSOLE, PATH_DEP_BASE,
	PATH_PV_READ, PATH_PV_WRITE, PATH_CSR_READ, PATH_CSR_WRITE, PATH_CSR_SIE, PATH_COUNT
};
extern const uint64_t fast_insns[PATH_COUNT];

/* An SBI call (ext < 0: none), a CSR (0: none); eid and fid or funct3 name the account's line. */
struct fast_kind {
	enum fast_path path;
	uint64_t cause;
	int ext;
	unsigned fid, csr, funct3;
	uint32_t eid;
};

static struct fast_kind csr_instruction(unsigned place, uint64_t cause)
{
	bool write = place >= 4;

	if (place >= FAST_CSR_SIE)
		return (struct fast_kind){ .path = PATH_CSR_SIE,
					   .cause = cause,
					   .ext = -1,
					   .csr = CSR_SSTATUS,
					   .funct3 = FUNCT3_CSR_IMM | (place > FAST_CSR_SIE
									? FUNCT3_CSRRS
									: FUNCT3_CSRRC) };
	return (struct fast_kind){ .path = write ? PATH_CSR_WRITE : PATH_CSR_READ,
				   .cause = cause,
				   .ext = -1,
				   .csr = CSR_SSCRATCH + place % 4,
				   .funct3 = write ? FUNCT3_CSRRW : FUNCT3_CSRRS };
}

static struct fast_kind kind_of(unsigned place)
{
	if (place >= FAST_CSR_VIRTUAL)
		return csr_instruction(place - FAST_CSR_VIRTUAL, EXC_VIRTUAL_INST);
	if (place >= FAST_CSR_ILLEGAL)
		return csr_instruction(place - FAST_CSR_ILLEGAL, EXC_ILLEGAL_INST);
	if (place >= FAST_PV)
		return (struct fast_kind){ .path = place < FAST_PV + 4 ? PATH_PV_READ
								       : PATH_PV_WRITE,
					   .cause = EXC_ECALL_U, .ext = VSBI_STRATA,
					   .eid = STRATA_EID,
					   .fid = STRATA_FN_CSR_READ + (place - FAST_PV) / 4,
					   .csr = CSR_SSCRATCH + (place - FAST_PV) % 4 };
	if (place >= FAST_DEP_BASE)
		return (struct fast_kind){ .path = PATH_DEP_BASE, .cause = EXC_ECALL_U,
					   .ext = VSBI_BASE, .eid = SBI_EXT_BASE,
					   .fid = place - FAST_DEP_BASE };
	if (place == FAST_DEP_CONSOLE)
		return (struct fast_kind){ .path = PATH_DEP_CONSOLE, .cause = EXC_ECALL_U,
					   .ext = VSBI_DBCN, .eid = SBI_EXT_DBCN,
					   .fid = SBI_DBCN_WRITE_BYTE };
	if (place == FAST_HW_CONSOLE)
		return (struct fast_kind){ .path = PATH_HW_CONSOLE, .cause = EXC_ECALL_VS,
					   .ext = VSBI_DBCN, .eid = SBI_EXT_DBCN,
					   .fid = SBI_DBCN_WRITE_BYTE };
	if (place == FAST_HW_TIME)
		return (struct fast_kind){ .path = PATH_HW_TIME, .cause = EXC_ECALL_VS,
					   .ext = VSBI_TIME, .eid = SBI_EXT_TIME,
					   .fid = SBI_TIME_SET_TIMER };
	if (place == FAST_HW_IPI || place == FAST_HW_IPI_OTHER)
		return (struct fast_kind){ .path = place == FAST_HW_IPI ? PATH_HW_IPI
									: PATH_HW_IPI_OTHER,
					   .cause = EXC_ECALL_VS,
					   .ext = VSBI_IPI, .eid = SBI_EXT_IPI,
					   .fid = SBI_IPI_SEND_IPI };
	return (struct fast_kind){ .path = PATH_HW_BASE, .cause = EXC_ECALL_VS, .ext = VSBI_BASE,
				   .eid = SBI_EXT_BASE, .fid = place - FAST_HW_BASE };
}

static void light_fold(struct vcpu_stat *stat)
{
	stat->exceptions[EXC_LOAD_GUEST_FAULT] += stat->light_load;
	stat->exceptions[EXC_STORE_GUEST_FAULT] += stat->light_store;
	stat->mmio_read += stat->light_load;
	stat->mmio_write += stat->light_store;
	stat->light_load = stat->light_store = 0;
}

void fast_stat_fold(struct vcpu_stat *stat)
{
	light_fold(stat);
	for (unsigned i = 0; i < FAST_COUNT; i++) {
		struct fast_kind kind = kind_of(i);
		uint64_t times = stat->fast[i];

		stat->fast[i] = 0;
		stat->exceptions[kind.cause] += times;
		if (kind.ext >= 0)
			stat->ecall[kind.ext][kind.fid] += times;
		if (kind.csr != 0)
			stat->csr[stat_csr_slot(kind.csr)] += times;
	}
}

static uint64_t account_key(const struct fast_kind *kind)
{
	if (kind->ext >= 0)
		return account_key_call(kind->cause, kind->eid, kind->fid, kind->csr);
	return ACCOUNT_KEY(ACCOUNT_CSR, kind->cause, kind->funct3 << 12 | kind->csr);
}

void fast_account(struct account *account, const struct vcpu_stat *stat, uint64_t *seen)
{
	for (unsigned i = 0; i < FAST_COUNT; i++) {
		struct fast_kind kind = kind_of(i);
		uint64_t now = READ_ONCE(stat->fast[i]);
		int64_t times = (int64_t)(now - seen[i]);
		int64_t insns = times * (int64_t)fast_insns[kind.path];

		seen[i] = now;
		if (times == 0)
			continue;
		account_add(account_line(account, account_key(&kind)), times, insns);
		account_add(&account->lines[ACCOUNT_GUEST], 0, -insns);
	}
}
