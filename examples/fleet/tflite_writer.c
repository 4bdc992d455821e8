/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * tflite_writer.c - the tables of the TensorFlow Lite schema that a dense int8
 * network needs.  Field numbers are those of schema.fbs, version 3.
 */
#include "tflite_writer.h"

#include "flatbuffer.h"

#include <stdio.h>

enum {
	SCHEMA_VERSION = 3,
	TENSOR_INT32 = 2,
	TENSOR_INT8 = 9,
	OP_FULLY_CONNECTED = 9,
	OP_VERSION = 4,			/* int8 with symmetric weights */
	OPTIONS_FULLY_CONNECTED = 8,
	ACTIVATION_RELU = 1,
	DATA_ALIGN = 16,
	METADATA_MAX = 8,
	/* input, and for each layer weights, bias, output */
	TENSORS = 1 + 3 * AE_LAYERS,
	/* the empty buffer 0, two for each layer */
	BUFFERS = 1 + 2 * AE_LAYERS,
};

struct tensor {
	char name[24];
	int32_t shape[2];
	uint32_t rank;
	uint8_t type;
	uint32_t buffer;
	float scale;
	int64_t zero;
};

static uint32_t write_tensor(struct fb *b, const struct tensor *t)
{
	const uint32_t zero = fb_int64s(b, &t->zero, 1);
	const uint32_t scale = fb_floats(b, &t->scale, 1);

	fb_table(b);
	fb_ref(b, 2, scale);
	fb_ref(b, 3, zero);
	const uint32_t quantization = fb_table_end(b);
	const uint32_t name = fb_string(b, t->name);
	const uint32_t shape = fb_int32s(b, t->shape, t->rank);

	fb_table(b);
	fb_ref(b, 0, shape);
	fb_u32(b, 2, t->buffer);
	fb_ref(b, 3, name);
	fb_ref(b, 4, quantization);
	fb_u8(b, 1, t->type);
	return fb_table_end(b);
}

static struct tensor activation(const char *name, uint32_t width, float scale, int32_t zero)
{
	struct tensor t = { .shape = { 1, (int32_t)width }, .rank = 2,
			    .type = TENSOR_INT8, .scale = scale, .zero = zero };

	snprintf(t.name, sizeof(t.name), "%s", name);
	return t;
}

/* Tensor numbers: 0 is the input; layer l has weights 1 + 3 l, bias 2 + 3 l
 * and output 3 + 3 l. */
static uint32_t write_tensors(struct fb *b, const struct q_net *net)
{
	uint32_t places[TENSORS];
	struct tensor t = activation("features", ae_widths[0], net->layer[0].in_scale,
				     net->layer[0].in_zero);

	places[0] = write_tensor(b, &t);
	for (uint32_t l = 0; l < AE_LAYERS; l++) {
		const struct q_layer *q = &net->layer[l];
		struct tensor w = { .shape = { (int32_t)ae_widths[l + 1], (int32_t)ae_widths[l] },
				    .rank = 2, .type = TENSOR_INT8, .buffer = 1 + 2 * l,
				    .scale = q->w_scale };
		struct tensor bias = { .shape = { (int32_t)ae_widths[l + 1] }, .rank = 1,
				       .type = TENSOR_INT32, .buffer = 2 + 2 * l,
				       .scale = q->in_scale * q->w_scale };

		snprintf(w.name, sizeof(w.name), "dense%u/weights", (unsigned)l);
		snprintf(bias.name, sizeof(bias.name), "dense%u/bias", (unsigned)l);
		snprintf(t.name, sizeof(t.name), "dense%u/out", (unsigned)l);
		t = activation(l + 1 < AE_LAYERS ? t.name : "reconstruction",
			       ae_widths[l + 1], q->out_scale, q->out_zero);
		places[1 + 3 * l] = write_tensor(b, &w);
		places[2 + 3 * l] = write_tensor(b, &bias);
		places[3 + 3 * l] = write_tensor(b, &t);
	}
	return fb_offsets(b, places, TENSORS);
}

static uint32_t write_operator(struct fb *b, const struct q_net *net, uint32_t l)
{
	const int32_t in[3] = { (int32_t)(3 * l), (int32_t)(1 + 3 * l), (int32_t)(2 + 3 * l) };
	const int32_t out = (int32_t)(3 + 3 * l);
	const uint32_t inputs = fb_int32s(b, in, 3), outputs = fb_int32s(b, &out, 1);

	fb_table(b);
	if (net->layer[l].relu)
		fb_u8(b, 0, ACTIVATION_RELU);
	const uint32_t options = fb_table_end(b);

	fb_table(b);
	fb_u32(b, 0, 0);
	fb_ref(b, 1, inputs);
	fb_ref(b, 2, outputs);
	fb_ref(b, 4, options);
	fb_u8(b, 3, OPTIONS_FULLY_CONNECTED);
	return fb_table_end(b);
}

