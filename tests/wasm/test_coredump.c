/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_coredump.c - core dumps, read back by a reader of this file's own (none of the library's code), and by wabt's.
 */
#include <unistd.h>
#include "edgewasm/debug.h"
#include "wrun.h"

/* ---- a file in memory, and a reader of it ------------------------------------------------------------ */

struct file {
	uint8_t bytes[1 << 18];
	size_t len;
	size_t fail_at; /* the write that would pass this byte fails; 0: none */
};

static enum ew_status write_file_part(void *user, const void *bytes, size_t len)
{
	struct file *f = user;

	assert_true(len > 0);
	if (f->fail_at && f->len + len >= f->fail_at)
		return EW_ERR_IO;
	assert_true(f->len + len <= sizeof(f->bytes));
	memcpy(f->bytes + f->len, bytes, len);
	f->len += len;
	return EW_OK;
}

struct cursor {
	const uint8_t *p, *end;
};

static uint8_t byte(struct cursor *c)
{
	assert_true(c->p < c->end);
	return *c->p++;
}

static uint64_t uleb(struct cursor *c)
{
	uint64_t v = 0;
	uint8_t b;
	int shift = 0;

	do {
		b = byte(c);
		v |= (uint64_t)(b & 0x7f) << shift;
		shift += 7;
	} while (b & 0x80);
	return v;
}

static int64_t sleb(struct cursor *c)
{
	int64_t v = 0;
	uint8_t b;
	int shift = 0;

	do {
		b = byte(c);
		v |= (int64_t)(b & 0x7f) << shift;
		shift += 7;
	} while (b & 0x80);
	return shift < 64 && (b & 0x40) ? v | -((int64_t)1 << shift) : v;
}

static void text(struct cursor *c, char *out, size_t cap)
{
	uint64_t n = uleb(c);

	assert_true(n < cap && n <= (size_t)(c->end - c->p));
	memcpy(out, c->p, (size_t)n);
	out[n] = '\0';
	c->p += n;
}

static uint64_t fixed(struct cursor *c, int bytes)
{
	uint64_t v = 0;

	for (int i = 0; i < bytes; i++)
		v |= (uint64_t)byte(c) << (8 * i);
	return v;
}

/* What stands in a dump, in words: one line for each thing. */
struct words {
	char text[8192];
	size_t len;
};

static void say(struct words *w, const char *fmt, ...) EW_PRINTF(2, 3);
static void say(struct words *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	w->len += (size_t)vsnprintf(w->text + w->len, sizeof(w->text) - w->len, fmt, ap);
	va_end(ap);
	assert_true(w->len < sizeof(w->text));
}

static void say_value(struct words *w, struct cursor *c, uint8_t type)
{
	switch (type) {
	case 0x01: say(w, " -"); break;
	case 0x7f: say(w, " i32:%d", (int)sleb(c)); break;
	case 0x7e: say(w, " i64:%lld", (long long)sleb(c)); break;
	case 0x7d: say(w, " f32:%08llx", (unsigned long long)fixed(c, 4)); break;
	case 0x7c: say(w, " f64:%016llx", (unsigned long long)fixed(c, 8)); break;
	default: fail_msg("a value of type 0x%02x", type);
	}
}

static void say_indices(struct words *w, struct cursor *c)
{
	for (uint64_t n = uleb(c); n > 0; n--)
		say(w, " %llu", (unsigned long long)uleb(c));
}

