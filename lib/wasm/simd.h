/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * simd.h - vector arithmetic that is not lane by lane: whole-vector functions named as the instructions.
 *
 * Plain C over arrays of lanes, which gcc and clang turn into vector instructions, so that every host gives the same
 * bits.  Where they do not, the same function is written with the compiler's names for the machine's instruction.
 *
 * A vector is kept as two 64-bit halves, low first, as it is in frame slots and in the host's arrays.  On big-endian
 * hosts the narrower lanes of a half therefore stand in reverse; LANE gives lane i its place.  What works lane by lane
 * need not care.
 * Source: WebAssembly core specification 2.0, 4.3.6 (vector operations).
 */
#ifndef EW_WASM_SIMD_H
#define EW_WASM_SIMD_H

#include "base/le.h"
#include "wasm/exec.h"
#include "wasm/numeric.h"

#if EW_CONFIG_SIMD

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define EWI_REVERSED 1
#else
#define EWI_REVERSED 0
#endif

/* On x86-64 and AArch64 a part of every CPU. */
#if defined(__GNUC__) && defined(__SSE2__)
#define EWI_SSE2 1
#include <immintrin.h>
#else
#define EWI_SSE2 0
#endif
#if defined(__GNUC__) && defined(__aarch64__) && !EWI_REVERSED
#define EWI_NEON 1
#include <arm_neon.h>
#else
#define EWI_NEON 0
#endif

union ewi_v128 {
	uint8_t u8[16];
	int8_t s8[16];
	uint16_t u16[8];
	int16_t s16[8];
	uint32_t u32[4];
	int32_t s32[4];
	uint64_t u64[2];
	int64_t s64[2];
	float f32[4];
	double f64[2];
};

/* A vector at a slot, and back; slots are aligned to 8 bytes only. */
EW_INLINE union ewi_v128 ewi_vget(const union ew_value *slot)
{
	union ewi_v128 v;

	memcpy(&v, slot, sizeof(v));
	return v;
}

EW_INLINE void ewi_vput(union ew_value *slot, union ewi_v128 v)
{
	memcpy(slot, &v, sizeof(v));
}

/* A handler leaves the vector that it makes in its slot and, where there is one, in the register for vectors. */
#if EWI_VACC
EW_INLINE ewi_vreg ewi_to_reg(union ewi_v128 v)
{
	ewi_vreg r;

	memcpy(&r, &v, sizeof(r));
	return r;
}

EW_INLINE union ewi_v128 ewi_of_reg(ewi_vreg r)
{
	union ewi_v128 v;

	memcpy(&v, &r, sizeof(v));
	return v;
}
#define VPUT(slot, value)                                                                          \
	do {                                                                                       \
		union ewi_v128 made_ = (value);                                                    \
		ewi_vput(slot, made_);                                                             \
		v0 = ewi_to_reg(made_);                                                            \
	} while (0)
#define VREG ewi_of_reg(v0)
#else
#define VPUT(slot, value) ewi_vput(slot, value)
#endif

/* One lane where it lies in its slots. */
#define EWI_VLANE(slot, T, lane) (((C_LANE_##T *)(void *)(fp + (slot)))[EWI_LANE(T, lane)])

/* Lanes of type T: how many, and where lane i stands. */
#define EWI_LANES(T) (sizeof(union ewi_v128) / sizeof(((union ewi_v128 *)0)->T[0]))
#define EWI_LANE(T, i) (EWI_REVERSED ? (i) ^ (EWI_LANES(T) / 2 - 1) : (i))
#define EWI_EACH(T, i) for (unsigned i = 0; i < EWI_LANES(T); i++)

#if EWI_SSE2
EW_INLINE __m128i ewi_m128i(union ewi_v128 v)
{
	__m128i m;

	memcpy(&m, &v, sizeof(m));
	return m;
}

EW_INLINE union ewi_v128 ewi_of_m128i(__m128i m)
{
	union ewi_v128 v;

	memcpy(&v, &m, sizeof(v));
	return v;
}
#endif

#if EWI_SSE2
/* Half of the lanes, twice as wide: unpacked with their signs, or with zeros. */
#define EWI_UNPACK(T, LOW, HIGH, SIGNS)                                                            \
	EW_INLINE __m128i ewi_low_##T(__m128i v)                                                   \
	{                                                                                          \
		return LOW(v, SIGNS);                                                              \
	}                                                                                          \
	EW_INLINE __m128i ewi_high_##T(__m128i v)                                                  \
	{                                                                                          \
		return HIGH(v, SIGNS);                                                             \
	}
EWI_UNPACK(s8, _mm_unpacklo_epi8, _mm_unpackhi_epi8, _mm_cmpgt_epi8(_mm_setzero_si128(), v))
EWI_UNPACK(s16, _mm_unpacklo_epi16, _mm_unpackhi_epi16, _mm_srai_epi16(v, 15))
EWI_UNPACK(s32, _mm_unpacklo_epi32, _mm_unpackhi_epi32, _mm_srai_epi32(v, 31))
EWI_UNPACK(u8, _mm_unpacklo_epi8, _mm_unpackhi_epi8, _mm_setzero_si128())
EWI_UNPACK(u16, _mm_unpacklo_epi16, _mm_unpackhi_epi16, _mm_setzero_si128())
EWI_UNPACK(u32, _mm_unpacklo_epi32, _mm_unpackhi_epi32, _mm_setzero_si128())
#undef EWI_UNPACK
#endif

