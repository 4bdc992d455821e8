/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * uplink.c - store and forward: each lane reads the log on its own, gathers what is its into a batch, and keeps that
 * until it has been acknowledged.
 */
#include "base/le.h"
#include "edgewasm/guest.h"
#include "edgewasm/journal.h"
#include "edgewasm/store.h"
#include "edgewasm/uplink.h"
#include "node/node.h"
#include "store/gzip.h"

#if EW_CONFIG_NODE

#define LANE_BITS 2u /* of a token */
#define SEEK_RECORDS 256u /* more of them are sought past, less are read past */

struct lane {
	struct ew_uplink_lane config;
	struct ew_log_reader *rd;
	struct ew_log_item held; /* if holds: was read and did not fit; borrowed from rd */
	bool holds;
	char cursor[EW_LOG_CURSOR_NAME_BYTES];
	uint64_t acked;	  /* the cursor: events up to this need not be sent */
	uint64_t seen;	  /* and looked at, by this lane or by another one for it */
	uint64_t read;	  /* the last one that rd gave */
	bool unwritten;	  /* the peer has more than the cursor says */

	/* The batch. */
	uint8_t *raw, *packed;
	size_t raw_bytes, raw_cap, packed_bytes, packed_cap;
	uint32_t events;
	uint64_t first_seq, last_seq;
	uint64_t begun_ns;
	bool closed;	   /* nothing more is added */
	bool ready;	   /* compressed, if that is wanted: it is sent, or about to be */
	uint32_t attempts; /* 0: not sent yet */
	uint64_t send_ns;  /* when it is due */

	struct ew_uplink_stats stats;
};

struct ew_uplink {
	struct ew_alloc alloc;
	struct ew_log *log;
	uint32_t max_events, max_bytes;
	uint64_t resend_ns, origin;
	int level;
	uint32_t step_records, step_bytes; /* what one call reads, and compresses */
	struct ewi_packer *packer;
	struct lane *packing; /* whose batch it has begun */
	bool more;	      /* the last call has left something to do */
	struct ew_bucket bucket;
	bool limited, started; /* by a budget; the bucket knows the time */
	uint64_t rate, period_ns, burst;
	uint64_t budget_ns; /* when there is enough for what is due */
	struct lane lanes[EW_UPLINK_LANES];
	uint32_t lane_count;
};

/* ---- opening ---------------------------------------------------------------------------------- */

static enum ew_status open_lane(struct ew_uplink *u, uint32_t i, const char *name)
{
	struct lane *l = &u->lanes[i];
	enum ew_status st;
	uint64_t next = 1;

	ewi_format(l->cursor, sizeof(l->cursor), "%s.%u", name, (unsigned)i);
	st = ew_log_reader_create(u->log, &l->rd);
	if (st == EW_OK && ew_log_cursor_get(u->log, l->cursor, &next) != EW_OK) {
		st = ew_log_cursor_ack(u->log, l->cursor, 0);
		next = 1;
	}
	if (st == EW_OK)
		st = ew_log_seek_seq(l->rd, next);
	l->acked = l->seen = l->read = next - 1;
	return st;
}

static bool is_good(const struct ew_uplink_config *c)
{
	struct ew_bucket b;

	return c->log && c->name[0] && strlen(c->name) < EW_UPLINK_NAME_BYTES && c->lane_count <= EW_UPLINK_LANES &&
	       c->gzip_level >= 0 && c->gzip_level <= 9 &&
	       (c->rate_bytes == 0 ||
		(c->burst_bytes && ew_bucket_init(&b, c->rate_bytes, c->period_ns, c->burst_bytes, 0) == EW_OK));
}

static void drop_packer(struct ew_uplink *u)
{
	ewi_packer_destroy(u->packer);
	u->packer = NULL;
}

static enum ew_status open_all(struct ew_uplink *u, const struct ew_uplink_config *c)
{
	enum ew_status st = EW_OK;

