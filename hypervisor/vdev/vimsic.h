/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An IMSIC interrupt file as a state machine: its memory page and its indirect registers. Pure.
 * RISC-V Advanced Interrupt Architecture 1.0, chapter 3 (Incoming MSI Controller).
 */
#ifndef VDEV_VIMSIC_H
#define VDEV_VIMSIC_H

#include "emul/insn.h"
#include "lib/types.h"

#define VIMSIC_IDS_MAX		2047
#define VIMSIC_WORDS		32	/* of 64 identities */

struct vimsic {
	unsigned num_ids;		/* identities are 1 .. num_ids */
	bool delivery;			/* eidelivery */
	uint32_t threshold;		/* eithreshold; 0: all identities */
	uint64_t pending[VIMSIC_WORDS], enabled[VIMSIC_WORDS];
	bool output;			/* the level that signal() was told last */
	/* The file's interrupt line changed. Called with the owner's lock held. */
	void (*signal)(void *arg, bool level);
	void *arg;
};

/* Reset state. Return: 0, or -EINVAL for a number of identities that is no multiple of 64 - 1. */
int vimsic_init(struct vimsic *file, unsigned num_ids, void (*signal)(void *arg, bool level),
		void *arg);
/* Nothing pending, enabled or delivered; the line falls. */
void vimsic_reset(struct vimsic *file);

/* An MSI arrives. An identity that does not exist is ignored. */
void vimsic_set_pending(struct vimsic *file, uint32_t id);
/* A 32-bit store to the file's page; there is nothing but 0 to be read. */
void vimsic_write(struct vimsic *file, uint64_t offset, uint32_t value);

/* stopei: the lowest pending and enabled identity below the threshold, in both halves; or 0. */
uint32_t vimsic_topei(const struct vimsic *file);
/* A write of stopei, which claims what reading it at this moment returns. */
void vimsic_claim(struct vimsic *file);

/*
 * A CSR instruction on sireg while siselect is select (0x70 .. 0xff). Return: false if there is no
 * such register, and nothing happened; else the value before is in *old.
 */
bool vimsic_access(struct vimsic *file, unsigned select, enum csr_op op, bool writes,
		   uint64_t operand, uint64_t *old);

/* After the owner has changed pending or enabled itself: the line follows. */
void vimsic_update(struct vimsic *file);

#endif
