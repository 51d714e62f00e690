/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sort: sorts the lines of files by their bytes. sort [-u] [FILE...]
 * A part of POSIX.1-2017, sort.
 */
#include <stdbool.h>

#include "lib/malloc.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

struct text {
	char *bytes;
	size_t used, room;
};

static int text_read(struct text *text, int fd, const char *name)
{
	long len = 1;

	while (len > 0) {
		if (text->used + 1 >= text->room) {
			size_t room = text->room != 0 ? 2 * text->room : 0x4000;
			char *bytes = realloc(text->bytes, room);

			if (bytes == NULL)
				return program_fail(name, -ENOMEM);
			text->bytes = bytes;
			text->room = room;
		}
		len = sys_read(fd, text->bytes + text->used, text->room - text->used - 1);
		if (len < 0)
			return program_fail(name, len);
		text->used += (size_t)len;
	}
	/* The last line of a file may lack its end. */
	if (text->used != 0 && text->bytes[text->used - 1] != '\n')
		text->bytes[text->used++] = '\n';
	return 0;
}

/* Ends each line with a NUL; their number. lines may be NULL, to count only. */
static size_t text_split(struct text *text, char **lines)
{
	size_t i, begin = 0, count = 0;

	for (i = 0; i < text->used; i++) {
		if (text->bytes[i] != '\n')
			continue;
		if (lines != NULL) {
			text->bytes[i] = '\0';
			lines[count] = text->bytes + begin;
		}
		count++;
		begin = i + 1;
	}
	return count;
}

/* Merges two sorted halves of `from` into `to`. */
static void lines_merge(char **from, char **to, size_t middle, size_t count)
{
	size_t a = 0, b = middle, i;

	for (i = 0; i < count; i++) {
		if (b == count || (a < middle && strcmp(from[a], from[b]) <= 0))
			to[i] = from[a++];
		else
			to[i] = from[b++];
	}
}

/* Sorts lines in place; spare is as long. */
static void lines_sort(char **lines, char **spare, size_t count)
{
	size_t middle = count / 2;

	if (count < 2)
		return;
	lines_sort(lines, spare, middle);
	lines_sort(lines + middle, spare, count - middle);
	lines_merge(lines, spare, middle, count);
	memcpy(lines, spare, count * sizeof(*lines));
}

static int lines_write(char **lines, size_t count, bool unique)
{
	static char buf[4096];
	size_t i, used = 0;

	for (i = 0; i < count; i++) {
		size_t len = strlen(lines[i]);

		if (unique && i != 0 && strcmp(lines[i], lines[i - 1]) == 0)
			continue;
		if (used + len + 1 > sizeof(buf)) {
			if (write_all(1, buf, used) < 0)
				return 1;
			used = 0;
		}
		lines[i][len] = '\n';
		if (len + 1 > sizeof(buf)) {
			if (write_all(1, lines[i], len + 1) < 0)
				return 1;
		} else {
			memcpy(buf + used, lines[i], len + 1);
			used += len + 1;
		}
		lines[i][len] = '\0';
	}
	return write_all(1, buf, used) < 0;
}

static int text_sort(struct text *text, bool unique)
{
	size_t count = text_split(text, NULL);
	char **lines = malloc((2 * count + 1) * sizeof(*lines));

	if (lines == NULL)
		return program_fail("sort", -ENOMEM);
	text_split(text, lines);
	lines_sort(lines, lines + count, count);
	return lines_write(lines, count, unique);
}

int main(int argc, char **argv)
{
	struct text text = { 0 };
	int i = 1, status = 0;
	bool unique = argc > 1 && strcmp(argv[1], "-u") == 0;

	i += unique;
	if (i == argc)
		status = text_read(&text, 0, "standard input");
	for (; i < argc; i++) {
		long fd = sys_open(argv[i], O_RDONLY);

		if (fd < 0) {
			status |= program_fail(argv[i], fd);
			continue;
		}
		status |= text_read(&text, (int)fd, argv[i]);
		sys_close((int)fd);
	}
	return text_sort(&text, unique) | status;
}
