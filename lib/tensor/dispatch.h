/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * dispatch.h - which kernel runs: a const table for each slot, one choice at load, nothing global.
 * An operator names the slots it may use, and a program links those of the operators it has.
 */
#ifndef EW_TENSOR_DISPATCH_H
#define EW_TENSOR_DISPATCH_H

#include <stdbool.h>
#include "tensor/kernels.h"

enum ewi_slot {
#define SLOT(SLOT, slot) EWI_SLOT_##SLOT,
#define KERNEL(SLOT, slot, variant, features, scratch)
#define END(slot)
#include "tensor/kernels.def"
#undef SLOT
#undef KERNEL
#undef VARIANT
#undef END
	EWI_SLOTS
};

struct ewi_kernel {
	enum ewi_slot slot;
	uint32_t features; /* EW_CPU_* */
	const char *name;  /* "fc_s8_avx2" */
	ewi_kernel_fn *fn; /* NULL: behind the last */
	ewi_scratch_fn *scratch;
	const struct ewi_packing *packing;
	ewi_lead_fn *lead;
};

#define SLOT(SLOT, slot) extern const struct ewi_kernel ewi_slot_##slot[];
#define KERNEL(SLOT, slot, variant, features, scratch)
#define END(slot)
#include "tensor/kernels.def"
#undef SLOT
#undef KERNEL
#undef VARIANT
#undef END

/*
 * The best of a slot within EW_CPU_* features; the definition when there is none better.  in_place: none that
 * packs its constants.
 */
const struct ewi_kernel *ewi_kernel_best(const struct ewi_kernel *slot, uint32_t features,
					 bool in_place);

/* The best one before `than`, which has declined; never the definition twice: it declines nothing. */
const struct ewi_kernel *ewi_kernel_below(const struct ewi_kernel *slot, uint32_t features,
					  const struct ewi_kernel *than);

/* For tests and benches, which want them all: every kernel of this build, *count of them. */
const struct ewi_kernel *ewi_kernels(size_t *count);
/* The best of a slot by its number. */
const struct ewi_kernel *ewi_kernel_for(enum ewi_slot slot, uint32_t features);

#endif
