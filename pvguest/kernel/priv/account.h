/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where instructions go: windows that are added up by the hypervisor or, natively, here.
 * docs/abi.md, STRATA_FN_ACCOUNT; sbi/include/strata/firmware.h.
 */
#ifndef PRIV_ACCOUNT_H
#define PRIV_ACCOUNT_H

#include "lib/types.h"

/* What to do: the numbers of STRATA_FN_ACCOUNT, for programs as well. */
enum account_command {
	ACCOUNT_RESET,
	ACCOUNT_ADD,
	ACCOUNT_SUBTRACT,
	ACCOUNT_END,
	ACCOUNT_READ,		/* account_format() */
};

/* Find out whether somebody keeps an account, if it is wanted at all. */
void account_init(bool wanted);
/* Somebody does. */
bool account_is_on(void);
/* ACCOUNT_RESET to ACCOUNT_END; nothing happens where nobody keeps one. */
void account_command(enum account_command command);
/*
 * The sums as members of a JSON object, "parts": instructions, "exits": how often; always
 * terminated. Return: the length; 0 if it does not fit or nobody keeps an account.
 */
size_t account_format(char *text, size_t size);

#endif
