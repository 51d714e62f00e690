/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio devices in VM trees: what good nodes say, and the lines that refuse bad ones.
 * SOURCES: hypervisor/boot/vm_dt_sched.c hypervisor/boot/vm_dt_sbi.c hypervisor/vsbi/names.c
 * SOURCES: hypervisor/boot/vm_dt.c hypervisor/boot/vm_dt_soc.c hypervisor/boot/dt.c
 * SOURCES: hypervisor/boot/vm_dt_virtio.c hypervisor/boot/vm_dt_aia.c
 * SOURCES: hypervisor/boot/refuse.c hypervisor/vm/config.c hypervisor/lib/string.c
 */
#include "test.h"

#include "vm_tree_parse.h"

#define DISK	"/soc/virtio@10001000"

/* A good node; the n-th of its kind. */
static void add_virtio(unsigned n, const char *sort)
{
	char name[32], path[48];

	snprintf(name, sizeof(name), "virtio@%x", 0x10001000 + n * 0x1000);
	snprintf(path, sizeof(path), "/soc/%s", name);
	tree_add(fdt, "/soc", name);
	tree_string(fdt, path, "compatible", "virtio,mmio");
	tree_cells(fdt, path, "reg", CELLS(0, 0x10001000 + n * 0x1000, 0, 0x1000));
	tree_cells(fdt, path, "interrupts", CELLS(n + 1));
	tree_cells(fdt, path, "interrupt-parent", CELLS(TREE_PHANDLE_PLIC));
	tree_string(fdt, path, "strata,virtio", sort);
}

static const struct vdev_config *device_at(uint64_t gpa)
{
	for (size_t i = 0; i < config.device_count; i++)
		if (config.devices[i].gpa == gpa)
			return &config.devices[i];
	FAIL("no device at 0x%lx", (unsigned long)gpa);
}

TEST("a block device names its image, its size, or both, and may be read-only")
{
	const struct vdev_config *disk;

	tree_create(fdt);
	for (unsigned n = 0; n < 3; n++)
		add_virtio(n, "block");
	tree_string(fdt, DISK, "strata,image", "disk.img");
	tree_bytes(fdt, DISK, "strata,read-only", "", 0);
	tree_cells(fdt, "/soc/virtio@10002000", "strata,size", CELLS(1, 0));
	tree_string(fdt, "/soc/virtio@10003000", "strata,image", "root.img");
	tree_cells(fdt, "/soc/virtio@10003000", "strata,size", CELLS(0x100000));
	tree_cells(fdt, "/soc/virtio@10003000", "strata,quota", CELLS(0x20000));
	CHECK_EQ(parse(), 0);
	CHECK_EQ(config.device_count, 5);
	disk = device_at(0x10001000);
	CHECK_EQ(disk->kind, VDEV_VIRTIO_BLK);
	CHECK_STR(disk->image, "disk.img");
	CHECK(disk->read_only);
	CHECK_EQ(disk->disk_size, 0);
	CHECK_EQ(disk->disk_quota, 0);
	CHECK_EQ(disk->irq, 1);
	disk = device_at(0x10002000);
	CHECK(!disk->image && !disk->read_only);
	CHECK_EQ(disk->disk_size, 1UL << 32);
	disk = device_at(0x10003000);
	CHECK_STR(disk->image, "root.img");
	CHECK_EQ(disk->disk_size, 0x100000);
	CHECK_EQ(disk->disk_quota, 0x20000);
	done();
}

TEST("a block device may be a disk of the host, or a partition of it")
{
	const struct vdev_config *disk;

	tree_create(fdt);
	add_virtio(0, "block");
	add_virtio(1, "block");
	tree_cells(fdt, DISK, "strata,host-disk", CELLS(1));
	tree_cells(fdt, "/soc/virtio@10002000", "strata,host-disk", CELLS(0));
	tree_cells(fdt, "/soc/virtio@10002000", "strata,partition", CELLS(3));
	tree_bytes(fdt, "/soc/virtio@10002000", "strata,read-only", "", 0);
	CHECK_EQ(parse(), 0);
	disk = device_at(0x10001000);
	CHECK(disk->on_host && !disk->read_only);
	CHECK_EQ(disk->host_disk, 1);
	CHECK_EQ(disk->host_partition, 0);
	disk = device_at(0x10002000);
	CHECK(disk->on_host && disk->read_only);
	CHECK_EQ(disk->host_disk, 0);
	CHECK_EQ(disk->host_partition, 3);
	done();
}

