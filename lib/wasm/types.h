/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* types.h - function types and how two of them are compared. */
#ifndef EW_WASM_TYPES_H
#define EW_WASM_TYPES_H

#include <stdbool.h>
#include <string.h>
#include "edgewasm/wasm.h"

/*
 * key is equal for equal types in every module: with up to EWI_KEY_TYPES value types it *is* the type
 * (three bits each, a zero between parameters and results), so that call_indirect needs one compare.  Longer ones,
 * and those with an eighth type, have EWI_KEY_HASHED set, and equal keys still need ewi_functype_equal().
 */
#define EWI_KEY_TYPES 19u /* (19 + 1) * 3 = 60 bits */
#define EWI_KEY_HASHED ((uint64_t)1 << 63)

static inline bool ewi_is_v128(uint8_t type)
{
	return EW_CONFIG_SIMD && type == EW_V128;
}

/* Frame slots, and elements of an array of values, that a value of this type takes. */
static inline uint32_t ewi_slots_of(uint8_t type)
{
	return ewi_is_v128(type) ? 2 : 1;
}

struct ewi_functype {
	uint64_t key;
	const uint8_t *params; /* enum ew_type, results follow the parameters */
	uint32_t param_count, result_count;
	uint32_t param_slots; /* a v128 takes two, anything else one */
	uint32_t result_slots : 31;
	uint32_t is_plain : 1; /* numbers only */
};

/* Are its values copied as they are?  Firmware has the one way that serves all. */
static inline bool ewi_functype_plain(const struct ewi_functype *t)
{
	return !EW_CONFIG_SMALL && t->is_plain;
}

static inline const uint8_t *ewi_functype_results(const struct ewi_functype *t)
{
	return t->params + t->param_count;
}

static inline bool ewi_functype_equal(const struct ewi_functype *a, const struct ewi_functype *b)
{
	if (a->key != b->key)
		return false;
	if (!(a->key & EWI_KEY_HASHED))
		return true;
	return a->param_count == b->param_count && a->result_count == b->result_count &&
	       memcmp(a->params, b->params, (size_t)a->param_count + a->result_count) == 0;
}

/* No array to search is NULL in C, not even one without elements. */
static inline bool ewi_functype_has(const struct ewi_functype *t, uint8_t type)
{
	size_t n = (size_t)t->param_count + t->result_count;

	return n != 0 && memchr(t->params, type, n) != NULL;
}

/* Computes key and slots from the other fields (types.c). */
void ewi_functype_seal(struct ewi_functype *t);

/*
 * The type as text, "(iiI)i"; cut to cap - 1 characters, always terminated.  EWI_SIGNATURE_BYTES is room for what a
 * message shows.
 */
#define EWI_SIGNATURE_BYTES 48
void ewi_signature_format(char *out, size_t cap, const struct ewi_functype *t);
/* "i32", "funcref"; "?" for a byte that is no value type. */
const char *ewi_type_name(uint8_t type);

/*
 * Configuration structs begin with struct_bytes.  An older caller's struct is shorter (what it lacks is zero), a
 * newer one's longer (what we do not know is left out); 0 is taken as size.  dst has size bytes, zeroed here.
 */
static inline void ewi_config_read(void *dst, size_t size, const void *src)
{
	size_t n = size;

	memset(dst, 0, size);
	if (!src)
		return;
	memcpy(&n, src, sizeof(n));
	memcpy(dst, src, n == 0 || n > size ? size : n);
}

static inline bool ewi_functype_has_funcref(const struct ewi_functype *t)
{
	return ewi_functype_has(t, EW_FUNCREF);
}

static inline bool ewi_is_reftype(uint8_t type)
{
	return type == EW_FUNCREF || type == EW_EXTERNREF || (EW_CONFIG_EXCEPTIONS && type == EW_EXNREF);
}

static inline bool ewi_is_valtype(uint8_t type)
{
	return (type >= EW_F64 && type <= EW_I32) || ewi_is_reftype(type) || ewi_is_v128(type);
}

#endif
