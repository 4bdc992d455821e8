/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * codec.c - acts as bytes.  One table says which fields there are; what has its default is left out, so a field that
 * is added later changes nothing in what was written before.  Numbers are little-endian.
 */
#include "node/codec.h"
#include "base/le.h"

#if EW_CONFIG_NODE

/* width: bytes of a number; TEXT; HASH; HASH_AT: one that is pointed to; TAIL: as many bytes as value_bytes says. */
enum { TEXT = 0, HASH = 32, TAIL = 33, HASH_AT = 34 };
#define SETTING 40u /* the tag; key, NUL, value */
#define HEAD 5u	    /* tag and length */

static const struct field {
	uint8_t tag, width;
	uint16_t count; /* of numbers that lie side by side */
	size_t at;
} fields[] = {
#define AT(member) offsetof(struct ewi_act_record, member)
	{1, TEXT, 1, AT(function.name)},
	{2, TEXT, 1, AT(function.version)},
	{3, 4, 1, AT(function.flags)},
	{4, 4, 1, AT(function.grant.caps)},
	{5, 4, 1, AT(function.grant.flags)},
	{6, 4, 2 * EW_QUOTA_KINDS, AT(function.grant.quota)},
	{7, 8, 1, AT(function.fuel)},
	{8, 8, 1, AT(function.deadline_ns)},
	{9, 4, 1, AT(function.max_memory_pages)},
	{10, 4, 1, AT(function.batch)},
	{11, 8, 1, AT(function.tick_ns)},
	{12, 4, 1, AT(function.fail_limit)},
	{13, 8, 1, AT(function.park_ns)},
	{14, TEXT, 1, AT(function.out_topic)},
	{15, TEXT, 1, AT(function.fallback)},
	{16, 8, 1, AT(function.batch_age_ns)},
	{17, 4, 1, AT(function.batch_bytes)},
	{18, HASH_AT, 1, AT(function.sha256)},
	{19, 8, 1, AT(function.cache_ttl_ns)},
	{20, TEXT, 1, AT(function.tenant)},
	{48, 4, 1, AT(canary.share)},
	{49, 4, 1, AT(canary.salt)},
	{50, 4, 1, AT(canary.events)},
	{51, 4, 1, AT(canary.fuel_tolerance)},
	{52, 4, 1, AT(canary.time_tolerance)},
	{53, TEXT, 1, AT(canary.score)},
	{64, TEXT, 1, AT(model.name)},
	{65, TEXT, 1, AT(model.version)},
	{66, 4, 1, AT(model.flags)},
	{67, 4, 1, AT(model.max_batch)},
	{68, TEXT, 1, AT(tenant.name)},
	{69, 8, 1, AT(tenant.events_per_second)},
	{70, 8, 1, AT(tenant.bytes_per_second)},
	{71, 8, 1, AT(tenant.fuel_per_second)},
	{72, 8, 1, AT(tenant.busy_ns_per_second)},
	{73, 8, 1, AT(tenant.inferences_per_second)},
	{96, TEXT, 1, AT(watch.function)},
	{97, TEXT, 1, AT(watch.metric)},
	{98, TEXT, 1, AT(watch.topic)},
	{99, 8, 1, AT(watch.scale)}, /* the bits of a double */
	{100, 4, 1, AT(watch.delta)},
	{101, 4, 1, AT(watch.lambda)},
	{102, 4, 1, AT(watch.min_count)},
	{103, 4, EW_PSI_BUCKETS - 1, AT(watch.edges)},
	{104, 4, 1, AT(watch.buckets)},
	{105, 4, 1, AT(watch.reference_count)},
	{106, 4, 1, AT(watch.window_count)},
	{107, 4, 1, AT(watch.threshold)},
	{80, TEXT, 1, AT(name)},
	{81, TEXT, 1, AT(other)},
	{82, 8, 1, AT(value_bytes)},
	{83, TAIL, 1, AT(value)},
	{84, HASH, 1, AT(sha256)},
	{85, 8, 1, AT(size)},
#undef AT
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* ---- writing ---------------------------------------------------------------------------------- */

void ewi_bytes_free(struct ewi_bytes *b)
{
	ewi_free(b->alloc, b->p, b->cap, 1);
	b->p = NULL;
	b->size = b->cap = 0;
}

/* Room for n more bytes, or NULL. */
static uint8_t *more(struct ewi_bytes *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 256;
	uint8_t *p;

	if (b->failed || n > SIZE_MAX / 4 - b->size) {
		b->failed = true;
		return NULL;
	}
	while (cap < b->size + n)
		cap *= 2;
	if (cap != b->cap) {
		p = ewi_realloc(b->alloc, b->p, b->cap, cap, 1);
		if (!p) {
			b->failed = true;
			return NULL;
		}
		b->p = p;
		b->cap = cap;
	}
	b->size += n;
	return b->p + b->size - n;
}

void ewi_bytes_add(struct ewi_bytes *b, const void *bytes, size_t size)
{
	uint8_t *p = size ? more(b, size) : NULL;

	if (p)
		memcpy(p, bytes, size);
}

/* A field's head; where its bytes go. */
static uint8_t *field(struct ewi_bytes *b, uint8_t tag, size_t len)
{
	uint8_t *p = len <= UINT32_MAX - HEAD ? more(b, HEAD + len) : NULL;

	if (!p) {
		b->failed = true;
		return NULL;
	}
	p[0] = tag;
	ewi_put_le32(p + 1, (uint32_t)len);
	return p + HEAD;
}

static void put_bytes(struct ewi_bytes *b, uint8_t tag, const void *bytes, size_t len)
{
	uint8_t *p = field(b, tag, len);

	if (p && len)
		memcpy(p, bytes, len);
}

static void put_numbers(struct ewi_bytes *b, const struct field *f, const uint8_t *at)
{
	size_t len = (size_t)f->width * f->count, i = 0;
	uint8_t *p;

	while (i < len && at[i] == 0)
		i++;
	if (i == len)
		return;
	p = field(b, f->tag, len);
	for (i = 0; p && i < f->count; i++) {
		uint64_t u64;
		uint32_t u32;

		if (f->width == 8) {
			memcpy(&u64, at + 8 * i, 8);
			ewi_put_le64(p + 8 * i, u64);
		} else {
			memcpy(&u32, at + 4 * i, 4);
			ewi_put_le32(p + 4 * i, u32);
		}
	}
}

static void encode(struct ewi_bytes *b, const struct ewi_act_record *r)
{
	for (size_t i = 0; i < FIELDS; i++) {
		const struct field *f = &fields[i];
		const uint8_t *at = (const uint8_t *)r + f->at;
		const char *text;

		switch (f->width) {
		case TEXT:
			memcpy(&text, at, sizeof(text));
			if (text)
				put_bytes(b, f->tag, text, strlen(text) + 1);
			break;
		case HASH_AT:
			memcpy(&text, at, sizeof(text));
			if (text)
				put_bytes(b, f->tag, text, EW_SHA256_BYTES);
			break;
		case HASH:
			if (r->size)
				put_bytes(b, f->tag, at, EW_SHA256_BYTES);
			break;
		case TAIL:
			if (r->value)
				put_bytes(b, f->tag, r->value, (size_t)r->value_bytes);
			break;
		default:
			put_numbers(b, f, at);
			break;
		}
	}
	for (uint32_t i = 0; r->function.settings && i < r->function.setting_count; i++) {
		const struct ew_setting *s = &r->function.settings[i];
		size_t key = strlen(s->key) + 1;
		uint8_t *p = s->len < SIZE_MAX / 4 - key ? field(b, SETTING, key + s->len) : NULL;

		if (!p) {
			b->failed = true;
			return;
		}
		memcpy(p, s->key, key);
		if (s->len)
			memcpy(p + key, s->value, s->len);
	}
}

const char *ewi_act_name(const struct ewi_act_args *a)
{
	struct ewi_act_record r;

	if (a->function && ewi_config_copy(&r.function, sizeof(r.function), a->function, a->function->struct_bytes))
		return r.function.name ? r.function.name : "";
	if (a->model && ewi_config_copy(&r.model, sizeof(r.model), a->model, a->model->struct_bytes))
		return r.model.name ? r.model.name : "";
	if (a->tenant && ewi_config_copy(&r.tenant, sizeof(r.tenant), a->tenant, a->tenant->struct_bytes))
		return r.tenant.name ? r.tenant.name : "";
	if (a->watch && ewi_config_copy(&r.watch, sizeof(r.watch), a->watch, a->watch->struct_bytes))
		return r.watch.function ? r.watch.function : "";
	return a->name ? a->name : "";
}

void ewi_act_encode(struct ewi_bytes *b, const struct ewi_act_args *a)
{
	struct ewi_act_record r = {.name = a->name, .other = a->other, .value = a->value, .value_bytes = a->value_bytes};
	const void *bytes = NULL;

	/* What cannot be read is left out: the act itself refuses it. */
	if (a->function && ewi_config_copy(&r.function, sizeof(r.function), a->function, a->function->struct_bytes)) {
		bytes = r.function.module_bytes;
		r.size = r.function.module_size;
	}
	if (a->canary)
		ewi_config_copy(&r.canary, sizeof(r.canary), a->canary, a->canary->struct_bytes);
	if (a->watch)
		ewi_config_copy(&r.watch, sizeof(r.watch), a->watch, a->watch->struct_bytes);
	if (a->tenant)
		ewi_config_copy(&r.tenant, sizeof(r.tenant), a->tenant, a->tenant->struct_bytes);
	if (a->model && ewi_config_copy(&r.model, sizeof(r.model), a->model, a->model->struct_bytes)) {
		bytes = r.model.bytes;
		r.size = r.model.size;
	}
	if (r.function.prepared) {
		memcpy(r.sha256, r.function.prepared->sha256, sizeof(r.sha256));
		r.size = r.function.prepared->size;
	} else if (bytes && r.size)
		ew_sha256(bytes, (size_t)r.size, r.sha256);
	else
		r.size = 0;
	encode(b, &r);
}

/* ---- reading ---------------------------------------------------------------------------------- */

static bool get_numbers(const struct field *f, uint8_t *at, const uint8_t *p, size_t len)
{
	if (len != (size_t)f->width * f->count)
		return false;
	for (size_t i = 0; i < f->count; i++) {
		uint64_t u64 = f->width == 8 ? ewi_le64(p + 8 * i) : 0;
		uint32_t u32 = f->width == 4 ? ewi_le32(p + 4 * i) : 0;

		if (f->width == 8)
			memcpy(at + 8 * i, &u64, 8);
		else
			memcpy(at + 4 * i, &u32, 4);
	}
	return true;
}

static enum ew_status get(struct ewi_act_record *out, uint8_t tag, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < FIELDS; i++) {
		const struct field *f = &fields[i];
		uint8_t *at = (uint8_t *)out + f->at;
		bool good;

		if (f->tag != tag)
			continue;
		switch (f->width) {
		case TEXT:
			good = len > 0 && p[len - 1] == '\0' && !memchr(p, '\0', len - 1);
			break;
		case HASH_AT:
		case HASH:
			good = len == EW_SHA256_BYTES;
			break;
		case TAIL:
			good = len == out->value_bytes; /* which has the lower tag, and came before */
			break;
		default:
			return get_numbers(f, at, p, len) ? EW_OK : EW_ERR_MALFORMED;
		}
		if (good && f->width == HASH)
			memcpy(at, p, len);
		else if (good) /* never a text without its end: it would be told in an error */
			memcpy(at, &p, sizeof(p));
		return good ? EW_OK : EW_ERR_MALFORMED;
	}
	return EW_ERR_UNSUPPORTED;
}

