/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace ring: what every hart's last transitions between privilege levels were. One ring per
 * hart, written by that hart alone; the oldest entries are overwritten. monitor/trace.c prints.
 */
#ifndef HART_TRACE_H
#define HART_TRACE_H

#include "lib/types.h"

enum trace_level {
	TRACE_LEVEL_U,
	TRACE_LEVEL_VU,
	TRACE_LEVEL_VS,
	TRACE_LEVEL_HS,
	TRACE_LEVEL_M,
	TRACE_LEVEL_COUNT
};

enum trace_kind {
	TRACE_EXIT,		/* a trap from the guest to HS: cause, pc, tval, gpa, insn */
	TRACE_ENTRY,		/* from HS back into the guest, after what `done` says */
	TRACE_LEAVE,		/* no way back yet: the vCPU blocked, stopped or lost its hart */
	TRACE_SBI,		/* HS calls M-mode: args = eid, fid */
	TRACE_KIND_COUNT
};

/* What the hypervisor did about an exit, as seen when it returned to the guest. */
enum trace_done {
	TRACE_DONE_NOTHING,
	TRACE_DONE_SCHEDULED,	/* entered from the run loop */
	TRACE_DONE_EMULATED,	/* the instruction was done in software, pc stepped over it */
	TRACE_DONE_MMIO,	/* the same for an access to the device named */
	TRACE_DONE_SBI,		/* answered an SBI call: args = eid, fid, error, value */
	TRACE_DONE_INJECTED,	/* a trap was injected: args = scause, stval, sepc */
	TRACE_DONE_RETRY,	/* mapped or changed something; the same instruction runs again */
	TRACE_DONE_INTERRUPT,	/* served a host interrupt */
	TRACE_DONE_COUNT
};

/* The guest's own idea of its privilege, in a deprivileged mode. */
enum trace_virtual { TRACE_VIRTUAL_NONE, TRACE_VIRTUAL_U, TRACE_VIRTUAL_S };

struct trace_entry {
	uint64_t time_ticks;
	uint64_t cause;		/* scause of the exit; an ENTRY repeats that of its exit */
	uint64_t pc;		/* sepc */
	uint64_t tval;		/* stval */
	uint64_t gpa;		/* of a guest-page fault */
	uint64_t args[4];
	const char *device;	/* of a guest-page fault: emulated device hit, a literal, or NULL */
	uint64_t offset;	/* into the device's window */
	uint32_t insn;		/* the trapped instruction if known, else 0 */
	uint16_t hart, vm_id, vcpu;
	uint8_t kind, from, to, done;
	uint8_t guest_from, guest_to;	/* enum trace_virtual */
	uint8_t blocked;	/* LEAVE, bool: the vCPU waits for an interrupt */
	char vm[16];		/* the VM's name, cut short; "" where there is none */
};

#define TRACE_HARTS_MAX		512

struct trace_ring {
	struct trace_entry *entries;
	size_t capacity;	/* a power of two */
	uint64_t written;	/* entries since the beginning */
};

/* Set by the monitor. While false, a hook costs one load and one branch. */
extern bool trace_enabled;
/* Called for every new entry by the hart that wrote it, no lock held; NULL: nobody listens. */
extern void (*trace_listener)(const struct trace_entry *entry);

/* The ring of a hart; NULL if there is no such hart. */
struct trace_ring *trace_ring(unsigned hart);

/* Give a ring its memory: capacity entries, a power of two; entries zeroed. */
void trace_ring_init(struct trace_ring *ring, struct trace_entry *entries, size_t capacity);
/* Append; overwrites the oldest. Only by the hart whose ring it is. */
void trace_ring_push(struct trace_ring *ring, const struct trace_entry *entry);
/*
 * Copy the entry with this number (0 = the first ever). Return: false if it is overwritten or not
 * yet written. From any hart: an entry overwritten meanwhile gives false.
 */
bool trace_ring_get(const struct trace_ring *ring, uint64_t number, struct trace_entry *entry);

/* Append to the ring of entry->hart, if it has memory, and tell the listener. */
void trace_record(const struct trace_entry *entry);
void trace_sbi_record(unsigned hart, uint64_t time_ticks, uint64_t eid, uint64_t fid);
/* HS-mode calls firmware (hart/trace_sbi.c): for hart/sbi_call.h, while the trace is on. */
void trace_sbi(uint64_t eid, uint64_t fid);

static inline bool trace_on(void)
{
	return unlikely(READ_ONCE(trace_enabled));
}

#endif
