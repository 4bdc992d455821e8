/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * decode.h - what the readers of the sections share: where they are, and how they fail.
 *
 * A section reader leaves d->r at its first unread byte; decode.c sees to it that this is the section's end.  A read
 * past the end has failed d->r and told d->err, so readers check d->r.failed before they believe a value.
 */
#ifndef EW_WASM_DECODE_H
#define EW_WASM_DECODE_H

#include "wasm/module.h"

struct ewi_decoder {
	struct ew_module *m;
	struct ew_error *err;
	struct ewi_reader r; /* over the section being read */
	uint32_t bodies;     /* code entries seen */
	bool has_data;	     /* a data section was seen */
};

/*
 * The element count of a vector.  Each element takes at least min_bytes, so a count that the section's bytes cannot
 * hold is malformed here, before anything is allocated for it; more than max is EW_ERR_LIMIT.
 */
enum ew_status ewi_decode_count(struct ewi_decoder *d, uint32_t min_bytes, uint32_t max,
				const char *what, uint32_t *out);
enum ew_status ewi_decode_name(struct ewi_decoder *d, struct ewi_name *out);
enum ew_status ewi_decode_valtype(struct ewi_decoder *d, uint8_t *out);
enum ew_status ewi_decode_reftype(struct ewi_decoder *d, uint8_t *out);
/* section_const.c: one constant expression of type want, its end included. */
enum ew_status ewi_decode_const(struct ewi_decoder *d, uint8_t want, struct ewi_const *out);
/* A function index: read, checked; declared makes it a legal operand of ref.func. */
enum ew_status ewi_decode_func(struct ewi_decoder *d, bool declared, uint32_t *out);

/* An array of the module with room for want elements; NULL: the allocator says no, nothing was changed. */
void *ewi_decode_reserve(struct ewi_decoder *d, void *items, uint32_t *cap, uint32_t want,
			 size_t size);

/* The sections, by file. */
enum ew_status ewi_section_types(struct ewi_decoder *d);
enum ew_status ewi_section_imports(struct ewi_decoder *d);
enum ew_status ewi_section_functions(struct ewi_decoder *d);
enum ew_status ewi_section_tables(struct ewi_decoder *d);
enum ew_status ewi_section_memories(struct ewi_decoder *d);
enum ew_status ewi_section_tags(struct ewi_decoder *d);
enum ew_status ewi_section_globals(struct ewi_decoder *d);
enum ew_status ewi_section_exports(struct ewi_decoder *d);
enum ew_status ewi_section_start(struct ewi_decoder *d);
enum ew_status ewi_section_elems(struct ewi_decoder *d);
enum ew_status ewi_section_data_count(struct ewi_decoder *d);
enum ew_status ewi_section_datas(struct ewi_decoder *d);
enum ew_status ewi_section_code(struct ewi_decoder *d);

#endif
