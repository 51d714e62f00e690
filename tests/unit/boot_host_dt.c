/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's own device tree, as QEMU and OpenSBI write it, and spoilt.
 * SOURCES: hypervisor/boot/host_dt.c hypervisor/boot/isa.c hypervisor/boot/dt.c
 * SOURCES: hypervisor/boot/host_aia.c hypervisor/boot/host_sswi.c
 * SOURCES: hypervisor/boot/refuse.c hypervisor/lib/string.c
 */
#include "test.h"

#include "boot/host_dt.h"
#include "fake_kalloc.h"
#include "lib/errno.h"
#include "vm_tree.h"

static _Alignas(8) uint8_t fdt[TREE_SIZE];
static struct host_info host;
static char why[200];

#define UART	"/soc/serial@10000000"

/* QEMU's virt with two harts and 512 MiB, as OpenSBI hands it over. */
static void machine_create(void)
{
	tree_check(fdt_create_empty_tree(fdt, TREE_SIZE));
	tree_check(fdt_add_mem_rsv(fdt, 0x90000000, 0x1000));
	tree_cells(fdt, "/", "#address-cells", CELLS(2));
	tree_cells(fdt, "/", "#size-cells", CELLS(2));
	tree_add_soc(fdt);
	tree_add(fdt, "/soc", "test@100000");
	tree_bytes(fdt, "/soc/test@100000", "compatible", "sifive,test1\0sifive,test0\0syscon", 33);
	tree_cells(fdt, "/soc/test@100000", "reg", CELLS(0, 0x100000, 0, 0x1000));
	tree_add(fdt, "/", "memory@80000000");
	tree_string(fdt, "/memory@80000000", "device_type", "memory");
	tree_cells(fdt, "/memory@80000000", "reg", CELLS(0, 0x80000000, 0, 0x20000000));
	tree_add(fdt, "/", "reserved-memory");
	tree_cells(fdt, "/reserved-memory", "#address-cells", CELLS(2));
	tree_cells(fdt, "/reserved-memory", "#size-cells", CELLS(2));
	tree_add(fdt, "/reserved-memory", "mmode_resv1@80000000");
	tree_cells(fdt, "/reserved-memory/mmode_resv1@80000000", "reg",
		   CELLS(0, 0x80000000, 0, 0x20000));
	tree_add(fdt, "/reserved-memory", "mmode_resv0@80020000");
	tree_cells(fdt, "/reserved-memory/mmode_resv0@80020000", "reg",
		   CELLS(0, 0x80020000, 0, 0x20000));
	tree_add(fdt, "/", "cpus");
	tree_cells(fdt, "/cpus", "#address-cells", CELLS(1));
	tree_cells(fdt, "/cpus", "#size-cells", CELLS(0));
	tree_cells(fdt, "/cpus", "timebase-frequency", CELLS(10000000));
	tree_add_cpu(fdt, "cpu@1", 1, 3);
	tree_string(fdt, "/cpus/cpu@1", "riscv,isa", "rv64imafdch_zicsr_sstc_svadu");
	tree_add_cpu(fdt, "cpu@0", 0, TREE_PHANDLE_INTC);
	tree_string(fdt, "/cpus/cpu@0", "riscv,isa", "rv64imafdch_zicsr_zba_sstc");
	tree_cells(fdt, "/soc/plic@c000000", "interrupts-extended",
		   CELLS(TREE_PHANDLE_INTC, 11, TREE_PHANDLE_INTC, 9, 3, 11, 3, 9));
	tree_add(fdt, "/", "chosen");
	tree_string(fdt, "/chosen", "stdout-path", UART);
	tree_cells(fdt, "/chosen", "linux,initrd-start", CELLS(0x88200000));
	tree_cells(fdt, "/chosen", "linux,initrd-end", CELLS(0x88200123));
	tree_string(fdt, "/chosen", "bootargs", "trace=1");
	tree_cells(fdt, "/chosen", "rng-seed", CELLS(1, 2, 3, 4, 5, 6, 7, 8));
}

