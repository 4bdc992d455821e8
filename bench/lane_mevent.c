/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* lane_mevent.c - our ring of several producers, with events of so many bytes in all. */
#define LANE_NAME "mevent"
#define LANE_EXPORT lane_mevent
#define LANE_HEAD_BYTES HEAD_BYTES
#include "lane_mring.h"
