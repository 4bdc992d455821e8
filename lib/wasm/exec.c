/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * exec.c - the handlers of everything that computes, loads and stores, made from icode.def, and the
 * table of all handlers.  Control is in control.c; the arithmetic itself in numeric.h.
 */
#include "wasm/handler.h"

#if EW_CONFIG_WASM

/* clang-format off */

/* What each instruction computes, as functions: handlers of one and of two instructions share them. */
#define BIN(N, R, T, E) EW_INLINE C_##R value_##N(C_##T a, C_##T b) { return E; }
#define BINT(N, R, T, C, E) BIN(N, R, T, E)
#define CMP(N, T, E, S, G) BIN(N, u32, T, E)
#define FCMP(N, T, E, S) BIN(N, u32, T, E)
#define UN(N, R, T, E) EW_INLINE C_##R value_##N(C_##T a) { return E; }
#define UNT(N, R, T, C, E) UN(N, R, T, E)
#define LOAD(N, R, B, E) enum { BYTES_##N = B }; EW_INLINE C_##R value_##N(const uint8_t *p) { return E; }
#define STORE(N, T, B, E) enum { BYTES_##N = B }; EW_INLINE void put_##N(uint8_t *p, C_##T v) { E; }
#define SEL(N, T)
#define GLOB(N, T)
#define CTL(N)
#include "wasm/icode.def"

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

