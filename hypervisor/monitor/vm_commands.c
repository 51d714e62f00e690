/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands about which virtual machines there are, and what the machine has for them.
 */
#include "hart/hart.h"
#include "mem/kalloc.h"
#include "monitor/command.h"
#include "monitor/console.h"
#include "vm/mode.h"
#include "vm/vm.h"

#define say console_monitor_printf

void (*monitor_create_vm)(const char *name);

static const char *state_name(const struct vm *vm)
{
	static const char *const names[] = {
		[VM_BUILDING] = "building", [VM_RUNNING] = "running",
		[VM_REBOOTING] = "rebooting",
		[VM_SHUTDOWN] = "shut down", [VM_CRASHED] = "crashed",
		[VM_DESTROYED] = "destroyed",
	};

	if (vm->state == VM_REBOOTING && vm->why[0] == '\0')
		return "starting";
	return vm->state == VM_RUNNING && vm->paused ? "paused" : names[vm->state];
}

void command_list(unsigned count, char **words)
{
	struct vm *vm, *focused;
	unsigned number = 0;

	(void)count;
	(void)words;
	spin_lock(&vm_list_lock);
	focused = console_focused_vm();
	say("  #   Name                 Mode     vCPUs  Mem MiB  Time s  State\n");
	list_for_each_entry(vm, &vm_list, link) {
		uint64_t bytes = 0;

		/* One that is gone has none. */
		for (size_t i = 0; i < vm->config.region_count && !vm->gone; i++)
			bytes += vm->config.regions[i].size;
		say("%c %-3u %-20s %-8s %5lu  %7lu  %6lu  %s%s%s\n", vm == focused ? '>' : ' ',
		    ++number, vm->config.name, vm->mode->name, vm->config.vcpu_count, bytes >> 20,
		    monitor_ms(time_now() - vm->first_time) / 1000, state_name(vm),
		    vm->why[0] ? ": " : "", vm->why);
	}
	spin_unlock(&vm_list_lock);
}

void command_create(unsigned count, char **words)
{
	if (count < 2)
		say("create: which virtual machine? its tree is NAME.dtb in the archive\n");
	else
		monitor_create_vm(words[1]);
}

void command_destroy(unsigned count, char **words)
{
	struct vm *vm;

	if (count < 2) {
		say("destroy: which virtual machine? `list' shows them\n");
		return;
	}
	spin_lock(&vm_list_lock);
	vm = monitor_find_vm(words[1]);
	if (vm != NULL && !vm_is_alive(vm))
		say("%s: not running: %s\n", vm->config.name, state_name(vm));
	else if (vm != NULL)
		vm_stop(vm, VM_DESTROYED, "by a monitor command");
	spin_unlock(&vm_list_lock);
}

static unsigned count_harts(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < hart_count; i++)
		count += harts[i]->online;
	return count;
}

void command_info(unsigned count, char **words)
{
	uint64_t free = page_free_bytes(kalloc_pages());

	(void)count;
	(void)words;
	say("harts                %12u\n", count_harts());
	say("total memory, KiB    %12lu\n", page_total_bytes(kalloc_pages()) >> 10);
	say("free memory, KiB     %12lu\n", free >> 10);
	say("promised to disks, KiB %10lu\n", page_promised_bytes(kalloc_pages()) >> 10);
}
