/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * sim.c - the simulated spindles.  What a window is made of, in LSB of the
 * sensor (1/2048 g):
 *
 *   shaft tones     1x (unbalance, with speed squared), 2x, 3x
 *   cutting         tooth-passing tone and its double, broadband noise
 *                   coloured by the structure's resonance, all with load
 *   chips           now and then one knock that means nothing
 *   sensor          white noise, gain of the mounting
 *   bearing defect  knocks at the defect's frequency (0.7 % jitter: rolling
 *                   elements slip), each a decaying ring at the resonance;
 *                   inner-race knocks follow the shaft through the load
 *                   zone, ball knocks follow the cage (that makes sidebands)
 *   temperature     first-order lag behind the mean spindle power, friction
 *                   of a fault on top
 *
 * Sums are kept in 1/16 LSB.  Leaves judging to others.  Shifts of negative
 * numbers are arithmetic, as gcc and clang define them.
 * Sources: R. Randall, J. Antoni, "Rolling element bearing diagnostics - a
 * tutorial", MSSP 25 (2011), for the fault signatures.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "rng.h"

#define SINE_BITS 11
#define SINE_COUNT (1u << SINE_BITS)
#define NOISE_COUNT 8192u
#define RESONANCES 4u
#define RING_PHASES 8u	/* an impact falls between two samples */
#define RING_SAMPLES 48u
#define THERMAL_WINDOWS 8	/* time constant, in windows */
#define ONE_Q16 65536

struct machine {
	uint64_t rng;
	uint32_t window;	/* number of the next one */
	uint32_t fault;		/* index into faults plus one, or 0 */
	/* fixed at birth */
	uint16_t rpm_max, gain_q8;
	uint16_t unbalance, misalign, loose;	/* LSB at 6,000 rev/min */
	uint16_t tooth, cut_noise;		/* LSB at full load */
	uint16_t floor_noise, knock;		/* LSB; knock of a failed part */
	uint16_t heat_q8;			/* own factor on 20 degrees */
	uint32_t tone_phase[3];
	uint8_t bearing, resonance;
	/* the job in hand */
	uint8_t job_left, edges;
	uint16_t rpm, load;
	/* thermal state, 1/100 degree and permille, Q8 */
	int32_t temp_q8, bed_q8, power_q8;
};

struct fleet_sim {
	struct fleet_sim_config config;
	struct machine *machines;
	struct fleet_fault *faults;
	int16_t sine[SINE_COUNT];			/* Q15 */
	int16_t white[NOISE_COUNT];			/* sigma 1024 */
	int16_t coloured[RESONANCES][NOISE_COUNT];	/* sigma 1024 */
	int16_t ring[RESONANCES][RING_PHASES][RING_SAMPLES]; /* Q15 */
};

/* Frequency as phase step for each sample (2^32 = one turn), and the share of
 * the amplitude left after one sample, Q16. */
static const struct {
	uint16_t hz;
	uint16_t left_q16;
} resonances[RESONANCES] = {
	{ 3100, 54000 }, { 3600, 53000 }, { 4200, 53500 }, { 4900, 52500 },
};

/* rev/min, lowest and highest rating by bearing size. */
static const uint16_t ratings[FLEET_BEARINGS][2] = {
	{ 9000, 12000 }, { 7000, 10000 }, { 5500, 8000 }, { 4300, 6000 },
};

/* ---- tables ---- */

/* sin(i/512 * pi/2), 0 <= i <= 512, Q15, rounded: Taylor to x^11 in Q30, whose
 * rest is below 2^-24. */
static int32_t quarter_sine(uint32_t i)
{
	const int64_t x = (int64_t)1686629713 * i / 512; /* Q30, < 2^31 */
	const int64_t xx = (x * x) >> 30;
	int64_t term = x, sum = x;

	for (int k = 2; k <= 10; k += 2) {
		term = -((term * xx) >> 30) / (k * (k + 1));
		sum += term;
	}
	sum = (sum * 32767 + (1 << 29)) >> 30;
	return (int32_t)(sum > 32767 ? 32767 : sum);
}

static void make_sine(int16_t *sine)
{
	const uint32_t quarter = SINE_COUNT / 4;

	for (uint32_t i = 0; i < SINE_COUNT; i++) {
		const uint32_t in = i % (2 * quarter);
		const uint32_t at = in <= quarter ? in : 2 * quarter - in;
		const int32_t v = quarter_sine(at * 512 / quarter);

		sine[i] = (int16_t)(i < 2 * quarter ? v : -v);
	}
}

