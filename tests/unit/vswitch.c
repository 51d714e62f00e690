/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The switch: IEEE 802.1D, 7.8 and 7.9, and what a port may not do to the others.
 * SOURCES: hypervisor/vdev/vswitch.c
 */
#include "test.h"

#include "lib/errno.h"
#include "vdev/vswitch.h"

#define HZ	1000UL
#define PORTS	4

static struct vswitch sw;
static struct vswitch_port ports[PORTS];
static unsigned got[PORTS], flushed[PORTS];
static bool full[PORTS];

static bool on_receive(struct vswitch_port *port, const struct vswitch_frame *frame)
{
	CHECK_EQ(frame->size, 60);
	if (full[port - ports])
		return false;
	got[port - ports]++;
	return true;
}

static void on_flush(struct vswitch_port *port)
{
	flushed[port - ports]++;
}

static const struct vswitch_port_ops ops = { .receive = on_receive, .flush = on_flush };

/* Ports 0..2 have the addresses 0x0200000000A0 and on; the last one has none, as an uplink. */
static void create(void)
{
	vswitch_init(&sw, HZ);
	memset(full, 0, sizeof(full));
	for (unsigned i = 0; i < PORTS; i++)
		CHECK_EQ(vswitch_add_port(&sw, &ports[i], &ops,
					  i < 3 ? 0x0200000000a0 + i : 0), 0);
}

/* Send; who got it, a bit for each port. */
static unsigned send(unsigned from, uint64_t from_mac, uint64_t to_mac, uint64_t now)
{
	struct vswitch_frame frame = { .size = 60, .count = 1 };
	unsigned who = 0, told;

	memset(got, 0, sizeof(got));
	for (int i = 0; i < 6; i++) {
		frame.header[i] = (uint8_t)(to_mac >> (40 - 8 * i));
		frame.header[6 + i] = (uint8_t)(from_mac >> (40 - 8 * i));
	}
	told = vswitch_forward(&sw, &ports[from], &frame, now);
	for (unsigned i = 0; i < PORTS; i++) {
		CHECK(got[i] <= 1);
		who |= got[i] << i;
	}
	/* Nobody is full here but where that is what is tested. */
	CHECK(full[2] || told == (unsigned)__builtin_popcount(who));
	return who;
}

#define A		0x0200000000a0UL
#define B		0x0200000000a1UL
#define FAR		0x525400123456UL
#define BROADCAST	0xffffffffffffUL

TEST("a frame goes to the port whose address it names, and to no other")
{
	create();
	CHECK_EQ(send(0, A, B, 0), 1 << 1);
	CHECK_EQ(send(1, B, A, 0), 1 << 0);
	CHECK_EQ(send(0, A, A, 0), 0);
}

TEST("broadcast and multicast go to all other ports")
{
	create();
	CHECK_EQ(send(0, A, BROADCAST, 0), 0xe);
	CHECK_EQ(send(1, B, 0x333300000001, 0), 0xd);
	CHECK_EQ(send(3, FAR, BROADCAST, 0), 0x7);
}

TEST("an unknown address is the world's, from there anybody's, and without a world anybody's")
{
	create();
	CHECK_EQ(send(0, A, FAR, 0), 1 << 3);
	CHECK_EQ(send(3, FAR, A + 0x10000, 0), 0x7);
	vswitch_remove_port(&sw, &ports[3]);
	CHECK_EQ(send(0, A, FAR + 1, 0), 0x6);
	CHECK_EQ(vswitch_add_port(&sw, &ports[3], &ops, 0), 0);
	CHECK_EQ(send(0, A, FAR + 1, 0), 1 << 3);
}

TEST("whatever a port has others say, it gets nothing that is for the world")
{
	create();
	for (uint64_t n = 0; n < 10000; n++)
		send(3, 0x060000000000 + 0x101 * n, B, 1);
	for (uint64_t n = 0; n < 10000; n++)
		CHECK_EQ(send(0, A, 0x060000000000 + 0x101 * n, 2), 1 << 3);
}

TEST("an address is learned from what its port sends, forgotten in time, and then learned anew")
{
	create();
	CHECK_EQ(send(3, FAR, A, 0), 1 << 0);
	CHECK_EQ(send(0, A, FAR, 1), 1 << 3);
	CHECK_EQ(send(3, A + 0x10000, FAR, 1), 0);
	CHECK_EQ(send(0, A, FAR, VSWITCH_AGE_SECONDS * HZ - 1), 1 << 3);
	CHECK_EQ(send(1, FAR, A, VSWITCH_AGE_SECONDS * HZ), 1 << 0);
	CHECK_EQ(send(0, A, FAR, VSWITCH_AGE_SECONDS * HZ), 1 << 1);
	CHECK_EQ(send(0, A, FAR, 2 * VSWITCH_AGE_SECONDS * HZ), 1 << 3);
}

TEST("a port takes over no address that is fresh elsewhere, but the way to the world does")
{
	create();
	CHECK_EQ(send(3, FAR, A, 0), 1 << 0);
	/* Somebody says to be the gateway. */
	CHECK_EQ(send(1, FAR, A, 1), 1 << 0);
	CHECK_EQ(send(0, A, FAR, 2), 1 << 3);
	CHECK_EQ(send(2, FAR + 1, A, 3), 1 << 0);
	CHECK_EQ(send(1, FAR + 1, A, 4), 1 << 0);
	CHECK_EQ(send(0, A, FAR + 1, 5), 1 << 2);
	/* Even before the gateway itself has spoken. */
	CHECK_EQ(send(3, FAR + 1, A, 6), 1 << 0);
	CHECK_EQ(send(0, A, FAR + 1, 7), 1 << 3);
	CHECK_EQ(ports[2].learned, 0);
}

