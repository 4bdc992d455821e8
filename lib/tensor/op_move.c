/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_move.c - prepares operators that only move elements, as strided copies (move.h).
 * Source: tflite-micro 90b983c2, kernels/pad_common.cc, slice.cc, transpose_common.cc, concatenation.cc, split.cc,
 * split_v.cc, pack.cc, unpack.cc, space_to_depth.cc, depth_to_space.cc.  STRIDED_SLICE is op_slice.c's.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/op_move.h"

/* ---- building ---------------------------------------------------------------------------------- */

enum ew_status ewi_move_begin(struct ewi_prep *p, uint32_t copies, struct ewi_move **out)
{
	struct ewi_move *m;
	enum ew_status st = ewi_model_alloc(p->m, 1, sizeof(*m) + copies * sizeof(m->copies[0]), &m, p->err);

	*out = m;
	return st;
}

enum ew_status ewi_move_check(struct ewi_prep *p, const struct ewi_tensor *t)
{
	return ewi_type_bits(t->type) < 8 ? ewi_prep_types(p, t, NULL, NULL) : EW_OK;
}

struct ewi_copy *ewi_move_add(struct ewi_prep *p, struct ewi_move *m, uint32_t input, uint32_t output)
{
	const struct ewi_tensor *in = ewi_prep_in(p, input), *out = ewi_prep_output(p, output);
	struct ewi_copy *k = &m->copies[m->count++];

	*k = (struct ewi_copy){.source = input, .target = p->op->input_count + output,
			       .from_window = in->data ? 0 : in->bytes, .to_window = out->bytes};
	k->chunk = ewi_type_bits(in->type) / 8;
	k->turn = EW_BIG_ENDIAN && in->data && k->chunk > 1 ? k->chunk : 0;
	return k;
}

void ewi_copy_loop(struct ewi_copy *k, uint32_t times, int64_t from_step, int64_t to_step)
{
	uint32_t n = k->loops;

	if (times == 1)
		return;
	if (times == 0)
		k->chunk = 0; /* nothing to copy; ewi_move_finish drops it */
	if (n == 0 && from_step == k->chunk && to_step == k->chunk) {
		k->chunk *= times;
		return;
	}
	if (n > 0 && from_step == (int64_t)k->from_step[n - 1] * k->times[n - 1] &&
	    to_step == (int64_t)k->to_step[n - 1] * k->times[n - 1]) {
		k->times[n - 1] *= times;
		return;
	}
	k->times[n] = times;
	k->from_step[n] = (int32_t)from_step;
	k->to_step[n] = (int32_t)to_step;
	k->loops++;
}

/* Bytes [low, high) that a copy touches on one side. */
static bool inside(const struct ewi_copy *k, uint32_t start, const int32_t *step, uint32_t bytes)
{
	int64_t low = start, high = (int64_t)start + k->chunk;

	for (uint32_t i = 0; i < k->loops; i++) {
		int64_t reach = (int64_t)step[i] * (k->times[i] - 1);

		if (reach < 0)
			low += reach;
		else
			high += reach;
	}
	return low >= 0 && high <= bytes;
}

/* Outermost first; a copy of one chunk is a loop of one. */
static void turn(struct ewi_copy *k)
{
	if (k->loops == 0)
		k->times[k->loops++] = 1;
	for (uint32_t i = 0, j = k->loops - 1; i < j; i++, j--) {
		uint32_t times = k->times[i];
		int32_t from = k->from_step[i], to = k->to_step[i];

		k->times[i] = k->times[j], k->times[j] = times;
		k->from_step[i] = k->from_step[j], k->from_step[j] = from;
		k->to_step[i] = k->to_step[j], k->to_step[j] = to;
	}
}

enum ew_status ewi_move_finish(struct ewi_prep *p, struct ewi_move *m)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < m->count; i++) {
		struct ewi_copy *k = &m->copies[i];

