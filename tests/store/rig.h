/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * rig.h - a storage around another one that counts, fails and loses its power; and events to log whose
 * bytes follow from their number.
 */
#ifndef TESTS_STORE_RIG_H
#define TESTS_STORE_RIG_H

#include "../aid/aid.h"
#include "edgewasm/store.h"

/* The power goes off after `budget` bytes have been written, within a write when it falls there. */
struct rig {
	struct ew_storage inner, st; /* st is what the log gets */
	uint64_t budget; /* bytes still to be written; UINT64_MAX: no end */
	bool off;
	uint64_t written, writes, erases, syncs, synced_written, read;
	uint32_t fail_read, fail_write, fail_erase, fail_sync; /* the n-th from now fails; 0: none */
	enum ew_status fail_with;
};

static inline bool rig_fails(uint32_t *countdown)
{
	return *countdown != 0 && --*countdown == 0;
}

static inline enum ew_status rig_read(void *ctx, uint32_t block, uint32_t at, void *out, uint32_t bytes)
{
	struct rig *r = ctx;

	if (r->off || rig_fails(&r->fail_read))
		return EW_ERR_IO;
	r->read += bytes;
	return r->inner.read(r->inner.ctx, block, at, out, bytes);
}

static inline enum ew_status rig_write(void *ctx, uint32_t block, uint32_t at, const void *in, uint32_t bytes)
{
	struct rig *r = ctx;

	if (r->off)
		return EW_ERR_IO;
	if (rig_fails(&r->fail_write))
		return r->fail_with;
	r->writes++;
	if (bytes > r->budget) { /* torn: not even whole units */
		memcpy(ew_storage_ram_block(&r->inner, block) + at, in, (size_t)r->budget);
		r->off = true;
		return EW_ERR_IO;
	}
	if (r->budget != UINT64_MAX)
		r->budget -= bytes;
	r->written += bytes;
	return r->inner.write(r->inner.ctx, block, at, in, bytes);
}

static inline enum ew_status rig_erase(void *ctx, uint32_t block)
{
	struct rig *r = ctx;

	if (r->off)
		return EW_ERR_IO;
	if (rig_fails(&r->fail_erase))
		return r->fail_with;
	r->erases++;
	return r->inner.erase(r->inner.ctx, block);
}

static inline enum ew_status rig_sync(void *ctx)
{
	struct rig *r = ctx;

	if (r->off)
		return EW_ERR_IO;
	if (rig_fails(&r->fail_sync))
		return r->fail_with;
	r->syncs++;
	r->synced_written = r->written;
	return r->inner.sync(r->inner.ctx);
}

/* flash_unit 0: plain RAM. */
static inline void rig_init(struct rig *r, uint32_t block_bytes, uint32_t block_count, uint32_t flash_unit)
{
	struct ew_storage_config cfg = {.struct_bytes = sizeof(cfg), .block_bytes = block_bytes,
					.block_count = block_count, .write_bytes = flash_unit};
	struct ew_alloc alloc = ew_alloc_libc();

	memset(r, 0, sizeof(*r));
	r->budget = UINT64_MAX;
	r->fail_with = EW_ERR_IO;
	if (flash_unit)
		assert_int_equal(ew_storage_flash_create(&cfg, &alloc, &r->inner), EW_OK);
	else
		assert_int_equal(ew_storage_ram_create(&cfg, &alloc, &r->inner), EW_OK);
	r->st = r->inner;
	r->st.read = rig_read;
	r->st.write = rig_write;
	r->st.erase = rig_erase;
	r->st.sync = rig_sync;
	r->st.replace = NULL;
	r->st.ctx = r;
}

static inline void rig_deinit(struct rig *r)
{
	ew_storage_ram_destroy(&r->inner);
}

/* The power comes back; what is on the storage stays. */
static inline void rig_power_on(struct rig *r)
{
	r->off = false;
	r->budget = UINT64_MAX;
}

/* ---- events ---- */

#define EVENT_TOPIC_MAX 20u
#define EVENT_DATA_MAX 100u

struct event {
	struct ew_event e;
	char topic[EVENT_TOPIC_MAX];
	uint8_t data[EVENT_DATA_MAX];
};

/* Of each byte of data: fewer, and deflating is worth while. */
static uint8_t event_bits = 0xff;

/* The n-th event (from 1) of a test; its time grows by 10 with each. */
static inline void event_make(struct event *ev, uint64_t n)
{
	uint64_t seed = n * 0x9e3779b97f4a7c15u + 1;

	memset(ev, 0, sizeof(*ev));
	ev->e.topic_bytes = (uint16_t)(noise(&seed) % (EVENT_TOPIC_MAX + 1));
	ev->e.data_bytes = (uint32_t)(noise(&seed) % (EVENT_DATA_MAX + 1));
	ev->e.time_ns = n * 10;
	ev->e.flags = (uint32_t)n;
	ev->e.content_type = (uint16_t)(n * 3);
	for (int i = 0; i < EW_TRACE_ID_BYTES; i++)
		ev->e.trace_id[i] = (uint8_t)noise(&seed);
	for (uint32_t i = 0; i < ev->e.topic_bytes; i++)
		ev->topic[i] = (char)('a' + noise(&seed) % 26);
	for (uint32_t i = 0; i < ev->e.data_bytes; i++)
		ev->data[i] = (uint8_t)noise(&seed) & event_bits;
}

/* Is what was read the event whose number is its sequence number? */
static inline bool event_is(const struct ew_event *e, uint64_t n)
{
	struct event want;

	event_make(&want, n);
	return e->seq == n && e->frame == 0 && e->time_ns == want.e.time_ns && e->flags == want.e.flags &&
	       e->content_type == want.e.content_type && e->topic_bytes == want.e.topic_bytes &&
	       e->data_bytes == want.e.data_bytes &&
	       memcmp(e->trace_id, want.e.trace_id, EW_TRACE_ID_BYTES) == 0 &&
	       memcmp(ew_event_topic(e), want.topic, want.e.topic_bytes) == 0 &&
	       memcmp(ew_event_data(e), want.data, want.e.data_bytes) == 0;
}

static inline enum ew_status append_nth(struct ew_log *log, uint64_t n)
{
	struct event ev;
	uint64_t seq = 0;
	enum ew_status st;

	event_make(&ev, n);
	st = ew_log_append(log, &ev.e, ev.topic, ev.data, &seq);
	if (st == EW_OK)
		assert_int_equal(seq, n);
	return st;
}

static inline struct ew_log *open_log(const struct ew_storage *st, struct ew_log_config *cfg)
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err;
	struct ew_log *log;

	cfg->struct_bytes = sizeof(*cfg);
	if (ew_log_open(st, cfg, &alloc, &log, &err) != EW_OK)
		fail_msg("open: %s: %s", ew_status_name(err.status), err.text);
	return log;
}

#endif
