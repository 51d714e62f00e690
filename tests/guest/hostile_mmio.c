/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every form of memory access on every device of the tree: all widths, compressed, floating point,
 * AMO, LR and SC, cache blocks, fetches; at each alignment, across the end and just outside; with
 * paging off and on. An access has its effect or traps, and no other register changes.
 * For Strata alone: QEMU's devices are not meant to take it.
 *
 * Boot arguments: seed=N; full: every offset of all but the largest devices with every width, else
 * some; count=N for each form.
 */
#include "hostile.h"

#define DEVICES		16
#define RD		11	/* what is loaded, or stored */
#define RS1		10	/* the address; sp, too, for those that use it */
#define GIB		(1UL << 30)
#define EACH_BYTES	0x4000UL	/* of a window all of whose offsets are tried at length */

static uint64_t count;
static bool full;

/* ---- Instructions ---- */

#define I_TYPE(opcode, funct3)	((funct3) << 12 | RD << 7 | RS1 << 15 | (opcode))
#define S_TYPE(opcode, funct3)	((funct3) << 12 | RD << 20 | RS1 << 15 | (opcode))
#define R_TYPE(opcode, funct3, funct7) \
	((uint32_t)(funct7) << 25 | RD << 20 | I_TYPE(opcode, funct3))
#define CBO(operation)		((operation) << 20 | RS1 << 15 | 2 << 12 | OPCODE_MISC_MEM)
/* Compressed: x10 and x11 are numbers 2 and 3 of the eight; offsets are 0. */
#define C_TYPE(quadrant, funct3)	((funct3) << 13 | 2 << 7 | 3 << 2 | (quadrant))
#define C_SP_LOAD(funct3)	((funct3) << 13 | RD << 7 | 2)
#define C_SP_STORE(funct3)	((funct3) << 13 | RD << 2 | 2)
#define AMO_FORMS		64

static const uint32_t plain[] = {
	I_TYPE(OPCODE_LOAD, 0), I_TYPE(OPCODE_LOAD, 1), I_TYPE(OPCODE_LOAD, 2),
	I_TYPE(OPCODE_LOAD, 3), I_TYPE(OPCODE_LOAD, 4), I_TYPE(OPCODE_LOAD, 5),
	I_TYPE(OPCODE_LOAD, 6), I_TYPE(OPCODE_LOAD, 7),
	S_TYPE(OPCODE_STORE, 0), S_TYPE(OPCODE_STORE, 1), S_TYPE(OPCODE_STORE, 2),
	S_TYPE(OPCODE_STORE, 3), S_TYPE(OPCODE_STORE, 4), S_TYPE(OPCODE_STORE, 7),
	I_TYPE(OPCODE_LOAD_FP, 1), I_TYPE(OPCODE_LOAD_FP, 2), I_TYPE(OPCODE_LOAD_FP, 3),
	I_TYPE(OPCODE_LOAD_FP, 4), I_TYPE(OPCODE_LOAD_FP, 0), I_TYPE(OPCODE_LOAD_FP, 7),
	S_TYPE(OPCODE_STORE_FP, 1), S_TYPE(OPCODE_STORE_FP, 2), S_TYPE(OPCODE_STORE_FP, 3),
	S_TYPE(OPCODE_STORE_FP, 4), S_TYPE(OPCODE_STORE_FP, 0), S_TYPE(OPCODE_STORE_FP, 7),
	C_TYPE(0, 1), C_TYPE(0, 2), C_TYPE(0, 3), C_TYPE(0, 5), C_TYPE(0, 6), C_TYPE(0, 7),
	C_TYPE(0, 4), C_TYPE(0, 4) | 1 << 10, C_TYPE(0, 4) | 1 << 10 | 1 << 6,
	C_TYPE(0, 4) | 2 << 10, C_TYPE(0, 4) | 3 << 10,
	C_SP_LOAD(1), C_SP_LOAD(2), C_SP_LOAD(3), C_SP_STORE(5), C_SP_STORE(6), C_SP_STORE(7),
	CBO(0), CBO(1), CBO(2), CBO(4), CBO(31),
	/* fetches: jalr ra, 0(a0), c.jr a0, c.jalr a0 */
	RS1 << 15 | 1 << 7 | 0x67, 0x8502, 0x9502,
};

