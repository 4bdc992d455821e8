/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* values.c - see values.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "values.h"

static const struct {
	enum ew_type type;
	const char *name;
} types[] = {
	{EW_I32, "i32"}, {EW_I64, "i64"},	  {EW_F32, "f32"},
	{EW_F64, "f64"}, {EW_V128, "v128"}, {EW_FUNCREF, "funcref"}, {EW_EXTERNREF, "externref"}, {EW_EXNREF, "exnref"},
};

const char *type_name(uint8_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			return types[i].name;
	return "?";
}

uint32_t value_slots(uint8_t type)
{
	return type == EW_V128 ? 2 : 1;
}

uint64_t values_slots(const uint8_t *list, uint32_t count)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < count; i++)
		n += value_slots(list[i]);
	return n;
}

bool f32_is_nan(uint32_t bits)
{
	return (bits & 0x7fffffffu) > 0x7f800000u;
}

bool f64_is_nan(uint64_t bits)
{
	return (bits & INT64_MAX) > 0x7ff0000000000000u;
}

/* Digits only, as strtoull would read them, but nothing else: no space, no second sign. */
static bool magnitude(const char *text, uint64_t *out)
{
	int base = text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10;
	const char *digits = base == 16 ? text + 2 : text;
	char *end;

	if (!*digits || strspn(digits, base == 16 ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits))
		return false;
	errno = 0;
	*out = strtoull(digits, &end, base);
	return errno == 0 && *end == '\0';
}

static bool parse_int(const char *text, int bits, uint64_t *out)
{
	bool negative = *text == '-';
	uint64_t v, half = 1ull << (bits - 1);

	if (!magnitude(text + (negative || *text == '+'), &v))
		return false;
	if (negative ? v > half : bits < 64 && v >> bits)
		return false;
	*out = negative ? 0 - v : v;
	return true;
}

/* "nan" and "nan:0x..." behind the sign; the payload may not be 0, that is infinity. */
static bool parse_nan(const char *text, int fraction_bits, uint64_t *fraction)
{
	uint64_t v;

	if (strncmp(text, "nan", 3) != 0)
		return false;
	*fraction = 1ull << (fraction_bits - 1);
	if (text[3] == '\0')
		return true;
	if (text[3] != ':' || text[4] != '0' || !magnitude(text + 4, &v) || v == 0 || v >> fraction_bits)
		return false;
	*fraction = v;
	return true;
}

static bool is_number(const char *text)
{
	return (*text >= '0' && *text <= '9') || *text == '.' || strcmp(text, "inf") == 0;
}

static bool parse_f32(const char *text, union ew_value *out)
{
	uint32_t sign = *text == '-' ? 0x80000000u : 0;
	uint64_t fraction;
	char *end;

	if (*text == '-' || *text == '+')
		text++;
	if (parse_nan(text, 23, &fraction)) {
		out->u32 = sign | 0x7f800000u | (uint32_t)fraction;
		return true;
	}
	if (!is_number(text))
		return false;
	out->f32 = strtof(text, &end); /* not through double: that would round twice */
	out->u32 |= sign;
	return *end == '\0';
}

static bool parse_f64(const char *text, union ew_value *out)
{
	uint64_t sign = *text == '-' ? 1ull << 63 : 0, fraction;
	char *end;

	if (*text == '-' || *text == '+')
		text++;
	if (parse_nan(text, 52, &fraction)) {
		out->u64 = sign | 0x7ff0000000000000u | fraction;
		return true;
	}
	if (!is_number(text))
		return false;
	out->f64 = strtod(text, &end);
	out->u64 |= sign;
	return *end == '\0';
}

static bool parse_v128(const char *text, union ew_value *out)
{
	char half[19];

	if (text[0] != '0' || (text[1] | 32) != 'x' || strlen(text) != 34)
		return false;
	for (int i = 0; i < 2; i++) { /* the high half is written first */
		snprintf(half, sizeof(half), "0x%.16s", text + 2 + 16 * i);
		if (!magnitude(half, &out[1 - i].u64))
			return false;
	}
	return true;
}

bool value_parse(enum ew_type type, const char *text, union ew_value *out)
{
	const char *name = type_name((uint8_t)type);
	size_t len = strlen(name);
	uint64_t v;

	memset(out, 0, value_slots((uint8_t)type) * sizeof(*out));
	if (strncmp(text, name, len) == 0 && text[len] == ':')
		text += len + 1;
	switch (type) {
	case EW_I32:
		if (!parse_int(text, 32, &v))
			return false;
		out->u32 = (uint32_t)v;
		return true;
	case EW_I64: return parse_int(text, 64, &out->u64);
	case EW_F32: return parse_f32(text, out);
	case EW_F64: return parse_f64(text, out);
	case EW_V128: return parse_v128(text, out);
	case EW_FUNCREF: return strcmp(text, "null") == 0;
	case EW_EXNREF: return strcmp(text, "null") == 0;
	case EW_EXTERNREF:
		if (strcmp(text, "null") == 0)
			return true;
		if (!magnitude(text, &v) || v > UINTPTR_MAX)
			return false;
		out->ref = (void *)(uintptr_t)v;
		return true;
	}
	return false;
}

