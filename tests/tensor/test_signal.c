/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_signal.c - SignalRfft of every length and type against the Fourier sum in double precision, divided by the length, as
 * the source's fixed point scales it; rows shorter than the length are followed by zeros.
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

static struct tfl build(struct fft *f, uint8_t type, uint32_t length, int32_t rows, int32_t samples, int32_t points)
{
	static const int32_t first[] = {0}, second[] = {1};

	memset(f, 0, sizeof(*f));
	f->tensors[0] = f->tensors[1] = (struct tfl_tensor){.type = type};
	dims(&f->tensors[0], 2, rows, samples, 0);
	dims(&f->tensors[1], 2, rows, 2 * points, 0);
	f->op = (struct tfl_op){.code = 32, .in_count = 1, .out = {1}, .custom = "SignalRfft", .custom_options = f->custom,
				.custom_bytes = options(f->custom, length)};
	return (struct tfl){.tensors = f->tensors, .tensor_count = 2, .ops = &f->op, .op_count = 1, .inputs = first,
			    .input_count = 1, .outputs = second, .output_count = 1};
}

static double sample(const void *from, uint8_t type, size_t i)
{
	return type == EW_TENSOR_I16 ? ((const int16_t *)from)[i] :
	       type == EW_TENSOR_I32 ? ((const int32_t *)from)[i] : (double)((const float *)from)[i];
}

static void put_sample(void *to, uint8_t type, size_t i, int32_t v)
{
	switch (type) {
	case EW_TENSOR_I16: ((int16_t *)to)[i] = (int16_t)(v >> 16); break;
	case EW_TENSOR_I32: ((int32_t *)to)[i] = v; break;
	default: ((float *)to)[i] = (float)v; break;
	}
}

/*
 * Fixed point: each pass rounds, some steps in all; and multiplies by 8191 / 32768 for a quarter, 16383 / 32768 for a half: up
 * to 4 in 32768 too little, in each of at most 6 passes; with 32 bits, in 2^31.  Floats: nothing scales, and each of 7 passes
 * rounds a number five times at most (a product of complex numbers with a turn that is rounded, two sums), by 2^-24 each
 * of all that went into it.
 */
static void check(const char *name, uint8_t type, const void *in, uint32_t samples, uint32_t length, const void *out)
{
	double one = type == EW_TENSOR_I16 ? 32768 : 2147483648.0, all = 0;

	for (uint32_t i = 0; i < samples; i++)
		all += fabs(sample(in, type, i));
	for (uint32_t k = 0; k <= length / 2; k++) {
		double want[2] = {0, 0};

		for (uint32_t i = 0; i < samples; i++) {
			double turn = 2 * 3.14159265358979323846 * (double)((uint64_t)i * k % length) / length;

			want[0] += sample(in, type, i) * cos(turn);
			want[1] -= sample(in, type, i) * sin(turn);
		}
		for (uint32_t i = 0; i < 2; i++) {
			double got = sample(out, type, 2 * k + i), off = all * 35 / 16777216;

			if (type != EW_TENSOR_F32) {
				want[i] /= length;
				off = 4 + fabs(want[i]) * 24 / one;
			}
			if (!(fabs(got - want[i]) <= off))
				fail_msg("%s, point %u: %s part %.2f, want %.2f", name, k, i ? "imaginary" : "real", got, want[i]);
		}
	}
}

static const uint8_t types[] = {EW_TENSOR_I16, EW_TENSOR_I32, EW_TENSOR_F32};

static void one_spectrum(struct fft *f, uint8_t type, uint32_t length, unsigned kind, uint64_t *seed)
{
	static uint8_t in[2 * LENGTH_MAX * 4];
	uint32_t samples = kind == 2 ? length - length / 4 : length;
	struct tfl model = build(f, type, length, 2, (int32_t)samples, (int32_t)(length / 2 + 1));
	size_t width = size_of(type);
	struct ew_tensor_span span;
	struct ew_tensor_view view;
	struct opened o;
	char name[64];

	snprintf(name, sizeof(name), "%s, length %u, kind %u", ew_tensor_type_name(type), length, kind);
	o = open_model(name, &model);
	for (size_t i = 0; i < 2 * samples; i++) /* noise; and two tones that change from sample to sample */
		put_sample(in, type, i, kind == 1 ? (i % 2 ? INT32_MIN : INT32_MAX) : (int32_t)(noise(seed) >> 32));
	check_status(name, ew_model_exec_input(o.x, 0, &span), EW_OK);
	check_int(name, span.bytes, 2 * width * samples);
	memcpy(span.data, in, span.bytes);
	check_status(name, ew_model_exec_run(o.x), EW_OK);
	check_status(name, ew_model_exec_output(o.x, 0, &view), EW_OK);
	for (size_t row = 0; row < 2; row++)
		check(name, type, in + row * samples * width, samples, length,
		      (const uint8_t *)view.data + row * (length + 2) * width);
	close_model(&o);
}

