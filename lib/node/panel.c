/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* panel.c - the newest value of several sources, and what they say together. */
#include "edgewasm/watch.h"

#if EW_CONFIG_NODE
#include <string.h>

enum ew_status ew_panel_init(struct ew_panel *p, uint32_t sources, uint32_t quorum, uint64_t max_age_ns)
{
	if (sources == 0 || sources > EW_PANEL_SOURCES || quorum == 0 || quorum > sources)
		return EW_ERR_INVAL;
	memset(p, 0, sizeof(*p));
	p->sources = sources;
	p->quorum = quorum;
	p->max_age_ns = max_age_ns;
	return EW_OK;
}

enum ew_status ew_panel_put(struct ew_panel *p, uint32_t source, int32_t value, uint32_t weight,
			    uint64_t time_ns)
{
	if (source >= p->sources)
		return EW_ERR_BOUNDS;
	if (p->of[source].heard && time_ns < p->of[source].time_ns)
		return EW_OK;
	p->of[source].heard = true;
	p->of[source].value = value;
	p->of[source].weight = weight;
	p->of[source].time_ns = time_ns;
	return EW_OK;
}

/* A value from the future (a source's clock is ahead) is heard. */
static bool is_heard(const struct ew_panel *p, uint32_t i, uint64_t now_ns)
{
	return p->of[i].heard && (p->max_age_ns == 0 || now_ns <= p->of[i].time_ns ||
				  now_ns - p->of[i].time_ns <= p->max_age_ns);
}

/* The sources that have a say, by ascending value: insertion sort, 16 at most.  EMPTY: no quorum. */
static enum ew_status listen(const struct ew_panel *p, uint64_t now_ns, uint32_t *order, uint32_t *count)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->sources; i++) {
		uint32_t at = n;

		if (!is_heard(p, i, now_ns))
			continue;
		for (; at > 0 && p->of[order[at - 1]].value > p->of[i].value; at--)
			order[at] = order[at - 1];
		order[at] = i;
		n++;
	}
	*count = n;
	return n < p->quorum ? EW_ERR_EMPTY : EW_OK;
}

enum ew_status ew_panel_vote(const struct ew_panel *p, bool weighted, uint64_t now_ns,
			     struct ew_panel_verdict *out)
{
	uint32_t order[EW_PANEL_SOURCES], count;

	memset(out, 0, sizeof(*out));
	if (listen(p, now_ns, order, &count) != EW_OK)
		return EW_ERR_EMPTY;
	out->heard = count;
	for (uint32_t i = 0; i < count;) {
		int32_t value = p->of[order[i]].value;
		uint64_t votes = 0;

		for (; i < count && p->of[order[i]].value == value; i++)
			votes += weighted ? p->of[order[i]].weight : 1;
		out->of += votes;
		if (out->of == votes || votes > out->votes) { /* the first one that counts, or a better one */
			out->value = value;
			out->votes = votes;
			out->tie = false;
		} else if (votes == out->votes) {
			out->tie = true;
		}
	}
	return out->of == 0 ? EW_ERR_EMPTY : EW_OK;
}

enum ew_status ew_panel_quantile(const struct ew_panel *p, uint32_t per_mille, uint64_t now_ns,
				 int32_t *out)
{
	uint32_t order[EW_PANEL_SOURCES], count;

	if (per_mille > 1000)
		return EW_ERR_INVAL;
	if (listen(p, now_ns, order, &count) != EW_OK)
		return EW_ERR_EMPTY;
	*out = p->of[order[per_mille * (count - 1) / 1000]].value;
	return EW_OK;
}

#endif
