/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_quick.c - quick.c against translate*.c and emit.c: a module that is to be listed is translated without the
 * former.  Both ways must end alike, in the same code and position map, or in the same message.  That the code is right
 * is the spec suite's part.
 */
#include "../aid/aid.h"
#include "wasm/module.h"
#include "wasm/translate.h"

#if EW_CONFIG_TRACE && EW_CONFIG_EXEC_ACC

/* ---- the two ways ---- */

struct way {
	struct ew_module *m;
	struct ew_error err;
	enum ew_status status;
};

static void load(struct way *w, const struct wbytes *b, uint32_t flags)
{
	struct ew_module_config config = {.struct_bytes = sizeof(config), .flags = flags};
	struct ew_alloc alloc = ew_alloc_libc();

	w->err = (struct ew_error){0};
	w->status = ew_module_load(&w->m, b->p, b->len, &config, &alloc, &w->err);
}

static bool same_bytes(const uint8_t *a, size_t an, const uint8_t *b, size_t bn)
{
	return an == bn && (an == 0 || memcmp(a, b, an) == 0);
}

/* Validated only, which validate.c does, it is refused in the same words. */
static bool alike_lazily(const struct wbytes *b)
{
	struct way lazy, slow;
	bool ok = true;

	if (!EW_CONFIG_LAZY)
		return true;
	load(&lazy, b, EW_MODULE_LAZY);
	load(&slow, b, EW_MODULE_LISTING);
	if (lazy.status != slow.status || strcmp(lazy.err.text, slow.err.text) != 0 || lazy.err.offset != slow.err.offset) {
		print_error("lazy: %s %s; else: %s %s\n", ew_status_name(lazy.status), lazy.err.text,
			    ew_status_name(slow.status), slow.err.text);
		ok = false;
	}
	ew_module_free(lazy.m);
	ew_module_free(slow.m);
	return ok;
}

static bool alike(const struct wbytes *b, bool *valid)
{
	struct way quick, slow;
	bool ok = alike_lazily(b);

	load(&quick, b, 0);
	load(&slow, b, EW_MODULE_LISTING);
	ok = ok && quick.status == slow.status;
	*valid = quick.status == EW_OK;
	if (ok && *valid)
		ok = same_bytes(quick.m->code, quick.m->code_size, slow.m->code, slow.m->code_size) &&
		     same_bytes(quick.m->map, quick.m->map_size, slow.m->map, slow.m->map_size);
	else if (ok)
		ok = strcmp(quick.err.text, slow.err.text) == 0 && quick.err.offset == slow.err.offset;
	if (!ok)
		print_error("quick: %s %s; else: %s %s\n", ew_status_name(quick.status), quick.err.text,
			    ew_status_name(slow.status), slow.err.text);
	ew_module_free(quick.m);
	ew_module_free(slow.m);
	return ok;
}

/* ---- a module around one body ---- */

/* Functions (i)i, ()() and the body, (i)(), with two locals of each type: 1, 2 i32; 3, 4 i64; 5, 6 f32; 7, 8 f64. */
static void module_of(struct wbytes *b, const uint8_t *body, size_t size)
{
	static const uint8_t before[] = {1, 13, 3, 0x60, 1, T_I32, 1, T_I32, 0x60, 0, 0, 0x60, 1, T_I32, 0,
					 3, 4, 3, 0, 1, 2, 5, 3, 1, 0, 1, 6, 6, 1, T_I32, 1, 0x41, 0, OP_END};
	static const uint8_t others[] = {3, 4, 0, 0x20, 0, OP_END, 2, 0, OP_END}; /* how many; two bodies */
	static const uint8_t locals[] = {4, 2, T_I32, 2, T_I64, 2, T_F32, 2, T_F64};
	struct wbytes code = {0}, f = {0};

	wb_header(b);
	wb_put(b, before, sizeof(before));
	wb_put(&f, locals, sizeof(locals));
	wb_put(&f, body, size);
	wb_put(&code, others, sizeof(others));
	wb_sized(&code, &f);
	wb_section(b, 10, &code);
	wb_free(&code);
	wb_free(&f);
}

