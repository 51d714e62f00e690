/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio device behind the MMIO transport, as a state machine. Pure. Virtual I/O Device (VIRTIO)
 * Version 1.2, sections 2.1, 2.2 and 4.2.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "vdev/virtio_mmio.h"

#define STATUS_LIVE	(VIRTIO_STATUS_DRIVER_OK | VIRTIO_STATUS_FEATURES_OK)
#define STATUS_DEAD	(VIRTIO_STATUS_FAILED | VIRTIO_STATUS_NEEDS_RESET)
#define STATUS_DRIVERS	(VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER |                       \
			 VIRTIO_STATUS_DRIVER_OK | VIRTIO_STATUS_FEATURES_OK |                    \
			 VIRTIO_STATUS_FAILED)

static uint32_t register_read(struct virtio *dev, uint64_t offset);

bool virtio_is_live(const struct virtio *dev)
{
	return (dev->status & (STATUS_LIVE | STATUS_DEAD)) == STATUS_LIVE;
}

/* ---- The registers as memory ---- */

static void page_store(struct virtio *dev, uint64_t offset)
{
	/* In one store: the driver may be reading it. */
	*(volatile uint32_t *)&dev->page[offset / sizeof(uint32_t)] = register_read(dev, offset);
}

/* After all that may have changed what a register reads, but for the interrupts' reasons. */
static void page_refresh(struct virtio *dev)
{
	if (dev->page == NULL)
		return;
	page_store(dev, VIRTIO_MMIO_DEVICE_FEATURES);
	page_store(dev, VIRTIO_MMIO_QUEUE_NUM_MAX);
	page_store(dev, VIRTIO_MMIO_QUEUE_READY);
	page_store(dev, VIRTIO_MMIO_STATUS);
	page_store(dev, VIRTIO_MMIO_CONFIG_GENERATION);
}

void virtio_show(struct virtio *dev, uint32_t *page)
{
	dev->page = page;
	for (uint64_t offset = 0; offset < VIRTIO_MMIO_CONFIG; offset += sizeof(*page))
		page_store(dev, offset);
	memcpy((char *)page + VIRTIO_MMIO_CONFIG, dev->config,
	       MIN(dev->config_size, VIRTIO_PAGE_BYTES - VIRTIO_MMIO_CONFIG));
}

/* ---- Interrupts and status ---- */

static void isr_set(struct virtio *dev, uint32_t isr)
{
	bool before = dev->isr != 0;

	dev->isr = isr;
	if (dev->page != NULL)
		page_store(dev, VIRTIO_MMIO_INTERRUPT_STATUS);
	if (before != (isr != 0))
		dev->interrupt(dev->arg, isr != 0);
}

void virtio_interrupt(struct virtio *dev)
{
	/*
	 * virtqueue_wants_interrupt() has a full fence: whoever reads the reason in the page finds
	 * what was given back.
	 */
	isr_set(dev, dev->isr | VIRTIO_MMIO_INT_VRING);
}

void virtio_broken(struct virtio *dev)
{
	bool live = virtio_is_live(dev);

	dev->status |= VIRTIO_STATUS_NEEDS_RESET;
	dev->generation += live;
	page_refresh(dev);
	/* A driver that is at work is told by a configuration change (2.1.2). */
	if (live) {
		/* Whoever reads the reason in the page finds the change there, too. */
		__atomic_thread_fence(__ATOMIC_RELEASE);
		isr_set(dev, dev->isr | VIRTIO_MMIO_INT_CONFIG);
	}
}

void virtio_stop(struct virtio *dev)
{
	dev->status |= VIRTIO_STATUS_FAILED;
	for (unsigned i = 0; i < VIRTIO_QUEUES_MAX; i++)
		virtqueue_reset(&dev->queues[i]);
	page_refresh(dev);
}

void virtio_reset(struct virtio *dev)
{
	for (unsigned i = 0; i < dev->class->queue_count; i++)
		dev->class->reset(dev, i);
	dev->driver_features = 0;
	dev->features_sel = dev->driver_features_sel = dev->queue_sel = 0;
	dev->status = 0;
	for (unsigned i = 0; i < VIRTIO_QUEUES_MAX; i++)
		virtqueue_reset(&dev->queues[i]);
	page_refresh(dev);
	isr_set(dev, 0);
}

