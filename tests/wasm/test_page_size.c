/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_page_size.c - memories in pages of one byte: a guest with 4 KiB, growing, limits, linking, refusals, the switch. */
#include "wrun.h"

enum { PAGE = 8, MAX = 1 };

/* A memory type as it stands. */
static void put_memory(struct wmod *m, const uint8_t *bytes, size_t size)
{
	wb_put(&m->memories.body, bytes, size);
	m->memories.count++;
	m->memory_count++;
}

static void put_paged(struct wmod *m, uint32_t min, uint32_t max, uint32_t log2)
{
	struct wbytes b = {0};

	wb_u8(&b, (uint8_t)(PAGE | (max != WMOD_NO_MAX)));
	wb_u32(&b, min);
	if (max != WMOD_NO_MAX)
		wb_u32(&b, max);
	wb_u32(&b, log2);
	put_memory(m, b.p, b.len);
	wb_free(&b);
}

static void put_functions(struct wmod *m)
{
	wmod_func(m, "()i", "", CODE(0x3f, 0));
	wmod_func(m, "(i)i", "", CODE(LOCAL_GET(0), 0x40, 0));
	wmod_func(m, "(i)i", "", CODE(LOCAL_GET(0), 0x2d, 0, 0));
	wmod_func(m, "(ii)i", "", CODE(LOCAL_GET(0), LOCAL_GET(1), 0x36, 2, 0, I32_CONST(0)));
	wmod_export(m, "size", WMOD_FUNC, 0);
	wmod_export(m, "grow", WMOD_FUNC, 1);
	wmod_export(m, "load", WMOD_FUNC, 2);
	wmod_export(m, "store", WMOD_FUNC, 3);
	wmod_export(m, "memory", WMOD_MEMORY, 0);
}

static void check_edge(struct wrun *w, int32_t bytes)
{
	static const uint8_t load[] = {LOCAL_GET(0), 0x2d, 0, 0}, store[] = {LOCAL_GET(1), 0x36, 2, 0};
	union ew_value v[2] = {{.i32 = bytes}, {.i32 = 1}};
	char text[96];

	assert_int_equal(wrun_i32(w, "size", 0, 0), bytes);
	assert_int_equal(wrun_i32(w, "load", bytes - 1, 0), 0);
	wrun_i32(w, "store", bytes - 4, 0x01020304);
	assert_int_equal(wrun_i32(w, "load", bytes - 1, 0), 1);
	wrun_i32(w, "store", bytes - 4, 0);
	assert_int_equal(wrun_call(w, "load", v), EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(w->exec)->code, EW_TRAP_MEMORY_BOUNDS);
	assert_int_equal(ew_exec_trap(w->exec)->frames[0].offset, wrun_offset(w, load, sizeof(load), 2));
	snprintf(text, sizeof(text), "access at %d+1 >= max value %d", bytes, bytes);
	check_has("trap", ew_exec_trap(w->exec)->text, text);
	v[0].i32 = bytes - 3;
	assert_int_equal(wrun_call(w, "store", v), EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(w->exec)->frames[0].offset, wrun_offset(w, store, sizeof(store), 2));
}

/* The normal case on a microcontroller: 4 KiB, and they cost 4 KiB. */
static void test_small_guest(void **state)
{
	struct ew_extern_type type;
	struct ew_memory *m;
	size_t before;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	put_paged(&w.m, 4096, 5000, 0);
	put_functions(&w.m);
	wmod_data(&w.m, 4092, "\0\0\0\0", 4);
	assert_int_equal(wrun_load(&w), EW_OK);
	assert_int_equal(ew_module_export(w.module, 4, &type), EW_OK);
	assert_true(type.page_bytes == 1 && type.min == 4096 && type.max == 5000);
	assert_int_equal(ew_exec_create(&w.exec, &w.stack, &w.mem.alloc), EW_OK);
	before = w.mem.live_bytes;
	assert_int_equal(wrun_link(&w), EW_OK);
	assert_int_equal(w.mem.live_bytes - before - ew_instance_size(w.instance), 4096);
	m = ew_instance_memory(w.instance);
	assert_int_equal(ew_memory_page_bytes(m), 1);
	check_edge(&w, 4096);
	assert_non_null(ew_memory_span(m, 4095, 1));
	assert_null(ew_memory_span(m, 4095, 2));
	assert_int_equal(wrun_i32(&w, "grow", 1, 0), 4096);
	check_edge(&w, 4097);
	assert_int_equal(ew_memory_grow(m, 2), EW_OK);
	check_edge(&w, 4099);
	assert_int_equal(wrun_i32(&w, "grow", 5000 - 4099 + 1, 0), -1);
	assert_int_equal(wrun_i32(&w, "grow", -1, 0), -1);
	assert_int_equal(ew_memory_grow(m, 5000 - 4099 + 1), EW_ERR_LIMIT);
	assert_int_equal(wrun_i32(&w, "grow", 5000 - 4099, 0), 4099);
	check_edge(&w, 5000);
	assert_int_equal(wrun_i32(&w, "grow", 0, 0), 5000);
	assert_int_equal(ew_memory_size(m), 5000);
	wrun_close(&w);
}