/* ---- loads: p is guest memory ---- */

EW_INLINE union ewi_v128 ewi_v128_load(const uint8_t *p)
{
	union ewi_v128 v;

	v.u64[0] = ewi_le64(p);
	v.u64[1] = ewi_le64(p + 8);
	return v;
}

EW_INLINE void ewi_v128_store(uint8_t *p, union ewi_v128 v)
{
	ewi_put_le64(p, v.u64[0]);
	ewi_put_le64(p + 8, v.u64[1]);
}

/* Eight bytes as lanes of type T, each then a lane of the double width W. */
#if EWI_SSE2
#define EWI_LOAD_WIDER(NAME, W, T)                                                                 \
	EW_INLINE union ewi_v128 ewi_v128_##NAME(const uint8_t *p)                                 \
	{                                                                                          \
		return ewi_of_m128i(ewi_low_##T(_mm_loadl_epi64((const void *)p)));                \
	}
#else
#define EWI_LOAD_WIDER(NAME, W, T)                                                                 \
	EW_INLINE union ewi_v128 ewi_v128_##NAME(const uint8_t *p)                                 \
	{                                                                                          \
		union ewi_v128 v, r;                                                               \
                                                                                                   \
		v.u64[0] = ewi_le64(p);                                                            \
		v.u64[1] = 0;                                                                      \
		EWI_EACH(W, i)                                                                     \
			r.W[EWI_LANE(W, i)] = v.T[EWI_LANE(T, i)];                                 \
		return r;                                                                          \
	}
#endif
EWI_LOAD_WIDER(load8x8_s, s16, s8)
EWI_LOAD_WIDER(load8x8_u, u16, u8)
EWI_LOAD_WIDER(load16x4_s, s32, s16)
EWI_LOAD_WIDER(load16x4_u, u32, u16)
EWI_LOAD_WIDER(load32x2_s, s64, s32)
EWI_LOAD_WIDER(load32x2_u, u64, u32)
#undef EWI_LOAD_WIDER

/* One lane from memory, by its width. */
EW_INLINE uint8_t ewi_get_u8(const uint8_t *p)
{
	return *p;
}

EW_INLINE uint16_t ewi_get_u16(const uint8_t *p)
{
	return ewi_le16(p);
}

EW_INLINE uint32_t ewi_get_u32(const uint8_t *p)
{
	return ewi_le32(p);
}

EW_INLINE uint64_t ewi_get_u64(const uint8_t *p)
{
	return ewi_le64(p);
}

EW_INLINE void ewi_set_u8(uint8_t *p, uint8_t v)
{
	*p = v;
}

EW_INLINE void ewi_set_u16(uint8_t *p, uint16_t v)
{
	ewi_put_le16(p, v);
}

EW_INLINE void ewi_set_u32(uint8_t *p, uint32_t v)
{
	ewi_put_le32(p, v);
}

EW_INLINE void ewi_set_u64(uint8_t *p, uint64_t v)
{
	ewi_put_le64(p, v);
}

#define EWI_LOAD_SPLAT(BITS)                                                                       \
	EW_INLINE union ewi_v128 ewi_v128_load##BITS##_splat(const uint8_t *p)                     \
	{                                                                                          \
		uint##BITS##_t x = ewi_get_u##BITS(p);                                             \
		union ewi_v128 r;                                                                  \
                                                                                                   \
		EWI_EACH(u##BITS, i)                                                               \
			r.u##BITS[i] = x;                                                          \
		return r;                                                                          \
	}
EWI_LOAD_SPLAT(8)
EWI_LOAD_SPLAT(16)
EWI_LOAD_SPLAT(32)
EWI_LOAD_SPLAT(64)
#undef EWI_LOAD_SPLAT

EW_INLINE union ewi_v128 ewi_v128_load32_zero(const uint8_t *p)
{
	union ewi_v128 r;

	r.u64[0] = ewi_le32(p);
	r.u64[1] = 0;
	return r;
}

EW_INLINE union ewi_v128 ewi_v128_load64_zero(const uint8_t *p)
{
	union ewi_v128 r;

	r.u64[0] = ewi_le64(p);
	r.u64[1] = 0;
	return r;
}

/* ---- bits ---- */

EW_INLINE union ewi_v128 ewi_v128_bitselect(union ewi_v128 a, union ewi_v128 b, union ewi_v128 mask)
{
	EWI_EACH(u64, i)
		a.u64[i] = (a.u64[i] & mask.u64[i]) | (b.u64[i] & ~mask.u64[i]);
	return a;
}

EW_INLINE uint32_t ewi_v128_any_true(union ewi_v128 a)
{
	return (a.u64[0] | a.u64[1]) != 0;
}

#if EWI_SSE2
#define EWI_ALL_TRUE(NAME, T, CMPEQ)                                                               \
	EW_INLINE uint32_t ewi_##NAME##_all_true(union ewi_v128 a)                                 \
	{                                                                                          \
		return _mm_movemask_epi8(CMPEQ(ewi_m128i(a), _mm_setzero_si128())) == 0;           \
	}
#else
#define EWI_ALL_TRUE(NAME, T, CMPEQ)                                                               \
	EW_INLINE uint32_t ewi_##NAME##_all_true(union ewi_v128 a)                                 \
	{                                                                                          \
		uint32_t all = 1;                                                                  \
                                                                                                   \
		EWI_EACH(T, i)                                                                     \
			all &= a.T[i] != 0;                                                        \
		return all;                                                                        \
	}
#endif
EWI_ALL_TRUE(i8x16, u8, _mm_cmpeq_epi8)
EWI_ALL_TRUE(i16x8, u16, _mm_cmpeq_epi16)
EWI_ALL_TRUE(i32x4, u32, _mm_cmpeq_epi32)
#undef EWI_ALL_TRUE

EW_INLINE uint32_t ewi_i64x2_all_true(union ewi_v128 a)
{
	return a.u64[0] != 0 && a.u64[1] != 0;
}

/* Bit i is the sign of lane i. */
#if EWI_SSE2
EW_INLINE uint32_t ewi_i8x16_bitmask(union ewi_v128 a)
{
	return (uint32_t)_mm_movemask_epi8(ewi_m128i(a));
}

EW_INLINE uint32_t ewi_i16x8_bitmask(union ewi_v128 a)
{
	return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(ewi_m128i(a), _mm_setzero_si128()));
}

EW_INLINE uint32_t ewi_i32x4_bitmask(union ewi_v128 a)
{
	return (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(ewi_m128i(a)));
}
#else
#define EWI_BITMASK(NAME, T)                                                                       \
	EW_INLINE uint32_t ewi_##NAME##_bitmask(union ewi_v128 a)                                  \
	{                                                                                          \
		uint32_t mask = 0;                                                                 \
                                                                                                   \
		EWI_EACH(T, i)                                                                     \
			mask |= (uint32_t)(a.T[EWI_LANE(T, i)] < 0) << i;                          \
		return mask;                                                                       \
	}
EWI_BITMASK(i8x16, s8)
EWI_BITMASK(i16x8, s16)
EWI_BITMASK(i32x4, s32)
#undef EWI_BITMASK
#endif

EW_INLINE uint32_t ewi_i64x2_bitmask(union ewi_v128 a)
{
	return (uint32_t)(a.u64[0] >> 63 | a.u64[1] >> 63 << 1);
}

/* Bits of each byte: pairs, nibbles, bytes are counted in eight bytes at once. */
EW_INLINE union ewi_v128 ewi_i8x16_popcnt(union ewi_v128 a)
{
	EWI_EACH(u64, i) {
		uint64_t x = a.u64[i];

		x -= x >> 1 & 0x5555555555555555u;
		x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
		a.u64[i] = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	}
	return a;
}

/* ---- bytes by index ---- */

/* 0 for an index beyond 15. */
EW_INLINE union ewi_v128 ewi_i8x16_swizzle(union ewi_v128 a, union ewi_v128 s)
{
#if EWI_NEON
	union ewi_v128 r;

	vst1q_u8(r.u8, vqtbl1q_u8(vld1q_u8(a.u8), vld1q_u8(s.u8)));
	return r;
#elif EWI_SSE2 && defined(__SSSE3__)
	/* pshufb looks at bits 0 to 3 and 7: adding 0x70 with saturation sets bit 7 of all from 16 on. */
	return ewi_of_m128i(_mm_shuffle_epi8(ewi_m128i(a), _mm_adds_epu8(ewi_m128i(s), _mm_set1_epi8(0x70))));
#else
	union ewi_v128 r;

	EWI_EACH(u8, i)
		r.u8[i] = s.u8[i] < 16 ? a.u8[EWI_LANE(u8, s.u8[i] & 15u)] : 0;
	return r;
#endif
}

/* lanes: sixteen indices below 32 into a, then b, as they stand in the code. */
EW_INLINE union ewi_v128 ewi_i8x16_shuffle(union ewi_v128 a, union ewi_v128 b, const uint8_t *lanes)
{
	union ewi_v128 r;
#if EWI_NEON
	uint8x16x2_t both = {{vld1q_u8(a.u8), vld1q_u8(b.u8)}};

	vst1q_u8(r.u8, vqtbl2q_u8(both, vld1q_u8(lanes)));
#elif EWI_SSE2 && defined(__SSSE3__)
	/* From a those below 16, from b the others: bit 7 set gives 0. */
	__m128i s = _mm_loadu_si128((const void *)lanes);
	__m128i of_a = _mm_adds_epu8(s, _mm_set1_epi8(0x70)), of_b = _mm_sub_epi8(s, _mm_set1_epi8(16));

	r = ewi_of_m128i(_mm_or_si128(_mm_shuffle_epi8(ewi_m128i(a), of_a), _mm_shuffle_epi8(ewi_m128i(b), of_b)));
#else
	union ewi_v128 both[2] = {a, b};

	EWI_EACH(u8, i)
		r.u8[EWI_LANE(u8, i)] = both[lanes[i] >> 4 & 1].u8[EWI_LANE(u8, lanes[i] & 15u)];
#endif
	return r;
}

/* ---- integer lanes ---- */

/* The smallest number's is itself: that is why these are not C's abs. */
EW_INLINE uint8_t ewi_abs_s8(uint8_t x)
{
	return (uint8_t)((int8_t)x < 0 ? 0 - x : x);
}

EW_INLINE uint16_t ewi_abs_s16(uint16_t x)
{
	return (uint16_t)((int16_t)x < 0 ? 0 - x : x);
}

EW_INLINE uint32_t ewi_abs_s32(uint32_t x)
{
	return (int32_t)x < 0 ? 0 - x : x;
}

EW_INLINE uint64_t ewi_abs_s64(uint64_t x)
{
	return (int64_t)x < 0 ? 0 - x : x;
}

EW_INLINE int32_t ewi_clamp(int32_t x, int32_t low, int32_t high)
{
	return x < low ? low : x > high ? high : x;
}

/* A function of two vectors as one instruction of each machine that has it, and in C. */
#if EWI_SSE2
#define EWI_MACHINE2(NAME, T, SSE2, NEON, ...)                                                     \
	EW_INLINE union ewi_v128 ewi_##NAME(union ewi_v128 a, union ewi_v128 b)                    \
	{                                                                                          \
		return ewi_of_m128i(SSE2(ewi_m128i(a), ewi_m128i(b)));                             \
	}
#elif EWI_NEON
#define EWI_MACHINE2(NAME, T, SSE2, NEON, ...)                                                     \
	EW_INLINE union ewi_v128 ewi_##NAME(union ewi_v128 a, union ewi_v128 b)                    \
	{                                                                                          \
		vst1q_##T(a.T, NEON(vld1q_##T(a.T), vld1q_##T(b.T)));                              \
		return a;                                                                          \
	}
#else
#define EWI_MACHINE2(NAME, T, SSE2, NEON, ...)                                                     \
	EW_INLINE union ewi_v128 ewi_##NAME(union ewi_v128 a, union ewi_v128 b)                    \
	{                                                                                          \
		EWI_EACH(T, i)                                                                     \
			a.T[i] = (__VA_ARGS__);                                                    \
		return a;                                                                          \
	}
#endif

/* Sums and differences that stay at the ends of the lane's range. */
EWI_MACHINE2(i8x16_add_sat_s, s8, _mm_adds_epi8, vqaddq_s8, (int8_t)ewi_clamp(a.s8[i] + b.s8[i], -128, 127))
EWI_MACHINE2(i8x16_add_sat_u, u8, _mm_adds_epu8, vqaddq_u8, (uint8_t)ewi_clamp(a.u8[i] + b.u8[i], 0, 255))
EWI_MACHINE2(i8x16_sub_sat_s, s8, _mm_subs_epi8, vqsubq_s8, (int8_t)ewi_clamp(a.s8[i] - b.s8[i], -128, 127))
EWI_MACHINE2(i8x16_sub_sat_u, u8, _mm_subs_epu8, vqsubq_u8, (uint8_t)ewi_clamp(a.u8[i] - b.u8[i], 0, 255))
EWI_MACHINE2(i16x8_add_sat_s, s16, _mm_adds_epi16, vqaddq_s16, (int16_t)ewi_clamp(a.s16[i] + b.s16[i], -32768, 32767))
EWI_MACHINE2(i16x8_add_sat_u, u16, _mm_adds_epu16, vqaddq_u16, (uint16_t)ewi_clamp(a.u16[i] + b.u16[i], 0, 65535))
EWI_MACHINE2(i16x8_sub_sat_s, s16, _mm_subs_epi16, vqsubq_s16, (int16_t)ewi_clamp(a.s16[i] - b.s16[i], -32768, 32767))
EWI_MACHINE2(i16x8_sub_sat_u, u16, _mm_subs_epu16, vqsubq_u16, (uint16_t)ewi_clamp(a.u16[i] - b.u16[i], 0, 65535))

/* Mean, rounded up. */
EWI_MACHINE2(i8x16_avgr_u, u8, _mm_avg_epu8, vrhaddq_u8, (uint8_t)((a.u8[i] + b.u8[i] + 1) >> 1))
EWI_MACHINE2(i16x8_avgr_u, u16, _mm_avg_epu16, vrhaddq_u16, (uint16_t)((a.u16[i] + b.u16[i] + 1) >> 1))
#undef EWI_MACHINE2

/* Product of two fractions of 15 bits, rounded to nearest; -1 times -1 alone saturates. */
EW_INLINE union ewi_v128 ewi_i16x8_q15mulr_sat_s(union ewi_v128 a, union ewi_v128 b)
{
#if EWI_NEON
	vst1q_s16(a.s16, vqrdmulhq_s16(vld1q_s16(a.s16), vld1q_s16(b.s16)));
	return a;
#elif EWI_SSE2 && defined(__SSSE3__)
	__m128i p = _mm_mulhrs_epi16(ewi_m128i(a), ewi_m128i(b));

	/* It gives -1 for that product: turn it into the largest number. */
	return ewi_of_m128i(_mm_xor_si128(p, _mm_cmpeq_epi16(p, _mm_set1_epi16(-32768))));
#else
	EWI_EACH(s16, i)
		a.s16[i] = (int16_t)ewi_clamp((a.s16[i] * b.s16[i] + 0x4000) >> 15, -32768, 32767);
	return a;
#endif
}

/* Products of 16-bit lanes, neighbours added: two of 2^30 are 2^31, which wraps. */
EW_INLINE union ewi_v128 ewi_i32x4_dot_i16x8_s(union ewi_v128 a, union ewi_v128 b)
{
#if EWI_SSE2
	return ewi_of_m128i(_mm_madd_epi16(ewi_m128i(a), ewi_m128i(b)));
#else
	union ewi_v128 r;

	EWI_EACH(u32, i)
		r.u32[i] = (uint32_t)(a.s16[2 * i] * b.s16[2 * i]) +
			   (uint32_t)(a.s16[2 * i + 1] * b.s16[2 * i + 1]);
	return r;
#endif
}

/* ---- narrower and wider lanes ---- */

/* The lanes of a, then those of b, saturated. */
#if EWI_SSE2
#define EWI_NARROW(NAME, W, T, LOW, HIGH, SSE2)                                                    \
	EW_INLINE union ewi_v128 ewi_##NAME(union ewi_v128 a, union ewi_v128 b)                    \
	{                                                                                          \
		return ewi_of_m128i(SSE2(ewi_m128i(a), ewi_m128i(b)));                             \
	}
#else
#define EWI_NARROW EWI_NARROW_C
#endif
#define EWI_NARROW_C(NAME, W, T, LOW, HIGH, SSE2)                                                  \
	EW_INLINE union ewi_v128 ewi_##NAME(union ewi_v128 a, union ewi_v128 b)                    \
	{                                                                                          \
		union ewi_v128 r;                                                                  \
                                                                                                   \
		EWI_EACH(W, i)                                                                     \
			r.T[EWI_LANE(T, i)] = (C_LANE_##T)ewi_clamp(a.W[EWI_LANE(W, i)], LOW, HIGH); \
		EWI_EACH(W, i)                                                                     \
			r.T[EWI_LANE(T, EWI_LANES(W) + i)] =                                       \
				(C_LANE_##T)ewi_clamp(b.W[EWI_LANE(W, i)], LOW, HIGH);             \
		return r;                                                                          \
	}
#define C_LANE_u8 uint8_t
#define C_LANE_s8 int8_t
#define C_LANE_u16 uint16_t
#define C_LANE_s16 int16_t
#define C_LANE_u32 uint32_t
#define C_LANE_s32 int32_t
#define C_LANE_u64 uint64_t
#define C_LANE_s64 int64_t
#define C_LANE_f32 float
#define C_LANE_f64 double
EWI_NARROW(i8x16_narrow_i16x8_s, s16, s8, -128, 127, _mm_packs_epi16)
EWI_NARROW(i8x16_narrow_i16x8_u, s16, u8, 0, 255, _mm_packus_epi16)
EWI_NARROW(i16x8_narrow_i32x4_s, s32, s16, -32768, 32767, _mm_packs_epi32)
#if EWI_SSE2 && defined(__SSE4_1__)
EWI_NARROW(i16x8_narrow_i32x4_u, s32, u16, 0, 65535, _mm_packus_epi32)
#else
EWI_NARROW_C(i16x8_narrow_i32x4_u, s32, u16, 0, 65535, )
#endif
#undef EWI_NARROW
#undef EWI_NARROW_C

/* Of lanes T the lower or upper half, widened to W. */
#if EWI_SSE2
#define EWI_EXTEND(NAME, W, T, HALF, FIRST)                                                        \
	EW_INLINE union ewi_v128 ewi_##NAME(union ewi_v128 a)                                      \
	{                                                                                          \
		return ewi_of_m128i(ewi_##HALF##_##T(ewi_m128i(a)));                               \
	}
#else
#define EWI_EXTEND(NAME, W, T, HALF, FIRST)                                                        \
	EW_INLINE union ewi_v128 ewi_##NAME(union ewi_v128 a)                                      \
	{                                                                                          \
		union ewi_v128 r;                                                                  \
                                                                                                   \
		EWI_EACH(W, i)                                                                     \
			r.W[EWI_LANE(W, i)] = (C_LANE_##W)a.T[EWI_LANE(T, (FIRST) + i)];           \
		return r;                                                                          \
	}
#endif
EWI_EXTEND(i16x8_extend_low_i8x16_s, s16, s8, low, 0)
EWI_EXTEND(i16x8_extend_high_i8x16_s, s16, s8, high, 8)
EWI_EXTEND(i16x8_extend_low_i8x16_u, u16, u8, low, 0)
EWI_EXTEND(i16x8_extend_high_i8x16_u, u16, u8, high, 8)
EWI_EXTEND(i32x4_extend_low_i16x8_s, s32, s16, low, 0)
EWI_EXTEND(i32x4_extend_high_i16x8_s, s32, s16, high, 4)
EWI_EXTEND(i32x4_extend_low_i16x8_u, u32, u16, low, 0)
EWI_EXTEND(i32x4_extend_high_i16x8_u, u32, u16, high, 4)
EWI_EXTEND(i64x2_extend_low_i32x4_s, s64, s32, low, 0)
EWI_EXTEND(i64x2_extend_high_i32x4_s, s64, s32, high, 2)
EWI_EXTEND(i64x2_extend_low_i32x4_u, u64, u32, low, 0)
EWI_EXTEND(i64x2_extend_high_i32x4_u, u64, u32, high, 2)
#undef EWI_EXTEND

/* The same half of two vectors, multiplied.  No product of two narrow lanes leaves the wide one. */
#define EWI_EXTMUL_C(NAME, W, T, FIRST, ...)                                                       \
	EW_INLINE union ewi_v128 ewi_##NAME(union ewi_v128 a, union ewi_v128 b)                    \
	{                                                                                          \
		union ewi_v128 r;                                                                  \
                                                                                                   \
		EWI_EACH(W, i)                                                                     \
			r.W[EWI_LANE(W, i)] =                                                      \
				(C_LANE_##W)((C_LANE_##W)a.T[EWI_LANE(T, (FIRST) + i)] *           \
					     b.T[EWI_LANE(T, (FIRST) + i)]);                       \
		return r;                                                                          \
	}
#if EWI_SSE2
#define EWI_EXTMUL(NAME, W, T, FIRST, ...)                                                         \
	EW_INLINE union ewi_v128 ewi_##NAME(union ewi_v128 a, union ewi_v128 b)                    \
	{                                                                                          \
		__m128i x = ewi_m128i(a), y = ewi_m128i(b);                                        \
                                                                                                   \
		return ewi_of_m128i(__VA_ARGS__);                                                  \
	}
/* Low and high halves of the products, interleaved. */
#define EWI_MUL16(UNPACK, MULHI) UNPACK(_mm_mullo_epi16(x, y), MULHI(x, y))
#define EWI_MUL32(ORDER) _mm_mul_epu32(_mm_shuffle_epi32(x, ORDER), _mm_shuffle_epi32(y, ORDER))
#else
#define EWI_EXTMUL EWI_EXTMUL_C
#endif
EWI_EXTMUL(i16x8_extmul_low_i8x16_s, s16, s8, 0, _mm_mullo_epi16(ewi_low_s8(x), ewi_low_s8(y)))
EWI_EXTMUL(i16x8_extmul_high_i8x16_s, s16, s8, 8, _mm_mullo_epi16(ewi_high_s8(x), ewi_high_s8(y)))
EWI_EXTMUL(i16x8_extmul_low_i8x16_u, u16, u8, 0, _mm_mullo_epi16(ewi_low_u8(x), ewi_low_u8(y)))
EWI_EXTMUL(i16x8_extmul_high_i8x16_u, u16, u8, 8, _mm_mullo_epi16(ewi_high_u8(x), ewi_high_u8(y)))
EWI_EXTMUL(i32x4_extmul_low_i16x8_s, s32, s16, 0, EWI_MUL16(_mm_unpacklo_epi16, _mm_mulhi_epi16))
EWI_EXTMUL(i32x4_extmul_high_i16x8_s, s32, s16, 4, EWI_MUL16(_mm_unpackhi_epi16, _mm_mulhi_epi16))
EWI_EXTMUL(i32x4_extmul_low_i16x8_u, u32, u16, 0, EWI_MUL16(_mm_unpacklo_epi16, _mm_mulhi_epu16))
EWI_EXTMUL(i32x4_extmul_high_i16x8_u, u32, u16, 4, EWI_MUL16(_mm_unpackhi_epi16, _mm_mulhi_epu16))
EWI_EXTMUL(i64x2_extmul_low_i32x4_u, u64, u32, 0, EWI_MUL32(0x50))
EWI_EXTMUL(i64x2_extmul_high_i32x4_u, u64, u32, 2, EWI_MUL32(0xfa))
EWI_EXTMUL_C(i64x2_extmul_low_i32x4_s, s64, s32, 0)
EWI_EXTMUL_C(i64x2_extmul_high_i32x4_s, s64, s32, 2)
#undef EWI_EXTMUL
#undef EWI_EXTMUL_C
#undef EWI_MUL16
#undef EWI_MUL32

/* Neighbours added.  The two stand in the same place whatever their order. */
#if EWI_SSE2
#define EWI_PAIRWISE(NAME, W, T, ...)                                                              \
	EW_INLINE union ewi_v128 ewi_##NAME(union ewi_v128 a)                                      \
	{                                                                                          \
		__m128i x = ewi_m128i(a);                                                          \
                                                                                                   \
		return ewi_of_m128i(__VA_ARGS__);                                                  \
	}
#else
#define EWI_PAIRWISE(NAME, W, T, ...)                                                              \
	EW_INLINE union ewi_v128 ewi_##NAME(union ewi_v128 a)                                      \
	{                                                                                          \
		union ewi_v128 r;                                                                  \
                                                                                                   \
		EWI_EACH(W, i)                                                                     \
			r.W[i] = (C_LANE_##W)((C_LANE_##W)a.T[2 * i] + (C_LANE_##W)a.T[2 * i + 1]); \
		return r;                                                                          \
	}
#endif
EWI_PAIRWISE(i16x8_extadd_pairwise_i8x16_s, s16, s8,
	     _mm_add_epi16(_mm_srai_epi16(x, 8), _mm_srai_epi16(_mm_slli_epi16(x, 8), 8)))
EWI_PAIRWISE(i16x8_extadd_pairwise_i8x16_u, u16, u8,
	     _mm_add_epi16(_mm_srli_epi16(x, 8), _mm_and_si128(x, _mm_set1_epi16(0xff))))
EWI_PAIRWISE(i32x4_extadd_pairwise_i16x8_s, s32, s16, _mm_madd_epi16(x, _mm_set1_epi16(1)))
EWI_PAIRWISE(i32x4_extadd_pairwise_i16x8_u, u32, u16,
	     _mm_add_epi32(_mm_srli_epi32(x, 16), _mm_and_si128(x, _mm_set1_epi32(0xffff))))
#undef EWI_PAIRWISE

/* Products of signed bytes, neighbours added: -128 twice squared, 2^15, alone saturates. */
EW_INLINE union ewi_v128 ewi_i16x8_dot_i8x16_s(union ewi_v128 a, union ewi_v128 b)
{
	union ewi_v128 r;
#if EWI_SSE2
	__m128i x = ewi_m128i(a), y = ewi_m128i(b);
	__m128i odd = _mm_mullo_epi16(_mm_srai_epi16(x, 8), _mm_srai_epi16(y, 8));

	x = _mm_srai_epi16(_mm_slli_epi16(x, 8), 8);
	y = _mm_srai_epi16(_mm_slli_epi16(y, 8), 8);
	r = ewi_of_m128i(_mm_adds_epi16(_mm_mullo_epi16(x, y), odd));
#else
	EWI_EACH(s16, i)
		r.s16[i] = (int16_t)ewi_clamp(a.s8[2 * i] * b.s8[2 * i] + a.s8[2 * i + 1] * b.s8[2 * i + 1],
					      -32768, 32767);
#endif
	return r;
}

/* The same, neighbours added once more, and c. */
EW_INLINE union ewi_v128 ewi_i32x4_dot_i8x16_add_s(union ewi_v128 a, union ewi_v128 b, union ewi_v128 c)
{
	a = ewi_i32x4_extadd_pairwise_i16x8_s(ewi_i16x8_dot_i8x16_s(a, b));
	EWI_EACH(u32, i)
		a.u32[i] += c.u32[i];
	return a;
}

/* ---- NaNs ---- */

/* Lanes that are NaNs become the canonical one; see numeric.h. */
#define EWI_CANON(NAME, T, QUIET)                                                                  \
	EW_INLINE union ewi_v128 ewi_quiet_##NAME(union ewi_v128 a)                                \
	{                                                                                          \
		EWI_EACH(T, i)                                                                     \
			a.T[i] = a.T[i] != a.T[i] ? QUIET : a.T[i];                                \
		return a;                                                                          \
	}
EWI_CANON(f32x4, f32, ewi_f32_of(0x7fc00000u))
EWI_CANON(f64x2, f64, ewi_f64_of((uint64_t)0x7ff8 << 48))
#undef EWI_CANON

EW_INLINE union ewi_v128 ewi_canon_f32x4(union ewi_v128 a)
{
#if EWI_SSE2
	__m128 v = _mm_castsi128_ps(ewi_m128i(a));

	if (EW_LIKELY(_mm_movemask_ps(_mm_cmpunord_ps(v, v)) == 0))
		return a;
#endif
	return ewi_quiet_f32x4(a);
}

EW_INLINE union ewi_v128 ewi_canon_f64x2(union ewi_v128 a)
{
#if EWI_SSE2
	__m128d v = _mm_castsi128_pd(ewi_m128i(a));

	if (EW_LIKELY(_mm_movemask_pd(_mm_cmpunord_pd(v, v)) == 0))
		return a;
#endif
	return ewi_quiet_f64x2(a);
}

/* ---- the smaller and the greater ---- */

/*
 * The machine's give the second operand of two zeros, and of what has a NaN: both ways round, of zeros one sign or the
 * other is in either.
 */
#if EWI_SSE2
#define EWI_MINMAX_SSE2(REG, CAST, BACK, P, OP, BOTH)                                       \
	REG x = CAST(ewi_m128i(a)), y = CAST(ewi_m128i(b));                                        \
	if (EW_LIKELY(_mm_movemask_##P(_mm_cmpunord_##P(x, y)) == 0))                              \
		return ewi_of_m128i(BACK(BOTH##_##P(_mm_##OP##_##P(x, y), _mm_##OP##_##P(y, x))));
#else
#define EWI_MINMAX_SSE2(REG, CAST, BACK, P, OP, BOTH)
#endif
#define EWI_MINMAX(T, LANES, REG, CAST, BACK, P, OP, BOTH)                                         \
	EW_INLINE union ewi_v128 ewi_##LANES##_##OP(union ewi_v128 a, union ewi_v128 b)            \
	{                                                                                          \
		EWI_MINMAX_SSE2(REG, CAST, BACK, P, OP, BOTH)                               \
		EWI_EACH(T, i)                                                                     \
			a.T[i] = ewi_##OP##_##T(a.T[i], b.T[i]);                                   \
		return a;                                                                          \
	}
EWI_MINMAX(f32, f32x4, __m128, _mm_castsi128_ps, _mm_castps_si128, ps, min, _mm_or)
EWI_MINMAX(f32, f32x4, __m128, _mm_castsi128_ps, _mm_castps_si128, ps, max, _mm_and)
EWI_MINMAX(f64, f64x2, __m128d, _mm_castsi128_pd, _mm_castpd_si128, pd, min, _mm_or)
EWI_MINMAX(f64, f64x2, __m128d, _mm_castsi128_pd, _mm_castpd_si128, pd, max, _mm_and)
#undef EWI_MINMAX
#undef EWI_MINMAX_SSE2

/* ---- multiply and add: two roundings, on machines that could do with one as well ---- */

#define EWI_MADD(NAME, T, SIGN)                                                                    \
	EW_INLINE union ewi_v128 ewi_##NAME(union ewi_v128 a, union ewi_v128 b, union ewi_v128 c)  \
	{                                                                                          \
		EWI_EACH(T, i)                                                                     \
			a.T[i] = SIGN a.T[i] * b.T[i];                                             \
		EWI_EACH(T, i)                                                                     \
			a.T[i] += c.T[i];                                                          \
		return a;                                                                          \
	}
EWI_MADD(f32x4_madd, f32, +)
EWI_MADD(f32x4_nmadd, f32, -)
EWI_MADD(f64x2_madd, f64, +)
EWI_MADD(f64x2_nmadd, f64, -)
#undef EWI_MADD

/* ---- between integers and doubles ---- */

EW_INLINE union ewi_v128 ewi_i32x4_trunc_sat_f64x2_s_zero(union ewi_v128 a)
{
	union ewi_v128 r;

	r.u64[0] = ewi_i32_f64_s_sat(a.f64[0]) | (uint64_t)ewi_i32_f64_s_sat(a.f64[1]) << 32;
	r.u64[1] = 0;
	return r;
}

EW_INLINE union ewi_v128 ewi_i32x4_trunc_sat_f64x2_u_zero(union ewi_v128 a)
{
	union ewi_v128 r;

	r.u64[0] = ewi_i32_f64_u_sat(a.f64[0]) | (uint64_t)ewi_i32_f64_u_sat(a.f64[1]) << 32;
	r.u64[1] = 0;
	return r;
}

EW_INLINE union ewi_v128 ewi_f64x2_convert_low_i32x4_s(union ewi_v128 a)
{
	union ewi_v128 r;

	r.f64[0] = (double)a.s32[EWI_LANE(s32, 0)];
	r.f64[1] = (double)a.s32[EWI_LANE(s32, 1)];
	return r;
}

EW_INLINE union ewi_v128 ewi_f64x2_convert_low_i32x4_u(union ewi_v128 a)
{
	union ewi_v128 r;

	r.f64[0] = (double)a.u32[EWI_LANE(u32, 0)];
	r.f64[1] = (double)a.u32[EWI_LANE(u32, 1)];
	return r;
}

EW_INLINE union ewi_v128 ewi_f32x4_demote_f64x2_zero(union ewi_v128 a)
{
	union ewi_v128 r;

	r.f32[EWI_LANE(f32, 0)] = (float)a.f64[0];
	r.f32[EWI_LANE(f32, 1)] = (float)a.f64[1];
	r.u64[1] = 0;
	return r;
}

EW_INLINE union ewi_v128 ewi_f64x2_promote_low_f32x4(union ewi_v128 a)
{
	union ewi_v128 r;

	r.f64[0] = (double)a.f32[EWI_LANE(f32, 0)];
	r.f64[1] = (double)a.f32[EWI_LANE(f32, 1)];
	return r;
}

#endif

#endif
