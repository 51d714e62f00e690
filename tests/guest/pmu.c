/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counters of SBI PMU: firmware's count what a hart calls, hardware's its cycles and
 * instructions, and nothing while they are stopped. With the boot argument "exact", under QEMU's
 * -icount and beside a guest with "spin": nothing of what the other one does is counted.
 * SBI 3.0, "Performance Monitoring Unit Extension"; privileged specification, "scounteren".
 */
#include "guest.h"

#define FW(code)	(0xf0000UL | (code))
#define HW(code)	(code)
#define CALLS		10
#define TICKS_PER_MS	10000UL		/* on QEMU's virt machine */
#define INSNS_PER_TICK	100		/* with -icount shift=0 */
#define SPIN_MS		200
#define ALL_COUNTERS	(~0UL >> (64 - counters))

/* The hardware's: their events, and their numbers, which are their CSRs'. */
static const struct hardware {
	uint64_t event;
	unsigned csr;
	const char *name;
} hardware[] = {
	{ HW(SBI_PMU_HW_CPU_CYCLES), CSR_CYCLE, "cycle" },
	{ HW(SBI_PMU_HW_INSTRUCTIONS), CSR_INSTRET, "instret" },
};

static _Alignas(SBI_PMU_SNAPSHOT_SIZE) volatile uint64_t snapshot[SBI_PMU_SNAPSHOT_SIZE / 8];
static uint64_t self, counters;

static struct sbi_ret pmu(uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	return sbi_call(SBI_EXT_PMU, fid, a0, a1, a2, a3, 0);
}

/* A mask of all firmware counters; the first one's number in *first. */
static uint64_t firmware_counters(uint64_t *first)
{
	uint64_t mask = 0;

	*first = counters;
	for (uint64_t i = counters; i-- > 0;) {
		struct sbi_ret info = pmu(SBI_PMU_COUNTER_GET_INFO, i, 0, 0, 0);

		if (info.error == SBI_SUCCESS && info.value & SBI_PMU_INFO_FIRMWARE)
			*first = i;
	}
	for (uint64_t i = *first; i < counters; i++)
		mask |= 1UL << (i - *first);
	return mask;
}

static void call_timer(void)
{
	sbi_set_timer(~0UL);
}

static void call_ipi(void)
{
	sbi_send_ipi(self);
	csr_clear(CSR_SIP, SIP_SSIP);
}

static void call_fence(void)
{
	sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, 1, self, 0, 0, 0);
}

static void call_fence_vma(void)
{
	sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 1, self, 0, 4096, 0);
}

static void call_fence_asid(void)
{
	sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA_ASID, 1, self, 0, ~0UL, 1);
}

/* Configures a counter, has it count from 100 on, and reads it while it counts and after. */
static void check_event(uint64_t event, void (*call)(void), const char *what)
{
	uint64_t base, mask = firmware_counters(&base), counted;
	struct sbi_ret found = pmu(SBI_PMU_COUNTER_CONFIG_MATCHING, base, mask,
				   SBI_PMU_CONFIG_CLEAR_VALUE, event);

	if (found.error)
		return test_fail("%s: error %ld", what, found.error);
	EXPECT(pmu(SBI_PMU_COUNTER_START, found.value, 1, SBI_PMU_START_SET_INIT_VALUE, 100)
		       .error == SBI_SUCCESS);
	for (int i = 0; i < CALLS; i++)
		call();
	counted = pmu(SBI_PMU_COUNTER_FW_READ, found.value, 0, 0, 0).value;
	if (counted != 100 + CALLS)
		test_fail("%s: %lu, not %d", what, counted, 100 + CALLS);
	EXPECT(pmu(SBI_PMU_COUNTER_STOP, found.value, 1, 0, 0).error == SBI_SUCCESS);
	call();
	EXPECT_EQ(pmu(SBI_PMU_COUNTER_FW_READ, found.value, 0, 0, 0).value, counted);
	EXPECT(pmu(SBI_PMU_COUNTER_STOP, found.value, 1, SBI_PMU_STOP_RESET, 0).error ==
	       SBI_ERR_ALREADY_STOPPED);
}

