/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fused.c - handlers that do two or three instructions, made from pairs.def.  Which instructions get them is
 * decided in fuse.c.
 *
 * The code itself is as for single handlers, so each half finds its fields in its own instruction: a jump to the
 * second finds a whole one there, and a trap or a stop names the right place.  A handler may write a result to its slot
 * where the single one would be silent: such a slot belongs to the result alone.
 */
#include "edgewasm/config.h"
#if EW_CONFIG_EXEC_ACC && defined(__GNUC__) && !defined(__clang__)
/* gcc's other register allocator moves the registers of EWI_REGS to others and back in nearly every handler. */
#pragma GCC optimize("ira-algorithm=priority")
#endif
#include "wasm/fused.h"

#if EW_CONFIG_WASM && EW_CONFIG_EXEC_ACC

/* clang-format off */

#define PAIR(first, second) EWI_ROW(PAIR_HANDLER, first, second)
#define TRIPLE(first, second, third) EWI_ROW(TRIPLE_HANDLER, first, second, third)
#include "wasm/pairs.def"

#define PAIR_ENTRY(...) PAIR_NAME(__VA_ARGS__),
#define PAIR(first, second) EWI_ROW(PAIR_ENTRY, first, second)
#define TRIPLE(first, second, third)
const ewi_handler ewi_pairs[EWI_PAIRS] = {
#include "wasm/pairs.def"
};

#define TRIPLE_ENTRY(...) TRIPLE_NAME(__VA_ARGS__),
#define PAIR(first, second)
#define TRIPLE(first, second, third) EWI_ROW(TRIPLE_ENTRY, first, second, third)
const ewi_handler ewi_triples[EWI_TRIPLES] = {
#include "wasm/pairs.def"
};

#endif
