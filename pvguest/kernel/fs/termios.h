/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs and terminals say to each other: flags, control characters, requests.
 * Linux, include/uapi/asm-generic/termbits.h and ioctls.h; man-pages, termios(3), ioctl_tty(2).
 */
#ifndef FS_TERMIOS_H
#define FS_TERMIOS_H

#include "lib/types.h"

/* iflag */
#define TTY_ISTRIP	0000040U
#define TTY_INLCR	0000100U
#define TTY_IGNCR	0000200U
#define TTY_ICRNL	0000400U
#define TTY_IUCLC	0001000U
#define TTY_IXON	0002000U
#define TTY_IXANY	0004000U
#define TTY_IMAXBEL	0020000U
#define TTY_IUTF8	0040000U
/* oflag */
#define TTY_OPOST	0000001U
#define TTY_OLCUC	0000002U
#define TTY_ONLCR	0000004U
#define TTY_OCRNL	0000010U
#define TTY_ONOCR	0000020U
#define TTY_ONLRET	0000040U
#define TTY_XTABS	0014000U
/* lflag */
#define TTY_ISIG	0000001U
#define TTY_ICANON	0000002U
#define TTY_ECHO	0000010U
#define TTY_ECHOE	0000020U
#define TTY_ECHOK	0000040U
#define TTY_ECHONL	0000100U
#define TTY_NOFLSH	0000200U
#define TTY_TOSTOP	0000400U
#define TTY_ECHOCTL	0001000U
#define TTY_ECHOKE	0004000U
#define TTY_IEXTEN	0100000U
/* cflag: 38400 baud, 8 bits, receiver on, hang-up on close, no modem lines */
#define TTY_CFLAG	0006277U
#define TTY_SPEED	38400U

/* Indices of cc */
#define TTY_VINTR	0
#define TTY_VQUIT	1
#define TTY_VERASE	2
#define TTY_VKILL	3
#define TTY_VEOF	4
#define TTY_VTIME	5
#define TTY_VMIN	6
#define TTY_VSTART	8
#define TTY_VSTOP	9
#define TTY_VSUSP	10
#define TTY_VEOL	11
#define TTY_VREPRINT	12
#define TTY_VWERASE	14
#define TTY_VLNEXT	15
#define TTY_VEOL2	16
#define TTY_CC_COUNT	19

#define TCGETS		0x5401
#define TCSETS		0x5402
#define TCSETSW		0x5403
#define TCSETSF		0x5404
#define TCSBRK		0x5409
#define TCXONC		0x540a
#define TCFLSH		0x540b
#define TIOCSCTTY	0x540e
#define TIOCGPGRP	0x540f
#define TIOCSPGRP	0x5410
#define TIOCOUTQ	0x5411
#define TIOCSTI		0x5412
#define TIOCGWINSZ	0x5413
#define TIOCSWINSZ	0x5414
#define FIONREAD	0x541b
#define TIOCNOTTY	0x5422
#define TIOCSETD	0x5423
#define TIOCGETD	0x5424
#define TCSBRKP		0x5425
#define TIOCGSID	0x5429
#define TIOCVHANGUP	0x5437
#define TCGETS2		0x802c542a
#define TCSETS2		0x402c542b
#define TCSETSW2	0x402c542c
#define TCSETSF2	0x402c542d

/* Arguments of TCXONC and TCFLSH */
#define TCOOFF		0
#define TCOON		1
#define TCIOFF		2
#define TCION		3
#define TCIFLUSH	0
#define TCOFLUSH	1
#define TCIOFLUSH	2

/* struct termios2 of the kernel's ABI; struct termios ends before the speeds. */
struct termios {
	uint32_t iflag, oflag, cflag, lflag;
	uint8_t line, cc[TTY_CC_COUNT];
	uint32_t ispeed, ospeed;
};

#define TERMIOS_SIZE	offsetof(struct termios, ispeed)

struct winsize {
	uint16_t rows, columns, x_pixels, y_pixels;
};

#endif
