/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* global.c - globals from the host's side; the interpreter reads and writes the value itself. */
#include "wasm/instance.h"

#if EW_CONFIG_WASM

/* As the interpreter keeps it; unused bytes are zero, so that the same value always has the same 64 bits. */
static union ew_value inward(uint8_t type, union ew_value v)
{
	union ew_value out;

	memset(&out, 0, sizeof(out));
	switch (type) {
	case EW_I32:
	case EW_F32: out.u32 = v.u32; return out;
	case EW_FUNCREF: return ewi_ref_value(v.func);
	case EW_EXNREF:
	case EW_EXTERNREF: return ewi_ref_value(v.ref);
	default: return v;
	}
}

static union ew_value outward(uint8_t type, union ew_value v)
{
	union ew_value out;

	memset(&out, 0, sizeof(out));
	switch (type) {
	case EW_I32:
	case EW_F32: out.u32 = v.u32; return out;
	case EW_FUNCREF: out.func = ewi_ref_of(v); return out;
	case EW_EXNREF:
	case EW_EXTERNREF: out.ref = ewi_ref_of(v); return out;
	default: return v;
	}
}

enum ew_status ew_global_create(struct ew_global **out, enum ew_type type, bool mutable_global,
				union ew_value value, const struct ew_alloc *alloc)
{
	struct ew_instance *i;
	struct ew_global *g;
	void *object;

	*out = NULL;
	if (!ewi_is_valtype((uint8_t)type) || (type == EW_EXNREF && value.ref))
		return EW_ERR_INVAL;
	i = ewi_instance_bare(alloc, sizeof(*g), &object);
	if (!i)
		return EW_ERR_NOMEM;
	g = i->own_globals = object;
	i->own_global_count = 1;
	g->owner = i;
	g->type = (uint8_t)type;
	g->is_mutable = mutable_global;
	g->value = inward(g->type, value);
	if (type == EW_FUNCREF && value.func) {
		if (ewi_group_join(i, value.func->instance) != EW_OK) {
			ewi_instance_free(i);
			return EW_ERR_NOMEM;
		}
		ewi_ref_admit(i, value.func);
	}
	*out = g;
	return EW_OK;
}

/* Only standalone ones. */
void ew_global_destroy(struct ew_global *g)
{
	if (g && !g->owner->module)
		ew_instance_destroy(g->owner);
}

enum ew_type ew_global_type(const struct ew_global *g, bool *mutable_global)
{
	if (mutable_global)
		*mutable_global = g->is_mutable;
	return (enum ew_type)g->type;
}

union ew_value ew_global_get(const struct ew_global *g)
{
	return outward(g->type, g->value);
}

enum ew_status ew_global_set(struct ew_global *g, union ew_value value)
{
	if (!g->is_mutable || g->type == EW_V128)
		return EW_ERR_INVAL;
	if (g->type == EW_FUNCREF && !ewi_ref_admit(g->owner, value.func))
		return EW_ERR_INVAL;
	if (g->type == EW_EXNREF && value.ref)
		return EW_ERR_INVAL;
	g->value = inward(g->type, value);
	return EW_OK;
}

/* ---- v128: two values, low half first ---- */

#if EW_CONFIG_SIMD
enum ew_status ew_global_create_v128(struct ew_global **out, bool mutable_global,
				     const union ew_value value[2], const struct ew_alloc *alloc)
{
	enum ew_status st = ew_global_create(out, EW_V128, mutable_global, value[0], alloc);

	if (st == EW_OK)
		(*out)->high = value[1];
	return st;
}

enum ew_status ew_global_get_v128(const struct ew_global *g, union ew_value value[2])
{
	if (g->type != EW_V128)
		return EW_ERR_TYPE;
	value[0] = g->value;
	value[1] = g->high;
	return EW_OK;
}

enum ew_status ew_global_set_v128(struct ew_global *g, const union ew_value value[2])
{
	if (g->type != EW_V128)
		return EW_ERR_TYPE;
	if (!g->is_mutable)
		return EW_ERR_INVAL;
	g->value = value[0];
	g->high = value[1];
	return EW_OK;
}
#else
enum ew_status ew_global_create_v128(struct ew_global **out, bool mutable_global,
				     const union ew_value value[2], const struct ew_alloc *alloc)
{
	(void)mutable_global, (void)value, (void)alloc;
	*out = NULL;
	return EW_ERR_UNSUPPORTED;
}

enum ew_status ew_global_get_v128(const struct ew_global *g, union ew_value value[2])
{
	(void)g, (void)value;
	return EW_ERR_TYPE;
}

enum ew_status ew_global_set_v128(struct ew_global *g, const union ew_value value[2])
{
	(void)g, (void)value;
	return EW_ERR_TYPE;
}
#endif

#endif
