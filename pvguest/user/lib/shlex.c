/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shell's words: cutting a line into tokens, and expanding quotes and variables in a word.
 * POSIX.1-2017, shell command language 2.2, 2.3, 2.5, 2.6; no patterns, no substitution.
 */
#include "shlex.h"

#include <stdbool.h>

#include "string.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

size_t shlex_name_length(const char *text, size_t max)
{
	size_t len = 0;

	while (len < max && (text[len] == '_' || (text[len] >= 'a' && text[len] <= 'z') ||
			     (text[len] >= 'A' && text[len] <= 'Z') ||
			     (len > 0 && is_digit(text[len]))))
		len++;
	return len;
}

/* The operator that `text` begins with, its length in *len; SHLEX_WORD if there is none. */
static enum shlex_type operator_at(const char *text, size_t *len)
{
	static const struct {
		char text[3];
		enum shlex_type type;
	} operators[] = {
		{ "&&", SHLEX_AND }, { "||", SHLEX_OR }, { ">>", SHLEX_APPEND },
		{ ">&", SHLEX_COPY }, { "<&", SHLEX_COPY }, { ";", SHLEX_SEPARATOR },
		{ "\n", SHLEX_SEPARATOR }, { "&", SHLEX_BACKGROUND }, { "|", SHLEX_PIPE },
		{ "<", SHLEX_LESS }, { ">", SHLEX_GREAT },
	};
	size_t i;

	for (i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		*len = strlen(operators[i].text);
		if (strncmp(text, operators[i].text, *len) == 0)
			return operators[i].type;
	}
	return SHLEX_WORD;
}

/* The length of the word at `text`, or SHLEX_OPEN. */
static long word_length(const char *text)
{
	const char *c = text;
	char quote = 0;
	size_t len;

	for (; *c != '\0'; c++) {
		if (*c == '\\' && quote != '\'') {
			if (c[1] == '\0' || (c[1] == '\n' && c[2] == '\0'))
				return SHLEX_OPEN;
			c++;
		} else if (quote != 0) {
			if (*c == quote)
				quote = 0;
		} else if (*c == '\'' || *c == '"') {
			quote = *c;
		} else if (is_blank(*c) || operator_at(c, &len) != SHLEX_WORD ||
			   *c == '(' || *c == ')') {
			break;
		}
	}
	return quote != 0 ? SHLEX_OPEN : c - text;
}

/* One token from *line, which moves on; 0, or SHLEX_OPEN, SHLEX_STRANGE. */
static int token_next(const char **line, struct shlex_token *token)
{
	const char *c = *line;
	size_t len;
	long word;

	while (is_blank(*c) || (c[0] == '\\' && c[1] == '\n' && c[2] != '\0'))
		c += *c == '\\' ? 2 : 1;
	if (*c == '#')
		c += strchr(c, '\n') != NULL ? (size_t)(strchr(c, '\n') - c) : strlen(c);
	*token = (struct shlex_token){ .type = SHLEX_END, .text = c, .fd = -1 };
	*line = c;
	if (*c == '\0')
		return 0;
	if (is_digit(c[0]) && (c[1] == '<' || c[1] == '>'))
		token->fd = *c++ - '0';
	token->type = operator_at(c, &len);
	if (token->type == SHLEX_WORD) {
		word = word_length(c);
		if (word == SHLEX_OPEN)
			return SHLEX_OPEN;
		if (word == 0)
			return SHLEX_STRANGE;
		len = (size_t)word;
	} else if (token->fd < 0) {
		token->fd = *c == '<' ? 0 : 1;
	}
	*line = c + len;
	token->len = (size_t)(*line - token->text);
	return 0;
}