static inline int32_t sine_at(const int16_t *sine, uint32_t phase)
{
	return sine[phase >> (32 - SINE_BITS)];
}

static uint32_t phase_step(uint32_t hz)
{
	return (uint32_t)(((uint64_t)hz << 32) / FLEET_RATE_HZ);
}

/* Sum of 12 uniforms: near enough to a normal variable, and all integer. */
static void make_white(int16_t *noise, uint64_t *rng)
{
	for (uint32_t i = 0; i < NOISE_COUNT; i++) {
		int32_t sum = 0;

		for (int k = 0; k < 3; k++) {
			const uint64_t r = fleet_rng_next(rng);

			sum += (int32_t)((r & 0xffff) + (r >> 16 & 0xffff) +
					 (r >> 32 & 0xffff) + (r >> 48));
		}
		noise[i] = (int16_t)((sum - 6 * 65535) / 64);
	}
}

static uint32_t root(uint64_t v)
{
	uint64_t r = 0;

	for (uint64_t bit = (uint64_t)1 << 31; bit; bit >>= 1)
		if ((r + bit) * (r + bit) <= v)
			r += bit;
	return (uint32_t)r;
}

/* A decaying ring, sampled from `p` eighths of a sample after the knock. */
static void make_ring(struct fleet_sim *sim, uint32_t res, uint32_t p)
{
	const uint32_t step = phase_step(resonances[res].hz);
	uint32_t phase = step / RING_PHASES * p;
	int64_t left = ONE_Q16 - (int64_t)(ONE_Q16 - resonances[res].left_q16) *
		       p / RING_PHASES;

	for (uint32_t i = 0; i < RING_SAMPLES; i++) {
		sim->ring[res][p][i] =
			(int16_t)(sine_at(sim->sine, phase) * left / ONE_Q16);
		phase += step;
		left = left * resonances[res].left_q16 / ONE_Q16;
	}
}

/* White noise through the resonance: y = x + 2 r cos(w) y' - r^2 y''. */
static void make_coloured(struct fleet_sim *sim, uint32_t res, uint64_t *rng)
{
	const int64_t r = resonances[res].left_q16;
	const int64_t a1 = 2 * r * sine_at(sim->sine, phase_step(resonances[res].hz) +
					   0x40000000u) / 32768;
	const int64_t a2 = r * r / ONE_Q16;
	int64_t y1 = 0, y2 = 0;
	uint64_t power = 0;
	int16_t *out = sim->coloured[res];

	make_white(out, rng);
	for (uint32_t i = 0; i < NOISE_COUNT; i++) {
		const int64_t y = out[i] + (a1 * y1 - a2 * y2) / ONE_Q16;

		y2 = y1;
		y1 = y;
		out[i] = (int16_t)(y / 2);
		power += (uint64_t)(out[i] * out[i]);
	}
	const int32_t sigma = (int32_t)root(power / NOISE_COUNT);

	for (uint32_t i = 0; i < NOISE_COUNT; i++)
		out[i] = (int16_t)(out[i] * 1024 / sigma);
}

/* ---- faults ---- */

static const char *const fault_names[FLEET_FAULT_KINDS] = {
	"none", "outer-race", "inner-race", "ball", "unbalance", "lubrication",
};

const char *fleet_fault_name(enum fleet_fault_kind kind)
{
	return kind < FLEET_FAULT_KINDS ? fault_names[kind] : "?";
}

/* (2^(7 x) - 1) / 127 for x = the share of the fault's life that has passed:
 * damage feeds on itself.  2^f is taken as 1 + f (0.656 + 0.344 f). */
uint32_t fleet_fault_wear(const struct fleet_fault *fault, uint32_t window)
{
	if (!fault || window < fault->start)
		return 0;
	if (window >= fault->end)
		return ONE_Q16;
	const uint64_t x = (uint64_t)7 * ONE_Q16 * (window - fault->start + 1) /
			   (fault->end - fault->start + 1);
	const uint64_t f = x % ONE_Q16;
	const uint64_t pow2 = (ONE_Q16 + f * (43008 + 22528 * f / ONE_Q16) / ONE_Q16)
			      << (x / ONE_Q16);

	return (uint32_t)((pow2 - ONE_Q16) / 127);
}