void virtio_init(struct virtio *dev, const struct virtio_class *class, uint64_t features,
		 const void *config, size_t config_size, const struct virtqueue_memory *memory,
		 void (*interrupt)(void *arg, bool level), void *arg)
{
	*dev = (struct virtio){
		.class = class,
		.features = features | VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX |
			    VIRTIO_F_INDIRECT_DESC,
		.config = config,
		.config_size = config_size,
		.interrupt = interrupt,
		.arg = arg,
	};
	for (unsigned i = 0; i < VIRTIO_QUEUES_MAX; i++)
		virtqueue_init(&dev->queues[i], memory);
}

/* ---- Reading ---- */

/* The device's own registers; what is behind them reads 0. */
static uint64_t config_read(const struct virtio *dev, uint64_t offset, unsigned size)
{
	uint64_t value = 0;

	if (offset < dev->config_size)
		memcpy(&value, (const char *)dev->config + offset,
		       MIN(size, dev->config_size - offset));
	return value;
}

static struct virtqueue *selected(struct virtio *dev)
{
	return dev->queue_sel < dev->class->queue_count ? &dev->queues[dev->queue_sel] : NULL;
}

static uint32_t half_of(uint64_t word, uint32_t select)
{
	return select > 1 ? 0 : (uint32_t)(word >> (32 * select));
}

static uint32_t register_read(struct virtio *dev, uint64_t offset)
{
	const struct virtqueue *queue = selected(dev);

	switch (offset) {
	case VIRTIO_MMIO_MAGIC:
		return VIRTIO_MMIO_MAGIC_VALUE;
	case VIRTIO_MMIO_VERSION:
		return VIRTIO_MMIO_VERSION_MODERN;
	case VIRTIO_MMIO_DEVICE_ID:
		return dev->class->id;
	case VIRTIO_MMIO_VENDOR_ID:
		return VIRTIO_VENDOR;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		return half_of(dev->features, dev->features_sel);
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		return queue ? VIRTQUEUE_SIZE_MAX : 0;
	case VIRTIO_MMIO_QUEUE_READY:
		return queue && queue->ready;
	case VIRTIO_MMIO_INTERRUPT_STATUS:
		return dev->isr;
	case VIRTIO_MMIO_STATUS:
		return dev->status;
	case VIRTIO_MMIO_CONFIG_GENERATION:
		return dev->generation;
	default:
		/* A shared memory region that does not exist is all ones (4.2.2). */
		return offset >= VIRTIO_MMIO_SHM_LEN_LOW && offset <= VIRTIO_MMIO_SHM_BASE_HIGH ?
			       UINT32_MAX :
			       0;
	}
}

uint64_t virtio_read(struct virtio *dev, uint64_t offset, unsigned size)
{
	if (offset >= VIRTIO_MMIO_CONFIG)
		return config_read(dev, offset - VIRTIO_MMIO_CONFIG, size);
	/* Other widths are the driver's mistake (4.2.2.2). */
	return size == 4 ? register_read(dev, offset) : 0;
}

/* ---- Writing ---- */

static void features_write(struct virtio *dev, uint32_t value)
{
	unsigned shift = 32 * dev->driver_features_sel;

	/* They are fixed once FEATURES_OK stands. */
	if (dev->driver_features_sel > 1 || dev->status & VIRTIO_STATUS_FEATURES_OK)
		return;
	dev->driver_features &= ~((uint64_t)UINT32_MAX << shift);
	dev->driver_features |= (uint64_t)value << shift;
}

/* What the driver chose is what we offered, and a modern driver's choice (2.2.2, 6.2). */
static bool features_agree(const struct virtio *dev)
{
	return (dev->driver_features & ~dev->features) == 0 &&
	       dev->driver_features & VIRTIO_F_VERSION_1;
}

static void features_apply(struct virtio *dev)
{
	for (unsigned i = 0; i < VIRTIO_QUEUES_MAX; i++) {
		dev->queues[i].event_idx = (dev->driver_features & VIRTIO_F_EVENT_IDX) != 0;
		dev->queues[i].indirect = (dev->driver_features & VIRTIO_F_INDIRECT_DESC) != 0;
	}
}

