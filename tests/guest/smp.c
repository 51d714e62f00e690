/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several harts: starting and stopping them, interrupts and fences between them, each one's own
 * timer and registers. SBI 3.0, chapters 6 to 9 (TIME, IPI, RFENCE, HSM); privileged
 * specification, "Supervisor Memory-Management Fence Instruction".
 */
#include "guest.h"
#include "smp.h"

#define TICKS_PER_MS	10000UL		/* QEMU's virt machine: 10 MHz */
/* Much longer than anything takes, also where the machine itself has no time for its harts. */
#define PATIENCE	(60000 * TICKS_PER_MS)
#define PROBE_VA	0x100000000UL	/* where the harts look at what others map */

static struct smp_hart harts[SMP_MAX];
static unsigned int hart_count;		/* beside the one that boots */
static uint64_t boot_hartid;

static uint64_t page_a[512] __attribute__((aligned(4096))) = { 0xaaaa };
static uint64_t page_b[512] __attribute__((aligned(4096))) = { 0xbbbb };
static uint64_t *root, *probe_pte;
static volatile uint64_t shared_count;

/* ---- What the other harts do ---- */

static void say_ready(struct smp_hart *hart, uint64_t result)
{
	hart->result = result;
	__atomic_store_n(&hart->done, hart->asked, __ATOMIC_SEQ_CST);
}

/* Is there something else to do than hart->asked? */
static bool is_asked(const struct smp_hart *hart)
{
	return __atomic_load_n(&hart->asking, __ATOMIC_SEQ_CST) != hart->asked;
}

/* Sleep until a software interrupt comes, and clear it. */
static void wait_ipi(void)
{
	while (!(csr_read(CSR_SIP) & SIP_SSIP))
		__asm__ volatile("wfi");
	csr_clear(CSR_SIP, SIP_SSIP);
}

static void look(struct smp_hart *hart)
{
	while (!is_asked(hart)) {
		hart->seen = smp_load(PROBE_VA);
		__atomic_fetch_add(&hart->turns, 1, __ATOMIC_SEQ_CST);
	}
}

static void tick(struct smp_hart *hart, uint64_t count)
{
	hart->timers = hart->early = 0;
	hart->period = (1 + hart->index) * TICKS_PER_MS;
	hart->deadline = read_time() + hart->period;
	sbi_set_timer(hart->deadline);
	csr_write(CSR_SIE, SIP_STIP);
	csr_set(CSR_SSTATUS, SSTATUS_SIE);
	while (hart->timers < count)
		__asm__ volatile("wfi");
	csr_clear(CSR_SSTATUS, SSTATUS_SIE);
	sbi_set_timer(~0UL);
}

static void count_up(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t value, failed;

		do
			__asm__ volatile("lr.d %0, (%2)\n"
					 "addi %0, %0, 1\n"
					 "sc.d %1, %0, (%2)\n"
					 : "=&r"(value), "=&r"(failed)
					 : "r"(&shared_count)
					 : "memory");
		while (failed);
	}
}

static void fence_others(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 0, ~0UL, 0, ~0UL, 0);
}

static uint64_t suspend(struct smp_hart *hart)
{
	struct sbi_ret ret;

	csr_write(CSR_SIE, SIP_SSIP);
	hart->seen = 1;
	ret = sbi_call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, SBI_HSM_SUSPEND_RETENTIVE, 0, 0, 0, 0);
	csr_clear(CSR_SIP, SIP_SSIP);
	csr_write(CSR_SIE, 0);
	return (uint64_t)ret.error;
}

/* What it leaves behind must not be there when it is started anew. */
static void stop(struct smp_hart *hart)
{
	page_switch(root, 1);
	csr_write(CSR_SIE, SIP_SSIP | SIP_STIP);
	csr_write(CSR_SSCRATCH, hart->argument);
	sbi_set_timer(0);
	__atomic_store_n(&hart->done, hart->asked, __ATOMIC_SEQ_CST);
	sbi_call(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0, 0, 0, 0, 0);
}

