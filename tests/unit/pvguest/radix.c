/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree that finds the pages of a file, beside a model: a plain list of numbers.
 * SOURCES: pvguest/kernel/lib/radix.c
 */
#include "test.h"

#include "lib/radix.h"
#include "mm/heap.h"

#define ENTRIES 512

static struct radix tree;
static struct entry {
	uint64_t index;
	uintptr_t value;
} model[ENTRIES];
static size_t entries, blocks, blocks_left;
static uint64_t seed = 0x9e3779b97f4a7c15UL;
/* What gives memory back when a node is asked for. */
static void (*pressure)(void);

void *heap_alloc(size_t size)
{
	if (pressure)
		pressure();
	if (!blocks_left)
		return NULL;
	blocks_left--;
	blocks++;
	return calloc(1, size);
}

void heap_free(void *object)
{
	blocks -= object != NULL;
	free(object);
}

static void begin(void)
{
	tree = (struct radix){ 0 };
	entries = blocks = 0;
	blocks_left = SIZE_MAX;
	pressure = NULL;
}

static uint64_t pick(uint64_t below)
{
	return (test_random(&seed) >> 20) % below;
}

/* Numbers side by side, numbers of every size, and those at the edges of digits. */
static uint64_t pick_index(void)
{
	unsigned int bits = (unsigned int)pick(62);

	switch (pick(4)) {
	case 0:
		return pick(300);
	case 1:
		return (1UL << bits) - 1 + pick(3);
	case 2:
		return RADIX_END - 1 - pick(300);
	default:
		return test_random(&seed) % RADIX_END >> bits;
	}
}

static struct entry *find(uint64_t index)
{
	for (size_t i = 0; i < entries; i++)
		if (model[i].index == index)
			return &model[i];
	return NULL;
}

static void set(uint64_t index, uintptr_t value)
{
	struct entry *entry = find(index);

	CHECK_EQ(radix_set(&tree, index, value), 0);
	if (!entry)
		entry = &model[entries++];
	*entry = (struct entry){ index, value };
}

static uintptr_t drop(uint64_t index)
{
	struct entry *entry = find(index);
	uintptr_t value = entry ? entry->value : 0;

	if (entry)
		*entry = model[--entries];
	return value;
}

static struct entry *find_next(uint64_t index)
{
	struct entry *best = NULL;

	for (size_t i = 0; i < entries; i++)
		if (model[i].index >= index && (!best || model[i].index < best->index))
			best = &model[i];
	return best;
}

static void compare_next(uint64_t from)
{
	struct entry *entry = find_next(from);
	uint64_t index = from;
	uintptr_t value = radix_next(&tree, &index);

	CHECK_EQ(value, entry ? entry->value : 0);
	CHECK_EQ(index, entry ? entry->index : from);
}

static void compare(void)
{
	uint64_t index = 0;
	size_t found = 0;

	for (size_t i = 0; i < entries; i++)
		CHECK_EQ(radix_get(&tree, model[i].index), model[i].value);
	for (; radix_next(&tree, &index); found++, index++)
		CHECK(find(index));
	CHECK_EQ(found, entries);
}

static void drop_value(uintptr_t value, void *context)
{
	size_t *dropped = context;

	for (size_t i = 0; i < entries; i++) {
		if (model[i].value != value)
			continue;
		CHECK(drop(model[i].index) == value);
		++*dropped;
		return;
	}
	CHECK(false);
}

static void empty(void)
{
	while (entries) {
		uint64_t index = model[pick(entries)].index;

		CHECK_EQ(radix_remove(&tree, index), drop(index));
	}
	CHECK_EQ(blocks, 0);
	CHECK_EQ(tree.shift, 0);
}

TEST("a tree answers as a plain list does, whatever is set and removed")
{
	begin();
	for (unsigned int i = 0; i < 30000; i++) {
		uint64_t index = pick_index();

		if (entries && pick(3) == 0)
			index = model[pick(entries)].index;
		if (entries < ENTRIES && pick(100) < (i % 4000 < 2000 ? 70 : 30))
			set(index, (uintptr_t)pick(1UL << 40) + 1);
		else
			CHECK_EQ(radix_remove(&tree, index), drop(index));
		index = pick_index();
		CHECK_EQ(radix_get(&tree, index), find(index) ? find(index)->value : 0);
		compare_next(index);
		if (i % 1000 == 0)
			compare();
	}
	compare();
	empty();
}

