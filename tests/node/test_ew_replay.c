/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_ew_replay.c - the program ew-replay: what it prints, and its exit statuses. */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* or 32-bit machines refuse large files and folders */
#endif
#include "jrun.h"

#if EW_CONFIG_POSIX
#include <dirent.h>
#include <unistd.h>

static char program[400], folder[80], out[1u << 20], err[4096];
static uint64_t last_seq;

static void remove_folder(void)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	char path[400];

	while (d && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (e->d_name[0] != '.')
			unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(folder);
}

/* A node's life, in files. */
static int record(void **state)
{
	const struct ew_storage_config files = {.struct_bytes = sizeof(files), .block_bytes = 1u << 20, .no_preallocate = true};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_storage storage;
	struct ew_log_stat stat;
	struct ew_error e;
	struct jrun j;

	(void)state;
	snprintf(folder, sizeof(folder), "%s/ew-replay-XXXXXX", P_tmpdir);
	if (!mkdtemp(folder) || !build_path(program, sizeof(program), "ew-replay"))
		return -1;
	jrun_init(&j);
	if (ew_storage_files_open(folder, &files, &alloc, &storage, &e) != EW_OK ||
	    ew_log_open(&storage, NULL, &alloc, &j.log, &e) != EW_OK)
		return -1;
	j.journal.log = j.log;
	nrun_open(&j.n);
	if (ew_node_journal_open(j.n.node, &j.journal, &j.n.err) != EW_OK)
		return -1;
	jrun_populate(&j);
	jrun_live(&j, 100);
	nrun_close(&j.n);
	ew_log_stat(j.log, &stat);
	last_seq = stat.next_seq - 1;
	ew_log_close(j.log);
	ew_storage_files_close(&storage);
	return 0;
}

static int forget(void **state)
{
	(void)state;
	remove_folder();
	return 0;
}

#define GUEST(name) "examples/guests/guest_" name ".wasm"

static void runs(void **state)
{
	char text[64];
	const char *const whole[] = {program, folder, GUEST("count"), GUEST("services"), GUEST("misbehave"), GUEST("echo"), NULL};
	const char *const shown[] = {program, "--outputs", "--records", "--from-seq", "1", "--to-seq", "400", folder,
				     GUEST("count"), GUEST("services"), GUEST("misbehave"), GUEST("echo"), NULL};
	const char *const missing[] = {program, folder, GUEST("count"), NULL};
	const char *const beyond[] = {program, "--from-seq", "2", folder, NULL};

	(void)state;
	assert_int_equal(run_program(whole, out, sizeof(out), err, sizeof(err)), 0);
	snprintf(text, sizeof(text), "records 1 to %u: ", (unsigned)last_seq);
	check_has("whole", out, text);
	check_has("whole", out, "same; state ");
	check_str("whole", err, "");
	assert_int_equal(run_program(shown, out, sizeof(out), err, sizeof(err)), 0);
	check_has("records", out, "act      0 count\n");
	check_has("outputs", out, "\noutput   ");
	check_has("records", out, "same; state ");
	assert_int_equal(run_program(missing, out, sizeof(out), err, sizeof(err)), 1);
	check_has("missing", err, "no file is services@2, SHA-256 ");
	assert_int_equal(run_program(beyond, out, sizeof(out), err, sizeof(err)), 1);
	check_has("beyond", err, "there is no beginning of a node in this journal");
}

static void refuses(void **state)
{
	static const struct row {
		const char *name, *a, *b;
		int status;
		const char *text;
	} rows[] = {
		{"nothing", NULL, NULL, 2, "usage: ew-replay"},
		{"an unknown option", "--all", "x", 2, "usage: ew-replay"},
		{"a number that is none", "--from-seq", "x", 2, "usage: ew-replay"},
		{"no folder", "/nowhere", NULL, 1, "ew-replay: /nowhere: "},
		{"no file", "/nowhere", "/nothing", 1, "ew-replay: /nothing: "},
	};
	const char *const help[] = {program, "--help", NULL};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const char *const argv[] = {program, rows[i].a, rows[i].b, NULL};

		check_int(rows[i].name, run_program(argv, out, sizeof(out), err, sizeof(err)), rows[i].status);
		check_has(rows[i].name, err, rows[i].text);
	}
	assert_int_equal(run_program(help, out, sizeof(out), err, sizeof(err)), 0);
	check_has("help", out, "usage: ew-replay");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(runs), cmocka_unit_test(refuses)};

	return cmocka_run_group_tests_name("ew-replay", tests, record, forget);
}

#else

int main(void)
{
	return 0;
}

#endif
