/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Static executables: the part of ELF that is needed to map one.
 * System V ABI, "Object Files"; RISC-V psABI, "ELF Object Files".
 */
#ifndef PROC_ELF_H
#define PROC_ELF_H

#include "lib/types.h"

struct inode;
struct mm;

struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

/* What exec tells the program about itself. */
struct elf_image {
	uint64_t entry, headers, header_size, header_count;
	/* After the switch: bytes behind the file's end in the last page, to be cleared. */
	struct {
		uint64_t start, length;
	} tails[8];
	size_t tail_count;
};

/* Maps the program into mm, which is not current yet; sets brk. -ENOEXEC, -ENOMEM. */
int elf_load(struct mm *mm, struct inode *inode, struct elf_image *image);

#endif
