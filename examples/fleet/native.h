/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * native.h - the same judgement as the guest's, without ring, node and guest:
 * what the guest's verdicts are compared with.
 */
#ifndef FLEET_NATIVE_H
#define FLEET_NATIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway.h"
#include "vib_features.h"

struct native {
	struct ew_model_exec *exec;
	struct fleet_norm norm;
	struct fleet_quant quant;
	struct fleet_work work;
	float threshold;
	bool has_norm;
};

/* native_open - false when memory is short.  The model is borrowed. */
bool native_open(struct native *n, const struct gateway_model *model);
void native_close(struct native *n);

/* native_judge - a record of window.h, or with `raw` the model's input. */
bool native_judge(struct native *n, const uint8_t *bytes, uint32_t size, bool raw,
		  struct fleet_score *out);

#endif
