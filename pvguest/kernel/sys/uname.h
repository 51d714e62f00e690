/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of the machine.
 * Linux man-pages, uname(2).
 */
#ifndef SYS_UNAME_H
#define SYS_UNAME_H

#include "lib/types.h"

#define UNAME_LENGTH	65

enum { UNAME_SYSTEM, UNAME_NODE, UNAME_RELEASE, UNAME_VERSION, UNAME_MACHINE, UNAME_DOMAIN };

const char *uname_get(unsigned int index);
/* -EINVAL if it is too long. */
int uname_put(unsigned int index, const char *text, size_t length);

#endif
