/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm/vmid.c: VMIDs by hart and generation, and the fences of vCPUs that change harts. Against the
 * worst hardware that the specification allows: each hart's TLB forgets nothing until it is fenced,
 * caches the two stages apart, and uses whatever it has. "Hypervisor Memory-Management Fence
 * Instructions": VVMA is for the VMID in hgatp, GVMA leaves what is cached of VS-stages.
 * SOURCES: hypervisor/vm/vmid.c
 */
#include "vm/vmid.h"
#include "test.h"

#define HARTS		3
#define VMS		5
#define VCPUS		2
#define TAGS		17		/* VMIDs of the machines tried: up to 4 bits */
#define SEEN_MAX	64

/* What a hart may have cached under one VMID: values of a mapping. */
struct cell {
	uint64_t seen[SEEN_MAX];
	unsigned count;
};

struct test_vcpu {
	/* Its tables at one address, by VMID: what they say, and said at its last fence. */
	uint64_t mapping[VMIDS_MAX], fenced[VMIDS_MAX];
	uint64_t code;			/* version that it wrote and fenced: FENCE.I */
	const struct vmid_pool *last;
	uint64_t generation;		/* of the VMIDs that it has */
	int loaded;			/* hart, or -1 */
};

struct test_vm {
	uint64_t ram;			/* where its page is in the host */
	unsigned wanted;
	struct vmid_place places[HARTS];
	struct test_vcpu vcpus[VCPUS];
};

struct test_hart {
	struct vmid_pool pool;
	struct cell vs[TAGS], g[TAGS];
	uint64_t code[VMS][VCPUS];	/* the oldest version that it may still have fetched */
	struct test_vcpu *loaded;
};

static struct test_hart harts[HARTS];
static struct test_vm vms[VMS];
static uint64_t next_value;
static unsigned long seed;

static unsigned draw(unsigned below)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned)(seed >> 33) % below;
}

static void remember(struct cell *cell, uint64_t value)
{
	for (unsigned i = 0; i < cell->count; i++)
		if (cell->seen[i] == value)
			return;
	CHECK(cell->count < SEEN_MAX);
	cell->seen[cell->count++] = value;
}

static void fence_gvma(struct test_hart *hart)
{
	for (unsigned i = 0; i < TAGS; i++)
		hart->g[i].count = 0;
}

static void unload(struct test_hart *hart)
{
	if (hart->loaded)
		hart->loaded->loaded = -1;
	hart->loaded = NULL;
}

/* A new VM in an old one's place; its end has fenced the G-stage on all harts. */
static void build_vm(unsigned n)
{
	struct test_vm *vm = &vms[n];

	for (unsigned h = 0; h < HARTS; h++) {
		for (unsigned i = 0; i < VCPUS; i++) {
			if (harts[h].loaded == &vm->vcpus[i])
				unload(&harts[h]);
			harts[h].code[n][i] = 0;
		}
		fence_gvma(&harts[h]);
	}
	*vm = (struct test_vm){ .ram = ++next_value, .wanted = 1 + n % VMIDS_MAX };
	for (unsigned i = 0; i < VCPUS; i++) {
		vm->vcpus[i].loaded = -1;
		for (unsigned t = 0; t < VMIDS_MAX; t++)
			vm->vcpus[i].mapping[t] = vm->vcpus[i].fenced[t] = ++next_value;
	}
}

static void build_machine(unsigned bits)
{
	seed = 1;
	next_value = 0;
	memset(harts, 0, sizeof(harts));
	for (unsigned h = 0; h < HARTS; h++)
		vmid_pool_init(&harts[h].pool, bits);
	for (unsigned n = 0; n < VMS; n++)
		build_vm(n);
}

/* As vm/sched.c and the modes do it. */
static void load(unsigned h, unsigned n, unsigned i)
{
	struct test_hart *hart = &harts[h];
	struct test_vm *vm = &vms[n];
	struct test_vcpu *v = &vm->vcpus[i];
	unsigned fences;
	bool last;

	if (hart->loaded == v)
		return;
	unload(hart);
	last = v->last == &hart->pool && vmid_is_last(&hart->pool, &vm->places[h], v);
	fences = vmid_enter(&hart->pool, &vm->places[h], v, &v->last, vm->wanted);
	CHECK_EQ(last, fences == 0);
	/* vm/sched_switch.c does not look at the generation then. */
	if (last)
		CHECK_EQ(v->generation, vm->places[h].generation);
	v->generation = vm->places[h].generation;
	if (fences & VMID_FENCE_GVMA)
		fence_gvma(hart);
	if (fences & VMID_FENCE_VVMA)
		for (unsigned t = 0; t < vm->wanted; t++)
			hart->vs[vm->places[h].vmids[t]].count = 0;
	if (fences & VMID_FENCE_I)
		hart->code[n][i] = v->code;
	hart->loaded = v;
	v->loaded = (int)h;
}

