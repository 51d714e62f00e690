/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's network device, found at boot: the default switch's way out of the machine.
 */
#ifndef BOOT_HOST_NET_H
#define BOOT_HOST_NET_H

#include "boot/host_dt.h"

/* Start the first network device among the machine's virtio windows, if there is one. */
void host_net_find(const struct host_info *host);

#endif
