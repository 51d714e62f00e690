/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts that sleep for short times, and so change places under a hypervisor that has fewer, while
 * they fence each other, and with interrupts pending in their files. SBI 2.0, chapter 8 (RFENCE);
 * RISC-V Advanced Interrupt Architecture 1.0, chapter 3.
 */
#include <riscv/aia.h>
#include "guest.h"
#include "smp.h"

#define TICKS_PER_MS	10000UL		/* QEMU's virt machine: 10 MHz */
#define PATIENCE	(60000 * TICKS_PER_MS)
#define FENCES		128U
#define FENCES_AWAKE	8U		/* between two sleeps */
#define SLEEP_TICKS	200UL

/* The machine of dts/aia.dtsi. A hart's own identities are below those that others send it. */
#define IMSIC		0x28000000UL
#define OWN_WORDS	3U
#define OTHERS_FIRST	192U
#define ROUNDS		60U		/* less than there are identities from OTHERS_FIRST on */
#define SENT		12U

static struct smp_hart harts[SMP_MAX];
static unsigned int hart_total;
static uint64_t boot_hartid;

static void sleep_ticks(uint64_t ticks)
{
	uint64_t end = read_time() + ticks;

	sbi_set_timer(end);
	csr_write(CSR_SIE, SIP_STIP);
	while (read_time() < end)
		__asm__ volatile("wfi");
	csr_write(CSR_SIE, 0);
	sbi_set_timer(~0UL);
}

static uint64_t fence_and_sleep(uint64_t index)
{
	uint64_t failed = 0;

	for (unsigned i = 0; i < FENCES; i++) {
		failed += sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 0, ~0UL, 0, ~0UL, 0)
				  .error != SBI_SUCCESS;
		if (i % FENCES_AWAKE == 0)
			sleep_ticks(SLEEP_TICKS + 37 * index);
	}
	return failed;
}

/* ---- Interrupt files ---- */

struct file {
	uint64_t state;			/* of its random numbers */
	uint64_t sent[OWN_WORDS], enabled[OWN_WORDS], threshold;
	uint64_t others;		/* what others have sent, by now */
};

static uint64_t random_of(struct file *file)
{
	file->state ^= file->state >> 12;
	file->state ^= file->state << 25;
	file->state ^= file->state >> 27;
	return file->state * 0x2545f4914f6cdd1dUL >> 8;
}

static uint64_t sireg_swap(uint64_t select, uint64_t value)
{
	csr_write(CSR_SISELECT, select);
	return csr_swap(CSR_SIREG, value);
}

static uint64_t sireg_read(uint64_t select)
{
	csr_write(CSR_SISELECT, select);
	return csr_read(CSR_SIREG);
}

static void msi(uint64_t hartid, uint64_t identity)
{
	*(volatile uint32_t *)(IMSIC + hartid * 0x1000 + IMSIC_SETEIPNUM_LE) = (uint32_t)identity;
	/* An MSI is a store to a device, and its effect is seen in a CSR. */
	__asm__ volatile("fence iorw, iorw" : : : "memory");
}

static void file_fill(struct file *file)
{
	file->threshold = random_of(file) % 2 ? 0 : 1 + random_of(file) % 191;
	sireg_swap(IMSIC_EIDELIVERY, 1);
	sireg_swap(IMSIC_EITHRESHOLD, file->threshold);
	for (unsigned int i = 0; i < OWN_WORDS; i++) {
		file->sent[i] = 0;
		file->enabled[i] = (random_of(file) | random_of(file) << 20) & (i ? ~0UL : ~1UL);
		sireg_swap(IMSIC_EIE0 + 2 * i, file->enabled[i]);
	}
	sireg_swap(IMSIC_EIE0 + 2 * OWN_WORDS, 0);
}

static void file_send(struct file *file, uint64_t hartid)
{
	for (unsigned int i = 0; i < SENT; i++) {
		uint64_t identity = 1 + random_of(file) % (64 * OWN_WORDS - 1);

		file->sent[identity / 64] |= 1UL << identity % 64;
		msi(hartid, identity);
	}
}

/* How many registers are not what was written, or what MSIs have made of them. */
static uint64_t file_compare(const struct file *file)
{
	uint64_t wrong = sireg_read(IMSIC_EIDELIVERY) != 1;

	wrong += sireg_read(IMSIC_EITHRESHOLD) != file->threshold;
	for (unsigned int i = 0; i < OWN_WORDS; i++) {
		wrong += sireg_read(IMSIC_EIE0 + 2 * i) != file->enabled[i];
		wrong += sireg_read(IMSIC_EIP0 + 2 * i) != file->sent[i];
	}
	return wrong;
}

