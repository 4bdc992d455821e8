/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_snapshot.c - saved states and pools: nothing of one use is there in the next, whatever a guest does to keep it.
 */
#include "edgewasm/snapshot.h"
#include "wrun.h"

/* ---- a guest that changes all it can ---- */

static const struct {
	const char *name;
	size_t len;
	uint8_t code[40];
} spoilers[] = {
#define SPOILER(name, ...) {name, sizeof((uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}}
	SPOILER("i32.store8", LOCAL_GET(0), I32_CONST(0x5a), 0x3a, 0, 0),
	SPOILER("i64.store", LOCAL_GET(0), I64_CONST(-1), 0x37, 3, 100),
	SPOILER("f64.store of a local", LOCAL_GET(0), LOCAL_GET(0), 0xb7, 0x39, 3, 0),
	SPOILER("store of a sum", LOCAL_GET(0), I32_CONST(3), 0x6a, LOCAL_GET(0), I32_CONST(9), 0x6c, 0x36, 2, 0),
	SPOILER("store at a constant", I32_CONST5(65001), I32_CONST(9), 0x36, 0, 0),
	SPOILER("store of what is there", LOCAL_GET(0), LOCAL_TEE(1), LOCAL_GET(1), 0x2d, 0, 0, I32_CONST(1), 0x6a, 0x3a, 0, 0),
	SPOILER("memory.fill", LOCAL_GET(0), I32_CONST(7), I32_CONST(50), 0xfc, 11, 0),
	SPOILER("memory.copy", LOCAL_GET(0), I32_CONST(8), I32_CONST(40), 0xfc, 10, 0, 0),
	SPOILER("memory.init", LOCAL_GET(0), I32_CONST(0), I32_CONST(4), 0xfc, 8, 1, 0),
	SPOILER("memory.grow", I32_CONST(1), 0x40, 0, OP_DROP, I32_CONST5(70000), I32_CONST(5), 0x36, 2, 0),
	SPOILER("second memory", LOCAL_GET(0), I32_CONST(1), 0x36, 0x42, 1, 0),
	SPOILER("global.set", LOCAL_GET(0), GLOBAL_SET(0), I64_CONST(5), GLOBAL_SET(1), 0xd2, 0, GLOBAL_SET(2)),
	SPOILER("table.set", I32_CONST(0), 0xd2, 0, 0x26, 0),
	SPOILER("table.set to null", I32_CONST(1), 0xd0, 0x70, 0x26, 0),
	SPOILER("table.grow", 0xd2, 0, I32_CONST(3), 0xfc, 15, 0, OP_DROP),
	SPOILER("table.fill", I32_CONST(0), 0xd2, 0, I32_CONST(2), 0xfc, 17, 0),
	SPOILER("table.init", I32_CONST(0), I32_CONST(0), I32_CONST(1), 0xfc, 12, 1, 0),
	SPOILER("table.copy", I32_CONST(0), I32_CONST(1), I32_CONST(1), 0xfc, 14, 0, 0),
	SPOILER("drop segments", 0xfc, 9, 1, 0xfc, 13, 1),
	SPOILER("store and trap", LOCAL_GET(0), I32_CONST(1), 0x36, 2, 0, OP_UNREACHABLE),
	SPOILER("store and never end", LOCAL_GET(0), I32_CONST(1), 0x36, 2, 0, LOOP(T_VOID), BR(0), OP_END),
#if EW_CONFIG_SIMD
	SPOILER("v128.store", LOCAL_GET(0), I32_CONST(-1), 0xfd, 0x11, 0xfd, 0x0b, 0, 0),
	SPOILER("v128.store8_lane", LOCAL_GET(0), I32_CONST(-1), 0xfd, 0x11, 0xfd, 0x58, 0, 0, 3),
#endif
};

/* What a guest can read of itself, in one number. */
static const uint8_t look[] = {
	GLOBAL_GET(0), GLOBAL_GET(1), 0xa7, 0x6a, GLOBAL_GET(2), 0xd1, 0x6a, 0x3f, 0, I32_CONST(16), 0x74, 0x6a,
	0xfc, 16, 0, I32_CONST(20), 0x74, 0x6a, I32_CONST(0), 0x25, 0, 0xd1, I32_CONST(4), 0x74, 0x6a,
	I32_CONST(1), 0x25, 0, 0xd1, I32_CONST(5), 0x74, 0x6a};

