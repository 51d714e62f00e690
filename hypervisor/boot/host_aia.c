/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's APLIC and IMSICs, in its own device tree. Linux bindings riscv,aplic and
 * riscv,imsics; RISC-V Advanced Interrupt Architecture 1.0, section 3.6 (where files lie).
 */
#include <riscv/aia.h>
#include <riscv/csr.h>
#include "boot/dt.h"
#include "boot/host_aia.h"

/* The enabled node of this kind whose interrupts go to S-mode, or an error. */
static int find_supervisor(const void *fdt, const char *compatible)
{
	int node = fdt_node_offset_by_compatible(fdt, -1, compatible);
	uint32_t irq;

	for (; node >= 0; node = fdt_node_offset_by_compatible(fdt, node, compatible))
		if (dt_is_enabled(fdt, node) &&
		    dt_u32(fdt, node, "interrupts-extended", 1, &irq) == 0 &&
		    irq == IRQ_S_EXT)
			return node;
	return node;
}

/* The APLIC whose MSIs go to these IMSICs. */
static int find_sender(const void *fdt, int imsics)
{
	int node = fdt_node_offset_by_compatible(fdt, -1, "riscv,aplic");
	uint32_t parent;

	for (; node >= 0; node = fdt_node_offset_by_compatible(fdt, node, "riscv,aplic"))
		if (dt_is_enabled(fdt, node) && dt_u32(fdt, node, "msi-parent", 0, &parent) == 0 &&
		    parent == fdt_get_phandle(fdt, imsics))
			return node;
	return node;
}

/* The place of its file, or of its IDC structure. */
static void take_index(struct host_hart *hart, unsigned place, const void *arg)
{
	(void)arg;
	hart->aia_index = (int)place;
}

/* Only one group of harts, whose files follow one another, is understood: else there are none. */
static void parse_imsics(const void *fdt, int node, struct host_info *out)
{
	struct host_imsic *imsic = &out->imsic;
	struct dt_range range, second;
	uint32_t groups = 0;

	dt_u32(fdt, node, "riscv,group-index-bits", 0, &groups);
	if (groups != 0 || !dt_device_range(fdt, node, 0, &range) ||
	    dt_device_range(fdt, node, 1, &second) ||
	    dt_u32(fdt, node, "riscv,num-ids", 0, &imsic->ids) || imsic->ids < IMSIC_IDS_MIN ||
	    imsic->ids > IMSIC_IDS_MAX)
		return;
	imsic->base = HPA(range.base);
	dt_u32(fdt, node, "riscv,guest-index-bits", 0, &imsic->guest_bits);
	imsic->size = imsic->guest_bits <= 6 ? range.size : 0;
}

void host_aia_parse(const void *fdt, struct host_info *out)
{
	int imsics = find_supervisor(fdt, "riscv,imsics");
	int aplic = imsics >= 0 ? find_sender(fdt, imsics) : find_supervisor(fdt, "riscv,aplic");
	struct dt_range range;

	if (imsics >= 0) {
		host_dt_for_places(fdt, imsics, IRQ_S_EXT, out, take_index, NULL);
		parse_imsics(fdt, imsics, out);
		if (out->imsic.size == 0)
			return;
	} else if (aplic >= 0) {
		host_dt_for_places(fdt, aplic, IRQ_S_EXT, out, take_index, NULL);
	}
	if (aplic < 0 || !dt_device_range(fdt, aplic, 0, &range) ||
	    dt_u32(fdt, aplic, "riscv,num-sources", 0, &out->aplic.sources))
		return;
	out->aplic.base = HPA(range.base);
	out->aplic.size = range.size;
	out->aplic.msi = imsics >= 0;
}
