/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_windows.c - convolutions, transposed convolutions and pools of every type against their equations in double
 * precision, over random shapes: batches, strides, dilations, both paddings, groups and multipliers, fused activations.
 */
#include "equations.h"

enum kind { CONV, DWCONV, TCONV, MAXPOOL, AVGPOOL };

static const struct row {
	const char *name;
	enum kind kind;
	uint8_t type, bias; /* bias: its type; 0xff: none */
	double off; /* beyond half a step of the output */
} rows[] = {
	{"CONV_2D float", CONV, EW_TENSOR_F32, EW_TENSOR_F32, 2e-5},
	{"CONV_2D float without bias", CONV, EW_TENSOR_F32, 0xff, 2e-5},
	{"CONV_2D int8", CONV, EW_TENSOR_I8, EW_TENSOR_I32, 1e-3},
	{"CONV_2D int16, bias of 32 bits", CONV, EW_TENSOR_I16, EW_TENSOR_I32, 1e-5},
	{"CONV_2D int16, bias of 64 bits", CONV, EW_TENSOR_I16, EW_TENSOR_I64, 2e-4},
	{"DEPTHWISE_CONV_2D float", DWCONV, EW_TENSOR_F32, EW_TENSOR_F32, 2e-5},
	{"DEPTHWISE_CONV_2D int8", DWCONV, EW_TENSOR_I8, EW_TENSOR_I32, 1e-3},
	{"DEPTHWISE_CONV_2D int16", DWCONV, EW_TENSOR_I16, EW_TENSOR_I64, 2e-4},
	{"TRANSPOSE_CONV float", TCONV, EW_TENSOR_F32, EW_TENSOR_F32, 2e-5},
	{"TRANSPOSE_CONV float without bias", TCONV, EW_TENSOR_F32, 0xff, 2e-5},
	{"TRANSPOSE_CONV int8", TCONV, EW_TENSOR_I8, EW_TENSOR_I32, 1e-3},
	{"TRANSPOSE_CONV int16", TCONV, EW_TENSOR_I16, EW_TENSOR_I64, 2e-4},
	{"MAX_POOL_2D float", MAXPOOL, EW_TENSOR_F32, 0xff, 0},
	{"MAX_POOL_2D int16", MAXPOOL, EW_TENSOR_I16, 0xff, 0},
	{"AVERAGE_POOL_2D float", AVGPOOL, EW_TENSOR_F32, 0xff, 1e-6},
	{"AVERAGE_POOL_2D int16", AVGPOOL, EW_TENSOR_I16, 0xff, 1e-6},
};

static const uint8_t activations[] = {ACT_NONE, ACT_RELU, ACT_RELU6, ACT_RELU_N1_TO_1};

/* One model: out is [n][oh][ow][oc], in [n][h][w][c]. */
struct subject {
	const struct row *r;
	int n, h, w, c, oh, ow, oc, kh, kw, sh, sw, dh, dw, pad_h, pad_w, groups;
	bool same;
	uint8_t act;
	struct constant weights, bias;
	uint8_t shape[16];
	struct tfl_tensor tensors[5];
	struct tfl_op op;
};

enum { T_IN, T_OUT, T_W, T_B, T_SHAPE };

static const int32_t inputs[] = {T_IN}, outputs[] = {T_OUT};

static int upto(uint64_t *seed, int max)
{
	return 1 + (int)(noise(seed) >> 33) % max;
}

/* Size of the output and the padding before it, by TensorFlow's rules; 0 when the window does not fit. */
static int extent(int in, int k, int stride, int dil, bool same, int *pad)
{
	int reach = (k - 1) * dil + 1, out = same ? (in + stride - 1) / stride : (in - reach + stride) / stride;
	int total = (out - 1) * stride + reach - in;

	*pad = same && total > 0 ? total / 2 : 0;
	return !same && reach > in ? 0 : out;
}

static bool choose(struct subject *s, uint64_t *seed)
{
	bool free_dilation = s->r->kind == CONV || s->r->kind == DWCONV;

	s->n = upto(seed, 2);
	s->h = upto(seed, 7), s->w = upto(seed, 7);
	s->kh = upto(seed, 4), s->kw = upto(seed, 4);
	s->sh = upto(seed, 3), s->sw = upto(seed, 3);
	s->dh = free_dilation ? upto(seed, 2) : 1, s->dw = free_dilation ? upto(seed, 2) : 1;
	s->groups = s->r->kind == CONV && noise(seed) % 4 == 0 ? 2 : 1;
	s->c = s->groups * upto(seed, 3);
	s->oc = s->r->kind == CONV || s->r->kind == TCONV ? s->groups * upto(seed, 4) :
		s->r->kind == DWCONV ? s->c * upto(seed, 3) : s->c;
	s->same = noise(seed) % 2;
	s->act = activations[noise(seed) % ROWS(activations)];
	if (s->r->kind == TCONV) { /* the other way: its output is what a convolution would have as input */
		s->oh = s->h, s->ow = s->w;
		s->h = extent(s->oh, s->kh, s->sh, 1, s->same, &s->pad_h);
		s->w = extent(s->ow, s->kw, s->sw, 1, s->same, &s->pad_w);
		return s->h && s->w;
	}
	s->oh = extent(s->h, s->kh, s->sh, s->dh, s->same, &s->pad_h);
	s->ow = extent(s->w, s->kw, s->sw, s->dw, s->same, &s->pad_w);
	return s->oh && s->ow;
}