static void test_events(void)
{
	test_begin("a firmware counter counts its event from its start value until it is stopped");
	check_event(FW(SBI_PMU_FW_SET_TIMER), call_timer, "set_timer");
	check_event(FW(SBI_PMU_FW_IPI_SENT), call_ipi, "send_ipi");
	check_event(FW(SBI_PMU_FW_FENCE_I_SENT), call_fence, "remote_fence_i");
	test_end();

	test_begin("what a hart asks of itself it receives, too");
	check_event(FW(SBI_PMU_FW_IPI_RECEIVED), call_ipi, "IPI");
	check_event(FW(SBI_PMU_FW_FENCE_I_RECEIVED), call_fence, "fence.i");
	check_event(FW(SBI_PMU_FW_SFENCE_VMA_RECEIVED), call_fence_vma, "sfence.vma");
	check_event(FW(SBI_PMU_FW_SFENCE_VMA_ASID_RECEIVED), call_fence_asid, "sfence.vma, ASID");
	test_end();
}

/* ---- Another hart ---- */

static volatile bool other_done;

/* To the first hart by number, and to all; none for itself alone. */
static void other_main(void)
{
	for (int i = 0; i < CALLS; i++) {
		call_ipi();
		sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 0, ~0UL, 0, 0, 0);
		call_fence();
		call_fence_vma();
		call_fence_asid();
		sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 2, self, 0, ~0UL, 0);
	}
	other_done = true;
	for (;;)
		__asm__ volatile("wfi");
}

static uint64_t count_from_now(uint64_t event)
{
	uint64_t base, mask = firmware_counters(&base);
	struct sbi_ret found = pmu(SBI_PMU_COUNTER_CONFIG_MATCHING, base, mask,
				   SBI_PMU_CONFIG_CLEAR_VALUE | SBI_PMU_CONFIG_AUTO_START, event);

	if (found.error)
		test_fail("event 0x%lx: error %ld", event, found.error);
	return found.value;
}

static void test_received(void)
{
	static const struct {
		uint64_t event, wanted;
	} events[] = {
		{ FW(SBI_PMU_FW_IPI_RECEIVED), 2 * CALLS },
		{ FW(SBI_PMU_FW_FENCE_I_RECEIVED), CALLS },
		{ FW(SBI_PMU_FW_SFENCE_VMA_RECEIVED), CALLS },
		{ FW(SBI_PMU_FW_SFENCE_VMA_ASID_RECEIVED), CALLS },
		{ FW(SBI_PMU_FW_IPI_SENT), 0 },
	};
	uint64_t numbers[5];

	test_begin("a hart counts what it receives of another one, not what is for that one");
	for (unsigned i = 0; i < 5; i++)
		numbers[i] = count_from_now(events[i].event);
	if (!hart_start_other(self + 1, other_main))
		return test_skip("only one hart");
	while (!other_done)
		;
	csr_clear(CSR_SIP, SIP_SSIP);
	for (unsigned i = 0; i < 5; i++) {
		EXPECT_EQ(pmu(SBI_PMU_COUNTER_FW_READ, numbers[i], 0, 0, 0).value,
			  events[i].wanted);
		pmu(SBI_PMU_COUNTER_STOP, numbers[i], 1, SBI_PMU_STOP_RESET, 0);
	}
	test_end();
}

static void test_snapshot(void)
{
	uint64_t base, mask = firmware_counters(&base), one;

	test_begin("a snapshot at the stop holds the counter's value, and nothing overflows");
	EXPECT(pmu(SBI_PMU_SNAPSHOT_SET_SHMEM, (uint64_t)snapshot, 0, 0, 0).error == SBI_SUCCESS);
	one = pmu(SBI_PMU_COUNTER_CONFIG_MATCHING, base, mask,
		  SBI_PMU_CONFIG_CLEAR_VALUE | SBI_PMU_CONFIG_AUTO_START,
		  FW(SBI_PMU_FW_SET_TIMER)).value;
	call_timer();
	snapshot[0] = 5;
	EXPECT(pmu(SBI_PMU_COUNTER_STOP, one, 1, SBI_PMU_STOP_TAKE_SNAPSHOT, 0).error ==
	       SBI_SUCCESS);
	EXPECT_EQ(snapshot[0], 0);
	EXPECT_EQ(snapshot[1], 1);
	test_end();
}

/* ---- Hardware counters ---- */

static uint64_t read_counter(const struct hardware *hw)
{
	return hw->csr == CSR_CYCLE ? csr_read(CSR_CYCLE) : csr_read(CSR_INSTRET);
}

static uint64_t number_of(const struct hardware *hw)
{
	return hw->csr - CSR_CYCLE;
}

static int64_t pmu_error(uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	return pmu(fid, a0, a1, a2, a3).error;
}

static void configure(const struct hardware *hw, uint64_t flags)
{
	struct sbi_ret found = pmu(SBI_PMU_COUNTER_CONFIG_MATCHING, 0, ALL_COUNTERS, flags,
				   hw->event);

	if (found.error != SBI_SUCCESS || found.value != number_of(hw))
		test_fail("%s: error %ld, counter %lu", hw->name, found.error, found.value);
}

