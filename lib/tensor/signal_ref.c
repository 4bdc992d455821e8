/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * signal_ref.c - the audio front end but for its transform (rfft_ref.c): the definition.  The contract is in signal.h.
 * Source: tflite-micro 90b983c2, signal/src.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/signal.h"

/* How many bits a number takes; 32 for 0, as the source has it. */
static int32_t bits_of(uint32_t v)
{
	int32_t n = 0;

	if (v == 0)
		return 32;
	for (; v; v >>= 1)
		n++;
	return n;
}

static int32_t file16(const uint8_t *p, size_t i)
{
	return (int16_t)ewi_le16(p + 2 * i);
}

void ewk_signal_window_ref(const struct ewi_call *c)
{
	const struct ewi_signal_window *p = c->params;
	const int16_t *in = c->in[0];
	int16_t *out = c->out;

	for (size_t i = 0; i < c->windows * p->count; i++)
		out[i] = (int16_t)ewi_clamp((in[i] * file16(c->in[1], i % p->size)) >> p->shift, INT16_MIN,
					    INT16_MAX);
}

/* The maximum is kept in 16 bits: -32768 stays negative and gives way to the next sample, as in the source. */
void ewk_signal_scale_ref(const struct ewi_call *c)
{
	const struct ewi_signal_scale *p = c->params;

	for (size_t w = 0; w < c->windows; w++) {
		const int16_t *in = (const int16_t *)c->list[0] + w * p->count;
		int16_t *out = (int16_t *)c->list[1] + w * p->count;
		int16_t max = 0;
		int32_t bits;

		for (uint32_t i = 0; i < p->count; i++) {
			if (in[i] > max)
				max = in[i];
			else if (-in[i] > max)
				max = (int16_t)(uint16_t)-in[i];
		}
		bits = 15 - bits_of((uint32_t)(int32_t)max);
		bits = bits < 0 ? 0 : bits;
		for (uint32_t i = 0; i < p->count; i++)
			out[i] = (int16_t)(uint16_t)((uint32_t)in[i] << bits);
		((int32_t *)c->list[2])[w] = bits;
	}
}

void ewk_signal_energy_ref(const struct ewi_call *c)
{
	const struct ewi_signal_energy *p = c->params;
	const int16_t *in = c->in[0];
	uint32_t *out = c->out;

	for (size_t w = 0; w < c->windows; w++, in += 2 * (size_t)p->count, out += p->count)
		for (uint32_t i = 0; i < p->count; i++) {
			bool inside = i >= p->first && i < p->end;
			int32_t re = in[2 * i], im = in[2 * i + 1];

			out[i] = inside ? (uint32_t)(re * re) + (uint32_t)(im * im) : 0;
		}
}

void ewk_signal_filter_bank_ref(const struct ewi_call *c)
{
	const struct ewi_signal_filter_bank *p = c->params;
	const uint32_t *in = c->in[0];
	uint64_t *out = c->out, own = 0, other = 0;

	for (uint32_t i = 0; i <= p->channels; i++) {
		size_t freq = (size_t)file16(p->freq_starts, i), weight = (size_t)file16(p->weight_starts, i);
		int32_t width = file16(p->widths, i);

		for (int32_t j = 0; j < width; j++, freq++, weight++) {
			own += (uint64_t)(int64_t)file16(p->weights, weight) * in[freq];
			other += (uint64_t)(int64_t)file16(p->unweights, weight) * in[freq];
		}
		if (i > 0) /* the first has no slope up */
			out[i - 1] = own;
		own = other;
		other = 0;
	}
}

/* Rounded to the nearest, which the remainder tells; at most `most`. */
static uint32_t root(uint64_t v, uint32_t most)
{
	uint64_t bit = (uint64_t)1 << 62, r = 0;

	while (bit > v)
		bit >>= 2;
	for (; bit; bit >>= 2) {
		if (v >= r + bit) {
			v -= r + bit;
			r = (r >> 1) + bit;
		} else {
			r >>= 1;
		}
	}
	return (uint32_t)(v > r && r != most ? r + 1 : r);
}

void ewk_signal_root_ref(const struct ewi_call *c)
{
	const struct ewi_signal_scale *p = c->params;
	const uint64_t *in = c->in[0];
	const int32_t *bits = c->in[1];
	uint32_t *out = c->out;

	for (size_t w = 0; w < c->windows; w++)
		for (uint32_t i = 0; i < p->count; i++, in++)
			*out++ = root(*in, *in >> 32 ? UINT32_MAX : UINT16_MAX) >> (bits[w] & 31);
}

