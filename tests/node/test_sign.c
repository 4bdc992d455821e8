/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_sign.c - signatures: every bit flipped, every key that should not do, every record that lies.
 *
 * Most tests use fake_sign.h's arithmetic; one uses libcrypto's, where it is installed.
 */
#include "../aid/aid.h"
#include <dlfcn.h>
#include "fake_sign.h"

static const uint8_t module[] = {
	0, 'a', 's', 'm', 1, 0, 0, 0,
	1, 4, 1, 0x60, 0, 0,		  /* type: () -> () */
	3, 2, 1, 0,			  /* function */
	10, 4, 1, 2, 0, 0x0b,		  /* code */
	0, 5, 4, 'n', 'o', 't', 'e',	  /* a custom section, empty */
};
#define DELIMITER_BYTES 38u
static const uint8_t delimiter[DELIMITER_BYTES] = {
	0, 36, 19, 's', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e', '_', 'd', 'e', 'l', 'i', 'm', 'i', 't', 'e', 'r',
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
};

/* Keys 0 to 3 hold their number 32 times; 2 is valid from 100 until 200, 3 is revoked. */
static struct ew_trusted_key keys[4];
static uint8_t revoked[32];
static struct ew_trust trust;
static uint32_t verifications;

static int set_up(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		memset(keys[i].public_key, (int)i, 32);
	keys[1].id = "one";
	keys[1].id_bytes = 3;
	keys[2].from_ns = 100;
	keys[2].until_ns = 200;
	memset(revoked, 3, 32);
	trust = (struct ew_trust){sizeof(trust), keys, 4, revoked, 1, fake_verify, &verifications};
	return 0;
}

static size_t sign_module(uint8_t *out, size_t cap, const void *bytes, size_t size,
			  const uint8_t key[32], const char *id)
{
	uint8_t payload[1024];
	size_t n = fake_payload(payload, sizeof(payload), EW_SIGNED_MODULE, bytes, size, key, id);

	n = ew_sign_embed(bytes, size, payload, n, out, cap, NULL);
	assert_true(n != 0);
	return n;
}

static void who_is_accepted(void **state)
{
	static const uint8_t stranger[32] = {77};
	static const struct row {
		const char *name;
		const uint8_t *key;
		const char *id;
		uint64_t now;
		enum ew_status want;
		size_t index;
		const char *text;
	} rows[] = {
		{"first key", keys[0].public_key, NULL, 0, EW_OK, 0, ""},
		{"by its id", keys[1].public_key, "one", 0, EW_OK, 1, ""},
		{"another's id", keys[0].public_key, "one", 0, EW_OK, 0, ""},
		{"an id nobody has", keys[1].public_key, "two", 0, EW_OK, 1, ""},
		{"before its time", keys[2].public_key, NULL, 99, EW_ERR_DENIED, 0, "not valid yet"},
		{"from its time on", keys[2].public_key, NULL, 100, EW_OK, 2, ""},
		{"last moment", keys[2].public_key, NULL, 199, EW_OK, 2, ""},
		{"after its time", keys[2].public_key, NULL, 200, EW_ERR_DENIED, 0, "expired"},
		{"revoked", keys[3].public_key, NULL, 0, EW_ERR_DENIED, 0, "revoked"},
		{"stranger", stranger, NULL, 0, EW_ERR_DENIED, 0, "not signed by a trusted key"},
	};
	uint8_t bytes[512], payload[512];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_error err;
		size_t key = 99, n = sign_module(bytes, sizeof(bytes), module, sizeof(module), rows[i].key, rows[i].id);

		check_status(rows[i].name, ew_trust_check(&trust, EW_SIGNED_MODULE, bytes, n, NULL, 0, rows[i].now,
							  &key, &err), rows[i].want);
		check_int(rows[i].name, key, rows[i].want == EW_OK ? rows[i].index : 99);
		check_has(rows[i].name, err.text, rows[i].text);
		/* The same payload beside the module as it was. */
		n = fake_payload(payload, sizeof(payload), EW_SIGNED_MODULE, module, sizeof(module), rows[i].key, rows[i].id);
		check_status(rows[i].name, ew_trust_check(&trust, EW_SIGNED_MODULE, module, sizeof(module), payload, n,
							  rows[i].now, NULL, &err), rows[i].want);
	}
}