static int parse(void)
{
	strcpy(why, "");
	return host_dt_parse(fdt, &host, why, sizeof(why));
}

static void done(void)
{
	host_dt_free(&host);
	CHECK_EQ(kalloc_live, 0);
}

TEST("virtio windows come sorted by address, whatever the tree's order is")
{
	static const char *const names[] = { "virtio@10002000", "virtio@10003000",
					     "virtio@10001000" };

	machine_create();
	for (unsigned i = 0; i < 3; i++) {
		uint32_t base = (uint32_t)strtoul(names[i] + 7, NULL, 16);
		char path[40];

		snprintf(path, sizeof(path), "/soc/%s", names[i]);
		tree_add(fdt, "/soc", names[i]);
		tree_string(fdt, path, "compatible", "virtio,mmio");
		tree_cells(fdt, path, "reg", CELLS(0, base, 0, 0x1000));
		tree_cells(fdt, path, "interrupts", CELLS(base >> 12 & 15));
	}
	CHECK_EQ(parse(), 0);
	CHECK_EQ(host.virtio_count, 3);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ(host.virtio[i].base.v, 0x10001000 + 0x1000 * i);
		CHECK_EQ(host.virtio[i].irq, i + 1);
	}
	done();
}

TEST("memory and what firmware keeps come sorted and merged")
{
	machine_create();
	CHECK_EQ(parse(), 0);
	CHECK_EQ(host.memory_count, 1);
	CHECK_EQ(host.memory[0].start.v, 0x80000000);
	CHECK_EQ(host.memory[0].end.v, 0xa0000000);
	CHECK_EQ(host.reserved_count, 2);
	CHECK_EQ(host.reserved[0].start.v, 0x80000000);
	CHECK_EQ(host.reserved[0].end.v, 0x80040000);
	CHECK_EQ(host.reserved[1].start.v, 0x90000000);
	CHECK_EQ(host.reserved[1].end.v, 0x90001000);
	done();
}

TEST("ranges can be read before there is an allocator, and are counted beyond the room for them")
{
	struct page_range ranges[2];

	machine_create();
	CHECK_EQ(host_dt_size(fdt), TREE_SIZE);
	CHECK_EQ(host_dt_ranges(fdt, HOST_DT_MEMORY, ranges, 2), 1);
	CHECK_EQ(ranges[0].end.v, 0xa0000000);
	CHECK_EQ(host_dt_ranges(fdt, HOST_DT_RESERVED, ranges, 2), 3);
	CHECK_EQ(host_dt_initrd(fdt).start.v, 0x88200000);
	CHECK_EQ(host_dt_initrd(fdt).end.v, 0x88200123);
}

TEST("harts come in the tree's order with their extensions and S-mode contexts")
{
	machine_create();
	CHECK_EQ(parse(), 0);
	CHECK_EQ(host.hart_count, 2);
	CHECK_EQ(host.harts[0].id, 0);
	CHECK_EQ(host.harts[0].plic_context, 1);
	CHECK_EQ(host.harts[1].id, 1);
	CHECK_EQ(host.harts[1].plic_context, 3);
	CHECK(host.harts[1].isa & ISA_SVADU);
	CHECK(host.harts[0].isa & ISA_ZBA);
	CHECK(host.harts[0].isa & ISA_LETTER('h'));
	CHECK_EQ(host.timebase_hz, 10000000);
	done();
}

TEST("the machine has what all harts have")
{
	machine_create();
	CHECK_EQ(parse(), 0);
	CHECK(host.isa & ISA_LETTER('h'));
	CHECK(host.isa & ISA_SSTC);
	CHECK(!(host.isa & (ISA_SVADU | ISA_ZBA)));
	done();
}

