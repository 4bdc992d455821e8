/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * answers.c - everything that a node asks of its host whose answer nobody can foresee: clocks, entropy, whether an output
 * was taken, the local rule, and where a call was interrupted.  While recording, the host is asked and the answer noted;
 * in a replay it is read.
 */
#include "base/le.h"
#include "node/journal.h"

#if EW_CONFIG_NODE

#define ANSWER_MOST 24u /* a tag, a status and two numbers */

/* ---- writing ---------------------------------------------------------------------------------- */

void ewi_answers_flush(struct ewi_journal *j)
{
	struct ew_event e = {.time_ns = j->base.node->now_ns, .data_bytes = j->answer_bytes};

	if (j->answer_bytes == 0)
		return;
	j->answer_bytes = 0;
	ewi_journal_put(j, EW_JOURNAL_ANSWERS, &e, NULL, j->answers);
}

/* The next answer goes here; at most `bytes` beyond ANSWER_MOST. */
static uint8_t *place(struct ewi_journal *j, uint32_t bytes)
{
	if (sizeof(j->answers) - j->answer_bytes < ANSWER_MOST + bytes)
		ewi_answers_flush(j);
	return j->answers + j->answer_bytes;
}

static uint8_t *number(uint8_t *p, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	return p;
}

static void took(struct ewi_journal *j, const uint8_t *end)
{
	j->answer_bytes = (uint32_t)(end - j->answers);
}

static void note(struct ewi_journal *j, uint8_t tag, uint64_t a, uint64_t b)
{
	uint8_t *p = place(j, 0);

	*p++ = tag;
	took(j, number(number(p, a), b));
}

static void note_status(struct ewi_journal *j, uint8_t tag, enum ew_status st)
{
	uint8_t *p = place(j, 0);

	*p++ = tag | EWI_ANSWER_STATUS;
	*p++ = (uint8_t)-st;
	took(j, p);
}

/* ---- reading ---------------------------------------------------------------------------------- */

