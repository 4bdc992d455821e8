/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * wasi_fs.c - wasi_snapshot_preview1's descriptors and paths, over struct ew_abi_fs.
 *
 * fd 0 to 2 are stdio, then come the preopened folders, then what the guest opens.  Paths are made plain here
 * (no "..", no "."; see plain_path); following links safely is the host's callback's.
 */
#include "abi/wasi.h"

#if EW_CONFIG_ABI

#define FDSTAT_BYTES 24u
#define FILESTAT_BYTES 64u
#define DIRENT_BYTES 24u
#define OFLAGS 0xfu /* creat, directory, excl, trunc: the numbers are EW_FS_'s */

struct ewi_file *ewi_file_of(struct ew_abi *abi, uint32_t fd)
{
	uint32_t i = fd - WASI_FIRST_FILE;

	if (fd < WASI_FIRST_FILE || !abi->files || i >= abi->max_files || !abi->files[i].open)
		return NULL;
	return &abi->files[i];
}

static struct ewi_file *dir_of(struct ew_abi *abi, uint32_t fd)
{
	struct ewi_file *f = ewi_file_of(abi, fd);

	return f && f->kind == EW_FS_DIR ? f : NULL;
}

static void close_file(struct ew_abi *abi, struct ewi_file *f)
{
	if (f->open && !f->preopen && abi->fs.close)
		abi->fs.close(abi->user, f->host);
	memset(f, 0, sizeof(*f));
}

void ewi_files_reset(struct ew_abi *abi)
{
	abi->stdio_closed = 0;
	for (uint32_t i = 0; abi->files && i < abi->max_files; i++) {
		struct ewi_file *f = &abi->files[i];

		close_file(abi, f);
		if (i >= abi->preopen_count)
			continue;
		f->open = true;
		f->preopen = &abi->preopens[i];
		f->host = abi->preopens[i].dir;
		f->kind = EW_FS_DIR;
	}
}

/*
 * The guest's path without empty parts, "." and "..", NUL-terminated.  WASI_NOTCAPABLE: absolute, or leads above the
 * folder.  ".." is taken lexically, so that no host ever sees one.
 */
static int32_t plain_path(struct ew_instance *caller, uint32_t gaddr, uint32_t len,
			  char out[EW_FS_PATH_BYTES])
{
	const char *p = ewi_span(caller, gaddr, len);
	size_t n = 0;

	if (!p)
		return WASI_FAULT;
	if (len >= EW_FS_PATH_BYTES)
		return WASI_NAMETOOLONG;
	if (len == 0 || memchr(p, 0, len))
		return WASI_INVAL;
	if (p[0] == '/')
		return WASI_NOTCAPABLE;
	for (uint32_t i = 0, part; i < len; i += part + 1) {
		const char *slash = memchr(p + i, '/', len - i);

		part = slash ? (uint32_t)(slash - (p + i)) : len - i;
		if (part == 0 || (part == 1 && p[i] == '.'))
			continue;
		if (part == 2 && p[i] == '.' && p[i + 1] == '.') {
			if (n == 0)
				return WASI_NOTCAPABLE;
			while (n > 0 && out[--n] != '/')
				;
			continue;
		}
		if (n)
			out[n++] = '/';
		memcpy(out + n, p + i, part);
		n += part;
	}
	if (n == 0)
		out[n++] = '.';
	out[n] = '\0';
	return WASI_OK;
}

/* ---- transfers -------------------------------------------------------------------------------- */

int32_t ewi_file_transfer(struct ew_abi *abi, struct ew_instance *caller, struct ewi_file *f,
			  const struct ewi_iovs *iovs, bool write, uint64_t *offset, uint32_t *done)
{
	if (f->kind == EW_FS_DIR || !(f->flags & (write ? EW_FS_WRITE : EW_FS_READ)))
		return WASI_BADF;
	if (write ? !abi->fs.write : !abi->fs.read)
		return WASI_NOSYS;
	for (uint32_t i = 0; i < iovs->count; i++) {
		uint32_t len;
		void *bytes = ewi_iovs_at(caller, iovs, i, &len);
		uint16_t rc = 0;
		size_t n = 0;

		if (!bytes)
			break;
		if (len && write)
			rc = abi->fs.write(abi->user, f->host, *offset, bytes, len, &n);
		else if (len)
			rc = abi->fs.read(abi->user, f->host, *offset, bytes, len, &n);
		if (rc && *done == 0)
			return rc;
		if (rc || n > len)
			break;
		*done += (uint32_t)n;
		*offset += n;
		if (n < len)
			break;
	}
	return WASI_OK;
}

