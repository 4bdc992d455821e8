/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_ops.c - operators that the data folder has no case of, and clones without it: one operator a row, with its
 * inputs, options and what must come out; and what must be refused, with the reason.  Values are worked out by hand.
 */
#include <math.h>
#include "../aid/aid.h"
#include "tfl.h"

#define VALUES 32

/* A tensor of a row: activations have values, constants data. */
struct side {
	struct tfl_tensor t;
	double values[VALUES];
};

struct row {
	const char *name;
	struct tfl_op op; /* inputs are 0 and on, outputs behind them */
	struct side in[4], out[3];
	const char *refused; /* part of the reason; NULL: it runs */
};

#define I8(s, z, ...) {.type = EW_TENSOR_I8, .scale_count = 1, .scale = s, .zero = z, TFL_DIMS(__VA_ARGS__)}
#define I16(s, ...) {.type = EW_TENSOR_I16, .scale_count = 1, .scale = s, TFL_DIMS(__VA_ARGS__)}
#define OF(kind, ...) {.type = EW_TENSOR_##kind, TFL_DIMS(__VA_ARGS__)}
#define CONST(kind, bytes, ...) {.type = EW_TENSOR_##kind, .data = bytes, .data_bytes = sizeof(bytes), TFL_DIMS(__VA_ARGS__)}
#define SCALAR(kind, bytes) {.type = EW_TENSOR_##kind, .data = bytes, .data_bytes = sizeof(bytes)}
#define WORDS(...) .words = {__VA_ARGS__}, .widths = {4, 4, 4, 4, 4}

static const uint8_t zero4[4] = {0}, one4[4] = {1}, two4[4] = {2}, minus1[4] = {255, 255, 255, 255};
static const uint8_t pair12[8] = {1, 0, 0, 0, 2, 0, 0, 0}, pair10[8] = {1, 0, 0, 0, 0, 0, 0, 0};
static const uint8_t pair11[8] = {1, 0, 0, 0, 1, 0, 0, 0};
static const uint8_t pair22[8] = {2, 0, 0, 0, 2, 0, 0, 0}, pair00[8] = {0}, pair33[8] = {3, 0, 0, 0, 3, 0, 0, 0};
static const uint8_t pads[16] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0};
static const uint8_t indices[12] = {1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 9, 0, 0, 0};
static const uint8_t halves[8] = {0, 0, 0, 0x3f, 0, 0, 0x80, 0xbf}; /* 0.5, -1 */

static const uint8_t words[12] = {1, 0, 0xff, 0xff, 3, 2, 0xfe, 0xff, 0, 1, 5, 0}; /* 1 -1 515 | -2 256 5 */

