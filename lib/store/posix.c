/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * posix.c - storage in a folder: a file for each block, and a file "geometry" that says how large they are.
 *
 * An erased block has no file.  The first write makes it and reserves all of block_bytes, so that a full
 * disk is met at the start of a block, and so that later syncs need not write the file's size.
 * A writer locks the geometry file; readers in other processes need no lock.
 */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* or 32-bit machines refuse large files and folders */
#endif
#include "edgewasm/store.h"

#if EW_CONFIG_STORE && EW_CONFIG_POSIX
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/error.h"
#include "store/config.h"
#include "store/storage.h"

#define OPEN_MAX 4 /* one that grows, one just finished, one or two being read */

struct open_file {
	int fd; /* -1: none */
	uint32_t block;
	bool dirty;	/* written since the last sync */
	bool reserved;	/* known to have its block_bytes */
	uint32_t used;	/* the larger, the later */
};

struct posix_storage {
	struct ew_alloc alloc;
	int dir, lock; /* folder; geometry file */
	uint32_t block_count, block_bytes;
	bool read_only, reserve, dir_dirty;
	uint8_t *unsynced; /* a bit for each block whose file was closed with writes that are not durable */
	uint32_t unsynced_count;
	uint32_t clock;
	struct open_file files[OPEN_MAX];
};

static enum ew_status status_of(int error)
{
	return error == ENOSPC || error == EDQUOT ? EW_ERR_FULL : EW_ERR_IO;
}

static void name_of(uint32_t block, char name[24])
{
	ewi_format(name, 24, "block-%06u", (unsigned)block);
}

/* ---- open files ---- */

/* Nothing is synced here: a log that nobody syncs need not wait for the disk each time it begins a file. */
static void close_file(struct posix_storage *s, struct open_file *f)
{
	uint8_t bit = (uint8_t)(1u << f->block % 8);

	if (f->fd >= 0)
		close(f->fd);
	if (f->fd >= 0 && f->dirty && !(s->unsynced[f->block / 8] & bit)) {
		s->unsynced[f->block / 8] |= bit;
		s->unsynced_count++;
	}
	memset(f, 0, sizeof(*f));
	f->fd = -1;
}

static void forget_unsynced(struct posix_storage *s, uint32_t block)
{
	uint8_t bit = (uint8_t)(1u << block % 8);

	if (s->unsynced[block / 8] & bit) {
		s->unsynced[block / 8] &= (uint8_t)~bit;
		s->unsynced_count--;
	}
}

static struct open_file *find_file(struct posix_storage *s, uint32_t block)
{
	for (int i = 0; i < OPEN_MAX; i++)
		if (s->files[i].fd >= 0 && s->files[i].block == block)
			return &s->files[i];
	return NULL;
}

/* A free slot: the least recently used, and one without unsynced writes if there is any. */
static struct open_file *free_slot(struct posix_storage *s)
{
	struct open_file *best = &s->files[0];

	for (int i = 0; i < OPEN_MAX; i++) {
		struct open_file *f = &s->files[i];

		if (f->fd < 0)
			return f;
		if (f->dirty != best->dirty ? best->dirty : f->used < best->used)
			best = f;
	}
	return best;
}

/* The block's file, opened when it must be.  EW_ERR_NOENT when it has none and is not to be made. */
static enum ew_status get_file(struct posix_storage *s, uint32_t block, bool make, struct open_file **out)
{
	struct open_file *f = find_file(s, block);
	struct stat info;
	char name[24];

	/* A writer may have erased the block: then this is the file of its former life. */
	if (f && s->read_only && (fstat(f->fd, &info) != 0 || info.st_nlink == 0)) {
		close_file(s, f);
		f = NULL;
	}
	if (!f) {
		f = free_slot(s);
		close_file(s, f);
		name_of(block, name);
		f->fd = openat(s->dir, name,
			       (s->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | (make ? O_CREAT : 0), 0666);
		if (f->fd < 0)
			return errno == ENOENT ? EW_ERR_NOENT : status_of(errno);
		f->block = block;
		s->dir_dirty |= make;
	}
	f->used = ++s->clock;
	*out = f;
	return EW_OK;
}

/* ---- the interface ---- */

static enum ew_status posix_read(void *ctx, uint32_t block, uint32_t at, void *out, uint32_t bytes)
{
	struct posix_storage *s = ctx;
	struct open_file *f = NULL;
	uint8_t *p = out;
	enum ew_status st;

