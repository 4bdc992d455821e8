/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_bombs.c - modules made to hurt: small ones that ask for much memory, and ones whose parts multiply
 * so that a careless validator works for minutes.
 *
 * Counted is what the allocator gave (at the peak at most PEAK_FACTOR times the module, and the caps).  Work
 * is bounded loosely, by CPU time far above what a good engine takes and far below what a quadratic one
 * does: bench-load measures it.
 */
#include <time.h>
#include "wrun.h"

#define PEAK_FACTOR 40
#define PEAK_CAPS (12u << 20) /* what the limits of config.h allow besides: frames, control stack */
#define CPU_SECONDS 2.0

/* ---- pieces ---- */

static void repeat(struct wbytes *b, const uint8_t *bytes, size_t size, uint32_t times)
{
	for (uint32_t i = 0; i < times; i++)
		wb_put(b, bytes, size);
}

/* A type section: type 0 is () -> (), type 1 is (n i32) -> (n i32), type 2 () -> (n i32), type 3 (n i32) -> (). */
static void wide_types(struct wbytes *b, uint32_t n)
{
	struct wbytes s = {0};

	wb_u32(&s, 4);
	for (int t = 0; t < 4; t++) {
		wb_u8(&s, 0x60);
		wb_u32(&s, t == 1 || t == 3 ? n : 0);
		repeat(&s, CODE(T_I32), t == 1 || t == 3 ? n : 0);
		wb_u32(&s, t == 1 || t == 2 ? n : 0);
		repeat(&s, CODE(T_I32), t == 1 || t == 2 ? n : 0);
	}
	wb_section(b, 1, &s);
	wb_free(&s);
}

/* Functions of these types; all but the first body are `unreachable`. */
static void functions(struct wbytes *b, const uint8_t *types, uint32_t count, const struct wbytes *first)
{
	struct wbytes s = {0};

	wb_u32(&s, count);
	wb_put(&s, types, count);
	wb_section(b, 3, &s);
	s.len = 0;
	wb_u32(&s, count);
	wb_sized(&s, first);
	for (uint32_t i = 1; i < count; i++)
		wb_put(&s, (const uint8_t[]){3, 0, OP_UNREACHABLE, OP_END}, 4);
	wb_section(b, 10, &s);
	wb_free(&s);
}

static void one_function(struct wbytes *b, const struct wbytes *body)
{
	wb_put(b, (const uint8_t[]){1, 4, 1, 0x60, 0, 0}, 6);
	functions(b, (const uint8_t[]){0}, 1, body);
}

/* ---- the bombs ---- */

static void four_billion_locals(struct wbytes *b)
{
	struct wbytes f = {0};

	wb_put(&f, (const uint8_t[]){1, 0xff, 0xff, 0xff, 0xff, 0x0f, T_I32, OP_END}, 8);
	one_function(b, &f);
	wb_free(&f);
}

static void many_groups_of_locals(struct wbytes *b)
{
	struct wbytes f = {0};

	wb_u32(&f, 500000);
	repeat(&f, CODE(0x80, 0x80, 0x04, T_I32), 500000);
	wb_u8(&f, OP_END);
	one_function(b, &f);
	wb_free(&f);
}

static void empty_groups_of_locals(struct wbytes *b)
{
	struct wbytes f = {0};

	wb_u32(&f, 1000000);
	repeat(&f, CODE(0, T_I32), 1000000);
	wb_u8(&f, OP_END);
	one_function(b, &f);
	wb_free(&f);
}

/* n exports; the names differ in the last digits only. */
static void exports(struct wbytes *b, uint32_t n, bool same_end)
{
	struct wbytes s = {0};

	wb_put(b, (const uint8_t[]){6, 6, 1, 0x7f, 0, 0x41, 0, 0x0b}, 8);
	wb_u32(&s, n);
	for (uint32_t i = 0; i < n; i++) {
		char name[64];

		snprintf(name, sizeof(name), same_end ? "%06u_a_long_name_that_always_ends_so" : "always_begins_%06u",
			 (unsigned)i);
		wb_name(&s, name);
		wb_u8(&s, 3);
		wb_u8(&s, 0);
	}
	wb_section(b, 7, &s);
	wb_free(&s);
}

static void hundred_thousand_exports(struct wbytes *b)
{
	exports(b, 100000, false);
}

static void exports_that_begin_alike(struct wbytes *b)
{
	exports(b, EW_MAX_EXPORTS, false);
}

