/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * frame.h - what a camera's frame is, and what the detector is given of it.
 *
 * In: 1080p in the layout that cameras and hardware decoders have (NV12): 1080 rows of 1,920 bytes of luma, then 540 rows
 * of 960 pairs U, V.  Out: 320 x 320 pixels R, G, B as int8 (value less 128), the picture shrunk six times and in the
 * middle, GREY above and below.
 *
 * A pixel is the mean of 36 lumas and of 9 pairs; means and the conversion (full-range BT.601) are products of 16-bit
 * numbers with rounding, as the vector instruction i16x8.q15mulr_sat_s makes them.  This is the definition; the guest
 * does the same on vectors.
 */
#ifndef CAMERA_FRAME_H
#define CAMERA_FRAME_H

#include <stdint.h>

#define FRAME_WIDTH 1920u
#define FRAME_HEIGHT 1080u
#define FRAME_LUMA_BYTES (FRAME_WIDTH * FRAME_HEIGHT)
#define FRAME_BYTES (FRAME_LUMA_BYTES + FRAME_LUMA_BYTES / 2)
#define SEEN_SIDE 320u
#define SEEN_ROWS 180u
#define SEEN_TOP ((SEEN_SIDE - SEEN_ROWS) / 2)
#define SEEN_BYTES (3u * SEEN_SIDE * SEEN_SIDE)
#define GREY (114 - 128)

/* 1/36 and 1/9; 0.402, 0.344136, 0.714136, 0.772; in 1/32768. */
enum { Q_36TH = 910, Q_9TH = 3641, Q_RED_V = 13173, Q_GREEN_U = 11277, Q_GREEN_V = 23401, Q_BLUE_U = 25297 };

/* A camera's head output, as the watching guest gets it: cells of the last layer, int8. */
#define HEAD_SIDE 10u
#define HEAD_DEPTH 24u
#define HEAD_BYTES (HEAD_SIDE * HEAD_SIDE * HEAD_DEPTH)
#define CAMERAS_MAX 16u

static inline int32_t frame_q15(int32_t a, int32_t b)
{
	return (a * b + 16384) >> 15;
}

static inline int8_t frame_byte(int32_t v)
{
	return (int8_t)((v < 0 ? 0 : v > 255 ? 255 : v) - 128);
}

#endif
