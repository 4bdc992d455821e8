/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* codec.h - acts as bytes, for journals and for the state that survives: a list of fields, each a tag, a length, bytes. */
#ifndef EW_NODE_CODEC_H
#define EW_NODE_CODEC_H

#include "node/node.h"

/* An act with all it may need; what is not there is 0 and not encoded. */
struct ewi_act_record {
	struct ew_function_config function;
	struct ew_canary_config canary;
	struct ew_node_model_config model;
	struct ew_tenant_config tenant;
	struct ew_node_watch_config watch;
	const char *name, *other;
	const void *value;
	uint64_t value_bytes;
	uint8_t sha256[EW_SHA256_BYTES]; /* of the module or model */
	uint64_t size;			 /* and its length; 0: there is none */
};

struct ewi_bytes {
	const struct ew_alloc *alloc;
	uint8_t *p;
	size_t size, cap;
	bool failed; /* no memory */
};
void ewi_bytes_free(struct ewi_bytes *b);
void ewi_bytes_add(struct ewi_bytes *b, const void *bytes, size_t size);

/* Append an act to b. */
void ewi_act_encode(struct ewi_bytes *b, const struct ewi_act_args *args);
/* What the act is about. */
const char *ewi_act_name(const struct ewi_act_args *args);
/*
 * Texts point into bytes, settings (may be NULL to be counted only: *settings_needed) into settings[].  MALFORMED,
 * UNSUPPORTED (a field of a later version).
 */
enum ew_status ewi_act_decode(const uint8_t *bytes, size_t size, struct ewi_act_record *out,
			      struct ew_setting *settings, uint32_t *settings_needed);

#endif
