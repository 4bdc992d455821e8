/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * autoencoder.h - a small dense network in floats that learns to repeat its
 * input through a narrow middle, trained by Adam on the mean squared error.
 * Plain C without libm, so that training gives the same weights everywhere.
 *
 * Leaves to others: data, and making the network int8 (quantise.h).
 * Source: D. Kingma, J. Ba, "Adam: a method for stochastic optimization",
 * ICLR 2015, algorithm 1.
 */
#ifndef FLEET_AUTOENCODER_H
#define FLEET_AUTOENCODER_H

#include <stdint.h>

#define AE_LAYERS 4u
#define AE_WIDTH_MAX 32u
#define AE_BATCH 32u	/* samples trained on at once */

/* Numbers that enter the network, those between layers, and what leaves. */
static const uint32_t ae_widths[AE_LAYERS + 1] = { 32, 24, 10, 24, 32 };

struct ae_layer {
	float w[AE_WIDTH_MAX][AE_WIDTH_MAX]; /* [output][input] */
	float b[AE_WIDTH_MAX];
};

/* ReLU after every layer but the last. */
struct ae_net {
	struct ae_layer layer[AE_LAYERS];
};

struct ae_trainer;

/* ae_init - weights drawn from a seed. */
void ae_init(struct ae_net *net, uint64_t seed);

/* ae_trainer_create - NULL when memory is short. */
struct ae_trainer *ae_trainer_create(struct ae_net *net);
void ae_trainer_destroy(struct ae_trainer *t);

/* ae_train - one Adam step on AE_BATCH samples of ae_widths[0] numbers each.
 * Returns the batch's mean squared error before the step. */
float ae_train(struct ae_trainer *t, const float *const samples[AE_BATCH], float rate);

/* ae_run - out[l] receives what leaves layer l. */
void ae_run(const struct ae_net *net, const float *in,
	    float out[AE_LAYERS][AE_WIDTH_MAX]);

/* 1 / sqrt(v), v > 0, to a few parts in 10^7. */
float ae_rsqrt(float v);

#endif
