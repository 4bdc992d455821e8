/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_fs.c - descriptors and paths of preopened folders, over a folder made of memory: lib/abi/wasi_fs.c. */
#include "arun.h"

#define WASI "wasi_snapshot_preview1"

enum { SUCCESS = 0, BADF = 8, W_FAULT = 21, W_INVAL = 28, W_IO = 29, NAMETOOLONG = 37, NFILE = 41, W_NOENT = 44,
       W_NOSYS = 52, NOTDIR = 54, NOTSUP = 58, SPIPE = 70, NOTCAPABLE = 76 };

#define READ (1 << 1)
#define WRITE (1 << 6)

/* Two files in one folder; the path of the last call and how often each callback came. */
struct entry {
	char name[16], data[64];
	size_t size;
	int opened;
};
static struct {
	struct entry files[2];
	char path[EW_FS_PATH_BYTES], other[EW_FS_PATH_BYTES];
	void *dir;
	uint32_t flags, opens, closes, calls;
	uint64_t size;
	bool follow;
	uint16_t fail;
	size_t most;
} fs;

static int root_folder, other_folder;

static uint16_t fs_open(void *user, void *dir, const char *path, uint32_t flags, void **file,
			enum ew_fs_kind *kind)
{
	(void)user;
	fs.dir = dir;
	fs.flags = flags;
	strcpy(fs.path, path);
	if (fs.fail)
		return fs.fail;
	if (strcmp(path, "sub") == 0) {
		*file = &other_folder;
		*kind = EW_FS_DIR;
		fs.opens++;
		return 0;
	}
	for (size_t i = 0; i < 2; i++) {
		if (strcmp(fs.files[i].name, path) != 0)
			continue;
		*file = &fs.files[i];
		*kind = EW_FS_FILE;
		fs.opens++;
		return 0;
	}
	return W_NOENT;
}

static void fs_close(void *user, void *file)
{
	(void)user, (void)file;
	fs.closes++;
}

static uint16_t fs_read(void *user, void *file, uint64_t offset, void *buf, size_t cap, size_t *done)
{
	struct entry *e = file;
	size_t n = offset < e->size ? e->size - (size_t)offset : 0;

	(void)user;
	n = n < cap ? n : cap;
	n = n < fs.most ? n : fs.most;
	memcpy(buf, e->data + offset, n);
	*done = n;
	return fs.fail;
}

static uint16_t fs_write(void *user, void *file, uint64_t offset, const void *bytes, size_t len,
			 size_t *done)
{
	struct entry *e = file;

	(void)user;
	if (fs.fail || offset + len > sizeof(e->data))
		return fs.fail ? fs.fail : 51;
	memcpy(e->data + offset, bytes, len);
	if (offset + len > e->size)
		e->size = (size_t)offset + len;
	*done = len;
	return 0;
}

static uint16_t fs_sync(void *user, void *file)
{
	(void)user, (void)file;
	fs.calls++;
	return fs.fail;
}

static uint16_t fs_truncate(void *user, void *file, uint64_t size)
{
	(void)user, (void)file;
	fs.size = size;
	return fs.fail;
}

static uint16_t fs_stat(void *user, void *file, struct ew_fs_stat *out)
{
	(void)user;
	out->kind = file == &root_folder || file == &other_folder ? EW_FS_DIR : EW_FS_FILE;
	out->size = out->kind == EW_FS_FILE ? ((struct entry *)file)->size : 0;
	out->device = 1, out->inode = 2, out->links = 3;
	out->atime_ns = 4, out->mtime_ns = 5, out->ctime_ns = 6;
	return fs.fail;
}

static uint16_t fs_stat_at(void *user, void *dir, const char *path, bool follow, struct ew_fs_stat *out)
{
	(void)user;
	fs.dir = dir;
	fs.follow = follow;
	strcpy(fs.path, path);
	out->kind = EW_FS_FILE;
	out->size = 77;
	return fs.fail;
}

