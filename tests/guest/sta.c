/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steal time: what a hart is told of the time that others took from it, here a second hart of the
 * same VM on the same host hart. SBI 3.0, "Steal-time Accounting Extension".
 */
#include "guest.h"

#define NOWHERE		0x2000000000UL	/* neither memory nor device */
#define TICKS_PER_MS	10000UL		/* on QEMU's virt machine */
#define NS_PER_MS	1000000UL

static uint64_t self;
static _Alignas(64) struct {
	struct sbi_sta_shmem shmem;
	uint8_t rest[128 - sizeof(struct sbi_sta_shmem)];
} memory;

static int64_t set_shmem(uint64_t low, uint64_t high, uint64_t flags)
{
	return sbi_call(SBI_EXT_STA, SBI_STA_SET_SHMEM, low, high, flags, 0, 0).error;
}

static uint64_t steal_ns(void)
{
	volatile struct sbi_sta_shmem *shmem = &memory.shmem;
	uint32_t sequence;
	uint64_t ns;

	do {
		sequence = shmem->sequence;
		ns = shmem->steal;
	} while (sequence & 1 || sequence != shmem->sequence);
	return ns;
}

static void wait_ms(uint64_t ms)
{
	uint64_t begin = read_time();

	while (read_time() - begin < ms * TICKS_PER_MS)
		;
}

static void test_errors(void)
{
	test_begin("set_shmem refuses flags, an address that is not aligned, and no memory");
	EXPECT(set_shmem((uint64_t)&memory, 0, 1) == SBI_ERR_INVALID_PARAM);
	EXPECT(set_shmem((uint64_t)&memory + 32, 0, 0) == SBI_ERR_INVALID_PARAM);
	EXPECT(set_shmem((uint64_t)&memory, 1, 0) == SBI_ERR_INVALID_ADDRESS);
	EXPECT(set_shmem(NOWHERE, 0, 0) == SBI_ERR_INVALID_ADDRESS);
	EXPECT(set_shmem(0UL - 64, 0, 0) == SBI_ERR_INVALID_ADDRESS);
	EXPECT(sbi_call(SBI_EXT_STA, 1, 0, 0, 0, 0, 0).error == SBI_ERR_NOT_SUPPORTED);
	test_end();

	test_begin("set_shmem clears 64 bytes and no more");
	for (unsigned int i = 0; i < sizeof(memory); i++)
		((uint8_t *)&memory)[i] = 0xff;
	EXPECT(set_shmem((uint64_t)&memory, 0, 0) == SBI_SUCCESS);
	EXPECT_EQ(memory.shmem.flags, 0);
	EXPECT_EQ(((uint8_t *)&memory)[63], 0);
	EXPECT_EQ(((uint8_t *)&memory)[64], 0xff);
	test_end();
}

static volatile uint64_t other_turns;

/* The other hart counts, for ever. */
static void other_main(void)
{
	for (;;)
		other_turns++;
}

static void test_stolen(void)
{
	uint64_t begin, elapsed_ns, other = self + 1;

	test_begin("what another hart runs is stolen from this one");
	if (!hart_start_other(other, other_main))
		return test_skip("only one hart");
	while (other_turns == 0)
		;
	EXPECT(set_shmem((uint64_t)&memory, 0, 0) == SBI_SUCCESS);
	begin = read_time();
	wait_ms(400);
	elapsed_ns = (read_time() - begin) * (NS_PER_MS / TICKS_PER_MS);
	printf("T: stolen %lu of %lu ms\n", steal_ns() / NS_PER_MS, elapsed_ns / NS_PER_MS);
	EXPECT(steal_ns() > elapsed_ns / 4 && steal_ns() < elapsed_ns / 4 * 3);
	EXPECT_EQ(memory.shmem.preempted, 0);
	test_end();

	test_begin("after set_shmem with an address of all ones the memory is left alone");
	EXPECT(set_shmem(~0UL, ~0UL, 0) == SBI_SUCCESS);
	memory.shmem.sequence = 77;
	wait_ms(50);
	EXPECT_EQ(memory.shmem.sequence, 77);
	EXPECT_EQ(memory.shmem.preempted, 0);
	test_end();
}

static void test_idle(void)
{
	uint64_t begin = read_time();

	test_begin("a hart that waits loses nothing");
	EXPECT(set_shmem((uint64_t)&memory, 0, 0) == SBI_SUCCESS);
	csr_write(CSR_SIE, SIP_STIP);
	sbi_set_timer(begin + 100 * TICKS_PER_MS);
	while (read_time() - begin < 100 * TICKS_PER_MS)
		__asm__ volatile("wfi");
	csr_write(CSR_SIE, 0);
	sbi_set_timer(~0UL);
	EXPECT(steal_ns() < 50 * NS_PER_MS);
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)dtb;
	self = hartid;
	if (!sbi_probe(SBI_EXT_STA)) {
		test_begin("steal time is offered");
		return test_skip("no STA extension");
	}
	test_errors();
	test_idle();
	test_stolen();
}