TEST("a port cannot send in the name of another, nor from no or a group address")
{
	create();
	CHECK_EQ(send(0, B, BROADCAST, 0), 0);
	CHECK_EQ(send(3, A, BROADCAST, 0), 0);
	CHECK_EQ(send(0, BROADCAST, B, 0), 0);
	CHECK_EQ(send(0, 0, B, 0), 0);
	CHECK_EQ(send(2, A + 2, B, 0), 1 << 1);
}

TEST("a port that invents addresses does not push out what others have learned")
{
	unsigned floods = 0;

	create();
	CHECK_EQ(send(3, FAR, A, 0), 1);
	for (uint64_t n = 0; n < 100000; n++)
		send(1, 0x020000000000 + 0x101 * n, A, 1);
	CHECK_EQ(ports[1].learned, VSWITCH_LEARNED_MAX);
	CHECK_EQ(send(0, A, FAR, 2), 1 << 3);
	/* Later its share is free again. */
	for (uint64_t n = 1; n <= 32; n++)
		send(1, 0x060000000000 + n, A, 400 * HZ);
	for (uint64_t n = 1; n <= 32; n++)
		floods += send(0, A, 0x060000000000 + n, 400 * HZ) != 1 << 1;
	CHECK(floods <= 1);
	CHECK(ports[1].learned <= VSWITCH_LEARNED_MAX);
}

TEST("the table's counts are right after any traffic")
{
	uint64_t random = 7;

	create();
	for (int n = 0; n < 200000; n++) {
		uint64_t r = test_random(&random);

		send(r & 3, (r >> 8 & 0xfeffffUL) << 20 | (r >> 40 & 0x1f), A, (uint64_t)n * 10);
	}
	for (unsigned i = 0; i < PORTS; i++) {
		unsigned count = 0;

		for (unsigned e = 0; e < VSWITCH_TABLE; e++)
			count += sw.table[e].port == &ports[i];
		CHECK_EQ(ports[i].learned, count);
	}
	vswitch_remove_port(&sw, &ports[3]);
	for (unsigned e = 0; e < VSWITCH_TABLE; e++)
		CHECK(sw.table[e].port != &ports[3]);
}

#define MANY		2000U

static bool on_any(struct vswitch_port *port, const struct vswitch_frame *frame)
{
	(void)port;
	(void)frame;
	return true;
}

static void on_any_flush(struct vswitch_port *port)
{
	port->dropped++;
}

TEST("of thousands of ports each is found by its address, and none that has gone")
{
	static const struct vswitch_port_ops any = { .receive = on_any, .flush = on_any_flush };
	static struct vswitch_port many[MANY], extra;

	vswitch_init(&sw, HZ);
	for (unsigned i = 0; i < MANY; i++)
		CHECK_EQ(vswitch_add_port(&sw, &many[i], &any, A + 0x10001UL * i), 0);
	for (unsigned i = 0; i < MANY; i++) {
		struct vswitch_frame frame = { .size = 60 };
		uint64_t to = A + 0x10001UL * i, from = A + 0x10001UL * (i ? 0 : 1);

		for (int b = 0; b < 6; b++) {
			frame.header[b] = (uint8_t)(to >> (40 - 8 * b));
			frame.header[6 + b] = (uint8_t)(from >> (40 - 8 * b));
		}
		CHECK_EQ(vswitch_forward(&sw, &many[i ? 0 : 1], &frame, 0), 1);
		CHECK_EQ(many[i].received, 1);
	}
	/* One that goes before the flush is not told any more. */
	for (unsigned i = 0; i < MANY; i += 3)
		vswitch_remove_port(&sw, &many[i]);
	vswitch_flush(&sw);
	for (unsigned i = 0; i < MANY; i++) {
		int err = vswitch_add_port(&sw, &extra, &any, A + 0x10001UL * i);

		CHECK_EQ(many[i].dropped, i % 3 != 0);
		CHECK_EQ(err, i % 3 == 0 ? 0 : -EEXIST);
		if (err == 0)
			vswitch_remove_port(&sw, &extra);
	}
}

TEST("two ports cannot have one address")
{
	struct vswitch_port other;

	create();
	CHECK_EQ(vswitch_add_port(&sw, &other, &ops, A), -EEXIST);
	CHECK_EQ(send(1, A + 1, A, 0), 1);
	CHECK(sw.last == &ports[0]);
	vswitch_remove_port(&sw, &ports[0]);
	CHECK(sw.last == NULL);
	CHECK_EQ(vswitch_add_port(&sw, &other, &ops, A), 0);
}

TEST("a flush reaches the ports that received, once")
{
	create();
	memset(flushed, 0, sizeof(flushed));
	full[2] = true;
	send(0, A, BROADCAST, 0);
	send(0, A, BROADCAST, 0);
	vswitch_flush(&sw);
	vswitch_flush(&sw);
	CHECK_EQ(flushed[0], 0);
	CHECK_EQ(flushed[1], 1);
	CHECK_EQ(flushed[2], 0);
	CHECK_EQ(ports[2].dropped, 2);
	CHECK_EQ(ports[1].received, 2);
}
