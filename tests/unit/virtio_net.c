/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network, console and entropy devices: VIRTIO 1.2, sections 5.1, 5.3 and 5.4.
 * SOURCES: hypervisor/vdev/virtio_net.c hypervisor/vdev/vswitch.c
 * SOURCES: hypervisor/vdev/virtio_console.c hypervisor/vdev/virtio_rng.c
 * SOURCES: hypervisor/vdev/virtio_mmio.c hypervisor/vdev/virtqueue.c hypervisor/lib/sha256.c
 * SOURCES: hypervisor/vdev/virtqueue_chain.c
 */
#include "test.h"

#include "vdev/virtio_console.h"
#include "vdev/virtio_net.h"
#include "vdev/virtio_rng.h"
#include "virtio_driver.h"

/* Device n's queue q is in piece 2n + q; buffers begin at piece 8. */
#define SIZE		8U
#define QUEUE(n, q)	(RAM_BASE + RAM_PIECE * (2 * (n) + (q)))
#define BUF(i)		(RAM_BASE + 8 * RAM_PIECE + 0x800UL * (i))

static struct vswitch sw;
static struct virtio_net nets[2];
static bool lines[2];
static uint16_t avail_of[2][2];

static void on_interrupt(void *arg, bool level)
{
	*(bool *)arg = level;
}

static uint64_t now(void)
{
	static uint64_t ticks;

	return ++ticks;
}

static void start_with(struct virtio *dev, unsigned n, uint64_t features)
{
	reg_write(dev, VIRTIO_MMIO_STATUS, 0);
	choose_features(dev, VIRTIO_F_VERSION_1 | features);
	reg_write(dev, VIRTIO_MMIO_STATUS, 0xb);
	for (unsigned q = 0; q < 2; q++) {
		set_queue(dev, q, SIZE, QUEUE(n, q));
		avail_of[n][q] = 0;
	}
	reg_write(dev, VIRTIO_MMIO_STATUS, 0xf);
}

static void start(struct virtio *dev, unsigned n)
{
	start_with(dev, n, 0);
}

static void create(void)
{
	ram_create();
	vswitch_init(&sw, 1000);
	for (unsigned n = 0; n < 2; n++) {
		uint8_t mac[6] = { 2, 0, 0, 0, 0, (uint8_t)(n + 1) };

		lines[n] = false;
		CHECK_EQ(virtio_net_init(&nets[n], &sw, mac, now, &ram, on_interrupt, &lines[n]),
			 0);
		start(&nets[n].virtio, n);
	}
}

static void put_avail(unsigned n, unsigned q, uint16_t head)
{
	uint64_t avail = QUEUE(n, q) + 0x1000;

	put16(avail + VIRTQ_AVAIL_RING + 2 * (avail_of[n][q] % SIZE), head);
	put16(avail + VIRTQ_AVAIL_IDX, ++avail_of[n][q]);
}

static uint16_t used_of(unsigned n, unsigned q)
{
	return get16(QUEUE(n, q) + 0x2000 + VIRTQ_USED_IDX);
}

static void offer_rx(unsigned n, uint16_t head, uint64_t gpa, uint32_t size)
{
	put_desc(QUEUE(n, VIRTIO_NET_RX), head, gpa, size, VIRTQ_DESC_F_WRITE, 0);
	put_avail(n, VIRTIO_NET_RX, head);
}

/* Send a frame of size bytes from device n to the other, in pieces of `cut` bytes each. */
static void send(unsigned n, uint32_t size, uint32_t cut)
{
	uint64_t table = QUEUE(n, VIRTIO_NET_TX), at_gpa = BUF(0);
	uint32_t left = size + 12;
	uint16_t d = 0;

	memset(at(BUF(0)), 0, 12);
	for (uint32_t i = 0; i < size; i++)
		*(uint8_t *)at(BUF(0) + 12 + i) = (uint8_t)(i * 3 + 1);
	for (unsigned i = 0; i < 12; i++)
		*(uint8_t *)at(BUF(0) + 12 + i) = i % 6 ? 0 : 2;
	*(uint8_t *)at(BUF(0) + 12 + 5) = (uint8_t)(2 - n);
	*(uint8_t *)at(BUF(0) + 12 + 11) = (uint8_t)(n + 1);
	while (left > 0) {
		uint32_t piece = MIN(left, d == SIZE - 1 ? left : cut);

		left -= piece;
		put_desc(table, d, at_gpa, piece, left ? VIRTQ_DESC_F_NEXT : 0,
			 (uint16_t)(d + 1));
		at_gpa += piece;
		d++;
	}
	put_avail(n, VIRTIO_NET_TX, 0);
	CHECK_EQ(virtio_write(&nets[n].virtio, VIRTIO_MMIO_QUEUE_NOTIFY, 4, VIRTIO_NET_TX), 0);
}

