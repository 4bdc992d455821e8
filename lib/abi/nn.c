/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * nn.c - wasi_ephemeral_nn, for guests written for other runtimes.
 *
 * A graph is a model of the registry, or one that the guest brought (load).  A context is an executor of its
 * own, so what a guest sets today it may compute tomorrow.  Results are errno, positive.
 * Source: wasi-nn's witx form, with 32-bit handles (WAMR's and WasmEdge's numbering of types and encodings).
 */
#include "abi/models.h"
#include "abi/span.h"

#if EW_CONFIG_ABI

enum {
	NN_OK = 0,
	NN_INVALID_ARGUMENT = 1,
	NN_INVALID_ENCODING = 2,
	NN_MISSING_MEMORY = 3,
	NN_BUSY = 4,
	NN_RUNTIME_ERROR = 5,
	NN_UNSUPPORTED = 6,
	NN_TOO_LARGE = 7,
	NN_NOT_FOUND = 8
};

enum { NN_F16 = 0, NN_F32 = 1, NN_F64 = 2, NN_U8 = 3, NN_I32 = 4, NN_I64 = 5 };

#define ENCODING_TFLITE 4u
#define ENCODING_AUTO_WITX 5u
#define ENCODING_AUTO_WAMR 6u
#define TARGETS 3u	      /* cpu, gpu, tpu: a wish; it runs on the CPU */
#define GUEST_TENSOR_BYTES 20u
#define GUEST_BUILDER_BYTES 8u
#define INPUTS_MAX 64u
#define RANK_MAX 8u

static struct ewi_graph *free_graph(struct ew_abi *abi)
{
	for (uint32_t i = 0; i < abi->max_contexts; i++)
		if (!abi->graphs[i].used)
			return &abi->graphs[i];
	return NULL;
}

static struct ewi_graph *graph_of(struct ew_abi *abi, uint32_t id)
{
	return id < abi->max_contexts && abi->graphs[id].used ? &abi->graphs[id] : NULL;
}

static struct ewi_context *context_of(struct ew_abi *abi, uint32_t id)
{
	return id < abi->max_contexts && abi->contexts[id].used ? &abi->contexts[id] : NULL;
}

static const struct ew_model *graph_model(const struct ewi_graph *g)
{
	return g->slot ? g->slot->model : g->own;
}

static void free_own(struct ew_abi *abi, struct ewi_graph *g)
{
	ew_model_free(g->own);
	ewi_free(&abi->alloc, g->bytes, g->bytes_size, 1);
	abi->model_bytes -= (uint32_t)g->bytes_size;
}

void ewi_nn_reset(struct ew_abi *abi)
{
	for (uint32_t i = 0; abi->contexts && i < abi->max_contexts; i++)
		ew_model_exec_destroy(abi->contexts[i].exec);
	for (uint32_t i = 0; abi->stateful && i < abi->max_contexts; i++) {
		ew_model_exec_destroy(abi->stateful[i].exec);
		if (abi->stateful[i].slot)
			abi->stateful[i].slot->users--;
	}
	for (uint32_t i = 0; abi->graphs && i < abi->max_contexts; i++) {
		if (abi->graphs[i].slot)
			abi->graphs[i].slot->users--;
		free_own(abi, &abi->graphs[i]);
	}
	if (abi->contexts)
		memset(abi->contexts, 0, abi->max_contexts * sizeof(*abi->contexts));
	if (abi->stateful)
		memset(abi->stateful, 0, abi->max_contexts * sizeof(*abi->stateful));
	if (abi->graphs)
		memset(abi->graphs, 0, abi->max_contexts * sizeof(*abi->graphs));
}

static int32_t errno_of(enum ew_status st)
{
	switch (st) {
	case EW_OK: return NN_OK;
	case EW_ERR_MALFORMED:
	case EW_ERR_INVALID: return NN_INVALID_ENCODING;
	case EW_ERR_UNSUPPORTED: return NN_UNSUPPORTED;
	case EW_ERR_LIMIT:
	case EW_ERR_TOOBIG: return NN_TOO_LARGE;
	case EW_ERR_NOMEM: return NN_TOO_LARGE;
	case EW_ERR_QUOTA: return NN_BUSY;
	default: return NN_RUNTIME_ERROR;
	}
}

/* Copy and load what the guest brought: the host keeps no guest pointer. */
static int32_t load(struct ew_abi *abi, const uint8_t *bytes, uint32_t size, struct ewi_graph *g)
{
	enum ew_status st;

	if (size == 0)
		return NN_INVALID_ENCODING;
	if (size > abi->max_model_bytes - abi->model_bytes)
		return NN_TOO_LARGE;
	g->bytes = ewi_alloc(&abi->alloc, size, 1);
	if (!g->bytes)
		return NN_TOO_LARGE;
	memcpy(g->bytes, bytes, size);
	g->bytes_size = size;
	abi->model_bytes += size;
	st = ew_model_load(&g->own, g->bytes, size, NULL, &abi->alloc, NULL);
	if (st != EW_OK) {
		free_own(abi, g);
		memset(g, 0, sizeof(*g));
	}
	return errno_of(st);
}

