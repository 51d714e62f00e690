/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counters of a vCPU under the names that KVM (Documentation of its statistics) and perf kvm
 * give them. Pure.
 */
#include "emul/csr_name.h"
#include "hart/cause.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "lib/types.h"
#include "monitor/stats.h"
#include "vsbi/account_name.h"
#include "vsbi/names.h"

struct stats_output {
	stats_line_fn *line;
	void *ctx;
};

static void emit(const struct stats_output *out, const char *name, uint64_t value)
{
	if (value != 0)
		out->line(out->ctx, name, value);
}

static uint64_t sum_ecalls(const struct vcpu_stat *stat)
{
	uint64_t sum = stat->ecall_unknown;

	for (unsigned ext = 0; ext < STAT_EXTENSIONS; ext++)
		for (unsigned fid = 0; fid < STAT_FUNCTIONS; fid++)
			sum += stat->ecall[ext][fid];
	return sum;
}

static uint64_t sum_csrs(const struct vcpu_stat *stat)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < STAT_CSRS; i++)
		sum += stat->csr[i];
	return sum;
}

/* The names of KVM's own counters; the MMIO of a type-1 hypervisor is never a user's. */
static void list_kvm(const struct stats_output *out, const struct vcpu_stat *stat)
{
	out->line(out->ctx, "exits", stat_traps(stat) + stat_interrupt_exits(stat));
	emit(out, "ecall_exit_stat", sum_ecalls(stat));
	emit(out, "wfi_exit_stat", stat->wfi_exit_stat);
	emit(out, "mmio_exit_kernel", stat->mmio_read + stat->mmio_write);
	emit(out, "csr_exit_kernel", sum_csrs(stat));
	emit(out, "instr_illegal_exits", stat->exceptions[EXC_ILLEGAL_INST]);
	emit(out, "load_misaligned_exits", stat->exceptions[EXC_LOAD_MISALIGNED]);
	emit(out, "store_misaligned_exits", stat->exceptions[EXC_STORE_MISALIGNED]);
	emit(out, "load_access_exits", stat->exceptions[EXC_LOAD_ACCESS]);
	emit(out, "store_access_exits", stat->exceptions[EXC_STORE_ACCESS]);
}

/* One counter per scause; prefix tells exits from injections. */
static void list_causes(const struct stats_output *out, const char *prefix,
			const uint64_t exceptions[32], const uint64_t interrupts[16])
{
	char name[64];

	for (uint64_t cause = 0; cause < 32; cause++) {
		snprintf(name, sizeof(name), "%s%s", prefix, cause_event_name(cause));
		emit(out, name, exceptions[cause]);
	}
	for (uint64_t number = 0; number < 16; number++) {
		snprintf(name, sizeof(name), "%s%s", prefix,
			 cause_event_name(SCAUSE_INTERRUPT | number));
		emit(out, name, interrupts[number]);
	}
}

static void list_emulated(const struct stats_output *out, const struct vcpu_stat *stat)
{
	char name[64];
	unsigned csr;

	for (unsigned i = 0; (csr = csr_named(i)) != 0; i++) {
		unsigned slot = stat_csr_slot(csr);

		if (slot == STAT_CSRS - 1)
			continue;
		snprintf(name, sizeof(name), "csr.%s", csr_name(csr));
		emit(out, name, stat->csr[slot]);
	}
	emit(out, "csr.other", stat->csr[STAT_CSRS - 1]);
	emit(out, "sret", stat->sret);
	emit(out, "sfence.vma", stat->sfence);
	emit(out, "mmio.load", stat->mmio_read);
	emit(out, "mmio.store", stat->mmio_write);
	emit(out, "shadow_fills", stat->shadow_fills);
	emit(out, "satp_switches", stat->satp_switches);
}

static void list_ecalls(const struct stats_output *out, const struct vcpu_stat *stat)
{
	char name[64];

	for (unsigned ext = 0; ext < STAT_EXTENSIONS; ext++) {
		for (unsigned fid = 0; fid < STAT_FUNCTIONS; fid++) {
			uint64_t eid = sbi_index_eid(ext, fid);
			const char *function = sbi_function_name(eid, fid);

			if (stat->ecall[ext][fid] == 0)
				continue;
			if (function)
				snprintf(name, sizeof(name), "sbi.%s.%s", sbi_ext_name(eid),
					 function);
			else
				snprintf(name, sizeof(name), "sbi.%s.unknown", sbi_ext_name(eid));
			emit(out, name, stat->ecall[ext][fid]);
		}
	}
	emit(out, "sbi.unknown", stat->ecall_unknown);
}

void stats_list(const struct vcpu_stat *stat, stats_line_fn *line, void *ctx)
{
	struct stats_output out = { .line = line, .ctx = ctx };

	list_kvm(&out, stat);
	list_causes(&out, "", stat->exceptions, stat->interrupts);
	list_emulated(&out, stat);
	list_ecalls(&out, stat);
	list_causes(&out, "inject.", stat->injected_exceptions, stat->injected_interrupts);
	emit(&out, "inject.illegal_instructions", stat->illegal_injected);
	emit(&out, "schedules", stat->schedules);
	emit(&out, "migrations", stat->migrations);
}

void stats_account(const struct account *account, struct vm *vm, stats_line_fn *line, void *ctx)
{
	struct stats_output out = { .line = line, .ctx = ctx };
	char name[64] = "insns.";
	size_t prefix = strlen(name);

	for (unsigned i = 0; i < account->used; i++) {
		account_name(account->lines[i].key, vm, name + prefix, sizeof(name) - prefix);
		emit(&out, name, (uint64_t)MAX(account->lines[i].now.insns, 0));
	}
}
