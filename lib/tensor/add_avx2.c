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
#include "tensor/requant_avx2.h"

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

/* Outputs of eight values of b. */
EW_TARGET("avx2")
EW_INLINE __m256i outputs(const struct scaled *s, int32_t i, int32_t k)
{
	const struct ewi_binary *p = s->p;
	const __m256i m = _mm256_set1_epi32(p->out_scale.multiplier), shift = _mm256_set1_epi32(p->out_scale.shift);
	__m256i v = _mm256_add_epi32(_mm256_set1_epi32(s->a[i]), ewi_load_avx2(s->b + k));

	v = p->single ? ewi_requant_single_avx2(v, m, shift) : ewi_requant_avx2(v, m, shift);
	v = _mm256_add_epi32(v, _mm256_set1_epi32(p->out_zero));
	return _mm256_min_epi32(_mm256_max_epi32(v, _mm256_set1_epi32(p->act_min)), _mm256_set1_epi32(p->act_max));
}

/*
 * C with which all outputs are right, the one in the middle; false: there is none.  32 bits hold it all: with
 * |sum| <= 128 * (a + b) and |v| <= 128, v * 2^shift - sum is below what pack() keeps under 2^31.
 */
EW_TARGET("avx2")
static bool find_c(const struct scaled *s, struct packed *f)
{
	const __m256i one_less = _mm256_set1_epi32((1 << f->shift) - 1), min = _mm256_set1_epi32(s->p->act_min),
		      max = _mm256_set1_epi32(s->p->act_max), eight = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
	__m256i low = _mm256_set1_epi32(INT32_MIN), high = _mm256_set1_epi32(INT32_MAX);
	int32_t lows[8], highs[8];
	int64_t c_low = INT32_MIN, c_high = INT32_MAX;

	for (int32_t i = 0; i < VALUES; i++) {
		const __m256i a = _mm256_set1_epi32((i + INT8_MIN) * f->a), b = _mm256_set1_epi32(f->b);

		if (_mm256_movemask_epi8(_mm256_cmpgt_epi32(low, high)))
			return false;
		for (int32_t k = 0; k < VALUES; k += 8) {
			__m256i at = _mm256_add_epi32(_mm256_set1_epi32(k + INT8_MIN), eight), v = outputs(s, i, k);
			__m256i least = _mm256_sub_epi32(_mm256_slli_epi32(v, f->shift),
							 _mm256_add_epi32(a, _mm256_mullo_epi32(at, b)));
			__m256i most = _mm256_add_epi32(least, one_less);

			low = _mm256_blendv_epi8(low, _mm256_max_epi32(low, least), _mm256_cmpgt_epi32(v, min));
			high = _mm256_blendv_epi8(high, _mm256_min_epi32(high, most), _mm256_cmpgt_epi32(max, v));
		}
	}
	_mm256_storeu_si256((void *)lows, low);
	_mm256_storeu_si256((void *)highs, high);
	for (int32_t i = 0; i < 8; i++) {
		c_low = lows[i] > c_low ? lows[i] : c_low;
		c_high = highs[i] < c_high ? highs[i] : c_high;
	}
	f->c = (int32_t)((c_low + c_high) / 2);
	return c_low <= c_high;
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
