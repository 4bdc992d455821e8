/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_extended_const.c - constant expressions of several instructions: values, refusals, the limit, the switch. */
#include "wrun.h"

#define CODE_OF(...) sizeof((const uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}
enum { ADD32 = 0x6a, SUB32, MUL32, ADD64 = 0x7c, SUB64, MUL64 };

static const struct {
	const char *row;
	size_t len;
	uint8_t code[48];
	uint8_t type;
	uint64_t want;
} values[] = {
	{"i32.add", CODE_OF(I32_CONST(20), I32_CONST(22), ADD32), T_I32, 42},
	{"i32.sub", CODE_OF(I32_CONST(20), I32_CONST(22), SUB32), T_I32, 0xfffffffe},
	{"i32.mul", CODE_OF(I32_CONST(-3), I32_CONST(22), MUL32), T_I32, (uint32_t)-66},
	{"i32.add wraps", CODE_OF(I32_CONST5(INT32_MAX), I32_CONST(1), ADD32), T_I32, 0x80000000},
	{"i32.mul wraps", CODE_OF(I32_CONST5(0x10001), I32_CONST5(0x10001), MUL32), T_I32, 0x20001},
	{"i64.add", CODE_OF(I64_CONST(20), I64_CONST(22), ADD64), T_I64, 42},
	{"i64.sub", CODE_OF(I64_CONST(20), I64_CONST(22), SUB64), T_I64, UINT64_MAX - 1},
	{"i64.mul", CODE_OF(I64_CONST(-3), I64_CONST(22), MUL64), T_I64, (uint64_t)-66},
	{"i32 global", CODE_OF(GLOBAL_GET(0), I32_CONST(1), ADD32), T_I32, 1001},
	{"i64 global twice", CODE_OF(GLOBAL_GET(1), GLOBAL_GET(1), MUL64), T_I64, 1ull << 62},
	{"left to right", CODE_OF(I32_CONST(9), I32_CONST(4), SUB32, I32_CONST(2), MUL32), T_I32, 10},
	{"right first", CODE_OF(I32_CONST(9), I32_CONST(4), I32_CONST(2), MUL32, SUB32), T_I32, 1},
	{"four deep", CODE_OF(I32_CONST(1), I32_CONST(2), I32_CONST(3), I32_CONST(4), MUL32, MUL32, SUB32), T_I32, (uint32_t)-23},
};

static void imports(struct wmod *m)
{
	wmod_import_global(m, "env", "a", T_I32, 0);
	wmod_import_global(m, "env", "b", T_I64, 0);
	wmod_import_global(m, "env", "c", T_I32, 1);
}

/* The standalone globals that imports() wants. */
struct given {
	struct ew_global *globals[3];
	struct ew_import imports[3];
};

static void give(struct wrun *w, struct given *g)
{
	static const char *const names[] = {"a", "b", "c"};
	const union ew_value v[] = {{.i32 = 1000}, {.i64 = 1ll << 31}, {.i32 = 3}};

	memset(g, 0, sizeof(*g));
	for (int k = 0; k < 3; k++) {
		assert_int_equal(ew_global_create(&g->globals[k], k == 1 ? EW_I64 : EW_I32, k == 2, v[k], &w->mem.alloc), EW_OK);
		g->imports[k] = (struct ew_import){.module = "env", .name = names[k], .kind = EW_EXTERN_GLOBAL};
		g->imports[k].u.global = g->globals[k];
	}
	w->link.imports = g->imports;
	w->link.import_count = 3;
}

