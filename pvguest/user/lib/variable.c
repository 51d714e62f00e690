/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shell's variables, and the environment made of those that are exported.
 * POSIX.1-2017, shell command language 2.5.3.
 */
#include "variable.h"

#include "malloc.h"
#include "string.h"
#include "syscall.h"

static struct variable {
	char *text;		/* NAME=VALUE, on the heap; NULL: free */
	size_t name_len;
	bool exported;
} variables[VARIABLE_MAX];

static struct variable *variable_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < VARIABLE_MAX; i++) {
		struct variable *var = &variables[i];

		if (var->text != NULL && var->name_len == len && strncmp(var->text, name, len) == 0)
			return var;
	}
	return NULL;
}

const char *variable_get(const char *name, size_t len)
{
	struct variable *var = variable_find(name, len);

	return var != NULL ? var->text + len + 1 : NULL;
}

static struct variable *variable_free_slot(void)
{
	size_t i;

	for (i = 0; i < VARIABLE_MAX; i++) {
		if (variables[i].text == NULL)
			return &variables[i];
	}
	return NULL;
}

long variable_set(const char *name, size_t len, const char *value, bool export)
{
	struct variable *var = variable_find(name, len);
	bool exported = export || (var != NULL && var->exported);
	size_t value_len;
	char *text;

	if (var != NULL && value == NULL) {
		var->exported = exported;
		return 0;
	}
	if (value == NULL)
		value = "";
	if (var == NULL)
		var = variable_free_slot();
	value_len = strlen(value);
	text = var != NULL ? malloc(len + value_len + 2) : NULL;
	if (text == NULL)
		return -ENOMEM;
	memcpy(text, name, len);
	text[len] = '=';
	memcpy(text + len + 1, value, value_len + 1);
	free(var->text);
	*var = (struct variable){ .text = text, .name_len = len, .exported = exported };
	return 0;
}

void variable_unset(const char *name)
{
	struct variable *var = variable_find(name, strlen(name));

	if (var == NULL)
		return;
	free(var->text);
	*var = (struct variable){ 0 };
}

void variable_import(char **environ)
{
	for (; *environ != NULL; environ++) {
		const char *equals = strchr(*environ, '=');

		if (equals != NULL)
			variable_set(*environ, (size_t)(equals - *environ), equals + 1, true);
	}
}

void variable_environ(char **environ)
{
	size_t i;

	for (i = 0; i < VARIABLE_MAX; i++) {
		if (variables[i].text != NULL && variables[i].exported)
			*environ++ = variables[i].text;
	}
	*environ = NULL;
}
