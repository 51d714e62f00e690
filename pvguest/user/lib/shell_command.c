/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shell: running one command with its assignments, words and redirections.
 * POSIX.1-2017, shell command language.
 */
#include "shell.h"

#include "printf.h"
#include "program.h"
#include "string.h"
#include "syscall.h"
#include "variable.h"

static char arena_memory[2 * SHELL_LINE_MAX];
static struct arena arena = { .base = arena_memory, .size = sizeof(arena_memory) };

static const char *lookup(const char *name, size_t len)
{
	static char number[24];
	long value;

	if (len != 1 || (*name >= 'A' && *name <= 'Z') || (*name >= 'a' && *name <= 'z') ||
	    *name == '_')
		return variable_get(name, len);
	if (*name >= '0' && *name <= '9') {
		int index = *name - '0';

		return index < shell.positional_count ? shell.positional[index] : NULL;
	}
	if (*name == '@' || *name == '*')	/* only the first: there is no list */
		return shell.positional_count > 1 ? shell.positional[1] : NULL;
	value = *name == '?' ? shell.last_status : *name == '$' ? shell.pid :
		*name == '#' ? shell.positional_count - 1 : shell.last_background;
	snprintf(number, sizeof(number), "%ld", value);
	return number;
}

/* Tries one file; returns only if it is not there or cannot be run. */
static long exec_file(const char *path, char **argv, char **environ)
{
	char *script[SHELL_WORDS_MAX + 2] = { (char[]){ "/bin/sh" }, (char *)(uintptr_t)path };
	long error = sys_execve(path, argv, environ);
	int i;

	if (error != -ENOEXEC)
		return error;
	for (i = 1; i < SHELL_WORDS_MAX && argv[i] != NULL; i++)
		script[i + 1] = argv[i];
	return sys_execve(script[0], script, environ);
}

static _Noreturn void exec_command(char **argv)
{
	char *environ[VARIABLE_MAX + 1];
	char path[512];
	const char *dirs = variable_get("PATH", 4);
	long error = -ENOENT;

	variable_environ(environ);
	if (strchr(argv[0], '/') != NULL) {
		error = exec_file(argv[0], argv, environ);
		dirs = NULL;
	}
	while (dirs != NULL && error == -ENOENT) {
		const char *colon = strchr(dirs, ':');
		int len = colon != NULL ? (int)(colon - dirs) : (int)strlen(dirs);

		snprintf(path, sizeof(path), "%.*s/%s", len, dirs, argv[0]);
		error = exec_file(path, argv, environ);
		dirs = colon != NULL ? colon + 1 : NULL;
	}
	shell_complain(argv[0], error == -ENOENT ? "not found" : program_strerror(error));
	sys_exit(error == -ENOENT ? 127 : 126);
}

bool shell_is_redirection(enum shlex_type type)
{
	return type >= SHLEX_LESS;
}

/* Carries out one redirection: the token and the word behind it. 0, or -1 after a complaint. */
static int redirect(const struct shlex_token *token)
{
	static const int flags[] = {
		[SHLEX_LESS] = O_RDONLY,
		[SHLEX_GREAT] = O_WRONLY | O_CREAT | O_TRUNC,
		[SHLEX_APPEND] = O_WRONLY | O_CREAT | O_APPEND,
	};
	unsigned long from;
	char *word;
	long fd;

	word = shlex_expand_one(token + 1, &arena, lookup);
	if (word == NULL) {
		shell_complain("redirection", "too long");
		return -1;
	}
	if (token->type == SHLEX_COPY) {
		fd = program_number(word, SHELL_FD - 1, &from) == 0 ? (long)from : -EBADF;
		if (fd >= 0 && fd != token->fd)
			fd = sys_dup3((int)fd, token->fd, 0);
	} else {
		fd = sys_open(word, flags[token->type]);
		if (fd >= 0 && fd != token->fd) {
			sys_dup3((int)fd, token->fd, 0);
			sys_close((int)fd);
		}
	}
	if (fd >= 0)
		return 0;
	shell_complain(word, program_strerror(fd));
	return -1;
}

