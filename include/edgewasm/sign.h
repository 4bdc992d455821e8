/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * sign.h - whose modules and models are accepted.
 *
 * Signatures are those of the tool-conventions (Signatures.md, version 1): SHA-256 of the contents, Ed25519 over
 * the hashes, in a custom section `signature` at the module's begin, or beside it (detached), which models always
 * are.  What is signed is every byte behind the signature section; sections `signature_delimiter` cut it into parts
 * whose hashes are all in the signature.  Signatures of some of the parts only are refused.
 *
 * The arithmetic of Ed25519 is the host's, by a callback (RFC 8032, pure).  With libsodium:
 *
 *	static bool verify(void *user, const uint8_t signature[64], const void *message, size_t size,
 *			   const uint8_t public_key[32])
 *	{
 *		return crypto_sign_verify_detached(signature, message, size, public_key) == 0;
 *	}
 *
 * With PSA: psa_import_key of the 32 bytes as PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_TWISTED_EDWARDS), then
 * psa_verify_message with PSA_ALG_PURE_EDDSA.  With MCUboot's bundled implementation: ED25519_verify.  Both are
 * written out in lib/node/README.md; examples/signed.c is the whole with libsodium.
 *
 * Nothing here allocates; any thread may use the same struct ew_trust at a time when its verify() may be.
 */
#ifndef EDGEWASM_SIGN_H
#define EDGEWASM_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm/config.h"
#include "edgewasm/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EW_SHA256_BYTES 32
#define EW_PUBLIC_KEY_BYTES 32
#define EW_SIGNATURE_BYTES 64

#ifndef EW_SIGN_PARTS /* parts of one module: 32 bytes of stack for each */
#define EW_SIGN_PARTS 16u
#endif
#ifndef EW_SIGN_SIGNATURES /* in one signature section: each may cost a verification for each key */
#define EW_SIGN_SIGNATURES 16u
#endif

/* The name of some bytes. */
EW_API void ew_sha256(const void *bytes, size_t size, uint8_t out[EW_SHA256_BYTES]);

/* A key that is trusted from from_ns on, until before until_ns (0: for ever), by the clock that now_ns is of. */
struct ew_trusted_key {
	uint8_t public_key[EW_PUBLIC_KEY_BYTES];
	/* Signatures that name this id are tried with this key first.  Ids are not signed: a hint.  NULL: none. */
	const void *id;
	size_t id_bytes;
	uint64_t from_ns, until_ns;
};

struct ew_trust {
	size_t struct_bytes;
	const struct ew_trusted_key *keys;
	size_t key_count;
	/* Public keys, EW_PUBLIC_KEY_BYTES each, that are accepted no more, whatever `keys` says. */
	const uint8_t *revoked;
	size_t revoked_count;
	/* True when it is this key's signature of the message.  Borrowed during the call. */
	bool (*verify)(void *user, const uint8_t signature[EW_SIGNATURE_BYTES], const void *message,
		       size_t size, const uint8_t public_key[EW_PUBLIC_KEY_BYTES]);
	void *user;
};

/* The content type, which is part of what is signed: a signed model is never taken for a module, or the reverse. */
enum ew_signed_content {
	EW_SIGNED_MODULE = 1, /* the convention's */
	EW_SIGNED_MODEL = 2   /* this library's: the hash is of all bytes of the file, in one part */
};

/*
 * Check that a module carries (signature NULL), or that the detached signature is, the good signature of a trusted
 * key over all of it.  One is enough; *key (may be NULL) is its place in trust->keys.
 *
 * Errors, each with its own text: MALFORMED (module or signature do not parse), UNSUPPORTED (another version,
 * hash or content type), LIMIT (EW_SIGN_PARTS, EW_SIGN_SIGNATURES), CORRUPT (the contents are not those that were
 * signed, or only a part of them was), DENIED (unsigned, by no trusted key, or by one that is revoked, expired or
 * not yet valid), INVAL (no verify, a module's detached signature missing its bytes).
 */
EW_API enum ew_status ew_trust_check(const struct ew_trust *trust, enum ew_signed_content content,
				     const void *bytes, size_t size, const void *signature,
				     size_t signature_size, uint64_t now_ns, size_t *key,
				     struct ew_error *err);

/*
 * For programs that sign: the message that the key has to sign (ew_sign_message), and the payload around the
 * signature (ew_sign_payload), which is a detached signature as it is.  ew_sign_embed puts it into a module's begin.
 * out: EW_SIGN_MESSAGE_BYTES(1) for a model or a module without delimiters, else for each part.
 * Returned sizes are exact; 0: does not fit in cap, or the module does not parse, see err.
 */
#define EW_SIGN_MESSAGE_BYTES(parts) (10u + EW_SHA256_BYTES * (parts))
EW_API size_t ew_sign_message(enum ew_signed_content content, const void *bytes, size_t size,
			      uint8_t *out, size_t cap, struct ew_error *err);
EW_API size_t ew_sign_payload(const uint8_t *message, size_t message_size, const void *id,
			      size_t id_bytes, const uint8_t signature[EW_SIGNATURE_BYTES],
			      uint8_t *out, size_t cap, struct ew_error *err);
EW_API size_t ew_sign_embed(const void *module, size_t size, const uint8_t *payload,
			    size_t payload_size, uint8_t *out, size_t cap, struct ew_error *err);

#ifdef __cplusplus
}
#endif
#endif
