/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* lane_ring.c - our ring of one producer, as it is by default. */
#define LANE_NAME "ring"
#define LANE_EXPORT lane_ring
#define LANE_SLIP 0
#include "lane_ring.h"
