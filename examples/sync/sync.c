/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * sync.c - a flight recorder that delivers: telemetry is packed by a guest, encrypted by the host, kept in the
 * durable log while there is no link, and drained after landing, in order, until the ground has acknowledged it all.
 * The power fails in flight and again while draining; the link loses messages and acknowledgements.
 *
 *	sync [SEED]
 *
 * The storage is the library's simulator: a power cut tears the write that is under way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../aid/aid.h"
#include "pack.h"
#include "seal.h"

#define GUEST "examples/sync/guest_pack.wasm"
#define FLIGHT_S 600u
#define RATE_HZ 100u
#define CURSOR "ground"
#define TOPIC "flight/telemetry"
#define BATCH_BYTES (RATE_HZ * PACK_RECORD_BYTES)

/* ---- the ground ---- */

struct ground {
	uint8_t memory[65536];
	struct ew_dedup *seen;
	uint64_t batches, duplicates, refused, next, out_of_order;
	uint64_t hash; /* of all records, in the order of their arrival */
	const struct seal *seal;
};

/* A message comes in; true: acknowledge it. */
static bool ground_take(struct ground *g, const uint8_t id[16], const uint8_t *data, size_t len)
{
	static uint8_t packed[PACK_MAX_BYTES + SEAL_MORE_BYTES], records[BATCH_BYTES];
	const uint64_t number = aid_get64(id);
	const size_t packed_bytes = len <= sizeof(packed) ? seal_open(g->seal, number, data, len, packed) : 0;

	if (!packed_bytes || unpack(packed, (uint32_t)packed_bytes, records) != RATE_HZ) {
		g->refused++;
		return false;
	}
	if (ew_dedup_add(g->seen, id, 0) != EW_OK) {
		g->duplicates++;
		return true; /* the acknowledgement was lost, not the message */
	}
	g->out_of_order += number < g->next;
	g->next = number + 1;
	g->batches++;
	g->hash = aid_hash(g->hash, records, sizeof(records));
	return true;
}

/* ---- the aircraft ---- */

struct craft {
	struct ew_alloc alloc;
	struct ew_storage disk, after_cut;
	uint64_t writes_until_cut; /* 0: never */
	bool dead;
	uint64_t seed;
	struct ew_log *log;
	struct ew_node *node;
	const uint8_t *wasm;
	size_t wasm_bytes;
	const struct seal *seal;
	uint64_t second; /* of the flight: the number of the batch that is made */
	uint64_t raw_bytes, packed_bytes, kept_bytes, cuts, failures;
	/* What the log had acknowledged as durable before any cut: the promise. */
	bool promised[FLIGHT_S];
};

static void count_down(void *ctx, const struct ew_storage *st, const struct ew_sim_op *op)
{
	struct craft *c = ctx;

	if (op->call == EW_SIM_READ || c->dead || !c->writes_until_cut || --c->writes_until_cut)
		return;
	c->dead = ew_storage_sim_cut(st, op, EW_SIM_TORN_BYTES, aid_noise(&c->seed), &c->after_cut) == EW_OK;
}

/* What the guest packed: sealed, and durable before this returns. */
static enum ew_status on_emit(void *user, const char *function, const struct ew_event *header, const void *topic,
			      const void *data)
{
	static uint8_t sealed[PACK_MAX_BYTES + SEAL_MORE_BYTES];
	struct craft *c = user;
	struct ew_event e = *header;
	enum ew_status st;

	(void)function;
	if (header->data_bytes > PACK_MAX_BYTES)
		return EW_ERR_TOOBIG;
	e.data_bytes = (uint32_t)seal_put(c->seal, c->second, data, header->data_bytes, sealed);
	st = ew_log_append(c->log, &e, topic, sealed, NULL);
	if (st == EW_OK && !c->dead) {
		c->promised[c->second] = true;
		c->packed_bytes += header->data_bytes;
		c->kept_bytes += e.data_bytes;
	}
	return st;
}

static void on_report(void *user, const struct ew_node_report *r)
{
	struct craft *c = user;

	c->failures++;
	aid_fail("sync", "the function", r->text);
}

