/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc: directories, links and files made from the tables of procfs_pid.c and procfs_system.c.
 * Linux man-pages, proc(5).
 */
#include "fs/procfs.h"

#include "fs/file.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "proc/thread.h"

#define PROCFS_MAGIC	0x9fa0U
#define PROCFS_STORE	4096U

/* What an inode of /proc is of: an entry, a process (0: none) and a descriptor. */
struct procfs_node {
	const struct procfs_entry *entry;
	int pid, number;
};

static const struct inode_ops procfs_ops, procfs_link_ops, procfs_jump_ops;

/* The process itself, or NULL if the node is of one that is gone. *ok says which NULL it is. */
static struct proc *procfs_proc(const struct procfs_node *node, bool *ok)
{
	struct proc *proc = node->pid ? thread_find(node->pid) : NULL;

	*ok = !node->pid || proc;
	return proc;
}

/* The same number for the same thing each time. */
static uint64_t procfs_number(const struct procfs_entry *entry, int pid, int number)
{
	return ((uint64_t)(uint32_t)pid << 40) + ((uint64_t)(uint32_t)(number + 1) << 24) +
	       ((uintptr_t)entry & 0xffffff);
}

static struct inode *procfs_inode(struct superblock *super, const struct procfs_entry *entry,
				  int pid, int number)
{
	struct procfs_node *node = heap_alloc(sizeof(*node));
	const struct inode_ops *ops = entry->follow ? &procfs_jump_ops
				      : entry->link ? &procfs_link_ops : &procfs_ops;
	struct inode *inode = node ? inode_new(super, ops, entry->mode) : NULL;

	if (!inode) {
		heap_free(node);
		return NULL;
	}
	*node = (struct procfs_node){ entry, pid, number };
	inode->private = node;
	inode->number = procfs_number(entry, pid, number);
	inode->links = inode_is_dir(inode) ? 2 : 1;
	return inode;
}

/* A name that is a number, without zeros in front; -1. */
static int procfs_parse(struct name name)
{
	int value = 0;

	if (!name.length || name.length > 9 || (name.text[0] == '0' && name.length > 1))
		return -1;
	for (size_t i = 0; i < name.length; i++) {
		if (name.text[i] < '0' || name.text[i] > '9')
			return -1;
		value = value * 10 + (name.text[i] - '0');
	}
	return value;
}

static int procfs_lookup(struct inode *dir, struct name name, struct inode **inode)
{
	const struct procfs_node *node = dir->private;
	const struct procfs_entry *entry = node->entry;
	int number = procfs_parse(name), pid = node->pid;
	bool ok;
	struct proc *proc = procfs_proc(node, &ok);

	if (!ok)
		return -ENOENT;
	for (size_t i = 0; entry->table && i < entry->table->count; i++) {
		const struct procfs_entry *e = &entry->table->entries[i];

		if (strlen(e->name) == name.length && !memcmp(e->name, name.text, name.length)) {
			*inode = procfs_inode(dir->super, e, pid, -1);
			return *inode ? 0 : -ENOMEM;
		}
	}
	if (number < 0 || !entry->has || !entry->has(proc, number))
		return -ENOENT;
	*inode = entry->each_is_proc ? procfs_inode(dir->super, entry->each, number, -1)
				     : procfs_inode(dir->super, entry->each, pid, number);
	return *inode ? 0 : -ENOMEM;
}

/* Positions from 2 on are the table's, those behind it numbers. */
static int procfs_readdir(struct inode *dir, uint64_t position, struct inode_lister *lister)
{
	const struct procfs_node *node = dir->private;
	const struct procfs_entry *entry = node->entry;
	size_t count = entry->table ? entry->table->count : 0;
	bool ok;
	struct proc *proc = procfs_proc(node, &ok);
	char text[16];

	if (!ok)
		return -ENOENT;
	for (; position < 2 + count; position++) {
		const struct procfs_entry *e = &entry->table->entries[position - 2];

		if (!lister->take(lister, (struct name){ e->name, strlen(e->name) },
				  procfs_number(e, node->pid, -1), e->mode, position + 1))
			return 0;
	}
	for (int at = (int)(position - 2 - count); entry->next; at++) {
		int pid;

		at = entry->next(proc, at);
		if (at < 0)
			break;
		pid = entry->each_is_proc ? at : node->pid;
		if (!lister->take(lister,
				  (struct name){ text, (size_t)printf_format(text, sizeof(text),
									     "%d", at) },
				  procfs_number(entry->each, pid, entry->each_is_proc ? -1 : at),
				  entry->each->mode, 3 + count + (uint64_t)at))
			break;
	}
	return 0;
}

static ssize_t procfs_readlink(struct inode *inode, char *buf, size_t size)
{
	const struct procfs_node *node = inode->private;
	struct text text = { 0 };
	bool ok;
	struct proc *proc = procfs_proc(node, &ok);
	ssize_t length;

	if (!ok)
		return -ENOENT;
	node->entry->link(&text, proc, node->number);
	length = text.failed ? -ENOMEM : text.length ? (ssize_t)MIN(text.length, size) : -ENOENT;
	if (length > 0)
		memcpy(buf, text.buf, (size_t)length);
	text_free(&text);
	return length;
}

