/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Partition tables of a disk: MBR with logical partitions, and GPT.
 * UEFI specification 2.10, chapter 5; the MBR is what IBM PCs made of it.
 */
#ifndef DRV_PARTITION_H
#define DRV_PARTITION_H

struct block_device;

/* Enters a block device for each partition, under the numbers that Linux gives them. */
void partition_scan(struct block_device *disk);

#endif
