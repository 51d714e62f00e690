/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User address spaces: regions, and the pages that faults bring into them.
 * Linux man-pages, mmap(2), mprotect(2), brk(2), for what programs see.
 */
#ifndef MM_MM_H
#define MM_MM_H

#include "lib/list.h"
#include "mm/layout.h"
#include "priv/root.h"

struct inode;

/* A region; regions do not overlap and are sorted by address. */
struct vma {
	struct list link;
	uint64_t start, end;
	unsigned int prot;
	bool shared;
	bool fixed;		/* nobody changes it: the trampoline, and what is pinned */
	struct inode *inode;	/* NULL: anonymous */
	uint64_t offset;	/* of start in the inode; page-aligned */
};

struct mm {
	struct root root;
	struct list vmas;
	uint64_t brk_start, brk;
	uint64_t arg_start, arg_end, env_end;	/* the strings that exec gave */
	uint32_t users;
};

/* How a region is asked for. */
struct mm_request {
	uint64_t addr, length;	/* addr: a hint, or the place if fixed */
	unsigned int prot;
	bool fixed, no_replace, shared;
	bool pinned;		/* nobody changes it until mm_unpin() */
	struct inode *inode;
	uint64_t offset;
};

/* An address space with the trampoline only; NULL without memory. */
struct mm *mm_new(void);
/* One user less; the last one frees everything. It must not be the current address space. */
void mm_put(struct mm *mm);
/* A copy for a child: private pages are shared until written to. NULL without memory. */
struct mm *mm_fork(struct mm *parent);

/* The address, or -EINVAL, -ENOMEM, -EEXIST. */
int64_t mm_map(struct mm *mm, const struct mm_request *request);
/* A region that was mapped as pinned, at its start. */
void mm_unpin(struct mm *mm, uint64_t addr);
int mm_unmap(struct mm *mm, uint64_t addr, uint64_t length);
int mm_protect(struct mm *mm, uint64_t addr, uint64_t length, unsigned int prot);
/* Linux's brk: the new end, or the old one if it cannot be. */
uint64_t mm_set_brk(struct mm *mm, uint64_t end);
/* Moves or resizes a region: -ENOMEM if it cannot grow in place and may not move. */
int64_t mm_remap(struct mm *mm, uint64_t addr, uint64_t old_length, uint64_t length, bool move);
/* The region that holds va, or NULL. */
struct vma *mm_find(struct mm *mm, uint64_t va);

/*
 * Brings in the page at va for an access with the given rights (one PROT_ bit). 0; -EFAULT if
 * nothing is mapped there; -EACCES if the region forbids it; -ENOMEM; -EIO beyond a file's end.
 */
int mm_fault(struct mm *mm, uint64_t va, unsigned int access);
/* Drops all pages of [start, end), which the regions may still cover. */
void mm_zap(struct mm *mm, uint64_t start, uint64_t end);
/* The same for what shows a file's pages from one on; copies of them, too. */
void mm_zap_file(struct mm *mm, const struct inode *inode, uint64_t from_page);

/* Stores a word in an address space that need not be the current one. -EFAULT, -ENOMEM... */
int mm_poke(struct mm *mm, uint64_t va, uint32_t value);

/*
 * What programs find in the page with the instructions that call rt_sigreturn, at LAYOUT_SHARED;
 * AT_STRATA_TIME of the aux vector says where it is. struct strata_time of the user programs.
 */
struct mm_shared {
	uint64_t timebase_hz;	/* the clock is the counter time divided by it */
};

/* That page; once at boot. */
void mm_init(void);

#endif
