/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * parts.c - finds the subgraphs that a model consists of: its first one, and those that a CALL_ONCE of it runs.
 * What is in them is tensors.c's and operators.c's.  Only their sizes are read here, and held to the limits.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "base/error.h"
#include "tensor/model.h"

static enum ew_status add_part(struct ew_model *m, struct ewi_table graph, uint32_t when,
			       struct ew_error *err)
{
	struct ewi_vec tensors = ewi_flat_vec(&m->file, graph, SUBGRAPH_TENSORS, 4);
	struct ewi_vec operators = ewi_flat_vec(&m->file, graph, SUBGRAPH_OPERATORS, 4);

	if (m->file.failed)
		return EW_ERR_MALFORMED;
	if (m->part_count == EWI_PARTS)
		return ewi_error(err, EW_ERR_LIMIT, graph.at, "more than %d subgraphs", EWI_PARTS);
	if (tensors.count > m->config.max_tensors - m->tensor_total)
		return ewi_error(err, EW_ERR_LIMIT, tensors.at,
				 "%u tensors, at most %u are allowed",
				 (unsigned)(m->tensor_total + tensors.count),
				 (unsigned)m->config.max_tensors);
	if (operators.count > m->config.max_operators - m->op_total)
		return ewi_error(err, EW_ERR_LIMIT, operators.at,
				 "%u operators, at most %u are allowed",
				 (unsigned)(m->op_total + operators.count),
				 (unsigned)m->config.max_operators);
	m->parts[m->part_count++] = (struct ewi_part){.graph = graph,
						      .tensors = m->tensor_total,
						      .tensor_count = tensors.count,
						      .ops = m->op_total,
						      .op_count = operators.count,
						      .when = when};
	m->tensor_total += tensors.count;
	m->op_total += operators.count;
	return EW_OK;
}

/* The subgraph that operator `when` of the model runs, if it is a CALL_ONCE. */
static enum ew_status follow(struct ew_model *m, struct ewi_table op, uint32_t when,
			     struct ew_error *err)
{
	struct ewi_flat *f = &m->file;
	struct ewi_vec codes = ewi_flat_vec(f, m->root, MODEL_CODES, 4);
	struct ewi_vec graphs = ewi_flat_vec(f, m->root, MODEL_SUBGRAPHS, 4);
	uint32_t code = ewi_flat_u32(f, op, OPERATOR_CODE, 0), index;

	if (f->failed || code >= codes.count ||
	    ewi_builtin_code(f, ewi_flat_element(f, codes, code)) != EWI_TFL_CODE_CALL_ONCE)
		return f->failed ? EW_ERR_MALFORMED : EW_OK;
	index = ewi_flat_u32(f, ewi_flat_table(f, op, OPERATOR_OPTIONS), CALL_ONCE_SUBGRAPH, 0);
	if (f->failed)
		return EW_ERR_MALFORMED;
	if (index == 0 || index >= graphs.count)
		return ewi_error(err, EW_ERR_INVALID, op.at,
				 "operator %u (CALL_ONCE): subgraph %u of %u", (unsigned)when,
				 (unsigned)index, (unsigned)graphs.count);
	return add_part(m, ewi_flat_element(f, graphs, index), when, err);
}

enum ew_status ewi_load_parts(struct ew_model *m, struct ew_error *err)
{
	struct ewi_vec operators = ewi_flat_vec(&m->file, m->main, SUBGRAPH_OPERATORS, 4);
	enum ew_status st = add_part(m, m->main, 0, err);

	m->tensor_count = m->tensor_total;
	m->op_count = m->op_total;
	for (uint32_t i = 0; st == EW_OK && i < operators.count; i++)
		st = follow(m, ewi_flat_element(&m->file, operators, i), i, err);
	return st;
}
#endif
