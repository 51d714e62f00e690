/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Static executables: mapping one.
 * System V ABI, "Program Loading"; RISC-V psABI, "ELF Object Files".
 */
#include "proc/elf.h"

#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/mm.h"

#define ELF_EXEC	2
#define ELF_DYN		3
#define ELF_RISCV	243
#define ELF_PT_LOAD	1
#define ELF_PT_INTERP	3
#define ELF_PT_PHDR	6
#define ELF_X		1
#define ELF_W		2
#define ELF_R		4
#define ELF_SEGMENTS_MAX	64

static unsigned int elf_prot(uint32_t flags)
{
	return (flags & ELF_R ? PROT_READ : 0U) | (flags & ELF_W ? PROT_WRITE : 0U) |
	       (flags & ELF_X ? PROT_EXEC : 0U);
}

static bool elf_header_ok(const struct elf_header *h, uint64_t size)
{
	static const uint8_t ident[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };

	return !memcmp(h->ident, ident, sizeof(ident)) && h->machine == ELF_RISCV &&
	       (h->type == ELF_EXEC || h->type == ELF_DYN) &&
	       h->phentsize == sizeof(struct elf_segment) && h->phnum &&
	       h->phnum <= ELF_SEGMENTS_MAX && h->phoff < size;
}

/* The whole pages that the file does not fill. */
static int elf_map_bss(struct mm *mm, uint64_t start, uint64_t end, unsigned int prot)
{
	struct mm_request r = { .addr = start, .length = end - start, .prot = prot,
				.fixed = true };
	int64_t addr = start < end ? mm_map(mm, &r) : 0;

	return addr < 0 ? (int)addr : 0;
}

static int elf_map_segment(struct mm *mm, struct inode *inode, const struct elf_segment *s,
			   uint64_t base, struct elf_image *image)
{
	uint64_t vaddr = base + s->vaddr, in_page = vaddr & PAGE_MASK;
	uint64_t file_end = vaddr + s->filesz, end = vaddr + s->memsz;
	struct mm_request r = { .addr = vaddr - in_page, .length = s->filesz + in_page,
				.prot = elf_prot(s->flags), .fixed = true, .inode = inode,
				.offset = s->offset - in_page };
	int64_t addr;

	if (s->memsz < s->filesz || s->vaddr > LAYOUT_USER_END || s->memsz > LAYOUT_USER_END ||
	    end > LAYOUT_STACK_TOP - LAYOUT_STACK_MAX || s->offset > inode->size ||
	    s->filesz > inode->size - s->offset || ((s->offset ^ s->vaddr) & PAGE_MASK) ||
	    vaddr < PAGE_SIZE)
		return -ENOEXEC;
	if (s->filesz) {
		addr = mm_map(mm, &r);
		if (addr < 0)
			return (int)addr;
	} else {
		file_end = vaddr - in_page;
	}
	if (s->memsz > s->filesz && (file_end & PAGE_MASK)) {
		if (image->tail_count == ARRAY_SIZE(image->tails))
			return -ENOEXEC;
		image->tails[image->tail_count].start = file_end;
		image->tails[image->tail_count++].length =
			MIN(ALIGN_UP(file_end, PAGE_SIZE), end) - file_end;
	}
	if (ALIGN_UP(end, PAGE_SIZE) > mm->brk_start)
		mm->brk_start = mm->brk = ALIGN_UP(end, PAGE_SIZE);
	return elf_map_bss(mm, ALIGN_UP(file_end, PAGE_SIZE), ALIGN_UP(end, PAGE_SIZE), r.prot);
}

int elf_load(struct mm *mm, struct inode *inode, struct elf_image *image)
{
	struct elf_segment *segments = heap_alloc(sizeof(*segments) * ELF_SEGMENTS_MAX);
	struct elf_header h;
	uint64_t base;
	size_t size;
	int error = segments ? 0 : -ENOMEM;

	*image = (struct elf_image){ 0 };
	if (!error && (inode_read(inode, 0, &h, sizeof(h)) != sizeof(h) ||
		       !elf_header_ok(&h, inode->size)))
		error = -ENOEXEC;
	size = error ? 0 : h.phnum * sizeof(*segments);
	if (!error && inode_read(inode, h.phoff, segments, size) != (ssize_t)size)
		error = -ENOEXEC;
	base = !error && h.type == ELF_DYN ? LAYOUT_PIE_BASE : 0;
	for (size_t i = 0; !error && i < h.phnum; i++) {
		const struct elf_segment *s = &segments[i];

		if (s->type == ELF_PT_INTERP)
			error = -ENOEXEC;
		else if (s->type == ELF_PT_LOAD)
			error = elf_map_segment(mm, inode, s, base, image);
		if (s->type == ELF_PT_PHDR)
			image->headers = base + s->vaddr;
		else if (s->type == ELF_PT_LOAD && !image->headers && s->offset <= h.phoff &&
			 h.phoff - s->offset < s->filesz)
			image->headers = base + s->vaddr + h.phoff - s->offset;
	}
	heap_free(segments);
	if (error)
		return error;
	image->entry = base + h.entry;
	image->header_size = h.phentsize;
	image->header_count = h.phnum;
	return mm->brk_start ? 0 : -ENOEXEC;
}