TEST("riscv,isa-extensions counts like riscv,isa")
{
	machine_create();
	fdt_delprop(fdt, tree_node(fdt, "/cpus/cpu@0"), "riscv,isa");
	tree_bytes(fdt, "/cpus/cpu@0", "riscv,isa-extensions", "i\0m\0a\0h\0sstc", 13);
	CHECK_EQ(parse(), 0);
	CHECK_EQ(host.harts[0].isa, ISA_LETTER('i') | ISA_LETTER('m') | ISA_LETTER('a') |
		 ISA_LETTER('h') | ISA_SSTC);
	done();
}

TEST("a hart that firmware disabled is not there")
{
	machine_create();
	tree_string(fdt, "/cpus/cpu@1", "status", "disabled");
	CHECK_EQ(parse(), 0);
	CHECK_EQ(host.hart_count, 1);
	CHECK(host.isa & ISA_ZBA);
	done();
}

TEST("devices, initrd, command line and seed are found")
{
	machine_create();
	CHECK_EQ(parse(), 0);
	CHECK_EQ(host.uart.base.v, 0x10000000);
	CHECK_EQ(host.uart.irq, 10);
	CHECK_EQ(host.uart.reg_shift, 0);
	CHECK_EQ(host.uart.io_width, 1);
	CHECK_EQ(host.plic.base.v, 0xc000000);
	CHECK_EQ(host.plic.size, 0x600000);
	CHECK_EQ(host.plic.ndev, 31);
	CHECK_EQ(host.test_base.v, 0x100000);
	CHECK_EQ(host.initrd.start.v, 0x88200000);
	CHECK_EQ(host.initrd.end.v, 0x88200123);
	CHECK_STR(host.bootargs, "trace=1");
	CHECK_EQ(host.rng_seed_size, 32);
	CHECK_EQ(host.rng_seed[3], 1);
	done();
}

TEST("the initrd's place has one cell or two")
{
	machine_create();
	tree_cells(fdt, "/chosen", "linux,initrd-start", CELLS(1, 0x88200000));
	tree_cells(fdt, "/chosen", "linux,initrd-end", CELLS(1, 0x88200123));
	CHECK_EQ(parse(), 0);
	CHECK_EQ(host.initrd.start.v, 0x188200000);
	CHECK_EQ(host.initrd.end.v, 0x188200123);
	done();
	tree_cells(fdt, "/chosen", "linux,initrd-end", CELLS(1, 0x88200000));
	CHECK_EQ(host_dt_initrd(fdt).end.v, 0);
}

TEST("stdout-path may have options or be an alias, and decides between uarts")
{
	machine_create();
	tree_add(fdt, "/soc", "serial@20000000");
	tree_string(fdt, "/soc/serial@20000000", "compatible", "ns16550a");
	tree_cells(fdt, "/soc/serial@20000000", "reg", CELLS(0, 0x20000000, 0, 0x1000));
	tree_cells(fdt, "/soc/serial@20000000", "reg-shift", CELLS(2));
	tree_cells(fdt, "/soc/serial@20000000", "reg-io-width", CELLS(4));
	tree_string(fdt, "/chosen", "stdout-path", UART ":115200n8");
	CHECK_EQ(parse(), 0);
	CHECK_EQ(host.uart.base.v, 0x10000000);
	done();
	tree_add(fdt, "/", "aliases");
	tree_string(fdt, "/aliases", "serial1", "/soc/serial@20000000");
	tree_string(fdt, "/chosen", "stdout-path", "serial1:9600");
	CHECK_EQ(parse(), 0);
	CHECK_EQ(host.uart.base.v, 0x20000000);
	CHECK_EQ(host.uart.reg_shift, 2);
	CHECK_EQ(host.uart.io_width, 4);
	done();
	tree_string(fdt, "/chosen", "stdout-path", "/soc");
	CHECK_EQ(parse(), 0);
	CHECK(host.uart.size != 0);
	done();
}

