/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* move_ref.c - strided copies: the definition.  The contract is in move.h. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/move.h"

/* What one window is filled with: no output lies over it (ewi_move_lead), so it stays what it is. */
static const uint8_t *fill_of(const struct ewi_call *c, size_t window)
{
	const struct ewi_move *m = c->params;

	return m->fill_window ? (const uint8_t *)c->list[m->fill_source] + window * m->fill_window : m->fill;
}

static void fill(const uint8_t *value, size_t width, uint8_t *out, size_t n)
{
	if (width == 1) {
		memset(out, value[0], n);
		return;
	}
	for (size_t i = 0; i < n; i += width)
		memcpy(out + i, value, width);
}

/* PAD: what lies before a chunk is filled, then it is moved, which may be onto itself. */
static void fill_and_move(const struct ewi_move *m, const uint8_t *value, const uint8_t *from, uint8_t *out)
{
	const struct ewi_copy *k = &m->copies[0];
	uint32_t at[EWI_COPY_LOOPS] = {0}, d;
	uint8_t *to = out + k->to, *end = out + m->fill_bytes;

	from += k->from;
	do {
		fill(value, m->fill_width, out, (size_t)(to - out));
		memmove(to, from, k->chunk);
		ewi_turn(to, k->chunk, k->turn);
		out = to + k->chunk;
		for (d = k->loops; d-- > 0;) {
			from += k->from_step[d];
			to += k->to_step[d];
			if (++at[d] < k->times[d])
				break;
			at[d] = 0;
			from -= (ptrdiff_t)k->from_step[d] * k->times[d];
			to -= (ptrdiff_t)k->to_step[d] * k->times[d];
		}
	} while (d < k->loops);
	fill(value, m->fill_width, out, (size_t)(end - out));
}

/*
 * In order, the output is written up to the chunk that is moved next, and the input is read up to it: the furthest that the
 * one is ahead of the other.  That is linear in each loop and in the windows.
 */
struct ewi_lead ewi_move_lead(const void *params, uint32_t input, size_t windows)
{
	const struct ewi_move *m = params;
	const struct ewi_copy *k = &m->copies[0];
	int64_t ahead;

	if (!m->in_order || input != k->source)
		return (struct ewi_lead){EWI_LEAD_NEVER, EWI_LEAD_NEVER};
	ahead = (int64_t)k->to - k->from;
	for (uint32_t i = 0; i < k->loops; i++)
		if (k->to_step[i] > k->from_step[i])
			ahead += (int64_t)(k->to_step[i] - k->from_step[i]) * (k->times[i] - 1);
	if (k->to_window > k->from_window)
		ahead += (int64_t)(k->to_window - k->from_window) * (int64_t)(windows - 1);
	return (struct ewi_lead){ahead > 0 ? (uint64_t)ahead : 0, EWI_LEAD_NEVER};
}

/* The innermost loop. */
static void run(const struct ewi_copy *k, const uint8_t *from, uint8_t *to)
{
	uint32_t n = k->times[k->loops - 1], chunk = k->chunk;
	ptrdiff_t in = k->from_step[k->loops - 1], out = k->to_step[k->loops - 1];

	if (chunk == 1) {
		for (; n > 0; n--, from += in, to += out)
			*to = *from;
		return;
	}
	for (; n > 0; n--, from += in, to += out) {
		memcpy(to, from, chunk);
		ewi_turn(to, chunk, k->turn);
	}
}

static void copy(const struct ewi_copy *k, const uint8_t *from, uint8_t *to)
{
	uint32_t at[EWI_COPY_LOOPS] = {0}, d;

	do {
		run(k, from, to);
		for (d = k->loops - 1; d-- > 0;) { /* the next place, as an odometer counts */
			from += k->from_step[d];
			to += k->to_step[d];
			if (++at[d] < k->times[d])
				break;
			at[d] = 0;
			from -= (ptrdiff_t)k->from_step[d] * k->times[d];
			to -= (ptrdiff_t)k->to_step[d] * k->times[d];
		}
	} while (d < k->loops); /* d wraps where the outermost loop ends */
}

void ewk_move_ref(const struct ewi_call *c)
{
	const struct ewi_move *m = c->params;

	if (m->in_order) {
		const struct ewi_copy *k = &m->copies[0];

		for (size_t w = 0; w < c->windows; w++)
			fill_and_move(m, fill_of(c, w), (const uint8_t *)c->list[k->source] + w * k->from_window,
				      (uint8_t *)c->list[k->target] + w * k->to_window);
		return;
	}
	for (size_t w = 0; m->fill_bytes && w < c->windows; w++)
		fill(fill_of(c, w), m->fill_width, (uint8_t *)c->list[m->fill_target] + w * m->fill_bytes, m->fill_bytes);
	for (uint32_t i = 0; i < m->count; i++) {
		const struct ewi_copy *k = &m->copies[i];
		const uint8_t *from = (const uint8_t *)c->list[k->source] + k->from;
		uint8_t *to = (uint8_t *)c->list[k->target] + k->to;

		for (size_t w = 0; w < c->windows; w++)
			copy(k, from + w * k->from_window, to + w * k->to_window);
	}
}
#endif
