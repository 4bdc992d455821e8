/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_tensor.c - edge_v1's kernels on guest memory (lib/abi/fn_tensor.c): against the formulas in guest.h, tap by tap,
 * with each kernel that this machine has; and every argument out of its range.
 */
#include "arun.h"
#include "base/le.h"
#include "tensor/quant.h"

enum { BATCHES, IN_H, IN_W, IN_C, OUT_H, OUT_W, OUT_C, K_H, K_W, STRIDE_H, STRIDE_W, DIL_H, DIL_W, PAD_H, PAD_W, GROUPS,
       IN_ZERO, OUT_ZERO, OUT_MIN, OUT_MAX, NUMBERS };

#define WINDOW 16u
#define SCALES 128u
#define BIAS 2048u
#define WEIGHTS 4096u
#define INPUT 24576u
#define OUTPUT 49152u
#define OK 0

static void begin(struct arun *r)
{
	arun_init(r);
	r->config.grant.caps = EW_CAP_INFER;
	arun_open(r, "edge_v1", "tensor_conv", "tensor_pool");
}

static void put_window(struct arun *r, const int32_t *n)
{
	for (uint32_t i = 0; i < NUMBERS; i++)
		ewi_put_le32(arun_mem(r, WINDOW + 4 * i, 4), (uint32_t)n[i]);
}

static int32_t upto(uint64_t *seed, int32_t n)
{
	return 1 + (int32_t)(noise(seed) % (uint64_t)n);
}

/* A window that fits its picture; channels by kind: 0 depthwise, n groups. */
static void some_window(uint64_t *seed, int32_t *n, int32_t groups, bool pool)
{
	n[BATCHES] = upto(seed, 2);
	for (int a = 0; a < 2; a++) {
		int32_t reach;

		n[IN_H + a] = 2 + upto(seed, 6);
		n[K_H + a] = upto(seed, 4);
		n[DIL_H + a] = pool ? 1 : upto(seed, 2);
		n[STRIDE_H + a] = upto(seed, 3);
		n[PAD_H + a] = upto(seed, n[K_H + a]) - 1;
		reach = n[IN_H + a] - 1 + n[PAD_H + a]; /* where the last window may begin */
		n[OUT_H + a] = upto(seed, reach / n[STRIDE_H + a] + 1);
	}
	n[GROUPS] = groups;
	n[IN_C] = groups ? groups * upto(seed, 20) : upto(seed, 40);
	n[OUT_C] = pool ? n[IN_C] : groups ? groups * upto(seed, 6) : n[IN_C] * upto(seed, 2);
	n[IN_ZERO] = upto(seed, 256) - 129;
	n[OUT_ZERO] = upto(seed, 256) - 129;
	n[OUT_MIN] = upto(seed, 2) == 1 ? -128 : upto(seed, 100) - 120;
	n[OUT_MAX] = upto(seed, 2) == 1 ? 127 : n[OUT_MIN] + upto(seed, 100);
}

/* The input under a tap; false outside the picture. */
static bool tap(struct arun *r, const int32_t *n, const int32_t *at, int32_t ky, int32_t kx, int32_t c, int32_t *v)
{
	int32_t y = at[1] * n[STRIDE_H] - n[PAD_H] + ky * n[DIL_H], x = at[2] * n[STRIDE_W] - n[PAD_W] + kx * n[DIL_W];

	if (y < 0 || y >= n[IN_H] || x < 0 || x >= n[IN_W])
		return false;
	*v = (int8_t)*arun_mem(r, INPUT + (uint32_t)(((at[0] * n[IN_H] + y) * n[IN_W] + x) * n[IN_C] + c), 1);
	return true;
}

static int32_t weight(struct arun *r, int32_t at)
{
	return (int8_t)*arun_mem(r, WEIGHTS + (uint32_t)at, 1);
}

