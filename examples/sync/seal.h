/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * seal.h - encryption as the host plugs it in: libsodium's secret boxes, found when the program starts, so that
 * it is built and run where libsodium is not.
 */
#ifndef SYNC_SEAL_H
#define SYNC_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEAL_MORE_BYTES 16 /* what a box has more than what is in it */

struct seal {
	int (*box)(unsigned char *out, const unsigned char *in, unsigned long long len, const unsigned char *nonce,
		   const unsigned char *key);
	int (*open)(unsigned char *out, const unsigned char *in, unsigned long long len, const unsigned char *nonce,
		    const unsigned char *key);
	unsigned char key[32];
};

/* False: there is no libsodium here; seal_put and seal_open then copy. */
bool seal_find(struct seal *s);
/* One number for each message of a key, never again: it is the nonce.  Return the length; open 0: not what was sealed. */
size_t seal_put(const struct seal *s, uint64_t number, const uint8_t *in, size_t len, uint8_t *out);
size_t seal_open(const struct seal *s, uint64_t number, const uint8_t *in, size_t len, uint8_t *out);

#endif