enum ew_status ewi_act_decode(const uint8_t *bytes, size_t size, struct ewi_act_record *out,
			      struct ew_setting *settings, uint32_t *settings_needed)
{
	uint32_t count = 0;

	memset(out, 0, sizeof(*out));
	for (size_t at = 0, len; at < size; at += len) {
		const uint8_t *p = bytes + at + HEAD;
		enum ew_status st;

		if (size - at < HEAD)
			return EW_ERR_MALFORMED;
		len = ewi_le32(bytes + at + 1);
		if (len > size - at - HEAD)
			return EW_ERR_MALFORMED;
		if (bytes[at] == SETTING) {
			const uint8_t *end = len ? memchr(p, '\0', len) : NULL;

			if (!end)
				return EW_ERR_MALFORMED;
			if (settings)
				settings[count] = (struct ew_setting){(const char *)p, end + 1,
								      len - (size_t)(end + 1 - p)};
			count++;
		} else {
			st = get(out, bytes[at], p, len);
			if (st != EW_OK)
				return st;
		}
		len += HEAD;
	}
	out->function.struct_bytes = sizeof(out->function);
	out->canary.struct_bytes = sizeof(out->canary);
	out->model.struct_bytes = sizeof(out->model);
	out->tenant.struct_bytes = sizeof(out->tenant);
	out->watch.struct_bytes = sizeof(out->watch);
	out->function.settings = settings;
	out->function.setting_count = settings ? count : 0;
	*settings_needed = count;
	return EW_OK;
}

#endif
