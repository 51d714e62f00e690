/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual APLIC, in sentences of the RISC-V Advanced Interrupt Architecture 1.0, chapter 4.
 * SOURCES: hypervisor/vdev/vaplic.c
 */
#include <riscv/aia.h>
#include "lib/errno.h"
#include "test.h"
#include "vdev/vaplic.h"

#define SOURCES	96

static struct vaplic aplic;
static unsigned sent, last_hart;
static uint32_t last_identity;

static void send(void *arg, unsigned hart, uint32_t identity)
{
	CHECK(arg == &aplic);
	CHECK(hart < 1U << 14 && identity <= 2047);
	sent++;
	last_hart = hart;
	last_identity = identity;
}

static void start(void)
{
	sent = 0;
	CHECK_EQ(vaplic_init(&aplic, SOURCES, send, &aplic), 0);
	vaplic_write(&aplic, APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE);
}

/* A source in this mode, enabled, for hart 2 and an identity of its own. */
static void configure(unsigned source, uint32_t mode)
{
	vaplic_write(&aplic, APLIC_SOURCECFG(source), mode);
	vaplic_write(&aplic, APLIC_TARGET(source), 2U << 18 | (100 + source));
	vaplic_write(&aplic, APLIC_SETIENUM, source);
}

static bool pending(unsigned source)
{
	return vaplic_read(&aplic, APLIC_SETIP + source / 32 * 4) >> source % 32 & 1;
}

TEST("a level-sensitive source sends one MSI for each rise of its line")
{
	start();
	configure(10, APLIC_SM_LEVEL1);
	vaplic_set_level(&aplic, 10, true);
	CHECK_EQ(sent, 1);
	CHECK(last_hart == 2 && last_identity == 110);
	CHECK(!pending(10));
	vaplic_set_level(&aplic, 10, true);
	CHECK_EQ(sent, 1);
	vaplic_set_level(&aplic, 10, false);
	vaplic_set_level(&aplic, 10, true);
	CHECK_EQ(sent, 2);
}

TEST("setipnum sends the MSI of a level-sensitive source again, but only while its line is high")
{
	start();
	configure(10, APLIC_SM_LEVEL1);
	vaplic_write(&aplic, APLIC_SETIPNUM, 10);
	CHECK_EQ(sent, 0);
	CHECK(!pending(10));
	vaplic_set_level(&aplic, 10, true);
	vaplic_write(&aplic, APLIC_SETIPNUM_LE, 10);
	vaplic_write(&aplic, APLIC_SETIPNUM_BE, 10U << 24);
	CHECK_EQ(sent, 3);
}

TEST("the pending bit of a level-sensitive source falls with its line, that of an edge stays")
{
	start();
	configure(10, APLIC_SM_LEVEL1);
	configure(11, APLIC_SM_EDGE1);
	vaplic_write(&aplic, APLIC_CLRIE, 3U << 10);
	vaplic_set_level(&aplic, 10, true);
	vaplic_set_level(&aplic, 11, true);
	CHECK(pending(10) && pending(11));
	CHECK_EQ(vaplic_read(&aplic, APLIC_IN_CLRIP), 3U << 10);
	vaplic_set_level(&aplic, 10, false);
	vaplic_set_level(&aplic, 11, false);
	CHECK(!pending(10) && pending(11));
	vaplic_write(&aplic, APLIC_SETIE, 3U << 10);
	CHECK_EQ(sent, 1);
	CHECK_EQ(last_identity, 111);
}

TEST("a source that is active low interrupts when its line falls")
{
	start();
	vaplic_set_level(&aplic, 12, true);
	configure(12, APLIC_SM_LEVEL0);
	CHECK_EQ(sent, 0);
	vaplic_set_level(&aplic, 12, false);
	CHECK_EQ(sent, 1);
	vaplic_set_level(&aplic, 13, true);
	configure(13, APLIC_SM_EDGE0);
	vaplic_set_level(&aplic, 13, false);
	CHECK_EQ(sent, 2);
}

TEST("a detached source ignores its line and interrupts by setipnum")
{
	start();
	configure(10, APLIC_SM_DETACHED);
	vaplic_set_level(&aplic, 10, true);
	CHECK_EQ(sent, 0);
	CHECK_EQ(vaplic_read(&aplic, APLIC_IN_CLRIP), 0);
	vaplic_write(&aplic, APLIC_SETIPNUM, 10);
	CHECK_EQ(sent, 1);
}

TEST("nothing is sent while domaincfg.IE is 0, and all that waits when it becomes 1")
{
	start();
	vaplic_write(&aplic, APLIC_DOMAINCFG, 0);
	configure(10, APLIC_SM_EDGE1);
	configure(95, APLIC_SM_LEVEL1);
	vaplic_set_level(&aplic, 10, true);
	vaplic_set_level(&aplic, 95, true);
	CHECK_EQ(sent, 0);
	CHECK(pending(10) && pending(95));
	vaplic_write(&aplic, APLIC_DOMAINCFG, UINT32_MAX);
	CHECK_EQ(sent, 2);
	/* Delivery by MSIs and little-endian, whatever is written. */
	CHECK_EQ(vaplic_read(&aplic, APLIC_DOMAINCFG), 0x80000104U);
}

