/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_reader.c - LEB128 at every boundary, UTF-8 at every edge of table 3-7, and never a byte
 * beyond the end (every input lies against a guard page).
 */
#include <inttypes.h>
#include "../aid/aid.h"
#include "base/le.h"
#include "base/reader.h"

enum kind { U32, S32, S33, S64, U64 };

#define B(...) sizeof((const uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}

static const char too_long[] = "integer representation too long", too_large[] = "integer too large",
		  ends[] = "unexpected end";

static const struct {
	const char *name;
	enum kind kind;
	int64_t want;
	const char *refused; /* NULL: read */
	size_t size;
	uint8_t bytes[12];
} lebs[] = {
	{"u32 0", U32, 0, NULL, B(0x00)},
	{"u32 127", U32, 127, NULL, B(0x7f)},
	{"u32 128", U32, 128, NULL, B(0x80, 0x01)},
	{"u32 0 padded to 2", U32, 0, NULL, B(0x80, 0x00)},
	{"u32 0 padded to 5", U32, 0, NULL, B(0x80, 0x80, 0x80, 0x80, 0x00)},
	{"u32 16383", U32, 16383, NULL, B(0xff, 0x7f)},
	{"u32 16384", U32, 16384, NULL, B(0x80, 0x80, 0x01)},
	{"u32 max", U32, 4294967295, NULL, B(0xff, 0xff, 0xff, 0xff, 0x0f)},
	{"u32 max + 1", U32, 0, too_large, B(0x80, 0x80, 0x80, 0x80, 0x10)},
	{"u32 last byte 0x1f", U32, 0, too_large, B(0xff, 0xff, 0xff, 0xff, 0x1f)},
	{"u32 last byte 0x4f", U32, 0, too_large, B(0xff, 0xff, 0xff, 0xff, 0x4f)},
	{"u32 last byte 0x7f", U32, 0, too_large, B(0xff, 0xff, 0xff, 0xff, 0x7f)},
	{"u32 six bytes", U32, 0, too_long, B(0x80, 0x80, 0x80, 0x80, 0x80, 0x00)},
	{"u32 cut at 0", U32, 0, ends, 0, {0}},
	{"u32 cut at 1", U32, 0, ends, B(0x80)},
	{"u32 cut at 4", U32, 0, ends, B(0x80, 0x80, 0x80, 0x80)},
	{"u32 fifth goes on, then end", U32, 0, too_long, B(0x80, 0x80, 0x80, 0x80, 0x80)},
	{"s32 0", S32, 0, NULL, B(0x00)},
	{"s32 -1", S32, -1, NULL, B(0x7f)},
	{"s32 63", S32, 63, NULL, B(0x3f)},
	{"s32 64", S32, 64, NULL, B(0xc0, 0x00)},
	{"s32 -64", S32, -64, NULL, B(0x40)},
	{"s32 -65", S32, -65, NULL, B(0xbf, 0x7f)},
	{"s32 -1 padded to 5", S32, -1, NULL, B(0xff, 0xff, 0xff, 0xff, 0x7f)},
	{"s32 0 padded to 5", S32, 0, NULL, B(0x80, 0x80, 0x80, 0x80, 0x00)},
	{"s32 max", S32, 2147483647, NULL, B(0xff, 0xff, 0xff, 0xff, 0x07)},
	{"s32 min", S32, -2147483648LL, NULL, B(0x80, 0x80, 0x80, 0x80, 0x78)},
	{"s32 max + 1", S32, 0, too_large, B(0x80, 0x80, 0x80, 0x80, 0x08)},
	{"s32 min - 1", S32, 0, too_large, B(0xff, 0xff, 0xff, 0xff, 0x77)},
	{"s32 extension 0x0f", S32, 0, too_large, B(0xff, 0xff, 0xff, 0xff, 0x0f)},
	{"s32 extension 0x4f", S32, 0, too_large, B(0xff, 0xff, 0xff, 0xff, 0x4f)},
	{"s32 extension 0x70", S32, 0, too_large, B(0x80, 0x80, 0x80, 0x80, 0x70)},
	{"s32 six bytes", S32, 0, too_long, B(0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)},
	{"s32 cut", S32, 0, ends, B(0xff, 0xff, 0xff, 0xff)},
	{"s33 0", S33, 0, NULL, B(0x00)},
	{"s33 -1", S33, -1, NULL, B(0x7f)},
	{"s33 u32 max", S33, 4294967295, NULL, B(0xff, 0xff, 0xff, 0xff, 0x0f)},
	{"s33 min", S33, -4294967296, NULL, B(0x80, 0x80, 0x80, 0x80, 0x70)},
	{"s33 -1 padded", S33, -1, NULL, B(0xff, 0xff, 0xff, 0xff, 0x7f)},
	{"s33 max + 1", S33, 0, too_large, B(0x80, 0x80, 0x80, 0x80, 0x10)},
	{"s33 min - 1", S33, 0, too_large, B(0xff, 0xff, 0xff, 0xff, 0x6f)},
	{"s33 six bytes", S33, 0, too_long, B(0x80, 0x80, 0x80, 0x80, 0x80, 0x00)},
	{"s64 0", S64, 0, NULL, B(0x00)},
	{"s64 -1", S64, -1, NULL, B(0x7f)},
	{"s64 max", S64, INT64_MAX, NULL, B(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00)},
	{"s64 min", S64, INT64_MIN, NULL, B(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f)},
	{"s64 -1 padded", S64, -1, NULL, B(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)},
	{"s64 bit 62 in nine bytes", S64, -(1LL << 62), NULL, B(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40)},
	{"s64 max + 1", S64, 0, too_large, B(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01)},
	{"s64 last byte 0x7e", S64, 0, too_large, B(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7e)},
	{"s64 last byte 0x40", S64, 0, too_large, B(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40)},
	{"s64 eleven bytes", S64, 0, too_long, B(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00)},
	{"u64 0", U64, 0, NULL, B(0x00)},
	{"u64 127", U64, 127, NULL, B(0x7f)},
	{"u64 128 padded to 10", U64, 128, NULL, B(0x80, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00)},
	{"u64 max", U64, -1, NULL, B(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)},
	{"u64 max + 1", U64, 0, too_large, B(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02)},
	{"u64 eleven bytes", U64, 0, too_long, B(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00)},
	{"u64 cut", U64, 0, ends, B(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80)},
	{"s64 cut", S64, 0, ends, B(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80)},
};

