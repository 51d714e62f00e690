/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads and judges a VM tree. Pure: the tree is untrusted, no CSR and no global is touched.
 * Devicetree Specification 0.4, chapters 3 and 5; dts/virt.dtsi explains the strata,* properties.
 */
#ifndef BOOT_VM_DT_H
#define BOOT_VM_DT_H

#include "vm/config.h"

#define VM_DT_SIZE_MAX		(128UL << 10)

/*
 * Fill *out from the flattened tree of at most size bytes at fdt (any alignment). name is the VM's
 * name, the tree's file name without ".dtb".
 * Return: 0, and the caller owns *out (vm_config_free); -EINVAL if the tree is refused, -ENOMEM if
 * kalloc fails; then *out is cleared and why holds one line without newline: node, property,
 * what is wrong and what to do.
 */
int vm_dt_parse(const void *fdt, size_t size, const char *name, struct vm_config *out, char *why,
		size_t why_size);

#endif
