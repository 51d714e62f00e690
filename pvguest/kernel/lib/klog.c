/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel log: a ring of lines; the oldest go when it is full.
 * Linux man-pages, syslog(2).
 */
#include "lib/klog.h"

#include "drv/console.h"
#include "drv/timer.h"
#include "fs/kmsg.h"
#include "lib/printf.h"
#include "lib/string.h"

/* What stands in the ring in front of each line's text. */
struct klog_header {
	uint64_t us;
	uint16_t length;
	uint8_t level;
};

unsigned int klog_console_level = KLOG_DEBUG;

/* Positions count bytes since boot; `first` is where the oldest line begins. */
static char klog_ring[KLOG_SIZE];
static uint64_t klog_first, klog_end, klog_first_sequence, klog_end_sequence;
static char klog_line[KLOG_LINE];
static size_t klog_line_length;

static void klog_copy(uint64_t at, void *buf, size_t length, bool in)
{
	for (size_t i = 0; i < length; i++) {
		char *place = &klog_ring[(at + i) % KLOG_SIZE];

		if (in)
			*place = ((char *)buf)[i];
		else
			((char *)buf)[i] = *place;
	}
}

static void klog_enter(uint8_t level)
{
	struct klog_header header = { .us = timer_now_ns() / 1000,
				      .length = (uint16_t)klog_line_length, .level = level }, old;

	while (klog_end + sizeof(header) + klog_line_length - klog_first > KLOG_SIZE) {
		klog_copy(klog_first, &old, sizeof(old), false);
		klog_first += sizeof(old) + old.length;
		klog_first_sequence++;
	}
	klog_copy(klog_end, &header, sizeof(header), true);
	klog_copy(klog_end + sizeof(header), klog_line, klog_line_length, true);
	klog_end += sizeof(header) + klog_line_length;
	klog_end_sequence++;
	klog_line_length = 0;
	kmsg_wake();
}

void klog_add(uint8_t level, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] != '\n')
			klog_line[klog_line_length++] = text[i];
		if (text[i] == '\n' || klog_line_length == sizeof(klog_line))
			klog_enter(level);
	}
}

void klog_printf(uint8_t level, const char *format, ...)
{
	char line[KLOG_LINE];
	va_list args;
	size_t length;

	va_start(args, format);
	length = (size_t)printf_vformat(line, sizeof(line), format, args);
	va_end(args);
	length = MIN(length, sizeof(line) - 1);
	klog_add(level, line, length);
	if (level < klog_console_level)
		console_write(line, length);
}

bool klog_read(uint64_t sequence, struct klog_record *record)
{
	uint64_t at = klog_first, number = klog_first_sequence;
	struct klog_header header;

	for (; number < klog_end_sequence; number++) {
		klog_copy(at, &header, sizeof(header), false);
		if (number >= sequence)
			break;
		at += sizeof(header) + header.length;
	}
	if (number >= klog_end_sequence)
		return false;
	*record = (struct klog_record){ .sequence = number, .us = header.us,
					.length = header.length, .level = header.level };
	klog_copy(at + sizeof(header), record->text, header.length, false);
	return true;
}

uint64_t klog_next(void)
{
	return klog_end_sequence;
}
