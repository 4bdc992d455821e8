/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_fuzz_module.c - any bytes at all as a module: refused, or linked with stand-ins and every export
 * run, bounded by fuel.  Never a crash, a leak, or a byte read beyond the input; and the same again where functions are
 * translated on their first call.
 *
 * With -DEW_LIBFUZZER this is a libFuzzer target (tests/README.md says how to build it); without, a driver
 * that runs it on damaged copies of modules made here.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "edgewasm/wasm.h"

#define VALUES 256
#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not %s\n", __FILE__, __LINE__, #condition);        \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How far the inputs came: a driver that only ever sees refusals tests nothing. */
struct fuzz_counts {
	unsigned long loaded, linked, called, trapped, fuel;
	uint64_t digest; /* of what calls ended with: FNV-1a */
};

static void note(struct fuzz_counts *c, uint64_t what)
{
	c->digest = (c->digest ^ what) * 0x100000001b3u;
}


static enum ew_status stand_in(void *user, struct ew_instance *caller, union ew_value *values)
{
	MUST(ew_instance_exec(caller) != NULL);
	memset(values, 0, (size_t)(uintptr_t)user * sizeof(*values));
	return EW_OK;
}

static char letter(uint8_t type)
{
	switch (type) {
	case EW_I32: return 'i';
	case EW_I64: return 'I';
	case EW_F32: return 'f';
	case EW_F64: return 'F';
	case EW_FUNCREF: return 'p';
	default: return 'x';
	}
}

static enum ew_status resolve(void *user, const struct ew_extern_type *want, struct ew_import *out,
			      struct ew_error *err)
{
	char *p = user; /* room for one signature */

	(void)err;
	if (want->kind != EW_EXTERN_FUNC || want->param_count + want->result_count > VALUES)
		return EW_ERR_NOENT;
	out->kind = EW_EXTERN_FUNC;
	out->u.host.fn = stand_in;
	out->u.host.user = (void *)(uintptr_t)want->result_count;
	out->u.host.signature = p;
	*p++ = '(';
	for (uint32_t i = 0; i < want->param_count; i++)
		*p++ = letter(want->params[i]);
	*p++ = ')';
	for (uint32_t i = 0; i < want->result_count; i++)
		*p++ = letter(want->results[i]);
	*p = '\0';
	return EW_OK;
}

static void check_trap(const struct ew_exec *x, size_t size, struct fuzz_counts *counts)
{
	const struct ew_trap *t = ew_exec_trap(x);

	MUST(t->code > EW_TRAP_NONE && t->code <= EW_TRAP_HOST);
	MUST(t->frame_count <= EW_TRAP_FRAMES && t->frame_count <= t->depth);
	MUST(memchr(t->text, '\0', sizeof(t->text)) && t->text[0]);
	for (uint32_t i = 0; i < t->frame_count; i++) {
		MUST(t->frames[i].offset < size);
		note(counts, (uint64_t)t->frames[i].func << 32 | t->frames[i].offset);
	}
	note(counts, (uint64_t)t->code << 32 | t->depth);
}

static void call_export(struct ew_instance *i, struct ew_exec *x, uint32_t index, size_t size,
			struct fuzz_counts *counts)
{
	union ew_value values[VALUES];
	struct ew_extern_type type;
	enum ew_status status;
	struct ew_func *f;

	MUST(ew_module_export(ew_instance_module(i), index, &type) == EW_OK);
	if (type.kind != EW_EXTERN_FUNC || type.param_count > VALUES || type.result_count > VALUES)
		return;
	MUST(ew_func_at(i, index, &f) == EW_OK);
	memset(values, 0, sizeof(values));
	ew_exec_set_fuel(x, 3000);
	status = ew_call(f, values);
	if (status == EW_ERR_FUEL) {
		counts->fuel++;
		ew_exec_set_fuel(x, 500);
		status = ew_resume(x, values);
		if (status == EW_ERR_FUEL)
			ew_cancel(x);
	}
	if (status == EW_ERR_TRAP) {
		counts->trapped++;
		check_trap(x, size, counts);
	}
	MUST(status == EW_OK || status == EW_ERR_TRAP || status == EW_ERR_FUEL);
	note(counts, (uint64_t)status);
	note(counts, (uint64_t)ew_exec_fuel(x));
	counts->called++;
}

