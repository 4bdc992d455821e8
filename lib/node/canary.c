/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * canary.c - a new version beside the old one: a share of the keys meets it, both are watched, and it is promoted
 * or rolled back by itself.
 *
 * Everything is counted in whole numbers and asked at fixed counts of events, so a replay decides the same at the
 * same event (wall time apart, which a replay brings along).  Statistics: means are compared with a tolerance and
 * 2 / sqrt(n) more, which covers values that spread by half their mean; distributions by the population stability
 * index, whose expectation for equal ones is (buckets - 1) (1/n + 1/m) with a standard deviation of
 * sqrt(2 (buckets - 1)) (1/n + 1/m): eight of these are allowed, since the question is asked several times.
 */
#include "node/node.h"

#if EW_CONFIG_NODE

#define FIRST_CHECK 64u
#define SHARE_MAX 500u /* or there is too little left to compare with */
#define EVENTS_MAX (1u << 20)
#define PSI_LEAST 100u /* thousandths: below it "nothing has changed" */
#define FAILURES_FREE 3u
#define COUNT_MAX (1u << 24) /* then it has seen enough */

/* ---- counting --------------------------------------------------------------------------------- */

struct ewi_version *ewi_canary_choose(const struct ewi_function *f, const struct ew_event *e)
{
	const struct ewi_canary *c = f->canary;
	const char *topic = ew_event_topic(e);
	uint64_t h = 0xcbf29ce484222325u ^ c->config.salt; /* FNV-1a, 64 bits */

	for (uint32_t i = 0; i < e->topic_bytes; i++)
		h = (h ^ (uint8_t)topic[i]) * 0x100000001b3u;
	return (h ^ h >> 32) % 1000 < c->config.share ? c->version : f->version;
}

void ewi_canary_count(struct ewi_arm *arm, uint32_t events, uint32_t failed, uint64_t fuel, uint64_t busy_ns,
		      uint64_t emitted)
{
	uint64_t each = emitted / events;

	if (arm->events >= COUNT_MAX)
		return;
	arm->events += events;
	arm->failed += failed;
	arm->fuel += fuel;
	arm->busy_ns += busy_ns;
	arm->emits[each < EWI_CANARY_EMITS ? each : EWI_CANARY_EMITS - 1] += events;
}

/* Edges at the eighths of the values that were learned: insertion, one value at a time. */
static void learn(struct ewi_canary *c, double value)
{
	uint32_t at = c->learned++;

	for (; at > 0 && c->learn[at - 1] > value; at--)
		c->learn[at] = c->learn[at - 1];
	c->learn[at] = value;
}

void ewi_canary_score(struct ewi_version *v, const char *metric, double value)
{
	struct ewi_canary *c = v->function->canary;
	uint32_t b = 0;

	if (!c->config.score || !ewi_same_text(c->config.score, metric) || value != value || v->arm->scored >= COUNT_MAX)
		return;
	if (c->learned < EWI_CANARY_LEARN) {
		if (v == v->function->version)
			learn(c, value);
		return;
	}
	while (b + 1 < EWI_CANARY_SCORES && value >= c->learn[(b + 1) * (EWI_CANARY_LEARN / EWI_CANARY_SCORES)])
		b++;
	v->arm->scores[b]++;
	v->arm->scored++;
}

/* ---- comparing -------------------------------------------------------------------------------- */

static uint64_t root(uint64_t v)
{
	uint64_t r = 0;

	for (uint64_t bit = (uint64_t)1 << 31; bit; bit >>= 1)
		if ((r + bit) * (r + bit) <= v)
			r += bit;
	return r;
}

static bool costs_more(uint64_t sum, uint64_t n, uint64_t old_sum, uint64_t old_n, uint32_t tolerance)
{
	uint64_t mean = sum / n, old = old_sum / old_n, more = tolerance + 2000 / root(n);

	/* The product in two halves: means are below 2^50, more is below 2^21. */
	return mean > old && mean - old > old / 1000 * more + old % 1000 * more / 1000 + 1;
}

