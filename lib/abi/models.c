/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * models.c - models by name and version, and the handles that guests hold.
 *
 * A handle is (generation << 9 | by version << 8 | slot).  Generations are never used twice (until 2^22 of them
 * have gone by), so a handle to a replaced or removed model is recognised for what it is.
 */
#include <string.h>
#include "abi/models.h"

#if EW_CONFIG_ABI

#define GENERATION_BITS 22
#define GENERATION_MASK ((1u << GENERATION_BITS) - 1)
#define BY_VERSION 0x100u

static uint32_t next_generation(struct ew_models *models)
{
	models->generation = (models->generation + 1) & GENERATION_MASK;
	if (models->generation == 0)
		models->generation = 1;
	return models->generation;
}

enum ew_status ew_models_create(struct ew_models **out, const struct ew_alloc *alloc)
{
	struct ew_models *models = ewi_alloc(alloc, 1, sizeof(*models));

	*out = models;
	if (!models)
		return EW_ERR_NOMEM;
	models->alloc = *alloc;
	return EW_OK;
}

static void free_slot(struct ew_models *models, struct ewi_slot *s)
{
	if (!s)
		return;
	ew_model_exec_destroy(s->exec);
	ew_model_free(s->model);
	ewi_free(&models->alloc, s->copy, s->size_bytes, 1);
	ewi_free(&models->alloc, s->io, (size_t)s->input_count + s->output_count, sizeof(*s->io));
	ewi_free(&models->alloc, s, 1, sizeof(*s));
}

void ew_models_destroy(struct ew_models *models)
{
	struct ew_alloc alloc;

	if (!models)
		return;
	alloc = models->alloc;
	for (size_t i = 0; i < models->slot_count; i++)
		free_slot(models, models->slots[i]);
	ewi_free(&alloc, models->slots, models->slot_cap, sizeof(*models->slots));
	ewi_free(&alloc, models, 1, sizeof(*models));
}

static bool name_is_good(const char *name)
{
	size_t len = name ? strlen(name) : 0;

	return len > 0 && len < EW_MODELS_NAME_BYTES && !memchr(name, '@', len);
}

static struct ewi_slot *find(const struct ew_models *models, const char *name, size_t name_len,
			     const char *version, size_t version_len, size_t *index)
{
	for (size_t i = 0; i < models->slot_count; i++) {
		struct ewi_slot *s = models->slots[i];

		if (!s || !ewi_name_is(s->name, name, name_len))
			continue;
		if (version ? ewi_name_is(s->version, version, version_len) :
			      s->name_generation != 0) {
			if (index)
				*index = i;
			return s;
		}
	}
	return NULL;
}

uint8_t ewi_tensor_unit(enum ew_tensor_type type)
{
	switch (type) {
	case EW_TENSOR_F32:
	case EW_TENSOR_I32:
	case EW_TENSOR_U32:
	case EW_TENSOR_C64: return 4;
	case EW_TENSOR_F16:
	case EW_TENSOR_I16:
	case EW_TENSOR_U16: return 2;
	case EW_TENSOR_I64:
	case EW_TENSOR_U64:
	case EW_TENSOR_F64:
	case EW_TENSOR_C128: return 8;
	case EW_TENSOR_U8:
	case EW_TENSOR_I8:
	case EW_TENSOR_BOOL:
	case EW_TENSOR_I4:
	case EW_TENSOR_STRING:
	case EW_TENSOR_RESOURCE:
	case EW_TENSOR_VARIANT: break;
	}
	return 1;
}

void ewi_copy_le(void *out, const void *in, size_t bytes, uint8_t unit)
{
	uint8_t *to = out;
	const uint8_t *from = in;

	if (!EW_BIG_ENDIAN || unit == 1) {
		if (bytes)
			memcpy(out, in, bytes);
		return;
	}
	for (size_t i = 0; i + unit <= bytes; i += unit)
		for (size_t k = 0; k < unit; k++)
			to[i + k] = from[i + unit - 1 - k];
}

