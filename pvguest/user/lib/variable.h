/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shell's variables, and the environment made of those that are exported.
 * POSIX.1-2017, shell command language 2.5.3.
 */
#ifndef PVGUEST_USER_VARIABLE_H
#define PVGUEST_USER_VARIABLE_H

#include <stdbool.h>
#include <stddef.h>

#define VARIABLE_MAX 128

/* Makes the environment the first variables. */
void variable_import(char **environ);

/* NULL if there is no such variable. */
const char *variable_get(const char *name, size_t len);

/* Sets NAME (text of length len) to value, or leaves its value if that is NULL; 0 or -ENOMEM. */
long variable_set(const char *name, size_t len, const char *value, bool export);

void variable_unset(const char *name);

/* The exported ones as NAME=VALUE, NULL-terminated; room for VARIABLE_MAX + 1. */
void variable_environ(char **environ);

#endif
