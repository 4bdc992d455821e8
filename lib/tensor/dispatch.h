/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* dispatch.h - which kernel runs: one const table, one choice at load, nothing global. */
#ifndef EW_TENSOR_DISPATCH_H
#define EW_TENSOR_DISPATCH_H

#include "tensor/kernels.h"

enum ewi_slot {
	EWI_SLOT_FC_S8,
	EWI_SLOT_FC_S8_W4,
	EWI_SLOT_FC_S16,
	EWI_SLOT_FC_S16_B64,
	EWI_SLOT_FC_F32,
	EWI_SLOT_CONV_S8,
	EWI_SLOT_CONV_S8_W4,
	EWI_SLOT_CONV_S16,
	EWI_SLOT_CONV_S16_B64,
	EWI_SLOT_CONV_F32,
	EWI_SLOT_DWCONV_S8,
	EWI_SLOT_DWCONV_S8_W4,
	EWI_SLOT_DWCONV_S16_B64,
	EWI_SLOT_DWCONV_F32,
	EWI_SLOT_TCONV_S8,
	EWI_SLOT_TCONV_S16_B64,
	EWI_SLOT_TCONV_F32,
	EWI_SLOT_AVGPOOL_S8,
	EWI_SLOT_AVGPOOL_S16,
	EWI_SLOT_AVGPOOL_F32,
	EWI_SLOT_MAXPOOL_S8,
	EWI_SLOT_MAXPOOL_S16,
	EWI_SLOT_MAXPOOL_F32,
	EWI_SLOT_QUANTIZE,
	EWI_SLOT_REQUANTIZE,
	EWI_SLOT_DEQUANTIZE,
	EWI_SLOT_COPY
};

struct ewi_kernel {
	enum ewi_slot slot;
	uint32_t features; /* EW_CPU_* */
	const char *name;  /* "fc_s8_avx2" */
	ewi_kernel_fn *fn;
	ewi_scratch_fn *scratch;
};

/* Every kernel of this build; *count of them. */
const struct ewi_kernel *ewi_kernels(size_t *count);
/* The best of a slot within EW_CPU_* features; the definition when there is none better. */
const struct ewi_kernel *ewi_kernel_for(enum ewi_slot slot, uint32_t features);

#endif
