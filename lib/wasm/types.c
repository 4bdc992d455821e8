/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* types.c - function types: the key they are compared by, and the text "(iiI)i" that hosts write. */
#include "wasm/module.h"

#if EW_CONFIG_WASM

/* 1 to 7; 0 is the separator in a key. */
static uint64_t type_code(uint8_t type)
{
	switch (type) {
	case EW_I32: return 1;
	case EW_I64: return 2;
	case EW_F32: return 3;
	case EW_F64: return 4;
	case EW_FUNCREF: return 5;
	case EW_V128: return 7;
	default: return 6;
	}
}

/* FNV-1a, 64 bits. */
static uint64_t mix(uint64_t h, uint8_t byte)
{
	return (h ^ byte) * 0x100000001b3u;
}

/*
 * A short key is octal digits: parameters, 0, results.  Exactly one digit is 0, so a missing leading one can only be
 * the separator and no two types give the same number.
 */
void ewi_functype_seal(struct ewi_functype *t)
{
	size_t n = (size_t)t->param_count + t->result_count;
	uint32_t slots[2] = {0, 0};
	bool is_plain = true;
	uint64_t key = 0;

	for (size_t i = 0; i < n; i++) {
		slots[i >= t->param_count] += ewi_slots_of(t->params[i]);
		is_plain &= t->params[i] >= EW_F64 && t->params[i] <= EW_I32;
	}
	t->param_slots = slots[0];
	t->result_slots = slots[1] & INT32_MAX;
	t->is_plain = is_plain;
	if (n <= EWI_KEY_TYPES && !(EW_CONFIG_EXCEPTIONS && ewi_functype_has(t, EW_EXNREF))) {
		for (size_t i = 0; i < n; i++) {
			if (i == t->param_count)
				key <<= 3;
			key = key << 3 | type_code(t->params[i]);
		}
		t->key = t->result_count ? key : key << 3;
		return;
	}
	key = 0xcbf29ce484222325u;
	for (size_t i = 0; i < n; i++) {
		if (i == t->param_count)
			key = mix(key, 0);
		key = mix(key, t->params[i]);
	}
	t->key = key | EWI_KEY_HASHED;
}

static char type_letter(uint8_t type)
{
	switch (type) {
	case EW_I32: return 'i';
	case EW_I64: return 'I';
	case EW_F32: return 'f';
	case EW_F64: return 'F';
	case EW_FUNCREF: return 'p';
	case EW_V128: return 'V';
	case EW_EXTERNREF: return 'x';
	case EW_EXNREF: return 'e';
	default: return '?';
	}
}

#if EW_CONFIG_EXCEPTIONS
uint32_t ewi_signature_params(const char *s, uint8_t *params)
{
	static const uint8_t types[] = {EW_I32, EW_I64, EW_F32, EW_F64, EW_FUNCREF, EW_EXTERNREF, EW_V128, EW_EXNREF};
	uint32_t n = 0;

	for (s += *s == '('; *s != ')' && *s != '\0'; s++, n++) {
		params[n] = 0;
		for (size_t k = 0; k < sizeof(types); k++)
			if (ewi_is_valtype(types[k]) && type_letter(types[k]) == *s)
				params[n] = types[k];
	}
	return n;
}
#endif

const char *ewi_type_name(uint8_t type)
{
	switch (type) {
	case EW_I32: return "i32";
	case EW_I64: return "i64";
	case EW_F32: return "f32";
	case EW_F64: return "f64";
	case EW_FUNCREF: return "funcref";
	case EW_V128: return "v128";
	case EW_EXTERNREF: return "externref";
	case EW_EXNREF: return "exnref";
	default: return "?";
	}
}

static void put(char *out, size_t cap, size_t *len, char c)
{
	if (*len + 1 < cap)
		out[(*len)++] = c;
}

void ewi_signature_format(char *out, size_t cap, const struct ewi_functype *t)
{
	size_t len = 0, n = (size_t)t->param_count + t->result_count;

	put(out, cap, &len, '(');
	for (size_t i = 0; i <= n && len + 1 < cap; i++) {
		if (i == t->param_count)
			put(out, cap, &len, ')');
		if (i < n)
			put(out, cap, &len, type_letter(t->params[i]));
	}
	out[len] = '\0';
}

bool ewi_signature_matches(const char *s, const struct ewi_functype *t)
{
	const uint8_t *results = ewi_functype_results(t);

	if (*s++ != '(')
		return false;
	/* The terminator is no letter, so nothing behind it is read. */
	for (uint32_t i = 0; i < t->param_count; i++)
		if (*s++ != type_letter(t->params[i]))
			return false;
	if (*s++ != ')')
		return false;
	for (uint32_t i = 0; i < t->result_count; i++)
		if (*s++ != type_letter(results[i]))
			return false;
	return *s == '\0';
}

enum ew_status ewi_check_type(const struct ew_module *m, uint8_t type, const char **why)
{
	*why = "malformed value type";
	if (type == 0x63 || type == 0x64)
		*why = "malformed value type: typed references are not supported";
	if ((type >= 0x6a && type <= 0x6e) || (type >= 0x71 && type <= 0x74))
		*why = "malformed value type: garbage collection is not supported";
	if (!EW_CONFIG_SIMD && type == EW_V128)
		*why = "v128 is not supported";
	else if (type == EW_EXNREF && EWI_OFF(m, EXCEPTIONS))
		*why = "exception handling is disabled";
	else
		return ewi_is_valtype(type) ? EW_OK : EW_ERR_MALFORMED;
	return EW_ERR_UNSUPPORTED;
}

#endif
