/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ISA strings.
 * SOURCES: hypervisor/boot/isa.c
 */
#include "test.h"

#include "boot/isa.h"
#include "lib/errno.h"

#define L(c)	ISA_LETTER(c)
#define GC	(L('i') | L('m') | L('a') | L('f') | L('d') | L('c'))

static char text[ISA_STRING_MAX];

TEST("single letters come first, names follow underscores")
{
	CHECK_EQ(isa_parse("rv64imafdch_zicsr_zifencei_sstc"),
		 GC | L('h') | ISA_ZICSR | ISA_ZIFENCEI | ISA_SSTC);
	CHECK_EQ(isa_parse("rv64i"), L('i'));
}

TEST("g stands for imafd, zicsr and zifencei")
{
	CHECK_EQ(isa_parse("rv64gc"), GC | ISA_ZICSR | ISA_ZIFENCEI);
}

TEST("case, versions and unknown names do not matter")
{
	CHECK_EQ(isa_parse("RV64IMAFDC_ZiCsR"), GC | ISA_ZICSR);
	CHECK_EQ(isa_parse("rv64i2p1m2a_svadu_xmystery_zvl128b"),
		 L('i') | L('m') | L('a') | ISA_SVADU);
	CHECK_EQ(isa_parse("rv64imasu_zba"), L('i') | L('m') | L('a') | ISA_ZBA);
	CHECK_EQ(isa_parse("rv64imac_h"), L('i') | L('m') | L('a') | L('c') | L('h'));
	CHECK_EQ(isa_parse("rv64i__sstc_"), L('i') | ISA_SSTC);
}

TEST("a name is not found by its beginning")
{
	CHECK_EQ(isa_parse("rv64i_sst_sstcx_zfhmin"), L('i') | ISA_ZFHMIN);
}

TEST("what is not rv64 has nothing")
{
	CHECK_EQ(isa_parse(""), 0);
	CHECK_EQ(isa_parse("rv32imac"), 0);
	CHECK_EQ(isa_parse("rv6"), 0);
	CHECK_EQ(isa_parse("x86"), 0);
}

TEST("a list of names ends at its size, and a name without NUL does not count")
{
	CHECK_EQ(isa_parse_list("i\0m\0sstc\0svadu", 14), L('i') | L('m') | ISA_SSTC);
	CHECK_EQ(isa_parse_list("i\0m\0sstc\0svadu", 15), L('i') | L('m') | ISA_SSTC | ISA_SVADU);
	CHECK_EQ(isa_parse_list("\0\0i", 4), L('i'));
	CHECK_EQ(isa_parse_list("", 0), 0);
}

TEST("no guest sees H or V, and only an hw guest sees Sstc")
{
	uint64_t host = isa_parse("rv64imafdcvh_zicsr_zifencei_zba_sstc_svadu_svpbmt_svinval");

	for (enum vm_mode mode = 0; mode < VM_MODE_COUNT; mode++) {
		uint64_t guest = isa_guest(host, mode);

		CHECK(!(guest & (L('h') | L('v') | ISA_SVADU | ISA_SVPBMT)));
		CHECK_EQ(!!(guest & ISA_SSTC), mode == VM_MODE_HW);
		CHECK_EQ(guest & GC, GC);
	}
	CHECK_EQ(isa_guest(0, VM_MODE_HW), 0);
}

TEST("the string is canonical and reads back as the same set")
{
	uint64_t guest = isa_guest(isa_parse("rv64gch_sstc_zbs_zba_zihintpause"), VM_MODE_HW);

	CHECK_EQ(isa_format(guest, text, sizeof(text)), 50);
	CHECK_STR(text, "rv64imafdc_zicsr_zifencei_zihintpause_zba_zbs_sstc");
	CHECK_EQ(isa_parse(text), guest);
	CHECK(isa_format(UINT64_MAX, text, sizeof(text)) > 0);
}

TEST("a string that does not fit is -ENOSPC")
{
	CHECK_EQ(isa_format(L('i'), text, 6), 5);
	CHECK_EQ(isa_format(L('i'), text, 5), -ENOSPC);
	CHECK_EQ(isa_format(L('i'), text, 0), -ENOSPC);
}
