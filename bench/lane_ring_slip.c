/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* lane_ring_slip.c - our ring of one producer, configured for two cores. */
#define LANE_NAME "ring_slip"
#define LANE_EXPORT lane_ring_slip
#define LANE_SLIP 8
#include "lane_ring.h"
