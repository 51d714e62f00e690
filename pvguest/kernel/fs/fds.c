/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process's table of file descriptors; it grows as needed.
 * Linux man-pages, dup(2), fcntl(2).
 */
#include "fs/fds.h"

#include "fs/lock.h"
#include "fs/path.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "proc/proc.h"

#define FDS_FIRST_SIZE	16

static bool fds_reserve(struct fd_table *table, size_t size)
{
	size_t room = MAX(table->size, (size_t)FDS_FIRST_SIZE);
	struct file **files;
	bool *flags;

	if (size <= table->size)
		return true;
	while (room < size)
		room *= 2;
	files = heap_alloc(room * sizeof(*files));
	flags = heap_alloc(room * sizeof(*flags));
	if (!files || !flags) {
		heap_free(files);
		heap_free(flags);
		return false;
	}
	if (table->size) {
		memcpy(files, table->files, table->size * sizeof(*files));
		memcpy(flags, table->close_on_exec, table->size * sizeof(*flags));
	}
	heap_free(table->files);
	heap_free(table->close_on_exec);
	table->files = files;
	table->close_on_exec = flags;
	table->size = room;
	return true;
}

/* A process that closes any descriptor of a file loses its locks on it: fcntl_locking(2). */
static void fds_drop(struct fd_table *table, struct file *file)
{
	if (file->inode && !list_empty(&file->inode->locks))
		lock_release(file->inode, table);
	file_put(file);
}

struct fd_table *fds_new(void)
{
	struct fd_table *table = heap_alloc(sizeof(*table));

	if (table && !fds_reserve(table, FDS_FIRST_SIZE)) {
		heap_free(table);
		return NULL;
	}
	if (table)
		table->users = 1;
	return table;
}

struct fd_table *fds_copy(const struct fd_table *from)
{
	struct fd_table *table = fds_new();

	if (!table || !fds_reserve(table, from->size)) {
		if (table)
			fds_put(table);
		return NULL;
	}
	for (size_t i = 0; i < from->size; i++) {
		table->files[i] = from->files[i];
		table->close_on_exec[i] = from->close_on_exec[i];
		if (table->files[i])
			file_get(table->files[i]);
	}
	return table;
}

void fds_put(struct fd_table *table)
{
	if (--table->users)
		return;
	for (size_t i = 0; i < table->size; i++) {
		struct file *file = table->files[i];

		table->files[i] = NULL;
		if (file)
			fds_drop(table, file);
	}
	heap_free(table->files);
	heap_free(table->close_on_exec);
	heap_free(table);
}

void fds_exec(struct fd_table *table)
{
	for (size_t i = 0; i < table->size; i++)
		if (table->files[i] && table->close_on_exec[i])
			fds_close(table, (int)i);
}

void fds_open_console(struct fd_table *table)
{
	struct file *file;

	if (file_open(&mount_root, "/dev/console", O_RDWR, 0, &file))
		return;
	for (int fd = 0; fd < 3; fd++) {
		file_get(file);
		if (fds_install(table, file, fd, false) < 0)
			file_put(file);
	}
	file_put(file);
}

int fds_limit(void)
{
	/* The first process gets its files before there is a current one. */
	const struct proc *proc = proc_current ? proc_current : proc_init_process;

	return (int)MIN(proc->leader->limits[RLIMIT_NOFILE].now, (uint64_t)FDS_MAX);
}

/* A file that a system call uses. */
struct fds_held {
	struct list link;
	struct file *file;
};

struct file *fds_hold(const struct fd_table *table, int fd, struct list *held)
{
	struct file *file = fds_get(table, fd);
	struct fds_held *entry;
	struct list *pos;

	LIST_FOR_EACH (pos, held)
		if (LIST_ENTRY(pos, struct fds_held, link)->file == file)
			return file;
	entry = file ? heap_alloc(sizeof(*entry)) : NULL;
	if (!entry)
		return NULL;
	file_get(file);
	entry->file = file;
	list_add_before(held, &entry->link);
	return file;
}

void fds_release(struct list *held)
{
	while (!list_empty(held)) {
		struct fds_held *entry = LIST_ENTRY(list_pop(held), struct fds_held, link);

		file_put(entry->file);
		heap_free(entry);
	}
}

int fds_install(struct fd_table *table, struct file *file, int from, bool close_on_exec)
{
	size_t fd = (size_t)from;

	if (from < 0 || from >= fds_limit())
		return -EINVAL;
	while (fd < table->size && table->files[fd])
		fd++;
	if (fd >= (size_t)fds_limit())
		return -EMFILE;
	if (!fds_reserve(table, fd + 1))
		return -ENOMEM;
	table->files[fd] = file;
	table->close_on_exec[fd] = close_on_exec;
	return (int)fd;
}

int fds_replace(struct fd_table *table, struct file *file, int fd, bool close_on_exec)
{
	struct file *before;

	if (fd < 0 || fd >= fds_limit())
		return -EBADF;
	if (!fds_reserve(table, (size_t)fd + 1))
		return -ENOMEM;
	before = table->files[fd];
	table->files[fd] = file;
	table->close_on_exec[fd] = close_on_exec;
	/* This may sleep: the place is another file's by then. */
	if (before)
		fds_drop(table, before);
	return fd;
}

int fds_close(struct fd_table *table, int fd)
{
	struct file *file = fds_get(table, fd);

	if (!file)
		return -EBADF;
	table->files[fd] = NULL;
	fds_drop(table, file);
	return 0;
}
