/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating point under sstatus.FS: Off, Initial, Clean, Dirty, from S and U, and registers that
 * survive traps, calls and sleep. Privileged specification, "Extension Context Status".
 */
#include "guest.h"

#define USER_CODE	0x40000000UL

static uint64_t state[33], seen[33];

/* The test guests are built without F and D: these few words are all the floating point. */
#define FP_ASM(text)	".option push\n\t.option arch, +f, +d\n\t" text "\n\t.option pop\n\t"
#define EACH_F(insn)                                                                               \
	".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,"    \
	"29,30,31\n\t" insn " f\\n, (\\n * 8)(%0)\n\t.endr"

static void fs_set(uint64_t fs)
{
	csr_clear(CSR_SSTATUS, SSTATUS_FS);
	csr_set(CSR_SSTATUS, fs);
}

static uint64_t fs_get(void)
{
	return csr_read(CSR_SSTATUS) & SSTATUS_FS;
}

static void fp_load(void)
{
	__asm__ volatile(FP_ASM(EACH_F("fld")) : : "r"(state) : "memory");
	__asm__ volatile(FP_ASM("fscsr %0") : : "r"(state[32]));
}

static void fp_store(void)
{
	__asm__ volatile(FP_ASM(EACH_F("fsd")) : : "r"(seen) : "memory");
	__asm__ volatile(FP_ASM("frcsr %0") : "=r"(seen[32]));
}

/* Numbers that no boxing or rounding changes, different for each seed. */
static void state_make(uint64_t seed)
{
	for (uint64_t i = 0; i < 32; i++)
		state[i] = 0x3ff0000000000000 + seed * 0x10001 + i * 0x100000001;
	state[32] = (seed & 0x1f) | (seed & 3) << 5;
}

static void expect_kept(void)
{
	memset(seen, 0, sizeof(seen));
	fp_store();
	for (unsigned int i = 0; i < 33; i++)
		EXPECT_EQ(seen[i], state[i]);
}

static void test_off(void)
{
	uint64_t word = 0;

	test_begin("with FS = Off every FP instruction and FP CSR access is illegal");
	fs_set(SSTATUS_FS_OFF);
	TRAP(__asm__ volatile(FP_ASM("fld f0, 0(%0)") : : "r"(state)));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	TRAP(__asm__ volatile(FP_ASM("fsd f0, 0(%0)") : : "r"(seen) : "memory"));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	TRAP(__asm__ volatile(FP_ASM("fadd.d f0, f0, f0")));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	TRAP(__asm__ volatile(FP_ASM("fmv.x.d %0, f0") : "=r"(word)));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	TRAP(__asm__ volatile(FP_ASM("frcsr %0") : "=r"(word)));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	TRAP(__asm__ volatile(FP_ASM("fsflags zero")));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	EXPECT_EQ(fs_get(), SSTATUS_FS_OFF);
	EXPECT_EQ(csr_read(CSR_SSTATUS) & SSTATUS_SD, 0);
	test_end();
}

static void test_dirty(void)
{
	static const uint64_t from[] = { SSTATUS_FS_INITIAL, SSTATUS_FS_CLEAN, SSTATUS_FS_DIRTY };

	test_begin("a write of an FP register makes FS Dirty and SD 1");
	for (unsigned int i = 0; i < ARRAY_SIZE(from); i++) {
		fs_set(from[i]);
		EXPECT_EQ(fs_get(), from[i]);
		EXPECT_EQ(csr_read(CSR_SSTATUS) >> 63, from[i] == SSTATUS_FS_DIRTY);
		TRAP(__asm__ volatile(FP_ASM("fmv.d.x f1, zero")));
		EXPECT_EQ(trap_last.scause, NO_TRAP);
		EXPECT_EQ(fs_get(), SSTATUS_FS_DIRTY);
		EXPECT_EQ(csr_read(CSR_SSTATUS) >> 63, 1);
	}
	test_end();

	test_begin("a write of fcsr makes FS Dirty");
	fs_set(SSTATUS_FS_CLEAN);
	TRAP(__asm__ volatile(FP_ASM("fscsr zero")));
	EXPECT_EQ(trap_last.scause, NO_TRAP);
	EXPECT_EQ(fs_get(), SSTATUS_FS_DIRTY);
	test_end();

	test_begin("reading FP registers with FS = Clean works and leaves FS Clean or Dirty");
	fs_set(SSTATUS_FS_CLEAN);
	TRAP(fp_store());
	EXPECT_EQ(trap_last.scause, NO_TRAP);
	EXPECT(fs_get() >= SSTATUS_FS_CLEAN);
	test_end();
}

