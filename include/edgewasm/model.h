/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * model.h - load and run neural networks in TensorFlow Lite's file format (.tflite).
 *
 *	struct ew_model *m;       immutable after ew_model_load; shared by executors and threads
 *	struct ew_model_exec *x;  the arena of one run: inputs, outputs, state; one thread at a time
 *
 *	ew_model_load(&m, bytes, size, NULL, &alloc, &err);
 *	ew_model_exec_create(&x, m, &alloc, &err);
 *	ew_model_exec_input(x, 0, &in);           in.data: write in.bytes bytes here
 *	ew_model_exec_run(x);
 *	ew_model_exec_output(x, 0, &out);         read out.bytes bytes there
 *
 * Everything that can go wrong with a model goes wrong in ew_model_load.  A run allocates nothing and
 * cannot fail half way.  The bytes it writes are those of TensorFlow Lite Micro's reference kernels, on
 * every machine and with every instruction set.
 *
 * Tensor data is in the host's byte order, row-major, without padding.  Functions accept NULL for struct
 * ew_error pointers; an index beyond its count gives EW_ERR_INVAL and leaves *out alone.
 */
#ifndef EDGEWASM_MODEL_H
#define EDGEWASM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm/alloc.h"
#include "edgewasm/config.h"
#include "edgewasm/operators.h"
#include "edgewasm/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Limits, checked before anything is allocated for the thing counted.  All but the first can be set lower
 * or higher for each load by struct ew_model_config. */
#define EW_MODEL_DIMS 8u /* dimensions of a tensor; 4 bytes each in struct ew_tensor_info */
#ifndef EW_MODEL_TENSORS /* of the main subgraph; 64 bytes each in the model, 40 while it is loaded */
#define EW_MODEL_TENSORS (EW_CONFIG_SMALL ? 512u : 8192u)
#endif
#ifndef EW_MODEL_OPERATORS /* of the main subgraph; 72 bytes each (56 on 32-bit) and their parameters */
#define EW_MODEL_OPERATORS (EW_CONFIG_SMALL ? 256u : 4096u)
#endif
#ifndef EW_MODEL_ARENA_BYTES /* of one executor, persistent and transient together: itself */
#define EW_MODEL_ARENA_BYTES (EW_CONFIG_SMALL ? 256u << 10 : 256u << 20)
#endif
#ifndef EW_MODEL_BYTES /* that the model takes from its allocator: tables, parameters, packed weights */
#define EW_MODEL_BYTES (EW_CONFIG_SMALL ? 64u << 10 : 64u << 20)
#endif
#ifndef EW_MODEL_BATCH /* largest max_batch; multiplies the arena */
#define EW_MODEL_BATCH 1024u
#endif

#ifndef EW_MODEL_PARTS /* largest max_parts; multiplies the scratch of operators that can be split */
#define EW_MODEL_PARTS 64u
#endif

struct ew_model;
struct ew_model_exec;

/* Element types; the numbers are the file format's. */
enum ew_tensor_type {
	EW_TENSOR_F32 = 0,
	EW_TENSOR_F16 = 1,
	EW_TENSOR_I32 = 2,
	EW_TENSOR_U8 = 3,
	EW_TENSOR_I64 = 4,
	EW_TENSOR_STRING = 5,
	EW_TENSOR_BOOL = 6,
	EW_TENSOR_I16 = 7,
	EW_TENSOR_C64 = 8,
	EW_TENSOR_I8 = 9,
	EW_TENSOR_F64 = 10,
	EW_TENSOR_C128 = 11,
	EW_TENSOR_U64 = 12,
	EW_TENSOR_RESOURCE = 13,
	EW_TENSOR_VARIANT = 14,
	EW_TENSOR_U32 = 15,
	EW_TENSOR_U16 = 16,
	EW_TENSOR_I4 = 17 /* two to a byte, the first in the low half */
};

/* "INT8", "FLOAT32", ... as TensorFlow Lite spells them; "TYPE?" for a number that is none. */
EW_API const char *ew_tensor_type_name(enum ew_tensor_type type);