	if (!ewi_range_ok(s->block_count, s->block_bytes, 1, block, at, bytes))
		return EW_ERR_BOUNDS;
	st = get_file(s, block, false, &f);
	if (st != EW_OK && st != EW_ERR_NOENT)
		return st;
	while (f && bytes > 0) {
		ssize_t n = pread(f->fd, p, bytes, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return EW_ERR_IO;
		if (n == 0)
			break;
		p += n;
		at += (uint32_t)n;
		bytes -= (uint32_t)n;
	}
	memset(p, 0, bytes); /* what was never written */
	return EW_OK;
}

/* Make the file as large as it will be, once. */
static enum ew_status reserve(struct posix_storage *s, struct open_file *f)
{
	struct stat info;
	int error;

	if (f->reserved || !s->reserve)
		return EW_OK;
	if (fstat(f->fd, &info) != 0)
		return EW_ERR_IO;
	if (info.st_size < (off_t)s->block_bytes) {
		do
			error = posix_fallocate(f->fd, 0, (off_t)s->block_bytes);
		while (error == EINTR);
		if (error == ENOSPC || error == EDQUOT)
			return EW_ERR_FULL;
		/* Any other error: this file system cannot; the file grows as it is written. */
	}
	f->reserved = true;
	return EW_OK;
}

static enum ew_status posix_write(void *ctx, uint32_t block, uint32_t at, const void *in, uint32_t bytes)
{
	struct posix_storage *s = ctx;
	const uint8_t *p = in;
	struct open_file *f;
	enum ew_status st;

	if (s->read_only)
		return EW_ERR_DENIED;
	if (!ewi_range_ok(s->block_count, s->block_bytes, 1, block, at, bytes))
		return EW_ERR_BOUNDS;
	st = get_file(s, block, true, &f);
	if (st == EW_OK)
		st = reserve(s, f);
	if (st != EW_OK)
		return st;
	f->dirty = true;
	while (bytes > 0) {
		ssize_t n = pwrite(f->fd, p, bytes, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return status_of(errno);
		p += n;
		at += (uint32_t)n;
		bytes -= (uint32_t)n;
	}
	return EW_OK;
}

static enum ew_status posix_erase(void *ctx, uint32_t block)
{
	struct posix_storage *s = ctx;
	struct open_file *f;
	char name[24];

	if (s->read_only)
		return EW_ERR_DENIED;
	if (block >= s->block_count)
		return EW_ERR_BOUNDS;
	f = find_file(s, block);
	if (f) {
		f->dirty = false; /* nobody wants to know what was in it */
		close_file(s, f);
	}
	forget_unsynced(s, block);
	name_of(block, name);
	if (unlinkat(s->dir, name, 0) == 0)
		s->dir_dirty = true;
	else if (errno != ENOENT)
		return EW_ERR_IO;
	return EW_OK;
}

/*
 * The system keeps what was written to a file that was closed; syncing it through another descriptor will do.
 * No open file has unsynced writes by now, so none is added to those.
 */
static enum ew_status sync_closed(struct posix_storage *s)
{
	for (uint32_t block = 0; s->unsynced_count > 0 && block < s->block_count; block++) {
		struct open_file *f;
		enum ew_status st;

		if (!(s->unsynced[block / 8] & 1u << block % 8))
			continue;
		st = get_file(s, block, false, &f);
		if (st != EW_OK)
			return st == EW_ERR_NOENT ? EW_ERR_IO : st;
		if (fdatasync(f->fd) != 0)
			return EW_ERR_IO;
		forget_unsynced(s, block);
		f->dirty = false;
	}
	return EW_OK;
}

static enum ew_status posix_sync(void *ctx)
{
	struct posix_storage *s = ctx;
	enum ew_status st;

