/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes that one vCPU of a VM writes to the console by itself, in mode/fast.S, until somebody
 * shows them. SBI DBCN; docs/paths.md, "The console".
 */
#include "hart/hart.h"
#include "lib/string.h"
#include "vm/conring.h"
#include "vm/sched.h"
#include "vm/vconsole.h"
#include "vm/vcpu.h"

static void ring_alarm(struct valarm *alarm);

void conring_init(struct conring *ring, struct vm *vm, uint64_t delay_ticks)
{
	memset(ring, 0, sizeof(*ring));
	spin_init(&ring->lock);
	ring->vm = vm;
	ring->delay_ticks = delay_ticks;
	valarm_init(&ring->alarm, ring_alarm);
}

void conring_fini(struct conring *ring)
{
	valarm_fini(&ring->alarm);
}

/* ---- There is an owner; the ring is locked ---- */

/* Acquire: the bytes were stored before their count. */
static uint64_t count_of(const struct vcpu *v)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < STAT_FAST_CONSOLES; i++)
		count += __atomic_load_n(&v->stat.fast[STAT_FAST_CONSOLE + i], __ATOMIC_ACQUIRE);
	return count;
}

static void show(struct conring *ring)
{
	struct vcpu *v = ring->owner;
	uint64_t end = count_of(v);

	while (ring->shown != end) {
		size_t at = ring->shown % CONRING_BYTES;
		size_t part = MIN(end - ring->shown, (uint64_t)CONRING_BYTES - at);

		vconsole_ops->write(ring->vm, ring->bytes + at, part);
		ring->shown += part;
	}
	/* Release: the bytes have been read before others take their place. */
	__atomic_store_n(&v->console_limit, end + CONRING_BYTES, __ATOMIC_RELEASE);
}

/* The owner does not append just now. */
static void give_up(struct conring *ring)
{
	struct vcpu *v = ring->owner;

	show(ring);
	v->console_limit = count_of(v);
	/* Release: who sees that nobody has the ring may write at once. */
	__atomic_store_n(&ring->owner, NULL, __ATOMIC_RELEASE);
}

/*
 * It closes the ring before it runs on. If it does not run, nobody need wait for that: it sees the
 * request when it does, and then waits for the lock.
 */
static void ask_to_close(struct conring *ring)
{
	struct vcpu *v = ring->owner;

	vcpu_request(v, VCPU_REQ_CONSOLE);
	if (!__atomic_load_n(&v->running, __ATOMIC_SEQ_CST))
		give_up(ring);
}

/* ---- */

/* From time to time, until nothing more comes: what a guest wrote before it does something else. */
static void ring_alarm(struct valarm *alarm)
{
	struct conring *ring = container_of(alarm, struct conring, alarm);
	uint64_t begin = time_now();

	spin_lock(&ring->lock);
	if (ring->owner != NULL && count_of(ring->owner) == ring->shown) {
		ask_to_close(ring);
	} else if (ring->owner != NULL && vconsole_accepts(ring->vm)) {
		/* Without room, the guest waits when the ring is full, and not we. */
		show(ring);
	}
	/* Also when asked: it may append a last byte and sleep before it sees the request. */
	if (ring->owner != NULL)
		valarm_set_in(alarm, ring->delay_ticks);
	sched_charge(ring->vm, begin);
	spin_unlock(&ring->lock);
}

void conring_open(struct conring *ring, struct vcpu *v, uint64_t now_ticks)
{
	uint64_t before = READ_ONCE(ring->last_ticks);

	/* A guess alone: what is typed slowly need not wait, nor set an alarm. */
	WRITE_ONCE(ring->last_ticks, now_ticks);
	if (now_ticks - before > ring->delay_ticks || READ_ONCE(ring->owner) != NULL)
		return;
	spin_lock(&ring->lock);
	if (ring->owner == NULL) {
		ring->shown = count_of(v);
		v->console_bytes = ring->bytes;
		v->console_limit = ring->shown + CONRING_BYTES;
		WRITE_ONCE(ring->owner, v);
		valarm_set_in(&ring->alarm, ring->delay_ticks);
	}
	spin_unlock(&ring->lock);
}

void conring_close(struct conring *ring, struct vcpu *v)
{
	spin_lock(&ring->lock);
	if (ring->owner == v)
		give_up(ring);
	spin_unlock(&ring->lock);
}

void conring_end(struct conring *ring)
{
	spin_lock(&ring->lock);
	if (ring->owner != NULL)
		give_up(ring);
	spin_unlock(&ring->lock);
}

void conring_write(struct conring *ring, const char *text, size_t size)
{
	spin_lock(&ring->lock);
	if (ring->owner != NULL)
		show(ring);
	vconsole_ops->write(ring->vm, text, size);
	spin_unlock(&ring->lock);
}
