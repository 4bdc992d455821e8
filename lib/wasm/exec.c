/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * exec.c - the handlers of everything that computes, loads and stores, made from icode.def, and the
 * table of all handlers.  Control is in control.c; the arithmetic itself in numeric.h.
 */
#include "wasm/handler.h"

#if EW_CONFIG_WASM

/* clang-format off */

/* Operands a and b of type T by form, where the result goes, and what comes next. */
#define OPERANDS_SS(T) C_##T a = fp[pc->a].T, b = fp[pc->b].T
#define OPERANDS_SI(T) C_##T a = fp[pc->a].T, b = IMM_##T
#define OPERANDS_RS(T) C_##T a = ACC_##T, b = fp[pc->b].T
#define OPERANDS_SR(T) C_##T a = fp[pc->a].T, b = ACC_##T
#define OPERANDS_RI(T) C_##T a = ACC_##T, b = IMM_##T
#define OPERANDS_SX(T) C_##T a = fp[pc->a].T, b = BEHIND_##T
#define OPERANDS_RX(T) C_##T a = ACC_##T, b = BEHIND_##T
#define DST_SS pc->u.s.c
#define DST_RS pc->u.s.c
#define DST_SR pc->u.s.c
#define DST_SI pc->b
#define DST_RI pc->b
#define DST_SX pc->b
#define DST_RX pc->b
#define NEXT_SS NEXT
#define NEXT_RS NEXT
#define NEXT_SR NEXT
#define NEXT_SI NEXT
#define NEXT_RI NEXT
#define NEXT_SX NEXTX
#define NEXT_RX NEXTX

/* Only with accumulators: the other forms, and the variant that leaves the slot alone. */
#if EW_CONFIG_EXEC_ACC
#define IF_ACC(...) __VA_ARGS__
#else
#define IF_ACC(...)
#endif
/* Only 64-bit types have constants behind the instruction. */
#define IF_WIDE_u32(...)
#define IF_WIDE_f32(...)
#define IF_WIDE_u64(...) IF_ACC(__VA_ARGS__)
#define IF_WIDE_f64(...) IF_ACC(__VA_ARGS__)
#define IF_INT_u32(...) __VA_ARGS__
#define IF_INT_u64(...) __VA_ARGS__
#define IF_INT_f32(...)
#define IF_INT_f64(...)

#define NO_CHECK
#define CHECK(condition)                                                                           \
	enum ew_trap_code code_ = (condition);                                                     \
	if (EW_UNLIKELY(code_ != EW_TRAP_NONE))                                                    \
		TRAP(code_);

