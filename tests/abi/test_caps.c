/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_caps.c - names of capabilities, and quotas at, below and above: lib/abi/caps.c; making an ABI: abi.c. */
#include "arun.h"
#include "tiny_model.h"

static void capabilities_parse(void **state)
{
	static const struct row {
		const char *text;
		enum ew_status want;
		uint32_t caps;
	} rows[] = {
		{"", EW_OK, 0},
		{"LOG", EW_OK, EW_CAP_LOG},
		{"log,Emit,KV_write", EW_OK, EW_CAP_LOG | EW_CAP_EMIT | EW_CAP_KV_WRITE},
		{"INFER", EW_OK, EW_CAP_INFER},
		{"INFER_LOAD", EW_OK, EW_CAP_INFER_LOAD},
		{"ALL", EW_OK, EW_CAP_ALL},
		{"LOG,", EW_OK, EW_CAP_LOG},
		{"LOG,,EMIT", EW_ERR_NOENT, 0},
		{",", EW_ERR_NOENT, 0},
		{"LOGS", EW_ERR_NOENT, 0},
		{"LO", EW_ERR_NOENT, 0},
		{"LOG EMIT", EW_ERR_NOENT, 0},
	};
	struct ew_error err;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint32_t caps = 0;

		check_status(rows[i].text, ew_cap_parse(rows[i].text, &caps, &err), rows[i].want);
		check_hex(rows[i].text, caps, rows[i].caps);
	}
	(void)ew_cap_parse("LOG,TELEPATHY", &(uint32_t){0}, &err);
	check_has("message", err.text, "TELEPATHY");
	assert_int_equal(err.offset, 4);
	for (uint32_t cap = 1; cap <= EW_CAP_ALL; cap <<= 1) {
		uint32_t back = 0;

		assert_int_equal(ew_cap_parse(ew_cap_name(cap), &back, NULL), EW_OK);
		assert_int_equal(back, cap);
	}
	assert_null(ew_cap_name(0));
	assert_null(ew_cap_name(3));
	assert_null(ew_cap_name(EW_CAP_ALL + 1));
	for (int k = 0; k < EW_QUOTA_KINDS; k++)
		assert_true(strlen(ew_quota_name((enum ew_quota_kind)k)) > 3);
	assert_string_equal(ew_quota_name(EW_QUOTA_KINDS), "unknown quota");
}

/* ---- quotas ----------------------------------------------------------------------------------- */

static void take_log(void *user, uint32_t level, const char *text, size_t len)
{
	(void)user, (void)level, (void)text, (void)len;
}

static enum ew_status take_emit(void *user, const struct ew_event *header, const void *topic,
				const void *data)
{
	(void)user, (void)header, (void)topic, (void)data;
	return EW_OK;
}

/* Each kind through a function that uses it: `uses` units a call. */
static const struct kind {
	const char *name, *function;
	enum ew_quota_kind kind;
	int64_t args[5];
	uint32_t uses;
	int32_t ok;
} kinds[] = {
	{"log bytes", "log", EW_QUOTA_LOG_BYTES, {2, 0, 10}, 10, 0},
	{"emitted events", "event_emit", EW_QUOTA_EMIT_EVENTS, {0, 1, 0, 9, 0}, 1, 0},
	{"emitted bytes", "event_emit", EW_QUOTA_EMIT_BYTES, {0, 1, 0, 9, 0}, 10, 0},
	{"keys set", "kv_set", EW_QUOTA_KEYS, {0, 1, 0, 9}, 1, 0},
	{"keys deleted", "kv_delete", EW_QUOTA_KEYS, {0, 1}, 1, NOENT},
	{"keys incremented", "kv_increment", EW_QUOTA_KEYS, {0, 1, 1, 64}, 1, 0},
	{"inferences", "infer", EW_QUOTA_INFERENCES, {0, 0, 4, 64, 2}, 1, 2},
};

static struct tiny model;

