/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's ACLINT supervisor software interrupt devices, in its own device tree. Linux binding
 * riscv,aclint-sswi; RISC-V Advanced Core Local Interruptor Specification 1.0, chapter 4.
 */
#include <riscv/aclint.h>
#include <riscv/csr.h>
#include "boot/dt.h"
#include "boot/host_sswi.h"

/* Registers stand in the order of interrupts-extended; what is outside the device is none. */
static void take_register(struct host_hart *hart, unsigned place, const void *arg)
{
	const struct dt_range *device = arg;

	if (ACLINT_SETSSIP(place + 1UL) <= device->size)
		hart->sswi = HPA(device->base + ACLINT_SETSSIP(place));
}

void host_sswi_parse(const void *fdt, struct host_info *out)
{
	int node = -1;
	struct dt_range range;

	while ((node = fdt_node_offset_by_compatible(fdt, node, "riscv,aclint-sswi")) >= 0)
		if (dt_is_enabled(fdt, node) && dt_device_range(fdt, node, 0, &range) &&
		    IS_ALIGNED(range.base, sizeof(uint32_t)))
			host_dt_for_places(fdt, node, IRQ_S_SOFT, out, take_register, &range);
}
