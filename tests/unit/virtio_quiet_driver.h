/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver of up to two queues that does anything in any order, also between two of the device's
 * accesses to the rings, for tests/unit/virtio_quiet.c. Included once, after test.h. VIRTIO 1.2,
 * sections 2.7.7, 2.7.10 and 2.7.13.
 */
#ifndef UNIT_VIRTIO_QUIET_DRIVER_H
#define UNIT_VIRTIO_QUIET_DRIVER_H

#include "virtio_driver.h"

#define SIZE_MAX_LOG	3
#define STEPS		200U
#define HANDLED_MAX	10000U

/* A queue's rings are in the first piece of its four, or across the ends of pieces. */
#define QUEUE(q)	(RAM_BASE + 4 * RAM_PIECE * (q))
#define BUF(q, i)	(RAM_BASE + RAM_PIECE * (8 + 4 * (q)) + 0x400UL * (i))

/* A driver of one queue: chain i is descriptor i, an indirect table or a buffer. */
struct driver {
	unsigned size, used_seen, free;
	uint64_t desc, avail, used;
	uint16_t idx, asked;		/* offered; that when it last decided whether to notify */
	bool kick;			/* the store of a notification is under way */
	void (*fill)(unsigned q, unsigned chain);
	unsigned chains[1U << SIZE_MAX_LOG];	/* those that are free */
};

static uint64_t seed = 1;
static struct driver drivers[2];
static struct virtio *dev;
static bool line, events;
/* What waits at the other end, what makes it more, and what tells the device of it. */
static unsigned waits;
static bool told;
static void (*arrive)(unsigned count), (*tell)(void);

static uint64_t now(void)
{
	static uint64_t ticks;

	return ++ticks;
}

static unsigned pick(unsigned limit)
{
	return (unsigned)((test_random(&seed) >> 33) % limit);
}

static void put(uint64_t gpa, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		*(uint8_t *)at(gpa + i) = ((const uint8_t *)from)[i];
}

static uint16_t load(uint64_t gpa)
{
	return (uint16_t)(*(uint8_t *)at(gpa) | *(uint8_t *)at(gpa + 1) << 8);
}

static void store(uint64_t gpa, uint16_t value)
{
	put(gpa, &value, 2);
}

static void desc_put(uint64_t gpa, uint64_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
	put(gpa, &(struct virtq_desc){ addr, len, flags, next }, sizeof(struct virtq_desc));
}

/* ---- The driver: between any two of the device's steps that it can be between ---- */

static void decide(struct driver *d)
{
	uint16_t event;

	if (events) {
		event = load(d->used + VIRTQ_USED_RING + 8 * d->size);
		if ((uint16_t)(d->idx - event - 1) < (uint16_t)(d->idx - d->asked))
			d->kick = true;
	} else if (!(load(d->used) & VIRTQ_USED_F_NO_NOTIFY)) {
		d->kick = true;
	}
	d->asked = d->idx;
}

static void add(unsigned q)
{
	struct driver *d = &drivers[q];
	unsigned chain;

	if (d->free == 0)
		return;
	chain = d->chains[--d->free];
	d->fill(q, chain);
	store(d->avail + VIRTQ_AVAIL_RING + 2 * (d->idx % d->size), (uint16_t)chain);
	store(d->avail + VIRTQ_AVAIL_IDX, ++d->idx);
	if (pick(3) != 0)
		decide(d);
}

/* Take what came back, and ask to be interrupted for more. */
static void reap(unsigned q)
{
	struct driver *d = &drivers[q];

	while (d->size != 0 && load(d->used + VIRTQ_USED_IDX) != (uint16_t)d->used_seen) {
		uint64_t entry = d->used + VIRTQ_USED_RING + 8 * (d->used_seen++ % d->size);

		d->chains[d->free++] = load(entry);
		if (events)
			store(d->avail + VIRTQ_AVAIL_RING + 2 * d->size, (uint16_t)d->used_seen);
	}
}

/* Nobody but the device acts. */
static bool still;

static void *map_and_act(void *arg, uint64_t gpa, size_t size, size_t *got)
{
	/* Another hart of the guest's, or the other end, comes in between. */
	if (!still && pick(4) == 0) {
		if (arrive != NULL && pick(2) == 0)
			arrive(1);
		else
			add(pick(2));
	}
	return ram_map(arg, gpa, size, got);
}

static const struct virtqueue_memory memory = { .map = map_and_act };

static void on_interrupt(void *arg, bool level)
{
	(void)arg;
	line = level;
}

