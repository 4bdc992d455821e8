/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * info.c - what a loaded model says about itself.  Read from the file on demand, through the checked
 * accessors: names, descriptions and metadata are not needed to run, so a file in which only they are
 * broken still loads, and the broken ones are then not found.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/ops.h"

/* A copy of the accessor: failures of one look-up do not outlive it, and a model stays immutable. */
static struct ewi_flat open_again(const struct ew_model *m)
{
	struct ewi_flat f = m->file;

	f.failed = false;
	f.err = NULL;
	return f;
}

uint32_t ew_model_input_count(const struct ew_model *model)
{
	return model->input_count;
}

uint32_t ew_model_output_count(const struct ew_model *model)
{
	return model->output_count;
}

uint32_t ew_model_tensor_count(const struct ew_model *model)
{
	return model->tensor_count;
}

uint32_t ew_model_operator_count(const struct ew_model *model)
{
	return model->op_count;
}

size_t ew_model_size(const struct ew_model *model)
{
	return model->held_bytes;
}

uint32_t ew_model_version(const struct ew_model *model)
{
	(void)model; /* others are refused at load */
	return EWI_TFL_VERSION;
}

/* The table behind an offset that was found to be good at load. */
static struct ewi_table table_again(const struct ewi_flat *f, uint32_t at)
{
	uint32_t vtable = at - ewi_le32(f->bytes + at);

	return (struct ewi_table){at, vtable, ewi_le16(f->bytes + vtable),
				  ewi_le16(f->bytes + vtable + 2)};
}

enum ew_status ew_model_tensor_info(const struct ew_model *model, uint32_t tensor,
				    struct ew_tensor_info *out)
{
	struct ewi_flat f = open_again(model);
	const struct ewi_tensor *t;

	if (tensor >= model->tensor_count)
		return EW_ERR_INVAL;
	t = &model->tensors[tensor];
	*out = (struct ew_tensor_info){
		.type = (enum ew_tensor_type)t->type,
		.dim_count = t->rank,
		.count = t->count,
		.bytes = t->bytes,
		.scale_count = t->scale_count,
		.scale = t->scale,
		.zero_point = t->zero,
		.quantized_dim = t->quantized_dim,
		.is_const = t->data != NULL,
		.is_variable = (t->flags & EWI_TENSOR_VARIABLE) != 0,
	};
	for (uint32_t i = 0; i < t->rank; i++)
		out->dims[i] = ewi_tensor_dim(model, t, i);
	out->name = ewi_flat_string(&f, table_again(&f, t->at), TENSOR_NAME, &out->name_len);
	return EW_OK;
}

bool ew_model_has_state(const struct ew_model *model)
{
	return model->has_state;
}

enum ew_status ew_model_input_tensor(const struct ew_model *model, uint32_t index, uint32_t *tensor)
{
	if (index >= model->input_count)
		return EW_ERR_INVAL;
	*tensor = model->inputs[index];
	return EW_OK;
}

enum ew_status ew_model_output_tensor(const struct ew_model *model, uint32_t index,
				      uint32_t *tensor)
{
	if (index >= model->output_count)
		return EW_ERR_INVAL;
	*tensor = model->outputs[index];
	return EW_OK;
}

enum ew_status ew_model_input_info(const struct ew_model *model, uint32_t index,
				   struct ew_tensor_info *out)
{
	if (index >= model->input_count)
		return EW_ERR_INVAL;
	return ew_model_tensor_info(model, model->inputs[index], out);
}

enum ew_status ew_model_output_info(const struct ew_model *model, uint32_t index,
				    struct ew_tensor_info *out)
{
	if (index >= model->output_count)
		return EW_ERR_INVAL;
	return ew_model_tensor_info(model, model->outputs[index], out);
}

static bool same(const char *text, uint32_t len, const char *name)
{
	return strlen(name) == len && memcmp(text, name, len) == 0;
}

