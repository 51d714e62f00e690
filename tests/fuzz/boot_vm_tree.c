/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A good VM tree, edited as the bytes say: properties set, spoilt, moved and deleted, nodes added
 * and deleted. Refused with a line, or accepted and turned into a valid guest tree.
 * SOURCES: hypervisor/boot/vm_dt_virtio.c
 * SOURCES: hypervisor/boot/vm_dt_sched.c hypervisor/boot/vm_dt_sbi.c hypervisor/vsbi/names.c
 * SOURCES: hypervisor/boot/vm_dt_aia.c hypervisor/boot/isa.c
 * SOURCES: hypervisor/boot/vm_dt.c hypervisor/boot/vm_dt_soc.c hypervisor/boot/guest_dt.c
 * SOURCES: hypervisor/boot/dt.c hypervisor/boot/refuse.c hypervisor/vm/config.c
 * SOURCES: hypervisor/lib/string.c
 */
#include <stdio.h>
#include <stdlib.h>

#include "vm_dt_check.h"
#include "vm_tree.h"

struct input {
	const uint8_t *at, *end;
};

static const char *const names[] = {
	"reg", "compatible", "device_type", "status", "interrupts", "interrupt-parent",
	"interrupts-extended", "#address-cells", "#size-cells", "#interrupt-cells", "phandle",
	"riscv,ndev", "riscv,num-ids", "riscv,num-sources", "msi-parent", "reg-shift", "bootargs",
	"ranges", "strata,mode", "strata,world", "strata,pv-step", "strata,counters",
	"strata,accounting", "strata,sbi-disable", "strata,weight", "strata,cap", "strata,affinity",
	"strata,kernel", "strata,initrd", "strata,virtio", "strata,switch", "strata,image",
	"strata,size", "strata,read-only", "strata,host-disk", "strata,partition",
	"local-mac-address", "strata,nonsense",
};

/* What means something where something else stood. */
static const char *const words[] = {
	"te", "pv", "hw", "vu", "u", "okay", "disabled", "memory", "cpu", "virtio,mmio", "ns16550a",
	"riscv,plic0", "riscv,aplic", "riscv,imsics", "block", "net", "console", "rng", "base",
	"fwft", "legacy", "strata", "riscv,cpu-intc", "pvguest", "",
};

static const char *const nodes[] = {
	"memory@80000000", "memory@ffffffff80000000", "cpu@1", "cpu@ffffffff", "virtio@10001000",
	"virtio@10000000", "interrupt-controller", "aplic@d000000", "imsics@28000000",
	"hypervisor", "soc", "chosen", "cpus", "serial@10000000", "x",
};

static const uint32_t cells[] = {
	0, 1, 2, 9, 10, 11, 31, 32, 255, 256, 1023, 1024, 4096, 0x1000, 0x10001000, 0x7fffffff,
	0x80000000, 0xc000000, 0xfffff000, 0xffffffff,
};

static unsigned take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static int pick_node(const void *fdt, struct input *in)
{
	int node = 0, depth = 0;

	for (unsigned n = take(in) % 24; n > 0; n--) {
		int next = fdt_next_node(fdt, node, &depth);

		if (next < 0)
			break;
		node = next;
	}
	return node;
}

static void set_cells(void *fdt, int node, const char *name, struct input *in)
{
	uint32_t value[16];
	unsigned n = take(in) % 16;

	for (unsigned i = 0; i < n; i++)
		value[i] = cpu_to_fdt32(cells[take(in) % (sizeof(cells) / sizeof(cells[0]))]);
	fdt_setprop(fdt, node, name, value, (int)(n * 4));
}

/* One cell of a property that is there. */
static void spoil_cell(void *fdt, int node, const char *name, struct input *in)
{
	uint32_t value = cpu_to_fdt32(cells[take(in) % (sizeof(cells) / sizeof(cells[0]))]);
	int size = 0, place = (int)take(in) * 4;
	void *prop = fdt_getprop_w(fdt, node, name, &size);

	if (prop != NULL && size >= 4)
		memcpy((char *)prop + place % (size - 3), &value, 4);
}

static void edit(void *fdt, struct input *in)
{
	unsigned what = take(in) % 8;
	int node = pick_node(fdt, in);
	const char *name = names[take(in) % (sizeof(names) / sizeof(names[0]))];
	const char *word = words[take(in) % (sizeof(words) / sizeof(words[0]))];
	unsigned length = what == 0 ? take(in) % 24 : 0;

	if (what == 0 && (size_t)(in->end - in->at) >= length) {
		fdt_setprop(fdt, node, name, in->at, (int)length);
		in->at += length;
	} else if (what == 1) {
		set_cells(fdt, node, name, in);
	} else if (what == 2 || what == 3) {
		spoil_cell(fdt, node, name, in);
	} else if (what == 4) {
		fdt_setprop(fdt, node, name, word, (int)strlen(word) + 1);
	} else if (what == 5) {
		fdt_delprop(fdt, node, name);
	} else if (what == 6) {
		fdt_add_subnode(fdt, node, nodes[take(in) % (sizeof(nodes) / sizeof(nodes[0]))]);
	} else if (node != 0 && take(in) % 4 == 0) {
		fdt_del_node(fdt, node);
	} else {
		fdt_appendprop_string(fdt, node, name, word);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(8) uint8_t good[TREE_SIZE], fdt[TREE_SIZE];
	struct input in = { data, data + size };

	if (fdt_check_header(good) != 0)
		tree_create(good);
	memcpy(fdt, good, sizeof(fdt));
	while (in.at < in.end)
		edit(fdt, &in);
	return vm_dt_try(fdt, fdt_totalsize(fdt));
}
