/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * kv_ram.c - the key-value store in RAM, in two blocks that are allocated once.
 *
 * The heap holds pairs back to back: an 8-byte head, the key, the value.  The index holds the offset of
 * each live pair, sorted by key: no hash that a guest could attack, and iteration in order for nothing.
 * A pair that is replaced or deleted stays as a dead one (key length 0 in its head, its size kept) until
 * the heap's end is reached; then the live ones are moved down.
 *
 * live_bytes <= max_bytes is checked before anything changes, so a put that begins cannot fail.
 */
#include "store/kv.h"

#if EW_CONFIG_STORE
#include <string.h>
#include "base/alloc.h"
#include "store/config.h"

struct head {
	uint32_t value_bytes; /* of a dead pair: key and value together */
	uint16_t key_bytes;   /* 0: dead */
	uint16_t mark;
};

#define HEAD_BYTES ((uint32_t)sizeof(struct head))
_Static_assert(sizeof(struct head) == 8, "store.h promises 8 bytes for each pair");

struct ram_kv {
	struct ew_kv kv;
	struct ew_alloc alloc;
	uint32_t max_keys, max_bytes, max_value_bytes;
	uint32_t keys;	     /* entries of the index in use */
	uint32_t top;	     /* where the next pair goes */
	uint32_t live_bytes; /* of live pairs, heads included */
	uint32_t compactions;
	uint32_t *index;
	uint8_t *heap;
};

static struct ram_kv *ram(struct ew_kv *kv)
{
	return (struct ram_kv *)(void *)kv;
}

static struct head head_at(const struct ram_kv *s, uint32_t at)
{
	struct head h;

	memcpy(&h, s->heap + at, sizeof(h));
	return h;
}

static uint32_t pair_bytes(struct head h)
{
	return HEAD_BYTES + h.key_bytes + h.value_bytes;
}

