/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * flatbuffer.h - just enough of a FlatBuffers writer.  Like the original it
 * builds from the end of the buffer to its beginning, so that an offset, which
 * must point forwards, always points to something already written.  A place is
 * named by its distance from the end.
 *
 * When memory runs out, the builder keeps quiet, writes nothing more, and
 * fb_finish() returns NULL: callers need check nothing in between.
 * Source: FlatBuffers "Internals" page (binary format).
 */
#ifndef FLEET_FLATBUFFER_H
#define FLEET_FLATBUFFER_H

#include <stddef.h>
#include <stdint.h>

#define FB_FIELDS_MAX 8u

struct fb {
	uint8_t *bytes;
	size_t cap, used;	/* used counts from the end */
	int failed;
	/* the table in hand */
	uint32_t field[FB_FIELDS_MAX];	/* place of each field, or 0 */
	uint32_t table_end;
};

void fb_init(struct fb *b);

/* Vectors and strings; each returns its place.  `align` is that of the
 * elements (a power of two, at least 4 is taken). */
uint32_t fb_bytes(struct fb *b, const void *data, uint32_t count, uint32_t align);
uint32_t fb_string(struct fb *b, const char *text);
uint32_t fb_int32s(struct fb *b, const int32_t *v, uint32_t count);
uint32_t fb_int64s(struct fb *b, const int64_t *v, uint32_t count);
uint32_t fb_floats(struct fb *b, const float *v, uint32_t count);
uint32_t fb_offsets(struct fb *b, const uint32_t *places, uint32_t count);

/* Tables: begin, add fields (largest first wastes least), end. */
void fb_table(struct fb *b);
void fb_u8(struct fb *b, uint32_t field, uint8_t v);
void fb_u32(struct fb *b, uint32_t field, uint32_t v);
void fb_ref(struct fb *b, uint32_t field, uint32_t place);
uint32_t fb_table_end(struct fb *b);

/* fb_finish - closes the file; returns its bytes for free(), or NULL. */
uint8_t *fb_finish(struct fb *b, uint32_t root, const char identifier[4], size_t *count);

#endif
