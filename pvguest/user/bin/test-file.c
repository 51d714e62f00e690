/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-file: files, directories and descriptors do what Linux's do.
 * Linux riscv64 system call ABI; POSIX.1-2017, open, read, lseek, dup, fcntl.
 */
#include <stdbool.h>

#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"
#include "lib/vfs.h"

#define SEEK_DATA	3
#define SEEK_HOLE	4

#define TEMPORARY "/test-file.tmp"

static char buf[4096] __attribute__((aligned(8)));

static int open_self(void)
{
	long fd = sys_open(check_self(), O_RDONLY);

	CHECK(fd >= 0);
	return (int)fd;
}

static void reads_its_own_file(void)
{
	int fd = open_self();
	char again[64];
	struct stat st;
	long size;

	CHECK_EQ(sys_read(fd, buf, 64), 64);
	CHECK(memcmp(buf, "\177ELF\2\1\1", 7) == 0);
	CHECK_EQ(sys_fstat(fd, &st), 0);
	CHECK(S_ISREG(st.st_mode) && (st.st_mode & 0111) != 0);
	size = sys_lseek(fd, 0, SEEK_END);
	CHECK_EQ(size, st.st_size);
	CHECK_EQ(sys_read(fd, buf, 64), 0);
	CHECK_EQ(sys_lseek(fd, -10, SEEK_CUR), size - 10);
	CHECK_EQ(sys_read(fd, buf + 64, 64), 10);
	CHECK_EQ(sys_lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(sys_read(fd, again, 64), 64);
	CHECK(memcmp(buf, again, 64) == 0);
	CHECK_EQ(sys_close(fd), 0);
}

static void seeks_are_checked(void)
{
	int fd = open_self();

	CHECK_EQ(sys_lseek(fd, -1, SEEK_SET), -EINVAL);
	CHECK_EQ(sys_lseek(fd, 0, 77), -EINVAL);
	CHECK_EQ(sys_lseek(fd, 1L << 40, SEEK_SET), 1L << 40);
	CHECK_EQ(sys_read(fd, buf, 10), 0);
	CHECK_EQ(sys_lseek(99, 0, SEEK_SET), -EBADF);
}

static void open_errors(void)
{
	char name[300];

	CHECK_EQ(sys_open("/no/such/file", O_RDONLY), -ENOENT);
	CHECK_EQ(sys_open("", O_RDONLY), -ENOENT);
	CHECK_EQ(sys_open("/bin", O_WRONLY), -EISDIR);
	CHECK_EQ(sys_open(check_self(), O_RDONLY | O_DIRECTORY), -ENOTDIR);
	snprintf(name, sizeof(name), "%s/x", check_self());
	CHECK_EQ(sys_open(name, O_RDONLY), -ENOTDIR);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	CHECK_EQ(sys_open(name, O_RDONLY), -ENAMETOOLONG);
	CHECK_EQ(sys_openat(99, "x", O_RDONLY, 0), -EBADF);
	CHECK_EQ(sys_openat(open_self(), "x", O_RDONLY, 0), -ENOTDIR);
}

static void bad_descriptors(void)
{
	static const int bad[] = { -1, 99, 0x7fffffff, -0x7fffffff - 1 };
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_EQ(sys_read(bad[i], buf, 1), -EBADF);
		CHECK_EQ(sys_write(bad[i], buf, 1), -EBADF);
		CHECK_EQ(sys_close(bad[i]), -EBADF);
		CHECK_EQ(sys_dup(bad[i]), -EBADF);
		CHECK_EQ(sys_dup3(bad[i], 5, 0), -EBADF);
		CHECK_EQ(sys_dup3(1, bad[i], 0), bad[i] == 99 ? 99 : -EBADF);
		sys_close(99);
		CHECK_EQ(sys_fcntl(bad[i], F_GETFD, 0), -EBADF);
		CHECK_EQ(sys_fstat(bad[i], &st), -EBADF);
		CHECK_EQ(sys_getdents64(bad[i], buf, sizeof(buf)), -EBADF);
	}
	CHECK_EQ(sys_write(open_self(), buf, 1), -EBADF);
}

static void duplicates_share_offset(void)
{
	int fd = open_self();
	long copy = sys_dup(fd), pid;

	CHECK(copy > fd);
	CHECK_EQ(sys_read(fd, buf, 10), 10);
	CHECK_EQ(sys_lseek((int)copy, 0, SEEK_CUR), 10);
	pid = sys_fork();
	if (pid == 0)
		sys_exit(sys_read((int)copy, buf, 5) == 5 ? 0 : 1);
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(sys_lseek(fd, 0, SEEK_CUR), 15);
	CHECK_EQ(sys_lseek(open_self(), 0, SEEK_CUR), 0);
	CHECK_EQ(sys_close(fd), 0);
	CHECK_EQ(sys_read((int)copy, buf, 5), 5);
}

