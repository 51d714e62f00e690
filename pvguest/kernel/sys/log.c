/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syslog(2), and the record of calls that this kernel does not have.
 * Linux man-pages, syslog(2).
 */
#include "fs/kmsg.h"
#include "lib/errno.h"
#include "lib/klog.h"
#include "proc/proc.h"
#include "sys/count.h"
#include "sys/log.h"
#include "sys/syscall.h"

enum { LOG_CLOSE, LOG_OPEN, LOG_READ, LOG_READ_ALL, LOG_READ_CLEAR, LOG_CLEAR, LOG_CONSOLE_OFF,
       LOG_CONSOLE_ON, LOG_CONSOLE_LEVEL, LOG_SIZE_UNREAD, LOG_SIZE_BUFFER };

long sys_syslog(long action, uint64_t buf, long length)
{
	static unsigned int saved_level = KLOG_DEBUG;

	if (action >= LOG_READ && action <= LOG_READ_CLEAR && (!buf || (int)length < 0))
		return -EINVAL;
	switch ((int)action) {
	case LOG_CLOSE:
	case LOG_OPEN:
		return 0;
	case LOG_READ:
		return length ? kmsg_read_new(buf, (size_t)length, true) : 0;
	case LOG_READ_ALL:
	case LOG_READ_CLEAR:
		return kmsg_read_all(buf, (size_t)length, action == LOG_READ_CLEAR);
	case LOG_CLEAR:
		kmsg_clear();
		return 0;
	case LOG_CONSOLE_OFF:
		saved_level = klog_console_level > 1 ? klog_console_level : saved_level;
		klog_console_level = 1;
		return 0;
	case LOG_CONSOLE_ON:
		klog_console_level = saved_level;
		return 0;
	case LOG_CONSOLE_LEVEL:
		if (length < 1 || length > 8)
			return -EINVAL;
		klog_console_level = (unsigned int)length;
		return 0;
	case LOG_SIZE_UNREAD:
		return (long)kmsg_unread();
	case LOG_SIZE_BUFFER:
		return KLOG_SIZE;
	default:
		return -EINVAL;
	}
}

/* Numbers that Linux has, by name, so that the log says what a program missed. */
static const char *const log_names[SYSCALL_COUNT] = {
#define LOG_NAME(number, name)	[number] = #name,
	LOG_NAMES(LOG_NAME)
};

uint64_t log_missing_total;
static uint32_t log_missing_count[SYSCALL_COUNT];

const char *log_missing_at(size_t number, uint32_t *count)
{
	*count = number < SYSCALL_COUNT ? log_missing_count[number] : 0;
	return number < SYSCALL_COUNT && log_names[number] ? log_names[number] : "unknown";
}

void log_missing(uint64_t number)
{
	static bool other;
	bool known = number < SYSCALL_COUNT;
	uint32_t count;

	log_missing_total++;
	if (known ? log_missing_count[number]++ : other)
		return;
	other = other || !known;
	klog_printf(KLOG_DEBUG, "%s[%d]: system call %lu (%s) is missing: ENOSYS\n",
		    proc_current->name, proc_current->pid, number,
		    log_missing_at(number, &count));
}
