/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames from outside: to whom the uplink gives them, and which VM pays for the hart's time.
 * vdev/uplink.h, vm/sched.h.
 * SOURCES: hypervisor/vdev/vswitch.c hypervisor/vdev/net_switch.c hypervisor/lib/string.c
 */
#include "fake_kalloc.h"
#include "hart/hart.h"
#include "test.h"
#include "vm/sched.h"

#define FRAME_BYTES	60U
#define COST_TICKS	10UL		/* of each frame that comes */
#define PORTS		2
#define FRAMES_LEFT	40U

static uint64_t clock_now;
#define time_now()	clock_now
#include "vdev/uplink.c"

uint64_t timebase_hz = 10000000;

static struct vm vms[PORTS];
static uint64_t charged[PORTS];
static struct vswitch_port ports[PORTS];
static unsigned got[PORTS], flushed[PORTS], released;
static struct host_net net;

/* What is to come, by the last byte of its destination; its own address differs from all. */
static const uint8_t *coming;
static unsigned coming_count;
static uint8_t frame[FRAME_BYTES];

uint64_t sched_charge(struct vm *vm, uint64_t begin)
{
	charged[vm - vms] += clock_now - begin;
	return clock_now;
}

void host_net_acknowledge(struct host_net *device)
{
	CHECK(device == &net);
}

const uint8_t *host_net_next(struct host_net *device, uint32_t *size)
{
	static const uint8_t world[] = { 0x02, 0, 0, 0, 0, 0xee };

	CHECK(device == &net);
	if (coming_count == 0)
		return NULL;
	clock_now += COST_TICKS;
	memset(frame, 0, sizeof(frame));
	memset(frame, *coming == 0xff ? 0xff : 0, VSWITCH_MAC_BYTES);
	if (*coming != 0xff) {
		frame[0] = 0x02;
		frame[5] = *coming;
	}
	memcpy(frame + VSWITCH_MAC_BYTES, world, sizeof(world));
	*size = FRAME_BYTES;
	return frame;
}

void host_net_release(struct host_net *device)
{
	CHECK(device == &net);
	released++;
	coming++;
	coming_count--;
}

void host_net_refill(struct host_net *device)
{
	CHECK(device == &net);
}

uint8_t *host_net_room(struct host_net *device)
{
	(void)device;
	return NULL;
}

void host_net_send(struct host_net *device, uint32_t size)
{
	(void)device;
	(void)size;
}

void host_net_flush(struct host_net *device)
{
	(void)device;
}

static bool on_receive(struct vswitch_port *port, const struct vswitch_frame *received)
{
	CHECK_EQ(received->size, FRAME_BYTES);
	got[port - ports]++;
	return true;
}

static void on_flush(struct vswitch_port *port)
{
	flushed[port - ports]++;
}

static const struct vswitch_port_ops ops = { .receive = on_receive, .flush = on_flush };

/* VM 0 has the address ...:a0, VM 1 ...:a1. The switch stays for all tests. */
static void set_up(void)
{
	if (uplink.at == NULL) {
		CHECK_EQ(uplink_create(&net), 0);
		for (unsigned i = 0; i < PORTS; i++) {
			CHECK_EQ(vswitch_add_port(&uplink.at->sw, &ports[i], &ops,
						  0x0200000000a0 + i), 0);
			ports[i].payer = &vms[i];
		}
	}
	memset(charged, 0, sizeof(charged));
	memset(got, 0, sizeof(got));
	memset(flushed, 0, sizeof(flushed));
	released = 0;
}

static void interrupt(const uint8_t *frames, unsigned count)
{
	coming = frames;
	coming_count = count;
	uplink_interrupt(&net);
}

TEST("a frame from outside is paid for by the VM that it is for")
{
	static const uint8_t frames[] = { 0xa0, 0xa1, 0xa1, 0xa0, 0xa1 };

	set_up();
	interrupt(frames, ARRAY_SIZE(frames));
	CHECK_EQ(got[0], 2);
	CHECK_EQ(got[1], 3);
	CHECK_EQ(charged[0], 2 * COST_TICKS);
	CHECK_EQ(charged[1], 3 * COST_TICKS);
	CHECK_EQ(flushed[0], 1);
	CHECK_EQ(flushed[1], 1);
}

TEST("a frame for all is nobody's, and what it cost is not the next one's")
{
	static const uint8_t frames[] = { 0xa0, 0xff, 0xff, 0xa1, 0x55 };

	set_up();
	interrupt(frames, ARRAY_SIZE(frames));
	CHECK_EQ(got[0], 1 + 2 + 1);
	CHECK_EQ(got[1], 2 + 1 + 1);
	CHECK_EQ(charged[0], COST_TICKS);
	CHECK_EQ(charged[1], COST_TICKS);
}

TEST("one interrupt serves as many frames as the ring holds at most")
{
	static uint8_t frames[FRAMES_LEFT];

	set_up();
	memset(frames, 0xa0, sizeof(frames));
	interrupt(frames, FRAMES_LEFT);
	CHECK_EQ(released, HOST_NET_QUEUE);
	CHECK_EQ(charged[0], HOST_NET_QUEUE * COST_TICKS);
	CHECK_EQ(coming_count, FRAMES_LEFT - HOST_NET_QUEUE);
}
