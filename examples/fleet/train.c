/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * train.c - fleet-train: learns what sound machines look like, and writes it
 * down as an int8 .tflite file with its version, its threshold and the
 * scaling of its inputs in the file's metadata.
 *
 * Only healthy machines are shown, and other ones (other seeds) than the demo
 * judges.  The threshold is what a window of a sound machine exceeds about
 * once in --once windows, measured with the int8 network on a third fleet.
 * The same options give the same file, byte for byte, on every machine.
 */
#include "strict_float.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "autoencoder.h"
#include "quantise.h"
#include "rng.h"
#include "sim.h"
#include "tflite_writer.h"
#include "vib_features.h"

#define WINDOWS_PER_MACHINE 10u
#define INPUT_SCALE (1.0f / 16.0f)	/* of a standard deviation */

struct options {
	const char *out;
	uint64_t seed;
	uint32_t machines, epochs, calibrate;
	float margin;
	int quiet;
};

/* `count` rows of features, or of quantised ones. */
struct data {
	uint32_t count;
	float (*raw)[FLEET_FEATURES];
	int8_t (*q)[FLEET_FEATURES];
	float (*in)[FLEET_FEATURES];	/* what the int8 numbers stand for */
};

struct work {
	struct options opt;
	struct data train, calibration;
	struct fleet_norm norm;
	struct ae_net net;
	struct q_net q;
	float threshold;
	char version[32];
};

static void say(const struct options *opt, const char *text)
{
	if (!opt->quiet)
		fputs(text, stderr);
}

static void data_free(struct data *d)
{
	free(d->raw);
	free(d->q);
	free(d->in);
}

/* Windows of `machines` sound machines, as features. */
static int collect(struct data *d, uint32_t machines, uint64_t seed)
{
	const struct fleet_sim_config config = { machines, WINDOWS_PER_MACHINE, 0, seed };
	struct fleet_sim *sim = fleet_sim_create(&config);
	struct fleet_work work;
	uint8_t window[FLEET_WINDOW_BYTES];
	int rc = -1;

	d->count = machines * WINDOWS_PER_MACHINE;
	d->raw = calloc(d->count, sizeof(*d->raw));
	d->q = calloc(d->count, sizeof(*d->q));
	d->in = calloc(d->count, sizeof(*d->in));
	if (sim && d->raw && d->q && d->in) {
		for (uint32_t i = 0; i < d->count; i++) {
			fleet_sim_window(sim, i % machines, window);
			fleet_features(window, sizeof(window), &work, d->raw[i]);
		}
		rc = 0;
	}
	fleet_sim_destroy(sim);
	return rc;
}

/* Mean 0 and standard deviation 1 over the training data, in doubles. */
static void standardise(const struct data *d, struct fleet_norm *norm)
{
	for (uint32_t k = 0; k < FLEET_FEATURES; k++) {
		double sum = 0.0, squares = 0.0;

		for (uint32_t i = 0; i < d->count; i++)
			sum += (double)d->raw[i][k];
		sum /= d->count;
		for (uint32_t i = 0; i < d->count; i++) {
			const double v = (double)d->raw[i][k] - sum;

			squares += v * v;
		}
		norm->mean[k] = (float)sum;
		norm->gain[k] = ae_rsqrt((float)(squares / d->count) + 1e-6f) / INPUT_SCALE;
	}
}

static void quantise_inputs(struct data *d, const struct fleet_norm *norm)
{
	for (uint32_t i = 0; i < d->count; i++) {
		fleet_quantise(d->raw[i], norm, d->q[i]);
		for (uint32_t k = 0; k < FLEET_FEATURES; k++)
			d->in[i][k] = (float)d->q[i][k] * INPUT_SCALE;
	}
}

/* Fisher and Yates. */
static void shuffle(uint32_t *order, uint32_t n, uint64_t *rng)
{
	for (uint32_t i = n; i > 1; i--) {
		const uint32_t j = fleet_rng_below(rng, i), t = order[i - 1];

		order[i - 1] = order[j];
		order[j] = t;
	}
}