static bool read_number(struct ewi_answers *a, uint64_t *out)
{
	*out = 0;
	for (unsigned shift = 0; a->p < a->end && shift < 64; shift += 7) {
		uint8_t byte = *a->p++;

		*out |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

/* Over an answer, as far as it is whole; its tag and numbers. */
static uint8_t step_over(struct ewi_answers *a, uint64_t *first, uint64_t *second)
{
	uint8_t tag = a->p < a->end ? *a->p++ : 0;
	bool whole = true;

	*first = *second = 0;
	if (tag & EWI_ANSWER_STATUS) {
		whole = a->p < a->end;
		a->p += whole;
	} else if (tag) {
		whole = read_number(a, first);
		if ((tag == EWI_ANSWER_RANDOM || tag == EWI_ANSWER_LOAD || tag == EWI_ANSWER_VOUCH) && whole) {
			whole = *first <= (uint64_t)(a->end - a->p);
			a->p += whole ? *first : 0;
		} else if (tag > EWI_ANSWER_RANDOM && whole) {
			whole = read_number(a, second);
		}
	}
	if (!whole)
		a->p = a->end;
	return whole ? tag : 0;
}

bool ewi_answers_interrupt(struct ewi_answers all, const uint64_t *call, uint64_t *used)
{
	uint64_t n;
	uint8_t tag;

	while ((tag = step_over(&all, &n, used)) != 0)
		if (tag == EWI_ANSWER_INTERRUPT && (!call || n == *call))
			return true;
	return false;
}

/* What is next, interruptions apart: they are looked up when the call begins. */
static struct ewi_answers *upcoming(struct ewi_journal *j)
{
	struct ewi_answers *a = ewi_replay_answers(j->replay);
	uint64_t n, used;

	while (a->p < a->end && *a->p == EWI_ANSWER_INTERRUPT)
		step_over(a, &n, &used);
	return a;
}

/* The answer to a question of this kind; a failure that was recorded, or none where another one stands. */
static enum ew_status next(struct ewi_journal *j, uint8_t tag, const char *what)
{
	struct ewi_answers *a = upcoming(j);

	if (a->p < a->end && *a->p == tag) {
		a->p++;
		return EW_OK;
	}
	if (a->end - a->p >= 2 && *a->p == (tag | EWI_ANSWER_STATUS)) {
		a->p += 2;
		return (enum ew_status)-a->p[-1];
	}
	ewi_replay_parted(j->replay, what);
	return EW_ERR_STATE;
}

/* The group's n-th emission or input: is it the one that the next answer is about? */
static bool about(struct ewi_journal *j, uint8_t tag, uint64_t n, uint64_t *value)
{
	struct ewi_answers *a = upcoming(j), look = *a;
	uint64_t which;

	if (step_over(&look, &which, value) != tag || which != n)
		return false;
	*a = look;
	return true;
}

/* ---- questions -------------------------------------------------------------------------------- */

static enum ew_status read_clock(struct ewi_journal *j, uint32_t id, uint64_t *ns)
{
	enum ew_status st = next(j, (uint8_t)(EWI_ANSWER_CLOCK + id), "it asks for the time where it did not");
	uint64_t zigzag;

	if (st == EW_OK && !read_number(ewi_replay_answers(j->replay), &zigzag))
		st = EW_ERR_STATE;
	if (st == EW_OK)
		*ns = j->clock[id] + (zigzag >> 1 ^ (0 - (zigzag & 1)));
	return st;
}

enum ew_status ewi_answer_clock(struct ewi_recorder *r, uint32_t id, uint64_t *ns)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	uint8_t tag = (uint8_t)(EWI_ANSWER_CLOCK + id);
	enum ew_status st;
	uint64_t delta;

	if (id > 1)
		return EW_ERR_UNSUPPORTED;
	st = j->replay ? read_clock(j, id, ns) : r->node->host.clock(r->node->user, id, ns);
	if (st != EW_OK) {
		note_status(j, tag, st);
		return st;
	}
	delta = *ns - j->clock[id];
	j->clock[id] = *ns;
	{
		uint8_t *p = place(j, 0);

		*p++ = tag;
		took(j, number(p, delta << 1 ^ (0 - (delta >> 63))));
	}
	return EW_OK;
}

/* An answer that is so many bytes. */
static enum ew_status read_bytes(struct ewi_journal *j, uint8_t tag, const char *unasked, void *out, size_t bytes)
{
	enum ew_status st = next(j, tag, unasked);
	struct ewi_answers *a = ewi_replay_answers(j->replay);
	uint64_t n;

	if (st != EW_OK)
		return st;
	if (!read_number(a, &n) || n != bytes || n > (uint64_t)(a->end - a->p)) {
		ewi_replay_parted(j->replay, "it asks for another amount of bytes");
		return EW_ERR_STATE;
	}
	memcpy(out, a->p, bytes);
	a->p += bytes;
	return EW_OK;
}

static void note_bytes(struct ewi_journal *j, uint8_t tag, const void *bytes, uint32_t size)
{
	uint8_t *p = place(j, size);

	*p++ = tag;
	p = number(p, size);
	memcpy(p, bytes, size);
	took(j, p + size);
}

enum ew_status ewi_answer_random(struct ewi_recorder *r, void *out, size_t bytes)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	uint8_t *to = out;

	while (bytes) {
		size_t n = bytes < EWI_RANDOM_PIECE ? bytes : EWI_RANDOM_PIECE;
		enum ew_status st = j->replay ? read_bytes(j, EWI_ANSWER_RANDOM, "it asks for entropy where it did not", to, n) :
						r->node->host.random(r->node->user, to, n);

		if (st != EW_OK) {
			note_status(j, EWI_ANSWER_RANDOM, st);
			return st;
		}
		note_bytes(j, EWI_ANSWER_RANDOM, to, (uint32_t)n);
		to += n;
		bytes -= n;
	}
	return EW_OK;
}

