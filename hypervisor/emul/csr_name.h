/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of CSRs. Pure. RISC-V privileged specification, "CSR Listing".
 */
#ifndef EMUL_CSR_NAME_H
#define EMUL_CSR_NAME_H

#include "lib/types.h"

/* "sscratch"; NULL for a number that is not in this file. */
const char *csr_name(unsigned csr);
/* The numbers that have names, one after the other: index 0, 1 ...; 0 after the last. */
unsigned csr_named(unsigned index);

#endif
