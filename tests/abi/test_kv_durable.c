/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_kv_durable.c - a guest's kv_* calls on the durable store: what it was told is there is found by the guest of the
 * next boot, wherever the power was cut; what it was in the middle of is there as a whole or not at all; a storage
 * that fails is told to the guest.
 */
#include "arun.h"
#include "base/le.h"

#define KEYS 5u
#define VALUE_BYTES 24u
#define ABSENT 0xffffffffu

/* What the guest's four functions leave: the value of each key, or ABSENT. */
struct pairs {
	uint32_t bytes[KEYS];
	uint8_t value[KEYS][VALUE_BYTES];
};

static const struct kind {
	const char *name;
	enum ew_sim_kind kind;
	uint32_t write_bytes;
} kinds[] = {{"files", EW_SIM_FILES, 1}, {"ram", EW_SIM_RAM, 1}, {"flash, unit 8", EW_SIM_FLASH, 8}};

static struct cut {
	struct ew_storage st;
	struct pairs before, after; /* the call that is under way */
	unsigned cuts, seen_before, seen_after;
	uint64_t seed;
} cut;

static struct ew_storage storage_of(const struct kind *k)
{
	struct ew_sim_config cfg = {.struct_bytes = sizeof(cfg), .kind = k->kind, .block_bytes = 1024, .block_count = 12,
				    .write_bytes = k->write_bytes};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_storage st;

	assert_int_equal(ew_storage_sim_create(&cfg, &alloc, &st), EW_OK);
	return st;
}

static struct ew_kv *store_of(const struct ew_storage *st)
{
	struct ew_kv_config cfg = {.struct_bytes = sizeof(cfg), .max_keys = KEYS + 1, .max_bytes = 288, .max_key_bytes = 8,
				   .max_value_bytes = VALUE_BYTES, .max_batch_bytes = 128,
				   .buffer_bytes = 256};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err;
	struct ew_kv *kv = NULL;

	if (ew_kv_durable_open(st, &cfg, &alloc, &kv, &err) != EW_OK)
		fail_msg("no store: %s", err.text);
	return kv;
}

/* A guest, as after a boot. */
static void begin(struct arun *r, const struct ew_storage *st)
{
	arun_init(r);
	r->config.grant.caps = EW_CAP_KV_READ | EW_CAP_KV_WRITE;
	r->config.kv_prefix = "f/";
	r->config.kv = store_of(st);
	arun_open(r, "edge_v1", "kv_get", "kv_set", "kv_delete", "kv_increment");
	arun_put(r, 0, "key0key1key2key3key4");
}

static void end(struct arun *r)
{
	ew_kv_destroy(r->config.kv);
	arun_close(r);
}

static int32_t get(struct arun *r, uint32_t key, uint8_t *value)
{
	int32_t rc;

	arun_pick(r, "kv_get");
	rc = arun_i32(r, key * 4, 4, 100, VALUE_BYTES);
	if (rc > 0)
		memcpy(value, arun_mem(r, 100, VALUE_BYTES), (size_t)rc);
	return rc;
}

static void read_all(struct arun *r, struct pairs *p)
{
	memset(p, 0, sizeof(*p));
	for (uint32_t k = 0; k < KEYS; k++) {
		int32_t rc = get(r, k, p->value[k]);

		assert_true(rc == NOENT || (rc >= 0 && rc <= (int32_t)VALUE_BYTES));
		p->bytes[k] = rc == NOENT ? ABSENT : (uint32_t)rc;
	}
}

