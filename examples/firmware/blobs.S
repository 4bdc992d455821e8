/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* blobs.S - files in the image, at an alignment that models want. */
#define BLOB(name, file)                                                                           \
	.globl name; .globl name##_end; .balign 16; name: .incbin file; name##_end: .byte 0

	.section .rodata
	BLOB(probe_wasm, PROBE_WASM)
	BLOB(judge_wasm, JUDGE_WASM)
	BLOB(model_tflite, MODEL_TFLITE)
	BLOB(windows_bin, WINDOWS_BIN)
#define TEXT(name) #name
#define ROW(name, n) BLOB(small_##name, TEXT(name.wasm))
#include "small.def"
	.section .note.GNU-stack, "", %progbits