static void spectra(void **state)
{
	struct fft *f = calloc(1, sizeof(*f));
	uint64_t seed = 3;

	(void)state;
	assert_non_null(f);
	for (size_t t = 0; t < ROWS(types); t++)
		for (uint32_t length = 4; length <= LENGTH_MAX; length *= 2)
			for (unsigned kind = 0; kind < 3; kind++)
				one_spectrum(f, types[t], length, kind, &seed);
	free(f);
}

#define POINTS 16

/* Samples all over the range: what KISS FFT 130, built for the type as tflite-micro builds it, makes of them, to the bit. */
static void exact(void **state)
{
	static const double want[][POINTS + 2] = {
		{215, 0, 228, -1146, -3867, -2247, 227, -341, -3867,
		 3867, 227, -152, -3867, -9981, 228, -46, -3869, 0},
		{14125732, 0, 14959395, -75205960, -253476061, -147304781, 14959395, -22388318, -253476060,
		 253476059, 14959395, -9995549, -253476060, -654256901, 14959395, -2975609, -253476060, 0},
		{226011648, 0, 239350352, -1203295488, -4055616768, -2356877056, 239350208, -358212960, -4055617024,
		 4055617024, 239350208, -159928800, -4055617280, -10468110336, 239350320, -47609920, -4055617024, 0},
	};
	struct fft *f = calloc(1, sizeof(*f));

	(void)state;
	assert_non_null(f);
	for (size_t t = 0; t < ROWS(types); t++) {
		struct tfl model = build(f, types[t], POINTS, 1, POINTS, POINTS / 2 + 1);
		const char *name = ew_tensor_type_name(types[t]);
		struct opened o = open_model(name, &model);
		struct ew_tensor_span span;
		struct ew_tensor_view view;

		check_status(name, ew_model_exec_input(o.x, 0, &span), EW_OK);
		for (uint32_t i = 0; i < POINTS; i++)
			put_sample(span.data, types[t], i, (int32_t)((i + 1) * 0x9e3779b9u));
		check_status(name, ew_model_exec_run(o.x), EW_OK);
		check_status(name, ew_model_exec_output(o.x, 0, &view), EW_OK);
		for (uint32_t i = 0; i < POINTS + 2; i++)
			if (sample(view.data, types[t], i) != want[t][i])
				fail_msg("%s, element %u: %a, want %a", name, i, sample(view.data, types[t], i), want[t][i]);
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
		struct tfl model = build(f, EW_TENSOR_I16, rows[i].length, rows[i].rows, rows[i].samples, rows[i].points);

		refuse_model(rows[i].name, &model, rows[i].reason);
	}
	free(f);
}

static void other_types(void **state)
{
	static const struct {
		uint8_t in, out;
		const char *reason;
	} rows[] = {
		{EW_TENSOR_I8, EW_TENSOR_I8, "input 0 of another type than INT16"},
		{EW_TENSOR_I16, EW_TENSOR_I32, "output 0 of another type than INT16"},
		{EW_TENSOR_I32, EW_TENSOR_I16, "output 0 of another type than INT32"},
		{EW_TENSOR_F32, EW_TENSOR_I32, "output 0 of another type than FLOAT32"},
	};
	struct fft *f = calloc(1, sizeof(*f));

	(void)state;
	assert_non_null(f);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct tfl model = build(f, rows[i].in, 8, 1, 8, 5);

		f->tensors[1].type = rows[i].out;
		refuse_model(rows[i].reason, &model, rows[i].reason);
	}
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spectra),
		cmocka_unit_test(exact),
		cmocka_unit_test(refused),
		cmocka_unit_test(other_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
