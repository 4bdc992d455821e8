/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_kv.c - kv_get, kv_set, kv_delete, kv_increment (lib/abi/fn_kv.c); metrics and settings (fn_metric.c). */
#include "arun.h"

static struct {
	uint32_t calls, kind, id;
	char name[80];
	int64_t delta;
	double value;
	enum ew_status status;
} seen;

static void begin(struct arun *r, const char *prefix)
{
	arun_init(r);
	r->config.grant.caps = EW_CAP_KV_READ | EW_CAP_KV_WRITE;
	r->config.kv_prefix = prefix;
	if (ew_kv_ram_create(NULL, &r->mem.alloc, &r->config.kv) != EW_OK)
		fail_msg("no store");
	arun_open(r, "edge_v1", "kv_get", "kv_set", "kv_delete", "kv_increment");
	arun_put(r, 0, "key1key2value");
}

static void end(struct arun *r)
{
	ew_kv_destroy(r->config.kv);
	arun_close(r);
}

static int32_t do_set(struct arun *r, uint32_t key, uint32_t value, uint32_t len)
{
	arun_pick(r, "kv_set");
	return arun_i32(r, key, 4, value, len);
}

static int32_t do_get(struct arun *r, uint32_t key, uint32_t cap)
{
	arun_pick(r, "kv_get");
	return arun_i32(r, key, 4, 100, cap);
}

static void values_come_back(void **state)
{
	struct arun r;

	(void)state;
	begin(&r, NULL);
	assert_int_equal(do_get(&r, 0, 16), NOENT);
	assert_int_equal(do_set(&r, 0, 8, 5), 0);
	assert_int_equal(do_get(&r, 0, 16), 5);
	check_mem("value", arun_mem(&r, 100, 6), "value\0", 6);
	assert_int_equal(do_set(&r, 0, 4, 4), 0);
	assert_int_equal(do_get(&r, 0, 16), 4);
	check_mem("replaced", arun_mem(&r, 100, 4), "key2", 4);
	assert_int_equal(do_set(&r, 4, 8, 0), 0);
	assert_int_equal(do_get(&r, 4, 16), 0);
	arun_pick(&r, "kv_delete");
	assert_int_equal(arun_i32(&r, 0, 4), 0);
	assert_int_equal(arun_i32(&r, 0, 4), NOENT);
	assert_int_equal(do_get(&r, 0, 16), NOENT);
	assert_int_equal(do_get(&r, 4, 16), 0);
	end(&r);
}

static void what_does_not_fit_is_not_written(void **state)
{
	struct arun r;

	(void)state;
	begin(&r, NULL);
	do_set(&r, 0, 8, 5);
	memset(arun_mem(&r, 100, 16), 0xa5, 16);
	assert_int_equal(do_get(&r, 0, 4), 5);
	assert_int_equal(arun_mem(&r, 100, 1)[0], 0xa5);
	assert_int_equal(do_get(&r, 0, 0), 5);
	assert_int_equal(do_get(&r, 0, 5), 5);
	assert_int_equal(arun_mem(&r, 105, 1)[0], 0xa5);
	end(&r);
}

static void keys_have_1_to_255_bytes(void **state)
{
	static const struct row {
		const char *name;
		uint32_t len;
		int32_t want;
	} rows[] = {{"0", 0, INVAL}, {"1", 1, 0}, {"255", 255, 0}, {"256", 256, INVAL}};
	struct arun r;

	(void)state;
	begin(&r, NULL);
	for (size_t i = 0; i < ROWS(rows); i++) {
		arun_pick(&r, "kv_set");
		check_int(rows[i].name, arun_i32(&r, 0, rows[i].len, 0, 1), rows[i].want);
		arun_pick(&r, "kv_get");
		check_int(rows[i].name, arun_i32(&r, 0, rows[i].len, 0, 1), rows[i].want ? INVAL : 1);
		arun_pick(&r, "kv_increment");
		check_int(rows[i].name, arun_i32(&r, 0, rows[i].len, 1, 1000), INVAL); /* no integer there */
		arun_pick(&r, "kv_delete");
		check_int(rows[i].name, arun_i32(&r, 0, rows[i].len), rows[i].want);
	}
	end(&r);
}

/* The host's prefix keeps functions apart, and counts against the store's key length, not the guest's. */
static void prefixes_separate_functions(void **state)
{
	size_t len = 0;
	struct arun r;
	char buf[8];

	(void)state;
	begin(&r, "judge/");
	assert_int_equal(do_set(&r, 0, 8, 5), 0);
	assert_int_equal(ew_kv_get(r.config.kv, "judge/key1", 10, buf, sizeof(buf), &len), EW_OK);
	assert_int_equal(len, 5);
	assert_int_equal(ew_kv_get(r.config.kv, "key1", 4, buf, sizeof(buf), &len), EW_ERR_NOENT);
	arun_pick(&r, "kv_set");
	assert_int_equal(arun_i32(&r, 0, 249, 0, 1), 0);
	assert_int_equal(arun_i32(&r, 0, 250, 0, 1), INVAL); /* 256 for a store of 255 */
	end(&r);
}

