/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VM trees: what a good one says, and a table of bad ones with the line that refuses each.
 * SOURCES: hypervisor/boot/vm_dt.c hypervisor/boot/vm_dt_soc.c hypervisor/boot/dt.c hypervisor/boot/refuse.c hypervisor/vm/config.c hypervisor/lib/string.c
 */
#include "test.h"

#include <strata/abi.h>

#include "boot/vm_dt.h"
#include "fake_kalloc.h"
#include "lib/errno.h"
#include "vm_tree.h"

static _Alignas(8) uint8_t fdt[TREE_SIZE];
static struct vm_config config;
static char why[200];

/* Parse an exact copy of the first size bytes of the tree, so that ASan sees any overrun. */
static int parse_bytes(size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	int err;

	memcpy(copy, fdt, size);
	strcpy(why, "");
	err = vm_dt_parse(copy, size, "test", &config, why, sizeof(why));
	free(copy);
	return err;
}

static int parse(void)
{
	fdt_pack(fdt);
	return parse_bytes(fdt_totalsize(fdt));
}

static void done(void)
{
	vm_config_free(&config);
	CHECK_EQ(kalloc_live, 0);
}

TEST("a tree gives mode, world, kernel, initrd and command line")
{
	tree_create(fdt);
	CHECK_EQ(parse(), 0);
	CHECK_STR(config.name, "test");
	CHECK_EQ(config.mode, VM_MODE_TE);
	CHECK_EQ(config.world, VM_WORLD_VU);
	CHECK_EQ(config.features, 0);
	CHECK_EQ(config.counters, false);
	CHECK_STR(config.kernel, "pvguest");
	CHECK_STR(config.initrd, "root.cpio");
	CHECK_STR(config.bootargs, "bench=all");
	done();
}

TEST("a tree gives vCPUs, memory and devices")
{
	const struct vdev_config *uart, *plic;

	tree_create(fdt);
	CHECK_EQ(parse(), 0);
	CHECK_EQ(config.vcpu_count, 1);
	CHECK_EQ(config.harts[0], 0);
	CHECK_EQ(config.region_count, 1);
	CHECK_EQ(config.regions[0].gpa, 0x80000000);
	CHECK_EQ(config.regions[0].size, 0x4000000);
	CHECK_EQ(config.device_count, 2);
	/* libfdt adds in front, so the PLIC comes first and the uart refers back. */
	plic = &config.devices[0];
	uart = &config.devices[1];
	CHECK_EQ(plic->kind, VDEV_PLIC);
	CHECK_EQ(plic->gpa, 0xc000000);
	CHECK_EQ(plic->size, 0x600000);
	CHECK_EQ(plic->ndev, 31);
	CHECK_EQ(plic->context_count, 2);
	CHECK_EQ(plic->contexts[0].irq, 11);
	CHECK_EQ(plic->contexts[1].vcpu, 0);
	CHECK_EQ(plic->contexts[1].irq, 9);
	CHECK_EQ(uart->kind, VDEV_UART);
	CHECK_EQ(uart->gpa, 0x10000000);
	CHECK_EQ(uart->irq, 10);
	CHECK_EQ(uart->reg_shift, 0);
	done();
}

TEST("initrd, command line, world, devices and counters are optional")
{
	tree_create(fdt);
	fdt_del_node(fdt, tree_node(fdt, "/soc"));
	fdt_delprop(fdt, tree_node(fdt, "/chosen"), "strata,initrd");
	fdt_delprop(fdt, tree_node(fdt, "/chosen"), "bootargs");
	fdt_delprop(fdt, tree_node(fdt, "/hypervisor"), "strata,world");
	tree_bytes(fdt, "/hypervisor", "strata,counters", "", 0);
	CHECK_EQ(parse(), 0);
	CHECK(!config.initrd && !config.bootargs);
	CHECK_EQ(config.device_count, 0);
	CHECK_EQ(config.counters, true);
	done();
}

