/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_power_kv.c - the power is cut in the middle of every write, erase and sync that the durable key-value store
 * makes, and again in the middle of everything that opening it does.  After the first boot and after the second the
 * pairs are those from before the change that was being made or those from after it: a batch is there as a whole or not
 * at all, and nothing else has changed.
 */
#include "power.h"

#define KEYS 12u
#define STATES 8u

static const struct scene {
	const char *name;
	uint32_t sync_every;
	bool in_order; /* only where what was written first is there first */
} scenes[] = {
	{"each change durable", 1, false},
	{"each fourth", 4, true},
};

/* The version of each key, 0: it is not there.  Its value follows from both. */
struct pairs {
	uint32_t version[KEYS];
};

static struct model {
	const struct scene *scene;
	const struct power_kind *kind;
	struct pairs states[STATES]; /* since the last that is durable; the last one may be on its way */
	uint32_t count;
	uint32_t op, version;
	uint64_t seed;
	unsigned long long cuts, second_cuts;
} m;

static _Noreturn void complain(const char *what, int tear, uint32_t key)
{
	print_error("%s, %s, %s, operation %u, seed %llu: %s (key %u)\n", m.scene->name, m.kind->name, power_tears[tear],
		    (unsigned)m.op, (unsigned long long)m.seed, what, (unsigned)key);
	fail();
	abort();
}

static size_t key_of(uint32_t key, char text[16])
{
	return (size_t)snprintf(text, 16, "%s%u", key % 2 ? "odd/" : "k", (unsigned)key);
}

static size_t value_of(uint32_t key, uint32_t version, uint8_t value[80])
{
	uint64_t seed = key * 1000003u + version;
	size_t n = noise(&seed) % 60;

	memcpy(value, &version, 4);
	for (size_t i = 0; i < n; i++)
		value[4 + i] = (uint8_t)noise(&seed);
	return 4 + n;
}

static struct ew_kv *boot(const struct ew_storage *st, int tear)
{
	struct ew_kv_config cfg = {.struct_bytes = sizeof(cfg), .max_keys = KEYS, .max_bytes = KEYS * 82u,
				   .buffer_bytes = 512, .sync_every = m.scene->sync_every};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err;
	struct ew_kv *kv;

	if (ew_kv_durable_open(st, &cfg, &alloc, &kv, &err) != EW_OK)
		complain(err.text, tear, 0);
	return kv;
}

static struct pairs read_pairs(struct ew_kv *kv, int tear)
{
	struct pairs p = {{0}};
	const void *key = NULL, *value;
	size_t kb = 0, vb;
	uint32_t total = 0, found = 0;

	while (ew_kv_next(kv, key, kb, &key, &kb, &value, &vb) == EW_OK)
		total++;
	for (uint32_t k = 0; k < KEYS; k++) {
		uint8_t got[80], want[80];
		char text[16];
		size_t n;

		if (ew_kv_get(kv, text, key_of(k, text), got, sizeof(got), &n) != EW_OK)
			continue;
		found++;
		memcpy(&p.version[k], got, 4);
		if (value_of(k, p.version[k], want) != n || memcmp(got, want, n) != 0)
			complain("a wrong value", tear, k);
	}
	if (found != total)
		complain("keys that nobody set", tear, total);
	return p;
}

static void check_pairs(struct ew_kv *kv, int tear)
{
	struct pairs p = read_pairs(kv, tear);
	struct ew_kv_stat stat;

	for (uint32_t i = 0; i < m.count; i++)
		if (memcmp(&p, &m.states[i], sizeof(p)) == 0)
			return;
	ew_kv_stat(kv, &stat);
	for (uint32_t k = 0; k < KEYS; k++)
		if (p.version[k] != m.states[0].version[k])
			complain("a state that never was", tear, k);
}

static void cut_recovery(void *ctx, const struct ew_storage *st, const struct ew_sim_op *op)
{
	int tear = *(const int *)ctx;
	struct ew_storage cut;
	struct ew_kv *kv;

	assert_int_equal(ew_storage_sim_cut(st, op, (enum ew_sim_tear)tear, noise(&m.seed), &cut), EW_OK);
	kv = boot(&cut, tear);
	check_pairs(kv, tear);
	ew_kv_destroy(kv);
	ew_storage_sim_destroy(&cut);
	m.second_cuts++;
}

