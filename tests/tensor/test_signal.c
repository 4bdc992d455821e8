/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_signal.c - SignalRfft of every length against the Fourier sum in double precision, divided by the length, as the
 * source's fixed point scales it; rows shorter than the length are followed by zeros.
 */
#include "equations.h"

#define LENGTH_MAX 2048

/* A FlexBuffers map with the one key "fft_length". */
static size_t options(uint8_t *to, uint32_t length)
{
	static const char key[] = "fft_length";
	size_t n = sizeof(key), map;

	memcpy(to, key, n);
	to[n++] = 1; /* keys: how many, and how far back each is */
	to[n] = (uint8_t)n;
	n++;
	ewi_put_le32(to + n, 1); /* the map: how far back the keys are, how wide their offsets, how many */
	ewi_put_le32(to + n + 4, 1);
	ewi_put_le32(to + n + 8, 1);
	map = n + 12;
	ewi_put_le32(to + map, length);
	to[map + 4] = 1 << 2 | 2; /* a signed number of four bytes */
	to[map + 5] = 5;	  /* the root: how far back the map is, */
	to[map + 6] = 9 << 2 | 2; /* that it is one, of four bytes, */
	to[map + 7] = 1;	  /* and the width of the first */
	return map + 8;
}

struct fft {
	struct tfl_tensor tensors[2];
	struct tfl_op op;
	uint8_t custom[64];
};

static struct tfl build(struct fft *f, uint32_t length, int32_t rows, int32_t samples, int32_t points)
{
	static const int32_t first[] = {0}, second[] = {1};

	memset(f, 0, sizeof(*f));
	f->tensors[0] = (struct tfl_tensor){.type = EW_TENSOR_I16};
	f->tensors[1] = (struct tfl_tensor){.type = EW_TENSOR_I16};
	dims(&f->tensors[0], 2, rows, samples, 0);
	dims(&f->tensors[1], 2, rows, 2 * points, 0);
	f->op = (struct tfl_op){.code = 32, .in_count = 1, .out = {1}, .custom = "SignalRfft", .custom_options = f->custom,
				.custom_bytes = options(f->custom, length)};
	return (struct tfl){.tensors = f->tensors, .tensor_count = 2, .ops = &f->op, .op_count = 1, .inputs = first,
			    .input_count = 1, .outputs = second, .output_count = 1};
}

/*
 * Each pass rounds, some steps in all; and multiplies by 8191 / 32768 for a quarter, 16383 / 32768 for a half: up to 4 in 32768
 * too little, in each of at most 6 passes.
 */
static void check(const char *name, const int16_t *in, uint32_t samples, uint32_t length, const int16_t *out)
{
	for (uint32_t k = 0; k <= length / 2; k++) {
		double re = 0, im = 0;

		for (uint32_t i = 0; i < samples; i++) {
			double turn = 2 * 3.14159265358979323846 * (double)((uint64_t)i * k % length) / length;

			re += in[i] * cos(turn);
			im -= in[i] * sin(turn);
		}
		re /= length, im /= length;
		if (!(fabs(out[2 * k] - re) <= 4 + fabs(re) * 24 / 32768 && fabs(out[2 * k + 1] - im) <= 4 + fabs(im) * 24 / 32768))
			fail_msg("%s, point %u: %d %di, want %.2f %.2fi", name, k, out[2 * k], out[2 * k + 1], re, im);
	}
}

static void spectra(void **state)
{
	static int16_t in[2 * LENGTH_MAX];
	struct fft *f = calloc(1, sizeof(*f));
	uint64_t seed = 3;

	(void)state;
	assert_non_null(f);
	for (uint32_t length = 4; length <= LENGTH_MAX; length *= 2)
		for (unsigned kind = 0; kind < 3; kind++) {
			uint32_t samples = kind == 2 ? length - length / 4 : length;
			struct tfl model = build(f, length, 2, (int32_t)samples, (int32_t)(length / 2 + 1));
			struct ew_tensor_span span;
			struct ew_tensor_view view;
			struct opened o;
			char name[64];

			snprintf(name, sizeof(name), "length %u, kind %u", length, kind);
			o = open_model(name, &model);
			for (size_t i = 0; i < 2 * samples; i++) /* noise; and two tones that change from sample to sample */
				in[i] = kind == 1 ? (int16_t)(i % 2 ? -32768 : 32767) : (int16_t)(noise(&seed) >> 48);
			check_status(name, ew_model_exec_input(o.x, 0, &span), EW_OK);
			memcpy(span.data, in, 4 * samples);
			check_status(name, ew_model_exec_run(o.x), EW_OK);
			check_status(name, ew_model_exec_output(o.x, 0, &view), EW_OK);
			for (uint32_t row = 0; row < 2; row++)
				check(name, in + row * samples, samples, length,
				      (const int16_t *)view.data + (size_t)row * (length + 2));
			close_model(&o);
		}
	free(f);
}

static void refused(void **state)
{
	static const struct {
		const char *name, *reason;
		uint32_t length;
		int32_t rows, samples, points;
	} rows[] = {
		{"24 points", "a length of 24, which is no power of 2", 24, 1, 24, 13},
		{"more samples than points", "9 samples a row", 8, 1, 9, 5},
		{"too few outputs", "8 outputs for 8 points", 8, 1, 8, 4},
		{"no samples", "no samples", 8, 0, 8, 5},
		{"2 points", "fft_length", 2, 1, 2, 2},
		{"65536 points", "fft_length", 65536, 1, 8, 5},
	};
	struct fft *f = calloc(1, sizeof(*f));

	(void)state;
	assert_non_null(f);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct tfl model = build(f, rows[i].length, rows[i].rows, rows[i].samples, rows[i].points);

		refuse_model(rows[i].name, &model, rows[i].reason);
	}
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spectra),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
