/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-vfs: names, attributes, holes and copies, as Linux's tmpfs has them.
 * Linux man-pages, chapter 2.
 */
#include <stdbool.h>

#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/vfs.h"

#define TOP		"/tmp/test-vfs"
#define SEEK_DATA	3
#define SEEK_HOLE	4
#define F_SETPIPE_SZ	1031
#define F_GETPIPE_SZ	1032

static char buf[8192] __attribute__((aligned(8)));

static long remove_all(const char *path)
{
	char name[256];
	struct stat st;
	long fd, n;

	if (sys_lstat(path, &st))
		return 0;
	if (!S_ISDIR(st.st_mode))
		return sys_unlink(path);
	fd = sys_open(path, O_RDONLY | O_DIRECTORY);
	while ((n = sys_getdents64((int)fd, buf, 300)) > 0) {
		char entries[300];

		memcpy(entries, buf, (size_t)n);
		for (long at = 0; at < n;) {
			struct dirent64 *entry = (struct dirent64 *)(void *)(entries + at);

			snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
			if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
				CHECK_EQ(remove_all(name), 0);
			at += entry->d_reclen;
		}
	}
	sys_close((int)fd);
	return sys_rmdir(path);
}

/* An empty directory to work in. */
static void begin(void)
{
	CHECK_EQ(remove_all(TOP), 0);
	CHECK_EQ(sys_mkdir(TOP, 0755), 0);
	CHECK_EQ(sys_chdir(TOP), 0);
}

static void make(const char *name, const char *text)
{
	CHECK_EQ(sys_close((int)vfs_make(name, text, strlen(text))), 0);
}

/* The file is there and contains that. */
static void expect(const char *name, const char *text)
{
	long fd = sys_open(name, O_RDONLY);

	CHECK(fd >= 0);
	CHECK_EQ(sys_read((int)fd, buf, sizeof(buf)), strlen(text));
	CHECK(memcmp(buf, text, strlen(text)) == 0);
	CHECK_EQ(sys_close((int)fd), 0);
}

static unsigned int links(const char *name)
{
	struct stat st;

	CHECK_EQ(sys_lstat(name, &st), 0);
	return st.st_nlink;
}

static void hard_links(void)
{
	begin();
	make("a", "text");
	CHECK_EQ(sys_link("a", "b"), 0);
	CHECK_EQ(links("a"), 2);
	CHECK_EQ(sys_link("a", "b"), -EEXIST);
	CHECK_EQ(sys_unlink("a"), 0);
	CHECK_EQ(links("b"), 1);
	expect("b", "text");
	CHECK_EQ(sys_mkdir("d", 0755), 0);
	CHECK_EQ(sys_link("d", "e"), -EPERM);
	CHECK_EQ(links("d"), 2);
	CHECK_EQ(sys_mkdir("d/e", 0755), 0);
	CHECK_EQ(links("d"), 3);
	CHECK_EQ(sys_rmdir("d/e"), 0);
	CHECK_EQ(links("d"), 2);
	CHECK_EQ(sys_link("/dev/null", "n"), -EXDEV);
}

static void renames_replace(void)
{
	begin();
	make("a", "1");
	make("b", "2");
	CHECK_EQ(sys_rename("a", "b", RENAME_NOREPLACE), -EEXIST);
	CHECK_EQ(sys_rename("a", "b", 0), 0);
	expect("b", "1");
	CHECK_EQ(sys_open("a", O_RDONLY), -ENOENT);
	CHECK_EQ(sys_rename("a", "c", 0), -ENOENT);
	CHECK_EQ(sys_link("b", "same"), 0);
	CHECK_EQ(sys_rename("b", "same", 0), 0);
	CHECK_EQ(links("b"), 2);
	CHECK_EQ(sys_mkdir("d", 0755), 0);
	CHECK_EQ(sys_rename("b", "d", 0), -EISDIR);
	CHECK_EQ(sys_rename("d", "b", 0), -ENOTDIR);
	CHECK_EQ(sys_rename("b", "d/a name that is longer than the one before", 0), 0);
	expect("d/a name that is longer than the one before", "1");
}