TEST("a disk of the host has a number, no image, and partitions from 1 on")
{
	tree_create(fdt);
	add_virtio(0, "block");
	tree_cells(fdt, DISK, "strata,host-disk", CELLS(0));
	tree_string(fdt, DISK, "strata,image", "disk.img");
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, DISK ": strata,image: is not known: correct or delete it");
	tree_create(fdt);
	add_virtio(0, "block");
	tree_cells(fdt, DISK, "strata,host-disk", CELLS(0, 1));
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, DISK ": strata,host-disk: has a wrong size: write its number, <0>");
	tree_create(fdt);
	add_virtio(0, "block");
	tree_cells(fdt, DISK, "strata,host-disk", CELLS(0));
	tree_cells(fdt, DISK, "strata,partition", CELLS(0));
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, DISK ": strata,partition: is not one number from 1 on: write <1>");
}

TEST("a network device names its switch and its address, and needs neither")
{
	const struct vdev_config *net;

	tree_create(fdt);
	add_virtio(0, "net");
	add_virtio(1, "net");
	tree_string(fdt, DISK, "strata,switch", "lan");
	tree_bytes(fdt, DISK, "local-mac-address", "\2\1\3\4\5\6", 6);
	CHECK_EQ(parse(), 0);
	net = device_at(0x10001000);
	CHECK_EQ(net->kind, VDEV_VIRTIO_NET);
	CHECK_STR(net->switch_name, "lan");
	CHECK_EQ(memcmp(net->mac, "\2\1\3\4\5\6", 6), 0);
	net = device_at(0x10002000);
	CHECK(!net->switch_name);
	CHECK_EQ(memcmp(net->mac, "\0\0\0\0\0\0", 6), 0);
	done();
}

TEST("console and entropy have no properties, and refuse those of a disk")
{
	tree_create(fdt);
	add_virtio(0, "console");
	add_virtio(1, "rng");
	CHECK_EQ(parse(), 0);
	CHECK_EQ(device_at(0x10001000)->kind, VDEV_VIRTIO_CONSOLE);
	CHECK_EQ(device_at(0x10002000)->kind, VDEV_VIRTIO_RNG);
	done();
	tree_create(fdt);
	add_virtio(0, "rng");
	tree_cells(fdt, DISK, "strata,size", CELLS(512));
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, DISK ": strata,size: is not known: correct or delete it");
}

