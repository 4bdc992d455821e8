/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * small.h - three small models that several tests use.
 *
 * small_dense: float in, QUANTIZE, FULLY_CONNECTED 4 -> 6 with RELU, FULLY_CONNECTED 6 -> 3 by channel and
 * without bias, RESHAPE, DEQUANTIZE.  small_int16: FULLY_CONNECTED of int16 with a 64-bit bias, QUANTIZE to
 * int8, FULLY_CONNECTED with int4 weights.  small_conv: CONV_2D with padding, by channel and with RELU,
 * DEPTHWISE_CONV_2D with two steps between taps, AVERAGE_POOL_2D; every axis and count differs from its neighbours.
 */
#ifndef TESTS_SMALL_H
#define TESTS_SMALL_H

#include "../aid/aid.h"
#include "tfl.h"

static const int8_t small_w0[24] = {12, -7, 33, 5, -128, 127, 0, 1, 9, 9, -9, 44, 3, -61, 17, 80,
				    -2, 5, 101, -90, 64, 32, -16, 8};
static const uint8_t small_b0[24] = {0x10, 0, 0, 0, 0xf0, 0xff, 0xff, 0xff, 0x00, 1, 0, 0,
				     0x80, 0xfe, 0xff, 0xff, 7, 0, 0, 0, 0xc8, 0, 0, 0};
static const int8_t small_w1[18] = {1, -2, 3, -4, 5, -6, 127, 0, -127, 50, 25, -12, 7, 7, 7, -7, -7, -7};
static const float small_scales1[3] = {0.01f, 0.02f, 0.005f};
static const int64_t small_zeros1[3] = {0, 0, 0};
static const uint8_t small_shape[8] = {3, 0, 0, 0, 1, 0, 0, 0};

static const struct tfl_tensor small_dense_tensors[] = {
	TFL_F32("x", 1, 4),
	TFL_I8("x_q", 0.05f, -3, 1, 4),
	TFL_CONST("w0", EW_TENSOR_I8, 0.02f, small_w0, 6, 4),
	TFL_CONST("b0", EW_TENSOR_I32, 0.001f, small_b0, 6),
	TFL_I8("h", 0.03f, -128, 1, 6),
	{.name = "w1", .type = EW_TENSOR_I8, TFL_DIMS(3, 6), .scale_count = 3, .scales = small_scales1,
	 .zero_count = 3, .zeros = small_zeros1, .data = small_w1, .data_bytes = sizeof(small_w1)},
	TFL_I8("y", 0.1f, 4, 1, 3),
	TFL_CONST("shape", EW_TENSOR_I32, 0.0f, small_shape, 2),
	TFL_I8("y_r", 0.1f, 4, 3, 1),
	TFL_F32("y_f", 3, 1),
};
static const struct tfl_op small_dense_ops[] = {
	{.code = 114, .in_count = 1, .in = {0}, .out = {1}},
	{.code = 9, .version = 4, .in_count = 3, .in = {1, 2, 3}, .out = {4}, .options = OPTIONS_FC,
	 .option = {ACT_RELU}},
	{.code = 9, .version = 4, .in_count = 3, .in = {4, 5, -1}, .out = {6}, .options = OPTIONS_FC},
	{.code = 22, .in_count = 2, .in = {6, 7}, .out = {8}, .options = OPTIONS_RESHAPE,
	 .shape_count = 2, .shape = {3, 1}},
	{.code = 6, .version = 2, .in_count = 1, .in = {8}, .out = {9}},
};
static const int32_t small_dense_inputs[] = {0}, small_dense_outputs[] = {9};

