/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shell's words: cutting a line into tokens, and expanding quotes and variables in a word.
 * POSIX.1-2017, shell command language 2.2, 2.3, 2.5, 2.6; no patterns, no substitution.
 */
#ifndef PVGUEST_USER_SHLEX_H
#define PVGUEST_USER_SHLEX_H

#include <stddef.h>

enum shlex_type {
	SHLEX_END,
	SHLEX_WORD,
	SHLEX_SEPARATOR,	/* ; or a newline */
	SHLEX_BACKGROUND,	/* & */
	SHLEX_AND,		/* && */
	SHLEX_OR,		/* || */
	SHLEX_PIPE,
	SHLEX_LESS,		/* <, with fd */
	SHLEX_GREAT,		/* > */
	SHLEX_APPEND,		/* >> */
	SHLEX_COPY,		/* >& and <& */
};

struct shlex_token {
	enum shlex_type type;
	int fd;			/* of a redirection: what stands before it, or its own default */
	const char *text;	/* in the line, quotes and all */
	size_t len;
};

#define SHLEX_OPEN	(-1)	/* a quote is open, or the line ends in \, | , && or || */
#define SHLEX_TOO_MANY	(-2)
#define SHLEX_STRANGE	(-3)	/* a character that this shell has no use for: ( ) */

/* Cuts `line` into at most max tokens, the last of them SHLEX_END; their number, or SHLEX_*. */
int shlex_split(const char *line, struct shlex_token *tokens, int max);

/* Memory that is given back as a whole. */
struct arena {
	char *base;
	size_t size, used;
};

/* The value of a variable or of a special parameter; NULL if it has none. */
typedef const char *(*shlex_lookup_t)(const char *name, size_t len);

/*
 * Expands a word into words, at most max; their number, or SHLEX_TOO_MANY when the array or the
 * arena is full. If a variable outside quotes has blanks in it or is empty there are several, or
 * none.
 */
int shlex_expand(const struct shlex_token *token, struct arena *arena, char **words, int max,
		 shlex_lookup_t lookup);

/* Expands a word into exactly one, whatever is in its variables; NULL when the arena is full. */
char *shlex_expand_one(const struct shlex_token *token, struct arena *arena,
		       shlex_lookup_t lookup);

/* The length of the variable name that `text` begins with, 0 if it does not begin with one. */
size_t shlex_name_length(const char *text, size_t max);

#endif