TEST("a frame reaches the other device behind a header, however it was cut")
{
	static const uint32_t cuts[] = { 2000, 12, 1, 13, 26, 100 };

	for (size_t c = 0; c < sizeof(cuts) / sizeof(cuts[0]); c++) {
		create();
		offer_rx(1, 3, BUF(4), 2048);
		send(0, 1514, cuts[c]);
		CHECK_EQ(used_of(0, VIRTIO_NET_TX), 1);
		CHECK_EQ(used_of(1, VIRTIO_NET_RX), 1);
		CHECK_EQ(get32(QUEUE(1, 0) + 0x2004), 3);
		CHECK_EQ(get32(QUEUE(1, 0) + 0x2008), 1526);
		CHECK_EQ(get16(BUF(4) + 10), 1);
		for (unsigned i = 0; i < 1514; i++)
			CHECK_EQ(*(uint8_t *)at(BUF(4) + 12 + i), *(uint8_t *)at(BUF(0) + 12 + i));
		CHECK(lines[0] && lines[1]);
		ram_free();
	}
}

TEST("a receiver without buffer, or with one too short, loses the frame and keeps the buffer")
{
	create();
	send(0, 60, 2000);
	CHECK_EQ(used_of(0, VIRTIO_NET_TX), 1);
	CHECK_EQ(nets[1].port.dropped, 1);
	offer_rx(1, 0, BUF(4), 71);
	send(0, 60, 2000);
	CHECK_EQ(nets[1].port.dropped, 2);
	CHECK_EQ(used_of(1, VIRTIO_NET_RX), 0);
	/* The buffer is still the first to be used. */
	send(0, 59, 2000);
	CHECK_EQ(used_of(1, VIRTIO_NET_RX), 1);
	ram_free();
}

TEST("what is no frame is given back and goes nowhere")
{
	create();
	offer_rx(1, 0, BUF(4), 2048);
	send(0, 13, 2000);
	CHECK_EQ(used_of(0, VIRTIO_NET_TX), 1);
	send(0, 1519, 2000);
	CHECK_EQ(used_of(0, VIRTIO_NET_TX), 2);
	CHECK_EQ(used_of(1, VIRTIO_NET_RX), 0);
	CHECK(virtio_is_live(&nets[0].virtio));
	put_desc(QUEUE(0, VIRTIO_NET_TX), 0, BUF(0), 0, 0, 0);
	put_avail(0, VIRTIO_NET_TX, 0);
	CHECK_EQ(virtio_write(&nets[0].virtio, VIRTIO_MMIO_QUEUE_NOTIFY, 4, VIRTIO_NET_TX), 0);
	CHECK_EQ(used_of(0, VIRTIO_NET_TX), 3);
	ram_free();
}

TEST("a receiver whose ring is bad needs a reset; the sender goes on")
{
	create();
	offer_rx(1, 0, RAM_BASE - 4096, 2048);
	send(0, 60, 2000);
	CHECK_EQ(used_of(0, VIRTIO_NET_TX), 1);
	CHECK(virtio_is_live(&nets[0].virtio));
	CHECK(!virtio_is_live(&nets[1].virtio));
	CHECK(lines[1]);
	send(0, 60, 2000);
	CHECK_EQ(used_of(0, VIRTIO_NET_TX), 2);
	ram_free();
}

TEST("nothing is written for a device that was stopped or not started")
{
	create();
	offer_rx(1, 0, BUF(4), 2048);
	virtio_stop(&nets[1].virtio);
	send(0, 60, 2000);
	CHECK_EQ(used_of(1, VIRTIO_NET_RX), 0);
	virtio_net_fini(&nets[1]);
	send(0, 60, 2000);
	CHECK_EQ(used_of(0, VIRTIO_NET_TX), 2);
	ram_free();
}

TEST("a sender's work is bounded: many frames need more than one notification")
{
	uint64_t avail = QUEUE(0, VIRTIO_NET_TX) + 0x1000;
	unsigned times = 1;

	create();
	reg_write(&nets[0].virtio, VIRTIO_MMIO_QUEUE_SEL, VIRTIO_NET_TX);
	reg_write(&nets[0].virtio, VIRTIO_MMIO_QUEUE_READY, 0);
	set_queue(&nets[0].virtio, VIRTIO_NET_TX, 64, QUEUE(0, VIRTIO_NET_TX));
	for (uint16_t d = 0; d < 64; d++) {
		put_desc(QUEUE(0, VIRTIO_NET_TX), d, BUF(0), 1526, 0, 0);
		put16(avail + VIRTQ_AVAIL_RING + 2UL * d, d);
	}
	put16(avail + VIRTQ_AVAIL_IDX, 64);
	while (virtio_write(&nets[0].virtio, VIRTIO_MMIO_QUEUE_NOTIFY, 4, VIRTIO_NET_TX) ==
	       -EAGAIN)
		times++;
	CHECK(times > 1);
	CHECK_EQ(used_of(0, VIRTIO_NET_TX), 64);
	ram_free();
}

