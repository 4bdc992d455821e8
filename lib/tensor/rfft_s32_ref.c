/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* rfft_s32_ref.c - the audio front end's transform of int32: the definition.  rfft.h has the passes. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#define SAMPLE int32_t
#define WIDE int64_t
#include "tensor/rfft.h"

static SAMPLE low(WIDE v)
{
	return (int32_t)(uint32_t)v;
}

/* Of the sum in 32 bits, as the source's has no more. */
static SAMPLE half(WIDE v)
{
	return low(v) >> 1;
}

static int32_t rounded(uint64_t v)
{
	return low((int64_t)(v + (1u << 30)) >> 31);
}

/* Each product is 2^62 at most; the sum is taken modulo 2^64. */
static SAMPLE product_sum(WIDE a, WIDE b, WIDE c, WIDE d)
{
	return rounded((uint64_t)(a * b) + (uint64_t)(c * d));
}

static SAMPLE divided(SAMPLE v, int by)
{
	return rounded((uint64_t)((int64_t)v * (INT32_MAX / by)));
}

void ewk_signal_rfft_s32_ref(const struct ewi_call *c)
{
	rfft(c);
}
#endif