static int32_t convolved(struct arun *r, const int32_t *n, const int32_t *at, int32_t o, bool bias, uint32_t scales)
{
	int32_t groups = n[GROUPS], each = groups ? n[IN_C] / groups : 1, first, v, sum = bias ? (int32_t)arun_le32(r, BIAS + 4 * (uint32_t)o) : 0;
	struct ewi_scale s = {(int32_t)arun_le32(r, scales + 4 * (uint32_t)o), (int32_t)arun_le32(r, scales + 4 * (uint32_t)(n[OUT_C] + o))};

	first = groups ? o / (n[OUT_C] / groups) * each : o / (n[OUT_C] / n[IN_C]);
	for (int32_t ky = 0; ky < n[K_H]; ky++)
		for (int32_t kx = 0; kx < n[K_W]; kx++)
			for (int32_t c = 0; c < each; c++)
				if (tap(r, n, at, ky, kx, first + c, &v))
					sum += (v - n[IN_ZERO]) * weight(r, groups ? ((o * n[K_H] + ky) * n[K_W] + kx) * each + c :
										     (ky * n[K_W] + kx) * n[OUT_C] + o);
	return ewi_clamp(ewi_requant(sum, s) + n[OUT_ZERO], n[OUT_MIN], n[OUT_MAX]);
}

static int32_t pooled(struct arun *r, const int32_t *n, const int32_t *at, int32_t c, bool max)
{
	int32_t count = 0, sum = 0, most = -128, v;

	for (int32_t ky = 0; ky < n[K_H]; ky++)
		for (int32_t kx = 0; kx < n[K_W]; kx++)
			if (tap(r, n, at, ky, kx, c, &v)) {
				count++;
				sum += v;
				most = v > most ? v : most;
			}
	assert_true(count > 0);
	sum = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
	return ewi_clamp(max ? most : sum, n[OUT_MIN], n[OUT_MAX]);
}

/* kind -1 and -2 are pools. */
static void compare(struct arun *r, const int32_t *n, int kind, bool bias, uint32_t scales)
{
	uint32_t done = OUTPUT;
	int32_t at[3];

	for (at[0] = 0; at[0] < n[BATCHES]; at[0]++)
		for (at[1] = 0; at[1] < n[OUT_H]; at[1]++)
			for (at[2] = 0; at[2] < n[OUT_W]; at[2]++)
				for (int32_t o = 0; o < n[OUT_C]; o++, done++)
					check_int("output", (int8_t)*arun_mem(r, done, 1),
						  kind < 0 ? pooled(r, n, at, o, kind == -2) :
							     convolved(r, n, at, o, bias, scales));
	assert_int_equal(*arun_mem(r, done, 1), 0xa5);
}

static void windows(void **state)
{
	uint64_t seed = 3;
	struct arun r;

	(void)state;
	begin(&r);
	for (int round = 0; round < 600; round++) {
		int kind = round % 6 - 2; /* both pools, depthwise, whole, two and three groups */
		uint32_t scales = SCALES + (uint32_t)(round % 5 == 0); /* misaligned, too */
		bool bias = round % 7 != 0;
		int32_t n[NUMBERS], rc;

		some_window(&seed, n, kind < 0 ? 1 : kind, kind < 0);
		put_window(&r, n);
		for (uint32_t i = SCALES; i < 65536; i++)
			*arun_mem(&r, i, 1) = i >= OUTPUT ? 0xa5 : (uint8_t)noise(&seed);
		for (uint32_t o = 0; o < (uint32_t)n[OUT_C]; o++) {
			ewi_put_le32(arun_mem(&r, scales + 4 * o, 4), (uint32_t)(noise(&seed) >> 34) | 1u << 30);
			ewi_put_le32(arun_mem(&r, scales + 4 * ((uint32_t)n[OUT_C] + o), 4), 0u - (uint32_t)upto(&seed, 10));
			ewi_put_le32(arun_mem(&r, BIAS + 4 * o, 4), (uint32_t)(int32_t)(noise(&seed) % 2000) - 1000);
		}
		arun_pick(&r, kind < 0 ? "tensor_pool" : "tensor_conv");
		rc = kind < 0 ? arun_i32(&r, WINDOW, kind == -2, INPUT, OUTPUT) :
				arun_i32(&r, WINDOW, INPUT, WEIGHTS, bias ? BIAS : 0, scales, OUTPUT);
		check_int("result", rc, OK);
		compare(&r, n, kind, bias, scales);
	}
	arun_close(&r);
}

static const int32_t plain[NUMBERS] = {[BATCHES] = 1, [IN_H] = 4, [IN_W] = 4, [IN_C] = 2, [OUT_H] = 4, [OUT_W] = 4, [OUT_C] = 2,
				       [K_H] = 3, [K_W] = 3, [STRIDE_H] = 1, [STRIDE_W] = 1, [DIL_H] = 1, [DIL_W] = 1,
				       [PAD_H] = 1, [PAD_W] = 1, [GROUPS] = 1, [OUT_MIN] = -128, [OUT_MAX] = 127};

