/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's ACLINT supervisor software interrupt devices, in its own device tree. Pure. Linux
 * binding riscv,aclint-sswi.
 */
#ifndef BOOT_HOST_SSWI_H
#define BOOT_HOST_SSWI_H

#include "boot/host_dt.h"

/* Fill in each hart's sswi; harts are in out already. There may be several devices. */
void host_sswi_parse(const void *fdt, struct host_info *out);

#endif
