/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of SBI extensions, functions and errors. Pure.
 * RISC-V Supervisor Binary Interface Specification 3.0, the functions' listings.
 */
#include <sbi/sbi.h>
#include <strata/abi.h>
#include "vsbi/names.h"

static const char *const base_functions[] = {
	[SBI_BASE_GET_SPEC_VERSION] = "get_spec_version", [SBI_BASE_GET_IMPL_ID] = "get_impl_id",
	[SBI_BASE_GET_IMPL_VERSION] = "get_impl_version",
	[SBI_BASE_PROBE_EXTENSION] = "probe_extension",
	[SBI_BASE_GET_MVENDORID] = "get_mvendorid", [SBI_BASE_GET_MARCHID] = "get_marchid",
	[SBI_BASE_GET_MIMPID] = "get_mimpid",
};
static const char *const time_functions[] = { "set_timer" };
static const char *const ipi_functions[] = { "send_ipi" };
static const char *const rfence_functions[] = {
	[SBI_RFENCE_FENCE_I] = "remote_fence_i",
	[SBI_RFENCE_SFENCE_VMA] = "remote_sfence_vma",
	[SBI_RFENCE_SFENCE_VMA_ASID] = "remote_sfence_vma_asid",
	[SBI_RFENCE_HFENCE_GVMA_VMID] = "remote_hfence_gvma_vmid",
	[SBI_RFENCE_HFENCE_GVMA] = "remote_hfence_gvma",
	[SBI_RFENCE_HFENCE_VVMA_ASID] = "remote_hfence_vvma_asid",
	[SBI_RFENCE_HFENCE_VVMA] = "remote_hfence_vvma",
};
static const char *const hsm_functions[] = {
	[SBI_HSM_HART_START] = "hart_start", [SBI_HSM_HART_STOP] = "hart_stop",
	[SBI_HSM_HART_GET_STATUS] = "hart_get_status", [SBI_HSM_HART_SUSPEND] = "hart_suspend",
};
static const char *const srst_functions[] = { "system_reset" };
static const char *const susp_functions[] = { "system_suspend" };
static const char *const sta_functions[] = { "steal_time_set_shmem" };
static const char *const pmu_functions[] = {
	[SBI_PMU_NUM_COUNTERS] = "num_counters",
	[SBI_PMU_COUNTER_GET_INFO] = "counter_get_info",
	[SBI_PMU_COUNTER_CONFIG_MATCHING] = "counter_config_matching",
	[SBI_PMU_COUNTER_START] = "counter_start",
	[SBI_PMU_COUNTER_STOP] = "counter_stop",
	[SBI_PMU_COUNTER_FW_READ] = "counter_fw_read",
	[SBI_PMU_COUNTER_FW_READ_HI] = "counter_fw_read_hi",
	[SBI_PMU_SNAPSHOT_SET_SHMEM] = "snapshot_set_shmem",
	[SBI_PMU_EVENT_GET_INFO] = "event_get_info",
};
static const char *const fwft_functions[] = {
	[SBI_FWFT_SET] = "set", [SBI_FWFT_GET] = "get",
};
static const char *const dbcn_functions[] = {
	[SBI_DBCN_WRITE] = "console_write", [SBI_DBCN_READ] = "console_read",
	[SBI_DBCN_WRITE_BYTE] = "console_write_byte",
};
static const char *const legacy_functions[] = {
	[SBI_EXT_LEGACY_SET_TIMER] = "set_timer",
	[SBI_EXT_LEGACY_PUTCHAR] = "console_putchar",
	[SBI_EXT_LEGACY_GETCHAR] = "console_getchar",
	[SBI_EXT_LEGACY_CLEAR_IPI] = "clear_ipi",
	[SBI_EXT_LEGACY_SEND_IPI] = "send_ipi",
	[SBI_EXT_LEGACY_RFENCE_I] = "remote_fence_i",
	[SBI_EXT_LEGACY_RFENCE_VMA] = "remote_sfence_vma",
	[SBI_EXT_LEGACY_RFENCE_VMA_ASID] = "remote_sfence_vma_asid",
	[SBI_EXT_LEGACY_SHUTDOWN] = "shutdown",
};
static const char *const strata_functions[] = {
	[STRATA_FN_VERSION] = "version",
	[STRATA_FN_FEATURES] = "features",
	[STRATA_FN_COUNTER_READ] = "counter_read",
	[STRATA_FN_ACCOUNT] = "account",
	[STRATA_FN_CSR_READ] = "csr_read",
	[STRATA_FN_CSR_WRITE] = "csr_write",
	[STRATA_FN_CSR_SWAP] = "csr_swap",
	[STRATA_FN_CSR_SET] = "csr_set",
	[STRATA_FN_CSR_CLEAR] = "csr_clear",
	[STRATA_FN_IRET] = "iret",
	[STRATA_FN_SFENCE] = "sfence",
	[STRATA_FN_BLOCK] = "block",
	[STRATA_FN_EVENT_CHECK] = "event_check",
	[STRATA_FN_SET_TRAP_TABLE] = "set_trap_table",
	[STRATA_FN_MAP_VCPU_PAGE] = "map_vcpu_page",
};

