/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bench_kernels.c - kernels by themselves: a row for each shape and each variant of its slot that this machine can run,
 * in operations (two to a multiply-accumulate) a second and as a share of what the core can do at most, which is
 * measured first.  Weights are small, as trained ones are, or ("noise") of full range.  Each variant must give the
 * definition's bytes before it is timed.  Behind them rows of the other operators (operators.h), for which an operation is
 * an element where nothing is multiplied and added.  --svg FILE draws the roofline: operations a second over operations a byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cpu.h"
#include "cpu_text.h"
#include "harness.h"
#include "operators.h"
#include "tensor/dispatch.h"

static const char usage[] = "  --svg FILE     draw the roofline of all rows\n";

enum kind { CONV, DWCONV, DENSE };

static const struct shape {
	const char *name;
	enum kind kind;
	uint32_t h, w, in_c, out_c, k_h, k_w, stride; /* DENSE: h rows, in_c depth, out_c units */
	bool noise;
} shapes[] = {
	{"first_96x96x3_8", CONV, 96, 96, 3, 8, 3, 3, 2, false},
	{"first_49x10x1_64", CONV, 49, 10, 1, 64, 10, 4, 2, false},
	{"1x1_48x48x8_16", CONV, 48, 48, 8, 16, 1, 1, 1, false},
	{"1x1_25x5x64_64", CONV, 25, 5, 64, 64, 1, 1, 1, false},
	{"1x1_6x6x128_128", CONV, 6, 6, 128, 128, 1, 1, 1, false},
	{"1x1_28x28x256_256", CONV, 28, 28, 256, 256, 1, 1, 1, false},
	{"1x1_28x28x256_256_noise", CONV, 28, 28, 256, 256, 1, 1, 1, true},
	{"3x3_32x32x16_16", CONV, 32, 32, 16, 16, 3, 3, 1, false},
	{"3x3_8x8x64_64", CONV, 8, 8, 64, 64, 3, 3, 1, false},
	{"3x3_80x80x32_64", CONV, 80, 80, 32, 64, 3, 3, 1, false},
	{"3x3_80x80x32_64_noise", CONV, 80, 80, 32, 64, 3, 3, 1, true},
	{"dw3x3_48x48x8", DWCONV, 48, 48, 8, 8, 3, 3, 1, false},
	{"dw3x3_48x48x16_s2", DWCONV, 48, 48, 16, 16, 3, 3, 2, false},
	{"dw3x3_25x5x64", DWCONV, 25, 5, 64, 64, 3, 3, 1, false},
	{"dw3x3_6x6x128", DWCONV, 6, 6, 128, 128, 3, 3, 1, false},
	{"dw10x1_24x1x128", DWCONV, 24, 1, 128, 128, 10, 1, 1, false},
	{"fc_1x640_128", DENSE, 1, 0, 640, 128, 0, 0, 0, false},
	{"fc_16x640_128", DENSE, 16, 0, 640, 128, 0, 0, 0, false},
	{"fc_16x640_128_noise", DENSE, 16, 0, 640, 128, 0, 0, 0, true},
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))
#define POINTS 200

struct subject {
	const struct ewi_kernel *kernel;
	struct ewi_call call;
};

/* What the plot shows. */
static struct point {
	double ops_byte, gops;
	bool best;
} points[POINTS];
static unsigned point_count;

static void add_point(double ops_byte, double gops, bool best)
{
	if (point_count < POINTS)
		points[point_count++] = (struct point){ops_byte, gops, best};
}

static uint32_t noise(uint32_t *state) /* Marsaglia's xorshift32 */
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void *bytes(size_t n)
{
	void *p = aligned_alloc(64, (n + 127) / 64 * 64);

	if (!p)
		exit(2);
	memset(p, 0, n);
	return p;
}

/* ---- peaks --------------------------------------------------------------------------------------- */

