/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A software interrupt file, in sentences of the RISC-V Advanced Interrupt Architecture 1.0.
 * SOURCES: hypervisor/vdev/vimsic.c
 */
#include <riscv/aia.h>
#include "lib/errno.h"
#include "test.h"
#include "vdev/vimsic.h"

static struct vimsic file;
static bool line;
static unsigned changes;

static void signal_line(void *arg, bool level)
{
	CHECK(arg == &file);
	CHECK(line != level);
	line = level;
	changes++;
}

static void start(unsigned ids)
{
	line = false;
	changes = 0;
	CHECK_EQ(vimsic_init(&file, ids, signal_line, &file), 0);
}

static uint64_t reg_read(unsigned select)
{
	uint64_t value = 0;

	CHECK(vimsic_access(&file, select, CSR_OP_RS, false, 0, &value));
	return value;
}

static void reg_write(unsigned select, uint64_t value)
{
	uint64_t old;

	CHECK(vimsic_access(&file, select, CSR_OP_RW, true, value, &old));
}

static void enable(unsigned id)
{
	uint64_t old;

	CHECK(vimsic_access(&file, IMSIC_EIE0 + id / 64 * 2, CSR_OP_RS, true, 1UL << id % 64,
			    &old));
}

TEST("an identity interrupts if it is pending and enabled and delivery is on")
{
	start(255);
	enable(70);
	vimsic_write(&file, IMSIC_SETEIPNUM_LE, 70);
	CHECK(!line);
	CHECK_EQ(vimsic_topei(&file), 70U << 16 | 70);
	reg_write(IMSIC_EIDELIVERY, 1);
	CHECK(line);
	reg_write(IMSIC_EIE0 + 2, 0);
	CHECK(!line);
	CHECK_EQ(vimsic_topei(&file), 0);
}

TEST("the lowest identity comes first, and a write of stopei claims it alone")
{
	start(255);
	reg_write(IMSIC_EIDELIVERY, 1);
	for (unsigned id = 1; id < 256; id += 84) {
		enable(id);
		vimsic_set_pending(&file, id);
	}
	for (unsigned id = 1; id < 256; id += 84) {
		CHECK(line);
		CHECK_EQ(vimsic_topei(&file), id << 16 | id);
		vimsic_claim(&file);
	}
	CHECK(!line);
	vimsic_claim(&file);
	CHECK_EQ(changes, 2);
}

TEST("identities at and above eithreshold do not interrupt; 0 lets all through")
{
	start(63);
	reg_write(IMSIC_EIDELIVERY, 1);
	enable(9);
	vimsic_set_pending(&file, 9);
	reg_write(IMSIC_EITHRESHOLD, 9);
	CHECK(!line);
	reg_write(IMSIC_EITHRESHOLD, 10);
	CHECK(line);
	reg_write(IMSIC_EITHRESHOLD, 1);
	CHECK(!line);
	reg_write(IMSIC_EITHRESHOLD, 0);
	CHECK(line);
	/* Of WARL fields only values that can be are kept. */
	reg_write(IMSIC_EITHRESHOLD, 64);
	CHECK_EQ(reg_read(IMSIC_EITHRESHOLD), 0);
	reg_write(IMSIC_EIDELIVERY, 0x40000000);
	CHECK_EQ(reg_read(IMSIC_EIDELIVERY), 1);
}

TEST("software may set and clear pending bits in eip")
{
	uint64_t old;

	start(127);
	reg_write(IMSIC_EIDELIVERY, 1);
	enable(100);
	reg_write(IMSIC_EIP0 + 2, 1UL << 36);
	CHECK(line);
	CHECK(vimsic_access(&file, IMSIC_EIP0 + 2, CSR_OP_RC, true, 1UL << 36, &old));
	CHECK_EQ(old, 1UL << 36);
	CHECK(!line);
}

