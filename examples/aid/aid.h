/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * aid.h - what the examples of a folder each share: reading files, a clock, complaining, numbers in bytes, noise that
 * is the same everywhere.
 */
#ifndef EXAMPLES_AID_H
#define EXAMPLES_AID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm.h"

/* A whole file, for free(); says on stderr why there is none. */
uint8_t *aid_read_file(const char *path, size_t *size);
/* Nanoseconds of a clock that does not step. */
uint64_t aid_clock_ns(void);
/* "PROGRAM: WHAT: why" on stderr; returns 1, for main. */
int aid_fail(const char *program, const char *what, const char *why);

/* xorshift64*; the state must not be 0. */
uint64_t aid_noise(uint64_t *state);
/* Uniform in [-1, 1). */
double aid_uniform(uint64_t *state);

/* Little-endian. */
static inline uint32_t aid_get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void aid_put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static inline void aid_put64(uint8_t *p, uint64_t v)
{
	aid_put32(p, (uint32_t)v);
	aid_put32(p + 4, (uint32_t)(v >> 32));
}

static inline uint64_t aid_get64(const uint8_t *p)
{
	return aid_get32(p) | (uint64_t)aid_get32(p + 4) << 32;
}

static inline float aid_get_float(const uint8_t *p)
{
	union {
		uint32_t u;
		float f;
	} v = {aid_get32(p)};

	return v.f;
}

static inline void aid_put_float(uint8_t *p, float f)
{
	union {
		float f;
		uint32_t u;
	} v = {f};

	aid_put32(p, v.u);
}

static inline double aid_get_double(const uint8_t *p)
{
	union {
		uint64_t u;
		double f;
	} v = {aid_get64(p)};

	return v.f;
}

static inline void aid_put_double(uint8_t *p, double f)
{
	union {
		double f;
		uint64_t u;
	} v = {f};

	aid_put64(p, v.u);
}

/* FNV-1a of bytes, on top of `hash`; begin with AID_HASH. */
#define AID_HASH 14695981039346656037u
uint64_t aid_hash(uint64_t hash, const void *bytes, size_t size);

#endif
