/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * tflite_writer.h - writes the int8 network as a standard .tflite file
 * (schema version 3, identifier TFL3): FULLY_CONNECTED operators with fused
 * ReLU, quantized tensors, and metadata by name.
 */
#ifndef FLEET_TFLITE_WRITER_H
#define FLEET_TFLITE_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "quantise.h"

struct tflite_metadata {
	const char *name;
	const void *data;
	uint32_t data_bytes;
};

/*
 * tflite_write - returns the file's bytes (free() them) and their count, or
 * NULL when memory is short.  The same arguments give the same bytes.
 */
uint8_t *tflite_write(const struct q_net *net, const char *description,
		      const struct tflite_metadata *metadata, uint32_t metadata_count,
		      size_t *bytes);

#endif