static void integers_add_up(void **state)
{
	static const struct row {
		const char *name;
		int64_t delta;
		int32_t want;
		int64_t sum;
	} rows[] = {
		{"from nothing", 5, 0, 5},
		{"up", 7, 0, 12},
		{"down", -20, 0, -8},
		{"to the top", INT64_MAX, 0, INT64_MAX - 8},
		{"over it", 9, INVAL, INT64_MAX - 8},
		{"just there", 8, 0, INT64_MAX},
		{"nothing", 0, 0, INT64_MAX},
	};
	struct arun r;

	(void)state;
	begin(&r, NULL);
	for (size_t i = 0; i < ROWS(rows); i++) {
		memset(arun_mem(&r, 200, 8), 0xa5, 8);
		arun_pick(&r, "kv_increment");
		check_int(rows[i].name, arun_i32(&r, 0, 4, rows[i].delta, 200), rows[i].want);
		check_hex(rows[i].name, arun_le64(&r, 200),
			  rows[i].want ? 0xa5a5a5a5a5a5a5a5u : (uint64_t)rows[i].sum);
		check_int(rows[i].name, do_get(&r, 0, 8), 8);
		check_int(rows[i].name, (int64_t)arun_le64(&r, 100), rows[i].sum);
	}
	do_set(&r, 4, 8, 5);
	arun_pick(&r, "kv_increment");
	assert_int_equal(arun_i32(&r, 4, 4, 1, 200), INVAL);
	end(&r);
}

static void key_and_buffer_may_overlap(void **state)
{
	struct arun r;

	(void)state;
	begin(&r, NULL);
	do_set(&r, 0, 0, 8); /* value "key1key2" */
	arun_pick(&r, "kv_get");
	assert_int_equal(arun_i32(&r, 0, 4, 2, 8), 8);
	check_mem("overlap", arun_mem(&r, 2, 8), "key1key2", 8);
	end(&r);
}

static void a_full_store_says_so(void **state)
{
	struct ew_kv_config c = {.struct_bytes = sizeof(c), .max_keys = 2, .max_bytes = 64};
	struct arun r;

	(void)state;
	arun_init(&r);
	r.config.grant.caps = EW_CAP_KV_WRITE;
	assert_int_equal(ew_kv_ram_create(&c, &r.mem.alloc, &r.config.kv), EW_OK);
	arun_open(&r, "edge_v1", "kv_set");
	arun_put(&r, 0, "abcd");
	assert_int_equal(arun_i32(&r, 0, 1, 0, 1), 0);
	assert_int_equal(arun_i32(&r, 1, 1, 0, 1), 0);
	assert_int_equal(arun_i32(&r, 2, 1, 0, 1), AGAIN);
	assert_int_equal(arun_i32(&r, 0, 1, 0, 4000), TOOBIG);
	assert_int_equal(arun_i32(&r, 0, 1, 0, 2), 0);
	assert_int_equal(ew_abi_stats(r.abi)->used[EW_QUOTA_KEYS], 3);
	end(&r);
	arun_init(&r);
	r.config.grant.caps = EW_CAP_KV_READ | EW_CAP_KV_WRITE;
	arun_open(&r, "edge_v1", "kv_get", "kv_set", "kv_delete", "kv_increment");
	assert_int_equal(do_get(&r, 0, 4), NOSYS); /* no store at all */
	assert_int_equal(do_set(&r, 0, 4, 4), NOSYS);
	arun_close(&r);
}

/* ---- metrics and settings --------------------------------------------------------------------- */

static enum ew_status define(void *user, uint32_t kind, const char *name, size_t len, uint32_t *id)
{
	(void)user;
	seen.calls++;
	seen.kind = kind;
	memset(seen.name, 0, sizeof(seen.name));
	memcpy(seen.name, name, len);
	*id = seen.id;
	return seen.status;
}

static enum ew_status add(void *user, uint32_t id, int64_t delta)
{
	(void)user;
	seen.id = id;
	seen.delta = delta;
	return seen.status;
}

static enum ew_status record(void *user, uint32_t id, double value)
{
	(void)user;
	seen.id = id;
	seen.value = value;
	return seen.status;
}

static void begin_metrics(struct arun *r)
{
	memset(&seen, 0, sizeof(seen));
	arun_init(r);
	r->config.grant.caps = EW_CAP_METRIC | EW_CAP_CONFIG;
	r->host.metric_define = define;
	r->host.metric_add = add;
	r->host.metric_record = record;
}