TEST("identity 0 and those beyond the last do not exist")
{
	start(127);
	vimsic_write(&file, IMSIC_SETEIPNUM_LE, 0);
	vimsic_write(&file, IMSIC_SETEIPNUM_LE, 128);
	vimsic_write(&file, IMSIC_SETEIPNUM_LE, UINT32_MAX);
	for (unsigned i = 0; i < 64; i += 2) {
		reg_write(IMSIC_EIE0 + i, UINT64_MAX);
		reg_write(IMSIC_EIP0 + i, UINT64_MAX);
		CHECK_EQ(reg_read(IMSIC_EIE0 + i), i == 0 ? ~1UL : i == 2 ? ~0UL : 0);
		CHECK_EQ(reg_read(IMSIC_EIP0 + i), i == 0 ? ~1UL : i == 2 ? ~0UL : 0);
	}
}

TEST("RV64 has the even-numbered registers of eip and eie, and none between the others")
{
	uint64_t old;

	start(255);
	for (unsigned select = 0; select < 0x200; select++) {
		bool exists = select == IMSIC_EIDELIVERY || select == IMSIC_EITHRESHOLD ||
			      (select >= IMSIC_EIP0 && select <= IMSIC_EIE63 && select % 2 == 0);

		CHECK_EQ(vimsic_access(&file, select, CSR_OP_RW, true, 0, &old), exists);
	}
}

TEST("a big-endian MSI is swapped, and nothing else in the page does anything")
{
	start(255);
	enable(5);
	vimsic_write(&file, IMSIC_SETEIPNUM_BE, 5U << 24);
	CHECK_EQ(vimsic_topei(&file), 5U << 16 | 5);
	vimsic_claim(&file);
	for (uint64_t offset = 8; offset < 0x1000; offset += 4)
		vimsic_write(&file, offset, 5);
	CHECK_EQ(vimsic_topei(&file), 0);
}

TEST("a number of identities that is no multiple of 64 minus 1 is refused")
{
	CHECK_EQ(vimsic_init(&file, 64, signal_line, &file), -EINVAL);
	CHECK_EQ(vimsic_init(&file, 2111, signal_line, &file), -EINVAL);
	CHECK_EQ(vimsic_init(&file, 2047, signal_line, &file), 0);
}

TEST("after a reset nothing is pending, enabled or delivered, and the line is low")
{
	start(255);
	reg_write(IMSIC_EIDELIVERY, 1);
	enable(5);
	vimsic_set_pending(&file, 5);
	CHECK(line);
	vimsic_reset(&file);
	CHECK(!line);
	CHECK_EQ(reg_read(IMSIC_EIDELIVERY) | reg_read(IMSIC_EIP0) | reg_read(IMSIC_EIE0), 0);
}

TEST("whatever a guest writes, the line agrees with what it would claim")
{
	static const unsigned sizes[] = { 63, 255, 2047 };
	uint64_t seed = 7;

	for (size_t k = 0; k < 3; k++) {
		start(sizes[k]);
		for (int i = 0; i < 100000; i++) {
			uint64_t r = test_random(&seed), old;

			if (i % 64 == 0)
				reg_write(IMSIC_EIDELIVERY, 1);
			else if (i % 64 == 1)
				enable((unsigned)(r >> 32) % (sizes[k] + 1));
			else if (r & 1)
				vimsic_write(&file, r >> 8 & 0xffc,
					     (uint32_t)(r >> 32) >> (r >> 3 & 31));
			else if (r & 2)
				vimsic_access(&file, (r >> 8 & 0x8f) | 0x70, 1 + r % 3,
					      r >> 4 & 1, test_random(&seed) >> (r >> 20 & 63),
					      &old);
			else if (r & 4)
				vimsic_write(&file, 0, (uint32_t)(r >> 32) & 0xfff);
			else
				vimsic_claim(&file);
			CHECK_EQ(line, file.delivery && vimsic_topei(&file) != 0);
			CHECK(vimsic_topei(&file) >> 16 <= file.num_ids);
		}
		CHECK(changes > 10);
	}
}
