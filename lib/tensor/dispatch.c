/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* dispatch.c - the kernel tables, and the choice of a kernel by CPU features. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "edgewasm/model.h"
#include "tensor/dispatch.h"

_Static_assert(EW_ISA_SSE41 == (int)EW_CPU_SSE41 && EW_ISA_SSE42 == (int)EW_CPU_SSE42 &&
		       EW_ISA_AVX2 == (int)EW_CPU_AVX2 && EW_ISA_AVXVNNI == (int)EW_CPU_AVXVNNI &&
		       EW_ISA_AVX512 == (int)EW_CPU_AVX512 &&
		       EW_ISA_AVX512VNNI == (int)EW_CPU_AVX512VNNI &&
		       EW_ISA_NEON == (int)EW_CPU_NEON && EW_ISA_DOTPROD == (int)EW_CPU_DOTPROD &&
		       EW_ISA_I8MM == (int)EW_CPU_I8MM,
	       "the public instruction sets are the detector's");

#define KERNEL(SLOT, slot, variant, features, scratch)                                             \
	{EWI_SLOT_##SLOT, features, #slot "_" #variant, ewk_##slot##_##variant, scratch, NULL, NULL},
#define VARIANT(SLOT, slot, variant, features, scratch, packing, lead)                         \
	{EWI_SLOT_##SLOT, features, #slot "_" #variant, ewk_##slot##_##variant, scratch, packing, lead},

#define SLOT(SLOT, slot) const struct ewi_kernel ewi_slot_##slot[] = {
#define END(slot)                                                                                  \
	{                                                                                          \
		EWI_SLOTS, 0, NULL, NULL, NULL, NULL, NULL                                                     \
	}                                                                                          \
	}                                                                                          \
	;
#include "tensor/kernels.def"
#undef SLOT
#undef END

static const struct ewi_kernel kernels[] = {
#define SLOT(SLOT, slot)
#define END(slot)
#include "tensor/kernels.def"
#undef SLOT
#undef END
};

const struct ewi_kernel *ewi_kernels(size_t *count)
{
	*count = sizeof(kernels) / sizeof(kernels[0]);
	return kernels;
}

const struct ewi_kernel *ewi_kernel_best(const struct ewi_kernel *slot, uint32_t features,
					 bool in_place)
{
	const struct ewi_kernel *best = slot;

	for (; slot->fn; slot++)
		if ((slot->features & ~features) == 0 && !(in_place && slot->packing))
			best = slot;
	return best;
}

const struct ewi_kernel *ewi_kernel_below(const struct ewi_kernel *slot, uint32_t features,
					  const struct ewi_kernel *than)
{
	const struct ewi_kernel *best = slot;

	for (; slot != than; slot++)
		if ((slot->features & ~features) == 0)
			best = slot;
	return best;
}

const struct ewi_kernel *ewi_kernel_for(enum ewi_slot slot, uint32_t features)
{
	const struct ewi_kernel *best = NULL;

	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		if (kernels[i].slot == slot && (kernels[i].features & ~features) == 0)
			best = &kernels[i];
	return best;
}

uint32_t ew_model_isa(void)
{
	return ewi_cpu_features() | EW_ISA_SCALAR;
}
#endif
