/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks for traces of other virtual machines: run several of these beside each other, in any modes.
 * Each begins by looking at what it got, then leaves its own pattern in every register that it can
 * write, and looks whether it stays. Privileged specification, "Supervisor-Level ISA" and
 * "Hypervisor Extension" (what a hypervisor has to switch).
 *
 * Boot arguments: id=N tells the instances apart; ms=N is how long to look (200).
 */
#include "guest.h"

#define TICKS_PER_MS	10000UL
/* vsetvli zero, zero, e8, m1, ta, ma: an illegal instruction where there is no V */
#define INSN_VSETVLI	".word 0x0c007057\n"

extern char guest_end[];

static uint64_t number(const char *text, uint64_t otherwise)
{
	uint64_t value = 0;

	if (!text || *text < '0' || *text > '9')
		return otherwise;
	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (uint64_t)(*text - '0');
	return value;
}

/* ---- floating point: all registers to and from memory ---- */

#define EACH_FP(op, base)                                                                         \
	".option push\n.option arch, +d\n"                                                        \
	".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,"    \
	"29,30,31\n"                                                                             \
	op " f\\n, (\\n * 8)(" base ")\n"                                                         \
	".endr\n.option pop\n"

static void fp_get(uint64_t *to)
{
	__asm__ volatile(EACH_FP("fsd", "%0") : : "r"(to) : "memory");
}

static void fp_set(const uint64_t *from)
{
	__asm__ volatile(EACH_FP("fld", "%0") : : "r"(from) : "memory");
}

static bool fp_is(uint64_t pattern)
{
	uint64_t now[32];

	fp_get(now);
	for (unsigned int i = 0; i < 32; i++)
		if (now[i] != (pattern ? pattern + i : 0))
			return false;
	return true;
}

/* ---- supervisor CSRs: what a VM may write and nobody else may see ---- */

struct csrs {
	uint64_t sscratch, sepc, scause, stval, scounteren, senvcfg, sie, sstatus;
};

static void csrs_get(struct csrs *to)
{
	*to = (struct csrs){
		.sscratch = csr_read(CSR_SSCRATCH), .sepc = csr_read(CSR_SEPC),
		.scause = csr_read(CSR_SCAUSE), .stval = csr_read(CSR_STVAL),
		.scounteren = csr_read(CSR_SCOUNTEREN), .senvcfg = csr_read(CSR_SENVCFG),
		.sie = csr_read(CSR_SIE), .sstatus = csr_read(CSR_SSTATUS),
	};
}

static void csrs_set(uint64_t id)
{
	csr_write(CSR_SSCRATCH, 0x1111000000000000UL * id + 1);
	csr_write(CSR_SEPC, 0x80000000UL + 2 * id);
	csr_write(CSR_SCAUSE, id);
	csr_write(CSR_STVAL, 0x2222000000000000UL + id);
	csr_write(CSR_SCOUNTEREN, id & 7);
	csr_write(CSR_SENVCFG, id & 1);
	csr_write(CSR_SIE, id & 1 ? SIP_SSIP : SIP_SEIP);
	csr_write(CSR_SSTATUS, (id & 1 ? SSTATUS_SUM : SSTATUS_MXR) | (id & 2 ? SSTATUS_SPP : 0) |
				       (id & 4 ? SSTATUS_SPIE : 0) | SSTATUS_FS_INITIAL);
}

