/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * sign.c - signatures of modules and models, read and written.
 *
 * Source: WebAssembly tool-conventions, Signatures.md, version 1, with the byte lengths in front of each set and
 * each signature that its tool writes.  The hashes of the contents are made first and compared with those of each
 * set; only then is a public key asked, so forged contents cost no arithmetic of Ed25519.
 */
#include "edgewasm/sign.h"

#if EW_CONFIG_NODE
#include <string.h>
#include "base/error.h"
#include "base/reader.h"
#include "base/sha256.h"

#define VERSION 1u
#define HASH_SHA256 1u
#define ALGORITHM_ED25519 1u
#define DOMAIN "wasmsig"
#define DOMAIN_BYTES 7u
#define HEAD_BYTES (DOMAIN_BYTES + 3u) /* and version, content type, hash function */
#define MODULE_HEADER_BYTES 8u
#define ID_BYTES_MAX 1024u

_Static_assert(EW_SIGN_MESSAGE_BYTES(1) == HEAD_BYTES + EWI_SHA256_BYTES, "the public header says 10");

void ew_sha256(const void *bytes, size_t size, uint8_t out[EW_SHA256_BYTES])
{
	ewi_sha256(bytes, size, out);
}

/* The message that is signed, made anew from the contents. */
struct message {
	uint8_t bytes[EW_SIGN_MESSAGE_BYTES(EW_SIGN_PARTS)];
	size_t size;
};

/* ---- from contents to message ----------------------------------------------------------------- */

static bool name_is(const uint8_t *name, uint32_t len, const char *want)
{
	return len == strlen(want) && memcmp(name, want, len) == 0;
}

/* One section: its name when it is a custom one, and where it ends. */
struct section {
	const uint8_t *name, *payload, *end;
	uint32_t name_len;
	bool custom;
};

static bool read_section(struct ewi_reader *r, struct section *s)
{
	uint8_t id = ewi_read_u8(r);
	uint32_t size = ewi_read_u32(r);
	const uint8_t *body = ewi_read_bytes(r, size);
	struct ewi_reader inner;

	if (r->failed)
		return false;
	*s = (struct section){.end = body + size, .custom = id == 0};
	if (!s->custom)
		return true;
	ewi_reader_init(&inner, body, size, ewi_reader_at(r) - size, r->err);
	s->name_len = ewi_read_u32(&inner);
	s->name = ewi_read_bytes(&inner, s->name_len);
	s->payload = inner.p;
	r->failed = inner.failed;
	return !r->failed;
}

static bool read_header(struct ewi_reader *r)
{
	static const uint8_t header[MODULE_HEADER_BYTES] = {0, 'a', 's', 'm', 1, 0, 0, 0};
	const uint8_t *p = ewi_read_bytes(r, sizeof(header));

	if (p && memcmp(p, header, sizeof(header)) != 0)
		ewi_reader_fail(r, 0, "no WebAssembly module: wrong magic or version");
	return !r->failed;
}

static enum ew_status add_part(struct message *m, const struct ewi_sha256 *hash, size_t at,
			       struct ew_error *err)
{
	if (m->size + EWI_SHA256_BYTES > sizeof(m->bytes))
		return ewi_error(err, EW_ERR_LIMIT, at, "more than %u signed parts", EW_SIGN_PARTS);
	ewi_sha256_get(hash, m->bytes + m->size);
	m->size += EWI_SHA256_BYTES;
	return EW_OK;
}

/* The reader stands behind the header, and behind the signature section if there is one. */
static enum ew_status hash_parts(struct message *m, struct ewi_reader *r, struct ew_error *err)
{
	struct ewi_sha256 hash;
	bool open = true; /* bytes since the last delimiter, or no part at all yet */

	ewi_sha256_init(&hash);
	while (ewi_reader_left(r) != 0) {
		const uint8_t *begin = r->p;
		struct section s;

		if (!read_section(r, &s))
			return EW_ERR_MALFORMED;
		ewi_sha256_add(&hash, begin, (size_t)(s.end - begin));
		open = !(s.custom && name_is(s.name, s.name_len, "signature_delimiter"));
		if (!open && add_part(m, &hash, ewi_reader_at(r), err) != EW_OK)
			return EW_ERR_LIMIT;
	}
	return open ? add_part(m, &hash, ewi_reader_at(r), err) : EW_OK;
}

/* *section receives the embedded signature's payload, NULL when there is none. */
static enum ew_status make_message(struct message *m, enum ew_signed_content content,
				   const void *bytes, size_t size, struct section *section,
				   struct ew_error *err)
{
	struct ewi_reader r, look;
	struct ewi_sha256 hash;

