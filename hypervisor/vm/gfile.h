/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest interrupt files of the harts: whose each is, and what is in it.
 * RISC-V Advanced Interrupt Architecture 1.0, section 6.3; privileged specification, hgeip, hgeie.
 */
#ifndef VM_GFILE_H
#define VM_GFILE_H

#include "hart/hart.h"

/* A file's registers. The arrays have a word for each 64 identities. */
struct gfile_regs {
	uint64_t delivery, threshold;
	uint64_t *pending, *enabled;
	unsigned words;
};

/*
 * Give v a file of this hart, in reset state. Return: its number, or 0 if none is free. v is no
 * longer its owner after gfile_free(), from any hart; what the file holds is then of no use.
 */
unsigned gfile_take(struct vcpu *v);
void gfile_free(struct hart *hart, unsigned number);

/* Where MSIs for the file are written: for a G-stage, and for us. */
hpa_t gfile_hpa(const struct hart *hart, unsigned number);
volatile uint32_t *gfile_page(const struct hart *hart, unsigned number);

/*
 * On the file's hart, with no vCPU running there: fill a file that is in reset state but for MSIs
 * that have come already; empty one, after which it delivers nothing.
 */
void gfile_load(unsigned number, const struct gfile_regs *regs);
void gfile_save(unsigned number, struct gfile_regs *regs);

/* On the file's hart: wake the owner, which blocks, as soon as the file has an interrupt. */
void gfile_arm(unsigned number);
/* From the run loop: wake the owners that wait so. */
void gfile_wake(struct hart *hart);

#endif
