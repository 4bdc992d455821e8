/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * exec_guard.c - the handlers of loads and stores, alone, in pairs and in triples, once more: for modules that were
 * loaded with EW_MODULE_GUARD, without checks.  The code is the same; ewi_guard_handler and its like say which handler
 * stands for which.
 */
#include "edgewasm/config.h"
#if EW_CONFIG_EXEC_ACC && defined(__GNUC__) && !defined(__clang__)
/* gcc's other register allocator moves the registers of EWI_REGS to others and back in nearly every handler. */
#pragma GCC optimize("ira-algorithm=priority")
#endif
#define EWI_UNCHECKED
#include "wasm/fused.h"
#include "wasm/compute_simd.h"

#if EW_CONFIG_WASM && EW_CONFIG_GUARD

/* clang-format off */

#define BIN(N, R, T, E)
#define BINT(N, R, T, C, E)
#define CMP(N, T, E, S, G)
#define FCMP(N, T, E, S)
#define UN(N, R, T, E)
#define UNT(N, R, T, C, E)
#define SEL(N, T)
#define GLOB(N, T)
#define CTL(N)
#define LOAD(N, R, B, E) LOAD_FORMS(N, R, B)
#define STORE(N, T, B, E) STORE_FORMS(N, T)
#include "wasm/icode.def"

#if EW_CONFIG_SIMD
#define V(name) H(name)
#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms)
#define VINT(N, cls, R, T, forms)
#define VLOAD(code, N, text, align, bytes, fn) VLOAD_FORMS(N, bytes, fn)
#define VSTORE(code, N, text) VSTORE_FORMS(N)
#define VLOADLANE(code, N, text, align, T) VLOADLANE_FORM(N, T)
#define VSTORELANE(code, N, text, align, T) VSTORELANE_FORM(N, T)
#include "wasm/simd.def"
#endif

/* Only rows with a load or store in them. */
#define REACHES_BIN 0
#define REACHES_BINT 0
#define REACHES_UN 0
#define REACHES_LOAD 1
#define REACHES_LOADAT 1
#define REACHES_GLOB 0
#define REACHES_GSET 0
#define REACHES_STORE 1
#define REACHES_STOREAT 1
#define REACHES_SEL 0
#define REACHES_COPY 0
#define REACHES_COPY2 0
#define REACHES_CONST 0
#define REACHES_CONSTN 0
#define REACHES_MOVE 0
#define REACHES_BRANCH 0
#define REACHES_BRANCHN 0
#define REACHES_JUMP 0
#define REACHES_TABLE 0
#define REACHES_RETURN 0
#define REACHES_BACK 0
#define REACHES_CALL 0
#define REACHES_VUN 0
#define REACHES_VBIN 0
#define REACHES_VTERN 0
#define REACHES_VSHIFT 0
#define REACHES_VCONST 0
#define REACHES_VSHUFFLE 0
#define REACHES_VLOAD 1
#define REACHES_VSTORE 1
#define WHERE_000(then, otherwise) otherwise
#define WHERE_001(then, otherwise) then
#define WHERE_010(then, otherwise) then
#define WHERE_011(then, otherwise) then
#define WHERE_100(then, otherwise) then
#define WHERE_101(then, otherwise) then
#define WHERE_110(then, otherwise) then
#define WHERE_111(then, otherwise) then
#define WHERE(a, b, c) WHERE_BITS(a, b, c)
#define WHERE_BITS(a, b, c) WHERE_##a##b##c

