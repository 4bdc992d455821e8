/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_mutate_ops.c - damaged models of every operator that the data folder has: some bytes and words of each file
 * changed at random, the same each time.  Each is refused with a reason, or runs within its arena (a page that may
 * not be touched lies behind it).
 */
#define _FILE_OFFSET_BITS 64 /* folders of large file systems, read by 32-bit programs */
#include <dirent.h>
#include "../aid/aid.h"
#include "edgewasm/model.h"

#define ARENA_MAX (1u << 18)
#define FILE_MAX 12000
#define TRIES 300

struct bench {
	struct guard arena;
	uint64_t seed;
	unsigned long files, accepted, refused;
};

static void damage(uint8_t *p, size_t size, uint64_t *seed)
{
	static const uint32_t words[] = {0, 1, 2, 3, 5, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe};

	for (uint64_t n = 1 + noise(seed) % 3; n > 0; n--) {
		size_t at = noise(seed) % size, word = at / 4 * 4;

		switch (noise(seed) % 3) {
		case 0: p[at] = (uint8_t)noise(seed); break;
		case 1: p[at] = (uint8_t)(p[at] + 1 + noise(seed) % 4 * 2 - 4); break;
		default:
			if (word + 4 <= size)
				memcpy(p + word, &words[noise(seed) % ROWS(words)], 4);
			break;
		}
	}
}

static void try_file(struct bench *b, const char *name, const uint8_t *bytes, size_t size)
{
	struct ew_model_config config = {.struct_bytes = sizeof(config), .max_arena_bytes = ARENA_MAX,
					 .max_batch = b->accepted % 4 == 3 ? 2 : 1,
					 .isa_mask = b->accepted % 2 ? 0 : EW_ISA_SCALAR};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_model_exec *x;
	struct ew_error err;
	struct ew_model *m;
	size_t need;

	if (ew_model_load(&m, bytes, size, &config, &alloc, &err) != EW_OK) {
		check_true(name, m == NULL && err.text[0]);
		b->refused++;
		return;
	}
	need = ew_model_exec_size(m);
	assert_true(need <= ARENA_MAX);
	assert_int_equal(ew_model_exec_init(&x, m, guard_high(&b->arena, need), need), EW_OK);
	assert_int_equal(ew_model_exec_set_batch(x, config.max_batch), EW_OK);
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < ew_model_input_count(m); i++) {
			struct ew_tensor_span in;

			assert_int_equal(ew_model_exec_input(x, i, &in), EW_OK);
			memset(in.data, round ? 0x80 : 0x5b, in.bytes);
		}
		assert_int_equal(ew_model_exec_run(x), EW_OK);
	}
	ew_model_free(m);
	b->accepted++;
}

static void one_file(struct bench *b, const char *path, const char *name)
{
	size_t size;
	uint8_t *bytes = read_file(path, &size), *copy;

	assert_non_null(bytes);
	if (size <= FILE_MAX) {
		struct guard g;

		b->files++;
		b->seed = 20261121; /* folders are listed in any order */
		for (const char *c = name; *c; c++)
			b->seed = b->seed * 1099511628211u ^ (uint8_t)*c;
		guard_init(&g, size);
		copy = guard_high(&g, size);
		for (int i = 0; i < TRIES; i++) {
			memcpy(copy, bytes, size);
			damage(copy, size, &b->seed);
			try_file(b, name, copy, size);
		}
		guard_deinit(&g);
	}
	free(bytes);
}

static void every_operator(void **state)
{
	struct bench b = {.seed = 0};
	char folder[512], path[800];
	struct dirent *entry;
	DIR *dir;

	(void)state;
	skip_without_shared(folder, sizeof(folder), "data/nn/ops");
	guard_init(&b.arena, ARENA_MAX);
	dir = opendir(folder);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		const char *dot = strrchr(entry->d_name, '.');

		if (!dot || strcmp(dot, ".tflite") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		one_file(&b, path, entry->d_name);
	}
	closedir(dir);
	guard_deinit(&b.arena);
	print_message("%lu files: %lu damaged models accepted, %lu refused\n", b.files, b.accepted, b.refused);
	assert_true(b.files >= 300 && b.accepted > 1000 && b.refused > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
