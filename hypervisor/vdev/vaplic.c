/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An APLIC's supervisor-level domain as a state machine. Pure. RISC-V Advanced Interrupt
 * Architecture 1.0, sections 4.5 (registers), 4.7 (pending bits), 4.9 (delivery by MSIs).
 *
 * It is a domain without children: nothing can be delegated. It delivers by MSIs only, so DM is 1
 * for good; where they go is not its business but the machine level's (smsiaddrcfg reads 0).
 */
#include <riscv/aia.h>
#include "lib/errno.h"
#include "lib/string.h"
#include "vdev/vaplic.h"

#define TARGET_BITS	(0xffffffffU << APLIC_TARGET_HART_SHIFT | APLIC_TARGET_EIID)

static bool bit_get(const uint32_t *words, unsigned bit)
{
	return words[bit / 32] >> (bit % 32) & 1;
}

static void bit_put(uint32_t *words, unsigned bit, bool value)
{
	if (value)
		words[bit / 32] |= 1U << (bit % 32);
	else
		words[bit / 32] &= ~(1U << (bit % 32));
}

int vaplic_init(struct vaplic *aplic, unsigned source_count,
		void (*send)(void *arg, unsigned hart, uint32_t identity), void *arg)
{
	if (source_count == 0 || source_count > VAPLIC_SOURCES_MAX)
		return -EINVAL;
	memset(aplic, 0, sizeof(*aplic));
	aplic->source_count = source_count;
	aplic->send = send;
	aplic->arg = arg;
	return 0;
}

void vaplic_reset(struct vaplic *aplic)
{
	vaplic_init(aplic, aplic->source_count, aplic->send, aplic->arg);
}

/* A source that an inactive one is not: its pending, enable and target bits are 0 and stay so. */
static bool is_active(const struct vaplic *aplic, uint32_t source)
{
	return source >= 1 && source <= aplic->source_count &&
	       aplic->mode[source] != APLIC_SM_INACTIVE;
}

static bool is_level(const struct vaplic *aplic, unsigned source)
{
	return aplic->mode[source] >= APLIC_SM_LEVEL1;
}

/* The rectified input: high means that the device wants something, whatever its polarity. */
static bool rectified(const struct vaplic *aplic, unsigned source)
{
	if (!is_active(aplic, source) || aplic->mode[source] == APLIC_SM_DETACHED)
		return false;
	return bit_get(aplic->level, source) != ((aplic->mode[source] & 1) != 0);
}

/* Forward what is pending and enabled; the pending bit goes with the MSI. */
static void forward(struct vaplic *aplic, unsigned source)
{
	uint32_t target = aplic->target[source];

	if (!aplic->enabled || !bit_get(aplic->pending, source) || !bit_get(aplic->enable, source))
		return;
	bit_put(aplic->pending, source, false);
	aplic->send(aplic->arg, target >> APLIC_TARGET_HART_SHIFT, target & APLIC_TARGET_EIID);
}

static void forward_all(struct vaplic *aplic)
{
	for (unsigned word = 0; word < VAPLIC_WORDS; word++)
		for (uint32_t ready = aplic->pending[word] & aplic->enable[word]; ready != 0;
		     ready &= ready - 1)
			forward(aplic, word * 32 + (unsigned)__builtin_ctz(ready));
}

void vaplic_set_level(struct vaplic *aplic, unsigned source, bool level)
{
	bool before, after;

	if (source == 0 || source > aplic->source_count)
		return;
	before = rectified(aplic, source);
	bit_put(aplic->level, source, level);
	after = rectified(aplic, source);
	if (!before && after) {
		bit_put(aplic->pending, source, true);
		forward(aplic, source);
	} else if (before && !after && is_level(aplic, source)) {
		bit_put(aplic->pending, source, false);
	}
}

/* setip, setipnum: of a level-sensitive source only while its input is high. */
static void set_pending(struct vaplic *aplic, uint32_t source)
{
	if (!is_active(aplic, source) || (is_level(aplic, source) && !rectified(aplic, source)))
		return;
	bit_put(aplic->pending, source, true);
	forward(aplic, source);
}

static void clear_pending(struct vaplic *aplic, uint32_t source)
{
	if (is_active(aplic, source))
		bit_put(aplic->pending, source, false);
}

static void set_enable(struct vaplic *aplic, uint32_t source)
{
	if (!is_active(aplic, source))
		return;
	bit_put(aplic->enable, source, true);
	forward(aplic, source);
}

static void clear_enable(struct vaplic *aplic, uint32_t source)
{
	if (is_active(aplic, source))
		bit_put(aplic->enable, source, false);
}

