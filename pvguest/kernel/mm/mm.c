/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User address spaces: their regions, as mmap, munmap, mprotect and brk change them.
 * Linux man-pages, mmap(2), mprotect(2), brk(2).
 */
#include "mm/mm.h"

#include "boot/info.h"
#include "fs/tmpfs.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/map.h"
#include "mm/page.h"

static struct page *mm_trampoline;

void mm_init(void)
{
	/* li a7, 139 (rt_sigreturn); ecall */
	static const uint32_t code[] = { 0x08b00893, 0x00000073 };
	const struct mm_shared shared = { .timebase_hz = info.timebase };

	mm_trampoline = page_alloc_zeroed();
	if (!mm_trampoline)
		panic("no memory for the signal trampoline");
	memcpy(page_to_virt(mm_trampoline), code, sizeof(code));
	memcpy((char *)page_to_virt(mm_trampoline) + (LAYOUT_SHARED & PAGE_MASK), &shared,
	       sizeof(shared));
	__asm__ volatile("fence.i" : : : "memory");
}

static struct vma *mm_vma(struct list *link)
{
	return LIST_ENTRY(link, struct vma, link);
}

struct vma *mm_find(struct mm *mm, uint64_t va)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &mm->vmas) {
		struct vma *vma = mm_vma(pos);

		if (va < vma->start)
			return NULL;
		if (va < vma->end)
			return vma;
	}
	return NULL;
}

/* Giving a file up may sleep: by then nobody finds the region any more. */
static void mm_drop_vma(struct vma *vma)
{
	list_del(&vma->link);
	if (vma->inode)
		inode_unmap(vma->inode);
	heap_free(vma);
}

static bool mm_can_merge(const struct vma *a, const struct vma *b)
{
	return a->end == b->start && a->prot == b->prot && !a->inode && !b->inode &&
	       a->shared == b->shared && !a->fixed && !b->fixed;
}

/* Joins alike neighbours among the regions that touch [start, end]. */
static void mm_merge(struct mm *mm, uint64_t start, uint64_t end)
{
	for (struct list *pos = mm->vmas.next; pos != &mm->vmas; pos = pos->next) {
		struct vma *vma = mm_vma(pos);

		if (vma->end < start)
			continue;
		if (vma->start > end)
			return;
		while (pos->next != &mm->vmas && mm_can_merge(vma, mm_vma(pos->next))) {
			vma->end = mm_vma(pos->next)->end;
			mm_drop_vma(mm_vma(pos->next));
		}
	}
}

static void mm_insert(struct mm *mm, struct vma *vma)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &mm->vmas)
		if (mm_vma(pos)->start >= vma->end)
			break;
	list_add_before(pos, &vma->link);
}

struct mm *mm_new(void)
{
	struct mm *mm = heap_alloc(sizeof(*mm));
	struct vma *vma = heap_alloc(sizeof(*vma));
	pte_t *entry = NULL;

	if (mm && vma && root_new(&mm->root) == 0) {
		entry = map_entry(mm->root.table, LAYOUT_TRAMPOLINE, true);
		if (!entry) {
			map_free_tables(mm->root.table);
			root_free(&mm->root);
		}
	}
	if (!entry) {
		heap_free(mm);
		heap_free(vma);
		return NULL;
	}
	list_init(&mm->vmas);
	mm->users = 1;
	*vma = (struct vma){ .start = LAYOUT_TRAMPOLINE, .end = LAYOUT_TRAMPOLINE + PAGE_SIZE,
			     .prot = PROT_READ | PROT_EXEC, .fixed = true };
	mm_insert(mm, vma);
	page_get(mm_trampoline);
	pte_set(entry, pte_make_user(page_to_pa(mm_trampoline), vma->prot));
	return mm;
}

