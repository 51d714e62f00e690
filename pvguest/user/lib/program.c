/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program's surroundings: arguments, environment, aux vector, and how it gives up.
 * System V ABI, process initialisation.
 */
#include "program.h"

#include <stddef.h>

#include "printf.h"
#include "string.h"
#include "syscall.h"

char **program_environ;
const char *program_name = "?";

static uint64_t *program_auxv;

/* Called by crt0.S with the initial stack pointer. */
void program_start(long *stack)
{
	int argc = (int)stack[0];
	char **argv = (char **)(stack + 1);
	char **end;

	program_environ = argv + argc + 1;
	for (end = program_environ; *end != NULL; end++)
		;
	program_auxv = (uint64_t *)(end + 1);
	if (argc > 0) {
		const char *slash = strrchr(argv[0], '/');

		program_name = slash != NULL ? slash + 1 : argv[0];
	}
	sys_exit(main(argc, argv));
}

int program_auxval(uint64_t type, uint64_t *value)
{
	const uint64_t *entry;

	for (entry = program_auxv; entry[0] != 0; entry += 2) {
		if (entry[0] == type) {
			*value = entry[1];
			return 0;
		}
	}
	return -1;
}

const char *program_getenv(const char *name)
{
	size_t len = strlen(name);
	char **env;

	for (env = program_environ; *env != NULL; env++) {
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	}
	return NULL;
}

const char *program_strerror(long error)
{
	static const struct {
		int number;
		const char *words;
	} errors[] = {
		{ EPERM, "operation not permitted" },
		{ ENOENT, "no such file or directory" },
		{ ESRCH, "no such process" },
		{ EINTR, "interrupted" },
		{ EIO, "input/output error" },
		{ E2BIG, "argument list too long" },
		{ ENOEXEC, "not an executable" },
		{ EBADF, "bad file descriptor" },
		{ ECHILD, "no child" },
		{ EAGAIN, "no process left, or would block" },
		{ ENOMEM, "out of memory" },
		{ EACCES, "permission denied" },
		{ EFAULT, "bad address" },
		{ EEXIST, "file exists" },
		{ ENOTDIR, "not a directory" },
		{ EISDIR, "is a directory" },
		{ EINVAL, "invalid argument" },
		{ EMFILE, "too many open files" },
		{ ENOTTY, "not a terminal" },
		{ ENOSPC, "no space left" },
		{ ESPIPE, "cannot seek" },
		{ EROFS, "read-only file system" },
		{ EPIPE, "broken pipe" },
		{ ERANGE, "result too large" },
		{ ENAMETOOLONG, "file name too long" },
		{ ENOSYS, "not implemented by this kernel" },
	};
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].number == -error)
			return errors[i].words;
	}
	return "unknown error";
}

int program_fail(const char *what, long error)
{
	dprintf(2, "%s: %s: %s\n", program_name, what, program_strerror(error));
	return 1;
}

int program_number(const char *text, unsigned long max, unsigned long *value)
{
	unsigned long sum = 0;
	const char *c;

	if (*text == '\0')
		return -1;
	for (c = text; *c != '\0'; c++) {
		unsigned long digit = (unsigned long)(*c - '0');

		if (*c < '0' || *c > '9' || digit > max || sum > (max - digit) / 10)
			return -1;
		sum = sum * 10 + digit;
	}
	*value = sum;
	return 0;
}
