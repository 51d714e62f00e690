/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images for the tests of ext2: made by mke2fs, judged by e2fsck, in files below the temporary one.
 */
#ifndef UNIT_EXT2_IMAGE_H
#define UNIT_EXT2_IMAGE_H

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "fake_buffer.h"

#define IMAGE_PATH "PATH=$PATH:/usr/sbin:/sbin "

static struct block_device image;
static char image_name[64];

/* The exit status of a command; its output is in FILE.log. */
static inline int image_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline int image_run(const char *format, ...)
{
	char line[1024];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	status = system(line);
	return status < 0 ? -1 : status >> 8;
}


static inline void image_close(void)
{
	free(image.bytes);
	image = (struct block_device){ 0 };
	if (image_name[0])
		image_run("rm -rf %s %s.log %s.dir", image_name, image_name, image_name);
	image_name[0] = '\0';
}

static inline void image_load(void)
{
	FILE *f = fopen(image_name, "rb");

	fseek(f, 0, SEEK_END);
	image = (struct block_device){ .size = (uint64_t)ftell(f) };
	image.bytes = malloc(image.size);
	rewind(f);
	if (fread(image.bytes, 1, image.size, f) != image.size)
		abort();
	fclose(f);
}

static inline void image_begin(void)
{
	image_close();
	snprintf(image_name, sizeof(image_name), "%s/ext2-test-%ld",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (long)getpid());
}

/* A new file system of that many KiB; prepare: shell text that fills $D, or NULL. */
static inline bool image_make(const char *options, unsigned int kib, const char *prepare)
{
	image_begin();
	if (image_run("mkdir -p %s.dir; D=%s.dir; %s", image_name, image_name, prepare ?: ":") ||
	    image_run(IMAGE_PATH "mke2fs -q -F %s -d %s.dir %s %uk >%s.log 2>&1", options,
		      image_name, image_name, kib, image_name)) {
		image_run("cat %s.log", image_name);
		return false;
	}
	image_load();
	return true;
}

static inline void image_save(void)
{
	FILE *f = fopen(image_name, "wb");

	if (fwrite(image.bytes, 1, image.size, f) != image.size)
		abort();
	fclose(f);
}

/* True if e2fsck finds nothing; prints what it says if not. */
static inline bool image_is_clean(void)
{
	image_save();
	if (!image_run(IMAGE_PATH "e2fsck -fn %s >%s.log 2>&1", image_name, image_name))
		return true;
	image_run("cat %s.log", image_name);
	return false;
}

#endif
