/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ISA strings as sets, both ways. RISC-V unprivileged specification, "ISA Extension Naming
 * Conventions": rv64, single letters, then multi-letter names after underscores.
 */
#include "boot/isa.h"
#include "lib/errno.h"
#include "lib/string.h"

/* In the order in which they are written: Z (by the letter that follows), then S. */
static const struct isa_name {
	const char *name;
	uint64_t bit;
} isa_names[] = {
	{ "zicbom", ISA_ZICBOM },	{ "zicboz", ISA_ZICBOZ },
	{ "zicsr", ISA_ZICSR },		{ "zifencei", ISA_ZIFENCEI },
	{ "zihintpause", ISA_ZIHINTPAUSE },
	{ "zfh", ISA_ZFH },		{ "zfhmin", ISA_ZFHMIN },
	{ "zba", ISA_ZBA },		{ "zbb", ISA_ZBB },
	{ "zbc", ISA_ZBC },		{ "zbs", ISA_ZBS },
	{ "smstateen", ISA_SMSTATEEN },	{ "ssaia", ISA_SSAIA },
	{ "sscofpmf", ISA_SSCOFPMF },	{ "sstc", ISA_SSTC },
	{ "svade", ISA_SVADE },		{ "svadu", ISA_SVADU },
	{ "svinval", ISA_SVINVAL },	{ "svnapot", ISA_SVNAPOT },
	{ "svpbmt", ISA_SVPBMT },
};

static const char isa_letter_order[] = "imafdqcbvh";

#define ISA_G	(ISA_LETTER('i') | ISA_LETTER('m') | ISA_LETTER('a') | ISA_LETTER('f') |           \
		 ISA_LETTER('d') | ISA_ZICSR | ISA_ZIFENCEI)

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The bit of the multi-letter name of length characters, or 0. */
static uint64_t isa_lookup(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(isa_names); i++) {
		const char *known = isa_names[i].name;
		size_t n = 0;

		while (n < length && known[n] == to_lower(name[n]))
			n++;
		if (n == length && known[n] == '\0')
			return isa_names[i].bit;
	}
	return 0;
}

static uint64_t isa_letter(char c)
{
	return c == 'g' ? ISA_G : is_letter(c) ? ISA_LETTER(c) : 0;
}

/* "i2p1" is a letter with a version: skip digits, and a 'p' between digits. */
static const char *isa_skip_version(const char *s)
{
	if (!is_digit(*s))
		return s;
	while (is_digit(*s))
		s++;
	if (s[0] == 'p' && is_digit(s[1]))
		for (s++; is_digit(*s); s++)
			;
	return s;
}

uint64_t isa_parse(const char *string)
{
	const char *s = string;
	uint64_t set = 0;

	if (to_lower(s[0]) != 'r' || to_lower(s[1]) != 'v' || s[2] != '6' || s[3] != '4')
		return 0;
	for (s += 4; *s && *s != '_'; s = isa_skip_version(s + 1)) {
		char c = to_lower(*s);

		if (c == 'z' || c == 's' || c == 'x')
			break;
		set |= isa_letter(c);
	}
	while (*s) {
		size_t length;

		if (*s == '_')
			s++;
		for (length = 0; s[length] && s[length] != '_'; length++)
			;
		set |= length == 1 ? isa_letter(to_lower(*s)) : isa_lookup(s, length);
		s += length;
	}
	return set;
}

uint64_t isa_parse_list(const char *list, size_t size)
{
	uint64_t set = 0;

	while (size) {
		size_t length = strnlen(list, size);

		if (length == size)
			break;
		set |= length == 1 ? isa_letter(to_lower(*list)) : isa_lookup(list, length);
		list += length + 1;
		size -= length + 1;
	}
	return set;
}

uint64_t isa_guest(uint64_t host, enum vm_mode mode)
{
	uint64_t allowed = ISA_G | ISA_LETTER('c') | ISA_ZIHINTPAUSE | ISA_ZBA | ISA_ZBB | ISA_ZBC |
			   ISA_ZBS | ISA_ZFH | ISA_ZFHMIN;

	if (mode == VM_MODE_HW)
		allowed |= ISA_SSTC | ISA_SVINVAL | ISA_SVNAPOT;
	return host & allowed;
}

int isa_format(uint64_t set, char *out, size_t size)
{
	char buffer[ISA_STRING_MAX] = "rv64";
	size_t length = 4;

	for (const char *c = isa_letter_order; *c; c++)
		if (set & ISA_LETTER(*c))
			buffer[length++] = *c;
	for (size_t i = 0; i < ARRAY_SIZE(isa_names); i++) {
		size_t n = strlen(isa_names[i].name);

		if (!(set & isa_names[i].bit))
			continue;
		buffer[length++] = '_';
		memcpy(buffer + length, isa_names[i].name, n);
		length += n;
	}
	if (length >= size)
		return -ENOSPC;
	memcpy(out, buffer, length);
	out[length] = '\0';
	return (int)length;
}
