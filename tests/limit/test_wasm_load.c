/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_wasm_load.c - every limit of loading a module, at, below and above: what is above is refused as
 * EW_ERR_LIMIT before anything is allocated for it.
 */
#include <sys/mman.h>
#include "../aid/aid.h"
#include "edgewasm/wasm.h"

static enum ew_status load_bytes(const struct wbytes *b, const struct ew_module_config *config, size_t *peak)
{
	struct ew_module *m = NULL;
	struct fail_alloc mem;
	struct ew_error err = {0};
	enum ew_status status;

	fail_alloc_init(&mem);
	status = ew_module_load(&m, b->p, b->len, config, &mem.alloc, &err);
	assert_true((m != NULL) == (status == EW_OK));
	if (status != EW_OK)
		assert_true(err.text[0] != '\0');
	ew_module_free(m);
	*peak = mem.peak_bytes;
	fail_alloc_finish(&mem);
	return status;
}

/* One section of count entries, all alike, behind a head and in front of a tail of other sections. */
static void section_of(struct wbytes *out, uint8_t id, uint32_t count, const uint8_t *entry, size_t size)
{
	struct wbytes body = {0};

	wb_u32(&body, count);
	for (uint32_t i = 0; i < count; i++)
		wb_put(&body, entry, size);
	wb_section(out, id, &body);
	wb_free(&body);
}

static void put(struct wbytes *out, const uint8_t *bytes, size_t size)
{
	wb_put(out, bytes, size);
}

static void many_types(struct wbytes *b, uint32_t n)
{
	section_of(b, 1, n, CODE(0x60, 0, 0));
}

static void many_functions(struct wbytes *b, uint32_t n)
{
	put(b, CODE(1, 4, 1, 0x60, 0, 0));
	section_of(b, 3, n, CODE(0));
	section_of(b, 10, n, CODE(2, 0, 0x0b));
}

static void many_imported_functions(struct wbytes *b, uint32_t n)
{
	put(b, CODE(1, 4, 1, 0x60, 0, 0));
	section_of(b, 2, n, CODE(0, 0, 0, 0));
}

static void many_exports(struct wbytes *b, uint32_t n)
{
	struct wbytes body = {0};

	put(b, CODE(6, 6, 1, 0x7f, 0, 0x41, 0, 0x0b));
	wb_u32(&body, n);
	for (uint32_t i = 0; i < n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "e%u", (unsigned)i);
		wb_name(&body, name);
		wb_u8(&body, 3);
		wb_u8(&body, 0);
	}
	wb_section(b, 7, &body);
	wb_free(&body);
}

static void many_globals(struct wbytes *b, uint32_t n)
{
	section_of(b, 6, n, CODE(0x7f, 0, 0x41, 0, 0x0b));
}

static void many_tables(struct wbytes *b, uint32_t n)
{
	section_of(b, 4, n, CODE(0x70, 0, 0));
}

static void many_elems(struct wbytes *b, uint32_t n)
{
	section_of(b, 9, n, CODE(1, 0, 0));
}

static void many_datas(struct wbytes *b, uint32_t n)
{
	put(b, CODE(5, 3, 1, 0, 1));
	section_of(b, 11, n, CODE(1, 0));
}

/* One function type of n parameters: a function with so many locals. */
static void many_params(struct wbytes *b, uint32_t n)
{
	struct wbytes body = {0};

	wb_u8(&body, 1);
	wb_u8(&body, 0x60);
	wb_u32(&body, n);
	for (uint32_t i = 0; i < n; i++)
		wb_u8(&body, T_I32);
	wb_u8(&body, 0);
	wb_section(b, 1, &body);
	put(b, CODE(3, 2, 1, 0, 10, 4, 1, 2, 0, 0x0b));
	wb_free(&body);
}

static void one_function(struct wbytes *b, const struct wbytes *code)
{
	struct wbytes body = {0};

	put(b, CODE(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0));
	wb_u8(&body, 1);
	wb_sized(&body, code);
	wb_section(b, 10, &body);
	wb_free(&body);
}

static void many_locals(struct wbytes *b, uint32_t n)
{
	struct wbytes code = {0};

	wb_u8(&code, 1);
	wb_u32(&code, n);
	wb_u8(&code, T_I64);
	wb_u8(&code, OP_END);
	one_function(b, &code);
	wb_free(&code);
}

static void many_local_groups(struct wbytes *b, uint32_t n)
{
	struct wbytes code = {0};

	wb_u32(&code, n);
	for (uint32_t i = 0; i < n; i++) {
		wb_u8(&code, 1);
		wb_u8(&code, i & 1 ? T_I64 : T_I32);
	}
	wb_u8(&code, OP_END);
	one_function(b, &code);
	wb_free(&code);
}

