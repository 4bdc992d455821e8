/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * cas.h - compare and swap of one word, for the rings where two sides write it.
 *
 * Cores without the instruction (Cortex-M0, RV32 without A) get EW_CONFIG_CRITICAL: the firmware's own
 * ew_critical_enter() and ew_critical_exit() around three plain instructions.  Plain stores to the
 * same word by its owner are atomic there in any case.
 */
#ifndef EW_EVENT_CAS_H
#define EW_EVENT_CAS_H

#include <stdbool.h>
#include "edgewasm/ring.h"
#if !EW_CONFIG_CRITICAL && !defined(__GNUC__)
#include <stdatomic.h>
#endif

/* Acquire and release.  On failure *seen is what the word holds (or, spuriously, held). */
static inline bool ewi_cas(uint32_t *word, uint32_t *seen, uint32_t want)
{
#if EW_CONFIG_CRITICAL
	uint32_t was, state = ew_critical_enter();
	bool same;

	was = ew_ring_acquire(word);
	same = was == *seen;
	if (same)
		ew_ring_publish(word, want);
	ew_critical_exit(state);
	*seen = was;
	return same;
#elif defined(__GNUC__)
	return __atomic_compare_exchange_n(word, seen, want, true, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
#else
	return atomic_compare_exchange_weak_explicit((_Atomic uint32_t *)word, seen, want,
						     memory_order_acq_rel, memory_order_acquire);
#endif
}

/* The tail of a ring of several producers: as wide as the machine swaps at once. */
#if UINTPTR_MAX > UINT32_MAX && !EW_CONFIG_CRITICAL
#define EWI_WORD_BITS 64u
#define EWI_WORD uint64_t
#else
#define EWI_WORD_BITS 32u
#define EWI_WORD uint32_t
#endif

static inline EWI_WORD ewi_word_acquire(const EWI_WORD *word)
{
#if EWI_WORD_BITS == 32
	return ew_ring_acquire(word);
#elif defined(__GNUC__)
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
#else
	return atomic_load_explicit((_Atomic uint64_t *)(uintptr_t)word, memory_order_acquire);
#endif
}

static inline bool ewi_word_cas(EWI_WORD *word, EWI_WORD *seen, EWI_WORD want)
{
#if EWI_WORD_BITS == 32
	return ewi_cas(word, seen, want);
#elif defined(__GNUC__)
	return __atomic_compare_exchange_n(word, seen, want, true, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
#else
	return atomic_compare_exchange_weak_explicit((_Atomic uint64_t *)word, seen, want,
						     memory_order_acq_rel, memory_order_acquire);
#endif
}

/* A counter with several writers. */
static inline void ewi_count_shared(size_t *counter, size_t n)
{
#if EW_CONFIG_CRITICAL
	uint32_t state = ew_critical_enter();

	ew_ring_count(counter, n);
	ew_critical_exit(state);
#elif defined(__GNUC__)
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
#else
	atomic_fetch_add_explicit((atomic_size_t *)counter, n, memory_order_relaxed);
#endif
}

#endif
