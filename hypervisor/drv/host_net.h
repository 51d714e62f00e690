/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's virtio network device: frames out of and into buffers of the driver's own. Virtual I/O
 * Device (VIRTIO) Version 1.2, sections 2.7, 3.1, 4.2 and 5.1; MMIO transport, modern only.
 */
#ifndef DRV_HOST_NET_H
#define DRV_HOST_NET_H

#include <virtio/net.h>
#include <virtio/virtio.h>
#include "lib/types.h"

#define HOST_NET_QUEUE		32U
#define HOST_NET_BUFFER		2048U	/* header and frame */
#define HOST_NET_FRAME_MAX	1518U
#define HOST_NET_BYTES		(2 * HOST_NET_QUEUE * HOST_NET_BUFFER)

/* What driver and device share for one queue: entry i always has descriptor and buffer i. */
struct host_net_rings {
	struct virtq_desc desc[HOST_NET_QUEUE];
	struct {
		uint16_t flags, idx, ring[HOST_NET_QUEUE], used_event;
	} avail;
	struct {
		uint16_t flags, idx;
		struct {
			uint32_t id, len;
		} ring[HOST_NET_QUEUE];
		uint16_t avail_event;
	} used __attribute__((aligned(4)));
};
_Static_assert(2 * sizeof(struct host_net_rings) <= 4096, "one page");

/* Its user serialises all calls but the interrupt's acknowledgement. */
struct host_net {
	uint8_t *base;
	struct host_net_rings *rings;	/* of both queues */
	uint8_t *buffers;		/* HOST_NET_BYTES */
	uint16_t used_seen[2];
	uint16_t tx_free;		/* buffers that the device does not have */
};

/*
 * Start the device whose registers are mapped at base; a zeroed page for its rings and
 * HOST_NET_BYTES for its buffers. Return: 0; -ENODEV: no network device is there; -EINVAL: it is a
 * legacy one, or does not agree.
 */
int host_net_init(struct host_net *net, void *base, void *page, void *buffers);
/* The place of the next frame to be sent, HOST_NET_FRAME_MAX bytes; NULL: all are on their way. */
uint8_t *host_net_room(struct host_net *net);
/* Send what was written there; the device hears of it by host_net_flush(). */
void host_net_send(struct host_net *net, uint32_t size);
void host_net_flush(struct host_net *net);
/*
 * The next frame that came, or NULL; it stays until host_net_release(). The device takes new
 * buffers when host_net_refill() tells it.
 */
const uint8_t *host_net_next(struct host_net *net, uint32_t *size);
void host_net_release(struct host_net *net);
void host_net_refill(struct host_net *net);
/* Take the interrupt back. */
void host_net_acknowledge(struct host_net *net);

#endif