static uint16_t fs_list(void *user, void *dir, uint64_t index, char *name, size_t cap, size_t *len,
			struct ew_fs_stat *out)
{
	(void)user, (void)dir;
	if (index >= 2) {
		*len = 0;
		return fs.fail;
	}
	strcpy(name, fs.files[index].name);
	*len = fs.size == 99 ? cap + 1 : strlen(name);
	out->inode = 100 + index;
	out->kind = EW_FS_FILE;
	return fs.fail;
}

static uint16_t fs_one_path(void *user, void *dir, const char *path)
{
	(void)user;
	fs.dir = dir;
	fs.calls++;
	strcpy(fs.path, path);
	return fs.fail;
}

static uint16_t fs_rename(void *user, void *from_dir, const char *from, void *to_dir, const char *to)
{
	(void)user, (void)to_dir;
	fs.dir = from_dir;
	fs.calls++;
	strcpy(fs.path, from);
	strcpy(fs.other, to);
	return fs.fail;
}

static const struct ew_abi_preopen preopens[] = {{"/data", &root_folder}, {"cfg", &other_folder}};

static void begin_with(struct arun *r, uint32_t max_files)
{
	memset(&fs, 0, sizeof(fs));
	fs.most = SIZE_MAX;
	strcpy(fs.files[0].name, "alpha");
	strcpy(fs.files[0].data, "0123456789");
	fs.files[0].size = 10;
	strcpy(fs.files[1].name, "beta.txt");
	arun_init(r);
	r->config.grant.caps = EW_CAP_FS;
	r->config.max_files = max_files;
	r->config.preopens = preopens;
	r->config.preopen_count = 2;
	r->fs.open = fs_open, r->fs.close = fs_close, r->fs.read = fs_read, r->fs.write = fs_write;
	r->fs.sync = fs_sync, r->fs.truncate = fs_truncate, r->fs.stat = fs_stat;
	r->fs.stat_at = fs_stat_at, r->fs.list = fs_list, r->fs.mkdir = fs_one_path;
	r->fs.rmdir = fs_one_path, r->fs.unlink = fs_one_path, r->fs.rename = fs_rename;
}

static void open_guest(struct arun *r)
{
	arun_open(r, WASI, "path_open", "fd_read", "fd_write", "fd_pread", "fd_pwrite", "fd_seek", "fd_tell",
		  "fd_close", "fd_sync", "fd_fdstat_get", "fd_fdstat_set_flags", "fd_filestat_get",
		  "fd_filestat_set_size", "fd_prestat_get", "fd_prestat_dir_name", "fd_readdir", "fd_renumber",
		  "path_filestat_get", "path_create_directory", "path_remove_directory", "path_unlink_file",
		  "path_rename");
}

static void begin(struct arun *r)
{
	begin_with(r, 0);
	open_guest(r);
}

/* Opens path in fd dir; the descriptor lands at 0. */
static int32_t do_open(struct arun *r, int dir, const char *path, uint32_t oflags, int64_t rights,
		       uint32_t fdflags)
{
	if (path[0])
		arun_put(r, 1000, path);
	arun_pick(r, "path_open");
	return arun_i32(r, dir, 1, 1000, (int64_t)strlen(path), oflags, rights, rights, fdflags, 0);
}

static int32_t transfer(struct arun *r, const char *function, int fd, uint32_t len)
{
	arun_put32(r, 100, 200);
	arun_put32(r, 104, len);
	arun_pick(r, function);
	return arun_i32(r, fd, 100, 1, 64);
}