static int64_t read_kind(struct ewi_reader *r, enum kind kind)
{
	switch (kind) {
	case U32: return ewi_read_u32(r);
	case U64: return (int64_t)ewi_read_u64(r);
	case S32: return ewi_read_s32(r);
	case S33: return ewi_read_s33(r);
	case S64: return ewi_read_s64(r);
	}
	return 0;
}

static void test_leb(void **state)
{
	struct guard g;

	(void)state;
	guard_init(&g, 64);
	for (size_t i = 0; i < ROWS(lebs); i++) {
		const char *name = lebs[i].name;
		struct ew_error err = {0};
		struct ewi_reader r;
		int64_t got;

		ewi_reader_init(&r, guard_copy(&g, lebs[i].bytes, lebs[i].size), lebs[i].size, 100, &err);
		got = read_kind(&r, lebs[i].kind);
		check_true(name, r.failed == (lebs[i].refused != NULL));
		check_int(name, got, lebs[i].want);
		if (lebs[i].refused) {
			check_str(name, err.text, lebs[i].refused);
			check_status(name, err.status, EW_ERR_MALFORMED);
			/* An end is told where it is, a bad integer where it begins. */
			check_int(name, err.offset, lebs[i].refused == ends ? 100 + lebs[i].size : 100);
			check_int(name, read_kind(&r, lebs[i].kind), 0);
		} else {
			check_int(name, ewi_reader_left(&r), 0);
			check_int(name, ewi_reader_at(&r), 100 + lebs[i].size);
		}
	}
	guard_deinit(&g);
}