/* (fd, iovs, count, offset, done) */
static enum ew_status transfer_at(struct ew_abi *abi, struct ew_instance *caller, union ew_value *v,
				  bool write)
{
	struct ewi_file *f = ewi_file_of(abi, v[0].u32);
	uint8_t *done = ewi_span(caller, v[4].u32, 4);
	uint64_t offset = v[3].u64;
	struct ewi_iovs iovs;
	uint32_t moved = 0;
	int32_t rc = WASI_BADF;

	if (!done)
		rc = WASI_FAULT;
	else if (f)
		rc = ewi_iovs_get(caller, v[1].u32, v[2].u32, &iovs);
	else if (ewi_stdio_open(abi, v[0].u32))
		rc = WASI_SPIPE;
	if (rc == WASI_OK)
		rc = ewi_file_transfer(abi, caller, f, &iovs, write, &offset, &moved);
	ewi_pay(abi, caller, moved);
	if (rc == WASI_OK)
		ewi_put_le32(done, moved);
	return ewi_ret(abi, v, rc);
}

enum ew_status ewi_wasi_fd_pread(void *user, struct ew_instance *caller, union ew_value *v)
{
	return transfer_at(user, caller, v, false);
}

enum ew_status ewi_wasi_fd_pwrite(void *user, struct ew_instance *caller, union ew_value *v)
{
	return transfer_at(user, caller, v, true);
}

/* ---- descriptors ------------------------------------------------------------------------------ */

/* (fd) */
enum ew_status ewi_wasi_fd_close(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t fd = v[0].u32;
	struct ewi_file *f = ewi_file_of(abi, fd);

	ewi_pay(abi, caller, 0);
	if (f)
		close_file(abi, f);
	else if (ewi_stdio_open(abi, fd))
		abi->stdio_closed |= (uint8_t)(1u << fd);
	else
		return ewi_ret(abi, v, WASI_BADF);
	return ewi_ret(abi, v, WASI_OK);
}

/* (from, to): to is closed and becomes from.  Files only; stdio stays where it is. */
enum ew_status ewi_wasi_fd_renumber(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	struct ewi_file *from = ewi_file_of(abi, v[0].u32), *to = ewi_file_of(abi, v[1].u32);

	ewi_pay(abi, caller, 0);
	if (!from || !to)
		return ewi_ret(abi, v, WASI_BADF);
	if (from == to)
		return ewi_ret(abi, v, WASI_OK);
	if (from->preopen || to->preopen)
		return ewi_ret(abi, v, WASI_NOTSUP);
	close_file(abi, to);
	*to = *from;
	memset(from, 0, sizeof(*from));
	return ewi_ret(abi, v, WASI_OK);
}

static int32_t file_size(struct ew_abi *abi, const struct ewi_file *f, uint64_t *size)
{
	struct ew_fs_stat st = {0};
	uint16_t rc = abi->fs.stat ? abi->fs.stat(abi->user, f->host, &st) : WASI_NOSYS;

	*size = st.size;
	return rc;
}

