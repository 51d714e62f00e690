/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builder of Sv39x4 G-stage page tables: guest-physical to host-physical addresses of one VMID.
 * RISC-V privileged specification, "Two-Stage Address Translation" and "Guest Physical Address
 * Translation".
 *
 * A change counts the tables it will need, allocates them all, and then cannot fail. Tables that it
 * unlinks are freed after the fence.
 */
#include "mem/gstage.h"

#include "lib/assert.h"
#include "lib/errno.h"

#define ROOT_LEVEL	(SV39_LEVELS - 1)
/* All accesses go as if from U-mode; A and D are set, so that nothing need ever write a PTE. */
#define LEAF_FLAGS	(PTE_V | PTE_U | PTE_A | PTE_D)
#define HPA_LIMIT	(RISCV_UL(1) << 56)

/* One map or unmap under way. */
struct change {
	struct gstage *gs;
	uint64_t flags;			/* of the new leaves; 0 = unmap */
	uint64_t distance;		/* hpa - gpa, modulo 2^64 */
	size_t needed;			/* tables, counted */
	void *spare, *dead;		/* lists of tables, linked in their first word */
	size_t changed;			/* valid entries that are no more what they were */
	bool only_pages;		/* all of those are 4 KiB leaves */
};

static uint64_t span_of(unsigned level)
{
	return RISCV_UL(1) << SV39_SHIFT(level);
}

static unsigned index_of(uint64_t gpa, unsigned level)
{
	unsigned entries = level == ROOT_LEVEL ? SV39X4_ROOT_ENTRIES : SV39_ENTRIES;

	return (unsigned)(gpa >> SV39_SHIFT(level)) & (entries - 1);
}

static uint64_t *table_of(const struct gstage *gs, uint64_t pte)
{
	return gs->ops->from_hpa(gs->ctx, HPA(PTE_TO_PA(pte)));
}

static bool is_pointer(uint64_t pte)
{
	return (pte & PTE_V) && !PTE_IS_LEAF(pte);
}

/* Where the part of [gpa, end) that one entry covers ends. */
static uint64_t entry_end(uint64_t gpa, uint64_t end, unsigned level)
{
	uint64_t next = (gpa | (span_of(level) - 1)) + 1;

	return MIN(next, end);
}

/* Whether the part [gpa, next) is the whole of an entry that can be one leaf. */
static bool takes_leaf(const struct change *c, unsigned level, uint64_t gpa, uint64_t next)
{
	if (next - gpa != span_of(level))
		return false;
	return !c->flags || IS_ALIGNED(gpa + c->distance, span_of(level));
}

static void list_push(void **list, void *table)
{
	/* the address of a page, read as a PTE, is not valid: a walker in the table is stopped */
	__atomic_store_n((void **)table, *list, __ATOMIC_RELAXED);
	*list = table;
}

static void *list_pop(void **list)
{
	void *table = *list;

	if (table) {
		*list = *(void **)table;
		*(void **)table = NULL;
	}
	return table;
}

static void list_free(struct gstage *gs, void **list)
{
	for (void *table = list_pop(list); table; table = list_pop(list))
		gs->ops->free(gs->ctx, table, 0);
}

/*
 * Count the tables that a change of [gpa, end) will add. Where there is no table yet, table is NULL
 * and every entry is as if it held assumed.
 */
static void count_tables(struct change *c, const uint64_t *table, uint64_t assumed, unsigned level,
			 uint64_t gpa, uint64_t end)
{
	for (uint64_t next; level > 0 && gpa < end; gpa = next) {
		uint64_t pte = table ? table[index_of(gpa, level)] : assumed;

		next = entry_end(gpa, end, level);
		if (takes_leaf(c, level, gpa, next) || (!c->flags && !pte))
			continue;
		if (!is_pointer(pte))
			c->needed++;
		count_tables(c, is_pointer(pte) ? table_of(c->gs, pte) : NULL, pte, level - 1, gpa,
			     next);
	}
}

static int reserve_tables(struct change *c)
{
	for (size_t i = 0; i < c->needed; i++) {
		void *table = c->gs->ops->alloc(c->gs->ctx, 0);

		if (!table) {
			list_free(c->gs, &c->spare);
			return -ENOMEM;
		}
		list_push(&c->spare, table);
	}
	return 0;
}

