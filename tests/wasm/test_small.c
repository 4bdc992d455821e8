/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_small.c - the guests that firmware runs in 4 KiB of memory compute what the bench's do in 64 KiB, for the same fuel,
 * and really have 4 KiB.  That they are what their sources give is make check-guests' business.
 */
#include "../aid/aid.h"
#include "edgewasm/wasm.h"

#if EW_CONFIG_CUSTOM_PAGE_SIZES
struct outcome {
	uint32_t result;
	int64_t fuel;
	uint64_t bytes;
};

static struct outcome run(const char *row, const char *folder, int32_t n)
{
	const struct ew_alloc alloc = ew_alloc_libc();
	struct outcome out;
	struct ew_module *module;
	struct ew_instance *instance;
	union ew_value v = {.i32 = n};
	struct ew_error err = {0};
	struct ew_func *f;
	uint8_t *bytes;
	char path[256];
	size_t size;

	snprintf(path, sizeof(path), "%s/%s.wasm", folder, row);
	bytes = read_file(path, &size);
	if (!bytes)
		fail_msg("%s is not there", path);
	check_status(row, ew_module_load(&module, bytes, size, NULL, &alloc, &err), EW_OK);
	check_status(row, ew_instance_create(&instance, module, NULL, &alloc, NULL, &err), EW_OK);
	check_status(row, ew_func_find(instance, "run", "(i)i", &f), EW_OK);
	ew_exec_set_fuel(ew_instance_exec(instance), 100000000);
	check_status(row, ew_call(f, &v), EW_OK);
	out.result = v.u32;
	out.fuel = 100000000 - ew_exec_fuel(ew_instance_exec(instance));
	out.bytes = ew_memory_size(ew_instance_memory(instance));
	ew_instance_destroy(instance);
	ew_module_free(module);
	free(bytes);
	return out;
}

static const struct {
	const char *row;
	int32_t n;
} guests[] = {
#define ROW(name, n) {#name, n},
#include "../../examples/firmware/small.def"
};

static void test_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(guests); i++) {
		struct outcome full = run(guests[i].row, "bench/guests", guests[i].n);
		struct outcome small = run(guests[i].row, "examples/firmware/small", guests[i].n);

		check_hex(guests[i].row, small.result, full.result);
		check_int(guests[i].row, small.fuel, full.fuel);
		check_true(guests[i].row, small.fuel > 1000);
		check_int(guests[i].row, small.bytes, 4096);
		check_int(guests[i].row, full.bytes % 65536, 0);
	}
}
#else
static void test_same(void **state)
{
	(void)state;
	print_message("skipped: pages of one byte are compiled away\n");
	skip();
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests_name("wasm/small", tests, NULL, NULL);
}