static void begin(struct arun *r, const struct kind *k, struct ew_quota quota, uint32_t flags)
{
	tiny_fc(&model, 1);
	arun_init(r);
	r->config.grant.caps = EW_CAP_ALL & ~(uint32_t)EW_CAP_FS;
	r->config.grant.flags = flags;
	r->config.grant.quota[k->kind] = quota;
	r->host.log = take_log;
	r->host.emit = take_emit;
	if (ew_kv_ram_create(NULL, &r->mem.alloc, &r->config.kv) != EW_OK ||
	    ew_models_create(&r->config.models, &r->mem.alloc) != EW_OK ||
	    ew_models_put(r->config.models, "m", "1", model.bytes, model.size, 0, NULL) != EW_OK)
		fail_msg("no world");
	arun_open(r, "edge_v1", "log", "event_emit", "kv_set", "kv_delete", "kv_increment", "infer",
		  "model_open");
	arun_put(r, 0, "m");
	arun_pick(r, "model_open");
	/* The handle goes where infer's first argument is. */
	r->values[0].i32 = arun_i32(r, 0, 1);
}

static int32_t use(struct arun *r, const struct kind *k)
{
	int64_t args[6] = {0};

	memcpy(args, k->args, sizeof(k->args));
	if (k->kind == EW_QUOTA_INFERENCES) {
		arun_pick(r, "model_open");
		args[0] = arun_i32(r, 0, 1);
	}
	arun_pick(r, k->function);
	arun_call(r, args);
	return r->values[0].i32;
}

static void end(struct arun *r)
{
	ew_kv_destroy(r->config.kv);
	arun_close(r);
}

/* n calls fit, the next does not, and a new call begins anew. */
static void per_call_quotas(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(kinds); i++) {
		const struct kind *k = &kinds[i];
		struct arun r;

		if (k->ok < 0)
			continue; /* what fails for another reason uses nothing */
		begin(&r, k, (struct ew_quota){.per_call = 3 * k->uses + k->uses / 2}, 0);
		for (int round = 0; round < 2; round++) {
			ew_abi_begin(r.abi, 0, 0);
			for (int n = 0; n < 3; n++)
				check_int(k->name, use(&r, k), k->ok);
			check_int(k->name, use(&r, k), QUOTA);
			check_int(k->name, use(&r, k), QUOTA);
		}
		check_int(k->name, ew_abi_stats(r.abi)->used[k->kind], 6 * k->uses);
		check_int(k->name, ew_abi_stats(r.abi)->refused[k->kind], 4);
		end(&r);
		/* Exactly as much as is allowed. */
		begin(&r, k, (struct ew_quota){.per_call = k->uses}, 0);
		check_int(k->name, use(&r, k), k->ok);
		check_int(k->name, use(&r, k), QUOTA);
		end(&r);
		if (k->uses == 1)
			continue;
		begin(&r, k, (struct ew_quota){.per_call = k->uses - 1}, 0);
		check_int(k->name, use(&r, k), QUOTA);
		end(&r);
	}
}

/* Deleting counts like setting; what failed for another reason does not. */
static void deleted_keys_count(void **state)
{
	const struct kind *set = &kinds[3], *delete = &kinds[4];
	struct arun r;

	(void)state;
	begin(&r, set, (struct ew_quota){.per_call = 3}, 0);
	check_int("missing", use(&r, delete), NOENT);
	check_int("set", use(&r, set), 0);
	check_int("delete", use(&r, delete), 0);
	check_int("set", use(&r, set), 0);
	check_int("delete", use(&r, delete), QUOTA);
	check_int("still there", use(&r, set), QUOTA);
	end(&r);
}

