/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of the machine.
 * Linux man-pages, uname(2), sethostname(2).
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/user.h"
#include "sys/syscall.h"

#define UNAME_LENGTH	65
#define UNAME_NODE	1
#define UNAME_DOMAIN	5

static char uname_names[6][UNAME_LENGTH] = {
	"Linux", "pvguest", "6.1.0-pvguest", "#1 Strata", "riscv64", "(none)",
};

long sys_uname(uint64_t buf)
{
	return user_write(buf, uname_names, sizeof(uname_names));
}

static long uname_set(unsigned int index, uint64_t name, size_t length)
{
	char text[UNAME_LENGTH] = { 0 };

	if (length >= UNAME_LENGTH)
		return -EINVAL;
	if (user_read(text, name, length))
		return -EFAULT;
	memcpy(uname_names[index], text, sizeof(text));
	return 0;
}

long sys_sethostname(uint64_t name, size_t length)
{
	return uname_set(UNAME_NODE, name, length);
}

long sys_setdomainname(uint64_t name, size_t length)
{
	return uname_set(UNAME_DOMAIN, name, length);
}
