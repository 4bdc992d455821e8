/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * signed.c - a node that takes only signed functions: Ed25519 by libsodium, found when the program starts.
 *
 *	signed [GUEST.wasm]     default: examples/guests/guest_echo.wasm
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "edgewasm.h"

#define HOUR 3600000000000ull

/* What libsodium has under these names. */
static int (*seed_keypair)(unsigned char *public_key, unsigned char *secret_key, const unsigned char *seed);
static int (*sign_detached)(unsigned char *signature, unsigned long long *size, const unsigned char *message,
			    unsigned long long bytes, const unsigned char *secret_key);
static int (*verify_detached)(const unsigned char *signature, const unsigned char *message, unsigned long long bytes,
			      const unsigned char *public_key);

static bool load_sodium(void)
{
	void *library = dlopen("libsodium.so.23", RTLD_NOW), *symbol[3];

	if (!library)
		return false;
	symbol[0] = dlsym(library, "crypto_sign_seed_keypair");
	symbol[1] = dlsym(library, "crypto_sign_detached");
	symbol[2] = dlsym(library, "crypto_sign_verify_detached");
	memcpy(&seed_keypair, &symbol[0], sizeof(symbol[0]));
	memcpy(&sign_detached, &symbol[1], sizeof(symbol[1]));
	memcpy(&verify_detached, &symbol[2], sizeof(symbol[2]));
	return symbol[0] && symbol[1] && symbol[2];
}

/* All that the library needs to know of Ed25519. */
static bool verify(void *user, const uint8_t signature[64], const void *message, size_t size,
		   const uint8_t public_key[32])
{
	(void)user;
	return verify_detached(signature, message, size, public_key) == 0;
}

static enum ew_status noon(void *user, uint32_t id, uint64_t *ns)
{
	(void)user, (void)id;
	*ns = 12 * HOUR;
	return EW_OK;
}

/* The module with a signature section in front of it; 0: not signed. */
static size_t sign(const void *module, size_t size, const unsigned char *secret_key, uint8_t *out, size_t cap)
{
	uint8_t message[EW_SIGN_MESSAGE_BYTES(1)], signature[EW_SIGNATURE_BYTES], payload[256];
	struct ew_error err;
	size_t n = ew_sign_message(EW_SIGNED_MODULE, module, size, message, sizeof(message), &err);

	sign_detached(signature, NULL, message, n, secret_key);
	n = ew_sign_payload(message, n, NULL, 0, signature, payload, sizeof(payload), &err);
	return ew_sign_embed(module, size, payload, n, out, cap, &err);
}

static void offer(struct ew_node *node, const char *what, const char *version, const void *bytes, size_t size)
{
	struct ew_function_config f = {.struct_bytes = sizeof(f), .name = "echo", .version = version, .module_bytes = bytes,
				       .module_size = size, .flags = EW_FUNCTION_COPY,
				       .grant.caps = EW_CAP_RECV | EW_CAP_EMIT};
	struct ew_error err;
	enum ew_status st = ew_node_function_put(node, &f, &err);

	printf("%-14s %s\n", what, st == EW_OK ? "runs" : err.text);
}

int main(int argc, char **argv)
{
	enum { GOOD, REVOKED, EXPIRED, STRANGER, KEYS };
	static const char *const names[KEYS] = {"our key", "a lost key", "an old key", "a stranger"};
	static uint8_t module[1 << 16], bytes[1 << 16];
	unsigned char secret[KEYS][64];
	struct ew_trusted_key keys[3] = {{.until_ns = 0}, {.until_ns = 0}, {.until_ns = 11 * HOUR}};
	uint8_t public_key[KEYS][EW_PUBLIC_KEY_BYTES];
	struct ew_trust trust = {sizeof(trust), keys, 3, public_key[REVOKED], 1, verify, NULL};
	struct ew_node_host host = {.struct_bytes = sizeof(host), .clock = noon};
	struct ew_node_config config = {.struct_bytes = sizeof(config), .host = &host, .trust = &trust};
	FILE *f = fopen(argc > 1 ? argv[1] : "examples/guests/guest_echo.wasm", "rb");
	size_t size = f ? fread(module, 1, sizeof(module) / 2, f) : 0, n;
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err;
	struct ew_node *node;

	if (f)
		fclose(f);
	if (!load_sodium()) {
		printf("skipped: libsodium.so.23 is not installed (Debian: libsodium23)\n");
		return 0;
	}
	for (int k = 0; k < KEYS; k++) {
		unsigned char seed[32] = {(unsigned char)(k + 1)}; /* a real one comes from entropy, and never leaves the signer */

		seed_keypair(public_key[k], secret[k], seed);
		if (k < STRANGER)
			memcpy(keys[k].public_key, public_key[k], EW_PUBLIC_KEY_BYTES);
	}
	if (size == 0 || ew_node_create(&node, &config, &alloc, &err) != EW_OK)
		return 1;
	offer(node, "unsigned", "1", module, size);
	for (int k = KEYS - 1; k >= 0; k--) {
		n = sign(module, size, secret[k], bytes, sizeof(bytes));
		offer(node, names[k], "1", bytes, n);
	}
	bytes[n - 1] ^= 1;
	offer(node, "one bit off", "2", bytes, n);
	ew_node_destroy(node);
	return 0;
}
