/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every SBI extension with every function and arguments at every edge; numbers of extensions that
 * there are not by the thousand. Each call answers with an error of the specification or succeeds,
 * keeps all registers but a0 and a1, and writes no memory but what it was given.
 * SBI 3.0. For Strata alone: OpenSBI's default domain lets a guest destroy itself.
 *
 * Boot arguments: seed=N, full; or how it is to end: end=stop, end=start, end=suspend.
 */
#include "hostile.h"

#define NOWHERE		0x2000000000UL
#define RAM		0x80000000UL	/* nothing of ours lies in its first 2 MiB */
#define RAM_END		(ram_base + ram_size)
#define FUNCTIONS	16
#define UNKNOWN_EIDS	4000

static uint64_t ram_base, ram_size, self, other;
static bool full;
/* What calls are given to write to, between two pages that nobody is told of. */
static struct {
	uint8_t before[4096], given[8192], behind[4096];
} memory __attribute__((aligned(4096)));
static const uint64_t eids[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, SBI_EXT_BASE, SBI_EXT_TIME, SBI_EXT_IPI, SBI_EXT_RFENCE,
	SBI_EXT_HSM, SBI_EXT_SRST, SBI_EXT_DBCN, SBI_EXT_SUSP, SBI_EXT_STA, SBI_EXT_PMU,
	SBI_EXT_FWFT, SBI_EXT_SSE, SBI_EXT_DBTR, SBI_EXT_MPXY, SBI_EXT_CPPC, SBI_EXT_NACL,
	STRATA_EID,
};

/* Where the other hart waits, whatever wakes it. */
extern char parked[];
__asm__(".balign 4\nparked:\n\twfi\n\tj parked\n");

/* ---- Arguments ---- */

#define EDGES		32U

static uint64_t edge(unsigned int i)
{
	const uint64_t edges[EDGES] = {
		0, 1, 2, 3, 4, 7, 16, 4095, 4096, 0x10000, ~0UL, ~1UL, ~7UL, ~4095UL,
		1UL << 31, 1UL << 32, 1UL << 63, (1UL << 63) - 1, 0xffffffff, ram_base,
		ram_base - 1, RAM_END, RAM_END - 1, RAM_END - 8, (uintptr_t)memory.given,
		(uintptr_t)memory.given + 1, (uintptr_t)memory.given + 64, NOWHERE, 0x10000000,
		0x0c000000, self, other,
	};

	return edges[i % EDGES];
}

/* Memory that is ours to lose, so that a call may write up to 64 KiB from there. */
static bool may_lose(uint64_t address)
{
	return address < ram_base || address >= RAM_END - 8 || address < RAM + 0x10000 ||
	       (address >= (uintptr_t)memory.given && address < (uintptr_t)memory.behind);
}

/* Calls that end, stop or move this hart, or have it shout, if they are granted. */
static bool kills(uint64_t eid, uint64_t fid, const uint64_t *a)
{
	switch (eid) {
	case SBI_EXT_LEGACY_SHUTDOWN:
	case SBI_EXT_LEGACY_PUTCHAR:
		return true;
	case SBI_EXT_SRST:
		return fid == SBI_SRST_RESET && (uint32_t)a[0] <= SBI_SRST_TYPE_WARM_REBOOT &&
		       (uint32_t)a[1] <= SBI_SRST_REASON_SYSTEM_FAILURE;
	case SBI_EXT_HSM:
		return fid == SBI_HSM_HART_STOP ||
		       (fid == SBI_HSM_HART_START && a[1] >= ram_base && a[1] < RAM_END) ||
		       (fid == SBI_HSM_HART_SUSPEND &&
			(uint32_t)a[0] == SBI_HSM_SUSPEND_NON_RETENTIVE && a[1] >= ram_base &&
			a[1] < RAM_END);
	case SBI_EXT_SUSP:
		return fid == 0 && (uint32_t)a[0] == 0 && a[1] >= ram_base && a[1] < RAM_END;
	case SBI_EXT_DBCN:
		return fid == SBI_DBCN_WRITE_BYTE || (fid == SBI_DBCN_WRITE && a[0] > 7);
	case STRATA_EID:
		return ((fid >= STRATA_FN_CSR_READ && fid <= STRATA_FN_CSR_CLEAR) &&
			(a[0] == CSR_STVEC || a[0] == CSR_SATP || a[0] == CSR_SSTATUS)) ||
		       (fid == STRATA_FN_IRET && a[0] != 1UL << 63);
	default:
		return false;
	}
}

/* Would it write to memory that we need? All that do have an address in a0 or a1. */
static bool writes_ours(uint64_t eid, uint64_t fid, const uint64_t *a)
{
	switch (eid) {
	case SBI_EXT_DBCN:
		return fid == SBI_DBCN_READ && !may_lose(a[1]);
	case SBI_EXT_STA:
	case SBI_EXT_PMU:
		return !may_lose(a[0]);
	case STRATA_EID:
		return !may_lose(a[1]);
	default:
		return false;
	}
}

