/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_kv.c - the key-value interface over its RAM implementation: limits, a model, failing allocations. */
#include "../aid/aid.h"
#include "edgewasm/store.h"

static struct ew_kv *make(struct fail_alloc *f, uint32_t max_keys, uint32_t max_bytes, uint32_t max_value)
{
	struct ew_kv_config cfg = {.struct_bytes = sizeof(cfg), .max_keys = max_keys,
				   .max_bytes = max_bytes, .max_value_bytes = max_value};
	struct ew_kv *kv;

	fail_alloc_init(f);
	assert_int_equal(ew_kv_ram_create(&cfg, &f->alloc, &kv), EW_OK);
	return kv;
}

static enum ew_status put(struct ew_kv *kv, const char *key, const char *value)
{
	return ew_kv_put(kv, key, strlen(key), value, strlen(value));
}

static void check_get(const char *row, struct ew_kv *kv, const char *key, const char *want)
{
	char buf[256];
	size_t n = 99;

	if (!want) {
		check_status(row, ew_kv_get(kv, key, strlen(key), buf, sizeof(buf), &n), EW_ERR_NOENT);
		check_int(row, n, 0);
		return;
	}
	check_status(row, ew_kv_get(kv, key, strlen(key), buf, sizeof(buf), &n), EW_OK);
	check_int(row, n, strlen(want));
	check_mem(row, buf, want, n);
}

static void set_get_delete(void **state)
{
	struct fail_alloc f;
	struct ew_kv *kv = make(&f, 0, 0, 0);
	char buf[8] = "untouch";
	size_t n;

	(void)state;
	check_get("empty", kv, "a", NULL);
	assert_int_equal(put(kv, "a", "one"), EW_OK);
	assert_int_equal(put(kv, "ab", "longer value"), EW_OK);
	assert_int_equal(put(kv, "b", ""), EW_OK);
	check_get("first", kv, "a", "one");
	check_get("prefix of another", kv, "ab", "longer value");
	check_get("empty value", kv, "b", "");
	assert_int_equal(put(kv, "a", "two"), EW_OK);
	check_get("replaced, same size", kv, "a", "two");
	assert_int_equal(put(kv, "a", "three!"), EW_OK);
	check_get("replaced, larger", kv, "a", "three!");
	assert_int_equal(ew_kv_get(kv, "a", 1, buf, 5, &n), EW_ERR_TOOBIG);
	assert_int_equal(n, 6);
	assert_string_equal(buf, "untouch");
	assert_int_equal(ew_kv_get(kv, "a", 1, buf, 6, &n), EW_OK);
	assert_int_equal(ew_kv_get(kv, "a", 1, NULL, 0, &n), EW_ERR_TOOBIG);
	assert_int_equal(ew_kv_delete(kv, "a", 1), EW_OK);
	assert_int_equal(ew_kv_delete(kv, "a", 1), EW_ERR_NOENT);
	check_get("deleted", kv, "a", NULL);
	check_get("its neighbour", kv, "ab", "longer value");
	ew_kv_destroy(kv);
	ew_kv_destroy(NULL);
	fail_alloc_finish(&f);
}

static void key_sizes(void **state)
{
	struct fail_alloc f;
	struct ew_kv_config cfg = {.struct_bytes = sizeof(cfg), .max_key_bytes = 4};
	struct ew_kv *kv;
	char buf[8];
	size_t n;

	(void)state;
	fail_alloc_init(&f);
	assert_int_equal(ew_kv_ram_create(&cfg, &f.alloc, &kv), EW_OK);
	for (size_t len = 0; len <= 6; len++) {
		enum ew_status bad = len == 0 || len > 4 ? EW_ERR_INVAL : EW_OK;

		check_status("put", ew_kv_put(kv, "abcdef", len, "v", 1), bad);
		check_status("get", ew_kv_get(kv, "abcdef", len, buf, 8, &n), bad);
		check_status("delete", ew_kv_delete(kv, "abcdef", len), bad);
		check_status("increment", ew_kv_increment(kv, "abcdef", len, 1, NULL), bad);
	}
	check_status("next", ew_kv_next(kv, "abcdef", 5, NULL, NULL, NULL, NULL), EW_ERR_INVAL);
	ew_kv_destroy(kv);
	cfg.max_key_bytes = 65536;
	assert_int_equal(ew_kv_ram_create(&cfg, &f.alloc, &kv), EW_ERR_INVAL);
	cfg.max_key_bytes = 65535;
	assert_int_equal(ew_kv_ram_create(&cfg, &f.alloc, &kv), EW_OK);
	ew_kv_destroy(kv);
	cfg.struct_bytes = 0;
	assert_int_equal(ew_kv_ram_create(&cfg, &f.alloc, &kv), EW_ERR_INVAL);
	assert_null(kv);
	fail_alloc_finish(&f);
}

