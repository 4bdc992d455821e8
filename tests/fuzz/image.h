/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * image.h - any bytes as the blocks of a storage, for the fuzz targets of the log and the key-value store.  The first
 * byte says what storage it is, and whether check sums are put right, which no fuzzer would guess.
 */
#ifndef TESTS_FUZZ_IMAGE_H
#define TESTS_FUZZ_IMAGE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/le.h"
#include "edgewasm/store.h"
#include "store/segment.h"

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not %s\n", __FILE__, __LINE__, #condition);        \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define IMAGE_BLOCK 1024u
#define IMAGE_BLOCKS 8u
#define IMAGE_BYTES (1 + IMAGE_BLOCK * IMAGE_BLOCKS)
enum { IMAGE_FLASH = 1, IMAGE_UNIT8 = 2, IMAGE_SUMS = 4 };

static inline uint32_t image_varint(const uint8_t *p, const uint8_t *end, uint32_t *at)
{
	uint32_t v = 0;

	for (unsigned shift = 0; p + *at < end && shift < 28; shift += 7) {
		uint8_t b = p[(*at)++];

		v |= (uint32_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			break;
	}
	return v;
}

/* Sums of the head and of what look like records behind it, one after the other. */
static inline void image_fix_block(uint8_t *block, uint32_t unit)
{
	const uint8_t *end = block + IMAGE_BLOCK;
	uint32_t segment = ewi_le32(block + 12), at = (EWI_SEGMENT_HEAD + unit - 1) & ~(unit - 1);

	if (memcmp(block, "EWL3", 4) != 0)
		return;
	ewi_put_le32(block + 4, ewi_crc32c_ref(NULL, ewi_crc32c_ref(NULL, 0, block, 4), block + 8, EWI_SEGMENT_HEAD - 8));
	while (at + EWI_RECORD_MIN <= IMAGE_BLOCK) {
		uint32_t p = at + 4, length = image_varint(block, end, &p), options = 0, bytes;
		static const uint8_t sizes[] = {0, 2, 4, 16, EWI_BASE_BYTES, 1};

		if (length & 1 && p < IMAGE_BLOCK)
			options = block[p++];
		(void)image_varint(block, end, &p);
		while (p < IMAGE_BLOCK && block[p++] & 0x80) /* the time */
			;
		bytes = length >> 1;
		if (options & 1)
			bytes += image_varint(block, end, &p);
		for (unsigned i = 1; i < 6; i++)
			p += options >> i & 1 ? sizes[i] : 0u;
		bytes = (p - at + bytes + unit - 1) & ~(unit - 1);
		if (bytes > IMAGE_BLOCK - at)
			return;
		ewi_put_le32(block + at, ewi_crc32c_ref(NULL, segment * 0x9e3779b1u + at, block + at + 4, bytes - 4));
		at += bytes;
	}
}

/* What the bytes do not reach is erased. */
static inline struct ew_storage image_storage(const uint8_t *data, size_t size, const struct ew_alloc *alloc)
{
	struct ew_storage_config cfg = {.struct_bytes = sizeof(cfg), .block_bytes = IMAGE_BLOCK,
					.block_count = IMAGE_BLOCKS};
	uint8_t kind = size ? data[0] : 0;
	struct ew_storage st;

	cfg.write_bytes = kind & IMAGE_UNIT8 ? 8 : 1;
	MUST((kind & IMAGE_FLASH ? ew_storage_flash_create(&cfg, alloc, &st) : ew_storage_ram_create(&cfg, alloc, &st)) ==
	     EW_OK);
	for (uint32_t b = 0, at = 1; b < IMAGE_BLOCKS && at < size; b++, at += IMAGE_BLOCK) {
		uint8_t *block = ew_storage_ram_block(&st, b);

		memcpy(block, data + at, size - at < IMAGE_BLOCK ? size - at : IMAGE_BLOCK);
		if (kind & IMAGE_SUMS)
			image_fix_block(block, st.write_bytes);
	}
	return st;
}

#ifndef EW_LIBFUZZER
#include "../aid/aid.h"

/* The image of a storage as input: what `fill` writes to it. */
static inline void image_make(uint8_t *out, uint8_t kind, void (*fill)(const struct ew_storage *st))
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_storage st = image_storage(&kind, 1, &alloc);

	fill(&st);
	out[0] = kind;
	for (uint32_t b = 0; b < IMAGE_BLOCKS; b++)
		memcpy(out + 1 + b * IMAGE_BLOCK, ew_storage_ram_block(&st, b), IMAGE_BLOCK);
	ew_storage_ram_destroy(&st);
}

/* A few bytes changed, moved, cleared; a block put elsewhere. */
static inline void image_damage(uint8_t *image, uint64_t *seed)
{
	for (uint64_t k = 1 + noise(seed) % 4; k > 0; k--) {
		size_t at = 1 + noise(seed) % (IMAGE_BYTES - 1), n = 1 + noise(seed) % 40, from;
		uint32_t a = 1 + IMAGE_BLOCK * (uint32_t)(noise(seed) % IMAGE_BLOCKS);

		n = n > IMAGE_BYTES - at ? IMAGE_BYTES - at : n;
		from = 1 + noise(seed) % (IMAGE_BYTES - n);
		switch (noise(seed) % 6) {
		case 0: image[at] ^= (uint8_t)(1u << noise(seed) % 8); break;
		case 1: image[at] = (uint8_t)noise(seed); break;
		case 2: memmove(image + at, image + from, n); break;
		case 3: memset(image + at, noise(seed) & 1 ? 0xff : 0, n); break;
		case 4: memcpy(image + a, image + 1 + IMAGE_BLOCK * (noise(seed) % IMAGE_BLOCKS), EWI_SEGMENT_HEAD); break;
		default: memset(image + a, image[0] & IMAGE_FLASH ? 0xff : 0, IMAGE_BLOCK); break;
		}
	}
}
#endif
#endif
