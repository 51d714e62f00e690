/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Self-checking programs: cases that each run in a process of their own and print a line.
 * A case that hangs is killed after a deadline.
 */
#include "check.h"

#include "printf.h"
#include "program.h"
#include "string.h"
#include "syscall.h"

const uintptr_t check_wild[CHECK_WILD] = {
	8, 0x3000, 0x2000003000, 0x4000000000, 0x8000000000000000, 0xffffffff80000000,
	0xfffffffffffffff8,
};

#define STATUS_SKIP 77
#define ASLEEP_MS 15000		/* a process that does not sleep then will not */

static const char *case_name;
static const char *self_path;

_Noreturn void check_fail(const char *file, int line, const char *why)
{
	const char *slash = strrchr(file, '/');

	printf("FAIL: %s: %s:%d: %s\n", case_name, slash != NULL ? slash + 1 : file, line, why);
	sys_exit(1);
}

_Noreturn void check_skip(const char *why)
{
	printf("SKIP: %s: %s\n", case_name, why);
	sys_exit(STATUS_SKIP);
}

void check_equal(const char *file, int line, const char *what, long actual, long expected)
{
	char why[256];

	if (actual == expected)
		return;
	snprintf(why, sizeof(why), "%s is %ld (0x%lx), not %ld (0x%lx)", what, actual,
		 (unsigned long)actual, expected, (unsigned long)expected);
	check_fail(file, line, why);
}

const char *check_self(void)
{
	return self_path;
}

bool check_on_pvguest(void)
{
	return program_getenv("PVGUEST") != NULL;
}

long check_fork(int (*body)(void))
{
	long pid = sys_fork();

	if (pid == 0)
		sys_exit(body());
	CHECK(pid > 0);
	return pid;
}

int check_wait(long pid)
{
	int status = -1;
	long got;

	do {
		got = sys_wait4(pid, &status, 0);
	} while (got == -EINTR);
	CHECK_EQ(got, pid);
	return status;
}

void check_sleep_ms(long ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	while (sys_nanosleep(&time, &time) == -EINTR)
		;
}

/* The state letter of /proc/PID/stat; it follows the name, which is in brackets. 0: no idea. */
static char thread_state(long pid, long tid)
{
	char path[64], text[256], *end;
	long fd, got;

	snprintf(path, sizeof(path), "/proc/%ld/task/%ld/stat", pid, tid);
	fd = sys_open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	got = sys_read((int)fd, text, sizeof(text) - 1);
	sys_close((int)fd);
	text[got > 0 ? got : 0] = '\0';
	end = strrchr(text, ')');
	return end != NULL && end[1] == ' ' ? end[2] : 0;
}

void check_asleep(long pid, long tid)
{
	long deadline = check_now_ms() + ASLEEP_MS;
	char state;

	do {
		check_sleep_ms(1);
		state = thread_state(pid, tid);
	} while (state != 0 && state != 'S' && check_now_ms() < deadline);
	/* Nobody to ask: then time must do. */
	if (state == 0)
		check_sleep_ms(30);
}

long check_now_ms(void)
{
	struct timespec now;

	CHECK_EQ(sys_clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

long check_free_pages(void)
{
	/* struct sysinfo: the sixth word is free memory, in units that the last word has. */
	uint64_t info[14];

	CHECK_EQ(syscall3(SYS_sysinfo, (long)info, 0, 0), 0);
	return (long)(info[5] / 4096);
}

char *check_map(size_t length, int prot)
{
	long area = sys_mmap(NULL, length, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(area > 0 && area % 4096 == 0);
	return (char *)area;
}

/* Waits for a case, at most until its deadline; its wait status, or -1 after killing it. */
static int case_wait(long pid)
{
	long deadline = check_now_ms() + CHECK_DEADLINE_MS;
	long pause_ms = 1;
	int status = -1;

	while (sys_wait4(pid, &status, WNOHANG) == 0) {
		if (check_now_ms() > deadline) {
			sys_kill(pid, SIGKILL);
			sys_wait4(pid, &status, 0);
			return -1;
		}
		check_sleep_ms(pause_ms);
		if (pause_ms < 50)
			pause_ms *= 2;
	}
	return status;
}

/* 0, 1 if it failed, STATUS_SKIP. */
static int case_run(const struct check_case *test)
{
	int status;
	long pid;

	case_name = test->name;
	pid = sys_fork();
	if (pid == 0) {
		test->run();
		sys_exit(0);
	}
	if (pid < 0) {
		printf("FAIL: %s: fork: %s\n", test->name, program_strerror(pid));
		return 1;
	}
	status = case_wait(pid);
	if (status == 0)
		printf("PASS: %s\n", test->name);
	else if (status == -1)
		printf("FAIL: %s: did not end\n", test->name);
	else if (WIFSIGNALED(status))
		printf("FAIL: %s: killed by signal %d\n", test->name, WTERMSIG(status));
	else if (status == STATUS_SKIP << 8)
		return STATUS_SKIP;
	return status != 0;
}

/* argv[0] as an absolute path: cases change the directory. */
static void self_find(const char *name)
{
	static char path[512];
	char cwd[256] = "/bin";

	self_path = path;
	if (strchr(name, '/') != NULL && sys_getcwd(cwd, sizeof(cwd)) < 0)
		cwd[0] = '\0';
	if (name[0] == '/')
		snprintf(path, sizeof(path), "%s", name);
	else
		snprintf(path, sizeof(path), "%s/%s", cwd, name);
}

int check_main(const struct check_case *cases, size_t count, int argc, char **argv)
{
	unsigned int passed = 0, failed = 0, skipped = 0;
	size_t i;

	self_find(argv[0]);
	for (i = 0; i < count; i++) {
		if (argc > 1 && strstr(cases[i].name, argv[1]) == NULL)
			continue;
		switch (case_run(&cases[i])) {
		case 0:
			passed++;
			break;
		case STATUS_SKIP:
			skipped++;
			break;
		default:
			failed++;
			break;
		}
	}
	printf("%s: %u passed, %u failed, %u skipped\n", program_name, passed, failed, skipped);
	return failed != 0;
}
