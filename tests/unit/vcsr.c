/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual CSR file against an independent model: one row of masks for each CSR that there is.
 * SOURCES: hypervisor/emul/vcsr.c hypervisor/emul/insn.c
 */
#include "test.h"

#include "emul/vcsr.h"
#include "lib/errno.h"

/*
 * The model: a write keeps the stored bits of the value, all others are constant. A CSR that is
 * not here is an illegal instruction. The masks are written out as numbers from the
 * specification's figures, on purpose without the names that the code uses.
 */
struct model_row {
	unsigned int csr;
	uint64_t stored, constant;
};

static const struct model_row model[] = {
	{ 0x100, 0x00000000000c6122, 0x0000000200000000 },	/* sstatus */
	{ 0x104, 0x222, 0 },	/* sie */
	{ 0x105, ~2ULL, 0 },	/* stvec */
	{ 0x106, 0xffffffff, 0 },	/* scounteren */
	{ 0x10a, 0x1, 0 },	/* senvcfg */
	{ 0x140, ~0ULL, 0 },	/* sscratch */
	{ 0x141, ~1ULL, 0 },	/* sepc */
	{ 0x142, ~0ULL, 0 },	/* scause */
	{ 0x143, ~0ULL, 0 },	/* stval */
	{ 0x144, 0x2, 0 },	/* sip */
	{ 0x180, ~0ULL, 0 },	/* satp */
};

static const uint64_t patterns[] = {
	0, ~0ULL, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 1, 2, 3, 4, 0x20, 0x100, 0x222, 0x6000,
	0x2000, 0x4000, 0x40000, 0x80000, 0x8000000000080001, 0x80012340000abcde,
	0x9001000000000001, 0x1000000000000000, 0x8ffff00000000000, 0x0123456789abcdef,
	0xfffffffffffffffc,
};

static struct strata_vcpu_page page;

static struct vcsr file(void)
{
	struct vcsr v = {
		.page = &page,
		.satp_asid_mask = SATP_ASID_MASK,
		.senvcfg_mask = ENVCFG_FIOM,
		.fs_mask = SSTATUS_FS,
	};

	memset(&page, 0xa5, sizeof(page));
	vcsr_reset(&v);
	return v;
}

static uint64_t csr_get(struct vcsr *v, unsigned int csr)
{
	uint64_t old = 0xdead;

	if (vcsr_access(v, csr, CSR_OP_RS, false, ~0ULL, &old) != 0)
		FAIL("a read of CSR 0x%x has an effect or is illegal", csr);
	return old;
}

static int csr_put(struct vcsr *v, unsigned int csr, uint64_t value)
{
	uint64_t old;

	return vcsr_access(v, csr, CSR_OP_RW, true, value, &old);
}

static const struct model_row *model_find(unsigned int csr)
{
	for (size_t i = 0; i < ARRAY_SIZE(model); i++)
		if (model[i].csr == csr)
			return &model[i];
	return NULL;
}

/* What the CSR reads after value has been written over old. */
static uint64_t model_write(const struct model_row *row, uint64_t old, uint64_t value)
{
	uint64_t kept = old & ~row->stored & ~row->constant;
	uint64_t now = kept | (value & row->stored) | row->constant;

	if (row->csr == 0x100)
		now = (now & ~(1ULL << 63)) | ((now >> 13 & 3) == 3 ? 1ULL << 63 : 0);
	if (row->csr == 0x105 && (value & 3) > 1)
		return old;
	if (row->csr == 0x180 && value >> 60 != 0 && value >> 60 != 8)
		return old;
	return now;
}

