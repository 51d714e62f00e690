/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel images: where good ones go, and why bad ones are refused.
 * SOURCES: hypervisor/boot/image.c hypervisor/boot/refuse.c
 */
#include "test.h"

#include "boot/image.h"
#include "lib/errno.h"
#include "lib/types.h"

#define RAM_BASE	0x80000000UL
#define RAM_SIZE	0x400000UL

/* Offsets in an ELF64 header and program header. */
enum {
	E_TYPE = 16, E_MACHINE = 18, E_ENTRY = 24, E_PHOFF = 32, E_PHENTSIZE = 54, E_PHNUM = 56,
	PH = 64, P_TYPE = 0, P_OFFSET = 8, P_VADDR = 16, P_PADDR = 24, P_FILESZ = 32, P_MEMSZ = 40,
	PH_SIZE = 56
};

static uint8_t file[0x1000];
static uint8_t ram[RAM_SIZE];
static struct image image;
static struct image_extent extent;
static char why[200];

static void put(size_t at, unsigned size, uint64_t value)
{
	for (unsigned i = 0; i < size; i++)
		file[at + i] = (uint8_t)(value >> 8 * i);
}

static void segment(unsigned index, uint64_t offset, uint64_t va, uint64_t pa, uint64_t file_size,
		    uint64_t mem_size)
{
	size_t at = PH + PH_SIZE * index;

	put(at + P_TYPE, 4, 1);
	put(at + P_OFFSET, 8, offset);
	put(at + P_VADDR, 8, va);
	put(at + P_PADDR, 8, pa);
	put(at + P_FILESZ, 8, file_size);
	put(at + P_MEMSZ, 8, mem_size);
}

/* Two segments, linked high, loaded at 0x80200000: what pvguest looks like. */
static void elf_create(void)
{
	memset(file, 0, sizeof(file));
	memcpy(file, "\x7f" "ELF\2\1\1", 7);
	put(E_TYPE, 2, 2);
	put(E_MACHINE, 2, 243);
	put(E_ENTRY, 8, 0xffffffff80200010);
	put(E_PHOFF, 8, PH);
	put(E_PHENTSIZE, 2, PH_SIZE);
	put(E_PHNUM, 2, 3);
	segment(0, 0x400, 0xffffffff80200000, 0x80200000, 0x100, 0x100);
	segment(1, 0x500, 0xffffffff80201000, 0x80201000, 0x80, 0x2000);
	put(PH + 2 * PH_SIZE + P_TYPE, 4, 0x70000003);	/* PT_RISCV_ATTRIBUTES: not loaded */
	memset(file + 0x400, 0xaa, 0x100);
	memset(file + 0x500, 0xbb, 0x80);
}

static void linux_create(uint64_t text_offset, uint64_t image_size)
{
	memset(file, 0x13, sizeof(file));
	put(8, 8, text_offset);
	put(16, 8, image_size);
	put(24, 8, 0);
	memcpy(file + 48, "RISCV\0\0\0RSC\x05", 12);
}

static int probe(size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	int err;

	memcpy(copy, file, size);
	strcpy(why, "");
	err = image_probe(copy, size, &image, why, sizeof(why));
	free(copy);
	/* The copy is gone; load from the original. */
	image.file = file;
	return err;
}

static bool in_ram(gpa_t gpa, size_t size)
{
	return gpa.v >= RAM_BASE && gpa.v - RAM_BASE <= RAM_SIZE &&
	       size <= RAM_SIZE - (gpa.v - RAM_BASE);
}

static int ram_write(void *ctx, gpa_t gpa, const void *from, size_t size)
{
	(void)ctx;
	if (!in_ram(gpa, size))
		return -EFAULT;
	memcpy(ram + (gpa.v - RAM_BASE), from, size);
	return 0;
}

static int ram_zero(void *ctx, gpa_t gpa, size_t size)
{
	(void)ctx;
	if (!in_ram(gpa, size))
		return -EFAULT;
	memset(ram + (gpa.v - RAM_BASE), 0, size);
	return 0;
}

static int load(void)
{
	static const struct image_mem_ops ops = { ram_write, ram_zero };

	memset(ram, 0xee, sizeof(ram));
	strcpy(why, "");
	return image_load(&image, GPA(RAM_BASE), &ops, NULL, &extent, why, sizeof(why));
}

