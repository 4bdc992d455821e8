/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_sim.c - the storage that breaks on purpose breaks as it says, and not otherwise. */
#include "power.h"

static struct ew_storage cut(const struct ew_storage *st, const struct ew_sim_op *op, enum ew_sim_tear tear,
			     uint64_t seed)
{
	struct ew_storage out;

	assert_int_equal(ew_storage_sim_cut(st, op, tear, seed, &out), EW_OK);
	return out;
}

static void keeps_what_it_says(void **state)
{
	static const uint8_t data[32] = "0123456789abcdef0123456789abcde";

	(void)state;
	for (size_t k = 0; k < ROWS(power_kinds); k++) {
		const char *row = power_kinds[k].name;
		struct ew_storage st = power_storage(&power_kinds[k], 256, 2);
		bool kept[2] = {false, false}, lost[2] = {false, false};
		uint8_t got[32];

		check_status(row, st.write(st.ctx, 1, 64, data, 32), EW_OK);
		check_status(row, st.sync(st.ctx), EW_OK);
		check_status(row, st.write(st.ctx, 0, 32, data, 32), EW_OK);
		check_status(row, st.write(st.ctx, 1, 128, data, 32), EW_OK);
		check_status(row, st.read(st.ctx, 1, 128, got, 32), EW_OK);
		assert_memory_equal(got, data, 32);
		for (uint64_t seed = 0; seed < 50; seed++) {
			struct ew_storage after = cut(&st, NULL, EW_SIM_WHOLE, seed);

			check_status(row, after.read(after.ctx, 1, 64, got, 32), EW_OK);
			assert_memory_equal(got, data, 32); /* synced */
			for (uint32_t b = 0; b < 2; b++) {
				check_status(row, after.read(after.ctx, b, b ? 128 : 32, got, 32), EW_OK);
				kept[b] |= memcmp(got, data, 32) == 0;
				lost[b] |= got[0] == st.erased && got[31] == st.erased;
			}
			ew_storage_sim_destroy(&after);
		}
		check_true(row, kept[0] && kept[1]);
		check_int(row, lost[0] && lost[1], power_kinds[k].kind == EW_SIM_FILES);
		ew_storage_sim_destroy(&st);
	}
}

/* What is left of one write: nothing, all, some of its bytes from the front, some bits. */
static void tears(void **state)
{
	uint8_t data[64], was[64], got[64];

	(void)state;
	memset(data, 0x5a, sizeof(data));
	for (size_t k = 0; k < ROWS(power_kinds); k++)
		for (int tear = 0; tear < 3; tear++) {
			const char *row = power_kinds[k].name;
			struct ew_storage st = power_storage(&power_kinds[k], 256, 2);
			struct ew_sim_op op = {.call = EW_SIM_WRITE, .block = 1, .at = 64, .bytes = 64, .data = data};
			bool none = false, all = false, some = false, bits = false;

			memset(was, st.erased, sizeof(was));
			for (uint64_t seed = 0; seed < 600; seed++) {
				struct ew_storage after = cut(&st, &op, (enum ew_sim_tear)tear, seed), same;
				uint32_t n = 0;

				check_status(row, after.read(after.ctx, 1, 64, got, 64), EW_OK);
				while (n < 64 && got[n] == data[n])
					n++;
				none |= memcmp(got, was, 64) == 0;
				all |= n == 64;
				some |= n > 0 && n < 64 && got[63] == st.erased;
				for (uint32_t i = 0; i < 64; i++) {
					bits |= got[i] != was[i] && got[i] != data[i];
					/* each bit is the old or the new one */
					check_int(row, (got[i] ^ was[i]) & (got[i] ^ data[i]), 0);
				}
				same = cut(&st, &op, (enum ew_sim_tear)tear, seed);
				assert_memory_equal(ew_storage_sim_block(&same, 1), ew_storage_sim_block(&after, 1), 256);
				if (after.rewrite == false && n < 64 && n >= 32) /* a unit that was touched is not writable */
					check_status(row, after.write(after.ctx, 1, 64, data, 32), EW_ERR_STATE);
				ew_storage_sim_destroy(&same);
				ew_storage_sim_destroy(&after);
			}
			check_true(row, all && (none || tear == EW_SIM_TORN_BITS));
			check_int(row, some, tear != EW_SIM_WHOLE);
			check_int(row, bits, tear == EW_SIM_TORN_BITS);
			ew_storage_sim_destroy(&st);
		}
}

static void flash_rules_and_wear(void **state)
{
	struct ew_storage st = power_storage(&power_kinds[3], 256, 3);
	uint8_t data[16] = {0};
	struct ew_sim_stat stat;

	(void)state;
	memset(data, 0xff, 8);
	assert_int_equal(st.write(st.ctx, 0, 4, data, 8), EW_ERR_BOUNDS);
	assert_int_equal(st.write(st.ctx, 0, 0, data, 16), EW_OK);
	assert_int_equal(st.write(st.ctx, 0, 0, data, 8), EW_ERR_STATE); /* though its bytes look erased */
	assert_int_equal(st.erase(st.ctx, 3), EW_ERR_BOUNDS);
	assert_int_equal(st.erase(st.ctx, 0), EW_OK);
	assert_int_equal(st.write(st.ctx, 0, 0, data, 8), EW_OK);
	assert_int_equal(st.erase(st.ctx, 0), EW_OK);
	assert_int_equal(st.erase(st.ctx, 2), EW_OK);
	ew_storage_sim_stat(&st, &stat);
	assert_int_equal(stat.writes, 2);
	assert_int_equal(stat.written_bytes, 24);
	assert_int_equal(stat.erases, 3);
	assert_int_equal(stat.least_erases, 0);
	assert_int_equal(stat.most_erases, 2);
	assert_null(ew_storage_sim_block(&st, 3));
	ew_storage_sim_destroy(&st);
}

