/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fn_infer.c - edge_v1: inference by model handle, on guest memory.
 *
 * An input that lies aligned in guest memory is read there by the kernels; one that does not, or whose elements
 * have the other byte order, is copied into the executor's arena first.  Outputs are copied once.
 */
#include "abi/models.h"
#include "abi/span.h"

#if EW_CONFIG_ABI

#define GUEST_INFO_BYTES 24u   /* struct edge_model_info */
#define GUEST_TENSOR_BYTES 52u /* struct edge_tensor_info */
#define GUEST_RANK 8u

static struct ewi_slot *slot_of(const struct ew_abi *abi, int32_t handle)
{
	return abi->models ? ewi_models_get(abi->models, handle) : NULL;
}

/* model_open(name, len) */
enum ew_status ewi_fn_model_open(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t len = v[1].u32;
	const char *name = ewi_span(caller, v[0].u32, len);

	ewi_pay(abi, caller, name ? len : 0);
	if (!name)
		return ewi_ret(abi, v, EDGE_FAULT);
	if (!abi->models)
		return ewi_ret(abi, v, EDGE_NOSYS);
	return ewi_ret(abi, v, ewi_models_open(abi->models, name, len));
}

/* model_info(model, info) */
enum ew_status ewi_fn_model_info(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	const struct ewi_slot *s = slot_of(abi, v[0].i32);
	uint8_t *info = ewi_span(caller, v[1].u32, GUEST_INFO_BYTES);

	ewi_pay(abi, caller, GUEST_INFO_BYTES);
	if (!info)
		return ewi_ret(abi, v, EDGE_FAULT);
	if (!s)
		return ewi_ret(abi, v, EDGE_STALE);
	ewi_put_le32(info, s->input_count);
	ewi_put_le32(info + 4, s->output_count);
	ewi_put_le32(info + 8, s->input_bytes);
	ewi_put_le32(info + 12, s->output_bytes);
	ewi_put_le32(info + 16, s->fuel);
	ewi_put_le32(info + 20, (uint32_t)strlen(s->version));
	return ewi_ret(abi, v, 0);
}

static void put_tensor(uint8_t *p, const struct ew_tensor_info *t)
{
	uint32_t scale;

	memcpy(&scale, &t->scale, sizeof(scale));
	ewi_put_le32(p, (uint32_t)t->type);
	ewi_put_le32(p + 4, (uint32_t)t->bytes);
	ewi_put_le32(p + 8, t->scale_count ? scale : 0);
	ewi_put_le32(p + 12, t->scale_count ? (uint32_t)t->zero_point : 0);
	ewi_put_le32(p + 16, t->dim_count);
	for (uint32_t i = 0; i < GUEST_RANK; i++)
		ewi_put_le32(p + 20 + 4 * i, i < t->dim_count ? t->dims[i] : 0);
}

/* model_tensor(model, output, index, info) */
enum ew_status ewi_fn_model_tensor(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	const struct ewi_slot *s = slot_of(abi, v[0].i32);
	uint32_t output = v[1].u32, index = v[2].u32;
	uint8_t *info = ewi_span(caller, v[3].u32, GUEST_TENSOR_BYTES);
	struct ew_tensor_info t;
	enum ew_status st;

	ewi_pay(abi, caller, GUEST_TENSOR_BYTES);
	if (!info)
		return ewi_ret(abi, v, EDGE_FAULT);
	if (!s)
		return ewi_ret(abi, v, EDGE_STALE);
	if (output > 1)
		return ewi_ret(abi, v, EDGE_INVAL);
	st = output ? ew_model_output_info(s->model, index, &t) :
		      ew_model_input_info(s->model, index, &t);
	if (st != EW_OK)
		return ewi_ret(abi, v, ewi_edge_error(st));
	put_tensor(info, &t);
	return ewi_ret(abi, v, 0);
}

/* model_version(model, buf, cap) */
enum ew_status ewi_fn_model_version(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	const struct ewi_slot *s = slot_of(abi, v[0].i32);
	uint32_t cap = v[2].u32;
	char *buf = ewi_span(caller, v[1].u32, cap);
	size_t len;

	ewi_pay(abi, caller, EW_MODELS_NAME_BYTES);
	if (!buf)
		return ewi_ret(abi, v, EDGE_FAULT);
	if (!s)
		return ewi_ret(abi, v, EDGE_STALE);
	len = strlen(s->version);
	if (len <= cap)
		memcpy(buf, s->version, len);
	return ewi_ret(abi, v, (int32_t)len);
}

/*
 * This guest's own executor of a model that keeps state, so that no guest sees another's.  When the table is full,
 * one of a version that its name no longer stands for gives way.
 */
