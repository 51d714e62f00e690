/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sh: a small shell. sh, sh FILE [ARG...], sh -c COMMANDS [NAME ARG...]
 * A part of POSIX.1-2017's shell command language: words, quotes, variables, pipelines,
 * redirections, ; & && || ! and comments. No control structures, patterns or substitutions.
 */
#include <stdbool.h>

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/shell.h"
#include "lib/string.h"
#include "lib/syscall.h"
#include "lib/variable.h"

#define TOKENS_MAX	1024
#define STAGES_MAX	64	/* of a pipeline */
#define LINE_TOO_LONG	(-1)
#define LINE_INTERRUPTED (-2)

static struct shlex_token tokens[TOKENS_MAX];

/* --- pipelines and lists --- */

static void report_signal(long pid, int status)
{
	static const char *const words[] = {
		[SIGQUIT] = "quit", [SIGILL] = "illegal instruction", [SIGTRAP] = "breakpoint",
		[SIGABRT] = "aborted", [SIGBUS] = "bus error", [SIGFPE] = "arithmetic error",
		[SIGKILL] = "killed", [SIGSEGV] = "segmentation fault", [SIGTERM] = "terminated",
	};
	unsigned int signo = (unsigned int)WTERMSIG(status);

	if (!WIFSIGNALED(status) || signo == SIGPIPE || signo == SIGINT)
		return;
	dprintf(2, "sh: process %ld: signal %u (%s)\n", pid, signo,
		signo < sizeof(words) / sizeof(words[0]) && words[signo] != NULL ? words[signo] :
		"?");
}

static long stage_fork(const struct shlex_token *token, int input, const int output[2])
{
	long pid = shell_signal_fork(false);

	if (pid != 0)
		return pid;
	if (input >= 0)
		sys_dup3(input, 0, 0);
	if (input > 0)
		sys_close(input);
	if (output[1] >= 0) {
		sys_dup3(output[1], 1, 0);
		sys_close(output[0]);
		sys_close(output[1]);
	}
	shell_command_child(token);
}

/*
 * Waits for the stages of a pipeline; the status of the last. What ended by Ctrl-C ends the line at
 * the prompt; what lived on had its own use for it.
 */
static int stages_wait(const long *pids, int count)
{
	int i, status, result = 1;
	bool interrupted = false;
	long pid;

	for (i = 0; i < count; i++) {
		do {
			pid = sys_wait4(pids[i], &status, 0);
		} while (pid == -EINTR);
		if (pid == pids[i]) {
			report_signal(pid, status);
			result = shell_status(status);
			interrupted |= WIFSIGNALED(status) && WTERMSIG(status) == SIGINT;
		}
	}
	shell.interrupted = shell.interactive && interrupted;
	return result;
}

/* Forks each command of the pipeline and waits for all; the status is the last one's. */
static int pipeline_fork(const struct shlex_token *token)
{
	long pids[STAGES_MAX];
	int input = -1, count = 0;
	long error = 0;

	for (;; token++) {
		const struct shlex_token *end = shell_command_end(token);
		int output[2] = { -1, -1 };

		error = count < STAGES_MAX ? 0 : -E2BIG;
		if (error == 0 && end->type == SHLEX_PIPE)
			error = sys_pipe2(output, O_CLOEXEC);
		if (error == 0)
			error = pids[count] = stage_fork(token, input, output);
		if (input >= 0)
			sys_close(input);
		if (output[1] >= 0)
			sys_close(output[1]);
		input = output[0];
		token = end;
		if (error < 0 || token->type != SHLEX_PIPE)
			break;
		count++;
	}
	if (error < 0) {
		shell_complain("pipeline", program_strerror(error));
		if (input >= 0)
			sys_close(input);
		stages_wait(pids, count);
		return 1;
	}
	return stages_wait(pids, count + 1);
}

static bool is_bang(const struct shlex_token *token)
{
	return token->type == SHLEX_WORD && token->len == 1 && *token->text == '!';
}

static const struct shlex_token *pipeline_end(const struct shlex_token *token)
{
	token = shell_command_end(token);
	while (token->type == SHLEX_PIPE)
		token = shell_command_end(token + 1);
	return token;
}

static int pipeline_run(const struct shlex_token *token)
{
	const struct shell_builtin *builtin;
	bool negate = is_bang(token);
	int status;

	if (negate)
		token++;
	builtin = shell_command_builtin(token);
	if (shell_command_end(token)->type != SHLEX_PIPE && builtin != NULL)
		status = shell_command_here(builtin, token);
	else
		status = pipeline_fork(token);
	return negate ? status == 0 : status;
}

/* Pipelines joined by && and ||; what follows them. */
static const struct shlex_token *chain_run(const struct shlex_token *token, bool really)
{
	bool skip = !really;

	for (;;) {
		if (!skip && !shell.interrupted)
			shell.last_status = pipeline_run(token);
		token = pipeline_end(token);
		if (token->type != SHLEX_AND && token->type != SHLEX_OR)
			return token;
		skip = !really || (token->type == SHLEX_AND) != (shell.last_status == 0);
		token++;
	}
}

static void background_run(const struct shlex_token *token)
{
	long pid = shell_signal_fork(true);

	if (pid == 0) {
		shell.interactive = false;
		chain_run(token, true);
		sys_exit(shell.last_status);
	}
	if (pid < 0) {
		shell_complain("fork", program_strerror(pid));
		shell.last_status = 1;
		return;
	}
	shell.last_background = pid;
	shell.last_status = 0;
	if (shell.interactive)
		dprintf(2, "[%ld]\n", pid);
}