static void exports_that_end_alike(struct wbytes *b)
{
	exports(b, EW_MAX_EXPORTS, true);
}

static void million_blocks(struct wbytes *b)
{
	struct wbytes f = {0};

	wb_u8(&f, 0);
	repeat(&f, CODE(0x02, T_VOID), 1000000);
	repeat(&f, CODE(OP_END), 1000001);
	one_function(b, &f);
	wb_free(&f);
}

static void million_ifs_in_a_row(struct wbytes *b)
{
	struct wbytes f = {0};

	wb_u8(&f, 0);
	repeat(&f, CODE(0x41, 0, 0x04, T_VOID, OP_ELSE, OP_END), 1000000);
	wb_u8(&f, OP_END);
	one_function(b, &f);
	wb_free(&f);
}

/* Calls that give 1,000 values each: 3 KB of code, a hundred thousand operands. */
static void stack_of_results(struct wbytes *b)
{
	struct wbytes f = {0};

	wide_types(b, 1000);
	wb_u8(&f, 0);
	repeat(&f, CODE(CALL(1)), 100);
	wb_u8(&f, OP_UNREACHABLE);
	wb_u8(&f, OP_END);
	functions(b, (const uint8_t[]){0, 2}, 2, &f);
	wb_free(&f);
}

/* f: n values to n values, called over and over: each call is checked in full. */
static void chain_of_wide_calls(struct wbytes *b)
{
	struct wbytes f = {0};

	wide_types(b, 1000);
	wb_u8(&f, 0);
	wb_put(&f, (const uint8_t[]){CALL(1)}, 2);
	repeat(&f, CODE(CALL(2)), 20000);
	wb_put(&f, (const uint8_t[]){CALL(3), OP_END}, 3);
	functions(b, (const uint8_t[]){0, 2, 1, 3}, 4, &f);
	wb_free(&f);
}

static void wide_calls_in_dead_code(struct wbytes *b)
{
	struct wbytes f = {0};

	wide_types(b, 1000);
	wb_u8(&f, 0);
	wb_u8(&f, OP_UNREACHABLE);
	repeat(&f, CODE(CALL(2), 0x0c, 0), 20000);
	wb_u8(&f, OP_END);
	functions(b, (const uint8_t[]){0, 2, 1, 3}, 4, &f);
	wb_free(&f);
}

static void wide_blocks(struct wbytes *b)
{
	struct wbytes f = {0};

	wide_types(b, 1000);
	wb_u8(&f, 0);
	wb_put(&f, (const uint8_t[]){CALL(1)}, 2);
	repeat(&f, CODE(BLOCK(1), OP_END), 20000);
	wb_put(&f, (const uint8_t[]){CALL(3), OP_END}, 3);
	functions(b, (const uint8_t[]){0, 2, 1, 3}, 4, &f);
	wb_free(&f);
}

/* 20,000 conditional branches, each of which carries 1,000 values to other slots. */
static void wide_branches(struct wbytes *b)
{
	struct wbytes f = {0};

	wide_types(b, 1000);
	wb_u8(&f, 0);
	wb_put(&f, (const uint8_t[]){BLOCK(2), I32_CONST(7), CALL(1)}, 6);
	repeat(&f, CODE(I32_CONST(1), BR_IF(0)), 20000);
	wb_put(&f, (const uint8_t[]){BR(0), OP_END, CALL(3), OP_END}, 6);
	functions(b, (const uint8_t[]){0, 2, 1, 3}, 4, &f);
	wb_free(&f);
}

/* A br_table of 200,000 entries to labels that take 1,000 values. */
static void wide_table(struct wbytes *b)
{
	struct wbytes f = {0};

	wide_types(b, 1000);
	wb_u8(&f, 0);
	wb_put(&f, (const uint8_t[]){BLOCK(2), BLOCK(2), I32_CONST(7), CALL(1), I32_CONST(0), 0x0e}, 11);
	wb_u32(&f, 200000);
	repeat(&f, CODE(0, 1), 100000);
	wb_put(&f, (const uint8_t[]){0, OP_END, OP_END, CALL(3), OP_END}, 6);
	functions(b, (const uint8_t[]){0, 2, 1, 3}, 4, &f);
	wb_free(&f);
}

static void table_that_lies(struct wbytes *b)
{
	struct wbytes f = {0};

	wb_put(&f, (const uint8_t[]){0, I32_CONST(0), 0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, OP_END}, 10);
	one_function(b, &f);
	wb_free(&f);
}

