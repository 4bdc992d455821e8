/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_conv.c - kernels of windows (convolution, depthwise, pooling), additions and tables: every variant that this machine can run
 * against the definition of its slot, over channel counts around the vector widths and shapes of all kinds, with
 * guard pages; and outputs that lie over their inputs as closely as a kernel's lead allows.
 */
#include "../aid/aid.h"
#include "edgewasm/model.h"
#include "tensor/binary.h"
#include "tensor/dispatch.h"
#include "tensor/unary.h"

#define BYTES_MAX (192u << 10)
#define CHANNELS_MAX 96u

enum { BUF_IN, BUF_W, BUF_BIAS, BUF_OUT, BUF_SCRATCH, BUF_PACKED, BUFS };

struct setup {
	struct guard guards[BUFS];
	int32_t multipliers[CHANNELS_MAX], shifts[CHANNELS_MAX];
	uint8_t want[BYTES_MAX];
	uint64_t seed;
};

static struct setup *setup_new(void)
{
	struct setup *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->seed = 4;
	for (size_t i = 0; i < BUFS; i++)
		guard_init(&s->guards[i], 2 * BYTES_MAX);
	return s;
}

static void setup_free(struct setup *s)
{
	for (size_t i = 0; i < BUFS; i++)
		guard_deinit(&s->guards[i]);
	free(s);
}

static uint32_t upto(struct setup *s, uint32_t max)
{
	return 1 + (uint32_t)(noise(&s->seed) >> 33) % max;
}

/* Padding and output size of one dimension, as the loader has them (op_common.c); false: it does not fit. */
static bool extent(uint32_t in, uint32_t k, uint32_t stride, uint32_t dil, bool same, uint32_t *out, int32_t *pad)
{
	uint32_t reach = (k - 1) * dil + 1, last;

	*pad = 0;
	if (!same && reach > in)
		return false;
	*out = same ? (in - 1) / stride + 1 : (in - reach) / stride + 1;
	last = (*out - 1) * stride + reach;
	if (same && last > in)
		*pad = (int32_t)((last - in) / 2);
	return true;
}

/* A shape of small sizes; channels are the caller's. */
static bool shape(struct setup *s, struct ewi_window *w)
{
	bool same = noise(&s->seed) % 2;

	w->batches = upto(s, 2);
	w->in_h = upto(s, 11);
	w->in_w = upto(s, 19);
	w->k_h = noise(&s->seed) % 3 ? 3 : upto(s, 5);
	w->k_w = w->k_h == 3 && noise(&s->seed) % 4 ? 3 : upto(s, 4);
	if (noise(&s->seed) % 4 == 0)
		w->k_h = w->k_w = 1;
	w->stride_h = upto(s, 3);
	w->stride_w = noise(&s->seed) % 2 ? upto(s, 3) : w->stride_h;
	w->dil_h = noise(&s->seed) % 4 ? 1 : upto(s, 3);
	w->dil_w = noise(&s->seed) % 4 ? 1 : upto(s, 3);
	return extent(w->in_h, w->k_h, w->stride_h, w->dil_h, same, &w->out_h, &w->pad_h) &&
	       extent(w->in_w, w->k_w, w->stride_w, w->dil_w, same, &w->out_w, &w->pad_w);
}

/* Everything else of a convolution: kinds of scales, zero points and ranges in turn. */
static void fill_conv(struct setup *s, struct ewi_conv *p, unsigned i)
{
	static const int32_t zeros[] = {0, -128, 127, 5, -77};
	static const int8_t ranges[][2] = {{-128, 127}, {0, 127}, {-5, 5}, {-128, -128}, {83, 87}};

	p->in_zero = zeros[i % 5];
	p->out_zero = zeros[i / 2 % 5];
	p->act_min = ranges[i % 3 ? 0 : i / 3 % 5][0];
	p->act_max = ranges[i % 3 ? 0 : i / 3 % 5][1];
	p->single = i % 7 == 6;
	p->f_min = -1e30f;
	p->f_max = 1e30f;
	p->multipliers = s->multipliers;
	p->shifts = s->shifts;
	for (uint32_t o = 0; o < CHANNELS_MAX; o++) {
		s->multipliers[o] = (int32_t)(noise(&s->seed) >> 34 | 1 << 30);
		s->shifts[o] = -(int32_t)(4 + noise(&s->seed) % 10);
		if (i % 5 == 4) /* all there are: left, far right, none */
			s->shifts[o] = (int32_t)(noise(&s->seed) % 62) - 31;
		if (i % 11 == 10 && o % 3 == 0)
			s->multipliers[o] = s->shifts[o] = 0;
	}
}

