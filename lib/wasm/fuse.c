/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fuse.c - the last pass over a function: two or three instructions in a row get one handler.
 *
 * From the end backwards, each instruction learns how few handlers the line from it on can have; forwards, those
 * are put in.  A label is never inside: what is jumped to must be a handler's beginning.
 */
#include "base/bits.h"
#include "wasm/emit.h"
#include "wasm/pairs.h"

#if EW_CONFIG_WASM

#if EW_CONFIG_EXEC_ACC
#define KEEPING(key) ((key) & ~1u) /* the same that writes its slot */
#define SILENT_keep 0
#define SILENT_silent 1
#define KEY_BIN(N, F, K) EWI_KEY(EWI_##N, EWI_##F, SILENT_##K)
#define KEY_BINT KEY_BIN
#define KEY_UN KEY_BIN
#define KEY_LOAD KEY_BIN
#define KEY_LOADAT(N, F, K) EWI_KEY(EWI_##N##_AT, EWI_##F, SILENT_##K)
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
#define KEY_BRANCH(N, F, K) EWI_KEY(EWI_BR_##N, EWI_##F, SILENT_##K)
#define KEY_BRANCHN(N, F, K) EWI_KEY(EWI_BRN_##N, EWI_##F, SILENT_##K)
#define KEY_JUMP KEY_BIN
#define KEY_TABLE KEY_BIN
#define KEY_RETURN KEY_BIN
#define KEY_BACK KEY_BIN
#define KEY_CALL KEY_BIN
#define KEY_VUN KEY_BIN
#define KEY_VBIN KEY_BIN
#define KEY_VTERN KEY_BIN
#define KEY_VSHIFT KEY_BIN
#define KEY_VCONST KEY_BIN
#define KEY_VSHUFFLE KEY_BIN
#define KEY_VLOAD KEY_BIN
#define KEY_VSTORE KEY_BIN
_Static_assert(EWI_KEYS < UINT16_MAX, "keys have 16 bits");

/* Each row overwrites the one before: that is how the last of a group is found. */
#pragma GCC diagnostic push
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif

