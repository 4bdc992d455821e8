/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * pairs_avx2.h - in which order input channels go, so that few steps must go by their sign (ways_avx2.h).  For the AVX2
 * kernels' files alone.
 *
 * Which two channels share a lane of int16 is free as far as one vpshufb can move their activations when they are
 * copied: within sixteen, for all output channels and taps alike.  A unit is what the order is the same for but a step is
 * not: sixteen output channels at one tap.  Pairs of channels are looked at in each unit once, whether any output channel
 * could saturate there; from then on units are bits, and an order is found by exchanging two channels as long as that helps.
 * It grows with the number of weights, and finds about half of the steps a better place in trained models.
 */
#ifndef EW_TENSOR_PAIRS_AVX2_H
#define EW_TENSOR_PAIRS_AVX2_H

#include "tensor/ways_avx2.h"

#define EWI_PAIRS 16u	    /* channels */
#define EWI_PAIRS_UNITS 64u /* that are looked at */

struct ewi_pairs_avx2 {
	uint64_t bad[EWI_PAIRS][EWI_PAIRS]; /* a bit for each unit where the two are beyond EWI_WAY_REACH */
	uint32_t units;
};

/* One more unit, at most EWI_PAIRS_UNITS: `count` rows of weights, of sixteen channels each. */
void ewi_pairs_look_avx2(struct ewi_pairs_avx2 *p, const int8_t *w, size_t stride, uint32_t count);

/* Which channel comes at each place: in order, if no other order is better. */
void ewi_pairs_order_avx2(const struct ewi_pairs_avx2 *p, uint8_t order[EWI_PAIRS]);

#endif