/* The body, and each beginning of it. */
static void check_body(const char *row, const struct wbytes *body, bool want_valid, unsigned *valid)
{
	for (size_t n = body->len + 1; n-- > 0;) {
		struct wbytes b = {0};
		bool ok;

		module_of(&b, body->p, n);
		if (!alike(&b, &ok))
			fail_msg("%s, %zu bytes of %zu", row, n, body->len);
		if (n == body->len && want_valid != ok)
			fail_msg("%s is %svalid", row, ok ? "" : "not ");
		*valid += ok;
		wb_free(&b);
	}
}

/* ---- each instruction whose types the table gives, with operands in each kind of place ---- */

static const struct {
	const char *name, *pops, *pushes;
	uint8_t code, imm;
} ops[] = {
#define OP(code, N, text, imm, pops, pushes, icode) {text, pops, pushes, code, EWI_IMM_##imm},
#define OPX(code, N, text, imm, pops, pushes, icode)
#include "wasm/opcodes.def"
};

static unsigned type_of(char c)
{
	return c == 'i' ? 0 : c == 'I' ? 1 : c == 'f' ? 2 : 3;
}

/* In a local; a constant, small, of two bytes, too wide for an immediate; just made; made, and of another type the last. */
enum place { LOCAL, SMALL, LARGE, WIDE, MADE, OLDER, PLACES };

static void operand(struct wbytes *b, char letter, enum place place, unsigned k)
{
	static const uint8_t add[] = {0x6a, 0x7c, 0x92, 0xa0};
	static const double floats[] = {[SMALL] = 0.5, [LARGE] = 0.1, [WIDE] = -1e300};
	unsigned type = type_of(letter), x = 1 + 2 * type + k;
	int32_t v = place == SMALL ? -3 : place == LARGE ? 300 : INT32_MIN;

	if (place == LOCAL || place >= MADE) {
		wb_put(b, CODE(0x20, (uint8_t)x));
		if (place >= MADE)
			wb_put(b, CODE(0x20, (uint8_t)x, add[type]));
		if (place == OLDER) /* i32.add and f64.add, thrown away */
			wb_put(b, CODE(0x20, 1, 0x20, 2, 0x6a, 0x1a, 0x20, 7, 0x20, 8, 0xa0, 0x1a));
		return;
	}
	wb_u8(b, (uint8_t)(0x41 + type));
	if (type == 0)
		wb_s32(b, v);
	else if (type == 1)
		wb_s64(b, place == WIDE ? (int64_t)1 << 40 : v);
	else if (type == 2)
		wb_f32(b, place == SMALL ? 0.0f : 1.5f);
	else
		wb_f64(b, floats[place]);
}

/* Where the result goes: dropped; to a local, plainly or by tee; beside an older value of that local; to a branch. */
static void result(struct wbytes *b, const char *pushes, unsigned way)
{
	unsigned x = *pushes ? 1 + 2 * type_of(*pushes) : 0;

	if (!*pushes)
		return;
	if (way == 0)
		wb_u8(b, 0x1a);
	else if (way == 1)
		wb_put(b, CODE(0x21, (uint8_t)x));
	else if (way == 2)
		wb_put(b, CODE(0x22, (uint8_t)x, 0x21, (uint8_t)(x + 1)));
	else if (*pushes == 'i')
		wb_put(b, CODE(0x45, 0x04, T_VOID, 0x20, 1, 0x0d, 0, OP_ELSE, 0x20, 1, 0x22, 2, 0x1a, OP_END));
	else
		wb_put(b, CODE(0x20, (uint8_t)x, 0x1a, 0x21, (uint8_t)x));
}

