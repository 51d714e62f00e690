/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MMIO transport: VIRTIO 1.2, sections 2.1, 2.2, 3.1 and 4.2.
 * SOURCES: hypervisor/vdev/virtio_mmio.c hypervisor/vdev/virtqueue.c
 * SOURCES: hypervisor/vdev/virtqueue_chain.c
 */
#include "test.h"

#include "virtio_driver.h"

#define FEATURE	(1UL << 5)

static struct virtio dev;
static unsigned notified[2], resets, oks;
static bool line, line_ever;
static int answer;
static const uint8_t config[5] = { 1, 2, 3, 4, 5 };

static int on_notify(struct virtio *d, unsigned queue)
{
	CHECK(d == &dev);
	notified[queue]++;
	return answer;
}

static void on_reset(struct virtio *d, unsigned queue)
{
	(void)d;
	(void)queue;
	resets++;
}

static void on_ok(struct virtio *d)
{
	(void)d;
	oks++;
}

static void on_interrupt(void *arg, bool level)
{
	CHECK(arg == &line);
	CHECK(level != line);
	line = level;
	line_ever |= level;
}

static const struct virtio_class class = {
	.id = 99, .queue_count = 2, .notify = on_notify, .reset = on_reset, .driver_ok = on_ok,
};

static void create(void)
{
	ram_create();
	line = line_ever = false;
	memset(notified, 0, sizeof(notified));
	resets = oks = 0;
	answer = 0;
	virtio_init(&dev, &class, FEATURE, config, sizeof(config), &ram, on_interrupt, &line);
}

TEST("the registers say what the device is: magic, version 2, its id, a vendor")
{
	create();
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_MAGIC), 0x74726976);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_VERSION), 2);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_DEVICE_ID), 99);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_VENDOR_ID), VIRTIO_VENDOR);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_QUEUE_NUM_MAX), VIRTQUEUE_SIZE_MAX);
	reg_write(&dev, VIRTIO_MMIO_QUEUE_SEL, 2);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_SHM_LEN_LOW), UINT32_MAX);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_SHM_LEN_LOW + 4), UINT32_MAX);
	ram_free();
}

TEST("features are offered by halves, and beyond bit 63 there are none")
{
	create();
	CHECK_EQ(device_features(&dev), FEATURE | VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX |
						VIRTIO_F_INDIRECT_DESC);
	reg_write(&dev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 2);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_DEVICE_FEATURES), 0);
	ram_free();
}

TEST("FEATURES_OK stays clear for what was not offered, or without VERSION_1")
{
	static const uint64_t bad[] = { 0, FEATURE, VIRTIO_F_VERSION_1 | 1 << 6,
					VIRTIO_F_VERSION_1 | 1UL << 63 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		create();
		choose_features(&dev, bad[i]);
		reg_write(&dev, VIRTIO_MMIO_STATUS, 0xb);
		CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_STATUS), 3);
		/* It may think again. */
		choose_features(&dev, VIRTIO_F_VERSION_1);
		reg_write(&dev, VIRTIO_MMIO_STATUS, 0xb);
		CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_STATUS), 0xb);
		ram_free();
	}
}

TEST("features are fixed by FEATURES_OK and reach every queue")
{
	create();
	driver_start(&dev, VIRTIO_F_EVENT_IDX, 8);
	choose_features(&dev, VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC);
	CHECK_EQ(dev.driver_features, VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX);
	for (int i = 0; i < 2; i++) {
		CHECK(dev.queues[i].event_idx);
		CHECK(!dev.queues[i].indirect);
	}
	ram_free();
}

