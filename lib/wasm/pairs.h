/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* pairs.h - the handlers of two or three instructions (fused.c) by the rows of pairs.def, for fuse.c to choose from. */
#ifndef EW_WASM_PAIRS_H
#define EW_WASM_PAIRS_H

#include "wasm/halves.h"
#include "wasm/icode.h"

/*
 * Two or three instructions in a row, done by one handler.  The code stays as it is: only the handler of the first
 * changes, so a jump to the second still finds it there.
 */
#define EWI_ROW(row, ...) row(__VA_ARGS__)
enum {
#define PAIR_ROW(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2) EWI_PAIR_##C1##_##N1##_##F1##K1##_##C2##_##N2##_##F2##K2,
#define PAIR(first, second) EWI_ROW(PAIR_ROW, first, second)
#define TRIPLE(first, second, third)
#include "wasm/pairs.def"
#undef PAIR_ROW
	EWI_PAIRS
};

enum {
#define TRIPLE_ROW(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2, C3, N3, R3, T3, F3, K3)                     \
	EWI_TRIPLE_##C1##_##N1##_##F1##K1##_##C2##_##N2##_##F2##K2##_##C3##_##N3##_##F3##K3,
#define PAIR(first, second)
#define TRIPLE(first, second, third) EWI_ROW(TRIPLE_ROW, first, second, third)
#include "wasm/pairs.def"
#undef TRIPLE_ROW
	EWI_TRIPLES
};

extern const ewi_handler ewi_pairs[EWI_PAIRS], ewi_triples[EWI_TRIPLES];

#endif
