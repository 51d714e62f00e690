/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded pool of pages for shadow page tables. Each has a host address and a guest-physical one
 * (in the G-stage that the shadow is walked under), at a constant distance from each other.
 * Pages are handed out zeroed, belong to a chain, and come back a chain at a time.
 */
#ifndef MEM_PTPOOL_H
#define MEM_PTPOOL_H

#include "lib/types.h"

struct ptpool_ops {
	/*
	 * A page aligned to its size (contents do not matter) that the walker can read at *gpa, or
	 * NULL. (host address - gpa) is the same for all pages.
	 */
	void *(*alloc)(void *ctx, gpa_t *gpa);
	void (*free)(void *ctx, void *page, gpa_t gpa);
};

/* One page's entry in the array that the pool's owner provides. */
struct ptpage {
	void *page;
	uint32_t next;			/* in a chain: index + 1 of the next, 0 = last */
	uint32_t tag;			/* the owner's */
};

/* Pages that are freed together. Zeroed = empty. */
struct ptchain {
	uint32_t first, last;		/* index + 1 */
	uint32_t count;
};

struct ptpool {
	const struct ptpool_ops *ops;
	void *ctx;
	struct ptpage *pages;
	uint32_t max_pages, page_count;	/* page_count have been allocated from ops */
	struct ptchain free;		/* its last is not kept */
	uint64_t offset;		/* host address - gpa, modulo 2^64 */
};

/*
 * Prepares a pool of up to max_pages, described by the array pages, of which reserve are allocated
 * now, so that so many can always be had. Returns 0 or -ENOMEM (nothing is kept then).
 */
int ptpool_init(struct ptpool *pool, const struct ptpool_ops *ops, void *ctx,
		struct ptpage *pages, uint32_t max_pages, uint32_t reserve);

/*
 * A zeroed page, added to chain; NULL if the pool is exhausted. The tag is what ptpool_each() tells
 * its caller about the page.
 */
void *ptpool_alloc(struct ptpool *pool, struct ptchain *chain, uint32_t tag);

/* The tags of a chain's pages, newest first; call until it returns false, with *n = 0 at first. */
static inline bool ptpool_each(const struct ptpool *pool, const struct ptchain *chain,
			       uint32_t *n, uint32_t *tag)
{
	*n = *n ? pool->pages[*n - 1].next : chain->first;
	if (!*n)
		return false;
	*tag = pool->pages[*n - 1].tag;
	return true;
}

/* Takes back all pages of chain and empties it. No walker may use them any more. */
void ptpool_release(struct ptpool *pool, struct ptchain *chain);

/* Gives every page back to ops; chains become invalid. Does nothing to a zeroed struct. */
void ptpool_destroy(struct ptpool *pool);

static inline uint64_t ptpool_gpa(const struct ptpool *pool, const void *page)
{
	return (uint64_t)(uintptr_t)page - pool->offset;
}

static inline void *ptpool_page(const struct ptpool *pool, uint64_t gpa)
{
	return (void *)(uintptr_t)(gpa + pool->offset);
}

#endif
