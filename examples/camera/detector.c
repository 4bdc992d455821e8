/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* detector.c - see detector.h.  Field numbers are those of TensorFlow Lite's schema.fbs, version 3. */
#include "detector.h"

#include <math.h>
#include <stdlib.h>

#include "../aid/aid.h"
#include "../fleet/flatbuffer.h"
#include "frame.h"

enum {
	SCHEMA_VERSION = 3,
	TENSOR_INT32 = 2,
	TENSOR_INT8 = 9,
	OP_CONV_2D = 3,
	OP_MAX_POOL_2D = 17,
	OPTIONS_CONV_2D = 1,
	OPTIONS_POOL_2D = 5,
	ACTIVATION_NONE = 0,
	ACTIVATION_RELU6 = 3,
	PADDING_SAME = 0,
	DATA_ALIGN = 16,
};

/* kernel 0: pooling by two. */
static const struct layer {
	uint8_t kernel;
	uint16_t channels;
} layers[] = {
	{3, 16},  {0, 16},  {3, 32},   {0, 32},  {3, 64},  {0, 64},  {3, 128}, {0, 128}, {3, 256},
	{0, 256}, {3, 512}, {3, 1024}, {1, 256}, {3, 512}, {1, HEAD_DEPTH},
};
#define LAYERS (sizeof(layers) / sizeof(layers[0]))
#define TENSORS (1 + 3 * LAYERS)
#define BUFFERS (1 + 2 * LAYERS)

struct maker {
	struct fb b;
	uint64_t seed;
	uint32_t thinner;
	uint32_t tensors[TENSORS], buffers[BUFFERS], operators[LAYERS];
	uint32_t tensor_count, buffer_count;
	int32_t last; /* tensor that the next layer reads */
};

static const float activation_scale = 6.0f / 255.0f;
static const int64_t activation_zero = -128;

static uint32_t buffer(struct maker *m, const void *data, uint32_t bytes)
{
	const uint32_t at = bytes ? fb_bytes(&m->b, data, bytes, DATA_ALIGN) : 0;

	fb_table(&m->b);
	if (bytes)
		fb_ref(&m->b, 0, at);
	m->buffers[m->buffer_count] = fb_table_end(&m->b);
	return m->buffer_count++;
}

/* One scale for each of `channels` (of dimension 0), or a single one. */
static int32_t tensor(struct maker *m, const char *name, uint32_t type, const int32_t *shape, uint32_t rank,
		      uint32_t data, float scale, int64_t zero, uint32_t channels)
{
	float *scales = calloc(channels, sizeof(*scales));
	int64_t *zeros = calloc(channels, sizeof(*zeros));
	uint32_t at[4], quantization;

	for (uint32_t i = 0; scales && zeros && i < channels; i++) {
		scales[i] = scale;
		zeros[i] = zero;
	}
	at[0] = zeros ? fb_int64s(&m->b, zeros, channels) : 0;
	at[1] = scales ? fb_floats(&m->b, scales, channels) : 0;
	free(scales);
	free(zeros);
	fb_table(&m->b);
	fb_ref(&m->b, 2, at[1]);
	fb_ref(&m->b, 3, at[0]);
	quantization = fb_table_end(&m->b);
	at[2] = fb_string(&m->b, name);
	at[3] = fb_int32s(&m->b, shape, rank);
	fb_table(&m->b);
	fb_ref(&m->b, 0, at[3]);
	fb_u32(&m->b, 2, data);
	fb_ref(&m->b, 3, at[2]);
	fb_ref(&m->b, 4, quantization);
	fb_u8(&m->b, 1, (uint8_t)type);
	m->tensors[m->tensor_count] = fb_table_end(&m->b);
	return (int32_t)m->tensor_count++;
}

static void operation(struct maker *m, uint32_t index, uint32_t code, const int32_t *in, uint32_t in_count, int32_t out,
		      uint32_t kind, uint32_t options)
{
	const uint32_t inputs = fb_int32s(&m->b, in, in_count), outputs = fb_int32s(&m->b, &out, 1);

	fb_table(&m->b);
	fb_u32(&m->b, 0, code);
	fb_ref(&m->b, 1, inputs);
	fb_ref(&m->b, 2, outputs);
	fb_ref(&m->b, 4, options);
	fb_u8(&m->b, 3, (uint8_t)kind);
	m->operators[index] = fb_table_end(&m->b);
	m->last = out;
}

static void pool(struct maker *m, uint32_t index, uint32_t side, uint32_t channels)
{
	const int32_t shape[4] = {1, (int32_t)side / 2, (int32_t)side / 2, (int32_t)channels}, in = m->last;
	const int32_t out = tensor(m, "pool", TENSOR_INT8, shape, 4, 0, activation_scale, activation_zero, 1);
	uint32_t options;

	fb_table(&m->b);
	for (uint32_t field = 1; field <= 4; field++) /* strides and sizes */
		fb_u32(&m->b, field, 2);
	fb_u8(&m->b, 0, PADDING_SAME);
	options = fb_table_end(&m->b);
	operation(m, index, 1, &in, 1, out, OPTIONS_POOL_2D, options);
}