void smp_main(struct smp_hart *hart)
{
	say_ready(hart, 0);
	for (;;) {
		uint64_t result = 0;

		while (!is_asked(hart))
			;
		hart->asked = __atomic_load_n(&hart->asking, __ATOMIC_SEQ_CST);
		switch (hart->job) {
		case SMP_ECHO:
			result = hart->argument;
			break;
		case SMP_TRANSLATE:
			page_switch(root, 0);
			break;
		case SMP_LOOK:
			say_ready(hart, 0);
			look(hart);
			continue;
		case SMP_PING:
			csr_write(CSR_SIE, SIP_SSIP);
			say_ready(hart, 0);
			for (uint64_t i = 0; i < hart->argument; i++) {
				wait_ipi();
				sbi_send_ipi(boot_hartid);
			}
			csr_write(CSR_SIE, 0);
			break;
		case SMP_TICK:
			tick(hart, hart->argument);
			break;
		case SMP_COUNT:
			count_up(hart->argument);
			break;
		case SMP_FENCE:
			fence_others(hart->argument);
			break;
		case SMP_START:
			for (;;)
				sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, harts[0].hartid,
					 (uint64_t)smp_entry, (uint64_t)&harts[0], 0, 0);
			break;
		case SMP_FP:
			result = smp_fp_hold(hart->argument, read_time() + 50 * TICKS_PER_MS);
			break;
		case SMP_SUSPEND:
			result = suspend(hart);
			break;
		case SMP_STOP:
			stop(hart);
			break;
		}
		say_ready(hart, result);
	}
}

/* Returns how far to step over the instruction. */
uint64_t smp_trap(struct smp_hart *hart, uint64_t scause, uint64_t stval)
{
	if (scause == (SCAUSE_INTERRUPT | IRQ_S_TIMER)) {
		hart->timers++;
		hart->early += read_time() < hart->deadline;
		hart->deadline = read_time() + hart->period;
		sbi_set_timer(hart->deadline);
		return 0;
	}
	hart->trap_cause = scause;
	hart->trap_value = stval;
	__atomic_fetch_add(&hart->faults, 1, __ATOMIC_SEQ_CST);
	return 4;
}

/* ---- The hart that boots asks ---- */

static void ask(struct smp_hart *hart, enum smp_job job, uint64_t argument)
{
	hart->job = job;
	hart->argument = argument;
	__atomic_fetch_add(&hart->asking, 1, __ATOMIC_SEQ_CST);
}

/* Spins, without a call of the hypervisor: it has to give the other hart its turn by itself. */
static bool wait_done(struct smp_hart *hart)
{
	uint64_t end = read_time() + PATIENCE;

	while (__atomic_load_n(&hart->done, __ATOMIC_SEQ_CST) != hart->asking)
		if (read_time() > end) {
			test_fail("hart %lu does not answer job %d", hart->hartid, (int)hart->job);
			test_finish();
		}
	return true;
}

static uint64_t status_of(uint64_t hartid)
{
	struct sbi_ret r = sbi_call(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, hartid, 0, 0, 0, 0);

	return r.error == SBI_SUCCESS ? r.value : (uint64_t)r.error;
}

static bool wait_stopped(const struct smp_hart *hart)
{
	uint64_t end = read_time() + PATIENCE;

	while (read_time() < end)
		if (status_of(hart->hartid) == SBI_HSM_STATE_STOPPED)
			return true;
	return false;
}

static int64_t start_at(struct smp_hart *hart, uint64_t pc)
{
	return sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, hart->hartid, pc, (uint64_t)hart, 0,
			0).error;
}

static int64_t start(struct smp_hart *hart)
{
	hart->asking++;
	hart->asked = hart->asking;
	return start_at(hart, (uint64_t)smp_entry);
}

/* ---- The tests ---- */

static void check_fresh(const struct smp_hart *hart)
{
	EXPECT_EQ(hart->start_a0, hart->hartid);
	EXPECT_EQ(hart->start_satp, 0);
	EXPECT_EQ(hart->start_sstatus & SSTATUS_SIE, 0);
}

static void test_start(void)
{
	test_begin("hart_get_status is STOPPED until hart_start, then STARTED");
	for (unsigned int i = 0; i < hart_count; i++)
		EXPECT_EQ(status_of(harts[i].hartid), SBI_HSM_STATE_STOPPED);
	EXPECT_EQ(status_of(boot_hartid), SBI_HSM_STATE_STARTED);
	for (unsigned int i = 0; i < hart_count; i++)
		EXPECT_EQ((uint64_t)start(&harts[i]), SBI_SUCCESS);
	for (unsigned int i = 0; i < hart_count && wait_done(&harts[i]); i++)
		EXPECT_EQ(status_of(harts[i].hartid), SBI_HSM_STATE_STARTED);
	test_end();

	test_begin("hart_start starts with satp = 0, SIE = 0, a0 = hart id, a1 = opaque");
	for (unsigned int i = 0; i < hart_count; i++)
		check_fresh(&harts[i]);
	test_end();

	test_begin("hart_start of a started hart answers ALREADY_AVAILABLE");
	for (unsigned int i = 0; i < hart_count; i++)
		EXPECT_EQ((uint64_t)start_at(&harts[i], (uint64_t)smp_entry),
			  (uint64_t)SBI_ERR_ALREADY_AVAILABLE);
	test_end();

	test_begin("hart_start of a hart that does not exist answers INVALID_PARAM");
	EXPECT_EQ((uint64_t)sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, 0x12345,
				     (uint64_t)smp_entry, 0, 0, 0).error,
		  (uint64_t)SBI_ERR_INVALID_PARAM);
	test_end();
}

