/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_signal.c - prepares the audio front end: nine custom operators with FlexBuffers for options.
 * Source: tflite-micro 90b983c2, signal/micro/kernels.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/flex.h"
#include "tensor/ops.h"
#include "tensor/real.h"
#include "tensor/signal.h"

/* ---- common -------------------------------------------------------------------------------------- */

/* An option within [low, high]. */
static enum ew_status option(const struct ewi_prep *p, const char *key, int64_t low, int64_t high, int64_t *v)
{
	struct ewi_flat *f = &p->m->file;
	struct ewi_vec bytes = ewi_flat_vec(f, p->table, OPERATOR_CUSTOM_OPTIONS, 1);

	if (f->failed)
		return EW_ERR_MALFORMED;
	if (!ewi_flex_int(f->bytes + bytes.at, bytes.count, key, v))
		return ewi_prep_error(p, EW_ERR_INVALID, "no option %s", key);
	if (*v < low || *v > high)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "%s %lld", key, (long long)*v);
	return EW_OK;
}

struct number {
	const char *key;
	uint32_t low, high;
	uint32_t *to;
};

static enum ew_status options(const struct ewi_prep *p, const struct number *numbers, uint32_t count)
{
	enum ew_status st = EW_OK;
	int64_t v = 0;

	for (uint32_t i = 0; st == EW_OK && i < count; i++) {
		st = option(p, numbers[i].key, numbers[i].low, numbers[i].high, &v);
		*numbers[i].to = (uint32_t)v;
	}
	return st;
}

/* Types of all inputs and outputs, in order; every input but constants is in the arena. */
static enum ew_status types(struct ewi_prep *p, const uint8_t *want)
{
	for (uint32_t i = 0; i < p->op->input_count; i++, want++)
		if (!ewi_prep_in(p, i) || ewi_prep_in(p, i)->type != *want)
			return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "input %u of another type than %s",
					      (unsigned)i, ew_tensor_type_name(*want));
	for (uint32_t i = 0; i < p->op->output_count; i++, want++)
		if (ewi_prep_output(p, i)->type != *want)
			return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "output %u of another type than %s",
					      (unsigned)i, ew_tensor_type_name(*want));
	return EW_OK;
}

/* Constant operands begin at input `first`. */
static enum ew_status places(struct ewi_prep *p, uint32_t first)
{
	enum ew_status st = EW_OK;

	for (uint32_t i = 0; st == EW_OK && i < p->op->input_count; i++) {
		if (i < first)
			st = ewi_prep_readable(p, ewi_prep_in(p, i), "input");
		else if (!ewi_prep_in(p, i)->data)
			st = ewi_prep_error(p, EW_ERR_UNSUPPORTED, "input %u, which is computed", (unsigned)i);
	}
	return st;
}

static enum ew_status counts(struct ewi_prep *p, uint32_t got, uint32_t want, const char *what)
{
	if (got == want)
		return EW_OK;
	return ewi_prep_error(p, EW_ERR_INVALID, "%u %s, not %u", (unsigned)got, what, (unsigned)want);
}

/* Types, places and parameters. */
static enum ew_status begin(struct ewi_prep *p, const uint8_t *want, uint32_t first_const, size_t size, void *out)
{
	enum ew_status st = types(p, want);

	if (st == EW_OK)
		st = places(p, first_const);
	return st == EW_OK ? ewi_model_alloc(p->m, 1, size, out, p->err) : st;
}

/* ---- operators ----------------------------------------------------------------------------------- */

enum ew_status ewi_prepare_signal_window(struct ewi_prep *p)
{
	static const uint8_t want[] = {EW_TENSOR_I16, EW_TENSOR_I16, EW_TENSOR_I16};
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *window = ewi_prep_in(p, 1);
	struct ewi_signal_window *s;
	int64_t shift = 0;
	enum ew_status st = begin(p, want, 1, sizeof(*s), &s);

	if (st == EW_OK)
		st = option(p, "shift", 0, 31, &shift);
	if (st == EW_OK)
		st = counts(p, ewi_prep_out(p)->count, in->count, "outputs");
	if (st == EW_OK && (window->count == 0 || in->count % window->count != 0))
		return ewi_prep_error(p, EW_ERR_INVALID, "%u samples in windows of %u", (unsigned)in->count,
				      (unsigned)window->count);
	if (st != EW_OK)
		return st;
	*s = (struct ewi_signal_window){in->count, window->count, (int32_t)shift};
	return ewi_prep_kernel(p, ewi_slot_signal_window, s, 0);
}

