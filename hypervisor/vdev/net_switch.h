/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's switches, by name. They come and go with their users.
 */
#ifndef VDEV_NET_SWITCH_H
#define VDEV_NET_SWITCH_H

#include "lib/lock.h"
#include "vdev/vswitch.h"

#define NET_SWITCH_DEFAULT	"default"
#define NET_SWITCH_NAME_MAX	32

struct net_switch {
	struct list_head link;
	char name[NET_SWITCH_NAME_MAX];
	unsigned users;			/* under the lock of all switches */
	struct spinlock lock;		/* of all devices at its ports */
	struct vswitch sw;
};

/* The switch of this name, made if there is none; NULL without memory. */
struct net_switch *net_switch_get(const char *name);
/* One user less; the caller's port is removed. */
void net_switch_put(struct net_switch *at);

#endif
