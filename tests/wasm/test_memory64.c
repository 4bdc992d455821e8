/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_memory64.c - memories and tables whose addresses are i64: every load and store beside its 32-bit twin, addresses
 * and offsets around 2^32 and 2^64, a memory of more than 4 GiB, ranges between memories of both kinds, tables,
 * segments, limits, imports and exports, refusals, the switch.
 */
#include "wrun.h"

#if EW_CONFIG_MEMORY64

#define CODE_OF(...) sizeof((const uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}
#define LEB10(n)                                                                                   \
	(uint8_t)((uint64_t)(n) | 0x80), (uint8_t)((uint64_t)(n) >> 7 | 0x80), (uint8_t)((uint64_t)(n) >> 14 | 0x80), \
		(uint8_t)((uint64_t)(n) >> 21 | 0x80), (uint8_t)((uint64_t)(n) >> 28 | 0x80),      \
		(uint8_t)((uint64_t)(n) >> 35 | 0x80), (uint8_t)((uint64_t)(n) >> 42 | 0x80),      \
		(uint8_t)((uint64_t)(n) >> 49 | 0x80), (uint8_t)((uint64_t)(n) >> 56 | 0x80), (uint8_t)((uint64_t)(n) >> 63)
enum { MAX = 1, IS64 = 4, MEM = 0x40, BYTES = 65536 };

static void put_memory64(struct wmod *m, uint64_t min, uint64_t max)
{
	const uint8_t type[] = {(uint8_t)(IS64 | (max != UINT64_MAX)), LEB10(min), LEB10(max)};

	wb_put(&m->memories.body, type, max != UINT64_MAX ? 21 : 11);
	m->memories.count++;
	m->memory_count++;
}

static void put_table64(struct wmod *m, uint8_t type, uint64_t min, uint64_t max)
{
	const uint8_t bytes[] = {type, IS64 | MAX, LEB10(min), LEB10(max)};

	wb_put(&m->tables.body, bytes, sizeof(bytes));
	m->tables.count++;
	m->table_count++;
}

/* As the host gives it: an i32 is not the low half of an i64 on every machine. */
static union ew_value value_of(char type, uint64_t bits)
{
	union ew_value v = {.u64 = bits};

	if (type == 'i' || type == 'f') {
		v.u64 = 0;
		v.u32 = (uint32_t)bits;
	}
	return v;
}

static uint8_t *base_of(struct wrun *w, const char *name)
{
	struct ew_memory *m;

	assert_int_equal(ew_memory_find(w->instance, name, &m), EW_OK);
	return ew_memory_span(m, 0, BYTES);
}

/* ---- every access beside its twin --------------------------------------------------------------------- */

struct access {
	uint32_t op;	  /* 0xfd00 + the second byte of a vector instruction */
	char value;	  /* given to a store or lane instruction, 0: none */
	char result;	  /* 0: none */
	uint8_t natural;
	bool lane;
};

#define L(op, type, natural) {op, 0, type, natural, false}
#define S(op, type, natural) {op, type, 0, natural, false}
static const struct access accesses[] = {
	L(0x28, 'i', 2), L(0x29, 'I', 3), L(0x2a, 'f', 2), L(0x2b, 'F', 3), L(0x2c, 'i', 0), L(0x2d, 'i', 0), L(0x2e, 'i', 1),
	L(0x2f, 'i', 1), L(0x30, 'I', 0), L(0x31, 'I', 0), L(0x32, 'I', 1), L(0x33, 'I', 1), L(0x34, 'I', 2), L(0x35, 'I', 2),
	S(0x36, 'i', 2), S(0x37, 'I', 3), S(0x38, 'f', 2), S(0x39, 'F', 3), S(0x3a, 'i', 0), S(0x3b, 'i', 1), S(0x3c, 'I', 0),
	S(0x3d, 'I', 1), S(0x3e, 'I', 2),
#if EW_CONFIG_SIMD
	L(0xfd00, 'V', 4), L(0xfd01, 'V', 3), L(0xfd02, 'V', 3), L(0xfd03, 'V', 3), L(0xfd04, 'V', 3), L(0xfd05, 'V', 3),
	L(0xfd06, 'V', 3), L(0xfd07, 'V', 0), L(0xfd08, 'V', 1), L(0xfd09, 'V', 2), L(0xfd0a, 'V', 3), S(0xfd0b, 'V', 4),
	L(0xfd5c, 'V', 2), L(0xfd5d, 'V', 3),
	{0xfd54, 'V', 'V', 0, true}, {0xfd55, 'V', 'V', 1, true}, {0xfd56, 'V', 'V', 2, true}, {0xfd57, 'V', 'V', 3, true},
	{0xfd58, 'V', 0, 0, true}, {0xfd59, 'V', 0, 1, true}, {0xfd5a, 'V', 0, 2, true}, {0xfd5b, 'V', 0, 3, true},
#endif
};
#undef L
#undef S

/* Where the address comes from, and the stored value: a local, an instruction just before, a constant. */
enum { IN_LOCAL, FRESH, CONSTANT, FORMS };
enum { AT = 33, OFFSET = 5, FILLED = 128 };

static void put_address(struct wbytes *b, int form, bool wide)
{
	if (form == CONSTANT)
		wb_put(b, CODE(wide ? 0x42 : 0x41, AT + 1));
	else
		wb_put(b, CODE(LOCAL_GET(0)));
	if (form == FRESH)
		wb_put(b, CODE(wide ? 0x42 : 0x41, 1, wide ? 0x7c : 0x6a));
}

