/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* tile.c - packs weights into tiles (tile.h), for every instruction set and operator that shares them. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_TILES
size_t ewi_tile_pack_bytes(const struct ewi_tile_layout *l, uint32_t channels, uint64_t depth)
{
	uint64_t tiles = ((uint64_t)channels + EWI_TILE - 1) / EWI_TILE;
	uint64_t steps = (depth + l->step - 1) / l->step;

	if (depth > INT32_MAX / (4 * EWI_TILE) / tiles)
		return 0;
	return EWI_TILE_LINE + sizeof(struct ewi_tile_pack) + (size_t)tiles * ewi_tile_bytes(l, (size_t)steps);
}

static int32_t bias_of(const struct ewi_tile_source *s, uint32_t o)
{
	return s->bias ? (int32_t)ewi_le32(s->bias + 4 * (size_t)o) : 0;
}

static struct ewi_scale scale_of(const struct ewi_tile_source *s, uint32_t o)
{
	return s->multipliers ? (struct ewi_scale){s->multipliers[o], s->shifts[o]} : s->scale;
}

static int8_t weight_of(const struct ewi_tile_source *s, uint32_t o, size_t d)
{
	return s->w[o * s->channel_step + d * s->depth_step];
}

static enum ewi_finish_mode choose_mode(const struct ewi_tile_source *s)
{
	if (s->single)
		return EWI_FINISH_SINGLE;
	for (uint32_t o = 0; o < s->channels; o++) {
		uint64_t sum = 0;

		for (uint32_t d = 0; d < s->depth; d++) {
			int32_t w = weight_of(s, o, d);

			sum += (uint64_t)(w < 0 ? -w : w);
		}
		if (!ewi_finish_near(scale_of(s, o), bias_of(s, o), sum))
			return EWI_FINISH_TWICE;
	}
	return EWI_FINISH_NEAR;
}

/* A multiplier of 0 gives 0, shifted however far. */
void ewi_tile_put(struct ewi_scale scale, int32_t bias, enum ewi_finish_mode mode, void *head, uint32_t i)
{
	struct ewi_tile_finish *f = head;
	int32_t right = scale.shift < 0 ? -scale.shift : 1;

	f->bias[i] = bias;
	f->m[i] = scale.multiplier;
	f->shift[i] = mode == EWI_FINISH_NEAR ? -right : scale.shift;
	f->half[i] = (int32_t)(1u << (right - 1));
	f->power[i] = (int32_t)(1u << (31 - right));
}

/* Weights of a channel at place i of a tile, whose steps begin at `to`; returns their sum. */
static uint32_t pack_channel(const struct ewi_tile_layout *l, const struct ewi_tile_source *s, uint32_t o, uint32_t i,
			     unsigned char *to)
{
	uint32_t sum = 0;

	for (uint32_t d = 0; d < s->depth; d++) {
		size_t at = ((size_t)(d / l->step) * EWI_TILE + i) * l->step + d % l->step;
		int16_t w = weight_of(s, o, d);

		sum += (uint32_t)(int32_t)w;
		if (l->size == 1)
			((int8_t *)to)[at] = (int8_t)w;
		else
			memcpy(to + 2 * at, &w, sizeof(w));
	}
	return sum;
}

void ewi_tile_pack_fill(const struct ewi_tile_layout *l, const struct ewi_tile_source *s, void *to)
{
	struct ewi_tile_pack *head = (struct ewi_tile_pack *)(uintptr_t)ewi_tile_pack_at(to);
	unsigned char *tiles = (unsigned char *)(head + 1);

	head->steps = (s->depth + l->step - 1) / l->step;
	head->mode = choose_mode(s);
	for (uint32_t o = 0; o < s->channels; o++) {
		unsigned char *tile = tiles + o / EWI_TILE * ewi_tile_bytes(l, head->steps);
		uint32_t i = l->place ? l->place(o % EWI_TILE) : o % EWI_TILE;
		uint32_t sum = pack_channel(l, s, o, i, tile + l->head);

		l->put(scale_of(s, o), (int32_t)((uint32_t)bias_of(s, o) - (uint32_t)(s->in_zero + l->offset) * sum),
		       head->mode, tile, i);
	}
}

struct ewi_tile_job ewi_tile_job_of(const struct ewi_tile_layout *l, const void *packed, uint32_t channels,
				    int32_t out_zero, int32_t act_min, int32_t act_max)
{
	const struct ewi_tile_pack *head = ewi_tile_pack_at(packed);

	return (struct ewi_tile_job){.tiles = (const unsigned char *)(head + 1),
				     .tile_bytes = ewi_tile_bytes(l, head->steps),
				     .steps = head->steps,
				     .channels = channels,
				     .mode = head->mode,
				     .out_zero = out_zero,
				     .act_min = act_min,
				     .act_max = act_max};
}

void ewi_tile_take_exact(const struct ewi_tile_layout *l, void *x, const int8_t *in, size_t n)
{
	uint8_t *bytes = x;
	int16_t *words = x;

	if (l->size == 2)
		for (size_t i = 0; i < n; i++)
			words[i] = in[i];
	else
		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)(in[i] + l->offset);
}

void ewi_tile_fill(const struct ewi_tile_layout *l, void *x, int32_t in_zero, size_t n)
{
	int16_t *words = x;

	if (l->size == 1)
		memset(x, in_zero + l->offset, n);
	else
		for (size_t i = 0; i < n; i++)
			words[i] = (int16_t)(in_zero + l->offset);
}
#endif
#endif
