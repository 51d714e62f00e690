/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An IMSIC interrupt file as a state machine. Pure. RISC-V Advanced Interrupt Architecture 1.0,
 * sections 3.5 (memory region), 3.8 (indirect registers), 3.10 (stopei).
 */
#include <riscv/aia.h>
#include "lib/errno.h"
#include "lib/string.h"
#include "vdev/vimsic.h"

int vimsic_init(struct vimsic *file, unsigned num_ids, void (*signal)(void *arg, bool level),
		void *arg)
{
	if (num_ids > VIMSIC_IDS_MAX || num_ids % 64 != 63)
		return -EINVAL;
	memset(file, 0, sizeof(*file));
	file->num_ids = num_ids;
	file->signal = signal;
	file->arg = arg;
	return 0;
}

void vimsic_update(struct vimsic *file)
{
	/* eidelivery is between the file and the hart: stopei shows what waits all the same. */
	bool level = file->delivery && vimsic_topei(file) != 0;

	if (level != file->output) {
		file->output = level;
		file->signal(file->arg, level);
	}
}

void vimsic_reset(struct vimsic *file)
{
	file->delivery = false;
	file->threshold = 0;
	memset(file->pending, 0, sizeof(file->pending));
	memset(file->enabled, 0, sizeof(file->enabled));
	vimsic_update(file);
}

static bool id_exists(const struct vimsic *file, uint32_t id)
{
	return id >= 1 && id <= file->num_ids;
}

void vimsic_set_pending(struct vimsic *file, uint32_t id)
{
	if (!id_exists(file, id))
		return;
	file->pending[id / 64] |= 1UL << (id % 64);
	vimsic_update(file);
}

void vimsic_write(struct vimsic *file, uint64_t offset, uint32_t value)
{
	if (offset == IMSIC_SETEIPNUM_LE)
		vimsic_set_pending(file, value);
	else if (offset == IMSIC_SETEIPNUM_BE)
		vimsic_set_pending(file, __builtin_bswap32(value));
}

uint32_t vimsic_topei(const struct vimsic *file)
{
	for (unsigned word = 0; word <= file->num_ids / 64; word++) {
		uint64_t ready = file->pending[word] & file->enabled[word];
		uint32_t id;

		if (ready == 0)
			continue;
		id = word * 64 + (uint32_t)__builtin_ctzl(ready);
		if (file->threshold != 0 && id >= file->threshold)
			return 0;
		return id << TOPEI_ID_SHIFT | id;
	}
	return 0;
}

void vimsic_claim(struct vimsic *file)
{
	uint32_t id = vimsic_topei(file) >> TOPEI_ID_SHIFT;

	if (id == 0)
		return;
	file->pending[id / 64] &= ~(1UL << (id % 64));
	vimsic_update(file);
}

/*
 * The word of an array at first .. first + 63, of which RV64 has those with even numbers; NULL for
 * one that does not exist. Beyond the identities they are there, and 0.
 */
static uint64_t *array_word(uint64_t *array, unsigned select, unsigned first)
{
	return (select - first) % 2 == 0 ? &array[(select - first) / 2] : NULL;
}

static bool array_access(struct vimsic *file, uint64_t *word, unsigned index, enum csr_op op,
			 bool writes, uint64_t operand, uint64_t *old)
{
	uint64_t legal = index > file->num_ids / 64 ? 0 : index == 0 ? ~1UL : ~0UL;

	*old = *word;
	if (writes)
		*word = csr_op_apply(op, *word, operand) & legal;
	return true;
}

static bool scalar_access(struct vimsic *file, unsigned select, enum csr_op op, bool writes,
			  uint64_t operand, uint64_t *old)
{
	uint64_t value;

	*old = select == IMSIC_EIDELIVERY ? file->delivery : file->threshold;
	if (!writes)
		return true;
	value = csr_op_apply(op, *old, operand);
	if (select == IMSIC_EIDELIVERY) {
		/* WARL: 0 and 1; 0x40000000 is for files that a PLIC or APLIC stands behind. */
		if (value <= 1)
			file->delivery = value == 1;
	} else if (value <= file->num_ids) {
		file->threshold = (uint32_t)value;
	}
	return true;
}

bool vimsic_access(struct vimsic *file, unsigned select, enum csr_op op, bool writes,
		   uint64_t operand, uint64_t *old)
{
	unsigned first = select >= IMSIC_EIE0 ? IMSIC_EIE0 : IMSIC_EIP0;
	uint64_t *array = select >= IMSIC_EIE0 ? file->enabled : file->pending, *word;

	if (select == IMSIC_EIDELIVERY || select == IMSIC_EITHRESHOLD) {
		scalar_access(file, select, op, writes, operand, old);
	} else {
		if (select < IMSIC_EIP0 || select > IMSIC_EIE63)
			return false;
		word = array_word(array, select, first);
		if (word == NULL)
			return false;
		array_access(file, word, (select - first) / 2, op, writes, operand, old);
	}
	if (writes)
		vimsic_update(file);
	return true;
}