/* One unit for each EWI_FUEL_MACS, and for each EWI_FUEL_BYTES that an operator writes. */
uint32_t ewi_model_fuel(const struct ew_model *model)
{
	uint64_t macs = 0, bytes = 0, fuel;

	for (uint32_t i = 0; i < ew_model_operator_count(model); i++) {
		struct ew_operator_info op;

		if (ew_model_operator(model, i, &op) != EW_OK)
			continue;
		macs += op.macs;
		for (uint32_t o = 0; o < op.output_count; o++) {
			struct ew_tensor_info t;
			int32_t tensor;

			if (ew_model_operator_output(model, i, o, &tensor) == EW_OK && tensor >= 0 &&
			    ew_model_tensor_info(model, (uint32_t)tensor, &t) == EW_OK)
				bytes += t.bytes;
		}
	}
	fuel = 1 + macs / EWI_FUEL_MACS + bytes / EWI_FUEL_BYTES;
	return fuel > UINT32_MAX ? UINT32_MAX : (uint32_t)fuel;
}

/* Sizes of inputs and outputs, and their sums. */
static enum ew_status measure(struct ew_models *models, struct ewi_slot *s, struct ew_error *err)
{
	uint64_t sum[2] = {0, 0};

	s->input_count = ew_model_input_count(s->model);
	s->output_count = ew_model_output_count(s->model);
	s->io = ewi_alloc(&models->alloc, (size_t)s->input_count + s->output_count, sizeof(*s->io));
	if (!s->io && s->input_count + s->output_count)
		return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
	for (uint32_t i = 0; i < s->input_count + s->output_count; i++) {
		bool is_out = i >= s->input_count;
		struct ew_tensor_info t;

		if ((is_out ? ew_model_output_info(s->model, i - s->input_count, &t) :
			      ew_model_input_info(s->model, i, &t)) != EW_OK)
			return ewi_error(err, EW_ERR_STATE, 0, "tensor %u has no description",
					 (unsigned)i);
		sum[is_out] += t.bytes;
		if (sum[is_out] > INT32_MAX)
			return ewi_error(err, EW_ERR_LIMIT, 0,
					 "inputs or outputs are over 2 GiB: no guest could hold them");
		s->io[i].bytes = (uint32_t)t.bytes;
		s->io[i].unit = ewi_tensor_unit(t.type);
	}
	s->input_bytes = (uint32_t)sum[0];
	s->output_bytes = (uint32_t)sum[1];
	s->fuel = ewi_model_fuel(s->model);
	return EW_OK;
}

static enum ew_status load(struct ew_models *models, struct ewi_slot *s, const void *bytes,
			   size_t size, uint32_t flags, struct ew_error *err)
{
	struct ew_model_config c = {.struct_bytes = sizeof(c), .max_batch = flags >> 16};
	enum ew_status st;

	s->size_bytes = size;
	s->batch = c.max_batch ? c.max_batch : 1;
	if (flags & EW_MODELS_COPY && size) {
		s->copy = ewi_alloc(&models->alloc, size, 1);
		if (!s->copy)
			return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
		memcpy(s->copy, bytes, size);
		bytes = s->copy;
	}
	st = ew_model_load(&s->model, bytes, size, &c, &models->alloc, err);
	if (st == EW_OK)
		st = measure(models, s, err);
	if (st == EW_OK && !ew_model_has_state(s->model))
		st = ew_model_exec_create(&s->exec, s->model, &models->alloc, err);
	return st;
}

/* The index of a free slot, or SIZE_MAX. */
static size_t free_index(struct ew_models *models)
{
	size_t cap, i = 0;

	while (i < models->slot_count && models->slots[i])
		i++;
	if (i < models->slot_cap)
		return i;
	cap = ewi_grow(&models->alloc, (void **)&models->slots, models->slot_cap, EW_ABI_MODELS,
		       sizeof(*models->slots));
	if (!cap)
		return SIZE_MAX;
	models->slot_cap = cap;
	return i;
}

static void make_current(struct ew_models *models, struct ewi_slot *s)
{
	for (size_t i = 0; i < models->slot_count; i++)
		if (models->slots[i] && ewi_same_text(models->slots[i]->name, s->name))
			models->slots[i]->name_generation = 0;
	s->name_generation = next_generation(models);
}

