/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console of a VM, as its devices and its SBI see it: bytes out, and a queue of bytes in that
 * the uart and the SBI calls share. monitor/console.c is at the other end.
 */
#ifndef VM_VCONSOLE_H
#define VM_VCONSOLE_H

#include "lib/lock.h"
#include "lib/types.h"
#include "vm/config.h"
#include "vm/conring.h"

/* Of the input queue: what it begins with and how far it grows; powers of two. */
#define VCONSOLE_INPUT		1024U
#define VCONSOLE_INPUT_MAX	(256U << 10)
#define VCONSOLE_LINE		256
/* Of output at a time: the display has room for so much, with a prefix for each line. */
#define VCONSOLE_PIECE		256U
#define VCONSOLE_PIECE_LINES	4U

struct vcpu;
struct vm;

/* The last, unfinished line of one source of output; under the multiplexer's lock. */
struct vconsole_line {
	char prefix[VM_NAME_MAX + 4];	/* shown before each line: "[name] " */
	bool guest;			/* without prefix if there is one VM only */
	char text[VCONSOLE_LINE];
	size_t length;
	bool carriage_return;	/* a CR came last: it counts only if no LF follows */
};

struct vconsole {
	struct spinlock lock;	/* input queue */
	uint8_t *input;
	uint64_t size;		/* of it */
	uint64_t taken, added;	/* since the beginning; added - taken bytes wait */
	bool held;		/* the multiplexer waits for room */
	/* Somebody wants to know about input; set once, before the VM runs. No lock held. */
	void (*ready)(void *arg);
	void *ready_arg;

	struct vconsole_line line;
	struct conring ring;	/* output that a vCPU has not had shown yet */
};

/* The multiplexer; set once by the monitor. Before that, output is dropped. */
struct vconsole_ops {
	void (*created)(struct vm *vm);
	void (*write)(struct vm *vm, const char *text, size_t size);
	bool (*accepts)(void);
	/* A queue that vconsole_hold() found full is half empty again. Device locks may be held. */
	void (*room)(struct vm *vm);
	void (*ended)(struct vm *vm);
};
extern const struct vconsole_ops *vconsole_ops;

/* A look at the queue without its lock: whoever adds to it later tells by ready(). */
static inline bool vconsole_is_empty(const struct vconsole *console)
{
	return READ_ONCE(console->added) == READ_ONCE(console->taken);
}

/* Give a VM its console, once: -ENOMEM. */
int vconsole_create(struct vm *vm);
/* Free it, with the VM. */
void vconsole_destroy(struct vm *vm);
/* The VM has ended: show what is left of its last line, give the input to another one. */
void vconsole_ended(struct vm *vm);
/* Show what its vCPUs have written, none of which runs: it reboots. */
void vconsole_settle(struct vm *vm);

/*
 * Is there room for output? If not, the guest tries again: its call or its store is repeated, in
 * its own time. It is nothing that the hypervisor waits for.
 */
bool vconsole_accepts(struct vm *vm);
/* How much of text that a guest cannot change may be written at a time, if there is room. */
static inline size_t vconsole_piece(const char *text, size_t size)
{
	unsigned lines = 0;
	size_t n = 0;

	size = MIN(size, (size_t)VCONSOLE_PIECE);
	while (n < size && lines < VCONSOLE_PIECE_LINES) {
		lines += text[n] == '\n' || text[n] == '\r';
		n++;
	}
	return n;
}
/*
 * Output of the guest, from any hart; locks of devices may be held. It is looked at more than once,
 * so it is no memory of the guest's.
 */
void vconsole_write(struct vm *vm, const char *text, size_t size);
/*
 * A byte of v's, in its exit, by a call which its mode's fast path can answer the next time. It may
 * be shown a millisecond later then.
 */
void vconsole_put(struct vcpu *v, char byte);
/* Take waiting input, at most size bytes; returns how many. Any hart; device locks may be held. */
size_t vconsole_read(struct vm *vm, char *text, size_t size);
/* One byte of input for the guest; false: the queue is full. No device lock held. */
bool vconsole_feed(struct vm *vm, char byte);
/* A look at the queue without promise. */
bool vconsole_full(const struct vm *vm);
/* Is the queue full? Then ops->room() will be called once there is room. */
bool vconsole_hold(struct vm *vm);

#endif
