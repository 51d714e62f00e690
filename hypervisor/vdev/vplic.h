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

struct vplic_context {
	uint32_t enable[VPLIC_WORDS];
	uint32_t threshold;
	bool output;			/* the level that output() was told last */
};

struct vplic {
	unsigned ndev;			/* sources are 1 .. ndev */
	unsigned context_count;
	struct vplic_context *contexts;	/* the owner's memory */
	uint8_t priority[VPLIC_SOURCES_MAX];
	uint32_t level[VPLIC_WORDS];	/* what the device drives */
	uint32_t pending[VPLIC_WORDS];	/* forwarded by the gateway, not yet claimed */
	uint32_t in_service[VPLIC_WORDS];	/* claimed, not completed: the gateway is shut */
	/* The interrupt line of a context changed. Called with the owner's lock held. */
	void (*output)(void *arg, unsigned context, bool level);
	void *arg;
};

/*
 * Reset state, with cleared contexts. Return: 0, or -EINVAL for more sources or contexts than
 * there can be.
 */
int vplic_init(struct vplic *plic, unsigned ndev, struct vplic_context *contexts,
	       unsigned context_count, void (*output)(void *arg, unsigned context, bool level),
	       void *arg);

/* Reset state; contexts and callback stay. No line is driven, and the outputs fall. */
void vplic_reset(struct vplic *plic);

/* A device drives its line. A source that does not exist is ignored. */
void vplic_set_level(struct vplic *plic, unsigned source, bool level);

/*
 * The pending, enabled source of the highest priority above the threshold, the lowest id first;
 * 0 if there is none.
 */
unsigned vplic_best(const struct vplic *plic, unsigned context);
unsigned vplic_claim(struct vplic *plic, unsigned context);
void vplic_complete(struct vplic *plic, unsigned context, uint32_t source);

/* 32-bit registers at a multiple of 4; what is not implemented reads 0 and ignores writes. */
uint32_t vplic_read(struct vplic *plic, uint64_t offset);
void vplic_write(struct vplic *plic, uint64_t offset, uint32_t value);

#endif
