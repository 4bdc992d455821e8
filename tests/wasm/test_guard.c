/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_guard.c - modules without bounds checks: whatever is out of bounds ends as it does with checks, trap, words,
 * place, backtrace, fuel and memory alike; and what such modules need of the host.  The spec suite runs so in
 * test_spec.c.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include "edgewasm/debug.h"
#include "edgewasm/guard.h"
#include "edgewasm/snapshot.h"
#include "wrun.h"

#if EW_CONFIG_GUARD

static sigjmp_buf foreign;
static volatile sig_atomic_t guest_faults;

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)number;
	if (!ew_guard_fault(info, context))
		siglongjmp(foreign, 1);
	guest_faults++;
}

/* cmocka has handlers of its own while a test runs: each test begins with this. */
static void catch_faults(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = on_fault;
	action.sa_flags = SA_SIGINFO;
	sigemptyset(&action.sa_mask);
	sigaction(SIGSEGV, &action, NULL);
}

/*
 * A host's own allocator over ew_guard_alloc(): blocks are kept and given out again, since an emulator may take a second
 * and a gigabyte for each that the system gives.
 */
#define KEPT 4
#define KEPT_BYTES 65536

static uint8_t *kept[KEPT];

static void *kept_resize(void *ctx, void *block, size_t old_bytes, size_t new_bytes)
{
	struct ew_alloc a = ew_guard_alloc();

	(void)ctx;
	if (block && new_bytes != 0)
		return a.resize(a.ctx, block, old_bytes, new_bytes);
	for (int k = 0; k < KEPT; k++) {
		if (!block && kept[k] && (block = a.resize(a.ctx, kept[k], KEPT_BYTES, new_bytes)) != NULL) {
			kept[k] = NULL;
			return block;
		}
		if (block && !kept[k]) {
			kept[k] = a.resize(a.ctx, block, old_bytes, KEPT_BYTES);
			memset(kept[k], 0, KEPT_BYTES);
			return NULL;
		}
	}
	return a.resize(a.ctx, block, old_bytes, new_bytes);
}

static void unchecked(struct wrun *w)
{
	catch_faults();
	w->load.flags |= EW_MODULE_GUARD;
	w->link.guard = (struct ew_alloc){kept_resize, NULL};
}

/* ---- every access, with checks and without ---- */

struct access {
	const char *row;
	uint8_t op[4];
	uint8_t op_len, bytes;
	char value; /* what is stored, or 0: a load */
	char result;
};

static const struct access accesses[] = {
	{"i32.load", {0x28, 2}, 2, 4, 0, 'i'},	   {"i64.load", {0x29, 3}, 2, 8, 0, 'I'},
	{"f32.load", {0x2a, 2}, 2, 4, 0, 'f'},	   {"f64.load", {0x2b, 3}, 2, 8, 0, 'F'},
	{"i32.load8_s", {0x2c, 0}, 2, 1, 0, 'i'},  {"i32.load8_u", {0x2d, 0}, 2, 1, 0, 'i'},
	{"i32.load16_s", {0x2e, 0}, 2, 2, 0, 'i'}, {"i32.load16_u", {0x2f, 0}, 2, 2, 0, 'i'},
	{"i64.load8_s", {0x30, 0}, 2, 1, 0, 'I'},  {"i64.load8_u", {0x31, 0}, 2, 1, 0, 'I'},
	{"i64.load16_s", {0x32, 0}, 2, 2, 0, 'I'}, {"i64.load16_u", {0x33, 0}, 2, 2, 0, 'I'},
	{"i64.load32_s", {0x34, 0}, 2, 4, 0, 'I'}, {"i64.load32_u", {0x35, 0}, 2, 4, 0, 'I'},
	{"i32.store", {0x36, 2}, 2, 4, 'i', 0},	   {"i64.store", {0x37, 3}, 2, 8, 'I', 0},
	{"f32.store", {0x38, 2}, 2, 4, 'f', 0},	   {"f64.store", {0x39, 3}, 2, 8, 'F', 0},
	{"i32.store8", {0x3a, 0}, 2, 1, 'i', 0},   {"i32.store16", {0x3b, 1}, 2, 2, 'i', 0},
	{"i64.store8", {0x3c, 0}, 2, 1, 'I', 0},   {"i64.store16", {0x3d, 1}, 2, 2, 'I', 0},
	{"i64.store32", {0x3e, 2}, 2, 4, 'I', 0},
#if EW_CONFIG_SIMD
	{"v128.load", {0xfd, 0, 4}, 3, 16, 0, 'V'},	   {"v128.load8x8_u", {0xfd, 2, 3}, 3, 8, 0, 'V'},
	{"v128.load16x4_s", {0xfd, 3, 3}, 3, 8, 0, 'V'},   {"v128.load32x2_u", {0xfd, 6, 3}, 3, 8, 0, 'V'},
	{"v128.load8_splat", {0xfd, 7, 0}, 3, 1, 0, 'V'},  {"v128.load16_splat", {0xfd, 8, 1}, 3, 2, 0, 'V'},
	{"v128.load32_splat", {0xfd, 9, 2}, 3, 4, 0, 'V'}, {"v128.load64_splat", {0xfd, 10, 3}, 3, 8, 0, 'V'},
	{"v128.load32_zero", {0xfd, 92, 2}, 3, 4, 0, 'V'}, {"v128.load64_zero", {0xfd, 93, 3}, 3, 8, 0, 'V'},
	{"v128.store", {0xfd, 11, 4}, 3, 16, 'V', 0},
#endif
};

