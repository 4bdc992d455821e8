/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* metrics.c - what functions count, and latency histograms, all in fixed memory. */
#include "node/node.h"

#if EW_CONFIG_NODE

enum { COUNTER, GAUGE, HISTOGRAM };

/* ---- log-linear histograms -------------------------------------------------------------------- */

#define STEPS (1u << EW_HISTOGRAM_BITS) /* to each doubling */

static uint32_t bucket_of(uint64_t value)
{
	uint32_t e, b;

	if (value < STEPS)
		return (uint32_t)value;
	e = 63 - (uint32_t)ewi_clz64(value);
	b = STEPS * (e - EW_HISTOGRAM_BITS + 1) + ((uint32_t)(value >> (e - EW_HISTOGRAM_BITS)) & (STEPS - 1));
	return b < EW_HISTOGRAM_BUCKETS ? b : EW_HISTOGRAM_BUCKETS - 1;
}

/* The largest value of a bucket. */
static uint64_t bucket_top(uint32_t b)
{
	if (b < STEPS)
		return b;
	return ((uint64_t)(STEPS + 1 + b % STEPS) << (b / STEPS - 1)) - 1;
}

void ew_histogram_add(struct ew_histogram *h, uint64_t value)
{
	h->count++;
	h->sum += value;
	if (value > h->max)
		h->max = value;
	h->bucket[bucket_of(value)]++;
}

uint64_t ew_histogram_quantile(const struct ew_histogram *h, uint32_t per_mille)
{
	uint64_t rank, seen = 0;

	if (h->count == 0)
		return 0;
	if (per_mille > 1000)
		per_mille = 1000;
	/* Split, so that no count overflows: ceil(count * per_mille / 1000), at least 1. */
	rank = h->count / 1000 * per_mille + (h->count % 1000 * per_mille + 999) / 1000;
	if (rank == 0)
		rank = 1;
	for (uint32_t b = 0; b < EW_HISTOGRAM_BUCKETS - 1; b++) {
		seen += h->bucket[b];
		if (seen >= rank)
			return bucket_top(b) < h->max ? bucket_top(b) : h->max;
	}
	return h->max;
}

/* ---- what guests define ----------------------------------------------------------------------- */

enum ew_status ewi_metric_define(struct ew_node *node, struct ewi_function *f, uint32_t kind,
				 const char *name, size_t len, uint32_t *id)
{
	struct ewi_metric *room = NULL;

	for (uint32_t i = 0; i < node->max_metrics; i++) {
		struct ewi_metric *m = &node->metrics[i];

		if (m->function == f && ewi_name_is(m->name, name, len)) {
			*id = i;
			return m->kind == kind ? EW_OK : EW_ERR_TYPE;
		}
		if (!m->function && !room)
			room = m;
	}
	if (!room || len >= sizeof(room->name))
		return EW_ERR_FULL;
	if (kind == HISTOGRAM) {
		room->bucket = ewi_alloc(&node->alloc, EWI_METRIC_BUCKETS, sizeof(*room->bucket));
		if (!room->bucket)
			return EW_ERR_NOMEM;
	}
	memcpy(room->name, name, len);
	room->kind = kind;
	room->function = f;
	*id = (uint32_t)(room - node->metrics);
	return EW_OK;
}

static struct ewi_metric *metric_of(struct ew_node *node, const struct ewi_function *f, uint32_t id)
{
	return id < node->max_metrics && node->metrics[id].function == f ? &node->metrics[id] : NULL;
}

enum ew_status ewi_metric_add(struct ew_node *node, const struct ewi_function *f, uint32_t id,
			      int64_t delta)
{
	struct ewi_metric *m = metric_of(node, f, id);

	if (!m || m->kind == HISTOGRAM || (m->kind == COUNTER && delta < 0))
		return EW_ERR_INVAL;
	if (m->kind == GAUGE)
		m->value += (double)delta;
	else
		m->count = delta > INT64_MAX - m->count ? INT64_MAX : m->count + delta;
	return EW_OK;
}

/* floor(log2(value)) + 32 within the buckets, read off the exponent field: no libm. */
static uint32_t power_of(double value)
{
	uint64_t bits;
	int32_t e;

	if (!(value > 0))
		return 0;
	memcpy(&bits, &value, sizeof(bits));
	e = (int32_t)(bits >> 52 & 0x7ff) - 1023 + 32;
	return e < 0 ? 0 : e >= (int32_t)EWI_METRIC_BUCKETS ? EWI_METRIC_BUCKETS - 1 : (uint32_t)e;
}

enum ew_status ewi_metric_record(struct ew_node *node, const struct ewi_function *f, uint32_t id,
				 double value)
{
	struct ewi_metric *m = metric_of(node, f, id);

	if (!m || m->kind == COUNTER)
		return EW_ERR_INVAL;
	if (m->kind == GAUGE) {
		m->value = value;
		return EW_OK;
	}
	m->min = m->count == 0 || value < m->min ? value : m->min;
	m->max = m->count == 0 || value > m->max ? value : m->max;
	m->value += value;
	m->count++;
	m->bucket[power_of(value)]++;
	return EW_OK;
}

void ewi_metrics_drop(struct ew_node *node, const struct ewi_function *function)
{
	for (uint32_t i = 0; node->metrics && i < node->max_metrics; i++) {
		struct ewi_metric *m = &node->metrics[i];

		if (!m->function || m->function != function)
			continue;
		ewi_free(&node->alloc, m->bucket, EWI_METRIC_BUCKETS, sizeof(*m->bucket));
		memset(m, 0, sizeof(*m));
	}
}

enum ew_status ew_node_metric_at(const struct ew_node *node, uint32_t index, struct ew_metric *out)
{
	for (uint32_t i = 0; i < node->max_metrics; i++) {
		const struct ewi_metric *m = &node->metrics[i];

		if (!m->function || index-- > 0)
			continue;
		out->function = m->function->name;
		out->name = m->name;
		out->kind = m->kind;
		out->count = m->count;
		out->value = m->value;
		out->min = m->min;
		out->max = m->max;
		out->bucket = m->bucket;
		return EW_OK;
	}
	return EW_ERR_NOENT;
}

#endif
