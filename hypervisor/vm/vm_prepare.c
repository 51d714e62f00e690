/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The RAM of a VM that reboots is made ready in pieces, between which its vCPU 0, whose time it
 * takes, can be preempted: zeros first, then what has been put down to be copied. Pure. SBI SRST.
 */
#include "lib/errno.h"
#include "mem/kalloc.h"
#include "vm/vm.h"

#define PIECE_BYTES	(256UL << 10)

struct vm_copy {
	struct list_head link;
	gpa_t to;
	const uint8_t *from;
	size_t size;
};

void vm_prepare_begin(struct vm *vm)
{
	vm->zero_memory = 0;
	vm->zero_offset = 0;
	vm->loading = false;
	vm_prepare_end(vm);
}

static void copy_forget(struct vm_copy *copy)
{
	list_remove(&copy->link);
	kfree(copy);
}

void vm_prepare_end(struct vm *vm)
{
	struct vm_copy *copy, *next;

	list_for_each_entry_safe(copy, next, &vm->copies, link)
		copy_forget(copy);
}

bool vm_zero_step(struct vm *vm)
{
	const struct vm_memory *memory;
	uint64_t piece;

	if (vm->zero_memory == vm->memory_count)
		return true;
	memory = &vm->memory[vm->zero_memory];
	piece = MIN(memory->size - vm->zero_offset, PIECE_BYTES);
	vm_zero(vm, GPA(memory->gpa + vm->zero_offset), piece);
	vm->zero_offset += piece;
	if (vm->zero_offset == memory->size) {
		vm->zero_memory++;
		vm->zero_offset = 0;
	}
	return false;
}

int vm_copy_later(struct vm *vm, gpa_t to, const void *from, size_t size)
{
	struct vm_copy *copy;

	if (size == 0)
		return 0;
	if (!vm_is_ram(vm, to, size))
		return -EFAULT;
	copy = kalloc(sizeof(*copy));
	if (copy == NULL)
		return -ENOMEM;
	*copy = (struct vm_copy){ .to = to, .from = from, .size = size };
	list_add_tail(&vm->copies, &copy->link);
	return 0;
}

bool vm_copy_step(struct vm *vm)
{
	struct vm_copy *copy;
	size_t piece;

	if (list_empty(&vm->copies))
		return true;
	copy = list_entry(list_first(&vm->copies), struct vm_copy, link);
	piece = MIN(copy->size, PIECE_BYTES);
	vm_write(vm, copy->to, copy->from, piece);
	copy->to.v += piece;
	copy->from += piece;
	copy->size -= piece;
	if (copy->size == 0)
		copy_forget(copy);
	return false;
}