static struct ew_model_exec *own_exec(struct ew_abi *abi, struct ewi_slot *s)
{
	struct ewi_stateful *room = NULL;

	for (uint32_t i = 0; i < abi->max_contexts; i++) {
		struct ewi_stateful *e = &abi->stateful[i];

		if (e->slot == s)
			return e->exec;
		if (!e->slot || (!e->slot->name_generation && (!room || room->slot)))
			room = e;
	}
	if (!room)
		return NULL;
	if (room->slot) {
		ew_model_exec_destroy(room->exec);
		room->slot->users--;
		room->slot = NULL;
	}
	if (ew_model_exec_create(&room->exec, s->model, &abi->alloc, NULL) != EW_OK)
		return NULL;
	room->slot = s;
	s->users++;
	return room->exec;
}

static enum ew_status give_input(struct ew_model_exec *exec, uint32_t index, const struct ewi_io *io,
				 const uint8_t *in, uint32_t windows)
{
	size_t bytes = (size_t)io->bytes * windows;
	struct ew_tensor_span span;
	enum ew_status st;

	if (!EW_BIG_ENDIAN || io->unit == 1) {
		st = ew_model_exec_bind_input(exec, index, in, bytes);
		if (st == EW_OK)
			return EW_OK;
	}
	st = ew_model_exec_bind_input(exec, index, NULL, 0);
	if (st == EW_OK)
		st = ew_model_exec_input(exec, index, &span);
	if (st == EW_OK)
		ewi_copy_le(span.data, in, bytes, io->unit);
	return st;
}

static enum ew_status run(struct ew_model_exec *exec, const struct ewi_slot *s, const uint8_t *in,
			  uint8_t *out, uint32_t windows)
{
	enum ew_status st = s->batch > 1 ? ew_model_exec_set_batch(exec, windows) : EW_OK;

	for (uint32_t i = 0; st == EW_OK && i < s->input_count; in += (size_t)s->io[i].bytes * windows, i++)
		st = give_input(exec, i, &s->io[i], in, windows);
	if (st == EW_OK)
		st = ew_model_exec_run(exec);
	for (uint32_t i = 0; st == EW_OK && i < s->output_count; i++) {
		const struct ewi_io *io = &s->io[s->input_count + i];
		struct ew_tensor_view view;

		st = ew_model_exec_output(exec, i, &view);
		if (st == EW_OK)
			ewi_copy_le(out, view.data, (size_t)io->bytes * windows, io->unit);
		out += (size_t)io->bytes * windows;
	}
	return st;
}

/* Windows in so many bytes of input; 0: not a whole number of them, or more than a run takes. */
static uint32_t windows_in(const struct ewi_slot *s, uint32_t in_len)
{
	uint32_t n = s->input_bytes ? in_len / s->input_bytes : 1;

	return n <= s->batch && n * s->input_bytes == in_len ? n : 0;
}

/* infer(model, in, in_len, out, cap) */
enum ew_status ewi_fn_infer(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	struct ewi_slot *s = slot_of(abi, v[0].i32);
	uint32_t in_len = v[2].u32, cap = v[4].u32;
	const uint8_t *in = ewi_span(caller, v[1].u32, in_len);
	uint8_t *out = ewi_span(caller, v[3].u32, cap);
	uint32_t windows = s ? windows_in(s, in_len) : 0;
	uint64_t out_len = s ? (uint64_t)s->output_bytes * windows : 0;
	struct ew_model_exec *exec;
	int32_t rc = 0;

	if (!in || !out)
		rc = EDGE_FAULT;
	else if (!s)
		rc = EDGE_STALE;
	else if (windows == 0)
		rc = EDGE_INVAL;
	else if (cap < out_len || out_len > INT32_MAX)
		rc = EDGE_TOOBIG;
	else if (ewi_span_overlap(v[1].u32, in_len, v[3].u32, (uint32_t)out_len))
		rc = EDGE_INVAL;
	else if (!ewi_quota_allows(abi, EW_QUOTA_INFERENCES, windows))
		rc = EDGE_QUOTA;
	if (rc < 0) {
		ewi_pay(abi, caller, 0);
		return ewi_ret(abi, v, rc);
	}
	ewi_pay(abi, caller, in_len + out_len + (uint64_t)s->fuel * EWI_FUEL_BYTES * windows);
	exec = s->exec ? s->exec : own_exec(abi, s);
	if (!exec)
		return ewi_ret(abi, v, EDGE_AGAIN);
	if (run(exec, s, in, out, windows) != EW_OK)
		return ewi_ret(abi, v, EDGE_IO);
	s->inferences += windows;
	abi->last_model = s;
	ewi_quota_use(abi, EW_QUOTA_INFERENCES, windows);
	return ewi_ret(abi, v, (int32_t)out_len);
}

#endif
