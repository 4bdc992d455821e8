/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_kernels.c - every variant of kernels.def that this machine can run against the definition of its slot:
 * each depth and number of units around the vector widths, misaligned, extreme and noisy values, every zero
 * point, both roundings, with guard pages before and behind every buffer.
 */
#include "../aid/aid.h"
#include "edgewasm/model.h"
#include "tensor/dispatch.h"

#define DEPTH_MAX 100 /* three times the widest step and more */
#define UNITS_MAX 140 /* two chunks of units and more */
#define ROWS_MAX 9

enum { BUF_IN, BUF_W, BUF_BIAS, BUF_OUT, BUF_SCRATCH, BUF_PACKED, BUFS };

struct setup {
	struct guard guards[BUFS];
	int32_t multipliers[UNITS_MAX], shifts[UNITS_MAX];
	uint64_t seed;
};

static void setup_init(struct setup *s)
{
	static const size_t sizes[BUFS] = {ROWS_MAX * DEPTH_MAX, DEPTH_MAX * UNITS_MAX, 4 * UNITS_MAX,
					   ROWS_MAX * UNITS_MAX, 65536, 131072};

	s->seed = 1;
	for (size_t i = 0; i < BUFS; i++)
		guard_init(&s->guards[i], sizes[i]);
}

static void setup_deinit(struct setup *s)
{
	for (size_t i = 0; i < BUFS; i++)
		guard_deinit(&s->guards[i]);
}

enum pattern { NOISE, LOWEST, HIGHEST, OPPOSED, PATTERNS };

static void fill(struct setup *s, uint8_t *p, size_t n, enum pattern pattern, bool weights)
{
	for (size_t i = 0; i < n; i++) {
		switch (pattern) {
		case LOWEST: p[i] = 0x80; break;
		case HIGHEST: p[i] = 0x7f; break;
		case OPPOSED: p[i] = weights ? 0x80 : 0x7f; break;
		default: p[i] = (uint8_t)noise(&s->seed); break;
		}
	}
}

/* One shape with one filling: the variant's bytes must be the definition's. */
static void compare(struct setup *s, const struct ewi_kernel *k, const struct ewi_fc *p, size_t windows,
		    enum pattern pattern, bool with_bias, bool at_end)
{
	static uint8_t want[ROWS_MAX * UNITS_MAX];
	size_t rows = windows * p->rows, depth = p->depth, units = p->units, n = rows * units;
	size_t sizes[BUFS] = {rows * depth, units * depth, 4 * units, n,
			      k->scratch ? k->scratch(p, windows) : 0,
			      k->packing ? (k->packing->bytes(p) + 15) / 16 * 16 : 0};
	uint8_t *bufs[BUFS];
	struct ewi_call c = {.params = p, .windows = windows};
	char row[160];

	if (k->packing && sizes[BUF_PACKED] == 0) /* the loader takes another one */
		return;
	for (size_t i = 0; i < BUFS; i++)
		bufs[i] = at_end ? guard_high(&s->guards[i], sizes[i]) : guard_low(&s->guards[i]);
	/* Scratch is aligned: the executor's promise.  Its end is then off the page by less than that. */
	bufs[BUF_SCRATCH] -= (uintptr_t)bufs[BUF_SCRATCH] % EW_MODEL_ALIGN;
	fill(s, bufs[BUF_IN], sizes[BUF_IN], pattern, false);
	fill(s, bufs[BUF_W], sizes[BUF_W], pattern, true);
	fill(s, bufs[BUF_BIAS], sizes[BUF_BIAS], NOISE, false);
	for (size_t u = 0; pattern != NOISE && u < units; u++)
		bufs[BUF_BIAS][4 * u + 3] = (uint8_t)(u % 2 ? 0xff : 0);
	memset(bufs[BUF_SCRATCH], 0xa5, sizes[BUF_SCRATCH]);
	c.in[0] = bufs[BUF_IN];
	c.in[1] = bufs[BUF_W];
	c.in[2] = with_bias ? bufs[BUF_BIAS] : NULL;
	c.scratch = bufs[BUF_SCRATCH];
	if (k->packing) {
		memset(bufs[BUF_PACKED], 0, sizes[BUF_PACKED]);
		k->packing->fill(p, (const void *const *)c.in, bufs[BUF_PACKED]);
		c.packed = bufs[BUF_PACKED];
	}
	c.out = want;
	ewk_fc_s8_ref(&c);
	c.out = bufs[BUF_OUT];
	memset(bufs[BUF_OUT], 0x55, n);
	k->fn(&c);
	snprintf(row, sizeof(row),
		 "%s %zu x %zu -> %zu, pattern %d, bias %d, zeros %d %d %d, shift %d, by unit %d, single %d", k->name,
		 rows, depth, units, pattern, with_bias, p->in_zero, p->w_zero, p->out_zero, p->scale.shift,
		 p->multipliers != NULL, p->single);
	check_mem(row, bufs[BUF_OUT], want, n);
}

