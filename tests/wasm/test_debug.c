/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_debug.c - runs step by step, and modules taken apart.
 *
 * That steps follow from one another on every instruction there is, is ew-spec --observe's business (test_spec.c).
 */
#include <stdio.h>
#include "edgewasm/debug.h"
#include "wasm/icode.h"
#include "wrun.h"

#if EW_CONFIG_TRACE

#define PLENTY 1000000u
#define EACH 0xffffffffu

/* ---- steps --------------------------------------------------------------------------------------- */

/* What an observer saw: "i32.add 1 2|" for each step. */
struct seen {
	char text[4096];
	size_t len;
	unsigned steps, depth; /* depth: the deepest */
	int64_t first, last;   /* fuel */
	unsigned stop_at;      /* this step (from 1) is stopped before; 0: none; EACH: each */
};

static void say(struct seen *s, const char *text)
{
	size_t n = strlen(text);

	if (s->len + n >= sizeof(s->text))
		return;
	memcpy(s->text + s->len, text, n + 1);
	s->len += n;
}

static enum ew_status on_step(void *user, const struct ew_step *step)
{
	const union ew_value *v = step->values;
	struct seen *s = user;
	char text[80];

	assert_int_equal(ew_module_disasm(ew_instance_module(step->instance), step->offset, text, sizeof(text), NULL), EW_OK);
	say(s, text);
	for (uint32_t i = 0; i < step->value_count; i++, v++) {
		switch (step->types[i]) {
		case EW_I32: snprintf(text, sizeof(text), " %d", (int)v->i32); break;
		case EW_I64: snprintf(text, sizeof(text), " %lldL", (long long)v->i64); break;
		case EW_F32: snprintf(text, sizeof(text), " %gf", (double)v->f32); break;
		case EW_F64: snprintf(text, sizeof(text), " %g", v->f64); break;
		case EW_V128:
			snprintf(text, sizeof(text), " %llx:%llx", (unsigned long long)v[0].u64, (unsigned long long)v[1].u64);
			v++;
			break;
		default: snprintf(text, sizeof(text), " %s", v->u64 ? "ref" : "null"); break;
		}
		say(s, text);
	}
	say(s, "|");
	if (s->steps++ == 0)
		s->first = step->fuel;
	s->last = step->fuel;
	if (step->depth > s->depth)
		s->depth = step->depth;
	return s->stop_at == EACH || s->steps == s->stop_at ? EW_ERR_INTERRUPT : EW_OK;
}

static enum ew_status burn(void *user, struct ew_instance *caller, union ew_value *values)
{
	(void)values;
	ew_exec_burn(ew_instance_exec(caller), 1000);
	return user ? EW_ERR_IO : EW_OK;
}

#define CODE_OF(...) sizeof((const uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}

