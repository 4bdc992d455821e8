/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * edge.c - the library as firmware uses it: a static arena, modules and models in flash, events from an
 * interrupt.  Prints results and fuel; every machine must print the same, except lines that begin with '#'.
 */
#include "edge.h"

#include <stdarg.h>
#include <string.h>

static uint8_t memory[EDGE_ARENA_BYTES] __attribute__((aligned(EW_ALIGN)));
int failures;

void say(const char *fmt, ...)
{
	char line[160], digits[24];
	size_t n = 0;
	va_list ap;

	va_start(ap, fmt);
	for (; *fmt && n < sizeof(line) - 24; fmt++) {
		const char *text = digits;
		size_t d = sizeof(digits);
		uint64_t v = 0;
		unsigned base = 10, width = 1;

		if (*fmt != '%') {
			line[n++] = *fmt;
			continue;
		}
		switch (*++fmt) {
		case 's':
			for (text = va_arg(ap, const char *); *text && n < sizeof(line) - 24; text++)
				line[n++] = *text;
			continue;
		case 'd': {
			int i = va_arg(ap, int);

			if (i < 0)
				line[n++] = '-';
			v = i < 0 ? -(uint64_t)i : (uint64_t)i;
			break;
		}
		case 'x':
			base = 16;
			width = 8;
			v = va_arg(ap, uint32_t);
			break;
		case 'X':
			base = 16;
			width = 16;
			v = va_arg(ap, uint64_t);
			break;
		case 'U':
			v = va_arg(ap, uint64_t);
			break;
		default:
			v = va_arg(ap, unsigned);
			break;
		}
		for (digits[--d] = 0; v || width; v /= base, width -= width ? 1 : 0)
			digits[--d] = "0123456789abcdef"[v % base];
		for (text = digits + d; *text && n < sizeof(line) - 1; text++)
			line[n++] = *text;
	}
	va_end(ap);
	line[n] = 0;
	board_write(line);
}

void cost(const char *what, size_t bytes)
{
	say("# ram %u %s\n", (unsigned)bytes, what);
}

static void expect(const char *what, enum ew_status got, enum ew_status want)
{
	if (got == want)
		return;
	say("FAIL: %s: %s\n", what, ew_status_name(got));
	failures++;
}

/* ---- 1. a module in flash, called by the host ---------------------------------------------------- */

static const struct call {
	const char *name, *signature;
	union ew_value args[2];
	uint64_t fuel;
	enum ew_status want;
} calls[] = {
	{ "fib", "(i)i", { { .u32 = 17 } }, 10000000, EW_OK },
	{ "crc", "(i)i", { { .u32 = 10000 } }, 10000000, EW_OK },
	{ "root", "(F)F", { { .f64 = 2.0 } }, 10000000, EW_OK },
	{ "root", "(F)F", { { .f64 = 1e-300 } }, 10000000, EW_OK },
	{ "wave", "(f)f", { { .f32 = 0.7f } }, 10000000, EW_OK },
	{ "divide", "(ii)i", { { .i32 = -7 }, { .i32 = 2 } }, 1000, EW_OK },
	{ "divide", "(ii)i", { { .i32 = 1 }, { .i32 = 0 } }, 1000, EW_ERR_TRAP },
	{ "fib", "(i)i", { { .u32 = 5000 } }, 10000000, EW_ERR_TRAP }, /* too deep for the call stack */
	{ "spin", "()i", { { .u32 = 0 } }, 5000, EW_ERR_FUEL },
};

static void run_call(struct ew_instance *instance, const struct call *c)
{
	struct ew_exec *exec = ew_instance_exec(instance);
	union ew_value values[2] = { c->args[0], c->args[1] };
	uint64_t ticks = board_ticks();
	struct ew_func *func;
	enum ew_status status;

	status = ew_func_find(instance, c->name, c->signature, &func);
	expect(c->name, status, EW_OK);
	if (status != EW_OK)
		return;
	ew_exec_set_fuel(exec, c->fuel);
	status = ew_call(func, values);
	ticks = board_ticks() - ticks;
	expect(c->name, status, c->want);
	if (status == EW_OK)
		say("%s: %X, fuel %U\n", c->name,
		    c->signature[strlen(c->signature) - 1] == 'F' ? values[0].u64 : values[0].u32,
		    c->fuel - ew_exec_fuel(exec));
	else if (status == EW_ERR_TRAP)
		say("%s: trap: %s, depth %u\n", c->name, ew_exec_trap(exec)->text,
		    (unsigned)ew_exec_trap(exec)->depth);
	else
		say("%s: %s\n", c->name, ew_status_name(status));
	say("# ticks %U %s\n", ticks, c->name);
	ew_cancel(exec);
}

