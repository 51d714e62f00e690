/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IMSIC and APLIC registers, the host's and those that a guest sees.
 * RISC-V Advanced Interrupt Architecture 1.0, chapters 2 (CSRs), 3 (IMSIC), 4 (APLIC).
 */
#ifndef RISCV_AIA_H
#define RISCV_AIA_H

/* siselect, vsiselect: what sireg is (tables 2.2, 3.1) */
#define ISELECT_MASK		0xfffUL	/* siselect keeps as many bits as QEMU's */
#define ISELECT_IPRIO0		0x30
#define ISELECT_IPRIO15		0x3f
#define ISELECT_IMSIC_FIRST	0x70
#define ISELECT_IMSIC_LAST	0xff
#define IMSIC_EIDELIVERY	0x70
#define IMSIC_EITHRESHOLD	0x72
#define IMSIC_EIP0		0x80
#define IMSIC_EIE0		0xc0
#define IMSIC_EIE63		0xff

/* stopei, stopi: identity or number of the interrupt, and its priority below */
#define TOPEI_ID_SHIFT		16
#define TOPI_IID_SHIFT		16

/* hvictl: with IID = 9 the priority of an external interrupt that hvip raises */
#define HVICTL_IID_SHIFT	16
#define HVICTL_IPRIO_MASK	0xffUL

/* An interrupt file's page; files of a hart are one page apart */
#define IMSIC_PAGE_SIZE		0x1000UL
#define IMSIC_SETEIPNUM_LE	0x000
#define IMSIC_SETEIPNUM_BE	0x004
#define IMSIC_IDS_MIN		63
#define IMSIC_IDS_MAX		2047

/* APLIC: an interrupt domain's registers (table 4.1) */
#define APLIC_DOMAINCFG		0x0000
#define APLIC_DOMAINCFG_RO	0x80000000U
#define APLIC_DOMAINCFG_IE	0x100U
#define APLIC_DOMAINCFG_DM	0x4U
#define APLIC_SOURCECFG(source)	(((source) - 1) * 4UL + 0x0004)
#define APLIC_SOURCECFG_END	0x1000
#define APLIC_SOURCECFG_D	0x400U
#define APLIC_SOURCECFG_SM	0x7U
#define APLIC_SM_INACTIVE	0U
#define APLIC_SM_DETACHED	1U
#define APLIC_SM_EDGE1		4U
#define APLIC_SM_EDGE0		5U
#define APLIC_SM_LEVEL1		6U
#define APLIC_SM_LEVEL0		7U
#define APLIC_SETIP		0x1c00
#define APLIC_SETIPNUM		0x1cdc
#define APLIC_IN_CLRIP		0x1d00
#define APLIC_CLRIPNUM		0x1ddc
#define APLIC_SETIE		0x1e00
#define APLIC_SETIENUM		0x1edc
#define APLIC_CLRIE		0x1f00
#define APLIC_CLRIENUM		0x1fdc
#define APLIC_SETIPNUM_LE	0x2000
#define APLIC_SETIPNUM_BE	0x2004
#define APLIC_GENMSI		0x3000
#define APLIC_TARGET(source)	(((source) - 1) * 4UL + 0x3004)
#define APLIC_TARGET_END	0x4000
#define APLIC_TARGET_HART_SHIFT	18
#define APLIC_TARGET_EIID	0x7ffU
#define APLIC_SOURCES_MAX	1023
/* Direct delivery: a hart's IDC structure, 32 bytes each */
#define APLIC_IDC(index)	(0x4000 + (index) * 32UL)
#define APLIC_IDC_DELIVERY	0x00
#define APLIC_IDC_THRESHOLD	0x08
#define APLIC_IDC_CLAIM		0x1c

#endif
