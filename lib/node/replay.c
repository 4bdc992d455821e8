/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * replay.c - a journal, once more.  A group of records is read into memory; what began it is done with a node that has
 * been made for this, whose recorder compares instead of appending; everything that comes must be what comes next in
 * the group.
 */
#include "base/le.h"
#include "edgewasm/state.h"
#include "node/journal.h"

#if EW_CONFIG_NODE

#define GROUP_BYTES (EW_CONFIG_SMALL ? 32768u : 64u << 20)
#define SETTINGS_MAX 4096u

struct ewi_replay {
	struct ew_replay_config config;
	struct ew_alloc alloc;
	struct ew_replay_report *report;
	struct ew_log_reader *rd;
	struct ew_node *node;	/* since the last START; NULL: none yet */
	struct ewi_journal *j;	/* its recorder */
	struct ew_kv *kv, *own; /* own: made here */

	/* The group. */
	uint8_t *bytes;
	size_t used, cap;
	size_t *at; /* where each record lies */
	size_t count, at_cap, next; /* next to be compared */
	uint8_t *answer_bytes;
	size_t answers_cap;
	struct ewi_answers all, answers; /* all of them; those not asked for yet */
	bool interrupts;
	size_t *from; /* where the events that came together lie: as many as a batch has */
	bool parted;
};

static const struct ew_event *record(const struct ewi_replay *r, size_t i)
{
	return (const struct ew_event *)(const void *)(r->bytes + r->at[i]);
}

static enum ew_journal_kind kind_of(const struct ew_event *e)
{
	return (enum ew_journal_kind)EW_JOURNAL_KIND(e->flags);
}

/* ---- comparing -------------------------------------------------------------------------------- */

static void parted_at(struct ewi_replay *r, const struct ew_event *e, const char *why)
{
	struct ew_replay_report *report = r->report;

	if (r->parted)
		return;
	r->parted = true;
	report->parted_seq = e->seq;
	report->parted_kind = kind_of(e);
	report->parted_time_ns = e->time_ns;
	memcpy(report->parted_trace, e->trace_id, sizeof(report->parted_trace));
	ewi_format(report->text, sizeof(report->text), "record %llu (%s): %s", (unsigned long long)e->seq,
		   ew_journal_kind_name(kind_of(e)), why);
}

void ewi_replay_parted(struct ewi_replay *r, const char *why)
{
	parted_at(r, record(r, r->next < r->count ? r->next : r->count - 1), why);
}

static const char *text_of_bytes(char *text, size_t cap, const char *what, const uint8_t *a, size_t a_bytes,
				 const uint8_t *b, size_t b_bytes)
{
	size_t i = 0;

	while (i < a_bytes && i < b_bytes && a[i] == b[i])
		i++;
	if (i == a_bytes && i == b_bytes)
		return NULL;
	if (i < a_bytes && i < b_bytes)
		ewi_format(text, cap, "%s: byte %u of %u was %02x, now %02x", what, (unsigned)i, (unsigned)a_bytes, a[i],
			   b[i]);
	else
		ewi_format(text, cap, "%s: %u bytes, now %u", what, (unsigned)a_bytes, (unsigned)b_bytes);
	return text;
}

static const char *difference(char *text, size_t cap, const struct ew_event *was, const struct ew_event *now,
			      const void *topic, const void *data)
{
	const char *why;

	if (kind_of(was) != kind_of(now)) {
		ewi_format(text, cap, "now there is a record \"%s\" %.*s", ew_journal_kind_name(kind_of(now)),
			   now->topic_bytes < 48 ? now->topic_bytes : 48, (const char *)topic ? (const char *)topic : "");
		return text;
	}
	if (was->time_ns != now->time_ns)
		return "the node's time is another";
	if (was->flags != now->flags || was->content_type != now->content_type)
		return "flags or content type";
	if (memcmp(was->trace_id, now->trace_id, sizeof(was->trace_id)) != 0)
		return "the trace id";
	why = text_of_bytes(text, cap, "topic", (const uint8_t *)ew_event_topic(was), was->topic_bytes, topic,
			    now->topic_bytes);
	return why ? why : text_of_bytes(text, cap, "data", ew_event_data(was), was->data_bytes, data, now->data_bytes);
}

