/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fn_tensor.c - edge_v1: kernels on guest memory, for what a guest computes without a model file.
 *
 * A guest tells sizes; nothing is believed: every range is checked before a kernel is called, which then reads and writes
 * guest memory itself.  Scales are copied where they do not lie aligned, or have the other byte order.
 */
#include "abi/span.h"

#if EW_CONFIG_ABI
#include "base/cpu.h"
#include "tensor/plain.h"

enum { BATCHES, IN_H, IN_W, IN_C, OUT_H, OUT_W, OUT_C, K_H, K_W, STRIDE_H, STRIDE_W, DIL_H, DIL_W, PAD_H, PAD_W, GROUPS,
       IN_ZERO, OUT_ZERO, OUT_MIN, OUT_MAX, NUMBERS };

#define WINDOW_BYTES (4u * NUMBERS) /* struct edge_window */
#define SIDE_MAX 65535u	       /* of each size; so four of them multiply in 64 bits */
#define MACS_MAX (1u << 28)

/* A call while it is checked. */
struct job {
	int32_t n[NUMBERS];
	uint64_t in, w, out, macs; /* bytes */
	struct ewi_window win;
};

static bool read_window(struct ew_instance *caller, uint32_t gaddr, struct job *j)
{
	const uint8_t *p = ewi_span(caller, gaddr, WINDOW_BYTES);

	for (uint32_t i = 0; p && i < NUMBERS; i++)
		j->n[i] = (int32_t)ewi_le32(p + 4 * i);
	return p != NULL;
}

/* Sizes within their bounds, every window with a tap inside, zero points and the range of the output int8's. */
static bool sane(const struct job *j)
{
	const int32_t *n = j->n;

	for (uint32_t i = BATCHES; i <= DIL_W; i++)
		if (n[i] < 1 || n[i] > (int32_t)SIDE_MAX)
			return false;
	for (uint32_t axis = 0; axis < 2; axis++) {
		int64_t pad = n[PAD_H + axis], last = (int64_t)(n[OUT_H + axis] - 1) * n[STRIDE_H + axis] - pad;

		if (pad < 0 || pad >= n[K_H + axis] || last >= n[IN_H + axis])
			return false;
	}
	for (uint32_t i = IN_ZERO; i <= OUT_MAX; i++)
		if (n[i] < INT8_MIN || n[i] > INT8_MAX)
			return false;
	return n[OUT_MIN] <= n[OUT_MAX];
}

/* The kernels' window, and how many bytes lie where: products of four sizes below 2^16 each. */
static void measure(struct job *j, uint64_t taps_c)
{
	const int32_t *n = j->n;
	uint64_t pictures = (uint64_t)n[BATCHES], pixels = pictures * (uint64_t)n[OUT_H] * (uint64_t)n[OUT_W];
	uint64_t taps = (uint64_t)n[K_H] * (uint64_t)n[K_W];

	j->win = (struct ewi_window){.batches = (uint32_t)n[BATCHES], .in_h = (uint32_t)n[IN_H], .in_w = (uint32_t)n[IN_W],
				     .in_c = (uint32_t)n[IN_C], .out_h = (uint32_t)n[OUT_H], .out_w = (uint32_t)n[OUT_W],
				     .out_c = (uint32_t)n[OUT_C], .k_h = (uint32_t)n[K_H], .k_w = (uint32_t)n[K_W],
				     .stride_h = (uint32_t)n[STRIDE_H], .stride_w = (uint32_t)n[STRIDE_W],
				     .dil_h = (uint32_t)n[DIL_H], .dil_w = (uint32_t)n[DIL_W], .pad_h = n[PAD_H], .pad_w = n[PAD_W]};
	j->in = pictures * (uint64_t)n[IN_H] * (uint64_t)n[IN_W] * (uint64_t)n[IN_C];
	j->out = pixels * (uint64_t)n[OUT_C];
	j->w = taps * taps_c * (uint64_t)n[OUT_C];
	j->macs = j->out > MACS_MAX || taps * taps_c > MACS_MAX ? UINT64_MAX : j->out * taps * taps_c;
}

static int32_t check_job(struct job *j, uint64_t taps_c)
{
	measure(j, taps_c);
	return j->macs > MACS_MAX || j->in > UINT32_MAX || j->w > UINT32_MAX ? EDGE_TOOBIG : 0;
}

/* Looking at the machine takes time that instances without kernels need not spend. */
static ewi_kernel_fn *kernel_of(struct ew_abi *abi, enum ewi_plain what)
{
	if (!abi->features)
		abi->features = ewi_cpu_features() | EW_ISA_SCALAR;
	return ewi_plain_kernel(what, abi->features);
}

/* A range of the guest's, which must not share a byte with the output. */
struct range {
	uint32_t gaddr;
	uint64_t len;
	uint8_t *at;
};

static int32_t place(struct ew_instance *caller, struct range *r, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		r[i].at = ewi_span(caller, r[i].gaddr, (uint32_t)r[i].len);
		if (!r[i].at)
			return EDGE_FAULT;
	}
	for (uint32_t i = 1; i < count; i++)
		if (ewi_span_overlap(r[0].gaddr, (uint32_t)r[0].len, r[i].gaddr, (uint32_t)r[i].len))
			return EDGE_INVAL;
	return 0;
}

