/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ls: lists directories in the kernel's order. ls [-l] [-a] [FILE...]
 * POSIX.1-2017, ls; -l shows type, mode, size and name.
 */
#include <stdbool.h>

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

static bool long_format, all_names;

static char type_letter(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFCHR:
		return 'c';
	case S_IFIFO:
		return 'p';
	default:
		return '-';
	}
}

static int print_entry(int dirfd, const char *name)
{
	char mode[10] = "rwxrwxrwx";
	struct stat st;
	long error;
	int i;

	if (!long_format)
		return puts(name) < 0;
	error = sys_newfstatat(dirfd, name, &st, 0);
	if (error < 0)
		return program_fail(name, error);
	for (i = 0; i < 9; i++) {
		if ((st.st_mode & (0400u >> i)) == 0)
			mode[i] = '-';
	}
	return printf("%c%s %8ld %s\n", type_letter(st.st_mode), mode, st.st_size, name) < 0;
}

static int list_directory(int fd, const char *path)
{
	static char buf[2048] __attribute__((aligned(8)));
	int status = 0;
	long len, at;

	while ((len = sys_getdents64(fd, buf, sizeof(buf))) > 0) {
		for (at = 0; at < len;) {
			struct dirent64 *entry = (struct dirent64 *)(void *)(buf + at);

			if (all_names || entry->d_name[0] != '.')
				status |= print_entry(fd, entry->d_name);
			at += entry->d_reclen;
		}
	}
	return len == 0 ? status : program_fail(path, len);
}

static int list(const char *path)
{
	struct stat st;
	long fd, error;
	int status;

	error = sys_newfstatat(AT_FDCWD, path, &st, 0);
	if (error < 0)
		return program_fail(path, error);
	if (!S_ISDIR(st.st_mode))
		return print_entry(AT_FDCWD, path);
	fd = sys_open(path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return program_fail(path, fd);
	status = list_directory((int)fd, path);
	sys_close((int)fd);
	return status;
}

int main(int argc, char **argv)
{
	const char *c;
	int i, status = 0;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		for (c = argv[i] + 1; *c != '\0'; c++) {
			if (*c != 'l' && *c != 'a') {
				dprintf(2, "usage: ls [-l] [-a] [FILE...]\n");
				return 2;
			}
			long_format |= *c == 'l';
			all_names |= *c == 'a';
		}
	}
	if (i == argc)
		return list(".");
	for (; i < argc; i++)
		status |= list(argv[i]);
	return status;
}
