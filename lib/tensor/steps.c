/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * steps.c - finds the steps of steps.h.
 *
 * Let y = requant(x), r = -shift >= 1, M the multiplier.  Both roundings together are
 *	y = floor((x * M + c) / 2^(31 + r)),  c = 2^(30 + r) + 2^30 for x >= 0, 2^(30 + r) - 2^30 for x < 0
 * because floor(floor(a / 2^31) / 2^r) = floor(a / 2^(31 + r)), and the second rounding, away from 0, is that of
 * h + 2^(r-1) for h >= 0 and of h + 2^(r-1) - 1 for h < 0, h = floor((x * M + 2^30) / 2^31).  (With x < 0 and h = 0, which
 * takes x = -1 and M = 2^30, both give 0.)  One rounding has c = 2^(30 + r).  So y reaches k first at
 *	T(k) = ceil((k * 2^(31 + r) - c) / M),  x >= 0 for k >= 1, x < 0 for k <= 0 (x <= 0 where c / M < 1)
 *
 * With multiplier m and D added to x << shift, the other function has its step to v at the same x if
 *	(T << shift) + D) * m >= v * 2^45 > ((T - 1 << shift) + D) * m
 * or, with S(v) = v * 2^45 - (T << shift) * m:  S(v) <= D * m < S(v) + (m << shift): D lies between the largest S and the
 * smallest.  m is the one with the right slope, M * 2^(14 - r - shift), or one of its neighbours.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include <immintrin.h>
#include "tensor/steps.h"

/* Steps to outputs first to last, all on one side of 0. */
struct flight {
	int32_t first, last;
	int64_t c;
	bool open_low, open_high; /* what lies below the first step, above the last one, is clamped or another flight's */
};

struct search {
	const struct ewi_staircase *s;
	int64_t origin;	   /* of sums: as they are, or with their bias */
	int64_t low, high; /* the same of the least and the largest one */
	int32_t right;
	int32_t shift;
	int64_t m;
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t ceil_div(int64_t a, int64_t b)
{
	return a / b + (a % b > 0);
}

/* S(v), were the step at x. */
static int64_t slack(const struct search *f, int32_t v, int64_t x)
{
	return (int64_t)v * ((int64_t)1 << EWI_STEPS_FINAL) - x * (f->m << f->shift);
}

/* Where steps are: the first one at t, `rest` of M behind where it would be if sums were no whole numbers. */
struct walk {
	int64_t t, rest, M, unit, span;
};

struct extremes {
	int64_t most, least;
};

#define LANES 4

/*
 * Four steps on: T grows by 4 * span / M, and by one more where the rest comes round.  No overflow: five steps or more lie
 * among the sums, whose distance is below 2^32, shifted or not, and m is below 2^31.
 */
EW_TARGET("avx2")
static struct extremes walk_on(const struct walk *w, const int64_t s[LANES], const int64_t rest[LANES], int32_t count)
{
	const int64_t by = LANES * (w->span / w->M) + LANES * (w->span % w->M) / w->M;
	const __m256i M = _mm256_set1_epi64x(w->M), unit = _mm256_set1_epi64x(w->unit), lane = _mm256_setr_epi64x(0, 1, 2, 3);
	const __m256i more = _mm256_set1_epi64x(LANES * (w->span % w->M) % w->M);
	const __m256i on = _mm256_set1_epi64x((LANES * ((int64_t)1 << EWI_STEPS_FINAL)) - by * w->unit);
	__m256i v = _mm256_loadu_si256((const void *)s), r = _mm256_loadu_si256((const void *)rest), most = v, least = v;
	int64_t high[LANES], low[LANES];
	struct extremes e;

	for (int32_t i = LANES; i < count; i += LANES) {
		__m256i there = _mm256_cmpgt_epi64(_mm256_set1_epi64x(count - i), lane), round;

		r = _mm256_add_epi64(r, more);
		round = _mm256_cmpgt_epi64(M, r);
		r = _mm256_sub_epi64(r, _mm256_andnot_si256(round, M));
		v = _mm256_sub_epi64(_mm256_add_epi64(v, on), _mm256_andnot_si256(round, unit));
		most = _mm256_blendv_epi8(most, v, _mm256_and_si256(there, _mm256_cmpgt_epi64(v, most)));
		least = _mm256_blendv_epi8(least, v, _mm256_and_si256(there, _mm256_cmpgt_epi64(least, v)));
	}
	_mm256_storeu_si256((void *)high, most);
	_mm256_storeu_si256((void *)low, least);
	e = (struct extremes){high[0], low[0]};
	for (int32_t i = 1; i < LANES; i++) {
		e.most = high[i] > e.most ? high[i] : e.most;
		e.least = low[i] < e.least ? low[i] : e.least;
	}
	return e;
}

/* The largest and the least S of the steps of a flight. */
static struct extremes walk_all(const struct search *f, const struct flight *g, struct walk *w)
{
	int64_t s[LANES], rest[LANES];
	int32_t count = g->last - g->first + 1;