TEST("a cut takes all values from a number on, and no other, and their nodes")
{
	for (unsigned int i = 0; i < 300; i++) {
		uint64_t from = pick_index();
		size_t dropped = 0, behind = 0, count = (size_t)pick(ENTRIES);

		begin();
		for (size_t n = 0; n < count; n++)
			set(pick_index(), n + 1);
		if (entries && pick(2))
			from = model[pick(entries)].index;
		for (size_t n = 0; n < entries; n++)
			behind += model[n].index >= from;
		radix_cut(&tree, from, drop_value, &dropped);
		CHECK_EQ(dropped, behind);
		compare();
		compare_next(from);
		if (!from)
			CHECK_EQ(blocks, 0);
		empty();
	}
}

TEST("small numbers need no node, and one at a large number takes ten")
{
	begin();
	for (uint64_t i = 0; i < RADIX_ROOT; i++)
		set(i, i + 1);
	CHECK_EQ(blocks, 0);
	empty();
	set(1UL << 28, 1);
	CHECK_EQ(blocks, 5);
	set(0, 1);
	CHECK(blocks <= 10);
	empty();
	set(RADIX_END - 1, 1);
	set(0, 2);
	CHECK_EQ(radix_get(&tree, RADIX_END - 1), 1);
	CHECK_EQ(blocks, 20);
	empty();
}

TEST("a number that is too large has no value and gets none")
{
	uint64_t index = RADIX_END;

	begin();
	for (unsigned int i = 0; i < 2; i++) {
		CHECK_EQ(radix_get(&tree, ~0UL), 0);
		CHECK_EQ(radix_remove(&tree, RADIX_END), 0);
		CHECK(radix_set(&tree, RADIX_END, 1));
		CHECK(radix_reserve(&tree, ~0UL));
		CHECK_EQ(radix_next(&tree, &index), 0);
		radix_cut(&tree, RADIX_END, NULL, NULL);
		compare();
		set(RADIX_END - 1, 1);
	}
	empty();
}

TEST("reserved room takes the next value without memory, and goes if it is not used")
{
	begin();
	for (unsigned int i = 0; i < 500; i++) {
		uint64_t index = pick_index();

		CHECK_EQ(radix_reserve(&tree, index), 0);
		CHECK_EQ(radix_get(&tree, index), find(index) ? find(index)->value : 0);
		blocks_left = 0;
		if (pick(2) && entries < ENTRIES)
			set(index, i + 1);
		else
			CHECK_EQ(radix_remove(&tree, index), drop(index));
		blocks_left = SIZE_MAX;
	}
	compare();
	empty();
}

TEST("without memory for a node no value has changed, and nothing is lost")
{
	size_t before;

	begin();
	for (unsigned int i = 0; i < 2000; i++) {
		uint64_t index = pick_index();

		before = blocks;
		blocks_left = pick(12);
		if (entries == ENTRIES) {
			blocks_left = SIZE_MAX;
			empty();
		} else if (radix_set(&tree, index, i + 1)) {
			CHECK(!find(index));
			/* It may have grown higher, but has no branch that leads nowhere. */
			CHECK(blocks >= before && blocks - before <= 10);
			compare();
		} else {
			set(index, i + 1);
		}
		if (i % 100 == 0)
			compare();
	}
	compare();
	empty();
}

static uint64_t wanted;

/* As caches do: any value may go while a node is being asked for, but not what is just set. */
static void give_back(void)
{
	for (uint64_t n = pick(4); n && entries; n--) {
		uint64_t index = model[pick(entries)].index;

		if (index != wanted)
			CHECK_EQ(radix_remove(&tree, index), drop(index));
	}
	if (pick(8) == 0)
		while (entries && (entries > 1 || model[0].index != wanted)) {
			struct entry *entry = &model[model[0].index == wanted ? 1 : 0];

			CHECK_EQ(radix_remove(&tree, entry->index), entry->value);
			drop(entry->index);
		}
}

TEST("values may be removed while memory for a node is asked for")
{
	begin();
	pressure = give_back;
	for (unsigned int i = 0; i < 20000; i++) {
		wanted = pick_index();
		if (entries == ENTRIES)
			give_back();
		else
			set(wanted, i + 1);
		if (i % 500 == 0)
			compare();
	}
	compare();
	empty();
}
