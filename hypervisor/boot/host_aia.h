/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's APLIC and IMSICs, in its own device tree. Pure. Linux bindings
 * interrupt-controller/riscv,aplic and riscv,imsics.
 */
#ifndef BOOT_HOST_AIA_H
#define BOOT_HOST_AIA_H

#include "boot/host_dt.h"

/* Fill in what the tree says about the supervisor level's; harts are in out already. */
void host_aia_parse(const void *fdt, struct host_info *out);

#endif
