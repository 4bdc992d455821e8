/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * plan.c - places every tensor and scratch buffer in one arena, once, at load.
 *
 * Greedy by size: the largest buffer first, each at the lowest offset where no buffer that lives at the
 * same time is (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
 * Time is counted in operators.  State lies apart, in the persistent part, and never shares.
 * At most tensors + operators buffers; the search is quadratic in them, which the limits keep below a second.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "base/alloc.h"
#include "base/error.h"
#include "tensor/model.h"

struct buffer {
	uint32_t bytes;	      /* aligned, of the whole batch */
	uint32_t first, last; /* operators, both included */
	uint32_t offset;
	uint32_t order;	 /* as collected */
	uint32_t *where; /* receives the offset */
};

static void touch(struct ew_model *m, int32_t tensor, uint32_t when)
{
	struct ewi_tensor *t;

	if (tensor < 0)
		return;
	t = &m->tensors[m->tensors[tensor].root];
	if (t->first == EWI_NOWHERE)
		t->first = when;
	if (when > t->last)
		t->last = when;
}

/* When each buffer is first written and last read.  The host writes inputs before operator 0, reads outputs at the end. */
static void find_lifetimes(struct ew_model *m)
{
	for (uint32_t i = 0; i < m->input_count; i++)
		touch(m, (int32_t)m->inputs[i], 0);
	for (uint32_t p = 0; p < m->part_count; p++)
		for (uint32_t i = 0; i < m->parts[p].op_count; i++) {
			const struct ewi_op *op = &m->ops[m->parts[p].ops + i];
			uint32_t when = p ? m->parts[p].when : i; /* a part runs as one */

			for (uint32_t k = 0; k < op->input_count; k++)
				touch(m, op->in[k], when);
			for (uint32_t k = 0; k < op->output_count; k++)
				touch(m, op->out[k], when);
		}
	for (uint32_t i = 0; i < m->output_count; i++)
		touch(m, (int32_t)m->outputs[i], m->op_count);
}

/* Largest first; ties are decided so that the order is total and every machine plans alike. */
static bool before(const struct buffer *a, const struct buffer *b)
{
	if (a->bytes != b->bytes)
		return a->bytes > b->bytes;
	return a->first != b->first ? a->first < b->first : a->order < b->order;
}

static void swap(struct buffer *a, struct buffer *b)
{
	struct buffer t = *a;

	*a = *b;
	*b = t;
}

static void sift(struct buffer *b, size_t i, size_t n)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= n)
			return;
		if (child + 1 < n && before(&b[child], &b[child + 1]))
			child++;
		if (!before(&b[i], &b[child]))
			return;
		swap(&b[i], &b[child]);
		i = child;
	}
}

/* Heap sort: in place, no recursion, no worst case. */
static void sort(struct buffer *b, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sift(b, i, n);
	for (size_t i = n; i-- > 1;) {
		swap(&b[0], &b[i]);
		sift(b, 0, i);
	}
}

/* The lowest gap for b among `placed`, which is in order of offset. */
static uint64_t find_gap(const struct buffer *b, struct buffer *const *placed, size_t n)
{
	uint64_t at = 0;

	for (size_t i = 0; i < n; i++) {
		const struct buffer *o = placed[i];

		if (o->last < b->first || o->first > b->last)
			continue;
		if (at + b->bytes <= o->offset)
			break;
		if ((uint64_t)o->offset + o->bytes > at)
			at = (uint64_t)o->offset + o->bytes;
	}
	return at;
}

/* Returns the height of the plan, or more than limit as soon as one buffer does not fit below it. */
static uint64_t place(struct buffer *b, struct buffer **placed, size_t n, uint64_t limit)
{
	uint64_t height = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t at = find_gap(&b[i], placed, i);
		size_t k = i;

		if (at + b[i].bytes > limit)
			return at + b[i].bytes;
		b[i].offset = *b[i].where = (uint32_t)at;
		for (; k > 0 && placed[k - 1]->offset > b[i].offset; k--)
			placed[k] = placed[k - 1];
		placed[k] = &b[i];
		if (at + b[i].bytes > height)
			height = at + b[i].bytes;
	}
	return height;
}

static enum ew_status too_large(const struct ew_model *m, struct ew_error *err)
{
	return ewi_error(err, EW_ERR_LIMIT, 0, "the arena would be larger than %zu bytes",
			 m->config.max_arena_bytes);
}

/* Fills in what the arena must hold; state is placed at once.  False: one of them is over the limit. */
static bool collect(struct ew_model *m, struct buffer *b, size_t *n, uint64_t limit)
{
	uint64_t state = 0;

	*n = 0;
	for (uint32_t i = 0; i < m->tensor_total; i++) {
		struct ewi_tensor *t = &m->tensors[i];
		uint64_t bytes = ewi_align((uint64_t)t->bytes * m->config.max_batch);

		if (t->root != i || t->data || (t->first == EWI_NOWHERE))
			continue;
		if (bytes > limit || state + bytes > limit)
			return false;
		if (t->flags & EWI_TENSOR_VARIABLE) {
			t->offset = (uint32_t)state;
			state += bytes;
			continue;
		}
		b[*n] = (struct buffer){(uint32_t)bytes, t->first, t->last, 0, (uint32_t)*n,
					&t->offset};
		(*n)++;
	}
	for (uint32_t p = 0; p < m->part_count; p++)
		for (uint32_t i = 0; i < m->parts[p].op_count; i++) {
			struct ewi_op *op = &m->ops[m->parts[p].ops + i];
			uint64_t bytes = ewi_align(op->scratch_bytes), own = ewi_align(op->state_bytes);
			uint32_t when = p ? m->parts[p].when : i;

			if (bytes > limit || own > limit || state + own > limit)
				return false;
			op->state = (uint32_t)state;
			state += own;
			if (bytes == 0)
				continue;
			b[*n] = (struct buffer){(uint32_t)bytes, when, when, 0, (uint32_t)*n, &op->scratch};
			(*n)++;
		}
	m->state_bytes = (size_t)state;
	return true;
}

enum ew_status ewi_plan(struct ew_model *m, struct ew_error *err)
{
	size_t room = (size_t)m->tensor_total + m->op_total, n;
	uint64_t limit = m->config.max_arena_bytes, height;
	enum ew_status st = EW_OK;
	struct buffer **placed;
	struct buffer *b;

	if (limit > EWI_FLAT_SIZE_MAX)
		limit = EWI_FLAT_SIZE_MAX;
	find_lifetimes(m);
	b = ewi_alloc(&m->alloc, room, sizeof(*b));
	placed = b ? ewi_alloc(&m->alloc, room, sizeof(*placed)) : NULL;
	if (!placed) {
		st = ewi_error(err, EW_ERR_NOMEM, 0, "no memory for the plan");
	} else if (!collect(m, b, &n, limit)) {
		st = too_large(m, err);
	} else {
		sort(b, n);
		height = place(b, placed, n, limit);
		m->transient_bytes = (size_t)height;
		if (height > limit || ew_model_exec_size(m) > limit)
			st = too_large(m, err);
	}
	ewi_free(&m->alloc, placed, room, sizeof(*placed));
	ewi_free(&m->alloc, b, room, sizeof(*b));
	return st;
}
#endif
