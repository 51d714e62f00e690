/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network device. Virtual I/O Device (VIRTIO) Version 1.2, section 5.1.
 */
#ifndef VIRTIO_NET_H
#define VIRTIO_NET_H

#include <stdint.h>

#define VIRTIO_NET_RX			0U	/* queues (5.1.2) */
#define VIRTIO_NET_TX			1U

#define VIRTIO_NET_F_MTU		(1UL << 3)
#define VIRTIO_NET_F_MAC		(1UL << 5)
#define VIRTIO_NET_F_STATUS		(1UL << 16)

#define VIRTIO_NET_S_LINK_UP		1U

/* Before each frame (5.1.6); all 0 and num_buffers 1, as no offload is offered. */
struct virtio_net_header {
	uint8_t flags, gso_type;
	uint16_t hdr_len, gso_size, csum_start, csum_offset, num_buffers;
};
_Static_assert(sizeof(struct virtio_net_header) == 12, "VIRTIO 5.1.6");

struct virtio_net_config {
	uint8_t mac[6];
	uint16_t status;
	uint16_t max_virtqueue_pairs;
	uint16_t mtu;
};
_Static_assert(sizeof(struct virtio_net_config) == 12, "VIRTIO 5.1.4");

#endif
