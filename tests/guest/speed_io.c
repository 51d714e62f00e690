/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `make bench` counts of virtio: block requests, alone and many at a time, and frames between
 * two machines, with an interrupt-driven driver and event indices. The boot argument rows= chooses;
 * `peer` is the machine that answers. VIRTIO 1.2, sections 2.7, 4.2, 5.1 and 5.2.
 */
#include <virtio/net.h>
#include "speed.h"
#include "virtio.h"

#define RING		64U		/* entries of each queue */
#define BATCH		16U
#define ROUNDS		20UL
#define PLIC_ENABLE	0x2080UL	/* of hart 0's S-mode context */
#define PLIC_CLAIM	0x201004UL
#define BLOCK_BYTES	4096U
#define PEER_TICKS	100000UL	/* 10 ms, until the peer is ready */
#define SLOT_BYTES	2048U		/* of a frame and its header */

/* A queue as its driver has it. */
struct queue {
	_Alignas(4096) struct virtq_desc desc[RING];
	_Alignas(4096) uint8_t avail[4096];
	_Alignas(4096) uint8_t used[4096];
	uint16_t next, seen, told;	/* offered; taken back; offered when it was notified last */
	unsigned index;
};

static struct queue blk, rx, tx;
static uint64_t plic = 0x0c000000;
/* A device and a PLIC that are memory: with them only the driver itself costs something. */
#define STILL_DEVICE	0x82000000UL
#define STILL_PLIC	0x82001000UL
static uint64_t notified;

static struct {
	struct virtio_blk_header header;
	volatile uint8_t status;
} request[BATCH];
static _Alignas(4096) uint8_t blocks[BATCH][BLOCK_BYTES];
static _Alignas(4096) uint8_t tx_slots[BATCH][SLOT_BYTES], rx_slots[RING / 2][SLOT_BYTES];

static inline volatile uint16_t *field(uint8_t *ring, uint64_t offset)
{
	return (volatile uint16_t *)(ring + offset);
}

static inline volatile uint32_t *plic_register(uint64_t offset)
{
	return (volatile uint32_t *)(plic + offset);
}

/* ---- Rings ---- */

static void ring_offer(struct queue *q, uint16_t head)
{
	*field(q->avail, VIRTQ_AVAIL_RING + 2 * (q->next % RING)) = head;
	/* The entry and its descriptors before the index that makes them count (2.7.13.3). */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*field(q->avail, VIRTQ_AVAIL_IDX) = ++q->next;
}

