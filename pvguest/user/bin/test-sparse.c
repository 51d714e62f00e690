/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-sparse: files that are far longer than memory, and how long a file may be.
 * Linux man-pages, lseek(2), ftruncate(2), fallocate(2), mmap(2), getrlimit(2).
 */
#include "lib/check.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/vfs.h"

#define PATH		"/tmp/test-sparse"
#define MOUNT		"/tmp/test-sparse.mount"
#define TIB		(1L << 40)
#define PAGE		4096L
#define LONGEST		INT64_MAX
#define SEEK_DATA	3
#define SEEK_HOLE	4
#define PUNCH		3 /* FALLOC_FL_PUNCH_HOLE, FALLOC_FL_KEEP_SIZE */
#define SYS_prlimit64	261
#define RLIMIT_FSIZE	1
#define EOVERFLOW	75
#define SIGXFSZ		25

static char buf[8192] __attribute__((aligned(8)));

static int make(void)
{
	long fd = sys_open(PATH, O_RDWR | O_CREAT | O_TRUNC);

	CHECK(fd >= 0);
	return (int)fd;
}

static void drop(int fd)
{
	CHECK_EQ(sys_close(fd), 0);
	CHECK_EQ(sys_unlink(PATH), 0);
}

static long put(int fd, const char *text, long offset)
{
	return syscall4(SYS_pwrite64, fd, (long)text, (long)strlen(text), offset);
}

static long get(int fd, long length, long offset)
{
	memset(buf, '?', sizeof(buf));
	return syscall4(SYS_pread64, fd, (long)buf, length, offset);
}

static bool is_zero(const char *bytes, size_t length)
{
	while (length && !bytes[length - 1])
		length--;
	return !length;
}

static void a_byte_far_away(void)
{
	int fd = make();
	struct stat st;
	long before = check_free_pages();

	CHECK_EQ(put(fd, "x", TIB), 1);
	CHECK_EQ(sys_fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, TIB + 1);
	CHECK(st.st_blocks < 100);
	if (check_on_pvguest())
		CHECK(before - check_free_pages() < 64);
	CHECK_EQ(get(fd, PAGE, TIB / 2), PAGE);
	CHECK(is_zero(buf, PAGE));
	CHECK_EQ(get(fd, PAGE, TIB - 1), 2);
	CHECK(!buf[0] && buf[1] == 'x');
	CHECK_EQ(sys_lseek(fd, 0, SEEK_DATA), TIB);
	CHECK_EQ(sys_lseek(fd, 0, SEEK_HOLE), 0);
	CHECK_EQ(sys_lseek(fd, TIB, SEEK_HOLE), TIB + 1);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, 1), 0);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, TIB + 1), 0);
	CHECK_EQ(sys_lseek(fd, 0, SEEK_DATA), -ENXIO);
	CHECK_EQ(get(fd, 1, TIB), 1);
	CHECK(!buf[0]);
	drop(fd);
}

/* Pages 2^n and their neighbours, with their numbers in them. */
static void put_islands(int fd)
{
	for (unsigned int bit = 0; bit < 28; bit += 3) {
		CHECK_EQ(put(fd, "A", (PAGE << bit) - 1), 1);
		CHECK_EQ(put(fd, "B", PAGE << bit), 1);
	}
}

static void check_islands(int fd, long end)
{
	for (unsigned int bit = 0; bit < 28; bit += 3) {
		long at = PAGE << bit;

		if (get(fd, 2, at - 1) == 2)
			CHECK_EQ(buf[0] == 'A' && buf[1] == 'B', at < end);
		else
			CHECK(at >= end);
	}
}

static void islands_and_cuts(void)
{
	int fd = make();

	put_islands(fd);
	check_islands(fd, LONGEST);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, PAGE << 14), 0);
	check_islands(fd, PAGE << 14);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, TIB), 0);
	check_islands(fd, PAGE << 14);
	put_islands(fd);
	check_islands(fd, LONGEST);
	drop(fd);
}

static void punches(void)
{
	int fd = make();
	long end = (PAGE << 27) + 1;

	put_islands(fd);
	if (syscall4(SYS_fallocate, fd, PUNCH, 3 * PAGE, TIB) == -EOPNOTSUPP)
		check_skip("this file system punches no holes");
	CHECK_EQ(sys_lseek(fd, 0, SEEK_END), end);
	CHECK_EQ(sys_lseek(fd, 3 * PAGE, SEEK_DATA), -ENXIO);
	CHECK_EQ(get(fd, 2, PAGE - 1), 2);
	CHECK(buf[0] == 'A' && buf[1] == 'B');
	CHECK_EQ(get(fd, 2, (PAGE << 15) - 1), 2);
	CHECK(is_zero(buf, 2));
	drop(fd);
}

static void maps_far_away(void)
{
	int fd = make(), child;
	long pid, end = TIB + 2 * PAGE;
	volatile char *map;

	CHECK_EQ(syscall2(SYS_ftruncate, fd, end), 0);
	map = (char *)sys_mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, TIB);
	CHECK((long)map > 0);
	CHECK_EQ(map[0], 0);
	map[PAGE] = 'm';
	CHECK_EQ(get(fd, 1, TIB + PAGE), 1);
	CHECK_EQ(buf[0], 'm');
	CHECK_EQ(put(fd, "w", TIB + 1), 1);
	CHECK_EQ(map[1], 'w');
	CHECK_EQ(syscall2(SYS_ftruncate, fd, TIB), 0);
	pid = sys_fork();
	if (pid == 0)
		sys_exit(map[1]);
	child = check_wait(pid);
	CHECK_EQ(child & 127, 7); /* SIGBUS */
	CHECK_EQ(syscall2(SYS_ftruncate, fd, end), 0);
	CHECK(!map[1] && !map[PAGE]);
	if (check_on_pvguest())
		CHECK_EQ(sys_mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, -PAGE), -EOVERFLOW);
	drop(fd);
}

