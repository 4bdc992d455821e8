/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fuse.c - the last pass over a function: pairs of instructions get one handler.
 *
 * Left to right, each instruction in one pair at most.  A label is never made the second of a pair: it is
 * better the first of one, since what is jumped to most is the head of a loop.
 */
#include "wasm/emit.h"

#if EW_CONFIG_WASM

#if EW_CONFIG_EXEC_ACC
/* Of each instruction, form and variant: the last row of pairs.def that begins with it, + 1. */
#define VARIANT(icode, form, silent) (((icode) * EWI_FORMS + (form)) * 2 + (silent))
#define VARIANT_keep 0
#define VARIANT_silent 1
#define ICODE_BIN(N) EWI_##N
#define ICODE_UN(N) EWI_##N
#define ICODE_LOAD(N) EWI_##N
#define ICODE_STORE(N) EWI_##N
#define ICODE_COPY(N) EWI_##N
#define ICODE_CONST(N) EWI_##N

/* Each row overwrites the one before: that is how the last is found. */
#pragma GCC diagnostic push
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif
static const uint16_t last_row[EWI_ICODES * EWI_FORMS * 2] = {
#define PAIR(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2)                                       \
	[VARIANT(ICODE_##C1(N1), EWI_##F1, VARIANT_##K1)] =                                        \
		EWI_PAIR_##N1##_##F1##_##K1##_##N2##_##F2##_##K2 + 1,
#include "wasm/pairs.def"
};
#pragma GCC diagnostic pop

/* The handler for both, or NULL. */
static ewi_handler find(const struct ewi_start *s, ewi_handler first, ewi_handler second)
{
	bool silent = first != EWI_HANDLER(s->icode, s->form, 0);
	unsigned row = last_row[VARIANT(s->icode, s->form, silent)];

	for (; row > 0 && ewi_pairs[row - 1].first == first; row--)
		if (ewi_pairs[row - 1].second == second)
			return ewi_pairs[row - 1].both;
	return NULL;
}

void ewi_fuse(struct ewi_translator *t)
{
	for (uint32_t i = 0; i + 1 < t->start_count; i++) {
		const struct ewi_start *s = &t->starts[i];
		struct ewi_ins *a = (void *)(t->code + s->pos);
		const struct ewi_ins *b = (const void *)(t->code + s[1].pos);
		ewi_handler both = s[1].is_label ? NULL : find(s, a->h, b->h);

		if (both) {
			a->h = both;
			i++;
		}
	}
}
#else
void ewi_fuse(struct ewi_translator *t)
{
	(void)t;
}
#endif

#endif
