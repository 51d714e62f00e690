/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel log: a ring of lines with their time and level, which dmesg shows.
 * Linux man-pages, syslog(2); Linux, Documentation/ABI/testing/dev-kmsg.
 */
#ifndef LIB_KLOG_H
#define LIB_KLOG_H

#include "lib/types.h"

#define KLOG_SIZE	65536U
#define KLOG_LINE	512U

#define KLOG_ERROR	3U
#define KLOG_WARNING	4U
#define KLOG_INFO	6U
#define KLOG_DEBUG	7U

/* A line of the log. */
struct klog_record {
	uint64_t sequence;	/* its number since boot */
	uint64_t us;		/* when, since boot */
	uint16_t length;
	uint8_t level;
	char text[KLOG_LINE];
};

/* Text as it was printed, lines or parts of them; a line enters the ring at its end. */
void klog_add(uint8_t level, const char *text, size_t length);
/* A line for the log; on the console only if the level is below klog_console_level. */
void klog_printf(uint8_t level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The first line from that number on that is still there; false if there is none. */
bool klog_read(uint64_t sequence, struct klog_record *record);
/* The number of the next line. */
uint64_t klog_next(void);

extern unsigned int klog_console_level;

#endif
