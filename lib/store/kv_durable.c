/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * kv_durable.c - the key-value store with a journal: pairs live in a RAM store, each change is first an event of a
 * log.  A put is an event whose topic is the key and whose data is the value; a batch is one event, which is why it is
 * atomic.  FORMAT.md has the details.
 *
 * The RAM store marks each pair with the segment that it was last written to (its low 16 bits: fewer segments than
 * that exist at a time).  When the journal has all the segments it may have, the pairs marked with the oldest are
 * written again at its end, and it is erased.  A removal in the oldest segment needs no copy: there is nothing
 * older that it would hide.
 */
#include "store/kv.h"

#if EW_CONFIG_STORE
#include <string.h>
#include "base/alloc.h"
#include "base/error.h"
#include "base/reader.h"
#include "store/config.h"
#include "store/log.h"

/* content_type of the journal's events. */
enum { JOURNAL_SET = 0, JOURNAL_REMOVE = 1, JOURNAL_BATCH = 2 };

#define SPARE_SEGMENTS 3u /* free when another is begun: two for the copies of the oldest, one for that */

struct durable_kv {
	struct ew_kv kv;
	struct ew_alloc alloc;
	struct ew_kv *ram;
	struct ew_log *log;
	uint32_t max_segments;
	uint32_t batch_bytes, batch_used;
	uint8_t *batch;
	uint32_t compactions;
	uint64_t lost, copied;
};

static struct durable_kv *durable(struct ew_kv *kv)
{
	return (struct durable_kv *)(void *)kv;
}

/* ---- batches: for each change the key's length, 0 or the value's length plus 1, the key, the value ---- */

static uint32_t varint_bytes(uint64_t v)
{
	uint32_t n = 1;

	for (; v >= 0x80; v >>= 7)
		n++;
	return n;
}

static void put_varint(struct durable_kv *d, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		d->batch[d->batch_used++] = (uint8_t)(v | 0x80);
	d->batch[d->batch_used++] = (uint8_t)v;
}

static void put_bytes(struct durable_kv *d, const void *bytes, size_t n)
{
	if (n != 0)
		memcpy(d->batch + d->batch_used, bytes, n);
	d->batch_used += (uint32_t)n;
}

/* False: it does not fit; the batch is as it was. */
static bool put_change(struct durable_kv *d, const struct ew_kv_change *c)
{
	uint64_t value = c->remove ? 0 : (uint64_t)c->value_bytes + 1;
	size_t value_bytes = c->remove ? 0 : c->value_bytes;
	uint64_t need = (uint64_t)varint_bytes(c->key_bytes) + varint_bytes(value) + c->key_bytes + value_bytes;

	if (value_bytes >= UINT32_MAX || need > d->batch_bytes - d->batch_used)
		return false;
	put_varint(d, c->key_bytes);
	put_varint(d, value);
	put_bytes(d, c->key, c->key_bytes);
	put_bytes(d, c->value, value_bytes);
	return true;
}

/* ---- the journal ---- */

static enum ew_status append_batch(struct durable_kv *d)
{
	struct ew_event e = {.data_bytes = d->batch_used, .content_type = JOURNAL_BATCH};

	return ew_log_append(d->log, &e, NULL, d->batch, NULL);
}

static enum ew_status append_one(struct durable_kv *d, const struct ew_kv_change *c)
{
	struct ew_event e = {.topic_bytes = (uint16_t)c->key_bytes,
			     .data_bytes = c->remove ? 0 : (uint32_t)c->value_bytes,
			     .content_type = c->remove ? JOURNAL_REMOVE : JOURNAL_SET};

	return ew_log_append(d->log, &e, c->key, c->value, NULL);
}

/* Write again what is marked with the segment, from *place on and as much as one event takes. */
static enum ew_status copy_some(struct durable_kv *d, uint16_t mark, uint32_t *place)
{
	uint32_t from = *place, at;
	struct ew_kv_change one = {.key = NULL};
	struct ewi_kv_pair pair;
	enum ew_status st;