static const struct row rows[] = {
	/* Element by element. */
	{"DIV int8", {.code = 42, .in_count = 2, .options = OPTIONS_DIV},
	 {{I8(0.5f, 0, 1, 4), {10, -10, 100, 7}}, {I8(1.0f, 0, 1, 4), {5, 5, -2, 0}}},
	 {{I8(0.25f, 0, 1, 4), {4, -4, -100, 0}}}, NULL},
	{"DIV int32", {.code = 42, .in_count = 2, .options = OPTIONS_DIV},
	 {{OF(I32, 4), {7, -7, 5, -2147483648.0}}, {OF(I32, 4), {2, 2, 0, -1}}}, {{OF(I32, 4), {3, -3, 0, -2147483648.0}}}, NULL},
	{"DIV float, one row for two", {.code = 42, .in_count = 2, .options = OPTIONS_DIV},
	 {{OF(F32, 2, 2), {1, 2, 3, 4}}, {OF(F32, 2), {2, 4}}}, {{OF(F32, 2, 2), {0.5, 0.5, 1.5, 1}}}, NULL},
	{"ADD float with RELU6", {.code = 0, .in_count = 2, .options = OPTIONS_ADD, .option = {ACT_RELU6}},
	 {{OF(F32, 3), {1, -4, 5}}, {OF(F32, 3), {1, 1, 5}}}, {{OF(F32, 3), {2, 0, 6}}}, NULL},
	{"ADD with a constant of floats", {.code = 0, .in_count = 2, .options = OPTIONS_ADD},
	 {{OF(F32, 2, 2), {1, 2, 3, 4}}, {CONST(F32, halves, 2), {0}}}, {{OF(F32, 2, 2), {1.5, 1, 3.5, 3}}}, NULL},
	{"MUL int32 wraps", {.code = 18, .in_count = 2, .options = OPTIONS_MUL},
	 {{OF(I32, 2), {65536, -3}}, {OF(I32, 2), {65536, 7}}}, {{OF(I32, 2), {0, -21}}}, NULL},
	{"SUB int32 with RELU_N1_TO_1", {.code = 41, .in_count = 2, .options = OPTIONS_SUB, .option = {ACT_RELU_N1_TO_1}},
	 {{OF(I32, 3), {5, 0, 1}}, {OF(I32, 3), {1, 7, 1}}}, {{OF(I32, 3), {1, -1, 0}}}, NULL},
	{"SQUARED_DIFFERENCE float", {.code = 99, .in_count = 2, .options = OPTIONS_SQUARED_DIFFERENCE},
	 {{OF(F32, 2), {3, -1}}, {OF(F32, 1), {1}}}, {{OF(F32, 2), {4, 4}}}, NULL},
	{"SQUARED_DIFFERENCE int32 wraps", {.code = 99, .in_count = 2, .options = OPTIONS_SQUARED_DIFFERENCE},
	 {{OF(I32, 2), {3, 65536}}, {OF(I32, 2), {-4, 0}}}, {{OF(I32, 2), {49, 0}}}, NULL},
	{"SUB float", {.code = 41, .in_count = 2, .options = OPTIONS_SUB},
	 {{OF(F32, 3), {5, 0, 1}}, {OF(F32, 3), {1.5, 7, -1}}}, {{OF(F32, 3), {3.5, -7, 2}}}, NULL},
	{"MAXIMUM float", {.code = 55, .in_count = 2, .options = OPTIONS_MAX_MIN},
	 {{OF(F32, 2), {-5, 9}}, {OF(F32, 1), {4}}}, {{OF(F32, 2), {4, 9}}}, NULL},
	{"PRELU float", {.code = 54, .in_count = 2},
	 {{OF(F32, 1, 1, 2, 2), {-5, 9, 4, -8}}, {CONST(F32, halves, 1, 1, 2), {0}}}, {{OF(F32, 1, 1, 2, 2), {-2.5, 9, 4, 8}}}, NULL},
	{"MINIMUM over three dimensions", {.code = 57, .in_count = 2, .options = OPTIONS_MAX_MIN},
	 {{OF(F32, 2, 1, 2), {1, 5, 3, 2}}, {OF(F32, 2, 1), {4, 2}}},
	 {{OF(F32, 2, 2, 2), {1, 4, 1, 2, 3, 2, 2, 2}}}, NULL},
	{"MAXIMUM int32", {.code = 55, .in_count = 2, .options = OPTIONS_MAX_MIN},
	 {{OF(I32, 2), {-5, 9}}, {OF(I32, 2), {4, 2}}}, {{OF(I32, 2), {4, 9}}}, NULL},
	{"ADD of shapes that do not fit", {.code = 0, .in_count = 2, .options = OPTIONS_ADD},
	 {{OF(F32, 3), {0}}, {OF(F32, 2), {0}}}, {{OF(F32, 3), {0}}}, "dimension 0: 3 and 2 make no 3"},
	{"ADD to an output that is too small", {.code = 0, .in_count = 2, .options = OPTIONS_ADD},
	 {{OF(F32, 4), {0}}, {OF(F32, 4), {0}}}, {{OF(F32, 3), {0}}}, "make no 3"},
	{"ADD without scales", {.code = 0, .in_count = 2, .options = OPTIONS_ADD},
	 {{OF(I8, 4), {0}}, {OF(I8, 4), {0}}}, {{OF(I8, 4), {0}}}, "has no scale"},
	{"ADD int8 and int16", {.code = 0, .in_count = 2, .options = OPTIONS_ADD},
	 {{I8(1, 0, 4), {0}}, {I16(1, 4), {0}}}, {{I8(1, 0, 4), {0}}}, "types INT8, INT16 to INT8"},
	{"ADD to a scale that is far too small", {.code = 0, .in_count = 2, .options = OPTIONS_ADD},
	 {{I8(1, 0, 4), {0}}, {I8(1, 0, 4), {0}}}, {{I8(1e-7f, 0, 4), {0}}}, "too large for its output's"},
	{"DIV int16", {.code = 42, .in_count = 2, .options = OPTIONS_DIV},
	 {{I16(1, 4), {0}}, {I16(1, 4), {0}}}, {{I16(1, 4), {0}}}, "types INT16, INT16 to INT16"},
	/* One element. */
	{"RELU_N1_TO_1 int8", {.code = 20, .in_count = 1}, {{I8(0.25f, 0, 5), {-8, -4, 1, 4, 100}}},
	 {{I8(0.5f, 3, 5), {1, 1, 4, 5, 5}}}, NULL},
	{"RELU_N1_TO_1 float", {.code = 20, .in_count = 1}, {{OF(F32, 3), {-2, 0.5, 2}}}, {{OF(F32, 3), {-1, 0.5, 1}}}, NULL},
	{"RELU float", {.code = 19, .in_count = 1}, {{OF(F32, 3), {-2, 0.5, 2}}}, {{OF(F32, 3), {0, 0.5, 2}}}, NULL},
	{"LEAKY_RELU float", {.code = 98, .in_count = 1, .options = OPTIONS_LEAKY_RELU, WORDS(0x3e800000)},
	 {{OF(F32, 3), {-2, 0.5, 2}}}, {{OF(F32, 3), {-0.5, 0.5, 2}}}, NULL},
	{"RELU6 float", {.code = 21, .in_count = 1}, {{OF(F32, 3), {-2, 0.5, 7}}}, {{OF(F32, 3), {0, 0.5, 6}}}, NULL},
	{"HARD_SWISH float", {.code = 117, .in_count = 1}, {{OF(F32, 4), {-4, -1.5, 0, 4}}},
	 {{OF(F32, 4), {0, -0.375, 0, 4}}}, NULL},
	{"HARD_SWISH int16", {.code = 117, .in_count = 1}, {{I16(1, 4), {0}}}, {{I16(1, 4), {0}}}, "types INT16 to INT16"},
	{"LOGISTIC to another zero point", {.code = 14, .in_count = 1}, {{I8(1, 0, 4), {0}}}, {{I8(1.0f / 256, 0, 4), {0}}},
	 "zero point is not -128"},
	{"TANH int16 to another scale", {.code = 28, .in_count = 1}, {{I16(0.001f, 4), {0}}}, {{I16(0.001f, 4), {0}}},
	 "not 2^-15"},
	{"SOFTMAX with beta 0", {.code = 25, .in_count = 1}, {{I8(1, 0, 1, 4), {0}}}, {{I8(1.0f / 256, -128, 1, 4), {0}}},
	 "too small"},
	{"SOFTMAX to another scale", {.code = 25, .in_count = 1, .options = OPTIONS_SOFTMAX, WORDS(0x3f800000)},
	 {{I8(1, 0, 1, 4), {0}}}, {{I8(1.0f / 128, -128, 1, 4), {0}}}, "from 0 to 1 in its whole range"},
	{"SOFTMAX of equals", {.code = 25, .in_count = 1, .options = OPTIONS_SOFTMAX, WORDS(0x3f800000)},
	 {{I8(1, 0, 2, 2), {5, 5, 127, -128}}}, {{I8(1.0f / 256, -128, 2, 2), {0, 0, 127, -128}}}, NULL},
	/* Moving. */
	{"PACK along the last", {.code = 83, .in_count = 2, .options = OPTIONS_PACK, WORDS(2, 0xffffffff)},
	 {{OF(I32, 3), {1, 2, 3}}, {OF(I32, 3), {4, 5, 6}}}, {{OF(I32, 3, 2), {1, 4, 2, 5, 3, 6}}}, NULL},
	{"PACK of two to three", {.code = 83, .in_count = 2, .options = OPTIONS_PACK, WORDS(2, 0)},
	 {{OF(I32, 3), {0}}, {OF(I32, 3), {0}}}, {{OF(I32, 3, 3), {0}}}, "2 inputs to 3"},
	{"UNPACK along the first", {.code = 88, .in_count = 1, .out_count = 2, .options = OPTIONS_UNPACK, WORDS(2, 0)},
	 {{I8(1, 0, 2, 3), {1, 2, 3, 4, 5, 6}}}, {{I8(1, 0, 3), {1, 2, 3}}, {I8(1, 0, 3), {4, 5, 6}}}, NULL},
	{"UNPACK into too many", {.code = 88, .in_count = 1, .out_count = 3, .options = OPTIONS_UNPACK, WORDS(3, 0)},
	 {{I8(1, 0, 2, 3), {0}}}, {{I8(1, 0, 3), {0}}, {I8(1, 0, 3), {0}}, {I8(1, 0, 3), {0}}}, "2 to 3 outputs"},
	{"SPLIT_V", {.code = 102, .in_count = 3, .out_count = 2, .options = OPTIONS_SPLIT_V, WORDS(2)},
	 {{OF(F32, 2, 3), {1, 2, 3, 4, 5, 6}}, {CONST(I32, pair12, 2), {0}}, {SCALAR(I32, minus1), {0}}},
	 {{OF(F32, 2, 1), {1, 4}}, {OF(F32, 2, 2), {2, 3, 5, 6}}}, NULL},
	{"SPLIT into parts that are too small", {.code = 49, .in_count = 2, .out_count = 2, .options = OPTIONS_SPLIT, WORDS(2)},
	 {{SCALAR(I32, one4), {0}}, {OF(F32, 2, 4), {0}}}, {{OF(F32, 2, 1), {0}}, {OF(F32, 2, 1), {0}}}, "parts of 8 bytes in all"},
	{"SPLIT along axis 2 of 2", {.code = 49, .in_count = 2, .out_count = 2, .options = OPTIONS_SPLIT, WORDS(2)},
	 {{SCALAR(I32, two4), {0}}, {OF(F32, 2, 4), {0}}}, {{OF(F32, 2, 2), {0}}, {OF(F32, 2, 2), {0}}}, "axis 2 of 2"},
	{"CONCATENATION of other scales", {.code = 2, .in_count = 2, .options = OPTIONS_CONCATENATION, WORDS(0)},
	 {{I8(1, 0, 2), {0}}, {I8(2, 0, 2), {0}}}, {{I8(1, 0, 4), {0}}}, "another scale"},
	{"CONCATENATION of other shapes", {.code = 2, .in_count = 2, .options = OPTIONS_CONCATENATION, WORDS(0)},
	 {{I8(1, 0, 2, 2), {0}}, {I8(1, 0, 2, 3), {0}}}, {{I8(1, 0, 4, 2), {0}}}, "another shape"},
	{"CONCATENATION that does not fill", {.code = 2, .in_count = 2, .options = OPTIONS_CONCATENATION, WORDS(0)},
	 {{I8(1, 0, 2), {0}}, {I8(1, 0, 2), {0}}}, {{I8(1, 0, 5), {0}}}, "parts of 4 bytes in all, not 5"},
	{"SPACE_TO_DEPTH", {.code = 26, .in_count = 1, .options = OPTIONS_SPACE_TO_DEPTH, WORDS(2)},
	 {{I8(1, 0, 1, 2, 4, 1), {1, 2, 3, 4, 5, 6, 7, 8}}}, {{I8(1, 0, 1, 1, 2, 4), {1, 2, 5, 6, 3, 4, 7, 8}}}, NULL},
	{"DEPTH_TO_SPACE", {.code = 5, .in_count = 1, .options = OPTIONS_DEPTH_TO_SPACE, WORDS(2)},
	 {{OF(F32, 1, 1, 2, 4), {1, 2, 5, 6, 3, 4, 7, 8}}}, {{OF(F32, 1, 2, 4, 1), {1, 2, 3, 4, 5, 6, 7, 8}}}, NULL},
	{"SPACE_TO_DEPTH of 3 by 2s", {.code = 26, .in_count = 1, .options = OPTIONS_SPACE_TO_DEPTH, WORDS(2)},
	 {{I8(1, 0, 1, 3, 4, 1), {0}}}, {{I8(1, 0, 1, 1, 2, 4), {0}}}, "2 by 2 blocks"},
	{"SQUEEZE", {.code = 43, .in_count = 1, .options = OPTIONS_SQUEEZE, .shape_count = 1, .shape = {-1}},
	 {{OF(F32, 1, 3, 1), {1, 2, 3}}}, {{OF(F32, 1, 3), {1, 2, 3}}}, NULL},
	{"SQUEEZE of 3", {.code = 43, .in_count = 1, .options = OPTIONS_SQUEEZE, .shape_count = 1, .shape = {1}},
	 {{OF(F32, 1, 3, 1), {0}}}, {{OF(F32, 1, 3), {0}}}, "dimension 1 is 3"},
	{"EXPAND_DIMS in the wrong place", {.code = 70, .in_count = 2, .options = OPTIONS_EXPAND_DIMS},
	 {{OF(F32, 2, 3), {0}}, {SCALAR(I32, one4), {0}}}, {{OF(F32, 1, 2, 3), {0}}}, "dimension 0 is to be 2"},
	{"PAD floats", {.code = 34, .in_count = 2, .options = OPTIONS_PAD},
	 {{OF(F32, 1, 2), {5, 6}}, {CONST(I32, pads, 2, 2), {0}}}, {{OF(F32, 2, 4), {0, 0, 0, 0, 5, 6, 0, 0}}}, NULL},
	{"PAD to another shape", {.code = 34, .in_count = 2, .options = OPTIONS_PAD},
	 {{OF(F32, 1, 2), {0}}, {CONST(I32, pads, 2, 2), {0}}}, {{OF(F32, 2, 5), {0}}}, "with margins is no 5"},
	{"PADV2 by a computed float", {.code = 60, .in_count = 3, .options = OPTIONS_PADV2},
	 {{OF(F32, 1, 2), {5, 6}}, {CONST(I32, pads, 2, 2), {0}}, {OF(F32, 1), {-0.5}}},
	 {{OF(F32, 2, 4), {-0.5, -0.5, -0.5, -0.5, 5, 6, -0.5, -0.5}}}, NULL},
	{"PADV2 by a computed int8", {.code = 60, .in_count = 3, .options = OPTIONS_PADV2},
	 {{I8(1, 3, 1, 2), {5, 6}}, {CONST(I32, pads, 2, 2), {0}}, {I8(1, 3, 1, 1), {-128}}},
	 {{I8(1, 3, 2, 4), {-128, -128, -128, -128, 5, 6, -128, -128}}}, NULL},
	{"PADV2 by a computed int16", {.code = 60, .in_count = 3, .options = OPTIONS_PADV2},
	 {{I16(1, 1, 2), {5, 6}}, {CONST(I32, pads, 2, 2), {0}}, {I16(1, 1), {-300}}},
	 {{I16(1, 2, 4), {-300, -300, -300, -300, 5, 6, -300, -300}}}, NULL},
	{"PADV2 by a computed int32", {.code = 60, .in_count = 3, .options = OPTIONS_PADV2},
	 {{OF(I32, 1, 2), {5, 6}}, {CONST(I32, pads, 2, 2), {0}}, {OF(I32, 1), {65537}}},
	 {{OF(I32, 2, 4), {65537, 65537, 65537, 65537, 5, 6, 65537, 65537}}}, NULL},
	{"PADV2 of one by itself", {.code = 60, .in_count = 3, .in = {0, 1, 0}, .options = OPTIONS_PADV2},
	 {{OF(F32, 1, 1), {7}}, {CONST(I32, pads, 2, 2), {0}}}, {{OF(F32, 2, 3), {7, 7, 7, 7, 7, 7}}}, NULL},
	{"PADV2 by a constant", {.code = 60, .in_count = 3, .options = OPTIONS_PADV2},
	 {{OF(I32, 1, 2), {5, 6}}, {CONST(I32, pads, 2, 2), {0}}, {SCALAR(I32, two4), {0}}},
	 {{OF(I32, 2, 4), {2, 2, 2, 2, 5, 6, 2, 2}}}, NULL},
	{"PADV2 by a computed value of another zero point", {.code = 60, .in_count = 3, .options = OPTIONS_PADV2},
	 {{I8(1, 3, 1, 2), {0}}, {CONST(I32, pads, 2, 2), {0}}, {I8(1, 4, 1), {0}}}, {{I8(1, 3, 2, 4), {0}}}, "another scale or zero point"},
	{"PADV2 by a computed value of another scale", {.code = 60, .in_count = 3, .options = OPTIONS_PADV2},
	 {{I8(1, 3, 1, 2), {0}}, {CONST(I32, pads, 2, 2), {0}}, {I8(2, 3, 1), {0}}}, {{I8(1, 3, 2, 4), {0}}}, "another scale or zero point"},
	{"PADV2 by two computed values", {.code = 60, .in_count = 3, .options = OPTIONS_PADV2},
	 {{OF(F32, 1, 2), {0}}, {CONST(I32, pads, 2, 2), {0}}, {OF(F32, 2), {0}}}, {{OF(F32, 2, 4), {0}}}, "types FLOAT32"},
	{"PADV2 by a computed value of another type", {.code = 60, .in_count = 3, .options = OPTIONS_PADV2},
	 {{OF(F32, 1, 2), {0}}, {CONST(I32, pads, 2, 2), {0}}, {OF(I32, 1), {0}}}, {{OF(F32, 2, 4), {0}}}, "types FLOAT32, INT32"},
	{"TRANSPOSE", {.code = 39, .in_count = 2, .options = OPTIONS_TRANSPOSE},
	 {{I16(1, 2, 3), {1, 2, 3, 4, 5, 6}}, {CONST(I32, pair10, 2), {0}}}, {{I16(1, 3, 2), {1, 4, 2, 5, 3, 6}}}, NULL},
	{"TRANSPOSE by no permutation", {.code = 39, .in_count = 2, .options = OPTIONS_TRANSPOSE},
	 {{I16(1, 2, 2), {0}}, {CONST(I32, pair00, 2), {0}}}, {{I16(1, 2, 2), {0}}}, "no permutation: 0"},
	{"SLICE", {.code = 65, .in_count = 3, .options = OPTIONS_SLICE},
	 {{OF(I32, 3, 3), {1, 2, 3, 4, 5, 6, 7, 8, 9}}, {CONST(I32, pair11, 2), {0}}, {CONST(I32, pair22, 2), {0}}},
	 {{OF(I32, 2, 2), {5, 6, 8, 9}}}, NULL},
	{"SLICE beyond the end", {.code = 65, .in_count = 3, .options = OPTIONS_SLICE},
	 {{OF(I32, 3, 3), {0}}, {CONST(I32, pair22, 2), {0}}, {CONST(I32, pair22, 2), {0}}}, {{OF(I32, 2, 2), {0}}},
	 "dimension 1: 2 from 2 of 3"},
	{"STRIDED_SLICE with a new axis and an ellipsis",
	 {.code = 45, .in_count = 4, .options = OPTIONS_STRIDED_SLICE, WORDS(0, 0, 2, 1, 0)},
	 {{OF(I32, 3), {1, 2, 3}}, {CONST(I32, pair00, 2), {0}}, {CONST(I32, pair00, 2), {0}}, {CONST(I32, pair11, 2), {0}}},
	 {{OF(I32, 1, 3), {1, 2, 3}}}, NULL},
	{"STRIDED_SLICE that drops a dimension",
	 {.code = 45, .in_count = 4, .options = OPTIONS_STRIDED_SLICE, WORDS(0, 0, 0, 0, 1)},
	 {{OF(I32, 2, 3), {1, 2, 3, 4, 5, 6}}, {CONST(I32, pair10, 2), {0}}, {CONST(I32, pair33, 2), {0}}, {CONST(I32, pair12, 2), {0}}},
	 {{OF(I32, 2), {4, 6}}}, NULL},
	{"STRIDED_SLICE by 0", {.code = 45, .in_count = 4, .options = OPTIONS_STRIDED_SLICE, WORDS(0)},
	 {{OF(I32, 2, 3), {0}}, {CONST(I32, pair10, 2), {0}}, {CONST(I32, pair33, 2), {0}}, {CONST(I32, pair10, 2), {0}}},
	 {{OF(I32, 1, 3), {0}}}, "stride 0"},
	{"STRIDED_SLICE of too many", {.code = 45, .in_count = 4, .options = OPTIONS_STRIDED_SLICE, WORDS(0)},
	 {{OF(I32, 3), {0}}, {CONST(I32, pair10, 2), {0}}, {CONST(I32, pair33, 2), {0}}, {CONST(I32, pair11, 2), {0}}},
	 {{OF(I32, 2), {0}}}, "2 entries for 1 dimensions"},
	/* Reducing, choosing. */
	{"SUM float over all", {.code = 74, .in_count = 2, .options = OPTIONS_REDUCER},
	 {{OF(F32, 2, 2), {1, 2, 3, 4}}, {CONST(I32, pair10, 2), {0}}}, {{OF(F32, 1), {10}}}, NULL},
	{"MEAN float of the first", {.code = 40, .in_count = 2, .options = OPTIONS_REDUCER},
	 {{OF(F32, 2, 2), {1, 2, 3, 4}}, {SCALAR(I32, zero4), {0}}}, {{OF(F32, 2), {2, 3}}}, NULL},
	{"MEAN of nothing", {.code = 40, .in_count = 2, .options = OPTIONS_REDUCER},
	 {{I8(1, 0, 0, 2), {0}}, {SCALAR(I32, zero4), {0}}}, {{I8(1, 5, 2), {0, 0}}}, NULL},
	{"REDUCE_MIN", {.code = 89, .in_count = 2, .options = OPTIONS_REDUCER},
	 {{I8(1, 0, 2, 2), {1, -2, 3, 4}}, {SCALAR(I32, minus1), {0}}}, {{I8(1, 0, 2), {-2, 3}}}, NULL},
	{"REDUCE_MIN float", {.code = 89, .in_count = 2, .options = OPTIONS_REDUCER},
	 {{OF(F32, 2, 2), {1, -2, 3, 4}}, {SCALAR(I32, one4), {0}}}, {{OF(F32, 2), {-2, 3}}}, NULL},
	{"REDUCE_MAX float", {.code = 82, .in_count = 2, .options = OPTIONS_REDUCER},
	 {{OF(F32, 2, 2), {1, -2, 3, 4}}, {SCALAR(I32, one4), {0}}}, {{OF(F32, 2, 1), {1, 4}}}, NULL},
	{"REDUCE_MAX to another scale", {.code = 82, .in_count = 2, .options = OPTIONS_REDUCER},
	 {{I8(1, 0, 2, 2), {0}}, {SCALAR(I32, one4), {0}}}, {{I8(2, 0, 2), {0}}}, "another scale"},
	{"SUM along axis 2 of 2", {.code = 74, .in_count = 2, .options = OPTIONS_REDUCER},
	 {{OF(F32, 2, 2), {0}}, {SCALAR(I32, two4), {0}}}, {{OF(F32, 2), {0}}}, "axis 2 of 2"},
	{"SUM along a computed axis", {.code = 74, .in_count = 2, .options = OPTIONS_REDUCER},
	 {{OF(F32, 2, 2), {0}}, {OF(I32, 1), {0}}}, {{OF(F32, 2), {0}}}, "an axis that is computed"},
	{"ARG_MAX float, the first of equals", {.code = 56, .in_count = 2, .options = OPTIONS_ARG_MAX},
	 {{OF(F32, 2, 3), {1, 7, 7, -1, -2, -3}}, {SCALAR(I32, one4), {0}}}, {{OF(I32, 2), {1, 0}}}, NULL},
	{"GATHER, indices out of range take the nearest", {.code = 36, .in_count = 2, .options = OPTIONS_GATHER, WORDS(0)},
	 {{OF(F32, 3), {10, 20, 30}}, {CONST(I32, indices, 3), {0}}}, {{OF(F32, 3), {20, 10, 30}}}, NULL},
	{"GATHER from constants of floats", {.code = 36, .in_count = 2, .options = OPTIONS_GATHER, WORDS(0)},
	 {{CONST(F32, halves, 2), {0}}, {OF(I32, 3), {1, 0, 1}}}, {{OF(F32, 3), {-1, 0.5, -1}}}, NULL},
	{"GATHER rows of constants of int16", {.code = 36, .in_count = 2, .options = OPTIONS_GATHER, WORDS(0)},
	 {{CONST(I16, words, 2, 3), {0}}, {OF(I32, 2), {1, 0}}}, {{OF(I16, 2, 3), {-2, 256, 5, 1, -1, 515}}}, NULL},
	{"RESIZE_NEAREST_NEIGHBOR float", {.code = 97, .in_count = 2, .options = OPTIONS_RESIZE_NEAREST},
	 {{OF(F32, 1, 1, 2, 1), {1, 2}}, {CONST(I32, pair22, 2), {0}}}, {{OF(F32, 1, 2, 2, 1), {1, 2, 1, 2}}}, NULL},
	{"RESIZE_BILINEAR float", {.code = 23, .in_count = 2, .options = OPTIONS_RESIZE_BILINEAR},
	 {{OF(F32, 1, 1, 1, 2), {1, 2}}, {CONST(I32, pair22, 2), {0}}}, {{OF(F32, 1, 2, 2, 2), {1, 2, 1, 2, 1, 2, 1, 2}}}, NULL},
	{"RESIZE_BILINEAR to another size", {.code = 23, .in_count = 2, .options = OPTIONS_RESIZE_BILINEAR},
	 {{OF(F32, 1, 1, 1, 2), {0}}, {CONST(I32, pair22, 2), {0}}}, {{OF(F32, 1, 3, 2, 2), {0}}}, "not 2 by 2"},
	{"CAST float to int8", {.code = 53, .in_count = 1, .options = OPTIONS_CAST},
	 {{OF(F32, 4), {1.9, -1.9, 300, 3e9}}}, {{OF(I8, 4), {1, -1, 44, 0}}}, NULL},
	{"CAST float to float", {.code = 53, .in_count = 1, .options = OPTIONS_CAST},
	 {{OF(F32, 2), {1.5, -2.5}}}, {{OF(F32, 2), {1.5, -2.5}}}, NULL},
	{"CAST float to uint32, by way of 64 bits", {.code = 53, .in_count = 1, .options = OPTIONS_CAST},
	 {{OF(F32, 4), {1.9, -1, 1e19, 2147483648.0}}}, {{OF(U32, 4), {1, -1, 0, -2147483648.0}}}, NULL},
	{"CAST int8 to float", {.code = 53, .in_count = 1, .options = OPTIONS_CAST},
	 {{OF(I8, 2), {-128, 5}}}, {{OF(F32, 2), {-128, 5}}}, NULL},
	{"CAST int16 to int32", {.code = 53, .in_count = 1, .options = OPTIONS_CAST},
	 {{OF(I16, 2), {-3, 500}}}, {{OF(I32, 2), {-3, 500}}}, NULL},
	{"CAST int32 to bool", {.code = 53, .in_count = 1, .options = OPTIONS_CAST}, {{OF(I32, 2), {0}}}, {{OF(BOOL, 2), {0}}},
	 "types INT32 to BOOL"},
	{"CAST bool to float", {.code = 53, .in_count = 1, .options = OPTIONS_CAST},
	 {{OF(BOOL, 3), {0, 1, 2}}}, {{OF(F32, 3), {0, 1, 1}}}, NULL},
	{"CAST uint32 to int16", {.code = 53, .in_count = 1, .options = OPTIONS_CAST},
	 {{OF(U32, 2), {65535, 5}}}, {{OF(I16, 2), {-1, 5}}}, NULL},
	{"CAST to uint8", {.code = 53, .in_count = 1, .options = OPTIONS_CAST}, {{OF(F32, 2), {0}}}, {{OF(U8, 2), {0}}},
	 "types FLOAT32 to UINT8"},
	{"BATCH_MATMUL float, both turned", {.code = 126, .in_count = 2, .options = OPTIONS_BATCH_MATMUL, .option = {1, 1}},
	 {{OF(F32, 2, 1), {1, 2}}, {OF(F32, 3, 2), {1, 2, 3, 4, 5, 6}}}, {{OF(F32, 1, 3), {5, 11, 17}}}, NULL},
	{"BATCH_MATMUL float by a constant", {.code = 126, .in_count = 2, .options = OPTIONS_BATCH_MATMUL},
	 {{OF(F32, 1, 2), {4, 3}}, {CONST(F32, halves, 2, 1), {0}}}, {{OF(F32, 1, 1), {-1}}}, NULL},
	{"BATCH_MATMUL of a constant of int16", {.code = 126, .in_count = 2, .options = OPTIONS_BATCH_MATMUL},
	 {{{.type = EW_TENSOR_I16, .scale_count = 1, .scale = 1, .data = words, .data_bytes = sizeof(words), TFL_DIMS(2, 3)}, {0}},
	  {I16(1, 3, 1), {2, 3, 1}}}, {{I16(1, 2, 1), {514, 769}}}, NULL},
	{"BATCH_MATMUL int16", {.code = 126, .in_count = 2, .options = OPTIONS_BATCH_MATMUL},
	 {{I16(1, 1, 2), {3, -4}}, {I16(1, 2, 1), {5, 6}}}, {{I16(1, 1, 1), {-9}}}, NULL},
	{"BATCH_MATMUL of depths that differ", {.code = 126, .in_count = 2, .options = OPTIONS_BATCH_MATMUL},
	 {{OF(F32, 2, 3), {0}}, {OF(F32, 2, 3), {0}}}, {{OF(F32, 2, 3), {0}}}, "is not its output"},
	/* State. */
	{"SVDF without state", {.code = 27, .in_count = 5, .in = {0, 1, 2, -1, 3}, .options = OPTIONS_SVDF, WORDS(1)},
	 {{OF(F32, 1, 2), {0}}, {CONST(F32, pads, 2, 2), {0}}, {CONST(F32, halves, 2, 1), {0}}, {OF(F32, 1, 2), {0}}},
	 {{OF(F32, 1, 2), {0}}}, "a memory that is no state"},
	{"ASSIGN_VARIABLE to no handle", {.code = 144, .in_count = 2, .out_count = -1, .options = OPTIONS_ASSIGN_VARIABLE},
	 {{OF(F32, 1), {0}}, {OF(F32, 1), {0}}}, {{OF(F32, 1), {0}}}, "types FLOAT32"},
	{"a custom operator without its option", {.code = 32, .in_count = 2, .custom = "SignalWindow"},
	 {{OF(I16, 8), {0}}, {CONST(I16, pair12, 4), {0}}}, {{OF(I16, 8), {0}}}, "no option shift"},
};

