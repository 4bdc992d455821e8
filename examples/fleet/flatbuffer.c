/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * flatbuffer.c - see flatbuffer.h.  All numbers go out little-endian, byte by
 * byte.
 */
#include "flatbuffer.h"

#include <stdlib.h>
#include <string.h>

void fb_init(struct fb *b)
{
	memset(b, 0, sizeof(*b));
}

/* Makes room for n bytes in front; NULL when there is none. */
static uint8_t *room(struct fb *b, size_t n)
{
	if (b->failed)
		return NULL;
	if (b->cap - b->used < n) {
		const size_t cap = 2 * b->cap + n + 1024;
		uint8_t *bytes = malloc(cap);

		if (!bytes) {
			b->failed = 1;
			return NULL;
		}
		if (b->used)
			memcpy(bytes + cap - b->used, b->bytes + b->cap - b->used, b->used);
		free(b->bytes);
		b->bytes = bytes;
		b->cap = cap;
	}
	b->used += n;
	return b->bytes + b->cap - b->used;
}

/* Zeros, until what is written next, `n` bytes long, begins aligned.  The end
 * of the file will be aligned to 16, so distances from it decide. */
static void pad(struct fb *b, size_t n, size_t align)
{
	const size_t over = (b->used + n) % align;
	uint8_t *p = over ? room(b, align - over) : NULL;

	if (p)
		memset(p, 0, align - over);
}

static void number(struct fb *b, uint64_t v, uint32_t size)
{
	uint8_t *p = room(b, size);

	for (uint32_t i = 0; p && i < size; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t place(const struct fb *b)
{
	return (uint32_t)b->used;
}

uint32_t fb_bytes(struct fb *b, const void *data, uint32_t count, uint32_t align)
{
	pad(b, count, align < 4 ? 4 : align);
	uint8_t *p = room(b, count);

	if (p && count)
		memcpy(p, data, count);
	number(b, count, 4);
	return place(b);
}

uint32_t fb_string(struct fb *b, const char *text)
{
	const uint32_t n = (uint32_t)strlen(text);

	pad(b, n + 1, 4);
	uint8_t *p = room(b, n + 1);

	if (p)
		memcpy(p, text, n + 1);
	number(b, n, 4);
	return place(b);
}

uint32_t fb_int32s(struct fb *b, const int32_t *v, uint32_t count)
{
	pad(b, 4 * count, 4);
	for (uint32_t i = count; i-- > 0;)
		number(b, (uint32_t)v[i], 4);
	number(b, count, 4);
	return place(b);
}

uint32_t fb_int64s(struct fb *b, const int64_t *v, uint32_t count)
{
	pad(b, 8 * count, 8);
	for (uint32_t i = count; i-- > 0;)
		number(b, (uint64_t)v[i], 8);
	number(b, count, 4);
	return place(b);
}

uint32_t fb_floats(struct fb *b, const float *v, uint32_t count)
{
	pad(b, 4 * count, 4);
	for (uint32_t i = count; i-- > 0;) {
		uint32_t bits;

		memcpy(&bits, &v[i], 4);
		number(b, bits, 4);
	}
	number(b, count, 4);
	return place(b);
}

/* An offset counts from where it stands to its target. */
static void offset(struct fb *b, uint32_t to)
{
	pad(b, 4, 4);
	number(b, (uint64_t)(b->used + 4 - to), 4);
}

uint32_t fb_offsets(struct fb *b, const uint32_t *places, uint32_t count)
{
	pad(b, 4 * count, 4);
	for (uint32_t i = count; i-- > 0;)
		offset(b, places[i]);
	number(b, count, 4);
	return place(b);
}

void fb_table(struct fb *b)
{
	memset(b->field, 0, sizeof(b->field));
	b->table_end = place(b);
}

void fb_u8(struct fb *b, uint32_t field, uint8_t v)
{
	number(b, v, 1);
	b->field[field] = place(b);
}

void fb_u32(struct fb *b, uint32_t field, uint32_t v)
{
	pad(b, 4, 4);
	number(b, v, 4);
	b->field[field] = place(b);
}

void fb_ref(struct fb *b, uint32_t field, uint32_t to)
{
	offset(b, to);
	b->field[field] = place(b);
}

/* In front of the fields goes the distance back to the vtable, and in front
 * of that the vtable: its own size, the table's, and where each field lies. */
uint32_t fb_table_end(struct fb *b)
{
	uint32_t fields = FB_FIELDS_MAX, table;

	while (fields && !b->field[fields - 1])
		fields--;
	pad(b, 4, 4);
	number(b, 4 + 2 * fields, 4);
	table = place(b);
	for (uint32_t i = fields; i-- > 0;)
		number(b, b->field[i] ? table - b->field[i] : 0, 2);
	number(b, table - b->table_end, 2);
	number(b, 4 + 2 * fields, 2);
	return table;
}

uint8_t *fb_finish(struct fb *b, uint32_t root, const char identifier[4], size_t *count)
{
	uint8_t *p;

	pad(b, 8, 16);
	p = room(b, 4);
	if (p)
		memcpy(p, identifier, 4);
	offset(b, root);
	p = b->failed ? NULL : malloc(b->used);
	if (p) {
		memcpy(p, b->bytes + b->cap - b->used, b->used);
		*count = b->used;
	}
	free(b->bytes);
	fb_init(b);
	return p;
}
