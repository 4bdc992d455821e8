/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_kv_durable.c - batches, snapshots and prefixes of both key-value stores; and the durable one closed and opened
 * again, making room, wearing its blocks evenly, on storage that fails or is damaged.
 */
#include "power.h"
#include "base/cpu.h"
#include "store/crc32c.h"

/* Both kinds of store, on every kind of storage. */
static const struct store {
	const char *name;
	const struct power_kind *kind; /* NULL: in RAM */
} stores[] = {
	{"ram", NULL},
	{"on files", &power_kinds[0]},
	{"on ram", &power_kinds[1]},
	{"on flash, unit 1", &power_kinds[2]},
	{"on flash, unit 8", &power_kinds[3]},
	{"on flash, unit 32", &power_kinds[4]},
};

static const struct ew_kv_config small = {.struct_bytes = sizeof(small), .max_keys = 24, .max_bytes = 1024,
					  .buffer_bytes = 512};

struct opened {
	struct ew_storage st;
	struct ew_kv *kv;
};

static void open_kv(const struct store *s, struct opened *o)
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err;

	if (!s->kind)
		check_status(s->name, ew_kv_ram_create(&small, &alloc, &o->kv), EW_OK);
	else if (ew_kv_durable_open(&o->st, &small, &alloc, &o->kv, &err) != EW_OK)
		fail_msg("%s: %s", s->name, err.text);
}

static void make(const struct store *s, struct opened *o)
{
	memset(o, 0, sizeof(*o));
	if (s->kind)
		o->st = power_storage(s->kind, 2048, 16);
	open_kv(s, o);
}

static void end(struct opened *o)
{
	ew_kv_destroy(o->kv);
	ew_storage_sim_destroy(&o->st);
}

static enum ew_status put(struct ew_kv *kv, const char *key, const char *value)
{
	return ew_kv_put(kv, key, strlen(key), value, strlen(value));
}

/* All pairs as "key=value ", in order. */
static const char *text_of(struct ew_kv *kv)
{
	static char text[4096];
	const void *key = NULL, *value;
	size_t kb = 0, vb, n = 0;

	text[0] = '\0';
	while (ew_kv_next(kv, key, kb, &key, &kb, &value, &vb) == EW_OK)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%.*s=%.*s ", (int)kb, (const char *)key, (int)vb,
				      (const char *)value);
	return text;
}

#define SET(k, v) {.key = k, .key_bytes = sizeof(k) - 1, .value = v, .value_bytes = sizeof(v) - 1}
#define REMOVE(k) {.key = k, .key_bytes = sizeof(k) - 1, .remove = true}

static void batches(void **state)
{
	static const struct ew_kv_change first[] = {SET("b", "2"), SET("a", "1"), SET("c", "3")};
	static const struct ew_kv_change second[] = {REMOVE("b"), SET("a", "one"), SET("d", "4"), REMOVE("nothing")};
	static const struct ew_kv_change twice[] = {SET("a", "x"), REMOVE("c"), SET("a", "y"), SET("c", "z"), REMOVE("d")};
	static const struct ew_kv_change wrong[] = {SET("a", "lost"), SET("", "no key")};
	static char large[1000];

	(void)state;
	for (size_t i = 0; i < ROWS(stores); i++) {
		const char *row = stores[i].name;
		struct ew_kv_change many[EW_KV_BATCH_MAX + 1] = {{.key = "k", .key_bytes = 1}};
		struct ew_kv_change full[] = {SET("a", "lost"), {.key = "z", .key_bytes = 1, .value = large,
								 .value_bytes = sizeof(large)}};
		struct opened o;

		make(&stores[i], &o);
		check_status(row, ew_kv_apply(o.kv, NULL, 0), EW_OK);
		check_status(row, ew_kv_apply(o.kv, first, ROWS(first)), EW_OK);
		check_str(row, text_of(o.kv), "a=1 b=2 c=3 ");
		check_status(row, ew_kv_apply(o.kv, second, ROWS(second)), EW_OK);
		check_str(row, text_of(o.kv), "a=one c=3 d=4 ");
		check_status(row, ew_kv_apply(o.kv, twice, ROWS(twice)), EW_OK);
		check_str(row, text_of(o.kv), "a=y c=z ");
		check_status(row, ew_kv_apply(o.kv, wrong, ROWS(wrong)), EW_ERR_INVAL);
		check_status(row, ew_kv_apply(o.kv, full, ROWS(full)), stores[i].kind ? EW_ERR_FULL : EW_ERR_FULL);
		full[1].value_bytes = 900; /* fits a store in RAM, no batch of a journal with this buffer */
		check_status(row, ew_kv_apply(o.kv, full, ROWS(full)), stores[i].kind ? EW_ERR_TOOBIG : EW_OK);
		if (!stores[i].kind)
			check_status(row, ew_kv_apply(o.kv, (struct ew_kv_change[]){SET("a", "y"), REMOVE("z")}, 2), EW_OK);
		check_str(row, text_of(o.kv), "a=y c=z ");
		for (uint32_t k = 0; k <= EW_KV_BATCH_MAX; k++)
			many[k] = many[0];
		check_status(row, ew_kv_apply(o.kv, many, EW_KV_BATCH_MAX + 1), EW_ERR_LIMIT);
		check_status(row, ew_kv_apply(o.kv, many, EW_KV_BATCH_MAX), EW_OK);
		check_str(row, text_of(o.kv), "a=y c=z k= ");
		if (stores[i].kind) {
			ew_kv_destroy(o.kv);
			open_kv(&stores[i], &o);
			check_str(row, text_of(o.kv), "a=y c=z k= ");
		}
		end(&o);
	}
}

