/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tensors.c - reads the tensors of a model's subgraphs: shapes, constants, quantization, state.
 * Operators are operators.c's.  Nothing is allocated by a count that has not passed its limit.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include <float.h>
#include "base/error.h"
#include "tensor/model.h"

/* "tensor 7 (conv1/bias): ..." */
static EW_PRINTF(5, 6) enum ew_status fail(struct ew_model *m, struct ewi_table t, uint32_t index,
					   enum ew_status status, const char *fmt, ...)
{
	uint32_t len;
	const char *name = ewi_flat_string(&m->file, t, TENSOR_NAME, &len);
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	ewi_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	return ewi_error(m->file.err, status, t.at, "tensor %u (%.*s): %s", (unsigned)index,
			 (int)(len < 40 ? len : 40), name, text);
}

static const struct {
	int32_t low, high;
} zero_ranges[] = {
	[EW_TENSOR_U8] = {0, 255},
	[EW_TENSOR_I16] = {-32768, 32767},
	[EW_TENSOR_I8] = {-128, 127},
	[EW_TENSOR_U16] = {0, 65535},
	[EW_TENSOR_I4] = {-8, 7},
};

/* Elements and bytes; what a hostile shape multiplies to is caught before it is used. */
static enum ew_status read_shape(struct ew_model *m, struct ewi_table t, uint32_t index,
				 struct ewi_tensor *out)
{
	struct ewi_vec dims = ewi_flat_vec(&m->file, t, TENSOR_SHAPE, 4);
	uint64_t count = 1, bytes;

	if (dims.count > EW_MODEL_DIMS)
		return fail(m, t, index, EW_ERR_LIMIT, "%u dimensions, at most %u are allowed",
			    (unsigned)dims.count, EW_MODEL_DIMS);
	for (uint32_t i = 0; i < dims.count; i++) {
		int32_t dim = ewi_flat_i32_at(&m->file, dims, i);

		if (dim < 0)
			return fail(m, t, index, EW_ERR_UNSUPPORTED,
				    "dimension %u is %d: sizes must be known", (unsigned)i, (int)dim);
		count *= (uint32_t)dim; /* both below 2^31 */
		if (count > EWI_FLAT_SIZE_MAX)
			return fail(m, t, index, EW_ERR_LIMIT, "2^31 elements or more");
	}
	bytes = (count * ewi_type_bits(out->type) + 7) / 8;
	if (bytes > EWI_FLAT_SIZE_MAX)
		return fail(m, t, index, EW_ERR_LIMIT, "2^31 bytes or more");
	out->dims = dims.at;
	out->rank = (uint8_t)dims.count;
	out->count = (uint32_t)count;
	out->bytes = (uint32_t)bytes;
	return EW_OK;
}

static enum ew_status read_scales(struct ew_model *m, struct ewi_table t, struct ewi_table q,
				  uint32_t index, struct ewi_tensor *out)
{
	struct ewi_vec scales = ewi_flat_vec(&m->file, q, QUANT_SCALE, 4);
	uint32_t dim = ewi_flat_u32(&m->file, q, QUANT_DIMENSION, 0);

	if (scales.count == 0)
		return EW_OK;
	if (out->rank == 1) /* a bias may carry its weights' dimension, which means its own */
		dim = 0;
	if (scales.count > 1 &&
	    (dim >= out->rank || ewi_tensor_dim(m, out, dim) != scales.count))
		return fail(m, t, index, EW_ERR_INVALID, "%u scales do not fit dimension %d",
			    (unsigned)scales.count, (int)dim);
	out->scales = scales.at;
	out->scale_count = scales.count;
	out->quantized_dim = dim;
	out->scale = ewi_tensor_scale(m, out, 0);
	for (uint32_t i = 0; i < scales.count; i++) {
		float scale = ewi_tensor_scale(m, out, i);

		if (!(scale > 0.0f && scale <= FLT_MAX))
			return fail(m, t, index, EW_ERR_INVALID,
				    "scale %u is not a positive finite number", (unsigned)i);
	}
	return EW_OK;
}

