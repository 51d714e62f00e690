/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables: the kernel's own map, and finding entries in any.
 * Privileged specification, "Sv39".
 */
#ifndef MM_MAP_H
#define MM_MAP_H

#include "priv/pte.h"

/* The first kernel map, as boot.S left it, gets the window of the boot hart. */
void map_early_window(void);
/* Registers at pa, at most a page of them, from before map_init() on; for one device. */
volatile uint8_t *map_early_io(uint64_t pa);
/* The window of another hart; where its data ends. NULL without memory. */
struct hart *map_window(uint64_t hart_index);
/* The final kernel map: direct map, image with its rights, windows. Then it is in use. */
void map_init(void);
/* Registers at pa for the kernel; NULL if there is no room. */
volatile uint8_t *map_io(uint64_t pa, uint64_t size);

/* The leaf entry for va. If create, missing tables are made; NULL without them or memory. */
pte_t *map_entry(pte_t *root, uint64_t va, bool create);
/* The first existing leaf entry in [*va, end), its address in *va; NULL if there is none. */
pte_t *map_next(pte_t *root, uint64_t *va, uint64_t end);
/* The same for what follows *va, whose entry that is: often its neighbour in the same table. */
static inline pte_t *map_after(pte_t *root, pte_t *entry, uint64_t *va, uint64_t end)
{
	*va += PAGE_SIZE;
	if (*va < end && SV39_INDEX(*va, 0) && pte_exists(entry[1]))
		return entry + 1;
	return map_next(root, va, end);
}
/* Pages that are tables of programs, with their roots; priv/root.c counts those. */
extern size_t map_table_pages;
/* Frees the tables (not the pages) of the user half. */
void map_free_tables(pte_t *root);

#endif
