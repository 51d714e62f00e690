/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a virtio device and its driver agree on: status, features, split virtqueues, and the
 * registers of the MMIO transport. Virtual I/O Device (VIRTIO) Version 1.2, chapters 2, 4.2 and 6.
 */
#ifndef VIRTIO_VIRTIO_H
#define VIRTIO_VIRTIO_H

#include <stdint.h>

/* Device types (chapter 5). */
#define VIRTIO_ID_NET			1
#define VIRTIO_ID_BLOCK			2
#define VIRTIO_ID_CONSOLE		3
#define VIRTIO_ID_RNG			4

/* Device status (2.1). */
#define VIRTIO_STATUS_ACKNOWLEDGE	0x01U
#define VIRTIO_STATUS_DRIVER		0x02U
#define VIRTIO_STATUS_DRIVER_OK		0x04U
#define VIRTIO_STATUS_FEATURES_OK	0x08U
#define VIRTIO_STATUS_NEEDS_RESET	0x40U
#define VIRTIO_STATUS_FAILED		0x80U

/* Features of every device type (chapter 6). */
#define VIRTIO_F_INDIRECT_DESC		(1UL << 28)
#define VIRTIO_F_EVENT_IDX		(1UL << 29)
#define VIRTIO_F_VERSION_1		(1UL << 32)

/* The split virtqueue (2.7). Everything is little-endian, as this machine is. */
#define VIRTQ_DESC_F_NEXT		1U
#define VIRTQ_DESC_F_WRITE		2U	/* the device writes it */
#define VIRTQ_DESC_F_INDIRECT		4U
#define VIRTQ_AVAIL_F_NO_INTERRUPT	1U
#define VIRTQ_USED_F_NO_NOTIFY		1U

#define VIRTQ_DESC_ALIGN		16U
#define VIRTQ_AVAIL_ALIGN		2U
#define VIRTQ_USED_ALIGN		4U

struct virtq_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};
_Static_assert(sizeof(struct virtq_desc) == 16, "VIRTIO 2.7.5");

/* The available ring: flags, idx, ring[size], used_event. Offsets in bytes. */
#define VIRTQ_AVAIL_FLAGS		0
#define VIRTQ_AVAIL_IDX			2
#define VIRTQ_AVAIL_RING		4
#define VIRTQ_AVAIL_SIZE(n)		(6UL + 2UL * (n))
/* The used ring: flags, idx, ring[size] of id and len, avail_event. */
#define VIRTQ_USED_FLAGS		0
#define VIRTQ_USED_IDX			2
#define VIRTQ_USED_RING			4
#define VIRTQ_USED_SIZE(n)		(6UL + 8UL * (n))
#define VIRTQ_DESC_SIZE(n)		(16UL * (n))

/* Registers of the MMIO transport (4.2.2); 32 bits each, but for the device's own from 0x100 on. */
#define VIRTIO_MMIO_MAGIC		0x000
#define VIRTIO_MMIO_VERSION		0x004
#define VIRTIO_MMIO_DEVICE_ID		0x008
#define VIRTIO_MMIO_VENDOR_ID		0x00c
#define VIRTIO_MMIO_DEVICE_FEATURES	0x010
#define VIRTIO_MMIO_DEVICE_FEATURES_SEL	0x014
#define VIRTIO_MMIO_DRIVER_FEATURES	0x020
#define VIRTIO_MMIO_DRIVER_FEATURES_SEL	0x024
#define VIRTIO_MMIO_QUEUE_SEL		0x030
#define VIRTIO_MMIO_QUEUE_NUM_MAX	0x034
#define VIRTIO_MMIO_QUEUE_NUM		0x038
#define VIRTIO_MMIO_QUEUE_READY		0x044
#define VIRTIO_MMIO_QUEUE_NOTIFY	0x050
#define VIRTIO_MMIO_INTERRUPT_STATUS	0x060
#define VIRTIO_MMIO_INTERRUPT_ACK	0x064
#define VIRTIO_MMIO_STATUS		0x070
#define VIRTIO_MMIO_QUEUE_DESC_LOW	0x080
#define VIRTIO_MMIO_QUEUE_DESC_HIGH	0x084
#define VIRTIO_MMIO_QUEUE_DRIVER_LOW	0x090
#define VIRTIO_MMIO_QUEUE_DRIVER_HIGH	0x094
#define VIRTIO_MMIO_QUEUE_DEVICE_LOW	0x0a0
#define VIRTIO_MMIO_QUEUE_DEVICE_HIGH	0x0a4
#define VIRTIO_MMIO_SHM_LEN_LOW		0x0b0
#define VIRTIO_MMIO_SHM_BASE_HIGH	0x0bc
#define VIRTIO_MMIO_CONFIG_GENERATION	0x0fc
#define VIRTIO_MMIO_CONFIG		0x100

#define VIRTIO_MMIO_MAGIC_VALUE		0x74726976U	/* "virt" */
#define VIRTIO_MMIO_VERSION_MODERN	2U
#define VIRTIO_MMIO_INT_VRING		1U		/* InterruptStatus (4.2.2) */
#define VIRTIO_MMIO_INT_CONFIG		2U

#endif
