/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI output while the machine's console takes none, above a fake vCPU.
 * SOURCES: hypervisor/vsbi/vsbi.c hypervisor/vsbi/base.c hypervisor/vsbi/time.c
 * SOURCES: hypervisor/vsbi/ipi.c hypervisor/vsbi/hartmask.c hypervisor/vsbi/rfence.c
 * SOURCES: hypervisor/vsbi/hsm.c hypervisor/vsbi/srst.c hypervisor/vsbi/dbcn.c
 * SOURCES: hypervisor/vsbi/legacy.c hypervisor/vsbi/strata.c hypervisor/vsbi/account_name.c
 * SOURCES: hypervisor/vsbi/names.c hypervisor/vm/account.c hypervisor/hart/cause.c
 * SOURCES: hypervisor/emul/csr_name.c hypervisor/emul/insn.c
 * SOURCES: hypervisor/vsbi/susp.c hypervisor/vsbi/sta.c hypervisor/vm/steal.c
 * SOURCES: hypervisor/vsbi/pmu.c hypervisor/vsbi/pmu_event.c hypervisor/vm/vpmu.c
 * SOURCES: hypervisor/vsbi/fwft.c hypervisor/vm/vfence.c
 */
#include "vsbi_fake.h"

TEST("a call that writes to a console without room is repeated, with its registers as they were")
{
	static const struct {
		uint64_t eid, fid, a0, a1;
	} calls[] = {
		{ SBI_EXT_DBCN, SBI_DBCN_WRITE, 5, RAM_GPA },
		{ SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, 'x', 7 },
		{ SBI_EXT_LEGACY_PUTCHAR, 0, 'y', 7 },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		start();
		cpus[0].pc = RAM_GPA + 104;
		console_accepts = false;
		CHECK_EQ(call(calls[i].eid, calls[i].fid, calls[i].a0, calls[i].a1, 0),
			 (int64_t)calls[i].a0);
		CHECK_EQ(VALUE, calls[i].a1);
		CHECK_EQ(cpus[0].pc, RAM_GPA + 100);
		CHECK_EQ(next, VCPU_RESUME);
		CHECK_EQ(written_size, 0);
		console_accepts = true;
		CHECK_EQ(call(calls[i].eid, calls[i].fid, calls[i].a0, calls[i].a1, 0),
			 SBI_SUCCESS);
		CHECK_EQ(cpus[0].pc, RAM_GPA + 100);
		CHECK_EQ(written_size, i == 0 ? 5 : 1);
	}
}

TEST("DBCN: a write of nothing needs no room")
{
	start();
	console_accepts = false;
	CHECK_EQ(call(SBI_EXT_DBCN, SBI_DBCN_WRITE, 0, 0, 0), SBI_SUCCESS);
	console_accepts = true;
}

TEST("DBCN: text of many lines, each of which gets a prefix, comes in pieces, and whole")
{
	start();
	memset(ram, '\n', 200);
	memset(ram + 50, '\r', 50);
	CHECK_EQ(call(SBI_EXT_DBCN, SBI_DBCN_WRITE, 200, RAM_GPA, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 200);
	CHECK_EQ(written_size, 200);
	CHECK_EQ(memcmp(written, ram, 200), 0);
}
