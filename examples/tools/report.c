/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* report.c - see report.h. */
#include <inttypes.h>
#include <string.h>
#include "report.h"

void report_refusal(FILE *to, enum ew_status status, const struct ew_error *err)
{
	/* A capability that was not granted is a reason not to link. */
	const char *word = status == EW_ERR_DENIED ? ew_status_text(EW_ERR_UNLINKABLE)
						   : ew_status_text(status);

	if (err->text[0])
		fprintf(to, "%s: %s", word, err->text);
	else
		fprintf(to, "%s", word);
	if (status == EW_ERR_MALFORMED || status == EW_ERR_INVALID)
		fprintf(to, " (at byte 0x%" PRIx32 ")", err->offset);
	fputc('\n', to);
}

/* Names come from the module: control characters would reach the terminal, and ; parts the names of a chain. */
static void put_name(FILE *to, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		fputc((unsigned char)name[i] < 0x20 || name[i] == 0x7f || name[i] == ';' ? '?' : name[i], to);
}

void report_func(FILE *to, const struct ew_module *module, uint32_t func, int width)
{
	size_t len = 0;
	const char *name = ew_func_name(module, func, &len);
	char number[24];

	if (!name) {
		len = (size_t)snprintf(number, sizeof(number), "func[%" PRIu32 "]", func);
		name = number;
	}
	put_name(to, name, len);
	fprintf(to, "%*s", width > (int)len ? width - (int)len : 0, "");
}

void report_trap(FILE *to, const struct ew_trap *trap)
{
	fprintf(to, "trap: %s\n", trap->text[0] ? trap->text : ew_trap_text(trap->code));
	for (uint32_t i = 0; i < trap->frame_count; i++) {
		const struct ew_frame *f = &trap->frames[i];
		size_t len = 0;
		const char *name = f->instance ? ew_func_name(ew_instance_module(f->instance), f->func, &len)
					       : NULL;

		fprintf(to, "  #%" PRIu32 " ", i);
		if (name)
			put_name(to, name, len);
		fprintf(to, "%s(function %" PRIu32 ") at byte 0x%" PRIx32 "\n", name ? " " : "", f->func,
			f->offset);
	}
	if (trap->depth > trap->frame_count)
		fprintf(to, "  ... %" PRIu32 " more\n", trap->depth - trap->frame_count);
}

/* The library words bounds as wabt does, with the operands; the rest has other names there. */
const char *trap_text_wabt(const struct ew_trap *trap)
{
	if (strstr(trap->text, "memory.copy out of bounds"))
		return "out of bounds memory access: memory.copy out of bound"; /* its own spelling */
	switch (trap->code) {
	case EW_TRAP_UNREACHABLE: return "unreachable executed";
	case EW_TRAP_UNDEFINED_ELEMENT: return "undefined table index";
	case EW_TRAP_UNINITIALIZED_ELEMENT: return "uninitialized table element";
	case EW_TRAP_INDIRECT_TYPE: return "indirect call signature mismatch";
	case EW_TRAP_MEMORY_BOUNDS: /* wabt 1.0.32 forgets an s here */
		if (strstr(trap->text, "memory.copy out of bounds"))
			return "out of bounds memory access: memory.copy out of bound";
		return trap->text;
	default: return trap->text;
	}
}
