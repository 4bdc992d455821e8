/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * place.c - where buffers with lifetimes go, so that the arena is low.
 *
 * Greedy: one after the other, each where the arena grows least, in a gap between those that live at the same
 * time, above or below all, or over another one as far as their overlap allows (Pisarchyk and Lee, "Efficient
 * Memory Management for Deep Neural Net Inference", 2020, has the gaps).  In several orders, of which the best
 * result is taken: by size, and by time in both directions, which suits chains of overlaps.
 *
 * Offsets are relative to the first buffer and may be negative until the end.  The search is quadratic in the
 * buffers, which the limits keep below a second.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/place.h"

enum order { BY_SIZE, BY_START, BY_END, ORDERS };

struct placing {
	const struct ewi_layout *l;
	enum order order;
	uint32_t *placed; /* in order of their places */
	uint32_t count;
	int64_t bottom, top;
};

static int64_t end_of(const struct ewi_buffer *b)
{
	return b->at + b->bytes;
}

/* ---- orders ------------------------------------------------------------------------------------- */

/* Ties are decided so that the order is total and every machine plans alike. */
static bool before(const struct ewi_layout *l, enum order order, uint32_t x, uint32_t y)
{
	const struct ewi_buffer *a = &l->buffers[x], *b = &l->buffers[y];

	if (order == BY_START && a->first != b->first)
		return a->first < b->first;
	if (order == BY_END && a->last != b->last)
		return a->last > b->last;
	if (a->bytes != b->bytes)
		return a->bytes > b->bytes;
	return a->first != b->first ? a->first < b->first : x < y;
}

static void swap(uint32_t *a, uint32_t *b)
{
	uint32_t t = *a;

	*a = *b;
	*b = t;
}

static void sift(const struct ewi_layout *l, enum order order, uint32_t *v, size_t i, size_t n)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= n)
			return;
		if (child + 1 < n && before(l, order, v[child], v[child + 1]))
			child++;
		if (!before(l, order, v[i], v[child]))
			return;
		swap(&v[i], &v[child]);
		i = child;
	}
}

/* Heap sort: in place, no recursion, no worst case. */
static void sort(const struct ewi_layout *l, enum order order, uint32_t *v, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sift(l, order, v, i, n);
	for (size_t i = n; i-- > 1;) {
		swap(&v[0], &v[i]);
		sift(l, order, v, 0, i);
	}
}

/* ---- gaps --------------------------------------------------------------------------------------- */

/* The overlap of x and y, whichever of them is the output; NULL when they have none. */
static const struct ewi_overlap *overlap_of(const struct ewi_layout *l, uint32_t x, uint32_t y)
{
	const struct ewi_buffer *a = &l->buffers[x], *b = &l->buffers[y];

	if (a->under != EWI_NOWHERE && l->overlaps[a->under].out == y)
		return &l->overlaps[a->under];
	if (b->under != EWI_NOWHERE && l->overlaps[b->under].out == x)
		return &l->overlaps[b->under];
	return NULL;
}

/* Buffer x at `at` and its partner y, which is placed: if they are in each other's way, where x must go at least. */
static bool in_the_way(const struct ewi_layout *l, const struct ewi_overlap *o, uint32_t x, uint32_t y,
		       int64_t at, int64_t *next)
{
	int64_t other = l->buffers[y].at;

	*next = other + (o->out == x ? o->behind : o->before);
	return at < *next && at > other - (o->out == x ? o->before : o->behind);
}

/* Moves `at` up, past partners of x that are in its way. */
static int64_t past_partners(const struct placing *p, uint32_t x, int64_t at)
{
	const struct ewi_layout *l = p->l;
	const struct ewi_buffer *b = &l->buffers[x];
	bool moved = true;
	int64_t next;

	while (moved) {
		moved = false;
		for (uint32_t i = 0; i <= b->over_count; i++) {
			const struct ewi_overlap *o = i < b->over_count ? &l->overlaps[b->over + i] :
						      b->under != EWI_NOWHERE ? &l->overlaps[b->under] : NULL;
			uint32_t y = o ? (o->out == x ? o->in : o->out) : 0;

			if (o && l->buffers[y].at != INT64_MAX && in_the_way(l, o, x, y, at, &next)) {
				at = next;
				moved = true;
			}
		}
	}
	return at;
}

