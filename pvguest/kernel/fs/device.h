/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices, by number and by their name in /dev.
 * Linux, Documentation/admin-guide/devices.txt (the numbers).
 */
#ifndef FS_DEVICE_H
#define FS_DEVICE_H

#include "fs/file.h"

struct device {
	struct list link;
	const char *name;	/* below /dev, may have directories */
	uint32_t mode;		/* S_IFCHR or S_IFBLK, and permissions */
	uint32_t number;	/* DEVICE() */
	const struct file_ops *ops;
	uint64_t size;		/* of a block device, in bytes */
	void *private;		/* of the driver */
};

/* All devices. */
extern struct list device_list;

/* Makes it known and enters it in /dev; false without memory for the name. It stays for ever. */
bool device_add(struct device *device);
/* A symbolic link in /dev; target NULL: a directory. */
bool device_link(const char *path, const char *target);
/* By type and number; NULL. */
struct device *device_find(uint32_t mode, uint32_t number);
/* What opens a device's inode; NULL: no such device. */
const struct file_ops *device_ops(const struct inode *inode);
/* The devices that are always there, and /dev. */
void device_init(void);

#endif
