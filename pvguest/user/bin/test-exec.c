/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-exec: execve and what the new program finds: arguments, aux vector, memory, descriptors.
 * Linux riscv64 system call ABI; System V ABI, process initialisation; POSIX.1-2017, exec.
 */
#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"
#include "lib/vfs.h"

#define LONG_BYTES 3000
#define MANY 8000
#define SYS_prlimit64 261
#define RLIMIT_STACK 3
#define SCRIPT "/test-exec.tmp"

static char zeroed[5 * 4096];	/* .bss */
static int initialised = 42;	/* .data */
extern char _start[];

static int self_exec(char *const argv[], char *const envp[])
{
	long pid = sys_fork();

	if (pid == 0) {
		initialised = 1;
		memset(zeroed, 1, sizeof(zeroed));
		sys_exit((int)-sys_execve(check_self(), argv, envp));
	}
	return check_wait(pid);
}

static char *words(const char *text)
{
	return (char *)(uintptr_t)text;
}

/* --- what runs in the new program; 0 is success --- */

static char **const_argv;

static int seen_arguments(int argc)
{
	const char *one, *empty;
	size_t i;

	if (argc != 6 || strcmp(const_argv[2], "") != 0 || strcmp(const_argv[3], "a b") != 0 ||
	    strlen(const_argv[4]) != LONG_BYTES || strcmp(const_argv[5], "\xff\x01") != 0)
		return 1;
	for (i = 0; i < LONG_BYTES; i++) {
		if (const_argv[4][i] != 'a' + (char)(i % 26))
			return 2;
	}
	if (const_argv[argc] != NULL)
		return 3;
	/* In either order: QEMU's user emulation turns it round. */
	one = program_getenv("ONE");
	empty = program_getenv("EMPTY");
	if (one == NULL || strcmp(one, "1") != 0 || empty == NULL || *empty != '\0')
		return 4;
	return program_environ[2] == NULL ? 0 : 5;
}

static int seen_memory(int argc)
{
	size_t i;

	(void)argc;
	for (i = 0; i < sizeof(zeroed); i++) {
		if (zeroed[i] != 0)
			return 1;
	}
	if (initialised != 42)
		return 2;
	return ((uintptr_t)(const_argv - 1) & 15) != 0 ? 3 : 0;	/* sp points to argc */
}

static int seen_auxv(int argc)
{
	uint64_t value, count, size;
	const uint8_t *header;

	(void)argc;
	if (program_auxval(AT_PAGESZ, &value) != 0 || value != 4096)
		return 1;
	if (program_auxval(AT_ENTRY, &value) != 0 || value != (uint64_t)_start)
		return 2;
	if (program_auxval(AT_PHENT, &size) != 0 || size != 56)
		return 3;
	if (program_auxval(AT_PHNUM, &count) != 0 || count != 4)
		return 4;
	if (program_auxval(AT_PHDR, &value) != 0)
		return 5;
	header = (const uint8_t *)value;
	if (header[0] != 1 || header[4] != 4)	/* PT_LOAD, PF_R: the first of user.lds */
		return 6;
	if (program_auxval(AT_RANDOM, &value) != 0)
		return 7;
	(void)*(volatile uint64_t *)(value + 8);	/* 16 bytes that can be read */
	return 0;
}

static int seen_descriptors(int argc)
{
	(void)argc;
	if (sys_fcntl(20, F_GETFD, 0) != 0)
		return 1;
	return sys_fcntl(21, F_GETFD, 0) == -EBADF && sys_fcntl(22, F_GETFD, 0) == -EBADF ? 0 : 2;
}

static int seen_signals(int argc)
{
	struct sigaction old;
	uint64_t mask = 0;

	(void)argc;
	sys_sigaction(SIGUSR1, NULL, &old);
	if (old.handler != SIG_DFL)
		return 1;
	sys_sigaction(SIGUSR2, NULL, &old);
	if (old.handler != SIG_IGN)
		return 2;
	sys_sigprocmask(SIG_BLOCK, NULL, &mask);
	return mask == (1UL << (SIGHUP - 1)) ? 0 : 3;
}

static int seen_pid(int argc)
{
	unsigned long pid;

	return argc == 3 && program_number(const_argv[2], 1UL << 31, &pid) == 0 &&
	       (long)pid == sys_getpid() ? 0 : 1;
}

static int seen_many(int argc)
{
	return argc == MANY && *const_argv[argc - 1] == '\0' && const_argv[argc] == NULL ? 0 : 1;
}

