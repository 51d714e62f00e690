/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access to the memory of the current process; a bad address is an error, not a crash.
 * Privileged specification, sstatus.SUM.
 */
#include "mm/user.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "priv/priv.h"
#include "priv/pte.h"

struct user_extable {
	uint64_t pc, fixup;
};

extern const struct user_extable __extable_start[], __extable_end[];

/* mm/copy.S: the number of bytes that were not done. */
size_t user_copy_raw(void *dst, const void *src, size_t length);
size_t user_clear_raw(void *dst, size_t length);
/* mm/copy.S: 0, or 1 if the word cannot be reached. */
size_t user_compare_swap_raw(void *word, uint32_t old, uint32_t new, uint32_t *seen);

uint64_t user_fixup(uint64_t pc)
{
	for (const struct user_extable *e = __extable_start; e < __extable_end; e++)
		if (e->pc == pc)
			return e->fixup;
	return 0;
}

bool user_range_ok(uint64_t addr, size_t length)
{
	return length <= LAYOUT_USER_END && addr <= LAYOUT_USER_END - length;
}

static size_t user_copy(void *dst, const void *src, size_t length)
{
	size_t left;

	priv_user_open();
	left = user_copy_raw(dst, src, length);
	priv_user_close();
	return left;
}

int user_read(void *dst, uint64_t src, size_t length)
{
	if (!user_range_ok(src, length))
		return -EFAULT;
	return user_copy(dst, (const void *)src, length) ? -EFAULT : 0;
}

int user_write(uint64_t dst, const void *src, size_t length)
{
	if (!user_range_ok(dst, length))
		return -EFAULT;
	return user_copy((void *)dst, src, length) ? -EFAULT : 0;
}

int user_clear(uint64_t dst, size_t length)
{
	size_t left;

	if (!user_range_ok(dst, length))
		return -EFAULT;
	priv_user_open();
	left = user_clear_raw((void *)dst, length);
	priv_user_close();
	return left ? -EFAULT : 0;
}

int user_compare_swap(uint64_t addr, uint32_t old, uint32_t new, uint32_t *seen)
{
	size_t left;

	if ((addr & 3) || !user_range_ok(addr, sizeof(*seen)))
		return -EFAULT;
	priv_user_open();
	left = user_compare_swap_raw((void *)addr, old, new, seen);
	priv_user_close();
	return left ? -EFAULT : 0;
}

ssize_t user_read_string(char *dst, uint64_t src, size_t size)
{
	size_t done = 0;

	/* In pieces that end where pages end, so that only the string itself need be mapped. */
	while (done < size) {
		size_t part = MIN(size - done, PAGE_SIZE - ((src + done) & PAGE_MASK));
		size_t length;

		part = MIN(part, 64);
		if (!user_range_ok(src + done, part) ||
		    user_copy(dst + done, (const void *)(src + done), part))
			return -EFAULT;
		length = strnlen(dst + done, part);
		if (length < part)
			return (ssize_t)(done + length);
		done += part;
	}
	return -ENAMETOOLONG;
}
