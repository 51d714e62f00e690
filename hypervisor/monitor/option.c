/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's own boot arguments. Pure.
 */
#include "lib/string.h"
#include "monitor/option.h"

bool option_is(const char *bootargs, const char *name, const char *value)
{
	size_t name_length = strlen(name), value_length = strlen(value);

	while (bootargs && *bootargs) {
		const char *end = strchr(bootargs, ' ');
		size_t length = end ? (size_t)(end - bootargs) : strlen(bootargs);

		if (length == name_length + 1 + value_length && bootargs[name_length] == '=' &&
		    memcmp(bootargs, name, name_length) == 0 &&
		    memcmp(bootargs + name_length + 1, value, value_length) == 0)
			return true;
		bootargs = end ? end + 1 : NULL;
	}
	return false;
}
