/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The RAM file system: files, directories, links and devices, all in memory.
 * Linux man-pages, inode(7); the page cache of a file is the file.
 */
#ifndef FS_INODE_H
#define FS_INODE_H

#include "lib/list.h"
#include "lib/types.h"

struct page;
struct pipe;

#define S_IFMT		0170000
#define S_IFIFO		0010000
#define S_IFCHR		0020000
#define S_IFDIR		0040000
#define S_IFREG		0100000
#define S_IFLNK		0120000

#define NAME_MAX	255
#define PATH_MAX	4096

struct inode {
	uint32_t users;		/* directory entries, open files, regions, working directories */
	uint32_t links;
	uint32_t mode;
	uint32_t device;	/* character devices: major << 8 | minor */
	uint64_t number;
	uint64_t size;
	uint64_t mtime_ns;
	/* Regular files: pages that exist, and what the others begin as. */
	struct page **pages;
	size_t page_slots;
	const uint8_t *archive;
	uint64_t archive_size;
	/* Directories. */
	struct list entries;
	struct inode *parent;
	uint64_t next_cookie;
	/* Symbolic links. */
	char *target;
	/* Named pipes, while they are open. */
	struct pipe *pipe;
};

struct inode_entry {
	struct list link;
	struct inode *inode;
	uint64_t cookie;	/* its place in the directory, for getdents64 */
	char name[];
};

extern struct inode *inode_root;

/* One user; NULL without memory. */
struct inode *inode_new(uint32_t mode);
static inline void inode_get(struct inode *inode)
{
	inode->users++;
}
void inode_put(struct inode *inode);

static inline bool inode_is_dir(const struct inode *inode)
{
	return (inode->mode & S_IFMT) == S_IFDIR;
}

static inline bool inode_is_regular(const struct inode *inode)
{
	return (inode->mode & S_IFMT) == S_IFREG;
}

/* The page at that index, made if need be; NULL with -ENOMEM, or -EIO behind the end. */
struct page *inode_page(struct inode *inode, uint64_t index, int *error);
/* Sets the size; pages behind it are dropped. -ENOMEM, -EFBIG. */
int inode_truncate(struct inode *inode, uint64_t size);
/* To and from kernel memory; the bytes done, or negative. */
ssize_t inode_read(struct inode *inode, uint64_t offset, void *buf, size_t length);
/* To and from user memory. */
ssize_t inode_read_user(struct inode *inode, uint64_t offset, uint64_t buf, size_t length);
ssize_t inode_write_user(struct inode *inode, uint64_t offset, uint64_t buf, size_t length);

/* Directories: NULL if there is no such name. */
struct inode_entry *inode_find(struct inode *dir, const char *name, size_t length);
/* Enters inode under that name; takes a user and a link of its own. */
int inode_link(struct inode *dir, const char *name, size_t length, struct inode *inode);
void inode_unlink(struct inode *dir, struct inode_entry *entry);
/* A new inode with that name; NULL without memory. The caller gets no user of its own. */
struct inode *inode_create(struct inode *dir, const char *name, size_t length, uint32_t mode);
void inode_init(void);

#endif
