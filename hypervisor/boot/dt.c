/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device tree properties as numbers, strings and ranges. Devicetree Specification 0.4,
 * section 2.2.4: cells are 32-bit big-endian and may be unaligned for us.
 */
#include "boot/dt.h"
#include "lib/errno.h"

/* One or two cells as one number. */
static uint64_t dt_read(const uint8_t *cells, int count)
{
	uint64_t value = 0;

	for (int i = 0; i < 4 * count; i++)
		value = value << 8 | cells[i];
	return value;
}

size_t dt_total_size(const void *fdt)
{
	return dt_read((const uint8_t *)fdt + offsetof(struct fdt_header, totalsize), 1);
}

/*
 * Whether names and values of the structure block end inside it. libfdt adds lengths as int: it
 * takes a property of length -8 for one that ends before it began, and hands -8 out.
 */
static bool dt_structure_fits(const void *fdt, size_t size)
{
	const uint8_t *p = (const uint8_t *)fdt + fdt_off_dt_struct(fdt);
	size_t left = fdt_size_dt_struct(fdt);

	if (fdt_off_dt_struct(fdt) > size || left > size - fdt_off_dt_struct(fdt))
		return false;
	while (left >= FDT_TAGSIZE) {
		uint64_t tag = dt_read(p, 1), length = 0;

		if (tag == FDT_END)
			return true;
		if (tag == FDT_BEGIN_NODE)
			length = strnlen((const char *)p + FDT_TAGSIZE, left - FDT_TAGSIZE) + 1;
		else if (tag == FDT_PROP && left >= sizeof(struct fdt_property))
			length = 2 * FDT_TAGSIZE + dt_read(p + FDT_TAGSIZE, 1);
		else if (tag != FDT_END_NODE && tag != FDT_NOP)
			return false;
		length = ALIGN_UP(FDT_TAGSIZE + length, (uint64_t)FDT_TAGSIZE);
		if (length > left)
			return false;
		p += length;
		left -= length;
	}
	return false;
}

int dt_check(const void *fdt, size_t size)
{
	if (size < sizeof(struct fdt_header))
		return -FDT_ERR_TRUNCATED;
	if (fdt_magic(fdt) != FDT_MAGIC)
		return -FDT_ERR_BADMAGIC;
	if (fdt_version(fdt) < 17)
		return -FDT_ERR_BADVERSION;
	/* libfdt relies on these and does not check them. */
	if (!IS_ALIGNED(fdt_off_mem_rsvmap(fdt), 8U) || !IS_ALIGNED(fdt_off_dt_struct(fdt), 4U))
		return -FDT_ERR_ALIGNMENT;
	if (!dt_structure_fits(fdt, size))
		return -FDT_ERR_BADSTRUCTURE;
	return fdt_check_full(fdt, size);
}

const char *dt_path(const void *fdt, int node, char *path, size_t size)
{
	int err = fdt_get_path(fdt, node, path, (int)size);

	if (err == -FDT_ERR_NOSPACE)
		strlcpy(path, fdt_get_name(fdt, node, NULL), size);
	else if (err)
		strlcpy(path, "?", size);
	return path;
}

bool dt_is_enabled(const void *fdt, int node)
{
	int size;
	const char *status = fdt_getprop(fdt, node, "status", &size);

	return !status || (size == 5 && memcmp(status, "okay", 5) == 0) ||
	       (size == 3 && memcmp(status, "ok", 3) == 0);
}

bool dt_is_compatible(const void *fdt, int node, const char *compatible)
{
	return dt_has_string(fdt, node, "compatible", compatible);
}

bool dt_has_string(const void *fdt, int node, const char *property, const char *string)
{
	int size;
	const char *list = fdt_getprop(fdt, node, property, &size);

	return list && fdt_stringlist_contains(list, size, string);
}

bool dt_is_named(const void *fdt, int node, const char *name)
{
	int length;
	const char *actual = fdt_get_name(fdt, node, &length);
	size_t size = strlen(name);

	return actual && (size_t)length >= size && memcmp(actual, name, size) == 0 &&
	       (actual[size] == '\0' || actual[size] == '@');
}

int dt_string(const void *fdt, int node, const char *property, const char **out)
{
	int size;
	const char *string = fdt_getprop(fdt, node, property, &size);

	*out = NULL;
	if (!string)
		return -ENOENT;
	if (size == 0 || strnlen(string, (size_t)size) != (size_t)size - 1)
		return -EINVAL;
	*out = string;
	return 0;
}

int dt_u32(const void *fdt, int node, const char *property, unsigned index, uint32_t *out)
{
	int size;
	const uint8_t *cells = fdt_getprop(fdt, node, property, &size);

	*out = 0;
	if (!cells)
		return -ENOENT;
	if (size % 4)
		return -EINVAL;
	if (index >= (unsigned)size / 4)
		return -ENOENT;
	*out = (uint32_t)dt_read(cells + 4UL * index, 1);
	return 0;
}

int dt_number(const void *fdt, int node, const char *property, uint64_t *out)
{
	int size;
	const uint8_t *cells = fdt_getprop(fdt, node, property, &size);

	*out = 0;
	if (!cells)
		return -ENOENT;
	if (size != 4 && size != 8)
		return -EINVAL;
	*out = dt_read(cells, size / 4);
	return 0;
}

/* The Devicetree Specification's defaults are 2 and 1; fdt_address_cells() knows them. */
int dt_cells(const void *fdt, int parent, struct dt_cells *out)
{
	out->address = fdt_address_cells(fdt, parent);
	out->size = fdt_size_cells(fdt, parent);
	if (out->address < 1 || out->address > 2 || out->size < 0 || out->size > 2) {
		*out = (struct dt_cells){ 0 };
		return -EINVAL;
	}
	return 0;
}

int dt_reg(const void *fdt, int node, const struct dt_cells *cells, unsigned index,
	   struct dt_range *out)
{
	int size, entry = 4 * (cells->address + cells->size);
	const uint8_t *reg = fdt_getprop(fdt, node, "reg", &size);

	*out = (struct dt_range){ 0 };
	if (!reg)
		return -ENOENT;
	if (size == 0 || size % entry)
		return -EINVAL;
	if (index >= (unsigned)(size / entry))
		return -ENOENT;
	reg += (size_t)entry * index;
	out->base = dt_read(reg, cells->address);
	out->size = dt_read(reg + 4 * cells->address, cells->size);
	if (out->base + out->size < out->base) {
		*out = (struct dt_range){ 0 };
		return -ERANGE;
	}
	return 0;
}

bool dt_hart_by_intc(const void *fdt, uint32_t phandle, uint64_t *id)
{
	int intc = fdt_node_offset_by_phandle(fdt, phandle);
	int cpu = intc < 0 ? intc : fdt_parent_offset(fdt, intc);
	int cpus = cpu < 0 ? cpu : fdt_parent_offset(fdt, cpu);
	struct dt_cells cells;
	struct dt_range reg;

	if (cpus < 0 || dt_cells(fdt, cpus, &cells) || dt_reg(fdt, cpu, &cells, 0, &reg))
		return false;
	*id = reg.base;
	return true;
}

bool dt_device_range(const void *fdt, int node, unsigned index, struct dt_range *out)
{
	struct dt_cells cells;

	return node >= 0 && dt_cells(fdt, fdt_parent_offset(fdt, node), &cells) == 0 &&
	       dt_reg(fdt, node, &cells, index, out) == 0 && out->size != 0;
}
