/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * kernels.h - what kernels are given and what they owe.
 *
 * A kernel reads its inputs, writes its whole outputs, and nothing else: no allocation, no failure; state only
 * where its slot says so.  Outputs and scratch overlap nothing.  Every variant writes the bytes its `_ref` writes, for every
 * input; a variant never calls another instruction set's file.
 *
 * Tensors in the arena are in the host's byte order and aligned to their elements; int8 inputs may have
 * any alignment (bound by the host).  Constants (int8 weights, biases, float weights) are the file's own
 * bytes: little-endian at any alignment.
 */
#ifndef EW_TENSOR_KERNELS_H
#define EW_TENSOR_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/bits.h"
#include "base/cpu.h"
#include "base/le.h"
#include "tensor/conv.h"
#include "tensor/quant.h"

#if (defined(__GNUC__) || defined(__clang__)) && (defined(__x86_64__) || defined(__i386__))
#define EWI_KERNELS_X86 1
#else
#define EWI_KERNELS_X86 0
#endif
#if (defined(__GNUC__) || defined(__clang__)) && defined(__aarch64__) && !EW_BIG_ENDIAN
#define EWI_KERNELS_NEON64 1
#else
#define EWI_KERNELS_NEON64 0
#endif
/* Of 32 bits: gcc compiles one function for NEON, clang the whole build or nothing. */
#if EWI_KERNELS_NEON64 || (defined(__arm__) && defined(__ARM_FP) && __ARM_ARCH >= 7 && __ARM_ARCH_PROFILE == 'A' && \
			   defined(__ARM_PCS_VFP) && !EW_BIG_ENDIAN && (!defined(__clang__) || defined(__ARM_NEON)))
#define EWI_KERNELS_NEON 1
#else
#define EWI_KERNELS_NEON 0
#endif
/* clang's header has these only where the whole build is for such a machine; gcc's for one function. */
#if EWI_KERNELS_NEON64 && (!defined(__clang__) || defined(__ARM_FEATURE_DOTPROD))
#define EWI_KERNELS_DOTPROD 1
#else
#define EWI_KERNELS_DOTPROD 0
#endif
#if EWI_KERNELS_NEON64 && (!defined(__clang__) || defined(__ARM_FEATURE_MATMUL_INT8))
#define EWI_KERNELS_I8MM 1
#else
#define EWI_KERNELS_I8MM 0
#endif

/* Whether any instruction set packs weights: where none does, the code for it is left out. */
#define EWI_KERNELS_TILES (EWI_KERNELS_X86 || EWI_KERNELS_NEON)

#define EWI_CALL_INPUTS 4

/* One application of a kernel, to `windows` windows that lie one after the other in each activation. */
struct ewi_call {
	const void *params; /* of the slot: struct ewi_fc, ... */
	const void *in[EWI_CALL_INPUTS]; /* the first inputs; NULL: left out */
	void *out;
	void *scratch; /* as many bytes as its size function says, aligned to EW_MODEL_ALIGN */
	size_t windows;
	bool backwards; /* from the last output to the first; only where the kernel's lead offers it */
	/* All inputs, then all outputs, for slots that take a list (ewi_prep_list); else NULL. */
	void *const *list;
	const void *packed; /* what the variant's packing made of the constants, aligned to EW_MODEL_ALIGN */
	void *state; /* what ewi_prep_state asked for: zeros after a reset, kept from run to run */
};

typedef void ewi_kernel_fn(const struct ewi_call *c);
/* Scratch bytes for at most `windows` windows. */
typedef size_t ewi_scratch_fn(const void *params, size_t windows);

/* Constants rearranged at load for a variant, when the model may take the memory. */
struct ewi_packing {
	/* Whether these constants are better packed than in place; NULL: always. */
	bool (*worth)(const void *params, const void *const in[EWI_CALL_INPUTS]);
	size_t (*bytes)(const void *params);
	/* in: the inputs that are constants, as in ewi_call; to: so many bytes, zeros */
	void (*fill)(const void *params, const void *const in[EWI_CALL_INPUTS], void *to);
	bool computed; /* inputs need not be constants: what is packed are the parameters */
};

