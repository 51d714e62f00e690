/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a VM begins with that is to be random: its tree's seed, and the first bytes of its entropy
 * device. tests/system/lifecycle.py compares them. VIRTIO 1.2, section 5.4.
 */
#include "virtio.h"

static uint64_t bytes;

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	test_begin("an entropy device gives bytes");
	if (!find_device(VIRTIO_ID_RNG, 0))
		return test_skip("no device");
	EXPECT(device_start(0, 0));
	desc[0] = (struct virtq_desc){ (uint64_t)&bytes, sizeof(bytes), VIRTQ_DESC_F_WRITE, 0 };
	offer(0);
	reg_write(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	EXPECT(wait_used(1));
	EXPECT_EQ(used_length(), sizeof(bytes));
	printf("entropy: %016lx and %016lx\n", boot_seed(), *(volatile uint64_t *)&bytes);
	test_end();
}
