/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* lane_mring.c - our ring of several producers, the header beside the event. */
#define LANE_NAME "mring"
#define LANE_EXPORT lane_mring
#define LANE_HEAD_BYTES 0u
#include "lane_mring.h"
