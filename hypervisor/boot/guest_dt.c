/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies a VM tree into the guest's tree, node by node, leaving out what is the hypervisor's and
 * adding what only it knows. Devicetree Specification 0.4, chapter 3; Linux bindings riscv/cpus.
 */
#include "boot/dt.h"
#include "boot/guest_dt.h"
#include "boot/isa.h"
#include "lib/errno.h"
#include "mem/kalloc.h"

/* Where in the tree the walk is: what is added and left out depends on it. */
enum guest_dt_place { PLACE_OTHER, PLACE_CHOSEN, PLACE_CPUS, PLACE_CPU, PLACE_COUNT };

struct guest_dt {
	const void *from;
	void *to;
	const struct guest_dt_facts *facts;
};

size_t guest_dt_size(const struct vm_config *config, const void *vm_fdt)
{
	/* Twice, because names are written as often as they are used: see write_tree(). */
	return 2 * dt_total_size(vm_fdt) + GUEST_DT_EXTRA +
	       config->vcpu_count * GUEST_DT_EXTRA_PER_CPU;
}

static int add_string(const struct guest_dt *dt, const char *name, const char *value)
{
	return fdt_property(dt->to, name, value, (int)strlen(value) + 1);
}

static int chosen_add(const struct guest_dt *dt)
{
	const struct guest_dt_facts *facts = dt->facts;
	int err = fdt_property(dt->to, "rng-seed", facts->seed, sizeof(facts->seed));

	if (!err && facts->initrd_size)
		err = fdt_property_u64(dt->to, "linux,initrd-start", facts->initrd_gpa);
	if (!err && facts->initrd_size)
		err = fdt_property_u64(dt->to, "linux,initrd-end",
				       facts->initrd_gpa + facts->initrd_size);
	return err;
}

static int cpus_add(const struct guest_dt *dt)
{
	uint64_t hz = dt->facts->timebase_hz;

	return hz >> 32 ? fdt_property_u64(dt->to, "timebase-frequency", hz) :
			  fdt_property_u32(dt->to, "timebase-frequency", (uint32_t)hz);
}

/* The set in both forms; the list is what Linux reads if it is there. */
static int isa_add(const struct guest_dt *dt, uint64_t set)
{
	char text[ISA_STRING_MAX];
	int length = isa_format(set, text, sizeof(text)), err;

	if (length < 0)
		return -FDT_ERR_NOSPACE;
	err = add_string(dt, "riscv,isa", text);
	if (!err)
		err = add_string(dt, "riscv,isa-base", "rv64i");
	length = isa_format_list(set, text, sizeof(text));
	if (!err)
		err = length < 0 ? -FDT_ERR_NOSPACE :
				   fdt_property(dt->to, "riscv,isa-extensions", text, length);
	if (!err && (set & ISA_ZICBOM))
		err = fdt_property_u32(dt->to, "riscv,cbom-block-size", ISA_CBO_BYTES);
	if (!err && (set & ISA_ZICBOZ))
		err = fdt_property_u32(dt->to, "riscv,cboz-block-size", ISA_CBO_BYTES);
	return err;
}

static int cpu_add(const struct guest_dt *dt)
{
	int err = add_string(dt, "compatible", "riscv");

	if (!err)
		err = isa_add(dt, dt->facts->isa);
	if (!err)
		err = add_string(dt, "mmu-type", "riscv,sv39");
	if (!err)
		err = add_string(dt, "status", "okay");
	return err;
}

/* What a tree says of these is replaced. */
static const struct {
	int (*add)(const struct guest_dt *dt);
	const char *replaced[9];
} places[PLACE_COUNT] = {
	[PLACE_CHOSEN] = { chosen_add, { "rng-seed", "kaslr-seed", "linux,initrd-start",
					 "linux,initrd-end" } },
	[PLACE_CPUS] = { cpus_add, { "timebase-frequency" } },
	[PLACE_CPU] = { cpu_add, { "compatible", "riscv,isa", "riscv,isa-base",
				   "riscv,isa-extensions", "riscv,cbom-block-size",
				   "riscv,cboz-block-size", "mmu-type", "status",
				   "timebase-frequency" } },
};

static bool is_left_out(enum guest_dt_place place, const char *name)
{
	const size_t count = ARRAY_SIZE(places[place].replaced);

	if (strncmp(name, "strata,", 7) == 0)
		return true;
	for (size_t i = 0; i < count && places[place].replaced[i]; i++)
		if (strcmp(name, places[place].replaced[i]) == 0)
			return true;
	return false;
}

