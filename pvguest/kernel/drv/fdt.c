/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A minimal reader of flattened device trees: one pass over all properties.
 * Devicetree specification 0.4, chapter 5.
 */
#include "drv/fdt.h"

#include "lib/string.h"

#define FDT_MAGIC	0xd00dfeedU
#define FDT_BEGIN_NODE	1
#define FDT_END_NODE	2
#define FDT_PROP	3
#define FDT_NOP		4

struct fdt_header {
	uint32_t magic, total_size, off_struct, off_strings, off_reserve, version, last_compatible;
	uint32_t boot_cpu, size_strings, size_struct;
};

uint32_t fdt_cell(const uint8_t *v)
{
	return (uint32_t)v[0] << 24 | (uint32_t)v[1] << 16 | (uint32_t)v[2] << 8 | v[3];
}

uint64_t fdt_cells(const uint8_t *value, uint32_t count)
{
	uint64_t result = 0;

	for (; count; count--, value += 4)
		result = result << 32 | fdt_cell(value);
	return result;
}

static uint32_t fdt_header_field(const void *tree, size_t offset)
{
	return fdt_cell((const uint8_t *)tree + offset);
}
#define FDT_HEADER(tree, field)	fdt_header_field(tree, offsetof(struct fdt_header, field))

uint32_t fdt_total_size(const void *tree)
{
	return FDT_HEADER(tree, magic) == FDT_MAGIC ? FDT_HEADER(tree, total_size) : 0;
}

bool fdt_reserved(const void *tree, size_t index, uint64_t *start, uint64_t *size)
{
	const uint8_t *entry =
		(const uint8_t *)tree + FDT_HEADER(tree, off_reserve) + index * 16;

	*start = fdt_cells(entry, 2);
	*size = fdt_cells(entry + 8, 2);
	return *start || *size;
}

bool fdt_has_string(const struct fdt_property *property, const char *string)
{
	size_t length = strlen(string) + 1;

	for (uint32_t i = 0; i + length <= property->length; i++)
		if ((i == 0 || !property->value[i - 1]) &&
		    !memcmp(property->value + i, string, length))
			return true;
	return false;
}

static void fdt_note_cells(struct fdt_walk *walk, const struct fdt_property *property)
{
	if (property->length != 4)
		return;
	if (!strcmp(property->name, "#address-cells"))
		walk->address_cells[walk->depth] = fdt_cell(property->value);
	else if (!strcmp(property->name, "#size-cells"))
		walk->size_cells[walk->depth] = fdt_cell(property->value);
}

static bool fdt_enter(struct fdt_walk *walk, int depth, const char *name)
{
	if (depth >= FDT_DEPTH_MAX)
		return false;
	walk->depth = (unsigned int)depth;
	walk->name[depth] = name;
	walk->address_cells[depth] = 2;
	walk->size_cells[depth] = 1;
	return true;
}

bool fdt_walk_all(const void *tree, const struct fdt_ops *ops, void *context)
{
	const uint8_t *p = (const uint8_t *)tree + FDT_HEADER(tree, off_struct);
	const char *strings = (const char *)tree + FDT_HEADER(tree, off_strings);
	struct fdt_walk walk = { .context = context };
	struct fdt_property property;
	bool open = false;	/* the current node's properties are being read */
	int depth = -1;

	if (!fdt_total_size(tree))
		return false;
	for (;;) {
		uint32_t token = fdt_cell(p);

		p += 4;
		if (token == FDT_PROP) {
			property.length = fdt_cell(p);
			property.name = strings + fdt_cell(p + 4);
			property.value = p + 8;
			p += 8 + ALIGN_UP(property.length, 4);
			fdt_note_cells(&walk, &property);
			ops->property(&walk, &property);
			continue;
		}
		if (token == FDT_NOP)
			continue;
		if (open)
			ops->node(&walk);
		open = token == FDT_BEGIN_NODE;
		if (open) {
			if (!fdt_enter(&walk, ++depth, (const char *)p))
				return false;
			p += ALIGN_UP(strlen((const char *)p) + 1, 4);
		} else if (token != FDT_END_NODE || depth < 0) {
			return depth < 0;
		} else {
			/* What follows is a sibling or the parent's end: never a property. */
			walk.depth = (unsigned int)(--depth < 0 ? 0 : depth);
		}
	}
}
