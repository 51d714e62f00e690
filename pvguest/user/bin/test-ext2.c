/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-ext2: the disk /dev/vda with the ext2 file system that tests/system/disk.py put there.
 * Linux man-pages, mount(2), fsync(2), rename(2), sd(4) (the ioctls).
 */
#include <stdbool.h>

#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/thread.h"
#include "lib/vfs.h"

#define DISK		"/dev/vda"
#define POINT		"/tmp/test-ext2"
#define BLKROGET	0x125eUL
#define BLKSSZGET	0x1268UL
#define BLKGETSIZE64	0x80081272UL
#define SYS_fsync	82
#define PATTERN_BYTES	300000
#define WRITERS		4
#define PLACES		300
#define ROUNDS		60
#define ENOTBLK		15

static char buf[65536] __attribute__((aligned(8)));
static char other[65536] __attribute__((aligned(8)));

static bool disk_is_read_only(void)
{
	long fd = sys_open(DISK, O_RDONLY);
	int flag = 0;

	if (fd < 0)
		check_skip("there is no disk");
	CHECK_EQ(sys_ioctl((int)fd, BLKROGET, &flag), 0);
	CHECK_EQ(sys_close((int)fd), 0);
	return flag;
}

static void mount_disk(void)
{
	CHECK_EQ(sys_mount(DISK, POINT, "ext2", 0, NULL), 0);
}

static void begin(void)
{
	if (disk_is_read_only())
		check_skip("the disk is read-only");
	sys_mkdir(POINT, 0755);
	mount_disk();
}

static void end(void)
{
	CHECK_EQ(sys_umount(POINT, 0), 0);
}

static void again(void)
{
	end();
	mount_disk();
}

static void fill(char *bytes, size_t length, unsigned int seed)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (char)((i + seed) * 2654435761U >> 13);
}

static void make(const char *path, size_t length, unsigned int seed)
{
	long fd;

	fill(buf, length, seed);
	fd = vfs_make(path, buf, length);
	CHECK(fd >= 0);
	CHECK_EQ(sys_close((int)fd), 0);
}

static void verify(const char *path, size_t length, unsigned int seed)
{
	long fd = sys_open(path, O_RDONLY);

	CHECK(fd >= 0);
	fill(buf, length, seed);
	CHECK_EQ(sys_read((int)fd, other, sizeof(other)), (long)length);
	CHECK(memcmp(buf, other, length) == 0);
	CHECK_EQ(sys_close((int)fd), 0);
}

static uint64_t free_blocks(void)
{
	struct statfs st;

	CHECK_EQ(syscall2(SYS_statfs, (long)POINT, (long)&st), 0);
	CHECK_EQ(st.f_type, 0xef53);
	return st.f_bfree;
}

static void host_files_are_read(void)
{
	long fd, n, done = 0;

	if (disk_is_read_only()) {
		sys_mkdir(POINT, 0755);
		CHECK_EQ(sys_mount(DISK, POINT, "ext2", MS_RDONLY, NULL), 0);
	} else {
		begin();
	}
	fd = sys_open(POINT "/dir/pattern", O_RDONLY);
	CHECK(fd >= 0);
	while ((n = sys_read((int)fd, buf, 50000)) > 0) {
		for (long i = 0; i < n; i++)
			CHECK_EQ((unsigned char)buf[i], (done + i) * 7 / 3 & 255);
		done += n;
	}
	CHECK_EQ(done, PATTERN_BYTES);
	CHECK_EQ(sys_close((int)fd), 0);
	n = sys_readlink(POINT "/link", buf, sizeof(buf));
	CHECK(n == 11 && memcmp(buf, "dir/pattern", 11) == 0);
	end();
}

