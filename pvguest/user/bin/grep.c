/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grep: prints the lines that contain a word (no patterns, no limit on a file, 4 KiB on a line).
 * grep [-v] [-c] WORD [FILE...]; exit status as POSIX.1-2017, grep.
 */
#include <stdbool.h>

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

#define LINE_MAX 4096

static bool invert, count_only, name_lines;
static const char *wanted;
static bool matched_any;

static void line_match(const char *line, const char *name, unsigned long *matches)
{
	if ((strstr(line, wanted) != NULL) == invert)
		return;
	matched_any = true;
	(*matches)++;
	if (count_only)
		return;
	if (name_lines) {
		write_all(1, name, strlen(name));
		write_all(1, ":", 1);
	}
	write_all(1, line, strlen(line));
	write_all(1, "\n", 1);
}

static int grep_fd(int fd, const char *name)
{
	static char line[LINE_MAX], buf[4096];
	unsigned long matches = 0;
	size_t used = 0;
	long len, i;

	while ((len = sys_read(fd, buf, sizeof(buf))) > 0) {
		for (i = 0; i < len; i++) {
			if (buf[i] != '\n' && used < LINE_MAX - 1) {
				line[used++] = buf[i];
				continue;
			}
			line[used] = '\0';
			line_match(line, name, &matches);
			used = 0;
			if (buf[i] != '\n')	/* a line too long goes on as another */
				line[used++] = buf[i];
		}
	}
	if (used > 0) {
		line[used] = '\0';
		line_match(line, name, &matches);
	}
	if (count_only)
		printf("%s%s%lu\n", name_lines ? name : "", name_lines ? ":" : "", matches);
	return len < 0 ? program_fail(name, len) : 0;
}

int main(int argc, char **argv)
{
	int i, status = 0;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		if (strcmp(argv[i], "-v") == 0)
			invert = true;
		else if (strcmp(argv[i], "-c") == 0)
			count_only = true;
		else
			break;
	}
	if (i >= argc || (argv[i][0] == '-' && argv[i][1] != '\0')) {
		dprintf(2, "usage: grep [-v] [-c] WORD [FILE...]\n");
		return 2;
	}
	wanted = argv[i++];
	name_lines = argc - i > 1;
	if (i == argc)
		status = grep_fd(0, "standard input");
	for (; i < argc; i++) {
		long fd = sys_open(argv[i], O_RDONLY);

		if (fd < 0) {
			status |= program_fail(argv[i], fd);
			continue;
		}
		status |= grep_fd((int)fd, argv[i]);
		sys_close((int)fd);
	}
	if (status != 0)
		return 2;
	return matched_any ? 0 : 1;
}
