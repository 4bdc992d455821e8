/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_infer.c - models by name (lib/abi/models.c) and edge_v1 inference (lib/abi/fn_infer.c). */
#include "abi/models.h"
#include "arun.h"
#include "tiny_model.h"

static struct tiny fc1, fc2, quantize, stateful;

static int make_models(void **state)
{
	(void)state;
	tiny_fc(&fc1, 1);
	tiny_fc(&fc2, 2);
	tiny_quantize(&quantize);
	tiny_stateful(&stateful);
	return 0;
}

static void put(struct arun *r, const char *name, const char *version, const struct tiny *t)
{
	check_status(name, ew_models_put(r->config.models, name, version, t->bytes, t->size, 0, &r->err),
		     EW_OK);
}

static void begin(struct arun *r)
{
	arun_init(r);
	r->config.grant.caps = EW_CAP_INFER;
	assert_int_equal(ew_models_create(&r->config.models, &r->mem.alloc), EW_OK);
	put(r, "one", "1", &fc1);
	put(r, "two", "2.0", &fc2);
	put(r, "q", "1", &quantize);
	arun_open(r, "edge_v1", "model_open", "model_info", "model_tensor", "model_version", "infer");
}

static int32_t do_open(struct arun *r, const char *name)
{
	arun_pick(r, "model_open");
	arun_put(r, 1000, name);
	return arun_i32(r, 1000, (int64_t)strlen(name));
}

static int32_t do_infer(struct arun *r, int32_t model, uint32_t in, uint32_t in_len, uint32_t out,
			uint32_t cap)
{
	arun_pick(r, "infer");
	return arun_i32(r, model, in, in_len, out, cap);
}

static void names_open_models(void **state)
{
	static const struct row {
		const char *name;
		bool there;
	} rows[] = {
		{"one", true}, {"one@1", true}, {"two@2.0", true}, {"one@2", false}, {"on", false},
		{"onee", false}, {"@1", false}, {"one@", false}, {"one@1@1", false}, {"One", false},
	};
	struct arun r;

	(void)state;
	begin(&r);
	for (size_t i = 0; i < ROWS(rows); i++) {
		int32_t rc = do_open(&r, rows[i].name);

		check_true(rows[i].name, rows[i].there ? rc >= 0 : rc == NOENT);
		if (rows[i].there)
			check_int(rows[i].name, do_open(&r, rows[i].name), rc);
	}
	arun_pick(&r, "model_open");
	assert_int_equal(arun_i32(&r, 0, 0), NOENT);
	assert_true(do_open(&r, "one") != do_open(&r, "one@1"));
	arun_close(&r);
}

