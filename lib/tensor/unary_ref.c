/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * unary_ref.c - functions of one element: the definition.  The contract is in unary.h.
 * Source: tflite-micro 90b983c2, kernels/activations.h, internal/reference/integer_ops/logistic.h, tanh.h,
 * internal/reference/leaky_relu.h, hard_swish.h, logistic.h.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/fixed.h"
#include "tensor/real.h"
#include "tensor/unary.h"

static int32_t bounded(const struct ewi_unary *p, int32_t v)
{
	return ewi_clamp(ewi_wrap_add(v, p->out_zero), p->low, p->high);
}

int32_t ewi_unary_relu(const struct ewi_unary *p, int32_t v)
{
	return bounded(p, ewi_requant_as(v - p->in_zero, p->scale, p->single));
}

int32_t ewi_unary_clamp(const struct ewi_unary *p, int32_t v)
{
	return v > p->high ? p->high : v < p->low ? p->low : v;
}

int32_t ewi_unary_leaky(const struct ewi_unary *p, int32_t v)
{
	struct ewi_scale alpha = p->alpha;
	bool negative = alpha.multiplier < 0;

	v -= p->in_zero;
	if (v >= 0)
		return bounded(p, ewi_requant_as(v, p->scale, p->single));
	if (negative)
		alpha.multiplier = -alpha.multiplier;
	v = ewi_requant_as(v, alpha, p->single);
	return bounded(p, negative ? (int32_t)(0 - (uint32_t)v) : v);
}

int32_t ewi_unary_logistic(const struct ewi_unary *p, int32_t v)
{
	v -= p->in_zero;
	if (v <= -p->radius)
		return INT8_MIN;
	if (v >= p->radius)
		return INT8_MAX;
	v = ewi_fixed_logistic(ewi_requant_as(v, p->scale, p->single), 4);
	return ewi_clamp(ewi_round_shift(v, 31 - 8) + INT8_MIN, INT8_MIN, INT8_MAX);
}

int32_t ewi_unary_tanh(const struct ewi_unary *p, int32_t v)
{
	v -= p->in_zero;
	if (v <= -p->radius)
		return INT8_MIN;
	if (v >= p->radius)
		return INT8_MAX;
	v = ewi_fixed_tanh(ewi_requant_as(v, p->scale, p->single), 4);
	return ewi_clamp(ewi_round_shift(v, 31 - 7), INT8_MIN, INT8_MAX);
}

/*
 * 1 / (1 + exp(-i / 24)) in 16 bits behind the point, at i = 0 to 255.  Some are 1 above the nearest, which makes
 * the lines between them err less; the figures are the source's.
 */
static const uint16_t sigmoid[256] = {
	32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841,
	39498, 40149, 40794, 41432, 42064, 42688, 43304, 43912, 44511, 45102,
	45683, 46255, 46817, 47369, 47911, 48443, 48964, 49475, 49975, 50464,
	50942, 51409, 51865, 52311, 52745, 53169, 53581, 53983, 54374, 54755,
	55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433, 57724, 58007,
	58280, 58544, 58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370,
	60565, 60753, 60935, 61110, 61279, 61441, 61599, 61750, 61896, 62036,
	62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990, 63090, 63186,
	63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968,
	64030, 64090, 64148, 64204, 64257, 64308, 64357, 64405, 64450, 64494,
	64536, 64576, 64614, 64652, 64687, 64721, 64754, 64786, 64816, 64845,
	64873, 64900, 64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079,
	65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208, 65221, 65234,
	65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337,
	65345, 65352, 65360, 65367, 65374, 65381, 65387, 65393, 65399, 65404,
	65410, 65415, 65420, 65425, 65429, 65433, 65438, 65442, 65445, 65449,
	65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476, 65479,
	65481, 65483, 65485, 65488, 65489, 65491, 65493, 65495, 65497, 65498,
	65500, 65501, 65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511,
	65512, 65513, 65514, 65515, 65516, 65517, 65517, 65518, 65519, 65520,
	65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524, 65525, 65525,
	65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529,
	65529, 65529, 65530, 65530, 65530, 65530, 65531, 65531, 65531, 65531,
	65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533, 65533, 65533,
	65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534,
	65534, 65534, 65534, 65534, 65534, 65535,
};

/* v in 24ths, with `bits` bits behind the point: the line between the table's neighbours, with `bits` more. */
static uint32_t on_curve(uint32_t v, int bits)
{
	uint32_t i = v >> bits, at;

	if (i >= 255)
		return bits == 9 ? 0x7fffu << 10 : 0xffffu << 8;
	at = sigmoid[i];
	return (at << bits) + (v & ((1u << bits) - 1)) * (sigmoid[i + 1] - at);
}