/* Tell the device of what was offered since, if it wants to know (2.7.10). */
static void ring_notify(struct queue *q)
{
	uint16_t event;

	/* The index before we look at what the device wants. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	event = *field(q->used, VIRTQ_USED_RING + 8 * RING);
	if ((uint16_t)(q->next - event - 1) < (uint16_t)(q->next - q->told)) {
		notified++;
		reg_write(VIRTIO_MMIO_QUEUE_NOTIFY, q->index);
	}
	q->told = q->next;
}

/* An interrupt when the device has given back n chains more; n = 0: none at all, nearly. */
static void ring_want(struct queue *q, unsigned n)
{
	*field(q->avail, VIRTQ_AVAIL_RING + 2 * RING) = (uint16_t)(q->seen + n - 1);
	/* The wish before we look at the index (2.7.7). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline uint16_t ring_used(struct queue *q)
{
	return (uint16_t)(*field(q->used, VIRTQ_USED_IDX) - q->seen);
}

/* The head of the next chain that came back, of which there is one. */
static inline uint16_t ring_take(struct queue *q)
{
	return *field(q->used, VIRTQ_USED_RING + 8 * (q->seen++ % RING));
}

/* What an interrupt handler does. */
static void interrupt_take(void)
{
	uint32_t source = *plic_register(PLIC_CLAIM);

	reg_write(VIRTIO_MMIO_INTERRUPT_ACK, reg_read(VIRTIO_MMIO_INTERRUPT_STATUS));
	*plic_register(PLIC_CLAIM) = source;
}

/* Sleep until n chains came back, of which ring_want() was told; and take the interrupt. */
static void ring_wait(struct queue *q, unsigned n)
{
	while (ring_used(q) < n) {
		__asm__ volatile("wfi");
		if (ring_used(q) < n)
			interrupt_take();
	}
	/* What the device wrote is read after the index that said so. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	interrupt_take();
}

static void ring_set_up(struct queue *q, unsigned index)
{
	memset(q, 0, sizeof(*q));
	q->index = index;
	reg_write(VIRTIO_MMIO_QUEUE_SEL, index);
	reg_write(VIRTIO_MMIO_QUEUE_NUM, RING);
	address_write(VIRTIO_MMIO_QUEUE_DESC_LOW, q->desc);
	address_write(VIRTIO_MMIO_QUEUE_DRIVER_LOW, q->avail);
	address_write(VIRTIO_MMIO_QUEUE_DEVICE_LOW, q->used);
	reg_write(VIRTIO_MMIO_QUEUE_READY, 1);
}

/* Start the first device of a sort with one queue or two; its interrupts wake. */
static bool start(uint32_t id, struct queue *first, struct queue *second)
{
	unsigned source;

	if (!find_device(id, 0) || !device_start(VIRTIO_F_EVENT_IDX, 0))
		return false;
	/* device_start() has given it a queue of its own. */
	reg_write(VIRTIO_MMIO_QUEUE_SEL, 0);
	reg_write(VIRTIO_MMIO_QUEUE_READY, 0);
	ring_set_up(first, 0);
	if (second != NULL)
		ring_set_up(second, 1);
	/* Windows are in the order of their interrupts. */
	source = (unsigned)((dev - WINDOW(0)) / 0x1000);
	*plic_register(4 * source) = 1;
	*plic_register(PLIC_ENABLE) = 1U << source;
	csr_write(CSR_SIE, SIP_SEIP);
	return true;
}

/* What n operations take of the driver alone: the device is memory, and has done it all already. */
static uint64_t own_of(void (*run)(uint64_t), uint64_t n, struct queue *q)
{
	uint64_t device = dev, controller = plic, insns;
	uint16_t done = *field(q->used, VIRTQ_USED_IDX);

	dev = STILL_DEVICE;
	plic = STILL_PLIC;
	*field(q->used, VIRTQ_USED_IDX) = (uint16_t)(q->seen + 0x7fff);
	insns = slope(run, n).insns;
	*field(q->used, VIRTQ_USED_IDX) = done;
	dev = device;
	plic = controller;
	return insns;
}

static void report_io(const char *row, uint64_t n, struct cost cost, uint64_t own,
		      uint64_t notifications)
{
	printf("BENCH {\"op\":\"%s\",\"n\":%lu,\"insns\":%lu,\"traps\":%lu,\"own\":%lu,"
	       "\"notifications\":%lu}\n", row, n, cost.insns, cost.traps, own, notifications);
}

/* ---- Block requests ---- */

static uint32_t blk_type, blk_size;
static unsigned blk_depth;

static void blk_describe_all(void)
{
	uint16_t write = blk_type == VIRTIO_BLK_T_IN ? VIRTQ_DESC_F_WRITE : 0;

	for (uint16_t i = 0; i < BATCH; i++) {
		struct virtq_desc *d = &blk.desc[3 * i];
		uint16_t next = (uint16_t)(3 * i + 1);

		d[0] = (struct virtq_desc){ (uint64_t)&request[i].header,
					    sizeof(request[i].header), VIRTQ_DESC_F_NEXT, next };
		d[1] = (struct virtq_desc){ (uint64_t)blocks[i], blk_size,
					    VIRTQ_DESC_F_NEXT | write, (uint16_t)(next + 1) };
		d[2] = (struct virtq_desc){ (uint64_t)&request[i].status, 1, VIRTQ_DESC_F_WRITE,
					    0 };
	}
}

/* n requests, blk_depth of them at a time. */
static void run_blk(uint64_t n)
{
	for (uint64_t left = n; left > 0; left -= blk_depth) {
		ring_want(&blk, blk_depth);
		for (unsigned i = 0; i < blk_depth; i++) {
			request[i].header.type = blk_type;
			request[i].header.sector = i * (BLOCK_BYTES / VIRTIO_BLK_SECTOR);
			ring_offer(&blk, (uint16_t)(3 * i));
		}
		ring_notify(&blk);
		ring_wait(&blk, blk_depth);
		for (unsigned i = 0; i < blk_depth; i++)
			if (request[ring_take(&blk) / 3 % BATCH].status != VIRTIO_BLK_S_OK)
				test_fail("a block request failed");
	}
}

static void measure_blk(const char *row, uint32_t type, uint32_t size, unsigned depth)
{
	uint64_t n = ROUNDS * depth, notifications;
	struct cost cost;

	if (!wanted(row))
		return;
	if (!start(VIRTIO_ID_BLOCK, &blk, NULL)) {
		printf("BENCH {\"op\":\"%s\",\"skip\":\"there is no disk\"}\n", row);
		return;
	}
	blk_type = type;
	blk_size = size;
	blk_depth = depth;
	blk_describe_all();
	cost = slope(run_blk, n);
	notified = 0;
	run_blk(n);
	notifications = notified;
	report_io(row, n, cost, own_of(run_blk, n, &blk), notifications);
}

/* ---- Frames between two machines ---- */

static uint32_t net_size;
static unsigned net_depth;

/* From and to addresses that dts/speed-net1.dts and dts/speed-net2.dts give: 02:...:01 and :02. */
static void net_describe_all(bool peer)
{
	for (uint16_t i = 0; i < RING / 2; i++) {
		rx.desc[i] = (struct virtq_desc){ (uint64_t)rx_slots[i], SLOT_BYTES,
						  VIRTQ_DESC_F_WRITE, 0 };
		ring_offer(&rx, i);
	}
	for (uint16_t i = 0; i < BATCH; i++) {
		uint8_t *frame = tx_slots[i] + sizeof(struct virtio_net_header);

		memset(frame, 0, 12);
		frame[0] = frame[6] = 2;
		frame[5] = peer ? 1 : 2;
		frame[11] = peer ? 2 : 1;
		tx.desc[i] = (struct virtq_desc){
			(uint64_t)tx_slots[i],
			net_size + (uint32_t)sizeof(struct virtio_net_header), 0, 0 };
	}
}

static void net_send(void)
{
	/* Sent frames come back before the notification returns; nobody has to be told. */
	ring_want(&tx, RING);
	for (unsigned i = 0; i < net_depth; i++)
		ring_offer(&tx, (uint16_t)i);
	ring_notify(&tx);
	for (unsigned i = 0; i < net_depth; i++)
		ring_take(&tx);
}

static void net_receive(void)
{
	ring_wait(&rx, net_depth);
	for (unsigned i = 0; i < net_depth; i++)
		ring_offer(&rx, ring_take(&rx) % RING);
	ring_notify(&rx);
	ring_want(&rx, net_depth);
}

/* n frames there and n back, net_depth at a time. */
static void run_net(uint64_t n)
{
	for (uint64_t left = n; left > 0; left -= net_depth) {
		net_send();
		net_receive();
	}
}

static bool net_start(uint32_t size, unsigned depth, bool peer)
{
	if (!start(VIRTIO_ID_NET, &rx, &tx))
		return false;
	net_size = size;
	net_depth = depth;
	net_describe_all(peer);
	ring_want(&rx, depth);
	return true;
}

/* What is sent before the peer has buffers is lost. */
static void wait_for_peer(void)
{
	uint64_t deadline = read_time() + PEER_TICKS;

	csr_write(CSR_STIMECMP, deadline);
	csr_write(CSR_SIE, SIP_STIP);
	while (read_time() < deadline)
		__asm__ volatile("wfi");
	csr_write(CSR_STIMECMP, ~0UL);
	csr_write(CSR_SIE, SIP_SEIP);
}

static void measure_net(const char *row, uint32_t size, unsigned depth)
{
	uint64_t n = ROUNDS * depth;
	struct cost cost;

	if (!wanted(row))
		return;
	if (!net_start(size, depth, false)) {
		printf("BENCH {\"op\":\"%s\",\"skip\":\"there is no network\"}\n", row);
		return;
	}
	wait_for_peer();
	cost = slope(run_net, n);
	notified = 0;
	run_net(n);
	report_io(row, 2 * n, cost, 2 * own_of(run_net, n, &rx), 2 * notified);
}

/* The peer answers as often as measure_net() asks, which is 1 + 1 + 2 + 1 times ROUNDS. */
static void answer_net(const char *row, uint32_t size, unsigned depth)
{
	if (!wanted(row) || !net_start(size, depth, true))
		return;
	for (unsigned left = 5 * ROUNDS; left > 0; left--) {
		net_receive();
		net_send();
	}
}

void guest_main(uint64_t hartid, const void *dtb)
{
	void (*net)(const char *, uint32_t, unsigned) = boot_arg("peer") ? answer_net
									   : measure_net;

	(void)hartid;
	(void)dtb;
	measure_blk("blk_read_512", VIRTIO_BLK_T_IN, 512, 1);
	measure_blk("blk_read_4k", VIRTIO_BLK_T_IN, 4096, 1);
	measure_blk("blk_write_4k", VIRTIO_BLK_T_OUT, 4096, 1);
	measure_blk("blk_load_512", VIRTIO_BLK_T_IN, 512, BATCH);
	measure_blk("blk_load_4k", VIRTIO_BLK_T_IN, 4096, BATCH);
	net("net_alone", 64, 1);
	net("net_load_64", 64, BATCH);
	net("net_load_1500", 1514, BATCH);
	printf("BENCH-END\n");
	power_off(false);
}