/*
 * How an output may lie over the activations of input `input`, so that no byte of them is overwritten that is
 * still to be read: it begins at least `before` bytes before them; or at least `behind` bytes behind their
 * beginning, and the kernel is told to go backwards.  0: they may begin together.
 */
#define EWI_LEAD_NEVER UINT64_MAX
struct ewi_lead {
	uint64_t before, behind;
};

typedef struct ewi_lead ewi_lead_fn(const void *params, uint32_t input, size_t windows);

/*
 * Fully connected: out[r][u] = clamp(out_zero + requant(bias[u] +
 *                              sum over d of (in[r][d] - in_zero) * (w[u][d] - w_zero)))
 *
 *   in[0]  activations [windows * rows][depth]; int8, int16 (S16), float (F32)
 *   in[1]  weights [units][depth]; int8; W4: two int4 to a byte, the first in the low half, rows packed
 *          without padding; F32: float
 *   in[2]  bias [units] or NULL; int32; B64: int64; F32: float
 *   out    [windows * rows][units], the type of the activations
 *
 * Sums are modulo 2^32, of B64 modulo 2^64, with one rounding to 16 bits there.  Float sums are taken
 * from d = 0 upwards, the bias last, without fused multiply-add.
 * depth, units >= 1; rows may be 0.  w_zero is 0 where multipliers are per unit.
 */
struct ewi_fc {
	uint32_t rows, depth, units;
	int32_t in_zero, w_zero, out_zero;
	int32_t act_min, act_max; /* act_min <= act_max, within the output type */
	struct ewi_scale scale;	  /* of every unit, unless: */
	const int32_t *multipliers, *shifts; /* [units], both or neither NULL */
	float f_min, f_max;
	bool single; /* one rounding */
};

static inline struct ewi_scale ewi_fc_scale(const struct ewi_fc *p, uint32_t unit)
{
	if (p->multipliers)
		return (struct ewi_scale){p->multipliers[unit], p->shifts[unit]};
	return p->scale;
}

/* An int32 sum (bias included) to an output. */
static inline int32_t ewi_fc_finish(const struct ewi_fc *p, uint32_t unit, int32_t sum)
{
	int32_t v = ewi_requant_as(sum, ewi_fc_scale(p, unit), p->single);

	return ewi_clamp(ewi_wrap_add(v, p->out_zero), p->act_min, p->act_max);
}

/* Element i of packed int4 values: the low half of a byte first, sign-extended. */
static inline int32_t ewi_int4_at(const uint8_t *p, size_t i)
{
	int32_t half = p[i / 2] >> (i % 2 * 4) & 15;

	return (half ^ 8) - 8;
}

