/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * record.c - encoding, decoding and finding the log's records.  FORMAT.md is the specification.
 *
 * A record's head is short: its number and time are told from those at the segment's head, and what an event
 * does not have takes no room.  Anchors say what they count from again, so that records outlive that head.
 */
#include "store/segment.h"

#if EW_CONFIG_STORE
#include <string.h>
#include "base/le.h"

/* Options, in the order of their fields. */
#define HAS_TOPIC 0x01u
#define HAS_TYPE 0x02u
#define HAS_FLAGS 0x04u
#define HAS_TRACE 0x08u
#define HAS_ANCHOR 0x10u
#define HAS_KIND 0x20u

_Static_assert(sizeof(struct ew_event) == 48, "readers put it in front of topic and data");

/*
 * The sum begins with where the record is meant to lie, so that a record left over from the block's last
 * life, or the image of a log inside an event's data, is never taken for one of this log.  For two places
 * whose beginnings differ, the sums of the same bytes differ (a CRC is a bijection of its initial value).
 */
static uint32_t seed(uint32_t segment, uint32_t at)
{
	return segment * 0x9e3779b1u + at;
}

/* ---- numbers of variable length: seven bits a byte, lowest first, the top bit says that more follow ---- */

static inline uint8_t *put_varint(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

static const uint8_t *take_long_varint(const uint8_t *p, const uint8_t *end, unsigned bits, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; p < end && shift < bits; shift += 7) {
		uint8_t b = *p++;

		v |= (uint64_t)(b & 0x7f) << shift;
		if (b & 0x80)
			continue;
		if ((b == 0 && shift != 0) || (bits - shift < 7 && b >> (bits - shift) != 0))
			return NULL;
		*out = v;
		return p;
	}
	return NULL;
}

/* Moves past a number of at most `bits` bits, 14 or more.  NULL: it is none, or not as short as can be. */
static inline const uint8_t *take_varint(const uint8_t *p, const uint8_t *end, unsigned bits, uint64_t *out)
{
	if (end - p < 2)
		return take_long_varint(p, end, bits, out);
	if (p[0] < 0x80) {
		*out = p[0];
		return p + 1;
	}
	if (p[1] != 0 && p[1] < 0x80) {
		*out = (p[0] & 0x7fu) | (uint32_t)p[1] << 7;
		return p + 2;
	}
	return take_long_varint(p, end, bits, out);
}

/* Small numbers of either sign are short. */
static uint64_t zigzag(uint64_t v)
{
	return v << 1 ^ (0 - (v >> 63));
}

static uint64_t unzigzag(uint64_t v)
{
	return v >> 1 ^ (0 - (v & 1));
}

/* ---- encoding ---- */

static uint32_t options_of(const struct ewi_place *place, enum ewi_record_kind kind, const struct ew_event *e)
{
	uint64_t trace[2];

	memcpy(trace, e->trace_id, sizeof(trace));
	return (e->topic_bytes ? HAS_TOPIC : 0) | (e->content_type ? HAS_TYPE : 0) | (e->flags ? HAS_FLAGS : 0) |
	       (trace[0] | trace[1] ? HAS_TRACE : 0) | (place->anchor ? HAS_ANCHOR : 0) |
	       (kind != EWI_RECORD_EVENT ? HAS_KIND : 0);
}

uint32_t ewi_record_head(const struct ewi_place *place, enum ewi_record_kind kind, const struct ew_event *e,
			 uint8_t *out)
{
	uint32_t options = options_of(place, kind, e);
	uint64_t index = place->seq - place->base.seq;
	uint8_t *p = out + 4;

	if (index > UINT32_MAX || e->data_bytes > EWI_RECORD_DATA_MAX)
		return 0;
	p = put_varint(p, (uint64_t)e->data_bytes << 1 | (options != 0));
	if (options != 0)
		*p++ = (uint8_t)options;
	p = put_varint(p, index);
	p = put_varint(p, zigzag(e->time_ns - ewi_base_time(&place->base, index)));
	if (options == 0)
		return (uint32_t)(p - out);
	if (options & HAS_TOPIC)
		p = put_varint(p, e->topic_bytes);
	if (options & HAS_TYPE) {
		ewi_put_le16(p, e->content_type);
		p += 2;
	}
	if (options & HAS_FLAGS) {
		ewi_put_le32(p, e->flags);
		p += 4;
	}
	if (options & HAS_TRACE) {
		memcpy(p, e->trace_id, EW_TRACE_ID_BYTES);
		p += EW_TRACE_ID_BYTES;
	}
	if (options & HAS_ANCHOR) {
		ewi_base_put(&place->base, p);
		p += EWI_BASE_BYTES;
	}
	if (options & HAS_KIND)
		*p++ = (uint8_t)kind;
	return (uint32_t)(p - out);
}