/* Start between 15 % and 55 % of the run, life 20 % to 40 % of it. */
static void inject(struct fleet_sim *sim)
{
	uint64_t rng = fleet_rng_fork(sim->config.seed, 1u << 31, 1);
	const uint64_t windows = sim->config.windows;

	for (uint32_t i = 0; i < sim->config.faults; i++) {
		struct fleet_fault *f = &sim->faults[i];

		f->machine = fleet_rng_below(&rng, sim->config.machines);
		while (sim->machines[f->machine].fault)
			f->machine = (f->machine + 1) % sim->config.machines;
		sim->machines[f->machine].fault = i + 1;
		f->kind = (enum fleet_fault_kind)(1 + i % (FLEET_FAULT_KINDS - 1));
		f->start = (uint32_t)(windows * (150 + fleet_rng_below(&rng, 401)) / 1000);
		f->end = f->start +
			 (uint32_t)(windows * (200 + fleet_rng_below(&rng, 201)) / 1000);
	}
}

const struct fleet_fault *fleet_sim_fault(const struct fleet_sim *sim, uint32_t machine)
{
	const uint32_t at = sim->machines[machine].fault;

	return at ? &sim->faults[at - 1] : NULL;
}

const struct fleet_fault *fleet_sim_faults(const struct fleet_sim *sim, uint32_t *count)
{
	*count = sim->config.faults;
	return sim->faults;
}

/* ---- machines ---- */

static void new_job(struct machine *m)
{
	m->job_left = (uint8_t)fleet_rng_range(&m->rng, 3, 12);
	m->edges = (uint8_t)fleet_rng_range(&m->rng, 3, 6);
	m->rpm = (uint16_t)(m->rpm_max * fleet_rng_range(&m->rng, 620, 1000) / 1000);
	m->load = (uint16_t)fleet_rng_range(&m->rng, 80, 950);
}

/* Permille of the rated power: 6 parts cutting, 4 parts speed. */
static int32_t power(const struct machine *m)
{
	return (600 * m->load + 400 * (1000 * m->rpm / m->rpm_max)) / 1000;
}

void fleet_sim_rewind(struct fleet_sim *sim, uint32_t machine)
{
	struct machine *m = &sim->machines[machine];
	const uint32_t fault = m->fault;

	memset(m, 0, sizeof(*m));
	m->fault = fault;
	m->rng = fleet_rng_fork(sim->config.seed, machine, 0);
	m->bearing = (uint8_t)fleet_rng_below(&m->rng, FLEET_BEARINGS);
	m->resonance = (uint8_t)fleet_rng_below(&m->rng, RESONANCES);
	m->rpm_max = (uint16_t)fleet_rng_range(&m->rng, ratings[m->bearing][0],
					       ratings[m->bearing][1]);
	m->gain_q8 = (uint16_t)fleet_rng_range(&m->rng, 240, 272);
	m->unbalance = (uint16_t)fleet_rng_range(&m->rng, 60, 130);
	m->misalign = (uint16_t)fleet_rng_range(&m->rng, 25, 55);
	m->loose = (uint16_t)fleet_rng_range(&m->rng, 10, 20);
	m->tooth = (uint16_t)fleet_rng_range(&m->rng, 160, 320);
	m->cut_noise = (uint16_t)fleet_rng_range(&m->rng, 45, 70);
	m->floor_noise = (uint16_t)fleet_rng_range(&m->rng, 14, 22);
	m->knock = (uint16_t)fleet_rng_range(&m->rng, 4000, 7000);
	m->heat_q8 = (uint16_t)fleet_rng_range(&m->rng, 247, 265);
	for (int i = 0; i < 3; i++)
		m->tone_phase[i] = (uint32_t)fleet_rng_next(&m->rng);
	new_job(m);
	m->job_left = (uint8_t)fleet_rng_range(&m->rng, 1, m->job_left);
	m->bed_q8 = 256 * fleet_rng_range(&m->rng, 2100, 2700);
	m->power_q8 = 256 * power(m);
	m->temp_q8 = m->bed_q8 + 2 * m->power_q8 * m->heat_q8 / 256;
}

uint32_t fleet_sim_phase(const struct fleet_sim *sim, uint32_t machine)
{
	return (uint32_t)fleet_rng_fork(sim->config.seed, machine, 2);
}

/* Full power warms the bearing 20 degrees above the bed, a failed one 30
 * degrees more. */
static void warm(struct machine *m, uint32_t friction_q16)
{
	m->power_q8 += (256 * power(m) - m->power_q8) / THERMAL_WINDOWS;
	m->bed_q8 += 256 * fleet_rng_range(&m->rng, -8, 8);
	const int32_t target = m->bed_q8 +
			       2 * power(m) * m->heat_q8 +
			       (int32_t)((uint64_t)3000 * 256 * friction_q16 / ONE_Q16);

	m->temp_q8 += (target - m->temp_q8) / THERMAL_WINDOWS;
}

/* ---- one window ---- */