TEST("csrrw, csrrs and csrrc of every CSR number keep what the fields are and nothing else")
{
	struct vcsr v = file();

	for (unsigned int csr = 0; csr < 4096; csr++) {
		const struct model_row *row = model_find(csr);

		for (size_t i = 0; i < ARRAY_SIZE(patterns) * ARRAY_SIZE(patterns); i++) {
			uint64_t first = patterns[i / ARRAY_SIZE(patterns)];
			uint64_t operand = patterns[i % ARRAY_SIZE(patterns)];

			for (unsigned int op = 1; row && op <= 3; op++) {
				uint64_t old = 0, before, value;

				CHECK(csr_put(&v, csr, first) >= 0);
				before = csr_get(&v, csr);
				value = op == 1 ? operand : op == 2 ? before | operand :
								      before & ~operand;
				CHECK(vcsr_access(&v, csr, op, true, operand, &old) >= 0);
				CHECK_EQ(old, before);
				CHECK_EQ(csr_get(&v, csr), model_write(row, before, value));
			}
		}
	}
}

TEST("a CSR number that an S-mode hart without H has not is an illegal instruction")
{
	struct vcsr v = file(), before = v;
	struct strata_vcpu_page page_before = page;

	for (unsigned int csr = 0; csr < 4100; csr++) {
		for (unsigned int op = 1; op <= 3 && !model_find(csr); op++) {
			uint64_t old = 0x1234;

			CHECK_EQ(vcsr_access(&v, csr, op, true, ~0ULL, &old), -EINVAL);
			CHECK_EQ(vcsr_access(&v, csr, op, false, ~0ULL, &old), -EINVAL);
			CHECK_EQ(old, 0x1234);
		}
	}
	CHECK(memcmp(&v, &before, sizeof(v)) == 0);
	CHECK(memcmp(&page, &page_before, sizeof(page)) == 0);
}

TEST("csrrs and csrrc with rs1=x0 read and do not write")
{
	struct vcsr v = file();

	for (size_t i = 0; i < ARRAY_SIZE(model); i++) {
		uint64_t old, before;

		csr_put(&v, model[i].csr, 0x12345678);
		before = csr_get(&v, model[i].csr);
		CHECK_EQ(vcsr_access(&v, model[i].csr, CSR_OP_RC, false, ~0ULL, &old), 0);
		CHECK_EQ(old, before);
		CHECK_EQ(csr_get(&v, model[i].csr), before);
	}
}

TEST("a hart starts with sstatus.SIE=0 and satp=0")
{
	struct vcsr v = file();

	CHECK_EQ(csr_get(&v, 0x100), 0x200000000);
	CHECK_EQ(csr_get(&v, 0x180), 0);
	CHECK_EQ(csr_get(&v, 0x104), 0);
	CHECK_EQ(csr_get(&v, 0x144), 0);
}

TEST("sstatus.SD reads 1 exactly when FS is Dirty")
{
	struct vcsr v = file();

	for (uint64_t fs = 0; fs < 4; fs++) {
		csr_put(&v, 0x100, fs << 13);
		CHECK_EQ(csr_get(&v, 0x100) >> 63, fs == 3);
		CHECK_EQ(vcsr_fs(&v), fs << 13);
	}
}

TEST("sstatus.FS is 0 and cannot be written on a hart without F")
{
	struct vcsr v = file();

	v.fs_mask = 0;
	CHECK_EQ(csr_put(&v, 0x100, ~0ULL & ~2ULL), VCSR_FX_SUM | VCSR_FX_MXR);
	CHECK_EQ(csr_get(&v, 0x100), 0x2000c0120);
	page.sstatus = ~0ULL;
	CHECK_EQ(csr_get(&v, 0x100), 0x2000c0120);
	vcsr_fold_fs(&v, ~0ULL);
	CHECK_EQ(vcsr_fs(&v), 0);
}

TEST("FS that the hardware made Dirty is folded into the virtual sstatus; other states are not")
{
	struct vcsr v = file();

	csr_put(&v, 0x100, 1 << 13);
	vcsr_fold_fs(&v, 2 << 13);
	CHECK_EQ(vcsr_fs(&v), 1 << 13);
	vcsr_fold_fs(&v, 3 << 13);
	CHECK_EQ(csr_get(&v, 0x100), 0x8000000200006000);
}

