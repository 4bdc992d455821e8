/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* kv.h - what an implementation of the key-value store provides. */
#ifndef EW_STORE_KV_H
#define EW_STORE_KV_H

#include "edgewasm/store.h"

/*
 * get borrows the value until the next call that changes anything.  Keys have 1 to max_key_bytes bytes:
 * kv.c has seen to it.
 */
struct ewi_kv_ops {
	enum ew_status (*get)(struct ew_kv *kv, const void *key, size_t key_bytes,
			      const void **value, size_t *value_bytes);
	enum ew_status (*put)(struct ew_kv *kv, const void *key, size_t key_bytes,
			      const void *value, size_t value_bytes);
	enum ew_status (*del)(struct ew_kv *kv, const void *key, size_t key_bytes);
	enum ew_status (*next)(struct ew_kv *kv, const void *key, size_t key_bytes,
			       const void **next_key, size_t *next_key_bytes,
			       const void **value, size_t *value_bytes);
	/* count is 1 to EW_KV_BATCH_MAX; keys have been looked at. */
	enum ew_status (*apply)(struct ew_kv *kv, const struct ew_kv_change *changes, uint32_t count);
	enum ew_status (*sync)(struct ew_kv *kv); /* NULL: nothing to do */
	void (*stat)(const struct ew_kv *kv, struct ew_kv_stat *out);
	void (*destroy)(struct ew_kv *kv);
};

/* The first member of every implementation. */
struct ew_kv {
	const struct ewi_kv_ops *ops;
	uint32_t max_key_bytes;
	bool read_only;
};

/* ---- kv_ram.c, for the durable store, which keeps its pairs there ---- */

/* Would these changes fit?  EW_ERR_FULL, EW_ERR_TOOBIG.  The store is one of ew_kv_ram_create()'s. */
enum ew_status ewi_kv_ram_check(const struct ew_kv *kv, const struct ew_kv_change *changes, uint32_t count);
/* Make them, after they have been found to fit, and put a mark on the pairs set. */
void ewi_kv_ram_apply(struct ew_kv *kv, const struct ew_kv_change *changes, uint32_t count, uint16_t mark);

/* A pair with this mark at *place or behind it, in no order; *place then is where it lies. */
struct ewi_kv_pair {
	const uint8_t *key, *value;
	uint32_t key_bytes, value_bytes;
	uint32_t next; /* where the one behind it lies */
};
bool ewi_kv_ram_marked(const struct ew_kv *kv, uint16_t mark, uint32_t *place, struct ewi_kv_pair *out);
void ewi_kv_ram_mark(struct ew_kv *kv, uint32_t place, uint16_t mark);

#endif