static void preopened_folders_are_announced(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	arun_pick(&r, "fd_prestat_get");
	assert_int_equal(arun_i32(&r, 3, 0), SUCCESS);
	assert_int_equal(arun_le32(&r, 0), 0);
	assert_int_equal(arun_le32(&r, 4), 5);
	assert_int_equal(arun_i32(&r, 4, 0), SUCCESS);
	assert_int_equal(arun_le32(&r, 4), 3);
	assert_int_equal(arun_i32(&r, 5, 0), BADF);
	assert_int_equal(arun_i32(&r, 2, 0), BADF);
	arun_pick(&r, "fd_prestat_dir_name");
	assert_int_equal(arun_i32(&r, 3, 10, 4), NAMETOOLONG);
	assert_int_equal(arun_i32(&r, 3, 10, 5), SUCCESS);
	check_mem("name", arun_mem(&r, 10, 6), "/data\0", 6);
	assert_int_equal(arun_i32(&r, 5, 10, 5), BADF);
	arun_pick(&r, "fd_fdstat_get");
	assert_int_equal(arun_i32(&r, 3, 0), SUCCESS);
	assert_int_equal(arun_mem(&r, 0, 1)[0], EW_FS_DIR);
	assert_int_equal(arun_le64(&r, 16), 0x1fffffff);
	arun_close(&r);
}

static void paths_are_made_plain(void **state)
{
	static const struct row {
		const char *path;
		int32_t want;
		const char *plain;
	} rows[] = {
		{"alpha", SUCCESS, "alpha"},
		{"./alpha", SUCCESS, "alpha"},
		{"a/../alpha", SUCCESS, "alpha"},
		{"alpha/", SUCCESS, "alpha"},
		{"sub//x/./y/../../../alpha", SUCCESS, "alpha"},
		{"a/b/c", W_NOENT, "a/b/c"},
		{"a//b///c/", W_NOENT, "a/b/c"},
		{"ab/cd/..", W_NOENT, "ab"},
		{".", W_NOENT, "."},
		{"a/..", W_NOENT, "."},
		{"...", W_NOENT, "..."},
		{"..a/b..", W_NOENT, "..a/b.."},
		{"..", NOTCAPABLE, NULL},
		{"../x", NOTCAPABLE, NULL},
		{"a/../../x", NOTCAPABLE, NULL},
		{"./..", NOTCAPABLE, NULL},
		{"/", NOTCAPABLE, NULL},
		{"/etc/passwd", NOTCAPABLE, NULL},
		{"//alpha", NOTCAPABLE, NULL},
		{"", W_INVAL, NULL},
	};
	struct arun r;

	(void)state;
	begin(&r);
	for (size_t i = 0; i < ROWS(rows); i++) {
		fs.path[0] = '\0';
		check_int(rows[i].path, do_open(&r, 3, rows[i].path, 0, READ, 0), rows[i].want);
		check_str(rows[i].path, fs.path, rows[i].plain ? rows[i].plain : "");
	}
	/* A NUL in the middle would be cut by the host's file functions. */
	memcpy(arun_mem(&r, 1000, 8), "alpha\0/x", 8);
	assert_int_equal(arun_i32(&r, 3, 1, 1000, 8, 0, READ, READ, 0, 0), W_INVAL);
	/* Length: at the limit and above. */
	memset(arun_mem(&r, 1000, 600), 'n', 600);
	assert_int_equal(arun_i32(&r, 3, 1, 1000, EW_FS_PATH_BYTES - 1, 0, READ, READ, 0, 0), W_NOENT);
	assert_int_equal(strlen(fs.path), EW_FS_PATH_BYTES - 1);
	assert_int_equal(arun_i32(&r, 3, 1, 1000, EW_FS_PATH_BYTES, 0, READ, READ, 0, 0), NAMETOOLONG);
	arun_close(&r);
}

