/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * guest_hostile_pointer.c - gives every host function pointers that lead out
 * of its memory.  Each must be answered by FAULT (by missing memory, in
 * wasi-nn) and change nothing: the event then ends with EDGE_FAULT.  If any
 * call is answered in another way, the event ends with -1000 less that call's
 * number below.
 */
#include "edgewasm/guest.h"

EDGE_EXPORT("edge_on_event") int32_t edge_on_event(int32_t pending);

static uint8_t inside[64];

/* Beyond any memory that a 32-bit guest of a few pages has; OUTSIDE + LONG
 * wraps around 2^32 into it. */
#define OUTSIDE ((void *)(uintptr_t)0xffffff00u)
#define LONG 0x200u

static int32_t calls, wrong;
static uint32_t graph, context; /* kept: an instance may have a few only */

static void expect(int32_t got, int32_t want)
{
	calls++;
	if (got != want && !wrong)
		wrong = calls;
}

static void attack_edge(void)
{
	int32_t model;

	expect(edge_log(EDGE_INFO, OUTSIDE, 8), EDGE_FAULT);			/* 1 */
	expect(edge_log(EDGE_INFO, OUTSIDE, LONG), EDGE_FAULT);
	expect(edge_log(EDGE_INFO, (char *)inside, UINT32_MAX), EDGE_FAULT);
	expect(edge_random_fill(OUTSIDE, 8), EDGE_FAULT);
	expect(edge_random_fill(inside, UINT32_MAX), EDGE_FAULT);		/* 5 */
	expect(edge_event_emit(OUTSIDE, 8, inside, 8, 0), EDGE_FAULT);
	expect(edge_event_emit((char *)inside, 8, OUTSIDE, 8, 0), EDGE_FAULT);
	expect(edge_event_emit((char *)inside, 8, inside, UINT32_MAX, 0), EDGE_FAULT);
	expect(edge_event_poll(OUTSIDE, inside, sizeof(inside)), EDGE_FAULT);
	expect(edge_event_poll((struct edge_event *)inside, OUTSIDE, LONG),
	       EDGE_FAULT);							/* 10 */
	expect(edge_kv_get(OUTSIDE, 8, inside, 8), EDGE_FAULT);
	expect(edge_kv_set(OUTSIDE, 8, inside, 8), EDGE_FAULT);
	expect(edge_kv_set(inside, 8, OUTSIDE, 8), EDGE_FAULT);
	expect(edge_kv_delete(OUTSIDE, 8), EDGE_FAULT);
	expect(edge_kv_increment(inside, 8, 1, OUTSIDE), EDGE_FAULT);		/* 15 */
	expect(edge_metric_define(EDGE_COUNTER, OUTSIDE, 8), EDGE_FAULT);
	expect(edge_config_get(OUTSIDE, 8, inside, 8), EDGE_FAULT);
	expect(edge_config_get("model", 5, OUTSIDE, 64), EDGE_FAULT);
	expect(edge_model_open(OUTSIDE, 8), EDGE_FAULT);
	model = edge_model_open("vibration", 9);
	expect(edge_model_info(model, OUTSIDE), EDGE_FAULT);			/* 20 */
	expect(edge_model_tensor(model, 0, 0, OUTSIDE), EDGE_FAULT);
	expect(edge_model_version(model, OUTSIDE, 64), EDGE_FAULT);
	expect(edge_infer(model, OUTSIDE, 32, inside, 32), EDGE_FAULT);
	expect(edge_infer(model, inside, 32, OUTSIDE, 32), EDGE_FAULT);
}

static void attack_nn(void)
{
	struct edge_nn_tensor tensor = { OUTSIDE, 2, EDGE_NN_U8, inside, 32 };
	struct edge_nn_builder builder = { OUTSIDE, LONG };
	static const uint32_t dims[2] = { 1, 32 };
	static int opened;
	uint32_t unused = 0;

	expect(edge_nn_load(OUTSIDE, 1, EDGE_NN_TFLITE, 0, &unused),
	       EDGE_NN_MISSING_MEMORY);						/* 25 */
	expect(edge_nn_load(&builder, 1, EDGE_NN_TFLITE, 0, &unused), EDGE_NN_MISSING_MEMORY);
	expect(edge_nn_load_by_name(OUTSIDE, 8, &unused), EDGE_NN_MISSING_MEMORY);
	expect(edge_nn_load_by_name("vibration", 9, OUTSIDE), EDGE_NN_MISSING_MEMORY);
	expect(opened ? EDGE_NN_OK : edge_nn_load_by_name("vibration", 9, &graph), EDGE_NN_OK);
	expect(edge_nn_init_execution_context(graph, OUTSIDE),
	       EDGE_NN_MISSING_MEMORY);						/* 30 */
	expect(opened ? EDGE_NN_OK : edge_nn_init_execution_context(graph, &context),
	       EDGE_NN_OK);
	opened = 1;
	expect(edge_nn_set_input(context, 0, OUTSIDE), EDGE_NN_MISSING_MEMORY);
	expect(edge_nn_set_input(context, 0, &tensor), EDGE_NN_MISSING_MEMORY);
	tensor.dims = dims;
	tensor.data = OUTSIDE;
	expect(edge_nn_set_input(context, 0, &tensor), EDGE_NN_MISSING_MEMORY);
	tensor.data = inside;
	expect(edge_nn_set_input(context, 0, &tensor), EDGE_NN_OK);		/* 35 */
	expect(edge_nn_compute(context), EDGE_NN_OK);
	expect(edge_nn_get_output(context, 0, OUTSIDE, 32, &unused), EDGE_NN_MISSING_MEMORY);
	expect(edge_nn_get_output(context, 0, inside, 32, OUTSIDE), EDGE_NN_MISSING_MEMORY);
}

int32_t edge_on_event(int32_t pending)
{
	(void)pending;
	calls = 0;
	wrong = 0;
	attack_edge();
	attack_nn();
	return wrong ? -1000 - wrong : EDGE_FAULT;
}
