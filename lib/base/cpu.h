/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* cpu.h - which vector units this machine has. */
#ifndef EW_BASE_CPU_H
#define EW_BASE_CPU_H

#include <stdint.h>

/* Ordered oldest first: a mask that clears the newest bits steps a machine down. */
enum {
	EW_CPU_SSE41 = 1u << 0,
	EW_CPU_SSE42 = 1u << 1,
	EW_CPU_AVX2 = 1u << 2,
	EW_CPU_AVXVNNI = 1u << 3,
	EW_CPU_AVX512 = 1u << 4, /* F, BW, DQ and VL */
	EW_CPU_AVX512VNNI = 1u << 5,
	EW_CPU_PCLMUL = 1u << 6,
	EW_CPU_NEON = 1u << 8, /* of 64 or 32 bits */
	EW_CPU_DOTPROD = 1u << 9,
	EW_CPU_I8MM = 1u << 10,
	EW_CPU_CRC32 = 1u << 11 /* Arm's CRC extension */
};

/* The features of the running machine.  Reads CPUID or the auxiliary vector each time: keep the result. */
uint32_t ewi_cpu_features(void);

#endif