/* By key of the first: the last row of pairs.def that begins with it, + 1. */
static const uint16_t last_pair[EWI_KEYS] = {
#define PAIR_ROW(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2)                                           \
	[KEY_##C1(N1, F1, K1)] = EWI_PAIR_##C1##_##N1##_##F1##K1##_##C2##_##N2##_##F2##K2 + 1,
#define PAIR(first, second) EWI_ROW(PAIR_ROW, first, second)
#define TRIPLE(first, second, third)
#include "wasm/pairs.def"
#undef PAIR_ROW
};

/*
 * All pairs again, by a hash of what they are: four places for each, by which of the two are silent.  A row whose
 * instructions write their slots does for silent ones, too: those slots are theirs alone; so it stands in those places as
 * well, unless there is a better one, which comes later and overwrites it.  An empty place says that there is no such
 * pair.  Where two meet in one, the first is not to be seen, and its group is searched.
 */
#define BUCKETS 4096u
#define HASH(first, second)                                                                        \
	(((((uint32_t)(first) >> 1) * 0xc5e49fdfu + ((uint32_t)(second) >> 1) * 0xe198d2e5u) >> 20) % BUCKETS * 4u)
#define PLACE(first, second) (HASH(first, second) + ((first) & 1u) * 2u + ((second) & 1u))
#define NOWHERE (BUCKETS * 4)
/* A place for a row with these keys, with a silent one instead of one that writes its slot. */
#define INSTEAD(first, second, if_first, if_second)                                                \
	((if_first && ((first) & 1u)) || (if_second && ((second) & 1u)) ? NOWHERE                  \
									: PLACE((first) | if_first, (second) | if_second))
static const uint16_t hashed[BUCKETS * 4 + 1] = {
#define PAIR_AT(if_first, if_second, C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2)                       \
	[INSTEAD(KEY_##C1(N1, F1, K1), KEY_##C2(N2, F2, K2), if_first, if_second)] =                       \
		EWI_PAIR_##C1##_##N1##_##F1##K1##_##C2##_##N2##_##F2##K2 + 1,
#define PAIR(first, second) EWI_ROW(PAIR_AT, 1, 1, first, second)
#define TRIPLE(first, second, third)
#include "wasm/pairs.def"
#define PAIR(first, second) EWI_ROW(PAIR_AT, 1, 0, first, second)
#define TRIPLE(first, second, third)
#include "wasm/pairs.def"
#define PAIR(first, second) EWI_ROW(PAIR_AT, 0, 1, first, second)
#define TRIPLE(first, second, third)
#include "wasm/pairs.def"
#define PAIR(first, second) EWI_ROW(PAIR_AT, 0, 0, first, second)
#define TRIPLE(first, second, third)
#include "wasm/pairs.def"
#undef PAIR_AT
};

/* By another hash, whether there may be such a pair, whichever of the two are silent: mostly there is not. */
#define FILTER 8192u
#define MAYBE(first, second)                                                                       \
	((((uint32_t)(first) >> 1) * 0xc2b2ae3du + ((uint32_t)(second) >> 1) * 0x27d4eb2fu) >> 19)
static const bool maybe[FILTER] = {
#define PAIR_ROW(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2) [MAYBE(KEY_##C1(N1, F1, K1), KEY_##C2(N2, F2, K2))] = true,
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

/* What another pair stands in the place of. */
static EW_NOINLINE unsigned search_pair(unsigned first, unsigned second)
{
	unsigned row = find_in_group(first, second);

	return row != 0 || first == KEEPING(first) ? row : find_in_group(KEEPING(first), second);
}

/* The row, + 1, or 0. */
static inline unsigned find_pair(unsigned first, unsigned second)
{
	unsigned row;

	if (!maybe[MAYBE(first, second)])
		return 0;
	row = hashed[PLACE(first, second)];
	if (row == 0 || EW_LIKELY(((pair_first[row - 1] ^ first) | (pair_second[row - 1] ^ second)) < 2))
		return row;
	return search_pair(first, second);
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

/* Handlers from an instruction on, and what it is. */
struct ahead {
	uint32_t best;
	unsigned key; /* EWI_KEYS and more: never inside */
};

/* The row of the best that can begin with key, where the instructions behind it are known. */
static inline unsigned choose(unsigned key, const struct ahead next[3], uint32_t *best)
{
	unsigned pair, triple, row = 0;

	*best = 1 + next[0].best;
	if (EW_UNLIKELY(key >= EWI_KEYS) || next[0].key >= EWI_KEYS)
		return 0;
	pair = find_pair(key, next[0].key);
	if (pair == 0)
		return 0;
	row = 1 + next[1].best <= *best ? pair : 0;
	*best = 1 + next[1].best <= *best ? 1 + next[1].best : *best;
	if (last_triple[pair - 1] == 0 || next[1].key >= EWI_KEYS)
		return row;
	triple = find_triple(pair - 1, next[1].key);
	if (triple != 0 && 1 + next[2].best < *best) {
		*best = 1 + next[2].best;
		row = EWI_PAIRS + triple;
	}
	return row;
}

#if EW_CONFIG_GUARD
/* Of a module without checks loads and stores of a 32-bit memory have another handler; NULL: no other. */
static ewi_handler unchecked(unsigned key)
{
	return ewi_guard_handler(key / 2 / EWI_FORMS, key / 2 % EWI_FORMS, key % 2);
}

static ewi_handler handler_of_row(unsigned row, bool guarded)
{
	if (row > EWI_PAIRS)
		return guarded ? ewi_guard_triple(row - EWI_PAIRS - 1) : ewi_triples[row - EWI_PAIRS - 1];
	return guarded ? ewi_guard_pair(row - 1) : ewi_pairs[row - 1];
}
#else
static ewi_handler unchecked(unsigned key)
{
	(void)key;
	return NULL;
}

static ewi_handler handler_of_row(unsigned row, bool guarded)
{
	(void)guarded;
	return row > EWI_PAIRS ? ewi_triples[row - EWI_PAIRS - 1] : ewi_pairs[row - 1];
}
#endif

static ewi_handler handler_of_key(unsigned key, bool guarded)
{
	ewi_handler h = NULL;

#if EW_CONFIG_MEMORY64
	if (EW_UNLIKELY(key >= EWI_KEYS))
		return (&ewi_wide_handlers[0][0])[key - EWI_KEYS];
#endif
	if (EW_UNLIKELY(guarded))
		h = unchecked(key);
	return h ? h : (&ewi_handlers[0][0][0])[key];
}

void ewi_fuse(struct ewi_translator *t)
{
	struct ahead next[3] = {{0, EWI_KEYS}, {0, EWI_KEYS}, {0, EWI_KEYS}}; /* there is none */
	const struct ewi_start *end = t->starts + t->start_count;
	bool guarded = ewi_is_guarded(t->m);
	unsigned left = 0; /* of those that the last handler does */

	for (struct ewi_start *s = t->starts + t->start_count; s-- > t->starts;) {
		struct ahead here = {.key = s->key};

		s->row = (uint16_t)choose(here.key, next, &here.best);
		/* What can be jumped to begins, and is not inside. */
		here.key = s->pos & 1 ? EWI_KEYS : here.key;
		next[2] = next[1];
		next[1] = next[0];
		next[0] = here;
	}
	for (const struct ewi_start *s = t->starts; s < end; s++) {
		struct ewi_ins *ins = (void *)(t->code + (s->pos & ~1u));
		unsigned row = left == 0 ? s->row : 0;

		left = row == 0 ? left - (left != 0) : row > EWI_PAIRS ? 2 : 1;
		ins->h = row == 0 ? handler_of_key(s->key, guarded) : handler_of_row(row, guarded);
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
