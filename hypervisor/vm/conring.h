/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes that one vCPU of a VM writes to the console by itself, in mode/fast.S, until somebody
 * shows them. Of the SBI's DBCN; docs/paths.md, "The console".
 *
 * A ring with one writer, the vCPU that has it: it appends, without a lock, while the count of its
 * bytes (STAT_FAST_CONSOLE) is below console_limit. Whoever wants to write to the console by any
 * other way shows first what is in the ring, so bytes that follow each other in the guest do so on
 * the display, whichever vCPUs wrote them. Only the vCPU itself gives the ring up, or somebody else
 * while it does not run.
 */
#ifndef VM_CONRING_H
#define VM_CONRING_H

#include "lib/lock.h"
#include "lib/types.h"
#include "vm/valarm.h"

/* A power of two, at most 2048: its mask is an immediate operand in fast.S. */
#define CONRING_BYTES		256

struct vcpu;
struct vm;

struct conring {
	struct spinlock lock;	/* the rest; valarm_set_in()'s and the multiplexer's nest inside */
	struct vm *vm;
	struct vcpu *owner;	/* who appends, or NULL; for a look without the lock, too */
	uint64_t shown;		/* of the owner's count */
	uint64_t delay_ticks;	/* after which bytes are shown if nothing else shows them */
	uint64_t last_ticks;	/* when a byte came that was not appended */
	struct valarm alarm;	/* set while there is an owner, or it has been asked to close */
	char bytes[CONRING_BYTES];
};

void conring_init(struct conring *ring, struct vm *vm, uint64_t delay_ticks);
/* No alarm any more; its VM has ended. No lock is held. */
void conring_fini(struct conring *ring);

/*
 * v, in its own exit at now_ticks, has shown a byte of the kind that it could have appended: give
 * it the ring if more of them seem to follow and nobody has it.
 */
void conring_open(struct conring *ring, struct vcpu *v, uint64_t now_ticks);
/* VCPU_REQ_CONSOLE: v, on its own hart and in HS-mode, shows what it has appended and gives up. */
void conring_close(struct conring *ring, struct vcpu *v);
/* The same for whoever has the ring: no vCPU of the VM runs. */
void conring_end(struct conring *ring);
/* Text of anybody: behind what is in the ring. Locks of devices may be held. */
void conring_write(struct conring *ring, const char *text, size_t size);

#endif
