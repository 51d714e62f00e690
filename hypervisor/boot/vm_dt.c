/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM tree's root, /hypervisor, /chosen, cpus and memory. Devicetree Specification 0.4, chapter 3.
 */
#include <strata/abi.h>

#include "boot/vm_dt.h"
#include "boot/vm_dt_parse.h"
#include "lib/errno.h"
#include "mem/kalloc.h"

#define VM_PAGE_SIZE		4096UL
#define VM_PV_STEP_MAX		1	/* the highest step built */

#define HINT_RANGE		"write pairs of address and size in the parent's cells"

static const char *const mode_words[] = { "te", "rewrite", "pv", "hw", "native" };

int vm_dt_refuse_property(struct vm_dt *dt, int node, const char *property, int err,
			  const char *hint)
{
	const char *what = err == -ENOENT ? "is missing" :
			   err == -ERANGE ? "wraps around the address space" : "has a wrong size";

	return VM_DT_REFUSE(dt, node, property, "%s: %s", what, hint);
}

int vm_dt_no_memory(struct vm_dt *dt)
{
	refuse(&dt->refusal, "the hypervisor is out of memory: start fewer VMs or enlarge MEM=");
	return -ENOMEM;
}

static bool overlaps(const struct dt_range *range, uint64_t base, uint64_t size)
{
	return range->base < base + size && base < range->base + range->size;
}

int vm_dt_check_range(struct vm_dt *dt, int node, const struct dt_range *range)
{
	const struct vm_config *out = dt->out;
	unsigned long first = range->base, last = range->base + range->size - 1;
	uint64_t other = 0, size = 0;

	if (range->size == 0)
		return VM_DT_REFUSE(dt, node, "reg", "size 0 at 0x%lx: give it a size", first);
	if ((range->base + range->size - 1) >> VM_GPA_BITS)
		return VM_DT_REFUSE(dt, node, "reg", "0x%lx-0x%lx leaves the %d-bit guest-physical "
				    "address space: move or shrink it", first, last, VM_GPA_BITS);
	for (size_t i = 0; i < out->region_count && !size; i++)
		if (overlaps(range, out->regions[i].gpa, out->regions[i].size))
			other = out->regions[i].gpa, size = out->regions[i].size;
	for (size_t i = 0; i < out->device_count && !size; i++)
		if (overlaps(range, out->devices[i].gpa, out->devices[i].size))
			other = out->devices[i].gpa, size = out->devices[i].size;
	if (!size)
		return 0;
	return VM_DT_REFUSE(dt, node, "reg", "0x%lx-0x%lx overlaps 0x%lx-0x%lx: move one of them",
			    first, last, (unsigned long)other, (unsigned long)(other + size - 1));
}

int vm_dt_range(struct vm_dt *dt, int node, const struct dt_cells *cells, unsigned index,
		struct dt_range *out)
{
	int err = dt_reg(dt->fdt, node, cells, index, out);

	if (err == -ENOENT && index > 0)
		return err;
	if (err)
		return vm_dt_refuse_property(dt, node, "reg", err, HINT_RANGE);
	return vm_dt_check_range(dt, node, out);
}

static bool is_printable(const char *string)
{
	while (*string >= ' ' && *string <= '~')
		string++;
	return *string == '\0';
}

int vm_dt_string(struct vm_dt *dt, int node, const char *property, bool required, char **out)
{
	const char *string;
	int err = dt_string(dt->fdt, node, property, &string);
	size_t size;

	if (err == -ENOENT && !required)
		return 0;
	if (err == -ENOENT)
		return vm_dt_refuse_property(dt, node, property, err,
					     "name a file of the archive");
	if (err)
		return VM_DT_REFUSE(dt, node, property, "is not one NUL-terminated string: write "
				    "%s = \"...\"", property);
	if (required && !*string)
		return VM_DT_REFUSE(dt, node, property, "is empty: name a file of the archive");
	if (!is_printable(string))
		return VM_DT_REFUSE(dt, node, property,
				    "holds a character that is not printable ASCII: delete it");
	size = strlen(string) + 1;
	*out = kalloc(size);
	if (!*out)
		return vm_dt_no_memory(dt);
	memcpy(*out, string, size);
	return 0;
}

int vm_dt_check_known(struct vm_dt *dt, int node, const char *const *known, size_t count)
{
	int property;

	fdt_for_each_property_offset(property, dt->fdt, node) {
		const char *name = NULL;
		size_t i = 0;

		if (!fdt_getprop_by_offset(dt->fdt, property, &name, NULL) ||
		    strncmp(name, "strata,", 7) != 0)
			continue;
		while (i < count && strcmp(name, known[i]) != 0)
			i++;
		if (i == count)
			return VM_DT_REFUSE(dt, node, name, "is not known: correct or delete it");
	}
	return 0;
}