TEST("pv step 0 is hypercalls, step 1 adds the shared page, and without a step all is given")
{
	tree_create(fdt);
	tree_string(fdt, "/hypervisor", "strata,mode", "pv");
	tree_cells(fdt, "/hypervisor", "strata,pv-step", CELLS(0));
	CHECK_EQ(parse(), 0);
	CHECK_EQ(config.mode, VM_MODE_PV);
	CHECK_EQ(config.features, STRATA_F_HYPERCALL);
	done();
	fdt_open_into(fdt, fdt, TREE_SIZE);
	tree_cells(fdt, "/hypervisor", "strata,pv-step", CELLS(1));
	CHECK_EQ(parse(), 0);
	CHECK_EQ(config.features, STRATA_F_HYPERCALL | STRATA_F_SHARED_PAGE);
	done();
	fdt_open_into(fdt, fdt, TREE_SIZE);
	fdt_delprop(fdt, tree_node(fdt, "/hypervisor"), "strata,pv-step");
	CHECK_EQ(parse(), 0);
	CHECK_EQ(config.features, STRATA_F_HYPERCALL | STRATA_F_SHARED_PAGE);
	done();
}

TEST("memory ranges come sorted, from several nodes and several entries of one")
{
	tree_create(fdt);
	tree_cells(fdt, "/memory@80000000", "reg",
		   CELLS(1, 0, 0, 0x1000, 0, 0x80000000, 0, 0x200000));
	tree_add(fdt, "/", "memory@1000");
	tree_string(fdt, "/memory@1000", "device_type", "memory");
	tree_cells(fdt, "/memory@1000", "reg", CELLS(0, 0x1000, 0, 0x1000));
	CHECK_EQ(parse(), 0);
	CHECK_EQ(config.region_count, 3);
	CHECK_EQ(config.regions[0].gpa, 0x1000);
	CHECK_EQ(config.regions[1].gpa, 0x80000000);
	CHECK_EQ(config.regions[2].gpa, 0x100000000);
	done();
}

TEST("memory may end at the last byte of the 41-bit guest-physical address space")
{
	tree_create(fdt);
	tree_cells(fdt, "/memory@80000000", "reg", CELLS(0x1ff, 0xfffff000, 0, 0x1000));
	CHECK_EQ(parse(), 0);
	done();
}

TEST("disabled cpus, memory and devices are not there")
{
	tree_create(fdt);
	tree_add_cpu(fdt, "cpu@7", 7, 9);
	tree_string(fdt, "/cpus/cpu@7", "status", "disabled");
	tree_string(fdt, "/soc/serial@10000000", "status", "disabled");
	tree_add(fdt, "/", "memory@0");
	tree_string(fdt, "/memory@0", "status", "disabled");
	CHECK_EQ(parse(), 0);
	CHECK_EQ(config.vcpu_count, 1);
	CHECK_EQ(config.region_count, 1);
	CHECK_EQ(config.device_count, 1);
	done();
}

TEST("a device may stand beside /soc, and nodes without reg are the guest's own business")
{
	tree_create(fdt);
	fdt_del_node(fdt, tree_node(fdt, "/soc"));
	tree_add(fdt, "/", "serial@10000000");
	tree_string(fdt, "/serial@10000000", "compatible", "ns16550a");
	tree_cells(fdt, "/serial@10000000", "reg", CELLS(0, 0x10000000, 0, 0x100));
	tree_add(fdt, "/", "aliases");
	CHECK_EQ(parse(), 0);
	CHECK_EQ(config.device_count, 1);
	CHECK_EQ(config.devices[0].irq, 0);
	done();
}

/* One change to the good tree. */
enum edit_kind { END, SET, TEXT, DROP, DROP_NODE, NODE, CPU };
struct edit {
	enum edit_kind kind;
	const char *path, *name;
	const char *text;		/* TEXT: the bytes, size of them */
	size_t size;
	uint32_t cells[8];		/* SET: size cells. CPU: hart, phandle */
};