/* The body itself is the outermost block. */
static void deep_nesting(struct wbytes *b, uint32_t n)
{
	struct wbytes code = {0};

	wb_u8(&code, 0);
	for (uint32_t i = 0; i + 1 < n; i++) {
		wb_u8(&code, 0x02);
		wb_u8(&code, T_VOID);
	}
	for (uint32_t i = 0; i < n; i++)
		wb_u8(&code, OP_END);
	one_function(b, &code);
	wb_free(&code);
}

/* n constants on the operand stack, then dropped. */
static void deep_stack(struct wbytes *b, uint32_t n)
{
	struct wbytes code = {0};

	wb_u8(&code, 0);
	for (uint32_t i = 0; i < n; i++) {
		wb_u8(&code, 0x41);
		wb_u8(&code, 0);
	}
	for (uint32_t i = 0; i < n; i++)
		wb_u8(&code, OP_DROP);
	wb_u8(&code, OP_END);
	one_function(b, &code);
	wb_free(&code);
}

/* A body of n bytes: no locals, nops, end. */
static void long_body(struct wbytes *b, uint32_t n)
{
	struct wbytes code = {0};

	wb_u8(&code, 0);
	for (uint32_t i = 0; i + 2 < n; i++)
		wb_u8(&code, OP_NOP);
	wb_u8(&code, OP_END);
	one_function(b, &code);
	wb_free(&code);
}

/* Imported and defined ones count together: half and half. */
static void half_imported(struct wbytes *b, uint32_t n, uint8_t section, const uint8_t *entry, size_t entry_size,
			  const uint8_t *import, size_t import_size)
{
	put(b, CODE(1, 4, 1, 0x60, 0, 0));
	section_of(b, 2, n / 2, import, import_size);
	section_of(b, section, n - n / 2, entry, entry_size);
}

static void tables_both(struct wbytes *b, uint32_t n)
{
	half_imported(b, n, 4, CODE(0x70, 0, 0), CODE(0, 0, 1, 0x70, 0, 0));
}

/* Imports have a lower limit of their own: 5,000 of the globals are imported. */
static void globals_both(struct wbytes *b, uint32_t n)
{
	section_of(b, 2, 5000, CODE(0, 0, 3, 0x7f, 0));
	section_of(b, 6, n - 5000, CODE(0x7f, 0, 0x41, 0, 0x0b));
}

static void functions_both(struct wbytes *b, uint32_t n)
{
	put(b, CODE(1, 4, 1, 0x60, 0, 0));
	section_of(b, 2, 5000, CODE(0, 0, 0, 0));
	section_of(b, 3, n - 5000, CODE(0));
	section_of(b, 10, n - 5000, CODE(2, 0, 0x0b));
}

static void tables_imported(struct wbytes *b, uint32_t n)
{
	section_of(b, 2, n, CODE(0, 0, 1, 0x70, 0, 0));
}

static const struct {
	const char *row;
	void (*build)(struct wbytes *b, uint32_t n);
	uint32_t limit;
} limits[] = {
	{"types", many_types, EW_MAX_TYPES},
	{"functions", many_functions, EW_MAX_FUNCTIONS},
	{"imports", many_imported_functions, EW_MAX_IMPORTS},
	{"exports", many_exports, EW_MAX_EXPORTS},
	{"globals", many_globals, EW_MAX_GLOBALS},
	{"tables", many_tables, EW_MAX_TABLES},
	{"tables, imported", tables_imported, EW_MAX_TABLES},
	{"tables, half of them imported", tables_both, EW_MAX_TABLES},
	{"globals, some of them imported", globals_both, EW_MAX_GLOBALS},
	{"functions, some of them imported", functions_both, EW_MAX_FUNCTIONS},
	{"element segments", many_elems, EW_MAX_SEGMENTS},
	{"data segments", many_datas, EW_MAX_SEGMENTS},
	{"locals", many_locals, EW_MAX_LOCALS},
	{"groups of locals", many_local_groups, EW_MAX_LOCALS},
	{"nesting", deep_nesting, EW_MAX_NESTING},
	{"body bytes", long_body, EW_MAX_BODY_BYTES},
};

static void check_limit(const char *row, void (*build)(struct wbytes *, uint32_t), uint32_t n,
			const struct ew_module_config *config, enum ew_status want)
{
	struct wbytes b = {0};
	char name[96];
	size_t peak;

	snprintf(name, sizeof(name), "%s: %u", row, (unsigned)n);
	wb_header(&b);
	build(&b, n);
	check_status(name, load_bytes(&b, config, &peak), want);
	wb_free(&b);
}

static void test_defaults(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(limits); i++) {
		check_limit(limits[i].row, limits[i].build, limits[i].limit - 1, NULL, EW_OK);
		check_limit(limits[i].row, limits[i].build, limits[i].limit, NULL, EW_OK);
		check_limit(limits[i].row, limits[i].build, limits[i].limit + 1, NULL, EW_ERR_LIMIT);
	}
}

