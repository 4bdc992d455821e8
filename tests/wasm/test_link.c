/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_link.c - imports of every kind: what fits, what does not, and the words for it. */
#include "wrun.h"

static enum ew_status give_seven(void *user, struct ew_instance *caller, union ew_value *values)
{
	(void)user;
	(void)caller;
	values[0].i32 = 7;
	return EW_OK;
}

/* What a row imports, as the module declares it. */
enum wanted { FUNC_I_I, MEMORY_2_4, MEMORY_2, TABLE_FUNC_3_5, TABLE_EXTERN_3, GLOBAL_I32, GLOBAL_I64_VAR };

/* What the host offers under the name. */
enum offered {
	NOTHING, HOST_I_I, HOST_I_V, HOST_V_I, HOST_BAD_TEXT, GUEST_I_I, GUEST_II_I,
	MEM_2_4, MEM_3_4, MEM_1_4, MEM_2_5, MEM_2_NONE, MEM_2_3,
	TAB_3_5, TAB_4_4, TAB_2_5, TAB_3_6, TAB_3_NONE, TAB_EXTERN_3,
	GLO_I32, GLO_I32_VAR, GLO_I64, GLO_I64_VAR
};

static const struct {
	const char *row;
	enum wanted wanted;
	enum offered offered;
	bool links;
} rows[] = {
	{"host function", FUNC_I_I, HOST_I_I, true},
	{"host function without result", FUNC_I_I, HOST_I_V, false},
	{"host function without parameter", FUNC_I_I, HOST_V_I, false},
	{"host function with a bad signature text", FUNC_I_I, HOST_BAD_TEXT, false},
	{"guest function", FUNC_I_I, GUEST_I_I, true},
	{"guest function of another type", FUNC_I_I, GUEST_II_I, false},
	{"nothing for a function", FUNC_I_I, NOTHING, false},
	{"memory for a function", FUNC_I_I, MEM_2_4, false},
	{"global for a function", FUNC_I_I, GLO_I32, false},
	{"memory as declared", MEMORY_2_4, MEM_2_4, true},
	{"memory with more pages", MEMORY_2_4, MEM_3_4, true},
	{"memory with fewer pages", MEMORY_2_4, MEM_1_4, false},
	{"memory with a larger maximum", MEMORY_2_4, MEM_2_5, false},
	{"memory with a smaller maximum", MEMORY_2_4, MEM_2_3, true},
	{"memory without maximum", MEMORY_2_4, MEM_2_NONE, false},
	{"memory with a maximum where none is asked", MEMORY_2, MEM_2_4, true},
	{"memory without maximum where none is asked", MEMORY_2, MEM_2_NONE, true},
	{"function for a memory", MEMORY_2_4, HOST_I_I, false},
	{"nothing for a memory", MEMORY_2_4, NOTHING, false},
	{"table as declared", TABLE_FUNC_3_5, TAB_3_5, true},
	{"table with more entries", TABLE_FUNC_3_5, TAB_4_4, true},
	{"table with fewer entries", TABLE_FUNC_3_5, TAB_2_5, false},
	{"table with a larger maximum", TABLE_FUNC_3_5, TAB_3_6, false},
	{"table without maximum", TABLE_FUNC_3_5, TAB_3_NONE, false},
	{"table of the other type", TABLE_FUNC_3_5, TAB_EXTERN_3, false},
	{"externref table", TABLE_EXTERN_3, TAB_EXTERN_3, true},
	{"funcref table for externref", TABLE_EXTERN_3, TAB_3_NONE, false},
	{"memory for a table", TABLE_FUNC_3_5, MEM_2_4, false},
	{"global", GLOBAL_I32, GLO_I32, true},
	{"variable global for a constant", GLOBAL_I32, GLO_I32_VAR, false},
	{"global of another type", GLOBAL_I32, GLO_I64, false},
	{"variable global", GLOBAL_I64_VAR, GLO_I64_VAR, true},
	{"constant global for a variable", GLOBAL_I64_VAR, GLO_I64, false},
	{"table for a global", GLOBAL_I32, TAB_3_5, false},
	{"nothing for a global", GLOBAL_I32, NOTHING, false},
};

