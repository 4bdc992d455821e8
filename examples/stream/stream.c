/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * stream.c - any amount of CSV to line protocol, by a guest in a few pages of memory.
 *
 *	stream < in.csv > out.lp             as a filter, a figure a line on stderr at the end
 *	stream --demo MEGABYTES              on made-up telemetry: pieces of several sizes give the same output as native code
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../aid/aid.h"
#include "convert.h"

#define GUEST "examples/stream/guest_stream.wasm"
#define CHUNK_FUEL 4000000u /* of 4 KiB: --demo tells what is needed */
#define PAGES 1u

struct transform {
	struct ew_alloc alloc;
	struct ew_module *module;
	struct ew_instance *instance;
	struct ew_func *process, *taken, *finalize;
	uint32_t input, cap, output;
	uint64_t in_bytes, out_bytes, fuel, most_fuel; /* most: of one piece */
	void (*sink)(void *user, const uint8_t *bytes, size_t len);
	void *user;
};

static bool call(struct ew_func *f, union ew_value *v)
{
	return ew_call(f, v) == EW_OK;
}

static uint32_t number(struct transform *t, const char *name)
{
	struct ew_func *f;
	union ew_value v = {0};

	return ew_func_find(t->instance, name, "()i", &f) == EW_OK && call(f, &v) ? v.u32 : 0;
}

static bool transform_open(struct transform *t, const uint8_t *wasm, size_t size)
{
	struct ew_instance_config config = {.struct_bytes = sizeof(config), .max_memory_pages = PAGES};
	struct ew_error err = {EW_OK, 0, ""};

	t->alloc = ew_alloc_libc();
	if (ew_module_load(&t->module, wasm, size, NULL, &t->alloc, &err) != EW_OK ||
	    ew_instance_create(&t->instance, t->module, &config, &t->alloc, NULL, &err) != EW_OK ||
	    ew_func_find(t->instance, "process_chunk", "(i)i", &t->process) != EW_OK ||
	    ew_func_find(t->instance, "taken", "()i", &t->taken) != EW_OK ||
	    ew_func_find(t->instance, "finalize", "()i", &t->finalize) != EW_OK) {
		aid_fail("stream", GUEST, err.text);
		return false;
	}
	t->input = number(t, "input");
	t->cap = number(t, "input_bytes");
	t->output = number(t, "output");
	return t->cap > 0;
}

static void transform_close(struct transform *t)
{
	ew_instance_destroy(t->instance);
	ew_module_free(t->module);
}

/* Give the sink what the guest says lies at output(). */
static bool drain(struct transform *t, struct ew_func *f, union ew_value *v)
{
	struct ew_exec *exec = ew_instance_exec(t->instance);
	const uint8_t *out;
	uint64_t spent;

	ew_exec_set_fuel(exec, CHUNK_FUEL);
	if (!call(f, v)) {
		const struct ew_trap *trap = ew_exec_trap(exec);

		aid_fail("stream", "the guest", trap->code != EW_TRAP_NONE ? trap->text : "out of fuel");
		return false;
	}
	spent = CHUNK_FUEL - (uint64_t)ew_exec_fuel(exec);
	t->fuel += spent;
	t->most_fuel = spent > t->most_fuel ? spent : t->most_fuel;
	out = ew_memory_span(ew_instance_memory(t->instance), t->output, v->u32);
	if (v->i32 < 0 || !out) {
		aid_fail("stream", "the guest", "its output is not in its memory");
		return false;
	}
	t->out_bytes += v->u32;
	t->sink(t->user, out, v->u32);
	return true;
}

/* The guest takes a piece at once, or in parts where its output has no room for all. */
static bool feed(struct transform *t, const uint8_t *bytes, uint32_t len)
{
	for (uint32_t at = 0; at < len;) {
		void *room = ew_memory_span(ew_instance_memory(t->instance), t->input, len - at);
		union ew_value v = {.u32 = len - at}, taken = {0};

		if (!room || len > t->cap)
			return false;
		memcpy(room, bytes + at, len - at);
		if (!drain(t, t->process, &v) || !call(t->taken, &taken) || taken.u32 == 0 || taken.u32 > len - at)
			return false;
		at += taken.u32;
	}
	t->in_bytes += len;
	return true;
}

static bool finish(struct transform *t)
{
	union ew_value v = {0};

	return drain(t, t->finalize, &v);
}

/* ---- as a filter ---- */

static void to_stdout(void *user, const uint8_t *bytes, size_t len)
{
	(void)user;
	fwrite(bytes, 1, len, stdout);
}

static int filter(const uint8_t *wasm, size_t size)
{
	struct transform t = {.sink = to_stdout};
	bool ok = transform_open(&t, wasm, size);
	uint8_t *buf = ok ? malloc(t.cap) : NULL;
	size_t n;

	while (ok && buf && (n = fread(buf, 1, t.cap, stdin)) > 0)
		ok = feed(&t, buf, (uint32_t)n);
	ok = ok && buf && finish(&t) && !ferror(stdin) && fflush(stdout) == 0;
	if (ok)
		fprintf(stderr, "stream: %u lines, %u left out\n", (unsigned)number(&t, "lines"),
			(unsigned)number(&t, "refused"));
	free(buf);
	transform_close(&t);
	return ok ? 0 : 1;
}

