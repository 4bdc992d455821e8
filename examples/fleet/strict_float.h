/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * strict_float.h - include first where floats must come out the same, bit for
 * bit, from every compiler and CPU, as they do in WebAssembly.  Compilers keep
 * to IEEE-754 in the order written, with two exceptions, refused and switched
 * off here: x87 evaluates in 80 bits, and multiply-add may be fused.
 */
#ifndef FLEET_STRICT_FLOAT_H
#define FLEET_STRICT_FLOAT_H

#include <float.h>

#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0
#error "floats must be evaluated as floats (on 32-bit x86: -msse2 -mfpmath=sse)"
#endif
#if defined(__FAST_MATH__)
#error "-ffast-math changes results"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

#endif