/* Instruction sets, for struct ew_model_config and for telling people.  Plain C always counts as allowed. */
enum {
	EW_ISA_SSE41 = 1u << 0,
	EW_ISA_SSE42 = 1u << 1,
	EW_ISA_AVX2 = 1u << 2,
	EW_ISA_AVXVNNI = 1u << 3,
	EW_ISA_AVX512 = 1u << 4, /* F, BW, DQ and VL */
	EW_ISA_AVX512VNNI = 1u << 5,
	EW_ISA_NEON = 1u << 8, /* of 64 or 32 bits */
	EW_ISA_DOTPROD = 1u << 9,
	EW_ISA_I8MM = 1u << 10,
	EW_ISA_SCALAR = 1u << 16 /* plain C; alone in a mask: nothing else */
};

/* What this machine has, EW_ISA_SCALAR among it. */
EW_API uint32_t ew_model_isa(void);

enum {
	/* Requantize with one rounding instead of two (TFLITE_SINGLE_ROUNDING of TensorFlow Lite). */
	EW_MODEL_SINGLE_ROUNDING = 1u << 0,
	/*
	 * Read weights where they are, in the file, even where copies in another order would be faster.  Without it a
	 * model makes such copies as far as max_model_bytes lets it; executors share them.
	 */
	EW_MODEL_WEIGHTS_IN_PLACE = 1u << 1
};

/* Zero means default. */
struct ew_model_config {
	size_t struct_bytes; /* sizeof(struct ew_model_config) */
	uint32_t flags;
	uint32_t isa_mask;  /* EW_ISA_* that may be used; default: all that the machine has */
	uint32_t max_batch; /* windows that one run may take, see ew_model_exec_set_batch; default 1 */
	uint32_t max_tensors;
	uint32_t max_operators;
	size_t max_arena_bytes;
	size_t max_model_bytes;
	const struct ew_operator_set *operators; /* that models may use; default: ew_operators */
	/*
	 * Parts that one operator may be split into, see ew_model_exec_set_parallel; default 1.  More take more of the arena:
	 * each part has its own scratch, and the output of an operator that is split lies over no input.
	 */
	uint32_t max_parts;
};

/* ---- models ----------------------------------------------------------------------------------- */

/*
 * Check a whole file, prepare its main subgraph, plan its memory, choose its kernels.  bytes are read in
 * place (they may lie in flash, at any alignment) and borrowed until ew_model_free; weights are copied only as
 * EW_MODEL_WEIGHTS_IN_PLACE says.  config may be NULL.
 * Errors: MALFORMED (no .tflite, or one whose parts do not parse), INVALID (contradicts itself), UNSUPPORTED
 * (an operator, type, version or option that is not there), LIMIT, NOMEM; INVAL for a config that the contract
 * forbids.  err->text names the operator ("operator 3 (CONV_2D): ...") or tensor; err->offset is the byte in
 * the file.  *out is then NULL.
 */
EW_API enum ew_status ew_model_load(struct ew_model **out, const void *bytes, size_t size,
				    const struct ew_model_config *config,
				    const struct ew_alloc *alloc, struct ew_error *err);
/* Every executor of it must be gone.  NULL is allowed. */
EW_API void ew_model_free(struct ew_model *model);

/* One tensor, as the file declares it. */
struct ew_tensor_info {
	enum ew_tensor_type type;
	uint32_t dim_count; /* 0: a scalar */
	uint32_t dims[EW_MODEL_DIMS];
	size_t count;	    /* elements */
	size_t bytes;	    /* of one window, see ew_model_exec_set_batch */
	uint32_t scale_count; /* 0: not quantized; above 1: one for each channel, scale is the first */
	float scale;
	int32_t zero_point;
	uint32_t quantized_dim; /* which dimension the channels are */
	bool is_const;	    /* its bytes are in the file */
	bool is_variable;   /* state: kept from run to run until ew_model_exec_reset */
	const char *name;   /* in the file; not NUL-terminated */
	uint32_t name_len;
};

EW_API uint32_t ew_model_input_count(const struct ew_model *model);
EW_API uint32_t ew_model_output_count(const struct ew_model *model);
EW_API uint32_t ew_model_tensor_count(const struct ew_model *model);
EW_API enum ew_status ew_model_input_info(const struct ew_model *model, uint32_t index,
					  struct ew_tensor_info *out);
EW_API enum ew_status ew_model_output_info(const struct ew_model *model, uint32_t index,
					   struct ew_tensor_info *out);
EW_API enum ew_status ew_model_tensor_info(const struct ew_model *model, uint32_t tensor,
					   struct ew_tensor_info *out);
