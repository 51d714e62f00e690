/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Split virtqueues: VIRTIO 1.2, section 2.7.
 * SOURCES: hypervisor/vdev/virtqueue.c hypervisor/vdev/virtqueue_chain.c
 */
#include "test.h"

#include "virtio_driver.h"

#include "mem/hvmap.h"

static struct virtqueue queue;
static struct virtqueue_chain chain;

static void start(unsigned size)
{
	ram_create();
	virtqueue_init(&queue, &ram);
	q_size = size;
	queue.size = size;
	queue.desc = Q_DESC;
	queue.avail = Q_AVAIL;
	queue.used = Q_USED;
	CHECK_EQ(virtqueue_start(&queue), 0);
}

TEST("a chain gives what the device reads, then what it writes, and its lengths")
{
	struct virtqueue_cursor cursor;
	char text[8] = "";

	start(8);
	put_desc(Q_DESC, 3, DATA, 2, VIRTQ_DESC_F_NEXT, 5);
	put_desc(Q_DESC, 5, DATA + 16, 3, VIRTQ_DESC_F_NEXT, 0);
	put_desc(Q_DESC, 0, DATA + 32, 4, VIRTQ_DESC_F_WRITE, 0);
	memcpy(at(DATA), "ab", 2);
	memcpy(at(DATA + 16), "cde", 3);
	CHECK_EQ(virtqueue_take(&queue, &chain), 0);
	offer(3);
	CHECK_EQ(virtqueue_take(&queue, &chain), 1);
	CHECK_EQ(chain.head, 3);
	CHECK_EQ(chain.out_count, 2);
	CHECK_EQ(chain.count, 3);
	CHECK_EQ(chain.out_bytes, 5);
	CHECK_EQ(chain.in_bytes, 4);
	cursor = virtqueue_out(&chain);
	CHECK_EQ(virtqueue_read(&queue, &chain, &cursor, text, 8), 5);
	CHECK_STR(text, "abcde");
	CHECK_EQ(virtqueue_read(&queue, &chain, &cursor, text, 8), 0);
	cursor = virtqueue_in(&chain);
	CHECK_EQ(virtqueue_write(&queue, &chain, &cursor, "wxyz!", 5), 4);
	CHECK_EQ(memcmp(at(DATA + 32), "wxyz", 4), 0);
	CHECK_EQ(virtqueue_take(&queue, &chain), 0);
	ram_free();
}

TEST("a buffer may lie across pieces of memory that do not touch in the host")
{
	struct virtqueue_cursor cursor;
	uint8_t bytes[64], back[64];

	start(8);
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	put_desc(Q_DESC, 0, DATA + RAM_PIECE - 20, 64, VIRTQ_DESC_F_WRITE, 0);
	offer(0);
	CHECK_EQ(virtqueue_take(&queue, &chain), 1);
	cursor = virtqueue_in(&chain);
	CHECK_EQ(virtqueue_write(&queue, &chain, &cursor, bytes, 64), 64);
	cursor = virtqueue_in(&chain);
	CHECK_EQ(virtqueue_read(&queue, &chain, &cursor, back, 64), 64);
	CHECK_EQ(memcmp(bytes, back, 64), 0);
	CHECK_EQ(*(uint8_t *)at(DATA + RAM_PIECE), 20);
	cursor = virtqueue_in(&chain);
	virtqueue_skip(&chain, &cursor, 63);
	CHECK_EQ(virtqueue_read(&queue, &chain, &cursor, back, 64), 1);
	CHECK_EQ(back[0], 63);
	ram_free();
}

/* ---- Chunks of 2 MiB ---- */

#define CHUNK	0x200000UL

#define CHUNKS	(RAM_BASE - 2 * CHUNK)	/* two of them; there is other RAM behind */

static unsigned calls;
static hpa_t chunks[2];

static void *chunk_map(void *arg, uint64_t gpa, size_t size, size_t *got)
{
	uint64_t offset = gpa - CHUNKS;

	calls++;
	if (offset >= 2 * CHUNK || size > 2 * CHUNK - offset)
		return ram_map(arg, gpa, size, got);
	*got = MIN(size, CHUNK - offset % CHUNK);
	return (char *)hva_from_hpa(chunks[offset / CHUNK]) + offset % CHUNK;
}

