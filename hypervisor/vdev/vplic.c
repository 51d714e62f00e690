/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PLIC as a state machine. Pure. RISC-V Platform-Level Interrupt Controller Specification 1.0:
 * chapter 1.3 (gateways), 5 (enables, threshold), 6-8 (notification, claim, completion).
 */
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "vdev/vplic.h"

static bool bit_get(const uint32_t *words, unsigned bit)
{
	return words[bit / 32] >> (bit % 32) & 1;
}

static void bit_set(uint32_t *words, unsigned bit)
{
	words[bit / 32] |= 1U << (bit % 32);
}

static void bit_clear(uint32_t *words, unsigned bit)
{
	words[bit / 32] &= ~(1U << (bit % 32));
}

static bool source_exists(const struct vplic *plic, uint32_t source)
{
	return source >= 1 && source <= plic->ndev;
}

int vplic_init(struct vplic *plic, unsigned ndev, struct vplic_context *contexts,
	       unsigned context_count, void (*output)(void *arg, unsigned context, bool level),
	       void *arg)
{
	if (ndev >= VPLIC_SOURCES_MAX || context_count > VPLIC_CONTEXTS_MAX)
		return -EINVAL;
	memset(plic, 0, sizeof(*plic));
	memset(contexts, 0, context_count * sizeof(*contexts));
	plic->ndev = ndev;
	plic->contexts = contexts;
	plic->context_count = context_count;
	plic->output = output;
	plic->arg = arg;
	return 0;
}

void vplic_reset(struct vplic *plic)
{
	memset(plic->priority, 0, sizeof(plic->priority));
	memset(plic->level, 0, sizeof(plic->level));
	memset(plic->pending, 0, sizeof(plic->pending));
	memset(plic->in_service, 0, sizeof(plic->in_service));
	for (unsigned i = 0; i < plic->context_count; i++) {
		bool output = plic->contexts[i].output;

		memset(&plic->contexts[i], 0, sizeof(plic->contexts[i]));
		if (output)
			plic->output(plic->arg, i, false);
	}
}

/*
 * Priority 0 never interrupts: no threshold is below it. The order of the search makes the lowest
 * id win among equals.
 */
unsigned vplic_best(const struct vplic *plic, unsigned context)
{
	const struct vplic_context *ctx = &plic->contexts[context];
	unsigned best = 0;
	uint32_t best_priority = ctx->threshold;

	for (unsigned word = 0; word <= plic->ndev / 32; word++) {
		uint32_t ready = plic->pending[word] & ctx->enable[word];

		for (; ready != 0; ready &= ready - 1) {
			unsigned source = word * 32 + bit_lowest(ready);

			if (plic->priority[source] > best_priority) {
				best = source;
				best_priority = plic->priority[source];
			}
		}
	}
	return best;
}

static void context_update(struct vplic *plic, unsigned context)
{
	bool level = vplic_best(plic, context) != 0;

	if (level != plic->contexts[context].output) {
		plic->contexts[context].output = level;
		plic->output(plic->arg, context, level);
	}
}

static void all_update(struct vplic *plic)
{
	for (unsigned context = 0; context < plic->context_count; context++)
		context_update(plic, context);
}

/*
 * The gateway of a level-triggered source forwards one request, which stays pending though the
 * level may drop, and none more until that one is completed.
 */
static void gateway_forward(struct vplic *plic, unsigned source)
{
	if (bit_get(plic->level, source) && !bit_get(plic->in_service, source))
		bit_set(plic->pending, source);
}

void vplic_set_level(struct vplic *plic, unsigned source, bool level)
{
	if (!source_exists(plic, source) || bit_get(plic->level, source) == level)
		return;
	if (level) {
		bit_set(plic->level, source);
		gateway_forward(plic, source);
		all_update(plic);
	} else {
		bit_clear(plic->level, source);
	}
}

unsigned vplic_claim(struct vplic *plic, unsigned context)
{
	/* A claim is allowed at any time, and the threshold is what it looks at, too. */
	unsigned source = vplic_best(plic, context);

	if (source != 0) {
		bit_clear(plic->pending, source);
		bit_set(plic->in_service, source);
		all_update(plic);
	}
	return source;
}

