/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* stubs.c - see stubs.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stubs.h"
#include "values.h"

struct stub {
	struct stub *next;
	struct ew_extern_type type; /* its names and types live in the module */
	char signature[];
};

static char type_letter(uint8_t type)
{
	switch (type) {
	case EW_I32: return 'i';
	case EW_I64: return 'I';
	case EW_F32: return 'f';
	case EW_F64: return 'F';
	case EW_V128: return 'V';
	case EW_FUNCREF: return 'p';
	default: return 'x';
	}
}

static void print_values(const uint8_t *types, uint32_t count, const union ew_value *values)
{
	char text[512];

	for (uint32_t i = 0; i < count; values += value_slots(types[i++])) {
		value_print_wabt(text, sizeof(text), types[i], values);
		printf("%s%s", i ? ", " : "", text);
	}
}

static enum ew_status call_stub(void *user, struct ew_instance *caller, union ew_value *values)
{
	const struct stub *s = user;

	(void)caller;
	printf("called host ");
	fwrite(s->type.module, 1, s->type.module_len, stdout);
	putchar('.');
	fwrite(s->type.name, 1, s->type.name_len, stdout);
	putchar('(');
	print_values(s->type.params, s->type.param_count, values);
	printf(") =>");
	if (s->type.result_count) {
		memset(values, 0, (size_t)values_slots(s->type.results, s->type.result_count) * sizeof(*values));
		putchar(' ');
		print_values(s->type.results, s->type.result_count, values);
	}
	putchar('\n');
	return EW_OK;
}

enum ew_status stubs_add(struct stubs *list, const struct ew_extern_type *want, struct ew_import *out)
{
	struct stub *s;
	char *p;

	if (want->kind != EW_EXTERN_FUNC)
		return EW_ERR_NOENT;
	s = malloc(sizeof(*s) + want->param_count + want->result_count + 3);
	if (!s)
		return EW_ERR_NOMEM;
	s->type = *want;
	p = s->signature;
	*p++ = '(';
	for (uint32_t i = 0; i < want->param_count; i++)
		*p++ = type_letter(want->params[i]);
	*p++ = ')';
	for (uint32_t i = 0; i < want->result_count; i++)
		*p++ = type_letter(want->results[i]);
	*p = '\0';
	s->next = list->first;
	list->first = s;
	out->kind = EW_EXTERN_FUNC;
	out->u.host.signature = s->signature;
	out->u.host.fn = call_stub;
	out->u.host.user = s;
	return EW_OK;
}

void stubs_deinit(struct stubs *s)
{
	while (s->first) {
		struct stub *next = s->first->next;

		free(s->first);
		s->first = next;
	}
}
