/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* lane_event.c - events of 64 bytes in all, for both ends on one core. */
#define LANE_EXPORT lane_event
#define LANE_SLIP 0
#include "lane_event.h"