		if (k->chunk == 0)
			continue;
		if (!inside(k, k->from, k->from_step, ewi_prep_in(p, k->source)->bytes) ||
		    !inside(k, k->to, k->to_step,
			    ewi_prep_output(p, k->target - p->op->input_count)->bytes))
			return ewi_prep_error(p, EW_ERR_INVALID, "it reaches beyond its tensors");
		turn(k);
		m->copies[kept++] = *k;
	}
	m->count = kept;
	ewi_prep_list(p);
	return ewi_prep_kernel(p, ewi_slot_move, m, 0);
}

/* ---- operands that are numbers ------------------------------------------------------------------ */

enum ew_status ewi_prep_numbers(const struct ewi_prep *p, uint32_t input, const char *what, uint32_t most,
				int64_t *numbers, uint32_t *count)
{
	const struct ewi_tensor *t = ewi_prep_in(p, input);

	*count = 0;
	if (!t || (t->type != EW_TENSOR_I32 && t->type != EW_TENSOR_I64))
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "%s that is no INT32 tensor", what);
	if (!t->data && t->count)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "%s that is computed", what);
	if (t->count > most)
		return ewi_prep_error(p, EW_ERR_INVALID, "%s of %u numbers", what, (unsigned)t->count);
	for (uint32_t i = 0; i < t->count; i++)
		numbers[i] = t->type == EW_TENSOR_I32 ? (int32_t)ewi_le32(t->data + 4 * i) :
							(int64_t)ewi_le64(t->data + 8 * i);
	*count = t->count;
	return EW_OK;
}

enum ew_status ewi_prep_axis(const struct ewi_prep *p, int64_t axis, uint32_t rank, uint32_t *out)
{
	if (axis < 0)
		axis += rank;
	if (axis < 0 || axis >= rank)
		return ewi_prep_error(p, EW_ERR_INVALID, "axis %d of %u dimensions", (int)axis,
				      (unsigned)rank);
	*out = (uint32_t)axis;
	return EW_OK;
}

/* Elements before and behind a dimension: how often it comes, and how much lies in one step of it. */
static uint32_t product(const struct ewi_prep *p, const struct ewi_tensor *t, uint32_t from, uint32_t to)
{
	uint32_t n = 1;

	for (uint32_t i = from; i < to; i++)
		n *= ewi_tensor_dim(p->m, t, i); /* at most the count, or one of them is 0 */
	return n;
}

/* ---- SLICE, TRANSPOSE --------------------------------------------------------------------------- */

enum ew_status ewi_prepare_slice(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	int64_t begin[EW_MODEL_DIMS], size[EW_MODEL_DIMS], from_step, to_step;
	uint32_t begins, sizes;
	struct ewi_move *m;
	struct ewi_copy *k;
	enum ew_status st = ewi_move_check(p, in);

	if (st == EW_OK && in->type != out->type)
		return ewi_prep_types(p, in, NULL, out);
	if (st == EW_OK)
		st = ewi_prep_numbers(p, 1, "a beginning", EW_MODEL_DIMS, begin, &begins);
	if (st == EW_OK)
		st = ewi_prep_numbers(p, 2, "a size", EW_MODEL_DIMS, size, &sizes);
	if (st == EW_OK && (begins != in->rank || sizes != in->rank))
		return ewi_prep_error(p, EW_ERR_INVALID, "%u beginnings and %u sizes for %u dimensions",
				      (unsigned)begins, (unsigned)sizes, in->rank);
	if (st == EW_OK)
		st = ewi_move_begin(p, 1, &m);
	if (st != EW_OK)
		return st;
	k = ewi_move_add(p, m, 0, 0);
	from_step = to_step = k->chunk;
	for (uint32_t i = in->rank; i-- > 0;) {
		uint32_t dim = ewi_tensor_dim(p->m, in, i);

		if (size[i] == -1)
			size[i] = dim - begin[i];
		if (begin[i] < 0 || size[i] < 0 || size[i] > dim || begin[i] > dim - size[i])
			return ewi_prep_error(p, EW_ERR_INVALID, "dimension %u: %d from %d of %u",
					      (unsigned)i, (int)size[i], (int)begin[i], (unsigned)dim);
		k->from += (uint32_t)(begin[i] * from_step);
		ewi_copy_loop(k, (uint32_t)size[i], from_step, to_step);
		from_step *= dim;
		to_step *= size[i];
	}
	if (to_step != out->bytes)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u bytes to %u", (unsigned)to_step,
				      (unsigned)out->bytes);
	return ewi_move_finish(p, m);
}