static void status_write(struct virtio *dev, uint32_t value)
{
	uint32_t added = value & STATUS_DRIVERS & ~dev->status;

	if (value == 0) {
		virtio_reset(dev);
		return;
	}
	/* The driver reads FEATURES_OK back to see whether we agree (3.1.1). */
	if (added & VIRTIO_STATUS_FEATURES_OK) {
		if (features_agree(dev))
			features_apply(dev);
		else
			added &= ~VIRTIO_STATUS_FEATURES_OK;
	}
	/* Bits are taken back by a reset only (2.1.1). */
	dev->status |= added;
	if (added & VIRTIO_STATUS_DRIVER_OK && virtio_is_live(dev) && dev->class->driver_ok)
		dev->class->driver_ok(dev);
}

static void ready_write(struct virtio *dev, struct virtqueue *queue, uint32_t value)
{
	bool event_idx = queue->event_idx, indirect = queue->indirect;

	if (value & 1) {
		if (!queue->ready && virtqueue_start(queue))
			virtio_broken(dev);
		return;
	}
	dev->class->reset(dev, dev->queue_sel);
	virtqueue_reset(queue);
	queue->event_idx = event_idx;
	queue->indirect = indirect;
}

static void low_write(uint64_t *word, uint32_t value)
{
	*word = (*word & ~(uint64_t)UINT32_MAX) | value;
}

static void high_write(uint64_t *word, uint32_t value)
{
	*word = (*word & UINT32_MAX) | (uint64_t)value << 32;
}

/* Registers of the selected queue; addresses and size are fixed while it is ready (4.2.2.2). */
static void queue_write(struct virtio *dev, struct virtqueue *queue, uint64_t offset,
			uint32_t value)
{
	if (offset == VIRTIO_MMIO_QUEUE_READY)
		ready_write(dev, queue, value);
	else if (queue->ready)
		return;
	else if (offset == VIRTIO_MMIO_QUEUE_NUM)
		queue->size = value;
	else if (offset == VIRTIO_MMIO_QUEUE_DESC_LOW)
		low_write(&queue->desc, value);
	else if (offset == VIRTIO_MMIO_QUEUE_DESC_HIGH)
		high_write(&queue->desc, value);
	else if (offset == VIRTIO_MMIO_QUEUE_DRIVER_LOW)
		low_write(&queue->avail, value);
	else if (offset == VIRTIO_MMIO_QUEUE_DRIVER_HIGH)
		high_write(&queue->avail, value);
	else if (offset == VIRTIO_MMIO_QUEUE_DEVICE_LOW)
		low_write(&queue->used, value);
	else if (offset == VIRTIO_MMIO_QUEUE_DEVICE_HIGH)
		high_write(&queue->used, value);
}

/* A notification before DRIVER_OK, or of a queue that is not ready, means nothing (2.1.2). */
static int notify(struct virtio *dev, uint32_t queue)
{
	if (queue >= dev->class->queue_count || !virtio_is_live(dev) || !dev->queues[queue].ready)
		return 0;
	return dev->class->notify(dev, queue);
}

/* What sets a device up: all but notifications and acknowledgements, and so out of line. */
static __attribute__((noinline)) void setup_write(struct virtio *dev, uint64_t offset,
						  uint32_t word)
{
	struct virtqueue *queue;

	switch (offset) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		dev->features_sel = word;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		dev->driver_features_sel = word;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		features_write(dev, word);
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		dev->queue_sel = word;
		break;
	case VIRTIO_MMIO_STATUS:
		status_write(dev, word);
		break;
	default:
		queue = selected(dev);
		if (queue != NULL)
			queue_write(dev, queue, offset, word);
		break;
	}
	page_refresh(dev);
}

int virtio_write(struct virtio *dev, uint64_t offset, unsigned size, uint64_t value)
{
	uint32_t word = (uint32_t)value;

	if (unlikely(size != sizeof(word)))
		return 0;
	if (likely(offset == VIRTIO_MMIO_QUEUE_NOTIFY))
		return notify(dev, word);
	if (likely(offset == VIRTIO_MMIO_INTERRUPT_ACK))
		isr_set(dev, dev->isr & ~word);
	else
		setup_write(dev, offset, word);
	return 0;
}
