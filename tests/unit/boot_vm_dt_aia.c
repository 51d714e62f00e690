/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * APLIC and IMSICs in VM trees: what good nodes say, and the lines that refuse bad ones.
 * SOURCES: hypervisor/boot/vm_dt_sched.c hypervisor/boot/vm_dt_sbi.c hypervisor/vsbi/names.c
 * SOURCES: hypervisor/boot/vm_dt.c hypervisor/boot/vm_dt_soc.c hypervisor/boot/dt.c
 * SOURCES: hypervisor/boot/vm_dt_virtio.c hypervisor/boot/vm_dt_aia.c
 * SOURCES: hypervisor/boot/refuse.c hypervisor/vm/config.c hypervisor/lib/string.c
 */
#include "test.h"

#include "vm_tree_parse.h"

#define UART	"/soc/serial@10000000"
#define IMSICS	"/soc/imsics@28000000"
#define APLIC	"/soc/aplic@d000000"
#define PHANDLE_IMSICS	20
#define PHANDLE_APLIC	21

/* The good tree with two cpus and AIA instead of its PLIC. */
static void aia_create(void)
{
	tree_create(fdt);
	tree_add_cpu(fdt, "cpu@1", 1, 3);
	tree_check(fdt_del_node(fdt, fdt_path_offset(fdt, "/soc/plic@c000000")));
	tree_add(fdt, "/soc", "imsics@28000000");
	tree_string(fdt, IMSICS, "compatible", "riscv,imsics");
	tree_cells(fdt, IMSICS, "reg", CELLS(0, 0x28000000, 0, 0x2000));
	tree_cells(fdt, IMSICS, "riscv,num-ids", CELLS(255));
	tree_bytes(fdt, IMSICS, "msi-controller", "", 0);
	tree_cells(fdt, IMSICS, "interrupts-extended", CELLS(3, 9, TREE_PHANDLE_INTC, 9));
	tree_cells(fdt, IMSICS, "phandle", CELLS(PHANDLE_IMSICS));
	tree_add(fdt, "/soc", "aplic@d000000");
	tree_string(fdt, APLIC, "compatible", "riscv,aplic");
	tree_cells(fdt, APLIC, "reg", CELLS(0, 0xd000000, 0, 0x8000));
	tree_cells(fdt, APLIC, "riscv,num-sources", CELLS(31));
	tree_cells(fdt, APLIC, "#interrupt-cells", CELLS(2));
	tree_cells(fdt, APLIC, "msi-parent", CELLS(PHANDLE_IMSICS));
	tree_cells(fdt, APLIC, "phandle", CELLS(PHANDLE_APLIC));
	tree_cells(fdt, UART, "interrupts", CELLS(10, 4));
	tree_cells(fdt, UART, "interrupt-parent", CELLS(PHANDLE_APLIC));
}

TEST("a tree may have an APLIC that sends MSIs to the IMSIC of each cpu")
{
	bool imsic = false, aplic = false;

	aia_create();
	CHECK_EQ(parse(), 0);
	for (size_t i = 0; i < config.device_count; i++) {
		const struct vdev_config *device = &config.devices[i];

		if (device->kind == VDEV_IMSIC) {
			imsic = true;
			CHECK_EQ(device->ndev, 255);
			CHECK_EQ(device->context_count, 2);
			/* In the order of interrupts-extended, which is that of the pages. */
			CHECK(device->contexts[0].vcpu != device->contexts[1].vcpu);
		} else if (device->kind == VDEV_APLIC) {
			aplic = true;
			CHECK_EQ(device->ndev, 31);
		}
	}
	CHECK(imsic && aplic);
	done();
}

