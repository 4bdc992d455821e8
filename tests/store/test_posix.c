/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_posix.c - storage in files: blocks, geometry, locking, two processes, files cut short. */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* or 32-bit machines refuse large files and folders */
#endif
#include "rig.h"

#if EW_CONFIG_POSIX
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct folder {
	char path[80];
};

static void folder_make(struct folder *f)
{
	snprintf(f->path, 60, "%s/ew-store-XXXXXX", P_tmpdir);
	assert_non_null(mkdtemp(f->path));
}

static const char *in(const struct folder *f, const char *name)
{
	static char path[400];

	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	return path;
}

static void folder_empty(struct folder *f)
{
	DIR *d = opendir(f->path);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			unlink(in(f, e->d_name));
	closedir(d);
}

static void folder_remove(struct folder *f)
{
	folder_empty(f);
	assert_int_equal(rmdir(f->path), 0);
}

static enum ew_status open_files(const struct folder *f, uint32_t block_bytes, uint32_t block_count,
				 bool read_only, struct ew_storage *st, struct ew_error *err)
{
	struct ew_storage_config cfg = {.struct_bytes = sizeof(cfg), .block_bytes = block_bytes,
					.block_count = block_count, .read_only = read_only};
	struct ew_alloc alloc = ew_alloc_libc();

	return ew_storage_files_open(f->path, &cfg, &alloc, st, err);
}

static void blocks(void **state)
{
	struct ew_storage st;
	struct folder f;
	struct stat info;
	uint8_t buf[16];

	(void)state;
	folder_make(&f);
	assert_int_equal(open_files(&f, 4096, 10, false, &st, NULL), EW_OK);
	assert_int_equal(st.block_bytes, 4096);
	assert_int_equal(st.block_count, 10);
	assert_true(st.rewrite);
	memset(buf, 1, sizeof(buf));
	assert_int_equal(st.read(st.ctx, 3, 100, buf, 16), EW_OK); /* never written */
	assert_int_equal(buf[0] | buf[15], 0);
	assert_int_equal(st.write(st.ctx, 3, 100, "hello", 5), EW_OK);
	assert_int_equal(st.read(st.ctx, 3, 98, buf, 8), EW_OK);
	assert_memory_equal(buf, "\0\0hello\0", 8);
	assert_int_equal(stat(in(&f, "block-000003"), &info), 0);
	assert_int_equal(info.st_size, 4096); /* reserved at once */
	for (uint32_t b = 0; b < 10; b++) /* more than are kept open */
		assert_int_equal(st.write(st.ctx, b, 0, &b, 4), EW_OK);
	assert_int_equal(st.sync(st.ctx), EW_OK);
	for (uint32_t b = 0, got; b < 10; b++) {
		assert_int_equal(st.read(st.ctx, b, 0, &got, 4), EW_OK);
		assert_int_equal(got, b);
	}
	assert_int_equal(st.erase(st.ctx, 3), EW_OK);
	assert_int_equal(st.erase(st.ctx, 3), EW_OK); /* again */
	assert_int_equal(access(in(&f, "block-000003"), F_OK), -1);
	assert_int_equal(st.read(st.ctx, 3, 98, buf, 8), EW_OK);
	assert_memory_equal(buf, "\0\0\0\0\0\0\0\0", 8);
	assert_int_equal(st.read(st.ctx, 10, 0, buf, 1), EW_ERR_BOUNDS);
	assert_int_equal(st.read(st.ctx, 0, 4090, buf, 7), EW_ERR_BOUNDS);
	assert_int_equal(st.read(st.ctx, 0, UINT32_MAX, buf, 2), EW_ERR_BOUNDS);
	assert_int_equal(st.write(st.ctx, 0, 4096, buf, 1), EW_ERR_BOUNDS);
	assert_int_equal(st.write(st.ctx, 0, 4096, buf, 0), EW_OK);
	assert_int_equal(st.erase(st.ctx, 10), EW_ERR_BOUNDS);
	ew_storage_files_close(&st);
	ew_storage_files_close(&st); /* closed already */
	folder_remove(&f);
}

