/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem/kalloc.c: objects of every size, at random, until there is no memory.
 * SOURCES: hypervisor/mem/kalloc.c hypervisor/mem/page.c hypervisor/lib/string.c
 */
#include "mem/kalloc.h"
#include "test.h"

#include <sys/wait.h>
#include <unistd.h>

#define HEAP_SIZE	(UINT64_C(2) << 20)

static char memory[HEAP_SIZE] __attribute__((aligned(2 << 20)));
static char metadata[HEAP_SIZE / 4096 + 4096];
static struct page_allocator pages;

static void set_up(void)
{
	struct page_range range = { HPA((uintptr_t)memory), HPA((uintptr_t)memory + HEAP_SIZE) };

	memset(memory, 0x5a, sizeof(memory));
	page_init(&pages, range, 0, metadata);
	CHECK_EQ(page_add_range(&pages, range, NULL, 0), 0);
	kalloc_init(&pages);
	CHECK(kalloc_pages() == &pages);
}

static bool is_filled(const char *object, char value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (object[i] != value)
			return false;
	return true;
}

TEST("an object of any size is zeroed, aligned and wholly usable")
{
	set_up();
	for (size_t size = 0; size < 20000; size += size < 3000 ? 1 : 511) {
		char *object = kalloc(size), *other = kalloc(size);

		CHECK(object && other && object != other);
		CHECK_EQ((uintptr_t)object % (size > 2016 ? PAGE_SIZE : 16), 0);
		CHECK(is_filled(object, 0, size) && is_filled(other, 0, size));
		memset(object, 1, size);
		memset(other, 2, size);
		CHECK(is_filled(object, 1, size));
		kfree(object);
		CHECK(is_filled(other, 2, size));
		kfree(other);
	}
	CHECK_EQ(page_free_bytes(&pages), HEAP_SIZE);
	CHECK_EQ(kalloc_used_bytes(), 0);
}

TEST("kfree of NULL does nothing")
{
	set_up();
	kfree(NULL);
	CHECK_EQ(page_free_bytes(&pages), HEAP_SIZE);
}

TEST("kalloc returns NULL when memory is used up and works again after a free")
{
	static void *all[HEAP_SIZE / 64];
	size_t count = 0;

	set_up();
	/* A volatile size: the compiler knows that no object can be as large as this one. */
	for (volatile size_t huge = SIZE_MAX; huge > PAGE_1G_SIZE; huge /= 2)
		CHECK(kalloc(huge) == NULL);
	while ((all[count] = kalloc(64)) != NULL)
		count++;
	CHECK_EQ(count, 63 * HEAP_SIZE / PAGE_SIZE);
	CHECK_EQ(kalloc_used_bytes(), count * 64);
	CHECK(kalloc(4096) == NULL);
	kfree(all[--count]);
	all[count] = kalloc(50);
	CHECK(all[count] != NULL);
	count++;
	while (count)
		kfree(all[--count]);
	CHECK_EQ(page_free_bytes(&pages), HEAP_SIZE);
}

TEST("objects at random keep their contents, and all memory comes back")
{
	static struct {
		char *object;
		size_t size;
	} slots[500];
	uint64_t seed = 3;

	set_up();
	for (int step = 0; step < 100000; step++) {
		size_t slot = test_random(&seed) % ARRAY_SIZE(slots);
		char value = (char)(slot % 255 + 1);

		if (slots[slot].object) {
			CHECK(is_filled(slots[slot].object, value, slots[slot].size));
			kfree(slots[slot].object);
			slots[slot].object = NULL;
			continue;
		}
		slots[slot].size = test_random(&seed) % (slot % 10 ? 300 : 9000);
		slots[slot].object = kalloc(slots[slot].size);
		if (slots[slot].object) {
			CHECK(is_filled(slots[slot].object, 0, slots[slot].size));
			memset(slots[slot].object, value, slots[slot].size);
		}
	}
	for (size_t slot = 0; slot < ARRAY_SIZE(slots); slot++)
		kfree(slots[slot].object);
	CHECK_EQ(page_free_bytes(&pages), HEAP_SIZE);
	CHECK_EQ(kalloc_used_bytes(), 0);
}

/* Whether kfree() of the address ends in a failed assertion. */
static bool asserts(uintptr_t address)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		kfree((void *)address);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

TEST("a double free, a foreign free and the inside of an object are assertion failures")
{
	uintptr_t small, kept, large;

	set_up();
	small = (uintptr_t)kalloc(40);
	kept = (uintptr_t)kalloc(40);
	large = (uintptr_t)kalloc(9000);
	CHECK(!asserts(small) && !asserts(large));
	CHECK(asserts(small + 16));
	CHECK(asserts(kept + 48));
	CHECK(asserts(large + 4096));
	CHECK(asserts(large + 100));
	CHECK(asserts((uintptr_t)metadata));
	kfree((void *)small);
	CHECK(asserts(small));
	kfree((void *)large);
	CHECK(asserts(large));
}
