/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a test guest needs of its device tree, by one scan of the structure block.
 * Devicetree specification 0.4, chapter 5.
 */
#include "guest.h"

#define FDT_BEGIN_NODE		1
#define FDT_END_NODE		2
#define FDT_PROP		3
#define FDT_NOP			4
#define FDT_MAX_DEPTH		8

static const uint8_t *fdt;

/* Where a scan is: the path of node names and the property at hand. */
struct fdt_scan {
	const uint8_t *at;
	const char *path[FDT_MAX_DEPTH];
	unsigned int depth;		/* nodes opened: 1 inside the root */
	const char *name;		/* property */
	const uint8_t *value;
	uint32_t length;
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

void fdt_use(const void *dtb)
{
	fdt = dtb && be32(dtb) == 0xd00dfeed ? dtb : NULL;
}

/* Step to the next property; a node begin alone is seen as a property with no name. */
static bool fdt_next(struct fdt_scan *scan)
{
	const char *strings = (const char *)fdt + be32(fdt + 12);

	for (;;) {
		uint32_t token = be32(scan->at);

		scan->at += 4;
		if (token == FDT_BEGIN_NODE) {
			const char *name = (const char *)scan->at;

			scan->at += (strlen(name) + 4) & ~3UL;
			if (scan->depth < FDT_MAX_DEPTH)
				scan->path[scan->depth] = name;
			scan->depth++;
			scan->name = NULL;
			return true;
		}
		if (token == FDT_END_NODE) {
			scan->depth--;
		} else if (token == FDT_PROP) {
			scan->length = be32(scan->at);
			scan->name = strings + be32(scan->at + 4);
			scan->value = scan->at + 8;
			scan->at += 8 + ((scan->length + 3) & ~3U);
			return true;
		} else if (token != FDT_NOP) {
			return false;
		}
	}
}

/* Is the scan inside the node parent/name[@unit] below the root? parent may be NULL. */
static bool fdt_inside(const struct fdt_scan *scan, const char *parent, const char *name)
{
	unsigned int depth = parent ? 3 : 2;
	const char *node;

	if (scan->depth != depth || (parent && strcmp(scan->path[1], parent) != 0))
		return false;
	node = scan->path[depth - 1];
	return strncmp(node, name, strlen(name)) == 0 &&
	       (node[strlen(name)] == '\0' || node[strlen(name)] == '@');
}

static bool fdt_begin(struct fdt_scan *scan)
{
	*scan = (struct fdt_scan){ 0 };
	if (!fdt)
		return false;
	scan->at = fdt + be32(fdt + 8);
	return true;
}

static bool fdt_find(struct fdt_scan *scan, const char *parent, const char *node, const char *name)
{
	while (fdt_next(scan))
		if (scan->name && strcmp(scan->name, name) == 0 && fdt_inside(scan, parent, node))
			return true;
	return false;
}

const char *boot_args(void)
{
	struct fdt_scan scan;

	if (!fdt_begin(&scan) || !fdt_find(&scan, NULL, "chosen", "bootargs"))
		return "";
	return (const char *)scan.value;
}

uint64_t boot_seed(void)
{
	struct fdt_scan scan;
	uint64_t seed = 0;

	if (fdt_begin(&scan) && fdt_find(&scan, NULL, "chosen", "rng-seed") &&
	    scan.length >= sizeof(seed))
		memcpy(&seed, scan.value, sizeof(seed));
	return seed;
}

const char *boot_arg(const char *word)
{
	size_t length = strlen(word);

	for (const char *s = boot_args(); *s;) {
		if (strncmp(s, word, length) == 0 &&
		    (s[length] == '\0' || s[length] == ' ' || s[length] == '='))
			return s + length + (s[length] == '=');
		while (*s && *s != ' ')
			s++;
		while (*s == ' ')
			s++;
	}
	return NULL;
}

unsigned int boot_harts(uint64_t *hartids, unsigned int max)
{
	struct fdt_scan scan;
	unsigned int n = 0;

	if (!fdt_begin(&scan))
		return 0;
	while (fdt_find(&scan, "cpus", "cpu", "reg")) {
		if (n < max)
			hartids[n] = scan.length == 8 ? be64(scan.value) : be32(scan.value);
		n++;
	}
	return n;
}

bool boot_memory(uint64_t *base, uint64_t *size)
{
	struct fdt_scan scan;

	if (!fdt_begin(&scan) || !fdt_find(&scan, NULL, "memory", "reg") || scan.length < 16)
		return false;
	*base = be64(scan.value);
	*size = be64(scan.value + 8);
	return true;
}

bool boot_isa(char letter)
{
	struct fdt_scan scan;

	if (!fdt_begin(&scan) || !fdt_find(&scan, "cpus", "cpu", "riscv,isa"))
		return false;
	/* "rv64" is skipped; '_' and multi-letter names begin where single letters end */
	for (const char *s = (const char *)scan.value + 4; *s && *s != '_'; s++)
		if (*s == letter)
			return true;
	return false;
}

bool boot_node(const char *name)
{
	struct fdt_scan scan;

	if (!fdt_begin(&scan))
		return false;
	while (fdt_next(&scan))
		if (!scan.name && fdt_inside(&scan, NULL, name))
			return true;
	return false;
}

unsigned int boot_devices(struct boot_device *devices, unsigned int max)
{
	struct fdt_scan scan;
	unsigned int n = 0;

	if (!fdt_begin(&scan))
		return 0;
	while (fdt_next(&scan)) {
		if (!scan.name || strcmp(scan.name, "reg") != 0 || scan.depth != 3 ||
		    strcmp(scan.path[1], "soc") != 0 || scan.length < 16)
			continue;
		if (n < max) {
			size_t length = strlen(scan.path[2]);

			devices[n] = (struct boot_device){ .base = be64(scan.value),
							   .size = be64(scan.value + 8) };
			memcpy(devices[n].name, scan.path[2],
			       length < sizeof(devices->name) ? length : sizeof(devices->name) - 1);
		}
		n++;
	}
	return n;
}
