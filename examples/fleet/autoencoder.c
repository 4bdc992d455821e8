/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * autoencoder.c - forward, backward and Adam.  A batch is kept with the sample
 * as the last index, so that the innermost loops run over a constant count of
 * independent sums and can be vectorised without reordering any of them.
 */
#include "strict_float.h"

#include "autoencoder.h"

#include <stdlib.h>
#include <string.h>

#include "rng.h"

typedef float batch_row[AE_BATCH];

struct ae_trainer {
	struct ae_net *net;
	struct ae_net grad, mean, var;	/* Adam's two moments */
	float mean_left, var_left;	/* beta^t */
	batch_row act[AE_LAYERS + 1][AE_WIDTH_MAX];
	batch_row err[2][AE_WIDTH_MAX];	/* d loss / d act, by turns */
};

float ae_rsqrt(float v)
{
	union {
		float f;
		uint32_t u;
	} r = { v };

	r.u = 0x5f3759dfu - (r.u >> 1);
	for (int i = 0; i < 3; i++)
		r.f = r.f * (1.5f - 0.5f * v * r.f * r.f);
	return r.f;
}

/* Uniform with the variance 2 / inputs that keeps a ReLU network's signal
 * level (He et al. 2015); biases zero. */
void ae_init(struct ae_net *net, uint64_t seed)
{
	uint64_t rng = fleet_rng_fork(seed, 0, 3);

	memset(net, 0, sizeof(*net));
	for (uint32_t l = 0; l < AE_LAYERS; l++) {
		const float bound = 6.0f * ae_rsqrt(6.0f * (float)ae_widths[l]);

		for (uint32_t o = 0; o < ae_widths[l + 1]; o++)
			for (uint32_t i = 0; i < ae_widths[l]; i++) {
				const float u = (float)fleet_rng_range(&rng, -32768, 32768);

				net->layer[l].w[o][i] = bound * u * (1.0f / 32768.0f);
			}
	}
}

struct ae_trainer *ae_trainer_create(struct ae_net *net)
{
	struct ae_trainer *t = calloc(1, sizeof(*t));

	if (t) {
		t->net = net;
		t->mean_left = t->var_left = 1.0f;
	}
	return t;
}

void ae_trainer_destroy(struct ae_trainer *t)
{
	free(t);
}

static void forward(struct ae_trainer *t, uint32_t l)
{
	const struct ae_layer *layer = &t->net->layer[l];

	for (uint32_t o = 0; o < ae_widths[l + 1]; o++) {
		float *y = t->act[l + 1][o];

		for (uint32_t s = 0; s < AE_BATCH; s++)
			y[s] = layer->b[o];
		for (uint32_t i = 0; i < ae_widths[l]; i++) {
			const float w = layer->w[o][i];
			const float *x = t->act[l][i];

			for (uint32_t s = 0; s < AE_BATCH; s++)
				y[s] += w * x[s];
		}
		if (l + 1 < AE_LAYERS)
			for (uint32_t s = 0; s < AE_BATCH; s++)
				y[s] = y[s] > 0.0f ? y[s] : 0.0f;
	}
}

/* From err_out = d loss / d (outputs of layer l), already zero where a ReLU
 * was closed: the layer's gradient, and err_in for the layer before. */
static void backward(struct ae_trainer *t, uint32_t l, batch_row *err_out,
		     batch_row *err_in)
{
	const struct ae_layer *layer = &t->net->layer[l];
	struct ae_layer *grad = &t->grad.layer[l];

	memset(err_in, 0, sizeof(batch_row) * ae_widths[l]);
	for (uint32_t o = 0; o < ae_widths[l + 1]; o++) {
		const float *e = err_out[o];
		float sum = 0.0f;

		for (uint32_t s = 0; s < AE_BATCH; s++)
			sum += e[s];
		grad->b[o] = sum;
		for (uint32_t i = 0; i < ae_widths[l]; i++) {
			const float w = layer->w[o][i];
			const float *x = t->act[l][i];
			float g[4] = { 0.0f, 0.0f, 0.0f, 0.0f };

			for (uint32_t s = 0; s < AE_BATCH; s++)
				err_in[i][s] += w * e[s];
			for (uint32_t s = 0; s < AE_BATCH; s += 4)
				for (uint32_t k = 0; k < 4; k++)
					g[k] += e[s + k] * x[s + k];
			grad->w[o][i] = (g[0] + g[1]) + (g[2] + g[3]);
		}
	}
	for (uint32_t i = 0; l > 0 && i < ae_widths[l]; i++)
		for (uint32_t s = 0; s < AE_BATCH; s++)
			if (t->act[l][i][s] <= 0.0f)
				err_in[i][s] = 0.0f;
}

static void step(float *p, float g, float *mean, float *var, float rate, float unbias)
{
	*mean += 0.1f * (g - *mean);
	*var += 0.001f * (g * g - *var);
	*p -= rate * *mean * ae_rsqrt(*var * unbias + 1e-12f);
}

static void adam(struct ae_trainer *t, float rate)
{
	t->mean_left *= 0.9f;
	t->var_left *= 0.999f;
	rate /= 1.0f - t->mean_left;
	const float unbias = 1.0f / (1.0f - t->var_left);

	for (uint32_t l = 0; l < AE_LAYERS; l++) {
		struct ae_layer *p = &t->net->layer[l], *g = &t->grad.layer[l];
		struct ae_layer *m = &t->mean.layer[l], *v = &t->var.layer[l];

		for (uint32_t o = 0; o < ae_widths[l + 1]; o++) {
			for (uint32_t i = 0; i < ae_widths[l]; i++)
				step(&p->w[o][i], g->w[o][i], &m->w[o][i], &v->w[o][i],
				     rate, unbias);
			step(&p->b[o], g->b[o], &m->b[o], &v->b[o], rate, unbias);
		}
	}
}

float ae_train(struct ae_trainer *t, const float *const samples[AE_BATCH], float rate)
{
	const uint32_t n = ae_widths[0];
	const float per = 1.0f / (float)(n * AE_BATCH);
	float loss = 0.0f;

	for (uint32_t s = 0; s < AE_BATCH; s++)
		for (uint32_t i = 0; i < n; i++)
			t->act[0][i][s] = samples[s][i];
	for (uint32_t l = 0; l < AE_LAYERS; l++)
		forward(t, l);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t s = 0; s < AE_BATCH; s++) {
			const float d = t->act[AE_LAYERS][i][s] - t->act[0][i][s];

			loss += d * d;
			t->err[AE_LAYERS % 2][i][s] = 2.0f * d * per;
		}
	for (uint32_t l = AE_LAYERS; l-- > 0;)
		backward(t, l, t->err[(l + 1) % 2], t->err[l % 2]);
	adam(t, rate);
	return loss * per;
}

void ae_run(const struct ae_net *net, const float *in,
	    float out[AE_LAYERS][AE_WIDTH_MAX])
{
	for (uint32_t l = 0; l < AE_LAYERS; l++) {
		const struct ae_layer *layer = &net->layer[l];

		for (uint32_t o = 0; o < ae_widths[l + 1]; o++) {
			float y = layer->b[o];

			for (uint32_t i = 0; i < ae_widths[l]; i++)
				y += layer->w[o][i] * in[i];
			out[l][o] = l + 1 < AE_LAYERS && y < 0.0f ? 0.0f : y;
		}
		in = out[l];
	}
}
