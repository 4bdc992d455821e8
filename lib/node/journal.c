/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * journal.c - records of what happens in a node, gathered in memory and appended group by group.  What the host
 * answered is answers.c's, which events are judged intake.c's.
 */
#include "node/journal.h"
#include "base/le.h"

#if EW_CONFIG_NODE

#define BUFFER_LEAST 512u
#define RECORD_LEAST 48u /* the header alone */

const char *ew_journal_kind_name(enum ew_journal_kind kind)
{
	static const char names[EW_JOURNAL_KINDS][10] = {"none",   "start",  "stop", "step",   "dispatch", "act",  "state",
							 "input",  "output", "call", "report", "answers",  "lost", "done"};

	return (unsigned)kind < EW_JOURNAL_KINDS ? names[kind] : "unknown";
}

/* ---- appending -------------------------------------------------------------------------------- */

static void forget(struct ewi_journal *j, uint32_t count)
{
	j->count -= count;
	memmove(j->list, j->list + count, j->count * sizeof(*j->list));
	if (j->count == 0)
		j->used = 0;
}

/* Say how many records are missing, before others follow. */
static enum ew_status tell_lost(struct ewi_journal *j)
{
	struct ew_event e = {.flags = (uint32_t)EW_JOURNAL_LOST << 16, .time_ns = j->base.node->now_ns, .data_bytes = 8};
	uint8_t data[8];
	enum ew_status st;

	if (j->lost == 0)
		return EW_OK;
	ewi_put_le64(data, j->lost);
	st = ew_log_append(j->log, &e, NULL, data, NULL);
	if (st == EW_OK)
		j->lost = 0;
	return st;
}

static void lose(struct ewi_journal *j, uint64_t records)
{
	j->lost += records;
	j->stats.lost_records += records;
}

/* Everything that waits, to the log.  One record that is too large for it is lost; the others go on. */
static enum ew_status flush(struct ewi_journal *j)
{
	enum ew_status st = j->log ? EW_OK : EW_ERR_UNSUPPORTED;
	struct ew_log_stat stat;

	while (j->count && st == EW_OK) {
		uint32_t done = 0;

		st = tell_lost(j);
		if (st != EW_OK)
			break;
		st = ew_log_append_batch(j->log, j->list, j->count, &done);
		j->stats.appends++;
		forget(j, done);
		if (st == EW_ERR_TOOBIG && j->count) {
			lose(j, 1);
			forget(j, 1);
			st = EW_OK;
		}
	}
	if (j->log && (st != EW_OK || j->lost || j->stats.status != EW_OK)) {
		ew_log_stat(j->log, &stat);
		j->seq = stat.next_seq + j->count;
	}
	j->stats.status = st;
	j->stats.waiting = j->count;
	j->base.stopped = st != EW_OK && j->required;
	return st;
}

/* Room for a record in the buffer: what waits is written, or lost. */
static bool make_room(struct ewi_journal *j, uint32_t bytes)
{
	if (bytes <= j->cap - j->used && j->count < j->list_cap)
		return true;
	if (flush(j) != EW_OK && j->count) {
		if (j->required) /* what waits was before: it is this one that has no room */
			return false;
		lose(j, j->count);
		forget(j, j->count);
	}
	return bytes <= j->cap - j->used;
}

/* A record larger than the buffer goes to the log as it is. */
static void append_alone(struct ewi_journal *j, const struct ew_event *e, const void *topic, const void *data)
{
	enum ew_status st = j->count ? EW_ERR_FULL : tell_lost(j);

	if (st == EW_OK)
		st = ew_log_append(j->log, e, topic, data, NULL);
	j->stats.appends++;
	if (st != EW_OK)
		lose(j, 1);
}

