/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines of an account under the names of KVM and perf, and what they were about. Pure.
 * docs/hacking.md, "Statistics".
 */
#include <riscv/csr.h>
#include <riscv/insn.h>
#include "emul/csr_name.h"
#include "emul/insn.h"
#include "hart/cause.h"
#include "lib/printf.h"
#include "vm/vm.h"
#include "vsbi/account_name.h"
#include "vsbi/names.h"

static const char *const special_names[ACCOUNT_SPECIALS] = {
	[ACCOUNT_OTHER] = "other",
	[ACCOUNT_GUEST] = "guest",
	[ACCOUNT_FIRMWARE] = "firmware",
	[ACCOUNT_SCHEDULE] = "schedule",
};

static const char *csr_or_other(uint64_t csr)
{
	const char *name = csr_name((unsigned)csr & 0xfff);

	return name ? name : "other";
}

static void name_csr(const char *cause, uint64_t detail, char *text, size_t size)
{
	static const char *const operations[8] = {
		[FUNCT3_CSRRW] = "csrrw",
		[FUNCT3_CSRRS] = "csrrs",
		[FUNCT3_CSRRC] = "csrrc",
		[FUNCT3_CSR_IMM | FUNCT3_CSRRW] = "csrrwi",
		[FUNCT3_CSR_IMM | FUNCT3_CSRRS] = "csrrsi",
		[FUNCT3_CSR_IMM | FUNCT3_CSRRC] = "csrrci",
	};
	const char *operation = operations[detail >> 12 & 7];

	snprintf(text, size, "%s %s %s", cause, operation ? operation : "csr",
		 csr_or_other(detail));
}

static void name_call(const char *cause, uint64_t eid, uint64_t fid, char *text, size_t size)
{
	const char *extension = sbi_ext_name(eid), *function = sbi_function_name(eid, fid);

	if (extension)
		snprintf(text, size, "%s %s.%s", cause, extension, function ? function : "unknown");
	else
		snprintf(text, size, "%s unknown", cause);
}

static void name_device(const char *cause, uint64_t detail, struct vm *vm, char *text, size_t size)
{
	const struct vdev *dev = vm ? vm_find_device(vm, GPA(detail << 12), 1) : NULL;

	snprintf(text, size, "%s %s", cause, dev ? dev->ops->name : "device");
}

void account_name(uint64_t key, struct vm *vm, char *text, size_t size)
{
	const char *cause = cause_event_name(ACCOUNT_KEY_CAUSE(key));
	uint64_t detail = ACCOUNT_KEY_DETAIL(key);

	switch (ACCOUNT_KEY_KIND(key)) {
	case ACCOUNT_SPECIAL:
		snprintf(text, size, "%s", special_names[detail % ACCOUNT_SPECIALS]);
		break;
	case ACCOUNT_CSR:
		name_csr(cause, detail, text, size);
		break;
	case ACCOUNT_INSN:
		snprintf(text, size, "%s %s", cause, insn_kind_name((unsigned)detail));
		break;
	case ACCOUNT_SBI:
		name_call(cause, detail >> 8, detail & 0xff, text, size);
		break;
	case ACCOUNT_HYPERCALL:
		snprintf(text, size, "%s STRATA.%s %s", cause,
			 sbi_function_name(STRATA_EID, detail & 0xff), csr_or_other(detail >> 8));
		break;
	case ACCOUNT_DEVICE:
		name_device(cause, detail, vm, text, size);
		break;
	case ACCOUNT_FILL:
		snprintf(text, size, "%s shadow fill", cause);
		break;
	case ACCOUNT_INJECT:
		snprintf(text, size, "%s inject", cause);
		break;
	default:
		snprintf(text, size, "%s", cause);
		break;
	}
}

void account_entry(const struct account *account, struct vm *vm, unsigned index,
		   struct strata_account_entry *entry)
{
	const struct account_line *line = &account->lines[index];

	*entry = (struct strata_account_entry){ .exits = line->sum.exits,
						.insns = line->sum.insns };
	if (index != ACCOUNT_FIRMWARE || account->firmware)
		account_name(line->key, vm, entry->name, sizeof(entry->name));
}