static void put_value(struct wbytes *b, const struct access *a, int form)
{
	wb_put(b, CODE(LOCAL_GET(1)));
	if (form != FRESH)
		return;
	if (a->value == 'i' || a->value == 'I')
		wb_put(b, CODE(a->value == 'i' ? 0x41 : 0x42, 3, a->value == 'i' ? 0x73 : 0x85));
	else if (a->value == 'f' || a->value == 'F')
		wb_put(b, CODE(a->value == 'f' ? 0x8c : 0x9a));
}

static void put_access(struct wmod *m, size_t k, uint32_t memory, int form, bool wide)
{
	const struct access *a = &accesses[k];
	char signature[8] = {'(', wide ? 'I' : 'i', a->value ? a->value : ')', a->value ? ')' : a->result, a->value ? a->result : 0};
	struct wbytes b = {0};
	char name[24];

	put_address(&b, form, wide);
	if (a->value)
		put_value(&b, a, form);
	if (a->op > 0xff)
		wb_u8(&b, 0xfd);
	wb_u32(&b, a->op & 0xff);
	wb_u8(&b, (uint8_t)(a->natural | (memory ? MEM : 0)));
	if (memory)
		wb_u32(&b, memory);
	wb_u8(&b, OFFSET);
	if (a->lane)
		wb_u8(&b, 1);
	snprintf(name, sizeof(name), "%s.%zu.%d", wide ? "wide" : "small", k, form);
	wmod_export(m, name, WMOD_FUNC, wmod_func(m, signature, "", b.p, b.len));
	wb_free(&b);
}

static void fill(struct wrun *w)
{
	for (uint32_t i = 0; i < FILLED; i++)
		base_of(w, "small")[i] = base_of(w, "wide")[i] = (uint8_t)(i * 29 + 200);
}

/* order 0: the 64-bit memory is memory 0, 1: memory 1. */
static void compare_accesses(bool order, uint32_t flags)
{
	struct wrun w;

	wrun_init(&w);
	w.load.flags = flags;
	if (order)
		wmod_memory(&w.m, 1, 1);
	put_memory64(&w.m, 1, 1);
	if (!order)
		wmod_memory(&w.m, 1, 1);
	wmod_export(&w.m, "wide", WMOD_MEMORY, order);
	wmod_export(&w.m, "small", WMOD_MEMORY, !order);
	for (size_t k = 0; k < ROWS(accesses); k++)
		for (int form = 0; form < FORMS; form++) {
			put_access(&w.m, k, !order, form, false);
			put_access(&w.m, k, order, form, true);
		}
	wrun_open(&w);
	for (size_t k = 0; k < ROWS(accesses); k++)
		for (int form = 0; form < FORMS; form++) {
			union ew_value given = value_of(accesses[k].value, 0x8182838485868788);
			union ew_value a[3] = {value_of('i', AT), given, {.u64 = 0x9192939495969798}}, b[3];
			bool narrow = accesses[k].result == 'i' || accesses[k].result == 'f';
			char small[24], wide[24];

			memcpy(b, a, sizeof(b));
			b[0].u64 = AT;
			snprintf(small, sizeof(small), "small.%zu.%d", k, form);
			snprintf(wide, sizeof(wide), "wide.%zu.%d", k, form);
			fill(&w);
			check_status(small, wrun_call(&w, small, a), EW_OK);
			check_status(wide, wrun_call(&w, wide, b), EW_OK);
			check_mem(wide, base_of(&w, "wide"), base_of(&w, "small"), FILLED);
			if (narrow)
				check_hex(wide, b[0].u32, a[0].u32);
			else if (accesses[k].result)
				check_mem(wide, b, a, accesses[k].result == 'V' ? 16 : 8);
			if (form == CONSTANT)
				continue;
			/* The last byte that is inside, and the first that is not. */
			for (unsigned past = 0; past < 2; past++) {
				b[0].u64 = BYTES - OFFSET - (form == FRESH) - (1u << accesses[k].natural) + past;
				check_status(wide, wrun_call(&w, wide, b), past ? EW_ERR_TRAP : EW_OK);
			}
			b[0].u64 = UINT64_MAX - 6; /* 64 bits would come round to the start */
			check_status(wide, wrun_call(&w, wide, b), EW_ERR_TRAP);
			check_int(wide, ew_exec_trap(w.exec)->code, EW_TRAP_MEMORY_BOUNDS);
			b[0].u64 = ((uint64_t)1 << 32) + AT; /* 32 bits would hit */
			check_status(wide, wrun_call(&w, wide, b), EW_ERR_TRAP);
		}
	wrun_close(&w);
}

static void test_accesses(void **state)
{
	(void)state;
	compare_accesses(false, 0);
	compare_accesses(true, 0);
	compare_accesses(true, EW_MODULE_LISTING); /* translated without quick.c */
}

/* ---- offsets of more than 32 bits ------------------------------------------------------------------------ */

static const struct {
	const char *row;
	uint64_t offset, at;
	const char *trap; /* in its text, or NULL */
} offsets[] = {
	{"none", 0, 7, NULL},
	{"last that fits", 0xffffffff, UINT64_MAX, "access at 18446744073709551615+1"},
	{"2^32", 0x100000000, 7, "access at 4294967303+1"},
	{"2^32 and what would bring it back", 0x100000000, 0xffffffff00000007, "access at 18446744073709551615+1"},
	{"2^64 - 1", UINT64_MAX, 0, "access at 18446744073709551615+1"},
	{"2^64 - 1 and 8", UINT64_MAX, 8, "access at 18446744073709551615+1"},
	{"2^63", (uint64_t)1 << 63, (uint64_t)1 << 63, "access at 18446744073709551615+1"},
};

