/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PLIC as a state machine: priorities, gateways, enables, thresholds, claim and complete. Pure.
 * RISC-V Platform-Level Interrupt Controller Specification 1.0; level-triggered sources.
 */
#ifndef VDEV_VPLIC_H
#define VDEV_VPLIC_H

#include "lib/types.h"

#define VPLIC_SOURCES_MAX	1024	/* source ids are 1 .. VPLIC_SOURCES_MAX - 1 */
#define VPLIC_WORDS		(VPLIC_SOURCES_MAX / 32)
#define VPLIC_CONTEXTS_MAX	1024
#define VPLIC_PRIORITY_MASK	7U	/* priority and threshold have 3 bits, as SiFive's have */

/* Register offsets (PLIC specification, chapter 3). */
#define VPLIC_PRIORITY		0x000000UL
#define VPLIC_PENDING		0x001000UL
#define VPLIC_ENABLE		0x002000UL
#define VPLIC_ENABLE_STRIDE	0x80UL
#define VPLIC_CONTEXT		0x200000UL
#define VPLIC_CONTEXT_STRIDE	0x1000UL
#define VPLIC_THRESHOLD		0
#define VPLIC_CLAIM		4

/*
 * What a source is worth to a context: its priority above, and below the lower id the more. Of two
 * sources the greater standing is served first, and it has to be greater than the context's floor,
 * which is that of a source 0 with the threshold as its priority. Bits 9 to 0 are the id inverted.
 */
#define VPLIC_STANDING_SHIFT	10
#define VPLIC_STANDING(priority, source) \
	((priority) << VPLIC_STANDING_SHIFT | (VPLIC_SOURCES_MAX - 1 - (source)))
#define VPLIC_STANDING_SOURCE(standing)	(~(standing) & (VPLIC_SOURCES_MAX - 1))

struct vplic_context {
	uint32_t floor;			/* VPLIC_STANDING(threshold, 0) */
	/*
	 * The greatest standing of what is pending and enabled, the floor if none is above it:
	 * known, not searched for. Its source, 0 for the floor, is what a claim returns; the
	 * context's output is high if there is one.
	 */
	uint32_t best;
	void *target;			/* the owner's: whom its output goes to, or NULL */
	uint32_t enable[VPLIC_WORDS];
};

#define VPLIC_GATE_HIGH		1	/* what the device drives */
#define VPLIC_GATE_SHUT		2	/* claimed, not completed */

struct vplic_source {
	uint16_t standing;		/* its priority is in there */
	uint16_t enables;		/* contexts that have it enabled */
	/*
	 * The number of the only such context, plus 1: drivers choose one, which is found without a
	 * look at the others. 0: there is none, or have been more since there was none.
	 */
	uint16_t sole;
	uint8_t gate;			/* VPLIC_GATE_* */
};

struct vplic {
	unsigned ndev;			/* sources are 1 .. ndev */
	unsigned context_count;
	struct vplic_context *contexts;	/* the owner's memory */
	/*
	 * The interrupt line of a context changed that has a target. Called with the owner's lock
	 * held.
	 */
	void (*output)(void *target, bool level);
	uint32_t pending[VPLIC_WORDS];	/* forwarded by the gateway, not yet claimed */
	struct vplic_source sources[VPLIC_SOURCES_MAX];
};

/*
 * Reset state, with cleared contexts that have no targets yet. Return: 0, or -EINVAL for more
 * sources or contexts than there can be.
 */
int vplic_init(struct vplic *plic, unsigned ndev, struct vplic_context *contexts,
	       unsigned context_count, void (*output)(void *target, bool level));

/* Reset state; contexts and targets stay. No line is driven, and the outputs fall. */
void vplic_reset(struct vplic *plic);

/* A device drives its line. A source that does not exist is ignored. */
void vplic_set_level(struct vplic *plic, unsigned source, bool level);

/* 32-bit registers at a multiple of 4; what is not implemented reads 0 and ignores writes. */
uint64_t vplic_read(struct vplic *plic, uint64_t offset);
void vplic_write(struct vplic *plic, uint64_t offset, uint32_t value);

#endif
