/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page allocator: a binary buddy system. The buddy of a block of 2^order pages is the block
 * whose page number differs in bit order; two free buddies are always merged.
 *
 * Each page of the span has a byte of state. Only the first page of a block carries the block's
 * state and order; all other pages, and holes, are PAGE_STATE_NONE.
 */
#include "mem/page.h"

#include "lib/assert.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"

#define PAGE_STATE_NONE		0x00u
#define PAGE_STATE_FREE		0x40u	/* | order */
#define PAGE_STATE_USED		0x80u	/* | order */
#define PAGE_STATE_ORDER	0x3fu

static uint64_t order_bytes(unsigned order)
{
	return PAGE_SIZE << order;
}

size_t page_metadata_bytes(struct page_range span)
{
	uint64_t pages = (ALIGN_UP(span.end.v, PAGE_SIZE) >> PAGE_SHIFT) -
			 (span.start.v >> PAGE_SHIFT);

	return ALIGN_UP(pages, PAGE_SIZE);
}

void page_init(struct page_allocator *pages, struct page_range span, uint64_t offset,
	       void *metadata)
{
	pages->offset = offset;
	pages->first_page = span.start.v >> PAGE_SHIFT;
	pages->page_count = (ALIGN_UP(span.end.v, PAGE_SIZE) >> PAGE_SHIFT) - pages->first_page;
	spin_init(&pages->lock);
	pages->state = metadata;
	pages->total_bytes = pages->free_bytes = pages->reserved_bytes = 0;
	pages->orders_free = 0;
	for (unsigned order = 0; order < PAGE_ORDER_COUNT; order++)
		list_init(&pages->free[order]);
	memset(metadata, PAGE_STATE_NONE, page_metadata_bytes(span));
}

/* The state of a page, or NULL outside the span. */
static uint8_t *state_of(const struct page_allocator *pages, uint64_t page)
{
	uint64_t index = page - pages->first_page;

	return index < pages->page_count ? &pages->state[index] : NULL;
}

/* A free block carries its list node in its first bytes. */
static struct list_head *node_of(const struct page_allocator *pages, uint64_t page)
{
	return page_from_hpa(pages, HPA(page << PAGE_SHIFT));
}

static uint64_t page_of(const struct page_allocator *pages, const void *address)
{
	return page_to_hpa(pages, address).v >> PAGE_SHIFT;
}

static void free_list_add(struct page_allocator *pages, uint64_t page, unsigned order)
{
	*state_of(pages, page) = (uint8_t)(PAGE_STATE_FREE | order);
	list_add(&pages->free[order], node_of(pages, page));
	pages->orders_free |= BIT(order);
}

static void free_list_remove(struct page_allocator *pages, uint64_t page, unsigned order)
{
	*state_of(pages, page) = PAGE_STATE_NONE;
	list_remove(node_of(pages, page));
	if (list_empty(&pages->free[order]))
		pages->orders_free &= ~BIT(order);
}

/* Makes a block free, merged with its buddies as far as they are free. */
static void block_release(struct page_allocator *pages, uint64_t page, unsigned order)
{
	pages->free_bytes += order_bytes(order);
	for (; order < PAGE_ORDER_1G; order++) {
		uint64_t buddy = page ^ BIT(order);
		const uint8_t *state = state_of(pages, buddy);

		if (!state || *state != (PAGE_STATE_FREE | order))
			break;
		free_list_remove(pages, buddy, order);
		page &= ~BIT(order);
	}
	free_list_add(pages, page, order);
}

/* Gives pages [page, end) as the largest aligned blocks. */
static void add_pages(struct page_allocator *pages, uint64_t page, uint64_t end)
{
	while (page < end) {
		unsigned order = bit_highest(end - page);

		if (page)
			order = MIN(order, bit_lowest(page));
		order = MIN(order, PAGE_ORDER_1G);
		block_release(pages, page, order);
		pages->total_bytes += order_bytes(order);
		page += BIT(order);
	}
}

/* Whether range and the whole pages that reserved touches overlap; then *end is where those end. */
static bool range_touches(struct page_range range, struct page_range reserved, uint64_t *end)
{
	uint64_t start = ALIGN_DOWN(reserved.start.v, PAGE_SIZE);

	/* Rounding up must not wrap to 0 at the end of the address space. */
	*end = ALIGN_DOWN(reserved.end.v - 1, PAGE_SIZE) + (PAGE_SIZE - 1);
	if (reserved.start.v >= reserved.end.v || start >= range.end.v || *end < range.start.v)
		return false;
	*end = *end == UINT64_MAX ? *end : *end + 1;
	return true;
}

