/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block device on a disk whose transfers take time, as the host's do: several under way, in any
 * order, a reset and the device's end meanwhile. VIRTIO 1.2, section 5.2.
 * SOURCES: hypervisor/vdev/virtio_blk.c hypervisor/vdev/virtio_mmio.c hypervisor/vdev/virtqueue.c
 * SOURCES: hypervisor/vdev/virtqueue_chain.c
 */
#include "test.h"

#include "vdev/virtio_blk.h"
#include "virtio_driver.h"

#define SECTORS		1024U
#define SLOTS		4U
/* Request n's header, status and buffer. */
#define HEADER(n)	(DATA + 32UL * (n))
#define STATUS(n)	(DATA + 32UL * (n) + 16)
#define BUFFER(n)	(DATA + RAM_PIECE + 0x2000UL * (n))

static uint8_t contents[SECTORS * 512];
static struct disk_transfer *under_way[SLOTS];
static unsigned count, flushes;

static void on_start(struct disk *disk, struct disk_transfer *transfer)
{
	(void)disk;
	CHECK(count < SLOTS);
	CHECK(transfer->size <= VIRTIO_BLK_BOUNCE_BYTES);
	CHECK(transfer->kind == DISK_FLUSH || transfer->size > 0);
	under_way[count++] = transfer;
}

static const struct disk_ops ops = { .start = on_start };
static struct disk disk;
static struct virtio_blk blk;
static struct virtio_blk_request slots[SLOTS];
static unsigned interrupts;

static void on_interrupt(void *arg, bool level)
{
	(void)arg;
	interrupts += level;
}

static void create(void)
{
	ram_create();
	disk = (struct disk){ .ops = &ops, .sectors = SECTORS, .flush = true };
	count = flushes = interrupts = 0;
	memset(slots, 0, sizeof(slots));
	for (unsigned i = 0; i < SLOTS; i++)
		slots[i].transfer.buffer = malloc(VIRTIO_BLK_BOUNCE_BYTES);
	virtio_blk_init(&blk, &disk, "host", slots, SLOTS, &ram, on_interrupt, NULL);
	driver_start(&blk.virtio, VIRTIO_BLK_F_FLUSH, 32);
}

static void destroy(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		free(slots[i].transfer.buffer);
	ram_free();
}

/* The n-th transfer under way is done. */
static void finish(unsigned n, int err)
{
	struct disk_transfer *t = under_way[n];

	under_way[n] = under_way[--count];
	if (!err && t->kind == DISK_READ)
		memcpy(t->buffer, contents + t->offset, t->size);
	if (!err && t->kind == DISK_WRITE)
		memcpy(contents + t->offset, t->buffer, t->size);
	flushes += t->kind == DISK_FLUSH;
	virtio_blk_done(&blk, container_of(t, struct virtio_blk_request, transfer), err);
}

static void request(unsigned n, uint32_t type, uint64_t sector, uint32_t size)
{
	struct virtio_blk_header header = { type, 0, sector };
	bool in = type == VIRTIO_BLK_T_IN;
	uint16_t d = (uint16_t)(3 * n);

	memcpy(at(HEADER(n)), &header, 16);
	*(uint8_t *)at(STATUS(n)) = 0xee;
	put_desc(Q_DESC, d, HEADER(n), 16, VIRTQ_DESC_F_NEXT, size ? d + 1 : d + 2);
	put_desc(Q_DESC, d + 1U, BUFFER(n), size,
		 (uint16_t)(VIRTQ_DESC_F_NEXT | (in ? VIRTQ_DESC_F_WRITE : 0)), d + 2);
	put_desc(Q_DESC, d + 2U, STATUS(n), 1, VIRTQ_DESC_F_WRITE, 0);
	offer(d);
}

static void notify(void)
{
	CHECK_EQ(virtio_write(&blk.virtio, VIRTIO_MMIO_QUEUE_NOTIFY, 4, 0), 0);
}

static uint8_t status(unsigned n)
{
	return *(uint8_t *)at(STATUS(n));
}

