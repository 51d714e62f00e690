/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patching of the privileged-operation sites at boot, and the hart's privileged set-up.
 * docs/abi.md; unprivileged specification, "Zifencei" for the fence after a change of text.
 */
#include "boot/hart.h"
#include "drv/sbi.h"
#include "lib/string.h"
#include "priv/priv.h"
#include "priv/smp.h"
#include "priv/trap.h"

struct priv_site {
	uint64_t address;
	uint64_t alternative[2];	/* of step 0 and step 1 */
	uint16_t native_length, length[2], reserved;
};

struct smp_site {
	uint64_t address, body;
};

extern const struct priv_site __priv_sites_start[], __priv_sites_end[];
extern const struct smp_site __smp_sites_start[], __smp_sites_end[];

uint64_t priv_features;
bool priv_has_strata;
unsigned int priv_asid_bits;

/* jal x0, offset: unprivileged specification, "J-type immediate encoding". */
static uint32_t priv_encode_jump(int64_t offset)
{
	uint32_t o = (uint32_t)offset;

	return 0x6fU | ((o >> 20 & 1) << 31) | ((o >> 1 & 0x3ff) << 21) | ((o >> 11 & 1) << 20) |
	       ((o >> 12 & 0xff) << 12);
}

static void priv_patch_site(const struct priv_site *site, unsigned int step)
{
	uint32_t instruction;

	if (!site->length[step])
		return;
	if (site->length[step] == 4)
		memcpy(&instruction, (const void *)site->alternative[step], 4);
	else
		instruction = priv_encode_jump((int64_t)(site->alternative[step] - site->address));
	memcpy((void *)site->address, &instruction, 4);
}

/* Text is still writable here: boot.S mapped the whole image with all rights. */
void priv_patch(uint64_t features)
{
	priv_features = features;
	if (!(features & STRATA_F_HYPERCALL))
		return;
	for (const struct priv_site *site = __priv_sites_start; site < __priv_sites_end; site++)
		priv_patch_site(site, (features & STRATA_F_SHARED_PAGE) ? 1 : 0);
	/* The patched words were written as data. */
	__asm__ volatile("fence.i" : : : "memory");
}

/* priv/smp.h: each site becomes a jump. */
void priv_patch_smp(void)
{
	for (const struct smp_site *site = __smp_sites_start; site < __smp_sites_end; site++) {
		uint32_t jump = priv_encode_jump((int64_t)(site->body - site->address));

		memcpy((void *)site->address, &jump, sizeof(jump));
	}
	/* As above; the other harts fence when they start. */
	__asm__ volatile("fence.i" : : : "memory");
}

size_t priv_site_count(void)
{
	return (size_t)(__priv_sites_end - __priv_sites_start);
}

static void priv_set_trap_table(void)
{
	struct sbi_ret ret = sbi_call(STRATA_EID, STRATA_FN_SET_TRAP_TABLE,
				      (uint64_t)priv_trap_from_user,
				      (uint64_t)priv_trap_from_kernel, 0);

	if (ret.error)
		sbi_shutdown(true);
}

void priv_hart_init(void)
{
	if (priv_features & STRATA_F_SHARED_PAGE) {
		struct sbi_ret ret = sbi_call(STRATA_EID, STRATA_FN_MAP_VCPU_PAGE,
					      (uint64_t)hart_end, 0, 0);

		if (ret.error)
			sbi_shutdown(true);
	}
	if (priv_features & STRATA_F_HYPERCALL)
		priv_set_trap_table();
	else
		priv_csr_write(stvec, (uint64_t)priv_trap_vector);
	/* The kernel runs with sscratch = 0: so a trap from the kernel is told from a program's. */
	priv_csr_write(sscratch, 0);
	priv_set_sie(PRIV_SIE_ALL);
	priv_csr_write_call(scounteren, COUNTEREN_CY | COUNTEREN_TM | COUNTEREN_IR);
}