TEST("a queue is notified only after DRIVER_OK, when it is ready, and not when the driver failed")
{
	create();
	reg_write(&dev, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	CHECK_EQ(notified[0], 0);
	driver_start(&dev, 0, 8);
	CHECK_EQ(oks, 1);
	reg_write(&dev, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	CHECK_EQ(notified[0], 1);
	reg_write(&dev, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	reg_write(&dev, VIRTIO_MMIO_QUEUE_NOTIFY, 2);
	reg_write(&dev, VIRTIO_MMIO_QUEUE_NOTIFY, UINT32_MAX);
	CHECK_EQ(notified[1], 0);
	answer = -EAGAIN;
	CHECK_EQ(virtio_write(&dev, VIRTIO_MMIO_QUEUE_NOTIFY, 4, 0), -EAGAIN);
	answer = 0;
	reg_write(&dev, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_FAILED);
	reg_write(&dev, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	CHECK_EQ(notified[0], 2);
	ram_free();
}

TEST("status bits are added, never taken back, and NEEDS_RESET is the device's own")
{
	create();
	reg_write(&dev, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE);
	reg_write(&dev, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_DRIVER);
	reg_write(&dev, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_NEEDS_RESET | 0xffffff00);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_STATUS), 3);
	ram_free();
}

TEST("status 0 resets the device: features, queues, interrupt")
{
	create();
	driver_start(&dev, VIRTIO_F_EVENT_IDX, 8);
	virtqueue_give(&dev.queues[0], 0, 0);
	virtio_used(&dev, 0);
	CHECK(line);
	reg_write(&dev, VIRTIO_MMIO_STATUS, 0);
	CHECK(!line);
	CHECK_EQ(resets % 2, 0);
	CHECK(resets > 0);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_STATUS), 0);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_INTERRUPT_STATUS), 0);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_QUEUE_READY), 0);
	CHECK_EQ(dev.queues[0].next_used, 0);
	CHECK(!dev.queues[0].event_idx);
	CHECK_EQ(dev.driver_features, 0);
	ram_free();
}

TEST("the interrupt is level: up with the first cause, down when all are acknowledged")
{
	create();
	driver_start(&dev, 0, 8);
	virtio_used(&dev, 0);
	CHECK(line);
	virtio_used(&dev, 0);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_VRING);
	reg_write(&dev, VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_CONFIG);
	CHECK(line);
	reg_write(&dev, VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_VRING);
	CHECK(!line);
	put16(Q_AVAIL + VIRTQ_AVAIL_FLAGS, VIRTQ_AVAIL_F_NO_INTERRUPT);
	virtio_used(&dev, 0);
	CHECK(!line);
	ram_free();
}

TEST("a driver that broke the rules is told by NEEDS_RESET and a configuration interrupt")
{
	uint32_t before;

	create();
	driver_start(&dev, 0, 8);
	before = reg_read(&dev, VIRTIO_MMIO_CONFIG_GENERATION);
	virtio_broken(&dev);
	CHECK(line);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_STATUS), 0x4f);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_CONFIG);
	CHECK(reg_read(&dev, VIRTIO_MMIO_CONFIG_GENERATION) != before);
	reg_write(&dev, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	CHECK_EQ(notified[0], 0);
	driver_start(&dev, 0, 8);
	reg_write(&dev, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	CHECK_EQ(notified[0], 1);
	ram_free();
}

TEST("a bad queue does not become ready and breaks the device, without interrupt before DRIVER_OK")
{
	create();
	set_queue(&dev, 0, 7, RAM_BASE);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_QUEUE_READY), 0);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_STATUS), VIRTIO_STATUS_NEEDS_RESET);
	CHECK(!line_ever);
	ram_free();
}

TEST("a ready queue keeps its size and addresses; QueueReady 0 takes it away")
{
	create();
	driver_start(&dev, VIRTIO_F_EVENT_IDX, 8);
	set_queue(&dev, 0, 16, RAM_BASE + 64);
	CHECK_EQ(dev.queues[0].size, 8);
	CHECK_EQ(dev.queues[0].desc, Q_DESC);
	reg_write(&dev, VIRTIO_MMIO_QUEUE_READY, 0);
	CHECK_EQ(reg_read(&dev, VIRTIO_MMIO_QUEUE_READY), 0);
	CHECK(dev.queues[0].event_idx);
	set_queue(&dev, 0, 16, RAM_BASE + 64);
	CHECK_EQ(dev.queues[0].size, 16);
	CHECK(dev.queues[0].ready);
	ram_free();
}

