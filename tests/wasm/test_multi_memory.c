/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_multi_memory.c - several memories in a module: every load and store, bulk instructions, segments, imports and
 * exports, limits, traps, refusals, the switch.
 */
#include "wrun.h"

#define CODE_OF(...) sizeof((const uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}
enum { MEM = 0x40, BYTES = 65536 };

/* Opcodes 0x28 to 0x3e: type of the value, log2 of the bytes. */
static const struct {
	char type;
	uint8_t natural;
} accesses[] = {
	{'i', 2}, {'I', 3}, {'f', 2}, {'F', 3}, {'i', 0}, {'i', 0}, {'i', 1}, {'i', 1}, {'I', 0}, {'I', 0}, {'I', 1}, {'I', 1},
	{'I', 2}, {'I', 2}, {'i', 2}, {'I', 3}, {'f', 2}, {'F', 3}, {'i', 0}, {'i', 1}, {'I', 0}, {'I', 1}, {'I', 2},
};
enum { FIRST_STORE = 14, OFFSET = 5 };

enum { IN_LOCAL, FRESH, CONSTANT, FORMS };

static void put_address(struct wbytes *b, int form)
{
	wb_put(b, CODE(LOCAL_GET(0)));
	if (form == FRESH)
		wb_put(b, CODE(I32_CONST(1), 0x6a));
	if (form == CONSTANT) {
		b->len -= 2;
		wb_put(b, CODE(I32_CONST(17)));
	}
}

static void put_memarg(struct wbytes *b, size_t op, uint32_t memory)
{
	wb_u8(b, (uint8_t)(0x28 + op));
	wb_u8(b, (uint8_t)(accesses[op].natural | (memory ? MEM : 0)));
	if (memory)
		wb_u8(b, (uint8_t)memory);
	wb_u8(b, OFFSET);
}

/* (i)T or (iT): one access, with memory 0 used before and behind it by an access that must not be mixed up. */
static void put_access(struct wmod *m, size_t op, uint32_t memory, int form)
{
	bool store = op >= FIRST_STORE;
	char signature[8] = {'(', 'i', ')', accesses[op].type, 0}, name[16];
	struct wbytes b = {0};
	uint32_t f;

	if (store)
		snprintf(signature, sizeof(signature), "(i%c)i", accesses[op].type);
	put_address(&b, form);
	if (store)
		wb_put(&b, CODE(LOCAL_GET(1)));
	put_memarg(&b, op, memory);
	if (store)
		wb_put(&b, CODE(I32_CONST(0), 0x2d, 0, 0));
	f = wmod_func(m, signature, "", b.p, b.len);
	snprintf(name, sizeof(name), "%zu.%u.%d", op, memory, form);
	wmod_export(m, name, WMOD_FUNC, f);
	wb_free(&b);
}

static uint8_t *base_of(struct wrun *w, const char *name)
{
	struct ew_memory *m;

	assert_int_equal(ew_memory_find(w->instance, name, &m), EW_OK);
	return ew_memory_span(m, 0, BYTES);
}

/* What memories 1 and 2 give is what memory 0 gives where it holds the same bytes. */
static void test_accesses(void **state)
{
	static const char *const names[] = {"m0", "m1", "m2"};
	static uint8_t want[BYTES];
	struct wrun w;

	(void)state;
	wrun_init(&w);
	for (uint32_t k = 0; k < 3; k++) {
		wmod_memory(&w.m, 1, 1);
		wmod_export(&w.m, names[k], WMOD_MEMORY, k);
	}
	for (size_t op = 0; op < ROWS(accesses); op++)
		for (uint32_t k = 0; k < 3; k++)
			for (int form = 0; form < FORMS; form++)
				put_access(&w.m, op, k, form);
	wrun_open(&w);
	for (size_t op = 0; op < ROWS(accesses); op++) {
		for (uint32_t k = 1; k < 3; k++) {
			for (int form = 0; form < FORMS; form++) {
				union ew_value a[2] = {{.i32 = 33}, {.u64 = 0x8182838485868788}}, b[2];
				char name[16];

				memcpy(b, a, sizeof(b));
				for (uint32_t i = 0; i < BYTES; i++) {
					base_of(&w, "m0")[i] = (uint8_t)(i * 29 + 200);
					base_of(&w, "m1")[i] = (uint8_t)(k == 1 ? i * 29 + 200 : 0x11);
					base_of(&w, "m2")[i] = (uint8_t)(k == 2 ? i * 29 + 200 : 0x22);
				}
				snprintf(name, sizeof(name), "%zu.0.%d", op, form);
				assert_int_equal(wrun_call(&w, name, a), EW_OK);
				memcpy(want, base_of(&w, "m0"), BYTES);
				for (uint32_t i = 0; i < BYTES; i++)
					base_of(&w, "m0")[i] = i ? 0 : 200;
				snprintf(name, sizeof(name), "%zu.%u.%d", op, k, form);
				assert_int_equal(wrun_call(&w, name, b), EW_OK);
				if (op >= FIRST_STORE || accesses[op].type == 'i' || accesses[op].type == 'f')
					check_hex(name, b[0].u32, a[0].u32);
				else
					check_hex(name, b[0].u64, a[0].u64);
				check_mem(name, base_of(&w, names[k]), want, BYTES);
				check_int(name, base_of(&w, "m0")[33 + OFFSET], 0);
			}
		}
	}
	wrun_close(&w);
}

