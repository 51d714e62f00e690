/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's virtio network device. Virtual I/O Device (VIRTIO) Version 1.2, sections 2.7, 3.1, 4.2
 * and 5.1.
 */
#include <riscv/layout.h>
#include "drv/host_net.h"
#include "lib/errno.h"
#include "lib/string.h"

#define HEADER	sizeof(struct virtio_net_header)

/* volatile: device registers */
static uint32_t reg_read(const struct host_net *net, uint64_t offset)
{
	return *(const volatile uint32_t *)(net->base + offset);
}

static void reg_write(const struct host_net *net, uint64_t offset, uint32_t value)
{
	*(volatile uint32_t *)(net->base + offset) = value;
}

/* What the device calls an address of the direct map. */
static uint64_t bus_address(const volatile void *at)
{
	return (uint64_t)(uintptr_t)at - HV_OFFSET;
}

static void address_write(const struct host_net *net, uint64_t offset, const void *at)
{
	reg_write(net, offset, (uint32_t)bus_address(at));
	reg_write(net, offset + 4, (uint32_t)(bus_address(at) >> 32));
}

static uint8_t *buffer_of(const struct host_net *net, unsigned queue, unsigned entry)
{
	return net->buffers + (queue * HOST_NET_QUEUE + entry % HOST_NET_QUEUE) * HOST_NET_BUFFER;
}

/* Memory before the device's register: an I/O write is not ordered with it by itself. */
static void notify(struct host_net *net, unsigned queue)
{
	__asm__ volatile("fence rw, o" : : : "memory");
	reg_write(net, VIRTIO_MMIO_QUEUE_NOTIFY, queue);
}

/* ---- Set-up (3.1.1) ---- */

static bool queue_set_up(struct host_net *net, unsigned queue)
{
	struct host_net_rings *rings = &net->rings[queue];

	reg_write(net, VIRTIO_MMIO_QUEUE_SEL, queue);
	if (reg_read(net, VIRTIO_MMIO_QUEUE_NUM_MAX) < HOST_NET_QUEUE)
		return false;
	for (unsigned i = 0; i < HOST_NET_QUEUE; i++) {
		rings->desc[i] = (struct virtq_desc){
			.addr = bus_address(buffer_of(net, queue, i)),
			.len = HOST_NET_BUFFER,
			.flags = queue == VIRTIO_NET_RX ? VIRTQ_DESC_F_WRITE : 0,
		};
		rings->avail.ring[i] = (uint16_t)i;
	}
	/* We look for room when there is something to send, and need no interrupt for it. */
	if (queue == VIRTIO_NET_TX)
		rings->avail.flags = VIRTQ_AVAIL_F_NO_INTERRUPT;
	else
		rings->avail.idx = HOST_NET_QUEUE;
	reg_write(net, VIRTIO_MMIO_QUEUE_NUM, HOST_NET_QUEUE);
	address_write(net, VIRTIO_MMIO_QUEUE_DESC_LOW, rings->desc);
	address_write(net, VIRTIO_MMIO_QUEUE_DRIVER_LOW, &rings->avail);
	address_write(net, VIRTIO_MMIO_QUEUE_DEVICE_LOW, &rings->used);
	reg_write(net, VIRTIO_MMIO_QUEUE_READY, 1);
	return true;
}