/* (fd, offset, whence, new offset) */
enum ew_status ewi_wasi_fd_seek(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	struct ewi_file *f = ewi_file_of(abi, v[0].u32);
	int64_t by = v[1].i64;
	uint32_t whence = v[2].u32;
	uint8_t *out = ewi_span(caller, v[3].u32, 8);
	uint64_t base = 0;
	int32_t rc = WASI_OK;

	ewi_pay(abi, caller, 0);
	if (!out)
		return ewi_ret(abi, v, WASI_FAULT);
	if (!f || f->kind == EW_FS_DIR)
		return ewi_ret(abi, v, ewi_stdio_open(abi, v[0].u32) ? WASI_SPIPE : WASI_BADF);
	if (whence == 1)
		base = f->offset;
	else if (whence == 2)
		rc = file_size(abi, f, &base);
	else if (whence > 2)
		rc = WASI_INVAL;
	if (rc != WASI_OK)
		return ewi_ret(abi, v, rc);
	/* base and the result both lie in 0..2^63-1. */
	if (base > INT64_MAX || (by < 0 ? 0 - (uint64_t)by > base : (uint64_t)by > INT64_MAX - base))
		return ewi_ret(abi, v, WASI_INVAL);
	f->offset = base + (uint64_t)by;
	ewi_put_le64(out, f->offset);
	return ewi_ret(abi, v, WASI_OK);
}

/* (fd, offset) */
enum ew_status ewi_wasi_fd_tell(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	struct ewi_file *f = ewi_file_of(abi, v[0].u32);
	uint8_t *out = ewi_span(caller, v[1].u32, 8);

	ewi_pay(abi, caller, 0);
	if (!out)
		return ewi_ret(abi, v, WASI_FAULT);
	if (!f || f->kind == EW_FS_DIR)
		return ewi_ret(abi, v, ewi_stdio_open(abi, v[0].u32) ? WASI_SPIPE : WASI_BADF);
	ewi_put_le64(out, f->offset);
	return ewi_ret(abi, v, WASI_OK);
}

/* (fd): sync and datasync */
enum ew_status ewi_wasi_fd_sync(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	struct ewi_file *f = ewi_file_of(abi, v[0].u32);

	ewi_pay(abi, caller, 0);
	if (!f)
		return ewi_ret(abi, v, ewi_stdio_open(abi, v[0].u32) ? WASI_INVAL : WASI_BADF);
	return ewi_ret(abi, v, abi->fs.sync ? abi->fs.sync(abi->user, f->host) : WASI_NOSYS);
}

/*
 * (fd, fdstat).  stdio is a character device without the right to seek: that is how libcs recognise a terminal, and
 * why they then write line by line.
 */
enum ew_status ewi_wasi_fd_fdstat_get(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t fd = v[0].u32;
	const struct ewi_file *f = ewi_file_of(abi, fd);
	uint8_t *out = ewi_span(caller, v[1].u32, FDSTAT_BYTES);
	uint64_t rights;

	ewi_pay(abi, caller, FDSTAT_BYTES);
	if (!out)
		return ewi_ret(abi, v, WASI_FAULT);
	if (!f && !ewi_stdio_open(abi, fd))
		return ewi_ret(abi, v, WASI_BADF);
	if (!f)
		rights = fd ? WASI_RIGHT_WRITE : WASI_RIGHT_READ;
	else
		rights = WASI_RIGHTS_ALL & ~(uint64_t)(f->kind == EW_FS_DIR || f->flags & EW_FS_WRITE ?
							       0 : WASI_RIGHT_WRITE);
	memset(out, 0, FDSTAT_BYTES);
	out[0] = f ? f->kind : WASI_CHARACTER_DEVICE;
	ewi_put_le16(out + 2, f && f->flags & EW_FS_APPEND ? WASI_FDFLAG_APPEND : 0);
	ewi_put_le64(out + 8, rights);
	ewi_put_le64(out + 16, f && f->kind == EW_FS_DIR ? WASI_RIGHTS_ALL : 0);
	return ewi_ret(abi, v, WASI_OK);
}

/* (fd, flags): APPEND of files; the others (dsync, nonblock, rsync, sync) change nothing here. */
enum ew_status ewi_wasi_fd_fdstat_set_flags(void *user, struct ew_instance *caller,
					    union ew_value *v)
{
	struct ew_abi *abi = user;
	struct ewi_file *f = ewi_file_of(abi, v[0].u32);

