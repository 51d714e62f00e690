/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-proc: /proc, /dev and the kernel log say what is so.
 * Linux man-pages, proc(5), syslog(2).
 */
#include <stdbool.h>

#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/vfs.h"

static char buf[16384] __attribute__((aligned(8)));

static void need_proc(void)
{
	struct stat st;

	if (sys_stat("/proc/self/stat", &st))
		check_skip("/proc is not mounted");
}

/* The whole file, ended by NUL, in buf. */
static long slurp(const char *path)
{
	long fd = sys_open(path, O_RDONLY), done = 0, n;

	CHECK(fd >= 0);
	while ((n = sys_read((int)fd, buf + done, sizeof(buf) - 1 - (size_t)done)) > 0)
		done += n;
	CHECK_EQ(n, 0);
	CHECK_EQ(sys_close((int)fd), 0);
	buf[done] = '\0';
	return done;
}

static bool has(const char *text)
{
	size_t length = strlen(text);

	for (const char *p = buf; *p; p++)
		if (strncmp(p, text, length) == 0)
			return true;
	return false;
}

static void self_is_the_reader(void)
{
	char link[64];
	char expected[64];
	long n;

	need_proc();
	n = sys_readlink("/proc/self", link, sizeof(link) - 1);
	CHECK(n > 0);
	link[n] = '\0';
	snprintf(expected, sizeof(expected), "%ld", sys_getpid());
	CHECK(strcmp(link, expected) == 0);
	slurp("/proc/self/stat");
	snprintf(expected, sizeof(expected), "%ld (", sys_getpid());
	CHECK(strncmp(buf, expected, strlen(expected)) == 0);
	slurp("/proc/self/status");
	snprintf(expected, sizeof(expected), "PPid:\t%ld\n", sys_getppid());
	CHECK(has(expected));
	CHECK(has("VmRSS:") && has("Threads:") && has("Umask:\t0022\n"));
}

static void strings_of_exec(void)
{
	need_proc();
	CHECK(slurp("/proc/self/cmdline") > 0);
	CHECK(strcmp(strrchr(buf, '/') ? strrchr(buf, '/') + 1 : buf, "test-proc") == 0);
	slurp("/proc/self/comm");
	CHECK(strcmp(buf, "test-proc\n") == 0);
	if (program_getenv("PATH")) {
		long length = slurp("/proc/self/environ");
		bool found = false;

		for (long i = 0; i < length; i += (long)strlen(buf + i) + 1)
			found = found || strncmp(buf + i, "PATH=", 5) == 0;
		CHECK(found);
	}
}

static void links_lead_there(void)
{
	struct stat a, b;
	char link[256];
	long n, fd;

	need_proc();
	n = sys_readlink("/proc/self/exe", link, sizeof(link) - 1);
	CHECK(n > 0);
	link[n] = '\0';
	CHECK_EQ(sys_stat(link, &a), 0);
	CHECK_EQ(sys_stat("/proc/self/exe", &b), 0);
	CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	CHECK_EQ(sys_chdir("/dev"), 0);
	n = sys_readlink("/proc/self/cwd", link, sizeof(link) - 1);
	CHECK_EQ(n, 4);
	CHECK(memcmp(link, "/dev", 4) == 0);
	CHECK_EQ(sys_stat("/proc/self/cwd/null", &a), 0);
	fd = vfs_make("/tmp/test-proc", "abcdef", 6);
	CHECK(fd >= 0);
	CHECK_EQ(sys_unlink("/tmp/test-proc"), 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%ld", fd);
	n = sys_readlink(link, buf, sizeof(buf) - 1);
	CHECK_EQ(n, 24);
	CHECK(memcmp(buf, "/tmp/test-proc (deleted)", 24) == 0);
	n = sys_open(link, O_RDONLY);
	CHECK(n >= 0);
	CHECK_EQ(sys_read((int)n, buf, 100), 6);
}

static void pipes_can_be_reopened(void)
{
	struct stat a, b;
	char link[64], text[64];
	int fds[2];
	long fd, n;

	need_proc();
	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_fstat(fds[0], &a), 0);
	CHECK_EQ(sys_fstat(fds[1], &b), 0);
	CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev && (a.st_mode & S_IFMT) == 0010000);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fds[0]);
	n = sys_readlink(link, buf, sizeof(buf));
	CHECK(n > 0);
	snprintf(text, sizeof(text), "pipe:[%lu]", a.st_ino);
	CHECK((size_t)n == strlen(text) && memcmp(buf, text, (size_t)n) == 0);
	fd = sys_open(link, O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(sys_write(fds[1], "xyz", 3), 3);
	CHECK_EQ(sys_close(fds[1]), 0);
	CHECK_EQ(sys_read((int)fd, buf, 10), 3);
	CHECK_EQ(sys_read((int)fd, buf, 10), 0);
}

static int zombie(void)
{
	return 7;
}

