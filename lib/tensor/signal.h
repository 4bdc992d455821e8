/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * signal.h - what the kernels of the audio front end are given: from samples to the features of a keyword model.
 * All is integer arithmetic, but for the transform of floats.
 */
#ifndef EW_TENSOR_SIGNAL_H
#define EW_TENSOR_SIGNAL_H

#include "tensor/kernels.h"

/* out[i] = saturate((in[i] * window[i mod size]) >> shift) */
struct ewi_signal_window {
	size_t count;
	uint32_t size;
	int32_t shift; /* 0 to 31 */
};

/* Left by as many bits as the largest sample leaves free; the second output tells how many. */
struct ewi_signal_scale {
	uint32_t count;
};

/*
 * Transform of real samples, each row padded with zeros to `length` (a power of 2, 4 at least), to length / 2 + 1
 * complex numbers.  Integers are scaled down by 2 or 4 at each pass, as fixed-point transforms are.
 */
struct ewi_signal_rfft {
	uint32_t rows, in, length;
	const void *turns;	 /* [length / 2] exp(-2 pi i k / (length / 2)), real then imaginary, of the samples' type */
	const void *super_turns; /* [length / 4] of the last pass */
};

/* out[i] = re(in[i])^2 + im(in[i])^2 for first <= i < end; the rest is 0. */
struct ewi_signal_energy {
	uint32_t count, first, end;
};

/* Overlapping triangles: channel i takes its own slope and the other half of the slope before. */
struct ewi_signal_filter_bank {
	uint32_t channels;
	const uint8_t *weights, *unweights;		/* the file's int16 */
	const uint8_t *freq_starts, *weight_starts, *widths; /* [channels + 1]; inside their tensors */
};

struct ewi_signal_spectral {
	uint32_t channels, estimates; /* estimates: elements of the second output */
	uint32_t smoothing, one_minus, alternate_smoothing, alternate_one_minus, min_remaining;
	uint32_t smoothing_bits, subtraction_bits; /* 0 to 31 */
	bool clamping;
};

struct ewi_signal_pcan {
	uint32_t channels;
	uint32_t shift; /* 0 to 63 */
	const uint8_t *gains; /* the file's int16, [EWI_PCAN_GAINS] */
};

#define EWI_PCAN_GAINS 125 /* four for each bit of a uint32, 6 left out at the start */

struct ewi_signal_log {
	uint32_t channels, scale;
	uint32_t bits; /* 0 to 31 */
};

#endif
