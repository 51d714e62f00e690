/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor software interrupt device (SSWI) of a machine's ACLINT.
 * RISC-V Advanced Core Local Interruptor Specification 1.0, chapter 4.
 */
#ifndef RISCV_ACLINT_H
#define RISCV_ACLINT_H

/* A register for each hart; storing 1 makes SSIP pending there, it reads as 0. */
#define ACLINT_SETSSIP(place)	((place) * 4UL)
#define ACLINT_SETSSIP_SET	1U

#endif
