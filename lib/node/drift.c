/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* drift.c - has a signal's mean moved, has its distribution?  In whole numbers, see watch.h. */
#include "edgewasm/watch.h"

#if EW_CONFIG_NODE
#include <string.h>
#include "base/bits.h"
#include "node/drift.h"

/* ---- Page-Hinkley ----------------------------------------------------------------------------- */

#define UNIT 256		/* sums are in 1/256 of the caller's unit */
#define FADE_COUNT (1u << 22)	/* sum of values < 2^53, times UNIT < 2^61 */
#define SUM_MAX ((int64_t)1 << 61) /* one step is below 2^42: sums stay below 2^62 */

enum ew_status ew_page_hinkley_init(struct ew_page_hinkley *p, int32_t delta, int32_t lambda,
				    uint32_t min_count)
{
	if (delta < 0 || lambda <= 0 || min_count == 0 || min_count > FADE_COUNT)
		return EW_ERR_INVAL;
	memset(p, 0, sizeof(*p));
	p->delta = delta;
	p->lambda = lambda;
	p->min_count = min_count;
	return EW_OK;
}

/* The sum of what lies above; below 0 it is 0, which is "sum less its least value so far" of the original. */
static int64_t grow(int64_t sum, int64_t step)
{
	sum += step;
	return sum < 0 ? 0 : sum > SUM_MAX ? SUM_MAX : sum;
}

enum ew_drift ew_page_hinkley_add(struct ew_page_hinkley *p, int32_t value)
{
	int64_t limit = (int64_t)p->lambda * UNIT, above;
	enum ew_drift drift;

	p->sum += value;
	p->count++;
	above = (int64_t)value * UNIT - p->sum * UNIT / (int64_t)p->count;
	p->up = grow(p->up, above - (int64_t)p->delta * UNIT);
	p->down = grow(p->down, -above - (int64_t)p->delta * UNIT);
	drift = p->up > limit ? EW_DRIFT_UP : p->down > limit ? EW_DRIFT_DOWN : EW_DRIFT_NONE;
	if (drift != EW_DRIFT_NONE && p->count >= p->min_count) {
		p->sum = p->up = p->down = 0;
		p->count = 0;
		return drift;
	}
	if (p->count == FADE_COUNT) {
		p->count /= 2;
		p->sum /= 2;
	}
	return EW_DRIFT_NONE;
}

/* ---- population stability index --------------------------------------------------------------- */

#define PSI_COUNT_MAX (1u << 24)

enum ew_status ew_psi_init(struct ew_psi *p, const int32_t *edges, uint32_t buckets,
			   uint32_t reference_count, uint32_t window_count, uint32_t threshold)
{
	if (buckets < 2 || buckets > EW_PSI_BUCKETS || reference_count - 1 >= PSI_COUNT_MAX ||
	    window_count - 1 >= PSI_COUNT_MAX)
		return EW_ERR_INVAL;
	for (uint32_t i = 1; i + 1 < buckets; i++)
		if (edges[i - 1] >= edges[i])
			return EW_ERR_INVAL;
	memset(p, 0, sizeof(*p));
	memcpy(p->edges, edges, (buckets - 1) * sizeof(edges[0]));
	p->buckets = buckets;
	p->reference_count = reference_count;
	p->window_count = window_count;
	p->threshold = threshold;
	return EW_OK;
}

enum ew_status ew_psi_refer(struct ew_psi *p, const uint32_t *counts)
{
	uint64_t sum = 0;

	for (uint32_t b = 0; b < p->buckets; b++)
		sum += counts[b];
	if (sum == 0 || sum > PSI_COUNT_MAX)
		return EW_ERR_INVAL;
	memcpy(p->reference, counts, p->buckets * sizeof(counts[0]));
	memset(p->window, 0, sizeof(p->window));
	p->reference_count = p->referred = (uint32_t)sum;
	p->counted = 0;
	return EW_OK;
}

/* log2 of v, 1 to 2^30, in 1/65536, rounded down: the mantissa is squared for each bit. */
static int64_t log2_q16(uint64_t v)
{
	uint32_t whole = 63 - (uint32_t)ewi_clz64(v);
	uint64_t m = v << (31 - whole); /* 1 <= m / 2^31 < 2 */
	int64_t log = whole;

	for (int bit = 0; bit < 16; bit++) {
		m = m * m >> 31;
		log *= 2;
		if (m >> 32) {
			m >>= 1;
			log++;
		}
	}
	return log;
}

/* Share of a bucket in 1/2^30, with half a value more; at least 2^30 / (2^25 + 32), so never 0. */
static int64_t share(uint32_t count, uint32_t total, uint32_t buckets)
{
	return (int64_t)(((uint64_t)2 * count + 1) << 30) / ((int64_t)2 * total + buckets);
}

uint32_t ewi_psi_index(const uint32_t *reference, uint32_t referred, const uint32_t *window, uint32_t counted,
		       uint32_t buckets)
{
	const int64_t ln2_q16 = 45426;
	int64_t sum = 0; /* 32 terms of less than 2^30 * 2^21 */

	for (uint32_t b = 0; b < buckets; b++) {
		int64_t r = share(reference[b], referred, buckets);
		int64_t q = share(window[b], counted, buckets);

		sum += (q - r) * (log2_q16((uint64_t)q) - log2_q16((uint64_t)r));
	}
	/* 2^-46 to 2^-20, times ln 2 in 2^-16, to thousandths: below 2^31 * 2^16 * 2^10. */
	return (uint32_t)(((sum >> 26) * ln2_q16 * 1000 + ((int64_t)1 << 35)) >> 36);
}

enum ew_drift ew_psi_add(struct ew_psi *p, int32_t value)
{
	uint32_t b = 0;

	while (b + 1 < p->buckets && value >= p->edges[b])
		b++;
	if (p->referred < p->reference_count) {
		p->reference[b]++;
		p->referred++;
		return EW_DRIFT_NONE;
	}
	p->window[b]++;
	if (++p->counted < p->window_count)
		return EW_DRIFT_NONE;
	p->last = ewi_psi_index(p->reference, p->referred, p->window, p->counted, p->buckets);
	p->counted = 0;
	memset(p->window, 0, sizeof(p->window));
	return p->last > p->threshold ? EW_DRIFT_SHAPE : EW_DRIFT_NONE;
}

#endif
