/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * cpu_mask.c - lets test programs run as on an older machine: EW_CPU_MASK in the environment is a mask of the
 * EW_CPU_* bits of lib/base/cpu.h that may be seen.  Linked into every test with --wrap=ewi_cpu_features, so
 * the library itself reads no environment.
 */
#include <stdint.h>
#include <stdlib.h>

uint32_t __real_ewi_cpu_features(void);
uint32_t __wrap_ewi_cpu_features(void);

uint32_t __wrap_ewi_cpu_features(void)
{
	const char *mask = getenv("EW_CPU_MASK");

	return __real_ewi_cpu_features() & (mask ? (uint32_t)strtoul(mask, NULL, 0) : UINT32_MAX);
}
