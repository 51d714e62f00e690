/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Character devices: null, zero, random, and the console under its names.
 * Linux, Documentation/admin-guide/devices.txt (the numbers).
 */
#include "fs/file.h"
#include "fs/tty.h"
#include "lib/errno.h"
#include "lib/random.h"
#include "lib/string.h"
#include "mm/user.h"

static ssize_t device_null_read(struct file *file, uint64_t buf, size_t length)
{
	(void)file;
	(void)buf;
	(void)length;
	return 0;
}

static ssize_t device_null_write(struct file *file, uint64_t buf, size_t length)
{
	(void)file;
	(void)buf;
	return (ssize_t)length;
}

static ssize_t device_zero_read(struct file *file, uint64_t buf, size_t length)
{
	(void)file;
	return user_clear(buf, length) ?: (ssize_t)length;
}

static ssize_t device_random_read(struct file *file, uint64_t buf, size_t length)
{
	(void)file;
	for (size_t done = 0; done < length; done += 8) {
		uint64_t value = random_next();

		if (user_write(buf + done, &value, MIN(length - done, 8)))
			return -EFAULT;
	}
	return (ssize_t)length;
}

static const struct file_ops device_null_ops = {
	.read = device_null_read,
	.write = device_null_write,
};

static const struct file_ops device_zero_ops = {
	.read = device_zero_read,
	.write = device_null_write,
};

static const struct file_ops device_random_ops = {
	.read = device_random_read,
	.write = device_null_write,
};

static const struct {
	const char *name;
	uint32_t device;
	const struct file_ops *ops;
} device_table[] = {
	{ "null", 1 << 8 | 3, &device_null_ops },
	{ "zero", 1 << 8 | 5, &device_zero_ops },
	{ "random", 1 << 8 | 8, &device_random_ops },
	{ "urandom", 1 << 8 | 9, &device_random_ops },
	{ "ttyS0", DEVICE_TTYS0, &tty_ops },
	{ "tty", DEVICE_TTY, &tty_ops },
	{ "console", DEVICE_CONSOLE, &tty_ops },
};

const struct file_ops *device_ops(uint32_t device)
{
	for (size_t i = 0; i < ARRAY_SIZE(device_table); i++)
		if (device_table[i].device == device)
			return device_table[i].ops;
	return NULL;
}

static struct inode *device_directory(const char *name)
{
	struct inode_entry *entry = inode_find(inode_root, name, strlen(name));

	return entry ? entry->inode
		     : inode_create(inode_root, name, strlen(name), S_IFDIR | 0755);
}

void device_init(void)
{
	struct inode *dir = device_directory("dev");

	device_directory("tmp");
	for (size_t i = 0; dir && i < ARRAY_SIZE(device_table); i++) {
		const char *name = device_table[i].name;
		struct inode *inode;

		if (!inode_is_dir(dir) || inode_find(dir, name, strlen(name)))
			continue;
		inode = inode_create(dir, name, strlen(name), S_IFCHR | 0666);
		if (inode)
			inode->device = device_table[i].device;
	}
}