static bool on_copy(struct vswitch_port *port, const struct vswitch_frame *frame)
{
	(void)port;
	(void)frame;
	return true;
}

static void on_flush(struct vswitch_port *port)
{
	(void)port;
}

TEST("a frame to everybody costs its sender as much as it has receivers")
{
	static const struct vswitch_port_ops ops = { .receive = on_copy, .flush = on_flush };
	static struct vswitch_port others[100];
	uint64_t avail = QUEUE(0, VIRTIO_NET_TX) + 0x1000;
	unsigned times = 1;

	create();
	for (unsigned i = 0; i < 100; i++)
		CHECK_EQ(vswitch_add_port(&sw, &others[i], &ops, 0), 0);
	for (uint16_t d = 0; d < SIZE; d++) {
		put_desc(QUEUE(0, VIRTIO_NET_TX), d, BUF(0), 1526, 0, 0);
		put16(avail + VIRTQ_AVAIL_RING + 2UL * d, d);
	}
	memset(at(BUF(0)), 0xff, 18);
	memcpy(at(BUF(0) + 18), nets[0].config.mac, 6);
	put16(avail + VIRTQ_AVAIL_IDX, SIZE);
	while (virtio_write(&nets[0].virtio, VIRTIO_MMIO_QUEUE_NOTIFY, 4, VIRTIO_NET_TX) ==
	       -EAGAIN)
		times++;
	CHECK_EQ(others[99].received, SIZE);
	CHECK(times >= SIZE);
	ram_free();
}

/* ---- Console ---- */

static struct virtio_console console;
static char sent[8192], input[64];
static size_t sent_size, input_size, send_room;

static size_t on_send(void *arg, const char *text, size_t size)
{
	CHECK(arg == &console);
	size = MIN(size, send_room);
	CHECK(sent_size + size <= sizeof(sent));
	memcpy(sent + sent_size, text, size);
	sent_size += size;
	/* The driver has other plans by now: nobody may look again. */
	memset(at(BUF(0)), '\n', 0x800);
	return size;
}

static size_t on_input(void *arg, char *text, size_t size)
{
	size = MIN(size, input_size);
	(void)arg;
	memcpy(text, input, size);
	input_size -= size;
	memmove(input, input + size, input_size);
	return size;
}

static const struct virtio_console_io io = { .send = on_send, .receive = on_input };

static void console_create(uint64_t features)
{
	ram_create();
	sent_size = input_size = 0;
	send_room = SIZE_MAX;
	lines[0] = false;
	virtio_console_init(&console, &io, &console, &ram, on_interrupt, &lines[0]);
	start_with(&console.virtio, 0, features);
}

TEST("what the driver writes to port 0 comes out, in bounded slices")
{
	unsigned times = 1;

	console_create(0);
	for (unsigned i = 0; i < 3000; i++)
		*(char *)at(BUF(1) + i) = (char)('a' + i % 26);
	put_desc(QUEUE(0, 1), 0, BUF(1), 1000, VIRTQ_DESC_F_NEXT, 1);
	put_desc(QUEUE(0, 1), 1, BUF(1) + 1000, 2000, 0, 0);
	put_avail(0, 1, 0);
	while (virtio_write(&console.virtio, VIRTIO_MMIO_QUEUE_NOTIFY, 4, 1) == -EAGAIN)
		times++;
	CHECK(times >= 3);
	CHECK_EQ(sent_size, 3000);
	CHECK_EQ(memcmp(sent, at(BUF(1)), 3000), 0);
	CHECK_EQ(used_of(0, 1), 1);
	CHECK(lines[0]);
	ram_free();
}

