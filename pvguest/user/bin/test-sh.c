/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-sh: the shell's language, each case a script and the output and status it must have.
 * POSIX.1-2017, shell command language, as far as sh.c goes.
 */
#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

static char output[4096];

/* Runs `sh -c script name one two` with stdout and stderr in `output`; the exit status. */
static int shell_run(const char *script)
{
	char shell[256], path[280];
	char *argv[] = { shell, (char[]){ "-c" }, (char *)(uintptr_t)script, (char[]){ "name" },
			 (char[]){ "one" }, (char[]){ "two" }, NULL };
	char *envp[] = { path, (char[]){ "HOME=/" }, NULL };
	const char *self = check_self(), *slash = strrchr(self, '/');
	size_t used = 0;
	int fds[2], status;
	long pid, got;

	snprintf(shell, sizeof(shell), "%.*s/sh", (int)(slash - self), self);
	snprintf(path, sizeof(path), "PATH=%.*s", (int)(slash - self), self);
	CHECK_EQ(sys_pipe(fds), 0);
	pid = sys_fork();
	if (pid == 0) {
		sys_dup3(fds[1], 1, 0);
		sys_dup3(fds[1], 2, 0);
		sys_close(fds[0]);
		sys_close(fds[1]);
		sys_execve(shell, argv, envp);
		sys_exit(127);
	}
	CHECK_EQ(sys_close(fds[1]), 0);
	while ((got = sys_read(fds[0], output + used, sizeof(output) - 1 - used)) > 0)
		used += (size_t)got;
	output[used] = '\0';
	CHECK_EQ(sys_close(fds[0]), 0);
	status = check_wait(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void expect(const char *script, const char *text, int status)
{
	int got = shell_run(script);
	char why[600];

	if (strcmp(output, text) == 0 && got == status)
		return;
	snprintf(why, sizeof(why), "%.*s: status %d, '%.*s'", 150, script, got, 300, output);
	check_fail(__FILE__, __LINE__, why);
}

static void words_and_quotes(void)
{
	expect("echo a  b\t c", "a b c\n", 0);
	expect("echo 'a  b' \"c  d\" e\\ \\ f", "a  b c  d e  f\n", 0);
	expect("echo '$x' \"\\$x\" \\$x \"a\\b\" '\\'", "$x $x $x a\\b \\\n", 0);
	expect("echo \"\" '' a''b", "  ab\n", 0);
	expect("echo a#b # comment", "a#b\n", 0);
	expect("echo one \\\n two", "one two\n", 0);
	expect("echo 'a\nb'", "a\nb\n", 0);
}

static void variables(void)
{
	expect("x=1; y=\"a  b\"; echo $x \"$y\" $y ${x}2 $none.", "1 a  b a b 12 .\n", 0);
	expect("echo $0 $1 $2 $3 $#", "name one two 2\n", 0);
	expect("x='  a  b  '; echo $x; z=$x; echo \"[$z]\"", "a b\n[  a  b  ]\n", 0);
}

static void exported(void)
{
	CHECK_EQ(shell_run("export A=1 B; B=2; C=3; D=4 env"), 0);
	CHECK(strstr(output, "A=1\n") != NULL && strstr(output, "B=2\n") != NULL);
	CHECK(strstr(output, "D=4\n") != NULL && strstr(output, "HOME=/\n") != NULL);
	CHECK(strstr(output, "C=3\n") == NULL);
	CHECK_EQ(shell_run("D=4 env > /dev/null; unset HOME; env"), 0);
	CHECK(strstr(output, "D=4\n") == NULL && strstr(output, "HOME=") == NULL);
}

static void statuses(void)
{
	expect("true; echo $?; false; echo $?", "0\n1\n", 0);
	expect("exit 7; echo no", "", 7);
	expect("false", "", 1);
	expect("! false && echo yes; ! true; echo $?", "yes\n1\n", 0);
	expect("true && echo a || echo b; false && echo c || echo d", "a\nd\n", 0);
	expect("sh -c 'exit 3' || echo $?", "3\n", 0);
}

static void pipelines(void)
{
	expect("echo a b c | cat | cat | wc", "      1       3       6\n", 0);
	expect("true | false; echo $?; false | true; echo $?", "1\n0\n", 0);
	expect("echo x | cat; pwd | cat > /dev/null", "x\n", 0);
	expect("cat /dev/zero | true; echo done", "done\n", 0);
}

static void redirections(void)
{
	expect("echo one > /test-sh.tmp; echo two >> /test-sh.tmp; cat < /test-sh.tmp; "
	       "> /test-sh.tmp; cat /test-sh.tmp", "one\ntwo\n", 0);
	expect("cat /no/such 2> /dev/null; echo $?", "1\n", 0);
	expect("echo hidden > /dev/null 2>&1; echo shown >&2", "shown\n", 0);
	expect("cd / > /dev/null; echo still", "still\n", 0);
	CHECK_EQ(sys_unlink("/test-sh.tmp"), 0);
}

static void directories(void)
{
	expect("cd /dev; pwd; cd ..; pwd; cd; pwd", "/dev\n/\n/\n", 0);
}

static void background(void)
{
	expect("sleep 0.05 & wait; echo done", "done\n", 0);
	expect("sh -c 'exit 4' & wait $!; echo $?", "4\n", 0);
	expect("sleep 1 && echo late & echo early; wait", "early\nlate\n", 0);
}

static void background_signals(void)
{
	expect("sh -c 'kill -INT $$; kill -QUIT $$; echo alive' & wait $!; echo $?",
	       "alive\n0\n", 0);
	CHECK_EQ(shell_run("sh -c 'kill -TERM $$; echo alive' & wait $!; echo $?"), 0);
	CHECK(strstr(output, "143\n") != NULL && strstr(output, "alive") == NULL);
	expect("sh -c 'kill -INT $$; echo alive'; echo $?", "130\n", 0);
}

static void complaints(void)
{
	expect("nosuch; echo $?", "sh: line 1: nosuch: not found\n127\n", 0);
	expect("/dev; echo $?", "sh: line 1: /dev: permission denied\n126\n", 0);
	expect("echo a | | echo b", "sh: line 1: syntax error: near '|'\n", 2);
	expect("echo a > ; echo b", "sh: line 1: syntax error: near '>'\n", 2);
	expect("echo 'a", "sh: line 1: syntax error: end of text within a command\n", 2);
	expect("echo (a)", "sh: line 1: syntax error: this shell has no ( )\n", 2);
	expect("cd /no/such", "sh: line 1: /no/such: no such file or directory\n", 1);
	expect("echo x > /no/such; echo $?",
	       "sh: line 1: /no/such: no such file or directory\n1\n", 0);
	expect("exit many", "sh: line 1: many: not an exit status (0 to 255)\n", 2);
}

static void crashes_are_told(void)
{
	CHECK_EQ(shell_run("crash null; echo $?"), 0);
	CHECK(strstr(output, "signal 11 (segmentation fault)\n139\n") != NULL);
	CHECK_EQ(shell_run("crash illegal; echo $?"), 0);
	CHECK(strstr(output, "signal 4 (illegal instruction)\n132\n") != NULL);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "the shell splits words and obeys quotes", words_and_quotes },
		{ "the shell expands variables and parameters", variables },
		{ "the shell passes exported variables only", exported },
		{ "the shell joins commands by their statuses", statuses },
		{ "the shell connects commands by pipes", pipelines },
		{ "the shell redirects and puts back", redirections },
		{ "the shell changes directory", directories },
		{ "the shell runs commands in the background", background },
		{ "only background commands ignore SIGINT and SIGQUIT", background_signals },
		{ "the shell says what is wrong and where", complaints },
		{ "the shell tells which signal ended a command", crashes_are_told },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
