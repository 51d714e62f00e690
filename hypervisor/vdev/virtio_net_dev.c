/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio network device of a VM.
 */
#include "hart/hart.h"
#include "lib/errno.h"
#include "lib/sha256.h"
#include "lib/string.h"
#include "mem/kalloc.h"
#include "vdev/net_switch.h"
#include "vdev/virtio_dev.h"
#include "vdev/virtio_net.h"

struct virtio_net_dev {
	struct virtio_dev dev;
	struct net_switch *at;
	struct virtio_net net;
};

static uint64_t now_ticks(void)
{
	return time_now();
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
	net_switch_put(net->at);
	kfree(net);
}

int virtio_net_dev_create(struct vm *vm, const struct vdev_config *config)
{
	struct virtio_net_dev *net = kalloc(sizeof(*net));
	struct net_switch *at = net_switch_get(config->switch_name ? config->switch_name :
								     NET_SWITCH_DEFAULT);
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
		net->net.port.payer = vm;
		spin_unlock(&at->lock);
	}
	if (err) {
		if (at != NULL)
			net_switch_put(at);
		kfree(net);
		return err;
	}
	virtio_dev_add(&net->dev);
	return 0;
}