/* It runs on the tables of one of its VMIDs; everything that the hart could use must be right. */
static void use(unsigned h, unsigned n, unsigned i, unsigned t)
{
	struct test_hart *hart = &harts[h];
	struct test_vm *vm = &vms[n];
	struct test_vcpu *v = &vm->vcpus[i];
	uint32_t vmid = vm->places[h].vmids[t];

	CHECK(vmid < TAGS);
	/* Other tables under the same VMID: fenced at each change (v->fence_tables). */
	if (vm->wanted > 1 && vmid_alike(&vm->places[h]))
		hart->vs[vmid].count = hart->g[vmid].count = 0;
	remember(&hart->vs[vmid], v->mapping[t]);
	remember(&hart->g[vmid], vm->ram);
	for (unsigned s = 0; s < hart->vs[vmid].count; s++) {
		uint64_t value = hart->vs[vmid].seen[s];

		CHECK(value >= v->fenced[t] && value <= v->mapping[t]);
	}
	for (unsigned s = 0; s < hart->g[vmid].count; s++)
		CHECK_EQ(hart->g[vmid].seen[s], vm->ram);
	CHECK(hart->code[n][i] >= v->code);
}

/* The guest changes its tables and its code, and fences where it is: also what is another's. */
static void change(unsigned h, unsigned n, unsigned i)
{
	struct test_vm *vm = &vms[n];
	struct test_vcpu *v = &vm->vcpus[i];
	unsigned t = draw(vm->wanted);

	v->mapping[t] = ++next_value;
	if (draw(4) == 0)
		return;
	for (t = 0; t < vm->wanted; t++) {
		v->fenced[t] = v->mapping[t];
		harts[h].vs[vm->places[h].vmids[t]].count = 0;
	}
	v->code = ++next_value;
	harts[h].code[n][i] = v->code;
}

static void step(void)
{
	unsigned h = draw(HARTS), n = draw(VMS), i = draw(VCPUS);
	struct test_vcpu *v = &vms[n].vcpus[i];

	if (draw(200) == 0)
		build_vm(n);
	else if (draw(50) == 0 && v->loaded < 0)
		v->last = NULL;		/* reset: it has fenced nothing where it was */
	/* It goes only when no hart has it. */
	if (v->loaded >= 0 && v->loaded != (int)h)
		unload(&harts[v->loaded]);
	load(h, n, i);
	for (unsigned turns = draw(6); turns > 0; turns--) {
		use(h, n, i, draw(vms[n].wanted));
		if (draw(2) == 0)
			change(h, n, i);
	}
}

TEST("vCPUs that change harts use no stale translation, however few VMIDs there are")
{
	for (unsigned bits = 0; bits <= 4; bits++) {
		build_machine(bits);
		for (unsigned i = 0; i < 20000; i++)
			step();
	}
}

TEST("a vCPU that comes back to where it was, and alone was, needs no fence")
{
	const struct vmid_pool *last[2] = { NULL, NULL };
	struct vmid_place place = { .generation = 0 }, other = { .generation = 0 };
	const struct vmid_pool *last_other = NULL;
	struct vmid_pool pool, elsewhere;
	struct vmid_place there = { .generation = 0 };

	vmid_pool_init(&pool, 14);
	vmid_pool_init(&elsewhere, 14);
	CHECK_EQ(vmid_enter(&pool, &place, &last[0], &last[0], 2),
		 VMID_FENCE_GVMA | VMID_FENCE_VVMA | VMID_FENCE_I);
	vmid_enter(&pool, &other, &last_other, &last_other, 1);
	CHECK_EQ(vmid_enter(&pool, &place, &last[0], &last[0], 2), 0);
	/* Another one of its VM was there. */
	vmid_enter(&pool, &place, &last[1], &last[1], 2);
	CHECK_EQ(vmid_enter(&pool, &place, &last[0], &last[0], 2), VMID_FENCE_VVMA);
	/* It was elsewhere. */
	vmid_enter(&elsewhere, &there, &last[0], &last[0], 2);
	CHECK_EQ(vmid_enter(&pool, &place, &last[0], &last[0], 2), VMID_FENCE_VVMA | VMID_FENCE_I);
}

TEST("every VMID is used before the next generation begins, and VMID 0 only if it must")
{
	struct vmid_place places[8] = { { .generation = 0 } };
	const struct vmid_pool *last = NULL;
	struct vmid_pool pool;

	vmid_pool_init(&pool, 3);
	for (unsigned i = 0; i < 7; i++) {
		vmid_enter(&pool, &places[i], &last, &last, 1);
		CHECK_EQ(places[i].vmids[VMID_RAM], i + 1);
	}
	CHECK_EQ(pool.generation, 1);
	CHECK_EQ(vmid_enter(&pool, &places[7], &last, &last, 1) & VMID_FENCE_GVMA, VMID_FENCE_GVMA);
	CHECK_EQ(pool.generation, 2);
	CHECK_EQ(places[7].vmids[VMID_RAM], 1);
	/* The first one's is gone with its generation. */
	vmid_enter(&pool, &places[0], &last, &last, 1);
	CHECK_EQ(places[0].vmids[VMID_RAM], 2);
	vmid_pool_init(&pool, 1);
	places[0] = (struct vmid_place){ .generation = 0 };
	vmid_enter(&pool, &places[0], &last, &last, 2);
	CHECK(!vmid_alike(&places[0]));
	vmid_pool_init(&pool, 0);
	places[0] = (struct vmid_place){ .generation = 0 };
	vmid_enter(&pool, &places[0], &last, &last, 2);
	CHECK(vmid_alike(&places[0]));
}