/* ---- Calls ---- */

struct answer {
	uint64_t a0, a1;
	uint64_t kept[6];	/* a2 to a7 afterwards */
};

static struct answer call(uint64_t eid, uint64_t fid, const uint64_t *a)
{
	register uint64_t a0 __asm__("a0") = a[0];
	register uint64_t a1 __asm__("a1") = a[1];
	register uint64_t a2 __asm__("a2") = a[2];
	register uint64_t a3 __asm__("a3") = a[3];
	register uint64_t a4 __asm__("a4") = a[4];
	register uint64_t a5 __asm__("a5") = a[5];
	register uint64_t a6 __asm__("a6") = fid;
	register uint64_t a7 __asm__("a7") = eid;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6),
			   "+r"(a7)
			 :
			 : "memory");
	return (struct answer){ a0, a1, { a2, a3, a4, a5, a6, a7 } };
}

/* A hart mask of a legacy call that cannot be read is a fault of ours. Return: it answered. */
static __attribute__((noinline)) bool answers(uint64_t eid, uint64_t fid, const uint64_t *a,
					      struct answer *got)
{
	TRAP(*got = call(eid, fid, a));
	return trap_last.scause == NO_TRAP;
}

/* An interrupt for what waits for one: the calls that block. */
static void wake_soon(uint64_t eid, uint64_t fid)
{
	if ((eid == SBI_EXT_HSM && fid == SBI_HSM_HART_SUSPEND) ||
	    (eid == STRATA_EID && fid == STRATA_FN_BLOCK)) {
		sbi_set_timer(0);
		csr_write(CSR_SIE, SIP_STIP);
	}
}

static void one(uint64_t eid, uint64_t fid, const uint64_t *a)
{
	const uint64_t kept[6] = { a[2], a[3], a[4], a[5], fid, eid };
	bool legacy = eid <= SBI_EXT_LEGACY_SHUTDOWN;
	struct answer got;
	int64_t error;

	if (kills(eid, fid, a) || writes_ours(eid, fid, a))
		return;
	wake_soon(eid, fid);
	if (legacy && !answers(eid, fid, a, &got))
		return;
	if (!legacy)
		got = call(eid, fid, a);
	error = (int64_t)got.a0;
	if (memcmp(got.kept, kept, sizeof(kept)) != 0)
		test_fail("0x%lx/%lu changes a register", eid, fid);
	if (legacy ? got.a1 != a[1] : error > 0 || error < SBI_ERR_LAST)
		test_fail("0x%lx/%lu(0x%lx, 0x%lx, 0x%lx) answers %ld, 0x%lx", eid, fid, a[0],
			  a[1], a[2], error, got.a1);
	if (!legacy && error && got.a1 != 0)
		test_fail("0x%lx/%lu: error %ld with value 0x%lx", eid, fid, error, got.a1);
}

static void quiet(void)
{
	static const uint64_t off[6] = { ~0UL, ~0UL, 0, 0, 0, 0 };

	static const uint64_t none[6];

	call(STRATA_EID, STRATA_FN_SET_TRAP_TABLE, none);
	call(SBI_EXT_STA, SBI_STA_SET_SHMEM, off);
	call(SBI_EXT_PMU, SBI_PMU_SNAPSHOT_SET_SHMEM, off);
	csr_write(CSR_SIE, 0);
	csr_write(CSR_SIP, 0);
	sbi_set_timer(~0UL);
}

/* ---- Tests ---- */

static void canaries_set(void)
{
	memset(memory.before, 0xa5, sizeof(memory.before));
	memset(memory.behind, 0x5a, sizeof(memory.behind));
}

static void canaries_check(void)
{
	for (unsigned int i = 0; i < sizeof(memory.before); i++)
		if (memory.before[i] != 0xa5 || memory.behind[i] != 0x5a)
			return test_fail("memory beside what was given is written, byte %u", i);
}

/* Every pair of edges as a0 and a1 (with full also each as a2); by chance what follows. */
static void sweep_function(uint64_t eid, uint64_t fid)
{
	for (unsigned int i = 0; i < EDGES * EDGES * (full ? EDGES : 1); i += full ? 1 : 3) {
		const uint64_t a[6] = { edge(i), edge(i / EDGES),
					edge(full ? i / EDGES / EDGES :
						    (unsigned int)(hostile_random() >> 40)),
					edge((unsigned int)(hostile_random() >> 33)),
					edge((unsigned int)(hostile_random() >> 50)),
					hostile_random() };

		one(eid, fid, a);
	}
	quiet();
}

