/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * pool_x86.h - what int8 pools with SSE4.1 and AVX2 have in common: 16 bytes go together in both.  The file that includes
 * this defines TARGET, what it is compiled for.
 */
#ifndef EW_TENSOR_POOL_X86_H
#define EW_TENSOR_POOL_X86_H

#include <smmintrin.h>
#include "tensor/pool.h"

EW_TARGET(TARGET)
EW_INLINE __m128i load(const int8_t *p)
{
	return _mm_loadu_si128((const void *)p);
}

EW_TARGET(TARGET)
EW_INLINE void store(int8_t *out, __m128i v, const struct ewi_pool *p)
{
	v = _mm_max_epi8(v, _mm_set1_epi8((char)p->act_min));
	_mm_storeu_si128((void *)out, _mm_min_epi8(v, _mm_set1_epi8((char)p->act_max)));
}

EW_TARGET(TARGET)
static void max(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_pool *p = c->params;

	for (uint32_t ch = 0; ch < p->win.out_c; ch += EWI_POOL_BLOCK) {
		uint32_t at = ewi_pool_block(ch, p->win.out_c);
		__m128i v = _mm_set1_epi8(INT8_MIN);

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++) {
			const int8_t *in = (const int8_t *)s->in + ewi_spot_at(&p->win, s, ky, s->kx) + at;

			for (uint32_t kx = s->kx; kx < s->kx_end; kx++, in += p->win.in_c)
				v = _mm_max_epi8(v, load(in));
		}
		store((int8_t *)s->out + at, v, p);
	}
}

#endif