#define TREE_SET(path, name, n, ...)	{ SET, path, name, NULL, n, { __VA_ARGS__ } }
#define TREE_TEXT(path, name, text)	{ TEXT, path, name, text, sizeof(text), { 0 } }
#define TREE_RAW(path, name, text)	{ TEXT, path, name, text, sizeof(text) - 1, { 0 } }
#define TREE_DROP(path, name)		{ DROP, path, name, NULL, 0, { 0 } }
#define TREE_DROP_NODE(path)		{ DROP_NODE, path, NULL, NULL, 0, { 0 } }
#define TREE_NODE(path, name)		{ NODE, path, name, NULL, 0, { 0 } }
#define TREE_CPU(name, hart, phandle)	{ CPU, NULL, name, NULL, 0, { hart, phandle } }

static void edit_apply(const struct edit *e)
{
	switch (e->kind) {
	case SET:
		tree_cells(fdt, e->path, e->name, e->cells, e->size);
		break;
	case TEXT:
		tree_bytes(fdt, e->path, e->name, e->text, e->size);
		break;
	case DROP:
		tree_check(fdt_delprop(fdt, tree_node(fdt, e->path), e->name));
		break;
	case DROP_NODE:
		tree_check(fdt_del_node(fdt, tree_node(fdt, e->path)));
		break;
	case NODE:
		tree_add(fdt, e->path, e->name);
		break;
	case CPU:
		tree_add_cpu(fdt, e->name, e->cells[0], e->cells[1]);
		break;
	case END:
		break;
	}
}

#define MEM	"/memory@80000000"
#define UART	"/soc/serial@10000000"
#define PLIC	"/soc/plic@c000000"
#define HV	"/hypervisor"

