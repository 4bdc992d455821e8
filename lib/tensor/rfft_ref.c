/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* rfft_ref.c - the audio front end's transform of int16: the definition.  rfft.h has the passes. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#define SAMPLE int16_t
#define WIDE int32_t
#include "tensor/rfft.h"

static SAMPLE low(WIDE v)
{
	return (int16_t)(uint16_t)v;
}

static SAMPLE half(WIDE v)
{
	return low(v >> 1);
}

static int16_t rounded(int32_t v)
{
	return low((int32_t)((uint32_t)v + (1u << 14)) >> 15);
}

static SAMPLE product_sum(WIDE a, WIDE b, WIDE c, WIDE d)
{
	return rounded(ewi_wrap_add(a * b, c * d));
}

static SAMPLE divided(SAMPLE v, int by)
{
	return rounded(v * (INT16_MAX / by));
}

void ewk_signal_rfft_ref(const struct ewi_call *c)
{
	rfft(c);
}
#endif
