/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tflite.h - the numbers of the .tflite schema: field ids, enums, names of operators and types.
 * Source: TensorFlow Lite schema, version 3 (schema.fbs of tflite-micro 90b983c2).
 */
#ifndef EW_TENSOR_TFLITE_H
#define EW_TENSOR_TFLITE_H

#include <stdint.h>
#include "edgewasm/model.h"

#define EWI_TFL_IDENTIFIER "TFL3"
#define EWI_TFL_VERSION 3u

/* Fields, by table, in the schema's order. */
enum { MODEL_VERSION, MODEL_CODES, MODEL_SUBGRAPHS, MODEL_DESCRIPTION, MODEL_BUFFERS,
       MODEL_METADATA_BUFFER, MODEL_METADATA, MODEL_SIGNATURES };
enum { CODE_DEPRECATED, CODE_CUSTOM, CODE_VERSION, CODE_BUILTIN };
enum { SUBGRAPH_TENSORS, SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS, SUBGRAPH_OPERATORS, SUBGRAPH_NAME };
enum { TENSOR_SHAPE, TENSOR_TYPE, TENSOR_BUFFER, TENSOR_NAME, TENSOR_QUANT, TENSOR_VARIABLE,
       TENSOR_SPARSITY, TENSOR_SIGNATURE, TENSOR_HAS_RANK, TENSOR_VARIANTS, TENSOR_EXTERNAL };
enum { QUANT_MIN, QUANT_MAX, QUANT_SCALE, QUANT_ZERO, QUANT_DETAILS_TYPE, QUANT_DETAILS,
       QUANT_DIMENSION };
enum { BUFFER_DATA, BUFFER_OFFSET, BUFFER_SIZE };
enum { OPERATOR_CODE, OPERATOR_INPUTS, OPERATOR_OUTPUTS, OPERATOR_OPTIONS_TYPE, OPERATOR_OPTIONS };
enum { METADATA_NAME, METADATA_BUFFER };
enum { MAP_NAME, MAP_TENSOR };
enum { SIGNATURE_INPUTS, SIGNATURE_OUTPUTS, SIGNATURE_KEY, SIGNATURE_TAG, SIGNATURE_SUBGRAPH };
enum { FC_ACTIVATION, FC_WEIGHTS_FORMAT, FC_KEEP_DIMS, FC_ASYMMETRIC, FC_BIAS_TYPE };
enum { RESHAPE_SHAPE };
enum { CONV_PADDING, CONV_STRIDE_W, CONV_STRIDE_H, CONV_ACTIVATION, CONV_DILATION_W, CONV_DILATION_H,
       CONV_BIAS_TYPE };
enum { DWCONV_PADDING, DWCONV_STRIDE_W, DWCONV_STRIDE_H, DWCONV_MULTIPLIER, DWCONV_ACTIVATION,
       DWCONV_DILATION_W, DWCONV_DILATION_H };
enum { TCONV_PADDING, TCONV_STRIDE_W, TCONV_STRIDE_H, TCONV_ACTIVATION, TCONV_BIAS_TYPE };
enum { POOL_PADDING, POOL_STRIDE_W, POOL_STRIDE_H, POOL_WIDTH, POOL_HEIGHT, POOL_ACTIVATION };

/* Members of the union BuiltinOptions; 0 is none. */
enum { OPTIONS_CONV = 1, OPTIONS_DWCONV = 2, OPTIONS_POOL = 5, OPTIONS_FC = 8, OPTIONS_RESHAPE = 17, OPTIONS_DEQUANTIZE = 38,
       OPTIONS_TCONV = 49, OPTIONS_QUANTIZE = 89 };

/* The newer field holds every code; the older one, a signed byte, those below 127. */
#define EWI_TFL_CODE_PLACEHOLDER 127u
#define EWI_TFL_CODE_CUSTOM 32u

enum { PADDING_SAME, PADDING_VALID };
enum { ACT_NONE, ACT_RELU, ACT_RELU_N1_TO_1, ACT_RELU6, ACT_TANH, ACT_SIGN_BIT };

/* "CONV_2D"; "operator" when the number is unknown (or the names are left out: EW_CONFIG_SMALL). */
const char *ewi_op_name(uint32_t code);

/* Bits of one element; 0 for types without a fixed size and numbers that are no type. */
unsigned ewi_type_bits(unsigned type);
/* A number of the schema. */
bool ewi_type_known(unsigned type);

#endif