	ewi_pay(abi, caller, 0);
	if (!f)
		return ewi_ret(abi, v, ewi_stdio_open(abi, v[0].u32) ? WASI_OK : WASI_BADF);
	/* Appending is decided by the host when it opens: it cannot change afterwards. */
	if (!(f->flags & EW_FS_APPEND) != !(v[1].u32 & WASI_FDFLAG_APPEND))
		return ewi_ret(abi, v, WASI_NOTSUP);
	return ewi_ret(abi, v, WASI_OK);
}

static void put_filestat(uint8_t *p, const struct ew_fs_stat *st)
{
	memset(p, 0, FILESTAT_BYTES);
	ewi_put_le64(p, st->device);
	ewi_put_le64(p + 8, st->inode);
	p[16] = (uint8_t)st->kind;
	ewi_put_le64(p + 24, st->links);
	ewi_put_le64(p + 32, st->size);
	ewi_put_le64(p + 40, st->atime_ns);
	ewi_put_le64(p + 48, st->mtime_ns);
	ewi_put_le64(p + 56, st->ctime_ns);
}

/* (fd, filestat) */
enum ew_status ewi_wasi_fd_filestat_get(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	const struct ewi_file *f = ewi_file_of(abi, v[0].u32);
	uint8_t *out = ewi_span(caller, v[1].u32, FILESTAT_BYTES);
	struct ew_fs_stat st = {0};
	uint16_t rc = 0;

	ewi_pay(abi, caller, FILESTAT_BYTES);
	if (!out)
		return ewi_ret(abi, v, WASI_FAULT);
	if (!f && !ewi_stdio_open(abi, v[0].u32))
		return ewi_ret(abi, v, WASI_BADF);
	if (f)
		rc = abi->fs.stat ? abi->fs.stat(abi->user, f->host, &st) : WASI_NOSYS;
	if (rc)
		return ewi_ret(abi, v, rc);
	put_filestat(out, &st);
	if (!f)
		out[16] = WASI_CHARACTER_DEVICE;
	return ewi_ret(abi, v, WASI_OK);
}

/* (fd, size) */
enum ew_status ewi_wasi_fd_filestat_set_size(void *user, struct ew_instance *caller,
					     union ew_value *v)
{
	struct ew_abi *abi = user;
	struct ewi_file *f = ewi_file_of(abi, v[0].u32);

	ewi_pay(abi, caller, 0);
	if (!f || f->kind == EW_FS_DIR || !(f->flags & EW_FS_WRITE))
		return ewi_ret(abi, v, f || !ewi_stdio_open(abi, v[0].u32) ? WASI_BADF : WASI_INVAL);
	if (!abi->fs.truncate)
		return ewi_ret(abi, v, WASI_NOSYS);
	return ewi_ret(abi, v, abi->fs.truncate(abi->user, f->host, v[1].u64));
}

/* (fd, prestat): tag 0 (folder) and the length of its name */
enum ew_status ewi_wasi_fd_prestat_get(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	const struct ewi_file *f = ewi_file_of(abi, v[0].u32);
	uint8_t *out = ewi_span(caller, v[1].u32, 8);

	ewi_pay(abi, caller, 0);
	if (!f || !f->preopen)
		return ewi_ret(abi, v, WASI_BADF);
	if (!out)
		return ewi_ret(abi, v, WASI_FAULT);
	ewi_put_le32(out, 0);
	ewi_put_le32(out + 4, (uint32_t)strlen(f->preopen->name));
	return ewi_ret(abi, v, WASI_OK);
}

/* (fd, name, len) */
enum ew_status ewi_wasi_fd_prestat_dir_name(void *user, struct ew_instance *caller,
					    union ew_value *v)
{
	struct ew_abi *abi = user;
	const struct ewi_file *f = ewi_file_of(abi, v[0].u32);
	uint32_t cap = v[2].u32;
	char *out = ewi_span(caller, v[1].u32, cap);
	size_t len;

	ewi_pay(abi, caller, 0);
	if (!f || !f->preopen)
		return ewi_ret(abi, v, WASI_BADF);
	if (!out)
		return ewi_ret(abi, v, WASI_FAULT);
	len = strlen(f->preopen->name);
	if (len > cap)
		return ewi_ret(abi, v, WASI_NAMETOOLONG);
	memcpy(out, f->preopen->name, len);
	return ewi_ret(abi, v, WASI_OK);
}

