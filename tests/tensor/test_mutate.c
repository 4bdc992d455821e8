/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_mutate.c - damaged models: every byte of three small files set to every other value, random damage of
 * several bytes, and every 32-bit word set to hostile values.  Each is refused with a reason, or runs within
 * its arena (a page that may not be touched lies behind it) and can be asked everything about itself.
 */
#include "small.h"

#define ARENA_MAX (1u << 20)

struct bench {
	struct guard file, arena;
	uint8_t *bytes;
	size_t size, accepted, refused;
};

static void ask_everything(const struct ew_model *m)
{
	static const char *const names[] = {"features", "verdict", "x", "", "note"};
	struct ew_tensor_info info;
	struct ew_operator_info op;
	const uint8_t *bytes;
	const char *text;
	uint32_t index;
	int32_t tensor;
	size_t len, size, sum = 0;

	for (uint32_t i = 0; i < ew_model_tensor_count(m); i++) {
		assert_int_equal(ew_model_tensor_info(m, i, &info), EW_OK);
		for (uint32_t k = 0; k < info.name_len; k++)
			sum += (uint8_t)info.name[k];
	}
	for (uint32_t i = 0; i < ew_model_operator_count(m); i++) {
		assert_int_equal(ew_model_operator(m, i, &op), EW_OK);
		for (uint32_t k = 0; k < op.input_count; k++)
			assert_int_equal(ew_model_operator_input(m, i, k, &tensor), EW_OK);
	}
	for (uint32_t i = 0; i < ew_model_metadata_count(m) && i < 100; i++)
		if (ew_model_metadata_at(m, i, &text, &len, &bytes, &size) == EW_OK)
			for (size_t k = 0; k < size; k++)
				sum += bytes[k];
	for (size_t i = 0; i < ROWS(names); i++) {
		(void)ew_model_input_find(m, names[i], &index);
		(void)ew_model_output_find(m, names[i], &index);
		(void)ew_model_metadata(m, names[i], &bytes, &size);
	}
	text = ew_model_description(m, &len);
	for (size_t k = 0; k < len; k++)
		sum += (uint8_t)text[k];
	assert_true(sum < SIZE_MAX);
}

static void run_in_guard(struct bench *b, const struct ew_model *m)
{
	size_t need = ew_model_exec_size(m);
	struct ew_model_exec *x;
	struct ew_tensor_span in;
	struct ew_tensor_view out;

	assert_true(need <= ARENA_MAX);
	assert_int_equal(ew_model_exec_init(&x, m, guard_high(&b->arena, need), need), EW_OK);
	for (uint32_t i = 0; i < ew_model_input_count(m); i++) {
		assert_int_equal(ew_model_exec_input(x, i, &in), EW_OK);
		memset(in.data, 0x5b, in.bytes);
	}
	assert_int_equal(ew_model_exec_run(x), EW_OK);
	for (uint32_t i = 0; i < ew_model_output_count(m); i++) {
		assert_int_equal(ew_model_exec_output(x, i, &out), EW_OK);
		assert_true(out.data != NULL);
	}
}

static void try_file(struct bench *b, const uint8_t *bytes, size_t size)
{
	struct ew_model_config config = {.struct_bytes = sizeof(config), .max_arena_bytes = ARENA_MAX,
					 .max_batch = b->accepted % 4 == 3 ? 2 : 1,
					 /* Plain C, whose bounds sanitizers see, and now and then the machine's best. */
					 .isa_mask = b->accepted % 8 == 7 ? 0 : EW_ISA_SCALAR};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_model *m;
	struct ew_error err;
	enum ew_status st = ew_model_load(&m, bytes, size, &config, &alloc, &err);

	if (st == EW_OK) {
		ask_everything(m);
		run_in_guard(b, m);
		ew_model_free(m);
		b->accepted++;
		return;
	}
	assert_null(m);
	assert_int_equal(err.status, st);
	assert_true(err.text[0] != '\0');
	assert_true(st == EW_ERR_MALFORMED || st == EW_ERR_INVALID || st == EW_ERR_UNSUPPORTED || st == EW_ERR_LIMIT);
	b->refused++;
}

static void open_bench(struct bench *b, const struct tfl *model)
{
	memset(b, 0, sizeof(*b));
	b->bytes = tfl_build(model, &b->size);
	guard_init(&b->file, b->size);
	guard_init(&b->arena, ARENA_MAX);
	try_file(b, guard_copy(&b->file, b->bytes, b->size), b->size);
	assert_int_equal(b->accepted, 1);
}

static void close_bench(struct bench *b, const char *name)
{
	print_message("%s: %zu bytes, %zu models accepted, %zu refused\n", name, b->size, b->accepted, b->refused);
	assert_true(b->accepted > 100 && b->refused > 100);
	guard_deinit(&b->file);
	guard_deinit(&b->arena);
	free(b->bytes);
}

static void every_byte(void **state)
{
	(void)state;
	for (size_t k = 0; k < ROWS(small_models); k++) {
		struct bench b;
		uint8_t *p;

		open_bench(&b, small_models[k].model);
		p = guard_copy(&b.file, b.bytes, b.size);
		for (size_t i = 0; i < b.size; i++) {
			for (unsigned v = 1; v < 256; v++) {
				p[i] = (uint8_t)(b.bytes[i] + v);
				try_file(&b, p, b.size);
			}
			p[i] = b.bytes[i];
		}
		close_bench(&b, small_models[k].name);
	}
}

static void every_word(void **state)
{
	static const uint32_t words[] = {0, 1, 2, 4, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0x7ffffffc, 0x7fffffff,
					 0x80000000, 0x80000001, 0xfffffff0, 0xfffffffc, 0xffffffff};

	(void)state;
	for (size_t k = 0; k < ROWS(small_models); k++) {
		struct bench b;
		uint8_t *p;

		open_bench(&b, small_models[k].model);
		p = guard_copy(&b.file, b.bytes, b.size);
		for (size_t i = 0; i + 4 <= b.size; i += 2) {
			for (size_t v = 0; v < ROWS(words); v++) {
				ewi_put_le32(p + i, words[v]);
				try_file(&b, p, b.size);
				ewi_put_le32(p + i, ewi_le32(b.bytes + i) + words[v]);
				try_file(&b, p, b.size);
			}
			memcpy(p + i, b.bytes + i, 4);
		}
		close_bench(&b, small_models[k].name);
	}
}

static void several_bytes(void **state)
{
	uint64_t seed = 2026;

	(void)state;
	for (size_t k = 0; k < ROWS(small_models); k++) {
		struct bench b;

		open_bench(&b, small_models[k].model);
		for (int i = 0; i < 40000; i++) {
			size_t size = noise(&seed) % 8 ? b.size : noise(&seed) % (b.size + 1);
			uint8_t *p = guard_copy(&b.file, b.bytes, size);
			unsigned n = 1 + noise(&seed) % 5;

			for (unsigned j = 0; size && j < n; j++) {
				size_t at = noise(&seed) % size, from = noise(&seed) % size;

				p[at] = noise(&seed) % 3 ? (uint8_t)noise(&seed) : p[from];
			}
			try_file(&b, p, size);
		}
		close_bench(&b, small_models[k].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte),
		cmocka_unit_test(every_word),
		cmocka_unit_test(several_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