enum ew_status ewi_answer_emit(struct ewi_recorder *r, const struct ewi_version *v, const struct ew_event *header,
			       const void *topic, const void *data)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	uint64_t n = j->emits++, failure = 0;
	enum ew_status st;

	if (!j->replay)
		st = ewi_node_emit(r->node, v, header, topic, data);
	else
		st = about(j, EWI_ANSWER_EMIT, n, &failure) ? (enum ew_status)-(int)(failure & 0xff) : EW_OK;
	if (st != EW_OK)
		note(j, EWI_ANSWER_EMIT, n, (uint64_t)-st);
	return st;
}

enum ew_status ewi_answer_kept(struct ewi_recorder *r, enum ew_status status)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	uint64_t n = j->keeps++, failure = 0;

	if (j->replay)
		status = about(j, EWI_ANSWER_KEPT, n, &failure) ? (enum ew_status)-(int)(failure & 0xff) : EW_OK;
	if (status != EW_OK)
		note(j, EWI_ANSWER_KEPT, n, (uint64_t)-status);
	return status;
}

/* The next answer, if it is a refusal: its status and its words; how many bytes, 0: none. */
static uint32_t read_refusal(struct ewi_journal *j, uint8_t out[EW_ERROR_TEXT_BYTES])
{
	struct ewi_answers *a = upcoming(j);
	uint64_t n;

	if (a->p == a->end || *a->p != EWI_ANSWER_VOUCH)
		return 0;
	a->p++;
	if (!read_number(a, &n) || n == 0 || n > (uint64_t)(a->end - a->p) || n > EW_ERROR_TEXT_BYTES || !a->p[0]) {
		ewi_replay_parted(j->replay, "an answer is cut short");
		return 0;
	}
	memcpy(out, a->p, (size_t)n);
	a->p += n;
	return (uint32_t)n;
}

/* A replay has no trust of its own. */
enum ew_status ewi_answer_vouched(struct ewi_recorder *r, enum ew_status status, struct ew_error *err)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	uint8_t what[EW_ERROR_TEXT_BYTES];
	uint32_t n = 0;

	if (j->replay) {
		n = read_refusal(j, what);
		status = n ? ewi_error(err, (enum ew_status)-what[0], 0, "%.*s", (int)n - 1, (const char *)what + 1) : EW_OK;
	} else if (status != EW_OK) {
		what[0] = (uint8_t)-status;
		n = err ? (uint32_t)strlen(err->text) : 0;
		if (n)
			memcpy(what + 1, err->text, n); /* the NUL's place is the status's */
		n++;
	}
	if (n)
		note_bytes(j, EWI_ANSWER_VOUCH, what, n);
	return status;
}

bool ewi_answer_fallback(struct ewi_recorder *r, const char *function, const struct ew_event *event)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	uint64_t taken = 0, zero;

	if (!j->replay) {
		taken = r->node->host.fallback(r->node->user, function, event);
	} else if (next(j, EWI_ANSWER_FALLBACK, "it asks the local rule where it did not") == EW_OK &&
		   (!read_number(ewi_replay_answers(j->replay), &taken) || !read_number(ewi_replay_answers(j->replay), &zero))) {
		ewi_replay_parted(j->replay, "an answer is cut short");
	}
	note(j, EWI_ANSWER_FALLBACK, taken, 0);
	return taken;
}

enum ew_status ewi_answer_load(struct ewi_recorder *r, const struct ewi_version *v, const uint8_t *sha256,
			       const void **bytes, size_t *size)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	uint8_t what[8 + EW_SHA256_BYTES];
	enum ew_status st;

	if (!j->replay) {
		st = r->node->host.load(r->node->user, v->function->name, v->version, sha256, bytes, size);
		if (st == EW_OK) {
			ewi_put_le64(what, *size);
			ew_sha256(*bytes, *size, what + 8);
		}
	} else {
		st = read_bytes(j, EWI_ANSWER_LOAD, "it loads a module where it did not", what, sizeof(what));
		if (st == EW_OK)
			st = ewi_replay_load(j->replay, v, what + 8, bytes, size);
	}
	if (st == EW_OK)
		note_bytes(j, EWI_ANSWER_LOAD, what, sizeof(what));
	else
		note_status(j, EWI_ANSWER_LOAD, st);
	return st;
}