static void opening_passes_what_was_asked_for(void **state)
{
	static const struct row {
		const char *name;
		uint32_t oflags, fdflags, want;
		int64_t rights;
	} rows[] = {
		{"to read", 0, 0, EW_FS_READ, READ},
		{"to write", 1, 0, EW_FS_WRITE | EW_FS_CREATE, WRITE},
		{"both, cut", 9, 0, EW_FS_READ | EW_FS_WRITE | EW_FS_CREATE | EW_FS_TRUNC, READ | WRITE},
		{"to append", 0, 1, EW_FS_WRITE | EW_FS_APPEND, WRITE},
		{"a folder", 2, 0, EW_FS_READ | EW_FS_DIRECTORY, READ},
		{"new only", 5, 0, EW_FS_WRITE | EW_FS_CREATE | EW_FS_EXCL, WRITE},
		{"flags that mean nothing here", 0xf0, 0xfe, 0, 1 << 3},
	};
	struct arun r;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		begin(&r);
		check_int(rows[i].name, do_open(&r, 4, "alpha", rows[i].oflags, rows[i].rights, rows[i].fdflags),
			  SUCCESS);
		check_hex(rows[i].name, fs.flags, rows[i].want);
		check_true(rows[i].name, fs.dir == &other_folder);
		check_int(rows[i].name, arun_le32(&r, 0), 5);
		arun_close(&r);
		check_int(rows[i].name, fs.closes, 1); /* what the guest left open */
	}
	begin(&r);
	assert_int_equal(do_open(&r, 1, "alpha", 0, READ, 0), BADF);
	assert_int_equal(do_open(&r, 9, "alpha", 0, READ, 0), BADF);
	assert_int_equal(do_open(&r, 3, "alpha", 0, READ, 0), SUCCESS);
	assert_int_equal(do_open(&r, 5, "alpha", 0, READ, 0), NOTDIR);
	assert_int_equal(do_open(&r, 3, "sub", 0, READ, 0), SUCCESS);
	assert_int_equal(do_open(&r, 6, "alpha", 0, READ, 0), SUCCESS); /* beneath an opened folder */
	assert_true(fs.dir == &other_folder);
	fs.fail = 2;
	assert_int_equal(do_open(&r, 3, "alpha", 0, READ, 0), 2);
	arun_close(&r);
	assert_int_equal(fs.opens, fs.closes);
}

static void descriptors_are_limited_and_used_again(void **state)
{
	struct arun r;

	(void)state;
	begin_with(&r, 4);
	open_guest(&r);
	assert_int_equal(do_open(&r, 3, "alpha", 0, READ, 0), SUCCESS);
	assert_int_equal(do_open(&r, 3, "alpha", 0, READ, 0), SUCCESS);
	assert_int_equal(arun_le32(&r, 0), 6);
	assert_int_equal(do_open(&r, 3, "alpha", 0, READ, 0), NFILE);
	assert_int_equal(fs.opens, 2);
	arun_pick(&r, "fd_close");
	assert_int_equal(arun_i32(&r, 5), SUCCESS);
	assert_int_equal(arun_i32(&r, 5), BADF);
	assert_int_equal(fs.closes, 1);
	assert_int_equal(do_open(&r, 3, "alpha", 0, READ, 0), SUCCESS);
	assert_int_equal(arun_le32(&r, 0), 5);
	/* A preopen may be closed, and is the host's still; a reset brings it back. */
	arun_pick(&r, "fd_close");
	assert_int_equal(arun_i32(&r, 3), SUCCESS);
	assert_int_equal(fs.closes, 1);
	assert_int_equal(do_open(&r, 3, "alpha", 0, READ, 0), BADF);
	ew_abi_reset(r.abi);
	assert_int_equal(fs.closes, 3);
	assert_int_equal(do_open(&r, 3, "alpha", 0, READ, 0), SUCCESS);
	arun_close(&r);
	assert_int_equal(fs.opens, fs.closes);
}