static void build(struct wrun *w, uint32_t flags)
{
	uint32_t f;

	wrun_init(w);
	w->load.flags = flags;
	wmod_type(&w->m, "()");
	wmod_memory(&w->m, 1, 2);
	wmod_memory(&w->m, 1, 1);
	wmod_table(&w->m, T_FUNC, 2, 10);
	wmod_global(&w->m, T_I32, 1, CODE(I32_CONST(3)));
	wmod_global(&w->m, T_I64, 1, CODE(I64_CONST(4)));
	wmod_global(&w->m, T_FUNC, 1, CODE(0xd0, 0x70));
	wmod_global(&w->m, T_I32, 0, CODE(I32_CONST(9)));
	w->m.data_count = 1;
	for (size_t k = 0; k < ROWS(spoilers); k++) {
		f = wmod_func(&w->m, "(i)", "i", spoilers[k].code, spoilers[k].len);
		wmod_export(&w->m, spoilers[k].name, WMOD_FUNC, f);
	}
	wmod_export(&w->m, "look", WMOD_FUNC, wmod_func(&w->m, "()i", "", look, sizeof(look)));
	wmod_export(&w->m, "segments", WMOD_FUNC,
		    wmod_func(&w->m, "()", "",
			      CODE(I32_CONST(0), I32_CONST(0), I32_CONST(4), 0xfc, 8, 1, 0, I32_CONST(0), I32_CONST(0), I32_CONST(1),
				   0xfc, 12, 1, 0)));
	wmod_export(&w->m, "memory", WMOD_MEMORY, 0);
	wmod_export(&w->m, "second", WMOD_MEMORY, 1);
	wmod_elem(&w->m, 1, (const uint32_t[]){1}, 1);
	wmod_elem_passive(&w->m, (const uint32_t[]){0}, 1);
	wmod_data(&w->m, 8, "some data to begin with", 23);
	wmod_data_passive(&w->m, "pass", 4);
}

/* All of it, as the host sees it. */
struct state {
	uint8_t memory[65536], second[65536];
	int32_t look;
	uint64_t bytes;
};

static void read_state(struct wrun *w, struct state *s)
{
	struct ew_memory *m, *second;

	assert_int_equal(ew_memory_find(w->instance, "memory", &m), EW_OK);
	assert_int_equal(ew_memory_find(w->instance, "second", &second), EW_OK);
	memcpy(s->memory, ew_memory_span(m, 0, 65536), 65536);
	memcpy(s->second, ew_memory_span(second, 0, 65536), 65536);
	s->bytes = ew_memory_size(m);
	s->look = wrun_i32(w, "look", 0, 0);
}

static void spoil(struct wrun *w, size_t k, int32_t address)
{
	union ew_value v = {.i32 = address};

	ew_exec_set_fuel(w->exec, 10000);
	wrun_call(w, spoilers[k].name, &v); /* some trap, one is left suspended */
}