/* What was written behind the interpreter's name is one word, whatever is in it. */
static int seen_script(int argc)
{
	return argc == 3 && strcmp(const_argv[2], SCRIPT) == 0 ? 0 : 1;
}

static const struct {
	const char *name;
	int (*look)(int argc);
} looks[] = {
	{ "--arguments", seen_arguments }, { "--memory", seen_memory }, { "--auxv", seen_auxv },
	{ "--descriptors", seen_descriptors }, { "--signals", seen_signals }, { "--pid", seen_pid },
	{ "--many", seen_many },
	{ "--script", seen_script }, { "--two  words", seen_script },
};

/* --- the cases --- */

static void exec_arguments(void)
{
	char text[LONG_BYTES + 1];
	char *const argv[] = { words(check_self()), words("--arguments"), words(""), words("a b"),
			       text, words("\xff\x01"), NULL };
	char *const envp[] = { words("ONE=1"), words("EMPTY="), NULL };
	size_t i;

	for (i = 0; i < LONG_BYTES; i++)
		text[i] = (char)('a' + i % 26);
	text[LONG_BYTES] = '\0';
	CHECK_EQ(self_exec(argv, envp), 0);
}

static void exec_look(const char *look)
{
	char *const argv[] = { words(check_self()), words(look), NULL };

	CHECK_EQ(self_exec(argv, argv + 2), 0);
}

static void exec_memory(void)
{
	exec_look("--memory");
}

static void exec_auxv(void)
{
	exec_look("--auxv");
}

static void exec_descriptors(void)
{
	CHECK_EQ(sys_dup3(1, 20, 0), 20);
	CHECK_EQ(sys_dup3(1, 21, O_CLOEXEC), 21);
	CHECK_EQ(sys_dup3(1, 22, 0), 22);
	CHECK_EQ(sys_fcntl(22, F_SETFD, FD_CLOEXEC), 0);
	CHECK_EQ(sys_fcntl(22, F_GETFD, 0), FD_CLOEXEC);
	exec_look("--descriptors");
	CHECK_EQ(sys_fcntl(21, F_GETFD, 0), FD_CLOEXEC);	/* still open here */
}

static void on_signal(int signo, struct siginfo *info, void *context)
{
	(void)signo;
	(void)info;
	(void)context;
}

static void exec_signals(void)
{
	struct sigaction act = { .handler = on_signal };
	uint64_t mask = 1UL << (SIGHUP - 1);

	CHECK_EQ(sys_sigaction(SIGUSR1, &act, NULL), 0);
	act.handler = SIG_IGN;
	CHECK_EQ(sys_sigaction(SIGUSR2, &act, NULL), 0);
	CHECK_EQ(sys_sigprocmask(SIG_SETMASK, &mask, NULL), 0);
	exec_look("--signals");
}

static void exec_pid(void)
{
	char number[24];
	char *const argv[] = { words(check_self()), words("--pid"), number, NULL };
	long pid = sys_fork();

	if (pid == 0) {
		snprintf(number, sizeof(number), "%ld", sys_getpid());
		sys_exit((int)-sys_execve(check_self(), argv, argv + 3));
	}
	CHECK_EQ(check_wait(pid), 0);
}