int shlex_split(const char *line, struct shlex_token *tokens, int max)
{
	enum shlex_type last = SHLEX_END;
	int count = 0, error;

	do {
		if (count == max)
			return SHLEX_TOO_MANY;
		error = token_next(&line, &tokens[count]);
		if (error != 0)
			return error;
		/* A newline behind an operator that wants more is no separator. */
		if (tokens[count].type == SHLEX_SEPARATOR && *tokens[count].text == '\n' &&
		    (last == SHLEX_PIPE || last == SHLEX_AND || last == SHLEX_OR))
			continue;
		if (tokens[count].type == SHLEX_END &&
		    (last == SHLEX_PIPE || last == SHLEX_AND || last == SHLEX_OR))
			return SHLEX_OPEN;
		last = tokens[count].type;
		count++;
	} while (last != SHLEX_END);
	return count;
}

/* The words of one expansion under construction. */
struct expansion {
	struct arena *arena;
	char **words;
	int count, max;
	bool open;		/* words[count] has begun */
	bool full;		/* the array or the arena */
	bool split;		/* at blanks in variables outside quotes */
};

static void word_begin(struct expansion *out)
{
	if (out->open || out->full)
		return;
	if (out->count == out->max) {
		out->full = true;
		return;
	}
	out->open = true;
	out->words[out->count] = out->arena->base + out->arena->used;
}

static void word_put(struct expansion *out, char c)
{
	word_begin(out);
	if (out->arena->used == out->arena->size)
		out->full = true;
	if (!out->full)
		out->arena->base[out->arena->used++] = c;
}

static void word_end(struct expansion *out)
{
	if (!out->open)
		return;
	word_put(out, '\0');
	out->open = false;
	out->count++;
}

static void value_put(struct expansion *out, const char *value, bool quoted)
{
	for (; value != NULL && *value != '\0'; value++) {
		if (!quoted && out->split && (is_blank(*value) || *value == '\n'))
			word_end(out);
		else
			word_put(out, *value);
	}
}

/* Expands what stands behind a $; the number of characters it used. */
static size_t variable_put(struct expansion *out, const char *text, size_t max, bool quoted,
			   shlex_lookup_t lookup)
{
	size_t len;

	if (max > 2 && text[0] == '{') {
		for (len = 1; len < max && text[len] != '}'; len++)
			;
		if (len < max) {
			value_put(out, lookup(text + 1, len - 1), quoted);
			return len + 1;
		}
	}
	len = shlex_name_length(text, max);
	if (len == 0 && max > 0 && (is_digit(*text) || strchr("?$!#@*", *text) != NULL))
		len = 1;
	if (len == 0)
		word_put(out, '$');
	else
		value_put(out, lookup(text, len), quoted);
	return len;
}

static void token_expand(struct expansion *out, const struct shlex_token *token,
			 shlex_lookup_t lookup)
{
	const char *c = token->text, *end = token->text + token->len;
	char quote = 0;

	while (c < end) {
		char now = *c++;

		if (quote != '\'' && now == '\\' && c < end) {
			/* Within "", \ is itself but before these. */
			if (quote == '"' && strchr("\"\\$`\n", *c) == NULL)
				word_put(out, now);
			if (*c != '\n')
				word_put(out, *c);
			c++;
		} else if (quote == 0 && (now == '\'' || now == '"')) {
			quote = now;
			word_begin(out);
		} else if (quote != 0 && now == quote) {
			quote = 0;
		} else if (quote != '\'' && now == '$') {
			c += variable_put(out, c, (size_t)(end - c), quote != 0, lookup);
		} else {
			word_put(out, now);
		}
	}
}

int shlex_expand(const struct shlex_token *token, struct arena *arena, char **words, int max,
		 shlex_lookup_t lookup)
{
	struct expansion out = { .arena = arena, .words = words, .max = max, .split = true };

	token_expand(&out, token, lookup);
	word_end(&out);
	return out.full ? SHLEX_TOO_MANY : out.count;
}

char *shlex_expand_one(const struct shlex_token *token, struct arena *arena,
		       shlex_lookup_t lookup)
{
	char *word = NULL;
	struct expansion out = { .arena = arena, .words = &word, .max = 1 };

	word_begin(&out);
	token_expand(&out, token, lookup);
	word_end(&out);
	return out.full ? NULL : word;
}
