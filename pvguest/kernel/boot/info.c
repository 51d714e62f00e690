/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the device tree says about the machine, read once at boot.
 * Devicetree specification 0.4, chapter 3.
 */
#include "boot/info.h"

#include <riscv/csr.h>

#include "drv/fdt.h"
#include "lib/string.h"
#include "mm/layout.h"

struct info info;

/* A node while its properties are read, and what must be put together at the end. */
struct info_reader {
	uint64_t kernel_pa, hart_id;
	/* of the current node */
	uint64_t reg, reg_size;
	uint32_t irq, shift, phandle;
	bool has_reg, is_memory, is_uart, is_plic, is_cpu, is_controller, is_disabled;
	bool is_test;
	struct fdt_property interrupts_extended, regs;
	/* of the tree */
	struct fdt_property plic_contexts;
	struct info_hart *cpu;	/* the last one; its interrupt controller is a child of it */
};

static void info_reserve(uint64_t start, uint64_t size)
{
	if (!size || info.reserved_count == INFO_RESERVED_MAX)
		return;
	info.reserved[info.reserved_count].start = start;
	info.reserved[info.reserved_count++].end = start + size;
}

static void info_chosen(const struct fdt_property *p)
{
	if (!strcmp(p->name, "bootargs") && p->length) {
		string_copy(info.bootargs, (const char *)p->value,
			    MIN(sizeof(info.bootargs), (size_t)p->length));
	} else if (!strcmp(p->name, "linux,initrd-start") && p->length >= 4) {
		info.initrd_start = fdt_cells(p->value, p->length / 4);
	} else if (!strcmp(p->name, "linux,initrd-end") && p->length >= 4) {
		info.initrd_end = fdt_cells(p->value, p->length / 4);
	} else if (!strcmp(p->name, "rng-seed")) {
		info.seed_length = MIN(sizeof(info.seed), (size_t)p->length);
		memcpy(info.seed, p->value, info.seed_length);
	}
}

static bool info_isa_has(const struct fdt_property *p, const char *extension)
{
	size_t length = strlen(extension);

	for (uint32_t i = 1; i + length <= p->length; i++)
		if (p->value[i - 1] == '_' && !memcmp(p->value + i, extension, length))
			return true;
	return false;
}

static void info_property(struct fdt_walk *walk, const struct fdt_property *p)
{
	struct info_reader *r = walk->context;
	const char *node = walk->name[walk->depth];
	unsigned int up = walk->depth ? walk->depth - 1 : 0;

	if (!strcmp(node, "chosen") && walk->depth == 1) {
		info_chosen(p);
	} else if (!strcmp(p->name, "reg")) {
		uint32_t ac = walk->address_cells[up], sc = walk->size_cells[up];

		if (ac > 2 || sc > 2 || p->length < 4 * (ac + sc))
			return;
		r->regs = *p;
		r->reg = fdt_cells(p->value, ac);
		r->reg_size = fdt_cells(p->value + 4 * ac, sc);
		r->has_reg = true;
	} else if (!strcmp(p->name, "device_type")) {
		r->is_memory = fdt_has_string(p, "memory");
		r->is_cpu = fdt_has_string(p, "cpu");
	} else if (!strcmp(p->name, "compatible")) {
		r->is_uart = fdt_has_string(p, "ns16550a");
		r->is_plic = fdt_has_string(p, "riscv,plic0") ||
			     fdt_has_string(p, "sifive,plic-1.0.0");
		r->is_test = fdt_has_string(p, "sifive,test0") ||
			     fdt_has_string(p, "sifive,test1");
		r->is_controller = fdt_has_string(p, "riscv,cpu-intc");
	} else if (!strcmp(p->name, "status")) {
		r->is_disabled = fdt_has_string(p, "disabled");
	} else if (!strcmp(p->name, "timebase-frequency") && p->length >= 4) {
		info.timebase = fdt_cells(p->value, p->length / 4);
	} else if (!strcmp(p->name, "riscv,isa") && p->length) {
		info.isa_sstc |= info_isa_has(p, "sstc");
	} else if (!strcmp(p->name, "riscv,isa-extensions")) {
		info.isa_sstc |= fdt_has_string(p, "sstc");
	} else if (!strcmp(p->name, "interrupts") && p->length >= 4) {
		r->irq = fdt_cell(p->value);
	} else if (!strcmp(p->name, "reg-shift") && p->length == 4) {
		r->shift = fdt_cell(p->value) & 7;
	} else if (!strcmp(p->name, "phandle") && p->length == 4) {
		r->phandle = fdt_cell(p->value);
	} else if (!strcmp(p->name, "interrupts-extended")) {
		r->interrupts_extended = *p;
	}
}