/* Where an address comes from: different handlers. */
enum form { FROM_LOCAL, FRESH, CONSTANT, BOTH_FRESH, AFTER_ANOTHER, FORMS };

static void put_value(struct wbytes *b, char type)
{
	switch (type) {
	case 'i': wb_put(b, CODE(LOCAL_GET(1), 0xa7)); break;
	case 'I': wb_put(b, CODE(LOCAL_GET(1))); break;
	case 'f': wb_put(b, CODE(LOCAL_GET(1), 0xa7, 0xbe)); break;
	case 'F': wb_put(b, CODE(LOCAL_GET(1), 0xbf)); break;
	case 'V': wb_put(b, CODE(LOCAL_GET(1), 0xfd, 18)); break; /* i64x2.splat */
	default: break;
	}
}

/* (i)result, or (iI) for a store: the address is the parameter. */
static void build(struct wrun *w, const struct access *a, enum form form, uint32_t address, uint32_t offset)
{
	const char result[] = {a->result, 0};
	struct wbytes b = {0};
	char signature[8] = "(iI)";

	strcat(signature, result);
	wrun_init(w);
	wmod_memory(&w->m, 1, 3);
	if (form == AFTER_ANOTHER) /* the last of a pair or triple */
		wb_put(&b, CODE(LOCAL_GET(0), 0x41, 1, 0x6a, LOCAL_SET(0), LOCAL_GET(0), 0x41, 1, 0x6b, LOCAL_SET(0)));
	if (form == CONSTANT)
		wb_put(&b, CODE(I32_CONST5(address)));
	else if (form == FRESH || form == BOTH_FRESH)
		wb_put(&b, CODE(LOCAL_GET(0), 0x41, 0, 0x6a));
	else
		wb_put(&b, CODE(LOCAL_GET(0)));
	put_value(&b, a->value);
	if (form == BOTH_FRESH && a->value == 'I')
		wb_put(&b, CODE(0x42, 0, 0x7c));
	wb_put(&b, a->op, a->op_len);
	wb_u32(&b, offset);
	wmod_func(&w->m, signature, "", b.p, b.len);
	wb_free(&b);
	wb_put(&b, CODE(LOCAL_GET(0), LOCAL_GET(1), CALL(0)));
	wmod_func(&w->m, signature, "", b.p, b.len);
	wb_free(&b);
	wmod_export(&w->m, "f", WMOD_FUNC, 1);
	wmod_data(&w->m, 65500, "0123456789abcdefghijklmnopqrstuvwxyz", 36);
}

struct seen {
	enum ew_status status;
	struct ew_trap trap;
	int64_t fuel;
	union ew_value v[2];
	uint8_t end[64]; /* of the memory */
};

