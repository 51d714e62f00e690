/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command shell of the hypervisor: xl's commands over the VMs, statistics, the trace.
 */
#include "hart/hart.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/kalloc.h"
#include "mode/fast.h"
#include "monitor/command.h"
#include "monitor/console.h"
#include "monitor/monitor.h"
#include "monitor/option.h"
#include "monitor/stats.h"
#include "monitor/trace.h"
#include "vm/mode.h"
#include "vm/trace_hook.h"
#include "vm/vcpu.h"

#define WORDS_MAX	6
#define DUMP_DEFAULT	40

#define say console_monitor_printf

static struct {
	uint64_t timebase_hz;
	void (*poweroff)(void);
} monitor;

struct command {
	const char *name, *arguments, *help;
	/* words[0] is the command's name. */
	void (*run)(unsigned count, char **words);
	unsigned words_max;
};

/* ---- Finding what a word names ---- */

uint64_t monitor_ms(uint64_t ticks)
{
	return ticks / monitor.timebase_hz * 1000 + ticks % monitor.timebase_hz * 1000 /
						    monitor.timebase_hz;
}

struct vm *monitor_find_vm(const char *word)
{
	struct vm *vm, *found = NULL;
	uint64_t number = 0, position = 0;
	unsigned matches = 0;

	if (string_to_u64(word, &number))
		number = 0;
	list_for_each_entry(vm, &vm_list, link) {
		if (++position == number || strcmp(vm->config.name, word) == 0)
			return vm;
		if (strncmp(vm->config.name, word, strlen(word)) == 0) {
			found = vm;
			matches++;
		}
	}
	if (matches == 1)
		return found;
	say("%s: %s; `list' shows them\n", word,
	    matches ? "the name fits several virtual machines" : "no such virtual machine");
	return NULL;
}

/* ---- Commands ---- */

static void command_console(unsigned count, char **words)
{
	struct vm *vm;

	spin_lock(&vm_list_lock);
	vm = count > 1 ? monitor_find_vm(words[1]) : console_focused_vm();
	if (vm != NULL && vm->state == VM_RUNNING)
		console_focus(vm);
	else if (vm != NULL || count == 1)
		say("%s: not running, so nobody would read what you type\n",
		    vm ? vm->config.name : "console");
	spin_unlock(&vm_list_lock);
}

static void stats_line(void *ctx, const char *name, uint64_t value)
{
	(void)ctx;
	say("  %-36s %12lu\n", name, value);
}

/* Add the account of a vCPU, and what its fast path has counted since. */
static void stats_merge(struct account *sum, const struct vcpu *v)
{
	uint64_t seen[FAST_COUNT];

	for (unsigned i = 0; i < FAST_COUNT; i++)
		seen[i] = READ_ONCE(v->account->fast[i]);
	account_merge(sum, v->account);
	fast_account(sum, &v->stat, seen);
}

/* Where the instructions of these vCPUs go; nothing unless their tree asks for it. */
static void stats_insns(struct vm *vm, uint64_t vcpu)
{
	struct account *sum;

	if (!vm->config.accounting)
		return;
	sum = kalloc(sizeof(*sum));
	if (sum == NULL) {
		say("no memory\n");
		return;
	}
	account_init(sum);
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (vcpu == UINT64_MAX || vcpu == i)
			stats_merge(sum, vm->vcpus[i]);
	stats_account(sum, vm, stats_line, NULL);
	kfree(sum);
}

/* The counters of one vCPU, or (vcpu = UINT64_MAX) of all together. */
static void stats_vm(struct vm *vm, uint64_t vcpu)
{
	struct vcpu_stat *sum = kalloc(sizeof(*sum));

	if (sum == NULL) {
		say("no memory\n");
		return;
	}
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (vcpu == UINT64_MAX || vcpu == i)
			stat_add(sum, &vm->vcpus[i]->stat);
	if (vm->past != NULL)
		stat_add(sum, vm->past);
	if (vcpu == UINT64_MAX)
		say("%s: %lu vCPU%s\n", vm->config.name, vm->config.vcpu_count,
		    vm->config.vcpu_count == 1 ? "" : "s");
	else
		say("%s: vCPU %lu\n", vm->config.name, vcpu);
	fast_stat_fold(sum);
	stats_list(sum, stats_line, NULL);
	kfree(sum);
	stats_insns(vm, vcpu);
}

static void command_stats(unsigned count, char **words)
{
	uint64_t vcpu = UINT64_MAX;
	struct vm *vm;

	spin_lock(&vm_list_lock);
	if (count == 1) {
		list_for_each_entry(vm, &vm_list, link)
			stats_vm(vm, UINT64_MAX);
	} else if ((vm = monitor_find_vm(words[1])) != NULL) {
		if (count > 2 && (string_to_u64(words[2], &vcpu) || vcpu >= vm->vcpu_count))
			say("stats: %s has no vCPU %s\n", vm->config.name, words[2]);
		else
			stats_vm(vm, vcpu);
	}
	spin_unlock(&vm_list_lock);
}

static void trace_one_vm(const char *word)
{
	struct vm *vm;

	spin_lock(&vm_list_lock);
	vm = strcmp(word, "all") == 0 ? NULL : monitor_find_vm(word);
	if (vm != NULL || strcmp(word, "all") == 0) {
		trace_filter(vm ? vm->id : UINT32_MAX);
		say("trace: %s%s\n", vm ? "only " : "all virtual machines",
		    vm ? vm->config.name : "");
	}
	spin_unlock(&vm_list_lock);
}