void ewi_replay_compare(struct ewi_journal *j, const struct ew_event *head, const void *topic, const void *data)
{
	struct ewi_replay *r = j->replay;
	const struct ew_event *was;
	char text[160];
	const char *why;

	if (r->config.told)
		r->config.told(r->config.user, head, topic, data);
	if (r->parted)
		return;
	if (r->next == r->count) {
		ewi_format(text, sizeof(text), "behind it there is now a record \"%s\"", ew_journal_kind_name(kind_of(head)));
		ewi_replay_parted(r, text);
		return;
	}
	was = record(r, r->next);
	why = difference(text, sizeof(text), was, head, topic, data);
	if (why)
		parted_at(r, was, why);
	r->next++;
	r->report->outputs += kind_of(head) == EW_JOURNAL_OUTPUT;
	r->report->calls += kind_of(head) == EW_JOURNAL_CALL;
	r->report->inputs += kind_of(head) == EW_JOURNAL_INPUT;
}

struct ewi_answers *ewi_replay_answers(struct ewi_replay *r)
{
	return &r->answers;
}

bool ewi_replay_interrupt(struct ewi_replay *r, uint64_t call, uint64_t *used)
{
	return r->interrupts && ewi_answers_interrupt(r->all, &call, used);
}

/* ---- reading a group -------------------------------------------------------------------------- */

static bool begins(enum ew_journal_kind kind)
{
	return kind >= EW_JOURNAL_START && kind <= EW_JOURNAL_STATE;
}

/* A larger block in the place of *p; false: there is no memory. */
static bool grow(struct ewi_replay *r, void *p, size_t *cap, size_t need, size_t size)
{
	size_t more = *cap ? *cap : 64;
	void *old, *block;

	if (need <= *cap)
		return true;
	while (more < need)
		more *= 2;
	memcpy(&old, p, sizeof(old));
	block = ewi_realloc(&r->alloc, old, *cap, more, size);
	if (!block)
		return false;
	memcpy(p, &block, sizeof(block));
	*cap = more;
	return true;
}

static enum ew_status keep(struct ewi_replay *r, const struct ew_event *e)
{
	size_t bytes = (sizeof(*e) + e->topic_bytes + (size_t)e->data_bytes + 7) & ~(size_t)7;

	if (bytes > r->config.max_group_bytes || r->used > r->config.max_group_bytes - bytes)
		return EW_ERR_LIMIT;
	if (!grow(r, &r->bytes, &r->cap, r->used + bytes, 1) ||
	    !grow(r, &r->at, &r->at_cap, r->count + 1, sizeof(*r->at)))
		return EW_ERR_NOMEM;
	memcpy(r->bytes + r->used, e, sizeof(*e) + e->topic_bytes + (size_t)e->data_bytes);
	r->at[r->count++] = r->used;
	r->used += bytes;
	return EW_OK;
}

static void clear(struct ewi_replay *r)
{
	r->used = r->count = r->next = 0;
}

/* All answers of the group, one behind the other. */
static enum ew_status gather_answers(struct ewi_replay *r)
{
	size_t bytes = 0;
	uint64_t used;

	for (size_t i = 0; i < r->count; i++) {
		const struct ew_event *e = record(r, i);

		if (kind_of(e) != EW_JOURNAL_ANSWERS)
			continue;
		if (!grow(r, &r->answer_bytes, &r->answers_cap, bytes + e->data_bytes, 1))
			return EW_ERR_NOMEM;
		memcpy(r->answer_bytes + bytes, ew_event_data(e), e->data_bytes);
		bytes += e->data_bytes;
	}
	r->all = (struct ewi_answers){r->answer_bytes, r->answer_bytes};
	if (bytes)
		r->all.end += bytes;
	r->answers = r->all;
	r->interrupts = ewi_answers_interrupt(r->all, NULL, &used);
	return EW_OK;
}

