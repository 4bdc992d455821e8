/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * model.h - the inside of a prepared model: what load.c builds, plan.c places and run.c runs.
 *
 * What the file says well is not copied: dimensions, names and scales stay in it and are reached by byte
 * offset (checked at load, so later reads need no check).
 */
#ifndef EW_TENSOR_MODEL_H
#define EW_TENSOR_MODEL_H

#include "edgewasm/alloc.h"
#include "edgewasm/model.h"
#include "tensor/dispatch.h"
#include "tensor/flat.h"
#include "tensor/tflite.h"

enum {
	EWI_TENSOR_VARIABLE = 1 << 0, /* state; lies in the persistent part */
	EWI_TENSOR_INPUT = 1 << 1,    /* of the model */
	EWI_TENSOR_OUTPUT = 1 << 2,
	EWI_TENSOR_WRITTEN = 1 << 3, /* by an operator or the host; set while operators are read */
	EWI_TENSOR_ZEROS = 1 << 4    /* its channels' zero points are not all 0 */
};

#define EWI_NOWHERE UINT32_MAX

struct ewi_tensor {
	const uint8_t *data; /* in the file; NULL: in the arena */
	uint32_t at;	     /* its table in the file */
	uint32_t dims;	     /* its first dimension in the file */
	uint32_t scales;     /* its first scale in the file */
	uint32_t scale_count;
	uint32_t count, bytes; /* of one window; bytes <= EWI_FLAT_SIZE_MAX */
	uint32_t root;	       /* whose memory this is: itself, or what it is an alias of */
	uint32_t offset;       /* of the root, in its part of the arena; EWI_NOWHERE: never used */
	uint32_t first, last;  /* operators between which the root's bytes matter */
	float scale;
	int32_t zero;
	uint32_t quantized_dim;
	uint8_t type, rank, flags;
	uint8_t unit; /* of a variable (a RESOURCE): bytes of an element, when something is stored in it */
};

struct ewi_op {
	const struct ew_operator *def;
	const struct ewi_kernel *kernel; /* NULL: there is nothing to run, its output is an alias */
	const void *params;
	const void *packed; /* constants as the kernel wants them; NULL: it reads them in place */
	const int32_t *in, *out; /* tensors; -1 among inputs: left out */
	uint8_t input_count, output_count;
	uint8_t once;	  /* a part to run when this is reached for the first time; 0: none */
	bool listed;	  /* the kernel takes a list */
	bool backwards;	  /* its output lies over an input, behind its beginning */
	uint32_t scratch; /* offset in the transient part */
	uint32_t scratch_bytes;
	uint32_t state; /* offset in the persistent part */
	uint32_t state_bytes;
	uint32_t version;
	uint32_t at; /* its table in the file */
	uint64_t macs;
};

/*
 * A subgraph: part 0 is the model, each other one what a CALL_ONCE of it runs.  Their tensors and operators
 * lie behind the model's, in the same arrays.
 */
struct ewi_part {
	struct ewi_table graph;
	uint32_t tensors, tensor_count; /* the first, how many */
	uint32_t ops, op_count;
	uint32_t when; /* the model's operator that runs it */
};

#define EWI_PARTS 8 /* the model and 7 CALL_ONCE operators */

/* The model's memory comes in blocks; each begins with this. */
struct ewi_model_block {
	struct ewi_model_block *next;
	size_t bytes; /* this header included */
};

struct ew_model {
	struct ew_alloc alloc;
	struct ew_model_config config; /* defaults filled in */
	struct ewi_flat file;	       /* err is NULL once loaded */
	struct ewi_table root, main;   /* the model; its first subgraph */
	const struct ew_operator_set *set;
	struct ewi_part parts[EWI_PARTS];
	uint32_t part_count;
	struct ewi_vec buffers;
	struct ewi_model_block *blocks;
	size_t held_bytes;
	uint32_t features; /* EW_CPU_* that kernels may use */
	uint32_t tensor_count, op_count, input_count, output_count; /* of the model itself */
	uint32_t tensor_total, op_total;			    /* with all parts */
	uint32_t list_max; /* longest list of a kernel that takes one */
	struct ewi_tensor *tensors;
	struct ewi_op *ops;
	uint32_t *inputs, *outputs; /* tensors */
	bool has_state;
	size_t state_bytes;	/* variable tensors and operators' state, in the persistent part */
	size_t transient_bytes; /* at max_batch */
};

/* *out = count * size zeroed bytes that live as long as the model; NULL for 0.  Errors: NOMEM, LIMIT. */
enum ew_status ewi_model_alloc(struct ew_model *m, size_t count, size_t size, void *out_pointer,
			       struct ew_error *err);

static inline uint32_t ewi_tensor_dim(const struct ew_model *m, const struct ewi_tensor *t,
				      uint32_t i)
{
	return ewi_le32(m->file.bytes + t->dims + 4 * i);
}

/* Scale of a channel, or the only one. */
static inline float ewi_tensor_scale(const struct ew_model *m, const struct ewi_tensor *t,
				     uint32_t i)
{
	uint32_t bits = ewi_le32(m->file.bytes + t->scales + 4 * i);
	float v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* Offsets in the arena are multiples of this. */
static inline uint64_t ewi_align(uint64_t bytes)
{
	return (bytes + EW_ALIGN - 1) & ~(uint64_t)(EW_ALIGN - 1);
}

/* parts.c: find the subgraphs that the model consists of. */
enum ew_status ewi_load_parts(struct ew_model *m, struct ew_error *err);
/* operators.c: the builtin code of an entry of the code table, which speaks in two fields (tflite.h). */
uint32_t ewi_builtin_code(struct ewi_flat *f, struct ewi_table code);
/* tensors.c: read every tensor of every part, and the model's input and output lists. */
enum ew_status ewi_load_tensors(struct ew_model *m, struct ew_error *err);
/* The bytes of buffer `index` (of constants, of metadata); count 0 when it is empty. */
enum ew_status ewi_load_buffer(struct ewi_flat *f, struct ewi_vec buffers, uint32_t index,
			       struct ewi_vec *out, struct ew_error *err);
/* operators.c: read and prepare every operator. */
enum ew_status ewi_load_operators(struct ew_model *m, struct ew_error *err);
/* plan.c: place every tensor and scratch buffer. */
enum ew_status ewi_plan(struct ew_model *m, struct ew_error *err);

#endif
