/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * vib_features.h - turns a sensor window into 32 numbers, those into the int8
 * input of the model, and the model's answer into a score.
 *
 * The same source runs in the guest (wasm32, no libc) and natively (trainer,
 * tests), and gives the same bits in both: only + - * / on IEEE-754 floats,
 * in the order written, and integers; see strict_float.h.  Where there are
 * vectors of WebAssembly, vib_simd.h does the same, four numbers at a time.
 *
 * Leaves to others: the model (host), the threshold and scales (config).
 * Sources: R. Randall, J. Antoni, "Rolling element bearing diagnostics - a
 * tutorial", MSSP 25 (2011), for envelope analysis; the split of a real
 * transform of 2n points into a complex one of n is textbook.
 */
#ifndef FLEET_VIB_FEATURES_H
#define FLEET_VIB_FEATURES_H

#include <stdint.h>

#include "strict_float.h"
#include "vib_tables.h"
#include "window.h"

/* Inlined even when optimising for size: constant strides become immediates,
 * which an interpreter gets for nothing. */
#if defined(__GNUC__)
#define FLEET_INLINE static inline __attribute__((always_inline))
#else
#define FLEET_INLINE static inline
#endif

#define FLEET_BANDS 12u

enum fleet_feature {
	/* log2 power in bands of the spectrum, 50 Hz to 3.2 kHz */
	FLEET_F_BAND0 = 0,
	/* log2 power at 1, 2, 3 times the shaft's speed and at the cutting edges' */
	FLEET_F_SHAFT1 = 12,
	FLEET_F_SHAFT2,
	FLEET_F_SHAFT3,
	FLEET_F_TOOTH,
	/* log2 power of the envelope at the bearing's frequencies, against the
	 * envelope's mean power */
	FLEET_F_OUTER1,
	FLEET_F_OUTER2,
	FLEET_F_OUTER3,
	FLEET_F_INNER1,
	FLEET_F_INNER2,
	FLEET_F_INNER_SIDE, /* inner race less one shaft order */
	FLEET_F_BALL1,
	FLEET_F_BALL2,
	FLEET_F_ENV_SHAFT,
	/* log2 of: total power; the envelope's mean, its kurtosis, its peak
	 * over its mean */
	FLEET_F_POWER,
	FLEET_F_ENV_MEAN,
	FLEET_F_ENV_KURTOSIS,
	FLEET_F_ENV_CREST,
	/* degrees above what the mean spindle power explains; log2 of speed and
	 * of load */
	FLEET_F_HEAT,
	FLEET_F_SPEED,
	FLEET_F_LOAD,
	FLEET_FEATURES
};

#define FLEET_ENV_ORDERS 9u

/* Standardises: int8 = round((feature - mean) * gain), within -128..127.
 * On the wire (config key, model metadata): the means, then the gains,
 * little-endian floats. */
struct fleet_norm {
	float mean[FLEET_FEATURES];
	float gain[FLEET_FEATURES];
};

#define FLEET_NORM_BYTES (8u * FLEET_FEATURES)

/* real = scale * (int8 - zero), for the model's input and output. */
struct fleet_quant {
	float in_scale, out_scale;
	int32_t in_zero, out_zero;
};

/* A judged window. */
struct fleet_score {
	float score;		/* mean squared error, in real units */
	uint32_t worst_idx;	/* input that most exceeds what the model expects */
};

static inline float fleet_float(uint32_t bits)
{
	union {
		uint32_t u;
		float f;
	} v = { bits };

	return v.f;
}

static inline uint32_t fleet_float_bits(float f)
{
	union {
		float f;
		uint32_t u;
	} v = { f };

	return v.u;
}

static inline float fleet_abs(float v)
{
	return fleet_float(fleet_float_bits(v) & 0x7fffffffu);
}

/* log2 of a normal positive float: exponent, plus a cubic through the
 * mantissa; within 0.001. */