/* EW_ERR_EMPTY: there is no more. */
static enum ew_status load_group(struct ewi_replay *r, struct ew_error *err)
{
	clear(r);
	for (;;) {
		const struct ew_event *e;
		enum ew_status st = ew_log_read(r->rd, &e);

		if (st == EW_ERR_EMPTY && r->count)
			r->report->unfinished++;
		if (st == EW_ERR_EMPTY)
			return st;
		if (st != EW_OK)
			return ewi_error(err, st, 0, "the journal cannot be read behind record %llu: %s",
					 (unsigned long long)r->report->last_seq,
					 st == EW_ERR_CORRUPT ? ew_log_reader_damage(r->rd)->reason : ew_status_text(st));
		if (r->config.to_seq && e->seq > r->config.to_seq && (r->count == 0 || begins(kind_of(e))))
			return EW_ERR_EMPTY;
		if (r->report->first_seq == 0) { /* not begun */
			if (kind_of(e) != EW_JOURNAL_START)
				continue;
			r->report->first_seq = e->seq;
		}
		r->report->last_seq = e->seq;
		if (kind_of(e) == EW_JOURNAL_LOST)
			return ewi_error(err, EW_ERR_CORRUPT, 0, "records that were lost when they were written are missing before record %llu",
					 (unsigned long long)e->seq);
		if (begins(kind_of(e)) && r->count) {
			r->report->unfinished++;
			clear(r);
		}
		if (kind_of(e) == 0 || (r->count == 0 && !begins(kind_of(e))))
			continue; /* somebody else's; the rest of what was not begun here */
		st = keep(r, e);
		if (st != EW_OK)
			return ewi_error(err, st, 0, "a group of records takes more than %u bytes, or there is no memory",
					 (unsigned)r->config.max_group_bytes);
		if (kind_of(e) == EW_JOURNAL_DONE)
			return gather_answers(r) == EW_OK ? EW_OK : ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
	}
}

/* ---- doing it again --------------------------------------------------------------------------- */

/* They are there so that the node asks; its recorder answers. */
static enum ew_status no_clock(void *user, uint32_t id, uint64_t *ns)
{
	(void)user, (void)id, (void)ns;
	return EW_ERR_UNSUPPORTED;
}

static enum ew_status no_random(void *user, void *out, size_t bytes)
{
	(void)user, (void)out, (void)bytes;
	return EW_ERR_UNSUPPORTED;
}

static bool no_fallback(void *user, const char *function, const struct ew_event *event)
{
	(void)user, (void)function, (void)event;
	return false;
}

static enum ew_status no_load(void *user, const char *name, const char *version, const uint8_t *sha256,
			      const void **bytes, size_t *size)
{
	(void)user, (void)name, (void)version, (void)sha256, (void)bytes, (void)size;
	return EW_ERR_UNSUPPORTED;
}

enum ew_status ewi_replay_load(struct ewi_replay *r, const struct ewi_version *v, const uint8_t *sha256,
			       const void **bytes, size_t *size)
{
	enum ew_status st = EW_ERR_NOENT;

	if (r->config.load)
		st = r->config.load(r->config.user, v->function->name, v->version, sha256, bytes, size);
	if (st != EW_OK)
		ewi_replay_parted(r, "there are no bytes for a module that was loaded on demand");
	return st;
}

static void drop_node(struct ewi_replay *r)
{
	if (r->node)
		ewi_free(&r->alloc, r->from, r->node->max_batch, sizeof(*r->from));
	ew_node_destroy(r->node);
	if (r->j)
		ewi_journal_destroy(r->j);
	r->from = NULL;
	r->node = NULL;
	r->j = NULL;
}

/* The store as the START found it; parted when it was another. */
static enum ew_status prepare_kv(struct ewi_replay *r, const struct ewi_start *s, const uint8_t want[EW_SHA256_BYTES])
{
	struct ew_kv_config c = {.struct_bytes = sizeof(c), .max_keys = s->kv_keys, .max_bytes = s->kv_bytes};
	uint8_t hash[EW_SHA256_BYTES];
	enum ew_status st;

	if (!(s->flags & EWI_START_KV))
		return EW_OK;
	if (r->kv) {
		ewi_kv_hash(r->kv, hash);
		if (memcmp(hash, want, sizeof(hash)) == 0)
			return EW_OK;
	}
	ewi_kv_hash(NULL, hash);
	if (memcmp(hash, want, sizeof(hash)) != 0 || (r->kv && r->kv != r->own)) {
		ewi_replay_parted(r, "the key-value store held something else");
		return EW_OK;
	}
	ew_kv_destroy(r->own);
	r->kv = r->own = NULL;
	st = ew_kv_ram_create(&c, &r->alloc, &r->own);
	r->kv = r->own;
	return st;
}

static enum ew_status run_start(struct ewi_replay *r, struct ew_error *err)
{
	const struct ew_event *e = record(r, 0);
	struct ew_node_host host = {.struct_bytes = sizeof(host)};
	struct ew_node_config c = {.struct_bytes = sizeof(c), .host = &host, .user = r};
	struct ewi_start s;
	enum ew_status st = ewi_start_decode(ew_event_data(e), e->data_bytes, &s);