static void read_custom(struct words *w, struct cursor *c)
{
	char name[64], what[64];
	uint64_t n;

	text(c, name, sizeof(name));
	if (strcmp(name, "core") == 0 || strcmp(name, "corestack") == 0) {
		assert_int_equal(byte(c), 0);
		text(c, what, sizeof(what));
		say(w, "%s \"%s\"\n", name, what);
		if (!name[4])
			return;
		for (n = uleb(c); n > 0; n--) {
			uint64_t instance, func, offset;

			assert_int_equal(byte(c), 0);
			instance = uleb(c);
			func = uleb(c);
			offset = uleb(c);
			say(w, "frame %llu.%llu+%llu:", (unsigned long long)instance, (unsigned long long)func,
			    (unsigned long long)offset);
			for (uint64_t k = uleb(c); k > 0; k--)
				say_value(w, c, byte(c));
			assert_int_equal(uleb(c), 0);
			say(w, "\n");
		}
	} else if (strcmp(name, "coremodules") == 0) {
		for (n = uleb(c); n > 0; n--) {
			assert_int_equal(byte(c), 0);
			text(c, what, sizeof(what));
			say(w, "module \"%s\"\n", what);
		}
	} else if (strcmp(name, "coreinstances") == 0) {
		for (n = uleb(c); n > 0; n--) {
			assert_int_equal(byte(c), 0);
			say(w, "instance of %llu:", (unsigned long long)uleb(c));
			say_indices(w, c);
			say(w, " |");
			say_indices(w, c);
			say(w, "\n");
		}
	} else {
		fail_msg("a section named %s", name);
	}
}

static void read_global(struct words *w, struct cursor *c)
{
	uint8_t type = byte(c);

	assert_int_equal(byte(c), 0);
	say(w, "global");
	switch (byte(c)) {
	case 0x41: case 0x42: case 0x43: case 0x44: say_value(w, c, type); break;
	case 0xd0: say(w, " null:%02x", byte(c)); break;
	case 0xfd:
		assert_int_equal(byte(c), 0x0c);
		say(w, " v128:%llu", (unsigned long long)fixed(c, 8));
		say(w, ":%llu", (unsigned long long)fixed(c, 8));
		break;
	default: fail_msg("a global's value");
	}
	assert_int_equal(byte(c), 0x0b);
	say(w, "\n");
}

static void read_data(struct words *w, struct cursor *c)
{
	uint64_t flags = uleb(c), memory = flags == 2 ? uleb(c) : 0, len;
	uint8_t sum = 0, type = byte(c);

	assert_true(flags == 0 || flags == 2);
	assert_true(type == 0x41 || type == 0x42);
	say(w, "data %llu at %lld", (unsigned long long)memory, (long long)sleb(c));
	assert_int_equal(byte(c), 0x0b);
	len = uleb(c);
	for (uint64_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + byte(c));
	say(w, " +%llu, sum %u\n", (unsigned long long)len, sum);
}

static void read_dump(struct words *w, const struct file *f)
{
	struct cursor c = {f->bytes, f->bytes + f->len};
	uint8_t last = 0;

	w->len = 0;
	w->text[0] = '\0';
	assert_true(f->len > 8 && memcmp(f->bytes, "\0asm\1\0\0\0", 8) == 0);
	c.p += 8;
	while (c.p < c.end) {
		uint8_t id = byte(&c);
		uint64_t size = uleb(&c);
		struct cursor s = {c.p, c.p + size};

		assert_true(size <= (size_t)(c.end - c.p));
		assert_true(id == 0 || id > last);
		last = id ? id : last;
		c.p += size;
		if (id == 0)
			read_custom(w, &s);
		for (uint64_t n = id ? uleb(&s) : 0; n > 0; n--) {
			if (id == 5) {
				uint8_t flags = byte(&s);

				say(w, "memory %u %llu", flags, (unsigned long long)uleb(&s));
				say(w, flags & 8 ? " %llu\n" : "\n", flags & 8 ? (unsigned long long)uleb(&s) : 0);
			} else if (id == 6) {
				read_global(w, &s);
			} else if (id == 11) {
				read_data(w, &s);
			} else {
				fail_msg("a section %u", id);
			}
		}
		assert_ptr_equal(s.p, s.end);
	}
}

/* wabt's reader: no complaint. */
static void wabt_reads(const struct file *f)
{
	static char out[1 << 16], err[4096];
	char path[] = "/tmp/ew-test-core-XXXXXX";
	const char *argv[] = {"wasm-objdump", "-x", path, NULL};
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	close(fd);
	assert_true(write_file(path, f->bytes, f->len));
	rc = run_program(argv, out, sizeof(out), err, sizeof(err));
	unlink(path);
	if (rc != 0 || err[0])
		fail_msg("wasm-objdump: exit status %d\n%s%s", rc, out, err);
	check_has("wasm-objdump", out, "- name: \"corestack\"");
}