static void put(void *to, size_t i, uint8_t type, double v)
{
	switch (type) {
	case EW_TENSOR_F32: ((float *)to)[i] = (float)v; break;
	case EW_TENSOR_I8: ((int8_t *)to)[i] = (int8_t)v; break;
	case EW_TENSOR_BOOL: ((uint8_t *)to)[i] = (uint8_t)v; break;
	case EW_TENSOR_I16: ((int16_t *)to)[i] = (int16_t)v; break;
	case EW_TENSOR_U32: ((uint32_t *)to)[i] = (uint32_t)v; break;
	default: ((int32_t *)to)[i] = (int32_t)v; break;
	}
}

static double get(const void *from, size_t i, uint8_t type)
{
	switch (type) {
	case EW_TENSOR_F32: return ((const float *)from)[i];
	case EW_TENSOR_I8: return ((const int8_t *)from)[i];
	case EW_TENSOR_I16: return ((const int16_t *)from)[i];
	default: return ((const int32_t *)from)[i];
	}
}

/* The row as a model: its activations are the model's inputs. */
struct built {
	struct tfl_tensor tensors[8];
	struct tfl_op op;
	int32_t inputs[4], outputs[3];
	struct tfl model;
	int in_count, out_count;
};

static void build(const struct row *r, struct built *b)
{
	bool listed = false;

	memset(b, 0, sizeof(*b));
	b->op = r->op;
	for (int i = 0; i < r->op.in_count; i++)
		listed |= r->op.in[i] != 0;
	b->out_count = r->op.out_count < 0 ? 0 : r->op.out_count ? r->op.out_count : 1;
	for (; b->in_count < 4 && (r->in[b->in_count].t.rank || r->in[b->in_count].t.data); b->in_count++) {
		b->tensors[b->in_count] = r->in[b->in_count].t;
		if (!r->in[b->in_count].t.data)
			b->inputs[b->model.input_count++] = b->in_count;
	}
	for (int i = 0; !listed && i < r->op.in_count; i++)
		b->op.in[i] = i;
	for (int i = 0; i < b->out_count; i++) {
		b->tensors[b->in_count + i] = r->out[i].t;
		b->op.out[i] = b->outputs[i] = b->in_count + i;
	}
	b->model.tensors = b->tensors;
	b->model.tensor_count = (size_t)(b->in_count + b->out_count);
	b->model.ops = &b->op;
	b->model.op_count = 1;
	b->model.inputs = b->inputs;
	b->model.outputs = b->outputs;
	b->model.output_count = (size_t)b->out_count;
}