/* ---- the functions' store --------------------------------------------------------------------- */

/*
 * What it says is its own pairs' doing, and the same in a replay; but a durable one may fail where one in RAM does not, and one
 * with other bounds is full at another time.  A change that failed has changed nothing, so it is left out.
 */
static struct ewi_journal *witness(struct ew_kv *kv, struct ew_kv **inner)
{
	struct ewi_journal *j = ((struct ewi_witness *)kv)->j;

	*inner = j->base.node->kv;
	return j;
}

/* False: this access failed, *st says how. */
static bool may_access(struct ewi_journal *j, enum ew_status *st)
{
	uint64_t failure;

	if (!j->replay || !about(j, EWI_ANSWER_KV, j->accesses, &failure))
		return true;
	*st = (enum ew_status)-(int)(failure & 0xff);
	return false;
}

static enum ew_status accessed(struct ewi_journal *j, enum ew_status st)
{
	if (st != EW_OK && st != EW_ERR_NOENT)
		note(j, EWI_ANSWER_KV, j->accesses, (uint64_t)-st);
	j->accesses++;
	return st;
}

static enum ew_status kv_get(struct ew_kv *kv, const void *key, size_t key_bytes, const void **value, size_t *value_bytes)
{
	struct ewi_journal *j = witness(kv, &kv);
	enum ew_status st;

	if (may_access(j, &st))
		st = key_bytes <= kv->max_key_bytes ? kv->ops->get(kv, key, key_bytes, value, value_bytes) : EW_ERR_INVAL;
	return accessed(j, st);
}

static enum ew_status kv_put(struct ew_kv *kv, const void *key, size_t key_bytes, const void *value, size_t value_bytes)
{
	struct ewi_journal *j = witness(kv, &kv);
	enum ew_status st;

	if (may_access(j, &st))
		st = ew_kv_put(kv, key, key_bytes, value, value_bytes);
	return accessed(j, st);
}

static enum ew_status kv_del(struct ew_kv *kv, const void *key, size_t key_bytes)
{
	struct ewi_journal *j = witness(kv, &kv);
	enum ew_status st;

	if (may_access(j, &st))
		st = ew_kv_delete(kv, key, key_bytes);
	return accessed(j, st);
}

/* Guests get, put and delete: abi/fn_kv.c.  The store is the host's, and goes on without this one. */
static const struct ewi_kv_ops witnessing = {.get = kv_get, .put = kv_put, .del = kv_del};

void ewi_answer_kv(struct ewi_journal *j)
{
	if (!j->base.node->kv)
		return;
	j->witness.base = (struct ew_kv){&witnessing, UINT32_MAX, false};
	j->witness.j = j;
	j->base.kv = &j->witness.base;
}

void ewi_answer_seq(struct ewi_journal *j, uint64_t input, struct ew_event *e)
{
	uint64_t value;

	if (j->replay)
		e->seq = about(j, EWI_ANSWER_SEQ, input, &value) ? value : j->last_seq + 1;
	if (e->seq != j->last_seq + 1)
		note(j, EWI_ANSWER_SEQ, input, e->seq);
	j->last_seq = e->seq;
}

/*
 * Interruption is looked at where fuel is, which is below 0 there: a run with one unit less than the one that was
 * interrupted had used stops at the very place.
 */
uint64_t ewi_answer_call_limit(struct ewi_recorder *r)
{
	struct ewi_journal *j = (struct ewi_journal *)r;
	uint64_t n = j->calls++, used = 0;

	j->index = 0;
	if (!j->replay || !ewi_replay_interrupt(j->replay, n, &used))
		return UINT64_MAX;
	return used ? used - 1 : 0;
}

void ewi_answer_interrupted(struct ewi_recorder *r, uint64_t used)
{
	struct ewi_journal *j = (struct ewi_journal *)r;

	note(j, EWI_ANSWER_INTERRUPT, j->calls - 1, used);
}

#endif