static void everything_survives_umount(void)
{
	struct stat st;

	begin();
	CHECK_EQ(sys_mkdir(POINT "/new", 0750), 0);
	CHECK_EQ(sys_mkdir(POINT "/new/sub", 0755), 0);
	make(POINT "/new/file", 60000, 1);
	CHECK_EQ(sys_link(POINT "/new/file", POINT "/new/hard"), 0);
	CHECK_EQ(sys_symlink("file", POINT "/new/soft"), 0);
	fill(buf, 200, 2);
	memset(buf, 'x', 200);
	buf[200] = '\0';
	CHECK_EQ(sys_symlink(buf, POINT "/new/long"), 0);
	CHECK_EQ(syscall4(SYS_mknodat, AT_FDCWD, (long)POINT "/new/null", 020666, 0x103), 0);
	again();
	verify(POINT "/new/soft", 60000, 1);
	CHECK_EQ(sys_stat(POINT "/new/hard", &st), 0);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(sys_readlink(POINT "/new/long", buf, sizeof(buf)), 200);
	CHECK_EQ(sys_stat(POINT "/new", &st), 0);
	CHECK_EQ(st.st_mode, 040750);
	CHECK_EQ(st.st_nlink, 3);
	CHECK_EQ(sys_stat(POINT "/new/null", &st), 0);
	CHECK_EQ(st.st_rdev, 0x103);
	end();
}

static void renames_are_kept(void)
{
	struct stat st;

	begin();
	make(POINT "/one", 1000, 3);
	make(POINT "/two", 2000, 4);
	CHECK_EQ(sys_mkdir(POINT "/from", 0755), 0);
	CHECK_EQ(sys_mkdir(POINT "/to", 0755), 0);
	CHECK_EQ(sys_mkdir(POINT "/from/dir", 0755), 0);
	CHECK_EQ(sys_rename(POINT "/one", POINT "/two", RENAME_EXCHANGE), 0);
	CHECK_EQ(sys_rename(POINT "/from/dir", POINT "/to/dir", 0), 0);
	CHECK_EQ(sys_rename(POINT "/to", POINT "/to/dir/in", 0), -EINVAL);
	again();
	verify(POINT "/one", 2000, 4);
	verify(POINT "/to/dir/../../two", 1000, 3);
	CHECK_EQ(sys_rename(POINT "/one", POINT "/two", 0), 0);
	CHECK_EQ(sys_stat(POINT "/one", &st), -ENOENT);
	CHECK_EQ(sys_rmdir(POINT "/to"), -ENOTEMPTY);
	CHECK_EQ(sys_rmdir(POINT "/from"), 0);
	again();
	verify(POINT "/two", 2000, 4);
	end();
}

static void a_full_disk_says_so(void)
{
	uint64_t before;
	long fd, n, size = 0;
	struct stat st;

	begin();
	before = free_blocks();
	fd = vfs_make(POINT "/full", "", 0);
	CHECK(fd >= 0);
	fill(buf, sizeof(buf), 5);
	while ((n = sys_write((int)fd, buf, sizeof(buf))) > 0)
		size += n;
	CHECK_EQ(n, -ENOSPC);
	CHECK(size > 1000000);
	CHECK_EQ(syscall2(SYS_fsync, fd, 0), 0);
	CHECK_EQ(sys_fstat((int)fd, &st), 0);
	CHECK_EQ(st.st_size, size);
	CHECK_EQ(sys_close((int)fd), 0);
	again();
	fd = sys_open(POINT "/full", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(sys_lseek((int)fd, size / 65536 * 65536 - 65536, SEEK_SET) >= 0, 1);
	CHECK_EQ(sys_read((int)fd, other, sizeof(other)), (long)sizeof(other));
	CHECK(memcmp(buf, other, sizeof(other)) == 0);
	CHECK_EQ(sys_close((int)fd), 0);
	CHECK_EQ(sys_unlink(POINT "/full"), 0);
	CHECK_EQ(free_blocks(), before);
	end();
}

static void files_without_a_name_live_on(void)
{
	uint64_t before;
	long fd;

	begin();
	before = free_blocks();
	fill(buf, 50000, 6);
	fd = vfs_make(POINT "/gone", buf, 50000);
	CHECK(fd >= 0);
	CHECK_EQ(sys_unlink(POINT "/gone"), 0);
	CHECK_EQ(sys_mount(DISK, POINT, NULL, MS_REMOUNT | MS_RDONLY, NULL), -EBUSY);
	CHECK(free_blocks() < before);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_SET), 0);
	CHECK_EQ(sys_read((int)fd, other, 50000), 50000);
	CHECK(memcmp(buf, other, 50000) == 0);
	CHECK_EQ(sys_close((int)fd), 0);
	CHECK_EQ(free_blocks(), before);
	end();
}

