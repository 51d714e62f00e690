/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init: process 1. Its arguments are the words of /chosen/bootargs:
 *   bench=OPS    runs /bin/bench OPS, then switches the machine off
 *   run=PROGRAM  runs PROGRAM (or the shell script of that name), then switches off
 * and without these a shell on the console; when the shell exits the machine is switched off.
 * Orphans of every kind are reaped meanwhile.
 */
#include <stdbool.h>

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

#define RESPAWN_MAX 5

static char *const child_environ[] = {
	(char[]){ "PATH=/bin" }, (char[]){ "HOME=/" }, (char[]){ "PVGUEST=init" }, NULL,
};

/* Descriptors 0, 1 and 2 are the console, even if the kernel opened none. */
static void console_open(void)
{
	long fd;
	int i;

	if (sys_fcntl(0, F_GETFD, 0) >= 0)
		return;
	fd = sys_open("/dev/console", O_RDWR);
	for (i = 0; i < 3 && fd >= 0; i++) {
		if (fd != i)
			sys_dup3((int)fd, i, 0);
	}
	if (fd > 2)
		sys_close((int)fd);
}

/* "NAME=value" among the arguments or, as Linux passes it, in the environment; or NULL. */
static char *option_get(char **argv, const char *name)
{
	size_t len = strlen(name);
	char **arg;

	for (arg = argv; *arg != NULL; arg++) {
		if (strncmp(*arg, name, len) == 0 && (*arg)[len] == '=')
			return *arg + len + 1;
	}
	for (arg = program_environ; *arg != NULL; arg++) {
		if (strncmp(*arg, name, len) == 0 && (*arg)[len] == '=')
			return *arg + len + 1;
	}
	return NULL;
}

static _Noreturn void child_exec(char *const argv[])
{
	char *const script[] = { (char[]){ "/bin/sh" }, argv[0], NULL };
	long error;

	sys_setsid();
	sys_ioctl(0, TIOCSCTTY, NULL);		/* Ctrl-C is for it, even before it reads */
	error = sys_execve(argv[0], argv, child_environ);
	if (error == -ENOEXEC || error == -EACCES)
		error = sys_execve(script[0], script, child_environ);
	program_fail(argv[0], error);
	sys_exit(127);
}

/* Starts a program and reaps whoever exits until that program does; its wait status. */
static int program_run(char *const argv[])
{
	int status = 0;
	long pid = sys_fork(), reaped;

	if (pid == 0)
		child_exec(argv);
	if (pid < 0)
		return program_fail("fork", pid) << 8;
	do {
		reaped = sys_wait4(-1, &status, 0);
	} while (reaped != pid && (reaped >= 0 || reaped == -EINTR));
	if (reaped < 0)
		return program_fail("wait4", reaped) << 8;
	return status;
}

static void status_report(const char *name, int status)
{
	if (WIFSIGNALED(status))
		printf("init: %s: killed by signal %d\n", name, WTERMSIG(status));
	else if (status != 0)
		printf("init: %s: exit status %d\n", name, WEXITSTATUS(status));
}

/* A greeting, and a shell until one exits by itself. */
static void shell_serve(void)
{
	char *const greeting[] = { (char[]){ "/bin/cat" }, (char[]){ "/etc/motd" }, NULL };
	char *const argv[] = { (char[]){ "/bin/sh" }, NULL };
	int status, i;

	program_run(greeting);
	for (i = 0; i < RESPAWN_MAX; i++) {
		status = program_run(argv);
		status_report(argv[0], status);
		if (!WIFSIGNALED(status))
			return;
	}
	printf("init: the shell was killed %d times, giving up\n", RESPAWN_MAX);
}

int main(int argc, char **argv)
{
	char *ops = option_get(argv, "bench");
	char *program = option_get(argv, "run");

	(void)argc;
	if (sys_getpid() != 1) {
		dprintf(2, "init: not process 1, so not the one to run the machine\n");
		return 1;
	}
	console_open();
	if (ops != NULL) {
		char *const bench[] = { (char[]){ "/bin/bench" }, ops, NULL };

		status_report(bench[0], program_run(bench));
	} else if (program != NULL) {
		char *const run[] = { program, NULL };

		status_report(program, program_run(run));
	} else {
		shell_serve();
	}
	return program_fail("reboot", sys_reboot(REBOOT_CMD_POWER_OFF));
}
