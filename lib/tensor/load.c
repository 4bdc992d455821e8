/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * load.c - ew_model_load: defaults, the parts of the file in order, and the memory a model holds.
 * Tensors, operators and the plan have files of their own.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "base/alloc.h"
#include "base/error.h"
#include "tensor/model.h"

_Static_assert(sizeof(struct ewi_model_block) % 8 == 0, "what follows a block's header is aligned");

/* Aligned to 16 after the allocator's 16: the header is padded to that. */
#define HEADER_BYTES ((sizeof(struct ewi_model_block) + EW_ALIGN - 1) / EW_ALIGN * EW_ALIGN)

enum ew_status ewi_model_alloc(struct ew_model *m, size_t count, size_t size, void *out_pointer,
			       struct ew_error *err)
{
	struct ewi_model_block *block = NULL;
	unsigned char *p = NULL;
	size_t bytes;

	if (count != 0) {
		if (count > (SIZE_MAX - HEADER_BYTES) / size ||
		    count * size + HEADER_BYTES > m->config.max_model_bytes - m->held_bytes)
			return ewi_error(err, EW_ERR_LIMIT, 0,
					 "the model needs more than %zu bytes of its own",
					 m->config.max_model_bytes);
		bytes = count * size + HEADER_BYTES;
		block = ewi_alloc(&m->alloc, 1, bytes);
		if (!block)
			return ewi_error(err, EW_ERR_NOMEM, 0, "no memory for the model");
		block->next = m->blocks;
		block->bytes = bytes;
		m->blocks = block;
		m->held_bytes += bytes;
		p = (unsigned char *)block + HEADER_BYTES;
	}
	memcpy(out_pointer, &p, sizeof(p));
	return EW_OK;
}

void ew_model_free(struct ew_model *model)
{
	struct ew_alloc alloc;

	if (!model)
		return;
	alloc = model->alloc;
	while (model->blocks) {
		struct ewi_model_block *block = model->blocks;

		model->blocks = block->next;
		ewi_free(&alloc, block, 1, block->bytes);
	}
	ewi_free(&alloc, model, 1, sizeof(*model));
}

/* Zero means default; a struct of an older, shorter header counts as zeros behind its end. */
static enum ew_status fill_config(struct ew_model_config *out, const struct ew_model_config *config,
				  struct ew_error *err)
{
	struct ew_model_config c = {0};

	if (config) {
		if (config->struct_bytes < sizeof(size_t) || config->struct_bytes > sizeof(c))
			return ewi_error(err, EW_ERR_INVAL, 0,
					 "struct_bytes is not a size of struct ew_model_config");
		memcpy(&c, config, config->struct_bytes);
	}
	if (c.flags & ~(uint32_t)(EW_MODEL_SINGLE_ROUNDING | EW_MODEL_WEIGHTS_IN_PLACE))
		return ewi_error(err, EW_ERR_INVAL, 0, "unknown flags");
	if (c.max_batch > EW_MODEL_BATCH)
		return ewi_error(err, EW_ERR_LIMIT, 0, "max_batch %u, at most %u is allowed",
				 (unsigned)c.max_batch, EW_MODEL_BATCH);
	if (c.max_parts > (EW_CONFIG_PARALLEL ? EW_MODEL_PARTS : 1u))
		return ewi_error(err, EW_CONFIG_PARALLEL ? EW_ERR_LIMIT : EW_ERR_UNSUPPORTED, 0,
				 "max_parts %u, at most %u is allowed", (unsigned)c.max_parts,
				 EW_CONFIG_PARALLEL ? EW_MODEL_PARTS : 1u);
	c.max_parts = c.max_parts ? c.max_parts : 1;
	c.isa_mask = c.isa_mask ? c.isa_mask : UINT32_MAX;
	c.max_batch = c.max_batch ? c.max_batch : 1;
	c.max_tensors = c.max_tensors ? c.max_tensors : EW_MODEL_TENSORS;
	c.max_operators = c.max_operators ? c.max_operators : EW_MODEL_OPERATORS;
	c.max_arena_bytes = c.max_arena_bytes ? c.max_arena_bytes : EW_MODEL_ARENA_BYTES;
	c.max_model_bytes = c.max_model_bytes ? c.max_model_bytes : EW_MODEL_BYTES;
	*out = c;
	return EW_OK;
}

static enum ew_status read_file(struct ew_model *m, const void *bytes, size_t size,
				struct ew_error *err)
{
	struct ewi_flat *f = &m->file;
	struct ewi_vec subgraphs;
	uint32_t version;

	if (!ewi_flat_open(f, bytes, size, EWI_TFL_IDENTIFIER, err))
		return EW_ERR_MALFORMED;
	m->root = ewi_flat_root(f);
	version = ewi_flat_u32(f, m->root, MODEL_VERSION, 0);
	if (!f->failed && version != EWI_TFL_VERSION)
		return ewi_error(err, EW_ERR_UNSUPPORTED, m->root.at, "schema version %u, not %u",
				 (unsigned)version, EWI_TFL_VERSION);
	subgraphs = ewi_flat_vec(f, m->root, MODEL_SUBGRAPHS, 4);
	m->buffers = ewi_flat_vec(f, m->root, MODEL_BUFFERS, 4);
	if (!f->failed && subgraphs.count == 0)
		return ewi_error(err, EW_ERR_INVALID, m->root.at, "a file without a model");
	if (!f->failed)
		m->main = ewi_flat_element(f, subgraphs, 0);
	return f->failed ? EW_ERR_MALFORMED : EW_OK;
}

enum ew_status ew_model_load(struct ew_model **out, const void *bytes, size_t size,
			     const struct ew_model_config *config, const struct ew_alloc *alloc,
			     struct ew_error *err)
{
	struct ew_model_config c;
	struct ew_error local;
	struct ew_model *m;
	enum ew_status st;

	*out = NULL;
	err = err ? err : &local;
	ewi_error_clear(err);
	st = fill_config(&c, config, err);
	if (st != EW_OK)
		return st;
	if (c.max_model_bytes < sizeof(*m))
		return ewi_error(err, EW_ERR_LIMIT, 0, "the model itself takes %zu bytes",
				 sizeof(*m));
	m = ewi_alloc(alloc, 1, sizeof(*m));
	if (!m)
		return ewi_error(err, EW_ERR_NOMEM, 0, "no memory for the model");
	m->alloc = *alloc;
	m->config = c;
	m->held_bytes = sizeof(*m);
	m->set = c.operators ? c.operators : &ew_operators;
	st = read_file(m, bytes, size, err);
	if (st == EW_OK)
		st = ewi_load_parts(m, err);
	if (st == EW_OK)
		st = ewi_load_tensors(m, err);
	if (st == EW_OK) {
		/* Virtual machines take microseconds over CPUID: not for plain C, nor for a file that is none. */
		if (c.isa_mask & ~(uint32_t)EW_ISA_SCALAR)
			m->features = ewi_cpu_features() & c.isa_mask;
		st = ewi_load_operators(m, err);
	}
	if (st == EW_OK && m->has_state && m->config.max_batch > 1)
		st = ewi_error(err, EW_ERR_UNSUPPORTED, m->main.at,
			       "a batch of a model with state: its windows depend on each other");
	if (st == EW_OK)
		st = ewi_plan(m, err);
	m->file.err = NULL;
	if (st != EW_OK) {
		ew_model_free(m);
		return err->status; /* of the first report: what follows a damaged field may be told otherwise */
	}
	*out = m;
	return EW_OK;
}
#endif