static void test_nothing_is_left(void **state)
{
	static const uint32_t all_flags[] = {0, EW_MODULE_TRACK, EW_MODULE_TRACK | EW_MODULE_LAZY};
	static const int32_t addresses[] = {0, 13, 250, 252, 253, 256, 4090, 65400, 65428, 65520, 65535};
	static struct state before, after;

	(void)state;
	for (size_t n = 0; n < ROWS(all_flags); n++) {
		struct ew_snapshot *s;
		struct wrun w;
		unsigned changed = 0;

		build(&w, EW_CONFIG_LAZY ? all_flags[n] : all_flags[n] & ~(uint32_t)EW_MODULE_LAZY);
		wrun_open(&w);
		assert_int_equal(ew_snapshot_take(&s, w.instance, &w.mem.alloc, &w.err), EW_OK);
		assert_int_equal(ew_snapshot_restore(w.instance, s), EW_OK);
		read_state(&w, &before);
		for (size_t k = 0; k < ROWS(spoilers) * ROWS(addresses); k++) {
			const char *name = spoilers[k / ROWS(addresses)].name;

			spoil(&w, k / ROWS(addresses), addresses[k % ROWS(addresses)]);
			/* Not by way of ew_memory_span: that marks what it shows. */
			changed += wrun_call(&w, "look", (union ew_value[2]){{0}}) == EW_OK;
			check_status(name, ew_snapshot_restore(w.instance, s), EW_OK);
			ew_exec_set_fuel(w.exec, 10000);
			read_state(&w, &after);
			check_mem(name, after.memory, before.memory, 65536);
			check_mem(name, after.second, before.second, 65536);
			check_int(name, after.look, before.look);
			check_int(name, after.bytes, before.bytes);
			check_status(name, ew_snapshot_restore(w.instance, s), EW_OK);
			check_status(name, wrun_call(&w, "segments", NULL), EW_OK); /* none is dropped */
			check_status(name, ew_snapshot_restore(w.instance, s), EW_OK);
		}
		assert_true(changed > ROWS(spoilers));
		ew_instance_destroy(w.instance);
		w.instance = NULL;
		ew_snapshot_free(s);
		wrun_close(&w);
	}
}

/* Each spoiler does change something, or the test above tests nothing. */
static void test_spoilers_spoil(void **state)
{
	static struct state before, after;

	(void)state;
	for (size_t k = 0; k < ROWS(spoilers); k++) {
		bool dropped;
		struct wrun w;

		build(&w, 0);
		wrun_open(&w);
		read_state(&w, &before);
		spoil(&w, k, 13);
		ew_cancel(w.exec);
		ew_exec_set_fuel(w.exec, 10000);
		read_state(&w, &after);
		dropped = wrun_call(&w, "segments", NULL) == EW_ERR_TRAP;
		check_true(spoilers[k].name, dropped || memcmp(&before, &after, sizeof(before)) != 0);
		wrun_close(&w);
	}
}

/* What is tracked is enough: stores of every kind anywhere, thousands of them, then only what is marked is undone. */
static void test_noise(void **state)
{
	static struct state before, after;
	struct ew_snapshot *s;
	uint32_t noise = 1;
	struct wrun w;

	(void)state;
	build(&w, EW_MODULE_TRACK);
	wrun_open(&w);
	assert_int_equal(ew_snapshot_take(&s, w.instance, &w.mem.alloc, NULL), EW_OK);
	assert_int_equal(ew_snapshot_restore(w.instance, s), EW_OK);
	read_state(&w, &before);
	for (int round = 0; round < 300; round++) {
		assert_int_equal(ew_snapshot_restore(w.instance, s), EW_OK);
		for (int k = 0; k < 10; k++) {
			noise = noise * 1664525u + 1013904223u;
			spoil(&w, (noise >> 8) % ROWS(spoilers), (int32_t)((noise >> 12) & 0xffff));
			ew_cancel(w.exec);
		}
		assert_int_equal(ew_snapshot_restore(w.instance, s), EW_OK);
		ew_exec_set_fuel(w.exec, 10000);
		read_state(&w, &after);
		assert_memory_equal(&before, &after, sizeof(before));
	}
	ew_instance_destroy(w.instance);
	w.instance = NULL;
	ew_snapshot_free(s);
	wrun_close(&w);
}