/* The tensor behind an input or output. */
EW_API enum ew_status ew_model_input_tensor(const struct ew_model *model, uint32_t index,
					    uint32_t *tensor);
EW_API enum ew_status ew_model_output_tensor(const struct ew_model *model, uint32_t index,
					     uint32_t *tensor);
/* An input or output by its name in the first signature, or by its tensor's name; EW_ERR_NOENT. */
EW_API enum ew_status ew_model_input_find(const struct ew_model *model, const char *name,
					  uint32_t *index);
EW_API enum ew_status ew_model_output_find(const struct ew_model *model, const char *name,
					   uint32_t *index);

struct ew_operator_info {
	const char *name;   /* "FULLY_CONNECTED"; static */
	const char *kernel; /* what will run, "fc_s8_avx2"; "alias" when nothing needs to; "once"; static */
	uint32_t code;	    /* the format's BuiltinOperator */
	uint32_t version;
	uint32_t input_count, output_count;
	uint64_t macs; /* multiply-accumulates of one window; 0 for operators that have none */
};

EW_API uint32_t ew_model_operator_count(const struct ew_model *model);
EW_API enum ew_status ew_model_operator(const struct ew_model *model, uint32_t index,
					struct ew_operator_info *out);
/* The tensors of an operator; -1 is an input that is left out. */
EW_API enum ew_status ew_model_operator_input(const struct ew_model *model, uint32_t op,
					      uint32_t index, int32_t *tensor);
EW_API enum ew_status ew_model_operator_output(const struct ew_model *model, uint32_t op,
					       uint32_t index, int32_t *tensor);

/* The schema version of the file (3). */
EW_API uint32_t ew_model_version(const struct ew_model *model);
/* What its maker wrote; borrowed, not NUL-terminated; NULL and 0 when there is none. */
EW_API const char *ew_model_description(const struct ew_model *model, size_t *len);
/* The first metadata entry of that name: its bytes, borrowed; EW_ERR_NOENT when there is none. */
EW_API enum ew_status ew_model_metadata(const struct ew_model *model, const char *name,
					const uint8_t **bytes, size_t *size);
/* The same by index; the name is not NUL-terminated. */
EW_API uint32_t ew_model_metadata_count(const struct ew_model *model);
EW_API enum ew_status ew_model_metadata_at(const struct ew_model *model, uint32_t index,
					   const char **name, size_t *name_len,
					   const uint8_t **bytes, size_t *size);

/* Does it keep anything from run to run?  Then an executor is one stream's, and cannot be shared. */
EW_API bool ew_model_has_state(const struct ew_model *model);

/* Bytes the model holds from its allocator: tables, parameters, and weights only in the order that kernels want. */
EW_API size_t ew_model_size(const struct ew_model *model);
/*
 * Bytes of one executor at max_batch: persistent ones (itself and the model's state) and transient ones
 * (activations and scratch).  Either pointer may be NULL.
 */
EW_API void ew_model_arena_size(const struct ew_model *model, size_t *persistent_bytes,
				size_t *transient_bytes);

/* ---- executors -------------------------------------------------------------------------------- */

/* One block from the allocator, of ew_model_exec_size bytes.  Errors: NOMEM; INVAL: the block is not aligned. */
EW_API enum ew_status ew_model_exec_create(struct ew_model_exec **out,
					   const struct ew_model *model,
					   const struct ew_alloc *alloc, struct ew_error *err);
/* NULL is allowed. */
EW_API void ew_model_exec_destroy(struct ew_model_exec *exec);

#define EW_MODEL_ALIGN 8 /* malloc's on 32-bit machines; kernels ask for no more */

/* The same in caller's memory: persistent and transient bytes, memory aligned to EW_MODEL_ALIGN. */
EW_API size_t ew_model_exec_size(const struct ew_model *model);
/* Errors: INVAL (not aligned), TOOBIG (memory_bytes is too small).  There is nothing to undo afterwards. */
EW_API enum ew_status ew_model_exec_init(struct ew_model_exec **out, const struct ew_model *model,
					 void *memory, size_t memory_bytes);

EW_API const struct ew_model *ew_model_exec_model(const struct ew_model_exec *exec);

/*
 * The memory of a tensor.  With a batch of n, n windows of info.bytes each, one after the other: bytes is
 * for all of them.
 */
