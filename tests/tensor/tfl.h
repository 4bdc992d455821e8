/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tfl.h - writes small .tflite files, so that a test shows the model it is about and a clone tests itself
 * without downloads (bench_infer uses it too).  Nothing is checked: hostile models are welcome.
 *
 *	static const struct tfl_tensor tensors[] = {
 *		TFL_I8("in", 0.5f, -1, 1, 4), ...
 *	};
 *	struct tfl m = {.tensors = tensors, .tensor_count = 3, ...};
 *	uint8_t *bytes = tfl_build(&m, &size);      (free() it)
 */
#ifndef TESTS_TFL_H
#define TESTS_TFL_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/le.h"
#include "edgewasm/model.h"
#include "tensor/tflite.h"

/* ---- FlatBuffers, parents before children --------------------------------------------------- */

struct fb {
	uint8_t *p;
	size_t len, cap;
};

static inline size_t fb_put(struct fb *b, const void *bytes, size_t n)
{
	size_t at = b->len;

	if (b->len + n > b->cap) {
		b->cap = 2 * (b->len + n) + 256;
		b->p = realloc(b->p, b->cap);
		if (!b->p)
			abort();
	}
	if (bytes && n)
		memcpy(b->p + at, bytes, n);
	else
		memset(b->p + at, 0, n);
	b->len += n;
	return at;
}

static inline void fb_align(struct fb *b, size_t n)
{
	fb_put(b, NULL, (n - b->len % n) % n);
}

static inline size_t fb_u32(struct fb *b, uint32_t v)
{
	uint8_t le[4];

	ewi_put_le32(le, v);
	return fb_put(b, le, 4);
}

/* The offset at `at` points to `target`, which is behind it. */
static inline void fb_link(struct fb *b, size_t at, size_t target)
{
	ewi_put_le32(b->p + at, (uint32_t)(target - at));
}

/* One field of a table: width 0 is left out. */
struct fb_field {
	unsigned width;
	uint64_t value; /* 0 for an offset, which fb_link sets */
	size_t at;	/* out: where the field is */
};

/* Vtable and table; returns the table's place. */
static inline size_t fb_table(struct fb *b, struct fb_field *fields, size_t count)
{
	size_t vtable, table;
	uint8_t le[8];

	fb_align(b, 8);
	vtable = fb_put(b, NULL, 4 + 2 * count);
	fb_align(b, 8);
	table = fb_u32(b, 0);
	ewi_put_le32(b->p + table, (uint32_t)(table - vtable));
	for (size_t i = 0; i < count; i++) {
		if (!fields[i].width)
			continue;
		fb_align(b, fields[i].width);
		ewi_put_le64(le, fields[i].value);
		fields[i].at = fb_put(b, le, fields[i].width);
		ewi_put_le16(b->p + vtable + 4 + 2 * i, (uint16_t)(fields[i].at - table));
	}
	ewi_put_le16(b->p + vtable, (uint16_t)(4 + 2 * count));
	ewi_put_le16(b->p + vtable + 2, (uint16_t)(b->len - table));
	return table;
}

/* A vector of n elements of `width` bytes, little-endian already; returns the place of its count. */
static inline size_t fb_vector(struct fb *b, const void *bytes, size_t n, size_t width)
{
	size_t at;

	while ((b->len + 4) % 16) /* buffers are aligned to 16, as the schema has it */
		fb_put(b, NULL, 1);
	at = fb_u32(b, (uint32_t)n);
	fb_put(b, bytes, n * width);
	return at;
}

static inline size_t fb_string(struct fb *b, const char *s)
{
	size_t at;

	fb_align(b, 4);
	at = fb_u32(b, (uint32_t)strlen(s));
	fb_put(b, s, strlen(s) + 1);
	return at;
}

static inline size_t fb_ints(struct fb *b, const int32_t *v, size_t n)
{
	size_t at;

	fb_align(b, 4);
	at = fb_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		fb_u32(b, (uint32_t)v[i]);
	return at;
}

/* ---- models --------------------------------------------------------------------------------- */

struct tfl_tensor {
	const char *name;
	uint8_t type;
	uint32_t rank;
	int32_t dims[EW_MODEL_DIMS + 1];
	uint32_t scale_count;
	const float *scales; /* NULL: one, `scale` */
	float scale;
	uint32_t zero_count; /* 0 with a scale: one */
	const int64_t *zeros;
	int64_t zero;
	int32_t quantized_dim;
	const void *data; /* a constant, little-endian */
	size_t data_bytes;
	uint32_t buffer; /* when not 0: this index, whether it is there or not */
	bool variable, sparse, external, custom_quantization;
};

