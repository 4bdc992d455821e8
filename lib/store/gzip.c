/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * gzip.c - batches and closed segments, compressed.  The only file that knows zlib, whose memory comes
 * from the caller's allocator.
 */
#include "store/gzip.h"

#if EW_CONFIG_STORE && EW_CONFIG_ZLIB
#include <limits.h>
#include <string.h>
#include <zlib.h>
#include "base/alloc.h"

#define GZIP_WINDOW (15 + 16) /* the largest window; + 16: a gzip header and trailer, nothing else */

/* zlib does not say how large what it gives back is: each block remembers, in a line of its own. */
#define BLOCK_HEAD EW_ALIGN

static voidpf zlib_alloc(voidpf ctx, uInt items, uInt size)
{
	const struct ew_alloc *alloc = ctx;
	size_t bytes;
	unsigned char *p;

	if (size != 0 && items > (SIZE_MAX - BLOCK_HEAD) / size)
		return Z_NULL;
	bytes = (size_t)items * size + BLOCK_HEAD;
	p = ewi_alloc(alloc, bytes, 1);
	if (!p)
		return Z_NULL;
	memcpy(p, &bytes, sizeof(bytes));
	return p + BLOCK_HEAD;
}

static void zlib_free(voidpf ctx, voidpf block)
{
	unsigned char *p = (unsigned char *)block - BLOCK_HEAD;
	size_t bytes;

	memcpy(&bytes, p, sizeof(bytes));
	ewi_free(ctx, p, bytes, 1);
}

static z_stream stream(const struct ew_alloc *alloc, const void *in, size_t in_bytes, void *out, size_t cap)
{
	static const unsigned char nothing[1];
	z_stream z;

	/* zlib refuses NULL even with a length of 0, and writes to neither then. */
	in = in ? in : nothing;
	out = out ? out : (void *)(uintptr_t)nothing;
	memset(&z, 0, sizeof(z));
	z.zalloc = zlib_alloc;
	z.zfree = zlib_free;
	z.opaque = (voidpf)(uintptr_t)alloc;
	z.next_in = (z_const Bytef *)(uintptr_t)in;
	z.avail_in = (uInt)in_bytes;
	z.next_out = out;
	z.avail_out = (uInt)cap;
	return z;
}

/* Deflate never grows a block by more than 5 bytes in each 16 KiB, and the frame takes 18 (RFC 1951, 1952). */
size_t ew_gzip_bound(size_t in_bytes)
{
	return in_bytes + in_bytes / 1000 + 64;
}

/* ---- a bit at a time ---- */

struct ewi_packer {
	struct ew_alloc alloc;
	z_stream z;
	size_t left; /* of the input, beyond what z knows of */
};

enum ew_status ewi_packer_create(struct ewi_packer **out, int level, const struct ew_alloc *alloc)
{
	struct ewi_packer *p;

	*out = NULL;
	if (level < 1 || level > 9)
		return EW_ERR_INVAL;
	p = ewi_alloc(alloc, 1, sizeof(*p));
	if (!p)
		return EW_ERR_NOMEM;
	p->alloc = *alloc;
	p->z = stream(&p->alloc, NULL, 0, NULL, 0);
	if (deflateInit2(&p->z, level, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		ewi_free(alloc, p, 1, sizeof(*p));
		return EW_ERR_NOMEM;
	}
	*out = p;
	return EW_OK;
}

void ewi_packer_destroy(struct ewi_packer *p)
{
	struct ew_alloc alloc;

	if (!p)
		return;
	alloc = p->alloc;
	deflateEnd(&p->z);
	ewi_free(&alloc, p, 1, sizeof(*p));
}

enum ew_status ewi_packer_begin(struct ewi_packer *p, const void *in, size_t in_bytes, void *out, size_t cap)
{
	z_stream fresh = stream(&p->alloc, in, 0, out, cap < UINT_MAX ? cap : UINT_MAX);

	if (in_bytes > UINT_MAX)
		return EW_ERR_LIMIT;
	deflateReset(&p->z);
	p->z.next_in = fresh.next_in;
	p->z.avail_in = 0;
	p->z.next_out = fresh.next_out;
	p->z.avail_out = fresh.avail_out;
	p->left = in_bytes;
	return EW_OK;
}

enum ew_status ewi_packer_go(struct ewi_packer *p, size_t most, size_t *out_bytes)
{
	size_t n = p->left < most ? p->left : most;
	int rc;

