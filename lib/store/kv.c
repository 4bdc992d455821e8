/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* kv.c - the key-value interface: what all implementations have in common. */
#include "store/kv.h"

#if EW_CONFIG_STORE
#include <string.h>
#include "base/le.h"

static bool key_ok(const struct ew_kv *kv, size_t key_bytes)
{
	return key_bytes != 0 && key_bytes <= kv->max_key_bytes;
}

void ew_kv_destroy(struct ew_kv *kv)
{
	if (kv)
		kv->ops->destroy(kv);
}

enum ew_status ew_kv_get(struct ew_kv *kv, const void *key, size_t key_bytes, void *buf, size_t cap,
			 size_t *value_bytes)
{
	const void *value;
	enum ew_status st;

	*value_bytes = 0;
	if (!key_ok(kv, key_bytes))
		return EW_ERR_INVAL;
	st = kv->ops->get(kv, key, key_bytes, &value, value_bytes);
	if (st != EW_OK)
		return st;
	if (*value_bytes > cap)
		return EW_ERR_TOOBIG;
	if (*value_bytes != 0)
		memcpy(buf, value, *value_bytes);
	return EW_OK;
}

enum ew_status ew_kv_put(struct ew_kv *kv, const void *key, size_t key_bytes, const void *value,
			 size_t value_bytes)
{
	return key_ok(kv, key_bytes) ? kv->ops->put(kv, key, key_bytes, value, value_bytes)
				     : EW_ERR_INVAL;
}

enum ew_status ew_kv_delete(struct ew_kv *kv, const void *key, size_t key_bytes)
{
	return key_ok(kv, key_bytes) ? kv->ops->del(kv, key, key_bytes) : EW_ERR_INVAL;
}

enum ew_status ew_kv_increment(struct ew_kv *kv, const void *key, size_t key_bytes, int64_t delta,
			       int64_t *result)
{
	const void *value;
	uint8_t sum_bytes[8];
	size_t value_bytes;
	int64_t old = 0, sum;
	enum ew_status st;

	if (!key_ok(kv, key_bytes))
		return EW_ERR_INVAL;
	st = kv->ops->get(kv, key, key_bytes, &value, &value_bytes);
	if (st == EW_OK) {
		if (value_bytes != 8)
			return EW_ERR_TYPE;
		old = (int64_t)ewi_le64(value);
	} else if (st != EW_ERR_NOENT) {
		return st;
	}
	if (delta > 0 ? old > INT64_MAX - delta : old < INT64_MIN - delta)
		return EW_ERR_LIMIT;
	sum = old + delta;
	ewi_put_le64(sum_bytes, (uint64_t)sum);
	st = kv->ops->put(kv, key, key_bytes, sum_bytes, sizeof(sum_bytes));
	if (st == EW_OK && result)
		*result = sum;
	return st;
}

enum ew_status ew_kv_next(struct ew_kv *kv, const void *key, size_t key_bytes,
			  const void **next_key, size_t *next_key_bytes, const void **value,
			  size_t *value_bytes)
{
	if (key_bytes > kv->max_key_bytes)
		return EW_ERR_INVAL;
	return kv->ops->next(kv, key, key_bytes, next_key, next_key_bytes, value, value_bytes);
}

void ew_kv_stat(const struct ew_kv *kv, struct ew_kv_stat *out)
{
	kv->ops->stat(kv, out);
}

#endif