static int train(struct work *w)
{
	const uint32_t batches = w->train.count / AE_BATCH;
	uint32_t *order = calloc(w->train.count, sizeof(*order));
	struct ae_trainer *t = ae_trainer_create(&w->net);
	uint64_t rng = fleet_rng_fork(w->opt.seed, 0, 4);
	float rate = 0.002f;
	int rc = -1;

	if (order && t) {
		for (uint32_t i = 0; i < w->train.count; i++)
			order[i] = i;
		for (uint32_t e = 0; e < w->opt.epochs; e++) {
			double loss = 0.0;

			shuffle(order, w->train.count, &rng);
			for (uint32_t b = 0; b < batches; b++) {
				const float *rows[AE_BATCH];

				for (uint32_t s = 0; s < AE_BATCH; s++)
					rows[s] = w->train.in[order[b * AE_BATCH + s]];
				loss += (double)ae_train(t, rows, rate);
			}
			rate *= 0.88f;
			if (!w->opt.quiet)
				fprintf(stderr, "  epoch %2" PRIu32 "  mean squared error %.4f\n",
					e + 1, loss / batches);
		}
		rc = 0;
	}
	ae_trainer_destroy(t);
	free(order);
	return rc;
}

/* The largest number that leaves each layer on a part of the training data. */
static void observe(const struct work *w, float top[AE_LAYERS])
{
	float out[AE_LAYERS][AE_WIDTH_MAX];

	memset(top, 0, sizeof(float) * AE_LAYERS);
	for (uint32_t i = 0; i < w->train.count; i += 4) {
		ae_run(&w->net, w->train.in[i], out);
		for (uint32_t l = 0; l < AE_LAYERS; l++)
			for (uint32_t o = 0; o < ae_widths[l + 1]; o++)
				if (out[l][o] > top[l])
					top[l] = out[l][o];
	}
}

static int by_size(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* The largest score of the calibration fleet, with a margin above. */
static int choose_threshold(struct work *w)
{
	const struct fleet_quant quant = { INPUT_SCALE, INPUT_SCALE, 0, 0 };
	const uint32_t n = w->calibration.count;
	float *score = calloc(n, sizeof(*score));
	int8_t out[FLEET_FEATURES];

	if (!score)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		q_run(&w->q, w->calibration.q[i], out);
		score[i] = fleet_judge(w->calibration.q[i], out, FLEET_FEATURES, &quant).score;
	}
	qsort(score, n, sizeof(*score), by_size);
	w->threshold = score[n - 1] * w->opt.margin;
	if (!w->opt.quiet)
		fprintf(stderr,
			"  scores of %" PRIu32 " sound windows: median %.3f, 99 %% %.3f, 99.9 %% %.3f, largest %.3f\n",
			n, (double)score[n / 2], (double)score[n - 1 - n / 100],
			(double)score[n - 1 - n / 1000], (double)score[n - 1]);
	free(score);
	return 0;
}

/* 1.0.0 and a digest (FNV-1a) of what was learnt: an alert names the very
 * network that raised it. */
static void name_version(struct work *w)
{
	uint32_t h = 2166136261u;

	for (uint32_t l = 0; l < AE_LAYERS; l++)
		for (uint32_t i = 0; i < ae_widths[l] * ae_widths[l + 1]; i++)
			h = (h ^ (uint8_t)w->q.layer[l].w[i]) * 16777619u;
	snprintf(w->version, sizeof(w->version), "1.0.0-%08" PRIx32, h);
}

static uint8_t *encode(const struct work *w, size_t *bytes)
{
	uint8_t norm[FLEET_NORM_BYTES], threshold[4];
	const struct tflite_metadata metadata[3] = {
		{ "edgewasm.version", w->version, (uint32_t)strlen(w->version) },
		{ "edgewasm.threshold", threshold, sizeof(threshold) },
		{ "edgewasm.norm", norm, sizeof(norm) },
	};

	fleet_put32(threshold, fleet_float_bits(w->threshold));
	for (uint32_t i = 0; i < FLEET_FEATURES; i++) {
		fleet_put32(norm + 4 * i, fleet_float_bits(w->norm.mean[i]));
		fleet_put32(norm + 4 * (FLEET_FEATURES + i), fleet_float_bits(w->norm.gain[i]));
	}
	return tflite_write(&w->q, "spindle vibration autoencoder, int8", metadata, 3, bytes);
}

