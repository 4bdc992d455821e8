/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* sha256.h - SHA-256 (FIPS 180-4) in pieces: the name of a module's bytes, and what signatures sign. */
#ifndef EW_BASE_SHA256_H
#define EW_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define EWI_SHA256_BYTES 32u

struct ewi_sha256 {
	uint32_t state[8];
	uint64_t bytes; /* taken so far */
	uint8_t block[64];
};

void ewi_sha256_init(struct ewi_sha256 *s);
void ewi_sha256_add(struct ewi_sha256 *s, const void *bytes, size_t size);
/* The hash of what was added; s itself may take more. */
void ewi_sha256_get(const struct ewi_sha256 *s, uint8_t out[EWI_SHA256_BYTES]);
void ewi_sha256(const void *bytes, size_t size, uint8_t out[EWI_SHA256_BYTES]);

#endif