struct sizes {
	size_t in, w, bias, out;
};

/*
 * Weights at the bounds of vpmaddubsw: all lanes of int16 as full as may be, but for one element now and then that is too
 * much.  Activations at their ends.
 */
static void fill_bounds(struct setup *s, uint8_t *p, size_t n, unsigned pattern, bool weights)
{
	static const int8_t sizes[] = {32, -32, 64, -64, 127};

	for (size_t i = 0; i < n; i++) {
		int32_t w = sizes[pattern % ROWS(sizes)], out = noise(&s->seed) % 61 == 0;

		w = w == 127 ? (i % 2 ? -128 : 127) : w + (w < 0 ? -out : out);
		if (!weights)
			w = pattern % ROWS(sizes) == 4 && noise(&s->seed) % 2 ? -128 : 127;
		p[i] = (uint8_t)w;
	}
}

#define BOUNDS 6u /* the first of them */
#define CONV_PATTERNS 11u

static void fill_values(struct setup *s, uint8_t *p, size_t n, unsigned pattern, bool weights)
{
	if (pattern >= BOUNDS) {
		fill_bounds(s, p, n, pattern - BOUNDS, weights);
		return;
	}
	for (size_t i = 0; i < n; i++)
		p[i] = pattern == 1 ? 0x80 : pattern == 2 ? 0x7f : pattern == 3 ? (weights ? 0x80 : 0x7f) : (uint8_t)noise(&s->seed);
	/* Small weights, with some that are not, and pairs at the bound of 128, as kernels that go by bytes want them. */
	for (size_t i = 0; weights && pattern >= 4 && i < n; i++) {
		int32_t v = (int32_t)(noise(&s->seed) % 97) - 48;

		v = i % 61 == 7 ? 127 : i % 211 == 3 ? -128 : i % 61 == 20 || i % 61 == 21 ? 64 : v;
		p[i] = (uint8_t)v;
	}
}

/* The variant's outputs, apart and as close over the input as it says, must be the definition's. */
static void compare(struct setup *s, const struct ewi_kernel *k, const void *params, struct sizes z, size_t windows,
		    unsigned pattern, bool bias, const char *row)
{
	size_t scratch = k->scratch ? k->scratch(params, windows) : 0;
	size_t packed = k->packing ? k->packing->bytes(params) : 0;
	struct ewi_call c = {.params = params, .windows = windows};
	struct ewi_lead lead = k->lead ? k->lead(params, 0, windows) : (struct ewi_lead){EWI_LEAD_NEVER, EWI_LEAD_NEVER};
	uint8_t *in, *both;

	if (k->packing && packed == 0) /* the loader takes another one */
		return;
	assert_true(z.in <= BYTES_MAX && z.out <= BYTES_MAX && z.w <= BYTES_MAX && packed <= 2 * BYTES_MAX &&
		    scratch <= BYTES_MAX);
	c.in[0] = in = guard_high(&s->guards[BUF_IN], z.in);
	c.in[1] = guard_high(&s->guards[BUF_W], z.w);
	c.in[2] = bias ? guard_high(&s->guards[BUF_BIAS], z.bias) : NULL;
	fill_values(s, in, z.in, pattern, false);
	fill_values(s, guard_high(&s->guards[BUF_W], z.w), z.w, pattern, true);
	fill_values(s, guard_high(&s->guards[BUF_BIAS], z.bias), z.bias, 0, false);
	for (size_t i = 3; i < z.bias; i += 4) /* most sums are small ones */
		guard_high(&s->guards[BUF_BIAS], z.bias)[i] = (uint8_t)(pattern ? 0 : i % 8 == 3 ? 0xff : 0);
	c.scratch = guard_high(&s->guards[BUF_SCRATCH], (scratch + EW_MODEL_ALIGN - 1) / EW_MODEL_ALIGN * EW_MODEL_ALIGN);
	memset(c.scratch, 0xa5, scratch);
	if (packed) {
		packed = (packed + EW_ALIGN - 1) / EW_ALIGN * EW_ALIGN;
		c.packed = guard_high(&s->guards[BUF_PACKED], packed);
		memset(guard_high(&s->guards[BUF_PACKED], packed), 0, packed);
		k->packing->fill(params, (const void *const *)c.in, guard_high(&s->guards[BUF_PACKED], packed));
	}
	c.out = s->want;
	ewi_kernel_for(k->slot, 0)->fn(&c);
	c.out = guard_high(&s->guards[BUF_OUT], z.out);
	memset(c.out, 0x55, z.out);
	k->fn(&c);
	check_mem(row, c.out, s->want, z.out);
	if (lead.before != EWI_LEAD_NEVER && lead.before + z.in <= 2 * BYTES_MAX) {
		both = guard_high(&s->guards[BUF_OUT], lead.before + z.in > z.out ? lead.before + z.in : z.out);
		memmove(both + lead.before, in, z.in);
		c.in[0] = both + lead.before;
		c.out = both;
		k->fn(&c);
		check_mem(row, both, s->want, z.out);
	}
	if (lead.behind != EWI_LEAD_NEVER && lead.behind + z.out <= 2 * BYTES_MAX) {
		both = guard_high(&s->guards[BUF_OUT], lead.behind + z.out > z.in ? lead.behind + z.out : z.in);
		memmove(both, in, z.in);
		c.in[0] = both;
		c.out = both + lead.behind;
		c.backwards = true;
		k->fn(&c);
		check_mem(row, c.out, s->want, z.out);
	}
}