/* A state in the middle of things is a state too, and another instance starts from it. */
static void test_start_from_a_state(void **state)
{
	static struct state want, got;
	struct ew_instance *first;
	struct ew_snapshot *s;
	struct wrun w;

	(void)state;
	build(&w, 0);
	wrun_open(&w);
	for (size_t k = 0; k < ROWS(spoilers); k++)
		if (strcmp(spoilers[k].name, "memory.grow") != 0)
			spoil(&w, k, 1000 + 64 * (int32_t)k);
	assert_int_equal(ew_snapshot_take(&s, w.instance, &w.mem.alloc, &w.err), EW_ERR_STATE); /* suspended */
	check_has("err", w.err.text, "in a call");
	ew_cancel(w.exec);
	assert_int_equal(ew_snapshot_take(&s, w.instance, &w.mem.alloc, NULL), EW_OK);
	assert_true(ew_snapshot_size(s) > 65001 && ew_snapshot_size(s) < 3 * 65536);
	ew_exec_set_fuel(w.exec, 10000);
	read_state(&w, &want);
	first = w.instance;
	assert_int_equal(wrun_link(&w), EW_OK);
	assert_int_equal(ew_snapshot_restore(w.instance, s), EW_OK);
	read_state(&w, &got);
	assert_memory_equal(&want, &got, sizeof(want));
	assert_int_equal(wrun_call(&w, "segments", NULL), EW_ERR_TRAP); /* dropped they are */
	ew_instance_destroy(first);
	ew_instance_destroy(w.instance);
	w.instance = NULL;
	ew_snapshot_free(s);
	wrun_close(&w);
}

/* ---- as bytes ---- */

struct bytes {
	struct wbytes b;
	size_t at, fail_at; /* of writing: how many bytes are taken; SIZE_MAX all */
};

static enum ew_status write_bytes(void *user, const void *bytes, size_t size)
{
	struct bytes *to = user;

	if (to->b.len + size > to->fail_at)
		return EW_ERR_FULL;
	wb_put(&to->b, bytes, size);
	return EW_OK;
}

static enum ew_status read_bytes(void *user, void *bytes, size_t size)
{
	struct bytes *from = user;

	if (from->b.len - from->at < size)
		return EW_ERR_MALFORMED;
	memcpy(bytes, from->b.p + from->at, size);
	from->at += size;
	return EW_OK;
}

static void fix_sum(struct wbytes *b)
{
	uint64_t sum = 0xcbf29ce484222325u;

	for (size_t i = 0; i < b->len - 8; i++)
		sum = (sum ^ b->p[i]) * 0x100000001b3u;
	for (int i = 0; i < 8; i++)
		b->p[b->len - 8 + (size_t)i] = (uint8_t)(sum >> (8 * i));
}

/* The state after the active segments, as bytes. */
static void save(struct wrun *w, struct bytes *out)
{
	struct ew_snapshot *s;

	memset(out, 0, sizeof(*out));
	out->fail_at = SIZE_MAX;
	assert_int_equal(ew_snapshot_take(&s, w->instance, &w->mem.alloc, NULL), EW_OK);
	assert_int_equal(ew_snapshot_save(s, write_bytes, out), EW_OK);
	ew_snapshot_free(s);
}

static enum ew_status load(struct wrun *w, struct bytes *from)
{
	struct ew_snapshot *s = (void *)from;
	enum ew_status st;

	from->at = 0;
	st = ew_snapshot_load(&s, w->module, read_bytes, from, &w->mem.alloc, &w->err);
	assert_true((s != NULL) == (st == EW_OK));
	if (st == EW_OK)
		assert_int_equal(ew_snapshot_restore(w->instance, s), EW_OK);
	if (st == EW_OK) { /* borrowed until then: go elsewhere first */
		struct ew_snapshot *other;

		assert_int_equal(ew_snapshot_take(&other, w->instance, &w->mem.alloc, NULL), EW_OK);
		assert_int_equal(ew_snapshot_restore(w->instance, other), EW_OK);
		ew_instance_destroy(w->instance);
		w->instance = NULL;
		ew_snapshot_free(other);
		assert_int_equal(wrun_link(w), EW_OK);
	}
	ew_snapshot_free(s);
	return st;
}