/* A module of exactly so many bytes: one custom section, whose pages nobody touches. */
static void test_module_bytes(void **state)
{
	static const uint8_t head[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 0};
	size_t room = (size_t)EW_MAX_MODULE_BYTES + 1;
	uint8_t *map = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)state;
	assert_true(map != MAP_FAILED);
	for (int d = -1; d <= 1; d++) {
		size_t size = (size_t)((int64_t)EW_MAX_MODULE_BYTES + d);
		uint32_t payload = (uint32_t)(size - sizeof(head) - 5);
		const uint8_t leb[] = {LEB5(payload)};
		struct wbytes b = {map, size, size};
		size_t peak;

		memcpy(map, head, sizeof(head));
		memcpy(map + sizeof(head), leb, sizeof(leb));
		check_status("module bytes", load_bytes(&b, NULL, &peak), d > 0 ? EW_ERR_LIMIT : EW_OK);
		assert_true(peak < 4096);
	}
	munmap(map, room);
}

/* Operand fields have 16 bits: a frame too large is a limit, never a wrong slot. */
static void test_frame(void **state)
{
	uint32_t low = 0, high = 200000;

	(void)state;
	while (high - low > 1) { /* where it begins to say no */
		uint32_t mid = (low + high) / 2;
		struct wbytes b = {0};
		enum ew_status got;
		size_t peak;

		wb_header(&b);
		deep_stack(&b, mid);
		got = load_bytes(&b, NULL, &peak);
		if (got != EW_OK)
			check_status("frame", got, EW_ERR_LIMIT);
		if (got == EW_OK)
			low = mid;
		else
			high = mid;
		wb_free(&b);
	}
	assert_true(low >= EW_MAX_FRAME_SLOTS - 16 && low <= EW_MAX_FRAME_SLOTS);
}

static void test_configured(void **state)
{
	static const uint32_t values[] = {1, 2, 7, 100};

	(void)state;
	for (size_t i = 0; i < ROWS(values); i++) {
		uint32_t n = values[i];
		struct ew_module_config c = {.struct_bytes = sizeof(c), .max_functions = n};

		check_limit("max_functions", many_functions, n, &c, EW_OK);
		check_limit("max_functions", many_functions, n + 1, &c, EW_ERR_LIMIT);
		check_limit("max_functions, imported", many_imported_functions, n, &c, EW_OK);
		check_limit("max_functions, imported", many_imported_functions, n + 1, &c, EW_ERR_LIMIT);
		c = (struct ew_module_config){.struct_bytes = sizeof(c), .max_locals = n};
		check_limit("max_locals", many_locals, n, &c, EW_OK);
		check_limit("max_locals", many_locals, n + 1, &c, EW_ERR_LIMIT);
		check_limit("max_locals, parameters", many_params, n, &c, EW_OK);
		check_limit("max_locals, parameters", many_params, n + 1, &c, EW_ERR_LIMIT);
		c = (struct ew_module_config){.struct_bytes = sizeof(c), .max_nesting = n};
		check_limit("max_nesting", deep_nesting, n, &c, EW_OK);
		check_limit("max_nesting", deep_nesting, n + 1, &c, EW_ERR_LIMIT);
		c = (struct ew_module_config){.struct_bytes = sizeof(c), .max_body_bytes = n + 2};
		check_limit("max_body_bytes", long_body, n + 2, &c, EW_OK);
		check_limit("max_body_bytes", long_body, n + 3, &c, EW_ERR_LIMIT);
	}
}

/* A module that says it has n of something and does not: refused before memory is taken for it. */
static void test_counts_that_lie(void **state)
{
	static const struct {
		const char *row;
		uint8_t section;
	} rows[] = {{"types", 1}, {"imports", 2}, {"functions", 3}, {"tables", 4}, {"globals", 6},
		    {"exports", 7}, {"elements", 9}, {"code", 10}, {"data", 11}, {"data count", 12}};
	static const uint32_t counts[] = {100, 9999, 99999, 100000, 10000000, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		for (size_t c = 0; c < ROWS(counts); c++) {
			struct wbytes b = {0}, body = {0};
			enum ew_status got;
			size_t peak;

			wb_header(&b);
			wb_u32(&body, counts[c]);
			wb_section(&b, rows[i].section, &body);
			got = load_bytes(&b, NULL, &peak);
			check_true(rows[i].row, got == EW_ERR_MALFORMED || got == EW_ERR_LIMIT);
			check_true(rows[i].row, peak < 4096);
			wb_free(&body);
			wb_free(&b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_module_bytes),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_configured),
		cmocka_unit_test(test_counts_that_lie),
	};

	return cmocka_run_group_tests_name("limit/wasm_load", tests, NULL, NULL);
}
