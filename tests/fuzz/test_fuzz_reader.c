/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_fuzz_reader.c - the reader, UTF-8 and the formatter on any bytes: the first byte of the input says
 * what to read, the rest is read.  libFuzzer target with -DEW_LIBFUZZER, a driver without.
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/error.h"
#include "base/reader.h"

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not %s\n", __FILE__, __LINE__, #condition);        \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* LEB128 once more, by the book: value, length and verdict, without the reader's code. */
static bool slow_leb(const uint8_t *p, size_t size, int bits, bool is_signed, uint64_t *out, size_t *len)
{
	int max = (bits + 6) / 7;
	uint64_t v = 0;

	for (int i = 0; i < max; i++) {
		int left = bits - 7 * i;

		if ((size_t)i >= size)
			return false;
		v |= (uint64_t)(p[i] & 0x7f) << (7 * i);
		if (p[i] & 0x80)
			continue;
		if (left < 7) { /* the bits that do not count must be zero, or copies of the sign */
			uint8_t rest = (uint8_t)((p[i] & 0x7f) >> left), ones = (uint8_t)(0x7f >> left);
			bool negative = is_signed && (p[i] >> (left - 1) & 1);

			if (rest != (negative ? ones : 0))
				return false;
		}
		if (is_signed && (p[i] & 0x40) && 7 * (i + 1) < 64)
			v |= ~(uint64_t)0 << (7 * (i + 1));
		*out = v;
		*len = (size_t)i + 1;
		return true;
	}
	return false;
}

static void check_leb(const uint8_t *data, size_t size)
{
	for (int kind = 0; kind < 4; kind++) {
		static const int bits[] = {32, 32, 33, 64};
		struct ew_error err = {0};
		struct ewi_reader r;
		uint64_t want = 0, got = 0;
		size_t len = 0;
		bool ok = slow_leb(data, size, bits[kind], kind > 0, &want, &len);

		ewi_reader_init(&r, data, size, 7, &err);
		switch (kind) {
		case 0: got = ewi_read_u32(&r); break;
		case 1: got = (uint64_t)(int64_t)ewi_read_s32(&r); break;
		case 2: got = (uint64_t)ewi_read_s33(&r); break;
		default: got = (uint64_t)ewi_read_s64(&r); break;
		}
		MUST(r.failed == !ok);
		if (ok) {
			MUST(got == want && ewi_reader_at(&r) == 7 + len && err.status == EW_OK);
		} else {
			MUST(got == 0 && err.status == EW_ERR_MALFORMED && err.offset >= 7 && err.offset <= 7 + size);
			MUST(ewi_read_u8(&r) == 0 && ewi_read_u32(&r) == 0);
		}
	}
}

/* Cut anywhere, the formatter's text is still UTF-8 when what went in was. */
static void check_format(const uint8_t *data, size_t size)
{
	char text[64], copy[256];
	size_t cap = size ? 1 + data[0] % (sizeof(text) - 1) : 1, n;

	n = size < sizeof(copy) - 1 ? size : sizeof(copy) - 1;
	for (size_t i = 0; i < n; i++)
		copy[i] = data[i] ? (char)data[i] : ' ';
	copy[n] = '\0';
	text[cap] = 0x55;
	n = ewi_format(text, cap, "%s", copy);
	MUST(n < cap && text[n] == '\0' && text[cap] == 0x55);
	if (ewi_utf8_valid((const uint8_t *)copy, size < sizeof(copy) - 1 ? size : sizeof(copy) - 1))
		MUST(ewi_utf8_valid((const uint8_t *)text, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_leb(data, size);
	check_format(data, size);
	return 0;
}

#ifndef EW_LIBFUZZER
#include "../aid/aid.h"

/* Every input of up to two bytes, and of three the interesting ones. */
static void test_short(void **state)
{
	static const uint8_t some[] = {0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xff};
	struct guard g;
	uint8_t b[3];

	(void)state;
	guard_init(&g, 3);
	LLVMFuzzerTestOneInput(guard_high(&g, 0), 0);
	for (unsigned v = 0; v < 65536; v++) {
		uint8_t *p = guard_high(&g, 2);

		p[0] = (uint8_t)v;
		p[1] = (uint8_t)(v >> 8);
		LLVMFuzzerTestOneInput(p, 2);
		if (v < 256)
			LLVMFuzzerTestOneInput(p + 1, 1);
	}
	for (size_t i = 0; i < ROWS(some) * ROWS(some) * ROWS(some); i++) {
		b[0] = some[i % ROWS(some)];
		b[1] = some[i / ROWS(some) % ROWS(some)];
		b[2] = some[i / ROWS(some) / ROWS(some)];
		memcpy(guard_high(&g, 3), b, 3);
		LLVMFuzzerTestOneInput(guard_high(&g, 3), 3);
	}
	guard_deinit(&g);
}

/* Long integers: all continuation bytes but the last, with every last byte. */
static void test_long(void **state)
{
	static const uint8_t fill[] = {0x80, 0xff, 0x81, 0xc0};
	struct guard g;

	(void)state;
	guard_init(&g, 16);
	for (size_t n = 1; n <= 12; n++) {
		for (size_t f = 0; f < ROWS(fill); f++) {
			for (unsigned last = 0; last < 256; last++) {
				uint8_t *p = guard_high(&g, n);

				memset(p, fill[f], n);
				p[n - 1] = (uint8_t)last;
				LLVMFuzzerTestOneInput(p, n);
			}
		}
	}
	guard_deinit(&g);
}

static void test_noise(void **state)
{
	uint64_t seed = 20262027;
	struct guard g;

	(void)state;
	guard_init(&g, 80);
	for (int i = 0; i < 300000; i++) {
		size_t n = noise(&seed) % 80;
		uint8_t *p = guard_high(&g, n);

		for (size_t k = 0; k < n; k++)
			p[k] = (uint8_t)(noise(&seed) >> (i & 1 ? 56 : 57)); /* by turns any bytes and ASCII */
		LLVMFuzzerTestOneInput(p, n);
	}
	guard_deinit(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests_name("fuzz/reader", tests, NULL, NULL);
}
#endif
