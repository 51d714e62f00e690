/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-abi: runs all the test programs, one after the other, and says whether all passed.
 * Each checks a part of the Linux riscv64 system call ABI.
 */
#include <stdbool.h>

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

static const char *const programs[] = {
	"test-process", "test-exec", "test-memory", "test-signal", "test-sigframe", "test-pipe",
	"test-file", "test-sparse", "test-time", "test-hostile", "test-sh",
	"test-batch",
};

/* Runs a program of this one's directory; true if it exited with 0. */
static bool program_passes(const char *self, const char *name)
{
	const char *slash = strrchr(self, '/');
	char path[256];
	char *argv[] = { path, NULL };
	int status = -1;
	long pid;

	if (slash != NULL)
		snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - self), self, name);
	else
		snprintf(path, sizeof(path), "/bin/%s", name);
	pid = sys_fork();
	if (pid == 0) {
		program_fail(path, sys_execve(path, argv, program_environ));
		sys_exit(127);
	}
	if (pid < 0 || sys_wait4(pid, &status, 0) != pid)
		return false;
	if (WIFSIGNALED(status))
		printf("FAIL: %s: killed by signal %d\n", name, WTERMSIG(status));
	else if (WEXITSTATUS(status) == 127)
		printf("FAIL: %s: could not be run\n", name);
	return status == 0;
}

int main(int argc, char **argv)
{
	unsigned int failed = 0;
	size_t i;

	if (argc != 1) {
		dprintf(2, "usage: test-abi\n");
		return 2;
	}
	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		failed += !program_passes(argv[0], programs[i]);
	printf("test-abi: %zu programs, %u of them with failures\n", i, failed);
	return failed != 0;
}
