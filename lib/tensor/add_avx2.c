/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * add_avx2.c - ADD of int8 with AVX2, by one product: the bytes of ewk_add_s8_ref.
 *
 * The definition scales both inputs to 27 bits and their sum back, rounding three times, or six.  All in all it is nearly
 * a * A + b * B + C, shifted to the right; there are 65,536 pairs of inputs, so at load it is tried whether there is a C
 * with which that is the definition's output for each of them.  The first A and B are the scales' products; of those of
 * trained models a third has no such C, their neighbours have.  Where none is found, binary_avx2.c does it.
 *
 * Half of a factor at a time, because vpmaddwd takes 16 bits: A = high * 2^15 + low.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/binary.h"

#if EWI_KERNELS_X86
#include <immintrin.h>

#define HALF 15

struct packed {
	int32_t high, low; /* two int16: of a, of b */
	int32_t c, shift;
	int32_t a, b;
	bool found;
};

static bool dense(const struct ewi_binary *p)
{
	return p->a_window == p->out_window && p->b_window == p->out_window;
}

static size_t packed_bytes(const void *params)
{
	return dense(params) ? sizeof(struct packed) : 0;
}

/* Looking for factors takes as long as this many elements, a thousand times. */
static bool worth(const void *params, const void *const in[EWI_CALL_INPUTS])
{
	(void)in;
	return ((const struct ewi_binary *)params)->out_window >= 1024;
}

/* ---- factors ------------------------------------------------------------------------------------ */

#define VALUES 256

struct scaled {
	const struct ewi_binary *p;
	int32_t a[VALUES], b[VALUES]; /* of inputs from -128 on */
};

static int32_t output(const struct scaled *s, int32_t i, int32_t k)
{
	const struct ewi_binary *p = s->p;
	int32_t v = ewi_requant_as(ewi_wrap_add(s->a[i], s->b[k]), p->out_scale, p->single);

	return ewi_clamp(ewi_wrap_add(v, p->out_zero), p->act_min, p->act_max);
}

/* C with which all outputs are right, the one in the middle; false: there is none. */
static bool find_c(const struct scaled *s, struct packed *f)
{
	int64_t low = INT32_MIN, high = INT32_MAX, one = (int64_t)1 << f->shift;

	for (int32_t i = 0; i < VALUES && low <= high; i++)
		for (int32_t k = 0; k < VALUES; k++) {
			int64_t sum = (int64_t)(i + INT8_MIN) * f->a + (int64_t)(k + INT8_MIN) * f->b;
			int32_t v = output(s, i, k);
			int64_t least = v * one - sum, most = least + one - 1;

			low = v > s->p->act_min && least > low ? least : low;
			high = v < s->p->act_max && most < high ? most : high;
		}
	f->c = (int32_t)((low + high) / 2);
	return low <= high;
}

/* 2^-31 of a multiplier, shifted. */
static double real_of(struct ewi_scale s)
{
	double v = s.multiplier / 2147483648.0;

	for (int32_t i = 0; i < s.shift; i++)
		v *= 2;
	for (int32_t i = 0; i > s.shift; i--)
		v /= 2;
	return v;
}

#define TRIES 25

/* i of 0 to 4 as 0, 1, -1, 2, -2 */
static int32_t beside(int32_t i)
{
	return (i + 1) / 2 * (i % 2 ? 1 : -1);
}

static void pack(const void *params, const void *const in[EWI_CALL_INPUTS], void *to)
{
	struct packed *f = to;
	struct scaled s = {.p = params};
	double times = real_of(s.p->out_scale) * (double)((int64_t)1 << s.p->left);
	double a = real_of(s.p->a_scale) * times, b = real_of(s.p->b_scale) * times, size = (a + b) * VALUES + 130;

	(void)in;
	for (int32_t i = 0; i < VALUES; i++) {
		s.a[i] = ewi_scaled(s.p, i + INT8_MIN, s.p->a_zero, s.p->a_scale);
		s.b[i] = ewi_scaled(s.p, i + INT8_MIN, s.p->b_zero, s.p->b_scale);
	}
	/* The largest output before it is clamped: 255 steps of each input, a zero point, and what factors are off. */
	for (f->shift = 30; f->shift > 0 && size * (double)(1 << f->shift) >= 2147483648.0; f->shift--)
		;
	a *= 1 << f->shift;
	b *= 1 << f->shift;
	if (f->shift < HALF)
		return;
	for (int32_t i = 0; i < TRIES && !f->found; i++) {
		f->a = (int32_t)(a + 0.5) + beside(i % 5);
		f->b = (int32_t)(b + 0.5) + beside(i / 5);
		f->found = f->a >= 0 && f->b >= 0 && find_c(&s, f);
	}
	f->high = f->b >> HALF << 16 | f->a >> HALF;
	f->low = (f->b & ((1 << HALF) - 1)) << 16 | (f->a & ((1 << HALF) - 1));
}

const struct ewi_packing ewi_add_s8_avx2_packing = {worth, packed_bytes, pack, true};

/* ---- outputs ------------------------------------------------------------------------------------ */

struct factors {
	__m256i high, low, c;
	__m128i shift;
};

/* Eight pairs of inputs. */
EW_TARGET("avx2")
EW_INLINE __m256i product(__m256i x, const struct factors *f)
{
	__m256i high = _mm256_slli_epi32(_mm256_madd_epi16(x, f->high), HALF);

	x = _mm256_add_epi32(_mm256_add_epi32(_mm256_madd_epi16(x, f->low), f->c), high);
	return _mm256_sra_epi32(x, f->shift);
}

EW_TARGET("avx2")
EW_INLINE __m256i sixteen(const int8_t *a, const int8_t *b, const struct factors *f)
{
	__m256i va = _mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)a));
	__m256i vb = _mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)b));

	return _mm256_packs_epi32(product(_mm256_unpacklo_epi16(va, vb), f), product(_mm256_unpackhi_epi16(va, vb), f));
}

EW_TARGET("avx2")
void ewk_add_s8_avx2_packed(const struct ewi_call *c)
{
	const struct ewi_binary *p = c->params;
	const struct packed *f = c->packed;
	const int8_t *a = c->in[0], *b = c->in[1];
	int8_t *out = c->out;
	size_t i = 0, n = c->windows * p->out_window;
	const __m256i min = _mm256_set1_epi8((char)p->act_min), max = _mm256_set1_epi8((char)p->act_max);
	const struct factors v = {_mm256_set1_epi32(f->high), _mm256_set1_epi32(f->low), _mm256_set1_epi32(f->c),
				  _mm_cvtsi32_si128(f->shift)};

	if (!f->found) {
		ewk_add_s8_avx2(c);
		return;
	}
	for (; i + 32 <= n; i += 32) {
		__m256i bytes = _mm256_packs_epi16(sixteen(a + i, b + i, &v), sixteen(a + i + 16, b + i + 16, &v));

		bytes = _mm256_permute4x64_epi64(_mm256_min_epi8(_mm256_max_epi8(bytes, min), max), 0xd8);
		_mm256_storeu_si256((void *)(out + i), bytes);
	}
	for (; i < n; i++)
		out[i] = (int8_t)ewi_clamp((a[i] * f->a + b[i] * f->b + f->c) >> f->shift, p->act_min, p->act_max);
}
#endif
#endif