/* Bell-shaped as those of trained networks are: sums of four uniform numbers of -31 to 31. */
static uint32_t weights(struct maker *m, size_t count)
{
	int8_t *w = malloc(count);
	uint32_t at = 0;

	for (size_t i = 0; w && i < count; i++) {
		const uint64_t r = aid_noise(&m->seed);

		w[i] = (int8_t)((int)(r % 63) + (int)((r >> 16 & 0xffff) % 63) + (int)((r >> 32 & 0xffff) % 63) +
				(int)((r >> 48) % 63) - 124);
	}
	if (w)
		at = buffer(m, w, (uint32_t)count);
	else
		m->b.failed = 1;
	free(w);
	return at;
}

static void convolution(struct maker *m, uint32_t index, uint32_t side, uint32_t in_channels, uint32_t kernel,
			uint32_t channels)
{
	const bool head = index + 1 == LAYERS;
	const uint32_t depth = kernel * kernel * in_channels;
	const float in_scale = index ? activation_scale : 1.0f / 255.0f;
	/* what comes out is about as large as what went in; the weights' standard deviation is 36.4 */
	const float scale = (float)sqrt((head ? 1.0 : 2.0) / depth) / 36.4f;
	const int32_t shape[4] = {1, (int32_t)side, (int32_t)side, (int32_t)channels};
	const int32_t filter[4] = {(int32_t)channels, (int32_t)kernel, (int32_t)kernel, (int32_t)in_channels};
	const int32_t bias_shape = (int32_t)channels;
	uint8_t *zeros = calloc(channels, 4);
	int32_t in[3] = {m->last}, out;
	uint32_t options;

	in[1] = tensor(m, "weights", TENSOR_INT8, filter, 4, weights(m, (size_t)depth * channels), scale, 0, channels);
	in[2] = tensor(m, "bias", TENSOR_INT32, &bias_shape, 1, zeros ? buffer(m, zeros, 4 * channels) : 0,
		       in_scale * scale, 0, channels);
	free(zeros);
	out = tensor(m, head ? "head" : "conv", TENSOR_INT8, shape, 4, 0, head ? 0.05f : activation_scale,
		     head ? 0 : activation_zero, 1);
	fb_table(&m->b);
	fb_u32(&m->b, 1, 1); /* strides */
	fb_u32(&m->b, 2, 1);
	fb_u8(&m->b, 0, PADDING_SAME);
	fb_u8(&m->b, 3, head ? ACTIVATION_NONE : ACTIVATION_RELU6);
	options = fb_table_end(&m->b);
	operation(m, index, 0, in, 3, out, OPTIONS_CONV_2D, options);
}

static uint32_t operator_code(struct maker *m, uint32_t code, uint32_t version)
{
	fb_table(&m->b);
	fb_u32(&m->b, 2, version);
	fb_u32(&m->b, 3, code);
	fb_u8(&m->b, 0, (uint8_t)code);
	return fb_table_end(&m->b);
}

static uint32_t subgraph(struct maker *m)
{
	const int32_t in = 0;
	const uint32_t operators = fb_offsets(&m->b, m->operators, LAYERS);
	const uint32_t tensors = fb_offsets(&m->b, m->tensors, m->tensor_count);
	const uint32_t inputs = fb_int32s(&m->b, &in, 1), outputs = fb_int32s(&m->b, &m->last, 1);
	const uint32_t name = fb_string(&m->b, "main");
	uint32_t at;

	fb_table(&m->b);
	fb_ref(&m->b, 0, tensors);
	fb_ref(&m->b, 1, inputs);
	fb_ref(&m->b, 2, outputs);
	fb_ref(&m->b, 3, operators);
	fb_ref(&m->b, 4, name);
	at = fb_table_end(&m->b);
	return fb_offsets(&m->b, &at, 1);
}

uint8_t *detector_make(uint64_t seed, uint32_t thinner, size_t *size)
{
	const int32_t input[4] = {1, SEEN_SIDE, SEEN_SIDE, 3};
	struct maker m = {.seed = seed, .thinner = thinner};
	uint32_t side = SEEN_SIDE, channels = 3, parts[4];

	fb_init(&m.b);
	buffer(&m, NULL, 0);
	m.last = tensor(&m, "picture", TENSOR_INT8, input, 4, 0, 1.0f / 255.0f, -128, 1);
	for (uint32_t l = 0; l < LAYERS; l++) {
		const uint32_t out = l + 1 == LAYERS ? HEAD_DEPTH : layers[l].channels / thinner;

		if (layers[l].kernel)
			convolution(&m, l, side, channels, layers[l].kernel, out);
		else
			pool(&m, l, side, out);
		side /= layers[l].kernel ? 1 : 2;
		channels = out;
	}
	parts[0] = operator_code(&m, OP_CONV_2D, 3);
	parts[1] = operator_code(&m, OP_MAX_POOL_2D, 2);
	parts[0] = fb_offsets(&m.b, parts, 2);
	parts[1] = subgraph(&m);
	parts[2] = fb_offsets(&m.b, m.buffers, m.buffer_count);
	parts[3] = fb_string(&m.b, "a detector of YOLOv3-tiny's shape, weights from a seed");
	fb_table(&m.b);
	fb_u32(&m.b, 0, SCHEMA_VERSION);
	fb_ref(&m.b, 1, parts[0]);
	fb_ref(&m.b, 2, parts[1]);
	fb_ref(&m.b, 3, parts[3]);
	fb_ref(&m.b, 4, parts[2]);
	return fb_finish(&m.b, fb_table_end(&m.b), "TFL3", size);
}
