/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_module.c - what a loaded module says of itself, and how refusals are told. */
#include "wrun.h"

/* A module with everything in it. */
static void build(struct wmod *m)
{
	static const uint32_t funcs[] = {1, 2};

	wmod_import_func(m, "env", "log", "(iI)");
	wmod_import_memory(m, "env", "memory", 1, 3);
	wmod_import_global(m, "env", "limit", T_I64, 0);
	wmod_import_global(m, "env", "count", T_F32, 1);
	wmod_import_table(m, "env", "table", T_EXTERN, 2, WMOD_NO_MAX);
	wmod_func(m, "(iI)fF", "", CODE(0x43, 0, 0, 0, 0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0));
	wmod_func(m, "(px)x", "", CODE(LOCAL_GET(1)));
	wmod_table(m, T_FUNC, 4, 8);
	wmod_global(m, T_I32, 1, CODE(I32_CONST(5)));
	wmod_export(m, "two", WMOD_FUNC, 1);
	wmod_export(m, "ref", WMOD_FUNC, 2);
	wmod_export(m, "t", WMOD_TABLE, 1);
	wmod_export(m, "m", WMOD_MEMORY, 0);
	wmod_export(m, "g", WMOD_GLOBAL, 2);
	wmod_export(m, "limit", WMOD_GLOBAL, 0);
	wmod_elem_passive(m, funcs, 2);
	wmod_custom(m, "first", "abc", 3);
	wmod_custom(m, "first", "not seen", 8);
	wmod_custom(m, "empty", "", 0);
}

static const struct {
	const char *module, *name; /* module NULL: an export */
	enum ew_extern_kind kind;
	const char *params, *results;
	uint64_t min, max;
	enum ew_type type;
	bool mutable_global;
} externs[] = {
	{"env", "log", EW_EXTERN_FUNC, "\x7f\x7e", "", 0, 0, 0, false},
	{"env", "memory", EW_EXTERN_MEMORY, NULL, NULL, 1, 3, 0, false},
	{"env", "limit", EW_EXTERN_GLOBAL, NULL, NULL, 0, 0, EW_I64, false},
	{"env", "count", EW_EXTERN_GLOBAL, NULL, NULL, 0, 0, EW_F32, true},
	{"env", "table", EW_EXTERN_TABLE, NULL, NULL, 2, UINT64_MAX, EW_EXTERNREF, false},
	{NULL, "two", EW_EXTERN_FUNC, "\x7f\x7e", "\x7d\x7c", 0, 0, 0, false},
	{NULL, "ref", EW_EXTERN_FUNC, "\x70\x6f", "\x6f", 0, 0, 0, false},
	{NULL, "t", EW_EXTERN_TABLE, NULL, NULL, 4, 8, EW_FUNCREF, false},
	{NULL, "m", EW_EXTERN_MEMORY, NULL, NULL, 1, 3, 0, false},
	{NULL, "g", EW_EXTERN_GLOBAL, NULL, NULL, 0, 0, EW_I32, true},
	{NULL, "limit", EW_EXTERN_GLOBAL, NULL, NULL, 0, 0, EW_I64, false},
};

static void check_types(const char *row, const uint8_t *got, uint32_t count, const char *want)
{
	check_int(row, count, strlen(want));
	check_mem(row, got, want, count);
}

static void check_extern(size_t i, const struct ew_extern_type *got)
{
	const char *row = externs[i].name;

	check_int(row, got->kind, externs[i].kind);
	check_int(row, got->name_len, strlen(row));
	check_mem(row, got->name, row, got->name_len);
	if (externs[i].module) {
		check_int(row, got->module_len, strlen(externs[i].module));
		check_mem(row, got->module, externs[i].module, got->module_len);
	} else {
		check_true(row, got->module == NULL);
	}
	switch (externs[i].kind) {
	case EW_EXTERN_FUNC:
		check_types(row, got->params, got->param_count, externs[i].params);
		check_types(row, got->results, got->result_count, externs[i].results);
		break;
	case EW_EXTERN_TABLE:
		check_hex(row, got->type, externs[i].type);
		/* fall through */
	case EW_EXTERN_MEMORY:
		check_int(row, got->min, externs[i].min);
		check_int(row, got->max, externs[i].max);
		break;
	case EW_EXTERN_GLOBAL:
		check_hex(row, got->type, externs[i].type);
		check_int(row, got->mutable_global, externs[i].mutable_global);
		break;
	case EW_EXTERN_TAG: /* test_exceptions.c */
		break;
	}
}

