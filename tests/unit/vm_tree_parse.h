/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parsing the tree in fdt into config, for the tests of vm_dt_parse(). Included once, after test.h.
 */
#ifndef UNIT_VM_TREE_PARSE_H
#define UNIT_VM_TREE_PARSE_H

#include "boot/vm_dt.h"
#include "fake_kalloc.h"
#include "lib/errno.h"
#include "vm_tree.h"

static _Alignas(8) uint8_t fdt[TREE_SIZE];
static struct vm_config config;
static char why[200];

/* Parse an exact copy of the first size bytes of the tree, so that ASan sees any overrun. */
static int parse_bytes(size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	int err;

	memcpy(copy, fdt, size);
	strcpy(why, "");
	err = vm_dt_parse(copy, size, "test", &config, why, sizeof(why));
	free(copy);
	return err;
}

static int parse(void)
{
	fdt_pack(fdt);
	return parse_bytes(fdt_totalsize(fdt));
}

static void done(void)
{
	vm_config_free(&config);
	CHECK_EQ(kalloc_live, 0);
}

#endif
