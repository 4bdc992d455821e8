/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * split.c - see split.h.  Each stage runs over the same windows several times;
 * the fastest time counts, because what disturbs a run only adds.  Windows
 * are kept in memory, so that making them is not measured.
 */
#include "strict_float.h"

#include "split.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native.h"

#define WINDOWS_MAX 20000u
#define ROUNDS 5

struct kept {
	struct source_window at;
	char topic[48];
	uint8_t *bytes;
};

struct bench {
	const struct fleet_options *opt;
	struct kept *kept;
	uint32_t count;
	bool raw;
	struct gateway *gateway;
	struct native native;
	int8_t *questions;	/* what the model is asked, for each window */
	uint32_t question_bytes;
	uint32_t sink;		/* keeps results alive */
};

/* A guest that says "done" and nothing else:
 * (module (func (export "edge_on_event") (param i32) (result i32) i32.const 0)) */
static const uint8_t nothing_wasm[] = {
	0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
	0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f,
	0x03, 0x02, 0x01, 0x00,
	0x07, 0x11, 0x01, 0x0d, 'e', 'd', 'g', 'e', '_', 'o', 'n', '_', 'e', 'v', 'e', 'n', 't',
	0x00, 0x00,
	0x0a, 0x06, 0x01, 0x04, 0x00, 0x41, 0x00, 0x0b,
};

static bool keep(struct bench *b, struct source *source)
{
	struct source_window w;

	source_rewind(source);
	b->kept = calloc(WINDOWS_MAX, sizeof(*b->kept));
	for (; b->kept && b->count < WINDOWS_MAX && source_peek(source, &w);
	     b->count++, source_take(source)) {
		struct kept *k = &b->kept[b->count];

		k->bytes = malloc(w.size);
		if (!k->bytes)
			return false;
		memcpy(k->bytes, w.bytes, w.size);
		memcpy(k->topic, w.topic, w.topic_bytes);
		k->at = w;
	}
	return b->count > 0;
}

static bool ask(struct bench *b, const struct gateway_model *model)
{
	struct fleet_work work;
	float f[FLEET_FEATURES];

	b->question_bytes = (uint32_t)model->in.bytes;
	b->questions = calloc(b->count, b->question_bytes);
	if (!b->questions)
		return false;
	for (uint32_t i = 0; i < b->count; i++) {
		int8_t *q = b->questions + (size_t)i * b->question_bytes;

		if (b->raw)
			memcpy(q, b->kept[i].bytes, b->question_bytes);
		else if (fleet_features(b->kept[i].bytes, b->kept[i].at.size, &work, f) == 0)
			fleet_quantise(f, &b->native.norm, q);
	}
	return true;
}

/* ---- the stages ---- */

static void through_gateway(struct bench *b, struct gateway *g)
{
	for (uint32_t i = 0; i < b->count; i++) {
		const struct kept *k = &b->kept[i];

		gateway_offer(g, i, 1, k->topic, k->at.topic_bytes, k->bytes, k->at.size, -1);
		b->sink += gateway_step(g, gateway_clock());
	}
}

static void through_ring(struct bench *b, struct ew_ring *ring)
{
	for (uint32_t i = 0; i < b->count; i++) {
		const struct kept *k = &b->kept[i];
		const struct ew_event *out;
		struct ew_event *e;

		if (ew_ring_claim(ring, k->at.topic_bytes, k->at.size, &e) != EW_OK)
			continue;
		e->time_ns = 1;
		memcpy(ew_event_topic(e), k->topic, k->at.topic_bytes);
		memcpy(ew_event_data(e), k->bytes, k->at.size);
		ew_ring_commit(ring);
		if (ew_ring_peek(ring, &out) == EW_OK)
			b->sink += ew_event_data(out)[0];
		ew_ring_release(ring, 1);
	}
}

static void through_model(struct bench *b)
{
	for (uint32_t i = 0; i < b->count; i++) {
		struct ew_tensor_span in;
		struct ew_tensor_view out;

		ew_model_exec_input(b->native.exec, 0, &in);
		memcpy(in.data, b->questions + (size_t)i * b->question_bytes, b->question_bytes);
		ew_model_exec_run(b->native.exec);
		ew_model_exec_output(b->native.exec, 0, &out);
		b->sink += *(const uint8_t *)out.data;
	}
}