static inline float fleet_log2(float v)
{
	const uint32_t bits = fleet_float_bits(v);
	const float m = fleet_float((bits & 0x7fffffu) | 0x3f800000u);
	const float e = (float)((int32_t)(bits >> 23) - 127);

	return e + (-2.153620718f + m * (3.047884161f + m * (-1.051875031f +
							     m * 0.158248767f)));
}

#define FLEET_POINTS 68u

/* Sums are made in four parts, one for each place modulo 4, so that four
 * lanes of a vector can make them: the same bits either way. */
FLEET_INLINE float fleet_parts(const float part[4])
{
	return (part[0] + part[1]) + (part[2] + part[3]);
}

/* How far the model's answer is from its question, in real units. */
FLEET_INLINE float fleet_off(const int8_t *in, const int8_t *out, uint32_t i,
			     const struct fleet_quant *q)
{
	return (float)(in[i] - q->in_zero) * q->in_scale -
	       (float)(out[i] - q->out_zero) * q->out_scale;
}

/* Which of n >= 1 numbers most exceeds what the model answered. */
static inline uint32_t fleet_worst(const int8_t *in, const int8_t *out, uint32_t n,
				   const struct fleet_quant *q)
{
	float worst = -FLT_MAX;
	uint32_t at = 0;

	for (uint32_t i = 0; i < n; i++) {
		const float d = fleet_off(in, out, i, q);

		if (d > worst) {
			worst = d;
			at = i;
		}
	}
	return at;
}

/* The mean of the squares of n >= 1 differences; those from `begin` on are added to the parts. */
FLEET_INLINE float fleet_rest(const int8_t *in, const int8_t *out, uint32_t begin, uint32_t n,
			      const struct fleet_quant *q, float part[4])
{
	for (uint32_t i = begin; i < n; i++) {
		const float d = fleet_off(in, out, i, q);

		part[i % 4] += d * d;
	}
	return fleet_parts(part) / (float)n;
}

/* ---- transforms ---- */

/* Four-point butterfly at i, i + q, i + 2q, i + 3q, outputs turned by t. */
FLEET_INLINE void fleet_butterfly(float *re, float *im, uint32_t q, const float *t)
{
	const float r02 = re[0] + re[2 * q], i02 = im[0] + im[2 * q];
	const float d02 = re[0] - re[2 * q], e02 = im[0] - im[2 * q];
	const float r13 = re[q] + re[3 * q], i13 = im[q] + im[3 * q];
	const float d13 = re[q] - re[3 * q], e13 = im[q] - im[3 * q];
	const float r1 = d02 + e13, i1 = e02 - d13;
	const float r2 = r02 - r13, i2 = i02 - i13;
	const float r3 = d02 - e13, i3 = e02 + d13;

	re[0] = r02 + r13;
	im[0] = i02 + i13;
	re[q] = r1 * t[0] - i1 * t[1];
	im[q] = r1 * t[1] + i1 * t[0];
	re[2 * q] = r2 * t[2] - i2 * t[3];
	im[2 * q] = r2 * t[3] + i2 * t[2];
	re[3 * q] = r3 * t[4] - i3 * t[5];
	im[3 * q] = r3 * t[5] + i3 * t[4];
}

/* 64-point complex transform in place; bin k comes out at fleet_place[k]. */
static inline void fleet_fft64(float *re, float *im)
{
	for (uint32_t j = 0; j < 16; j++)
		fleet_butterfly(re + j, im + j, 16, fleet_twiddle[j]);
	for (uint32_t base = 0; base < 64; base += 16)
		for (uint32_t j = 0; j < 4; j++)
			fleet_butterfly(re + base + j, im + base + j, 4,
					fleet_twiddle[4 * j]);
	for (uint32_t base = 0; base < 64; base += 4) {
		float *r = re + base, *i = im + base;
		const float r02 = r[0] + r[2], i02 = i[0] + i[2];
		const float d02 = r[0] - r[2], e02 = i[0] - i[2];
		const float r13 = r[1] + r[3], i13 = i[1] + i[3];
		const float d13 = r[1] - r[3], e13 = i[1] - i[3];

		r[0] = r02 + r13;
		i[0] = i02 + i13;
		r[1] = d02 + e13;
		i[1] = e02 - d13;
		r[2] = r02 - r13;
		i[2] = i02 - i13;
		r[3] = d02 - e13;
		i[3] = e02 + d13;
	}
}

