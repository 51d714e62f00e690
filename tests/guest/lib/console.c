/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console output through SBI: the debug console where there is one, else the legacy call.
 * SBI 3.0, chapters 4 (BASE), 5 (legacy), 6 (TIME), 10 (SRST), 12 (DBCN).
 */
#include "guest.h"

#define IMPL_OPENSBI	1	/* SBI 3.0, "SBI Implementation IDs" */

static char line[256];
static unsigned int line_length;

struct sbi_ret sbi_call(uint64_t eid, uint64_t fid, uint64_t arg0, uint64_t arg1, uint64_t arg2,
			uint64_t arg3, uint64_t arg4)
{
	register uint64_t a0 __asm__("a0") = arg0;
	register uint64_t a1 __asm__("a1") = arg1;
	register uint64_t a2 __asm__("a2") = arg2;
	register uint64_t a3 __asm__("a3") = arg3;
	register uint64_t a4 __asm__("a4") = arg4;
	register uint64_t a6 __asm__("a6") = fid;
	register uint64_t a7 __asm__("a7") = eid;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
			 : "memory");
	return (struct sbi_ret){ (int64_t)a0, a1 };
}

bool sbi_probe(uint64_t eid)
{
	struct sbi_ret ret = sbi_call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, eid, 0, 0, 0, 0);

	return ret.error == SBI_SUCCESS && ret.value != 0;
}

bool sbi_is_opensbi(void)
{
	return sbi_call(SBI_EXT_BASE, SBI_BASE_GET_IMPL_ID, 0, 0, 0, 0, 0).value == IMPL_OPENSBI;
}

void sbi_send_ipi(uint64_t hartid)
{
	sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, hartid, 0, 0, 0);
}

void sbi_set_timer(uint64_t deadline)
{
	sbi_call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, deadline, 0, 0, 0, 0);
}

void power_off(bool failed)
{
	uint64_t reason = failed ? SBI_SRST_REASON_SYSTEM_FAILURE : SBI_SRST_REASON_NONE;

	sbi_call(SBI_EXT_SRST, SBI_SRST_RESET, SBI_SRST_TYPE_SHUTDOWN, reason, 0, 0, 0);
	sbi_call(SBI_EXT_LEGACY_SHUTDOWN, 0, 0, 0, 0, 0, 0);
	for (;;)
		__asm__ volatile("wfi");
}

/* A whole line is one DBCN call: the console of a guest is not mixed with another's inside it. */
static void line_flush(void)
{
	static int dbcn = -1;
	unsigned int done = 0;

	if (dbcn < 0)
		dbcn = sbi_probe(SBI_EXT_DBCN);
	while (dbcn && done < line_length) {
		struct sbi_ret ret = sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE, line_length - done,
					      (uintptr_t)line + done, 0, 0, 0);

		if (ret.error || ret.value == 0)
			break;
		done += (unsigned int)ret.value;
	}
	for (; done < line_length; done++)
		sbi_call(SBI_EXT_LEGACY_PUTCHAR, 0, (uint8_t)line[done], 0, 0, 0, 0);
	line_length = 0;
}

static void put_char(char c)
{
	if (c == '\n')
		line[line_length++] = '\r';
	line[line_length++] = c;
	if (c == '\n' || line_length >= sizeof(line) - 2)
		line_flush();
}

static void put_number(uint64_t value, unsigned int base, bool negative, unsigned int width,
		       char fill)
{
	char digits[24];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	if (negative)
		digits[n++] = '-';
	while (n < width && n < sizeof(digits))
		digits[n++] = fill;
	while (n)
		put_char(digits[--n]);
}

static void put_string(const char *s)
{
	for (; *s; s++)
		put_char(*s);
}

void vprintf(const char *format, va_list args)
{
	for (; *format; format++) {
		unsigned int width = 0, longs = 0;
		char fill = ' ';
		int64_t number;

		if (*format != '%') {
			put_char(*format);
			continue;
		}
		if (*++format == '0')
			fill = '0';
		for (; *format >= '0' && *format <= '9'; format++)
			width = width * 10 + (unsigned int)(*format - '0');
		for (; *format == 'l'; format++)
			longs++;
		switch (*format) {
		case 's':
			put_string(va_arg(args, const char *));
			break;
		case 'c':
			put_char((char)va_arg(args, int));
			break;
		case 'd':
			number = longs ? va_arg(args, int64_t) : va_arg(args, int);
			put_number(number < 0 ? -(uint64_t)number : (uint64_t)number, 10,
				   number < 0, width, fill);
			break;
		case 'u':
		case 'x':
			put_number(longs ? va_arg(args, uint64_t) : va_arg(args, unsigned int),
				   *format == 'u' ? 10 : 16, false, width, fill);
			break;
		case 'p':
			put_number(va_arg(args, uintptr_t), 16, false, 16, '0');
			break;
		case '\0':
			return;
		default:
			put_char(*format);
			break;
		}
	}
}

void printf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}