static void observe(struct wrun *w, uint32_t address, struct seen *s)
{
	union ew_value v[4] = {{.u32 = address}, {.u64 = 0x8877665544332211}};

	memset(s, 0, sizeof(*s));
	wrun_open(w);
	ew_exec_set_fuel(w->exec, 1000);
	s->status = wrun_call(w, "f", v);
	s->fuel = ew_exec_fuel(w->exec);
	if (s->status == EW_ERR_TRAP)
		s->trap = *ew_exec_trap(w->exec);
	else
		memcpy(s->v, v, sizeof(s->v));
	for (uint32_t k = 0; k < s->trap.frame_count; k++)
		s->trap.frames[k].instance = NULL;
	memcpy(s->end, ew_memory_span(ew_instance_memory(w->instance), 65536 - 64, 64), 64);
	wrun_close(w);
}

static void compare(const char *row, const struct access *a, enum form form, uint32_t address, uint32_t offset)
{
	struct seen with, without;
	struct wrun w;
	char name[96];

	snprintf(name, sizeof(name), "%s, form %d, %u+%u", row, form, (unsigned)address, (unsigned)offset);
	build(&w, a, form, address, offset);
	observe(&w, address, &with);
	build(&w, a, form, address, offset);
	unchecked(&w);
	guest_faults = 0;
	observe(&w, address, &without);
	check_int(name, guest_faults, with.status == EW_ERR_TRAP); /* nobody checked */
	check_int(name, without.status, with.status);
	check_int(name, without.fuel, with.fuel);
	check_str(name, without.trap.text, with.trap.text);
	check_mem(name, &without.trap, &with.trap, sizeof(with.trap));
	check_mem(name, without.v, with.v, a->result == 'V' ? 16 : 8);
	check_mem(name, without.end, with.end, sizeof(with.end));
	check_int(name, with.status, (uint64_t)address + offset + a->bytes <= 65536 ? EW_OK : EW_ERR_TRAP);
}

static void test_every_access(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(accesses); i++) {
		const struct access *a = &accesses[i];
		const uint32_t at[][2] = {{0, 0}, {65536u - a->bytes, 0}, {65537u - a->bytes, 0}, {65535, 0}, {65536, 0},
					  {0, 65536u - a->bytes}, {0, 65537u - a->bytes}, {16, 65536}, {UINT32_MAX, 0},
					  {0, UINT32_MAX}, {UINT32_MAX, UINT32_MAX}, {0x80000000, 0x7fffffff}};

		for (size_t k = 0; k < ROWS(at); k++)
			for (int form = 0; form < FORMS; form++)
				compare(a->row, a, (enum form)form, at[k][0], at[k][1]);
	}
}

/* ---- memories that change ---- */

/* size() -> pages; grow(n) -> old; get(a), put(a) */
static void build_cells(struct wrun *w, uint32_t min)
{
	wrun_init(w);
	wmod_memory(&w->m, min, 3);
	wmod_func(&w->m, "(i)i", "", CODE(LOCAL_GET(0), 0x40, 0));
	wmod_func(&w->m, "(i)i", "", CODE(LOCAL_GET(0), 0x2d, 0, 0));
	wmod_func(&w->m, "(i)i", "", CODE(LOCAL_GET(0), 0x41, 7, 0x3a, 0, 0, 0x41, 1));
	wmod_export(&w->m, "grow", WMOD_FUNC, 0);
	wmod_export(&w->m, "get", WMOD_FUNC, 1);
	wmod_export(&w->m, "put", WMOD_FUNC, 2);
	wmod_export(&w->m, "memory", WMOD_MEMORY, 0);
	unchecked(w);
}

static void must_trap(struct wrun *w, const char *name, int32_t at)
{
	union ew_value v = {.i32 = at};

	assert_int_equal(wrun_call(w, name, &v), EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(w->exec)->code, EW_TRAP_MEMORY_BOUNDS);
}

