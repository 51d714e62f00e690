/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's SBI: which extension answers a call, and its counter.
 * RISC-V Supervisor Binary Interface Specification 3.0, chapter 3 (binary encoding).
 */
#include <riscv/csr.h>
#include "lib/types.h"
#include "vsbi/hartmask.h"
#include "vsbi/vsbi.h"

/* In the order of enum vsbi_index: the frequent ones first. */
static const struct vsbi_ext *const vsbi_table[VSBI_COUNT] = {
	[VSBI_BASE] = &vsbi_base,     [VSBI_TIME] = &vsbi_time, [VSBI_IPI] = &vsbi_ipi,
	[VSBI_STRATA] = &vsbi_strata, [VSBI_RFENCE] = &vsbi_rfence, [VSBI_HSM] = &vsbi_hsm,
	[VSBI_DBCN] = &vsbi_dbcn,     [VSBI_SRST] = &vsbi_srst, [VSBI_SUSP] = &vsbi_susp,
	[VSBI_STA] = &vsbi_sta,	      [VSBI_PMU] = &vsbi_pmu,
	[VSBI_FWFT] = &vsbi_fwft,     [VSBI_LEGACY] = &vsbi_legacy,
};
_Static_assert(VSBI_COUNT <= STAT_EXTENSIONS, "vcpu_stat.ecall has too few rows");

const struct vsbi_ext *vsbi_find(const struct vm *vm, uint64_t eid, unsigned *index)
{
	for (unsigned i = 0; i < VSBI_COUNT; i++) {
		const struct vsbi_ext *ext = vsbi_table[i];

		if (eid >= ext->eid_first && eid <= ext->eid_last) {
			*index = i;
			return vm->config.sbi_disabled >> i & 1 ? NULL : ext;
		}
	}
	return NULL;
}

/* Every call but the frequent ones. Out of line, so that those save no registers. */
static __attribute__((noinline)) enum vcpu_next vsbi_dispatch(struct vcpu *v, uint64_t eid,
							      uint64_t fid)
{
	enum vcpu_next next = VCPU_RESUME;
	struct sbi_ret ret = vsbi_error(SBI_ERR_NOT_SUPPORTED);
	unsigned index;
	const struct vsbi_ext *ext = vsbi_find(v->vm, eid, &index);

	if (ext == NULL) {
		v->stat.ecall_unknown++;
	} else {
		/* A legacy extension is one function: its number is the EID. */
		if (index == VSBI_LEGACY)
			fid = eid;
		v->stat.ecall[index][MIN(fid, (uint64_t)STAT_FUNCTIONS - 1)]++;
		ret = ext->handle(v, fid, &v->regs[REG_A0], &next);
		if (index == VSBI_LEGACY)
			ret.value = v->regs[REG_A1];
	}
	if (unlikely(ret.error == VSBI_UNANSWERED))
		return VCPU_RESUME;
	v->regs[REG_A0] = (uint64_t)ret.error;
	v->regs[REG_A1] = ret.value;
	return next;
}

/* What a busy guest calls most. */
static __attribute__((noinline)) enum vcpu_next vsbi_set_timer(struct vcpu *v)
{
	v->stat.ecall[VSBI_TIME][SBI_TIME_SET_TIMER]++;
	vcpu_set_timer(v, v->regs[REG_A0]);
	v->regs[REG_A0] = SBI_SUCCESS;
	v->regs[REG_A1] = 0;
	return VCPU_RESUME;
}

/* An IPI to one hart, by its number: the answer that vsbi/ipi.c would give, too. */
static __attribute__((noinline)) enum vcpu_next vsbi_ipi_one(struct vcpu *v)
{
	struct vcpu *target = v;

	if (v->regs[REG_A1] != v->hartid)
		target = vm_vcpu_by_hartid(v->vm, v->regs[REG_A1]);
	v->stat.ecall[VSBI_IPI][SBI_IPI_SEND_IPI]++;
	v->regs[REG_A0] = target == NULL ? (uint64_t)SBI_ERR_INVALID_PARAM : SBI_SUCCESS;
	v->regs[REG_A1] = 0;
	if (target != NULL)
		hartmask_send_one(target);
	return VCPU_RESUME;
}

enum vcpu_next vsbi_call(struct vcpu *v)
{
	uint64_t eid = v->regs[REG_A7], fid = v->regs[REG_A6];

	if (likely(eid == SBI_EXT_BASE && fid < VSBI_BASE_CONSTANTS)) {
		v->stat.ecall[VSBI_BASE][fid]++;
		v->regs[REG_A0] = SBI_SUCCESS;
		v->regs[REG_A1] = vsbi_base_constants[fid];
		return VCPU_RESUME;
	}
	if (eid == SBI_EXT_TIME && fid == SBI_TIME_SET_TIMER && !v->sbi_restricted)
		return vsbi_set_timer(v);
	if (eid == SBI_EXT_IPI && fid == SBI_IPI_SEND_IPI && v->regs[REG_A0] == 1 &&
	    v->regs[REG_A1] != HARTMASK_ALL && !v->sbi_restricted)
		return vsbi_ipi_one(v);
	return vsbi_dispatch(v, eid, fid);
}