#define TFL_INPUTS 24

struct tfl_op {
	uint32_t code, version; /* version 0: 1 */
	int in_count;
	int32_t in[TFL_INPUTS];
	int out_count; /* 0: one; -1: none */
	int32_t out[4];
	uint8_t options; /* OPTIONS_*, 0: none */
	uint8_t option[8]; /* byte fields */
	uint8_t widths[8]; /* when not 0: field i is `words[i]`, of 1 or 4 bytes */
	uint32_t words[8];
	int shape_count; /* of RESHAPE's or SQUEEZE's options */
	int32_t shape[4];
	const char *variable; /* of VAR_HANDLE's */
	const void *custom_options;
	size_t custom_bytes;
	uint32_t code_index; /* when not 0: this entry of the code table */
	bool old_code;	     /* in the older field */
	const char *custom;
};

struct tfl {
	uint32_t version; /* 0: 3 */
	const struct tfl_tensor *tensors;
	size_t tensor_count;
	const struct tfl_op *ops;
	size_t op_count;
	const int32_t *inputs, *outputs;
	size_t input_count, output_count;
	const char *description;
	const char *metadata_name; /* its bytes are metadata */
	const char *metadata;
	const char *signature_in, *signature_out; /* names of input and output 0 */
	bool no_subgraph, no_buffers;
	const struct tfl *once; /* a second subgraph: its tensors, operators and lists */
};

/* TFL_I8("name", scale, zero point, dims...) */
#define TFL_DIMS(...) .rank = sizeof((int32_t[]){__VA_ARGS__}) / 4, .dims = {__VA_ARGS__}
#define TFL_I8(n, s, z, ...)                                                                       \
	{.name = n, .type = EW_TENSOR_I8, .scale_count = 1, .scale = s, .zero = z, TFL_DIMS(__VA_ARGS__)}
#define TFL_I16(n, s, z, ...)                                                                      \
	{.name = n, .type = EW_TENSOR_I16, .scale_count = 1, .scale = s, .zero = z, TFL_DIMS(__VA_ARGS__)}
#define TFL_F32(n, ...) {.name = n, .type = EW_TENSOR_F32, TFL_DIMS(__VA_ARGS__)}
#define TFL_CONST(n, t, s, bytes, ...)                                                             \
	{.name = n, .type = t, .scale_count = (s) != 0, .scale = s, .data = bytes,                 \
	 .data_bytes = sizeof(bytes), TFL_DIMS(__VA_ARGS__)}

static inline uint64_t tfl_float_bits(float v)
{
	uint32_t bits;

	memcpy(&bits, &v, 4);
	return bits;
}

static inline size_t tfl_quantization(struct fb *b, const struct tfl_tensor *t)
{
	size_t zero_count = t->zero_count ? t->zero_count : 1;
	struct fb_field f[7] = {[2] = {4, 0, 0}, [3] = {4, 0, 0}, [4] = {t->custom_quantization, 1, 0},
				[5] = {t->custom_quantization ? 4 : 0, 0, 0},
				[6] = {4, (uint32_t)t->quantized_dim, 0}};
	size_t at = fb_table(b, f, 7), vec;

	if (t->custom_quantization)
		fb_link(b, f[5].at, fb_table(b, NULL, 0));
	fb_align(b, 4);
	fb_link(b, f[2].at, fb_u32(b, t->scale_count));
	for (uint32_t i = 0; i < t->scale_count; i++)
		fb_u32(b, (uint32_t)tfl_float_bits(t->scales ? t->scales[i] : t->scale));
	vec = fb_u32(b, (uint32_t)zero_count);
	fb_link(b, f[3].at, vec);
	for (size_t i = 0; i < zero_count; i++) {
		uint64_t z = (uint64_t)(t->zeros ? t->zeros[i] : t->zero);

		fb_u32(b, (uint32_t)z);
		fb_u32(b, (uint32_t)(z >> 32));
	}
	return at;
}

static inline size_t tfl_tensor(struct fb *b, const struct tfl_tensor *t, uint32_t buffer)
{
	bool quantized = t->scale_count || t->custom_quantization;
	struct fb_field f[11] = {[0] = {4, 0, 0},
				 [1] = {1, t->type, 0},
				 [2] = {4, t->buffer ? t->buffer : buffer, 0},
				 [3] = {t->name ? 4 : 0, 0, 0},
				 [4] = {quantized ? 4 : 0, 0, 0},
				 [5] = {t->variable, 1, 0},
				 [6] = {t->sparse ? 4 : 0, 0, 0},
				 [10] = {t->external ? 4 : 0, 1, 0}};
	size_t at = fb_table(b, f, t->external ? 11 : 7);

	fb_link(b, f[0].at, fb_ints(b, t->dims, t->rank));
	if (t->name)
		fb_link(b, f[3].at, fb_string(b, t->name));
	if (quantized)
		fb_link(b, f[4].at, tfl_quantization(b, t));
	if (t->sparse)
		fb_link(b, f[6].at, fb_table(b, NULL, 0));
	return at;
}