enum ew_status ewi_prepare_transpose(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	int64_t perm[EW_MODEL_DIMS], step[EW_MODEL_DIMS], to_step;
	uint32_t count, seen = 0;
	struct ewi_move *m;
	struct ewi_copy *k;
	enum ew_status st = ewi_move_check(p, in);

	if (st == EW_OK && in->type != out->type)
		return ewi_prep_types(p, in, NULL, out);
	if (st == EW_OK)
		st = ewi_prep_numbers(p, 1, "a permutation", EW_MODEL_DIMS, perm, &count);
	if (st == EW_OK)
		st = ewi_move_begin(p, 1, &m);
	if (st != EW_OK)
		return st;
	if (count != in->rank || out->rank != in->rank)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u of %u dimensions to %u", (unsigned)count, in->rank,
				      out->rank);
	k = ewi_move_add(p, m, 0, 0);
	to_step = k->chunk;
	for (uint32_t i = in->rank; i-- > 0; to_step *= ewi_tensor_dim(p->m, in, i))
		step[i] = to_step;
	to_step = k->chunk;
	for (uint32_t i = in->rank; i-- > 0;) {
		uint32_t dim;

		if (perm[i] < 0 || perm[i] >= in->rank || seen >> perm[i] & 1)
			return ewi_prep_error(p, EW_ERR_INVALID, "no permutation: %d", (int)perm[i]);
		seen |= 1u << perm[i];
		dim = ewi_tensor_dim(p->m, in, (uint32_t)perm[i]);
		if (ewi_tensor_dim(p->m, out, i) != dim)
			return ewi_prep_error(p, EW_ERR_INVALID, "dimension %u is to be %u, its output's is %u",
					      (unsigned)i, (unsigned)dim,
					      (unsigned)ewi_tensor_dim(p->m, out, i));
		ewi_copy_loop(k, dim, step[perm[i]], to_step);
		to_step *= dim;
	}
	return ewi_move_finish(p, m);
}

/* ---- CONCATENATION, PACK, SPLIT, SPLIT_V, UNPACK ------------------------------------------------- */

/*
 * Parts side by side along a dimension: `outer` rows of `whole` bytes on one side, of `part` bytes of each other
 * tensor on the other.
 */
static enum ew_status side_by_side(struct ewi_prep *p, uint32_t first, uint32_t count, uint32_t outer,
				   uint32_t whole_input, bool split)
{
	const struct ewi_tensor *whole = split ? ewi_prep_in(p, whole_input) : ewi_prep_out(p);
	uint64_t row = outer ? whole->bytes / outer : 0, at = 0;
	struct ewi_move *m;
	enum ew_status st = ewi_move_begin(p, count, &m);

	for (uint32_t i = 0; st == EW_OK && i < count; i++) {
		const struct ewi_tensor *part = split ? ewi_prep_output(p, i) : ewi_prep_in(p, first + i);
		uint32_t bytes = outer ? part->bytes / outer : 0;
		struct ewi_copy *k;

		st = ewi_move_check(p, part);
		if (st != EW_OK)
			return st;
		if (part->type != whole->type)
			return ewi_prep_types(p, part, NULL, whole);
		k = split ? ewi_move_add(p, m, whole_input, i) : ewi_move_add(p, m, first + i, 0);
		k->chunk = bytes;
		*(split ? &k->from : &k->to) = (uint32_t)at;
		ewi_copy_loop(k, outer, (int64_t)(split ? row : bytes), (int64_t)(split ? bytes : row));
		at += bytes;
	}
	if (st == EW_OK && at != row)
		return ewi_prep_error(p, EW_ERR_INVALID, "parts of %u bytes in all, not %u", (unsigned)at,
				      (unsigned)row);
	return st == EW_OK ? ewi_move_finish(p, m) : st;
}

