/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A learning Ethernet switch: ports, a table of addresses, forwarding. Pure; the owner serialises
 * all calls on one switch. IEEE 802.1D-2004, sections 7.8 and 7.9.
 *
 * A port may have an address of its own: no other port can send in its name, nor take its frames.
 * What such a port sends to an address that nobody has, nor has shown, goes out into the world if
 * there is a way, and not to the others.
 */
#ifndef VDEV_VSWITCH_H
#define VDEV_VSWITCH_H

#include "lib/list.h"
#include "lib/types.h"

#define VSWITCH_MAC_BYTES	6U
#define VSWITCH_HEADER_BYTES	14U		/* two addresses and a type */
#define VSWITCH_FRAME_MAX	1518U		/* MTU 1500, with a VLAN tag, without checksum */
#define VSWITCH_TABLE		256U		/* learned addresses, a power of two */
#define VSWITCH_LEARNED_MAX	32U		/* of them for one port */
#define VSWITCH_AGE_SECONDS	300U		/* 802.1D, table 7-5 */
#define VSWITCH_PIECES		8U
#define VSWITCH_OWNERS		256U		/* lists of ports by their own address */

/* A frame on its way, in pieces that stay where they are until it has arrived. */
struct vswitch_frame {
	uint32_t size;
	unsigned count;
	struct vswitch_piece {
		const void *at;
		uint32_t size;
	} pieces[VSWITCH_PIECES];
	/* The header is a copy, the first piece: what was judged is what is delivered. */
	uint8_t header[VSWITCH_HEADER_BYTES];
};

struct vswitch_port;

struct vswitch_port_ops {
	/* A frame for this port. Return: it was taken, not dropped. */
	bool (*receive)(struct vswitch_port *port, const struct vswitch_frame *frame);
	/* No more frames for the moment: tell whom it concerns. */
	void (*flush)(struct vswitch_port *port);
};

struct vswitch_port {
	const struct vswitch_port_ops *ops;
	uint64_t mac;			/* its own address; 0: the way to the world */
	struct list_head link, owner_link;
	struct list_head dirty_link;	/* it received frames since the last flush */
	unsigned learned;		/* addresses in the table */
	uint64_t received, dropped;
	void *payer;			/* the owner's: for whom it is, or NULL */
};

struct vswitch_entry {
	uint64_t mac;			/* 0: free */
	struct vswitch_port *port;
	uint64_t seen_ticks;
};

struct vswitch {
	struct list_head ports, dirty;
	struct vswitch_port *last;	/* the last one that got a frame; NULL: it has gone */
	struct vswitch_port *world;	/* the way to the world, or NULL */
	struct list_head owners[VSWITCH_OWNERS];
	uint64_t age_ticks;
	struct vswitch_entry table[VSWITCH_TABLE];
};

/* ticks_hz: of the times that frames come with. */
void vswitch_init(struct vswitch *sw, uint64_t ticks_hz);
/*
 * mac: the port's own address; 0 for a port that is trusted with every address that no port has of
 * its own. Return: 0; -EEXIST: another port has it.
 */
int vswitch_add_port(struct vswitch *sw, struct vswitch_port *port,
		     const struct vswitch_port_ops *ops, uint64_t mac);
void vswitch_remove_port(struct vswitch *sw, struct vswitch_port *port);
/* Hand a frame that came from a port to those that it is for. Return: to how many. */
unsigned vswitch_forward(struct vswitch *sw, struct vswitch_port *from,
		     const struct vswitch_frame *frame, uint64_t now_ticks);
/* The end of a batch: flush the ports that received. */
void vswitch_flush(struct vswitch *sw);
/* The address that stands in six bytes. */
uint64_t vswitch_mac(const uint8_t *bytes);

#endif