/* Power at real bins k and 64 - k (times 4) from complex bins a = Z[k] and
 * b = Z[64 - k]. */
FLEET_INLINE void fleet_split(float ar, float ai, float br, float bi, uint32_t k,
			       float *low, float *high)
{
	const float er = ar + br, ei = ai - bi;		/* even samples */
	const float odr = ai + bi, odi = br - ar;	/* odd samples */
	const float c = FLEET_COSINE[k], s = fleet_sine[k];
	const float tr = odr * c + odi * s, ti = odi * c - odr * s;
	const float lr = er + tr, li = ei + ti;
	const float hr = er - tr, hi = ei - ti;

	*low = lr * lr + li * li;
	*high = hr * hr + hi * hi;
}

#if !defined(__wasm_simd128__)
/* power[1..63] of 128 real samples, even ones in re, odd ones in im. */
static inline void fleet_power128(float *re, float *im, float *power)
{
	const uint32_t middle = fleet_place[32]; /* bin 32 is its own mirror */

	fleet_fft64(re, im);
	power[0] = 0.0f;
	for (uint32_t k = 1; k < 32; k++) {
		const uint32_t a = fleet_place[k], b = fleet_place[64 - k];

		fleet_split(re[a], im[a], re[b], im[b], k, &power[k], &power[64 - k]);
	}
	power[32] = 4.0f * (re[middle] * re[middle] + im[middle] * im[middle]);
}
#endif

/* ---- features ---- */

/* Intermediate results of one window. */
struct fleet_work {
	/* the signal, then its transform; likewise the envelope; the places behind
	 * the 64th are for vectors that reach there */
	_Alignas(16) float re[FLEET_POINTS], im[FLEET_POINTS];
	_Alignas(16) float env_re[FLEET_POINTS], env_im[FLEET_POINTS];
	_Alignas(16) float power[FLEET_POINTS];
};

/* Twice the Hann window of 128 points at point i; the factor is the same in
 * training and disappears in the standardising. */
FLEET_INLINE float fleet_hann2(uint32_t i)
{
	return 1.0f - FLEET_COSINE[i];
}

FLEET_INLINE int32_t fleet_sample(const uint8_t *samples, uint32_t i)
{
	return (int16_t)fleet_get16(samples + 2 * i);
}

FLEET_INLINE int32_t fleet_magnitude(int32_t v)
{
	return v < 0 ? -v : v;
}

/* The envelope's mean, which is returned, and what is said of its shape. */
FLEET_INLINE float fleet_moments(int32_t sum, int32_t peak, float m2, float m4, float *f)
{
	const float mean = (float)sum * (1.0f / 128.0f);

	m2 = m2 * (1.0f / 128.0f) + 1.0f;
	m4 = m4 * (1.0f / 128.0f) + 1.0f;
	f[FLEET_F_ENV_MEAN] = mean + 1.0f;
	f[FLEET_F_ENV_KURTOSIS] = m4 / (m2 * m2);
	f[FLEET_F_ENV_CREST] = ((float)peak + 1.0f) / (mean + 1.0f);
	return mean;
}

#if !defined(__wasm_simd128__)
/*
 * One pass over the samples makes two signals at half the rate:
 *   the vibration below 3.2 kHz, low-passed by 1 3 3 1 (times 8) and windowed;
 *   the envelope: the rectified second difference, which lets through what
 *   rings at the structure's resonance and stops the shaft's tones.
 * What lies before the first and after the last sample is taken as equal to it.
 */