static void large_table(struct wbytes *b)
{
	struct wbytes f = {0};

	wb_put(&f, (const uint8_t[]){0, I32_CONST(0), 0x0e}, 4);
	wb_u32(&f, 4000000);
	repeat(&f, CODE(0), 4000001);
	wb_u8(&f, OP_END);
	one_function(b, &f);
	wb_free(&f);
}

/* 60,000 copies of a local on the stack, while the local is set again and again. */
static void aliases(struct wbytes *b)
{
	struct wbytes f = {0};

	wb_put(&f, (const uint8_t[]){1, 2, T_I32}, 3);
	repeat(&f, CODE(LOCAL_GET(0)), 60000);
	repeat(&f, CODE(LOCAL_GET(1), LOCAL_SET(0)), 200000);
	repeat(&f, CODE(OP_DROP), 60000);
	wb_u8(&f, OP_END);
	one_function(b, &f);
	wb_free(&f);
}

/* The same with a fresh copy on top each time. */
static void aliases_renewed(struct wbytes *b)
{
	struct wbytes f = {0};

	wb_put(&f, (const uint8_t[]){1, 2, T_I32}, 3);
	repeat(&f, CODE(LOCAL_GET(1)), 60000);
	repeat(&f, CODE(LOCAL_GET(0), LOCAL_GET(0), I32_CONST(1), 0x6a, LOCAL_SET(0), OP_DROP), 100000);
	repeat(&f, CODE(OP_DROP), 60000);
	wb_u8(&f, OP_END);
	one_function(b, &f);
	wb_free(&f);
}

/* Blocks, loops and branches above a tall stack. */
static void blocks_on_a_tall_stack(struct wbytes *b)
{
	struct wbytes f = {0};

	wb_put(&f, (const uint8_t[]){1, 2, T_I32}, 3);
	repeat(&f, CODE(LOCAL_GET(0)), 60000);
	repeat(&f, CODE(BLOCK(T_VOID), LOOP(T_VOID), LOCAL_GET(1), BR_IF(1), OP_END, OP_END), 100000);
	repeat(&f, CODE(OP_DROP), 60000);
	wb_u8(&f, OP_END);
	one_function(b, &f);
	wb_free(&f);
}

static void constants_on_a_tall_stack(struct wbytes *b)
{
	struct wbytes f = {0};

	wb_u8(&f, 0);
	repeat(&f, CODE(I32_CONST(5)), 60000);
	repeat(&f, CODE(LOOP(T_VOID), OP_END, I32_CONST(0), IF(T_VOID), OP_END), 100000);
	repeat(&f, CODE(OP_DROP), 60000);
	wb_u8(&f, OP_END);
	one_function(b, &f);
	wb_free(&f);
}

static void returns_in_dead_code(struct wbytes *b)
{
	struct wbytes f = {0};

	wb_u8(&f, 0);
	repeat(&f, CODE(OP_RETURN), 2000000);
	wb_u8(&f, OP_END);
	one_function(b, &f);
	wb_free(&f);
}

static void long_leb(struct wbytes *b)
{
	wb_u8(b, 1);
	repeat(b, CODE(0x80), 1000000);
}

static void million_custom_sections(struct wbytes *b)
{
	repeat(b, CODE(0, 1, 0), 1000000);
}

static void fifty_thousand_functions(struct wbytes *b)
{
	struct wbytes s = {0};

	wb_put(b, (const uint8_t[]){1, 4, 1, 0x60, 0, 0}, 6);
	wb_u32(&s, 50000);
	repeat(&s, CODE(0), 50000);
	wb_section(b, 3, &s);
	s.len = 0;
	wb_u32(&s, 50000);
	repeat(&s, CODE(4, 0, CALL(0), OP_END), 50000);
	wb_section(b, 10, &s);
	wb_free(&s);
}

/* 100,000 equal types of 20 parameters: too long for a key of 64 bits. */
static void many_wide_types(struct wbytes *b)
{
	struct wbytes s = {0};

	wb_u32(&s, 100000);
	repeat(&s,
	       CODE(0x60, 20, T_I32, T_I64, T_I32, T_I64, T_I32, T_I64, T_I32, T_I64, T_I32, T_I64, T_I32, T_I64, T_I32,
		    T_I64, T_I32, T_I64, T_I32, T_I64, T_I32, T_I64, 0),
	       100000);
	wb_section(b, 1, &s);
	wb_free(&s);
}