/* tail: the last EW_JOURNAL_ID_BYTES of the data, where they are apart; NULL: they are not. */
static void store(struct ewi_journal *j, const struct ew_event *e, const void *topic, const void *data,
		  const uint8_t *tail)
{
	uint64_t bytes = RECORD_LEAST + (uint64_t)e->topic_bytes + e->data_bytes + 7;
	uint32_t first = e->data_bytes - (tail ? EW_JOURNAL_ID_BYTES : 0);
	uint8_t *p;

	if (bytes > j->cap) {
		flush(j);
		append_alone(j, e, topic, data);
		return;
	}
	bytes &= ~(uint64_t)7;
	if (!make_room(j, (uint32_t)bytes)) {
		lose(j, 1);
		return;
	}
	p = j->buf + j->used;
	j->used += (uint32_t)bytes;
	j->list[j->count++] = (const struct ew_event *)(const void *)p;
	memcpy(p, e, sizeof(*e));
	p += sizeof(*e);
	if (e->topic_bytes)
		memcpy(p, topic, e->topic_bytes);
	if (first)
		memcpy(p + e->topic_bytes, data, first);
	if (tail)
		memcpy(p + e->topic_bytes + first, tail, EW_JOURNAL_ID_BYTES);
}

static void put(struct ewi_journal *j, enum ew_journal_kind kind, const struct ew_event *head, const void *topic,
		const void *data, const uint8_t *tail)
{
	struct ew_event e = *head;

	e.flags |= (uint32_t)kind << 16;
	e.frame = 0;
	e.seq = 0;
	j->stats.records++;
	j->stats.bytes += (uint64_t)e.topic_bytes + e.data_bytes;
	if (!j->replay) {
		store(j, &e, topic, data, tail);
	} else {
		if (tail) { /* on_room has seen to it that the buffer holds it */
			memcpy(j->buf, data, e.data_bytes - EW_JOURNAL_ID_BYTES);
			memcpy(j->buf + e.data_bytes - EW_JOURNAL_ID_BYTES, tail, EW_JOURNAL_ID_BYTES);
			data = j->buf;
		}
		ewi_replay_compare(j, &e, topic, data);
	}
	j->seq++;
}

/* What began the group, if it has not been written. */
static void put_pending(struct ewi_journal *j)
{
	struct ew_event begin = {.time_ns = j->begun_ns};
	enum ew_journal_kind pending = j->pending;

	j->pending = (enum ew_journal_kind)0;
	if (pending)
		put(j, pending, &begin, NULL, NULL, NULL);
}

void ewi_journal_put(struct ewi_journal *j, enum ew_journal_kind kind, const struct ew_event *head, const void *topic,
		     const void *data)
{
	put_pending(j);
	put(j, kind, head, topic, data, NULL);
}

/* ---- groups ----------------------------------------------------------------------------------- */

/* With EW_JOURNAL_REQUIRED nothing happens before everything that did is written. */
static enum ew_status ready(struct ewi_journal *j)
{
	return j->required && !j->replay && (j->count || j->lost) ? flush(j) : EW_OK;
}

static void open_group(struct ewi_journal *j, enum ew_journal_kind pending)
{
	j->is_act = false;
	j->pending = pending;
	j->begun_ns = j->base.node->now_ns;
	j->emits = j->calls = j->inputs = j->keeps = j->accesses = j->answer_bytes = 0;
	j->clock[0] = 0;
	j->clock[1] = j->base.node->now_ns;
	j->index = 0;
	memset(j->last_trace, 0, sizeof(j->last_trace));
}

static enum ew_status on_step(struct ewi_recorder *r, bool dispatch)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	enum ew_status st = ready(j);

	if (st == EW_OK)
		open_group(j, dispatch ? EW_JOURNAL_DISPATCH : EW_JOURNAL_STEP);
	return st;
}

static enum ew_status on_act(struct ewi_recorder *r, const struct ewi_act_args *args)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	struct ew_event e = {.time_ns = r->node->now_ns, .content_type = (uint16_t)args->act};
	struct ewi_bytes b = {.alloc = &j->alloc};
	enum ew_status st = ready(j);
	const char *name = ewi_act_name(args);
	size_t name_bytes = strlen(name);

	if (st != EW_OK)
		return st;
	ewi_act_encode(&b, args);
	if (b.failed) {
		ewi_bytes_free(&b);
		return EW_ERR_NOMEM;
	}
	open_group(j, (enum ew_journal_kind)0);
	j->is_act = true;
	e.topic_bytes = (uint16_t)(name_bytes <= EW_NODE_TOPIC_BYTES ? name_bytes : EW_NODE_TOPIC_BYTES);
	e.data_bytes = (uint32_t)b.size;
	ewi_journal_put(j, EW_JOURNAL_ACT, &e, name, b.p);
	ewi_bytes_free(&b);
	j->stats.acts++;
	return EW_OK;
}

