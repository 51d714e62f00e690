/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block devices as files, through the buffer cache.
 * Linux, include/uapi/linux/fs.h (the ioctls); Linux man-pages, lseek(2).
 */
#include "fs/blockdev.h"

#include "drv/block.h"
#include "fs/buffer.h"
#include "fs/device.h"
#include "fs/tmpfs.h"
#include "lib/errno.h"
#include "mm/heap.h"
#include "mm/page.h"
#include "mm/user.h"

#define BLKROGET     0x125eU
#define BLKGETSIZE   0x1260U
#define BLKFLSBUF    0x1261U
#define BLKSSZGET    0x1268U
#define BLKPBSZGET   0x127bU
#define BLKBSZGET    0x80081270U
#define BLKGETSIZE64 0x80081272U

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2

static struct block_device *blockdev_of(const struct file *file)
{
	return block_find(DEVICE_MAJOR(file->inode->device), DEVICE_MINOR(file->inode->device));
}

/* A block that holds the byte at that place: a page, or a sector where no page fits. */
static uint32_t blockdev_block_size(const struct block_device *device, uint64_t at)
{
	uint64_t end = ALIGN_DOWN(at, PAGE_SIZE) + PAGE_SIZE;

	return end <= block_bytes(device) ? (uint32_t)PAGE_SIZE : BLOCK_SECTOR_SIZE;
}

/* A part of one block, from or to user memory; its bytes are counted in *part. */
static int blockdev_copy(struct block_device *device, uint64_t at, uint64_t buf, size_t length,
			 bool write, size_t *part)
{
	uint32_t size = blockdev_block_size(device, at);
	size_t in_block = at & (size - 1);
	struct buffer buffer;
	int error;

	*part = MIN(length, size - in_block);
	error = write && *part == size ? buffer_get_new(device, at / size, size, &buffer) :
					 buffer_get(device, at / size, size, &buffer);
	if (error)
		return error;
	if (write) {
		error = user_read((char *)buffer.data + in_block, buf, *part);
		buffer_dirty(&buffer);
	} else {
		error = user_write(buf, (char *)buffer.data + in_block, *part);
	}
	buffer_put(&buffer);
	if (write)
		buffer_throttle(device);
	return error;
}

static ssize_t blockdev_transfer(struct file *file, uint64_t buf, size_t length, uint64_t *position,
				 bool write)
{
	struct block_device *device = blockdev_of(file);
	uint64_t at = *position, end = block_bytes(device);
	size_t done = 0, part;
	int error = 0;

	if (write && device->read_only)
		return -EPERM;
	if (at >= end)
		return write && length ? -ENOSPC : 0;
	length = MIN(length, end - at);
	while (done < length && !error) {
		error = blockdev_copy(device, at + done, buf + done, length - done, write, &part);
		if (!error)
			done += part;
	}
	*position = at + done;
	return done || !error ? (ssize_t)done : error;
}

static ssize_t blockdev_read(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	return blockdev_transfer(file, buf, length, position, false);
}

static ssize_t blockdev_write(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	return blockdev_transfer(file, buf, length, position, true);
}

static long blockdev_seek(struct file *file, long offset, int whence)
{
	uint64_t size = block_bytes(blockdev_of(file));
	long base = whence == SEEK_CUR ? (long)file->position : whence == SEEK_END ? (long)size : 0;

	if (whence < SEEK_SET || whence > SEEK_END || __builtin_add_overflow(base, offset, &base) ||
	    base < 0)
		return -EINVAL;
	file->position = (uint64_t)base;
	return base;
}

static int blockdev_open(struct file *file)
{
	struct block_device *device = blockdev_of(file);

	if (!device)
		return -ENXIO;
	return device->read_only && (file->flags & O_ACCMODE) != O_RDONLY ? -EROFS : 0;
}

static int blockdev_sync(struct file *file)
{
	return buffer_sync(blockdev_of(file));
}

static int blockdev_flush(struct block_device *device)
{
	int error = buffer_sync(device);

	buffer_drop(device);
	return error;
}

static int blockdev_ioctl(struct file *file, uint64_t request, uint64_t arg)
{
	struct block_device *device = blockdev_of(file);
	uint64_t value;

	switch ((uint32_t)request) {
	case BLKGETSIZE64:
		value = block_bytes(device);
		return user_write(arg, &value, sizeof(value));
	case BLKGETSIZE:
		return user_write(arg, &device->sectors, sizeof(device->sectors));
	case BLKSSZGET:
		value = BLOCK_SECTOR_SIZE;
		break;
	case BLKPBSZGET:
		value = device->physical_bytes;
		break;
	case BLKBSZGET:
		value = PAGE_SIZE;
		break;
	case BLKROGET:
		value = device->read_only;
		break;
	case BLKFLSBUF:
		return blockdev_flush(device);
	default:
		return -ENOTTY;
	}
	return user_write(arg, &value, sizeof(uint32_t));
}

static const struct file_ops blockdev_ops = {
	.open = blockdev_open,
	.read = blockdev_read,
	.write = blockdev_write,
	.ioctl = blockdev_ioctl,
	.seek = blockdev_seek,
	.sync = blockdev_sync,
	.seekable = true,
};

void blockdev_init(void)
{
	struct list *pos;

	LIST_FOR_EACH(pos, &block_all)
	{
		struct block_device *block = LIST_ENTRY(pos, struct block_device, link);
		struct device *device = heap_alloc(sizeof(*device));

		if (!device)
			return;
		*device = (struct device){
			.name = block->name,
			.mode = S_IFBLK | 0660,
			.ops = &blockdev_ops,
			.number = DEVICE(block->major, block->minor),
			.size = block->sectors * 512,
			.private = block,
		};
		device_add(device);
	}
}

int blockdev_mount_root(const char *name, const char *type, uint64_t flags)
{
	struct block_device *device = block_by_name(name);
	struct inode *inode = device ? tmpfs_anonymous(S_IFBLK | 0600) : NULL;
	int error;

	if (!inode)
		return device ? -ENOMEM : -ENXIO;
	inode->device = DEVICE(device->major, device->minor);
	error = mount_change_root(type, name, inode, flags);
	inode_put(inode);
	return error;
}

void blockdev_sync_all(void)
{
	struct list *pos;

	LIST_FOR_EACH(pos, &block_all)
	buffer_sync(LIST_ENTRY(pos, struct block_device, link));
}
