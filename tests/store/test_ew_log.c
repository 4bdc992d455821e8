/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_ew_log.c - the program ew-log: what it prints, and its exit statuses. */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* or 32-bit machines refuse large files and folders */
#endif
#include "../aid/aid.h"
#include "edgewasm/store.h"

#if EW_CONFIG_POSIX
#include <dirent.h>
#include <unistd.h>

static char program[400], folder[80], log_dir[100], lines[100];
static char out[65536], err[4096];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, 60, "%s/ew-log-XXXXXX", P_tmpdir);
	if (!mkdtemp(folder))
		return -1;
	snprintf(log_dir, sizeof(log_dir), "%s/log", folder);
	snprintf(lines, sizeof(lines), "%s/lines", folder);
	return 0;
}

static void remove_files(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[400];

	if (!d)
		return;
	while ((e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.')
			unlink(path);
	}
	closedir(d);
	rmdir(dir);
}

static int remove_folder(void **state)
{
	(void)state;
	remove_files(log_dir);
	remove_files(folder);
	return 0;
}

/* Up to six words behind the program's name. */
static int run(const char *a, const char *b, const char *c, const char *d, const char *e, const char *f)
{
	const char *const argv[] = {program, a, b, c, d, e, f, NULL};

	return run_program(argv, out, sizeof(out), err, sizeof(err));
}

static void need_program(void)
{
	if (!build_path(program, sizeof(program), "ew-log")) {
		print_message("skipped: no program ew-log is built\n");
		skip();
	}
	remove_files(log_dir);
}

static void append(const char *text)
{
	assert_true(write_file(lines, text, strlen(text)));
	assert_int_equal(run("append", log_dir, lines, "--topic", "hall/1", NULL), 0);
}

static void append_and_read(void **state)
{
	(void)state;
	need_program();
	append("first\nsecond \"q\"\n\nfourth without end");
	check_has("append", err, "4 of 4 lines appended, next is 5");
	append("\x01\xff binary\n");
	assert_int_equal(run("read", log_dir, NULL, NULL, NULL, NULL), 0);
	check_has("read", out, "1 20");
	check_has("read", out, "Z hall/1 first\n2 ");
	check_has("read", out, "Z hall/1 fourth without end\n5 ");
	assert_int_equal(run("read", log_dir, "--json", "--from-seq", "2", NULL), 0);
	assert_memory_equal(out, "{\"seq\":2,\"time_ns\":", 19);
	check_has("json", out, ",\"topic\":\"hall/1\",\"data\":\"second \\\"q\\\"\"}\n");
	check_has("json", out, ",\"data\":\"\"}\n");
	check_has("json", out, ",\"data_base64\":\"Af8gYmluYXJ5\"}\n");
	assert_int_equal(run("read", log_dir, "--from-seq", "4", "--count", "1"), 0);
	assert_memory_equal(out, "4 ", 2);
	check_true("one line", strchr(out, '\n') == out + strlen(out) - 1);
	assert_int_equal(run("read", log_dir, "--topic", "other", NULL, NULL), 0);
	check_str("topic", out, "");
	assert_int_equal(run("read", log_dir, "--from-time", "2026-01-01", NULL, NULL), 0);
	assert_memory_equal(out, "1 ", 2);
	assert_int_equal(run("read", log_dir, "--from-time", "2499-12-31T23:59:59.25Z", NULL, NULL), 0);
	check_str("from the future", out, "");
	assert_int_equal(run("stat", log_dir, "--json", NULL, NULL, NULL), 0);
	check_has("stat", out, "{\"first_seq\":1,\"next_seq\":6,");
	assert_int_equal(run("stat", log_dir, NULL, NULL, NULL, NULL), 0);
	check_has("stat", out, "events    5 (1 to 5)\n");
	assert_int_equal(run("verify", log_dir, NULL, NULL, NULL, NULL), 0);
	check_has("verify", out, "5 events whole (1 to 5)");
	check_has("verify", out, "\nok\n");
}

/* A reader that waits gets what another process appends meanwhile. */
static void follows(void **state)
{
	char script[1200];
	const char *const argv[] = {"sh", "-c", script, NULL};

	(void)state;
	need_program();
	append("before\n");
	assert_true(write_file(lines, "after\n", 6));
	snprintf(script, sizeof(script), "(sleep 0.4; %s append %s %s) & exec timeout 20 %s read %s --follow --count 2",
		 program, log_dir, lines, program, log_dir);
	assert_int_equal(run_program(argv, out, sizeof(out), err, sizeof(err)), 0);
	check_has("first", out, "Z hall/1 before\n2 ");
	check_has("second", out, "Z - after\n");
}

/* Where the event with this data ends in the block, and the next one begins. */
static size_t end_of(const uint8_t *image, const char *data)
{
	size_t at = 0, n = strlen(data);

	while (memcmp(image + at, data, n) != 0)
		at++;
	return at + n;
}

static void explains_damage(void **state)
{
	char block[200], want[200];
	uint8_t *image;
	size_t size, at, bytes;

	(void)state;
	need_program();
	append("one\ntwo\nthree\nfour\n");
	snprintf(block, sizeof(block), "%s/block-000000", log_dir);
	image = read_file(block, &size);
	assert_non_null(image);
	at = end_of(image, "two");
	bytes = at - end_of(image, "one");
	at--;
	image[at] ^= 1;
	assert_true(write_file(block, image, size));
	assert_int_equal(run("verify", log_dir, NULL, NULL, NULL, NULL), 1);
	snprintf(want, sizeof(want), "segment 1 (block 0), offset %u, %u bytes: checksum is wrong; event 2 is missing\n",
		 (unsigned)end_of(image, "one"), (unsigned)bytes);
	check_has("verify", out, want);
	check_has("verify", out, "3 events whole (1 to 4)");
	check_has("verify", out, "DAMAGED: 1 events missing");
	assert_int_equal(run("read", log_dir, NULL, NULL, NULL, NULL), 1);
	check_has("read", out, "Z hall/1 three\n");
	check_has("read", err, "event 2 is missing");
	image[at] ^= 1;
	bytes = end_of(image, "four") - end_of(image, "three");
	image[end_of(image, "four") - 1] ^= 1; /* the last: it may as well be torn, and is told all the same */
	assert_true(write_file(block, image, size));
	assert_int_equal(run("verify", log_dir, NULL, NULL, NULL, NULL), 1);
	snprintf(want, sizeof(want), "offset %u, %u bytes: a torn write, or the last event is damaged\n",
		 (unsigned)end_of(image, "three"), (unsigned)bytes);
	check_has("verify", out, want);
	append("four again\n"); /* cuts it off */
	assert_int_equal(run("verify", log_dir, NULL, NULL, NULL, NULL), 0);
	check_has("verify", out, "4 events whole (1 to 4)");
	free(image);
}

static void small_and_full(void **state)
{
	static char text[20000];

	(void)state;
	need_program();
	for (int i = 0; i < 100; i++)
		strcat(text, "0123456789012345678901234567890123456789\n"); /* 53 to 55 bytes each */
	assert_true(write_file(lines, text, strlen(text)));
	{
		const char *const argv[] = {program, "append", log_dir, lines, "--segment-bytes", "1024",
					    "--segments", "4", NULL};

		assert_int_equal(run_program(argv, out, sizeof(out), err, sizeof(err)), 1);
	}
	check_has("append", err, "full");
	check_has("append", err, "72 of "); /* 18 in each of 4 segments */
	assert_int_equal(run("append", log_dir, lines, "--drop-oldest", "--sync", "1"), 0);
	check_has("append", err, "100 of 100 lines appended, next is 173");
	assert_int_equal(run("verify", log_dir, NULL, NULL, NULL, NULL), 0);
	check_has("verify", out, "events whole (");
	check_has("verify", out, " to 172)");
	memset(text, 'x', 2000);
	text[2000] = '\0';
	assert_true(write_file(lines, text, strlen(text)));
	assert_int_equal(run("append", log_dir, lines, "--drop-oldest", NULL, NULL), 1);
	check_has("append", err, "1 lines are too long");
}

/* Cursors, which only programs move: shown, and read from.  Progress, when it is asked for. */
static void cursors_and_progress(void **state)
{
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .sync_every = 1};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_storage st;
	struct ew_log *log;

	(void)state;
	need_program();
	append("one\ntwo\nthree\n");
	assert_int_equal(ew_storage_files_open(log_dir, NULL, &alloc, &st, NULL), EW_OK);
	assert_int_equal(ew_log_open(&st, &cfg, &alloc, &log, NULL), EW_OK);
	assert_int_equal(ew_log_cursor_ack(log, "up\"link", 2), EW_OK);
	assert_int_equal(ew_log_close(log), EW_OK);
	ew_storage_files_close(&st);
	assert_int_equal(run("stat", log_dir, NULL, NULL, NULL, NULL), 0);
	check_has("stat", out, "cursor    up\"link: next is 3\n");
	assert_int_equal(run("stat", log_dir, "--json", NULL, NULL, NULL), 0);
	check_has("stat", out, ",\"cursors\":{\"up\\\"link\":3}}\n");
	assert_int_equal(run("read", log_dir, "--cursor", "up\"link", NULL, NULL), 0);
	check_has("read", out, "3 ");
	check_true("read", strstr(out, "two") == NULL && strstr(out, "three\n") != NULL);
	assert_int_equal(run("read", log_dir, "--cursor", "other", NULL, NULL), 1);
	assert_int_equal(run("verify", log_dir, NULL, NULL, NULL, NULL), 0);
	check_str("verify", err, "");
	assert_int_equal(run("verify", log_dir, "--progress", NULL, NULL, NULL), 0);
	check_has("verify", err, "\rew-log: verifying 100 %\n");
	assert_int_equal(run("append", log_dir, lines, "--progress", NULL, NULL), 0);
	check_has("append", err, "\rew-log: appending 100 %\n");
}

