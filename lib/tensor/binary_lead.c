/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* binary_lead.c - which inputs of operators by element the output may lie over: those as large as it is. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/binary.h"

struct ewi_lead ewi_same_lead(const void *params, uint32_t input, size_t windows)
{
	(void)params;
	(void)windows;
	return (struct ewi_lead){input == 0 ? 0 : EWI_LEAD_NEVER, EWI_LEAD_NEVER};
}

/* An element is read before the output's element of the same number is written, by every variant. */
struct ewi_lead ewi_binary_lead(const void *params, uint32_t input, size_t windows)
{
	const struct ewi_binary *p = params;
	bool same = input == 0 ? p->a_window == p->out_window :
				 p->b_window == p->out_window && p->b_type == p->type;

	(void)windows;
	return (struct ewi_lead){same ? 0 : EWI_LEAD_NEVER, EWI_LEAD_NEVER};
}
#endif
