/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cat: copies files, or its input, to its output. cat [FILE|-]...
 * POSIX.1-2017, cat.
 */
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

static int cat_fd(int fd, const char *name)
{
	static char buf[4096];
	long count, error;

	while ((count = sys_read(fd, buf, sizeof(buf))) > 0) {
		error = write_all(1, buf, (size_t)count);
		if (error != 0)
			return program_fail("standard output", error);
	}
	return count == 0 ? 0 : program_fail(name, count);
}

int main(int argc, char **argv)
{
	int i, status = 0;

	if (argc == 1)
		return cat_fd(0, "standard input");
	for (i = 1; i < argc; i++) {
		long fd = 0;

		if (strcmp(argv[i], "-") != 0)
			fd = sys_open(argv[i], O_RDONLY);
		if (fd < 0) {
			status |= program_fail(argv[i], fd);
			continue;
		}
		status |= cat_fd((int)fd, argv[i]);
		if (fd != 0)
			sys_close((int)fd);
	}
	return status;
}
