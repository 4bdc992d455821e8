/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guest_stream.c - a transform in pieces: input() says where a piece goes, process_chunk(len) takes as much of it as
 * there is room for what comes of it, taken() bytes, and finalize() ends it; both return how many bytes lie at
 * output().  No import at all: nothing can come out but those bytes.
 */
#include "convert.h"

#define EXPORT(name) __attribute__((export_name(name), visibility("default")))

#define CHUNK_BYTES 4096u
#define OUT_BYTES 24576u

EXPORT("input") uint8_t *input(void);
EXPORT("input_bytes") uint32_t input_bytes(void);
EXPORT("output") const uint8_t *output(void);
EXPORT("process_chunk") int32_t process_chunk(uint32_t len);
EXPORT("taken") uint32_t taken(void);
EXPORT("finalize") int32_t finalize(void);
EXPORT("lines") uint32_t lines(void);
EXPORT("refused") uint32_t refused(void);

static uint8_t in[CHUNK_BYTES], out[OUT_BYTES];
static uint32_t used, done;
static struct convert state;

static void append(void *user, const uint8_t *bytes, uint32_t len)
{
	(void)user;
	for (uint32_t i = 0; i < len; i++)
		out[used + i] = bytes[i];
	used += len;
}

uint8_t *input(void)
{
	return in;
}

uint32_t input_bytes(void)
{
	return CHUNK_BYTES;
}

const uint8_t *output(void)
{
	return out;
}

int32_t process_chunk(uint32_t len)
{
	if (len > CHUNK_BYTES)
		return -1;
	state.put = append;
	used = 0;
	/* a line at a time, while the longest line's output has room */
	for (done = 0; done < len && used <= OUT_BYTES - LINE_OUT_BYTES;) {
		uint32_t end = done;

		while (end < len && in[end] != '\n')
			end++;
		end += end < len;
		convert_chunk(&state, in + done, end - done);
		done = end;
	}
	return (int32_t)used;
}

uint32_t taken(void)
{
	return done;
}

int32_t finalize(void)
{
	state.put = append;
	used = 0;
	convert_end(&state);
	return (int32_t)used;
}

uint32_t lines(void)
{
	return state.lines;
}

uint32_t refused(void)
{
	return state.refused;
}