	memcpy(m->bytes, DOMAIN, DOMAIN_BYTES);
	m->bytes[DOMAIN_BYTES] = VERSION;
	m->bytes[DOMAIN_BYTES + 1] = (uint8_t)content;
	m->bytes[DOMAIN_BYTES + 2] = HASH_SHA256;
	m->size = HEAD_BYTES;
	section->payload = NULL;
	if (content == EW_SIGNED_MODEL) {
		ewi_sha256_init(&hash);
		ewi_sha256_add(&hash, bytes, size);
		return add_part(m, &hash, 0, err);
	}
	ewi_reader_init(&r, bytes, size, 0, err);
	if (!read_header(&r))
		return EW_ERR_MALFORMED;
	look = r;
	if (ewi_reader_left(&look) != 0) {
		if (!read_section(&look, section))
			return EW_ERR_MALFORMED;
		if (section->custom && name_is(section->name, section->name_len, "signature"))
			r = look;
		else
			section->payload = NULL;
	}
	return hash_parts(m, &r, err);
}

/* ---- checking --------------------------------------------------------------------------------- */

/* What is worth telling when no signature was good; the later, the more it says. */
enum found { NONE, PARTIAL, OTHER_BYTES, UNKNOWN_KEY, NOT_YET, EXPIRED, REVOKED, GOOD };

struct check {
	const struct ew_trust *trust;
	const struct message *message;
	uint64_t now_ns;
	enum found found;
	uint32_t signatures; /* met so far */
	size_t key;
};

static void note(struct check *c, enum found found)
{
	if (found > c->found)
		c->found = found;
}

static bool is_revoked(const struct ew_trust *t, const uint8_t *key)
{
	for (size_t i = 0; i < t->revoked_count; i++)
		if (memcmp(t->revoked + i * EW_PUBLIC_KEY_BYTES, key, EW_PUBLIC_KEY_BYTES) == 0)
			return true;
	return false;
}

static void try_key(struct check *c, size_t i, const uint8_t *signature)
{
	const struct ew_trust *t = c->trust;
	const struct ew_trusted_key *k = &t->keys[i];

	if (!t->verify(t->user, signature, c->message->bytes, c->message->size, k->public_key))
		return;
	if (is_revoked(t, k->public_key)) {
		note(c, REVOKED);
	} else if (k->until_ns != 0 && c->now_ns >= k->until_ns) {
		note(c, EXPIRED);
	} else if (c->now_ns < k->from_ns) {
		note(c, NOT_YET);
	} else {
		note(c, GOOD);
		c->key = i;
	}
}

/* Keys of that id first, then the others: an id is a hint. */
static void try_keys(struct check *c, const uint8_t *signature, const uint8_t *id, size_t id_bytes)
{
	for (int named = 1; named >= 0; named--)
		for (size_t i = 0; i < c->trust->key_count && c->found != GOOD; i++) {
			const struct ew_trusted_key *k = &c->trust->keys[i];
			bool same = id_bytes != 0 && k->id && k->id_bytes == id_bytes &&
				    memcmp(k->id, id, id_bytes) == 0;

			if (same == (named != 0))
				try_key(c, i, signature);
		}
}

/* Where a record says that it ends; records must end exactly there. */
static const uint8_t *read_end(struct ewi_reader *r)
{
	uint32_t size = ewi_read_u32(r);

	if (!r->failed && size > ewi_reader_left(r))
		ewi_reader_fail(r, ewi_reader_at(r), "signature record passes its end");
	return r->failed ? NULL : r->p + size;
}

static bool ends_at(struct ewi_reader *r, const uint8_t *end)
{
	if (!r->failed && r->p != end)
		ewi_reader_fail(r, ewi_reader_at(r), "signature record does not end where it says");
	return !r->failed;
}

static bool read_signature(struct check *c, struct ewi_reader *r, bool ask)
{
	const uint8_t *end = read_end(r), *id, *signature;
	uint32_t id_bytes = ewi_read_u32(r), size;
	uint8_t algorithm;

	id = ewi_read_bytes(r, id_bytes);
	algorithm = ewi_read_u8(r);
	size = ewi_read_u32(r);
	signature = ewi_read_bytes(r, size);
	if (!ends_at(r, end))
		return false;
	if (algorithm == ALGORITHM_ED25519 && size != EW_SIGNATURE_BYTES)
		return ewi_reader_fail(r, ewi_reader_at(r) - size, "an Ed25519 signature has 64 bytes");
	if (ask) {
		note(c, UNKNOWN_KEY);
		if (algorithm == ALGORITHM_ED25519)
			try_keys(c, signature, id, id_bytes);
	}
	return true;
}