/* Every bit of a signed module, the key id's apart, and of a detached signature and its model: refused. */
static void every_bit(void **state)
{
	uint8_t bytes[512], payload[512], model[97];
	size_t n = sign_module(bytes, sizeof(bytes), module, sizeof(module), keys[1].public_key, "one");
	uint64_t seed = 3;
	uint32_t refused = 0, accepted = 0;
	size_t sizes[2] = {sizeof(model), 0};
	uint8_t *of[2] = {model, payload};

	(void)state;
	for (size_t bit = 0; bit < 8 * n; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (ew_trust_check(&trust, EW_SIGNED_MODULE, bytes, n, NULL, 0, 0, NULL, NULL) == EW_OK)
			accepted++;
		else
			refused++;
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	check_int("a hint may vary", accepted, 3 * 8);
	check_int("the rest", refused, 8 * n - 3 * 8);

	for (size_t i = 0; i < sizeof(model); i++)
		model[i] = (uint8_t)noise(&seed);
	sizes[1] = fake_payload(payload, sizeof(payload), EW_SIGNED_MODEL, model, sizeof(model), keys[0].public_key, NULL);
	check_status("model", ew_trust_check(&trust, EW_SIGNED_MODEL, model, sizes[0], payload, sizes[1], 0, NULL, NULL), EW_OK);
	for (int side = 0; side < 2; side++)
		for (size_t bit = 0; bit < 8 * sizes[side]; bit++) {
			of[side][bit / 8] ^= (uint8_t)(1u << bit % 8);
			check_true(side ? "signature" : "model",
				   ew_trust_check(&trust, EW_SIGNED_MODEL, model, sizes[0], payload, sizes[1], 0, NULL,
						  NULL) != EW_OK);
			of[side][bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
}

/* Cut anywhere, and bytes put behind: refused; under guard pages, so never read past the end. */
static void every_cut(void **state)
{
	uint8_t bytes[512];
	size_t n = sign_module(bytes, sizeof(bytes), module, sizeof(module), keys[0].public_key, "id");

	(void)state;
	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *copy = malloc(cut + 1); /* exact: the sanitizer sees one byte more */

		memcpy(copy, bytes, cut);
		copy = realloc(copy, cut ? cut : 1);
		assert_true(ew_trust_check(&trust, EW_SIGNED_MODULE, copy, cut, NULL, 0, 0, NULL, NULL) != EW_OK);
		free(copy);
	}
	bytes[n] = 0;
	assert_true(ew_trust_check(&trust, EW_SIGNED_MODULE, bytes, n + 1, NULL, 0, 0, NULL, NULL) != EW_OK);
}

static size_t put(uint8_t *out, size_t at, const void *bytes, size_t size)
{
	memcpy(out + at, bytes, size);
	return at + size;
}

/* A module of `count` parts, each a custom section and a delimiter, the last delimiter only if `closed`. */
static size_t parts_module(uint8_t *out, unsigned count, bool closed)
{
	size_t n = put(out, 0, module, 8);

	for (unsigned i = 0; i < count; i++) {
		uint8_t custom[] = {0, 3, 1, 'p', (uint8_t)i};

		n = put(out, n, custom, sizeof(custom));
		if (i + 1 < count || closed)
			n = put(out, n, delimiter, sizeof(delimiter));
	}
	return n;
}

static void parts(void **state)
{
	static const struct row {
		const char *name;
		unsigned count;
		bool closed;
		enum ew_status want;
	} rows[] = {
		{"one, closed", 1, true, EW_OK},
		{"two", 2, false, EW_OK},
		{"two, closed", 2, true, EW_OK},
		{"below the limit", EW_SIGN_PARTS - 1, true, EW_OK},
		{"at the limit", EW_SIGN_PARTS, true, EW_OK},
		{"above the limit", EW_SIGN_PARTS + 1, true, EW_ERR_LIMIT},
		{"above, by an open part", EW_SIGN_PARTS + 1, false, EW_ERR_LIMIT},
	};
	uint8_t bytes[2048], payload[2048], message[EW_SIGN_MESSAGE_BYTES(EW_SIGN_PARTS)], signature[64];
	struct ew_error err;
	size_t n, m;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		n = parts_module(bytes, rows[i].count, rows[i].closed);
		m = ew_sign_message(EW_SIGNED_MODULE, bytes, n, message, sizeof(message), &err);
		check_status(rows[i].name, err.status, rows[i].want);
		if (rows[i].want != EW_OK)
			continue;
		check_int(rows[i].name, m, EW_SIGN_MESSAGE_BYTES(rows[i].count));
		m = fake_payload(payload, sizeof(payload), EW_SIGNED_MODULE, bytes, n, keys[0].public_key, NULL);
		check_status(rows[i].name, ew_trust_check(&trust, EW_SIGNED_MODULE, bytes, n, payload, m, 0, NULL, &err), EW_OK);
		bytes[n - 1] ^= 1;
		check_status(rows[i].name, ew_trust_check(&trust, EW_SIGNED_MODULE, bytes, n, payload, m, 0, NULL, &err),
			     EW_ERR_CORRUPT);
	}
	/* The signature of the first part alone does not do for both: "by default, partial signatures are ignored". */
	n = parts_module(bytes, 2, true);
	m = ew_sign_message(EW_SIGNED_MODULE, bytes, n, message, sizeof(message), &err) - 32;
	fake_sign(signature, message, m, keys[0].public_key);
	m = ew_sign_payload(message, m, NULL, 0, signature, payload, sizeof(payload), &err);
	check_status("partial", ew_trust_check(&trust, EW_SIGNED_MODULE, bytes, n, payload, m, 0, NULL, &err), EW_ERR_CORRUPT);
	check_has("partial", err.text, "only a part");
}

/* Several sets and signatures, as the convention has them; what is not understood is passed over, what lies is refused. */
static void records(void **state)
{
	uint8_t message[EW_SIGN_MESSAGE_BYTES(1)], good[64], bad[64] = {0}, payload[4096];
	struct ew_error err;
	static const struct row {
		const char *name;
		uint8_t version, content, hash, algorithm;
		unsigned signatures, good_at; /* the good one's place; none: any beyond */
		int grow_set, grow_record;    /* what their lengths say, beside the truth */
		uint8_t size;		      /* of each signature */
		enum ew_status want;
		const char *text;
	} rows[] = {
		{"one", 1, 1, 1, 1, 1, 0, 0, 0, 64, EW_OK, ""},
		{"the second", 1, 1, 1, 1, 2, 1, 0, 0, 64, EW_OK, ""},
		{"at the limit", 1, 1, 1, 1, EW_SIGN_SIGNATURES, EW_SIGN_SIGNATURES - 1, 0, 0, 64, EW_OK, ""},
		{"above the limit", 1, 1, 1, 1, EW_SIGN_SIGNATURES + 1, 0, 0, 0, 64, EW_ERR_LIMIT, "more than 16 signatures"},
		{"none", 1, 1, 1, 1, 0, 9, 0, 0, 64, EW_ERR_DENIED, "no signature"},
		{"none good", 1, 1, 1, 1, 3, 9, 0, 0, 64, EW_ERR_DENIED, "trusted key"},
		{"another version", 2, 1, 1, 1, 1, 0, 0, 0, 64, EW_ERR_UNSUPPORTED, "version 2"},
		{"a model's", 1, 2, 1, 1, 1, 0, 0, 0, 64, EW_ERR_UNSUPPORTED, "content type 2"},
		{"another hash", 1, 1, 2, 1, 1, 0, 0, 0, 64, EW_ERR_UNSUPPORTED, "hash function 2"},
		{"another algorithm", 1, 1, 1, 9, 1, 0, 0, 0, 64, EW_ERR_DENIED, "trusted key"},
		{"set too long", 1, 1, 1, 1, 1, 0, 1, 0, 64, EW_ERR_MALFORMED, "passes its end"},
		{"set too short", 1, 1, 1, 1, 1, 0, -1, 0, 64, EW_ERR_MALFORMED, "does not end"},
		{"record too long", 1, 1, 1, 1, 1, 0, 0, 1, 64, EW_ERR_MALFORMED, "passes its end"},
		{"record too short", 1, 1, 1, 1, 1, 0, 0, -1, 64, EW_ERR_MALFORMED, "does not end"},
		{"short signature", 1, 1, 1, 1, 1, 0, 0, 0, 63, EW_ERR_MALFORMED, "64 bytes"},
		{"long signature", 1, 1, 1, 1, 1, 0, 0, 0, 65, EW_ERR_MALFORMED, "64 bytes"},
	};

	(void)state;
	ew_sign_message(EW_SIGNED_MODULE, module, sizeof(module), message, sizeof(message), NULL);
	fake_sign(good, message, sizeof(message), keys[0].public_key);
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *r = &rows[i];
		size_t set = 1 + 32 + 1 + (size_t)r->signatures * (1 + 3u + r->size), says = set + (size_t)r->grow_set, n = 0;
		uint8_t head[] = {r->version, r->content, r->hash, 1, (uint8_t)(says | 0x80), (uint8_t)(says >> 7), 1};

		n = put(payload, n, head, sizeof(head));
		n = put(payload, n, message + 10, 32);
		payload[n++] = (uint8_t)r->signatures;
		for (unsigned k = 0; k < r->signatures; k++) {
			uint8_t record[] = {(uint8_t)(3 + r->size + r->grow_record), 0, r->algorithm, r->size}, sig[65] = {0};

			memcpy(sig, k == r->good_at ? good : bad, 64);
			n = put(payload, n, record, sizeof(record));
			n = put(payload, n, sig, r->size);
		}
		check_status(r->name, ew_trust_check(&trust, EW_SIGNED_MODULE, module, sizeof(module), payload, n, 0, NULL,
						     &err), r->want);
		check_has(r->name, err.text, r->text);
	}
}