static void run_row(const struct row *r, const struct built *b, struct ew_model *m)
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_tensor_info info;
	struct ew_model_exec *x;

	assert_int_equal(ew_model_exec_create(&x, m, &alloc, NULL), EW_OK);
	for (uint32_t i = 0; i < b->model.input_count; i++) {
		struct ew_tensor_span in;

		check_status(r->name, ew_model_input_info(m, i, &info), EW_OK);
		check_status(r->name, ew_model_exec_input(x, i, &in), EW_OK);
		for (size_t k = 0; k < info.count; k++)
			put(in.data, k, (uint8_t)info.type, r->in[b->inputs[i]].values[k]);
	}
	check_status(r->name, ew_model_exec_run(x), EW_OK);
	for (uint32_t i = 0; i < b->model.output_count; i++) {
		struct ew_tensor_view out;

		check_status(r->name, ew_model_output_info(m, i, &info), EW_OK);
		check_status(r->name, ew_model_exec_output(x, i, &out), EW_OK);
		for (size_t k = 0; k < info.count; k++)
			if (get(out.data, k, (uint8_t)info.type) != r->out[i].values[k])
				fail_msg("%s: output %u, element %zu is %g, want %g", r->name, i, k,
					 get(out.data, k, (uint8_t)info.type), r->out[i].values[k]);
	}
	ew_model_exec_destroy(x);
}

