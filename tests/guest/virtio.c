/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio block device as its driver sees it, on QEMU's own and on Strata's. Needs a disk that may
 * be written, of at least 64 KiB: `make run MODE=te KERNEL=virtio DISK=FILE`.
 * VIRTIO 1.2, sections 2.7, 3.1, 4.2 and 5.2.
 */
#include "virtio.h"

#define SECTORS		16U
#define BYTES		(SECTORS * VIRTIO_BLK_SECTOR)

static _Alignas(4096) uint8_t buffer[BYTES + 4096], other[BYTES];

static void fill(uint8_t *to, unsigned seed)
{
	for (unsigned i = 0; i < BYTES; i++)
		to[i] = (uint8_t)(seed + i * 13 + (i >> 8));
}

static void test_identity(void)
{
	test_begin("a block device says magic, version 2, id 2 and a capacity");
	EXPECT_EQ(reg_read(VIRTIO_MMIO_VERSION), 2);
	EXPECT_EQ(reg_read(VIRTIO_MMIO_DEVICE_ID), VIRTIO_ID_BLOCK);
	EXPECT(reg_read(VIRTIO_MMIO_CONFIG) >= 128);
	EXPECT(features_read() & VIRTIO_F_VERSION_1);
	reg_write(VIRTIO_MMIO_QUEUE_SEL, 0);
	EXPECT(reg_read(VIRTIO_MMIO_QUEUE_NUM_MAX) >= QUEUE_SIZE);
	test_end();

	test_begin("a driver that takes features that were not offered is refused FEATURES_OK");
	if (device_start(1UL << 60, 0))
		test_skip("QEMU leaves them out and agrees");
	else
		EXPECT(!(reg_read(VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_FEATURES_OK));
	test_end();

	test_begin("status 0 resets the device");
	EXPECT(device_start(0, 0));
	EXPECT_EQ(reg_read(VIRTIO_MMIO_QUEUE_READY), 1);
	reg_write(VIRTIO_MMIO_STATUS, 0);
	EXPECT_EQ(reg_read(VIRTIO_MMIO_STATUS), 0);
	EXPECT_EQ(reg_read(VIRTIO_MMIO_QUEUE_READY), 0);
	test_end();
}

static void test_data(void)
{
	test_begin("what was written is read back");
	EXPECT(device_start(0, 0));
	fill(buffer, 1);
	EXPECT_EQ(blk_request(VIRTIO_BLK_T_OUT, 3, buffer, BYTES), VIRTIO_BLK_S_OK);
	memset(other, 0, BYTES);
	EXPECT_EQ(blk_request(VIRTIO_BLK_T_IN, 3, other, BYTES), VIRTIO_BLK_S_OK);
	EXPECT(memcmp(buffer, other, BYTES) == 0);
	EXPECT_EQ(used_length(), BYTES + 1);
	test_end();

	test_begin("part of what was written can be overwritten");
	fill(buffer, 2);
	EXPECT_EQ(blk_request(VIRTIO_BLK_T_OUT, 5, buffer, 512), VIRTIO_BLK_S_OK);
	EXPECT_EQ(blk_request(VIRTIO_BLK_T_IN, 4, other, 3 * 512), VIRTIO_BLK_S_OK);
	EXPECT(memcmp(buffer, other + 512, 512) == 0);
	fill(buffer, 1);
	EXPECT(memcmp(buffer + 512, other, 512) == 0);
	EXPECT(memcmp(buffer + 3 * 512, other + 2 * 512, 512) == 0);
	test_end();

	test_begin("a buffer may begin at any byte");
	fill(buffer + 5, 3);
	EXPECT_EQ(blk_request(VIRTIO_BLK_T_OUT, 0, buffer + 5, BYTES), VIRTIO_BLK_S_OK);
	EXPECT_EQ(blk_request(VIRTIO_BLK_T_IN, 0, buffer + 1001, BYTES), VIRTIO_BLK_S_OK);
	fill(other, 3);
	EXPECT(memcmp(other, buffer + 1001, BYTES) == 0);
	test_end();

	test_begin("flush succeeds");
	if (features_read() & VIRTIO_BLK_F_FLUSH)
		EXPECT_EQ(blk_request(VIRTIO_BLK_T_FLUSH, 0, NULL, 0), VIRTIO_BLK_S_OK);
	else
		test_skip("the device has none");
	test_end();
}

static void test_errors(void)
{
	uint64_t capacity = reg_read(VIRTIO_MMIO_CONFIG) |
			    (uint64_t)reg_read(VIRTIO_MMIO_CONFIG + 4) << 32;

	test_begin("beyond the last sector is an I/O error, and the next request works");
	EXPECT(device_start(0, 0));
	EXPECT_EQ(blk_request(VIRTIO_BLK_T_IN, capacity - 1, buffer, 512), VIRTIO_BLK_S_OK);
	EXPECT_EQ(blk_request(VIRTIO_BLK_T_IN, capacity, buffer, 512), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(blk_request(VIRTIO_BLK_T_IN, capacity - 1, buffer, 1024), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(blk_request(VIRTIO_BLK_T_OUT, ~0UL >> 9, buffer, 512), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(blk_request(VIRTIO_BLK_T_IN, 0, buffer, 512), VIRTIO_BLK_S_OK);
	test_end();

	test_begin("an unknown request is unsupported");
	EXPECT_EQ(blk_request(0x1234, 0, NULL, 0), VIRTIO_BLK_S_UNSUPP);
	test_end();
}

static void test_rings(void)
{
	struct virtq_desc table[3];

	test_begin("a request may stand in an indirect table");
	if (features_read() & VIRTIO_F_INDIRECT_DESC) {
		EXPECT(device_start(VIRTIO_F_INDIRECT_DESC, 0));
		fill(buffer, 4);
		blk_describe(VIRTIO_BLK_T_OUT, 8, buffer, BYTES);
		memcpy(table, desc, sizeof(table));
		desc[0] = (struct virtq_desc){ (uint64_t)table, sizeof(table),
					       VIRTQ_DESC_F_INDIRECT, 0 };
		offer(0);
		reg_write(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
		EXPECT(wait_used(1));
		EXPECT_EQ(blk_status, VIRTIO_BLK_S_OK);
		EXPECT_EQ(blk_request(VIRTIO_BLK_T_IN, 8, other, BYTES), VIRTIO_BLK_S_OK);
		EXPECT(memcmp(buffer, other, BYTES) == 0);
	} else {
		test_skip("the device has none");
	}
	test_end();

	test_begin("the used ring interrupts, and an acknowledgement ends it");
	EXPECT(device_start(0, 0));
	EXPECT_EQ(reg_read(VIRTIO_MMIO_INTERRUPT_STATUS), 0);
	EXPECT_EQ(blk_request(VIRTIO_BLK_T_IN, 0, buffer, 512), VIRTIO_BLK_S_OK);
	EXPECT_EQ(reg_read(VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_VRING);
	reg_write(VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_VRING);
	EXPECT_EQ(reg_read(VIRTIO_MMIO_INTERRUPT_STATUS), 0);
	test_end();

	test_begin("a thousand requests go round the rings");
	for (unsigned i = 0; i < 1000; i++) {
		uint32_t size = 512 * (i % 3 + 1);

		fill(buffer, i);
		if (blk_request(VIRTIO_BLK_T_OUT, i % 13, buffer, size) != VIRTIO_BLK_S_OK ||
		    blk_request(VIRTIO_BLK_T_IN, i % 13, other, size) != VIRTIO_BLK_S_OK ||
		    memcmp(buffer, other, size) != 0) {
			test_fail("request %u", i);
			break;
		}
	}
	test_end();
}

/* ---- Figures: instructions that a notification takes, all of them the hypervisor's ---- */

static uint64_t notify_cost(void)
{
	uint64_t before = csr_read(CSR_INSTRET), after;

	reg_write(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	after = csr_read(CSR_INSTRET);
	EXPECT(wait_used(1));
	return after - before;
}

static uint64_t request_cost(uint32_t type, uint32_t size)
{
	uint64_t cost = 0;

	/* The third time everything that happens once has happened. */
	for (unsigned i = 0; i < 3; i++) {
		blk_describe(type, 0, buffer, size);
		offer(0);
		cost = notify_cost();
	}
	return cost;
}

/* Five requests in one notification, which is all that fits the descriptors. */
static uint64_t batch_cost(uint32_t size)
{
	uint64_t cost;

	for (unsigned i = 0; i < 5; i++) {
		blk_describe(VIRTIO_BLK_T_IN, 0, buffer, size);
		for (unsigned d = 0; i > 0 && d < 3; d++) {
			desc[3 * i + d] = desc[d];
			desc[3 * i + d].next = (uint16_t)(desc[d].next + 3 * i);
		}
	}
	for (unsigned i = 0; i < 5; i++)
		offer((uint16_t)(3 * i));
	cost = notify_cost();
	EXPECT(wait_used(4));
	return cost;
}

/* With boot argument `bench`, in a VM that may read its counters, under -icount. */
static void figures(void)
{
	device_start(features_read() & VIRTIO_F_EVENT_IDX, 0);
	printf("virtio-blk: read of 512 bytes %lu instructions, of 4096 %lu, of 8192 %lu\n",
	       request_cost(VIRTIO_BLK_T_IN, 512), request_cost(VIRTIO_BLK_T_IN, 4096),
	       request_cost(VIRTIO_BLK_T_IN, 8192));
	printf("virtio-blk: write of 512 bytes %lu, of 4096 %lu, of 8192 %lu; flush %lu\n",
	       request_cost(VIRTIO_BLK_T_OUT, 512), request_cost(VIRTIO_BLK_T_OUT, 4096),
	       request_cost(VIRTIO_BLK_T_OUT, 8192), request_cost(VIRTIO_BLK_T_FLUSH, 0));
	printf("virtio-blk: five reads of 512 bytes in one notification %lu\n", batch_cost(512));
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	if (!find_device(VIRTIO_ID_BLOCK, 0)) {
		test_begin("there is a block device");
		test_skip("give it one with DISK=FILE");
		test_end();
		return;
	}
	if (boot_arg("bench")) {
		figures();
		return;
	}
	test_identity();
	test_data();
	test_errors();
	test_rings();
}
