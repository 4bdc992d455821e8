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
	void (*stat)(const struct ew_kv *kv, struct ew_kv_stat *out);
	void (*destroy)(struct ew_kv *kv);
};

/* The first member of every implementation. */
struct ew_kv {
	const struct ewi_kv_ops *ops;
	uint32_t max_key_bytes;
};

#endif
