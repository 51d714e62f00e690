/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program's surroundings: arguments, environment, aux vector, and how it gives up.
 * System V ABI, process initialisation.
 */
#ifndef PVGUEST_USER_PROGRAM_H
#define PVGUEST_USER_PROGRAM_H

#include <stdint.h>

int main(int argc, char **argv);
_Noreturn void program_start(long *stack);

/* NULL-terminated, as the kernel passed it. */
extern char **program_environ;

/* The last component of argv[0]; the prefix of messages. */
extern const char *program_name;

/* The aux vector's entry `type` into *value; 0, or -1 if the kernel passed none. */
int program_auxval(uint64_t type, uint64_t *value);

/* The value of an environment variable, or NULL. */
const char *program_getenv(const char *name);

/* "name: what: words for -error" to stderr; returns 1, for `return program_fail(...)` in main. */
int program_fail(const char *what, long error);

/* Reads a decimal number up to `max` that fills `text`; 0, or -1 if it is not one. */
int program_number(const char *text, unsigned long max, unsigned long *value);

/* Words for a negative errno. */
const char *program_strerror(long error);

#endif