static void sourcecfg_write(struct vaplic *aplic, unsigned source, uint32_t value)
{
	uint32_t mode = value & APLIC_SOURCECFG_SM;

	/* There is nobody to delegate to: D reads 0. Of SM, 2 and 3 are reserved (WARL). */
	if (value & APLIC_SOURCECFG_D || mode == 2 || mode == 3)
		mode = APLIC_SM_INACTIVE;
	aplic->mode[source] = (uint8_t)mode;
	if (mode == APLIC_SM_INACTIVE) {
		bit_put(aplic->pending, source, false);
		bit_put(aplic->enable, source, false);
		aplic->target[source] = 0;
	} else if (rectified(aplic, source)) {
		bit_put(aplic->pending, source, true);
		forward(aplic, source);
	} else if (is_level(aplic, source)) {
		bit_put(aplic->pending, source, false);
	}
}

/* The registers that are arrays of bits, and those that name one source. */
static const struct {
	uint32_t array, number;
	void (*apply)(struct vaplic *aplic, uint32_t source);
} bit_registers[] = {
	{ APLIC_SETIP, APLIC_SETIPNUM, set_pending },
	{ APLIC_IN_CLRIP, APLIC_CLRIPNUM, clear_pending },
	{ APLIC_SETIE, APLIC_SETIENUM, set_enable },
	{ APLIC_CLRIE, APLIC_CLRIENUM, clear_enable },
};

static void bits_write(struct vaplic *aplic, uint64_t offset, uint32_t value)
{
	for (size_t i = 0; i < ARRAY_SIZE(bit_registers); i++) {
		uint64_t at = offset - bit_registers[i].array;

		if (offset == bit_registers[i].number)
			bit_registers[i].apply(aplic, value);
		if (at >= VAPLIC_WORDS * 4)
			continue;
		for (uint32_t rest = value; rest != 0; rest &= rest - 1)
			bit_registers[i].apply(aplic, (uint32_t)at * 8 +
						      (uint32_t)__builtin_ctz(rest));
	}
}

static uint32_t inputs_read(const struct vaplic *aplic, unsigned word)
{
	uint32_t value = 0;

	for (unsigned bit = 0; bit < 32; bit++)
		value |= (uint32_t)rectified(aplic, word * 32 + bit) << bit;
	return value;
}

static uint32_t bits_read(const struct vaplic *aplic, uint64_t offset)
{
	unsigned word = (unsigned)(offset % 0x100) / 4;

	if (word >= VAPLIC_WORDS)
		return 0;
	switch (offset & ~0xffUL) {
	case APLIC_SETIP:
		return aplic->pending[word];
	case APLIC_IN_CLRIP:
		return inputs_read(aplic, word);
	case APLIC_SETIE:
		return aplic->enable[word];
	default:
		return 0;
	}
}

/* The source whose register this is in an array that begins with source 1's; 0: none. */
static unsigned array_source(const struct vaplic *aplic, uint64_t offset, uint64_t first,
			     uint64_t end)
{
	uint64_t source = (offset - first) / 4 + 1;

	return offset >= first && offset < end && source <= aplic->source_count ? (unsigned)source :
										  0;
}

uint32_t vaplic_read(const struct vaplic *aplic, uint64_t offset)
{
	unsigned source;

	if (offset == APLIC_DOMAINCFG)
		return APLIC_DOMAINCFG_RO | APLIC_DOMAINCFG_DM |
		       (aplic->enabled ? APLIC_DOMAINCFG_IE : 0);
	source = array_source(aplic, offset, APLIC_SOURCECFG(1), APLIC_SOURCECFG_END);
	if (source != 0)
		return aplic->mode[source];
	source = array_source(aplic, offset, APLIC_TARGET(1), APLIC_TARGET_END);
	if (source != 0)
		return aplic->target[source];
	return offset == APLIC_GENMSI ? aplic->genmsi : bits_read(aplic, offset);
}

/* An MSI on the guest's behalf, at once: it is never seen to be busy. */
static void genmsi_write(struct vaplic *aplic, uint32_t value)
{
	aplic->genmsi = value & TARGET_BITS;
	aplic->send(aplic->arg, value >> APLIC_TARGET_HART_SHIFT, value & APLIC_TARGET_EIID);
}

void vaplic_write(struct vaplic *aplic, uint64_t offset, uint32_t value)
{
	unsigned source = array_source(aplic, offset, APLIC_SOURCECFG(1), APLIC_SOURCECFG_END);

	if (source != 0) {
		sourcecfg_write(aplic, source, value);
		return;
	}
	source = array_source(aplic, offset, APLIC_TARGET(1), APLIC_TARGET_END);
	if (source != 0) {
		if (is_active(aplic, source))
			aplic->target[source] = value & TARGET_BITS;
	} else if (offset == APLIC_DOMAINCFG) {
		aplic->enabled = (value & APLIC_DOMAINCFG_IE) != 0;
		if (aplic->enabled)
			forward_all(aplic);
	} else if (offset == APLIC_GENMSI) {
		genmsi_write(aplic, value);
	} else if (offset == APLIC_SETIPNUM_LE) {
		set_pending(aplic, value);
	} else if (offset == APLIC_SETIPNUM_BE) {
		set_pending(aplic, __builtin_bswap32(value));
	} else {
		bits_write(aplic, offset, value);
	}
}
