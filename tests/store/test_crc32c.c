/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_crc32c.c - every variant of CRC-32C against the definition, bit by bit, and known values. */
#include "../aid/aid.h"
#include "base/cpu.h"
#include "edgewasm/store.h"
#include "store/crc32c.h"

/* One bit at a time: nothing to get wrong. */
static uint32_t by_bits(uint32_t crc, const uint8_t *p, size_t n)
{
	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? EWI_CRC32C_POLYNOMIAL : 0);
	}
	return ~crc;
}

struct variant {
	const char *name;
	ewi_crc32c_update *update;
	bool usable;
};

static size_t variants(struct variant *out)
{
	uint32_t cpu = ewi_cpu_features();
	size_t n = 0;

	(void)cpu;
	out[n++] = (struct variant){"ref", ewi_crc32c_ref, true};
#if !EW_CONFIG_SMALL
	out[n++] = (struct variant){"slice8", ewi_crc32c_slice8, true};
#endif
#ifdef EWI_CRC32C_SSE42
	out[n++] = (struct variant){"sse42", ewi_crc32c_sse42, (cpu & EW_CPU_SSE42) != 0};
#endif
#ifdef EWI_CRC32C_CLMUL
	out[n++] = (struct variant){"clmul", ewi_crc32c_clmul, (cpu & EW_CPU_SSE42) && (cpu & EW_CPU_PCLMUL)};
#endif
#ifdef EWI_CRC32C_ARM
	out[n++] = (struct variant){"arm", ewi_crc32c_arm, (cpu & EW_CPU_CRC32) != 0};
#endif
	return n;
}

static void known_values(void **state)
{
	static const struct row { /* RFC 3720, B.4 */
		const char *name;
		uint8_t bytes[32];
		size_t n;
		uint32_t want;
	} rows[] = {
		{"nothing", {0}, 0, 0},
		{"digits", "123456789", 9, 0xe3069283},
		{"32 zeros", {0}, 32, 0x8a9136aa},
		{"32 ones", {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
			     255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
		 32, 0x62a8ab43},
		{"32 upwards", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
				23, 24, 25, 26, 27, 28, 29, 30, 31}, 32, 0x46dd794e},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		check_hex(rows[i].name, by_bits(0, rows[i].bytes, rows[i].n), rows[i].want);
}

/* All that are short, and those around three lanes of 80 and of 320 bytes, and what is left of them (crc32c_clmul.c). */
static size_t next_size(size_t n)
{
	size_t rest = n % 240;

	return n < 80 || rest < 10 || rest >= 230 ? n + 1 : n + 230 - rest;
}

static void variants_agree(void **state)
{
	struct ewi_crc32c_tables tables;
	struct variant v[5];
	size_t count = variants(v);
	struct guard g;
	uint64_t seed = 7;

	(void)state;
#if !EW_CONFIG_SMALL
	ewi_crc32c_fill(&tables);
#endif
	guard_init(&g, 4200);
	for (size_t k = 0; k < count; k++) {
		if (!v[k].usable) {
			print_message("skipped: %s: this CPU has no such instruction\n", v[k].name);
			continue;
		}
		for (size_t n = 0; n <= 4100; n = next_size(n)) {
			for (size_t off = 0; off < 9; off++) {
				uint8_t *p = guard_high(&g, n + off) ; /* ends at the guard page */
				uint32_t start = (uint32_t)noise(&seed), want;

				for (size_t i = 0; i < n + off; i++)
					p[i] = (uint8_t)noise(&seed);
				want = by_bits(start, p + off, n);
				check_hex(v[k].name, v[k].update(&tables, start, p + off, n), want);
				/* in two parts */
				check_hex(v[k].name,
					  v[k].update(&tables, v[k].update(&tables, start, p + off, n / 3),
						      p + off + n / 3, n - n / 3), want);
				p = guard_low(&g);
				memset(p, 0xff, n);
				check_hex(v[k].name, v[k].update(&tables, 0, p, n), by_bits(0, p, n));
			}
		}
	}
	guard_deinit(&g);
}

static enum ew_status init(void *ctx, const struct ew_alloc *alloc)
{
	struct ewi_crc32c c;
	enum ew_status st = ewi_crc32c_init(&c, *(uint32_t *)ctx, alloc);

	if (st == EW_OK)
		check_hex("chosen", ewi_crc32c(&c, 0, "123456789", 9), 0xe3069283);
	ewi_crc32c_deinit(&c, alloc);
	return st;
}

static void chooses(void **state)
{
	uint32_t cpu = ewi_cpu_features(), none = 0;

	(void)state;
	for (uint32_t bit = 1; bit != 0; bit <<= 1) { /* without each feature in turn */
		uint32_t fewer = cpu & ~bit;

		(void)fail_each(init, &fewer, false);
	}
	assert_int_equal(fail_each(init, &none, false), EW_CONFIG_SMALL ? 0 : 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values),
		cmocka_unit_test(variants_agree),
		cmocka_unit_test(chooses),
	};

	return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