static void run_module(struct ew_module *m, size_t size, const struct ew_alloc *alloc, struct fuzz_counts *counts)
{
	char signature[VALUES + 8];
	struct ew_exec_config stack = {.struct_bytes = sizeof(stack), .stack_slots = 4096, .call_depth = 64};
	struct ew_instance_config config = {.struct_bytes = sizeof(config),
					    .max_memory_pages = 4,
					    .max_table_entries = 1000,
					    .resolve = resolve,
					    .resolve_user = signature};
	struct ew_instance *i;
	struct ew_error err = {0};
	struct ew_trap trap;
	enum ew_status status;

	MUST(ew_exec_create(&config.exec, &stack, alloc) == EW_OK);
	ew_exec_set_fuel(config.exec, 3000);
	status = ew_instance_create(&i, m, &config, alloc, &trap, &err);
	if (status == EW_OK) {
		counts->linked++;
		for (uint32_t e = 0; e < ew_module_export_count(m) && e < 32; e++)
			call_export(i, config.exec, e, size, counts);
		ew_instance_destroy(i);
	} else {
		MUST(i == NULL);
		MUST(status == EW_ERR_TRAP || err.text[0] || status == EW_ERR_FUEL);
	}
	ew_exec_destroy(config.exec);
}

/* All there is to know of a module loaded with these flags. */
static enum ew_status load_and_run(const uint8_t *data, size_t size, uint32_t flags, const struct ew_alloc *alloc,
				   struct fuzz_counts *counts, struct ew_error *err)
{
	struct ew_module_config config = {.struct_bytes = sizeof(config), .flags = flags};
	struct ew_module *m;
	enum ew_status status = ew_module_load(&m, data, size, &config, alloc, err);

	if (status == EW_OK) {
		counts->loaded++;
		run_module(m, size, alloc, counts);
		ew_module_free(m);
		return status;
	}
	MUST(m == NULL && err->status == status && err->text[0]);
	MUST(status == EW_ERR_MALFORMED || status == EW_ERR_INVALID || status == EW_ERR_LIMIT ||
	     status == EW_ERR_UNSUPPORTED);
	MUST(err->offset <= size);
	return status;
}