static void queue_start(unsigned q, bool across)
{
	struct driver *d = &drivers[q];
	uint64_t base = QUEUE(q);

	d->size = 1U << pick(SIZE_MAX_LOG + 1);
	d->desc = base;
	d->avail = base + (across ? RAM_PIECE - 4 : 0x400);
	d->used = base + (across ? 2 * RAM_PIECE - 4 : 0x800);
	d->used_seen = d->free = d->idx = d->asked = 0;
	d->kick = false;
	for (unsigned i = 0; i < d->size; i++)
		d->chains[d->free++] = i;
	reg_write(dev, VIRTIO_MMIO_QUEUE_SEL, q);
	reg_write(dev, VIRTIO_MMIO_QUEUE_NUM, d->size);
	reg_write(dev, VIRTIO_MMIO_QUEUE_DESC_LOW, (uint32_t)d->desc);
	reg_write(dev, VIRTIO_MMIO_QUEUE_DRIVER_LOW, (uint32_t)d->avail);
	reg_write(dev, VIRTIO_MMIO_QUEUE_DEVICE_LOW, (uint32_t)d->used);
	reg_write(dev, VIRTIO_MMIO_QUEUE_READY, 1);
}

static void ram_zero(void)
{
	for (unsigned i = 0; i < RAM_PIECES; i++)
		memset(ram_pieces[i], 0, RAM_PIECE);
}

static void device_start(unsigned queues)
{
	bool across = pick(2);

	still = true;
	ram_zero();
	events = pick(2);
	reg_write(dev, VIRTIO_MMIO_STATUS, 0);
	choose_features(dev, VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC |
			     (events ? VIRTIO_F_EVENT_IDX : 0));
	reg_write(dev, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_FEATURES_OK);
	memset(drivers + queues, 0, (2 - queues) * sizeof(drivers[0]));
	for (unsigned q = 0; q < queues; q++)
		queue_start(q, across);
	reg_write(dev, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_DRIVER_OK);
	still = false;
}

/* ---- Steps ---- */

static void kick(unsigned q)
{
	if (!drivers[q].kick)
		return;
	/* Another hart may store one meanwhile. */
	drivers[q].kick = false;
	if (virtio_write(dev, VIRTIO_MMIO_QUEUE_NOTIFY, 4, q) == -EAGAIN)
		drivers[q].kick = true;
}

static void handle(void)
{
	if (!line)
		return;
	reg_write(dev, VIRTIO_MMIO_INTERRUPT_ACK, reg_read(dev, VIRTIO_MMIO_INTERRUPT_STATUS));
	reap(0);
	reap(1);
}

static void step(void)
{
	switch (pick(6)) {
	case 0:
	case 1:
		add(pick(2));
		break;
	case 2:
		kick(pick(2));
		break;
	case 3:
		handle();
		break;
	case 4:
		if (arrive != NULL && pick(2) == 0)
			arrive(pick(4));
		break;
	default:
		if (!told)
			tell();
		break;
	}
}

static bool is_busy(void)
{
	return line || !told || drivers[0].kick || drivers[1].kick ||
	       drivers[0].asked != drivers[0].idx || drivers[1].asked != drivers[1].idx;
}

/* Nothing more is offered, nor comes: everything that is under way comes to its end. */
static void settle(void)
{
	unsigned left = HANDLED_MAX;

	still = true;
	for (; is_busy() && left > 0; left--) {
		for (unsigned q = 0; q < 2; q++) {
			if (drivers[q].asked != drivers[q].idx)
				decide(&drivers[q]);
			kick(q);
		}
		if (!told)
			tell();
		handle();
	}
	CHECK(left > 0);
	for (unsigned q = 0; q < 2 && drivers[q].size != 0; q++)
		CHECK_EQ((uint16_t)drivers[q].used_seen, load(drivers[q].used + VIRTQ_USED_IDX));
}

/* Any steps, now and then a driver that begins again, and the end. */
static void run(unsigned queues)
{
	device_start(queues);
	for (unsigned i = 0; i < STEPS; i++)
		if (pick(STEPS) == 0)
			device_start(queues);
		else
			step();
	settle();
}

static void all_came_back(unsigned q)
{
	CHECK_EQ((uint16_t)drivers[q].used_seen, drivers[q].idx);
}

static void create(void (*fill_0)(unsigned q, unsigned chain),
		   void (*fill_1)(unsigned q, unsigned chain))
{
	ram_create();
	line = false;
	waits = 0;
	told = true;
	arrive = NULL;
	drivers[0].fill = fill_0;
	drivers[1].fill = fill_1;
}

#endif
