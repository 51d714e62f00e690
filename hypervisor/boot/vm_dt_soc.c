/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM tree's devices. Devicetree Specification 0.4, sections 2.3, 2.4 and 4.5; Linux bindings
 * serial/8250, rtc/google,goldfish-rtc and interrupt-controller/sifive,plic-1.0.0.
 */
#include <goldfish/rtc.h>

#include "boot/vm_dt_parse.h"
#include "lib/errno.h"
#include "mem/kalloc.h"

#define PLIC_NDEV_MAX		1023
#define PLIC_CONTEXTS_MAX	(2 * VM_VCPUS_MAX)
#define PLIC_CONTEXT_BASE	0x200000UL	/* PLIC specification, memory map */
#define PLIC_CONTEXT_SIZE	0x1000UL
#define INTC_S_EXTERNAL		9U
#define INTC_M_EXTERNAL		11U
#define INTC_NONE		0xffffffffU

#define IRQ_TYPE_LEVEL_HIGH	4U	/* the second cell of an interrupt (Linux binding) */

#define UART_REGISTERS		8
#define UART_REG_SHIFT_MAX	3

#define DEVICES_STEP		8

/* interrupt-parent is inherited from the nearest ancestor that has it. */
static uint32_t interrupt_parent(const struct vm_dt *dt, int node, int bus)
{
	const int chain[] = { node, bus, 0 };
	uint32_t phandle;

	for (size_t i = 0; i < ARRAY_SIZE(chain); i++)
		if (dt_u32(dt->fdt, chain[i], "interrupt-parent", 0, &phandle) == 0)
			return phandle;
	return 0;
}

int vm_dt_interrupt(struct vm_dt *dt, int node, int bus, struct vdev_config *out)
{
	int err;

	if (fdt_getprop(dt->fdt, node, "interrupts-extended", NULL))
		return VM_DT_REFUSE(dt, node, "interrupts-extended",
				    "is not read: write interrupts and interrupt-parent");
	err = dt_u32(dt->fdt, node, "interrupts", 0, &out->irq);
	if (err == -ENOENT && !fdt_getprop(dt->fdt, node, "interrupts", NULL))
		return 0;
	if (err || out->irq == 0)
		return VM_DT_REFUSE(dt, node, "interrupts",
				    "is not one source from 1 on: write <10> for a PLIC, <10 4> "
				    "for an APLIC");
	dt_u32(dt->fdt, node, "interrupts", 1, &out->irq_type);
	out->irq_parent = interrupt_parent(dt, node, bus);
	if (!out->irq_parent)
		return VM_DT_REFUSE(dt, node, "interrupt-parent",
				    "is missing: write the interrupt controller's label, <&plic>");
	return 0;
}

static int parse_uart(struct vm_dt *dt, int node, int bus, struct vdev_config *uart)
{
	int err;

	err = dt_u32(dt->fdt, node, "reg-shift", 0, &uart->reg_shift);
	if ((err && err != -ENOENT) || uart->reg_shift > UART_REG_SHIFT_MAX)
		return VM_DT_REFUSE(dt, node, "reg-shift", "is not 0 to %d: correct or delete it",
				    UART_REG_SHIFT_MAX);
	if (uart->size < (uint64_t)UART_REGISTERS << uart->reg_shift)
		return VM_DT_REFUSE(dt, node, "reg", "%d registers do not fit into 0x%lx bytes: "
				    "write 0x100", UART_REGISTERS, (unsigned long)uart->size);
	return vm_dt_interrupt(dt, node, bus, uart);
}

static int parse_rtc(struct vm_dt *dt, int node, int bus, struct vdev_config *rtc)
{
	if (rtc->size < GOLDFISH_RTC_BYTES)
		return VM_DT_REFUSE(dt, node, "reg", "its registers do not fit into 0x%lx bytes: "
				    "write 0x1000", (unsigned long)rtc->size);
	return vm_dt_interrupt(dt, node, bus, rtc);
}