static void models_describe_themselves(void **state)
{
	struct arun r;
	int32_t two, q;

	(void)state;
	begin(&r);
	two = do_open(&r, "two");
	q = do_open(&r, "q");
	arun_pick(&r, "model_info");
	assert_int_equal(arun_i32(&r, two, 0), 0);
	assert_int_equal(arun_le32(&r, 0), 2);
	assert_int_equal(arun_le32(&r, 4), 2);
	assert_int_equal(arun_le32(&r, 8), 8);
	assert_int_equal(arun_le32(&r, 12), 4);
	assert_int_equal(arun_le32(&r, 16), 1 + 16 / 16 + 4 / 16); /* 16 MACs, 4 bytes written */
	assert_int_equal(arun_le32(&r, 20), 3);
	assert_int_equal(arun_i32(&r, 12345, 0), STALE);
	assert_int_equal(arun_i32(&r, -1, 0), STALE);
	arun_pick(&r, "model_version");
	memset(arun_mem(&r, 0, 8), 0xa5, 8);
	assert_int_equal(arun_i32(&r, two, 0, 2), 3);
	assert_int_equal(arun_mem(&r, 0, 1)[0], 0xa5);
	assert_int_equal(arun_i32(&r, two, 0, 3), 3);
	check_mem("version", arun_mem(&r, 0, 4), "2.0\xa5", 4);
	arun_pick(&r, "model_tensor");
	assert_int_equal(arun_i32(&r, two, 0, 1, 0), 0);
	assert_int_equal(arun_le32(&r, 0), 9);
	assert_int_equal(arun_le32(&r, 4), 4);
	assert_int_equal(arun_le32(&r, 8), 0x3f800000);
	assert_int_equal(arun_le32(&r, 12), 0);
	assert_int_equal(arun_le32(&r, 16), 2);
	assert_int_equal(arun_le32(&r, 20), 1);
	assert_int_equal(arun_le32(&r, 24), 4);
	assert_int_equal(arun_le32(&r, 48), 0);
	assert_int_equal(arun_i32(&r, q, 0, 0, 0), 0);
	assert_int_equal(arun_le32(&r, 0), 0);
	assert_int_equal(arun_le32(&r, 4), 16);
	assert_int_equal(arun_le32(&r, 8), 0);
	assert_int_equal(arun_i32(&r, q, 1, 0, 0), 0);
	assert_int_equal(arun_le32(&r, 0), 9);
	assert_int_equal(arun_i32(&r, q, 1, 1, 0), INVAL);
	assert_int_equal(arun_i32(&r, q, 2, 0, 0), INVAL);
	assert_int_equal(arun_i32(&r, q, 0, -1, 0), INVAL);
	arun_close(&r);
}

static void inference_reads_and_writes_guest_memory(void **state)
{
	struct arun r;
	int32_t one, two;

	(void)state;
	begin(&r);
	one = do_open(&r, "one");
	two = do_open(&r, "two");
	for (uint32_t at = 64; at < 68; at++) { /* any alignment */
		memcpy(arun_mem(&r, at, 4), "\x0a\x14\x1e\xfb", 4); /* 10 20 30 -5 */
		assert_int_equal(do_infer(&r, one, at, 4, 80, 2), 2);
		check_mem("one", arun_mem(&r, 80, 2), "\x1e\x23", 2); /* 30 35 */
	}
	memcpy(arun_mem(&r, 0, 8), "\x64\x64\x01\x02\x01\x02\x80\x7f", 8);
	assert_int_equal(do_infer(&r, two, 0, 8, 16, 100), 4);
	check_mem("two, saturated", arun_mem(&r, 16, 4), "\x7f\xff\x03\x80", 4);
	assert_int_equal(ew_abi_stats(r.abi)->used[EW_QUOTA_INFERENCES], 5);
	arun_close(&r);
}

/* Several windows in one call: below, at and above what the model was registered for. */
static void inference_takes_batches(void **state)
{
	static const struct row {
		const char *name;
		uint32_t in_len, cap;
		int32_t want;
	} rows[] = {
		{"nothing", 0, 100, INVAL},	{"one", 4, 100, 2},	      {"three", 12, 100, 6},
		{"four", 16, 8, 8},		{"five", 20, 100, INVAL},     {"half a window", 14, 100, INVAL},
		{"no room for two", 8, 3, TOOBIG}, {"far too long", 80, 100, INVAL},
	};
	static const uint8_t in[16] = {1, 2, 9, 4, 10, 20, 30, 5, 3, 3, 0, 1, 100, 100, 1, 2};
	static const uint8_t want[8] = {3, 5, 30, 25, 6, 0xff, 0x7f, 0xff};
	struct arun r;
	int32_t one, many;

	(void)state;
	begin(&r);
	assert_int_equal(ew_models_put(r.config.models, "many", "1", fc1.bytes, fc1.size, EW_MODELS_BATCH(4), &r.err),
			 EW_OK);
	assert_int_equal(ew_models_put(r.config.models, "state", "1", stateful.bytes, stateful.size, EW_MODELS_BATCH(2),
				       &r.err), EW_ERR_UNSUPPORTED);
	one = do_open(&r, "one");
	many = do_open(&r, "many");
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint64_t before = ew_abi_stats(r.abi)->used[EW_QUOTA_INFERENCES];
		uint32_t n = rows[i].want > 0 ? (uint32_t)rows[i].want : 0;

		memset(arun_mem(&r, 100, 16), 0xa5, 16);
		memcpy(arun_mem(&r, 0, 16), in, 16);
		check_int(rows[i].name, do_infer(&r, many, 0, rows[i].in_len, 100, rows[i].cap),
			  rows[i].want);
		check_mem(rows[i].name, arun_mem(&r, 100, n), want, n);
		check_int(rows[i].name, arun_mem(&r, 100 + n, 1)[0], 0xa5);
		check_int(rows[i].name, ew_abi_stats(r.abi)->used[EW_QUOTA_INFERENCES] - before, n / 2);
	}
	assert_int_equal(do_infer(&r, one, 0, 8, 100, 100), INVAL);
	arun_close(&r);
}