static void every_row(void **state)
{
	struct ew_alloc alloc = ew_alloc_libc();

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *r = &rows[i];
		struct ew_error err;
		struct ew_model *m;
		struct built b;
		enum ew_status st;
		uint8_t *bytes;
		size_t size;

		build(r, &b);
		bytes = tfl_build(&b.model, &size);
		st = ew_model_load(&m, bytes, size, NULL, &alloc, &err);
		if (r->refused) {
			check_true(r->name, st == EW_ERR_INVALID || st == EW_ERR_UNSUPPORTED);
			check_has(r->name, err.text, r->refused);
			check_has(r->name, err.text, "operator 0 (");
		} else {
			if (st != EW_OK)
				fail_msg("%s: %s", r->name, err.text);
			run_row(r, &b, m);
		}
		ew_model_free(m);
		free(bytes);
	}
}

/* ---- variables --------------------------------------------------------------------------------------- */

static const uint8_t five[4] = {0, 0, 0xa0, 0x40}; /* 5.0f */
static const struct tfl_tensor count_tensors[] = {
	TFL_F32("x", 1),
	{.name = "handle", .type = EW_TENSOR_RESOURCE, .rank = 1, .dims = {1}},
	TFL_F32("old", 1),
	TFL_F32("new", 1),
	{.name = "again", .type = EW_TENSOR_RESOURCE, .rank = 1, .dims = {1}},
	TFL_F32("seen", 1),
};
static const struct tfl_op count_ops[] = {
	{.code = 129, .in_count = 0, .out_count = -1, .options = OPTIONS_CALL_ONCE, WORDS(1)},
	{.code = 142, .out = {1}, .options = OPTIONS_VAR_HANDLE, .variable = "sum"},
	{.code = 143, .in_count = 1, .in = {1}, .out = {2}, .options = OPTIONS_READ_VARIABLE},
	{.code = 0, .in_count = 2, .in = {0, 2}, .out = {3}, .options = OPTIONS_ADD},
	{.code = 144, .in_count = 2, .in = {1, 3}, .out_count = -1, .options = OPTIONS_ASSIGN_VARIABLE},
	{.code = 142, .out = {4}, .options = OPTIONS_VAR_HANDLE, .variable = "sum"},
	{.code = 143, .in_count = 1, .in = {4}, .out = {5}, .options = OPTIONS_READ_VARIABLE},
};
static const struct tfl_tensor once_tensors[] = {
	{.name = "handle", .type = EW_TENSOR_RESOURCE, .rank = 1, .dims = {1}},
	TFL_CONST("five", EW_TENSOR_F32, 0.0f, five, 1),
};
static const struct tfl_op once_ops[] = {
	{.code = 142, .out = {0}, .options = OPTIONS_VAR_HANDLE, .variable = "sum"},
	{.code = 144, .in_count = 2, .in = {0, 1}, .out_count = -1, .options = OPTIONS_ASSIGN_VARIABLE},
};
static const struct tfl once_part = {.tensors = once_tensors, .tensor_count = ROWS(once_tensors), .ops = once_ops,
				     .op_count = ROWS(once_ops)};
