/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* models.h - the model registry from the inside, for the inference functions. */
#ifndef EW_ABI_MODELS_H
#define EW_ABI_MODELS_H

#include "abi/abi.h"

/* state.c */
typedef enum ew_status ewi_write_fn(void *user, const void *bytes, size_t size);
enum ew_status ewi_abi_state(const struct ew_abi *abi, ewi_write_fn *write, void *user);

#if EW_ABI_MODELS > 256
#error "a handle has 8 bits for the slot: EW_ABI_MODELS is at most 256"
#endif

/* One input or output of a model. */
struct ewi_io {
	uint32_t bytes;
	uint8_t unit; /* bytes that are swapped together on big-endian hosts; 1: none */
};

/* One version of one model. */
struct ewi_slot {
	char name[EW_MODELS_NAME_BYTES], version[EW_MODELS_NAME_BYTES];
	struct ew_model *model;
	struct ew_model_exec *exec; /* shared by all guests; NULL when the model keeps state */
	void *copy;		    /* of the bytes, or NULL */
	size_t size_bytes;
	uint32_t load_generation; /* what name@version handles are checked against */
	uint32_t name_generation; /* name handles; 0 while the name stands for another version */
	uint32_t users;		  /* graphs and executors of guests */
	struct ewi_io *io;	  /* inputs, then outputs */
	uint32_t input_count, output_count, input_bytes, output_bytes, fuel; /* of one window */
	uint32_t batch; /* windows that one run may take */
	uint64_t inferences;
};

struct ew_models {
	struct ew_alloc alloc;
	struct ewi_slot **slots; /* NULL where none is */
	size_t slot_count, slot_cap;
	uint32_t generation;
};

/* Handle of name or name@version, or EDGE_NOENT. */
int32_t ewi_models_open(const struct ew_models *models, const char *name, size_t len);
/* NULL: EDGE_STALE. */
struct ewi_slot *ewi_models_get(const struct ew_models *models, int32_t handle);

/* Another number whenever some name stands for another model than before. */
static inline uint32_t ewi_models_generation(const struct ew_models *models)
{
	return models->generation;
}

/* Fuel of one run: the same on every machine. */
uint32_t ewi_model_fuel(const struct ew_model *model);
/* Bytes of an element that are swapped together. */
uint8_t ewi_tensor_unit(enum ew_tensor_type type);
/* memcpy that turns little-endian elements of `unit` bytes into the host's, or back. */
void ewi_copy_le(void *out, const void *in, size_t bytes, uint8_t unit);

#endif
