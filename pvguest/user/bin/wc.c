/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wc: counts lines, words and bytes. wc [FILE...]
 * POSIX.1-2017, wc.
 */
#include <stdbool.h>

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/syscall.h"

struct counts {
	unsigned long lines, words, bytes;
};

static int count_fd(int fd, const char *name, struct counts *total)
{
	static char buf[4096];
	struct counts counts = { 0 };
	bool in_word = false;
	long len, i;

	while ((len = sys_read(fd, buf, sizeof(buf))) > 0) {
		counts.bytes += (unsigned long)len;
		for (i = 0; i < len; i++) {
			bool space = buf[i] == ' ' || (buf[i] >= '\t' && buf[i] <= '\r');

			counts.lines += buf[i] == '\n';
			counts.words += !space && !in_word;
			in_word = !space;
		}
	}
	if (len < 0)
		return program_fail(name, len);
	printf("%7lu %7lu %7lu%s%s\n", counts.lines, counts.words, counts.bytes,
	       fd == 0 ? "" : " ", fd == 0 ? "" : name);
	total->lines += counts.lines;
	total->words += counts.words;
	total->bytes += counts.bytes;
	return 0;
}

int main(int argc, char **argv)
{
	struct counts total = { 0 };
	int i, status = 0;

	if (argc == 1)
		return count_fd(0, "standard input", &total);
	for (i = 1; i < argc; i++) {
		long fd = sys_open(argv[i], O_RDONLY);

		if (fd < 0) {
			status |= program_fail(argv[i], fd);
			continue;
		}
		status |= count_fd((int)fd, argv[i], &total);
		sys_close((int)fd);
	}
	if (argc > 2)
		printf("%7lu %7lu %7lu total\n", total.lines, total.words, total.bytes);
	return status;
}
