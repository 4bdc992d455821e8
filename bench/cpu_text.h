/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* cpu_text.h - a mask of CPU features in words, for the provenance of figures. */
#ifndef EW_BENCH_CPU_TEXT_H
#define EW_BENCH_CPU_TEXT_H

#include <stdint.h>

#define CPU_TEXT_BYTES 128

/* "sse4.1,avx2", or "none"; returns text. Bits as in lib/base/cpu.h. */
const char *cpu_text(uint32_t mask, char text[CPU_TEXT_BYTES]);

#endif