	d->batch_used = 0;
	for (at = from; ewi_kv_ram_marked(d->ram, mark, &at, &pair); at = pair.next) {
		one = (struct ew_kv_change){.key = pair.key, .key_bytes = pair.key_bytes, .value = pair.value,
					    .value_bytes = pair.value_bytes};
		if (!put_change(d, &one))
			break;
	}
	if (d->batch_used != 0) {
		st = append_batch(d);
	} else if (one.key) { /* larger than any batch */
		st = append_one(d, &one);
		at = pair.next;
	} else {
		*place = UINT32_MAX;
		return EW_OK;
	}
	*place = at;
	for (at = from; st == EW_OK && ewi_kv_ram_marked(d->ram, mark, &at, &pair) && at < *place; at = pair.next) {
		ewi_kv_ram_mark(d->ram, at, (uint16_t)d->log->last);
		d->copied++;
	}
	return st;
}

/* There are at least two segments. */
static enum ew_status compact_first(struct durable_kv *d)
{
	uint32_t first = d->log->first;
	uint16_t mark = (uint16_t)first;
	struct ewi_segment_head next;
	enum ew_status st = EW_OK;

	for (uint32_t place = 0; st == EW_OK && place != UINT32_MAX;)
		st = copy_some(d, mark, &place);
	if (st == EW_OK)
		st = ew_log_sync(d->log); /* the copies are durable before what they are copies of is erased */
	if (st == EW_OK)
		st = ewi_log_start(d->log, first + 1, &next);
	if (st == EW_OK)
		st = ew_log_trim(d->log, next.base.seq, NULL);
	d->compactions++;
	return st == EW_OK && d->log->first == first ? EW_ERR_CORRUPT : st;
}

/* Make sure that an event so large can be appended, and that the oldest segment can still be copied then. */
static enum ew_status make_room(struct durable_kv *d, uint64_t bound)
{
	struct ew_log *log = d->log;

	for (uint32_t i = 0; i <= d->max_segments; i++) {
		uint32_t used = log->last ? log->last - log->first + 1 : 0;
		enum ew_status st;

		if ((log->last != 0 && !log->sealed && bound <= log->seg.end - log->tail) ||
		    used + SPARE_SEGMENTS <= d->max_segments || used < 2)
			return EW_OK;
		st = compact_first(d);
		if (st != EW_OK)
			return st;
	}
	return EW_ERR_FULL;
}

/* ---- the interface ---- */

static enum ew_status durable_apply(struct ew_kv *kv, const struct ew_kv_change *changes, uint32_t count)
{
	struct durable_kv *d = durable(kv);
	enum ew_status st = ewi_kv_ram_check(d->ram, changes, count);
	uint64_t bound = 0;

	if (st == EW_OK && count == 1)
		bound = ewi_record_bound(&d->log->seg, (uint32_t)changes->key_bytes,
					 changes->remove ? 0 : (uint32_t)changes->value_bytes);
	if (st == EW_OK && bound > d->log->max_record)
		st = EW_ERR_TOOBIG;
	if (st == EW_OK && count > 1)
		bound = ewi_record_bound(&d->log->seg, 0, d->batch_bytes);
	if (st == EW_OK)
		st = make_room(d, bound);
	d->batch_used = 0; /* making room has used it */
	for (uint32_t i = 0; st == EW_OK && count > 1 && i < count; i++)
		st = put_change(d, &changes[i]) ? EW_OK : EW_ERR_TOOBIG;
	if (st == EW_OK)
		st = count == 1 ? append_one(d, changes) : append_batch(d);
	if (st == EW_OK)
		ewi_kv_ram_apply(d->ram, changes, count, (uint16_t)d->log->last);
	return st;
}

static enum ew_status durable_get(struct ew_kv *kv, const void *key, size_t key_bytes, const void **value,
				  size_t *value_bytes)
{
	struct ew_kv *in = durable(kv)->ram;

	return in->ops->get(in, key, key_bytes, value, value_bytes);
}

static enum ew_status durable_put(struct ew_kv *kv, const void *key, size_t key_bytes, const void *value,
				  size_t value_bytes)
{
	struct ew_kv_change c = {.key = key, .key_bytes = key_bytes, .value = value, .value_bytes = value_bytes};

	return durable_apply(kv, &c, 1);
}

static enum ew_status durable_delete(struct ew_kv *kv, const void *key, size_t key_bytes)
{
	struct ew_kv_change c = {.key = key, .key_bytes = key_bytes, .remove = true};
	const void *value;
	size_t value_bytes;
	enum ew_status st = durable_get(kv, key, key_bytes, &value, &value_bytes);

