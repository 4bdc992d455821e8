/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * intake.c - which events a node with a journal judges: each id once, also across restarts, since the log knows which
 * were judged to the end.
 */
#include "node/journal.h"

#if EW_CONFIG_NODE

/* Records that an event may take, with its calls and outputs; where there are more, more of the log is read. */
#define RECORDS_EACH 8u

struct seen {
	uint8_t id[EW_TRACE_ID_BYTES];
	uint64_t time_ns;
};

/* Ids of a group that has not come to its DONE: the last `cap` of them. */
struct open_group {
	struct seen *seen;
	uint32_t cap;
	bool is_act;
	bool held; /* its DONE has come, but batches hold events of it */
	uint64_t count, time_ns;
};

static bool has_id(const struct ew_event *e)
{
	static const uint8_t none[EW_TRACE_ID_BYTES];

	return memcmp(e->trace_id, none, sizeof(none)) != 0;
}

uint32_t ewi_journal_fresh(struct ewi_journal *j, const struct ew_event **events, uint32_t count)
{
	uint32_t fresh = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (has_id(events[i]) &&
		    ew_dedup_add(j->dedup, events[i]->trace_id, j->base.node->now_ns) == EW_ERR_EXISTS)
			j->stats.duplicates++;
		else
			events[fresh++] = events[i];
	}
	return fresh;
}

static void group_done(struct ewi_journal *j, struct open_group *g, uint64_t *found)
{
	uint64_t first = g->count > g->cap ? g->count - g->cap : 0;

	for (uint64_t i = first; i < g->count; i++) {
		const struct seen *s = &g->seen[i % g->cap];

		*found += ew_dedup_add(j->dedup, s->id, s->time_ns) == EW_OK;
	}
	g->count = 0;
}

static void take_record(struct ewi_journal *j, struct open_group *g, const struct ew_event *e, uint64_t *found)
{
	enum ew_journal_kind kind = (enum ew_journal_kind)EW_JOURNAL_KIND(e->flags);

	if (kind == EW_JOURNAL_INPUT && has_id(e)) {
		struct seen *s = &g->seen[g->count++ % g->cap];

		memcpy(s->id, e->trace_id, sizeof(s->id));
		s->time_ns = g->time_ns;
	} else if (kind == EW_JOURNAL_DONE) {
		g->held = !g->is_act && e->data_bytes == 4;
		if (!g->held)
			group_done(j, g, found);
	} else if (kind >= EW_JOURNAL_START && kind <= EW_JOURNAL_STATE) {
		if (!g->held || kind == EW_JOURNAL_START)
			g->count = 0; /* the one before was cut off */
		g->is_act = kind == EW_JOURNAL_ACT;
		g->time_ns = e->time_ns;
	}
}

static enum ew_status read_from(struct ewi_journal *j, struct ew_log_reader *rd, uint64_t seq, struct open_group *g,
				uint64_t *found)
{
	const struct ew_event *e;
	enum ew_status st = ew_log_seek_seq(rd, seq);

	*found = g->count = 0;
	g->held = g->is_act = false;
	while (st == EW_OK) {
		st = ew_log_read(rd, &e);
		if (st == EW_OK)
			take_record(j, g, e, found);
		else if (st == EW_ERR_CORRUPT || st == EW_ERR_TOOBIG)
			st = EW_OK; /* what is not there cannot be remembered */
	}
	return st == EW_ERR_EMPTY ? EW_OK : st;
}

enum ew_status ewi_journal_remember(struct ewi_journal *j, const struct ew_journal_config *c)
{
	uint64_t back = (uint64_t)c->dedup_ids * RECORDS_EACH, found = 0, from;
	struct open_group g = {.cap = c->dedup_ids};
	struct ew_log_reader *rd = NULL;
	struct ew_log_stat stat;
	enum ew_status st = EW_ERR_NOMEM;

	ew_log_stat(c->log, &stat);
	j->dedup_bytes = ew_dedup_size(c->dedup_ids);
	j->dedup = ewi_alloc(&j->alloc, j->dedup_bytes, 1);
	g.seen = ewi_alloc(&j->alloc, g.cap, sizeof(*g.seen));
	if (j->dedup && g.seen)
		st = ew_log_reader_create(c->log, &rd);
	for (; st == EW_OK; back *= 2) {
		from = stat.next_seq - stat.first_seq > back ? stat.next_seq - back : stat.first_seq;
		st = ew_dedup_init(j->dedup, j->dedup_bytes, c->dedup_ids, c->dedup_window_ns, c->dedup_seed, &j->dedup);
		if (st == EW_OK)
			st = read_from(j, rd, from, &g, &found);
		if (from == stat.first_seq || found >= c->dedup_ids)
			break;
	}
	if (rd)
		ew_log_reader_destroy(rd);
	ewi_free(&j->alloc, g.seen, g.cap, sizeof(*g.seen));
	return st;
}

#endif
