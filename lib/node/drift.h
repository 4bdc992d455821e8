/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* drift.h - the population stability index of two sets of counts. */
#ifndef EW_NODE_DRIFT_H
#define EW_NODE_DRIFT_H

#include <stdint.h>

/* In thousandths; totals 1 to 2^24, buckets up to EW_PSI_BUCKETS. */
uint32_t ewi_psi_index(const uint32_t *reference, uint32_t referred, const uint32_t *window, uint32_t counted,
		       uint32_t buckets);

#endif
