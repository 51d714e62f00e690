/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls that move data from file to file, and that reserve or free room in one.
 * Linux man-pages, sendfile(2), copy_file_range(2), fallocate(2).
 */
#include "fs/file.h"
#include "fs/super.h"
#include "lib/errno.h"
#include "mm/mm.h"
#include "mm/page.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "proc/sched.h"
#include "sys/fd.h"
#include "sys/syscall.h"

#define TRANSFER_WINDOW		0x20000UL
#define TRANSFER_MAX		0x7ffff000UL

#define FALLOC_KEEP_SIZE	1
#define FALLOC_PUNCH_HOLE	2

/* One of the two files, with an offset of the caller's or its own position. */
struct transfer_end {
	struct file *file;
	uint64_t position, user_offset;	/* user_offset: where the caller keeps it; 0: it does not */
};

static int transfer_begin(struct transfer_end *end, long fd, uint64_t user_offset)
{
	int64_t offset = 0;

	*end = (struct transfer_end){ .file = sys_file(fd), .user_offset = user_offset };
	if (!end->file)
		return -EBADF;
	end->position = end->file->position;
	if (!user_offset)
		return 0;
	if (user_read(&offset, user_offset, sizeof(offset)))
		return -EFAULT;
	if (!end->file->ops->seekable)
		return -ESPIPE;
	end->position = (uint64_t)offset;
	return offset < 0 ? -EINVAL : 0;
}

static ssize_t transfer_part(struct transfer_end *end, bool out, uint64_t buf, size_t length)
{
	return out ? file_write_at(end->file, buf, length, &end->position)
		   : file_read_at(end->file, buf, length, &end->position);
}

static int transfer_finish(struct transfer_end *end)
{
	int64_t offset = (int64_t)end->position;

	if (end->user_offset)
		return user_write(end->user_offset, &offset, sizeof(offset));
	if (end->file->ops->seekable)
		end->file->position = end->position;
	return 0;
}

/*
 * Through pages of the caller's address space, which it has for that long: reads and writes of any
 * kind of file work on user memory. Other threads can neither unmap nor replace them.
 */
static ssize_t transfer_copy(struct transfer_end *in, struct transfer_end *out, size_t length)
{
	size_t window = MIN(ALIGN_UP(length, PAGE_SIZE), TRANSFER_WINDOW);
	struct mm_request r = { .length = window, .prot = PROT_READ | PROT_WRITE, .pinned = true };
	struct mm *mm = proc_current->mm;
	int64_t buf = length ? mm_map(mm, &r) : 0;
	ssize_t total = 0, got, put = 0;

	if (buf <= 0)
		return buf;
	file_get(in->file);
	file_get(out->file);
	do {
		uint64_t begin = in->position;

		got = transfer_part(in, false, (uint64_t)buf, MIN(length - (size_t)total, window));
		if (got <= 0)
			break;
		put = transfer_part(out, true, (uint64_t)buf, (size_t)got);
		total += MAX(put, 0);
		/* What was read but not written is read again the next time. */
		in->position = begin + (uint64_t)MAX(put, 0);
	} while (put == got && (size_t)total < length && !sched_give_way());
	mm_unpin(mm, (uint64_t)buf);
	mm_unmap(mm, (uint64_t)buf, window);
	file_put(in->file);
	file_put(out->file);
	return total ? total : got < 0 ? got : put;
}

long sys_sendfile(long to, long from, uint64_t user_offset, size_t count)
{
	struct transfer_end in, out;
	ssize_t done;
	int error = transfer_begin(&in, from, user_offset);

	error = error ?: transfer_begin(&out, to, 0);
	if (error)
		return error;
	if (!file_can_read(in.file) || !file_can_write(out.file))
		return -EBADF;
	/* The source must be able to give a part again. */
	if (!in.file->ops->seekable || !in.file->inode || inode_is_dir(in.file->inode) ||
	    (out.file->flags & O_APPEND))
		return -EINVAL;
	done = transfer_copy(&in, &out, MIN(count, TRANSFER_MAX));
	return transfer_finish(&in) ?: transfer_finish(&out) ?: done;
}