static int parse_context(struct vm_dt *dt, int node, uint32_t phandle, uint32_t irq,
			 struct vdev_config *plic)
{
	unsigned vcpu = 0;

	while (vcpu < dt->out->vcpu_count &&
	       (!phandle || dt->intc_phandles[vcpu] != phandle))
		vcpu++;
	if (vcpu == dt->out->vcpu_count)
		return VM_DT_REFUSE(dt, node, "interrupts-extended", "phandle %u is no enabled "
				    "cpu's interrupt-controller: write <&cpu0_intc 9>", phandle);
	if (irq != INTC_S_EXTERNAL && irq != INTC_M_EXTERNAL && irq != INTC_NONE)
		return VM_DT_REFUSE(dt, node, "interrupts-extended", "interrupt %u is neither 9 "
				    "(S-mode) nor 11 (M-mode external): write 9", irq);
	for (size_t i = 0; irq != INTC_NONE && i < plic->context_count; i++)
		if (plic->contexts[i].vcpu == vcpu && plic->contexts[i].irq == irq)
			return VM_DT_REFUSE(dt, node, "interrupts-extended", "interrupt %u of vCPU "
					    "%u appears twice: delete one", irq, vcpu);
	plic->contexts[plic->context_count++] = (struct vdev_context){ vcpu, irq };
	return 0;
}

static int parse_contexts(struct vm_dt *dt, int node, struct vdev_config *plic)
{
	int size = 0, err = 0;
	uint32_t phandle, irq;
	unsigned count;

	if (!fdt_getprop(dt->fdt, node, "interrupts-extended", &size) || size == 0 || size % 8)
		return VM_DT_REFUSE(dt, node, "interrupts-extended",
				    "is not a list of pairs: write <&cpu0_intc 11 &cpu0_intc 9>");
	count = (unsigned)size / 8;
	if (count > PLIC_CONTEXTS_MAX ||
	    plic->size < PLIC_CONTEXT_BASE + count * PLIC_CONTEXT_SIZE)
		return VM_DT_REFUSE(dt, node, "reg", "%u contexts do not fit into 0x%lx bytes: "
				    "write 0x600000", count, (unsigned long)plic->size);
	plic->contexts = kalloc(count * sizeof(*plic->contexts));
	if (!plic->contexts)
		return vm_dt_no_memory(dt);
	for (unsigned i = 0; i < count && !err; i++) {
		dt_u32(dt->fdt, node, "interrupts-extended", 2 * i, &phandle);
		dt_u32(dt->fdt, node, "interrupts-extended", 2 * i + 1, &irq);
		err = parse_context(dt, node, phandle, irq, plic);
	}
	return err;
}

static int parse_plic(struct vm_dt *dt, int node, int bus, struct vdev_config *plic)
{
	uint32_t cells;

	(void)bus;
	if (dt_u32(dt->fdt, node, "riscv,ndev", 0, &plic->ndev) || plic->ndev == 0 ||
	    plic->ndev > PLIC_NDEV_MAX)
		return VM_DT_REFUSE(dt, node, "riscv,ndev", "is not 1 to %d: write <31>",
				    PLIC_NDEV_MAX);
	if (dt_u32(dt->fdt, node, "#interrupt-cells", 0, &cells) || cells != 1)
		return VM_DT_REFUSE(dt, node, "#interrupt-cells", "is not 1: write <1>");
	dt->intc_phandle = fdt_get_phandle(dt->fdt, node);
	return parse_contexts(dt, node, plic);
}

/* One console and one interrupt controller are enough for a VM. */
static const struct device_class {
	const char *compatible;
	enum vdev_kind kind;
	bool single;
	int (*parse)(struct vm_dt *dt, int node, int bus, struct vdev_config *out);
} device_classes[] = {
	{ "ns16550a", VDEV_UART, true, parse_uart },
	{ "sifive,plic-1.0.0", VDEV_PLIC, true, parse_plic },
	{ "riscv,plic0", VDEV_PLIC, true, parse_plic },
	{ "google,goldfish-rtc", VDEV_RTC, true, parse_rtc },
	{ "riscv,aplic", VDEV_APLIC, true, vm_dt_parse_aplic },
	{ "riscv,imsics", VDEV_IMSIC, true, vm_dt_parse_imsic },
	{ "virtio,mmio", VDEV_VIRTIO_BLK, false, vm_dt_parse_virtio },
};

