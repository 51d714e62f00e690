/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The types and small macros that every file of the kernel uses.
 * C11, freestanding.
 */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef long ssize_t;

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member)	((type *)((char *)(ptr) - offsetof(type, member)))
#define ALIGN_DOWN(x, a)	((x) & ~((uint64_t)(a) - 1))
#define ALIGN_UP(x, a)		(((x) + (uint64_t)(a) - 1) & ~((uint64_t)(a) - 1))
#define MIN(a, b)		((a) < (b) ? (a) : (b))
#define MAX(a, b)		((a) > (b) ? (a) : (b))

#endif