static void shared_mappings_reach_the_disk(void)
{
	long fd, map;

	begin();
	make(POINT "/mapped", 10000, 7);
	fd = sys_open(POINT "/mapped", O_RDWR);
	map = sys_mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
	CHECK(map > 0);
	CHECK_EQ(*(volatile char *)map, buf[0]);
	memcpy((char *)map + 5000, "through the mapping", 19);
	CHECK_EQ(syscall2(SYS_fsync, fd, 0), 0);
	memcpy((char *)map + 9000, "after fsync", 11);
	CHECK_EQ(sys_munmap((void *)map, 12288), 0);
	CHECK_EQ(sys_close((int)fd), 0);
	again();
	fd = sys_open(POINT "/mapped", O_RDONLY);
	CHECK_EQ(sys_read((int)fd, buf, sizeof(buf)), 10000);
	CHECK(memcmp(buf + 5000, "through the mapping", 19) == 0);
	CHECK(memcmp(buf + 9000, "after fsync", 11) == 0);
	CHECK_EQ(sys_close((int)fd), 0);
	end();
}

static void holes_are_zero(void)
{
	static const char zeros[4096];
	uint64_t before;
	long fd;

	begin();
	before = free_blocks();
	fd = vfs_make(POINT "/hole", "begin", 5);
	CHECK(fd >= 0);
	CHECK_EQ(syscall4(SYS_pwrite64, fd, (long)"end", 3, 200000000), 3);
	CHECK(before - free_blocks() < 40);
	/* A write into the hole shows nothing of what the block held before. */
	CHECK_EQ(syscall4(SYS_pwrite64, fd, (long)"x", 1, 1000000), 1);
	CHECK_EQ(sys_close((int)fd), 0);
	again();
	fd = sys_open(POINT "/hole", O_RDWR);
	CHECK_EQ(syscall4(SYS_pread64, fd, (long)buf, 4096, 1000001), 4096);
	CHECK(memcmp(buf, zeros, 4096) == 0);
	CHECK_EQ(syscall4(SYS_pread64, fd, (long)buf, 10, 200000000), 3);
	CHECK(memcmp(buf, "end", 3) == 0);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, 3), 0);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, 4096), 0);
	CHECK_EQ(syscall4(SYS_pread64, fd, (long)buf, 4096, 0), 4096);
	CHECK(memcmp(buf, "beg", 3) == 0);
	CHECK(memcmp(buf + 3, zeros, 4093) == 0);
	CHECK_EQ(sys_close((int)fd), 0);
	CHECK_EQ(sys_unlink(POINT "/hole"), 0);
	CHECK_EQ(free_blocks(), before);
	end();
}

static char writer_path[64];

static int writer(void)
{
	for (unsigned int i = 0; i < 12; i++) {
		make(writer_path, 1000 + i * 4000, i);
		verify(writer_path, 1000 + i * 4000, i);
		if (i % 3 == 0)
			CHECK_EQ(sys_unlink(writer_path), 0);
		if (i % 4 == 0)
			syscall0(SYS_sync);
	}
	return 0;
}