static const struct {
	struct edit edits[4];
	const char *why;
} bad_trees[] = {
	/* the root and its parts */
	{ { TREE_DROP("/", "compatible") },
	  "/: compatible: is not \"strata,vm\": is this a VM tree?" },
	{ { TREE_TEXT("/", "compatible", "riscv-virtio") },
	  "/: compatible: is not \"strata,vm\": is this a VM tree?" },
	{ { TREE_SET("/", "#address-cells", 1, 3) },
	  "/: #address-cells: or #size-cells is not 1 or 2: write <2> for both" },
	{ { TREE_SET("/", "#size-cells", 1, 0) },
	  "/: #address-cells: or #size-cells is not 1 or 2: write <2> for both" },
	{ { TREE_DROP_NODE(HV) }, "/hypervisor: is missing: add it (see dts/virt.dtsi)" },
	{ { TREE_DROP_NODE("/chosen") }, "/chosen: is missing: add it (see dts/virt.dtsi)" },
	{ { TREE_DROP_NODE("/cpus") }, "/cpus: is missing: add it (see dts/virt.dtsi)" },
	{ { TREE_DROP_NODE(MEM) },
	  "/: memory: there is no enabled memory node: add one" },
	/* /hypervisor */
	{ { TREE_DROP(HV, "compatible") },
	  "/hypervisor: compatible: is not \"strata,hypervisor\": write that" },
	{ { TREE_DROP(HV, "strata,mode") },
	  "/hypervisor: strata,mode: is missing: write one of \"te\", \"pv\", \"hw\"" },
	{ { TREE_RAW(HV, "strata,mode", "te") },
	  "/hypervisor: strata,mode: has a wrong size: write one of \"te\", \"pv\", \"hw\"" },
	{ { TREE_RAW(HV, "strata,mode", "") },
	  "/hypervisor: strata,mode: has a wrong size: write one of \"te\", \"pv\", \"hw\"" },
	{ { TREE_TEXT(HV, "strata,mode", "te\0hw") },
	  "/hypervisor: strata,mode: has a wrong size: write one of \"te\", \"pv\", \"hw\"" },
	{ { TREE_TEXT(HV, "strata,mode", "xen\033[2J") },
	  "/hypervisor: strata,mode: \"xen?[2J\" is not a mode: choose te, pv or hw" },
	{ { TREE_TEXT(HV, "strata,mode", "native") },
	  "/hypervisor: strata,mode: \"native\" runs without a hypervisor: choose te, pv or hw" },
	{ { TREE_TEXT(HV, "strata,mode", "rewrite") },
	  "/hypervisor: strata,mode: \"rewrite\" is not built yet: choose te, pv or hw" },
	{ { TREE_TEXT(HV, "strata,world", "u") },
	  "/hypervisor: strata,world: \"u\" is not built yet: choose vu" },
	{ { TREE_TEXT(HV, "strata,world", "vs") },
	  "/hypervisor: strata,world: \"vs\" is not a world: choose vu" },
	{ { TREE_SET(HV, "strata,world", 1, 1) },
	  "/hypervisor: strata,world: has a wrong size: write \"vu\"" },
	{ { TREE_SET(HV, "strata,pv-step", 1, 1) },
	  "/hypervisor: strata,pv-step: belongs to mode pv, not te: delete it" },
	{ { TREE_TEXT(HV, "strata,mode", "hw"), TREE_SET(HV, "strata,pv-step", 1, 0) },
	  "/hypervisor: strata,pv-step: belongs to mode pv, not hw: delete it" },
	{ { TREE_TEXT(HV, "strata,mode", "pv"), TREE_SET(HV, "strata,pv-step", 1, 2) },
	  "/hypervisor: strata,pv-step: step 2 is not built yet: choose 0 or 1" },
	{ { TREE_TEXT(HV, "strata,mode", "pv"), TREE_SET(HV, "strata,pv-step", 1, 0xffffffff) },
	  "/hypervisor: strata,pv-step: step 4294967295 is not built yet: choose 0 or 1" },
	{ { TREE_TEXT(HV, "strata,mode", "pv"), TREE_SET(HV, "strata,pv-step", 2, 0, 1) },
	  "/hypervisor: strata,pv-step: has a wrong size: write one cell, <0> or <1>" },
	{ { TREE_SET(HV, "strata,counters", 1, 1) },
	  "/hypervisor: strata,counters: has a wrong size: it has no value" },
	{ { TREE_TEXT(HV, "strata,wieght", "") },
	  "/hypervisor: strata,wieght: is not known: correct or delete it" },
	/* /chosen */
	{ { TREE_DROP("/chosen", "strata,kernel") },
	  "/chosen: strata,kernel: is missing: name a file of the archive" },
	{ { TREE_TEXT("/chosen", "strata,kernel", "") },
	  "/chosen: strata,kernel: is empty: name a file of the archive" },
	{ { TREE_RAW("/chosen", "strata,kernel", "pvguest") },
	  "/chosen: strata,kernel: is not one NUL-terminated string: write strata,kernel = \"...\"" },
	{ { TREE_TEXT("/chosen", "strata,kernel", "a\nb") },
	  "/chosen: strata,kernel: holds a character that is not printable ASCII: delete it" },
	{ { TREE_TEXT("/chosen", "strata,initrd", "a\0b") },
	  "/chosen: strata,initrd: is not one NUL-terminated string: write strata,initrd = \"...\"" },
	{ { TREE_RAW("/chosen", "bootargs", "quiet") },
	  "/chosen: bootargs: is not one NUL-terminated string: write bootargs = \"...\"" },
	{ { TREE_TEXT("/chosen", "strata,kernal", "x") },
	  "/chosen: strata,kernal: is not known: correct or delete it" },
	/* cpus */
	{ { TREE_DROP_NODE("/cpus/cpu@0") },
	  "/cpus: cpu@0: there is no enabled cpu: add one" },
	{ { TREE_TEXT("/cpus/cpu@0", "status", "disabled") },
	  "/cpus: cpu@0: there is no enabled cpu: add one" },
	{ { TREE_DROP("/cpus/cpu@0", "device_type") },
	  "/cpus/cpu@0: device_type: is not \"cpu\": write that" },
	{ { TREE_DROP("/cpus/cpu@0", "reg") },
	  "/cpus/cpu@0: reg: is missing: write the hart id, <0>" },
	{ { TREE_SET("/cpus/cpu@0", "reg", 2, 0, 1) },
	  "/cpus/cpu@0: reg: has a wrong size: write the hart id, <0>" },
	{ { TREE_RAW("/cpus/cpu@0", "reg", "abc") },
	  "/cpus/cpu@0: reg: has a wrong size: write the hart id, <0>" },
	{ { TREE_CPU("cpu@1", 0, 9) },
	  "/cpus/cpu@0: reg: hart id 0 is taken: number the harts differently" },
	{ { TREE_SET("/cpus", "#size-cells", 1, 1) },
	  "/cpus: #address-cells: is not 1 or 2, or #size-cells is not 0: write <1> and <0>" },
	/* memory */
	{ { TREE_DROP(MEM, "reg") }, MEM ": reg: is missing: write pairs of address and size in the "
	  "parent's cells" },
	{ { TREE_SET(MEM, "reg", 3, 0, 0x80000000, 0) }, MEM ": reg: has a wrong size: write pairs "
	  "of address and size in the parent's cells" },
	{ { TREE_SET(MEM, "reg", 4, 0, 0x80000000, 0, 0) },
	  MEM ": reg: size 0 at 0x80000000: give it a size" },
	{ { TREE_SET(MEM, "reg", 4, 0, 0x80000800, 0, 0x1000) },
	  MEM ": reg: 0x80000800, size 0x1000, is not page aligned: round both to 0x1000" },
	{ { TREE_SET(MEM, "reg", 4, 0, 0x80000000, 0, 0x1001) },
	  MEM ": reg: 0x80000000, size 0x1001, is not page aligned: round both to 0x1000" },
	{ { TREE_SET(MEM, "reg", 4, 0x1ff, 0xfffff000, 0, 0x2000) },
	  MEM ": reg: 0x1fffffff000-0x20000000fff leaves the 41-bit guest-physical address space: "
	  "move or shrink it" },
	{ { TREE_SET(MEM, "reg", 4, 0xffffffff, 0xfffff000, 0, 0x2000) },
	  MEM ": reg: wraps around the address space: write pairs of address and size in the "
	  "parent's cells" },
	{ { TREE_SET(MEM, "reg", 8, 0, 0x80000000, 0, 0x2000, 0, 0x80001000, 0, 0x1000) },
	  MEM ": reg: 0x80001000-0x80001fff overlaps 0x80000000-0x80001fff: move one of them" },
	{ { TREE_NODE("/", "memory@81000000"),
	    TREE_SET("/memory@81000000", "reg", 4, 0, 0x81000000, 0, 0x1000) },
	  MEM ": reg: 0x80000000-0x83ffffff overlaps 0x81000000-0x81000fff: move one of them" },
	/* devices */
	{ { TREE_NODE("/soc", "virtio@1"), TREE_TEXT("/soc/virtio@1", "compatible", "virtio,mmio") },
	  "/soc/virtio@1: compatible: \"virtio,mmio\" is not emulated (ns16550a and "
	  "sifive,plic-1.0.0 are): delete the node" },
	{ { TREE_NODE("/soc", "x") }, "/soc/x: compatible: \"\" is not emulated (ns16550a and "
	  "sifive,plic-1.0.0 are): delete the node" },
	{ { TREE_NODE("/", "flash@0"), TREE_TEXT("/flash@0", "compatible", "cfi-flash"),
	    TREE_SET("/flash@0", "reg", 4, 0, 0, 0, 0x1000) },
	  "/flash@0: compatible: \"cfi-flash\" is not emulated (ns16550a and sifive,plic-1.0.0 "
	  "are): delete the node" },
	{ { TREE_NODE("/soc", "serial@2"), TREE_TEXT("/soc/serial@2", "compatible", "ns16550a"),
	    TREE_SET("/soc/serial@2", "reg", 4, 0, 0x20000000, 0, 0x100) },
	  UART ": compatible: a second ns16550a: a VM has one, delete the node" },
	{ { TREE_DROP("/soc", "ranges") },
	  "/soc: ranges: is missing or translates addresses: write `ranges;`" },
	{ { TREE_SET("/soc", "ranges", 6, 0, 0, 0, 1, 0, 1) },
	  "/soc: ranges: is missing or translates addresses: write `ranges;`" },
	{ { TREE_DROP(UART, "reg") }, UART ": reg: is missing: write pairs of address and size in "
	  "the parent's cells" },
	{ { TREE_SET(UART, "reg", 4, 0, 0x10000001, 0, 0x100) },
	  UART ": reg: is not one range that begins at a multiple of 8: write that" },
	{ { TREE_SET(UART, "reg", 8, 0, 0x10000000, 0, 0x100, 0, 0x20000000, 0, 0x100) },
	  UART ": reg: is not one range that begins at a multiple of 8: write that" },
	{ { TREE_SET(UART, "reg", 4, 0, 0x10000000, 0, 7) },
	  UART ": reg: 8 registers do not fit into 0x7 bytes: write 0x100" },
	{ { TREE_SET(UART, "reg", 4, 0, 0x83ffff00, 0, 0x200) },
	  UART ": reg: 0x83ffff00-0x840000ff overlaps 0x80000000-0x83ffffff: move one of them" },
	{ { TREE_SET(UART, "reg", 4, 0, 0xc5fff00, 0, 0x200) },
	  UART ": reg: 0xc5fff00-0xc6000ff overlaps 0xc000000-0xc5fffff: move one of them" },
	{ { TREE_SET(UART, "reg", 4, 0xffffffff, 0xffffff00, 0, 0xff) },
	  UART ": reg: 0xffffffffffffff00-0xfffffffffffffffe leaves the 41-bit guest-physical "
	  "address space: move or shrink it" },
	{ { TREE_SET(UART, "reg-shift", 1, 4) },
	  UART ": reg-shift: is not 0 to 3: correct or delete it" },
	{ { TREE_SET(UART, "interrupts", 1, 0) },
	  UART ": interrupts: is not one PLIC source from 1 on: write <10>" },
	{ { TREE_RAW(UART, "interrupts", "") },
	  UART ": interrupts: is not one PLIC source from 1 on: write <10>" },
	{ { TREE_SET(UART, "interrupts", 1, 32) },
	  "serial@10000000: interrupts: source 32 is beyond the PLIC's riscv,ndev = 31: lower one "
	  "or raise the other" },
	{ { TREE_DROP(UART, "interrupt-parent") },
	  UART ": interrupt-parent: is missing: write the PLIC's label, <&plic>" },
	{ { TREE_SET(UART, "interrupt-parent", 1, 77) },
	  "serial@10000000: interrupt-parent: phandle 77 is not a PLIC: write <&plic>" },
	{ { TREE_DROP_NODE(PLIC) },
	  "serial@10000000: interrupt-parent: phandle 2 is not a PLIC: write <&plic>" },
	{ { TREE_SET(UART, "interrupts-extended", 2, 2, 10) },
	  UART ": interrupts-extended: is not read: write interrupts and interrupt-parent" },
	{ { TREE_SET(PLIC, "riscv,ndev", 1, 1024) },
	  PLIC ": riscv,ndev: is not 1 to 1023: write <31>" },
	{ { TREE_DROP(PLIC, "riscv,ndev") }, PLIC ": riscv,ndev: is not 1 to 1023: write <31>" },
	{ { TREE_SET(PLIC, "#interrupt-cells", 1, 2) },
	  PLIC ": #interrupt-cells: is not 1: write <1>" },
	{ { TREE_DROP(PLIC, "interrupts-extended") },
	  PLIC ": interrupts-extended: is not a list of pairs: write <&cpu0_intc 11 &cpu0_intc 9>" },
	{ { TREE_SET(PLIC, "interrupts-extended", 3, 1, 9, 1) },
	  PLIC ": interrupts-extended: is not a list of pairs: write <&cpu0_intc 11 &cpu0_intc 9>" },
	{ { TREE_SET(PLIC, "interrupts-extended", 2, 0, 9) },
	  PLIC ": interrupts-extended: phandle 0 is no enabled cpu's interrupt-controller: write "
	  "<&cpu0_intc 9>" },
	{ { TREE_SET(PLIC, "interrupts-extended", 2, 1, 5) },
	  PLIC ": interrupts-extended: interrupt 5 is neither 9 (S-mode) nor 11 (M-mode external): "
	  "write 9" },
	{ { TREE_SET(PLIC, "interrupts-extended", 4, 1, 9, 1, 9) },
	  PLIC ": interrupts-extended: interrupt 9 of vCPU 0 appears twice: delete one" },
	{ { TREE_SET(PLIC, "reg", 4, 0, 0xc000000, 0, 0x201000) },
	  PLIC ": reg: 2 contexts do not fit into 0x201000 bytes: write 0x600000" },
};