static void set_entry(struct gstage *gs, uint64_t *table, unsigned index, uint64_t pte)
{
	/* a table is whole before a walker on another hart can find it */
	__atomic_store_n(&table[index], pte, __ATOMIC_RELEASE);
	if (table == gs->root && gs->borrower && index >= gs->shared_first &&
	    index < gs->shared_end)
		__atomic_store_n(&gs->borrower->root[index], pte, __ATOMIC_RELEASE);
}

/* Unlinked tables, the one at pte's end and all below it, to be freed after the fence. */
static void retire_tables(struct change *c, uint64_t pte, unsigned level)
{
	uint64_t *table = table_of(c->gs, pte);

	for (unsigned i = 0; level > 0 && i < SV39_ENTRIES; i++) {
		if (is_pointer(table[i]))
			retire_tables(c, table[i], level - 1);
	}
	list_push(&c->dead, table);
	c->gs->table_count--;
}

static void replace_entry(struct change *c, uint64_t *table, unsigned level, uint64_t gpa,
			  uint64_t pte)
{
	unsigned index = index_of(gpa, level);
	uint64_t old = table[index];

	if (old == pte)
		return;
	set_entry(c->gs, table, index, pte);
	if (!old)
		return;
	c->changed++;
	c->only_pages = c->only_pages && level == 0;
	if (is_pointer(old))
		retire_tables(c, old, level - 1);
}

/* The table below an entry that is not a pointer yet; what the entry mapped stays mapped. */
static uint64_t *add_table(struct change *c, uint64_t *table, unsigned level, uint64_t gpa)
{
	uint64_t old = table[index_of(gpa, level)];
	uint64_t *below = list_pop(&c->spare);
	hpa_t hpa = c->gs->ops->to_hpa(c->gs->ctx, below);

	for (unsigned i = 0; old && i < SV39_ENTRIES; i++)
		below[i] = old + PA_TO_PTE(i * span_of(level - 1));
	c->gs->table_count++;
	replace_entry(c, table, level, gpa, PA_TO_PTE(hpa.v) | PTE_V);
	return below;
}

static void apply_change(struct change *c, uint64_t *table, unsigned level, uint64_t gpa,
			 uint64_t end)
{
	for (uint64_t next; gpa < end; gpa = next) {
		uint64_t pte = table[index_of(gpa, level)];

		next = entry_end(gpa, end, level);
		if (takes_leaf(c, level, gpa, next)) {
			replace_entry(c, table, level, gpa,
				      c->flags ? PA_TO_PTE(gpa + c->distance) | c->flags : 0);
		} else if (c->flags || pte) {
			uint64_t *below = is_pointer(pte) ? table_of(c->gs, pte) :
							    add_table(c, table, level, gpa);

			apply_change(c, below, level - 1, gpa, next);
		}
	}
}

static int change_range(struct change *c, uint64_t gpa, uint64_t size)
{
	struct gstage *gs = c->gs;
	int error;

	c->only_pages = true;
	count_tables(c, gs->root, 0, ROOT_LEVEL, gpa, gpa + size);
	error = reserve_tables(c);
	if (error)
		return error;
	apply_change(c, gs->root, ROOT_LEVEL, gpa, gpa + size);
	ASSERT(!c->spare);
	/* valid before: a TLB may hold it. Invalid before: at worst one more fault */
	if (c->changed == 1 && c->only_pages && size == PAGE_SIZE)
		gs->ops->fence_page(gs->ctx, GPA(gpa));
	else if (c->changed)
		gs->ops->fence_all(gs->ctx);
	list_free(gs, &c->dead);
	return 0;
}

static int check_range(const struct gstage *gs, uint64_t gpa, uint64_t size)
{
	if (((gpa | size) & PAGE_MASK) || !size || size > GSTAGE_GPA_LIMIT ||
	    gpa > GSTAGE_GPA_LIMIT - size)
		return -EINVAL;
	if (gs->lender && index_of(gpa, ROOT_LEVEL) < gs->shared_end &&
	    index_of(gpa + size - 1, ROOT_LEVEL) >= gs->shared_first)
		return -EBUSY;
	return 0;
}