static void one_op(size_t i, enum place a, enum place b, unsigned way, unsigned *valid)
{
	bool access = ops[i].imm >= EWI_IMM_MEM0 && ops[i].imm <= EWI_IMM_MEM3;
	struct wbytes body = {0};

	if (way == 3 && *ops[i].pushes)
		wb_put(&body, CODE(0x20, (uint8_t)(1 + 2 * type_of(*ops[i].pushes))));
	if (ops[i].pops[0])
		operand(&body, ops[i].pops[0], a, 0);
	if (ops[i].pops[0] && ops[i].pops[1])
		operand(&body, ops[i].pops[1], b, 1);
	wb_u8(&body, ops[i].code);
	if (access) {
		wb_u8(&body, (uint8_t)(way == 1 ? 0 : ops[i].imm - EWI_IMM_MEM0));
		wb_u32(&body, way == 0 ? 5 : way == 1 ? 300 : way == 2 ? 1u << 20 : 0xfffffff0u);
	}
	result(&body, ops[i].pushes, way);
	if (way == 3 && *ops[i].pushes)
		wb_u8(&body, 0x1a);
	wb_u8(&body, OP_END);
	check_body(ops[i].name, &body, true, valid);
	wb_free(&body);
}

static void test_typed(void **state)
{
	unsigned valid = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(ops); i++) {
		if (ops[i].pops[0] == '?' || !ops[i].pops[0])
			continue;
		for (unsigned n = 0; n < PLACES * PLACES * 4; n++)
			if (ops[i].pops[1] || n / 4 % PLACES == 0)
				one_op(i, (enum place)(n / 4 / PLACES), (enum place)(n / 4 % PLACES), n % 4, &valid);
	}
	assert_true(valid > 10000);
}

/* ---- the rest: by hand ---- */