#if defined(__x86_64__) && defined(__GNUC__)
/* Eight chains of vpmaddubsw, vpmaddwd and vpaddd in registers: 64 operations each. */
#define CHAIN(n) "vpmaddubsw %%ymm14, %%ymm15, %%ymm12\n\tvpmaddwd %%ymm13, %%ymm12, %%ymm12\n\t"            \
		 "vpaddd %%ymm12, %%ymm" #n ", %%ymm" #n "\n\t"

__attribute__((target("avx2"))) static bool peak_work(void *ctx, uint64_t iters)
{
	(void)ctx;
	while (iters-- > 0)
		__asm__ volatile(CHAIN(0) CHAIN(1) CHAIN(2) CHAIN(3) CHAIN(4) CHAIN(5) CHAIN(6) CHAIN(7)
				 : : : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm12");
	return true;
}

static double measure_peak(struct bench *b)
{
	struct bench_stat s;

	if (!(ewi_cpu_features() & EW_CPU_AVX2) || !bench_time(b, peak_work, NULL, &s))
		return 0;
	return 8 * 64 / s.min;
}
#else
static double measure_peak(struct bench *b)
{
	(void)b;
	return 0; /* not told: no loop for this machine */
}
#endif

#define STREAM_BYTES (64u << 20)

static bool stream_work(void *ctx, uint64_t iters)
{
	char *p = ctx;

	while (iters-- > 0)
		memcpy(p, p + STREAM_BYTES / 2, STREAM_BYTES / 2);
	return true;
}

/* Bytes a nanosecond that memory gives, read and written. */
static double measure_memory(struct bench *b)
{
	char *p = bytes(STREAM_BYTES);
	struct bench_stat s;
	bool ok = bench_time(b, stream_work, p, &s);

	free(p);
	return ok ? STREAM_BYTES / s.min : 0;
}

/* ---- one shape ----------------------------------------------------------------------------------- */

static int32_t multipliers[1024], shifts[1024];

static void fill_conv(const struct shape *s, struct ewi_conv *p)
{
	struct ewi_window *w = &p->win;

	*p = (struct ewi_conv){.tap_c = s->in_c, .groups = 1, .multiplier = 1, .in_zero = -3, .out_zero = 5,
			       .act_min = -128, .act_max = 127, .multipliers = multipliers, .shifts = shifts};
	*w = (struct ewi_window){.batches = 1, .in_h = s->h, .in_w = s->w, .in_c = s->in_c, .out_c = s->out_c,
				 .k_h = s->k_h, .k_w = s->k_w, .stride_h = s->stride, .stride_w = s->stride,
				 .dil_h = 1, .dil_w = 1};
	w->out_h = (s->h - 1) / s->stride + 1;
	w->out_w = (s->w - 1) / s->stride + 1;
	if ((w->out_h - 1) * s->stride + s->k_h > s->h)
		w->pad_h = (int32_t)(((w->out_h - 1) * s->stride + s->k_h - s->h) / 2);
	if ((w->out_w - 1) * s->stride + s->k_w > s->w)
		w->pad_w = (int32_t)(((w->out_w - 1) * s->stride + s->k_w - s->w) / 2);
}

struct sizes {
	size_t in, w, out;
	double macs;
};

static struct sizes sizes_of(const struct shape *s, const struct ewi_conv *p)
{
	size_t pixels = (size_t)p->win.out_h * p->win.out_w, taps = (size_t)s->k_h * s->k_w;

	if (s->kind == DENSE)
		return (struct sizes){(size_t)s->h * s->in_c, (size_t)s->in_c * s->out_c, (size_t)s->h * s->out_c,
				      (double)s->h * s->in_c * s->out_c};
	if (s->kind == DWCONV)
		return (struct sizes){(size_t)s->h * s->w * s->in_c, taps * s->out_c, pixels * s->out_c,
				      (double)(pixels * taps) * s->out_c};
	return (struct sizes){(size_t)s->h * s->w * s->in_c, taps * s->in_c * s->out_c, pixels * s->out_c,
			      (double)(pixels * taps) * s->in_c * s->out_c};
}

static bool kernel_work(void *ctx, uint64_t iters)
{
	struct subject *s = ctx;

	while (iters-- > 0)
		s->kernel->fn(&s->call);
	return true;
}

static void variant(struct bench *b, const struct shape *s, const struct ewi_kernel *k, const void *params,
		    const struct sizes *z, const struct ewi_call *c, const int8_t *want, double peak, bool best)
{
	struct subject subject = {k, *c};
	size_t scratch = k->scratch ? k->scratch(params, 1) : 0, packed = k->packing ? k->packing->bytes(params) : 0;
	void *scratch_at = bytes(scratch), *packed_at = bytes(packed);
	struct bench_stat t;
	char row[96];

	snprintf(row, sizeof(row), "%s/%s", s->name, k->name);
	subject.call.scratch = scratch_at;
	if (k->packing) {
		k->packing->fill(params, c->in, packed_at);
		subject.call.packed = packed_at;
	}
	k->fn(&subject.call);
	if (bench_check(b, memcmp(c->out, want, z->out) == 0, "%s differs from the definition", row) &&
	    bench_wanted(b, row) && bench_time(b, kernel_work, &subject, &t)) {
		double gops = 2 * z->macs / t.median;

		bench_row(b, row);
		bench_num(b, "us", t.median / 1e3, 3);
		bench_pct(b, "spread", t.spread);
		bench_num(b, "gops", gops, 1);
		bench_num(b, "best_gops", 2 * z->macs / t.min, 1);
		if (peak > 0)
			bench_pct(b, "of_peak", gops / peak);
		bench_uint(b, "scratch", scratch);
		bench_uint(b, "packed", packed);
		bench_end(b);
		add_point(2 * z->macs / (double)(z->in + z->w + z->out), gops, best);
	}
	free(scratch_at);
	free(packed_at);
}

static void one_shape(struct bench *b, const struct shape *s, double peak)
{
	static const enum ewi_slot slots[] = {[CONV] = EWI_SLOT_CONV_S8, [DWCONV] = EWI_SLOT_DWCONV_S8,
					      [DENSE] = EWI_SLOT_FC_S8};
	struct ewi_fc fc = {.rows = s->h, .depth = s->in_c, .units = s->out_c, .in_zero = -3, .out_zero = 5,
			    .act_min = -128, .act_max = 127, .scale = {1 << 30 | 12345, -9}};
	struct ewi_conv conv;
	const void *params = s->kind == DENSE ? (const void *)&fc : &conv;
	uint32_t seed = 2026;
	size_t count;
	const struct ewi_kernel *k = ewi_kernels(&count), *best = ewi_kernel_for(slots[s->kind], ewi_cpu_features());
	struct sizes z;
	int8_t *in, *w, *out, *want;
	uint8_t *bias = bytes(4 * s->out_c);
	struct ewi_call c;

	if (s->kind == DENSE)
		memset(&conv, 0, sizeof(conv));
	else
		fill_conv(s, &conv);
	z = sizes_of(s, &conv);
	in = bytes(z.in), w = bytes(z.w), out = bytes(z.out), want = bytes(z.out);
	for (size_t i = 0; i < z.in; i++)
		in[i] = (int8_t)(noise(&seed) >> 24);
	for (size_t i = 0; i < z.w; i++)
		w[i] = (int8_t)(s->noise ? (int32_t)(noise(&seed) >> 24) : (int32_t)(noise(&seed) >> 8) % 101 - 50);
	c = (struct ewi_call){.params = params, .in = {in, w, bias}, .out = want, .windows = 1};
	ewi_kernel_for(slots[s->kind], 0)->fn(&c);
	c.out = out;
	for (; count > 0; count--, k++)
		if (k->slot == slots[s->kind] && (k->features & ~ewi_cpu_features()) == 0)
			variant(b, s, k, params, &z, &c, want, peak, k == best || strcmp(k->name, best->name) == 0);
	free(in), free(w), free(out), free(want), free(bias);
}

/* ---- plot ---------------------------------------------------------------------------------------- */

static double log_of(double v) /* base 2, near enough to draw with */
{
	double n = 0;

	for (; v >= 2; v /= 2)
		n++;
	for (; v < 1; v *= 2)
		n--;
	return n + (v - 1);
}

/* From 2^-4 to 2^12 operations a byte, from 2^-6 to 2^9 GOP/s. */
#define X_LOW (-4)
#define Y_LOW (-6)

static double plot_x(double ops_byte)
{
	double x = log_of(ops_byte) > X_LOW ? log_of(ops_byte) : X_LOW;

	return 60 + (x - X_LOW) * 45;
}

static double plot_y(double gops)
{
	double y = log_of(gops) > Y_LOW ? log_of(gops) : Y_LOW;

	return 560 - (y - Y_LOW) * 35;
}

static double power_of(int n)
{
	return n < 0 ? 1.0 / (double)(1 << -n) : (double)(1 << n);
}

static bool draw(const char *path, double peak, double memory)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return false;
	fprintf(f, "<svg xmlns='http://www.w3.org/2000/svg' width='800' height='620' font-family='sans-serif' font-size='12'>\n"
		   "<rect width='800' height='620' fill='white'/>\n<text x='60' y='20'>int8 kernels: GOP/s over operations a byte"
		   " (filled: the variant that a model gets)</text>\n");
	for (int i = X_LOW; i <= 12; i += 2)
		fprintf(f, "<text x='%.0f' y='585'>%g</text>\n", plot_x(power_of(i)) - 8, power_of(i));
	for (int i = Y_LOW; i <= 9; i++)
		fprintf(f, "<text x='10' y='%.0f'>%.3g</text><line x1='60' x2='780' y1='%.0f' y2='%.0f' stroke='#ddd'/>\n",
			plot_y(power_of(i)) + 4, power_of(i), plot_y(power_of(i)), plot_y(power_of(i)));
	if (peak > 0 && memory > 0)
		fprintf(f, "<polyline fill='none' stroke='black' points='%.1f,%.1f %.1f,%.1f %.1f,%.1f'/>\n", plot_x(power_of(X_LOW)),
			plot_y(power_of(X_LOW) * memory), plot_x(peak / memory), plot_y(peak), plot_x(4096), plot_y(peak));
	for (unsigned i = 0; i < point_count; i++)
		fprintf(f, "<circle cx='%.1f' cy='%.1f' r='4' stroke='#06c' fill='%s'/>\n", plot_x(points[i].ops_byte),
			plot_y(points[i].gops), points[i].best ? "#06c" : "none");
	fprintf(f, "</svg>\n");
	return fclose(f) == 0;
}

int main(int argc, char **argv)
{
	char cpu[CPU_TEXT_BYTES];
	double peak, memory;
	const char *svg;
	struct bench b;
	int rc = bench_init(&b, "bench-kernels", cpu_text(ewi_cpu_features(), cpu), usage, &argc, argv);

	if (rc != BENCH_GO)
		return rc;
	svg = bench_option("--svg", &argc, argv);
	rc = bench_no_more(&b, argc, argv);
	if (rc != BENCH_GO)
		return rc;
	for (size_t i = 0; i < sizeof(multipliers) / sizeof(multipliers[0]); i++)
		multipliers[i] = 1 << 30 | (int32_t)(i * 7919), shifts[i] = -9;
	peak = measure_peak(&b);
	memory = measure_memory(&b);
	bench_row(&b, "peak");
	bench_num(&b, "gops", peak, 1);
	bench_num(&b, "memory_gbs", memory, 1);
	bench_end(&b);
	for (size_t i = 0; i < SHAPES; i++)
		one_shape(&b, &shapes[i], peak);
	operator_rows(&b, peak, add_point);
	if (svg)
		bench_check(&b, draw(svg, peak, memory), "%s cannot be written", svg);
	return bench_finish(&b);
}