	drop_node(r);
	if (st != EW_OK)
		return ewi_error(err, st, 0, "a journal of another version");
	st = prepare_kv(r, &s, ew_event_data(e) + EWI_START_WORDS * 4);
	if (st != EW_OK || r->parted)
		return st == EW_OK ? st : ewi_error(err, st, 0, "the key-value store cannot be made");
	host.clock = s.flags & EWI_START_CLOCK ? no_clock : NULL;
	host.random = s.flags & EWI_START_RANDOM ? no_random : NULL;
	host.fallback = s.flags & EWI_START_FALLBACK ? no_fallback : NULL;
	host.load = s.flags & EWI_START_LOAD ? no_load : NULL;
	c.max_loaded = s.max_loaded;
	if (s.cache_high && sizeof(c.cache_bytes) < 8)
		return ewi_error(err, EW_ERR_UNSUPPORTED, 0, "the node's cache is larger than this machine's memory");
	c.cache_bytes = (size_t)((uint64_t)s.cache_high << 31 << 1 | s.cache_low);
	c.trace_bytes = s.trace_bytes;
	c.kv = s.flags & EWI_START_KV ? r->kv : NULL;
	c.max_functions = s.max_functions;
	c.max_routes = s.max_routes;
	c.max_metrics = s.max_metrics;
	c.max_batch = s.max_batch;
	c.step_events = s.step_events;
	c.stack_slots = s.stack_slots;
	c.call_depth = s.call_depth;
	st = ew_node_create(&r->node, &c, &r->alloc, err);
	if (st != EW_OK)
		return st;
	ewi_node_advance(r->node, e->time_ns);
	st = ewi_journal_create(&r->j, r->node, NULL, r, s.buffer_bytes);
	r->from = ewi_alloc(&r->alloc, r->node->max_batch, sizeof(*r->from));
	if (st == EW_OK && !r->from)
		st = EW_ERR_NOMEM;
	if (st != EW_OK)
		return ewi_error(err, st, 0, "out of memory");
	r->node->recorder = &r->j->base;
	r->next = r->count;
	return EW_OK;
}

/* Events that came together: their headers as the node had them. */
static uint32_t take_together(struct ewi_replay *r, size_t *i)
{
	uint32_t n = 0;

	for (; *i < r->count && n < r->node->max_batch; ++*i) {
		struct ew_event *e = (struct ew_event *)(void *)(r->bytes + r->at[*i]);

		if (kind_of(e) != EW_JOURNAL_INPUT)
			continue;
		if (n && !(e->flags & EW_JOURNAL_TOGETHER))
			break;
		r->node->events[n++] = e;
	}
	return n;
}

/*
 * A copy of each input is judged: its record stays as it was read, to be compared.  The copies lie behind the
 * group's records.
 */
static enum ew_status copy_inputs(struct ewi_replay *r, uint32_t n)
{
	size_t *from = r->from, at = r->used, need = r->used;

	for (uint32_t i = 0; i < n; i++) {
		const struct ew_event *e = r->node->events[i];

		from[i] = (size_t)((const uint8_t *)e - r->bytes);
		need += (sizeof(*e) + e->topic_bytes + (size_t)e->data_bytes + 7) & ~(size_t)7;
	}
	if (!grow(r, &r->bytes, &r->cap, need, 1))
		return EW_ERR_NOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const struct ew_event *e = (const struct ew_event *)(const void *)(r->bytes + from[i]);
		size_t bytes = sizeof(*e) + e->topic_bytes + (size_t)e->data_bytes;
		struct ew_event *copy = (struct ew_event *)(void *)(r->bytes + at);

		memcpy(copy, e, bytes);
		copy->flags &= EW_EVENT_USER_FLAGS | EW_EVENT_CONTEXT;
		r->node->events[i] = copy;
		at += (bytes + 7) & ~(size_t)7;
	}
	return EW_OK;
}

static enum ew_status run_step(struct ewi_replay *r, bool dispatch)
{
	struct ew_node *node = r->node;
	enum ew_status st = EW_OK;
	size_t i = 1;
	uint32_t n;

	ewi_node_advance(node, record(r, 0)->time_ns);
	r->j->base.ops->step(&r->j->base, dispatch);
	node->busy = true;
	if (!dispatch)
		ewi_node_ticks(node);
	while (st == EW_OK && (n = take_together(r, &i)) != 0) {
		st = copy_inputs(r, n);
		if (st != EW_OK)
			break;
		r->j->base.ops->inputs(&r->j->base, node->events, n);
		ewi_node_judge(node, node->events, n);
	}
	node->busy = false;
	r->j->base.ops->end(&r->j->base, EW_OK);
	return st;
}

