/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bench_infer.c - whole models, a row for each instruction set: one window, and a batch of 16 by the window.
 *
 * Generated models stand for the demo's autoencoder and for the anomaly-detection one of MLPerf Tiny, so
 * that a clone has something to time; the five real ones, and --model, are taken where they are.  Before anything
 * is timed every instruction set gives the definition's bytes on the same noise, and those of TensorFlow Lite
 * Micro where the data folder has them.
 *
 * --peer NAME=COMMAND times another program beside: it is started in turn with this one, on the same core, and prints
 * how many microseconds its fastest inference of {model} took (the first number of its output).
 */
#include "../tests/tensor/tfl.h"
#include "base/cpu.h"
#include "cpu_text.h"
#include "harness.h"
#include "process.h"

#define BATCH 16u
#define LAYERS_MAX 10u

static const char usage[] = "  --model FILE   time this .tflite too\n"
			    "  --shared DIR   where the data folder is (EW_SHARED, or ../shared)\n"
			    "  --peer NAME=COMMAND  compare models with another program, in turn on one core;\n"
			    "                 {model} is the file; it prints microseconds\n";

struct subject {
	const char *name;
	uint8_t *bytes;
	size_t size;
	const char *golden; /* folder of its cases below --shared, or NULL */
	const char *path;   /* NULL: not a file */
	const char *peer;   /* NAME=COMMAND, or NULL */
};

struct runner {
	struct ew_model *model;
	struct ew_model_exec *exec;
	uint8_t *in; /* BATCH windows of noise */
	size_t in_bytes, out_bytes;
};

static const struct {
	const char *name;
	uint32_t mask;
} isas[] = {
	{"scalar", EW_ISA_SCALAR},
	{"sse41", EW_ISA_SSE41},
	{"avx2", EW_ISA_SSE41 | EW_ISA_AVX2},
	{"avxvnni", EW_ISA_SSE41 | EW_ISA_AVX2 | EW_ISA_AVXVNNI},
	{"avx512vnni", EW_ISA_SSE41 | EW_ISA_AVX2 | EW_ISA_AVX512 | EW_ISA_AVX512VNNI},
	{"neon", EW_ISA_NEON},
	{"dotprod", EW_ISA_NEON | EW_ISA_DOTPROD},
};

/* ---- generated models ------------------------------------------------------------------------- */

static uint32_t noise(uint32_t *state) /* Marsaglia's xorshift32 */
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Dense int8 layers of these widths with RELU between them; weights are noise of a fixed seed. */
static uint8_t *dense_model(const int32_t *widths, unsigned layers, size_t *size)
{
	struct tfl_tensor tensors[3 * LAYERS_MAX + 1];
	struct tfl_op ops[LAYERS_MAX];
	const int32_t in = 0, out = (int32_t)layers;
	struct tfl m = {.tensors = tensors, .tensor_count = 3 * layers + 1, .ops = ops, .op_count = layers,
			.inputs = &in, .input_count = 1, .outputs = &out, .output_count = 1};
	uint8_t *data[2 * LAYERS_MAX], *bytes;
	uint32_t seed = 2026;

	for (unsigned i = 0; i <= layers; i++)
		tensors[i] = (struct tfl_tensor){.name = "a", .type = EW_TENSOR_I8, .rank = 2,
						 .dims = {1, widths[i]}, .scale_count = 1, .scale = 0.05f, .zero = -20};
	for (unsigned i = 0; i < layers; i++) {
		size_t weights = (size_t)widths[i] * (size_t)widths[i + 1], biases = 4 * (size_t)widths[i + 1];

		data[2 * i] = malloc(weights);
		data[2 * i + 1] = calloc(1, biases);
		for (size_t k = 0; k < weights; k++)
			data[2 * i][k] = (uint8_t)(noise(&seed) >> 24);
		for (size_t k = 0; k < biases; k += 4)
			ewi_put_le16(data[2 * i + 1] + k, (uint16_t)(noise(&seed) >> 20));
		tensors[layers + 1 + 2 * i] = (struct tfl_tensor){
			.name = "w", .type = EW_TENSOR_I8, .rank = 2, .dims = {widths[i + 1], widths[i]}, .scale_count = 1,
			.scale = 0.3f / (float)widths[i], .data = data[2 * i], .data_bytes = weights};
		tensors[layers + 2 + 2 * i] = (struct tfl_tensor){
			.name = "b", .type = EW_TENSOR_I32, .rank = 1, .dims = {widths[i + 1]}, .data = data[2 * i + 1],
			.data_bytes = biases};
		ops[i] = (struct tfl_op){.code = 9, .version = 4, .in_count = 3,
					 .in = {(int32_t)i, (int32_t)(layers + 1 + 2 * i), (int32_t)(layers + 2 + 2 * i)},
					 .out = {(int32_t)i + 1}, .options = OPTIONS_FC,
					 .option = {i + 1 < layers ? ACT_RELU : ACT_NONE}};
	}
	bytes = tfl_build(&m, size);
	for (unsigned i = 0; i < 2 * layers; i++)
		free(data[i]);
	return bytes;
}