	return st == EW_OK ? durable_apply(kv, &c, 1) : st;
}

static enum ew_status durable_next(struct ew_kv *kv, const void *key, size_t key_bytes, const void **next_key,
				   size_t *next_key_bytes, const void **value, size_t *value_bytes)
{
	struct ew_kv *in = durable(kv)->ram;

	return in->ops->next(in, key, key_bytes, next_key, next_key_bytes, value, value_bytes);
}

static enum ew_status durable_sync(struct ew_kv *kv)
{
	return ew_log_sync(durable(kv)->log);
}

static void durable_stat(const struct ew_kv *kv, struct ew_kv_stat *out)
{
	const struct durable_kv *d = (const struct durable_kv *)(const void *)kv;

	ew_kv_stat(d->ram, out);
	out->compactions = d->compactions;
	out->segments = d->log->last ? d->log->last - d->log->first + 1 : 0;
	out->max_segments = d->max_segments;
	out->lost_changes = d->lost;
	out->copied = d->copied;
}

static void durable_destroy(struct ew_kv *kv)
{
	struct durable_kv *d = durable(kv);
	struct ew_alloc alloc = d->alloc;

	(void)ew_log_close(d->log);
	ew_kv_destroy(d->ram);
	ewi_free(&alloc, d->batch, d->batch_bytes, 1);
	ewi_free(&alloc, d, 1, sizeof(*d));
}

static const struct ewi_kv_ops durable_ops = {
	.get = durable_get,
	.put = durable_put,
	.del = durable_delete,
	.next = durable_next,
	.apply = durable_apply,
	.sync = durable_sync,
	.stat = durable_stat,
	.destroy = durable_destroy,
};

/* ---- opening ---- */

static enum ew_status replay_one(struct durable_kv *d, const struct ew_kv_change *c, uint16_t mark)
{
	enum ew_status st;

	if (c->key_bytes == 0 || c->key_bytes > d->kv.max_key_bytes)
		return EW_ERR_FULL;
	st = ewi_kv_ram_check(d->ram, c, 1);
	if (st == EW_OK)
		ewi_kv_ram_apply(d->ram, c, 1, mark);
	return st == EW_OK ? EW_OK : EW_ERR_FULL;
}

/* The changes of a batch one by one: a batch that was made has fitted, and nobody looks in between. */
static enum ew_status replay_batch(struct durable_kv *d, const struct ew_log_item *item, uint16_t mark)
{
	struct ewi_reader r;
	enum ew_status st = EW_OK;

	ewi_reader_init(&r, item->data, item->event.data_bytes, 0, NULL);
	while (st == EW_OK && ewi_reader_left(&r) != 0) {
		struct ew_kv_change c = {.key_bytes = ewi_read_u32(&r)};
		uint32_t value = ewi_read_u32(&r);

		c.key = ewi_read_bytes(&r, c.key_bytes);
		c.remove = value == 0;
		c.value_bytes = value == 0 ? 0 : value - 1;
		c.value = ewi_read_bytes(&r, c.value_bytes);
		st = r.failed ? EW_ERR_MALFORMED : replay_one(d, &c, mark);
	}
	return st;
}

static enum ew_status replay(struct durable_kv *d)
{
	struct ew_log_reader *rd;
	struct ew_log_item item;
	enum ew_status st = ew_log_reader_create(d->log, &rd);

	if (st != EW_OK)
		return st;
	for (;;) {
		struct ew_kv_change c;
		uint16_t mark;

		st = ew_log_next(rd, &item);
		if (st == EW_ERR_CORRUPT) {
			d->lost += ew_log_reader_damage(rd)->events;
			continue;
		}
		if (st != EW_OK)
			break;
		mark = (uint16_t)ewi_log_reader_segment(rd);
		c = (struct ew_kv_change){.key = item.topic, .key_bytes = item.event.topic_bytes, .value = item.data,
					  .value_bytes = item.event.data_bytes,
					  .remove = item.event.content_type == JOURNAL_REMOVE};
		if (item.event.content_type > JOURNAL_BATCH)
			st = EW_ERR_MALFORMED;
		else
			st = item.event.content_type == JOURNAL_BATCH ? replay_batch(d, &item, mark)
								      : replay_one(d, &c, mark);
		if (st != EW_OK)
			break;
	}
	ew_log_reader_destroy(rd);
	return st == EW_ERR_EMPTY ? EW_OK : st;
}

