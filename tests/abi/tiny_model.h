/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tiny_model.h - the smallest .tflite files that are any use, built in place.
 *
 *	tiny_fc(&t, n)       n inputs int8[4], n outputs int8[2]: out = { a + b, c - d } of its input, saturated
 *	tiny_quantize(&t)    one input float32[4], one output int8[4]: rounded
 *	tiny_stateful(&t)    tiny_fc(1) with a variable tensor beside it, which makes it a model with state
 *
 * Written front to back: tables with their vtable before them, children behind their parents.
 * Source: FlatBuffers' internals page; TensorFlow Lite's schema.fbs, version 3.
 */
#ifndef TESTS_TINY_MODEL_H
#define TESTS_TINY_MODEL_H

#include <stdint.h>
#include <string.h>

struct tiny {
	uint8_t bytes[40000]; /* tiny_fc(65) */
	uint32_t size;
};

static inline void tiny_align(struct tiny *t, uint32_t to)
{
	while (t->size % to)
		t->bytes[t->size++] = 0;
}

static inline void tiny_put(struct tiny *t, uint32_t at, uint32_t v, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		t->bytes[at + i] = (uint8_t)(v >> 8 * i);
}

static inline uint32_t tiny_u32(struct tiny *t, uint32_t v)
{
	tiny_put(t, t->size, v, 4);
	t->size += 4;
	return t->size - 4;
}

/* A table of `fields` slots of 4 bytes, those in mask present; returns where slot 0 is. */
static inline uint32_t tiny_table(struct tiny *t, uint32_t fields, uint32_t mask)
{
	uint32_t vtable, at;

	tiny_align(t, 4);
	vtable = t->size;
	t->size += 4 + 2 * fields;
	tiny_align(t, 4);
	at = t->size;
	tiny_put(t, vtable, 4 + 2 * fields, 2);
	tiny_put(t, vtable + 2, 4 + 4 * fields, 2);
	for (uint32_t i = 0; i < fields; i++)
		tiny_put(t, vtable + 4 + 2 * i, mask >> i & 1 ? 4 + 4 * i : 0, 2);
	tiny_u32(t, at - vtable);
	t->size += 4 * fields;
	return at + 4;
}

/* The offset at `slot` points to what comes next. */
static inline void tiny_here(struct tiny *t, uint32_t slot)
{
	tiny_align(t, 4);
	tiny_put(t, slot, t->size - slot, 4);
}

/* A table, pointed to by slot: past its vtable, which is written first. */
static inline uint32_t tiny_child(struct tiny *t, uint32_t slot, uint32_t fields, uint32_t mask)
{
	uint32_t at = tiny_table(t, fields, mask);

	tiny_put(t, slot, at - 4 - slot, 4);
	return at;
}

/* A vector of count 4-byte elements, pointed to by slot; returns its first element. */
static inline uint32_t tiny_vector(struct tiny *t, uint32_t slot, uint32_t count)
{
	tiny_here(t, slot);
	tiny_u32(t, count);
	t->size += 4 * count;
	return t->size - 4 * count;
}

static inline void tiny_bytes(struct tiny *t, uint32_t slot, const void *bytes, uint32_t len)
{
	tiny_here(t, slot);
	tiny_u32(t, len);
	memcpy(t->bytes + t->size, bytes, len);
	t->size += len;
}

/* A tensor; buffer 0 is the empty one.  Quantized with scale 1 and zero point 0 unless it is float. */
static inline void tiny_tensor(struct tiny *t, uint32_t slot, uint32_t type, uint32_t buffer,
			       uint32_t rank, uint32_t d0, uint32_t d1)
{
	uint32_t tensor = tiny_child(t, slot, 5, type ? 0x17 : 0x7), quant, dims;

	dims = tiny_vector(t, tensor, rank);
	tiny_put(t, dims, d0, 4);
	if (rank > 1)
		tiny_put(t, dims + 4, d1, 4);
	tiny_put(t, tensor + 4, type, 1);
	tiny_put(t, tensor + 8, buffer, 4);
	if (!type)
		return;
	quant = tiny_child(t, tensor + 16, 4, 0xc);
	tiny_put(t, tiny_vector(t, quant + 8, 1), 0x3f800000u, 4); /* 1.0f */
	/* A vector of one int64: its elements are aligned to 8. */
	tiny_align(t, 8);
	tiny_u32(t, 0);
	tiny_put(t, quant + 12, t->size - (quant + 12), 4);
	tiny_u32(t, 1);
	t->size += 8;
}