uint32_t ewi_record_finish(const struct ewi_segments *s, const struct ewi_place *place, uint32_t head,
			   const struct ew_event *e, const void *topic, const void *data, uint8_t *out)
{
	uint32_t used = head + e->topic_bytes + e->data_bytes, bytes = ewi_unit_up(s, used);

	if (e->topic_bytes != 0)
		memcpy(out + head, topic, e->topic_bytes);
	if (e->data_bytes != 0 && data)
		memcpy(out + head + e->topic_bytes, data, e->data_bytes);
	memset(out + used, 0, bytes - used);
	ewi_put_le32(out, ewi_crc32c(&s->crc, seed(place->segment, place->at), out + 4, bytes - 4));
	return bytes;
}

/* ---- decoding ---- */

/* How many of n bytes are erased before the first that is not. */
static uint32_t erased_run(const struct ewi_segments *s, const uint8_t *p, uint32_t n)
{
	uint64_t want, word;
	uint32_t i = 0;

	memset(&want, s->st.erased, sizeof(want));
	for (; n - i >= 8; i += 8) {
		memcpy(&word, p + i, sizeof(word));
		if (word != want)
			break;
	}
	while (i < n && p[i] == s->st.erased)
		i++;
	return i;
}

/* The fields behind the options byte's; false: they do not lie within end. */
static bool take_options(uint32_t options, const uint8_t **pp, const uint8_t *end, struct ewi_record *r)
{
	const uint8_t *p = *pp;
	uint64_t v;

	if (options & HAS_TOPIC) {
		p = take_varint(p, end, 16, &v);
		if (!p)
			return false;
		r->head.topic_bytes = (uint16_t)v;
	}
	if ((options & HAS_TYPE ? 2 : 0) + (options & HAS_FLAGS ? 4 : 0) + (options & HAS_TRACE ? 16 : 0) +
		    (options & HAS_ANCHOR ? (int)EWI_BASE_BYTES : 0) + (options & HAS_KIND ? 1 : 0) > end - p)
		return false;
	if (options & HAS_TYPE) {
		r->head.content_type = ewi_le16(p);
		p += 2;
	}
	if (options & HAS_FLAGS) {
		r->head.flags = ewi_le32(p);
		p += 4;
	}
	if (options & HAS_TRACE) {
		memcpy(r->head.trace_id, p, EW_TRACE_ID_BYTES);
		p += EW_TRACE_ID_BYTES;
	}
	if (options & HAS_ANCHOR) {
		r->anchor = true;
		ewi_base_take(p, &r->base);
		p += EWI_BASE_BYTES;
	}
	if (options & HAS_KIND)
		r->kind = (enum ewi_record_kind)*p++;
	*pp = p;
	return true;
}

/*
 * Read the head at p, of which n bytes are there, at `at` of the window's segment.  False: it is none.  What
 * it says is not to be believed before the sum is right.
 */