/* As many inferences as windows count against the quota, all or none. */
static void batches_are_within_the_quota(void **state)
{
	struct arun r;

	(void)state;
	arun_init(&r);
	r.config.grant.caps = EW_CAP_INFER;
	r.config.grant.quota[EW_QUOTA_INFERENCES].per_call = 3;
	assert_int_equal(ew_models_create(&r.config.models, &r.mem.alloc), EW_OK);
	assert_int_equal(ew_models_put(r.config.models, "m", "1", fc1.bytes, fc1.size, EW_MODELS_BATCH(4), &r.err), EW_OK);
	arun_open(&r, "edge_v1", "model_open", "infer");
	ew_abi_begin(r.abi, 1, 0);
	assert_int_equal(do_infer(&r, do_open(&r, "m"), 0, 16, 100, 100), QUOTA);
	assert_int_equal(do_infer(&r, do_open(&r, "m"), 0, 8, 100, 100), 4);
	assert_int_equal(do_infer(&r, do_open(&r, "m"), 0, 8, 100, 100), QUOTA);
	assert_int_equal(do_infer(&r, do_open(&r, "m"), 0, 4, 100, 100), 2);
	arun_close(&r);
}

/* float32 inputs are copied when they are not aligned; little-endian on every host. */
static void other_types_travel_as_little_endian(void **state)
{
	static const uint8_t in[16] = {0xcd, 0xcc, 0xcc, 0x3f,	/* 1.6 */
				       0x9a, 0x99, 0x19, 0xc0,	/* -2.4 */
				       0x00, 0x00, 0x96, 0x43,	/* 300 */
				       0x00, 0x00, 0x00, 0x80}; /* -0 */
	struct arun r;
	int32_t q;

	(void)state;
	begin(&r);
	q = do_open(&r, "q");
	for (uint32_t at = 0; at < 8; at++) {
		memset(arun_mem(&r, 64, 4), 0xa5, 4);
		memcpy(arun_mem(&r, at, 16), in, 16);
		assert_int_equal(do_infer(&r, q, at, 16, 64, 4), 4);
		check_mem("rounded", arun_mem(&r, 64, 4), "\x02\xfe\x7f\x00", 4);
	}
	arun_close(&r);
}

static void bad_inferences_are_refused(void **state)
{
	static const struct row {
		const char *name;
		uint32_t in, in_len, out, cap;
		int32_t want;
	} rows[] = {
		{"input too short", 0, 3, 64, 2, INVAL},
		{"input too long", 0, 5, 64, 2, INVAL},
		{"output too small", 0, 4, 64, 1, TOOBIG},
		{"output on input", 0, 4, 0, 2, INVAL},
		{"output on its last byte", 0, 4, 3, 2, INVAL},
		{"output ends on its first", 1, 4, 0, 2, INVAL},
		{"output right behind", 0, 4, 4, 2, 2},
		{"output right before", 2, 4, 0, 2, 2},
		{"large cap over the input, output not", 10, 4, 0, 100, 2},
	};
	struct arun r;
	int32_t one;

	(void)state;
	begin(&r);
	one = do_open(&r, "one");
	for (size_t i = 0; i < ROWS(rows); i++)
		check_int(rows[i].name, do_infer(&r, one, rows[i].in, rows[i].in_len, rows[i].out,
						 rows[i].cap), rows[i].want);
	assert_int_equal(do_infer(&r, one + 1, 0, 4, 64, 2), STALE);
	assert_int_equal(ew_abi_stats(r.abi)->used[EW_QUOTA_INFERENCES], 3);
	arun_close(&r);
	arun_init(&r);
	r.config.grant.caps = EW_CAP_INFER;
	arun_open(&r, "edge_v1", "model_open", "infer");
	assert_int_equal(do_open(&r, "one"), NOSYS); /* a host without models */
	assert_int_equal(do_infer(&r, 0, 0, 4, 64, 2), STALE);
	arun_close(&r);
}