static void test_offsets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(offsets); i++) {
		const uint8_t load[] = {LOCAL_GET(0), 0x2d, 0, LEB10(offsets[i].offset)};
		const uint8_t store[] = {LOCAL_GET(0), I32_CONST(5), 0x3a, 0, LEB10(offsets[i].offset), LOCAL_GET(0), 0xa7};
		struct wrun w;

		wrun_init(&w);
		put_memory64(&w.m, 1, 1);
		wmod_export(&w.m, "load", WMOD_FUNC, wmod_func(&w.m, "(I)i", "", load, sizeof(load)));
		wmod_export(&w.m, "store", WMOD_FUNC, wmod_func(&w.m, "(I)i", "", store, sizeof(store)));
		wrun_open(&w);
		for (int k = 0; k < 2; k++) {
			union ew_value v = {.u64 = offsets[i].at};

			check_status(offsets[i].row, wrun_call(&w, k ? "load" : "store", &v), offsets[i].trap ? EW_ERR_TRAP : EW_OK);
			if (offsets[i].trap)
				check_has(offsets[i].row, ew_exec_trap(w.exec)->text, offsets[i].trap);
			else /* the address is a local, and stays as it was */
				check_int(offsets[i].row, v.i32, k ? 5 : 7);
		}
		wrun_close(&w);
	}
}

/* More than 32 bits can address, if this machine has the address space. */
static void test_large(void **state)
{
	static const uint8_t load[] = {LOCAL_GET(0), 0x28, 2, 0}, store[] = {LOCAL_GET(0), LOCAL_GET(1), 0x36, 2, 0};
	static const uint8_t far[] = {LOCAL_GET(0), 0x28, 2, LEB10(0x100000000)};
	static const uint8_t copy[] = {LOCAL_GET(0), LOCAL_GET(1), I64_CONST(4), 0xfc, 0x0a, 0, 0};
	const uint64_t edge = 0x100000000;
	struct ew_alloc libc = ew_alloc_libc();
	union ew_value v[2];
	struct wrun w;

	(void)state;
	if (sizeof(void *) < 8) {
		print_message("skipped: 32-bit addresses\n");
		skip();
	}
	wrun_init(&w);
	put_memory64(&w.m, 65537, 65538);
	wmod_export(&w.m, "load", WMOD_FUNC, wmod_func(&w.m, "(I)i", "", load, sizeof(load)));
	wmod_export(&w.m, "store", WMOD_FUNC, wmod_func(&w.m, "(Ii)", "", store, sizeof(store)));
	wmod_export(&w.m, "far", WMOD_FUNC, wmod_func(&w.m, "(I)i", "", far, sizeof(far)));
	wmod_export(&w.m, "copy", WMOD_FUNC, wmod_func(&w.m, "(II)", "", copy, sizeof(copy)));
	wmod_export(&w.m, "size", WMOD_FUNC, wmod_func(&w.m, "()I", "", CODE(0x3f, 0)));
	assert_int_equal(wrun_load(&w), EW_OK);
	assert_int_equal(ew_exec_create(&w.exec, &w.stack, &w.mem.alloc), EW_OK);
	w.link.exec = w.exec;
	assert_int_equal(ew_instance_create(&w.instance, w.module, &w.link, &libc, &w.trap, &w.err), EW_ERR_LIMIT);
	check_has("limit", w.err.text, "a memory of 65537 pages, limit 65536");
	w.link.max_memory_pages = 65538;
	if (ew_instance_create(&w.instance, w.module, &w.link, &libc, &w.trap, &w.err) == EW_OK) {
		v[0].u64 = edge + 60000, v[1].i32 = 77;
		assert_int_equal(wrun_call(&w, "store", v), EW_OK);
		v[0].u64 = 60000;
		assert_int_equal(wrun_call(&w, "far", v), EW_OK);
		assert_int_equal(v[0].i32, 77);
		v[0].u64 = 60000;
		assert_int_equal(wrun_call(&w, "load", v), EW_OK);
		assert_int_equal(v[0].i32, 0);
		v[0].u64 = edge - 2, v[1].u64 = edge + 60000;
		assert_int_equal(wrun_call(&w, "copy", v), EW_OK);
		v[0].u64 = edge - 2;
		assert_int_equal(wrun_call(&w, "load", v), EW_OK);
		assert_int_equal(v[0].i32, 77);
		v[0].u64 = edge + BYTES - 3;
		assert_int_equal(wrun_call(&w, "load", v), EW_ERR_TRAP);
		assert_int_equal(wrun_call(&w, "size", v), EW_OK);
		assert_true(v[0].u64 == 65537);
		assert_non_null(ew_memory_span(ew_instance_memory(w.instance), edge, BYTES));
		assert_null(ew_memory_span(ew_instance_memory(w.instance), edge, BYTES + 1));
		assert_null(ew_memory_span(ew_instance_memory(w.instance), UINT64_MAX, 2));
	} else {
		print_message("skipped: no 4 GiB of address space\n");
	}
	wrun_close(&w);
}

/* ---- size, grow, ranges ------------------------------------------------------------------------------------ */

static uint64_t call64(struct wrun *w, const char *name, uint64_t a, uint64_t b)
{
	union ew_value v[2] = {{.u64 = a}, {.u64 = b}};

	check_status(name, wrun_call(w, name, v), EW_OK);
	return v[0].u64;
}