static int parse_mode(struct vm_dt *dt, int node)
{
	const char *word;
	int err = dt_string(dt->fdt, node, "strata,mode", &word);
	size_t i = 0;

	if (err)
		return vm_dt_refuse_property(dt, node, "strata,mode", err,
					     "write one of \"te\", \"pv\", \"hw\"");
	while (i < ARRAY_SIZE(mode_words) && strcmp(word, mode_words[i]) != 0)
		i++;
	if (i == ARRAY_SIZE(mode_words))
		return VM_DT_REFUSE(dt, node, "strata,mode",
				    "\"%s\" is not a mode: choose te, pv or hw", word);
	if (i == VM_MODE_COUNT)
		return VM_DT_REFUSE(dt, node, "strata,mode", "\"native\" runs without a "
				    "hypervisor: choose te, pv or hw");
	if (i == VM_MODE_REWRITE)
		return VM_DT_REFUSE(dt, node, "strata,mode",
				    "\"rewrite\" is not built yet: choose te, pv or hw");
	dt->out->mode = (enum vm_mode)i;
	return 0;
}

static int parse_world(struct vm_dt *dt, int node)
{
	const char *word;
	int err = dt_string(dt->fdt, node, "strata,world", &word);

	if (err == -ENOENT || (!err && strcmp(word, "vu") == 0))
		return 0;
	if (err)
		return vm_dt_refuse_property(dt, node, "strata,world", err, "write \"vu\"");
	if (strcmp(word, "u") == 0)
		return VM_DT_REFUSE(dt, node, "strata,world",
				    "\"u\" is not built yet: choose vu");
	return VM_DT_REFUSE(dt, node, "strata,world", "\"%s\" is not a world: choose vu", word);
}

/* Step n has the feature bits 0..n. Without the property, mode pv has all that is built. */
static int parse_pv_step(struct vm_dt *dt, int node)
{
	int size = 0;
	bool present = fdt_getprop(dt->fdt, node, "strata,pv-step", &size) != NULL;
	uint32_t step = VM_PV_STEP_MAX;

	if (present && dt->out->mode != VM_MODE_PV)
		return VM_DT_REFUSE(dt, node, "strata,pv-step",
				    "belongs to mode pv, not %s: delete it",
				    vm_mode_name(dt->out->mode));
	if (dt->out->mode != VM_MODE_PV)
		return 0;
	if (present && size != 4)
		return vm_dt_refuse_property(dt, node, "strata,pv-step", -EINVAL,
					     "write one cell, <0> or <1>");
	if (present)
		dt_u32(dt->fdt, node, "strata,pv-step", 0, &step);
	if (step > VM_PV_STEP_MAX)
		return VM_DT_REFUSE(dt, node, "strata,pv-step",
				    "step %u is not built yet: choose 0 or 1", step);
	dt->out->features = (STRATA_F_HYPERCALL << (step + 1)) - 1;
	return 0;
}

/* A property that is there or not. */
static int parse_flag(struct vm_dt *dt, int node, const char *name, bool *flag)
{
	int size;

	*flag = fdt_getprop(dt->fdt, node, name, &size) != NULL;
	if (*flag && size != 0)
		return vm_dt_refuse_property(dt, node, name, -EINVAL, "it has no value");
	return 0;
}

static int parse_hypervisor(struct vm_dt *dt, int node)
{
	static const char *const known[] = { "strata,mode", "strata,world", "strata,pv-step",
					     "strata,counters", "strata,accounting",
					     "strata,sbi-disable", "strata,weight",
					     "strata,cap" };
	int err;

	if (!dt_is_compatible(dt->fdt, node, "strata,hypervisor"))
		return VM_DT_REFUSE(dt, node, "compatible",
				    "is not \"strata,hypervisor\": write that");
	err = vm_dt_check_known(dt, node, known, ARRAY_SIZE(known));
	if (!err)
		err = parse_mode(dt, node);
	if (!err)
		err = parse_world(dt, node);
	if (!err)
		err = parse_pv_step(dt, node);
	if (!err)
		err = vm_dt_parse_sbi(dt, node);
	if (!err)
		err = vm_dt_parse_shares(dt, node);
	if (err)
		return err;
	err = parse_flag(dt, node, "strata,counters", &dt->out->counters);
	return err ? err : parse_flag(dt, node, "strata,accounting", &dt->out->accounting);
}