void mm_put(struct mm *mm)
{
	if (--mm->users)
		return;
	/* Only what regions cover can be mapped, and most of the tables is empty. */
	while (!list_empty(&mm->vmas)) {
		struct vma *vma = mm_vma(mm->vmas.next);

		mm_zap(mm, vma->start, vma->end);
		mm_drop_vma(vma);
	}
	map_free_tables(mm->root.table);
	root_free(&mm->root);
	heap_free(mm);
}

/* Cuts vma at va, so that a region begins there. -ENOMEM. */
static int mm_split(struct vma *vma, uint64_t va)
{
	struct vma *rest;

	if (va <= vma->start || va >= vma->end)
		return 0;
	rest = heap_alloc(sizeof(*rest));
	if (!rest)
		return -ENOMEM;
	*rest = *vma;
	rest->start = va;
	rest->offset += va - vma->start;
	vma->end = va;
	if (rest->inode)
		inode_map(rest->inode);
	list_add_after(&vma->link, &rest->link);
	return 0;
}

/* Makes region borders at both ends of [start, end). -EINVAL if it touches the trampoline. */
static int mm_split_range(struct mm *mm, uint64_t start, uint64_t end)
{
	struct list *pos, *tmp;

	LIST_FOR_EACH_SAFE (pos, tmp, &mm->vmas) {
		struct vma *vma = mm_vma(pos);

		if (vma->end <= start || vma->start >= end)
			continue;
		if (vma->fixed)
			return -EINVAL;
		if (mm_split(vma, end) || mm_split(vma, start))
			return -ENOMEM;
	}
	return 0;
}

static bool mm_range_ok(uint64_t addr, uint64_t length)
{
	return length && !(addr & PAGE_MASK) && length <= LAYOUT_TRAMPOLINE &&
	       addr <= LAYOUT_TRAMPOLINE - length;
}

int mm_unmap(struct mm *mm, uint64_t addr, uint64_t length)
{
	struct list *pos, *tmp, dropped;
	uint64_t end;
	int error;

	/* Also keeps the sum below from wrapping. */
	if (length > LAYOUT_USER_END)
		return -EINVAL;
	length = ALIGN_UP(length, PAGE_SIZE);
	if (!mm_range_ok(addr, length))
		return -EINVAL;
	end = addr + length;
	error = mm_split_range(mm, addr, end);
	if (error)
		return error;
	mm_zap(mm, addr, end);
	/* All are out of the list before the first is dropped, which may sleep. */
	list_init(&dropped);
	LIST_FOR_EACH_SAFE (pos, tmp, &mm->vmas) {
		if (mm_vma(pos)->start < addr || mm_vma(pos)->end > end)
			continue;
		list_del(pos);
		list_add_before(&dropped, pos);
	}
	while (!list_empty(&dropped))
		mm_drop_vma(mm_vma(dropped.next));
	return 0;
}

void mm_unpin(struct mm *mm, uint64_t addr)
{
	mm_find(mm, addr)->fixed = false;
}

/* The highest free place below `below`, or 0. */
static uint64_t mm_find_gap(struct mm *mm, uint64_t length, uint64_t below)
{
	for (struct list *pos = mm->vmas.prev; pos != &mm->vmas; pos = pos->prev) {
		struct vma *vma = mm_vma(pos);

		if (vma->start >= below)
			continue;
		if (vma->end <= below && below - vma->end >= length)
			return below - length;
		below = vma->start;
	}
	/* Page 0 stays free, so that null pointers fault. */
	return below >= length + PAGE_SIZE ? below - length : 0;
}

static bool mm_is_free(struct mm *mm, uint64_t start, uint64_t end)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &mm->vmas)
		if (mm_vma(pos)->start < end && mm_vma(pos)->end > start)
			return false;
	return true;
}