static bool same(const struct pairs *a, const struct pairs *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void cut_here(void *ctx, const struct ew_storage *st, const struct ew_sim_op *op)
{
	const struct kind *kind = ctx;

	for (int tear = 0; tear < 3; tear++) {
		struct pairs first, second;
		struct ew_storage found;
		struct arun r;

		assert_int_equal(ew_storage_sim_cut(st, op, (enum ew_sim_tear)tear, cut.seed++, &found), EW_OK);
		begin(&r, &found);
		read_all(&r, &first);
		end(&r);
		begin(&r, &found);
		read_all(&r, &second);
		end(&r);
		ew_storage_sim_destroy(&found);
		if (!same(&first, &cut.before) && !same(&first, &cut.after))
			fail_msg("%s: half a change, or one lost, seed %u", kind->name, (unsigned)cut.seed - 1);
		if (!same(&first, &second))
			fail_msg("%s: the second boot finds something else, seed %u", kind->name, (unsigned)cut.seed - 1);
		cut.cuts++;
		cut.seen_before += same(&first, &cut.before);
		cut.seen_after += same(&first, &cut.after);
	}
}

/* One change by the guest, and what it leaves if it is made. */
static void change(struct arun *r, uint32_t n)
{
	uint32_t key = n * 7 % KEYS, bytes = n % 3 ? 8 : n * 5 % (VALUE_BYTES + 1), what = n % 4;
	uint8_t *value = arun_mem(r, 200, VALUE_BYTES);
	uint32_t had = cut.before.bytes[key];
	uint64_t by;

	cut.after = cut.before;
	memset(cut.after.value[key], 0, VALUE_BYTES);
	if (what == 2) {
		cut.after.bytes[key] = ABSENT;
		arun_pick(r, "kv_delete");
		assert_int_equal(arun_i32(r, key * 4, 4), had == ABSENT ? NOENT : 0);
	} else if (what == 3 && had == 8) {
		ewi_put_le64(cut.after.value[key], ewi_le64(cut.before.value[key]) / 2); 
		cut.after.bytes[key] = 8;
		arun_pick(r, "kv_increment");
		by = ewi_le64(cut.after.value[key]) - ewi_le64(cut.before.value[key]);
		assert_int_equal(arun_i32(r, key * 4, 4, (int64_t)by, 300), 0);
	} else {
		for (uint32_t i = 0; i < bytes; i++)
			value[i] = (uint8_t)(n + i);
		cut.after.bytes[key] = bytes;
		memcpy(cut.after.value[key], value, bytes);
		arun_pick(r, "kv_set");
		assert_int_equal(arun_i32(r, key * 4, 4, 200, bytes), 0);
	}
	cut.before = cut.after;
}

static void what_was_told_is_there(void **state)
{
	(void)state;
	for (size_t k = 0; k < ROWS(kinds); k++) {
		struct pairs found;
		struct arun r;

		cut = (struct cut){.st = storage_of(&kinds[k]), .seed = 1};
		for (uint32_t i = 0; i < KEYS; i++)
			cut.before.bytes[i] = ABSENT;
		cut.after = cut.before;
		ew_storage_sim_hook(&cut.st, cut_here, (void *)(uintptr_t)&kinds[k]);
		begin(&r, &cut.st);
		for (uint32_t n = 1; n <= 120; n++) {
			change(&r, n);
			if (n % 40 == 0) { /* another boot, with nothing wrong */
				end(&r);
				begin(&r, &cut.st);
				read_all(&r, &found);
				assert_true(same(&found, &cut.before));
			}
		}
		end(&r);
		ew_storage_sim_destroy(&cut.st);
		print_message("%s: %u power cuts under the guest's calls, %u found what was before, %u what was after\n",
			      kinds[k].name, cut.cuts, cut.seen_before, cut.seen_after);
		assert_true(cut.seen_before > 20 && cut.seen_after > 20 && cut.cuts > 300);
	}
}

/* Each call of the storage fails once; the guest is told, and the next boot finds what was before or after. */
static void a_failing_storage_is_told(void **state)
{
	static const struct row {
		enum ew_sim_call call;
		enum ew_status status;
		int32_t want;
	} rows[] = {{EW_SIM_WRITE, EW_ERR_IO, IO}, {EW_SIM_SYNC, EW_ERR_IO, IO}};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_storage st = storage_of(&kinds[0]);
		uint8_t value[VALUE_BYTES];
		struct arun r;
		int32_t rc;

		begin(&r, &st);
		arun_put(&r, 200, "oldnew");
		arun_pick(&r, "kv_set");
		assert_int_equal(arun_i32(&r, 0, 4, 200, 3), 0);
		ew_storage_sim_fail(&st, rows[i].call, 1, rows[i].status);
		assert_int_equal(arun_i32(&r, 0, 4, 203, 3), rows[i].want);
		assert_int_equal(arun_i32(&r, 4, 4, 200, 3), IO); /* no more changes */
		assert_int_equal(get(&r, 1, value), NOENT);
		end(&r);
		begin(&r, &st);
		rc = get(&r, 0, value);
		assert_int_equal(rc, 3);
		assert_true(memcmp(value, "old", 3) == 0 || memcmp(value, "new", 3) == 0);
		arun_put(&r, 203, "new");
		arun_pick(&r, "kv_set");
		assert_int_equal(arun_i32(&r, 0, 4, 203, 3), 0);
		end(&r);
		ew_storage_sim_destroy(&st);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_told_is_there),
		cmocka_unit_test(a_failing_storage_is_told),
	};

	return cmocka_run_group_tests_name("kv_* on a durable store", tests, NULL, NULL);
}