/* NAME=VALUE: the length of the name, or 0. */
static size_t assignment_length(const struct shlex_token *token)
{
	size_t len = shlex_name_length(token->text, token->len);

	return len > 0 && len < token->len && token->text[len] == '=' ? len : 0;
}

static int assign(const struct shlex_token *token, size_t len, bool export)
{
	struct shlex_token value = *token;
	char *text;

	value.text += len + 1;
	value.len -= len + 1;
	text = shlex_expand_one(&value, &arena, lookup);
	if (text == NULL || variable_set(token->text, len, text, export) < 0) {
		shell_complain("assignment", "too long, or too many variables");
		return -1;
	}
	return 0;
}

/*
 * Assignments, words and redirections of the command at `token`. In a child the assignments are
 * exported. Returns the number of words, or -1 after a complaint.
 */
static int command_prepare(const struct shlex_token *token, char **argv, bool child)
{
	int argc = 0, more;

	for (; token->type == SHLEX_WORD || shell_is_redirection(token->type); token++) {
		size_t len = argc == 0 ? assignment_length(token) : 0;

		if (shell_is_redirection(token->type)) {
			if (redirect(token++) != 0)
				return -1;
		} else if (token->type == SHLEX_WORD && len > 0) {
			if (assign(token, len, child) != 0)
				return -1;
		} else {
			more = shlex_expand(token, &arena, argv + argc, SHELL_WORDS_MAX - argc,
					    lookup);
			if (more < 0) {
				shell_complain("command", "too long");
				return -1;
			}
			argc += more;
		}
	}
	argv[argc] = NULL;
	return argc;
}

_Noreturn void shell_command_child(const struct shlex_token *token)
{
	static char *argv[SHELL_WORDS_MAX + 1];
	const struct shell_builtin *builtin;
	int argc;

	arena.used = 0;
	argc = command_prepare(token, argv, true);
	if (argc <= 0)
		sys_exit(argc < 0 ? 1 : 0);
	builtin = shell_builtin_find(argv[0]);
	if (builtin != NULL)
		sys_exit(builtin->run(argc, argv));
	exec_command(argv);
}

/* The first word, if it is a literal one: what decides whether the shell runs it itself. */
const struct shell_builtin *shell_command_builtin(const struct shlex_token *token)
{
	char name[16];

	for (; token->type == SHLEX_WORD || shell_is_redirection(token->type); token++) {
		if (shell_is_redirection(token->type)) {
			token++;
		} else if (assignment_length(token) == 0) {
			if (token->len >= sizeof(name))
				return NULL;
			memcpy(name, token->text, token->len);
			name[token->len] = '\0';
			return shell_builtin_find(name);
		}
	}
	return shell_builtin_find(":");	/* assignments and redirections alone */
}

/* Runs a command in the shell itself and puts descriptors 0 to 2 back afterwards. */
int shell_command_here(const struct shell_builtin *builtin, const struct shlex_token *token)
{
	static char *argv[SHELL_WORDS_MAX + 1];
	int argc, fd, status = 1;
	long saved[3];

	arena.used = 0;
	for (fd = 0; fd < 3; fd++)
		saved[fd] = sys_fcntl(fd, F_DUPFD_CLOEXEC, SHELL_FD);
	argc = command_prepare(token, argv, false);
	if (argc >= 0)
		status = builtin->run(argc, argv);
	for (fd = 0; fd < 3; fd++) {
		if (saved[fd] < 0) {
			sys_close(fd);
			continue;
		}
		sys_dup3((int)saved[fd], fd, 0);
		sys_close((int)saved[fd]);
	}
	return status;
}

const struct shlex_token *shell_command_end(const struct shlex_token *token)
{
	while (token->type == SHLEX_WORD || shell_is_redirection(token->type))
		token++;
	return token;
}