TEST("a machine without uart, PLIC, initrd, seed or chosen is a machine")
{
	machine_create();
	fdt_del_node(fdt, tree_node(fdt, "/soc"));
	fdt_del_node(fdt, tree_node(fdt, "/chosen"));
	fdt_del_node(fdt, tree_node(fdt, "/reserved-memory"));
	CHECK_EQ(parse(), 0);
	CHECK_EQ(host.uart.size, 0);
	CHECK_EQ(host.plic.size, 0);
	CHECK_EQ(host.test_base.v, 0);
	CHECK_EQ(host.initrd.end.v, 0);
	CHECK_STR(host.bootargs, "");
	CHECK(!host.rng_seed);
	CHECK_EQ(host.harts[0].plic_context, -1);
	CHECK_EQ(host.reserved_count, 1);
	done();
}

TEST("several memory nodes that touch are one range")
{
	machine_create();
	tree_add(fdt, "/", "memory@a0000000");
	tree_string(fdt, "/memory@a0000000", "device_type", "memory");
	tree_cells(fdt, "/memory@a0000000", "reg",
		   CELLS(0, 0xa0000000, 0, 0x10000000, 1, 0, 0, 0x1000, 0xffffffff, 0xfffff000, 0,
			 0x2000));
	CHECK_EQ(parse(), 0);
	CHECK_EQ(host.memory_count, 2);
	CHECK_EQ(host.memory[0].end.v, 0xb0000000);
	CHECK_EQ(host.memory[1].start.v, 0x100000000);
	done();
}

TEST("a machine without memory, harts or timebase is refused with one line")
{
	machine_create();
	fdt_del_node(fdt, tree_node(fdt, "/memory@80000000"));
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, "/memory: the machine's device tree has no memory");
	machine_create();
	fdt_del_node(fdt, tree_node(fdt, "/cpus"));
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, "/cpus: the machine's device tree has no enabled hart");
	machine_create();
	fdt_delprop(fdt, tree_node(fdt, "/cpus"), "timebase-frequency");
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, "/cpus: timebase-frequency: is missing or 0 in the machine's device tree");
	memset(fdt, 0, 64);
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, "what firmware passed in a1 is not a device tree (FDT_ERR_TRUNCATED)");
	CHECK_EQ(host_dt_ranges(fdt, HOST_DT_MEMORY, NULL, 0), -EINVAL);
	done();
}

TEST("running out of memory is an error that leaks nothing")
{
	machine_create();
	for (long n = 0; n < 3; n++) {
		kalloc_fail_after = n;
		CHECK_EQ(parse(), -ENOMEM);
		CHECK_EQ(kalloc_live, 0);
	}
	kalloc_fail_after = -1;
}

TEST("no machine tree with random bytes changed makes the reader leave it")
{
	static _Alignas(8) uint8_t good[TREE_SIZE];
	uint64_t seed = 4;
	size_t size;

	machine_create();
	fdt_pack(fdt);
	memcpy(good, fdt, TREE_SIZE);
	size = fdt_totalsize(good);
	for (int round = 0; round < 20000; round++) {
		memcpy(fdt, good, size);
		for (int i = 0; i < 3; i++) {
			uint64_t r = test_random(&seed);

			fdt[r % size] ^= (uint8_t)(1u << (r >> 32 & 7));
		}
		/* What follows the tree's bytes is not its own. */
		if (host_dt_size(fdt) > size)
			continue;
		parse();
		done();
	}
}