/* 65536 written out is what every memory has. */
static void test_large_pages(void **state)
{
	struct wrun w;

	(void)state;
	wrun_init(&w);
	put_paged(&w.m, 1, 2, 16);
	put_functions(&w.m);
	wrun_open(&w);
	assert_int_equal(ew_memory_page_bytes(ew_instance_memory(w.instance)), 65536);
	assert_int_equal(wrun_i32(&w, "size", 0, 0), 1);
	assert_int_equal(wrun_i32(&w, "grow", 1, 0), 1);
	assert_int_equal(wrun_i32(&w, "grow", 1, 0), -1);
	assert_int_equal(ew_memory_size(ew_instance_memory(w.instance)), 131072);
	wrun_close(&w);
}

static const struct {
	const char *row;
	uint32_t pages;
	uint64_t bytes;
	uint32_t min;
	enum ew_status want;
	int32_t more; /* can be grown by so much, and by no more */
} limits[] = {
	{"below max_memory_bytes", 0, 1000, 999, EW_OK, 1},
	{"at max_memory_bytes", 0, 1000, 1000, EW_OK, 0},
	{"above max_memory_bytes", 0, 1000, 1001, EW_ERR_LIMIT, 0},
	{"below max_memory_pages", 1, 0, 65535, EW_OK, 1},
	{"at max_memory_pages", 1, 0, 65536, EW_OK, 0},
	{"above max_memory_pages", 1, 0, 65537, EW_ERR_LIMIT, 0},
	{"the smaller is bytes", 1, 65535, 65535, EW_OK, 0},
	{"the smaller is pages", 1, 65537, 65535, EW_OK, 1},
};

static void test_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(limits); i++) {
		struct wrun w;

		wrun_init(&w);
		w.link.max_memory_pages = limits[i].pages;
		w.link.max_memory_bytes = limits[i].bytes;
		put_paged(&w.m, limits[i].min, WMOD_NO_MAX, 0);
		put_functions(&w.m);
		assert_int_equal(wrun_load(&w), EW_OK);
		check_status(limits[i].row, wrun_link(&w), limits[i].want);
		if (limits[i].want == EW_OK) {
			check_int(limits[i].row, wrun_i32(&w, "grow", limits[i].more + 1, 0), -1);
			check_int(limits[i].row, wrun_i32(&w, "grow", limits[i].more, 0), limits[i].min);
			check_int(limits[i].row, wrun_i32(&w, "grow", 1, 0), -1);
		}
		wrun_close(&w);
	}
}

#define CODE_OF(...) sizeof((const uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}

static const struct {
	const char *row;
	size_t len;
	uint8_t type[16];
	enum ew_status want, disabled; /* the second: with the proposal off */
} types[] = {
	{"page of 1", CODE_OF(8, 0, 0), EW_OK, EW_ERR_UNSUPPORTED},
	{"page of 65536", CODE_OF(8, 0, 16), EW_OK, EW_ERR_UNSUPPORTED},
	{"page of 1, maximum", CODE_OF(9, 0, 1, 0), EW_OK, EW_ERR_UNSUPPORTED},
	{"page of 2", CODE_OF(8, 0, 1), EW_ERR_INVALID, EW_ERR_UNSUPPORTED},
	{"page of 32768", CODE_OF(8, 0, 15), EW_ERR_INVALID, EW_ERR_UNSUPPORTED},
	{"page of 131072", CODE_OF(8, 0, 17), EW_ERR_INVALID, EW_ERR_UNSUPPORTED},
	{"page of 2^63", CODE_OF(8, 0, 63), EW_ERR_INVALID, EW_ERR_UNSUPPORTED},
	{"page of 2^64", CODE_OF(8, 0, 64), EW_ERR_MALFORMED, EW_ERR_UNSUPPORTED},
	{"page size missing", CODE_OF(8, 0), EW_ERR_MALFORMED, EW_ERR_UNSUPPORTED},
	{"2^32 - 1 bytes", CODE_OF(8, 0xff, 0xff, 0xff, 0xff, 0x0f, 0), EW_OK, EW_ERR_UNSUPPORTED},
	{"2^32 bytes", CODE_OF(8, 0x80, 0x80, 0x80, 0x80, 0x10, 0), EW_ERR_MALFORMED, EW_ERR_UNSUPPORTED},
	{"65536 large pages", CODE_OF(8, 0x80, 0x80, 0x04, 16), EW_OK, EW_ERR_UNSUPPORTED},
	{"65537 large pages", CODE_OF(8, 0x81, 0x80, 0x04, 16), EW_ERR_INVALID, EW_ERR_UNSUPPORTED},
	{"at most 65537 large pages", CODE_OF(9, 0, 0x81, 0x80, 0x04, 16), EW_ERR_INVALID, EW_ERR_UNSUPPORTED},
	{"minimum above maximum", CODE_OF(9, 2, 1, 0), EW_ERR_INVALID, EW_ERR_UNSUPPORTED},
	{"flag 2", CODE_OF(2, 0), EW_ERR_MALFORMED, EW_ERR_MALFORMED},
	{"flag 8 and 2", CODE_OF(10, 0, 0), EW_ERR_MALFORMED, EW_ERR_MALFORMED},
	{"flag 16", CODE_OF(16, 0, 0), EW_ERR_MALFORMED, EW_ERR_MALFORMED},
	{"as ever", CODE_OF(1, 0, 1), EW_OK, EW_OK},
};