/* What the module builder writes, the reader reads: around every power of two. */
static void test_leb_round_trip(void **state)
{
	struct wbytes b = {0};

	(void)state;
	for (int bit = 0; bit < 64; bit++) {
		for (int d = -2; d <= 2; d++) {
			for (int sign = 0; sign < 2; sign++) {
				uint64_t u = (1ull << bit) + (uint64_t)d;
				int64_t v = (int64_t)(sign ? 0 - u : u);
				struct ewi_reader r;

				b.len = 0;
				wb_s64(&b, v);
				ewi_reader_init(&r, b.p, b.len, 0, NULL);
				assert_true(ewi_read_s64(&r) == v && !r.failed && r.p == r.end);
				ewi_reader_init(&r, b.p, b.len, 0, NULL);
				if (v >= INT32_MIN && v <= INT32_MAX)
					assert_true(ewi_read_s32(&r) == v && !r.failed && r.p == r.end);
				else
					assert_true(ewi_read_s32(&r) == 0 && r.failed);
				ewi_reader_init(&r, b.p, b.len, 0, NULL);
				if (v >= -(1LL << 32) && v < 1LL << 32)
					assert_true(ewi_read_s33(&r) == v && !r.failed && r.p == r.end);
				else
					assert_true(ewi_read_s33(&r) == 0 && r.failed);
				b.len = 0;
				wb_u32(&b, (uint32_t)v);
				ewi_reader_init(&r, b.p, b.len, 0, NULL);
				assert_true(ewi_read_u32(&r) == (uint32_t)v && !r.failed && r.p == r.end);
			}
		}
	}
	wb_free(&b);
}

static void test_fixed_width(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	struct guard g;
	struct ewi_reader r;

	(void)state;
	guard_init(&g, sizeof(bytes));
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		const uint8_t *p = guard_copy(&g, bytes, n);

		ewi_reader_init(&r, p, n, 0, NULL);
		assert_int_equal(ewi_read_u8(&r), n >= 1 ? 1 : 0);
		assert_int_equal(r.failed, n < 1);
		ewi_reader_init(&r, p, n, 0, NULL);
		assert_int_equal(ewi_read_le32(&r), n >= 4 ? 0x04030201 : 0);
		assert_int_equal(r.failed, n < 4);
		ewi_reader_init(&r, p, n, 0, NULL);
		assert_true(ewi_read_le64(&r) == (n >= 8 ? 0x0807060504030201u : 0));
		assert_int_equal(r.failed, n < 8);
		ewi_reader_init(&r, p, n, 0, NULL);
		assert_ptr_equal(ewi_read_bytes(&r, n), p);
		assert_int_equal(ewi_reader_left(&r), 0);
		assert_ptr_equal(ewi_read_bytes(&r, 0), p + n);
		assert_null(ewi_read_bytes(&r, 1));
		ewi_reader_init(&r, p, n, 0, NULL);
		assert_null(ewi_read_bytes(&r, SIZE_MAX));
		assert_null(ewi_read_bytes(&r, 1)); /* failed stays failed */
	}
	guard_deinit(&g);
}

static void test_le(void **state)
{
	uint8_t at[16];

	(void)state;
	for (size_t shift = 0; shift < 8; shift++) {
		ewi_put_le16(at + shift, 0x1234);
		assert_int_equal(at[shift], 0x34);
		assert_int_equal(ewi_le16(at + shift), 0x1234);
		ewi_put_le32(at + shift, 0x12345678);
		assert_int_equal(at[shift], 0x78);
		assert_int_equal(at[shift + 3], 0x12);
		assert_int_equal(ewi_le32(at + shift), 0x12345678);
		ewi_put_le64(at + shift, 0x123456789abcdef0);
		assert_int_equal(at[shift], 0xf0);
		assert_int_equal(at[shift + 7], 0x12);
		assert_true(ewi_le64(at + shift) == 0x123456789abcdef0);
	}
}

