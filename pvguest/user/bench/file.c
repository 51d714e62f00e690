/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of a file system in memory. After lmbench's lat_fs: files in a directory of their own, made
 * and deleted in the same order. lmbench has up to 100 in a directory; 20 are few enough for
 * pvguest's spare pages, so that it does not matter what else was measured.
 *
 *   file_create_0k, _10k  open with O_CREAT, a write of so much, close
 *   file_delete_0k, _10k  unlink of such a file
 */
#include "bench/bench.h"

#include "lib/printf.h"
#include "lib/vfs.h"

#define FILES_MAX      20
#define FILE_BYTES_MAX 10240

static char names[FILES_MAX][24];
static char content[FILE_BYTES_MAX];
static size_t file_bytes;

static int file_setup(const struct op *op)
{
	int i;

	file_bytes = op->bytes;
	sys_mkdir("/tmp", 0777); /* it may be there */
	if (sys_mkdir("/tmp/lat_fs", 0777) != 0)
		return -1;
	for (i = 0; i < FILES_MAX; i++)
		snprintf(names[i], sizeof(names[i]), "/tmp/lat_fs/%d", i);
	return 0;
}

static void create_run(unsigned int count)
{
	while (count-- > 0) {
		long fd = sys_openat(AT_FDCWD, names[count], O_WRONLY | O_CREAT | O_TRUNC, 0666);

		if (fd < 0 ||
		    (file_bytes != 0 &&
		     sys_write((int)fd, content, file_bytes) != (long)file_bytes) ||
		    sys_close((int)fd) != 0)
			bench_failed();
	}
}

static void delete_run(unsigned int count)
{
	while (count-- > 0) {
		if (sys_unlink(names[count]) != 0)
			bench_failed();
	}
}

static void create_prepare(unsigned int count)
{
	while (count-- > 0)
		sys_unlink(names[count]); /* in the first window there is none */
}

static void create_finish(void)
{
	create_prepare(FILES_MAX);
	sys_rmdir("/tmp/lat_fs");
}

static void delete_finish(void)
{
	sys_rmdir("/tmp/lat_fs");
}

#define CREATE(kib)                                                                          \
	{                                                                                    \
		.name = "file_create_" #kib "k", .count = FILES_MAX, .count_max = FILES_MAX, \
		.setup = file_setup, .prepare = create_prepare, .run = create_run,           \
		.base = loop_empty, .finish = create_finish, .bytes = (kib)*1024             \
	}
#define DELETE(kib)                                                                                \
	{                                                                                          \
		.name = "file_delete_" #kib "k", .count = FILES_MAX, .count_max = FILES_MAX,       \
		.setup = file_setup, .prepare = create_run, .run = delete_run, .base = loop_empty, \
		.finish = delete_finish, .bytes = (kib)*1024                                       \
	}

static const struct op ops[] = {
	CREATE(0),
	DELETE(0),
	CREATE(10),
	DELETE(10),
};

const struct op_suite file_suite = { "lmbench", ops, COUNT_OF(ops) };