/* All dimensions but `axis` agree. */
static enum ew_status check_part(const struct ewi_prep *p, const struct ewi_tensor *part,
				 const struct ewi_tensor *whole, uint32_t axis)
{
	bool same = part->rank == whole->rank;

	for (uint32_t i = 0; same && i < whole->rank; i++)
		same = i == axis || ewi_tensor_dim(p->m, part, i) == ewi_tensor_dim(p->m, whole, i);
	if (same)
		return EW_OK;
	return ewi_prep_error(p, EW_ERR_INVALID, "a part that has another shape than the whole");
}

/* A part is the whole without dimension `axis`, which counts them. */
static enum ew_status check_slab(const struct ewi_prep *p, const struct ewi_tensor *part,
				 const struct ewi_tensor *whole, uint32_t axis)
{
	bool same = part->rank + 1 == whole->rank;

	for (uint32_t i = 0; same && i < part->rank; i++)
		same = ewi_tensor_dim(p->m, part, i) == ewi_tensor_dim(p->m, whole, i + (i >= axis));
	if (same)
		return EW_OK;
	return ewi_prep_error(p, EW_ERR_INVALID, "a part that has another shape than the whole");
}

enum ew_status ewi_prepare_concatenation(struct ewi_prep *p)
{
	const struct ewi_tensor *out = ewi_prep_out(p);
	int32_t axis = (int32_t)ewi_flat_u32(&p->m->file, p->options, CONCATENATION_AXIS, 0);
	uint32_t at = 0;
	enum ew_status st = ewi_prep_axis(p, axis, out->rank, &at);

	if (st == EW_OK && ewi_flat_u8(&p->m->file, p->options, CONCATENATION_ACTIVATION, ACT_NONE) != ACT_NONE)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "a fused activation");
	for (uint32_t i = 0; st == EW_OK && i < p->op->input_count; i++) {
		const struct ewi_tensor *in = ewi_prep_in(p, i);

		if (in->type == EW_TENSOR_I8 && (in->scale != out->scale || in->zero != out->zero))
			return ewi_prep_error(p, EW_ERR_UNSUPPORTED,
					      "input %u has another scale or zero point than its output",
					      (unsigned)i);
		st = check_part(p, in, out, at);
	}
	return st == EW_OK ? side_by_side(p, 0, p->op->input_count, product(p, out, 0, at), 0, false) : st;
}

enum ew_status ewi_prepare_pack(struct ewi_prep *p)
{
	const struct ewi_tensor *out = ewi_prep_out(p);
	int32_t axis = (int32_t)ewi_flat_u32(&p->m->file, p->options, PACK_AXIS, 0);
	uint32_t at = 0;
	enum ew_status st = ewi_prep_axis(p, axis, out->rank, &at);

	if (st == EW_OK && ewi_tensor_dim(p->m, out, at) != p->op->input_count)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u inputs to %u", p->op->input_count,
				      (unsigned)ewi_tensor_dim(p->m, out, at));
	for (uint32_t i = 0; st == EW_OK && i < p->op->input_count; i++)
		st = check_slab(p, ewi_prep_in(p, i), out, at);
	return st == EW_OK ? side_by_side(p, 0, p->op->input_count, product(p, out, 0, at), 0, false) : st;
}

enum ew_status ewi_prepare_unpack(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0);
	int32_t axis = (int32_t)ewi_flat_u32(&p->m->file, p->options, PACK_AXIS, 0);
	uint32_t at = 0;
	enum ew_status st = ewi_move_check(p, in);

	if (st == EW_OK)
		st = ewi_prep_axis(p, axis, in->rank, &at);
	if (st == EW_OK && ewi_tensor_dim(p->m, in, at) != p->op->output_count)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u to %u outputs",
				      (unsigned)ewi_tensor_dim(p->m, in, at), p->op->output_count);
	for (uint32_t i = 0; st == EW_OK && i < p->op->output_count; i++)
		st = check_slab(p, ewi_prep_output(p, i), in, at);
	return st == EW_OK ? side_by_side(p, 0, p->op->output_count, product(p, in, 0, at), 0, true) : st;
}

