/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_fuzz_model.c - any bytes at all as a .tflite file: refused with a reason, or run.  libFuzzer target
 * with -DEW_LIBFUZZER; without, a driver on damaged copies of small models.  Single bytes and words are
 * tests/tensor/test_mutate.c's; here pieces are cut, doubled and moved.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "edgewasm/model.h"

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not %s\n", __FILE__, __LINE__, #condition);        \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define ARENA_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_model(const struct ew_model *m, const struct ew_alloc *alloc)
{
	struct ew_model_exec *x;
	struct ew_error err = {0};

	MUST(ew_model_exec_create(&x, m, alloc, &err) == EW_OK);
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < ew_model_input_count(m); i++) {
			struct ew_tensor_span in;

			MUST(ew_model_exec_input(x, i, &in) == EW_OK);
			if (in.bytes)
				memset(in.data, round ? 0x91 : 0x3c, in.bytes);
		}
		MUST(ew_model_exec_run(x) == EW_OK);
	}
	ew_model_exec_destroy(x);
}

/* True when the model was accepted. */
static bool fuzz(const uint8_t *data, size_t size, const struct ew_alloc *alloc)
{
	struct ew_model_config config = {.struct_bytes = sizeof(config), .max_arena_bytes = ARENA_MAX};
	struct ew_model *m;
	struct ew_error err = {0};
	enum ew_status status = ew_model_load(&m, data, size, &config, alloc, &err);

	if (status == EW_OK) {
		run_model(m, alloc);
		ew_model_free(m);
		return true;
	}
	MUST(m == NULL && err.status == status && err.text[0]);
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ew_alloc alloc = ew_alloc_libc();

	/* Models are used in place and must be aligned; libFuzzer's buffers are. */
	fuzz(data, size, &alloc);
	return 0;
}

#ifndef EW_LIBFUZZER
#include "../aid/aid.h"
#include "../tensor/small.h"

static size_t damage(uint8_t *out, const uint8_t *bytes, size_t size, uint64_t *seed)
{
	memcpy(out, bytes, size);
	for (uint64_t k = 1 + noise(seed) % 3; k > 0; k--) {
		size_t at = 4 * (noise(seed) % (size / 4)), n = 4 * (1 + noise(seed) % 8), from;

		if (n > size - at)
			n = size - at;
		from = 4 * (noise(seed) % ((size - n) / 4 + 1));
		switch (noise(seed) % 5) {
		case 0: out[at + noise(seed) % 4 % n] = (uint8_t)noise(seed); break;
		case 1: memmove(out + at, out + from, n); break;
		case 2: memset(out + at, noise(seed) & 1 ? 0xff : 0, n); break;
		case 3: /* cut out, zeros at the end */
			memmove(out + at, out + at + n, size - at - n);
			memset(out + size - n, 0, n);
			break;
		default: /* an offset that points a little elsewhere */
			out[at] = (uint8_t)(out[at] + 4 * (noise(seed) % 9) - 16);
			break;
		}
	}
	return noise(seed) % 8 ? size : size - noise(seed) % (size / 2);
}

static void test_damage(void **state)
{
	static const struct tfl *const models[] = {&small_dense, &small_int16};
	uint64_t seed = 271828182845u;

	(void)state;
	for (size_t k = 0; k < ROWS(models); k++) {
		unsigned long accepted = 0, inputs = 20000;
		struct guard g;
		size_t size;
		uint8_t *bytes = tfl_build(models[k], &size), *copy = malloc(size);
		static struct fail_alloc mem;

		guard_init(&g, size + 16);
		for (unsigned long i = 0; i < inputs; i++) {
			size_t n = damage(copy, bytes, size, &seed);
			/* Aligned as a file in memory is; up to 15 bytes before the guard page are not the model's. */
			uint8_t *p = guard_high(&g, (n + 15) / 16 * 16);

			memcpy(p, copy, n);
			fail_alloc_init(&mem);
			accepted += fuzz(p, n, &mem.alloc);
			fail_alloc_finish(&mem);
		}
		print_message("%s: %lu of %lu accepted\n", models[k]->description, accepted, inputs);
		assert_true(accepted > 50 && accepted < inputs / 2);
		guard_deinit(&g);
		free(copy);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests_name("fuzz/model", tests, NULL, NULL);
}
#endif