static enum ew_status on_end(struct ewi_recorder *r, enum ew_status status)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	struct ew_event e = {.time_ns = r->node->now_ns};
	uint8_t data[4];
	enum ew_status st = EW_OK;

	if (j->pending) { /* nothing happened */
		j->pending = (enum ew_journal_kind)0;
		return status;
	}
	ewi_answers_flush(j);
	if (j->is_act || r->node->held) {
		ewi_put_le32(data, j->is_act ? (uint32_t)status : r->node->held);
		e.data_bytes = sizeof(data);
	}
	ewi_journal_put(j, EW_JOURNAL_DONE, &e, NULL, data);
	if (!j->replay)
		st = flush(j);
	if (st != EW_OK && !j->required) {
		lose(j, j->count);
		forget(j, j->count);
		st = EW_OK;
	}
	j->stats.waiting = j->count;
	return status == EW_OK && !j->is_act ? st : status;
}

enum ew_status ewi_journal_single(struct ewi_journal *j, enum ew_journal_kind kind, const void *data, uint32_t bytes)
{
	struct ew_event e = {.time_ns = j->base.node->now_ns, .data_bytes = bytes};

	open_group(j, (enum ew_journal_kind)0);
	ewi_journal_put(j, kind, &e, NULL, data);
	return on_end(&j->base, EW_OK);
}

/* ---- records of a group ----------------------------------------------------------------------- */

static uint32_t on_inputs(struct ewi_recorder *r, const struct ew_event **events, uint32_t count)
{
	struct ewi_journal *j = (struct ewi_journal *)r;

	if (j->dedup)
		count = ewi_journal_fresh(j, events, count);
	for (uint32_t i = 0; i < count; i++) {
		struct ew_event e = *events[i];

		put_pending(j);
		ewi_answer_seq(j, j->inputs++, &e);
		if (j->replay) /* whose events these are */
			((struct ew_event *)(uintptr_t)events[i])->seq = e.seq;
		e.flags = (e.flags & (EW_EVENT_USER_FLAGS | EW_EVENT_CONTEXT)) | (i ? EW_JOURNAL_TOGETHER : 0);
		ewi_journal_put(j, EW_JOURNAL_INPUT, &e, ew_event_topic(events[i]), ew_event_data(events[i]));
	}
	j->stats.inputs += count;
	return count;
}

static void on_call(struct ewi_recorder *r, const struct ewi_version *v, const struct ew_event *first,
		    uint32_t count, uint32_t lost, const struct ewi_outcome *o, uint64_t fuel)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	size_t version = strlen(v->version);
	uint8_t data[24 + EW_NODE_NAME_BYTES];
	struct ew_event e = {.time_ns = r->node->now_ns, .topic_bytes = (uint16_t)strlen(v->function->name),
			     .data_bytes = (uint32_t)(24 + version)};

	if (first)
		memcpy(e.trace_id, first->trace_id, sizeof(e.trace_id));
	ewi_put_le32(data, count);
	ewi_put_le32(data + 4, lost);
	ewi_put_le32(data + 8, (uint32_t)o->status);
	ewi_put_le32(data + 12, (uint32_t)o->result);
	ewi_put_le64(data + 16, fuel);
	memcpy(data + 24, v->version, version);
	j->stats.calls++;
	ewi_journal_put(j, EW_JOURNAL_CALL, &e, v->function->name, data);
}

static void on_report(struct ewi_recorder *r, const struct ew_node_report *report)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	size_t text = strlen(report->text);
	uint8_t data[12 + EW_ERROR_TEXT_BYTES];
	struct ew_event e = {.time_ns = r->node->now_ns, .content_type = (uint16_t)report->cause,
			     .topic_bytes = (uint16_t)strlen(report->function)};

	if (text > EW_ERROR_TEXT_BYTES)
		text = EW_ERROR_TEXT_BYTES;
	if (report->event)
		memcpy(e.trace_id, report->event->trace_id, sizeof(e.trace_id));
	ewi_put_le32(data, (uint32_t)report->status);
	ewi_put_le32(data + 4, (uint32_t)report->result);
	ewi_put_le32(data + 8, report->events_lost);
	memcpy(data + 12, report->text, text);
	e.data_bytes = (uint32_t)(12 + text);
	j->stats.reports++;
	ewi_journal_put(j, EW_JOURNAL_REPORT, &e, report->function, data);
}