static void per_second_quotas_refill_with_time(void **state)
{
	const uint64_t second = 1000000000;

	(void)state;
	for (size_t i = 0; i < ROWS(kinds); i++) {
		const struct kind *k = &kinds[i];
		struct arun r;

		if (k->ok < 0)
			continue;
		begin(&r, k, (struct ew_quota){.per_second = 4 * k->uses}, 0);
		for (int n = 0; n < 4; n++)
			check_int(k->name, use(&r, k), k->ok);
		check_int(k->name, use(&r, k), QUOTA);
		ew_abi_begin(r.abi, 0, 0); /* a new call at the same time */
		check_int(k->name, use(&r, k), QUOTA);
		ew_abi_begin(r.abi, second / 4 - 1, 0);
		check_int(k->name, use(&r, k), QUOTA);
		ew_abi_begin(r.abi, second / 4, 0);
		check_int(k->name, use(&r, k), k->ok);
		check_int(k->name, use(&r, k), QUOTA);
		ew_abi_begin(r.abi, 0, 0); /* a step back gives nothing */
		check_int(k->name, use(&r, k), QUOTA);
		ew_abi_begin(r.abi, 100 * second, 0); /* a long rest gives one second's worth */
		for (int n = 0; n < 4; n++)
			check_int(k->name, use(&r, k), k->ok);
		check_int(k->name, use(&r, k), QUOTA);
		end(&r);
	}
}

static void both_quotas_hold_together(void **state)
{
	const struct kind *k = &kinds[1];
	struct arun r;

	(void)state;
	begin(&r, k, (struct ew_quota){.per_call = 2, .per_second = 3}, 0);
	check_int("first", use(&r, k), 0);
	check_int("second", use(&r, k), 0);
	check_int("per call", use(&r, k), QUOTA);
	ew_abi_begin(r.abi, 0, 0);
	check_int("third", use(&r, k), 0);
	check_int("per second", use(&r, k), QUOTA);
	end(&r);
}

static void strict_grants_end_the_run(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(kinds); i++) {
		const struct kind *k = &kinds[i];
		struct arun r;

		if (k->ok < 0)
			continue;
		begin(&r, k, (struct ew_quota){.per_call = k->uses}, EW_GRANT_STRICT);
		check_int(k->name, use(&r, k), k->ok);
		check_status(k->name, r.status, EW_OK);
		use(&r, k);
		check_status(k->name, r.status, EW_ERR_TRAP);
		check_int(k->name, ew_exec_trap(r.exec)->code, EW_TRAP_HOST);
		check_status(k->name, ew_exec_trap(r.exec)->status, EW_ERR_QUOTA);
		ew_abi_begin(r.abi, 0, 0);
		check_int(k->name, use(&r, k), k->ok);
		check_status(k->name, r.status, EW_OK);
		end(&r);
	}
}

/* A quota of 2^32 - 1 a second and one operation of that size: no arithmetic goes over. */
static void the_largest_quota_works(void **state)
{
	const struct kind *k = &kinds[0];
	struct arun r;

	(void)state;
	begin(&r, k, (struct ew_quota){.per_call = UINT32_MAX, .per_second = UINT32_MAX}, 0);
	ew_abi_begin(r.abi, UINT64_MAX, 0);
	for (int i = 0; i < 100; i++)
		check_int(k->name, use(&r, k), 0);
	end(&r);
}

/* ---- creating --------------------------------------------------------------------------------- */