/* Parameters number i of a long list that goes through all kinds. */
static struct ewi_fc params(struct setup *s, unsigned i, uint32_t rows, uint32_t depth, uint32_t units)
{
	static const int32_t zeros[] = {0, -128, 127, 5, -77};
	static const int8_t ranges[][2] = {{-128, 127}, {0, 127}, {-5, 5}, {-128, -128}, {83, 87}};
	struct ewi_fc p = {.rows = rows, .depth = depth, .units = units};
	bool by_unit = i % 3 == 1;

	p.in_zero = zeros[i % 5];
	p.w_zero = i % 4 || by_unit ? 0 : zeros[i / 4 % 5];
	p.out_zero = zeros[i / 2 % 5];
	p.act_min = ranges[i % 5][0];
	p.act_max = ranges[i % 5][1];
	p.single = i / 7 % 2;
	p.scale = (struct ewi_scale){(int32_t)(noise(&s->seed) >> 34 | 1 << 30), -(int32_t)(noise(&s->seed) % 14)};
	if (i % 11 == 0)
		p.scale.shift = (int32_t)(noise(&s->seed) % 62) - 31; /* all there are */
	if (i % 13 == 0)
		p.scale = (struct ewi_scale){0, 0};
	if (by_unit) {
		for (size_t u = 0; u < UNITS_MAX; u++) {
			s->multipliers[u] = (int32_t)(noise(&s->seed) >> 34 | 1 << 30);
			s->shifts[u] = (int32_t)(noise(&s->seed) % 20) - (i % 5 ? 16 : 8);
		}
		p.multipliers = s->multipliers;
		p.shifts = s->shifts;
	}
	return p;
}

static bool runs_here(const struct ewi_kernel *k)
{
	return k->slot == EWI_SLOT_FC_S8 && k->features && (k->features & ~ewi_cpu_features()) == 0;
}

static void every_shape(void **state)
{
	static const uint32_t unit_counts[] = {1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31};
	struct setup s;
	unsigned i = 0, variants = 0;
	size_t count;
	const struct ewi_kernel *k = ewi_kernels(&count);

	(void)state;
	setup_init(&s);
	for (; count-- > 0; k++) {
		if (!runs_here(k))
			continue;
		variants++;
		for (uint32_t depth = 1; depth <= DEPTH_MAX; depth++)
			for (size_t u = 0; u < ROWS(unit_counts); u++)
				for (uint32_t rows = 0; rows <= 4; rows++, i++) {
					struct ewi_fc p = params(&s, i, rows, depth, unit_counts[u]);

					compare(&s, k, &p, 1, i % PATTERNS, i % 5 != 0, true);
					compare(&s, k, &p, 1, NOISE, true, false);
				}
	}
	setup_deinit(&s);
	if (variants == 0) {
		print_message("skipped: this machine runs only the definition\n");
		skip();
	}
}

static void many_units_and_windows(void **state)
{
	static const uint32_t depths[] = {1, 7, 16, 33, 64, 100};
	struct setup s;
	unsigned i = 0;
	size_t count;
	const struct ewi_kernel *k = ewi_kernels(&count);

	(void)state;
	setup_init(&s);
	for (; count-- > 0; k++)
		for (uint32_t units = 60; runs_here(k) && units <= UNITS_MAX; units++)
			for (size_t d = 0; d < ROWS(depths); d++, i++) {
				struct ewi_fc p = params(&s, i, i % 3 + 1, depths[d], units);

				compare(&s, k, &p, i % 3 + 1, i % PATTERNS, true, i % 2);
			}
	setup_deinit(&s);
}