static int save(const struct work *w)
{
	size_t bytes = 0;
	uint8_t *file = encode(w, &bytes);
	FILE *f = file ? fopen(w->opt.out, "wb") : NULL;
	int rc = -1;

	if (f) {
		rc = fwrite(file, 1, bytes, f) == bytes ? 0 : -1;
		if (fclose(f) != 0)
			rc = -1;
	}
	if (rc != 0)
		fprintf(stderr, "fleet-train: %s: %s\n", w->opt.out, strerror(errno));
	else if (!w->opt.quiet)
		fprintf(stderr, "  wrote %s: version %s, threshold %.4f, %zu bytes\n", w->opt.out,
			w->version, (double)w->threshold, bytes);
	free(file);
	return rc;
}

static int learn(struct work *w)
{
	float top[AE_LAYERS];

	say(&w->opt, "fleet-train: listening to sound machines\n");
	if (collect(&w->train, w->opt.machines, w->opt.seed + 1000) != 0 ||
	    collect(&w->calibration, w->opt.calibrate, w->opt.seed + 2000) != 0)
		return -1;
	standardise(&w->train, &w->norm);
	quantise_inputs(&w->train, &w->norm);
	quantise_inputs(&w->calibration, &w->norm);
	ae_init(&w->net, w->opt.seed);
	if (train(w) != 0)
		return -1;
	observe(w, top);
	q_make(&w->q, &w->net, INPUT_SCALE, top);
	name_version(w);
	return choose_threshold(w);
}

static int usage(void)
{
	fputs("usage: fleet-train -o MODEL.tflite [--seed N] [--machines N] [--epochs N]\n"
	      "                   [--calibrate N] [--margin X] [--quiet]\n"
	      "  trains on 10 windows of each of N sound machines (default 4000, 16 epochs), and\n"
	      "  sets the threshold X (default 1.1) times above the highest score of as many\n"
	      "  windows of N others (default 10000)\n",
	      stderr);
	return 2;
}

/* A whole number within [lo, hi]; 0 says it is none. */
static int number(const char *text, uint64_t lo, uint64_t hi, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && end != text && *end == 0 && text[0] != '-' && *out >= lo &&
	       *out <= hi;
}

static int parse(struct options *opt, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *name = argv[i], *value;
		uint64_t n = 0;

		if (!strcmp(name, "--quiet")) {
			opt->quiet = 1;
			continue;
		}
		if (++i == argc)
			return -1;
		value = argv[i];
		if (!strcmp(name, "-o")) {
			opt->out = value;
		} else if (!strcmp(name, "--seed") && number(value, 0, UINT64_MAX / 2, &n)) {
			opt->seed = n;
		} else if (!strcmp(name, "--machines") && number(value, 4, 100000, &n)) {
			opt->machines = (uint32_t)n;
		} else if (!strcmp(name, "--epochs") && number(value, 1, 1000, &n)) {
			opt->epochs = (uint32_t)n;
		} else if (!strcmp(name, "--calibrate") && number(value, 1, 100000, &n)) {
			opt->calibrate = (uint32_t)n;
		} else if (!strcmp(name, "--margin")) {
			opt->margin = (float)atof(value);
			if (!(opt->margin > 0.0f && opt->margin < 100.0f))
				return -1;
		} else {
			return -1;
		}
	}
	return opt->out ? 0 : -1;
}

int main(int argc, char **argv)
{
	static struct work w = { .opt = { .seed = 1, .machines = 4000, .epochs = 16,
					  .calibrate = 10000, .margin = 1.1f } };
	int rc;

	if (parse(&w.opt, argc, argv) != 0)
		return usage();
	rc = learn(&w);
	if (rc != 0)
		fputs("fleet-train: out of memory\n", stderr);
	else
		rc = save(&w);
	data_free(&w.train);
	data_free(&w.calibration);
	return rc == 0 ? 0 : 1;
}
