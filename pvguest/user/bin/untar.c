/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * untar: unpacks the files and directories of an archive below the working directory. untar [FILE]
 * POSIX.1-2017, pax, "ustar Interchange Format".
 */
#include <stdbool.h>

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"
#include "lib/vfs.h"

#define BLOCK_BYTES 512
#define NAME_AT	    0
#define NAME_BYTES  100
#define SIZE_AT	    124
#define SIZE_BYTES  12
#define TYPE_AT	    156
#define MAGIC_AT    257

static char block[BLOCK_BYTES];

/* A whole block; 0 at the end of the archive, negative if it is cut off. */
static long block_read(int fd)
{
	size_t used = 0;
	long len;

	while (used < sizeof(block)) {
		len = sys_read(fd, block + used, sizeof(block) - used);
		if (len <= 0)
			return len < 0 ? len : used != 0 ? -EIO : 0;
		used += (size_t)len;
	}
	return 1;
}

static uint64_t octal(const char *digits, size_t size)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < size && digits[i] >= '0' && digits[i] <= '7'; i++)
		value = value * 8 + (uint64_t)(digits[i] - '0');
	return value;
}

/* No name that leads out of the working directory. */
static bool name_is_safe(const char *name)
{
	const char *part = name;

	while (part != NULL) {
		if (*part == '/' ||
		    (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0')))
			return false;
		part = strchr(part, '/');
		if (part != NULL)
			part++;
	}
	return *name != '\0';
}

static int file_unpack(int archive, const char *name, uint64_t size)
{
	long fd = sys_openat(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, 0644), error = 0;

	if (fd < 0)
		return program_fail(name, fd);
	while (size > 0 && error >= 0) {
		size_t part = size < BLOCK_BYTES ? (size_t)size : BLOCK_BYTES;

		error = block_read(archive);
		if (error == 0)
			error = -EIO;
		if (error > 0)
			error = write_all((int)fd, block, part);
		size -= part;
	}
	sys_close((int)fd);
	return error < 0 ? program_fail(name, error) : 0;
}

static int member_unpack(int archive)
{
	char name[NAME_BYTES + 1] = { 0 };
	uint64_t size = octal(block + SIZE_AT, SIZE_BYTES);
	char type = block[TYPE_AT];
	long error;

	memcpy(name, block + NAME_AT, NAME_BYTES);
	if (strncmp(block + MAGIC_AT, "ustar", 5) != 0 || !name_is_safe(name))
		return program_fail(name, -EINVAL);
	if (type == '0' || type == '\0')
		return file_unpack(archive, name, size);
	if (type != '5')
		return program_fail(name, -EINVAL);
	error = sys_mkdir(name, 0777);
	return error < 0 && error != -EEXIST ? program_fail(name, error) : 0;
}

int main(int argc, char **argv)
{
	long fd = argc > 1 ? sys_open(argv[1], O_RDONLY) : 0, got;

	if (argc > 2) {
		dprintf(2, "usage: untar [FILE]\n");
		return 2;
	}
	if (fd < 0)
		return program_fail(argv[1], fd);
	while ((got = block_read((int)fd)) > 0 && block[NAME_AT] != '\0') {
		if (member_unpack((int)fd) != 0)
			return 1;
	}
	return got < 0 ? program_fail("untar", got) : 0;
}