/* The first index whose key is not less than this one; *found says whether it is equal. */
static uint32_t search(const struct ram_kv *s, const void *key, size_t key_bytes, bool *found)
{
	uint32_t low = 0, high = s->keys;

	*found = false;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2, at = s->index[mid];
		size_t have = head_at(s, at).key_bytes;
		int order = memcmp(s->heap + at + HEAD_BYTES, key, have < key_bytes ? have : key_bytes);

		if (order == 0 && have == key_bytes) {
			*found = true;
			return mid;
		}
		if (order < 0 || (order == 0 && have < key_bytes))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void value_at(const struct ram_kv *s, uint32_t at, const void **value, size_t *value_bytes)
{
	struct head h = head_at(s, at);

	*value = s->heap + at + HEAD_BYTES + h.key_bytes;
	*value_bytes = h.value_bytes;
}

static enum ew_status ram_get(struct ew_kv *kv, const void *key, size_t key_bytes,
			      const void **value, size_t *value_bytes)
{
	struct ram_kv *s = ram(kv);
	bool found;
	uint32_t i = search(s, key, key_bytes, &found);

	if (!found)
		return EW_ERR_NOENT;
	value_at(s, s->index[i], value, value_bytes);
	return EW_OK;
}

/* Move the live pairs down over the dead ones; each is found in the index by its key. */
static void compact(struct ram_kv *s)
{
	uint32_t to = 0;

	for (uint32_t at = 0; at < s->top;) {
		struct head h = head_at(s, at);
		uint32_t bytes = pair_bytes(h);

		if (h.key_bytes != 0) {
			bool found;
			uint32_t i = search(s, s->heap + at + HEAD_BYTES, h.key_bytes, &found);

			memmove(s->heap + to, s->heap + at, bytes);
			s->index[i] = to;
			to += bytes;
		}
		at += bytes;
	}
	s->top = to;
	s->compactions++;
}

static void bury(struct ram_kv *s, uint32_t at)
{
	struct head h = head_at(s, at);

	s->live_bytes -= pair_bytes(h);
	h.value_bytes += h.key_bytes;
	h.key_bytes = 0;
	memcpy(s->heap + at, &h, sizeof(h));
}

static void remove_index(struct ram_kv *s, uint32_t i)
{
	s->keys--;
	memmove(s->index + i, s->index + i + 1, (s->keys - i) * sizeof(s->index[0]));
}

static void append(struct ram_kv *s, uint32_t i, const void *key, size_t key_bytes,
		   const void *value, size_t value_bytes, uint16_t mark)
{
	struct head h = {.value_bytes = (uint32_t)value_bytes, .key_bytes = (uint16_t)key_bytes, .mark = mark};
	uint8_t *p = s->heap + s->top;

	memcpy(p, &h, sizeof(h));
	memcpy(p + HEAD_BYTES, key, key_bytes);
	if (value_bytes != 0)
		memcpy(p + HEAD_BYTES + key_bytes, value, value_bytes);
	memmove(s->index + i + 1, s->index + i, (s->keys - i) * sizeof(s->index[0]));
	s->index[i] = s->top;
	s->keys++;
	s->top += pair_bytes(h);
	s->live_bytes += pair_bytes(h);
}

static enum ew_status ram_put(struct ew_kv *kv, const void *key, size_t key_bytes,
			      const void *value, size_t value_bytes)
{
	struct ram_kv *s = ram(kv);
	uint32_t need, old = 0, i;
	bool found;

	if (value_bytes > s->max_value_bytes || HEAD_BYTES + key_bytes > s->max_bytes - value_bytes)
		return EW_ERR_TOOBIG;
	need = HEAD_BYTES + (uint32_t)key_bytes + (uint32_t)value_bytes;
	i = search(s, key, key_bytes, &found);
	if (found) {
		struct head h = head_at(s, s->index[i]);

		old = pair_bytes(h);
		if (old == need) {
			if (value_bytes != 0)
				memcpy(s->heap + s->index[i] + HEAD_BYTES + key_bytes, value, value_bytes);
			return EW_OK;
		}
	} else if (s->keys == s->max_keys) {
		return EW_ERR_FULL;
	}
	if (need > s->max_bytes - (s->live_bytes - old))
		return EW_ERR_FULL;
	if (found) {
		bury(s, s->index[i]);
		remove_index(s, i);
	}
	if (need > s->max_bytes - s->top)
		compact(s); /* keeps the order, so i still holds */
	append(s, i, key, key_bytes, value, value_bytes, 0);
	return EW_OK;
}

static enum ew_status ram_delete(struct ew_kv *kv, const void *key, size_t key_bytes)
{
	struct ram_kv *s = ram(kv);
	bool found;
	uint32_t i = search(s, key, key_bytes, &found);

	if (!found)
		return EW_ERR_NOENT;
	bury(s, s->index[i]);
	remove_index(s, i);
	return EW_OK;
}

/* ---- batches ---- */

/* A later change of the same key makes this one of no account.  At most EW_KV_BATCH_MAX^2 comparisons. */
static bool is_superseded(const struct ew_kv_change *changes, uint32_t count, uint32_t i)
{
	for (uint32_t k = i + 1; k < count; k++)
		if (changes[k].key_bytes == changes[i].key_bytes &&
		    memcmp(changes[k].key, changes[i].key, changes[i].key_bytes) == 0)
			return true;
	return false;
}

enum ew_status ewi_kv_ram_check(const struct ew_kv *kv, const struct ew_kv_change *changes, uint32_t count)
{
	const struct ram_kv *s = (const struct ram_kv *)(const void *)kv;
	uint64_t bytes = s->live_bytes, keys = s->keys;

	for (uint32_t i = 0; i < count; i++) {
		const struct ew_kv_change *c = &changes[i];
		bool found;
		uint32_t at;

		if (!c->remove && (c->value_bytes > s->max_value_bytes ||
				   HEAD_BYTES + c->key_bytes > s->max_bytes - c->value_bytes))
			return EW_ERR_TOOBIG;
		if (is_superseded(changes, count, i))
			continue;
		at = search(s, c->key, c->key_bytes, &found);
		if (!c->remove) {
			bytes += HEAD_BYTES + c->key_bytes + c->value_bytes;
			keys++;
		}
		if (found) { /* each old pair is counted out once, and was in: no wrap */
			bytes -= pair_bytes(head_at(s, s->index[at]));
			keys--;
		}
	}
	return bytes > s->max_bytes || keys > s->max_keys ? EW_ERR_FULL : EW_OK;
}

/* Old pairs go first, so that no moment needs more room than the end. */
void ewi_kv_ram_apply(struct ew_kv *kv, const struct ew_kv_change *changes, uint32_t count, uint16_t mark)
{
	struct ram_kv *s = ram(kv);
	bool found;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = search(s, changes[i].key, changes[i].key_bytes, &found);

		if (found) {
			bury(s, s->index[at]);
			remove_index(s, at);
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct ew_kv_change *c = &changes[i];
		size_t need = HEAD_BYTES + c->key_bytes + c->value_bytes;

		if (c->remove || is_superseded(changes, count, i))
			continue;
		if (need > s->max_bytes - s->top)
			compact(s);
		append(s, search(s, c->key, c->key_bytes, &found), c->key, c->key_bytes, c->value, c->value_bytes, mark);
	}
}

static enum ew_status ram_apply(struct ew_kv *kv, const struct ew_kv_change *changes, uint32_t count)
{
	enum ew_status st = ewi_kv_ram_check(kv, changes, count);

	if (st == EW_OK)
		ewi_kv_ram_apply(kv, changes, count, 0);
	return st;
}

bool ewi_kv_ram_marked(const struct ew_kv *kv, uint16_t mark, uint32_t *place, struct ewi_kv_pair *out)
{
	const struct ram_kv *s = (const struct ram_kv *)(const void *)kv;

	for (; *place < s->top; *place += pair_bytes(head_at(s, *place))) {
		struct head h = head_at(s, *place);

		if (h.key_bytes == 0 || h.mark != mark)
			continue;
		*out = (struct ewi_kv_pair){.key = s->heap + *place + HEAD_BYTES,
					    .value = s->heap + *place + HEAD_BYTES + h.key_bytes,
					    .key_bytes = h.key_bytes,
					    .value_bytes = h.value_bytes,
					    .next = *place + pair_bytes(h)};
		return true;
	}
	return false;
}

void ewi_kv_ram_mark(struct ew_kv *kv, uint32_t place, uint16_t mark)
{
	struct ram_kv *s = ram(kv);
	struct head h = head_at(s, place);

	h.mark = mark;
	memcpy(s->heap + place, &h, sizeof(h));
}

static enum ew_status ram_next(struct ew_kv *kv, const void *key, size_t key_bytes,
			       const void **next_key, size_t *next_key_bytes, const void **value,
			       size_t *value_bytes)
{
	struct ram_kv *s = ram(kv);
	bool found = false;
	uint32_t i = key_bytes == 0 ? 0 : search(s, key, key_bytes, &found);

	i += found;
	if (i == s->keys)
		return EW_ERR_NOENT;
	*next_key = s->heap + s->index[i] + HEAD_BYTES;
	*next_key_bytes = head_at(s, s->index[i]).key_bytes;
	value_at(s, s->index[i], value, value_bytes);
	return EW_OK;
}

static void ram_stat(const struct ew_kv *kv, struct ew_kv_stat *out)
{
	const struct ram_kv *s = (const struct ram_kv *)(const void *)kv;

	memset(out, 0, sizeof(*out));
	out->keys = s->keys;
	out->max_keys = s->max_keys;
	out->used_bytes = s->live_bytes;
	out->max_bytes = s->max_bytes;
	out->compactions = s->compactions;
}

static void ram_destroy(struct ew_kv *kv)
{
	struct ram_kv *s = ram(kv);
	struct ew_alloc alloc = s->alloc;

	ewi_free(&alloc, s->heap, s->max_bytes, 1);
	ewi_free(&alloc, s->index, s->max_keys, sizeof(s->index[0]));
	ewi_free(&alloc, s, 1, sizeof(*s));
}

static const struct ewi_kv_ops ram_ops = {
	.get = ram_get,
	.put = ram_put,
	.del = ram_delete,
	.next = ram_next,
	.apply = ram_apply,
	.stat = ram_stat,
	.destroy = ram_destroy,
};

enum ew_status ew_kv_ram_create(const struct ew_kv_config *cfg, const struct ew_alloc *alloc,
				struct ew_kv **out)
{
	struct ew_kv_config c;
	struct ram_kv *s;

	*out = NULL;
	if (!ewi_store_config(&c, sizeof(c), cfg) || c.max_key_bytes > 65535)
		return EW_ERR_INVAL;
	s = ewi_alloc(alloc, 1, sizeof(*s));
	if (!s)
		return EW_ERR_NOMEM;
	s->kv.ops = &ram_ops;
	s->kv.max_key_bytes = c.max_key_bytes ? c.max_key_bytes : 255;
	s->alloc = *alloc;
	s->max_keys = c.max_keys ? c.max_keys : EW_CONFIG_SMALL ? 32 : 1024;
	s->max_bytes = c.max_bytes ? c.max_bytes : EW_CONFIG_SMALL ? 1024 : 256u << 10;
	s->max_value_bytes = c.max_value_bytes && c.max_value_bytes < s->max_bytes ? c.max_value_bytes
										   : s->max_bytes;
	s->index = ewi_alloc(alloc, s->max_keys, sizeof(s->index[0]));
	s->heap = ewi_alloc(alloc, s->max_bytes, 1);
	if (!s->index || !s->heap) {
		ram_destroy(&s->kv);
		return EW_ERR_NOMEM;
	}
	*out = &s->kv;
	return EW_OK;
}

#endif
