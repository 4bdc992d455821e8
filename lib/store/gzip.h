/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * gzip.h - one gzip member compressed a bit at a time, for a loop that must not wait for all of it.  Compressing at one go,
 * and expanding, is edgewasm/store.h.
 */
#ifndef EWI_STORE_GZIP_H
#define EWI_STORE_GZIP_H

#include "edgewasm/store.h"

struct ewi_packer;

/* Takes zlib's 268 KiB.  INVAL: the level; NOMEM; UNSUPPORTED: without zlib. */
enum ew_status ewi_packer_create(struct ewi_packer **out, int level, const struct ew_alloc *alloc);
void ewi_packer_destroy(struct ewi_packer *p); /* NULL is allowed */
/* Another member, from these bytes into those; both are borrowed until it is done.  LIMIT: 4 GiB and more. */
enum ew_status ewi_packer_begin(struct ewi_packer *p, const void *in, size_t in_bytes, void *out, size_t cap);
/* Compress `most` more bytes.  EMPTY: call again; OK: done, *out_bytes long; TOOBIG: it does not fit. */
enum ew_status ewi_packer_go(struct ewi_packer *p, size_t most, size_t *out_bytes);

#endif