static void snapshots_and_prefixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(stores); i++) {
		static const char *const want[] = {"s/", "s/1", "s/2"};
		const char *row = stores[i].name;
		struct ew_alloc alloc = ew_alloc_libc();
		struct ew_kv *snap, *empty;
		const void *key = NULL, *value;
		size_t kb = 0, vb, n = 0;
		struct opened o;

		make(&stores[i], &o);
		check_status(row, ew_kv_snapshot(o.kv, &alloc, &empty), EW_OK);
		check_status(row, put(o.kv, "s/2", "b"), EW_OK);
		check_status(row, put(o.kv, "s/1", "a"), EW_OK);
		check_status(row, put(o.kv, "r", "x"), EW_OK);
		check_status(row, put(o.kv, "s/", ""), EW_OK);
		check_status(row, put(o.kv, "t", "y"), EW_OK);
		check_status(row, ew_kv_snapshot(o.kv, &alloc, &snap), EW_OK);
		check_status(row, ew_kv_delete(o.kv, "s/1", 3), EW_OK);
		check_status(row, put(o.kv, "s/2", "changed"), EW_OK);
		while (ew_kv_next_prefix(snap, "s/", 2, key, kb, &key, &kb, &value, &vb) == EW_OK) {
			check_true(row, n < ROWS(want) && kb == strlen(want[n]) && memcmp(key, want[n], kb) == 0);
			n++;
		}
		check_int(row, n, ROWS(want));
		check_status(row, ew_kv_next_prefix(snap, "u", 1, NULL, 0, &key, &kb, &value, &vb), EW_ERR_NOENT);
		check_status(row, ew_kv_next_prefix(snap, "", 0, NULL, 0, &key, &kb, &value, &vb), EW_OK);
		check_status(row, put(snap, "a", "b"), EW_ERR_DENIED);
		check_status(row, ew_kv_delete(snap, "r", 1), EW_ERR_DENIED);
		check_status(row, ew_kv_increment(snap, "i", 1, 1, NULL), EW_ERR_DENIED);
		check_status(row, ew_kv_apply(snap, NULL, 0), EW_ERR_DENIED);
		check_status(row, ew_kv_sync(snap), EW_OK);
		check_str(row, text_of(o.kv), "r=x s/= s/2=changed t=y ");
		end(&o); /* a snapshot outlives its store */
		check_str(row, text_of(snap), "r=x s/= s/1=a s/2=b t=y ");
		check_str(row, text_of(empty), "");
		ew_kv_destroy(snap);
		ew_kv_destroy(empty);
	}
}

