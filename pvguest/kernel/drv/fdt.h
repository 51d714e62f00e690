/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A minimal reader of flattened device trees: one pass over all properties.
 * Devicetree specification 0.4, chapter 5.
 */
#ifndef DRV_FDT_H
#define DRV_FDT_H

#include "lib/types.h"

#define FDT_DEPTH_MAX	16

/* Where a walk is: the names and cell counts of the nodes from the root to the current one. */
struct fdt_walk {
	const char *name[FDT_DEPTH_MAX];
	uint32_t address_cells[FDT_DEPTH_MAX], size_cells[FDT_DEPTH_MAX];
	unsigned int depth;	/* 0: the root */
	void *context;
};

struct fdt_property {
	const char *name;
	const uint8_t *value;
	uint32_t length;
};

struct fdt_ops {
	/* Called for each property, after #address-cells and #size-cells were noted. */
	void (*property)(struct fdt_walk *walk, const struct fdt_property *property);
	/* Called when all properties of a node have been seen, before its children. */
	void (*node)(struct fdt_walk *walk);
};

/* False if it is not a device tree, or a broken one. */
bool fdt_walk_all(const void *tree, const struct fdt_ops *ops, void *context);
uint32_t fdt_total_size(const void *tree);
/* Memory reservation block: the index'th entry; false at the end. */
bool fdt_reserved(const void *tree, size_t index, uint64_t *start, uint64_t *size);
/* Big-endian numbers: a cell, or several as one. */
uint32_t fdt_cell(const uint8_t *value);
uint64_t fdt_cells(const uint8_t *value, uint32_t count);
/* True if a list of strings has that one. */
bool fdt_has_string(const struct fdt_property *property, const char *string);

#endif