static void renames_of_directories(void)
{
	begin();
	CHECK_EQ(sys_mkdir("a", 0755), 0);
	CHECK_EQ(sys_mkdir("a/b", 0755), 0);
	CHECK_EQ(sys_mkdir("c", 0755), 0);
	CHECK_EQ(sys_rename("a", "a/b/x", 0), -EINVAL);
	CHECK_EQ(sys_rename("a/b", "a", 0), -ENOTEMPTY);
	CHECK_EQ(sys_chdir("a/b"), 0);
	CHECK_EQ(sys_rename("../../a/b", "../../c/moved", 0), 0);
	CHECK(sys_getcwd(buf, sizeof(buf)) > 0);
	CHECK(strcmp(buf, TOP "/c/moved") == 0);
	CHECK_EQ(sys_chdir(TOP), 0);
	CHECK(links("a") == 2 && links("c") == 3);
	CHECK_EQ(sys_rename("a", "c", 0), -ENOTEMPTY);
	CHECK_EQ(sys_rename("c", "a", 0), 0);
	CHECK(links("a") == 3 && links(TOP) == 3);
	CHECK_EQ(sys_rename("a/.", "x", 0), -EBUSY);
	make("f", "");
	CHECK_EQ(sys_rename("f", "new/", 0), -ENOTDIR);
}

static void exchange_swaps(void)
{
	begin();
	make("file", "f");
	CHECK_EQ(sys_mkdir("dir", 0755), 0);
	CHECK_EQ(sys_mkdir("dir/sub", 0755), 0);
	CHECK_EQ(sys_rename("file", "dir", RENAME_EXCHANGE), 0);
	expect("dir", "f");
	CHECK_EQ(links("file"), 3);
	CHECK_EQ(sys_rename("dir", "file/sub", RENAME_EXCHANGE), 0);
	expect("file/sub", "f");
	CHECK(links("file") == 2 && links(TOP) == 4);
	CHECK_EQ(sys_rename("dir", "none", RENAME_EXCHANGE), -ENOENT);
	CHECK_EQ(sys_rename("dir", "file", RENAME_EXCHANGE | RENAME_NOREPLACE), -EINVAL);
}

static void unlink_rules(void)
{
	begin();
	CHECK_EQ(sys_mkdir("d", 0755), 0);
	make("d/f", "x");
	CHECK_EQ(sys_unlink("d"), -EISDIR);
	CHECK_EQ(sys_rmdir("d"), -ENOTEMPTY);
	CHECK_EQ(sys_rmdir("d/f"), -ENOTDIR);
	CHECK_EQ(sys_rmdir("d/."), -EINVAL);
	CHECK_EQ(sys_unlink("d/f/"), -ENOTDIR);
	CHECK_EQ(sys_chdir("d"), 0);
	CHECK_EQ(sys_unlink("f"), 0);
	CHECK_EQ(sys_rmdir("../d"), 0);
	CHECK_EQ(sys_getcwd(buf, sizeof(buf)), -ENOENT);
	CHECK_EQ(sys_mkdir("x", 0755), -ENOENT);
	CHECK_EQ(sys_openat(AT_FDCWD, "y", O_CREAT | O_RDWR, 0644), -ENOENT);
	CHECK_EQ(sys_chdir(".."), 0);
	CHECK(sys_getcwd(buf, sizeof(buf)) > 0);
	CHECK(strcmp(buf, TOP) == 0);
}

static void symbolic_links(void)
{
	struct stat st;

	begin();
	make("f", "text");
	CHECK_EQ(sys_symlink("f", "l"), 0);
	CHECK_EQ(sys_symlink("loop", "loop"), 0);
	CHECK_EQ(sys_readlink("l", buf, 100), 1);
	CHECK_EQ(sys_readlink("f", buf, 100), -EINVAL);
	expect("l", "text");
	CHECK_EQ(sys_open("loop", O_RDONLY), -ELOOP);
	CHECK_EQ(sys_open("l", O_RDONLY | O_NOFOLLOW), -ELOOP);
	CHECK_EQ(sys_lstat("l", &st), 0);
	CHECK(st.st_size == 1 && (st.st_mode & 0777) == 0777);
	CHECK_EQ(sys_symlink("new", "dangling"), 0);
	CHECK_EQ(sys_openat(AT_FDCWD, "dangling", O_CREAT | O_EXCL | O_RDWR, 0644), -EEXIST);
	CHECK(sys_openat(AT_FDCWD, "dangling", O_CREAT | O_RDWR, 0644) >= 0);
	CHECK_EQ(sys_stat("new", &st), 0);
	CHECK_EQ(sys_unlink("l"), 0);
	expect("f", "text");
}

static void listing_while_removing(void)
{
	char name[32];
	long fd, n;
	int seen = 0;

	begin();
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		make(name, "");
	}
	fd = sys_open(".", O_RDONLY | O_DIRECTORY);
	while ((n = sys_getdents64((int)fd, buf, 256)) > 0) {
		for (long at = 0; at < n;) {
			struct dirent64 *entry = (struct dirent64 *)(void *)(buf + at);

			if (entry->d_name[0] == 'f') {
				CHECK_EQ(sys_unlink(entry->d_name), 0);
				seen++;
			}
			at += entry->d_reclen;
		}
	}
	CHECK_EQ(seen, 100);
	CHECK_EQ(sys_chdir("/"), 0);
	CHECK_EQ(sys_rmdir(TOP), 0);
}

