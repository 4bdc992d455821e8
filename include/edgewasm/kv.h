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
	/* Durable stores only. */
	uint32_t sync_every;   /* changes between syncs; default 1: each is durable when its call returns */
	uint32_t buffer_bytes; /* as of a log; no pair or batch is larger, 70 bytes of head reckoned in; default likewise */
	uint32_t max_batch_bytes; /* a buffer as large; default buffer_bytes less 70 bytes and 2 write units */
};

struct ew_kv_stat {
	uint32_t keys, max_keys;
	uint32_t used_bytes, max_bytes; /* used: by live pairs */
	uint32_t compactions; /* since creation: of the memory, or of the oldest segment */
	/* Durable stores only. */
	uint32_t segments, max_segments; /* blocks that the journal takes, and will take at most */
	uint64_t lost_changes; /* that were damaged when it was opened: what they set may be older, or gone */
	uint64_t copied;       /* pairs written again to make room, since open */
};

/* In RAM.  Everything is allocated here; no call below allocates. */
EW_API enum ew_status ew_kv_ram_create(const struct ew_kv_config *cfg, const struct ew_alloc *alloc,
				       struct ew_kv **out);
/*
 * In RAM, with a journal of all changes on a storage, which is copied (what it points to outlives the store).  Reading
 * is as fast as above.  A change, or a batch, is there as a whole or not at all after a power cut; with sync_every 1
 * it is there when its call has returned EW_OK.
 *
 * The journal is a log (lib/store/FORMAT.md) in which blocks are used in turn, so they wear evenly.  When it has
 * max_segments, what still counts in the oldest one is written again, and that one is erased: a change may wait for
 * that, at most for one turn of all pairs, on average less than a copy of as much as it writes, since the journal
 * has at least twice the room that all pairs can take.
 *
 * EW_ERR_INVAL: the storage has not that room; EW_ERR_FULL: it holds more than max_keys or max_bytes; others as
 * ew_log_open().
 */
EW_API enum ew_status ew_kv_durable_open(const struct ew_storage *st, const struct ew_kv_config *cfg,
					 const struct ew_alloc *alloc, struct ew_kv **out, struct ew_error *err);
/* Make every change durable.  EW_OK at once for stores in RAM. */
EW_API enum ew_status ew_kv_sync(struct ew_kv *kv);
/* A durable store syncs first; who wants to know how that went calls ew_kv_sync(). */
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
 * Durable stores: EW_ERR_IO, too; the store then takes no more changes until it is opened again.
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
/* The same among keys that begin with the prefix; key_bytes 0: the first of these. */
EW_API enum ew_status ew_kv_next_prefix(struct ew_kv *kv, const void *prefix, size_t prefix_bytes, const void *key,
					size_t key_bytes, const void **next_key, size_t *next_key_bytes,
					const void **value, size_t *value_bytes);

struct ew_kv_change {
	const void *key;
	size_t key_bytes;
	const void *value; /* MUST NOT point into the store */
	size_t value_bytes;
	bool remove; /* rather than set; a key that is not there is no error */
};

#define EW_KV_BATCH_MAX 64u /* changes in one batch */

/*
 * All of these changes or, unless EW_OK is returned, none.  Where a key comes twice the later change counts.
 * EW_ERR_LIMIT: more than EW_KV_BATCH_MAX; otherwise as ew_kv_put().
 */
EW_API enum ew_status ew_kv_apply(struct ew_kv *kv, const struct ew_kv_change *changes, uint32_t count);

/*
 * The store as it is now, for reading while it changes: a copy in RAM, exactly as large as the live pairs, in
 * which every change is EW_ERR_DENIED.  Freed by ew_kv_destroy(), before or after the store.
 */
EW_API enum ew_status ew_kv_snapshot(struct ew_kv *kv, const struct ew_alloc *alloc, struct ew_kv **out);
EW_API void ew_kv_stat(const struct ew_kv *kv, struct ew_kv_stat *out);

#ifdef __cplusplus
}
#endif
#endif