static enum ew_status read_zeros(struct ew_model *m, struct ewi_table t, struct ewi_table q,
				 uint32_t index, struct ewi_tensor *out)
{
	struct ewi_vec zeros = ewi_flat_vec(&m->file, q, QUANT_ZERO, 8);
	int64_t low = INT32_MIN, high = INT32_MAX;

	if (out->scale_count == 0 || zeros.count == 0)
		return EW_OK;
	if (zeros.count != 1 && zeros.count != out->scale_count)
		return fail(m, t, index, EW_ERR_INVALID, "%u zero points for %u scales",
			    (unsigned)zeros.count, (unsigned)out->scale_count);
	if (out->type < sizeof(zero_ranges) / sizeof(zero_ranges[0]) &&
	    zero_ranges[out->type].high != 0) {
		low = zero_ranges[out->type].low;
		high = zero_ranges[out->type].high;
	}
	for (uint32_t i = 0; i < zeros.count; i++) {
		int64_t zero = (int64_t)ewi_le64(m->file.bytes + zeros.at + 8 * i);

		if (zero < low || zero > high)
			return fail(m, t, index, EW_ERR_INVALID, "zero point %lld is outside %s",
				    (long long)zero, ew_tensor_type_name(out->type));
		if (i == 0)
			out->zero = (int32_t)zero;
		if (zero != 0 && zeros.count > 1)
			out->flags |= EWI_TENSOR_ZEROS;
	}
	return EW_OK;
}

enum ew_status ewi_load_buffer(struct ewi_flat *f, struct ewi_vec buffers, uint32_t index,
			       struct ewi_vec *out, struct ew_error *err)
{
	struct ewi_table b;
	uint64_t offset, size;

	*out = (struct ewi_vec){0, 0};
	if (index >= buffers.count)
		return ewi_error(err, EW_ERR_INVALID, buffers.at, "buffer %u of %u",
				 (unsigned)index, (unsigned)buffers.count);
	b = ewi_flat_element(f, buffers, index);
	*out = ewi_flat_vec(f, b, BUFFER_DATA, 1);
	offset = ewi_flat_u64(f, b, BUFFER_OFFSET, 0);
	size = ewi_flat_u64(f, b, BUFFER_SIZE, 0);
	if (f->failed)
		return EW_ERR_MALFORMED;
	if (out->count == 0 && offset > 1) { /* behind the FlatBuffer, as in files above 2 GiB */
		if (offset > f->size || size > f->size - offset)
			return ewi_error(err, EW_ERR_MALFORMED, b.at,
					 "buffer %u lies outside the file", (unsigned)index);
		*out = (struct ewi_vec){(uint32_t)offset, (uint32_t)size};
	}
	return EW_OK;
}

static enum ew_status read_data(struct ew_model *m, struct ewi_table t, uint32_t index,
				struct ewi_tensor *out)
{
	uint32_t buffer = ewi_flat_u32(&m->file, t, TENSOR_BUFFER, 0);
	struct ewi_vec data;
	enum ew_status st = ewi_load_buffer(&m->file, m->buffers, buffer, &data, m->file.err);

	if (st != EW_OK)
		return st;
	if (ewi_flat_u8(&m->file, t, TENSOR_VARIABLE, 0)) {
		out->flags |= EWI_TENSOR_VARIABLE;
		m->has_state = true;
		if (data.count)
			return fail(m, t, index, EW_ERR_UNSUPPORTED, "state with an initial value");
		return EW_OK;
	}
	if (data.count == 0)
		return EW_OK;
	if (data.count < out->bytes)
		return fail(m, t, index, EW_ERR_INVALID, "%u bytes of data, its shape needs %u",
			    (unsigned)data.count, (unsigned)out->bytes);
	out->data = m->file.bytes + data.at;
	return EW_OK;
}

static enum ew_status read_tensor(struct ew_model *m, struct ewi_table t, uint32_t index,
				  struct ewi_tensor *out)
{
	struct ewi_table q = ewi_flat_table(&m->file, t, TENSOR_QUANT);
	enum ew_status st;