static void test_externs(void **state)
{
	struct ew_extern_type type;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	build(&w.m);
	assert_int_equal(wrun_load(&w), EW_OK);
	assert_int_equal(ew_module_import_count(w.module), 5);
	assert_int_equal(ew_module_export_count(w.module), 6);
	for (uint32_t i = 0; i < 11; i++) {
		enum ew_status got = i < 5 ? ew_module_import(w.module, i, &type)
					   : ew_module_export(w.module, i - 5, &type);

		check_status(externs[i].name, got, EW_OK);
		check_extern(i, &type);
	}
	assert_int_equal(ew_module_import(w.module, 5, &type), EW_ERR_INVAL);
	assert_int_equal(ew_module_export(w.module, 6, &type), EW_ERR_INVAL);
	assert_int_equal(ew_module_export(w.module, UINT32_MAX, &type), EW_ERR_INVAL);
	wrun_close(&w);
}

static void test_custom(void **state)
{
	const uint8_t *payload;
	size_t size;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	build(&w.m);
	assert_int_equal(wrun_load(&w), EW_OK);
	assert_int_equal(ew_module_custom(w.module, "first", &payload, &size), EW_OK);
	assert_int_equal(size, 3);
	assert_memory_equal(payload, "abc", 3);
	assert_true(payload > w.bytes && payload < w.bytes + w.size); /* borrowed */
	assert_int_equal(ew_module_custom(w.module, "empty", &payload, &size), EW_OK);
	assert_int_equal(size, 0);
	assert_int_equal(ew_module_custom(w.module, "firs", &payload, &size), EW_ERR_NOENT);
	assert_int_equal(ew_module_custom(w.module, "first2", &payload, &size), EW_ERR_NOENT);
	assert_int_equal(ew_module_custom(w.module, "", &payload, &size), EW_ERR_NOENT);
	wrun_close(&w);
}

/* What ew_module_size says is what the allocator counted. */
static void test_size(void **state)
{
	size_t code = 0, bytes;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	build(&w.m);
	assert_int_equal(wrun_load(&w), EW_OK);
	bytes = ew_module_size(w.module, &code);
	assert_int_equal(bytes, w.mem.live_bytes);
	assert_true(code > 0 && code < bytes);
	assert_int_equal(ew_module_size(w.module, NULL), bytes);
	wrun_close(&w);
}

/* With EW_MODULE_COPY the caller's bytes may go; without, the module points into them. */
static void test_copy(void **state)
{
	struct ew_extern_type type;
	struct ew_module *m;
	struct fail_alloc mem;
	struct ew_module_config config = {sizeof(config), .flags = EW_MODULE_COPY};
	struct wmod b;
	const uint8_t *bytes;
	uint8_t *mine;
	size_t size;

	(void)state;
	wmod_init(&b);
	build(&b);
	bytes = wmod_finish(&b, &size);
	mine = malloc(size);
	memcpy(mine, bytes, size);
	fail_alloc_init(&mem);
	assert_int_equal(ew_module_load(&m, mine, size, &config, &mem.alloc, NULL), EW_OK);
	assert_true(mem.live_bytes >= size);
	memset(mine, 0xff, size);
	free(mine);
	assert_int_equal(ew_module_import(m, 0, &type), EW_OK);
	assert_memory_equal(type.name, "log", 3);
	ew_module_free(m);
	fail_alloc_finish(&mem);
	wmod_free(&b);
}

static void test_const_bytes_unaligned(void **state)
{
	struct guard g;
	struct ew_module *m;
	struct fail_alloc mem;
	struct wmod b;
	const uint8_t *bytes;
	size_t size;

	(void)state;
	wmod_init(&b);
	build(&b);
	bytes = wmod_finish(&b, &size);
	guard_init(&g, size + 16);
	fail_alloc_init(&mem);
	for (size_t pad = 0; pad < 16; pad++) { /* every alignment, the last byte against a guard page */
		wmod_custom(&b, "", "................", pad);
		bytes = wmod_finish(&b, &size);
		if (size > g.cap)
			break;
		assert_int_equal(ew_module_load(&m, guard_copy(&g, bytes, size), size, NULL, &mem.alloc, NULL),
				 EW_OK);
		ew_module_free(m);
	}
	fail_alloc_finish(&mem);
	guard_deinit(&g);
	wmod_free(&b);
}

static void test_func_names(void **state)
{
	static const char *const names[] = {"host_log", "both", "ref with \xe2\x82\xac"};
	struct wrun w;
	const char *text;
	size_t len;

	(void)state;
	for (int with_names = 0; with_names < 3; with_names++) {
		wrun_init(&w);
		build(&w.m);
		if (with_names)
			wmod_names(&w.m, names, 3);
		if (with_names == 2)
			w.load.flags = EW_MODULE_NO_NAMES;
		assert_int_equal(wrun_load(&w), EW_OK);
		for (uint32_t i = 1; i < 3; i++) {
			const char *want = with_names == 1 ? names[i] : i == 1 ? "two" : "ref";

			text = ew_func_name(w.module, i, &len);
			assert_non_null(text);
			assert_int_equal(len, strlen(want));
			assert_memory_equal(text, want, len);
		}
		text = ew_func_name(w.module, 0, &len);
		assert_true((text != NULL) == (with_names == 1));
		assert_null(ew_func_name(w.module, 3, &len));
		assert_null(ew_func_name(w.module, UINT32_MAX, &len));
		wrun_close(&w);
	}
}