static void dup_and_fcntl(void)
{
	int fd = open_self();

	CHECK_EQ(sys_dup3(fd, 30, 0), 30);
	CHECK_EQ(sys_dup3(fd, 30, O_CLOEXEC), 30);
	CHECK_EQ(sys_fcntl(30, F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(sys_dup3(fd, fd, 0), -EINVAL);
	CHECK_EQ(sys_fcntl(fd, F_DUPFD, 40), 40);
	CHECK_EQ(sys_fcntl(fd, F_DUPFD, 40), 41);
	CHECK_EQ(sys_fcntl(fd, F_DUPFD_CLOEXEC, 40), 42);
	CHECK_EQ(sys_fcntl(42, F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(sys_fcntl(41, F_GETFD, 0), 0);
	CHECK_EQ(sys_fcntl(fd, F_GETFL, 0) & 3, O_RDONLY);
	CHECK_EQ(sys_fcntl(1, F_DUPFD, -1), -EINVAL);
	CHECK_EQ(sys_fcntl(fd, 12345, 0), -EINVAL);
	CHECK_EQ(sys_close(fd), 0);
	CHECK_EQ(sys_dup(1), fd);
}

/* Looks up `name` in the directory and checks each entry; its type, or -1. */
static int directory_find(int fd, const char *name, size_t size)
{
	long len, at, error;
	int type = -1;
	struct stat st;

	while ((len = sys_getdents64(fd, buf, size)) > 0) {
		for (at = 0; at < len;) {
			struct dirent64 *entry = (struct dirent64 *)(void *)(buf + at);

			CHECK(entry->d_reclen % 8 == 0 && at + entry->d_reclen <= len);
			error = sys_newfstatat(fd, entry->d_name, &st, 0);
			if (strcmp(entry->d_name, name) == 0) {
				CHECK_EQ(error, 0);
				CHECK(type == -1);
				type = entry->d_type;
			}
			at += entry->d_reclen;
		}
	}
	CHECK_EQ(len, 0);
	return type;
}

static void directories_list(void)
{
	const char *base = strrchr(check_self(), '/') + 1;
	char dir[256];
	long fd;

	snprintf(dir, sizeof(dir), "%.*s", (int)(base - check_self()), check_self());
	fd = sys_open(dir, O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0);
	CHECK_EQ(directory_find((int)fd, base, sizeof(buf)), DT_REG);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_SET), 0);
	CHECK_EQ(directory_find((int)fd, "..", 300), DT_DIR);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_SET), 0);
	CHECK_EQ(directory_find((int)fd, "no-such-name", 300), -1);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_SET), 0);
	CHECK_EQ(sys_getdents64((int)fd, buf, 3), -EINVAL);
	CHECK_EQ(sys_read((int)fd, buf, 10), -EISDIR);
	CHECK_EQ(sys_getdents64(open_self(), buf, sizeof(buf)), -ENOTDIR);
}

static void working_directory(void)
{
	struct stat st;
	long pid;

	CHECK_EQ(sys_chdir("/dev"), 0);
	CHECK_EQ(sys_getcwd(buf, sizeof(buf)), 5);
	CHECK(strcmp(buf, "/dev") == 0);
	CHECK(sys_open("null", O_RDONLY) >= 0);
	CHECK_EQ(sys_newfstatat(AT_FDCWD, "../dev/./null", &st, 0), 0);
	CHECK_EQ(st.st_mode & S_IFMT, S_IFCHR);
	CHECK_EQ(sys_getcwd(buf, 4), -ERANGE);
	CHECK_EQ(sys_chdir("/no/such"), -ENOENT);
	CHECK_EQ(sys_chdir(check_self()), -ENOTDIR);
	pid = sys_fork();
	if (pid == 0)
		sys_exit(sys_chdir("..") == 0 && sys_getcwd(buf, sizeof(buf)) == 2 ? 0 : 1);
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(sys_getcwd(buf, sizeof(buf)), 5);
	CHECK_EQ(sys_chdir("../../.."), 0);
	CHECK_EQ(sys_getcwd(buf, sizeof(buf)), 2);
}