static enum ew_status prepare_split(struct ewi_prep *p, uint32_t input, uint32_t axis_input)
{
	const struct ewi_tensor *in = ewi_prep_in(p, input);
	int64_t axis[1];
	uint32_t count, at = 0;
	enum ew_status st = ewi_move_check(p, in);

	if (st == EW_OK)
		st = ewi_prep_numbers(p, axis_input, "an axis", 1, axis, &count);
	if (st == EW_OK && count == 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "no axis");
	if (st == EW_OK)
		st = ewi_prep_axis(p, axis[0], in->rank, &at);
	for (uint32_t i = 0; st == EW_OK && i < p->op->output_count; i++)
		st = check_part(p, ewi_prep_output(p, i), in, at);
	return st == EW_OK ? side_by_side(p, 0, p->op->output_count, product(p, in, 0, at), input, true) : st;
}

enum ew_status ewi_prepare_split(struct ewi_prep *p)
{
	return prepare_split(p, 1, 0);
}

/* The sizes are the outputs' own: the operand repeats them. */
enum ew_status ewi_prepare_split_v(struct ewi_prep *p)
{
	return prepare_split(p, 0, 2);
}

/* ---- DEPTH_TO_SPACE, SPACE_TO_DEPTH -------------------------------------------------------------- */

/* `flat` has the channels, `wide` the pixels: wide[b][h s + i][w s + j][c] is flat[b][h][w][i][j][c]. */
static enum ew_status prepare_blocks(struct ewi_prep *p, bool to_space)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	const struct ewi_tensor *flat = to_space ? in : out, *wide = to_space ? out : in;
	uint32_t s = ewi_flat_u32(&p->m->file, p->options, BLOCK_SIZE, 0), batch, height, width, row;
	struct ewi_move *m;
	struct ewi_copy *k;
	enum ew_status st = ewi_move_check(p, in);

	if (st == EW_OK && in->type != out->type)
		return ewi_prep_types(p, in, NULL, out);
	if (st == EW_OK && (flat->rank != 4 || wide->rank != 4 || s < 1 || s > 32767))
		return ewi_prep_error(p, EW_ERR_INVALID, "blocks of %d in %u dimensions", (int)s, in->rank);
	if (st == EW_OK)
		st = ewi_move_begin(p, 1, &m);
	if (st != EW_OK)
		return st;
	batch = ewi_tensor_dim(p->m, flat, 0);
	height = ewi_tensor_dim(p->m, flat, 1);
	width = ewi_tensor_dim(p->m, flat, 2);
	if (ewi_tensor_dim(p->m, wide, 0) != batch || ewi_tensor_dim(p->m, wide, 1) != (uint64_t)height * s ||
	    ewi_tensor_dim(p->m, wide, 2) != (uint64_t)width * s ||
	    ewi_tensor_dim(p->m, flat, 3) != (uint64_t)ewi_tensor_dim(p->m, wide, 3) * s * s)
		return ewi_prep_error(p, EW_ERR_INVALID, "shapes that are not %u by %u blocks of each other",
				      (unsigned)s, (unsigned)s);
	k = ewi_move_add(p, m, 0, 0);
	row = k->chunk * ewi_tensor_dim(p->m, wide, 3) * s; /* one row of a block: adjacent on both sides */
	k->chunk = row;
	if (to_space) {
		ewi_copy_loop(k, width, (int64_t)row * s, row);
		ewi_copy_loop(k, s, row, (int64_t)row * width);
		ewi_copy_loop(k, height, (int64_t)row * s * width, (int64_t)row * width * s);
	} else {
		ewi_copy_loop(k, width, row, (int64_t)row * s);
		ewi_copy_loop(k, s, (int64_t)row * width, row);
		ewi_copy_loop(k, height, (int64_t)row * width * s, (int64_t)row * s * width);
	}
	ewi_copy_loop(k, batch, (int64_t)row * width * s * height, (int64_t)row * width * s * height);
	return ewi_move_finish(p, m);
}

