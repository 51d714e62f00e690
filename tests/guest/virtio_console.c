/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio console as its driver sees it: text out, and a line of input by the buffer that waits
 * for it. Needs somebody who answers its prompt. VIRTIO 1.2, section 5.3.
 */
#include "virtio.h"

#define QUEUE_RX	0
#define QUEUE_TX	1

static char text[16];

static void test_output(void)
{
	static const char line[] = "console: a line by virtio\n";

	test_begin("text that is offered is shown, and its buffer comes back");
	EXPECT(device_start(0, QUEUE_TX));
	desc[0] = (struct virtq_desc){ (uint64_t)line, sizeof(line) - 1, 0, 0 };
	offer(0);
	reg_write(VIRTIO_MMIO_QUEUE_NOTIFY, QUEUE_TX);
	EXPECT(wait_used(1));
	test_end();
}

static void test_input(void)
{
	test_begin("a buffer that waits is filled when somebody types");
	EXPECT(device_start(0, QUEUE_RX));
	desc[0] = (struct virtq_desc){ (uint64_t)text, sizeof(text), VIRTQ_DESC_F_WRITE, 0 };
	offer(0);
	reg_write(VIRTIO_MMIO_QUEUE_NOTIFY, QUEUE_RX);
	printf("console: type x\n");
	/* However long that takes: whoever runs us has the patience. */
	while (!wait_used(1))
		;
	EXPECT(used_length() >= 1);
	EXPECT_EQ(text[0], 'x');
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	if (!find_device(VIRTIO_ID_CONSOLE, 0)) {
		test_begin("there is a virtio console");
		test_skip("no device");
		return;
	}
	test_output();
	test_input();
}
