/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * power.h - power cuts: what tests of both stores share.  EW_POWER_OPS is how many operations a workload has: a
 * sample by default, 2,000 in `make check-power`.
 */
#ifndef TESTS_STORE_POWER_H
#define TESTS_STORE_POWER_H

#include "rig.h"

static const struct power_kind {
	const char *name;
	enum ew_sim_kind kind;
	uint32_t write_bytes;
} power_kinds[] = {
	{"files", EW_SIM_FILES, 1},	{"ram", EW_SIM_RAM, 1},	      {"flash, unit 1", EW_SIM_FLASH, 1},
	{"flash, unit 8", EW_SIM_FLASH, 8}, {"flash, unit 32", EW_SIM_FLASH, 32},
};

static const char *const power_tears[] = {"whole", "torn at a byte", "torn at a bit"};

static inline uint32_t power_ops(uint32_t sample)
{
	const char *text = getenv("EW_POWER_OPS");

	return text ? (uint32_t)strtoul(text, NULL, 10) : sample;
}

static inline struct ew_storage power_storage(const struct power_kind *k, uint32_t block_bytes, uint32_t block_count)
{
	struct ew_sim_config cfg = {.struct_bytes = sizeof(cfg), .kind = k->kind, .block_bytes = block_bytes,
				    .block_count = block_count, .write_bytes = k->write_bytes};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_storage st;

	assert_int_equal(ew_storage_sim_create(&cfg, &alloc, &st), EW_OK);
	return st;
}

#endif
