/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bucket.c - the token bucket, in whole numbers.
 *
 * In `elapsed` nanoseconds elapsed * rate / period_ns tokens grow.  Whole periods are taken out first,
 * so that what is multiplied is less than period_ns: (period_ns - 1) * rate + rest < 2^63, by the
 * limit that ew_bucket_init() sets.  The remainder of the division is kept, so no part of a token is
 * ever lost or made.
 */
#include "edgewasm/event.h"

#if EW_CONFIG_EVENT

#define HALF ((uint64_t)1 << 63)

enum ew_status ew_bucket_init(struct ew_bucket *b, uint64_t rate, uint64_t period_ns,
			      uint64_t burst, uint64_t now_ns)
{
	if ((rate == 0) != (period_ns == 0))
		return EW_ERR_INVAL;
	if (burst >= HALF || (rate != 0 && period_ns > (HALF - 1) / rate))
		return EW_ERR_LIMIT;
	b->rate = rate;
	b->period_ns = period_ns;
	b->burst = burst;
	b->tokens = burst;
	b->rest = 0;
	b->last_ns = now_ns;
	return EW_OK;
}

static void fill(struct ew_bucket *b)
{
	b->tokens = b->burst;
	b->rest = 0; /* a full bucket saves up nothing */
}

static void refill(struct ew_bucket *b, uint64_t now_ns)
{
	uint64_t elapsed = now_ns > b->last_ns ? now_ns - b->last_ns : 0;
	uint64_t periods = elapsed / b->period_ns, grown;

	b->last_ns = now_ns;
	if (periods > b->burst / b->rate) { /* periods * rate > burst, without the product */
		fill(b);
		return;
	}
	grown = (elapsed - periods * b->period_ns) * b->rate + b->rest;
	b->rest = grown % b->period_ns;
	/* < 2^63 + 2^63: burst, and (period * rate + rest) / period, which is at most rate + 1. */
	grown = grown / b->period_ns + periods * b->rate;
	if (grown >= b->burst - b->tokens)
		fill(b);
	else
		b->tokens += grown;
}

enum ew_status ew_bucket_take(struct ew_bucket *b, uint64_t n, uint64_t now_ns)
{
	if (b->rate == 0)
		return EW_OK;
	refill(b, now_ns);
	if (n > b->tokens)
		return EW_ERR_QUOTA;
	b->tokens -= n;
	return EW_OK;
}

/* The least t with floor((rest + t * rate) / period) >= missing: t = ceil((missing * period - rest) / rate). */
uint64_t ew_bucket_wait_ns(struct ew_bucket *b, uint64_t n, uint64_t now_ns)
{
	uint64_t missing, need;

	if (b->rate == 0)
		return 0;
	refill(b, now_ns);
	if (n <= b->tokens)
		return 0;
	missing = n - b->tokens;
	if (n > b->burst || missing > UINT64_MAX / b->period_ns)
		return UINT64_MAX;
	need = missing * b->period_ns - b->rest;
	return need / b->rate + (need % b->rate != 0);
}

#endif
