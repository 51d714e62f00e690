/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest guest: start here. It is a whole S-mode operating system that says hello and
 * powers the machine off. It runs on bare OpenSBI and, the same file, in every mode of Strata:
 *
 *	qemu-system-riscv64 -M virt -nographic -kernel build/tests/guest/hello.elf
 *	make run MODE=te KERNEL=build/tests/guest/hello.elf		(or pv, or hw)
 *
 * Who is below, OpenSBI or Strata, it cannot see: both speak the SBI. tests/guest/lib/start.S has
 * set up a stack before guest_main runs; sbi_call there is one ECALL instruction.
 */
#include "guest.h"

void guest_main(uint64_t hartid, const void *dtb)
{
	uint64_t sstatus;

	/* An S-mode CSR. In te this instruction traps, and the hypervisor answers for the hart. */
	__asm__ volatile("csrr %0, sstatus" : "=r"(sstatus));

	/* ECALL: the firmware's call natively, a hypercall in a virtual machine. */
	struct sbi_ret impl = sbi_call(SBI_EXT_BASE, SBI_BASE_GET_IMPL_ID, 0, 0, 0, 0, 0);

	printf("hello from hart %lu: SBI implementation %lu, sstatus 0x%lx, device tree at %p\n",
	       hartid, impl.value, sstatus, dtb);

	/* Tests report so; returning from guest_main prints the totals and powers off (SRST). */
	test_begin("a guest of under 50 lines says hello");
	EXPECT(impl.error == SBI_SUCCESS);
	test_end();
}
