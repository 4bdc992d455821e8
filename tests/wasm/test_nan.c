/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_nan.c - EW_MODULE_CANONICAL_NAN: what arithmetic makes is the one canonical NaN, whatever went in;
 * what only moves or turns bits leaves them; without the flag a NaN is quiet, as the specification wants.
 */
#include "wrun.h"

#define NAN32 0x7fc00000u
#define NAN64 0x7ff8000000000000u
#define OTHER32 0xffe12345u /* quiet, with a sign and a payload */
#define SIGNALLING32 0x7fa00001u
#define OTHER64 0xfffc000012345678u
#define SIGNALLING64 0x7ff4000000000001u

static const struct {
	const char *row;
	const char *signature;
	uint8_t op;
	bool canonical; /* arithmetic: false for what is defined on bits */
} ops[] = {
	{"f32.abs", "(f)f", 0x8b, false},     {"f32.neg", "(f)f", 0x8c, false},
	{"f32.ceil", "(f)f", 0x8d, true},     {"f32.floor", "(f)f", 0x8e, true},
	{"f32.trunc", "(f)f", 0x8f, true},    {"f32.nearest", "(f)f", 0x90, true},
	{"f32.sqrt", "(f)f", 0x91, true},     {"f32.add", "(ff)f", 0x92, true},
	{"f32.sub", "(ff)f", 0x93, true},     {"f32.mul", "(ff)f", 0x94, true},
	{"f32.div", "(ff)f", 0x95, true},     {"f32.min", "(ff)f", 0x96, true},
	{"f32.max", "(ff)f", 0x97, true},     {"f32.copysign", "(ff)f", 0x98, false},
	{"f64.abs", "(F)F", 0x99, false},     {"f64.neg", "(F)F", 0x9a, false},
	{"f64.ceil", "(F)F", 0x9b, true},     {"f64.floor", "(F)F", 0x9c, true},
	{"f64.trunc", "(F)F", 0x9d, true},    {"f64.nearest", "(F)F", 0x9e, true},
	{"f64.sqrt", "(F)F", 0x9f, true},     {"f64.add", "(FF)F", 0xa0, true},
	{"f64.sub", "(FF)F", 0xa1, true},     {"f64.mul", "(FF)F", 0xa2, true},
	{"f64.div", "(FF)F", 0xa3, true},     {"f64.min", "(FF)F", 0xa4, true},
	{"f64.max", "(FF)F", 0xa5, true},     {"f64.copysign", "(FF)F", 0xa6, false},
	{"f32.demote_f64", "(F)f", 0xb6, true}, {"f64.promote_f32", "(f)F", 0xbb, true},
	{"f32.reinterpret", "(i)f", 0xbe, false}, {"i32.reinterpret", "(f)i", 0xbc, false},
	{"f64.reinterpret", "(I)F", 0xbf, false}, {"i64.reinterpret", "(F)I", 0xbd, false},
};

static bool wide(char type)
{
	return type == 'F' || type == 'I';
}

/* which: 0 quiet with a payload, 1 signalling, 2 the number 1 */
static union ew_value operand(char type, int which)
{
	static const uint32_t narrow_bits[] = {OTHER32, SIGNALLING32, 0x3f800000};
	static const uint64_t wide_bits[] = {OTHER64, SIGNALLING64, 0x3ff0000000000000};
	union ew_value v = {0};

	if (wide(type))
		v.u64 = wide_bits[which];
	else
		v.u32 = narrow_bits[which];
	return v;
}

/* The operands as parameters, or each through a store and a load: two ways into an instruction. */
static void build_op(struct wmod *m, size_t i)
{
	const char *s = ops[i].signature;
	bool two = s[2] != ')';
	struct wbytes code = {0};

	wmod_memory(m, 1, 1);
	wb_put(&code, (const uint8_t[]){LOCAL_GET(0)}, 2);
	if (two)
		wb_put(&code, (const uint8_t[]){LOCAL_GET(1)}, 2);
	wb_u8(&code, ops[i].op);
	wmod_func(m, s, "", code.p, code.len);
	code.len = 0;
	for (uint8_t k = 0; k <= two; k++) {
		char t = s[1 + k];
		uint8_t load = t == 'f' ? 0x2a : t == 'F' ? 0x2b : t == 'i' ? 0x28 : 0x29;

		wb_put(&code, (const uint8_t[]){I32_CONST(0), LOCAL_GET(k), (uint8_t)(load + 0x0e), 0, (uint8_t)(8 * k)}, 7);
	}
	for (uint8_t k = 0; k <= two; k++) {
		char t = s[1 + k];
		uint8_t load = t == 'f' ? 0x2a : t == 'F' ? 0x2b : t == 'i' ? 0x28 : 0x29;

		wb_put(&code, (const uint8_t[]){I32_CONST(0), load, 0, (uint8_t)(8 * k)}, 5);
	}
	wb_u8(&code, ops[i].op);
	wmod_func(m, s, "", code.p, code.len);
	wmod_export(m, "direct", WMOD_FUNC, 0);
	wmod_export(m, "loaded", WMOD_FUNC, 1);
	wb_free(&code);
}

static uint64_t bits(char type, union ew_value v)
{
	return wide(type) ? v.u64 : v.u32;
}

static bool is_nan(char type, uint64_t b)
{
	return wide(type) ? (b & INT64_MAX) > 0x7ff0000000000000u : (b & 0x7fffffffu) > 0x7f800000u;
}

