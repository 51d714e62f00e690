/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's own device tree. Devicetree Specification 0.4, chapters 3 and 5; Linux bindings
 * riscv/cpus, interrupt-controller/sifive,plic-1.0.0, serial/8250, rtc/google,goldfish-rtc,
 * reserved-memory.
 */
#include <goldfish/rtc.h>
#include <riscv/csr.h>

#include "boot/dt.h"
#include "boot/host_aia.h"
#include "boot/host_dt.h"
#include "boot/host_sswi.h"
#include "boot/refuse.h"
#include "lib/errno.h"
#include "mem/kalloc.h"

/* Ranges on their way into an array that may be too short. */
struct range_list {
	struct page_range *out;
	size_t max, count;
};

size_t host_dt_size(const void *fdt)
{
	if (!IS_ALIGNED((uintptr_t)fdt, 8UL) || fdt_magic(fdt) != FDT_MAGIC)
		return 0;
	return fdt_totalsize(fdt);
}

static void range_add(struct range_list *list, uint64_t base, uint64_t size)
{
	if (size == 0 || base + size < base)
		return;
	if (list->count < list->max)
		list->out[list->count] = (struct page_range){ HPA(base), HPA(base + size) };
	list->count++;
}

/* Sort by address and merge what touches or overlaps. */
static void range_merge(struct range_list *list)
{
	struct page_range *r = list->out;
	size_t merged = 0;

	if (list->count > list->max)
		return;
	for (size_t i = 1; i < list->count; i++)
		for (size_t k = i; k > 0 && r[k - 1].start.v > r[k].start.v; k--) {
			struct page_range swap = r[k];

			r[k] = r[k - 1];
			r[k - 1] = swap;
		}
	for (size_t i = 1; i < list->count; i++) {
		if (r[i].start.v <= r[merged].end.v)
			r[merged].end.v = MAX(r[merged].end.v, r[i].end.v);
		else
			r[++merged] = r[i];
	}
	list->count = list->count ? merged + 1 : 0;
}

/* Every range in a node's reg. */
static void add_node(const void *fdt, int node, const struct dt_cells *cells,
		     struct range_list *list)
{
	struct dt_range range;

	if (!dt_is_enabled(fdt, node))
		return;
	for (unsigned i = 0; dt_reg(fdt, node, cells, i, &range) == 0; i++)
		range_add(list, range.base, range.size);
}

static void add_memory(const void *fdt, struct range_list *list)
{
	struct dt_cells cells;
	int node;

	if (dt_cells(fdt, 0, &cells))
		return;
	fdt_for_each_subnode(node, fdt, 0)
		if (dt_has_string(fdt, node, "device_type", "memory"))
			add_node(fdt, node, &cells, list);
}

static void add_reserved(const void *fdt, struct range_list *list)
{
	int parent = fdt_path_offset(fdt, "/reserved-memory");
	int node, count = fdt_num_mem_rsv(fdt);
	struct dt_cells cells;
	uint64_t base, size;

	for (int i = 0; i < count; i++)
		if (fdt_get_mem_rsv(fdt, i, &base, &size) == 0)
			range_add(list, base, size);
	if (parent < 0 || dt_cells(fdt, parent, &cells))
		return;
	fdt_for_each_subnode(node, fdt, parent)
		add_node(fdt, node, &cells, list);
}

int host_dt_ranges(const void *fdt, enum host_dt_what what, struct page_range *out, size_t max)
{
	struct range_list list = { out, max, 0 };

	if (dt_check(fdt, host_dt_size(fdt)))
		return -EINVAL;
	if (what == HOST_DT_MEMORY)
		add_memory(fdt, &list);
	else
		add_reserved(fdt, &list);
	range_merge(&list);
	return (int)list.count;
}

struct page_range host_dt_initrd(const void *fdt)
{
	struct page_range initrd = { HPA(0), HPA(0) };
	int chosen;

	if (dt_check(fdt, host_dt_size(fdt)))
		return initrd;
	chosen = fdt_path_offset(fdt, "/chosen");
	if (dt_number(fdt, chosen, "linux,initrd-start", &initrd.start.v) ||
	    dt_number(fdt, chosen, "linux,initrd-end", &initrd.end.v) ||
	    initrd.end.v <= initrd.start.v)
		return (struct page_range){ HPA(0), HPA(0) };
	return initrd;
}

