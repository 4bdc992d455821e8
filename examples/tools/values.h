/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* values.h - wasm values as people write and read them. */
#ifndef TOOLS_VALUES_H
#define TOOLS_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include "edgewasm/wasm.h"

/*
 * Read a value of a type, all of the text or nothing:
 *   i32, i64   decimal or 0x hexadecimal, signed or unsigned range: -1 and 4294967295 are the same i32
 *   f32, f64   decimal or hexadecimal (0x1.8p3), rounded once; inf, nan, nan:0xPAYLOAD, each with a sign
 *   v128       0x and 32 hexadecimal digits, the most significant byte (of the last lane) first
 *   funcref, externref   null; externref also a number, the host's own pointer
 * A prefix "i32:" that names the type is allowed.
 */
bool value_parse(enum ew_type type, const char *text, union ew_value *out);

/* Elements of out, and of every array of values, that a value of this type takes: two for a v128. */
uint32_t value_slots(uint8_t type);
/* The same of all count types of a list. */
uint64_t values_slots(const uint8_t *list, uint32_t count);

/* "i32", "funcref", ...; "?" for what is no type. */
const char *type_name(uint8_t type);

/*
 * "i32:-7", "f64:0.5": signed, and floats by the fewest digits that read back as the same number.  A
 * NaN that is not the canonical one shows its payload, "f32:-nan:0x200000".  value is the first of value_slots(type).
 */
size_t value_print(char *out, size_t cap, uint8_t type, const union ew_value *value);
/* As wabt prints: unsigned, floats by printf's %f, "v128 i32x4:0x... 0x... 0x... 0x...". */
size_t value_print_wabt(char *out, size_t cap, uint8_t type, const union ew_value *value);

/* Bits of a NaN that no arithmetic sets but the canonical one does. */
#define F32_QUIET 0x00400000u
#define F64_QUIET 0x0008000000000000u

bool f32_is_nan(uint32_t bits);
bool f64_is_nan(uint64_t bits);

#endif
