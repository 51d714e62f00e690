/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded pool of pages for shadow page tables, handed out zeroed, taken back a chain at a time.
 * The pages hold RISC-V page tables ("Sv39"); nothing here looks into them.
 */
#include "mem/ptpool.h"

#include <riscv/pte.h>

#include "lib/errno.h"
#include "lib/string.h"

static void chain_push(struct ptpool *pool, struct ptchain *chain, uint32_t number)
{
	pool->pages[number - 1].next = chain->first;
	chain->first = number;
	if (!chain->last)
		chain->last = number;
	chain->count++;
}

/* Get one more page from outside into the free chain. */
static bool pool_grow(struct ptpool *pool)
{
	gpa_t gpa;
	void *page;

	if (pool->page_count == pool->max_pages)
		return false;
	page = pool->ops->alloc(pool->ctx, &gpa);
	if (!page)
		return false;
	if (!pool->page_count)
		pool->offset = (uint64_t)(uintptr_t)page - gpa.v;
	if (ptpool_gpa(pool, page) != gpa.v) {
		pool->ops->free(pool->ctx, page, gpa);
		return false;
	}
	pool->pages[pool->page_count++].page = page;
	chain_push(pool, &pool->free, pool->page_count);
	return true;
}

int ptpool_init(struct ptpool *pool, const struct ptpool_ops *ops, void *ctx,
		struct ptpage *pages, uint32_t max_pages, uint32_t reserve)
{
	*pool = (struct ptpool){
		.ops = ops, .ctx = ctx, .pages = pages, .max_pages = max_pages,
	};
	while (pool->page_count < reserve) {
		if (!pool_grow(pool)) {
			ptpool_destroy(pool);
			return -ENOMEM;
		}
	}
	return 0;
}

void *ptpool_alloc(struct ptpool *pool, struct ptchain *chain, uint32_t tag)
{
	uint32_t number;

	if (!pool->free.first && !pool_grow(pool))
		return NULL;
	number = pool->free.first;
	pool->free.first = pool->pages[number - 1].next;
	pool->free.count--;
	chain_push(pool, chain, number);
	pool->pages[number - 1].tag = tag;
	memory_zero(pool->pages[number - 1].page, PAGE_SIZE);
	return pool->pages[number - 1].page;
}

void ptpool_release(struct ptpool *pool, struct ptchain *chain)
{
	if (!chain->first)
		return;
	pool->pages[chain->last - 1].next = pool->free.first;
	pool->free.first = chain->first;
	pool->free.count += chain->count;
	*chain = (struct ptchain){ 0 };
}

void ptpool_destroy(struct ptpool *pool)
{
	while (pool->page_count > 0) {
		void *page = pool->pages[--pool->page_count].page;

		pool->ops->free(pool->ctx, page, GPA(ptpool_gpa(pool, page)));
	}
	*pool = (struct ptpool){ 0 };
}
