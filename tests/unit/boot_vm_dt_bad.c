/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bad VM trees, each a change to a good one, with the line that refuses it.
 * SOURCES: hypervisor/boot/vm_dt_virtio.c
 * SOURCES: hypervisor/boot/vm_dt_sched.c hypervisor/boot/vm_dt_sbi.c hypervisor/vsbi/names.c
 * SOURCES: hypervisor/boot/vm_dt_aia.c
 * SOURCES: hypervisor/boot/vm_dt.c hypervisor/boot/vm_dt_soc.c hypervisor/boot/dt.c
 * SOURCES: hypervisor/boot/refuse.c hypervisor/vm/config.c hypervisor/lib/string.c
 */
#include "test.h"

#include "vm_tree_parse.h"

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
	{ { TREE_SET(HV, "strata,sbi-disable", 1, 1) },
	  "/hypervisor: strata,sbi-disable: has a wrong size: write names of SBI extensions, "
	  "\"dbcn\", \"susp\"" },
	{ { TREE_SET(HV, "strata,counters", 1, 1) },
	  "/hypervisor: strata,counters: has a wrong size: it has no value" },
	{ { TREE_SET(HV, "strata,accounting", 1, 1) },
	  "/hypervisor: strata,accounting: has a wrong size: it has no value" },
	{ { TREE_SET(HV, "strata,weight", 1, 0) },
	  "/hypervisor: strata,weight: 0 is not in the range from 1 to 65535" },
	{ { TREE_SET(HV, "strata,weight", 2, 1, 1) },
	  "/hypervisor: strata,weight: has a wrong size: write one cell, <100>" },
	{ { TREE_SET(HV, "strata,cap", 1, 51201) },
	  "/hypervisor: strata,cap: 51201 is not in the range from 0 to 51200" },
	{ { TREE_TEXT("/cpus/cpu@0", "strata,affinity", "0") },
	  "/cpus/cpu@0: strata,affinity: has a wrong size: write the numbers of the harts, "
	  "<0 1>" },
	{ { TREE_TEXT("/cpus/cpu@0", "strata,afinity", "") },
	  "/cpus/cpu@0: strata,afinity: is not known: correct or delete it" },
	{ { TREE_TEXT(HV, "strata,wieght", "") },
	  "/hypervisor: strata,wieght: is not known: correct or delete it" },
	/* /chosen */
	{ { TREE_DROP("/chosen", "strata,kernel") },
	  "/chosen: strata,kernel: is missing: name a file of the archive" },
	{ { TREE_TEXT("/chosen", "strata,kernel", "") },
	  "/chosen: strata,kernel: is empty: name a file of the archive" },
	{ { TREE_RAW("/chosen", "strata,kernel", "pvguest") },
	  "/chosen: strata,kernel: is not one NUL-terminated string: write "
	  "strata,kernel = \"...\"" },
	{ { TREE_TEXT("/chosen", "strata,kernel", "a\nb") },
	  "/chosen: strata,kernel: holds a character that is not printable ASCII: delete it" },
	{ { TREE_TEXT("/chosen", "strata,initrd", "a\0b") },
	  "/chosen: strata,initrd: is not one NUL-terminated string: write "
	  "strata,initrd = \"...\"" },
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
	{ { TREE_DROP(MEM, "reg") },
	  MEM ": reg: is missing: write pairs of address and size in the parent's cells" },
	{ { TREE_SET(MEM, "reg", 3, 0, 0x80000000, 0) }, MEM ": reg: has a wrong size: write pairs "
	  "of address and size in the parent's cells" },
	{ { TREE_SET(MEM, "reg", 4, 0, 0x80000000, 0, 0) },
	  MEM ": reg: size 0 at 0x80000000: give it a size" },
	{ { TREE_SET(MEM, "reg", 4, 0, 0x80000800, 0, 0x1000) },
	  MEM ": reg: 0x80000800, size 0x1000, is not page aligned: round both to 0x1000" },
	{ { TREE_SET(MEM, "reg", 4, 0, 0x80000000, 0, 0x1001) },
	  MEM ": reg: 0x80000000, size 0x1001, is not page aligned: round both to 0x1000" },
	{ { TREE_SET(MEM, "reg", 4, 0x7f, 0xfffff000, 0, 0x2000) },
	  MEM ": reg: 0x7ffffff000-0x8000000fff leaves the 39-bit guest-physical address space: "
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
	{ { TREE_NODE("/soc", "virtio@1"),
	    TREE_TEXT("/soc/virtio@1", "compatible", "virtio,pci") },
	  "/soc/virtio@1: compatible: \"virtio,pci\" is not emulated (ns16550a, "
	  "google,goldfish-rtc, sifive,plic-1.0.0, riscv,aplic, riscv,imsics and virtio,mmio are): "
	  "delete the node" },
	{ { TREE_NODE("/soc", "x") }, "/soc/x: compatible: \"\" is not emulated (ns16550a, "
	  "google,goldfish-rtc, sifive,plic-1.0.0, riscv,aplic, riscv,imsics and virtio,mmio are): "
	  "delete the node" },
	{ { TREE_NODE("/", "flash@0"), TREE_TEXT("/flash@0", "compatible", "cfi-flash"),
	    TREE_SET("/flash@0", "reg", 4, 0, 0, 0, 0x1000) },
	  "/flash@0: compatible: \"cfi-flash\" is not emulated (ns16550a, "
	  "google,goldfish-rtc, sifive,plic-1.0.0, riscv,aplic, riscv,imsics and virtio,mmio are): "
	  "delete the node" },
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
	  UART ": reg: 0xffffffffffffff00-0xfffffffffffffffe leaves the 39-bit guest-physical "
	  "address space: move or shrink it" },
	{ { TREE_SET(UART, "reg-shift", 1, 4) },
	  UART ": reg-shift: is not 0 to 3: correct or delete it" },
	{ { TREE_SET(UART, "interrupts", 1, 0) },
	  UART ": interrupts: is not one source from 1 on: write <10> for a PLIC, "
	  "<10 4> for an APLIC" },
	{ { TREE_RAW(UART, "interrupts", "") },
	  UART ": interrupts: is not one source from 1 on: write <10> for a PLIC, "
	  "<10 4> for an APLIC" },
	{ { TREE_SET(UART, "interrupts", 1, 32) },
	  "serial@10000000: interrupts: source 32 is beyond the controller's last, 31: lower one "
	  "or raise the other" },
	{ { TREE_DROP(UART, "interrupt-parent") },
	  UART ": interrupt-parent: is missing: write the interrupt "
	  "controller's label, <&plic>" },
	{ { TREE_SET(UART, "interrupt-parent", 1, 77) },
	  "serial@10000000: interrupt-parent: phandle 77 is neither a PLIC nor an "
	  "APLIC: write its label, <&plic>" },
	{ { TREE_DROP_NODE(PLIC) },
	  "serial@10000000: interrupt-parent: phandle 2 is neither a PLIC nor an "
	  "APLIC: write its label, <&plic>" },
	{ { TREE_SET(UART, "interrupts-extended", 2, 2, 10) },
	  UART ": interrupts-extended: is not read: write interrupts and interrupt-parent" },
	{ { TREE_SET(PLIC, "riscv,ndev", 1, 1024) },
	  PLIC ": riscv,ndev: is not 1 to 1023: write <31>" },
	{ { TREE_DROP(PLIC, "riscv,ndev") }, PLIC ": riscv,ndev: is not 1 to 1023: write <31>" },
	{ { TREE_SET(PLIC, "#interrupt-cells", 1, 2) },
	  PLIC ": #interrupt-cells: is not 1: write <1>" },
	{ { TREE_DROP(PLIC, "interrupts-extended") },
	  PLIC ": interrupts-extended: is not a list of pairs: write <&cpu0_intc 11 "
	  "&cpu0_intc 9>" },
	{ { TREE_SET(PLIC, "interrupts-extended", 3, 1, 9, 1) },
	  PLIC ": interrupts-extended: is not a list of pairs: write <&cpu0_intc 11 "
	  "&cpu0_intc 9>" },
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
