/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* disasm.h - instructions as text, into a buffer of the caller: cut where it ends. */
#ifndef EW_WASM_DISASM_H
#define EW_WASM_DISASM_H

#include "wasm/translate.h"

struct ewi_text {
	char *p;
	size_t cap, len; /* len < cap; always terminated */
};

void ewi_text_add(struct ewi_text *o, const char *fmt, ...) EW_PRINTF(2, 3);
/* "5 <name>", or the number alone. */
void ewi_text_func(struct ewi_text *o, const struct ew_module *m, uint32_t func);
/* The instruction r is at, leaving r behind it; false: none that can be read. */
bool ewi_disasm(struct ewi_reader *r, const struct ew_module *m, struct ewi_text *o);
/* The function in whose body this byte of the module is, or EWI_NONE. */
uint32_t ewi_func_of_offset(const struct ew_module *m, uint32_t offset);

#endif