static void test_grow(void **state)
{
	struct wrun w;

	(void)state;
	wrun_init(&w);
	put_memory64(&w.m, 1, 3);
	wmod_export(&w.m, "size", WMOD_FUNC, wmod_func(&w.m, "()I", "", CODE(0x3f, 0)));
	wmod_export(&w.m, "grow", WMOD_FUNC, wmod_func(&w.m, "(I)I", "", CODE(LOCAL_GET(0), 0x40, 0)));
	wrun_open(&w);
	assert_true(call64(&w, "grow", 1, 0) == 1);
	assert_true(call64(&w, "grow", 2, 0) == UINT64_MAX);
	assert_true(call64(&w, "grow", 0x100000000, 0) == UINT64_MAX); /* 0 in 32 bits */
	assert_true(call64(&w, "grow", UINT64_MAX, 0) == UINT64_MAX);
	assert_true(call64(&w, "grow", (uint64_t)1 << 48, 0) == UINT64_MAX); /* 2^64 bytes */
	assert_true(call64(&w, "size", 0, 0) == 2);
	assert_int_equal(ew_memory_grow(ew_instance_memory(w.instance), (uint64_t)1 << 48), EW_ERR_LIMIT);
	assert_int_equal(ew_memory_grow(ew_instance_memory(w.instance), 1), EW_OK);
	assert_true(call64(&w, "size", 0, 0) == 3);
	wrun_close(&w);
}

/* Memories: 0 is 64-bit, 1 32-bit.  code works on 0 and 1; operands are locals. */
static const struct {
	const char *row, *signature;
	size_t len;
	uint8_t code[16];
	uint64_t a, b, n;
	bool traps;
} ranges[] = {
#define F3 LOCAL_GET(0), LOCAL_GET(1), LOCAL_GET(2)
	{"fill", "(IiI)", CODE_OF(F3, 0xfc, 0x0b, 0), 8, 0xaa, 4, false},
	{"fill to the end", "(IiI)", CODE_OF(F3, 0xfc, 0x0b, 0), 65532, 0xaa, 4, false},
	{"fill past it", "(IiI)", CODE_OF(F3, 0xfc, 0x0b, 0), 65533, 0xaa, 4, true},
	{"fill that 32 bits would take", "(IiI)", CODE_OF(F3, 0xfc, 0x0b, 0), 8, 0xaa, 0x100000004, true},
	{"fill that 64 bits would take", "(IiI)", CODE_OF(F3, 0xfc, 0x0b, 0), UINT64_MAX - 3, 0xaa, 8, true},
	{"copy in it", "(III)", CODE_OF(F3, 0xfc, 0x0a, 0, 0), 8, 65532, 4, false},
	{"copy that wraps", "(III)", CODE_OF(F3, 0xfc, 0x0a, 0, 0), 8, UINT64_MAX - 1, 4, true},
	{"copy to 64 from 32", "(Iii)", CODE_OF(F3, 0xfc, 0x0a, 0, 1), 8, 65532, 4, false},
	{"copy to 64 from 32, address too large", "(Iii)", CODE_OF(F3, 0xfc, 0x0a, 0, 1), 0x100000008, 0, 4, true},
	{"copy to 32 from 64", "(iIi)", CODE_OF(F3, 0xfc, 0x0a, 1, 0), 8, 65532, 4, false},
	{"copy to 32 from 64, past it", "(iIi)", CODE_OF(F3, 0xfc, 0x0a, 1, 0), 8, 65533, 4, true},
	{"copy to 32 from 64, length cut", "(iIi)", CODE_OF(F3, 0xfc, 0x0a, 1, 0), 8, 0, 0x100000004, false},
	{"init", "(Iii)", CODE_OF(F3, 0xfc, 0x08, 0, 0), 65532, 1, 4, false},
	{"init at 2^32", "(Iii)", CODE_OF(F3, 0xfc, 0x08, 0, 0), 0x100000000, 1, 4, true},
	{"init past the segment", "(Iii)", CODE_OF(F3, 0xfc, 0x08, 0, 0), 0, 3, 4, true},
};

static void test_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(ranges); i++) {
		bool init = ranges[i].code[7] == 0x08, to_small = ranges[i].signature[1] == 'i';
		const char *types = ranges[i].signature + 1;
		union ew_value v[3] = {value_of(types[0], ranges[i].a), value_of(types[1], ranges[i].b), value_of(types[2], ranges[i].n)};
		uint8_t want[4] = {0xaa, 0xaa, 0xaa, 0xaa};
		struct wrun w;

		wrun_init(&w);
		put_memory64(&w.m, 1, 1);
		wmod_memory(&w.m, 1, 1);
		wmod_export(&w.m, "wide", WMOD_MEMORY, 0);
		wmod_export(&w.m, "small", WMOD_MEMORY, 1);
		w.m.data_count = 1;
		wmod_data_passive(&w.m, "_abcd", 5);
		wmod_export(&w.m, "f", WMOD_FUNC, wmod_func(&w.m, ranges[i].signature, "", ranges[i].code, ranges[i].len));
		wrun_open(&w);
		for (uint32_t k = 0; k < BYTES; k++)
			base_of(&w, "wide")[k] = base_of(&w, "small")[k] = (uint8_t)(k * 7 + 1);
		if (init)
			memcpy(want, "abcd", 4);
		else if (ranges[i].code[7] == 0x0a && !ranges[i].traps)
			memcpy(want, base_of(&w, "small") + ranges[i].b, 4);
		check_status(ranges[i].row, wrun_call(&w, "f", v), ranges[i].traps ? EW_ERR_TRAP : EW_OK);
		if (ranges[i].traps)
			check_int(ranges[i].row, ew_exec_trap(w.exec)->code, EW_TRAP_MEMORY_BOUNDS);
		else
			check_mem(ranges[i].row, base_of(&w, to_small ? "small" : "wide") + ranges[i].a, want, 4);
		wrun_close(&w);
	}
}

/* ---- tables -------------------------------------------------------------------------------------------------- */

enum { NUMBER_TYPE = 0 }; /* ()i */