#define BIN(N, R, T, E) BIN_FORMS(N, R, T, NO_CHECK, value_##N(a, b))
#define BINT(N, R, T, C, E) BIN_FORMS(N, R, T, CHECK(C), value_##N(a, b))
#define CMP(N, T, E, S, G)                                                                         \
	BIN_FORMS(N, u32, T, NO_CHECK, value_##N(a, b))                                            \
	BRANCH_FORMS(BR_##N, T, value_##N(a, b))
#define FCMP(N, T, E, S)                                                                           \
	BIN_FORMS(N, u32, T, NO_CHECK, value_##N(a, b))                                            \
	BRANCH_FORMS(BR_##N, T, value_##N(a, b))                                                   \
	BRANCH_FORMS(BRN_##N, T, !value_##N(a, b))

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
#define UN(N, R, T, E) UN_FORMS(N, R, T, NO_CHECK, value_##N(a))
#define UNT(N, R, T, C, E) UN_FORMS(N, R, T, CHECK(C), value_##N(a))

/* ea < 2^33, so the sum cannot wrap; an access may end at the last byte. */
#define ADDRESS(base, bytes)                                                                       \
	uint64_t ea = (uint64_t)(base) + pc->u.uimm;                                               \
	if (EW_UNLIKELY(ea + (bytes) > x->mem_bytes))                                              \
		return ewi_trap_access(pc, fp, x, ea, bytes);
#define LOAD(N, R, B, E)                                                                           \
	UN_FORM(N, SS, R, ADDRESS(fp[pc->a].u32, B), NO_CHECK, value_##N(MEM + ea))                \
	IF_ACC(UN_FORM(N, RS, R, ADDRESS(ACC_u32, B), NO_CHECK, value_##N(MEM + ea))               \
	       UN_FORM(N##_AT, SS, R, ADDRESS(0, B), NO_CHECK, value_##N(MEM + ea)))
#define STORE_FORM(N, name, T, A, V)                                                               \
	H(name)                                                                                    \
	{                                                                                          \
		C_##T v = (V);                                                                     \
		ADDRESS(A, BYTES_##N)                                                              \
		put_##N(MEM + ea, v);                                                              \
		NEXT;                                                                              \
	}
#define SMALL(T) ((C_##T)(int64_t)(int16_t)pc->b)
#define STORE(N, T, B, E)                                                                          \
	STORE_FORM(N, N##_SS, T, fp[pc->a].u32, fp[pc->b].T)                                       \
	IF_ACC(STORE_FORM(N, N##_RS, T, ACC_u32, fp[pc->b].T)                                      \
	       STORE_FORM(N, N##_SR, T, fp[pc->a].u32, ACC_##T)                                    \
	       STORE_FORM(N, N##_AT_SS, T, 0, fp[pc->b].T)                                         \
	       STORE_FORM(N, N##_AT_SR, T, 0, ACC_##T))                                            \
	IF_INT_##T(STORE_FORM(N, N##_SI, T, fp[pc->a].u32, SMALL(T))                               \
		   IF_ACC(STORE_FORM(N, N##_RI, T, ACC_u32, SMALL(T))                              \
			  STORE_FORM(N, N##_AT_SI, T, 0, SMALL(T))))

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
#else
#define V_HANDLER(F, name) [EWI_##F] = ewi_h_##name,
#define V_OUT(N) [EWI_##N] = {V_HANDLER(SS, N)},
#define V_RS(N)
#endif
#define V_PLAIN(N) [EWI_##N] = {V_HANDLER(SS, N)},
#define V_ACC(N) [EWI_##N] = {V_HANDLER(SS, N) V_RS(N)},
#define V_IMM(N) [EWI_##N] = {V_HANDLER(SS, N) V_HANDLER(SI, N##_SI) V_RS(N)},
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

/* ---- pairs ---- */

#if EW_CONFIG_EXEC_ACC
/* The two halves of a pair: what a handler does between its head and NEXT. */
#define PUT_keep(F, R) fp[DST_##F].R = v;
#define PUT_silent(F, R)
#define DO_BIN(N, R, T, F, K)                                                                      \
	{                                                                                          \
		OPERANDS_##F(T);                                                                   \
		C_##R v = value_##N(a, b);                                                         \
		SET_ACC_##R(v);                                                                    \
		PUT_##K(F, R)                                                                      \
	}
#define OPERAND_SS(T) fp[pc->a].T
#define OPERAND_RS(T) ACC_##T
#define PUT1_keep(R) fp[pc->b].R = v;
#define PUT1_silent(R)
#define DO_UN(N, R, T, F, K)                                                                       \
	{                                                                                          \
		C_##R v = value_##N(OPERAND_##F(T));                                               \
		SET_ACC_##R(v);                                                                    \
		PUT1_##K(R)                                                                        \
	}
#define DO_LOAD(N, R, T, F, K)                                                                     \
	{                                                                                          \
		ADDRESS(OPERAND_##F(u32), BYTES_##N)                                               \
		C_##R v = value_##N(MEM + ea);                                                     \
		SET_ACC_##R(v);                                                                    \
		PUT1_##K(R)                                                                        \
	}
#define BASE_SS fp[pc->a].u32
#define BASE_SR fp[pc->a].u32
#define BASE_SI fp[pc->a].u32
#define BASE_RS ACC_u32
#define BASE_RI ACC_u32
#define VALUE_SS(T) fp[pc->b].T
#define VALUE_RS(T) fp[pc->b].T
#define VALUE_SR(T) ACC_##T
#define VALUE_SI(T) SMALL(T)
#define VALUE_RI(T) SMALL(T)
#define DO_STORE(N, R, T, F, K)                                                                    \
	{                                                                                          \
		C_##T v = VALUE_##F(T);                                                            \
		ADDRESS(BASE_##F, BYTES_##N)                                                       \
		put_##N(MEM + ea, v);                                                              \
	}
#define DO_BRANCH(N, R, T, F, K)                                                                   \
	{                                                                                          \
		OPERANDS_##F(T);                                                                   \
		if (value_##N(a, b))                                                               \
			TAKE;                                                                      \
	}
#define DO_COPY(N, R, T, F, K) fp[pc->b] = fp[pc->a];
#define DO_CONST(N, R, T, F, K) fp[pc->b].u32 = pc->u.uimm;
#define DO_JUMP(N, R, T, F, K) TAKE;
#define END_BIN NEXT
#define END_UN NEXT
#define END_LOAD NEXT
#define END_STORE NEXT
#define END_COPY NEXT
#define END_CONST NEXT
#define END_BRANCH NEXTX
#define END_JUMP
#define PAIR_NAME(N1, F1, K1, N2, F2, K2) N1##_##F1##_##K1##_##N2##_##F2##_##K2
#define PAIR(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2)                                       \
	H(PAIR_NAME(N1, F1, K1, N2, F2, K2))                                                       \
	{                                                                                          \
		DO_##C1(N1, R1, T1, F1, K1)                                                        \
		pc = AFTER;                                                                        \
		DO_##C2(N2, R2, T2, F2, K2)                                                        \
		END_##C2;                                                                          \
	}
#include "wasm/pairs.def"

/* The handler of a half, by class and by whether it keeps its slot. */
#define HALF_BIN(N, F, K) KEPT_##K(N, F)
#define HALF_UN(N, F, K) KEPT_##K(N, F)
#define HALF_LOAD(N, F, K) KEPT_##K(N, F)
#define HALF_STORE(N, F, K) N##_##F
#define HALF_BRANCH(N, F, K) BR_##N##_##F
#define HALF_COPY(N, F, K) ewi_h_COPY
#define HALF_CONST(N, F, K) ewi_h_CONST32
#define HALF_JUMP(N, F, K) ewi_h_BR
#define KEPT_keep(N, F) N##_##F
#define KEPT_silent(N, F) N##_##F##_silent
#define PAIR(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2)                                       \
	{HALF_##C1(N1, F1, K1), HALF_##C2(N2, F2, K2), PAIR_NAME(N1, F1, K1, N2, F2, K2)},
const struct ewi_pair ewi_pairs[EWI_PAIRS] = {
#include "wasm/pairs.def"
};
#endif

#endif