#define BODY(...) {__VA_ARGS__, OP_END}, sizeof((const uint8_t[]){__VA_ARGS__}) + 1
#define ROW(name, ...) {name, BODY(__VA_ARGS__), true}
#define BAD(name, ...) {name, BODY(__VA_ARGS__), false}
static const struct {
	const char *name;
	uint8_t body[64];
	size_t size;
	bool valid;
} rows[] = {
	ROW("constants set", 0x41, 7, 0x21, 1, 0x42, 7, 0x21, 3, 0x43, 0, 0, 0, 0, 0x21, 5),
	ROW("a wide constant set", 0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x21, 3),
	ROW("long immediates", 0x20, 0x81, 0x80, 0, 0x41, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x6a, 0x21, 0x81, 0),
	ROW("copies", 0x20, 1, 0x21, 2, 0x20, 3, 0x21, 4, 0x20, 5, 0x21, 6, 0x20, 7, 0x21, 8),
	ROW("to itself", 0x20, 1, 0x21, 1, 0x20, 1, 0x22, 1, 0x1a),
	ROW("an older value", 0x20, 1, 0x20, 2, 0x21, 1, 0x21, 2),
	ROW("mirrored copies", 0x20, 1, 0x20, 2, 0x6a, 0x22, 1, 0x21, 2, 0x20, 1, 0x21, 2),
	ROW("eqz of a compare", 0x20, 1, 0x20, 2, 0x48, 0x45, 0x45, 0x04, T_VOID, OP_END),
	ROW("eqz of i64", 0x20, 3, 0x50, 0x0d, 0),
	ROW("blocks", 0x02, T_VOID, 0x03, T_VOID, 0x20, 1, 0x0d, 0, 0x20, 2, 0x0d, 1, OP_END, OP_END),
	ROW("block results", 0x02, T_I32, 0x20, 1, 0x20, 2, 0x6a, OP_END, 0x21, 1),
	ROW("block results that move", 0x02, T_I32, 0x20, 1, OP_END, 0x21, 1, 0x02, T_F64, 0x20, 7, OP_END, 0x1a),
	ROW("operands below", 0x20, 1, 0x02, T_I32, 0x41, 1, OP_END, 0x6a, 0x1a, 0x41, 9, 0x02, T_VOID, OP_END, 0x1a),
	ROW("if and else", 0x20, 1, 0x20, 2, 0x49, 0x04, T_VOID, 0x41, 1, 0x21, 1, OP_ELSE, 0x41, 2, 0x21, 1, OP_END),
	ROW("if with result", 0x20, 1, 0x04, T_I32, 0x20, 1, 0x41, 1, 0x6a, OP_ELSE, 0x20, 2, 0x41, 1, 0x6b, OP_END, 0x1a),
	ROW("if of a constant", 0x41, 1, 0x04, T_VOID, OP_END, 0x20, 1, 0x41, 2, 0x0d, 0, 0x1a),
	ROW("if of floats", 0x20, 5, 0x20, 6, 0x5d, 0x04, T_VOID, OP_END, 0x20, 7, 0x20, 8, 0x65, 0x45, 0x0d, 0),
	ROW("br ends", 0x02, T_VOID, 0x20, 1, 0x04, T_VOID, 0x0c, 1, OP_END, 0x0c, 0, 0x6a, 0x1a, OP_END, 0x41, 1, 0x21, 1),
	ROW("br with a value", 0x02, T_I32, 0x20, 1, 0x20, 2, 0x0d, 0, 0x0c, 0, OP_END, 0x1a),
	ROW("a loop", 0x03, T_VOID, 0x20, 1, 0x41, 1, 0x6b, 0x22, 1, 0x0d, 0, OP_END),
	ROW("calls", 0x20, 1, 0x10, 0, 0x21, 1, 0x10, 1, 0x41, 5, 0x10, 0, 0x10, 0, 0x1a),
	ROW("a call below operands", 0x20, 2, 0x20, 1, 0x20, 1, 0x6a, 0x10, 0, 0x6a, 0x1a),
	BAD("a call of what is not there", 0x10, 3),
	BAD("an unknown local", 0x20, 9, 0x1a),
	BAD("nothing to pop", 0x6a),
	BAD("another type", 0x20, 3, 0x20, 1, 0x6a),
	BAD("a value left", 0x02, T_VOID, 0x41, 1, OP_END),
	BAD("else without if", 0x02, T_VOID, OP_ELSE, OP_END),
	BAD("if without else", 0x20, 1, 0x04, T_I32, 0x41, 1, OP_END, 0x1a),
	BAD("no such label", 0x0c, 1),
	ROW("globals, memory, select", 0x23, 0, 0x41, 1, 0x20, 1, 0x1b, 0x24, 0, 0x3f, 0, 0x1a),
	ROW("division", 0x20, 1, 0x20, 2, 0x6d, 0x20, 3, 0x20, 4, 0x80, 0xa7, 0x6a, 0x21, 1),
	ROW("constants to a global", 0x41, 1, 0x24, 0, 0x41, 0xff, 0xff, 3, 0x24, 0, 0x23, 0, 0x24, 0),
	BAD("an unknown global", 0x23, 1, 0x1a),
	BAD("a global of another type", 0x20, 3, 0x24, 0),
	BAD("nothing for a global", 0x24, 0),
	ROW("select of floats", 0x20, 5, 0x20, 6, 0x20, 1, 0x1b, 0x21, 5, 0x20, 7, 0x20, 8, 0xa0, 0x20, 8, 0x20, 1, 0x1b, 0x21, 7),
	ROW("select of constants", 0x41, 1, 0x41, 2, 0x41, 3, 0x1b, 0x21, 1, 0x42, 1, 0x42, 2, 0x20, 1, 0x45, 0x1b, 0x1a),
	BAD("select of two types", 0x20, 1, 0x20, 3, 0x20, 1, 0x1b, 0x1a),
	BAD("select by a float", 0x20, 1, 0x20, 1, 0x20, 5, 0x1b, 0x1a),
	BAD("select of one", 0x20, 1, 0x20, 1, 0x1b, 0x1a),
	ROW("a loop left by a branch", 0x02, T_VOID, 0x03, T_VOID, 0x0c, 1, OP_END, OP_END, 0x20, 1, 0x21, 2),
	ROW("a loop never left", 0x02, T_VOID, 0x03, T_VOID, 0x0c, 0, OP_END, OP_END, 0x02, T_VOID, OP_END),
	ROW("blocks of dead code", 0x0c, 0, 0x02, T_VOID, 0x03, T_VOID, OP_END, 0x0c, 0, OP_END, 0x00, 0x01),
	ROW("a value by a branch", 0x02, T_I32, 0x41, 1, 0x0c, 0, OP_END, 0x21, 1, 0x02, T_F64, 0x20, 7, 0x0c, 0, OP_END, 0x1a),
	ROW("an if left by a branch", 0x02, T_VOID, 0x20, 1, 0x04, T_VOID, 0x0c, 1, OP_END, 0x20, 2, 0x04, T_VOID, 0x00, OP_END, OP_END),
	BAD("no value behind a dead block", 0x02, T_I32, 0x02, T_VOID, 0x41, 0, 0x0c, 1, OP_END, OP_END, 0x1a),
	BAD("a value below a dead block", 0x02, T_VOID, 0x41, 3, 0x02, T_VOID, 0x0c, 1, OP_END, OP_END),
	ROW("twenty operands", 0x20, 1, 0x20, 1, 0x20, 1, 0x20, 1, 0x20, 1, 0x20, 1, 0x20, 1, 0x20, 1, 0x20, 1, 0x20, 1, 0x41, 1, 0x41,
	    1, 0x41, 1, 0x41, 1, 0x41, 1, 0x41, 1, 0x41, 1, 0x41, 1, 0x41, 1, 0x20, 1, 0x02, T_I32, 0x20, 1, OP_END, 0x0f),
	BAD("too much of an alignment", 0x20, 1, 0x28, 3, 0, 0x1a),
	BAD("bytes behind end", OP_END, 1, 1),
};

