/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables: the kernel's own map, and finding entries in any.
 * Privileged specification, "Sv39".
 */
#include "mm/map.h"

#include "boot/hart.h"
#include "boot/info.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "mm/page.h"
#include "priv/priv.h"
#include "priv/root.h"

#define MAP_RW		(PROT_READ | PROT_WRITE)
#define MAP_TABLE	__attribute__((aligned(PAGE_SIZE)))

extern pte_t boot_root[SV39_ENTRIES];

static pte_t map_root[SV39_ENTRIES] MAP_TABLE;
static pte_t map_window_table[SV39_ENTRIES] MAP_TABLE;
static pte_t map_window_leaves[SV39_ENTRIES] MAP_TABLE;
static pte_t map_io_table[SV39_ENTRIES] MAP_TABLE;
/* The boot hart's own page; more harts get theirs from the page allocator. */
static char map_boot_hart[PAGE_SIZE] MAP_TABLE;

static uint64_t map_io_next = LAYOUT_IO;

size_t map_table_pages;

static pte_t *map_table_of(pte_t entry)
{
	return phys_to_virt(pte_pa(entry));
}

static pte_t map_table_entry(const pte_t *table)
{
	return pte_make_table(virt_to_phys(table));
}

/* An entry that leads nowhere gets a table; false: no memory. */
static bool map_add_table(pte_t *entry)
{
	struct page *page = page_alloc_zeroed();

	if (!page)
		return false;
	map_table_pages++;
	pte_set(entry, pte_make_table(page_to_pa(page)));
	return true;
}

/* The table behind an entry; NULL: there is none. */
static pte_t *map_down(pte_t *entry, bool create)
{
	if (!pte_exists(*entry) && !(create && map_add_table(entry)))
		return NULL;
	return map_table_of(*entry);
}

pte_t *map_entry(pte_t *root, uint64_t va, bool create)
{
	pte_t *middle = map_down(&root[SV39_INDEX(va, 2)], create);
	pte_t *last = middle ? map_down(&middle[SV39_INDEX(va, 1)], create) : NULL;

	return last ? &last[SV39_INDEX(va, 0)] : NULL;
}

/*
 * The first entry from there on, before last, that leads somewhere, or last. Behind one that does
 * not there are often many: by fours.
 */
static inline pte_t *map_skip(pte_t *entry, pte_t *last)
{
	for (; entry != last && !pte_exists(*entry); entry++)
		while (last - entry > 4 &&
		       !pte_exists(entry[1] | entry[2] | entry[3] | entry[4]))
			entry += 4;
	return entry;
}

pte_t *map_next(pte_t *root, uint64_t *va, uint64_t end)
{
	uint64_t at = *va;

	while (at < end) {
		pte_t entry = root[SV39_INDEX(at, 2)];
		pte_t *first, *leaf, *last;

		if (!pte_exists(entry)) {
			at = ALIGN_DOWN(at, PAGE_1G_SIZE) + PAGE_1G_SIZE;
			continue;
		}
		entry = map_table_of(entry)[SV39_INDEX(at, 1)];
		if (!pte_exists(entry)) {
			at = ALIGN_DOWN(at, PAGE_2M_SIZE) + PAGE_2M_SIZE;
			continue;
		}
		first = &map_table_of(entry)[SV39_INDEX(at, 0)];
		last = first + MIN((end - at + PAGE_MASK) >> PAGE_SHIFT,
				   SV39_ENTRIES - SV39_INDEX(at, 0));
		leaf = map_skip(first, last);
		at += (uint64_t)(leaf - first) << PAGE_SHIFT;
		if (leaf != last) {
			*va = at;
			return leaf;
		}
	}
	return NULL;
}

static void map_free_table(pte_t entry)
{
	map_table_pages--;
	page_put(page_of_pa(pte_pa(entry)));
}

void map_free_tables(pte_t *root)
{
	pte_t *end = root + SV39_ENTRIES / 2;

	for (pte_t *entry = map_skip(root, end); entry != end; entry = map_skip(entry, end)) {
		pte_t *middle = map_table_of(*entry), *last = middle + SV39_ENTRIES;

		for (middle = map_skip(middle, last); middle != last;
		     middle = map_skip(middle + 1, last))
			map_free_table(*middle);
		map_free_table(*entry);
		pte_set(entry, 0);
	}
}