	*out_bytes = 0;
	p->left -= n;
	p->z.avail_in = (uInt)n;
	rc = deflate(&p->z, p->left ? Z_NO_FLUSH : Z_FINISH);
	if (p->left && rc == Z_OK && p->z.avail_in == 0 && p->z.avail_out != 0)
		return EW_ERR_EMPTY;
	if (rc != Z_STREAM_END)
		return EW_ERR_TOOBIG;
	*out_bytes = (size_t)p->z.total_out;
	return EW_OK;
}

enum ew_status ew_gzip_compress(const struct ew_alloc *alloc, int level, const void *in, size_t in_bytes,
				void *out, size_t cap, size_t *out_bytes)
{
	struct ewi_packer *p;
	enum ew_status st;

	*out_bytes = 0;
	st = ewi_packer_create(&p, level, alloc);
	if (st != EW_OK)
		return st;
	st = ewi_packer_begin(p, in, in_bytes, out, cap);
	if (st == EW_OK)
		st = ewi_packer_go(p, in_bytes, out_bytes);
	ewi_packer_destroy(p);
	return st;
}

enum ew_status ew_gzip_expand(const struct ew_alloc *alloc, const void *in, size_t in_bytes, void *out,
			      size_t cap, size_t *out_bytes)
{
	z_stream z = stream(alloc, in, in_bytes, out, cap < UINT_MAX ? cap : UINT_MAX);
	enum ew_status st;
	int rc;

	*out_bytes = 0;
	if (in_bytes > UINT_MAX)
		return EW_ERR_LIMIT;
	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return EW_ERR_NOMEM;
	rc = inflate(&z, Z_FINISH);
	if (rc == Z_STREAM_END)
		st = z.avail_in == 0 ? EW_OK : EW_ERR_CORRUPT;
	else if (rc == Z_MEM_ERROR)
		st = EW_ERR_NOMEM;
	else if (rc == Z_BUF_ERROR && z.avail_out == 0 && z.avail_in != 0)
		st = EW_ERR_TOOBIG;
	else
		st = EW_ERR_CORRUPT; /* wrong data, or input that ends too soon */
	if (st == EW_OK)
		*out_bytes = (size_t)z.total_out;
	inflateEnd(&z);
	return st;
}

#elif EW_CONFIG_STORE

size_t ew_gzip_bound(size_t in_bytes)
{
	return in_bytes + in_bytes / 1000 + 64;
}

enum ew_status ew_gzip_compress(const struct ew_alloc *alloc, int level, const void *in, size_t in_bytes,
				void *out, size_t cap, size_t *out_bytes)
{
	(void)alloc, (void)level, (void)in, (void)in_bytes, (void)out, (void)cap;
	*out_bytes = 0;
	return EW_ERR_UNSUPPORTED;
}

enum ew_status ewi_packer_create(struct ewi_packer **out, int level, const struct ew_alloc *alloc)
{
	(void)level, (void)alloc;
	*out = NULL;
	return EW_ERR_UNSUPPORTED;
}

void ewi_packer_destroy(struct ewi_packer *p)
{
	(void)p;
}

enum ew_status ewi_packer_begin(struct ewi_packer *p, const void *in, size_t in_bytes, void *out, size_t cap)
{
	(void)p, (void)in, (void)in_bytes, (void)out, (void)cap;
	return EW_ERR_UNSUPPORTED;
}

enum ew_status ewi_packer_go(struct ewi_packer *p, size_t most, size_t *out_bytes)
{
	(void)p, (void)most;
	*out_bytes = 0;
	return EW_ERR_UNSUPPORTED;
}

enum ew_status ew_gzip_expand(const struct ew_alloc *alloc, const void *in, size_t in_bytes, void *out,
			      size_t cap, size_t *out_bytes)
{
	(void)alloc, (void)in, (void)in_bytes, (void)out, (void)cap;
	*out_bytes = 0;
	return EW_ERR_UNSUPPORTED;
}

#endif