static bool csrs_same(const struct csrs *a, const struct csrs *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* ---- tests ---- */

static struct csrs first;

static void test_start(void)
{
	test_begin("a VM begins without another one's CSRs");
	EXPECT_EQ(first.sscratch, 0);
	EXPECT_EQ(first.sepc, 0);
	EXPECT_EQ(first.scause, 0);
	EXPECT_EQ(first.stval, 0);
	EXPECT_EQ(first.scounteren, 7);
	EXPECT_EQ(first.senvcfg, 0);
	EXPECT_EQ(first.sstatus & ~(SSTATUS_UXL | SSTATUS_FS | SSTATUS_SD), 0);
	EXPECT_EQ(csr_read(CSR_SIP), 0);
	test_end();

	test_begin("a VM begins with floating-point registers that are 0");
	if (!boot_isa('d')) {
		test_skip("no floating point");
	} else {
		uint64_t fcsr;

		csr_set(CSR_SSTATUS, SSTATUS_FS_INITIAL);
		EXPECT(fp_is(0));
		__asm__ volatile(".option push\n.option arch, +d\nfrcsr %0\n.option pop"
				 : "=r"(fcsr));
		EXPECT_EQ(fcsr, 0);
	}
	test_end();
}

/* All RAM but the image and the device tree at its end. */
static void test_memory(const uint32_t *dtb)
{
	uint64_t base, size, dirty = 0, where = 0;

	test_begin("memory that nobody has written is 0");
	if (!boot_memory(&base, &size)) {
		test_fail("no memory node");
	} else {
		const uint64_t *end = (const uint64_t *)dtb, *p;

		for (p = (const uint64_t *)base; p < end; p++) {
			if ((uint64_t)p == 0x80200000UL)
				p = (const uint64_t *)guest_end;
			if (*p) {
				dirty++;
				where = (uint64_t)p;
			}
		}
		if (dirty)
			test_fail("%lu words are not, the last at 0x%lx", dirty, where);
	}
	test_end();
}

static void test_denied(void)
{
	test_begin("counters that a VM has not started read 0, those it has not got trap");
	EXPECT_EQ(csr_read(CSR_CYCLE), 0);
	EXPECT_EQ(csr_read(CSR_INSTRET), 0);
	TRAP(csr_read(CSR_INSTRET + 1));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	test_end();

	test_begin("vector registers, which are not switched, do not exist");
	csr_set(CSR_SSTATUS, SSTATUS_VS);
	TRAP(__asm__ volatile(INSN_VSETVLI));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	csr_clear(CSR_SSTATUS, SSTATUS_VS);
	test_end();

	test_begin("siselect, where the machine has it, does not carry what another VM wrote");
	TRAP(csr_write(CSR_SISELECT, csr_read(CSR_SISELECT)));
	if (trap_last.scause == NO_TRAP) {
		EXPECT_EQ(csr_read(CSR_SISELECT), 0);
		csr_write(CSR_SISELECT, 0x70);
	} else {
		EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	}
	test_end();

	test_begin("hypervisor CSRs and instructions raise an illegal instruction");
	TRAP(csr_read(CSR_HSTATUS));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	TRAP(csr_read(CSR_HGATP));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	TRAP(csr_write(CSR_VSATP, 0));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	TRAP(csr_read(CSR_HVIP));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	test_end();
}

static void test_stays(uint64_t id, uint64_t ms)
{
	uint64_t pattern = (id + 1) * 0x0101010101010100UL, end = read_time() + ms * TICKS_PER_MS;
	uint64_t fp[32], last = read_time(), pauses = 0;
	bool d = boot_isa('d'), fp_same = true, same = true;
	struct csrs mine, now;

	test_begin("CSRs and floating-point registers stay as they are while other VMs run");
	csrs_set(id);
	for (unsigned int i = 0; i < 32; i++)
		fp[i] = pattern + i;
	if (d)
		fp_set(fp);
	csrs_get(&mine);
	while (read_time() < end && same && fp_same) {
		uint64_t time = read_time();

		/* The others ran. */
		pauses += time - last > TICKS_PER_MS;
		last = time;
		csrs_get(&now);
		/* FS may only have gone from Initial to Dirty. */
		now.sstatus |= mine.sstatus & (SSTATUS_FS | SSTATUS_SD);
		same = csrs_same(&mine, &now);
		fp_same = !d || fp_is(pattern);
	}
	EXPECT(same);
	EXPECT(fp_same);
	csr_write(CSR_SIE, 0);
	csr_write(CSR_SSTATUS, 0);
	test_end();
	printf("%lu pauses\n", pauses);
}

void guest_main(uint64_t hartid, const void *dtb)
{
	csrs_get(&first);
	first.sie = 0;
	(void)hartid;
	if (!boot_node("hypervisor")) {
		test_begin("nothing of another VM is to be seen");
		test_skip("this is the bare machine");
		test_end();
		test_finish();
	}
	test_start();
	test_memory(dtb);
	test_denied();
	test_stays(number(boot_arg("id"), 1), number(boot_arg("ms"), 200));
	test_finish();
}