/* Form number i: a plain one, or AMO, LR, SC of 32 and 64 bits, and what is reserved among them. */
static uint32_t form(unsigned int i)
{
	uint32_t order = (uint32_t)(hostile_random() >> 62);

	if (i < ARRAY_SIZE(plain))
		return plain[i];
	i -= (unsigned int)ARRAY_SIZE(plain);
	return R_TYPE(OPCODE_AMO, 2 + i % 2, i / 2 << 2 | order);
}

/* ---- Places ---- */

/* An address in the window, mostly of a register, or near its edges. */
static uint64_t place(const struct boot_device *device)
{
	uint64_t r = hostile_random() >> 24, low = r >> 8;

	switch (r % 8) {
	case 0:
		return device->base + device->size - 16 + low % 24;
	case 1:
		return device->base - 16 + low % 24;
	case 2:
	case 3:
		return device->base + low % device->size;
	default:
		return device->base + low % 0x120;
	}
}

/* What the console shows of it is a dot; elsewhere it may be anything. */
static uint64_t value_for(const struct boot_device *device)
{
	static const uint64_t any[] = { 0, ~0UL, 1, 0x80000000, 0x100000001 };
	uint64_t r = hostile_random();

	if (strncmp(device->name, "serial", 6) == 0)
		return 0x2e2e2e2e2e2e2e2e;
	return r % 8 < ARRAY_SIZE(any) ? any[r % 8] : r >> 8;
}

/* ---- Tests ---- */

static bool is_expected(uint64_t cause)
{
	return cause <= EXC_STORE_ACCESS || cause == EXC_INST_PAGE_FAULT ||
	       cause == EXC_LOAD_PAGE_FAULT || cause == EXC_STORE_PAGE_FAULT;
}

static void one(const struct boot_device *device, uint32_t word)
{
	uint64_t at = place(device);

	for (unsigned int i = 1; i < 32; i++)
		hostile_frame.x[i] = 0x1000 + i;
	hostile_frame.x[RS1] = hostile_frame.x[2] = at;
	hostile_frame.x[RD] = value_for(device);
	hostile_run(&word, 1);
	if (!is_expected(trap_last.scause))
		test_fail("0x%x at 0x%lx: scause 0x%lx", word, at, trap_last.scause);
	/* ra is the jumps', RD the loads'. */
	for (unsigned int i = 2; i < 32; i++)
		if (i != RD && trap_last.x[i] != hostile_frame.x[i])
			test_fail("0x%x at 0x%lx changed x%u", word, at, i);
}

static void test_forms(const struct boot_device *device)
{
	const char *paging = csr_read(CSR_SATP) ? "on" : "off";

	test_begin("accesses of every form in and around a device trap or have their effect");
	printf("%s, 0x%lx bytes at 0x%lx, paging %s\n", device->name, device->size, device->base,
	       paging);
	for (unsigned int i = 0; i < ARRAY_SIZE(plain) + AMO_FORMS; i++)
		for (uint64_t n = 0; n < count; n++)
			one(device, form(i));
	test_end();
}

/* Each offset has its turn; of a large window, as a PLIC's 64 MiB, some by chance. */
static void test_widths(const struct boot_device *device)
{
	bool each = device->size <= (full ? EACH_BYTES : 0x100);
	uint64_t places = each ? device->size + 16 : full ? EACH_BYTES : 0x120;

	test_begin("loads and stores of each width at each offset, and around, do no harm");
	for (uint64_t i = 0; i < places; i++) {
		uint64_t offset = i < 0x110 || each ? i : hostile_random() % device->size;

		for (unsigned int width = 0; width < 4; width++)
			for (unsigned int store = 0; store < 2; store++)
				access_try(device->base - 8 + offset, width, store,
					   value_for(device));
	}
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	struct boot_device devices[DEVICES];
	unsigned int n = boot_devices(devices, DEVICES);
	uint64_t *root = page_root();

	(void)hartid;
	(void)dtb;
	full = boot_arg("full") != NULL;
	count = hostile_number("count", full ? 200 : 3);
	hostile_state ^= hostile_number("seed", 1) * 0x100000001b3;
	if (!sbi_probe(STRATA_EID) || n == 0 || n > DEVICES) {
		test_begin("a hypervisor and its devices are there");
		return test_skip("no Strata, or no devices");
	}
	page_map(root, 0, 0, PTE_S_RWX, 2);
	for (unsigned int i = 0; i < n; i++) {
		test_forms(&devices[i]);
		test_widths(&devices[i]);
		page_switch(root, 1);
		test_forms(&devices[i]);
		page_off();
	}
	sbi_set_timer(~0UL);
}
