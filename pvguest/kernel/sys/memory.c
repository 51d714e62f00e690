/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls on memory.
 * Linux man-pages, mmap(2), mprotect(2), brk(2), madvise(2).
 */
#include "fs/fds.h"
#include "lib/errno.h"
#include "mm/mm.h"
#include "proc/proc.h"
#include "sys/fd.h"
#include "sys/syscall.h"

#define MAP_SHARED		0x01
#define MAP_PRIVATE		0x02
#define MAP_SHARED_VALIDATE	0x03
#define MAP_TYPE		0x0f
#define MAP_FIXED		0x10
#define MAP_ANONYMOUS		0x20
#define MAP_FIXED_NOREPLACE	0x100000
#define MREMAP_MAYMOVE		1
#define MADV_DONTNEED		4
#define PROT_ALL		(PROT_READ | PROT_WRITE | PROT_EXEC)
/* Growing regions are not offered; the flags are accepted where they ask for nothing. */
#define PROT_GROWS		0x03000000UL

long sys_mmap(uint64_t addr, size_t length, uint64_t prot, long flags, long fd, uint64_t offset)
{
	long type = flags & MAP_TYPE;
	struct mm_request r = { .addr = addr, .length = length, .prot = prot & PROT_ALL,
				.fixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0,
				.no_replace = (flags & MAP_FIXED_NOREPLACE) != 0,
				.shared = type != MAP_PRIVATE, .offset = offset };
	struct file *file;

	if (type < MAP_SHARED || type > MAP_SHARED_VALIDATE || (prot & ~(uint64_t)PROT_ALL))
		return -EINVAL;
	if (flags & MAP_ANONYMOUS) {
		r.offset = 0;
		return mm_map(proc_current->mm, &r);
	}
	file = sys_file(fd);
	if (!file)
		return -EBADF;
	if (!file->inode || !inode_is_regular(file->inode))
		return -ENODEV;
	if (!file_can_read(file) || (r.shared && (r.prot & PROT_WRITE) && !file_can_write(file)))
		return -EACCES;
	r.inode = file->inode;
	return mm_map(proc_current->mm, &r);
}

long sys_munmap(uint64_t addr, size_t length)
{
	return mm_unmap(proc_current->mm, addr, length);
}

long sys_mprotect(uint64_t addr, size_t length, uint64_t prot)
{
	if (prot & ~(PROT_ALL | PROT_GROWS))
		return -EINVAL;
	return mm_protect(proc_current->mm, addr, length, prot & PROT_ALL);
}

long sys_mremap(uint64_t addr, size_t old, size_t length, long flags)
{
	if (flags & ~(long)MREMAP_MAYMOVE)
		return -EINVAL;
	return mm_remap(proc_current->mm, addr, old, length, (flags & MREMAP_MAYMOVE) != 0);
}

long sys_brk(uint64_t end)
{
	return (long)mm_set_brk(proc_current->mm, end);
}

long sys_msync(uint64_t addr, size_t length, long flags)
{
	(void)addr;
	(void)length;
	(void)flags;
	return 0;
}

long sys_madvise(uint64_t addr, size_t length, long advice)
{
	if (addr & PAGE_MASK)
		return -EINVAL;
	if ((int)advice == MADV_DONTNEED && length) {
		if (length > LAYOUT_TRAMPOLINE || addr > LAYOUT_TRAMPOLINE - length)
			return -ENOMEM;
		mm_zap(proc_current->mm, addr, addr + ALIGN_UP(length, PAGE_SIZE));
	}
	return 0;
}

#define FLUSH_ICACHE_LOCAL	1UL

/* All harts that run threads of the process, or this one alone. The range is all memory. */
long sys_riscv_flush_icache(uint64_t start, uint64_t end, uint64_t flags)
{
	(void)start;
	(void)end;
	if (flags & ~FLUSH_ICACHE_LOCAL)
		return -EINVAL;
	__asm__ volatile("fence.i" : : : "memory");
	if (!(flags & FLUSH_ICACHE_LOCAL))
		root_fence_code(&proc_current->mm->root);
	return 0;
}