static void command_trace(unsigned count, char **words)
{
	uint64_t lines = DUMP_DEFAULT;
	const char *what = count > 1 ? words[1] : "";

	if (count == 1) {
		say("trace: %s; trace on|live|off|dump [LINES]|NAME|all\n",
		    trace_enabled ? "on" : "off");
	} else if (strcmp(what, "on") == 0 || strcmp(what, "live") == 0) {
		if (trace_start(what[0] == 'l'))
			say("trace: no memory for the rings\n");
	} else if (strcmp(what, "off") == 0) {
		trace_stop();
	} else if (strcmp(what, "dump") == 0) {
		if (count > 2 && string_to_u64(words[2], &lines))
			say("trace: `%s' is no number of lines\n", words[2]);
		else
			trace_dump(lines);
	} else {
		trace_one_vm(what);
	}
}

static void command_quit(unsigned count, char **words)
{
	struct vm *vm;
	bool running = false;

	(void)count;
	(void)words;
	spin_lock(&vm_list_lock);
	list_for_each_entry(vm, &vm_list, link) {
		if (!vm_is_alive(vm))
			continue;
		running = true;
		vm_stop(vm, VM_DESTROYED, "by a monitor command");
	}
	spin_unlock(&vm_list_lock);
	/* The end of the last VM ends the machine. */
	if (!running)
		monitor.poweroff();
}

static void command_help(unsigned count, char **words);

static const struct command commands[] = {
	{ "console", "[NAME]", "give the keyboard to a virtual machine, leave the monitor",
	  command_console, 2 },
	{ "create", "NAME", "start a virtual machine that has ended again, from its tree",
	  command_create, 2 },
	{ "destroy", "NAME", "stop a virtual machine", command_destroy, 2 },
	{ "help", "", "this list", command_help, 1 },
	{ "info", "", "the machine: its harts and its memory", command_info, 1 },
	{ "list", "", "the virtual machines", command_list, 1 },
	{ "pause", "NAME", "have a virtual machine not run", command_pause, 2 },
	{ "poweroff", "", "stop all virtual machines and the machine", command_quit, 1 },
	{ "quit", "", "the same", command_quit, 1 },
	{ "sched-credit", "[NAME [weight W] [cap C]]",
	  "shares: a weight against the others', a cap in percent of a hart", command_sched_credit,
	  6 },
	{ "stats", "[NAME [VCPU]]", "exits, emulated instructions, hypercalls, injections",
	  command_stats, 3 },
	{ "top", "", "which virtual machines use the harts", command_top, 1 },
	{ "trace", "on|live|off|dump [LINES]|NAME|all", "every change of privilege level",
	  command_trace, 3 },
	{ "unpause", "NAME", "have it run again", command_unpause, 2 },
	{ "vcpu-list", "", "the virtual CPUs: where they run, and for how long",
	  command_vcpu_list, 1 },
	{ "vcpu-pin", "NAME VCPU|all HARTS", "the harts it may run on: 0,2-3 or all",
	  command_vcpu_pin, 4 },
};

static void command_help(unsigned count, char **words)
{
	(void)count;
	(void)words;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		say("  %s %s\n        %s\n", commands[i].name, commands[i].arguments,
		    commands[i].help);
	say("NAME is a name, the beginning of one, or the number in `list'; commands may be cut "
	    "short, too.\n"
	    "Keys after Ctrl-]: n next VM, 1-9 VM number, m or Ctrl-] monitor, ? help\n");
}

/* ---- Lines ---- */

static unsigned split_words(char *line, char **words)
{
	unsigned count = 0;

	while (count < WORDS_MAX) {
		while (*line == ' ')
			*line++ = '\0';
		if (*line == '\0')
			break;
		words[count++] = line;
		while (*line != ' ' && *line != '\0')
			line++;
	}
	return count;
}

/* By name or an unambiguous beginning of it; NULL after a message. */
static const struct command *find_command(const char *word)
{
	const struct command *found = NULL;
	unsigned matches = 0;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, word) == 0)
			return &commands[i];
		if (strncmp(commands[i].name, word, strlen(word)) == 0) {
			found = &commands[i];
			matches++;
		}
	}
	if (matches == 1)
		return found;
	say("%s: %s; `help' lists the commands\n", word,
	    matches ? "this fits several commands" : "no such command");
	return NULL;
}

void monitor_command(const char *line)
{
	char text[128], *words[WORDS_MAX];
	const struct command *command;
	unsigned count;

	strlcpy(text, line, sizeof(text));
	count = split_words(text, words);
	if (count == 0)
		return;
	command = find_command(words[0]);
	if (command == NULL)
		return;
	if (count > command->words_max)
		say("%s: too many words; usage: %s %s\n", command->name, command->name,
		    command->arguments);
	else
		command->run(count, words);
}

void monitor_init(const char *bootargs, unsigned harts_max, uint64_t ticks_per_s,
		  void (*poweroff)(void), void (*create)(const char *name))
{
	monitor.timebase_hz = ticks_per_s ? ticks_per_s : 1;
	monitor.poweroff = poweroff;
	monitor_create_vm = create;
	trace_monitor_init(harts_max, ticks_per_s);
	vcpu_fast_path = !option_is(bootargs, "fast", "off");
	if (option_is(bootargs, "trace", "1") || option_is(bootargs, "trace", "live")) {
		if (trace_start(true))
			console_log("no memory for the trace");
	} else if (option_is(bootargs, "trace", "ring")) {
		if (trace_start(false))
			console_log("no memory for the trace");
	}
}
