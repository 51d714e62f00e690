/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio network device at a port of a switch. Pure. Virtual I/O Device (VIRTIO) Version 1.2,
 * section 5.1. No offloads: frames are of at most VSWITCH_FRAME_MAX bytes, checksums the driver's.
 */
#ifndef VDEV_VIRTIO_NET_H
#define VDEV_VIRTIO_NET_H

#include <virtio/net.h>
#include "vdev/virtio_mmio.h"
#include "vdev/vswitch.h"

struct virtio_net {
	struct virtio virtio;
	struct vswitch_port port;
	struct vswitch *sw;
	struct virtio_net_config config;
	uint64_t (*now_ticks)(void);
	struct virtqueue_chain tx, rx;
	struct vswitch_frame frame;
	uint8_t flat[VSWITCH_FRAME_MAX];	/* a frame that comes in too many pieces */
};

/*
 * Reset state, and a port of sw. Return: 0; -EEXIST: another port of sw has this address.
 * The owner calls virtio_net_fini() before it frees it.
 */
int virtio_net_init(struct virtio_net *net, struct vswitch *sw, const uint8_t *mac,
		    uint64_t (*now_ticks)(void), const struct virtqueue_memory *memory,
		    void (*interrupt)(void *arg, bool level), void *arg);
void virtio_net_fini(struct virtio_net *net);

#endif
