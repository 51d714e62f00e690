/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted output without floating point (ISO C11 7.21.6.1). All of it goes through one writer,
 * which gathers text in a small buffer and hands it to a sink.
 */
#include "lib/printf.h"

#include "lib/string.h"

#define BUFFER_SIZE		256

struct writer {
	printf_put_fn *put;
	void *ctx;
	size_t total, used;
	char buffer[BUFFER_SIZE];
};

/* One conversion: what stands between % and its letter. */
struct spec {
	bool left, zero, plus, space, alternate;
	int width, precision;		/* precision < 0: none given */
	unsigned size;			/* of an integer argument, in bytes */
};

static void writer_flush(struct writer *w)
{
	if (w->used)
		w->put(w->ctx, w->buffer, w->used);
	w->used = 0;
}

static void write_text(struct writer *w, const char *text, size_t size)
{
	w->total += size;
	while (size) {
		size_t part = MIN(size, BUFFER_SIZE - w->used);

		memcpy(w->buffer + w->used, text, part);
		w->used += part;
		text += part;
		size -= part;
		if (w->used == BUFFER_SIZE)
			writer_flush(w);
	}
}

static void write_repeated(struct writer *w, char c, int count)
{
	for (; count > 0; count--)
		write_text(w, &c, 1);
}

/* Digits of value right-aligned before end. Returns where they begin; 0 has no digits. */
static char *digits(char *end, uint64_t value, unsigned base, bool upper)
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	for (; value; value /= base)
		*--end = set[value % base];
	return end;
}

/* An integer: blanks, sign or 0x, zeros, digits, blanks. */
static void write_integer(struct writer *w, const struct spec *spec, const char *prefix,
			  uint64_t value, unsigned base, bool upper)
{
	char text[24], *end = text + sizeof(text);
	char *begin = digits(end, value, base, upper);
	int length = (int)(end - begin), prefix_length = (int)strlen(prefix);
	int zeros = (spec->precision < 0 ? 1 : spec->precision) - length;
	int blanks;

	/* The # of octal asks for one leading zero, no more. */
	if (base == 8 && spec->alternate && zeros < 1)
		zeros = 1;
	zeros = MAX(zeros, 0);
	blanks = spec->width - prefix_length - zeros - length;
	if (spec->zero && !spec->left && spec->precision < 0 && blanks > 0) {
		zeros += blanks;
		blanks = 0;
	}
	if (!spec->left)
		write_repeated(w, ' ', blanks);
	write_text(w, prefix, (size_t)prefix_length);
	write_repeated(w, '0', zeros);
	write_text(w, begin, (size_t)length);
	if (spec->left)
		write_repeated(w, ' ', blanks);
}

static void write_string(struct writer *w, const struct spec *spec, const char *text)
{
	size_t length;
	int blanks;

	if (!text)
		text = "(null)";
	length = spec->precision < 0 ? strlen(text) : strnlen(text, (size_t)spec->precision);
	blanks = length < (size_t)spec->width ? spec->width - (int)length : 0;
	if (!spec->left)
		write_repeated(w, ' ', blanks);
	write_text(w, text, length);
	if (spec->left)
		write_repeated(w, ' ', blanks);
}

static void write_signed(struct writer *w, const struct spec *spec, int64_t value)
{
	unsigned unused_bits = 64 - 8 * spec->size;
	const char *prefix = spec->plus ? "+" : spec->space ? " " : "";
	uint64_t magnitude;

	value = (int64_t)((uint64_t)value << unused_bits) >> unused_bits;
	magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	write_integer(w, spec, value < 0 ? "-" : prefix, magnitude, 10, false);
}

static void write_unsigned(struct writer *w, const struct spec *spec, uint64_t value, char letter)
{
	unsigned unused_bits = 64 - 8 * spec->size;
	unsigned base = letter == 'u' ? 10 : letter == 'o' ? 8 : 16;
	const char *prefix = "";

	value = value << unused_bits >> unused_bits;
	if (base == 16 && spec->alternate && value)
		prefix = letter == 'X' ? "0X" : "0x";
	write_integer(w, spec, prefix, value, base, letter == 'X');
}

static int parse_number(const char **format)
{
	int number = 0;

	for (; **format >= '0' && **format <= '9'; ++*format)
		number = MIN(number * 10 + (**format - '0'), 100000);
	return number;
}

/* The text after the flags' last character. */
static const char *parse_flags(struct spec *spec, const char *format)
{
	for (;; format++) {
		switch (*format) {
		case '-':
			spec->left = true;
			break;
		case '0':
			spec->zero = true;
			break;
		case '+':
			spec->plus = true;
			break;
		case ' ':
			spec->space = true;
			break;
		case '#':
			spec->alternate = true;
			break;
		default:
			return format;
		}
	}
}