TEST("an inactive source has no pending, enable and target bits")
{
	start();
	vaplic_write(&aplic, APLIC_TARGET(5), UINT32_MAX);
	vaplic_write(&aplic, APLIC_SETIENUM, 5);
	vaplic_write(&aplic, APLIC_SETIPNUM, 5);
	CHECK_EQ(vaplic_read(&aplic, APLIC_TARGET(5)), 0);
	CHECK_EQ(vaplic_read(&aplic, APLIC_SETIE), 0);
	CHECK(!pending(5));
	configure(5, APLIC_SM_EDGE1);
	vaplic_write(&aplic, APLIC_CLRIENUM, 5);
	vaplic_write(&aplic, APLIC_SETIPNUM, 5);
	CHECK(pending(5));
	vaplic_write(&aplic, APLIC_SOURCECFG(5), 0);
	CHECK(!pending(5));
	CHECK_EQ(vaplic_read(&aplic, APLIC_TARGET(5)), 0);
	CHECK_EQ(sent, 0);
}

TEST("a domain without children cannot delegate, and reserved modes are not kept")
{
	start();
	vaplic_write(&aplic, APLIC_SOURCECFG(3), APLIC_SOURCECFG_D | 1);
	CHECK_EQ(vaplic_read(&aplic, APLIC_SOURCECFG(3)), 0);
	vaplic_write(&aplic, APLIC_SOURCECFG(3), 2);
	CHECK_EQ(vaplic_read(&aplic, APLIC_SOURCECFG(3)), 0);
	vaplic_write(&aplic, APLIC_SOURCECFG(3), 6);
	CHECK_EQ(vaplic_read(&aplic, APLIC_SOURCECFG(3)), 6);
}

TEST("a line that is high when its source becomes active interrupts")
{
	start();
	vaplic_set_level(&aplic, 10, true);
	configure(10, APLIC_SM_LEVEL1);
	CHECK_EQ(sent, 1);
}

TEST("genmsi sends an MSI at once, also while IE is 0")
{
	start();
	vaplic_write(&aplic, APLIC_DOMAINCFG, 0);
	vaplic_write(&aplic, APLIC_GENMSI, 3U << 18 | 1U << 12 | 77);
	CHECK(sent == 1 && last_hart == 3 && last_identity == 77);
	CHECK_EQ(vaplic_read(&aplic, APLIC_GENMSI), 3U << 18 | 77);
}

TEST("in_clrip and clripnum clear pending bits")
{
	start();
	configure(40, APLIC_SM_EDGE1);
	vaplic_write(&aplic, APLIC_CLRIENUM, 40);
	vaplic_set_level(&aplic, 40, true);
	vaplic_write(&aplic, APLIC_CLRIPNUM, 40);
	CHECK(!pending(40));
	vaplic_write(&aplic, APLIC_SETIP + 4, 1U << 8);
	CHECK(pending(40));
	vaplic_write(&aplic, APLIC_IN_CLRIP + 4, 1U << 8);
	CHECK(!pending(40));
}

TEST("sources beyond the last, source 0 and the machine level's registers do not exist")
{
	static const uint32_t wild[] = { 0, SOURCES + 1, 1023, 1024, UINT32_MAX };

	start();
	for (size_t i = 0; i < ARRAY_SIZE(wild); i++) {
		vaplic_write(&aplic, APLIC_SETIENUM, wild[i]);
		vaplic_write(&aplic, APLIC_SETIPNUM, wild[i]);
		vaplic_set_level(&aplic, wild[i], true);
	}
	vaplic_write(&aplic, APLIC_SOURCECFG(SOURCES + 1), 6);
	CHECK_EQ(vaplic_read(&aplic, APLIC_SOURCECFG(SOURCES + 1)), 0);
	for (uint64_t offset = 0x1bc0; offset < 0x1c00; offset += 4) {
		vaplic_write(&aplic, offset, UINT32_MAX);
		CHECK_EQ(vaplic_read(&aplic, offset), 0);
	}
	CHECK_EQ(sent, 0);
	CHECK_EQ(vaplic_init(&aplic, 0, send, &aplic), -EINVAL);
	CHECK_EQ(vaplic_init(&aplic, 1024, send, &aplic), -EINVAL);
	CHECK_EQ(vaplic_init(&aplic, 1023, send, &aplic), 0);
}

TEST("after a reset no source is active")
{
	start();
	configure(10, APLIC_SM_EDGE1);
	vaplic_reset(&aplic);
	vaplic_set_level(&aplic, 10, true);
	CHECK_EQ(sent, 0);
	CHECK_EQ(vaplic_read(&aplic, APLIC_DOMAINCFG), 0x80000004U);
	CHECK_EQ(vaplic_read(&aplic, APLIC_TARGET(10)), 0);
}

TEST("whatever a guest writes, nothing that could be sent stays pending")
{
	uint64_t seed = 11;

	start();
	for (int i = 0; i < 300000; i++) {
		uint64_t r = test_random(&seed);
		uint64_t offset = r >> 8 & 0x7ffc;
		uint32_t value = (uint32_t)(r >> 32) >> (r >> 3 & 31);

		if (r & 1)
			offset = (r & 2 ? 0 : 0x3000) + (offset & 0x1ff);
		else if (r & 2)
			offset = 0x1c00 + (offset & 0x7ff);
		if (i % 3 == 0)
			vaplic_set_level(&aplic, value & 127, r >> 5 & 1);
		else if (i % 3 == 1)
			vaplic_write(&aplic, offset, value);
		else
			vaplic_read(&aplic, offset);
		for (unsigned w = 0; aplic.enabled && w < VAPLIC_WORDS; w++)
			CHECK_EQ(aplic.pending[w] & aplic.enable[w], 0);
	}
	CHECK(sent > 100);
}