static void test_stop(void)
{
	test_begin("a hart that stopped is STOPPED, and started anew it is as at the first time");
	for (unsigned int round = 0; round < 12; round++) {
		struct smp_hart *hart = &harts[round % hart_count];

		ask(hart, SMP_STOP, 0x5a5a);
		if (!wait_done(hart) || !wait_stopped(hart)) {
			test_fail("hart %lu does not stop", hart->hartid);
			test_finish();
		}
		hart->start_satp = ~0UL;
		EXPECT_EQ((uint64_t)start(hart), SBI_SUCCESS);
		wait_done(hart);
		check_fresh(hart);
		EXPECT_EQ(hart->faults, 0);
		hart->faults = 0;
		ask(hart, SMP_ECHO, round);
		wait_done(hart);
		EXPECT_EQ(hart->result, round);
	}
	test_end();
}

static void test_suspend(void)
{
	uint64_t end = read_time() + PATIENCE;

	test_begin("a hart in retentive suspend is SUSPENDED until an interrupt comes");
	harts[0].seen = 0;
	ask(&harts[0], SMP_SUSPEND, 0);
	while (status_of(harts[0].hartid) != SBI_HSM_STATE_SUSPENDED && read_time() < end)
		;
	EXPECT_EQ(status_of(harts[0].hartid), SBI_HSM_STATE_SUSPENDED);
	EXPECT_EQ(harts[0].seen, 1);
	sbi_send_ipi(harts[0].hartid);
	wait_done(&harts[0]);
	EXPECT_EQ(harts[0].result, SBI_SUCCESS);
	EXPECT_EQ(status_of(harts[0].hartid), SBI_HSM_STATE_STARTED);
	test_end();
}

static void test_ipi(void)
{
	test_begin("a hart in WFI wakes for each interrupt that another sends, and none is lost");
	csr_write(CSR_SIE, SIP_SSIP);
	csr_clear(CSR_SIP, SIP_SSIP);
	for (unsigned int i = 0; i < hart_count; i++) {
		ask(&harts[i], SMP_PING, 200);
		wait_done(&harts[i]);
		for (unsigned int n = 0; n < 200; n++) {
			sbi_send_ipi(harts[i].hartid);
			wait_ipi();
		}
	}
	csr_write(CSR_SIE, 0);
	test_end();

	test_begin("an interrupt to oneself is pending when send_ipi returns");
	sbi_send_ipi(boot_hartid);
	EXPECT_EQ(csr_read(CSR_SIP) & SIP_SSIP, SIP_SSIP);
	csr_clear(CSR_SIP, SIP_SSIP);
	EXPECT_EQ(csr_read(CSR_SIP) & SIP_SSIP, 0);
	test_end();
}

/* Wait until a looking hart has looked twice more: then it has seen what was there meanwhile. */
static void let_look(struct smp_hart *hart)
{
	uint64_t end = read_time() + PATIENCE, turns = hart->turns;

	while (__atomic_load_n(&hart->turns, __ATOMIC_SEQ_CST) < turns + 2)
		if (read_time() > end) {
			test_fail("hart %lu does not go on", hart->hartid);
			test_finish();
		}
}

static void remote_sfence(unsigned int kind)
{
	uint64_t mask = 0;

	for (unsigned int i = 0; i < hart_count; i++)
		mask |= 1UL << harts[i].hartid;
	if (kind == 0)
		sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, mask, 0, 0, ~0UL, 0);
	else if (kind == 1)
		sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 0, ~0UL, PROBE_VA, PAGE_SIZE, 0);
	else
		sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA_ASID, mask, 0, PROBE_VA, PAGE_SIZE,
			 0);
}

