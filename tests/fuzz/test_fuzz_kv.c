/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_fuzz_kv.c - any bytes at all as a durable key-value store: opened, read, changed, opened again.  libFuzzer
 * target with -DEW_LIBFUZZER; without, a driver: every byte of images changed, one by one, and images damaged in other
 * ways.  What a store returns is always a value that was once set to that key.
 */
#include "image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Values that a test can know: the key, then one byte as often as it says. */
static bool is_known(const uint8_t *key, size_t kb, const uint8_t *value, size_t vb)
{
	if (vb < kb + 1 || memcmp(key, value, kb) != 0 || vb != kb + 1 + value[kb])
		return false;
	for (size_t i = kb + 1; i < vb; i++)
		if (value[i] != value[kb])
			return false;
	return true;
}

/* How many pairs there are; -1 when it is refused. */
static int fuzz(const uint8_t *data, size_t size, const struct ew_alloc *alloc, bool known)
{
	struct ew_storage st = image_storage(data, size, alloc);
	struct ew_kv_config cfg = {.struct_bytes = sizeof(cfg), .max_keys = 16, .max_bytes = 512, .buffer_bytes = 256};
	struct ew_kv_change changes[2] = {{.key = "a", .key_bytes = 1, .value = "a", .value_bytes = 1},
					  {.key = "b", .key_bytes = 1, .remove = true}};
	int pairs = -1;

	for (int again = 0; again < 2; again++) {
		const void *key = NULL, *value;
		size_t kb = 0, vb;
		struct ew_error err = {0};
		struct ew_kv *kv;
		enum ew_status s = ew_kv_durable_open(&st, &cfg, alloc, &kv, &err);

		MUST(s == EW_OK || (!kv && err.status == s && err.text[0]));
		if (s != EW_OK)
			break;
		pairs = 0;
		for (; ew_kv_next(kv, key, kb, &key, &kb, &value, &vb) == EW_OK; pairs++)
			MUST(!known || again || is_known(key, kb, value, vb));
		for (int i = 0; i < 40 && s == EW_OK; i++)
			s = ew_kv_apply(kv, changes, 2);
		ew_kv_destroy(kv);
	}
	ew_storage_ram_destroy(&st);
	return pairs;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ew_alloc alloc = ew_alloc_libc();

	(void)fuzz(data, size, &alloc, false);
	return 0;
}

#ifndef EW_LIBFUZZER

static size_t make_value(const char *key, uint8_t n, uint8_t *out)
{
	size_t kb = strlen(key);

	memcpy(out, key, kb);
	out[kb] = n;
	memset(out + kb + 1, n, n);
	return kb + 1 + n;
}

static void fill(const struct ew_storage *st)
{
	struct ew_kv_config cfg = {.struct_bytes = sizeof(cfg), .max_keys = 16, .max_bytes = 512, .buffer_bytes = 256};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_kv *kv;

	assert_int_equal(ew_kv_durable_open(st, &cfg, &alloc, &kv, NULL), EW_OK);
	for (uint32_t n = 0; n < 60; n++) {
		struct ew_kv_change c[3];
		uint8_t values[3][64];
		char keys[3][8];

		for (uint32_t i = 0; i < 3; i++) {
			snprintf(keys[i], sizeof(keys[i]), "k%u", (unsigned)((n * 7 + i * 3) % 11));
			c[i] = (struct ew_kv_change){.key = keys[i], .key_bytes = strlen(keys[i]), .value = values[i],
						     .value_bytes = make_value(keys[i], (uint8_t)(n % 30), values[i]),
						     .remove = (n + i) % 7 == 0};
		}
		assert_int_equal(ew_kv_apply(kv, c, n % 3 ? 1 : 3), EW_OK);
	}
	ew_kv_destroy(kv);
}

static void every_byte_changed(void **state)
{
	static const uint8_t masks[] = {0x01, 0x80, 0xff}, kinds[] = {0, IMAGE_FLASH | IMAGE_UNIT8};
	static uint8_t image[IMAGE_BYTES];
	struct ew_alloc alloc = ew_alloc_libc();

	(void)state;
	for (size_t k = 0; k < ROWS(kinds); k++) {
		image_make(image, kinds[k], fill);
		for (size_t at = 1; at < sizeof(image); at++)
			for (size_t i = 0; i < ROWS(masks); i++) {
				image[at] ^= masks[i];
				if (fuzz(image, sizeof(image), &alloc, true) < 0)
					fail_msg("byte %u changed: the store is refused", (unsigned)at);
				image[at] ^= masks[i];
			}
	}
}

static void test_damage(void **state)
{
	static uint8_t image[IMAGE_BYTES], copy[IMAGE_BYTES];
	uint64_t seed = 161803398874u;

	(void)state;
	for (uint8_t kind = 0; kind < 8; kind++) {
		unsigned opened = 0, inputs = 3000;
		struct ew_alloc alloc = ew_alloc_libc();

		image_make(image, kind, fill);
		for (unsigned i = 0; i < inputs; i++) {
			memcpy(copy, image, sizeof(copy));
			image_damage(copy, &seed);
			opened += fuzz(copy, sizeof(copy), &alloc, !(kind & IMAGE_SUMS)) >= 0;
		}
		print_message("kind %u: %u of %u opened\n", kind, opened, inputs);
		assert_true(opened > inputs / 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_byte_changed), cmocka_unit_test(test_damage)};

	return cmocka_run_group_tests_name("fuzz/kv", tests, NULL, NULL);
}
#endif
