/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An APLIC's supervisor-level interrupt domain, delivering by MSIs, as a state machine. Pure.
 * RISC-V Advanced Interrupt Architecture 1.0, chapter 4.
 */
#ifndef VDEV_VAPLIC_H
#define VDEV_VAPLIC_H

#include "lib/types.h"

#define VAPLIC_SOURCES_MAX	1023
#define VAPLIC_WORDS		32

struct vaplic {
	unsigned source_count;		/* sources are 1 .. source_count */
	bool enabled;			/* domaincfg.IE */
	uint32_t genmsi;
	uint8_t mode[VAPLIC_SOURCES_MAX + 1];	/* sourcecfg.SM */
	uint32_t target[VAPLIC_SOURCES_MAX + 1];
	uint32_t level[VAPLIC_WORDS];	/* what the devices drive */
	uint32_t pending[VAPLIC_WORDS], enable[VAPLIC_WORDS];
	/* Send an MSI to the hart with this index. Called with the owner's lock held. */
	void (*send)(void *arg, unsigned hart, uint32_t identity);
	void *arg;
};

/* Reset state. Return: 0, or -EINVAL for no sources or more than there can be. */
int vaplic_init(struct vaplic *aplic, unsigned source_count,
		void (*send)(void *arg, unsigned hart, uint32_t identity), void *arg);
/* Reset state; no line is driven. */
void vaplic_reset(struct vaplic *aplic);

/* A device drives its line. A source that does not exist is ignored. */
void vaplic_set_level(struct vaplic *aplic, unsigned source, bool level);

/* 32-bit registers at a multiple of 4; what is not implemented reads 0 and ignores writes. */
uint32_t vaplic_read(const struct vaplic *aplic, uint64_t offset);
void vaplic_write(struct vaplic *aplic, uint64_t offset, uint32_t value);

#endif