static int64_t start(const struct hardware *hw, uint64_t flags, uint64_t value)
{
	return pmu_error(SBI_PMU_COUNTER_START, number_of(hw), 1, flags, value);
}

static int64_t stop(const struct hardware *hw, uint64_t flags)
{
	return pmu_error(SBI_PMU_COUNTER_STOP, number_of(hw), 1, flags, 0);
}

static void test_info(void)
{
	test_begin("counters 0 and 2 are cycle and instret, of 64 bits; the others are firmware's");
	for (uint64_t i = 0; i < counters; i++) {
		struct sbi_ret info = pmu(SBI_PMU_COUNTER_GET_INFO, i, 0, 0, 0);

		EXPECT_EQ((uint64_t)info.error, SBI_SUCCESS);
		if (i == 0 || i == 2)
			EXPECT_EQ(info.value, (CSR_CYCLE + i) | 63 << SBI_PMU_INFO_WIDTH_SHIFT);
		else
			EXPECT_EQ(info.value, SBI_PMU_INFO_FIRMWARE);
	}
	EXPECT(pmu_error(SBI_PMU_COUNTER_GET_INFO, counters, 0, 0, 0) == SBI_ERR_INVALID_PARAM);
	EXPECT(pmu_error(SBI_PMU_COUNTER_GET_INFO, ~0UL, 0, 0, 0) == SBI_ERR_INVALID_PARAM);
	test_end();
}

/* From its start value on, not while it is stopped, and on from there. */
static void check_hardware(const struct hardware *hw)
{
	uint64_t first, second;

	configure(hw, SBI_PMU_CONFIG_CLEAR_VALUE);
	EXPECT_EQ(read_counter(hw), 0);
	EXPECT_EQ((uint64_t)start(hw, SBI_PMU_START_SET_INIT_VALUE, 1UL << 62), SBI_SUCCESS);
	first = read_counter(hw);
	second = read_counter(hw);
	EXPECT(first > 1UL << 62 && second > first && second < 1UL << 63);
	EXPECT(start(hw, 0, 0) == SBI_ERR_ALREADY_STARTED);
	EXPECT_EQ((uint64_t)stop(hw, 0), SBI_SUCCESS);
	first = read_counter(hw);
	EXPECT(first > second);
	EXPECT_EQ(read_counter(hw), first);
	EXPECT(stop(hw, 0) == SBI_ERR_ALREADY_STOPPED);
	EXPECT_EQ((uint64_t)start(hw, 0, 0), SBI_SUCCESS);
	second = read_counter(hw);
	EXPECT(second > first && second < 1UL << 63);
	EXPECT_EQ((uint64_t)stop(hw, SBI_PMU_STOP_RESET), SBI_SUCCESS);
	EXPECT(start(hw, 0, 0) == SBI_ERR_INVALID_PARAM);
	configure(hw, SBI_PMU_CONFIG_CLEAR_VALUE | SBI_PMU_CONFIG_AUTO_START);
	first = read_counter(hw);
	EXPECT(first > 0 && first < 1UL << 62);
	EXPECT_EQ((uint64_t)stop(hw, SBI_PMU_STOP_RESET), SBI_SUCCESS);
}

static void test_hardware(void)
{
	test_begin("a hardware counter counts from its start value until it is stopped");
	for (unsigned i = 0; i < ARRAY_SIZE(hardware); i++)
		check_hardware(&hardware[i]);
	test_end();

	test_begin("a snapshot holds what a hardware counter's CSR reads, and starts it again");
	EXPECT(pmu_error(SBI_PMU_SNAPSHOT_SET_SHMEM, (uint64_t)snapshot, 0, 0, 0) == SBI_SUCCESS);
	for (unsigned i = 0; i < ARRAY_SIZE(hardware); i++) {
		const struct hardware *hw = &hardware[i];

		configure(hw, SBI_PMU_CONFIG_CLEAR_VALUE | SBI_PMU_CONFIG_AUTO_START);
		EXPECT(stop(hw, SBI_PMU_STOP_TAKE_SNAPSHOT) == SBI_SUCCESS);
		EXPECT_EQ(snapshot[1], read_counter(hw));
		snapshot[1] = 1UL << 40;
		EXPECT(start(hw, SBI_PMU_START_INIT_SNAPSHOT, 0) == SBI_SUCCESS);
		EXPECT(read_counter(hw) > 1UL << 40);
		EXPECT(stop(hw, SBI_PMU_STOP_RESET) == SBI_SUCCESS);
	}
	test_end();
}

