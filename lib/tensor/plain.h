/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* plain.h - kernels that can be called on anybody's tensors: they need no scratch, and no constants packed at load. */
#ifndef EW_TENSOR_PLAIN_H
#define EW_TENSOR_PLAIN_H

#include "tensor/kernels.h"

enum ewi_plain { EWI_PLAIN_CONV_S8, EWI_PLAIN_DWCONV_S8, EWI_PLAIN_AVGPOOL_S8, EWI_PLAIN_MAXPOOL_S8 };

/* The best one within EW_CPU_* features. */
ewi_kernel_fn *ewi_plain_kernel(enum ewi_plain what, uint32_t features);

#endif