static const int32_t count_inputs[] = {0}, count_outputs[] = {5};
static const struct tfl count_model = {
	.tensors = count_tensors, .tensor_count = ROWS(count_tensors), .ops = count_ops, .op_count = ROWS(count_ops),
	.inputs = count_inputs, .input_count = 1, .outputs = count_outputs, .output_count = 1, .once = &once_part,
};

static float step(struct ew_model_exec *x, float v)
{
	struct ew_tensor_span in;
	struct ew_tensor_view out;
	float seen;

	assert_int_equal(ew_model_exec_input(x, 0, &in), EW_OK);
	memcpy(in.data, &v, sizeof(v));
	assert_int_equal(ew_model_exec_run(x), EW_OK);
	assert_int_equal(ew_model_exec_output(x, 0, &out), EW_OK);
	memcpy(&seen, out.data, sizeof(seen));
	return seen;
}

struct state_bytes {
	uint8_t bytes[16];
	size_t size;
};

static enum ew_status collect(void *user, const void *bytes, size_t size)
{
	struct state_bytes *s = user;

	if (size > sizeof(s->bytes) - s->size)
		return EW_ERR_TOOBIG;
	memcpy(s->bytes + s->size, bytes, size);
	s->size += size;
	return EW_OK;
}

static enum ew_status refuse(void *user, const void *bytes, size_t size)
{
	(void)user, (void)bytes, (void)size;
	return EW_ERR_IO;
}