/* A set of hashes, and its signatures.  Whether the hashes are those of the contents decides what is asked. */
static enum ew_status read_set(struct check *c, struct ewi_reader *r)
{
	const uint8_t *end = read_end(r), *hashes;
	uint32_t hash_count = ewi_read_u32(r), count;
	size_t have = (c->message->size - HEAD_BYTES) / EWI_SHA256_BYTES, bytes;
	bool same;

	if (!r->failed && hash_count > ewi_reader_left(r) / EWI_SHA256_BYTES)
		ewi_reader_fail(r, ewi_reader_at(r), "more hashes than bytes");
	bytes = r->failed ? 0 : (size_t)hash_count * EWI_SHA256_BYTES;
	hashes = ewi_read_bytes(r, bytes);
	count = ewi_read_u32(r);
	if (r->failed)
		return EW_ERR_MALFORMED;
	same = hash_count == have && memcmp(hashes, c->message->bytes + HEAD_BYTES, bytes) == 0;
	if (!same)
		note(c, hash_count < have ? PARTIAL : OTHER_BYTES);
	for (uint32_t i = 0; i < count; i++) {
		if (++c->signatures > EW_SIGN_SIGNATURES)
			return ewi_error(r->err, EW_ERR_LIMIT, ewi_reader_at(r),
					 "more than %u signatures", EW_SIGN_SIGNATURES);
		if (!read_signature(c, r, same))
			return EW_ERR_MALFORMED;
	}
	return ends_at(r, end) ? EW_OK : EW_ERR_MALFORMED;
}

static enum ew_status read_payload(struct check *c, enum ew_signed_content content,
				   struct ewi_reader *r)
{
	size_t at = ewi_reader_at(r);
	uint8_t version = ewi_read_u8(r), type = ewi_read_u8(r), hash = ewi_read_u8(r);
	uint32_t sets = ewi_read_u32(r);

	if (r->failed)
		return EW_ERR_MALFORMED;
	if (version != VERSION || hash != HASH_SHA256)
		return ewi_error(r->err, EW_ERR_UNSUPPORTED, at,
				 "signature of version %u with hash function %u, not 1 and 1", version, hash);
	if (type != (uint8_t)content)
		return ewi_error(r->err, EW_ERR_UNSUPPORTED, at + 1,
				 "signature of content type %u, not %u", type, (unsigned)content);
	for (uint32_t i = 0; i < sets; i++) {
		enum ew_status status = read_set(c, r);

		if (status != EW_OK)
			return status;
	}
	return ends_at(r, r->end) ? EW_OK : EW_ERR_MALFORMED;
}

static enum ew_status verdict(const struct check *c, struct ew_error *err)
{
	static const struct {
		enum ew_status status;
		const char *text;
	} of[] = {
		[NONE] = {EW_ERR_DENIED, "no signature in the signature section"},
		[PARTIAL] = {EW_ERR_CORRUPT, "only a part of the contents is signed"},
		[OTHER_BYTES] = {EW_ERR_CORRUPT, "the contents are not those that were signed"},
		[UNKNOWN_KEY] = {EW_ERR_DENIED, "not signed by a trusted key"},
		[NOT_YET] = {EW_ERR_DENIED, "signed by a key that is not valid yet"},
		[EXPIRED] = {EW_ERR_DENIED, "signed by a key that has expired"},
		[REVOKED] = {EW_ERR_DENIED, "signed by a key that was revoked"},
	};

	if (c->found == GOOD)
		return EW_OK;
	return ewi_error(err, of[c->found].status, 0, "%s", of[c->found].text);
}

enum ew_status ew_trust_check(const struct ew_trust *trust, enum ew_signed_content content,
			      const void *bytes, size_t size, const void *signature,
			      size_t signature_size, uint64_t now_ns, size_t *key, struct ew_error *err)
{
	struct message m;
	struct check c = {.trust = trust, .message = &m, .now_ns = now_ns};
	struct section section;
	struct ewi_reader r;
	enum ew_status status;

	ewi_error_clear(err);
	if (!trust->verify || (content != EW_SIGNED_MODULE && content != EW_SIGNED_MODEL))
		return ewi_error(err, EW_ERR_INVAL, 0, "no verify callback, or no such content");
	status = make_message(&m, content, bytes, size, &section, err);
	if (status != EW_OK)
		return status;
	if (!signature && !section.payload)
		return ewi_error(err, EW_ERR_DENIED, 0, "not signed");
	if (signature)
		ewi_reader_init(&r, signature, signature_size, 0, err);
	else
		ewi_reader_init(&r, section.payload, (size_t)(section.end - section.payload),
				(size_t)(section.payload - (const uint8_t *)bytes), err);
	status = read_payload(&c, content, &r);
	if (status == EW_OK)
		status = verdict(&c, err);
	if (status == EW_OK && key)
		*key = c.key;
	return status;
}

