/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_deflate.c - closed segments deflated: read as before from everywhere, also by readers that were in the middle of
 * them; smaller on disk; damage stays where it is; a power cut leaves one form or the other.
 */
#include "power.h"

#if EW_CONFIG_ZLIB
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT (128u << 10)
#define EVENTS 4000u

static struct ew_event line_make(uint64_t n, char text[120])
{
	return (struct ew_event){.time_ns = 1000 + n * 10, .topic_bytes = 6,
				 .data_bytes = (uint32_t)snprintf(text, 120, "{\"sensor\":%u,\"temperature\":%u.%u,\"unit\":"
									    "\"celsius\",\"status\":\"nominal\"}",
								  (unsigned)(n % 7), (unsigned)(n % 31), (unsigned)(n % 10))};
}

static void fill(struct ew_log *log, uint64_t from, uint64_t to)
{
	for (uint64_t n = from; n <= to; n++) {
		char text[120];
		struct ew_event e = line_make(n, text);

		assert_int_equal(ew_log_append(log, &e, "room/1", text, NULL), EW_OK);
	}
}

static void check_line(const struct ew_event *e, uint64_t n)
{
	char text[120];
	struct ew_event want = line_make(n, text);

	assert_int_equal(e->seq, n);
	assert_int_equal(e->time_ns, want.time_ns);
	assert_int_equal(e->data_bytes, want.data_bytes);
	assert_memory_equal(ew_event_data(e), text, want.data_bytes);
}

static uint32_t deflate_all(struct ew_log *log)
{
	uint32_t n, total = 0;

	do {
		assert_int_equal(ew_log_deflate(log, 6, &n), EW_OK);
		total += n;
	} while (n != 0);
	return total;
}

static void check_all(struct ew_log *log, uint64_t to)
{
	struct ew_log_report report;
	struct ew_log_reader *rd;
	const struct ew_event *e;

	assert_int_equal(ew_log_reader_create(log, &rd), EW_OK);
	for (uint64_t n = 1; n <= to; n++) {
		assert_int_equal(ew_log_read(rd, &e), EW_OK);
		check_line(e, n);
	}
	assert_int_equal(ew_log_read(rd, &e), EW_ERR_EMPTY);
	for (uint64_t n = 1; n <= to; n += 171) {
		assert_int_equal(ew_log_seek_seq(rd, n), EW_OK);
		assert_int_equal(ew_log_read(rd, &e), EW_OK);
		check_line(e, n);
		assert_int_equal(ew_log_seek_time(rd, 1000 + n * 10 - 3), EW_OK);
		assert_int_equal(ew_log_read(rd, &e), EW_OK);
		check_line(e, n);
	}
	ew_log_reader_destroy(rd);
	assert_int_equal(ew_log_verify(log, NULL, NULL, &report), EW_OK);
	assert_int_equal(report.events, to);
	assert_int_equal(report.findings, 0);
}

static void reads_as_before(void **state)
{
	static const uint32_t segments[] = {SEGMENT, 48u << 10}; /* with an index, and without */

	(void)state;
	for (size_t i = 0; i < ROWS(segments); i++) {
		struct ew_storage st = power_storage(&power_kinds[0], segments[i], 16);
		struct ew_log_config cfg = {.sync_every = 100};
		struct ew_log_stat stat;
		struct ew_log *log = open_log(&st, &cfg);
		uint32_t done;

		fill(log, 1, EVENTS);
		ew_log_stat(log, &stat);
		assert_int_equal(ew_log_deflate(log, 0, NULL), EW_ERR_INVAL);
		assert_int_equal(ew_log_deflate(log, 10, NULL), EW_ERR_INVAL);
		assert_int_equal(deflate_all(log), stat.segments - 1);
		check_all(log, EVENTS);
		fill(log, EVENTS + 1, EVENTS + 1000);
		assert_int_equal(ew_log_close(log), EW_OK);
		log = open_log(&st, &cfg);
		check_all(log, EVENTS + 1000);
		done = deflate_all(log); /* those that have come since */
		assert_true(done > 0 && done < 5);
		check_all(log, EVENTS + 1000);
		assert_int_equal(ew_log_trim(log, EVENTS / 2, &done), EW_OK);
		assert_true(done > 0);
		assert_int_equal(ew_log_close(log), EW_OK);
		cfg.buffer_bytes = 16u << 10; /* too little for two chunks */
		log = open_log(&st, &cfg);
		{
			struct ew_log_reader *rd;
			const struct ew_event *e;

			assert_int_equal(ew_log_reader_create(log, &rd), EW_OK);
			assert_int_equal(ew_log_read(rd, &e), EW_ERR_UNSUPPORTED);
			ew_log_reader_destroy(rd);
		}
		ew_log_close(log);
		ew_storage_sim_destroy(&st);
	}
}