static void finish(struct wrun *w, struct given *g)
{
	ew_instance_destroy(w->instance);
	w->instance = NULL;
	for (int k = 0; k < 3; k++)
		ew_global_destroy(g->globals[k]);
	wrun_close(w);
}

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(values); i++) {
		struct ew_global *global;
		union ew_value got;
		struct given g;
		struct wrun w;

		wrun_init(&w);
		imports(&w.m);
		wmod_global(&w.m, values[i].type, 0, values[i].code, values[i].len);
		wmod_export(&w.m, "g", WMOD_GLOBAL, 3);
		give(&w, &g);
		wrun_open(&w);
		assert_int_equal(ew_global_find(w.instance, "g", &global), EW_OK);
		got = ew_global_get(global);
		check_hex(values[i].row, values[i].type == T_I32 ? got.u32 : got.u64, values[i].want);
		finish(&w, &g);
	}
}

/* As the offset of segments: 4 * 1000 + 2 and 1000 - 999. */
static void test_offsets(void **state)
{
	static const uint8_t data[] = {0, GLOBAL_GET(0), I32_CONST(4), MUL32, I32_CONST(2), ADD32, OP_END, 2, 'h', 'i'};
	static const uint8_t elem[] = {0, GLOBAL_GET(0), I32_CONST5(999), SUB32, OP_END, 1, 0};
	struct given g;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	imports(&w.m);
	wmod_memory(&w.m, 1, 1);
	wmod_table(&w.m, T_FUNC, 2, 2);
	wmod_func(&w.m, "()i", "", CODE(I32_CONST(7)));
	wmod_func(&w.m, "()i", "", CODE(I32_CONST(1), CALL_INDIRECT(0, 0)));
	wmod_export(&w.m, "f", WMOD_FUNC, 1);
	wb_put(&w.m.datas.body, data, sizeof(data));
	w.m.datas.count++;
	wb_put(&w.m.elems.body, elem, sizeof(elem));
	w.m.elems.count++;
	give(&w, &g);
	wrun_open(&w);
	assert_memory_equal(ew_memory_span(ew_instance_memory(w.instance), 4001, 4), "\0hi", 4);
	assert_int_equal(wrun_i32(&w, "f", 0, 0), 7);
	finish(&w, &g);
}

static const struct {
	const char *row;
	size_t len;
	uint8_t code[48];
	uint8_t type;
	enum ew_status want;
	const char *said;
} refused[] = {
	{"no operand", CODE_OF(ADD32), T_I32, EW_ERR_INVALID, "two operands"},
	{"one operand", CODE_OF(I32_CONST(1), ADD32), T_I32, EW_ERR_INVALID, "two operands"},
	{"i64 operands of i32.add", CODE_OF(I64_CONST(1), I64_CONST(1), ADD32), T_I64, EW_ERR_INVALID, "two operands"},
	{"i32 and i64", CODE_OF(I32_CONST(1), I64_CONST(1), ADD64), T_I64, EW_ERR_INVALID, "two operands"},
	{"another type", CODE_OF(I32_CONST(1), I32_CONST(1), ADD32), T_I64, EW_ERR_INVALID, "expected i64, got i32"},
	{"two values", CODE_OF(I32_CONST(1), I32_CONST(1), I32_CONST(1), ADD32), T_I32, EW_ERR_INVALID, "2 values"},
	{"no value", 0, {0}, T_I32, EW_ERR_INVALID, "0 values"},
	{"i32.div_s", CODE_OF(I32_CONST(1), I32_CONST(1), 0x6d), T_I32, EW_ERR_INVALID, "constant expression required"},
	{"i32.rotr", CODE_OF(I32_CONST(1), I32_CONST(1), 0x78), T_I32, EW_ERR_INVALID, "constant expression required"},
	{"i64.popcnt", CODE_OF(I64_CONST(1), 0x7b), T_I64, EW_ERR_INVALID, "constant expression required"},
	{"i64.div_s", CODE_OF(I64_CONST(1), I64_CONST(1), 0x7f), T_I64, EW_ERR_INVALID, "constant expression required"},
	{"mutable global", CODE_OF(GLOBAL_GET(2), I32_CONST(1), ADD32), T_I32, EW_ERR_INVALID, "is mutable"},
	{"own global", CODE_OF(GLOBAL_GET(3), I32_CONST(1), ADD32), T_I32, EW_ERR_INVALID, "unknown global"},
	{"reference left", CODE_OF(0xd0, T_FUNC, I32_CONST(1), ADD32), T_I32, EW_ERR_INVALID, "two operands"},
	{"constant cut off", CODE_OF(I32_CONST(1), 0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80), T_I32, EW_ERR_MALFORMED, "too long"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(refused); i++) {
		struct wrun w;

		wrun_init(&w);
		imports(&w.m);
		wmod_global(&w.m, refused[i].type, 0, refused[i].code, refused[i].len);
		check_status(refused[i].row, wrun_load(&w), refused[i].want);
		check_has(refused[i].row, w.err.text, refused[i].said);
		wrun_close(&w);
	}
}

