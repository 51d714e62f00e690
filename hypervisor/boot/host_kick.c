/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How this machine's harts interrupt one another: by a store to a register where they have one.
 * RISC-V ACLINT 1.0, chapter 4; RISC-V Advanced Interrupt Architecture 1.0, section 3.5; SBI IPI.
 */
#include <riscv/aclint.h>
#include <riscv/aia.h>
#include "boot/host_kick.h"
#include "drv/imsic.h"
#include "hart/hart.h"
#include "mem/hvmap.h"
#include "monitor/option.h"

static bool by_imsic(const struct hart *hart)
{
	return hart->kick_register != NULL &&
	       (uint8_t *)hart->kick_register == hart->gfile_pages + IMSIC_SETEIPNUM_LE;
}

unsigned host_kick_identity(const struct host_info *host)
{
	/* The last one: sources have the numbers from 1 on. */
	return host->imsic.ids;
}

static void choose(const struct host_info *host, const struct host_hart *info, struct hart *hart,
		   bool msi)
{
	if (info->sswi.v != 0)
		hart->kick_register = hvmap_device(info->sswi, sizeof(uint32_t));
	if (hart->kick_register != NULL) {
		hart->kick_value = ACLINT_SETSSIP_SET;
	} else if (msi && hart->gfile_pages != NULL) {
		/* Its own file's page comes before the guests'. */
		hart->kick_register = (uint32_t *)(hart->gfile_pages + IMSIC_SETEIPNUM_LE);
		hart->kick_value = host_kick_identity(host);
	}
}

void host_kick_init(const struct host_info *host, bool msi)
{
	if (option_is(host->bootargs, "kick", "sbi"))
		return;
	hart_kicks_directly = true;
	for (unsigned i = 0; i < hart_count; i++) {
		choose(host, &host->harts[i], harts[i], msi);
		hart_kicks_directly &= harts[i]->kick_register != NULL;
	}
}

void host_kick_init_this(const struct host_info *host)
{
	if (by_imsic(this_hart()))
		imsic_init(host_kick_identity(host));
}

const char *host_kick_name(void)
{
	if (hart_boot.kick_register == NULL)
		return "SBI";
	return by_imsic(&hart_boot) ? "IMSIC" : "SSWI";
}