static void files_read_write_and_seek(void **state)
{
	struct arun r;
	uint64_t before, opened;

	(void)state;
	begin(&r);
	before = arun_state(&r);
	do_open(&r, 3, "alpha", 0, READ | WRITE, 0);
	opened = arun_state(&r);
	assert_true(opened != before);
	assert_int_equal(transfer(&r, "fd_read", 5, 4), SUCCESS);
	assert_true(arun_state(&r) != opened); /* it stands elsewhere */
	assert_int_equal(arun_le32(&r, 64), 4);
	check_mem("read", arun_mem(&r, 200, 4), "0123", 4);
	assert_int_equal(transfer(&r, "fd_read", 5, 100), SUCCESS);
	assert_int_equal(arun_le32(&r, 64), 6);
	check_mem("rest", arun_mem(&r, 200, 6), "456789", 6);
	assert_int_equal(transfer(&r, "fd_read", 5, 100), SUCCESS);
	assert_int_equal(arun_le32(&r, 64), 0);
	arun_pick(&r, "fd_seek");
	assert_int_equal(arun_i32(&r, 5, -3, 2, 8), SUCCESS);
	assert_int_equal(arun_le64(&r, 8), 7);
	arun_put(&r, 200, "XY");
	assert_int_equal(transfer(&r, "fd_write", 5, 2), SUCCESS);
	assert_string_equal(fs.files[0].data, "0123456XY9");
	arun_pick(&r, "fd_tell");
	assert_int_equal(arun_i32(&r, 5, 8), SUCCESS);
	assert_int_equal(arun_le64(&r, 8), 9);
	/* At an offset, without moving. */
	arun_put32(&r, 100, 200);
	arun_put32(&r, 104, 3);
	arun_pick(&r, "fd_pread");
	assert_int_equal(arun_i32(&r, 5, 100, 1, 6, 64), SUCCESS);
	check_mem("pread", arun_mem(&r, 200, 3), "6XY", 3);
	arun_pick(&r, "fd_pwrite");
	assert_int_equal(arun_i32(&r, 5, 100, 1, 0, 64), SUCCESS);
	assert_string_equal(fs.files[0].data, "6XY3456XY9");
	arun_pick(&r, "fd_tell");
	arun_i32(&r, 5, 8);
	assert_int_equal(arun_le64(&r, 8), 9);
	/* A host that fails, or reads short. */
	fs.fail = W_IO;
	assert_int_equal(transfer(&r, "fd_read", 5, 4), W_IO);
	assert_int_equal(transfer(&r, "fd_write", 5, 4), W_IO);
	fs.fail = 0;
	fs.most = 1;
	assert_int_equal(transfer(&r, "fd_read", 5, 4), SUCCESS);
	assert_int_equal(arun_le32(&r, 64), 1);
	arun_close(&r);
}

static void seeking_stays_within_63_bits(void **state)
{
	static const struct row {
		const char *name;
		int64_t by;
		int whence;
		int32_t want;
		uint64_t at;
	} rows[] = {
		{"set", 5, 0, SUCCESS, 5},
		{"on", 2, 1, SUCCESS, 7},
		{"back", -7, 1, SUCCESS, 0},
		{"before the start", -1, 1, W_INVAL, 0},
		{"before the start from the end", -11, 2, W_INVAL, 0},
		{"the start from the end", -10, 2, SUCCESS, 0},
		{"beyond the end", 90, 2, SUCCESS, 100},
		{"to the last", INT64_MAX, 0, SUCCESS, INT64_MAX},
		{"over it", 1, 1, W_INVAL, INT64_MAX},
		{"all the way back", INT64_MIN, 1, W_INVAL, INT64_MAX},
		{"to minus", -1, 0, W_INVAL, INT64_MAX},
		{"no such whence", 0, 3, W_INVAL, INT64_MAX},
	};
	struct arun r;

	(void)state;
	begin(&r);
	do_open(&r, 3, "alpha", 0, READ, 0);
	for (size_t i = 0; i < ROWS(rows); i++) {
		arun_pick(&r, "fd_seek");
		check_int(rows[i].name, arun_i32(&r, 5, rows[i].by, rows[i].whence, 8), rows[i].want);
		arun_pick(&r, "fd_tell");
		arun_i32(&r, 5, 16);
		check_int(rows[i].name, arun_le64(&r, 16), rows[i].at);
	}
	arun_pick(&r, "fd_seek");
	assert_int_equal(arun_i32(&r, 3, 0, 0, 8), BADF); /* a folder */
	fs.fail = W_IO;
	assert_int_equal(arun_i32(&r, 5, 0, 2, 8), W_IO);
	arun_close(&r);
}