/* ---- outputs ---------------------------------------------------------------------------------- */

static enum ew_status on_room(struct ewi_recorder *r, const struct ew_event *header)
{
	const struct ewi_journal *j = (const struct ewi_journal *)r;
	uint64_t bytes = RECORD_LEAST + (uint64_t)header->topic_bytes + header->data_bytes + EW_JOURNAL_ID_BYTES + 7;

	return bytes <= j->cap ? EW_OK : EW_ERR_TOOBIG;
}

/* Two lanes of multiplication and rotation over 8 bytes at a time; not for adversaries. */
struct mix {
	uint64_t a, b;
};

static void mix_word(struct mix *m, uint64_t w)
{
	m->a = ewi_rotl64((m->a ^ w) * 0x9e3779b97f4a7c15u, 29);
	m->b = (ewi_rotl64(m->b, 23) + w) * 0xc2b2ae3d27d4eb4fu;
	m->b ^= m->a >> 31;
}

static void mix_bytes(struct mix *m, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint8_t last[8] = {0};

	mix_word(m, n);
	for (; n >= 8; n -= 8, p += 8)
		mix_word(m, ewi_le64(p));
	if (n) {
		memcpy(last, p, n);
		mix_word(m, ewi_le64(last));
	}
}

/* data_bytes without a trace context (trace.h), which is another one each time. */
static uint32_t payload_bytes(const struct ew_event *e, const uint8_t *data)
{
	uint32_t state;

	if (!(e->flags & EW_EVENT_CONTEXT) || e->data_bytes < EW_EVENT_CONTEXT_BYTES)
		return e->data_bytes;
	state = ewi_le16(data + e->data_bytes - 2);
	return state > e->data_bytes - EW_EVENT_CONTEXT_BYTES ? e->data_bytes :
								e->data_bytes - EW_EVENT_CONTEXT_BYTES - state;
}

static void make_id(struct ewi_journal *j, const struct ewi_version *v, const struct ew_event *e, const void *topic,
		    const void *data, uint8_t out[EW_JOURNAL_ID_BYTES])
{
	static const uint8_t none[EW_TRACE_ID_BYTES];
	struct mix m = {0x243f6a8885a308d3u, 0x13198a2e03707344u};

	if (memcmp(e->trace_id, j->last_trace, sizeof(j->last_trace)) != 0) {
		memcpy(j->last_trace, e->trace_id, sizeof(j->last_trace));
		j->index = 0;
	}
	mix_bytes(&m, e->trace_id, sizeof(e->trace_id));
	mix_bytes(&m, v->function->name, strlen(v->function->name));
	mix_word(&m, j->index++);
	if (memcmp(e->trace_id, none, sizeof(none)) == 0)
		mix_word(&m, j->seq);
	mix_bytes(&m, topic, e->topic_bytes);
	mix_bytes(&m, data, payload_bytes(e, data));
	for (int i = 0; i < 3; i++)
		mix_word(&m, 0);
	ewi_put_le64(out, m.a);
	ewi_put_le64(out + 8, m.b);
}

static void on_output(struct ewi_recorder *r, const struct ewi_version *v, const struct ew_event *header,
		      const void *topic, const void *data)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	struct ew_event e = *header;
	uint8_t id[EW_JOURNAL_ID_BYTES];

	put_pending(j);
	make_id(j, v, header, topic, data, id);
	e.flags &= EW_EVENT_USER_FLAGS | EW_EVENT_CONTEXT;
	e.data_bytes += EW_JOURNAL_ID_BYTES;
	j->stats.outputs++;
	put(j, EW_JOURNAL_OUTPUT, &e, topic, data, id);
}

/* ---- opening and closing ---------------------------------------------------------------------- */

void ewi_journal_destroy(struct ewi_journal *j)
{
	struct ew_alloc alloc = j->alloc;

	ewi_free(&alloc, j->dedup, j->dedup_bytes, 1);
	ewi_free(&alloc, j->list, j->list_cap, sizeof(*j->list));
	ewi_free(&alloc, j->buf, j->cap, 1);
	ewi_free(&alloc, j, 1, sizeof(*j));
}