#define BIN_FORM(N, F, R, T, C, E)                                                                 \
	H(N##_##F)                                                                                 \
	{                                                                                          \
		OPERANDS_##F(T);                                                                   \
		C C_##R v = (E);                                                                   \
		SET_ACC_##R(v);                                                                    \
		fp[DST_##F].R = v;                                                                 \
		NEXT_##F;                                                                          \
	}                                                                                          \
	IF_ACC(H(N##_##F##_silent) {                                                               \
		OPERANDS_##F(T);                                                                   \
		C SET_ACC_##R(E);                                                                  \
		NEXT_##F;                                                                          \
	})
#define BIN_FORMS(N, R, T, C, E)                                                                   \
	BIN_FORM(N, SS, R, T, C, E)                                                                \
	BIN_FORM(N, SI, R, T, C, E)                                                                \
	IF_ACC(BIN_FORM(N, RS, R, T, C, E) BIN_FORM(N, SR, R, T, C, E)                             \
	       BIN_FORM(N, RI, R, T, C, E))                                                        \
	IF_WIDE_##T(BIN_FORM(N, SX, R, T, C, E) BIN_FORM(N, RX, R, T, C, E))
#define BRANCH_FORM(N, F, T, E)                                                                    \
	H(N##_##F)                                                                                 \
	{                                                                                          \
		OPERANDS_##F(T);                                                                   \
		if (E)                                                                             \
			TAKE;                                                                      \
		NEXTX;                                                                             \
	}
#define BRANCH_FORMS(N, T, E)                                                                      \
	BRANCH_FORM(N, SS, T, E)                                                                   \
	BRANCH_FORM(N, SI, T, E)                                                                   \
	IF_ACC(BRANCH_FORM(N, RS, T, E) BRANCH_FORM(N, RI, T, E))

#define BIN(N, R, T, E) BIN_FORMS(N, R, T, NO_CHECK, E)
#define BINT(N, R, T, C, E) BIN_FORMS(N, R, T, CHECK(C), E)
#define CMP(N, T, E, S, G) BIN_FORMS(N, u32, T, NO_CHECK, E) BRANCH_FORMS(BR_##N, T, E)
#define FCMP(N, T, E, S)                                                                           \
	BIN_FORMS(N, u32, T, NO_CHECK, E)                                                          \
	BRANCH_FORMS(BR_##N, T, E)                                                                 \
	BRANCH_FORMS(BRN_##N, T, !(E))

#define UN_FORM(N, F, R, A, C, E)                                                                  \
	H(N##_##F)                                                                                 \
	{                                                                                          \
		A;                                                                                 \
		C C_##R v = (E);                                                                   \
		SET_ACC_##R(v);                                                                    \
		fp[pc->b].R = v;                                                                   \
		NEXT;                                                                              \
	}                                                                                          \
	IF_ACC(H(N##_##F##_silent) {                                                               \
		A;                                                                                 \
		C SET_ACC_##R(E);                                                                  \
		NEXT;                                                                              \
	})
#define UN_FORMS(N, R, T, C, E)                                                                    \
	UN_FORM(N, SS, R, C_##T a = fp[pc->a].T, C, E)                                             \
	IF_ACC(UN_FORM(N, RS, R, C_##T a = ACC_##T, C, E))
#define UN(N, R, T, E) UN_FORMS(N, R, T, NO_CHECK, E)
#define UNT(N, R, T, C, E) UN_FORMS(N, R, T, CHECK(C), E)

/* ea < 2^33, so the sum cannot wrap; an access may end at the last byte. */
#define ADDRESS(base, bytes)                                                                       \
	uint64_t ea = (uint64_t)(base) + pc->u.uimm;                                               \
	if (EW_UNLIKELY(ea + (bytes) > x->mem_bytes))                                              \
		return ewi_trap_access(pc, fp, x, ea, bytes);
#define LOAD(N, R, B, E)                                                                           \
	UN_FORM(N, SS, R, ADDRESS(fp[pc->a].u32, B) const uint8_t *p = MEM + ea, NO_CHECK, E)      \
	IF_ACC(UN_FORM(N, RS, R, ADDRESS(ACC_u32, B) const uint8_t *p = MEM + ea, NO_CHECK, E))
#define STORE_FORM(N, F, T, B, A, V, E)                                                            \
	H(N##_##F)                                                                                 \
	{                                                                                          \
		C_##T v = (V);                                                                     \
		ADDRESS(A, B)                                                                      \
		uint8_t *p = MEM + ea;                                                             \
		E;                                                                                 \
		NEXT;                                                                              \
	}
#define SMALL(T) ((C_##T)(int64_t)(int16_t)pc->b)
#define STORE(N, T, B, E)                                                                          \
	STORE_FORM(N, SS, T, B, fp[pc->a].u32, fp[pc->b].T, E)                                     \
	IF_ACC(STORE_FORM(N, RS, T, B, ACC_u32, fp[pc->b].T, E)                                    \
	       STORE_FORM(N, SR, T, B, fp[pc->a].u32, ACC_##T, E))                                 \
	IF_INT_##T(STORE_FORM(N, SI, T, B, fp[pc->a].u32, SMALL(T), E)                             \
		   IF_ACC(STORE_FORM(N, RI, T, B, ACC_u32, SMALL(T), E)))

#define SEL_FORM(N, F, T, CONDITION)                                                               \
	H(N##_##F)                                                                                 \
	{                                                                                          \
		C_##T v = fp[(CONDITION) ? pc->a : pc->b].T;                                       \
		SET_ACC_##T(v);                                                                    \
		fp[pc->u.s.c].T = v;                                                               \
		NEXT;                                                                              \
	}                                                                                          \
	IF_ACC(H(N##_##F##_silent) {                                                               \
		SET_ACC_##T(fp[(CONDITION) ? pc->a : pc->b].T);                                    \
		NEXT;                                                                              \
	})
#define SEL(N, T)                                                                                  \
	SEL_FORM(N, SS, T, fp[pc->u.s.d].u32)                                                      \
	IF_ACC(SEL_FORM(N, RS, T, ACC_u32))
#define GLOB(N, T) UN_FORM(N, SS, T, const struct ew_global *g = x->globals[pc->u.uimm], NO_CHECK, g->value.T)
#define CTL(N)

#include "wasm/icode.def"
#undef BIN
#undef BINT
#undef CMP
#undef FCMP
#undef UN
#undef UNT
#undef LOAD
#undef STORE
#undef SEL
#undef GLOB
#undef CTL

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
	[EWI_##N] = {BOTH(N, SS) BOTH(N, SI) IF_ACC(BOTH(N, RS) BOTH(N, SR) BOTH(N, RI))           \
		     IF_WIDE_##T(BOTH(N, SX) BOTH(N, RX))},
#define BRANCH(N) [EWI_##N] = {ONE(N, SS) ONE(N, SI) IF_ACC(ONE(N, RS) ONE(N, RI))},
#define UNARY(N) [EWI_##N] = {BOTH(N, SS) IF_ACC(BOTH(N, RS))},

#define BIN(N, R, T, E) BINARY(N, T)
#define BINT(N, R, T, C, E) BINARY(N, T)
#define CMP(N, T, E, S, G) BINARY(N, T) BRANCH(BR_##N)
#define FCMP(N, T, E, S) BINARY(N, T) BRANCH(BR_##N) BRANCH(BRN_##N)
#define UN(N, R, T, E) UNARY(N)
#define UNT(N, R, T, C, E) UNARY(N)
#define LOAD(N, R, B, E) UNARY(N)
#define STORE(N, T, B, E)                                                                          \
	[EWI_##N] = {ONE(N, SS) IF_ACC(ONE(N, RS) ONE(N, SR))                                      \
		     IF_INT_##T(ONE(N, SI) IF_ACC(ONE(N, RI)))},
#define SEL(N, T) UNARY(N)
#define GLOB(N, T) [EWI_##N] = {BOTH(N, SS)},
#define CTL(N) [EWI_##N] = {HAND(N)},

#if EW_CONFIG_EXEC_ACC
const ewi_handler ewi_handlers[EWI_ICODES][EWI_FORMS][2] = {
#else
const ewi_handler ewi_handlers[EWI_ICODES][EWI_FORMS] = {
#endif
#include "wasm/icode.def"
};

#endif
