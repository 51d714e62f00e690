/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VM trees: what a good one says, and files that are none. boot_vm_dt_bad.c has the bad ones.
 * SOURCES: hypervisor/boot/vm_dt_virtio.c
 * SOURCES: hypervisor/boot/vm_dt_sched.c hypervisor/boot/vm_dt_sbi.c hypervisor/vsbi/names.c
 * SOURCES: hypervisor/boot/vm_dt_aia.c
 * SOURCES: hypervisor/boot/vm_dt.c hypervisor/boot/vm_dt_soc.c hypervisor/boot/dt.c
 * SOURCES: hypervisor/boot/refuse.c hypervisor/vm/config.c hypervisor/lib/string.c
 */
#include "test.h"

#include <strata/abi.h>

#include "vm_tree_parse.h"
#include "vsbi/vsbi.h"

TEST("a tree gives mode, world, kernel, initrd and command line")
{
	tree_create(fdt);
	CHECK_EQ(parse(), 0);
	CHECK_STR(config.name, "test");
	CHECK_EQ(config.mode, VM_MODE_TE);
	CHECK_EQ(config.world, VM_WORLD_VU);
	CHECK_EQ(config.features, 0);
	CHECK_EQ(config.counters, false);
	CHECK_EQ(config.accounting, false);
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

TEST("initrd, command line, world, devices, counters and accounting are optional")
{
	tree_create(fdt);
	fdt_del_node(fdt, tree_node(fdt, "/soc"));
	fdt_delprop(fdt, tree_node(fdt, "/chosen"), "strata,initrd");
	fdt_delprop(fdt, tree_node(fdt, "/chosen"), "bootargs");
	fdt_delprop(fdt, tree_node(fdt, "/hypervisor"), "strata,world");
	tree_bytes(fdt, "/hypervisor", "strata,counters", "", 0);
	tree_bytes(fdt, "/hypervisor", "strata,accounting", "", 0);
	CHECK_EQ(parse(), 0);
	CHECK(!config.initrd && !config.bootargs);
	CHECK_EQ(config.device_count, 0);
	CHECK_EQ(config.counters, true);
	CHECK_EQ(config.accounting, true);
	done();
}

TEST("SBI extensions are switched off by name, but for those that the mode needs")
{
	tree_create(fdt);
	tree_bytes(fdt, "/hypervisor", "strata,sbi-disable", "susp\0time", 10);
	CHECK_EQ(parse(), 0);
	CHECK_EQ(config.sbi_disabled, 1UL << VSBI_SUSP | 1UL << VSBI_TIME);
	done();
	tree_string(fdt, "/hypervisor", "strata,sbi-disable", "base");
	CHECK(parse() != 0);
	CHECK_STR(why, "/hypervisor: strata,sbi-disable: a guest in mode te needs \"base\": "
		       "delete it");
	tree_string(fdt, "/hypervisor", "strata,sbi-disable", "SUSP");
	CHECK(parse() != 0);
	CHECK_STR(why, "/hypervisor: strata,sbi-disable: \"SUSP\" is no extension that is "
		       "offered: correct or delete it");
	tree_string(fdt, "/hypervisor", "strata,mode", "pv");
	tree_string(fdt, "/hypervisor", "strata,sbi-disable", "strata");
	CHECK(parse() != 0);
	done();
}

TEST("weight, cap and affinity are the tree's, or 256, none and every hart")
{
	tree_create(fdt);
	CHECK_EQ(parse(), 0);
	CHECK_EQ(config.weight, 256);
	CHECK_EQ(config.cap, 0);
	CHECK_EQ(config.pin_count, 0);
	done();
	tree_create(fdt);
	tree_add_cpu(fdt, "cpu@1", 1, 77);
	tree_cells(fdt, "/hypervisor", "strata,weight", CELLS(512));
	tree_cells(fdt, "/hypervisor", "strata,cap", CELLS(150));
	tree_cells(fdt, "/cpus/cpu@0", "strata,affinity", CELLS(3));
	tree_cells(fdt, "/cpus/cpu@1", "strata,affinity", CELLS(0, 2));
	CHECK_EQ(parse(), 0);
	CHECK_EQ(config.weight, 512);
	CHECK_EQ(config.cap, 150);
	CHECK_EQ(config.vcpu_count, 2);
	CHECK_EQ(config.pin_count, 3);
	for (size_t i = 0; i < 3; i++)
		CHECK_EQ(config.pins[i].vcpu, config.pins[i].hart == 3 ? 1U : 0U);
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

TEST("memory ranges that touch are one, whatever nodes they come from")
{
	tree_create(fdt);
	tree_cells(fdt, "/memory@80000000", "reg",
		   CELLS(0, 0x80400000, 0, 0x200000, 0, 0x80000000, 0, 0x200000));
	tree_add(fdt, "/", "memory@80200000");
	tree_string(fdt, "/memory@80200000", "device_type", "memory");
	tree_cells(fdt, "/memory@80200000", "reg",
		   CELLS(0, 0x80200000, 0, 0x200000, 0, 0x80601000, 0, 0x1000));
	CHECK_EQ(parse(), 0);
	CHECK_EQ(config.region_count, 2);
	CHECK_EQ(config.regions[0].gpa, 0x80000000);
	CHECK_EQ(config.regions[0].size, 0x600000);
	CHECK_EQ(config.regions[1].gpa, 0x80601000);
	done();
}

TEST("memory may end at the last byte of the 39-bit guest-physical address space")
{
	tree_create(fdt);
	tree_cells(fdt, "/memory@80000000", "reg", CELLS(0x7f, 0xfffff000, 0, 0x1000));
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

TEST("a property of any length that leaves the tree is refused, also a negative one")
{
	static const uint32_t lengths[] = { 0x400, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffff4,
					    0xfffffff8, 0xfffffffc, 0xffffffff };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct fdt_property *property;
		int length;

		tree_create(fdt);
		fdt_pack(fdt);
		property = fdt_get_property_w(fdt, tree_node(fdt, "/chosen"), "bootargs", &length);
		property->len = cpu_to_fdt32(lengths[i]);
		CHECK_EQ(parse_bytes(fdt_totalsize(fdt)), -EINVAL);
		CHECK_STR(why, "not a device tree (FDT_ERR_BADSTRUCTURE): compile it with dtc");
	}
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
	static const char *const bad[] = { "", "a b", "a\033b",
					   "12345678901234567890123456789012" };

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