static void contents(void **state)
{
	uint8_t bytes[512], payload[512];
	struct ew_error err;
	struct ew_trust blind = trust;
	size_t n = fake_payload(payload, sizeof(payload), EW_SIGNED_MODEL, module, sizeof(module), keys[0].public_key, NULL);

	(void)state;
	check_status("unsigned", ew_trust_check(&trust, EW_SIGNED_MODULE, module, sizeof(module), NULL, 0, 0, NULL, &err),
		     EW_ERR_DENIED);
	check_str("unsigned", err.text, "not signed");
	check_status("model, nothing beside it", ew_trust_check(&trust, EW_SIGNED_MODEL, module, sizeof(module), NULL, 0, 0,
								NULL, &err), EW_ERR_DENIED);
	check_status("a model's signature on a module", ew_trust_check(&trust, EW_SIGNED_MODULE, module, sizeof(module),
								       payload, n, 0, NULL, &err), EW_ERR_UNSUPPORTED);
	payload[1] = EW_SIGNED_MODULE; /* says module now, but that is not what was hashed and signed */
	check_status("and relabelled", ew_trust_check(&trust, EW_SIGNED_MODULE, module, sizeof(module), payload, n, 0, NULL,
						      &err), EW_ERR_CORRUPT);
	blind.verify = NULL;
	check_status("no verify", ew_trust_check(&blind, EW_SIGNED_MODULE, module, sizeof(module), payload, n, 0, NULL, &err),
		     EW_ERR_INVAL);
	check_status("no such content", ew_trust_check(&trust, (enum ew_signed_content)3, module, sizeof(module), payload, n,
						       0, NULL, &err), EW_ERR_INVAL);
	/* Forged contents cost no verification at all. */
	n = sign_module(bytes, sizeof(bytes), module, sizeof(module), keys[0].public_key, NULL);
	verifications = 0;
	bytes[n - 1] ^= 1;
	check_status("forged", ew_trust_check(&trust, EW_SIGNED_MODULE, bytes, n, NULL, 0, 0, NULL, &err), EW_ERR_CORRUPT);
	check_int("forged", verifications, 0);
	bytes[n - 1] ^= 1;
	check_int("signed already", ew_sign_message(EW_SIGNED_MODULE, bytes, n, payload, sizeof(payload), &err), 0);
	check_has("signed already", err.text, "signed already");
}

