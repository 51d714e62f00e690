/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver that means harm to every virtio device there is: registers of each width at each offset,
 * malformed rings, chains and addresses, by fixed seeds. Whatever it does, the machine goes on, and
 * each device works again after a reset. For Strata's devices: QEMU's are not meant to take it.
 *
 * Boot arguments: rounds=N, of nonsense for each device; few: not every offset beyond its
 * registers either.
 */
#include "virtio.h"

#define ROUNDS		3000
#define TABLE_VA	0x40000000UL	/* mapped by a table of registers */
#define RAM_END		0x84000000UL	/* of the trees' 64 MiB; what lies behind is no RAM */

static uint64_t state, rounds = ROUNDS;
static bool short_buffers;	/* the console's, which prints what is in them */
static _Alignas(4096) uint8_t scratch[8192];

static uint64_t random(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dUL;
}

static uint64_t number(const char *s)
{
	uint64_t value = 0;

	while (*s >= '0' && *s <= '9')
		value = value * 10 + (uint64_t)(*s++ - '0');
	return value;
}

/* An address that is ours, or no RAM, or just at an edge. */
static uint64_t any_address(void)
{
	static const uint64_t edges[] = { 0, 0x0c000000, 0x10000000, 0x10001000, 0x7ffffff0,
					  RAM_END - 8, RAM_END, 0x7fffffffffUL, ~0UL - 7,
					  0xffffffc080000000UL };
	uint64_t r = random();

	if (r & 7)
		return (uint64_t)scratch + (r >> 8 & 0xfff);
	return edges[(r >> 8) % ARRAY_SIZE(edges)];
}

static uint32_t any_length(void)
{
	static const uint32_t lengths[] = { 0, 1, 12, 15, 16, 17, 512, 1526, 4096, 0x7fffffff,
					    0x80000000, 0xfffffff0, 0xffffffff };

	return lengths[random() % (short_buffers ? 3 : ARRAY_SIZE(lengths))];
}

/* Is the device's n-th sort there and well: it takes a start and answers. */
static bool well(uint32_t id)
{
	if (!device_start(0, 0) || reg_read(VIRTIO_MMIO_STATUS) != 0xf)
		return false;
	return id != VIRTIO_ID_BLOCK ||
	       blk_request(VIRTIO_BLK_T_IN, 0, scratch, 512) == VIRTIO_BLK_S_OK;
}

static void test_registers(uint32_t id)
{
	test_begin("accesses of every width at every offset of its window do no harm");
	for (unsigned store = 0; store < 2; store++)
		for (unsigned width = 0; width < 4; width++)
			for (uint64_t offset = 0; offset < 0x1000 - 7;
			     offset += offset < 0x180 || rounds >= ROUNDS ? 1 : 61)
				access_try(dev + offset, width, store,
					   offset < 0x300 ? random() : 0);
	EXPECT(well(id));
	test_end();
}

/* Rings of nonsense, mostly of values that lead a little further. */
static void spoil(void)
{
	for (unsigned i = 0; i < QUEUE_SIZE; i++) {
		uint64_t r = random();

		desc[i] = (struct virtq_desc){ any_address(), any_length(), (uint16_t)(r & 7),
					       (uint16_t)(r >> 8 & (r & 8 ? 0xffff : 15)) };
	}
	/* Indirect tables and headers are in the buffers. */
	for (unsigned i = 0; i < sizeof(scratch); i += 16)
		*(struct virtq_desc *)(scratch + i) = (struct virtq_desc){
			any_address(), any_length(), (uint16_t)(random() & 7),
			(uint16_t)(random() & 15) };
}

static void test_rings(uint32_t id)
{
	test_begin("rings, chains, lengths and addresses of nonsense do no harm");
	short_buffers = id == VIRTIO_ID_CONSOLE;
	for (uint64_t n = short_buffers ? rounds / 10 : rounds; n > 0; n--) {
		uint64_t r = random();
		unsigned queue = r & 1;

		device_start(r & 2 ? VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX : 0, queue);
		spoil();
		for (unsigned i = r >> 4 & 15; i > 0; i--)
			offer((uint16_t)(random() & (r & 4 ? 15 : 0xffff)));
		if ((r >> 12 & 63) == 0)
			*(volatile uint16_t *)(avail + VIRTQ_AVAIL_IDX) = (uint16_t)random();
		reg_write(VIRTIO_MMIO_QUEUE_NOTIFY, queue);
		reg_write(VIRTIO_MMIO_QUEUE_NOTIFY, queue);
	}
	EXPECT(well(id));
	test_end();
}

