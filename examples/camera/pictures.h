/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * pictures.h - what the cameras see: a place each, light that flickers a little, and in front of two of them somebody
 * who comes, walks about, and goes.
 */
#ifndef CAMERA_PICTURES_H
#define CAMERA_PICTURES_H

#include <stdbool.h>
#include <stdint.h>

struct pictures;

/* frames: of each camera in the whole run.  NULL: out of memory. */
struct pictures *pictures_create(uint32_t cameras, uint32_t frames);
void pictures_destroy(struct pictures *p);
/* A frame, FRAME_BYTES of frame.h. */
void pictures_take(const struct pictures *p, uint32_t camera, uint32_t frame, uint8_t *out);
/* Is somebody there in that frame; at all? */
bool pictures_intruder(const struct pictures *p, uint32_t camera, uint32_t frame);
bool pictures_visited(const struct pictures *p, uint32_t camera);

/* What frame.h says of a frame, in plain C: SEEN_BYTES, to compare the guest with. */
void pictures_shrink(const uint8_t *frame, int8_t *out);

#endif