/* Fewest digits that read back; 9 and 17 always do. */
static size_t print_float(char *out, size_t cap, double v, bool single)
{
	for (int digits = 1;; digits++) {
		int n = snprintf(out, cap, "%.*g", digits, v);
		bool same = single ? strtof(out, NULL) == (float)v : strtod(out, NULL) == v;

		if (same || digits == (single ? 9 : 17))
			return (size_t)n;
	}
}

static size_t print_nan(char *out, size_t cap, bool negative, uint64_t fraction, int bits)
{
	const char *sign = negative ? "-" : "";

	if (fraction == 1ull << (bits - 1))
		return (size_t)snprintf(out, cap, "%snan", sign);
	return (size_t)snprintf(out, cap, "%snan:0x%" PRIx64, sign, fraction);
}

static size_t print_ref(char *out, size_t cap, const void *ref)
{
	if (!ref)
		return (size_t)snprintf(out, cap, "null");
	return (size_t)snprintf(out, cap, "0x%" PRIxPTR, (uintptr_t)ref);
}

size_t value_print(char *out, size_t cap, uint8_t type, const union ew_value *value)
{
	size_t n = (size_t)snprintf(out, cap, "%s:", type_name(type));

	out += n;
	cap -= n;
	switch (type) {
	case EW_I32: return n + (size_t)snprintf(out, cap, "%" PRId32, value->i32);
	case EW_I64: return n + (size_t)snprintf(out, cap, "%" PRId64, value->i64);
	case EW_V128:
		return n + (size_t)snprintf(out, cap, "0x%016" PRIx64 "%016" PRIx64, value[1].u64, value[0].u64);
	case EW_F32:
		if (f32_is_nan(value->u32))
			return n + print_nan(out, cap, value->u32 >> 31, value->u32 & 0x7fffff, 23);
		return n + print_float(out, cap, value->f32, true);
	case EW_F64:
		if (f64_is_nan(value->u64))
			return n + print_nan(out, cap, value->u64 >> 63, value->u64 & 0xfffffffffffffu, 52);
		return n + print_float(out, cap, value->f64, false);
	case EW_FUNCREF:
		if (!value->func)
			return n + (size_t)snprintf(out, cap, "null");
		return n + (size_t)snprintf(out, cap, "%" PRIu32, ew_func_index(value->func));
	default: return n + print_ref(out, cap, value->ref);
	}
}

/*
 * wabt numbers the objects of its store: null, the module, a host function for each imported function,
 * the instance, the module's own functions.
 */
static uint32_t store_index_wabt(const struct ew_func *func)
{
	const struct ew_module *m = ew_instance_module(ew_func_instance(func));
	uint32_t imports = 0, index = ew_func_index(func);
	struct ew_extern_type type;

	for (uint32_t i = 0; m && ew_module_import(m, i, &type) == EW_OK; i++)
		imports += type.kind == EW_EXTERN_FUNC;
	return index + (index < imports ? 2 : 3);
}

size_t value_print_wabt(char *out, size_t cap, uint8_t type, const union ew_value *value)
{
	size_t n;

	if (type == EW_V128)
		return (size_t)snprintf(out, cap, "v128 i32x4:0x%08" PRIx32 " 0x%08" PRIx32 " 0x%08" PRIx32 " 0x%08" PRIx32,
					(uint32_t)value[0].u64, (uint32_t)(value[0].u64 >> 32),
					(uint32_t)value[1].u64, (uint32_t)(value[1].u64 >> 32));
	n = (size_t)snprintf(out, cap, "%s:", type_name(type));
	out += n;
	cap -= n;
	switch (type) {
	case EW_I32: return n + (size_t)snprintf(out, cap, "%" PRIu32, value->u32);
	case EW_I64: return n + (size_t)snprintf(out, cap, "%" PRIu64, value->u64);
	case EW_F32:
		if (f32_is_nan(value->u32)) /* %f through double keeps the sign on this host only */
			return n + (size_t)snprintf(out, cap, "%snan", value->u32 >> 31 ? "-" : "");
		return n + (size_t)snprintf(out, cap, "%f", (double)value->f32);
	case EW_F64:
		if (f64_is_nan(value->u64))
			return n + (size_t)snprintf(out, cap, "%snan", value->u64 >> 63 ? "-" : "");
		return n + (size_t)snprintf(out, cap, "%f", value->f64);
	case EW_FUNCREF:
		return n + (size_t)snprintf(out, cap, "%" PRIu32, value->func ? store_index_wabt(value->func) : 0);
	default: return n + (size_t)snprintf(out, cap, "%" PRIuPTR, (uintptr_t)value->ref);
	}
}