static const struct {
	const char *row;
	int arg; /* of the function (i)i; it may call 0 (i), which burns 1000, or 1 (ii)i, which adds */
	enum ew_status want;
	unsigned cost;
	const char *steps;
	size_t len;
	uint8_t code[64];
} steps[] = {
	{"sum", 5, EW_OK, 3, "local.get 0|i32.const 7|i32.add 5 7|end|", CODE_OF(LOCAL_GET(0), I32_CONST(7), 0x6a)},
	{"compare and branch", 5, EW_OK, 7,
	 "block|local.get 0|i32.const 1|i32.eq 5 1|br_if 0 0|nop|i32.const 2|drop 2|end|i32.const 1|end|",
	 CODE_OF(BLOCK(T_VOID), LOCAL_GET(0), I32_CONST(1), 0x46, BR_IF(0), OP_NOP, I32_CONST(2), OP_DROP, OP_END, I32_CONST(1))},
	{"branch taken", 1, EW_OK, 5, "block|local.get 0|i32.const 1|i32.eq 1 1|br_if 0 1|i32.const 1|end|",
	 CODE_OF(BLOCK(T_VOID), LOCAL_GET(0), I32_CONST(1), 0x46, BR_IF(0), OP_NOP, I32_CONST(2), OP_DROP, OP_END, I32_CONST(1))},
	{"loop", 2, EW_OK, 11,
	 "loop|local.get 0|i32.const 1|i32.sub 2 1|local.tee 0 1|br_if 0 1|"
	 "local.get 0|i32.const 1|i32.sub 1 1|local.tee 0 0|br_if 0 0|end|local.get 0|end|",
	 CODE_OF(LOOP(T_VOID), LOCAL_GET(0), I32_CONST(1), 0x6b, LOCAL_TEE(0), BR_IF(0), OP_END, LOCAL_GET(0))},
	{"operands stay while locals change", 3, EW_OK, 5, "local.get 0|i32.const 9|local.set 0 9|local.get 0|i32.add 3 9|end|",
	 CODE_OF(LOCAL_GET(0), I32_CONST(9), LOCAL_SET(0), LOCAL_GET(0), 0x6a)},
	{"if", 0, EW_OK, 3, "local.get 0|if (result i32) 0|i32.const 2|end|end|",
	 CODE_OF(LOCAL_GET(0), IF(T_I32), I32_CONST(1), OP_ELSE, I32_CONST(2), OP_END)},
	{"then", 1, EW_OK, 3, "local.get 0|if (result i32) 1|i32.const 1|else|end|",
	 CODE_OF(LOCAL_GET(0), IF(T_I32), I32_CONST(1), OP_ELSE, I32_CONST(2), OP_END)},
	{"br_table", 1, EW_OK, 3, "block|block|local.get 0|br_table 0 1 0 1|i32.const 1|end|",
	 CODE_OF(BLOCK(T_VOID), BLOCK(T_VOID), LOCAL_GET(0), 0x0e, 2, 0, 1, 0, OP_END, OP_END, I32_CONST(1))},
	{"select", 4, EW_OK, 4, "local.get 0|i32.const 6|i32.const 0|select 4 6 0|end|",
	 CODE_OF(LOCAL_GET(0), I32_CONST(6), I32_CONST(0), OP_SELECT)},
	{"call", 5, EW_OK, 6, "local.get 0|i32.const 2|call 1 <add> 5 2|local.get 0|local.get 1|i32.add 5 2|end|end|",
	 CODE_OF(LOCAL_GET(0), I32_CONST(2), CALL(1))},
	{"indirect call", 5, EW_OK, 7,
	 "local.get 0|i32.const 2|i32.const 0|call_indirect (type 1) 5 2 0|local.get 0|local.get 1|i32.add 5 2|end|end|",
	 CODE_OF(LOCAL_GET(0), I32_CONST(2), I32_CONST(0), CALL_INDIRECT(1, 0))},
	{"tail call", 5, EW_OK, 6, "local.get 0|i32.const 2|return_call 1 <add> 5 2|local.get 0|local.get 1|i32.add 5 2|end|",
	 CODE_OF(LOCAL_GET(0), I32_CONST(2), 0x12, 1)},
	{"host function that burns", 5, EW_OK, 1003, "local.get 0|call 0 <burn> 5|local.get 0|end|",
	 CODE_OF(LOCAL_GET(0), CALL(0), LOCAL_GET(0))},
	{"return", 5, EW_OK, 2, "local.get 0|return 5|", CODE_OF(LOCAL_GET(0), OP_RETURN, I32_CONST(1), OP_DROP)},
	{"memory", 8, EW_OK, 6, "local.get 0|i32.const -1|i32.store offset=4 8 -1|local.get 0|i64.load8_u offset=5 8|i32.wrap_i64 255L|end|",
	 CODE_OF(LOCAL_GET(0), I32_CONST(-1), 0x36, 2, 4, LOCAL_GET(0), 0x31, 0, 5, 0xa7)},
	{"bulk memory", 0, EW_OK, 5, "i32.const 1|i32.const 2|i32.const 3|memory.fill 1 2 3|i32.const 1|end|",
	 CODE_OF(I32_CONST(1), I32_CONST(2), I32_CONST(3), 0xfc, 11, 0, I32_CONST(1))},
	{"global", 5, EW_OK, 3, "local.get 0|global.set 0 5|global.get 0|end|", CODE_OF(LOCAL_GET(0), GLOBAL_SET(0), GLOBAL_GET(0))},
	{"table", 0, EW_OK, 6, "i32.const 0|i32.const 0|table.get 0 0|table.set 0 0 ref|ref.null func|ref.is_null null|end|",
	 CODE_OF(I32_CONST(0), I32_CONST(0), 0x25, 0, 0x26, 0, 0xd0, 0x70, 0xd1)},
	{"floats", 0, EW_OK, 4, "f32.const 0x1.8p+0|f64.promote_f32 1.5f|f64.neg 1.5|i32.trunc_sat_f64_s -1.5|end|",
	 CODE_OF(0x43, 0, 0, 0xc0, 0x3f, 0xbb, 0x9a, 0xfc, 2)},
	{"trap", 0, EW_ERR_TRAP, 3, "i32.const 1|local.get 0|i32.div_s 1 0|", CODE_OF(I32_CONST(1), LOCAL_GET(0), 0x6d)},
	{"trap of a load", 0, EW_ERR_TRAP, 2, "i32.const -1|i32.load -1|", CODE_OF(I32_CONST(-1), 0x28, 2, 0)},
	{"unreachable", 0, EW_ERR_TRAP, 2, "nop|i32.const 1|unreachable|", CODE_OF(OP_NOP, I32_CONST(1), OP_UNREACHABLE)},
};