static void build_wanted(struct wmod *m, enum wanted wanted)
{
	switch (wanted) {
	case FUNC_I_I: wmod_import_func(m, "the_module", "the_name", "(i)i"); break;
	case MEMORY_2_4: wmod_import_memory(m, "the_module", "the_name", 2, 4); break;
	case MEMORY_2: wmod_import_memory(m, "the_module", "the_name", 2, WMOD_NO_MAX); break;
	case TABLE_FUNC_3_5: wmod_import_table(m, "the_module", "the_name", T_FUNC, 3, 5); break;
	case TABLE_EXTERN_3: wmod_import_table(m, "the_module", "the_name", T_EXTERN, 3, WMOD_NO_MAX); break;
	case GLOBAL_I32: wmod_import_global(m, "the_module", "the_name", T_I32, 0); break;
	case GLOBAL_I64_VAR: wmod_import_global(m, "the_module", "the_name", T_I64, 1); break;
	}
}

/* Makes what is offered; what needs destroying afterwards is found by kind. */
static void offer(struct ew_import *in, enum offered what, struct wrun *guest, const struct ew_alloc *alloc)
{
	static const struct {
		enum offered what;
		uint32_t min, max;
	} limits[] = {
		{MEM_2_4, 2, 4}, {MEM_3_4, 3, 4}, {MEM_1_4, 1, 4}, {MEM_2_5, 2, 5}, {MEM_2_NONE, 2, UINT32_MAX},
		{MEM_2_3, 2, 3}, {TAB_3_5, 3, 5}, {TAB_4_4, 4, 4}, {TAB_2_5, 2, 5}, {TAB_3_6, 3, 6},
		{TAB_3_NONE, 3, UINT32_MAX}, {TAB_EXTERN_3, 3, UINT32_MAX},
	};
	enum ew_status status = EW_OK;
	union ew_value zero = {0};

	in->module = "the_module";
	in->name = "the_name";
	for (size_t i = 0; i < ROWS(limits); i++) {
		if (limits[i].what != what)
			continue;
		if (what <= MEM_2_3) {
			in->kind = EW_EXTERN_MEMORY;
			status = ew_memory_create(&in->u.memory, limits[i].min, limits[i].max, alloc);
		} else {
			in->kind = EW_EXTERN_TABLE;
			status = ew_table_create(&in->u.table, what == TAB_EXTERN_3 ? EW_EXTERNREF : EW_FUNCREF,
						 limits[i].min, limits[i].max, alloc);
		}
	}
	if (what >= HOST_I_I && what <= HOST_BAD_TEXT) {
		static const char *const signatures[] = {"(i)i", "(i)", "()i", "(i"};

		in->kind = EW_EXTERN_FUNC;
		in->u.host.fn = give_seven;
		in->u.host.signature = signatures[what - HOST_I_I];
	} else if (what == GUEST_I_I || what == GUEST_II_I) {
		in->kind = EW_EXTERN_FUNC;
		in->from_instance = true;
		in->u.func = wrun_func(guest, what == GUEST_I_I ? "one" : "two", NULL);
	} else if (what >= GLO_I32) {
		in->kind = EW_EXTERN_GLOBAL;
		status = ew_global_create(&in->u.global, what >= GLO_I64 ? EW_I64 : EW_I32,
					  what == GLO_I32_VAR || what == GLO_I64_VAR, zero, alloc);
	}
	assert_int_equal(status, EW_OK);
}

static void destroy_offer(const struct ew_import *in)
{
	switch (in->kind) {
	case EW_EXTERN_FUNC: break;
	case EW_EXTERN_TABLE: ew_table_destroy(in->u.table); break;
	case EW_EXTERN_MEMORY: ew_memory_destroy(in->u.memory); break;
	case EW_EXTERN_GLOBAL: ew_global_destroy(in->u.global); break;
	case EW_EXTERN_TAG: ew_tag_destroy(in->u.tag); break;
	}
}

