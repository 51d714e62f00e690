/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes to the console in every way that there is, in turn, by two harts, before a hart stops and
 * before the machine does. tests/system/console_bytes.py knows what must be shown, and types.
 * SBI 3.0, chapters 5 (legacy), 9 (HSM), 10 (SRST), 12 (DBCN).
 */
#include "guest.h"

#define UART_THR	((volatile uint8_t *)0x10000000)
#define TURNS		8
#define LONG_LINE	3000
#define ROUNDS		40
#define MANY		5200		/* 200 alphabets */
#define DOZE_TICKS	500000UL	/* 50 ms: QEMU's virt machine has 10 MHz */
#define MANY_TRAPS	1000UL		/* so many the first boot leaves behind */

static uint64_t self, other;

static void expect_success(struct sbi_ret ret)
{
	EXPECT(ret.error == SBI_SUCCESS);
	EXPECT_EQ(ret.value, 0);
}

static void put(char byte)
{
	expect_success(sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, (uint64_t)byte, 7, 0, 0, 0));
}

static void put_all(const char *text)
{
	for (; *text; text++)
		put(*text);
}

/* All of it by one call, which may take it in pieces. */
static void write_block(const char *text)
{
	size_t size = strlen(text), done = 0;

	while (done < size) {
		struct sbi_ret ret = sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE, size - done,
					      (uint64_t)(text + done), 0, 0, 0);

		EXPECT(ret.error == SBI_SUCCESS);
		if (ret.error)
			return;
		done += ret.value;
	}
}

static void test_ways(void)
{
	test_begin("bytes, blocks, legacy bytes and the uart's are taken in turn");
	put_all("C: ways ");
	for (unsigned i = 0; i < TURNS; i++) {
		put_all("ab");
		write_block("cd");
		put('e');
		sbi_call(SBI_EXT_LEGACY_PUTCHAR, 0, 'f', 0, 0, 0, 0);
		put_all("gh");
		*UART_THR = 'i';
	}
	put('\n');
	test_end();

	test_begin("a long line is taken byte by byte");
	put_all("C: long ");
	for (unsigned i = 0; i < LONG_LINE; i++)
		put((char)('0' + i % 10));
	put('\n');
	test_end();
}

/* ---- Two harts ---- */

static volatile unsigned turn;

static void wait_turn(unsigned wanted)
{
	while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != wanted)
		__asm__ volatile("wfi");
	csr_clear(CSR_SIP, SIP_SSIP);
}

static void pass_turn(unsigned next, uint64_t hartid)
{
	__atomic_store_n(&turn, next, __ATOMIC_RELEASE);
	sbi_send_ipi(hartid);
}

/* Letters of the alphabet from first on, again and again. */
static void put_many(char first)
{
	for (unsigned i = 0; i < MANY; i++)
		put((char)(first + i % 26));
}

static void other_main(void)
{
	csr_write(CSR_SIE, SIP_SSIP);
	for (unsigned i = 0; i < ROUNDS; i++) {
		wait_turn(2 * i + 1);
		put_all("cd");
		pass_turn(2 * i + 2, self);
	}
	wait_turn(2 * ROUNDS + 1);
	put_many('A');
	pass_turn(2 * ROUNDS + 2, self);
	wait_turn(2 * ROUNDS + 3);
	put_all("C: its last words");
	sbi_call(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0, 0, 0, 0, 0);
}

static bool other_stopped(void)
{
	return sbi_call(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, other, 0, 0, 0, 0).value ==
	       SBI_HSM_STATE_STOPPED;
}

static void test_harts(void)
{
	uint64_t ids[2];

	test_begin("two harts write in turn");
	if (boot_harts(ids, 2) < 2)
		return test_skip("there is one hart");
	other = ids[ids[0] == self];
	EXPECT(hart_start_other(other, other_main));
	csr_write(CSR_SIE, SIP_SSIP);
	put_all("C: harts ");
	for (unsigned i = 0; i < ROUNDS; i++) {
		put_all("ab");
		pass_turn(2 * i + 1, other);
		wait_turn(2 * i + 2);
	}
	put('\n');
	test_end();

	test_begin("two harts write at once");
	put_all("C: both ");
	pass_turn(2 * ROUNDS + 1, other);
	put_many('a');
	wait_turn(2 * ROUNDS + 2);
	put('\n');
	test_end();

	test_begin("a hart that writes and stops has written");
	pass_turn(2 * ROUNDS + 3, other);
	while (!other_stopped())
		;
	put_all(" and mine\n");
	test_end();
}

/* ---- With whoever types ---- */

static void spin(void)
{
}

static void doze(void)
{
	sbi_set_timer(read_time() + DOZE_TICKS);
	csr_write(CSR_SIE, SIP_STIP);
	__asm__ volatile("wfi");
	csr_write(CSR_SIE, 0);
}

/* A prompt, and then nothing that would show it: no output, no end. */
static void talk(const char *prompt, void (*wait)(void))
{
	char byte = 0;

	put_all(prompt);
	while (byte == 0) {
		wait();
		sbi_call(SBI_EXT_DBCN, SBI_DBCN_READ, 1, (uint64_t)&byte, 0, 0, 0);
	}
	put_all("got ");
	put(byte);
	put('\n');
}

static void reset(uint64_t type)
{
	sbi_call(SBI_EXT_SRST, 0, type, SBI_SRST_REASON_NONE, 0, 0, 0);
}

void guest_main(uint64_t hartid, const void *dtb)
{
	struct sbi_ret traps = sbi_call(STRATA_EID, STRATA_FN_COUNTER_READ, STRATA_COUNTER_TRAPS,
					0, 0, 0, 0);

	(void)dtb;
	self = hartid;
	if (traps.value > MANY_TRAPS) {
		put_all("\nC: before the end");
		reset(SBI_SRST_TYPE_SHUTDOWN);
	}
	test_ways();
	test_harts();
	talk("C: prompt> ", spin);
	talk("C: sleeper> ", doze);
	put_all("C: before the reboot");
	reset(SBI_SRST_TYPE_COLD_REBOOT);
}
