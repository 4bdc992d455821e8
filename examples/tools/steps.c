/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* steps.c - see steps.h. */
#include <string.h>
#include "steps.h"
#include "values.h"

static bool is_free(const char *text)
{
	static const char *const words[] = {"block", "loop", "else", "end", "nop"};
	size_t n = strcspn(text, " ");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == n && memcmp(words[i], text, n) == 0)
			return true;
	return false;
}

static enum ew_status on_step(void *user, const struct ew_step *step)
{
	const struct ew_module *m = ew_instance_module(step->instance);
	struct steps *s = user;
	uint32_t offset, size;
	char text[64];

	s->count++;
	if (ew_module_disasm(m, step->offset, text, sizeof(text), NULL) != EW_OK ||
	    ew_module_func_body(m, step->func, &offset, &size) != EW_OK || step->offset <= offset ||
	    step->offset >= offset + size)
		s->wrong++;
	for (uint32_t i = 0; i < step->value_count; i++)
		s->wrong += type_name(step->types[i])[0] == '?';
	if (s->has_last && s->fuel - step->fuel != !s->last_is_free)
		s->wrong++;
	s->has_last = true;
	s->last_is_free = is_free(text);
	s->fuel = step->fuel;
	return EW_OK;
}

void steps_begin(struct steps *s, struct ew_exec *exec)
{
	s->has_last = false;
	ew_exec_observe(exec, on_step, s);
}