/*
 * Cuts the first piece off range that is free of reserved ranges. range becomes what is behind it;
 * the result is empty when nothing was left.
 */
static struct page_range next_piece(struct page_range *range, const struct page_range *reserved,
				    size_t reserved_count)
{
	struct page_range piece;
	uint64_t end;
	size_t i = 0;

	/* Move the start behind whatever covers it; each such move looks at all of them again. */
	while (i < reserved_count && range->start.v < range->end.v) {
		struct page_range first = { range->start, HPA(range->start.v + 1) };

		if (range_touches(first, reserved[i], &end)) {
			range->start.v = end;
			i = 0;
		} else {
			i++;
		}
	}
	range->start.v = MIN(range->start.v, range->end.v);
	piece = *range;
	for (i = 0; piece.start.v < piece.end.v && i < reserved_count; i++)
		if (range_touches(piece, reserved[i], &end))
			piece.end.v = ALIGN_DOWN(reserved[i].start.v, PAGE_SIZE);
	range->start = piece.end;
	return piece;
}

/* The whole pages of a range. */
static struct page_range whole_pages(struct page_range range)
{
	range.start.v = ALIGN_UP(range.start.v, PAGE_SIZE);
	range.end.v = ALIGN_DOWN(range.end.v, PAGE_SIZE);
	return range;
}

/* Whether any page of [page, end) belongs to a block already. */
static bool any_added(const struct page_allocator *pages, uint64_t page, uint64_t end)
{
	for (unsigned order = 0; order < PAGE_ORDER_COUNT; order++) {
		const uint8_t *head = state_of(pages, page & ~(BIT(order) - 1));

		/* A block that begins before the range and reaches into it. */
		if (head && *head && (*head & PAGE_STATE_ORDER) >= order)
			return true;
	}
	for (; page < end; page++)
		if (*state_of(pages, page) != PAGE_STATE_NONE)
			return true;
	return false;
}

/* -EINVAL if a page of one of the pieces is there already. */
static int check_pieces(const struct page_allocator *pages, struct page_range range,
			const struct page_range *reserved, size_t reserved_count)
{
	while (range.start.v < range.end.v) {
		struct page_range piece = next_piece(&range, reserved, reserved_count);

		if (piece.start.v < piece.end.v &&
		    any_added(pages, piece.start.v >> PAGE_SHIFT, piece.end.v >> PAGE_SHIFT))
			return -EINVAL;
	}
	return 0;
}

int page_add_range(struct page_allocator *pages, struct page_range range,
		   const struct page_range *reserved, size_t reserved_count)
{
	int error;

	range = whole_pages(range);
	if (range.start.v >= range.end.v)
		return 0;
	if (!page_in_span(pages, range.start) || !page_in_span(pages, HPA(range.end.v - 1)))
		return -EINVAL;
	spin_lock(&pages->lock);
	error = check_pieces(pages, range, reserved, reserved_count);
	while (!error && range.start.v < range.end.v) {
		struct page_range piece = next_piece(&range, reserved, reserved_count);

		add_pages(pages, piece.start.v >> PAGE_SHIFT, piece.end.v >> PAGE_SHIFT);
	}
	spin_unlock(&pages->lock);
	return error;
}

bool page_find_room(struct page_range range, const struct page_range *reserved,
		    size_t reserved_count, uint64_t size, uint64_t align, hpa_t *start)
{
	range = whole_pages(range);
	while (range.start.v < range.end.v) {
		struct page_range piece = next_piece(&range, reserved, reserved_count);
		uint64_t first = ALIGN_UP(piece.start.v, align);

		if (first >= piece.start.v && first < piece.end.v && piece.end.v - first >= size) {
			*start = HPA(first);
			return true;
		}
	}
	return false;
}

