/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * vib_simd.h - the loops of vib_features.h on vectors of WebAssembly: the same
 * operations on the same numbers in the same order, so the same bits; four of
 * them at a time.  Included by vib_features.h, whose scalar functions of the
 * same names say what these do.
 */
#ifndef FLEET_VIB_SIMD_H
#define FLEET_VIB_SIMD_H

#include <wasm_simd128.h>

/* Hann window and twiddle factors as vectors want them, from the tables. */
static struct {
	_Alignas(16) float hann[2][64];		/* at even, at odd points */
	_Alignas(16) float turn1[6][16];	/* of the first stage, by j */
	_Alignas(16) float turn2[6][4];		/* of the second */
} fleet_vectors;

/* Call before anything else here. */
static inline void fleet_vectors_init(void)
{
	for (uint32_t i = 0; i < 128; i++)
		fleet_vectors.hann[i % 2][i / 2] = fleet_hann2(i);
	for (uint32_t m = 0; m < 6; m++) {
		for (uint32_t j = 0; j < 16; j++)
			fleet_vectors.turn1[m][j] = fleet_twiddle[j][m];
		for (uint32_t j = 0; j < 4; j++)
			fleet_vectors.turn2[m][j] = fleet_twiddle[4 * j][m];
	}
}

/* ---- transforms ---- */

/* fleet_butterfly on four neighbours; t points to the first of six rows of `step` factors. */
FLEET_INLINE void fleet_butterfly4(float *re, float *im, uint32_t q, const float *t, uint32_t step)
{
	const v128_t ra = wasm_v128_load(re), rb = wasm_v128_load(re + q);
	const v128_t rc = wasm_v128_load(re + 2 * q), rd = wasm_v128_load(re + 3 * q);
	const v128_t ia = wasm_v128_load(im), ib = wasm_v128_load(im + q);
	const v128_t ic = wasm_v128_load(im + 2 * q), id = wasm_v128_load(im + 3 * q);
	const v128_t r02 = wasm_f32x4_add(ra, rc), i02 = wasm_f32x4_add(ia, ic);
	const v128_t d02 = wasm_f32x4_sub(ra, rc), e02 = wasm_f32x4_sub(ia, ic);
	const v128_t r13 = wasm_f32x4_add(rb, rd), i13 = wasm_f32x4_add(ib, id);
	const v128_t d13 = wasm_f32x4_sub(rb, rd), e13 = wasm_f32x4_sub(ib, id);
	const v128_t r1 = wasm_f32x4_add(d02, e13), i1 = wasm_f32x4_sub(e02, d13);
	const v128_t r2 = wasm_f32x4_sub(r02, r13), i2 = wasm_f32x4_sub(i02, i13);
	const v128_t r3 = wasm_f32x4_sub(d02, e13), i3 = wasm_f32x4_add(e02, d13);
	const v128_t t0 = wasm_v128_load(t), t1 = wasm_v128_load(t + step);
	const v128_t t2 = wasm_v128_load(t + 2 * step), t3 = wasm_v128_load(t + 3 * step);
	const v128_t t4 = wasm_v128_load(t + 4 * step), t5 = wasm_v128_load(t + 5 * step);

	wasm_v128_store(re, wasm_f32x4_add(r02, r13));
	wasm_v128_store(im, wasm_f32x4_add(i02, i13));
	wasm_v128_store(re + q, wasm_f32x4_sub(wasm_f32x4_mul(r1, t0), wasm_f32x4_mul(i1, t1)));
	wasm_v128_store(im + q, wasm_f32x4_add(wasm_f32x4_mul(r1, t1), wasm_f32x4_mul(i1, t0)));
	wasm_v128_store(re + 2 * q, wasm_f32x4_sub(wasm_f32x4_mul(r2, t2), wasm_f32x4_mul(i2, t3)));
	wasm_v128_store(im + 2 * q, wasm_f32x4_add(wasm_f32x4_mul(r2, t3), wasm_f32x4_mul(i2, t2)));
	wasm_v128_store(re + 3 * q, wasm_f32x4_sub(wasm_f32x4_mul(r3, t4), wasm_f32x4_mul(i3, t5)));
	wasm_v128_store(im + 3 * q, wasm_f32x4_add(wasm_f32x4_mul(r3, t5), wasm_f32x4_mul(i3, t4)));
}