static void test_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_import in[2] = {{.module = "the_module", .name = "another_name", .kind = EW_EXTERN_FUNC,
					   .u.host = {"()", give_seven, NULL}}};
		struct wrun guest, w;
		enum ew_status got;

		wrun_init(&guest);
		wmod_func(&guest.m, "(i)i", "", CODE(LOCAL_GET(0)));
		wmod_func(&guest.m, "(ii)i", "", CODE(LOCAL_GET(0)));
		wmod_export(&guest.m, "one", WMOD_FUNC, 0);
		wmod_export(&guest.m, "two", WMOD_FUNC, 1);
		wrun_open(&guest);
		wrun_init(&w);
		build_wanted(&w.m, rows[i].wanted);
		w.exec = guest.exec;
		check_status(rows[i].row, wrun_load(&w), EW_OK);
		w.link.imports = in;
		w.link.import_count = 1;
		if (rows[i].offered != NOTHING) {
			offer(&in[1], rows[i].offered, &guest, &w.mem.alloc);
			w.link.import_count = 2;
		}
		got = wrun_link(&w);
		check_status(rows[i].row, got, rows[i].links ? EW_OK : EW_ERR_UNLINKABLE);
		if (!rows[i].links) {
			check_true(rows[i].row, w.instance == NULL);
			check_status(rows[i].row, w.err.status, EW_ERR_UNLINKABLE);
			check_has(rows[i].row, w.err.text, "the_module");
			check_has(rows[i].row, w.err.text, "the_name");
			if (rows[i].offered == NOTHING)
				check_has(rows[i].row, w.err.text, "unknown import");
			if (rows[i].offered == HOST_I_V) /* both signatures */
				check_has(rows[i].row, w.err.text, "expects (i)i, got (i)");
		}
		if (w.instance)
			ew_instance_destroy(w.instance);
		w.instance = NULL;
		if (guest.instance)
			ew_instance_destroy(guest.instance);
		guest.instance = NULL;
		destroy_offer(&in[1]);
		w.exec = NULL;
		wrun_close(&w);
		wrun_close(&guest);
	}
}

/* ---- the resolver ---- */

struct resolver {
	const char *refuse; /* a name that is not granted */
	char asked[8][16];
	int count;
};

static enum ew_status resolve(void *user, const struct ew_extern_type *want, struct ew_import *out,
			      struct ew_error *err)
{
	struct resolver *r = user;

	snprintf(r->asked[r->count++], sizeof(r->asked[0]), "%.*s", (int)want->name_len, want->name);
	if (r->refuse && want->name_len == strlen(r->refuse) && memcmp(want->name, r->refuse, want->name_len) == 0) {
		if (err && err->status == EW_OK) {
			err->status = EW_ERR_DENIED;
			snprintf(err->text, sizeof(err->text), "env.%s needs capability SECRET", r->refuse);
		}
		return EW_ERR_DENIED;
	}
	if (want->name_len == 4 && memcmp(want->name, "none", 4) == 0)
		return EW_ERR_NOENT;
	assert_int_equal(want->kind, EW_EXTERN_FUNC);
	assert_int_equal(want->param_count, 0);
	assert_int_equal(want->result_count, 1);
	assert_int_equal(want->results[0], EW_I32);
	out->kind = EW_EXTERN_FUNC;
	out->u.host.signature = "()i";
	out->u.host.fn = give_seven;
	return EW_OK;
}

static void open_resolved(struct wrun *w, struct resolver *r, const struct ew_import *in, size_t count,
			  const char *last)
{
	wrun_init(w);
	wmod_import_func(&w->m, "env", "a", "()i");
	wmod_import_func(&w->m, "env", "b", "()i");
	wmod_import_func(&w->m, "env", last, "()i");
	wmod_func(&w->m, "()i", "", CODE(CALL(0), CALL(1), 0x6a, CALL(2), 0x6a));
	wmod_export(&w->m, "sum", WMOD_FUNC, 3);
	assert_int_equal(wrun_load(w), EW_OK);
	w->link.imports = in;
	w->link.import_count = count;
	w->link.resolve = resolve;
	w->link.resolve_user = r;
}

static enum ew_status give_user(void *user, struct ew_instance *caller, union ew_value *values)
{
	(void)caller;
	values[0].i32 = *(int *)user;
	return EW_OK;
}

/* The array comes first; what it lacks is asked for, in order, by its full type. */
static void test_resolver(void **state)
{
	int hundred = 100;
	const struct ew_import in[] = {
		{.module = "env", .name = "b", .u.host = {"()i", give_user, &hundred}},
	};
	struct resolver r = {0};
	struct wrun w;

	(void)state;
	open_resolved(&w, &r, in, 1, "c");
	assert_int_equal(wrun_link(&w), EW_OK);
	assert_int_equal(r.count, 2);
	assert_string_equal(r.asked[0], "a");
	assert_string_equal(r.asked[1], "c");
	assert_int_equal(wrun_i32(&w, "sum", 0, 0), 114);
	wrun_close(&w);
}

