/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* aid.c - see aid.h. */
#define _POSIX_C_SOURCE 200809L

#include "aid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int aid_fail(const char *program, const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", program, what, why);
	return 1;
}

uint8_t *aid_read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = NULL;
	size_t cap = 0;

	*size = 0;
	while (f && !ferror(f) && !feof(f)) {
		if (*size == cap) {
			uint8_t *more = realloc(bytes, 2 * cap + 65536);

			if (!more)
				break;
			bytes = more;
			cap = 2 * cap + 65536;
		}
		*size += fread(bytes + *size, 1, cap - *size, f);
	}
	if (!f || ferror(f) || !feof(f)) {
		aid_fail("cannot read", path, strerror(errno));
		free(bytes);
		bytes = NULL;
	}
	if (f)
		fclose(f);
	return bytes;
}

uint64_t aid_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t aid_noise(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1du;
}

double aid_uniform(uint64_t *state)
{
	return (double)(int64_t)(aid_noise(state) >> 11) * 0x1p-52 - 1.0;
}

uint64_t aid_hash(uint64_t hash, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ p[i]) * 1099511628211u;
	return hash;
}
