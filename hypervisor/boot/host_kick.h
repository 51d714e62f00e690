/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How this machine's harts interrupt one another: by their own registers, or by firmware.
 */
#ifndef BOOT_HOST_KICK_H
#define BOOT_HOST_KICK_H

#include "boot/host_dt.h"

/* The identity of the IMSICs that is for IPIs and no source's. */
unsigned host_kick_identity(const struct host_info *host);
/*
 * Choose for each hart: its SSWI register, else its IMSIC if that delivers (msi), else SBI IPI; the
 * boot argument kick=sbi asks for that. On the boot hart, before the others start.
 */
void host_kick_init(const struct host_info *host, bool msi);
/* On each of the others, before it waits for anything. */
void host_kick_init_this(const struct host_info *host);
/* What the boot hart is interrupted by, in a word. */
const char *host_kick_name(void);

#endif
