/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* dwconv_avx512vnni.c - depthwise windows with AVX-512 VNNI: the loop of dwconv_vnni.h, which says how. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_X86
#define TARGET AVX512VNNI
#define DOT _mm256_dpbusd_epi32
#include "tensor/dwconv_vnni.h"

const struct ewi_tile_dwisa ewi_tile_dw_avx512vnni = {.layout = VNNI_LAYOUT, .pixels = pixels, .one = &ewi_tile_avx512vnni};
#endif
#endif