static int start(struct host_net *net)
{
	uint32_t status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;

	reg_write(net, VIRTIO_MMIO_STATUS, 0);
	reg_write(net, VIRTIO_MMIO_STATUS, status);
	/* No feature but the modern interface: no offload, one frame a buffer. */
	reg_write(net, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	reg_write(net, VIRTIO_MMIO_DRIVER_FEATURES, 0);
	reg_write(net, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	reg_write(net, VIRTIO_MMIO_DRIVER_FEATURES, VIRTIO_F_VERSION_1 >> 32);
	status |= VIRTIO_STATUS_FEATURES_OK;
	reg_write(net, VIRTIO_MMIO_STATUS, status);
	if (!(reg_read(net, VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_FEATURES_OK) ||
	    !queue_set_up(net, VIRTIO_NET_RX) || !queue_set_up(net, VIRTIO_NET_TX))
		return -EINVAL;
	reg_write(net, VIRTIO_MMIO_STATUS, status | VIRTIO_STATUS_DRIVER_OK);
	notify(net, VIRTIO_NET_RX);
	return 0;
}

int host_net_init(struct host_net *net, void *base, void *page, void *buffers)
{
	*net = (struct host_net){ .base = base, .rings = page, .buffers = buffers,
				  .tx_free = HOST_NET_QUEUE };
	if (reg_read(net, VIRTIO_MMIO_MAGIC) != VIRTIO_MMIO_MAGIC_VALUE ||
	    reg_read(net, VIRTIO_MMIO_DEVICE_ID) != VIRTIO_ID_NET)
		return -ENODEV;
	if (reg_read(net, VIRTIO_MMIO_VERSION) != VIRTIO_MMIO_VERSION_MODERN)
		return -EINVAL;
	return start(net);
}

/* ---- Sending: entries are used and given back in their order ---- */

static uint16_t used_idx(const struct host_net *net, unsigned queue)
{
	/* Acquire: what the device wrote before it counted is read after it. */
	return __atomic_load_n(&net->rings[queue].used.idx, __ATOMIC_ACQUIRE);
}

uint8_t *host_net_room(struct host_net *net)
{
	uint16_t done = (uint16_t)(used_idx(net, VIRTIO_NET_TX) - net->used_seen[VIRTIO_NET_TX]);

	net->used_seen[VIRTIO_NET_TX] = (uint16_t)(net->used_seen[VIRTIO_NET_TX] + done);
	net->tx_free = (uint16_t)(net->tx_free + done);
	if (net->tx_free == 0)
		return NULL;
	return buffer_of(net, VIRTIO_NET_TX, net->rings[VIRTIO_NET_TX].avail.idx) + HEADER;
}

void host_net_send(struct host_net *net, uint32_t size)
{
	struct host_net_rings *rings = &net->rings[VIRTIO_NET_TX];
	uint16_t idx = rings->avail.idx;

	rings->desc[idx % HOST_NET_QUEUE].len = (uint32_t)HEADER + size;
	net->tx_free--;
	/* The frame and its descriptor before the index that makes them count (2.7.13.3). */
	__atomic_store_n(&rings->avail.idx, (uint16_t)(idx + 1), __ATOMIC_RELEASE);
}

void host_net_flush(struct host_net *net)
{
	notify(net, VIRTIO_NET_TX);
}

/* ---- Receiving ---- */

const uint8_t *host_net_next(struct host_net *net, uint32_t *size)
{
	const struct host_net_rings *rings = &net->rings[VIRTIO_NET_RX];
	uint16_t seen = net->used_seen[VIRTIO_NET_RX];
	uint32_t id, length;

	if (used_idx(net, VIRTIO_NET_RX) == seen)
		return NULL;
	id = rings->used.ring[seen % HOST_NET_QUEUE].id;
	length = MIN(rings->used.ring[seen % HOST_NET_QUEUE].len, HOST_NET_BUFFER);
	*size = length < HEADER ? 0 : length - (uint32_t)HEADER;
	return buffer_of(net, VIRTIO_NET_RX, id) + HEADER;
}

void host_net_release(struct host_net *net)
{
	struct host_net_rings *rings = &net->rings[VIRTIO_NET_RX];
	uint16_t idx = rings->avail.idx;

	rings->avail.ring[idx % HOST_NET_QUEUE] = (uint16_t)(
		rings->used.ring[net->used_seen[VIRTIO_NET_RX]++ % HOST_NET_QUEUE].id %
		HOST_NET_QUEUE);
	__atomic_store_n(&rings->avail.idx, (uint16_t)(idx + 1), __ATOMIC_RELEASE);
}

void host_net_refill(struct host_net *net)
{
	notify(net, VIRTIO_NET_RX);
}

void host_net_acknowledge(struct host_net *net)
{
	reg_write(net, VIRTIO_MMIO_INTERRUPT_ACK, reg_read(net, VIRTIO_MMIO_INTERRUPT_STATUS));
	/* The interrupt is down before the ring is looked at: what comes later raises it again. */
	__asm__ volatile("fence io, rw" : : : "memory");
}
