/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree a guest reads.
 * SOURCES: hypervisor/boot/vm_dt_virtio.c
 * SOURCES: hypervisor/boot/vm_dt_sched.c hypervisor/boot/vm_dt_sbi.c hypervisor/vsbi/names.c
 * SOURCES: hypervisor/boot/vm_dt_aia.c hypervisor/boot/isa.c
 * SOURCES: hypervisor/boot/guest_dt.c hypervisor/boot/vm_dt.c hypervisor/boot/vm_dt_soc.c
 * SOURCES: hypervisor/boot/dt.c hypervisor/boot/refuse.c hypervisor/vm/config.c
 * SOURCES: hypervisor/lib/string.c
 */
#include "test.h"

#include "boot/guest_dt.h"
#include "boot/isa.h"
#include "boot/vm_dt.h"
#include "fake_kalloc.h"
#include "lib/errno.h"
#include "vm_tree.h"

static _Alignas(8) uint8_t fdt[TREE_SIZE], out[TREE_SIZE];
static struct vm_config config;
static char why[200];

static struct guest_dt_facts facts = {
	.timebase_hz = 10000000,
	.isa = ISA_LETTER('i') | ISA_LETTER('c') | ISA_ZICSR | ISA_ZICBOZ,
	.initrd_gpa = 0x83000000,
	.initrd_size = 0x1234,
	.seed = { 1, 2, 3 },
};

static int build(void)
{
	fdt_pack(fdt);
	CHECK_EQ(vm_dt_parse(fdt, fdt_totalsize(fdt), "test", &config, why, sizeof(why)), 0);
	return guest_dt_build(&config, fdt, out, guest_dt_size(&config, fdt), &facts);
}

static void done(void)
{
	vm_config_free(&config);
	CHECK_EQ(kalloc_live, 0);
}

static const char *string(const char *path, const char *name)
{
	const char *value;

	return dt_string(out, tree_node(out, path), name, &value) ? "(none)" : value;
}

static uint64_t number(const char *path, const char *name)
{
	uint64_t value;

	return dt_number(out, tree_node(out, path), name, &value) ? UINT64_MAX : value;
}

TEST("the guest's tree is a valid tree of the size returned")
{
	int size;

	tree_create(fdt);
	size = build();
	CHECK(size > 0);
	CHECK_EQ(fdt_totalsize(out), size);
	CHECK_EQ(dt_check(out, (size_t)size), 0);
	done();
}

TEST("the guest reads what the VM tree says about memory and devices")
{
	struct dt_cells cells;
	struct dt_range range;

	tree_create(fdt);
	tree_check(fdt_add_mem_rsv(fdt, 0x80000000, 0x1000));
	CHECK(build() > 0);
	CHECK_EQ(dt_cells(out, 0, &cells), 0);
	CHECK_EQ(dt_reg(out, tree_node(out, "/memory@80000000"), &cells, 0, &range), 0);
	CHECK_EQ(range.base, 0x80000000);
	CHECK_EQ(range.size, 0x4000000);
	CHECK_STR(string("/soc/serial@10000000", "compatible"), "ns16550a");
	CHECK_EQ(number("/soc/serial@10000000", "interrupts"), 10);
	CHECK_EQ(fdt_num_mem_rsv(out), 1);
	done();
}

TEST("no property of the hypervisor's is left, and /hypervisor says whose guest this is")
{
	int node, property;

	tree_create(fdt);
	tree_bytes(fdt, "/hypervisor", "strata,counters", "", 0);
	CHECK(build() > 0);
	for (node = 0; node >= 0; node = fdt_next_node(out, node, NULL)) {
		fdt_for_each_property_offset(property, out, node) {
			const char *name;

			CHECK(fdt_getprop_by_offset(out, property, &name, NULL) != NULL);
			CHECK(strncmp(name, "strata,", 7) != 0);
		}
	}
	CHECK_STR(string("/hypervisor", "compatible"), "strata,hypervisor");
	done();
}