void map_early_window(void)
{
	uint64_t va = LAYOUT_WINDOW;

	pte_set(&map_window_leaves[SV39_INDEX(va, 0)],
		pte_make_kernel(virt_to_phys(map_boot_hart), MAP_RW));
	pte_set(&map_window_table[SV39_INDEX(va, 1)], map_table_entry(map_window_leaves));
	pte_set(&boot_root[SV39_INDEX(va, 2)], map_table_entry(map_window_table));
	/* The entry was invalid, and implementations may remember that. */
	priv_fence_all();
	hart_end = (struct hart *)(va + PAGE_SIZE);
}

volatile uint8_t *map_early_io(uint64_t pa)
{
	uint64_t va = LAYOUT_EARLY_IO;

	pte_set(&map_window_leaves[SV39_INDEX(va, 0)],
		pte_make_kernel(ALIGN_DOWN(pa, PAGE_SIZE), MAP_RW));
	priv_fence_all();
	return (volatile uint8_t *)(va + (pa & PAGE_MASK));
}

static pte_t *map_kernel_entry(uint64_t va)
{
	pte_t *entry = map_entry(map_root, va, true);

	if (!entry)
		panic("no memory for page tables");
	return entry;
}

/* The first map shares the table of windows, so that a hart finds its own already there. */
struct hart *map_window(uint64_t hart_index)
{
	uint64_t va = LAYOUT_WINDOW + hart_index * LAYOUT_WINDOW_SIZE;
	struct page *page = page_alloc_zeroed();

	if (!page)
		return NULL;
	pte_set(map_kernel_entry(va), pte_make_kernel(page_to_pa(page), MAP_RW));
	priv_fence_page(va);
	return (struct hart *)(va + PAGE_SIZE);
}

static unsigned int map_image_prot(uint64_t va)
{
	if (va < (uint64_t)__rodata_start)
		return PROT_READ | PROT_EXEC;
	return va < (uint64_t)__data_start ? PROT_READ : MAP_RW;
}

/* All memory, by 2 MiB; only where the image lies by pages, constants and text read-only. */
static void map_direct(void)
{
	uint64_t image_end = virt_to_phys(__image_end);
	uint64_t pa = ALIGN_DOWN(info.memory_start, PAGE_2M_SIZE);

	for (; pa < info.memory_end; pa += PAGE_2M_SIZE) {
		uint64_t va = (uint64_t)phys_to_virt(pa);
		pte_t *slot = &map_root[SV39_INDEX(va, 2)];

		if (pa + PAGE_2M_SIZE > layout_load_pa && pa < image_end) {
			for (uint64_t p = pa; p < pa + PAGE_2M_SIZE; p += PAGE_SIZE) {
				uint64_t image = p - layout_load_pa + LAYOUT_IMAGE;
				bool ro = p >= layout_load_pa && image < (uint64_t)__data_start;

				pte_set(map_kernel_entry((uint64_t)phys_to_virt(p)),
					pte_make_kernel(p, ro ? PROT_READ : MAP_RW));
			}
			continue;
		}
		if (!pte_exists(*slot)) {
			struct page *page = page_alloc_zeroed();

			if (!page)
				panic("no memory for page tables");
			pte_set(slot, pte_make_table(page_to_pa(page)));
		}
		pte_set(&map_table_of(*slot)[SV39_INDEX(va, 1)], pte_make_kernel(pa, MAP_RW));
	}
}

void map_init(void)
{
	if ((info.memory_end - 1) >> PAGE_1G_SHIFT >= LAYOUT_DIRECT_SLOTS)
		info.memory_end = (uint64_t)LAYOUT_DIRECT_SLOTS << PAGE_1G_SHIFT;
	map_direct();
	for (uint64_t va = LAYOUT_IMAGE; va < (uint64_t)__image_end; va += PAGE_SIZE)
		pte_set(map_kernel_entry(va), pte_make_kernel(virt_to_phys((void *)va),
							      map_image_prot(va)));
	pte_set(&map_root[SV39_INDEX(LAYOUT_WINDOW, 2)], map_table_entry(map_window_table));
	pte_set(&map_root[SV39_INDEX(LAYOUT_IO, 2)], map_table_entry(map_io_table));
	root_init(map_root);
}

volatile uint8_t *map_io(uint64_t pa, uint64_t size)
{
	uint64_t first = ALIGN_DOWN(pa, PAGE_SIZE), last = ALIGN_UP(pa + size, PAGE_SIZE);
	uint64_t va = map_io_next;

	if (last - first > LAYOUT_IO_END - map_io_next)
		return NULL;
	for (; first < last; first += PAGE_SIZE, map_io_next += PAGE_SIZE)
		pte_set(map_kernel_entry(map_io_next), pte_make_kernel(first, MAP_RW));
	priv_fence_all();
	return (volatile uint8_t *)(va + (pa & PAGE_MASK));
}
