/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recognises and loads guest kernels. System V ABI chapters 4 and 5, RISC-V ELF psABI; Linux,
 * Documentation/arch/riscv/boot-image-header.rst.
 */
#include "boot/image.h"
#include "boot/refuse.h"
#include "lib/errno.h"
#include "lib/string.h"

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

#define ELF_CLASS		4	/* index into ident */
#define ELF_DATA		5
#define ELF_CLASS_64		2
#define ELF_DATA_LITTLE		1
#define ELF_EXEC		2
#define ELF_DYN			3
#define ELF_MACHINE_RISCV	243
#define ELF_PT_LOAD		1
#define ELF_PT_INTERP		3

struct linux_header {
	uint32_t code[2];
	uint64_t text_offset, image_size, flags;
	uint32_t version, reserved1;
	uint64_t reserved2;
	char magic[8];		/* "RISCV", deprecated */
	char magic2[4];		/* "RSC" 5 */
	uint32_t reserved3;
};

#define LINUX_MAGIC2		"RSC\x05"
#define LINUX_FLAG_BIG_ENDIAN	1

_Static_assert(sizeof(struct elf_header) == 64, "ELF64 header");
_Static_assert(sizeof(struct elf_segment) == 56, "ELF64 program header");
_Static_assert(sizeof(struct linux_header) == 64, "Image header");

/* The first and last + 1 byte of everything loaded; refuses pieces that overlap. */
static int image_bound(struct image *out, const struct refusal *refusal)
{
	out->low = UINT64_MAX;
	for (size_t i = 0; i < out->segment_count; i++) {
		const struct image_segment *a = &out->segments[i];

		for (size_t k = 0; k < i; k++) {
			const struct image_segment *b = &out->segments[k];

			if (a->pa < b->pa + b->mem_size && b->pa < a->pa + a->mem_size)
				return refuse(refusal, "ELF segments overlap at physical address "
					      "0x%lx: the link script must keep them apart",
					      (unsigned long)MAX(a->pa, b->pa));
		}
		out->low = MIN(out->low, a->pa);
		out->high = MAX(out->high, a->pa + a->mem_size);
	}
	return 0;
}

static int elf_check_header(const struct elf_header *elf, size_t size,
			    const struct refusal *refusal)
{
	if (elf->ident[ELF_CLASS] != ELF_CLASS_64)
		return refuse(refusal, "a 32-bit ELF file: a 64-bit one is needed");
	if (elf->ident[ELF_DATA] != ELF_DATA_LITTLE)
		return refuse(refusal, "a big-endian ELF file: a little-endian one is needed");
	if (elf->machine != ELF_MACHINE_RISCV)
		return refuse(refusal, "an ELF file for machine %u: RISC-V is %u", elf->machine,
			      ELF_MACHINE_RISCV);
	if (elf->type != ELF_EXEC && elf->type != ELF_DYN)
		return refuse(refusal, "an ELF file of type %u: an executable is needed (was it "
			      "linked?)", elf->type);
	if (elf->phentsize != sizeof(struct elf_segment))
		return refuse(refusal, "ELF program headers of %u bytes: %u are defined",
			      elf->phentsize, (unsigned)sizeof(struct elf_segment));
	if (elf->phoff > size || elf->phnum > (size - elf->phoff) / sizeof(struct elf_segment))
		return refuse(refusal,
			      "the ELF program headers lie outside the file: is it truncated?");
	return 0;
}

static int elf_check_segment(const struct elf_segment *ph, size_t size,
			     const struct refusal *refusal)
{
	if (ph->filesz > ph->memsz)
		return refuse(refusal, "ELF segment at 0x%lx: file size 0x%lx exceeds memory size "
			      "0x%lx", (unsigned long)ph->paddr, (unsigned long)ph->filesz,
			      (unsigned long)ph->memsz);
	if (ph->offset > size || ph->filesz > size - ph->offset)
		return refuse(refusal, "ELF segment at 0x%lx lies outside the file: is it "
			      "truncated?", (unsigned long)ph->paddr);
	if (ph->paddr + ph->memsz < ph->paddr || ph->vaddr + ph->memsz < ph->vaddr)
		return refuse(refusal, "ELF segment at 0x%lx wraps around the address space",
			      (unsigned long)ph->paddr);
	return 0;
}

/*
 * The entry point is virtual; translate it with the segment that holds it. Kernels linked high
 * often have a physical entry point instead, which is taken as it is.
 */
static int elf_entry(const struct elf_header *elf, const struct elf_segment *ph, struct image *out)
{
	if (elf->entry >= ph->vaddr && elf->entry - ph->vaddr < ph->memsz)
		out->entry = elf->entry - ph->vaddr + ph->paddr;
	else if (elf->entry >= ph->paddr && elf->entry - ph->paddr < ph->memsz)
		out->entry = elf->entry;
	else
		return -ENOENT;
	return 0;
}

