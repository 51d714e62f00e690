/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kill: sends a signal to processes. kill [-NUMBER|-NAME] PID...
 * POSIX.1-2017, kill.
 */
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "HUP", SIGHUP }, { "INT", SIGINT }, { "QUIT", SIGQUIT }, { "ILL", SIGILL },
	{ "ABRT", SIGABRT }, { "KILL", SIGKILL }, { "USR1", SIGUSR1 }, { "SEGV", SIGSEGV },
	{ "USR2", SIGUSR2 }, { "PIPE", SIGPIPE }, { "ALRM", SIGALRM }, { "TERM", SIGTERM },
	{ "CHLD", SIGCHLD }, { "CONT", SIGCONT }, { "STOP", SIGSTOP },
};

static int signal_parse(const char *text)
{
	unsigned long number;
	size_t i;

	if (program_number(text, 64, &number) == 0)
		return (int)number;
	if (strncmp(text, "SIG", 3) == 0)
		text += 3;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (strcmp(signals[i].name, text) == 0)
			return signals[i].number;
	}
	return -1;
}

int main(int argc, char **argv)
{
	int signo = SIGTERM, i = 1, status = 0;

	if (argc > 1 && argv[1][0] == '-') {
		signo = signal_parse(argv[1] + 1);
		i++;
	}
	if (signo < 0 || i == argc) {
		dprintf(2, "usage: kill [-SIGNAL] PID...\n");
		return 2;
	}
	for (; i < argc; i++) {
		unsigned long pid;
		long error = -EINVAL;

		if (program_number(argv[i], 0x7fffffff, &pid) == 0)
			error = sys_kill((long)pid, signo);
		if (error < 0)
			status = program_fail(argv[i], error);
	}
	return status;
}