static void test_resolver_says_no(void **state)
{
	struct resolver r = {0};
	struct wrun w;

	(void)state;
	open_resolved(&w, &r, NULL, 0, "none");
	assert_int_equal(wrun_link(&w), EW_ERR_UNLINKABLE);
	check_has("none", w.err.text, "unknown import");
	check_has("none", w.err.text, "env");
	check_has("none", w.err.text, "none");
	wrun_close(&w);

	r = (struct resolver){.refuse = "b"};
	open_resolved(&w, &r, NULL, 0, "c");
	assert_int_equal(wrun_link(&w), EW_ERR_UNLINKABLE);
	check_has("denied", w.err.text, "env.b needs capability SECRET");
	assert_null(w.instance);
	wrun_close(&w);
}

/* An entry without a name takes every name of its module; the first that fits wins. */
static void test_wildcard(void **state)
{
	int one = 1, ten = 10;
	const struct ew_import in[] = {
		{.module = "env", .name = "c", .u.host = {"()i", give_user, &ten}},
		{.module = "other", .name = NULL, .u.host = {"()i", give_seven, NULL}},
		{.module = "env", .name = NULL, .u.host = {"()i", give_user, &one}},
	};
	struct resolver r = {0};
	struct wrun w;

	(void)state;
	open_resolved(&w, &r, in, 3, "c");
	assert_int_equal(wrun_link(&w), EW_OK);
	assert_int_equal(r.count, 0);
	assert_int_equal(wrun_i32(&w, "sum", 0, 0), 12);
	wrun_close(&w);
}

/* Imports are shared, not copied: what one side writes the other reads. */
static void test_shared_state(void **state)
{
	struct ew_import in[3] = {
		{.module = "e", .name = "m", .kind = EW_EXTERN_MEMORY},
		{.module = "e", .name = "g", .kind = EW_EXTERN_GLOBAL},
		{.module = "e", .name = "t", .kind = EW_EXTERN_TABLE},
	};
	union ew_value v = {.i64 = 41};
	struct ew_table *exported;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_import_memory(&w.m, "e", "m", 1, WMOD_NO_MAX);
	wmod_import_global(&w.m, "e", "g", T_I64, 1);
	wmod_import_table(&w.m, "e", "t", T_EXTERN, 2, WMOD_NO_MAX);
	wmod_func(&w.m, "()i", "", /* g += 1; mem[8] = 99; table[1] = table[0]; pages */
		  CODE(GLOBAL_GET(0), I64_CONST(1), 0x7c, GLOBAL_SET(0), I32_CONST(8), I32_CONST5(99), 0x36, 2, 0,
		       I32_CONST(1), I32_CONST(0), 0x25, 0, 0x26, 0, 0x3f, 0));
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	wmod_export(&w.m, "t", WMOD_TABLE, 0);
	assert_int_equal(ew_memory_create(&in[0].u.memory, 1, 5, &w.mem.alloc), EW_OK);
	assert_int_equal(ew_global_create(&in[1].u.global, EW_I64, true, v, &w.mem.alloc), EW_OK);
	assert_int_equal(ew_table_create(&in[2].u.table, EW_EXTERNREF, 2, 9, &w.mem.alloc), EW_OK);
	v.ref = &w;
	assert_int_equal(ew_table_set(in[2].u.table, 0, v), EW_OK);
	assert_int_equal(ew_memory_grow(in[0].u.memory, 1), EW_OK);
	w.link.imports = in;
	w.link.import_count = 3;
	wrun_open(&w);
	assert_int_equal(wrun_i32(&w, "f", 0, 0), 2);
	assert_int_equal(*(uint8_t *)ew_memory_span(in[0].u.memory, 8, 1), 99);
	assert_int_equal(ew_global_get(in[1].u.global).i64, 42);
	assert_int_equal(ew_table_get(in[2].u.table, 1, &v), EW_OK);
	assert_ptr_equal(v.ref, &w);
	assert_int_equal(ew_table_find(w.instance, "t", &exported), EW_OK);
	assert_ptr_equal(exported, in[2].u.table);
	assert_ptr_equal(ew_instance_memory(w.instance), in[0].u.memory);
	ew_instance_destroy(w.instance);
	w.instance = NULL;
	ew_memory_destroy(in[0].u.memory);
	ew_global_destroy(in[1].u.global);
	ew_table_destroy(in[2].u.table);
	wrun_close(&w);
}

