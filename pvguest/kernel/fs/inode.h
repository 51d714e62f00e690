/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inodes: files, directories, links, devices and pipes of any file system, and the page cache
 * that holds what regular files contain. Linux man-pages, inode(7).
 */
#ifndef FS_INODE_H
#define FS_INODE_H

#include "lib/list.h"
#include "lib/radix.h"
#include "lib/types.h"
#include "proc/mutex.h"

struct dentry;
struct file;
struct inode;
struct page;
struct path;
struct pipe;
struct superblock;

#define S_IFMT		0170000
#define S_IFIFO		0010000
#define S_IFCHR		0020000
#define S_IFDIR		0040000
#define S_IFBLK		0060000
#define S_IFREG		0100000
#define S_IFLNK		0120000
#define S_IFSOCK	0140000
#define S_ISUID		04000
#define S_ISGID		02000
#define S_ISVTX		01000

#define NAME_MAX	255
#define PATH_MAX	4096

/* Device numbers as stat(2) shows them: twelve bits of major, twenty of minor. */
#define DEVICE(major, minor)                                                                       \
	((uint32_t)(major) << 8 | ((minor) & 0xffU) | ((minor) & ~0xffU) << 12)
#define DEVICE_MAJOR(device)	((device) >> 8 & 0xfffU)
#define DEVICE_MINOR(device)	(((device) & 0xffU) | ((device) >> 12 & ~0xffU))

/* A name in a directory; not ended by NUL, never "." or "..", at most NAME_MAX long. */
struct name {
	const char *text;
	size_t length;
};

/* What a new inode shall be. */
struct inode_request {
	uint32_t mode;		/* with the type */
	uint32_t device;	/* of a device */
	const char *target;	/* of a symbolic link */
};

/* Takes one entry of a directory; false: there is no more room, and it was not taken. */
struct inode_lister {
	bool (*take)(struct inode_lister *lister, struct name name, uint64_t number, uint32_t mode,
		     uint64_t next);
};

#define RENAME_NOREPLACE	1U
#define RENAME_EXCHANGE		2U

/* The two ends of a rename: inode `what` leaves one name for another, which `victim` may have. */
struct inode_rename {
	struct inode *from, *to;
	struct name old, new;
	struct inode *what, *victim;
	bool exchange;
};

/* Behind every page that a file can have. */
#define INODE_NO_PAGE (~0UL)

#define INODE_MODE	1U
#define INODE_UID	2U
#define INODE_GID	4U
#define INODE_ATIME	8U
#define INODE_MTIME	16U

/*
 * What a file system does for its inodes. Every one may sleep; those on names are called with the
 * directory's lock held (both, for a rename), those on data with the inode's, but read_page.
 * NULL where a file system has nothing to do or (create to rename) does not allow it: -EPERM.
 */
struct inode_ops {
	/* The inode of that name, with a user for the caller; -ENOENT. */
	int (*lookup)(struct inode *dir, struct name name, struct inode **inode);
	/* Whether what the name stood for is gone: then it is looked up again. No sleep. */
	bool (*is_stale)(const struct inode *inode);
	/* A new inode of any type with that name, with a user for the caller; sets its links. */
	int (*create)(struct inode *dir, struct name name, const struct inode_request *request,
		      struct inode **inode);
	/* These keep inode->links right; unlink removes directories, too: -ENOTEMPTY. */
	int (*link)(struct inode *dir, struct name name, struct inode *inode);
	int (*unlink)(struct inode *dir, struct name name, struct inode *inode);
	int (*rename)(const struct inode_rename *rename);
	/* Gives entries from position on, but for "." and ".."; positions 0 and 1 are theirs. */
	int (*readdir)(struct inode *dir, uint64_t position, struct inode_lister *lister);
	/* The target of a link, if inode->target is NULL; its length, at most size. */
	ssize_t (*readlink)(struct inode *inode, char *buf, size_t size);
	/* A link that leads to an object, not to a name; the caller gets users. */
	int (*follow)(struct inode *inode, struct path *path);
	/* Fills a page that was cleared; what lies behind the end stays zero. */
	int (*read_page)(struct inode *inode, uint64_t index, struct page *page);
	/*
	 * The bytes from `from` to `to` of the page are about to be changed, by write(2) or a
	 * mapping: makes room for them, remembers the page. -ENOSPC.
	 */
	int (*prepare_write)(struct inode *inode, uint64_t index, uint32_t from, uint32_t to);
	/* Room that the contents take, in 512 bytes; NULL: as much as the size. */
	uint64_t (*blocks)(const struct inode *inode);
	/*
	 * The first page at or behind index that was ever written to, so that it is no hole;
	 * INODE_NO_PAGE if there is none. NULL: every page is data.
	 */
	uint64_t (*next_data)(struct inode *inode, uint64_t index);
	/* Frees whole pages [first, end), which read as zeroes then: fallocate(2). */
	int (*punch)(struct inode *inode, uint64_t first, uint64_t end);
	/* Before the size changes to that; the page cache is cut afterwards. */
	int (*truncate)(struct inode *inode, uint64_t size);
	/* Mode, owner, times or size were changed: INODE_ bits, 0 for the size. */
	int (*setattr)(struct inode *inode, uint32_t what);
	/* Brings what stat(2) shows up to date. */
	void (*getattr)(struct inode *inode);
	/* A file is being opened: may set its ops and private. */
	int (*open)(struct inode *inode, struct file *file);
	/* Writes pages and attributes to the device. */
	int (*sync)(struct inode *inode);
	/*
	 * The only user is the caller; the inode is freed afterwards, if nobody found it meanwhile:
	 * then it stays as it is. links is 0: the file goes, too.
	 */
	void (*release)(struct inode *inode);
};

