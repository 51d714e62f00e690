/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the device tree says about the machine, read once at boot.
 * Devicetree specification 0.4, chapter 3.
 */
#ifndef BOOT_INFO_H
#define BOOT_INFO_H

#include "lib/types.h"

#define INFO_RESERVED_MAX	16
#define INFO_HARTS_MAX		64

/* A hart that the tree lists. */
struct info_hart {
	uint64_t id;
	uint32_t controller;	/* phandle of its interrupt controller */
	int plic_context;	/* S-mode's; -1: none */
};

struct info {
	uint64_t memory_start, memory_end;	/* the range that holds the kernel */
	uint64_t tree_pa, tree_size;
	uint64_t initrd_start, initrd_end;	/* equal: none */
	struct {
		uint64_t start, end;
	} reserved[INFO_RESERVED_MAX];
	size_t reserved_count;
	uint64_t timebase;
	uint64_t uart_pa, uart_size, plic_pa;
	uint64_t test_pa;	/* of a sifive_test device; 0: none */
	uint32_t uart_irq, uart_shift;
	struct info_hart harts[INFO_HARTS_MAX];	/* the boot hart first */
	size_t hart_count;
	bool isa_sstc;
	char bootargs[1024];
	uint8_t seed[64];
	size_t seed_length;
};

extern struct info info;

/* Reads the tree at tree_pa. False if there is no memory that holds the kernel. */
bool info_read(uint64_t tree_pa, uint64_t kernel_pa, uint64_t hart_id);
/* The value of NAME=value in bootargs, up to a space, into value; false if it is not there. */
bool info_option(const char *name, char *value, size_t size);

#endif