/* The least there can be: a module with nothing in it. */
static void cost_of_nothing(struct ew_arena *arena, const struct ew_alloc *alloc,
			    struct ew_exec *exec)
{
	static const uint8_t empty[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
	struct ew_instance_config ic = { .struct_bytes = sizeof(ic), .exec = exec };
	size_t before = arena->used_bytes;
	struct ew_module *module = NULL;
	struct ew_instance *instance = NULL;
	struct ew_error err = { 0 };

	expect("empty module", ew_module_load(&module, empty, sizeof(empty), NULL, alloc, &err), EW_OK);
	if (!module)
		return;
	cost("a module without anything in it", arena->used_bytes - before);
	before = arena->used_bytes;
	expect("empty instance", ew_instance_create(&instance, module, &ic, alloc, NULL, &err), EW_OK);
	cost("an instance of it", arena->used_bytes - before);
	ew_instance_destroy(instance);
	ew_module_free(module);
}

void part_wasm(struct ew_arena *arena, const struct ew_alloc *alloc)
{
	struct ew_exec_config xc = { .struct_bytes = sizeof(xc), .stack_slots = 512, .call_depth = 32 };
	struct ew_instance_config ic = { .struct_bytes = sizeof(ic), .max_memory_pages = 1 };
	struct ew_module *module = NULL;
	struct ew_instance *instance = NULL;
	struct ew_error err = { 0 };
	size_t code = 0;

	say("== wasm: %u bytes of module in flash\n", (unsigned)(probe_wasm_end - probe_wasm));
	ew_arena_reset(arena);
	expect("exec", ew_exec_create(&ic.exec, &xc, alloc), EW_OK);
	cost("an executor with 512 stack slots and 32 calls", arena->used_bytes);
	cost_of_nothing(arena, alloc, ic.exec);
	expect("load", ew_module_load(&module, probe_wasm, (size_t)(probe_wasm_end - probe_wasm), NULL,
				      alloc, &err), EW_OK);
	if (module) {
		cost("guest_probe.wasm, loaded", ew_module_size(module, &code));
		cost("... of it internal code", code);
		expect("instance", ew_instance_create(&instance, module, &ic, alloc, NULL, &err), EW_OK);
	}
	if (instance) {
		cost("an instance of it, besides its memory", ew_instance_size(instance));
		for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
			run_call(instance, &calls[i]);
	} else {
		say("FAIL: %s\n", err.text);
	}
	ew_instance_destroy(instance);
	ew_module_free(module);
	ew_exec_destroy(ic.exec);
}

/* ---- 2. events from an interrupt, consumed by the main loop --------------------------------------- */

#define SAMPLES 1000u

static struct ew_ring *ring;
static volatile uint32_t sampled;

/* In the interrupt: one reading, written in place.  A full ring is tried again at the next tick. */
static void on_sample(void)
{
	struct ew_event *e;

	if (sampled == SAMPLES || ew_ring_claim(ring, 4, 4 + sampled % 29, &e) != EW_OK)
		return;
	memcpy(ew_event_topic(e), "temp", 4);
	memset(ew_event_data(e), (int)(sampled * 7 % 251), e->data_bytes);
	e->time_ns = (uint64_t)sampled * 1000000u;
	ew_ring_commit(ring);
	sampled++;
}

static uint32_t hash(uint32_t h, const void *bytes, size_t n)
{
	for (const uint8_t *p = bytes; n--; p++)
		h = (h ^ *p) * 16777619u;
	return h;
}

void part_ring(void)
{
	uint32_t taken = 0, sum = 2166136261u, gaps = 0;
	uint64_t seq = 1;
	struct ew_ring_stat stat;
	enum ew_status status;

	status = ew_ring_init(memory, ew_ring_size(1024), NULL, &ring);
	expect("ring", status, EW_OK);
	if (status != EW_OK)
		return;
	cost("a ring with 1,024 bytes of records", ew_ring_size(1024));
	board_timer(on_sample);
	while (taken < SAMPLES) {
		const struct ew_event *e;

		if (ew_ring_peek(ring, &e) != EW_OK) {
			board_wait();
			continue;
		}
		gaps += e->seq != seq++;
		sum = hash(sum, ew_event_topic(e), e->topic_bytes);
		sum = hash(sum, ew_event_data(e), e->data_bytes);
		sum = hash(sum, &(uint8_t){ (uint8_t)e->data_bytes }, 1);
		taken += ew_ring_release(ring, 1);
	}
	board_timer(NULL);
	ew_ring_stat(ring, &stat);
	say("== ring: %u events from an interrupt, %u gaps, hash %x, %u dropped\n", (unsigned)stat.released,
	    (unsigned)gaps, sum, (unsigned)(stat.dropped_newest + stat.too_big));
	failures += gaps != 0 || stat.released != SAMPLES;
}

int edge_main(void)
{
	struct ew_arena arena;
	struct ew_alloc alloc;

	ew_arena_init(&arena, memory, sizeof(memory));
	alloc = ew_arena_alloc(&arena);
	part_wasm(&arena, &alloc);
	part_guests(&arena, &alloc);
	part_ring();
	part_judge(&arena, &alloc);
	part_keep();
	cost("C stack of this program, measured", board_stack_peak());
	say(failures ? "%d FAILED\n" : "ok\n", failures);
	return failures != 0;
}
