/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readers of the kernel log.
 * Linux man-pages, syslog(2); Linux, Documentation/ABI/testing/dev-kmsg.
 */
#include "fs/kmsg.h"

#include "fs/device.h"
#include "lib/errno.h"
#include "lib/klog.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/user.h"

#define KMSG_LINE	(KLOG_LINE + 64U)
#define KMSG_WRITE_MAX	(KLOG_LINE - 1U)

static struct wait_queue kmsg_queue = { LIST_INIT(kmsg_queue.waiters) };
static uint64_t kmsg_unread_from, kmsg_shown_from;

/* A record and room for it as text; too large for the stack. */
struct kmsg_buffer {
	struct klog_record record;
	char line[KMSG_LINE];
};

void kmsg_wake(void)
{
	if (!list_empty(&kmsg_queue.waiters))
		wait_wake(&kmsg_queue);
}

/* "<6>[    1.234567] text" and a newline. */
static size_t kmsg_format(struct kmsg_buffer *b)
{
	return (size_t)printf_format(b->line, sizeof(b->line), "<%u>[%5lu.%06lu] %s\n",
				     b->record.level, b->record.us / 1000000,
				     b->record.us % 1000000, b->record.text);
}

static bool kmsg_next(uint64_t sequence, struct kmsg_buffer *b, size_t *length)
{
	if (!klog_read(sequence, &b->record))
		return false;
	b->record.text[MIN(b->record.length, KLOG_LINE - 1U)] = '\0';
	*length = kmsg_format(b);
	return true;
}

size_t kmsg_unread(void)
{
	struct kmsg_buffer *b = heap_alloc(sizeof(*b));
	size_t total = 0, length;

	for (uint64_t at = kmsg_unread_from; b && kmsg_next(at, b, &length);
	     at = b->record.sequence + 1)
		total += length;
	heap_free(b);
	return total;
}

ssize_t kmsg_read_new(uint64_t buf, size_t length, bool block)
{
	struct kmsg_buffer *b;
	size_t done = 0, part;
	int error = 0;

	while (kmsg_unread_from >= klog_next()) {
		if (!block)
			return -EAGAIN;
		error = wait_sleep(&kmsg_queue);
		if (error)
			return error;
	}
	b = heap_alloc(sizeof(*b));
	if (!b)
		return -ENOMEM;
	while (!error && kmsg_next(kmsg_unread_from, b, &part) && part <= length - done) {
		error = user_write(buf + done, b->line, part);
		if (!error) {
			done += part;
			kmsg_unread_from = b->record.sequence + 1;
		}
	}
	heap_free(b);
	return done ? (ssize_t)done : error;
}

ssize_t kmsg_read_all(uint64_t buf, size_t length, bool clear)
{
	struct kmsg_buffer *b = heap_alloc(sizeof(*b));
	size_t total = 0, done = 0, part;
	uint64_t at = kmsg_shown_from;
	int error = 0;

	if (!b)
		return -ENOMEM;
	for (; kmsg_next(at, b, &part); at = b->record.sequence + 1)
		total += part;
	/* The newest are what is wanted if not all fit. */
	for (at = kmsg_shown_from; !error && kmsg_next(at, b, &part);
	     at = b->record.sequence + 1, total -= part) {
		if (total > length)
			continue;
		error = user_write(buf + done, b->line, part);
		done += part;
	}
	heap_free(b);
	if (clear && !error)
		kmsg_clear();
	return error ? error : (ssize_t)done;
}

void kmsg_clear(void)
{
	kmsg_shown_from = klog_next();
}

/* The position is the number of the next record. */
static ssize_t kmsg_read(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	struct kmsg_buffer *b;
	ssize_t done;
	size_t part;
	int error;

	while (*position >= klog_next()) {
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		error = wait_sleep(&kmsg_queue);
		if (error)
			return error;
	}
	b = heap_alloc(sizeof(*b));
	if (!b)
		return -ENOMEM;
	kmsg_next(*position, b, &part);
	part = (size_t)printf_format(b->line, sizeof(b->line), "%u,%lu,%lu,-;%s\n",
				     b->record.level, b->record.sequence, b->record.us,
				     b->record.text);
	done = part > length ? -EINVAL : user_write(buf, b->line, part) ?: (ssize_t)part;
	if (done > 0)
		*position = b->record.sequence + 1;
	heap_free(b);
	return done;
}

/* "<4>text": a line with that level; without one it is a program's, level 4. */
static ssize_t kmsg_write(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	char line[KMSG_WRITE_MAX + 1] = { 0 };
	uint8_t level = KLOG_WARNING;
	const char *p = line, *q;
	unsigned int value = 0;
	size_t part = MIN(length, KMSG_WRITE_MAX);

	(void)file;
	(void)position;
	if (length > KMSG_WRITE_MAX)
		return -EINVAL;
	if (user_read(line, buf, part))
		return -EFAULT;
	if (*p == '<') {
		for (q = p + 1; *q >= '0' && *q <= '9'; q++)
			value = value * 10 + (unsigned int)(*q - '0');
		if (*q == '>') {
			level = value & 7;
			p = q + 1;
		}
	}
	klog_printf(level, "%s%s", p, strlen(p) && p[strlen(p) - 1] == '\n' ? "" : "\n");
	return (ssize_t)length;
}

static unsigned int kmsg_poll(struct file *file, struct wait_queue **queue)
{
	*queue = &kmsg_queue;
	return (file->position < klog_next() ? POLLIN : 0U) | POLLOUT;
}

/* SEEK_SET: the oldest; SEEK_DATA: what was not cleared; SEEK_END: only what comes. */
static long kmsg_seek(struct file *file, long offset, int whence)
{
	if (offset)
		return -ESPIPE;
	switch (whence) {
	case 0:
		file->position = 0;
		return 0;
	case 2:
		file->position = klog_next();
		return 0;
	case 3:
		file->position = kmsg_shown_from;
		return 0;
	default:
		return -EINVAL;
	}
}

static ssize_t kmsg_proc_read(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	(void)position;
	return kmsg_read_new(buf, length, !(file->flags & O_NONBLOCK));
}

static unsigned int kmsg_proc_poll(struct file *file, struct wait_queue **queue)
{
	(void)file;
	*queue = &kmsg_queue;
	return kmsg_unread_from < klog_next() ? POLLIN : 0;
}

const struct file_ops kmsg_ops = {
	.read = kmsg_read,
	.write = kmsg_write,
	.poll = kmsg_poll,
	.seek = kmsg_seek,
};

const struct file_ops kmsg_proc_ops = {
	.read = kmsg_proc_read,
	.poll = kmsg_proc_poll,
};

void kmsg_init(void)
{
	static struct device device = { .name = "kmsg", .mode = S_IFCHR | 0644,
					.number = DEVICE(1, 11), .ops = &kmsg_ops };

	device_add(&device);
}