static void inference_costs_what_info_says(void **state)
{
	uint64_t before;
	struct arun r;
	int32_t two;
	uint32_t fuel;

	(void)state;
	begin(&r);
	two = do_open(&r, "two");
	arun_pick(&r, "model_info");
	arun_i32(&r, two, 0);
	fuel = arun_le32(&r, 16);
	before = ew_abi_stats(r.abi)->fuel_burned;
	do_infer(&r, two, 0, 8, 16, 4);
	assert_int_equal(ew_abi_stats(r.abi)->fuel_burned - before, 8 + 12 / 16 + fuel);
	before = ew_abi_stats(r.abi)->fuel_burned;
	do_infer(&r, two, 0, 7, 16, 4);
	assert_int_equal(ew_abi_stats(r.abi)->fuel_burned - before, 8);
	arun_close(&r);
}

/*
 * A model that keeps state from run to run gets an executor for each guest, made when it is first used, as many
 * as max_contexts; one of a version that was replaced gives way.
 */
static void stateful_models_are_each_guest_s_own(void **state)
{
	int32_t a, b, old;
	struct arun r;

	(void)state;
	arun_init(&r);
	r.config.grant.caps = EW_CAP_INFER;
	r.config.max_contexts = 2;
	assert_int_equal(ew_models_create(&r.config.models, &r.mem.alloc), EW_OK);
	put(&r, "a", "1", &stateful);
	put(&r, "b", "1", &stateful);
	put(&r, "c", "1", &stateful);
	arun_open(&r, "edge_v1", "model_open", "infer");
	memcpy(arun_mem(&r, 0, 4), "\x0a\x14\x1e\xfb", 4);
	a = do_open(&r, "a");
	assert_int_equal(ew_models_remove(r.config.models, "b", NULL), EW_OK); /* opened by nobody */
	put(&r, "b", "1", &stateful);
	b = do_open(&r, "b");
	/* Without memory for it: later. */
	r.mem.fail_at = r.mem.requests + 1;
	assert_int_equal(do_infer(&r, a, 0, 4, 64, 2), AGAIN);
	r.mem.fail_at = 0;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(do_infer(&r, a, 0, 4, 64, 2), 2);
		check_mem("a", arun_mem(&r, 64, 2), "\x1e\x23", 2);
	}
	assert_int_equal(do_infer(&r, b, 0, 4, 64, 2), 2);
	assert_int_equal(do_infer(&r, do_open(&r, "c"), 0, 4, 64, 2), AGAIN); /* the third */
	assert_int_equal(ew_models_remove(r.config.models, "a", NULL), EW_ERR_STATE);
	/* a is replaced: its old executor gives way to c's. */
	old = do_open(&r, "a@1");
	put(&r, "a", "2", &stateful);
	assert_int_equal(do_infer(&r, a, 0, 4, 64, 2), STALE);
	assert_int_equal(do_infer(&r, old, 0, 4, 64, 2), 2);
	assert_int_equal(do_infer(&r, do_open(&r, "c"), 0, 4, 64, 2), 2);
	assert_int_equal(ew_models_remove(r.config.models, "a", "1"), EW_OK);
	assert_int_equal(ew_models_remove(r.config.models, "c", NULL), EW_ERR_STATE);
	ew_abi_reset(r.abi);
	assert_int_equal(ew_models_remove(r.config.models, "c", NULL), EW_OK);
	arun_close(&r);
}