/* load(builders, count, encoding, target, graph) */
enum ew_status ewi_nn_load(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t count = v[1].u32, encoding = v[2].u32, size;
	const uint8_t *builders = ewi_span_array(caller, v[0].u32, count, GUEST_BUILDER_BYTES);
	uint8_t *out = ewi_span(caller, v[4].u32, 4), *bytes;
	struct ewi_graph *g = free_graph(abi);
	int32_t rc;

	ewi_pay(abi, caller, 0);
	if (!builders || !out)
		return ewi_ret(abi, v, NN_MISSING_MEMORY);
	if (encoding != ENCODING_TFLITE && encoding != ENCODING_AUTO_WITX &&
	    encoding != ENCODING_AUTO_WAMR)
		return ewi_ret(abi, v, NN_INVALID_ENCODING);
	if (count != 1 || v[3].u32 >= TARGETS)
		return ewi_ret(abi, v, NN_INVALID_ARGUMENT);
	size = ewi_le32(builders + 4);
	bytes = ewi_span(caller, ewi_le32(builders), size);
	if (!bytes)
		return ewi_ret(abi, v, NN_MISSING_MEMORY);
	if (!g)
		return ewi_ret(abi, v, NN_TOO_LARGE);
	if (!ewi_quota_allows(abi, EW_QUOTA_INFERENCES, 1))
		return ewi_ret(abi, v, NN_BUSY);
	ewi_pay(abi, caller, size);
	rc = load(abi, bytes, size, g);
	if (rc == NN_OK) {
		ewi_quota_use(abi, EW_QUOTA_INFERENCES, 1);
		g->used = true;
		ewi_put_le32(out, (uint32_t)(g - abi->graphs));
	}
	return ewi_ret(abi, v, rc);
}

/* load_by_name(name, len, graph) */
enum ew_status ewi_nn_load_by_name(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t len = v[1].u32;
	const char *name = ewi_span(caller, v[0].u32, len);
	uint8_t *out = ewi_span(caller, v[2].u32, 4);
	struct ewi_slot *s = NULL;
	struct ewi_graph *g;

	ewi_pay(abi, caller, name ? len : 0);
	if (!name || !out)
		return ewi_ret(abi, v, NN_MISSING_MEMORY);
	if (abi->models)
		s = ewi_models_get(abi->models, ewi_models_open(abi->models, name, len));
	if (!s)
		return ewi_ret(abi, v, NN_NOT_FOUND);
	g = free_graph(abi);
	if (!g)
		return ewi_ret(abi, v, NN_TOO_LARGE);
	g->used = true;
	g->slot = s;
	s->users++;
	ewi_put_le32(out, (uint32_t)(g - abi->graphs));
	return ewi_ret(abi, v, NN_OK);
}

/* init_execution_context(graph, context) */
enum ew_status ewi_nn_init_execution_context(void *user, struct ew_instance *caller,
					     union ew_value *v)
{
	struct ew_abi *abi = user;
	struct ewi_graph *g = graph_of(abi, v[0].u32);
	uint8_t *out = ewi_span(caller, v[1].u32, 4);
	const struct ew_model *model;
	struct ewi_context *c = NULL;
	enum ew_status st;

	ewi_pay(abi, caller, 0);
	if (!out)
		return ewi_ret(abi, v, NN_MISSING_MEMORY);
	if (!g)
		return ewi_ret(abi, v, NN_INVALID_ARGUMENT);
	model = graph_model(g);
	if (ew_model_input_count(model) > INPUTS_MAX)
		return ewi_ret(abi, v, NN_UNSUPPORTED);
	for (uint32_t i = 0; i < abi->max_contexts && !c; i++)
		if (!abi->contexts[i].used)
			c = &abi->contexts[i];
	if (!c)
		return ewi_ret(abi, v, NN_TOO_LARGE);
	st = ew_model_exec_create(&c->exec, model, &abi->alloc, NULL);
	if (st != EW_OK)
		return ewi_ret(abi, v, errno_of(st));
	c->used = true;
	c->model = model;
	c->slot = g->slot;
	c->fuel = ewi_model_fuel(model);
	ewi_put_le32(out, (uint32_t)(c - abi->contexts));
	return ewi_ret(abi, v, NN_OK);
}

/* int8, int16 and bool travel as U8; the standard has no type for them. */
static bool type_fits(uint32_t nn, enum ew_tensor_type type)
{
	switch (type) {
	case EW_TENSOR_F16: return nn == NN_F16;
	case EW_TENSOR_F32: return nn == NN_F32;
	case EW_TENSOR_F64: return nn == NN_F64;
	case EW_TENSOR_I32: return nn == NN_I32;
	case EW_TENSOR_I64: return nn == NN_I64;
	case EW_TENSOR_U8:
	case EW_TENSOR_I8:
	case EW_TENSOR_I16:
	case EW_TENSOR_BOOL: return nn == NN_U8;
	default: return false;
	}
}