static void stat_tells(void)
{
	int fd = open_self();
	struct stat a, b;

	CHECK_EQ(sys_newfstatat(AT_FDCWD, check_self(), &a, 0), 0);
	CHECK_EQ(sys_fstat(fd, &b), 0);
	CHECK(a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mode == b.st_mode);
	CHECK_EQ(sys_newfstatat(fd, "", &b, AT_EMPTY_PATH), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(sys_newfstatat(AT_FDCWD, "", &b, 0), -ENOENT);
	CHECK_EQ(sys_newfstatat(AT_FDCWD, "/", &b, 0), 0);
	CHECK(S_ISDIR(b.st_mode));
	CHECK_EQ(sys_newfstatat(AT_FDCWD, "/no/such", &b, 0), -ENOENT);
}

static void files_are_made(void)
{
	long fd = sys_open(TEMPORARY, O_RDWR | O_CREAT | O_TRUNC), other;
	struct stat st;
	int i;

	CHECK(fd >= 0);
	for (i = 0; i < 3000; i++)		/* 12000 bytes, over page boundaries */
		CHECK_EQ(sys_write((int)fd, &i, sizeof(i)), sizeof(i));
	CHECK_EQ(sys_fstat((int)fd, &st), 0);
	CHECK_EQ(st.st_size, 12000);
	CHECK_EQ(sys_lseek((int)fd, 8, SEEK_SET), 8);
	CHECK_EQ(sys_read((int)fd, &i, sizeof(i)), sizeof(i));
	CHECK_EQ(i, 2);
	CHECK_EQ(sys_write((int)fd, "ABCD", 4), 4);
	other = sys_open(TEMPORARY, O_WRONLY | O_APPEND);
	CHECK(other >= 0);
	CHECK_EQ(sys_write((int)other, "end", 3), 3);
	CHECK_EQ(sys_lseek((int)fd, 11996, SEEK_SET), 11996);
	CHECK_EQ(sys_read((int)fd, buf, sizeof(buf)), 7);
	CHECK(memcmp(buf + 4, "end", 3) == 0);
	CHECK_EQ(sys_close((int)other), 0);
	other = sys_open(TEMPORARY, O_WRONLY | O_TRUNC);
	CHECK_EQ(sys_fstat((int)fd, &st), 0);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(sys_write((int)other, "xy", 2), 2);
	CHECK_EQ(sys_unlink(TEMPORARY), 0);
	CHECK_EQ(sys_open(TEMPORARY, O_RDONLY), -ENOENT);
	CHECK_EQ(sys_unlink(TEMPORARY), -ENOENT);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_SET), 0);
	CHECK_EQ(sys_read((int)fd, buf, 10), 2);	/* it is there while it is open */
}

static void holes_are_zero(void)
{
	long fd = sys_open(TEMPORARY, O_RDWR | O_CREAT | O_TRUNC);
	size_t i;

	CHECK(fd >= 0);
	CHECK_EQ(sys_write((int)fd, "a", 1), 1);
	CHECK_EQ(sys_lseek((int)fd, 3000, SEEK_SET), 3000);
	CHECK_EQ(sys_write((int)fd, "b", 1), 1);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_SET), 0);
	CHECK_EQ(sys_read((int)fd, buf, sizeof(buf)), 3001);
	for (i = 1; i < 3000; i++)
		CHECK_EQ(buf[i], 0);
	CHECK(buf[0] == 'a' && buf[3000] == 'b');
	CHECK_EQ(sys_unlink(TEMPORARY), 0);
}

static void vectors(void)
{
	char a[3], b[5], c[100];
	struct iovec out[3] = { { (char[]){ "one" }, 3 }, { NULL, 0 }, { (char[]){ "two44" }, 5 } };
	struct iovec in[3] = { { a, 3 }, { b, 2 }, { c, 100 } };
	int fds[2];

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(syscall3(SYS_writev, fds[1], (long)out, 3), 8);
	CHECK_EQ(syscall3(SYS_readv, fds[0], (long)in, 3), 8);
	CHECK(memcmp(a, "one", 3) == 0 && memcmp(b, "tw", 2) == 0 && memcmp(c, "o44", 3) == 0);
	CHECK_EQ(syscall3(SYS_writev, fds[1], (long)out, -1), -EINVAL);
	CHECK_EQ(syscall3(SYS_writev, fds[1], (long)out, 5000), -EINVAL);
	CHECK_EQ(syscall3(SYS_writev, fds[1], (long)check_wild[1], 2), -EFAULT);
}

static void devices(void)
{
	long null = sys_open("/dev/null", O_RDWR), zero = sys_open("/dev/zero", O_RDONLY);

	CHECK(null >= 0 && zero >= 0);
	CHECK_EQ(sys_read((int)null, buf, 10), 0);
	CHECK_EQ(sys_write((int)null, buf, 10), 10);
	memset(buf, 1, 20);
	CHECK_EQ(sys_read((int)zero, buf, 10), 10);
	CHECK(buf[9] == 0 && buf[10] == 1);
	CHECK_EQ(sys_ioctl((int)null, TCGETS, buf), -ENOTTY);
}

