/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine below the guest's SBI, for its tests: a VM of three vCPUs, RAM and a console.
 */
#ifndef UNIT_VSBI_FAKE_H
#define UNIT_VSBI_FAKE_H

#include <stdarg.h>
#include "hart/firmware.h"
#include "hart/hart.h"
#include "lib/errno.h"
#include "mode/fast.h"
#include "test.h"
#include "vm/guestmem.h"
#include "vm/mode.h"
#include "vm/sched.h"
#include "vm/vconsole.h"
#include "vsbi/vsbi.h"

#define HARTS		3
#define RAM_GPA		0x80000000UL
#define RAM_SIZE	0x10000UL

static struct vm vm;
static struct vcpu cpus[HARTS];
static struct vcpu *cpu_list[HARTS] = { &cpus[0], &cpus[1], &cpus[2] };
static const uint64_t hartids[HARTS] = { 0, 1, 70 };
static _Alignas(8) uint8_t ram[RAM_SIZE];
static char written[8192], typed[64];
static bool console_accepts = true;
static size_t written_size, typed_size;
static uint64_t remote_mask, remote_base, remote_request;
static struct vfence remote_fence;
static unsigned adue_changes;
static bool delegates_misaligned;
static unsigned remote_calls, starts, blocks, resumes, softs_cleared;
static bool counts_entries;
static uint64_t stolen_ticks;
static struct guest_trap injected;
static uint64_t injected_at;		/* pc, which becomes sepc */
#define FAKE_VECTOR	0x7000UL	/* stvec */
static bool soft_in_hardware;
uint64_t timebase_hz = 10000000;
bool hart_counters;
static uint64_t hart_clocks[VPMU_CLOCKS];
static uint64_t hcounteren;

bool vm_is_ram(struct vm *machine, gpa_t gpa, size_t size)
{
	CHECK(machine == &vm);
	return gpa.v >= RAM_GPA && gpa.v - RAM_GPA <= RAM_SIZE &&
	       size <= RAM_SIZE - (gpa.v - RAM_GPA);
}

struct vdev *vm_find_device(struct vm *machine, gpa_t gpa, unsigned size)
{
	(void)gpa;
	(void)size;
	CHECK(machine == &vm);
	return NULL;
}

int vm_read(struct vm *machine, gpa_t gpa, void *to, size_t size)
{
	if (!vm_is_ram(machine, gpa, size))
		return -EFAULT;
	memcpy(to, ram + (gpa.v - RAM_GPA), size);
	return 0;
}

int vm_write(struct vm *machine, gpa_t gpa, const void *from, size_t size)
{
	if (!vm_is_ram(machine, gpa, size))
		return -EFAULT;
	memcpy(ram + (gpa.v - RAM_GPA), from, size);
	return 0;
}

void *vm_ram(struct vm *machine, gpa_t gpa, size_t size)
{
	return vm_is_ram(machine, gpa, size) ? ram + (gpa.v - RAM_GPA) : NULL;
}

int vm_zero(struct vm *machine, gpa_t gpa, size_t size)
{
	if (!vm_is_ram(machine, gpa, size))
		return -EFAULT;
	memset(ram + (gpa.v - RAM_GPA), 0, size);
	return 0;
}

uint64_t sched_steal_ticks(struct vcpu *v)
{
	CHECK(v == &cpus[0]);
	return stolen_ticks;
}

struct vcpu *vm_vcpu_by_hartid(struct vm *machine, uint64_t hartid)
{
	CHECK(machine == &vm);
	for (unsigned i = 0; i < HARTS; i++)
		if (cpus[i].hartid == hartid)
			return &cpus[i];
	return NULL;
}

void vm_stop(struct vm *machine, enum vm_state state, const char *why, ...)
{
	va_list args;

	va_start(args, why);
	vsnprintf(machine->why, sizeof(machine->why), why, args);
	va_end(args);
	machine->state = state;
}

void vcpu_irq_set(struct vcpu *v, unsigned irq)
{
	v->irq_pending |= 1UL << irq;
}

void vcpu_irq_clear(struct vcpu *v, unsigned irq)
{
	v->irq_pending &= ~(1UL << irq);
}

void vcpu_inject_trap(struct vcpu *v, const struct guest_trap *trap)
{
	CHECK(v == &cpus[0]);
	injected = *trap;
	injected_at = v->pc;
	v->pc = FAKE_VECTOR;
}

void vcpu_set_timer(struct vcpu *v, uint64_t deadline)
{
	v->timer_deadline = deadline;
}

int64_t vcpu_start(struct vcpu *v, uint64_t pc, uint64_t opaque)
{
	if (v->state != VCPU_STOPPED)
		return SBI_ERR_ALREADY_AVAILABLE;
	starts++;
	v->pc = pc;
	v->regs[REG_A1] = opaque;
	v->state = VCPU_RUNNABLE;
	return SBI_SUCCESS;
}

void vcpu_stop(struct vcpu *v)
{
	v->state = VCPU_STOPPED;
}

int64_t vcpu_hsm_status(const struct vcpu *v)
{
	return v->state == VCPU_STOPPED ? SBI_HSM_STATE_STOPPED : SBI_HSM_STATE_STARTED;
}

enum vcpu_next vcpu_suspend(struct vcpu *v)
{
	CHECK(v == &cpus[0]);
	blocks++;
	return VCPU_RESCHEDULE;
}

enum vcpu_next vcpu_suspend_to(struct vcpu *v, uint64_t pc, uint64_t opaque)
{
	CHECK(v == &cpus[0]);
	v->start_pc = pc;
	v->start_opaque = opaque;
	resumes++;
	return VCPU_RESCHEDULE;
}

