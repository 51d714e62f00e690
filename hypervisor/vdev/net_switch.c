/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's switches, by name.
 */
#include "hart/hart.h"
#include "lib/string.h"
#include "mem/kalloc.h"
#include "vdev/net_switch.h"

static struct list_head switches = LIST_HEAD_INIT(switches);
static struct spinlock switches_lock;

struct net_switch *net_switch_get(const char *name)
{
	struct net_switch *at;

	spin_lock(&switches_lock);
	list_for_each_entry(at, &switches, link)
		if (strncmp(at->name, name, NET_SWITCH_NAME_MAX - 1) == 0) {
			at->users++;
			spin_unlock(&switches_lock);
			return at;
		}
	at = kalloc(sizeof(*at));
	if (at != NULL) {
		strlcpy(at->name, name, NET_SWITCH_NAME_MAX);
		at->users = 1;
		spin_init(&at->lock);
		vswitch_init(&at->sw, timebase_hz);
		list_add_tail(&switches, &at->link);
	}
	spin_unlock(&switches_lock);
	return at;
}

void net_switch_put(struct net_switch *at)
{
	spin_lock(&switches_lock);
	if (--at->users == 0) {
		list_remove(&at->link);
		kfree(at);
	}
	spin_unlock(&switches_lock);
}
