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
	if (!c) {
		s->ops->fence_va_all(s->ctx, gva);
		return;
	}
	s->ops->fence_va(s->ctx, shadow_asid(s, c, 0), gva);
	s->ops->fence_va(s->ctx, shadow_asid(s, c, 1), gva);
}

void shadow_fence_context(struct shadow *s, const struct shadow_context *c)
{
	if (!c) {
		s->ops->fence_all(s->ctx);
		return;
	}
	s->ops->fence_asid(s->ctx, shadow_asid(s, c, 0));
	s->ops->fence_asid(s->ctx, shadow_asid(s, c, 1));
}

/* ---- tables ---- */

static void release_tables(struct shadow *s, struct shadow_tables *tables)
{
	ptpool_release(&s->pool, &tables->middle);
	ptpool_release(&s->pool, &tables->last);
}

/* Unlink a context's own tables, before its fence and their release. */
static void unlink_own(struct shadow *s, struct shadow_context *c)
{
	uint32_t n = 0, slot;

	while (ptpool_each(&s->pool, &c->own.middle, &n, &slot)) {
		c->roots[0].table[slot] = shadow_shared(s, slot);
		c->roots[1].table[slot] = shadow_shared(s, slot);
	}
}

/*
 * Forget the leaves of a context's own; its roots stay, for their vsatp may be in use. Where the
 * leaves are few and known their tables stay, too: they will be needed again. A context that no
 * hart has in vsatp needs no fence.
 */
static void forget_own(struct shadow *s, struct shadow_context *c, bool fence)
{
	bool all = c->log_count > SHADOW_LOG;

	if (!c->log_count)
		return;
	if (all)
		unlink_own(s, c);
	for (unsigned i = 0; !all && i < c->log_count; i++)
		*c->log[i] = 0;
	if (fence)
		shadow_fence_context(s, c);
	/* after the fence, for the tables become something else */
	if (all)
		release_tables(s, &c->own);
	c->log_count = 0;
	s->stat.flushes++;
}

/* Forget all that contexts share. */
static void forget_shared(struct shadow *s)
{
	uint32_t n = 0, slot;

	if (!s->shared.middle.count)
		return;
	while (ptpool_each(&s->pool, &s->shared.middle, &n, &slot)) {
		for (unsigned i = 0; i < 2 * s->context_used; i++) {
			uint64_t *root = s->contexts[i / 2].roots[i % 2].table;

			if (root && root[slot] == shadow_shared(s, slot))
				root[slot] = 0;
		}
		s->global[slot] = 0;
	}
	shadow_fence_context(s, NULL);
	release_tables(s, &s->shared);
}

/* ---- contexts ---- */

static struct shadow_context **asid_chain(struct shadow *s, uint64_t satp)
{
	return &s->by_asid[SATP_ASID(satp) & (SHADOW_HASH_SIZE - 1)];
}

/* A context gets a name. */
static void name_context(struct shadow *s, struct shadow_context *c, uint64_t satp)
{
	struct shadow_context **chain = asid_chain(s, satp);

	c->satp = satp;
	c->next = *chain;
	*chain = c;
}

/* It loses it; the caller puts it somewhere. */
static void unname_context(struct shadow *s, struct shadow_context *c)
{
	struct shadow_context **link = asid_chain(s, c->satp);

	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	c->satp = 0;
}

/* Give up a context that no hart has in vsatp. What it has of tables stays for its next use. */
static void drop_context(struct shadow *s, struct shadow_context *c)
{
	forget_own(s, c, false);
	unname_context(s, c);
	c->roots[0].vsatp = c->roots[1].vsatp = c->last_used = 0;
	c->next = s->unused;
	s->unused = c;
}

/* Give back all pages of a context that no hart has in vsatp; it may be an unused one. */
static void free_context(struct shadow *s, struct shadow_context *c)
{
	struct shadow_context *next;

	if (c->satp)
		drop_context(s, c);
	release_tables(s, &c->own);
	ptpool_release(&s->pool, &c->root_pages);
	next = c->next;
	*c = (struct shadow_context){ .next = next };
}

/*
 * The least recently used context that is neither the current one nor keep; NULL if none. Without
 * branches that depend on the order: the cost of a new address space is the same in every run.
 */
static struct shadow_context *oldest_context(struct shadow *s, const struct shadow_context *keep)
{
	uint64_t oldest = UINT64_MAX, found = s->context_used;

	for (uint64_t i = 0; i < s->context_used; i++) {
		const struct shadow_context *c = &s->contexts[i];
		uint64_t refused = (c->root_pages.count == 0) | (c == keep) | (c == s->current);
		uint64_t age = c->last_used | -refused;
		uint64_t better = -(uint64_t)(age < oldest);

		oldest ^= (oldest ^ age) & better;
		found ^= (found ^ i) & better;
	}
	return found == s->context_used ? NULL : &s->contexts[found];
}

bool shadow_reclaim(struct shadow *s, const struct shadow_context *keep)
{
	struct shadow_context *victim = oldest_context(s, keep), *c = s->current;
	uint32_t free = s->pool.free.count;

	s->stat.reclaims++;
	if (victim) {
		s->stat.flushes++;
		free_context(s, victim);
		return true;
	}
	/* both, or the rest might not be enough for one instruction */
	if (c) {
		c->log_count = SHADOW_LOG + 1;
		forget_own(s, c, true);
	}
	forget_shared(s);
	return s->pool.free.count > free;
}

static struct shadow_context *find_context(struct shadow *s, uint64_t satp)
{
	struct shadow_context *c = *asid_chain(s, satp);

	while (c && c->satp != satp)
		c = c->next;
	return c;
}

/* An unused context, or one more, or NULL. */
static struct shadow_context *unused_context(struct shadow *s)
{
	struct shadow_context *c = s->unused;

