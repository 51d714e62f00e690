/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SRET, trap entry and interrupt selection against the sentences of the privileged specification.
 * SOURCES: hypervisor/emul/privop.c hypervisor/emul/vcsr.c
 */
#include "test.h"

#include "emul/privop.h"
#include "lib/errno.h"

static struct strata_vcpu_page page;
static struct vcsr v;
static bool supervisor;
static uint64_t pc;

static void start(void)
{
	memset(&page, 0, sizeof(page));
	v = (struct vcsr){ .page = &page, .fs_mask = SSTATUS_FS };
	vcsr_reset(&v);
	supervisor = true;
	pc = 0x80200004;
}

static void put(unsigned int csr, uint64_t value)
{
	uint64_t old;

	CHECK(vcsr_access(&v, csr, CSR_OP_RW, true, value, &old) >= 0);
}

static uint64_t get(unsigned int csr)
{
	uint64_t old;

	CHECK(vcsr_access(&v, csr, CSR_OP_RS, false, 0, &old) >= 0);
	return old;
}

TEST("SRET sets the privilege to SPP, SIE to SPIE, SPIE to 1, SPP to U and the PC to sepc")
{
	for (unsigned int i = 0; i < 8; i++) {
		uint64_t spp = i & 1 ? SSTATUS_SPP : 0, spie = i & 2 ? SSTATUS_SPIE : 0;
		uint64_t sie = i & 4 ? SSTATUS_SIE : 0;

		start();
		put(CSR_SSTATUS, spp | spie | sie | SSTATUS_SUM | SSTATUS_FS_CLEAN);
		put(CSR_SEPC, 0x12345677);
		CHECK_EQ(privop_sret(&v, &supervisor, &pc), 0);
		CHECK_EQ(supervisor, spp != 0);
		CHECK_EQ(pc, 0x12345676);
		CHECK_EQ(get(CSR_SSTATUS), SSTATUS_UXL_64 | SSTATUS_SUM | SSTATUS_FS_CLEAN |
			 SSTATUS_SPIE | (spie ? SSTATUS_SIE : 0));
	}
}

TEST("SRET in U-mode is an illegal instruction and changes nothing")
{
	struct strata_vcpu_page before;

	start();
	put(CSR_SSTATUS, SSTATUS_SPP | SSTATUS_SPIE);
	supervisor = false;
	before = page;
	CHECK_EQ(privop_sret(&v, &supervisor, &pc), -EINVAL);
	CHECK(!supervisor);
	CHECK_EQ(pc, 0x80200004);
	CHECK(memcmp(&before, &page, sizeof(page)) == 0);
}

TEST("SRET that unmasks a pending interrupt says so")
{
	start();
	put(CSR_SIE, SIP_STIP);
	vcsr_set_pending(&v, SIP_STIP);
	put(CSR_SSTATUS, SSTATUS_SPP | SSTATUS_SPIE);
	CHECK_EQ(privop_sret(&v, &supervisor, &pc), VCSR_FX_IRQ);
	/* to U-mode it is taken whatever SIE is */
	put(CSR_SSTATUS, 0);
	CHECK_EQ(privop_sret(&v, &supervisor, &pc), VCSR_FX_IRQ);
	CHECK(!supervisor);
}

TEST("a trap to S sets sepc, scause, stval, SPP, SPIE=SIE, SIE=0 and enters at stvec.BASE")
{
	for (unsigned int i = 0; i < 8; i++) {
		uint64_t sie = i & 1 ? SSTATUS_SIE : 0, old_spie = i & 4 ? SSTATUS_SPIE : 0;
		bool from_s = i & 2;

		start();
		put(CSR_STVEC, 0x80201000);
		put(CSR_SSTATUS, sie | old_spie | (from_s ? 0 : SSTATUS_SPP) | SSTATUS_MXR);
		supervisor = from_s;
		privop_trap(&v, &supervisor, &pc, EXC_LOAD_PAGE_FAULT, 0xffffffff00000123);
		CHECK(supervisor);
		CHECK_EQ(pc, 0x80201000);
		CHECK_EQ(get(CSR_SEPC), 0x80200004);
		CHECK_EQ(get(CSR_SCAUSE), 13);
		CHECK_EQ(get(CSR_STVAL), 0xffffffff00000123);
		CHECK_EQ(get(CSR_SSTATUS), SSTATUS_UXL_64 | SSTATUS_MXR |
			 (from_s ? SSTATUS_SPP : 0) | (sie ? SSTATUS_SPIE : 0));
	}
}