struct inode {
	uint32_t users;		/* names in memory, regions */
	uint32_t links;
	uint32_t mode;
	uint32_t device;	/* of devices */
	uint32_t uid, gid;
	uint64_t number;
	uint64_t size;
	uint64_t atime_ns, mtime_ns, ctime_ns;
	const struct inode_ops *ops;
	struct superblock *super;
	void *private;		/* the file system's */
	struct mutex lock;
	/* The page cache: pages that exist; the others are the file system's. */
	struct radix pages;
	size_t page_count;
	uint32_t cuts;		/* how often the file was cut */
	bool filled;
	char *target;		/* symbolic links; freed with the inode */
	struct pipe *pipe;	/* named pipes, while they are open */
	struct list names;	/* dentry.alias */
	struct list locks;	/* advisory ones, fs/lock.c */
	struct list hash_link;	/* in the inode cache, for file systems that use it */
};

/* One user, nothing in it; NULL without memory. For file systems. */
struct inode *inode_new(struct superblock *super, const struct inode_ops *ops, uint32_t mode);
static inline void inode_get(struct inode *inode)
{
	inode->users++;
}
void inode_put(struct inode *inode);
/*
 * The inode with that number in the inode cache, with a user for the caller. One that is not
 * there yet comes locked and with filled = false: the file system fills it, sets filled and calls
 * mutex_unlock(), or inode_bad(). NULL: no memory, or filling it failed for somebody else.
 */
struct inode *inode_of(struct superblock *super, const struct inode_ops *ops, uint64_t number);
void inode_bad(struct inode *inode);

static inline bool inode_is(const struct inode *inode, uint32_t type)
{
	return (inode->mode & S_IFMT) == type;
}

static inline bool inode_is_dir(const struct inode *inode)
{
	return inode_is(inode, S_IFDIR);
}

static inline bool inode_is_regular(const struct inode *inode)
{
	return inode_is(inode, S_IFREG);
}

/* The page at that index if it is in the cache, else NULL. Never sleeps. */
static inline struct page *inode_cached(const struct inode *inode, uint64_t index)
{
	return (struct page *)radix_get(&inode->pages, index);
}

/* The first page in the cache at or behind *index, which becomes its own; NULL: there is none. */
static inline struct page *inode_next_cached(const struct inode *inode, uint64_t *index)
{
	return (struct page *)radix_next(&inode->pages, index);
}

/*
 * The page at that index, read if need be; NULL with -ENOMEM, -EIO behind the end. It has no user
 * for the caller: it is good until the caller sleeps.
 */
struct page *inode_page(struct inode *inode, uint64_t index, int *error);
/* How many pages the cache holds, of all files. */
size_t inode_cached_pages(void);
/* How many of them lie on no device: file systems in memory, shared memory. */
size_t inode_memory_pages(void);
/* Drops a page from the cache, if it is there. */
void inode_drop_page(struct inode *inode, uint64_t index);
/* Whether a page is neither in the cache nor in the file system. */
static inline bool inode_is_hole(struct inode *inode, uint64_t index)
{
	return !inode_cached(inode, index) && inode->ops->next_data &&
	       inode->ops->next_data(inode, index) != index;
}
/* Bytes [from, to) of the file read as zeroes, up to its end. The lock is held. */
int inode_clear(struct inode *inode, uint64_t from, uint64_t to);
/* Sets the size; pages behind it are dropped. Takes the lock. -ENOMEM, -EFBIG, -EROFS. */
int inode_truncate(struct inode *inode, uint64_t size);
/* The same for a program, which has a limit: -EFBIG and SIGXFSZ. */
int inode_resize(struct inode *inode, uint64_t size);
/* To and from kernel memory; the bytes done, or negative. */
ssize_t inode_read(struct inode *inode, uint64_t offset, void *buf, size_t length);
/* To and from user memory; -EFAULT, -ENOSPC, -EFBIG. */
ssize_t inode_read_user(struct inode *inode, uint64_t offset, uint64_t buf, size_t length);
ssize_t inode_write_user(struct inode *inode, uint64_t *offset, bool append, uint64_t buf,
			 size_t length);
/* The data was read: relatime, as mount(8) describes it. */
void inode_touch(struct inode *inode);
/* The target of a symbolic link; its length, at most size, without NUL. */
ssize_t inode_readlink(struct inode *inode, char *buf, size_t size);
/* What of an inode was changed in memory; times in ns. */
int inode_changed(struct inode *inode, uint32_t what);

#endif
