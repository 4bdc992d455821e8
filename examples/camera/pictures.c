/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* pictures.c - see pictures.h. */
#include "pictures.h"

#include <stdlib.h>
#include <string.h>

#include "../aid/aid.h"
#include "frame.h"

#define VISITED_A 1u
#define VISITED_B 6u
#define SOMEBODY_WIDTH 320u
#define SOMEBODY_HEIGHT 720u

struct pictures {
	uint32_t cameras, frames;
	uint8_t *place; /* one frame for each camera */
};

/* Soft stripes and patches, other ones for each camera. */
static void paint(uint8_t *out, uint64_t seed)
{
	const uint32_t a = (uint32_t)(aid_noise(&seed) >> 40) % 7 + 3, b = (uint32_t)(aid_noise(&seed) >> 40) % 5 + 2;

	for (uint32_t y = 0; y < FRAME_HEIGHT; y++)
		for (uint32_t x = 0; x < FRAME_WIDTH; x++)
			out[y * FRAME_WIDTH + x] = (uint8_t)(60 + ((x * a / 64) & 31) + ((y * b / 32) & 31) +
							     (x / 240 * y / 270 * 7 & 15) + (aid_noise(&seed) >> 62));
	for (uint32_t i = 0; i < FRAME_LUMA_BYTES / 2; i++)
		out[FRAME_LUMA_BYTES + i] = (uint8_t)(118 + (i / 960 % 20) + (i & 1 ? a : b));
}

struct pictures *pictures_create(uint32_t cameras, uint32_t frames)
{
	struct pictures *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->cameras = cameras;
	p->frames = frames;
	p->place = malloc((size_t)cameras * FRAME_BYTES);
	if (!p->place) {
		free(p);
		return NULL;
	}
	for (uint32_t c = 0; c < cameras; c++)
		paint(p->place + (size_t)c * FRAME_BYTES, 100 + c);
	return p;
}

void pictures_destroy(struct pictures *p)
{
	if (p)
		free(p->place);
	free(p);
}

bool pictures_visited(const struct pictures *p, uint32_t camera)
{
	return camera < p->cameras && (camera == VISITED_A || camera == VISITED_B);
}

/* From two fifths of the run to four. */
bool pictures_intruder(const struct pictures *p, uint32_t camera, uint32_t frame)
{
	return pictures_visited(p, camera) && 5 * frame >= 2 * p->frames && 5 * frame < 4 * p->frames;
}

void pictures_take(const struct pictures *p, uint32_t camera, uint32_t frame, uint8_t *out)
{
	const uint8_t flicker = (uint8_t)(frame / 5 % 3);
	uint32_t left, top = 200;

	memcpy(out, p->place + (size_t)camera * FRAME_BYTES, FRAME_BYTES);
	for (uint32_t i = 0; i < 40 * FRAME_WIDTH; i++)
		out[i] = (uint8_t)(out[i] + flicker);
	if (!pictures_intruder(p, camera, frame))
		return;
	left = 200 + frame * 8 % 1200 / 2 * 2;
	for (uint32_t y = 0; y < SOMEBODY_HEIGHT; y++)
		memset(out + (top + y) * FRAME_WIDTH + left, y / 90 & 1 ? 225 : 20, SOMEBODY_WIDTH);
	for (uint32_t y = 0; y < SOMEBODY_HEIGHT / 2; y++)
		memset(out + FRAME_LUMA_BYTES + (top / 2 + y) * FRAME_WIDTH + left, y / 45 & 1 ? 170 : 90, SOMEBODY_WIDTH);
}

/* ---- the definition of what the eye does ---- */

static int32_t block(const uint8_t *p, uint32_t side, uint32_t step)
{
	int32_t sum = 0;

	for (uint32_t y = 0; y < side; y++)
		for (uint32_t x = 0; x < side; x++)
			sum += p[y * FRAME_WIDTH + x * step];
	return sum;
}

void pictures_shrink(const uint8_t *frame, int8_t *out)
{
	memset(out, GREY, SEEN_BYTES);
	for (uint32_t y = 0; y < SEEN_ROWS; y++)
		for (uint32_t x = 0; x < SEEN_SIDE; x++) {
			const uint8_t *pairs = frame + FRAME_LUMA_BYTES + 3 * y * FRAME_WIDTH + 6 * x;
			const int32_t luma = frame_q15(block(frame + 6 * y * FRAME_WIDTH + 6 * x, 6, 1), Q_36TH);
			const int32_t u = frame_q15(block(pairs, 3, 2), Q_9TH) - 128;
			const int32_t v = frame_q15(block(pairs + 1, 3, 2), Q_9TH) - 128;
			int8_t *to = out + 3 * (SEEN_SIDE * (SEEN_TOP + y) + x);

			to[0] = frame_byte(luma + v + frame_q15(v, Q_RED_V));
			to[1] = frame_byte(luma - frame_q15(u, Q_GREEN_U) - frame_q15(v, Q_GREEN_V));
			to[2] = frame_byte(luma + u + frame_q15(u, Q_BLUE_U));
		}
}
