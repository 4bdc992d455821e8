/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * rfft_ref.c - the audio front end's transform: the definition.  The contract is in signal.h.
 *
 * Even samples are taken for real parts, odd ones for imaginary parts, of a transform of half the length, which
 * a last pass takes apart.  Decimation in time, by 4 as often as the length allows and once by 2, the smallest
 * blocks first; every pass scales its inputs down by its radix, so that no sum leaves 16 bits.
 * Source: the fixed-point arithmetic of KISS FFT with 16 bits, which tflite-micro 90b983c2 uses: the order of
 * passes and of roundings.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/signal.h"

struct number {
	int16_t re, im;
};

static int16_t low16(int32_t v)
{
	return (int16_t)(uint16_t)v;
}

static int16_t rounded(int32_t v)
{
	return low16((int32_t)((uint32_t)v + (1u << 14)) >> 15);
}

static struct number times(struct number a, struct number b)
{
	return (struct number){rounded(ewi_wrap_add(a.re * b.re, -(a.im * b.im))),
			       rounded(ewi_wrap_add(a.re * b.im, a.im * b.re))};
}

static struct number plus(struct number a, struct number b)
{
	return (struct number){low16(a.re + b.re), low16(a.im + b.im)};
}

static struct number minus(struct number a, struct number b)
{
	return (struct number){low16(a.re - b.re), low16(a.im - b.im)};
}

static struct number divided(struct number a, int32_t by)
{
	int32_t part = INT16_MAX / by;

	return (struct number){rounded(a.re * part), rounded(a.im * part)};
}

static struct number turn(const int16_t *turns, size_t k)
{
	return (struct number){turns[2 * k], turns[2 * k + 1]};
}

/* Blocks of 2 m: `stride` of the whole circle's steps apart. */
static void pass2(struct number *v, const int16_t *turns, size_t stride, size_t m)
{
	for (size_t k = 0; k < m; k++) {
		struct number a = divided(v[k], 2), b = times(divided(v[k + m], 2), turn(turns, k * stride));

		v[k + m] = minus(a, b);
		v[k] = plus(a, b);
	}
}

static void pass4(struct number *v, const int16_t *turns, size_t stride, size_t m)
{
	for (size_t k = 0; k < m; k++) {
		struct number a = divided(v[k], 4);
		struct number b = times(divided(v[k + m], 4), turn(turns, k * stride));
		struct number c = times(divided(v[k + 2 * m], 4), turn(turns, 2 * k * stride));
		struct number d = times(divided(v[k + 3 * m], 4), turn(turns, 3 * k * stride));
		struct number ac = minus(a, c), bd = plus(b, d), cross = minus(b, d);

		a = plus(a, c);
		v[k + 2 * m] = minus(a, bd);
		v[k] = plus(a, bd);
		v[k + m] = (struct number){low16(ac.re + cross.im), low16(ac.im - cross.re)};
		v[k + 3 * m] = (struct number){low16(ac.re - cross.im), low16(ac.im + cross.re)};
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

static void transform(struct number *v, const int16_t *turns, size_t n)
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
static void take_apart(struct number *v, const int16_t *turns, size_t n)
{
	struct number first = divided(v[0], 2);

	v[0] = (struct number){low16(first.re + first.im), 0};
	v[n] = (struct number){low16(first.re - first.im), 0};
	for (size_t k = 1; k <= n / 2; k++) {
		struct number a = divided(v[k], 2), b = v[n - k], even, odd;

		b.im = low16(-b.im);
		b = divided(b, 2);
		even = plus(a, b);
		odd = times(minus(a, b), turn(turns, k - 1));
		v[k] = (struct number){low16((even.re + odd.re) >> 1), low16((even.im + odd.im) >> 1)};
		v[n - k] = (struct number){low16((even.re - odd.re) >> 1), low16((odd.im - even.im) >> 1)};
	}
}

void ewk_signal_rfft_ref(const struct ewi_call *c)
{
	const struct ewi_signal_rfft *p = c->params;
	struct number *v = c->out;
	const int16_t *in = c->in[0];
	size_t n = p->length / 2;

	for (size_t r = 0; r < c->windows * p->rows; r++, in += p->in, v += n + 1) {
		for (size_t i = 0, at = 0; i < n; i++, at = place_behind(at, n))
			v[at] = (struct number){2 * i < p->in ? in[2 * i] : 0,
						2 * i + 1 < p->in ? in[2 * i + 1] : 0};
		transform(v, p->turns, n);
		take_apart(v, p->super_turns, n);
	}
}
#endif