struct scene {
	const struct fleet_sim *sim;
	struct machine *m;
	int32_t *acc;		/* [FLEET_SAMPLES], 1/16 LSB */
	uint32_t shaft;		/* angle at sample 0 */
	uint32_t shaft_step;	/* and for each sample */
	uint32_t wear;		/* Q16 */
	enum fleet_fault_kind kind;
};

/* amp < 2^14 LSB: amp * sine < 2^29. */
static void add_tone(const struct scene *s, uint32_t times, uint32_t phase, int32_t amp)
{
	const uint32_t step = s->shaft_step * times;

	phase += s->shaft * times;
	for (uint32_t i = 0; i < FLEET_SAMPLES; i++, phase += step)
		s->acc[i] += (amp * sine_at(s->sim->sine, phase)) >> 11;
}

/* sigma < 2^12 LSB, |noise| < 2^13 times 2 at most. */
static void add_noise(const struct scene *s, const int16_t *pool, int32_t sigma)
{
	const int16_t *from = pool + fleet_rng_below(&s->m->rng,
						     NOISE_COUNT - FLEET_SAMPLES);

	for (uint32_t i = 0; i < FLEET_SAMPLES; i++)
		s->acc[i] += (sigma * from[i]) >> 6;
}

/* One knock at a time in 1/8 sample; amp < 2^14 LSB. */
static void add_knock(const struct scene *s, uint32_t at_q3, int32_t amp)
{
	const uint32_t start = (at_q3 + RING_PHASES - 1) / RING_PHASES;
	const int16_t *ring =
		s->sim->ring[s->m->resonance][start * RING_PHASES - at_q3];

	for (uint32_t i = start; i < FLEET_SAMPLES && i - start < RING_SAMPLES; i++)
		s->acc[i] += (amp * ring[i - start]) >> 11;
}

/* 0.15 to 1 (Q15) as a defect turns through the load zone. */
static int32_t load_zone(const struct scene *s, uint32_t angle)
{
	const int32_t up = (32768 + sine_at(s->sim->sine, angle)) / 2;

	return 4915 + up * 27853 / 32768;
}

/* Knocks at `order` (Q8) times the shaft; the zone turns with `zone_order`
 * (Q8, 0 = stands still). */
static void add_defect(const struct scene *s, uint32_t order, uint32_t zone_order)
{
	/* samples between knocks in Q8: 2^32 / (order * step), times 2^16 */
	const uint32_t gap = (uint32_t)(((uint64_t)1 << 48) /
					((uint64_t)order * s->shaft_step));
	const int32_t full = (int32_t)((uint64_t)s->m->knock * s->wear / ONE_Q16);
	const uint32_t zone_step = (uint32_t)((uint64_t)s->shaft_step * zone_order / 256);
	uint32_t zone = (uint32_t)fleet_rng_next(&s->m->rng);
	uint32_t at = fleet_rng_below(&s->m->rng, gap); /* Q8 sample */

	while (at >> 8 < FLEET_SAMPLES) {
		int32_t amp = full;

		if (zone_order)
			amp = (int32_t)((int64_t)full *
					load_zone(s, zone + (at >> 8) * zone_step) / 32768);
		add_knock(s, at >> 5, amp);
		at += gap + (uint32_t)fleet_rng_range(&s->m->rng, -(int32_t)gap / 80,
						      (int32_t)gap / 80);
	}
}

static void add_fault(const struct scene *s)
{
	const struct fleet_bearing *b = &fleet_bearings[s->m->bearing];

	switch (s->kind) {
	case FLEET_FAULT_OUTER:
		add_defect(s, b->bpfo, 0);
		break;
	case FLEET_FAULT_INNER:
		add_defect(s, b->bpfi, 256);
		break;
	case FLEET_FAULT_BALL:
		add_defect(s, b->bsf2, b->ftf);
		break;
	case FLEET_FAULT_LUBRICATION:
		add_noise(s, s->sim->coloured[s->m->resonance],
			  (int32_t)((uint64_t)600 * s->wear / ONE_Q16));
		break;
	case FLEET_FAULT_NONE:
	case FLEET_FAULT_UNBALANCE:
	case FLEET_FAULT_KINDS:
		break;
	}
}

