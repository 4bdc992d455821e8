/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * watch.h - judgements over time and over several sources, in fixed memory and whole numbers.
 *
 *	struct ew_page_hinkley   has the mean of a signal moved?
 *	struct ew_psi            has its distribution?
 *	struct ew_panel          what do several sensors or models say together?
 *	struct ew_reservoir      a fair sample of raw windows, for the next training
 *
 * Values are int32_t in a unit of the caller's choice: a model's quantized score as it is, a temperature in
 * thousandths.  No floating point anywhere, so every machine comes to the same judgement about the same values.
 * Each is usable alone, allocates nothing and may be copied; one thread at a time.
 */
#ifndef EDGEWASM_WATCH_H
#define EDGEWASM_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm/config.h"
#include "edgewasm/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ew_drift {
	EW_DRIFT_NONE,
	EW_DRIFT_UP,	/* Page-Hinkley: the mean has risen */
	EW_DRIFT_DOWN,	/* it has fallen */
	EW_DRIFT_SHAPE	/* PSI: the window is not distributed as the reference was */
};

/*
 * ---- Page-Hinkley ----
 *
 * E. S. Page, "Continuous inspection schemes", 1954.  Sums up how far values lie above (below) their mean so far,
 * less `delta` each; a sum beyond `lambda` is a drift, after which it starts anew with the next value.  Small
 * shifts are found late, large ones soon: a step of s is found about lambda / (s - delta) values after it.
 */
struct ew_page_hinkley {
	/* Set by ew_page_hinkley_init. */
	int32_t delta, lambda;
	uint32_t min_count; /* values before the first alarm */
	/* Its own. */
	uint32_t count;
	int64_t sum;	  /* of count values; both are halved at 2^22 values, so that old ones fade */
	int64_t up, down; /* the sums, in 1/256 of the unit */
};

/* delta >= 0, lambda > 0, min_count 1 to 2^22: else INVAL. */
EW_API enum ew_status ew_page_hinkley_init(struct ew_page_hinkley *p, int32_t delta, int32_t lambda,
					   uint32_t min_count);
EW_API enum ew_drift ew_page_hinkley_add(struct ew_page_hinkley *p, int32_t value);

/*
 * ---- Population stability index ----
 *
 * The sum over buckets of (q - p) ln(q / p), p the shares of the reference and q those of a window, each with half
 * a value more so that empty buckets count.  Rules of thumb: below 0.1 nothing has changed, above 0.25 much has.
 */
#define EW_PSI_BUCKETS 32

struct ew_psi {
	/* Set by ew_psi_init. */
	int32_t edges[EW_PSI_BUCKETS - 1];
	uint32_t buckets, reference_count, window_count, threshold;
	/* Its own. */
	uint32_t reference[EW_PSI_BUCKETS], window[EW_PSI_BUCKETS];
	uint32_t referred, counted; /* values in each so far */
	uint32_t last;		    /* index of the last whole window, in thousandths */
};

/*
 * Bucket b holds values v with edges[b - 1] <= v < edges[b]; buckets - 1 edges, strictly ascending.  The first
 * reference_count values are the reference, then every window_count values are compared with it; above `threshold`
 * thousandths is a drift.  INVAL: buckets not 2 to EW_PSI_BUCKETS, edges not ascending, a count 0 or over 2^24.
 */
EW_API enum ew_status ew_psi_init(struct ew_psi *p, const int32_t *edges, uint32_t buckets,
				  uint32_t reference_count, uint32_t window_count, uint32_t threshold);
/* Take the reference from elsewhere, such as the training data: counts of each bucket, 1 to 2^24 together (else INVAL). */
EW_API enum ew_status ew_psi_refer(struct ew_psi *p, const uint32_t *counts);
/* SHAPE at the last value of a window that has drifted, else NONE; p->last holds its index. */
EW_API enum ew_drift ew_psi_add(struct ew_psi *p, int32_t value);

/*
 * ---- Panel: several sources, one verdict ----
 *
 * Keeps the newest value of each source.  Values older than max_age_ns are not heard; fewer than `quorum` heard
 * ones make no verdict (EW_ERR_EMPTY).
 */
#define EW_PANEL_SOURCES 16

struct ew_panel {
	uint64_t max_age_ns; /* 0: any */
	uint32_t sources, quorum;
	struct {
		bool heard;
		int32_t value;
		uint32_t weight;
		uint64_t time_ns;
	} of[EW_PANEL_SOURCES];
};

struct ew_panel_verdict {
	int32_t value;	  /* of a tie, the smallest of the values that share it */
	bool tie;
	uint32_t heard;	  /* sources that had a say */
	uint64_t votes, of; /* weight for the value, and of all; each source 1 in a majority vote */
};

/* INVAL: sources not 1 to EW_PANEL_SOURCES, quorum not 1 to sources. */
EW_API enum ew_status ew_panel_init(struct ew_panel *p, uint32_t sources, uint32_t quorum,
				    uint64_t max_age_ns);
/*
 * weight: the confidence, in any unit that all sources share; 0 is heard, but does not count in a weighted vote.
 * A value whose time lies before the kept one's is ignored.  BOUNDS: no such source.
 */
EW_API enum ew_status ew_panel_put(struct ew_panel *p, uint32_t source, int32_t value,
				   uint32_t weight, uint64_t time_ns);
/* The value that most sources gave; weighted: that has the most weight.  EMPTY: no quorum. */
EW_API enum ew_status ew_panel_vote(const struct ew_panel *p, bool weighted, uint64_t now_ns,
				    struct ew_panel_verdict *out);
/*
 * The value at rank floor(per_mille * (heard - 1) / 1000) of the ascending values: 500 is the (lower) median.  EMPTY: no
 * quorum; INVAL: per_mille is over 1000.
 */
EW_API enum ew_status ew_panel_quantile(const struct ew_panel *p, uint32_t per_mille,
					uint64_t now_ns, int32_t *out);

/*
 * ---- Reservoir: a sample of a stream ----
 *
 * J. S. Vitter, "Random sampling with a reservoir", 1985, algorithm R: at any time every window offered so far is
 * in the sample with the same probability.  The choice is a function of the seed and the count alone, so a replay
 * samples the same windows.
 */
struct ew_reservoir {
	uint8_t *memory; /* slots of stride bytes: a uint32_t length, then the window */
	uint32_t slots, stride, window_bytes;
	uint64_t offered, state;
};

#define EW_RESERVOIR_STRIDE(window_bytes) ((4u + (window_bytes) + 3u) & ~3u)
/* memory is the caller's, aligned to 4; windows of up to window_bytes.  INVAL: not one slot fits. */
EW_API enum ew_status ew_reservoir_init(struct ew_reservoir *r, void *memory, size_t size,
					uint32_t window_bytes, uint64_t seed);
/* True when it was taken into the sample.  Windows that are too large are offered cut to window_bytes. */
EW_API bool ew_reservoir_offer(struct ew_reservoir *r, const void *window, uint32_t size);
/* Slots 0 to min(offered, slots) - 1; NULL beyond.  Borrowed until the next offer. */
EW_API const void *ew_reservoir_at(const struct ew_reservoir *r, uint32_t slot, uint32_t *size);

#ifdef __cplusplus
}
#endif
#endif
