/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* dwconv_avx2.h - between the files of the AVX2 depthwise convolution. */
#ifndef EW_TENSOR_DWCONV_AVX2_H
#define EW_TENSOR_DWCONV_AVX2_H

#include "tensor/kernels.h"
#include "tensor/steps_avx2.h"

#define EWI_DWCONV3_OUTPUTS 8u /* of a row that go together */

/* Three by three, strides 1 or 2, and channels in sixteens; or eight, of two neighbours at a time. */
static inline bool ewi_dwconv3_fits_avx2(const struct ewi_conv *p)
{
	const struct ewi_window *w = &p->win;

	return w->k_h == 3 && w->k_w == 3 && w->dil_h == 1 && w->dil_w == 1 && w->stride_w <= 2 &&
	       (w->out_c % 16 == 0 || (w->out_c == 8 && w->stride_w == 1));
}

/* Outputs of a row that are written before later ones are read. */
static inline uint32_t ewi_dwconv3_outputs_avx2(const struct ewi_conv *p)
{
	return p->win.out_c == 8 ? 2 * EWI_DWCONV3_OUTPUTS : EWI_DWCONV3_OUTPUTS;
}

/*
 * blocks: of 16 channels, as dwconv_avx2.c packs them; of eight channels twice the same.  c->scratch is 16 bytes or
 * more of zero point.
 */
void ewi_dwconv3_avx2(const struct ewi_call *c, const struct ewi_finish_avx2 *blocks,
		      enum ewi_finish_mode mode, uint32_t act);

#endif