/* ---- acts ------------------------------------------------------------------------------------- */

/* What failed before any of the guest ran has changed nothing; why it failed may lie outside of the journal. */
static bool did_nothing(const struct ewi_replay *r)
{
	const struct ew_event *done = record(r, r->count - 1);
	enum ew_status st = done->data_bytes == 4 ? (enum ew_status)(int32_t)ewi_le32(ew_event_data(done)) : EW_OK;

	return r->count == 2 && st != EW_OK && st != EW_ERR_TRAP && st != EW_ERR_FUEL;
}

static enum ew_status load_bytes(struct ewi_replay *r, const struct ewi_act_record *a, const char *name,
				 const char *version, const void **bytes, size_t *size, struct ew_error *err)
{
	enum ew_status st = EW_ERR_NOENT;

	*bytes = NULL;
	*size = 0;
	if (a->size == 0)
		return EW_OK;
	if (r->config.load)
		st = r->config.load(r->config.user, name, version, a->sha256, bytes, size);
	if (st == EW_OK && *size != a->size)
		st = EW_ERR_NOENT;
	return st == EW_OK ? st : ewi_error(err, st, 0, "there are no bytes for %s@%s", name, version);
}

static enum ew_status perform(struct ewi_replay *r, uint16_t act, struct ewi_act_record *a, struct ew_error *err)
{
	struct ew_node *node = r->node;
	const char *name = a->name ? a->name : "", *other = a->other ? a->other : "";
	enum ew_status st = EW_OK;

	if (act == EWI_ACT_PUT || act == EWI_ACT_CANARY)
		st = load_bytes(r, a, a->function.name, a->function.version, &a->function.module_bytes,
				&a->function.module_size, err);
	else if (act == EWI_ACT_MODEL)
		st = load_bytes(r, a, a->model.name, a->model.version, &a->model.bytes, &a->model.size, err);
	if (st != EW_OK)
		return st;
	/* What they return is in the group's DONE, and compared there. */
	switch ((enum ewi_act)act) {
	case EWI_ACT_PUT: ew_node_function_put(node, &a->function, NULL); return EW_OK;
	case EWI_ACT_CANARY: ew_node_canary_start(node, &a->function, &a->canary, NULL); return EW_OK;
	case EWI_ACT_PROMOTE: ew_node_canary_promote(node, name); return EW_OK;
	case EWI_ACT_ROLLBACK: ew_node_function_rollback(node, name, NULL); return EW_OK;
	case EWI_ACT_REMOVE: ew_node_function_remove(node, name); return EW_OK;
	case EWI_ACT_UNLOAD: ew_node_function_unload(node, name); return EW_OK;
	case EWI_ACT_UNPARK: ew_node_function_unpark(node, name); return EW_OK;
	case EWI_ACT_ROUTE: ew_node_route_add(node, other, name, NULL); return EW_OK;
	case EWI_ACT_UNROUTE: ew_node_route_remove(node, other, name); return EW_OK;
	case EWI_ACT_MODEL: ew_node_model_put(node, &a->model, NULL); return EW_OK;
	case EWI_ACT_SELECT: ew_node_model_select(node, name, other, NULL); return EW_OK;
	case EWI_ACT_WATCH: ew_node_watch_put(node, &a->watch, NULL); return EW_OK;
	case EWI_ACT_TENANT: ew_node_tenant_put(node, &a->tenant, NULL); return EW_OK;
	case EWI_ACT_SETTING: ew_node_setting_put(node, name, other, a->value, (size_t)a->value_bytes, NULL); return EW_OK;
	}
	return ewi_error(err, EW_ERR_UNSUPPORTED, 0, "an act %u that this version does not know", (unsigned)act);
}

static enum ew_status run_act(struct ewi_replay *r, struct ew_error *err)
{
	const struct ew_event *e = record(r, 0);
	struct ew_setting *settings = NULL;
	struct ewi_act_record a;
	uint32_t needed = 0;
	enum ew_status st;

