/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * shrink.c - gives a module a memory of 4 KiB, in pages of one byte.
 *
 * The linkers of today lay out memory in pages of 64 KiB only.  A module whose stack comes first and whose data ends
 * (exported as __heap_base) within 4 KiB runs as well in a memory that small, by the custom page sizes proposal: its
 * memory section is replaced, everything else stays byte by byte.
 *
 *	shrink IN.wasm OUT.wasm
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES 4096u
#define FILE_MAX (1u << 20)

enum { SECTION_MEMORY = 5, SECTION_GLOBAL = 6, SECTION_EXPORT = 7, KIND_GLOBAL = 3 };

static uint8_t in[FILE_MAX];
static size_t size;

static void die(const char *why)
{
	fprintf(stderr, "shrink: %s\n", why);
	exit(1);
}

static uint32_t leb(size_t *at)
{
	uint32_t v = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		if (*at >= size || shift > 28)
			die("not a module");
		byte = in[(*at)++];
		v |= (uint32_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return v;
}

/* The index of the exported global of this name, given the export section's payload. */
static uint32_t exported_global(size_t at, const char *name)
{
	for (uint32_t n = leb(&at); n > 0; n--) {
		uint32_t len = leb(&at);
		size_t text = at;
		uint8_t kind;
		uint32_t index;

		if (len >= size - at)
			die("not a module");
		at += len;
		kind = in[at++];
		index = leb(&at);
		if (kind == KIND_GLOBAL && len == strlen(name) && memcmp(in + text, name, len) == 0)
			return index;
	}
	die("it does not export __heap_base");
	return 0;
}

/* The value of an i32 global; those before it must be i32 as well, as linkers make them. */
static uint32_t global_value(size_t at, uint32_t index)
{
	uint32_t n = leb(&at), value = 0;

	for (uint32_t i = 0; i <= index; i++) {
		if (i >= n || at + 3 >= size || in[at] != 0x7f || in[at + 2] != 0x41)
			die("its globals are not a linker's");
		at += 3;
		value = leb(&at);
		if (at >= size || in[at++] != 0x0b)
			die("its globals are not a linker's");
	}
	return value;
}

int main(int argc, char **argv)
{
	/* one memory; with a maximum and a page size: least, most, log2 of the page */
	static const uint8_t memory[] = {SECTION_MEMORY, 7, 1, 0x09, (MEMORY_BYTES & 0x7f) | 0x80, MEMORY_BYTES >> 7,
					 (MEMORY_BYTES & 0x7f) | 0x80, MEMORY_BYTES >> 7, 0};
	size_t at = 8, globals = 0, exports = 0, memory_at = 0, memory_end = 0;
	FILE *f = argc == 3 ? fopen(argv[1], "rb") : NULL;

	if (!f)
		die("shrink IN.wasm OUT.wasm");
	size = fread(in, 1, sizeof(in), f);
	fclose(f);
	if (size < 8 || size == sizeof(in) || memcmp(in, "\0asm\1\0\0\0", 8) != 0)
		die("not a module");
	while (at < size) {
		size_t begin = at;
		uint8_t id = in[at++];
		uint32_t bytes = leb(&at);

		if (bytes > size - at)
			die("not a module");
		if (id == SECTION_MEMORY)
			memory_at = begin, memory_end = at + bytes;
		globals = id == SECTION_GLOBAL ? at : globals;
		exports = id == SECTION_EXPORT ? at : exports;
		at += bytes;
	}
	if (!memory_at || !globals || !exports)
		die("no memory, globals or exports");
	if (global_value(globals, exported_global(exports, "__heap_base")) > MEMORY_BYTES)
		die("stack and data take more than 4 KiB");
	f = fopen(argv[2], "wb");
	if (!f || fwrite(in, 1, memory_at, f) != memory_at || fwrite(memory, 1, sizeof(memory), f) != sizeof(memory) ||
	    fwrite(in + memory_end, 1, size - memory_end, f) != size - memory_end || fclose(f) != 0)
		die("cannot write");
	return 0;
}
