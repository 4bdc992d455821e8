/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * update.c - what may replace what: versions in their order, signatures, models, and the way back.
 * Leaves loading and swapping to function.c.
 */
#include "edgewasm/model.h"
#include "node/node.h"

#if EW_CONFIG_NODE

/* ---- the order of versions -------------------------------------------------------------------- */

/* One identifier of a version: up to the next '.', or the end. */
struct part {
	const char *p;
	size_t len;
	bool number;
};

static struct part take_part(const char **at, const char *end)
{
	struct part part = {*at, 0, true};

	while (*at < end && **at != '.') {
		part.number &= **at >= '0' && **at <= '9';
		(*at)++;
	}
	part.len = (size_t)(*at - part.p);
	part.number &= part.len != 0;
	if (*at < end)
		(*at)++; /* the dot */
	return part;
}

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int sign = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return sign ? sign : (a_len > b_len) - (a_len < b_len);
}

/* SemVer 2.0.0, 11.4: numbers by value, below words; words by their bytes. */
static int compare_parts(struct part a, struct part b)
{
	if (a.number != b.number)
		return a.number ? -1 : 1;
	if (!a.number)
		return compare_bytes(a.p, a.len, b.p, b.len);
	for (; a.len > 1 && *a.p == '0'; a.len--)
		a.p++;
	for (; b.len > 1 && *b.p == '0'; b.len--)
		b.p++;
	return a.len != b.len ? (a.len > b.len) - (a.len < b.len) : memcmp(a.p, b.p, a.len);
}

/* Identifier by identifier; one that is missing is `none`, or without it makes the shorter list the lower. */
static int compare_lists(const char *a, const char *a_end, const char *b, const char *b_end,
			 const struct part *none)
{
	while (a < a_end || b < b_end) {
		struct part pa, pb;
		int sign;

		if (!none && (a >= a_end || b >= b_end))
			return a < a_end ? 1 : -1;
		pa = a < a_end ? take_part(&a, a_end) : *none;
		pb = b < b_end ? take_part(&b, b_end) : *none;
		sign = compare_parts(pa, pb);
		if (sign)
			return sign;
	}
	return 0;
}

static const char *end_of(const char *text, const char *stops)
{
	while (*text && *text != stops[0] && *text != stops[1])
		text++;
	return text;
}

int ew_version_compare(const char *a, const char *b)
{
	static const struct part zero = {"0", 1, true};
	const char *a_core = end_of(a, "-+"), *b_core = end_of(b, "-+");
	int sign = compare_lists(a, a_core, b, b_core, &zero);

	if (sign)
		return sign < 0 ? -1 : 1;
	if (*a_core != '-' || *b_core != '-')
		return (*a_core != '-') - (*b_core != '-');
	sign = compare_lists(a_core + 1, end_of(a_core, "++"), b_core + 1, end_of(b_core, "++"), NULL);
	return (sign > 0) - (sign < 0);
}

/* ---- signatures ------------------------------------------------------------------------------- */

enum ew_status ewi_update_signed(struct ew_node *node, enum ew_signed_content content, const void *bytes,
				 size_t size, const void *signature, size_t signature_size,
				 struct ew_error *err)
{
	uint64_t wall;

	if (!node->trust)
		return EW_OK;
	/* At the end of time every key has expired that has an end: without a clock none of them is trusted. */
	if (!node->host.clock || node->host.clock(node->user, 0, &wall) != EW_OK)
		wall = UINT64_MAX;
	return ew_trust_check(node->trust, content, bytes, size, signature, signature_size, wall, NULL, err);
}

/* ---- models ----------------------------------------------------------------------------------- */

static const char *current_version(const struct ew_models *models, const char *name)
{
	struct ew_models_entry e;

	for (uint32_t i = 0; ew_models_at(models, i, &e) == EW_OK; i++)
		if (e.current && ewi_same_text(e.name, name))
			return e.version;
	return NULL;
}

