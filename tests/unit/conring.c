/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes that a vCPU writes to its console by itself: order, limits, who may close the ring.
 */
#include "hart/hart.h"
#include "test.h"
#include "vm/sched.h"

static uint64_t clock_now;
#define time_now()	clock_now
#include "vm/conring.c"

#define DELAY	100

static struct conring ring;
static struct vm vm;
static struct vcpu cpus[2];
static char shown[4096], appended[4096];
static size_t shown_size, appended_size;
static bool has_room;
static bool alarm_set;
static struct vcpu *asked;
static struct vm *charged;
static uint64_t charged_ticks;

static void fake_write(struct vm *machine, const char *text, size_t size)
{
	CHECK(machine == &vm);
	CHECK(spin_is_locked(&ring.lock));
	CHECK(shown_size + size < sizeof(shown));
	memcpy(shown + shown_size, text, size);
	shown_size += size;
	shown[shown_size] = '\0';
	clock_now += size;
}

static const struct vconsole_ops fake_ops = { .write = fake_write };
const struct vconsole_ops *vconsole_ops = &fake_ops;

bool vconsole_accepts(struct vm *machine)
{
	CHECK(machine == &vm);
	return has_room;
}

void valarm_init(struct valarm *alarm, void (*ring_it)(struct valarm *alarm))
{
	*alarm = (struct valarm){ .ring = ring_it };
}

void valarm_set_in(struct valarm *alarm, uint64_t ticks)
{
	CHECK(alarm == &ring.alarm && !alarm_set);
	CHECK_EQ(ticks, DELAY);
	alarm_set = true;
}

uint64_t sched_charge(struct vm *payer, uint64_t begin)
{
	charged = payer;
	charged_ticks = clock_now - begin;
	return clock_now;
}

void valarm_fini(struct valarm *alarm)
{
	(void)alarm;
}

void vcpu_request(struct vcpu *v, uint64_t request)
{
	CHECK_EQ(request, VCPU_REQ_CONSOLE);
	asked = v;
}

static void start(void)
{
	memset(cpus, 0, sizeof(cpus));
	conring_init(&ring, &vm, DELAY);
	shown_size = appended_size = 0;
	shown[0] = '\0';
	has_room = true;
	alarm_set = false;
	asked = NULL;
	/* Counts go on from where they were: not at a multiple of anything. */
	for (unsigned i = 0; i < ARRAY_SIZE(cpus); i++)
		cpus[i].stat.fast[STAT_FAST_CONSOLE] = cpus[i].console_limit = 1001 + i;
}

static void alarm_rings(void)
{
	CHECK(alarm_set);
	alarm_set = false;
	ring.alarm.ring(&ring.alarm);
}

/* What mode/fast.S does. */
static bool append(struct vcpu *v, char byte)
{
	uint64_t *count = &v->stat.fast[STAT_FAST_CONSOLE];

	if (*count == v->console_limit)
		return false;
	v->console_bytes[*count % CONRING_BYTES] = byte;
	++*count;
	return true;
}

static void append_all(struct vcpu *v, const char *text)
{
	for (; *text; text++)
		CHECK(append(v, *text));
}

/* Two bytes in C, soon after each other. */
static void open_ring(struct vcpu *v)
{
	conring_open(&ring, v, 1000);
	conring_open(&ring, v, 1001);
	CHECK(ring.owner == v);
	CHECK(alarm_set);
}

TEST("a byte that comes alone opens nothing and sets no alarm")
{
	start();
	conring_open(&ring, &cpus[0], 1000);
	conring_open(&ring, &cpus[0], 1001 + DELAY);
	CHECK(ring.owner == NULL);
	CHECK(!append(&cpus[0], 'x'));
	CHECK(!alarm_set);
}

TEST("what is written otherwise comes behind what has been appended")
{
	start();
	open_ring(&cpus[0]);
	append_all(&cpus[0], "abc");
	CHECK_STR(shown, "");
	conring_write(&ring, "def", 3);
	append_all(&cpus[0], "ghi");
	conring_write(&ring, "\n", 1);
	CHECK_STR(shown, "abcdefghi\n");
}