/* ---- the registry ----------------------------------------------------------------------------- */

static void a_new_version_makes_old_handles_stale(void **state)
{
	int32_t by_name, by_version, again;
	struct arun r;

	(void)state;
	begin(&r);
	by_name = do_open(&r, "one");
	by_version = do_open(&r, "one@1");
	put(&r, "one", "2", &fc2);
	assert_int_equal(do_infer(&r, by_name, 0, 4, 64, 8), STALE);
	assert_int_equal(do_infer(&r, by_version, 0, 4, 64, 8), 2);
	again = do_open(&r, "one");
	assert_true(again >= 0 && again != by_name);
	assert_int_equal(do_infer(&r, again, 0, 8, 64, 8), 4);
	/* Back to the old version: the first handle stays stale, which is safe. */
	assert_int_equal(ew_models_select(r.config.models, "one", "1"), EW_OK);
	assert_int_equal(do_infer(&r, again, 0, 8, 64, 8), STALE);
	assert_int_equal(do_infer(&r, by_name, 0, 4, 64, 8), STALE);
	assert_int_equal(do_infer(&r, do_open(&r, "one"), 0, 4, 64, 8), 2);
	/* Selecting what is current changes nothing. */
	again = do_open(&r, "one");
	assert_int_equal(ew_models_select(r.config.models, "one", "1"), EW_OK);
	assert_int_equal(do_open(&r, "one"), again);
	assert_int_equal(ew_models_select(r.config.models, "one", "9"), EW_ERR_NOENT);
	assert_int_equal(ew_models_remove(r.config.models, "one", "1"), EW_OK);
	assert_int_equal(do_infer(&r, by_version, 0, 4, 64, 8), STALE);
	assert_int_equal(do_open(&r, "one"), NOENT); /* nothing is current: the host decides */
	assert_true(do_open(&r, "one@2") >= 0);
	assert_int_equal(ew_models_remove(r.config.models, "one", NULL), EW_OK);
	assert_int_equal(do_open(&r, "one@2"), NOENT);
	assert_int_equal(ew_models_remove(r.config.models, "one", NULL), EW_ERR_NOENT);
	/* A slot is used again; no old handle reaches what is in it now. */
	put(&r, "three", "1", &fc1);
	assert_int_equal(do_infer(&r, by_version, 0, 4, 64, 8), STALE);
	assert_int_equal(do_infer(&r, by_name, 0, 4, 64, 8), STALE);
	arun_close(&r);
}

/* After 2^22 generations the numbers begin anew, without the 0 that means "not current". */
static void generations_go_round(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	r.config.models->generation = (1u << 22) - 2;
	put(&r, "late", "1", &fc1); /* takes the last one, and 1 */
	assert_int_equal(r.config.models->generation, 1);
	assert_true(do_open(&r, "late") >= 0);
	assert_int_equal(do_infer(&r, do_open(&r, "late"), 0, 4, 64, 2), 2);
	assert_int_equal(do_infer(&r, do_open(&r, "late@1"), 0, 4, 64, 2), 2);
	arun_close(&r);
}

