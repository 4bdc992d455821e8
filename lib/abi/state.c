/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * state.c - what an ABI keeps for its guest from call to call, besides the guest's own memory: quotas, executors of models
 * with state, wasi-nn's graphs and contexts, open files.  Told as bytes, the same on every machine, for a hash.
 */
#include "abi/models.h"

#if EW_CONFIG_ABI

struct teller {
	ewi_write_fn *write;
	void *user;
	enum ew_status st; /* the first failure */
};

static void tell_bytes(struct teller *t, const void *bytes, size_t size)
{
	if (t->st == EW_OK && size)
		t->st = t->write(t->user, bytes, size);
}

static void tell_number(struct teller *t, uint64_t v)
{
	uint8_t bytes[8];

	ewi_put_le64(bytes, v);
	tell_bytes(t, bytes, sizeof(bytes));
}

static void tell_slot(struct teller *t, const struct ewi_slot *s)
{
	tell_bytes(t, s->name, sizeof(s->name));
	tell_bytes(t, s->version, sizeof(s->version));
}

static void tell_exec(struct teller *t, const struct ew_model_exec *exec)
{
	if (t->st == EW_OK)
		t->st = ew_model_exec_state(exec, t->write, t->user);
}

static void tell_quotas(struct teller *t, const struct ew_abi *abi)
{
	for (uint32_t k = 0; k < EW_QUOTA_KINDS; k++) {
		const struct ew_bucket *b = &abi->bucket[k];

		if (!(abi->bucket_mask >> k & 1))
			continue;
		tell_number(t, b->rate);
		tell_number(t, b->tokens);
		tell_number(t, b->rest);
		tell_number(t, b->last_ns);
	}
}

/* What the guest has set and not computed yet, or computed and may still read. */
static void tell_tensors(struct teller *t, const struct ewi_context *c)
{
	uint32_t count = c->computed ? ew_model_output_count(c->model) : ew_model_input_count(c->model);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t index;
		struct ew_tensor_view view;
		struct ew_tensor_info info;

		if (!c->computed && !(c->inputs_set >> i & 1))
			continue;
		if ((c->computed ? ew_model_output_tensor(c->model, i, &index) : ew_model_input_tensor(c->model, i, &index)) != EW_OK ||
		    ew_model_tensor_info(c->model, index, &info) != EW_OK ||
		    ew_model_exec_tensor(c->exec, index, &view) != EW_OK)
			continue;
		for (size_t at = 0, unit = ewi_tensor_unit(info.type); at + unit <= view.bytes; at += unit) {
			uint8_t le[8];

			ewi_copy_le(le, (const uint8_t *)view.data + at, unit, (uint8_t)unit);
			tell_bytes(t, le, unit);
		}
	}
}

static void tell_models(struct teller *t, const struct ew_abi *abi)
{
	for (uint32_t i = 0; i < abi->max_contexts; i++) {
		const struct ewi_graph *g = &abi->graphs[i];
		const struct ewi_context *c = &abi->contexts[i];

		if (abi->stateful[i].slot) {
			tell_slot(t, abi->stateful[i].slot);
			tell_exec(t, abi->stateful[i].exec);
		}
		tell_number(t, (uint64_t)g->used << 1 | c->used);
		if (g->used && g->slot)
			tell_slot(t, g->slot);
		else if (g->used)
			tell_bytes(t, g->bytes, g->bytes_size);
		if (!c->used)
			continue;
		tell_number(t, c->computed);
		tell_number(t, c->inputs_set);
		tell_exec(t, c->exec);
		tell_tensors(t, c);
	}
}

static void tell_files(struct teller *t, const struct ew_abi *abi)
{
	tell_number(t, abi->stdio_closed);
	for (uint32_t i = 0; abi->files && i < abi->max_files; i++) {
		const struct ewi_file *f = &abi->files[i];

		tell_number(t, f->open);
		if (!f->open)
			continue;
		tell_number(t, f->offset);
		tell_number(t, (uint64_t)f->flags << 8 | f->kind);
	}
}

enum ew_status ewi_abi_state(const struct ew_abi *abi, ewi_write_fn *write, void *user)
{
	struct teller t = {write, user, EW_OK};

	tell_quotas(&t, abi);
	if (abi->graphs)
		tell_models(&t, abi);
	tell_files(&t, abi);
	return t.st;
}

#endif
