/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * cache.c - results that were had before: what a function emitted for an event, by the event's contents.
 *
 * Found by a hash, believed only when topic, data, flags and content type are the same byte for byte: a hash that
 * somebody made collide costs time, not truth.  A chain has at most CHAIN_MAX entries, so it costs little of that.
 * The version's number and the generation of the models are part of the key, so nothing that was worked out by
 * another version or another model is ever found.  All entries stand in one list in the order of their last use.
 */
#include "abi/models.h"
#include "node/mix.h"
#include "node/node.h"

#if EW_CONFIG_NODE

#define CHAIN_MAX 8u
#define TABLE_MIN 16u
#define TABLE_MAX 65536u
#define RESULT_SHARE 8u /* a result takes at most this part of the cache */
#define OUT_BYTES 12u	/* before each emitted event: flags, content type, lengths */

struct entry {
	struct entry *next;	    /* of the chain */
	struct entry *newer, *older; /* by last use */
	struct ewi_cache_key key;
	uint64_t expires_ns;
	uint32_t topic_bytes, data_bytes, out_bytes; /* topic, data and what was emitted follow */
};

/* What an entry takes and counts, on every machine: a replay evicts what was evicted. */
#define ENTRY_BYTES 96u
_Static_assert(sizeof(struct entry) <= ENTRY_BYTES, "an entry with its pointers takes more");

struct ewi_cache {
	struct ew_alloc alloc;
	struct entry **table;
	uint32_t table_mask, entries;
	struct entry *newest, *oldest;
	size_t bytes, max_bytes;
	/* What the call in progress has emitted. */
	uint8_t *taken;
	size_t taken_bytes, taken_max;
	bool taking, spoilt;
};

static uint8_t *entry_bytes(struct entry *e)
{
	return (uint8_t *)(e + 1);
}

static size_t entry_size(const struct entry *e)
{
	return ENTRY_BYTES + e->topic_bytes + e->data_bytes + e->out_bytes;
}

/* ---- making ----------------------------------------------------------------------------------- */

enum ew_status ewi_cache_create(struct ewi_cache **out, size_t max_bytes, const struct ew_alloc *alloc)
{
	struct ewi_cache *c = ewi_alloc(alloc, 1, sizeof(*c));
	uint32_t chains = TABLE_MIN;

	*out = c;
	if (!c)
		return EW_ERR_NOMEM;
	while (chains < TABLE_MAX && chains < max_bytes / 512)
		chains *= 2;
	c->alloc = *alloc;
	c->max_bytes = max_bytes;
	c->taken_max = max_bytes / RESULT_SHARE;
	c->table_mask = chains - 1;
	c->table = ewi_alloc(alloc, chains, sizeof(struct entry *));
	c->taken = ewi_alloc(alloc, c->taken_max, 1);
	if (c->table && c->taken)
		return EW_OK;
	ewi_cache_destroy(c);
	*out = NULL;
	return EW_ERR_NOMEM;
}

static void unlink_use(struct ewi_cache *c, struct entry *e)
{
	*(e->newer ? &e->newer->older : &c->newest) = e->older;
	*(e->older ? &e->older->newer : &c->oldest) = e->newer;
}

static void link_newest(struct ewi_cache *c, struct entry *e)
{
	e->newer = NULL;
	e->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = e;
	c->newest = e;
}

static void drop(struct ewi_cache *c, struct entry *e)
{
	struct entry **at = &c->table[e->key.hash & c->table_mask];

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	unlink_use(c, e);
	c->entries--;
	c->bytes -= entry_size(e);
	ewi_free(&c->alloc, e, entry_size(e), 1);
}

void ewi_cache_destroy(struct ewi_cache *c)
{
	struct ew_alloc alloc;

	if (!c)
		return;
	alloc = c->alloc;
	while (c->oldest)
		drop(c, c->oldest);
	ewi_free(&alloc, c->table, (size_t)c->table_mask + 1, sizeof(struct entry *));
	ewi_free(&alloc, c->taken, c->taken_max, 1);
	ewi_free(&alloc, c, 1, sizeof(*c));
}

void ewi_cache_stats(const struct ewi_cache *c, struct ew_node_stats *out)
{
	if (!c)
		return;
	out->cache_bytes = c->bytes;
	out->cache_entries = c->entries;
}

/* ---- finding ---------------------------------------------------------------------------------- */

/* Of a version and an event; the same on every machine, so that a replay finds what was found. */
static struct ewi_cache_key key_of(const struct ewi_version *v, const struct ew_event *e)
{
	struct ewi_cache_key k = {.version = v->number, .models = ewi_models_generation(v->node->models),
				  .flags = e->flags & EW_EVENT_USER_FLAGS, .content_type = e->content_type};

	k.hash = ewi_mix(ewi_mix(k.version, k.models), (uint64_t)k.flags << 32 | (uint32_t)k.content_type << 16 | e->topic_bytes);
	k.hash = ewi_mix_bytes(k.hash, (const uint8_t *)ew_event_topic(e), (size_t)e->topic_bytes + ew_event_payload_bytes(e));
	return k;
}