/* The estimate of the noise is state, and the second output. */
void ewk_signal_spectral_ref(const struct ewi_call *c)
{
	const struct ewi_signal_spectral *p = c->params;
	const uint32_t *in = c->list[0];
	uint32_t *out = c->list[1], *noise = c->state;

	for (uint32_t i = 0; i < p->channels; i++) {
		uint32_t up = in[i] << p->smoothing_bits, least, left, estimate;
		uint64_t sum = (uint64_t)up * (i & 1 ? p->alternate_smoothing : p->smoothing);

		sum += (uint64_t)noise[i] * (i & 1 ? p->alternate_one_minus : p->one_minus);
		noise[i] = estimate = (uint32_t)(sum >> p->subtraction_bits);
		if (estimate > up) {
			estimate = up;
			if (p->clamping)
				noise[i] = up;
		}
		least = (uint32_t)((uint64_t)in[i] * p->min_remaining >> p->subtraction_bits);
		left = (up - estimate) >> p->smoothing_bits;
		out[i] = left > least ? left : least;
	}
	memcpy(c->list[2], noise, p->estimates * sizeof(*noise));
}

/* A curve over many decades: a parabola for each power of 2, by three numbers. */
static uint32_t gain(const uint8_t *gains, uint32_t x)
{
	int32_t bits = bits_of(x), at, part, v;

	if (x <= 2)
		return (uint32_t)file16(gains, x);
	at = 4 * bits - 6;
	part = (int32_t)(bits < 11 ? x << (11 - bits) : x >> (bits - 11)) & 0x3ff;
	v = (file16(gains, (size_t)at + 2) * part) >> 5;
	v = ewi_wrap_add(v, (int32_t)((uint32_t)file16(gains, (size_t)at + 1) << 5));
	v = (int32_t)((uint32_t)v * (uint32_t)part);
	v = ewi_wrap_add(v, 1 << 14) >> 15;
	return (uint32_t)(int32_t)(int16_t)(v + file16(gains, (size_t)at));
}

/* 12 bits behind the point to 6: quadratic below 2, straight above. */
static uint32_t shrink(uint32_t x)
{
	return x < 2u << 12 ? (x * x) >> (2 + 2 * 12 - 6) : (x >> (12 - 6)) - (1 << 6);
}

void ewk_signal_pcan_ref(const struct ewi_call *c)
{
	const struct ewi_signal_pcan *p = c->params;
	const uint32_t *in = c->in[0], *noise = c->in[1];
	uint32_t *out = c->out;

	for (size_t i = 0; i < c->windows * p->channels; i++)
		out[i] = shrink((uint32_t)((uint64_t)in[i] * gain(p->gains, noise[i]) >> p->shift));
}

/* 2^16 (log2(1 + i / 128) - i / 128), rounded: what a straight line leaves of the logarithm. */
static const uint16_t log_bow[130] = {
	0, 224, 442, 654, 861, 1063, 1259, 1450, 1636, 1817, 1992, 2163,
	2329, 2490, 2646, 2797, 2944, 3087, 3224, 3358, 3487, 3611, 3732, 3848,
	3960, 4068, 4172, 4272, 4368, 4460, 4549, 4633, 4714, 4791, 4864, 4934,
	5001, 5063, 5123, 5178, 5231, 5280, 5326, 5368, 5408, 5444, 5477, 5507,
	5533, 5557, 5578, 5595, 5610, 5622, 5631, 5637, 5640, 5641, 5638, 5633,
	5626, 5615, 5602, 5586, 5568, 5547, 5524, 5498, 5470, 5439, 5406, 5370,
	5332, 5291, 5249, 5203, 5156, 5106, 5054, 5000, 4944, 4885, 4825, 4762,
	4697, 4630, 4561, 4490, 4416, 4341, 4264, 4184, 4103, 4020, 3935, 3848,
	3759, 3668, 3575, 3481, 3384, 3286, 3186, 3084, 2981, 2875, 2768, 2659,
	2549, 2437, 2323, 2207, 2090, 1971, 1851, 1729, 1605, 1480, 1353, 1224,
	1094, 963, 830, 695, 559, 421, 282, 142, 0, 0,
};

/* The natural logarithm of x > 1, times scale / 2^16. */
static uint32_t log_scaled(uint32_t x, uint32_t scale)
{
	uint32_t whole = (uint32_t)bits_of(x) - 1, part, i, log2, ln;
	int32_t bow;

	part = x - (1u << whole);
	part = whole < 16 ? part << (16 - whole) : part >> (whole - 16);
	i = part >> 9;
	bow = (log_bow[i + 1] - log_bow[i]) * (int32_t)(part - (i << 9)) >> 16;
	log2 = (whole << 16) + part + log_bow[i] + (uint32_t)bow;
	ln = (uint32_t)(((uint64_t)45426 * log2 + (1 << 15)) >> 16); /* ln 2 */
	return (scale * ln + (1 << 15)) >> 16;
}

void ewk_signal_log_ref(const struct ewi_call *c)
{
	const struct ewi_signal_log *p = c->params;
	const uint32_t *in = c->in[0];
	int16_t *out = c->out;

	for (size_t i = 0; i < c->windows * p->channels; i++) {
		uint32_t x = in[i] << p->bits, v = x > 1 ? log_scaled(x, p->scale) : 0;

		out[i] = (int16_t)(v < INT16_MAX ? v : INT16_MAX);
	}
}
#endif
