/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* wexn.h - exceptions as bytes, and functions that throw: what the two tests of exceptions share. */
#ifndef TESTS_WEXN_H
#define TESTS_WEXN_H

#include "wrun.h"

#define THROW(tag) 0x08, tag
#define THROW_REF 0x0a
#define TRY(type, clauses) 0x1f, type, clauses
#define CATCH(tag, label) 0, tag, label
#define CATCH_REF(tag, label) 1, tag, label
#define CATCH_ALL(label) 2, label
#define CATCH_ALL_REF(label) 3, label
#define I32_ADD 0x6a
#define I32_SUB 0x6b
#define I32_MUL 0x6c
#define REF_NULL_EXN 0xd0, T_EXN
#define REF_IS_NULL 0xd1
#define UNREACHABLE OP_UNREACHABLE
#define END OP_END
#define DROP OP_DROP

enum { B_II, B_I_E, B_FF, B_I_I, B_II_I };	 /* types of blocks: ()iI ()ie ()fF (i)i (ii)i */
enum { E0, E_I, E_II, E_FF, E_X, E_E, E_V };	 /* tags, by the values they carry */
enum { THROWER, DEEP, TAIL, PASS, FIRST_FREE };	 /* functions (i)i */
#define CALL0_THROWS I32_CONST(1), CALL(THROWER), DROP

/*
 * thrower(k): 0 returns 40; 1 throws E0; 2 E_I of 7; 3 E_II of 5, 6; 4 traps; 5 divides by zero.
 * deep(k): calls it below an operand and two locals of its own, adds 2.  tail(k): a tail call of it.
 * pass(k): calls it where E_FF only is caught.
 */
static inline void put_helpers(struct wmod *m)
{
	static const char *const types[] = {"()iI", "()ie", "()fF", "(i)i", "(ii)i"};
	static const char *const tags[] = {"()", "(i)", "(iI)", "(fF)", "(x)", "(e)", "(V)"};
	static const uint8_t thrower[] = {BLOCK(T_VOID), BLOCK(T_VOID), BLOCK(T_VOID), BLOCK(T_VOID), BLOCK(T_VOID), BLOCK(T_VOID),
					  LOCAL_GET(0), 0x0e, 5, 0, 1, 2, 3, 4, 5,
					  END, I32_CONST(40), OP_RETURN, END, THROW(E0), END, I32_CONST(7), THROW(E_I),
					  END, I32_CONST(5), I64_CONST(6), THROW(E_II), END, UNREACHABLE, END, I32_CONST(1), I32_CONST(0), 0x6d};

	for (size_t k = 0; k < ROWS(types); k++)
		wmod_type(m, types[k]);
	for (size_t k = 0; k < ROWS(tags) - !EW_CONFIG_SIMD; k++)
		wmod_tag(m, tags[k]);
	wmod_func(m, "(i)i", "", thrower, sizeof(thrower));
	wmod_func(m, "(i)i", "iI", CODE(I32_CONST(2), LOCAL_GET(0), LOCAL_TEE(1), CALL(THROWER), I32_ADD));
#if EW_CONFIG_TAIL_CALL
	wmod_func(m, "(i)i", "", CODE(LOCAL_GET(0), 0x12, THROWER));
#else
	wmod_func(m, "(i)i", "", CODE(LOCAL_GET(0), CALL(THROWER)));
#endif
	wmod_func(m, "(i)i", "", CODE(BLOCK(B_FF), TRY(T_I32, 1), CATCH(E_FF, 0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, UNREACHABLE));
}

#endif