TEST("FS that the guest turns off in the shared page is not made Dirty by what it did before")
{
	struct vcsr v = file();

	vcsr_fold_fs(&v, 3 << 13);
	page.sstatus = 0;
	vcsr_fold_fs(&v, 3 << 13);
	CHECK_EQ(vcsr_fs(&v), 0);
	/* it ran with FS = Clean, the hardware made that Dirty, and then the guest turned it off */
	v.fs_real = 2 << 13;
	vcsr_fold_fs(&v, 3 << 13);
	CHECK_EQ(vcsr_fs(&v), 0);
	page.sstatus = 2 << 13;
	v.fs_real = 2 << 13;
	vcsr_fold_fs(&v, 3 << 13);
	CHECK_EQ(vcsr_fs(&v), 3 << 13);
}

TEST("sip.STIP and SEIP are read-only: only SSIP is writable")
{
	struct vcsr v = file();

	vcsr_set_pending(&v, 0x220);
	CHECK_EQ(csr_put(&v, 0x144, 0), 0);
	CHECK_EQ(csr_get(&v, 0x144), 0x220);
	CHECK_EQ(csr_put(&v, 0x144, ~0ULL), VCSR_FX_SIP);
	CHECK_EQ(csr_get(&v, 0x144), 0x222);
	CHECK_EQ(page.sip, 0x222);
	vcsr_clear_pending(&v, 0x200);
	CHECK_EQ(csr_get(&v, 0x144), 0x22);
	CHECK_EQ(page.sip, 0x22);
	vcsr_set_pending(&v, ~0ULL);
	CHECK_EQ(csr_get(&v, 0x144), 0x222);
}

TEST("a satp write with an unsupported MODE has no effect at all")
{
	struct vcsr v = file();
	uint64_t legal = 8ULL << 60 | 0x1234ULL << 44 | 0x80200;

	CHECK_EQ(csr_put(&v, 0x180, legal), VCSR_FX_SATP);
	for (uint64_t mode = 1; mode < 16; mode++) {
		if (mode != 8)
			CHECK_EQ(csr_put(&v, 0x180, mode << 60 | 0x99), 0);
		CHECK_EQ(csr_get(&v, 0x180), legal);
		CHECK_EQ(page.satp, legal);
	}
	CHECK_EQ(csr_put(&v, 0x180, legal), 0);
}

TEST("satp with MODE = Bare names no tables, whatever else is written")
{
	struct vcsr v = file();

	csr_put(&v, 0x180, 1);
	CHECK_EQ(vcsr_tables(&v), 0);
	csr_put(&v, 0x180, 8ULL << 60 | 0x80200);
	CHECK_EQ(vcsr_tables(&v), 8ULL << 60 | 0x80200);
	csr_put(&v, 0x180, 0xffffULL << 44 | 0x80200);
	CHECK_EQ(vcsr_tables(&v), 0);
}

TEST("satp.ASID keeps only the implemented bits")
{
	struct vcsr v = file();

	v.satp_asid_mask = 0xff;
	csr_put(&v, 0x180, 8ULL << 60 | 0xffffULL << 44 | 5);
	CHECK_EQ(csr_get(&v, 0x180), 8ULL << 60 | 0xffULL << 44 | 5);
}

TEST("senvcfg keeps the bits whose extension the guest has")
{
	struct vcsr v = file();

	CHECK_EQ(csr_put(&v, 0x10a, ~0ULL), VCSR_FX_ENVCFG);
	CHECK_EQ(csr_get(&v, 0x10a), 1);
	v.senvcfg_mask = 0xf1;
	csr_put(&v, 0x10a, ~0ULL);
	CHECK_EQ(csr_get(&v, 0x10a), 0xf1);
}