static void add_sound_machine(const struct scene *s)
{
	struct machine *m = s->m;
	/* (rpm / 6000)^2 in Q8 */
	const int32_t fast = (int32_t)((uint64_t)m->rpm * m->rpm * 256 / 36000000);
	int32_t unbalance = m->unbalance;

	if (s->kind == FLEET_FAULT_UNBALANCE)
		unbalance += (int32_t)((uint64_t)3000 * s->wear / ONE_Q16);
	add_tone(s, 1, m->tone_phase[0], unbalance * fast / 256);
	add_tone(s, 2, m->tone_phase[1], m->misalign * fast / 256);
	add_tone(s, 3, m->tone_phase[2], m->loose * fast / 256);
	add_tone(s, m->edges, 0, m->tooth * m->load / 1000);
	add_tone(s, 2u * m->edges, 0, m->tooth * m->load / 3000);
	add_noise(s, s->sim->coloured[m->resonance], 6 + m->cut_noise * m->load / 1000);
	add_noise(s, s->sim->white, m->floor_noise);
	if (fleet_rng_below(&m->rng, 100) == 0) {
		const uint32_t at = fleet_rng_below(&m->rng, RING_PHASES * FLEET_SAMPLES);

		add_knock(s, at, fleet_rng_range(&m->rng, 80, 200));
	}
}

static void write_header(const struct machine *m, uint32_t machine, int32_t load,
			 int32_t temp, uint8_t *out)
{
	fleet_put16(out, FLEET_MAGIC);
	out[2] = FLEET_LAYOUT;
	out[3] = m->bearing;
	fleet_put32(out + 4, machine);
	fleet_put32(out + 8, m->window);
	fleet_put16(out + 12, m->rpm);
	fleet_put16(out + 14, (uint32_t)load);
	fleet_put16(out + 16, (uint32_t)(m->power_q8 / 256));
	fleet_put16(out + 18, (uint32_t)temp);
	fleet_put16(out + 20, (uint32_t)(m->bed_q8 / 256));
	out[22] = m->edges;
	out[23] = 0;
}

uint32_t fleet_sim_window(struct fleet_sim *sim, uint32_t machine,
			  uint8_t out[FLEET_WINDOW_BYTES])
{
	struct machine *m = &sim->machines[machine];
	const struct fleet_fault *fault = fleet_sim_fault(sim, machine);
	int32_t acc[FLEET_SAMPLES] = { 0 };
	struct scene s = { .sim = sim, .m = m, .acc = acc };

	if (m->job_left == 0)
		new_job(m);
	m->job_left--;
	s.wear = fleet_fault_wear(fault, m->window);
	s.kind = s.wear ? fault->kind : FLEET_FAULT_NONE;
	warm(m, s.kind == FLEET_FAULT_LUBRICATION ? s.wear : s.wear / 8);
	s.shaft = (uint32_t)fleet_rng_next(&m->rng);
	s.shaft_step = (uint32_t)(((uint64_t)m->rpm << 32) / (60 * FLEET_RATE_HZ));
	add_sound_machine(&s);
	add_fault(&s);

	const int32_t load = m->load + fleet_rng_range(&m->rng, -15, 15);
	const int32_t temp = m->temp_q8 / 256 + fleet_rng_range(&m->rng, -10, 10);

	write_header(m, machine, load, temp, out);
	for (uint32_t i = 0; i < FLEET_SAMPLES; i++) {
		const int32_t v = (int32_t)((int64_t)acc[i] * m->gain_q8 / 4096);

		fleet_put16(out + FLEET_HEADER_BYTES + 2 * i,
			    (uint32_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v));
	}
	return m->window++;
}

/* ---- life ---- */

struct fleet_sim *fleet_sim_create(const struct fleet_sim_config *config)
{
	struct fleet_sim *sim;
	uint64_t rng = fleet_rng_fork(config->seed, 1u << 31, 0);

	if (config->machines < 1 || config->machines > 1000000 ||
	    config->faults > config->machines)
		return NULL;
	sim = calloc(1, sizeof(*sim));
	if (!sim)
		return NULL;
	sim->config = *config;
	sim->machines = calloc(config->machines, sizeof(*sim->machines));
	sim->faults = calloc(config->faults + 1u, sizeof(*sim->faults));
	if (!sim->machines || !sim->faults) {
		fleet_sim_destroy(sim);
		return NULL;
	}
	make_sine(sim->sine);
	make_white(sim->white, &rng);
	for (uint32_t r = 0; r < RESONANCES; r++) {
		for (uint32_t p = 0; p < RING_PHASES; p++)
			make_ring(sim, r, p);
		make_coloured(sim, r, &rng);
	}
	inject(sim);
	for (uint32_t i = 0; i < config->machines; i++)
		fleet_sim_rewind(sim, i);
	return sim;
}

void fleet_sim_destroy(struct fleet_sim *sim)
{
	if (!sim)
		return;
	free(sim->machines);
	free(sim->faults);
	free(sim);
}