TEST("each cpu gets compatible, its ISA, mmu-type and status, cpus gets timebase-frequency")
{
	tree_create(fdt);
	tree_add_cpu(fdt, "cpu@3", 3, 9);
	tree_string(fdt, "/cpus/cpu@3", "riscv,isa", "rv64gch");
	tree_string(fdt, "/cpus/cpu@3", "riscv,isa-extensions", "h");
	tree_cells(fdt, "/cpus", "timebase-frequency", CELLS(1));
	CHECK(build() > 0);
	CHECK_EQ(number("/cpus", "timebase-frequency"), 10000000);
	CHECK_STR(string("/cpus/cpu@0", "compatible"), "riscv");
	CHECK_STR(string("/cpus/cpu@0", "riscv,isa"), "rv64ic_zicboz_zicsr");
	CHECK_STR(string("/cpus/cpu@3", "riscv,isa"), "rv64ic_zicboz_zicsr");
	CHECK_STR(string("/cpus/cpu@3", "riscv,isa-base"), "rv64i");
	CHECK_EQ(fdt_stringlist_count(out, fdt_path_offset(out, "/cpus/cpu@3"),
				      "riscv,isa-extensions"), 4);
	CHECK_EQ(fdt_stringlist_search(out, fdt_path_offset(out, "/cpus/cpu@3"),
				       "riscv,isa-extensions", "zicsr"), 3);
	CHECK_EQ(number("/cpus/cpu@3", "riscv,cboz-block-size"), 64);
	CHECK_STR(string("/cpus/cpu@3", "riscv,cbom-block-size"), "(none)");
	CHECK_STR(string("/cpus/cpu@0", "mmu-type"), "riscv,sv39");
	CHECK_STR(string("/cpus/cpu@0", "status"), "okay");
	CHECK_STR(string("/cpus/cpu@3", "device_type"), "cpu");
	/* The first cpu of the tree boots; libfdt adds in front. */
	CHECK_EQ(fdt_boot_cpuid_phys(out), 3);
	done();
}

TEST("chosen gets the initrd's place in two cells, a seed, and keeps the command line")
{
	const uint8_t *seed;
	int size;

	tree_create(fdt);
	tree_cells(fdt, "/chosen", "linux,initrd-start", CELLS(1));
	CHECK(build() > 0);
	CHECK_EQ(number("/chosen", "linux,initrd-start"), 0x83000000);
	CHECK_EQ(number("/chosen", "linux,initrd-end"), 0x83001234);
	CHECK(fdt_getprop(out, tree_node(out, "/chosen"), "linux,initrd-end", &size) && size == 8);
	seed = fdt_getprop(out, tree_node(out, "/chosen"), "rng-seed", &size);
	CHECK_EQ(size, GUEST_DT_SEED_SIZE);
	CHECK(memcmp(seed, facts.seed, sizeof(facts.seed)) == 0);
	CHECK_STR(string("/chosen", "bootargs"), "bench=all");
	done();
}

TEST("without an initrd there is no trace of one")
{
	struct guest_dt_facts saved = facts;

	facts.initrd_size = 0;
	tree_create(fdt);
	tree_cells(fdt, "/chosen", "linux,initrd-start", CELLS(1));
	CHECK(build() > 0);
	facts = saved;
	CHECK_EQ(number("/chosen", "linux,initrd-start"), UINT64_MAX);
	CHECK_EQ(number("/chosen", "linux,initrd-end"), UINT64_MAX);
	done();
}

TEST("disabled nodes are left out with all that is below them, and nothing else is")
{
	tree_create(fdt);
	tree_add_cpu(fdt, "cpu@7", 7, 9);
	tree_string(fdt, "/cpus/cpu@7", "status", "disabled");
	tree_string(fdt, "/soc/serial@10000000", "status", "fail");
	CHECK(build() > 0);
	CHECK_EQ(fdt_path_offset(out, "/cpus/cpu@7"), -FDT_ERR_NOTFOUND);
	CHECK_EQ(fdt_path_offset(out, "/soc/serial@10000000"), -FDT_ERR_NOTFOUND);
	CHECK(fdt_path_offset(out, "/cpus/cpu@0/interrupt-controller") > 0);
	CHECK(fdt_path_offset(out, "/soc/plic@c000000") > 0);
	CHECK(fdt_path_offset(out, "/memory@80000000") > 0);
	CHECK(fdt_path_offset(out, "/chosen") > 0);
	done();
}