static bool is_of(struct entry *n, const struct ewi_cache_key *k, const struct ew_event *e)
{
	return n->key.hash == k->hash && n->key.version == k->version && n->key.models == k->models &&
	       n->key.flags == k->flags && n->key.content_type == k->content_type &&
	       n->topic_bytes == e->topic_bytes && n->data_bytes == ew_event_payload_bytes(e) &&
	       memcmp(entry_bytes(n), ew_event_topic(e), (size_t)e->topic_bytes + n->data_bytes) == 0;
}

static struct entry *find(struct ew_node *node, const struct ewi_cache_key *k, const struct ew_event *e)
{
	struct ewi_cache *c = node->cache;
	struct entry *n = c->table[k->hash & c->table_mask];

	while (n && !is_of(n, k, e))
		n = n->next;
	if (n && node->now_ns >= n->expires_ns) {
		drop(c, n);
		node->stats.cache_expired++;
		return NULL;
	}
	return n;
}

/* What was emitted is emitted again, within the grant and under this event's trace id. */
static enum ew_status emit_again(struct ewi_version *v, struct entry *n)
{
	const uint8_t *p = entry_bytes(n) + n->topic_bytes + n->data_bytes, *end = p + n->out_bytes;
	enum ew_status st = EW_OK;

	while (p < end && st == EW_OK) {
		uint32_t flags = ewi_le32(p), topic = ewi_le32(p + 4), data = ewi_le32(p + 8);

		p += OUT_BYTES;
		st = ew_abi_emit(v->abi, (const char *)p, topic, p + topic, data, flags);
		p += (size_t)topic + data;
	}
	return st;
}

bool ewi_cache_get(struct ewi_version *v, const struct ew_event *e, struct ewi_cache_key *key, enum ew_status *st)
{
	struct ewi_cache *c = v->node->cache;
	struct entry *n;

	*key = key_of(v, e);
	n = find(v->node, key, e);
	if (!n) {
		v->function->stats.cache_misses++;
		return false;
	}
	unlink_use(c, n);
	link_newest(c, n);
	v->function->stats.cache_hits++;
	*st = emit_again(v, n);
	return true;
}

/* ---- keeping ---------------------------------------------------------------------------------- */

void ewi_cache_begin(struct ewi_cache *c)
{
	c->taking = true;
	c->spoilt = false;
	c->taken_bytes = 0;
}

void ewi_cache_emitted(struct ewi_cache *c, const struct ew_event *header, const void *topic, const void *data,
		       enum ew_status st)
{
	size_t bytes = OUT_BYTES + (size_t)header->topic_bytes + header->data_bytes;
	uint8_t *p;

	if (!c || !c->taking)
		return;
	if (st != EW_OK || header->data_bytes > c->taken_max || bytes > c->taken_max - c->taken_bytes)
		c->spoilt = true;
	if (c->spoilt)
		return;
	p = c->taken + c->taken_bytes;
	ewi_put_le32(p, (header->flags & EW_EVENT_USER_FLAGS) | (uint32_t)header->content_type << 16);
	ewi_put_le32(p + 4, header->topic_bytes);
	ewi_put_le32(p + 8, header->data_bytes);
	memcpy(p + OUT_BYTES, topic, header->topic_bytes);
	if (header->data_bytes)
		memcpy(p + OUT_BYTES + header->topic_bytes, data, header->data_bytes);
	c->taken_bytes += bytes;
}

/* The chain has room for one more. */
static void shorten(struct ew_node *node, uint64_t hash)
{
	struct ewi_cache *c = node->cache;
	struct entry *last = NULL;
	uint32_t length = 0;

	for (struct entry *n = c->table[hash & c->table_mask]; n; n = n->next, length++)
		last = n; /* new ones come first: the one that came longest ago */
	if (length < CHAIN_MAX)
		return;
	drop(c, last);
	node->stats.cache_evicted++;
}

void ewi_cache_end(struct ewi_version *v, const struct ew_event *e, const struct ewi_cache_key *key, bool good)
{
	struct ew_node *node = v->node;
	struct ewi_cache *c = node->cache;
	size_t payload = (size_t)e->topic_bytes + ew_event_payload_bytes(e), size = ENTRY_BYTES + payload + c->taken_bytes;
	struct entry *n;

	c->taking = false;
	if (!good || c->spoilt || payload > c->max_bytes || size > c->max_bytes / RESULT_SHARE)
		return;
	shorten(node, key->hash);
	while (c->bytes + size > c->max_bytes) {
		drop(c, c->oldest);
		node->stats.cache_evicted++;
	}
	n = ewi_alloc(&c->alloc, size, 1);
	if (!n)
		return; /* it is worked out again next time */
	n->key = *key;
	n->expires_ns = v->cache_ttl_ns && v->cache_ttl_ns < UINT64_MAX - node->now_ns ? node->now_ns + v->cache_ttl_ns :
											 UINT64_MAX;
	n->topic_bytes = e->topic_bytes;
	n->data_bytes = ew_event_payload_bytes(e);
	n->out_bytes = (uint32_t)c->taken_bytes;
	memcpy(entry_bytes(n), ew_event_topic(e), payload);
	memcpy(entry_bytes(n) + payload, c->taken, c->taken_bytes);
	n->next = c->table[key->hash & c->table_mask];
	c->table[key->hash & c->table_mask] = n;
	link_newest(c, n);
	c->entries++;
	c->bytes += size;
}

#endif