enum ew_status ew_models_put(struct ew_models *models, const char *name, const char *version,
			     const void *bytes, size_t size, uint32_t flags, struct ew_error *err)
{
	struct ewi_slot *s;
	enum ew_status st;
	size_t index;

	ewi_error_clear(err);
	if (!name_is_good(name) || !name_is_good(version))
		return ewi_error(err, EW_ERR_INVAL, 0,
				 "a model's name and version are 1 to 47 bytes without '@'");
	if (find(models, name, strlen(name), version, strlen(version), NULL))
		return ewi_error(err, EW_ERR_EXISTS, 0, "model %s@%s is there already", name, version);
	index = free_index(models);
	if (index == SIZE_MAX)
		return models->slot_cap >= EW_ABI_MODELS ?
			       ewi_error(err, EW_ERR_LIMIT, 0, "more than %u models", EW_ABI_MODELS) :
			       ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
	s = ewi_alloc(&models->alloc, 1, sizeof(*s));
	if (!s)
		return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
	memcpy(s->name, name, strlen(name));
	memcpy(s->version, version, strlen(version));
	st = load(models, s, bytes, size, flags, err);
	if (st != EW_OK) {
		free_slot(models, s);
		return ewi_error(err, st, 0, "model %s@%s cannot be loaded", name, version);
	}
	s->load_generation = next_generation(models);
	models->slots[index] = s;
	if (index == models->slot_count)
		models->slot_count++;
	make_current(models, s);
	return EW_OK;
}

enum ew_status ew_models_select(struct ew_models *models, const char *name, const char *version)
{
	struct ewi_slot *s = find(models, name, strlen(name), version, strlen(version), NULL);

	if (!s)
		return EW_ERR_NOENT;
	if (!s->name_generation)
		make_current(models, s);
	return EW_OK;
}

enum ew_status ew_models_remove(struct ew_models *models, const char *name, const char *version)
{
	bool found = false;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < models->slot_count; i++) {
			struct ewi_slot *s = models->slots[i];

			if (!s || !ewi_same_text(s->name, name) ||
			    (version && !ewi_same_text(s->version, version)))
				continue;
			found = true;
			if (pass == 0 && s->users)
				return EW_ERR_STATE;
			if (pass == 0)
				continue;
			free_slot(models, s);
			models->slots[i] = NULL;
			next_generation(models);
		}
	}
	return found ? EW_OK : EW_ERR_NOENT;
}

enum ew_status ew_models_at(const struct ew_models *models, uint32_t index,
			    struct ew_models_entry *out)
{
	for (size_t i = 0; i < models->slot_count; i++) {
		const struct ewi_slot *s = models->slots[i];

		if (!s || index-- > 0)
			continue;
		out->name = s->name;
		out->version = s->version;
		out->current = s->name_generation != 0;
		out->model = s->model;
		out->inferences = s->inferences;
		out->fuel = s->fuel;
		out->size_bytes = s->size_bytes;
		return EW_OK;
	}
	return EW_ERR_NOENT;
}

int32_t ewi_models_open(const struct ew_models *models, const char *name, size_t len)
{
	const char *at = len ? memchr(name, '@', len) : NULL;
	size_t name_len = at ? (size_t)(at - name) : len, index;
	struct ewi_slot *s = find(models, name, name_len, at ? at + 1 : NULL,
				  at ? len - name_len - 1 : 0, &index);

	if (!s)
		return EDGE_NOENT;
	return (int32_t)((at ? s->load_generation : s->name_generation) << 9 |
			 (at ? BY_VERSION : 0) | (uint32_t)index);
}

struct ewi_slot *ewi_models_get(const struct ew_models *models, int32_t handle)
{
	uint32_t h = (uint32_t)handle, index = h & 0xff, generation = h >> 9;
	struct ewi_slot *s;

	if (handle < 0 || index >= models->slot_count || generation == 0)
		return NULL;
	s = models->slots[index];
	if (!s || (h & BY_VERSION ? s->load_generation : s->name_generation) != generation)
		return NULL;
	return s;
}

#endif
