/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A random load on files, mounts, shared memory and /proc.
 * Linux man-pages, open(2), mmap(2), mount(2), futex(2), proc(5).
 */
#include "lib/printf.h"
#include "lib/stress.h"
#include "lib/string.h"
#include "lib/thread.h"
#include "lib/vfs.h"

#define PAGE		4096UL
#define FILE_PAGES	12
#define TURNS		10
#define DISK		"/tmp/stress-disk"

static bool disk_is_mounted;

void stress_disk_mount(void)
{
	sys_mkdir("/tmp", 0777);
	sys_mkdir(DISK, 0755);
	disk_is_mounted = sys_mount("/dev/vda", DISK, "ext2", 0, "") == 0;
}

void stress_disk_unmount(void)
{
	if (disk_is_mounted && sys_umount(DISK, 0) != 0)
		stress_fail("the disk is still in use");
	disk_is_mounted = false;
	sys_rmdir(DISK);
}

static void own_name(char *name, size_t size, const char *directory, const char *what)
{
	snprintf(name, size, "%s/stress-%ld-%s", directory, sys_getpid(), what);
}

/* Words of a file are their own places, times something that is the file's. */
static void file_check(int fd, uint64_t factor, size_t from, size_t size)
{
	static uint64_t words[PAGE / 8];
	size_t at, i;

	for (at = from; at < size; at += PAGE) {
		size_t length = size - at < PAGE ? size - at : PAGE;

		if (syscall4(SYS_pread64, fd, (long)words, (long)length, (long)at) != (long)length)
			stress_fail("a file is shorter than what was written");
		for (i = 0; i < length / 8; i++) {
			if (words[i] != (at / 8 + i) * factor)
				stress_fail("a file changed");
		}
	}
}

static void file_write(int fd, uint64_t factor, size_t size)
{
	static uint64_t words[PAGE / 8];
	size_t at, i;

	for (at = 0; at < size; at += PAGE) {
		for (i = 0; i < PAGE / 8; i++)
			words[i] = (at / 8 + i) * factor;
		if (sys_write(fd, words, PAGE) != (long)PAGE)
			stress_fail("write to a file");
	}
}

/* Changes one page through a shared mapping; a private one of the same keeps what it copied. */
static void file_map(int fd, size_t size, uint64_t factor, uint64_t other)
{
	long shared = sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	long private = sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	size_t page = stress_below((unsigned int)(size / PAGE)), i;
	volatile uint64_t *words = (volatile uint64_t *)(shared + (long)(page * PAGE));
	volatile uint64_t *copy = (volatile uint64_t *)(private + (long)(page * PAGE));

	if (shared < 0 || private < 0)
		stress_fail("mmap of a file");
	copy[1] = copy[1] + 1;
	for (i = 0; i < PAGE / 8; i++) {
		if (words[i] != (page * PAGE / 8 + i) * factor)
			stress_fail("a mapped file shows something else");
		words[i] = (page * PAGE / 8 + i) * other;
	}
	if (copy[1] != (page * PAGE / 8 + 1) * factor + 1)
		stress_fail("a private mapping changed");
	file_check(fd, other, page * PAGE, (page + 1) * PAGE);
	for (i = 0; i < PAGE / 8; i++)
		words[i] = (page * PAGE / 8 + i) * factor;
	sys_munmap((void *)shared, size);
	sys_munmap((void *)private, size);
}