	if (c->gzip_level) /* is there zlib? */
		st = ewi_packer_create(&u->packer, c->gzip_level, &u->alloc);
	if (!c->step_bytes) /* only who does a little at a time keeps its memory */
		drop_packer(u);
	for (uint32_t i = 0; st == EW_OK && i < u->lane_count; i++)
		st = open_lane(u, i, c->name);
	return st;
}

enum ew_status ew_uplink_open(struct ew_uplink **out, const struct ew_uplink_config *config, const struct ew_alloc *alloc,
			      struct ew_error *err)
{
	static const struct ew_uplink_lane two[2] = {{.flags = EDGE_EMIT_URGENT}, {.flags = 0}};
	struct ew_uplink_config c;
	struct ew_uplink *u;
	enum ew_status st;

	*out = NULL;
	ewi_error_clear(err);
	if (!ewi_config_copy(&c, sizeof(c), config, config->struct_bytes))
		return ewi_error(err, EW_ERR_INVAL, 0, "struct_bytes is not set");
	c.name = c.name ? c.name : "uplink";
	if (!is_good(&c) || (c.lane_count && !c.lanes))
		return ewi_error(err, EW_ERR_INVAL, 0, "an uplink needs a log, a name of 1 to 27 bytes, up to %u lanes, a level up to 9, and a burst with a rate",
				 EW_UPLINK_LANES);
	u = ewi_alloc(alloc, 1, sizeof(*u));
	if (!u)
		return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
	u->alloc = *alloc;
	u->log = c.log;
	u->max_events = c.max_batch_events ? c.max_batch_events : EW_UPLINK_BATCH_EVENTS;
	u->max_bytes = c.max_batch_bytes ? c.max_batch_bytes : EW_UPLINK_BATCH_BYTES;
	u->resend_ns = c.resend_ns ? c.resend_ns : EW_UPLINK_RESEND_NS;
	u->origin = c.origin;
	u->level = c.gzip_level;
	u->step_records = c.step_records ? c.step_records : UINT32_MAX;
	u->step_bytes = c.step_bytes ? c.step_bytes : UINT32_MAX;
	u->limited = c.rate_bytes != 0;
	u->rate = c.rate_bytes;
	u->period_ns = c.period_ns;
	u->burst = c.burst_bytes;
	u->lane_count = c.lane_count ? c.lane_count : 2;
	for (uint32_t i = 0; i < u->lane_count; i++)
		u->lanes[i].config = c.lane_count ? c.lanes[i] : two[i];
	st = open_all(u, &c);
	if (st != EW_OK) {
		ew_uplink_close(u);
		return ewi_error(err, st, 0, "the uplink cannot be opened: %s", ew_status_text(st));
	}
	*out = u;
	return EW_OK;
}

/* Records behind a cursor hold up their segments: in a log that is half full, fewer of them are much. */
static bool is_much(const struct ew_uplink *u, uint64_t records)
{
	struct ew_log_stat stat;

	if (records >= EW_UPLINK_IDLE_RECORDS || records < EW_UPLINK_IDLE_RECORDS / 32)
		return records >= EW_UPLINK_IDLE_RECORDS;
	ew_log_stat(u->log, &stat);
	return stat.bytes > stat.capacity_bytes / 2;
}

/* What has been read behind the cursor, and was not for this lane, is written down once it is much. */
static enum ew_status pass_over(struct ew_uplink *u, struct lane *l, bool all)
{
	enum ew_status st;

	if (l->events || l->seen == l->acked || !(all || l->unwritten || is_much(u, l->seen - l->acked)))
		return EW_OK;
	st = ew_log_cursor_ack(u->log, l->cursor, l->seen);
	l->unwritten = st != EW_OK;
	if (st == EW_OK)
		l->acked = l->seen;
	return st;
}

