/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM that does next to nothing itself and keeps its disk busy without end: five reads of 1 MiB at
 * a time, asleep in between. What that costs the machine is its own. VIRTIO 1.2, section 5.2.
 */
#include "virtio.h"

#define READS		5U		/* chains of three descriptors */
#define READ_BYTES	(1U << 20)
#define SLEEP_TICKS	10000UL		/* 1 ms */

static _Alignas(4096) uint8_t buffer[READ_BYTES];
static struct virtio_blk_header header;
static volatile uint8_t status[READS];

static void describe(void)
{
	header = (struct virtio_blk_header){ .type = VIRTIO_BLK_T_IN };
	for (uint16_t i = 0; i < READS; i++) {
		uint16_t head = (uint16_t)(3 * i);

		desc[head] = (struct virtq_desc){ (uint64_t)&header, sizeof(header),
						  VIRTQ_DESC_F_NEXT, (uint16_t)(head + 1) };
		/* All into one buffer: nobody looks at it. */
		desc[head + 1] = (struct virtq_desc){ (uint64_t)buffer, sizeof(buffer),
						      VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE,
						      (uint16_t)(head + 2) };
		desc[head + 2] = (struct virtq_desc){ (uint64_t)&status[i], 1,
						      VIRTQ_DESC_F_WRITE, 0 };
	}
}

static void sleep_a_while(void)
{
	sbi_set_timer(read_time() + SLEEP_TICKS);
	csr_write(CSR_SIE, SIP_STIP);
	__asm__ volatile("wfi");
	sbi_set_timer(~0UL);
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	test_begin("there is a disk");
	if (!find_device(VIRTIO_ID_BLOCK, 0) || !device_start(0, 0))
		return test_skip("no disk");
	test_end();
	describe();
	for (;;) {
		for (uint16_t i = 0; i < READS; i++)
			offer((uint16_t)(3 * i));
		reg_write(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
		while ((uint16_t)(used_idx() - used_seen) < READS)
			sleep_a_while();
		used_seen = (uint16_t)(used_seen + READS);
	}
}