/* ---- writing ---------------------------------------------------------------------------------- */

size_t ew_sign_message(enum ew_signed_content content, const void *bytes, size_t size, uint8_t *out,
		       size_t cap, struct ew_error *err)
{
	struct message m;
	struct section section;

	ewi_error_clear(err);
	if (make_message(&m, content, bytes, size, &section, err) != EW_OK)
		return 0;
	if (section.payload) {
		ewi_error(err, EW_ERR_EXISTS, 0, "the module is signed already");
		return 0;
	}
	if (m.size > cap) {
		ewi_error(err, EW_ERR_TOOBIG, 0, "the message has %zu bytes", m.size);
		return 0;
	}
	memcpy(out, m.bytes, m.size);
	return m.size;
}

/* LEB128; p NULL only measures. */
static size_t put_u32(uint8_t *p, size_t v)
{
	size_t n = 0;

	do {
		uint8_t byte = (uint8_t)(v & 0x7f);

		v >>= 7;
		if (p)
			p[n] = v ? byte | 0x80 : byte;
		n++;
	} while (v);
	return n;
}

size_t ew_sign_payload(const uint8_t *message, size_t message_size, const void *id, size_t id_bytes,
		       const uint8_t signature[EW_SIGNATURE_BYTES], uint8_t *out, size_t cap,
		       struct ew_error *err)
{
	size_t hashes = message_size - HEAD_BYTES, count = hashes / EWI_SHA256_BYTES;
	size_t record, set, total;
	uint8_t *p = out;

	ewi_error_clear(err);
	if (message_size <= HEAD_BYTES || hashes % EWI_SHA256_BYTES != 0 || id_bytes > ID_BYTES_MAX) {
		ewi_error(err, EW_ERR_INVAL, 0, "no message, or a key id over %u bytes", ID_BYTES_MAX);
		return 0;
	}
	record = put_u32(NULL, id_bytes) + id_bytes + 1 + put_u32(NULL, EW_SIGNATURE_BYTES) + EW_SIGNATURE_BYTES;
	set = put_u32(NULL, count) + hashes + 1 + put_u32(NULL, record) + record;
	total = 3 + 1 + put_u32(NULL, set) + set;
	if (total > cap) {
		ewi_error(err, EW_ERR_TOOBIG, 0, "the payload has %zu bytes", total);
		return 0;
	}
	memcpy(p, message + DOMAIN_BYTES, 3); /* version, content type, hash function */
	p += 3;
	*p++ = 1; /* set */
	p += put_u32(p, set);
	p += put_u32(p, count);
	memcpy(p, message + HEAD_BYTES, hashes);
	p += hashes;
	*p++ = 1; /* signature */
	p += put_u32(p, record);
	p += put_u32(p, id_bytes);
	if (id_bytes != 0)
		memcpy(p, id, id_bytes);
	p += id_bytes;
	*p++ = ALGORITHM_ED25519;
	p += put_u32(p, EW_SIGNATURE_BYTES);
	memcpy(p, signature, EW_SIGNATURE_BYTES);
	return total;
}

size_t ew_sign_embed(const void *module, size_t size, const uint8_t *payload, size_t payload_size,
		     uint8_t *out, size_t cap, struct ew_error *err)
{
	static const uint8_t name[] = {9, 's', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e'};
	size_t body = sizeof(name) + payload_size, total = size + 1 + put_u32(NULL, body) + body;
	struct ewi_reader r;
	uint8_t *p = out;

	ewi_error_clear(err);
	ewi_reader_init(&r, module, size, 0, err);
	if (!read_header(&r))
		return 0;
	if (total > cap || payload_size > UINT32_MAX / 2) {
		ewi_error(err, EW_ERR_TOOBIG, 0, "the signed module has %zu bytes", total);
		return 0;
	}
	memcpy(p, module, MODULE_HEADER_BYTES);
	p += MODULE_HEADER_BYTES;
	*p++ = 0; /* a custom section */
	p += put_u32(p, body);
	memcpy(p, name, sizeof(name));
	memcpy(p + sizeof(name), payload, payload_size);
	memcpy(p + body, (const uint8_t *)module + MODULE_HEADER_BYTES, size - MODULE_HEADER_BYTES);
	return total;
}

#endif
