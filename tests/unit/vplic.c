/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual PLIC, in sentences of the PLIC specification 1.0.
 * SOURCES: hypervisor/vdev/vplic.c
 */
#include "lib/errno.h"
#include "test.h"
#include "vdev/vplic.h"

#define CONTEXTS	3
#define NDEV		96

static struct vplic plic;
static struct vplic_context contexts[CONTEXTS];
static bool outputs[CONTEXTS];
static unsigned output_calls;

static void output(void *target, bool level)
{
	bool *line = target;

	CHECK(line >= outputs && line < outputs + CONTEXTS);
	/* Only changes are reported. */
	CHECK(*line != level);
	*line = level;
	output_calls++;
}

static void start_with(unsigned ndev)
{
	memset(outputs, 0, sizeof(outputs));
	output_calls = 0;
	CHECK_EQ(vplic_init(&plic, ndev, contexts, CONTEXTS, output), 0);
	for (unsigned i = 0; i < CONTEXTS; i++)
		contexts[i].target = &outputs[i];
}

static void start(void)
{
	start_with(NDEV);
}

static uint64_t claim_offset(unsigned context)
{
	return VPLIC_CONTEXT + context * VPLIC_CONTEXT_STRIDE + VPLIC_CLAIM;
}

static void enable(unsigned context, unsigned source, unsigned priority)
{
	uint64_t word = VPLIC_ENABLE + context * VPLIC_ENABLE_STRIDE + source / 32 * 4;

	vplic_write(&plic, VPLIC_PRIORITY + source * 4, priority);
	vplic_write(&plic, word, (uint32_t)vplic_read(&plic, word) | 1U << (source % 32));
}

static void set_threshold(unsigned context, uint32_t threshold)
{
	vplic_write(&plic, VPLIC_CONTEXT + context * VPLIC_CONTEXT_STRIDE, threshold);
}

TEST("a pending source interrupts a context that has it enabled, and no other")
{
	start();
	enable(1, 10, 1);
	vplic_set_level(&plic, 10, true);
	CHECK(!outputs[0] && outputs[1] && !outputs[2]);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 0);
	CHECK_EQ(vplic_read(&plic, claim_offset(1)), 10);
	CHECK(!outputs[1]);
}

TEST("priority 0 never interrupts")
{
	start();
	enable(0, 10, 0);
	vplic_set_level(&plic, 10, true);
	CHECK(!outputs[0]);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 0);
	vplic_write(&plic, VPLIC_PRIORITY + 40, 1);
	CHECK(outputs[0]);
}

TEST("a priority must be greater than the threshold to interrupt")
{
	start();
	enable(0, 10, 3);
	set_threshold(0, 3);
	vplic_set_level(&plic, 10, true);
	CHECK(!outputs[0]);
	set_threshold(0, 2);
	CHECK(outputs[0]);
	set_threshold(0, 7);
	CHECK(!outputs[0]);
	CHECK_EQ(vplic_read(&plic, VPLIC_CONTEXT), 7);
}

TEST("a claim returns the highest priority, and the lowest id among equals")
{
	start();
	enable(0, 5, 2);
	enable(0, 40, 6);
	enable(0, 70, 6);
	vplic_set_level(&plic, 70, true);
	vplic_set_level(&plic, 5, true);
	vplic_set_level(&plic, 40, true);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 40);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 70);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 5);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 0);
}

TEST("the gateway forwards nothing between claim and completion")
{
	start();
	enable(0, 10, 1);
	vplic_set_level(&plic, 10, true);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 10);
	vplic_set_level(&plic, 10, false);
	vplic_set_level(&plic, 10, true);
	CHECK(!outputs[0]);
	CHECK_EQ(vplic_read(&plic, VPLIC_PENDING), 0);
}

TEST("a level that is still high at completion interrupts again")
{
	start();
	enable(0, 10, 1);
	vplic_set_level(&plic, 10, true);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 10);
	vplic_write(&plic, claim_offset(0), 10);
	CHECK(outputs[0]);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 10);
	vplic_set_level(&plic, 10, false);
	vplic_write(&plic, claim_offset(0), 10);
	CHECK(!outputs[0]);
}

