/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ISA strings as sets: parsing riscv,isa and riscv,isa-extensions, choosing what a guest may see.
 * RISC-V unprivileged specification, "ISA Extension Naming Conventions".
 */
#ifndef BOOT_ISA_H
#define BOOT_ISA_H

#include "vm/config.h"

/* Bit n: the single-letter extension 'a' + n. From bit 26: multi-letter extensions known here. */
#define ISA_LETTER(c)		(1UL << ((c) - 'a'))
enum isa_bit {
	ISA_BIT_ZIC64B = 26, ISA_BIT_ZICBOM, ISA_BIT_ZICBOZ, ISA_BIT_ZICOND, ISA_BIT_ZICSR,
	ISA_BIT_ZIFENCEI, ISA_BIT_ZIHINTNTL, ISA_BIT_ZIHINTPAUSE, ISA_BIT_ZIMOP, ISA_BIT_ZACAS,
	ISA_BIT_ZFA, ISA_BIT_ZFH, ISA_BIT_ZFHMIN, ISA_BIT_ZCB, ISA_BIT_ZCMOP, ISA_BIT_ZBA,
	ISA_BIT_ZBB, ISA_BIT_ZBC, ISA_BIT_ZBKB, ISA_BIT_ZBKC, ISA_BIT_ZBKX, ISA_BIT_ZBS,
	ISA_BIT_ZKND, ISA_BIT_ZKNE, ISA_BIT_ZKNH, ISA_BIT_ZKSED, ISA_BIT_ZKSH, ISA_BIT_ZKT,
	ISA_BIT_SMSTATEEN, ISA_BIT_SSAIA, ISA_BIT_SSCOFPMF, ISA_BIT_SSTC, ISA_BIT_SVADE,
	ISA_BIT_SVADU, ISA_BIT_SVINVAL, ISA_BIT_SVNAPOT, ISA_BIT_SVPBMT, ISA_BIT_SVVPTC,
	ISA_BIT_END
};
#define ISA_ZIC64B		(1UL << ISA_BIT_ZIC64B)
#define ISA_ZICBOM		(1UL << ISA_BIT_ZICBOM)
#define ISA_ZICBOZ		(1UL << ISA_BIT_ZICBOZ)
#define ISA_ZICSR		(1UL << ISA_BIT_ZICSR)
#define ISA_ZIFENCEI		(1UL << ISA_BIT_ZIFENCEI)
#define ISA_ZIHINTPAUSE		(1UL << ISA_BIT_ZIHINTPAUSE)
#define ISA_ZFH			(1UL << ISA_BIT_ZFH)
#define ISA_ZFHMIN		(1UL << ISA_BIT_ZFHMIN)
#define ISA_ZBA			(1UL << ISA_BIT_ZBA)
#define ISA_ZBB			(1UL << ISA_BIT_ZBB)
#define ISA_ZBC			(1UL << ISA_BIT_ZBC)
#define ISA_ZBS			(1UL << ISA_BIT_ZBS)
#define ISA_SMSTATEEN		(1UL << ISA_BIT_SMSTATEEN)
#define ISA_SSAIA		(1UL << ISA_BIT_SSAIA)
#define ISA_SSCOFPMF		(1UL << ISA_BIT_SSCOFPMF)
#define ISA_SSTC		(1UL << ISA_BIT_SSTC)
#define ISA_SVADE		(1UL << ISA_BIT_SVADE)
#define ISA_SVADU		(1UL << ISA_BIT_SVADU)
#define ISA_SVINVAL		(1UL << ISA_BIT_SVINVAL)
#define ISA_SVNAPOT		(1UL << ISA_BIT_SVNAPOT)
#define ISA_SVPBMT		(1UL << ISA_BIT_SVPBMT)
#define ISA_SVVPTC		(1UL << ISA_BIT_SVVPTC)

#define ISA_STRING_MAX		384
/* Of Zic64b: what a cbo instruction works on. */
#define ISA_CBO_BYTES		64

/* The set named by a riscv,isa string, unknown names skipped; 0 if it is not rv64. */
uint64_t isa_parse(const char *string);
/* The same for riscv,isa-extensions: size bytes of NUL-terminated names. */
uint64_t isa_parse_list(const char *list, size_t size);
/*
 * What a guest in this mode may use, of what all harts have: never H or V. Extensions that need
 * nothing but their instructions are there in every mode; those of supervisor mode (Sstc, Svinval,
 * Svnapot, cache blocks of 64 bytes) in hw, where the hypervisor enables them, since the
 * deprivileged modes emulate supervisor mode without them. Svvptc is a promise that shadow tables
 * keep, as they never cache what is invalid; of the guest's user, which is on its own tables,
 * dep_fault_in() keeps it.
 */
uint64_t isa_guest(uint64_t host, enum vm_mode mode);
/* Write the canonical riscv,isa string. Return: its length, or -ENOSPC. */
int isa_format(uint64_t set, char *out, size_t size);
/* Write riscv,isa-extensions: NUL-terminated names. Return: bytes with all NULs, or -ENOSPC. */
int isa_format_list(uint64_t set, char *out, size_t size);

#endif