/* A tick every 2 ms for a while, asleep in between: other VMs run then. */
static void sleep_ticks(int n)
{
	csr_write(CSR_SIE, SIP_STIP);
	while (n--) {
		sbi_set_timer(read_time() + 20000);
		__asm__ volatile("wfi");
	}
	csr_write(CSR_SIE, 0);
	sbi_set_timer(~0UL);
}

static void test_kept(void)
{
	test_begin("FP registers and fcsr survive traps, SBI calls and sleep");
	fs_set(SSTATUS_FS_DIRTY);
	for (uint64_t i = 0; i < 20; i++) {
		state_make(i + 1);
		fp_load();
		TRAP(__asm__ volatile("ebreak"));
		TRAP(load64(0x2000000000));
		sbi_call(SBI_EXT_BASE, SBI_BASE_GET_IMPL_ID, 0, 0, 0, 0, 0);
		if (i % 4 == 0)
			sleep_ticks(3);
		expect_kept();
	}
	test_end();

	test_begin("FP registers keep their values while FS is Off and come back with it");
	state_make(77);
	fp_load();
	fs_set(SSTATUS_FS_OFF);
	sleep_ticks(2);
	TRAP(__asm__ volatile(FP_ASM("fadd.d f0, f0, f0")));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	fs_set(SSTATUS_FS_CLEAN);
	expect_kept();
	test_end();

	/* With V=1 QEMU makes only the guest's FS Dirty: beside another VM this is seen. */
	test_begin("fcsr survives sleep though nothing but itself was written");
	for (uint64_t i = 0; i < 8; i++) {
		uint64_t fcsr;

		fs_set(SSTATUS_FS_CLEAN);
		__asm__ volatile(FP_ASM("fscsr %0") : : "r"(i));
		sleep_ticks(2);
		__asm__ volatile(FP_ASM("frcsr %0") : "=r"(fcsr));
		EXPECT_EQ(fcsr, i);
	}
	test_end();

	test_begin("FP arithmetic rounds as fcsr says and sets the flags");
	fs_set(SSTATUS_FS_INITIAL);
	{
		uint64_t third, flags;

		__asm__ volatile(FP_ASM("li t0, 1\n\tli t1, 3\n\tfscsr zero\n\t"
					"fcvt.d.l f0, t0\n\tfcvt.d.l f1, t1\n\t"
					"fdiv.d f2, f0, f1\n\tfmv.x.d %0, f2\n\tfrflags %1")
				 : "=r"(third), "=r"(flags)
				 :
				 : "t0", "t1");
		EXPECT_EQ(third, 0x3fd5555555555555);
		EXPECT_EQ(flags, 1);
	}
	test_end();
}

static void test_user(void)
{
	static uint32_t code[1024] __attribute__((aligned(4096)));
	uint64_t *root = page_root();

	/* fmv.d.x f5, a0; ebreak */
	code[0] = 0xf20502d3;
	code[1] = INSN_EBREAK;
	__asm__ volatile("fence.i" : : : "memory");
	page_map(root, USER_CODE, (uintptr_t)code, PTE_U_RWX, 0);
	page_switch(root, 1);

	test_begin("in U-mode with FS = Off an FP instruction is illegal");
	fs_set(SSTATUS_FS_OFF);
	user_run(USER_CODE, 0, 0);
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	EXPECT_EQ(trap_last.sepc, USER_CODE);
	test_end();

	test_begin("an FP write in U-mode makes the FS that S-mode reads Dirty, and stays");
	fs_set(SSTATUS_FS_CLEAN);
	user_run(USER_CODE, 0x4000000000000123, 0);
	EXPECT_EQ(trap_last.scause, EXC_BREAKPOINT);
	EXPECT_EQ(trap_last.sstatus & SSTATUS_FS, SSTATUS_FS_DIRTY);
	EXPECT_EQ(trap_last.sstatus >> 63, 1);
	fp_store();
	EXPECT_EQ(seen[5], 0x4000000000000123);
	test_end();

	test_begin("a trap from U-mode that used no FP leaves FS Clean");
	code[0] = 0x00000013;	/* nop */
	__asm__ volatile("fence.i" : : : "memory");
	fs_set(SSTATUS_FS_CLEAN);
	user_run(USER_CODE, 0, 0);
	EXPECT_EQ(trap_last.sstatus & SSTATUS_FS, SSTATUS_FS_CLEAN);
	test_end();
	page_off();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	fs_set(SSTATUS_FS_INITIAL);
	if (fs_get() == SSTATUS_FS_OFF) {
		test_begin("a hart without F has FS = Off always");
		test_end();
		return;
	}
	test_off();
	test_dirty();
	test_kept();
	test_user();
}