/* One number of a good window is another one. */
static void bounds(void **state)
{
	static const struct row {
		const char *name;
		int index;
		int32_t value, conv, pool;
	} rows[] = {
		{"no batch", BATCHES, 0, INVAL, INVAL}, {"65536 batches", BATCHES, 65536, INVAL, INVAL},
		{"65535 batches", BATCHES, 65535, FAULT, FAULT}, {"negative height", IN_H, -1, INVAL, INVAL},
		{"no output", OUT_W, 0, INVAL, INVAL}, {"output behind the picture", OUT_H, 6, INVAL, INVAL},
		{"output at its end", OUT_H, 5, OK, OK}, {"no stride", STRIDE_W, 0, INVAL, INVAL},
		{"pad of a window", PAD_H, 3, INVAL, INVAL}, {"pad below it", PAD_H, 2, OK, OK},
		{"negative pad", PAD_W, -1, INVAL, INVAL}, {"groups that do not fit", GROUPS, 3, INVAL, OK},
		{"negative groups", GROUPS, -1, INVAL, OK}, {"two groups", GROUPS, 2, OK, OK}, {"depthwise", GROUPS, 0, OK, OK},
		{"other channels", OUT_C, 3, OK, INVAL}, {"taps apart", DIL_H, 2, OK, INVAL},
		{"zero point -128", IN_ZERO, -128, OK, OK}, {"zero point -129", IN_ZERO, -129, INVAL, INVAL},
		{"zero point 128", OUT_ZERO, 128, INVAL, INVAL}, {"an empty range", OUT_MAX, -129, INVAL, INVAL},
		{"a range of one", OUT_MAX, -128, OK, OK}, {"a wide range", OUT_MIN, -129, INVAL, INVAL},
		{"more weights than there are", K_H, 65535, FAULT, INVAL}, {"many channels", IN_C, 65535, FAULT, INVAL},
	};
	struct arun r;

	(void)state;
	begin(&r);
	for (uint32_t i = 0; i < 2; i++) {
		ewi_put_le32(arun_mem(&r, SCALES + 4 * i, 4), 1u << 30);
		ewi_put_le32(arun_mem(&r, SCALES + 8 + 4 * i, 4), 0);
	}
	for (size_t i = 0; i < ROWS(rows); i++) {
		int32_t n[NUMBERS];

		memcpy(n, plain, sizeof(n));
		n[rows[i].index] = rows[i].value;
		put_window(&r, n);
		arun_pick(&r, "tensor_conv");
		check_int(rows[i].name, arun_i32(&r, WINDOW, INPUT, WEIGHTS, BIAS, SCALES, OUTPUT), rows[i].conv);
		arun_pick(&r, "tensor_pool");
		check_int(rows[i].name, arun_i32(&r, WINDOW, 0, INPUT, OUTPUT), rows[i].pool);
	}
	for (int32_t more = -1; more < 2; more++) { /* 16 pixels of 4 taps: 2^28 with 2048 channels each */
		int32_t n[NUMBERS];

		memcpy(n, plain, sizeof(n));
		n[K_H] = n[K_W] = 2;
		n[IN_C] = 2048;
		n[OUT_C] = 2048 + more;
		put_window(&r, n);
		arun_pick(&r, "tensor_conv");
		check_int("work", arun_i32(&r, WINDOW, INPUT, WEIGHTS, BIAS, SCALES, OUTPUT), more > 0 ? TOOBIG : FAULT);
	}
	arun_close(&r);
}