/* Whether U-mode reads the CSR of hw: the cause of what it does next, EBREAK, or of the read. */
static uint64_t cause_in_user(const struct hardware *hw)
{
	uint64_t *root = page_root(), va = 0x40000000;
	uint32_t *page = page_alloc();

	page[0] = hw->csr << 20 | 10 << 7 | FUNCT3_CSRRS << 12 | OPCODE_SYSTEM;
	page[1] = INSN_EBREAK;
	page_map(root, va, (uint64_t)page, PTE_U_RWX, 0);
	__asm__ volatile("fence.i" : : : "memory");
	page_switch(root, 1);
	user_run(va, 0, 0);
	page_off();
	return trap_last.scause;
}

static void test_user(void)
{
	test_begin("U-mode reads a hardware counter if scounteren allows it, and not otherwise");
	for (unsigned i = 0; i < ARRAY_SIZE(hardware); i++) {
		const struct hardware *hw = &hardware[i];

		configure(hw, SBI_PMU_CONFIG_AUTO_START);
		csr_write(CSR_SCOUNTEREN, 1UL << number_of(hw));
		EXPECT_EQ(cause_in_user(hw), EXC_BREAKPOINT);
		EXPECT(trap_last.x[10] != 0);
		csr_write(CSR_SCOUNTEREN, ~(1UL << number_of(hw)) & 7);
		EXPECT_EQ(cause_in_user(hw), EXC_ILLEGAL_INST);
		EXPECT(stop(hw, SBI_PMU_STOP_RESET) == SBI_SUCCESS);
	}
	csr_write(CSR_SCOUNTEREN, COUNTEREN_TM);
	test_end();

	test_begin("a write to a hardware counter is an illegal instruction");
	TRAP(csr_write(CSR_INSTRET, 1));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	TRAP(csr_write(CSR_CYCLE, 1));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	test_end();
}

static int64_t config_error(uint64_t base, uint64_t mask, uint64_t flags, uint64_t event)
{
	return pmu_error(SBI_PMU_COUNTER_CONFIG_MATCHING, base, mask, flags, event);
}

static void test_refused(void)
{
	const struct hardware *cycle = &hardware[0];

	test_begin("a counter takes only its own event, and is read only in its own way");
	EXPECT(config_error(1, 1, 0, cycle->event) == SBI_ERR_NOT_SUPPORTED);
	EXPECT(config_error(2, 1, 0, cycle->event) == SBI_ERR_NOT_SUPPORTED);
	EXPECT(config_error(2, 1, SBI_PMU_CONFIG_SKIP_MATCH, cycle->event) ==
	       SBI_ERR_NOT_SUPPORTED);
	EXPECT(config_error(0, 5, 0, FW(SBI_PMU_FW_SET_TIMER)) == SBI_ERR_NOT_SUPPORTED);
	configure(cycle, SBI_PMU_CONFIG_AUTO_START);
	EXPECT(config_error(0, ALL_COUNTERS, 0, cycle->event) == SBI_ERR_NOT_SUPPORTED);
	EXPECT(pmu_error(SBI_PMU_COUNTER_FW_READ, 0, 0, 0, 0) == SBI_ERR_INVALID_PARAM);
	EXPECT(pmu_error(SBI_PMU_COUNTER_FW_READ_HI, 2, 0, 0, 0) == SBI_ERR_INVALID_PARAM);
	EXPECT(stop(cycle, SBI_PMU_STOP_RESET) == SBI_SUCCESS);
	test_end();

	test_begin("sets beyond the last counter, reserved flags and other events are refused");
	EXPECT(config_error(0, ~0UL, 0, cycle->event) == SBI_ERR_INVALID_PARAM);
	EXPECT(config_error(~0UL, 2, 0, cycle->event) == SBI_ERR_INVALID_PARAM);
	EXPECT(config_error(0, 0, 0, cycle->event) == SBI_ERR_INVALID_PARAM);
	EXPECT(config_error(0, 1, 1UL << 40, cycle->event) == SBI_ERR_INVALID_PARAM);
	for (uint64_t event = 3; event < 12; event++)
		EXPECT(config_error(0, ALL_COUNTERS, 0, HW(event)) == SBI_ERR_NOT_SUPPORTED);
	EXPECT(config_error(0, ALL_COUNTERS, 0, 0) == SBI_ERR_NOT_SUPPORTED);
	EXPECT(config_error(0, ALL_COUNTERS, 0, 1UL << 32 | cycle->event) ==
	       SBI_ERR_NOT_SUPPORTED);
	EXPECT(sbi_call(SBI_EXT_PMU, SBI_PMU_COUNTER_CONFIG_MATCHING, 0, 1, 0, cycle->event, 1)
		       .error == SBI_ERR_NOT_SUPPORTED);
	test_end();
}