static void open_steps(struct wrun *w, size_t i, uint32_t flags, struct ew_import *import)
{
	static const char *const names[] = {"burn", "add"};

	wrun_init(w);
	w->load.flags = flags;
	*import = (struct ew_import){"e", "burn", EW_EXTERN_FUNC, .u.host = {"(i)", burn, NULL}};
	w->link.imports = import;
	w->link.import_count = 1;
	wmod_import_func(&w->m, "e", "burn", "(i)");
	wmod_func(&w->m, "(ii)i", "", CODE(LOCAL_GET(0), LOCAL_GET(1), 0x6a));
	wmod_func(&w->m, "(i)i", "", steps[i].code, steps[i].len);
	wmod_table(&w->m, T_FUNC, 1, 1);
	wmod_elem(&w->m, 0, (const uint32_t[]){1}, 1);
	wmod_memory(&w->m, 1, 1);
	wmod_global(&w->m, T_I32, 1, CODE(I32_CONST(0)));
	wmod_export(&w->m, "f", WMOD_FUNC, 2);
	wmod_names(&w->m, names, 2);
	wrun_open(w);
}

static void test_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(steps); i++) {
		union ew_value plain = {.i32 = steps[i].arg}, v = plain;
		struct seen s = {.stop_at = 0};
		struct ew_import import;
		struct wrun w;

		open_steps(&w, i, 0, &import);
		check_status(steps[i].row, ew_exec_observe(w.exec, on_step, &s), EW_OK);
		ew_exec_set_fuel(w.exec, PLENTY);
		check_status(steps[i].row, wrun_call(&w, "f", &plain), steps[i].want);
		check_int(steps[i].row, PLENTY - ew_exec_fuel(w.exec), steps[i].cost);
		check_int(steps[i].row, s.steps, 0); /* not loaded for it */
		wrun_close(&w);

		open_steps(&w, i, EW_MODULE_OBSERVE, &import);
		ew_exec_observe(w.exec, on_step, &s);
		ew_exec_set_fuel(w.exec, PLENTY);
		check_status(steps[i].row, wrun_call(&w, "f", &v), steps[i].want);
		check_str(steps[i].row, s.text, steps[i].steps);
		check_int(steps[i].row, PLENTY - ew_exec_fuel(w.exec), steps[i].cost);
		check_int(steps[i].row, s.first, PLENTY);
		check_true(steps[i].row, v.i32 == plain.i32);
		/* Loaded for it, and nobody looks. */
		ew_exec_observe(w.exec, NULL, NULL);
		v.i32 = steps[i].arg;
		s.steps = 0;
		check_status(steps[i].row, wrun_call(&w, "f", &v), steps[i].want);
		check_true(steps[i].row, v.i32 == plain.i32 && s.steps == 0);
		wrun_close(&w);
	}
}