	if (c)
		s->unused = c->next;
	else if (s->context_used < s->context_count)
		c = &s->contexts[s->context_used++];
	return c;
}

/* A context for a new address space. */
static struct shadow_context *take_context(struct shadow *s, uint64_t satp)
{
	struct shadow_context *c = unused_context(s);

	if (!c) {
		c = oldest_context(s, NULL);
		if (c) {
			drop_context(s, c);
			c = unused_context(s);
		} else {
			/* the only one, and still loaded: its roots stay under a new name */
			c = s->current;
			forget_own(s, c, true);
			unname_context(s, c);
		}
	}
	name_context(s, c, satp);
	s->stat.contexts++;
	return c;
}

/* A root that leads to what all share. */
static uint64_t *make_root(struct shadow *s, struct shadow_context *c)
{
	uint32_t n = 0, slot;
	uint64_t *root;

	do {
		root = ptpool_alloc(&s->pool, &c->root_pages, 0);
	} while (!root && shadow_reclaim(s, c));
	ASSERT(root);
	while (ptpool_each(&s->pool, &s->shared.middle, &n, &slot))
		root[slot] = shadow_shared(s, slot);
	return root;
}

static void make_roots(struct shadow *s, struct shadow_context *c)
{
	for (unsigned sum = 0; sum < 2; sum++) {
		struct shadow_root *root = &c->roots[sum];
		uint64_t asid = shadow_asid(s, c, sum);

		if (!root->table)
			root->table = make_root(s, c);
		/* what an earlier user of this ASID left behind */
		s->ops->fence_asid(s->ctx, asid);
		root->vsatp = SATP_MODE_SV39 << SATP_MODE_SHIFT | asid << SATP_ASID_SHIFT |
			      ptpool_gpa(&s->pool, root->table) >> PAGE_SHIFT;
	}
}

uint64_t shadow_switch_slow(struct shadow *s, uint64_t guest_satp, bool sum)
{
	struct shadow_context *c;

	if (SATP_MODE(guest_satp) != SATP_MODE_SV39)
		return 0;
	c = find_context(s, guest_satp);
	if (!c)
		c = take_context(s, guest_satp);
	if (!c->roots[sum].vsatp)
		make_roots(s, c);
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

/* Drop what was made of the guest leaf at gva below a root's entry, before its fence. */
static enum dropped drop_va(struct shadow *s, uint64_t *entry, gva_t gva)
{
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

/* The fence for a drop in a context, or in what all share (c = NULL). */
static void fence_dropped(struct shadow *s, const struct shadow_context *c, gva_t gva,
			  enum dropped dropped)
{
	if (dropped == DROPPED_MANY)
		shadow_fence_context(s, c);
	else if (dropped == DROPPED_LEAF)
		shadow_fence_leaf(s, c, gva);
	s->stat.drops += dropped != DROPPED_NONE;
}

static void drop_va_shared(struct shadow *s, gva_t gva)
{
	fence_dropped(s, NULL, gva, drop_va(s, &s->global[SV39_INDEX(gva.v, 2)], gva));
}

/* Not inlined, to keep short what shadow_sfence() does for each context. */
static __attribute__((noinline))
void drop_va_own(struct shadow *s, struct shadow_context *c, gva_t gva)
{
	unsigned slot = SV39_INDEX(gva.v, 2);
	enum dropped dropped = DROPPED_NONE;

	for (unsigned sum = 0; sum < 2; sum++) {
		uint64_t *entry = &c->roots[sum].table[slot];

		if (*entry != shadow_shared(s, slot)) {
			enum dropped here = drop_va(s, entry, gva);

			dropped = MAX(dropped, here);
		}
	}
	/* in both roots, whichever it was found in: they share tables */
	fence_dropped(s, c, gva, dropped);
}

/* Not inlined either. */
static __attribute__((noinline))
void drop_own(struct shadow *s, struct shadow_context *c)
{
	if (c == s->current)
		forget_own(s, c, true);
	else
		drop_context(s, c);
}

/* What a fence does to one address space. */
static void fence_context(struct shadow *s, struct shadow_context *c, bool has_va, gva_t va)
{
	if (has_va)
		drop_va_own(s, c, va);
	else
		drop_own(s, c);
}

void shadow_sfence(struct shadow *s, bool has_va, gva_t va, bool has_asid, uint64_t asid)
{
	struct shadow_context *c, *next;

	/* "not a valid virtual address: no effect" */
	if (has_va && !walk_canonical(va))
		return;
	if (has_asid) {
		/* "Accesses to global mappings are not ordered" by a fence of one ASID. */
		asid &= SATP_ASID_MASK;
		for (c = *asid_chain(s, asid << SATP_ASID_SHIFT); c; c = next) {
			next = c->next;
			if (SATP_ASID(c->satp) == asid)
				fence_context(s, c, has_va, va);
		}
		return;
	}
	if (has_va)
		drop_va_shared(s, va);
	else
		forget_shared(s);
	for (unsigned i = 0; i < s->context_used; i++)
		if (s->contexts[i].satp)
			fence_context(s, &s->contexts[i], has_va, va);
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
	int err;

	*s = (struct shadow){
		.ops = config->ops,
		.ctx = config->ctx,
		.context_count = MIN(config->asid_count / 2, SHADOW_CONTEXTS),
		.asid_first = config->asid_first,
		.adue = config->adue,
	};
	if (config->max_pages < SHADOW_MIN_PAGES || !s->context_count)
		return -EINVAL;
	err = ptpool_init(&s->pool, &config->ops->pool, config->ctx, config->pages,
			  config->max_pages, SHADOW_MIN_PAGES);
	if (!err)
		s->global = ptpool_alloc(&s->pool, &s->global_page, 0);
	return err;
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