static bool procfs_is_stale(const struct inode *inode)
{
	bool ok;

	procfs_proc(inode->private, &ok);
	return !ok;
}

static int procfs_follow(struct inode *inode, struct path *path)
{
	const struct procfs_node *node = inode->private;
	bool ok;
	struct proc *proc = procfs_proc(node, &ok);

	return ok ? node->entry->follow(proc, node->number, path) : -ENOENT;
}

static void procfs_release(struct inode *inode)
{
	heap_free(inode->private);
}

/* What an open file shows: file.private. */
struct procfs_shown {
	struct mutex lock;	/* reading may sleep in the user's memory */
	struct text text;
};

/* The text is made when reading begins, so that one reader sees one state. */
static ssize_t procfs_read_locked(struct file *file, struct text *text, uint64_t buf,
				  size_t length, uint64_t *position)
{
	const struct procfs_node *node = file->inode->private;
	int error;

	if (!*position) {
		bool ok;
		struct proc *proc = procfs_proc(node, &ok);

		text_free(text);
		if (!ok)
			return -ESRCH;
		if (node->entry->show)
			node->entry->show(text, proc);
	}
	if (text->failed)
		return -ENOMEM;
	if (*position >= text->length)
		return 0;
	length = MIN(length, text->length - *position);
	error = user_write(buf, text->buf + *position, length);
	if (error)
		return error;
	*position += length;
	return (ssize_t)length;
}

static ssize_t procfs_read(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	struct procfs_shown *shown = file->private;
	ssize_t done;

	if (!shown) {
		shown = heap_alloc(sizeof(*shown));
		if (!shown)
			return -ENOMEM;
		mutex_init(&shown->lock);
		file->private = shown;
	}
	mutex_lock(&shown->lock);
	done = procfs_read_locked(file, &shown->text, buf, length, position);
	mutex_unlock(&shown->lock);
	return done;
}

static ssize_t procfs_write(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	const struct procfs_node *node = file->inode->private;
	char *text;
	int error;

	(void)position;
	if (!node->entry->store)
		return -EIO;
	if (length >= PROCFS_STORE)
		return -EINVAL;
	text = heap_alloc(PROCFS_STORE);
	if (!text)
		return -ENOMEM;
	error = user_read(text, buf, length) ?: node->entry->store(text, length);
	heap_free(text);
	return error ? error : (ssize_t)length;
}

static void procfs_file_release(struct file *file)
{
	struct procfs_shown *shown = file->private;

	if (shown)
		text_free(&shown->text);
	heap_free(shown);
}

static const struct file_ops procfs_file_ops = {
	.read = procfs_read,
	.write = procfs_write,
	.release = procfs_file_release,
	.seekable = true,
};

static int procfs_open(struct inode *inode, struct file *file)
{
	const struct procfs_node *node = inode->private;

	if (inode_is_dir(inode))
		return 0;
	if (file_can_write(file) && !node->entry->store)
		return -EACCES;
	file->ops = node->entry->ops ? node->entry->ops : &procfs_file_ops;
	return 0;
}

static const struct inode_ops procfs_ops = {
	.lookup = procfs_lookup,
	.readdir = procfs_readdir,
	.open = procfs_open,
	.is_stale = procfs_is_stale,
	.release = procfs_release,
};

static const struct inode_ops procfs_link_ops = {
	.readlink = procfs_readlink,
	.is_stale = procfs_is_stale,
	.release = procfs_release,
};

static const struct inode_ops procfs_jump_ops = {
	.readlink = procfs_readlink,
	.follow = procfs_follow,
	.is_stale = procfs_is_stale,
	.release = procfs_release,
};

/* ---- the root: the system's table, and processes by number ---- */

static bool procfs_has_proc(struct proc *proc, int pid)
{
	(void)proc;
	/* A thread is found, too, but not listed. */
	return thread_find(pid) != NULL;
}

static int procfs_next_proc(struct proc *proc, int pid)
{
	struct list *pos;
	int next = -1;

	(void)proc;
	LIST_FOR_EACH (pos, &proc_all) {
		int other = LIST_ENTRY(pos, struct proc, all_link)->pid;

		if (other >= pid && (next < 0 || other < next))
			next = other;
	}
	return next;
}

static const struct procfs_entry procfs_pid_entry = {
	.name = "PID",
	.mode = S_IFDIR | 0555,
	.table = &procfs_pid_table,
};

static const struct procfs_entry procfs_root_entry = {
	.name = "",
	.mode = S_IFDIR | 0555,
	.table = &procfs_system_table,
	.has = procfs_has_proc,
	.next = procfs_next_proc,
	.each = &procfs_pid_entry,
	.each_is_proc = true,
};

static int procfs_mount(struct superblock *super, const struct super_source *source)
{
	struct inode *root = procfs_inode(super, &procfs_root_entry, 0, -1);

	(void)source;
	super->root = root ? dentry_new(NULL, (struct name){ "", 0 }, root) : NULL;
	return super->root ? 0 : -ENOMEM;
}

const struct file_system procfs_type = {
	.name = "proc",
	.magic = PROCFS_MAGIC,
	.single = true,
	.mount = procfs_mount,
};