static void writers_do_not_disturb_each_other(void)
{
	long pids[WRITERS];

	begin();
	for (int i = 0; i < WRITERS; i++) {
		snprintf(writer_path, sizeof(writer_path), POINT "/writer%d", i);
		pids[i] = check_fork(writer);
	}
	for (int i = 0; i < WRITERS; i++)
		CHECK_EQ(check_wait(pids[i]), 0);
	again();
	for (int i = 0; i < WRITERS; i++) {
		snprintf(writer_path, sizeof(writer_path), POINT "/writer%d", i);
		verify(writer_path, 1000 + 11 * 4000, 11);
	}
	end();
}

static struct thread threads[2];
static int shared_fd;

/* Every second page from that one on. */
static long write_places(void *first)
{
	static char page[2][4096];
	long i, k = (long)first, n = 0;

	memset(page[k], 'A' + (int)k, sizeof(page[k]));
	for (i = 0; i < PLACES; i++)
		n += syscall4(SYS_pwrite64, shared_fd, (long)page[k], sizeof(page[k]),
			      (2 * i + k) * 4096);
	return n;
}

static void threads_write_where_they_say(void)
{
	long i, wrong = 0;

	begin();
	shared_fd = (int)vfs_make(POINT "/places", "", 0);
	CHECK(shared_fd >= 0);
	for (i = 0; i < 2; i++)
		CHECK_EQ(thread_start(&threads[i], write_places, (void *)i), 0);
	for (i = 0; i < 2; i++)
		CHECK_EQ(thread_join(&threads[i]), PLACES * 4096L);
	for (i = 0; i < 2L * PLACES; i++) {
		CHECK_EQ(syscall4(SYS_pread64, shared_fd, (long)buf, 1, i * 4096), 1);
		wrong += buf[0] != 'A' + (i & 1);
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(sys_close(shared_fd), 0);
	CHECK_EQ(sys_unlink(POINT "/places"), 0);
	end();
}

static void sync_for_ever(void)
{
	for (;;)
		syscall0(SYS_sync);
}

/* sync(2) may be what uses a file system last, while it is unmounted and mounted again. */
static void unmounting_bears_sync(void)
{
	long pids[2];
	int i;

	begin();
	for (i = 0; i < 2; i++) {
		pids[i] = sys_fork();
		if (!pids[i])
			sync_for_ever();
		CHECK(pids[i] > 0);
	}
	for (i = 0; i < ROUNDS; i++) {
		CHECK_EQ(sys_close((int)vfs_make(POINT "/synced", "x", 1)), 0);
		CHECK_EQ(sys_umount(POINT, MNT_DETACH), 0);
		mount_disk();
	}
	for (i = 0; i < 2; i++) {
		CHECK_EQ(sys_kill(pids[i], SIGKILL), 0);
		CHECK_EQ(sys_wait4(pids[i], NULL, 0), pids[i]);
	}
	CHECK_EQ(sys_unlink(POINT "/synced"), 0);
	end();
}

/* Longer than memory and the disk are; 2^42 bytes are more than three indirect blocks map. */
static void files_are_longer_than_the_disk(void)
{
	const char *path = POINT "/sparse";
	const long far = 5L << 30, beyond = 1L << 42;
	uint64_t before;
	long fd;

	begin();
	before = free_blocks();
	fd = vfs_make(path, "a", 1);
	CHECK(fd >= 0);
	CHECK_EQ(syscall4(SYS_pwrite64, fd, (long)"z", 1, far), 1);
	CHECK_EQ(syscall4(SYS_pwrite64, fd, (long)"z", 1, beyond), -EFBIG);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, beyond), -EFBIG);
	CHECK_EQ(sys_lseek((int)fd, beyond, SEEK_SET), -EINVAL);
	CHECK_EQ(sys_close((int)fd), 0);
	again();
	fd = sys_open(path, O_RDWR);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_END), far + 1);
	CHECK_EQ(syscall4(SYS_pread64, fd, (long)buf, sizeof(buf), far - 7), 8);
	CHECK_EQ(buf[6], 0);
	CHECK_EQ(buf[7], 'z');
	CHECK_EQ(syscall4(SYS_pread64, fd, (long)buf, 1, far / 2), 1);
	CHECK_EQ(buf[0], 0);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, 1), 0);
	CHECK_EQ(sys_read((int)fd, buf, 2), 0);
	CHECK_EQ(syscall4(SYS_pread64, fd, (long)buf, 2, 0), 1);
	CHECK_EQ(buf[0], 'a');
	CHECK_EQ(sys_close((int)fd), 0);
	CHECK_EQ(sys_unlink(path), 0);
	again();
	CHECK_EQ(free_blocks(), before);
	end();
}

