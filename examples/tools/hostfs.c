/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* hostfs.c - see hostfs.h.  Source: openat2(2); the errno numbers are WASI preview 1's. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif
#include "hostfs.h"

struct entry {
	int fd;
	DIR *list;	/* of a folder that is being listed */
	uint64_t listed; /* entries read from it so far */
};

static uint16_t wasi_errno(int e)
{
	static const struct {
		int host;
		uint16_t wasi;
	} map[] = {
		{EACCES, 2},  {EAGAIN, 6},  {EBADF, 8},	  {EBUSY, 10},	      {EEXIST, 20},
		{EFBIG, 22},  {EINTR, 27},  {EINVAL, 28}, {EIO, 29},	      {EISDIR, 31},
		{ELOOP, 32},  {EMFILE, 33}, {EMLINK, 34}, {ENAMETOOLONG, 37}, {ENFILE, 41},
		{ENOENT, 44}, {ENOMEM, 48}, {ENOSPC, 51}, {ENOSYS, 52},	      {ENOTDIR, 54},
		{EPERM, 63},  {EPIPE, 64},  {EROFS, 69},  {ESPIPE, 70},	      {ETXTBSY, 74},
		{EXDEV, 76}, /* openat2 says so of a path that leads out: "not capable" */
		{ENOTEMPTY, 55},
	};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].host == e)
			return map[i].wasi;
	return 29;
}

/* Part by part, following no symbolic link.  The path has no empty, "." or ".." parts. */
static int open_parts(int dir, const char *path, int flags, mode_t mode)
{
	char part[EW_FS_PATH_BYTES];
	int at = dir, fd;

	for (;;) {
		size_t n = strcspn(path, "/");
		bool last = path[n] == '\0';

		memcpy(part, path, n);
		part[n] = '\0';
		fd = openat(at, part, (last ? flags : O_DIRECTORY | O_RDONLY) | O_NOFOLLOW | O_CLOEXEC, mode);
		if (at != dir)
			close(at);
		if (fd < 0 || last)
			return fd;
		at = fd;
		path += n + 1;
	}
}

static int open_beneath(int dir, const char *path, int flags, mode_t mode)
{
#if defined(__linux__) && defined(SYS_openat2)
	/* struct open_how and RESOLVE_BENEATH of linux/openat2.h, which older headers lack */
	struct {
		uint64_t flags, mode, resolve;
	} how = {(uint64_t)(flags | O_CLOEXEC), flags & O_CREAT ? mode : 0, 0x08};
	long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

	if (fd >= 0 || errno != ENOSYS)
		return (int)fd;
#endif
	return open_parts(dir, path, flags, mode);
}