/* ---- what is in them --------------------------------------------------------------------------------- */

/* main(7) calls inner(7, -2, 0.5, 2.5), which sets its locals and the memory, and divides by zero. */
static void build_main(struct wmod *m)
{
	wmod_func(m, "(iIfF)i", "ii",
		  CODE(LOCAL_GET(0), I32_CONST(1), 0x6a, LOCAL_SET(4), I32_CONST(-1), LOCAL_SET(5),
		       I32_CONST5(1000), I32_CONST(9), 0x3a, 0, 0, I32_CONST5(70000), I32_CONST(3), 0x3a, 0, 0,
		       I32_CONST(5), GLOBAL_SET(0), I32_CONST(1), I32_CONST(0), 0x6d));
	wmod_func(m, "(i)i", "IxF", CODE(I64_CONST(-3), LOCAL_SET(1), LOCAL_GET(0), I64_CONST(-2), 0x43, 0, 0, 0, 0x3f,
					 0x44, 0, 0, 0, 0, 0, 0, 4, 0x40, CALL(0)));
	wmod_memory(m, 2, 5);
	wmod_global(m, T_I32, 1, CODE(I32_CONST(4)));
	wmod_global(m, T_I64, 0, CODE(I64_CONST(-9)));
	wmod_global(m, T_F32, 0, CODE(0x43, 0, 0, 0x80, 0x3f));
	wmod_global(m, T_F64, 0, CODE(0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0xbf));
	wmod_global(m, T_FUNC, 0, CODE(0xd0, 0x70));
	wmod_export(m, "main", WMOD_FUNC, 1);
	wmod_export(m, "memory", WMOD_MEMORY, 0);
	wmod_export(m, "count", WMOD_GLOBAL, 0);
}

static const char main_words[] =
	"core \"prog\"\n"
	"module \"prog\"\n"
	"instance of 0: 0 | 0 1 2 3 4\n"
	"corestack \"main\"\n"
	"frame 0.0+%u: i32:7 i64:-2 f32:3f000000 f64:4004000000000000 i32:8 i32:-1\n"
	"frame 0.1+%u: i32:7 i64:-3 - f64:0000000000000000\n"
	"memory 0 2\n"
	"global i32:5\nglobal i64:-9\nglobal f32:3f800000\nglobal f64:bff0000000000000\nglobal null:70\n"
	"data 0 at 768 +256, sum 9\n"
	"data 0 at 69888 +256, sum 3\n";

static void test_contents(void **state)
{
	static struct file f;
	union ew_value v = {.i32 = 7};
	struct words w;
	struct wrun r;
	char want[1024];
	uint32_t body[2], size;

	(void)state;
	for (uint32_t flags = 0; flags <= EW_MODULE_LAZY; flags += EW_MODULE_LAZY) {
		if (flags && !EW_CONFIG_LAZY)
			break;
		f.len = 0;
		wrun_init(&r);
		r.load.flags = flags;
		build_main(&r.m);
		wrun_open(&r);
		assert_int_equal(ew_coredump_write(r.exec, "prog", write_file_part, &f), EW_ERR_STATE);
		assert_int_equal(wrun_call(&r, "main", &v), EW_ERR_TRAP);
		assert_int_equal(ew_coredump_write(r.exec, "prog", write_file_part, &f), EW_OK);
		for (uint32_t i = 0; i < 2; i++) {
			assert_int_equal(ew_exec_trap(r.exec)->frames[i].func, i);
			ew_module_func_body(r.module, i, &body[i], &size);
			body[i] = ew_exec_trap(r.exec)->frames[i].offset - body[i];
		}
		read_dump(&w, &f);
		snprintf(want, sizeof(want), main_words, body[0], body[1]);
		check_str("dump", w.text, want);
		if (have_program("wasm-objdump"))
			wabt_reads(&f);
		else
			print_message("skipped: no wasm-objdump (package wabt)\n");
		wrun_close(&r);
	}
}