TEST("a forwarded request stays pending though the level drops")
{
	start();
	enable(0, 10, 1);
	vplic_set_level(&plic, 10, true);
	vplic_set_level(&plic, 10, false);
	CHECK(outputs[0]);
	CHECK_EQ(vplic_read(&plic, VPLIC_PENDING), 1U << 10);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 10);
}

TEST("completing a source that is not enabled for the context is ignored")
{
	start();
	enable(0, 10, 1);
	vplic_set_level(&plic, 10, true);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 10);
	vplic_write(&plic, claim_offset(1), 10);
	CHECK(!outputs[0]);
	vplic_write(&plic, claim_offset(0), 11);
	CHECK(!outputs[0]);
	vplic_write(&plic, claim_offset(0), 10);
	CHECK(outputs[0]);
}

TEST("a completion of an id beyond the last source is ignored")
{
	static const uint32_t wild[] = { 0, NDEV + 1, 127, 128, 1024, UINT32_MAX };

	start();
	enable(0, 10, 1);
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++)
		vplic_write(&plic, claim_offset(0), wild[i]);
	vplic_set_level(&plic, 0, true);
	vplic_set_level(&plic, NDEV + 1, true);
	vplic_set_level(&plic, UINT32_MAX, true);
	CHECK_EQ(output_calls, 0);
}

TEST("source 0 and sources beyond ndev have no enable bit and no priority")
{
	start();
	vplic_write(&plic, VPLIC_ENABLE, UINT32_MAX);
	CHECK_EQ(vplic_read(&plic, VPLIC_ENABLE), UINT32_MAX - 1);
	vplic_write(&plic, VPLIC_ENABLE + 8, UINT32_MAX);
	CHECK_EQ(vplic_read(&plic, VPLIC_ENABLE + 8), UINT32_MAX);
	vplic_write(&plic, VPLIC_ENABLE + 12, UINT32_MAX);
	CHECK_EQ(vplic_read(&plic, VPLIC_ENABLE + 12), 1);
	vplic_write(&plic, VPLIC_PRIORITY, 7);
	CHECK_EQ(vplic_read(&plic, VPLIC_PRIORITY), 0);
	vplic_write(&plic, (NDEV + 1) * 4, 7);
	CHECK_EQ(vplic_read(&plic, (NDEV + 1) * 4), 0);
}

TEST("priorities and thresholds keep three bits")
{
	start();
	vplic_write(&plic, VPLIC_PRIORITY + 4, UINT32_MAX);
	CHECK_EQ(vplic_read(&plic, VPLIC_PRIORITY + 4), 7);
	set_threshold(0, UINT32_MAX);
	CHECK_EQ(vplic_read(&plic, VPLIC_CONTEXT), 7);
}

TEST("two contexts see one source, and the first claim takes it")
{
	start();
	enable(0, 10, 1);
	enable(2, 10, 1);
	vplic_set_level(&plic, 10, true);
	CHECK(outputs[0] && outputs[2]);
	CHECK_EQ(vplic_read(&plic, claim_offset(2)), 10);
	CHECK(!outputs[0] && !outputs[2]);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 0);
}

TEST("a completion by another context that has the source enabled opens the gateway")
{
	/* The PLIC does not check whether the completion is the target's last claim. */
	start();
	enable(0, 10, 1);
	enable(1, 10, 1);
	vplic_set_level(&plic, 10, true);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 10);
	vplic_write(&plic, claim_offset(1), 10);
	CHECK(outputs[0] && outputs[1]);
}

TEST("a completion of a source that was not claimed changes nothing")
{
	start();
	enable(0, 10, 1);
	vplic_set_level(&plic, 10, true);
	vplic_write(&plic, claim_offset(0), 10);
	CHECK_EQ(vplic_read(&plic, VPLIC_PENDING), 1U << 10);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 10);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 0);
}

TEST("a source that is disabled after its claim keeps its gateway shut until it is completed")
{
	start();
	enable(0, 10, 1);
	vplic_set_level(&plic, 10, true);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 10);
	vplic_write(&plic, VPLIC_ENABLE, 0);
	vplic_write(&plic, claim_offset(0), 10);
	enable(0, 10, 1);
	CHECK(!outputs[0]);
	vplic_write(&plic, claim_offset(0), 10);
	CHECK(outputs[0]);
}

