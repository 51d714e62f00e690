/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PLIC as a state machine. Pure. RISC-V Platform-Level Interrupt Controller Specification 1.0:
 * chapter 1.3 (gateways), 5 (enables, threshold), 6-8 (notification, claim, completion).
 */
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "vdev/vplic.h"

static bool source_exists(const struct vplic *plic, uint32_t source)
{
	return source >= 1 && source <= plic->ndev;
}

static void context_reset(struct vplic_context *ctx)
{
	memset(ctx->enable, 0, sizeof(ctx->enable));
	ctx->floor = ctx->best = VPLIC_STANDING(0U, 0U);
}

static inline void context_output(const struct vplic *plic, const struct vplic_context *ctx,
				  bool level)
{
	if (ctx->target != NULL)
		plic->output(ctx->target, level);
}

static void sources_reset(struct vplic *plic)
{
	memset(plic->pending, 0, sizeof(plic->pending));
	for (unsigned i = 0; i < VPLIC_SOURCES_MAX; i++)
		plic->sources[i] = (struct vplic_source){
			.standing = (uint16_t)VPLIC_STANDING(0U, i),
		};
}

int vplic_init(struct vplic *plic, unsigned ndev, struct vplic_context *contexts,
	       unsigned context_count, void (*output)(void *target, bool level))
{
	if (ndev >= VPLIC_SOURCES_MAX || context_count > VPLIC_CONTEXTS_MAX)
		return -EINVAL;
	memset(plic, 0, sizeof(*plic));
	plic->ndev = ndev;
	plic->contexts = contexts;
	plic->context_count = context_count;
	plic->output = output;
	sources_reset(plic);
	for (unsigned i = 0; i < context_count; i++) {
		contexts[i].target = NULL;
		context_reset(&contexts[i]);
	}
	return 0;
}

void vplic_reset(struct vplic *plic)
{
	sources_reset(plic);
	for (unsigned i = 0; i < plic->context_count; i++) {
		bool output = VPLIC_STANDING_SOURCE(plic->contexts[i].best) != 0;

		context_reset(&plic->contexts[i]);
		if (output)
			context_output(plic, &plic->contexts[i], false);
	}
}

/* Priority 0 never interrupts: no floor is below it. */
static inline uint32_t search(const struct vplic *plic, const struct vplic_context *ctx)
{
	uint32_t best = ctx->floor;

	for (unsigned word = 0; word <= plic->ndev / 32; word++) {
		uint32_t ready = plic->pending[word] & ctx->enable[word];

		for (; unlikely(ready != 0); ready &= ready - 1) {
			uint32_t standing = plic->sources[word * 32 + bit_lowest(ready)].standing;

			best = MAX(best, standing);
		}
	}
	return best;
}

/* The best one has gone, or more than one source has changed. */
static void context_update(struct vplic *plic, struct vplic_context *ctx)
{
	bool before = VPLIC_STANDING_SOURCE(ctx->best) != 0, level;

	ctx->best = search(plic, ctx);
	level = VPLIC_STANDING_SOURCE(ctx->best) != 0;
	if (level != before)
		context_output(plic, ctx, level);
}

/* A source that it has enabled is pending. */
static inline void context_offer(struct vplic *plic, struct vplic_context *ctx, uint32_t standing)
{
	uint32_t before = ctx->best;

	if (standing <= before)
		return;
	ctx->best = standing;
	if (VPLIC_STANDING_SOURCE(before) == 0)
		context_output(plic, ctx, true);
}

static __attribute__((noinline)) void all_offer(struct vplic *plic, uint64_t source)
{
	for (unsigned i = 0; i < plic->context_count; i++)
		if (plic->contexts[i].enable[source / 32] >> source % 32 & 1)
			context_offer(plic, &plic->contexts[i], plic->sources[source].standing);
}

static __attribute__((noinline)) void all_update(struct vplic *plic)
{
	for (unsigned i = 0; i < plic->context_count; i++)
		context_update(plic, &plic->contexts[i]);
}

/* A source becomes pending, or is already: then nothing changes. */
static void pending_set(struct vplic *plic, uint64_t source)
{
	const struct vplic_source *s = &plic->sources[source];

	plic->pending[source / 32] |= 1U << source % 32;
	if (likely(s->sole != 0))
		context_offer(plic, &plic->contexts[s->sole - 1], s->standing);
	else
		all_offer(plic, source);
}

/*
 * The gateway of a level-triggered source forwards one request, which stays pending though the
 * level may drop, and none more until that one is completed.
 */
void vplic_set_level(struct vplic *plic, unsigned source, bool level)
{
	struct vplic_source *s = &plic->sources[source % VPLIC_SOURCES_MAX];
	unsigned before = s->gate;

	if (!source_exists(plic, source))
		return;
	if (!level) {
		s->gate = before & VPLIC_GATE_SHUT;
		return;
	}
	s->gate = (uint8_t)(before | VPLIC_GATE_HIGH);
	if (before == 0)
		pending_set(plic, source);
}