static inline void tiny_ints(struct tiny *t, uint32_t slot, const int32_t *v, uint32_t count)
{
	uint32_t at = tiny_vector(t, slot, count);

	for (uint32_t i = 0; i < count; i++)
		tiny_put(t, at + 4 * i, (uint32_t)v[i], 4);
}

/* Model, operator code, subgraph and buffers; returns the subgraph's slot 0. */
static inline uint32_t tiny_begin(struct tiny *t, uint32_t code)
{
	static const int8_t weights[8] = {1, 1, 0, 0, 0, 0, 1, -1};
	uint32_t model, codes, op, graphs, buffers, b;

	memset(t, 0, sizeof(*t));
	tiny_u32(t, 0);
	memcpy(t->bytes + 4, "TFL3", 4);
	t->size = 8;
	model = tiny_child(t, 0, 5, 0x17);
	tiny_put(t, model, 3, 4);
	codes = tiny_vector(t, model + 4, 1);
	op = tiny_child(t, codes, 4, 0xd);
	tiny_put(t, op, code, 1);
	tiny_put(t, op + 8, 1, 4);
	tiny_put(t, op + 12, code, 4);
	buffers = tiny_vector(t, model + 16, 2);
	tiny_child(t, buffers, 1, 0);
	b = tiny_child(t, buffers + 4, 1, 1);
	tiny_bytes(t, b, weights, sizeof(weights));
	graphs = tiny_vector(t, model + 8, 1);
	return tiny_child(t, graphs, 4, 0xf);
}

/* An int8 tensor of two that is kept from run to run. */
static inline void tiny_variable(struct tiny *t, uint32_t slot)
{
	uint32_t tensor = tiny_child(t, slot, 6, 0x27);

	tiny_put(t, tiny_vector(t, tensor, 1), 2, 4);
	tiny_put(t, tensor + 4, 9, 1);
	tiny_put(t, tensor + 20, 1, 1);
}

/* Tensors 3i, 3i + 1, 3i + 2: input, weights, output of operator i. */
static inline void tiny_fc_and(struct tiny *t, uint32_t n, uint32_t variables)
{
	uint32_t graph = tiny_begin(t, 9), tensors, ops, io[2];

	tensors = tiny_vector(t, graph, 3 * n + variables);
	for (uint32_t i = 0; i < variables; i++)
		tiny_variable(t, tensors + 4 * (3 * n + i));
	for (uint32_t i = 0; i < n; i++) {
		tiny_tensor(t, tensors + 12 * i, 9, 0, 2, 1, 4);
		tiny_tensor(t, tensors + 12 * i + 4, 9, 1, 2, 2, 4);
		tiny_tensor(t, tensors + 12 * i + 8, 9, 0, 2, 1, 2);
	}
	for (uint32_t k = 0; k < 2; k++) {
		io[k] = tiny_vector(t, graph + 4 + 4 * k, n);
		for (uint32_t i = 0; i < n; i++)
			tiny_put(t, io[k] + 4 * i, 3 * i + 2 * k, 4);
	}
	ops = tiny_vector(t, graph + 12, n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t op = tiny_child(t, ops + 4 * i, 5, 0x1f);
		const int32_t in[3] = {(int32_t)(3 * i), (int32_t)(3 * i + 1), -1};
		const int32_t out[1] = {(int32_t)(3 * i + 2)};

		tiny_ints(t, op + 4, in, 3);
		tiny_ints(t, op + 8, out, 1);
		tiny_put(t, op + 12, 8, 1); /* FullyConnectedOptions */
		tiny_child(t, op + 16, 1, 0);
	}
	tiny_align(t, 4);
}

static inline void tiny_fc(struct tiny *t, uint32_t n)
{
	tiny_fc_and(t, n, 0);
}

static inline void tiny_stateful(struct tiny *t)
{
	tiny_fc_and(t, 1, 1);
}

static inline void tiny_quantize(struct tiny *t)
{
	uint32_t graph = tiny_begin(t, 114), tensors, op, ops;
	const int32_t zero[1] = {0}, one[1] = {1};

	tensors = tiny_vector(t, graph, 2);
	tiny_tensor(t, tensors, 0, 0, 1, 4, 0);
	tiny_tensor(t, tensors + 4, 9, 0, 1, 4, 0);
	tiny_ints(t, graph + 4, zero, 1);
	tiny_ints(t, graph + 8, one, 1);
	ops = tiny_vector(t, graph + 12, 1);
	op = tiny_child(t, ops, 3, 0x7);
	tiny_ints(t, op + 4, zero, 1);
	tiny_ints(t, op + 8, one, 1);
	tiny_align(t, 4);
}

#endif
