/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The RAM of a VM that reboots, made ready in pieces.
 * SOURCES: hypervisor/vm/vm_prepare.c
 */
#include "test.h"

#include "fake_kalloc.h"
#include "lib/errno.h"
#include "vm/vm.h"

#define BASE	0x80000000UL
#define PIECE	(256UL << 10)
#define SIZE	(3 * PIECE + 0x1000)

static uint8_t ram[2][SIZE];
static struct vm_memory memory[2] = { { .gpa = BASE, .size = SIZE },
				      { .gpa = 2 * BASE, .size = SIZE } };
static struct vm vm;
static size_t largest;

static uint8_t *find(gpa_t gpa, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(memory); i++)
		if (gpa.v - memory[i].gpa < memory[i].size &&
		    size <= memory[i].size - (gpa.v - memory[i].gpa))
			return &ram[i][gpa.v - memory[i].gpa];
	return NULL;
}

bool vm_is_ram(struct vm *of, gpa_t gpa, size_t size)
{
	CHECK(of == &vm);
	return find(gpa, size) != NULL;
}

int vm_zero(struct vm *of, gpa_t gpa, size_t size)
{
	CHECK(vm_is_ram(of, gpa, size));
	largest = MAX(largest, size);
	memset(find(gpa, size), 0, size);
	return 0;
}

int vm_write(struct vm *of, gpa_t gpa, const void *from, size_t size)
{
	CHECK(vm_is_ram(of, gpa, size));
	largest = MAX(largest, size);
	memcpy(find(gpa, size), from, size);
	return 0;
}

static void create(void)
{
	memset(ram, 0xaa, sizeof(ram));
	vm = (struct vm){ .memory = memory, .memory_count = ARRAY_SIZE(memory) };
	list_init(&vm.copies);
	largest = 0;
	vm_prepare_begin(&vm);
}

TEST("all of a VM's RAM becomes zero, in pieces that take a short time")
{
	unsigned steps = 1;

	create();
	while (!vm_zero_step(&vm))
		steps++;
	CHECK_EQ(steps, 2 * 4 + 1);
	CHECK_EQ(largest, PIECE);
	for (size_t i = 0; i < SIZE; i++)
		CHECK(ram[0][i] == 0 && ram[1][i] == 0);
}

TEST("what is put down is copied in its order and in pieces, and then forgotten")
{
	static uint8_t first[SIZE], second[16];

	create();
	memset(first, 1, sizeof(first));
	memset(second, 2, sizeof(second));
	CHECK_EQ(vm_copy_later(&vm, GPA(BASE), first, SIZE), 0);
	CHECK_EQ(vm_copy_later(&vm, GPA(BASE + 8), second, sizeof(second)), 0);
	CHECK_EQ(ram[0][0], 0xaa);
	for (unsigned steps = 0; steps < 5; steps++)
		CHECK(!vm_copy_step(&vm));
	CHECK(vm_copy_step(&vm));
	CHECK_EQ(largest, PIECE);
	CHECK_EQ(ram[0][7], 1);
	CHECK_EQ(memcmp(ram[0] + 8, second, sizeof(second)), 0);
	CHECK(ram[0][24] == 1 && ram[0][SIZE - 1] == 1);
	CHECK_EQ(kalloc_live, 0);
}

TEST("nothing is put down for what is no RAM, or without memory; a copy of nothing may be anywhere")
{
	static const uint8_t bytes[16];

	create();
	CHECK_EQ(vm_copy_later(&vm, GPA(BASE + SIZE - 8), bytes, 16), -EFAULT);
	CHECK_EQ(vm_copy_later(&vm, GPA(BASE - 8), bytes, 16), -EFAULT);
	kalloc_fail_after = 0;
	CHECK_EQ(vm_copy_later(&vm, GPA(BASE), bytes, 16), -ENOMEM);
	kalloc_fail_after = -1;
	/* An empty initrd, at the top of RAM. */
	CHECK_EQ(vm_copy_later(&vm, GPA(BASE + SIZE), bytes, 0), 0);
	CHECK(vm_copy_step(&vm));
}

TEST("what was put down is forgotten when the VM reboots again, or ends")
{
	static const uint8_t bytes[16];

	create();
	CHECK_EQ(vm_copy_later(&vm, GPA(BASE), bytes, 16), 0);
	CHECK_EQ(vm_copy_later(&vm, GPA(BASE + 16), bytes, 16), 0);
	vm_prepare_begin(&vm);
	CHECK(vm_copy_step(&vm));
	CHECK_EQ(kalloc_live, 0);
}