/* A name section may lie: it is never a reason to refuse, and never read beyond. */
static void test_bad_names(void **state)
{
	static const struct {
		const char *row;
		size_t size;
		uint8_t bytes[16];
	} rows[] = {
		{"empty", 0, {0}},
		{"cut after the id", 1, {1}},
		{"size beyond the section", 2, {1, 0x7f}},
		{"count beyond the subsection", 3, {1, 1, 0x7f}},
		{"name beyond the subsection", 5, {1, 3, 1, 1, 0x7f}},
		{"size of five bytes", 7, {1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0}},
		{"bad UTF-8", 7, {1, 5, 1, 1, 2, 0xff, 0xfe}},
		{"function that is not there", 6, {1, 4, 1, 0x60, 1, 'a'}},
		{"the same function twice", 9, {1, 7, 2, 1, 1, 'a', 1, 1, 'b'}},
		{"indices that go down", 9, {1, 7, 2, 2, 1, 'a', 1, 1, 'b'}},
		{"a subsection twice", 12, {1, 4, 1, 1, 1, 'a', 1, 4, 1, 1, 1, 'b'}},
		{"unknown subsection", 3, {77, 1, 0}},
	};
	struct wrun w;
	size_t len;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		wrun_init(&w);
		wmod_func(&w.m, "()", "", NO_CODE);
		wmod_func(&w.m, "()", "", NO_CODE);
		wmod_custom(&w.m, "name", rows[i].bytes, rows[i].size);
		check_status(rows[i].row, wrun_load(&w), EW_OK);
		for (uint32_t f = 0; f < 3; f++) {
			const char *text = ew_func_name(w.module, f, &len);

			check_true(rows[i].row, !text || ((const uint8_t *)text >= w.bytes &&
							  (const uint8_t *)text + len <= w.bytes + w.size));
		}
		wrun_close(&w);
	}
}

#define HEADER 0, 'a', 's', 'm', 1, 0, 0, 0
#define B(...) sizeof((const uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}

/* A refusal names its class, what is wrong, and the byte. */
static const struct {
	const char *row;
	enum ew_status status;
	uint32_t offset;
	const char *text;
	size_t size;
	uint8_t bytes[64];
} refusals[] = {
	{"nothing", EW_ERR_MALFORMED, 0, "", 0, {0}},
	{"cut magic", EW_ERR_MALFORMED, 3, "unexpected end", B(0, 'a', 's')},
	{"other magic", EW_ERR_MALFORMED, 0, "magic", B(1, 'a', 's', 'm', 1, 0, 0, 0)},
	{"cut version", EW_ERR_MALFORMED, 7, "unexpected end", B(0, 'a', 's', 'm', 1, 0, 0)},
	{"other version", EW_ERR_MALFORMED, 4, "version", B(0, 'a', 's', 'm', 2, 0, 0, 0)},
	{"a component", EW_ERR_MALFORMED, 4, "version", B(0, 'a', 's', 'm', 0x0d, 0, 1, 0)},
	{"section without size", EW_ERR_MALFORMED, 9, "unexpected end", B(HEADER, 1)},
	{"section beyond the end", EW_ERR_MALFORMED, 8, "", B(HEADER, 1, 5, 0)},
	{"unknown section", EW_ERR_MALFORMED, 8, "section", B(HEADER, 14, 0)},
	{"sections out of order", EW_ERR_MALFORMED, 0, "", B(HEADER, 3, 1, 0, 1, 1, 0)},
	{"section twice", EW_ERR_MALFORMED, 0, "", B(HEADER, 1, 1, 0, 1, 1, 0)},
	{"bytes left in a section", EW_ERR_MALFORMED, 11, "section size mismatch", B(HEADER, 1, 2, 0, 0)},
	{"functions without code", EW_ERR_MALFORMED, 0, "inconsistent", B(HEADER, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0)},
	{"unknown type of function", EW_ERR_INVALID, 11, "type",
	 B(HEADER, 3, 2, 1, 7, 10, 4, 1, 2, 0, 0x0b)},
	{"bad value type", EW_ERR_MALFORMED, 13, "", B(HEADER, 1, 5, 1, 0x60, 1, 0x40, 0)},
	{"structures", EW_ERR_MALFORMED, 11, "garbage collection is not supported", B(HEADER, 1, 5, 2, 0x5f, 0, 0x5f, 0)},
	{"a structure behind a function", EW_ERR_MALFORMED, 16, "garbage collection is not supported",
	 B(HEADER, 1, 8, 2, 0x60, 2, 0x7f, 0x7f, 0, 0x5f, 0)},
	{"two types, one there", EW_ERR_MALFORMED, 10, "unexpected end", B(HEADER, 1, 4, 2, 0x60, 0, 0)},
	{"two functions of five bytes", EW_ERR_MALFORMED, 16, "unexpected end", B(HEADER, 1, 6, 2, 0x60, 0, 0, 0x60, 0)},
	{"result missing", EW_ERR_INVALID, 0, "type mismatch",
	 B(HEADER, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 10, 4, 1, 2, 0, 0x0b)},
};