TEST("the pending bits are read-only")
{
	start();
	enable(0, 10, 1);
	vplic_write(&plic, VPLIC_PENDING, UINT32_MAX);
	CHECK_EQ(vplic_read(&plic, VPLIC_PENDING), 0);
	CHECK_EQ(output_calls, 0);
}

TEST("the specification's last source, 1023, is one like the others")
{
	start_with(1023);
	enable(2, 1023, 7);
	vplic_set_level(&plic, 1023, true);
	CHECK(outputs[2]);
	CHECK_EQ(vplic_read(&plic, VPLIC_PENDING + 124), 1U << 31);
	CHECK_EQ(vplic_read(&plic, claim_offset(2)), 1023);
	vplic_write(&plic, claim_offset(2), 1023);
	CHECK(outputs[2]);
	/* The next context's enables begin right behind. */
	CHECK_EQ(vplic_read(&plic, VPLIC_ENABLE + 2 * VPLIC_ENABLE_STRIDE + 124), 1U << 31);
	CHECK_EQ(vplic_read(&plic, VPLIC_ENABLE + VPLIC_ENABLE_STRIDE + 124), 0);
}

TEST("after a reset nothing is pending, enabled or in service, and the outputs are low")
{
	start();
	enable(0, 10, 1);
	enable(0, 11, 1);
	vplic_set_level(&plic, 10, true);
	vplic_set_level(&plic, 11, true);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 10);
	vplic_reset(&plic);
	CHECK(!outputs[0]);
	CHECK_EQ(vplic_read(&plic, VPLIC_PENDING), 0);
	enable(0, 10, 1);
	vplic_set_level(&plic, 10, true);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 10);
}

TEST("more sources or contexts than there can be are refused")
{
	CHECK_EQ(vplic_init(&plic, VPLIC_SOURCES_MAX, contexts, 1, output), -EINVAL);
	CHECK_EQ(vplic_init(&plic, 1, contexts, VPLIC_CONTEXTS_MAX + 1, output), -EINVAL);
	CHECK_EQ(vplic_init(&plic, VPLIC_SOURCES_MAX - 1, contexts, 1, output), 0);
}

TEST("nothing is told of a context to which nobody listens, and its claims work all the same")
{
	start();
	contexts[0].target = NULL;
	enable(0, 10, 1);
	vplic_set_level(&plic, 10, true);
	CHECK_EQ(vplic_read(&plic, claim_offset(0)), 10);
	vplic_write(&plic, claim_offset(0), 10);
	vplic_reset(&plic);
	CHECK_EQ(output_calls, 0);
}

TEST("a source's only context is known, also after it has moved to another")
{
	start();
	enable(0, 40, 1);
	CHECK_EQ(plic.sources[40].sole, 0 + 1);
	enable(2, 40, 1);
	CHECK_EQ(plic.sources[40].sole, 0);
	for (unsigned i = 0; i < CONTEXTS; i++)
		vplic_write(&plic, VPLIC_ENABLE + i * VPLIC_ENABLE_STRIDE + 4, 0);
	CHECK_EQ(plic.sources[40].enables, 0);
	enable(1, 40, 1);
	CHECK_EQ(plic.sources[40].sole, 1 + 1);
}

/*
 * The same in its simplest form: every source by itself, and all of them searched each time. What
 * the registers and lines of the other have to agree with.
 */
static struct model {
	bool high[NDEV + 1], pending[NDEV + 1], claimed[NDEV + 1];
	bool enabled[CONTEXTS][NDEV + 1];
	uint32_t priority[NDEV + 1], threshold[CONTEXTS];
} model;

static unsigned model_best(unsigned context)
{
	unsigned best = 0;

	for (unsigned i = 1; i <= NDEV; i++)
		if (model.pending[i] && model.enabled[context][i] &&
		    model.priority[i] > model.threshold[context] &&
		    (best == 0 || model.priority[i] > model.priority[best]))
			best = i;
	return best;
}

static void model_forward(unsigned source)
{
	if (model.high[source] && !model.claimed[source])
		model.pending[source] = true;
}

static void drive(unsigned source, bool level)
{
	vplic_set_level(&plic, source, level);
	if (source < 1 || source > NDEV || model.high[source] == level)
		return;
	model.high[source] = level;
	model_forward(source);
}