/* ---- the demo ---- */

struct maker {
	uint64_t seed, made, wanted, time;
	char line[256];
	uint32_t at, len;
};

/* The next bytes of made-up telemetry: now and then a quoted name, an empty cell, a broken line. */
static uint32_t make(struct maker *m, uint8_t *out, uint32_t cap)
{
	uint32_t n = 0;

	while (n < cap) {
		if (m->at == m->len) {
			const uint64_t r = aid_noise(&m->seed);

			if (m->made >= m->wanted)
				break;
			m->at = 0;
			if (!m->time)
				m->len = (uint32_t)snprintf(m->line, sizeof(m->line), "time,machine,temp_c,vib,state\n");
			else if (r % 97 == 0)
				m->len = (uint32_t)snprintf(m->line, sizeof(m->line), "broken line %u\n", (unsigned)(r >> 40));
			else
				m->len = (uint32_t)snprintf(m->line, sizeof(m->line), "%u,\"press, hall %u\",%d.%u,%s,%s\n",
							    (unsigned)m->time, (unsigned)(r >> 8 & 7), (int)(r >> 16 & 63),
							    (unsigned)(r >> 24 & 7), r & 1 ? "0.125" : "", r & 2 ? "run" : "say \"\"so\"\"");
			m->time = m->time ? m->time + 1 : 1700000000;
			m->made += m->len;
		}
		while (n < cap && m->at < m->len)
			out[n++] = (uint8_t)m->line[m->at++];
	}
	return n;
}

static void to_hash(void *user, const uint8_t *bytes, size_t len)
{
	uint64_t *hash = user;

	*hash = aid_hash(*hash, bytes, len);
}

static void native_put(void *user, const uint8_t *bytes, uint32_t len)
{
	to_hash(user, bytes, len);
}

static uint64_t native(uint64_t wanted)
{
	static struct convert c;
	uint8_t piece[4096];
	uint64_t hash = AID_HASH;
	struct maker m = {.seed = 1, .wanted = wanted};
	uint32_t n;

	memset(&c, 0, sizeof(c));
	c.put = native_put;
	c.user = &hash;
	while ((n = make(&m, piece, sizeof(piece))) > 0)
		convert_chunk(&c, piece, n);
	convert_end(&c);
	return hash;
}

static bool demo_row(const uint8_t *wasm, size_t size, uint64_t wanted, uint32_t chunk, uint64_t want)
{
	uint64_t hash = AID_HASH, begin = aid_clock_ns(), fuel;
	struct transform t = {.sink = to_hash, .user = &hash};
	struct maker m = {.seed = 1, .wanted = wanted};
	uint8_t piece[4096];
	bool ok = transform_open(&t, wasm, size);
	uint32_t n;

	while (ok && (n = make(&m, piece, chunk ? chunk : 1 + (uint32_t)(m.made % sizeof(piece)))) > 0)
		ok = feed(&t, piece, n);
	ok = ok && finish(&t);
	fuel = t.in_bytes ? t.fuel / t.in_bytes : 0;
	if (ok) {
		printf("pieces of %-8s %.1f MB in, %.1f MB out, %u lines, %u left out; %u pages of memory, %u fuel a byte: %s\n",
		       chunk == 4096 ? "4096" : chunk == 1 ? "1" : "all sizes", (double)t.in_bytes / 1e6,
		       (double)t.out_bytes / 1e6, (unsigned)number(&t, "lines"), (unsigned)number(&t, "refused"),
		       (unsigned)(ew_memory_size(ew_instance_memory(t.instance)) >> 16), (unsigned)fuel,
		       hash == want ? "as native code" : "DIFFERENT");
		fprintf(stderr, "  %.1f MB/s, at most %llu fuel for a piece\n",
			(double)t.in_bytes * 1e3 / (double)(aid_clock_ns() - begin), (unsigned long long)t.most_fuel);
	}
	transform_close(&t);
	return ok && hash == want;
}

static int demo(const uint8_t *wasm, size_t size, double megabytes)
{
	const uint64_t wanted = (uint64_t)(megabytes * 1e6), few = wanted / 16;
	const bool ok = demo_row(wasm, size, wanted, 4096, native(wanted)) &&
			demo_row(wasm, size, few, 1, native(few)) && demo_row(wasm, size, few, 0, native(few));

	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	const bool is_demo = argc == 3 && !strcmp(argv[1], "--demo") && atof(argv[2]) > 0;
	uint8_t *wasm;
	size_t size;
	int rc;

	if (argc != 1 && !is_demo) {
		fputs("usage: stream [--demo MEGABYTES]\nCSV on standard input becomes line protocol on standard output.\n",
		      stderr);
		return 2;
	}
	wasm = aid_read_file(GUEST, &size);
	if (!wasm)
		return 1;
	rc = is_demo ? demo(wasm, size, atof(argv[2])) : filter(wasm, size);
	free(wasm);
	return rc;
}
