/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * judge.c - the demo's own function and model on a microcontroller: a node, fed from a ring, judges sensor
 * windows with the guest and the neural network that the gateway uses.  Every score must have the same bits.
 */
#include "edge.h"

#include <string.h>

#define VERDICT_BYTES 20u /* examples/fleet/verdict.h */

static unsigned alerts, verdicts;

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static enum ew_status on_emit(void *user, const char *function, const struct ew_event *event,
			      const void *topic, const void *data)
{
	const uint8_t *v = data;

	(void)user;
	(void)topic;
	if (event->data_bytes != VERDICT_BYTES)
		return EW_ERR_INVAL;
	if (event->topic_bytes == 5) {
		alerts++;
		return EW_OK;
	}
	verdicts++;
	say("%s: machine %u window %u score %x threshold %x worst input %u\n", function, (unsigned)le32(v),
	    (unsigned)le32(v + 4), le32(v + 8), le32(v + 12), (unsigned)le32(v + 16));
	return EW_OK;
}

static void on_report(void *user, const struct ew_node_report *report)
{
	(void)user;
	say("FAIL: %s: %s\n", report->function, report->text);
	failures++;
}

static const struct ew_node_host host = {
	.struct_bytes = sizeof(host),
	.emit = on_emit,
	.report = on_report,
};

static bool ok(const char *what, enum ew_status status, const struct ew_error *err)
{
	if (status == EW_OK)
		return true;
	say("FAIL: %s: %s: %s\n", what, ew_status_name(status), err->text);
	failures++;
	return false;
}

/* The model under its name, and the function with the settings that the model's file carries. */
static bool put_function(struct ew_node *node)
{
	struct ew_models *models = ew_node_models(node);
	struct ew_models_entry entry;
	struct ew_error err = { 0 };
	struct ew_setting settings[4] = {
		{ "model", "vibration", 9 },
		{ "threshold", NULL, 0 },
		{ "norm", NULL, 0 },
		{ "verdicts", "1", 1 },
	};
	struct ew_function_config config = {
		.struct_bytes = sizeof(config),
		.name = "judge",
		.version = "1",
		.module_bytes = judge_wasm,
		.module_size = (size_t)(judge_wasm_end - judge_wasm),
		.grant.caps = EW_CAP_LOG | EW_CAP_EMIT | EW_CAP_RECV | EW_CAP_CONFIG | EW_CAP_INFER,
		.max_memory_pages = 1,
		.settings = settings,
		.setting_count = 4,
	};

	if (!ok("model", ew_models_put(models, "vibration", "1", model_tflite,
				       (size_t)(model_tflite_end - model_tflite), 0, &err), &err) ||
	    !ok("models", ew_models_at(models, 0, &entry), &err))
		return false;
	cost("vibration.tflite, loaded", ew_model_size(entry.model));
	cost("an executor of it", ew_model_exec_size(entry.model));
	for (int i = 1; i < 3; i++) {
		const uint8_t *bytes;
		const char *key = i == 1 ? "edgewasm.threshold" : "edgewasm.norm";

		if (!ok(key, ew_model_metadata(entry.model, key, &bytes, &settings[i].len), &err))
			return false;
		settings[i].value = bytes;
	}
	return ok("function", ew_node_function_put(node, &config, &err), &err) &&
	       ok("route", ew_node_route_add(node, "machine/+", "judge", &err), &err);
}

static void judge_windows(struct ew_node *node, struct ew_ring *in)
{
	const struct ew_event header = { .topic_bytes = 9, .data_bytes = WINDOW_BYTES };
	struct ew_function_stats stats = { 0 };
	uint64_t ticks = board_ticks();
	unsigned windows = 0;

	for (const uint8_t *w = windows_bin; w < windows_bin_end; w += WINDOW_BYTES) {
		if (ew_ring_push(in, &header, "machine/1", w) != EW_OK ||
		    ew_node_step(node, ++windows, NULL) != EW_OK)
			failures++;
	}
	ticks = board_ticks() - ticks;
	if (ew_node_function_at(node, 0, &stats) != EW_OK || verdicts != windows || !alerts)
		failures++;
	say("judged %u windows, %u alerts, %U failed, fuel %U, %U inferences\n", windows, alerts,
	    stats.failed_events, stats.fuel, stats.inferences);
	say("# ticks %U one window\n", windows ? ticks / windows : 0);
}

void part_judge(struct ew_arena *arena, const struct ew_alloc *alloc)
{
	static uint64_t ring_memory[256];
	struct ew_node_config config = {
		.struct_bytes = sizeof(config),
		.host = &host,
		.stack_slots = 512,
		.call_depth = 32,
		.max_functions = 1,
		.max_routes = 1,
		.max_metrics = 1,
		.max_batch = 1,
	};
	struct ew_error err = { 0 };
	struct ew_node *node;
	size_t before;

	say("== judge: %u bytes of module, %u of model in flash\n",
	    (unsigned)(judge_wasm_end - judge_wasm), (unsigned)(model_tflite_end - model_tflite));
	ew_arena_reset(arena);
	if (!ok("ring", ew_ring_init(ring_memory, sizeof(ring_memory), NULL, &config.in), &err) ||
	    !ok("node", ew_node_create(&node, &config, alloc, &err), &err))
		return;
	cost("a node for one function, with that executor", arena->used_bytes);
	before = arena->used_bytes;
	if (put_function(node)) {
		cost("vibration.wasm and its model in that node, besides guest memory",
		     arena->used_bytes - before - 65536);
		judge_windows(node, config.in);
	}
	ew_node_destroy(node);
}
