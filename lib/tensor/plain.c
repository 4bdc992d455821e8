/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* plain.c - choosing among the kernels of plain.h. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/dispatch.h"
#include "tensor/plain.h"

ewi_kernel_fn *ewi_plain_kernel(enum ewi_plain what, uint32_t features)
{
	static const struct ewi_kernel *const slots[] = {
		[EWI_PLAIN_CONV_S8] = ewi_slot_conv_s8,
		[EWI_PLAIN_DWCONV_S8] = ewi_slot_dwconv_s8,
		[EWI_PLAIN_AVGPOOL_S8] = ewi_slot_avgpool_s8,
		[EWI_PLAIN_MAXPOOL_S8] = ewi_slot_maxpool_s8,
	};
	const struct ewi_kernel *k = slots[what];
	ewi_kernel_fn *fn = k->fn; /* the definition needs nothing */

	for (; k->fn; k++)
		if (!(k->features & ~features) && !k->scratch && !k->packing)
			fn = k->fn;
	return fn;
}
#endif