static int elf_probe(size_t size, struct image *out, const struct refusal *refusal)
{
	struct elf_header elf;
	bool has_entry = false;
	int err;

	if (size < sizeof(elf))
		return refuse(refusal, "an ELF file of %lu bytes: truncated", (unsigned long)size);
	memcpy(&elf, out->file, sizeof(elf));
	err = elf_check_header(&elf, size, refusal);
	for (size_t i = 0; !err && i < elf.phnum; i++) {
		struct elf_segment ph;

		memcpy(&ph, out->file + elf.phoff + i * sizeof(ph), sizeof(ph));
		if (ph.type == ELF_PT_INTERP)
			return refuse(refusal, "a dynamically linked program, not a kernel");
		if (ph.type != ELF_PT_LOAD || ph.memsz == 0)
			continue;
		if (out->segment_count == IMAGE_SEGMENTS_MAX)
			return refuse(refusal, "more than %u ELF segments to load",
				      IMAGE_SEGMENTS_MAX);
		err = elf_check_segment(&ph, size, refusal);
		out->segments[out->segment_count++] = (struct image_segment){
			.pa = ph.paddr, .offset = ph.offset,
			.file_size = ph.filesz, .mem_size = ph.memsz };
		has_entry = has_entry || elf_entry(&elf, &ph, out) == 0;
	}
	if (err)
		return err;
	if (out->segment_count == 0)
		return refuse(refusal, "an ELF file with nothing to load");
	if (!has_entry)
		return refuse(refusal, "the ELF entry point 0x%lx lies in no segment",
			      (unsigned long)elf.entry);
	out->kind = IMAGE_ELF;
	out->position_independent = elf.type == ELF_DYN;
	return image_bound(out, refusal);
}

static int linux_probe(size_t size, struct image *out, const struct refusal *refusal)
{
	struct linux_header header;

	memcpy(&header, out->file, sizeof(header));
	if (header.flags & LINUX_FLAG_BIG_ENDIAN)
		return refuse(refusal, "a big-endian Image: a little-endian one is needed");
	if (header.image_size > UINT64_MAX / 4 || header.text_offset > UINT64_MAX / 4)
		return refuse(refusal, "the Image header's text_offset 0x%lx or image_size 0x%lx "
			      "is no size", (unsigned long)header.text_offset,
			      (unsigned long)header.image_size);
	out->kind = IMAGE_LINUX;
	out->position_independent = true;
	out->entry = header.text_offset;
	/* image_size counts .bss, which the file lacks. */
	out->segments[0] = (struct image_segment){ .pa = header.text_offset, .file_size = size,
						   .mem_size = MAX(header.image_size, size) };
	out->segment_count = 1;
	return image_bound(out, refusal);
}

int image_probe(const void *file, size_t size, struct image *out, char *why, size_t why_size)
{
	const struct refusal refusal = { why, why_size };
	const size_t magic2 = offsetof(struct linux_header, magic2);

	*out = (struct image){ .file = file };
	if (size >= 4 && memcmp(file, "\x7f" "ELF", 4) == 0)
		return elf_probe(size, out, &refusal);
	if (size >= sizeof(struct linux_header) &&
	    memcmp(out->file + magic2, LINUX_MAGIC2, 4) == 0)
		return linux_probe(size, out, &refusal);
	if (size >= 2 && memcmp(file, "\x1f\x8b", 2) == 0)
		return refuse(&refusal, "a gzip file: unpack it first");
	return refuse(&refusal, "neither an ELF file nor a RISC-V Linux Image");
}

/* What to add to the image's addresses. */
static uint64_t image_bias(const struct image *image, gpa_t ram_base)
{
	if (image->kind == IMAGE_LINUX)
		return ram_base.v;
	if (image->position_independent && image->low < ram_base.v)
		return ram_base.v + IMAGE_PIE_OFFSET - ALIGN_DOWN(image->low, 4096UL);
	return 0;
}

int image_load(const struct image *image, gpa_t ram_base, const struct image_mem_ops *ops,
	       void *ctx, struct image_extent *out, char *why, size_t why_size)
{
	const struct refusal refusal = { why, why_size };
	uint64_t bias = image_bias(image, ram_base);

	*out = (struct image_extent){ 0 };
	if (image->high > UINT64_MAX - bias)
		return refuse(&refusal, "the kernel wraps around the address space at 0x%lx",
			      (unsigned long)(image->low + bias));
	for (size_t i = 0; i < image->segment_count; i++) {
		const struct image_segment *s = &image->segments[i];
		gpa_t to = GPA(s->pa + bias), rest = GPA(to.v + s->file_size);

		if ((s->file_size && ops->write(ctx, to, image->file + s->offset, s->file_size)) ||
		    (s->mem_size > s->file_size &&
		     ops->zero(ctx, rest, s->mem_size - s->file_size)))
			return refuse(&refusal, "the kernel wants memory at 0x%lx-0x%lx, which the "
				      "VM does not have: enlarge its memory node or link it "
				      "elsewhere", (unsigned long)to.v,
				      (unsigned long)(to.v + s->mem_size - 1));
	}
	*out = (struct image_extent){ .entry = GPA(image->entry + bias),
				      .low = GPA(image->low + bias),
				      .high = GPA(image->high + bias) };
	return 0;
}
