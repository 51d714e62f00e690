/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages on demand: anonymous memory, files, and copies when shared pages are written to.
 * Linux man-pages, mmap(2), fork(2); privileged specification, "Supervisor Memory-Management
 * Fence Instruction", for where a fence is needed.
 */
#include "fs/super.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/map.h"
#include "mm/mm.h"
#include "mm/page.h"

/* What anonymous memory shows before it is written to; never written, never freed. */
static char fault_zero_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

static struct page *fault_zero(void)
{
	struct page *page = page_of(fault_zero_page);

	page_get(page);
	return page;
}

/* The page a private write needs: a copy of old, or old itself if nobody else uses it. */
static struct page *fault_copy(struct page *old)
{
	struct page *page;

	if (old->users == 1)
		return old;
	page = page_alloc_user(0);
	if (!page)
		return NULL;
	if (page_to_virt(old) == phys_to_virt(virt_to_phys(fault_zero_page)))
		string_clear_page(page_to_virt(page));
	else
		string_copy_page(page_to_virt(page), page_to_virt(old));
	page_put(old);
	return page;
}

/*
 * A page that was not there. file: the file's, of a region that shows one. *prot: the rights it
 * is mapped with. NULL: no memory.
 */
static struct page *fault_new(const struct vma *vma, struct page *file, unsigned int access,
			      unsigned int *prot)
{
	if (!vma->inode && (access & PROT_WRITE))
		return page_alloc_user_zeroed();
	if (!vma->inode) {
		*prot &= ~(unsigned int)PROT_WRITE;
		return fault_zero();
	}
	page_get(file);
	if (vma->shared) {
		/* The file system wants to know when it is written to. */
		if (!(access & PROT_WRITE) && vma->inode->ops->prepare_write)
			*prot &= ~(unsigned int)PROT_WRITE;
		return file;
	}
	if (access & PROT_WRITE) {
		struct page *copy = fault_copy(file);

		if (!copy)
			page_put(file);
		return copy;
	}
	*prot &= ~(unsigned int)PROT_WRITE;
	return file;
}

/*
 * Has the file's page in the cache, and the file system told that it will be written to. 0 and
 * the page; 1 if that may have slept, so that everything must be looked up again; or negative.
 */
static int fault_prepare(const struct vma *vma, uint64_t va, unsigned int access, bool *prepared,
			 struct page **file)
{
	uint64_t index = (vma->offset + (va - vma->start)) >> PAGE_SHIFT;
	struct inode *inode = vma->inode;
	bool writes = vma->shared && (access & PROT_WRITE) && inode->ops->prepare_write;
	int error = 0;

	*file = inode_cached(inode, index);
	if (*file && (!writes || *prepared))
		return 0;
	inode_get(inode);
	if (inode_page(inode, index, &error) && writes)
		error = inode->ops->prepare_write(
			inode, index, 0,
			(uint32_t)MIN(PAGE_SIZE, inode->size - (index << PAGE_SHIFT)));
	*prepared = true;
	inode_put(inode);
	return error ? error : 1;
}

/* Apart, so that data needs no more of the stack. Nobody can fetch from it before the fence. */
static __attribute__((noinline)) int fault_set_code(struct mm *mm, pte_t *entry, pte_t value)
{
	root_fence_code(&mm->root);
	pte_set(entry, value);
	return 0;
}

/* The page is at hand; this does not sleep. prot: what the region allows. */
static int fault_map(struct mm *mm, const struct vma *vma, pte_t *entry, struct page *file,
		     uint64_t va, unsigned int access, unsigned int prot)
{
	struct page *page, *old;

	va = ALIGN_DOWN(va, PAGE_SIZE);
	if (!pte_exists(*entry)) {
		page = fault_new(vma, file, access, &prot);
		if (!page)
			return -ENOMEM;
		/*
		 * No fence behind it: an implementation that remembers the invalid entry faults
		 * once more, and then the branch below fences.
		 */
		if (prot & PROT_EXEC)
			return fault_set_code(mm, entry, pte_make_user(page_to_pa(page), prot));
		pte_set(entry, pte_make_user(page_to_pa(page), prot));
		return 0;
	}
	if (!pte_allows(*entry, access) && (access & PROT_WRITE)) {
		old = page_of_pa(pte_pa(*entry));
		page = vma->shared ? old : fault_copy(old);
		if (!page)
			return -ENOMEM;
		pte_set(entry, pte_make_user(page_to_pa(page), prot));
		if (page != old) {
			root_fence_page(&mm->root, va);
			return 0;
		}
	} else if (!pte_allows(*entry, access)) {
		pte_set(entry, pte_make_user(pte_pa(*entry), prot & ~(unsigned int)PROT_WRITE));
	}
	root_fence_page_here(&mm->root, va);
	return 0;
}

