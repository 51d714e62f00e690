/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's own error numbers. Functions return them negated; a guest never sees one.
 */
#ifndef LIB_ERRNO_H
#define LIB_ERRNO_H

#define ENOENT		2
#define EIO		5
#define E2BIG		7
#define EAGAIN		11
#define ENOMEM		12
#define EFAULT		14
#define EBUSY		16
#define EEXIST		17
#define ENODEV		19
#define EINVAL		22
#define ENOSPC		28
#define ERANGE		34
#define ENOSYS		38
#define EOVERFLOW	75
#define EILSEQ		84

#endif