/* 0 if every operator has its command and every redirection its word; else it complains. */
static int list_check(const struct shlex_token *token)
{
	char text[24];
	bool command = false;

	for (; token->type != SHLEX_END; token++) {
		const struct shlex_token *bad = NULL;

		if (shell_is_redirection(token->type)) {
			command = true;
			if (token[1].type != SHLEX_WORD)
				bad = token;
			else
				token++;
		} else if (token->type == SHLEX_WORD) {
			command = !is_bang(token) || command;
		} else if (!command && !(token->type == SHLEX_SEPARATOR && *token->text == '\n')) {
			bad = token;
		} else {
			command = false;
		}
		if (bad != NULL) {
			snprintf(text, sizeof(text), "near '%.*s'", (int)bad->len, bad->text);
			shell_complain("syntax error", text);
			return -1;
		}
	}
	return 0;
}

static void list_run(const struct shlex_token *token)
{
	while (token->type != SHLEX_END && !shell.interrupted) {
		const struct shlex_token *end;

		if (token->type == SHLEX_SEPARATOR || token->type == SHLEX_BACKGROUND) {
			token++;
			continue;
		}
		end = chain_run(token, false);
		if (end->type == SHLEX_BACKGROUND)
			background_run(token);
		else
			chain_run(token, true);
		token = end;
	}
}

/* Runs complete lines; false if the text wants another line. */
static bool text_run(const char *text)
{
	int count = shlex_split(text, tokens, TOKENS_MAX);

	if (count == SHLEX_OPEN)
		return false;
	if (count == SHLEX_TOO_MANY)
		shell_complain("syntax error", "line too long");
	else if (count == SHLEX_STRANGE)
		shell_complain("syntax error", "this shell has no ( )");
	if (count < 0 || list_check(tokens) != 0)
		shell.last_status = 2;
	else
		list_run(tokens);
	if (shell.interrupted)		/* behind the terminal's ^C */
		dprintf(2, "\n");
	return true;
}

/* --- input --- */

/*
 * Appends a line to what `used` bytes of buf hold; the new length, the same at the end, or why
 * there is no line. A terminal gives one line; of a file, from which commands may read, too, no
 * more than the line is taken.
 */
static long line_read(char *buf, long used, const char *prompt)
{
	shell.line++;
	while (used < SHELL_LINE_MAX - 1) {
		size_t room = (size_t)(SHELL_LINE_MAX - 1 - used);
		long got = shell.interactive ? shell_signal_read(prompt, buf + used, room) :
					       sys_read(shell.fd, buf + used, 1);

		if (got == -EINTR && shell.interrupted)
			return LINE_INTERRUPTED;
		if (got == -EINTR)
			continue;
		if (got <= 0)
			break;
		prompt = "";
		used += got;
		if (buf[used - 1] == '\n')
			break;
	}
	buf[used] = '\0';
	return used < SHELL_LINE_MAX - 1 ? used : LINE_TOO_LONG;
}

static void background_reap(void)
{
	int status;
	long pid;

	while ((pid = sys_wait4(-1, &status, WNOHANG)) > 0) {
		report_signal(pid, status);
		dprintf(2, "[%ld] exit status %d\n", pid, shell_status(status));
	}
}

static int source_run(void)
{
	static char buf[SHELL_LINE_MAX];
	long used = 0, length;

	for (;;) {
		if (shell.interactive && used == 0)
			background_reap();
		shell.interrupted = false;
		length = line_read(buf, used, used == 0 ? "$ " : "> ");
		if (length == LINE_INTERRUPTED) {
			dprintf(2, "\n");
			shell.last_status = 128 + SIGINT;
			used = 0;
			continue;
		}
		if (length == LINE_TOO_LONG) {
			shell_complain("syntax error", "line too long");
			return 2;
		}
		if (length == used) {		/* the end of the file */
			if (used > 0)
				shell_complain("syntax error", "end of file within a command");
			return used > 0 ? 2 : shell.last_status;
		}
		used = text_run(buf) ? 0 : length;
	}
}

static int script_open(const char *name)
{
	long fd = sys_open(name, O_RDONLY | O_CLOEXEC);
	long high;

	if (fd < 0) {
		program_fail(name, fd);
		return -1;
	}
	high = sys_fcntl((int)fd, F_DUPFD_CLOEXEC, SHELL_FD);
	sys_close((int)fd);
	return (int)high;
}

int main(int argc, char **argv)
{
	uint8_t terminal[64];	/* more than any struct termios */

	shell.pid = sys_getpid();
	variable_import(program_environ);
	if (variable_get("PATH", 4) == NULL)
		variable_set("PATH", 4, "/bin", true);
	shell.positional = argv + 1;
	shell.positional_count = argc - 1;
	shell.name = argc > 1 ? argv[1] : "sh";
	if (argc > 2 && strcmp(argv[1], "-c") == 0) {
		shell.line = 1;
		shell.name = "sh";
		shell.positional += 2;
		shell.positional_count -= 2;
		if (!text_run(argv[2])) {
			shell_complain("syntax error", "end of text within a command");
			return 2;
		}
		return shell.last_status;
	}
	if (argc > 1 && argv[1][0] == '-') {
		dprintf(2, "usage: sh [FILE [ARG...] | -c COMMANDS [NAME ARG...]]\n");
		return 2;
	}
	if (argc == 1) {
		shell.positional = argv;
		shell.positional_count = argc;
	}
	shell.fd = argc > 1 ? script_open(argv[1]) : 0;
	if (shell.fd < 0)
		return 127;
	shell.interactive = argc == 1 && sys_ioctl(0, TCGETS, terminal) == 0;
	if (shell.interactive)
		shell_signal_prompt();
	return source_run();
}