/* Power on: open the log that is there, start the function. */
static bool power_on(struct craft *c)
{
	static const struct ew_node_host host = {.struct_bytes = sizeof(host), .emit = on_emit, .report = on_report};
	const struct ew_log_config log = {.struct_bytes = sizeof(log), .sync_every = 1, .buffer_bytes = 16384};
	const struct ew_function_config f = {
		.struct_bytes = sizeof(f), .name = "pack", .version = "1", .module_bytes = c->wasm,
		.module_size = c->wasm_bytes, .grant.caps = EW_CAP_RECV | EW_CAP_EMIT, .fuel = 300000,
		.max_memory_pages = 1, .out_topic = TOPIC,
	};
	struct ew_node_config config = {.struct_bytes = sizeof(config), .host = &host, .user = c};
	struct ew_error err = {EW_OK, 0, ""};

	ew_storage_sim_hook(&c->disk, count_down, c);
	if (ew_log_open(&c->disk, &log, &c->alloc, &c->log, &err) != EW_OK ||
	    ew_node_create(&c->node, &config, &c->alloc, &err) != EW_OK ||
	    ew_node_function_put(c->node, &f, &err) != EW_OK ||
	    ew_node_route_add(c->node, "sensors/second", "pack", &err) != EW_OK) {
		aid_fail("sync", "power on", err.text);
		return false;
	}
	return true;
}

static void power_off(struct craft *c)
{
	ew_node_destroy(c->node);
	ew_log_close(c->log);
	c->node = NULL;
	c->log = NULL;
}

/* The power came back: what the cut left is what there is. */
static bool reboot(struct craft *c)
{
	power_off(c);
	ew_storage_sim_destroy(&c->disk);
	c->disk = c->after_cut;
	c->dead = false;
	c->cuts++;
	return power_on(c);
}

static void record(uint64_t *seed, uint32_t ms, uint8_t *out)
{
	const double t = ms * 1e-3, climb = t < 60 ? t / 60 : t > 540 ? (600 - t) / 60 : 1;
	const int32_t v[PACK_COLUMNS] = {
		(int32_t)ms,
		475000000 + (int32_t)(t * 900 + 40 * aid_uniform(seed)),
		(int32_t)(86000000 + t * 500 + 40 * aid_uniform(seed)),
		(int32_t)(400000 + 120000 * climb + 60 * aid_uniform(seed)),
		1000 + (int32_t)(20 * aid_uniform(seed)),
		400 + (int32_t)(20 * aid_uniform(seed)),
		(int32_t)(12 * aid_uniform(seed)),
		16800 - (int32_t)(t * 3) + (int32_t)(4 * aid_uniform(seed)),
	};

	for (uint32_t i = 0; i < PACK_COLUMNS; i++)
		aid_put32(out + 4 * i, (uint32_t)v[i]);
}

static void make_second(uint64_t second, uint8_t *out)
{
	uint64_t seed = 1000 + second;

	for (uint32_t i = 0; i < RATE_HZ; i++)
		record(&seed, (uint32_t)(second * 1000 + i * (1000 / RATE_HZ)), out + i * PACK_RECORD_BYTES);
}

static bool fly(struct craft *c)
{
	/* header, topic and data as they lie in a ring */
	static union {
		struct ew_event header;
		uint8_t bytes[sizeof(struct ew_event) + 14 + BATCH_BYTES];
	} e;

	e.header.topic_bytes = 14;
	e.header.data_bytes = BATCH_BYTES;
	memcpy(ew_event_topic(&e.header), "sensors/second", 14);
	for (c->second = 0; c->second < FLIGHT_S; c->second++) {
		aid_put64(e.header.trace_id, c->second);
		e.header.time_ns = c->second * 1000000000u;
		make_second(c->second, ew_event_data(&e.header));
		c->raw_bytes += BATCH_BYTES;
		if (ew_node_dispatch(c->node, &e.header, e.header.time_ns) != EW_OK || (c->dead && !reboot(c)))
			return false;
	}
	return true;
}

/* One pass over what is not acknowledged; false when the power failed or the link broke. */
static bool drain_some(struct craft *c, struct ground *g, uint64_t *sent)
{
	struct ew_log_reader *reader = NULL;
	const struct ew_event *e;
	uint64_t next = 1;
	bool up = true;

	ew_log_cursor_get(c->log, CURSOR, &next);
	if (ew_log_reader_create(c->log, &reader) != EW_OK || ew_log_seek_seq(reader, next) != EW_OK)
		up = false;
	while (up && ew_log_read(reader, &e) == EW_OK) {
		const uint64_t chance = aid_noise(&c->seed);

		(*sent)++;
		if (chance % 40 == 0) /* the message is lost */
			up = false;
		else if (!ground_take(g, e->trace_id, ew_event_data(e), e->data_bytes) || chance % 40 == 1)
			up = false; /* refused, or the acknowledgement is lost */
		else
			up = ew_log_cursor_ack(c->log, CURSOR, e->seq) == EW_OK && !c->dead;
	}
	ew_log_reader_destroy(reader);
	return up;
}