TEST("the device's registers are read at every width, and are 0 behind their end")
{
	create();
	CHECK_EQ(virtio_read(&dev, 0x100, 1), 1);
	CHECK_EQ(virtio_read(&dev, 0x102, 2), 0x0403);
	CHECK_EQ(virtio_read(&dev, 0x100, 4), 0x04030201);
	CHECK_EQ(virtio_read(&dev, 0x100, 8), 0x0504030201);
	CHECK_EQ(virtio_read(&dev, 0x104, 4), 5);
	CHECK_EQ(virtio_read(&dev, 0x105, 1), 0);
	CHECK_EQ(virtio_read(&dev, 0x1f8, 8), 0);
	CHECK_EQ(virtio_read(&dev, 0xff8, 8), 0);
	ram_free();
}

TEST("no access of any width at any offset does harm, whatever is written")
{
	uint64_t random = 0x5eed;

	create();
	for (int n = 0; n < 1000000; n++) {
		uint64_t r = test_random(&random);
		unsigned size = 1U << (r & 3);
		uint64_t offset = (r >> 8 & 0x1ff) / size * size, value = test_random(&random);

		if (n % 500 == 0)
			driver_start(&dev, 0, 8);
		/* Mostly values that lead somewhere. */
		if (r >> 32 & 1)
			value &= 0xf;
		else if (r >> 33 & 1)
			value = RAM_BASE + (value & (RAM_SIZE - 1) & ~15UL);
		if (r >> 34 & 1)
			virtio_read(&dev, offset, size);
		else
			virtio_write(&dev, offset, size, value);
	}
	CHECK(notified[0] + notified[1] > 0);
	ram_free();
}

TEST("a device that was stopped knows nothing of guest memory any more")
{
	static struct virtqueue_chain chain;

	create();
	driver_start(&dev, FEATURE, 4);
	put_desc(Q_DESC, 0, DATA, 16, VIRTQ_DESC_F_WRITE, 0);
	offer(0);
	CHECK_EQ(virtqueue_take(&dev.queues[0], &chain), 1);
	virtio_stop(&dev);
	/* ASan watches. */
	ram_free();
	CHECK_EQ(virtqueue_take(&dev.queues[0], &chain), 0);
	CHECK_EQ(virtqueue_give(&dev.queues[0], 0, 16), 0);
	virtio_used(&dev, 0);
	reg_write(&dev, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	CHECK_EQ(notified[0], 0);
	CHECK(!virtio_is_live(&dev));
}

static void check_page(const uint32_t *page, unsigned step)
{
	for (uint64_t offset = 0; offset < VIRTIO_PAGE_BYTES; offset += 4)
		if (page[offset / 4] != virtio_read(&dev, offset, 4))
			FAIL("step %u, offset 0x%lx: 0x%x in the page, 0x%lx in the register", step,
			     offset, page[offset / 4], virtio_read(&dev, offset, 4));
}

TEST("the page that the driver may read says what each register says, whatever is done")
{
	static const uint64_t offsets[] = {
		VIRTIO_MMIO_DEVICE_FEATURES_SEL, VIRTIO_MMIO_DRIVER_FEATURES,
		VIRTIO_MMIO_QUEUE_SEL, VIRTIO_MMIO_QUEUE_NUM, VIRTIO_MMIO_QUEUE_READY,
		VIRTIO_MMIO_QUEUE_NOTIFY, VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_STATUS,
		VIRTIO_MMIO_QUEUE_DESC_LOW, VIRTIO_MMIO_CONFIG,
	};
	static const uint32_t values[] = { 0, 1, 2, 3, 4, 8, 15, 64, 256, UINT32_MAX };
	static uint32_t page[VIRTIO_PAGE_BYTES / 4];

	create();
	memset(page, 0, sizeof(page));
	virtio_show(&dev, page);
	check_page(page, 0);
	driver_start(&dev, FEATURE, 4);
	check_page(page, 1);
	for (unsigned step = 2, random = 1; step < 20000; step++) {
		random = random * 1103515245 + 12345;
		if (random >> 28 == 0)
			driver_start(&dev, FEATURE, 4);
		else if (random >> 28 == 1)
			virtio_used(&dev, 0);
		else if (random >> 28 == 2 && random >> 20 & 1)
			virtio_broken(&dev);
		else
			virtio_write(&dev, offsets[(random >> 8) % 10], 4,
				     values[(random >> 16) % 10]);
		check_page(page, step);
	}
	virtio_stop(&dev);
	check_page(page, 20000);
	virtio_reset(&dev);
	check_page(page, 20001);
	ram_free();
}