static void room(void **state)
{
	struct fail_alloc f;
	struct ew_kv *kv = make(&f, 3, 60, 40); /* a pair costs 8 and its bytes */
	struct ew_kv_stat st;
	char big[64] = {0};

	(void)state;
	assert_int_equal(ew_kv_put(kv, "k", 1, big, 41), EW_ERR_TOOBIG);
	assert_int_equal(ew_kv_put(kv, "k", 1, big, SIZE_MAX), EW_ERR_TOOBIG);
	assert_int_equal(ew_kv_put(kv, "k", 1, big, 40), EW_OK); /* 49 */
	assert_int_equal(ew_kv_put(kv, "l", 1, big, 3), EW_ERR_FULL);
	assert_int_equal(ew_kv_put(kv, "l", 1, big, 2), EW_OK); /* 60 */
	assert_int_equal(ew_kv_put(kv, "m", 1, big, 0), EW_ERR_FULL);
	assert_int_equal(ew_kv_put(kv, "l", 1, big, 3), EW_ERR_FULL); /* replacing: no room either */
	assert_int_equal(ew_kv_put(kv, "l", 1, big, 1), EW_OK);
	ew_kv_stat(kv, &st);
	assert_int_equal(st.used_bytes, 59);
	assert_int_equal(st.keys, 2);
	assert_int_equal(st.compactions, 1);
	assert_int_equal(ew_kv_put(kv, "k", 1, big, 10), EW_OK); /* 19 + 10 */
	assert_int_equal(ew_kv_put(kv, "m", 1, big, 1), EW_OK);
	assert_int_equal(ew_kv_put(kv, "n", 1, big, 1), EW_ERR_FULL); /* keys */
	assert_int_equal(ew_kv_put(kv, "m", 1, big, 5), EW_OK);	      /* no new key */
	assert_int_equal(ew_kv_delete(kv, "k", 1), EW_OK);
	assert_int_equal(ew_kv_put(kv, "n", 1, big, 1), EW_OK);
	ew_kv_destroy(kv);
	kv = make(&f, 4, 60, 0); /* value limit: whatever fits */
	assert_int_equal(ew_kv_put(kv, "k", 1, big, 52), EW_ERR_TOOBIG);
	assert_int_equal(ew_kv_put(kv, "k", 1, big, 51), EW_OK);
	ew_kv_destroy(kv);
	fail_alloc_finish(&f);
}

static void increments(void **state)
{
	static const struct row {
		const char *name;
		int64_t start, delta;
		enum ew_status want;
	} rows[] = {
		{"up", 5, 3, EW_OK},
		{"down", 5, -8, EW_OK},
		{"to the top", INT64_MAX - 1, 1, EW_OK},
		{"over the top", INT64_MAX, 1, EW_ERR_LIMIT},
		{"to the bottom", INT64_MIN + 1, -1, EW_OK},
		{"below the bottom", INT64_MIN, -1, EW_ERR_LIMIT},
		{"far", INT64_MAX, INT64_MIN, EW_OK},
		{"by nothing", INT64_MIN, 0, EW_OK},
	};
	struct fail_alloc f;
	struct ew_kv *kv = make(&f, 2, 48, 0);
	uint8_t le[8];
	int64_t sum;
	size_t n;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		(void)ew_kv_delete(kv, "c", 1);
		check_status(rows[i].name, ew_kv_increment(kv, "c", 1, rows[i].start, &sum), EW_OK);
		check_true(rows[i].name, sum == rows[i].start);
		check_status(rows[i].name, ew_kv_increment(kv, "c", 1, rows[i].delta, &sum), rows[i].want);
		if (rows[i].want == EW_OK)
			check_true(rows[i].name, sum == rows[i].start + rows[i].delta);
		check_status(rows[i].name, ew_kv_get(kv, "c", 1, le, 8, &n), EW_OK);
		check_int(rows[i].name, le[7], (int)((uint64_t)sum >> 56)); /* little-endian */
		check_int(rows[i].name, le[0], (int)((uint64_t)sum & 0xff));
	}
	assert_int_equal(put(kv, "t", "seven77"), EW_OK);
	assert_int_equal(ew_kv_increment(kv, "t", 1, 1, &sum), EW_ERR_TYPE);
	assert_int_equal(ew_kv_increment(kv, "u", 1, 1, &sum), EW_ERR_FULL);
	assert_int_equal(ew_kv_increment(kv, "c", 1, 0, NULL), EW_OK);
	ew_kv_destroy(kv);
	fail_alloc_finish(&f);
}

