/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tile_vnni.h - what the kernels with VPDPBUSD have in common, AVX-VNNI's and AVX-512's.
 *
 * VPDPBUSD multiplies unsigned by signed bytes and adds four products to each sum, without saturating on the way: exact,
 * unlike vpmaddubsw.  So activations are in + 128.  Sums are finished by requant_avx2.h.
 *
 * How this was verified: no machine of this project has the instruction.  The tests compile the very same sources with
 * tests/shim/vnni.h, where the intrinsics are written out in AVX2, and hold them to the definitions byte for byte; that the
 * real objects have the instruction is looked up in their disassembly (tests/check/check_vnni.sh).
 */
#ifndef EW_TENSOR_TILE_VNNI_H
#define EW_TENSOR_TILE_VNNI_H

#include "tensor/requant_avx2.h"
#include "tensor/tile.h"

/* What EW_TARGET is told: all that such a machine has. */
#ifdef EWI_VNNI_SHIM
#define AVXVNNI "avx2"
#define AVX512VNNI "avx2"
#else
#define AVXVNNI "avx2,avxvnni"
#define AVX512VNNI "avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"
#endif

static void put(struct ewi_scale scale, int32_t bias, enum ewi_finish_mode mode, void *head, uint32_t i)
{
	struct ewi_finish_avx2 *f = head;

	ewi_finish_put_avx2(scale, bias, mode, &f[i / 8], i % 8);
}

#define VNNI_LAYOUT                                                                                \
	{                                                                                          \
		.step = 4, .size = 1, .offset = 128, .head = 2 * sizeof(struct ewi_finish_avx2),   \
		.put = put, .place = ewi_place_avx2                                                \
	}

/* Sums of rows, two vectors each, to outputs. */
EW_TARGET("avx2")
EW_INLINE void finish_vnni(__m256i *sums, size_t rows, const struct ewi_finish_avx2 *f, const struct ewi_tile_job *j,
			   int8_t *out, size_t n)
{
	const struct ewi_clamp_avx2 c = ewi_clamp_of_avx2(j->out_zero, j->act_min, j->act_max);

	switch (j->mode) {
	case EWI_FINISH_NEAR:
		ewi_finish_rows_avx2(sums, rows, f, &c, out, j->channels, n, EWI_FINISH_NEAR);
		break;
	case EWI_FINISH_TWICE:
		ewi_finish_rows_avx2(sums, rows, f, &c, out, j->channels, n, EWI_FINISH_TWICE);
		break;
	default: /* SINGLE; steps are AVX2 only */
		ewi_finish_rows_avx2(sums, rows, f, &c, out, j->channels, n, EWI_FINISH_SINGLE);
		break;
	}
}

#endif