static void longest_file(void)
{
	int fd = make();

	CHECK_EQ(put(fd, "x", LONGEST), -EFBIG);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, -1L), -EINVAL);
	CHECK_EQ(syscall4(SYS_fallocate, fd, 0, LONGEST, 1), -EFBIG);
	if (check_on_pvguest()) {
		CHECK_EQ(syscall2(SYS_ftruncate, fd, LONGEST), 0);
		CHECK_EQ(put(fd, "xy", LONGEST - 1), 1);
		CHECK_EQ(get(fd, 4, LONGEST - 2), 2);
		CHECK(!buf[0] && buf[1] == 'x');
		CHECK_EQ(sys_lseek(fd, 0, SEEK_DATA), LONGEST & -PAGE);
		CHECK_EQ(sys_lseek(fd, 1, SEEK_END), -EINVAL);
	}
	drop(fd);
}

static void set_limit(uint64_t bytes)
{
	uint64_t limit[2] = { bytes, bytes };

	CHECK_EQ(syscall4(SYS_prlimit64, 0, RLIMIT_FSIZE, (long)limit, 0), 0);
}

static int passes_limit(void)
{
	int fd = make();

	set_limit(PAGE);
	put(fd, "x", PAGE);
	return 0;
}

static void limit_of_a_process(void)
{
	struct sigaction ignore = { .handler = SIG_IGN };
	int fd = make();

	CHECK_EQ(check_wait(check_fork(passes_limit)) & 127, SIGXFSZ);
	CHECK_EQ(sys_sigaction(SIGXFSZ, &ignore, NULL), 0);
	set_limit(2 * PAGE);
	CHECK_EQ(put(fd, "abcdef", 2 * PAGE - 4), 4);
	CHECK_EQ(put(fd, "ef", 2 * PAGE), -EFBIG);
	CHECK_EQ(put(fd, "", 2 * PAGE), 0);
	CHECK_EQ(sys_lseek(fd, 0, SEEK_END), 2 * PAGE);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, 2 * PAGE + 1), -EFBIG);
	CHECK_EQ(syscall4(SYS_fallocate, fd, 0, 0, 2 * PAGE + 1), -EFBIG);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, PAGE), 0);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, 2 * PAGE), 0);
	drop(fd);
}

static void faults_in_a_write(void)
{
	int fd = make();

	CHECK_EQ(put(fd, "0123456789", 0), 10);
	CHECK_EQ(syscall4(SYS_pwrite64, fd, (long)check_wild[1], 200, 0), -EFAULT);
	CHECK_EQ(get(fd, 100, 0), 10);
	CHECK(!memcmp(buf, "0123456789", 10));
	drop(fd);
}

static void faults_where_room_counts(void)
{
	long fd;

	CHECK_EQ(sys_mkdir(MOUNT, 0755), 0);
	CHECK_EQ(sys_mount("tmpfs", MOUNT, "tmpfs", 0, "size=16k"), 0);
	fd = sys_open(MOUNT "/file", O_RDWR | O_CREAT);
	CHECK(fd >= 0);
	CHECK_EQ(syscall4(SYS_pwrite64, fd, (long)check_wild[1], PAGE, 0), -EFAULT);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(syscall2(SYS_ftruncate, fd, 0), 0);
	CHECK_EQ(syscall4(SYS_pwrite64, fd, (long)buf, 2 * PAGE, 0), 2 * PAGE);
	CHECK_EQ(sys_close((int)fd), 0);
	CHECK_EQ(sys_umount(MOUNT, 0), 0);
	CHECK_EQ(sys_rmdir(MOUNT), 0);
}

/* Its bytes lie in the archive of the root, if that is the root. */
static void punches_what_came_along(void)
{
	static char old[PAGE];
	int fd = (int)sys_open("/etc/motd", O_RDWR);
	long length = get(fd, PAGE, 0);

	CHECK(fd >= 0 && length > 0);
	memcpy(old, buf, (size_t)length);
	CHECK_EQ(syscall4(SYS_fallocate, fd, PUNCH, 0, PAGE), 0);
	CHECK_EQ(get(fd, PAGE, 0), length);
	CHECK(is_zero(buf, (size_t)length));
	CHECK_EQ(syscall4(SYS_pwrite64, fd, (long)old, length, 0), length);
	CHECK_EQ(sys_close(fd), 0);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "a byte at 1 TiB takes a page or two; before it is a hole", a_byte_far_away },
		{ "a file is cut among pages at all distances", islands_and_cuts },
		{ "a hole of 1 TiB is punched at once", punches },
		{ "a sparse file is mapped at 1 TiB, and cut under the mapping", maps_far_away },
		{ "a file ends at the greatest offset with EFBIG", longest_file },
		{ "RLIMIT_FSIZE cuts a write short, then gives EFBIG and SIGXFSZ",
		  limit_of_a_process },
		{ "a write that faults leaves what was there", faults_in_a_write },
		{ "a write that faults takes no room of a small file system for good",
		  faults_where_room_counts },
		{ "a hole in a file of the root's archive reads as zeros",
		  punches_what_came_along },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
