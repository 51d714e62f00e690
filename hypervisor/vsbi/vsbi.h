/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SBI that a guest sees: one table, one file per extension.
 * RISC-V Supervisor Binary Interface Specification 3.0.
 */
#ifndef VSBI_VSBI_H
#define VSBI_VSBI_H

#include <riscv/insn.h>
#include <sbi/sbi.h>
#include "vm/vcpu.h"

/*
 * What BASE says of us. Numbers up to 11 are registered; ours spells "STR", as STRATA_EID does.
 * The version is major << 16 | minor.
 */
#define VSBI_IMPL_ID		0x535452
#define VSBI_IMPL_VERSION	0x00010000

/* The places of the extensions in the table, and in vcpu_stat.ecall. */
enum vsbi_index {
	VSBI_BASE,
	VSBI_TIME,
	VSBI_IPI,
	VSBI_STRATA,
	VSBI_RFENCE,
	VSBI_HSM,
	VSBI_DBCN,
	VSBI_SRST,
	VSBI_SUSP,
	VSBI_STA,
	VSBI_PMU,
	VSBI_FWFT,
	VSBI_LEGACY,
	VSBI_COUNT
};

struct vsbi_ext {
	uint32_t eid_first, eid_last;
	/* What probe_extension answers for the extension; NULL: 1. */
	uint64_t (*probe)(const struct vm *vm, uint64_t eid);
	/*
	 * One call by the vCPU v, which has passed the ecall already; args are its a0..a5. A call
	 * that blocks or stops it sets *next to VCPU_RESCHEDULE.
	 */
	struct sbi_ret (*handle)(struct vcpu *v, uint64_t fid, const uint64_t *args,
				 enum vcpu_next *next);
};

/* BASE functions below this one answer with a constant. */
#define VSBI_BASE_CONSTANTS	(SBI_BASE_GET_IMPL_VERSION + 1)
extern const uint32_t vsbi_base_constants[VSBI_BASE_CONSTANTS];

/* vsbi/base.c, time.c ... strata.c */
extern const struct vsbi_ext vsbi_base, vsbi_time, vsbi_ipi, vsbi_rfence, vsbi_hsm, vsbi_srst,
	vsbi_dbcn, vsbi_legacy, vsbi_strata, vsbi_susp, vsbi_sta, vsbi_pmu,
	vsbi_fwft;

/*
 * The SBI call that v makes with its registers: a7, a6, a0..a5; the answer goes to a0 and a1 (of a
 * legacy call: a0 alone). Called by the mode's exit handler on v's hart, no lock held; the caller
 * has stepped pc over the ecall. Return: VCPU_RESCHEDULE if the call stopped or blocked v.
 */
enum vcpu_next vsbi_call(struct vcpu *v);

/* The extension with this EID, its place in *index; NULL: vm has none. */
const struct vsbi_ext *vsbi_find(const struct vm *vm, uint64_t eid, unsigned *index);

/* Can a hart start there? Instructions are fetched from RAM alone, at even addresses. */
static inline bool vsbi_is_code(struct vm *vm, uint64_t pc)
{
	return pc % 2 == 0 && vm_is_ram(vm, GPA(pc), 2);
}

/*
 * What a handler answers if a0, a1 and pc are already as the guest shall find them. No answer of
 * the SBI's, and never a value that the guest has chosen.
 */
#define VSBI_UNANSWERED	INT64_MIN

static inline struct sbi_ret vsbi_error(int64_t error)
{
	return (struct sbi_ret){ .error = error, .value = 0 };
}

/*
 * The call cannot be carried out yet: the guest makes it again, and can be interrupted and
 * preempted in between.
 */
static inline struct sbi_ret vsbi_again(struct vcpu *v)
{
	v->pc -= INSN_ECALL_BYTES;
	return vsbi_error(VSBI_UNANSWERED);
}

static inline struct sbi_ret vsbi_value(uint64_t value)
{
	return (struct sbi_ret){ .error = SBI_SUCCESS, .value = value };
}

#endif