static int64_t mm_place(struct mm *mm, const struct mm_request *r, uint64_t length)
{
	uint64_t addr = ALIGN_DOWN(r->addr, PAGE_SIZE);
	int error = 0;

	if (r->fixed) {
		if (!mm_range_ok(r->addr, length))
			return r->addr & PAGE_MASK ? -EINVAL : -ENOMEM;
		/* Unmapping may sleep, and another thread map something there meanwhile. */
		while (!error && !mm_is_free(mm, r->addr, r->addr + length))
			error = r->no_replace ? -EEXIST : mm_unmap(mm, r->addr, length);
		return error ?: (int64_t)r->addr;
	}
	if (addr && mm_range_ok(addr, length) && mm_is_free(mm, addr, addr + length))
		return (int64_t)addr;
	addr = mm_find_gap(mm, length, LAYOUT_MMAP_TOP);
	return addr ? (int64_t)addr : -ENOMEM;
}

/* A region with its file, but without a place. NULL: no memory. */
static struct vma *mm_new_vma(const struct mm_request *r, uint64_t length)
{
	struct vma *vma = heap_alloc(sizeof(*vma));

	if (!vma)
		return NULL;
	*vma = (struct vma){ .prot = r->prot, .shared = r->shared, .fixed = r->pinned,
			     .inode = r->inode, .offset = r->offset };
	if (!vma->inode && vma->shared) {
		/* Anonymous, but the same for child and parent: a file without a name. */
		vma->inode = tmpfs_anonymous(S_IFREG | 0600);
		if (!vma->inode || inode_truncate(vma->inode, length)) {
			if (vma->inode)
				inode_put(vma->inode);
			heap_free(vma);
			return NULL;
		}
		vma->inode->super->users++;
		vma->offset = 0;
	} else if (vma->inode) {
		inode_map(vma->inode);
	}
	return vma;
}

int64_t mm_map(struct mm *mm, const struct mm_request *r)
{
	uint64_t length = ALIGN_UP(r->length, PAGE_SIZE);
	struct vma *vma;
	int64_t addr;

	if (!r->length || (r->offset & PAGE_MASK))
		return -EINVAL;
	if (r->length > LAYOUT_USER_END)
		return -ENOMEM;
	if (r->inode && r->offset > UINT64_MAX - length)
		return -EOVERFLOW;
	vma = mm_new_vma(r, length);
	if (!vma)
		return -ENOMEM;
	/* From here on nothing sleeps but what makes the place. */
	addr = mm_place(mm, r, length);
	if (addr < 0) {
		if (vma->inode)
			inode_unmap(vma->inode);
		heap_free(vma);
		return addr;
	}
	vma->start = (uint64_t)addr;
	vma->end = (uint64_t)addr + length;
	mm_insert(mm, vma);
	mm_merge(mm, (uint64_t)addr, (uint64_t)addr + length);
	return addr;
}

/* Writing to a page that others may see waits for a fault, which copies it. */
static unsigned int mm_page_prot(const struct vma *vma, const struct page *page)
{
	unsigned int prot = vma->prot & PROT_WRITE ? vma->prot | PROT_READ : vma->prot;

	return vma->shared || page->users == 1 ? prot : prot & ~(unsigned int)PROT_WRITE;
}

/* Gives the entries of a region the rights it has now. */
static void mm_reprotect(struct mm *mm, struct vma *vma)
{
	uint64_t va = vma->start;
	bool changed = false;
	pte_t *entry;

	while ((entry = map_next(mm->root.table, &va, vma->end)) != NULL) {
		uint64_t pa = pte_pa(*entry);

		pte_set(entry, pte_make_user(pa, mm_page_prot(vma, page_of_pa(pa))));
		va += PAGE_SIZE;
		changed = true;
	}
	if (changed && vma->end - vma->start == PAGE_SIZE)
		root_fence_page(&mm->root, vma->start);
	else if (changed)
		root_fence(&mm->root);
}