static void on_close(struct ewi_recorder *r)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	uint8_t hash[EW_SHA256_BYTES];

	if (!j->replay && ew_node_state_hash(r->node, hash) == EW_OK)
		ewi_journal_single(j, EW_JOURNAL_STOP, hash, sizeof(hash));
	r->node->recorder = NULL;
	if (!j->replay)
		ewi_journal_destroy(j);
}

static const struct ewi_recorder_ops recording = {
	.step = on_step,
	.act = on_act,
	.end = on_end,
	.inputs = on_inputs,
	.call = on_call,
	.report = on_report,
	.room = on_room,
	.output = on_output,
	.clock = ewi_answer_clock,
	.random = ewi_answer_random,
	.emit = ewi_answer_emit,
	.kept = ewi_answer_kept,
	.fallback = ewi_answer_fallback,
	.load = ewi_answer_load,
	.vouched = ewi_answer_vouched,
	.call_limit = ewi_answer_call_limit,
	.interrupted = ewi_answer_interrupted,
	.close = on_close,
};

enum ew_status ewi_journal_create(struct ewi_journal **out, struct ew_node *node, struct ew_log *log,
				  struct ewi_replay *replay, uint32_t buffer_bytes)
{
	struct ewi_journal *j = ewi_alloc(&node->alloc, 1, sizeof(*j));

	*out = NULL;
	if (!j)
		return EW_ERR_NOMEM;
	j->base = (struct ewi_recorder){.ops = &recording, .node = node};
	j->alloc = node->alloc;
	j->log = log;
	j->replay = replay;
	ewi_answer_kv(j);
	j->cap = buffer_bytes & ~7u;
	j->list_cap = j->cap / (2 * sizeof(*j->list));
	j->buf = ewi_alloc(&j->alloc, j->cap, 1);
	j->list = ewi_alloc(&j->alloc, j->list_cap, sizeof(*j->list));
	if (!j->buf || !j->list) {
		ewi_journal_destroy(j);
		return EW_ERR_NOMEM;
	}
	*out = j;
	return EW_OK;
}

void ewi_start_encode(uint8_t out[EWI_START_BYTES], const struct ewi_start *s, const uint8_t kv[EW_SHA256_BYTES])
{
	const uint32_t words[EWI_START_WORDS] = {EWI_START_VERSION, s->max_functions, s->max_routes, s->max_metrics,
						 s->max_batch, s->step_events, s->stack_slots, s->call_depth,
						 s->flags, s->buffer_bytes, s->kv_keys, s->kv_bytes, s->max_loaded, s->cache_low,
						 s->cache_high, s->trace_bytes};

	for (uint32_t i = 0; i < EWI_START_WORDS; i++)
		ewi_put_le32(out + 4 * i, words[i]);
	memcpy(out + 4 * EWI_START_WORDS, kv, EW_SHA256_BYTES);
}

enum ew_status ewi_start_decode(const uint8_t *bytes, size_t size, struct ewi_start *s)
{
	uint32_t words[EWI_START_WORDS];

	if (size != EWI_START_BYTES || ewi_le32(bytes) != EWI_START_VERSION)
		return EW_ERR_UNSUPPORTED;
	for (uint32_t i = 0; i < EWI_START_WORDS; i++)
		words[i] = ewi_le32(bytes + 4 * i);
	*s = (struct ewi_start){words[1], words[2], words[3], words[4],	 words[5], words[6],
				words[7], words[8], words[9], words[10], words[11], words[12], words[13], words[14],
				words[15]};
	return s->buffer_bytes >= BUFFER_LEAST ? EW_OK : EW_ERR_UNSUPPORTED;
}

static enum ew_status put_start(struct ewi_journal *j)
{
	const struct ew_node *n = j->base.node;
	struct ewi_start s = {n->max_functions, n->max_routes, n->max_metrics, n->max_batch, n->step_events,
			      n->stack_slots, n->call_depth, 0, j->cap, 0, 0, n->max_loaded,
			      (uint32_t)n->cache_bytes, (uint32_t)((uint64_t)n->cache_bytes >> 32), n->trace_bytes};
	uint8_t kv[EW_SHA256_BYTES] = {0}, data[EWI_START_BYTES];
	struct ew_kv_stat stat;