static const int8_t small_w2[10] = {5, -6, 70, -80, 9, -1, 2, 100, -100, 4};
static const uint8_t small_b2[16] = {0x10, 0x27, 0, 0, 0, 0, 0, 0, 0xf0, 0xd8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t small_w3[3] = {0x7e, 0x93, 0x0f}; /* -2 7 3 | -7 -1 0: [3][2] */
static const uint8_t small_b3[12] = {9, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 1, 1, 0, 0};

static const struct tfl_tensor small_int16_tensors[] = {
	TFL_I16("x", 0.0002f, 0, 2, 5),
	TFL_CONST("w2", EW_TENSOR_I8, 0.01f, small_w2, 2, 5),
	TFL_CONST("b2", EW_TENSOR_I64, 0.000002f, small_b2, 2),
	TFL_I16("h", 0.0004f, 0, 2, 2),
	TFL_I8("h8", 0.1f, 7, 2, 2),
	TFL_CONST("w3", EW_TENSOR_I4, 0.2f, small_w3, 3, 2),
	TFL_CONST("b3", EW_TENSOR_I32, 0.02f, small_b3, 3),
	TFL_I8("y", 0.25f, -5, 2, 3),
};
static const struct tfl_op small_int16_ops[] = {
	{.code = 9, .version = 4, .in_count = 3, .in = {0, 1, 2}, .out = {3}, .options = OPTIONS_FC},
	{.code = 114, .version = 2, .in_count = 1, .in = {3}, .out = {4}},
	{.code = 9, .version = 9, .in_count = 3, .in = {4, 5, 6}, .out = {7}, .options = OPTIONS_FC,
	 .option = {ACT_RELU_N1_TO_1}},
};
static const int32_t small_int16_inputs[] = {0}, small_int16_outputs[] = {7};

static const struct tfl small_dense = {
	.tensors = small_dense_tensors, .tensor_count = ROWS(small_dense_tensors),
	.ops = small_dense_ops, .op_count = ROWS(small_dense_ops),
	.inputs = small_dense_inputs, .input_count = 1,
	.outputs = small_dense_outputs, .output_count = 1,
	.description = "small dense", .metadata_name = "note", .metadata = "four to three",
	.signature_in = "features", .signature_out = "verdict",
};
static const struct tfl small_int16 = {
	.tensors = small_int16_tensors, .tensor_count = ROWS(small_int16_tensors),
	.ops = small_int16_ops, .op_count = ROWS(small_int16_ops),
	.inputs = small_int16_inputs, .input_count = 1,
	.outputs = small_int16_outputs, .output_count = 1,
};

static const int8_t small_w4[36] = {12, -7, 33, 5, -128, 127, 0, 1, 9, 9, -9, 44, 3, -61, 17, 80, -2, 5,
				    101, -90, 64, 32, -16, 8, 1, -2, 3, -4, 5, -6, 127, 0, -127, 50, 25, -12};
static const uint8_t small_b4[12] = {0x10, 1, 0, 0, 0xf0, 0xfe, 0xff, 0xff, 7, 0, 0, 0};
static const float small_scales4[3] = {0.01f, 0.02f, 0.005f};
static const int8_t small_w5[12] = {5, -6, 70, -80, 9, -1, 2, 100, -100, 4, 31, -17};

static const struct tfl_tensor small_conv_tensors[] = {
	TFL_I8("x", 0.05f, -3, 1, 5, 4, 2),
	{.name = "w4", .type = EW_TENSOR_I8, TFL_DIMS(3, 3, 2, 2), .scale_count = 3, .scales = small_scales4,
	 .zero_count = 3, .zeros = small_zeros1, .data = small_w4, .data_bytes = sizeof(small_w4)},
	TFL_CONST("b4", EW_TENSOR_I32, 0.0f, small_b4, 3),
	TFL_I8("h", 0.03f, -128, 1, 5, 4, 3),
	TFL_CONST("w5", EW_TENSOR_I8, 0.02f, small_w5, 1, 2, 2, 3),
	TFL_I8("g", 0.05f, 4, 1, 3, 2, 3),
	TFL_I8("y", 0.05f, 4, 1, 2, 1, 3),
};
static const struct tfl_op small_conv_ops[] = {
	{.code = 3, .version = 3, .in_count = 3, .in = {0, 1, 2}, .out = {3}, .options = OPTIONS_CONV,
	 .widths = {1, 4, 4, 1, 4, 4}, .words = {PADDING_SAME, 1, 1, ACT_RELU, 1, 1}},
	{.code = 4, .version = 3, .in_count = 3, .in = {3, 4, -1}, .out = {5}, .options = OPTIONS_DWCONV,
	 .widths = {1, 4, 4, 4, 1, 4, 4}, .words = {PADDING_VALID, 1, 1, 1, ACT_NONE, 2, 2}},
	{.code = 1, .version = 2, .in_count = 1, .in = {5}, .out = {6}, .options = OPTIONS_POOL,
	 .widths = {1, 4, 4, 4, 4, 1}, .words = {PADDING_VALID, 1, 1, 2, 2, ACT_NONE}},
};
static const int32_t small_conv_inputs[] = {0}, small_conv_outputs[] = {6};
static const struct tfl small_conv = {
	.tensors = small_conv_tensors, .tensor_count = ROWS(small_conv_tensors),
	.ops = small_conv_ops, .op_count = ROWS(small_conv_ops),
	.inputs = small_conv_inputs, .input_count = 1,
	.outputs = small_conv_outputs, .output_count = 1,
};

static const struct {
	const char *name;
	const struct tfl *model;
} small_models[] = {{"dense", &small_dense}, {"int16", &small_int16}, {"conv", &small_conv}};

#endif
