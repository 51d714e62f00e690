/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's own boot arguments. Pure.
 */
#include "lib/string.h"
#include "monitor/option.h"

/* The value of the next word name=value, and where the words behind it begin; NULL: none. */
static const char *next_value(const char **bootargs, const char *name, size_t *length)
{
	size_t name_length = strlen(name);

	while (*bootargs && **bootargs) {
		const char *word = *bootargs, *end = strchr(word, ' ');

		*length = end ? (size_t)(end - word) : strlen(word);
		*bootargs = end ? end + 1 : NULL;
		if (*length > name_length && word[name_length] == '=' &&
		    memcmp(word, name, name_length) == 0) {
			*length -= name_length + 1;
			return word + name_length + 1;
		}
	}
	return NULL;
}

bool option_is(const char *bootargs, const char *name, const char *value)
{
	const char *found;
	size_t length;

	while ((found = next_value(&bootargs, name, &length)) != NULL)
		if (length == strlen(value) && memcmp(found, value, length) == 0)
			return true;
	return false;
}

uint32_t option_number(const char *bootargs, const char *name, uint32_t otherwise)
{
	const char *found;
	size_t length;

	while ((found = next_value(&bootargs, name, &length)) != NULL) {
		uint32_t number = 0;
		size_t i;

		for (i = 0; i < length && found[i] >= '0' && found[i] <= '9'; i++)
			number = number * 10 + (uint32_t)(found[i] - '0');
		if (i == length && length >= 1 && length <= 9)
			return number;
	}
	return otherwise;
}