/* Rows of four to columns of four. */
FLEET_INLINE void fleet_transpose(v128_t v[4])
{
	const v128_t a = wasm_i32x4_shuffle(v[0], v[1], 0, 4, 1, 5);
	const v128_t b = wasm_i32x4_shuffle(v[2], v[3], 0, 4, 1, 5);
	const v128_t c = wasm_i32x4_shuffle(v[0], v[1], 2, 6, 3, 7);
	const v128_t d = wasm_i32x4_shuffle(v[2], v[3], 2, 6, 3, 7);

	v[0] = wasm_i64x2_shuffle(a, b, 0, 2);
	v[1] = wasm_i64x2_shuffle(a, b, 1, 3);
	v[2] = wasm_i64x2_shuffle(c, d, 0, 2);
	v[3] = wasm_i64x2_shuffle(c, d, 1, 3);
}

/*
 * The last stage of four butterflies, those at 4 b in each quarter.  Its
 * outputs, bins 4 b + 16 c + (0..3), go to where they belong by number; with
 * b fixed they are the places that it read.
 */
FLEET_INLINE void fleet_last4(float *re, float *im)
{
	v128_t r[4], i[4];

	for (uint32_t a = 0; a < 4; a++) {
		r[a] = wasm_v128_load(re + 16 * a);
		i[a] = wasm_v128_load(im + 16 * a);
	}
	fleet_transpose(r);
	fleet_transpose(i);
	const v128_t r02 = wasm_f32x4_add(r[0], r[2]), i02 = wasm_f32x4_add(i[0], i[2]);
	const v128_t d02 = wasm_f32x4_sub(r[0], r[2]), e02 = wasm_f32x4_sub(i[0], i[2]);
	const v128_t r13 = wasm_f32x4_add(r[1], r[3]), i13 = wasm_f32x4_add(i[1], i[3]);
	const v128_t d13 = wasm_f32x4_sub(r[1], r[3]), e13 = wasm_f32x4_sub(i[1], i[3]);

	wasm_v128_store(re, wasm_f32x4_add(r02, r13));
	wasm_v128_store(im, wasm_f32x4_add(i02, i13));
	wasm_v128_store(re + 16, wasm_f32x4_add(d02, e13));
	wasm_v128_store(im + 16, wasm_f32x4_sub(e02, d13));
	wasm_v128_store(re + 32, wasm_f32x4_sub(r02, r13));
	wasm_v128_store(im + 32, wasm_f32x4_sub(i02, i13));
	wasm_v128_store(re + 48, wasm_f32x4_sub(d02, e13));
	wasm_v128_store(im + 48, wasm_f32x4_add(e02, d13));
}

FLEET_INLINE v128_t fleet_mirror(const float *p)
{
	const v128_t v = wasm_v128_load(p);

	return wasm_i32x4_shuffle(v, v, 3, 2, 1, 0);
}