/* The dimensions may be split otherwise than the model's ({640} for {1, 640}); their product may not. */
static bool dims_fit(const uint8_t *dims, uint32_t count, uint64_t elements)
{
	uint64_t product = 1;

	for (uint32_t i = 0; i < count; i++) {
		product *= ewi_le32(dims + 4 * (size_t)i);
		if (product > UINT32_MAX)
			return false;
	}
	return product == elements;
}

/* set_input(context, index, tensor) */
enum ew_status ewi_nn_set_input(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	struct ewi_context *c = context_of(abi, v[0].u32);
	uint32_t index = v[1].u32, dim_count, len;
	const uint8_t *tensor = ewi_span(caller, v[2].u32, GUEST_TENSOR_BYTES), *dims, *data;
	struct ew_tensor_span span;
	struct ew_tensor_info t;

	ewi_pay(abi, caller, 0);
	if (!tensor)
		return ewi_ret(abi, v, NN_MISSING_MEMORY);
	if (!c || ew_model_input_info(c->model, index, &t) != EW_OK)
		return ewi_ret(abi, v, NN_INVALID_ARGUMENT);
	dim_count = ewi_le32(tensor + 4);
	len = ewi_le32(tensor + 16);
	dims = ewi_span_array(caller, ewi_le32(tensor), dim_count, 4);
	data = ewi_span(caller, ewi_le32(tensor + 12), len);
	if (!dims || !data)
		return ewi_ret(abi, v, NN_MISSING_MEMORY);
	if (!type_fits(tensor[8], t.type) || dim_count > RANK_MAX ||
	    !dims_fit(dims, dim_count, t.count) || len != t.bytes)
		return ewi_ret(abi, v, NN_INVALID_ARGUMENT);
	if (ew_model_exec_input(c->exec, index, &span) != EW_OK)
		return ewi_ret(abi, v, NN_RUNTIME_ERROR);
	ewi_pay(abi, caller, len);
	ewi_copy_le(span.data, data, len, ewi_tensor_unit(t.type));
	c->inputs_set |= 1ull << index;
	c->computed = false; /* its memory may be that of an output */
	return ewi_ret(abi, v, NN_OK);
}

/* compute(context): every input must have been set since the last time, because a run uses them up. */
enum ew_status ewi_nn_compute(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	struct ewi_context *c = context_of(abi, v[0].u32);
	uint32_t inputs;
	uint64_t all;

	ewi_pay(abi, caller, 0);
	if (!c)
		return ewi_ret(abi, v, NN_INVALID_ARGUMENT);
	inputs = ew_model_input_count(c->model);
	all = inputs == 64 ? UINT64_MAX : (1ull << inputs) - 1;
	if (c->inputs_set != all)
		return ewi_ret(abi, v, NN_INVALID_ARGUMENT);
	if (!ewi_quota_allows(abi, EW_QUOTA_INFERENCES, 1))
		return ewi_ret(abi, v, NN_BUSY);
	ewi_burn(abi, caller, c->fuel);
	if (ew_model_exec_run(c->exec) != EW_OK)
		return ewi_ret(abi, v, NN_RUNTIME_ERROR);
	ewi_quota_use(abi, EW_QUOTA_INFERENCES, 1);
	c->inputs_set = 0;
	c->computed = true;
	abi->last_model = c->slot;
	return ewi_ret(abi, v, NN_OK);
}

/* get_output(context, index, out, cap, written) */
enum ew_status ewi_nn_get_output(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	struct ewi_context *c = context_of(abi, v[0].u32);
	uint32_t index = v[1].u32, cap = v[3].u32;
	uint8_t *out = ewi_span(caller, v[2].u32, cap), *written = ewi_span(caller, v[4].u32, 4);
	struct ew_tensor_view view;
	struct ew_tensor_info t;

	ewi_pay(abi, caller, 0);
	if (!out || !written)
		return ewi_ret(abi, v, NN_MISSING_MEMORY);
	if (!c || ew_model_output_info(c->model, index, &t) != EW_OK)
		return ewi_ret(abi, v, NN_INVALID_ARGUMENT);
	if (!c->computed || ew_model_exec_output(c->exec, index, &view) != EW_OK)
		return ewi_ret(abi, v, NN_RUNTIME_ERROR);
	if (cap < t.bytes)
		return ewi_ret(abi, v, NN_TOO_LARGE);
	ewi_pay(abi, caller, t.bytes);
	ewi_copy_le(out, view.data, t.bytes, ewi_tensor_unit(t.type));
	ewi_put_le32(written, (uint32_t)t.bytes);
	return ewi_ret(abi, v, NN_OK);
}

#endif
