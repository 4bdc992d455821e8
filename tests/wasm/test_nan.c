/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_nan.c - what arithmetic makes is the one canonical NaN, whatever went in and whoever looks at it; what only moves
 * or turns bits leaves them.
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

static void check_op(struct wrun *w, size_t i, const char *name, int a, int b)
{
	const char *s = ops[i].signature;
	bool two = s[2] != ')';
	char result = strchr(s, ')')[1], row[96];
	union ew_value v[2] = {operand(s[1], a), operand(two ? s[2] : 'f', b)};
	uint64_t in = bits(s[1], v[0]), out;

	snprintf(row, sizeof(row), "%s %s %d %d", ops[i].row, name, a, b);
	check_status(row, wrun_call(w, name, v), EW_OK);
	out = bits(result, v[0]);
	if (ops[i].canonical) {
		check_hex(row, out, wide(result) ? NAN64 : NAN32);
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
		struct wrun w;

		wrun_init(&w);
		build_op(&w.m, i);
		wrun_open(&w);
		for (int a = 0; a < 3; a++) {
			for (int b = 0; b < 3; b++) {
				bool two = ops[i].signature[2] != ')';

				if ((two ? a == 2 && b == 2 : a == 2 || b != 0) && ops[i].canonical)
					continue; /* no NaN goes in */
				check_op(&w, i, "direct", a, b);
				check_op(&w, i, "loaded", a, b);
			}
		}
		wrun_close(&w);
	}
}