TEST("an access reports exactly the fields that it changed")
{
	struct vcsr v = file();

	CHECK_EQ(csr_put(&v, 0x100, 1 << 18), VCSR_FX_SUM);
	CHECK_EQ(csr_put(&v, 0x100, 3 << 18), VCSR_FX_MXR);
	CHECK_EQ(csr_put(&v, 0x100, 3 << 18), 0);
	CHECK_EQ(csr_put(&v, 0x100, 1 << 13), VCSR_FX_SUM | VCSR_FX_MXR | VCSR_FX_FS);
	CHECK_EQ(csr_put(&v, 0x106, 7), VCSR_FX_COUNTEREN);
	CHECK_EQ(csr_put(&v, 0x106, 7), 0);
	CHECK_EQ(page.scounteren, 7);
	CHECK_EQ(csr_put(&v, 0x140, 7), 0);
}

TEST("unmasking a pending interrupt by sstatus, sie or sip is reported")
{
	struct vcsr v = file();

	vcsr_set_pending(&v, SIP_STIP);
	CHECK_EQ(csr_put(&v, 0x104, 0x222), 0);
	CHECK_EQ(csr_put(&v, 0x100, 2), VCSR_FX_IRQ);
	CHECK_EQ(csr_put(&v, 0x104, 0x202), 0);
	CHECK_EQ(csr_put(&v, 0x104, 0x222), VCSR_FX_IRQ);
	vcsr_clear_pending(&v, SIP_STIP);
	CHECK_EQ(csr_put(&v, 0x104, 0x222), 0);
	CHECK_EQ(csr_put(&v, 0x144, 2), VCSR_FX_IRQ | VCSR_FX_SIP);
}

TEST("whatever a guest stores in the shared page reads as a legal value")
{
	struct vcsr v = file();
	uint64_t random = 88172645463325252ULL;

	v.satp = 8ULL << 60 | 0x80000;
	v.sip = SIP_SEIP;
	for (int i = 0; i < 20000; i++) {
		uint64_t sstatus;

		for (size_t j = 0; j < sizeof(page) / 8; j++)
			((uint64_t *)&page)[j] = test_random(&random);
		sstatus = csr_get(&v, 0x100);
		CHECK_EQ(sstatus & ~0x80000003000c6122ULL, 0);
		CHECK_EQ(sstatus >> 32 & 3, 2);
		CHECK_EQ(sstatus >> 63, (sstatus >> 13 & 3) == 3);
		CHECK_EQ(sstatus >> 1 & 1, page.sie_on & 1);
		CHECK_EQ(csr_get(&v, 0x104) & ~0x222ULL, 0);
		CHECK_EQ(csr_get(&v, 0x105) & 2, 0);
		CHECK_EQ(csr_get(&v, 0x141) & 1, 0);
		CHECK_EQ(csr_get(&v, 0x144), SIP_SEIP);
		CHECK_EQ(csr_get(&v, 0x180), 8ULL << 60 | 0x80000);
		CHECK_EQ(csr_get(&v, 0x106), 0);
	}
	vcsr_show(&v);
	CHECK_EQ(page.satp, v.satp);
	CHECK_EQ(page.sip, SIP_SEIP);
}

/* One CSR instruction by the decoder and the general path. */
static bool emulate_slowly(struct vcsr *v, uint64_t regs[32], uint32_t raw)
{
	struct insn insn = insn_decode(raw);
	uint64_t old;

	if (insn.kind != INSN_KIND_CSR ||
	    vcsr_access(v, insn.csr, insn.csr_op, insn_csr_writes(&insn),
			insn_csr_operand(&insn, regs), &old) < 0)
		return false;
	if (insn.rd)
		regs[insn.rd] = old;
	return true;
}

