/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's own boot arguments: `name=value` words of the host's /chosen/bootargs. Pure.
 */
#ifndef MONITOR_OPTION_H
#define MONITOR_OPTION_H

#include "lib/types.h"

/* Is there a word name=value in bootargs (NULL: none)? */
bool option_is(const char *bootargs, const char *name, const char *value);

/* The first word name=NUMBER in bootargs, of 9 digits at most; otherwise, if there is none. */
uint32_t option_number(const char *bootargs, const char *name, uint32_t otherwise);

#endif
