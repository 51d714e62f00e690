/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the machine's own device tree, which firmware hands over in a1. Pure.
 * Devicetree Specification 0.4, chapters 2 and 3; Linux bindings of riscv/cpus, riscv,plic, 8250.
 */
#ifndef BOOT_HOST_DT_H
#define BOOT_HOST_DT_H

#include "boot/isa.h"
#include "lib/types.h"
#include "mem/page.h"

struct host_hart {
	uint64_t id;
	uint64_t isa;		/* ISA_* */
	int plic_context;	/* of S-mode, -1: none */
	int aia_index;		/* of its IMSIC, or of its IDC structure; -1: none */
	hpa_t sswi;		/* its SETSSIP register (boot/host_sswi.c); 0: none */
};

struct host_uart {
	hpa_t base;
	uint64_t size;		/* 0: no ns16550a */
	uint32_t irq;		/* PLIC source, 0: none */
	uint32_t reg_shift, io_width;
};

struct host_plic {
	hpa_t base;
	uint64_t size;		/* 0: no PLIC */
	uint32_t ndev;
};

/* A virtio MMIO window, which may have a device behind it. */
struct host_virtio {
	hpa_t base;
	uint64_t size;
	uint32_t irq;		/* PLIC source, 0: none */
};

/* The supervisor level's APLIC and IMSICs (boot/host_aia.c). */
struct host_aplic {
	hpa_t base;
	uint64_t size;		/* 0: none */
	uint32_t sources;
	bool msi;		/* delivers to imsic, else directly */
};

struct host_imsic {
	hpa_t base;		/* of the hart with aia_index 0 */
	uint64_t size;		/* 0: none */
	uint32_t ids;
	uint32_t guest_bits;	/* a hart has 1 << guest_bits pages, one for each file */
};

enum host_dt_what { HOST_DT_MEMORY, HOST_DT_RESERVED };

struct host_info {
	struct page_range *memory;	/* kalloc'ed, sorted, apart from one another */
	size_t memory_count;
	struct page_range *reserved;	/* kalloc'ed, as memory; not the initrd, not this tree */
	size_t reserved_count;
	struct host_hart *harts;	/* kalloc'ed; enabled ones, in the tree's order */
	size_t hart_count;
	uint64_t isa;			/* what all harts have */
	uint64_t timebase_hz;
	struct host_uart uart;		/* the one stdout-path names, else the first */
	struct host_plic plic;
	struct host_aplic aplic;
	struct host_imsic imsic;
	struct host_virtio *virtio;	/* kalloc'ed, sorted by address */
	size_t virtio_count;
	hpa_t rtc_base;			/* google,goldfish-rtc; 0: none */
	hpa_t test_base;		/* sifive_test, to leave QEMU with an exit code; 0: none */
	struct page_range initrd;	/* empty: none */
	const char *bootargs;		/* inside the tree; "" if there are none */
	const uint8_t *rng_seed;	/* inside the tree; NULL: none */
	size_t rng_seed_size;
};

/*
 * Bytes of the tree at fdt, or 0 if there is no valid header. Before anything else is known, to map
 * or reserve it.
 */
size_t host_dt_size(const void *fdt);

/*
 * The ranges alone, before there is an allocator: RAM (what = HOST_DT_MEMORY), or what firmware
 * keeps (memory reservation block and /reserved-memory nodes). Sorted and merged if all fit.
 * Return: number of ranges, of which the first max are in out; -EINVAL if fdt is no tree.
 */
int host_dt_ranges(const void *fdt, enum host_dt_what what, struct page_range *out, size_t max);

/* The initrd alone, the same way. Empty: none. */
struct page_range host_dt_initrd(const void *fdt);

/*
 * Fill *out. The tree stays where it is: strings and the seed point into it.
 * Return: 0; -EINVAL or -ENOMEM with one line in why.
 */
int host_dt_parse(const void *fdt, struct host_info *out, char *why, size_t why_size);
void host_dt_free(struct host_info *info);

/*
 * For the readers of interrupt controllers: the harts of host that a node's interrupts-extended
 * interrupts by irq (IRQ_S_*), each with its place in there.
 */
void host_dt_for_places(const void *fdt, int node, uint32_t irq, struct host_info *host,
			void (*take)(struct host_hart *hart, unsigned place, const void *arg),
			const void *arg);

#endif