void ew_uplink_close(struct ew_uplink *u)
{
	struct ew_alloc alloc;

	if (!u)
		return;
	alloc = u->alloc;
	for (uint32_t i = 0; i < u->lane_count; i++) {
		struct lane *l = &u->lanes[i];

		if (l->rd) {
			(void)pass_over(u, l, true);
			ew_log_reader_destroy(l->rd);
		}
		ewi_free(&alloc, l->raw, l->raw_cap, 1);
		ewi_free(&alloc, l->packed, l->packed_cap, 1);
	}
	drop_packer(u);
	ewi_free(&alloc, u, 1, sizeof(*u));
}

/* ---- gathering -------------------------------------------------------------------------------- */

static bool wants(const struct ew_uplink_lane *c, const struct ew_event *e, const char *topic)
{
	if (c->flags & e->flags & EW_EVENT_USER_FLAGS)
		return true;
	for (uint32_t i = 0; i < c->pattern_count; i++)
		if (ewi_topic_matches(c->patterns[i], strlen(c->patterns[i]), topic, e->topic_bytes))
			return true;
	return false;
}

/* The lane that sends the event; NULL: it is not to be sent. */
static struct lane *lane_for(struct ew_uplink *u, const struct ew_log_item *item)
{
	const struct ew_event *e = &item->event;
	uint32_t kind = EW_JOURNAL_KIND(e->flags), i = 0;

	if (kind != 0 && (kind != EW_JOURNAL_OUTPUT || e->data_bytes < EW_JOURNAL_ID_BYTES))
		return NULL;
	while (i + 1 < u->lane_count && !wants(&u->lanes[i].config, e, item->topic))
		i++;
	return &u->lanes[i];
}

/* What one lane has looked at, the others that stand there need not read, unless it is theirs. */
static void see(struct ew_uplink *u, struct lane *l, const struct lane *whose, uint64_t seq)
{
	for (uint32_t i = 0; i < u->lane_count; i++) {
		struct lane *other = &u->lanes[i];

		if (other != whose && !other->closed && other->seen + 1 == seq)
			other->seen = seq;
	}
	l->seen = seq;
}

/* The next record that the lane has not seen. */
static enum ew_status read_on(struct ew_uplink *u, struct lane *l, struct ew_log_item *out)
{
	struct ew_log_stat stat;
	enum ew_status st = EW_OK;

	ew_log_stat(u->log, &stat);
	if (l->seen + 1 == stat.next_seq)
		return EW_ERR_EMPTY;
	if (l->seen - l->read > SEEK_RECORDS)
		st = ew_log_seek_seq(l->rd, l->seen + 1);
	while (st == EW_OK) {
		st = ew_log_next(l->rd, out);
		if (st != EW_OK)
			break;
		l->read = out->event.seq;
		if (l->read > l->seen)
			break;
	}
	return st;
}

static void make_id(const struct ew_uplink *u, const struct ew_log_item *item, uint8_t out[EW_UPLINK_ID_BYTES])
{
	const struct ew_event *e = &item->event;

	static const uint8_t none[EW_TRACE_ID_BYTES];

	if (EW_JOURNAL_KIND(e->flags) != 0) {
		memcpy(out, item->data + e->data_bytes - EW_JOURNAL_ID_BYTES, EW_UPLINK_ID_BYTES);
	} else if (memcmp(e->trace_id, none, sizeof(none)) != 0) {
		memcpy(out, e->trace_id, EW_UPLINK_ID_BYTES);
	} else {
		ewi_put_le64(out, u->origin);
		ewi_put_le64(out + 8, e->seq);
	}
}

static bool reserve(struct ew_uplink *u, uint8_t **p, size_t *cap, size_t need)
{
	uint8_t *more;

	if (need <= *cap)
		return true;
	more = ewi_realloc(&u->alloc, *p, *cap, need, 1);
	if (!more)
		return false;
	*p = more;
	*cap = need;
	return true;
}

/* EW_ERR_FULL: it belongs into the next batch. */
static enum ew_status add(struct ew_uplink *u, struct lane *l, const struct ew_log_item *item, uint64_t now_ns)
{
	const struct ew_event *e = &item->event;
	uint32_t data = e->data_bytes - (EW_JOURNAL_KIND(e->flags) ? EW_JOURNAL_ID_BYTES : 0);
	size_t bytes = (size_t)EW_UPLINK_HEAD_BYTES + e->topic_bytes + data;
	uint8_t *p;