/* ---- a model ---- */

#define KEYS 40

struct model {
	uint8_t value[KEYS][64];
	int bytes[KEYS]; /* -1: absent */
};

static size_t key_of(unsigned k, char *key)
{
	return (size_t)snprintf(key, 16, "%.*s%u", (int)(k % 5), "kkkkk", k);
}

static void check_all(struct ew_kv *kv, const struct model *m)
{
	uint8_t buf[64];
	char key[16];
	unsigned count = 0, seen = 0;
	uint32_t used = 0;
	const void *k = "", *v, *last = "";
	size_t kn = 0, vn, last_n = 0;
	struct ew_kv_stat st;

	for (unsigned i = 0; i < KEYS; i++) {
		size_t n = key_of(i, key), got;
		enum ew_status s = ew_kv_get(kv, key, n, buf, sizeof(buf), &got);

		assert_int_equal(s, m->bytes[i] < 0 ? EW_ERR_NOENT : EW_OK);
		if (s != EW_OK)
			continue;
		assert_int_equal(got, m->bytes[i]);
		assert_memory_equal(buf, m->value[i], got);
		count++;
		used += 8 + (uint32_t)(n + got);
	}
	while (ew_kv_next(kv, k, kn, &k, &kn, &v, &vn) == EW_OK) { /* in order, each once */
		int order = memcmp(last, k, last_n < kn ? last_n : kn);

		assert_true(order < 0 || (order == 0 && last_n < kn));
		last = k, last_n = kn;
		seen++;
	}
	assert_int_equal(seen, count);
	ew_kv_stat(kv, &st);
	assert_int_equal(st.keys, count);
	assert_int_equal(st.used_bytes, used);
	assert_true(st.used_bytes <= st.max_bytes);
}

static void agrees_with_a_model(void **state)
{
	(void)state;
	for (uint32_t size = 64; size <= 2048; size += size) {
		struct fail_alloc f;
		struct ew_kv *kv = make(&f, 30, size, 64);
		struct ew_kv_stat st;
		struct model m;
		uint64_t seed = size;
		unsigned full = 0;

		memset(m.bytes, 0xff, sizeof(m.bytes));
		for (int i = 0; i < 20000; i++) {
			unsigned k = (unsigned)(noise(&seed) % KEYS);
			size_t bytes = noise(&seed) % 48;
			uint8_t value[64];
			char key[16];
			size_t n = key_of(k, key);

			if (noise(&seed) % 4 == 0) {
				assert_int_equal(ew_kv_delete(kv, key, n), m.bytes[k] < 0 ? EW_ERR_NOENT : EW_OK);
				m.bytes[k] = -1;
			} else {
				enum ew_status s;

				for (size_t b = 0; b < bytes; b++)
					value[b] = (uint8_t)noise(&seed);
				s = ew_kv_put(kv, key, n, value, bytes);
				assert_true(s == EW_OK || s == EW_ERR_FULL);
				full += s == EW_ERR_FULL;
				if (s == EW_OK) {
					memcpy(m.value[k], value, bytes);
					m.bytes[k] = (int)bytes;
				}
			}
			if (i % 16 == 0)
				check_all(kv, &m);
		}
		check_all(kv, &m);
		ew_kv_stat(kv, &st);
		assert_true(full > 10 && st.compactions > 100);
		ew_kv_destroy(kv);
		fail_alloc_finish(&f);
	}
}

static enum ew_status create_and_use(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_kv_config cfg = {.struct_bytes = sizeof(cfg), .max_keys = 4, .max_bytes = 128};
	struct ew_kv *kv;
	enum ew_status st = ew_kv_ram_create(&cfg, alloc, &kv);

	(void)ctx;
	if (st != EW_OK) {
		assert_null(kv);
		return st;
	}
	st = ew_kv_put(kv, "k", 1, "v", 1);
	ew_kv_destroy(kv);
	return st;
}

static void out_of_memory(void **state)
{
	(void)state;
	assert_int_equal(fail_each(create_and_use, NULL, false), 3);
	assert_true(arena_each(create_and_use, NULL, 8, 4096) < 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_get_delete), cmocka_unit_test(key_sizes),
		cmocka_unit_test(room),		  cmocka_unit_test(increments),
		cmocka_unit_test(agrees_with_a_model), cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests_name("kv", tests, NULL, NULL);
}