/* fleet_split for bins k to k + 3 and their mirrors, 64 - k down to 61 - k. */
FLEET_INLINE void fleet_split4(const float *re, const float *im, uint32_t k, float *power)
{
	const v128_t ar = wasm_v128_load(re + k), ai = wasm_v128_load(im + k);
	const v128_t br = fleet_mirror(re + 61 - k), bi = fleet_mirror(im + 61 - k);
	const v128_t er = wasm_f32x4_add(ar, br), ei = wasm_f32x4_sub(ai, bi);
	const v128_t odr = wasm_f32x4_add(ai, bi), odi = wasm_f32x4_sub(br, ar);
	const v128_t c = wasm_v128_load(FLEET_COSINE + k), s = wasm_v128_load(fleet_sine + k);
	const v128_t tr = wasm_f32x4_add(wasm_f32x4_mul(odr, c), wasm_f32x4_mul(odi, s));
	const v128_t ti = wasm_f32x4_sub(wasm_f32x4_mul(odi, c), wasm_f32x4_mul(odr, s));
	const v128_t lr = wasm_f32x4_add(er, tr), li = wasm_f32x4_add(ei, ti);
	const v128_t hr = wasm_f32x4_sub(er, tr), hi = wasm_f32x4_sub(ei, ti);
	const v128_t high = wasm_f32x4_add(wasm_f32x4_mul(hr, hr), wasm_f32x4_mul(hi, hi));

	wasm_v128_store(power + k, wasm_f32x4_add(wasm_f32x4_mul(lr, lr), wasm_f32x4_mul(li, li)));
	wasm_v128_store(power + 61 - k, wasm_i32x4_shuffle(high, high, 3, 2, 1, 0));
}

static inline void fleet_power128(float *re, float *im, float *power)
{
	for (uint32_t j = 0; j < 16; j += 4)
		fleet_butterfly4(re + j, im + j, 16, &fleet_vectors.turn1[0][j], 16);
	for (uint32_t base = 0; base < 64; base += 16)
		fleet_butterfly4(re + base, im + base, 4, fleet_vectors.turn2[0], 4);
	for (uint32_t b = 0; b < 16; b += 4)
		fleet_last4(re + b, im + b);
	/* bin 0 and its mirror, the 64th, come of it too, and are not looked at */
	for (uint32_t k = 0; k < 32; k += 4)
		fleet_split4(re, im, k, power);
	power[0] = 0.0f;
	power[32] = 4.0f * (re[32] * re[32] + im[32] * im[32]);
}

/* ---- features ---- */

/* Four sums carried along, as the scalar function's four parts. */
struct fleet_sums {
	v128_t sum, peak, m2, m4;
};

/* Even and odd lanes of eight. */
#define FLEET_EVEN(a, b) wasm_i32x4_shuffle(a, b, 0, 2, 4, 6)
#define FLEET_ODD(a, b) wasm_i32x4_shuffle(a, b, 1, 3, 5, 7)
/* Products of neighbouring samples with p and q, added. */
#define FLEET_DOT(v, p, q) wasm_i32x4_dot_i16x8(v, wasm_i16x8_const(p, q, p, q, p, q, p, q))

/*
 * The low-passed samples, and the envelope's, at 0, 2, 4, 6 of eight samples: `left` are those with the one before,
 * `right` those from the second on with the one behind.
 */
FLEET_INLINE v128_t fleet_low(v128_t left, v128_t right)
{
	return wasm_i32x4_add(FLEET_DOT(left, 1, 3), FLEET_DOT(right, 3, 1));
}

FLEET_INLINE v128_t fleet_envelope(v128_t left, v128_t right)
{
	const v128_t even = wasm_i32x4_add(FLEET_DOT(left, 1, -2), FLEET_DOT(right, 1, 0));
	const v128_t odd = wasm_i32x4_add(FLEET_DOT(left, 0, 1), FLEET_DOT(right, -2, 1));

	return wasm_i32x4_add(wasm_i32x4_abs(even), wasm_i32x4_abs(odd));
}

/* Four steps of fleet_time at once, on sixteen samples: those of l0, r0, then those of l1, r1. */
FLEET_INLINE void fleet_time4(struct fleet_work *w, uint32_t i, v128_t l0, v128_t r0, v128_t l1, v128_t r1,
			      struct fleet_sums *s)
{
	const v128_t low0 = fleet_low(l0, r0), low1 = fleet_low(l1, r1);
	const v128_t env0 = fleet_envelope(l0, r0), env1 = fleet_envelope(l1, r1);
	const v128_t a = FLEET_EVEN(env0, env1), b = FLEET_ODD(env0, env1);
	const v128_t af = wasm_f32x4_convert_i32x4(a), bf = wasm_f32x4_convert_i32x4(b);
	const v128_t aa = wasm_f32x4_mul(af, af), bb = wasm_f32x4_mul(bf, bf);