/* The sum, and that the subgraph has run: little-endian. */
static void state_is(const char *row, const struct ew_model_exec *x, const char *want)
{
	struct state_bytes s = {.size = 0};

	check_status(row, ew_model_exec_state(x, collect, &s), EW_OK);
	check_int(row, s.size, 8);
	check_mem(row, s.bytes, want, 8);
	check_status(row, ew_model_exec_state(x, refuse, NULL), EW_ERR_IO);
}

/* A sum that begins at 5, which a subgraph assigns once; two handles of one name are one variable. */
static void variables(void **state)
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_model_config batch = {.struct_bytes = sizeof(batch), .max_batch = 2};
	struct ew_model_exec *x, *other;
	struct ew_operator_info info;
	struct ew_error err;
	struct ew_model *m;
	size_t size, persistent;
	uint8_t *bytes;

	(void)state;
	bytes = tfl_build(&count_model, &size);
	if (ew_model_load(&m, bytes, size, NULL, &alloc, &err) != EW_OK)
		fail_msg("%s", err.text);
	assert_int_equal(ew_model_tensor_count(m), ROWS(count_tensors));
	assert_int_equal(ew_model_operator_count(m), ROWS(count_ops));
	assert_int_equal(ew_model_operator(m, 0, &info), EW_OK);
	assert_string_equal(info.kernel, "once");
	ew_model_arena_size(m, &persistent, NULL);
	assert_true(persistent > 0);
	assert_int_equal(ew_model_exec_create(&x, m, &alloc, NULL), EW_OK);
	assert_int_equal(ew_model_exec_create(&other, m, &alloc, NULL), EW_OK);
	assert_true(ew_model_has_state(m));
	state_is("new", x, "\0\0\0\0\0\0\0\0");
	assert_true(step(x, 1) == 6 && step(x, 2) == 8 && step(other, 3) == 8 && step(x, 0.5f) == 8.5f);
	state_is("8", other, "\0\0\0\x41\2\0\0\0");
	state_is("8.5", x, "\0\0\x08\x41\2\0\0\0");
	ew_model_exec_reset(x); /* the subgraph runs again */
	state_is("reset", x, "\0\0\0\0\0\0\0\0");
	assert_true(step(x, 1) == 6 && step(other, 1) == 9);
	ew_model_exec_destroy(x);
	ew_model_exec_destroy(other);
	ew_model_free(m);
	assert_int_equal(ew_model_load(&m, bytes, size, &batch, &alloc, &err), EW_ERR_UNSUPPORTED);
	check_has("a batch", err.text, "state");
	free(bytes);
}