/* Another instance in between, memories and globals shared with it and with nobody's instance. */
static void test_instances(void **state)
{
	static struct file f;
	struct ew_import imports[4] = {{"a", "f", EW_EXTERN_FUNC, .from_instance = true},
				       {"a", "m", EW_EXTERN_MEMORY, .u.memory = NULL},
				       {"a", "g", EW_EXTERN_GLOBAL, .u.global = NULL},
				       {"h", "g", EW_EXTERN_GLOBAL, .u.global = NULL}};
	struct ew_global *alone;
	union ew_value v = {.i32 = 7};
	struct wrun a, b;
	struct words w;

	(void)state;
	f.len = 0;
	wrun_init(&a);
	build_main(&a.m);
	wrun_open(&a);
	wrun_init(&b);
	imports[0].u.func = wrun_func(&a, "main", NULL);
	assert_int_equal(ew_memory_find(a.instance, "memory", &imports[1].u.memory), EW_OK);
	assert_int_equal(ew_global_find(a.instance, "count", &imports[2].u.global), EW_OK);
	assert_int_equal(ew_global_create(&alone, EW_I64, true, (union ew_value){.i64 = 77}, &b.mem.alloc), EW_OK);
	imports[3].u.global = alone;
	b.link.imports = imports;
	b.link.import_count = 4;
	b.exec = a.exec;
	wmod_import_func(&b.m, "a", "f", "(i)i");
	wmod_import_memory(&b.m, "a", "m", 1, WMOD_NO_MAX);
	wmod_import_global(&b.m, "a", "g", T_I32, 1);
	wmod_import_global(&b.m, "h", "g", T_I64, 1);
	wmod_memory(&b.m, 1, 1);
	wmod_func(&b.m, "(i)i", "i", CODE(LOCAL_GET(0), CALL(0)));
	wmod_export(&b.m, "go", WMOD_FUNC, 1);
	wmod_custom(&b.m, "name", "\0\7\6second", 9);
	wrun_open(&b);
	assert_int_equal(wrun_call(&b, "go", &v), EW_ERR_TRAP);
	assert_int_equal(ew_coredump_write(a.exec, NULL, write_file_part, &f), EW_OK);
	read_dump(&w, &f);
	/* The youngest frame's instance comes first. */
	check_has("frames", w.text, "frame 0.0+");
	check_has("frames", w.text, "frame 0.1+");
	check_has("frames", w.text, "frame 1.1+5: i32:7 i32:0\n");
	check_has("modules", w.text, "module \"\"\nmodule \"second\"\n");
	check_has("first", w.text, "instance of 0: 0 | 0 1 2 3 4\n");
	check_has("second", w.text, "instance of 1: 0 1 | 0 5\n");
	check_has("memories", w.text, "memory 0 2\nmemory 0 1\n");
	check_has("alone", w.text, "null:70\nglobal i64:77\n");
	/* Whose instance is gone has no frame to show. */
	ew_instance_destroy(b.instance);
	b.instance = NULL;
	assert_int_equal(ew_coredump_write(a.exec, NULL, write_file_part, &f), EW_ERR_STATE);
	b.exec = NULL;
	ew_instance_destroy(a.instance);
	a.instance = NULL;
	ew_exec_destroy(a.exec);
	a.exec = NULL;
	ew_global_destroy(alone);
	wrun_close(&b);
	wrun_close(&a);
}

/* ---- when there is one ------------------------------------------------------------------------------- */

static enum ew_status call_again(void *user, struct ew_instance *caller, union ew_value *values)
{
	struct ew_func *f;

	(void)values;
	assert_int_equal(ew_func_find(caller, "trap", NULL, &f), EW_OK);
	assert_int_equal(ew_call(f, NULL), EW_ERR_TRAP);
	assert_int_equal(ew_coredump_write(ew_instance_exec(caller), NULL, write_file_part, user), EW_OK);
	return EW_OK;
}

static void count_trap(void *user, struct ew_exec *exec)
{
	struct file *f = user;

	f->len = 0;
	assert_int_equal(ew_exec_trap(exec)->code, EW_TRAP_UNREACHABLE);
	assert_int_equal(ew_coredump_write(exec, "hook", write_file_part, f), EW_OK);
}

