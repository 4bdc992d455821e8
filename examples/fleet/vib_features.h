/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * vib_features.h - turns a sensor window into 32 numbers, those into the int8
 * input of the model, and the model's answer into a score.
 *
 * The same source runs in the guest (wasm32, no libc) and natively (trainer,
 * tests), and gives the same bits in both: only + - * / on IEEE-754 floats,
 * in the order written, and integers; see strict_float.h.
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

#define FLEET_BANDS 12u

enum fleet_feature {
	/* log2 power in bands of the spectrum, 50 Hz to 6.4 kHz */
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
	FLEET_F_ENV_SHAFT,
	/* log2 of: mean envelope, power, peak^2 / power, kurtosis, peak of the
	 * envelope / its mean */
	FLEET_F_ENV_MEAN,
	FLEET_F_POWER,
	FLEET_F_CREST,
	FLEET_F_KURTOSIS,
	FLEET_F_ENV_CREST,
	/* degrees above what the mean spindle power explains; log2 of speed and
	 * of load */
	FLEET_F_HEAT,
	FLEET_F_SPEED,
	FLEET_F_LOAD,
	FLEET_FEATURES
};

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
	uint32_t worst_idx;	/* input that was reconstructed worst */
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

/* ---- transforms ---- */

/* Four-point butterfly at i, i + q, i + 2q, i + 3q, outputs turned by t. */
static inline void fleet_butterfly(float *re, float *im, uint32_t q, const float *t)
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

/* Power at real bins k and n - k (times 4) from complex bins a = Z[k] and
 * b = Z[n - k]; turn = 2 pi k / (2 n) as an index into fleet_sine. */
static inline void fleet_split(float ar, float ai, float br, float bi, uint32_t turn,
			       float *low, float *high)
{
	const float er = ar + br, ei = ai - bi;		/* even samples */
	const float odr = ai + bi, odi = br - ar;	/* odd samples */
	const float c = FLEET_COSINE[turn], s = fleet_sine[turn];
	const float tr = odr * c + odi * s, ti = odi * c - odr * s;
	const float lr = er + tr, li = ei + ti;
	const float hr = er - tr, hi = ei - ti;

	*low = lr * lr + li * li;
	*high = hr * hr + hi * hi;
}

/* power[1..127] of 256 real samples, even ones in re, odd ones in im. */
static inline void fleet_power256(float *re, float *im, float *power)
{
	for (uint32_t j = 0; j < 64; j++) {
		const float c = FLEET_COSINE[2 * j], s = fleet_sine[2 * j];
		const float dr = re[j] - re[j + 64], di = im[j] - im[j + 64];

		re[j] += re[j + 64];
		im[j] += im[j + 64];
		re[j + 64] = dr * c + di * s;
		im[j + 64] = di * c - dr * s;
	}
	fleet_fft64(re, im);
	fleet_fft64(re + 64, im + 64);
	power[0] = 0.0f;
	for (uint32_t k = 1; k < 64; k++) {
		const uint32_t a = (k & 1) * 64 + fleet_place[k >> 1];
		const uint32_t b = (k & 1) * 64 + fleet_place[(128 - k) >> 1];

		fleet_split(re[a], im[a], re[b], im[b], k, &power[k], &power[128 - k]);
	}
	{
		const uint32_t m = fleet_place[32]; /* bin 64 is its own mirror */

		power[64] = 4.0f * (re[m] * re[m] + im[m] * im[m]);
	}
}

/* power[1..63] of 128 real samples, likewise. */
static inline void fleet_power128(float *re, float *im, float *power)
{
	fleet_fft64(re, im);
	power[0] = 0.0f;
	for (uint32_t k = 1; k < 32; k++) {
		const uint32_t a = fleet_place[k], b = fleet_place[64 - k];

		fleet_split(re[a], im[a], re[b], im[b], 2 * k, &power[k], &power[64 - k]);
	}
	{
		const uint32_t m = fleet_place[32];

		power[32] = 4.0f * (re[m] * re[m] + im[m] * im[m]);
	}
}