	if (l->events && (l->events == u->max_events || bytes > u->max_bytes || l->raw_bytes > u->max_bytes - bytes))
		return EW_ERR_FULL;
	if (!reserve(u, &l->raw, &l->raw_cap, l->raw_bytes + bytes > u->max_bytes ? l->raw_bytes + bytes : u->max_bytes))
		return EW_ERR_NOMEM;
	p = l->raw + l->raw_bytes;
	make_id(u, item, p);
	memcpy(p + 16, e->trace_id, EW_TRACE_ID_BYTES);
	ewi_put_le64(p + 32, e->seq);
	ewi_put_le64(p + 40, e->time_ns);
	ewi_put_le32(p + 48, data);
	ewi_put_le16(p + 52, (uint16_t)(e->flags & EW_EVENT_USER_FLAGS));
	ewi_put_le16(p + 54, e->content_type);
	ewi_put_le16(p + 56, e->topic_bytes);
	ewi_put_le16(p + 58, (uint16_t)((e->flags & EW_EVENT_CONTEXT) >> 16));
	memcpy(p + EW_UPLINK_HEAD_BYTES, item->topic, e->topic_bytes);
	if (data)
		memcpy(p + EW_UPLINK_HEAD_BYTES + e->topic_bytes, item->data, data);
	if (l->events++ == 0) {
		l->first_seq = e->seq;
		l->begun_ns = now_ns;
	}
	l->raw_bytes += bytes;
	return EW_OK;
}

/* Read on until the batch is full, or the log ends.  last_seq: what the batch, acknowledged, takes the cursor to. */
static enum ew_status gather(struct ew_uplink *u, uint32_t lane, uint64_t now_ns)
{
	struct lane *l = &u->lanes[lane];
	enum ew_status st = EW_OK;
	uint32_t records = 0;

	while (!l->closed) {
		const struct lane *whose;

		if (records++ == u->step_records) {
			u->more = true;
			break;
		}
		if (!l->holds) {
			st = read_on(u, l, &l->held);
			if (st == EW_ERR_CORRUPT || st == EW_ERR_TOOBIG) {
				l->stats.missing += st == EW_ERR_CORRUPT ? ew_log_reader_damage(l->rd)->events : 1;
				continue;
			}
			if (st != EW_OK)
				break;
		}
		l->holds = true;
		whose = lane_for(u, &l->held);
		if (whose == l) {
			st = add(u, l, &l->held, now_ns);
			if (st == EW_ERR_NOMEM)
				return st;
			if (st == EW_ERR_FULL) {
				l->closed = true;
				break;
			}
		}
		l->holds = false;
		see(u, l, whose, l->held.event.seq);
	}
	l->last_seq = l->seen;
	if (l->events == u->max_events || (l->events && l->raw_bytes >= u->max_bytes))
		l->closed = true;
	if (!u->more && l->events && now_ns - l->begun_ns >= l->config.linger_ns && now_ns >= l->begun_ns)
		l->closed = true;
	return st == EW_ERR_EMPTY || st == EW_ERR_FULL ? EW_OK : st;
}

/* ---- sending ---------------------------------------------------------------------------------- */

/* A bit more of the batch is compressed, if that is wanted and helps.  EMPTY: not all of it yet. */
static enum ew_status pack(struct ew_uplink *u, struct lane *l)
{
	enum ew_status st = EW_OK;