static void check_op(struct wrun *w, size_t i, const char *name, int a, int b, bool flag)
{
	const char *s = ops[i].signature;
	bool two = s[2] != ')';
	char result = strchr(s, ')')[1], row[96];
	union ew_value v[2] = {operand(s[1], a), operand(two ? s[2] : 'f', b)};
	uint64_t in = bits(s[1], v[0]), out;

	snprintf(row, sizeof(row), "%s %s %d %d%s", ops[i].row, name, a, b, flag ? " canonical" : "");
	check_status(row, wrun_call(w, name, v), EW_OK);
	out = bits(result, v[0]);
	if (ops[i].canonical) {
		check_true(row, is_nan(result, out));
		if (flag)
			check_hex(row, out, wide(result) ? NAN64 : NAN32);
		else
			check_true(row, out & (wide(result) ? 0x0008000000000000u : 0x00400000u)); /* quiet */
	} else if (!two && ops[i].op != 0x8b && ops[i].op != 0x8c && ops[i].op != 0x99 && ops[i].op != 0x9a) {
		check_hex(row, out, in); /* moved as it was */
	} else {
		uint64_t sign = wide(result) ? 1ull << 63 : 1ull << 31;

		check_hex(row, out & ~sign, in & ~sign); /* the sign alone may have changed */
	}
}

static void test_ops(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(ops); i++) {
		for (int flag = 0; flag < 2; flag++) {
			struct wrun w;

			wrun_init(&w);
			w.load.flags = flag ? EW_MODULE_CANONICAL_NAN : 0;
			build_op(&w.m, i);
			wrun_open(&w);
			for (int a = 0; a < 3; a++) {
				for (int b = 0; b < 3; b++) {
					bool two = ops[i].signature[2] != ')';

					if ((two ? a == 2 && b == 2 : a == 2 || b != 0) && ops[i].canonical)
						continue; /* no NaN goes in */
					check_op(&w, i, "direct", a, b, flag != 0);
					check_op(&w, i, "loaded", a, b, flag != 0);
				}
			}
			wrun_close(&w);
		}
	}
}

/* NaNs that come from numbers: 0/0, inf - inf, sqrt(-1).  Machines differ in the sign; the flag does not. */
static void test_born(void **state)
{
	(void)state;
	for (int form = 0; form < 2; form++) {
		union ew_value v[2];
		struct wrun w;

		wrun_init(&w);
		w.load.flags = EW_MODULE_CANONICAL_NAN;
		wmod_func(&w.m, "(ff)f", "", CODE(LOCAL_GET(0), LOCAL_GET(1), 0x95));
		wmod_func(&w.m, "(FF)F", "", CODE(LOCAL_GET(0), LOCAL_GET(1), 0xa1));
		wmod_func(&w.m, "()F", "", CODE(0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0xbf, 0x9f));
		wmod_func(&w.m, "(f)f", "", /* a local that is written and read again, dropped ones beside it */
			  CODE(LOCAL_GET(0), LOCAL_GET(0), 0x95, LOCAL_SET(0), LOCAL_GET(0), LOCAL_GET(0), 0x92, OP_DROP,
			       LOCAL_GET(0)));
		wmod_export(&w.m, "div", WMOD_FUNC, 0);
		wmod_export(&w.m, "sub", WMOD_FUNC, 1);
		wmod_export(&w.m, "sqrt", WMOD_FUNC, 2);
		wmod_export(&w.m, "local", WMOD_FUNC, 3);
		wrun_open(&w);
		v[0].u64 = v[1].u64 = 0;
		if (form)
			v[0].f32 = -0.0f;
		assert_int_equal(wrun_call(&w, "div", v), EW_OK);
		assert_int_equal(v[0].u32, NAN32);
		v[0].u64 = v[1].u64 = form ? 0xfff0000000000000 : 0x7ff0000000000000;
		assert_int_equal(wrun_call(&w, "sub", v), EW_OK);
		assert_true(v[0].u64 == NAN64);
		assert_int_equal(wrun_call(&w, "sqrt", v), EW_OK);
		assert_true(v[0].u64 == NAN64);
		v[0].f32 = form ? 0.0f : -0.0f;
		assert_int_equal(wrun_call(&w, "local", v), EW_OK);
		assert_int_equal(v[0].u32, NAN32);
		wrun_close(&w);
	}
}

/* Fuel does not depend on the flag. */
static void test_same_fuel(void **state)
{
	int64_t left[2];

	(void)state;
	for (int flag = 0; flag < 2; flag++) {
		union ew_value v[2] = {{.f32 = 1.5f}, {.f32 = 2.5f}};
		struct wrun w;

		wrun_init(&w);
		w.load.flags = flag ? EW_MODULE_CANONICAL_NAN : 0;
		wmod_func(&w.m, "(ff)f", "", CODE(LOCAL_GET(0), LOCAL_GET(1), 0x92, LOCAL_GET(1), 0x94, 0x91, LOCAL_GET(0), 0x96));
		wmod_export(&w.m, "f", WMOD_FUNC, 0);
		wrun_open(&w);
		ew_exec_set_fuel(w.exec, 100);
		assert_int_equal(wrun_call(&w, "f", v), EW_OK);
		left[flag] = ew_exec_fuel(w.exec);
		wrun_close(&w);
	}
	assert_true(left[0] == left[1] && left[0] == 92);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ops),
		cmocka_unit_test(test_born),
		cmocka_unit_test(test_same_fuel),
	};

	return cmocka_run_group_tests_name("wasm/nan", tests, NULL, NULL);
}
