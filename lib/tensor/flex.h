/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * flex.h - reads one number out of a FlexBuffers map that nobody vouches for: the options of custom operators.
 * Every offset is checked before a byte is read; nothing recurses, nothing is allocated.
 * Source: FlatBuffers, "FlexBuffers": types, maps, offsets that point backwards.
 */
#ifndef EW_TENSOR_FLEX_H
#define EW_TENSOR_FLEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The integer (or boolean) of that key in the map that is the buffer's root.  False: there is none. */
bool ewi_flex_int(const uint8_t *bytes, size_t size, const char *key, int64_t *value);

#endif