static void geometry(void **state)
{
	static const struct row {
		const char *text;
		enum ew_status want;
	} rows[] = {
		{"edgewasm storage 1\nblock_bytes 4096\nblock_count 7\n", EW_OK},
		{"edgewasm storage 2\nblock_bytes 4096\nblock_count 7\n", EW_ERR_MALFORMED},
		{"edgewasm storage 1\nblock_bytes 0\nblock_count 7\n", EW_ERR_MALFORMED},
		{"edgewasm storage 1\nblock_bytes 4096\nblock_count 99999999999\n", EW_ERR_MALFORMED},
		{"edgewasm storage 1\nblock_bytes 4096\nblock_count -7\n", EW_ERR_MALFORMED},
		{"edgewasm storage 1\nblock_bytes 4096\nblock_count 7\nmore\n", EW_ERR_MALFORMED},
		{"edgewasm storage 1\nblock_bytes 4096\nblock_count 7", EW_ERR_MALFORMED},
		{"edgewasm storage 1\nblock_count 7\n", EW_ERR_MALFORMED},
		{"", EW_ERR_MALFORMED},
	};
	struct ew_error err;
	struct ew_storage st;
	struct folder f;

	(void)state;
	folder_make(&f);
	assert_int_equal(open_files(&f, 0, 0, true, &st, &err), EW_ERR_NOENT);
	assert_non_null(strstr(err.text, "geometry"));
	for (size_t i = 0; i < ROWS(rows); i++) {
		assert_true(write_file(in(&f, "geometry"), rows[i].text, strlen(rows[i].text)));
		check_status(rows[i].text, open_files(&f, 8192, 3, false, &st, &err), rows[i].want);
		if (rows[i].want == EW_OK) {
			check_int("the folder's, not what is asked for", st.block_bytes, 4096);
			check_int("the same", st.block_count, 7);
		}
		ew_storage_files_close(&st);
	}
	unlink(in(&f, "geometry"));
	assert_int_equal(open_files(&f, 4100, 3, false, &st, &err), EW_ERR_INVAL);
	assert_int_equal(open_files(&f, 0, 1000001, false, &st, &err), EW_ERR_INVAL);
	assert_int_equal(open_files(&f, 0, 0, false, &st, &err), EW_OK);
	assert_int_equal(st.block_bytes, 8 << 20);
	assert_int_equal(st.block_count, 4096);
	ew_storage_files_close(&st);
	folder_remove(&f);
}

static void folders(void **state)
{
	struct ew_storage_config cfg = {.struct_bytes = 0};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_storage st, second;
	struct ew_error err;
	struct folder f, deep;
	uint8_t byte = 1;

	(void)state;
	folder_make(&f);
	snprintf(deep.path, sizeof(deep.path), "%.70s/a", f.path);
	assert_int_equal(ew_storage_files_open(deep.path, &cfg, &alloc, &st, &err), EW_ERR_INVAL);
	assert_int_equal(ew_storage_files_open(in(&f, "a/b"), NULL, &alloc, &st, &err), EW_ERR_NOENT);
	assert_non_null(strstr(err.text, "a/b"));
	assert_int_equal(open_files(&deep, 0, 0, true, &st, &err), EW_ERR_NOENT); /* a reader makes nothing */
	assert_int_equal(open_files(&deep, 4096, 4, false, &st, &err), EW_OK);    /* a writer makes the folder */
	assert_int_equal(open_files(&deep, 0, 0, false, &second, &err), EW_ERR_STATE); /* one writer */
	assert_non_null(strstr(err.text, "another process"));
	assert_int_equal(open_files(&deep, 0, 0, true, &second, &err), EW_OK);
	assert_int_equal(second.block_bytes, 4096);
	assert_int_equal(second.write(second.ctx, 0, 0, &byte, 1), EW_ERR_DENIED);
	assert_int_equal(second.erase(second.ctx, 0), EW_ERR_DENIED);
	assert_int_equal(second.sync(second.ctx), EW_OK);
	/* a reader has a block open that is erased and written anew */
	assert_int_equal(st.write(st.ctx, 0, 0, &byte, 1), EW_OK);
	assert_int_equal(second.read(second.ctx, 0, 0, &byte, 1), EW_OK);
	assert_int_equal(byte, 1);
	assert_int_equal(st.erase(st.ctx, 0), EW_OK);
	assert_int_equal(second.read(second.ctx, 0, 0, &byte, 1), EW_OK);
	assert_int_equal(byte, 0);
	byte = 2;
	assert_int_equal(st.write(st.ctx, 0, 0, &byte, 1), EW_OK);
	byte = 0;
	assert_int_equal(second.read(second.ctx, 0, 0, &byte, 1), EW_OK);
	assert_int_equal(byte, 2);
	ew_storage_files_close(&second);
	ew_storage_files_close(&st);
	folder_remove(&deep);
	folder_remove(&f);
}

