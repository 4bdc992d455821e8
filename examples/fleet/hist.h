/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * hist.h - latencies in fixed memory: 32 buckets to each doubling, so that a
 * quantile is known to within 3 %, from 1 ns to 4 s.  (The library's own
 * histogram is smaller and coarser.)
 */
#ifndef FLEET_HIST_H
#define FLEET_HIST_H

#include <stdint.h>

#define HIST_SUB 32u
#define HIST_BUCKETS (28u * HIST_SUB)

struct hist {
	uint64_t count, sum, max;
	uint32_t bucket[HIST_BUCKETS];
};

/* Below 32: itself.  Above: the five bits after the leading one, and where
 * that one is. */
static inline uint32_t hist_bucket(uint64_t v)
{
	uint32_t shift = 0;

	while (v >> shift >= 2 * HIST_SUB)
		shift++;
	const uint32_t at = shift * HIST_SUB + (uint32_t)(v >> shift);

	return at < HIST_BUCKETS ? at : HIST_BUCKETS - 1;
}

static inline void hist_add(struct hist *h, uint64_t v)
{
	h->count++;
	h->sum += v;
	if (v > h->max)
		h->max = v;
	h->bucket[hist_bucket(v)]++;
}

/* The largest value of the bucket that holds the quantile; q in 0..1. */
static inline uint64_t hist_quantile(const struct hist *h, double q)
{
	const uint64_t want = (uint64_t)(q * (double)h->count);
	uint64_t seen = 0;

	for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen > want || (seen == h->count && seen)) {
			const uint32_t shift = i < 2 * HIST_SUB ? 0 : i / HIST_SUB - 1;
			const uint64_t top = (((uint64_t)(i - shift * HIST_SUB) + 1) << shift) - 1;

			return top < h->max ? top : h->max;
		}
	}
	return 0;
}

#endif