struct ext_names {
	uint64_t eid_first, eid_last;
	const char *name;
	const char *const *functions;
	size_t count;
};

#define NAMES(first, last, name, functions) { first, last, name, functions, ARRAY_SIZE(functions) }

/* In the order of enum vsbi_index, which vcpu_stat.ecall has. */
static const struct ext_names ext_names[] = {
	NAMES(SBI_EXT_BASE, SBI_EXT_BASE, "BASE", base_functions),
	NAMES(SBI_EXT_TIME, SBI_EXT_TIME, "TIME", time_functions),
	NAMES(SBI_EXT_IPI, SBI_EXT_IPI, "IPI", ipi_functions),
	NAMES(STRATA_EID, STRATA_EID, "STRATA", strata_functions),
	NAMES(SBI_EXT_RFENCE, SBI_EXT_RFENCE, "RFENCE", rfence_functions),
	NAMES(SBI_EXT_HSM, SBI_EXT_HSM, "HSM", hsm_functions),
	NAMES(SBI_EXT_DBCN, SBI_EXT_DBCN, "DBCN", dbcn_functions),
	NAMES(SBI_EXT_SRST, SBI_EXT_SRST, "SRST", srst_functions),
	NAMES(SBI_EXT_SUSP, SBI_EXT_SUSP, "SUSP", susp_functions),
	NAMES(SBI_EXT_STA, SBI_EXT_STA, "STA", sta_functions),
	NAMES(SBI_EXT_PMU, SBI_EXT_PMU, "PMU", pmu_functions),
	NAMES(SBI_EXT_FWFT, SBI_EXT_FWFT, "FWFT", fwft_functions),
	NAMES(SBI_EXT_LEGACY_SET_TIMER, SBI_EXT_LEGACY_SHUTDOWN, "LEGACY", legacy_functions),
};

static const struct ext_names *ext_find(uint64_t eid)
{
	for (size_t i = 0; i < ARRAY_SIZE(ext_names); i++)
		if (eid >= ext_names[i].eid_first && eid <= ext_names[i].eid_last)
			return &ext_names[i];
	return NULL;
}

const char *sbi_ext_name(uint64_t eid)
{
	const struct ext_names *ext = ext_find(eid);

	return ext ? ext->name : NULL;
}

const char *sbi_function_name(uint64_t eid, uint64_t fid)
{
	const struct ext_names *ext = ext_find(eid);

	if (ext && ext->eid_first != ext->eid_last)
		fid = eid;
	return ext && fid < ext->count ? ext->functions[fid] : NULL;
}

const char *sbi_error_name(int64_t error)
{
	static const char *const names[] = {
		"SBI_SUCCESS",		     "SBI_ERR_FAILED",
		"SBI_ERR_NOT_SUPPORTED",     "SBI_ERR_INVALID_PARAM",
		"SBI_ERR_DENIED",	     "SBI_ERR_INVALID_ADDRESS",
		"SBI_ERR_ALREADY_AVAILABLE", "SBI_ERR_ALREADY_STARTED",
		"SBI_ERR_ALREADY_STOPPED",   "SBI_ERR_NO_SHMEM",
		"SBI_ERR_INVALID_STATE",     "SBI_ERR_BAD_RANGE",
		"SBI_ERR_TIMEOUT",	     "SBI_ERR_IO",
		"SBI_ERR_DENIED_LOCKED",
	};

	return error <= 0 && error > -(int64_t)ARRAY_SIZE(names) ? names[-error] : "?";
}

uint64_t sbi_index_eid(unsigned index, uint64_t fid)
{
	const struct ext_names *ext = index < ARRAY_SIZE(ext_names) ? &ext_names[index] : NULL;

	if (!ext)
		return UINT64_MAX;
	return ext->eid_first != ext->eid_last ? fid : ext->eid_first;
}

static bool is_in_lower_case(const char *name, const char *upper)
{
	while (*upper && *name == *upper + ('a' - 'A'))
		name++, upper++;
	return !*upper && !*name;
}

int sbi_ext_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(ext_names); i++)
		if (is_in_lower_case(name, ext_names[i].name))
			return (int)i;
	return -1;
}