TEST("a bad tree is refused with one line: node, property, what is wrong, what to do")
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_trees); i++) {
		tree_create(fdt);
		for (size_t k = 0; k < ARRAY_SIZE(bad_trees[i].edits); k++)
			edit_apply(&bad_trees[i].edits[k]);
		if (parse() != -EINVAL)
			FAIL("tree %zu is accepted, not refused: %s", i, bad_trees[i].why);
		CHECK_STR(why, bad_trees[i].why);
		CHECK_EQ(config.vcpu_count, 0);
		done();
	}
}

TEST("a file that is no device tree is refused as such")
{
	static const char expected[] = "not a device tree (FDT_ERR_";

	strcpy((char *)fdt, "/dts-v1/; / { compatible = \"strata,vm\"; };");
	CHECK_EQ(parse_bytes(44), -EINVAL);
	CHECK_STR(why, "not a device tree (FDT_ERR_BADMAGIC): compile it with dtc");
	for (size_t size = 0; size < 64; size++) {
		CHECK_EQ(parse_bytes(size), -EINVAL);
		CHECK(strncmp(why, expected, sizeof(expected) - 1) == 0);
	}
	done();
}

TEST("a tree cut at any byte is refused")
{
	tree_create(fdt);
	fdt_pack(fdt);
	for (size_t size = 0; size < fdt_totalsize(fdt); size++)
		CHECK_EQ(parse_bytes(size), -EINVAL);
	done();
}