static const struct device_class *device_class_find(struct vm_dt *dt, int node)
{
	for (size_t i = 0; i < ARRAY_SIZE(device_classes); i++)
		if (dt_is_compatible(dt->fdt, node, device_classes[i].compatible))
			return &device_classes[i];
	return NULL;
}

/* Room for one more device; NULL without memory. */
static struct vdev_config *device_add(struct vm_dt *dt)
{
	struct vm_config *out = dt->out;
	struct vdev_config *larger;

	if (out->device_count == dt->devices_max) {
		larger = kalloc((dt->devices_max + DEVICES_STEP) * sizeof(*larger));
		if (!larger)
			return NULL;
		if (out->device_count)
			memcpy(larger, out->devices, out->device_count * sizeof(*larger));
		kfree(out->devices);
		out->devices = larger;
		dt->devices_max += DEVICES_STEP;
	}
	return &out->devices[out->device_count++];
}

static int parse_device(struct vm_dt *dt, int node, int bus, const struct dt_cells *cells)
{
	const struct device_class *class = device_class_find(dt, node);
	const char *compatible = fdt_getprop(dt->fdt, node, "compatible", NULL);
	struct vm_config *out = dt->out;
	struct vdev_config *device;
	struct dt_range range;
	int err;

	if (!class)
		return VM_DT_REFUSE(dt, node, "compatible", "\"%.40s\" is not emulated (ns16550a, "
				    "google,goldfish-rtc, sifive,plic-1.0.0, riscv,aplic, "
				    "riscv,imsics and virtio,mmio are): delete the node",
				    compatible ? compatible : "");
	for (size_t i = 0; class->single && i < out->device_count; i++)
		if (out->devices[i].kind == class->kind)
			return VM_DT_REFUSE(dt, node, "compatible", "a second %s: a VM has one, "
					    "delete the node", class->compatible);
	err = vm_dt_range(dt, node, cells, 0, &range);
	if (err)
		return err;
	if (dt_reg(dt->fdt, node, cells, 1, &(struct dt_range){ 0 }) == 0 ||
	    !IS_ALIGNED(range.base, 8UL))
		return VM_DT_REFUSE(dt, node, "reg",
				    "is not one range that begins at a multiple of 8: write that");
	device = device_add(dt);
	if (!device)
		return vm_dt_no_memory(dt);
	*device = (struct vdev_config){ .kind = class->kind, .gpa = range.base,
					.size = range.size };
	return class->parse(dt, node, bus, device);
}

/* Children of a bus share its addresses: ranges must be there, and empty. */
static int parse_bus(struct vm_dt *dt, int bus)
{
	struct dt_cells cells;
	int node, size = 0, err = 0;

	if (!fdt_getprop(dt->fdt, bus, "ranges", &size) || size != 0)
		return VM_DT_REFUSE(dt, bus, "ranges",
				    "is missing or translates addresses: write `ranges;`");
	if (dt_cells(dt->fdt, bus, &cells) || cells.size == 0)
		return VM_DT_REFUSE(dt, bus, "#address-cells",
				    "or #size-cells is not 1 or 2: write <2> for both");
	fdt_for_each_subnode(node, dt->fdt, bus) {
		if (!dt_is_enabled(dt->fdt, node))
			continue;
		err = parse_device(dt, node, bus, &cells);
		if (err)
			break;
	}
	return err;
}

