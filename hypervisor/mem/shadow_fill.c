/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual TLB of one vCPU: page faults, which fill it from the guest's page tables.
 * RISC-V privileged specification, "Virtual Address Translation Process" and "Sv39".
 */
#include "mem/shadow.h"

#include "lib/errno.h"
#include "mem/shadow_tables.h"

/* A leaf to install. */
struct fill {
	uint64_t pte;			/* of the 4 KiB page or the 2 MiB page at gva */
	unsigned level;			/* the largest that it may have */
	unsigned guest_level;		/* of the guest's leaf that it is made of */
	uint64_t page_offset;		/* of gva's 4 KiB page in a 2 MiB leaf */
	bool user;
	bool global;			/* and the kernel's: may be shared */
};

/* The shared level 1 table of a slot, linked into all roots. NULL if the pool is exhausted. */
static uint64_t *shared_middle(struct shadow *s, unsigned slot)
{
	uint64_t *table;

	if (likely(s->global[slot]))
		return shadow_table(s, s->global[slot]);
	table = ptpool_alloc(&s->pool, &s->shared.middle, slot);
	if (!table)
		return NULL;
	s->global[slot] = shadow_pointer(s, table);
	for (unsigned i = 0; i < 2 * s->context_used; i++) {
		uint64_t *root = s->contexts[i / 2].roots[i % 2].table;

		if (root && !root[slot])
			root[slot] = s->global[slot];
	}
	return table;
}

/*
 * A context's own level 1 table for a leaf in a slot; user leaves need a private one. NULL if the
 * pool is exhausted.
 */
static uint64_t *own_middle(struct shadow *s, struct shadow_context *c, unsigned sum,
			    unsigned slot, bool user)
{
	uint64_t *mine = &c->roots[sum].table[slot], *other = &c->roots[!sum].table[slot];
	uint64_t *table, old = *mine, shared = shadow_shared(s, slot);

	if (old != shared && (!user || (old & SHADOW_PRIVATE)))
		return shadow_table(s, old);
	table = ptpool_alloc(&s->pool, &c->own.middle, slot);
	if (!table)
		return NULL;
	*mine = shadow_pointer(s, table) | (user ? SHADOW_PRIVATE : 0);
	if (!user && *other == shared)
		*other = *mine;
	if (old)
		shadow_fence_context(s, c);
	return table;
}

/* A root's pointer to a table gets a software bit, in both roots if they share the table. */
static void mark_fragments(struct shadow *s, struct shadow_context *c, unsigned sum, unsigned slot)
{
	uint64_t old;

	if (!c) {
		s->global[slot] |= SHADOW_FRAGMENTS;
		return;
	}
	old = c->roots[sum].table[slot];
	for (unsigned r = 0; r < 2; r++) {
		uint64_t *root = c->roots[r].table;

		if (PTE_TO_PA(root[slot]) == PTE_TO_PA(old))
			root[slot] |= SHADOW_FRAGMENTS;
	}
}

/*
 * The place of a leaf below an entry of a level 1 table that is a context's own, or shared (c =
 * NULL): there is a level 0 table afterwards. NULL if the pool is exhausted.
 */
static uint64_t *last_entry(struct shadow *s, struct shadow_context *c, uint64_t *entry, gva_t gva)
{
	uint64_t *table, old = *entry;

	if (!shadow_is_pointer(old)) {
		table = ptpool_alloc(&s->pool, c ? &c->own.last : &s->shared.last, 0);
		if (!table)
			return NULL;
		*entry = shadow_pointer(s, table);
		/* a 2 MiB leaf that is no more: its later fence would not find it */
		if (old)
			shadow_fence_context(s, c);
	}
	return &shadow_table(s, *entry)[SV39_INDEX(gva.v, 0)];
}

/*
 * Note where a leaf of a context's own is. Those of superpages may have to make way for tables, and
 * a global one shows a slot that might be shared: the next fence shall give up the tables.
 */
static void log_leaf(struct shadow_context *c, uint64_t *entry, const struct fill *fill)
{
	if (c->log_count < SHADOW_LOG && fill->guest_level == 0 && !fill->global)
		c->log[c->log_count++] = entry;
	else
		c->log_count = SHADOW_LOG + 1;
}