/* Requantization alone: one input of 1, one weight of 1, so that the bias decides; it takes every extreme. */
static void every_shift(void **state)
{
	static const int32_t sums[8] = {0, 1, -1, INT32_MAX, INT32_MIN, 1 << 20, -(1 << 20) - 1, 0x12345678};
	struct setup s;
	size_t count;
	const struct ewi_kernel *k = ewi_kernels(&count);

	(void)state;
	setup_init(&s);
	for (; count-- > 0; k++) {
		if (!runs_here(k))
			continue;
		for (int32_t shift = -31; shift <= 30; shift++)
			for (unsigned v = 0; v < 24; v++) {
				struct ewi_fc p = {.rows = 1, .depth = 1, .units = 8, .act_min = -128, .act_max = 127,
						   .single = v % 2};
				int8_t in = 0, w[8] = {0}, out[8], want[8];
				int16_t scratch[64];
				_Alignas(16) uint8_t packed[4096];
				uint8_t bias[32];
				struct ewi_call c = {.params = &p, .in = {&in, w, bias}, .out = want, .scratch = scratch,
							     .windows = 1};
				int32_t m = v < 2 ? 1 << 30 : v < 4 ? INT32_MAX : (int32_t)(noise(&s.seed) >> 34 | 1 << 30);

				p.scale = (struct ewi_scale){m, shift};
				for (size_t u = 0; u < 8; u++) {
					int32_t sum = v < 8 ? sums[u] : (int32_t)(noise(&s.seed) >> (noise(&s.seed) % 33));

					bias[4 * u] = (uint8_t)sum;
					bias[4 * u + 1] = (uint8_t)((uint32_t)sum >> 8);
					bias[4 * u + 2] = (uint8_t)((uint32_t)sum >> 16);
					bias[4 * u + 3] = (uint8_t)((uint32_t)sum >> 24);
					s.multipliers[u] = m;
					s.shifts[u] = shift;
				}
				if (v % 3 == 0) {
					p.multipliers = s.multipliers;
					p.shifts = s.shifts;
				}
				if (k->packing) {
					memset(packed, 0, sizeof(packed));
					assert_true(k->packing->bytes(&p) <= sizeof(packed));
					k->packing->fill(&p, (const void *const *)c.in, packed);
					c.packed = packed;
				}
				ewk_fc_s8_ref(&c);
				c.out = out;
				k->fn(&c);
				check_mem(k->name, out, want, 8);
			}
	}
	setup_deinit(&s);
}

/* The table itself: each slot begins with its definition, names are those of the functions. */
static void table(void **state)
{
	bool seen[EWI_SLOTS] = {false};
	size_t count;
	const struct ewi_kernel *k = ewi_kernels(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		if (!seen[k[i].slot]) {
			check_int(k[i].name, k[i].features, 0);
			check_true(k[i].name, k[i].scratch == NULL);
			check_has(k[i].name, k[i].name, "_ref");
		}
		seen[k[i].slot] = true;
		check_true(k[i].name, ewi_kernel_for(k[i].slot, k[i].features)->slot == k[i].slot);
		/* With just its own features a variant, or one that needs no more, is chosen. */
		check_int(k[i].name, ewi_kernel_for(k[i].slot, k[i].features)->features & ~k[i].features, 0);
		check_int(k[i].name, ewi_kernel_for(k[i].slot, 0)->features, 0);
	}
	for (size_t s = 0; s < ROWS(seen); s++)
		assert_true(seen[s]);
}

/* From the best kernel down, one by one, to the definition, whatever the machine. */
static void step_down(void **state)
{
	static const struct ewi_kernel *const slots[] = {ewi_slot_fc_s8, ewi_slot_conv_s8, ewi_slot_dwconv_s8, ewi_slot_copy};
	static const uint32_t machines[] = {0, EW_CPU_SSE41, EW_CPU_SSE41 | EW_CPU_AVX2, EW_CPU_NEON, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < ROWS(slots); i++)
		for (size_t m = 0; m < ROWS(machines); m++) {
			const struct ewi_kernel *k = ewi_kernel_best(slots[i], machines[m], false), *below;
			unsigned steps = 0;

			for (; k != slots[i]; k = below, steps++) {
				below = ewi_kernel_below(slots[i], machines[m], k);
				check_int(k->name, below->features & ~machines[m], 0);
				check_true(k->name, below < k);
			}
			check_true(k->name, ewi_kernel_below(slots[i], machines[m], k) == k);
			if (machines[m] == 0)
				check_int(k->name, steps, 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape),
		cmocka_unit_test(many_units_and_windows),
		cmocka_unit_test(every_shift),
		cmocka_unit_test(table),
		cmocka_unit_test(step_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