/* Claim all that may be, the least first; clear the rest. */
static uint64_t file_claim(const struct file *file)
{
	uint64_t wrong = 0;

	for (uint64_t id = 1; id < 64 * OWN_WORDS; id++) {
		bool due = file->sent[id / 64] & file->enabled[id / 64] & 1UL << id % 64 &&
			   (file->threshold == 0 || id < file->threshold);

		if (due)
			wrong += csr_swap(CSR_STOPEI, 0) >> 16 != id;
	}
	wrong += csr_read(CSR_STOPEI) != 0;
	for (unsigned int i = 0; i < OWN_WORDS; i++)
		sireg_swap(IMSIC_EIP0 + 2 * i, 0);
	return wrong;
}

/* What others have sent is taken out of the file; twice is once too often. */
static uint64_t file_take_others(struct file *file)
{
	uint64_t got = sireg_read(IMSIC_EIP0 + 2 * OWN_WORDS), wrong = (got & file->others) != 0;

	csr_clear(CSR_SIREG, got);
	file->others |= got;
	return wrong;
}

/* What a hart does with its file, and sends to the next hart's. Return: how much went wrong. */
static uint64_t files_and_sleep(unsigned int index, uint64_t hartid, uint64_t next)
{
	struct file file = { .state = 0x9e3779b97f4a7c15 + index };
	uint64_t failed = 0, all = (1UL << ROUNDS) - 1, end;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		file_fill(&file);
		file_send(&file, hartid);
		sleep_ticks(SLEEP_TICKS + 37 * index);
		file_send(&file, hartid);
		msi(next, OTHERS_FIRST + i);
		sleep_ticks(SLEEP_TICKS + 53 * index);
		failed += file_compare(&file) + file_claim(&file) + file_take_others(&file);
	}
	end = read_time() + PATIENCE;
	while (file.others != all && read_time() < end) {
		sleep_ticks(TICKS_PER_MS);
		failed += file_take_others(&file);
	}
	return failed + (file.others != all);
}

static uint64_t hartid_of(unsigned int index)
{
	return index == 0 ? boot_hartid : harts[index - 1].hartid;
}

static uint64_t run_files(unsigned int index)
{
	return files_and_sleep(index, hartid_of(index), hartid_of((index + 1) % hart_total));
}

void smp_main(struct smp_hart *hart)
{
	if (hart->argument)
		hart->result = run_files((unsigned int)hart->index);
	else
		hart->result = fence_and_sleep(hart->index);
	__atomic_store_n(&hart->done, 1, __ATOMIC_SEQ_CST);
	for (;;)
		sbi_call(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0, 0, 0, 0, 0);
}

/* Interrupts are off: nothing comes here but what fails the test. */
uint64_t smp_trap(struct smp_hart *hart, uint64_t scause, uint64_t stval)
{
	(void)stval;
	hart->trap_cause = scause;
	return 4;
}

static void test_all(const char *sentence, unsigned count, bool files)
{
	uint64_t end;

	test_begin(sentence);
	if (count == 0) {
		test_skip("one hart");
		test_end();
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		harts[i].done = 0;
		harts[i].argument = files;
		EXPECT_EQ((uint64_t)sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, harts[i].hartid,
					     (uint64_t)smp_entry, (uint64_t)&harts[i], 0, 0).error,
			  SBI_SUCCESS);
	}
	EXPECT_EQ(files ? run_files(0) : fence_and_sleep(0), 0);
	end = read_time() + PATIENCE;
	for (unsigned i = 0; i < count; i++) {
		while (!__atomic_load_n(&harts[i].done, __ATOMIC_SEQ_CST) && read_time() < end)
			sleep_ticks(TICKS_PER_MS);
		EXPECT_EQ(harts[i].done, 1);
		EXPECT_EQ(harts[i].result, 0);
		EXPECT_EQ(harts[i].trap_cause, 0);
	}
	/* Where they stop, before they are started again. */
	for (unsigned i = 0; i < count; i++)
		while (sbi_call(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, harts[i].hartid, 0, 0, 0, 0)
			       .value != SBI_HSM_STATE_STOPPED && read_time() < end)
			sleep_ticks(TICKS_PER_MS);
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	uint64_t hartids[SMP_MAX + 1];
	unsigned found, count = 0;

	fdt_use(dtb);
	found = boot_harts(hartids, SMP_MAX + 1);
	for (unsigned i = 0; i < found; i++) {
		if (hartids[i] == hartid || count == SMP_MAX)
			continue;
		harts[count].hartid = hartids[i];
		harts[count].index = count + 1;
		count++;
	}
	hart_total = count + 1;
	boot_hartid = hartid;
	test_all("harts that sleep and wake while they fence each other all go on", count, false);
	test_all("an interrupt file keeps all it has, and loses no MSI, as its hart moves", count,
		 true);
	test_finish();
}
