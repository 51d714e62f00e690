/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which SBI extensions a VM tree switches off: strata,sbi-disable of its /hypervisor node. Pure.
 * RISC-V Supervisor Binary Interface Specification, "Probe SBI extension".
 */
#include "boot/vm_dt_parse.h"
#include "lib/errno.h"
#include "vsbi/names.h"
#include "vsbi/vsbi.h"

#define PROPERTY "strata,sbi-disable"

/* Without BASE nobody can ask what there is; a pv guest lives by the Strata extension. */
static bool is_needed(const struct vm_config *config, int index)
{
	return index == VSBI_BASE || (index == VSBI_STRATA && config->mode == VM_MODE_PV);
}

int vm_dt_parse_sbi(struct vm_dt *dt, int node)
{
	int count = fdt_stringlist_count(dt->fdt, node, PROPERTY);

	if (count == -FDT_ERR_NOTFOUND)
		return 0;
	if (count <= 0)
		return vm_dt_refuse_property(dt, node, PROPERTY, -EINVAL,
					     "write names of SBI extensions, \"dbcn\", \"susp\"");
	for (int i = 0; i < count; i++) {
		const char *name = fdt_stringlist_get(dt->fdt, node, PROPERTY, i, NULL);
		int index = name ? sbi_ext_by_name(name) : -1;

		if (index < 0)
			return VM_DT_REFUSE(dt, node, PROPERTY, "\"%s\" is no extension that is "
					    "offered: correct or delete it", name ? name : "?");
		if (is_needed(dt->out, index))
			return VM_DT_REFUSE(dt, node, PROPERTY, "a guest in mode %s needs \"%s\": "
					    "delete it", vm_mode_name(dt->out->mode), name);
		dt->out->sbi_disabled |= 1UL << index;
	}
	return 0;
}
