/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* icode.h - names, classes and forms of internal instructions, expanded from icode.def. */
#ifndef EW_WASM_ICODE_H
#define EW_WASM_ICODE_H

#include "wasm/exec.h"

/* pshufb may be there, and the compiler may not count on it: two handlers, one of which a module is given. */
#if defined(__GNUC__) && defined(__x86_64__) && !defined(__SSSE3__)
#define EWI_PSHUFB 1
#else
#define EWI_PSHUFB 0
#endif

enum ewi_icode {
#define BIN(N, R, T, E) EWI_##N,
#define BINT(N, R, T, C, E) EWI_##N,
#define CMP(N, T, E, S, G) EWI_##N, EWI_BR_##N,
#define FCMP(N, T, E, S) EWI_##N, EWI_BR_##N, EWI_BRN_##N,
#define UN(N, R, T, E) EWI_##N,
#define UNT(N, R, T, C, E) EWI_##N,
#if EW_CONFIG_EXEC_ACC
#define LOAD(N, R, B, E) EWI_##N, EWI_##N##_AT,
#define STORE(N, T, B, E) EWI_##N, EWI_##N##_AT,
#else
#define LOAD(N, R, B, E) EWI_##N,
#define STORE(N, T, B, E) EWI_##N,
#endif
#define SEL(N, T) EWI_##N,
#define GLOB(N, T) EWI_##N,
#define CTL(N) EWI_##N,
#include "wasm/icode.def"
#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms) EWI_##N,
#define VINT(N, cls, R, T, forms) EWI_##N,
#include "wasm/simd.def"
	EWI_ICODES
};

/*
 * Where the operands are: first, second.  One-operand instructions use the first letter of SS and RS; of
 * SELECT it is the condition.  The result's slot is c where the second is S or R, else b; of
 * one-operand instructions b.
 */
enum ewi_form {
	EWI_SS,
	EWI_SI,
#if EW_CONFIG_EXEC_ACC
	EWI_RS,
	EWI_SR,
	EWI_RI,
	EWI_SX,
	EWI_RX,
#endif
	EWI_FORMS
};

/* Accumulators; also the kind of an operand or result.  Signs of T in icode.def. */
enum ewi_acc { EWI_ACC_INT, EWI_ACC_F32, EWI_ACC_F64, EWI_ACCS, EWI_ACC_NONE = EWI_ACCS /* v128 */ };

/* [1]: does not store the result to its slot.  NULL where a form does not exist. */
#if EW_CONFIG_EXEC_ACC
extern const ewi_handler ewi_handlers[EWI_ICODES][EWI_FORMS][2];
#define EWI_HANDLER(icode, form, silent) ewi_handlers[icode][form][silent]
#else
extern const ewi_handler ewi_handlers[EWI_ICODES][EWI_FORMS];
#define EWI_HANDLER(icode, form, silent) ewi_handlers[icode][form]
#endif

/* A handler that does several instructions: how many, and which the first of them is. */
struct ewi_fused {
	ewi_handler handler;
	uint16_t icode;
	uint8_t form, length;
	bool silent;
};

/* The handlers of several instructions, by i from 0; false behind the last. */
bool ewi_fused_at(uint32_t i, struct ewi_fused *out);

#if EW_CONFIG_GUARD
/* exec_guard.c: the handler without checks of a load or store, NULL where there is none; the same of rows of pairs.def. */
ewi_handler ewi_guard_handler(unsigned icode, unsigned form, bool silent);
ewi_handler ewi_guard_pair(unsigned row);
ewi_handler ewi_guard_triple(unsigned row);
#endif

#if EW_CONFIG_MEMORY64
/* Loads and stores of memories with 64-bit addresses: the address in a slot (SS), in the accumulator (RS). */
extern const ewi_handler ewi_wide_handlers[EWI_ICODES][2];
#endif

#endif