static int parse_chosen(struct vm_dt *dt, int node)
{
	static const char *const known[] = { "strata,kernel", "strata,initrd" };
	int err = vm_dt_check_known(dt, node, known, ARRAY_SIZE(known));

	if (!err)
		err = vm_dt_string(dt, node, "strata,kernel", true, &dt->out->kernel);
	if (!err)
		err = vm_dt_string(dt, node, "strata,initrd", false, &dt->out->initrd);
	if (!err)
		err = vm_dt_string(dt, node, "bootargs", false, &dt->out->bootargs);
	return err;
}

/* The phandle of a cpu's interrupt controller node, or 0. */
static uint32_t cpu_intc_phandle(const void *fdt, int cpu)
{
	int node;

	fdt_for_each_subnode(node, fdt, cpu)
		if (dt_is_compatible(fdt, node, "riscv,cpu-intc"))
			return fdt_get_phandle(fdt, node);
	return 0;
}

static int parse_cpu(struct vm_dt *dt, int node, const struct dt_cells *cells)
{
	struct vm_config *out = dt->out;
	struct dt_range reg;
	int err;

	if (!dt_has_string(dt->fdt, node, "device_type", "cpu"))
		return VM_DT_REFUSE(dt, node, "device_type", "is not \"cpu\": write that");
	err = dt_reg(dt->fdt, node, cells, 0, &reg);
	if (!err && dt_reg(dt->fdt, node, cells, 1, &(struct dt_range){ 0 }) == 0)
		err = -EINVAL;
	if (err)
		return vm_dt_refuse_property(dt, node, "reg", err, "write the hart id, <0>");
	for (size_t i = 0; i < out->vcpu_count; i++)
		if (out->harts[i] == reg.base)
			return VM_DT_REFUSE(dt, node, "reg", "hart id %lu is taken: number the "
					    "harts differently", (unsigned long)reg.base);
	if (out->vcpu_count == VM_VCPUS_MAX)
		return VM_DT_REFUSE(dt, node, "reg", "more than %d vCPUs: delete some",
				    VM_VCPUS_MAX);
	err = vm_dt_parse_affinity(dt, node, (unsigned)out->vcpu_count);
	if (err)
		return err;
	dt->intc_phandles[out->vcpu_count] = cpu_intc_phandle(dt->fdt, node);
	out->harts[out->vcpu_count++] = reg.base;
	return 0;
}

static int parse_cpus(struct vm_dt *dt, int cpus)
{
	struct dt_cells cells;
	int node, err;

	if (dt_cells(dt->fdt, cpus, &cells) || cells.size != 0)
		return VM_DT_REFUSE(dt, cpus, "#address-cells",
				    "is not 1 or 2, or #size-cells is not 0: write <1> and <0>");
	dt->out->harts = kalloc(VM_VCPUS_MAX * sizeof(uint64_t));
	dt->intc_phandles = kalloc(VM_VCPUS_MAX * sizeof(uint32_t));
	if (!dt->out->harts || !dt->intc_phandles)
		return vm_dt_no_memory(dt);
	fdt_for_each_subnode(node, dt->fdt, cpus) {
		if (!dt_is_named(dt->fdt, node, "cpu") || !dt_is_enabled(dt->fdt, node))
			continue;
		err = parse_cpu(dt, node, &cells);
		if (err)
			return err;
	}
	if (dt->out->vcpu_count == 0)
		return VM_DT_REFUSE(dt, cpus, "cpu@0", "there is no enabled cpu: add one");
	return 0;
}

/* Regions are kept sorted by address. */
static int add_region(struct vm_dt *dt, int node, const struct dt_range *range)
{
	struct vm_config *out = dt->out;
	size_t at = out->region_count;

	if (!IS_ALIGNED(range->base | range->size, VM_PAGE_SIZE))
		return VM_DT_REFUSE(dt, node, "reg", "0x%lx, size 0x%lx, is not page aligned: "
				    "round both to 0x1000", (unsigned long)range->base,
				    (unsigned long)range->size);
	if (at == VM_REGIONS_MAX)
		return VM_DT_REFUSE(dt, node, "reg", "more than %d memory ranges: merge some",
				    VM_REGIONS_MAX);
	for (; at > 0 && out->regions[at - 1].gpa > range->base; at--)
		out->regions[at] = out->regions[at - 1];
	out->regions[at] = (struct vm_region){ range->base, range->size };
	out->region_count++;
	return 0;
}

/* Ranges that touch are one: a device's buffers may cross from one into the other. */
static void merge_regions(struct vm_config *out)
{
	size_t last = 0;

	for (size_t i = 1; i < out->region_count; i++) {
		struct vm_region *before = &out->regions[last];

		if (before->gpa + before->size == out->regions[i].gpa)
			before->size += out->regions[i].size;
		else
			out->regions[++last] = out->regions[i];
	}
	out->region_count = last + 1;
}

