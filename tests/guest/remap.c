/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A page that one hart unmaps and maps again all the time, while another one runs in it what a
 * hypervisor has to look at. Privileged specification, "Wait for Interrupt", "Sv39".
 */
#include "guest.h"

#define VA		0x40000000UL
#define CALLS		30000U
#define INSN_RET	0x00008067U

static uint32_t code[1024] __attribute__((aligned(4096))) = { INSN_WFI, INSN_RET };
static volatile uint64_t *entry;
static uint64_t mapped;
static volatile bool done;

static void wait_turns(unsigned int turns)
{
	for (volatile unsigned int i = 0; i < turns; i++)
		;
}

/* For times of different lengths, so that it comes about between any two looks. */
static void flip_main(void)
{
	for (unsigned int n = 0; !done; n++) {
		*entry = 0;
		wait_turns(n % 16);
		*entry = mapped;
		wait_turns(n % 307);
	}
	for (;;)
		__asm__ volatile("wfi");
}

static bool start_flipping(uint64_t self)
{
	uint64_t hartids[2];
	unsigned int count = boot_harts(hartids, 2);

	return count == 2 && hart_start_other(hartids[hartids[0] == self], flip_main);
}

static void test_calls(uint64_t self, const uint64_t *root)
{
	volatile uint64_t others = 0;

	test_begin("a page that goes and comes during WFI leads to page faults and nothing else");
	if (!start_flipping(self)) {
		test_skip("this machine has one hart only");
		test_end();
		return;
	}
	page_switch(root, 0);
	/* WFI does not wait: one is pending, and interrupts are off. */
	csr_write(CSR_SIE, SIP_SSIP);
	csr_set(CSR_SIP, SIP_SSIP);
	for (volatile unsigned int i = 0; i < CALLS; i++) {
		TRAP(((void (*)(void))VA)());
		if (trap_last.scause != NO_TRAP && trap_last.scause != EXC_INST_PAGE_FAULT)
			others = others + 1;
	}
	done = true;
	page_off();
	EXPECT_EQ(others, 0);
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	uint64_t *root;

	(void)dtb;
	root = page_root();
	page_map(root, VA, (uintptr_t)code, PTE_S_RWX, 0);
	entry = page_entry(root, VA, 0);
	mapped = *entry;
	__asm__ volatile("fence.i" : : : "memory");
	test_calls(hartid, root);
	test_finish();
}
