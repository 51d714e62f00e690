/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a disk's partition lies: GPT (UEFI Specification 2.10, chapter 5), or the four primary ones
 * of an MBR. Pure; what stands on the disk is untrusted.
 */
#ifndef BOOT_PARTITION_H
#define BOOT_PARTITION_H

#include "lib/types.h"

#define PARTITION_SECTOR	512U

struct partition {
	uint64_t first, sectors;
};

/* Reads one sector. Return: 0 or a negative errno. */
typedef int partition_read(void *disk, uint64_t sector, uint8_t *to);

/*
 * Find partition `number`, from 1 on, of a disk of so many sectors.
 * Return: 0; -ENOENT: there is none of that number; -EINVAL: no table, or one that makes no sense;
 * or what read() returned.
 */
int partition_find(partition_read *read, void *disk, uint64_t disk_sectors, uint32_t number,
		   struct partition *out);

#endif