static void test_grows_from_nothing(void **state)
{
	struct wrun w;

	(void)state;
	build_cells(&w, 0);
	wrun_open(&w);
	assert_true(ew_module_is_guarded(w.module));
	must_trap(&w, "get", 0);
	must_trap(&w, "put", -1);
	for (int32_t pages = 0; pages < 3; pages++) {
		assert_int_equal(wrun_i32(&w, "grow", 1, 0), pages);
		assert_int_equal(wrun_i32(&w, "get", pages * 65536, 0), 0);
		wrun_i32(&w, "put", pages * 65536 + 65535, 0);
		must_trap(&w, "get", (pages + 1) * 65536);
		must_trap(&w, "put", (pages + 1) * 65536);
	}
	assert_int_equal(wrun_i32(&w, "grow", 1, 0), -1);
	for (int32_t pages = 0; pages < 3; pages++)
		assert_int_equal(wrun_i32(&w, "get", pages * 65536 + 65535, 0), 7);
	wrun_close(&w);
}

/* What restoring takes away may not be touched any more, and is zero when it comes back. */
static void test_shrinks_when_restored(void **state)
{
	struct ew_snapshot *s;
	struct wrun w;

	(void)state;
	for (uint32_t min = 0; min < 2; min++) {
		build_cells(&w, min);
		wrun_open(&w);
		assert_int_equal(ew_snapshot_take(&s, w.instance, &w.mem.alloc, NULL), EW_OK);
		for (int round = 0; round < 2; round++) {
			assert_int_equal(wrun_i32(&w, "grow", 2, 0), min);
			assert_int_equal(wrun_i32(&w, "get", (int32_t)min * 65536 + 100, 0), 0);
			wrun_i32(&w, "put", (int32_t)min * 65536 + 100, 0);
			assert_int_equal(ew_snapshot_restore(w.instance, s), EW_OK);
			must_trap(&w, "get", (int32_t)min * 65536 + 100);
		}
		ew_snapshot_free(s);
		wrun_close(&w);
	}
}

/* A memory large enough to be had anew instead of cleared. */
static void test_renewed_when_restored(void **state)
{
	struct ew_snapshot *s;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_memory(&w.m, 40, WMOD_NO_MAX);
	wmod_func(&w.m, "(i)i", "", CODE(LOCAL_GET(0), 0x2d, 0, 0));
	wmod_func(&w.m, "(i)i", "", CODE(LOCAL_GET(0), 0x41, 7, 0x3a, 0, 0, 0x41, 1));
	wmod_export(&w.m, "get", WMOD_FUNC, 0);
	wmod_export(&w.m, "put", WMOD_FUNC, 1);
	unchecked(&w);
	wrun_open(&w);
	assert_int_equal(ew_snapshot_take(&s, w.instance, &w.mem.alloc, NULL), EW_OK);
	wrun_i32(&w, "put", 40 * 65536 - 1, 0);
	assert_int_equal(ew_snapshot_restore(w.instance, s), EW_OK);
	assert_int_equal(wrun_i32(&w, "get", 40 * 65536 - 1, 0), 0);
	must_trap(&w, "get", 40 * 65536);
	ew_snapshot_free(s);
	wrun_close(&w);
}

/* ---- runs within runs ---- */

/* Lets the guest trap, and goes on if it is told to. */
static enum ew_status try_guest(void *user, struct ew_instance *caller, union ew_value *values)
{
	enum ew_status status;
	struct ew_func *f;
	union ew_value v = {.i32 = -4};

	(void)user;
	if (ew_func_find(caller, "load", "(i)i", &f) != EW_OK)
		return EW_ERR_NOENT;
	status = ew_call(f, &v);
	if (status != EW_ERR_TRAP || values[0].i32 == 0)
		return status;
	values[0].i32 = 5;
	return EW_OK;
}

static void build_nested(struct wrun *w)
{
	static const struct ew_import import = {
		.module = "host", .name = "try", .kind = EW_EXTERN_FUNC, .u.host = {"(i)i", try_guest, NULL}};

	wrun_init(w);
	wmod_import_func(&w->m, "host", "try", "(i)i");
	wmod_memory(&w->m, 1, 1);
	wmod_func(&w->m, "(i)i", "", CODE(LOCAL_GET(0), 0x28, 2, 0));
	wmod_func(&w->m, "(i)i", "", CODE(LOCAL_GET(0), CALL(0), LOCAL_GET(0), CALL(1), 0x6a));
	wmod_export(&w->m, "load", WMOD_FUNC, 1);
	wmod_export(&w->m, "f", WMOD_FUNC, 2);
	w->link.imports = &import;
	w->link.import_count = 1;
	unchecked(w);
}

