/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No buffer and no used entry waits for a notification or an interrupt that never comes, whatever
 * driver, device and the other end do in which order. VIRTIO 1.2, sections 2.7.7, 2.7.10, 2.7.13.
 * SOURCES: hypervisor/vdev/virtio_blk.c hypervisor/vdev/virtio_net.c hypervisor/vdev/vswitch.c
 * SOURCES: hypervisor/vdev/virtio_console.c hypervisor/vdev/virtio_rng.c
 * SOURCES: hypervisor/vdev/virtio_mmio.c hypervisor/vdev/virtqueue.c hypervisor/lib/sha256.c
 * SOURCES: hypervisor/vdev/virtqueue_chain.c
 */
#include "test.h"

#include "vdev/virtio_blk.h"
#include "vdev/virtio_console.h"
#include "vdev/virtio_net.h"
#include "vdev/virtio_rng.h"
#include "virtio_quiet_driver.h"

#define ROUNDS		1000U

static void fill_in(unsigned q, unsigned chain)
{
	desc_put(drivers[q].desc + 16 * chain, BUF(q, chain), 1, VIRTQ_DESC_F_WRITE, 0);
}

static void fill_out(unsigned q, unsigned chain)
{
	desc_put(drivers[q].desc + 16 * chain, BUF(q, chain), 1 + pick(100), 0, 0);
}

static struct virtio_console console;

static size_t console_send(void *arg, const char *text, size_t size)
{
	(void)arg, (void)text;
	/* There may be less room, or none. */
	return pick(2) ? size : pick((unsigned)size + 1);
}

static size_t console_receive(void *arg, char *text, size_t size)
{
	unsigned got = MIN((unsigned)size, waits);

	(void)arg;
	memset(text, 'x', got);
	waits -= got;
	return got;
}

static void console_arrive(unsigned count)
{
	waits += count;
	told = false;
}

static void console_tell(void)
{
	told = true;
	virtio_console_input_ready(&console);
}

TEST("a console: input goes into buffers as long as there are any, and output comes back")
{
	static const struct virtio_console_io io = { .send = console_send,
						     .receive = console_receive };

	for (unsigned round = 0; round < ROUNDS; round++) {
		create(fill_in, fill_out);
		virtio_console_init(&console, &io, NULL, &memory, on_interrupt, NULL);
		dev = &console.virtio;
		arrive = console_arrive;
		tell = console_tell;
		run(2);
		all_came_back(1);
		if (waits != 0)
			all_came_back(0);
		for (unsigned more = 1000; waits != 0 && more > 0; more--) {
			add(0);
			settle();
		}
		CHECK_EQ(waits, 0);
	}
	ram_free();
}

TEST("an entropy device: every buffer comes back")
{
	static const uint8_t secret[VIRTIO_RNG_SEED_BYTES];
	static struct virtio_rng rng;

	for (unsigned round = 0; round < ROUNDS; round++) {
		create(fill_in, NULL);
		virtio_rng_init(&rng, secret, now, &memory, on_interrupt, NULL);
		dev = &rng.virtio;
		run(1);
		all_came_back(0);
	}
	ram_free();
}

/* A request is in an indirect table: header, a sector, status. */
static void fill_block(unsigned q, unsigned chain)
{
	uint64_t table = BUF(q, chain);
	bool in = pick(2);
	struct virtio_blk_header header = { in ? VIRTIO_BLK_T_IN : VIRTIO_BLK_T_OUT, 0, 1 };

	desc_put(drivers[q].desc + 16 * chain, table, 48, VIRTQ_DESC_F_INDIRECT, 0);
	desc_put(table, table + 64, 16, VIRTQ_DESC_F_NEXT, 1);
	desc_put(table + 16, table + 256, 512,
		 (uint16_t)(VIRTQ_DESC_F_NEXT | (in ? VIRTQ_DESC_F_WRITE : 0)), 2);
	desc_put(table + 32, table + 96, 1, VIRTQ_DESC_F_WRITE, 0);
	put(table + 64, &header, sizeof(header));
}

#define SLOTS	3U

static struct virtio_blk blk;
static struct virtio_blk_request slots[SLOTS];
static uint8_t bounce[SLOTS][VIRTIO_BLK_BOUNCE_BYTES];
static struct disk_transfer *under_way[SLOTS];