static void usage(void **state)
{
	static const struct row {
		const char *words[5];
	} rows[] = {
		{{NULL}},
		{{"frobnicate", "x"}},
		{{"read"}},
		{{"read", "x", "y"}},
		{{"read", "x", "--from-seq", "0"}},
		{{"read", "x", "--from-seq", "-1"}},
		{{"read", "x", "--from-seq", "1x"}},
		{{"read", "x", "--from-time", "yesterday"}},
		{{"read", "x", "--from-time", "2026-13-01"}},
		{{"read", "x", "--from-time", "2026-01-01T24:00"}},
		{{"read", "x", "--count"}},
		{{"read", "x", "--sync", "1"}},
		{{"verify", "x", "--json"}},
		{{"append", "x", "--type", "65536"}},
		{{"append", "x", "--segments", "99999999999"}},
	};

	(void)state;
	need_program();
	for (size_t i = 0; i < ROWS(rows); i++) {
		const char *const *w = rows[i].words;

		check_int(w[0] ? w[0] : "nothing", run(w[0], w[1], w[2], w[3], w[4], NULL), 2);
		check_has("usage", err, "usage: ew-log");
	}
	assert_int_equal(run("--help", NULL, NULL, NULL, NULL, NULL), 0);
	check_has("help", out, "usage: ew-log");
	assert_int_equal(run("read", log_dir, NULL, NULL, NULL, NULL), 1); /* none there */
	check_has("read", err, "cannot open");
	assert_int_equal(run("append", log_dir, "/no/such/file", NULL, NULL, NULL), 1);
	check_true("nothing is made", access(log_dir, F_OK) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(append_and_read),
		cmocka_unit_test(follows),
		cmocka_unit_test(explains_damage),
		cmocka_unit_test(small_and_full),
		cmocka_unit_test(cursors_and_progress),
		cmocka_unit_test(usage),
	};

	return cmocka_run_group_tests_name("ew-log", tests, make_folder, remove_folder);
}

#else

int main(void)
{
	print_message("skipped: no POSIX files here\n");
	return 0;
}

#endif