/* The folder that the last part of the path is in, and that part. */
static int open_parent(int dir, const char *path, const char **base)
{
	char parent[EW_FS_PATH_BYTES];
	const char *slash = strrchr(path, '/');

	*base = slash ? slash + 1 : path;
	snprintf(parent, sizeof(parent), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	return open_beneath(dir, parent, O_DIRECTORY | O_RDONLY, 0);
}

static enum ew_fs_kind kind_of(mode_t mode)
{
	if (S_ISREG(mode))
		return EW_FS_FILE;
	if (S_ISDIR(mode))
		return EW_FS_DIR;
	return S_ISLNK(mode) ? EW_FS_LINK : EW_FS_UNKNOWN;
}

static uint64_t ns_of(struct timespec t)
{
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fill_stat(const struct stat *st, struct ew_fs_stat *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = kind_of(st->st_mode);
	out->device = (uint64_t)st->st_dev;
	out->inode = (uint64_t)st->st_ino;
	out->links = (uint64_t)st->st_nlink;
	out->size = (uint64_t)st->st_size;
	out->atime_ns = ns_of(st->st_atim);
	out->mtime_ns = ns_of(st->st_mtim);
	out->ctime_ns = ns_of(st->st_ctim);
}

static struct entry *new_entry(int fd)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (e)
		e->fd = fd;
	return e;
}

static int open_flags(uint32_t flags)
{
	int f = O_NONBLOCK; /* a FIFO must not hang the guest's host */

	if (flags & EW_FS_DIRECTORY)
		return f | O_DIRECTORY | O_RDONLY;
	if (flags & EW_FS_WRITE)
		f |= flags & EW_FS_READ ? O_RDWR : O_WRONLY;
	if (flags & EW_FS_CREATE)
		f |= O_CREAT;
	if (flags & EW_FS_EXCL)
		f |= O_EXCL;
	if (flags & EW_FS_TRUNC)
		f |= O_TRUNC;
	if (flags & EW_FS_APPEND)
		f |= O_APPEND;
	return f;
}

static uint16_t fs_open(void *user, void *dir, const char *path, uint32_t flags, void **file,
			enum ew_fs_kind *kind)
{
	int at = ((struct entry *)dir)->fd, fd = open_beneath(at, path, open_flags(flags), 0666);
	struct entry *e;
	struct stat st;

	(void)user;
	/* A folder opened with the right to write, as libc asks for: folders are read. */
	if (fd < 0 && errno == EISDIR && !(flags & (EW_FS_CREATE | EW_FS_TRUNC)))
		fd = open_beneath(at, path, O_DIRECTORY | O_RDONLY, 0);
	if (fd < 0)
		return wasi_errno(errno);
	e = new_entry(fd);
	if (!e || fstat(fd, &st) != 0) {
		free(e);
		close(fd);
		return e ? 29 : 48;
	}
	*kind = kind_of(st.st_mode);
	*file = e;
	return 0;
}

static void fs_close(void *user, void *file)
{
	struct entry *e = file;

	(void)user;
	if (e->list)
		closedir(e->list);
	close(e->fd);
	free(e);
}

static uint16_t fs_read(void *user, void *file, uint64_t offset, void *buf, size_t cap, size_t *done)
{
	ssize_t n = offset > INT64_MAX ? (errno = EINVAL, -1)
				       : pread(((struct entry *)file)->fd, buf, cap, (off_t)offset);

	(void)user;
	if (n < 0)
		return wasi_errno(errno);
	*done = (size_t)n;
	return 0;
}

static uint16_t fs_write(void *user, void *file, uint64_t offset, const void *bytes, size_t len,
			 size_t *done)
{
	ssize_t n = offset > INT64_MAX ? (errno = EINVAL, -1)
				       : pwrite(((struct entry *)file)->fd, bytes, len, (off_t)offset);

	(void)user;
	if (n < 0)
		return wasi_errno(errno);
	*done = (size_t)n;
	return 0;
}

static uint16_t fs_sync(void *user, void *file)
{
	(void)user;
	return fsync(((struct entry *)file)->fd) == 0 ? 0 : wasi_errno(errno);
}

static uint16_t fs_truncate(void *user, void *file, uint64_t size)
{
	(void)user;
	if (size > INT64_MAX)
		return 28;
	return ftruncate(((struct entry *)file)->fd, (off_t)size) == 0 ? 0 : wasi_errno(errno);
}

static uint16_t fs_stat(void *user, void *file, struct ew_fs_stat *out)
{
	struct stat st;

	(void)user;
	if (fstat(((struct entry *)file)->fd, &st) != 0)
		return wasi_errno(errno);
	fill_stat(&st, out);
	return 0;
}

/* Followed links are resolved beneath the folder too: the target is opened and asked, never its name. */
static uint16_t fs_stat_at(void *user, void *dir, const char *path, bool follow, struct ew_fs_stat *out)
{
	const char *base = ".";
	struct stat st;
	int fd, rc;

	(void)user;
	if (follow || strcmp(path, ".") == 0) {
#ifdef O_PATH
		fd = open_beneath(((struct entry *)dir)->fd, path, O_PATH, 0);
#else
		fd = open_beneath(((struct entry *)dir)->fd, path, O_RDONLY | O_NONBLOCK, 0);
#endif
		rc = fd < 0 ? -1 : fstat(fd, &st);
	} else {
		fd = open_parent(((struct entry *)dir)->fd, path, &base);
		rc = fd < 0 ? -1 : fstatat(fd, base, &st, AT_SYMLINK_NOFOLLOW);
	}
	if (fd >= 0) {
		int why = errno;

		close(fd);
		errno = why;
	}
	if (rc != 0)
		return wasi_errno(errno);
	fill_stat(&st, out);
	return 0;
}

/* Positioned at entry `index`: forward by reading, backward by beginning again. */
static struct dirent *entry_at(struct entry *e, uint64_t index)
{
	struct dirent *d = NULL;

	if (!e->list) {
		int fd = openat(e->fd, ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC);

		e->list = fd < 0 ? NULL : fdopendir(fd);
		e->listed = 0;
		if (!e->list) {
			if (fd >= 0)
				close(fd);
			return NULL;
		}
	}
	if (index < e->listed) {
		rewinddir(e->list);
		e->listed = 0;
	}
	while (e->listed <= index) {
		d = readdir(e->list);
		if (!d)
			return NULL;
		e->listed++;
	}
	return d;
}

static uint16_t fs_list(void *user, void *dir, uint64_t index, char *name, size_t cap, size_t *len,
			struct ew_fs_stat *out)
{
	struct entry *e = dir;
	struct dirent *d;
	struct stat st;

	(void)user;
	errno = 0;
	d = entry_at(e, index);
	*len = 0;
	if (!d)
		return errno ? wasi_errno(errno) : 0;
	*len = strlen(d->d_name);
	if (*len + 1 > cap)
		return 37;
	memcpy(name, d->d_name, *len + 1);
	if (fstatat(e->fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		fill_stat(&st, out);
	else
		memset(out, 0, sizeof(*out)); /* gone meanwhile: a name of unknown kind */
	return 0;
}

static uint16_t in_parent(void *dir, const char *path, int (*change)(int at, const char *base))
{
	const char *base;
	int at = open_parent(((struct entry *)dir)->fd, path, &base), rc, why;

	if (at < 0)
		return wasi_errno(errno);
	rc = change(at, base);
	why = errno;
	close(at);
	return rc == 0 ? 0 : wasi_errno(why);
}

static int change_mkdir(int at, const char *base)
{
	return mkdirat(at, base, 0777);
}

static int change_rmdir(int at, const char *base)
{
	return unlinkat(at, base, AT_REMOVEDIR);
}

static int change_unlink(int at, const char *base)
{
	return unlinkat(at, base, 0);
}

static uint16_t fs_mkdir(void *user, void *dir, const char *path)
{
	(void)user;
	return in_parent(dir, path, change_mkdir);
}

static uint16_t fs_rmdir(void *user, void *dir, const char *path)
{
	(void)user;
	return in_parent(dir, path, change_rmdir);
}

static uint16_t fs_unlink(void *user, void *dir, const char *path)
{
	(void)user;
	return in_parent(dir, path, change_unlink);
}

static uint16_t fs_rename(void *user, void *from_dir, const char *from, void *to_dir, const char *to)
{
	const char *from_base, *to_base;
	int a = open_parent(((struct entry *)from_dir)->fd, from, &from_base), b, rc = -1, why;

	(void)user;
	if (a < 0)
		return wasi_errno(errno);
	b = open_parent(((struct entry *)to_dir)->fd, to, &to_base);
	if (b >= 0)
		rc = renameat(a, from_base, b, to_base);
	why = errno;
	close(a);
	if (b >= 0)
		close(b);
	return rc == 0 ? 0 : wasi_errno(why);
}

const struct ew_abi_fs hostfs = {
	.struct_bytes = sizeof(hostfs),
	.open = fs_open,
	.close = fs_close,
	.read = fs_read,
	.write = fs_write,
	.sync = fs_sync,
	.truncate = fs_truncate,
	.stat = fs_stat,
	.stat_at = fs_stat_at,
	.list = fs_list,
	.mkdir = fs_mkdir,
	.rmdir = fs_rmdir,
	.unlink = fs_unlink,
	.rename = fs_rename,
};

void *hostfs_open(const char *path)
{
	int fd = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	struct entry *e = fd < 0 ? NULL : new_entry(fd);

	if (!e && fd >= 0)
		close(fd);
	return e;
}

void hostfs_close(void *dir)
{
	if (dir)
		fs_close(NULL, dir);
}
