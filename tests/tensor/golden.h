/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* golden.h - what the tests of the data folder's operators and models share. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "../aid/aid.h"
#include "tensor/ops.h"

/* One mask for plain C, then one for each level that this machine adds to it. */
static inline size_t isa_levels(uint32_t *masks)
{
	uint32_t have = ew_model_isa();
	size_t n = 0;

	masks[n++] = EW_ISA_SCALAR;
	for (unsigned bit = 0; bit < 16; bit++)
		if (have & 1u << bit)
			masks[n++] = have & ((2u << bit) - 1);
	return n;
}

/* Arena bytes are in the host's order, files are little-endian. */
static inline void to_host(uint8_t *to, const uint8_t *from, size_t bytes, enum ew_tensor_type type)
{
	size_t step = EW_BIG_ENDIAN ? ewi_type_bits(type) / 8 : 1;

	step = step ? step : 1;
	for (size_t i = 0; i < bytes; i += step)
		for (size_t k = 0; k < step; k++)
			to[i + k] = from[i + step - 1 - k];
}

/* NULL, and a line that says why, for what is not supported; anything else fails the test. */
static inline struct ew_model *load(const char *row, const uint8_t *bytes, size_t size, uint32_t flags,
				    uint32_t isa, uint32_t batch)
{
	struct ew_model_config config = {.struct_bytes = sizeof(config), .flags = flags,
					 .isa_mask = isa, .max_batch = batch};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_model *m;
	struct ew_error err = {0};
	enum ew_status st = ew_model_load(&m, bytes, size, &config, &alloc, &err);

	if (st == EW_ERR_UNSUPPORTED && batch <= 1)
		print_message("%s: refused, %s\n", row, err.text);
	else if (st != EW_OK && st != EW_ERR_UNSUPPORTED)
		fail_msg("%s: %s", row, err.text);
	return m;
}

#endif
