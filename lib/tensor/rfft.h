/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * rfft.h - the audio front end's transform, in the numbers of the file that includes it: what a SAMPLE is, a WIDE that the
 * sum of two fits, and low(), half(), product_sum() and divided() in them.  The contract is in signal.h.
 *
 * Even samples are taken for real parts, odd ones for imaginary parts, of a transform of half the length, which
 * a last pass takes apart.  Decimation in time, by 4 as often as the length allows and once by 2, the smallest
 * blocks first; in fixed point every pass scales its inputs down by its radix, so that no sum leaves a sample's bits.
 * Source: KISS FFT, which tflite-micro 90b983c2 uses: the order of passes and of roundings.
 */
#ifndef EW_TENSOR_RFFT_H
#define EW_TENSOR_RFFT_H

#include "tensor/signal.h"

struct number {
	SAMPLE re, im;
};

/* A sum of two, of integers its low bits; half of one; a b + c d; and a number as a pass by so many takes it. */
static SAMPLE low(WIDE v);
static SAMPLE half(WIDE v);
static SAMPLE product_sum(WIDE a, WIDE b, WIDE c, WIDE d);
static SAMPLE divided(SAMPLE v, int by);

static struct number times(struct number a, struct number b)
{
	return (struct number){product_sum(a.re, b.re, -(WIDE)a.im, b.im), product_sum(a.re, b.im, a.im, b.re)};
}

static struct number plus(struct number a, struct number b)
{
	return (struct number){low((WIDE)a.re + b.re), low((WIDE)a.im + b.im)};
}

static struct number minus(struct number a, struct number b)
{
	return (struct number){low((WIDE)a.re - b.re), low((WIDE)a.im - b.im)};
}

static struct number share(struct number a, int by)
{
	return (struct number){divided(a.re, by), divided(a.im, by)};
}

static struct number turn(const SAMPLE *turns, size_t k)
{
	return (struct number){turns[2 * k], turns[2 * k + 1]};
}

/* Blocks of 2 m: `stride` of the whole circle's steps apart. */
static void pass2(struct number *v, const SAMPLE *turns, size_t stride, size_t m)
{
	for (size_t k = 0; k < m; k++) {
		struct number a = share(v[k], 2), b = times(share(v[k + m], 2), turn(turns, k * stride));

		v[k + m] = minus(a, b);
		v[k] = plus(a, b);
	}
}

static void pass4(struct number *v, const SAMPLE *turns, size_t stride, size_t m)
{
	for (size_t k = 0; k < m; k++) {
		struct number a = share(v[k], 4);
		struct number b = times(share(v[k + m], 4), turn(turns, k * stride));
		struct number c = times(share(v[k + 2 * m], 4), turn(turns, 2 * k * stride));
		struct number d = times(share(v[k + 3 * m], 4), turn(turns, 3 * k * stride));
		struct number ac = minus(a, c), bd = plus(b, d), cross = minus(b, d);

		a = plus(a, c);
		v[k + 2 * m] = minus(a, bd);
		v[k] = plus(a, bd);
		v[k + m] = (struct number){low((WIDE)ac.re + cross.im), low((WIDE)ac.im - cross.re)};
		v[k + 3 * m] = (struct number){low((WIDE)ac.re - cross.im), low((WIDE)ac.im + cross.re)};
	}
}

/*
 * Where the input behind the one at `at` goes: places are digits, in the radices of the passes, reversed.  The outermost
 * pass is by 4 (by 2 only when nothing else is left), so an input's last digit is the first of its place.
 */
static size_t place_behind(size_t at, size_t n)
{
	while (n > 1) {
		size_t radix = n % 4 == 0 ? 4 : 2, digit = n - n / radix; /* its bits: all numbers are powers of 2 */

		n /= radix;
		if ((at & digit) != digit)
			return at + n;
		at -= digit;
	}
	return at;
}

static void transform(struct number *v, const SAMPLE *turns, size_t n)
{
	bool odd = false;
	size_t m = 1;

	for (size_t k = n; k > 1; k /= 4)
		odd = k == 2;
	if (odd) { /* the innermost pass */
		for (size_t b = 0; b < n; b += 2)
			pass2(v + b, turns, n / 2, 1);
		m = 2;
	}
	for (; m < n; m *= 4)
		for (size_t b = 0; b < n; b += 4 * m)
			pass4(v + b, turns, n / (4 * m), m);
}

/* The last pass: spectra of the even and the odd samples from that of both.  v has room for one more. */
static void take_apart(struct number *v, const SAMPLE *turns, size_t n)
{
	struct number first = share(v[0], 2);

	v[0] = (struct number){low((WIDE)first.re + first.im), 0};
	v[n] = (struct number){low((WIDE)first.re - first.im), 0};
	for (size_t k = 1; k <= n / 2; k++) {
		struct number a = share(v[k], 2), b = v[n - k], even, odd;

		b.im = low(-(WIDE)b.im);
		b = share(b, 2);
		even = plus(a, b);
		odd = times(minus(a, b), turn(turns, k - 1));
		v[k] = (struct number){half((WIDE)even.re + odd.re), half((WIDE)even.im + odd.im)};
		v[n - k] = (struct number){half((WIDE)even.re - odd.re), half((WIDE)odd.im - even.im)};
	}
}

static void rfft(const struct ewi_call *c)
{
	const struct ewi_signal_rfft *p = c->params;
	struct number *v = c->out;
	const SAMPLE *in = c->in[0];
	const SAMPLE *turns = p->turns, *super_turns = p->super_turns;
	size_t n = p->length / 2;

	for (size_t r = 0; r < c->windows * p->rows; r++, in += p->in, v += n + 1) {
		for (size_t i = 0, at = 0; i < n; i++, at = place_behind(at, n))
			v[at] = (struct number){2 * i < p->in ? in[2 * i] : 0,
						2 * i + 1 < p->in ? in[2 * i + 1] : 0};
		transform(v, turns, n);
		take_apart(v, super_turns, n);
	}
}

#endif
