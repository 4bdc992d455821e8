/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fake_sign.h - a stand-in for Ed25519: a hash of key and message.  Anybody can "sign", which is all that is needed
 * to see who is accepted.
 */
#ifndef TESTS_FAKE_SIGN_H
#define TESTS_FAKE_SIGN_H

#include "../aid/aid.h"
#include "edgewasm/sign.h"

static inline void fake_sign(uint8_t signature[64], const void *message, size_t size, const uint8_t key[32])
{
	uint8_t bytes[1024];

	assert_true(size + 32 <= sizeof(bytes));
	memcpy(bytes, key, 32);
	memcpy(bytes + 32, message, size);
	ew_sha256(bytes, size + 32, signature);
	bytes[0] ^= 0xff;
	ew_sha256(bytes, size + 32, signature + 32);
}

/* user: a uint32_t that counts the calls, or NULL. */
static inline bool fake_verify(void *user, const uint8_t signature[64], const void *message, size_t size,
			       const uint8_t key[32])
{
	uint8_t want[64];
	uint32_t *count = user;

	if (count)
		++*count;
	fake_sign(want, message, size, key);
	return memcmp(want, signature, 64) == 0;
}

/* A detached signature. */
static inline size_t fake_payload(uint8_t *out, size_t cap, enum ew_signed_content content, const void *bytes,
				  size_t size, const uint8_t key[32], const char *id)
{
	uint8_t message[EW_SIGN_MESSAGE_BYTES(EW_SIGN_PARTS)], signature[64];
	struct ew_error err;
	size_t n = ew_sign_message(content, bytes, size, message, sizeof(message), &err);

	assert_true(n != 0);
	fake_sign(signature, message, n, key);
	n = ew_sign_payload(message, n, id, id ? strlen(id) : 0, signature, out, cap, &err);
	assert_true(n != 0);
	return n;
}

#endif