/* Install a leaf. Returns false if the pool is exhausted. */
static bool fill_leaf(struct shadow *s, struct shadow_context *c, unsigned sum, gva_t gva,
		      const struct fill *fill)
{
	unsigned slot = SV39_INDEX(gva.v, 2);
	bool shared = fill->global && c->roots[sum].table[slot] == shadow_shared(s, slot);
	struct shadow_context *owner = shared ? NULL : c;
	uint64_t *table = shared ? shared_middle(s, slot) :
				   own_middle(s, c, sum, slot, fill->user);
	uint64_t *entry, old, pte = fill->pte;

	if (!table)
		return false;
	entry = &table[SV39_INDEX(gva.v, 1)];
	if (fill->level == 0 || shadow_is_pointer(*entry)) {
		uint64_t *last = last_entry(s, owner, entry, gva);

		if (!last)
			return false;
		if (fill->guest_level > 0)
			*entry |= SHADOW_FRAGMENTS;
		entry = last;
		pte += PA_TO_PTE(fill->page_offset);
	}
	if (fill->guest_level == 2)
		mark_fragments(s, owner, sum, slot);
	old = *entry;
	if (old == pte) {
		/* hardware may remember that it was invalid, or what led to it */
		s->stat.spurious++;
		s->ops->fence_asid(s->ctx, shadow_asid(s, c, sum));
		return true;
	}
	*entry = pte;
	s->stat.fills++;
	s->stat.global_fills += shared;
	if (old)
		shadow_fence_leaf(s, owner, gva);
	else if (owner)
		log_leaf(owner, entry, fill);
	return true;
}

static bool in_pinned_2m(const struct shadow *s, gva_t gva)
{
	return s->pinned && (gva.v ^ s->pin_va.v) < PAGE_2M_SIZE;
}

/* The shadow leaf that a guest leaf allows, which has permitted an access at gva. */
static void make_fill(struct shadow *s, gva_t gva, const struct walk_result *walk,
		      struct fill *fill)
{
	uint64_t base = ALIGN_DOWN(walk->gpa.v, PAGE_2M_SIZE);
	uint64_t prot = walk->pte & (PTE_R | PTE_X);

	fill->user = (walk->pte & PTE_U) != 0;
	/* a store to a clean page must come here first, to set D */
	if (walk->pte & PTE_D)
		prot |= walk->pte & PTE_W;
	if (fill->user) {
		/* readable by MXR alone: hardware needs X for that, which S-mode may not have */
		if (prot == PTE_X) {
			prot |= PTE_R;
			s->mxr_leaves = true;
		}
		prot &= ~(uint64_t)PTE_X;
	}
	fill->global = walk->global && !fill->user;
	fill->guest_level = walk->level;
	if (walk->level > 0 && !in_pinned_2m(s, gva) &&
	    s->ops->is_ram(s->ctx, GPA(base), PAGE_2M_SIZE)) {
		fill->level = 1;
		fill->page_offset = ALIGN_DOWN(walk->gpa.v - base, PAGE_SIZE);
	} else {
		base = ALIGN_DOWN(walk->gpa.v, PAGE_SIZE);
	}
	fill->pte = PA_TO_PTE(base) | prot | SHADOW_LEAF;
}

/*
 * Walk the guest's tables as its S-mode does and find the leaf to install. Sets *retry, and
 * returns WALK_OK, if a PTE changed under the walk: the guest's instruction runs again.
 */
static enum walk_status walk_guest(struct shadow *s, gva_t gva, enum walk_access access, bool sum,
				   bool mxr, struct fill *fill, bool *retry)
{
	struct walk_result walk;
	enum walk_status status;
	uint64_t missing;

	status = walk_sv39(&s->ops->walk, s->ctx, s->current->satp, gva, &walk);
	if (status != WALK_OK)
		return status;
	if (!walk_permits(walk.pte, access, true, sum, mxr))
		return WALK_PAGE_FAULT;
	missing = walk_missing_ad(walk.pte, access);
	if (missing && !s->adue)
		return WALK_PAGE_FAULT;
	if (walk.gpa.v >= SHADOW_GPA_LIMIT)
		return WALK_ACCESS_FAULT;
	*retry = missing && !walk_set_ad(walk.pte_host, walk.pte, missing);
	walk.pte |= missing;
	make_fill(s, gva, &walk, fill);
	return WALK_OK;
}

int shadow_fault(struct shadow *s, gva_t gva, enum walk_access access, uint64_t guest_satp,
		 bool sum, bool mxr, struct guest_trap *out)
{
	struct shadow_context *c = s->current;
	struct fill fill = { 0 };
	enum walk_status status = WALK_OK;
	bool retry = false;

	if (!c || c->satp != guest_satp || !c->roots[sum].table)
		return -EINVAL;
	if (!s->pinned || ALIGN_DOWN(gva.v, PAGE_SIZE) != s->pin_va.v)
		status = walk_guest(s, gva, access, sum, mxr, &fill, &retry);
	else if (access == WALK_FETCH)
		status = WALK_PAGE_FAULT;
	else
		fill = (struct fill){
			.pte = PA_TO_PTE(s->pin_gpa.v) | PTE_R | PTE_W | SHADOW_LEAF,
			.global = true,
		};
	if (status != WALK_OK) {
		walk_trap(status, access, gva, out);
		s->stat.traps++;
		return 1;
	}
	while (!retry && !fill_leaf(s, c, sum, gva, &fill)) {
		if (!shadow_reclaim(s, NULL))
			return -ENOMEM;
	}
	return 0;
}
