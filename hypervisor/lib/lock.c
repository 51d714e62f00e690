/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a hart waits for another without sleeping. RISC-V privileged specification, "Wait for
 * Interrupt".
 */
#include "lib/lock.h"

#include <riscv/csr.h>

/*
 * A WFI that an interrupt of our own ends at once. Hardware passes it like a no-op; QEMU turns to
 * the other harts there, and only there when one thread runs all of them (-icount).
 *
 * The software interrupt stays pending: an IPI may have come meanwhile, and a spurious one does
 * no harm. sie is as before afterwards; sstatus.SIE is 0 in HS-mode, so nothing is taken.
 */
void spin_relax(void)
{
	uint64_t sie = csr_read(CSR_SIE);

	csr_set(CSR_SIE, SIP_SSIP);
	csr_set(CSR_SIP, SIP_SSIP);
	__asm__ volatile("wfi" : : : "memory");
	csr_write(CSR_SIE, sie);
}

void spin_lock_wait(struct spinlock *lock)
{
	do {
		/* Wait with loads, which leave the cache line shared. */
		while (spin_is_locked(lock))
			spin_relax();
	} while (!spin_trylock(lock));
}