/* The supervisor level's IMSICs as QEMU writes them, machine level's beside them. */
static void add_imsics(uint32_t guest_bits)
{
	tree_check(fdt_del_node(fdt, fdt_path_offset(fdt, "/soc/plic@c000000")));
	tree_add(fdt, "/soc", "imsics@28000000");
	tree_string(fdt, "/soc/imsics@28000000", "compatible", "riscv,imsics");
	tree_cells(fdt, "/soc/imsics@28000000", "reg", CELLS(0, 0x28000000, 0, 0x8000));
	tree_cells(fdt, "/soc/imsics@28000000", "riscv,num-ids", CELLS(255));
	tree_cells(fdt, "/soc/imsics@28000000", "riscv,guest-index-bits", CELLS(guest_bits));
	tree_cells(fdt, "/soc/imsics@28000000", "interrupts-extended",
		   CELLS(TREE_PHANDLE_INTC, 9, 3, 9));
	tree_cells(fdt, "/soc/imsics@28000000", "phandle", CELLS(31));
	/* libfdt adds in front: what is not to be taken comes first. */
	tree_add(fdt, "/soc", "imsics@24000000");
	tree_string(fdt, "/soc/imsics@24000000", "compatible", "riscv,imsics");
	tree_cells(fdt, "/soc/imsics@24000000", "reg", CELLS(0, 0x24000000, 0, 0x2000));
	tree_cells(fdt, "/soc/imsics@24000000", "riscv,num-ids", CELLS(63));
	tree_cells(fdt, "/soc/imsics@24000000", "interrupts-extended",
		   CELLS(TREE_PHANDLE_INTC, 11, 3, 11));
	tree_cells(fdt, "/soc/imsics@24000000", "phandle", CELLS(30));
}

static void add_aplic(const char *name, uint32_t base)
{
	char path[40];

	snprintf(path, sizeof(path), "/soc/%s", name);
	tree_add(fdt, "/soc", name);
	tree_string(fdt, path, "compatible", "riscv,aplic");
	tree_cells(fdt, path, "reg", CELLS(0, base, 0, 0x8000));
	tree_cells(fdt, path, "riscv,num-sources", CELLS(96));
}

TEST("of AIA the supervisor level's IMSICs are taken, and the APLIC that sends to them")
{
	machine_create();
	add_imsics(2);
	add_aplic("aplic@c000000", 0xc000000);
	tree_cells(fdt, "/soc/aplic@c000000", "msi-parent", CELLS(30));
	add_aplic("aplic@d000000", 0xd000000);
	tree_cells(fdt, "/soc/aplic@d000000", "msi-parent", CELLS(31));
	CHECK_EQ(host_dt_parse(fdt, &host, why, sizeof(why)), 0);
	CHECK_EQ(host.imsic.base.v, 0x28000000);
	CHECK_EQ(host.imsic.size, 0x8000);
	CHECK_EQ(host.imsic.ids, 255);
	CHECK_EQ(host.imsic.guest_bits, 2);
	CHECK_EQ(host.aplic.base.v, 0xd000000);
	CHECK_EQ(host.aplic.sources, 96);
	CHECK(host.aplic.msi);
	CHECK_EQ(host.plic.size, 0);
	/* Files lie in the order of interrupts-extended, not in that of the cpus. */
	for (size_t i = 0; i < host.hart_count; i++)
		CHECK_EQ(host.harts[i].aia_index, host.harts[i].id == 0 ? 0 : 1);
	host_dt_free(&host);
	CHECK_EQ(kalloc_live, 0);
}

TEST("an APLIC without IMSICs delivers directly, to the structure of each hart")
{
	machine_create();
	tree_check(fdt_del_node(fdt, fdt_path_offset(fdt, "/soc/plic@c000000")));
	add_aplic("aplic@c000000", 0xc000000);
	tree_cells(fdt, "/soc/aplic@c000000", "interrupts-extended", CELLS(3, 11));
	add_aplic("aplic@d000000", 0xd000000);
	tree_cells(fdt, "/soc/aplic@d000000", "interrupts-extended",
		   CELLS(3, 9, TREE_PHANDLE_INTC, 9));
	CHECK_EQ(host_dt_parse(fdt, &host, why, sizeof(why)), 0);
	CHECK_EQ(host.aplic.base.v, 0xd000000);
	CHECK(!host.aplic.msi);
	CHECK_EQ(host.imsic.size, 0);
	for (size_t i = 0; i < host.hart_count; i++)
		CHECK_EQ(host.harts[i].aia_index, host.harts[i].id == 1 ? 0 : 1);
	host_dt_free(&host);
	CHECK_EQ(kalloc_live, 0);
}