int mm_fault(struct mm *mm, uint64_t va, unsigned int access)
{
	bool prepared = false;

	for (;;) {
		struct vma *vma = mm_find(mm, va);
		struct page *file = NULL;
		unsigned int prot;
		pte_t *entry;
		int error;

		if (!vma)
			return -EFAULT;
		/* Hardware cannot write without reading: reading is allowed where writing is. */
		prot = vma->prot & PROT_WRITE ? vma->prot | PROT_READ : vma->prot;
		if ((prot & access) != access)
			return -EACCES;
		/* Before the file's page is looked for: memory for a table may be taken from it. */
		entry = map_entry(mm->root.table, va, true);
		if (!entry)
			return -ENOMEM;
		/* A private page that is there has its copy, or what it is copied from. */
		error = vma->inode && (vma->shared || !pte_exists(*entry))
				? fault_prepare(vma, va, access, &prepared, &file)
				: 0;
		if (error <= 0)
			return error ?: fault_map(mm, vma, entry, file, va, access, prot);
	}
}

int mm_poke(struct mm *mm, uint64_t va, uint32_t value)
{
	int error = va & 3 ? -EFAULT : mm_fault(mm, va, PROT_WRITE);
	char *page;

	if (error)
		return error;
	page = phys_to_virt(pte_pa(*map_entry(mm->root.table, va, false)));
	memcpy(page + (va & PAGE_MASK), &value, sizeof(value));
	return 0;
}

void mm_zap(struct mm *mm, uint64_t start, uint64_t end)
{
	struct list dropped = LIST_INIT(dropped);
	uint64_t va = start;
	pte_t *entry;

	for (entry = map_next(mm->root.table, &va, end); entry;
	     entry = map_after(mm->root.table, entry, &va, end)) {
		struct page *page = page_of_pa(pte_pa(*entry));

		pte_set(entry, 0);
		/* The last user waits until no translation to the page is left. */
		if (page->users == 1)
			list_add_before(&dropped, &page->link);
		else
			page_put(page);
	}
	if (mm->users)
		root_fence(&mm->root);
	while (!list_empty(&dropped))
		page_put(LIST_ENTRY(list_pop(&dropped), struct page, link));
}

void mm_zap_file(struct mm *mm, const struct inode *inode, uint64_t from_page)
{
	uint64_t from = from_page << PAGE_SHIFT;
	struct list *pos;

	LIST_FOR_EACH (pos, &mm->vmas) {
		struct vma *vma = LIST_ENTRY(pos, struct vma, link);
		uint64_t skip = from > vma->offset ? from - vma->offset : 0;

		if (vma->inode == inode && skip < vma->end - vma->start)
			mm_zap(mm, vma->start + skip, vma->end);
	}
}

static int fault_copy_vma(struct mm *child, struct mm *parent, struct vma *vma)
{
	struct vma *copy = heap_alloc(sizeof(*copy));
	uint64_t va = vma->start, last = 0;
	pte_t *entry, *target = NULL;

	if (!copy)
		return -ENOMEM;
	*copy = *vma;
	if (copy->inode)
		inode_map(copy->inode);
	list_add_before(&child->vmas, &copy->link);
	for (entry = map_next(parent->root.table, &va, vma->end); entry;
	     entry = map_after(parent->root.table, entry, &va, vma->end)) {
		/* Neighbours share a table. */
		target = target && va == last + PAGE_SIZE && SV39_INDEX(va, 0)
				 ? target + 1
				 : map_entry(child->root.table, va, true);
		last = va;
		if (!target)
			return -ENOMEM;
		if (!vma->shared && pte_is_writable(*entry))
			pte_set(entry, pte_write_protect(*entry));
		page_get(page_of_pa(pte_pa(*entry)));
		pte_set(target, *entry);
	}
	return 0;
}

struct mm *mm_fork(struct mm *parent)
{
	struct mm *child = mm_new();
	struct list *pos;
	int error = 0;

	if (!child)
		return NULL;
	child->brk_start = parent->brk_start;
	child->brk = parent->brk;
	child->arg_start = parent->arg_start;
	child->arg_end = parent->arg_end;
	child->env_end = parent->env_end;
	LIST_FOR_EACH (pos, &parent->vmas) {
		struct vma *vma = LIST_ENTRY(pos, struct vma, link);

		if (!vma->fixed && !error)
			error = fault_copy_vma(child, parent, vma);
	}
	root_fence(&parent->root);
	/* The trampoline was first; it belongs at the end. */
	pos = list_pop(&child->vmas);
	list_add_before(&child->vmas, pos);
	if (!error)
		return child;
	mm_put(child);
	return NULL;
}