TEST("a network device's address is six bytes, not 0, and of one device")
{
	static const struct { const char *bytes; size_t size; const char *why; } macs[] = {
		{ "\2\1\3\4\5", 5, "is not six bytes" },
		{ "\0\0\0\0\0\0", 6, "is no address of one device" },
		{ "\3\0\0\0\0\1", 6, "is no address of one device" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(macs); i++) {
		char line[160];

		tree_create(fdt);
		add_virtio(0, "net");
		tree_bytes(fdt, DISK, "local-mac-address", macs[i].bytes, macs[i].size);
		CHECK_EQ(parse(), -EINVAL);
		snprintf(line, sizeof(line), "%s: local-mac-address: %s: write [02 00 00 00 00 01]",
			 DISK, macs[i].why);
		CHECK_STR(why, line);
	}
}

TEST("a VM may have as many virtio devices as its PLIC has sources")
{
	tree_create(fdt);
	for (unsigned n = 0; n < 31; n++)
		if (n != 9) {
			char path[48];

			add_virtio(n, "block");
			snprintf(path, sizeof(path), "/soc/virtio@%x", 0x10001000 + n * 0x1000);
			tree_cells(fdt, path, "strata,size", CELLS(512));
		}
	CHECK_EQ(parse(), 0);
	CHECK_EQ(config.device_count, 32);
	done();
}

TEST("a tree with disks is refused without leak wherever memory ends")
{
	for (int n = 0;; n++) {
		int err;

		tree_create(fdt);
		for (unsigned i = 0; i < 12; i++)
			if (i != 9)
				add_virtio(i, "block");
		for (unsigned i = 0; i < 12; i++) {
			char path[48];

			snprintf(path, sizeof(path), "/soc/virtio@%x", 0x10001000 + i * 0x1000);
			if (i != 9)
				tree_string(fdt, path, "strata,image", "disk.img");
		}
		kalloc_fail_after = n;
		err = parse();
		kalloc_fail_after = -1;
		done();
		if (err == 0)
			break;
		CHECK_EQ(err, -ENOMEM);
	}
}

/* What is set at DISK, a property of text or cells (NULL text: `count` cells), and the refusal. */
static const struct {
	const char *property, *text;
	uint32_t cells[4];
	unsigned count;
	const char *why;
} bad[] = {
	{ "strata,virtio", "gpu", { 0 }, 0,
	  DISK ": strata,virtio: \"gpu\" is not emulated: choose block, net, console "
	  "or rng" },
	{ "strata,virtio", NULL, { 1 }, 1,
	  DISK ": strata,virtio: has a wrong size: write one of \"block\", \"net\", \"console\", "
	  "\"rng\"" },
	{ "strata,imag", "disk.img", { 0 }, 0,
	  DISK ": strata,imag: is not known: correct or delete it" },
	{ "strata,host-file", "disk.img", { 0 }, 0,
	  DISK ": strata,host-file: the launcher makes a number of it: start by make run, "
	  "or say strata,host-disk" },
	{ "strata,image", "", { 0 }, 0,
	  DISK ": strata,image: is empty: name a file of the archive" },
	{ "strata,size", NULL, { 0 }, 1,
	  DISK ": strata,size: 0x0 is not a multiple of 512 from 512 to 0x10000000000: correct "
	  "it" },
	{ "strata,size", NULL, { 513 }, 1,
	  DISK ": strata,size: 0x201 is not a multiple of 512 from 512 to 0x10000000000: correct "
	  "it" },
	{ "strata,size", NULL, { 0x101, 0 }, 2,
	  DISK ": strata,size: 0x10100000000 is not a multiple of 512 from 512 to 0x10000000000: "
	  "correct it" },
	{ "strata,size", NULL, { 1, 2, 3 }, 3,
	  DISK ": strata,size: has a wrong size: write bytes in one cell or two" },
	{ "strata,quota", NULL, { 0 }, 1,
	  DISK ": strata,quota: is 0: write strata,read-only if nothing may be written" },
	{ "strata,quota", NULL, { 1, 2, 3 }, 3,
	  DISK ": strata,quota: has a wrong size: write bytes in one cell or two" },
	{ "strata,read-only", NULL, { 1 }, 1,
	  DISK ": strata,read-only: has a wrong size: it has no value" },
	{ "reg", NULL, { 0, 0x10001000, 0, 0x1ff }, 4,
	  DISK ": reg: its registers do not fit into 0x1ff bytes: write 0x1000" },
	{ "interrupts", NULL, { 0 }, 1,
	  DISK ": interrupts: is not one source from 1 on: write <10> for a PLIC, "
	  "<10 4> for an APLIC" },
	{ "interrupts", NULL, { 32 }, 1,
	  "virtio@10001000: interrupts: source 32 is beyond the controller's last, 31: lower one "
	  "or raise the other" },
	{ "interrupt-parent", NULL, { 77 }, 1,
	  "virtio@10001000: interrupt-parent: phandle 77 is neither a PLIC nor an "
	  "APLIC: write its label, <&plic>" },
};

TEST("a bad virtio node is refused with one line")
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		tree_create(fdt);
		add_virtio(0, "block");
		tree_string(fdt, DISK, "strata,image", "disk.img");
		if (bad[i].text)
			tree_string(fdt, DISK, bad[i].property, bad[i].text);
		else
			tree_cells(fdt, DISK, bad[i].property, bad[i].cells, bad[i].count);
		if (parse() != -EINVAL)
			FAIL("accepted, not refused: %s", bad[i].why);
		CHECK_STR(why, bad[i].why);
		done();
	}
}

TEST("a virtio node without sort, disk, or interrupt is refused, and so is a shared interrupt")
{
	tree_create(fdt);
	add_virtio(0, "block");
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, DISK ": strata,image: is missing: name a file of the archive, or write "
			    "strata,size");
	tree_create(fdt);
	add_virtio(0, "block");
	tree_check(fdt_delprop(fdt, tree_node(fdt, DISK), "strata,virtio"));
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, DISK ": strata,virtio: is missing: write one of \"block\", \"net\", "
			    "\"console\", \"rng\"");
	tree_create(fdt);
	add_virtio(0, "block");
	tree_cells(fdt, DISK, "strata,size", CELLS(512));
	tree_check(fdt_delprop(fdt, tree_node(fdt, DISK), "interrupts"));
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, DISK ": interrupts: is missing: write a free PLIC source, <1>");
	tree_create(fdt);
	add_virtio(9, "block");
	tree_cells(fdt, "/soc/virtio@1000a000", "strata,size", CELLS(512));
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, "serial@10000000: interrupts: source 10 is the device's at 0x1000a000: "
		       "choose another");
	tree_create(fdt);
	add_virtio(0, "block");
	tree_cells(fdt, DISK, "strata,size", CELLS(512));
	tree_bytes(fdt, DISK, "strata,read-only", "", 0);
	CHECK_EQ(parse(), -EINVAL);
	CHECK_STR(why, DISK ": strata,read-only: a disk of nothing but zeros: name a strata,image");
}