	wasm_v128_store(w->re + i, wasm_f32x4_mul(wasm_f32x4_convert_i32x4(FLEET_EVEN(low0, low1)),
						  wasm_v128_load(fleet_vectors.hann[0] + i)));
	wasm_v128_store(w->im + i, wasm_f32x4_mul(wasm_f32x4_convert_i32x4(FLEET_ODD(low0, low1)),
						  wasm_v128_load(fleet_vectors.hann[1] + i)));
	wasm_v128_store(w->env_re + i, af);
	wasm_v128_store(w->env_im + i, bf);
	s->sum = wasm_i32x4_add(s->sum, wasm_i32x4_add(a, b));
	s->peak = wasm_i32x4_max(s->peak, wasm_i32x4_max(a, b));
	s->m2 = wasm_f32x4_add(s->m2, wasm_f32x4_add(aa, bb));
	s->m4 = wasm_f32x4_add(s->m4, wasm_f32x4_add(wasm_f32x4_mul(aa, aa), wasm_f32x4_mul(bb, bb)));
}

FLEET_INLINE float fleet_lanes(v128_t v)
{
	float part[4];

	wasm_v128_store(part, v);
	return fleet_parts(part);
}

static inline void fleet_time(struct fleet_work *w, const uint8_t *samples, float *f)
{
	const v128_t zero = wasm_i32x4_const_splat(0);
	const v128_t first = wasm_v128_load(samples), last = wasm_v128_load(samples + 2 * 248);
	struct fleet_sums s = { zero, zero, zero, zero };
	int32_t sum[4], peak[4];

	/* what lies outside is taken as equal to the sample at the end */
	fleet_time4(w, 0, wasm_i16x8_shuffle(first, first, 0, 0, 1, 2, 3, 4, 5, 6), wasm_v128_load(samples + 2),
		    wasm_v128_load(samples + 14), wasm_v128_load(samples + 18), &s);
	for (uint32_t i = 4; i < 60; i += 4) {
		const uint8_t *p = samples + 8 * i;

		fleet_time4(w, i, wasm_v128_load(p - 2), wasm_v128_load(p + 2), wasm_v128_load(p + 14),
			    wasm_v128_load(p + 18), &s);
	}
	fleet_time4(w, 60, wasm_v128_load(samples + 2 * 239), wasm_v128_load(samples + 2 * 241),
		    wasm_v128_load(samples + 2 * 247), wasm_i16x8_shuffle(last, last, 1, 2, 3, 4, 5, 6, 7, 7), &s);
	wasm_v128_store(sum, s.sum);
	wasm_v128_store(peak, s.peak);
	for (uint32_t i = 1; i < 4; i++)
		peak[0] = peak[i] > peak[0] ? peak[i] : peak[0];
	const v128_t mean = wasm_f32x4_splat(fleet_moments(sum[0] + sum[1] + sum[2] + sum[3], peak[0],
							   fleet_lanes(s.m2), fleet_lanes(s.m4), f));

	for (uint32_t i = 0; i < 64; i += 4) {
		wasm_v128_store(w->env_re + i,
				wasm_f32x4_mul(wasm_f32x4_sub(wasm_v128_load(w->env_re + i), mean),
					       wasm_v128_load(fleet_vectors.hann[0] + i)));
		wasm_v128_store(w->env_im + i,
				wasm_f32x4_mul(wasm_f32x4_sub(wasm_v128_load(w->env_im + i), mean),
					       wasm_v128_load(fleet_vectors.hann[1] + i)));
	}
}

