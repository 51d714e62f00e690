/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kalloc() for tests of what allocates: libc's, so that ASan sees leaks and overruns, and one that
 * fails when told to. A test program includes this once.
 */
#ifndef UNIT_FAKE_KALLOC_H
#define UNIT_FAKE_KALLOC_H

#include <stdlib.h>

#include "mem/kalloc.h"

/* Objects that are not freed yet; allocations until one fails (negative: never). */
static long kalloc_live;
static long kalloc_fail_after = -1;

void *kalloc(size_t size)
{
	if (kalloc_fail_after >= 0 && kalloc_fail_after-- == 0)
		return NULL;
	kalloc_live++;
	return calloc(1, size ? size : 1);
}

void kfree(void *object)
{
	if (object)
		kalloc_live--;
	free(object);
}

#endif