static const char *parse_length(struct spec *spec, const char *format)
{
	switch (*format) {
	case 'h':
		spec->size = format[1] == 'h' ? sizeof(char) : sizeof(short);
		return format + (format[1] == 'h' ? 2 : 1);
	case 'l':
		spec->size = sizeof(long);
		return format + (format[1] == 'l' ? 2 : 1);
	case 'z':
	case 'j':
	case 't':
		spec->size = sizeof(size_t);
		return format + 1;
	default:
		spec->size = sizeof(int);
		return format;
	}
}

/* A va_list is an array on some machines; in a structure it can be passed on by address. */
struct arguments {
	va_list list;
};

static uint64_t next_integer(struct arguments *args, const struct spec *spec)
{
	if (spec->size == sizeof(uint64_t))
		return va_arg(args->list, uint64_t);
	return va_arg(args->list, unsigned);
}

static const char *parse_spec(struct spec *spec, const char *format, struct arguments *args)
{
	*spec = (struct spec){ .precision = -1 };
	format = parse_flags(spec, format);
	if (*format == '*') {
		format++;
		spec->width = va_arg(args->list, int);
		if (spec->width < 0) {
			spec->left = true;
			spec->width = spec->width < -100000 ? 100000 : -spec->width;
		}
	} else {
		spec->width = parse_number(&format);
	}
	if (*format == '.') {
		format++;
		if (*format == '*') {
			format++;
			spec->precision = va_arg(args->list, int);
		} else {
			spec->precision = parse_number(&format);
		}
	}
	return parse_length(spec, format);
}

/* Writes one conversion. Returns the text behind it. */
static const char *write_conversion(struct writer *w, const char *format, struct arguments *args)
{
	const char *start = format;
	struct spec spec;
	char c;

	format = parse_spec(&spec, format, args);
	switch (*format) {
	case 'd':
	case 'i':
		write_signed(w, &spec, (int64_t)next_integer(args, &spec));
		break;
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		write_unsigned(w, &spec, next_integer(args, &spec), *format);
		break;
	case 'p':
		spec.size = sizeof(void *);
		spec.alternate = true;
		write_unsigned(w, &spec, (uintptr_t)va_arg(args->list, void *), 'x');
		break;
	case 's':
		write_string(w, &spec, va_arg(args->list, const char *));
		break;
	case 'c':
		c = (char)va_arg(args->list, int);
		write_repeated(w, ' ', spec.left ? 0 : spec.width - 1);
		write_text(w, &c, 1);
		write_repeated(w, ' ', spec.left ? spec.width - 1 : 0);
		break;
	case '%':
		write_text(w, "%", 1);
		break;
	default: /* the compiler refuses these; show the text as it is */
		write_text(w, "%", 1);
		return start;
	}
	return format + 1;
}

int vprintf_sink(printf_put_fn *put, void *ctx, const char *format, va_list args)
{
	struct writer w;
	struct arguments arguments;

	w.put = put;
	w.ctx = ctx;
	w.total = w.used = 0;
	va_copy(arguments.list, args);
	while (*format) {
		const char *start = format;

		while (*format && *format != '%')
			format++;
		write_text(&w, start, (size_t)(format - start));
		if (*format)
			format = write_conversion(&w, format + 1, &arguments);
	}
	va_end(arguments.list);
	writer_flush(&w);
	return (int)MIN(w.total, (size_t)INT32_MAX);
}

struct string_sink {
	char *next;
	size_t room;			/* without the terminator */
};

static void put_string(void *ctx, const char *text, size_t size)
{
	struct string_sink *sink = ctx;

	size = MIN(size, sink->room);
	memcpy(sink->next, text, size);
	sink->next += size;
	sink->room -= size;
}

/* Where a text of size 0 goes. */
static void put_nowhere(void *ctx, const char *text, size_t size)
{
	(void)ctx;
	(void)text;
	(void)size;
}

int PRINTF_NAME(vsnprintf)(char *buffer, size_t size, const char *format, va_list args)
{
	struct string_sink sink = { buffer, size - 1 };
	int length;

	if (!size)
		return vprintf_sink(put_nowhere, NULL, format, args);
	length = vprintf_sink(put_string, &sink, format, args);
	*sink.next = '\0';
	return length;
}

int PRINTF_NAME(snprintf)(char *buffer, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = PRINTF_NAME(vsnprintf)(buffer, size, format, args);
	va_end(args);
	return length;
}
