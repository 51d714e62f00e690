/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls to the SBI implementation, with the legacy calls where an extension is missing.
 * SBI specification 2.0, chapters 4 to 12.
 */
#include "drv/sbi.h"

#include "mm/layout.h"
#include "priv/priv.h"

static bool sbi_dbcn, sbi_time, sbi_ipi, sbi_srst, sbi_hsm;

static bool sbi_extension(uint64_t eid)
{
	struct sbi_ret ret = sbi_call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, eid, 0, 0);

	return !ret.error && ret.value;
}

void sbi_probe(void)
{
	sbi_dbcn = sbi_extension(SBI_EXT_DBCN);
	sbi_time = sbi_extension(SBI_EXT_TIME);
	sbi_ipi = sbi_extension(SBI_EXT_IPI);
	sbi_srst = sbi_extension(SBI_EXT_SRST);
	sbi_hsm = sbi_extension(SBI_EXT_HSM) && sbi_extension(SBI_EXT_RFENCE) && sbi_ipi;
}

uint64_t sbi_spec_version(void)
{
	return sbi_call(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0, 0, 0).value;
}

_Noreturn void sbi_shutdown(bool failure)
{
	if (sbi_srst)
		sbi_call(SBI_EXT_SRST, SBI_SRST_RESET, SBI_SRST_TYPE_SHUTDOWN,
			 failure ? SBI_SRST_REASON_SYSTEM_FAILURE : SBI_SRST_REASON_NONE, 0);
	sbi_call(SBI_EXT_LEGACY_SHUTDOWN, 0, 0, 0, 0);
	priv_irq_disable();
	for (;;)
		priv_wait();
}

_Noreturn void sbi_reboot(void)
{
	if (sbi_srst)
		sbi_call(SBI_EXT_SRST, SBI_SRST_RESET, SBI_SRST_TYPE_COLD_REBOOT,
			 SBI_SRST_REASON_NONE, 0);
	sbi_shutdown(false);
}

void sbi_set_timer(uint64_t ticks)
{
	if (sbi_time)
		sbi_call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, ticks, 0, 0);
	else
		sbi_call(SBI_EXT_LEGACY_SET_TIMER, 0, ticks, 0, 0);
}

void sbi_send_ipi(uint64_t hart_id)
{
	uint64_t mask = 1;

	if (sbi_ipi) {
		sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, hart_id, 0);
		return;
	}
	/* The legacy call takes the address of a mask. */
	mask <<= hart_id;
	sbi_call(SBI_EXT_LEGACY_SEND_IPI, 0, (uint64_t)&mask, 0, 0);
}

bool sbi_has_hsm(void)
{
	return sbi_hsm;
}

int64_t sbi_hart_start(uint64_t hart_id, uint64_t pa, uint64_t opaque)
{
	return sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, hart_id, pa, opaque).error;
}

void sbi_fence_code(uint64_t hart_id)
{
	sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, 1, hart_id, 0);
}

void sbi_fence_asid(uint64_t hart_id, uint64_t va, uint64_t size, uint64_t asid)
{
	sbi_call5(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA_ASID, 1, hart_id, va, size, asid);
}

void sbi_fence_all(uint64_t hart_id)
{
	sbi_call5(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 1, hart_id, 0, ~0UL, 0);
}

/* text lies in the direct map or in the image, so it is contiguous in physical memory. */
void sbi_write(const char *text, size_t length)
{
	while (sbi_dbcn && length) {
		struct sbi_ret ret =
			sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE, length, virt_to_phys(text), 0);

		if (ret.error || ret.value > length)
			break;
		text += ret.value;
		length -= ret.value;
	}
	for (; length; length--, text++)
		sbi_call(SBI_EXT_LEGACY_PUTCHAR, 0, (unsigned char)*text, 0, 0);
}

int sbi_getchar(void)
{
	static char byte;

	if (sbi_dbcn) {
		struct sbi_ret ret =
			sbi_call(SBI_EXT_DBCN, SBI_DBCN_READ, 1, virt_to_phys(&byte), 0);

		return !ret.error && ret.value == 1 ? (unsigned char)*(volatile char *)&byte : -1;
	}
	return (int)sbi_call(SBI_EXT_LEGACY_GETCHAR, 0, 0, 0, 0).error;
}
