/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted output: %d %u %x %c %s %p %%, with l, z, field width, 0 and -, and %.*s.
 * C standard 7.21.6; only what the programs use.
 */
#include "printf.h"

#include <stdbool.h>

#include "string.h"
#include "syscall.h"

struct sink {
	char *buf;
	size_t size;
	size_t used;		/* what there would be if size were infinite */
};

struct field {
	bool left, zero, wide, precise;
	size_t width, precision;
};

static void sink_put(struct sink *sink, char c)
{
	if (sink->used + 1 < sink->size)
		sink->buf[sink->used] = c;
	sink->used++;
}

static void sink_field(struct sink *sink, const struct field *field, const char *text, size_t len)
{
	size_t pad = field->width > len ? field->width - len : 0;
	size_t i;

	for (; pad > 0 && !field->left; pad--)
		sink_put(sink, field->zero ? '0' : ' ');
	for (i = 0; i < len; i++)
		sink_put(sink, text[i]);
	for (; pad > 0; pad--)
		sink_put(sink, ' ');
}

static void sink_number(struct sink *sink, struct field *field, unsigned long value,
			unsigned int base, bool negative)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	if (negative && field->zero) {
		sink_put(sink, '-');
		if (field->width > 0)
			field->width--;
	} else if (negative) {
		digits[--at] = '-';
	}
	sink_field(sink, field, digits + at, sizeof(digits) - at);
}

static const char *field_parse(struct field *field, const char *format, va_list *args)
{
	*field = (struct field){ 0 };
	for (;; format++) {
		if (*format == '-')
			field->left = true;
		else if (*format == '0')
			field->zero = true;
		else
			break;
	}
	for (; *format >= '0' && *format <= '9'; format++)
		field->width = field->width * 10 + (size_t)(*format - '0');
	if (format[0] == '.' && format[1] == '*') {
		int precision = va_arg(*args, int);

		field->precise = precision >= 0;
		field->precision = field->precise ? (size_t)precision : 0;
		format += 2;
	}
	for (; *format == 'l' || *format == 'z'; format++)
		field->wide = true;
	return format;
}

static void sink_string(struct sink *sink, const struct field *field, const char *text)
{
	size_t len = 0;

	if (text == NULL)
		text = "(null)";
	while ((!field->precise || len < field->precision) && text[len] != '\0')
		len++;
	sink_field(sink, field, text, len);
}

static void sink_convert(struct sink *sink, struct field *field, char conversion, va_list *args)
{
	long number;
	char c;

	switch (conversion) {
	case 'd':
		number = field->wide ? va_arg(*args, long) : va_arg(*args, int);
		sink_number(sink, field, number < 0 ? 0UL - (unsigned long)number :
			    (unsigned long)number, 10, number < 0);
		break;
	case 'u':
	case 'x':
		sink_number(sink, field, field->wide ? va_arg(*args, unsigned long) :
			    va_arg(*args, unsigned int), conversion == 'u' ? 10 : 16, false);
		break;
	case 'p':
		sink_put(sink, '0');
		sink_put(sink, 'x');
		sink_number(sink, field, (unsigned long)va_arg(*args, void *), 16, false);
		break;
	case 's':
		sink_string(sink, field, va_arg(*args, const char *));
		break;
	case 'c':
		c = (char)va_arg(*args, int);
		sink_field(sink, field, &c, 1);
		break;
	default:
		sink_put(sink, conversion);
		break;
	}
}

int vsnprintf(char *buf, size_t size, const char *format, va_list args)
{
	struct sink sink = { .buf = buf, .size = size };
	struct field field;
	va_list copy;

	va_copy(copy, args);
	for (; *format != '\0'; format++) {
		if (*format != '%') {
			sink_put(&sink, *format);
			continue;
		}
		format = field_parse(&field, format + 1, &copy);
		if (*format == '\0')
			break;
		sink_convert(&sink, &field, *format, &copy);
	}
	va_end(copy);
	if (size > 0)
		buf[sink.used < size ? sink.used : size - 1] = '\0';
	return (int)sink.used;
}

int snprintf(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(buf, size, format, args);
	va_end(args);
	return len;
}

long write_all(int fd, const void *buf, size_t count)
{
	const char *at = buf;

	while (count > 0) {
		long done = sys_write(fd, at, count);

		if (done == -EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? done : -EIO;
		at += done;
		count -= (size_t)done;
	}
	return 0;
}

static int print_to(int fd, const char *format, va_list args)
{
	char buf[PRINTF_MAX];
	int len = vsnprintf(buf, sizeof(buf), format, args);

	if (len >= PRINTF_MAX)
		len = PRINTF_MAX - 1;
	return write_all(fd, buf, (size_t)len) == 0 ? len : -1;
}

int dprintf(int fd, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = print_to(fd, format, args);
	va_end(args);
	return len;
}

int printf(const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = print_to(1, format, args);
	va_end(args);
	return len;
}

int puts(const char *text)
{
	return printf("%s\n", text);
}

int putchar(int c)
{
	char byte = (char)c;

	return write_all(1, &byte, 1) == 0 ? c : -1;
}
