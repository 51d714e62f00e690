/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI extension numbers, function numbers and error codes.
 * RISC-V Supervisor Binary Interface Specification 3.0.
 */
#ifndef SBI_SBI_H
#define SBI_SBI_H

#define SBI_SUCCESS			0
#define SBI_ERR_FAILED			(-1)
#define SBI_ERR_NOT_SUPPORTED		(-2)
#define SBI_ERR_INVALID_PARAM		(-3)
#define SBI_ERR_DENIED			(-4)
#define SBI_ERR_INVALID_ADDRESS		(-5)
#define SBI_ERR_ALREADY_AVAILABLE	(-6)
#define SBI_ERR_ALREADY_STARTED		(-7)
#define SBI_ERR_ALREADY_STOPPED		(-8)
#define SBI_ERR_NO_SHMEM		(-9)
#define SBI_ERR_INVALID_STATE		(-10)
#define SBI_ERR_BAD_RANGE		(-11)
#define SBI_ERR_TIMEOUT			(-12)
#define SBI_ERR_IO			(-13)
#define SBI_ERR_DENIED_LOCKED		(-14)
#define SBI_ERR_LAST			SBI_ERR_DENIED_LOCKED

#define SBI_SPEC_VERSION_3_0		0x03000000

/* Legacy extensions (chapter 5): one EID each, the result in a0 alone */
#define SBI_EXT_LEGACY_SET_TIMER	0x00
#define SBI_EXT_LEGACY_PUTCHAR		0x01
#define SBI_EXT_LEGACY_GETCHAR		0x02
#define SBI_EXT_LEGACY_CLEAR_IPI	0x03
#define SBI_EXT_LEGACY_SEND_IPI		0x04
#define SBI_EXT_LEGACY_RFENCE_I		0x05
#define SBI_EXT_LEGACY_RFENCE_VMA	0x06
#define SBI_EXT_LEGACY_RFENCE_VMA_ASID	0x07
#define SBI_EXT_LEGACY_SHUTDOWN		0x08

#define SBI_EXT_BASE			0x10
#define SBI_BASE_GET_SPEC_VERSION	0
#define SBI_BASE_GET_IMPL_ID		1
#define SBI_BASE_GET_IMPL_VERSION	2
#define SBI_BASE_PROBE_EXTENSION	3
#define SBI_BASE_GET_MVENDORID		4
#define SBI_BASE_GET_MARCHID		5
#define SBI_BASE_GET_MIMPID		6

#define SBI_EXT_TIME			0x54494d45
#define SBI_TIME_SET_TIMER		0

#define SBI_EXT_IPI			0x735049
#define SBI_IPI_SEND_IPI		0

#define SBI_EXT_RFENCE			0x52464e43
#define SBI_RFENCE_FENCE_I		0
#define SBI_RFENCE_SFENCE_VMA		1
#define SBI_RFENCE_SFENCE_VMA_ASID	2
#define SBI_RFENCE_HFENCE_GVMA_VMID	3
#define SBI_RFENCE_HFENCE_GVMA		4
#define SBI_RFENCE_HFENCE_VVMA_ASID	5
#define SBI_RFENCE_HFENCE_VVMA		6

#define SBI_EXT_HSM			0x48534d
#define SBI_HSM_HART_START		0
#define SBI_HSM_HART_STOP		1
#define SBI_HSM_HART_GET_STATUS		2
#define SBI_HSM_HART_SUSPEND		3
#define SBI_HSM_STATE_STARTED		0
#define SBI_HSM_STATE_STOPPED		1
#define SBI_HSM_STATE_START_PENDING	2
#define SBI_HSM_STATE_STOP_PENDING	3
#define SBI_HSM_STATE_SUSPENDED		4
#define SBI_HSM_STATE_SUSPEND_PENDING	5
#define SBI_HSM_STATE_RESUME_PENDING	6
#define SBI_HSM_SUSPEND_RETENTIVE	0
#define SBI_HSM_SUSPEND_NON_RETENTIVE	0x80000000U

#define SBI_EXT_SRST			0x53525354
#define SBI_SRST_RESET			0
#define SBI_SRST_TYPE_SHUTDOWN		0
#define SBI_SRST_TYPE_COLD_REBOOT	1
#define SBI_SRST_TYPE_WARM_REBOOT	2
#define SBI_SRST_REASON_NONE		0
#define SBI_SRST_REASON_SYSTEM_FAILURE	1

#define SBI_EXT_DBCN			0x4442434e
#define SBI_DBCN_WRITE			0
#define SBI_DBCN_READ			1
#define SBI_DBCN_WRITE_BYTE		2

#define SBI_EXT_SUSP			0x53555350
#define SBI_SUSP_SYSTEM_SUSPEND		0
#define SBI_SUSP_TO_RAM			0