static inline size_t tfl_operator(struct fb *b, const struct tfl_op *op, uint32_t index)
{
	struct fb_field f[6] = {{4, op->code_index ? op->code_index : index, 0}, {4, 0, 0}, {4, 0, 0},
				{op->options ? 1 : 0, op->options, 0}, {op->options ? 4 : 0, 0, 0},
				{op->custom_options ? 4 : 0, 0, 0}};
	size_t at = fb_table(b, f, 6), options;

	fb_link(b, f[1].at, fb_ints(b, op->in, (size_t)op->in_count));
	fb_link(b, f[2].at, fb_ints(b, op->out, op->out_count < 0 ? 0 : op->out_count ? (size_t)op->out_count : 1));
	if (op->custom_options)
		fb_link(b, f[5].at, fb_vector(b, op->custom_options, op->custom_bytes, 1));
	if (op->variable) {
		struct fb_field names[2] = {{4, 0, 0}, {4, 0, 0}};

		options = fb_table(b, names, 2);
		fb_link(b, names[0].at, fb_string(b, ""));
		fb_link(b, names[1].at, fb_string(b, op->variable));
		fb_link(b, f[4].at, options);
	} else if (op->options == OPTIONS_RESHAPE || op->options == OPTIONS_SQUEEZE) {
		struct fb_field shape[1] = {{4, 0, 0}};

		options = fb_table(b, shape, 1);
		fb_link(b, shape[0].at, fb_ints(b, op->shape, (size_t)op->shape_count));
		fb_link(b, f[4].at, options);
	} else if (op->options) {
		struct fb_field bytes[8];

		for (size_t i = 0; i < 8; i++)
			bytes[i] = op->widths[i] ? (struct fb_field){op->widths[i], op->words[i], 0} :
						   (struct fb_field){op->option[i] ? 1 : 0, op->option[i], 0};
		options = fb_table(b, bytes, 8);
		fb_link(b, f[4].at, options);
	}
	return at;
}

/* A vector of n offsets; element i is at the returned place + 4 + 4 * i. */
static inline size_t tfl_offsets(struct fb *b, size_t from, size_t n)
{
	size_t at;

	fb_align(b, 4);
	at = fb_u32(b, (uint32_t)n);
	fb_put(b, NULL, 4 * n);
	fb_link(b, from, at);
	return at + 4;
}

static inline void tfl_codes(struct fb *b, size_t from, const struct tfl *m)
{
	size_t n = m->op_count + (m->once ? m->once->op_count : 0);
	size_t v = tfl_offsets(b, from, n);

	for (size_t i = 0; i < n; i++) {
		const struct tfl_op *op = i < m->op_count ? &m->ops[i] : &m->once->ops[i - m->op_count];
		struct fb_field f[4] = {{op->old_code || op->code < 127 ? 1 : 0, op->code, 0},
					{op->custom ? 4 : 0, 0, 0},
					{op->version ? 4 : 0, op->version, 0},
					{op->old_code ? 0 : 4, op->code, 0}};

		fb_link(b, v + 4 * i, fb_table(b, f, 4));
		if (op->custom)
			fb_link(b, f[1].at, fb_string(b, op->custom));
	}
}

/* One subgraph; its constants begin at buffer *buffer, its operators at code `code`. */
static inline void tfl_one_subgraph(struct fb *b, size_t from, const struct tfl *m, uint32_t *buffer, uint32_t code)
{
	struct fb_field f[5] = {{4, 0, 0}, {4, 0, 0}, {4, 0, 0}, {4, 0, 0}, {4, 0, 0}};
	size_t v;

	fb_link(b, from, fb_table(b, f, 5));
	v = tfl_offsets(b, f[0].at, m->tensor_count);
	for (size_t i = 0; i < m->tensor_count; i++)
		fb_link(b, v + 4 * i, tfl_tensor(b, &m->tensors[i], m->tensors[i].data ? (*buffer)++ : 0));
	fb_link(b, f[1].at, fb_ints(b, m->inputs, m->input_count));
	fb_link(b, f[2].at, fb_ints(b, m->outputs, m->output_count));
	v = tfl_offsets(b, f[3].at, m->op_count);
	for (size_t i = 0; i < m->op_count; i++)
		fb_link(b, v + 4 * i, tfl_operator(b, &m->ops[i], code + (uint32_t)i));
	fb_link(b, f[4].at, fb_string(b, "main"));
}