/* ---- bulk instructions, size, grow, segments ---- */

#define K(n) I32_CONST5(n)
#define LOAD8(memory, address) K(address), 0x2d, MEM, (memory), 0

/* Memories: 1 to 4 pages, 1 to 2 pages, none to 1. */
static const struct {
	const char *row;
	size_t len;
	uint8_t code[64];
	int32_t want; /* -2: trap */
} bulk[] = {
	{"size 0", CODE_OF(0x3f, 0), 1},
	{"size 1", CODE_OF(0x3f, 1), 2},
	{"size 2", CODE_OF(0x3f, 2), 0},
	{"size by a long index", CODE_OF(0x3f, 0x81, 0), 2},
	{"grow 0", CODE_OF(K(2), 0x40, 0, 0x3f, 0, 0x6a), 1 + 3},
	{"grow 1 over its maximum", CODE_OF(K(1), 0x40, 1), -1},
	{"grow 2", CODE_OF(K(1), 0x40, 2, OP_DROP, 0x3f, 2, 0x3f, 1, 0x3f, 0, 0x6a, 0x6a), 4},
	{"used as soon as grown", CODE_OF(K(1), 0x40, 2, OP_DROP, K(65532), K(77), 0x36, MEM | 2, 2, 0, LOAD8(2, 65532)), 77},
	{"data in 0", CODE_OF(LOAD8(0, 8)), 'a'},
	{"data in 1", CODE_OF(LOAD8(1, 131071)), 'z'},
	{"fill 1", CODE_OF(K(100), K(5), K(3), 0xfc, 11, 1, LOAD8(1, 102), LOAD8(1, 103), 0x6b, LOAD8(0, 102), 0x6b), 5},
	{"fill 1 to its end", CODE_OF(K(131072 - 3), K(5), K(3), 0xfc, 11, 1, LOAD8(1, 131071)), 5},
	{"fill 1 beyond its end", CODE_OF(K(131072 - 2), K(5), K(3), 0xfc, 11, 1, K(0)), -2},
	{"fill 0 beyond its end, inside 1", CODE_OF(K(65535), K(5), K(3), 0xfc, 11, 0, K(0)), -2},
	{"copy 1 to 0", CODE_OF(K(50), K(131070), K(2), 0xfc, 10, 0, 1, LOAD8(0, 51)), 'z'},
	{"copy 0 to 1", CODE_OF(K(131070), K(8), K(2), 0xfc, 10, 1, 0, LOAD8(1, 131071)), 'b'},
	{"copy within 1", CODE_OF(K(131069), K(131070), K(2), 0xfc, 10, 1, 1, LOAD8(1, 131070)), 'z'},
	{"copy from beyond 0", CODE_OF(K(0), K(65535), K(2), 0xfc, 10, 1, 0, K(0)), -2},
	{"copy to beyond 0", CODE_OF(K(65535), K(0), K(2), 0xfc, 10, 0, 1, K(0)), -2},
	{"copy nothing into nothing", CODE_OF(K(0), K(0), K(0), 0xfc, 10, 2, 0, K(3)), 3},
	{"copy something into nothing", CODE_OF(K(0), K(0), K(1), 0xfc, 10, 2, 0, K(3)), -2},
	{"init 1", CODE_OF(K(7), K(1), K(2), 0xfc, 8, 2, 1, LOAD8(1, 8), LOAD8(0, 8), 0x6b), 'r' - 'a'},
	{"init 1 beyond its end", CODE_OF(K(131071), K(1), K(2), 0xfc, 8, 2, 1, K(0)), -2},
	{"load of 0 inside 1", CODE_OF(K(65536), 0x2d, 0, 0), -2},
	{"load of 1 there", CODE_OF(K(65536), 0x2d, MEM, 1, 0), 0},
	{"load of 2", CODE_OF(K(0), 0x2d, MEM, 2, 0), -2},
	{"two loads fused with sums", CODE_OF(K(8), 0x2d, MEM, 1, 0, K(8), 0x2d, 0, 0, 0x6a, K(9), 0x2d, MEM, 0, 0, 0x6a), 'a' + 'b'},
};