/* What the writing functions say they need is what they need. */
static void room(void **state)
{
	uint8_t message[EW_SIGN_MESSAGE_BYTES(1)], signature[64] = {0}, payload[256], out[512], id[1025] = {0};
	struct ew_error err;
	size_t n, m;

	(void)state;
	assert_int_equal(ew_sign_message(EW_SIGNED_MODULE, module, sizeof(module), message, sizeof(message) - 1, &err), 0);
	assert_int_equal(err.status, EW_ERR_TOOBIG);
	assert_int_equal(ew_sign_message(EW_SIGNED_MODULE, module, sizeof(module), message, sizeof(message), &err),
			 sizeof(message));
	n = ew_sign_payload(message, sizeof(message), "id", 2, signature, payload, sizeof(payload), &err);
	assert_true(n != 0);
	assert_int_equal(ew_sign_payload(message, sizeof(message), "id", 2, signature, payload, n, &err), n);
	assert_int_equal(ew_sign_payload(message, sizeof(message), "id", 2, signature, payload, n - 1, &err), 0);
	assert_int_equal(err.status, EW_ERR_TOOBIG);
	assert_int_equal(ew_sign_payload(message, sizeof(message), id, 1025, signature, payload, sizeof(payload), &err), 0);
	assert_int_equal(err.status, EW_ERR_INVAL);
	m = ew_sign_embed(module, sizeof(module), payload, n, out, sizeof(out), &err);
	assert_true(m != 0);
	assert_int_equal(ew_sign_embed(module, sizeof(module), payload, n, out, m, &err), m);
	assert_int_equal(ew_sign_embed(module, sizeof(module), payload, n, out, m - 1, &err), 0);
	assert_int_equal(err.status, EW_ERR_TOOBIG);
	assert_int_equal(ew_sign_embed(module, 7, payload, n, out, sizeof(out), &err), 0);
	assert_int_equal(err.status, EW_ERR_MALFORMED);
}

