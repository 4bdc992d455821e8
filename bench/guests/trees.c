/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * trees.c - a forest of decision trees over eight features: f32 compares, one
 * load that depends on the last for each level, branches.
 */
#include "guest.h"

#define TREES 16
#define DEPTH 7
#define NODES ((1 << DEPTH) - 1)
#define FEATURES 8

struct node {
	float threshold;
	uint16_t feature;
	uint16_t left;		/* the right child is left + 1; 0: a leaf */
};

static struct node forest[TREES][NODES];

/* Complete trees, but some inner nodes are leaves early. */
static void grow(void)
{
	uint32_t seed = 1234;

	for (int32_t t = 0; t < TREES; t++) {
		for (uint32_t i = 0; i < NODES; i++) {
			struct node *node = &forest[t][i];
			bool leaf = i >= NODES / 2 ||
				    (i > 6 && next_random(&seed) % 8 == 0);

			node->threshold = (float)(next_random(&seed) >> 8) /
					  16777216;
			node->feature = (uint16_t)(next_random(&seed) %
						   FEATURES);
			node->left = leaf ? 0 : (uint16_t)(2 * i + 1);
		}
	}
}

static float leaf_value(const struct node *tree, const float *features)
{
	uint32_t at = 0;

	while (tree[at].left != 0) {
		const struct node *node = &tree[at];

		if (features[node->feature] < node->threshold)
			at = node->left;
		else
			at = node->left + 1u;
	}
	return tree[at].threshold;
}

GUEST(trees)
{
	uint32_t seed = 71, h = 1;

	grow();
	for (int32_t i = 0; i < n; i++) {
		float features[FEATURES], score = 0;

		for (int32_t f = 0; f < FEATURES; f++)
			features[f] = (float)(next_random(&seed) >> 8) /
				      16777216;
		for (int32_t t = 0; t < TREES; t++)
			score += leaf_value(forest[t], features);
		h = fold(h, (uint32_t)(int32_t)(score * 4096));
	}
	return (int32_t)h;
}
