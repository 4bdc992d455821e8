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
	if (kv->read_only)
		return EW_ERR_DENIED;
	return key_ok(kv, key_bytes) ? kv->ops->put(kv, key, key_bytes, value, value_bytes)
				     : EW_ERR_INVAL;
}

enum ew_status ew_kv_delete(struct ew_kv *kv, const void *key, size_t key_bytes)
{
	if (kv->read_only)
		return EW_ERR_DENIED;
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

	if (kv->read_only)
		return EW_ERR_DENIED;
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

enum ew_status ew_kv_next_prefix(struct ew_kv *kv, const void *prefix, size_t prefix_bytes, const void *key,
				 size_t key_bytes, const void **next_key, size_t *next_key_bytes,
				 const void **value, size_t *value_bytes)
{
	enum ew_status st;

	/* The prefix itself may be a key, and is the first of them then. */
	if (key_bytes == 0 && prefix_bytes != 0) {
		if (prefix_bytes > kv->max_key_bytes)
			return EW_ERR_NOENT;
		*next_key = prefix;
		*next_key_bytes = prefix_bytes;
		st = kv->ops->get(kv, prefix, prefix_bytes, value, value_bytes);
		if (st != EW_ERR_NOENT)
			return st;
		key = prefix;
		key_bytes = prefix_bytes;
	}
	st = ew_kv_next(kv, key, key_bytes, next_key, next_key_bytes, value, value_bytes);
	if (st == EW_OK && (*next_key_bytes < prefix_bytes ||
			    (prefix_bytes != 0 && memcmp(*next_key, prefix, prefix_bytes) != 0)))
		return EW_ERR_NOENT;
	return st;
}

enum ew_status ew_kv_apply(struct ew_kv *kv, const struct ew_kv_change *changes, uint32_t count)
{
	if (kv->read_only)
		return EW_ERR_DENIED;
	if (count > EW_KV_BATCH_MAX)
		return EW_ERR_LIMIT;
	for (uint32_t i = 0; i < count; i++)
		if (!key_ok(kv, changes[i].key_bytes))
			return EW_ERR_INVAL;
	return count != 0 ? kv->ops->apply(kv, changes, count) : EW_OK;
}

enum ew_status ew_kv_sync(struct ew_kv *kv)
{
	return kv->ops->sync ? kv->ops->sync(kv) : EW_OK;
}

enum ew_status ew_kv_snapshot(struct ew_kv *kv, const struct ew_alloc *alloc, struct ew_kv **out)
{
	struct ew_kv_config cfg = {.struct_bytes = sizeof(cfg), .max_key_bytes = kv->max_key_bytes};
	const void *key = NULL, *value;
	size_t key_bytes = 0, value_bytes;
	struct ew_kv_stat stat;
	enum ew_status st;

	ew_kv_stat(kv, &stat);
	cfg.max_keys = stat.keys ? stat.keys : 1;
	cfg.max_bytes = stat.used_bytes ? stat.used_bytes : 1;
	st = ew_kv_ram_create(&cfg, alloc, out);
	while (st == EW_OK && ew_kv_next(kv, key, key_bytes, &key, &key_bytes, &value, &value_bytes) == EW_OK)
		st = (*out)->ops->put(*out, key, key_bytes, value, value_bytes);
	if (st != EW_OK) {
		ew_kv_destroy(*out);
		*out = NULL;
		return st;
	}
	(*out)->read_only = true;
	return EW_OK;
}

void ew_kv_stat(const struct ew_kv *kv, struct ew_kv_stat *out)
{
	kv->ops->stat(kv, out);
}

#endif