enum ew_status ewi_prepare_signal_fft_auto_scale(struct ewi_prep *p)
{
	static const uint8_t want[] = {EW_TENSOR_I16, EW_TENSOR_I16, EW_TENSOR_I32};
	struct ewi_signal_scale *s;
	enum ew_status st = begin(p, want, 1, sizeof(*s), &s);

	if (st == EW_OK)
		st = counts(p, ewi_prep_out(p)->count, ewi_prep_in(p, 0)->count, "outputs");
	if (st == EW_OK)
		st = counts(p, ewi_prep_output(p, 1)->count, 1, "scales");
	if (st != EW_OK)
		return st;
	s->count = ewi_prep_in(p, 0)->count;
	ewi_prep_list(p);
	return ewi_prep_kernel(p, ewi_slot_signal_scale, s, 0);
}

/* What SignalRfft transforms; `one` is a turn by nothing, in fixed point with all bits behind the point. */
static const struct sample {
	uint8_t type, bytes;
	double one;
	const struct ewi_kernel *slot;
} samples[] = {
	{EW_TENSOR_I16, 2, 32767.0, ewi_slot_signal_rfft},
	{EW_TENSOR_I32, 4, 2147483647.0, ewi_slot_signal_rfft_s32},
	{EW_TENSOR_F32, 4, 1.0, ewi_slot_signal_rfft_f32},
};

/* By the input's type; the first when it is none of them, which is then refused. */
static const struct sample *sample_of(const struct ewi_tensor *in)
{
	for (size_t i = 0; in && i < sizeof(samples) / sizeof(samples[0]); i++)
		if (samples[i].type == in->type)
			return &samples[i];
	return &samples[0];
}

/* exp(i angle), number `at` of a table. */
static void put_turn(const struct sample *s, void *turns, size_t at, double angle)
{
	double parts[2] = {ewi_cos(angle), ewi_sin(angle)};

	for (size_t i = 0; i < 2; i++) {
		double v = 0.5 + s->one * parts[i];
		int32_t n = (int32_t)v;

		n -= (double)n > v; /* towards minus infinity */
		if (s->type == EW_TENSOR_F32)
			((float *)turns)[2 * at + i] = (float)parts[i];
		else if (s->type == EW_TENSOR_I32)
			((int32_t *)turns)[2 * at + i] = n;
		else
			((int16_t *)turns)[2 * at + i] = (int16_t)n;
	}
}

#define PI 3.14159265358979323846

enum ew_status ewi_prepare_signal_rfft(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	const struct sample *sample = sample_of(in);
	const uint8_t want[] = {sample->type, sample->type};
	struct ewi_signal_rfft *s;
	int64_t length = 0;
	uint8_t *turns;
	uint32_t half;
	enum ew_status st = begin(p, want, 1, sizeof(*s), &s);

	if (st == EW_OK)
		st = option(p, "fft_length", 4, 1 << 15, &length);
	if (st == EW_OK && (length & (length - 1)) != 0)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "a length of %d, which is no power of 2", (int)length);
	if (st == EW_OK && (in->rank == 0 || in->count == 0))
		return ewi_prep_error(p, EW_ERR_INVALID, "no samples");
	if (st != EW_OK)
		return st;
	half = (uint32_t)length / 2;
	s->in = ewi_tensor_dim(p->m, in, in->rank - 1u);
	s->rows = in->count / s->in;
	s->length = (uint32_t)length;
	if (s->in > s->length || out->count != (uint64_t)s->rows * 2 * (half + 1))
		return ewi_prep_error(p, EW_ERR_INVALID, "%u samples a row, %u outputs for %u points",
				      (unsigned)s->in, (unsigned)out->count, (unsigned)s->length);
	st = ewi_model_alloc(p->m, half + half / 2, 2 * sample->bytes, &turns, p->err);
	if (st != EW_OK)
		return st;
	for (uint32_t i = 0; i < half; i++)
		put_turn(sample, turns, i, -2 * PI * i / half);
	s->turns = turns;
	s->super_turns = turns + 2 * sample->bytes * half;
	for (uint32_t i = 0; i < half / 2; i++)
		put_turn(sample, turns, half + i, -PI * ((double)(i + 1) / half + 0.5));
	return ewi_prep_kernel(p, sample->slot, s, 0);
}

