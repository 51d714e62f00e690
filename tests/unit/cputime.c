/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm/cputime.h: the times of a vCPU add up.
 * SOURCES:
 */
#include "vm/cputime.h"
#include "test.h"

static uint64_t sum(const struct cputime *time, uint64_t now)
{
	uint64_t total = 0;

	for (int kind = 0; kind < CPUTIME_KINDS; kind++)
		total += cputime_ticks(time, (enum cputime_kind)kind, now);
	return total;
}

TEST("a new vcpu is stopped")
{
	struct cputime time;

	cputime_init(&time, 100);
	CHECK_EQ(cputime_ticks(&time, CPUTIME_STOPPED, 130), 30);
	CHECK_EQ(cputime_ticks(&time, CPUTIME_RUN, 130), 0);
}

TEST("each kind has the time that was spent in it")
{
	struct cputime time;

	cputime_init(&time, 0);
	cputime_switch(&time, CPUTIME_WAIT, 10);
	cputime_switch(&time, CPUTIME_RUN, 15);
	cputime_switch(&time, CPUTIME_BLOCKED, 40);
	cputime_switch(&time, CPUTIME_WAIT, 100);
	cputime_switch(&time, CPUTIME_RUN, 101);
	CHECK_EQ(cputime_ticks(&time, CPUTIME_STOPPED, 103), 10);
	CHECK_EQ(cputime_ticks(&time, CPUTIME_WAIT, 103), 6);
	CHECK_EQ(cputime_ticks(&time, CPUTIME_RUN, 103), 27);
	CHECK_EQ(cputime_ticks(&time, CPUTIME_BLOCKED, 103), 60);
	CHECK_EQ(sum(&time, 103), 103);
}

TEST("a switch from what is known to be is the same as one from whatever it is")
{
	struct cputime known, any;

	cputime_init(&known, 0);
	cputime_init(&any, 0);
	cputime_switch_from(&known, CPUTIME_STOPPED, CPUTIME_RUN, 7);
	cputime_switch(&any, CPUTIME_RUN, 7);
	cputime_switch_from(&known, CPUTIME_RUN, CPUTIME_BLOCKED, 20);
	cputime_switch(&any, CPUTIME_BLOCKED, 20);
	for (int kind = 0; kind < CPUTIME_KINDS; kind++)
		CHECK_EQ(cputime_ticks(&known, (enum cputime_kind)kind, 31),
			 cputime_ticks(&any, (enum cputime_kind)kind, 31));
	CHECK_EQ(sum(&known, 31), 31);
}

TEST("to do the same again loses nothing")
{
	struct cputime time;

	cputime_init(&time, 0);
	cputime_switch(&time, CPUTIME_RUN, 5);
	cputime_switch(&time, CPUTIME_RUN, 9);
	CHECK_EQ(cputime_ticks(&time, CPUTIME_RUN, 20), 15);
	CHECK_EQ(sum(&time, 20), 20);
}

TEST("what was stolen while it ran is no time that it ran, and no time is lost")
{
	struct cputime time;

	cputime_init(&time, 0);
	cputime_switch(&time, CPUTIME_RUN, 5);
	cputime_steal(&time, 7, 20);
	CHECK_EQ(cputime_ticks(&time, CPUTIME_RUN, 20), 8);
	CHECK_EQ(cputime_ticks(&time, CPUTIME_WAIT, 20), 7);
	/* More than there was: it had been asked before. */
	cputime_steal(&time, 100, 21);
	CHECK_EQ(cputime_ticks(&time, CPUTIME_RUN, 21), 0);
	CHECK_EQ(sum(&time, 21), 21);
}
