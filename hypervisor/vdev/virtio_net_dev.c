/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio network device of a VM, and the switches, which come and go with their devices.
 */
#include "hart/hart.h"
#include "lib/errno.h"
#include "lib/sha256.h"
#include "lib/string.h"
#include "mem/kalloc.h"
#include "vdev/virtio_dev.h"
#include "vdev/virtio_net.h"

#define DEFAULT_SWITCH	"default"
#define NAME_MAX	32

struct net_switch {
	struct list_head link;
	char name[NAME_MAX];
	unsigned users;			/* under switches_lock */
	struct spinlock lock;		/* of all devices at its ports */
	struct vswitch sw;
};

struct virtio_net_dev {
	struct virtio_dev dev;
	struct net_switch *at;
	struct virtio_net net;
};

static struct list_head switches = LIST_HEAD_INIT(switches);
static struct spinlock switches_lock;

static uint64_t now_ticks(void)
{
	return time_now();
}

/* The switch of this name, made if there is none; NULL without memory. */
static struct net_switch *switch_get(const char *name)
{
	struct net_switch *at;

	spin_lock(&switches_lock);
	list_for_each_entry(at, &switches, link)
		if (strncmp(at->name, name, NAME_MAX - 1) == 0) {
			at->users++;
			spin_unlock(&switches_lock);
			return at;
		}
	at = kalloc(sizeof(*at));
	if (at != NULL) {
		strlcpy(at->name, name, NAME_MAX);
		at->users = 1;
		spin_init(&at->lock);
		vswitch_init(&at->sw, timebase_hz);
		list_add_tail(&switches, &at->link);
	}
	spin_unlock(&switches_lock);
	return at;
}

static void switch_put(struct net_switch *at)
{
	spin_lock(&switches_lock);
	if (--at->users == 0) {
		list_remove(&at->link);
		kfree(at);
	}
	spin_unlock(&switches_lock);
}

/* A locally administered address of one device (IEEE 802-2014, 8.2), the same in every run. */
static void derive_mac(const struct vm *vm, const struct vdev_config *config, uint8_t *mac)
{
	uint8_t digest[SHA256_SIZE];
	struct sha256 sha;

	sha256_init(&sha);
	sha256_update(&sha, vm->name, strlen(vm->name));
	sha256_update(&sha, &config->gpa, sizeof(config->gpa));
	sha256_final(&sha, digest);
	memcpy(mac, digest, VSWITCH_MAC_BYTES);
	mac[0] = (uint8_t)((mac[0] & ~1U) | 2U);
}

static void virtio_net_dev_destroy(struct virtio_dev *dev)
{
	struct virtio_net_dev *net = container_of(dev, struct virtio_net_dev, dev);

	spin_lock(&net->at->lock);
	virtio_net_fini(&net->net);
	spin_unlock(&net->at->lock);
	switch_put(net->at);
	kfree(net);
}

int virtio_net_dev_create(struct vm *vm, const struct vdev_config *config)
{
	struct virtio_net_dev *net = kalloc(sizeof(*net));
	struct net_switch *at = switch_get(config->switch_name ? config->switch_name :
								 DEFAULT_SWITCH);
	uint8_t mac[VSWITCH_MAC_BYTES];
	int err = -ENOMEM;

	memcpy(mac, config->mac, sizeof(mac));
	if (vswitch_mac(mac) == 0)
		derive_mac(vm, config, mac);
	if (net != NULL && at != NULL) {
		net->at = at;
		virtio_dev_wire(&net->dev, vm, config, &net->net.virtio, virtio_net_dev_destroy);
		net->dev.lock = &at->lock;
		spin_lock(&at->lock);
		err = virtio_net_init(&net->net, &at->sw, mac, now_ticks, &net->dev.memory,
				      virtio_dev_interrupt, &net->dev);
		spin_unlock(&at->lock);
	}
	if (err) {
		if (at != NULL)
			switch_put(at);
		kfree(net);
		return err;
	}
	virtio_dev_add(&net->dev);
	return 0;
}