TEST("a node called cpu, cpus or chosen elsewhere is copied as it is")
{
	tree_create(fdt);
	tree_add(fdt, "/", "box");
	tree_add(fdt, "/box", "cpus");
	tree_add(fdt, "/box/cpus", "cpu@0");
	tree_add(fdt, "/box", "chosen");
	CHECK(build() > 0);
	CHECK_STR(string("/box/cpus/cpu@0", "riscv,isa"), "(none)");
	CHECK_EQ(number("/box/cpus", "timebase-frequency"), UINT64_MAX);
	CHECK(!fdt_getprop(out, tree_node(out, "/box/chosen"), "rng-seed", NULL));
	done();
}

TEST("too little room is -ENOSPC, at every size, and nothing is written beyond it")
{
	size_t needed;

	tree_create(fdt);
	needed = (size_t)build();
	for (size_t size = 0; size < needed; size++) {
		uint8_t *small = malloc(size ? size : 1);

		CHECK_EQ(guest_dt_build(&config, fdt, small, size, &facts), -ENOSPC);
		free(small);
	}
	done();
}

TEST("a VM tree may stand at any address")
{
	static uint8_t bytes[TREE_SIZE + 8];

	tree_create(fdt);
	CHECK(build() > 0);
	for (size_t shift = 0; shift < 8; shift++) {
		memcpy(bytes + shift, fdt, fdt_totalsize(fdt));
		CHECK(guest_dt_build(&config, bytes + shift, out, sizeof(out), &facts) > 0);
	}
	done();
}

TEST("the room announced suffices for a VM of 512 vCPUs")
{
	static _Alignas(8) uint8_t big[VM_DT_SIZE_MAX], to[VM_DT_SIZE_MAX + (1 << 20)];
	char name[16];

	tree_create(fdt);
	tree_check(fdt_open_into(fdt, big, sizeof(big)));
	for (uint32_t hart = 1; hart < VM_VCPUS_MAX; hart++) {
		snprintf(name, sizeof(name), "cpu@%x", hart);
		tree_add(big, "/cpus", name);
		snprintf(name, sizeof(name), "/cpus/cpu@%x", hart);
		tree_string(big, name, "device_type", "cpu");
		tree_cells(big, name, "reg", CELLS(hart));
	}
	fdt_pack(big);
	CHECK_EQ(vm_dt_parse(big, sizeof(big), "many", &config, why, sizeof(why)), 0);
	CHECK(guest_dt_size(&config, big) <= sizeof(to));
	CHECK(guest_dt_build(&config, big, to, guest_dt_size(&config, big), &facts) > 0);
	done();
}

TEST("whatever tree is accepted, the guest's tree is valid")
{
	static _Alignas(8) uint8_t good[TREE_SIZE];
	uint64_t seed = 3;
	size_t size;
	int accepted = 0;

	tree_create(good);
	fdt_pack(good);
	size = fdt_totalsize(good);
	for (int round = 0; round < 30000; round++) {
		int built;

		memcpy(fdt, good, size);
		for (int i = 0; i < 2; i++) {
			uint64_t r = test_random(&seed);

			fdt[r % size] ^= (uint8_t)(1u << (r >> 32 & 7));
		}
		if (vm_dt_parse(fdt, size, "x", &config, why, sizeof(why)))
			continue;
		accepted++;
		built = guest_dt_build(&config, fdt, out, sizeof(out), &facts);
		CHECK(built > 0 || built == -EINVAL);
		if (built > 0)
			CHECK_EQ(dt_check(out, (size_t)built), 0);
		done();
	}
	CHECK(accepted > 1000);
}