static void rights_are_what_it_was_opened_with(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	do_open(&r, 3, "alpha", 0, READ, 0);
	assert_int_equal(transfer(&r, "fd_write", 5, 4), BADF);
	arun_pick(&r, "fd_fdstat_get");
	arun_i32(&r, 5, 0);
	assert_int_equal(arun_mem(&r, 0, 1)[0], EW_FS_FILE);
	assert_int_equal(arun_le64(&r, 8) & WRITE, 0);
	arun_pick(&r, "fd_filestat_set_size");
	assert_int_equal(arun_i32(&r, 5, 3), BADF);
	assert_int_equal(transfer(&r, "fd_read", 3, 4), BADF); /* a folder */
	do_open(&r, 3, "alpha", 0, WRITE, 1);
	assert_int_equal(transfer(&r, "fd_read", 6, 4), BADF);
	arun_pick(&r, "fd_fdstat_get");
	arun_i32(&r, 6, 0);
	assert_int_equal(arun_mem(&r, 2, 1)[0], 1);
	arun_pick(&r, "fd_fdstat_set_flags");
	assert_int_equal(arun_i32(&r, 6, 1), SUCCESS);
	assert_int_equal(arun_i32(&r, 6, 0), NOTSUP);
	assert_int_equal(arun_i32(&r, 9, 0), BADF);
	arun_pick(&r, "fd_filestat_set_size");
	assert_int_equal(arun_i32(&r, 6, 3), SUCCESS);
	assert_int_equal(fs.size, 3);
	arun_pick(&r, "fd_sync");
	assert_int_equal(arun_i32(&r, 6), SUCCESS);
	assert_int_equal(arun_i32(&r, 7), BADF);
	arun_close(&r);
}

static void stats(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	do_open(&r, 3, "alpha", 0, READ, 0);
	arun_pick(&r, "fd_filestat_get");
	assert_int_equal(arun_i32(&r, 5, 0), SUCCESS);
	assert_int_equal(arun_le64(&r, 0), 1);
	assert_int_equal(arun_le64(&r, 8), 2);
	assert_int_equal(arun_mem(&r, 16, 1)[0], EW_FS_FILE);
	assert_int_equal(arun_le64(&r, 24), 3);
	assert_int_equal(arun_le64(&r, 32), 10);
	assert_int_equal(arun_le64(&r, 40), 4);
	assert_int_equal(arun_le64(&r, 48), 5);
	assert_int_equal(arun_le64(&r, 56), 6);
	arun_pick(&r, "path_filestat_get");
	arun_put(&r, 1000, "x/../y");
	assert_int_equal(arun_i32(&r, 3, 1, 1000, 6, 0), SUCCESS);
	assert_string_equal(fs.path, "y");
	assert_true(fs.follow);
	assert_int_equal(arun_le64(&r, 32), 77);
	assert_int_equal(arun_i32(&r, 3, 0, 1000, 6, 0), SUCCESS);
	assert_false(fs.follow);
	fs.fail = W_NOENT;
	assert_int_equal(arun_i32(&r, 3, 0, 1000, 6, 0), W_NOENT);
	arun_close(&r);
}

