/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * validate.c - validation alone, for functions that are translated later.
 *
 * The rules stand in translate*.c: validating is translating with everything dead, so that nothing is emitted.  What
 * stands here only recognizes, fast, the common instruction that is certainly valid; for anything else (a long
 * immediate, an operand of another type or none, nearly all of control) the reader goes back to the opcode and
 * translate*.c decides.  So nothing here refuses anything.
 */
#include "wasm/translate.h"

#if EW_CONFIG_WASM && EW_CONFIG_LAZY

void ewi_validate_ops(struct ewi_translator *t)
{
	while (t->depth > 0 && t->status == EW_OK && !t->r.failed)
		ewi_translate_op(t);
}

#endif