/* Element i of a constant of floats. */
static inline float ewi_float_at(const uint8_t *p, size_t i)
{
	uint32_t bits = ewi_le32(p + 4 * i);
	float v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* Elements of `width` bytes from the file's byte order to that of a big-endian machine; width 0: none. */
static inline void ewi_turn(uint8_t *p, size_t bytes, uint32_t width)
{
	for (size_t i = 0; width && i < bytes; i += width)
		for (size_t a = i, b = i + width - 1; a < b; a++, b--) {
			uint8_t byte = p[a];

			p[a] = p[b];
			p[b] = byte;
		}
}

/* Into the range; a NaN stays one: both comparisons are then false. */
static inline float ewi_clamp_float(float v, float low, float high)
{
	v = v < low ? low : v;
	return high < v ? high : v;
}

/*
 * Element by element, `count` elements in each window.
 *   QUANTIZE    float in, int8 or int16 out
 *   REQUANTIZE  int8, uint8, int16 or int32 in and out:
 *               clamp(out_zero + requant(in - in_zero)), differences and sums modulo 2^32
 *   DEQUANTIZE  int8, uint8 or int16 in, float out; the product is taken in double
 *   COPY        bytes; count is in bytes
 *   ASSIGN      the same, from in[1] to in[0], which is state
 */
struct ewi_convert {
	size_t count;
	uint8_t in_type, out_type; /* enum ew_tensor_type */
	bool single;
	uint8_t turn; /* ASSIGN of a constant: ewi_turn */
	int32_t in_zero, out_zero;
	float in_scale, out_scale;
	struct ewi_scale ratio; /* in_scale / out_scale */
	int32_t low, high;	/* range of the output type */
};

#define SLOT(SLOT, slot)
#define KERNEL(SLOT, slot, variant, features, scratch)                                             \
	void ewk_##slot##_##variant(const struct ewi_call *c);
#define END(slot)
#include "tensor/kernels.def"
#undef SLOT
#undef KERNEL
#undef VARIANT
#undef END

/* Leads of the definitions, by the size of an element. */
struct ewi_lead ewi_conv_lead(const void *params, uint32_t input, size_t windows); /* of int8, not backwards */
struct ewi_lead ewi_conv_lead_1(const void *params, uint32_t input, size_t windows);
struct ewi_lead ewi_conv_lead_2(const void *params, uint32_t input, size_t windows);
struct ewi_lead ewi_conv_lead_4(const void *params, uint32_t input, size_t windows);
struct ewi_lead ewi_pool_lead_1(const void *params, uint32_t input, size_t windows);
struct ewi_lead ewi_pool_lead_2(const void *params, uint32_t input, size_t windows);
struct ewi_lead ewi_pool_lead_4(const void *params, uint32_t input, size_t windows);
/* Of kernels that read an element last when they write the one of its number. */
struct ewi_lead ewi_same_lead(const void *params, uint32_t input, size_t windows);
struct ewi_lead ewi_binary_lead(const void *params, uint32_t input, size_t windows);
struct ewi_lead ewi_move_lead(const void *params, uint32_t input, size_t windows);
size_t ewi_conv_s8_avx2_packed_scratch(const void *params, size_t windows);
extern const struct ewi_packing ewi_conv_s8_avx2_packing;
size_t ewi_dwconv_s8_avx2_packed_scratch(const void *params, size_t windows);
struct ewi_lead ewi_dwconv_s8_avx2_packed_lead(const void *params, uint32_t input, size_t windows);
extern const struct ewi_packing ewi_dwconv_s8_avx2_packing;
/* Of kernels that have whole rows of activations in scratch before they write their outputs. */
struct ewi_lead ewi_conv_rows_lead(const void *params, uint32_t input, size_t windows);
#define CONV_TILE(isa)                                                                             \
	extern const struct ewi_packing ewi_conv_s8_##isa##_packing;                               \
	size_t ewi_conv_s8_##isa##_packed_scratch(const void *params, size_t windows);
#define FC_TILE(isa)                                                                               \
	extern const struct ewi_packing ewi_fc_s8_##isa##_packing;                                 \
	size_t ewi_fc_s8_##isa##_packed_scratch(const void *params, size_t windows);
#define DWCONV_TILE(isa)                                                                           \
	extern const struct ewi_packing ewi_dwconv_s8_##isa##_packing;                             \
	size_t ewi_dwconv_s8_##isa##_packed_scratch(const void *params, size_t windows);
#include "tensor/tiles.def"
extern const struct ewi_packing ewi_fc_s8_avx2_packing, ewi_add_s8_avx2_packing;
size_t ewi_fc_s8_avx2_packed_scratch(const void *params, size_t windows);
size_t ewi_fc_s8_sse41_scratch(const void *params, size_t windows);
size_t ewi_fc_s8_avx2_scratch(const void *params, size_t windows);
size_t ewi_fc_s8_neon_scratch(const void *params, size_t windows);
size_t ewi_fc_s8_dotprod_scratch(const void *params, size_t windows);

#endif