static void info_memory(const struct fdt_walk *walk, const struct info_reader *r)
{
	uint32_t ac = walk->address_cells[walk->depth - 1];
	uint32_t entry = 4 * (ac + walk->size_cells[walk->depth - 1]);

	for (uint32_t i = 0; entry && i + entry <= r->regs.length; i += entry) {
		uint64_t start = fdt_cells(r->regs.value + i, ac);
		uint64_t size = fdt_cells(r->regs.value + i + 4 * ac, entry / 4 - ac);

		if (r->kernel_pa >= start && r->kernel_pa < start + size) {
			info.memory_start = start;
			info.memory_end = start + size;
		}
	}
}

static void info_cpu(struct info_reader *r)
{
	r->cpu = NULL;
	if (!r->has_reg || r->is_disabled || info.hart_count == INFO_HARTS_MAX)
		return;
	r->cpu = &info.harts[info.hart_count++];
	*r->cpu = (struct info_hart){ .id = r->reg, .plic_context = -1 };
}

static void info_node(struct fdt_walk *walk)
{
	struct info_reader *r = walk->context;

	if (r->is_memory && r->has_reg && walk->depth)
		info_memory(walk, r);
	else if (r->is_uart && r->has_reg && !info.uart_pa)
		info.uart_pa = r->reg, info.uart_size = r->reg_size, info.uart_irq = r->irq,
		info.uart_shift = r->shift;
	else if (r->is_plic && r->has_reg)
		info.plic_pa = r->reg, r->plic_contexts = r->interrupts_extended;
	else if (r->is_test && r->has_reg && !r->is_disabled)
		info.test_pa = r->reg;
	else if (r->is_cpu)
		info_cpu(r);
	else if (r->is_controller && r->cpu)
		r->cpu->controller = r->phandle;
	else if (walk->depth == 2 && !strcmp(walk->name[1], "reserved-memory") && r->has_reg)
		info_reserve(r->reg, r->reg_size);
	r->has_reg = r->is_memory = r->is_uart = r->is_plic = r->is_cpu = r->is_controller = false;
	r->is_disabled = r->is_test = false;
	r->irq = r->shift = r->phandle = 0;
	r->interrupts_extended = (struct fdt_property){ 0 };
}

/* A PLIC context is an entry of interrupts-extended: a controller and S-mode's interrupt. */
static int info_plic_context(const struct info_reader *r, uint32_t controller)
{
	const struct fdt_property *p = &r->plic_contexts;

	for (uint32_t i = 0; i + 8 <= p->length; i += 8)
		if (fdt_cell(p->value + i) == controller &&
		    fdt_cell(p->value + i + 4) == IRQ_S_EXT)
			return (int)(i / 8);
	return -1;
}

/* The boot hart comes first, whatever the tree's order; a tree without it is not believed. */
static void info_sort_harts(const struct info_reader *r)
{
	struct info_hart boot = { .id = r->hart_id, .plic_context = -1 };
	bool found = false;

	for (size_t i = 0; i < info.hart_count; i++) {
		struct info_hart *hart = &info.harts[i];

		hart->plic_context = info_plic_context(r, hart->controller);
		if (hart->id != r->hart_id)
			continue;
		boot = *hart;
		*hart = info.harts[0];
		found = true;
	}
	info.harts[0] = boot;
	if (!found)
		info.hart_count = 1;
}

bool info_read(uint64_t tree_pa, uint64_t kernel_pa, uint64_t hart_id)
{
	static const struct fdt_ops ops = { info_property, info_node };
	const void *tree = phys_to_virt(tree_pa);
	struct info_reader reader = { .kernel_pa = kernel_pa, .hart_id = hart_id };
	uint64_t start, size;

	info.timebase = 10000000;
	if (!fdt_walk_all(tree, &ops, &reader))
		return false;
	info_sort_harts(&reader);
	info.tree_pa = tree_pa;
	info.tree_size = fdt_total_size(tree);
	for (size_t i = 0; fdt_reserved(tree, i, &start, &size); i++)
		info_reserve(start, size);
	return info.memory_end > kernel_pa;
}

bool info_option(const char *name, char *value, size_t size)
{
	size_t length = strlen(name);

	for (const char *p = info.bootargs; *p; p++) {
		size_t n = 0;

		if ((p != info.bootargs && p[-1] != ' ') || strncmp(p, name, length))
			continue;
		p += length;
		if (*p != '=' && *p != ' ' && *p != '\0')
			continue;
		for (p += *p == '='; *p && *p != ' ' && n + 1 < size; p++)
			value[n++] = *p;
		value[n] = '\0';
		return true;
	}
	return false;
}
