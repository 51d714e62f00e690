/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ISA strings as sets, both ways. RISC-V unprivileged specification, "ISA Extension Naming
 * Conventions": rv64, single letters, then multi-letter names after underscores.
 */
#include "boot/isa.h"
#include "lib/errno.h"
#include "lib/string.h"

/* Who may use it: ANY guest, a guest in mode HW, none. */
enum isa_use { USE_NONE, USE_ANY, USE_HW };

/* In the order in which they are written: Z (by the letter that follows), then S. */
static const struct isa_name {
	const char *name;
	enum isa_bit bit;
	enum isa_use use;
} isa_names[] = {
	{ "zic64b", ISA_BIT_ZIC64B, USE_NONE },		{ "zicbom", ISA_BIT_ZICBOM, USE_NONE },
	{ "zicboz", ISA_BIT_ZICBOZ, USE_NONE },		{ "zicond", ISA_BIT_ZICOND, USE_ANY },
	{ "zicsr", ISA_BIT_ZICSR, USE_ANY },		{ "zifencei", ISA_BIT_ZIFENCEI, USE_ANY },
	{ "zihintntl", ISA_BIT_ZIHINTNTL, USE_ANY },
	{ "zihintpause", ISA_BIT_ZIHINTPAUSE, USE_ANY },
	{ "zimop", ISA_BIT_ZIMOP, USE_ANY },		{ "zacas", ISA_BIT_ZACAS, USE_ANY },
	{ "zfa", ISA_BIT_ZFA, USE_ANY },		{ "zfh", ISA_BIT_ZFH, USE_ANY },
	{ "zfhmin", ISA_BIT_ZFHMIN, USE_ANY },		{ "zcb", ISA_BIT_ZCB, USE_ANY },
	{ "zcmop", ISA_BIT_ZCMOP, USE_ANY },		{ "zba", ISA_BIT_ZBA, USE_ANY },
	{ "zbb", ISA_BIT_ZBB, USE_ANY },		{ "zbc", ISA_BIT_ZBC, USE_ANY },
	{ "zbkb", ISA_BIT_ZBKB, USE_ANY },		{ "zbkc", ISA_BIT_ZBKC, USE_ANY },
	{ "zbkx", ISA_BIT_ZBKX, USE_ANY },		{ "zbs", ISA_BIT_ZBS, USE_ANY },
	{ "zknd", ISA_BIT_ZKND, USE_ANY },		{ "zkne", ISA_BIT_ZKNE, USE_ANY },
	{ "zknh", ISA_BIT_ZKNH, USE_ANY },		{ "zksed", ISA_BIT_ZKSED, USE_ANY },
	{ "zksh", ISA_BIT_ZKSH, USE_ANY },		{ "zkt", ISA_BIT_ZKT, USE_ANY },
	{ "smstateen", ISA_BIT_SMSTATEEN, USE_NONE },	{ "ssaia", ISA_BIT_SSAIA, USE_NONE },
	{ "sscofpmf", ISA_BIT_SSCOFPMF, USE_NONE },	{ "sstc", ISA_BIT_SSTC, USE_HW },
	{ "svade", ISA_BIT_SVADE, USE_NONE },		{ "svadu", ISA_BIT_SVADU, USE_NONE },
	{ "svinval", ISA_BIT_SVINVAL, USE_HW },		{ "svnapot", ISA_BIT_SVNAPOT, USE_HW },
	{ "svpbmt", ISA_BIT_SVPBMT, USE_NONE },		{ "svvptc", ISA_BIT_SVVPTC, USE_HW },
};

_Static_assert(ISA_BIT_END <= 64, "a set is one word");

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
			return 1UL << isa_names[i].bit;
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
	uint64_t allowed = ISA_G | ISA_LETTER('c') | ISA_LETTER('b');

	for (size_t i = 0; i < ARRAY_SIZE(isa_names); i++)
		if (isa_names[i].use == USE_ANY ||
		    (isa_names[i].use == USE_HW && mode == VM_MODE_HW))
			allowed |= 1UL << isa_names[i].bit;
	/* The tree says how large a block is, and of 64 bytes that is known. */
	if (mode == VM_MODE_HW && (host & ISA_ZIC64B))
		allowed |= ISA_ZIC64B | ISA_ZICBOM | ISA_ZICBOZ;
	return (host & allowed) | (host && mode != VM_MODE_HW ? ISA_SVVPTC : 0);
}

/* Where a string is written to, a name at a time. */
struct isa_writer {
	char *out;
	size_t size, length;
	bool full;
};

static void isa_write(struct isa_writer *w, const char *text, size_t length)
{
	w->full = w->full || length > w->size - w->length;
	if (w->full)
		return;
	memcpy(w->out + w->length, text, length);
	w->length += length;
}

int isa_format(uint64_t set, char *out, size_t size)
{
	struct isa_writer w = { .out = out, .size = size };

	isa_write(&w, "rv64", 4);
	for (const char *c = isa_letter_order; *c; c++)
		if (set & ISA_LETTER(*c))
			isa_write(&w, c, 1);
	for (size_t i = 0; i < ARRAY_SIZE(isa_names); i++) {
		if (!(set & 1UL << isa_names[i].bit))
			continue;
		isa_write(&w, "_", 1);
		isa_write(&w, isa_names[i].name, strlen(isa_names[i].name));
	}
	isa_write(&w, "", 1);
	return w.full ? -ENOSPC : (int)w.length - 1;
}

int isa_format_list(uint64_t set, char *out, size_t size)
{
	struct isa_writer w = { .out = out, .size = size };

	for (const char *c = isa_letter_order; *c; c++) {
		if (!(set & ISA_LETTER(*c)))
			continue;
		isa_write(&w, c, 1);
		isa_write(&w, "", 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(isa_names); i++)
		if (set & 1UL << isa_names[i].bit)
			isa_write(&w, isa_names[i].name, strlen(isa_names[i].name) + 1);
	return w.full ? -ENOSPC : (int)w.length;
}