static void test_bytes(void **state)
{
	static struct state want, got;
	struct ew_snapshot *s;
	struct bytes b;
	struct wrun w;

	(void)state;
	build(&w, 0);
	wrun_open(&w);
	for (size_t k = 0; k < 5; k++)
		spoil(&w, k, 500);
	spoil(&w, 11, 77);
	read_state(&w, &want);
	save(&w, &b);
	ew_instance_destroy(w.instance);
	assert_int_equal(wrun_link(&w), EW_OK);
	assert_int_equal(ew_snapshot_load(&s, w.module, read_bytes, &b, &w.mem.alloc, &w.err), EW_OK);
	assert_int_equal(b.at, b.b.len);
	assert_int_equal(ew_snapshot_restore(w.instance, s), EW_OK);
	read_state(&w, &got);
	assert_memory_equal(&want, &got, sizeof(want));
	ew_instance_destroy(w.instance);
	w.instance = NULL;
	/* The reader's and the writer's own failures come out as they are. */
	for (size_t at = 0; at < b.b.len; at += 37) {
		struct bytes half = {.fail_at = at};

		assert_int_equal(ew_snapshot_save(s, write_bytes, &half), EW_ERR_FULL);
		wb_free(&half.b);
	}
	ew_snapshot_free(s);
	wb_free(&b.b);
	wrun_close(&w);
}