static inline void tfl_subgraph(struct fb *b, size_t from, const struct tfl *m)
{
	size_t v = tfl_offsets(b, from, m->no_subgraph ? 0 : m->once ? 2 : 1);
	uint32_t buffer = 1;

	if (m->no_subgraph)
		return;
	tfl_one_subgraph(b, v, m, &buffer, 0);
	if (m->once)
		tfl_one_subgraph(b, v + 4, m->once, &buffer, (uint32_t)m->op_count);
}

static inline size_t tfl_constants(const struct tfl *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->tensor_count; i++)
		n += m->tensors[i].data != NULL;
	return n + (m->once ? tfl_constants(m->once) : 0);
}

/* Buffer 0 is empty; then one for each constant, in order; the last is the metadata's. */
static inline void tfl_buffers(struct fb *b, size_t from, const struct tfl *m)
{
	size_t n = 2 + tfl_constants(m), k = 1, v;

	v = tfl_offsets(b, from, m->no_buffers ? 0 : n);
	for (const struct tfl *part = m; !m->no_buffers && part; part = part->once)
		for (size_t i = 0; i < part->tensor_count; i++) {
			struct fb_field f[1] = {{4, 0, 0}};

			if (!part->tensors[i].data)
				continue;
			fb_link(b, v + 4 * k++, fb_table(b, f, 1));
			fb_link(b, f[0].at, fb_vector(b, part->tensors[i].data, part->tensors[i].data_bytes, 1));
		}
	if (!m->no_buffers) {
		struct fb_field f[1] = {{4, 0, 0}};
		const char *text = m->metadata ? m->metadata : "";

		fb_link(b, v, fb_table(b, NULL, 0));
		fb_link(b, v + 4 * k, fb_table(b, f, 1));
		fb_link(b, f[0].at, fb_vector(b, text, strlen(text), 1));
	}
}

static inline void tfl_metadata(struct fb *b, size_t from, const struct tfl *m)
{
	uint64_t buffer = 1 + tfl_constants(m);
	struct fb_field f[2] = {{4, 0, 0}, {4, 0, 0}};
	size_t v = tfl_offsets(b, from, m->metadata_name ? 1 : 0);

	if (!m->metadata_name)
		return;
	f[1].value = buffer;
	fb_link(b, v, fb_table(b, f, 2));
	fb_link(b, f[0].at, fb_string(b, m->metadata_name));
}

static inline void tfl_signature_map(struct fb *b, size_t from, const char *name, int32_t tensor)
{
	struct fb_field f[2] = {{4, 0, 0}, {4, (uint32_t)tensor, 0}};
	size_t v = tfl_offsets(b, from, name ? 1 : 0);

	if (!name)
		return;
	fb_link(b, v, fb_table(b, f, 2));
	fb_link(b, f[0].at, fb_string(b, name));
}

static inline void tfl_signatures(struct fb *b, size_t from, const struct tfl *m)
{
	struct fb_field f[5] = {{4, 0, 0}, {4, 0, 0}, {4, 0, 0}, {0, 0, 0}, {4, 0, 0}};
	bool there = m->signature_in || m->signature_out;
	size_t v = tfl_offsets(b, from, there);

	if (!there)
		return;
	fb_link(b, v, fb_table(b, f, 5));
	tfl_signature_map(b, f[0].at, m->signature_in, m->inputs[0]);
	tfl_signature_map(b, f[1].at, m->signature_out, m->outputs[0]);
	fb_link(b, f[2].at, fb_string(b, "serving_default"));
}

static inline uint8_t *tfl_build(const struct tfl *m, size_t *size)
{
	struct fb_field f[8] = {{4, m->version ? m->version : 3, 0}, {4, 0, 0}, {4, 0, 0}, {4, 0, 0},
				{4, 0, 0}, {0, 0, 0}, {4, 0, 0}, {4, 0, 0}};
	struct fb b = {0};

	fb_u32(&b, 0);
	fb_put(&b, "TFL3", 4);
	fb_link(&b, 0, fb_table(&b, f, 8));
	tfl_codes(&b, f[1].at, m);
	tfl_subgraph(&b, f[2].at, m);
	fb_link(&b, f[3].at, fb_string(&b, m->description ? m->description : ""));
	tfl_buffers(&b, f[4].at, m);
	tfl_metadata(&b, f[6].at, m);
	tfl_signatures(&b, f[7].at, m);
	*size = b.len;
	return b.p;
}

#endif
