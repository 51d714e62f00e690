/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between vm_dt.c and vm_dt_soc.c: one VM tree on its way to a vm_config.
 */
#ifndef BOOT_VM_DT_PARSE_H
#define BOOT_VM_DT_PARSE_H

#include "boot/dt.h"
#include "boot/refuse.h"
#include "vm/config.h"

struct vm_dt {
	const void *fdt;
	struct vm_config *out;
	struct refusal refusal;
	uint32_t *intc_phandles;	/* of each vCPU's interrupt controller; 0: none */
	uint32_t intc_phandle;		/* of the PLIC or APLIC; 0: none */
	uint32_t imsic_phandle;		/* 0: none */
	size_t devices_max;		/* that out->devices has room for */
};

/* Refuse the tree: node, property, what is wrong and what to do. A const char * property. */
#define VM_DT_REFUSE(dt, node, property, format, ...)                                             \
	refuse(&(dt)->refusal, "%s: %s: " format, DT_PATH((dt)->fdt, node), property,             \
	       ##__VA_ARGS__)

/* Say why a property could not be read: err as from boot/dt.h; hint: how to write it. */
int vm_dt_refuse_property(struct vm_dt *dt, int node, const char *property, int err,
			  const char *hint);
/* -ENOMEM, with its line. */
int vm_dt_no_memory(struct vm_dt *dt);
/* The range must lie in the guest's address space and overlap no memory and no device. */
int vm_dt_check_range(struct vm_dt *dt, int node, const struct dt_range *range);
/* The index-th reg entry, judged. Return: 0, -ENOENT beyond the last, or refused. */
int vm_dt_range(struct vm_dt *dt, int node, const struct dt_cells *cells, unsigned index,
		struct dt_range *out);

/* A kalloc'ed copy of a string property that is not empty, a file's name. Return: 0 or refused. */
int vm_dt_string(struct vm_dt *dt, int node, const char *property, bool required, char **out);
/* Refuse a strata, property that is none of these: misspelt, it would be a silent default. */
int vm_dt_check_known(struct vm_dt *dt, int node, const char *const *known, size_t count);
/* `interrupts` and the parent; bus is the parent node. Without one, out->irq is 0. */
int vm_dt_interrupt(struct vm_dt *dt, int node, int bus, struct vdev_config *out);
/* A node that is compatible with "virtio,mmio" (vm_dt_virtio.c). */
int vm_dt_parse_virtio(struct vm_dt *dt, int node, int bus, struct vdev_config *out);

/* Nodes that are compatible with "riscv,imsics" and "riscv,aplic" (vm_dt_aia.c). */
int vm_dt_parse_imsic(struct vm_dt *dt, int node, int bus, struct vdev_config *out);
int vm_dt_parse_aplic(struct vm_dt *dt, int node, int bus, struct vdev_config *out);

/* strata,sbi-disable of /hypervisor; the mode is known. Return: 0, or refused. */
int vm_dt_parse_sbi(struct vm_dt *dt, int node);

/* strata,weight and strata,cap of /hypervisor, or what holds without. Return: 0, or refused. */
int vm_dt_parse_shares(struct vm_dt *dt, int node);
/* strata,affinity of the cpu node of a vCPU. Return: 0, or refused. */
int vm_dt_parse_affinity(struct vm_dt *dt, int node, unsigned vcpu);

/* The devices: nodes of the root that have reg, and what stands on its simple-bus nodes. */
int vm_dt_parse_devices(struct vm_dt *dt);

#endif