/* depth and the parent's place tell `cpu@0` below /cpus from any other node of that name. */
static enum guest_dt_place place_of(const struct guest_dt *dt, int node, int depth,
				    enum guest_dt_place parent)
{
	if (depth == 1 && dt_is_named(dt->from, node, "chosen"))
		return PLACE_CHOSEN;
	if (depth == 1 && dt_is_named(dt->from, node, "cpus"))
		return PLACE_CPUS;
	if (depth == 2 && parent == PLACE_CPUS && dt_is_named(dt->from, node, "cpu"))
		return PLACE_CPU;
	return PLACE_OTHER;
}

static int node_begin(const struct guest_dt *dt, int node, enum guest_dt_place place)
{
	int property, err = fdt_begin_node(dt->to, fdt_get_name(dt->from, node, NULL));

	fdt_for_each_property_offset(property, dt->from, node) {
		const char *name;
		int size;
		const void *value = fdt_getprop_by_offset(dt->from, property, &name, &size);

		if (err || !value)
			break;
		if (!is_left_out(place, name))
			err = fdt_property(dt->to, name, value, size);
	}
	return err || !places[place].add ? err : places[place].add(dt);
}

/*
 * Nodes come in document order with their depth; those that are open are closed down to a node's
 * depth before it begins. A disabled node is left out with all that is below it.
 */
static int copy_nodes(const struct guest_dt *dt)
{
	enum guest_dt_place parent = PLACE_OTHER;	/* of depth 1 */
	int depth = 0, open = 0, hidden = INT_MAX, err = 0;

	for (int node = 0; node >= 0 && depth >= 0 && !err;
	     node = fdt_next_node(dt->from, node, &depth)) {
		enum guest_dt_place place;

		if (depth > hidden)
			continue;
		hidden = dt_is_enabled(dt->from, node) ? INT_MAX : depth;
		if (hidden != INT_MAX)
			continue;
		for (; open > depth && !err; open--)
			err = fdt_end_node(dt->to);
		place = place_of(dt, node, depth, parent);
		if (depth == 1)
			parent = place;
		if (!err)
			err = node_begin(dt, node, place);
		open++;
	}
	for (; open > 0 && !err; open--)
		err = fdt_end_node(dt->to);
	return err;
}

static int copy_reservations(const struct guest_dt *dt)
{
	int count = fdt_num_mem_rsv(dt->from), err = 0;
	uint64_t base, size;

	for (int i = 0; i < count && !err; i++) {
		err = fdt_get_mem_rsv(dt->from, i, &base, &size);
		if (!err)
			err = fdt_add_reservemap_entry(dt->to, base, size);
	}
	return err ? err : fdt_finish_reservemap(dt->to);
}

/* Return: 0, or an error of libfdt. */
static int write_tree(const struct guest_dt *dt, size_t out_size)
{
	/* Sharing names takes time in the square of their number, which a tree can make large. */
	int err = fdt_create_with_flags(dt->to, (int)MIN(out_size, (size_t)INT_MAX),
					FDT_CREATE_FLAG_NO_NAME_DEDUP);

	if (!err)
		err = copy_reservations(dt);
	if (!err)
		err = copy_nodes(dt);
	return err ? err : fdt_finish(dt->to);
}

int guest_dt_build(const struct vm_config *config, const void *vm_fdt, void *out, size_t out_size,
		   const struct guest_dt_facts *facts)
{
	struct guest_dt dt = { vm_fdt, out, facts };
	void *copy = NULL;
	int err;

	/* libfdt wants 8-byte alignment, archives give 4. */
	if (!IS_ALIGNED((uintptr_t)vm_fdt, 8UL)) {
		copy = kalloc(dt_total_size(vm_fdt));
		if (!copy)
			return -ENOMEM;
		memcpy(copy, vm_fdt, dt_total_size(vm_fdt));
		dt.from = copy;
	}
	err = write_tree(&dt, out_size);
	kfree(copy);
	if (err)
		return err == -FDT_ERR_NOSPACE ? -ENOSPC : -EINVAL;
	fdt_set_boot_cpuid_phys(out, (uint32_t)config->harts[0]);
	return (int)fdt_totalsize(out);
}