static uint32_t write_subgraph(struct fb *b, const struct q_net *net)
{
	const int32_t in = 0, out = TENSORS - 1;
	uint32_t places[AE_LAYERS];

	for (uint32_t l = 0; l < AE_LAYERS; l++)
		places[l] = write_operator(b, net, l);
	const uint32_t operators = fb_offsets(b, places, AE_LAYERS);
	const uint32_t tensors = write_tensors(b, net);
	const uint32_t inputs = fb_int32s(b, &in, 1), outputs = fb_int32s(b, &out, 1);
	const uint32_t name = fb_string(b, "main");

	fb_table(b);
	fb_ref(b, 0, tensors);
	fb_ref(b, 1, inputs);
	fb_ref(b, 2, outputs);
	fb_ref(b, 3, operators);
	fb_ref(b, 4, name);
	const uint32_t subgraph = fb_table_end(b);

	return fb_offsets(b, &subgraph, 1);
}

static uint32_t write_buffer(struct fb *b, const void *data, uint32_t bytes)
{
	const uint32_t at = bytes ? fb_bytes(b, data, bytes, DATA_ALIGN) : 0;

	fb_table(b);
	if (bytes)
		fb_ref(b, 0, at);
	return fb_table_end(b);
}

static uint32_t write_biases(struct fb *b, const int32_t *v, uint32_t count)
{
	uint8_t bytes[4 * AE_WIDTH_MAX];

	for (uint32_t i = 0; i < 4 * count; i++)
		bytes[i] = (uint8_t)((uint32_t)v[i / 4] >> 8 * (i % 4));
	return write_buffer(b, bytes, 4 * count);
}

static uint32_t write_buffers(struct fb *b, const struct q_net *net,
			      const struct tflite_metadata *metadata, uint32_t count)
{
	uint32_t places[BUFFERS + METADATA_MAX];

	places[0] = write_buffer(b, NULL, 0);
	for (uint32_t l = 0; l < AE_LAYERS; l++) {
		places[1 + 2 * l] = write_buffer(b, net->layer[l].w,
						 ae_widths[l] * ae_widths[l + 1]);
		places[2 + 2 * l] = write_biases(b, net->layer[l].b, ae_widths[l + 1]);
	}
	for (uint32_t i = 0; i < count; i++)
		places[BUFFERS + i] = write_buffer(b, metadata[i].data,
						   metadata[i].data_bytes);
	return fb_offsets(b, places, BUFFERS + count);
}

static uint32_t write_metadata(struct fb *b, const struct tflite_metadata *metadata,
			       uint32_t count)
{
	uint32_t places[METADATA_MAX];

	for (uint32_t i = 0; i < count; i++) {
		const uint32_t name = fb_string(b, metadata[i].name);

		fb_table(b);
		fb_ref(b, 0, name);
		fb_u32(b, 1, BUFFERS + i);
		places[i] = fb_table_end(b);
	}
	return fb_offsets(b, places, count);
}

static uint32_t write_operator_codes(struct fb *b)
{
	fb_table(b);
	fb_u32(b, 2, OP_VERSION);
	fb_u32(b, 3, OP_FULLY_CONNECTED);
	fb_u8(b, 0, OP_FULLY_CONNECTED); /* for readers of older schemas */
	const uint32_t code = fb_table_end(b);

	return fb_offsets(b, &code, 1);
}

uint8_t *tflite_write(const struct q_net *net, const char *description,
		      const struct tflite_metadata *metadata, uint32_t metadata_count,
		      size_t *bytes)
{
	struct fb b;

	if (metadata_count > METADATA_MAX)
		return NULL;
	fb_init(&b);
	const uint32_t buffers = write_buffers(&b, net, metadata, metadata_count);
	const uint32_t meta = write_metadata(&b, metadata, metadata_count);
	const uint32_t text = fb_string(&b, description);
	const uint32_t subgraphs = write_subgraph(&b, net);
	const uint32_t codes = write_operator_codes(&b);

	fb_table(&b);
	fb_u32(&b, 0, SCHEMA_VERSION);
	fb_ref(&b, 1, codes);
	fb_ref(&b, 2, subgraphs);
	fb_ref(&b, 3, text);
	fb_ref(&b, 4, buffers);
	fb_ref(&b, 6, meta);
	return fb_finish(&b, fb_table_end(&b), "TFL3", bytes);
}
