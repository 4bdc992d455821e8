/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * kv.h - small keys and values: in RAM, and in RAM with a journal on a storage.
 */
#ifndef EDGEWASM_KV_H
#define EDGEWASM_KV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm/alloc.h"
#include "edgewasm/config.h"
#include "edgewasm/status.h"
#include "edgewasm/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * ---- The key-value store ----
 *
 * One interface over several implementations; keys are byte strings in memcmp order.
 */
struct ew_kv;

struct ew_kv_config {
	size_t struct_bytes;   /* sizeof(struct ew_kv_config) */
	uint32_t max_keys;     /* 4 bytes each; default 1024, small targets 32 */
	uint32_t max_bytes;    /* keys, values and 8 bytes for each pair; default 256 KiB, small targets 1 KiB */
	uint32_t max_key_bytes;	  /* default 255, at most 65535 */
	uint32_t max_value_bytes; /* default: whatever fits in max_bytes */
};

struct ew_kv_stat {
	uint32_t keys, max_keys;
	uint32_t used_bytes, max_bytes; /* used: by live pairs */
	uint32_t compactions;
};

/* In RAM.  Everything is allocated here; no call below allocates. */
EW_API enum ew_status ew_kv_ram_create(const struct ew_kv_config *cfg, const struct ew_alloc *alloc,
				       struct ew_kv **out);
EW_API void ew_kv_destroy(struct ew_kv *kv);

/*
 * Copy the value to buf.  *value_bytes (never NULL) gets its full length; EW_ERR_TOOBIG when that
 * exceeds cap: nothing is written.  EW_ERR_NOENT: no such key, *value_bytes is 0.
 * A key of 0 bytes or more than max_key_bytes is EW_ERR_INVAL in all of these.
 */
EW_API enum ew_status ew_kv_get(struct ew_kv *kv, const void *key, size_t key_bytes, void *buf,
				size_t cap, size_t *value_bytes);
/*
 * Set or replace.  EW_ERR_FULL (keys or bytes), EW_ERR_TOOBIG (for an empty store): the old value stays.
 * key and value MUST NOT point into the store.
 */
EW_API enum ew_status ew_kv_put(struct ew_kv *kv, const void *key, size_t key_bytes,
				const void *value, size_t value_bytes);
EW_API enum ew_status ew_kv_delete(struct ew_kv *kv, const void *key, size_t key_bytes);
/*
 * Add delta to an int64 held as 8 little-endian bytes (absent: 0); *result (may be NULL) gets the sum.
 * EW_ERR_TYPE: the value is not 8 bytes; EW_ERR_LIMIT: the sum overflows.  Nothing changes then.
 */
EW_API enum ew_status ew_kv_increment(struct ew_kv *kv, const void *key, size_t key_bytes,
				      int64_t delta, int64_t *result);
/*
 * The first pair whose key is greater than this one (key_bytes 0: the first of all).  Pointers are
 * borrowed until the next put, delete or increment.  EW_ERR_NOENT: there is none.
 */
EW_API enum ew_status ew_kv_next(struct ew_kv *kv, const void *key, size_t key_bytes,
				 const void **next_key, size_t *next_key_bytes,
				 const void **value, size_t *value_bytes);
EW_API void ew_kv_stat(const struct ew_kv *kv, struct ew_kv_stat *out);

#ifdef __cplusplus
}
#endif
#endif