/* ---- the log in files ---- */

static void log_in_files(void **state)
{
	struct ew_log_config cfg = {.sync_every = 10};
	struct ew_log_report report;
	struct ew_storage st;
	struct ew_log *log;
	struct folder f;

	(void)state;
	folder_make(&f);
	for (int round = 0; round < 3; round++) {
		assert_int_equal(open_files(&f, 4096, 20, false, &st, NULL), EW_OK);
		log = open_log(&st, &cfg);
		for (uint64_t n = 1 + (uint64_t)round * 100; n <= 100 + (uint64_t)round * 100; n++)
			assert_int_equal(append_nth(log, n), EW_OK);
		assert_int_equal(ew_log_verify(log, NULL, NULL, &report), EW_OK);
		assert_int_equal(report.events, 100 * (round + 1));
		assert_int_equal(ew_log_close(log), EW_OK);
		ew_storage_files_close(&st);
	}
	folder_remove(&f);
}

/* The only block's file cut at every length: the whole events before the cut are there, no half ones. */
static void file_cut_at_every_byte(void **state)
{
	struct ew_log_config cfg = {.sync_every = 1};
	struct ew_storage st;
	struct ew_log *log;
	struct folder f;
	uint8_t *image;
	size_t size, ends[6], known = 0;

	(void)state;
	folder_make(&f);
	assert_int_equal(open_files(&f, 1024, 4, false, &st, NULL), EW_OK);
	log = open_log(&st, &cfg);
	for (uint64_t n = 1; n <= 5; n++) {
		struct ew_log_stat stat;

		assert_int_equal(append_nth(log, n), EW_OK);
		ew_log_stat(log, &stat);
		assert_int_equal(stat.segments, 1);
		ends[known++] = (size_t)stat.bytes;
	}
	ew_log_close(log);
	ew_storage_files_close(&st);
	image = read_file(in(&f, "block-000000"), &size);
	assert_non_null(image);
	assert_int_equal(size, 1024);
	for (size_t cut = 0; cut <= ends[4]; cut++) {
		struct ew_log_stat stat;
		uint64_t whole = 0, next;

		while (whole < 5 && ends[whole] <= cut)
			whole++;
		assert_true(write_file(in(&f, "block-000000"), image, cut));
		assert_int_equal(open_files(&f, 0, 0, false, &st, NULL), EW_OK);
		log = open_log(&st, &cfg);
		ew_log_stat(log, &stat);
		next = stat.next_seq;
		/* zeros that were cut off read as zeros again: an event may be whole though its padding is gone */
		if (next != whole + 1 && !(next == whole + 2 && ends[whole] - cut < 8))
			fail_msg("cut at %zu: next is %llu", cut, (unsigned long long)next);
		for (uint64_t n = next; n < next + 3; n++)
			assert_int_equal(append_nth(log, n), EW_OK);
		ew_log_close(log);
		ew_storage_files_close(&st);
	}
	free(image);
	folder_remove(&f);
}

#define SHARED_EVENTS 2000

/* What the writer does besides appending, while another process reads. */
static const struct sharing {
	const char *name;
	uint32_t blocks;
	enum ew_log_full when_full;
	bool deflate;
} sharings[] = {
	{"appends", 500, EW_LOG_REJECT, false},
	{"drops the oldest", 8, EW_LOG_DROP_OLDEST, false},
	{"deflates", 500, EW_LOG_REJECT, true},
};

static void write_slowly(const struct folder *f, const struct sharing *how)
{
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .when_full = how->when_full, .buffer_bytes = 32768};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_storage st;
	struct ew_log *log;

	event_bits = 1; /* so that it is worth while */
	if (open_files(f, 0, 0, false, &st, NULL) != EW_OK || ew_log_open(&st, &cfg, &alloc, &log, NULL) != EW_OK)
		_exit(1);
	for (uint64_t n = 1; n <= SHARED_EVENTS; n++) {
		struct event ev;

		event_make(&ev, n);
		if (ew_log_append(log, &ev.e, ev.topic, ev.data, NULL) != EW_OK)
			_exit(2);
		if (n % 50 == 0)
			usleep(1000);
		if (n % 50 == 0 && how->deflate && ew_log_deflate(log, 1, NULL) != EW_OK)
			_exit(3);
	}
	ew_log_close(log);
	_exit(0);
}

