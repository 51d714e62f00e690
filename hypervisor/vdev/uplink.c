/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's network device as a port of a switch. There is one at most.
 */
#include "hart/hart.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "vdev/net_switch.h"
#include "vdev/uplink.h"
#include "vm/sched.h"

#define FRAMES_MAX	HOST_NET_QUEUE	/* with the switch's lock held */

static struct {
	struct net_switch *at;
	struct vswitch_port port;
	struct host_net *net;
} uplink;

/* A frame for the world outside. */
static bool uplink_receive(struct vswitch_port *port, const struct vswitch_frame *frame)
{
	uint8_t *to = host_net_room(uplink.net);

	(void)port;
	if (to == NULL || frame->size > HOST_NET_FRAME_MAX)
		return false;
	for (unsigned i = 0; i < frame->count; i++) {
		memcpy(to, frame->pieces[i].at, frame->pieces[i].size);
		to += frame->pieces[i].size;
	}
	host_net_send(uplink.net, frame->size);
	return true;
}

static void uplink_flush(struct vswitch_port *port)
{
	(void)port;
	host_net_flush(uplink.net);
}

static const struct vswitch_port_ops uplink_ops = {
	.receive = uplink_receive,
	.flush = uplink_flush,
};

int uplink_create(struct host_net *net)
{
	uplink.at = net_switch_get(NET_SWITCH_DEFAULT);
	if (uplink.at == NULL)
		return -ENOMEM;
	uplink.net = net;
	return vswitch_add_port(&uplink.at->sw, &uplink.port, &uplink_ops, 0);
}

/* A frame from outside. Return: whose it is, if it is one VM's; else NULL. */
static struct vm *forward(const uint8_t *data, uint32_t size)
{
	struct vswitch_frame frame = { .size = size, .count = 2 };

	if (size < VSWITCH_HEADER_BYTES || size > VSWITCH_FRAME_MAX)
		return NULL;
	memcpy(frame.header, data, VSWITCH_HEADER_BYTES);
	frame.pieces[0] = (struct vswitch_piece){ frame.header, VSWITCH_HEADER_BYTES };
	frame.pieces[1] = (struct vswitch_piece){ data + VSWITCH_HEADER_BYTES,
						  size - VSWITCH_HEADER_BYTES };
	if (vswitch_forward(&uplink.at->sw, &uplink.port, &frame, time_now()) != 1)
		return NULL;
	return uplink.at->sw.last->payer;
}

void uplink_interrupt(void *net)
{
	uint64_t begin = time_now();
	const uint8_t *data;
	uint32_t size;

	host_net_acknowledge(net);
	spin_lock(&uplink.at->lock);
	/*
	 * More than the ring holds cannot have been there when the interrupt was taken back: what
	 * comes later interrupts again.
	 */
	for (unsigned left = FRAMES_MAX; left > 0; left--) {
		struct vm *vm;

		data = host_net_next(net, &size);
		if (data == NULL)
			break;
		vm = forward(data, size);
		host_net_release(net);
		begin = vm != NULL ? sched_charge(vm, begin) : time_now();
	}
	host_net_refill(net);
	vswitch_flush(&uplink.at->sw);
	spin_unlock(&uplink.at->lock);
}
