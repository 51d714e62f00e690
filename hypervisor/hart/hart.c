/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * This machine's harts: what they can do, their interrupts from each other and from their timers.
 * Privileged specification, HS-mode and Sstc; SBI IPI and TIME.
 */
#include "hart/fixup.h"
#include "hart/hart.h"
#include "hart/sbi_call.h"

struct hart hart_boot;
struct hart **harts;
unsigned hart_count;
uint64_t timebase_hz;
bool hart_counters = true;
bool hart_kicks_directly;
unsigned hart_gfile_ids;
unsigned hart_asid_bits = UINT32_MAX;
unsigned hart_vmid_limit = UINT32_MAX, hart_asid_limit = UINT32_MAX;

void hart_kick(struct hart *hart)
{
	/* What the other hart is to see must be visible before the store to a device. */
	__asm__ volatile("fence rw, ow" : : : "memory");
	if (likely(hart->kick_register != NULL))
		*hart->kick_register = hart->kick_value;
	else
		sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, hart->hartid, 0);
}

void hart_timer_ask(uint64_t deadline)
{
	sbi_call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, deadline, 0, 0);
}

/* Does reading the CSR trap? */
#define CSR_EXISTS(csr)                                                                           \
	({                                                                                        \
		uint64_t exists_ = 1, value_;                                                     \
		__asm__ volatile("1: csrr %0, " CSR_STR(csr) "\n"                                 \
				 "j 3f\n"                                                         \
				 "2: li %1, 0\n"                                                  \
				 "3:\n" FIXUP_ENTRY(1b, 2b)                                       \
				 : "=&r"(value_), "+r"(exists_)                                   \
				 :                                                                \
				 : "memory");                                                     \
		exists_ != 0;                                                                     \
	})

/* hgeie has a writable bit for each guest interrupt file, from 1 on. */
static void probe_guest_files(struct hart *hart)
{
	uint64_t files;

	csr_write(CSR_HGEIE, UINT64_MAX);
	files = csr_read(CSR_HGEIE);
	csr_write(CSR_HGEIE, 0);
	for (hart->geilen = 0; files >> hart->geilen >> 1 & 1; hart->geilen++)
		;
	if (hart->geilen != 0)
		csr_write(CSR_HIE, HIE_SGEIE);
}

static unsigned count_ones(uint64_t value)
{
	unsigned ones = 0;

	for (; value & 1; value >>= 1)
		ones++;
	return ones;
}

/* How many bits there are is found by writing ones, with a MODE that takes them. */
static void probe_ids(struct hart *hart)
{
	uint64_t vmid, asid;

	csr_write(CSR_HGATP, HGATP_MODE_SV39X4 << SATP_MODE_SHIFT |
				     HGATP_VMID_MASK << HGATP_VMID_SHIFT);
	vmid = csr_read(CSR_HGATP) >> HGATP_VMID_SHIFT & HGATP_VMID_MASK;
	csr_write(CSR_HGATP, 0);
	csr_write(CSR_VSATP, SATP_MODE_SV39 << SATP_MODE_SHIFT | SATP_ASID_MASK << SATP_ASID_SHIFT);
	asid = SATP_ASID(csr_read(CSR_VSATP));
	csr_write(CSR_VSATP, 0);
	hart->vmid_bits = MIN(count_ones(vmid), hart_vmid_limit);
	/* The harts start one after the other. */
	hart_asid_bits = MIN(hart_asid_bits, MIN(count_ones(asid), hart_asid_limit));
}

/* Firmware may keep them to itself (mcounteren) or have them stand (mcountinhibit). */
static bool has_counters(void)
{
	uint64_t cycle, instret;

	if (!CSR_EXISTS(CSR_CYCLE) || !CSR_EXISTS(CSR_INSTRET))
		return false;
	cycle = csr_read(CSR_CYCLE);
	instret = csr_read(CSR_INSTRET);
	return csr_read(CSR_CYCLE) != cycle && csr_read(CSR_INSTRET) != instret;
}

uint64_t hart_cycle(void)
{
	return csr_read(CSR_CYCLE);
}

uint64_t hart_instret(void)
{
	return csr_read(CSR_INSTRET);
}

void hart_set_counteren(uint64_t counteren)
{
	csr_write(CSR_HCOUNTEREN, counteren);
}

/* What a VS-mode with AIA sees of the hypervisor's choices: no interrupts, no priorities. */
static void init_aia(void)
{
	csr_write(CSR_HVIEN, 0);
	csr_write(CSR_HVICTL, 0);
	csr_write(CSR_HVIPRIO1, 0);
	csr_write(CSR_HVIPRIO2, 0);
}

void hart_init_this(void)
{
	struct hart *hart = this_hart();

	hart->hypervisor_ext = CSR_EXISTS(CSR_HGATP);
	hart->sstc = CSR_EXISTS(CSR_STIMECMP);
	hart->timer_programmed = 0;
	hart_timer_program(UINT64_MAX);
	hart_counters = has_counters() && hart_counters;
	csr_write(CSR_SCOUNTEREN, COUNTEREN_TM);
	/* Firmware leaves them on. No guest gets vector registers, which nobody switches. */
	csr_clear(CSR_SSTATUS, SSTATUS_FS | SSTATUS_VS | SSTATUS_SUM | SSTATUS_MXR);
	if (hart->hypervisor_ext) {
		csr_write(CSR_HIE, 0);
		csr_write(CSR_HVIP, 0);
		probe_ids(hart);
		csr_write(CSR_HTIMEDELTA, 0);
		hart->aia = CSR_EXISTS(CSR_VSISELECT);
		csr_set(CSR_HENVCFG, HENVCFG_ADUE);
		hart->adue = (csr_read(CSR_HENVCFG) & HENVCFG_ADUE) != 0;
		if (hart->aia)
			init_aia();
		probe_guest_files(hart);
		/* Guests have senvcfg and AIA's CSRs, and nothing that later extensions added. */
		if (CSR_EXISTS(CSR_HSTATEEN0))
			csr_write(CSR_HSTATEEN0, HSTATEEN0_ENVCFG | HSTATEEN0_CSRIND |
						 HSTATEEN0_AIA | HSTATEEN0_IMSIC);
		if (hart->sstc) {
			/* Or VSTIP, which follows vstimecmp, could stay set from reset. */
			csr_set(CSR_HENVCFG, HENVCFG_STCE);
			csr_write(CSR_VSTIMECMP, UINT64_MAX);
			csr_clear(CSR_HENVCFG, HENVCFG_STCE);
		}
	}
	csr_write(CSR_SIE, SIP_SSIP | SIP_STIP | SIP_SEIP);
}
