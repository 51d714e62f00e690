/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Error numbers of system calls, negated on return.
 * Linux, include/uapi/asm-generic/errno.h (the numbers are ABI).
 */
#ifndef LIB_ERRNO_H
#define LIB_ERRNO_H

#define EPERM		1
#define ENOENT		2
#define ESRCH		3
#define EINTR		4
#define EIO		5
#define ENXIO		6
#define E2BIG		7
#define ENOEXEC		8
#define EBADF		9
#define ECHILD		10
#define EAGAIN		11
#define ENOMEM		12
#define EACCES		13
#define EFAULT		14
#define ENOTBLK		15
#define EBUSY		16
#define EEXIST		17
#define EXDEV		18
#define ENODEV		19
#define ENOTDIR		20
#define EISDIR		21
#define EINVAL		22
#define ENFILE		23
#define EMFILE		24
#define ENOTTY		25
#define EFBIG		27
#define ENOSPC		28
#define ESPIPE		29
#define EROFS		30
#define EMLINK		31
#define EPIPE		32
#define EDOM		33
#define ERANGE		34
#define EDEADLK		35
#define ENAMETOOLONG	36
#define ENOLCK		37
#define ENOSYS		38
#define ENOTEMPTY	39
#define ELOOP		40
#define EOVERFLOW	75
#define EOPNOTSUPP	95
#define ECANCELED	125
#define ETIMEDOUT	110

/*
 * Never seen by a program: the call was interrupted by a signal. RESTART begins it again unless
 * a handler without SA_RESTART runs; NOHAND begins it again only if no handler runs at all.
 */
#define ERESTART	512
#define ERESTARTNOHAND	514
#define ERESTART_RESTARTBLOCK	516

#endif