/* ---- running ---------------------------------------------------------------------------------- */

static uint8_t *read_all(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	long n;

	if (!f)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0) {
		p = malloc((size_t)n + 1);
		*size = p ? fread(p, 1, (size_t)n, f) : 0;
	}
	fclose(f);
	return p;
}

/* Noise that is right for floats too: small ones. */
static void fill(uint8_t *p, size_t bytes, enum ew_tensor_type type, uint32_t seed)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = (uint8_t)(noise(&seed) >> 24);
	for (size_t i = 0; type == EW_TENSOR_F32 && i + 4 <= bytes; i += 4) {
		float v = (float)(int8_t)p[i] / 32.0f;

		memcpy(p + i, &v, 4);
	}
}

static bool open_runner(struct bench *b, const struct subject *s, uint32_t mask, uint32_t batch, struct runner *r)
{
	struct ew_model_config config = {.struct_bytes = sizeof(config), .isa_mask = mask, .max_batch = batch};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_tensor_info in, out;
	struct ew_error err;

	memset(r, 0, sizeof(*r));
	if (!bench_check(b, ew_model_load(&r->model, s->bytes, s->size, &config, &alloc, &err) == EW_OK, "%s: %s",
			 s->name, err.text) ||
	    !bench_check(b, ew_model_exec_create(&r->exec, r->model, &alloc, &err) == EW_OK, "%s: %s", s->name,
			 err.text))
		return false;
	if (!bench_check(b, ew_model_input_info(r->model, 0, &in) == EW_OK && ew_model_output_info(r->model, 0, &out) == EW_OK &&
				    ew_model_input_count(r->model) == 1,
			 "%s: only models with one input are timed", s->name))
		return false;
	r->in_bytes = in.bytes;
	r->out_bytes = out.bytes;
	r->in = malloc(BATCH * in.bytes + 1);
	fill(r->in, BATCH * in.bytes, in.type, 7);
	return true;
}

static void close_runner(struct runner *r)
{
	free(r->in);
	ew_model_exec_destroy(r->exec);
	ew_model_free(r->model);
}

/* `windows` windows in one run; returns where their outputs are. */
static const uint8_t *run(struct runner *r, const uint8_t *in, uint32_t windows)
{
	struct ew_tensor_span span;
	struct ew_tensor_view view;

	ew_model_exec_set_batch(r->exec, windows);
	ew_model_exec_input(r->exec, 0, &span);
	memcpy(span.data, in, windows * r->in_bytes);
	ew_model_exec_run(r->exec);
	ew_model_exec_output(r->exec, 0, &view);
	return view.data;
}

/* ---- answers ---------------------------------------------------------------------------------- */

static bool same_as_definition(struct bench *b, const struct subject *s, const char *isa, uint32_t mask)
{
	struct runner ref, r = {0};
	bool ok = open_runner(b, s, EW_ISA_SCALAR, 1, &ref) && open_runner(b, s, mask, BATCH, &r);

	for (uint32_t batch = 1; ok && batch <= BATCH; batch += BATCH - 1) {
		const uint8_t *out = run(&r, r.in, batch);

		for (uint32_t w = 0; ok && w < batch; w++)
			ok = bench_check(b, memcmp(run(&ref, r.in + w * r.in_bytes, 1), out + w * r.out_bytes, r.out_bytes) == 0,
					 "%s/%s: window %u of %u differs from the definition", s->name, isa, w, batch);
	}
	close_runner(&ref);
	close_runner(&r);
	return ok;
}