static void metric_names_are_checked(void **state)
{
	static const struct row {
		const char *name;
		int kind;
		int32_t want;
	} rows[] = {
		{"windows_total", 0, 41},
		{"score", 1, 41},
		{"a:b_C9", 2, 41},
		{"_", 0, 41},
		{"123456789", 0, INVAL},
		{"9lives", 0, INVAL},
		{"", 0, INVAL},
		{"with space", 0, INVAL},
		{"umlaut\xc3\xa4", 0, INVAL},
		{"dash-ed", 0, INVAL},
		{"x", 3, INVAL},
		{"x", -1, INVAL},
		{"a23456789_123456789_123456789_123456789_123456789_123456789_123", 0, 41},
		{"a23456789_123456789_123456789_123456789_123456789_123456789_1234", 0, INVAL},
	};
	struct arun r;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		begin_metrics(&r);
		seen.id = 41;
		arun_open(&r, "edge_v1", "metric_define");
		if (rows[i].name[0])
			arun_put(&r, 0, rows[i].name);
		check_int(rows[i].name, arun_i32(&r, rows[i].kind, 0, (int64_t)strlen(rows[i].name)),
			  rows[i].want);
		check_int(rows[i].name, seen.calls, rows[i].want >= 0);
		if (rows[i].want >= 0)
			check_str(rows[i].name, seen.name, rows[i].name);
		arun_close(&r);
	}
}

static void metrics_reach_the_host(void **state)
{
	struct arun r;

	(void)state;
	begin_metrics(&r);
	arun_open(&r, "edge_v1", "metric_define", "metric_add", "metric_record");
	arun_put(&r, 0, "x");
	seen.status = EW_ERR_FULL;
	assert_int_equal(arun_i32(&r, 0, 0, 1), TOOBIG);
	seen.status = EW_ERR_TYPE;
	assert_int_equal(arun_i32(&r, 0, 0, 1), INVAL);
	seen.status = EW_OK;
	seen.id = 0x80000000u; /* would read as an error */
	assert_int_equal(arun_i32(&r, 0, 0, 1), TOOBIG);
	arun_pick(&r, "metric_add");
	assert_int_equal(arun_i32(&r, 7, -3), 0);
	assert_int_equal(seen.id, 7);
	assert_int_equal(seen.delta, -3);
	seen.status = EW_ERR_INVAL;
	assert_int_equal(arun_i32(&r, 7, -3), INVAL);
	arun_pick(&r, "metric_record");
	assert_int_equal(arun_i32(&r, 7, 2), INVAL);
	seen.status = EW_OK;
	assert_int_equal(arun_i32(&r, 8, 2), 0);
	assert_true(seen.value == 2.0);
	r.values[0].u64 = 8;
	r.values[1].u64 = 0x7ff8000000000000u; /* NaN */
	assert_int_equal(ew_call(r.func, r.values), EW_OK);
	assert_int_equal(r.values[0].i32, INVAL);
	arun_close(&r);
	begin_metrics(&r);
	memset(&r.host.metric_define, 0, sizeof(r.host.metric_define));
	r.host.metric_add = NULL;
	r.host.metric_record = NULL;
	arun_open(&r, "edge_v1", "metric_define", "metric_add", "metric_record");
	arun_put(&r, 0, "x");
	assert_int_equal(arun_i32(&r, 0, 0, 1), NOSYS);
	arun_pick(&r, "metric_add");
	assert_int_equal(arun_i32(&r, 7, -3), NOSYS);
	arun_pick(&r, "metric_record");
	assert_int_equal(arun_i32(&r, 7, 2), NOSYS);
	arun_close(&r);
}

static enum ew_status config_get(void *user, const char *key, size_t key_len, const void **value,
				 size_t *len)
{
	(void)user;
	if (key_len == 5 && memcmp(key, "limit", 5) == 0) {
		*value = "0.75";
		*len = 4;
		return EW_OK;
	}
	if (key_len == 5 && memcmp(key, "large", 5) == 0) {
		*value = "";
		*len = (size_t)INT32_MAX + 1;
		return EW_OK;
	}
	return EW_ERR_NOENT;
}

static void settings_are_read(void **state)
{
	static const struct row {
		const char *name;
		uint32_t cap;
		int32_t want;
		bool written;
	} rows[] = {
		{"limit", 4, 4, true}, {"limit", 8, 4, true}, {"limit", 3, 4, false},
		{"other", 8, NOENT, false}, {"large", 8, TOOBIG, false},
	};
	struct arun r;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		begin_metrics(&r);
		r.host.config_get = config_get;
		arun_open(&r, "edge_v1", "config_get");
		arun_put(&r, 0, rows[i].name);
		check_int(rows[i].name, arun_i32(&r, 0, 5, 64, rows[i].cap), rows[i].want);
		check_mem(rows[i].name, arun_mem(&r, 64, 4), rows[i].written ? "0.75" : "\0\0\0\0", 4);
		arun_close(&r);
	}
	begin_metrics(&r);
	arun_open(&r, "edge_v1", "config_get");
	assert_int_equal(arun_i32(&r, 0, 5, 64, 8), NOSYS);
	arun_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_come_back),
		cmocka_unit_test(what_does_not_fit_is_not_written),
		cmocka_unit_test(keys_have_1_to_255_bytes),
		cmocka_unit_test(prefixes_separate_functions),
		cmocka_unit_test(integers_add_up),
		cmocka_unit_test(key_and_buffer_may_overlap),
		cmocka_unit_test(a_full_store_says_so),
		cmocka_unit_test(metric_names_are_checked),
		cmocka_unit_test(metrics_reach_the_host),
		cmocka_unit_test(settings_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