static const struct virtqueue_memory chunked = { .map = chunk_map, .gpa = CHUNKS,
						 .size = 2 * CHUNK, .chunks = chunks };

static void start_chunked(unsigned size)
{
	static uint8_t *blocks[2];

	start(size);
	for (int i = 0; i < 2; i++) {
		free(blocks[i]);
		blocks[i] = calloc(1, CHUNK);
		chunks[i] = hpa_from_hva(blocks[i]);
	}
	queue.memory = &chunked;
	calls = 0;
}

TEST("a buffer inside a chunk of memory is found without a call, any other by one")
{
	static const struct { uint64_t gpa; uint32_t size; unsigned calls; int taken; } cases[] = {
		{ CHUNKS, 1, 0, 1 },
		{ CHUNKS, CHUNK, 0, 1 },
		{ CHUNKS + CHUNK - 1, 1, 0, 1 },
		{ CHUNKS + CHUNK, 512, 0, 1 },
		{ CHUNKS + 2 * CHUNK - 512, 512, 0, 1 },
		{ CHUNKS + CHUNK - 1, 2, 1, 1 },
		{ CHUNKS, CHUNK + 1, 1, 1 },
		{ CHUNKS + 2 * CHUNK - 512, 513, 1, -EINVAL },
		{ CHUNKS, UINT32_MAX, 1, -EINVAL },
		{ CHUNKS - 1, 1, 1, -EINVAL },
		{ UINT64_MAX, 1, 1, -EINVAL },
		{ RAM_BASE, 1, 1, 1 },
		{ DATA, 16, 1, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		void *want;
		size_t got;

		start_chunked(4);
		put_desc(Q_DESC, 0, cases[i].gpa, cases[i].size, VIRTQ_DESC_F_WRITE, 0);
		offer(0);
		if (virtqueue_take(&queue, &chain) != cases[i].taken || calls != cases[i].calls)
			FAIL("case %zu: %u calls", i, calls);
		if (cases[i].taken == 1) {
			want = chunk_map(NULL, cases[i].gpa, cases[i].size, &got);
			CHECK(chain.segments[0].at == (got == cases[i].size ? want : NULL));
		}
		ram_free();
	}
}

TEST("an indirect table in a chunk is as good as one elsewhere, however it is aligned")
{
	static const struct virtq_desc desc[2] = { { DATA, 16, VIRTQ_DESC_F_NEXT, 1 },
						   { DATA + 64, 32, VIRTQ_DESC_F_WRITE, 0 } };

	for (unsigned shift = 0; shift < 48; shift++) {
		uint64_t table = CHUNKS + CHUNK - 24 + shift;

		start_chunked(4);
		queue.indirect = true;
		for (unsigned i = 0; i < sizeof(desc); i++) {
			size_t got;

			*(uint8_t *)chunk_map(NULL, table + i, 1, &got) =
				((const uint8_t *)desc)[i];
		}
		put_desc(Q_DESC, 1, table, 32, VIRTQ_DESC_F_INDIRECT, 0);
		offer(1);
		CHECK_EQ(virtqueue_take(&queue, &chain), 1);
		CHECK_EQ(chain.count, 2);
		CHECK_EQ(chain.segments[0].gpa, DATA);
		CHECK_EQ(chain.out_bytes, 16);
		CHECK_EQ(chain.in_bytes, 32);
		ram_free();
	}
}

TEST("an indirect descriptor stands for the chain in its table, at any address")
{
	for (unsigned shift = 0; shift < 17; shift++) {
		/* The table's second entry lies across two pieces of memory for most shifts. */
		uint64_t table = DATA + RAM_PIECE - 32 + shift;
		struct virtq_desc desc[2] = { { DATA, 16, VIRTQ_DESC_F_NEXT, 1 },
					      { DATA + 64, 32, VIRTQ_DESC_F_WRITE, 0 } };

		start(4);
		queue.indirect = true;
		for (unsigned i = 0; i < sizeof(desc); i++)
			*(uint8_t *)at(table + i) = ((uint8_t *)desc)[i];
		put_desc(Q_DESC, 1, DATA + 128, 1, VIRTQ_DESC_F_NEXT, 2);
		put_desc(Q_DESC, 2, table, 32, VIRTQ_DESC_F_INDIRECT, 0);
		offer(1);
		CHECK_EQ(virtqueue_take(&queue, &chain), 1);
		CHECK_EQ(chain.out_bytes, 17);
		CHECK_EQ(chain.in_bytes, 32);
		ram_free();
	}
}

/* What a driver may not do; each is offered in a queue of 4 as chain 0. */
static const struct {
	const char *what;
	bool indirect;			/* negotiated */
	uint64_t tables[6];
	struct virtq_desc desc[6];
} bad[] = {
	{ "a loop of one", false, { Q_DESC }, { { DATA, 1, VIRTQ_DESC_F_NEXT, 0 } } },
	{ "a loop of two", false, { Q_DESC, Q_DESC },
	  { { DATA, 1, VIRTQ_DESC_F_NEXT, 1 }, { DATA, 1, VIRTQ_DESC_F_NEXT, 0 } } },
	{ "a next beyond the queue", false, { Q_DESC }, { { DATA, 1, VIRTQ_DESC_F_NEXT, 4 } } },
	{ "a buffer below RAM", false, { Q_DESC }, { { RAM_BASE - 1, 2, 0, 0 } } },
	{ "a buffer that ends behind RAM", false, { Q_DESC },
	  { { RAM_BASE + RAM_SIZE - 1, 2, 0, 0 } } },
	{ "a buffer that wraps around", false, { Q_DESC },
	  { { UINT64_MAX - 15, 0x80000020, 0, 0 } } },
	{ "a buffer of 4 GiB", false, { Q_DESC }, { { DATA, UINT32_MAX, 0, 0 } } },
	{ "a buffer to read behind one to write", false, { Q_DESC, Q_DESC },
	  { { DATA, 1, VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE, 1 }, { DATA, 1, 0, 0 } } },
	{ "an indirect table that was not negotiated", false, { Q_DESC, Q_INDIRECT },
	  { { Q_INDIRECT, 16, VIRTQ_DESC_F_INDIRECT, 0 }, { DATA, 1, 0, 0 } } },
	{ "an indirect table in an indirect table", true, { Q_DESC, Q_INDIRECT },
	  { { Q_INDIRECT, 16, VIRTQ_DESC_F_INDIRECT, 0 },
	    { Q_INDIRECT, 16, VIRTQ_DESC_F_INDIRECT, 0 } } },
	{ "an indirect descriptor with a next", true, { Q_DESC, Q_INDIRECT },
	  { { Q_INDIRECT, 16, VIRTQ_DESC_F_INDIRECT | VIRTQ_DESC_F_NEXT, 1 }, { DATA, 1, 0, 0 } } },
	{ "an indirect table of no bytes", true, { Q_DESC },
	  { { Q_INDIRECT, 0, VIRTQ_DESC_F_INDIRECT, 0 } } },
	{ "an indirect table with half an entry", true, { Q_DESC, Q_INDIRECT },
	  { { Q_INDIRECT, 24, VIRTQ_DESC_F_INDIRECT, 0 }, { DATA, 1, 0, 0 } } },
	{ "an indirect table that is no RAM", true, { Q_DESC },
	  { { RAM_BASE + RAM_SIZE, 16, VIRTQ_DESC_F_INDIRECT, 0 } } },
	{ "a next beyond the indirect table", true, { Q_DESC, Q_INDIRECT },
	  { { Q_INDIRECT, 16, VIRTQ_DESC_F_INDIRECT, 0 }, { DATA, 1, VIRTQ_DESC_F_NEXT, 1 } } },
	{ "a loop in the indirect table", true, { Q_DESC, Q_INDIRECT },
	  { { Q_INDIRECT, 16, VIRTQ_DESC_F_INDIRECT, 0 }, { DATA, 1, VIRTQ_DESC_F_NEXT, 0 } } },
};

TEST("a chain that breaks a rule of section 2.7 is refused, whichever")
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unsigned in_table[2] = { 0 };

		start(4);
		queue.indirect = bad[i].indirect;
		for (int d = 0; d < 6 && bad[i].tables[d]; d++) {
			bool own = bad[i].tables[d] == Q_DESC;
			const struct virtq_desc *desc = &bad[i].desc[d];

			put_desc(bad[i].tables[d], in_table[own]++, desc->addr, desc->len,
				 desc->flags, desc->next);
		}
		offer(0);
		if (virtqueue_take(&queue, &chain) != -EINVAL)
			FAIL("%s is taken", bad[i].what);
		ram_free();
	}
}