TEST("requests are under way together and end in any order")
{
	create();
	for (unsigned n = 0; n < 3; n++) {
		memset(contents + n * 512, (int)(n + 1), 512);
		request(n, VIRTIO_BLK_T_IN, n, 512);
	}
	notify();
	CHECK_EQ(count, 3);
	CHECK_EQ(used_idx(), 0);
	finish(1, 0);
	CHECK_EQ(used_idx(), 1);
	CHECK_EQ(used_id(0), 3);
	CHECK_EQ(status(1), VIRTIO_BLK_S_OK);
	CHECK_EQ(status(0), 0xee);
	CHECK_EQ(*(uint8_t *)at(BUFFER(1)), 2);
	CHECK_EQ(interrupts, 1);
	finish(0, 0);
	finish(0, 0);
	CHECK_EQ(used_idx(), 3);
	CHECK(virtio_blk_is_idle(&blk));
	destroy();
}

TEST("what finds no slot is started when one is free, without another notification")
{
	create();
	for (unsigned n = 0; n < 7; n++)
		request(n, VIRTIO_BLK_T_IN, n, 512);
	notify();
	CHECK_EQ(count, SLOTS);
	/* Nobody is asked to notify while there is no slot. */
	CHECK_EQ(get16(Q_USED + VIRTQ_USED_FLAGS), VIRTQ_USED_F_NO_NOTIFY);
	for (unsigned n = 0; n < 7; n++)
		finish(0, 0);
	CHECK_EQ(used_idx(), 7);
	CHECK_EQ(get16(Q_USED + VIRTQ_USED_FLAGS), 0);
	destroy();
}

TEST("a write is copied out before it starts, and lands on the disk")
{
	create();
	memset(at(BUFFER(0)), 0x5a, 1024);
	request(0, VIRTIO_BLK_T_OUT, 5, 1024);
	notify();
	memset(at(BUFFER(0)), 0, 1024);
	finish(0, 0);
	CHECK_EQ(status(0), VIRTIO_BLK_S_OK);
	CHECK_EQ(contents[5 * 512 + 1023], 0x5a);
	destroy();
}

TEST("a request longer than a buffer goes in several transfers")
{
	create();
	for (size_t i = 0; i < sizeof(contents); i++)
		contents[i] = (uint8_t)(i * 7 + (i >> 9));
	request(0, VIRTIO_BLK_T_IN, 1, 150 * 512);
	notify();
	CHECK_EQ(count, 1);
	finish(0, 0);
	CHECK_EQ(used_idx(), 0);
	CHECK_EQ(count, 1);
	finish(0, 0);
	CHECK_EQ(used_idx(), 1);
	CHECK_EQ(status(0), VIRTIO_BLK_S_OK);
	for (size_t i = 0; i < 150 * 512; i++)
		CHECK_EQ(*(uint8_t *)at(BUFFER(0) + i), contents[512 + i]);
	destroy();
}

