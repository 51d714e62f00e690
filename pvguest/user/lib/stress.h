/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a random load is made of: numbers that the seed decides, its end if something is wrong, and
 * the operations on files, mounts, shared memory and /proc. Used by bin/stress.c.
 */
#ifndef PVGUEST_USER_STRESS_H
#define PVGUEST_USER_STRESS_H

#include <stdbool.h>
#include <stdint.h>

/* The generator's state; a child diverts its own. */
extern uint64_t stress_state;

/* A number below limit. */
unsigned int stress_below(unsigned int limit);
/* Says which process found what, and ends it with status 1. */
_Noreturn void stress_fail(const char *what);
/* Waits for a child, which must end with status 0. */
void stress_wait(long pid);

/* Mounts /dev/vda, if there is one, for stress_file; and gives it back. */
void stress_disk_mount(void);
void stress_disk_unmount(void);

/* Writes, maps, cuts, renames, links and removes a file, here or on the disk. */
void stress_file(void);
/* Mounts a file system in memory, uses it and unmounts it. */
void stress_mount(void);
/* A token goes between two processes, through a page that they share, by futex. */
void stress_futex(void);
/* Reads what /proc has of all processes, while they come and go. */
void stress_proc(void);

/* Where memory is: pages by kind, objects of the kernel's heap by size. */
#define STRESS_KINDS	16
struct stress_memory {
	long count[STRESS_KINDS];
	unsigned int kinds;	/* 0: the machine does not tell */
};
void stress_memory_read(struct stress_memory *memory);
/* Prints what is more or less than before; whether there is nothing. */
bool stress_memory_same(const struct stress_memory *before, const struct stress_memory *after);

#endif