static void test_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ROWS(types); i++) {
		size_t k = i / 2;
		struct wrun w;

		wrun_init(&w);
		put_memory(&w.m, types[k].type, types[k].len);
		w.load.disable = i % 2 ? EW_FEATURE_CUSTOM_PAGE_SIZES : 0;
		check_status(types[k].row, wrun_load(&w), i % 2 ? types[k].disabled : types[k].want);
		if (i % 2 && types[k].disabled == EW_ERR_UNSUPPORTED) {
			check_has(types[k].row, w.err.text, "custom page sizes are disabled");
			check_int(types[k].row, w.err.offset, 8 + 3); /* behind header, id, size and count */
		}
		wrun_close(&w);
	}
}

/* A table has no pages. */
static void test_table(void **state)
{
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wb_put(&w.m.tables.body, CODE(T_FUNC, 8, 0, 0));
	w.m.tables.count++;
	assert_int_equal(wrun_load(&w), EW_ERR_MALFORMED);
	wrun_close(&w);
}

static const struct {
	const char *row;
	uint32_t have_log2, want_min, want_max, want_log2; /* have: 1 to 70000 pages */
	enum ew_status want;
	const char *said;
} links[] = {
	{"of one byte", 0, 1, 70000, 0, EW_OK, ""},
	{"of 64 KiB", 16, 1, 65536, 16, EW_OK, ""},
	{"64 KiB wanted", 0, 1, 65536, 16, EW_ERR_UNLINKABLE, "expects a memory of 1 to 65536 pages, got a memory of 1 to 60000 one-byte pages"},
	{"one byte wanted", 16, 1, 65536, 0, EW_ERR_UNLINKABLE, "got a memory of 1 to 60000 pages"},
	{"too small", 0, 2, 70000, 0, EW_ERR_UNLINKABLE, "expects a memory of 2 to 70000 one-byte pages"},
	{"too large", 0, 1, 59999, 0, EW_ERR_UNLINKABLE, "expects a memory of 1 to 59999 one-byte pages"},
};

static void test_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(links); i++) {
		struct ew_import give = {.module = "m", .name = "memory", .kind = EW_EXTERN_MEMORY};
		struct ew_instance *second;
		struct ew_module *module;
		struct ew_error err;
		const uint8_t *bytes;
		size_t size;
		struct wmod b;
		struct wrun w;

		wrun_init(&w);
		put_paged(&w.m, 1, 60000, links[i].have_log2);
		wmod_export(&w.m, "memory", WMOD_MEMORY, 0);
		wrun_open(&w);
		give.u.memory = ew_instance_memory(w.instance);
		w.link.imports = &give;
		w.link.import_count = 1;
		wmod_init(&b);
		b.imports.count++;
		wb_name(&b.imports.body, "m");
		wb_name(&b.imports.body, "memory");
		wb_u8(&b.imports.body, WMOD_MEMORY);
		wb_u8(&b.imports.body, PAGE | MAX);
		wb_u32(&b.imports.body, links[i].want_min);
		wb_u32(&b.imports.body, links[i].want_max);
		wb_u32(&b.imports.body, links[i].want_log2);
		bytes = wmod_finish(&b, &size);
		assert_int_equal(ew_module_load(&module, bytes, size, NULL, &w.mem.alloc, &err), EW_OK);
		check_status(links[i].row, ew_instance_create(&second, module, &w.link, &w.mem.alloc, NULL, &err), links[i].want);
		check_has(links[i].row, err.text, links[i].said);
		ew_instance_destroy(second);
		ew_instance_destroy(w.instance);
		w.instance = NULL;
		ew_module_free(module);
		wmod_free(&b);
		wrun_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_guest),
		cmocka_unit_test(test_large_pages),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests_name("wasm/page_size", tests, NULL, NULL);
}