	s.flags = (n->host.clock ? EWI_START_CLOCK : 0) | (n->host.random ? EWI_START_RANDOM : 0) |
		  (n->host.fallback ? EWI_START_FALLBACK : 0) | (n->host.load ? EWI_START_LOAD : 0);
	if (n->kv) {
		ew_kv_stat(n->kv, &stat);
		s.flags |= EWI_START_KV;
		s.kv_keys = stat.max_keys;
		s.kv_bytes = stat.max_bytes;
		ewi_kv_hash(n->kv, kv);
	}
	ewi_start_encode(data, &s, kv);
	return ewi_journal_single(j, EW_JOURNAL_START, data, sizeof(data));
}

static enum ew_status open_it(struct ew_node *node, const struct ew_journal_config *c)
{
	struct ew_log_stat stat;
	struct ewi_journal *j;
	enum ew_status st = ewi_journal_create(&j, node, c->log, NULL, c->buffer_bytes);

	if (st != EW_OK)
		return st;
	ew_log_stat(c->log, &stat);
	j->seq = stat.next_seq;
	j->required = c->flags & EW_JOURNAL_REQUIRED;
	if (c->dedup_ids)
		st = ewi_journal_remember(j, c);
	if (st == EW_OK)
		st = put_start(j);
	if (st != EW_OK) {
		ewi_journal_destroy(j);
		return st;
	}
	node->recorder = &j->base;
	return EW_OK;
}

enum ew_status ew_node_journal_open(struct ew_node *node, const struct ew_journal_config *config, struct ew_error *err)
{
	struct ew_models_entry model;
	struct ew_journal_config c;
	enum ew_status st;

	ewi_error_clear(err);
	if (!ewi_config_copy(&c, sizeof(c), config, config->struct_bytes) || !c.log)
		return ewi_error(err, EW_ERR_INVAL, 0, "struct_bytes or log is not set");
	c.buffer_bytes = c.buffer_bytes ? c.buffer_bytes : EW_JOURNAL_BYTES;
	if (c.buffer_bytes < BUFFER_LEAST || c.buffer_bytes > 1u << 30 || c.flags & ~(uint32_t)EW_JOURNAL_REQUIRED ||
	    (c.dedup_ids && !ew_dedup_size(c.dedup_ids)))
		return ewi_error(err, EW_ERR_INVAL, 0, "a journal's buffer has 512 bytes to 1 GiB, its dedup_ids are up to 2^20");
	if (node->busy || node->recorder || node->function_count || ew_models_at(node->models, 0, &model) == EW_OK)
		return ewi_error(err, EW_ERR_STATE, 0, "a journal begins in a node without journal, functions and models");
	st = open_it(node, &c);
	return st == EW_OK ? st : ewi_error(err, st, 0, "the journal cannot begin: %s", ew_status_text(st));
}

/* The journal of a node that has one; in a replay there is none to be seen. */
static struct ewi_journal *journal_of(const struct ew_node *node)
{
	struct ewi_journal *j = (struct ewi_journal *)node->recorder;

	return j && !j->replay ? j : NULL;
}

enum ew_status ew_node_journal_reopen(struct ew_node *node, struct ew_log *log)
{
	struct ewi_journal *j = journal_of(node);
	struct ew_log_stat stat;

	if (node->busy)
		return EW_ERR_STATE;
	if (!j)
		return EW_ERR_NOENT;
	j->log = log;
	ew_log_stat(log, &stat);
	j->seq = stat.next_seq + j->count;
	return flush(j);
}

enum ew_status ew_node_journal_stats(const struct ew_node *node, struct ew_journal_stats *out)
{
	const struct ewi_journal *j = journal_of(node);

	if (!j)
		return EW_ERR_NOENT;
	*out = j->stats;
	return EW_OK;
}

enum ew_status ew_node_checkpoint(struct ew_node *node)
{
	struct ewi_journal *j = journal_of(node);
	uint8_t hash[EW_SHA256_BYTES];
	enum ew_status st = j ? ready(j) : EW_ERR_NOENT;

	if (st == EW_OK)
		st = ew_node_state_hash(node, hash);
	return st == EW_OK ? ewi_journal_single(j, EW_JOURNAL_STATE, hash, sizeof(hash)) : st;
}

#endif
