/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A random load: its numbers, its end, and where the machine's memory is before and after.
 * Linux man-pages, proc_meminfo(5), slabinfo(5).
 */
#include "lib/stress.h"

#include "lib/printf.h"
#include "lib/string.h"
#include "lib/syscall.h"

uint64_t stress_state;

unsigned int stress_below(unsigned int limit)
{
	stress_state = stress_state * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned int)(stress_state >> 33) % limit;
}

_Noreturn void stress_fail(const char *what)
{
	printf("FAIL: stress: process %ld: %s\n", sys_getpid(), what);
	sys_exit(1);
}

void stress_wait(long pid)
{
	int status = -1;
	long got;

	do {
		got = sys_wait4(pid, &status, 0);
	} while (got == -EINTR);
	if (got != pid || status != 0)
		stress_fail("a child failed");
}

/* In the order of the files; what is free is what is left, and pages of "Slab" have objects. */
static const char *const kinds[] = { "\nBuffers:", "\nCached:", "\nAnonPages:", "\nKernelStack:",
				     "\nPageTables:", "\nkmalloc-32 ", "\nkmalloc-64 ",
				     "\nkmalloc-128 ", "\nkmalloc-256 ", "\nkmalloc-512 ",
				     "\nkmalloc-1k ", "\nkmalloc-2k ", "\nkmalloc-4k " };

/* All of a file behind what is in text already; how long that is then. */
static size_t text_add(const char *path, char *text, size_t length, size_t room)
{
	long fd = sys_open(path, O_RDONLY), got;

	if (fd < 0)
		return length;
	while ((got = sys_read((int)fd, text + length, room - 1 - length)) > 0)
		length += (size_t)got;
	sys_close((int)fd);
	text[length] = '\0';
	return length;
}

static long number_behind(const char *p)
{
	long value = 0;

	while (*p == ' ')
		p++;
	for (; *p >= '0' && *p <= '9'; p++)
		value = value * 10 + *p - '0';
	return value;
}

void stress_memory_read(struct stress_memory *memory)
{
	static char text[8192];
	size_t length = text_add("/proc/meminfo", text, 0, sizeof(text)), i;

	text_add("/proc/slabinfo", text, length, sizeof(text));
	memset(memory, 0, sizeof(*memory));
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *at = strstr(text, kinds[i]);

		if (at == NULL)
			return;
		memory->count[memory->kinds++] = number_behind(at + strlen(kinds[i]));
	}
}

bool stress_memory_same(const struct stress_memory *before, const struct stress_memory *after)
{
	bool same = true;
	unsigned int i;

	for (i = 0; i < before->kinds; i++) {
		if (before->count[i] == after->count[i])
			continue;
		printf("FAIL: stress: memory: %s was %ld, is %ld\n", kinds[i] + 1,
		       before->count[i], after->count[i]);
		same = false;
	}
	return same;
}
