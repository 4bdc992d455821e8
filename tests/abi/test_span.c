/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_span.c - every pointer of every host function: the last bytes of memory, one byte too far, wrapping.
 *
 * A row names a function, arguments with which it gets as far as looking at the pointer, which argument the
 * pointer is, and how many bytes lie behind it: a number, or another argument times a size.
 */
#include "arun.h"
#include "tiny_model.h"

#define EDGE "edge_v1"
#define WASI "wasi_snapshot_preview1"
#define NN "wasi_ephemeral_nn"

#define LEN(arg) (-(arg)-1) /* bytes: argument number arg */

static const struct row {
	const char *module, *name;
	int64_t args[9];
	int pointer, bytes, unit;
} rows[] = {
	{EDGE, "log", {2, 0, 8}, 1, LEN(2), 1},
	{EDGE, "random_fill", {0, 8}, 0, LEN(1), 1},
	{EDGE, "event_poll", {0, 64, 8}, 0, 48, 1},
	{EDGE, "event_poll", {0, 64, 8}, 1, LEN(2), 1},
	{EDGE, "event_emit", {0, 8, 64, 8, 0}, 0, LEN(1), 1},
	{EDGE, "event_emit", {0, 8, 64, 8, 0}, 2, LEN(3), 1},
	{EDGE, "kv_get", {0, 8, 64, 8}, 0, LEN(1), 1},
	{EDGE, "kv_get", {0, 8, 64, 8}, 2, LEN(3), 1},
	{EDGE, "kv_set", {0, 8, 64, 8}, 0, LEN(1), 1},
	{EDGE, "kv_set", {0, 8, 64, 8}, 2, LEN(3), 1},
	{EDGE, "kv_delete", {0, 8}, 0, LEN(1), 1},
	{EDGE, "kv_increment", {0, 8, 1, 64}, 0, LEN(1), 1},
	{EDGE, "kv_increment", {0, 8, 1, 64}, 3, 8, 1},
	{EDGE, "metric_define", {0, 0, 8}, 1, LEN(2), 1},
	{EDGE, "config_get", {0, 8, 64, 8}, 0, LEN(1), 1},
	{EDGE, "config_get", {0, 8, 64, 8}, 2, LEN(3), 1},
	{EDGE, "model_open", {0, 8}, 0, LEN(1), 1},
	{EDGE, "model_info", {0, 0}, 1, 24, 1},
	{EDGE, "model_tensor", {0, 0, 0, 0}, 3, 52, 1},
	{EDGE, "model_version", {0, 0, 8}, 1, LEN(2), 1},
	{EDGE, "infer", {0, 0, 8, 64, 8}, 1, LEN(2), 1},
	{EDGE, "infer", {0, 0, 8, 64, 8}, 3, LEN(4), 1},
	{NN, "load", {0, 1, 4, 0, 64}, 0, LEN(1), 8},
	{NN, "load", {0, 1, 4, 0, 64}, 4, 4, 1},
	{NN, "load_by_name", {0, 8, 64}, 0, LEN(1), 1},
	{NN, "load_by_name", {0, 8, 64}, 2, 4, 1},
	{NN, "init_execution_context", {0, 0}, 1, 4, 1},
	{NN, "set_input", {0, 0, 0}, 2, 20, 1},
	{NN, "get_output", {0, 0, 0, 8, 64}, 2, LEN(3), 1},
	{NN, "get_output", {0, 0, 0, 8, 64}, 4, 4, 1},
	{WASI, "args_get", {0, 64}, 0, 8, 1}, /* 2 arguments, 7 bytes */
	{WASI, "args_get", {0, 64}, 1, 7, 1},
	{WASI, "args_sizes_get", {0, 64}, 0, 4, 1},
	{WASI, "args_sizes_get", {0, 64}, 1, 4, 1},
	{WASI, "environ_get", {0, 64}, 0, 4, 1}, /* 1 variable, 4 bytes */
	{WASI, "environ_get", {0, 64}, 1, 4, 1},
	{WASI, "environ_sizes_get", {0, 64}, 0, 4, 1},
	{WASI, "environ_sizes_get", {0, 64}, 1, 4, 1},
	{WASI, "clock_res_get", {0, 0}, 1, 8, 1},
	{WASI, "clock_time_get", {0, 0, 0}, 2, 8, 1},
	{WASI, "random_get", {0, 8}, 0, LEN(1), 1},
	{WASI, "fd_write", {1, 0, 1, 64}, 1, LEN(2), 8},
	{WASI, "fd_write", {1, 0, 1, 64}, 3, 4, 1},
	{WASI, "fd_read", {0, 0, 1, 64}, 1, LEN(2), 8},
	{WASI, "fd_read", {0, 0, 1, 64}, 3, 4, 1},
	{WASI, "fd_pwrite", {3, 0, 1, 0, 64}, 4, 4, 1},
	{WASI, "fd_pwrite", {3, 0, 1, 0, 64}, 1, LEN(2), 8},
	{WASI, "fd_pread", {3, 0, 1, 0, 64}, 4, 4, 1},
	{WASI, "fd_pread", {3, 0, 1, 0, 64}, 1, LEN(2), 8},
	{WASI, "fd_seek", {3, 0, 0, 0}, 3, 8, 1},
	{WASI, "fd_tell", {3, 0}, 1, 8, 1},
	{WASI, "fd_fdstat_get", {1, 0}, 1, 24, 1},
	{WASI, "fd_filestat_get", {1, 0}, 1, 64, 1},
	{WASI, "fd_prestat_get", {3, 0}, 1, 8, 1},
	{WASI, "fd_prestat_dir_name", {3, 0, 8}, 1, LEN(2), 1},
	{WASI, "fd_readdir", {3, 0, 8, 0, 64}, 1, LEN(2), 1},
	{WASI, "fd_readdir", {3, 0, 8, 0, 64}, 4, 4, 1},
	{WASI, "path_open", {3, 0, 64, 8, 0, 0, 0, 0, 0}, 8, 4, 1},
	{WASI, "path_open", {3, 0, 64, 8, 0, 0, 0, 0, 0}, 2, LEN(3), 1},
	{WASI, "path_filestat_get", {3, 0, 128, 8, 0}, 4, 64, 1},
	{WASI, "path_filestat_get", {3, 0, 128, 8, 0}, 2, LEN(3), 1},
	{WASI, "path_create_directory", {3, 0, 8}, 1, LEN(2), 1},
	{WASI, "path_remove_directory", {3, 0, 8}, 1, LEN(2), 1},
	{WASI, "path_unlink_file", {3, 0, 8}, 1, LEN(2), 1},
	{WASI, "path_rename", {3, 0, 8, 3, 64, 8}, 1, LEN(2), 1},
	{WASI, "path_rename", {3, 0, 8, 3, 64, 8}, 4, LEN(5), 1},
};

