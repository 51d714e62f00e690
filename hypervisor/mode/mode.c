/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtualization techniques that this hypervisor has.
 */
#include "hart/hart.h"
#include "mode/mode.h"

static const struct mode_ops *const modes[VM_MODE_COUNT] = {
	[VM_MODE_TE] = &mode_te,
	[VM_MODE_PV] = &mode_pv,
	[VM_MODE_HW] = &mode_hw,
};

const struct mode_ops *mode_find(enum vm_mode mode, enum vm_world world, const char **why)
{
	if (!this_hart()->hypervisor_ext) {
		*why = "this machine has no H extension, and world `u`, which needs none, is not "
		       "built yet: run with CPU=rv64";
		return NULL;
	}
	if (modes[mode] == NULL || world != VM_WORLD_VU) {
		*why = "this version has the modes te, pv and hw, in world vu";
		return NULL;
	}
	return modes[mode];
}