/* kalloc'ed ranges of one kind. Return: 0 or -ENOMEM. */
static int parse_ranges(const void *fdt, enum host_dt_what what, struct page_range **out,
			size_t *count)
{
	int needed = host_dt_ranges(fdt, what, NULL, 0);

	if (needed <= 0)
		return 0;
	*out = kalloc((size_t)needed * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	*count = (size_t)host_dt_ranges(fdt, what, *out, (size_t)needed);
	return 0;
}

/* A hart that the tree describes completely and that firmware left enabled. */
static bool hart_read(const void *fdt, int node, const struct dt_cells *cells,
		      struct host_hart *hart)
{
	struct dt_range reg;
	const char *isa, *list;
	int size;

	if (!dt_has_string(fdt, node, "device_type", "cpu") || !dt_is_enabled(fdt, node) ||
	    dt_reg(fdt, node, cells, 0, &reg))
		return false;
	*hart = (struct host_hart){ .id = reg.base, .plic_context = -1, .aia_index = -1 };
	list = fdt_getprop(fdt, node, "riscv,isa-extensions", &size);
	if (list)
		hart->isa |= isa_parse_list(list, (size_t)size);
	if (dt_string(fdt, node, "riscv,isa", &isa) == 0)
		hart->isa |= isa_parse(isa);
	return true;
}

static int parse_harts(const void *fdt, int cpus, struct host_info *out)
{
	struct dt_cells cells;
	struct host_hart hart;
	size_t count = 0;
	int node;

	if (dt_cells(fdt, cpus, &cells))
		return 0;
	fdt_for_each_subnode(node, fdt, cpus)
		count += hart_read(fdt, node, &cells, &hart);
	if (count == 0)
		return 0;
	out->harts = kalloc(count * sizeof(*out->harts));
	if (!out->harts)
		return -ENOMEM;
	out->isa = UINT64_MAX;
	fdt_for_each_subnode(node, fdt, cpus) {
		if (!hart_read(fdt, node, &cells, &hart))
			continue;
		out->isa &= hart.isa;
		out->harts[out->hart_count++] = hart;
	}
	return 0;
}

static int find_enabled(const void *fdt, const char *compatible)
{
	int node = fdt_node_offset_by_compatible(fdt, -1, compatible);

	while (node >= 0 && !dt_is_enabled(fdt, node))
		node = fdt_node_offset_by_compatible(fdt, node, compatible);
	return node;
}

/* stdout-path is a path or an alias, perhaps with ":115200n8" behind it. */
static int find_stdout(const void *fdt)
{
	const char *path, *end;
	int node;

	if (dt_string(fdt, fdt_path_offset(fdt, "/chosen"), "stdout-path", &path))
		return -FDT_ERR_NOTFOUND;
	end = strchr(path, ':');
	node = fdt_path_offset_namelen(fdt, path, end ? (int)(end - path) : (int)strlen(path));
	return node >= 0 && dt_is_compatible(fdt, node, "ns16550a") ? node : -FDT_ERR_NOTFOUND;
}

static void parse_uart(const void *fdt, struct host_uart *out)
{
	int node = find_stdout(fdt);
	struct dt_range range;

	if (node < 0)
		node = find_enabled(fdt, "ns16550a");
	if (!dt_device_range(fdt, node, 0, &range))
		return;
	*out = (struct host_uart){ .base = HPA(range.base), .size = range.size };
	dt_u32(fdt, node, "interrupts", 0, &out->irq);
	dt_u32(fdt, node, "reg-shift", 0, &out->reg_shift);
	if (dt_u32(fdt, node, "reg-io-width", 0, &out->io_width))
		out->io_width = 1;
}

void host_dt_for_places(const void *fdt, int node, uint32_t irq, struct host_info *host,
			void (*take)(struct host_hart *hart, unsigned place, const void *arg),
			const void *arg)
{
	uint32_t phandle, found;
	uint64_t id;

	for (unsigned i = 0; dt_u32(fdt, node, "interrupts-extended", 2 * i + 1, &found) == 0;
	     i++) {
		if (found != irq || dt_u32(fdt, node, "interrupts-extended", 2 * i, &phandle) ||
		    !dt_hart_by_intc(fdt, phandle, &id))
			continue;
		for (size_t k = 0; k < host->hart_count; k++)
			if (host->harts[k].id == id)
				take(&host->harts[k], i, arg);
	}
}

/* Contexts are numbered by their place. */
static void take_context(struct host_hart *hart, unsigned place, const void *arg)
{
	(void)arg;
	hart->plic_context = (int)place;
}

static void parse_plic(const void *fdt, struct host_info *out)
{
	int node = find_enabled(fdt, "sifive,plic-1.0.0");
	struct dt_range range;

	if (node < 0)
		node = find_enabled(fdt, "riscv,plic0");
	if (!dt_device_range(fdt, node, 0, &range))
		return;
	out->plic = (struct host_plic){ .base = HPA(range.base), .size = range.size };
	dt_u32(fdt, node, "riscv,ndev", 0, &out->plic.ndev);
	host_dt_for_places(fdt, node, IRQ_S_EXT, out, take_context, NULL);
}

/* By address, whatever the tree's order is: that is how disks are numbered. */
static void virtio_add(struct host_info *out, const struct host_virtio *window)
{
	size_t at = out->virtio_count++;

	for (; at > 0 && out->virtio[at - 1].base.v > window->base.v; at--)
		out->virtio[at] = out->virtio[at - 1];
	out->virtio[at] = *window;
}

static int parse_virtio(const void *fdt, struct host_info *out)
{
	struct dt_range range;
	size_t count = 0;
	int node = -1;

	while ((node = fdt_node_offset_by_compatible(fdt, node, "virtio,mmio")) >= 0)
		count++;
	if (count == 0)
		return 0;
	out->virtio = kalloc(count * sizeof(*out->virtio));
	if (!out->virtio)
		return -ENOMEM;
	while ((node = fdt_node_offset_by_compatible(fdt, node, "virtio,mmio")) >= 0) {
		struct host_virtio window = { .base = HPA(0) };

		if (!dt_is_enabled(fdt, node) || !dt_device_range(fdt, node, 0, &range))
			continue;
		window.base = HPA(range.base);
		window.size = range.size;
		dt_u32(fdt, node, "interrupts", 0, &window.irq);
		virtio_add(out, &window);
	}
	return 0;
}

static void parse_chosen(const void *fdt, struct host_info *out)
{
	int chosen = fdt_path_offset(fdt, "/chosen"), size;

	out->initrd = host_dt_initrd(fdt);
	if (dt_string(fdt, chosen, "bootargs", &out->bootargs))
		out->bootargs = "";
	out->rng_seed = fdt_getprop(fdt, chosen, "rng-seed", &size);
	out->rng_seed_size = out->rng_seed ? (size_t)size : 0;
}

static void parse_test(const void *fdt, struct host_info *out)
{
	struct dt_range range;

	if (dt_device_range(fdt, find_enabled(fdt, "sifive,test0"), 0, &range) ||
	    dt_device_range(fdt, find_enabled(fdt, "sifive,test1"), 0, &range))
		out->test_base = HPA(range.base);
}

static void parse_rtc(const void *fdt, struct host_info *out)
{
	struct dt_range range;

	if (dt_device_range(fdt, find_enabled(fdt, "google,goldfish-rtc"), 0, &range) &&
	    range.size >= GOLDFISH_RTC_BYTES)
		out->rtc_base = HPA(range.base);
}

/* What the machine must have to run anything. */
static int host_check(const struct host_info *info, const struct refusal *refusal)
{
	if (info->memory_count == 0)
		return refuse(refusal, "/memory: the machine's device tree has no memory");
	if (info->hart_count == 0)
		return refuse(refusal, "/cpus: the machine's device tree has no enabled hart");
	if (info->timebase_hz == 0)
		return refuse(refusal, "/cpus: timebase-frequency: is missing or 0 in the "
			      "machine's device tree");
	return 0;
}

int host_dt_parse(const void *fdt, struct host_info *out, char *why, size_t why_size)
{
	const struct refusal refusal = { why, why_size };
	int err, cpus;

	*out = (struct host_info){ 0 };
	err = dt_check(fdt, host_dt_size(fdt));
	if (err)
		return refuse(&refusal, "what firmware passed in a1 is not a device tree (%s)",
			      fdt_strerror(err));
	cpus = fdt_path_offset(fdt, "/cpus");
	err = parse_ranges(fdt, HOST_DT_MEMORY, &out->memory, &out->memory_count);
	if (!err)
		err = parse_ranges(fdt, HOST_DT_RESERVED, &out->reserved, &out->reserved_count);
	if (!err && cpus >= 0)
		err = parse_harts(fdt, cpus, out);
	if (!err)
		err = parse_virtio(fdt, out);
	if (err) {
		refuse(&refusal, "no memory to read the machine's device tree");
	} else {
		dt_number(fdt, cpus, "timebase-frequency", &out->timebase_hz);
		parse_uart(fdt, &out->uart);
		parse_plic(fdt, out);
		host_aia_parse(fdt, out);
		host_sswi_parse(fdt, out);
		parse_test(fdt, out);
		parse_rtc(fdt, out);
		parse_chosen(fdt, out);
		err = host_check(out, &refusal);
	}
	if (err)
		host_dt_free(out);
	return err;
}

void host_dt_free(struct host_info *info)
{
	kfree(info->memory);
	kfree(info->reserved);
	kfree(info->harts);
	kfree(info->virtio);
	*info = (struct host_info){ 0 };
}