TEST("IMSICs with more guest index bits than there can be are not used")
{
	machine_create();
	add_imsics(60);
	CHECK_EQ(host_dt_parse(fdt, &host, why, sizeof(why)), 0);
	CHECK_EQ(host.imsic.size, 0);
	CHECK_EQ(host.aplic.size, 0);
	host_dt_free(&host);
	CHECK_EQ(kalloc_live, 0);
}

static void add_sswi(const char *name, uint32_t base, uint32_t size)
{
	char path[40];

	snprintf(path, sizeof(path), "/soc/%s", name);
	tree_add(fdt, "/soc", name);
	tree_string(fdt, path, "compatible", "riscv,aclint-sswi");
	tree_cells(fdt, path, "reg", CELLS(0, base, 0, size));
}

TEST("each hart has the SETSSIP register of its place in an SSWI device's interrupts-extended")
{
	machine_create();
	add_sswi("sswi@2f00000", 0x2f00000, 0x4000);
	/* A place that is another level's is one all the same. */
	tree_cells(fdt, "/soc/sswi@2f00000", "interrupts-extended",
		   CELLS(3, 1, TREE_PHANDLE_INTC, 3, TREE_PHANDLE_INTC, 1));
	CHECK_EQ(parse(), 0);
	for (size_t i = 0; i < host.hart_count; i++)
		CHECK_EQ(host.harts[i].sswi.v, host.harts[i].id == 1 ? 0x2f00000 : 0x2f00008);
	done();
}

TEST("harts may be spread over several SSWI devices, and some have none")
{
	machine_create();
	add_sswi("sswi@2f00000", 0x2f00000, 0x4000);
	tree_cells(fdt, "/soc/sswi@2f00000", "interrupts-extended", CELLS(3, 1));
	CHECK_EQ(parse(), 0);
	for (size_t i = 0; i < host.hart_count; i++)
		CHECK_EQ(host.harts[i].sswi.v, host.harts[i].id == 1 ? 0x2f00000 : 0);
	done();
	add_sswi("sswi@3f00000", 0x3f00000, 0x4000);
	tree_cells(fdt, "/soc/sswi@3f00000", "interrupts-extended", CELLS(TREE_PHANDLE_INTC, 1));
	CHECK_EQ(parse(), 0);
	for (size_t i = 0; i < host.hart_count; i++)
		CHECK_EQ(host.harts[i].sswi.v, host.harts[i].id == 1 ? 0x2f00000 : 0x3f00000);
	done();
}

TEST("an SSWI device that is disabled, too small, unaligned or of no hart interrupts nobody")
{
	machine_create();
	add_sswi("sswi@2f00000", 0x2f00000, 7);
	tree_cells(fdt, "/soc/sswi@2f00000", "interrupts-extended",
		   CELLS(3, 1, TREE_PHANDLE_INTC, 1));
	add_sswi("sswi@3f00002", 0x3f00002, 0x4000);
	tree_cells(fdt, "/soc/sswi@3f00002", "interrupts-extended",
		   CELLS(TREE_PHANDLE_INTC, 1));
	add_sswi("sswi@4f00000", 0x4f00000, 0x4000);
	tree_cells(fdt, "/soc/sswi@4f00000", "interrupts-extended",
		   CELLS(TREE_PHANDLE_INTC, 1));
	tree_string(fdt, "/soc/sswi@4f00000", "status", "disabled");
	add_sswi("sswi@5f00000", 0x5f00000, 0x4000);
	tree_cells(fdt, "/soc/sswi@5f00000", "interrupts-extended", CELLS(77, 1));
	add_sswi("sswi@6f00000", 0x6f00000, 0x4000);
	CHECK_EQ(parse(), 0);
	/* What fits into the first one counts. */
	for (size_t i = 0; i < host.hart_count; i++)
		CHECK_EQ(host.harts[i].sswi.v, host.harts[i].id == 1 ? 0x2f00000 : 0);
	done();
}
