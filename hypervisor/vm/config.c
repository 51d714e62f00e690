/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words for modes and worlds, and the end of a vm_config.
 */
#include "mem/kalloc.h"
#include "vm/config.h"

const char *vm_mode_name(enum vm_mode mode)
{
	static const char *const names[VM_MODE_COUNT] = {
		[VM_MODE_TE] = "te", [VM_MODE_REWRITE] = "rewrite",
		[VM_MODE_PV] = "pv", [VM_MODE_HW] = "hw",
	};

	return mode < VM_MODE_COUNT ? names[mode] : "?";
}

void vm_config_free(struct vm_config *config)
{
	for (size_t i = 0; i < config->device_count; i++) {
		kfree(config->devices[i].contexts);
		kfree(config->devices[i].image);
		kfree(config->devices[i].switch_name);
	}
	kfree(config->devices);
	kfree(config->harts);
	kfree(config->pins);
	kfree(config->regions);
	kfree(config->kernel);
	kfree(config->initrd);
	kfree(config->bootargs);
	*config = (struct vm_config){ 0 };
}