enum ew_status ewi_update_newer(const char *name, const char *old, const char *version, bool forced,
				struct ew_error *err)
{
	if (!old || forced || ew_version_compare(version, old) >= 0)
		return EW_OK;
	return ewi_error(err, EW_ERR_DENIED, 0, "%s@%s is older than %s, which runs", name, version, old);
}

/* It is written down what `name` stands for now, or it stands for what it did. */
static enum ew_status keep_model(struct ew_node *node, const struct ew_node_model_config *config, const char *name,
				 const char *version, const char *old, struct ew_error *err)
{
	enum ew_status st = node->keeper ? node->keeper->ops->model(node->keeper, config, name, version) : EW_OK;

	st = ewi_node_kept(node, st);
	if (st == EW_OK)
		return EW_OK;
	if (old[0])
		(void)ew_models_select(node->models, name, old); /* it is there: it was current */
	if (config)
		(void)ew_models_remove(node->models, name, version);
	return ewi_error(err, st, 0, "it cannot be written down that %s is %s: %s", name, version, ew_status_text(st));
}

static void copy_version(char out[EW_MODELS_NAME_BYTES], const struct ew_models *models, const char *name)
{
	const char *current = current_version(models, name);

	memset(out, 0, EW_MODELS_NAME_BYTES);
	if (current)
		memcpy(out, current, strlen(current));
}

static enum ew_status put(struct ew_node *node, const struct ew_node_model_config *config, struct ew_error *err)
{
	char old[EW_MODELS_NAME_BYTES];
	struct ew_node_model_config c;
	enum ew_status st;

	if (!ewi_config_copy(&c, sizeof(c), config, config->struct_bytes) || !c.name || !c.version)
		return ewi_error(err, EW_ERR_INVAL, 0, "struct_bytes, name or version is not set");
	if (c.flags & ~(uint32_t)(EW_MODEL_PUT_COPY | EW_MODEL_PUT_DOWNGRADE))
		return ewi_error(err, EW_ERR_INVAL, 0, "unknown flags");
	if (c.max_batch > EW_MODEL_BATCH)
		return ewi_error(err, EW_ERR_INVAL, 0, "max_batch is over %u", (unsigned)EW_MODEL_BATCH);
	st = ewi_update_newer(c.name, current_version(node->models, c.name), c.version,
			      c.flags & EW_MODEL_PUT_DOWNGRADE, err);
	if (st == EW_OK)
		st = ewi_update_signed(node, EW_SIGNED_MODEL, c.bytes, c.size, c.signature, c.signature_size, err);
	if (st != EW_OK)
		return st;
	copy_version(old, node->models, c.name);
	st = ew_models_put(node->models, c.name, c.version, c.bytes, c.size,
			   EW_MODELS_BATCH(c.max_batch) | (c.flags & EW_MODEL_PUT_COPY ? EW_MODELS_COPY : 0), err);
	return st == EW_OK ? keep_model(node, &c, c.name, c.version, old, err) : st;
}

enum ew_status ew_node_model_put(struct ew_node *node, const struct ew_node_model_config *config,
				 struct ew_error *err)
{
	const struct ewi_act_args act = {.act = EWI_ACT_MODEL, .model = config};
	enum ew_status st = ewi_act_begin(node, &act, err);

	return st == EW_OK ? ewi_act_end(node, put(node, config, err)) : st;
}

enum ew_status ew_node_model_select(struct ew_node *node, const char *name, const char *version, struct ew_error *err)
{
	const struct ewi_act_args act = {.act = EWI_ACT_SELECT, .name = name, .other = version};
	enum ew_status st = ewi_act_begin(node, &act, err);
	char old[EW_MODELS_NAME_BYTES];

	if (st != EW_OK)
		return st;
	copy_version(old, node->models, name);
	st = ew_models_select(node->models, name, version);
	return ewi_act_end(node, st == EW_OK ? keep_model(node, NULL, name, version, old, err) :
					       ewi_error(err, st, 0, "there is no model %s@%s", name, version));
}

#endif
