/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A good VM tree (what dts/virt.dtsi says) and ways to spoil it.
 */
#ifndef UNIT_VM_TREE_H
#define UNIT_VM_TREE_H

#include "boot/dt.h"

#define TREE_SIZE	16384
#define CELLS(...)	(const uint32_t[]){ __VA_ARGS__ }, \
			sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t)

enum { TREE_PHANDLE_INTC = 1, TREE_PHANDLE_PLIC = 2 };

static inline void tree_check(int err)
{
	if (err < 0) {
		printf("vm_tree.h: %s\n", fdt_strerror(err));
		abort();
	}
}

static inline int tree_node(const void *fdt, const char *path)
{
	int node = fdt_path_offset(fdt, path);

	tree_check(node);
	return node;
}

/* Set a property of cells. */
static inline void tree_cells(void *fdt, const char *path, const char *name,
			      const uint32_t *cells, size_t count)
{
	uint32_t be[64];

	for (size_t i = 0; i < count; i++)
		be[i] = cpu_to_fdt32(cells[i]);
	tree_check(fdt_setprop(fdt, tree_node(fdt, path), name, be, (int)(4 * count)));
}

/* Set a property of bytes: a string counts its NUL, a list of strings is one with NULs inside. */
static inline void tree_bytes(void *fdt, const char *path, const char *name, const char *bytes,
			      size_t size)
{
	tree_check(fdt_setprop(fdt, tree_node(fdt, path), name, bytes, (int)size));
}

#define tree_string(fdt, path, name, string)                                                      \
	tree_bytes(fdt, path, name, string, strlen(string) + 1)

/* Add a node; returns nothing, paths do. */
static inline void tree_add(void *fdt, const char *parent, const char *name)
{
	tree_check(fdt_add_subnode(fdt, tree_node(fdt, parent), name));
}

static inline void tree_add_cpu(void *fdt, const char *name, uint32_t hart, uint32_t phandle)
{
	char path[64], intc[96];

	tree_add(fdt, "/cpus", name);
	snprintf(path, sizeof(path), "/cpus/%s", name);
	tree_string(fdt, path, "device_type", "cpu");
	tree_cells(fdt, path, "reg", CELLS(hart));
	tree_add(fdt, path, "interrupt-controller");
	snprintf(intc, sizeof(intc), "%s/interrupt-controller", path);
	tree_string(fdt, intc, "compatible", "riscv,cpu-intc");
	tree_cells(fdt, intc, "#interrupt-cells", CELLS(1));
	tree_cells(fdt, intc, "phandle", CELLS(phandle));
}

static inline void tree_add_soc(void *fdt)
{
	tree_add(fdt, "/", "soc");
	tree_string(fdt, "/soc", "compatible", "simple-bus");
	tree_cells(fdt, "/soc", "#address-cells", CELLS(2));
	tree_cells(fdt, "/soc", "#size-cells", CELLS(2));
	tree_bytes(fdt, "/soc", "ranges", "", 0);

	tree_add(fdt, "/soc", "serial@10000000");
	tree_string(fdt, "/soc/serial@10000000", "compatible", "ns16550a");
	tree_cells(fdt, "/soc/serial@10000000", "reg", CELLS(0, 0x10000000, 0, 0x100));
	tree_cells(fdt, "/soc/serial@10000000", "interrupts", CELLS(10));
	tree_cells(fdt, "/soc/serial@10000000", "interrupt-parent", CELLS(TREE_PHANDLE_PLIC));

	tree_add(fdt, "/soc", "plic@c000000");
	tree_bytes(fdt, "/soc/plic@c000000", "compatible", "sifive,plic-1.0.0\0riscv,plic0", 30);
	tree_cells(fdt, "/soc/plic@c000000", "reg", CELLS(0, 0xc000000, 0, 0x600000));
	tree_cells(fdt, "/soc/plic@c000000", "riscv,ndev", CELLS(31));
	tree_cells(fdt, "/soc/plic@c000000", "#interrupt-cells", CELLS(1));
	tree_cells(fdt, "/soc/plic@c000000", "interrupts-extended",
		   CELLS(TREE_PHANDLE_INTC, 11, TREE_PHANDLE_INTC, 9));
	tree_cells(fdt, "/soc/plic@c000000", "phandle", CELLS(TREE_PHANDLE_PLIC));
}

/* The good tree: mode te, one hart, 64 MiB. fdt holds TREE_SIZE bytes. */
static inline void tree_create(void *fdt)
{
	tree_check(fdt_create_empty_tree(fdt, TREE_SIZE));
	tree_string(fdt, "/", "compatible", "strata,vm");
	tree_cells(fdt, "/", "#address-cells", CELLS(2));
	tree_cells(fdt, "/", "#size-cells", CELLS(2));
	tree_add(fdt, "/", "hypervisor");
	tree_string(fdt, "/hypervisor", "compatible", "strata,hypervisor");
	tree_string(fdt, "/hypervisor", "strata,mode", "te");
	tree_string(fdt, "/hypervisor", "strata,world", "vu");
	tree_add_soc(fdt);
	tree_add(fdt, "/", "memory@80000000");
	tree_string(fdt, "/memory@80000000", "device_type", "memory");
	tree_cells(fdt, "/memory@80000000", "reg", CELLS(0, 0x80000000, 0, 0x4000000));
	tree_add(fdt, "/", "cpus");
	tree_cells(fdt, "/cpus", "#address-cells", CELLS(1));
	tree_cells(fdt, "/cpus", "#size-cells", CELLS(0));
	tree_add_cpu(fdt, "cpu@0", 0, TREE_PHANDLE_INTC);
	tree_add(fdt, "/", "chosen");
	tree_string(fdt, "/chosen", "strata,kernel", "pvguest");
	tree_string(fdt, "/chosen", "strata,initrd", "root.cpio");
	tree_string(fdt, "/chosen", "bootargs", "bench=all");
}

#endif