static inline void fleet_time(struct fleet_work *w, const uint8_t *samples, float *f)
{
	int32_t sum = 0, peak = 0, before = fleet_sample(samples, 0), x0 = before;
	float m2[4] = { 0.0f }, m4[4] = { 0.0f };

	for (uint32_t i = 0; i < 64; i++) {
		const int32_t x1 = fleet_sample(samples, 4 * i + 1);
		const int32_t x2 = fleet_sample(samples, 4 * i + 2);
		const int32_t x3 = fleet_sample(samples, 4 * i + 3);
		const int32_t x4 = i < 63 ? fleet_sample(samples, 4 * i + 4) : x3;
		const int32_t a = fleet_magnitude(before - 2 * x0 + x1) +
				  fleet_magnitude(x0 - 2 * x1 + x2);
		const int32_t b = fleet_magnitude(x1 - 2 * x2 + x3) +
				  fleet_magnitude(x2 - 2 * x3 + x4);
		const int32_t more = a > b ? a : b;
		const float af = (float)a, bf = (float)b;
		const float aa = af * af, bb = bf * bf;

		w->re[i] = (float)(before + 3 * (x0 + x1) + x2) * fleet_hann2(2 * i);
		w->im[i] = (float)(x1 + 3 * (x2 + x3) + x4) * fleet_hann2(2 * i + 1);
		w->env_re[i] = af;
		w->env_im[i] = bf;
		sum += a + b;
		peak = more > peak ? more : peak;
		m2[i % 4] += aa + bb;
		m4[i % 4] += aa * aa + bb * bb;
		before = x3;
		x0 = x4;
	}
	const float mean = fleet_moments(sum, peak, fleet_parts(m2), fleet_parts(m4), f);

	for (uint32_t i = 0; i < 64; i++) {
		w->env_re[i] = (w->env_re[i] - mean) * fleet_hann2(2 * i);
		w->env_im[i] = (w->env_im[i] - mean) * fleet_hann2(2 * i + 1);
	}
}

/* Of all features but the heat, which is none of a power. */
static inline void fleet_logarithms(float *f)
{
	for (uint32_t i = 0; i < FLEET_FEATURES; i++)
		if (i != FLEET_F_HEAT)
			f[i] = fleet_log2(f[i]);
}

/* The sum of power[1..63]. */
static inline float fleet_power_sum(const float *power)
{
	float part[4] = { 0.0f };

	for (uint32_t k = 1; k < 64; k++)
		part[k % 4] += power[k];
	return fleet_parts(part);
}

static inline void fleet_quantise(const float *f, const struct fleet_norm *norm, int8_t *q)
{
	for (uint32_t i = 0; i < FLEET_FEATURES; i++) {
		float v = (f[i] - norm->mean[i]) * norm->gain[i];

		v = v > -128.0f ? v : -128.0f;
		v = v < 127.0f ? v : 127.0f;
		q[i] = (int8_t)(int32_t)(v < 0.0f ? v - 0.5f : v + 0.5f);
	}
}

static inline float fleet_distance(const int8_t *in, const int8_t *out, uint32_t n,
				   const struct fleet_quant *q)
{
	float part[4] = { 0.0f };

	return fleet_rest(in, out, 0, n, q, part);
}
#else
#include "vib_simd.h"
#endif

/* Power at `order_q8` times the shaft's speed, main lobe of the window (three
 * bins of 50 Hz); above the last bin there is none to be seen. */
static inline float fleet_at_order(const float *power, uint32_t order_q8, uint32_t rpm)
{
	uint32_t k = (order_q8 * rpm + 256u * 1500u) / (256u * 3000u);

	if (k < 1)
		k = 1;
	if (k > 62)
		return power[63];
	return power[k - 1] + power[k] + power[k + 1];
}

