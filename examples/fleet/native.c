/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * native.c - see native.h.
 */
#include "strict_float.h"

#include "native.h"

#include <string.h>

bool native_open(struct native *n, const struct gateway_model *model)
{
	const struct ew_alloc alloc = ew_alloc_libc();
	const uint8_t *norm;
	size_t size;

	memset(n, 0, sizeof(*n));
	n->threshold = model->threshold;
	n->quant.in_scale = model->in.scale;
	n->quant.in_zero = model->in.zero_point;
	n->quant.out_scale = model->out.scale;
	n->quant.out_zero = model->out.zero_point;
	n->has_norm = ew_model_metadata(model->model, "edgewasm.norm", &norm, &size) == EW_OK &&
		      size == FLEET_NORM_BYTES;
	if (n->has_norm)
		fleet_norm_read(&n->norm, norm);
	return ew_model_exec_create(&n->exec, model->model, &alloc, NULL) == EW_OK;
}

void native_close(struct native *n)
{
	ew_model_exec_destroy(n->exec);
}

bool native_judge(struct native *n, const uint8_t *bytes, uint32_t size, bool raw,
		  struct fleet_score *out)
{
	float features[FLEET_FEATURES];
	int8_t question[FLEET_FEATURES];
	const int8_t *in = (const int8_t *)bytes;
	struct ew_tensor_span to;
	struct ew_tensor_view from;

	if (!raw) {
		if (!n->has_norm || fleet_features(bytes, size, &n->work, features) != 0)
			return false;
		fleet_quantise(features, &n->norm, question);
		in = question;
		size = FLEET_FEATURES;
	}
	if (ew_model_exec_input(n->exec, 0, &to) != EW_OK || to.bytes != size)
		return false;
	memcpy(to.data, in, size);
	if (ew_model_exec_run(n->exec) != EW_OK ||
	    ew_model_exec_output(n->exec, 0, &from) != EW_OK || from.bytes != size)
		return false;
	*out = fleet_judge(in, from.data, size, &n->quant);
	return true;
}