TEST("a head beyond the queue and more chains than the queue has are refused")
{
	start(4);
	offer(4);
	CHECK_EQ(virtqueue_take(&queue, &chain), -EINVAL);
	start(4);
	put16(Q_AVAIL + VIRTQ_AVAIL_IDX, 5);
	CHECK_EQ(virtqueue_take(&queue, &chain), -EINVAL);
	put16(Q_AVAIL + VIRTQ_AVAIL_IDX, 0xffff);
	CHECK_EQ(virtqueue_take(&queue, &chain), -EINVAL);
	ram_free();
}

TEST("an indirect chain of 256 buffers is taken, a longer one is not")
{
	uint64_t table = DATA + RAM_PIECE;

	for (unsigned count = 256; count <= 257; count++) {
		start(2);
		queue.indirect = true;
		for (unsigned i = 0; i < count; i++)
			put_desc(table, i, DATA + i, 1,
				 i + 1 < count ? VIRTQ_DESC_F_NEXT : 0, (uint16_t)(i + 1));
		put_desc(Q_DESC, 0, table, 16 * count, VIRTQ_DESC_F_INDIRECT, 0);
		offer(0);
		CHECK_EQ(virtqueue_take(&queue, &chain), count == 256 ? 1 : -EINVAL);
		ram_free();
	}
}