static bool parse(const struct ewi_segments *s, const struct ewi_window *w, const uint8_t *p, uint32_t n,
		  uint32_t at, struct ewi_record *r)
{
	const uint8_t *start = p, *end = p + n;
	const struct ewi_base *base = &w->base;
	uint32_t options = 0;
	uint64_t length, index, time, bytes;

	/* Field by field, and the header in one: a hundred bytes at once are a slow string instruction for compilers. */
	memset(&r->head, 0, sizeof(r->head));
	r->state = EWI_RECORD_BAD;
	r->kind = EWI_RECORD_EVENT;
	r->bytes = r->head_bytes = 0;
	r->fits = r->anchor = false;
	r->body = NULL;
	if (n < EWI_RECORD_MIN)
		return false;
	p = take_varint(p + 4, end, 28, &length);
	if (!p)
		return false;
	if (length & 1) {
		if (p == end)
			return false;
		options = *p++;
		if (options == 0 || options >= HAS_KIND << 1)
			return false;
	}
	p = take_varint(p, end, 32, &index);
	if (!p || index > (at - s->data) / EWI_RECORD_MIN) /* no more than that fit in front of it */
		return false;
	p = take_varint(p, end, 64, &time);
	if (!p || !take_options(options, &p, end, r))
		return false;
	if (!w->based && !r->anchor)
		return false;
	if (r->anchor)
		base = &r->base;
	r->head.data_bytes = (uint32_t)(length >> 1);
	r->head_bytes = (uint32_t)(p - start);
	r->head.seq = base->seq + index;
	r->head.time_ns = ewi_base_time(base, index) + unzigzag(time);
	bytes = ((uint64_t)r->head_bytes + r->head.topic_bytes + r->head.data_bytes + s->st.write_bytes - 1) &
		~((uint64_t)s->st.write_bytes - 1);
	r->bytes = (uint32_t)bytes;
	return bytes <= s->end - at && bytes <= w->max_record && base->seq != 0 &&
	       base->seq <= EWI_SEQ_MAX && r->head.seq <= EWI_SEQ_MAX; /* so the sum has not wrapped */
}

/* Fill the window from `at`, or a little before, to its own or the end of the records. */
static enum ew_status fill(const struct ewi_segments *s, struct ewi_window *w, uint32_t block, uint32_t at)
{
	uint32_t left = s->end - at;
	uint32_t n = left < w->size ? left : w->size, more;
	enum ew_status st;

	w->have = 0;
	if (w->written > at && n > w->written - at) {
		more = n - (w->written - at);
		n = w->written - at;
		more = more < EWI_RECORD_HEAD_MAX ? more : EWI_RECORD_HEAD_MAX;
		memset(w->buf + n, s->st.erased, more);
	} else {
		more = 0;
	}
#if EW_CONFIG_ZLIB
	if (w->deflated)
		return ewi_deflated_fill(s, w, block, at);
#endif
	st = s->st.read(s->st.ctx, block, at, w->buf, n);
	if (st != EW_OK)
		return st;
	w->block = block;
	w->at = at;
	w->have = n + more;
	return EW_OK;
}

static bool holds(const struct ewi_window *w, uint32_t block, uint32_t at, uint32_t bytes)
{
	return w->have != 0 && w->block == block && at >= w->at && at - w->at <= w->have &&
	       bytes <= w->have - (at - w->at);
}

/* Learn from the segment's head what its records count from. */
static enum ew_status enter(const struct ewi_segments *s, struct ewi_window *w, uint32_t segment)
{
	struct ewi_segment_head head;
	enum ew_status st = ewi_segment_read(s, ewi_segment_block(s, segment), &head);

	if (st != EW_OK && st != EW_ERR_CORRUPT && st != EW_ERR_EMPTY)
		return st;
	w->have = 0;
	w->segment = segment;
	w->based = st == EW_OK && head.segment == segment;
	w->deflated = w->based && head.deflated;
	if (w->deflated && !EW_CONFIG_ZLIB)
		return EW_ERR_UNSUPPORTED;
	w->max_record = s->st.block_bytes;
	if (w->based) {
		w->max_record = head.max_record;
		w->base = head.base;
	}
	return EW_OK;
}

/* The sum of a record larger than the window, which is filled again and again. */
static enum ew_status sum_in_parts(const struct ewi_segments *s, struct ewi_window *w, uint32_t block,
				   uint32_t at, uint32_t bytes, uint32_t *crc)
{
	uint32_t done = 4;

	while (done < bytes) {
		enum ew_status st = fill(s, w, block, at + done);
		uint32_t skip, n;

		if (st != EW_OK)
			return st;
		skip = at + done - w->at;
		n = w->have - skip < bytes - done ? w->have - skip : bytes - done;
		*crc = ewi_crc32c(&s->crc, *crc, w->buf + skip, n);
		done += n;
	}
	return EW_OK;
}