struct ew_tensor_span {
	void *data; /* aligned to EW_MODEL_ALIGN unless it was bound */
	size_t bytes;
};

struct ew_tensor_view {
	const void *data;
	size_t bytes;
};

/*
 * Where input index is read from.  What it holds after a run is undefined (its memory is used again), so
 * write the whole input before each run.
 */
EW_API enum ew_status ew_model_exec_input(struct ew_model_exec *exec, uint32_t index,
					  struct ew_tensor_span *out);
/* Where output index is after a run; borrowed until the next run or write to an input. */
EW_API enum ew_status ew_model_exec_output(const struct ew_model_exec *exec, uint32_t index,
					   struct ew_tensor_view *out);
/*
 * Read input index from caller's memory instead (no copy), from the next run on until bound again; NULL
 * goes back to the arena.  The memory is read only.  Errors: INVAL when data is not aligned to the element
 * size or bytes is not the batch's.  A bound input stays bound when the batch changes and MUST then be bound
 * again; until it is, a run gives EW_ERR_STATE.
 */
EW_API enum ew_status ew_model_exec_bind_input(struct ew_model_exec *exec, uint32_t index,
					       const void *data, size_t bytes);

/*
 * Windows of the next runs, 1 to the model's max_batch (else INVAL): the model is applied to each of them,
 * with the result that as many runs would give, in less time.  Models with state take one at a time
 * (max_batch above 1 is refused at load with UNSUPPORTED).
 */
EW_API enum ew_status ew_model_exec_set_batch(struct ew_model_exec *exec, uint32_t batch);

/* Run.  Allocates nothing; EW_OK, or EW_ERR_STATE as said above with nothing changed. */
EW_API enum ew_status ew_model_exec_run(struct ew_model_exec *exec);
/* Set the model's state (variables, operators' own, which subgraphs have been called once) to its initial value.  A new
 * executor is reset. */
EW_API void ew_model_exec_reset(struct ew_model_exec *exec);
/*
 * That state as bytes, in pieces, the same on every machine after the same runs: to compare, or to hash.  A model without
 * state writes nothing.  The first error of `write` ends it and is returned.
 */
EW_API enum ew_status ew_model_exec_state(const struct ew_model_exec *exec,
					  enum ew_status (*write)(void *user, const void *bytes, size_t size), void *user);

/* Does part `part` of some work; each once.  Allocates nothing, waits for nothing. */
typedef void (*ew_model_part_fn)(void *work, uint32_t part);
/*
 * The host's: calls fn(work, part) for each part from 0 to parts - 1, in any order, on any threads, at the same time or one
 * after the other, and returns when all calls have returned; what they have written is then seen by the thread that
 * asked (joining, a mutex or a barrier does that).
 */
typedef void (*ew_model_parallel_fn)(void *user, uint32_t parts, ew_model_part_fn fn, void *work);
/*
 * Split operators of later runs into parts and let the host do them.  What is split: convolutions, depthwise ones and
 * pooling by lines of their output, dense layers by rows, any operator without state by the windows of a batch; where a
 * part is worth a handover (some microseconds).  A dense layer of a single row is not.  The bytes written are the same
 * whatever max_parts, threads and order.  The library makes no threads.
 * The executor itself still belongs to one thread at a time, the one that runs it; the profile hook is called there.
 * NULL: none.  Errors: INVAL when the model was loaded with max_parts 1.
 */
EW_API enum ew_status ew_model_exec_set_parallel(struct ew_model_exec *exec, ew_model_parallel_fn parallel, void *user);

/*
 * Called before (done false) and after (done true) each operator of a run; the host reads its own clock.
 * Operators whose kernel is "alias" are reported as well.  NULL: none.
 */
typedef void (*ew_model_profile_fn)(void *user, uint32_t op, bool done);
EW_API void ew_model_exec_set_profile(struct ew_model_exec *exec, ew_model_profile_fn fn,
				      void *user);
/*
 * Any tensor's memory, to look into a model from the profile hook: what an operator has written is there
 * when its hook is called with done true, and may be overwritten by later ones.
 */
EW_API enum ew_status ew_model_exec_tensor(const struct ew_model_exec *exec, uint32_t tensor,
					   struct ew_tensor_view *out);

#ifdef __cplusplus
}
#endif
#endif
