/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices and the file system of their names; null, zero, full, random, the console's names.
 * Linux, Documentation/admin-guide/devices.txt (the numbers).
 */
#include "fs/device.h"

#include "fs/kmsg.h"
#include "fs/namei.h"
#include "fs/tmpfs.h"
#include "fs/tty.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/random.h"
#include "lib/string.h"
#include "mm/user.h"
#include "proc/sched.h"

/* So much is done between two looks at who else wants to run. */
#define DEVICE_PART 0x10000UL

static ssize_t device_null_read(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	(void)file;
	(void)position;
	(void)buf;
	(void)length;
	return 0;
}

static ssize_t device_null_write(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	(void)file;
	(void)position;
	(void)buf;
	return (ssize_t)length;
}

static ssize_t device_zero_read(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	(void)file;
	(void)position;
	for (size_t done = 0, part; done < length; done += part) {
		if (done && sched_give_way())
			return (ssize_t)done;
		part = MIN(length - done, DEVICE_PART);
		if (user_clear(buf + done, part))
			return -EFAULT;
	}
	return (ssize_t)length;
}

static ssize_t device_random_read(struct file *file, uint64_t buf, size_t length,
				  uint64_t *position)
{
	(void)file;
	(void)position;
	for (size_t done = 0; done < length; done += 8) {
		uint64_t value = random_next();

		if (done && !(done & (DEVICE_PART - 1)) && sched_give_way())
			return (ssize_t)done;
		if (user_write(buf + done, &value, MIN(length - done, 8)))
			return -EFAULT;
	}
	return (ssize_t)length;
}

static ssize_t device_full_write(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	(void)file;
	(void)position;
	(void)buf;
	return length ? -ENOSPC : 0;
}

static const struct file_ops device_null_ops = {
	.read = device_null_read,
	.write = device_null_write,
};

static const struct file_ops device_zero_ops = {
	.read = device_zero_read,
	.write = device_null_write,
};

static const struct file_ops device_full_ops = {
	.read = device_zero_read,
	.write = device_full_write,
};

static const struct file_ops device_random_ops = {
	.read = device_random_read,
	.write = device_null_write,
};

static struct device device_table[] = {
	{ .name = "null", .mode = S_IFCHR | 0666, .number = DEVICE(1, 3), .ops = &device_null_ops },
	{ .name = "zero", .mode = S_IFCHR | 0666, .number = DEVICE(1, 5), .ops = &device_zero_ops },
	{ .name = "full", .mode = S_IFCHR | 0666, .number = DEVICE(1, 7), .ops = &device_full_ops },
	{ .name = "random", .mode = S_IFCHR | 0666, .number = DEVICE(1, 8),
	  .ops = &device_random_ops },
	{ .name = "urandom", .mode = S_IFCHR | 0666, .number = DEVICE(1, 9),
	  .ops = &device_random_ops },
	{ .name = "ttyS0", .mode = S_IFCHR | 0600, .number = DEVICE_TTYS0, .ops = &tty_ops },
	{ .name = "tty", .mode = S_IFCHR | 0666, .number = DEVICE_TTY, .ops = &tty_ops },
	{ .name = "console", .mode = S_IFCHR | 0600, .number = DEVICE_CONSOLE, .ops = &tty_ops },
};

struct list device_list = LIST_INIT(device_list);
static struct superblock *device_super;

struct device *device_find(uint32_t mode, uint32_t number)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &device_list) {
		struct device *device = LIST_ENTRY(pos, struct device, link);

		if (device->number == number && !((device->mode ^ mode) & S_IFMT))
			return device;
	}
	return NULL;
}

const struct file_ops *device_ops(const struct inode *inode)
{
	struct device *device = device_find(inode->mode, inode->device);

	return device ? device->ops : NULL;
}

/* The directory that holds the last name of a path, made if need be. */
static struct dentry *device_directory(struct name *name)
{
	static const struct inode_request directory = { .mode = S_IFDIR | 0755 };
	struct dentry *dir = device_super->root;
	const char *slash;

	while (dir && (slash = strchr(name->text, '/')) != NULL) {
		dir = namei_make(dir, (struct name){ name->text, (size_t)(slash - name->text) },
				 &directory);
		name->text = slash + 1;
	}
	name->length = strlen(name->text);
	return dir;
}

bool device_link(const char *path, const char *target)
{
	struct inode_request request = { .mode = target ? S_IFLNK | 0777 : S_IFDIR | 0755,
					 .target = target };
	struct name name = { path, 0 };
	struct dentry *dir = device_directory(&name);

	return dir && namei_make(dir, name, &request);
}

bool device_add(struct device *device)
{
	struct inode_request request = { .mode = device->mode, .device = device->number };
	struct name name = { device->name, 0 };
	struct dentry *dir;

	list_add_before(&device_list, &device->link);
	dir = device_directory(&name);
	return dir && namei_make(dir, name, &request);
}

/* There is one such file system, and every mount shows it. */
static int device_mount(struct superblock *super, const struct super_source *source)
{
	struct inode_request request = { .mode = S_IFDIR | 0755 };
	struct inode *root = tmpfs_inode(super, &request);

	(void)source;
	super->root = root ? dentry_new(NULL, (struct name){ "", 0 }, root) : NULL;
	return super->root ? 0 : -ENOMEM;
}

const struct file_system devtmpfs_type = {
	.name = "devtmpfs",
	.magic = 0x01021994U,
	.pinned = true,
	.single = true,
	.mount = device_mount,
	.statfs = tmpfs_statfs,
};

/* A directory of the root file system, with a user of *point; made if it is missing. */
static bool device_point(const char *text, struct path *point)
{
	static const struct inode_request directory = { .mode = S_IFDIR | 0755 };
	struct name name = { text, strlen(text) };

	return !path_find(&mount_root, text, true, point) ||
	       !namei_create(&mount_root, name, &directory, point);
}

/* Mounts what the kernel itself makes; a root that cannot take the directory does without. */
static void device_show(const char *where, const char *type, uint64_t flags)
{
	struct path point;

	if (!device_point(where, &point))
		return;
	mount_new(&point, type, type, NULL, "", flags);
	path_put(&point);
}

void device_init(void)
{
	struct super_source source = { .name = "devtmpfs", .options = "" };
	struct path point;

	if (super_mount(&devtmpfs_type, &source, &device_super))
		panic("no memory for the names of devices");
	for (size_t i = 0; i < ARRAY_SIZE(device_table); i++)
		device_add(&device_table[i]);
	kmsg_init();
	device_link("fd", "/proc/self/fd");
	device_link("stdin", "/proc/self/fd/0");
	device_link("stdout", "/proc/self/fd/1");
	device_link("stderr", "/proc/self/fd/2");
	device_link("shm", NULL);
	if (device_point("tmp", &point))
		path_put(&point);
	device_show("dev", "devtmpfs", 0);
	device_show("proc", "proc", 0);
	device_show("dev/shm", "tmpfs", MS_NOSUID | MS_NODEV);
}
