/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands about who runs where and for how long, under xl's names.
 */
#include "hart/hart.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/kalloc.h"
#include "monitor/command.h"
#include "monitor/console.h"
#include "monitor/hartlist.h"
#include "vm/mode.h"
#include "vm/sched.h"

#define say console_monitor_printf

static const char *vcpu_state_name(const struct vcpu *v)
{
	static const char *const names[] = {
		[VCPU_STOPPED] = "stopped", [VCPU_STARTING] = "starting",
		[VCPU_RUNNABLE] = "runnable", [VCPU_BLOCKED] = "blocked",
	};

	if (v->running)
		return "running";
	return v->paused ? "paused" : names[v->state];
}

static void list_vcpu(struct vcpu *v)
{
	uint64_t ticks[CPUTIME_KINDS];

	sched_times(v, ticks);
	say("%-20s %4u  %4u  %-8s %9lu %9lu %9lu  0x%016lx  %lu\n", v->vm->name, v->index,
	    v->hart->index, vcpu_state_name(v), monitor_ms(ticks[CPUTIME_RUN]),
	    monitor_ms(ticks[CPUTIME_WAIT]), monitor_ms(ticks[CPUTIME_BLOCKED]), v->pc,
	    stat_traps(&v->stat) + stat_interrupt_exits(&v->stat));
}

void command_vcpu_list(unsigned count, char **words)
{
	struct vm *vm;

	(void)count;
	(void)words;
	spin_lock(&vm_list_lock);
	say("Name                 vCPU  Hart  State       Run ms   Wait ms  Sleep ms  PC          "
	    "        Exits\n");
	list_for_each_entry(vm, &vm_list, link)
		for (unsigned i = 0; i < vm->vcpu_count; i++)
			list_vcpu(vm->vcpus[i]);
	spin_unlock(&vm_list_lock);
}

/* What a VM has had since the last look, in tenths of a percent of one hart. */
static uint64_t permille(uint64_t ticks, uint64_t passed)
{
	return passed == 0 ? 0 : ticks * 1000 / passed;
}

static void top_vm(struct vm *vm, uint64_t now)
{
	uint64_t ticks[CPUTIME_KINDS], wait = 0, passed = now - vm->looked_at, ran, waited;
	uint64_t run = __atomic_load_n(&vm->service_ticks, __ATOMIC_RELAXED);

	/* Those of vCPUs that are gone. */
	run += vm->past_run;
	wait += vm->past_wait;
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		sched_times(vm->vcpus[i], ticks);
		run += ticks[CPUTIME_RUN];
		wait += ticks[CPUTIME_WAIT];
	}
	ran = permille(run - vm->looked_run, passed);
	waited = permille(wait - vm->looked_wait, passed);
	say("%-20s %5lu  %10lu  %5lu.%lu  %6lu.%lu\n", vm->name, vm->config.vcpu_count,
	    monitor_ms(run),
	    ran / 10, ran % 10, waited / 10, waited % 10);
	vm->looked_at = now;
	vm->looked_run = run;
	vm->looked_wait = wait;
}

void command_top(unsigned count, char **words)
{
	struct vm *vm;

	(void)count;
	(void)words;
	spin_lock(&vm_list_lock);
	say("Name                 vCPUs      CPU ms   CPU %%   Wait %%  (since the last top)\n");
	list_for_each_entry(vm, &vm_list, link)
		top_vm(vm, time_now());
	spin_unlock(&vm_list_lock);
}

static void show_credit(const struct vm *vm)
{
	say("%-20s  %6u  %5u\n", vm->name, vm->credit.weight, vm->credit.cap);
}

/* Pairs of a word and a number. Return: false after a message. */
static bool parse_shares(unsigned count, char **words, uint64_t *weight, uint64_t *cap)
{
	for (unsigned i = 0; i < count; i += 2) {
		bool is_weight = strcmp(words[i], "weight") == 0;
		uint64_t *value = is_weight ? weight : cap;

		if ((!is_weight && strcmp(words[i], "cap") != 0) || i + 1 == count ||
		    string_to_u64(words[i + 1], value) != 0) {
			say("sched-credit: write weight N, cap N, or both\n");
			return false;
		}
	}
	if (*weight < 1 || *weight > CREDIT_WEIGHT_MAX || *cap > VM_CAP_MAX) {
		say("sched-credit: weights are from 1 to %u, caps from 0 (none) to %u\n",
		    CREDIT_WEIGHT_MAX, VM_CAP_MAX);
		return false;
	}
	return true;
}

static void set_credit(struct vm *vm, unsigned count, char **words)
{
	uint64_t weight = vm->credit.weight, cap = vm->credit.cap;

	if (!parse_shares(count, words, &weight, &cap))
		return;
	if (!vm_is_alive(vm)) {
		say("%s has ended\n", vm->name);
		return;
	}
	sched_set_shares(vm, (uint32_t)weight, (uint32_t)cap);
	show_credit(vm);
}

void command_sched_credit(unsigned count, char **words)
{
	struct vm *vm;

	spin_lock(&vm_list_lock);
	if (count == 1) {
		say("Name                  Weight    Cap\n");
		list_for_each_entry(vm, &vm_list, link)
			show_credit(vm);
	} else {
		vm = monitor_find_vm(words[1]);
		if (vm != NULL)
			set_credit(vm, count - 2, words + 2);
	}
	spin_unlock(&vm_list_lock);
}

static void pin(struct vcpu *v, const uint64_t *map)
{
	if (sched_pin(v, map))
		say("vcpu-pin: none of these harts is there\n");
}

static void pin_vcpus(struct vm *vm, const char *which, const uint64_t *map)
{
	uint64_t number = 0;

	if (strcmp(which, "all") == 0)
		for (unsigned i = 0; i < vm->vcpu_count; i++)
			pin(vm->vcpus[i], map);
	else if (string_to_u64(which, &number) == 0 && number < vm->vcpu_count)
		pin(vm->vcpus[number], map);
	else
		say("vcpu-pin: %s has no vCPU %s\n", vm->name, which);
}

void command_vcpu_pin(unsigned count, char **words)
{
	uint64_t *map;
	struct vm *vm;

	if (count < 4) {
		say("usage: vcpu-pin NAME VCPU|all HARTS, such as 0,2-3 or all\n");
		return;
	}
	map = kalloc((hart_count + 63) / 64 * sizeof(*map));
	if (map == NULL) {
		say("no memory\n");
		return;
	}
	spin_lock(&vm_list_lock);
	vm = monitor_find_vm(words[1]);
	if (vm != NULL && !hartlist_parse(words[3], hart_count, map))
		say("vcpu-pin: `%s' is no list of harts below %u, such as 0,2-3 or all\n", words[3],
		    hart_count);
	else if (vm != NULL)
		pin_vcpus(vm, words[2], map);
	spin_unlock(&vm_list_lock);
	kfree(map);
}

static void set_paused(unsigned count, char **words, bool paused)
{
	struct vm *vm;

	if (count < 2) {
		say("%s: which virtual machine? `list' shows them\n", words[0]);
		return;
	}
	spin_lock(&vm_list_lock);
	vm = monitor_find_vm(words[1]);
	if (vm != NULL && vm->state != VM_RUNNING)
		say("%s: not running\n", vm->name);
	else if (vm != NULL)
		vm_pause(vm, paused);
	spin_unlock(&vm_list_lock);
}

void command_pause(unsigned count, char **words)
{
	set_paused(count, words, true);
}

void command_unpause(unsigned count, char **words)
{
	set_paused(count, words, false);
}