	for (int i = 0; i < OPEN_MAX; i++) {
		struct open_file *f = &s->files[i];

		if (f->fd < 0 || !f->dirty)
			continue;
		if (fdatasync(f->fd) != 0)
			return EW_ERR_IO;
		f->dirty = false;
	}
	st = sync_closed(s);
	if (st != EW_OK)
		return st;
	if (s->dir_dirty && fsync(s->dir) != 0)
		return EW_ERR_IO;
	s->dir_dirty = false;
	return EW_OK;
}

static bool write_all(int fd, const uint8_t *p, size_t bytes)
{
	while (bytes > 0) {
		ssize_t n = write(fd, p, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		p += n;
		bytes -= (size_t)n;
	}
	return true;
}

/* A file of its own, made durable and then renamed.  Readers that have the old one open go on with that. */
static enum ew_status posix_replace(void *ctx, uint32_t block, const void *in, uint32_t bytes)
{
	struct posix_storage *s = ctx;
	struct open_file *f;
	char name[24], new_name[24];
	enum ew_status st;
	int fd;

	if (s->read_only)
		return EW_ERR_DENIED;
	if (!ewi_range_ok(s->block_count, s->block_bytes, 1, block, 0, bytes))
		return EW_ERR_BOUNDS;
	name_of(block, name);
	ewi_format(new_name, sizeof(new_name), "%s.new", name);
	fd = openat(s->dir, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return status_of(errno);
	st = write_all(fd, in, bytes) && fsync(fd) == 0 ? EW_OK : status_of(errno);
	if (close(fd) != 0 && st == EW_OK)
		st = status_of(errno);
	if (st == EW_OK && renameat(s->dir, new_name, s->dir, name) != 0)
		st = status_of(errno);
	if (st != EW_OK) {
		unlinkat(s->dir, new_name, 0);
		return st;
	}
	f = find_file(s, block);
	if (f) {
		f->dirty = false; /* that file is no more */
		close_file(s, f);
	}
	forget_unsynced(s, block);
	return fsync(s->dir) == 0 ? EW_OK : EW_ERR_IO;
}

/* ---- the geometry file ---- */

static enum ew_status fail(struct ew_error *err, int error, const char *doing, const char *name)
{
	char why[64] = "unknown error";
	enum ew_status st = error == ENOENT    ? EW_ERR_NOENT
			    : error == EACCES || error == EPERM || error == EROFS ? EW_ERR_DENIED
									      : status_of(error);

	if (strerror_r(error, why, sizeof(why)) != 0)
		ewi_format(why, sizeof(why), "error %d", error);
	return ewi_error(err, st, 0, "cannot %s %s: %s", doing, name, why);
}

/* "NAME NUMBER\n" at *p; moves past it. */
static bool take_number(const char **p, const char *name, uint32_t *out)
{
	size_t n = strlen(name);
	unsigned long value;
	char *end;

	if (strncmp(*p, name, n) != 0 || (*p)[n] != ' ' || (*p)[n + 1] < '0' || (*p)[n + 1] > '9')
		return false;
	errno = 0;
	value = strtoul(*p + n + 1, &end, 10);
	if (*end != '\n' || errno != 0 || value == 0 || value > UINT32_MAX)
		return false;
	*out = (uint32_t)value;
	*p = end + 1;
	return true;
}

static enum ew_status read_geometry(struct posix_storage *s, struct ew_error *err)
{
	static const char head[] = "edgewasm storage 1\n";
	char text[128];
	const char *p = text + sizeof(head) - 1;
	ssize_t n = pread(s->lock, text, sizeof(text) - 1, 0);

	if (n < 0)
		return fail(err, errno, "read", "geometry");
	text[n] = '\0';
	if (strncmp(text, head, sizeof(head) - 1) != 0 ||
	    !take_number(&p, "block_bytes", &s->block_bytes) ||
	    !take_number(&p, "block_count", &s->block_count) || *p != '\0')
		return ewi_error(err, EW_ERR_MALFORMED, 0, "the file geometry is not this library's");
	return EW_OK;
}

/* Written aside and renamed, so that it is there whole or not at all. */
static enum ew_status write_geometry(struct posix_storage *s, struct ew_error *err)
{
	char text[128];
	size_t n = ewi_format(text, sizeof(text), "edgewasm storage 1\nblock_bytes %u\nblock_count %u\n",
			      (unsigned)s->block_bytes, (unsigned)s->block_count);
	int fd = openat(s->dir, "geometry.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool ok;

	if (fd < 0)
		return fail(err, errno, "make", "geometry.new");
	ok = write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
	if (close(fd) != 0 || !ok)
		return fail(err, errno, "write", "geometry.new");
	if (renameat(s->dir, "geometry.new", s->dir, "geometry") != 0 || fsync(s->dir) != 0)
		return fail(err, errno, "rename", "geometry.new");
	return EW_OK;
}

/* Open the geometry file; a writer makes it when there is none, and locks it. */
static enum ew_status open_geometry(struct posix_storage *s, struct ew_error *err)
{
	int mode = (s->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC;
	enum ew_status st;

	s->lock = openat(s->dir, "geometry", mode);
	if (s->lock < 0 && errno == ENOENT && !s->read_only) {
		st = write_geometry(s, err);
		if (st != EW_OK)
			return st;
		s->lock = openat(s->dir, "geometry", mode);
	}
	if (s->lock < 0)
		return fail(err, errno, "open", "geometry");
	if (!s->read_only && flock(s->lock, LOCK_EX | LOCK_NB) != 0)
		return ewi_error(err, EW_ERR_STATE, 0, "another process has the folder open for writing");
	return read_geometry(s, err);
}

/* ---- opening and closing ---- */

static void destroy(struct posix_storage *s)
{
	struct ew_alloc alloc = s->alloc;

	for (int i = 0; i < OPEN_MAX; i++) {
		s->files[i].dirty = false;
		close_file(s, &s->files[i]);
	}
	if (s->lock >= 0)
		close(s->lock);
	if (s->dir >= 0)
		close(s->dir);
	ewi_free(&alloc, s->unsynced, (s->block_count + 7) / 8, 1);
	ewi_free(&alloc, s, 1, sizeof(*s));
}

static enum ew_status open_dir(struct posix_storage *s, const char *dir, struct ew_error *err)
{
	if (!s->read_only && mkdir(dir, 0777) != 0 && errno != EEXIST)
		return fail(err, errno, "make", dir);
	s->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0)
		return fail(err, errno, "open", dir);
	return open_geometry(s, err);
}

enum ew_status ew_storage_files_open(const char *dir, const struct ew_storage_config *cfg,
				     const struct ew_alloc *alloc, struct ew_storage *out,
				     struct ew_error *err)
{
	struct ew_storage_config c;
	struct posix_storage *s;
	enum ew_status st;

	memset(out, 0, sizeof(*out));
	ewi_error_clear(err);
	if (!ewi_store_config(&c, sizeof(c), cfg) || c.block_bytes % 8 != 0 || c.block_bytes > 1u << 31 ||
	    c.block_count > 1000000)
		return ewi_error(err, EW_ERR_INVAL, 0, "blocks must be a multiple of 8 bytes, 2 GiB at most, "
						      "and 1000000 at most");
	s = ewi_alloc(alloc, 1, sizeof(*s));
	if (!s)
		return ewi_error(err, EW_ERR_NOMEM, 0, "no memory for a storage");
	s->alloc = *alloc;
	s->dir = s->lock = -1;
	s->block_bytes = c.block_bytes ? c.block_bytes : 8u << 20;
	s->block_count = c.block_count ? c.block_count : 4096;
	s->read_only = c.read_only;
	s->reserve = !c.no_preallocate;
	for (int i = 0; i < OPEN_MAX; i++)
		s->files[i].fd = -1;
	st = open_dir(s, dir, err);
	if (st == EW_OK) {
		s->unsynced = ewi_alloc(alloc, (s->block_count + 7) / 8, 1);
		st = s->unsynced ? EW_OK : ewi_error(err, EW_ERR_NOMEM, 0, "no memory for a storage");
	}
	if (st != EW_OK) {
		destroy(s);
		return st;
	}
	*out = (struct ew_storage){
		.read = posix_read,
		.write = posix_write,
		.erase = posix_erase,
		.sync = posix_sync,
		.replace = posix_replace,
		.ctx = s,
		.block_count = s->block_count,
		.block_bytes = s->block_bytes,
		.write_bytes = 1,
		.erased = 0,
		.rewrite = true,
	};
	return EW_OK;
}

void ew_storage_files_close(struct ew_storage *st)
{
	if (st->ctx)
		destroy(st->ctx);
	memset(st, 0, sizeof(*st));
}

#endif