/* NaNs that come from numbers: 0/0, inf - inf, sqrt(-1).  Machines differ in the sign. */
static void test_born(void **state)
{
	(void)state;
	for (int form = 0; form < 2; form++) {
		union ew_value v[2];
		struct wrun w;

		wrun_init(&w);
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

/*
 * A NaN that goes from instruction to instruction may be any until somebody shows its bits: everybody who can.  Each row
 * is what stands before (x + x) * x, and what behind turns it into an integer.  Locals: 0 the operand, 1 an integer that is
 * not 0, 2 another float; function 0 gives back what it gets, global 0 is a float.
 */
struct reader {
	const char *row;
	uint8_t before[9], before_size, after[26], after_size;
	uint64_t expected;
};

#define BYTES_OF(...) {__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define ONE32 0x43, 0, 0, 0x80, 0x3f
#define MINUS32 0x43, 0, 0, 0x80, 0xbf
#define ONE64 0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f
#define MINUS64 0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0xbf
/* clang-format off */
#define READERS(N, T, ONE, VALUE, MINUS, ABS, NEG, COPYSIGN, BITS, LOAD, STORE, LOAD_INT, SPLAT, REPLACE, EXTRACT_INT, SIGN) \
	{"reinterpret", {0}, 0, BYTES_OF(BITS), NAN##N},                                           \
	{"abs", {0}, 0, BYTES_OF(ABS, BITS), NAN##N},                                              \
	{"neg", {0}, 0, BYTES_OF(NEG, BITS), NAN##N | (SIGN)},                                     \
	{"neg, abs", {0}, 0, BYTES_OF(NEG, ABS, BITS), NAN##N},                                    \
	{"copysign", {0}, 0, BYTES_OF(MINUS, COPYSIGN, BITS), NAN##N | (SIGN)},                    \
	{"sign copied", BYTES_OF(ONE), BYTES_OF(COPYSIGN, NEG, BITS), (VALUE) | (SIGN)},   \
	{"store", BYTES_OF(I32_CONST(8)), BYTES_OF(STORE, 0, 0, I32_CONST(8), LOAD_INT, 0, 0), NAN##N}, \
	{"store at", BYTES_OF(LOCAL_GET(1)), BYTES_OF(STORE, 0, 0, LOCAL_GET(1), LOAD_INT, 0, 0), NAN##N}, \
	{"load", BYTES_OF(I32_CONST(8)), BYTES_OF(STORE, 0, 0, I32_CONST(8), LOAD, 0, 0, BITS), NAN##N}, \
	{"set", {0}, 0, BYTES_OF(LOCAL_SET(2), LOCAL_GET(2), BITS), NAN##N},                       \
	{"tee", {0}, 0, BYTES_OF(LOCAL_TEE(2), OP_DROP, LOCAL_GET(2), BITS), NAN##N},              \
	{"set later", {0}, 0, BYTES_OF(LOCAL_GET(1), LOCAL_SET(3), LOCAL_SET(2), LOCAL_GET(2), BITS), NAN##N}, \
	{"used again", {0}, 0, BYTES_OF(LOCAL_TEE(2), LOCAL_GET(2), 0x92 + (N / 64) * 14, OP_DROP, LOCAL_GET(2), BITS), NAN##N}, \
	{"global", {0}, 0, BYTES_OF(GLOBAL_SET(0), GLOBAL_GET(0), BITS), NAN##N},                  \
	{"select", {0}, 0, BYTES_OF(LOCAL_GET(0), LOCAL_GET(1), 0x1b, BITS), NAN##N},              \
	{"select the other", BYTES_OF(LOCAL_GET(0)), BYTES_OF(LOCAL_GET(1), 0x45, 0x1b, BITS), NAN##N}, \
	{"call", {0}, 0, BYTES_OF(CALL(0), BITS), NAN##N},                                         \
	{"block", BYTES_OF(BLOCK(T)), BYTES_OF(LOCAL_GET(1), BR_IF(0), OP_DROP, LOCAL_GET(0), OP_END, BITS), NAN##N}, \
	SIMD_READERS(N, BITS, SPLAT, REPLACE, EXTRACT_INT)
#if EW_CONFIG_SIMD
#define SIMD_READERS(N, BITS, SPLAT, REPLACE, EXTRACT_INT)                                    \
	{"splat", {0}, 0, BYTES_OF(0xfd, SPLAT, 0xfd, EXTRACT_INT, 1), NAN##N},                    \
	{"replace", BYTES_OF(I32_CONST(5), 0xfd, 0x11), BYTES_OF(0xfd, REPLACE, 1, 0xfd, EXTRACT_INT, 1), NAN##N},
#else
#define SIMD_READERS(N, BITS, SPLAT, REPLACE, EXTRACT_INT)
#endif

static const struct reader readers32[] = {
	READERS(32, T_F32, ONE32, 0x3f800000u, MINUS32, 0x8b, 0x8c, 0x98, 0xbc, 0x2a, 0x38, 0x28, 0x13, 0x20, 0x1b, 0x80000000u)
};
static const struct reader readers64[] = {
	READERS(64, T_F64, ONE64, 0x3ff0000000000000u, MINUS64, 0x99, 0x9a, 0xa6, 0xbd, 0x2b, 0x39, 0x29, 0x14, 0x22, 0x1d, (uint64_t)1 << 63)
};
/* clang-format on */

static void build_reader(struct wmod *m, const struct reader *r, bool is_wide)
{
	const uint8_t add = is_wide ? 0xa0 : 0x92, mul = is_wide ? 0xa2 : 0x94;
	const uint8_t made[] = {LOCAL_GET(0), LOCAL_GET(0), add, LOCAL_GET(0), mul};
	struct wbytes code = {0};

	wmod_memory(m, 1, 1);
	wmod_global(m, is_wide ? T_F64 : T_F32, 1, is_wide ? (const uint8_t[]){ONE64} : (const uint8_t[]){ONE32},
		    is_wide ? 9 : 5);
	wmod_func(m, is_wide ? "(F)F" : "(f)f", "", CODE(LOCAL_GET(0)));
	wb_put(&code, r->before, r->before_size);
	wb_put(&code, made, sizeof(made));
	wb_put(&code, r->after, r->after_size);
	wmod_func(m, is_wide ? "(Fi)I" : "(fi)i", is_wide ? "Fi" : "fi", code.p, code.len);
	wmod_export(m, "read", WMOD_FUNC, 1);
	wb_free(&code);
}

static void test_readers(void **state)
{
	const size_t each = ROWS(readers32);

	(void)state;
	assert_int_equal(each, ROWS(readers64));
	for (size_t k = 0; k < 2 * each; k++) {
		bool is_wide = k >= each;
		const struct reader *r = is_wide ? &readers64[k - each] : &readers32[k];
		struct wrun w;

		wrun_init(&w);
		build_reader(&w.m, r, is_wide);
		wrun_open(&w);
		for (int which = 0; which < 2; which++) {
			union ew_value v[2] = {operand(is_wide ? 'F' : 'f', which), {.u32 = 16}};

			check_status(r->row, wrun_call(&w, "read", v), EW_OK);
			check_hex(r->row, bits(is_wide ? 'I' : 'i', v[0]), r->expected);
		}
		wrun_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ops),
		cmocka_unit_test(test_born),
		cmocka_unit_test(test_readers),
	};

	return cmocka_run_group_tests_name("wasm/nan", tests, NULL, NULL);
}