/* Everything a row needs in order not to be refused for another reason. */
struct world {
	struct arun r;
	struct tiny model;
	struct ew_kv *kv;
	uint8_t *ring_memory;
	struct ew_ring *ring;
};

static const char *const args[] = {"a", "bcde"};
static const char *const environ_pairs[] = {"A=1"};
static const struct ew_abi_preopen preopens[] = {{"/", NULL}};

static void world_open(struct world *w, const char *module, const char *name)
{
	const char *names[2] = {name, NULL};
	struct ew_abi_config *c = &w->r.config;

	arun_init(&w->r);
	tiny_fc(&w->model, 1);
	c->grant.caps = EW_CAP_ALL;
	c->args = args;
	c->arg_count = ROWS(args);
	c->environ_pairs = environ_pairs;
	c->environ_count = ROWS(environ_pairs);
	c->preopens = preopens;
	c->preopen_count = ROWS(preopens);
	if (ew_kv_ram_create(NULL, &w->r.mem.alloc, &w->kv) != EW_OK ||
	    ew_models_create(&c->models, &w->r.mem.alloc) != EW_OK ||
	    ew_models_put(c->models, "m", "1", w->model.bytes, w->model.size, 0, &w->r.err) != EW_OK)
		fail_msg("no world: %s", w->r.err.text);
	w->ring_memory = malloc(ew_ring_size(1024));
	if (ew_ring_init(w->ring_memory, ew_ring_size(1024), NULL, &w->ring) != EW_OK)
		fail_msg("no ring");
	c->kv = w->kv;
	c->out = w->ring;
	arun_open_list(&w->r, module, names);
	if (strncmp(name, "path_", 5) == 0)
		arun_put(&w->r, 0, "abcdefgh");
}

static void world_close(struct world *w)
{
	ew_kv_destroy(w->kv);
	w->kv = NULL;
	free(w->ring_memory);
	arun_close(&w->r);
}

static int32_t fault_of(const char *module)
{
	return strcmp(module, EDGE) == 0 ? FAULT : strcmp(module, NN) == 0 ? 3 : 21;
}

/* The call with its pointer at gaddr and, if it has one, its length argument at len. */
static int32_t call(struct world *w, const struct row *row, uint32_t gaddr, int64_t len)
{
	int64_t a[10] = {0};

	memcpy(a, row->args, sizeof(row->args));
	a[row->pointer] = gaddr;
	if (row->bytes < 0 && len >= 0)
		a[-row->bytes - 1] = len;
	arun_call(&w->r, a);
	if (w->r.status != EW_OK)
		fail_msg("%s ended the run with %s", row->name, ew_status_name(w->r.status));
	return w->r.values[0].i32;
}

static uint32_t span_of(const struct row *row)
{
	return row->bytes < 0 ? (uint32_t)row->args[-row->bytes - 1] * (uint32_t)row->unit :
				(uint32_t)row->bytes;
}