static void attributes_are_kept(void)
{
	struct stat st;
	long times[4] = { 1000, 5, 2000, 6 };

	begin();
	make("f", "x");
	CHECK_EQ(syscall3(SYS_fchmodat, AT_FDCWD, (long)"f", 04751), 0);
	CHECK_EQ(sys_stat("f", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 04751);
	CHECK_EQ(syscall4(SYS_utimensat, AT_FDCWD, (long)"f", (long)times, 0), 0);
	CHECK_EQ(sys_stat("f", &st), 0);
	CHECK(st.st_atime == 1000 && st.st_atime_nsec == 5 && st.st_mtime == 2000 &&
	      st.st_mtime_nsec == 6);
	times[1] = UTIME_OMIT;
	times[3] = UTIME_NOW;
	CHECK_EQ(syscall4(SYS_utimensat, AT_FDCWD, (long)"f", (long)times, 0), 0);
	CHECK_EQ(sys_stat("f", &st), 0);
	CHECK(st.st_atime == 1000 && st.st_mtime != 2000);
	times[3] = 1000000000;
	CHECK_EQ(syscall4(SYS_utimensat, AT_FDCWD, (long)"f", (long)times, 0), -EINVAL);
	if (syscall0(SYS_getuid) == 0) {
		CHECK_EQ(syscall5(SYS_fchownat, AT_FDCWD, (long)"f", 12, 34, 0), 0);
		CHECK_EQ(syscall5(SYS_fchownat, AT_FDCWD, (long)"f", -1, 35, 0), 0);
		CHECK_EQ(sys_stat("f", &st), 0);
		CHECK(st.st_uid == 12 && st.st_gid == 35 && !(st.st_mode & 04000));
	}
}

static void writing_changes_times(void)
{
	struct stat a, b;
	long fd;

	begin();
	make("f", "x");
	CHECK_EQ(sys_stat("f", &a), 0);
	check_sleep_ms(20);
	fd = sys_open("f", O_WRONLY);
	CHECK_EQ(sys_write((int)fd, "y", 1), 1);
	CHECK_EQ(sys_stat("f", &b), 0);
	CHECK(b.st_mtime > a.st_mtime || b.st_mtime_nsec > a.st_mtime_nsec);
	CHECK(b.st_ctime > a.st_ctime || b.st_ctime_nsec > a.st_ctime_nsec);
	CHECK(b.st_atime == a.st_atime && b.st_atime_nsec == a.st_atime_nsec);
}

static void holes_are_seen(void)
{
	struct stat st;
	long fd;

	begin();
	fd = vfs_make("f", "start", 5);
	CHECK_EQ(syscall4(SYS_pwrite64, fd, (long)"end", 3, 100000), 3);
	CHECK_EQ(sys_fstat((int)fd, &st), 0);
	CHECK(st.st_size == 100003 && st.st_blocks * 512 < 50000);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_DATA), 0);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_HOLE), 4096);
	CHECK_EQ(sys_lseek((int)fd, 5000, SEEK_DATA), 98304);
	CHECK_EQ(sys_lseek((int)fd, 99000, SEEK_HOLE), 100003);
	CHECK_EQ(sys_lseek((int)fd, 100003, SEEK_DATA), -ENXIO);
	CHECK_EQ(syscall4(SYS_fallocate, fd, 3, 0, 4096), 0);
	CHECK_EQ(syscall4(SYS_pread64, fd, (long)buf, 5, 0), 5);
	CHECK(buf[0] == 0 && buf[4] == 0);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_DATA), 98304);
	CHECK_EQ(syscall4(SYS_fallocate, fd, 0, 0, 200000), 0);
	CHECK_EQ(sys_fstat((int)fd, &st), 0);
	CHECK_EQ(st.st_size, 200000);
	CHECK_EQ(syscall4(SYS_fallocate, fd, 0, 0, 0), -EINVAL);
	CHECK_EQ(syscall3(SYS_ftruncate, fd, 3, 0), 0);
	CHECK_EQ(syscall3(SYS_ftruncate, fd, 10, 0), 0);
	CHECK_EQ(syscall4(SYS_pread64, fd, (long)buf, 100, 0), 10);
	CHECK_EQ(syscall3(SYS_truncate, (long)"f", -1, 0), -EINVAL);
}