TEST("one vCPU appends at a time, the next one after it has closed the ring")
{
	start();
	open_ring(&cpus[0]);
	append_all(&cpus[0], "ab");
	conring_open(&ring, &cpus[1], 1002);
	CHECK(!append(&cpus[1], 'x'));
	conring_close(&ring, &cpus[1]);
	CHECK(ring.owner == &cpus[0]);
	conring_close(&ring, &cpus[0]);
	CHECK(!append(&cpus[0], 'x'));
	alarm_set = false;
	conring_open(&ring, &cpus[1], 1003);
	append_all(&cpus[1], "cd");
	conring_end(&ring);
	CHECK_STR(shown, "abcd");
	CHECK(ring.owner == NULL && !append(&cpus[1], 'x'));
}

TEST("a full ring takes no more until it has been shown, all around its end")
{
	uint64_t seed = 7;

	start();
	open_ring(&cpus[0]);
	for (int turn = 0; turn < 1000; turn++) {
		uint64_t want = test_random(&seed) % (CONRING_BYTES + 20);
		size_t size = 0;

		for (uint64_t i = 0; i < want; i++) {
			char byte = (char)('a' + i % 26);

			if (append(&cpus[0], byte))
				appended[size++] = byte;
		}
		CHECK_EQ(size, MIN(want, (uint64_t)CONRING_BYTES));
		shown_size = 0;
		conring_write(&ring, "", 0);
		CHECK_EQ(shown_size, size);
		CHECK(memcmp(shown, appended, size) == 0);
	}
}

TEST("the alarm shows what was appended, and when nothing more came asks a running vCPU to close")
{
	start();
	cpus[0].running = true;
	open_ring(&cpus[0]);
	append_all(&cpus[0], "$ ");
	alarm_rings();
	CHECK_STR(shown, "$ ");
	CHECK(asked == NULL);
	alarm_rings();
	CHECK(alarm_set);
	CHECK(asked == &cpus[0] && ring.owner == &cpus[0]);
	/* It may still append until it has seen the request. */
	append_all(&cpus[0], "x");
	conring_close(&ring, &cpus[0]);
	CHECK_STR(shown, "$ x");
	CHECK(ring.owner == NULL);
}

TEST("what a vCPU appends just before it sleeps is shown, though it was asked to close meanwhile")
{
	start();
	cpus[0].running = true;
	open_ring(&cpus[0]);
	append_all(&cpus[0], "$");
	alarm_rings();
	alarm_rings();
	/* Behind the look that its last exit takes at requests. */
	append_all(&cpus[0], " ");
	cpus[0].running = false;
	for (int i = 0; i < 3 && alarm_set; i++)
		alarm_rings();
	CHECK_STR(shown, "$ ");
	CHECK(ring.owner == NULL && !alarm_set);
}

TEST("what the alarm shows is charged to the VM whose text it is")
{
	start();
	charged = NULL;
	open_ring(&cpus[0]);
	append_all(&cpus[0], "a long line");
	alarm_rings();
	CHECK(charged == &vm);
	CHECK_EQ(charged_ticks, 11);
}

TEST("the ring of a vCPU that does not run is closed for it")
{
	start();
	open_ring(&cpus[0]);
	alarm_rings();
	CHECK(asked == &cpus[0] && ring.owner == NULL);
	CHECK(!append(&cpus[0], 'x'));
	conring_close(&ring, &cpus[0]);
	CHECK(!alarm_set);
}

TEST("the alarm of a ring that is closed does nothing")
{
	start();
	open_ring(&cpus[0]);
	append_all(&cpus[0], "x");
	conring_end(&ring);
	alarm_rings();
	CHECK_STR(shown, "x");
	CHECK(asked == NULL);
	CHECK(!alarm_set);
}

TEST("while the console has no room, bytes wait in the ring, but the end of the VM shows them")
{
	start();
	open_ring(&cpus[0]);
	append_all(&cpus[0], "late");
	has_room = false;
	for (int i = 0; i < 3; i++)
		alarm_rings();
	CHECK_STR(shown, "");
	has_room = true;
	alarm_rings();
	CHECK_STR(shown, "late");
	append_all(&cpus[0], "r");
	has_room = false;
	conring_end(&ring);
	CHECK_STR(shown, "later");
}
