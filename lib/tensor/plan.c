/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * plan.c - what the arena must hold, and when: every tensor and scratch buffer, once, at load.  place.c decides
 * where.  Time is counted in operators.  State lies apart, in the persistent part, and never shares.
 *
 * An operator's output may lie over an input that nobody needs afterwards, as far as its kernel's lead allows
 * (kernels.h).
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "base/alloc.h"
#include "base/error.h"
#include "tensor/place.h"
#include "tensor/split.h"

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

static enum ew_status too_large(const struct ew_model *m, struct ew_error *err)
{
	return ewi_error(err, EW_ERR_LIMIT, 0, "the arena would be larger than %zu bytes",
			 m->config.max_arena_bytes);
}

/* Whether a tensor's root is a buffer of the plan: t->offset is its number there, until it is placed. */
static bool planned(const struct ewi_tensor *t)
{
	return !t->data && t->first != EWI_NOWHERE && !(t->flags & EWI_TENSOR_VARIABLE);
}

/* Fills in what the arena must hold; state is placed at once.  False: one of them is over the limit. */
static bool collect(struct ew_model *m, struct ewi_buffer *b, uint32_t *n, uint64_t limit)
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
		if (!planned(t)) {
			t->offset = (uint32_t)state;
			state += bytes;
			continue;
		}
		b[*n] = (struct ewi_buffer){.bytes = (uint32_t)bytes, .first = t->first, .last = t->last,
					    .where = &t->offset};
		t->offset = (*n)++;
	}
	for (uint32_t p = 0; p < m->part_count; p++)
		for (uint32_t i = 0; i < m->parts[p].op_count; i++) {
			struct ewi_op *op = &m->ops[m->parts[p].ops + i];
			uint64_t bytes = ewi_align(op->scratch_bytes) * ewi_split_most(m, op), own = ewi_align(op->state_bytes);
			uint32_t when = p ? m->parts[p].when : i;

			if (bytes > limit || own > limit || state + own > limit)
				return false;
			op->state = (uint32_t)state;
			state += own;
			if (bytes == 0)
				continue;
			b[(*n)++] = (struct ewi_buffer){.bytes = (uint32_t)bytes, .first = when, .last = when,
							.where = &op->scratch};
		}
	m->state_bytes = (size_t)state;
	return true;
}

/* The lead of operator `op` over a buffer: the largest of all inputs that lie there. */
static struct ewi_lead lead_over(const struct ew_model *m, const struct ewi_op *op, uint32_t root)
{
	struct ewi_lead lead = {0, 0};

	for (uint32_t i = 0; i < op->input_count; i++) {
		struct ewi_lead own;

		if (op->in[i] < 0 || m->tensors[op->in[i]].root != root)
			continue;
		own = op->kernel->lead(op->params, i, m->config.max_batch);
		lead.before = own.before > lead.before ? own.before : lead.before;
		lead.behind = own.behind > lead.behind ? own.behind : lead.behind;
	}
	return lead;
}

static uint32_t at_most(uint64_t lead, uint32_t bytes)
{
	return lead < bytes ? (uint32_t)ewi_align(lead) : bytes;
}

/*
 * Which buffers may lie over which.  Of one operator with one output, which it writes first; inputs that it is the
 * last to read.  Returns how many; they are in order of operators, an output's one after the other.
 */
static uint32_t find_overlaps(const struct ew_model *m, struct ewi_buffer *b, struct ewi_overlap *to)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->op_count; i++) {
		const struct ewi_op *op = &m->ops[i];
		const struct ewi_tensor *out;

		if (!op->kernel || !op->kernel->lead || op->output_count != 1 ||
		    ewi_split_most(m, op) > 1)
			continue;
		out = &m->tensors[m->tensors[op->out[0]].root];
		if (!planned(out) || out->first != i)
			continue;
		b[out->offset].over = n;
		for (uint32_t k = 0; k < op->input_count && k < EWI_CALL_INPUTS; k++) {
			const struct ewi_tensor *in;
			struct ewi_lead lead;

			if (op->in[k] < 0)
				continue;
			in = &m->tensors[m->tensors[op->in[k]].root];
			if (!planned(in) || in == out || in->last != i || b[in->offset].under != EWI_NOWHERE)
				continue;
			lead = lead_over(m, op, in->root);
			b[in->offset].under = n;
			to[n++] = (struct ewi_overlap){.out = out->offset, .in = in->offset, .op = i,
						       .before = at_most(lead.before, b[out->offset].bytes),
						       .behind = at_most(lead.behind, b[in->offset].bytes)};
		}
		b[out->offset].over_count = n - b[out->offset].over;
	}
	return n;
}

/* Outputs that ended up behind the beginning of what they are made from go backwards. */
static void find_directions(struct ew_model *m, const struct ewi_layout *l, uint32_t overlaps)
{
	for (uint32_t i = 0; i < overlaps; i++) {
		const struct ewi_overlap *o = &l->overlaps[i];
		int64_t d = l->buffers[o->in].best - l->buffers[o->out].best; /* how far before */

		if (d < (int64_t)o->before && -d < (int64_t)l->buffers[o->in].bytes)
			m->ops[o->op].backwards = true;
	}
}

enum ew_status ewi_plan(struct ew_model *m, struct ew_error *err)
{
	size_t room = (size_t)m->tensor_total + m->op_total;
	uint64_t limit = m->config.max_arena_bytes, height;
	struct ewi_layout l = {.count = 0};
	uint32_t overlaps;
	enum ew_status st = EW_OK;

	if (limit > EWI_FLAT_SIZE_MAX)
		limit = EWI_FLAT_SIZE_MAX;
	find_lifetimes(m);
	l.buffers = ewi_alloc(&m->alloc, room, sizeof(*l.buffers));
	l.overlaps = l.buffers ? ewi_alloc(&m->alloc, (size_t)m->tensor_total, sizeof(*l.overlaps)) : NULL;
	l.orders = l.overlaps ? ewi_alloc(&m->alloc, room, 2 * sizeof(*l.orders)) : NULL;
	if (!l.orders) {
		st = ewi_error(err, EW_ERR_NOMEM, 0, "no memory for the plan");
	} else if (!collect(m, l.buffers, &l.count, limit)) {
		st = too_large(m, err);
	} else {
		for (uint32_t i = 0; i < l.count; i++)
			l.buffers[i].under = EWI_NOWHERE;
		overlaps = find_overlaps(m, l.buffers, l.overlaps);
		height = ewi_place(&l);
		find_directions(m, &l, overlaps);
		m->transient_bytes = (size_t)height;
		if (height > limit || ew_model_exec_size(m) > limit)
			st = too_large(m, err);
	}
	ewi_free(&m->alloc, l.orders, room, 2 * sizeof(*l.orders));
	ewi_free(&m->alloc, l.overlaps, (size_t)m->tensor_total, sizeof(*l.overlaps));
	ewi_free(&m->alloc, l.buffers, room, sizeof(*l.buffers));
	return st;
}
#endif
