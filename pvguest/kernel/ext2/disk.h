/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext2 as it lies on a disk: little-endian, like every machine that this kernel runs on.
 * Linux, Documentation/filesystems/ext2.rst and ext4/ (whose names these are).
 */
#ifndef EXT2_DISK_H
#define EXT2_DISK_H

#include "lib/types.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "ext2 is read as it is");

#define EXT2_MAGIC		0xef53
#define EXT2_SUPER_OFFSET	1024U
#define EXT2_SUPER_SIZE		1024U
#define EXT2_ROOT_INODE		2U
#define EXT2_FIRST_INODE_REV0	11U
#define EXT2_INODE_SIZE_REV0	128U
#define EXT2_LOG_BLOCK_MAX	2U	/* blocks of 1, 2 and 4 KiB: a page holds one */

#define EXT2_STATE_VALID	0x1	/* unmounted in order */
#define EXT2_STATE_ERROR	0x2

#define EXT2_ERRORS_CONTINUE	1	/* s_errors; all else: mount read-only */

#define EXT2_INCOMPAT_FILETYPE	0x2U
#define EXT2_RO_SPARSE_SUPER	0x1U
#define EXT2_RO_LARGE_FILE	0x2U

struct ext2_super {
	uint32_t s_inodes_count, s_blocks_count, s_r_blocks_count;
	uint32_t s_free_blocks_count, s_free_inodes_count;
	uint32_t s_first_data_block, s_log_block_size, s_log_frag_size;
	uint32_t s_blocks_per_group, s_frags_per_group, s_inodes_per_group;
	uint32_t s_mtime, s_wtime;
	uint16_t s_mnt_count, s_max_mnt_count, s_magic, s_state, s_errors, s_minor_rev_level;
	uint32_t s_lastcheck, s_checkinterval, s_creator_os, s_rev_level;
	uint16_t s_def_resuid, s_def_resgid;
	/* Revision 1. */
	uint32_t s_first_ino;
	uint16_t s_inode_size, s_block_group_nr;
	uint32_t s_feature_compat, s_feature_incompat, s_feature_ro_compat;
	uint8_t s_uuid[16];
	char s_volume_name[16];
	uint8_t rest[EXT2_SUPER_SIZE - 136];
};
_Static_assert(sizeof(struct ext2_super) == EXT2_SUPER_SIZE, "superblock");

struct ext2_group {
	uint32_t bg_block_bitmap, bg_inode_bitmap, bg_inode_table;
	uint16_t bg_free_blocks_count, bg_free_inodes_count, bg_used_dirs_count, bg_pad;
	uint32_t bg_reserved[3];
};
_Static_assert(sizeof(struct ext2_group) == 32, "group descriptor");

/* The types in i_mode: those of every Unix. */
#define EXT2_IFMT		0170000U
#define EXT2_IFREG		0100000U
#define EXT2_IFDIR		0040000U
#define EXT2_IFLNK		0120000U

/* i_block: so many direct blocks, then the roots of one, two and three levels. */
#define EXT2_DIRECT		12U
#define EXT2_BLOCK_SLOTS	15U

#define EXT2_FLAG_IMMUTABLE	0x10U
#define EXT2_FLAG_APPEND	0x20U
#define EXT2_FLAG_INDEX		0x1000U	/* a hashed directory, which a linear change ends */

struct ext2_inode_disk {
	uint16_t i_mode, i_uid;
	uint32_t i_size, i_atime, i_ctime, i_mtime, i_dtime;
	uint16_t i_gid, i_links_count;
	uint32_t i_blocks;		/* units of 512 bytes, indirect blocks included */
	uint32_t i_flags, i_osd1;
	uint32_t i_block[EXT2_BLOCK_SLOTS];
	uint32_t i_generation, i_file_acl;
	uint32_t i_size_high;		/* regular files of revision 1 */
	uint32_t i_faddr;
	uint16_t i_frag, i_pad, i_uid_high, i_gid_high;
	uint32_t i_reserved;
};
_Static_assert(sizeof(struct ext2_inode_disk) == EXT2_INODE_SIZE_REV0, "inode");

struct ext2_entry {
	uint32_t inode;			/* 0: not in use */
	uint16_t rec_len;
	uint8_t name_len, file_type;	/* without filetype: the high byte of name_len, 0 */
	char name[];
};
_Static_assert(sizeof(struct ext2_entry) == 8, "directory entry");

#define EXT2_NAME_MAX		255U
#define EXT2_LINK_MAX		32000U

/* An extended attribute block: only its count of users is of interest. */
#define EXT2_XATTR_MAGIC	0xea020000U
struct ext2_xattr {
	uint32_t h_magic, h_refcount;
};

#endif
