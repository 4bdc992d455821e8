/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * compute_simd.h - what each vector instruction of simd.def computes, as functions: what handlers of one instruction
 * (exec_simd.c) and of several (fused.c) share.  value_NAME, and raw_NAME where only the register gets the result and
 * nobody sees the bits of its NaNs (see icode.def).
 */
#ifndef EW_WASM_COMPUTE_SIMD_H
#define EW_WASM_COMPUTE_SIMD_H

#include "wasm/access.h"
#include "wasm/simd.h"

#if EW_CONFIG_SIMD

/* clang-format off */

#ifndef IF_ACC
#if EW_CONFIG_EXEC_ACC
#define IF_ACC(...) __VA_ARGS__
#else
#define IF_ACC(...)
#endif
#endif
#if EWI_VACC
#define IF_VACC(...) __VA_ARGS__
#else
#define IF_VACC(...)
#endif

#define CANON_NO(v) (v)
#define CANON_F32 ewi_canon_f32x4
#define CANON_F64 ewi_canon_f64x2

#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms)
#define VINT(N, cls, R, T, forms)
#define VMAP1(code, N, text, R, T, canon, E)                                                       \
	EW_INLINE C_LANE_##R lane_##N(C_LANE_##T x) { return (C_LANE_##R)(E); }                    \
	EW_INLINE union ewi_v128 map_##N(union ewi_v128 a)                                         \
	{                                                                                          \
		union ewi_v128 r;                                                                  \
		EWI_EACH(T, i)                                                                     \
			r.R[i] = lane_##N(a.T[i]);                                                 \
		return r;                                                                          \
	}                                                                                          \
	VUN(code, N, text, canon, map_##N)
#define VMAP2(code, N, text, R, T, canon, E)                                                       \
	EW_INLINE C_LANE_##R lane_##N(C_LANE_##T x, C_LANE_##T y) { return (C_LANE_##R)(E); }      \
	EW_INLINE union ewi_v128 map_##N(union ewi_v128 a, union ewi_v128 b)                       \
	{                                                                                          \
		union ewi_v128 r;                                                                  \
		EWI_EACH(T, i)                                                                     \
			r.R[i] = lane_##N(a.T[i], b.T[i]);                                         \
		return r;                                                                          \
	}                                                                                          \
	VBIN(code, N, text, canon, map_##N)
#define VUN(code, N, text, canon, fn)                                                              \
	EW_INLINE union ewi_v128 raw_##N(union ewi_v128 a) { return fn(a); }                       \
	EW_INLINE union ewi_v128 value_##N(union ewi_v128 a) { return CANON_##canon(fn(a)); }
#define VBIN(code, N, text, canon, fn)                                                             \
	EW_INLINE union ewi_v128 raw_##N(union ewi_v128 a, union ewi_v128 b) { return fn(a, b); }  \
	EW_INLINE union ewi_v128 value_##N(union ewi_v128 a, union ewi_v128 b) { return CANON_##canon(fn(a, b)); }
#define VTERN(code, N, text, canon, fn)                                                            \
	EW_INLINE union ewi_v128 raw_##N(union ewi_v128 a, union ewi_v128 b, union ewi_v128 c)     \
	{                                                                                          \
		return fn(a, b, c);                                                                \
	}                                                                                          \
	EW_INLINE union ewi_v128 value_##N(union ewi_v128 a, union ewi_v128 b, union ewi_v128 c)   \
	{                                                                                          \
		return CANON_##canon(fn(a, b, c));                                                 \
	}
#define VSHIFT(code, N, text, T, E)                                                                \
	EW_INLINE union ewi_v128 value_##N(union ewi_v128 a, uint32_t count)                       \
	{                                                                                          \
		uint32_t n = count % (8 * sizeof(C_LANE_##T));                                     \
		EWI_EACH(T, i) {                                                                   \
			C_LANE_##T x = a.T[i];                                                     \
			a.T[i] = (C_LANE_##T)(E);                                                  \
		}                                                                                  \
		return a;                                                                          \
	}
#define VLOAD(code, N, text, align, bytes, fn)                                                     \
	enum { BYTES_##N = bytes };                                                                \
	EW_INLINE union ewi_v128 value_##N(const uint8_t *p) { return fn(p); }
#define VSTORE(code, N, text)
#define VLOADLANE(code, N, text, align, T)
#define VSTORELANE(code, N, text, align, T)
#include "wasm/simd.def"

EW_INLINE union ewi_v128 shuffle_I8X16_SHUFFLE(union ewi_v128 a, union ewi_v128 b, const uint8_t *lanes)
{
	return ewi_i8x16_shuffle(a, b, lanes);
}

#if EWI_PSHUFB
/* Named here, because functions for processors that have it are not put into those for all. */
EW_INLINE __m128i pshufb(__m128i a, __m128i s)
{
	__asm__("pshufb %1, %0" : "+x"(a) : "x"(s));
	return a;
}

/* From a those below 16, from b the others: bit 7 set gives 0. */
EW_INLINE union ewi_v128 shuffle_I8X16_SHUFFLE_SSSE3(union ewi_v128 a, union ewi_v128 b, const uint8_t *lanes)
{
	__m128i s = _mm_loadu_si128((const void *)lanes);

	return ewi_of_m128i(_mm_or_si128(pshufb(ewi_m128i(a), _mm_adds_epu8(s, _mm_set1_epi8(0x70))),
					 pshufb(ewi_m128i(b), _mm_sub_epi8(s, _mm_set1_epi8(16)))));
}

/* pshufb looks at bits 0 to 3 and 7: adding 0x70 with saturation sets bit 7 of all from 16 on. */
EW_INLINE union ewi_v128 value_I8X16_SWIZZLE_SSSE3(union ewi_v128 a, union ewi_v128 s)
{
	return ewi_of_m128i(pshufb(ewi_m128i(a), _mm_adds_epu8(ewi_m128i(s), _mm_set1_epi8(0x70))));
}
#endif

/* clang-format on */

#endif

#endif