static bool drain(struct craft *c, struct ground *g, uint64_t *sent, uint64_t *tries)
{
	for (*tries = 1; *tries < 10000 && !drain_some(c, g, sent); (*tries)++)
		if (c->dead && !reboot(c))
			return false;
	return *tries < 10000;
}

/* ---- the account ---- */

static int account(const struct craft *c, const struct ground *g, uint64_t sent, uint64_t tries)
{
	static uint8_t records[BATCH_BYTES];
	uint64_t promised = 0, hash = AID_HASH, lost = 0;
	bool whole;

	/* A second that was cut may have reached the disk or not; nothing else may differ. */
	for (uint64_t s = 0; s < FLIGHT_S; s++)
		promised += c->promised[s];
	for (uint64_t s = 0; s < FLIGHT_S; s++) {
		if (!c->promised[s]) {
			lost++;
			if (g->batches == promised)
				continue;
		}
		make_second(s, records);
		hash = aid_hash(hash, records, sizeof(records));
	}
	whole = g->batches >= promised && hash == g->hash && !g->out_of_order && !g->refused;
	printf("flight: %u s, %.2f MB of telemetry, packed by the guest to %.2f MB, %s\n", FLIGHT_S,
	       (double)c->raw_bytes / 1e6, (double)c->packed_bytes / 1e6,
	       c->seal->box ? "encrypted" : "NOT encrypted: libsodium is not installed");
	printf("power: cut %llu times; %llu of %u batches were durable, %llu cut in the middle\n",
	       (unsigned long long)c->cuts, (unsigned long long)promised, FLIGHT_S, (unsigned long long)lost);
	printf("landing: %llu batches sent in %llu tries, %llu twice, %llu taken; in order: %s, every byte: %s\n",
	       (unsigned long long)sent, (unsigned long long)tries, (unsigned long long)g->duplicates,
	       (unsigned long long)g->batches, g->out_of_order ? "NO" : "yes", whole ? "yes" : "NO");
	return whole && lost <= c->cuts ? 0 : 1;
}

/* A flipped bit, or a batch under another number, must not be taken. */
static bool tampering_is_seen(const struct seal *s)
{
	uint8_t in[64] = "telemetry", box[64 + SEAL_MORE_BYTES], out[64 + SEAL_MORE_BYTES];
	const size_t len = seal_put(s, 5, in, sizeof(in), box);
	unsigned taken = seal_open(s, 6, box, len, out) != 0;

	for (size_t bit = 0; bit < 8 * len; bit++) {
		box[bit / 8] ^= (uint8_t)(1 << bit % 8);
		taken += seal_open(s, 5, box, len, out) != 0;
		box[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	return taken == 0 && seal_open(s, 5, box, len, out) == sizeof(in) && !memcmp(in, out, sizeof(in));
}

int main(int argc, char **argv)
{
	static struct craft c;
	static struct ground g;
	struct seal seal;
	const struct ew_sim_config disk = {.struct_bytes = sizeof(disk), .kind = EW_SIM_FILES, .block_bytes = 65536,
					   .block_count = 64};
	uint64_t sent = 0, tries = 0;
	uint8_t *wasm;
	int rc = 1;

	c.seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	if (argc > 2 || c.seed == 0) {
		fputs("usage: sync [SEED]\n", stderr);
		return 2;
	}
	c.alloc = ew_alloc_libc();
	c.seal = g.seal = &seal;
	g.hash = AID_HASH;
	c.wasm = wasm = aid_read_file(GUEST, &c.wasm_bytes);
	if (seal_find(&seal) && !tampering_is_seen(&seal))
		return aid_fail("sync", "encryption", "takes what was changed");
	if (!wasm || ew_dedup_init(g.memory, sizeof(g.memory), 1024, 0, 1, &g.seen) != EW_OK ||
	    ew_storage_sim_create(&disk, &c.alloc, &c.disk) != EW_OK)
		return aid_fail("sync", "start", "out of memory");
	/* Some way into the flight, and into draining; a batch is a write and a sync. */
	c.writes_until_cut = 200 + aid_noise(&c.seed) % 800;
	if (power_on(&c) && fly(&c)) {
		c.writes_until_cut = 100 + aid_noise(&c.seed) % 400;
		if (drain(&c, &g, &sent, &tries))
			rc = account(&c, &g, sent, tries);
	}
	power_off(&c);
	ew_storage_sim_destroy(&c.disk);
	free(wasm);
	return c.failures ? 1 : rc;
}