enum ew_status ewi_record_look(const struct ewi_segments *s, struct ewi_window *w, uint32_t segment,
			       uint32_t at, struct ewi_record *out)
{
	uint32_t block = ewi_segment_block(s, segment), crc = seed(segment, at), want, left, n;
	enum ew_status st = EW_OK;
	uint8_t *p;

	out->state = EWI_RECORD_ERASED;
	left = at < s->end ? s->end - at : 0;
	if (left < EWI_RECORD_MIN) /* no record fits: the segment ends here */
		return EW_OK;
	if (w->segment != segment)
		st = enter(s, w, segment);
	n = left < EWI_RECORD_HEAD_MAX ? left : EWI_RECORD_HEAD_MAX;
	if (st == EW_OK && !holds(w, block, at, n))
		st = fill(s, w, block, at);
	if (st != EW_OK)
		return st;
	p = w->buf + (at - w->at);
	/* Never a record: its length, index and time would all be 0, or its length beyond every limit. */
	n = left < 8 ? left : 8;
	if (p[0] == s->st.erased && erased_run(s, p, n) == n)
		return EW_OK;
	n = left < EWI_RECORD_HEAD_MAX ? left : EWI_RECORD_HEAD_MAX;
	if (!parse(s, w, p, n, at, out))
		return EW_OK;
	want = ewi_le32(p);
	out->fits = out->bytes <= w->size;
	if (out->fits && !holds(w, block, at, out->bytes))
		st = fill(s, w, block, at);
	if (st != EW_OK)
		return st;
	out->fits = holds(w, block, at, out->bytes); /* of a deflated segment a little less than the window does */
	if (out->fits)
		crc = ewi_crc32c(&s->crc, crc, w->buf + (at - w->at) + 4, out->bytes - 4);
	else
		st = sum_in_parts(s, w, block, at, out->bytes, &crc);
	if (st != EW_OK || crc != want)
		return st;
	out->state = EWI_RECORD_WHOLE;
	if (out->anchor && !w->based) {
		w->based = true;
		w->base = out->base;
	}
	if (out->fits)
		out->body = w->buf + (at - w->at) + out->head_bytes;
	return EW_OK;
}

/* ---- finding ---- */

/*
 * Heads are tried at every multiple of write_bytes.  They must be well-formed, with a number that fits the
 * place and one that is near, and no longer than this log writes them: that leaves few places whose sum is
 * worth taking.  Where 8 bytes are erased no record begins, so that of a run only the last 7 are looked at.
 */
enum ew_status ewi_record_find(const struct ewi_segments *s, struct ewi_window *w, uint32_t segment,
			       uint32_t at, uint64_t from_seq, uint32_t *found, uint32_t *garbage_end)
{
	uint32_t block = ewi_segment_block(s, segment), last = at, before, unit = s->st.write_bytes, run;
	uint64_t span = ewi_seq_span(s);
	struct ewi_record record;
	enum ew_status st = w->segment == segment ? EW_OK : enter(s, w, segment);

	*found = s->end;
	while (st == EW_OK && at < s->end) {
		uint32_t left = s->end - at, step = left < unit ? left : unit, n;
		const uint8_t *p;

		n = step > EWI_RECORD_HEAD_MAX ? step : left < EWI_RECORD_HEAD_MAX ? left : EWI_RECORD_HEAD_MAX;
		if (!holds(w, block, at, n)) {
			st = fill(s, w, block, at);
			continue;
		}
		p = w->buf + (at - w->at);
		run = erased_run(s, p, w->have - (at - w->at));
		before = last;
		if (run < step)
			last = at + step;
		if (run >= 8) {
			at += run == left ? left : run - 7 > step ? (run - 7) & ~(unit - 1) : step;
			continue;
		}
		if (parse(s, w, p, n, at, &record) && record.head.seq - from_seq <= span) {
			st = ewi_record_look(s, w, segment, at, &record);
			if (st != EW_OK)
				break;
			if (record.state == EWI_RECORD_WHOLE) {
				*found = at;
				last = before;
				break;
			}
		}
		at += step;
	}
	if (garbage_end)
		*garbage_end = last;
	return st;
}

#endif
