/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * cpu_mask.c - lets test programs run as on an older machine: EW_CPU_MASK in the environment is a mask of the
 * EW_CPU_* bits of lib/base/cpu.h that may be seen.  Linked into every test with --wrap=ewi_cpu_features, so
 * the library itself reads no environment.
 */
#include <stdint.h>
#include <stdlib.h>
#include "base/cpu.h"

uint32_t __real_ewi_cpu_features(void);
uint32_t __wrap_ewi_cpu_features(void);

uint32_t __wrap_ewi_cpu_features(void)
{
	const char *mask = getenv("EW_CPU_MASK");
	uint32_t features = __real_ewi_cpu_features();

#ifdef EW_CPU_SHIM /* linked with what tests/shim/vnni.h stands in for, in AVX2 */
	if (features & EW_CPU_AVX2)
		features |= EW_CPU_AVXVNNI | EW_CPU_AVX512 | EW_CPU_AVX512VNNI;
#endif
	return features & (mask ? (uint32_t)strtoul(mask, NULL, 0) : UINT32_MAX);
}
