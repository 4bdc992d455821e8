/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * guest_judge.h - what both judging guests share: their settings, the model,
 * and what they emit.  Included once, by the guest's only source.
 */
#ifndef FLEET_GUEST_JUDGE_H
#define FLEET_GUEST_JUDGE_H

#include "edgewasm/guest.h"
#include "verdict.h"
#include "vib_features.h"

#define MODEL_NAME_BYTES 48

static struct {
	char model_name[MODEL_NAME_BYTES];
	uint32_t model_name_len;
	int32_t model;		/* handle, or negative */
	uint32_t input_bytes;	/* of the model now open; output likewise */
	struct fleet_quant quant;
	float threshold;
	int emit_all;
} judge = { .model = -1 };

static int32_t judge_init(void)
{
	uint8_t bytes[4];
	const int32_t len = edge_config_get(FLEET_SETTING_MODEL, sizeof(FLEET_SETTING_MODEL) - 1,
					    judge.model_name, MODEL_NAME_BYTES);

	if (len <= 0 || len > MODEL_NAME_BYTES) {
		edge_log_str(EDGE_ERROR, "setting \"model\" is missing");
		return EDGE_INVAL;
	}
	judge.model_name_len = (uint32_t)len;
	if (edge_config_get(FLEET_SETTING_THRESHOLD, sizeof(FLEET_SETTING_THRESHOLD) - 1, bytes,
			    sizeof(bytes)) != sizeof(bytes)) {
		edge_log_str(EDGE_ERROR, "setting \"threshold\" is missing");
		return EDGE_INVAL;
	}
	judge.threshold = fleet_float(fleet_get32(bytes));
	judge.emit_all = edge_config_get(FLEET_SETTING_VERDICTS,
					 sizeof(FLEET_SETTING_VERDICTS) - 1, bytes, 0) >= 0;
	return EDGE_OK;
}

/* Opens the model and learns its sizes and scales; again after it was
 * replaced.  An autoencoder has as many int8 outputs as inputs. */
static int32_t judge_open(uint32_t cap)
{
	struct edge_tensor_info in, out;
	int32_t rc = edge_model_open(judge.model_name, judge.model_name_len);

	judge.model = rc;
	if (rc < 0)
		return rc;
	rc = edge_model_tensor(judge.model, 0, 0, &in);
	if (rc == 0)
		rc = edge_model_tensor(judge.model, 1, 0, &out);
	if (rc == 0 && (in.type != EDGE_INT8 || out.type != EDGE_INT8 || in.bytes > cap ||
			in.bytes == 0 || in.bytes != out.bytes)) {
		edge_log_str(EDGE_ERROR, "the model is not an int8 autoencoder of a size that fits");
		rc = EDGE_INVAL;
	}
	if (rc < 0) {
		judge.model = -1;
		return rc;
	}
	judge.input_bytes = in.bytes;
	judge.quant.in_scale = in.scale;
	judge.quant.in_zero = in.zero_point;
	judge.quant.out_scale = out.scale;
	judge.quant.out_zero = out.zero_point;
	return EDGE_OK;
}

/* Asks the model about len bytes; the score goes to *score. */
static int32_t judge_infer(const int8_t *in, uint32_t len, int8_t *out, uint32_t cap, float *score)
{
	int32_t rc = judge.model < 0 ? EDGE_STALE : EDGE_OK;

	if (rc == EDGE_OK)
		rc = edge_infer(judge.model, in, len, out, cap);
	if (rc == EDGE_STALE) {
		rc = judge_open(cap);
		if (rc == EDGE_OK)
			rc = edge_infer(judge.model, in, len, out, cap);
	}
	if (rc < 0)
		return rc;
	*score = fleet_distance(in, out, len, &judge.quant);
	return EDGE_OK;
}

/* Says what there is to say of a score; in and out are what the model was asked and answered. */
static int32_t judge_emit(uint32_t machine, uint32_t window, float score, const int8_t *in,
			  const int8_t *answer)
{
	uint8_t out[FLEET_VERDICT_BYTES];
	int32_t rc = EDGE_OK;

	if (!(score > judge.threshold) && !judge.emit_all)
		return EDGE_OK;
	fleet_put32(out, machine);
	fleet_put32(out + 4, window);
	fleet_put32(out + 8, fleet_float_bits(score));
	fleet_put32(out + 12, fleet_float_bits(judge.threshold));
	fleet_put32(out + 16, fleet_worst(in, answer, judge.input_bytes, &judge.quant));
	if (score > judge.threshold)
		rc = edge_event_emit(FLEET_TOPIC_ALERT, sizeof(FLEET_TOPIC_ALERT) - 1, out,
				     sizeof(out), EDGE_EMIT_URGENT);
	if (rc == EDGE_OK && judge.emit_all)
		rc = edge_event_emit(FLEET_TOPIC_VERDICT, sizeof(FLEET_TOPIC_VERDICT) - 1, out,
				     sizeof(out), 0);
	return rc;
}

#endif