/* Many times as many changes as the storage has room for; closed and opened now and then, beside a store in RAM. */
static void makes_room(void **state)
{
	(void)state;
	for (size_t i = 1; i < ROWS(stores); i++) {
		const char *row = stores[i].name;
		struct ew_alloc alloc = ew_alloc_libc();
		struct ew_sim_stat wear;
		struct ew_kv_stat stat;
		struct ew_kv *model;
		struct opened o;
		uint64_t seed = i, compactions = 0, copied = 0, written = 0, most = 0;
		char want[4096];

		make(&stores[i], &o);
		check_status(row, ew_kv_ram_create(&small, &alloc, &model), EW_OK);
		for (int n = 0; n < 3; n++) { /* set once, and in the way of each turn */
			static const char key[] = "xyz", value[100] = "stays";

			check_status(row, ew_kv_put(o.kv, key + n, 1, value, sizeof(value)), EW_OK);
			check_status(row, ew_kv_put(model, key + n, 1, value, sizeof(value)), EW_OK);
		}
		for (int n = 0; n < 6000; n++) {
			char key[8], value[64];
			size_t bytes = noise(&seed) % 40;

			snprintf(key, sizeof(key), "k%u", (unsigned)(noise(&seed) % 30));
			memset(value, 'a' + n % 26, sizeof(value));
			if (noise(&seed) % 5 == 0)
				check_status(row, ew_kv_delete(o.kv, key, strlen(key)),
					     ew_kv_delete(model, key, strlen(key)));
			else
				check_status(row, ew_kv_put(o.kv, key, strlen(key), value, bytes),
					     ew_kv_put(model, key, strlen(key), value, bytes));
			ew_kv_stat(o.kv, &stat);
			check_true(row, stat.segments <= stat.max_segments && stat.max_segments <= 16);
			ew_storage_sim_stat(&o.st, &wear);
			if (wear.written_bytes - written > most)
				most = wear.written_bytes - written;
			written = wear.written_bytes;
			if (n % 601 == 0) {
				compactions += stat.compactions;
				copied += stat.copied;
				ew_kv_destroy(o.kv);
				open_kv(&stores[i], &o);
				snprintf(want, sizeof(want), "%s", text_of(model));
				check_str(row, text_of(o.kv), want);
			}
		}
		snprintf(want, sizeof(want), "%s", text_of(model));
		check_str(row, text_of(o.kv), want);
		check_true(row, compactions > 50);
		/* Bounded: one change waits for one turn of all pairs at most, all together for less than a copy each. */
		check_true(row, copied + stat.copied > 20 && copied + stat.copied < 6000);
		check_true(row, most < 2ull * small.max_bytes);
		check_int(row, stat.lost_changes, 0);
		ew_storage_sim_stat(&o.st, &wear);
		if (stores[i].kind->kind == EW_SIM_FLASH)
			check_true(row, wear.most_erases > 3 && wear.most_erases - wear.least_erases <= 1);
		ew_kv_destroy(model);
		end(&o);
	}
}

static void limits(void **state)
{
	struct ew_kv_config cfg = small;
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_storage st = power_storage(&power_kinds[3], 2048, 12);
	struct ew_error err;
	struct ew_kv *kv;
	char value[600] = {0};
	uint32_t most = 0;

	(void)state;
	for (cfg.max_bytes = 100; cfg.max_bytes < 10000; cfg.max_bytes += 100) {
		enum ew_status s = ew_kv_durable_open(&st, &cfg, &alloc, &kv, &err);

		ew_kv_destroy(kv);
		if (s == EW_OK)
			most = cfg.max_bytes;
		else
			check_status(err.text, s, EW_ERR_INVAL);
	}
	assert_true(most > 500 && most < 2048 * 12 / 2);
	cfg.max_bytes = most;
	assert_int_equal(ew_kv_durable_open(&st, &cfg, &alloc, &kv, NULL), EW_OK);
	assert_int_equal(ew_kv_put(kv, "k", 1, value, 512 - 70), EW_ERR_TOOBIG);
	assert_int_equal(ew_kv_put(kv, "k", 1, value, 512 - 70 - 1), EW_OK);
	assert_int_equal(ew_kv_put(kv, "", 0, value, 1), EW_ERR_INVAL);
	ew_kv_destroy(kv);
	cfg.max_keys = 0;
	cfg.struct_bytes = 0;
	assert_int_equal(ew_kv_durable_open(&st, &cfg, &alloc, &kv, &err), EW_ERR_INVAL);
	ew_storage_sim_destroy(&st);
}

