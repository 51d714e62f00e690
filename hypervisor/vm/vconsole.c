/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console of a VM: output to the multiplexer, input from it by a queue.
 */
#include "hart/hart.h"
#include "lib/errno.h"
#include "mem/kalloc.h"
#include "vm/vcpu.h"
#include "vm/vconsole.h"
#include "vm/vm.h"

/* How late a byte may be shown, in parts of a second. */
#define RING_DELAY	1000

const struct vconsole_ops *vconsole_ops;

int vconsole_create(struct vm *vm)
{
	struct vconsole *console = kalloc(sizeof(*console));

	if (!console)
		return -ENOMEM;
	console->size = VCONSOLE_INPUT;
	console->input = kalloc(console->size);
	if (!console->input) {
		kfree(console);
		return -ENOMEM;
	}
	spin_init(&console->lock);
	conring_init(&console->ring, vm, timebase_hz / RING_DELAY);
	vm->console = console;
	if (vconsole_ops)
		vconsole_ops->created(vm);
	return 0;
}

void vconsole_destroy(struct vm *vm)
{
	/* The multiplexer forgets the line that is freed with it. */
	vconsole_ended(vm);
	conring_fini(&vm->console->ring);
	kfree(vm->console->input);
	kfree(vm->console);
	vm->console = NULL;
}

void vconsole_ended(struct vm *vm)
{
	if (!vm->console || !vconsole_ops)
		return;
	conring_end(&vm->console->ring);
	vconsole_ops->ended(vm);
}

void vconsole_settle(struct vm *vm)
{
	if (vm->console)
		conring_end(&vm->console->ring);
}

bool vconsole_accepts(struct vm *vm)
{
	return !vm->console || !vconsole_ops || vconsole_ops->accepts();
}

void vconsole_write(struct vm *vm, const char *text, size_t size)
{
	if (!vm->console || !vconsole_ops)
		return;
	/* What a vCPU has put into the ring before this text, it has the ring for, as we see it. */
	if (likely(READ_ONCE(vm->console->ring.owner) == NULL))
		vconsole_ops->write(vm, text, size);
	else
		conring_write(&vm->console->ring, text, size);
}

void vconsole_put(struct vcpu *v, char byte)
{
	struct vm *vm = v->vm;

	vconsole_write(vm, &byte, 1);
	/* The end of a line is shown at once, and so nothing to put into the ring. */
	if (byte != '\n' && v->vector != vcpu_trap_vector && vm->console && vconsole_ops)
		conring_open(&vm->console->ring, v, time_now());
}

size_t vconsole_read(struct vm *vm, char *text, size_t size)
{
	struct vconsole *console = vm->console;
	size_t done = 0;
	bool room = false;

	/* The common poll of an empty queue takes no lock. */
	if (!console || vconsole_is_empty(console))
		return 0;
	spin_lock(&console->lock);
	while (done < size && console->taken != console->added)
		text[done++] = (char)console->input[console->taken++ & (console->size - 1)];
	if (console->held && console->added - console->taken <= console->size / 2) {
		console->held = false;
		room = true;
	}
	spin_unlock(&console->lock);
	if (room && vconsole_ops)
		vconsole_ops->room(vm);
	return done;
}

bool vconsole_full(const struct vm *vm)
{
	const struct vconsole *console = vm->console;

	return READ_ONCE(console->added) - READ_ONCE(console->taken) == READ_ONCE(console->size);
}

/*
 * Is there no room for a byte? The queue grows, under its lock, so that whoever types to a VM that
 * does not read is still heard: what is behind in the uart may be the escape key.
 */
static bool is_full(struct vconsole *console)
{
	uint8_t *larger;

	if (console->added - console->taken < console->size)
		return false;
	larger = console->size < VCONSOLE_INPUT_MAX ? kalloc(2 * console->size) : NULL;
	if (!larger)
		return true;
	for (uint64_t i = console->taken; i != console->added; i++)
		larger[i & (2 * console->size - 1)] = console->input[i & (console->size - 1)];
	kfree(console->input);
	console->input = larger;
	console->size *= 2;
	return false;
}

bool vconsole_hold(struct vm *vm)
{
	struct vconsole *console = vm->console;
	bool held;

	spin_lock(&console->lock);
	held = console->held = is_full(console);
	spin_unlock(&console->lock);
	return held;
}

bool vconsole_feed(struct vm *vm, char byte)
{
	struct vconsole *console = vm->console;
	bool fits;

	spin_lock(&console->lock);
	fits = !is_full(console);
	if (fits)
		console->input[console->added++ & (console->size - 1)] = (uint8_t)byte;
	spin_unlock(&console->lock);
	if (fits && console->ready)
		console->ready(console->ready_arg);
	return fits;
}