static bool runs_here(const struct ewi_kernel *k, enum ewi_slot slot)
{
	return k->slot == slot && (k->features & ~ewi_cpu_features()) == 0;
}

static void one_conv(struct setup *s, const struct ewi_kernel *k, uint32_t in_c, uint32_t out_c, uint32_t groups, unsigned i)
{
	struct ewi_conv p = {.multiplier = 1, .groups = groups, .tap_c = in_c / groups};
	struct ewi_window *w = &p.win;
	size_t windows = 1 + i % 2;
	struct sizes z;
	char row[200];

	if (!shape(s, w))
		return;
	w->in_c = in_c;
	w->out_c = out_c;
	fill_conv(s, &p, i);
	z.in = windows * w->batches * w->in_h * w->in_w * in_c;
	z.w = (size_t)out_c * w->k_h * w->k_w * p.tap_c;
	z.bias = 4 * out_c;
	z.out = windows * w->batches * w->out_h * w->out_w * out_c;
	snprintf(row, sizeof(row), "%s %u: %u x %ux%ux%u -> %ux%ux%u, window %ux%u by %ux%u apart %ux%u, %u groups, pattern %u",
		 k->name, i, w->batches, w->in_h, w->in_w, in_c, w->out_h, w->out_w, out_c, w->k_h, w->k_w, w->stride_h,
		 w->stride_w, w->dil_h, w->dil_w, groups, i % CONV_PATTERNS);
	compare(s, k, &p, z, windows, i % CONV_PATTERNS, i % 5 != 0, row);
}

static void convolutions(void **state)
{
	static const uint32_t counts[] = {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 49};
	struct setup *s = setup_new();
	size_t count;
	const struct ewi_kernel *k = ewi_kernels(&count);
	unsigned i = 0;

	(void)state;
	for (; count-- > 0; k++) {
		for (size_t a = 0; runs_here(k, EWI_SLOT_CONV_S8) && a < ROWS(counts); a++)
			for (size_t b = 0; b < ROWS(counts); b++)
				for (unsigned n = 0; n < 8; n++, i++)
					one_conv(s, k, counts[a], counts[b], 1, i);
		for (unsigned n = 0; runs_here(k, EWI_SLOT_CONV_S8) && n < 100; n++, i++) {
			uint32_t groups = upto(s, 4);

			one_conv(s, k, groups * upto(s, 9), groups * upto(s, 9), groups, i);
		}
	}
	assert_true(i >= 2000);
	setup_free(s);
}