TEST("a tree beyond the size limit is refused unread")
{
	uint8_t *big = calloc(1, VM_DT_SIZE_MAX + 1);

	CHECK_EQ(vm_dt_parse(big, VM_DT_SIZE_MAX + 1, "big", &config, why, sizeof(why)), -EINVAL);
	CHECK_STR(why, "a device tree of 131073 bytes: at most 131072 are read");
	free(big);
}

TEST("a second node of a name that must be single is refused")
{
	char *name;

	/* libfdt refuses to add one, so another node is renamed in place. */
	tree_create(fdt);
	tree_add(fdt, "/", "dhosen");
	name = (char *)(uintptr_t)fdt_get_name(fdt, tree_node(fdt, "/dhosen"), NULL);
	name[0] = 'c';
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, "/chosen: appears twice: delete one");
	done();
}

TEST("more vCPUs than 512 are refused, 512 are not")
{
	static _Alignas(8) uint8_t big[VM_DT_SIZE_MAX];
	char name[16];

	tree_create(fdt);
	fdt_del_node(fdt, tree_node(fdt, "/soc"));
	tree_check(fdt_open_into(fdt, big, sizeof(big)));
	for (uint32_t hart = 1; hart <= VM_VCPUS_MAX; hart++) {
		snprintf(name, sizeof(name), "cpu@%x", hart);
		tree_add(big, "/cpus", name);
		snprintf(name, sizeof(name), "/cpus/cpu@%x", hart);
		tree_string(big, name, "device_type", "cpu");
		tree_cells(big, name, "reg", CELLS(hart));
		if (hart == VM_VCPUS_MAX - 1) {
			CHECK_EQ(vm_dt_parse(big, sizeof(big), "many", &config, why, sizeof(why)),
				 0);
			CHECK_EQ(config.vcpu_count, VM_VCPUS_MAX);
			done();
		}
	}
	CHECK_EQ(vm_dt_parse(big, sizeof(big), "many", &config, why, sizeof(why)), -EINVAL);
	CHECK_STR(why, "/cpus/cpu@0: reg: more than 512 vCPUs: delete some");
	done();
}