static void bad_variables(void **state)
{
	static const struct {
		const char *name;
		int op, what; /* which operator is changed, and how */
		enum ew_status want;
		const char *text;
	} spoilt[] = {
		{"subgraph 2 of 2", 0, 2, EW_ERR_INVALID, "subgraph 2 of 2"},
		{"itself", 0, 0, EW_ERR_INVALID, "subgraph 0 of 2"},
		{"another size", 2, 5, EW_ERR_INVALID, "bytes of a variable of"},
	};
	struct ew_alloc alloc = ew_alloc_libc();

	(void)state;
	for (size_t i = 0; i < ROWS(spoilt); i++) {
		struct tfl_op ops[ROWS(count_ops)];
		struct tfl_tensor tensors[ROWS(count_tensors)];
		struct tfl model = count_model;
		struct ew_error err;
		struct ew_model *m;
		uint8_t *bytes;
		size_t size;

		memcpy(ops, count_ops, sizeof(ops));
		memcpy(tensors, count_tensors, sizeof(tensors));
		if (spoilt[i].op == 0)
			ops[0].words[0] = (uint32_t)spoilt[i].what;
		else
			tensors[5].dims[0] = spoilt[i].what;
		model.ops = ops;
		model.tensors = tensors;
		bytes = tfl_build(&model, &size);
		check_status(spoilt[i].name, ew_model_load(&m, bytes, size, NULL, &alloc, &err), spoilt[i].want);
		check_has(spoilt[i].name, err.text, spoilt[i].text);
		free(bytes);
	}
}

/* ---- sets of operators --------------------------------------------------------------------------------- */

static void sets(void **state)
{
	static const struct ew_operator *const two[] = {&ew_operator_fully_connected, &ew_operator_add};
	const struct ew_operator_set set = {two, 2}, none = {NULL, 0};
	struct ew_model_config config = {.struct_bytes = sizeof(config), .operators = &set};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err;
	struct ew_model *m;
	struct built b;
	uint8_t *bytes;
	size_t size;

	(void)state;
	build(&rows[3], &b); /* ADD */
	bytes = tfl_build(&b.model, &size);
	assert_int_equal(ew_model_load(&m, bytes, size, &config, &alloc, &err), EW_OK);
	ew_model_free(m);
	config.operators = &none;
	assert_int_equal(ew_model_load(&m, bytes, size, &config, &alloc, &err), EW_ERR_UNSUPPORTED);
	check_has("an empty set", err.text, "operator 0 (");
	free(bytes);
	assert_true(ew_operators.count >= 65);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(variables),
		cmocka_unit_test(bad_variables),
		cmocka_unit_test(sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