static enum ew_status note_caller(void *user, struct ew_instance *caller, union ew_value *values)
{
	*(void **)user = ew_instance_user(caller);
	values[0].i32 = (int32_t)ew_memory_size(ew_instance_memory(caller));
	return EW_OK;
}

/* The host function learns who called, with its own pointer beside the binding's. */
static void test_caller(void **state)
{
	void *seen = NULL;
	int mine;
	const struct ew_import in[] = {{.module = "env", .name = "f", .u.host = {"()i", note_caller, &seen}}};
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_import_func(&w.m, "env", "f", "()i");
	wmod_memory(&w.m, 3, WMOD_NO_MAX);
	wmod_func(&w.m, "()i", "", CODE(CALL(0)));
	wmod_export(&w.m, "f", WMOD_FUNC, 1);
	wmod_export(&w.m, "direct", WMOD_FUNC, 0);
	w.link.imports = in;
	w.link.import_count = 1;
	w.link.user = &mine;
	wrun_open(&w);
	assert_int_equal(wrun_i32(&w, "f", 0, 0), 3 * 65536);
	assert_ptr_equal(seen, &mine);
	seen = NULL;
	assert_int_equal(wrun_i32(&w, "direct", 0, 0), 3 * 65536); /* a host function that is exported again */
	assert_ptr_equal(seen, &mine);
	assert_ptr_equal(ew_instance_user(w.instance), &mine);
	assert_ptr_equal(ew_instance_module(w.instance), w.module);
	assert_ptr_equal(ew_instance_exec(w.instance), w.exec);
	wrun_close(&w);
}

/* Without an executor of the host's the instance makes its own, and gives it back. */
static void test_own_exec(void **state)
{
	struct ew_instance *i;
	struct wrun w;
	union ew_value v;
	struct ew_func *f;

	(void)state;
	wrun_init(&w);
	wmod_func(&w.m, "()i", "", CODE(I32_CONST(3)));
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	assert_int_equal(wrun_load(&w), EW_OK);
	assert_int_equal(ew_instance_create(&i, w.module, NULL, &w.mem.alloc, NULL, NULL), EW_OK);
	assert_non_null(ew_instance_exec(i));
	assert_int_equal(ew_func_find(i, "f", "()i", &f), EW_OK);
	assert_int_equal(ew_call(f, &v), EW_OK);
	assert_int_equal(v.i32, 3);
	assert_null(ew_instance_memory(i));
	ew_instance_destroy(i);
	wrun_close(&w);
}

/* ew_instance_size counts what the allocator counted, memory excluded. */
static void test_size(void **state)
{
	struct wrun w;
	size_t before;

	(void)state;
	wrun_init(&w);
	wmod_memory(&w.m, 2, WMOD_NO_MAX);
	wmod_table(&w.m, T_FUNC, 10, WMOD_NO_MAX);
	wmod_global(&w.m, T_I32, 1, CODE(I32_CONST(1)));
	wmod_func(&w.m, "()i", "", CODE(I32_CONST(3)));
	assert_int_equal(wrun_load(&w), EW_OK);
	assert_int_equal(ew_exec_create(&w.exec, NULL, &w.mem.alloc), EW_OK);
	before = w.mem.live_bytes;
	assert_int_equal(wrun_link(&w), EW_OK);
	assert_int_equal(ew_instance_size(w.instance), w.mem.live_bytes - before - 2 * 65536);
	wrun_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),	      cmocka_unit_test(test_resolver),
		cmocka_unit_test(test_resolver_says_no), cmocka_unit_test(test_wildcard),
		cmocka_unit_test(test_shared_state),  cmocka_unit_test(test_caller),
		cmocka_unit_test(test_own_exec),      cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests_name("wasm/link", tests, NULL, NULL);
}