/* A claim is allowed at any time, and the threshold is what it looks at, too. */
static uint64_t claim(struct vplic *plic, struct vplic_context *ctx)
{
	uint64_t source = VPLIC_STANDING_SOURCE(ctx->best);
	struct vplic_source *s = &plic->sources[source];

	if (source == 0)
		return 0;
	s->gate |= VPLIC_GATE_SHUT;
	plic->pending[source / 32] &= ~(1U << source % 32);
	if (unlikely(s->sole == 0)) {
		all_update(plic);
		return source;
	}
	ctx->best = search(plic, ctx);
	if (VPLIC_STANDING_SOURCE(ctx->best) == 0)
		context_output(plic, ctx, false);
	return source;
}

/* A completion whose source is not enabled for the context is ignored (specification). */
static void complete(struct vplic *plic, const struct vplic_context *ctx, uint32_t source)
{
	struct vplic_source *s = &plic->sources[source % VPLIC_SOURCES_MAX];
	unsigned before = s->gate;

	if (!source_exists(plic, source) || !(ctx->enable[source / 32] >> source % 32 & 1))
		return;
	s->gate = before & VPLIC_GATE_HIGH;
	/* Nobody has taken the level back meanwhile: again. */
	if (before == (VPLIC_GATE_SHUT | VPLIC_GATE_HIGH))
		pending_set(plic, source);
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
static uint32_t *enable_word(const struct vplic *plic, uint64_t offset, unsigned *context)
{
	uint64_t index = (offset - VPLIC_ENABLE) / VPLIC_ENABLE_STRIDE;

	*context = (unsigned)index;
	if (index >= plic->context_count)
		return NULL;
	return &plic->contexts[index].enable[offset % VPLIC_ENABLE_STRIDE / 4];
}

static void source_enable(struct vplic_source *s, unsigned context, bool enable)
{
	s->sole = enable && s->enables == 0 ? (uint16_t)(context + 1) : 0;
	s->enables = (uint16_t)(enable ? s->enables + 1 : s->enables - 1);
}

static void enable_write(struct vplic *plic, uint64_t offset, uint32_t value)
{
	unsigned context, word = (unsigned)(offset % VPLIC_ENABLE_STRIDE / 4);
	uint32_t *enable = enable_word(plic, offset, &context), changed;

	if (enable == NULL)
		return;
	value &= word_mask(plic, word);
	changed = *enable ^ value;
	*enable = value;
	for (; changed != 0; changed &= changed - 1) {
		unsigned bit = bit_lowest(changed);

		source_enable(&plic->sources[word * 32 + bit], context, value >> bit & 1);
	}
	context_update(plic, &plic->contexts[context]);
}

/* The context whose registers are at this offset; NULL: there is none. */
static struct vplic_context *context_at(const struct vplic *plic, uint64_t offset)
{
	uint64_t number = (offset - VPLIC_CONTEXT) / VPLIC_CONTEXT_STRIDE;

	return number < plic->context_count ? &plic->contexts[number] : NULL;
}

static uint64_t context_read(struct vplic *plic, uint64_t offset)
{
	struct vplic_context *ctx = context_at(plic, offset);

	if (ctx != NULL && offset % VPLIC_CONTEXT_STRIDE == VPLIC_CLAIM)
		return claim(plic, ctx);
	if (ctx != NULL && offset % VPLIC_CONTEXT_STRIDE == VPLIC_THRESHOLD)
		return ctx->floor >> VPLIC_STANDING_SHIFT;
	return 0;
}

uint64_t vplic_read(struct vplic *plic, uint64_t offset)
{
	unsigned context, word;
	const uint32_t *enable;

	if (likely(offset >= VPLIC_CONTEXT))
		return context_read(plic, offset);
	if (offset >= VPLIC_ENABLE) {
		enable = enable_word(plic, offset, &context);
		return enable ? *enable : 0;
	}
	if (offset >= VPLIC_PENDING) {
		word = (unsigned)(offset - VPLIC_PENDING) / 4;
		return word < VPLIC_WORDS ? plic->pending[word] : 0;
	}
	return offset / 4 <= plic->ndev ?
		       plic->sources[offset / 4].standing >> VPLIC_STANDING_SHIFT :
		       0;
}

static void context_write(struct vplic *plic, uint64_t offset, uint32_t value)
{
	struct vplic_context *ctx = context_at(plic, offset);

	if (ctx != NULL && offset % VPLIC_CONTEXT_STRIDE == VPLIC_CLAIM) {
		complete(plic, ctx, value);
	} else if (ctx != NULL && offset % VPLIC_CONTEXT_STRIDE == VPLIC_THRESHOLD) {
		ctx->floor = VPLIC_STANDING(value & VPLIC_PRIORITY_MASK, 0U);
		context_update(plic, ctx);
	}
}

void vplic_write(struct vplic *plic, uint64_t offset, uint32_t value)
{
	uint64_t source = offset / 4;

	if (likely(offset >= VPLIC_CONTEXT)) {
		context_write(plic, offset, value);
	} else if (offset >= VPLIC_ENABLE) {
		enable_write(plic, offset, value);
	} else if (offset < VPLIC_PENDING && source_exists(plic, (uint32_t)source)) {
		plic->sources[source].standing =
			(uint16_t)VPLIC_STANDING(value & VPLIC_PRIORITY_MASK, source);
		all_update(plic);
	}
}