/* Stopped before every step, and before one of them for good. */
static void test_stops(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(steps); i++) {
		union ew_value v = {.i32 = steps[i].arg}, result = {.i32 = -77};
		struct seen s = {.stop_at = EACH};
		struct ew_import import;
		enum ew_status status;
		struct wrun w;

		open_steps(&w, i, EW_MODULE_OBSERVE, &import);
		ew_exec_observe(w.exec, on_step, &s);
		ew_exec_set_fuel(w.exec, PLENTY);
		status = wrun_call(&w, "f", &v);
		for (unsigned n = 1; status == EW_ERR_INTERRUPT; n++) {
			check_int(steps[i].row, s.steps, n);
			status = ew_resume(w.exec, &result);
		}
		check_status(steps[i].row, status, steps[i].want);
		check_str(steps[i].row, s.text, steps[i].steps);
		check_int(steps[i].row, PLENTY - ew_exec_fuel(w.exec), steps[i].cost);

		s.stop_at = 2;
		s.steps = 0;
		v.i32 = steps[i].arg;
		check_status(steps[i].row, wrun_call(&w, "f", &v), EW_ERR_INTERRUPT);
		ew_cancel(w.exec);
		s.stop_at = 0;
		check_status(steps[i].row, wrun_call(&w, "f", &v), steps[i].want);
		if (status == EW_OK)
			check_int(steps[i].row, v.i32, result.i32);
		wrun_close(&w);
	}
}

/* More operands than a step shows: the last of them; vectors take two values. */
static void test_many_values(void **state)
{
	struct seen s = {.stop_at = 0};
	struct wrun w;

	(void)state;
	wrun_init(&w);
	w.load.flags = EW_MODULE_OBSERVE;
	wmod_func(&w.m, "(iIfFiIfFi)", "", NO_CODE);
	wmod_func(&w.m, "()", "",
		  CODE(I32_CONST(1), I64_CONST(2), 0x43, 0, 0, 0x40, 0x40, 0x44, 0, 0, 0, 0, 0, 0, 0x10, 0x40, I32_CONST(5),
		       I64_CONST(6), 0x43, 0, 0, 0, 0x3f, 0x44, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f, I32_CONST(9), CALL(0)));
	wmod_export(&w.m, "f", WMOD_FUNC, 1);
	wrun_open(&w);
	ew_exec_observe(w.exec, on_step, &s);
	assert_int_equal(wrun_call(&w, "f", NULL), EW_OK);
	check_has("the last eight", s.text, "|call 0 2L 3f 4 5 6L 0.5f 0.5 9|");
	assert_int_equal(s.depth, 1);
	wrun_close(&w);
}

static void test_vectors(void **state)
{
	struct seen s = {.stop_at = 0};
	struct wrun w;

	(void)state;
	if (!EW_CONFIG_SIMD) {
		print_message("skipped: vectors are compiled away\n");
		skip();
	}
	wrun_init(&w);
	w.load.flags = EW_MODULE_OBSERVE;
	wmod_func(&w.m, "(VV)V", "", CODE(LOCAL_GET(0), LOCAL_GET(1), 0xfd, 0xce, 1));
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	wrun_open(&w);
	ew_exec_observe(w.exec, on_step, &s);
	assert_int_equal(wrun_call(&w, "f", (union ew_value[]){{.u64 = 1}, {.u64 = 2}, {.u64 = 3}, {.u64 = 4}}), EW_OK);
	check_str("i64x2.add", s.text, "local.get 0|local.get 1|i64x2.add 1:2 3:4|end|");
	wrun_close(&w);
}

/* ---- instructions as text -------------------------------------------------------------------------- */

