/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * pool.h - int8 pools 16 channels at a time: which 16, and who takes fewer.  Channels at the end that make no 16 are taken
 * with some before them; fewer than 16 are the definition's.  For the files of vector kernels.
 */
#ifndef EW_TENSOR_POOL_H
#define EW_TENSOR_POOL_H

#include "tensor/kernels.h"

#define EWI_POOL_BLOCK 16u

/* Where 16 channels begin, the last ones at the end. */
static inline uint32_t ewi_pool_block(uint32_t c, uint32_t channels)
{
	return c + EWI_POOL_BLOCK <= channels ? c : channels - EWI_POOL_BLOCK;
}

/* Each spot by `fn`, or everything by `ref`. */
static inline void ewi_pool_walk(const struct ewi_call *c, ewi_spot_fn *fn, ewi_kernel_fn *ref)
{
	const struct ewi_pool *p = c->params;

	if (p->win.out_c < EWI_POOL_BLOCK)
		ref(c);
	else
		ewi_window_walk(c, &p->win, c->in[0], 1, c->out, 1, c->windows, c->backwards, fn);
}

#endif