static void one_dwconv(struct setup *s, const struct ewi_kernel *k, uint32_t channels, uint32_t multiplier, unsigned i)
{
	struct ewi_conv p = {.multiplier = multiplier, .groups = 1, .tap_c = channels * multiplier};
	struct ewi_window *w = &p.win;
	size_t windows = 1 + i % 2;
	struct sizes z;
	char row[200];

	if (!shape(s, w))
		return;
	w->in_c = channels;
	w->out_c = channels * multiplier;
	fill_conv(s, &p, i);
	z.in = windows * w->batches * w->in_h * w->in_w * channels;
	z.w = (size_t)w->k_h * w->k_w * w->out_c;
	z.bias = 4 * w->out_c;
	z.out = windows * w->batches * w->out_h * w->out_w * w->out_c;
	snprintf(row, sizeof(row), "%s %u: %u x %ux%ux%u -> %ux%u, window %ux%u by %ux%u apart %ux%u, multiplier %u, pattern %u",
		 k->name, i, w->batches, w->in_h, w->in_w, channels, w->out_h, w->out_w, w->k_h, w->k_w, w->stride_h,
		 w->stride_w, w->dil_h, w->dil_w, multiplier, i % 6);
	compare(s, k, &p, z, windows, i % 6, i % 5 != 0, row);
}

static void depthwise(void **state)
{
	struct setup *s = setup_new();
	size_t count;
	const struct ewi_kernel *k = ewi_kernels(&count);
	unsigned i = 0;

	(void)state;
	for (; count-- > 0; k++)
		for (uint32_t c = 1; runs_here(k, EWI_SLOT_DWCONV_S8) && c <= 68; c++)
			for (unsigned n = 0; n < 24; n++, i++)
				one_dwconv(s, k, c <= 50 ? c : 16 * (c - 47) % 80 + 16, c <= 20 && n % 8 == 7 ? upto(s, 4) : 1, i);
	/* Several outputs of one channel. */
	for (k = ewi_kernels(&count); count-- > 0; k++)
		for (uint32_t outputs = 2; runs_here(k, EWI_SLOT_DWCONV_S8) && outputs <= 40; outputs++)
			for (unsigned n = 0; n < 12; n++, i++)
				one_dwconv(s, k, 1, outputs, i);
	assert_true(i >= 1500);
	setup_free(s);
}

static void pools(void **state)
{
	static const enum ewi_slot slots[] = {EWI_SLOT_AVGPOOL_S8, EWI_SLOT_MAXPOOL_S8};
	struct setup *s = setup_new();
	size_t count, all;
	const struct ewi_kernel *table = ewi_kernels(&all);
	unsigned i = 0;

	(void)state;
	for (size_t slot = 0; slot < ROWS(slots); slot++)
		for (count = 0; count < all; count++)
			for (uint32_t c = 1; runs_here(&table[count], slots[slot]) && c <= 50; c++)
				for (unsigned n = 0; n < 12; n++, i++) {
					struct ewi_pool p = {.act_min = n % 3 ? -128 : -20, .act_max = n % 3 ? 127 : 30};
					size_t windows = 1 + i % 2;
					struct sizes z = {0, 0, 0, 0};
					char row[120];

					if (!shape(s, &p.win) || p.win.dil_h * p.win.dil_w > 1)
						continue;
					p.win.in_c = p.win.out_c = c;
					z.in = windows * p.win.batches * p.win.in_h * p.win.in_w * c;
					z.out = windows * p.win.batches * p.win.out_h * p.win.out_w * c;
					snprintf(row, sizeof(row), "%s %u: %u channels, %ux%u", table[count].name, i, c,
						 p.win.in_h, p.win.in_w);
					compare(s, &table[count], &p, z, windows, i % 3, false, row);
				}
	assert_true(i >= 1000);
	setup_free(s);
}

/* Means over whole pictures: counts of all sizes, sums at both ends of their range and near ties. */
static void whole_pictures(void **state)
{
	struct setup *s = setup_new();
	size_t count;
	const struct ewi_kernel *k = ewi_kernels(&count);
	unsigned rows = 0;

	(void)state;
	for (; count-- > 0; k++)
		for (uint32_t size = 1; runs_here(k, EWI_SLOT_AVGPOOL_S8) && size <= 100; size++)
			for (unsigned i = 0; i < 6; i++, rows++) {
				uint32_t h = i < 2 ? size : 1 + size * i % 97, c = 16 + i % 2;
				struct ewi_pool p = {.act_min = -128, .act_max = 127,
						     .win = {.batches = 1, .in_h = h, .in_w = size, .in_c = c, .out_h = 1, .out_w = 1,
							     .out_c = c, .k_h = h, .k_w = size, .stride_h = 1, .stride_w = 1,
							     .dil_h = 1, .dil_w = 1}};
				struct sizes z = {(size_t)h * size * c, 0, 0, c};
				char row[80];

				snprintf(row, sizeof(row), "%s, %ux%u, %u", k->name, h, size, i);
				compare(s, k, &p, z, 1, i % 3, false, row);
			}
	assert_true(rows >= 600);
	setup_free(s);
}

