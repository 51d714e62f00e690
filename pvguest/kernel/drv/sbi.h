/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls to the SBI implementation: firmware or hypervisor, the kernel does not care.
 * SBI specification 2.0; those of 0.2 suffice.
 */
#ifndef DRV_SBI_H
#define DRV_SBI_H

#include <sbi/sbi.h>

#include "lib/types.h"

/* One call; only a0 and a1 change (SBI specification, "Binary Encoding"). */
static inline struct sbi_ret sbi_call5(uint64_t eid, uint64_t fid, uint64_t arg0, uint64_t arg1,
				       uint64_t arg2, uint64_t arg3, uint64_t arg4)
{
	register uint64_t a3 __asm__("a3") = arg3;
	register uint64_t a4 __asm__("a4") = arg4;
	register uint64_t a0 __asm__("a0") = arg0;
	register uint64_t a1 __asm__("a1") = arg1;
	register uint64_t a2 __asm__("a2") = arg2;
	register uint64_t a6 __asm__("a6") = fid;
	register uint64_t a7 __asm__("a7") = eid;

	/* memory: some calls read and write buffers. */
	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
			 : "memory");
	return (struct sbi_ret){ .error = (int64_t)a0, .value = a1 };
}

/* The same for the calls with up to three arguments, which are most. */
static inline struct sbi_ret sbi_call(uint64_t eid, uint64_t fid, uint64_t arg0, uint64_t arg1,
				      uint64_t arg2)
{
	register uint64_t a0 __asm__("a0") = arg0;
	register uint64_t a1 __asm__("a1") = arg1;
	register uint64_t a2 __asm__("a2") = arg2;
	register uint64_t a6 __asm__("a6") = fid;
	register uint64_t a7 __asm__("a7") = eid;

	/* memory: some calls read and write buffers. */
	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a6), "r"(a7)
			 : "memory");
	return (struct sbi_ret){ .error = (int64_t)a0, .value = a1 };
}

/* Finds out which extensions there are. Before any of the functions below. */
void sbi_probe(void);
uint64_t sbi_spec_version(void);
/* Power off; failure: tell why. Does not return. */
_Noreturn void sbi_shutdown(bool failure);
_Noreturn void sbi_reboot(void);
/* Next timer interrupt at the given time; ~0 is never. */
void sbi_set_timer(uint64_t ticks);
/* Software interrupt to one hart. */
void sbi_send_ipi(uint64_t hart_id);
/* Whether other harts can be started and fenced. */
bool sbi_has_hsm(void);
/* The hart begins at pa with a1 = opaque; SBI's error. */
int64_t sbi_hart_start(uint64_t hart_id, uint64_t pa, uint64_t opaque);
/* Fences of one hart: its instruction fetch; size bytes from va (0 and ~0: all) of one ASID. */
void sbi_fence_code(uint64_t hart_id);
void sbi_fence_asid(uint64_t hart_id, uint64_t va, uint64_t size, uint64_t asid);
/* All its translations. */
void sbi_fence_all(uint64_t hart_id);
void sbi_write(const char *text, size_t length);
/* A character from the console, or -1. */
int sbi_getchar(void);

#endif
