/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libfdt asks of its surroundings, in place of its own libfdt_env.h (hence the guard's name):
 * include this, then <libfdt.h>. Devicetree Specification 0.4, chapter 5: cells are big-endian.
 */
#ifndef LIBFDT_ENV_H
#define LIBFDT_ENV_H

#include "lib/string.h"
#include "lib/types.h"

/* A freestanding compiler need not have <limits.h>. */
#ifndef INT_MAX
#define INT_MAX			__INT_MAX__
#endif

typedef uint16_t fdt16_t;
typedef uint32_t fdt32_t;
typedef uint64_t fdt64_t;

static inline uint16_t fdt16_to_cpu(fdt16_t x) { return __builtin_bswap16(x); }
static inline fdt16_t cpu_to_fdt16(uint16_t x) { return __builtin_bswap16(x); }
static inline uint32_t fdt32_to_cpu(fdt32_t x) { return __builtin_bswap32(x); }
static inline fdt32_t cpu_to_fdt32(uint32_t x) { return __builtin_bswap32(x); }
static inline uint64_t fdt64_to_cpu(fdt64_t x) { return __builtin_bswap64(x); }
static inline fdt64_t cpu_to_fdt64(uint64_t x) { return __builtin_bswap64(x); }

#endif
