/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guest_probe.c - what the firmware's first part runs: recursion, loops over memory, both float sizes, a loop
 * without end, a division.
 */
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))

EXPORT("fib") uint32_t fib(uint32_t n);
EXPORT("crc") uint32_t crc(uint32_t n);
EXPORT("root") double root(double x);
EXPORT("wave") float wave(float phase);
EXPORT("spin") uint32_t spin(void);
EXPORT("divide") int32_t divide(int32_t a, int32_t b);

static uint32_t table[256];

uint32_t fib(uint32_t n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

/* CRC-32 of the bytes 0, 1, 2 ... n - 1 (mod 256), with a table made first. */
uint32_t crc(uint32_t n)
{
	uint32_t sum = ~0u;

	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
		table[i] = c;
	}
	for (uint32_t i = 0; i < n; i++)
		sum = sum >> 8 ^ table[(sum ^ i) & 255];
	return ~sum;
}

/* Root of x by Newton's method in 64 bits, and in 32: equal bits on every machine. */
double root(double x)
{
	double r = x > 1 ? x : 1;

	for (int i = 0; i < 40; i++)
		r = (r + x / r) * 0.5;
	return r;
}

float wave(float phase)
{
	float x = phase, p = x * x, sum = 0, term = x;

	for (int i = 1; i < 12; i += 2) {
		sum += term;
		term *= -p / (float)((i + 1) * (i + 2));
	}
	return __builtin_sqrtf(sum * sum) + __builtin_floorf(phase * 10.0f);
}

uint32_t spin(void)
{
	for (volatile uint32_t i = 0;; i++)
		;
}

int32_t divide(int32_t a, int32_t b)
{
	return a / b;
}