/* Multipliers are not negative and shifts -31 to 30, as kernels want them. */
static bool scales_are_good(const uint8_t *p, uint32_t channels)
{
	for (uint32_t i = 0; i < channels; i++) {
		int32_t multiplier = (int32_t)ewi_le32(p + 4 * (size_t)i);
		int32_t shift = (int32_t)ewi_le32(p + 4 * ((size_t)channels + i));

		if (multiplier < 0 || shift < -31 || shift > 30)
			return false;
	}
	return true;
}

/* Runs with scales in the host's order; false: no memory for a copy of them. */
static bool run_conv(struct ew_abi *abi, ewi_kernel_fn *fn, struct ewi_call *c, struct ewi_conv *p, const uint8_t *scales)
{
	size_t n = 2 * (size_t)p->win.out_c;
	int32_t *copy = NULL;

	if (EW_BIG_ENDIAN || (uintptr_t)scales % sizeof(int32_t) != 0) {
		copy = ewi_alloc(&abi->alloc, n, sizeof(*copy));
		if (!copy)
			return false;
		for (size_t i = 0; i < n; i++)
			copy[i] = (int32_t)ewi_le32(scales + 4 * i);
	}
	p->multipliers = copy ? copy : (const int32_t *)(const void *)scales;
	p->shifts = p->multipliers + p->win.out_c;
	fn(c);
	ewi_free(&abi->alloc, copy, n, sizeof(*copy));
	return true;
}

static bool channels_fit(const struct job *j)
{
	int32_t groups = j->n[GROUPS];

	if (groups == 0) /* depthwise */
		return j->n[OUT_C] % j->n[IN_C] == 0;
	return groups > 0 && j->n[IN_C] % groups == 0 && j->n[OUT_C] % groups == 0;
}

/* tensor_conv(window, in, w, bias, scales, out) */
enum ew_status ewi_fn_tensor_conv(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	struct job j;
	bool there = read_window(caller, v[0].u32, &j), good = there && sane(&j) && channels_fit(&j);
	uint32_t groups = good ? (uint32_t)j.n[GROUPS] : 1, bias = v[3].u32;
	struct ewi_conv p = {.groups = groups ? groups : 1};
	int32_t rc = !there ? EDGE_FAULT : !good ? EDGE_INVAL : 0;
	enum ewi_plain what = groups ? EWI_PLAIN_CONV_S8 : EWI_PLAIN_DWCONV_S8;
	struct range r[5];

	if (rc == 0)
		rc = check_job(&j, groups ? (uint32_t)j.n[IN_C] / groups : 1);
	if (rc == 0) {
		uint64_t word = 4 * (uint64_t)j.n[OUT_C];

		r[0] = (struct range){v[5].u32, j.out, NULL};
		r[1] = (struct range){v[1].u32, j.in, NULL};
		r[2] = (struct range){v[2].u32, j.w, NULL};
		r[3] = (struct range){v[4].u32, 2 * word, NULL};
		r[4] = (struct range){bias, bias ? word : 0, NULL};
		rc = place(caller, r, 5);
	}
	if (rc == 0 && !scales_are_good(r[3].at, (uint32_t)j.n[OUT_C]))
		rc = EDGE_INVAL;
	ewi_pay(abi, caller, rc == 0 ? j.in + j.out + j.macs : WINDOW_BYTES);
	if (rc == 0) {
		struct ewi_call c = {.params = &p, .in = {r[1].at, r[2].at, bias ? r[4].at : NULL}, .out = r[0].at, .windows = 1};

		p.win = j.win;
		p.tap_c = j.win.in_c / p.groups;
		p.multiplier = j.win.out_c / j.win.in_c;
		p.in_zero = j.n[IN_ZERO];
		p.out_zero = j.n[OUT_ZERO];
		p.act_min = j.n[OUT_MIN];
		p.act_max = j.n[OUT_MAX];
		rc = run_conv(abi, kernel_of(abi, what), &c, &p, r[3].at) ? 0 : EDGE_AGAIN;
	}
	return ewi_ret(abi, v, rc);
}

/* tensor_pool(window, max, in, out) */
enum ew_status ewi_fn_tensor_pool(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	struct job j;
	bool there = read_window(caller, v[0].u32, &j), good = there && sane(&j) && v[1].u32 <= 1;
	int32_t rc = !there ? EDGE_FAULT : 0;
	struct range r[2];

	if (good)
		good = j.n[IN_C] == j.n[OUT_C] && j.n[DIL_H] == 1 && j.n[DIL_W] == 1 &&
		       (uint32_t)j.n[K_H] * (uint32_t)j.n[K_W] <= EWI_POOL_TAPS;
	if (rc == 0)
		rc = good ? check_job(&j, 1) : EDGE_INVAL;
	if (rc == 0) {
		r[0] = (struct range){v[3].u32, j.out, NULL};
		r[1] = (struct range){v[2].u32, j.in, NULL};
		rc = place(caller, r, 2);
	}
	ewi_pay(abi, caller, rc == 0 ? j.in + j.out + j.macs : WINDOW_BYTES);
	if (rc == 0) {
		struct ewi_pool p = {.win = j.win, .act_min = j.n[OUT_MIN], .act_max = j.n[OUT_MAX]};
		struct ewi_call c = {.params = &p, .in = {r[1].at}, .out = r[0].at, .windows = 1};

		kernel_of(abi, v[1].u32 ? EWI_PLAIN_MAXPOOL_S8 : EWI_PLAIN_AVGPOOL_S8)(&c);
	}
	return ewi_ret(abi, v, rc);
}

#endif
