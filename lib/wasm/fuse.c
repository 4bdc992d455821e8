/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fuse.c - the last pass over a function: two or three instructions in a row get one handler.
 *
 * From the end backwards, each instruction learns how few handlers the line from it on can have; forwards, those
 * are put in.  A label is never inside: what is jumped to must be a handler's beginning.
 */
#include "wasm/emit.h"
#include "wasm/pairs.h"

#if EW_CONFIG_WASM

#if EW_CONFIG_EXEC_ACC
/* An instruction for the tables below: which, in which form, and whether it leaves its slot alone. */
#define KEY(icode, form, silent) (((icode) * EWI_FORMS + (form)) * 2 + (silent))
#define KEYS KEY(EWI_ICODES, 0, 0)
#define KEEPING(key) ((key) & ~1u) /* the same that writes its slot */
#define SILENT_keep 0
#define SILENT_silent 1
#define KEY_BIN(N, F, K) KEY(EWI_##N, EWI_##F, SILENT_##K)
#define KEY_BINT KEY_BIN
#define KEY_UN KEY_BIN
#define KEY_LOAD KEY_BIN
#define KEY_LOADAT(N, F, K) KEY(EWI_##N##_AT, EWI_##F, SILENT_##K)
#define KEY_GLOB KEY_BIN
#define KEY_GSET KEY_BIN
#define KEY_STORE KEY_BIN
#define KEY_STOREAT KEY_LOADAT
#define KEY_SEL KEY_BIN
#define KEY_COPY KEY_BIN
#define KEY_COPY2 KEY_BIN
#define KEY_CONST KEY_BIN
#define KEY_CONSTN KEY_BIN
#define KEY_MOVE KEY_BIN
#define KEY_BRANCH(N, F, K) KEY(EWI_BR_##N, EWI_##F, SILENT_##K)
#define KEY_BRANCHN(N, F, K) KEY(EWI_BRN_##N, EWI_##F, SILENT_##K)
#define KEY_JUMP KEY_BIN
#define KEY_TABLE KEY_BIN
#define KEY_RETURN KEY_BIN
#define KEY_BACK KEY_BIN
#define KEY_CALL KEY_BIN
_Static_assert(KEYS < UINT16_MAX, "keys have 16 bits");

/* Each row overwrites the one before: that is how the last of a group is found. */
#pragma GCC diagnostic push
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif

