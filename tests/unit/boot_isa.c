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
	CHECK_EQ(isa_guest(0, VM_MODE_TE), 0);
}

TEST("cache blocks are for an hw guest, and only if they have 64 bytes")
{
	uint64_t blocks = ISA_ZICBOM | ISA_ZICBOZ;

	CHECK_EQ(isa_guest(blocks, VM_MODE_HW), 0);
	CHECK_EQ(isa_guest(blocks | ISA_ZIC64B, VM_MODE_HW), blocks | ISA_ZIC64B);
	CHECK_EQ(isa_guest(blocks | ISA_ZIC64B, VM_MODE_TE), ISA_SVVPTC);
}

/* riscv,isa as QEMU 7.2 and 10 give it for these models, and what guests then read. */
#define GC_7	"rv64imafdc_zicsr_zifencei"
#define B_7	"_zihintpause_zba_zbb_zbc_zbs"
#define B_10	"_zfa_zba_zbb_zbc_zbs"

static const struct {
	const char *model, *host, *hw, *deprivileged;
} models[] = {
	{ "7.2 rv64", "rv64imafdch_zicsr_zifencei_zihintpause_zba_zbb_zbc_zbs_sstc",
	  GC_7 B_7 "_sstc", GC_7 B_7 "_svvptc" },
	{ "7.2 rv64,sstc=false", "rv64imafdch_zicsr_zifencei_zihintpause_zba_zbb_zbc_zbs",
	  GC_7 B_7, GC_7 B_7 "_svvptc" },
	{ "7.2 sifive-u54", GC_7, GC_7, GC_7 "_svvptc" },
	{ "10 rv64",
	  "rv64imafdch_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicntr_zicsr_"
	  "zifencei_zihintntl_zihintpause_zihpm_zmmul_za64rs_zaamo_zalrsc_zawrs_zfa_zca_zcd_zba_"
	  "zbb_zbc_zbs_shcounterenw_shgatpa_shtvala_shvsatpa_shvstvala_shvstvecd_ssccptr_"
	  "sscounterenw_sstc_sstvala_sstvecd_ssu64xl_svadu_svvptc",
	  "rv64imafdc_zic64b_zicbom_zicboz_zicsr_zifencei_zihintntl_zihintpause" B_10
	  "_sstc_svvptc",
	  GC_7 "_zihintntl_zihintpause" B_10 "_svvptc" },
	{ "10 rva22s64",
	  "rv64imafdcbh_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicntr_zicsr_"
	  "zifencei_zihintpause_zihpm_zmmul_za64rs_zaamo_zalrsc_zfhmin_zca_zcd_zba_zbb_zbs_zkt_"
	  "shcounterenw_sscounterenw_svade_svinval_svpbmt",
	  "rv64imafdcb_zic64b_zicbom_zicboz_zicsr_zifencei_zihintpause_zfhmin_zba_zbb_zbs_zkt"
	  "_svinval",
	  "rv64imafdcb_zicsr_zifencei_zihintpause_zfhmin_zba_zbb_zbs_zkt_svvptc" },
	{ "10 rva23s64",
	  "rv64imafdcbvh_zic64b_zicbom_zicbop_zicboz_ziccamoa_zicond_zicntr_zicsr_zifencei_"
	  "zihintntl_zihintpause_zihpm_zimop_zmmul_zawrs_zfa_zfhmin_zca_zcb_zcd_zcmop_zba_zbb_zbs_"
	  "zkt_zvbb_zve64d_sha_smnpm_smstateen_sscofpmf_ssnpm_sstc_supm_svade_svinval_svnapot_"
	  "svpbmt",
	  "rv64imafdcb_zic64b_zicbom_zicboz_zicond_zicsr_zifencei_zihintntl_zihintpause_zimop_zfa_"
	  "zfhmin_zcb_zcmop_zba_zbb_zbs_zkt_sstc_svinval_svnapot",
	  "rv64imafdcb_zicond_zicsr_zifencei_zihintntl_zihintpause_zimop_zfa_zfhmin_zcb_zcmop_zba_"
	  "zbb_zbs_zkt_svvptc" },
	{ "10 veyron-v1",
	  "rv64imafdch_zic64b_zicbom_zicboz_zicntr_zicsr_zifencei_zihpm_za64rs_zca_zba_zbb_zbc_zbs"
	  "_smaia_smstateen_ssaia_sscofpmf_sstc_svinval_svnapot_svpbmt_xventanacondops",
	  "rv64imafdc_zic64b_zicbom_zicboz_zicsr_zifencei_zba_zbb_zbc_zbs_sstc_svinval_svnapot",
	  GC_7 "_zba_zbb_zbc_zbs_svvptc" },
};

TEST("on each of QEMU's models a guest reads what its mode lets it use, and nothing else")
{
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		uint64_t host = isa_parse(models[i].host);

		CHECK(isa_format(isa_guest(host, VM_MODE_HW), text, sizeof(text)) > 0);
		CHECK_STR(text, models[i].hw);
		for (enum vm_mode mode = 0; mode < VM_MODE_COUNT; mode++) {
			if (mode == VM_MODE_HW)
				continue;
			CHECK(isa_format(isa_guest(host, mode), text, sizeof(text)) > 0);
			CHECK_STR(text, models[i].deprivileged);
		}
	}
}

TEST("riscv,isa-extensions names the same set, each name with its NUL")
{
	uint64_t set = isa_guest(isa_parse(models[3].host), VM_MODE_HW);
	int length = isa_format_list(set, text, sizeof(text));

	CHECK(length > 0 && text[length - 1] == '\0');
	CHECK_EQ(isa_parse_list(text, (size_t)length), set);
	CHECK_EQ(isa_format_list(L('i') | ISA_SSTC, text, 7), 7);
	CHECK_EQ(isa_format_list(L('i') | ISA_SSTC, text, 6), -ENOSPC);
	CHECK_EQ(isa_format_list(UINT64_MAX, text, 0), -ENOSPC);
	CHECK(isa_format_list(UINT64_MAX, text, sizeof(text)) > 0);
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