/* Table 0: 64-bit, functions 0, 1 at 1, 2, of at most 6 entries; table 1: the same in 32 bits. */
static void put_tables(struct wmod *m)
{
	const uint8_t at[] = {0, 0x42, 1, 0x0b, 2, 0, 1};

	wmod_func(m, "()i", "", CODE(I32_CONST(11)));
	wmod_func(m, "()i", "", CODE(I32_CONST(22)));
	put_table64(m, T_FUNC, 4, 6);
	wmod_table(m, T_FUNC, 4, 6);
	wb_put(&m->elems.body, at, sizeof(at)); /* active, table 0, i64 offset */
	m->elems.count++;
	wmod_elem_passive(m, (const uint32_t[]){1, 0}, 2);
}

static const struct {
	const char *row, *signature;
	size_t len;
	uint8_t code[20];
	uint64_t a, b, n;
	enum ew_trap_code trap;
	uint64_t want;
} tables[] = {
	{"call", "(I)i", CODE_OF(LOCAL_GET(0), CALL_INDIRECT(NUMBER_TYPE, 0)), 1, 0, 0, EW_TRAP_NONE, 11},
	{"call by a sum", "(I)i", CODE_OF(LOCAL_GET(0), I64_CONST(1), 0x7c, CALL_INDIRECT(NUMBER_TYPE, 0)), 1, 0, 0, EW_TRAP_NONE, 22},
	{"call by a constant", "(I)i", CODE_OF(I64_CONST(2), CALL_INDIRECT(NUMBER_TYPE, 0)), 1, 0, 0, EW_TRAP_NONE, 22},
	{"call of null", "(I)i", CODE_OF(LOCAL_GET(0), CALL_INDIRECT(NUMBER_TYPE, 0)), 3, 0, 0, EW_TRAP_UNINITIALIZED_ELEMENT, 0},
	{"call past the end", "(I)i", CODE_OF(LOCAL_GET(0), CALL_INDIRECT(NUMBER_TYPE, 0)), 4, 0, 0, EW_TRAP_UNDEFINED_ELEMENT, 0},
	{"call at 2^32 + 1", "(I)i", CODE_OF(LOCAL_GET(0), CALL_INDIRECT(NUMBER_TYPE, 0)), 0x100000001, 0, 0, EW_TRAP_UNDEFINED_ELEMENT, 0},
	{"call at 2^64 - 1", "(I)i", CODE_OF(LOCAL_GET(0), CALL_INDIRECT(NUMBER_TYPE, 0)), UINT64_MAX, 0, 0, EW_TRAP_UNDEFINED_ELEMENT, 0},
	{"the local stays", "(I)I", CODE_OF(LOCAL_GET(0), CALL_INDIRECT(NUMBER_TYPE, 0), OP_DROP, LOCAL_GET(0)), 1, 0, 0, EW_TRAP_NONE, 1},
#if EW_CONFIG_TAIL_CALL
	{"tail call", "(I)i", CODE_OF(LOCAL_GET(0), 0x13, NUMBER_TYPE, 0), 2, 0, 0, EW_TRAP_NONE, 22},
	{"tail call at 2^32 + 1", "(I)i", CODE_OF(LOCAL_GET(0), 0x13, NUMBER_TYPE, 0), 0x100000001, 0, 0, EW_TRAP_UNDEFINED_ELEMENT, 0},
#endif
	{"get", "(I)i", CODE_OF(LOCAL_GET(0), 0x25, 0, 0xd1), 0, 0, 0, EW_TRAP_NONE, 1},
	{"get at 2^32", "(I)i", CODE_OF(LOCAL_GET(0), 0x25, 0, 0xd1), 0x100000000, 0, 0, EW_TRAP_TABLE_BOUNDS, 0},
	{"set", "(I)i", CODE_OF(LOCAL_GET(0), 0xd0, T_FUNC, 0x26, 0, LOCAL_GET(0), 0x25, 0, 0xd1), 1, 0, 0, EW_TRAP_NONE, 1},
	{"set at 2^32", "(I)i", CODE_OF(LOCAL_GET(0), 0xd0, T_FUNC, 0x26, 0, I32_CONST(0)), 0x100000000, 0, 0, EW_TRAP_TABLE_BOUNDS, 0},
	{"size", "(I)I", CODE_OF(0xfc, 0x10, 0), 0, 0, 0, EW_TRAP_NONE, 4},
	{"grow", "(I)I", CODE_OF(0xd0, T_FUNC, LOCAL_GET(0), 0xfc, 0x0f, 0), 2, 0, 0, EW_TRAP_NONE, 4},
	{"grow past the maximum", "(I)I", CODE_OF(0xd0, T_FUNC, LOCAL_GET(0), 0xfc, 0x0f, 0), 3, 0, 0, EW_TRAP_NONE, UINT64_MAX},
	{"grow by 2^32", "(I)I", CODE_OF(0xd0, T_FUNC, LOCAL_GET(0), 0xfc, 0x0f, 0), 0x100000000, 0, 0, EW_TRAP_NONE, UINT64_MAX},
	{"fill", "(III)i", CODE_OF(LOCAL_GET(0), 0xd0, T_FUNC, LOCAL_GET(2), 0xfc, 0x11, 0, I64_CONST(1), 0x25, 0, 0xd1), 1, 0, 3, EW_TRAP_NONE, 1},
	{"fill past the end", "(III)i", CODE_OF(LOCAL_GET(0), 0xd0, T_FUNC, LOCAL_GET(2), 0xfc, 0x11, 0, I32_CONST(0)), 2, 0, 3, EW_TRAP_TABLE_BOUNDS, 0},
	{"fill of 2^32", "(III)i", CODE_OF(LOCAL_GET(0), 0xd0, T_FUNC, LOCAL_GET(2), 0xfc, 0x11, 0, I32_CONST(0)), 0, 0, 0x100000000, EW_TRAP_TABLE_BOUNDS, 0},
	{"copy in it", "(III)i", CODE_OF(F3, 0xfc, 0x0e, 0, 0, I64_CONST(3), CALL_INDIRECT(NUMBER_TYPE, 0)), 2, 1, 2, EW_TRAP_NONE, 22},
	{"copy that wraps", "(III)i", CODE_OF(F3, 0xfc, 0x0e, 0, 0, I32_CONST(0)), 0, UINT64_MAX, 1, EW_TRAP_TABLE_BOUNDS, 0},
	{"copy to 32 from 64", "(iIi)i", CODE_OF(F3, 0xfc, 0x0e, 1, 0, I32_CONST(0), CALL_INDIRECT(NUMBER_TYPE, 1)), 0, 2, 1, EW_TRAP_NONE, 22},
	{"copy to 32 from 2^32", "(iIi)i", CODE_OF(F3, 0xfc, 0x0e, 1, 0, I32_CONST(0)), 0, 0x100000000, 1, EW_TRAP_TABLE_BOUNDS, 0},
	{"copy to 64 from 32", "(Iii)i", CODE_OF(F3, 0xfc, 0x0e, 0, 1, I64_CONST(1), 0x25, 0, 0xd1), 1, 0, 1, EW_TRAP_NONE, 1},
	{"init", "(Iii)i", CODE_OF(F3, 0xfc, 0x0c, 1, 0, I64_CONST(0), CALL_INDIRECT(NUMBER_TYPE, 0)), 0, 0, 1, EW_TRAP_NONE, 22},
	{"init at 2^32", "(Iii)i", CODE_OF(F3, 0xfc, 0x0c, 1, 0, I32_CONST(0)), 0x100000000, 0, 1, EW_TRAP_TABLE_BOUNDS, 0},
};

