/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ISA strings as sets: parsing riscv,isa and riscv,isa-extensions, choosing what a guest may see.
 * RISC-V unprivileged specification, "ISA Extension Naming Conventions".
 */
#ifndef BOOT_ISA_H
#define BOOT_ISA_H

#include "vm/config.h"

/* Bit n: the single-letter extension 'a' + n. From bit 32: multi-letter extensions known here. */
#define ISA_LETTER(c)		(1UL << ((c) - 'a'))
#define ISA_SSTC		(1UL << 32)
#define ISA_SVADU		(1UL << 33)
#define ISA_SVADE		(1UL << 34)
#define ISA_SVINVAL		(1UL << 35)
#define ISA_SVNAPOT		(1UL << 36)
#define ISA_SVPBMT		(1UL << 37)
#define ISA_SSCOFPMF		(1UL << 38)
#define ISA_SMSTATEEN		(1UL << 39)
#define ISA_SSAIA		(1UL << 40)
#define ISA_ZICSR		(1UL << 41)
#define ISA_ZIFENCEI		(1UL << 42)
#define ISA_ZIHINTPAUSE		(1UL << 43)
#define ISA_ZBA			(1UL << 44)
#define ISA_ZBB			(1UL << 45)
#define ISA_ZBC			(1UL << 46)
#define ISA_ZBS			(1UL << 47)
#define ISA_ZICBOM		(1UL << 48)
#define ISA_ZICBOZ		(1UL << 49)
#define ISA_ZFH			(1UL << 50)
#define ISA_ZFHMIN		(1UL << 51)

#define ISA_STRING_MAX		192

/* The set named by a riscv,isa string, unknown names skipped; 0 if it is not rv64. */
uint64_t isa_parse(const char *string);
/* The same for riscv,isa-extensions: size bytes of NUL-terminated names. */
uint64_t isa_parse_list(const char *list, size_t size);
/*
 * What a guest in this mode may use, of what all harts have: never H or V; Sstc only in hw (the
 * deprivileged modes have SBI TIME at the same price); nothing that needs an enable bit in
 * henvcfg which the hypervisor does not set.
 */
uint64_t isa_guest(uint64_t host, enum vm_mode mode);
/* Write the canonical riscv,isa string. Return: its length, or -ENOSPC. */
int isa_format(uint64_t set, char *out, size_t size);

#endif