bool vcpu_is_alone(const struct vcpu *v)
{
	for (unsigned i = 0; i < HARTS; i++)
		if (&cpus[i] != v && cpus[i].state != VCPU_STOPPED)
			return false;
	return true;
}

int64_t vcpu_request_remote(struct vcpu *v, uint64_t mask, uint64_t base, uint64_t request)
{
	CHECK(v == &cpus[0]);
	remote_mask = mask;
	remote_base = base;
	remote_request = request;
	remote_calls++;
	return SBI_SUCCESS;
}

int64_t vcpu_fence_remote(struct vcpu *v, uint64_t mask, uint64_t base,
			  const struct vfence *fence)
{
	remote_fence = *fence;
	return vcpu_request_remote(v, mask, base, VCPU_REQ_FENCE_VMA);
}

bool firmware_delegates_misaligned(void)
{
	return delegates_misaligned;
}

int vcpu_read_gva(struct vcpu *v, gva_t gva, void *to, size_t size, struct guest_trap *trap)
{
	/* Guest-virtual memory is the RAM at address 0x1000. */
	CHECK(v == &cpus[0]);
	if (gva.v < 0x1000 || gva.v - 0x1000 > RAM_SIZE - size) {
		*trap = (struct guest_trap){ .cause = EXC_LOAD_PAGE_FAULT, .tval = gva.v };
		return -EFAULT;
	}
	memcpy(to, ram + (gva.v - 0x1000), size);
	return 0;
}

bool vconsole_accepts(struct vm *machine)
{
	(void)machine;
	return console_accepts;
}

void vconsole_write(struct vm *machine, const char *text, size_t size)
{
	unsigned lines = 0;

	CHECK(machine == &vm);
	CHECK(written_size + size < sizeof(written));
	/* It was asked whether there is room for so much. */
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n' || text[i] == '\r';
	CHECK(size <= VCONSOLE_PIECE && lines <= VCONSOLE_PIECE_LINES);
	memcpy(written + written_size, text, size);
	written_size += size;
	written[written_size] = '\0';
}

void vconsole_put(struct vcpu *v, char byte)
{
	vconsole_write(v->vm, &byte, 1);
}

size_t vconsole_read(struct vm *machine, char *text, size_t size)
{
	size_t got = size < typed_size ? size : typed_size;

	CHECK(machine == &vm);
	memcpy(text, typed, got);
	memmove(typed, typed + got, typed_size - got);
	typed_size -= got;
	return got;
}

uint64_t hart_cycle(void)
{
	return hart_clocks[VPMU_CYCLES];
}

uint64_t hart_instret(void)
{
	return hart_clocks[VPMU_INSTRUCTIONS];
}

void hart_set_counteren(uint64_t counteren)
{
	hcounteren = counteren;
}

bool firmware_counts(void)
{
	return counts_entries;
}

uint64_t firmware_entries(void)
{
	return 1234;
}

static uint64_t fake_features(const struct vm *machine)
{
	CHECK(machine == &vm);
	return STRATA_F_HYPERCALL;
}

static bool fake_clear_soft(struct vcpu *v)
{
	bool was = soft_in_hardware;

	CHECK(v == &cpus[0]);
	softs_cleared++;
	soft_in_hardware = false;
	return was;
}

static void fake_adue_changed(struct vcpu *v)
{
	CHECK(v == &cpus[0]);
	adue_changes++;
}

static const struct mode_ops fake_mode = { .features = fake_features,
					   .adue_changed = fake_adue_changed,
					   .clear_soft = fake_clear_soft };

static void start(void)
{
	memset(&vm, 0, sizeof(vm));
	memset(cpus, 0, sizeof(cpus));
	vm.vcpus = cpu_list;
	vm.vcpu_count = HARTS;
	vm.state = VM_RUNNING;
	for (unsigned i = 0; i < HARTS; i++) {
		cpus[i].vm = &vm;
		cpus[i].mode = &fake_mode;
		cpus[i].hartid = hartids[i];
	}
	cpus[0].state = VCPU_RUNNABLE;
	written_size = typed_size = 0;
	remote_calls = starts = blocks = resumes = softs_cleared = 0;
	counts_entries = hart_counters = true;
	hcounteren = 0;
	cpus[0].fwft.adue_there = true;
	delegates_misaligned = false;
	adue_changes = 0;
}

static enum vcpu_next next;

/* The call as the guest makes it; checks that no other register changes. */
static int64_t call5(uint64_t eid, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2,
		     uint64_t a3, uint64_t a4)
{
	struct vcpu *v = &cpus[0];
	uint64_t before[32];

	for (unsigned i = 1; i < 32; i++)
		v->regs[i] = 0x1000 + i;
	v->regs[REG_A7] = eid;
	v->regs[REG_A6] = fid;
	v->regs[REG_A0] = a0;
	v->regs[REG_A1] = a1;
	v->regs[REG_A2] = a2;
	v->regs[REG_A2 + 1] = a3;
	v->regs[REG_A2 + 2] = a4;
	memcpy(before, v->regs, sizeof(before));
	next = vsbi_call(v);
	for (unsigned i = 0; i < 32; i++)
		if (i != REG_A0 && i != REG_A1)
			CHECK_EQ(v->regs[i], before[i]);
	return (int64_t)v->regs[REG_A0];
}

static inline int64_t call(uint64_t eid, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2)
{
	return call5(eid, fid, a0, a1, a2, 0x100d, 0x100e);
}

#define VALUE		(cpus[0].regs[REG_A1])

/* mode/fast_stat.c: there is no fast path here. */
void fast_account(struct account *sum, const struct vcpu_stat *stat, uint64_t *seen)
{
	(void)sum;
	(void)stat;
	(void)seen;
}

#endif