static void test_nested(void **state)
{
	union ew_value v = {.i32 = 0};
	struct wrun w;

	(void)state;
	build_nested(&w);
	wrun_open(&w);
	assert_int_equal(wrun_i32(&w, "f", 4, 0), 5); /* the inner one trapped, the outer goes on */
	assert_int_equal(wrun_call(&w, "f", &v), EW_ERR_TRAP); /* the inner trap ends both */
	assert_int_equal(ew_exec_trap(w.exec)->code, EW_TRAP_MEMORY_BOUNDS);
	v.i32 = 65533;
	assert_int_equal(wrun_call(&w, "f", &v), EW_ERR_TRAP); /* the inner one trapped, then the outer */
	assert_string_equal(ew_exec_trap(w.exec)->text, "out of bounds memory access: access at 65533+4 >= max value 65536");
	assert_int_equal(ew_exec_trap(w.exec)->depth, 2);
	wrun_close(&w);
}

/* Suspended for want of fuel, resumed, and then out of bounds. */
static void test_resumed(void **state)
{
	union ew_value v = {.i32 = 65500};
	struct wrun w;
	int portions = 0;
	enum ew_status status;

	(void)state;
	wrun_init(&w);
	wmod_memory(&w.m, 1, 1);
	wmod_func(&w.m, "(i)i", "", CODE(LOOP(T_VOID), LOCAL_GET(0), 0x41, 1, 0x6a, LOCAL_TEE(0), 0x2d, 0, 0, 0x1a, BR(0), OP_END, OP_UNREACHABLE));
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	unchecked(&w);
	wrun_open(&w);
	assert_int_equal(ew_call_begin(wrun_func(&w, "f", NULL), &v), EW_OK);
	while ((status = ew_instance_run(w.instance, 20)) == EW_ERR_FUEL)
		portions++;
	assert_int_equal(status, EW_ERR_TRAP);
	assert_true(portions > 5);
	assert_string_equal(ew_exec_trap(w.exec)->text, "out of bounds memory access: access at 65536+1 >= max value 65536");
	wrun_close(&w);
}

/* ---- instances of both kinds ---- */

/* load(a) of one module, called by another one, with and without checks on either side. */
static void across(bool inner, bool outer, bool tail)
{
	struct wrun a, b;
	struct ew_import import = {.module = "a", .name = "load", .kind = EW_EXTERN_FUNC, .from_instance = true};
	union ew_value v = {.i32 = 65536};

	build_cells(&a, 1);
	wrun_init(&b);
	wmod_import_func(&b.m, "a", "load", "(i)i");
	wmod_memory(&b.m, 1, 1);
	wmod_func(&b.m, "(i)i", "", tail ? (const uint8_t[]){LOCAL_GET(0), 0x12, 0, 0x01} : (const uint8_t[]){LOCAL_GET(0), CALL(0), 0x01}, tail ? 4 : 5);
	wmod_export(&b.m, "f", WMOD_FUNC, 1);
	unchecked(&b);
	a.load.flags = inner ? EW_MODULE_GUARD : 0;
	b.load.flags = outer ? EW_MODULE_GUARD : 0;
	wrun_open(&a);
	import.u.func = wrun_func(&a, "get", NULL);
	b.link.imports = &import;
	b.link.import_count = 1;
	wrun_open(&b);
	assert_int_equal(wrun_i32(&b, "f", 65535, 0), 0);
	assert_int_equal(wrun_call(&b, "f", &v), EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(b.exec)->code, EW_TRAP_MEMORY_BOUNDS);
	assert_int_equal(ew_exec_trap(b.exec)->depth, tail ? 1 : 2);
	assert_int_equal(wrun_i32(&b, "f", 65535, 0), 0);
	ew_instance_destroy(b.instance);
	b.instance = NULL;
	ew_exec_destroy(b.exec);
	b.exec = NULL;
	ew_instance_destroy(a.instance);
	a.instance = NULL;
	wrun_close(&b);
	wrun_close(&a);
}

