/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* ops.h - the operator table, and what prepare functions work with. */
#ifndef EW_TENSOR_OPS_H
#define EW_TENSOR_OPS_H

#include "edgewasm/operators.h"
#include "tensor/model.h"

/* One operator while it is prepared. */
struct ewi_prep {
	struct ew_model *m;
	struct ewi_op *op;
	uint32_t index;
	struct ewi_table table;	  /* the operator in the file */
	struct ewi_table options; /* at 0: none, every option has its default */
	const struct ewi_part *part;
	int32_t *list; /* where the next operator's tensors go */
	struct ew_error *err;
};

/*
 * Checks everything the kernel relies on, and calls ewi_prep_kernel (or ewi_prep_alias) last.
 * Inputs and outputs are valid tensors already, inputs have been written, outputs have not.
 */
typedef enum ew_status ewi_prepare_fn(struct ewi_prep *p);

struct ew_operator {
	const char *name;
	uint8_t code, version, inputs_min, inputs_max, outputs_min, outputs_max, options;
	ewi_prepare_fn *prepare;
};

#define OP(code, NAME, name, version, imin, imax, omin, omax, options, prepare)                    \
	ewi_prepare_fn prepare;
#include "tensor/ops.def"
#undef OP

/* Reports "operator 3 (CONV_2D): ..." at the operator's place in the file; returns status. */
enum ew_status ewi_prep_error(const struct ewi_prep *p, enum ew_status status, const char *fmt, ...)
	EW_PRINTF(3, 4);

/* Input i, or NULL when it is left out. */
const struct ewi_tensor *ewi_prep_in(const struct ewi_prep *p, uint32_t i);
/* The first output; ewi_prep_output is for those that have more. */
const struct ewi_tensor *ewi_prep_out(const struct ewi_prep *p);
static inline const struct ewi_tensor *ewi_prep_output(const struct ewi_prep *p, uint32_t i)
{
	return &p->m->tensors[p->op->out[i]];
}

/*
 * What an activation input needs so that a kernel can read it: in the arena, or one-byte elements in the
 * file; and in a batch never a constant, of which there is one for all windows.
 */
enum ew_status ewi_prep_readable(const struct ewi_prep *p, const struct ewi_tensor *t,
				 const char *what);
/* The width of elements that a kernel must turn round (ewi_turn) when it copies them: constants on a big-endian machine; or 0. */
uint8_t ewi_prep_turn(const struct ewi_tensor *t);
/* Types, or EW_ERR_UNSUPPORTED naming them. */
enum ew_status ewi_prep_types(const struct ewi_prep *p, const struct ewi_tensor *a,
			      const struct ewi_tensor *b, const struct ewi_tensor *c);
/* One scale for the whole tensor, or an error that says so. */
enum ew_status ewi_prep_quantized(const struct ewi_prep *p, const struct ewi_tensor *t,
				  const char *what);

/* What a fused activation clamps to: in units of an int8 or int16 output, and as floats. */
struct ewi_act_range {
	int32_t min, max;
	float f_min, f_max;
};

enum ew_status ewi_prep_activation(const struct ewi_prep *p, uint8_t activation,
				   const struct ewi_tensor *out, struct ewi_act_range *range);

/*
 * SAME or VALID padding of one dimension: how many outputs, and how far the first window begins before the
 * input.  Checks stride, dilation and reach; `what` is "rows" or "columns".
 */
struct ewi_extent {
	uint32_t in, taps, stride, dil;
	uint32_t out; /* filled in, and: */
	int32_t pad;
};

enum ew_status ewi_prep_extent(const struct ewi_prep *p, uint8_t padding, struct ewi_extent *e,
			       const char *what);

struct ewi_loops;

/* Loops over out = a with b but for `inner` dimensions; each is the output's or 1, else INVALID. */
enum ew_status ewi_prep_broadcast(const struct ewi_prep *p, const struct ewi_tensor *a,
				  const struct ewi_tensor *b, const struct ewi_tensor *out,
				  uint32_t inner, struct ewi_loops *loops);

enum ew_status ewi_prep_kernel(struct ewi_prep *p, const struct ewi_kernel *slot,
			       const void *params, uint64_t macs);
/* Before ewi_prep_kernel: the kernel gets all inputs and outputs in ewi_call.list. */
void ewi_prep_list(struct ewi_prep *p);
/* Before ewi_prep_kernel: bytes of its own that outlive a run, zero at first. */
enum ew_status ewi_prep_state(struct ewi_prep *p, uint64_t bytes);
/* The output is the input's memory under another shape. */
enum ew_status ewi_prep_alias(struct ewi_prep *p, uint32_t in);

#endif