/* scale is a 16-bit multiplier (of 3/2^12ths to 24ths with 9 bits) and a right shift. */
static int32_t in_24ths(const struct ewi_unary *p, int32_t v)
{
	int32_t round = p->scale.shift > 0 ? 1 << (p->scale.shift - 1) : 0;

	return ewi_wrap_add((int32_t)((uint32_t)v * (uint32_t)p->scale.multiplier), round) >> p->scale.shift;
}

int32_t ewi_unary_logistic16(const struct ewi_unary *p, int32_t v)
{
	int32_t x = in_24ths(p, v);
	uint32_t y = on_curve(x < 0 ? 0 - (uint32_t)x : (uint32_t)x, 9);

	y = x >= 0 ? y + (1 << 9) : (1u << 25) - y + (1 << 9) - 1;
	return (int16_t)(y >> 10);
}

/* 2 logistic(2x) - 1 */
int32_t ewi_unary_tanh16(const struct ewi_unary *p, int32_t v)
{
	int32_t x = in_24ths(p, v);
	int32_t y = (int32_t)on_curve(x < 0 ? 0 - (uint32_t)x : (uint32_t)x, 8);

	y = x >= 0 ? y - (1 << 23) + (1 << 7) : -y + (1 << 23) + (1 << 7) - 1;
	return (int16_t)(y >> 8);
}

/* ---- hard swish: int16 arithmetic -------------------------------------------------------------- */

static int32_t high16(int32_t a, int32_t b)
{
	int32_t v = (a * b + (1 << 14)) >> 15; /* ties towards +inf */

	return ewi_clamp(v, INT16_MIN, INT16_MAX);
}

static int32_t left16(int32_t v, int32_t n)
{
	int64_t wide = (int64_t)v * ((int64_t)1 << n);

	return wide > INT16_MAX ? INT16_MAX : wide < INT16_MIN ? INT16_MIN : (int32_t)wide;
}

/*
 * scale is the output's, alpha that of x + 3 in 3/32768ths; both multipliers have 16 bits, shifts are the
 * source's exponents.
 */
int32_t ewi_unary_hard_swish(const struct ewi_unary *p, int32_t v)
{
	int32_t fine = (int16_t)((uint32_t)(v - p->in_zero) << 7), out, y = fine;

	out = high16(fine, p->scale.multiplier);
	if (p->alpha.shift > 0)
		y = left16(y, p->alpha.shift - 1);
	y = high16(y, p->alpha.multiplier);
	if (p->alpha.shift > 0)
		y = left16(y, 1);
	if (p->alpha.shift < 0)
		y = ewi_round_shift(y, -p->alpha.shift);
	y = (y + (1 << 15)) >> 1; /* from [-1, 1] to [0, 1] */
	out = (int16_t)(y * out / (1 << 15));
	out = (int16_t)(ewi_round_shift(out, -p->scale.shift) + p->out_zero);
	return ewi_clamp(out, INT8_MIN, INT8_MAX);
}

/* ---- real numbers ----------------------------------------------------------------------------- */

float ewi_real_clamp(const struct ewi_unary *p, float v)
{
	return v > p->f_high ? p->f_high : v < p->f_low ? p->f_low : v;
}

float ewi_real_leaky(const struct ewi_unary *p, float v)
{
	return v > 0 ? v : v * p->f_alpha;
}

float ewi_real_logistic(const struct ewi_unary *p, float v)
{
	(void)p;
	return (float)ewi_logistic(v);
}

float ewi_real_tanh(const struct ewi_unary *p, float v)
{
	(void)p;
	return (float)ewi_tanh(v);
}

float ewi_real_hard_swish(const struct ewi_unary *p, float v)
{
	float up = v + 3;

	(void)p;
	up = 0.0f < up ? up : 0.0f; /* a NaN becomes 0 here, as the source's max does */
	return v * (up < 6.0f ? up : 6.0f) / 6;
}

/* ---- kernels ---------------------------------------------------------------------------------- */

void ewk_table_s8_ref(const struct ewi_call *c)
{
	const struct ewi_unary *p = c->params;
	const uint8_t *in = c->in[0];
	int8_t *out = c->out;

	for (size_t i = 0; i < c->windows * p->count; i++)
		out[i] = p->table[in[i]];
}

void ewk_unary_s16_ref(const struct ewi_call *c)
{
	const struct ewi_unary *p = c->params;
	const int16_t *in = c->in[0];
	int16_t *out = c->out;

	for (size_t i = 0; i < c->windows * p->count; i++)
		out[i] = (int16_t)p->quantized(p, in[i]);
}

void ewk_unary_f32_ref(const struct ewi_call *c)
{
	const struct ewi_unary *p = c->params;
	const float *in = c->in[0];
	float *out = c->out;

	for (size_t i = 0; i < c->windows * p->count; i++)
		out[i] = p->real(p, in[i]);
}
#endif
