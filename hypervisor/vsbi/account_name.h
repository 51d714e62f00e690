/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines of an account under the names of KVM and perf, and what they were about. Pure.
 */
#ifndef VSBI_ACCOUNT_NAME_H
#define VSBI_ACCOUNT_NAME_H

#include <strata/abi.h>
#include "vm/account.h"

struct vm;

/*
 * "EXC_INST_ILLEGAL csrrw sscratch", "EXC_SYSCALL TIME.set_timer", "guest"... into text, always
 * terminated. vm knows the devices; NULL: they have no names.
 */
void account_name(uint64_t key, struct vm *vm, char *text, size_t size);
/* Line number index of an account as a guest gets it. */
void account_entry(const struct account *account, struct vm *vm, unsigned index,
		   struct strata_account_entry *entry);

#endif
