/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files in memory.
 * Linux man-pages, tmpfs(5).
 */
#ifndef FS_TMPFS_H
#define FS_TMPFS_H

#include "fs/super.h"

/* An inode without a name yet, with one user; NULL without memory. */
struct inode *tmpfs_inode(struct superblock *super, const struct inode_request *request);
/* A file that never has a name, for memory that processes share. */
struct inode *tmpfs_anonymous(uint32_t mode);
void tmpfs_statfs(struct superblock *super, struct super_stat *stat);
/* The file begins as that data, which stays where it is. -ENOMEM. */
int tmpfs_set_origin(struct inode *inode, const uint8_t *data, uint64_t size);

#endif
