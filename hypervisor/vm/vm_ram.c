/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest RAM as the hypervisor reaches it: by guest-physical address, in pieces that are contiguous
 * in the host.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/hvmap.h"
#include "vm/vm.h"

static struct vm_memory *find_memory(struct vm *vm, uint64_t gpa)
{
	for (size_t i = 0; i < vm->memory_count; i++)
		if (gpa - vm->memory[i].gpa < vm->memory[i].size)
			return &vm->memory[i];
	return NULL;
}

void *vm_ram(struct vm *vm, gpa_t gpa, size_t size)
{
	struct vm_memory *memory = find_memory(vm, gpa.v);
	uint64_t offset, in_chunk;

	if (memory == NULL)
		return NULL;
	offset = gpa.v - memory->gpa;
	in_chunk = offset & (PAGE_2M_SIZE - 1);
	if (size > memory->size - offset || size > PAGE_2M_SIZE - in_chunk)
		return NULL;
	return (char *)hva_from_hpa(memory->chunks[offset >> PAGE_2M_SHIFT]) + in_chunk;
}

void *vm_ram_piece(struct vm *vm, gpa_t gpa, size_t size, size_t *got)
{
	struct vm_memory *memory = find_memory(vm, gpa.v);
	uint64_t offset, in_chunk;

	*got = 0;
	if (memory == NULL)
		return NULL;
	offset = gpa.v - memory->gpa;
	if (size > memory->size - offset)
		return NULL;
	in_chunk = offset & (PAGE_2M_SIZE - 1);
	*got = MIN(size, PAGE_2M_SIZE - in_chunk);
	return (char *)hva_from_hpa(memory->chunks[offset >> PAGE_2M_SHIFT]) + in_chunk;
}

bool vm_is_ram(struct vm *vm, gpa_t gpa, size_t size)
{
	struct vm_memory *memory = find_memory(vm, gpa.v);

	return memory != NULL && size <= memory->size - (gpa.v - memory->gpa);
}

/* Calls op for each piece of guest RAM that is contiguous in the host. */
static int vm_access(struct vm *vm, gpa_t gpa, size_t size, void *buffer,
		     void (*op)(void *ram, void *buffer, size_t size))
{
	if (size > 0 && !vm_is_ram(vm, gpa, size))
		return -EFAULT;
	while (size > 0) {
		size_t piece = MIN(size, PAGE_2M_SIZE - (gpa.v & (PAGE_2M_SIZE - 1)));
		void *ram = vm_ram(vm, gpa, piece);

		/* Memory nodes need not begin at multiples of 2 MiB; then go page by page. */
		if (ram == NULL) {
			piece = MIN(size, PAGE_SIZE - (gpa.v & PAGE_MASK));
			ram = vm_ram(vm, gpa, piece);
			if (ram == NULL)
				return -EFAULT;
		}
		op(ram, buffer, piece);
		if (buffer != NULL)
			buffer = (char *)buffer + piece;
		gpa.v += piece;
		size -= piece;
	}
	return 0;
}

static void op_read(void *ram, void *buffer, size_t size)
{
	memcpy(buffer, ram, size);
}

static void op_write(void *ram, void *buffer, size_t size)
{
	memcpy(ram, buffer, size);
}

static void op_zero(void *ram, void *buffer, size_t size)
{
	(void)buffer;
	memset(ram, 0, size);
}

int vm_read(struct vm *vm, gpa_t gpa, void *to, size_t size)
{
	return vm_access(vm, gpa, size, to, op_read);
}

int vm_write(struct vm *vm, gpa_t gpa, const void *from, size_t size)
{
	return vm_access(vm, gpa, size, (void *)(uintptr_t)from, op_write);
}

int vm_zero(struct vm *vm, gpa_t gpa, size_t size)
{
	return vm_access(vm, gpa, size, NULL, op_zero);
}
