/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual TLB of one vCPU: its contexts, what fences drop, its life.
 * RISC-V privileged specification, "Supervisor Memory-Management Fence Instruction" and "Sv39".
 */
#include "mem/shadow.h"

#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/shadow_tables.h"

/* What fences are needed after a drop; ordered. */
enum dropped { DROPPED_NONE, DROPPED_LEAF, DROPPED_MANY };

/* ---- fences ---- */

void shadow_fence_leaf(struct shadow *s, const struct shadow_context *c, gva_t gva)
{
	for (unsigned sum = 0; sum < 2; sum++) {
		if (c->roots[sum].table)
			s->ops->fence_va(s->ctx, shadow_asid(s, c, sum), gva);
	}
}

void shadow_fence_context(struct shadow *s, const struct shadow_context *c)
{
	for (unsigned sum = 0; sum < 2; sum++) {
		if (c->roots[sum].table)
			s->ops->fence_asid(s->ctx, shadow_asid(s, c, sum));
	}
}

/* ---- contexts ---- */

/* Forget all translations of a context but keep its roots: their vsatp may be in use. */
static void empty_context(struct shadow *s, struct shadow_context *c)
{
	if (!c->tables.count)
		return;
	for (unsigned sum = 0; sum < 2; sum++) {
		if (c->roots[sum].table)
			memory_zero(c->roots[sum].table, PAGE_SIZE);
	}
	/* before the tables become something else */
	shadow_fence_context(s, c);
	ptpool_release(&s->pool, &c->tables);
	s->stat.flushes++;
}

/* Give up a context that no hart has in vsatp. */
static void drop_context(struct shadow *s, struct shadow_context *c)
{
	ptpool_release(&s->pool, &c->tables);
	ptpool_release(&s->pool, &c->root_pages);
	*c = (struct shadow_context){ 0 };
	s->stat.flushes++;
}

/* The least recently used context that is neither the current one nor keep; NULL if none. */
static struct shadow_context *oldest_context(struct shadow *s, const struct shadow_context *keep)
{
	struct shadow_context *oldest = NULL;

	for (unsigned i = 0; i < s->context_used; i++) {
		struct shadow_context *c = &s->contexts[i];

		if (c->satp && c != keep && c != s->current &&
		    (!oldest || c->last_used < oldest->last_used))
			oldest = c;
	}
	return oldest;
}

bool shadow_reclaim(struct shadow *s, const struct shadow_context *keep)
{
	struct shadow_context *victim = oldest_context(s, keep);

	s->stat.reclaims++;
	if (victim) {
		drop_context(s, victim);
		return true;
	}
	if (!s->current || !s->current->tables.count)
		return false;
	empty_context(s, s->current);
	return true;
}

static struct shadow_context *find_context(struct shadow *s, uint64_t satp)
{
	for (unsigned i = 0; i < s->context_used; i++) {
		if (s->contexts[i].satp == satp)
			return &s->contexts[i];
	}
	return NULL;
}

/* A context for a new address space. */
static struct shadow_context *take_context(struct shadow *s, uint64_t satp)
{
	struct shadow_context *c = find_context(s, 0);

	if (!c && s->context_used < s->context_count)
		c = &s->contexts[s->context_used++];
	if (!c) {
		c = oldest_context(s, NULL);
		if (c) {
			drop_context(s, c);
		} else {
			/* the only one, and still loaded: its roots stay under a new name */
			c = s->current;
			empty_context(s, c);
		}
	}
	c->satp = satp;
	s->stat.contexts++;
	return c;
}

static void make_root(struct shadow *s, struct shadow_context *c, unsigned sum)
{
	const uint64_t *other = c->roots[!sum].table;
	uint64_t asid = shadow_asid(s, c, sum);
	uint64_t *root;

	do {
		root = ptpool_alloc(&s->pool, &c->root_pages);
	} while (!root && shadow_reclaim(s, c));
	ASSERT(root);
	for (unsigned i = 0; other && i < SV39_ENTRIES; i++)
		root[i] = other[i] & SHADOW_PRIVATE ? 0 : other[i];
	/* what an earlier user of this ASID left behind */
	s->ops->fence_asid(s->ctx, asid);
	c->roots[sum].table = root;
	c->roots[sum].vsatp = SATP_MODE_SV39 << SATP_MODE_SHIFT | asid << SATP_ASID_SHIFT |
			      ptpool_gpa(&s->pool, root) >> PAGE_SHIFT;
}

uint64_t shadow_switch_slow(struct shadow *s, uint64_t guest_satp, bool sum)
{
	struct shadow_context *c;

	if (SATP_MODE(guest_satp) != SATP_MODE_SV39)
		return 0;
	c = find_context(s, guest_satp);
	if (!c)
		c = take_context(s, guest_satp);
	if (!c->roots[sum].table)
		make_root(s, c, sum);
	s->hash[shadow_hash(guest_satp)] = c;
	s->current = c;
	c->last_used = ++s->clock;
	return c->roots[sum].vsatp;
}