/* Copy as much as is left of the guest's buffer. */
static uint32_t put_part(uint8_t *buf, uint32_t used, uint32_t cap, const void *bytes, size_t len)
{
	size_t n = len < cap - used ? len : cap - used;

	memcpy(buf + used, bytes, n);
	return used + (uint32_t)n;
}

/* (fd, buf, cap, cookie, used): entries from number cookie on; the last may be cut, which means "ask again". */
enum ew_status ewi_wasi_fd_readdir(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	const struct ewi_file *f = dir_of(abi, v[0].u32);
	uint32_t cap = v[2].u32, used = 0;
	uint8_t *buf = ewi_span(caller, v[1].u32, cap), *out = ewi_span(caller, v[4].u32, 4);
	int32_t rc = WASI_OK;

	if (!buf || !out)
		rc = WASI_FAULT;
	else if (!f)
		rc = ewi_file_of(abi, v[0].u32) ? WASI_NOTDIR : WASI_BADF;
	else if (!abi->fs.list)
		rc = WASI_NOSYS;
	for (uint64_t cookie = v[3].u64; rc == WASI_OK && used < cap; cookie++) {
		uint8_t dirent[DIRENT_BYTES] = {0};
		char name[EW_FS_PATH_BYTES];
		struct ew_fs_stat st = {0};
		size_t len = 0;

		rc = abi->fs.list(abi->user, f->host, cookie, name, sizeof(name), &len, &st);
		if (rc != WASI_OK || len == 0)
			break;
		if (len > sizeof(name)) {
			rc = WASI_IO;
			break;
		}
		ewi_put_le64(dirent, cookie + 1);
		ewi_put_le64(dirent + 8, st.inode);
		ewi_put_le32(dirent + 16, (uint32_t)len);
		dirent[20] = (uint8_t)st.kind;
		used = put_part(buf, used, cap, dirent, sizeof(dirent));
		used = put_part(buf, used, cap, name, len);
	}
	ewi_pay(abi, caller, used);
	if (rc == WASI_OK)
		ewi_put_le32(out, used);
	return ewi_ret(abi, v, rc);
}

/* ---- paths ------------------------------------------------------------------------------------ */

static struct ewi_file *free_file(struct ew_abi *abi, uint32_t *fd)
{
	for (uint32_t i = 0; abi->files && i < abi->max_files; i++) {
		if (!abi->files[i].open) {
			*fd = i + WASI_FIRST_FILE;
			return &abi->files[i];
		}
	}
	return NULL;
}

/* (dir, lookup flags, path, len, oflags, rights, inheriting rights, fd flags, fd) */
enum ew_status ewi_wasi_path_open(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	const struct ewi_file *dir = dir_of(abi, v[0].u32);
	uint8_t *out = ewi_span(caller, v[8].u32, 4);
	uint32_t flags = v[4].u32 & OFLAGS, fd = 0;
	char path[EW_FS_PATH_BYTES];
	struct ewi_file *f;
	enum ew_fs_kind kind = EW_FS_UNKNOWN;
	void *host = NULL;
	int32_t rc;

	ewi_pay(abi, caller, v[3].u32 < EW_FS_PATH_BYTES ? v[3].u32 : 0);
	if (!out)
		return ewi_ret(abi, v, WASI_FAULT);
	if (!dir)
		return ewi_ret(abi, v, ewi_file_of(abi, v[0].u32) ? WASI_NOTDIR : WASI_BADF);
	rc = plain_path(caller, v[2].u32, v[3].u32, path);
	if (rc == WASI_OK && !abi->fs.open)
		rc = WASI_NOSYS;
	if (rc != WASI_OK)
		return ewi_ret(abi, v, rc);
	f = free_file(abi, &fd);
	if (!f)
		return ewi_ret(abi, v, WASI_NFILE);
	flags |= v[5].u64 & WASI_RIGHT_READ ? EW_FS_READ : 0;
	flags |= v[5].u64 & WASI_RIGHT_WRITE ? EW_FS_WRITE : 0;
	flags |= v[7].u32 & WASI_FDFLAG_APPEND ? EW_FS_APPEND : 0;
	rc = abi->fs.open(abi->user, dir->host, path, flags, &host, &kind);
	if (rc != WASI_OK)
		return ewi_ret(abi, v, rc);
	*f = (struct ewi_file){.host = host, .flags = flags, .kind = (uint8_t)kind, .open = true};
	ewi_put_le32(out, fd);
	return ewi_ret(abi, v, WASI_OK);
}

