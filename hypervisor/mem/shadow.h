/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual TLB of one vCPU: shadow page tables under which a deprivileged guest kernel runs.
 * RISC-V privileged specification, "Supervisor Memory-Management Fence Instruction" and "Sv39".
 *
 * A context is one guest address space (a value of the guest's satp). It has two roots, for SUM = 0
 * and SUM = 1, each under a hardware ASID of its own. Leaves hold guest-physical addresses: the
 * G-stage does the rest. Like a TLB, a shadow holds only what a walk of the guest's tables gave
 * since the guest's last fence, and may forget anything at any time. Like a TLB, too, it holds the
 * guest's global mappings (G = 1) once for all address spaces, and a fence of one ASID leaves them.
 */
#ifndef MEM_SHADOW_H
#define MEM_SHADOW_H

#include <riscv/csr.h>
#include <riscv/pte.h>

#include "lib/guest_trap.h"
#include "lib/types.h"
#include "mem/ptpool.h"
#include "mem/walk.h"

#define SHADOW_CONTEXTS		32u
/* Guests give ASIDs in turn: so many address spaces do not get into each other's way. */
#define SHADOW_HASH_SIZE	1024u
/* No instruction needs more at once: two roots, and tables for three accesses that cross pages. */
#define SHADOW_MIN_PAGES	24u
/*
 * A guest's physical addresses end here: what lies above in the shadow's G-stage is the
 * hypervisor's (the tables themselves), and a guest's PTE that points there gets an access fault.
 * Bit 40 stays clear: QEMU 7.2 refuses guest-physical addresses that are not sign-extended from it.
 */
#define SHADOW_GPA_LIMIT	(RISCV_UL(1) << 39)

/*
 * The fences work on this hart alone, under the VMID of the shadow: who moves a vCPU to another
 * hart, or runs two with the same ASIDs on one, executes an HFENCE.VVMA x0, x0 in between.
 */
struct shadow_ops {
	struct ptpool_ops pool;		/* pages that the shadow's VMID can read at *gpa */
	struct walk_ops walk;		/* the guest's page tables */
	/* Whether [gpa, gpa + 2 MiB) is all guest RAM, so that one leaf may map it. */
	bool (*is_ram)(void *ctx, gpa_t gpa, uint64_t size);
	/* A leaf PTE changed: HFENCE.VVMA va, asid */
	void (*fence_va)(void *ctx, uint64_t asid, gva_t va);
	/* A leaf PTE that all contexts share changed: HFENCE.VVMA va, x0 */
	void (*fence_va_all)(void *ctx, gva_t va);
	/* Anything of the ASID changed: HFENCE.VVMA x0, asid */
	void (*fence_asid)(void *ctx, uint64_t asid);
	/* HFENCE.VVMA x0, x0 */
	void (*fence_all)(void *ctx);
};

struct shadow_config {
	const struct shadow_ops *ops;
	void *ctx;
	struct ptpage *pages;		/* an array of max_pages; the caller's */
	uint32_t max_pages;		/* at least SHADOW_MIN_PAGES */
	/*
	 * Hardware ASIDs for this vCPU alone, or for others whose turns are kept apart by fences
	 * of everything; two a context: 2 to 2 * SHADOW_CONTEXTS. On a hart without ASIDs give any
	 * range and fence after each load of vsatp.
	 */
	uint32_t asid_first, asid_count;
	/* Set A and D in the guest's PTEs (hardware that updates them), or fault (Svade). */
	bool adue;
};

struct shadow_root {
	uint64_t *table;		/* stays with the context when that is given up */
	uint64_t vsatp;			/* 0: its ASID must be fenced before it is used */
};

/* The tables under the roots of one context, or under all roots. */
struct shadow_tables {
	struct ptchain middle;		/* level 1; tag = index in the root */
	struct ptchain last;		/* level 0 */
};

#define SHADOW_LOG	16u

struct shadow_context {
	uint64_t satp;			/* the guest's; 0 = unused */
	struct shadow_root roots[2];	/* by SUM; both have tables, or none */
	struct ptchain root_pages;
	struct shadow_tables own;
	/* Where its own leaves are; more than SHADOW_LOG: anywhere. */
	uint32_t log_count;
	uint64_t *log[SHADOW_LOG];
	uint64_t last_used;
	struct shadow_context *next;	/* with the same hash of the ASID, or unused as well */
};

struct shadow_stat {
	uint64_t fills;			/* leaves installed */
	uint64_t traps;			/* faults that are the guest's own */
	uint64_t spurious;		/* faults on what was there already */
	uint64_t drops;			/* leaves dropped one by one, by a fence of an address */
	uint64_t flushes;		/* contexts dropped or emptied */
	uint64_t contexts;		/* contexts made */
	uint64_t reclaims;		/* times the pool was exhausted */
	uint64_t global_fills;		/* those of fills that all contexts share */
};

struct shadow {
	const struct shadow_ops *ops;
	void *ctx;
	struct shadow_context *current;	/* the last one switched to, or NULL */
	uint64_t clock;
	struct shadow_context *hash[SHADOW_HASH_SIZE];	/* hints: who was there last */
	/* Chains: a fence or a look-up costs the same however many contexts there are. */
	struct shadow_context *by_asid[SHADOW_HASH_SIZE], *unused;
	struct shadow_context contexts[SHADOW_CONTEXTS];
	uint32_t context_count;		/* how many of them the ASIDs allow */
	uint32_t context_used;		/* those from here on never were */
	/* The root of what all contexts share, which no hart walks. */
	uint64_t *global;
	struct ptchain global_page;
	struct shadow_tables shared;
	uint32_t asid_first;
	bool adue;
	bool pinned;
	bool mxr_leaves;		/* some leaf is readable only because MXR was set */
	gva_t pin_va;
	gpa_t pin_gpa;
	struct ptpool pool;
	struct shadow_stat stat;
};

/* Returns 0; -EINVAL for too few pages or no ASID; -ENOMEM. Nothing need be fenced before. */
int shadow_init(struct shadow *s, const struct shadow_config *config);

/* Drops everything, fences and gives all pages back. Does nothing to a zeroed struct. */
void shadow_destroy(struct shadow *s);

/* The part of shadow_switch() for an address space that is not at hand. */
uint64_t shadow_switch_slow(struct shadow *s, uint64_t guest_satp, bool sum);

/*
 * By the ASID where the guest uses one, so that it does not depend on where tables happen to lie
 * which address spaces get into each other's way; else by the place of the tables.
 */
static inline unsigned shadow_hash(uint64_t satp)
{
	uint64_t asid = SATP_ASID(satp);

	return (unsigned)(asid ? asid : satp) & (SHADOW_HASH_SIZE - 1);
}

/*
 * Makes the address space of a guest's satp and SUM the current one. Returns the vsatp to run its
 * kernel under, which stays right until the next switch or shadow_destroy(), whatever is filled,
 * fenced or flushed meanwhile; 0 (Bare) if the guest's satp is not Sv39.
 * Called at every change of satp and SUM, and at each entry from the guest's user to its kernel;
 * the vsatp is loaded, or the guest's user run, before any other function of the shadow is called.
 */
static inline uint64_t shadow_switch(struct shadow *s, uint64_t guest_satp, bool sum)
{
	struct shadow_context *c = s->hash[shadow_hash(guest_satp)];

	if (unlikely(!c || c->satp != guest_satp || !c->roots[sum].vsatp))
		return shadow_switch_slow(s, guest_satp, sum);
	s->current = c;
	c->last_used = ++s->clock;
	return c->roots[sum].vsatp;
}

/*
 * A page fault of the guest's kernel (virtual S-mode) at gva, under the satp and SUM last given to
 * shadow_switch() and with sstatus.MXR = mxr.
 * Returns 0: filled, run the instruction again; 1: the trap in *out is the guest's own; -EINVAL:
 * not the current address space; -ENOMEM cannot happen after shadow_init() succeeded.
 */
int shadow_fault(struct shadow *s, gva_t gva, enum walk_access access, uint64_t guest_satp,
		 bool sum, bool mxr, struct guest_trap *out);

/*
 * The guest's SFENCE.VMA for its kernel's translations: drops what it must and fences the shadow's
 * VMID. The same fence for the guest's own tables (the other VMID) is the caller's, and so is
 * ignoring those bits of asid that the guest's satp does not have. Global mappings go only when no
 * ASID is given.
 */
void shadow_sfence(struct shadow *s, bool has_va, gva_t va, bool has_asid, uint64_t asid);

/* The guest's sstatus.MXR is now mxr. Called before the guest runs with it. */
void shadow_mxr_changed(struct shadow *s, bool mxr);

/*
 * Fixes one page of the guest's kernel at va to gpa, readable and writable, in every address space
 * and whatever the guest's tables say: the page of virtual CSRs. gpa may be above SHADOW_GPA_LIMIT.
 * A second pin replaces the first. Returns 0, or -EINVAL for an address that is unaligned or
 * not canonical.
 */
int shadow_pin(struct shadow *s, gva_t va, gpa_t gpa);
void shadow_unpin(struct shadow *s);

/* Drops everything, as SFENCE.VMA x0, x0 does. */
void shadow_flush_all(struct shadow *s);

#endif