/* ---- dropping ---- */

/* Drop all leaves of a level 1 table and below; its tables stay. */
static void clear_middle(struct shadow *s, uint64_t *table)
{
	for (unsigned i = 0; i < SV39_ENTRIES; i++) {
		if (shadow_is_pointer(table[i])) {
			memory_zero(shadow_table(s, table[i]), PAGE_SIZE);
			table[i] &= ~SHADOW_FRAGMENTS;
		} else {
			table[i] = 0;
		}
	}
}

/* Drop what was made of the guest leaf at gva from one root, before its fence. */
static enum dropped drop_va(struct shadow *s, uint64_t *root, gva_t gva)
{
	uint64_t *entry = &root[SV39_INDEX(gva.v, 2)];
	uint64_t *table;

	if (!*entry)
		return DROPPED_NONE;
	table = shadow_table(s, *entry);
	if (*entry & SHADOW_FRAGMENTS) {
		*entry &= ~SHADOW_FRAGMENTS;
		clear_middle(s, table);
		return DROPPED_MANY;
	}
	entry = &table[SV39_INDEX(gva.v, 1)];
	if (shadow_is_pointer(*entry)) {
		table = shadow_table(s, *entry);
		if (*entry & SHADOW_FRAGMENTS) {
			*entry &= ~SHADOW_FRAGMENTS;
			memory_zero(table, PAGE_SIZE);
			return DROPPED_MANY;
		}
		entry = &table[SV39_INDEX(gva.v, 0)];
	}
	if (!*entry)
		return DROPPED_NONE;
	*entry = 0;
	return DROPPED_LEAF;
}

static void drop_va_in_context(struct shadow *s, struct shadow_context *c, gva_t gva)
{
	enum dropped dropped = DROPPED_NONE;

	for (unsigned sum = 0; sum < 2; sum++) {
		enum dropped here = c->roots[sum].table ? drop_va(s, c->roots[sum].table, gva) :
							  DROPPED_NONE;

		dropped = MAX(dropped, here);
	}
	/* in both, whichever it was found in: they share tables */
	if (dropped == DROPPED_MANY)
		shadow_fence_context(s, c);
	else if (dropped == DROPPED_LEAF)
		shadow_fence_leaf(s, c, gva);
	s->stat.drops += dropped != DROPPED_NONE;
}

void shadow_sfence(struct shadow *s, bool has_va, gva_t va, bool has_asid, uint64_t asid)
{
	/* "not a valid virtual address: no effect" */
	if (has_va && !walk_canonical(va))
		return;
	for (unsigned i = 0; i < s->context_used; i++) {
		struct shadow_context *c = &s->contexts[i];

		if (!c->satp || (has_asid && SATP_ASID(c->satp) != (asid & SATP_ASID_MASK)))
			continue;
		if (has_va)
			drop_va_in_context(s, c, va);
		else if (c == s->current)
			empty_context(s, c);
		else
			drop_context(s, c);
	}
}

void shadow_flush_all(struct shadow *s)
{
	shadow_sfence(s, false, GVA(0), false, 0);
	s->mxr_leaves = false;
}

void shadow_mxr_changed(struct shadow *s, bool mxr)
{
	if (!mxr && s->mxr_leaves)
		shadow_flush_all(s);
}

int shadow_pin(struct shadow *s, gva_t va, gpa_t gpa)
{
	if (((va.v | gpa.v) & PAGE_MASK) || !walk_canonical(va))
		return -EINVAL;
	shadow_unpin(s);
	shadow_sfence(s, true, va, false, 0);
	s->pinned = true;
	s->pin_va = va;
	s->pin_gpa = gpa;
	return 0;
}

void shadow_unpin(struct shadow *s)
{
	if (s->pinned)
		shadow_sfence(s, true, s->pin_va, false, 0);
	s->pinned = false;
}

/* ---- life ---- */

int shadow_init(struct shadow *s, const struct shadow_config *config)
{
	*s = (struct shadow){
		.ops = config->ops,
		.ctx = config->ctx,
		.context_count = MIN(config->asid_count / 2, SHADOW_CONTEXTS),
		.asid_first = config->asid_first,
		.adue = config->adue,
	};
	if (config->max_pages < SHADOW_MIN_PAGES || !s->context_count)
		return -EINVAL;
	return ptpool_init(&s->pool, &config->ops->pool, config->ctx, config->pages,
			   config->max_pages, SHADOW_MIN_PAGES);
}

void shadow_destroy(struct shadow *s)
{
	if (!s->pool.ops)
		return;
	/* before the memory becomes something else */
	s->ops->fence_all(s->ctx);
	ptpool_destroy(&s->pool);
	*s = (struct shadow){ 0 };
}
