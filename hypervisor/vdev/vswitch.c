/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A learning Ethernet switch. Pure. IEEE 802.1D-2004, sections 7.8 and 7.9.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "vdev/vswitch.h"

#define MAC_GROUP	(1UL << 40)	/* of the first byte: multicast and broadcast */

uint64_t vswitch_mac(const uint8_t *bytes)
{
	_Static_assert(VSWITCH_MAC_BYTES == 6, "it is done without a loop, twice for each frame");

	return (uint64_t)bytes[0] << 40 | (uint64_t)bytes[1] << 32 | (uint64_t)bytes[2] << 24 |
	       (uint64_t)bytes[3] << 16 | (uint64_t)bytes[4] << 8 | bytes[5];
}

void vswitch_init(struct vswitch *sw, uint64_t ticks_hz)
{
	memset(sw, 0, sizeof(*sw));
	list_init(&sw->ports);
	list_init(&sw->dirty);
	for (unsigned i = 0; i < VSWITCH_OWNERS; i++)
		list_init(&sw->owners[i]);
	sw->age_ticks = VSWITCH_AGE_SECONDS * ticks_hz;
}

/* The vendor's half differs least: fold it over the other. */
static uint64_t hash_of(uint64_t mac)
{
	return mac ^ mac >> 8 ^ mac >> 24;
}

static struct list_head *owners_of(struct vswitch *sw, uint64_t mac)
{
	return &sw->owners[hash_of(mac) & (VSWITCH_OWNERS - 1)];
}

static struct vswitch_port *owner_of(struct vswitch *sw, uint64_t mac)
{
	struct vswitch_port *port;

	list_for_each_entry(port, owners_of(sw, mac), owner_link)
		if (port->mac == mac)
			return port;
	return NULL;
}

int vswitch_add_port(struct vswitch *sw, struct vswitch_port *port,
		     const struct vswitch_port_ops *ops, uint64_t mac)
{
	if (mac != 0 && owner_of(sw, mac) != NULL)
		return -EEXIST;
	*port = (struct vswitch_port){ .ops = ops, .mac = mac };
	list_add_tail(&sw->ports, &port->link);
	list_init(&port->dirty_link);
	list_init(&port->owner_link);
	if (mac != 0)
		list_add_tail(owners_of(sw, mac), &port->owner_link);
	else
		sw->world = port;
	return 0;
}

void vswitch_remove_port(struct vswitch *sw, struct vswitch_port *port)
{
	for (unsigned i = 0; i < VSWITCH_TABLE; i++)
		if (sw->table[i].port == port)
			sw->table[i] = (struct vswitch_entry){ 0 };
	list_remove(&port->link);
	list_remove(&port->owner_link);
	list_remove(&port->dirty_link);
	if (sw->last == port)
		sw->last = NULL;
	if (sw->world == port)
		sw->world = NULL;
}

static struct vswitch_entry *entry_of(struct vswitch *sw, uint64_t mac)
{
	return &sw->table[hash_of(mac) & (VSWITCH_TABLE - 1)];
}

static bool is_fresh(const struct vswitch *sw, const struct vswitch_entry *entry, uint64_t now)
{
	return entry->mac != 0 && now - entry->seen_ticks < sw->age_ticks;
}

/* A port has its share of addresses: those that were not seen for long make room. */
static bool may_learn(struct vswitch *sw, struct vswitch_port *port, uint64_t now)
{
	for (unsigned i = 0; port->learned >= VSWITCH_LEARNED_MAX && i < VSWITCH_TABLE; i++)
		if (sw->table[i].port == port && !is_fresh(sw, &sw->table[i], now)) {
			sw->table[i] = (struct vswitch_entry){ 0 };
			port->learned--;
		}
	return port->learned < VSWITCH_LEARNED_MAX;
}

/*
 * Remember where an address was seen. A place that another address holds and that is fresh stays
 * taken, no port has more than its share, and an address moves from a port where it is fresh only
 * to the way to the world: a VM that invents addresses, or takes its gateway's, hurts none of the
 * others'.
 */
static void learn(struct vswitch *sw, struct vswitch_port *from, uint64_t mac, uint64_t now)
{
	struct vswitch_entry *entry = entry_of(sw, mac);

	if (entry->mac == mac && entry->port == from) {
		entry->seen_ticks = now;
		return;
	}
	if (is_fresh(sw, entry, now) && (entry->mac != mac || from->mac != 0))
		return;
	if (!may_learn(sw, from, now))
		return;
	if (entry->port != NULL)
		entry->port->learned--;
	from->learned++;
	*entry = (struct vswitch_entry){ mac, from, now };
}

static void deliver(struct vswitch *sw, struct vswitch_port *to, const struct vswitch_frame *frame)
{
	sw->last = to;
	if (to->ops->receive(to, frame)) {
		to->received++;
		if (list_empty(&to->dirty_link))
			list_add_tail(&sw->dirty, &to->dirty_link);
	} else {
		to->dropped++;
	}
}

static unsigned flood(struct vswitch *sw, struct vswitch_port *from,
		      const struct vswitch_frame *frame)
{
	struct vswitch_port *port;
	unsigned count = 0;

	list_for_each_entry(port, &sw->ports, link)
		if (port != from) {
			deliver(sw, port, frame);
			count++;
		}
	return count;
}

unsigned vswitch_forward(struct vswitch *sw, struct vswitch_port *from,
		     const struct vswitch_frame *frame, uint64_t now_ticks)
{
	uint64_t to_mac = vswitch_mac(frame->header);
	uint64_t from_mac = vswitch_mac(frame->header + VSWITCH_MAC_BYTES);
	const struct vswitch_entry *entry;
	struct vswitch_port *to;

	if (from_mac & MAC_GROUP || from_mac == 0)
		return 0;
	if (from_mac != from->mac) {
		if (owner_of(sw, from_mac) != NULL)
			return 0;
		learn(sw, from, from_mac, now_ticks);
	}
	if (to_mac & MAC_GROUP)
		return flood(sw, from, frame);
	to = owner_of(sw, to_mac);
	entry = entry_of(sw, to_mac);
	if (to == NULL && entry->mac == to_mac && is_fresh(sw, entry, now_ticks))
		to = entry->port;
	/*
	 * The table is small, and a VM can have others fill it: one that was flooded with what it
	 * has no room for could read what its neighbours send to the world.
	 */
	if (to == NULL && from->mac != 0)
		to = sw->world;
	if (to == NULL)
		return flood(sw, from, frame);
	if (to == from)
		return 0;
	deliver(sw, to, frame);
	return 1;
}

void vswitch_flush(struct vswitch *sw)
{
	struct list_head *node;

	while ((node = list_pop(&sw->dirty)) != NULL) {
		struct vswitch_port *port = list_entry(node, struct vswitch_port, dirty_link);

		port->ops->flush(port);
	}
}