/* (dir, lookup flags, path, len, filestat) */
enum ew_status ewi_wasi_path_filestat_get(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	const struct ewi_file *dir = dir_of(abi, v[0].u32);
	uint8_t *out = ewi_span(caller, v[4].u32, FILESTAT_BYTES);
	char path[EW_FS_PATH_BYTES];
	struct ew_fs_stat st = {0};
	int32_t rc;

	ewi_pay(abi, caller, FILESTAT_BYTES);
	if (!out)
		return ewi_ret(abi, v, WASI_FAULT);
	if (!dir)
		return ewi_ret(abi, v, ewi_file_of(abi, v[0].u32) ? WASI_NOTDIR : WASI_BADF);
	rc = plain_path(caller, v[2].u32, v[3].u32, path);
	if (rc == WASI_OK)
		rc = abi->fs.stat_at ?
			     abi->fs.stat_at(abi->user, dir->host, path, v[1].u32 & 1, &st) :
			     WASI_NOSYS;
	if (rc == WASI_OK)
		put_filestat(out, &st);
	return ewi_ret(abi, v, rc);
}

/* (dir, path, len), for one of the callbacks of that shape */
static enum ew_status path_call(struct ew_abi *abi, struct ew_instance *caller, union ew_value *v,
				uint16_t (*fn)(void *user, void *dir, const char *path))
{
	const struct ewi_file *dir = dir_of(abi, v[0].u32);
	char path[EW_FS_PATH_BYTES];
	int32_t rc;

	ewi_pay(abi, caller, 0);
	if (!dir)
		return ewi_ret(abi, v, ewi_file_of(abi, v[0].u32) ? WASI_NOTDIR : WASI_BADF);
	rc = plain_path(caller, v[1].u32, v[2].u32, path);
	if (rc == WASI_OK)
		rc = fn ? fn(abi->user, dir->host, path) : WASI_NOSYS;
	return ewi_ret(abi, v, rc);
}

enum ew_status ewi_wasi_path_create_directory(void *user, struct ew_instance *caller,
					      union ew_value *v)
{
	return path_call(user, caller, v, ((struct ew_abi *)user)->fs.mkdir);
}

enum ew_status ewi_wasi_path_remove_directory(void *user, struct ew_instance *caller,
					      union ew_value *v)
{
	return path_call(user, caller, v, ((struct ew_abi *)user)->fs.rmdir);
}

enum ew_status ewi_wasi_path_unlink_file(void *user, struct ew_instance *caller, union ew_value *v)
{
	return path_call(user, caller, v, ((struct ew_abi *)user)->fs.unlink);
}

/* (dir, path, len, new dir, new path, len) */
enum ew_status ewi_wasi_path_rename(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	const struct ewi_file *from = dir_of(abi, v[0].u32), *to = dir_of(abi, v[3].u32);
	char path[EW_FS_PATH_BYTES], new_path[EW_FS_PATH_BYTES];
	int32_t rc;

	ewi_pay(abi, caller, 0);
	if (!from || !to)
		return ewi_ret(abi, v, WASI_BADF);
	rc = plain_path(caller, v[1].u32, v[2].u32, path);
	if (rc == WASI_OK)
		rc = plain_path(caller, v[4].u32, v[5].u32, new_path);
	if (rc == WASI_OK)
		rc = abi->fs.rename ?
			     abi->fs.rename(abi->user, from->host, path, to->host, new_path) :
			     WASI_NOSYS;
	return ewi_ret(abi, v, rc);
}

#endif
