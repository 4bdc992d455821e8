/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * store.h - what survives: storage back ends, the durable event log, the key-value stores, compression.
 */
#ifndef EDGEWASM_STORE_H
#define EDGEWASM_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm/alloc.h"
#include "edgewasm/config.h"
#include "edgewasm/kv.h"
#include "edgewasm/log.h"
#include "edgewasm/status.h"
#include "edgewasm/storage.h"

/* zlib for ew_gzip_* and deflated segments of logs; without it they are EW_ERR_UNSUPPORTED. */
#ifndef EW_CONFIG_ZLIB
#define EW_CONFIG_ZLIB EW_CONFIG_POSIX
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * ---- Compression ----
 *
 * One gzip member for each call (RFC 1952), for batches and closed segments.  zlib's working memory
 * (about 268 KiB to compress, 44 KiB to expand) comes from alloc and is given back.
 */
/* The most that ew_gzip_compress() writes for so many bytes. */
EW_API size_t ew_gzip_bound(size_t in_bytes);
/* level 1 to 9.  *out_bytes gets the length.  EW_ERR_TOOBIG: cap is too small. */
EW_API enum ew_status ew_gzip_compress(const struct ew_alloc *alloc, int level, const void *in,
				       size_t in_bytes, void *out, size_t cap, size_t *out_bytes);
/*
 * Expands at most cap bytes: EW_ERR_TOOBIG beyond, whatever the input claims.  EW_ERR_CORRUPT: not a
 * gzip member, cut short, a wrong check sum, or bytes after it.
 */
EW_API enum ew_status ew_gzip_expand(const struct ew_alloc *alloc, const void *in, size_t in_bytes,
				     void *out, size_t cap, size_t *out_bytes);

#ifdef __cplusplus
}
#endif
#endif
