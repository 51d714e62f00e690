/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted output into a buffer and to the console.
 * C11, 7.21.6.1 (a subset).
 */
#include "lib/printf.h"

#include "drv/console.h"
#include "lib/klog.h"
#include "lib/string.h"

struct printf_out {
	char *buf;
	size_t size, length;
};

struct printf_spec {
	bool left, zero;
	int width, longs;
};

static void printf_put(struct printf_out *out, char c)
{
	if (out->length + 1 < out->size)
		out->buf[out->length] = c;
	out->length++;
}

static void printf_field(struct printf_out *out, const struct printf_spec *spec, const char *text,
			 size_t length)
{
	size_t pad = (size_t)spec->width > length ? (size_t)spec->width - length : 0;

	if (spec->zero && !spec->left && length && *text == '-') {
		printf_put(out, *text++);
		length--;
	}
	for (; !spec->left && pad; pad--)
		printf_put(out, spec->zero ? '0' : ' ');
	while (length--)
		printf_put(out, *text++);
	for (; pad; pad--)
		printf_put(out, ' ');
}

static void printf_number(struct printf_out *out, const struct printf_spec *spec, uint64_t value,
			  unsigned int base, bool negative, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[24], *p = text + sizeof(text);

	do {
		*--p = digits[value % base];
		value /= base;
	} while (value);
	if (negative)
		*--p = '-';
	printf_field(out, spec, p, (size_t)(text + sizeof(text) - p));
}

static const char *printf_spec_parse(const char *f, struct printf_spec *spec, va_list *args)
{
	*spec = (struct printf_spec){ 0 };
	for (;; f++) {
		if (*f == '-')
			spec->left = true;
		else if (*f == '0')
			spec->zero = true;
		else
			break;
	}
	if (*f == '*') {
		spec->width = va_arg(*args, int);
		f++;
	}
	for (; *f >= '0' && *f <= '9'; f++)
		spec->width = spec->width * 10 + (*f - '0');
	for (; *f == 'l' || *f == 'z' || *f == 'h'; f++)
		if (*f != 'h')
			spec->longs++;
	return f;
}

static void printf_convert(struct printf_out *out, char conversion, struct printf_spec *spec,
			   va_list *args)
{
	char c = conversion;
	const char *s = &c;
	int64_t value;

	switch (conversion) {
	case 'd':
	case 'i':
		value = spec->longs ? va_arg(*args, long) : va_arg(*args, int);
		printf_number(out, spec, value < 0 ? -(uint64_t)value : (uint64_t)value, 10,
			      value < 0, false);
		return;
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		printf_number(out, spec,
			      spec->longs ? va_arg(*args, unsigned long)
					  : va_arg(*args, unsigned int),
			      conversion == 'u' ? 10 : conversion == 'o' ? 8 : 16, false,
			      conversion == 'X');
		return;
	case 'p':
		spec->zero = true;
		spec->width = 16;
		printf_number(out, spec, (uint64_t)va_arg(*args, void *), 16, false, false);
		return;
	case 's':
		s = va_arg(*args, const char *);
		s = s ? s : "(null)";
		printf_field(out, spec, s, strlen(s));
		return;
	case 'c':
		c = (char)va_arg(*args, int);
		break;
	default:
		break;
	}
	printf_field(out, spec, s, 1);
}

int printf_vformat(char *buf, size_t size, const char *format, va_list args)
{
	struct printf_out out = { buf, size, 0 };
	struct printf_spec spec;
	va_list copy;

	va_copy(copy, args);
	for (; *format; format++) {
		if (*format != '%') {
			printf_put(&out, *format);
			continue;
		}
		format = printf_spec_parse(format + 1, &spec, &copy);
		if (!*format)
			break;
		printf_convert(&out, *format, &spec, &copy);
	}
	va_end(copy);
	if (size)
		buf[MIN(out.length, size - 1)] = '\0';
	return (int)out.length;
}

int printf_format(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = printf_vformat(buf, size, format, args);
	va_end(args);
	return length;
}

void kprintf(const char *format, ...)
{
	char line[512];
	va_list args;
	int length;

	va_start(args, format);
	length = printf_vformat(line, sizeof(line), format, args);
	va_end(args);
	klog_add(KLOG_INFO, line, MIN((size_t)length, sizeof(line) - 1));
	console_write(line, MIN((size_t)length, sizeof(line) - 1));
}