static void test_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(tables); i++) {
		const char *types = tables[i].signature + 1; /* of one operand, the others do not matter */
		union ew_value v[3] = {value_of(types[0], tables[i].a), value_of(types[1], tables[i].b), value_of(types[2], tables[i].n)};
		struct wrun w;

		wrun_init(&w);
		put_tables(&w.m);
		wmod_export(&w.m, "f", WMOD_FUNC, wmod_func(&w.m, tables[i].signature, "", tables[i].code, tables[i].len));
		wrun_open(&w);
		check_status(tables[i].row, wrun_call(&w, "f", v), tables[i].trap ? EW_ERR_TRAP : EW_OK);
		if (tables[i].trap)
			check_int(tables[i].row, ew_exec_trap(w.exec)->code, tables[i].trap);
		else if (strchr(tables[i].signature, ')')[1] == 'i')
			check_hex(tables[i].row, v[0].u32, tables[i].want);
		else
			check_hex(tables[i].row, v[0].u64, tables[i].want);
		wrun_close(&w);
	}
}

/* ---- segments, limits, types --------------------------------------------------------------------------------- */

static const struct {
	const char *row;
	size_t len;
	uint8_t offset[16]; /* an expression without its end */
	enum ew_status load, link;
} offset_of[] = {
	{"inside", CODE_OF(I64_CONST(5)), EW_OK, EW_OK},
	{"i32", CODE_OF(I32_CONST(5)), EW_ERR_INVALID, EW_OK},
	{"last byte", CODE_OF(0x42, 0xff, 0xff, 3), EW_OK, EW_OK},
	{"past the end", CODE_OF(0x42, 0x80, 0x80, 4), EW_OK, EW_ERR_TRAP},
	{"2^32", CODE_OF(0x42, 0x80, 0x80, 0x80, 0x80, 0x10), EW_OK, EW_ERR_TRAP},
	{"-1", CODE_OF(I64_CONST(-1)), EW_OK, EW_ERR_TRAP},
#if EW_CONFIG_EXTENDED_CONST
	{"sum", CODE_OF(I64_CONST(2), I64_CONST(3), 0x7c), EW_OK, EW_OK},
#endif
};

static void test_segments(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(offset_of); i++) {
		enum ew_status st;
		struct wrun w;

		wrun_init(&w);
		put_memory64(&w.m, 1, 1);
		wb_u8(&w.m.datas.body, 0);
		wb_put(&w.m.datas.body, offset_of[i].offset, offset_of[i].len);
		wb_put(&w.m.datas.body, CODE(OP_END, 1, 'x'));
		w.m.datas.count++;
		st = wrun_load(&w);
		check_status(offset_of[i].row, st, offset_of[i].load);
		if (st == EW_OK)
			check_status(offset_of[i].row, wrun_link(&w), offset_of[i].link);
		wrun_close(&w);
	}
}

static const struct {
	const char *row;
	size_t len;
	uint8_t type[24];
	enum ew_status want, disabled;
	const char *says; /* when it is not disabled, or NULL */
} types[] = {
	{"no maximum", CODE_OF(IS64, 1), EW_OK, EW_ERR_UNSUPPORTED, NULL},
	{"maximum", CODE_OF(IS64 | MAX, 1, 2), EW_OK, EW_ERR_UNSUPPORTED, NULL},
	{"maximum 2^32", CODE_OF(IS64 | MAX, 1, 0x80, 0x80, 0x80, 0x80, 0x10), EW_OK, EW_ERR_UNSUPPORTED, NULL},
	{"maximum 2^48", CODE_OF(IS64 | MAX, 1, LEB10((uint64_t)1 << 48)), EW_OK, EW_ERR_UNSUPPORTED, NULL},
	{"maximum 2^48 + 1", CODE_OF(IS64 | MAX, 1, LEB10(((uint64_t)1 << 48) + 1)), EW_ERR_INVALID, EW_ERR_UNSUPPORTED, "at most 281474976710656 pages"},
	{"minimum 2^48 + 1", CODE_OF(IS64, LEB10(((uint64_t)1 << 48) + 1)), EW_ERR_INVALID, EW_ERR_UNSUPPORTED, "at most"},
	{"minimum above maximum", CODE_OF(IS64 | MAX, 0x80, 0x80, 0x80, 0x80, 0x10, 1), EW_ERR_INVALID, EW_ERR_UNSUPPORTED, "4294967296, 1"},
	{"2^64", CODE_OF(IS64, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2), EW_ERR_MALFORMED, EW_ERR_UNSUPPORTED, "too large"},
	{"of 11 bytes", CODE_OF(IS64, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0), EW_ERR_MALFORMED, EW_ERR_UNSUPPORTED, "too long"},
	{"pages of 1", CODE_OF(IS64 | 8, 5, 0), EW_OK, EW_ERR_UNSUPPORTED, NULL},
	{"pages of 1, maximum 2^64 - 1", CODE_OF(IS64 | 8 | MAX, 5, LEB10(UINT64_MAX), 0), EW_OK, EW_ERR_UNSUPPORTED, NULL},
	{"shared", CODE_OF(2 | MAX, 1, 1), EW_ERR_MALFORMED, EW_ERR_MALFORMED, "threads"},
	{"shared and 64", CODE_OF(IS64 | 2 | MAX, 1, 1), EW_ERR_MALFORMED, EW_ERR_MALFORMED, "limits flags 0x07"},
	{"as ever", CODE_OF(MAX, 0, 1), EW_OK, EW_OK, NULL},
};