static void folders_list_in_parts(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	arun_pick(&r, "fd_readdir");
	assert_int_equal(arun_i32(&r, 3, 0, 1000, 0, 2000), SUCCESS);
	assert_int_equal(arun_le32(&r, 2000), 24 + 5 + 24 + 8);
	assert_int_equal(arun_le64(&r, 0), 1);
	assert_int_equal(arun_le64(&r, 8), 100);
	assert_int_equal(arun_le32(&r, 16), 5);
	assert_int_equal(arun_mem(&r, 20, 1)[0], EW_FS_FILE);
	check_mem("name", arun_mem(&r, 24, 5), "alpha", 5);
	assert_int_equal(arun_le64(&r, 29), 2);
	check_mem("name", arun_mem(&r, 53, 8), "beta.txt", 8);
	/* Cut: the buffer is full, and the guest asks again from the cookie of the last whole one. */
	memset(arun_mem(&r, 0, 100), 0xa5, 100);
	assert_int_equal(arun_i32(&r, 3, 0, 40, 0, 2000), SUCCESS);
	assert_int_equal(arun_le32(&r, 2000), 40);
	assert_int_equal(arun_mem(&r, 40, 1)[0], 0xa5);
	assert_int_equal(arun_i32(&r, 3, 0, 1000, 1, 2000), SUCCESS);
	assert_int_equal(arun_le32(&r, 2000), 24 + 8);
	assert_int_equal(arun_i32(&r, 3, 0, 1000, 2, 2000), SUCCESS);
	assert_int_equal(arun_le32(&r, 2000), 0);
	assert_int_equal(arun_i32(&r, 3, 0, 0, 0, 2000), SUCCESS);
	assert_int_equal(arun_i32(&r, 7, 0, 0, 0, 2000), BADF);
	do_open(&r, 3, "alpha", 0, READ, 0);
	arun_pick(&r, "fd_readdir");
	assert_int_equal(arun_i32(&r, 5, 0, 100, 0, 2000), NOTDIR);
	fs.size = 99; /* a host that claims more than it was given room for */
	assert_int_equal(arun_i32(&r, 3, 0, 100, 0, 2000), W_IO);
	fs.size = 0;
	fs.fail = W_IO;
	assert_int_equal(arun_i32(&r, 3, 0, 100, 0, 2000), W_IO);
	arun_close(&r);
}

static void paths_reach_the_host(void **state)
{
	static const char *const functions[] = {"path_create_directory", "path_remove_directory",
						"path_unlink_file"};
	struct arun r;

	(void)state;
	begin(&r);
	arun_put(&r, 1000, "a/./b../c");
	for (size_t i = 0; i < ROWS(functions); i++) {
		fs.fail = 0;
		fs.path[0] = '\0';
		arun_pick(&r, functions[i]);
		check_int(functions[i], arun_i32(&r, 4, 1000, 8), SUCCESS);
		check_str(functions[i], fs.path, "a/b..");
		fs.fail = 20;
		check_int(functions[i], arun_i32(&r, 4, 1000, 8), 20);
		check_int(functions[i], arun_i32(&r, 8, 1000, 8), BADF);
		check_int(functions[i], arun_i32(&r, 2, 1000, 8), BADF);
	}
	arun_close(&r);
}

static void renaming_takes_two_folders(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	arun_put(&r, 1000, "old");
	arun_put(&r, 1100, "../new");
	arun_pick(&r, "path_rename");
	assert_int_equal(arun_i32(&r, 3, 1000, 3, 4, 1103, 3), SUCCESS);
	assert_string_equal(fs.path, "old");
	assert_string_equal(fs.other, "new");
	assert_int_equal(arun_i32(&r, 3, 1000, 3, 4, 1100, 6), NOTCAPABLE);
	assert_int_equal(arun_i32(&r, 3, 1100, 6, 4, 1000, 3), NOTCAPABLE);
	assert_int_equal(arun_i32(&r, 3, 1000, 3, 9, 1103, 3), BADF);
	assert_int_equal(fs.calls, 1);
	arun_close(&r);
}