static void pointers(void **state)
{
	static const struct row {
		const char *name;
		uint32_t args[6];
		int32_t want;
	} rows[] = {
		{"all inside", {WINDOW, INPUT, WEIGHTS, BIAS, SCALES, OUTPUT}, OK},
		{"no bias", {WINDOW, INPUT, WEIGHTS, 0, SCALES, OUTPUT}, OK},
		{"window at the end", {65536 - 80, INPUT, WEIGHTS, BIAS, SCALES, OUTPUT}, INVAL}, /* of zeros */
		{"window behind it", {65536 - 79, INPUT, WEIGHTS, BIAS, SCALES, OUTPUT}, FAULT},
		{"input at the end", {WINDOW, 65536 - 32, WEIGHTS, BIAS, SCALES, OUTPUT}, OK},
		{"input behind it", {WINDOW, 65536 - 31, WEIGHTS, BIAS, SCALES, OUTPUT}, FAULT},
		{"weights at the end", {WINDOW, INPUT, 65536 - 36, BIAS, SCALES, OUTPUT}, OK},
		{"weights behind it", {WINDOW, INPUT, 65536 - 35, BIAS, SCALES, OUTPUT}, FAULT},
		{"bias behind it", {WINDOW, INPUT, WEIGHTS, 65536 - 7, SCALES, OUTPUT}, FAULT},
		{"scales behind it", {WINDOW, INPUT, WEIGHTS, BIAS, 65536 - 15, OUTPUT}, FAULT},
		{"output at the end", {WINDOW, INPUT, WEIGHTS, BIAS, SCALES, 65536 - 32}, OK},
		{"output behind it", {WINDOW, INPUT, WEIGHTS, BIAS, SCALES, 65536 - 31}, FAULT},
		{"output over the input's end", {WINDOW, INPUT, WEIGHTS, BIAS, SCALES, INPUT + 31}, INVAL},
		{"output behind the input", {WINDOW, INPUT, WEIGHTS, BIAS, SCALES, INPUT + 32}, OK},
		{"output over weights", {WINDOW, INPUT, WEIGHTS, BIAS, SCALES, WEIGHTS - 31}, INVAL},
		{"output over scales", {WINDOW, INPUT, WEIGHTS, BIAS, SCALES, SCALES}, INVAL},
		{"output over the bias", {WINDOW, INPUT, WEIGHTS, BIAS, SCALES, BIAS + 7}, INVAL},
		{"a negative multiplier", {WINDOW, INPUT, WEIGHTS, BIAS, 256, OUTPUT}, INVAL},
		{"shift 31", {WINDOW, INPUT, WEIGHTS, BIAS, 288, OUTPUT}, INVAL},
		{"shift -32", {WINDOW, INPUT, WEIGHTS, BIAS, 320, OUTPUT}, INVAL},
		{"shifts 30 and -31", {WINDOW, INPUT, WEIGHTS, BIAS, 352, OUTPUT}, OK},
	};
	static const uint32_t scales[][4] = {{1, 1u << 31, 0, 0}, {1, 1, 0, 31}, {1, 1, 0u - 32, 0}, {1, 0x7fffffff, 30, 0u - 31}};
	struct arun r;

	(void)state;
	begin(&r);
	arun_pick(&r, "tensor_conv");
	for (size_t i = 0; i < ROWS(rows); i++) {
		put_window(&r, plain);
		for (uint32_t k = 0; k < 4; k++) {
			ewi_put_le32(arun_mem(&r, SCALES + 4 * k, 4), k < 2 ? 1u << 30 : 0);
			for (uint32_t s = 0; s < ROWS(scales); s++)
				ewi_put_le32(arun_mem(&r, 256 + 32 * s + 4 * k, 4), scales[s][k]);
		}
		check_int(rows[i].name, arun_i32(&r, rows[i].args[0], rows[i].args[1], rows[i].args[2], rows[i].args[3],
						 rows[i].args[4], rows[i].args[5]), rows[i].want);
	}
	arun_pick(&r, "tensor_pool");
	put_window(&r, plain);
	assert_int_equal(arun_i32(&r, WINDOW, 2, INPUT, OUTPUT), INVAL);
	assert_int_equal(arun_i32(&r, WINDOW, 1, INPUT, INPUT + 31), INVAL);
	assert_int_equal(arun_i32(&r, WINDOW, 1, 65536 - 31, OUTPUT), FAULT);
	assert_int_equal(arun_i32(&r, 65536 - 79, 1, INPUT, OUTPUT), FAULT);
	arun_close(&r);
}

/* Scales that do not lie aligned are copied: without memory for that nothing happens. */
static void out_of_memory(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	put_window(&r, plain);
	memset(arun_mem(&r, SCALES, 32), 0, 32);
	memset(arun_mem(&r, OUTPUT, 32), 0xa5, 32);
	r.mem.fail_at = r.mem.requests + 1;
	assert_int_equal(arun_i32(&r, WINDOW, INPUT, WEIGHTS, BIAS, SCALES + 1, OUTPUT), AGAIN);
	assert_int_equal(*arun_mem(&r, OUTPUT, 1), 0xa5);
	r.mem.fail_at = 0;
	assert_int_equal(arun_i32(&r, WINDOW, INPUT, WEIGHTS, BIAS, SCALES + 1, OUTPUT), OK);
	arun_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(windows), cmocka_unit_test(bounds), cmocka_unit_test(pointers),
					   cmocka_unit_test(out_of_memory)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
