/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM tree's IMSICs and APLIC. Linux bindings interrupt-controller/riscv,imsics and riscv,aplic;
 * RISC-V Advanced Interrupt Architecture 1.0, sections 3.5 and 4.5.
 */
#include <riscv/aia.h>
#include "boot/vm_dt_parse.h"
#include "lib/errno.h"
#include "mem/kalloc.h"

#define INTC_S_EXTERNAL		9U
#define APLIC_WINDOW_MIN	0x4000UL

/* The file of one vCPU: its place in the list is its page. */
static int parse_file(struct vm_dt *dt, int node, uint32_t phandle, uint32_t irq,
		      struct vdev_config *imsic)
{
	unsigned vcpu = 0;

	while (vcpu < dt->out->vcpu_count && (!phandle || dt->intc_phandles[vcpu] != phandle))
		vcpu++;
	if (vcpu == dt->out->vcpu_count)
		return VM_DT_REFUSE(dt, node, "interrupts-extended", "phandle %u is no enabled "
				    "cpu's interrupt-controller: write <&cpu0_intc 9>", phandle);
	if (irq != INTC_S_EXTERNAL)
		return VM_DT_REFUSE(dt, node, "interrupts-extended", "interrupt %u is not 9, the "
				    "only level that a guest's IMSIC has: write 9", irq);
	for (size_t i = 0; i < imsic->context_count; i++)
		if (imsic->contexts[i].vcpu == vcpu)
			return VM_DT_REFUSE(dt, node, "interrupts-extended", "vCPU %u appears "
					    "twice: delete one", vcpu);
	imsic->contexts[imsic->context_count++] = (struct vdev_context){ vcpu, irq };
	return 0;
}

static int parse_files(struct vm_dt *dt, int node, struct vdev_config *imsic)
{
	int size = 0, err = 0;
	uint32_t phandle, irq;
	unsigned count;

	if (!fdt_getprop(dt->fdt, node, "interrupts-extended", &size) || size == 0 || size % 8)
		return VM_DT_REFUSE(dt, node, "interrupts-extended",
				    "is not a list of pairs: write <&cpu0_intc 9>");
	count = (unsigned)size / 8;
	if (count != dt->out->vcpu_count)
		return VM_DT_REFUSE(dt, node, "interrupts-extended", "has %u entries for %lu cpus: "
				    "write one for each", count, dt->out->vcpu_count);
	if (imsic->size < count * IMSIC_PAGE_SIZE || !IS_ALIGNED(imsic->gpa, IMSIC_PAGE_SIZE))
		return VM_DT_REFUSE(dt, node, "reg", "0x%lx bytes are not a page for each of %u "
				    "cpus: write 0x%lx", (unsigned long)imsic->size, count,
				    count * IMSIC_PAGE_SIZE);
	imsic->contexts = kalloc(count * sizeof(*imsic->contexts));
	if (!imsic->contexts)
		return vm_dt_no_memory(dt);
	for (unsigned i = 0; i < count && !err; i++) {
		dt_u32(dt->fdt, node, "interrupts-extended", 2 * i, &phandle);
		dt_u32(dt->fdt, node, "interrupts-extended", 2 * i + 1, &irq);
		err = parse_file(dt, node, phandle, irq, imsic);
	}
	return err;
}

/* Bits of an address that only machines with several groups or guest files have are none here. */
static int parse_index_bits(struct vm_dt *dt, int node)
{
	static const char *const properties[] = { "riscv,guest-index-bits",
						  "riscv,group-index-bits" };
	uint32_t bits;

	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		if (dt_u32(dt->fdt, node, properties[i], 0, &bits) == 0 && bits != 0)
			return VM_DT_REFUSE(dt, node, properties[i],
					    "is not 0: a guest has one page for each cpu, "
					    "delete the property");
	return 0;
}

int vm_dt_parse_imsic(struct vm_dt *dt, int node, int bus, struct vdev_config *imsic)
{
	int err = parse_index_bits(dt, node);

	(void)bus;
	if (err)
		return err;
	if (dt_u32(dt->fdt, node, "riscv,num-ids", 0, &imsic->ndev) || imsic->ndev % 64 != 63 ||
	    imsic->ndev > IMSIC_IDS_MAX)
		return VM_DT_REFUSE(dt, node, "riscv,num-ids",
				    "is not a multiple of 64 minus 1, 63 to %d: write <255>",
				    IMSIC_IDS_MAX);
	if (!fdt_getprop(dt->fdt, node, "msi-controller", NULL))
		return VM_DT_REFUSE(dt, node, "msi-controller", "is missing: write it");
	dt->imsic_phandle = fdt_get_phandle(dt->fdt, node);
	return parse_files(dt, node, imsic);
}

int vm_dt_parse_aplic(struct vm_dt *dt, int node, int bus, struct vdev_config *aplic)
{
	uint32_t cells;

	(void)bus;
	if (dt_u32(dt->fdt, node, "riscv,num-sources", 0, &aplic->ndev) || aplic->ndev == 0 ||
	    aplic->ndev > APLIC_SOURCES_MAX)
		return VM_DT_REFUSE(dt, node, "riscv,num-sources", "is not 1 to %d: write <31>",
				    APLIC_SOURCES_MAX);
	if (dt_u32(dt->fdt, node, "#interrupt-cells", 0, &cells) || cells != 2)
		return VM_DT_REFUSE(dt, node, "#interrupt-cells", "is not 2: write <2>");
	if (aplic->size < APLIC_WINDOW_MIN)
		return VM_DT_REFUSE(dt, node, "reg", "0x%lx bytes are no APLIC's: write 0x%lx",
				    (unsigned long)aplic->size, APLIC_WINDOW_MIN);
	if (fdt_getprop(dt->fdt, node, "riscv,children", NULL) ||
	    fdt_getprop(dt->fdt, node, "riscv,delegate", NULL))
		return VM_DT_REFUSE(dt, node, "riscv,children", "or riscv,delegate: a guest has "
				    "one interrupt domain: delete both");
	/* Which must be an IMSIC of this tree, which may come later. */
	if (dt_u32(dt->fdt, node, "msi-parent", 0, &aplic->irq_parent))
		return VM_DT_REFUSE(dt, node, "msi-parent", "is missing (a guest's APLIC delivers "
				    "by MSIs): write the IMSICs' label, <&imsics>");
	dt->intc_phandle = fdt_get_phandle(dt->fdt, node);
	return 0;
}