TEST("the fast path does what the general path does, or leaves all as it was")
{
	static struct strata_vcpu_page page2;
	uint64_t random = 0x9e3779b97f4a7c15ULL, regs[32] = { 0 }, regs2[32];
	struct vcsr v = file(), v2;
	unsigned int fast = 0;

	for (int i = 0; i < 400000; i++) {
		uint64_t bits = test_random(&random);
		uint32_t raw = (uint32_t)bits;

		/* mostly CSR instructions on the four CSRs, sometimes any word */
		if (bits >> 60)
			raw = (raw & 0x003fff80) | 0x14000073;
		regs[1 + (bits >> 40) % 31] = test_random(&random);
		v2 = v;
		page2 = page;
		v2.page = &page2;
		memcpy(regs2, regs, sizeof(regs));
		if (vcsr_emulate_fast(&v, regs, raw)) {
			CHECK(emulate_slowly(&v2, regs2, raw));
			fast++;
		}
		CHECK_EQ(regs[0], 0);
		CHECK(memcmp(regs, regs2, sizeof(regs)) == 0);
		CHECK(memcmp(&page, &page2, sizeof(page)) == 0);
	}
	CHECK(fast > 40000);
}

TEST("the fast path takes csrr and csrw of sscratch, sepc, scause and stval")
{
	struct vcsr v = file();
	uint64_t regs[32] = { 0 };

	regs[5] = 0x1235;
	for (uint32_t csr = 0x140; csr <= 0x143; csr++) {
		CHECK(vcsr_emulate_fast(&v, regs, csr << 20 | 5 << 15 | 1 << 12 | 0x73));
		CHECK(vcsr_emulate_fast(&v, regs, csr << 20 | 2 << 12 | 10 << 7 | 0x73));
		CHECK_EQ(regs[10], csr == 0x141 ? 0x1234 : 0x1235);
		CHECK(vcsr_emulate_fast(&v, regs, csr << 20 | 2 << 12 | 0x73));
		CHECK_EQ(regs[0], 0);
	}
	CHECK(!vcsr_emulate_fast(&v, regs, 0x10002573));
	CHECK(!vcsr_emulate_fast(&v, regs, 0x14402573));
}

TEST("the fast path of sstatus does what the general path does, with the same effects")
{
	static struct strata_vcpu_page page2;
	uint64_t random = 0x123456789abcdefULL, regs[32] = { 0 }, regs2[32];
	struct vcsr v = file(), v2;
	unsigned int fast = 0;

	for (int i = 0; i < 400000; i++) {
		uint64_t bits = test_random(&random), old;
		uint32_t raw = (uint32_t)bits;
		int effects, expected;

		if (bits >> 60)
			raw = (raw & 0x000fff80) | 0x10000073;
		/* What kernels write: few bits at a time; sometimes anything. */
		regs[1 + (bits >> 40) % 31] = test_random(&random) & (bits >> 62 ? 0x40122 : ~0ULL);
		v.sip = test_random(&random) & VCSR_IRQ_MASK;
		page.sie = test_random(&random) & VCSR_IRQ_MASK;
		v2 = v;
		page2 = page;
		v2.page = &page2;
		memcpy(regs2, regs, sizeof(regs));
		effects = vcsr_sstatus_fast(&v, regs, raw);
		if (effects >= 0) {
			struct insn insn = insn_decode(raw);

			CHECK_EQ(insn.csr, CSR_SSTATUS);
			expected = vcsr_access(&v2, insn.csr, insn.csr_op, insn_csr_writes(&insn),
					       insn_csr_operand(&insn, regs2), &old);
			if (insn.rd)
				regs2[insn.rd] = old;
			/* An interrupt that could be taken before is not news. */
			CHECK_EQ(effects & ~VCSR_FX_IRQ, expected & ~VCSR_FX_IRQ);
			CHECK(!(effects & VCSR_FX_IRQ) || expected & VCSR_FX_IRQ);
			fast++;
		}
		CHECK_EQ(regs[0], 0);
		CHECK(memcmp(regs, regs2, sizeof(regs)) == 0);
		CHECK_EQ(vcsr_sstatus(&v), vcsr_sstatus(&v2));
		page = page2;
	}
	CHECK(fast > 40000);
}
