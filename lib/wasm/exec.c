/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * exec.c - the handlers of everything that computes, loads and stores, made from icode.def, and the
 * table of all handlers.  Control is in control.c; handlers of several instructions in fused.c; the
 * arithmetic itself in numeric.h.
 */
#include "edgewasm/config.h"
#if EW_CONFIG_EXEC_ACC && defined(__GNUC__) && !defined(__clang__)
/* gcc's other register allocator moves the registers of EWI_REGS to others and back in nearly every handler. */
#pragma GCC optimize("ira-algorithm=priority")
#endif
#include "wasm/compute.h"

#if EW_CONFIG_WASM

/* clang-format off */

#define BIN_FORM(N, F, R, T, C)                                                                    \
	H(N##_##F)                                                                                 \
	{                                                                                          \
		OPERANDS_##F(T);                                                                   \
		C C_##R v = value_##N(a, b);                                                       \
		SET_ACC_##R(v);                                                                    \
		fp[DST_##F].R = v;                                                                 \
		NEXT_##F;                                                                          \
	}                                                                                          \
	IF_ACC(H(N##_##F##_silent) {                                                               \
		OPERANDS_##F(T);                                                                   \
		C SET_ACC_##R(raw_##N(a, b));                                                      \
		NEXT_##F;                                                                          \
	})
#define BIN_FORMS(N, R, T, C)                                                                      \
	BIN_FORM(N, SS, R, T, C)                                                                \
	IF_IMM_##T(BIN_FORM(N, SI, R, T, C))                                                    \
	IF_ACC(BIN_FORM(N, RS, R, T, C) BIN_FORM(N, SR, R, T, C)                             \
	       BIN_FORM(N, RI, R, T, C))                                                        \
	IF_WIDE_##T(BIN_FORM(N, SX, R, T, C) BIN_FORM(N, RX, R, T, C))
/* The small profile has the taking of a branch once: BR finds the same fields. */
#if EW_CONFIG_EXEC_ACC
#define TAKE_HERE TAKE
#else
#define TAKE_HERE MUST_TAIL return ewi_h_BR(EWI_ARGS)
#endif
#define BRANCH_FORM(N, F, T, E)                                                                    \
	H(N##_##F)                                                                                 \
	{                                                                                          \
		OPERANDS_##F(T);                                                                   \
		if (E)                                                                             \
			TAKE_HERE;                                                                 \
		NEXTX;                                                                             \
	}
#define BRANCH_FORMS(N, T, E)                                                                      \
	BRANCH_FORM(N, SS, T, E)                                                                   \
	IF_IMM_##T(BRANCH_FORM(N, SI, T, E))                                                       \
	IF_ACC(BRANCH_FORM(N, RS, T, E) BRANCH_FORM(N, RI, T, E))

#define BIN(N, R, T, E) BIN_FORMS(N, R, T, NO_CHECK)
#define BINT(N, R, T, C, E) BIN_FORMS(N, R, T, CHECK(C))
#define CMP(N, T, E, S, G)                                                                         \
	BIN_FORMS(N, u32, T, NO_CHECK)                                                             \
	BRANCH_FORMS(BR_##N, T, value_##N(a, b))
#define FCMP(N, T, E, S)                                                                           \
	BIN_FORMS(N, u32, T, NO_CHECK)                                                             \
	BRANCH_FORMS(BR_##N, T, value_##N(a, b))                                                   \
	BRANCH_FORMS(BRN_##N, T, !value_##N(a, b))

#define UN_FORMS(N, R, T, C)                                                                       \
	UN_FORM(N, SS, R, C_##T a = fp[pc->a].T, C, value_##N(a), raw_##N(a))                      \
	IF_ACC(UN_FORM(N, RS, R, C_##T a = ACC_##T, C, value_##N(a), raw_##N(a)))
#define UN(N, R, T, E) UN_FORMS(N, R, T, NO_CHECK)
#define UNT(N, R, T, C, E) UN_FORMS(N, R, T, CHECK(C))

#define LOAD(N, R, B, E) LOAD_FORMS(N, R, B)
#define STORE(N, T, B, E) STORE_FORMS(N, T)

#define SEL_FORM(N, F, T, CONDITION)                                                               \
	H(N##_##F)                                                                                 \
	{                                                                                          \
		C_##T v = PICK_##T(CONDITION);                                                     \
		SET_ACC_##T(v);                                                                    \
		fp[pc->u.s.c].T = v;                                                               \
		NEXT;                                                                              \
	}                                                                                          \
	IF_ACC(H(N##_##F##_silent) {                                                               \
		SET_ACC_##T(PICK_##T(CONDITION));                                                  \
		NEXT;                                                                              \
	})
#define SEL(N, T)                                                                                  \
	SEL_FORM(N, SS, T, fp[pc->u.s.d].u32)                                                      \
	IF_ACC(SEL_FORM(N, RS, T, ACC_u32))
#define GLOB(N, T) UN_FORM(N, SS, T, const struct ew_global *g = x->globals[pc->u.uimm], NO_CHECK, g->value.T, g->value.T)
#define CTL(N)

#include "wasm/icode.def"

/* ---- the table ---- */

#if EW_CONFIG_EXEC_ACC
#define BOTH(N, F) [EWI_##F] = {N##_##F, N##_##F##_silent},
#define ONE(N, F) [EWI_##F] = {N##_##F, N##_##F},
#define HAND(N) [EWI_SS] = {ewi_h_##N, ewi_h_##N},
#else
#define BOTH(N, F) [EWI_##F] = N##_##F,
#define ONE(N, F) [EWI_##F] = N##_##F,
#define HAND(N) [EWI_SS] = ewi_h_##N,
#endif
#define BINARY(N, T)                                                                               \
	[EWI_##N] = {BOTH(N, SS) IF_IMM_##T(BOTH(N, SI)) IF_ACC(BOTH(N, RS) BOTH(N, SR) BOTH(N, RI))           \
		     IF_WIDE_##T(BOTH(N, SX) BOTH(N, RX))},
#define BRANCH(N, T) [EWI_##N] = {ONE(N, SS) IF_IMM_##T(ONE(N, SI)) IF_ACC(ONE(N, RS) ONE(N, RI))},
#define UNARY(N) [EWI_##N] = {BOTH(N, SS) IF_ACC(BOTH(N, RS))},

#define BIN(N, R, T, E) BINARY(N, T)
#define BINT(N, R, T, C, E) BINARY(N, T)
#define CMP(N, T, E, S, G) BINARY(N, T) BRANCH(BR_##N, T)
#define FCMP(N, T, E, S) BINARY(N, T) BRANCH(BR_##N, T) BRANCH(BRN_##N, T)
#define UN(N, R, T, E) UNARY(N)
#define UNT(N, R, T, C, E) UNARY(N)
#define LOAD(N, R, B, E) UNARY(N) IF_ACC([EWI_##N##_AT] = {BOTH(N##_AT, SS)},)
#define STORE(N, T, B, E)                                                                          \
	[EWI_##N] = {ONE(N, SS) IF_ACC(ONE(N, RS) ONE(N, SR))                                      \
		     IF_INT_##T(ONE(N, SI) IF_ACC(ONE(N, RI)))},                                   \
	IF_ACC([EWI_##N##_AT] = {ONE(N##_AT, SS) ONE(N##_AT, SR) IF_INT_##T(ONE(N##_AT, SI))},)
#define SEL(N, T) UNARY(N)
#define GLOB(N, T) [EWI_##N] = {BOTH(N, SS)},
#define CTL(N) [EWI_##N] = {HAND(N)},
#define CTLR(N) [EWI_##N] = {HAND(N) IF_ACC([EWI_RS] = {ewi_h_##N##_RS, ewi_h_##N##_RS},)},

#if EW_CONFIG_EXEC_ACC
#define V_HANDLER(F, name) [EWI_##F] = {ewi_h_##name, ewi_h_##name},
#define V_OUT(N) [EWI_##N] = {[EWI_SS] = {ewi_h_##N, ewi_h_##N##_silent}},
#define V_RS(N) V_HANDLER(RS, N##_RS)
#define V_AT(N) V_HANDLER(SI, N##_SI)
#else
#define V_HANDLER(F, name) [EWI_##F] = ewi_h_##name,
#define V_OUT(N) [EWI_##N] = {V_HANDLER(SS, N)},
#define V_RS(N)
#define V_AT(N)
#endif
#define V_PLAIN(N) [EWI_##N] = {V_HANDLER(SS, N)},
#define V_ACC(N) [EWI_##N] = {V_HANDLER(SS, N) V_RS(N)},
#if EWI_VACC
#define V_ONE(N) V_ACC(N)
#define V_TWO(N) [EWI_##N] = {V_HANDLER(SS, N) V_HANDLER(RS, N##_RS) V_HANDLER(SR, N##_SR)},
#define V_RI(N) V_HANDLER(RI, N##_RI)
#define V_MADE(N) V_HANDLER(SR, N##_SR) V_HANDLER(RX, N##_RX) V_HANDLER(RI, N##_RI)
#else
#define V_ONE(N) V_PLAIN(N)
#define V_TWO(N) V_PLAIN(N)
#define V_RI(N)
#define V_MADE(N)
#endif
#define V_SHIFT(N) [EWI_##N] = {V_HANDLER(SS, N) V_HANDLER(SI, N##_SI) V_RS(N) V_RI(N)},
#define V_GET(N) [EWI_##N] = {V_HANDLER(SS, N) V_RS(N) V_AT(N)},
#define V_PUT(N) [EWI_##N] = {V_HANDLER(SS, N) V_RS(N) V_AT(N) V_MADE(N)},
#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms) V_##forms(N)
#define VINT(N, cls, R, T, forms) V_##forms(N)

#if EW_CONFIG_EXEC_ACC
const ewi_handler ewi_handlers[EWI_ICODES][EWI_FORMS][2] = {
#else
const ewi_handler ewi_handlers[EWI_ICODES][EWI_FORMS] = {
#endif
#include "wasm/icode.def"
#include "wasm/simd.def"
};

#endif
