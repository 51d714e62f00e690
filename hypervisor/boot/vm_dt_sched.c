/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a VM tree says about harts: strata,weight and strata,cap of its /hypervisor node,
 * strata,affinity of its cpu nodes. Pure. Devicetree Specification 0.4, chapter 2.
 */
#include "boot/vm_dt_parse.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/kalloc.h"

/* One cell from low to high; *value stays as it is without the property. */
static int parse_cell(struct vm_dt *dt, int node, const char *name, uint32_t low, uint32_t high,
		      uint32_t *value)
{
	int size = 0;

	if (fdt_getprop(dt->fdt, node, name, &size) == NULL)
		return 0;
	if (size != 4)
		return vm_dt_refuse_property(dt, node, name, -EINVAL, "write one cell, <100>");
	dt_u32(dt->fdt, node, name, 0, value);
	if (*value < low || *value > high)
		return VM_DT_REFUSE(dt, node, name, "%u is not in the range from %u to %u", *value,
				    low, high);
	return 0;
}

int vm_dt_parse_shares(struct vm_dt *dt, int node)
{
	int err;

	dt->out->weight = CREDIT_WEIGHT_DEFAULT;
	err = parse_cell(dt, node, "strata,weight", 1, CREDIT_WEIGHT_MAX, &dt->out->weight);
	return err ? err : parse_cell(dt, node, "strata,cap", 0, VM_CAP_MAX, &dt->out->cap);
}

/* Room for count more. */
static int grow_pins(struct vm_dt *dt, size_t count)
{
	struct vm_config *out = dt->out;
	struct vm_pin *pins = kalloc((out->pin_count + count) * sizeof(*pins));

	if (!pins)
		return vm_dt_no_memory(dt);
	if (out->pin_count)
		memcpy(pins, out->pins, out->pin_count * sizeof(*pins));
	kfree(out->pins);
	out->pins = pins;
	return 0;
}

int vm_dt_parse_affinity(struct vm_dt *dt, int node, unsigned vcpu)
{
	static const char *const known[] = { "strata,affinity" };
	struct vm_config *out = dt->out;
	int size = 0, err = vm_dt_check_known(dt, node, known, ARRAY_SIZE(known));

	if (err || fdt_getprop(dt->fdt, node, known[0], &size) == NULL)
		return err;
	if (size == 0 || size % 4 != 0)
		return vm_dt_refuse_property(dt, node, known[0], -EINVAL,
					     "write the numbers of the harts, <0 1>");
	if (size / 4 > VM_VCPUS_MAX)
		return VM_DT_REFUSE(dt, node, known[0], "names more than %d harts: delete some",
				    VM_VCPUS_MAX);
	err = grow_pins(dt, (size_t)size / 4);
	for (unsigned i = 0; i < (unsigned)size / 4 && !err; i++) {
		struct vm_pin *pin = &out->pins[out->pin_count++];

		pin->vcpu = vcpu;
		dt_u32(dt->fdt, node, known[0], i, &pin->hart);
	}
	return err;
}