/* The lowest gap for x from `at` on. */
static int64_t find_gap(const struct placing *p, uint32_t x, int64_t at)
{
	const struct ewi_buffer *b = &p->l->buffers[x];
	uint32_t i = 0;
	int64_t was;

	do {
		at = was = past_partners(p, x, at);
		for (; i < p->count; i++) {
			const struct ewi_buffer *o = &p->l->buffers[p->placed[i]];

			if (o->last < b->first || o->first > b->last || end_of(o) <= at)
				continue;
			if (overlap_of(p->l, x, p->placed[i]))
				continue;
			if (at + b->bytes <= o->at)
				break;
			at = end_of(o);
		}
	} while (at != was);
	return at;
}

/* How much higher the arena is with x at `at`. */
static int64_t growth(const struct placing *p, uint32_t x, int64_t at)
{
	int64_t end = at + p->l->buffers[x].bytes;

	return (end > p->top ? end - p->top : 0) + (at < p->bottom ? p->bottom - at : 0);
}

static void consider(const struct placing *p, uint32_t x, int64_t from, int64_t *best)
{
	int64_t at = find_gap(p, x, from);

	if (growth(p, x, at) < growth(p, x, *best))
		*best = at;
}

/* As close to a partner as may be, on either side. */
static void consider_partner(const struct placing *p, uint32_t x, const struct ewi_overlap *o, int64_t *best)
{
	int64_t other = p->l->buffers[o->out == x ? o->in : o->out].at;

	if (other == INT64_MAX)
		return;
	consider(p, x, other - (o->out == x ? o->before : o->behind), best);
	consider(p, x, other + (o->out == x ? o->behind : o->before), best);
}

/* Gaps from the bottom on, those at partners, and below all. */
static int64_t choose(const struct placing *p, uint32_t x)
{
	const struct ewi_layout *l = p->l;
	const struct ewi_buffer *b = &l->buffers[x];
	int64_t best = find_gap(p, x, p->bottom);

	for (uint32_t i = 0; i < b->over_count; i++)
		consider_partner(p, x, &l->overlaps[b->over + i], &best);
	if (b->under != EWI_NOWHERE)
		consider_partner(p, x, &l->overlaps[b->under], &best);
	consider(p, x, p->bottom - (int64_t)b->bytes, &best);
	return best;
}

/* One layout; returns its height. */
static uint64_t place(struct ewi_layout *l, enum order order, int64_t *bottom)
{
	struct placing p = {.l = l, .order = order, .placed = l->orders + l->count};

	for (uint32_t i = 0; i < l->count; i++) {
		l->orders[i] = i;
		l->buffers[i].at = INT64_MAX;
	}
	sort(l, order, l->orders, l->count);
	for (uint32_t i = 0; i < l->count; i++) {
		uint32_t x = l->orders[i], k = p.count;
		struct ewi_buffer *b = &l->buffers[x];
		int64_t at = p.count ? choose(&p, x) : 0;

		b->at = at;
		for (; k > 0 && l->buffers[p.placed[k - 1]].at > at; k--)
			p.placed[k] = p.placed[k - 1];
		p.placed[k] = x;
		p.count++;
		p.bottom = at < p.bottom ? at : p.bottom;
		p.top = end_of(b) > p.top ? end_of(b) : p.top;
	}
	*bottom = p.bottom;
	return (uint64_t)(p.top - p.bottom);
}

uint64_t ewi_place(struct ewi_layout *l)
{
	uint64_t lowest = UINT64_MAX;

	for (enum order order = BY_SIZE; order < ORDERS; order++) {
		int64_t bottom;
		uint64_t height = place(l, order, &bottom);

		if (height >= lowest)
			continue;
		lowest = height;
		for (uint32_t i = 0; i < l->count; i++)
			l->buffers[i].best = l->buffers[i].at - bottom;
	}
	for (uint32_t i = 0; i < l->count; i++) /* heights above 32 bits are refused */
		*l->buffers[i].where = (uint32_t)l->buffers[i].best;
	return lowest;
}
#endif
