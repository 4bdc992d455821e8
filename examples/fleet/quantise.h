/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * quantise.h - the trained network in int8: weights symmetric with one scale
 * for each layer, activations asymmetric, biases int32 at the product of both
 * scales.  Leaves the file format to tflite_writer.h.
 * Source: TensorFlow Lite 8-bit quantization specification.
 */
#ifndef FLEET_QUANTISE_H
#define FLEET_QUANTISE_H

#include <stdint.h>

#include "autoencoder.h"

struct q_layer {
	int8_t w[AE_WIDTH_MAX * AE_WIDTH_MAX];	/* [output][input], dense */
	int32_t b[AE_WIDTH_MAX];
	float in_scale, w_scale, out_scale;
	int32_t in_zero, out_zero;
	int relu;
	/* in_scale * w_scale / out_scale = multiplier / 2^31 * 2^shift */
	int32_t multiplier;
	int shift;
};

struct q_net {
	struct q_layer layer[AE_LAYERS];
};

/*
 * q_make - in_scale serves input and output, both with zero point 0, so that
 * they can be compared as integers.  top[l] is the largest number that left
 * layer l on the calibration data (l < AE_LAYERS - 1).
 */
void q_make(struct q_net *q, const struct ae_net *net, float in_scale,
	    const float top[AE_LAYERS]);

/* q_run - the arithmetic of TensorFlow Lite's reference kernels (double
 * rounding), so that the threshold is chosen on what will run. */
void q_run(const struct q_net *q, const int8_t *in, int8_t *out);

#endif