static void processes_come_and_go(void)
{
	char path[64];
	long pid, fd;

	need_proc();
	pid = check_fork(zombie);
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	do {
		slurp(path);
		check_sleep_ms(1);
	} while (!has(") Z "));
	snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
	CHECK_EQ(slurp(path), 0);
	fd = sys_open(path, O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(check_wait(pid), 7 << 8);
	CHECK_EQ(sys_read((int)fd, buf, 10), -3);
	CHECK_EQ(sys_open(path, O_RDONLY), -ENOENT);
}

static void maps_show_regions(void)
{
	char *map = check_map(8192, PROT_READ);
	char line[64];

	need_proc();
	slurp("/proc/self/maps");
	CHECK(has("test-proc\n") && has("[stack]\n"));
	snprintf(line, sizeof(line), "%lx-%lx r--p", (unsigned long)map, (unsigned long)map + 8192);
	CHECK(has(line));
	CHECK(slurp("/proc/self/smaps") > 0);
	CHECK(has("Rss:"));
}

static void directories_are_listed(void)
{
	bool self = false, one = false;
	long fd, n;

	need_proc();
	fd = sys_open("/proc", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0);
	while ((n = sys_getdents64((int)fd, buf, 200)) > 0) {
		for (long at = 0; at < n;) {
			struct dirent64 *entry = (struct dirent64 *)(void *)(buf + at);

			self = self || strcmp(entry->d_name, "self") == 0;
			one = one || strcmp(entry->d_name, "1") == 0;
			at += entry->d_reclen;
		}
	}
	CHECK_EQ(n, 0);
	CHECK(self && one);
	CHECK_EQ(sys_open("/proc/no-such", O_RDONLY), -ENOENT);
	CHECK_EQ(sys_open("/proc/01", O_RDONLY), -ENOENT);
	CHECK(sys_mkdir("/proc/new", 0755) < 0 && sys_unlink("/proc/meminfo") < 0);
}

static void machine_files(void)
{
	need_proc();
	slurp("/proc/meminfo");
	CHECK(has("MemTotal:") && has("MemFree:") && has("MemAvailable:"));
	slurp("/proc/stat");
	CHECK(strncmp(buf, "cpu  ", 5) == 0 && has("\ncpu0 ") && has("\nbtime "));
	slurp("/proc/mounts");
	CHECK(has(" /proc proc rw"));
	slurp("/proc/filesystems");
	CHECK(has("nodev\tproc\n") && has("nodev\ttmpfs\n"));
	CHECK(slurp("/proc/uptime") > 0 && slurp("/proc/loadavg") > 0);
	CHECK(slurp("/proc/version") > 0 && strncmp(buf, "Linux version ", 14) == 0);
	CHECK_EQ(slurp("/proc/sys/kernel/random/uuid"), 37);
	CHECK(buf[8] == '-' && buf[14] == '4');
	slurp("/proc/sys/kernel/ostype");
	CHECK(strcmp(buf, "Linux\n") == 0);
}

static void dev_has_its_names(void)
{
	static const struct {
		const char *path;
		unsigned int major, minor;
	} devices[] = {
		{ "/dev/null", 1, 3 }, { "/dev/zero", 1, 5 }, { "/dev/full", 1, 7 },
		{ "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
	};
	struct stat st;
	long fd;

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		CHECK_EQ(sys_stat(devices[i].path, &st), 0);
		CHECK_EQ(st.st_mode & S_IFMT, S_IFCHR);
		CHECK_EQ(st.st_rdev, devices[i].major << 8 | devices[i].minor);
	}
	fd = sys_open("/dev/full", O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQ(sys_write((int)fd, "x", 1), -ENOSPC);
	CHECK_EQ(sys_read((int)fd, buf, 1), 1);
}

static void missing_calls_are_named(void)
{
	long n;

	if (!check_on_pvguest())
		check_skip("only pvguest keeps this record");
	CHECK_EQ(syscall3(26, 0, 0, 0), -ENOSYS);
	CHECK_EQ(syscall3(26, 0, 0, 0), -ENOSYS);
	CHECK_EQ(syscall3(100000, 0, 0, 0), -ENOSYS);
	n = syscall3(SYS_syslog, 3, (long)buf, sizeof(buf) - 1);
	CHECK(n > 0);
	buf[n] = '\0';
	CHECK(has("]: system call 26 (inotify_init1) is missing: ENOSYS\n"));
	slurp("/proc/sys/kernel/missing_syscalls");
	CHECK(has("2 26 inotify_init1\n"));
}

static void kmsg_takes_lines(void)
{
	long fd, n;

	if (!check_on_pvguest())
		check_skip("another kernel's log is left alone");
	fd = sys_open("/dev/kmsg", O_RDWR | O_NONBLOCK);
	CHECK(fd >= 0);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_END), 0);
	CHECK_EQ(sys_read((int)fd, buf, sizeof(buf)), -EAGAIN);
	CHECK_EQ(sys_write((int)fd, "<7>hello, log\n", 14), 14);
	n = sys_read((int)fd, buf, sizeof(buf));
	CHECK(n > 0);
	buf[n] = '\0';
	CHECK(buf[0] == '7' && has(",-;hello, log\n"));
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "/proc/self is the process that reads it", self_is_the_reader },
		{ "cmdline, comm and environ are what exec was given", strings_of_exec },
		{ "exe, cwd and fd lead to the objects, also after unlink", links_lead_there },
		{ "a pipe has an inode and opens again through /proc", pipes_can_be_reopened },
		{ "a zombie is shown as Z, and is gone after wait", processes_come_and_go },
		{ "maps and smaps show the regions", maps_show_regions },
		{ "/proc lists itself and the processes, and cannot be changed",
		  directories_are_listed },
		{ "meminfo, stat, mounts and the others are there", machine_files },
		{ "the devices have Linux's numbers", dev_has_its_names },
		{ "a missing system call is ENOSYS and named in the log", missing_calls_are_named },
		{ "/dev/kmsg gives back what is written to it", kmsg_takes_lines },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
