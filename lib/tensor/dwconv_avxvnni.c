/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* dwconv_avxvnni.c - depthwise windows with AVX-VNNI: the loop of dwconv_vnni.h, which says how. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_X86
#define TARGET AVXVNNI
#define DOT _mm256_dpbusd_avx_epi32
#include "tensor/dwconv_vnni.h"

const struct ewi_tile_dwisa ewi_tile_dw_avxvnni = {.layout = VNNI_LAYOUT, .pixels = pixels, .one = &ewi_tile_avxvnni};
#endif
#endif
