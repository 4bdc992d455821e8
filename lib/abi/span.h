/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * span.h - the only place where a guest's pointer becomes a host's.
 *
 * Everything a handler reads or writes in guest memory comes from here, each time anew: a host address is good
 * until the handler returns, never longer.
 */
#ifndef EW_ABI_SPAN_H
#define EW_ABI_SPAN_H

#include "abi/abi.h"

/*
 * Host address of the guest's bytes [gaddr, gaddr + len), or NULL when any of them is outside memory 0 or there is
 * no memory.  len 0 is allowed up to and including the end of memory and gives an address that must not be read.
 */
void *ewi_span(struct ew_instance *caller, uint32_t gaddr, uint32_t len);

/* count elements of size bytes; NULL also when count * size does not fit in 32 bits. */
void *ewi_span_array(struct ew_instance *caller, uint32_t gaddr, uint32_t count, uint32_t size);

/* [a, a + a_len) and [b, b + b_len), both already found inside, share a byte. */
bool ewi_span_overlap(uint32_t a, uint32_t a_len, uint32_t b, uint32_t b_len);

#endif