struct calls {
	unsigned count[3];
};

static void count_call(void *ctx, const struct ew_storage *st, const struct ew_sim_op *op)
{
	assert_non_null(st->ctx);
	((struct calls *)ctx)->count[op->call]++;
}

static void tells_and_fails(void **state)
{
	struct ew_storage st = power_storage(&power_kinds[0], 256, 2);
	struct calls calls = {{0, 0, 0}};
	uint8_t data[8] = {1}, got[8];

	(void)state;
	ew_storage_sim_hook(&st, count_call, &calls);
	ew_storage_sim_fail(&st, EW_SIM_WRITE, 2, EW_ERR_FULL);
	ew_storage_sim_fail(&st, EW_SIM_READ, 1, EW_ERR_IO);
	ew_storage_sim_fail(&st, EW_SIM_SYNC, 1, EW_ERR_IO);
	ew_storage_sim_fail(&st, EW_SIM_ERASE, 1, EW_ERR_IO);
	assert_int_equal(st.write(st.ctx, 0, 0, data, 8), EW_OK);
	assert_int_equal(st.write(st.ctx, 0, 8, data, 8), EW_ERR_FULL);
	assert_int_equal(st.write(st.ctx, 0, 8, data, 8), EW_OK);
	assert_int_equal(st.read(st.ctx, 0, 0, got, 8), EW_ERR_IO);
	assert_int_equal(st.read(st.ctx, 0, 0, got, 8), EW_OK);
	assert_int_equal(st.sync(st.ctx), EW_ERR_IO);
	assert_int_equal(st.sync(st.ctx), EW_OK);
	assert_int_equal(st.erase(st.ctx, 0), EW_ERR_IO);
	assert_memory_equal(ew_storage_sim_block(&st, 0), data, 8);
	assert_int_equal(calls.count[EW_SIM_WRITE], 3);
	assert_int_equal(calls.count[EW_SIM_ERASE], 1);
	assert_int_equal(calls.count[EW_SIM_SYNC], 2);
	ew_storage_sim_destroy(&st);
}

static enum ew_status whole_life(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_sim_config cfg = {.struct_bytes = sizeof(cfg), .kind = *(const enum ew_sim_kind *)ctx};
	struct ew_storage st, after = {0};
	uint8_t data[8] = {1};
	enum ew_status s = ew_storage_sim_create(&cfg, alloc, &st);

	if (s == EW_OK)
		s = st.write(st.ctx, 0, 0, data, 8);
	if (s == EW_OK)
		s = ew_storage_sim_cut(&st, NULL, EW_SIM_WHOLE, 1, &after);
	ew_storage_sim_destroy(&after);
	ew_storage_sim_destroy(&st);
	return s;
}

static void out_of_memory(void **state)
{
	static const enum ew_sim_kind kinds[] = {EW_SIM_FILES, EW_SIM_RAM, EW_SIM_FLASH};

	(void)state;
	for (size_t i = 0; i < ROWS(kinds); i++) {
		enum ew_sim_kind kind = kinds[i];

		assert_true(fail_each(whole_life, &kind, false) >= 6);
	}
}

static void configurations(void **state)
{
	static const struct row {
		const char *name;
		struct ew_sim_config cfg;
		enum ew_status want;
	} rows[] = {
		{"smallest", {sizeof(rows[0].cfg), EW_SIM_FLASH, 8, 1, 8, NULL, NULL}, EW_OK},
		{"no such kind", {sizeof(rows[0].cfg), (enum ew_sim_kind)3, 8, 1, 8, NULL, NULL}, EW_ERR_INVAL},
		{"block not of units", {sizeof(rows[0].cfg), EW_SIM_FLASH, 24, 1, 16, NULL, NULL}, EW_ERR_INVAL},
		{"unit of 24", {sizeof(rows[0].cfg), EW_SIM_FLASH, 48, 1, 24, NULL, NULL}, EW_ERR_INVAL},
		{"not filled in", {0, EW_SIM_RAM, 8, 1, 1, NULL, NULL}, EW_ERR_INVAL},
	};
	struct ew_alloc alloc = ew_alloc_libc();

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_storage st;

		check_status(rows[i].name, ew_storage_sim_create(&rows[i].cfg, &alloc, &st), rows[i].want);
		ew_storage_sim_destroy(&st);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_it_says), cmocka_unit_test(tears),
		cmocka_unit_test(flash_rules_and_wear), cmocka_unit_test(tells_and_fails),
		cmocka_unit_test(out_of_memory), cmocka_unit_test(configurations),
	};

	return cmocka_run_group_tests_name("simulator", tests, NULL, NULL);
}
