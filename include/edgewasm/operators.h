/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * operators.h - which operators a program links.
 *
 * Models are read with the operators of a set.  Unless a load names another (struct ew_model_config), that is
 * `ew_operators`, which the library defines as all there are.  A program that counts bytes names its own:
 *
 *	static const struct ew_operator *const mine[] = {&ew_operator_fully_connected, &ew_operator_softmax};
 *	const struct ew_operator_set ew_operators = {mine, 2};
 *
 * Where such a definition is linked before a static library, the library's own is not taken from it, and with
 * sections that nothing refers to dropped (-ffunction-sections -fdata-sections, -Wl,--gc-sections) the code of
 * every other operator stays out.  A model that needs one which is not in the set is refused by its name.
 */
#ifndef EDGEWASM_OPERATORS_H
#define EDGEWASM_OPERATORS_H

#include <stdint.h>
#include "edgewasm/config.h"
#include "edgewasm/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ew_operator; /* how one operator is prepared and run */

struct ew_operator_set {
	const struct ew_operator *const *operators;
	uint32_t count;
};

EW_API extern const struct ew_operator_set ew_operators;

/* Every operator: ew_operator_<name> is the format's NAME, or the custom operator of that name. */
#define EW_OPERATORS(OPERATOR)                                                             \
	OPERATOR(add)                                                                      \
	OPERATOR(arg_max)                                                                  \
	OPERATOR(arg_min)                                                                  \
	OPERATOR(assign_variable)                                                          \
	OPERATOR(average_pool_2d)                                                          \
	OPERATOR(batch_matmul)                                                             \
	OPERATOR(call_once)                                                                \
	OPERATOR(cast)                                                                     \
	OPERATOR(concatenation)                                                            \
	OPERATOR(conv_2d)                                                                  \
	OPERATOR(depth_to_space)                                                           \
	OPERATOR(depthwise_conv_2d)                                                        \
	OPERATOR(dequantize)                                                               \
	OPERATOR(div)                                                                      \
	OPERATOR(expand_dims)                                                              \
	OPERATOR(fully_connected)                                                          \
	OPERATOR(gather)                                                                   \
	OPERATOR(hard_swish)                                                               \
	OPERATOR(leaky_relu)                                                               \
	OPERATOR(logistic)                                                                 \
	OPERATOR(max_pool_2d)                                                              \
	OPERATOR(maximum)                                                                  \
	OPERATOR(mean)                                                                     \
	OPERATOR(minimum)                                                                  \
	OPERATOR(mul)                                                                      \
	OPERATOR(pack)                                                                     \
	OPERATOR(pad)                                                                      \
	OPERATOR(padv2)                                                                    \
	OPERATOR(prelu)                                                                    \
	OPERATOR(quantize)                                                                 \
	OPERATOR(read_variable)                                                            \
	OPERATOR(reduce_max)                                                               \
	OPERATOR(reduce_min)                                                               \
	OPERATOR(relu)                                                                     \
	OPERATOR(relu6)                                                                    \
	OPERATOR(relu_n1_to_1)                                                             \
	OPERATOR(reshape)                                                                  \
	OPERATOR(resize_bilinear)                                                          \
	OPERATOR(resize_nearest_neighbor)                                                  \
	OPERATOR(signal_energy)                                                            \
	OPERATOR(signal_fft_auto_scale)                                                    \
	OPERATOR(signal_filter_bank)                                                       \
	OPERATOR(signal_filter_bank_log)                                                   \
	OPERATOR(signal_filter_bank_spectral_subtraction)                                  \
	OPERATOR(signal_filter_bank_square_root)                                           \
	OPERATOR(signal_pcan)                                                              \
	OPERATOR(signal_rfft)                                                              \
	OPERATOR(signal_window)                                                            \
	OPERATOR(slice)                                                                    \
	OPERATOR(softmax)                                                                  \
	OPERATOR(space_to_depth)                                                           \
	OPERATOR(split)                                                                    \
	OPERATOR(split_v)                                                                  \
	OPERATOR(squared_difference)                                                       \
	OPERATOR(squeeze)                                                                  \
	OPERATOR(strided_slice)                                                            \
	OPERATOR(sub)                                                                      \
	OPERATOR(sum)                                                                      \
	OPERATOR(svdf)                                                                     \
	OPERATOR(tanh)                                                                     \
	OPERATOR(transpose)                                                                \
	OPERATOR(transpose_conv)                                                           \
	OPERATOR(unidirectional_sequence_lstm)                                             \
	OPERATOR(unpack)                                                                   \
	OPERATOR(var_handle)

#define EW_OPERATOR_DECLARE(name) EW_API extern const struct ew_operator ew_operator_##name;
EW_OPERATORS(EW_OPERATOR_DECLARE)
#undef EW_OPERATOR_DECLARE

#ifdef __cplusplus
}
#endif
#endif