static void fuzz(const uint8_t *data, size_t size, const struct ew_alloc *alloc, struct fuzz_counts *counts)
{
	struct fuzz_counts late = {0};
	struct ew_error err = {0}, late_err = {0};
	enum ew_status status;

	counts->digest = 0;
	status = load_and_run(data, size, 0, alloc, counts, &err);
	if (!EW_CONFIG_LAZY || strstr(err.text, "internal code")) /* which is met at the first call then */
		return;
	MUST(load_and_run(data, size, EW_MODULE_LAZY, alloc, &late, &late_err) == status);
	MUST(late.digest == counts->digest && late_err.offset == err.offset);
	MUST(strcmp(late_err.text, err.text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_counts counts = {0};
	struct ew_alloc alloc = ew_alloc_libc();

	fuzz(data, size, &alloc, &counts);
	return 0;
}

#ifndef EW_LIBFUZZER
#include "../aid/aid.h"

/* A little of everything that runs: calls, loops, memory, tables, globals, start, floats. */
static void build_code(struct wmod *m)
{
	wmod_type(m, "()i");
	wmod_import_func(m, "e", "h", "(i)i");
	wmod_memory(m, 1, 2);
	wmod_table(m, T_FUNC, 3, 3);
	wmod_global(m, T_I32, 1, CODE(I32_CONST(9)));
	wmod_func(m, "(i)i", "iF",
		  CODE(BLOCK(T_VOID), LOOP(T_VOID), LOCAL_GET(0), 0x45, BR_IF(1), LOCAL_GET(0), LOCAL_TEE(1), CALL(0), LOCAL_SET(1),
		       LOCAL_GET(0), I32_CONST(1), 0x6b, LOCAL_SET(0), BR(0), OP_END, OP_END, LOCAL_GET(1), 0x28, 2, 4));
	wmod_func(m, "()i", "", CODE(I32_CONST(5), CALL(1), GLOBAL_GET(0), 0x6d, I32_CONST(1), CALL_INDIRECT(0, 0), 0x6a));
	wmod_func(m, "()i", "", CODE(GLOBAL_GET(0), IF(T_I32), I32_CONST(3), OP_ELSE, I32_CONST(4), OP_END));
	wmod_func(m, "()", "", CODE(I32_CONST(8), I32_CONST(7), 0x36, 2, 0, I32_CONST(0), I32_CONST(1), I32_CONST(5), 0xfc, 11, 0));
	wmod_export(m, "a", WMOD_FUNC, 1);
	wmod_export(m, "b", WMOD_FUNC, 2);
	wmod_export(m, "c", WMOD_FUNC, 3);
	wmod_start(m, 4);
	wmod_elem(m, 0, (const uint32_t[]){2, 3, 1}, 3);
	wmod_data(m, 0, "data", 4);
}

/* Everything a module can declare, and types of several values. */
static void build_declarations(struct wmod *m)
{
	static const char *const names[] = {"one", "two"};

	wmod_import_func(m, "env", "f", "(iIfF)i");
	wmod_func(m, "(fF)Ff", "", CODE(LOCAL_GET(1), LOCAL_GET(0)));
	wmod_func(m, "()I", "I",
		  CODE(0x43, 0, 0, 0, 0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, BLOCK(1), OP_DROP, OP_DROP, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x43, 0, 0, 0, 0, OP_END, 0xa8,
		       0xad, LOCAL_SET(0), OP_DROP, LOCAL_GET(0)));
	wmod_func(m, "(x)i", "p", CODE(LOCAL_GET(0), 0xd1, LOCAL_GET(1), 0xd1, 0x6a, I32_CONST(2), 0x0e, 1, 0, 0)); /* br_table */
	wmod_table(m, T_FUNC, 2, 9);
	wmod_table(m, T_EXTERN, 1, WMOD_NO_MAX);
	wmod_memory(m, 0, 3);
	wmod_global(m, T_F32, 0, CODE(0x43, 0, 0, 0x80, 0x3f));
	wmod_global(m, T_EXTERN, 1, CODE(0xd0, T_EXTERN));
	wmod_global(m, T_FUNC, 1, CODE(0xd2, 1));
	wmod_export(m, "x", WMOD_FUNC, 1);
	wmod_export(m, "y", WMOD_FUNC, 3);
	wmod_export(m, "t", WMOD_TABLE, 1);
	wmod_export(m, "g", WMOD_GLOBAL, 2);
	wmod_elem_passive(m, (const uint32_t[]){0, 1}, 2);
	wmod_data_passive(m, "passive", 7);
	wmod_names(m, names, 2);
	wmod_custom(m, "custom", "abc", 3);
}

static const struct {
	const char *name;
	void (*build)(struct wmod *m);
} seeds[] = {{"code", build_code}, {"declarations", build_declarations}};

struct bench {
	struct wmod m;
	const uint8_t *bytes;
	size_t size;
	struct guard g;
	struct fuzz_counts counts;
	unsigned long inputs;
};

static void open_bench(struct bench *b, size_t seed)
{
	memset(b, 0, sizeof(*b));
	wmod_init(&b->m);
	seeds[seed].build(&b->m);
	b->bytes = wmod_finish(&b->m, &b->size);
	guard_init(&b->g, 2 * b->size + 256);
}

static void close_bench(struct bench *b, const char *name)
{
	print_message("%s: %zu bytes, %lu inputs, %lu loaded, %lu linked, %lu calls, %lu traps, %lu out of fuel\n", name, b->size,
		      b->inputs, b->counts.loaded, b->counts.linked, b->counts.called, b->counts.trapped, b->counts.fuel);
	guard_deinit(&b->g);
	wmod_free(&b->m);
}

/* size bytes at the end of the guarded buffer. */
static void try_input(struct bench *b, const uint8_t *bytes, size_t size)
{
	static struct fail_alloc mem;

	fail_alloc_init(&mem);
	mem.limit_bytes = 64u << 20;
	fuzz(bytes, size, &mem.alloc, &b->counts);
	assert_int_equal(mem.failed, 0);
	fail_alloc_finish(&mem);
	b->inputs++;
}

static void test_every_byte(void **state)
{
	(void)state;
	for (size_t s = 0; s < ROWS(seeds); s++) {
		struct bench b;
		uint8_t *p;

		open_bench(&b, s);
		p = guard_copy(&b.g, b.bytes, b.size);
		try_input(&b, p, b.size);
		assert_int_equal(b.counts.linked, 1); /* the seed itself is good */
		for (size_t i = 0; i < b.size; i++) {
			for (unsigned v = 1; v < 256; v++) {
				p[i] = (uint8_t)(b.bytes[i] + v);
				try_input(&b, p, b.size);
			}
			p[i] = b.bytes[i];
		}
		assert_true(b.counts.linked > 1000 && b.counts.trapped > 100);
		close_bench(&b, seeds[s].name);
	}
}

/* Bytes changed, cut out, doubled, and taken from elsewhere in the module. */
static size_t damage(uint8_t *out, const uint8_t *bytes, size_t size, uint64_t *seed)
{
	size_t at, n;

	memcpy(out, bytes, size);
	for (uint64_t k = 1 + noise(seed) % 4; k > 0; k--) {
		at = 8 + noise(seed) % (size - 8);
		n = 1 + noise(seed) % 8;
		if (n > size - at)
			n = size - at;
		switch (noise(seed) % 6) {
		case 0: out[at] = (uint8_t)noise(seed); break;
		case 1: out[at] ^= (uint8_t)(1u << noise(seed) % 8); break;
		case 2: /* cut out */
			memmove(out + at, out + at + n, size - at - n);
			size -= n;
			break;
		case 3: /* doubled */
			memmove(out + at + n, out + at, size - at);
			size += n;
			break;
		case 4: /* from elsewhere */
			memmove(out + at, bytes + noise(seed) % 40, n);
			break;
		default: /* the numbers that hurt */
			out[at] = (const uint8_t[]){0x00, 0x7f, 0x80, 0xff, 0x0b, 0x40, 0x70, 0x0f}[noise(seed) % 8];
			break;
		}
		if (size < 16)
			break;
	}
	return size;
}

static void test_damage(void **state)
{
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (size_t s = 0; s < ROWS(seeds); s++) {
		struct bench b;

		open_bench(&b, s);
		for (int i = 0; i < 30000; i++) {
			uint8_t copy[2048];
			size_t size = damage(copy, b.bytes, b.size, &seed);

			try_input(&b, guard_copy(&b.g, copy, size), size);
		}
		assert_true(b.counts.loaded > 100);
		close_bench(&b, seeds[s].name);
	}
}

/* Bodies of random opcodes inside a good module: the validator's own ground. */
static void test_random_bodies(void **state)
{
	static const uint8_t often[] = {0x20, 0x21, 0x22, 0x41, 0x42, 0x6a, 0x7c, 0x0b, 0x02, 0x03, 0x04, 0x05, 0x0c, 0x0d,
					0x0e, 0x10, 0x11, 0x1a, 0x1b, 0x28, 0x36, 0x45, 0x00, 0x0f, 0x23, 0x24, 0xd0, 0xfc};
	uint64_t seed = 31415926535u;
	struct bench b;

	(void)state;
	open_bench(&b, 0);
	guard_deinit(&b.g);
	guard_init(&b.g, 4096);
	for (int i = 0; i < 60000; i++) {
		uint8_t code[24];
		size_t n = 1 + noise(&seed) % sizeof(code);
		struct wmod m;
		const uint8_t *bytes;
		size_t size;

		for (size_t k = 0; k < n; k++)
			code[k] = noise(&seed) % 3 ? often[noise(&seed) % sizeof(often)] : (uint8_t)(noise(&seed) % 4);
		wmod_init(&m);
		wmod_memory(&m, 1, 1);
		wmod_table(&m, T_FUNC, 2, 2);
		wmod_global(&m, T_I32, 1, CODE(I32_CONST(9)));
		wmod_func(&m, i & 1 ? "(iI)" : "(ii)i", "iIi", code, n);
		wmod_export(&m, "f", WMOD_FUNC, 0);
		bytes = wmod_finish(&m, &size);
		try_input(&b, guard_copy(&b.g, bytes, size), size);
		wmod_free(&m);
	}
	assert_true(b.counts.linked > 50);
	close_bench(&b, "bodies");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_random_bodies),
	};

	return cmocka_run_group_tests_name("fuzz/module", tests, NULL, NULL);
}
#endif
