/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace, switched and shown.
 */
#include "hart/trace.h"
#include "lib/errno.h"
#include "mem/kalloc.h"
#include "monitor/console.h"
#include "monitor/trace.h"
#include "monitor/trace_format.h"

#define RING_ENTRIES	1024
#define LINE_MAX	320

static struct {
	unsigned harts;
	uint64_t timebase_hz;
} trace;

void trace_monitor_init(unsigned hart_count, uint64_t timebase_hz)
{
	trace.harts = MIN(hart_count, (unsigned)TRACE_HARTS_MAX);
	trace.timebase_hz = timebase_hz;
}

/* Format an entry as one line with its newline; returns its length. */
static size_t trace_line(const struct trace_entry *entry, char line[LINE_MAX])
{
	int length = trace_format(entry, trace.timebase_hz, line, LINE_MAX - 1);
	size_t end = MIN((size_t)length, (size_t)LINE_MAX - 2);

	line[end] = '\n';
	return end + 1;
}

static void trace_print_live(const struct trace_entry *entry)
{
	char line[LINE_MAX];

	console_trace_write(line, trace_line(entry, line));
}

static int trace_allocate(void)
{
	for (unsigned i = 0; i < trace.harts; i++) {
		struct trace_ring *ring = trace_ring(i);
		struct trace_entry *entries;

		if (ring->entries != NULL)
			continue;
		entries = kalloc(RING_ENTRIES * sizeof(*entries));
		if (entries == NULL)
			return -ENOMEM;
		trace_ring_init(ring, entries, RING_ENTRIES);
	}
	return 0;
}

int trace_start(bool live)
{
	int err = trace_allocate();

	if (err)
		return err;
	console_hold_partial(live);
	WRITE_ONCE(trace_listener, live ? trace_print_live : NULL);
	WRITE_ONCE(trace_enabled, true);
	return 0;
}

void trace_stop(void)
{
	WRITE_ONCE(trace_enabled, false);
	WRITE_ONCE(trace_listener, NULL);
	console_hold_partial(false);
}

/* The ring whose entry number next[i] is the oldest of all; false: no ring has more. */
static bool trace_oldest(const uint64_t *next, struct trace_entry *oldest, unsigned *hart)
{
	bool found = false;

	for (unsigned i = 0; i < trace.harts; i++) {
		struct trace_entry entry;

		if (!trace_ring_get(trace_ring(i), next[i], &entry))
			continue;
		if (!found || entry.time_ticks < oldest->time_ticks) {
			*oldest = entry;
			*hart = i;
			found = true;
		}
	}
	return found;
}

/* Walk all rings in the order of time; print what comes after the first `skip` entries. */
static uint64_t trace_walk(uint64_t *next, uint64_t skip, bool print)
{
	struct trace_entry entry;
	char line[LINE_MAX];
	uint64_t seen = 0;
	unsigned hart = 0;

	for (unsigned i = 0; i < trace.harts; i++) {
		uint64_t written = trace_ring(i)->written;

		next[i] = written > RING_ENTRIES - 1 ? written - (RING_ENTRIES - 1) : 0;
	}
	while (seen < (uint64_t)trace.harts * RING_ENTRIES && trace_oldest(next, &entry, &hart)) {
		next[hart]++;
		if (seen++ >= skip && print)
			console_monitor_write(line, trace_line(&entry, line));
	}
	return seen;
}

void trace_dump(uint64_t count)
{
	uint64_t *next = kalloc(trace.harts * sizeof(*next));
	uint64_t total;
	bool was_enabled = trace_enabled;

	if (next == NULL) {
		console_monitor_printf("no memory\n");
		return;
	}
	/* Still, or our own printing would fill the rings. */
	WRITE_ONCE(trace_enabled, false);
	total = trace_walk(next, 0, false);
	trace_walk(next, total > count ? total - count : 0, true);
	if (total == 0)
		console_monitor_printf("the trace is empty: `trace on' records\n");
	WRITE_ONCE(trace_enabled, was_enabled);
	kfree(next);
}