	if (did_nothing(r)) {
		r->next = r->count;
		return EW_OK;
	}
	st = ewi_act_decode(ew_event_data(e), e->data_bytes, &a, NULL, &needed);
	if (st == EW_OK && needed > SETTINGS_MAX)
		st = EW_ERR_MALFORMED;
	if (st == EW_OK && needed) {
		settings = ewi_alloc(&r->alloc, needed, sizeof(*settings));
		st = settings ? ewi_act_decode(ew_event_data(e), e->data_bytes, &a, settings, &needed) : EW_ERR_NOMEM;
	}
	ewi_node_advance(r->node, e->time_ns);
	if (st == EW_OK)
		st = perform(r, e->content_type, &a, err);
	else
		ewi_error(err, st, 0, "the act in record %llu cannot be read", (unsigned long long)e->seq);
	ewi_free(&r->alloc, settings, needed, sizeof(*settings));
	r->report->acts++;
	return st;
}

/* ---- the whole -------------------------------------------------------------------------------- */

static enum ew_status run_state(struct ewi_replay *r, enum ew_journal_kind kind, struct ew_error *err)
{
	uint8_t hash[EW_SHA256_BYTES];
	enum ew_status st;

	ewi_node_advance(r->node, record(r, 0)->time_ns);
	st = ew_node_state_hash(r->node, hash);
	if (st != EW_OK)
		return ewi_error(err, st, 0, "the state cannot be told: %s", ew_status_text(st));
	ewi_journal_single(r->j, kind, hash, sizeof(hash));
	r->report->states++;
	return EW_OK;
}

static enum ew_status run_group(struct ewi_replay *r, struct ew_error *err)
{
	enum ew_journal_kind kind = kind_of(record(r, 0));
	enum ew_status st = EW_OK;
	char text[64];

	if (r->j)
		r->j->seq = record(r, 0)->seq;
	if (kind == EW_JOURNAL_START)
		st = run_start(r, err);
	else if (kind == EW_JOURNAL_ACT)
		st = run_act(r, err);
	else if (kind == EW_JOURNAL_STEP || kind == EW_JOURNAL_DISPATCH)
		st = run_step(r, kind == EW_JOURNAL_DISPATCH);
	else
		st = run_state(r, kind, err);
	if (st != EW_OK || r->parted)
		return st;
	if (r->next != r->count) {
		ewi_format(text, sizeof(text), "now there is no such record");
		ewi_replay_parted(r, text);
		return EW_OK;
	}
	r->report->groups++;
	return EW_OK;
}

static enum ew_status run(struct ewi_replay *r, struct ew_error *err)
{
	enum ew_status st = ew_log_reader_create(r->config.log, &r->rd);

	if (st == EW_OK)
		st = ew_log_seek_seq(r->rd, r->config.from_seq);
	if (st != EW_OK)
		return ewi_error(err, st, 0, "the journal cannot be read: %s", ew_status_text(st));
	while (!r->parted) {
		st = load_group(r, err);
		if (st == EW_OK)
			st = run_group(r, err);
		if (st != EW_OK)
			break;
	}
	if (st == EW_ERR_EMPTY)
		st = r->report->first_seq ? EW_OK : ewi_error(err, EW_ERR_NOENT, 0, "there is no beginning of a node in this journal");
	if (st == EW_OK && r->node)
		st = ew_node_state_hash(r->node, r->report->state);
	return st;
}

enum ew_status ew_node_replay(const struct ew_replay_config *config, const struct ew_alloc *alloc,
			      struct ew_replay_report *report, struct ew_error *err)
{
	struct ewi_replay *r;
	enum ew_status st;

	ewi_error_clear(err);
	memset(report, 0, sizeof(*report));
	r = ewi_alloc(alloc, 1, sizeof(*r));
	if (!r)
		return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
	r->alloc = *alloc;
	r->report = report;
	if (!ewi_config_copy(&r->config, sizeof(r->config), config, config->struct_bytes) || !r->config.log) {
		ewi_free(alloc, r, 1, sizeof(*r));
		return ewi_error(err, EW_ERR_INVAL, 0, "struct_bytes or log is not set");
	}
	r->kv = r->config.kv;
	r->config.max_group_bytes = r->config.max_group_bytes ? r->config.max_group_bytes : GROUP_BYTES;
	st = run(r, err);
	drop_node(r);
	ew_kv_destroy(r->own);
	if (r->rd)
		ew_log_reader_destroy(r->rd);
	ewi_free(alloc, r->bytes, r->cap, 1);
	ewi_free(alloc, r->at, r->at_cap, sizeof(*r->at));
	ewi_free(alloc, r->answer_bytes, r->answers_cap, 1);
	ewi_free(alloc, r, 1, sizeof(*r));
	return st;
}

#endif