static void cut_here(void *ctx, const struct ew_storage *st, const struct ew_sim_op *op)
{
	(void)ctx;
	for (int tear = 0; tear < 3; tear++) {
		struct ew_storage cut;
		struct pairs first, second;
		struct ew_kv *kv;

		assert_int_equal(ew_storage_sim_cut(st, op, (enum ew_sim_tear)tear, noise(&m.seed), &cut), EW_OK);
		ew_storage_sim_hook(&cut, cut_recovery, &tear);
		kv = boot(&cut, tear);
		ew_storage_sim_hook(&cut, NULL, NULL);
		check_pairs(kv, tear);
		first = read_pairs(kv, tear);
		ew_kv_destroy(kv);
		kv = boot(&cut, tear);
		second = read_pairs(kv, tear);
		if (memcmp(&first, &second, sizeof(first)) != 0)
			complain("the second boot finds something else", tear, 0);
		for (int i = 0; i < 3; i++) /* and the store goes on */
			if (ew_kv_put(kv, "k0", 2, "\1\0\0\0", 4) != EW_OK)
				complain("it takes no more changes", tear, 0);
		ew_kv_destroy(kv);
		kv = boot(&cut, tear);
		for (uint32_t k = 1; k < KEYS; k++) {
			uint8_t got[80];
			char text[16];
			size_t n;
			enum ew_status s = ew_kv_get(kv, text, key_of(k, text), got, sizeof(got), &n);

			if ((s == EW_OK) != (first.version[k] != 0) || (s == EW_OK && memcmp(got, &first.version[k], 4) != 0))
				complain("the third boot finds something else", tear, k);
		}
		ew_kv_destroy(kv);
		ew_storage_sim_destroy(&cut);
		m.cuts++;
	}
}

/* The next state, as it will be when the change is made. */
static struct pairs *next_state(struct ew_kv *kv)
{
	if (m.count == STATES) {
		assert_int_equal(ew_kv_sync(kv), EW_OK);
		m.states[0] = m.states[m.count - 1];
		m.count = 1;
	}
	m.states[m.count] = m.states[m.count - 1];
	return &m.states[m.count++];
}

static void change_some(struct ew_kv *kv, uint64_t *random)
{
	struct ew_kv_change changes[4];
	char keys[4][16];
	uint8_t values[4][80];
	uint32_t n = noise(random) % 3 ? 1 : 2 + (uint32_t)(noise(random) % 3);
	struct pairs *p = next_state(kv);

	for (uint32_t i = 0; i < n; i++) {
		/* Most keys change seldom, so that they have to be copied when the journal comes round. */
		uint32_t k = (uint32_t)(noise(random) % (noise(random) % 16 ? KEYS / 4 : KEYS)), version = noise(random) % 4 ? ++m.version : 0;

		p->version[k] = version;
		changes[i] = (struct ew_kv_change){.key = keys[i], .key_bytes = key_of(k, keys[i]), .value = values[i],
						   .remove = version == 0};
		changes[i].value_bytes = version ? value_of(k, version, values[i]) : 0;
	}
	assert_int_equal(ew_kv_apply(kv, changes, n), EW_OK);
	if (m.scene->sync_every == 1) {
		m.states[0] = *p;
		m.count = 1;
	}
}

static void run_scene(const struct scene *scene, const struct power_kind *kind, uint32_t ops)
{
	struct ew_storage st = power_storage(kind, 1280, 12);
	uint64_t random = 20261122;
	struct ew_kv_stat stat;
	struct ew_kv *kv;

	m = (struct model){.scene = scene, .kind = kind, .count = 1, .seed = 11, .cuts = m.cuts,
			   .second_cuts = m.second_cuts};
	ew_storage_sim_hook(&st, cut_here, NULL);
	kv = boot(&st, 0);
	for (m.op = 0; m.op < ops; m.op++) {
		change_some(kv, &random);
		if (noise(&random) % 40 == 0) {
			ew_kv_destroy(kv);
			kv = boot(&st, 0);
			check_pairs(kv, 0);
			m.states[0] = m.states[m.count - 1];
			m.count = 1;
		}
	}
	ew_kv_stat(kv, &stat);
	assert_true(ops < 1000 || stat.copied > 0);
	ew_kv_destroy(kv);
	ew_storage_sim_destroy(&st);
}

static void survives_power_cuts(void **state)
{
	uint32_t ops = power_ops(80);

	(void)state;
	for (size_t s = 0; s < ROWS(scenes); s++)
		for (size_t k = 0; k < ROWS(power_kinds); k++)
			if (!scenes[s].in_order || power_kinds[k].kind != EW_SIM_FILES)
				run_scene(&scenes[s], &power_kinds[k], ops);
	print_message("key-value store: survived %llu power cuts, and %llu more while it started again\n", m.cuts,
		      m.second_cuts);
	assert_true(m.cuts > ops * ROWS(power_kinds));
	assert_true(ops < 2000 || m.cuts >= 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(survives_power_cuts)};

	return cmocka_run_group_tests_name("key-value store, power cuts", tests, NULL, NULL);
}
