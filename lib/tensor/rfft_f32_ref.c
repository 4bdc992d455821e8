/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* rfft_f32_ref.c - the audio front end's transform of floats, which nothing scales: the definition.  rfft.h has the passes. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#define SAMPLE float
#define WIDE float
#include "tensor/rfft.h"

static SAMPLE low(WIDE v)
{
	return v;
}

static SAMPLE half(WIDE v)
{
	return v * 0.5f;
}

static SAMPLE product_sum(WIDE a, WIDE b, WIDE c, WIDE d)
{
	return a * b + c * d;
}

static SAMPLE divided(SAMPLE v, int by)
{
	(void)by;
	return v;
}

void ewk_signal_rfft_f32_ref(const struct ewi_call *c)
{
	rfft(c);
}
#endif