/*
 * How many segments the journal may have: twice what all pairs take, each as an event of its own (20 bytes of head
 * at most, of which 8 are counted with the pair already, and padding), plus those kept spare.  The end of a
 * segment, less than the largest event, may stay empty.
 */
static uint64_t segments_needed(const struct durable_kv *d, const struct ew_kv_config *c, uint32_t max_record)
{
	const struct ewi_segments *s = &d->log->seg;
	uint64_t pairs = c->max_bytes + (uint64_t)c->max_keys * (12 + s->st.write_bytes);
	uint32_t room = s->end - s->data;

	if (room < 2 * max_record)
		return UINT64_MAX;
	room -= max_record;
	return (2 * pairs + room - 1) / room + SPARE_SEGMENTS + 1;
}

static enum ew_status open_parts(struct durable_kv *d, const struct ew_storage *st, const struct ew_kv_config *c,
				 struct ew_error *err)
{
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .sync_every = c->sync_every,
				    .buffer_bytes = c->buffer_bytes};
	uint64_t segments;
	enum ew_status status = ew_kv_ram_create(c, &d->alloc, &d->ram);

	if (status != EW_OK)
		return ewi_error(err, status, 0, "no memory for the pairs, or they are not well configured");
	status = ew_log_open(st, &cfg, &d->alloc, &d->log, err);
	if (status != EW_OK)
		return status;
	segments = segments_needed(d, c, d->log->max_record);
	if (segments > st->block_count || segments > UINT16_MAX)
		return ewi_error(err, EW_ERR_INVAL, 0, "%u blocks of %u bytes are too few for %u bytes in %u keys",
				 (unsigned)st->block_count, (unsigned)st->block_bytes, (unsigned)c->max_bytes,
				 (unsigned)c->max_keys);
	d->max_segments = (uint32_t)segments;
	d->batch_bytes = d->log->max_record - EWI_RECORD_HEAD_MAX - 2 * st->write_bytes;
	if (c->max_batch_bytes && c->max_batch_bytes < d->batch_bytes)
		d->batch_bytes = c->max_batch_bytes;
	d->batch = ewi_alloc(&d->alloc, d->batch_bytes, 1);
	if (!d->batch)
		return ewi_error(err, EW_ERR_NOMEM, 0, "no memory for batches");
	status = replay(d);
	return status == EW_OK ? EW_OK : ewi_error(err, status, 0, "cannot read the journal: %s", ew_status_text(status));
}

enum ew_status ew_kv_durable_open(const struct ew_storage *st, const struct ew_kv_config *cfg,
				  const struct ew_alloc *alloc, struct ew_kv **out, struct ew_error *err)
{
	struct ew_kv_config c;
	struct durable_kv *d;
	enum ew_status status;

	*out = NULL;
	ewi_error_clear(err);
	if (!ewi_store_config(&c, sizeof(c), cfg))
		return ewi_error(err, EW_ERR_INVAL, 0, "struct ew_kv_config is not filled in");
	c.struct_bytes = sizeof(c);
	c.max_keys = c.max_keys ? c.max_keys : EW_CONFIG_SMALL ? 32 : 1024;
	c.max_bytes = c.max_bytes ? c.max_bytes : EW_CONFIG_SMALL ? 1024 : 256u << 10;
	c.sync_every = c.sync_every ? c.sync_every : 1;
	c.buffer_bytes = c.buffer_bytes ? c.buffer_bytes : EW_CONFIG_SMALL ? 512 : 16u << 10;
	d = ewi_alloc(alloc, 1, sizeof(*d));
	if (!d)
		return ewi_error(err, EW_ERR_NOMEM, 0, "no memory for a store");
	d->alloc = *alloc;
	d->kv.ops = &durable_ops;
	d->kv.max_key_bytes = c.max_key_bytes ? c.max_key_bytes : 255;
	status = open_parts(d, st, &c, err);
	if (status != EW_OK) {
		durable_destroy(&d->kv);
		return status;
	}
	*out = &d->kv;
	return EW_OK;
}

#endif