/* By key of the first: the last row of pairs.def that begins with it, + 1; KEYS begins none. */
static const uint16_t last_pair[KEYS + 1] = {
#define PAIR_ROW(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2)                                           \
	[KEY_##C1(N1, F1, K1)] = EWI_PAIR_##C1##_##N1##_##F1##K1##_##C2##_##N2##_##F2##K2 + 1,
#define PAIR(first, second) EWI_ROW(PAIR_ROW, first, second)
#define TRIPLE(first, second, third)
#include "wasm/pairs.def"
#undef PAIR_ROW
};

/* By pair: the last triple that begins with it, + 1. */
static const uint16_t last_triple[EWI_PAIRS] = {
#define TRIPLE_ROW(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2, C3, N3, R3, T3, F3, K3)                     \
	[EWI_PAIR_##C1##_##N1##_##F1##K1##_##C2##_##N2##_##F2##K2] =                                       \
		EWI_TRIPLE_##C1##_##N1##_##F1##K1##_##C2##_##N2##_##F2##K2##_##C3##_##N3##_##F3##K3 + 1,
#define PAIR(first, second)
#define TRIPLE(first, second, third) EWI_ROW(TRIPLE_ROW, first, second, third)
#include "wasm/pairs.def"
#undef TRIPLE_ROW
};
#pragma GCC diagnostic pop

static const uint16_t pair_first[EWI_PAIRS] = {
#define PAIR_ROW(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2) KEY_##C1(N1, F1, K1),
#define PAIR(first, second) EWI_ROW(PAIR_ROW, first, second)
#define TRIPLE(first, second, third)
#include "wasm/pairs.def"
#undef PAIR_ROW
};

static const uint16_t pair_second[EWI_PAIRS] = {
#define PAIR_ROW(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2) KEY_##C2(N2, F2, K2),
#define PAIR(first, second) EWI_ROW(PAIR_ROW, first, second)
#define TRIPLE(first, second, third)
#include "wasm/pairs.def"
};

static const uint16_t triple_pair[EWI_TRIPLES] = {
#define TRIPLE_ROW(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2, C3, N3, R3, T3, F3, K3)                     \
	EWI_PAIR_##C1##_##N1##_##F1##K1##_##C2##_##N2##_##F2##K2,
#define PAIR(first, second)
#define TRIPLE(first, second, third) EWI_ROW(TRIPLE_ROW, first, second, third)
#include "wasm/pairs.def"
#undef TRIPLE_ROW
};

static const uint16_t triple_third[EWI_TRIPLES] = {
#define TRIPLE_ROW(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2, C3, N3, R3, T3, F3, K3) KEY_##C3(N3, F3, K3),
#define PAIR(first, second)
#define TRIPLE(first, second, third) EWI_ROW(TRIPLE_ROW, first, second, third)
#include "wasm/pairs.def"
};

static unsigned key_of(const struct ewi_translator *t, const struct ewi_start *s)
{
	ewi_handler h = ((const struct ewi_ins *)(const void *)(t->code + s->pos))->h;
	bool silent = h != EWI_HANDLER(s->icode, s->form, 0);

	/* Some handlers are in no table of forms: those of 64-bit memories. */
	return silent && h != EWI_HANDLER(s->icode, s->form, 1) ? KEYS : (unsigned)KEY(s->icode, s->form, silent);
}

/*
 * The row, + 1, or 0.  A row whose instructions write their slots does for silent ones, too: those slots are theirs
 * alone.
 */
static unsigned find_in_group(unsigned first, unsigned second)
{
	unsigned row = last_pair[first], other = 0;

	for (; row > 0 && pair_first[row - 1] == first; row--) {
		if (pair_second[row - 1] == second)
			return row;
		if (pair_second[row - 1] == KEEPING(second))
			other = row;
	}
	return other;
}

static unsigned find_pair(struct ewi_translator *t, unsigned first, unsigned second)
{
	struct ewi_memo *memo = &t->memo[(first * 31 + second) % EWI_MEMOS];

	if (memo->first != first + 1 || memo->second != second) {
		unsigned row = find_in_group(first, second);

		if (row == 0 && first != KEEPING(first))
			row = find_in_group(KEEPING(first), second);
		*memo = (struct ewi_memo){(uint16_t)(first + 1), (uint16_t)second, (uint16_t)row};
	}
	return memo->row;
}

static unsigned find_triple(unsigned pair, unsigned third)
{
	unsigned row = last_triple[pair], other = 0;

	for (; row > 0 && triple_pair[row - 1] == pair; row--) {
		if (triple_third[row - 1] == third)
			return row;
		if (triple_third[row - 1] == KEEPING(third))
			other = row;
	}
	return other;
}

/* The best that can begin at s, of which `left` are left: it is known for all that stand behind it. */
static void choose(struct ewi_translator *t, struct ewi_start *s, uint32_t left)
{
	unsigned pair, triple;
	uint32_t behind;

	s->key = (uint16_t)key_of(t, s);
	s->row = 0;
	s->best = 1 + (left > 1 ? s[1].best : 0);
	if (left < 2 || s[1].is_label)
		return;
	pair = find_pair(t, s->key, s[1].key);
	if (pair == 0)
		return;
	behind = left > 2 ? s[2].best : 0;
	if (1 + behind <= s->best) {
		s->best = 1 + behind;
		s->row = (uint16_t)pair;
	}
	if (left < 3 || s[2].is_label)
		return;
	triple = find_triple(pair - 1, s[2].key);
	behind = left > 3 ? s[3].best : 0;
	if (triple != 0 && 1 + behind < s->best) {
		s->best = 1 + behind;
		s->row = (uint16_t)(EWI_PAIRS + triple);
	}
}

#if EW_CONFIG_GUARD
/* One instruction: of a module without checks it has another handler if it is a load or store of a 32-bit memory. */
static void leave_check(struct ewi_translator *t, const struct ewi_start *s)
{
	struct ewi_ins *ins = (void *)(t->code + s->pos);
	bool silent = ins->h != EWI_HANDLER(s->icode, s->form, 0);
	ewi_handler h = ewi_guard_handler(s->icode, s->form, silent);

	if (h && ins->h == EWI_HANDLER(s->icode, s->form, silent))
		ins->h = h;
}

static ewi_handler handler_of_row(unsigned row, bool guarded)
{
	if (row > EWI_PAIRS)
		return guarded ? ewi_guard_triple(row - EWI_PAIRS - 1) : ewi_triples[row - EWI_PAIRS - 1];
	return guarded ? ewi_guard_pair(row - 1) : ewi_pairs[row - 1];
}
#else
static void leave_check(struct ewi_translator *t, const struct ewi_start *s)
{
	(void)t, (void)s;
}

static ewi_handler handler_of_row(unsigned row, bool guarded)
{
	(void)guarded;
	return row > EWI_PAIRS ? ewi_triples[row - EWI_PAIRS - 1] : ewi_pairs[row - 1];
}
#endif

void ewi_fuse(struct ewi_translator *t)
{
	bool guarded = ewi_is_guarded(t->m);

	for (uint32_t i = t->start_count; i-- > 0;)
		choose(t, &t->starts[i], t->start_count - i);
	for (uint32_t i = 0; i < t->start_count; i++) {
		const struct ewi_start *s = &t->starts[i];

		if (s->row == 0) {
			if (guarded)
				leave_check(t, s);
			continue;
		}
		((struct ewi_ins *)(void *)(t->code + s->pos))->h = handler_of_row(s->row, guarded);
		i += s->row > EWI_PAIRS ? 2 : 1;
	}
}

bool ewi_fused_at(uint32_t i, struct ewi_fused *out)
{
	bool triple = i >= EWI_PAIRS;
	unsigned key;

	if (i >= EWI_PAIRS + EWI_TRIPLES)
		return false;
	key = pair_first[triple ? triple_pair[i - EWI_PAIRS] : i];
	out->handler = triple ? ewi_triples[i - EWI_PAIRS] : ewi_pairs[i];
	out->length = triple ? 3 : 2;
	out->silent = key % 2;
	out->form = key / 2 % EWI_FORMS;
	out->icode = (uint16_t)(key / 2 / EWI_FORMS);
	return true;
}
#else
void ewi_fuse(struct ewi_translator *t)
{
	(void)t;
}

bool ewi_fused_at(uint32_t i, struct ewi_fused *out)
{
	(void)i, (void)out;
	return false;
}
#endif

#endif