	s[0] = slack(f, g->first, w->t + f->origin);
	rest[0] = w->rest;
	for (int32_t i = 1; i < LANES; i++) {
		int64_t by = w->span / w->M;

		s[i] = s[0];
		rest[i] = rest[i - 1] + w->span % w->M;
		if (rest[i] >= w->M) {
			rest[i] -= w->M;
			by++;
		}
		if (i < count)
			s[i] = s[i - 1] + ((int64_t)1 << EWI_STEPS_FINAL) - by * w->unit;
	}
	return walk_on(w, s, rest, count);
}

/*
 * D for a flight; false when there is none.  No overflow: a sum reaches k, so |k| * 2^(31 + r) is at most
 * 2^31 * M + c < 2^63; and x << shift is an int32.
 */
static bool solve(const struct search *f, const struct flight *g, int64_t *d)
{
	struct walk w = {.M = f->s->scale.multiplier, .unit = f->m << f->shift, .span = (int64_t)1 << (31 + f->right)};
	int64_t from = (g->first - f->s->zero) * w.span - g->c + w.M - 1, s;
	struct extremes e;

	w.t = floor_div(from, w.M);
	w.rest = from - w.t * w.M;
	e = walk_all(f, g, &w);
	if (!g->open_low) { /* the least sum gives the output before the first step */
		s = slack(f, g->first - 1, f->low);
		e.most = s > e.most ? s : e.most;
	}
	if (!g->open_high) {
		s = slack(f, g->last + 1, f->high + 1);
		e.least = s < e.least ? s : e.least;
	}
	*d = ceil_div(e.most, f->m);
	return *d * f->m < e.least + w.unit;
}

static bool fits(int64_t v)
{
	return v >= INT32_MIN && v <= INT32_MAX;
}

/* All sums, shifted and with d added, stay int32. */
static bool in_range(const struct search *f, int64_t d)
{
	return fits(f->low * ((int64_t)1 << f->shift) + d) && fits(f->high * ((int64_t)1 << f->shift) + d);
}

/* Steps on one side of 0, or with one rounding: D stands in the bias. */
static bool try_one(const struct search *f, int32_t first, int32_t last, struct ewi_steps *out)
{
	const struct ewi_staircase *s = f->s;
	int64_t c = (int64_t)1 << (30 + f->right), d;

	if (!s->single)
		c += first > s->zero ? 1 << 30 : -(1 << 30);
	if (!in_range(f, 0) ||
	    !solve(f, &(struct flight){first, last, c, first - 1 == s->min, last == s->max}, &d) || !in_range(f, d))
		return false;
	*out = (struct ewi_steps){.shift = f->shift, .multiplier = (int32_t)f->m, .bias = (int32_t)d};
	return true;
}

/* On either side.  Outputs of zero lie between both flights: there each is open. */
static bool try_two(const struct search *f, int32_t first, int32_t last, struct ewi_steps *out)
{
	const struct ewi_staircase *s = f->s;
	int64_t c = (int64_t)1 << (30 + f->right), more = 1 << 30, above, below;

	if (!in_range(f, 0) ||
	    !solve(f, &(struct flight){s->zero + 1, last, c + more, true, last == s->max}, &above) ||
	    !solve(f, &(struct flight){first, s->zero, c - more, first - 1 == s->min, true}, &below) ||
	    above < below || !in_range(f, above) || !in_range(f, below))
		return false;
	*out = (struct ewi_steps){.shift = f->shift, .multiplier = (int32_t)f->m, .above = (int32_t)above,
				  .below = (int32_t)below,
				  .bias = (int32_t)(uint32_t)((uint64_t)(int64_t)s->bias << f->shift)};
	return true;
}

/* The multiplier for the slope at this shift; of a single step as steep as all sums allow.  0: none. */
static int64_t slope(const struct search *f, bool one)
{
	int32_t down = f->right + f->shift - (EWI_STEPS_FINAL - 31);
	int64_t m;

	if (one) {
		m = ((int64_t)1 << (EWI_STEPS_FINAL - f->shift)) / (f->high - f->low + 1);
		return m > INT32_MAX ? INT32_MAX : m;
	}
	return down < 0 || down > 30 ? 0 : (f->s->scale.multiplier + ((int64_t)1 << down >> 1)) >> down;
}

#define TRIES 5

/* The slope at this shift, and its neighbours. */
static bool try_shift(struct search *f, int32_t first, int32_t last, struct ewi_steps *out)
{
	const struct ewi_staircase *s = f->s;
	bool two = !s->single && first <= s->zero && last > s->zero;
	int64_t m;

	f->origin = two ? 0 : -(int64_t)s->bias;
	f->low = s->low + s->bias + f->origin;
	f->high = s->high + s->bias + f->origin;
	m = slope(f, first == last);
	for (int32_t i = 0; i < TRIES; i++) {
		f->m = m + (i + 1) / 2 * (i % 2 ? 1 : -1);
		if (f->m > 0 && f->m <= INT32_MAX && (two ? try_two : try_one)(f, first, last, out))
			return true;
	}
	return false;
}

static int32_t output(const struct ewi_staircase *s, int64_t sum)
{
	return ewi_clamp(ewi_requant_as((int32_t)(sum + s->bias), s->scale, s->single) + s->zero, s->min, s->max);
}

#define EDGE 1024 /* sums that are as near to the end of int32 might wrap when zero is added */

bool ewi_steps_find(const struct ewi_staircase *s, struct ewi_steps *out)
{
	struct search f = {.s = s, .right = -s->scale.shift};
	int32_t first, last;

	if (!fits(s->low + s->bias - EDGE) || !fits(s->high + s->bias + EDGE) || f.right < 0)
		return false;
	first = output(s, s->low) + 1;
	last = output(s, s->high);
	if (first > last) {
		*out = (struct ewi_steps){.constant = true, .shift = EWI_STEPS_SHIFT_MIN, .multiplier = 1 << 30,
					  .bias = last * (1 << (EWI_STEPS_FINAL - 30))};
		return true;
	}
	for (f.shift = f.right ? EWI_STEPS_SHIFT_MAX : -1; f.shift >= EWI_STEPS_SHIFT_MIN; f.shift--)
		if (try_shift(&f, first, last, out))
			return true;
	return false;
}
#endif
#endif