int gstage_init(struct gstage *gs, const struct pt_ops *ops, void *ctx)
{
	*gs = (struct gstage){ .ops = ops, .ctx = ctx };
	gs->root = ops->alloc(ctx, GSTAGE_ROOT_ORDER);
	return gs->root ? 0 : -ENOMEM;
}

int gstage_map(struct gstage *gs, gpa_t gpa, hpa_t hpa, uint64_t size, uint64_t prot)
{
	struct change change = {
		.gs = gs, .flags = prot | LEAF_FLAGS, .distance = hpa.v - gpa.v,
	};
	int error = check_range(gs, gpa.v, size);

	if (error)
		return error;
	if ((hpa.v & PAGE_MASK) || hpa.v > HPA_LIMIT - size || !prot ||
	    (prot & ~(uint64_t)GSTAGE_RWX) || (prot & (PTE_R | PTE_W)) == PTE_W)
		return -EINVAL;
	return change_range(&change, gpa.v, size);
}

int gstage_unmap(struct gstage *gs, gpa_t gpa, uint64_t size)
{
	struct change change = { .gs = gs };
	int error = check_range(gs, gpa.v, size);

	return error ? error : change_range(&change, gpa.v, size);
}

int gstage_lookup(const struct gstage *gs, gpa_t gpa, struct gstage_leaf *out)
{
	const uint64_t *table = gs->root;

	*out = (struct gstage_leaf){ 0 };
	if (gpa.v >= GSTAGE_GPA_LIMIT)
		return -ENOENT;
	for (unsigned level = ROOT_LEVEL;; level--) {
		uint64_t pte = READ_ONCE(table[index_of(gpa.v, level)]);

		if (!(pte & PTE_V))
			return -ENOENT;
		if (PTE_IS_LEAF(pte)) {
			out->size = span_of(level);
			out->hpa = HPA(PTE_TO_PA(pte) | (gpa.v & (out->size - 1)));
			out->prot = pte & GSTAGE_RWX;
			return 0;
		}
		table = table_of(gs, pte);
	}
}

int gstage_share(struct gstage *borrower, struct gstage *lender, gpa_t gpa, uint64_t size)
{
	unsigned first, end;

	if (borrower->lender || borrower->borrower || lender->lender || lender->borrower)
		return -EBUSY;
	if (check_range(borrower, gpa.v, size) || ((gpa.v | size) & (PAGE_1G_SIZE - 1)) ||
	    borrower == lender || borrower->ops != lender->ops)
		return -EINVAL;
	first = index_of(gpa.v, ROOT_LEVEL);
	end = first + (unsigned)(size >> PAGE_1G_SHIFT);
	for (unsigned i = first; i < end; i++) {
		if (borrower->root[i])
			return -EBUSY;
	}
	for (unsigned i = first; i < end; i++)
		set_entry(borrower, borrower->root, i, lender->root[i]);
	borrower->lender = lender;
	lender->borrower = borrower;
	borrower->shared_first = lender->shared_first = first;
	borrower->shared_end = lender->shared_end = end;
	return 0;
}

void gstage_destroy(struct gstage *gs)
{
	struct change change = { .gs = gs };

	if (!gs->root)
		return;
	ASSERT(!gs->borrower);
	for (unsigned i = 0; i < SV39X4_ROOT_ENTRIES; i++) {
		uint64_t pte = gs->root[i];
		bool borrowed = gs->lender && i >= gs->shared_first && i < gs->shared_end;

		set_entry(gs, gs->root, i, 0);
		if (is_pointer(pte) && !borrowed)
			retire_tables(&change, pte, ROOT_LEVEL - 1);
	}
	/* before the memory becomes something else */
	gs->ops->fence_all(gs->ctx);
	list_free(gs, &change.dead);
	gs->ops->free(gs->ctx, gs->root, GSTAGE_ROOT_ORDER);
	if (gs->lender)
		gs->lender->borrower = NULL;
	*gs = (struct gstage){ 0 };
}

uint64_t gstage_hgatp(const struct gstage *gs, uint64_t vmid)
{
	hpa_t root = gs->ops->to_hpa(gs->ctx, gs->root);

	return HGATP_MODE_SV39X4 << SATP_MODE_SHIFT | (vmid & HGATP_VMID_MASK) << HGATP_VMID_SHIFT |
	       root.v >> PAGE_SHIFT;
}
