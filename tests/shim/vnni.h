/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * vnni.h - the intrinsics of VPDPBUSD that the library's kernels use, written out in AVX2, so that the very same kernel
 * sources can be held to their definitions on a machine without it: put before them by -include (Makefile).  The tests
 * that are linked with such objects are those of tests/tensor.  Whatever is not here keeps its meaning.
 *
 * Source: Intel SDM volume 2, VPDPBUSD: each of four unsigned bytes by a signed one, all four products added to the sum,
 * modulo 2^32.
 */
#ifndef TESTS_SHIM_VNNI_H
#define TESTS_SHIM_VNNI_H

#if defined(__x86_64__) || defined(__i386__)
#define EWI_VNNI_SHIM 1
#include <immintrin.h>

#define SHIM static inline __attribute__((always_inline, target("avx2"), unused))

/* Even bytes and odd ones apart: a product is at most 255 * 128 < 2^15, pairs are added in 32 bits. */
SHIM __m256i shim_dpbusd(__m256i sum, __m256i x, __m256i w)
{
	__m256i even = _mm256_madd_epi16(_mm256_and_si256(x, _mm256_set1_epi16(0xff)),
					 _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8));
	__m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(x, 8), _mm256_srai_epi16(w, 8));

	return _mm256_add_epi32(sum, _mm256_add_epi32(even, odd));
}

struct shim_512 {
	__m256i low, high;
};

SHIM struct shim_512 shim_loadu_512(const void *p)
{
	const __m256i *v = p;

	return (struct shim_512){_mm256_loadu_si256(v), _mm256_loadu_si256(v + 1)};
}

SHIM struct shim_512 shim_set1_512(int v)
{
	return (struct shim_512){_mm256_set1_epi32(v), _mm256_set1_epi32(v)};
}

/* Only ever the second half is taken or put. */
SHIM struct shim_512 shim_insert_512(struct shim_512 to, __m256i v, int half)
{
	return half == 1 ? (struct shim_512){to.low, v} : (struct shim_512){v, to.high};
}

SHIM struct shim_512 shim_dpbusd_512(struct shim_512 sum, struct shim_512 x, struct shim_512 w)
{
	return (struct shim_512){shim_dpbusd(sum.low, x.low, w.low), shim_dpbusd(sum.high, x.high, w.high)};
}

#undef _mm256_dpbusd_avx_epi32
#undef _mm256_dpbusd_epi32
#undef _mm512_dpbusd_epi32
#undef _mm512_loadu_si512
#undef _mm512_set1_epi32
#undef _mm512_castsi256_si512
#undef _mm512_castsi512_si256
#undef _mm512_inserti64x4
#undef _mm512_extracti64x4_epi64
#define __m512i struct shim_512
#define _mm256_dpbusd_avx_epi32 shim_dpbusd
#define _mm256_dpbusd_epi32 shim_dpbusd
#define _mm512_dpbusd_epi32 shim_dpbusd_512
#define _mm512_loadu_si512 shim_loadu_512
#define _mm512_set1_epi32 shim_set1_512
#define _mm512_castsi256_si512(v) ((struct shim_512){(v), (v)})
#define _mm512_castsi512_si256(v) ((v).low)
#define _mm512_inserti64x4 shim_insert_512
#define _mm512_extracti64x4_epi64(v, half) ((half) == 1 ? (v).high : (v).low)
#endif
#endif
