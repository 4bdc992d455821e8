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

#endif