long sys_copy_file_range(long from, uint64_t in_offset, long to, uint64_t out_offset, size_t length,
			 uint64_t flags)
{
	struct transfer_end in, out;
	ssize_t done;
	int error = transfer_begin(&in, from, in_offset);

	error = error ?: transfer_begin(&out, to, out_offset);
	if (error)
		return error;
	if (flags)
		return -EINVAL;
	if (!in.file->inode || !out.file->inode)
		return -EINVAL;
	if (inode_is_dir(in.file->inode) || inode_is_dir(out.file->inode))
		return -EISDIR;
	if (!inode_is_regular(in.file->inode) || !inode_is_regular(out.file->inode))
		return -EINVAL;
	if (!file_can_read(in.file) || !file_can_write(out.file) || (out.file->flags & O_APPEND))
		return -EBADF;
	length = MIN(length, TRANSFER_MAX);
	if (in.file->inode == out.file->inode && in.position < out.position + length &&
	    out.position < in.position + length)
		return -EINVAL;
	done = transfer_copy(&in, &out, length);
	return transfer_finish(&in) ?: transfer_finish(&out) ?: done;
}

/* Pages that exist, or whose blocks do, cannot fail later for lack of room. */
static int transfer_reserve(struct inode *inode, uint64_t offset, uint64_t end)
{
	int error = 0;

	for (uint64_t at = offset; at < end && !error; at = ALIGN_DOWN(at, PAGE_SIZE) + PAGE_SIZE) {
		uint64_t index = at >> PAGE_SHIFT;

		if (inode->ops->prepare_write)
			error = inode->ops->prepare_write(inode, index, 0, PAGE_SIZE);
		else if (!inode_page(inode, index, &error) && error == -ENOMEM)
			error = -ENOSPC;
		else if (inode_cached(inode, index))
			error = 0;
		if (!error && sched_give_way())
			error = -EINTR;
	}
	return error;
}

static long transfer_allocate(struct inode *inode, uint64_t offset, uint64_t end, bool keep)
{
	uint64_t size = inode->size;
	int error;

	/* Room behind the end, which is not shown, is kept by no file system here. */
	if (keep && end > size)
		return -EOPNOTSUPP;
	error = end > size ? inode_resize(inode, end) : 0;
	if (error)
		return error;
	mutex_lock(&inode->lock);
	error = transfer_reserve(inode, offset, end);
	mutex_unlock(&inode->lock);
	if (error && end > size)
		inode_truncate(inode, size);
	return error;
}

static long transfer_punch(struct inode *inode, uint64_t offset, uint64_t end)
{
	uint64_t first = ALIGN_UP(offset, PAGE_SIZE), last = ALIGN_DOWN(end, PAGE_SIZE);
	int error;

	if (!inode->ops->punch)
		return -EOPNOTSUPP;
	mutex_lock(&inode->lock);
	error = inode_clear(inode, offset, MIN(first, end));
	if (!error && last >= first)
		error = inode_clear(inode, MAX(last, offset), end);
	if (!error && last > first)
		error = inode->ops->punch(inode, first >> PAGE_SHIFT, last >> PAGE_SHIFT);
	mutex_unlock(&inode->lock);
	return error;
}

long sys_fallocate(long fd, long mode, long offset, long length)
{
	struct file *file = sys_file(fd);

	if (!file || !file_can_write(file))
		return -EBADF;
	if (offset < 0 || length <= 0)
		return -EINVAL;
	if (!file->inode || !inode_is_regular(file->inode))
		return !file->inode || inode_is(file->inode, S_IFIFO) ? -ESPIPE : -ENODEV;
	if (offset > INT64_MAX - length)
		return -EFBIG;
	switch ((int)mode) {
	case 0:
	case FALLOC_KEEP_SIZE:
		return transfer_allocate(file->inode, (uint64_t)offset,
					 (uint64_t)(offset + length), mode != 0);
	case FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE:
		return transfer_punch(file->inode, (uint64_t)offset, (uint64_t)(offset + length));
	default:
		return -EOPNOTSUPP;
	}
}
