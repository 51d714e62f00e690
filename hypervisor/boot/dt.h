/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every reader of a device tree needs beside libfdt: properties as numbers, strings and
 * ranges, with their sizes checked. Pure. Devicetree Specification 0.4, section 2.2.4.
 *
 * Functions return 0; -ENOENT if the property is missing; -EINVAL if its size is wrong; -ERANGE if
 * a range wraps around. *out is cleared upon failure.
 */
#ifndef BOOT_DT_H
#define BOOT_DT_H

#include "lib/libfdt_env.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wconversion"
#include <libfdt.h>
#pragma GCC diagnostic pop

#include "lib/types.h"

#define DT_PATH_MAX		128

/* `reg` counts in the parent's cells. */
struct dt_cells {
	int address, size;
};

/* One entry of `reg`. */
struct dt_range {
	uint64_t base, size;
};

/*
 * Whether the first size bytes at fdt (8-byte aligned) are a device tree that libfdt can walk
 * without leaving it: fdt_check_full() and what that forgets. Version 17, blocks aligned as the
 * specification says, no name and no value that leaves the structure block.
 * Return: 0 or an error of libfdt.
 */
int dt_check(const void *fdt, size_t size);
/* Its header's totalsize; fdt may stand at any address and need not be a tree. */
size_t dt_total_size(const void *fdt);

/* The full path of a node, cut to fit; for messages. Return: path. */
const char *dt_path(const void *fdt, int node, char *path, size_t size);
#define DT_PATH(fdt, node)	dt_path(fdt, node, (char[DT_PATH_MAX]){ 0 }, DT_PATH_MAX)

/* No status property, or "okay" ("ok"). */
bool dt_is_enabled(const void *fdt, int node);
bool dt_is_compatible(const void *fdt, int node, const char *compatible);
/* The property is a list of strings that holds this one, or is this one. */
bool dt_has_string(const void *fdt, int node, const char *property, const char *string);
/* The node's name, without its unit address, is name. */
bool dt_is_named(const void *fdt, int node, const char *name);

/* A property that is exactly one string. */
int dt_string(const void *fdt, int node, const char *property, const char **out);
/* The index-th cell of a property of whole cells; -ENOENT beyond the last. */
int dt_u32(const void *fdt, int node, const char *property, unsigned index, uint32_t *out);
/* A property that is one number of one or two cells. */
int dt_number(const void *fdt, int node, const char *property, uint64_t *out);
/* #address-cells and #size-cells of a parent; -EINVAL unless they are 1..2 and 0..2. */
int dt_cells(const void *fdt, int parent, struct dt_cells *out);
/* The index-th range in a node's `reg`; -ENOENT beyond the last. */
int dt_reg(const void *fdt, int node, const struct dt_cells *cells, unsigned index,
	   struct dt_range *out);
/* The index-th range of a device, in its parent's cells; false if there is none. */
bool dt_device_range(const void *fdt, int node, unsigned index, struct dt_range *out);
/* The hart id whose interrupt controller has this phandle. */
bool dt_hart_by_intc(const void *fdt, uint32_t phandle, uint64_t *id);

#endif
