/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * pool_neon.c - AVERAGE_POOL_2D and MAX_POOL_2D of int8 with NEON, of 64 and of 32 bits: the bytes of their definitions, 16
 * channels at a time.  Channels at the end that make no 16 are taken with some before them; fewer than 16 are the
 * definition's.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/pool.h"

#if EWI_KERNELS_NEON
#if !defined(__aarch64__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("fpu=neon")
#endif
#include <arm_neon.h>

EW_INLINE void store(int8_t *out, int8x16_t v, const struct ewi_pool *p)
{
	v = vmaxq_s8(v, vdupq_n_s8((int8_t)p->act_min));
	vst1q_s8(out, vminq_s8(v, vdupq_n_s8((int8_t)p->act_max)));
}

/*
 * Divides by count: v / count = v * m >> shift for v <= 129 * count.  With 2^b >= count, shift = 8 + 2 * b and
 * m = 2^shift / count, rounded up, m is too large by e / count, e < count, so the product by v * e / count, and that is below
 * 2^shift / count as v * e < 129 * count^2 <= 2^shift: it does not reach the next integer.  m < 2^(9 + b) <= 2^25.
 */
struct divisor {
	uint32_t half, m;
	int32_t shift;
};

static struct divisor divisor_of(uint32_t count)
{
	int32_t shift = 8 + 2 * (int32_t)(count > 1 ? 32 - ewi_clz32(count - 1) : 0);

	return (struct divisor){count / 2, (uint32_t)((((uint64_t)1 << shift) + count - 1) / count), shift};
}

/* sum / count, rounded to the nearest, ties away from 0. */
EW_INLINE int16x4_t mean(int32x4_t sum, const struct divisor *d)
{
	uint32x4_t v = vaddq_u32(vreinterpretq_u32_s32(vabsq_s32(sum)), vdupq_n_u32(d->half));
	uint64x2_t low = vshlq_u64(vmull_u32(vget_low_u32(v), vdup_n_u32(d->m)), vdupq_n_s64(-d->shift));
	uint64x2_t high = vshlq_u64(vmull_u32(vget_high_u32(v), vdup_n_u32(d->m)), vdupq_n_s64(-d->shift));
	int32x4_t q = vreinterpretq_s32_u32(vcombine_u32(vmovn_u64(low), vmovn_u64(high)));
	int32x4_t sign = vshrq_n_s32(sum, 31);

	return vmovn_s32(vsubq_s32(veorq_s32(q, sign), sign));
}

static void average(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_pool *p = c->params;
	const struct divisor d = divisor_of((s->ky_end - s->ky) * (s->kx_end - s->kx));

	for (uint32_t ch = 0; ch < p->win.out_c; ch += EWI_POOL_BLOCK) {
		uint32_t at = ewi_pool_block(ch, p->win.out_c);
		int32x4_t w = vdupq_n_s32(0), x = w, y = w, z = w;
		int16x8_t low, high;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++) {
			const int8_t *in = (const int8_t *)s->in + ewi_spot_at(&p->win, s, ky, s->kx) + at;

			for (uint32_t kx = s->kx; kx < s->kx_end; kx++, in += p->win.in_c) {
				int8x16_t v = vld1q_s8(in);

				low = vmovl_s8(vget_low_s8(v));
				high = vmovl_s8(vget_high_s8(v));
				w = vaddw_s16(w, vget_low_s16(low));
				x = vaddw_s16(x, vget_high_s16(low));
				y = vaddw_s16(y, vget_low_s16(high));
				z = vaddw_s16(z, vget_high_s16(high));
			}
		}
		low = vcombine_s16(mean(w, &d), mean(x, &d));
		high = vcombine_s16(mean(y, &d), mean(z, &d));
		store((int8_t *)s->out + at, vcombine_s8(vqmovn_s16(low), vqmovn_s16(high)), p);
	}
}

static void max(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_pool *p = c->params;

	for (uint32_t ch = 0; ch < p->win.out_c; ch += EWI_POOL_BLOCK) {
		uint32_t at = ewi_pool_block(ch, p->win.out_c);
		int8x16_t v = vdupq_n_s8(INT8_MIN);

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++) {
			const int8_t *in = (const int8_t *)s->in + ewi_spot_at(&p->win, s, ky, s->kx) + at;

			for (uint32_t kx = s->kx; kx < s->kx_end; kx++, in += p->win.in_c)
				v = vmaxq_s8(v, vld1q_s8(in));
		}
		store((int8_t *)s->out + at, v, p);
	}
}

void ewk_avgpool_s8_neon(const struct ewi_call *c)
{
	ewi_pool_walk(c, average, ewk_avgpool_s8_ref);
}

void ewk_maxpool_s8_neon(const struct ewi_call *c)
{
	ewi_pool_walk(c, max, ewk_maxpool_s8_ref);
}
#if !defined(__aarch64__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif
#endif
