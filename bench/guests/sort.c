/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * sort.c - quicksort with an explicit stack, insertion sort below 12: loads,
 * stores and compares of 32-bit words.
 */
#include "guest.h"

#define WORDS 4096
#define SMALL 12

static int32_t data[WORDS];

static void insertion(int32_t low, int32_t high)
{
	for (int32_t i = low + 1; i <= high; i++) {
		int32_t x = data[i], j = i;

		for (; j > low && data[j - 1] > x; j--)
			data[j] = data[j - 1];
		data[j] = x;
	}
}

/* Hoare's partition; afterwards low..result <= result + 1..high. */
static int32_t partition(int32_t low, int32_t high)
{
	int32_t pivot = data[(low + high) / 2], i = low - 1, j = high + 1;

	for (;;) {
		int32_t swap;

		do
			i++;
		while (data[i] < pivot);
		do
			j--;
		while (data[j] > pivot);
		if (i >= j)
			return j;
		swap = data[i];
		data[i] = data[j];
		data[j] = swap;
	}
}

/* The smaller part is done first, so 2 * log2(WORDS) entries are enough. */
static void quicksort(void)
{
	int32_t stack[32], top = 0, low = 0, high = WORDS - 1;

	for (;;) {
		while (high - low >= SMALL) {
			int32_t cut = partition(low, high);

			if (cut - low < high - cut) {
				stack[top++] = cut + 1;
				stack[top++] = high;
				high = cut;
			} else {
				stack[top++] = low;
				stack[top++] = cut;
				low = cut + 1;
			}
		}
		insertion(low, high);
		if (top == 0)
			return;
		high = stack[--top];
		low = stack[--top];
	}
}

GUEST(sort)
{
	uint32_t seed = 2026, h = 1;

	for (int32_t i = 0; i < n; i++) {
		for (int32_t at = 0; at < WORDS; at++)
			data[at] = (int32_t)next_random(&seed);
		quicksort();
		for (int32_t at = 0; at < WORDS; at += 64)
			h = fold(h, (uint32_t)data[at]);
		for (int32_t at = 1; at < WORDS; at++)
			if (data[at - 1] > data[at])
				return -1;
	}
	return (int32_t)h;
}
