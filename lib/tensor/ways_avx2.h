/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * ways_avx2.h - how vpmaddubsw is exact: the three ways that a step of a tile can go, and which two steps go together.
 * For the AVX2 kernels' files alone.
 *
 * A step is four elements of depth of sixteen channels (pack_avx2.h), and activations are x + 128, unsigned.  vpmaddubsw
 * multiplies bytes and adds products in twos, in lanes of int16 that saturate.  A lane is exact whatever the activations
 * when the weights above 0 that go into it make EWI_WAY_REACH at most, and those below 0 without their sign as well:
 * its value is within 255 times either, and 255 * 128 < 2^15.  (Weights of either sign take from each other; so |w0| +
 * |w1| may be 255.)  The ways, the fastest first:
 *
 * - two: two steps whose lanes are added, in int16, before they go on, where they keep to the bound together.  Which two
 *   is free, because a kernel knows where each step's activations are: so steps that come close to the bound are paired
 *   with those that stay far from it.
 * - one: a step by itself, within the bound.
 * - sign: any weights.  |w| is the unsigned operand, and the activation, or for w < 0 its complement, the signed one.  The
 *   complement of x is -x - 1, which int8 holds for every x; so a lane is within [-2 * 128 * 128, 2 * 128 * 127].  Made
 *   from x + 128 by one vpxor, with 0x80 or 0x7f.  What is taken too much, w for each w < 0, goes to the bias.
 */
#ifndef EW_TENSOR_WAYS_AVX2_H
#define EW_TENSOR_WAYS_AVX2_H

#include "tensor/pack_avx2.h"

#define EWI_WAY_REACH 128u

/* What a step can make of its lanes: the sums of their weights above 0, and of those below; 255 is that or more. */
struct ewi_reach_avx2 {
	uint8_t above[2 * EWI_PACK_ROWS], below[2 * EWI_PACK_ROWS];
};

/* The steps of a tile in the order in which they go: those of two side by side, then those by themselves, then the rest. */
struct ewi_ways_avx2 {
	uint32_t twos, ones, signs; /* steps: 2 * twos + ones + signs */
};

/* Looks at a step; returns the largest sum. */
uint32_t ewi_way_reach_avx2(const int8_t v[EWI_PACK_BYTES], struct ewi_reach_avx2 *r);

/* Whether two steps keep to the bound together. */
bool ewi_way_fit_avx2(const struct ewi_reach_avx2 *r, const struct ewi_reach_avx2 *s);

/* Of what ewi_ways_avx2 needs for n steps, besides their reaches. */
#define EWI_WAYS_WORK(n) (((n) + 3) / 4 + (n))

/*
 * Chooses the way of each of n steps.  reach[n] and work[EWI_WAYS_WORK(n)], whose first n bytes are what
 * ewi_way_reach_avx2 returned, are overwritten; numbers of steps go to order[n].  Takes a time that grows with n.
 */
void ewi_ways_choose_avx2(const struct ewi_reach_avx2 *reach, uint32_t n, uint32_t *work, uint32_t *order,
			  struct ewi_ways_avx2 *w);

/*
 * A step by its sign: magnitudes, and what activations are taken against.  Places are given what their sums have too
 * much in fix, which the bias is to take away, over a step whose activations are x + 128 as they are.
 */
void ewi_way_sign_avx2(const int8_t v[EWI_PACK_BYTES], int8_t to[2 * EWI_PACK_BYTES], uint32_t fix[EWI_PACK_ROWS]);

#endif
