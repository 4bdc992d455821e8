/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_fuzz_log.c - any bytes at all as a durable log: opened, verified, read from everywhere, written to.  libFuzzer
 * target with -DEW_LIBFUZZER; without, a driver on damaged images.  Every byte of logs changed, one by one, is
 * tests/store/test_log_damage.c's.
 */
#include "image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t read_through(struct ew_log *log, uint64_t from_seq, uint64_t from_time)
{
	struct ew_log_reader *rd;
	const struct ew_event *e;
	volatile uint8_t byte = 0; /* all of an event is there to be read */
	uint64_t last = 0;
	enum ew_status st;

	MUST(ew_log_reader_create(log, &rd) == EW_OK);
	if (from_seq)
		MUST(ew_log_seek_seq(rd, from_seq) == EW_OK);
	if (from_time)
		MUST(ew_log_seek_time(rd, from_time) == EW_OK);
	while ((st = ew_log_read(rd, &e)) != EW_ERR_EMPTY) {
		MUST(st == EW_OK || st == EW_ERR_CORRUPT || st == EW_ERR_TOOBIG);
		if (st == EW_ERR_CORRUPT)
			MUST(ew_log_reader_damage(rd)->reason != NULL);
		if (st != EW_OK)
			continue;
		MUST(e->seq > last && e->seq >= from_seq && e->topic_bytes + (uint64_t)e->data_bytes <= IMAGE_BLOCK);
		for (uint32_t i = 0; i < e->data_bytes; i++)
			byte = ew_event_data(e)[i];
		last = e->seq;
	}
	(void)byte;
	ew_log_reader_destroy(rd);
	return last;
}

/* How many events there are; -1 when it is refused. */
static int64_t fuzz(const uint8_t *data, size_t size, const struct ew_alloc *alloc)
{
	struct ew_storage st = image_storage(data, size, alloc);
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .buffer_bytes = 512, .read_only = true,
				    .when_full = EW_LOG_DROP_OLDEST, .sync_every = 3};
	struct ew_log_report report = {0};
	struct ew_error err = {0};
	struct ew_log_stat stat;
	struct ew_log *log;
	int64_t events = -1;

	for (int write = 0; write < 2; write++) {
		enum ew_status s = ew_log_open(&st, &cfg, alloc, &log, &err);

		MUST(s == EW_OK || (!log && err.status == s && err.text[0]));
		if (s != EW_OK)
			break;
		ew_log_stat(log, &stat);
		s = ew_log_verify(log, NULL, NULL, &report);
		MUST(s == EW_OK || s == EW_ERR_CORRUPT);
		events = (int64_t)report.events;
		read_through(log, 0, 0);
		read_through(log, stat.first_seq + 3, 0);
		read_through(log, 0, stat.first_time_ns + 5);
		if (write) {
			struct ew_event e = {.data_bytes = 100};
			uint8_t bytes[100] = {1};
			uint64_t seq = 0;

			for (int i = 0; i < 12; i++)
				s = ew_log_append(log, &e, NULL, bytes, &seq);
			(void)ew_log_cursor_ack(log, "c", stat.first_seq);
			(void)ew_log_trim(log, stat.first_seq + 4, NULL);
			/* numbers that lie, under sums that are right, may hide what follows from readers */
			MUST(s != EW_OK || read_through(log, 0, 0) == seq || (data[0] & IMAGE_SUMS));
		}
		(void)ew_log_close(log);
		cfg.read_only = false;
	}
	ew_storage_ram_destroy(&st);
	return events;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ew_alloc alloc = ew_alloc_libc();

	(void)fuzz(data, size, &alloc);
	return 0;
}

#ifndef EW_LIBFUZZER

static void fill(const struct ew_storage *st)
{
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .buffer_bytes = 512, .sync_every = 1};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_log *log;

	assert_int_equal(ew_log_open(st, &cfg, &alloc, &log, NULL), EW_OK);
	for (uint32_t n = 0; n < 40; n++) {
		struct ew_event e = {.time_ns = 1000 + n * 3, .topic_bytes = n % 3, .data_bytes = n * 7 % 90, .flags = n % 2};
		uint8_t bytes[100];

		memset(bytes, (int)n, sizeof(bytes));
		assert_int_equal(ew_log_append(log, &e, "to", bytes, NULL), EW_OK);
		if (n % 9 == 0)
			assert_int_equal(ew_log_cursor_ack(log, "c", n), EW_OK);
	}
	assert_int_equal(ew_log_close(log), EW_OK);
}

static void test_damage(void **state)
{
	static uint8_t image[IMAGE_BYTES], copy[IMAGE_BYTES];
	uint64_t seed = 314159265358u;

	(void)state;
	for (uint8_t kind = 0; kind < 8; kind++) {
		unsigned opened = 0, whole = 0, inputs = 3000;

		image_make(image, kind, fill);
		for (unsigned i = 0; i < inputs; i++) {
			struct ew_alloc alloc = ew_alloc_libc();
			int64_t events;

			memcpy(copy, image, sizeof(copy));
			image_damage(copy, &seed);
			events = fuzz(copy, noise(&seed) % 16 ? sizeof(copy) : 1 + noise(&seed) % sizeof(copy), &alloc);
			opened += events >= 0;
			whole += events >= 40;
		}
		print_message("kind %u: %u of %u opened, %u with all events\n", kind, opened, inputs, whole);
		assert_true(opened > inputs / 2 && whole < opened);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_damage)};

	return cmocka_run_group_tests_name("fuzz/log", tests, NULL, NULL);
}
#endif