void vplic_complete(struct vplic *plic, unsigned context, uint32_t source)
{
	/* A completion whose source is not enabled for the context is ignored (specification). */
	if (!source_exists(plic, source) || !bit_get(plic->contexts[context].enable, source) ||
	    !bit_get(plic->in_service, source))
		return;
	bit_clear(plic->in_service, source);
	gateway_forward(plic, source);
	all_update(plic);
}

/* Bits of the sources that exist in a word of 32; source 0 does not. */
static uint32_t word_mask(const struct vplic *plic, unsigned word)
{
	uint32_t mask = word == 0 ? ~1U : ~0U;

	if (word > plic->ndev / 32)
		return 0;
	if (word == plic->ndev / 32 && plic->ndev % 32 != 31)
		mask &= (1U << (plic->ndev % 32 + 1)) - 1;
	return mask;
}

/* The enable word at this offset; NULL: no such context or word. */
static uint32_t *enable_word(struct vplic *plic, uint64_t offset, unsigned *context, unsigned *word)
{
	uint64_t index = (offset - VPLIC_ENABLE) / VPLIC_ENABLE_STRIDE;
	uint64_t in_context = (offset - VPLIC_ENABLE) % VPLIC_ENABLE_STRIDE / 4;

	if (index >= plic->context_count || in_context >= VPLIC_WORDS)
		return NULL;
	*context = (unsigned)index;
	*word = (unsigned)in_context;
	return &plic->contexts[index].enable[in_context];
}

static uint32_t context_read(struct vplic *plic, uint64_t offset)
{
	uint64_t context = (offset - VPLIC_CONTEXT) / VPLIC_CONTEXT_STRIDE;

	if (context >= plic->context_count)
		return 0;
	switch ((offset - VPLIC_CONTEXT) % VPLIC_CONTEXT_STRIDE) {
	case VPLIC_THRESHOLD:
		return plic->contexts[context].threshold;
	case VPLIC_CLAIM:
		return vplic_claim(plic, (unsigned)context);
	default:
		return 0;
	}
}

uint32_t vplic_read(struct vplic *plic, uint64_t offset)
{
	unsigned context, word;
	const uint32_t *enable;

	if (offset >= VPLIC_CONTEXT)
		return context_read(plic, offset);
	if (offset >= VPLIC_ENABLE) {
		enable = enable_word(plic, offset, &context, &word);
		return enable ? *enable : 0;
	}
	if (offset >= VPLIC_PENDING) {
		word = (unsigned)(offset - VPLIC_PENDING) / 4;
		return word < VPLIC_WORDS ? plic->pending[word] : 0;
	}
	return offset / 4 <= plic->ndev ? plic->priority[offset / 4] : 0;
}

static void context_write(struct vplic *plic, uint64_t offset, uint32_t value)
{
	uint64_t context = (offset - VPLIC_CONTEXT) / VPLIC_CONTEXT_STRIDE;

	if (context >= plic->context_count)
		return;
	switch ((offset - VPLIC_CONTEXT) % VPLIC_CONTEXT_STRIDE) {
	case VPLIC_THRESHOLD:
		plic->contexts[context].threshold = value & VPLIC_PRIORITY_MASK;
		context_update(plic, (unsigned)context);
		break;
	case VPLIC_CLAIM:
		vplic_complete(plic, (unsigned)context, value);
		break;
	default:
		break;
	}
}

void vplic_write(struct vplic *plic, uint64_t offset, uint32_t value)
{
	unsigned context, word;
	uint32_t *enable;

	if (offset >= VPLIC_CONTEXT) {
		context_write(plic, offset, value);
	} else if (offset >= VPLIC_ENABLE) {
		enable = enable_word(plic, offset, &context, &word);
		if (enable) {
			*enable = value & word_mask(plic, word);
			context_update(plic, context);
		}
	} else if (offset < VPLIC_PENDING && source_exists(plic, (uint32_t)(offset / 4))) {
		plic->priority[offset / 4] = value & VPLIC_PRIORITY_MASK;
		all_update(plic);
	}
}