static void test_times(void **state)
{
	static struct file f;
	struct ew_import import = {"e", "again", EW_EXTERN_FUNC, .u.host = {"()", call_again, &f}};
	struct words w;
	struct wrun r;

	(void)state;
	f.len = 0;
	wrun_init(&r);
	r.link.imports = &import;
	r.link.import_count = 1;
	wmod_import_func(&r.m, "e", "again", "()");
	wmod_func(&r.m, "()", "", CODE(OP_UNREACHABLE));
	wmod_func(&r.m, "()", "", CODE(CALL(0)));
	wmod_func(&r.m, "()", "i", CODE(LOOP(T_VOID), LOCAL_GET(0), I32_CONST(1), 0x6a, LOCAL_SET(0), BR(0), OP_END));
	wmod_export(&r.m, "trap", WMOD_FUNC, 1);
	wmod_export(&r.m, "again", WMOD_FUNC, 2);
	wmod_export(&r.m, "loop", WMOD_FUNC, 3);
	wrun_open(&r);
	/* In a host function, after the guest's own call in it; not when all has ended well. */
	assert_int_equal(wrun_call(&r, "again", NULL), EW_OK);
	read_dump(&w, &f);
	check_has("nested", w.text, "frame 0.1+1:\n");
	check_true("nested", strstr(w.text, "frame 0.2") == NULL);
	assert_int_equal(ew_coredump_write(r.exec, NULL, write_file_part, &f), EW_ERR_STATE);
	/* Behind a trap, and not behind what came after it. */
	assert_int_equal(wrun_call(&r, "trap", NULL), EW_ERR_TRAP);
	f.len = 0;
	assert_int_equal(ew_coredump_write(r.exec, NULL, write_file_part, &f), EW_OK);
	assert_int_equal(wrun_call(&r, "again", NULL), EW_OK);
	assert_int_equal(ew_coredump_write(r.exec, NULL, write_file_part, &f), EW_ERR_STATE);
	/* Suspended. */
	ew_exec_set_fuel(r.exec, 30);
	assert_int_equal(wrun_call(&r, "loop", NULL), EW_ERR_FUEL);
	f.len = 0;
	assert_int_equal(ew_coredump_write(r.exec, NULL, write_file_part, &f), EW_OK);
	read_dump(&w, &f);
	check_has("suspended", w.text, "frame 0.3+");
	check_has("suspended", w.text, ": i32:7\n"); /* five instructions a turn: the seventh overdrew */
	ew_cancel(r.exec);
	assert_int_equal(ew_coredump_write(r.exec, NULL, write_file_part, &f), EW_ERR_STATE);
	/* By the hook. */
	ew_exec_set_fuel(r.exec, 1000);
	ew_exec_on_trap(r.exec, count_trap, &f);
	f.len = 0;
	assert_int_equal(wrun_call(&r, "trap", NULL), EW_ERR_TRAP);
	read_dump(&w, &f);
	check_has("hook", w.text, "core \"hook\"\n");
	f.len = 0;
	ew_exec_on_trap(r.exec, NULL, NULL);
	assert_int_equal(wrun_call(&r, "trap", NULL), EW_ERR_TRAP);
	assert_int_equal(f.len, 0);
	wrun_close(&r);
}

/* A start function's instance is gone when creation has failed: the hook sees it. */
static void test_start(void **state)
{
	static struct file f;
	struct words w;
	struct wrun r;

	(void)state;
	f.len = 0;
	wrun_init(&r);
	wmod_func(&r.m, "()", "", CODE(OP_UNREACHABLE));
	wmod_start(&r.m, 0);
	assert_int_equal(wrun_load(&r), EW_OK);
	assert_int_equal(ew_exec_create(&r.exec, &r.stack, &r.mem.alloc), EW_OK);
	ew_exec_on_trap(r.exec, count_trap, &f);
	assert_int_equal(wrun_link(&r), EW_ERR_TRAP);
	read_dump(&w, &f);
	check_str("start", w.text, "core \"hook\"\nmodule \"hook\"\ninstance of 0: |\ncorestack \"main\"\nframe 0.0+1:\n");
	assert_int_equal(ew_coredump_write(r.exec, NULL, write_file_part, &f), EW_ERR_STATE);
	wrun_close(&r);
}

