/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a vCPU's instructions go: one line for each cause of an exit and what it was about, for the
 * guest and for the firmware. vm/account.c is pure; vm/account_exit.c reads the counters.
 */
#ifndef VM_ACCOUNT_H
#define VM_ACCOUNT_H

#include "lib/types.h"
#include "vm/stat.h"

struct vcpu;
enum vcpu_next;

/* Exits that share a cause, a kind and a detail share a line. */
enum account_kind {
	ACCOUNT_SPECIAL,	/* enum account_line_special; no exit */
	ACCOUNT_CAUSE,		/* the cause says all */
	ACCOUNT_CSR,		/* detail: funct3 of the CSR instruction << 12 | CSR */
	ACCOUNT_INSN,		/* detail: enum insn_kind */
	ACCOUNT_SBI,		/* detail: EID << 8 | function, at most 255 */
	ACCOUNT_HYPERCALL,	/* a CSR call of pv; detail: CSR << 8 | function */
	ACCOUNT_DEVICE,		/* detail: guest-physical address of the device >> 12 */
	ACCOUNT_FILL,		/* a page fault that the shadow alone had */
	ACCOUNT_INJECT,		/* the guest's own: it was given the trap */
};

/* The lines that are there from the beginning, in this order. */
enum account_line_special {
	ACCOUNT_OTHER,		/* causes that found no line any more */
	ACCOUNT_GUEST,
	ACCOUNT_FIRMWARE,	/* M-mode, whoever called it */
	ACCOUNT_SCHEDULE,	/* in the run loop: waiting, world switches */
	ACCOUNT_SPECIALS
};

#define ACCOUNT_KEY(kind, cause, detail)                                                          \
	((uint64_t)(detail) << 16 | (uint64_t)(kind) << 8 | (uint64_t)(cause) >> 63 << 7 |        \
	 ((uint64_t)(cause) & 63))
#define ACCOUNT_KEY_KIND(key)	((enum account_kind)((key) >> 8 & 0xff))
#define ACCOUNT_KEY_DETAIL(key) ((key) >> 16)
/* scause again. */
#define ACCOUNT_KEY_CAUSE(key)	(((key) >> 7 & 1) << 63 | ((key) & 63))

#define ACCOUNT_LINES		256
#define ACCOUNT_SLOTS		512	/* a power of two, and not too full */

struct account_count {
	int64_t exits, insns;
};

struct account_line {
	uint64_t key;
	struct account_count now;	/* since the vCPU was built */
	struct account_count begin;	/* when the window began */
	struct account_count sum;	/* of the windows since the reset */
};

struct account {
	struct account_line lines[ACCOUNT_LINES];
	unsigned used;
	uint16_t slots[ACCOUNT_SLOTS];	/* hash table of the keys: line number, 0 for none */
	int sign;			/* of the window that is open: 1, -1; 0: none is */
	bool firmware;			/* M-mode's part is known */

	/* vm/account_exit.c */
	enum vcpu_next (*const *inner)(struct vcpu *v);
	unsigned way;			/* on which the last exit went on */
	uint64_t last;			/* instret when the guest went on, or the run loop did */
	struct account_line *away;	/* whose the run loop's time is; NULL: the guest runs */
	uint64_t fast[STAT_FAST];	/* of vcpu_stat.fast, what is charged already */
	uint64_t fw_entries, fw_insns;	/* what the firmware had told by then */
};

void account_init(struct account *account);
/* The line of a key, made if there is none; the one of ACCOUNT_OTHER when all are taken. */
struct account_line *account_line(struct account *account, uint64_t key);

static inline void account_add(struct account_line *line, int64_t exits, int64_t insns)
{
	line->now.exits += exits;
	line->now.insns += insns;
}

/* Add what another vCPU's account has so far. From any hart: a line may be one exit behind. */
void account_merge(struct account *account, const struct account *from);

/* STRATA_FN_ACCOUNT: sums are 0 again; a window begins, with a sign; it ends and is summed. */
void account_reset(struct account *account);
void account_begin(struct account *account, int sign);
void account_end(struct account *account);

/* What an exit is about, before it is handled: raw is the instruction word for causes 2 and 22. */
uint64_t account_key_insn(uint64_t scause, uint32_t raw);
/* The same for an ecall that is a call: a7, a6, a0. */
uint64_t account_key_call(uint64_t scause, uint64_t eid, uint64_t fid, uint64_t arg0);

/* vm/account_exit.c: the account of a vCPU whose tree says strata,accounting. 0 or -ENOMEM. */
int account_create(struct vcpu *v);
void account_destroy(struct vcpu *v);
/* The exits that v->exits handles are accounted from now on; just before vcpu_enter(). */
void account_enter(struct vcpu *v);
/* And light ones, while v->light has these (LIGHT_COUNT entries). */
extern enum vcpu_next (*const account_light[])(struct vcpu *v);
/* v leaves its hart to another vCPU, whose time is not v's; v is back. */
void account_pause(struct vcpu *v);
void account_resume(struct vcpu *v);
/* An exit for a host interrupt: the run loop's time goes to this cause. */
void account_interrupt(struct vcpu *v, uint64_t scause);

#endif
