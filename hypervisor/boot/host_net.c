/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's network device, found at boot: the default switch's way out of the machine.
 */
#include "boot/host_net.h"
#include "drv/intc.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "mem/hvmap.h"
#include "mem/kalloc.h"
#include "vdev/uplink.h"

/* Return: 0; -ENODEV: there is no network device; another errno: it cannot be used. */
static int try_window(const struct host_virtio *window)
{
	unsigned order = page_order_for(HOST_NET_BYTES);
	void *base = hvmap_device(window->base, window->size);
	void *page = page_alloc(kalloc_pages(), PAGE_ORDER_4K, PAGE_ZERO);
	void *buffers = page_alloc(kalloc_pages(), order, PAGE_ZERO);
	struct host_net *net = kalloc(sizeof(*net));
	int err = -ENOMEM;

	if (base != NULL && page != NULL && buffers != NULL && net != NULL)
		err = host_net_init(net, base, page, buffers);
	if (!err) {
		/* From here on the device has the memory, whatever comes. */
		err = uplink_create(net);
		return err ? err : intc_handle(window->irq, uplink_interrupt, net);
	}
	if (page != NULL)
		page_free(kalloc_pages(), page, PAGE_ORDER_4K);
	if (buffers != NULL)
		page_free(kalloc_pages(), buffers, order);
	kfree(net);
	return err;
}

void host_net_find(const struct host_info *host)
{
	for (size_t i = 0; i < host->virtio_count; i++) {
		int err = try_window(&host->virtio[i]);

		if (err == -ENODEV)
			continue;
		if (err)
			kprintf("strata: host network at 0x%lx is not used (%d)\n",
				host->virtio[i].base.v, err);
		else
			kprintf("strata: host network at 0x%lx: uplink of switch \"default\"\n",
				host->virtio[i].base.v);
		return;
	}
}