static void test_across_instances(void **state)
{
	(void)state;
	for (int k = 0; k < 8; k++)
		across(k & 1, k & 2, k & 4);
}

/* A host function that makes an instance without checks, whose function goes into the table of the guest that runs. */
struct late_link {
	struct wrun *a, *b;
};

static enum ew_status link_late(void *user, struct ew_instance *caller, union ew_value *values)
{
	struct late_link *l = user;
	struct ew_import import = {.module = "a", .name = "table", .kind = EW_EXTERN_TABLE};

	(void)values;
	if (l->b->instance)
		return EW_OK;
	if (ew_table_find(caller, "table", &import.u.table) != EW_OK)
		return EW_ERR_NOENT;
	l->b->link.imports = &import;
	l->b->link.import_count = 1;
	return wrun_link(l->b);
}

static void late(bool tail)
{
	struct wrun a, b;
	struct late_link both = {&a, &b};
	struct ew_import import = {.module = "host", .name = "link", .kind = EW_EXTERN_FUNC, .u.host = {"()", link_late, &both}};
	union ew_value v = {.i32 = 4};

	wrun_init(&a);
	wmod_import_func(&a.m, "host", "link", "()");
	wmod_type(&a.m, "(i)i");
	wmod_table(&a.m, T_FUNC, 1, 1);
	wmod_func(&a.m, "(i)i", "", CODE(CALL(0), LOCAL_GET(0), 0x41, 0, (uint8_t)(tail ? 0x13 : 0x11), 1, 0));
	wmod_export(&a.m, "table", WMOD_TABLE, 0);
	wmod_export(&a.m, "f", WMOD_FUNC, 1);
	a.link.imports = &import;
	a.link.import_count = 1;
	wrun_init(&b);
	wmod_import_table(&b.m, "a", "table", T_FUNC, 1, 1);
	wmod_memory(&b.m, 1, 1);
	wmod_func(&b.m, "(i)i", "", CODE(LOCAL_GET(0), 0x28, 2, 0));
	wmod_elem(&b.m, 0, (const uint32_t[]){0}, 1);
	unchecked(&b);
	assert_int_equal(wrun_load(&b), EW_OK);
	wrun_open(&a);
	b.exec = a.exec;
	assert_int_equal(wrun_call(&a, "f", &v), EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(a.exec)->code, EW_TRAP_HOST);
	assert_int_equal(ew_exec_trap(a.exec)->status, EW_ERR_STATE);
	assert_int_equal(wrun_i32(&a, "f", 4, 0), 0); /* linked by now */
	v.i32 = 65536;
	assert_int_equal(wrun_call(&a, "f", &v), EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(a.exec)->code, EW_TRAP_MEMORY_BOUNDS);
	ew_instance_destroy(b.instance);
	b.instance = NULL;
	b.exec = NULL;
	ew_instance_destroy(a.instance);
	a.instance = NULL;
	wrun_close(&b);
	wrun_close(&a);
}

static void test_linked_while_running(void **state)
{
	(void)state;
	late(false);
	late(true);
}

/* ---- what such modules need ---- */

static void test_needs_guarded_memory(void **state)
{
	struct ew_alloc guard = {kept_resize, NULL}, libc = ew_alloc_libc();
	struct ew_import import = {.module = "m", .name = "m", .kind = EW_EXTERN_MEMORY};
	union ew_value v = {.i32 = 65533};
	struct wrun w;

	(void)state;
	build_cells(&w, 1);
	memset(&w.link.guard, 0, sizeof(w.link.guard));
	assert_int_equal(wrun_load(&w), EW_OK);
	assert_int_equal(wrun_link(&w), EW_ERR_INVAL);
	check_has("no guard", w.err.text, "ew_instance_config.guard");
	wrun_close(&w);

	wrun_init(&w);
	wmod_import_memory(&w.m, "m", "m", 1, 1);
	wmod_func(&w.m, "(i)i", "", CODE(LOCAL_GET(0), 0x28, 2, 0));
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	unchecked(&w);
	assert_int_equal(wrun_load(&w), EW_OK);
	w.link.imports = &import;
	w.link.import_count = 1;
	assert_int_equal(ew_memory_create(&import.u.memory, 1, 1, &libc), EW_OK);
	assert_int_equal(wrun_link(&w), EW_ERR_UNLINKABLE);
	check_has("unguarded", w.err.text, "expects a guarded memory, got one that is not");
	ew_memory_destroy(import.u.memory);
	assert_int_equal(ew_memory_create_guarded(&import.u.memory, 1, 1, &guard, &libc), EW_OK);
	assert_int_equal(wrun_link(&w), EW_OK);
	assert_int_equal(wrun_i32(&w, "f", 65532, 0), 0);
	assert_int_equal(wrun_call(&w, "f", &v), EW_ERR_TRAP);
	ew_instance_destroy(w.instance);
	w.instance = NULL;
	ew_memory_destroy(import.u.memory);
	wrun_close(&w);
}