static void claim(unsigned context)
{
	unsigned best = model_best(context);

	CHECK_EQ(vplic_read(&plic, claim_offset(context)), best);
	model.claimed[best] = best != 0;
	model.pending[best] = false;
}

static void complete(unsigned context, uint32_t source)
{
	vplic_write(&plic, claim_offset(context), source);
	if (source < 1 || source > NDEV || !model.enabled[context][source] ||
	    !model.claimed[source])
		return;
	model.claimed[source] = false;
	model_forward(source);
}

static void write_enables(unsigned context, unsigned word, uint32_t value)
{
	vplic_write(&plic, VPLIC_ENABLE + context * VPLIC_ENABLE_STRIDE + word * 4, value);
	for (unsigned i = 0; i < 32; i++)
		if (word * 32 + i >= 1 && word * 32 + i <= NDEV)
			model.enabled[context][word * 32 + i] = value >> i & 1;
}

static void write_priority(unsigned source, uint32_t value)
{
	vplic_write(&plic, source * 4, value);
	if (source >= 1 && source <= NDEV)
		model.priority[source] = value & 7;
}

static void write_threshold(unsigned context, uint32_t value)
{
	set_threshold(context, value);
	model.threshold[context] = value & 7;
}

/* Sixteen kinds of operations, what interrupts do more often than what drivers set up. */
static void do_something(uint64_t r)
{
	unsigned kind = r & 15, context = (r >> 4 & 0xff) % CONTEXTS;
	unsigned source = (r >> 12 & 0xff) % (NDEV + 4);
	uint32_t value = (uint32_t)(r >> 32);

	if (kind < 5)
		drive(source, r >> 20 & 1);
	else if (kind < 8)
		claim(context);
	else if (kind < 11)
		complete(context, source);
	else if (kind == 11)
		write_enables(context, source / 32, value);
	else if (kind < 14)
		write_priority(source, r >> 20 & 1 ? value : 1);
	else if (kind == 14)
		write_threshold(context, r >> 20 & 7 ? value & 1 : value);
	else if ((r >> 20 & 0xff) == 0) {
		vplic_reset(&plic);
		memset(&model, 0, sizeof(model));
	}
}

static void compare(void)
{
	for (unsigned c = 0; c < CONTEXTS; c++) {
		CHECK_EQ(outputs[c], model_best(c) != 0);
		CHECK_EQ(vplic_read(&plic, VPLIC_CONTEXT + c * VPLIC_CONTEXT_STRIDE),
			 model.threshold[c]);
	}
	for (unsigned i = 0; i <= NDEV; i++) {
		CHECK_EQ(vplic_read(&plic, VPLIC_PENDING + i / 32 * 4) >> i % 32 & 1,
			 model.pending[i]);
		CHECK_EQ(vplic_read(&plic, i * 4), model.priority[i]);
	}
}

TEST("whatever devices and a guest do, lines, claims and registers are those of a simple model")
{
	uint64_t seed = 42;

	start();
	memset(&model, 0, sizeof(model));
	for (int i = 0; i < 200000; i++) {
		do_something(test_random(&seed));
		compare();
	}
	CHECK(output_calls > 1000);
}

TEST("whatever offsets a guest writes and reads, a line is high where a claim returns a source")
{
	static const uint64_t bases[] = { VPLIC_PRIORITY, VPLIC_PENDING, VPLIC_ENABLE,
					  VPLIC_CONTEXT };
	uint64_t seed = 42;

	start();
	for (int i = 0; i < 300000; i++) {
		uint64_t r = test_random(&seed);
		uint64_t offset = bases[r & 3] + ((r >> 8) & 0x3fff) / 4 * 4;
		unsigned context = (unsigned)(r >> 8) % CONTEXTS;
		bool high = outputs[context];

		if ((r & 0xf0) == 0)
			offset = (r >> 16) & 0xfffffffc;
		if (r & 0x10000000)
			vplic_set_level(&plic, (unsigned)(r >> 32) % (NDEV + 4), r >> 29 & 1);
		else if (r & 0x20000000)
			vplic_write(&plic, offset, (uint32_t)(r >> 32) >> (r >> 40 & 31));
		else if (r & 0x80)
			CHECK_EQ(vplic_read(&plic, claim_offset(context)) != 0, high);
		else
			vplic_read(&plic, offset);
	}
	CHECK(output_calls > 100);
}