TEST("in Vectored mode interrupts enter at BASE + 4 x cause, exceptions at BASE")
{
	start();
	put(CSR_STVEC, 0x80201001);
	privop_trap(&v, &supervisor, &pc, SCAUSE_INTERRUPT | IRQ_S_EXT, 0);
	CHECK_EQ(pc, 0x80201024);
	privop_trap(&v, &supervisor, &pc, EXC_ILLEGAL_INST, 0);
	CHECK_EQ(pc, 0x80201000);
	put(CSR_STVEC, 0x80201000);
	privop_trap(&v, &supervisor, &pc, SCAUSE_INTERRUPT | IRQ_S_EXT, 0);
	CHECK_EQ(pc, 0x80201000);
}

TEST("simultaneous interrupts are taken in the order SEI, SSI, STI")
{
	for (uint64_t sip = 0; sip < 8; sip++) {
		for (uint64_t sie = 0; sie < 8; sie++) {
			uint64_t ready = sip & sie;

			start();
			vcsr_set_pending(&v, (sip & 1 ? 0x2 : 0) | (sip & 2 ? 0x20 : 0) |
					     (sip & 4 ? 0x200 : 0));
			put(CSR_SIE, (sie & 1 ? 0x2 : 0) | (sie & 2 ? 0x20 : 0) |
				     (sie & 4 ? 0x200 : 0));
			put(CSR_SSTATUS, SSTATUS_SIE);
			CHECK_EQ(privop_pending_irq(&v, true),
				 ready & 4 ? 9 : ready & 1 ? 1 : ready & 2 ? 5 : -1);
			CHECK_EQ(privop_wfi_wakes(&v), ready != 0);
		}
	}
}

TEST("interrupts to S are masked by SIE=0 in S-mode and enabled always in U-mode")
{
	start();
	put(CSR_SIE, SIP_SSIP);
	vcsr_set_pending(&v, SIP_SSIP);
	CHECK_EQ(privop_pending_irq(&v, true), -1);
	CHECK_EQ(privop_pending_irq(&v, false), IRQ_S_SOFT);
	put(CSR_SSTATUS, SSTATUS_SIE);
	CHECK_EQ(privop_pending_irq(&v, true), IRQ_S_SOFT);
}

TEST("WFI completes for a pending enabled interrupt even with SIE=0")
{
	start();
	vcsr_set_pending(&v, SIP_STIP);
	CHECK(!privop_wfi_wakes(&v));
	put(CSR_SIE, SIP_STIP);
	CHECK(privop_wfi_wakes(&v));
}

TEST("SRET and trap entry make legal values of a hostile page")
{
	uint64_t random = 0x2545f4914f6cdd1dULL;

	start();
	for (int i = 0; i < 20000; i++) {
		for (size_t j = 0; j < sizeof(page) / 8; j++)
			((uint64_t *)&page)[j] = test_random(&random);
		supervisor = true;
		privop_sret(&v, &supervisor, &pc);
		CHECK_EQ(pc & 1, 0);
		CHECK(page.sie_on <= 1);
		privop_trap(&v, &supervisor, &pc, SCAUSE_INTERRUPT | IRQ_S_TIMER, 0);
		CHECK_EQ(pc & 3, 0);
		CHECK_EQ(page.sie_on, 0);
		privop_pending_irq(&v, supervisor);
	}
}