/* Readers that are in the middle of a segment, in this process and another, do not notice. */
static void under_readers(void **state)
{
	char dir[100], path[200];
	struct ew_storage_config files = {.struct_bytes = sizeof(files), .block_bytes = SEGMENT, .block_count = 16};
	struct ew_log_config cfg = {.sync_every = 1000}, only = {.read_only = true};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_storage st, other;
	struct ew_log *log, *second;
	struct ew_log_reader *rd[2];
	const struct ew_event *e;
	struct stat info;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/ew-deflate-XXXXXX", P_tmpdir);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(ew_storage_files_open(dir, &files, &alloc, &st, NULL), EW_OK);
	log = open_log(&st, &cfg);
	fill(log, 1, EVENTS);
	files.read_only = true;
	assert_int_equal(ew_storage_files_open(dir, &files, &alloc, &other, NULL), EW_OK);
	second = open_log(&other, &only);
	assert_int_equal(ew_log_reader_create(log, &rd[0]), EW_OK);
	assert_int_equal(ew_log_reader_create(second, &rd[1]), EW_OK);
	for (uint64_t n = 1; n <= EVENTS; n++)
		for (int k = 0; k < 2; k++) {
			assert_int_equal(ew_log_read(rd[k], &e), EW_OK);
			check_line(e, n);
			if (n == 1000 && k == 0)
				assert_true(deflate_all(log) > 1);
		}
	snprintf(path, sizeof(path), "%s/block-000000", dir);
	assert_int_equal(stat(path, &info), 0);
	assert_true(info.st_size < (off_t)SEGMENT / 4);
	for (int k = 0; k < 2; k++)
		ew_log_reader_destroy(rd[k]);
	ew_log_close(second);
	ew_storage_files_close(&other);
	ew_log_close(log);
	for (uint32_t b = 0; b < 16; b++)
		assert_int_equal(st.erase(st.ctx, b), EW_OK);
	ew_storage_files_close(&st);
	snprintf(path, sizeof(path), "%s/geometry", dir);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
}

/* A byte changed anywhere costs a chunk of events at most, or the segment where its directory is hit; all told. */
static void damage(void **state)
{
	struct ew_storage st = power_storage(&power_kinds[1], SEGMENT, 16);
	struct ew_log_config cfg = {.sync_every = 100};
	struct ew_log *log = open_log(&st, &cfg);
	uint8_t *p = ew_storage_sim_block(&st, 1);
	uint32_t in_use;

	(void)state;
	fill(log, 1, EVENTS);
	deflate_all(log);
	ew_log_close(log);
	in_use = p[52 + 8] | (uint32_t)p[52 + 9] << 8 | (uint32_t)p[52 + 10] << 16;
	for (uint32_t at = 0; at < in_use; at += at < 200 ? 1 : at < 650 ? 17 : 251) {
		struct ew_log_report report;
		struct ew_log_reader *rd;
		const struct ew_event *e;
		uint64_t got = 0;
		enum ew_status s;

		p[at] ^= 0x10;
		cfg.read_only = true;
		log = open_log(&st, &cfg);
		s = ew_log_verify(log, NULL, NULL, &report);
		if (s == EW_OK)
			assert_int_equal(report.events, EVENTS); /* a byte of a gzip head that says nothing, or of the index */
		else
			assert_int_equal(report.events + report.missing_events, EVENTS);
		assert_int_equal(ew_log_reader_create(log, &rd), EW_OK);
		while ((s = ew_log_read(rd, &e)) != EW_ERR_EMPTY)
			if (s == EW_OK) {
				check_line(e, e->seq);
				got++;
			}
		assert_int_equal(got, report.events);
		ew_log_reader_destroy(rd);
		ew_log_close(log);
		p[at] ^= 0x10;
	}
	ew_storage_sim_destroy(&st);
}