/* Cut anywhere, or one bit wrong anywhere: refused. */
static void test_damage(void **state)
{
	struct bytes b;
	struct wrun w;
	size_t len;

	(void)state;
	build(&w, 0);
	wrun_open(&w);
	save(&w, &b);
	len = b.b.len;
	assert_true(len < 300);
	for (b.b.len = 0; b.b.len < len; b.b.len++)
		assert_int_equal(load(&w, &b), EW_ERR_MALFORMED);
	for (size_t i = 0; i < 8 * len; i++) {
		b.b.p[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_int_equal(load(&w, &b), EW_ERR_MALFORMED);
		assert_true(w.err.text[0]);
		b.b.p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	assert_int_equal(load(&w, &b), EW_OK);
	wb_free(&b.b);
	wrun_close(&w);
}

/*
 * With check sums put right.  Offsets: 24 first memory's pages, 32 its bytes, 40 to 71 they, 71 second memory (16), 87
 * the table's size, 91 and 95 entries, 99 globals, 16 each, 163 dropped segments.
 */
static const struct {
	const char *row;
	uint32_t at;
	uint8_t value;
	enum ew_status status;
} lies[] = {
	{"as it is", 40, 0, EW_OK},
	{"other contents", 40, 7, EW_OK},
	{"version 2", 6, 2, EW_ERR_MALFORMED},
	{"another module", 8, 1, EW_ERR_MALFORMED},
	{"no page", 24, 0, EW_ERR_MALFORMED},
	{"two pages", 24, 2, EW_OK},
	{"three pages", 24, 3, EW_ERR_MALFORMED},
	{"2^56 pages", 31, 1, EW_ERR_MALFORMED},
	{"2^63 pages", 31, 0x80, EW_ERR_MALFORMED},
	{"more bytes than pages", 35, 1, EW_ERR_MALFORMED},
	{"table too small", 87, 1, EW_ERR_MALFORMED},
	{"table of 256 entries", 88, 1, EW_ERR_MALFORMED},
	{"table of 2^24 entries", 90, 1, EW_ERR_MALFORMED},
	{"entry: last function", 91, ROWS(spoilers) + 2, EW_OK},
	{"entry: behind the last function", 91, ROWS(spoilers) + 3, EW_ERR_MALFORMED},
	{"entry: far behind", 94, 0x80, EW_ERR_MALFORMED},
	{"i32 global", 102, 0xff, EW_OK},
	{"i32 global of 33 bits", 103, 1, EW_ERR_MALFORMED},
	{"i32 global with an upper half", 107, 1, EW_ERR_MALFORMED},
	{"i64 global", 122, 0xff, EW_OK},
	{"funcref global", 131, 1, EW_OK},
	{"funcref global behind the last", 132, 1, EW_ERR_MALFORMED},
	{"immutable global", 147, 1, EW_ERR_MALFORMED},
	{"dropped segments", 163, 0xff, EW_OK},
};

static void test_lies(void **state)
{
	struct bytes b;
	struct wrun w;

	(void)state;
	build(&w, 0);
	wrun_open(&w);
	save(&w, &b);
	assert_int_equal(b.b.len, 163 + 1 + 8);
	for (size_t k = 0; k < ROWS(lies); k++) {
		uint8_t was = b.b.p[lies[k].at];

		b.b.p[lies[k].at] = lies[k].value;
		fix_sum(&b.b);
		check_status(lies[k].row, load(&w, &b), lies[k].status);
		b.b.p[lies[k].at] = was;
	}
	wb_free(&b.b);
	wrun_close(&w);
}

/* ---- what cannot be saved ---- */

static enum ew_status take_now(void *user, struct ew_instance *caller, union ew_value *values)
{
	struct ew_snapshot *s = NULL;

	(void)values;
	*(enum ew_status *)user = ew_snapshot_take(&s, caller, (struct ew_alloc[]){ew_alloc_libc()}, NULL);
	ew_snapshot_free(s);
	return EW_OK;
}

static void test_refused(void **state)
{
	static int outside;
	union ew_value v[2] = {{.ref = &outside}};
	enum ew_status seen = EW_OK;
	struct ew_import in = {.module = "e", .name = "h", .u.host = {"()", take_now, &seen}};
	struct ew_snapshot *s;
	struct ew_table *t;
	struct wrun w, other;
	struct ew_memory *m;

	(void)state;
	/* A memory of somebody else's. */
	wrun_init(&w);
	wmod_import_memory(&w.m, "e", "m", 1, 1);
	assert_int_equal(ew_memory_create(&m, 1, 1, &w.mem.alloc), EW_OK);
	w.link.imports = &(struct ew_import){.module = "e", .name = "m", .kind = EW_EXTERN_MEMORY, .u.memory = m};
	w.link.import_count = 1;
	wrun_open(&w);
	assert_int_equal(ew_snapshot_take(&s, w.instance, &w.mem.alloc, &w.err), EW_ERR_UNSUPPORTED);
	assert_null(s);
	ew_instance_destroy(w.instance);
	w.instance = NULL;
	ew_memory_destroy(m);
	wrun_close(&w);

	/* The host's own pointer in a table; a call in progress; a snapshot of another module. */
	wrun_init(&w);
	wmod_import_func(&w.m, "e", "h", "()");
	wmod_table(&w.m, T_EXTERN, 1, 1);
	wmod_export(&w.m, "t", WMOD_TABLE, 0);
	wmod_export(&w.m, "f", WMOD_FUNC, wmod_func(&w.m, "()", "", CODE(CALL(0))));
	w.link.imports = &in;
	w.link.import_count = 1;
	wrun_open(&w);
	assert_int_equal(wrun_call(&w, "f", NULL), EW_OK);
	assert_int_equal(seen, EW_ERR_STATE);
	assert_int_equal(ew_table_find(w.instance, "t", &t), EW_OK);
	assert_int_equal(ew_table_set(t, 0, v[0]), EW_OK);
	assert_int_equal(ew_snapshot_take(&s, w.instance, &w.mem.alloc, &w.err), EW_ERR_UNSUPPORTED);
	check_has("err", w.err.text, "reference");
	v[0].ref = NULL;
	assert_int_equal(ew_table_set(t, 0, v[0]), EW_OK);
	assert_int_equal(ew_snapshot_take(&s, w.instance, &w.mem.alloc, &w.err), EW_OK);
	build(&other, 0);
	wrun_open(&other);
	assert_int_equal(ew_snapshot_restore(other.instance, s), EW_ERR_INVAL);
	wrun_close(&other);
	ew_snapshot_free(s);
	wrun_close(&w);
}

/* A state of two pages, for an instance that may have one only: at the limit and above it. */
static void test_limits(void **state)
{
	struct ew_instance *small;
	struct ew_snapshot *s;
	struct wrun w;

	(void)state;
	build(&w, 0);
	wrun_open(&w);
	spoil(&w, 9, 0); /* memory.grow */
	assert_int_equal(ew_snapshot_take(&s, w.instance, &w.mem.alloc, NULL), EW_OK);
	for (uint32_t pages = 2; pages <= 3; pages++) {
		w.link.max_memory_pages = pages;
		assert_int_equal(ew_instance_create(&small, w.module, &w.link, &w.mem.alloc, NULL, NULL), EW_OK);
		assert_int_equal(ew_snapshot_restore(small, s), pages == 3 ? EW_OK : EW_ERR_LIMIT);
		ew_instance_destroy(small);
	}
	ew_snapshot_free(s);
	wrun_close(&w);
}

/* ---- pools ---- */

static void test_pool(void **state)
{
	static struct state before, after;
	struct ew_pool_config config = {.struct_bytes = sizeof(config), .max_instances = 2};
	struct ew_instance *a, *b, *c;
	struct ew_pool *p;
	struct wrun w;

	(void)state;
	build(&w, EW_MODULE_TRACK);
	assert_int_equal(wrun_load(&w), EW_OK);
	assert_int_equal(ew_exec_create(&w.exec, &w.stack, &w.mem.alloc), EW_OK);
	w.link.exec = w.exec;
	config.instance = &w.link;
	assert_int_equal(ew_pool_create(&p, w.module, &config, &w.mem.alloc), EW_OK);
	assert_int_equal(ew_pool_get(p, &a, &w.err), EW_OK);
	w.instance = a;
	read_state(&w, &before);
	assert_int_equal(ew_pool_get(p, &b, &w.err), EW_OK);
	assert_ptr_not_equal(a, b);
	assert_int_equal(ew_pool_get(p, &c, &w.err), EW_ERR_LIMIT);
	assert_null(c);
	check_has("err", w.err.text, "2 instances");
	for (size_t k = 0; k < ROWS(spoilers); k++) {
		w.instance = a;
		spoil(&w, k, 13 * (int32_t)k);
		ew_pool_put(p, a);
		assert_int_equal(ew_pool_get(p, &c, &w.err), EW_OK);
		assert_ptr_equal(c, a);
		w.instance = c;
		ew_exec_set_fuel(w.exec, 10000);
		read_state(&w, &after);
		check_true(spoilers[k].name, memcmp(&before, &after, sizeof(before)) == 0);
	}
	w.instance = NULL;
	ew_pool_put(p, a);
	ew_pool_put(p, b);
	ew_pool_put(p, NULL);
	ew_pool_destroy(p);
	ew_pool_destroy(NULL);
	wrun_close(&w);
}

/* ---- out of memory ---- */

struct nomem {
	struct wrun *w;
	struct bytes b;
};

static enum ew_status body_pool(void *ctx, const struct ew_alloc *alloc)
{
	struct nomem *n = ctx;
	struct ew_pool_config config = {.struct_bytes = sizeof(config), .instance = &n->w->link};
	struct ew_instance *i;
	struct ew_pool *p;
	enum ew_status st = ew_pool_create(&p, n->w->module, &config, alloc);

	if (st != EW_OK)
		return st;
	st = ew_pool_get(p, &i, NULL);
	if (st == EW_OK)
		ew_pool_put(p, i);
	ew_pool_destroy(p);
	return st;
}

static enum ew_status body_load(void *ctx, const struct ew_alloc *alloc)
{
	struct nomem *n = ctx;
	struct ew_snapshot *s;
	struct ew_instance *i = NULL;
	enum ew_status st;

	n->b.at = 0;
	st = ew_snapshot_load(&s, n->w->module, read_bytes, &n->b, alloc, NULL);
	if (st == EW_OK)
		st = ew_instance_create(&i, n->w->module, &n->w->link, alloc, NULL, NULL);
	if (st == EW_OK)
		st = ew_snapshot_restore(i, s);
	ew_instance_destroy(i);
	ew_snapshot_free(s);
	return st;
}

static void test_no_memory(void **state)
{
	struct nomem n = {0};
	struct wrun w;

	(void)state;
	build(&w, EW_MODULE_TRACK);
	wrun_open(&w);
	spoil(&w, 9, 0);
	spoil(&w, 14, 0);
	save(&w, &n.b);
	n.w = &w;
	/* Cards for tracking can be done without. */
	assert_true(fail_each(body_pool, &n, true) >= 6);
	assert_true(fail_each(body_load, &n, true) >= 8);
	wb_free(&n.b.b);
	wrun_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_left),
		cmocka_unit_test(test_spoilers_spoil),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_start_from_a_state),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests_name("wasm/snapshot", tests, NULL, NULL);
}