	out->at = t.at;
	out->type = ewi_flat_u8(&m->file, t, TENSOR_TYPE, 0);
	out->root = index;
	out->offset = out->first = EWI_NOWHERE;
	if (!ewi_type_known(out->type))
		return fail(m, t, index, EW_ERR_UNSUPPORTED, "type %u", out->type);
	if (ewi_flat_table(&m->file, t, TENSOR_SPARSITY).at)
		return fail(m, t, index, EW_ERR_UNSUPPORTED, "sparse tensors");
	if (ewi_flat_u32(&m->file, t, TENSOR_EXTERNAL, 0))
		return fail(m, t, index, EW_ERR_UNSUPPORTED, "data in an external file");
	if (ewi_flat_u8(&m->file, q, QUANT_DETAILS_TYPE, 0))
		return fail(m, t, index, EW_ERR_UNSUPPORTED, "block-wise or custom quantization");
	st = read_shape(m, t, index, out);
	if (st == EW_OK)
		st = read_scales(m, t, q, index, out);
	if (st == EW_OK)
		st = read_zeros(m, t, q, index, out);
	if (st == EW_OK)
		st = read_data(m, t, index, out);
	if (st == EW_OK && m->file.failed)
		st = EW_ERR_MALFORMED;
	return st;
}

/* The model's inputs or outputs: tensors that exist, each once. */
static enum ew_status read_list(struct ew_model *m, unsigned field, const char *what, uint8_t flag,
				uint32_t **list, uint32_t *count)
{
	struct ewi_vec v = ewi_flat_vec(&m->file, m->main, field, 4);
	enum ew_status st;

	if (m->file.failed)
		return EW_ERR_MALFORMED;
	if (v.count > m->tensor_count)
		return ewi_error(m->file.err, EW_ERR_INVALID, v.at, "more %ss than tensors", what);
	st = ewi_model_alloc(m, v.count, sizeof(**list), list, m->file.err);
	if (st != EW_OK)
		return st;
	*count = v.count;
	for (uint32_t i = 0; i < v.count; i++) {
		uint32_t index = (uint32_t)ewi_flat_i32_at(&m->file, v, i);
		struct ewi_tensor *t;

		if (index >= m->tensor_count)
			return ewi_error(m->file.err, EW_ERR_INVALID, v.at + 4 * i,
					 "%s %u is tensor %d of %u", what, (unsigned)i, (int)index,
					 (unsigned)m->tensor_count);
		t = &m->tensors[index];
		if (t->flags & flag)
			return ewi_error(m->file.err, EW_ERR_INVALID, v.at + 4 * i,
					 "tensor %u is %s twice", (unsigned)index, what);
		if (t->data || t->flags & EWI_TENSOR_VARIABLE || ewi_type_bits(t->type) == 0)
			return ewi_error(m->file.err, EW_ERR_UNSUPPORTED, t->at,
					 "%s %u is a constant, state, or of type %s", what,
					 (unsigned)i, ew_tensor_type_name(t->type));
		t->flags |= flag;
		(*list)[i] = index;
	}
	return EW_OK;
}

static enum ew_status read_part(struct ew_model *m, const struct ewi_part *part)
{
	struct ewi_vec tensors = ewi_flat_vec(&m->file, part->graph, SUBGRAPH_TENSORS, 4);
	enum ew_status st = EW_OK;

	for (uint32_t i = 0; st == EW_OK && i < part->tensor_count; i++) {
		uint32_t k = part->tensors + i;

		st = read_tensor(m, ewi_flat_element(&m->file, tensors, i), k, &m->tensors[k]);
	}
	return st;
}

enum ew_status ewi_load_tensors(struct ew_model *m, struct ew_error *err)
{
	enum ew_status st;

	if (m->tensor_count == 0)
		return ewi_error(err, EW_ERR_INVALID, m->main.at, "a model without tensors");
	st = ewi_model_alloc(m, m->tensor_total, sizeof(*m->tensors), &m->tensors, err);
	for (uint32_t p = 0; st == EW_OK && p < m->part_count; p++)
		st = read_part(m, &m->parts[p]);
	if (st == EW_OK)
		st = read_list(m, SUBGRAPH_INPUTS, "input", EWI_TENSOR_INPUT, &m->inputs,
			       &m->input_count);
	if (st == EW_OK)
		st = read_list(m, SUBGRAPH_OUTPUTS, "output", EWI_TENSOR_OUTPUT, &m->outputs,
			       &m->output_count);
	return st;
}
#endif
