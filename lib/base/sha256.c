/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* sha256.c - SHA-256 as FIPS 180-4 section 6.2 writes it down; names are the standard's. */
#include "base/sha256.h"
#include <string.h>
#include "base/bits.h"

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes (4.2.2). */
static const uint32_t K[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static void compress(uint32_t state[8], const uint8_t block[64])
{
	uint32_t W[64], v[8];

	for (int t = 0; t < 16; t++)
		W[t] = be32(block + 4 * t);
	for (int t = 16; t < 64; t++) {
		uint32_t s0 = ewi_rotr32(W[t - 15], 7) ^ ewi_rotr32(W[t - 15], 18) ^ W[t - 15] >> 3;
		uint32_t s1 = ewi_rotr32(W[t - 2], 17) ^ ewi_rotr32(W[t - 2], 19) ^ W[t - 2] >> 10;

		W[t] = s1 + W[t - 7] + s0 + W[t - 16];
	}
	memcpy(v, state, sizeof(v));
	for (int t = 0; t < 64; t++) {
		uint32_t a = v[0], b = v[1], c = v[2], e = v[4], f = v[5], g = v[6];
		uint32_t S1 = ewi_rotr32(e, 6) ^ ewi_rotr32(e, 11) ^ ewi_rotr32(e, 25);
		uint32_t S0 = ewi_rotr32(a, 2) ^ ewi_rotr32(a, 13) ^ ewi_rotr32(a, 22);
		uint32_t T1 = v[7] + S1 + ((e & f) ^ (~e & g)) + K[t] + W[t];
		uint32_t T2 = S0 + ((a & b) ^ (a & c) ^ (b & c));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += T1;
		v[0] = T1 + T2;
	}
	for (int i = 0; i < 8; i++)
		state[i] += v[i];
}

void ewi_sha256_init(struct ewi_sha256 *s)
{
	/* The same of the square roots of the first 8 primes (5.3.3). */
	static const uint32_t H[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

	memcpy(s->state, H, sizeof(H));
	s->bytes = 0;
}

void ewi_sha256_add(struct ewi_sha256 *s, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;
	size_t have = s->bytes % 64;

	s->bytes += size;
	if (have + size < 64) {
		if (size != 0)
			memcpy(s->block + have, p, size);
		return;
	}
	if (have != 0) {
		memcpy(s->block + have, p, 64 - have);
		compress(s->state, s->block);
		p += 64 - have;
		size -= 64 - have;
	}
	for (; size >= 64; p += 64, size -= 64)
		compress(s->state, p);
	if (size != 0)
		memcpy(s->block, p, size);
}

/* Padding (5.1.1): a 1 bit, zeros, and the length in bits as 64 bits at the end of a block. */
void ewi_sha256_get(const struct ewi_sha256 *s, uint8_t out[EWI_SHA256_BYTES])
{
	struct ewi_sha256 end = *s;
	uint8_t pad[72] = {0x80};
	size_t zeros = (119 - s->bytes % 64) % 64;

	put_be32(pad + 1 + zeros, (uint32_t)(s->bytes >> 29));
	put_be32(pad + 5 + zeros, (uint32_t)(s->bytes << 3));
	ewi_sha256_add(&end, pad, 9 + zeros);
	for (int i = 0; i < 8; i++)
		put_be32(out + 4 * i, end.state[i]);
}

void ewi_sha256(const void *bytes, size_t size, uint8_t out[EWI_SHA256_BYTES])
{
	struct ewi_sha256 s;

	ewi_sha256_init(&s);
	ewi_sha256_add(&s, bytes, size);
	ewi_sha256_get(&s, out);
}