static void last_bytes_are_inside(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		int32_t rc, fault = fault_of(rows[i].module);
		struct world w;
		char name[80];

		snprintf(name, sizeof(name), "%s argument %d", rows[i].name, rows[i].pointer);
		world_open(&w, rows[i].module, rows[i].name);
		rc = call(&w, &rows[i], PAGE - span_of(&rows[i]), -1);
		/* An iovec or builder list of zeros there is fine: it says 0 bytes at 0. */
		check_true(name, rc != fault);
		world_close(&w);
	}
}

static void one_byte_further_is_outside(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint32_t bytes = span_of(&rows[i]);
		int32_t fault = fault_of(rows[i].module);
		struct world w;
		char name[80];
		/* The end of memory, the middle of nowhere, and ranges that wrap around 2^32. */
		const uint32_t bad[] = {PAGE - bytes + 1, PAGE, 0x7fffffff, 0x80000000, UINT32_MAX - bytes,
					UINT32_MAX - bytes + 1, UINT32_MAX};

		snprintf(name, sizeof(name), "%s argument %d", rows[i].name, rows[i].pointer);
		world_open(&w, rows[i].module, rows[i].name);
		for (size_t k = 0; k < ROWS(bad); k++)
			check_int(name, call(&w, &rows[i], bad[k], -1), fault);
		world_close(&w);
	}
}

/* Lengths: to the end of memory and beyond, and those whose sum or product wraps. */
static void long_lengths_are_outside(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		int32_t fault = fault_of(rows[i].module);
		static const int64_t lens[] = {PAGE, 0x7fffffff, 0x80000000, 0x20000000, UINT32_MAX};
		struct world w;
		char name[80];

		if (rows[i].bytes >= 0)
			continue;
		snprintf(name, sizeof(name), "%s argument %d", rows[i].name, rows[i].pointer);
		world_open(&w, rows[i].module, rows[i].name);
		for (size_t k = 0; k < ROWS(lens); k++) {
			int32_t rc = call(&w, &rows[i], 8, lens[k]);

			/* Lists of more than 1024 buffers are refused before they are looked at. */
			if (rows[i].unit == 8 && strncmp(rows[i].name, "fd_", 3) == 0)
				check_int(name, rc, 28);
			else
				check_int(name, rc, fault);
		}
		world_close(&w);
	}
}

/* Whatever the arguments, memory outside of what was named stays as it was. */
static void refused_calls_write_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint8_t want[PAGE];
		struct world w;

		world_open(&w, rows[i].module, rows[i].name);
		memset(arun_mem(&w.r, 0, PAGE), 0xa5, PAGE);
		memset(want, 0xa5, PAGE);
		call(&w, &rows[i], PAGE - span_of(&rows[i]) + 1, -1);
		check_mem(rows[i].name, arun_mem(&w.r, 0, PAGE), want, PAGE);
		world_close(&w);
	}
}

/* Buffers named inside structures: iovecs, wasi-nn tensors and builders. */
static void inner_pointers_are_checked(void **state)
{
	static const struct inner {
		const char *name;
		uint32_t gaddr, len;
		bool good;
	} inner[] = {
		{"last byte", PAGE - 1, 1, true},
		{"empty at the end", PAGE, 0, true},
		{"empty beyond", PAGE + 1, 0, false},
		{"one too far", PAGE - 1, 2, false},
		{"wraps", UINT32_MAX, 2, false},
		{"all of 32 bits", 0, UINT32_MAX, false},
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < ROWS(inner); i++) {
		world_open(&w, WASI, "fd_write");
		/* The second of two is the one in question: nothing is written of the first either. */
		arun_put32(&w.r, 0, 512);
		arun_put32(&w.r, 4, 4);
		arun_put32(&w.r, 8, inner[i].gaddr);
		arun_put32(&w.r, 12, inner[i].len);
		/* Without a write callback a good list gets as far as ENOSYS. */
		check_int(inner[i].name, arun_i32(&w.r, 1, 0, 2, 64), inner[i].good ? 52 : 21);
		world_close(&w);
		world_open(&w, NN, "load");
		arun_put32(&w.r, 0, inner[i].gaddr);
		arun_put32(&w.r, 4, inner[i].len);
		check_int(inner[i].name, arun_i32(&w.r, 0, 1, 4, 0, 64), inner[i].good ? 2 : 3);
		world_close(&w);
	}
}

/* A memory of no pages at all: empty spans at 0 are fine, and everything else is not. */
static void a_memory_without_pages(void **state)
{
	struct arun r;

	(void)state;
	arun_init(&r);
	r.pages = 0;
	r.config.grant.caps = EW_CAP_ALL;
	arun_open(&r, EDGE, "random_fill");
	assert_int_equal(arun_i32(&r, 0, 0), NOSYS);
	assert_int_equal(arun_i32(&r, 1, 0), FAULT);
	assert_int_equal(arun_i32(&r, 0, 1), FAULT);
	arun_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_bytes_are_inside),
		cmocka_unit_test(one_byte_further_is_outside),
		cmocka_unit_test(long_lengths_are_outside),
		cmocka_unit_test(refused_calls_write_nothing),
		cmocka_unit_test(inner_pointers_are_checked),
		cmocka_unit_test(a_memory_without_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
