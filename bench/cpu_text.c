/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* cpu_text.c - a mask of CPU features in words. */
#include "cpu_text.h"

#include <stdio.h>
#include <string.h>

#include "base/cpu.h"

static const struct {
	uint32_t bit;
	const char *name;
} features[] = {
	{ EW_CPU_SSE41, "sse4.1" },	    { EW_CPU_SSE42, "sse4.2" },
	{ EW_CPU_PCLMUL, "pclmul" },	    { EW_CPU_AVX2, "avx2" },	    { EW_CPU_AVXVNNI, "avxvnni" },
	{ EW_CPU_AVX512, "avx512" },	    { EW_CPU_AVX512VNNI, "avx512vnni" },
	{ EW_CPU_NEON, "neon" },	    { EW_CPU_DOTPROD, "dotprod" },
	{ EW_CPU_I8MM, "i8mm" },	    { EW_CPU_CRC32, "crc32" },
};

const char *cpu_text(uint32_t mask, char text[CPU_TEXT_BYTES])
{
	text[0] = '\0';
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		size_t used = strlen(text);

		if ((mask & features[i].bit) != 0)
			snprintf(text + used, CPU_TEXT_BYTES - used, "%s%s",
				 used > 0 ? "," : "", features[i].name);
	}
	if (text[0] == '\0')
		snprintf(text, CPU_TEXT_BYTES, "none");
	return text;
}