static const struct {
	const char *row, *text;
	size_t len;
	uint8_t code[24];
} texts[] = {
	{"constant", "i32.const -2147483648", CODE_OF(0x41, 0x80, 0x80, 0x80, 0x80, 0x78)},
	{"long constant", "i64.const -9223372036854775808", CODE_OF(0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f)},
	{"one", "f32.const 0x1p+0", CODE_OF(0x43, 0, 0, 0x80, 0x3f)},
	{"minus zero", "f32.const -0x0p+0", CODE_OF(0x43, 0, 0, 0, 0x80)},
	{"largest float", "f32.const 0x1.fffffep+127", CODE_OF(0x43, 0xff, 0xff, 0x7f, 0x7f)},
	{"least float", "f32.const 0x0.000002p-126", CODE_OF(0x43, 1, 0, 0, 0)},
	{"infinity", "f32.const -inf", CODE_OF(0x43, 0, 0, 0x80, 0xff)},
	{"NaN", "f32.const nan", CODE_OF(0x43, 0, 0, 0xc0, 0x7f)},
	{"NaN with a payload", "f32.const -nan:0x1", CODE_OF(0x43, 1, 0, 0x80, 0xff)},
	{"pi", "f64.const 0x1.921fb54442d18p+1", CODE_OF(0x44, 0x18, 0x2d, 0x44, 0x54, 0xfb, 0x21, 9, 0x40)},
	{"tenth", "f64.const 0x1.999999999999ap-4", CODE_OF(0x44, 0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f)},
	{"least double", "f64.const 0x0.0000000000001p-1022", CODE_OF(0x44, 1, 0, 0, 0, 0, 0, 0, 0)},
	{"block of a type", "block (type 1)", CODE_OF(0x02, 1)},
	{"loop", "loop (result f64)", CODE_OF(0x03, 0x7c)},
	{"branches", "br_table 3 2 1 0", CODE_OF(0x0e, 3, 3, 2, 1, 0)},
	{"call with a name", "call 0 <main>", CODE_OF(0x10, 0)},
	{"call without", "call 1", CODE_OF(0x10, 1)},
	{"call of a name that is not text", "call 2 <a?b>", CODE_OF(0x10, 2)},
	{"indirect", "call_indirect (type 3)", CODE_OF(0x11, 3, 0)},
	{"indirect in a table", "return_call_indirect 2 (type 3)", CODE_OF(0x13, 3, 2)},
	{"select of a type", "select (result externref)", CODE_OF(0x1c, 1, 0x6f)},
	{"load", "i32.load", CODE_OF(0x28, 2, 0)},
	{"load further on", "f64.load offset=4294967295", CODE_OF(0x2b, 3, 0xff, 0xff, 0xff, 0xff, 0x0f)},
	{"store to another memory", "i32.store8 (memory 2) offset=7", CODE_OF(0x3a, 0x40, 2, 7)},
	{"memory", "memory.grow 1", CODE_OF(0x40, 1)},
	{"memory 0", "memory.size", CODE_OF(0x3f, 0)},
	{"copy", "memory.copy 1 0", CODE_OF(0xfc, 10, 1, 0)},
	{"init", "memory.init 1 5", CODE_OF(0xfc, 8, 5, 1)},
	{"init of memory 0", "memory.init 5", CODE_OF(0xfc, 8, 5, 0)},
	{"table", "table.copy 1 2", CODE_OF(0xfc, 14, 1, 2)},
	{"element", "elem.drop 9", CODE_OF(0xfc, 13, 9)},
	{"null", "ref.null extern", CODE_OF(0xd0, 0x6f)},
	{"function", "ref.func 0 <main>", CODE_OF(0xd2, 0)},
#if EW_CONFIG_SIMD
	{"vector", "v128.const 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 255",
	 CODE_OF(0xfd, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255)},
	{"lane", "i8x16.extract_lane_s 15", CODE_OF(0xfd, 21, 15)},
	{"load of a lane", "v128.load32_lane offset=8 3", CODE_OF(0xfd, 86, 2, 8, 3)},
#endif
	{"no such opcode", NULL, CODE_OF(0xff)},
	{"no such second opcode", NULL, CODE_OF(0xfc, 0x7f)},
	{"cut", NULL, CODE_OF(0x43, 1)},
};