/* Every length around the vector width; scales that loaders make, and others; in place as well. */
static void additions(void **state)
{
	struct setup *s = setup_new();
	size_t count;
	const struct ewi_kernel *k = ewi_kernels(&count);
	unsigned i = 0;

	(void)state;
	for (; count-- > 0; k++)
		for (uint32_t n = 1; runs_here(k, EWI_SLOT_ADD_S8) && n <= 70; n++)
			for (unsigned round = 0; round < 40; round++, i++) {
				struct ewi_scale scales[3];
				struct ewi_binary p = {.element = &ewi_element_add, .type = EW_TENSOR_I8, .b_type = EW_TENSOR_I8,
						       .left = 20, .act_min = round % 5 ? -128 : -3, .act_max = round % 7 ? 127 : 90,
						       .single = round % 8 == 7};
				uint8_t *a = guard_high(&s->guards[BUF_IN], n), *b = guard_high(&s->guards[BUF_W], n);
				uint8_t *out = guard_high(&s->guards[BUF_OUT], n);
				struct ewi_call c = {.params = &p, .in = {a, b}, .out = s->want, .windows = 1};
				_Alignas(EW_MODEL_ALIGN) unsigned char packed[64] = {0};
				bool broadcast = round % 10 == 9;
				char row[80];

				for (size_t q = 0; q < 3; q++) /* shifts of 0 stand for the larger of the inputs */
					scales[q] = (struct ewi_scale){(int32_t)(noise(&s->seed) >> 34 | 1 << 30),
								       round % 3 == 2 ? (int32_t)(noise(&s->seed) % 4) - 2 : 0};
				scales[2].shift -= 15 + (int32_t)(noise(&s->seed) % 5);
				p.a_scale = scales[0], p.b_scale = scales[1], p.out_scale = scales[2];
				p.a_zero = (int32_t)(noise(&s->seed) % 256) - 128;
				p.b_zero = (int32_t)(noise(&s->seed) % 256) - 128;
				p.out_zero = (int32_t)(noise(&s->seed) % 256) - 128;
				p.a_window = p.out_window = n;
				p.b_window = broadcast ? 1 : n;
				p.loops = (struct ewi_loops){1, {n}, {1}, {!broadcast}};
				fill_values(s, a, n, round % 6, false);
				fill_values(s, b, n, round % 6, true);
				snprintf(row, sizeof(row), "%s, %u elements, round %u", k->name, n, round);
				ewk_add_s8_ref(&c);
				if (k->packing) { /* which takes its time */
					if (round % 10 != n % 10 || !k->packing->bytes(&p))
						continue;
					check_true(row, k->packing->bytes(&p) <= sizeof(packed));
					k->packing->fill(&p, (const void *const *)c.in, packed);
					c.packed = packed;
				}
				c.out = out;
				k->fn(&c);
				check_mem(row, out, s->want, n);
				c.out = a; /* over its first input */
				check_int(row, k->lead(&p, 0, 1).before, 0);
				k->fn(&c);
				check_mem(row, a, s->want, n);
			}
	assert_true(i >= 2800);
	setup_free(s);
}

/* Tables of all kinds of values, of every length around the vector width, in place as well. */
static void tables(void **state)
{
	struct setup *s = setup_new();
	int8_t values[256];
	size_t count;
	const struct ewi_kernel *k = ewi_kernels(&count);
	unsigned rows = 0;

	(void)state;
	for (; count-- > 0; k++)
		for (uint32_t n = 1; runs_here(k, EWI_SLOT_TABLE_S8) && n <= 300; n++, rows++) {
			struct ewi_unary p = {.count = n, .table = values};
			uint8_t *in = guard_high(&s->guards[BUF_IN], n), *out = guard_high(&s->guards[BUF_OUT], n);
			struct ewi_call c = {.params = &p, .in = {in}, .out = s->want, .windows = 1};
			char row[80];

			snprintf(row, sizeof(row), "%s, %u elements", k->name, n);
			fill_values(s, (uint8_t *)values, sizeof(values), 0, false);
			for (uint32_t i = 0; i < n; i++) /* each argument once, in some order */
				in[i] = (uint8_t)(i * 77 + n);
			ewk_table_s8_ref(&c);
			c.out = out;
			k->fn(&c);
			check_mem(row, out, s->want, n);
			c.out = in;
			check_int(row, k->lead(&p, 0, 1).before, 0);
			k->fn(&c);
			check_mem(row, in, s->want, n);
		}
	assert_true(rows >= 300);
	setup_free(s);
}