static const struct {
	const char *path, *property;
	uint32_t cells[6];
	unsigned count;
	const char *why;
} bad[] = {
	{ IMSICS, "riscv,num-ids", { 256 }, 1,
	  IMSICS ": riscv,num-ids: is not a multiple of 64 minus 1, 63 to 2047: write <255>" },
	{ IMSICS, "riscv,guest-index-bits", { 2 }, 1,
	  IMSICS ": riscv,guest-index-bits: is not 0: a guest has one page for each cpu, delete "
		 "the property" },
	{ IMSICS, "reg", { 0, 0x28000000, 0, 0x1000 }, 4,
	  IMSICS ": reg: 0x1000 bytes are not a page for each of 2 cpus: write 0x2000" },
	{ IMSICS, "interrupts-extended", { 3, 9 }, 2,
	  IMSICS ": interrupts-extended: has 1 entries for 2 cpus: write one for each" },
	{ IMSICS, "interrupts-extended", { 3, 9, 3, 9 }, 4,
	  IMSICS ": interrupts-extended: vCPU 0 appears twice: delete one" },
	{ IMSICS, "interrupts-extended", { 3, 9, TREE_PHANDLE_INTC, 11 }, 4,
	  IMSICS ": interrupts-extended: interrupt 11 is not 9, the only level that a guest's "
		 "IMSIC has: write 9" },
	{ IMSICS, "interrupts-extended", { 3, 9, 99, 9 }, 4,
	  IMSICS ": interrupts-extended: phandle 99 is no enabled cpu's interrupt-controller: "
		 "write <&cpu0_intc 9>" },
	{ APLIC, "riscv,num-sources", { 1024 }, 1,
	  APLIC ": riscv,num-sources: is not 1 to 1023: write <31>" },
	{ APLIC, "#interrupt-cells", { 1 }, 1, APLIC ": #interrupt-cells: is not 2: write <2>" },
	{ APLIC, "reg", { 0, 0xd000000, 0, 0x2000 }, 4,
	  APLIC ": reg: 0x2000 bytes are no APLIC's: write 0x4000" },
	{ APLIC, "riscv,children", { 1 }, 1,
	  APLIC ": riscv,children: or riscv,delegate: a guest has one interrupt domain: delete "
		"both" },
	{ APLIC, "msi-parent", { 77 }, 1,
	  "aplic@d000000: msi-parent: phandle 77 is not the riscv,imsics node of the tree: write "
	  "its label, <&imsics>" },
	{ UART, "interrupts", { 10 }, 1,
	  "serial@10000000: interrupts: has type 0 behind the source: write <10 4>, "
	  "level-triggered and active high, for an APLIC" },
	{ UART, "interrupts", { 40, 4 }, 2,
	  "serial@10000000: interrupts: source 40 is beyond the controller's last, 31: lower one "
	  "or raise the other" },
};

TEST("a bad APLIC or IMSIC is refused with one line")
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		aia_create();
		tree_cells(fdt, bad[i].path, bad[i].property, bad[i].cells, bad[i].count);
		if (parse() != -EINVAL)
			FAIL("accepted, not refused: %s", bad[i].why);
		CHECK_STR(why, bad[i].why);
		done();
	}
}

TEST("a VM has a PLIC or an APLIC, and a PLIC's sources have no type")
{
	tree_create(fdt);
	tree_cells(fdt, UART, "interrupts", CELLS(10, 4));
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, "serial@10000000: interrupts: has type 4 behind the source: write <10>, "
		       "nothing else, for a PLIC");
	done();
	aia_create();
	tree_add(fdt, "/soc", "plic@c000000");
	tree_string(fdt, "/soc/plic@c000000", "compatible", "sifive,plic-1.0.0");
	tree_cells(fdt, "/soc/plic@c000000", "reg", CELLS(0, 0xc000000, 0, 0x600000));
	tree_cells(fdt, "/soc/plic@c000000", "riscv,ndev", CELLS(31));
	tree_cells(fdt, "/soc/plic@c000000", "#interrupt-cells", CELLS(1));
	tree_cells(fdt, "/soc/plic@c000000", "interrupts-extended", CELLS(TREE_PHANDLE_INTC, 9));
	CHECK_EQ(parse(), -EINVAL);
	CHECK(strstr(why, "a VM has a PLIC or an APLIC: delete one node") != NULL);
	done();
}