static void bad_models_and_names_are_refused(void **state)
{
	static const char long47[] = "12345678901234567890123456789012345678901234567";
	static const char long48[] = "123456789012345678901234567890123456789012345678";
	static const struct row {
		const char *name, *model, *version;
		enum ew_status want;
	} rows[] = {
		{"longest", long47, long47, EW_OK},
		{"name too long", long48, "1", EW_ERR_INVAL},
		{"version too long", "a", long48, EW_ERR_INVAL},
		{"no name", "", "1", EW_ERR_INVAL},
		{"no version", "a", "", EW_ERR_INVAL},
		{"NULL name", NULL, "1", EW_ERR_INVAL},
		{"@ in the name", "a@b", "1", EW_ERR_INVAL},
		{"@ in the version", "a", "1@", EW_ERR_INVAL},
		{"there already", "one", "1", EW_ERR_EXISTS},
	};
	struct ew_error err;
	struct arun r;

	(void)state;
	begin(&r);
	for (size_t i = 0; i < ROWS(rows); i++)
		check_status(rows[i].name, ew_models_put(r.config.models, rows[i].model, rows[i].version,
							 fc1.bytes, fc1.size, 0, &err), rows[i].want);
	assert_true(ew_models_put(r.config.models, "bad", "1", fc1.bytes, 20, 0, &err) < 0);
	check_true("reason", err.text[0] != '\0');
	assert_int_equal(do_open(&r, "bad"), NOENT);
	arun_close(&r);
}

static void the_registry_lists_and_limits(void **state)
{
	struct ew_models_entry e;
	struct ew_models *models;
	struct fail_alloc mem;
	uint32_t count = 0, current = 0;
	struct tiny copy = fc1;
	char version[8];

	(void)state;
	fail_alloc_init(&mem);
	assert_int_equal(ew_models_create(&models, &mem.alloc), EW_OK);
	assert_int_equal(ew_models_at(models, 0, &e), EW_ERR_NOENT);
	for (uint32_t i = 0; i <= EW_ABI_MODELS; i++) {
		snprintf(version, sizeof(version), "%u", i);
		check_status(version, ew_models_put(models, "m", version, copy.bytes, copy.size, EW_MODELS_COPY,
						    NULL), i < EW_ABI_MODELS ? EW_OK : EW_ERR_LIMIT);
	}
	memset(copy.bytes, 0, sizeof(copy.bytes)); /* they were copied */
	while (ew_models_at(models, count, &e) == EW_OK) {
		assert_string_equal(e.name, "m");
		assert_int_equal(e.size_bytes, fc1.size);
		assert_non_null(e.model);
		assert_int_equal(e.inferences, 0);
		assert_true(e.fuel > 0);
		current += e.current;
		count++;
	}
	assert_int_equal(count, EW_ABI_MODELS);
	assert_int_equal(current, 1);
	assert_int_equal(ew_models_remove(models, "m", "3"), EW_OK);
	assert_int_equal(ew_models_put(models, "m", "again", fc1.bytes, fc1.size, 0, NULL), EW_OK);
	ew_models_destroy(models);
	ew_models_destroy(NULL);
	fail_alloc_finish(&mem);
}

static enum ew_status put_one(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_models *models;
	enum ew_status st = ew_models_create(&models, alloc);

	if (st != EW_OK)
		return st;
	st = ew_models_put(models, "m", "1", fc1.bytes, fc1.size, *(uint32_t *)ctx, NULL);
	ew_models_destroy(models);
	return st;
}

static void every_allocation_may_fail(void **state)
{
	uint32_t flags = 0;

	(void)state;
	assert_true(fail_each(put_one, &flags, false) >= 5);
	flags = EW_MODELS_COPY;
	assert_true(fail_each(put_one, &flags, false) >= 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_open_models),
		cmocka_unit_test(models_describe_themselves),
		cmocka_unit_test(inference_reads_and_writes_guest_memory),
		cmocka_unit_test(inference_takes_batches),
		cmocka_unit_test(batches_are_within_the_quota),
		cmocka_unit_test(other_types_travel_as_little_endian),
		cmocka_unit_test(bad_inferences_are_refused),
		cmocka_unit_test(inference_costs_what_info_says),
		cmocka_unit_test(stateful_models_are_each_guest_s_own),
		cmocka_unit_test(a_new_version_makes_old_handles_stale),
		cmocka_unit_test(generations_go_round),
		cmocka_unit_test(bad_models_and_names_are_refused),
		cmocka_unit_test(the_registry_lists_and_limits),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, make_models, NULL);
}