static unsigned cuts;

static void cut_here(void *ctx, const struct ew_storage *st, const struct ew_sim_op *op)
{
	struct ew_log_config cfg = {.sync_every = 100};

	(void)ctx;
	for (uint64_t seed = 0; seed < 6; seed++) {
		struct ew_storage cut;
		struct ew_log *log;

		assert_int_equal(ew_storage_sim_cut(st, op, EW_SIM_TORN_BITS, seed, &cut), EW_OK);
		log = open_log(&cut, &cfg);
		check_all(log, EVENTS);
		ew_log_close(log);
		ew_storage_sim_destroy(&cut);
		cuts++;
	}
}

static void power_cuts(void **state)
{
	struct ew_storage st = power_storage(&power_kinds[0], SEGMENT, 16);
	struct ew_log_config cfg = {.sync_every = 100};
	struct ew_log *log = open_log(&st, &cfg);

	(void)state;
	fill(log, 1, EVENTS);
	assert_int_equal(ew_log_sync(log), EW_OK);
	ew_storage_sim_hook(&st, cut_here, NULL);
	deflate_all(log);
	ew_storage_sim_hook(&st, NULL, NULL);
	assert_true(cuts >= 12);
	check_all(log, EVENTS);
	ew_log_close(log);
	ew_storage_sim_destroy(&st);
}

static void not_everywhere(void **state)
{
	struct ew_storage st = power_storage(&power_kinds[3], SEGMENT, 4);
	struct ew_log_config cfg = {.sync_every = 100};
	struct ew_log *log = open_log(&st, &cfg);
	uint64_t seed = 5;
	uint32_t n;

	(void)state;
	assert_int_equal(ew_log_deflate(log, 6, &n), EW_ERR_UNSUPPORTED); /* flash */
	ew_log_close(log);
	ew_storage_sim_destroy(&st);
	st = power_storage(&power_kinds[1], SEGMENT, 8);
	log = open_log(&st, &cfg);
	for (int i = 0; i < 300; i++) { /* noise does not shrink: left as it is */
		struct ew_event e = {.data_bytes = 1000};
		uint8_t data[1000];

		for (size_t k = 0; k < sizeof(data); k++)
			data[k] = (uint8_t)noise(&seed);
		assert_int_equal(ew_log_append(log, &e, NULL, data, NULL), EW_OK);
	}
	assert_int_equal(deflate_all(log), 0);
	ew_log_close(log);
	ew_storage_sim_destroy(&st);
}

static enum ew_status whole_life(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_storage st = power_storage(&power_kinds[1], SEGMENT, 4);
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg)};
	struct ew_log *log = open_log(&st, &cfg);
	struct ew_log_reader *rd = NULL;
	const struct ew_event *e;
	enum ew_status s;

	(void)ctx;
	fill(log, 1, 2500);
	ew_log_close(log);
	s = ew_log_open(&st, &cfg, alloc, &log, NULL);
	if (s == EW_OK)
		s = ew_log_deflate(log, 1, NULL);
	if (s == EW_OK)
		s = ew_log_reader_create(log, &rd);
	if (s == EW_OK)
		s = ew_log_read(rd, &e);
	ew_log_reader_destroy(rd);
	ew_log_close(log);
	ew_storage_sim_destroy(&st);
	return s;
}

static void out_of_memory(void **state)
{
	(void)state;
	assert_true(fail_each(whole_life, NULL, false) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_as_before), cmocka_unit_test(under_readers), cmocka_unit_test(damage),
		cmocka_unit_test(power_cuts),	   cmocka_unit_test(not_everywhere), cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests_name("deflated segments", tests, NULL, NULL);
}
#else
static void unsupported(void **state)
{
	struct ew_storage st = power_storage(&power_kinds[1], 1024, 4);
	struct ew_log_config cfg = {.buffer_bytes = 512};
	struct ew_log *log = open_log(&st, &cfg);

	(void)state;
	assert_int_equal(ew_log_deflate(log, 6, NULL), EW_ERR_UNSUPPORTED);
	ew_log_close(log);
	ew_storage_sim_destroy(&st);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(unsupported)};

	return cmocka_run_group_tests_name("deflated segments", tests, NULL, NULL);
}
#endif
