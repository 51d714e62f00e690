/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builder of Sv39x4 G-stage page tables: guest-physical to host-physical addresses of one VMID.
 * RISC-V privileged specification, "Two-Stage Address Translation" and "Guest Physical Address
 * Translation".
 */
#ifndef MEM_GSTAGE_H
#define MEM_GSTAGE_H

#include <riscv/pte.h>

#include "lib/types.h"

#define GSTAGE_ROOT_ORDER	2u
#define GSTAGE_GPA_LIMIT	(RISCV_UL(1) << SV39X4_GPA_BITS)

/* Access rights of gstage_map(): W needs R. */
#define GSTAGE_R		PTE_R
#define GSTAGE_W		PTE_W
#define GSTAGE_X		PTE_X
#define GSTAGE_RW		(PTE_R | PTE_W)
#define GSTAGE_RWX		(PTE_R | PTE_W | PTE_X)

/*
 * Where tables live and how the harts are told about changes. The fences must reach every hart
 * that may hold translations of the VMID, and those of a borrower's VMID (gstage_share) as well.
 */
struct pt_ops {
	/* 2^order zeroed pages, aligned to their size, or NULL */
	void *(*alloc)(void *ctx, unsigned order);
	void (*free)(void *ctx, void *table, unsigned order);
	hpa_t (*to_hpa)(void *ctx, void *table);
	void *(*from_hpa)(void *ctx, hpa_t hpa);
	/* The leaf PTE of this one page changed: HFENCE.GVMA with rs1 = gpa >> 2 */
	void (*fence_page)(void *ctx, gpa_t gpa);
	/* Anything may have changed, tables included: HFENCE.GVMA with rs1 = x0 */
	void (*fence_all)(void *ctx);
};

struct gstage {
	const struct pt_ops *ops;
	void *ctx;
	uint64_t *root;			/* SV39X4_ROOT_ENTRIES; NULL = not initialised */
	struct gstage *borrower;	/* shares our root entries [shared_first, shared_end) */
	struct gstage *lender;		/* we borrow from it */
	unsigned shared_first, shared_end;
	size_t table_count;		/* tables below the root that are our own */
};

/* What gstage_lookup() found. */
struct gstage_leaf {
	hpa_t hpa;			/* of the address asked for */
	uint64_t size;			/* of the leaf: 4 KiB, 2 MiB or 1 GiB */
	uint64_t prot;			/* GSTAGE_R, _W, _X */
};

/* An empty G-stage. ops must outlive it. Returns 0 or -ENOMEM. */
int gstage_init(struct gstage *gs, const struct pt_ops *ops, void *ctx);

/*
 * Maps [gpa, gpa + size) to [hpa, hpa + size) with the largest leaves that both alignments allow,
 * replacing what was mapped there and splitting leaves that reach beyond. Fences if a valid entry
 * changed; where nothing was mapped a hart may still fault, once, and is fenced by whoever handles
 * that. The caller serialises changes of one G-stage (and of its lender).
 * Returns 0; -EINVAL for an unaligned or empty or too high range, or rights that cannot be; -EBUSY
 * in a borrowed range; -ENOMEM. After an error nothing has changed.
 */
int gstage_map(struct gstage *gs, gpa_t gpa, hpa_t hpa, uint64_t size, uint64_t prot);

/*
 * Unmaps a range, of which any part may be unmapped already, and fences. Splitting a leaf may need
 * memory. Returns as gstage_map.
 */
int gstage_unmap(struct gstage *gs, gpa_t gpa, uint64_t size);

/* The leaf that maps gpa. Returns 0 or -ENOENT. */
int gstage_lookup(const struct gstage *gs, gpa_t gpa, struct gstage_leaf *out);

/*
 * Lets borrower use lender's tables for [gpa, gpa + size), whole root entries (1 GiB), so that what
 * is mapped there in lender, now and later, is mapped in borrower too. Both use the same ops; the
 * range must be unmapped in borrower and cannot be changed through it. One borrower a lender.
 * Returns 0, -EINVAL, or -EBUSY if either already shares or the range is in use.
 */
int gstage_share(struct gstage *borrower, struct gstage *lender, gpa_t gpa, uint64_t size);

/*
 * Fences everything and frees all tables. A lender is destroyed after its borrower. Does nothing to
 * a zeroed struct.
 */
void gstage_destroy(struct gstage *gs);

/* The value of hgatp for this G-stage under vmid. */
uint64_t gstage_hgatp(const struct gstage *gs, uint64_t vmid);

#endif