static void build_bulk(struct wmod *m)
{
	static const uint8_t in_1[] = {2, 1, K(131071), OP_END, 1, 'z'};

	wmod_memory(m, 1, 4);
	wmod_memory(m, 2, 2);
	wmod_memory(m, 0, 1);
	wmod_data(m, 8, "ab", 2);
	wb_put(&m->datas.body, in_1, sizeof(in_1));
	m->datas.count++;
	wmod_data_passive(m, "wer", 3);
}

static void test_bulk(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(bulk); i++) {
		union ew_value v[1];
		struct wrun w;

		wrun_init(&w);
		build_bulk(&w.m);
		wmod_func(&w.m, "()i", "", bulk[i].code, bulk[i].len);
		wmod_func(&w.m, "()i", "", CODE(K(8), 0x2d, 0, 0));
		wmod_export(&w.m, "f", WMOD_FUNC, 0);
		wmod_export(&w.m, "after", WMOD_FUNC, 1);
		wrun_open(&w);
		if (bulk[i].want == -2) {
			check_status(bulk[i].row, wrun_call(&w, "f", v), EW_ERR_TRAP);
			check_int(bulk[i].row, ew_exec_trap(w.exec)->code, EW_TRAP_MEMORY_BOUNDS);
		} else {
			check_int(bulk[i].row, wrun_i32(&w, "f", 0, 0), bulk[i].want);
		}
		check_int(bulk[i].row, wrun_i32(&w, "after", 0, 0), 'a'); /* memory 0 is where it was */
		wrun_close(&w);
	}
}

static const struct {
	const char *row;
	size_t len;
	uint8_t code[24];
	size_t at;
	const char *said;
	unsigned cost;
} traps[] = {
	{"load", CODE_OF(K(131069), 0x28, MEM | 2, 1, 0), 6, "access at 131069+4 >= max value 131072", 2},
	{"load of nothing", CODE_OF(K(4), 0x2d, MEM, 2, 7, OP_DROP, K(1)), 6, "access at 11+1 >= max value 0", 2},
	{"store", CODE_OF(K(131069), K(1), 0x36, MEM | 2, 1, 0, K(1)), 12, "access at 131069+4 >= max value 131072", 3},
};

static void test_traps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(traps); i++) {
		union ew_value v[1];
		struct wrun w;

		wrun_init(&w);
		build_bulk(&w.m);
		wmod_func(&w.m, "()i", "", traps[i].code, traps[i].len);
		wmod_export(&w.m, "f", WMOD_FUNC, 0);
		wrun_open(&w);
		ew_exec_set_fuel(w.exec, 100);
		check_status(traps[i].row, wrun_call(&w, "f", v), EW_ERR_TRAP);
		check_has(traps[i].row, ew_exec_trap(w.exec)->text, traps[i].said);
		check_int(traps[i].row, ew_exec_trap(w.exec)->frames[0].offset,
			  wrun_offset(&w, traps[i].code, traps[i].len, traps[i].at));
		check_int(traps[i].row, 100 - ew_exec_fuel(w.exec), traps[i].cost);
		wrun_close(&w);
	}
}

/* ---- imports, exports, limits ---- */