static void copies_without_buffer(void)
{
	int fds[2];
	long in, out, offset = 2;

	begin();
	in = vfs_make("in", "0123456789", 10);
	out = vfs_make("out", "", 0);
	CHECK_EQ(syscall4(SYS_sendfile, out, in, (long)&offset, 5), 5);
	CHECK_EQ(offset, 7);
	CHECK_EQ(sys_lseek((int)in, 0, SEEK_CUR), 10);
	expect("out", "23456");
	CHECK_EQ(sys_lseek((int)in, 0, SEEK_SET), 0);
	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(syscall4(SYS_sendfile, fds[1], in, 0, 100), 10);
	CHECK_EQ(sys_read(fds[0], buf, 100), 10);
	CHECK_EQ(syscall4(SYS_sendfile, out, fds[0], 0, 100), -EINVAL);
	offset = 0;
	CHECK_EQ(syscall6(SYS_copy_file_range, in, (long)&offset, out, 0, 4, 0), 4);
	expect("out", "234560123");
	CHECK_EQ(syscall6(SYS_copy_file_range, in, (long)&offset, out, 0, 4, 1), -EINVAL);
}

static void statx_and_statfs(void)
{
	struct {
		uint32_t mask, blksize;
		uint64_t attributes;
		uint32_t nlink, uid, gid;
		uint16_t mode, pad;
		uint64_t ino, size, rest[26];
	} stx;
	struct statfs fs;
	struct stat st;

	begin();
	make("f", "hello");
	CHECK_EQ(sizeof(stx), 256);
	CHECK_EQ(syscall5(SYS_statx, AT_FDCWD, (long)"f", 0, 0x7ff, (long)&stx), 0);
	CHECK_EQ(sys_stat("f", &st), 0);
	CHECK(stx.ino == st.st_ino && stx.size == 5 && stx.mode == st.st_mode && stx.nlink == 1);
	CHECK_EQ(stx.mask & 0x7ff, 0x7ff);
	CHECK_EQ(syscall5(SYS_statx, AT_FDCWD, (long)"none", 0, 0x7ff, (long)&stx), -ENOENT);
	CHECK_EQ(syscall5(SYS_statx, AT_FDCWD, (long)"f", 1, 0x7ff, (long)&stx), -EINVAL);
	CHECK_EQ(syscall3(SYS_statfs, (long)".", (long)&fs, 0), 0);
	CHECK(fs.f_namelen == 255 && fs.f_bsize > 0 && fs.f_blocks >= fs.f_bfree);
}

static void descriptors(void)
{
	struct iovec v[2] = { { buf, 2 }, { buf + 100, 3 } };
	int fds[2];
	long fd;

	begin();
	fd = vfs_make("f", "abcdef", 6);
	CHECK_EQ(syscall6(SYS_preadv, fd, (long)v, 2, 1, 0, 0), 5);
	CHECK(memcmp(buf, "bc", 2) == 0 && memcmp(buf + 100, "def", 3) == 0);
	CHECK_EQ(syscall6(SYS_preadv2, fd, (long)v, 2, 1, 0, 0x40), -EOPNOTSUPP);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_SET), 0);
	CHECK_EQ(syscall6(SYS_preadv2, fd, (long)v, 1, -1, 0, 0), 2);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_CUR), 2);
	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_fcntl(fds[0], F_GETPIPE_SZ, 0), 65536);
	CHECK_EQ(sys_fcntl(fds[0], F_SETPIPE_SZ, 5000), 8192);
	CHECK_EQ(sys_fcntl((int)fd, F_GETPIPE_SZ, 0), -EBADF);
	CHECK_EQ(sys_dup3((int)fd, 50, 0), 50);
	CHECK_EQ(sys_dup3((int)fd, 52, 0), 52);
	CHECK_EQ(syscall3(SYS_close_range, 50, 51, 4), 0);
	CHECK_EQ(sys_fcntl(50, F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(syscall3(SYS_close_range, 50, 0xffffffff, 0), 0);
	CHECK_EQ(sys_fcntl(50, F_GETFD, 0), -EBADF);
	CHECK_EQ(sys_fcntl(52, F_GETFD, 0), -EBADF);
	CHECK_EQ(syscall3(SYS_close_range, 51, 50, 0), -EINVAL);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "hard links share a file and count themselves", hard_links },
		{ "rename replaces what it may and nothing else", renames_replace },
		{ "directories are renamed with all that is below them", renames_of_directories },
		{ "RENAME_EXCHANGE swaps a file and a directory", exchange_swaps },
		{ "unlink and rmdir refuse what they must", unlink_rules },
		{ "symbolic links are followed, kept and limited", symbolic_links },
		{ "getdents64 goes on while entries are removed", listing_while_removing },
		{ "mode, owner and times are kept", attributes_are_kept },
		{ "a write changes mtime and ctime, not atime", writing_changes_times },
		{ "holes are found, made and filled", holes_are_seen },
		{ "sendfile and copy_file_range copy and move offsets", copies_without_buffer },
		{ "statx and statfs agree with stat", statx_and_statfs },
		{ "preadv, pipe sizes and close_range do as they say", descriptors },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