static void test_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ROWS(types); i++) {
		size_t k = i / 2;
		struct wrun w;

		if (!EW_CONFIG_CUSTOM_PAGE_SIZES && types[k].type[0] & 8)
			continue;
		wrun_init(&w);
		wb_put(&w.m.memories.body, types[k].type, types[k].len);
		w.m.memories.count = w.m.memory_count = 1;
		w.load.disable = i % 2 ? EW_FEATURE_MEMORY64 : 0;
		check_status(types[k].row, wrun_load(&w), i % 2 ? types[k].disabled : types[k].want);
		if (i % 2 && types[k].disabled == EW_ERR_UNSUPPORTED)
			check_has(types[k].row, w.err.text, "64-bit memories and tables are disabled");
		else if (types[k].says)
			check_has(types[k].row, w.err.text, types[k].says);
		wrun_close(&w);
	}
}

/* What is declared is not what there is: refused before anything is asked of the allocator. */
static void test_limits(void **state)
{
	static const struct {
		const char *row;
		uint64_t min;
		uint32_t pages;
		uint64_t bytes;
		enum ew_status want;
	} rows[] = {
		{"at the limit", 2, 2, 0, EW_OK},
		{"above", 3, 2, 0, EW_ERR_LIMIT},
		{"at the limit in bytes", 1, 2, 65536, EW_OK},
		{"above in bytes", 1, 2, 65535, EW_ERR_LIMIT},
		{"2^48 pages", (uint64_t)1 << 48, UINT32_MAX, 0, EW_ERR_LIMIT},
		{"2^32 - 1 pages", UINT32_MAX, UINT32_MAX, 0, EW_ERR_NOMEM},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct wrun w;

		wrun_init(&w);
		put_memory64(&w.m, rows[i].min, UINT64_MAX);
		w.link.max_memory_pages = rows[i].pages;
		w.link.max_memory_bytes = rows[i].bytes;
		check_status(rows[i].row, wrun_load(&w), EW_OK);
		check_status(rows[i].row, wrun_link(&w), rows[i].want);
		wrun_close(&w);
	}
}

/* Addresses of the wrong type. */
static const struct {
	const char *row, *signature;
	size_t len;
	uint8_t code[16];
	enum ew_status want;
} refused[] = {
	{"load at i64", "(I)i", CODE_OF(LOCAL_GET(0), 0x28, 2, 0), EW_OK},
	{"load at i32", "(i)i", CODE_OF(LOCAL_GET(0), 0x28, 2, 0), EW_ERR_INVALID},
	{"store at i32", "(i)", CODE_OF(LOCAL_GET(0), LOCAL_GET(0), 0x36, 2, 0), EW_ERR_INVALID},
	{"load of the other at i64", "(I)i", CODE_OF(LOCAL_GET(0), 0x28, MEM | 2, 1, 0), EW_ERR_INVALID},
	{"load of the other at i32", "(i)i", CODE_OF(LOCAL_GET(0), 0x28, MEM | 2, 1, 0), EW_OK},
	{"offset of 2^32 in the other", "(i)i", CODE_OF(LOCAL_GET(0), 0x28, MEM | 2, 1, 0x80, 0x80, 0x80, 0x80, 0x10), EW_ERR_MALFORMED},
	{"size is i64", "()i", CODE_OF(0x3f, 0), EW_ERR_INVALID},
	{"grow by i32", "(i)I", CODE_OF(LOCAL_GET(0), 0x40, 0), EW_ERR_INVALID},
	{"copy of i64 to the other", "(iII)", CODE_OF(F3, 0xfc, 0x0a, 1, 0), EW_ERR_INVALID},
	{"table.get at i32", "(i)i", CODE_OF(LOCAL_GET(0), 0x25, 0, 0xd1), EW_ERR_INVALID},
	{"table.size is i64", "()i", CODE_OF(0xfc, 0x10, 0), EW_ERR_INVALID},
	{"call_indirect at i32", "(i)i", CODE_OF(LOCAL_GET(0), CALL_INDIRECT(NUMBER_TYPE, 0)), EW_ERR_INVALID},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(refused); i++) {
		struct wrun w;

		wrun_init(&w);
		wmod_func(&w.m, "()i", "", CODE(I32_CONST(11)));
		put_table64(&w.m, T_FUNC, 1, 1);
		put_memory64(&w.m, 1, 1);
		wmod_memory(&w.m, 1, 1);
		wmod_func(&w.m, refused[i].signature, "", refused[i].code, refused[i].len);
		check_status(refused[i].row, wrun_load(&w), refused[i].want);
		wrun_close(&w);
	}
}

