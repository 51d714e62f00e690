/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a VM tree (dts/NAME.dts) says, as a C structure: filled in by boot/vm_dt.c, read by whoever
 * builds the VM. Devicetree Specification 0.4, chapter 3.
 */
#ifndef VM_CONFIG_H
#define VM_CONFIG_H

#include "lib/types.h"
#include "vm/credit.h"

#define VM_NAME_MAX		32	/* with the terminating NUL */
#define VM_VCPUS_MAX		512	/* as many as QEMU's virt machine has harts */
#define VM_REGIONS_MAX		64
#define VM_CAP_MAX		(100 * VM_VCPUS_MAX)
#define VM_GPA_BITS		39	/* of Sv39x4's 41; above is the hypervisor's */

/* How the guest kernel's privileged operations are done; `native` has no hypervisor. */
enum vm_mode {
	VM_MODE_TE,
	VM_MODE_REWRITE,
	VM_MODE_PV,
	VM_MODE_HW,
	VM_MODE_COUNT
};

/* Where a deprivileged guest runs: VU-mode (V=1) or U-mode (V=0). */
enum vm_world {
	VM_WORLD_VU,
	VM_WORLD_U,
	VM_WORLD_COUNT
};

/* One stretch of guest RAM; page aligned; regions come sorted by gpa and do not touch. */
struct vm_region {
	uint64_t gpa, size;
};

struct host_blk;

enum vdev_kind {
	VDEV_UART,
	VDEV_PLIC,
	VDEV_APLIC,
	VDEV_IMSIC,
	VDEV_VIRTIO_BLK,
	VDEV_VIRTIO_NET,
	VDEV_VIRTIO_CONSOLE,
	VDEV_VIRTIO_RNG,
	VDEV_RTC,
	VDEV_KIND_COUNT
};

/* One context of a PLIC, or page of the IMSICs, in order of `interrupts-extended`. */
struct vdev_context {
	unsigned vcpu;		/* index into vm_config.harts */
	uint32_t irq;		/* 9: S-mode external; to 11 (M-mode) and -1 nobody listens */
};

struct vdev_config {
	enum vdev_kind kind;
	uint64_t gpa, size;
	uint32_t irq;		/* source of the PLIC or APLIC, 0 for none */
	uint32_t irq_type;	/* the cell behind it, which an APLIC has; 0: none */
	uint32_t irq_parent;	/* the tree's phandle of that controller; aplic: of the IMSICs */
	uint32_t reg_shift;	/* uart: register n is at n << reg_shift */
	uint32_t ndev;		/* plic, aplic: sources are 1..ndev; imsics: identities */
	struct vdev_context *contexts;	/* plic, imsics; kalloc'ed */
	size_t context_count;
	/* virtio block */
	char *image;		/* file name in the archive, kalloc'ed; NULL: none */
	const void *image_data;	/* its bytes, which boot finds; they stay where they are */
	uint64_t image_size;
	uint64_t disk_size;	/* bytes; 0: as large as the image */
	uint64_t disk_quota;	/* bytes of memory for what is written; 0: as much as it takes */
	bool read_only;
	bool on_host;		/* the disk is one of the host's, or a partition of it: */
	uint32_t host_disk;	/* its number */
	uint32_t host_partition;	/* from 1 on; 0: all of it */
	struct host_blk *host_blk;	/* boot fills in these three */
	uint64_t host_first, host_sectors;
	/* virtio network */
	char *switch_name;	/* kalloc'ed */
	uint8_t mac[6];		/* 0: derived from the VM's name */
	/* virtio entropy */
	uint8_t seed[32];	/* boot fills it in */
};

/* A hart of the machine, by index, that a vCPU may run on; a vCPU that has none may on all. */
struct vm_pin {
	unsigned vcpu;
	uint32_t hart;
};

struct vm_config {
	char name[VM_NAME_MAX];
	enum vm_mode mode;
	enum vm_world world;
	uint64_t features;	/* STRATA_F_* of <strata/abi.h>; 0 outside mode pv */
	uint64_t sbi_disabled;	/* strata,sbi-disable: a bit for each enum vsbi_index */
	bool counters;		/* strata,counters: the guest may read cycle, time and instret */
	bool accounting;	/* strata,accounting: where the instructions go, for measuring */

	uint32_t weight;	/* strata,weight: its share of the harts, against the others' */
	uint32_t cap;		/* strata,cap: percent of one hart that it may use; 0: all */
	struct vm_pin *pins;	/* strata,affinity of the cpu nodes; kalloc'ed */
	size_t pin_count;

	uint64_t *harts;	/* hart id of each vCPU, kalloc'ed; vCPU 0 boots */
	size_t vcpu_count;
	struct vm_region *regions;	/* kalloc'ed */
	size_t region_count;
	struct vdev_config *devices;	/* kalloc'ed, NULL if there are none */
	size_t device_count;

	char *kernel;		/* file names in the archive, kalloc'ed */
	char *initrd;		/* NULL: none */
	char *bootargs;		/* NULL: none */
};

/* The word that trees, commands and reports use: "te", "rewrite", "pv", "hw". */
const char *vm_mode_name(enum vm_mode mode);
/* Free what the config owns and clear it. A cleared config may be freed again. */
void vm_config_free(struct vm_config *config);

#endif