static bool same_as_golden(struct bench *b, const struct subject *s, const char *shared, const char *isa, uint32_t mask)
{
	struct runner r = {0};
	bool ok = open_runner(b, s, mask, 1, &r);
	unsigned n = 0;

	for (; ok && n < 100; n++) {
		char path[1024];
		size_t in_size = 0, out_size = 0;
		uint8_t *in, *out;

		snprintf(path, sizeof(path), "%s/%s.in%02u.bin", shared, s->golden, n);
		in = read_all(path, &in_size);
		snprintf(path, sizeof(path), "%s/%s.out%02u.bin", shared, s->golden, n);
		out = read_all(path, &out_size);
		if (in && out)
			ok = bench_check(b, in_size == r.in_bytes && out_size == r.out_bytes &&
						    memcmp(run(&r, in, 1), out, out_size) == 0,
					 "%s/%s: case %u differs from TensorFlow Lite Micro", s->name, isa, n);
		free(in);
		free(out);
		if (!in || !out)
			break;
	}
	close_runner(&r);
	return ok && bench_check(b, n > 0, "%s: no cases", s->name);
}

/* ---- time ------------------------------------------------------------------------------------- */

static bool work(void *ctx, uint64_t iters)
{
	struct runner *r = ctx;

	while (iters-- > 0)
		ew_model_exec_run(r->exec);
	return true;
}

static uint64_t macs(const struct ew_model *m)
{
	struct ew_operator_info op;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < ew_model_operator_count(m); i++)
		if (ew_model_operator(m, i, &op) == EW_OK)
			sum += op.macs;
	return sum;
}

static void time_row(struct bench *b, const struct subject *s, const char *isa, uint32_t mask)
{
	struct runner one = {0}, many = {0};
	struct bench_stat single, batch;
	size_t persistent, transient;
	char row[128];

	snprintf(row, sizeof(row), "%s/%s", s->name, isa);
	if (!bench_wanted(b, row))
		return;
	if (open_runner(b, s, mask, 1, &one) && open_runner(b, s, mask, BATCH, &many)) {
		run(&one, one.in, 1);
		run(&many, many.in, BATCH);
		/* What a run leaves in its input is good enough an input: no operator's time depends on values. */
		if (bench_time(b, work, &one, &single) && bench_time(b, work, &many, &batch)) {
			ew_model_arena_size(one.model, &persistent, &transient);
			bench_row(b, row);
			bench_num(b, "us", single.median / 1e3, 3);
			bench_num(b, "min_us", single.min / 1e3, 3);
			bench_pct(b, "spread", single.spread);
			bench_num(b, "gops", 2.0 * (double)macs(one.model) / single.median, 1);
			bench_num(b, "batch16_us", batch.median / 1e3 / BATCH, 3);
			bench_num(b, "batch16_gops", 2.0 * (double)macs(one.model) * BATCH / batch.median, 1);
			bench_uint(b, "persistent", persistent);
			bench_uint(b, "transient", transient);
			bench_end(b);
		}
	}
	close_runner(&one);
	close_runner(&many);
}

/* The fastest of many runs, one by one, in microseconds. */
static double fastest(struct bench *b, struct runner *r)
{
	uint64_t end = bench_now_ns() + (uint64_t)b->min_ms * 1000000, best = UINT64_MAX;

	do {
		uint64_t t = bench_now_ns();

		ew_model_exec_run(r->exec);
		t = bench_now_ns() - t;
		best = t < best ? t : best;
	} while (bench_now_ns() < end);
	return (double)best / 1e3;
}

#define PEER_SECONDS 60u

/* The first number that a command prints; 0: none. */
static double peer_us(struct bench *b, const struct subject *s, const char *command)
{
	const struct process_place place = {"{model}", s->path};
	struct process_result r;
	double us = 0;

	if (!bench_check(b, process_run(command, &place, 1, PEER_SECONDS, &r) && r.finished, "%s: '%s' %s", s->name,
			 command, r.why))
		return 0;
	bench_check(b, sscanf(r.output, "%lf", &us) == 1 && us > 0, "%s: '%s' prints no time", s->name, command);
	return us;
}

/* One round after the other: ours, the peer's.  The ratio is that of the median round; us are the fastest ones. */
static void peer_row(struct bench *b, const struct subject *s)
{
	const char *command = s->peer ? strchr(s->peer, '=') : NULL;
	double ratios[BENCH_RUNS_MAX], ours = 0, theirs = 0;
	struct runner r = {0};
	char row[128];

	if (!command || !s->path)
		return;
	snprintf(row, sizeof(row), "%s/%.*s", s->name, (int)(command - s->peer), s->peer);
	if (!bench_wanted(b, row) || !open_runner(b, s, 0, 1, &r)) {
		close_runner(&r);
		return;
	}
	run(&r, r.in, 1);
	for (unsigned i = 0; i < b->runs; i++) {
		double a = fastest(b, &r), p = peer_us(b, s, command + 1);

		if (p <= 0)
			break;
		ratios[i] = a / p;
		ours = i == 0 || a < ours ? a : ours;
		theirs = i == 0 || p < theirs ? p : theirs;
		if (i + 1 == b->runs) {
			struct bench_stat stat = bench_stat_of(ratios, b->runs);

			bench_row(b, row);
			bench_num(b, "us", ours, 3);
			bench_num(b, "peer_us", theirs, 3);
			bench_num(b, "of_peer", stat.median, 3);
			bench_num(b, "of_peer_fastest", ours / theirs, 3);
			bench_end(b);
		}
	}
	close_runner(&r);
}