static void the_device_is_a_file(void)
{
	long fd = sys_open(DISK, O_RDONLY);
	uint64_t size = 0;
	int sector = 0;

	if (fd < 0)
		check_skip("there is no disk");
	CHECK_EQ(sys_ioctl((int)fd, BLKGETSIZE64, &size), 0);
	CHECK_EQ(sys_ioctl((int)fd, BLKSSZGET, &sector), 0);
	CHECK_EQ(sector, 512);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_END), (long)size);
	CHECK_EQ(sys_read((int)fd, buf, 512), 0);
	CHECK_EQ(sys_lseek((int)fd, 1024, SEEK_SET), 1024);
	CHECK_EQ(sys_read((int)fd, buf, 1000), 1000);
	CHECK_EQ((unsigned char)buf[56] | (unsigned char)buf[57] << 8, 0xef53);
	CHECK_EQ(sys_close((int)fd), 0);
	CHECK_EQ(sys_mount("/dev/null", POINT, "ext2", 0, NULL), -ENOTBLK);
}

static void read_only_disks_refuse(void)
{
	if (!disk_is_read_only())
		check_skip("the disk can be written to");
	sys_mkdir(POINT, 0755);
	CHECK_EQ(sys_open(DISK, O_RDWR), -EROFS);
	CHECK_EQ(sys_mount(DISK, POINT, "ext2", 0, NULL), -EACCES);
	CHECK_EQ(sys_mount(DISK, POINT, "ext2", MS_RDONLY, NULL), 0);
	CHECK_EQ(sys_mkdir(POINT "/new", 0755), -EROFS);
	CHECK_EQ(sys_open(POINT "/dir/pattern", O_RDWR), -EROFS);
	CHECK_EQ(sys_mount(DISK, POINT, NULL, MS_REMOUNT, NULL), -EACCES);
	end();
}

/* The host looks for this after the machine was switched off, which nobody unmounted. */
static void something_is_left(void)
{
	begin();
	CHECK_EQ(sys_mkdir(POINT "/left", 0755), 0);
	make(POINT "/left/file", 12345, 8);
}

static const struct check_case cases[] = {
	{ "what the host put on the disk is read", host_files_are_read },
	{ "files, directories, links and devices survive umount", everything_survives_umount },
	{ "renames are kept", renames_are_kept },
	{ "a full disk says ENOSPC and keeps what it has", a_full_disk_says_so },
	{ "a file without a name lives as long as it is open", files_without_a_name_live_on },
	{ "what is stored in a shared mapping reaches the disk", shared_mappings_reach_the_disk },
	{ "holes are zero, whatever the disk held there", holes_are_zero },
	{ "processes that write at once do not disturb each other",
	  writers_do_not_disturb_each_other },
	{ "threads write where they say, whatever others do", threads_write_where_they_say },
	{ "a file system is unmounted once, whoever syncs it", unmounting_bears_sync },
	{ "a file is longer than the disk, up to what its blocks can number",
	  files_are_longer_than_the_disk },
	{ "a disk is a file with a size", the_device_is_a_file },
	{ "a read-only disk refuses writes", read_only_disks_refuse },
	{ "what is not unmounted is left for the host to find", something_is_left },
};

int main(int argc, char **argv)
{
	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