static void exec_errors(void)
{
	char *const argv[] = { words("x"), NULL };
	const char *text = "/test-exec.tmp";
	size_t i;
	long fd;

	CHECK_EQ(sys_execve("/no/such/file", argv, argv + 1), -ENOENT);
	CHECK_EQ(sys_execve("", argv, argv + 1), -ENOENT);
	CHECK_EQ(sys_execve("/bin", argv, argv + 1), -EACCES);
	for (i = 0; i < CHECK_WILD; i++) {
		char *wild = (char *)check_wild[i];

		CHECK_EQ(sys_execve(wild, argv, argv + 1), -EFAULT);
		CHECK_EQ(sys_execve(check_self(), (char *const *)(void *)wild, argv + 1), -EFAULT);
		CHECK_EQ(sys_execve(check_self(), (char *const []){ wild, NULL }, argv + 1),
			 -EFAULT);
	}
	fd = sys_openat(AT_FDCWD, text, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	CHECK(fd >= 0);
	CHECK_EQ(sys_write((int)fd, "echo no ELF file at all, only a line of text\n", 45), 45);
	CHECK_EQ(sys_close((int)fd), 0);
	CHECK_EQ(sys_execve(text, argv, argv + 1), -ENOEXEC);
	CHECK_EQ(sys_unlink(text), 0);
}

/* argv of so many empty words: one byte and one pointer each. */
static long exec_many(size_t count)
{
	size_t bytes = (count + 1) * sizeof(char *), i;
	char **many = (char **)(void *)check_map(bytes, PROT_READ | PROT_WRITE);
	long pid = sys_fork();

	if (pid == 0) {
		many[0] = words(check_self());
		many[1] = words("--many");
		for (i = 2; i < count; i++)
			many[i] = words("");
		sys_exit((int)-sys_execve(check_self(), many, many + count));
	}
	sys_munmap(many, bytes);
	return check_wait(pid);
}

static void exec_limits(void)
{
	uint64_t stack[2] = { 512 << 10, ~0UL };

	CHECK_EQ(exec_many(MANY), 0);
	/* With less stack, so that fewer are too many: 144 KB, of which 16 are strings. */
	CHECK_EQ(syscall6(SYS_prlimit64, 0, RLIMIT_STACK, (long)stack, 0, 0, 0), 0);
	CHECK_EQ(exec_many(MANY), 0);
	CHECK_EQ(WEXITSTATUS(exec_many(2 * MANY)), E2BIG);
}

/* Runs a script that begins with this; its wait status. */
static int script_run(const char *line, size_t length)
{
	char *const argv[] = { words("x"), NULL };
	long fd = sys_openat(AT_FDCWD, SCRIPT, O_WRONLY | O_CREAT | O_TRUNC, 0755), pid;

	CHECK(fd >= 0);
	CHECK_EQ(sys_write((int)fd, line, length), (long)length);
	CHECK_EQ(sys_close((int)fd), 0);
	pid = sys_fork();
	if (pid == 0)
		sys_exit((int)-sys_execve(SCRIPT, argv, argv + 1));
	return WEXITSTATUS(check_wait(pid));
}

/* The interpreter is this program, which has the script's argument as its own first one. */
static int script_words(const char *before, const char *behind)
{
	char line[512];
	int length = snprintf(line, sizeof(line), "#!%s%s%s", before, check_self(), behind);

	return script_run(line, (size_t)length);
}

static void exec_scripts(void)
{
	char line[300];

	CHECK_EQ(script_words("", " --script\n"), 0);
	CHECK_EQ(script_words(" \t ", "\t --script\t \nexit 1\n"), 0);
	CHECK_EQ(script_words("", " --script"), 0);
	CHECK_EQ(script_words("", " --two  words\t\n"), 0);
	CHECK_EQ(script_run("#!", 2), ENOEXEC);
	CHECK_EQ(script_run("#! \t\n/bin/sh\n", 13), ENOEXEC);
	CHECK_EQ(script_run("#!/no/such\n", 11), ENOENT);
	/* An interpreter that may go on behind what is looked at. */
	memset(line, '/', sizeof(line));
	line[0] = '#', line[1] = '!';
	CHECK_EQ(script_run(line, sizeof(line)), ENOEXEC);
	/* A script that is its own interpreter. */
	CHECK_EQ(script_run("#!" SCRIPT "\n", strlen(SCRIPT) + 3), ELOOP);
	CHECK_EQ(sys_unlink(SCRIPT), 0);
}

static void exec_often(void)
{
	int i;

	for (i = 0; i < 40; i++)
		exec_look("--memory");
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "execve passes arguments and environment unchanged", exec_arguments },
		{ "execve gives fresh data, zeroed bss and an aligned stack", exec_memory },
		{ "execve passes an aux vector that describes the program", exec_auxv },
		{ "execve closes what is close-on-exec and nothing else", exec_descriptors },
		{ "execve resets handlers, keeps ignored and blocked signals", exec_signals },
		{ "execve keeps the process id", exec_pid },
		{ "execve fails with ENOENT, EACCES, EFAULT and ENOEXEC", exec_errors },
		{ "arguments and their pointers are at most a quarter of the stack", exec_limits },
		{ "a script's first line has an interpreter and one argument", exec_scripts },
		{ "forty programs run one after the other", exec_often },
	};
	size_t i;

	const_argv = argv;
	for (i = 0; argc > 1 && i < sizeof(looks) / sizeof(looks[0]); i++) {
		if (strcmp(argv[1], looks[i].name) == 0)
			return looks[i].look(argc);
	}
	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