/* Takes a block of the order, split off the smallest free one. Returns false if there is none. */
static bool block_take(struct page_allocator *pages, unsigned order, uint64_t *page)
{
	uint64_t candidates = pages->orders_free & ~(BIT(order) - 1);
	unsigned found;

	if (!candidates)
		return false;
	found = bit_lowest(candidates);
	*page = page_of(pages, list_first(&pages->free[found]));
	free_list_remove(pages, *page, found);
	while (found > order) {
		found--;
		free_list_add(pages, *page + BIT(found), found);
	}
	*state_of(pages, *page) = (uint8_t)(PAGE_STATE_USED | order);
	pages->free_bytes -= order_bytes(order);
	return true;
}

static uint64_t unreserved(const struct page_allocator *pages)
{
	return pages->free_bytes - pages->reserved_bytes;
}

static void reserved_use(struct page_allocator *pages, uint64_t bytes)
{
	ASSERT(bytes <= pages->reserved_bytes);
	pages->reserved_bytes -= bytes;
}

void *page_alloc(struct page_allocator *pages, unsigned order, unsigned flags)
{
	uint64_t page;
	void *block;
	bool taken;

	if (order >= PAGE_ORDER_COUNT)
		return NULL;
	spin_lock(&pages->lock);
	if (flags & PAGE_RESERVED)
		reserved_use(pages, order_bytes(order));
	taken = order_bytes(order) <= unreserved(pages) && block_take(pages, order, &page);
	spin_unlock(&pages->lock);
	if (!taken)
		return NULL;
	block = page_from_hpa(pages, HPA(page << PAGE_SHIFT));
	if (flags & PAGE_ZERO)
		memory_zero(block, order_bytes(order));
	return block;
}

/* The state of an allocated block. */
static uint8_t *used_state(const struct page_allocator *pages, const void *block)
{
	uint8_t *state = state_of(pages, page_of(pages, block));

	ASSERT(IS_ALIGNED((uintptr_t)block, PAGE_SIZE));
	ASSERT(state && (*state & PAGE_STATE_USED));
	return state;
}

/* Under the lock. */
static void block_free(struct page_allocator *pages, void *block, unsigned order)
{
	uint8_t *state = used_state(pages, block);

	ASSERT((*state & PAGE_STATE_ORDER) == order);
	*state = PAGE_STATE_NONE;
	block_release(pages, page_of(pages, block), order);
}

void page_free(struct page_allocator *pages, void *block, unsigned order)
{
	spin_lock(&pages->lock);
	block_free(pages, block, order);
	spin_unlock(&pages->lock);
}

bool page_reserve(struct page_allocator *pages, uint64_t bytes)
{
	bool fits;

	spin_lock(&pages->lock);
	fits = bytes <= unreserved(pages);
	if (fits)
		pages->reserved_bytes += bytes;
	spin_unlock(&pages->lock);
	return fits;
}

void page_unreserve(struct page_allocator *pages, uint64_t bytes)
{
	spin_lock(&pages->lock);
	reserved_use(pages, bytes);
	spin_unlock(&pages->lock);
}

void page_free_reserved(struct page_allocator *pages, void *block)
{
	spin_lock(&pages->lock);
	block_free(pages, block, PAGE_ORDER_4K);
	pages->reserved_bytes += PAGE_SIZE;
	spin_unlock(&pages->lock);
}

unsigned page_block_order(struct page_allocator *pages, const void *block)
{
	unsigned order;

	spin_lock(&pages->lock);
	order = *used_state(pages, block) & PAGE_STATE_ORDER;
	spin_unlock(&pages->lock);
	return order;
}

uint64_t page_free_bytes(struct page_allocator *pages)
{
	/* The two of one moment: their difference would be huge otherwise. */
	uint64_t bytes;

	spin_lock(&pages->lock);
	bytes = unreserved(pages);
	spin_unlock(&pages->lock);
	return bytes;
}

uint64_t page_total_bytes(struct page_allocator *pages)
{
	return READ_ONCE(pages->total_bytes);
}

uint64_t page_promised_bytes(struct page_allocator *pages)
{
	return READ_ONCE(pages->reserved_bytes);
}

bool page_in_span(const struct page_allocator *pages, hpa_t address)
{
	return (address.v >> PAGE_SHIFT) - pages->first_page < pages->page_count;
}

unsigned page_order_for(uint64_t size_bytes)
{
	unsigned order = 0;

	while (order < PAGE_ORDER_COUNT && order_bytes(order) < size_bytes)
		order++;
	return order;
}