static void test_imports(void **state)
{
	struct ew_import give[2] = {{.module = "e", .name = "a", .kind = EW_EXTERN_MEMORY},
				    {.module = "e", .name = "b", .kind = EW_EXTERN_MEMORY}};
	struct ew_memory *a, *b, *found;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	assert_int_equal(ew_memory_create(&a, 1, 1, &w.mem.alloc), EW_OK);
	assert_int_equal(ew_memory_create(&b, 2, 3, &w.mem.alloc), EW_OK);
	give[0].u.memory = a;
	give[1].u.memory = b;
	w.link.imports = give;
	w.link.import_count = 2;
	wmod_import_memory(&w.m, "e", "a", 1, 1);
	wmod_import_memory(&w.m, "e", "b", 2, 3);
	wmod_memory(&w.m, 1, 1);
	for (uint32_t k = 0; k < 3; k++)
		wmod_export(&w.m, (const char *const[]){"x", "y", "z"}[k], WMOD_MEMORY, k);
	wmod_func(&w.m, "()i", "", CODE(K(65536), K(0x1234), 0x36, MEM | 2, 1, 4, K(0), K(0x55), 0x3a, MEM, 2, 0, K(1), 0x40, 1));
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	wrun_open(&w);
	assert_int_equal(wrun_i32(&w, "f", 0, 0), 2);
	assert_int_equal(ew_memory_size(b), 3 * BYTES);
	assert_memory_equal(ew_memory_span(b, 65540, 4), "\x34\x12\0\0", 4);
	assert_true(ew_instance_memory(w.instance) == a);
	assert_int_equal(ew_memory_find(w.instance, "x", &found), EW_OK);
	assert_true(found == a);
	assert_int_equal(ew_memory_find(w.instance, "y", &found), EW_OK);
	assert_true(found == b);
	assert_int_equal(ew_memory_find(w.instance, "z", &found), EW_OK);
	assert_true(found != a && found != b);
	assert_memory_equal(ew_memory_span(found, 0, 1), "\x55", 1);
	ew_instance_destroy(w.instance);
	w.instance = NULL;
	ew_memory_destroy(a);
	ew_memory_destroy(b);
	wrun_close(&w);
}

/* The host's limit is one for all memories together: 5 pages for 1 + 2 + 0 and what they grow by. */
static void test_room(void **state)
{
	(void)state;
	for (uint32_t pages = 2; pages <= 5; pages++) {
		struct wrun w;

		wrun_init(&w);
		w.link.max_memory_pages = pages;
		build_bulk(&w.m);
		wmod_func(&w.m, "(i)i", "", CODE(LOCAL_GET(0), 0x40, 0));
		wmod_func(&w.m, "(i)i", "", CODE(LOCAL_GET(0), 0x40, 2));
		wmod_export(&w.m, "grow0", WMOD_FUNC, 0);
		wmod_export(&w.m, "grow2", WMOD_FUNC, 1);
		assert_int_equal(wrun_load(&w), EW_OK);
		assert_int_equal(wrun_link(&w), pages < 3 ? EW_ERR_LIMIT : EW_OK);
		if (pages >= 3) {
			check_int("one", wrun_i32(&w, "grow2", 1, 0), pages > 3 ? 0 : -1);
			check_int("next", wrun_i32(&w, "grow0", 1, 0), pages > 4 ? 1 : -1);
			check_int("none left", wrun_i32(&w, "grow0", 1, 0), -1);
		}
		wrun_close(&w);
	}
}

static void test_count(void **state)
{
	(void)state;
	for (uint32_t n = EW_MAX_MEMORIES - 1; n <= EW_MAX_MEMORIES + 1; n++) {
		union ew_value v[1];
		struct wrun w;

		wrun_init(&w);
		for (uint32_t k = 0; k < n; k++)
			wmod_memory(&w.m, k == n - 1, WMOD_NO_MAX);
		wmod_func(&w.m, "()i", "", CODE(K(0), 0x28, MEM, (uint8_t)(n - 1), 0, 0x3f, (uint8_t)(n - 1), 0x6a));
		wmod_export(&w.m, "f", WMOD_FUNC, 0);
		assert_int_equal(wrun_load(&w), n > EW_MAX_MEMORIES ? EW_ERR_LIMIT : EW_OK);
		if (n <= EW_MAX_MEMORIES) {
			assert_int_equal(wrun_link(&w), EW_OK);
			assert_int_equal(wrun_call(&w, "f", v), EW_OK);
			assert_int_equal(v[0].i32, 1);
		} else {
			check_has("count", w.err.text, "more than 100 memories");
		}
		wrun_close(&w);
	}
}

/* ---- refusals ---- */