/* Modules that keep their checks need nothing. */
static void test_keeps_checks(void **state)
{
	static const uint8_t one_byte_pages[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 4, 1, 8, 1, 0};
	static const struct {
		const char *row;
		uint32_t flags;
		bool memory;
	} rows[] = {
		{"no memory", 0, false},
		{"observed", EW_MODULE_OBSERVE, true},
		{"listed", EW_MODULE_LISTING, true},
	};
	struct ew_module_config config = {.struct_bytes = sizeof(config), .flags = EW_MODULE_GUARD};
	struct ew_alloc libc = ew_alloc_libc();
	struct ew_module *m;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct wrun w;

		wrun_init(&w);
		if (rows[i].memory)
			wmod_memory(&w.m, 1, 1);
		w.load.flags = EW_MODULE_GUARD | rows[i].flags;
		wrun_open(&w);
		check_int(rows[i].row, ew_module_is_guarded(w.module), false);
		wrun_close(&w);
	}
	assert_int_equal(ew_module_load(&m, one_byte_pages, sizeof(one_byte_pages), &config, &libc, NULL), EW_OK);
	assert_false(ew_module_is_guarded(m));
	ew_module_free(m);
}

/* Lazily translated code is without checks as well. */
static void test_lazy(void **state)
{
	struct wrun w;

	(void)state;
	build_cells(&w, 1);
	w.load.flags |= EW_MODULE_LAZY;
	wrun_open(&w);
	must_trap(&w, "get", 65536);
	assert_int_equal(wrun_i32(&w, "get", 65535, 0), 0);
	wrun_close(&w);
}

/* A host's own allocator, which has no more. */
static void *none(void *ctx, void *block, size_t old_bytes, size_t new_bytes)
{
	(void)ctx, (void)block, (void)old_bytes, (void)new_bytes;
	return NULL;
}

static void test_no_address_space(void **state)
{
	struct wrun w;

	(void)state;
	build_cells(&w, 1);
	w.link.guard.resize = none;
	assert_int_equal(wrun_load(&w), EW_OK);
	assert_int_equal(wrun_link(&w), EW_ERR_NOMEM);
	wrun_close(&w);
}

/* ---- faults of others, and of other threads ---- */

