/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * finish.h - how a layer's sums are requantized in vectors: decided at load, for all its channels alike.  The
 * functions are those of quant.h; which of their steps a layer can do without stands here.
 */
#ifndef EW_TENSOR_FINISH_H
#define EW_TENSOR_FINISH_H

#include <stdbool.h>
#include <stdint.h>
#include "tensor/quant.h"

/*
 * Where every channel of a layer shifts right by 1 to 31 and its sums, bias included, stay below 2^30, rounding takes
 * fewer steps ("near"): h = ewi_high_mul is below 2^30 too, adding 2^(right-1) <= 2^30 cannot overflow, and
 * (h + 2^(right-1) - (h < 0)) >> right is ewi_round_shift.
 */
enum ewi_finish_mode {
	EWI_FINISH_NEAR,
	EWI_FINISH_TWICE,
	EWI_FINISH_SINGLE,
	/* steps.h, AVX2 only: all channels step on one side of 0, or some on both. */
	EWI_FINISH_STEPS,
	EWI_FINISH_SIDES
};

/*
 * Whether a channel may be finished "near" when the magnitudes of its weights add up to `weights` and activations
 * less their zero point are at most 255.
 */
static inline bool ewi_finish_near(struct ewi_scale scale, int32_t bias, uint64_t weights)
{
	uint64_t reach = 255 * weights + (uint64_t)(bias < 0 ? -(int64_t)bias : bias);

	return reach < 1u << 30 && (scale.shift < 0 || scale.multiplier == 0);
}

#endif