#define NOTHING
#define GUARD_PAIR(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2)                                             \
	WHERE(0, REACHES_##C1, REACHES_##C2)                                                                   \
	(PAIR_HANDLER(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2), NOTHING)
#define GUARD_TRIPLE(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2, C3, N3, R3, T3, F3, K3)                   \
	WHERE(REACHES_##C1, REACHES_##C2, REACHES_##C3)                                                        \
	(TRIPLE_HANDLER(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2, C3, N3, R3, T3, F3, K3), NOTHING)
#define PAIR(first, second) EWI_ROW(GUARD_PAIR, first, second)
#define TRIPLE(first, second, third) EWI_ROW(GUARD_TRIPLE, first, second, third)
#include "wasm/pairs.def"

/* ---- the tables ---- */

#define PAIR_ENTRY(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2)                                             \
	WHERE(0, REACHES_##C1, REACHES_##C2)(PAIR_NAME(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2), NULL),
#define PAIR(first, second) EWI_ROW(PAIR_ENTRY, first, second)
#define TRIPLE(first, second, third)
static const ewi_handler pairs[EWI_PAIRS] = {
#include "wasm/pairs.def"
};

#define TRIPLE_ENTRY(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2, C3, N3, R3, T3, F3, K3)                   \
	WHERE(REACHES_##C1, REACHES_##C2, REACHES_##C3)                                                        \
	(TRIPLE_NAME(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2, C3, N3, R3, T3, F3, K3), NULL),
#define PAIR(first, second)
#define TRIPLE(first, second, third) EWI_ROW(TRIPLE_ENTRY, first, second, third)
static const ewi_handler triples[EWI_TRIPLES] = {
#include "wasm/pairs.def"
};

/* Loads and stores stand together in icode.def. */
enum { SCALAR_FIRST = EWI_I32_LOAD, SCALAR_COUNT = EWI_I64_STORE32_AT - EWI_I32_LOAD + 1 };

#define BOTH(N, F) [EWI_##F] = {N##_##F, N##_##F##_silent},
#define ONE(N, F) [EWI_##F] = {N##_##F, N##_##F},
#define BIN(N, R, T, E)
#define BINT(N, R, T, C, E)
#define CMP(N, T, E, S, G)
#define FCMP(N, T, E, S)
#define UN(N, R, T, E)
#define UNT(N, R, T, C, E)
#define SEL(N, T)
#define GLOB(N, T)
#define CTL(N)
#define LOAD(N, R, B, E)                                                                                       \
	[EWI_##N - SCALAR_FIRST] = {BOTH(N, SS) BOTH(N, RS)}, [EWI_##N##_AT - SCALAR_FIRST] = {BOTH(N##_AT, SS)},
#define STORE(N, T, B, E)                                                                                      \
	[EWI_##N - SCALAR_FIRST] = {ONE(N, SS) ONE(N, RS) ONE(N, SR) IF_INT_##T(ONE(N, SI) ONE(N, RI))},       \
	[EWI_##N##_AT - SCALAR_FIRST] = {ONE(N##_AT, SS) ONE(N##_AT, SR) IF_INT_##T(ONE(N##_AT, SI))},
static const ewi_handler scalars[SCALAR_COUNT][EWI_FORMS][2] = {
#include "wasm/icode.def"
};

#if EW_CONFIG_SIMD
static const ewi_handler stores[EWI_FORMS] = {
	[EWI_SS] = V128_STORE, [EWI_RS] = V128_STORE_RS, [EWI_SI] = V128_STORE_SI,
	IF_VACC([EWI_SR] = V128_STORE_SR, [EWI_RX] = V128_STORE_RX, [EWI_RI] = V128_STORE_RI)
};
#endif

static ewi_handler vector(unsigned icode, unsigned form)
{
	switch (icode) {
#if EW_CONFIG_SIMD
#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms)
#define VINT(N, cls, R, T, forms)
#define VLOAD(code, N, text, align, bytes, fn) case EWI_##N: return form == EWI_RS ? N##_RS : form == EWI_SI ? N##_SI : N;
#define VSTORE(code, N, text) case EWI_##N: return stores[form];
#define VLOADLANE(code, N, text, align, T) case EWI_##N: return N;
#define VSTORELANE(code, N, text, align, T) case EWI_##N: return N;
#include "wasm/simd.def"
#endif
	}
	(void)form;
	return NULL;
}

/* clang-format on */

ewi_handler ewi_guard_handler(unsigned icode, unsigned form, bool silent)
{
	if (icode >= SCALAR_FIRST && icode < SCALAR_FIRST + SCALAR_COUNT)
		return scalars[icode - SCALAR_FIRST][form][silent];
	return vector(icode, form);
}

ewi_handler ewi_guard_pair(unsigned row)
{
	return pairs[row] ? pairs[row] : ewi_pairs[row];
}

ewi_handler ewi_guard_triple(unsigned row)
{
	return triples[row] ? triples[row] : ewi_triples[row];
}

#endif