/* A device's line: its controller is the tree's, has this source, and nobody else drives it. */
static int check_interrupt(struct vm_dt *dt, const struct vdev_config *device,
			   const struct vdev_config *intc)
{
	const char *name = device->kind == VDEV_UART ? "serial" :
			   device->kind == VDEV_RTC  ? "rtc" :
						       "virtio";
	unsigned long at = device->gpa;
	uint32_t type;

	if (!intc || device->irq_parent != dt->intc_phandle)
		return refuse(&dt->refusal, "%s@%lx: interrupt-parent: phandle %u is neither a "
			      "PLIC nor an APLIC: write its label, <&plic>", name, at,
			      device->irq_parent);
	if (device->irq > intc->ndev)
		return refuse(&dt->refusal, "%s@%lx: interrupts: source %u is beyond the "
			      "controller's last, %u: lower one or raise the other",
			      name, at, device->irq, intc->ndev);
	type = intc->kind == VDEV_APLIC ? IRQ_TYPE_LEVEL_HIGH : 0;
	if (device->irq_type != type)
		return refuse(&dt->refusal, "%s@%lx: interrupts: has type %u behind the source: "
			      "write <%u%s", name, at, device->irq_type, device->irq,
			      type ? " 4>, level-triggered and active high, for an APLIC" :
				     ">, nothing else, for a PLIC");
	for (const struct vdev_config *other = dt->out->devices; other < device; other++)
		if (other->irq == device->irq)
			return refuse(&dt->refusal, "%s@%lx: interrupts: source %u is the device's "
				      "at 0x%lx: choose another", name, at, device->irq,
				      (unsigned long)other->gpa);
	return 0;
}

static bool is_controller(const struct vdev_config *device)
{
	return device->kind == VDEV_PLIC || device->kind == VDEV_APLIC;
}

/* The tree's PLIC or APLIC, of which there is one; an APLIC needs IMSICs, and they an APLIC. */
static int find_controller(struct vm_dt *dt, const struct vdev_config **intc)
{
	const struct vdev_config *devices = dt->out->devices, *imsic = NULL;

	for (size_t i = 0; i < dt->out->device_count; i++) {
		if (devices[i].kind == VDEV_IMSIC)
			imsic = &devices[i];
		if (!is_controller(&devices[i]))
			continue;
		if (*intc)
			return refuse(&dt->refusal, "interrupt controllers at 0x%lx and 0x%lx: a "
				      "VM has a PLIC or an APLIC: delete one node",
				      (unsigned long)(*intc)->gpa, (unsigned long)devices[i].gpa);
		*intc = &devices[i];
	}
	if (*intc && (*intc)->kind == VDEV_APLIC && (!imsic || !dt->imsic_phandle ||
						     (*intc)->irq_parent != dt->imsic_phandle))
		return refuse(&dt->refusal, "aplic@%lx: msi-parent: phandle %u is not the "
			      "riscv,imsics node of the tree: write its label, <&imsics>",
			      (unsigned long)(*intc)->gpa, (*intc)->irq_parent);
	return 0;
}

/* What a device refers to may come after it in the tree. */
static int check_interrupts(struct vm_dt *dt)
{
	const struct vdev_config *devices = dt->out->devices, *intc = NULL;
	int err = find_controller(dt, &intc);

	for (size_t i = 0; i < dt->out->device_count && !err; i++)
		if (devices[i].irq)
			err = check_interrupt(dt, &devices[i], intc);
	return err;
}

int vm_dt_parse_devices(struct vm_dt *dt)
{
	struct dt_cells cells;
	int node, err = 0;

	dt_cells(dt->fdt, 0, &cells);	/* parse_memory() has judged them */
	fdt_for_each_subnode(node, dt->fdt, 0) {
		if (!dt_is_enabled(dt->fdt, node) || dt_is_named(dt->fdt, node, "memory") ||
		    dt_has_string(dt->fdt, node, "device_type", "memory"))
			continue;
		if (dt_is_compatible(dt->fdt, node, "simple-bus"))
			err = parse_bus(dt, node);
		else if (fdt_getprop(dt->fdt, node, "reg", NULL))
			err = parse_device(dt, node, 0, &cells);
		if (err)
			return err;
	}
	return check_interrupts(dt);
}