enum ew_status ewi_prepare_depth_to_space(struct ewi_prep *p)
{
	return prepare_blocks(p, true);
}

enum ew_status ewi_prepare_space_to_depth(struct ewi_prep *p)
{
	return prepare_blocks(p, false);
}

/* ---- PAD, PADV2 --------------------------------------------------------------------------------- */

/* What the margins hold: the operand, a constant or read in each run; or zero as the output has it. */
static enum ew_status fill_value(struct ewi_prep *p, struct ewi_move *m)
{
	const struct ewi_tensor *out = ewi_prep_out(p), *value = ewi_prep_in(p, 2);
	uint32_t width = ewi_type_bits(out->type) / 8;

	m->fill_bytes = out->bytes;
	m->fill_width = width;
	m->fill_target = p->op->input_count;
	if (!value) {
		if (out->type == EW_TENSOR_I8)
			m->fill[0] = (uint8_t)out->zero;
		return EW_OK;
	}
	if (value->type != out->type || value->count != 1)
		return ewi_prep_types(p, out, value, NULL);
	if (out->type == EW_TENSOR_I8 && (value->zero != out->zero || value->scale != out->scale))
		return ewi_prep_error(p, EW_ERR_INVALID,
				      "a value of another scale or zero point than its output");
	m->fill_source = 2;
	m->fill_window = value->data ? 0 : value->bytes;
	for (uint32_t i = 0; value->data && i < width; i++)
		m->fill[EW_BIG_ENDIAN ? width - 1 - i : i] = value->data[i];
	return EW_OK;
}

/* Chunks of fewer bytes are not worth a call each; 0 when there is nothing in them. */
#define IN_ORDER 16u

enum ew_status ewi_prepare_pad(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	int64_t pads[2 * EW_MODEL_DIMS], from_step, to_step;
	uint32_t count;
	struct ewi_move *m;
	struct ewi_copy *k;
	enum ew_status st = ewi_move_check(p, in);

	if (st == EW_OK && (in->type != out->type || ewi_type_bits(in->type) > 64))
		return ewi_prep_types(p, in, NULL, out);
	if (st == EW_OK)
		st = ewi_prep_numbers(p, 1, "a padding", 2 * EW_MODEL_DIMS, pads, &count);
	if (st == EW_OK && (count != 2u * in->rank || out->rank != in->rank))
		return ewi_prep_error(p, EW_ERR_INVALID, "%u margins for %u dimensions", (unsigned)count,
				      in->rank);
	if (st == EW_OK)
		st = ewi_move_begin(p, 1, &m);
	if (st == EW_OK)
		st = fill_value(p, m);
	if (st != EW_OK)
		return st;
	k = ewi_move_add(p, m, 0, 0);
	from_step = to_step = k->chunk;
	for (uint32_t i = in->rank; i-- > 0;) {
		uint32_t dim = ewi_tensor_dim(p->m, in, i), to = ewi_tensor_dim(p->m, out, i);

		if (pads[2 * i] < 0 || pads[2 * i + 1] < 0 || pads[2 * i] > to || pads[2 * i + 1] > to ||
		    pads[2 * i] + dim + pads[2 * i + 1] != to)
			return ewi_prep_error(p, EW_ERR_INVALID, "dimension %u: %u with margins is no %u",
					      (unsigned)i, (unsigned)dim, (unsigned)to);
		k->to += (uint32_t)(pads[2 * i] * to_step);
		ewi_copy_loop(k, dim, from_step, to_step);
		from_step *= dim;
		to_step *= to;
	}
	m->in_order = k->chunk >= IN_ORDER;
	return ewi_move_finish(p, m);
}
#endif