static bool is_memory(const void *fdt, int node)
{
	return dt_is_named(fdt, node, "memory") ||
	       dt_has_string(fdt, node, "device_type", "memory");
}

static int parse_memory(struct vm_dt *dt)
{
	struct dt_cells cells;
	struct dt_range range;
	int node, err;

	if (dt_cells(dt->fdt, 0, &cells) || cells.size == 0)
		return VM_DT_REFUSE(dt, 0, "#address-cells",
				    "or #size-cells is not 1 or 2: write <2> for both");
	dt->out->regions = kalloc(VM_REGIONS_MAX * sizeof(struct vm_region));
	if (!dt->out->regions)
		return vm_dt_no_memory(dt);
	fdt_for_each_subnode(node, dt->fdt, 0) {
		if (!is_memory(dt->fdt, node) || !dt_is_enabled(dt->fdt, node))
			continue;
		for (unsigned i = 0; (err = vm_dt_range(dt, node, &cells, i, &range)) == 0; i++) {
			err = add_region(dt, node, &range);
			if (err)
				return err;
		}
		if (err != -ENOENT)
			return err;
	}
	if (dt->out->region_count == 0)
		return VM_DT_REFUSE(dt, 0, "memory", "there is no enabled memory node: add one");
	merge_regions(dt->out);
	return 0;
}

/* The node of the root by this name, which there must be once. */
static int find_single(struct vm_dt *dt, const char *name, int *out)
{
	int node;

	*out = -1;
	fdt_for_each_subnode(node, dt->fdt, 0) {
		if (strcmp(fdt_get_name(dt->fdt, node, NULL), name) != 0)
			continue;
		if (*out >= 0)
			return refuse(&dt->refusal, "/%s: appears twice: delete one", name);
		*out = node;
	}
	if (*out < 0)
		return refuse(&dt->refusal, "/%s: is missing: add it (see dts/virt.dtsi)", name);
	return 0;
}

static int parse_tree(struct vm_dt *dt)
{
	static const struct {
		const char *name;
		int (*parse)(struct vm_dt *dt, int node);
	} parts[] = {
		{ "hypervisor", parse_hypervisor },
		{ "chosen", parse_chosen },
		{ "cpus", parse_cpus },
	};
	int err;

	if (!dt_is_compatible(dt->fdt, 0, "strata,vm"))
		return VM_DT_REFUSE(dt, 0, "compatible",
				    "is not \"strata,vm\": is this a VM tree?");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		int node;

		err = find_single(dt, parts[i].name, &node);
		if (!err)
			err = parts[i].parse(dt, node);
		if (err)
			return err;
	}
	err = parse_memory(dt);
	return err ? err : vm_dt_parse_devices(dt);
}

static int check_name(struct vm_dt *dt, const char *name)
{
	size_t length = strnlen(name, VM_NAME_MAX);

	if (length == 0 || length == VM_NAME_MAX)
		return refuse(&dt->refusal, "the VM's name has no characters or more than %d: "
			      "rename the file", VM_NAME_MAX - 1);
	if (!is_printable(name) || strchr(name, ' '))
		return refuse(&dt->refusal, "the VM's name holds a blank or a character that is "
			      "not ASCII: rename the file");
	memcpy(dt->out->name, name, length + 1);
	return 0;
}

/* copy is an aligned copy of the tree; size comes from the archive, not from the tree. */
static int parse_copy(struct vm_dt *dt, void *copy, const void *fdt, size_t size)
{
	int err;

	memcpy(copy, fdt, size);
	err = dt_check(copy, size);
	if (err)
		return refuse(&dt->refusal, "not a device tree (%s): compile it with dtc",
			      fdt_strerror(err));
	dt->fdt = copy;
	return parse_tree(dt);
}

int vm_dt_parse(const void *fdt, size_t size, const char *name, struct vm_config *out, char *why,
		size_t why_size)
{
	struct vm_dt dt = { .out = out, .refusal = { why, why_size } };
	void *copy;
	int err;

	*out = (struct vm_config){ 0 };
	err = check_name(&dt, name);
	if (!err && size > VM_DT_SIZE_MAX)
		err = refuse(&dt.refusal, "a device tree of %lu bytes: at most %lu are read",
			     (unsigned long)size, VM_DT_SIZE_MAX);
	if (!err) {
		/* libfdt wants 8-byte alignment, archives give 4. */
		copy = kalloc(size);
		err = copy ? parse_copy(&dt, copy, fdt, size) : vm_dt_no_memory(&dt);
		kfree(copy);
	}
	kfree(dt.intc_phandles);
	if (err)
		vm_config_free(out);
	return err;
}