/* ---- imports and exports ---------------------------------------------------------------------------------------- */

static void import_one(struct wmod *m, uint8_t kind, uint8_t flags)
{
	struct wbytes *b = &m->imports.body;

	wb_name(b, "m");
	wb_name(b, "x");
	wb_u8(b, kind);
	if (kind == EW_EXTERN_TABLE)
		wb_u8(b, T_EXTERN);
	wb_put(b, CODE((uint8_t)(flags | MAX), 1, 2));
	m->imports.count++;
	*(kind == EW_EXTERN_TABLE ? &m->table_count : &m->memory_count) += 1;
}

/* Each kind of object for each kind of import: only equals fit. */
static void test_links(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		bool table = i & 1, wide = i & 2, want_wide = i & 4;
		struct ew_import im = {.module = "m", .name = "x", .kind = table ? EW_EXTERN_TABLE : EW_EXTERN_MEMORY};
		struct ew_extern_type type;
		struct wrun w;

		wrun_init(&w);
		if (table)
			assert_int_equal((wide ? ew_table_create64(&im.u.table, EW_EXTERNREF, 1, 2, &w.mem.alloc)
					       : ew_table_create(&im.u.table, EW_EXTERNREF, 1, 2, &w.mem.alloc)), EW_OK);
		else
			assert_int_equal((wide ? ew_memory_create64(&im.u.memory, 1, 2, &w.mem.alloc)
					       : ew_memory_create(&im.u.memory, 1, 2, &w.mem.alloc)), EW_OK);
		import_one(&w.m, (uint8_t)im.kind, want_wide ? IS64 : 0);
		wmod_export(&w.m, "x", table ? WMOD_TABLE : WMOD_MEMORY, 0);
		w.link.imports = &im;
		w.link.import_count = 1;
		assert_int_equal(wrun_load(&w), EW_OK);
		assert_int_equal(ew_module_export(w.module, 0, &type), EW_OK);
		assert_true(type.index64 == want_wide && type.min == 1 && type.max == 2);
		assert_int_equal(wrun_link(&w), wide == want_wide ? EW_OK : EW_ERR_UNLINKABLE);
		if (wide != want_wide)
			check_has("link", w.err.text, wide ? "(i64)" : " (i64), got");
		else
			ew_instance_destroy(w.instance);
		w.instance = NULL;
		if (table)
			ew_table_destroy(im.u.table);
		else
			ew_memory_destroy(im.u.memory);
		wrun_close(&w);
	}
}

static void test_create(void **state)
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_memory *m;
	struct ew_table *t;

	(void)state;
	assert_int_equal(ew_memory_create64(&m, 2, 1, &alloc), EW_ERR_INVAL);
	assert_int_equal(ew_memory_create64(&m, 0, ((uint64_t)1 << 48) + 1, &alloc), EW_ERR_INVAL);
	assert_int_equal(ew_memory_create64(&m, (uint64_t)1 << 48, UINT64_MAX, &alloc), EW_ERR_LIMIT);
	assert_null(m);
	assert_int_equal(ew_memory_create64(&m, 0, (uint64_t)1 << 48, &alloc), EW_OK);
	assert_int_equal(ew_memory_grow(m, (uint64_t)EW_MAX_MEMORY_PAGES + 1), EW_ERR_LIMIT);
	ew_memory_destroy(m);
	assert_int_equal(ew_table_create64(&t, EW_FUNCREF, 2, 1, &alloc), EW_ERR_INVAL);
	assert_int_equal(ew_table_create64(&t, EW_FUNCREF, (uint64_t)1 << 32, UINT64_MAX, &alloc), EW_ERR_LIMIT);
	assert_null(t);
	assert_int_equal(ew_table_create64(&t, EW_FUNCREF, 3, UINT64_MAX, &alloc), EW_OK);
	assert_int_equal(ew_table_size(t), 3);
	ew_table_destroy(t);
}

/* A table says it for itself. */
static void test_disabled_table(void **state)
{
	struct wrun w;

	(void)state;
	wrun_init(&w);
	put_table64(&w.m, T_FUNC, 1, 1);
	w.load.disable = EW_FEATURE_MEMORY64;
	assert_int_equal(wrun_load(&w), EW_ERR_UNSUPPORTED);
	check_has("table", w.err.text, "64-bit memories and tables are disabled");
	wrun_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accesses), cmocka_unit_test(test_offsets),  cmocka_unit_test(test_large),
		cmocka_unit_test(test_grow),	 cmocka_unit_test(test_ranges),	  cmocka_unit_test(test_tables),
		cmocka_unit_test(test_segments), cmocka_unit_test(test_types),	  cmocka_unit_test(test_limits),
		cmocka_unit_test(test_refused),	 cmocka_unit_test(test_links),	  cmocka_unit_test(test_create),
		cmocka_unit_test(test_disabled_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

/* Compiled away: refused by name, and the host cannot make any. */
static void test_closed(void **state)
{
	struct ew_memory *memory;
	struct ew_table *table;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wb_put(&w.m.memories.body, CODE(4, 1));
	w.m.memories.count = 1;
	assert_int_equal(wrun_load(&w), EW_ERR_UNSUPPORTED);
	check_has("memory", w.err.text, "64-bit memories and tables are disabled");
	assert_int_equal(ew_memory_create64(&memory, 0, 1, &w.mem.alloc), EW_ERR_UNSUPPORTED);
	assert_int_equal(ew_table_create64(&table, EW_FUNCREF, 0, 1, &w.mem.alloc), EW_ERR_UNSUPPORTED);
	assert_true(!memory && !table);
	wrun_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_closed)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