	if (u->packing != l) {
		if (!u->packer)
			st = ewi_packer_create(&u->packer, u->level, &u->alloc);
		if (st == EW_OK && !reserve(u, &l->packed, &l->packed_cap, l->raw_bytes))
			st = EW_ERR_NOMEM;
		/* Into as much room as it takes without: what does not fit is not worth it. */
		if (st == EW_OK)
			st = ewi_packer_begin(u->packer, l->raw, l->raw_bytes, l->packed, l->raw_bytes);
		if (st != EW_OK)
			return st;
		u->packing = l;
	}
	st = ewi_packer_go(u->packer, u->step_bytes, &l->packed_bytes);
	if (st == EW_ERR_EMPTY)
		return st;
	u->packing = NULL;
	return st == EW_ERR_TOOBIG ? EW_OK : st;
}

/* A closed batch becomes one that can be sent. */
static enum ew_status finish(struct ew_uplink *u, struct lane *l, uint64_t now_ns)
{
	enum ew_status st = EW_OK;

	l->packed_bytes = 0;
	if (u->level)
		st = pack(u, l);
	u->more |= st == EW_ERR_EMPTY;
	if (u->packer && !u->packing && u->step_bytes == UINT32_MAX)
		drop_packer(u);
	l->ready = st == EW_OK;
	l->closed = l->ready || st == EW_ERR_EMPTY;
	l->attempts = 0;
	l->send_ns = now_ns;
	return st;
}

static enum ew_status pay(struct ew_uplink *u, size_t bytes, uint64_t now_ns)
{
	uint64_t cost = bytes < u->burst ? bytes : u->burst, wait;

	u->budget_ns = 0;
	if (!u->limited)
		return EW_OK;
	if (!u->started)
		(void)ew_bucket_init(&u->bucket, u->rate, u->period_ns, u->burst, now_ns); /* it was tried in is_good */
	u->started = true;
	if (ew_bucket_take(&u->bucket, cost, now_ns) == EW_OK)
		return EW_OK;
	wait = ew_bucket_wait_ns(&u->bucket, cost, now_ns);
	u->budget_ns = wait < UINT64_MAX - now_ns ? now_ns + wait : UINT64_MAX;
	return EW_ERR_QUOTA;
}

static enum ew_status send_lane(struct ew_uplink *u, uint32_t lane, uint64_t now_ns, struct ew_uplink_batch *out)
{
	struct lane *l = &u->lanes[lane];
	size_t size = l->packed_bytes ? l->packed_bytes : l->raw_bytes;
	enum ew_status st = pay(u, size, now_ns);

	if (st != EW_OK)
		return st;
	l->stats.resends += l->attempts > 0;
	l->stats.events += l->attempts > 0 ? 0 : l->events;
	l->attempts++;
	l->send_ns = now_ns < UINT64_MAX - u->resend_ns ? now_ns + u->resend_ns : UINT64_MAX;
	l->stats.batches++;
	l->stats.raw_bytes += l->raw_bytes;
	l->stats.sent_bytes += size;
	*out = (struct ew_uplink_batch){l->packed_bytes ? l->packed : l->raw, size, l->last_seq << LANE_BITS | lane, lane,
					l->events, l->first_seq, l->last_seq, l->packed_bytes != 0, l->attempts};
	return EW_OK;
}

enum ew_status ew_uplink_next(struct ew_uplink *u, uint64_t now_ns, struct ew_uplink_batch *out)
{
	memset(out, 0, sizeof(*out));
	u->more = false;
	if (u->packing && finish(u, u->packing, now_ns) == EW_ERR_EMPTY)
		return EW_ERR_EMPTY;
	for (uint32_t i = 0; i < u->lane_count; i++) {
		struct lane *l = &u->lanes[i];
		enum ew_status st = gather(u, i, now_ns);

		if (st == EW_OK && l->closed && !l->ready)
			st = finish(u, l, now_ns);
		if (st == EW_OK)
			(void)pass_over(u, l, false); /* what fails is tried again */
		if (st != EW_OK)
			return st;
		if (l->ready && now_ns >= l->send_ns) /* lanes behind it wait for the budget, too */
			return send_lane(u, i, now_ns, out);
		if (u->more) /* lanes behind it wait until this one has read what there is */
			return EW_ERR_EMPTY;
	}
	return EW_ERR_EMPTY;
}