static const struct {
	const char *name;
	bool valid;
	size_t size;
	uint8_t bytes[8];
} texts[] = {
	{"empty", true, 0, {0}},
	{"ASCII", true, B('a', 0x7f, 0x00)},
	{"lone continuation", false, B(0x80)},
	{"lone continuation 0xbf", false, B(0xbf)},
	{"0xc0 overlong", false, B(0xc0, 0x80)},
	{"0xc1 overlong", false, B(0xc1, 0xbf)},
	{"U+0080", true, B(0xc2, 0x80)},
	{"U+07FF", true, B(0xdf, 0xbf)},
	{"two bytes cut", false, B(0xc2)},
	{"two bytes, bad second", false, B(0xc2, 0x7f)},
	{"two bytes, bad second 0xc0", false, B(0xc2, 0xc0)},
	{"0xe0 overlong", false, B(0xe0, 0x9f, 0xbf)},
	{"U+0800", true, B(0xe0, 0xa0, 0x80)},
	{"U+D7FF", true, B(0xed, 0x9f, 0xbf)},
	{"surrogate D800", false, B(0xed, 0xa0, 0x80)},
	{"surrogate DFFF", false, B(0xed, 0xbf, 0xbf)},
	{"U+E000", true, B(0xee, 0x80, 0x80)},
	{"U+FFFF", true, B(0xef, 0xbf, 0xbf)},
	{"three bytes cut at 1", false, B(0xe1)},
	{"three bytes cut at 2", false, B(0xe1, 0x80)},
	{"three bytes, bad third", false, B(0xe1, 0x80, 0x00)},
	{"0xf0 overlong", false, B(0xf0, 0x8f, 0xbf, 0xbf)},
	{"U+10000", true, B(0xf0, 0x90, 0x80, 0x80)},
	{"U+10FFFF", true, B(0xf4, 0x8f, 0xbf, 0xbf)},
	{"U+110000", false, B(0xf4, 0x90, 0x80, 0x80)},
	{"0xf5", false, B(0xf5, 0x80, 0x80, 0x80)},
	{"0xff", false, B(0xff)},
	{"four bytes cut at 3", false, B(0xf1, 0x80, 0x80)},
	{"four bytes, bad fourth", false, B(0xf1, 0x80, 0x80, 0xc0)},
	{"good then bad", false, B('a', 0xc2, 0x80, 0x80)},
};

static void test_utf8(void **state)
{
	struct guard g;

	(void)state;
	guard_init(&g, 16);
	for (size_t i = 0; i < ROWS(texts); i++)
		check_true(texts[i].name,
			   ewi_utf8_valid(guard_copy(&g, texts[i].bytes, texts[i].size), texts[i].size) ==
				   texts[i].valid);
	guard_deinit(&g);
}

/* Every code point encoded by the book is valid, and no encoding of a surrogate is. */
static void test_utf8_all(void **state)
{
	(void)state;
	for (uint32_t c = 0; c < 0x110000; c++) {
		uint8_t b[4];
		size_t n;

		if (c < 0x80) {
			n = 1;
			b[0] = (uint8_t)c;
		} else if (c < 0x800) {
			n = 2;
			b[0] = (uint8_t)(0xc0 | c >> 6);
		} else if (c < 0x10000) {
			n = 3;
			b[0] = (uint8_t)(0xe0 | c >> 12);
		} else {
			n = 4;
			b[0] = (uint8_t)(0xf0 | c >> 18);
		}
		for (size_t k = 1; k < n; k++)
			b[k] = (uint8_t)(0x80 | (c >> (6 * (n - 1 - k)) & 0x3f));
		if (ewi_utf8_valid(b, n) != (c < 0xd800 || c > 0xdfff))
			fail_msg("U+%04" PRIX32, c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leb),
		cmocka_unit_test(test_leb_round_trip),
		cmocka_unit_test(test_fixed_width),
		cmocka_unit_test(test_le),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_utf8_all),
	};

	return cmocka_run_group_tests_name("base/reader", tests, NULL, NULL);
}