TEST("an ELF kernel goes to its physical addresses, zeros behind each segment's bytes")
{
	elf_create();
	CHECK_EQ(probe(sizeof(file)), 0);
	CHECK_EQ(image.kind, IMAGE_ELF);
	CHECK_EQ(image.segment_count, 2);
	CHECK_EQ(load(), 0);
	CHECK_EQ(extent.low.v, 0x80200000);
	CHECK_EQ(extent.high.v, 0x80203000);
	CHECK_EQ(ram[0x200000], 0xaa);
	CHECK_EQ(ram[0x2000ff], 0xaa);
	CHECK_EQ(ram[0x200100], 0xee);
	CHECK_EQ(ram[0x20107f], 0xbb);
	CHECK_EQ(ram[0x201080], 0);
	CHECK_EQ(ram[0x202fff], 0);
	CHECK_EQ(ram[0x203000], 0xee);
}

TEST("a virtual entry point is translated by the segment that holds it")
{
	elf_create();
	CHECK_EQ(probe(sizeof(file)), 0);
	CHECK_EQ(load(), 0);
	CHECK_EQ(extent.entry.v, 0x80200010);
}

TEST("a physical entry point is taken as it is")
{
	elf_create();
	put(E_ENTRY, 8, 0x80200020);
	CHECK_EQ(probe(sizeof(file)), 0);
	CHECK_EQ(load(), 0);
	CHECK_EQ(extent.entry.v, 0x80200020);
}

TEST("a position independent ELF linked at 0 goes 2 MiB into RAM, one linked in RAM stays")
{
	elf_create();
	put(E_TYPE, 2, 3);
	put(E_ENTRY, 8, 0x10);
	segment(0, 0x400, 0, 0, 0x100, 0x100);
	segment(1, 0x500, 0x1000, 0x1000, 0x80, 0x2000);
	CHECK_EQ(probe(sizeof(file)), 0);
	CHECK_EQ(load(), 0);
	CHECK_EQ(extent.entry.v, 0x80200010);
	CHECK_EQ(extent.high.v, 0x80203000);
	CHECK_EQ(ram[0x200000], 0xaa);

	elf_create();
	put(E_TYPE, 2, 3);
	CHECK_EQ(probe(sizeof(file)), 0);
	CHECK_EQ(load(), 0);
	CHECK_EQ(extent.low.v, 0x80200000);
}

TEST("a Linux Image goes to the base of RAM plus text_offset, its image_size counts .bss")
{
	linux_create(0x200000, 0x3000);
	CHECK_EQ(probe(0x800), 0);
	CHECK_EQ(image.kind, IMAGE_LINUX);
	CHECK_EQ(load(), 0);
	CHECK_EQ(extent.entry.v, 0x80200000);
	CHECK_EQ(extent.low.v, 0x80200000);
	CHECK_EQ(extent.high.v, 0x80203000);
	CHECK_EQ(ram[0x2007ff], 0x13);
	CHECK_EQ(ram[0x200800], 0);
	CHECK_EQ(ram[0x202fff], 0);
	CHECK_EQ(ram[0x203000], 0xee);
}

TEST("an Image whose header gives no size is as large as its file")
{
	linux_create(0, 0);
	CHECK_EQ(probe(0x800), 0);
	CHECK_EQ(load(), 0);
	CHECK_EQ(extent.high.v, 0x80000800);
}

/* One change to a good ELF file. */
static const struct {
	size_t at;
	unsigned size;
	uint64_t value;
	size_t file_size;	/* 0: whole */
	const char *why;
} bad_elfs[] = {
	{ 4, 1, 1, 0, "a 32-bit ELF file: a 64-bit one is needed" },
	{ 5, 1, 2, 0, "a big-endian ELF file: a little-endian one is needed" },
	{ E_MACHINE, 2, 62, 0, "an ELF file for machine 62: RISC-V is 243" },
	{ E_TYPE, 2, 1, 0, "an ELF file of type 1: an executable is needed (was it linked?)" },
	{ E_PHENTSIZE, 2, 32, 0, "ELF program headers of 32 bytes: 56 are defined" },
	{ E_PHOFF, 8, 0xfff, 0, "the ELF program headers lie outside the file: is it truncated?" },
	{ E_PHOFF, 8, UINT64_MAX, 0,
	  "the ELF program headers lie outside the file: is it truncated?" },
	{ E_PHNUM, 2, 0xffff, 0, "the ELF program headers lie outside the file: is it truncated?" },
	{ E_PHNUM, 2, 0, 0, "an ELF file with nothing to load" },
	{ E_ENTRY, 8, 0x1000, 0, "the ELF entry point 0x1000 lies in no segment" },
	{ E_ENTRY, 8, 0xffffffff80200100, 0,
	  "the ELF entry point 0xffffffff80200100 lies in no segment" },
	{ 0, 1, 0x7f, 63, "an ELF file of 63 bytes: truncated" },
	{ 0, 1, 0x7f, 64, "the ELF program headers lie outside the file: is it truncated?" },
	{ 0, 1, 0x7f, 0x4ff, "ELF segment at 0x80200000 lies outside the file: is it truncated?" },
	{ PH + P_TYPE, 4, 3, 0, "a dynamically linked program, not a kernel" },
	{ PH + P_OFFSET, 8, UINT64_MAX, 0,
	  "ELF segment at 0x80200000 lies outside the file: is it truncated?" },
	{ PH + P_FILESZ, 8, 0x101, 0,
	  "ELF segment at 0x80200000: file size 0x101 exceeds memory size 0x100" },
	{ PH + P_MEMSZ, 8, UINT64_MAX, 0,
	  "ELF segment at 0x80200000 wraps around the address space" },
	{ PH + P_PADDR, 8, UINT64_MAX - 0xff, 0,
	  "ELF segment at 0xffffffffffffff00 wraps around the address space" },
	{ PH + P_MEMSZ, 8, 0x1001, 0, "ELF segments overlap at physical address 0x80201000: the "
	  "link script must keep them apart" },
};