enum ew_status ewi_prepare_signal_energy(struct ewi_prep *p)
{
	static const uint8_t want[] = {EW_TENSOR_I16, EW_TENSOR_U32};
	uint32_t count = ewi_prep_out(p)->count;
	struct ewi_signal_energy *s;
	enum ew_status st = begin(p, want, 1, sizeof(*s), &s);

	if (st == EW_OK) {
		const struct number numbers[] = {{"start_index", 0, count, &s->first},
						 {"end_index", 0, count, &s->end}};

		st = options(p, numbers, 2);
	}
	if (st == EW_OK && ewi_prep_in(p, 0)->count != 2ull * count)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u numbers to %u energies",
				      (unsigned)ewi_prep_in(p, 0)->count, (unsigned)count);
	if (st != EW_OK)
		return st;
	s->count = count;
	return ewi_prep_kernel(p, ewi_slot_signal_energy, s, 0);
}

/* Every place that a channel reaches is in the spectrum and in the weights. */
static enum ew_status check_channels(struct ewi_prep *p, const struct ewi_signal_filter_bank *s)
{
	uint32_t bins = ewi_prep_in(p, 0)->count, weights = ewi_prep_in(p, 1)->count;

	if (ewi_prep_in(p, 2)->count < weights)
		weights = ewi_prep_in(p, 2)->count;
	for (uint32_t i = 0; i <= s->channels; i++) {
		int32_t freq = (int16_t)ewi_le16(s->freq_starts + 2 * i), width = (int16_t)ewi_le16(s->widths + 2 * i);
		int32_t weight = (int16_t)ewi_le16(s->weight_starts + 2 * i);

		if (width > 0 && (freq < 0 || weight < 0 || (uint32_t)(freq + width) > bins ||
				  (uint32_t)(weight + width) > weights))
			return ewi_prep_error(p, EW_ERR_INVALID, "channel %u: %d from %d and %d", (unsigned)i,
					      (int)width, (int)freq, (int)weight);
	}
	return EW_OK;
}

enum ew_status ewi_prepare_signal_filter_bank(struct ewi_prep *p)
{
	static const uint8_t want[] = {EW_TENSOR_U32, EW_TENSOR_I16, EW_TENSOR_I16, EW_TENSOR_I16,
				       EW_TENSOR_I16, EW_TENSOR_I16, EW_TENSOR_U64};
	struct ewi_signal_filter_bank *s;
	int64_t channels = 0;
	enum ew_status st = begin(p, want, 1, sizeof(*s), &s);

	if (st == EW_OK)
		st = option(p, "num_channels", 1, 1 << 15, &channels);
	if (st == EW_OK && p->m->config.max_batch > 1)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "a batch");
	if (st == EW_OK)
		st = counts(p, ewi_prep_out(p)->count, (uint32_t)channels, "outputs");
	for (uint32_t i = 3; st == EW_OK && i < 6; i++)
		st = counts(p, ewi_prep_in(p, i)->count, (uint32_t)channels + 1, "starts or widths");
	if (st != EW_OK)
		return st;
	*s = (struct ewi_signal_filter_bank){(uint32_t)channels, ewi_prep_in(p, 1)->data,
					     ewi_prep_in(p, 2)->data, ewi_prep_in(p, 3)->data,
					     ewi_prep_in(p, 4)->data, ewi_prep_in(p, 5)->data};
	st = check_channels(p, s);
	return st == EW_OK ? ewi_prep_kernel(p, ewi_slot_signal_filter_bank, s, 0) : st;
}

enum ew_status ewi_prepare_signal_root(struct ewi_prep *p)
{
	static const uint8_t want[] = {EW_TENSOR_U64, EW_TENSOR_I32, EW_TENSOR_U32};
	struct ewi_signal_scale *s;
	enum ew_status st = begin(p, want, 2, sizeof(*s), &s);

