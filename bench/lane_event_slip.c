/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* lane_event_slip.c - events of 64 bytes in all, for two cores. */
#define LANE_EXPORT lane_event_slip
#define LANE_SLIP 8
#include "lane_event.h"