TEST("what there is no room for is sent when there is, by the same notification, and is a copy")
{
	console_create(0);
	memcpy(at(BUF(0)), "hello", 5);
	memcpy(at(BUF(1)), "world", 5);
	put_desc(QUEUE(0, 1), 0, BUF(0), 5, VIRTQ_DESC_F_NEXT, 1);
	put_desc(QUEUE(0, 1), 1, BUF(1), 5, 0, 0);
	put_avail(0, 1, 0);
	send_room = 0;
	for (int i = 0; i < 3; i++)
		CHECK_EQ(virtio_write(&console.virtio, VIRTIO_MMIO_QUEUE_NOTIFY, 4, 1), -EAGAIN);
	CHECK_EQ(sent_size, 0);
	memcpy(at(BUF(0)), "hello", 5);
	send_room = 7;
	CHECK_EQ(virtio_write(&console.virtio, VIRTIO_MMIO_QUEUE_NOTIFY, 4, 1), 0);
	CHECK_EQ(sent_size, 10);
	CHECK_EQ(memcmp(sent, "helloworld", 10), 0);
	CHECK_EQ(used_of(0, 1), 1);
	ram_free();
}

TEST("input waits for a buffer, and goes to a driver that listens only")
{
	console_create(0);
	memcpy(input, "hello", 5);
	input_size = 5;
	CHECK(virtio_console_input_ready(&console));
	CHECK_EQ(input_size, 5);
	put_desc(QUEUE(0, 0), 0, BUF(4), 3, VIRTQ_DESC_F_WRITE, 0);
	put_desc(QUEUE(0, 0), 1, BUF(5), 100, VIRTQ_DESC_F_WRITE, 0);
	put_avail(0, 0, 0);
	put_avail(0, 0, 1);
	reg_write(&console.virtio, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	CHECK_EQ(input_size, 0);
	CHECK_EQ(used_of(0, 0), 2);
	CHECK_EQ(memcmp(at(BUF(4)), "hel", 3), 0);
	CHECK_EQ(memcmp(at(BUF(5)), "lo", 2), 0);
	CHECK(lines[0]);
	reg_write(&console.virtio, VIRTIO_MMIO_STATUS, 0);
	CHECK(!virtio_console_input_ready(&console));
	ram_free();
}

/* Does a driver with event indices notify of a buffer it adds now (2.7.10.1)? */
static bool rx_is_notified(void)
{
	uint16_t event = get16(QUEUE(0, 0) + 0x2000 + VIRTQ_USED_RING + 8 * SIZE);

	return event == (uint16_t)(avail_of[0][0] - 1);
}

TEST("with event indices the buffer after the last one is asked for while input waits")
{
	console_create(VIRTIO_F_EVENT_IDX);
	put_desc(QUEUE(0, 0), 0, BUF(4), 1, VIRTQ_DESC_F_WRITE, 0);
	put_avail(0, 0, 0);
	CHECK(rx_is_notified());
	reg_write(&console.virtio, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	memcpy(input, "ab", 2);
	input_size = 2;
	CHECK(virtio_console_input_ready(&console));
	CHECK_EQ(used_of(0, 0), 1);
	CHECK_EQ(input_size, 1);
	put_avail(0, 0, 0);
	CHECK(rx_is_notified());
	reg_write(&console.virtio, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	CHECK_EQ(used_of(0, 0), 2);
	CHECK_EQ(input_size, 0);
	/* Now none waits; when some comes, it takes a buffer that is there without being asked. */
	put_avail(0, 0, 0);
	CHECK(rx_is_notified());
	ram_free();
}

/* ---- Entropy ---- */

static struct virtio_rng rng;

TEST("entropy fills buffers with bytes that do not repeat, at most 64 a request")
{
	static const uint8_t seed[VIRTIO_RNG_SEED_BYTES] = { 1 };
	uint8_t seen[3][64];

	ram_create();
	virtio_rng_init(&rng, seed, now, &ram, on_interrupt, &lines[0]);
	start(&rng.virtio, 0);
	for (unsigned i = 0; i < 3; i++) {
		put_desc(QUEUE(0, 0), 0, BUF(4), i < 2 ? 100 : 10, VIRTQ_DESC_F_WRITE, 0);
		memset(at(BUF(4)), 0, 100);
		put_avail(0, 0, 0);
		reg_write(&rng.virtio, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
		CHECK_EQ(used_of(0, 0), i + 1);
		CHECK_EQ(get32(QUEUE(0, 0) + 0x2008 + 8 * i), i < 2 ? 64 : 10);
		memcpy(seen[i], at(BUF(4)), 64);
		for (unsigned b = i < 2 ? 64 : 10; b < 100; b++)
			CHECK_EQ(*(uint8_t *)at(BUF(4) + b), 0);
	}
	CHECK(memcmp(seen[0], seen[1], 64) != 0);
	CHECK(memcmp(seen[0], seen[0] + 32, 32) != 0);
	CHECK(memcmp(seen[1], seen[2], 10) != 0);
	ram_free();
}