TEST("a direct descriptor before an indirect table of 256 does not overrun the chain")
{
	uint64_t table = DATA + RAM_PIECE;

	start(2);
	queue.indirect = true;
	for (unsigned i = 0; i < 256; i++)
		put_desc(table, i, DATA, 1, i < 255 ? VIRTQ_DESC_F_NEXT : 0, (uint16_t)(i + 1));
	put_desc(Q_DESC, 0, DATA, 1, VIRTQ_DESC_F_NEXT, 1);
	put_desc(Q_DESC, 1, table, 16 * 256, VIRTQ_DESC_F_INDIRECT, 0);
	offer(0);
	CHECK_EQ(virtqueue_take(&queue, &chain), -EINVAL);
	ram_free();
}

TEST("size and addresses of a queue are judged before it starts")
{
	static const struct { unsigned size; uint64_t desc, avail, used; bool good; } cases[] = {
		{ 256, Q_DESC, Q_AVAIL, Q_USED, true },
		{ 1, Q_DESC, Q_AVAIL, Q_USED, true },
		{ 0, Q_DESC, Q_AVAIL, Q_USED, false },
		{ 3, Q_DESC, Q_AVAIL, Q_USED, false },
		{ 512, Q_DESC, Q_AVAIL, Q_USED, false },
		{ 8, Q_DESC + 8, Q_AVAIL, Q_USED, false },
		{ 8, Q_DESC, Q_AVAIL + 1, Q_USED, false },
		{ 8, Q_DESC, Q_AVAIL, Q_USED + 2, false },
		{ 8, RAM_BASE + RAM_SIZE - 112, Q_AVAIL, Q_USED, false },
		{ 8, Q_DESC, RAM_BASE + RAM_SIZE - 20, Q_USED, false },
		{ 8, Q_DESC, Q_AVAIL, RAM_BASE + RAM_SIZE - 68, false },
		{ 8, Q_DESC, Q_AVAIL, 0, false },
		{ 8, UINT64_MAX - 15, Q_AVAIL, Q_USED, false },
	};

	ram_create();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		virtqueue_init(&queue, &ram);
		queue.size = cases[i].size;
		queue.desc = cases[i].desc;
		queue.avail = cases[i].avail;
		queue.used = cases[i].used;
		if ((virtqueue_start(&queue) == 0) != cases[i].good)
			FAIL("case %zu", i);
		CHECK_EQ(queue.ready, cases[i].good);
	}
	ram_free();
}