TEST("a VM's name is 1 to 31 printable characters without blanks")
{
	static const char *const bad[] = { "", "a b", "a\033b", "12345678901234567890123456789012" };

	tree_create(fdt);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(vm_dt_parse(fdt, TREE_SIZE, bad[i], &config, why, sizeof(why)), -EINVAL);
	CHECK_EQ(vm_dt_parse(fdt, TREE_SIZE, "1234567890123456789012345678901", &config, why,
			     sizeof(why)), 0);
	done();
}

TEST("a tree may stand at any address")
{
	static uint8_t bytes[TREE_SIZE + 8];

	tree_create(fdt);
	for (size_t shift = 0; shift < 8; shift++) {
		memcpy(bytes + shift, fdt, TREE_SIZE);
		CHECK_EQ(vm_dt_parse(bytes + shift, TREE_SIZE, "x", &config, why, sizeof(why)), 0);
		done();
	}
}

TEST("running out of memory anywhere is an error that leaks nothing")
{
	int failures = 0;

	tree_create(fdt);
	fdt_pack(fdt);
	for (long n = 0;; n++) {
		int err;

		kalloc_fail_after = n;
		err = parse();
		kalloc_fail_after = -1;
		if (err == 0)
			break;
		CHECK_EQ(err, -ENOMEM);
		CHECK(strstr(why, "out of memory") != NULL);
		CHECK_EQ(kalloc_live, 0);
		failures++;
	}
	CHECK(failures >= 8);
	done();
}