TEST("a bad ELF file is refused with one line that says why")
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_elfs); i++) {
		elf_create();
		put(bad_elfs[i].at, bad_elfs[i].size, bad_elfs[i].value);
		CHECK_EQ(probe(bad_elfs[i].file_size ? bad_elfs[i].file_size : sizeof(file)),
			 -EINVAL);
		CHECK_STR(why, bad_elfs[i].why);
	}
}

TEST("more than 16 segments are refused")
{
	elf_create();
	put(E_PHNUM, 2, 17);
	for (unsigned i = 0; i < 17; i++)
		segment(i, 0, 0x80200000 + 0x1000 * i, 0x80200000 + 0x1000 * i, 0, 0x1000);
	CHECK_EQ(probe(sizeof(file)), -EINVAL);
	CHECK_STR(why, "more than 16 ELF segments to load");
}

TEST("what is neither ELF nor Image is refused, gzip with advice")
{
	memset(file, 0, sizeof(file));
	CHECK_EQ(probe(sizeof(file)), -EINVAL);
	CHECK_STR(why, "neither an ELF file nor a RISC-V Linux Image");
	for (size_t size = 0; size < 64; size++) {
		linux_create(0, 0);
		CHECK_EQ(probe(size), -EINVAL);
		CHECK_STR(why, "neither an ELF file nor a RISC-V Linux Image");
	}
	memcpy(file, "\x1f\x8b\x08", 3);
	memset(file + 48, 0, 16);
	CHECK_EQ(probe(sizeof(file)), -EINVAL);
	CHECK_STR(why, "a gzip file: unpack it first");
}

TEST("an Image with a hostile header is refused")
{
	linux_create(0x200000, 0x3000);
	put(24, 8, 1);
	CHECK_EQ(probe(sizeof(file)), -EINVAL);
	CHECK_STR(why, "a big-endian Image: a little-endian one is needed");
	linux_create(UINT64_MAX, 0);
	CHECK_EQ(probe(sizeof(file)), -EINVAL);
	CHECK_STR(why, "the Image header's text_offset 0xffffffffffffffff or image_size 0x0 is no "
		  "size");
	linux_create(0, UINT64_MAX);
	CHECK_EQ(probe(sizeof(file)), -EINVAL);
}

TEST("a kernel beyond the VM's memory is refused with the range that it wants")
{
	elf_create();
	segment(1, 0x500, 0x90000000, 0x90000000, 0x80, 0x2000);
	CHECK_EQ(probe(sizeof(file)), 0);
	CHECK_EQ(load(), -EINVAL);
	CHECK_STR(why, "the kernel wants memory at 0x90000000-0x90001fff, which the VM does not "
		  "have: enlarge its memory node or link it elsewhere");
	elf_create();
	segment(1, 0x500, 0x80201000, 0x80201000, 0x80, RAM_SIZE);
	CHECK_EQ(probe(sizeof(file)), 0);
	CHECK_EQ(load(), -EINVAL);
	linux_create(0x200000, 0x3fffffffffffffff);
	CHECK_EQ(probe(sizeof(file)), 0);
	CHECK_EQ(load(), -EINVAL);
	CHECK_EQ(extent.high.v, 0);
}

TEST("no file with random bytes changed makes the loader leave the file or the memory")
{
	uint64_t seed = 5;
	int loaded = 0;

	for (int round = 0; round < 20000; round++) {
		if (round & 1)
			elf_create();
		else
			linux_create(0x200000, 0x3000);
		for (int i = 0; i < 3; i++) {
			uint64_t r = test_random(&seed);

			file[r % (PH + 3 * PH_SIZE)] ^= (uint8_t)(1u << (r >> 32 & 7));
		}
		if (probe(0x600 + test_random(&seed) % 0x100) == 0 && round % 16 < 2)
			loaded += load() == 0;
	}
	CHECK(loaded > 100);
}
