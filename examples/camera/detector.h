/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * detector.h - an int8 detector of the shape of YOLOv3-tiny's first head, at 320 x 320: nine 3x3 and 1x1 convolutions with
 * ReLU6 and five poolings by two, then a head of 10 x 10 cells.  Weights come from a seed: what it finds has no
 * meaning, what it costs does.
 * Source of the shape: J. Redmon, A. Farhadi, "YOLOv3: An Incremental Improvement", 2018, its tiny variant.
 */
#ifndef CAMERA_DETECTOR_H
#define CAMERA_DETECTOR_H

#include <stddef.h>
#include <stdint.h>

/* A .tflite file for free(), or NULL.  thinner: divides the channels (1: the whole of it). */
uint8_t *detector_make(uint64_t seed, uint32_t thinner, size_t *size);

#endif
