/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio devices behind virtio-mmio registers: finding them and starting them.
 * Virtual I/O Device (VIRTIO) 1.2, 3.1 "Device Initialization", 4.2 "Virtio Over MMIO".
 */
#include "drv/virtio.h"

#include "boot/info.h"
#include "drv/fdt.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/layout.h"
#include "mm/map.h"

/* A node of the tree while it is read. */
struct virtio_reader {
	struct list devices;
	uint64_t pa, size;
	uint32_t irq;
	bool is_virtio;
};

static volatile uint32_t *virtio_reg(const struct virtio_device *device, uint32_t offset)
{
	return device->regs + offset / sizeof(*device->regs);
}

static void virtio_set_status(struct virtio_device *device, uint32_t bits)
{
	*virtio_reg(device, VIRTIO_MMIO_STATUS) = *virtio_reg(device, VIRTIO_MMIO_STATUS) | bits;
}

void virtio_fail(struct virtio_device *device)
{
	virtio_set_status(device, VIRTIO_STATUS_FAILED);
}

bool virtio_begin(struct virtio_device *device, uint64_t wanted)
{
	uint64_t offered = 0;

	*virtio_reg(device, VIRTIO_MMIO_STATUS) = 0;
	while (*virtio_reg(device, VIRTIO_MMIO_STATUS))
		;
	virtio_set_status(device, VIRTIO_STATUS_ACKNOWLEDGE);
	virtio_set_status(device, VIRTIO_STATUS_DRIVER);
	for (uint32_t i = 2; i-- > 0;) {
		*virtio_reg(device, VIRTIO_MMIO_DEVICE_FEATURES_SEL) = i;
		offered = offered << 32 | *virtio_reg(device, VIRTIO_MMIO_DEVICE_FEATURES);
	}
	wanted |= VIRTIO_F_VERSION_1;
	device->features = offered & wanted;
	for (uint32_t i = 0; i < 2; i++) {
		*virtio_reg(device, VIRTIO_MMIO_DRIVER_FEATURES_SEL) = i;
		*virtio_reg(device, VIRTIO_MMIO_DRIVER_FEATURES) =
			(uint32_t)(device->features >> (32 * i));
	}
	virtio_set_status(device, VIRTIO_STATUS_FEATURES_OK);
	return virtio_has(device, VIRTIO_F_VERSION_1) &&
	       (*virtio_reg(device, VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_FEATURES_OK);
}

static void virtio_set_address(volatile uint32_t *low, const volatile void *address)
{
	uint64_t pa = virt_to_phys((const void *)(uintptr_t)address);

	low[0] = (uint32_t)pa;
	low[1] = (uint32_t)(pa >> 32);
}

bool virtio_queue_init(struct virtio_device *device, struct virtio_queue *queue, uint16_t size)
{
	*virtio_reg(device, VIRTIO_MMIO_QUEUE_SEL) = 0;
	size = (uint16_t)MIN((uint32_t)size, *virtio_reg(device, VIRTIO_MMIO_QUEUE_NUM_MAX));
	while (size & (size - 1))
		size &= (uint16_t)(size - 1);
	if (!size || *virtio_reg(device, VIRTIO_MMIO_QUEUE_READY))
		return false;
	queue->size = queue->free_count = size;
	queue->desc = heap_alloc(size * sizeof(*queue->desc));
	queue->avail = heap_alloc((size + 3U) * sizeof(uint16_t));
	queue->used = heap_alloc(size * 8U + 3 * sizeof(uint16_t));
	queue->tokens = heap_alloc(size * sizeof(void *));
	if (!queue->desc || !queue->avail || !queue->used || !queue->tokens)
		return false;
	for (uint16_t i = 0; i < size; i++)
		queue->desc[i].next = (uint16_t)(i + 1);
	*virtio_reg(device, VIRTIO_MMIO_QUEUE_NUM) = size;
	virtio_set_address(virtio_reg(device, VIRTIO_MMIO_QUEUE_DESC_LOW), queue->desc);
	virtio_set_address(virtio_reg(device, VIRTIO_MMIO_QUEUE_DRIVER_LOW), queue->avail);
	virtio_set_address(virtio_reg(device, VIRTIO_MMIO_QUEUE_DEVICE_LOW), queue->used);
	virtio_barrier();
	*virtio_reg(device, VIRTIO_MMIO_QUEUE_READY) = 1;
	return true;
}

static void virtio_interrupt(struct plic_handler *handler)
{
	struct virtio_device *device = CONTAINER_OF(handler, struct virtio_device, handler);
	uint32_t status = *virtio_reg(device, VIRTIO_MMIO_INTERRUPT_STATUS);

	*virtio_reg(device, VIRTIO_MMIO_INTERRUPT_ACK) = status;
	/* Acknowledged before the queue is looked at: what comes later interrupts again. */
	virtio_barrier();
	device->interrupt(device);
}

bool virtio_start(struct virtio_device *device)
{
	device->handler = (struct plic_handler){ .irq = device->irq, .handle = virtio_interrupt };
	if (!plic_attach(&device->handler))
		return false;
	virtio_set_status(device, VIRTIO_STATUS_DRIVER_OK);
	return true;
}

void virtio_notify(struct virtio_device *device)
{
	*virtio_reg(device, VIRTIO_MMIO_QUEUE_NOTIFY) = 0;
}

uint32_t virtio_config32(struct virtio_device *device, uint32_t offset)
{
	return *virtio_reg(device, VIRTIO_MMIO_CONFIG + offset);
}

/* In two halves, which belong together if the generation did not change. */
uint64_t virtio_config64(struct virtio_device *device, uint32_t offset)
{
	uint32_t generation;
	uint64_t value;

	do {
		generation = *virtio_reg(device, VIRTIO_MMIO_CONFIG_GENERATION);
		value = virtio_config32(device, offset) |
			(uint64_t)virtio_config32(device, offset + 4) << 32;
	} while (generation != *virtio_reg(device, VIRTIO_MMIO_CONFIG_GENERATION));
	return value;
}

static void virtio_property(struct fdt_walk *walk, const struct fdt_property *p)
{
	struct virtio_reader *r = walk->context;
	unsigned int up = walk->depth ? walk->depth - 1 : 0;
	uint32_t ac = walk->address_cells[up], sc = walk->size_cells[up];

	if (!strcmp(p->name, "compatible")) {
		r->is_virtio = fdt_has_string(p, "virtio,mmio");
	} else if (!strcmp(p->name, "interrupts") && p->length >= 4) {
		r->irq = fdt_cell(p->value);
	} else if (!strcmp(p->name, "reg") && ac <= 2 && sc <= 2 && p->length >= 4 * (ac + sc)) {
		r->pa = fdt_cells(p->value, ac);
		r->size = fdt_cells(p->value + 4 * ac, sc);
	}
}

/* Sorted by address: that is the order in which they get their names. */
static void virtio_enter(struct virtio_reader *r)
{
	struct virtio_device *device = heap_alloc(sizeof(*device));
	struct list *pos;

	if (!device)
		return;
	device->pa = r->pa;
	device->irq = r->irq;
	device->regs = (volatile uint32_t *)map_io(r->pa, r->size);
	LIST_FOR_EACH(pos, &r->devices)
	if (LIST_ENTRY(pos, struct virtio_device, link)->pa > r->pa)
		break;
	list_add_before(pos, &device->link);
}

static void virtio_node(struct fdt_walk *walk)
{
	struct virtio_reader *r = walk->context;

	if (r->is_virtio && r->size > VIRTIO_MMIO_CONFIG)
		virtio_enter(r);
	r->is_virtio = false;
	r->pa = r->size = r->irq = 0;
}

/* False: nothing there, or nothing that this kernel drives. */
static bool virtio_probe(struct virtio_device *device)
{
	if (!device->regs || *virtio_reg(device, VIRTIO_MMIO_MAGIC) != VIRTIO_MMIO_MAGIC_VALUE ||
	    !*virtio_reg(device, VIRTIO_MMIO_DEVICE_ID))
		return false;
	device->id = *virtio_reg(device, VIRTIO_MMIO_DEVICE_ID);
	if (*virtio_reg(device, VIRTIO_MMIO_VERSION) != VIRTIO_MMIO_VERSION_MODERN) {
		kprintf("virtio: device %u at 0x%lx is a legacy one: not driven "
			"(QEMU: -global virtio-mmio.force-legacy=false)\n",
			device->id, device->pa);
		return false;
	}
	if (device->id != VIRTIO_ID_BLOCK)
		return false;
	virtio_blk_init(device);
	return true;
}

void virtio_init(void)
{
	static const struct fdt_ops ops = { virtio_property, virtio_node };
	struct virtio_reader reader = { .devices = LIST_INIT(reader.devices) };

	fdt_walk_all(phys_to_virt(info.tree_pa), &ops, &reader);
	while (!list_empty(&reader.devices)) {
		struct virtio_device *device =
			LIST_ENTRY(list_pop(&reader.devices), struct virtio_device, link);

		if (!virtio_probe(device))
			heap_free(device);
	}
}