/* Source, target and the buffer of the pipe stand at all distances from a word. */
static void copies_begin_anywhere(void)
{
	static char from[96], to[96];
	int fds[2];

	CHECK_EQ(sys_pipe(fds), 0);
	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (char)(i + 1);
	for (unsigned int n = 0; n < 9 * 9 * 71; n++) {
		size_t length = n % 71, at = n / 71 % 9, there = n / 71 / 9;

		memset(to, 0, sizeof(to));
		CHECK_EQ(sys_write(fds[1], from + at, length), (long)length);
		if (length)
			CHECK_EQ(sys_read(fds[0], to + there, length), (long)length);
		CHECK(memcmp(to + there, from + at, length) == 0);
		CHECK(!to[there + length] && (!there || !to[there - 1]));
	}
}

static void zeroes_end_where_they_should(void)
{
	char *pages = check_map(2 * 4096, PROT_READ | PROT_WRITE), *end = pages + 4096;
	long fd = sys_open("/dev/zero", O_RDONLY), n;

	CHECK(fd >= 0);
	for (unsigned int i = 0; i < 9 * 71; i++) {
		size_t length = i % 71, at = 8 + i / 71;

		memset(buf, 'x', 96);
		CHECK_EQ(sys_read((int)fd, buf + at, length), (long)length);
		for (size_t b = 0; b < 96; b++)
			CHECK_EQ(buf[b], b >= at && b < at + length ? 0 : 'x');
	}
	CHECK_EQ(sys_munmap(end, 4096), 0);
	for (long before = 0; before < 70; before++) {
		CHECK_EQ(sys_read((int)fd, end - before, (size_t)before), before);
		n = sys_read((int)fd, end - before, (size_t)before + 1);
		CHECK(n == -EFAULT || (before && n == before));
	}
}

static void descriptors_run_out(void)
{
	long fd, last = 0;
	int i;

	for (i = 0; i < 2000; i++) {
		fd = sys_dup(1);
		if (fd < 0)
			break;
		CHECK(fd > last);
		last = fd;
	}
	if (i < 2000)
		CHECK_EQ(fd, -EMFILE);
	CHECK_EQ(sys_close((int)last), 0);
	CHECK_EQ(sys_dup(1), last);
}

/* 8 TiB, of which nothing is there: looking for data must not walk them. */
static void holes_have_no_length(void)
{
	long fd = sys_open("/tmp/sparse", O_RDWR | O_CREAT | O_TRUNC), before = check_now_ms();

	CHECK(fd >= 0);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, 1L << 33), 0);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_DATA), -ENXIO);
	CHECK_EQ(sys_lseek((int)fd, 4097, SEEK_HOLE), 4097);
	if (check_on_pvguest()) {
		CHECK_EQ(syscall2(SYS_ftruncate, fd, 1L << 43), 0);
		CHECK_EQ(sys_lseek((int)fd, 0, SEEK_DATA), -ENXIO);
		CHECK(check_now_ms() - before < 5000);
	}
	CHECK_EQ(sys_close((int)fd), 0);
	CHECK_EQ(sys_unlink("/tmp/sparse"), 0);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "a program reads its own ELF file", reads_its_own_file },
		{ "lseek goes behind the end but not before the start", seeks_are_checked },
		{ "open fails with ENOENT, EISDIR, ENOTDIR, ENAMETOOLONG and EBADF", open_errors },
		{ "descriptors that are not open fail with EBADF everywhere", bad_descriptors },
		{ "duplicated and inherited descriptors share an offset",
		  duplicates_share_offset },
		{ "dup3 and fcntl give the descriptors that are asked for", dup_and_fcntl },
		{ "getdents64 lists each name once, in pieces too", directories_list },
		{ "chdir and getcwd follow . and .. and are each process's own",
		  working_directory },
		{ "fstat and newfstatat agree", stat_tells },
		{ "files are made, written, appended, truncated and unlinked", files_are_made },
		{ "a hole in a file reads as zeroes", holes_are_zero },
		{ "SEEK_DATA and SEEK_HOLE pass a hole of any length at once",
		  holes_have_no_length },
		{ "readv and writev go through their vectors", vectors },
		{ "/dev/null is empty and /dev/zero is zero", devices },
		{ "bytes are copied from and to any place in memory", copies_begin_anywhere },
		{ "zeroes are read up to their end and no further", zeroes_end_where_they_should },
		{ "descriptors run out with EMFILE", descriptors_run_out },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