void stress_file(void)
{
	const char *directory = disk_is_mounted && stress_below(2) == 0 ? DISK : "/tmp";
	size_t size = (stress_below(FILE_PAGES) + 1) * PAGE, cut = stress_below((unsigned int)size);
	uint64_t factor = stress_below(1000) + 1;
	char name[64], other[64];
	struct stat st;
	long fd;

	own_name(name, sizeof(name), directory, "a");
	own_name(other, sizeof(other), directory, "b");
	fd = sys_openat(AT_FDCWD, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		stress_fail("a file cannot be made");
	file_write((int)fd, factor, size);
	file_map((int)fd, size, factor, factor + 1);
	if (sys_link(name, other) != 0 || sys_unlink(name) != 0 || sys_rename(other, name, 0) != 0)
		stress_fail("link, unlink and rename");
	file_check((int)fd, factor, 0, size);
	cut &= ~7UL;
	if (syscall2(SYS_ftruncate, fd, (long)cut) != 0 || sys_unlink(name) != 0)
		stress_fail("ftruncate and unlink");
	file_check((int)fd, factor, 0, cut);
	if (sys_stat(name, &st) != -ENOENT || sys_fstat((int)fd, &st) != 0 ||
	    st.st_size != (long)cut || st.st_nlink != 0)
		stress_fail("a removed file is not what it was");
	sys_close((int)fd);
}

void stress_mount(void)
{
	char point[64], name[80];
	long fd;

	own_name(point, sizeof(point), "/tmp", "m");
	sys_mkdir(point, 0755);
	if (sys_mount("none", point, "tmpfs", 0, "size=64k") != 0) {
		sys_rmdir(point);	/* Linux allows it root only */
		return;
	}
	snprintf(name, sizeof(name), "%s/file", point);
	fd = vfs_make(name, "text", 4);
	if (fd < 0)
		stress_fail("no file in a fresh file system");
	if (sys_umount(point, 0) >= 0)
		stress_fail("a file system in use was unmounted");
	if (stress_below(2) == 0) {
		sys_close((int)fd);
		fd = -1;
	}
	if (sys_umount(point, fd < 0 ? 0 : MNT_DETACH) != 0)
		stress_fail("umount");
	if (fd >= 0)
		sys_close((int)fd);
	if (sys_rmdir(point) != 0)
		stress_fail("the place of a mount cannot be removed");
}

/* Not private: the word is found by the page, not by the address. */
static void turn_wait(volatile uint32_t *turn, uint32_t value)
{
	uint32_t now;

	while ((now = __atomic_load_n(turn, __ATOMIC_ACQUIRE)) != value)
		syscall6(SYS_futex, (long)turn, 0, (long)now, 0, 0, 0);
}

static void turn_give(volatile uint32_t *turn, uint32_t value)
{
	__atomic_store_n(turn, value, __ATOMIC_RELEASE);
	syscall6(SYS_futex, (long)turn, 1, 1, 0, 0, 0);
}

void stress_futex(void)
{
	long area = sys_mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	volatile uint32_t *turn = (volatile uint32_t *)area;
	uint32_t i;
	long pid;

	if (area < 0)
		stress_fail("mmap of shared memory");
	pid = sys_fork();
	for (i = 0; pid >= 0 && i < TURNS; i++) {
		turn_wait(turn, 2 * i + (pid == 0));
		turn_give(turn, 2 * i + 1 + (pid == 0));
	}
	if (pid == 0)
		sys_exit(0);
	if (pid > 0)
		stress_wait(pid);
	if (pid > 0 && *turn != 2 * TURNS)
		stress_fail("a token was lost");
	sys_munmap((void *)area, PAGE);
}

/* What a process that may end at any time shows; errors are no news. */
static void proc_read(const char *process)
{
	static const char *const files[] = { "stat", "status", "maps", "cmdline", "statm",
					     "mounts" };
	static char text[1024];
	char name[64];
	size_t i;
	long fd;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(name, sizeof(name), "/proc/%s/%s", process, files[i]);
		fd = sys_open(name, O_RDONLY);
		while (fd >= 0 && sys_read((int)fd, text, sizeof(text)) > 0)
			;
		sys_close((int)fd);
	}
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "/proc/%s/fd/%zu", process, i);
		sys_readlink(name, text, sizeof(text));
	}
}

void stress_proc(void)
{
	static char entries[2048] __attribute__((aligned(8)));
	long fd = sys_open("/proc", O_RDONLY), got, at;

	while (fd >= 0 && (got = sys_getdents64((int)fd, entries, sizeof(entries))) > 0) {
		for (at = 0; at < got;) {
			struct dirent64 *entry = (struct dirent64 *)(void *)(entries + at);

			if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
				proc_read(entry->d_name);
			at += entry->d_reclen;
		}
	}
	if (fd >= 0)
		sys_close((int)fd);
}