int mm_protect(struct mm *mm, uint64_t addr, uint64_t length, unsigned int prot)
{
	struct list *pos;
	uint64_t end, covered = addr;
	int error;

	if (!length && !(addr & PAGE_MASK))
		return 0;
	if (length > LAYOUT_USER_END)
		return -ENOMEM;
	length = ALIGN_UP(length, PAGE_SIZE);
	if (!mm_range_ok(addr, length))
		return addr & PAGE_MASK ? -EINVAL : -ENOMEM;
	end = addr + length;
	LIST_FOR_EACH (pos, &mm->vmas)
		if (mm_vma(pos)->start <= covered && mm_vma(pos)->end > covered)
			covered = mm_vma(pos)->end;
	if (covered < end)
		return -ENOMEM;
	error = mm_split_range(mm, addr, end);
	if (error)
		return error;
	LIST_FOR_EACH (pos, &mm->vmas) {
		struct vma *vma = mm_vma(pos);

		if (vma->start < addr || vma->end > end)
			continue;
		vma->prot = prot;
		mm_reprotect(mm, vma);
	}
	mm_merge(mm, addr, end);
	return 0;
}

uint64_t mm_set_brk(struct mm *mm, uint64_t end)
{
	uint64_t old = ALIGN_UP(mm->brk, PAGE_SIZE), new = ALIGN_UP(end, PAGE_SIZE);

	if (end < mm->brk_start || end >= LAYOUT_TRAMPOLINE)
		return mm->brk;
	if (new > old) {
		struct mm_request r = { .addr = old, .length = new - old, .fixed = true,
					.no_replace = true, .prot = PROT_READ | PROT_WRITE };

		if (mm_map(mm, &r) < 0)
			return mm->brk;
	} else if (new < old && mm_unmap(mm, new, old - new)) {
		return mm->brk;
	}
	mm->brk = end;
	return end;
}

static int64_t mm_move(struct mm *mm, struct vma *vma, uint64_t addr, uint64_t old_length,
		       uint64_t length)
{
	struct mm_request r = { .length = length, .prot = vma->prot, .shared = vma->shared,
				.inode = vma->inode,
				.offset = vma->inode ? vma->offset + (addr - vma->start) : 0 };
	int64_t to = mm_map(mm, &r);
	uint64_t va = addr;
	pte_t *entry, *target;

	if (to < 0)
		return to;
	/* All tables first, so that nothing fails half way. */
	for (; map_next(mm->root.table, &va, addr + old_length); va += PAGE_SIZE) {
		if (!map_entry(mm->root.table, (uint64_t)to + (va - addr), true)) {
			mm_unmap(mm, (uint64_t)to, length);
			return -ENOMEM;
		}
	}
	for (va = addr; (entry = map_next(mm->root.table, &va, addr + old_length)) != NULL;
	     va += PAGE_SIZE) {
		target = map_entry(mm->root.table, (uint64_t)to + (va - addr), false);
		pte_set(target, *entry);
		pte_set(entry, 0);
	}
	root_fence(&mm->root);
	mm_unmap(mm, addr, old_length);
	return to;
}

int64_t mm_remap(struct mm *mm, uint64_t addr, uint64_t old_length, uint64_t length, bool move)
{
	struct vma *vma = mm_find(mm, addr);

	if ((addr & PAGE_MASK) || !length || length > LAYOUT_USER_END || !old_length ||
	    old_length > LAYOUT_USER_END)
		return -EINVAL;
	old_length = ALIGN_UP(old_length, PAGE_SIZE);
	length = ALIGN_UP(length, PAGE_SIZE);
	if (!vma || vma->fixed || vma->end - addr < old_length)
		return -EFAULT;
	if (length <= old_length) {
		if (length < old_length)
			mm_unmap(mm, addr + length, old_length - length);
		return (int64_t)addr;
	}
	if (vma->inode && vma->offset + (addr - vma->start) > UINT64_MAX - length)
		return -EINVAL;
	if (vma->end == addr + old_length && mm_range_ok(addr, length) &&
	    mm_is_free(mm, vma->end, addr + length)) {
		vma->end = addr + length;
		return (int64_t)addr;
	}
	return move ? mm_move(mm, vma, addr, old_length, length) : -ENOMEM;
}