/* ---- features ---- */

/* Intermediate results of one window. */
struct fleet_work {
	float re[128], im[128], power[128];
	int16_t raw[FLEET_SAMPLES + 2]; /* first and last sample twice */
	float env[128];
	float env_mean, env_peak;
};

/* Hann window of 256 points at point i. */
static inline float fleet_hann(uint32_t i)
{
	return 0.5f - 0.5f * FLEET_COSINE[i];
}

/* Statistics in time; leaves the windowed signal in re and im. */
static inline void fleet_time(struct fleet_work *w, const uint8_t *samples, float *f)
{
	int32_t sum = 0;
	float m2 = 0.0f, m4 = 0.0f, peak = 0.0f;

	for (uint32_t i = 0; i < FLEET_SAMPLES; i++) {
		const int16_t v = (int16_t)fleet_get16(samples + 2 * i);

		w->raw[i + 1] = v;
		sum += v;
	}
	w->raw[0] = w->raw[1];
	w->raw[FLEET_SAMPLES + 1] = w->raw[FLEET_SAMPLES];
	const float mean = (float)sum * (1.0f / FLEET_SAMPLES);

	for (uint32_t i = 0; i < 128; i++) {
		const float a = (float)w->raw[2 * i + 1] - mean;
		const float b = (float)w->raw[2 * i + 2] - mean;
		const float aa = a * a, bb = b * b;

		m2 += aa + bb;
		m4 += aa * aa + bb * bb;
		peak = aa > peak ? aa : peak;
		peak = bb > peak ? bb : peak;
		w->re[i] = a * fleet_hann(2 * i);
		w->im[i] = b * fleet_hann(2 * i + 1);
	}
	m2 = m2 * (1.0f / FLEET_SAMPLES) + 1.0f;
	m4 = m4 * (1.0f / FLEET_SAMPLES) + 1.0f;
	f[FLEET_F_POWER] = fleet_log2(m2);
	f[FLEET_F_CREST] = fleet_log2((peak + 1.0f) / m2);
	f[FLEET_F_KURTOSIS] = fleet_log2(m4 / (m2 * m2));
}

/* Envelope: the rectified second difference (which lets through what rings at
 * the structure's resonance and stops the shaft's tones), two samples each. */
static inline void fleet_envelope(struct fleet_work *w, float *f)
{
	int32_t sum = 0, peak = 0;

	for (uint32_t i = 0; i < 128; i++) {
		const int16_t *r = w->raw + 2 * i;
		const int32_t d1 = r[0] - 2 * r[1] + r[2];
		const int32_t d2 = r[1] - 2 * r[2] + r[3];
		const int32_t e = (d1 < 0 ? -d1 : d1) + (d2 < 0 ? -d2 : d2);

		w->env[i] = (float)e;
		sum += e;
		peak = e > peak ? e : peak;
	}
	w->env_mean = (float)sum * (1.0f / 128.0f) + 1.0f;
	f[FLEET_F_ENV_MEAN] = fleet_log2(w->env_mean);
	f[FLEET_F_ENV_CREST] = fleet_log2(((float)peak + 1.0f) / w->env_mean);
	for (uint32_t i = 0; i < 64; i++) {
		w->re[i] = (w->env[2 * i] - w->env_mean) * fleet_hann(4 * i);
		w->im[i] = (w->env[2 * i + 1] - w->env_mean) * fleet_hann(4 * i + 2);
	}
}

/* Power at `order_q8` times the shaft's speed, main lobe of the window (three
 * bins of 50 Hz); above the last bin there is none to be seen. */
