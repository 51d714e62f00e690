/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a vCPU's instructions go: the lines, and windows over them. Pure.
 * docs/abi.md, STRATA_FN_ACCOUNT.
 */
#include <riscv/csr.h>
#include <riscv/insn.h>
#include <strata/abi.h>
#include "emul/insn.h"
#include "vm/account.h"

static uint64_t special_key(unsigned line)
{
	return ACCOUNT_KEY(ACCOUNT_SPECIAL, 0UL, line);
}

void account_init(struct account *account)
{
	*account = (struct account){ .used = ACCOUNT_SPECIALS };
	for (unsigned i = 0; i < ACCOUNT_SPECIALS; i++)
		account->lines[i].key = special_key(i);
}

/* Fibonacci hashing: keys differ in few bits. */
static unsigned slot_of(uint64_t key)
{
	return (unsigned)(key * 0x9e3779b97f4a7c15UL >> 40) % ACCOUNT_SLOTS;
}

/* Fewer lines than slots: the search comes to an empty one. */
struct account_line *account_line(struct account *account, uint64_t key)
{
	unsigned slot = slot_of(key);

	for (; account->slots[slot] != 0; slot = (slot + 1) % ACCOUNT_SLOTS)
		if (account->lines[account->slots[slot]].key == key)
			return &account->lines[account->slots[slot]];
	if (account->used == ACCOUNT_LINES)
		return &account->lines[ACCOUNT_OTHER];
	account->slots[slot] = (uint16_t)account->used;
	account->lines[account->used].key = key;
	/* account_merge() on another hart must not see a line without its key. */
	__atomic_store_n(&account->used, account->used + 1, __ATOMIC_RELEASE);
	return &account->lines[account->used - 1];
}

void account_merge(struct account *account, const struct account *from)
{
	unsigned used = __atomic_load_n(&from->used, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < used; i++) {
		const struct account_line *line = &from->lines[i];
		struct account_line *to = i < ACCOUNT_SPECIALS ? &account->lines[i]
							       : account_line(account, line->key);

		account_add(to, READ_ONCE(line->now.exits), READ_ONCE(line->now.insns));
	}
}

/* ---- Windows ---- */

void account_reset(struct account *account)
{
	for (unsigned i = 0; i < account->used; i++)
		account->lines[i].sum = (struct account_count){ 0 };
	account->sign = 0;
}

void account_begin(struct account *account, int sign)
{
	for (unsigned i = 0; i < account->used; i++)
		account->lines[i].begin = account->lines[i].now;
	account->sign = sign;
}

/* A line that is younger than its window began at 0. */
void account_end(struct account *account)
{
	int sign = account->sign;

	for (unsigned i = 0; i < account->used && sign != 0; i++) {
		struct account_line *line = &account->lines[i];

		line->sum.exits += sign * (line->now.exits - line->begin.exits);
		line->sum.insns += sign * (line->now.insns - line->begin.insns);
	}
	account->sign = 0;
}

/* ---- Keys ---- */

uint64_t account_key_insn(uint64_t scause, uint32_t raw)
{
	struct insn insn = insn_decode(raw);

	if (insn.kind == INSN_KIND_CSR)
		return ACCOUNT_KEY(ACCOUNT_CSR, scause,
				   INSN_FUNCT3(raw) << 12 | (uint32_t)insn.csr);
	return ACCOUNT_KEY(ACCOUNT_INSN, scause, insn.kind);
}

uint64_t account_key_call(uint64_t scause, uint64_t eid, uint64_t fid, uint64_t arg0)
{
	if (eid == STRATA_EID && fid >= STRATA_FN_CSR_READ && fid <= STRATA_FN_CSR_CLEAR)
		return ACCOUNT_KEY(ACCOUNT_HYPERCALL, scause, MIN(arg0, 0xfffUL) << 8 | fid);
	return ACCOUNT_KEY(ACCOUNT_SBI, scause, (eid & 0xffffffff) << 8 | MIN(fid, 255UL));
}