static bool load_work(void *ctx, uint64_t iters)
{
	const struct subject *s = ctx;
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_model_exec *x;
	struct ew_model *m;
	bool ok = true;

	while (ok && iters-- > 0) {
		ok = ew_model_load(&m, s->bytes, s->size, NULL, &alloc, NULL) == EW_OK &&
		     ew_model_exec_create(&x, m, &alloc, NULL) == EW_OK;
		if (ok)
			ew_model_exec_destroy(x);
		ew_model_free(m);
	}
	return ok;
}

static void subject(struct bench *b, struct subject *s, const char *shared)
{
	struct bench_stat load;
	char row[128];

	for (size_t i = 0; i < sizeof(isas) / sizeof(isas[0]); i++) {
		if (isas[i].mask & ~ew_model_isa())
			continue;
		if (!same_as_definition(b, s, isas[i].name, isas[i].mask) ||
		    (s->golden && !same_as_golden(b, s, shared, isas[i].name, isas[i].mask)))
			return;
		time_row(b, s, isas[i].name, isas[i].mask);
	}
	peer_row(b, s);
	snprintf(row, sizeof(row), "%s/load", s->name);
	if (bench_wanted(b, row) && bench_time(b, load_work, s, &load)) {
		bench_row(b, row);
		bench_num(b, "us", load.median / 1e3, 3);
		bench_num(b, "min_us", load.min / 1e3, 3);
		bench_pct(b, "spread", load.spread);
		bench_end(b);
	}
}

static void file_subject(struct bench *b, const char *name, const char *path, const char *golden, const char *shared,
			 const char *peer)
{
	struct subject s = {.name = name, .golden = golden, .path = path, .peer = peer};

	s.bytes = read_all(path, &s.size);
	if (s.bytes)
		subject(b, &s, shared);
	else
		bench_check(b, golden != NULL, "%s cannot be read", path);
	free(s.bytes);
}

int main(int argc, char **argv)
{
	static const int32_t fleet[] = {32, 24, 10, 24, 32};
	static const int32_t ad[] = {640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640};
	/* The five of MLPerf Tiny. */
	static const char *const mlperf[] = {"ad01_int8", "kws_ref_model", "pretrainedResnet_quant", "vww_96_int8",
					     "str_ww_ref_model"};
	struct subject small = {.name = "dense_32"}, large = {.name = "dense_640"};
	char cpu[CPU_TEXT_BYTES], path[1024];
	const char *model, *shared, *peer;
	struct bench b;
	int rc = bench_init(&b, "bench-infer", cpu_text(ewi_cpu_features(), cpu), usage, &argc, argv);

	if (rc != BENCH_GO)
		return rc;
	model = bench_option("--model", &argc, argv);
	shared = bench_option("--shared", &argc, argv);
	peer = bench_option("--peer", &argc, argv);
	rc = bench_no_more(&b, argc, argv);
	if (rc != BENCH_GO)
		return rc;
	shared = shared ? shared : getenv("EW_SHARED") ? getenv("EW_SHARED") : "../shared";

	small.bytes = dense_model(fleet, 4, &small.size);
	subject(&b, &small, shared);
	free(small.bytes);
	large.bytes = dense_model(ad, 10, &large.size);
	subject(&b, &large, shared);
	free(large.bytes);
	for (size_t i = 0; i < sizeof(mlperf) / sizeof(mlperf[0]); i++) {
		char golden[256];

		snprintf(golden, sizeof(golden), "data/nn/models/%s/%s", mlperf[i], mlperf[i]);
		snprintf(path, sizeof(path), "%s/%s.tflite", shared, golden);
		file_subject(&b, mlperf[i], path, golden, shared, peer);
	}
	if (model)
		file_subject(&b, "model", model, NULL, shared, peer);
	return bench_finish(&b);
}