static inline void fleet_logarithms(float *f)
{
	const float heat = f[FLEET_F_HEAT];

	for (uint32_t i = 0; i < FLEET_FEATURES; i += 4) {
		const v128_t bits = wasm_v128_load(f + i);
		const v128_t m = wasm_v128_or(wasm_v128_and(bits, wasm_i32x4_const_splat(0x7fffff)),
					      wasm_i32x4_const_splat(0x3f800000));
		const v128_t e = wasm_f32x4_convert_i32x4(
			wasm_i32x4_sub(wasm_u32x4_shr(bits, 23), wasm_i32x4_const_splat(127)));
		v128_t poly = wasm_f32x4_add(wasm_f32x4_const_splat(-1.051875031f),
					     wasm_f32x4_mul(m, wasm_f32x4_const_splat(0.158248767f)));

		poly = wasm_f32x4_add(wasm_f32x4_const_splat(3.047884161f), wasm_f32x4_mul(m, poly));
		poly = wasm_f32x4_add(wasm_f32x4_const_splat(-2.153620718f), wasm_f32x4_mul(m, poly));
		wasm_v128_store(f + i, wasm_f32x4_add(e, poly));
	}
	f[FLEET_F_HEAT] = heat;
}

/* power[0] is 0. */
static inline float fleet_power_sum(const float *power)
{
	v128_t sum = wasm_v128_load(power);

	for (uint32_t k = 4; k < 64; k += 4)
		sum = wasm_f32x4_add(sum, wasm_v128_load(power + k));
	return fleet_lanes(sum);
}

/* pmin and pmax are the comparisons of the scalar function, in the order that NaN asks for. */
FLEET_INLINE v128_t fleet_quantise4(const float *f, const float *mean, const float *gain)
{
	v128_t v = wasm_f32x4_mul(wasm_f32x4_sub(wasm_v128_load(f), wasm_v128_load(mean)),
				  wasm_v128_load(gain));

	v = wasm_f32x4_pmax(wasm_f32x4_const_splat(-128.0f), v);
	v = wasm_f32x4_pmin(wasm_f32x4_const_splat(127.0f), v);
	v = wasm_f32x4_add(v, wasm_v128_or(wasm_v128_and(v, wasm_i32x4_const_splat((int32_t)0x80000000)),
					   wasm_f32x4_const_splat(0.5f)));
	return wasm_i32x4_trunc_sat_f32x4(v);
}

static inline void fleet_quantise(const float *f, const struct fleet_norm *norm, int8_t *q)
{
	for (uint32_t i = 0; i < FLEET_FEATURES; i += 16) {
		v128_t v[4];

		for (uint32_t j = 0; j < 4; j++)
			v[j] = fleet_quantise4(f + i + 4 * j, norm->mean + i + 4 * j,
					       norm->gain + i + 4 * j);
		wasm_v128_store(q + i, wasm_i8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(v[0], v[1]),
							       wasm_i16x8_narrow_i32x4(v[2], v[3])));
	}
}

/* Four int8 as (x - zero) * scale. */
FLEET_INLINE v128_t fleet_real4(const int8_t *x, v128_t zero, v128_t scale)
{
	const v128_t wide = wasm_i32x4_extend_low_i16x8(wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(x)));

	return wasm_f32x4_mul(wasm_f32x4_convert_i32x4(wasm_i32x4_sub(wide, zero)), scale);
}

static inline float fleet_distance(const int8_t *in, const int8_t *out, uint32_t n,
				   const struct fleet_quant *q)
{
	const v128_t in_zero = wasm_i32x4_splat(q->in_zero), out_zero = wasm_i32x4_splat(q->out_zero);
	const v128_t in_scale = wasm_f32x4_splat(q->in_scale), out_scale = wasm_f32x4_splat(q->out_scale);
	v128_t sum = wasm_i32x4_const_splat(0);
	uint32_t i = 0;
	float part[4];

	for (; n - i >= 4; i += 4) {
		const v128_t d = wasm_f32x4_sub(fleet_real4(in + i, in_zero, in_scale),
						fleet_real4(out + i, out_zero, out_scale));

		sum = wasm_f32x4_add(sum, wasm_f32x4_mul(d, d));
	}
	wasm_v128_store(part, sum);
	return fleet_rest(in, out, i, n, q, part);
}

#endif
