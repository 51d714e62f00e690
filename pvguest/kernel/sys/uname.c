/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of the machine.
 * Linux man-pages, uname(2), sethostname(2).
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "sys/syscall.h"
#include "sys/uname.h"

static char uname_names[6][UNAME_LENGTH] = {
	"Linux", "pvguest", "6.1.0-pvguest", "#1 Strata", "riscv64", "(none)",
};

long sys_uname(uint64_t buf)
{
	return user_write(buf, uname_names, sizeof(uname_names));
}

const char *uname_get(unsigned int index)
{
	return uname_names[index];
}

int uname_put(unsigned int index, const char *text, size_t length)
{
	if (!cred_is_root(&proc_current->cred))
		return -EPERM;
	if (length >= UNAME_LENGTH)
		return -EINVAL;
	memset(uname_names[index], 0, UNAME_LENGTH);
	memcpy(uname_names[index], text, length);
	return 0;
}

static long uname_set(unsigned int index, uint64_t name, size_t length)
{
	char text[UNAME_LENGTH];

	if (length >= UNAME_LENGTH)
		return -EINVAL;
	return user_read(text, name, length) ?: uname_put(index, text, length);
}

long sys_sethostname(uint64_t name, size_t length)
{
	return uname_set(UNAME_NODE, name, length);
}

long sys_setdomainname(uint64_t name, size_t length)
{
	return uname_set(UNAME_DOMAIN, name, length);
}