static inline void fleet_spectrum_features(const struct fleet_work *w, uint32_t rpm,
					   uint32_t edges, float *f)
{
	static const uint8_t edge[FLEET_BANDS + 1] = {
		1, 2, 3, 4, 5, 7, 9, 12, 16, 22, 30, 43, 64,
	};
	/* what one LSB of noise gives in a bin: keeps the logarithm off zero */
	const float least = 100000.0f;
	float total = least;

	for (uint32_t b = 0; b < FLEET_BANDS; b++) {
		float sum = least;

		for (uint32_t k = edge[b]; k < edge[b + 1]; k++)
			sum += w->power[k];
		f[FLEET_F_BAND0 + b] = sum;
		total += sum;
	}
	f[FLEET_F_POWER] = total;
	for (uint32_t n = 1; n <= 3; n++)
		f[FLEET_F_SHAFT1 + n - 1] =
			least + fleet_at_order(w->power, 256 * n, rpm);
	f[FLEET_F_TOOTH] = least + fleet_at_order(w->power, 256 * edges, rpm);
}

static inline void fleet_envelope_features(const struct fleet_work *w,
					   const struct fleet_bearing *b, uint32_t rpm, float *f)
{
	const uint32_t orders[FLEET_ENV_ORDERS] = {
		b->bpfo, 2u * b->bpfo, 3u * b->bpfo, b->bpfi, 2u * b->bpfi,
		b->bpfi - 256u, b->bsf2, 2u * b->bsf2, 256u,
	};
	const float sum = 4000.0f + fleet_power_sum(w->power);
	const float per_mean = 21.0f / sum; /* three bins of 63 */

	for (uint32_t i = 0; i < FLEET_ENV_ORDERS; i++)
		f[FLEET_F_OUTER1 + i] =
			0.03125f + per_mean * fleet_at_order(w->power, orders[i], rpm);
}

/*
 * fleet_features - the 32 features of a window.  Returns 0, or -1 when the
 * bytes are not a window, leaving f as it was.
 */
static inline int fleet_features(const uint8_t *window, uint32_t len, struct fleet_work *w,
			  float f[FLEET_FEATURES])
{
	if (len != FLEET_WINDOW_BYTES || fleet_get16(window) != FLEET_MAGIC ||
	    window[2] != FLEET_LAYOUT || window[3] >= FLEET_BEARINGS)
		return -1;
	const uint32_t rpm = fleet_get16(window + 12);
	const int32_t power = fleet_get16(window + 16);
	const int32_t temp = (int16_t)fleet_get16(window + 18);
	const int32_t bed = (int16_t)fleet_get16(window + 20);

	fleet_time(w, window + FLEET_HEADER_BYTES, f);
	fleet_power128(w->re, w->im, w->power);
	fleet_spectrum_features(w, rpm, window[22], f);
	fleet_power128(w->env_re, w->env_im, w->power);
	fleet_envelope_features(w, &fleet_bearings[window[3]], rpm, f);
	/* full power warms by 20 degrees */
	f[FLEET_F_HEAT] = (float)(temp - bed - 2 * power) * 0.01f;
	f[FLEET_F_SPEED] = (float)rpm + 1.0f;
	f[FLEET_F_LOAD] = (float)fleet_get16(window + 14) + 20.0f;
	fleet_logarithms(f);
	return 0;
}

static inline void fleet_norm_read(struct fleet_norm *norm, const uint8_t *bytes)
{
	for (uint32_t i = 0; i < FLEET_FEATURES; i++) {
		norm->mean[i] = fleet_float(fleet_get32(bytes + 4 * i));
		norm->gain[i] = fleet_float(fleet_get32(bytes + 4 * (FLEET_FEATURES + i)));
	}
}

static inline struct fleet_score fleet_judge(const int8_t *in, const int8_t *out, uint32_t n,
				      const struct fleet_quant *q)
{
	return (struct fleet_score){ fleet_distance(in, out, n, q), fleet_worst(in, out, n, q) };
}

#endif