TEST("chains given back stand in the used ring in order, and its index wraps at 65536")
{
	start(4);
	for (unsigned n = 0; n < 70000; n++) {
		put_desc(Q_DESC, n % 4, DATA, n, VIRTQ_DESC_F_WRITE, 0);
		put_desc(Q_DESC, n % 4, DATA, 8, VIRTQ_DESC_F_WRITE, 0);
		offer((uint16_t)(n % 4));
		CHECK_EQ(virtqueue_take(&queue, &chain), 1);
		CHECK_EQ(virtqueue_give(&queue, chain.head, n), 0);
		CHECK_EQ(used_idx(), (uint16_t)(n + 1));
		CHECK_EQ(used_id(n), n % 4);
		CHECK_EQ(used_len(n), n);
	}
	ram_free();
}

TEST("without event index the flags of the rings turn interrupts and notifications off")
{
	start(4);
	virtqueue_notify_off(&queue);
	CHECK_EQ(get16(Q_USED + VIRTQ_USED_FLAGS), VIRTQ_USED_F_NO_NOTIFY);
	CHECK(!virtqueue_notify_on(&queue));
	CHECK_EQ(get16(Q_USED + VIRTQ_USED_FLAGS), 0);
	offer(0);
	CHECK(virtqueue_notify_on(&queue));
	CHECK(virtqueue_wants_interrupt(&queue));
	put16(Q_AVAIL + VIRTQ_AVAIL_FLAGS, VIRTQ_AVAIL_F_NO_INTERRUPT);
	CHECK(!virtqueue_wants_interrupt(&queue));
	ram_free();
}

TEST("with event index the driver is interrupted when its used_event is passed, and only then")
{
	start(4);
	queue.event_idx = true;
	for (unsigned n = 0; n < 70000; n++) {
		bool wanted = n == 0 || n % 3 == 2;

		/* It wants to know about entries 2, 5, 8...; the first time always tells. */
		put_used_event((uint16_t)(n / 3 * 3 + 2));
		CHECK_EQ(virtqueue_give(&queue, 0, 0), 0);
		if (virtqueue_wants_interrupt(&queue) != wanted)
			FAIL("entry %u", n);
	}
	ram_free();
}

TEST("a batch that passes used_event interrupts once")
{
	start(8);
	queue.event_idx = true;
	put_used_event(0);
	virtqueue_give(&queue, 0, 0);
	CHECK(virtqueue_wants_interrupt(&queue));
	put_used_event(2);
	for (int i = 0; i < 4; i++)
		virtqueue_give(&queue, 0, 0);
	CHECK(virtqueue_wants_interrupt(&queue));
	CHECK(!virtqueue_wants_interrupt(&queue));
	ram_free();
}

TEST("with event index the device's avail_event is the next entry that it will take")
{
	start(4);
	queue.event_idx = true;
	for (unsigned n = 0; n < 9; n++) {
		CHECK(!virtqueue_notify_on(&queue));
		CHECK_EQ(get_avail_event(), n);
		put_desc(Q_DESC, 0, DATA, 1, 0, 0);
		offer(0);
		CHECK(virtqueue_notify_on(&queue));
		CHECK_EQ(virtqueue_take(&queue, &chain), 1);
	}
	ram_free();
}

TEST("rings that are not in one piece are found where they are")
{
	/* The used ring lies across two pieces. */
	start(8);
	queue.used = DATA - 16;
	CHECK_EQ(virtqueue_start(&queue), 0);
	put_desc(Q_DESC, 2, DATA + 64, 8, VIRTQ_DESC_F_WRITE, 0);
	for (unsigned n = 0; n < 20; n++) {
		offer(2);
		CHECK_EQ(virtqueue_take(&queue, &chain), 1);
		CHECK_EQ(virtqueue_give(&queue, 2, n), 0);
		CHECK_EQ(get16(DATA - 16 + VIRTQ_USED_IDX), n + 1);
		CHECK_EQ(get32(DATA - 16 + VIRTQ_USED_RING + 8 * (n % 8) + 4), n);
	}
	ram_free();
}

TEST("a queue that is not ready gives nothing and takes nothing")
{
	start(4);
	offer(0);
	virtqueue_reset(&queue);
	CHECK_EQ(virtqueue_take(&queue, &chain), 0);
	CHECK_EQ(virtqueue_give(&queue, 0, 0), 0);
	CHECK(!virtqueue_wants_interrupt(&queue));
	CHECK(!virtqueue_notify_on(&queue));
	CHECK_EQ(used_idx(), 0);
	ram_free();
}