static void failing_storage(void **state)
{
	struct opened o;

	(void)state;
	make(&stores[3], &o);
	assert_int_equal(put(o.kv, "a", "1"), EW_OK);
	ew_storage_sim_fail(&o.st, EW_SIM_WRITE, 1, EW_ERR_IO);
	assert_int_equal(put(o.kv, "a", "2"), EW_ERR_IO);
	assert_int_equal(put(o.kv, "b", "2"), EW_ERR_IO); /* in doubt */
	assert_string_equal(text_of(o.kv), "a=1 ");
	ew_kv_destroy(o.kv);
	open_kv(&stores[3], &o);
	assert_string_equal(text_of(o.kv), "a=1 ");
	assert_int_equal(put(o.kv, "b", "2"), EW_OK);
	ew_kv_destroy(o.kv);
	/* A damaged change is told, and those after it count. */
	{
		uint8_t *p = ew_storage_sim_block(&o.st, 0);
		uint32_t at = 52;
		struct ew_kv_stat stat;

		while (p[at] != '1')
			at++;
		p[at] = '7';
		open_kv(&stores[3], &o);
		ew_kv_stat(o.kv, &stat);
		assert_int_equal(stat.lost_changes, 1);
		assert_string_equal(text_of(o.kv), "b=2 ");
	}
	end(&o);
}

static enum ew_status whole_life(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_storage st = power_storage(&power_kinds[3], 2048, 16);
	struct ew_kv *kv;
	enum ew_status s = ew_kv_durable_open(&st, &small, alloc, &kv, NULL);

	(void)ctx;
	if (s == EW_OK)
		s = put(kv, "a", "1");
	ew_kv_destroy(kv);
	ew_storage_sim_destroy(&st);
	return s;
}

static enum ew_status life_of_a_log(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_storage st = power_storage(&power_kinds[3], 2048, 16);
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .buffer_bytes = 512, .sync_every = 1};
	struct ew_event e = {.data_bytes = 100};
	struct ew_log_reader *rd = NULL;
	const struct ew_event *got;
	uint8_t data[100] = {1};
	struct ew_log *log;
	enum ew_status s = ew_log_open(&st, &cfg, alloc, &log, NULL);

	(void)ctx;
	if (s == EW_OK)
		s = ew_log_append(log, &e, NULL, data, NULL);
	if (s == EW_OK)
		s = ew_log_reader_create(log, &rd);
	if (s == EW_OK)
		s = ew_log_read(rd, &got);
	ew_log_reader_destroy(rd);
	ew_log_close(log);
	ew_storage_sim_destroy(&st);
	return s;
}

/* Each store, a reader included, in an arena of half of what a small part has; CRC tables it would not have. */
static void out_of_memory(void **state)
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct ewi_crc32c crc;
	size_t tables, kv, log;

	(void)state;
	assert_true(fail_each(whole_life, NULL, false) >= 8);
	assert_true(fail_each(life_of_a_log, NULL, false) >= 4);
	assert_int_equal(ewi_crc32c_init(&crc, ewi_cpu_features(), &alloc), EW_OK);
	tables = crc.tables ? sizeof(*crc.tables) : 0;
	ewi_crc32c_deinit(&crc, &alloc);
	kv = arena_each(whole_life, NULL, 64, 16384) - tables;
	log = arena_each(life_of_a_log, NULL, 64, 16384) - tables;
	print_message("arena bytes: key-value store %u, log and a reader %u\n", (unsigned)kv, (unsigned)log);
	assert_true(kv <= 4096 && log <= 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches),	   cmocka_unit_test(snapshots_and_prefixes), cmocka_unit_test(makes_room),
		cmocka_unit_test(limits),	   cmocka_unit_test(failing_storage),	     cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests_name("key-value store, durable", tests, NULL, NULL);
}