/* All of it in order and nothing else, but what was dropped before it came to that: it is told how much. */
static void read_meanwhile(const struct sharing *how, struct ew_log *log)
{
	struct ew_log_reader *rd;
	const struct ew_event *e;
	uint64_t next = 1;

	check_status(how->name, ew_log_reader_create(log, &rd), EW_OK);
	for (int polls = 0; next <= SHARED_EVENTS && polls < 20000;) {
		enum ew_status s = ew_log_read(rd, &e);

		if (s == EW_ERR_EMPTY) {
			polls++;
			usleep(how->when_full == EW_LOG_DROP_OLDEST ? 30000 : 500); /* long enough to be left behind */
		} else if (s == EW_ERR_CORRUPT && how->when_full == EW_LOG_DROP_OLDEST) {
			check_int(how->name, ew_log_reader_damage(rd)->kind, EW_LOG_DROPPED);
			check_int(how->name, ew_log_reader_damage(rd)->first_seq, next);
			next += ew_log_reader_damage(rd)->events;
		} else {
			check_status(how->name, s, EW_OK);
			check_true(how->name, event_is(e, next));
			next++;
		}
	}
	check_int(how->name, next, SHARED_EVENTS + 1);
	ew_log_reader_destroy(rd);
}

/* One process appends, another reads meanwhile. */
static void two_processes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(sharings); i++) {
		struct ew_log_config cfg = {.read_only = true, .buffer_bytes = 32768};
		struct ew_storage st;
		struct ew_log *log;
		struct folder f;
		pid_t child;
		int status;

		if (sharings[i].deflate && !EW_CONFIG_ZLIB)
			continue;
		event_bits = 1;
		folder_make(&f);
		assert_int_equal(open_files(&f, 4096, sharings[i].blocks, false, &st, NULL), EW_OK);
		ew_storage_files_close(&st);
		assert_int_equal(open_files(&f, 0, 0, true, &st, NULL), EW_OK);
		log = open_log(&st, &cfg);
		child = fork();
		assert_true(child >= 0);
		if (child == 0)
			write_slowly(&f, &sharings[i]);
		read_meanwhile(&sharings[i], log);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		ew_log_close(log);
		ew_storage_files_close(&st);
		folder_remove(&f);
		event_bits = 0xff;
	}
}

/* The writer is killed at any moment: what it had written is there, whole, and the log goes on. */
static void a_killed_writer(void **state)
{
	struct folder f;

	(void)state;
	folder_make(&f);
	for (int i = 0; i < 20; i++) {
		struct ew_log_config cfg = {.sync_every = 0};
		struct ew_log_report report;
		struct ew_storage st;
		struct ew_log *log;
		struct ew_log_stat stat;
		pid_t child;

		folder_empty(&f);
		assert_int_equal(open_files(&f, 4096, 500, false, &st, NULL), EW_OK);
		ew_storage_files_close(&st);
		child = fork();
		assert_true(child >= 0);
		if (child == 0)
			write_slowly(&f, &sharings[0]);
		usleep((useconds_t)(i * 900));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		assert_int_equal(open_files(&f, 0, 0, false, &st, NULL), EW_OK); /* its lock went with it */
		log = open_log(&st, &cfg);
		ew_log_stat(log, &stat);
		assert_int_equal(append_nth(log, stat.next_seq), EW_OK);
		assert_int_equal(ew_log_verify(log, NULL, NULL, &report), EW_OK);
		assert_int_equal(report.events, stat.next_seq);
		ew_log_close(log);
		ew_storage_files_close(&st);
	}
	folder_remove(&f);
}

static enum ew_status open_and_close(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_storage st;
	enum ew_status s = ew_storage_files_open(((struct folder *)ctx)->path, NULL, alloc, &st, NULL);

	ew_storage_files_close(&st);
	return s;
}

static void out_of_memory(void **state)
{
	struct folder f;

	(void)state;
	folder_make(&f);
	assert_int_equal(fail_each(open_and_close, &f, false), 2);
	folder_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks),		cmocka_unit_test(geometry),
		cmocka_unit_test(folders),		cmocka_unit_test(log_in_files),
		cmocka_unit_test(file_cut_at_every_byte), cmocka_unit_test(two_processes),
		cmocka_unit_test(a_killed_writer),	cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}

#else

int main(void)
{
	print_message("skipped: no POSIX files here\n");
	return 0;
}

#endif