static void dims4(struct tfl_tensor *t, int d0, int d1, int d2, int d3)
{
	dims(t, 4, d0, d1, d2);
	t->dims[3] = d3;
}

static void options(struct subject *s)
{
	uint32_t padding = s->same ? 0 : 1;
	struct tfl_op *op = &s->op;

	switch (s->r->kind) {
	case CONV:
		*op = (struct tfl_op){.code = 3, .options = OPTIONS_CONV, .widths = {1, 4, 4, 1, 4, 4, 1},
				      .words = {padding, (uint32_t)s->sw, (uint32_t)s->sh, s->act, (uint32_t)s->dw,
						(uint32_t)s->dh, s->r->bias == 0xff ? 0 : s->r->bias}};
		break;
	case DWCONV:
		*op = (struct tfl_op){.code = 4, .options = OPTIONS_DWCONV, .widths = {1, 4, 4, 4, 1, 4, 4},
				      .words = {padding, (uint32_t)s->sw, (uint32_t)s->sh, (uint32_t)(s->oc / s->c), s->act,
						(uint32_t)s->dw, (uint32_t)s->dh}};
		break;
	case TCONV:
		*op = (struct tfl_op){.code = 67, .options = OPTIONS_TCONV, .widths = {1, 4, 4, 1},
				      .words = {padding, (uint32_t)s->sw, (uint32_t)s->sh, s->act}};
		break;
	default:
		*op = (struct tfl_op){.code = s->r->kind == MAXPOOL ? 17 : 1, .options = OPTIONS_POOL,
				      .widths = {1, 4, 4, 4, 4, 1},
				      .words = {padding, (uint32_t)s->sw, (uint32_t)s->sh, (uint32_t)s->kw, (uint32_t)s->kh,
						s->act}};
		break;
	}
}

static struct tfl build(struct subject *s, uint64_t *seed)
{
	const struct row *r = s->r;
	bool real = r->type == EW_TENSOR_F32, pool = r->kind >= MAXPOOL, wide = r->type == EW_TENSOR_I16;
	double in_scale = wide ? 0.0002 : 0.05, out_scale = pool ? in_scale : wide ? 0.0005 : 0.1;
	int tap_c = s->c / s->groups, taps = s->kh * s->kw;
	size_t weights = (size_t)(r->kind == DWCONV ? taps * s->oc : taps * tap_c * s->oc);

	s->tensors[T_IN] = activation(r->type, in_scale, r->type == EW_TENSOR_I8 ? -11 : 0);
	dims4(&s->tensors[T_IN], s->n, s->h, s->w, s->c);
	s->tensors[T_OUT] = activation(r->type, out_scale, r->type == EW_TENSOR_I8 && !pool ? 6 : 0);
	dims4(&s->tensors[T_OUT], s->n, s->oh, s->ow, s->oc);
	options(s);
	s->op.out[0] = T_OUT;
	s->op.in_count = 1;
	if (!pool) {
		s->tensors[T_W] = constant(&s->weights, seed, real ? EW_TENSOR_F32 : EW_TENSOR_I8, weights, 0.6, real ? 0 : 0.005);
		if (r->kind == DWCONV)
			dims4(&s->tensors[T_W], 1, s->kh, s->kw, s->oc);
		else
			dims4(&s->tensors[T_W], s->oc, s->kh, s->kw, tap_c);
		s->op.in_count = 3;
		s->op.in[1] = T_W;
		s->op.in[2] = -1;
	}
	if (!pool && r->bias != 0xff) {
		s->tensors[T_B] = constant(&s->bias, seed, r->bias, (size_t)s->oc, 2.0, real ? 0 : in_scale * 0.005);
		dims(&s->tensors[T_B], 1, s->oc, 0, 0);
		s->op.in[2] = T_B;
	}
	if (r->kind == TCONV) { /* shape, weights, input, bias */
		const int32_t shape[] = {s->n, s->oh, s->ow, s->oc};

		for (size_t i = 0; i < 4; i++)
			ewi_put_le32(s->shape + 4 * i, (uint32_t)shape[i]);
		s->tensors[T_SHAPE] = (struct tfl_tensor)TFL_CONST("shape", EW_TENSOR_I32, 0.0f, s->shape, 4);
		s->op.in[0] = T_SHAPE;
		s->op.in[3] = s->op.in[2];
		s->op.in[2] = T_IN;
		s->op.in_count = 4;
	}
	return (struct tfl){.tensors = s->tensors, .tensor_count = r->kind == TCONV ? 5 : pool ? 2 : r->bias == 0xff ? 3 : 4,
			    .ops = &s->op, .op_count = 1, .inputs = inputs, .input_count = 1, .outputs = outputs,
			    .output_count = 1};
}

/* ---- equations ------------------------------------------------------------------------------------------ */