static bool distributed_otherwise(const uint32_t *now, uint64_t n, const uint32_t *old, uint64_t m, uint32_t buckets)
{
	uint64_t freedom = buckets - 1, most;

	if (n < FIRST_CHECK || m < FIRST_CHECK)
		return false;
	/* In thousandths: (freedom + 8 sqrt(2 freedom)) (1/n + 1/m). */
	most = (1000 * freedom + 8 * root(2000000 * freedom)) * (n + m) / n / m;
	return ewi_psi_index(old, (uint32_t)m, now, (uint32_t)n, buckets) > (most > PSI_LEAST ? most : PSI_LEAST);
}

/*
 * One failure is assumed of the old version, so that few events of it promise little; of none, half may fail.  In
 * thousandths: the expectation, four times its root (failures come as Poisson has it), and a few that are free.
 */
static bool fails_more(const struct ewi_arm *now, const struct ewi_arm *old)
{
	uint64_t expected = old->events ? 1000 * (old->failed + 1) * now->events / (old->events + 1) : 500 * now->events;

	return 1000 * now->failed > expected + 4 * root(1000 * expected) + 1000 * FAILURES_FREE;
}

/* Why the new version has to go; NULL: no reason so far. */
static const char *worse(const struct ewi_canary *c)
{
	const struct ewi_arm *now = &c->arms[1], *old = &c->arms[0];

	if (fails_more(now, old))
		return "it fails more often";
	if (now->events < c->next_check || old->events < c->next_check)
		return NULL;
	if (costs_more(now->fuel, now->events, old->fuel, old->events, c->config.fuel_tolerance))
		return "it uses more fuel";
	if (costs_more(now->busy_ns, now->events, old->busy_ns, old->events, c->config.time_tolerance))
		return "it takes longer";
	if (distributed_otherwise(now->emits, now->events, old->emits, old->events, EWI_CANARY_EMITS))
		return "it emits another number of events";
	if (distributed_otherwise(now->scores, now->scored, old->scores, old->scored, EWI_CANARY_SCORES))
		return "its scores are distributed otherwise";
	return NULL;
}

bool ewi_canary_decided(struct ewi_canary *c, const char **why)
{
	*why = worse(c);
	if (*why)
		return true;
	if (c->arms[1].events < c->next_check || c->arms[0].events < c->next_check)
		return false;
	if (c->arms[1].events >= c->config.events)
		return true;
	c->next_check = c->next_check < c->config.events / 2 ? 2 * c->next_check : c->config.events;
	return false;
}

/* ---- commands --------------------------------------------------------------------------------- */

static bool is_good(const struct ew_canary_config *c)
{
	return c->share >= 1 && c->share <= SHARE_MAX && c->events >= FIRST_CHECK && c->events <= EVENTS_MAX &&
	       c->fuel_tolerance <= 1000000 && c->time_tolerance <= 1000000 &&
	       (!c->score || (c->score[0] && strlen(c->score) < sizeof(((struct ewi_canary *)0)->score)));
}

enum ew_status ewi_canary_create(struct ewi_canary **out, const struct ew_node *node,
				 const struct ew_canary_config *config, struct ew_error *err)
{
	struct ew_canary_config c;
	struct ewi_canary *canary;

	*out = NULL;
	if (!ewi_config_copy(&c, sizeof(c), config, config->struct_bytes))
		return ewi_error(err, EW_ERR_INVAL, 0, "struct_bytes is not set");
	c.share = c.share ? c.share : EW_CANARY_SHARE;
	c.events = c.events ? c.events : EW_CANARY_EVENTS;
	c.fuel_tolerance = c.fuel_tolerance ? c.fuel_tolerance : EW_CANARY_FUEL_TOLERANCE;
	c.time_tolerance = c.time_tolerance ? c.time_tolerance : EW_CANARY_TIME_TOLERANCE;
	if (!is_good(&c))
		return ewi_error(err, EW_ERR_INVAL, 0, "a canary's share is 1 to %u, its events %u to %u, its tolerances up to 1000000",
				 SHARE_MAX, FIRST_CHECK, EVENTS_MAX);
	canary = ewi_alloc(&node->alloc, 1, sizeof(*canary));
	if (!canary)
		return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
	canary->config = c;
	canary->next_check = FIRST_CHECK;
	if (c.score) {
		memcpy(canary->score, c.score, strlen(c.score));
		canary->config.score = canary->score;
	}
	*out = canary;
	return EW_OK;
}

#endif
