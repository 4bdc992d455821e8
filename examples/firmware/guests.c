/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* guests.c - the bench's guests, from flash, in memories of 4 KiB: what each computes, and its fuel. */
#include "edge.h"

#define FUEL 10000000u

static const struct guest {
	const char *name;
	const uint8_t *bytes, *end;
	int32_t n;
} guests[] = {
#define ROW(name, n) {#name, small_##name, small_##name##_end, n},
#include "small.def"
#undef ROW
};

static void run_guest(const struct guest *g, struct ew_arena *arena, const struct ew_alloc *alloc)
{
	struct ew_exec_config xc = { .struct_bytes = sizeof(xc), .stack_slots = 256, .call_depth = 32 };
	struct ew_instance_config ic = { .struct_bytes = sizeof(ic), .max_memory_pages = 1 };
	struct ew_module *module = NULL;
	struct ew_instance *instance = NULL;
	union ew_value v = { .i32 = g->n };
	struct ew_error err = { 0 };
	struct ew_func *run;
	uint64_t ticks;

	ew_arena_reset(arena);
	if (ew_exec_create(&ic.exec, &xc, alloc) != EW_OK ||
	    ew_module_load(&module, g->bytes, (size_t)(g->end - g->bytes), NULL, alloc, &err) != EW_OK ||
	    ew_instance_create(&instance, module, &ic, alloc, NULL, &err) != EW_OK ||
	    ew_func_find(instance, "run", "(i)i", &run) != EW_OK) {
		say("FAIL: %s: %s\n", g->name, err.text);
		failures++;
		return;
	}
	ew_exec_set_fuel(ic.exec, FUEL);
	ticks = board_ticks();
	if (ew_call(run, &v) != EW_OK) {
		say("FAIL: %s: %s\n", g->name, ew_exec_trap(ic.exec)->text);
		failures++;
	}
	ticks = board_ticks() - ticks;
	say("%s(%d): %x, fuel %U, %U bytes of memory\n", g->name, (int)g->n, v.u32, FUEL - (uint64_t)ew_exec_fuel(ic.exec),
	    ew_memory_size(ew_instance_memory(instance)));
	say("# ticks %U %s, %u bytes of RAM\n", ticks, g->name, (unsigned)arena->used_bytes);
	ew_instance_destroy(instance);
	ew_module_free(module);
	ew_exec_destroy(ic.exec);
}

void part_guests(struct ew_arena *arena, const struct ew_alloc *alloc)
{
	say("== guests in 4 KiB\n");
	for (size_t i = 0; i < sizeof(guests) / sizeof(guests[0]); i++)
		run_guest(&guests[i], arena, alloc);
}