static void test_event_info(void)
{
	struct sbi_pmu_event_info *info = (void *)(uintptr_t)snapshot;
	const uint64_t get = SBI_PMU_EVENT_GET_INFO;

	test_begin("event_get_info tells the events that there are, and refuses what is none");
	info[0] = (struct sbi_pmu_event_info){ HW(SBI_PMU_HW_CPU_CYCLES), 0, ~0UL };
	info[1] = (struct sbi_pmu_event_info){ HW(SBI_PMU_HW_INSTRUCTIONS), 0, 0 };
	info[2] = (struct sbi_pmu_event_info){ HW(3), 1, 0 };
	info[3] = (struct sbi_pmu_event_info){ FW(SBI_PMU_FW_SET_TIMER), 0, 0 };
	EXPECT(pmu_error(get, (uint64_t)info, 0, 4, 0) == SBI_SUCCESS);
	EXPECT(info[0].output == 1 && info[0].data == ~0UL && info[1].output == 1);
	EXPECT(info[2].output == 0 && info[3].output == 1);
	info[1].event = 0x40000;
	EXPECT(pmu_error(get, (uint64_t)info, 0, 2, 0) == SBI_ERR_INVALID_PARAM);
	EXPECT(pmu_error(get, (uint64_t)info + 8, 0, 1, 0) == SBI_ERR_INVALID_PARAM);
	EXPECT(pmu_error(get, (uint64_t)info, 0, 1, 1) == SBI_ERR_INVALID_PARAM);
	EXPECT(pmu_error(get, (uint64_t)info, 1, 1, 0) == SBI_ERR_INVALID_ADDRESS);
	EXPECT(pmu_error(get, 0, 0, 1, 0) == SBI_ERR_INVALID_ADDRESS);
	EXPECT(pmu_error(get, (uint64_t)info, 0, ~0UL, 0) == SBI_ERR_INVALID_ADDRESS);
	test_end();
}

/* ---- With -icount, beside a guest that spins ---- */

/* Two instructions a round. */
static void loop(uint64_t rounds)
{
	__asm__ volatile("1: addi %0, %0, -1\n"
			 "bnez %0, 1b" : "+r"(rounds));
}

static void test_exact(void)
{
	const struct hardware *insns = &hardware[1];
	uint64_t counted, begin, machine, million = 1000000;

	test_begin("instructions are those of this hart alone, while others use the machine's");
	configure(insns, SBI_PMU_CONFIG_CLEAR_VALUE | SBI_PMU_CONFIG_AUTO_START);
	begin = read_time();
	counted = read_counter(insns);
	loop(10 * million);
	counted = read_counter(insns) - counted;
	machine = (read_time() - begin) * INSNS_PER_TICK;
	printf("counted %lu of %lu\n", counted, machine);
	EXPECT(counted >= 20 * million && counted < 20 * million + million / 4);
	EXPECT(machine > 30 * million);
	test_end();

	test_begin("the instructions of a sleeping hart stand still");
	counted = read_counter(insns);
	begin = read_time();
	csr_write(CSR_SIE, SIP_STIP);
	sbi_set_timer(begin + 20 * TICKS_PER_MS);
	__asm__ volatile("wfi");
	csr_write(CSR_SIE, 0);
	counted = read_counter(insns) - counted;
	printf("counted %lu of %lu\n", counted, (read_time() - begin) * INSNS_PER_TICK);
	EXPECT(read_time() - begin >= 20 * TICKS_PER_MS && counted < 20000);
	test_end();
}

static void spin(void)
{
	uint64_t begin = read_time();

	while (read_time() - begin < SPIN_MS * TICKS_PER_MS)
		;
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)dtb;
	if (boot_arg("spin"))
		return spin();
	self = hartid;
	test_begin("counters are offered");
	if (sbi_is_opensbi())
		return test_skip("OpenSBI 1.6 traps in M-mode on this");
	if (!sbi_probe(SBI_EXT_PMU))
		return test_skip("no PMU extension");
	counters = pmu(SBI_PMU_NUM_COUNTERS, 0, 0, 0, 0).value;
	EXPECT(counters > 0 && counters <= 64);
	test_end();
	if (boot_arg("exact"))
		return test_exact();
	test_events();
	test_received();
	test_snapshot();
	test_info();
	test_hardware();
	test_user();
	test_refused();
	test_event_info();
}
