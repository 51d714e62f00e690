/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of harts as xl writes those of CPUs: "all", "2", "0,2-3". Pure.
 */
#ifndef MONITOR_HARTLIST_H
#define MONITOR_HARTLIST_H

#include "lib/types.h"

/*
 * Set the bits of the harts that text names in map, which has room for count bits, all 0. Return:
 * whether it is such a list, of harts below count.
 */
bool hartlist_parse(const char *text, unsigned count, uint64_t *map);

#endif