/* n constants, then n - 1 additions; or, flat, as long but two deep. */
static enum ew_status load_sum(uint32_t n, bool flat, int64_t *value)
{
	struct ew_global *global;
	enum ew_status status;
	struct wbytes b = {0};
	struct wrun w;

	wrun_init(&w);
	for (uint32_t i = 0; i < n; i++) {
		wb_put(&b, CODE(I64_CONST(3)));
		if (flat && i > 0)
			wb_u8(&b, ADD64);
	}
	for (uint32_t i = 1; i < n && !flat; i++)
		wb_u8(&b, ADD64);
	wmod_global(&w.m, T_I64, 0, b.p, b.len);
	wmod_export(&w.m, "g", WMOD_GLOBAL, 0);
	wb_free(&b);
	status = wrun_load(&w);
	if (status == EW_OK) {
		assert_int_equal(wrun_link(&w), EW_OK);
		assert_int_equal(ew_global_find(w.instance, "g", &global), EW_OK);
		*value = ew_global_get(global).i64;
	} else {
		check_has("limit", w.err.text, "operands in a constant expression");
	}
	wrun_close(&w);
	return status;
}

static void test_depth(void **state)
{
	int64_t value = 0;

	(void)state;
	assert_int_equal(load_sum(EW_MAX_CONST_DEPTH - 1, false, &value), EW_OK);
	assert_int_equal(value, 3 * (EW_MAX_CONST_DEPTH - 1));
	assert_int_equal(load_sum(EW_MAX_CONST_DEPTH, false, &value), EW_OK);
	assert_int_equal(value, 3 * EW_MAX_CONST_DEPTH);
	assert_int_equal(load_sum(EW_MAX_CONST_DEPTH + 1, false, &value), EW_ERR_LIMIT);
	assert_int_equal(load_sum(100000, true, &value), EW_OK); /* any length */
	assert_int_equal(value, 300000);
}

static void test_disabled(void **state)
{
	static const uint8_t ops[] = {ADD32, SUB32, MUL32, ADD64, SUB64, MUL64};
	struct wrun w;

	(void)state;
	for (size_t i = 0; i < sizeof(ops); i++) {
		uint8_t constant = ops[i] < ADD64 ? 0x41 : 0x42, code[] = {constant, 1, constant, 2, ops[i]};

		wrun_init(&w);
		w.load.disable = EW_FEATURE_EXTENDED_CONST;
		wmod_global(&w.m, ops[i] < ADD64 ? T_I32 : T_I64, 0, code, sizeof(code));
		assert_int_equal(wrun_load(&w), EW_ERR_UNSUPPORTED);
		check_has("disabled", w.err.text, "extended constant expressions are disabled");
		assert_int_equal(w.err.offset, wrun_offset(&w, code, sizeof(code), 4));
		wrun_close(&w);
	}
	/* What WebAssembly 2.0 has stays. */
	wrun_init(&w);
	w.load.disable = EW_FEATURE_EXTENDED_CONST;
	wmod_global(&w.m, T_I32, 0, CODE(I32_CONST(1)));
	assert_int_equal(wrun_load(&w), EW_OK);
	wrun_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_disabled),
	};

	return cmocka_run_group_tests_name("wasm/extended_const", tests, NULL, NULL);
}