	if (st == EW_OK)
		st = counts(p, ewi_prep_out(p)->count, ewi_prep_in(p, 0)->count, "outputs");
	if (st == EW_OK)
		st = counts(p, ewi_prep_in(p, 1)->count, 1, "scales");
	if (st != EW_OK)
		return st;
	s->count = ewi_prep_in(p, 0)->count;
	return ewi_prep_kernel(p, ewi_slot_signal_root, s, 0);
}

enum ew_status ewi_prepare_signal_spectral(struct ewi_prep *p)
{
	static const uint8_t want[] = {EW_TENSOR_U32, EW_TENSOR_U32, EW_TENSOR_U32};
	uint32_t count = ewi_prep_in(p, 0)->count, clamping = 0;
	struct ewi_signal_spectral *s;
	enum ew_status st = begin(p, want, 1, sizeof(*s), &s);

	if (st == EW_OK) {
		const struct number numbers[] = {
			{"num_channels", count, count, &s->channels},
			{"smoothing", 0, INT32_MAX, &s->smoothing},
			{"one_minus_smoothing", 0, INT32_MAX, &s->one_minus},
			{"alternate_smoothing", 0, INT32_MAX, &s->alternate_smoothing},
			{"alternate_one_minus_smoothing", 0, INT32_MAX, &s->alternate_one_minus},
			{"min_signal_remaining", 0, INT32_MAX, &s->min_remaining},
			{"smoothing_bits", 0, 31, &s->smoothing_bits},
			{"spectral_subtraction_bits", 0, 31, &s->subtraction_bits},
			{"clamping", 0, 1, &clamping},
		};

		st = options(p, numbers, sizeof(numbers) / sizeof(numbers[0]));
	}
	if (st == EW_OK)
		st = counts(p, ewi_prep_out(p)->count, count, "outputs");
	if (st == EW_OK && ewi_prep_output(p, 1)->count > count)
		st = counts(p, ewi_prep_output(p, 1)->count, count, "estimates");
	if (st == EW_OK)
		st = ewi_prep_state(p, (uint64_t)count * sizeof(uint32_t));
	if (st != EW_OK)
		return st;
	s->clamping = clamping;
	s->estimates = ewi_prep_output(p, 1)->count;
	ewi_prep_list(p);
	return ewi_prep_kernel(p, ewi_slot_signal_spectral, s, 0);
}

enum ew_status ewi_prepare_signal_pcan(struct ewi_prep *p)
{
	static const uint8_t want[] = {EW_TENSOR_U32, EW_TENSOR_U32, EW_TENSOR_I16, EW_TENSOR_U32};
	const struct ewi_tensor *in = ewi_prep_in(p, 0);
	struct ewi_signal_pcan *s;
	enum ew_status st = begin(p, want, 2, sizeof(*s), &s);

	if (st == EW_OK) {
		const struct number numbers[] = {{"snr_shift", 0, 63, &s->shift}};

		st = options(p, numbers, 1);
	}
	if (st == EW_OK)
		st = counts(p, ewi_prep_out(p)->count, in->count, "outputs");
	if (st == EW_OK)
		st = counts(p, ewi_prep_in(p, 1)->count, in->count, "estimates");
	if (st == EW_OK && ewi_prep_in(p, 2)->count < EWI_PCAN_GAINS)
		st = counts(p, ewi_prep_in(p, 2)->count, EWI_PCAN_GAINS, "gains");
	if (st != EW_OK)
		return st;
	s->channels = in->count;
	s->gains = ewi_prep_in(p, 2)->data;
	return ewi_prep_kernel(p, ewi_slot_signal_pcan, s, 0);
}

enum ew_status ewi_prepare_signal_log(struct ewi_prep *p)
{
	static const uint8_t want[] = {EW_TENSOR_U32, EW_TENSOR_I16};
	struct ewi_signal_log *s;
	enum ew_status st = begin(p, want, 1, sizeof(*s), &s);

	if (st == EW_OK) {
		const struct number numbers[] = {{"input_correction_bits", 0, 31, &s->bits},
						 {"output_scale", 0, INT32_MAX, &s->scale}};

		st = options(p, numbers, 2);
	}
	if (st == EW_OK)
		st = counts(p, ewi_prep_out(p)->count, ewi_prep_in(p, 0)->count, "outputs");
	if (st != EW_OK)
		return st;
	s->channels = ewi_prep_in(p, 0)->count;
	return ewi_prep_kernel(p, ewi_slot_signal_log, s, 0);
}
#endif
