/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* caps.c - names of capabilities, and the quotas of a grant.  What needs which capability is abi.def's. */
#include <string.h>
#include "abi/abi.h"

#if EW_CONFIG_ABI

static const char *const cap_names[] = {
	"LOG",	  "CLOCK",  "RANDOM", "EMIT",	    "RECV",  "KV_READ", "KV_WRITE",
	"METRIC", "CONFIG", "INFER",  "INFER_LOAD", "STDIO", "FS",
};
#define CAP_COUNT (sizeof(cap_names) / sizeof(cap_names[0]))

const char *ew_cap_name(uint32_t cap)
{
	for (size_t i = 0; i < CAP_COUNT; i++)
		if (cap == 1u << i)
			return cap_names[i];
	return NULL;
}

static bool same_word(const char *text, size_t len, const char *name)
{
	if (strlen(name) != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c != name[i])
			return false;
	}
	return true;
}

static uint32_t cap_of_word(const char *text, size_t len)
{
	if (same_word(text, len, "ALL"))
		return EW_CAP_ALL;
	for (size_t i = 0; i < CAP_COUNT; i++)
		if (same_word(text, len, cap_names[i]))
			return 1u << i;
	return 0;
}

enum ew_status ew_cap_parse(const char *text, uint32_t *caps, struct ew_error *err)
{
	const char *p = text;
	uint32_t bits = 0;

	ewi_error_clear(err);
	while (*p) {
		const char *comma = memchr(p, ',', strlen(p));
		size_t len = comma ? (size_t)(comma - p) : strlen(p);
		uint32_t cap = cap_of_word(p, len);

		if (!cap)
			return ewi_error(err, EW_ERR_NOENT, (size_t)(p - text),
					 "no capability is called \"%.*s\"", (int)(len < 64 ? len : 64), p);
		bits |= cap;
		p += len;
		if (*p == ',')
			p++;
	}
	*caps = bits;
	return EW_OK;
}

const char *ew_quota_name(enum ew_quota_kind kind)
{
	switch (kind) {
	case EW_QUOTA_LOG_BYTES: return "log bytes";
	case EW_QUOTA_EMIT_EVENTS: return "emitted events";
	case EW_QUOTA_EMIT_BYTES: return "emitted bytes";
	case EW_QUOTA_KEYS: return "keys written";
	case EW_QUOTA_INFERENCES: return "inferences";
	case EW_QUOTA_KINDS: break;
	}
	return "unknown quota";
}

enum ew_status ewi_quota_init(struct ew_abi *abi, struct ew_error *err)
{
	for (uint32_t k = 0; k < EW_QUOTA_KINDS; k++) {
		uint32_t rate = abi->grant.quota[k].per_second;
		enum ew_status st;

		if (!rate)
			continue;
		/* 2^32 tokens * 10^9 ns < 2^63, the bucket's bound. */
		st = ew_bucket_init(&abi->bucket[k], rate, 1000000000u, rate, 0);
		if (st != EW_OK)
			return ewi_error(err, st, 0, "quota of %s", ew_quota_name((enum ew_quota_kind)k));
		abi->bucket_mask |= 1u << k;
	}
	return EW_OK;
}

void ewi_quota_begin(struct ew_abi *abi, uint64_t now_ns)
{
	memset(abi->in_call, 0, sizeof(abi->in_call));
	for (uint32_t mask = abi->bucket_mask; mask; mask &= mask - 1)
		/* Taking none refills, and always succeeds. */
		(void)ew_bucket_take(&abi->bucket[ewi_ctz32(mask)], 0, now_ns);
}

bool ewi_quota_allows(struct ew_abi *abi, enum ew_quota_kind kind, uint64_t n)
{
	uint32_t per_call = abi->grant.quota[kind].per_call;

	if ((per_call && n > per_call - abi->in_call[kind]) ||
	    (abi->bucket_mask >> kind & 1 && n > abi->bucket[kind].tokens)) {
		abi->stats.refused[kind]++;
		if (abi->grant.flags & EW_GRANT_STRICT)
			abi->over_quota = true;
		return false;
	}
	return true;
}

void ewi_quota_use(struct ew_abi *abi, enum ew_quota_kind kind, uint64_t n)
{
	abi->stats.used[kind] += n;
	/* Counted only against a quota: then in_call <= per_call, by ewi_quota_allows. */
	if (abi->grant.quota[kind].per_call)
		abi->in_call[kind] += (uint32_t)n;
	if (abi->bucket_mask >> kind & 1)
		abi->bucket[kind].tokens -= n;
}

#endif
