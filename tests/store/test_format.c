/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_format.c - the worked example in lib/store/FORMAT.md is what the library writes, and reads. */
#include "../aid/aid.h"
#include "edgewasm/store.h"

#define EXAMPLE_BYTES 128

static struct ew_storage two_blocks(void)
{
	struct ew_storage_config cfg = {.struct_bytes = sizeof(cfg), .block_count = 2};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_storage st;

	assert_int_equal(ew_storage_ram_create(&cfg, &alloc, &st), EW_OK);
	return st;
}

static void write_example(struct ew_storage *st)
{
	struct ew_event e = {.time_ns = 1700000000000000000u, .topic_bytes = 4, .content_type = 1, .data_bytes = 5};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_log *log;

	for (int i = 0; i < EW_TRACE_ID_BYTES; i++)
		e.trace_id[i] = (uint8_t)(i * 0x11);
	assert_int_equal(ew_log_open(st, NULL, &alloc, &log, NULL), EW_OK);
	assert_int_equal(ew_log_append(log, &e, "temp", "21.50", NULL), EW_OK);
	e = (struct ew_event){.time_ns = 1700000001000000000u, .content_type = 1, .data_bytes = 5};
	assert_int_equal(ew_log_append(log, &e, NULL, "21.75", NULL), EW_OK);
	assert_int_equal(ew_log_close(log), EW_OK);
}

/* The bytes of the document's ```hex block. */
static void read_document(uint8_t *out)
{
	size_t size, n = 0;
	uint8_t *file = read_file("lib/store/FORMAT.md", &size);
	char *text, *line;

	if (!file) {
		print_message("skipped: lib/store/FORMAT.md is not here; run from the top folder\n");
		skip();
	}
	text = malloc(size + 1);
	assert_non_null(text);
	memcpy(text, file, size);
	text[size] = '\0';
	free(file);
	line = strstr(text, "```hex\n");
	assert_non_null(line);
	for (line += 7; strncmp(line, "```", 3) != 0; line = strchr(line, '\n') + 1) {
		char *p = line;

		assert_int_equal(strtoul(p, &p, 16), n); /* the offset in front */
		for (int i = 0; i < 16; i++) {
			assert_true(n < EXAMPLE_BYTES);
			out[n++] = (uint8_t)strtoul(p, &p, 16);
		}
	}
	assert_int_equal(n, EXAMPLE_BYTES);
	free(text);
}

static void writes_the_example(void **state)
{
	uint8_t want[EXAMPLE_BYTES];
	struct ew_storage st;
	uint8_t *block;

	(void)state;
	read_document(want);
	st = two_blocks();
	write_example(&st);
	block = ew_storage_ram_block(&st, 0);
	assert_memory_equal(block, want, sizeof(want));
	for (uint32_t i = sizeof(want); i < st.block_bytes; i++)
		assert_int_equal(block[i], 0);
	for (uint32_t i = 0; i < st.block_bytes; i++)
		assert_int_equal(ew_storage_ram_block(&st, 1)[i], 0);
	ew_storage_ram_destroy(&st);
}

static void reads_the_example(void **state)
{
	struct ew_alloc alloc = ew_alloc_libc();
	const struct ew_event *e;
	uint8_t bytes[EXAMPLE_BYTES];
	struct ew_log_reader *rd;
	struct ew_storage st;
	struct ew_log *log;

	(void)state;
	read_document(bytes);
	st = two_blocks();
	memcpy(ew_storage_ram_block(&st, 0), bytes, sizeof(bytes));
	assert_int_equal(ew_log_open(&st, NULL, &alloc, &log, NULL), EW_OK);
	assert_int_equal(ew_log_reader_create(log, &rd), EW_OK);
	assert_int_equal(ew_log_read(rd, &e), EW_OK);
	assert_int_equal(e->seq, 1);
	assert_true(e->time_ns == 1700000000000000000u);
	assert_int_equal(e->trace_id[15], 0xff);
	assert_int_equal(e->content_type, 1);
	assert_int_equal(e->topic_bytes, 4);
	assert_memory_equal(ew_event_topic(e), "temp21.50", 9);
	assert_int_equal(ew_log_read(rd, &e), EW_OK);
	assert_int_equal(e->seq, 2);
	assert_true(e->time_ns == 1700000001000000000u);
	assert_int_equal(e->content_type, 1);
	assert_int_equal(e->topic_bytes, 0);
	assert_memory_equal(ew_event_data(e), "21.75", 5);
	assert_int_equal(ew_log_read(rd, &e), EW_ERR_EMPTY);
	ew_log_reader_destroy(rd);
	ew_log_close(log);
	ew_storage_ram_destroy(&st);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_example),
		cmocka_unit_test(reads_the_example),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
