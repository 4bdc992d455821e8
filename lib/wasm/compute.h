/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * compute.h - what each instruction of icode.def computes, and where its operands and its result are by form:
 * what handlers of one instruction (exec.c) and of several (fused.c) share.
 */
#ifndef EW_WASM_COMPUTE_H
#define EW_WASM_COMPUTE_H

#include "wasm/access.h"

/* clang-format off */

/* What each instruction computes, as functions: value_, and raw_ where it stays in an accumulator. */
#define BIN(N, R, T, E)                                                                            \
	EW_INLINE C_##R value_##N(C_##T a, C_##T b) { return E; }                                  \
	EW_INLINE C_##R raw_##N(C_##T a, C_##T b) { return value_##N(a, b); }
#define BINT(N, R, T, C, E) BIN(N, R, T, E) EW_INLINE enum ew_trap_code trap_##N(C_##T a, C_##T b) { (void)a; return C; }
#define CMP(N, T, E, S, G) BIN(N, u32, T, E)
#define FCMP(N, T, E, S) BIN(N, u32, T, E)
#define UN(N, R, T, E)                                                                             \
	EW_INLINE C_##R value_##N(C_##T a) { return E; }                                           \
	EW_INLINE C_##R raw_##N(C_##T a) { return value_##N(a); }
#define FBIN(N, T, E)                                                                              \
	EW_INLINE C_##T raw_##N(C_##T a, C_##T b) { return E; }                                    \
	EW_INLINE C_##T value_##N(C_##T a, C_##T b) { return ewi_canon_##T(raw_##N(a, b)); }
#define FUN(N, R, T, E)                                                                            \
	EW_INLINE C_##R raw_##N(C_##T a) { return E; }                                             \
	EW_INLINE C_##R value_##N(C_##T a) { return ewi_canon_##R(raw_##N(a)); }
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
/* Constants of float type fold into an instruction in the large profile only: there they are worth their handlers. */
#define IF_IMM_u32(...) __VA_ARGS__
#define IF_IMM_u64(...) __VA_ARGS__
#define IF_IMM_f32(...) IF_ACC(__VA_ARGS__)
#define IF_IMM_f64(...) IF_ACC(__VA_ARGS__)
#define IF_INT_u32(...) __VA_ARGS__
#define IF_INT_u64(...) __VA_ARGS__
#define IF_INT_f32(...)
#define IF_INT_f64(...)

#define NO_CHECK
#define CHECK(condition)                                                                           \
	enum ew_trap_code code_ = (condition);                                                     \
	if (EW_UNLIKELY(code_ != EW_TRAP_NONE))                                                    \
		TRAP(code_);

/*
 * Of select: a where the condition is not zero, else b.  Both are there before the condition is looked at, which makes
 * compilers move conditionally: what a branch would go by is what the guest's compiler did not want to branch on.
 */
EW_INLINE uint64_t pick(uint32_t condition, uint64_t a, uint64_t b)
{
#if defined(__GNUC__) || defined(__clang__)
	__asm__("" : "+r"(a), "+r"(b));
#endif
	return condition ? a : b;
}
#define PICK_u64(condition) pick((condition), fp[pc->a].u64, fp[pc->b].u64)
#define PICK_f64(condition) ewi_f64_of(PICK_u64(condition))
#define PICK_f32(condition) ewi_f32_of((uint32_t)pick((condition), fp[pc->a].u32, fp[pc->b].u32))

/* The value of a store that is an immediate. */
#define SMALL(T) ((C_##T)(int64_t)(int16_t)pc->b)

/* ---- handlers of one operand, of loads and of stores: exec.c has them all, exec_guard.c the last two ---- */

#define UN_FORM(N, F, R, A, C, E, RAW)                                                             \
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
		C SET_ACC_##R(RAW);                                                                \
		NEXT;                                                                              \
	})
#define LOAD_FORMS(N, R, B)                                                                         \
	UN_FORM(N, SS, R, FETCH(fp[pc->a].u32, B), NO_CHECK, value_##N(at), value_##N(at))                \
	IF_ACC(UN_FORM(N, RS, R, FETCH(ACC_u32, B), NO_CHECK, value_##N(at), value_##N(at))               \
	       UN_FORM(N##_AT, SS, R, FETCH(0, B), NO_CHECK, value_##N(at), value_##N(at)))
#define STORE_FORM(N, name, T, A, V)                                                               \
	H(name)                                                                                    \
	{                                                                                          \
		C_##T v = (V);                                                                     \
		STORE_AT(A, BYTES_##N, put_##N(at, v))                                             \
		NEXT;                                                                              \
	}
#define STORE_FORMS(N, T)                                                                        \
	STORE_FORM(N, N##_SS, T, fp[pc->a].u32, fp[pc->b].T)                                       \
	IF_ACC(STORE_FORM(N, N##_RS, T, ACC_u32, fp[pc->b].T)                                      \
	       STORE_FORM(N, N##_SR, T, fp[pc->a].u32, ACC_##T)                                    \
	       STORE_FORM(N, N##_AT_SS, T, 0, fp[pc->b].T)                                         \
	       STORE_FORM(N, N##_AT_SR, T, 0, ACC_##T))                                            \
	IF_INT_##T(STORE_FORM(N, N##_SI, T, fp[pc->a].u32, SMALL(T))                               \
		   IF_ACC(STORE_FORM(N, N##_RI, T, ACC_u32, SMALL(T))                              \
			  STORE_FORM(N, N##_AT_SI, T, 0, SMALL(T))))

#endif