static void test_places(uint32_t id)
{
	test_begin("queues at any address and of any size do no harm");
	for (uint64_t n = rounds; n > 0; n--) {
		device_start(0, 1);
		reg_write(VIRTIO_MMIO_QUEUE_SEL, (uint32_t)random() & 3);
		reg_write(VIRTIO_MMIO_QUEUE_READY, 0);
		reg_write(VIRTIO_MMIO_QUEUE_NUM, 1U << (random() % 34 & 31));
		address_write(VIRTIO_MMIO_QUEUE_DESC_LOW, (void *)any_address());
		address_write(VIRTIO_MMIO_QUEUE_DRIVER_LOW, (void *)any_address());
		address_write(VIRTIO_MMIO_QUEUE_DEVICE_LOW, (void *)any_address());
		reg_write(VIRTIO_MMIO_QUEUE_READY, 1);
		for (unsigned queue = 0; queue < 4; queue++)
			reg_write(VIRTIO_MMIO_QUEUE_NOTIFY, queue);
	}
	EXPECT(well(id));
	test_end();
}

/*
 * A status of V and R makes a leaf of its register, with A to be set: in a page table that stands
 * in the window, if it can be read at all. QEMU sets it without asking the G-stage; harts fault.
 */
static void test_tables(uint32_t id)
{
	uint64_t va = TABLE_VA + VIRTIO_MMIO_STATUS / sizeof(uint64_t) * PAGE_SIZE, *root;

	test_begin("a page table in its window gives faults only");
	sbi_call(SBI_EXT_FWFT, SBI_FWFT_SET, SBI_FWFT_PTE_AD_HW_UPDATING, 1, 0, 0, 0);
	for (uint32_t status = PTE_V | PTE_R; status <= (PTE_V | PTE_R | PTE_W);
	     status += PTE_W) {
		reg_write(VIRTIO_MMIO_STATUS, 0);
		reg_write(VIRTIO_MMIO_STATUS, status);
		page_reset();
		root = page_root();
		*page_entry(root, TABLE_VA, 1) = PA_TO_PTE(dev) | PTE_V;
		page_switch(root, 0);
		TRAP(load64(va));
		EXPECT(trap_last.scause == EXC_LOAD_ACCESS ||
		       trap_last.scause == EXC_LOAD_PAGE_FAULT);
		TRAP(store64(va, 0));
		EXPECT(trap_last.scause == EXC_STORE_ACCESS ||
		       trap_last.scause == EXC_STORE_PAGE_FAULT);
		page_off();
	}
	EXPECT(well(id));
	test_end();
}

static void test_request(void)
{
	static struct virtq_desc table[256];
	volatile uint8_t first;

	if (!find_device(VIRTIO_ID_BLOCK, 0))
		return;
	test_begin("a request of hundreds of MiB in one notification ends");
	EXPECT(device_start(VIRTIO_F_INDIRECT_DESC, 0));
	blk_describe(VIRTIO_BLK_T_IN, 0, scratch, 0);
	table[0] = desc[0];
	table[0].next = 1;
	/* All of RAM, again and again; the disk is smaller, so this is an error and no more. */
	for (unsigned i = 1; i < 255; i++)
		table[i] = (struct virtq_desc){ 0x80000000UL, 0x04000000U,
						VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE,
						(uint16_t)(i + 1) };
	table[255] = desc[2];
	desc[0] = (struct virtq_desc){ (uint64_t)table, sizeof(table), VIRTQ_DESC_F_INDIRECT, 0 };
	first = scratch[0];
	offer(0);
	reg_write(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	EXPECT(wait_used(1));
	EXPECT_EQ(blk_status, VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(scratch[0], first);
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	static const uint32_t ids[] = { VIRTIO_ID_BLOCK, VIRTIO_ID_NET, VIRTIO_ID_CONSOLE,
					VIRTIO_ID_RNG };
	bool strata = sbi_probe(STRATA_EID);
	unsigned found = 0;

	(void)hartid;
	(void)dtb;
	if (boot_arg("rounds"))
		rounds = number(boot_arg("rounds"));
	for (size_t i = 0; strata && i < ARRAY_SIZE(ids); i++) {
		if (!find_device(ids[i], 0))
			continue;
		found++;
		state = 0x5eed + ids[i];
		printf("virtio device %u\n", ids[i]);
		test_registers(ids[i]);
		test_places(ids[i]);
		test_rings(ids[i]);
		test_tables(ids[i]);
	}
	if (found)
		test_request();
	test_begin("there is a virtio device of Strata's");
	if (!found)
		test_skip("no device");
	test_end();
}