static int disk_read(struct disk *disk, uint64_t offset, void *to, size_t size)
{
	(void)disk, (void)offset;
	memset(to, 0, size);
	return 0;
}

static int disk_write(struct disk *disk, uint64_t offset, const void *from, size_t size)
{
	(void)disk, (void)offset, (void)from, (void)size;
	return 0;
}

static void disk_start(struct disk *disk, struct disk_transfer *transfer)
{
	(void)disk;
	CHECK(waits < SLOTS);
	under_way[waits++] = transfer;
	told = false;
}

/* One of the transfers is done. */
static void disk_tell(void)
{
	unsigned n = pick(waits);
	struct disk_transfer *transfer = under_way[n];

	under_way[n] = under_way[--waits];
	told = waits == 0;
	virtio_blk_done(&blk, container_of(transfer, struct virtio_blk_request, transfer),
			pick(8) == 0 ? -EIO : 0);
}

static void test_disk(struct disk *disk, unsigned slot_count)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		create(fill_block, NULL);
		memset(slots, 0, sizeof(slots));
		for (unsigned i = 0; i < SLOTS; i++)
			slots[i].transfer.buffer = bounce[i];
		virtio_blk_init(&blk, disk, "disk", slots, slot_count, &memory, on_interrupt,
				NULL);
		dev = &blk.virtio;
		tell = disk_tell;
		run(1);
		all_came_back(0);
	}
	ram_free();
}

TEST("a disk in memory: every request comes back")
{
	static const struct disk_ops ops = { .read = disk_read, .write = disk_write };
	static struct disk disk = { .ops = &ops, .sectors = 8 };

	test_disk(&disk, 1);
}

TEST("a disk of the host: every request comes back, also after a reset with some under way")
{
	static const struct disk_ops ops = { .start = disk_start };
	static struct disk disk = { .ops = &ops, .sectors = 8, .flush = true };

	test_disk(&disk, SLOTS);
}

static struct vswitch sw;
static struct vswitch_port world;
static struct vswitch_frame frame = { .size = 64, .count = 2 };

static bool world_receive(struct vswitch_port *port, const struct vswitch_frame *from)
{
	(void)port, (void)from;
	return true;
}

static void world_flush(struct vswitch_port *port)
{
	(void)port;
}

static void net_fill_in(unsigned q, unsigned chain)
{
	desc_put(drivers[q].desc + 16 * chain, BUF(q, chain), 100, VIRTQ_DESC_F_WRITE, 0);
}

static void net_fill_out(unsigned q, unsigned chain)
{
	static const uint8_t head[12 + 12] = { [12] = 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1 };

	put(BUF(q, chain), head, sizeof(head));
	desc_put(drivers[q].desc + 16 * chain, BUF(q, chain), 100, 0, 0);
}

static void net_arrive(unsigned count)
{
	waits += count;
	told = false;
}

/* Frames without a buffer are lost. */
static void net_tell(void)
{
	told = true;
	for (; waits > 0; waits--)
		vswitch_forward(&sw, &world, &frame, now());
	vswitch_flush(&sw);
}

TEST("a network device: what is sent comes back, and the driver is told of what it receives")
{
	static const struct vswitch_port_ops ops = { .receive = world_receive,
						     .flush = world_flush };
	static const uint8_t mac[] = { 2, 0, 0, 0, 0, 1 }, body[50];
	static struct virtio_net net;

	memcpy(frame.header, (const uint8_t[]){ 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9 }, 12);
	frame.pieces[0] = (struct vswitch_piece){ frame.header, VSWITCH_HEADER_BYTES };
	frame.pieces[1] = (struct vswitch_piece){ body, sizeof(body) };
	for (unsigned round = 0; round < ROUNDS; round++) {
		create(net_fill_in, net_fill_out);
		vswitch_init(&sw, 1000);
		CHECK_EQ(vswitch_add_port(&sw, &world, &ops, 0), 0);
		CHECK_EQ(virtio_net_init(&net, &sw, mac, now, &memory, on_interrupt, NULL), 0);
		dev = &net.virtio;
		arrive = net_arrive;
		tell = net_tell;
		run(2);
		all_came_back(1);
	}
	ram_free();
}