static void test_refusals(void **state)
{
	struct fail_alloc mem;

	(void)state;
	for (size_t i = 0; i < ROWS(refusals); i++) {
		struct ew_module *m = (struct ew_module *)&mem;
		struct ew_error err = {0};

		fail_alloc_init(&mem);
		check_status(refusals[i].row,
			     ew_module_load(&m, refusals[i].bytes, refusals[i].size, NULL, &mem.alloc, &err),
			     refusals[i].status);
		check_true(refusals[i].row, m == NULL);
		check_status(refusals[i].row, err.status, refusals[i].status);
		check_has(refusals[i].row, err.text, refusals[i].text);
		check_true(refusals[i].row, err.text[0] != '\0');
		if (refusals[i].offset)
			check_int(refusals[i].row, err.offset, refusals[i].offset);
		check_status(refusals[i].row,
			     ew_module_load(&m, refusals[i].bytes, refusals[i].size, NULL, &mem.alloc, NULL),
			     refusals[i].status);
		fail_alloc_finish(&mem);
	}
}

/* Every prefix of a whole module is refused, without a byte read beyond its end. */
static void test_every_prefix(void **state)
{
	struct guard g;
	struct fail_alloc mem;
	struct wmod b;
	const uint8_t *bytes;
	size_t size;

	(void)state;
	wmod_init(&b);
	build(&b);
	bytes = wmod_finish(&b, &size);
	guard_init(&g, size);
	fail_alloc_init(&mem);
	for (size_t n = 0; n < size; n++) {
		struct ew_module *m = NULL;
		struct ew_error err = {0};
		enum ew_status got =
			ew_module_load(&m, guard_copy(&g, bytes, n), n, NULL, &mem.alloc, &err);

		/* Whole sections only: a module may end behind any of them, as long as it is consistent. */
		if (got == EW_OK)
			ew_module_free(m);
		else if (got != EW_ERR_MALFORMED && got != EW_ERR_INVALID)
			fail_msg("prefix of %zu bytes: %s", n, ew_status_name(got));
		assert_true(err.offset <= n);
	}
	fail_alloc_finish(&mem);
	guard_deinit(&g);
	wmod_free(&b);
}

/* A configuration of another version: what a shorter one lacks is default, what a longer one adds is ignored. */
static void test_config_versions(void **state)
{
	static const struct {
		const char *row;
		size_t struct_bytes;
		bool heard; /* the limits are seen */
	} rows[] = {
		{"this version", sizeof(struct ew_module_config), true},
		{"not set", 0, true},
		{"newer", sizeof(struct ew_module_config) + 64, true},
		{"older", offsetof(struct ew_module_config, max_functions), false},
		{"oldest", sizeof(size_t), false},
	};
	struct {
		struct ew_module_config c;
		uint8_t more[64];
	} newer;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_module *m;
		struct wrun w;

		wrun_init(&w);
		wmod_func(&w.m, "()", "", NO_CODE);
		wmod_func(&w.m, "()", "", NO_CODE);
		w.bytes = wmod_finish(&w.m, &w.size);
		memset(&newer, 0xff, sizeof(newer));
		newer.c = (struct ew_module_config){.struct_bytes = rows[i].struct_bytes, .max_functions = 1};
		check_status(rows[i].row, ew_module_load(&m, w.bytes, w.size, &newer.c, &w.mem.alloc, NULL),
			     rows[i].heard ? EW_ERR_LIMIT : EW_OK);
		ew_module_free(m);
		wrun_close(&w);
	}
}

static void test_free_nothing(void **state)
{
	(void)state;
	ew_module_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_externs),
		cmocka_unit_test(test_custom),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_const_bytes_unaligned),
		cmocka_unit_test(test_func_names),
		cmocka_unit_test(test_bad_names),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_config_versions),
		cmocka_unit_test(test_free_nothing),
	};

	return cmocka_run_group_tests_name("wasm/module", tests, NULL, NULL);
}
