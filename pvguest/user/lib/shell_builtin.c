/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shell: what it does itself, and its messages.
 * POSIX.1-2017, shell command language.
 */
#include "shell.h"

#include "printf.h"
#include "program.h"
#include "string.h"
#include "syscall.h"
#include "variable.h"

struct shell shell = { .fd = -1 };

void shell_complain(const char *what, const char *why)
{
	if (shell.interactive)
		dprintf(2, "sh: %s: %s\n", what, why);
	else
		dprintf(2, "%s: line %lu: %s: %s\n", shell.name, shell.line, what, why);
}

int shell_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run_cd(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : variable_get("HOME", 4);
	long error = sys_chdir(path != NULL ? path : "/");

	if (error == 0)
		return 0;
	shell_complain(path, program_strerror(error));
	return 1;
}

static int run_pwd(int argc, char **argv)
{
	char path[1024];
	long error = sys_getcwd(path, sizeof(path));

	(void)argc;
	if (error >= 0)
		return puts(path) < 0;
	shell_complain(argv[0], program_strerror(error));
	return 1;
}

static int run_exit(int argc, char **argv)
{
	unsigned long status = (unsigned long)shell.last_status;

	if (argc > 1 && program_number(argv[1], 255, &status) != 0) {
		shell_complain(argv[1], "not an exit status (0 to 255)");
		status = 2;
	}
	sys_exit((int)status);
}

static int run_export(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		size_t len = shlex_name_length(argv[i], strlen(argv[i]));
		char after = argv[i][len];

		if (len == 0 || (after != '\0' && after != '=')) {
			shell_complain(argv[i], "not a variable name");
			return 1;
		}
		if (variable_set(argv[i], len, after == '=' ? argv[i] + len + 1 : NULL, true) < 0) {
			shell_complain(argv[i], "too many variables");
			return 1;
		}
	}
	return 0;
}

static int run_unset(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		variable_unset(argv[i]);
	return 0;
}

static int run_wait(int argc, char **argv)
{
	unsigned long pid;
	int status = 0, i;
	long error = 0;

	if (argc == 1) {
		while ((error = sys_wait4(-1, &status, 0)) > 0)
			;
		return error == -EINTR ? 128 + SIGINT : 0;
	}
	for (i = 1; i < argc; i++) {
		error = -EINVAL;
		if (program_number(argv[i], 0x7fffffff, &pid) == 0)
			error = sys_wait4((long)pid, &status, 0);
		if (error == -EINTR)
			return 128 + SIGINT;
		if (error < 0) {
			shell_complain(argv[i], program_strerror(error));
			return 127;
		}
	}
	return shell_status(status);
}

static int run_nothing(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static int run_help(int argc, char **argv);

static const struct shell_builtin builtins[] = {
	{ ":", run_nothing },	{ "cd", run_cd },	{ "exit", run_exit },
	{ "export", run_export }, { "help", run_help },	{ "pwd", run_pwd },
	{ "unset", run_unset },	{ "wait", run_wait },
};

#define BUILTINS (sizeof(builtins) / sizeof(builtins[0]))

static int run_help(int argc, char **argv)
{
	size_t i;

	(void)argc;
	(void)argv;
	printf("The shell itself:");
	for (i = 0; i < BUILTINS; i++)
		printf(" %s", builtins[i].name);
	puts("\nPrograms: ls /bin. Words, 'quotes', $variables, $?, | < > >> 2>&1 ; & && || ! #");
	return 0;
}

const struct shell_builtin *shell_builtin_find(const char *name)
{
	size_t i;

	for (i = 0; i < BUILTINS; i++) {
		if (strcmp(builtins[i].name, name) == 0)
			return &builtins[i];
	}
	return NULL;
}