#define SBI_EXT_PMU			0x504d55
#define SBI_PMU_NUM_COUNTERS		0
#define SBI_PMU_COUNTER_GET_INFO	1
#define SBI_PMU_COUNTER_CONFIG_MATCHING	2
#define SBI_PMU_COUNTER_START		3
#define SBI_PMU_COUNTER_STOP		4
#define SBI_PMU_COUNTER_FW_READ		5
#define SBI_PMU_COUNTER_FW_READ_HI	6
#define SBI_PMU_SNAPSHOT_SET_SHMEM	7
#define SBI_PMU_EVENT_GET_INFO		8
#define SBI_PMU_INFO_FIRMWARE		(1UL << 63)
#define SBI_PMU_INFO_WIDTH_SHIFT	12	/* width less one; below, the CSR */
#define SBI_PMU_INFO_CSR_MASK		0xfffUL
#define SBI_PMU_CONFIG_SKIP_MATCH	(1U << 0)
#define SBI_PMU_CONFIG_CLEAR_VALUE	(1U << 1)
#define SBI_PMU_CONFIG_AUTO_START	(1U << 2)
#define SBI_PMU_CONFIG_FLAGS		0xffU
#define SBI_PMU_START_SET_INIT_VALUE	(1U << 0)
#define SBI_PMU_START_INIT_SNAPSHOT	(1U << 1)
#define SBI_PMU_START_FLAGS		0x3U
#define SBI_PMU_STOP_RESET		(1U << 0)
#define SBI_PMU_STOP_TAKE_SNAPSHOT	(1U << 1)
#define SBI_PMU_STOP_FLAGS		0x3U
#define SBI_PMU_EVENT_TYPE(event)	((event) >> 16)
#define SBI_PMU_EVENT_CODE(event)	((event) & 0xffff)
#define SBI_PMU_EVENT_BITS		20
#define SBI_PMU_TYPE_HW			0
#define SBI_PMU_TYPE_CACHE		1
#define SBI_PMU_TYPE_RAW_V2		3
#define SBI_PMU_TYPE_FIRMWARE		15
#define SBI_PMU_HW_CPU_CYCLES		1
#define SBI_PMU_HW_INSTRUCTIONS		2
#define SBI_PMU_FW_MISALIGNED_LOAD	0
#define SBI_PMU_FW_MISALIGNED_STORE	1
#define SBI_PMU_FW_ACCESS_LOAD		2
#define SBI_PMU_FW_ACCESS_STORE		3
#define SBI_PMU_FW_ILLEGAL_INSN		4
#define SBI_PMU_FW_SET_TIMER		5
#define SBI_PMU_FW_IPI_SENT		6
#define SBI_PMU_FW_IPI_RECEIVED		7
#define SBI_PMU_FW_FENCE_I_SENT		8
#define SBI_PMU_FW_FENCE_I_RECEIVED	9
#define SBI_PMU_FW_SFENCE_VMA_SENT	10
#define SBI_PMU_FW_SFENCE_VMA_RECEIVED	11
#define SBI_PMU_FW_SFENCE_VMA_ASID_SENT	12
#define SBI_PMU_FW_SFENCE_VMA_ASID_RECEIVED 13
#define SBI_PMU_FW_OWN			256	/* and above: the implementation's own */
#define SBI_PMU_SNAPSHOT_SIZE		4096
#define SBI_PMU_SNAPSHOT_VALUES		8	/* where the counters' values begin */
#define SBI_PMU_EVENT_INFO_SUPPORTED	1U

#define SBI_EXT_STA			0x535441
#define SBI_STA_SET_SHMEM		0
#define SBI_STA_SHMEM_SIZE		64

#define SBI_EXT_FWFT			0x46574654
#define SBI_FWFT_SET			0
#define SBI_FWFT_GET			1
#define SBI_FWFT_MISALIGNED_EXC_DELEG	0
#define SBI_FWFT_LANDING_PAD		1
#define SBI_FWFT_SHADOW_STACK		2
#define SBI_FWFT_DOUBLE_TRAP		3
#define SBI_FWFT_PTE_AD_HW_UPDATING	4
#define SBI_FWFT_POINTER_MASKING_PMLEN	5
#define SBI_FWFT_LOCK			(1U << 0)

/* Extensions that a VM is not given. */
#define SBI_EXT_CPPC			0x43505043
#define SBI_EXT_DBTR			0x44425452
#define SBI_EXT_MPXY			0x4d505859
#define SBI_EXT_NACL			0x4e41434c
#define SBI_EXT_SSE			0x535345

/* shmem_phys_lo and _hi both: no shared memory any more */
#define SBI_SHMEM_DISABLE		(~0UL)

#ifndef __ASSEMBLER__
#include <stdint.h>

/* What every SBI call but the legacy ones returns: error in a0, value in a1. */
struct sbi_ret {
	int64_t error;
	uint64_t value;
};

/* What PMU event_get_info reads and fills in. */
struct sbi_pmu_event_info {
	uint32_t event, output;
	uint64_t data;
};

/* STA's shared memory, up to SBI_STA_SHMEM_SIZE zeros. */
struct sbi_sta_shmem {
	uint32_t sequence;		/* odd while steal is written */
	uint32_t flags;
	uint64_t steal;			/* nanoseconds */
	uint8_t preempted;
};
#endif

#endif
