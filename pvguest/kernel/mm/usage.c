/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much memory an address space covers and uses.
 * Linux man-pages, proc_pid_statm(5).
 */
#include "mm/usage.h"

#include "lib/string.h"
#include "mm/map.h"
#include "mm/page.h"

void mm_count_pages(struct mm *mm, const struct vma *vma, struct mm_pages *pages)
{
	uint64_t va = vma->start;
	pte_t *entry;

	*pages = (struct mm_pages){ 0 };
	while ((entry = map_next(mm->root.table, &va, vma->end)) != NULL) {
		if (page_of_pa(pte_pa(*entry))->users > 1)
			pages->common++;
		else
			pages->own++;
		va += PAGE_SIZE;
	}
}

void mm_usage(struct mm *mm, struct mm_usage *usage)
{
	struct list *pos;

	*usage = (struct mm_usage){ .arg_start = mm->arg_start, .arg_end = mm->arg_end,
				    .env_start = mm->arg_end, .env_end = mm->env_end,
				    .stack_start = mm->arg_start };
	LIST_FOR_EACH (pos, &mm->vmas) {
		const struct vma *vma = LIST_ENTRY(pos, struct vma, link);
		uint64_t size = (vma->end - vma->start) >> PAGE_SHIFT;
		struct mm_pages pages;

		mm_count_pages(mm, vma, &pages);
		usage->total_pages += size;
		usage->present_pages += pages.own + pages.common;
		if (vma->inode)
			usage->file_pages += pages.own + pages.common;
		if (vma->inode && (vma->prot & PROT_EXEC))
			usage->text_pages += size;
		if ((vma->prot & PROT_WRITE) && !vma->shared)
			usage->data_pages += size;
		if (vma->end == LAYOUT_STACK_TOP)
			usage->stack_pages += size;
	}
}

size_t mm_peek(struct mm *mm, uint64_t va, void *buf, size_t length)
{
	size_t done = 0;

	while (done < length) {
		size_t part = MIN(length - done, PAGE_SIZE - ((va + done) & PAGE_MASK));
		pte_t *entry = map_entry(mm->root.table, va + done, false);
		char *page;

		if (!entry || !pte_exists(*entry))
			break;
		page = phys_to_virt(pte_pa(*entry));
		memcpy((char *)buf + done, page + ((va + done) & PAGE_MASK), part);
		done += part;
	}
	return done;
}