static void test_by_hand(void **state)
{
	unsigned valid = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct wbytes body = {0};

		wb_put(&body, rows[i].body, rows[i].size);
		check_body(rows[i].name, &body, rows[i].valid, &valid);
		wb_free(&body);
	}
}

/* ---- where nothing has been pushed yet, by any function of the module ---- */

static void test_first(void **state)
{
	static const uint8_t before[] = {1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1};

	(void)state;
	for (unsigned op = 0; op < 0xc5; op++) {
		struct wbytes b = {0}, code = {0}, f = {0};
		bool valid;

		wb_header(&b);
		wb_put(&b, before, sizeof(before));
		wb_put(&f, CODE(1, 1, T_I32, (uint8_t)op, 0, 0, 0, 0, OP_END));
		wb_u8(&code, 1);
		wb_sized(&code, &f);
		wb_section(&b, 10, &code);
		if (!alike(&b, &valid))
			fail_msg("opcode 0x%02x", op);
		wb_free(&b);
		wb_free(&code);
		wb_free(&f);
	}
}

/* ---- many of them: more than there is room for at once, deeper than the list of locals ---- */

static void test_many(void **state)
{
	unsigned valid = 0, noise = 1;

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		struct wbytes body = {0}, b = {0};
		unsigned depth = 0;
		bool ok;

		for (unsigned n = 0; n < 400; n++) {
			noise = noise * 1664525u + 1013904223u;
			switch (depth < 2 ? 0 : noise >> 24 & 7) {
			case 0: case 1: case 2: wb_put(&body, CODE(0x20, (uint8_t)(1 + (noise >> 20 & 1)))), depth++; break;
			case 3: wb_u8(&body, 0x41), wb_s32(&body, (int32_t)noise >> (noise >> 16 & 31)), depth++; break;
			case 4: wb_u8(&body, (uint8_t)(0x6a + (noise >> 20) % 12)), depth--; break;
			case 5: wb_put(&body, CODE(0x28, 2, (uint8_t)(noise >> 16 & 127))); break;
			case 6: wb_put(&body, CODE(0x22, (uint8_t)(1 + (noise >> 20 & 1)))); break;
			default: wb_put(&body, CODE(0x36, 2, 0)), depth -= 2; break;
			}
		}
		for (; depth > 0; depth--)
			wb_u8(&body, 0x1a);
		wb_u8(&body, OP_END);
		module_of(&b, body.p, body.len);
		if (!alike(&b, &ok))
			fail_msg("round %u", round);
		valid += ok;
		wb_free(&body);
		wb_free(&b);
	}
	assert_int_equal(valid, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typed),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("wasm/quick", tests, NULL, NULL);
}

#else

static void test_compiled_away(void **state)
{
	(void)state;
	print_message("skipped: without accumulators or listing there is one way only\n");
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compiled_away),
	};

	return cmocka_run_group_tests_name("wasm/quick", tests, NULL, NULL);
}

#endif