static inline float fleet_at_order(const float *power, uint32_t bins, uint32_t order_q8,
			    uint32_t rpm)
{
	uint32_t k = (order_q8 * rpm + 256u * 1500u) / (256u * 3000u);

	if (k < 1)
		k = 1;
	if (k + 1 >= bins)
		return power[bins - 1];
	return (k > 1 ? power[k - 1] : 0.0f) + power[k] + power[k + 1];
}

static inline void fleet_spectrum_features(const struct fleet_work *w, uint32_t rpm,
				    uint32_t edges, float *f)
{
	static const uint8_t edge[FLEET_BANDS + 1] = {
		1, 2, 3, 5, 7, 10, 15, 22, 32, 46, 64, 90, 128,
	};
	/* what one LSB of noise gives in a bin: keeps the logarithm off zero */
	const float least = 400.0f;

	for (uint32_t b = 0; b < FLEET_BANDS; b++) {
		float sum = least;

		for (uint32_t k = edge[b]; k < edge[b + 1]; k++)
			sum += w->power[k];
		f[FLEET_F_BAND0 + b] = fleet_log2(sum);
	}
	for (uint32_t n = 1; n <= 3; n++)
		f[FLEET_F_SHAFT1 + n - 1] =
			fleet_log2(least + fleet_at_order(w->power, 128, 256 * n, rpm));
	f[FLEET_F_TOOTH] =
		fleet_log2(least + fleet_at_order(w->power, 128, 256 * edges, rpm));
}

static inline void fleet_envelope_features(const struct fleet_work *w,
				    const struct fleet_bearing *b, uint32_t rpm, float *f)
{
	float mean = 1000.0f;

	for (uint32_t k = 1; k < 64; k++)
		mean += w->power[k];
	mean *= 3.0f / 63.0f;
	const float per_mean = 1.0f / mean;
	const uint32_t orders[8] = {
		b->bpfo, 2u * b->bpfo, 3u * b->bpfo, b->bpfi, 2u * b->bpfi,
		b->bpfi - 256u, b->bsf2, 256u,
	};

	for (uint32_t i = 0; i < 8; i++)
		f[FLEET_F_OUTER1 + i] =
			fleet_log2(0.03125f + per_mean *
				   fleet_at_order(w->power, 64, orders[i], rpm));
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
	fleet_power256(w->re, w->im, w->power);
	fleet_spectrum_features(w, rpm, window[22], f);
	fleet_envelope(w, f);
	fleet_power128(w->re, w->im, w->power);
	fleet_envelope_features(w, &fleet_bearings[window[3]], rpm, f);
	/* full power warms by 20 degrees */
	f[FLEET_F_HEAT] = (float)(temp - bed - 2 * power) * 0.01f;
	f[FLEET_F_SPEED] = fleet_log2((float)rpm + 1.0f);
	f[FLEET_F_LOAD] = fleet_log2((float)fleet_get16(window + 14) + 20.0f);
	return 0;
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

static inline void fleet_norm_read(struct fleet_norm *norm, const uint8_t *bytes)
{
	for (uint32_t i = 0; i < FLEET_FEATURES; i++) {
		norm->mean[i] = fleet_float(fleet_get32(bytes + 4 * i));
		norm->gain[i] = fleet_float(fleet_get32(bytes + 4 * (FLEET_FEATURES + i)));
	}
}

/* How far the model's answer is from its question, n >= 1 numbers. */
static inline struct fleet_score fleet_judge(const int8_t *in, const int8_t *out, uint32_t n,
				      const struct fleet_quant *q)
{
	struct fleet_score s = { 0.0f, 0 };
	float worst = -1.0f;

	for (uint32_t i = 0; i < n; i++) {
		const float d = (float)(in[i] - q->in_zero) * q->in_scale -
				(float)(out[i] - q->out_zero) * q->out_scale;
		const float dd = d * d;

		s.score += dd;
		if (dd > worst) {
			worst = dd;
			s.worst_idx = i;
		}
	}
	s.score /= (float)n;
	return s;
}

#endif