/* The lead by its definition: after pixel p of output, when p + ahead are out, what p and later read lies behind. */
static uint64_t lead_by_hand(const struct ewi_window *w, size_t windows, uint32_t ahead)
{
	int64_t lead = 0, pixels = (int64_t)(windows * w->batches) * w->out_h * w->out_w, need = INT64_MAX;

	for (int64_t p = pixels; p-- > 0;) {
		int64_t b = p / (w->out_h * w->out_w), y = p / w->out_w % w->out_h, x = p % w->out_w;
		int64_t iy = y * w->stride_h - w->pad_h, ix = x * w->stride_w - w->pad_w, at, d;

		at = ((b * w->in_h + (iy > 0 ? iy : 0)) * w->in_w + (ix > 0 ? ix : 0)) * w->in_c;
		need = at < need ? at : need;
		d = (p + ahead) * w->out_c - need;
		lead = d > lead ? d : lead;
	}
	return (uint64_t)lead;
}

/* Backwards: when pixel p is written, what it and those before it read ends before. */
static uint64_t behind_by_hand(const struct ewi_window *w, size_t windows)
{
	int64_t pixels = (int64_t)(windows * w->batches) * w->out_h * w->out_w, need = 0;
	int64_t behind = (int64_t)(windows * w->batches) * w->in_h * w->in_w * w->in_c - pixels * w->out_c;

	for (int64_t p = 0; p < pixels; p++) {
		int64_t b = p / (w->out_h * w->out_w), y = p / w->out_w % w->out_h, x = p % w->out_w;
		int64_t iy = y * w->stride_h - w->pad_h + (int64_t)(w->k_h - 1) * w->dil_h;
		int64_t ix = x * w->stride_w - w->pad_w + (int64_t)(w->k_w - 1) * w->dil_w, end;

		iy = iy < w->in_h ? iy : w->in_h - 1;
		ix = ix < w->in_w ? ix : w->in_w - 1;
		end = ((b * w->in_h + iy) * w->in_w + ix + 1) * w->in_c;
		need = end > need ? end : need;
		behind = need - p * w->out_c > behind ? need - p * w->out_c : behind;
	}
	return behind > 0 ? (uint64_t)behind : 0;
}

static void leads(void **state)
{
	struct setup *s = setup_new();
	unsigned rows = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct ewi_window w = {0};
		uint32_t ahead = (uint32_t)(noise(&s->seed) % 3) * 4;
		size_t windows = upto(s, 3);
		char row[120];

		if (!shape(s, &w))
			continue;
		w.in_c = upto(s, 6);
		w.out_c = upto(s, 6);
		rows++;
		snprintf(row, sizeof(row), "%ux%ux%u, window %ux%u by %ux%u, pad %dx%d, out %ux%ux%u", w.in_h, w.in_w, w.in_c,
			 w.k_h, w.k_w, w.stride_h, w.stride_w, w.pad_h, w.pad_w, w.out_h, w.out_w, w.out_c);
		check_int(row, ewi_window_lead(&w, windows, 1, ahead), lead_by_hand(&w, windows, ahead));
		check_int(row, ewi_window_lead(&w, windows, 4, ahead), 4 * lead_by_hand(&w, windows, ahead));
		check_int(row, ewi_window_behind(&w, windows, 1), behind_by_hand(&w, windows));
		check_int(row, ewi_window_behind(&w, windows, 4), 4 * behind_by_hand(&w, windows));
	}
	assert_true(rows > 5000);
	setup_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(convolutions),
		cmocka_unit_test(depthwise),
		cmocka_unit_test(pools),
		cmocka_unit_test(whole_pictures),
		cmocka_unit_test(additions),
		cmocka_unit_test(tables),
		cmocka_unit_test(leads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
