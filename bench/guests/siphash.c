/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * siphash.c - SipHash-2-4 (Aumasson and Bernstein 2012) of 64-byte keys: 64-bit
 * add, xor and rotate.
 */
#include "guest.h"

static uint64_t rotl64(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl64(v[1], 13) ^ v[0];
	v[3] = rotl64(v[3], 16) ^ v[2];
	v[0] = rotl64(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = rotl64(v[3], 21) ^ v[0];
	v[1] = rotl64(v[1], 17) ^ v[2];
	v[2] = rotl64(v[2], 32);
}

static uint64_t load64(const uint8_t *p)
{
	uint64_t x = 0;

	for (int32_t i = 7; i >= 0; i--)
		x = x << 8 | p[i];
	return x;
}

/* len is a multiple of 8. */
static uint64_t siphash(uint64_t k0, uint64_t k1, const uint8_t *p,
			uint32_t len)
{
	uint64_t v[4] = {
		k0 ^ UINT64_C(0x736f6d6570736575),
		k1 ^ UINT64_C(0x646f72616e646f6d),
		k0 ^ UINT64_C(0x6c7967656e657261),
		k1 ^ UINT64_C(0x7465646279746573),
	};
	uint64_t last = (uint64_t)len << 56;

	for (uint32_t i = 0; i <= len; i += 8) {
		uint64_t m = i < len ? load64(p + i) : last;

		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	v[2] ^= 0xff;
	for (int32_t i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint8_t key[64];

GUEST(siphash)
{
	uint64_t x = 1;

	for (int32_t i = 0; i < COUNT_OF(key); i++)
		key[i] = (uint8_t)i;
	for (int32_t i = 0; i < n; i++) {
		key[i & 63] += 17;
		x = siphash(x, (uint64_t)i, key, sizeof(key));
	}
	return (int32_t)(x ^ x >> 32);
}