TEST("a line that does not fit is cut, and no line is written into no room")
{
	char small[8] = "1234567";

	tree_create(fdt);
	tree_string(fdt, "/hypervisor", "strata,mode", "none");
	CHECK_EQ(vm_dt_parse(fdt, TREE_SIZE, "x", &config, small, 4), -EINVAL);
	CHECK_STR(small, "/hy");
	CHECK(memcmp(small + 4, "567", 4) == 0);
	CHECK_EQ(vm_dt_parse(fdt, TREE_SIZE, "x", &config, NULL, 0), -EINVAL);
	done();
}

TEST("no tree with a few random bytes changed makes the parser fail otherwise than by refusing")
{
	static _Alignas(8) uint8_t good[TREE_SIZE];
	uint64_t seed = 2;
	size_t size;

	tree_create(good);
	fdt_pack(good);
	size = fdt_totalsize(good);
	for (int round = 0; round < 30000; round++) {
		int err;

		memcpy(fdt, good, size);
		for (int i = 0; i < 3; i++) {
			uint64_t r = test_random(&seed);

			fdt[r % size] = (uint8_t)(r >> 40 & 1 ? r >> 32 : 1u << (r >> 32 & 7));
		}
		err = parse_bytes(size);
		CHECK(err == 0 || err == -EINVAL);
		CHECK((err == 0) == (why[0] == '\0'));
		done();
	}
}