/* ---- odd memories, vectors, failures ------------------------------------------------------------------ */

static void test_memories(void **state)
{
	static struct file f;
	struct words w;
	struct wrun r;

	(void)state;
	if (!EW_CONFIG_CUSTOM_PAGE_SIZES || !EW_CONFIG_MULTI_MEMORY) {
		print_message("skipped: several memories or pages of one byte are compiled away\n");
		skip();
	}
	f.len = 0;
	wrun_init(&r);
	wmod_memory(&r.m, 1, 1);
	/* 1001 pages of one byte */
	wb_put(&r.m.memories.body, "\x08\xe9\x07\x00", 4);
	r.m.memories.count++;
	wmod_func(&r.m, "()", "", CODE(I32_CONST5(1000), I32_CONST(7), 0x3a, 0x40, 1, 0, OP_UNREACHABLE));
	wmod_export(&r.m, "f", WMOD_FUNC, 0);
	wrun_open(&r);
	assert_int_equal(wrun_call(&r, "f", NULL), EW_ERR_TRAP);
	assert_int_equal(ew_coredump_write(r.exec, NULL, write_file_part, &f), EW_OK);
	read_dump(&w, &f);
	check_has("memories", w.text, "memory 0 1\nmemory 8 1001 0\ndata 1 at 768 +233, sum 7\n");
	wrun_close(&r);
}

static void test_vectors(void **state)
{
	static struct file f;
	union ew_value v[2] = {{.u64 = 1}, {.u64 = 2}};
	struct ew_global *g;
	struct words w;
	struct wrun r;

	(void)state;
	if (!EW_CONFIG_SIMD) {
		print_message("skipped: vectors are compiled away\n");
		skip();
	}
	f.len = 0;
	wrun_init(&r);
	wmod_func(&r.m, "(Vi)", "Vi", CODE(I32_CONST(3), LOCAL_SET(3), OP_UNREACHABLE));
	wmod_global(&r.m, T_V128, 1, CODE(0xfd, 12, 4, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0));
	wmod_export(&r.m, "f", WMOD_FUNC, 0);
	wmod_export(&r.m, "g", WMOD_GLOBAL, 0);
	wrun_open(&r);
	assert_int_equal(ew_global_find(r.instance, "g", &g), EW_OK);
	assert_int_equal(wrun_call(&r, "f", (union ew_value[]){v[0], v[1], {.i32 = 9}}), EW_ERR_TRAP);
	assert_int_equal(ew_coredump_write(r.exec, NULL, write_file_part, &f), EW_OK);
	read_dump(&w, &f);
	check_has("locals", w.text, ": - i32:9 - i32:3\n");
	check_has("global", w.text, "global v128:4:5\n");
	wrun_close(&r);
}

static void test_failures(void **state)
{
	static struct file f;
	union ew_value v = {.i32 = 7};
	size_t whole;
	struct wrun r;

	(void)state;
	f.len = 0;
	wrun_init(&r);
	build_main(&r.m);
	wrun_open(&r);
	assert_int_equal(wrun_call(&r, "main", &v), EW_ERR_TRAP);
	assert_int_equal(ew_coredump_write(r.exec, "p", write_file_part, &f), EW_OK);
	whole = f.len;
	for (size_t at = 1; at <= whole; at += 7) {
		f.len = 0;
		f.fail_at = at;
		assert_int_equal(ew_coredump_write(r.exec, "p", write_file_part, &f), EW_ERR_IO);
		assert_true(f.len < at);
	}
	f.len = f.fail_at = 0;
	r.mem.fail_at = r.mem.requests + 1;
	assert_int_equal(ew_coredump_write(r.exec, "p", write_file_part, &f), EW_ERR_NOMEM);
	assert_int_equal(f.len, 0);
	assert_int_equal(ew_coredump_write(r.exec, "p", write_file_part, &f), EW_OK);
	assert_int_equal(f.len, whole);
	wrun_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contents), cmocka_unit_test(test_instances), cmocka_unit_test(test_times),
		cmocka_unit_test(test_start),	 cmocka_unit_test(test_memories),  cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests_name("wasm/coredump", tests, NULL, NULL);
}
