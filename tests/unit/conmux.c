/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console multiplexer: lines of several sources on one display.
 * SOURCES: hypervisor/monitor/conmux.c
 */
#include "monitor/conmux.h"
#include "test.h"

static struct conmux mux;
static struct vconsole_line te, hw, log_line;
static char shown[4096];
static size_t shown_size;

static void put(void *arg, const char *text, size_t size)
{
	CHECK(arg == shown);
	CHECK(shown_size + size < sizeof(shown));
	memcpy(shown + shown_size, text, size);
	shown_size += size;
	shown[shown_size] = '\0';
}

static void start(bool names)
{
	memset(&te, 0, sizeof(te));
	memset(&hw, 0, sizeof(hw));
	memset(&log_line, 0, sizeof(log_line));
	strcpy(te.prefix, "[te] ");
	strcpy(hw.prefix, "[hw] ");
	te.guest = hw.guest = true;
	shown_size = 0;
	shown[0] = '\0';
	conmux_init(&mux, put, shown);
	mux.names = names;
}

static void say(struct vconsole_line *line, bool live, const char *text)
{
	conmux_write(&mux, line, live, text, strlen(text));
}

TEST("a source that is not live is shown line by line with its name")
{
	start(true);
	say(&hw, false, "hel");
	CHECK_STR(shown, "");
	say(&hw, false, "lo\nwor");
	CHECK_STR(shown, "[hw] hello\n");
	say(&hw, false, "ld\n");
	CHECK_STR(shown, "[hw] hello\n[hw] world\n");
}

TEST("a live source's unfinished line is shown at once")
{
	start(true);
	say(&te, true, "$");
	CHECK_STR(shown, "[te] $");
	say(&te, true, " ls\n");
	CHECK_STR(shown, "[te] $ ls\n");
}

TEST("a line of another source breaks the live one, which is repeated when it goes on")
{
	start(true);
	say(&te, true, "$ l");
	say(&hw, false, "one\ntwo\n");
	CHECK_STR(shown, "[te] $ l\n[hw] one\n[hw] two\n");
	say(&te, true, "s\n");
	CHECK_STR(shown, "[te] $ l\n[hw] one\n[hw] two\n[te] $ ls\n");
}

TEST("bytes of two sources in turn never share a line")
{
	start(true);
	for (const char *c = "abc\n"; *c; c++) {
		conmux_write(&mux, &te, false, c, 1);
		conmux_write(&mux, &hw, false, c, 1);
	}
	CHECK_STR(shown, "[te] abc\n[hw] abc\n");
}

TEST("CR LF is LF, and a CR alone begins the line again")
{
	start(true);
	say(&te, false, "one\r\ntwo\r\n");
	say(&te, false, "10%\r20%\r30%\n");
	CHECK_STR(shown, "[te] one\n[te] two\n[te] 30%\n");
	start(true);
	say(&te, true, "10%\r20%\r\n");
	CHECK_STR(shown, "[te] 10%\r[te] 20%\n");
}

TEST("a single guest's bytes are passed on as they are")
{
	start(false);
	say(&te, true, "a\rb\r\n\x1b[1m");
	CHECK_STR(shown, "a\rb\r\n\x1b[1m");
	say(&log_line, false, "strata: hello\n");
	CHECK_STR(shown, "a\rb\r\n\x1b[1m\nstrata: hello\n");
}

TEST("a line longer than the buffer loses nothing")
{
	char text[VCONSOLE_LINE + 20];

	start(true);
	memset(text, 'x', sizeof(text));
	conmux_write(&mux, &te, false, text, sizeof(text));
	say(&te, false, "\n");
	CHECK_EQ(shown_size, sizeof(text) + 2 * strlen("[te] \n"));
	start(true);
	conmux_write(&mux, &te, true, text, sizeof(text));
	say(&te, true, "\n");
	CHECK_EQ(shown_size, sizeof(text) + strlen("[te] \n"));
}

TEST("a source that becomes live shows its unfinished line")
{
	start(true);
	say(&te, true, "te$ ");
	say(&hw, false, "hw$ ");
	conmux_show(&mux, &hw);
	CHECK_STR(shown, "[te] te$ \n[hw] hw$ ");
	say(&hw, true, "x\n");
	CHECK_STR(shown, "[te] te$ \n[hw] hw$ x\n");
}

TEST("the last line of a source that ends is shown though it is unfinished")
{
	start(true);
	say(&te, true, "te$ ");
	say(&hw, false, "bye");
	conmux_end(&mux, &hw);
	CHECK_STR(shown, "[te] te$ \n[hw] bye\n");
	say(&te, true, "x");
	CHECK_STR(shown, "[te] te$ \n[hw] bye\n[te] te$ x");
	conmux_end(&mux, &te);
	CHECK_STR(shown, "[te] te$ \n[hw] bye\n[te] te$ x\n");
	conmux_end(&mux, &te);
	CHECK_STR(shown, "[te] te$ \n[hw] bye\n[te] te$ x\n");
	CHECK(mux.open == NULL);
}

TEST("whatever is written, every shown line has one source's name and text")
{
	static struct vconsole_line *const sources[] = { &te, &hw };
	uint64_t seed = 3;

	start(true);
	for (int i = 0; i < 100000; i++) {
		uint64_t r = test_random(&seed);
		unsigned which = r & 1;
		/* te writes small letters, hw capital ones. */
		char byte = (r & 0xf0) == 0 ? '\n' : (char)((which ? 'A' : 'a') + (r >> 8) % 26);

		conmux_write(&mux, sources[which], which == 0, &byte, 1);
		if (shown_size < 512)
			continue;
		bool capital = false, small = false;

		for (size_t at = 0; at < shown_size; at++) {
			if (shown[at] == '[')
				at += 4;
			else if (shown[at] == '\n')
				capital = small = false;
			else
				*(shown[at] < 'a' ? &capital : &small) = true;
			CHECK(!(capital && small));
		}
		shown_size = 0;
		conmux_end(&mux, &te);
		shown_size = 0;
	}
}

/* A text with what a line can contain, among it lines longer than the buffer. */
static size_t make_text(char *text, size_t size, uint64_t *seed)
{
	static const char often[] = "\n\r\r\nabcdefgh";

	for (size_t i = 0; i < size; i++)
		text[i] = test_random(seed) % 300 < 298 ? 'x' : often[test_random(seed) % 12];
	return size;
}

TEST("text is shown the same in pieces of any size as byte by byte")
{
	static char text[900], once[sizeof(shown)];
	uint64_t seed = 11;

	for (int turn = 0; turn < 2000; turn++) {
		size_t size = make_text(text, sizeof(text), &seed), once_size, part;

		start(turn & 1);
		for (size_t i = 0; i < size; i++)
			conmux_write(&mux, &te, turn & 2, text + i, 1);
		conmux_end(&mux, &te);
		memcpy(once, shown, once_size = shown_size);
		start(turn & 1);
		for (size_t i = 0; i < size; i += part) {
			part = test_random(&seed) % 300;
			part = MIN(part, size - i);
			conmux_write(&mux, &te, turn & 2, text + i, part);
		}
		conmux_end(&mux, &te);
		CHECK_EQ(shown_size, once_size);
		CHECK(memcmp(shown, once, once_size) == 0);
	}
}
