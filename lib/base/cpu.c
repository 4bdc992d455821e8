/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * cpu.c - CPU feature detection.
 * Source: Intel SDM volume 2A, CPUID leaves 1 and 7, and XGETBV; Linux Documentation/arm64/elf_hwcaps
 * and arch/arm/include/uapi/asm/hwcap.h.
 */
#include "base/cpu.h"

#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
#include <cpuid.h>

/* XCR0: which register state the operating system saves; without it a unit must not be used. */
static uint32_t xcr0(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

uint32_t ewi_cpu_features(void)
{
	uint32_t a, b, c, d, max = __get_cpuid_max(0, 0), features = 0, os = 0;

	if (max < 1)
		return 0;
	__cpuid(1, a, b, c, d);
	if (c & 1u << 19)
		features |= EW_CPU_SSE41;
	if (c & 1u << 20)
		features |= EW_CPU_SSE42;
	if (c & 1u << 1)
		features |= EW_CPU_PCLMUL;
	if (c & 1u << 27)
		os = xcr0();
	if (max < 7 || (os & 6) != 6)
		return features;
	__cpuid_count(7, 0, a, b, c, d);
	if (b & 1u << 5)
		features |= EW_CPU_AVX2;
	if ((os & 0xe6) == 0xe6 && (b & 1u << 16) && (b & 1u << 17) && (b & 1u << 30) && (b & 1u << 31)) {
		features |= EW_CPU_AVX512;
		if (c & 1u << 11)
			features |= EW_CPU_AVX512VNNI;
	}
	if (a >= 1) {
		__cpuid_count(7, 1, a, b, c, d);
		if (a & 1u << 4)
			features |= EW_CPU_AVXVNNI;
	}
	return features;
}

#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>

uint32_t ewi_cpu_features(void)
{
	unsigned long cap = getauxval(AT_HWCAP), cap2 = getauxval(AT_HWCAP2);
	uint32_t features = 0;

	if (cap & 1ul << 1)
		features |= EW_CPU_NEON;
	if (cap & 1ul << 7)
		features |= EW_CPU_CRC32;
	if (cap & 1ul << 20)
		features |= EW_CPU_DOTPROD;
	if (cap2 & 1ul << 13)
		features |= EW_CPU_I8MM;
	return features;
}

#elif defined(__arm__) && defined(__linux__)
#include <sys/auxv.h>

uint32_t ewi_cpu_features(void)
{
	return getauxval(AT_HWCAP) & 1ul << 12 ? EW_CPU_NEON : 0;
}

#elif defined(__aarch64__)

/* Nobody to ask: what the whole build is for. */
uint32_t ewi_cpu_features(void)
{
	uint32_t features = EW_CPU_NEON;

#ifdef __ARM_FEATURE_CRC32
	features |= EW_CPU_CRC32;
#endif
#ifdef __ARM_FEATURE_DOTPROD
	features |= EW_CPU_DOTPROD;
#endif
#ifdef __ARM_FEATURE_MATMUL_INT8
	features |= EW_CPU_I8MM;
#endif
	return features;
}

#else

uint32_t ewi_cpu_features(void)
{
	return 0;
}

#endif
