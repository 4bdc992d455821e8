/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* pairs_avx2.c - finds an order of input channels in which few steps are beyond the bound (pairs_avx2.h). */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/pairs_avx2.h"

#define APART (EWI_PAIRS / 2) /* channels are as far apart at most, counted around */
#define ROUNDS 16		/* at most: it settles after three or four */

EW_TARGET("avx2")
void ewi_pairs_look_avx2(struct ewi_pairs_avx2 *p, const int8_t *w, size_t stride, uint32_t count)
{
	const __m128i zero = _mm_setzero_si128();
	const __m256i ones = _mm256_set1_epi8(1), last = _mm256_set1_epi8(EWI_PAIRS - 1);
	__m256i turn = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
					10, 11, 12, 13, 14, 15), sizes[EWI_PACK_ROWS];
	uint64_t unit = (uint64_t)1 << p->units++;

	/* The weights above 0 in one half, those below in the other. */
	for (uint32_t i = 0; i < count; i++) {
		__m128i v = _mm_loadu_si128((const void *)(w + i * stride));

		sizes[i] = _mm256_set_m128i(_mm_sub_epi8(zero, _mm_min_epi8(v, zero)), _mm_max_epi8(v, zero));
	}
	/* Channel a and the one `apart` places on, for all a at once. */
	for (uint32_t apart = 1; apart <= APART; apart++) {
		__m256i most = _mm256_setzero_si256();
		uint32_t bits;

		turn = _mm256_and_si256(_mm256_add_epi8(turn, ones), last);
		for (uint32_t i = 0; i < count; i++)
			most = _mm256_max_epu8(most, _mm256_adds_epu8(sizes[i], _mm256_shuffle_epi8(sizes[i], turn)));
		most = _mm256_subs_epu8(most, _mm256_set1_epi8((char)EWI_WAY_REACH));
		bits = ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(most, _mm256_setzero_si256()));
		bits = (bits | bits >> EWI_PAIRS) & ((1u << EWI_PAIRS) - 1);
		for (; bits; bits &= bits - 1) {
			uint32_t a = ewi_ctz32(bits), b = (a + apart) % EWI_PAIRS;

			p->bad[a][b] |= unit;
			p->bad[b][a] |= unit;
		}
	}
}

/* Bits that are set; without the instruction, which AVX2 does not promise, a call for each would cost more. */
static uint32_t bits_of(uint64_t v)
{
	v -= v >> 1 & 0x5555555555555555u;
	v = (v & 0x3333333333333333u) + (v >> 2 & 0x3333333333333333u);
	return (uint32_t)(((v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fu) * 0x0101010101010101u >> 56);
}

/*
 * What two pairs of a step cost: two for each unit where it is beyond the bound, and one for each pair that is, so that
 * there is a way down from steps that both of their pairs spoil.
 */
static uint32_t cost_of(const struct ewi_pairs_avx2 *p, const uint8_t *step)
{
	uint64_t a = p->bad[step[0]][step[1]], b = p->bad[step[2]][step[3]];

	return 2 * bits_of(a | b) + bits_of(a) + bits_of(b);
}

static void exchange(uint8_t *a, uint8_t *b)
{
	uint8_t v = *a;

	*a = *b;
	*b = v;
}

/* Exchanges what is at place i with each behind it, where that makes the order cheaper.  Returns whether any was. */
static bool improve(const struct ewi_pairs_avx2 *p, uint8_t order[EWI_PAIRS], uint32_t cost[EWI_PAIRS / 4], uint32_t i)
{
	bool better = false;

	for (uint32_t j = (i | 1) + 1; j < EWI_PAIRS; j++) {
		uint32_t s = i / 4, t = j / 4, first, second;

		if (cost[s] + cost[t] == 0)
			continue;
		exchange(&order[i], &order[j]);
		first = cost_of(p, order + 4 * s);
		second = s == t ? 0 : cost_of(p, order + 4 * t);
		if (first + second < cost[s] + (s == t ? 0 : cost[t])) {
			cost[s] = first;
			if (s != t)
				cost[t] = second;
			better = true;
		} else {
			exchange(&order[i], &order[j]);
		}
	}
	return better;
}

void ewi_pairs_order_avx2(const struct ewi_pairs_avx2 *p, uint8_t order[EWI_PAIRS])
{
	uint32_t cost[EWI_PAIRS / 4];
	bool better = true;

	for (uint32_t i = 0; i < EWI_PAIRS; i++)
		order[i] = (uint8_t)i;
	for (uint32_t s = 0; s < EWI_PAIRS / 4; s++)
		cost[s] = cost_of(p, order + 4 * s);
	for (uint32_t round = 0; better && round < ROUNDS; round++) {
		better = false;
		for (uint32_t i = 0; i < EWI_PAIRS; i++)
			better |= improve(p, order, cost, i);
	}
}
#endif
#endif
