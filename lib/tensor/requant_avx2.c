/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* requant_avx2.c - what channels need behind their sums, arranged at load for requant_avx2.h. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/steps_avx2.h"

/* A multiplier of 0 gives 0, shifted however far. */
void ewi_finish_put_avx2(struct ewi_scale scale, int32_t bias, enum ewi_finish_mode mode,
			 struct ewi_finish_avx2 *to, uint32_t i)
{
	int32_t right = scale.shift < 0 ? -scale.shift : 1;

	to->bias[i] = bias;
	to->m[i] = scale.multiplier;
	if (i % 2)
		to->m_odd[i - 1] = scale.multiplier;
	to->shift[i] = mode == EWI_FINISH_NEAR ? right : scale.shift;
	to->half[i] = (int32_t)(1u << (right - 1));
}

void ewi_steps_put_avx2(const struct ewi_steps *s, uint32_t more, struct ewi_finish_avx2 *to, uint32_t i)
{
	to->bias[i] = (int32_t)((uint32_t)s->bias + more);
	to->m[i] = s->multiplier;
	if (i % 2)
		to->m_odd[i - 1] = s->multiplier;
	to->above[i] = s->above;
	to->below[i] = s->below;
}
#endif
#endif