/* The code never runs, and is never validated: it is behind the end of what was. */
static void test_disasm(void **state)
{
	static const char *const names[] = {"main", "", "a\1b"};
	uint32_t offset, size, next, imports;
	uint8_t *bytes;
	struct wrun w;
	char text[80];

	(void)state;
	wrun_init(&w);
	for (int i = 0; i < 3; i++)
		wmod_func(&w.m, "()", "", NO_CODE);
	wmod_func(&w.m, "()", "", CODE(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
	wmod_names(&w.m, names, 3);
	wrun_open(&w);
	assert_int_equal(ew_module_func_count(w.module, &imports), 4);
	assert_int_equal(imports, 0);
	assert_int_equal(ew_module_func_body(w.module, 4, &offset, &size), EW_ERR_INVAL);
	assert_int_equal(ew_module_func_body(w.module, 3, &offset, &size), EW_OK);
	bytes = (uint8_t *)(uintptr_t)w.bytes;
	for (size_t i = 0; i < ROWS(texts); i++) {
		uint32_t at = offset + size - (uint32_t)texts[i].len; /* so that nothing is behind it */

		memcpy(bytes + at, texts[i].code, texts[i].len);
		check_status(texts[i].row, ew_module_disasm(w.module, at, text, sizeof(text), &next),
			     texts[i].text ? EW_OK : EW_ERR_INVAL);
		check_str(texts[i].row, text, texts[i].text ? texts[i].text : "");
		check_int(texts[i].row, next, texts[i].text ? offset + size : at);
		if (!texts[i].text)
			continue;
		for (size_t cap = 1; cap <= strlen(texts[i].text); cap++) {
			check_status(texts[i].row, ew_module_disasm(w.module, at, text, cap, NULL), EW_OK);
			check_int(texts[i].row, strlen(text), cap - 1);
		}
	}
	assert_int_equal(ew_module_disasm(w.module, offset + size, text, sizeof(text), NULL), EW_ERR_INVAL);
	assert_int_equal(ew_module_disasm(w.module, 0, text, sizeof(text), NULL), EW_ERR_INVAL);
	assert_int_equal(ew_module_disasm(w.module, UINT32_MAX, text, sizeof(text), NULL), EW_ERR_INVAL);
	wrun_close(&w);
}

/* ---- listings ------------------------------------------------------------------------------------- */

struct page {
	char text[1 << 16];
	size_t len;
	enum ew_status fail; /* returned by the write that follows `after` others */
	unsigned after;
};

static enum ew_status write_page(void *user, const void *bytes, size_t len)
{
	struct page *p = user;

	assert_true(len > 0 && ((const char *)bytes)[len - 1] == '\n' && !memchr(bytes, '\n', len - 1));
	if (p->fail && p->after-- == 0)
		return p->fail;
	assert_true(p->len + len < sizeof(p->text));
	memcpy(p->text + p->len, bytes, len);
	p->len += len;
	p->text[p->len] = '\0';
	return EW_OK;
}

/* Every opcode whose operands the table gives, in a function of its own: operands from parameters, immediates 0. */
static const struct {
	const char *name, *pops, *pushes;
	uint8_t prefix;
	uint32_t code;
	unsigned zeros; /* bytes of immediates */
} opcodes[] = {
#define ZEROS_NONE 0
#define ZEROS_MEM0 2
#define ZEROS_MEM1 2
#define ZEROS_MEM2 2
#define ZEROS_MEM3 2
#define ZEROS_MEM4 2
#define ZEROS_I32 1
#define ZEROS_I64 1
#define ZEROS_F32 4
#define ZEROS_F64 8
#define ZEROS_LANE 1
#define ZEROS_V128 16
#define ZEROS_DATA_MEMORY 2
#define ZEROS_DATA 1
#define ZEROS_MEMORY2 2
#define ZEROS_MEMORY 1
#define ZEROS_ELEM_TABLE 2
#define ZEROS_ELEM 1
#define ZEROS_TABLE2 2
#define ZEROS_TABLE 1
#define ZEROS_BLOCK 0
#define ZEROS_LABEL 0
#define ZEROS_LABELS 0
#define ZEROS_FUNC 0
#define ZEROS_INDIRECT 0
#define ZEROS_TYPES 0
#define ZEROS_TAG 0
#define ZEROS_TRY 0
#define ZEROS_LOCAL 0
#define ZEROS_GLOBAL 0
#define ZEROS_REFTYPE 0
#define OP(code, NAME, text, imm, pops, pushes, icode) {text, pops, pushes, 0, code, ZEROS_##imm},
#define OPX(code, NAME, text, imm, pops, pushes, icode) {text, pops, pushes, 0xfc, code, ZEROS_##imm},
#include "wasm/opcodes.def"
#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms)                            \
	{text, pops, pushes, 0xfd, code, ZEROS_##imm + LANES_##cls},
#define VINT(N, cls, R, T, forms)
#define LANES_VUN 0
#define LANES_VBIN 0
#define LANES_VTERN 0
#define LANES_VSHIFT 0
#define LANES_VTEST 0
#define LANES_VSPLAT 0
#define LANES_VEXTRACT 0
#define LANES_VREPLACE 0
#define LANES_VLOAD 0
#define LANES_VSTORE 0
#define LANES_VLOADLANE 1
#define LANES_VSTORELANE 1
#define LANES_VSHUFFLE 0
#define LANES_VCONST 0
#include "wasm/simd.def"
};

static void add_opcode(struct wmod *m, size_t i)
{
	struct wbytes code = {0};
	char signature[16];

	snprintf(signature, sizeof(signature), "(%s)%s", opcodes[i].pops, opcodes[i].pushes);
	for (char *c = signature; *c; c++)
		*c = *c == 'v' ? 'V' : *c;
	for (uint32_t n = 0; n < strlen(opcodes[i].pops); n++) {
		wb_u8(&code, 0x20);
		wb_u32(&code, n);
	}
	if (opcodes[i].prefix)
		wb_u8(&code, opcodes[i].prefix);
	wb_u32(&code, opcodes[i].code);
	if (!opcodes[i].prefix)
		code.p[code.len = 2 * strlen(opcodes[i].pops)] = (uint8_t)opcodes[i].code, code.len++;
	for (unsigned n = 0; n < opcodes[i].zeros; n++)
		wb_u8(&code, 0);
	wmod_func(m, signature, "", code.p, code.len);
	wb_free(&code);
}

/* All there is, in a module loaded both ways: no handler is unknown, and every name stands in its function. */
static void test_list(void **state)
{
	static struct page page;
	uint32_t func = 0;
	struct wrun w;

	(void)state;
	for (int observe = 0; observe < 2; observe++) {
		wrun_init(&w);
		w.load.flags = EW_MODULE_LISTING | (observe ? EW_MODULE_OBSERVE : 0);
		wmod_memory(&w.m, 1, 1);
		wmod_table(&w.m, T_FUNC, 1, 1);
		wmod_elem_passive(&w.m, NULL, 0);
		wmod_data_passive(&w.m, "", 0);
		for (size_t i = 0; i < ROWS(opcodes); i++)
			if (opcodes[i].pops[0] != '?')
				add_opcode(&w.m, i);
		wrun_open(&w);
		func = 0;
		for (size_t i = 0; i < ROWS(opcodes); i++) {
			if (opcodes[i].pops[0] == '?')
				continue;
			page.len = 0;
			check_status(opcodes[i].name, ew_module_list(w.module, func++, write_page, &page), EW_OK);
			check_has(opcodes[i].name, page.text, opcodes[i].name);
			check_true(opcodes[i].name, strstr(page.text, "?\n") == NULL);
			check_true(opcodes[i].name, (strstr(page.text, "OBSERVE") != NULL) == observe);
			check_has(opcodes[i].name, page.text, "RETURN");
		}
		wrun_close(&w);
	}
	assert_true(func > 180);
}

static void build_listed(struct wmod *m)
{
	wmod_import_func(m, "e", "host", "(i)");
	wmod_func(m, "(i)i", "iI",
		  CODE(LOOP(T_VOID), LOCAL_GET(0), CALL(0), LOCAL_GET(0), I32_CONST(1), 0x6b, LOCAL_TEE(0), BR_IF(0), OP_END,
		       BLOCK(T_VOID), BLOCK(T_VOID), LOCAL_GET(0), 0x0e, 1, 0, 1, OP_END, OP_END, LOCAL_GET(0)));
	wmod_names(m, (const char *[]){"host", "work"}, 2);
}

static void test_list_lines(void **state)
{
	static const char *const lines[] = {
		"function 1 <work> (i)i: ", "  loop", "  local.get 0", "  call 0 <host>", "CALL_IMPORT 0 <host>, frame [",
		"  br_if 0", "  br_table 0 1", "BR_TABLE", "  end", "RETURN_INT",
	};
	static struct page page;
	const char *at = page.text;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	build_listed(&w.m);
	assert_int_equal(wrun_load(&w), EW_OK);
	assert_int_equal(ew_module_list(w.module, 1, write_page, &page), EW_ERR_STATE);
	ew_module_free(w.module);
	w.load.flags = EW_MODULE_LISTING;
	assert_int_equal(wrun_load(&w), EW_OK);
	assert_int_equal(ew_module_list(w.module, 0, write_page, &page), EW_ERR_INVAL);
	assert_int_equal(ew_module_list(w.module, 2, write_page, &page), EW_ERR_INVAL);
	assert_int_equal(page.len, 0);
	assert_int_equal(ew_module_list(w.module, 1, write_page, &page), EW_OK);
	for (size_t i = 0; i < ROWS(lines); i++) {
		at = strstr(at, lines[i]);
		if (!at)
			fail_msg("\"%s\" is not in, or not behind the others in\n%s", lines[i], page.text);
	}
	/* What write says ends it, wherever. */
	for (unsigned n = 0; n < 10; n++) {
		page = (struct page){.fail = EW_ERR_IO, .after = n};
		assert_int_equal(ew_module_list(w.module, 1, write_page, &page), EW_ERR_IO);
	}
	w.mem.fail_at = w.mem.requests + 1;
	page = (struct page){.len = 0};
	assert_int_equal(ew_module_list(w.module, 1, write_page, &page), EW_ERR_NOMEM);
	wrun_close(&w);
}

/* ---- memory --------------------------------------------------------------------------------------- */

struct input {
	const uint8_t *bytes;
	size_t size;
};

static enum ew_status load(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_module_config config = {sizeof(config), .flags = EW_MODULE_OBSERVE | EW_MODULE_LISTING};
	const struct input *in = ctx;
	struct ew_module *m;
	enum ew_status status = ew_module_load(&m, in->bytes, in->size, &config, alloc, NULL);

	ew_module_free(m);
	return status;
}

static void test_nomem(void **state)
{
	struct input in;
	struct wmod m;

	(void)state;
	wmod_init(&m);
	build_listed(&m);
	in.bytes = wmod_finish(&m, &in.size);
	assert_true(fail_each(load, &in, false) > 10);
	wmod_free(&m);
}

#else
static void test_compiled_away(void **state)
{
	uint32_t next = 7;
	struct wrun w;
	char text[8];

	(void)state;
	for (uint32_t flag = EW_MODULE_OBSERVE; flag <= EW_MODULE_LISTING; flag *= 2) {
		wrun_init(&w);
		w.load.flags = flag;
		check_status("load", wrun_load(&w), EW_ERR_UNSUPPORTED);
		check_has("load", w.err.text, "EW_CONFIG_TRACE");
		wrun_close(&w);
	}
	wrun_init(&w);
	wmod_func(&w.m, "()", "", NO_CODE);
	wrun_open(&w);
	check_status("observe", ew_exec_observe(w.exec, NULL, NULL), EW_ERR_UNSUPPORTED);
	check_status("disasm", ew_module_disasm(w.module, 30, text, sizeof(text), &next), EW_ERR_UNSUPPORTED);
	check_status("list", ew_module_list(w.module, 0, NULL, NULL), EW_ERR_UNSUPPORTED);
	assert_int_equal(next, 30);
	wrun_close(&w);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#if EW_CONFIG_TRACE
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_many_values),
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_disasm),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_lines),
		cmocka_unit_test(test_nomem),
#else
		cmocka_unit_test(test_compiled_away),
#endif
	};

	return cmocka_run_group_tests_name("wasm/debug", tests, NULL, NULL);
}
