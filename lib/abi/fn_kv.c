/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* fn_kv.c - edge_v1: the key-value store.  Storing is lib/store's; here are keys, quotas and spans. */
#include "abi/span.h"

#if EW_CONFIG_ABI

/* The host's prefix and the guest's key, copied: a guest may let its key and its buffer overlap. */
struct key {
	uint8_t bytes[EWI_PREFIX_BYTES + EWI_KEY_BYTES];
	size_t len;
};

static int32_t get_key(const struct ew_abi *abi, struct ew_instance *caller, uint32_t gaddr,
		       uint32_t len, struct key *key)
{
	const void *p = ewi_span(caller, gaddr, len);

	if (!p)
		return EDGE_FAULT;
	if (len == 0 || len > EWI_KEY_BYTES)
		return EDGE_INVAL;
	memcpy(key->bytes, abi->kv_prefix, abi->kv_prefix_len);
	memcpy(key->bytes + abi->kv_prefix_len, p, len);
	key->len = abi->kv_prefix_len + len;
	return abi->kv ? 0 : EDGE_NOSYS;
}

/* kv_get(key, key_len, buf, cap) */
enum ew_status ewi_fn_kv_get(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t cap = v[3].u32;
	void *buf = ewi_span(caller, v[2].u32, cap);
	struct key key;
	int32_t rc = get_key(abi, caller, v[0].u32, v[1].u32, &key);
	enum ew_status st;
	size_t len = 0;

	if (!buf)
		rc = EDGE_FAULT;
	if (rc < 0) {
		ewi_pay(abi, caller, 0);
		return ewi_ret(abi, v, rc);
	}
	st = ew_kv_get(abi->kv, key.bytes, key.len, buf, cap, &len);
	ewi_pay(abi, caller, key.len + (st == EW_OK ? len : 0));
	if (st != EW_OK && st != EW_ERR_TOOBIG)
		return ewi_ret(abi, v, ewi_edge_error(st));
	return ewi_ret(abi, v, len > INT32_MAX ? EDGE_TOOBIG : (int32_t)len);
}

/* kv_set(key, key_len, value, value_len) */
enum ew_status ewi_fn_kv_set(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t len = v[3].u32;
	const void *value = ewi_span(caller, v[2].u32, len);
	struct key key;
	int32_t rc = get_key(abi, caller, v[0].u32, v[1].u32, &key);

	if (!value)
		rc = EDGE_FAULT;
	ewi_pay(abi, caller, rc < 0 ? 0 : key.len + len);
	if (rc < 0)
		return ewi_ret(abi, v, rc);
	if (!ewi_quota_allows(abi, EW_QUOTA_KEYS, 1))
		return ewi_ret(abi, v, EDGE_QUOTA);
	rc = ewi_edge_error(ew_kv_put(abi->kv, key.bytes, key.len, value, len));
	if (rc == 0)
		ewi_quota_use(abi, EW_QUOTA_KEYS, 1);
	return ewi_ret(abi, v, rc);
}

/* kv_delete(key, key_len) */
enum ew_status ewi_fn_kv_delete(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	struct key key;
	int32_t rc = get_key(abi, caller, v[0].u32, v[1].u32, &key);

	ewi_pay(abi, caller, rc < 0 ? 0 : key.len);
	if (rc < 0)
		return ewi_ret(abi, v, rc);
	if (!ewi_quota_allows(abi, EW_QUOTA_KEYS, 1))
		return ewi_ret(abi, v, EDGE_QUOTA);
	rc = ewi_edge_error(ew_kv_delete(abi->kv, key.bytes, key.len));
	if (rc == 0)
		ewi_quota_use(abi, EW_QUOTA_KEYS, 1);
	return ewi_ret(abi, v, rc);
}

/* kv_increment(key, key_len, delta, result) */
enum ew_status ewi_fn_kv_increment(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	void *result = ewi_span(caller, v[3].u32, 8);
	int64_t sum = 0;
	struct key key;
	int32_t rc = get_key(abi, caller, v[0].u32, v[1].u32, &key);

	if (!result)
		rc = EDGE_FAULT;
	ewi_pay(abi, caller, rc < 0 ? 0 : key.len + 8);
	if (rc < 0)
		return ewi_ret(abi, v, rc);
	if (!ewi_quota_allows(abi, EW_QUOTA_KEYS, 1))
		return ewi_ret(abi, v, EDGE_QUOTA);
	rc = ewi_edge_error(ew_kv_increment(abi->kv, key.bytes, key.len, v[2].i64, &sum));
	if (rc == 0) {
		ewi_quota_use(abi, EW_QUOTA_KEYS, 1);
		ewi_put_le64(result, (uint64_t)sum);
	}
	return ewi_ret(abi, v, rc);
}

#endif