static void through_features(struct bench *b)
{
	float f[FLEET_FEATURES];

	for (uint32_t i = 0; !b->raw && i < b->count; i++)
		if (fleet_features(b->kept[i].bytes, b->kept[i].at.size, &b->native.work, f) == 0)
			b->sink += fleet_float_bits(f[0]);
}

enum stage { STAGE_TOTAL, STAGE_NOTHING, STAGE_RING, STAGE_MODEL, STAGE_FEATURES, STAGES };

static double fastest(struct bench *b, enum stage stage, struct gateway *nothing,
		      struct ew_ring *ring)
{
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		const uint64_t start = gateway_clock();
		uint64_t took;

		switch (stage) {
		case STAGE_TOTAL:
			through_gateway(b, b->gateway);
			break;
		case STAGE_NOTHING:
			through_gateway(b, nothing);
			break;
		case STAGE_RING:
			through_ring(b, ring);
			break;
		case STAGE_MODEL:
			through_model(b);
			break;
		case STAGE_FEATURES:
		case STAGES:
			through_features(b);
			break;
		}
		took = gateway_clock() - start;
		best = took < best ? took : best;
	}
	return (double)best / b->count;
}

/* What the journal adds: the guest that does nothing, in a gateway that has one in a folder within that of the run. */
static bool measure_log(struct bench *b, double nothing, double *log)
{
	struct fleet_options opt = *b->opt;
	struct gateway *journaled;
	char within[1024];
	bool ok;

	snprintf(within, sizeof(within), "%s/split", opt.journal);
	opt.journal = within;
	journaled = gateway_create(&opt, false);
	ok = journaled && gateway_put_guest(journaled, nothing_wasm, sizeof(nothing_wasm), "#");
	if (ok)
		*log = fastest(b, STAGE_NOTHING, journaled, NULL) - nothing;
	gateway_destroy(journaled);
	return ok;
}

static bool measure(struct bench *b, struct split *out)
{
	const size_t ring_bytes = ew_ring_size(1u << 20);
	struct fleet_options plain = *b->opt;
	struct gateway *nothing;
	double empty;
	struct ew_ring *ring = NULL;
	void *memory = malloc(ring_bytes);
	bool ok;

	plain.journal = NULL;
	nothing = gateway_create(&plain, false);
	ok = nothing && memory &&
	     gateway_put_guest(nothing, nothing_wasm, sizeof(nothing_wasm), "#") &&
	     ew_ring_init(memory, ring_bytes, NULL, &ring) == EW_OK;

	if (ok) {
		out->total = fastest(b, STAGE_TOTAL, nothing, ring);
		out->queue = fastest(b, STAGE_RING, nothing, ring);
		empty = fastest(b, STAGE_NOTHING, nothing, ring);
		out->dispatch = empty - out->queue;
		out->inference = fastest(b, STAGE_MODEL, nothing, ring);
		ok = !b->opt->journal || measure_log(b, empty, &out->log);
		out->guest = out->total - out->queue - out->dispatch - out->inference - out->log;
		out->features_native = fastest(b, STAGE_FEATURES, nothing, ring);
	}
	gateway_destroy(nothing);
	free(memory);
	return ok;
}

bool split_measure(const struct fleet_options *opt, struct source *source,
		   struct gateway *gateway, struct split *out)
{
	struct bench b = { .opt = opt, .raw = source_is_raw(source), .gateway = gateway };
	bool ok;

	memset(out, 0, sizeof(*out));
	if (!native_open(&b.native, gateway_model(gateway)))
		return false;
	ok = keep(&b, source) && ask(&b, gateway_model(gateway)) && measure(&b, out);
	for (uint32_t i = 0; b.kept && i < b.count; i++)
		free(b.kept[i].bytes);
	free(b.kept);
	free(b.questions);
	native_close(&b.native);
	return ok;
}
