/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VM trees in dts/, as the build compiled them: build/tests/unit/boot_dts reads build/dts.
 * SOURCES: hypervisor/boot/vm_dt_virtio.c
 * SOURCES: hypervisor/boot/vm_dt_sched.c hypervisor/boot/vm_dt_sbi.c hypervisor/vsbi/names.c
 * SOURCES: hypervisor/boot/vm_dt_aia.c hypervisor/boot/isa.c
 * SOURCES: hypervisor/boot/guest_dt.c hypervisor/boot/vm_dt.c hypervisor/boot/vm_dt_soc.c
 * SOURCES: hypervisor/boot/dt.c hypervisor/boot/refuse.c hypervisor/vm/config.c
 * SOURCES: hypervisor/lib/string.c
 */
#include "test.h"

#include <dirent.h>
#include <unistd.h>

#include <strata/abi.h>

#include "boot/guest_dt.h"
#include "boot/isa.h"
#include "boot/vm_dt.h"
#include "fake_kalloc.h"
#include "vm_tree.h"

static _Alignas(8) uint8_t fdt[TREE_SIZE], out[2 * TREE_SIZE];
static struct vm_config config;
static char why[200];

/* build/dts, or $STRATA_DTB_DIR. */
static const char *dtb_directory(void)
{
	static char path[4096];
	const char *given = getenv("STRATA_DTB_DIR");
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 16);
	char *slash;

	if (given)
		return given;
	CHECK(length > 0);
	path[length] = '\0';
	for (int i = 0; i < 3; i++) {
		slash = strrchr(path, '/');
		CHECK(slash != NULL);
		*slash = '\0';
	}
	strcat(path, "/dts");
	return path;
}

/* What scripts/stratalib/disks.py does: a disk of the tree's own gets a number of the machine's. */
static void number_own_disks(void)
{
	CHECK_EQ(fdt_open_into(fdt, fdt, sizeof(fdt)), 0);
	for (int node = 0; node >= 0; node = fdt_next_node(fdt, node, NULL)) {
		if (!fdt_getprop(fdt, node, "strata,host-file", NULL))
			continue;
		CHECK_EQ(fdt_delprop(fdt, node, "strata,host-file"), 0);
		CHECK_EQ(fdt_setprop_u32(fdt, node, "strata,host-disk", 0), 0);
	}
	CHECK_EQ(fdt_pack(fdt), 0);
}

/* Parse build/dts/NAME.dtb; the caller frees config. */
static void parse(const char *name)
{
	char path[4400];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.dtb", dtb_directory(), name);
	file = fopen(path, "rb");
	if (!file)
		FAIL("%s is missing: make dtbs", path);
	CHECK(fread(fdt, 1, sizeof(fdt), file) > 0);
	fclose(file);
	strcpy(why, "");
	number_own_disks();
	if (vm_dt_parse(fdt, fdt_totalsize(fdt), name, &config, why, sizeof(why)))
		FAIL("%s: %s", name, why);
}

TEST("every tree in dts/ is accepted and gives a valid guest tree")
{
	static const struct guest_dt_facts facts = {
		.timebase_hz = 10000000, .isa = ISA_LETTER('i'), .initrd_gpa = 0x83000000,
		.initrd_size = 1 };
	DIR *directory = opendir(dtb_directory());
	struct dirent *entry;
	int trees = 0;

	CHECK(directory != NULL);
	while ((entry = readdir(directory))) {
		char *dot = strrchr(entry->d_name, '.');
		int size;

		if (!dot || strcmp(dot, ".dtb") != 0)
			continue;
		*dot = '\0';
		parse(entry->d_name);
		size = guest_dt_build(&config, fdt, out, guest_dt_size(&config, fdt), &facts);
		CHECK(size > 0);
		CHECK_EQ(dt_check(out, (size_t)size), 0);
		vm_config_free(&config);
		trees++;
	}
	closedir(directory);
	CHECK(trees > 0);
}

static const struct {
	const char *name;
	enum vm_mode mode;
	uint64_t features;
	bool counters;
	const char *kernel;
	uint64_t memory;
} trees[] = {
	{ "pvguest-te", VM_MODE_TE, 0, false, "pvguest", 64 },
	{ "pvguest-pv0", VM_MODE_PV, STRATA_F_HYPERCALL, false, "pvguest", 64 },
	{ "pvguest-pv", VM_MODE_PV, STRATA_F_HYPERCALL | STRATA_F_SHARED_PAGE, false, "pvguest",
	  64 },
	{ "pvguest-hw", VM_MODE_HW, 0, false, "pvguest", 64 },
	{ "bench-te", VM_MODE_TE, 0, true, "pvguest", 64 },
	{ "bench-pv0", VM_MODE_PV, STRATA_F_HYPERCALL, true, "pvguest", 64 },
	{ "bench-pv1", VM_MODE_PV, STRATA_F_HYPERCALL | STRATA_F_SHARED_PAGE, true, "pvguest", 64 },
	{ "bench-hw", VM_MODE_HW, 0, true, "pvguest", 64 },
	{ "u-boot-hw", VM_MODE_HW, 0, false, "u-boot", 128 },
	{ "linux-te", VM_MODE_TE, 0, false, "linux", 256 },
	{ "linux-pv", VM_MODE_PV, STRATA_F_HYPERCALL | STRATA_F_SHARED_PAGE, false, "linux", 256 },
	{ "linux-hw", VM_MODE_HW, 0, false, "linux", 256 },
};

TEST("each tree in dts/ is in the mode that its name says, and only measuring ones have counters")
{
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		parse(trees[i].name);
		CHECK_EQ(config.mode, trees[i].mode);
		CHECK_EQ(config.features, trees[i].features);
		CHECK_EQ(config.counters, trees[i].counters);
		CHECK_STR(config.kernel, trees[i].kernel);
		CHECK_EQ(config.vcpu_count, 1);
		CHECK_EQ(config.region_count, 1);
		CHECK_EQ(config.regions[0].gpa, 0x80000000);
		CHECK_EQ(config.regions[0].size, trees[i].memory << 20);
		CHECK_EQ(config.device_count, 2);
		vm_config_free(&config);
	}
}

TEST("a tree with two cpu nodes has two vCPUs")
{
	parse("linux-smp");
	CHECK_EQ(config.vcpu_count, 2);
	CHECK_EQ(config.mode, VM_MODE_HW);
	CHECK_STR(config.kernel, "linux");
	vm_config_free(&config);
}