static struct lane *lane_of(struct ew_uplink *u, uint64_t token)
{
	uint32_t i = (uint32_t)(token & ((1u << LANE_BITS) - 1));
	struct lane *l = &u->lanes[i];

	return i < u->lane_count && l->ready && l->attempts && l->last_seq == token >> LANE_BITS ? l : NULL;
}

enum ew_status ew_uplink_ack(struct ew_uplink *u, uint64_t token)
{
	struct lane *l = lane_of(u, token);
	enum ew_status st;

	if (!l)
		return EW_ERR_NOENT;
	l->stats.acked_events += l->events;
	l->events = 0;
	l->raw_bytes = l->packed_bytes = 0;
	l->closed = l->ready = false;
	l->attempts = 0;
	st = ew_log_cursor_ack(u->log, l->cursor, l->last_seq);
	l->unwritten = st != EW_OK;
	if (st == EW_OK)
		l->acked = l->last_seq;
	return st;
}

enum ew_status ew_uplink_nack(struct ew_uplink *u, uint64_t token, uint64_t at_ns)
{
	struct lane *l = lane_of(u, token);

	if (!l)
		return EW_ERR_NOENT;
	l->send_ns = at_ns;
	return EW_OK;
}

uint64_t ew_uplink_deadline(const struct ew_uplink *u)
{
	uint64_t at = u->more ? 0 : UINT64_MAX;

	for (uint32_t i = 0; i < u->lane_count; i++) {
		const struct lane *l = &u->lanes[i];
		uint64_t due = UINT64_MAX;

		if (l->closed)
			due = l->send_ns > u->budget_ns ? l->send_ns : u->budget_ns;
		else if (l->events && l->begun_ns < UINT64_MAX - l->config.linger_ns)
			due = l->begun_ns + l->config.linger_ns;
		if (due < at)
			at = due;
	}
	return at;
}

enum ew_status ew_uplink_stats(const struct ew_uplink *u, uint32_t lane, struct ew_uplink_stats *out)
{
	struct ew_log_stat stat;

	if (lane >= u->lane_count)
		return EW_ERR_INVAL;
	ew_log_stat(u->log, &stat);
	*out = u->lanes[lane].stats;
	out->waiting = stat.next_seq - 1 - u->lanes[lane].acked;
	return EW_OK;
}

/* ---- the peer's side -------------------------------------------------------------------------- */

enum ew_status ew_uplink_item_get(const void *bytes, size_t size, size_t *at, struct ew_uplink_item *out)
{
	const uint8_t *p = (const uint8_t *)bytes + *at;
	size_t left = size - *at;

	memset(out, 0, sizeof(*out));
	if (left == 0)
		return EW_ERR_EMPTY;
	if (left < EW_UPLINK_HEAD_BYTES)
		return EW_ERR_MALFORMED;
	out->id = p;
	memcpy(out->event.trace_id, p + 16, EW_TRACE_ID_BYTES);
	out->event.seq = ewi_le64(p + 32);
	out->event.time_ns = ewi_le64(p + 40);
	out->event.data_bytes = ewi_le32(p + 48);
	out->event.flags = ewi_le16(p + 52) | (uint32_t)ewi_le16(p + 58) << 16;
	out->event.content_type = ewi_le16(p + 54);
	out->event.topic_bytes = ewi_le16(p + 56);
	left -= EW_UPLINK_HEAD_BYTES;
	if (out->event.flags & ~(EW_EVENT_USER_FLAGS | EW_EVENT_CONTEXT) || out->event.topic_bytes > left || out->event.data_bytes > left - out->event.topic_bytes)
		return EW_ERR_MALFORMED;
	out->topic = (const char *)p + EW_UPLINK_HEAD_BYTES;
	out->data = p + EW_UPLINK_HEAD_BYTES + out->event.topic_bytes;
	*at += EW_UPLINK_HEAD_BYTES + out->event.topic_bytes + (size_t)out->event.data_bytes;
	return EW_OK;
}

#endif
