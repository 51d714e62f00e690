/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much memory an address space covers and uses, and what lies in it, for /proc.
 * Linux man-pages, proc_pid_statm(5).
 */
#ifndef MM_USAGE_H
#define MM_USAGE_H

#include "mm/mm.h"

struct mm_usage {
	uint64_t total_pages, present_pages, file_pages, text_pages, data_pages, stack_pages;
	uint64_t stack_start, arg_start, arg_end, env_start, env_end;
};

/* Pages of a region that are there: used by it alone, or by others, too. */
struct mm_pages {
	uint64_t own, common;
};

void mm_usage(struct mm *mm, struct mm_usage *usage);
void mm_count_pages(struct mm *mm, const struct vma *vma, struct mm_pages *pages);
/* Bytes at va of an address space that need not be the current one; as many as are there. */
size_t mm_peek(struct mm *mm, uint64_t va, void *buf, size_t length);

#endif