/* By the name that the first signature of the main subgraph gives a tensor, or by the tensor's own. */
static enum ew_status find(const struct ew_model *m, unsigned field, const uint32_t *list,
			   uint32_t count, const char *name, uint32_t *index)
{
	struct ewi_flat f = open_again(m);
	struct ewi_vec maps = {0, 0}, signatures = ewi_flat_vec(&f, m->root, MODEL_SIGNATURES, 4);
	uint32_t len;

	if (signatures.count) {
		struct ewi_table s = ewi_flat_element(&f, signatures, 0);

		if (ewi_flat_u32(&f, s, SIGNATURE_SUBGRAPH, 0) == 0)
			maps = ewi_flat_vec(&f, s, field, 4);
	}
	for (uint32_t i = 0; i < maps.count && !f.failed; i++) {
		struct ewi_table map = ewi_flat_element(&f, maps, i);
		const char *text = ewi_flat_string(&f, map, MAP_NAME, &len);
		uint32_t tensor = ewi_flat_u32(&f, map, MAP_TENSOR, 0);

		for (uint32_t k = 0; same(text, len, name) && k < count; k++)
			if (list[k] == tensor)
				return *index = k, EW_OK;
	}
	for (uint32_t k = 0; k < count; k++) {
		struct ew_tensor_info info;

		ew_model_tensor_info(m, list[k], &info);
		if (same(info.name, info.name_len, name))
			return *index = k, EW_OK;
	}
	return EW_ERR_NOENT;
}

enum ew_status ew_model_input_find(const struct ew_model *model, const char *name, uint32_t *index)
{
	return find(model, SIGNATURE_INPUTS, model->inputs, model->input_count, name, index);
}

enum ew_status ew_model_output_find(const struct ew_model *model, const char *name, uint32_t *index)
{
	return find(model, SIGNATURE_OUTPUTS, model->outputs, model->output_count, name, index);
}

enum ew_status ew_model_operator(const struct ew_model *model, uint32_t index,
				 struct ew_operator_info *out)
{
	const struct ewi_op *op;

	if (index >= model->op_count)
		return EW_ERR_INVAL;
	op = &model->ops[index];
	*out = (struct ew_operator_info){
		.name = op->def->name,
		.kernel = op->kernel ? op->kernel->name : op->once ? "once" : "alias",
		.code = op->def->code,
		.version = op->version,
		.input_count = op->input_count,
		.output_count = op->output_count,
		.macs = op->macs,
	};
	return EW_OK;
}

enum ew_status ew_model_operator_input(const struct ew_model *model, uint32_t op, uint32_t index,
				       int32_t *tensor)
{
	if (op >= model->op_count || index >= model->ops[op].input_count)
		return EW_ERR_INVAL;
	*tensor = model->ops[op].in[index];
	return EW_OK;
}

enum ew_status ew_model_operator_output(const struct ew_model *model, uint32_t op, uint32_t index,
					int32_t *tensor)
{
	if (op >= model->op_count || index >= model->ops[op].output_count)
		return EW_ERR_INVAL;
	*tensor = model->ops[op].out[index];
	return EW_OK;
}

const char *ew_model_description(const struct ew_model *model, size_t *len)
{
	struct ewi_flat f = open_again(model);
	uint32_t n;
	const char *text = ewi_flat_string(&f, model->root, MODEL_DESCRIPTION, &n);

	*len = n;
	return n ? text : NULL;
}

uint32_t ew_model_metadata_count(const struct ew_model *model)
{
	struct ewi_flat f = open_again(model);

	return ewi_flat_vec(&f, model->root, MODEL_METADATA, 4).count;
}

enum ew_status ew_model_metadata_at(const struct ew_model *model, uint32_t index, const char **name,
				    size_t *name_len, const uint8_t **bytes, size_t *size)
{
	struct ewi_flat f = open_again(model);
	struct ewi_vec all = ewi_flat_vec(&f, model->root, MODEL_METADATA, 4), data;
	struct ewi_table entry;
	uint32_t len, buffer;
	const char *text;

	if (index >= all.count)
		return EW_ERR_INVAL;
	entry = ewi_flat_element(&f, all, index);
	text = ewi_flat_string(&f, entry, METADATA_NAME, &len);
	buffer = ewi_flat_u32(&f, entry, METADATA_BUFFER, 0);
	if (f.failed || ewi_load_buffer(&f, model->buffers, buffer, &data, NULL) != EW_OK)
		return EW_ERR_MALFORMED;
	*name = text;
	*name_len = len;
	*bytes = model->file.bytes + data.at;
	*size = data.count;
	return EW_OK;
}

enum ew_status ew_model_metadata(const struct ew_model *model, const char *name,
				 const uint8_t **bytes, size_t *size)
{
	uint32_t count = ew_model_metadata_count(model);
	const uint8_t *data;
	const char *text;
	size_t len, n;

	for (uint32_t i = 0; i < count; i++)
		if (ew_model_metadata_at(model, i, &text, &len, &data, &n) == EW_OK &&
		    same(text, (uint32_t)len, name)) {
			*bytes = data;
			*size = n;
			return EW_OK;
		}
	return EW_ERR_NOENT;
}
#endif
