/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of SBI extensions, functions and errors, for statistics and the trace. Pure.
 * RISC-V Supervisor Binary Interface Specification 3.0, and <strata/abi.h>.
 */
#ifndef VSBI_NAMES_H
#define VSBI_NAMES_H

#include "lib/types.h"

/* "BASE", "TIME" ... of an EID ("LEGACY" for the legacy ones); NULL: not one that we have. */
const char *sbi_ext_name(uint64_t eid);
/* "set_timer", "hart_start" ...; of a legacy call fid is ignored. NULL: unknown. */
const char *sbi_function_name(uint64_t eid, uint64_t fid);
/* "SBI_ERR_INVALID_PARAM" ...; "?" for a number that SBI 3.0 has not. */
const char *sbi_error_name(int64_t error);
/* EID of a place in vcpu_stat.ecall (enum vsbi_index); of LEGACY the call's number is its fid. */
uint64_t sbi_index_eid(unsigned index, uint64_t fid);
/* The place (enum vsbi_index) of the extension with this name in lower case; -1: none has it. */
int sbi_ext_by_name(const char *name);

#endif
