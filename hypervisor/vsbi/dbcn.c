/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DBCN: the debug console, in blocks of guest-physical memory.
 * RISC-V Supervisor Binary Interface Specification 3.0, chapter 12 (Debug Console Extension).
 */
#include "vm/vconsole.h"
#include "vsbi/vsbi.h"

/* Bytes that one call moves at most; the guest learns how many it were. */
#define DBCN_WRITE_MAX		4096
#define DBCN_BLOCK		VCONSOLE_PIECE

/* The block [low, low + size) must be RAM; high holds the bits beyond 64. */
static bool dbcn_is_valid(struct vm *vm, uint64_t size, uint64_t low, uint64_t high)
{
	return high == 0 && (size == 0 || vm_is_ram(vm, GPA(low), size));
}

static struct sbi_ret dbcn_write(struct vcpu *v, uint64_t size, uint64_t low, uint64_t high)
{
	struct vm *vm = v->vm;
	char block[DBCN_BLOCK];
	uint64_t done = 0;

	if (!dbcn_is_valid(vm, size, low, high))
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	size = MIN(size, (uint64_t)DBCN_WRITE_MAX);
	while (done < size) {
		size_t part = MIN(size - done, sizeof(block));

		if (!vconsole_accepts(vm))
			return done > 0 ? vsbi_value(done) : vsbi_again(v);
		if (vm_read(vm, GPA(low + done), block, part))
			return vsbi_error(SBI_ERR_FAILED);
		part = vconsole_piece(block, part);
		vconsole_write(vm, block, part);
		done += part;
	}
	return vsbi_value(done);
}

static struct sbi_ret dbcn_read(struct vm *vm, uint64_t size, uint64_t low, uint64_t high)
{
	char block[DBCN_BLOCK];
	size_t got;

	if (!dbcn_is_valid(vm, size, low, high))
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	got = vconsole_read(vm, block, MIN(size, sizeof(block)));
	if (got > 0 && vm_write(vm, GPA(low), block, got))
		return vsbi_error(SBI_ERR_FAILED);
	return vsbi_value(got);
}

static struct sbi_ret dbcn_handle(struct vcpu *v, uint64_t fid, const uint64_t *args,
				  enum vcpu_next *next)
{
	(void)next;
	switch (fid) {
	case SBI_DBCN_WRITE:
		return dbcn_write(v, args[0], args[1], args[2]);
	case SBI_DBCN_READ:
		return dbcn_read(v->vm, args[0], args[1], args[2]);
	case SBI_DBCN_WRITE_BYTE:
		if (!vconsole_accepts(v->vm))
			return vsbi_again(v);
		vconsole_put(v, (char)args[0]);
		return vsbi_value(0);
	default:
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct vsbi_ext vsbi_dbcn = {
	.eid_first = SBI_EXT_DBCN,
	.eid_last = SBI_EXT_DBCN,
	.handle = dbcn_handle,
};
