/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls on file systems that only a few programs need.
 * Linux, include/uapi/asm-generic/unistd.h; Linux man-pages, chapter 2.
 */
#ifndef PVGUEST_USER_VFS_H
#define PVGUEST_USER_VFS_H

#include "lib/syscall.h"

#define SYS_flock		32
#define SYS_mknodat		33
#define SYS_mkdirat		34
#define SYS_symlinkat		36
#define SYS_linkat		37
#define SYS_umount2		39
#define SYS_mount		40
#define SYS_pivot_root		41
#define SYS_statfs		43
#define SYS_fstatfs		44
#define SYS_truncate		45
#define SYS_ftruncate		46
#define SYS_fallocate		47
#define SYS_fchdir		50
#define SYS_chroot		51
#define SYS_fchmod		52
#define SYS_fchmodat		53
#define SYS_fchownat		54
#define SYS_pread64		67
#define SYS_pwrite64		68
#define SYS_preadv		69
#define SYS_pwritev		70
#define SYS_sendfile		71
#define SYS_splice		76
#define SYS_tee			77
#define SYS_readlinkat		78
#define SYS_sync		81
#define SYS_utimensat		88
#define SYS_syslog		116
#define SYS_renameat2		276
#define SYS_memfd_create	279
#define SYS_copy_file_range	285
#define SYS_preadv2		286
#define SYS_pwritev2		287
#define SYS_statx		291
#define SYS_close_range		436
#define SYS_faccessat2		439

#define ENXIO			6
#define EBUSY			16
#define EXDEV			18
#define ENODEV			19
#define EFBIG			27
#define EMLINK			31
#define ENOTEMPTY		39
#define ELOOP			40
#define EOPNOTSUPP		95

#define O_EXCL			0200
#define O_NOFOLLOW		0400000
#define O_PATH			010000000
#define O_TMPFILE		020200000
#define AT_SYMLINK_NOFOLLOW	0x100
#define AT_REMOVEDIR		0x200
#define AT_SYMLINK_FOLLOW	0x400
#define RENAME_NOREPLACE	1
#define RENAME_EXCHANGE		2
#define MS_RDONLY		1UL
#define MS_REMOUNT		32UL
#define MS_BIND			4096UL
#define MS_MOVE			8192UL
#define MNT_DETACH		2
#define UTIME_NOW		0x3fffffffL
#define UTIME_OMIT		0x3ffffffeL

struct statfs {
	uint64_t f_type, f_bsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree;
	int f_fsid[2];
	uint64_t f_namelen, f_frsize, f_flags, f_spare[4];
};

static inline long syscall2(long number, long arg0, long arg1)
{
	return syscall3(number, arg0, arg1, 0);
}

static inline long syscall4(long number, long arg0, long arg1, long arg2, long arg3)
{
	return syscall6(number, arg0, arg1, arg2, arg3, 0, 0);
}

static inline long syscall5(long number, long arg0, long arg1, long arg2, long arg3, long arg4)
{
	return syscall6(number, arg0, arg1, arg2, arg3, arg4, 0);
}

static inline long sys_mkdir(const char *path, int mode)
{
	return syscall3(SYS_mkdirat, AT_FDCWD, (long)path, mode);
}

static inline long sys_rmdir(const char *path)
{
	return syscall3(SYS_unlinkat, AT_FDCWD, (long)path, AT_REMOVEDIR);
}

static inline long sys_link(const char *from, const char *to)
{
	return syscall5(SYS_linkat, AT_FDCWD, (long)from, AT_FDCWD, (long)to, 0);
}

static inline long sys_symlink(const char *target, const char *path)
{
	return syscall3(SYS_symlinkat, (long)target, AT_FDCWD, (long)path);
}

static inline long sys_readlink(const char *path, char *buf, size_t size)
{
	return syscall4(SYS_readlinkat, AT_FDCWD, (long)path, (long)buf, (long)size);
}

static inline long sys_rename(const char *from, const char *to, int flags)
{
	return syscall5(SYS_renameat2, AT_FDCWD, (long)from, AT_FDCWD, (long)to, flags);
}

static inline long sys_mount(const char *source, const char *target, const char *type,
			     unsigned long flags, const char *data)
{
	return syscall5(SYS_mount, (long)source, (long)target, (long)type, (long)flags,
			(long)data);
}

static inline long sys_umount(const char *target, int flags)
{
	return syscall2(SYS_umount2, (long)target, flags);
}

static inline long sys_stat(const char *path, struct stat *st)
{
	return sys_newfstatat(AT_FDCWD, path, st, 0);
}

static inline long sys_lstat(const char *path, struct stat *st)
{
	return sys_newfstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

/* Makes a file with that text; its descriptor or negative. */
static inline long vfs_make(const char *path, const char *text, size_t length)
{
	long fd = sys_openat(AT_FDCWD, path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	return fd < 0 || sys_write((int)fd, text, length) == (long)length ? fd : -1;
}

#endif