static void test_functions(void)
{
	static const uint64_t odd[] = { 31, 32, 0xffff, 1UL << 31, ~0UL };

	test_begin("every function of every extension answers by the specification at every edge");
	canaries_set();
	for (unsigned int i = 0; i < ARRAY_SIZE(eids); i++) {
		bool there = sbi_probe(eids[i]);

		/* An absent one looks at no argument. */
		for (uint64_t fid = 0; fid < (there ? FUNCTIONS : 1); fid++)
			sweep_function(eids[i], fid);
		for (unsigned int j = 0; j < ARRAY_SIZE(odd) && eids[i] >= SBI_EXT_BASE; j++) {
			const uint64_t a[6] = { edge(i), edge(j), 0, 0, 0, 0 };

			one(eids[i], odd[j], a);
			EXPECT_EQ(call(eids[i], odd[j], a).a0, (uint64_t)SBI_ERR_NOT_SUPPORTED);
		}
	}
	canaries_check();
	test_end();
}

static void test_unknown(void)
{
	test_begin("thousands of extensions that are not there answer NOT_SUPPORTED, probe 0");
	for (unsigned int i = 0; i < UNKNOWN_EIDS; i++) {
		uint64_t r = hostile_random(), known = eids[r % ARRAY_SIZE(eids)];
		uint64_t eid = i % 4 == 0 ? r : i % 4 == 1 ? r >> 32 : i % 4 == 2 ?
			       known | (r | 1UL << 40) << 32 : known ^ 1UL << (r >> 8) % 64;
		const uint64_t a[6] = { edge(i), edge(i / EDGES), r, r, r, r };
		bool listed = false;

		for (unsigned int j = 0; j < ARRAY_SIZE(eids); j++)
			listed = listed || eids[j] == eid;
		if (listed)
			continue;
		one(eid, r >> 20 & 31, a);
		EXPECT_EQ(call(eid, r >> 20 & 31, a).a0, (uint64_t)SBI_ERR_NOT_SUPPORTED);
		EXPECT(!sbi_probe(eid));
	}
	test_end();
}

static void test_harts(void)
{
	const uint64_t start[6] = { other, (uintptr_t)parked, 0, 0, 0, 0 };
	int64_t error = (int64_t)call(SBI_EXT_HSM, SBI_HSM_HART_START, start).a0;

	test_begin("hart masks that name anybody else's hart, or wrap around, are INVALID_PARAM");
	if (other != self)
		EXPECT_EQ((uint64_t)error, SBI_SUCCESS);
	for (unsigned int bit = 0; bit < 64; bit++)
		for (unsigned int i = 0; i < EDGES; i++) {
			uint64_t base = edge(i), hart = base + bit;
			const uint64_t a[6] = { 1UL << bit, base, 0, 0, 0, 0 };
			bool ours = base == ~0UL ||
				    (hart >= base && (hart == self || hart == other));
			uint64_t expected = ours ? SBI_SUCCESS : (uint64_t)SBI_ERR_INVALID_PARAM;

			EXPECT_EQ(call(SBI_EXT_IPI, 0, a).a0, expected);
			for (uint64_t fid = 0; fid < SBI_RFENCE_HFENCE_GVMA_VMID; fid++)
				EXPECT_EQ(call(SBI_EXT_RFENCE, fid, a).a0, expected);
		}
	quiet();
	test_end();
}

/*
 * The calls that by definition end the caller. There is nothing at the beginning of RAM: a hart
 * that starts there finds zeros, which are no instruction, and has no handler.
 */
static void endings(const char *end)
{
	static const uint64_t none[6];
	const uint64_t start[6] = { other, RAM, 0, 0, 0, 0 };
	const uint64_t suspend[6] = { SBI_HSM_SUSPEND_NON_RETENTIVE, RAM, 0, 0, 0, 0 };

	printf("hostile_sbi: ends by %s\n", end);
	sbi_set_timer(0);
	csr_write(CSR_SIE, SIP_STIP);
	if (strncmp(end, "start", 5) == 0)
		call(SBI_EXT_HSM, SBI_HSM_HART_START, start);
	if (strncmp(end, "suspend", 7) == 0)
		call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, suspend);
	else
		call(SBI_EXT_HSM, SBI_HSM_HART_STOP, none);
	test_begin("it has ended");
	test_fail("it goes on");
}

void guest_main(uint64_t hartid, const void *dtb)
{
	uint64_t harts[2] = { hartid, hartid };

	(void)dtb;
	self = hartid;
	boot_harts(harts, ARRAY_SIZE(harts));
	other = harts[0] == self ? harts[1] : harts[0];
	full = boot_arg("full") != NULL;
	hostile_state ^= hostile_number("seed", 1) * 0x100000001b3;
	if (!sbi_probe(STRATA_EID) || !boot_memory(&ram_base, &ram_size)) {
		test_begin("a hypervisor is there");
		return test_skip("no Strata");
	}
	if (boot_arg("end"))
		return endings(boot_arg("end"));
	test_harts();
	test_functions();
	test_unknown();
}
