/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every bare test guest uses: console, expected traps, user mode, pages, boot arguments and
 * the PASS/FAIL report. A guest is one file with guest_main; it runs natively on OpenSBI and,
 * unmodified, in every mode of the hypervisor.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <riscv/csr.h>
#include <riscv/insn.h>
#include <riscv/pte.h>
#include <sbi/sbi.h>
#include <strata/abi.h>
#include "trap_frame.h"

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

/* A test program is this function. Its end prints the totals and powers the machine off. */
void guest_main(uint64_t hartid, const void *dtb);

/* ---- report (test.c) ---- */

/* A test is named by a sentence of the specification; one runs at a time. */
void test_begin(const char *sentence);
/* Prints PASS, or nothing more if the test has already failed or been skipped. */
void test_end(void);
void test_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void test_skip(const char *reason);
/* Checks that end nothing: the first failed one of a test is printed. */
void expect(bool condition, const char *what);
void expect_eq(uint64_t actual, uint64_t expected, const char *what);
/* Print the totals and power off: SRST with reason "none", or "system failure" upon failures. */
void test_finish(void) __attribute__((noreturn));

#define EXPECT(condition)		expect((condition), #condition)
#define EXPECT_EQ(actual, expected)	expect_eq((actual), (expected), #actual " == " #expected)

/* ---- console (console.c) ---- */

/* %s %c %d %u %x %lx %lu %ld %p %%, with 0 and a width. */
void printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void vprintf(const char *format, va_list args);

/* ---- SBI (console.c) ---- */

struct sbi_ret sbi_call(uint64_t eid, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2,
			uint64_t a3, uint64_t a4);
bool sbi_probe(uint64_t eid);
/* The firmware answers: there is no hypervisor. */
bool sbi_is_opensbi(void);
void sbi_set_timer(uint64_t deadline);
void sbi_send_ipi(uint64_t hartid);
void power_off(bool failed) __attribute__((noreturn));

/* ---- traps (trap.c) ---- */

struct trap_frame {
	uint64_t x[32];
	uint64_t sepc, sstatus, scause, stval;
	int64_t slot;		/* entry of trap_vector_table that was used; -1 = trap_vector */
};

extern char trap_vector[], trap_vector_table[];
/* The last captured trap; scause is NO_TRAP if there was none. */
extern struct trap_frame trap_last;
#define NO_TRAP			0x7fffffffUL

int trap_try(void) __attribute__((returns_twice));
void trap_disarm(void);
void trap_enter(const struct trap_frame *frame) __attribute__((noreturn));

/*
 * Run a statement that may trap; afterwards trap_last says how. Control goes on behind it in
 * S-mode with interrupts off. Locals that the statement changes must be volatile.
 */
#define TRAP(...)                                                                                 \
	do {                                                                                      \
		trap_last.scause = NO_TRAP;                                                       \
		if (!trap_try()) {                                                                \
			__VA_ARGS__;                                                              \
			trap_disarm();                                                            \
		}                                                                                 \
	} while (0)

/* If set, sees every trap that no TRAP expects; returns true if it dealt with it. */
extern bool (*trap_hook)(struct trap_frame *frame);

/* Enter U-mode at pc with a0 = arg and sp; ends by its trap, in trap_last. */
void user_run(uint64_t pc, uint64_t arg, uint64_t sp);

/* A load or store of 1 << width bytes, whatever it leads to; trap_last tells (access.c). */
void access_try(uint64_t at, unsigned int width, bool store, uint64_t value);

/* ---- harts (hart.c) ---- */

/* Start a second hart, once, which runs this and does not return. False: it cannot be started. */
bool hart_start_other(uint64_t hartid, void (*run)(void));

/* ---- pages (page.c) ---- */

#define PTE_S_RWX	(PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D)
#define PTE_S_RW	(PTE_V | PTE_R | PTE_W | PTE_A | PTE_D)
#define PTE_U_RWX	(PTE_S_RWX | PTE_U)
#define PTE_U_RW	(PTE_S_RW | PTE_U)

/* A zeroed page out of a fixed pool; the guest fails when it is empty. */
void *page_alloc(void);
void page_reset(void);
/* A new Sv39 root with the guest's image mapped to itself by 2 MiB pages, S only, RWX. */
uint64_t *page_root(void);
/* The entry for va at a level (0 = 4 KiB, 1 = 2 MiB, 2 = 1 GiB), tables made on the way. */
uint64_t *page_entry(uint64_t *root, uint64_t va, unsigned int level);
void page_map(uint64_t *root, uint64_t va, uint64_t pa, uint64_t flags, unsigned int level);
/* Load satp with this root and fence everything. */
void page_switch(const uint64_t *root, uint64_t asid);
void page_off(void);

static inline void sfence_all(void)
{
	__asm__ volatile("sfence.vma" : : : "memory");
}

static inline void sfence_va(uint64_t va)
{
	__asm__ volatile("sfence.vma %0, zero" : : "r"(va) : "memory");
}

static inline void sfence_asid(uint64_t asid)
{
	__asm__ volatile("sfence.vma zero, %0" : : "r"(asid) : "memory");
}

static inline uint64_t load64(uint64_t va)
{
	uint64_t value;

	__asm__ volatile("ld %0, 0(%1)" : "=r"(value) : "r"(va) : "memory");
	return value;
}

static inline void store64(uint64_t va, uint64_t value)
{
	__asm__ volatile("sd %0, 0(%1)" : : "r"(value), "r"(va) : "memory");
}

static inline uint64_t read_time(void)
{
	uint64_t value;

	__asm__ volatile("rdtime %0" : "=r"(value));
	return value;
}

/* ---- device tree (fdt.c) ---- */

/* /chosen bootargs, or "" . */
const char *boot_args(void);
/* Is word, or word=..., among the boot arguments? Returns what stands behind '=', or NULL. */
const char *boot_arg(const char *word);
/* Number of cpu nodes; the hart id of each, up to max, goes to hartids. */
unsigned int boot_harts(uint64_t *hartids, unsigned int max);
/* The first memory node's range; false if there is none. */
bool boot_memory(uint64_t *base, uint64_t *size);
/* Does the first cpu's riscv,isa contain this single letter among its single-letter extensions? */
bool boot_isa(char letter);
/* The beginning of /chosen rng-seed, or 0. */
uint64_t boot_seed(void);
/* Does a node at the root have this name? */
bool boot_node(const char *name);
/* The devices below /soc that have registers. Returns how many there are; max of them are told. */
struct boot_device {
	char name[24];			/* as much as fits of it */
	uint64_t base, size;
};
unsigned int boot_devices(struct boot_device *devices, unsigned int max);
void fdt_use(const void *dtb);

/* ---- string.c ---- */
void *memset(void *to, int byte, size_t n);
void *memcpy(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
size_t strlen(const char *s);

#endif