static void segment_of_many_functions(struct wbytes *b)
{
	struct wbytes s = {0};

	wb_put(b, (const uint8_t[]){1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0}, 10);
	wb_u8(&s, 1);
	wb_put(&s, (const uint8_t[]){1, 0}, 2);
	wb_u32(&s, 2000000);
	repeat(&s, CODE(0), 2000000);
	wb_section(b, 9, &s);
	wb_put(b, (const uint8_t[]){10, 4, 1, 2, 0, OP_END}, 6);
	wb_free(&s);
}

#define ANY 1 /* decided one way or the other: the limits may refuse it */

static const struct {
	const char *row;
	void (*build)(struct wbytes *b);
	int want; /* enum ew_status, or ANY: EW_OK or EW_ERR_LIMIT */
} bombs[] = {
	{"four billion locals", four_billion_locals, EW_ERR_LIMIT},
	{"half a million groups of locals", many_groups_of_locals, EW_ERR_MALFORMED}, /* more than 2^32 */
	{"a million empty groups of locals", empty_groups_of_locals, EW_OK},
	{"100,000 exports", hundred_thousand_exports, EW_ERR_LIMIT},
	{"exports that begin alike", exports_that_begin_alike, EW_OK},
	{"exports that end alike", exports_that_end_alike, EW_OK},
	{"a million nested blocks", million_blocks, EW_ERR_LIMIT},
	{"a million ifs in a row", million_ifs_in_a_row, EW_OK},
	{"stack of results", stack_of_results, EW_ERR_LIMIT},
	{"chain of wide calls", chain_of_wide_calls, ANY},
	{"wide calls in dead code", wide_calls_in_dead_code, ANY},
	{"wide blocks", wide_blocks, ANY},
	{"wide branches", wide_branches, ANY},
	{"wide br_table", wide_table, ANY},
	{"br_table that lies", table_that_lies, EW_ERR_MALFORMED},
	{"large br_table", large_table, EW_OK},
	{"aliases of a local", aliases, ANY},
	{"aliases renewed", aliases_renewed, ANY},
	{"blocks on a tall stack", blocks_on_a_tall_stack, ANY},
	{"constants on a tall stack", constants_on_a_tall_stack, ANY},
	{"dead code", returns_in_dead_code, EW_OK},
	{"a long LEB128", long_leb, EW_ERR_MALFORMED},
	{"a million custom sections", million_custom_sections, EW_OK},
	{"fifty thousand functions", fifty_thousand_functions, EW_OK},
	{"100,000 wide types", many_wide_types, EW_OK},
	{"a segment of two million functions", segment_of_many_functions, ANY},
};

static double seconds_allowed = CPU_SECONDS;

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool check_bomb(size_t i)
{
	struct wbytes b = {0};
	struct fail_alloc mem;
	struct ew_module *m;
	struct ew_error err = {0};
	enum ew_status got;
	bool as_wanted, small;
	double seconds;

	wb_header(&b);
	bombs[i].build(&b);
	fail_alloc_init(&mem);
	seconds = cpu_seconds();
	got = ew_module_load(&m, b.p, b.len, NULL, &mem.alloc, &err);
	seconds = cpu_seconds() - seconds;
	as_wanted = bombs[i].want == ANY ? got == EW_OK || got == EW_ERR_LIMIT : (int)got == bombs[i].want;
	small = mem.peak_bytes <= PEAK_FACTOR * b.len + PEAK_CAPS;
	print_message("%-36s %9zu bytes  %-16s %7.1f ms  peak %10zu%s%s%s\n", bombs[i].row, b.len, ew_status_name(got),
		      1e3 * seconds, mem.peak_bytes, as_wanted ? "" : "  WRONG STATUS", small ? "" : "  TOO LARGE",
		      seconds < seconds_allowed ? "" : "  TOO SLOW");
	ew_module_free(m);
	fail_alloc_finish(&mem);
	wb_free(&b);
	return as_wanted && small && seconds < seconds_allowed;
}

static void test_bombs(void **state)
{
	unsigned failed = 0;

	(void)state;
	if (getenv("TEST_RUN") && *getenv("TEST_RUN"))
		seconds_allowed *= 20; /* an emulator */
	for (size_t i = 0; i < ROWS(bombs); i++)
		failed += !check_bomb(i);
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bombs),
	};

	return cmocka_run_group_tests_name("wasm/bombs", tests, NULL, NULL);
}
