/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* move_ref.c - strided copies: the definition.  The contract is in move.h. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/move.h"

static void fill(const struct ewi_move *m, const struct ewi_call *c)
{
	uint8_t *out = c->list[m->fill_target];
	size_t n = c->windows * (size_t)m->fill_bytes;

	if (m->fill_width == 1) {
		memset(out, m->fill[0], n);
		return;
	}
	for (size_t i = 0; i < n; i += m->fill_width)
		memcpy(out + i, m->fill, m->fill_width);
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

	if (m->fill_bytes)
		fill(m, c);
	for (uint32_t i = 0; i < m->count; i++) {
		const struct ewi_copy *k = &m->copies[i];
		const uint8_t *from = (const uint8_t *)c->list[k->source] + k->from;
		uint8_t *to = (uint8_t *)c->list[k->target] + k->to;

		for (size_t w = 0; w < c->windows; w++)
			copy(k, from + w * k->from_window, to + w * k->to_window);
	}
}
#endif
