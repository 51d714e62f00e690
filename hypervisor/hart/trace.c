/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace ring: what every hart's last transitions between privilege levels were.
 */
#include "hart/trace.h"

bool trace_enabled;
void (*trace_listener)(const struct trace_entry *entry);

static struct trace_ring trace_rings[TRACE_HARTS_MAX];

struct trace_ring *trace_ring(unsigned hart)
{
	return hart < TRACE_HARTS_MAX ? &trace_rings[hart] : NULL;
}

void trace_ring_init(struct trace_ring *ring, struct trace_entry *entries, size_t capacity)
{
	ring->capacity = capacity;
	ring->written = 0;
	/* Published last: its hart may be recording. */
	__atomic_store_n(&ring->entries, entries, __ATOMIC_RELEASE);
}

void trace_ring_push(struct trace_ring *ring, const struct trace_entry *entry)
{
	ring->entries[ring->written & (ring->capacity - 1)] = *entry;
	__atomic_store_n(&ring->written, ring->written + 1, __ATOMIC_RELEASE);
}

bool trace_ring_get(const struct trace_ring *ring, uint64_t number, struct trace_entry *entry)
{
	uint64_t written = __atomic_load_n(&ring->written, __ATOMIC_ACQUIRE);

	if (!ring->entries || number >= written || written - number > ring->capacity)
		return false;
	*entry = ring->entries[number & (ring->capacity - 1)];
	/*
	 * The writer overwrites the slot of `number` while written == number + capacity, so the
	 * copy is whole only if it has not come that far.
	 */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&ring->written, __ATOMIC_RELAXED) - number < ring->capacity;
}

void trace_record(const struct trace_entry *entry)
{
	struct trace_ring *ring = trace_ring(entry->hart);
	void (*listener)(const struct trace_entry *) = READ_ONCE(trace_listener);

	if (ring && __atomic_load_n(&ring->entries, __ATOMIC_ACQUIRE))
		trace_ring_push(ring, entry);
	if (listener)
		listener(entry);
}

void trace_sbi_record(unsigned hart, uint64_t time_ticks, uint64_t eid, uint64_t fid)
{
	struct trace_entry entry = {
		.time_ticks = time_ticks,
		.args = { eid, fid },
		.hart = (uint16_t)hart,
		.kind = TRACE_SBI,
		.from = TRACE_LEVEL_HS,
		.to = TRACE_LEVEL_M,
	};

	trace_record(&entry);
}