static void test_foreign_fault(void **state)
{
	uint8_t *page = mmap(NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_true(page != MAP_FAILED);
	catch_faults();
	if (sigsetjmp(foreign, 1) == 0) {
		*(volatile uint8_t *)page = 1;
		fail_msg("the page could be written");
	}
	munmap(page, 65536);
}

/* The host reads behind a guest's memory: not the guest's fault either. */
static void test_host_fault(void **state)
{
	struct wrun w;
	volatile uint8_t *p;

	(void)state;
	build_cells(&w, 1);
	wrun_open(&w);
	p = ew_memory_span(ew_instance_memory(w.instance), 65535, 1);
	if (sigsetjmp(foreign, 1) == 0) {
		assert_int_equal(p[0], 0);
		fail_msg("read %d behind the memory", p[1]);
	}
	must_trap(&w, "get", 65536);
	wrun_close(&w);
}

static void *trap_often(void *arg)
{
	struct wrun *w = arg;
	struct ew_alloc libc = ew_alloc_libc();
	struct ew_instance_config config = {.struct_bytes = sizeof(config), .guard = ew_guard_alloc()};
	struct ew_instance *i;
	struct ew_func *f;
	uintptr_t bad = 0;

	if (ew_instance_create(&i, w->module, &config, &libc, NULL, NULL) != EW_OK ||
	    ew_func_find(i, "get", "(i)i", &f) != EW_OK)
		return (void *)1;
	for (int k = 0; k < 200; k++) {
		union ew_value v = {.i32 = k % 2 ? 65535 : 65536};

		bad |= ew_call(f, &v) != (k % 2 ? EW_OK : EW_ERR_TRAP);
	}
	ew_instance_destroy(i);
	return (void *)bad;
}

static void test_threads(void **state)
{
	pthread_t threads[2];
	struct wrun w;

	(void)state;
	build_cells(&w, 1);
	assert_int_equal(wrun_load(&w), EW_OK);
	for (int k = 0; k < 2; k++)
		assert_int_equal(pthread_create(&threads[k], NULL, trap_often, &w), 0);
	for (int k = 0; k < 2; k++) {
		void *bad;

		pthread_join(threads[k], &bad);
		assert_null(bad);
	}
	wrun_close(&w);
}

/* ---- the allocator ---- */

static void test_allocator(void **state)
{
	struct ew_alloc a = ew_guard_alloc();
	const size_t most = ((size_t)4 << 30) + ((size_t)64 << 10);
	uint8_t *p;

	(void)state;
	assert_null(alloc_contract(&(struct ew_alloc){kept_resize, NULL}));
	assert_null(a.resize(a.ctx, NULL, 0, most + 1));
	p = a.resize(a.ctx, NULL, 0, 65536);
	assert_non_null(p);
	assert_null(a.resize(a.ctx, p, 65536, most + 1));
	p[65535] = 1;
	assert_ptr_equal(a.resize(a.ctx, p, 65536, 4 * 65536), p);
	assert_int_equal(p[65535], 1);
	p[65536] = p[4 * 65536 - 1] = 2;
	assert_ptr_equal(a.resize(a.ctx, p, 4 * 65536, 100), p);
	assert_ptr_equal(a.resize(a.ctx, p, 100, 4 * 65536), p);
	assert_int_equal(p[65535], 0);
	assert_int_equal(p[65536], 0);
	assert_int_equal(p[4 * 65536 - 1], 0);
	assert_null(a.resize(a.ctx, p, 4 * 65536, 0));
}

#else

/* Everything is there, and checks are kept. */
static void test_compiled_away(void **state)
{
	struct ew_alloc libc = ew_alloc_libc(), guard = ew_guard_alloc();
	struct ew_memory *m;
	struct wrun w;

	(void)state;
	assert_null(guard.resize);
	assert_false(ew_guard_fault(NULL, NULL));
	assert_int_equal(ew_memory_create_guarded(&m, 1, 1, &guard, &libc), EW_OK);
	assert_int_equal(ew_memory_size(m), 65536);
	ew_memory_destroy(m);
	wrun_init(&w);
	wmod_memory(&w.m, 1, 1);
	wmod_func(&w.m, "(i)i", "", CODE(LOCAL_GET(0), 0x28, 2, 0));
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	w.load.flags = EW_MODULE_GUARD;
	w.link.guard = guard;
	wrun_open(&w);
	assert_false(ew_module_is_guarded(w.module));
	assert_int_equal(wrun_call(&w, "f", &(union ew_value){.i32 = 65533}), EW_ERR_TRAP);
	wrun_close(&w);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#if EW_CONFIG_GUARD
		cmocka_unit_test(test_every_access),	      cmocka_unit_test(test_grows_from_nothing),
		cmocka_unit_test(test_shrinks_when_restored), cmocka_unit_test(test_renewed_when_restored),
		cmocka_unit_test(test_nested),		      cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_across_instances),      cmocka_unit_test(test_linked_while_running),
		cmocka_unit_test(test_needs_guarded_memory),  cmocka_unit_test(test_keeps_checks),
		cmocka_unit_test(test_lazy),		      cmocka_unit_test(test_no_address_space),
		cmocka_unit_test(test_foreign_fault),	      cmocka_unit_test(test_host_fault),
		cmocka_unit_test(test_threads),		      cmocka_unit_test(test_allocator),
#else
		cmocka_unit_test(test_compiled_away),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
