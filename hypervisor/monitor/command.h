/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands of the monitor that do not stand in monitor.c: words[0] is the command's name.
 */
#ifndef MONITOR_COMMAND_H
#define MONITOR_COMMAND_H

#include "lib/types.h"

struct vm;

/*
 * The VM that a word names: its name, an unambiguous beginning of it, or its number; NULL after a
 * message. vm_list_lock is held.
 */
struct vm *monitor_find_vm(const char *word);
/* Ticks of the time CSR in milliseconds. */
uint64_t monitor_ms(uint64_t ticks);

/* monitor/vm_commands.c */
void command_create(unsigned count, char **words);
void command_destroy(unsigned count, char **words);
void command_info(unsigned count, char **words);
void command_list(unsigned count, char **words);
/* Set by monitor_init(). */
extern void (*monitor_create_vm)(const char *name);

/* monitor/sched_commands.c */
void command_vcpu_list(unsigned count, char **words);
void command_top(unsigned count, char **words);
void command_sched_credit(unsigned count, char **words);
void command_vcpu_pin(unsigned count, char **words);
void command_pause(unsigned count, char **words);
void command_unpause(unsigned count, char **words);

#endif