/* ---- the real arithmetic ---------------------------------------------------------------------- */

struct crypto {
	void *(*private_key)(int, void *, const unsigned char *, size_t);
	void *(*public_key)(int, void *, const unsigned char *, size_t);
	int (*get_public)(const void *, unsigned char *, size_t *);
	void *(*context)(void);
	int (*sign_init)(void *, void *, const void *, void *, void *);
	int (*sign)(void *, unsigned char *, size_t *, const unsigned char *, size_t);
	int (*verify_init)(void *, void *, const void *, void *, void *);
	int (*verify)(void *, const unsigned char *, size_t, const unsigned char *, size_t);
	void (*free_context)(void *);
	void (*free_key)(void *);
};
#define ED25519 1087 /* EVP_PKEY_ED25519 */

static bool load_crypto(struct crypto *c)
{
	static const char *const names[] = {
		"EVP_PKEY_new_raw_private_key", "EVP_PKEY_new_raw_public_key", "EVP_PKEY_get_raw_public_key",
		"EVP_MD_CTX_new", "EVP_DigestSignInit", "EVP_DigestSign", "EVP_DigestVerifyInit", "EVP_DigestVerify",
		"EVP_MD_CTX_free", "EVP_PKEY_free",
	};
	void *library = dlopen("libcrypto.so.3", RTLD_NOW);

	_Static_assert(sizeof(*c) == ROWS(names) * sizeof(void *), "a name for each");
	for (size_t i = 0; library && i < ROWS(names); i++) {
		void *symbol = dlsym(library, names[i]);

		if (!symbol)
			return false;
		memcpy((char *)c + i * sizeof(symbol), &symbol, sizeof(symbol));
	}
	return library != NULL;
}

static bool real_verify(void *user, const uint8_t signature[64], const void *message, size_t size,
			const uint8_t public_key[32])
{
	const struct crypto *c = user;
	void *key = c->public_key(ED25519, NULL, public_key, 32), *context = c->context();
	bool good = key && c->verify_init(context, NULL, NULL, NULL, key) == 1 &&
		    c->verify(context, signature, 64, message, size) == 1;

	c->free_context(context);
	c->free_key(key);
	return good;
}

/* RFC 8032, 7.1, test 1's key; signed and checked by libcrypto, and every bit of the result flipped. */
static void ed25519(void **state)
{
	static const uint8_t secret[32] = {
		0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
		0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
	};
	uint8_t message[EW_SIGN_MESSAGE_BYTES(1)], signature[64], payload[256], bytes[512];
	struct ew_trusted_key trusted = {.id = "k", .id_bytes = 1};
	struct crypto c;
	struct ew_trust t = {sizeof(t), &trusted, 1, NULL, 0, real_verify, &c};
	size_t size = 32, n;
	void *key, *context;

	(void)state;
	if (!load_crypto(&c)) {
		print_message("skipped: no libcrypto.so.3\n");
		skip();
	}
	key = c.private_key(ED25519, NULL, secret, 32);
	context = c.context();
	assert_int_equal(c.get_public(key, trusted.public_key, &size), 1);
	ew_sign_message(EW_SIGNED_MODULE, module, sizeof(module), message, sizeof(message), NULL);
	assert_int_equal(c.sign_init(context, NULL, NULL, NULL, key), 1);
	size = 64;
	assert_int_equal(c.sign(context, signature, &size, message, sizeof(message)), 1);
	c.free_context(context);
	c.free_key(key);
	n = ew_sign_payload(message, sizeof(message), NULL, 0, signature, payload, sizeof(payload), NULL);
	n = ew_sign_embed(module, sizeof(module), payload, n, bytes, sizeof(bytes), NULL);
	assert_int_equal(ew_trust_check(&t, EW_SIGNED_MODULE, bytes, n, NULL, 0, 0, NULL, NULL), EW_OK);
	for (size_t bit = 0; bit < 8 * n; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(ew_trust_check(&t, EW_SIGNED_MODULE, bytes, n, NULL, 0, 0, NULL, NULL) != EW_OK);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_accepted), cmocka_unit_test(every_bit), cmocka_unit_test(every_cut),
		cmocka_unit_test(parts),	   cmocka_unit_test(records),	cmocka_unit_test(contents),
		cmocka_unit_test(room),		   cmocka_unit_test(ed25519),
	};

	return cmocka_run_group_tests_name("sign", tests, set_up, NULL);
}