static void renumbering_moves_files(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	do_open(&r, 3, "alpha", 0, READ, 0);
	do_open(&r, 3, "beta.txt", 0, READ, 0);
	arun_pick(&r, "fd_renumber");
	assert_int_equal(arun_i32(&r, 5, 6), SUCCESS);
	assert_int_equal(fs.closes, 1);
	assert_int_equal(transfer(&r, "fd_read", 6, 3), SUCCESS);
	check_mem("alpha", arun_mem(&r, 200, 3), "012", 3);
	arun_pick(&r, "fd_renumber");
	assert_int_equal(arun_i32(&r, 5, 6), BADF);
	assert_int_equal(arun_i32(&r, 6, 6), SUCCESS);
	assert_int_equal(arun_i32(&r, 6, 3), NOTSUP);
	assert_int_equal(arun_i32(&r, 3, 6), NOTSUP);
	assert_int_equal(arun_i32(&r, 6, 1), BADF);
	arun_close(&r);
	assert_int_equal(fs.opens, fs.closes);
}

/* A host that offers none of it: every function says ENOSYS or EBADF. */
static void without_callbacks(void **state)
{
	struct arun r;

	(void)state;
	begin_with(&r, 0);
	memset(&r.fs, 0, sizeof(r.fs));
	r.fs.struct_bytes = sizeof(r.fs);
	open_guest(&r);
	arun_put(&r, 1000, "x");
	assert_int_equal(do_open(&r, 3, "x", 0, READ, 0), W_NOSYS);
	arun_pick(&r, "fd_readdir");
	assert_int_equal(arun_i32(&r, 3, 0, 100, 0, 2000), W_NOSYS);
	arun_pick(&r, "path_filestat_get");
	assert_int_equal(arun_i32(&r, 3, 0, 1000, 1, 0), W_NOSYS);
	arun_pick(&r, "fd_filestat_get");
	assert_int_equal(arun_i32(&r, 3, 0), W_NOSYS);
	arun_pick(&r, "fd_sync");
	assert_int_equal(arun_i32(&r, 3), W_NOSYS);
	arun_pick(&r, "path_unlink_file");
	assert_int_equal(arun_i32(&r, 3, 1000, 1), W_NOSYS);
	arun_pick(&r, "path_rename");
	assert_int_equal(arun_i32(&r, 3, 1000, 1, 3, 1000, 1), W_NOSYS);
	arun_close(&r);
	/* It opens files and can do nothing with them. */
	begin_with(&r, 0);
	r.fs.read = NULL, r.fs.write = NULL, r.fs.truncate = NULL;
	open_guest(&r);
	do_open(&r, 3, "alpha", 0, READ | WRITE, 0);
	assert_int_equal(transfer(&r, "fd_read", 5, 4), W_NOSYS);
	assert_int_equal(transfer(&r, "fd_write", 5, 4), W_NOSYS);
	arun_pick(&r, "fd_filestat_set_size");
	assert_int_equal(arun_i32(&r, 5, 3), W_NOSYS);
	arun_close(&r);
	/* Nothing granted: there is no descriptor to ask with. */
	begin_with(&r, 0);
	r.config.grant.caps = EW_CAP_STDIO;
	open_guest(&r);
	assert_int_equal(do_open(&r, 3, "alpha", 0, READ, 0), BADF);
	assert_int_equal(fs.opens, 0);
	arun_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(preopened_folders_are_announced),
		cmocka_unit_test(paths_are_made_plain),
		cmocka_unit_test(opening_passes_what_was_asked_for),
		cmocka_unit_test(descriptors_are_limited_and_used_again),
		cmocka_unit_test(files_read_write_and_seek),
		cmocka_unit_test(seeking_stays_within_63_bits),
		cmocka_unit_test(rights_are_what_it_was_opened_with),
		cmocka_unit_test(stats),
		cmocka_unit_test(folders_list_in_parts),
		cmocka_unit_test(paths_reach_the_host),
		cmocka_unit_test(renaming_takes_two_folders),
		cmocka_unit_test(renumbering_moves_files),
		cmocka_unit_test(without_callbacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
