/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hart that tests/guest/smp.c has started: its jobs, what it saw, its entry and vector.
 * SBI 3.0, chapter 9 (HSM).
 */
#ifndef SMP_H
#define SMP_H

#include "guest.h"

#define SMP_MAX		7
#define SMP_STACK	4096

enum smp_job { SMP_ECHO, SMP_TRANSLATE, SMP_LOOK, SMP_PING, SMP_TICK, SMP_COUNT, SMP_FENCE, SMP_FP,
	       SMP_START, SMP_STOP, SMP_SUSPEND };

struct smp_hart {
	/* Assembly below knows these by place. */
	uint64_t stack[SMP_STACK / 8];
	uint64_t start_a0, start_satp, start_sstatus;

	uint64_t hartid, index;
	volatile enum smp_job job;
	volatile uint64_t argument, result;
	uint64_t asking, asked, done;		/* numbers of jobs */
	volatile uint64_t seen, turns;
	volatile uint64_t faults, trap_cause, trap_value;
	volatile uint64_t timers, early, deadline, period;
};
_Static_assert(offsetof(struct smp_hart, start_a0) == SMP_STACK, "smp_entry has its place");

void smp_main(struct smp_hart *hart);
uint64_t smp_trap(struct smp_hart *hart, uint64_t scause, uint64_t stval);

/* a0 = hart id, a1 = struct smp_hart: its stack is its beginning. */
void smp_entry(void);
__asm__(".pushsection .text\n"
	".globl smp_entry\n"
	"smp_entry:\n"
	"	li	sp, 4096\n"
	"	add	sp, sp, a1\n"
	"	sd	a0, 0(sp)\n"
	"	csrr	t0, satp\n"
	"	sd	t0, 8(sp)\n"
	"	csrr	t0, sstatus\n"
	"	sd	t0, 16(sp)\n"
	"	mv	tp, a1\n"
	"	csrw	sie, zero\n"
	"	la	t0, smp_vector\n"
	"	csrw	stvec, t0\n"
	"	mv	a0, a1\n"
	"	call	smp_main\n"
	"	.balign 4\n"
	"smp_vector:\n"
	"	addi	sp, sp, -128\n"
	"	.irp r, 1, 5, 6, 7, 10, 11, 12, 13, 14, 15\n"
	"	sd	x\\r, (\\r * 8)(sp)\n"
	"	.endr\n"
	"	sd	x16, 0(sp)\n"
	"	sd	x17, 16(sp)\n"
	"	sd	x28, 24(sp)\n"
	"	sd	x29, 32(sp)\n"
	"	sd	x30, 64(sp)\n"
	"	sd	x31, 72(sp)\n"
	"	mv	a0, tp\n"
	"	csrr	a1, scause\n"
	"	csrr	a2, stval\n"
	"	call	smp_trap\n"
	"	csrr	t0, sepc\n"
	"	add	t0, t0, a0\n"
	"	csrw	sepc, t0\n"
	"	.irp r, 1, 5, 6, 7, 10, 11, 12, 13, 14, 15\n"
	"	ld	x\\r, (\\r * 8)(sp)\n"
	"	.endr\n"
	"	ld	x16, 0(sp)\n"
	"	ld	x17, 16(sp)\n"
	"	ld	x28, 24(sp)\n"
	"	ld	x29, 32(sp)\n"
	"	ld	x30, 64(sp)\n"
	"	ld	x31, 72(sp)\n"
	"	addi	sp, sp, 128\n"
	"	sret\n"
	".popsection\n");

/* A load of four bytes of code that may fault; then it is stepped over, and gives 0. */
static inline uint64_t smp_load(uint64_t va)
{
	uint64_t value = 0;

	__asm__ volatile(".option push\n.option norvc\nld %0, 0(%1)\n.option pop"
			 : "+r"(value) : "r"(va) : "memory");
	return value;
}

/* Keep value in f0 and f31 until `end`; returns how often it was another one. */
static inline uint64_t smp_fp_hold(uint64_t value, uint64_t end)
{
	uint64_t wrong = 0, low, high;

	csr_set(CSR_SSTATUS, SSTATUS_FS_INITIAL);
	__asm__ volatile(".option push\n.option arch, +d\n"
			 "fmv.d.x f0, %0\nfmv.d.x f31, %0\n"
			 ".option pop" : : "r"(value));
	while (read_time() < end) {
		__asm__ volatile(".option push\n.option arch, +d\n"
				 "fmv.x.d %0, f0\nfmv.x.d %1, f31\n"
				 ".option pop" : "=r"(low), "=r"(high));
		wrong += low != value || high != value;
	}
	return wrong;
}

#endif