static void configs_are_checked(void **state)
{
	static const char prefix64[] = "1234567890123456789012345678901234567890123456789012345678901234";
	static const char prefix63[] = "123456789012345678901234567890123456789012345678901234567890123";
	struct ew_abi_config good = {.struct_bytes = sizeof(good)}, c;
	struct ew_abi_host host = {.struct_bytes = 0};
	struct ew_abi_fs fs = {.struct_bytes = 0};
	struct fail_alloc mem;
	struct ew_error err;
	struct ew_abi *abi;

	(void)state;
	fail_alloc_init(&mem);
#define TRY(row, want, needle)                                                                     \
	do {                                                                                       \
		check_status(row, ew_abi_create(&abi, &c, &mem.alloc, &err), want);                \
		if ((want) != EW_OK) {                                                             \
			check_has(row, err.text, needle);                                          \
			check_true(row, abi == NULL);                                              \
		}                                                                                  \
		ew_abi_destroy(abi);                                                               \
		c = good;                                                                          \
	} while (0)
	c = good;
	TRY("nothing but zeros", EW_OK, "");
	c.struct_bytes = 0;
	TRY("no size", EW_ERR_INVAL, "struct_bytes");
	c.host = &host;
	TRY("host without size", EW_ERR_INVAL, "struct_bytes");
	c.fs = &fs;
	TRY("fs without size", EW_ERR_INVAL, "struct_bytes");
	c.grant.caps = EW_CAP_ALL + 1;
	TRY("unknown capability", EW_ERR_INVAL, "0x2000");
	c.kv_prefix = prefix63;
	TRY("longest prefix", EW_OK, "");
	c.kv_prefix = prefix64;
	TRY("prefix too long", EW_ERR_INVAL, "kv_prefix");
	c.arg_count = 1;
	TRY("no args", EW_ERR_INVAL, "count");
	c.environ_count = 1;
	TRY("no environ", EW_ERR_INVAL, "count");
	c.preopen_count = 1;
	TRY("no preopens", EW_ERR_INVAL, "count");
	c.args = (const char *const[1]){"a"};
	c.arg_count = 65536;
	TRY("too many arguments", EW_ERR_LIMIT, "65535");
	c.args = (const char *const[1]){"a"};
	c.arg_count = 65535; /* looked at only when a guest asks */
	TRY("many arguments", EW_OK, "");
	c.max_files = 65536;
	TRY("max_files", EW_ERR_LIMIT, "max_files");
	c.max_files = 65535;
	TRY("max_files at the limit", EW_OK, "");
	c.max_contexts = 65536;
	TRY("max_contexts", EW_ERR_LIMIT, "max_contexts");
	c.preopens = (const struct ew_abi_preopen[3]){{"a", NULL}, {"b", NULL}, {"c", NULL}};
	c.preopen_count = 3;
	c.max_files = 2;
	TRY("more folders than files", EW_ERR_LIMIT, "max_files");
	c.preopens = (const struct ew_abi_preopen[2]){{"a", NULL}, {"b", NULL}};
	c.preopen_count = 2;
	c.max_files = 2;
	c.grant.caps = EW_CAP_FS;
	TRY("as many folders as files", EW_OK, "");
	/* An older caller's struct: what it did not know is at its default. */
	c.struct_bytes = offsetof(struct ew_abi_config, kv_prefix);
	c.kv_prefix = prefix64;
	TRY("older struct", EW_OK, "");
#undef TRY
	ew_abi_destroy(NULL);
	fail_alloc_finish(&mem);
}

static enum ew_status create_one(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_abi_config c = {.struct_bytes = sizeof(c)};
	enum ew_status st;
	struct ew_abi *abi;

	c.grant.caps = *(uint32_t *)ctx;
	st = ew_abi_create(&abi, &c, alloc, NULL);
	ew_abi_destroy(abi);
	return st;
}

static void every_allocation_may_fail(void **state)
{
	uint32_t caps = 0;

	(void)state;
	assert_int_equal(fail_each(create_one, &caps, false), 1); /* tables only for what is granted */
	caps = EW_CAP_FS;
	assert_int_equal(fail_each(create_one, &caps, false), 2);
	caps = EW_CAP_ALL;
	assert_int_equal(fail_each(create_one, &caps, false), 5);
	arena_each(create_one, &caps, 64, 1 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities_parse),
		cmocka_unit_test(per_call_quotas),
		cmocka_unit_test(deleted_keys_count),
		cmocka_unit_test(per_second_quotas_refill_with_time),
		cmocka_unit_test(both_quotas_hold_together),
		cmocka_unit_test(strict_grants_end_the_run),
		cmocka_unit_test(the_largest_quota_works),
		cmocka_unit_test(configs_are_checked),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