TEST("a flush goes to the disk, and an error of the disk is an I/O error")
{
	create();
	request(0, VIRTIO_BLK_T_FLUSH, 0, 0);
	notify();
	CHECK_EQ(used_idx(), 0);
	finish(0, 0);
	CHECK_EQ(status(0), VIRTIO_BLK_S_OK);
	CHECK_EQ(flushes, 1);
	request(1, VIRTIO_BLK_T_IN, 0, 80 * 512 * 2);
	notify();
	finish(0, -EIO);
	CHECK_EQ(status(1), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(count, 0);
	request(2, VIRTIO_BLK_T_DISCARD, 0, 16);
	notify();
	CHECK_EQ(status(2), VIRTIO_BLK_S_UNSUPP);
	CHECK(virtio_blk_is_idle(&blk));
	destroy();
}

TEST("after a reset nothing of the old requests reaches the guest, and their slots come back")
{
	create();
	for (unsigned n = 0; n < 5; n++)
		request(n, VIRTIO_BLK_T_IN, n, 512);
	notify();
	CHECK_EQ(count, SLOTS);
	driver_start(&blk.virtio, 0, 32);
	memset(at(Q_AVAIL), 0, 4);
	memset(at(Q_USED), 0, 300);
	memset(at(BUFFER(0)), 0x77, 512);
	request(5, VIRTIO_BLK_T_IN, 1, 512);
	notify();
	CHECK_EQ(count, SLOTS);
	CHECK(!virtio_blk_is_idle(&blk));
	/* The old ones could still change what the new one is about: it waits for all of them. */
	for (unsigned left = SLOTS; left > 1; left--) {
		finish(0, 0);
		CHECK_EQ(count, left - 1);
	}
	finish(0, 0);
	CHECK_EQ(count, 1);
	finish(0, 0);
	CHECK_EQ(count, 0);
	CHECK_EQ(used_idx(), 1);
	CHECK_EQ(used_id(0), 15);
	CHECK_EQ(status(0), 0xee);
	CHECK_EQ(*(uint8_t *)at(BUFFER(0)), 0x77);
	CHECK(virtio_blk_is_idle(&blk));
	destroy();
}

TEST("what a driver that has not taken FLUSH writes is on the disk when the request ends")
{
	create();
	driver_start(&blk.virtio, 0, 32);
	request(0, VIRTIO_BLK_T_OUT, 0, 200 * 512);
	notify();
	finish(0, 0);
	finish(0, 0);
	CHECK_EQ(flushes, 0);
	CHECK_EQ(used_idx(), 0);
	finish(0, 0);
	CHECK_EQ(flushes, 1);
	CHECK_EQ(used_idx(), 1);
	CHECK_EQ(status(0), VIRTIO_BLK_S_OK);
	/* Neither reads nor what has failed; and a flush that fails is an error of the write. */
	request(1, VIRTIO_BLK_T_IN, 0, 512);
	request(2, VIRTIO_BLK_T_OUT, 0, 512);
	request(3, VIRTIO_BLK_T_OUT, 0, 512);
	notify();
	CHECK_EQ(count, 3);
	finish(0, 0);
	finish(0, -EIO);
	CHECK_EQ(used_idx(), 3);
	finish(0, 0);
	finish(0, -EIO);
	CHECK_EQ(used_idx(), 4);
	CHECK_EQ(status(1), VIRTIO_BLK_S_OK);
	CHECK_EQ(status(2), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(status(3), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(flushes, 2);
	destroy();
}

/* A driver on another hart: as soon as a request is given back there is another one. */
static bool refill;
static unsigned served;

static void *hostile_map(void *arg, uint64_t gpa, size_t size, size_t *got)
{
	if (refill && gpa == STATUS(1) && size == 1 && get16(Q_USED + VIRTQ_USED_IDX) != served) {
		served = get16(Q_USED + VIRTQ_USED_IDX);
		offer(3);
	}
	return ram_map(arg, gpa, size, got);
}

TEST("at the end of a transfer the work is bounded, and what is left goes on all the same")
{
	const struct virtqueue_memory memory = { .map = hostile_map };
	unsigned before, turns = 0;

	create();
	virtio_blk_init(&blk, &disk, "host", slots, SLOTS, &memory, on_interrupt, NULL);
	driver_start(&blk.virtio, VIRTIO_BLK_F_FLUSH, 32);
	for (unsigned n = 0; n < SLOTS; n++) {
		request(n == 0 ? 0 : 2 + n, VIRTIO_BLK_T_IN, n, 512);
	}
	notify();
	CHECK_EQ(count, SLOTS);
	request(1, VIRTIO_BLK_T_GET_ID, 0, 0);
	served = used_idx();
	refill = true;
	before = used_idx();
	finish(0, 0);
	CHECK(used_idx() - before < 64);
	/* The disk is asked to call back as long as there is something to do. */
	for (; turns < 50; turns++) {
		before = used_idx();
		CHECK(count > 0);
		finish(0, 0);
		CHECK(used_idx() - before < 64);
	}
	CHECK(used_idx() > 200);
	refill = false;
	while (count > 0)
		finish(0, 0);
	CHECK_EQ(used_idx(), q_avail_idx);
	CHECK(virtio_blk_is_idle(&blk));
	CHECK_EQ(get16(Q_USED + VIRTQ_USED_FLAGS), 0);
	destroy();
}

TEST("after the VM's end a transfer touches no guest memory")
{
	create();
	request(0, VIRTIO_BLK_T_IN, 0, 512);
	notify();
	virtio_stop(&blk.virtio);
	ram_free();
	finish(0, 0);
	CHECK(virtio_blk_is_idle(&blk));
	destroy();
}