static const struct {
	const char *row;
	size_t len;
	uint8_t code[24];
	enum ew_status want;
	const char *said;
} refused[] = {
	{"load", CODE_OF(K(0), 0x28, MEM | 2, 2, 0), EW_ERR_INVALID, "unknown memory"},
	{"store", CODE_OF(K(0), K(0), 0x36, MEM | 2, 2, 0), EW_ERR_INVALID, "unknown memory"},
	{"size", CODE_OF(0x3f, 2), EW_ERR_INVALID, "unknown memory"},
	{"grow", CODE_OF(K(0), 0x40, 2), EW_ERR_INVALID, "unknown memory"},
	{"fill", CODE_OF(K(0), K(0), K(0), 0xfc, 11, 2), EW_ERR_INVALID, "unknown memory"},
	{"copy to", CODE_OF(K(0), K(0), K(0), 0xfc, 10, 2, 0), EW_ERR_INVALID, "unknown memory"},
	{"copy from", CODE_OF(K(0), K(0), K(0), 0xfc, 10, 0, 2), EW_ERR_INVALID, "unknown memory"},
	{"alignment", CODE_OF(K(0), 0x28, MEM | 3, 1, 0), EW_ERR_INVALID, "alignment"},
	{"alignment 31", CODE_OF(K(0), 0x28, MEM | 31, 1, 0), EW_ERR_INVALID, "alignment"},
	{"alignment 32", CODE_OF(K(0), 0x28, MEM | 32, 1, 0), EW_ERR_MALFORMED, "malformed memop flags"},
	{"flag 128", CODE_OF(K(0), 0x28, 0x82, 1, 1, 0), EW_ERR_MALFORMED, "malformed memop flags"},
	{"index too long", CODE_OF(K(0), 0x28, MEM, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0), EW_ERR_MALFORMED, "too long"},
};

static void test_refused(void **state)
{
	struct wrun w;

	(void)state;
	for (size_t i = 0; i < ROWS(refused); i++) {
		wrun_init(&w);
		wmod_memory(&w.m, 1, 1);
		wmod_memory(&w.m, 1, 1);
		wmod_func(&w.m, "()", "", refused[i].code, refused[i].len);
		check_status(refused[i].row, wrun_load(&w), refused[i].want);
		check_has(refused[i].row, w.err.text, refused[i].said);
		wrun_close(&w);
	}
	wrun_init(&w); /* of a module without any */
	wmod_func(&w.m, "()i", "", CODE(0x3f, 0));
	assert_int_equal(wrun_load(&w), EW_ERR_INVALID);
	wrun_close(&w);
	wrun_init(&w); /* data for a memory that is not there */
	wmod_memory(&w.m, 1, 1);
	wb_put(&w.m.datas.body, CODE(2, 1, K(0), OP_END, 0));
	w.m.datas.count++;
	assert_int_equal(wrun_load(&w), EW_ERR_INVALID);
	wrun_close(&w);
}

static void test_disabled(void **state)
{
	static const struct {
		const char *row;
		uint32_t imported, own;
		size_t len;
		uint8_t code[16];
		enum ew_status want;
		const char *said;
	} rows[] = {
		{"two", 0, 2, 0, {0}, EW_ERR_UNSUPPORTED, "multiple memories are disabled"},
		{"one imported", 1, 1, 0, {0}, EW_ERR_UNSUPPORTED, "multiple memories are disabled"},
		{"two imported", 2, 0, 0, {0}, EW_ERR_UNSUPPORTED, "multiple memories are disabled"},
		{"index in a load", 0, 1, CODE_OF(K(0), 0x28, MEM, 0, 0, OP_DROP), EW_ERR_UNSUPPORTED, "multiple memories are disabled"},
		{"index in memory.size", 0, 1, CODE_OF(0x3f, 1, OP_DROP), EW_ERR_MALFORMED, "zero byte expected"},
		{"long index in memory.size", 0, 1, CODE_OF(0x3f, 0x80, 0, OP_DROP), EW_ERR_MALFORMED, "zero byte expected"},
		{"one", 0, 1, CODE_OF(K(0), 0x28, 2, 0, OP_DROP, 0x3f, 0, OP_DROP), EW_OK, ""},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct wrun w;

		wrun_init(&w);
		w.load.disable = EW_FEATURE_MULTI_MEMORY;
		for (uint32_t k = 0; k < rows[i].imported; k++)
			wmod_import_memory(&w.m, "e", "m", 1, 1);
		for (uint32_t k = 0; k < rows[i].own; k++)
			wmod_memory(&w.m, 1, 1);
		wmod_func(&w.m, "()", "", rows[i].code, rows[i].len);
		check_status(rows[i].row, wrun_load(&w), rows[i].want);
		check_has(rows[i].row, w.err.text, rows[i].said);
		wrun_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accesses),
		cmocka_unit_test(test_bulk),
		cmocka_unit_test(test_traps),
		cmocka_unit_test(test_imports),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_disabled),
	};

	return cmocka_run_group_tests_name("wasm/multi_memory", tests, NULL, NULL);
}