/* The weight that joins channel c of the input and o of the output at a tap; 0: they are not joined. */
static double weight(const struct subject *s, int o, int ky, int kx, int c)
{
	int tap_c = s->c / s->groups, tap = ky * s->kw + kx, first = o / (s->oc / s->groups) * tap_c;

	if (s->r->kind == DWCONV)
		return o / (s->oc / s->c) == c ? s->weights.values[tap * s->oc + o] : 0;
	if (c < first || c >= first + tap_c)
		return 0;
	return s->weights.values[(o * s->kh * s->kw + tap) * tap_c + c - first];
}

/* The input under a tap of output (y, x); false: there is none. */
static bool under(const struct subject *s, int y, int x, int ky, int kx, int *iy, int *ix)
{
	if (s->r->kind == TCONV) {
		int ty = y + s->pad_h - ky, tx = x + s->pad_w - kx;

		if (ty < 0 || tx < 0 || ty % s->sh || tx % s->sw)
			return false;
		*iy = ty / s->sh, *ix = tx / s->sw;
	} else {
		*iy = y * s->sh - s->pad_h + ky * s->dh, *ix = x * s->sw - s->pad_w + kx * s->dw;
	}
	return *iy >= 0 && *iy < s->h && *ix >= 0 && *ix < s->w;
}

static double element(const struct subject *s, const double *in, int b, int y, int x, int o)
{
	double sum = 0, largest = -1e30;
	int count = 0, iy, ix;

	for (int ky = 0; ky < s->kh; ky++)
		for (int kx = 0; kx < s->kw; kx++) {
			if (!under(s, y, x, ky, kx, &iy, &ix))
				continue;
			count++;
			for (int c = 0; c < s->c; c++) {
				double v = in[((b * s->h + iy) * s->w + ix) * s->c + c];

				if (s->r->kind < MAXPOOL)
					sum += v * weight(s, o, ky, kx, c);
				else if (c == o)
					sum += v, largest = fmax(largest, v);
			}
		}
	if (s->r->kind < MAXPOOL && s->r->bias != 0xff)
		sum += s->bias.values[o];
	return s->r->kind == MAXPOOL ? largest : s->r->kind == AVGPOOL ? sum / count : sum;
}

static double activated(const struct subject *s, double v)
{
	const struct tfl_tensor *t = &s->tensors[T_OUT];
	double low = s->act == ACT_NONE ? -1e30 : s->act == ACT_RELU_N1_TO_1 ? -1 : 0;
	double high = s->act == ACT_RELU6 ? 6 : s->act == ACT_RELU_N1_TO_1 ? 1 : 1e30, end = t->type == EW_TENSOR_I8 ? 128 : 32768;

	if (t->type != EW_TENSOR_F32) {
		low = fmax(low, (-end - (double)t->zero) * (double)t->scale);
		high = fmin(high, (end - 1 - (double)t->zero) * (double)t->scale);
	}
	return fmin(fmax(v, low), high);
}

static void one(struct subject *s, uint64_t *seed, unsigned number)
{
	struct tfl model = build(s, seed);
	size_t n = (size_t)(s->n * s->h * s->w * s->c), m = (size_t)(s->n * s->oh * s->ow * s->oc);
	double in[COUNT_MAX], out[COUNT_MAX], want[COUNT_MAX];
	double half = s->r->type == EW_TENSOR_F32 ? 0 : (double)s->tensors[T_OUT].scale / 2;
	struct opened opened;
	char name[160];

	assert_true(n <= COUNT_MAX && m <= COUNT_MAX);
	snprintf(name, sizeof(name), "%s %u: %dx%dx%dx%d to %dx%dx%d, window %dx%d by %dx%d apart %dx%d, %s, activation %u", s->r->name,
		 number, s->n, s->h, s->w, s->c, s->oh, s->ow, s->oc, s->kh, s->kw, s->sh, s->sw, s->dh, s->dw,
		 s->same ? "same" : "valid", s->act);
	opened = open_model(name, &model);
	for (size_t i = 0; i < n; i++)
		in[i] = some(seed, 4);
	run(name, opened.x, &s->tensors[T_IN], in, n, &s->tensors[T_OUT], out, m);
	for (size_t i = 0; i < m; i++) {
		int at = (int)i, o = at % s->oc, col = at / s->oc % s->ow, line = at / s->oc / s->ow % s->oh;

		want[i] = activated(s, element(s, in, at / s->oc / s->ow / s->oh, line, col, o));
	}
	near(name, 0, out, want, m, half + s->r->off);
	close_model(&opened);
}

static void every_kind(void **state)
{
	struct subject *s = calloc(1, sizeof(*s));
	uint64_t seed = 2;

	(void)state;
	assert_non_null(s);
	for (size_t i = 0; i < ROWS(rows); i++)
		for (unsigned k = 0, done = 0; done < 60; k++) {
			assert_true(k < 1000);
			memset(s, 0, sizeof(*s));
			s->r = &rows[i];
			if (!choose(s, &seed) || s->n * s->h * s->w * s->c > 700 || s->n * s->oh * s->ow * s->oc > 700)
				continue;
			one(s, &seed, k);
			done++;
		}
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