static void test_rfence(void)
{
	for (unsigned int i = 0; i < hart_count; i++) {
		ask(&harts[i], SMP_TRANSLATE, 0);
		wait_done(&harts[i]);
		ask(&harts[i], SMP_LOOK, 0);
		wait_done(&harts[i]);
	}

	test_begin("after remote_sfence_vma every hart sees a PTE that was changed before");
	for (unsigned int round = 0; round < 24; round++) {
		const uint64_t *page = round % 2 ? page_a : page_b;

		*probe_pte = PA_TO_PTE((uint64_t)page) | PTE_S_RW;
		remote_sfence(round % 3);
		for (unsigned int i = 0; i < hart_count; i++) {
			let_look(&harts[i]);
			EXPECT_EQ(harts[i].seen, page[0]);
		}
	}
	test_end();

	test_begin("after remote_sfence_vma an unmapped page faults on every hart");
	*probe_pte = 0;
	remote_sfence(0);
	for (unsigned int i = 0; i < hart_count; i++) {
		uint64_t faults;

		let_look(&harts[i]);
		faults = harts[i].faults;
		let_look(&harts[i]);
		EXPECT(harts[i].faults > faults);
		EXPECT_EQ(harts[i].trap_cause, EXC_LOAD_PAGE_FAULT);
		EXPECT_EQ(harts[i].trap_value, PROBE_VA);
	}
	*probe_pte = PA_TO_PTE((uint64_t)page_a) | PTE_S_RW;
	remote_sfence(0);
	test_end();

	test_begin("harts that fence each other at the same time all go on");
	for (unsigned int i = 0; i < hart_count; i++)
		ask(&harts[i], SMP_FENCE, 100);
	fence_others(100);
	for (unsigned int i = 0; i < hart_count; i++)
		wait_done(&harts[i]);
	test_end();
}

static void test_timers(void)
{
	test_begin("every hart has a timer of its own, which is never early");
	for (unsigned int i = 0; i < hart_count; i++)
		ask(&harts[i], SMP_TICK, 10);
	for (unsigned int i = 0; i < hart_count; i++) {
		wait_done(&harts[i]);
		EXPECT(harts[i].timers >= 10);
		EXPECT_EQ(harts[i].early, 0);
	}
	test_end();
}

static void test_registers(void)
{
	test_begin("SC fails if another hart has written since LR: no increment is lost");
	shared_count = 0;
	for (unsigned int i = 0; i < hart_count; i++)
		ask(&harts[i], SMP_COUNT, 100000);
	count_up(100000);
	for (unsigned int i = 0; i < hart_count; i++)
		wait_done(&harts[i]);
	EXPECT_EQ(shared_count, 100000 * (hart_count + 1));
	test_end();

	test_begin("every hart has floating-point registers of its own");
	if (!boot_isa('d')) {
		test_skip("no floating point");
	} else {
		for (unsigned int i = 0; i < hart_count; i++)
			ask(&harts[i], SMP_FP, 0x1111111111111111UL * (i + 2));
		EXPECT_EQ(smp_fp_hold(0x1111111111111111UL, read_time() + 50 * TICKS_PER_MS), 0);
		for (unsigned int i = 0; i < hart_count; i++) {
			wait_done(&harts[i]);
			EXPECT_EQ(harts[i].result, 0);
		}
	}
	test_end();
}

/* The machine ends while the others are busy with each other: they must not keep it. */
static void leave_busy(void)
{
	static const enum smp_job jobs[] = { SMP_FENCE, SMP_START, SMP_FENCE, SMP_LOOK };
	uint64_t end = read_time() + 20 * TICKS_PER_MS;

	for (unsigned int i = 0; i < hart_count; i++)
		ask(&harts[i], jobs[i % ARRAY_SIZE(jobs)], ~0UL);
	while (read_time() < end)
		;
}

void guest_main(uint64_t hartid, const void *dtb)
{
	uint64_t ids[SMP_MAX + 1];
	unsigned int count = boot_harts(ids, SMP_MAX + 1);

	(void)dtb;
	boot_hartid = hartid;
	for (unsigned int i = 0; i < count && i <= SMP_MAX && hart_count < SMP_MAX; i++)
		if (ids[i] != hartid && ids[i] < 64) {
			harts[hart_count].index = hart_count;
			harts[hart_count++].hartid = ids[i];
		}
	if (hart_count == 0) {
		test_begin("several harts work together");
		test_skip("this machine has one hart");
		test_end();
		test_finish();
	}
	root = page_root();
	probe_pte = page_entry(root, PROBE_VA, 0);
	*probe_pte = PA_TO_PTE((uint64_t)page_a) | PTE_S_RW;
	test_start();
	test_stop();
	test_suspend();
	test_ipi();
	test_timers();
	test_registers();
	test_rfence();
	leave_busy();
	test_finish();
}
