/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * camera.c - ten cameras watched at the edge: of every fifth 1080p frame a guest makes 320 x 320 pixels on vectors, an int8
 * detector looks at all that wait, up to four at once, and a second guest turns what it says of frames into alerts.  Alerts
 * leave the house, pictures do not.
 *
 *	camera [--seconds S] [--cameras N] [--batch N] [--wait MS] [--together] [--thinner N] [--alone] [--fast]
 *
 * Threads of the host's: cameras and eye; detector and watch, with a ring between them; and one that does half of
 * the detector's work, unless --alone.  With --fast one thread takes
 * frame after frame, as soon as it can, and nothing is said of time.
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "../aid/aid.h"
#include "crew.h"
#include "detector.h"
#include "frame.h"
#include "pictures.h"

#define EYE "examples/camera/guest_eye.wasm"
#define WATCH "examples/camera/guest_watch.wasm"
#define FPS 15u
#define EVERY 5u
#define BATCH_MAX 8u
#define PARTS 2u /* that an operator is split into, for two cores */
#define FRAMES_BYTES (8u << 20) /* two frames */
#define SEEN_RING_BYTES (8u << 20)
#define EYE_FUEL 20000000u
#define WATCH_FUEL 200000u
#define THRESHOLD 0.9f
#define CHECKED 2u /* pictures of the eye's that are compared with the definition */

struct options {
	double seconds, wait_ms;
	uint32_t cameras, batch, thinner;
	bool together, alone, fast;
};

/* Rides in the trace id: when the frame came, and whose it is. */
struct mark {
	uint64_t came_ns;
	uint32_t camera, frame;
};

enum stage { COPY, EYE_STAGE, WAIT, DETECT, VOTE, ALL, STAGES };
static const char *const stage_names[STAGES] = {"into the ring", "eye (guest)", "queue, batch", "detector", "watch (guest)",
						"frame to verdict"};

struct run {
	struct options o;
	struct ew_alloc alloc;
	struct ew_node *eye, *watch;
	struct ew_ring *frames, *seen;
	void *frames_memory, *seen_memory;
	uint8_t *eye_wasm, *watch_wasm, *model_bytes;
	struct ew_model *model;
	struct ew_model_exec *exec;
	struct crew *crew;
	struct pictures *pictures;
	uint64_t offered, taken, dropped, batches, verdicts, alerts[CAMERAS_MAX], failures, fuel;
	float quiet_most, strange_least; /* scores of frames without and with somebody in them */
	struct ew_histogram took[STAGES];
	uint32_t checked, differ;
	int done; /* the cameras are off; set by the first thread */
};

static uint64_t latency(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

/* ---- what the nodes ask of the host ---- */

static enum ew_status on_clock(void *user, uint32_t id, uint64_t *ns)
{
	(void)user, (void)id;
	*ns = aid_clock_ns();
	return EW_OK;
}

static void on_report(void *user, const struct ew_node_report *r)
{
	struct run *run = user;

	__atomic_add_fetch(&run->failures, 1, __ATOMIC_RELAXED);
	aid_fail("camera", r->function, r->text);
}

/* The eye's picture goes to the other thread. */
static enum ew_status on_seen(void *user, const char *function, const struct ew_event *header, const void *topic,
			      const void *data)
{
	struct run *r = user;
	struct ew_event e = *header;

	(void)function;
	if (header->data_bytes != SEEN_BYTES)
		return EW_ERR_DENIED;
	if (r->checked < CHECKED) {
		static int8_t want[SEEN_BYTES];
		const struct ew_event *frame;

		r->checked++;
		if (ew_ring_peek(r->frames, &frame) == EW_OK)
			pictures_shrink(ew_event_data(frame), want);
		r->differ += memcmp(want, data, SEEN_BYTES) != 0;
	}
	e.time_ns = aid_clock_ns();
	return ew_ring_push(r->seen, &e, topic, data);
}

static enum ew_status on_watch(void *user, const char *function, const struct ew_event *header, const void *topic,
			       const void *data)
{
	struct run *r = user;
	const uint8_t *bytes = data;
	uint32_t camera, frame;
	float score;

	(void)function;
	if (header->data_bytes != 12)
		return EW_ERR_DENIED;
	camera = aid_get32(bytes);
	frame = aid_get32(bytes + 4);
	score = aid_get_float(bytes + 8);
	if (camera >= r->o.cameras)
		return EW_ERR_DENIED;
	if (header->topic_bytes == 5 && !memcmp(topic, "alert", 5)) {
		r->alerts[camera]++;
		printf("alert: camera %u, frame %u, score %.2f\n", (unsigned)camera, (unsigned)frame, (double)score);
		return EW_OK;
	}
	r->verdicts++;
	if (pictures_intruder(r->pictures, camera, frame))
		r->strange_least = score < r->strange_least ? score : r->strange_least;
	else
		r->quiet_most = score > r->quiet_most ? score : r->quiet_most;
	return EW_OK;
}

/* ---- making it ---- */

static bool function_open(struct run *r, struct ew_node **node, const struct ew_node_host *host, struct ew_ring *in,
			  const char *path, uint8_t **wasm, const char *pattern, uint64_t fuel, uint32_t pages)
{
	const float threshold = THRESHOLD;
	uint8_t bytes[4];
	const struct ew_setting setting = {"threshold", bytes, sizeof(bytes)};
	struct ew_node_config config = {.struct_bytes = sizeof(config), .host = host, .user = r, .in = in};
	struct ew_function_config f = {
		.struct_bytes = sizeof(f), .name = pattern, .version = "1", .fuel = fuel, .max_memory_pages = pages,
		.grant.caps = EW_CAP_RECV | EW_CAP_EMIT | EW_CAP_CONFIG, .settings = &setting, .setting_count = 1,
	};
	struct ew_error err = {EW_OK, 0, ""};

	aid_put_float(bytes, threshold);
	*wasm = aid_read_file(path, &f.module_size);
	f.module_bytes = *wasm;
	if (!*wasm)
		return false;
	if (ew_node_create(node, &config, &r->alloc, &err) != EW_OK || ew_node_function_put(*node, &f, &err) != EW_OK ||
	    ew_node_route_add(*node, pattern, pattern, &err) != EW_OK) {
		aid_fail("camera", path, err.text);
		return false;
	}
	return true;
}

static bool model_open(struct run *r)
{
	const struct ew_model_config config = {.struct_bytes = sizeof(config), .max_batch = r->o.batch, .max_parts = PARTS};
	struct ew_error err = {EW_OK, 0, "out of memory"};
	size_t size;

	r->model_bytes = detector_make(1, r->o.thinner, &size);
	if (!r->model_bytes || ew_model_load(&r->model, r->model_bytes, size, &config, &r->alloc, &err) != EW_OK ||
	    ew_model_exec_create(&r->exec, r->model, &r->alloc, &err) != EW_OK) {
		aid_fail("camera", "detector", err.text);
		return false;
	}
	r->crew = r->o.alone ? NULL : crew_create();
	return !r->crew || ew_model_exec_set_parallel(r->exec, crew_do, r->crew) == EW_OK;
}

static bool ring_open(void **memory, size_t bytes, struct ew_ring **ring)
{
	*memory = malloc(ew_ring_size(bytes));
	return *memory && ew_ring_init(*memory, ew_ring_size(bytes), NULL, ring) == EW_OK;
}

static bool run_open(struct run *r)
{
	static const struct ew_node_host eye = {.struct_bytes = sizeof(eye), .clock = on_clock, .emit = on_seen,
						.report = on_report};
	static const struct ew_node_host watch = {.struct_bytes = sizeof(watch), .clock = on_clock, .emit = on_watch,
						  .report = on_report};

	r->alloc = ew_alloc_libc();
	r->strange_least = 1e9f;
	r->pictures = pictures_create(r->o.cameras, (uint32_t)(r->o.seconds * FPS));
	if (!r->pictures || !ring_open(&r->frames_memory, FRAMES_BYTES, &r->frames) ||
	    !ring_open(&r->seen_memory, SEEN_RING_BYTES, &r->seen)) {
		aid_fail("camera", "start", "out of memory");
		return false;
	}
	return model_open(r) &&
	       function_open(r, &r->eye, &eye, r->frames, EYE, &r->eye_wasm, "frame", EYE_FUEL, 64) &&
	       function_open(r, &r->watch, &watch, NULL, WATCH, &r->watch_wasm, "head", WATCH_FUEL, 4);
}

static void run_close(struct run *r)
{
	ew_node_destroy(r->eye);
	ew_node_destroy(r->watch);
	ew_model_exec_destroy(r->exec);
	crew_destroy(r->crew);
	ew_model_free(r->model);
	pictures_destroy(r->pictures);
	free(r->frames_memory);
	free(r->seen_memory);
	free(r->eye_wasm);
	free(r->watch_wasm);
	free(r->model_bytes);
}

/* ---- the first thread: cameras and eye ---- */

static bool look(struct run *r, const struct mark *mark)
{
	const uint64_t begin = aid_clock_ns();
	struct ew_event *e;
	uint64_t copied, after;

	if (ew_ring_claim(r->frames, 5, FRAME_BYTES, &e) != EW_OK)
		return false;
	memcpy(ew_event_topic(e), "frame", 5);
	memcpy(e->trace_id, mark, sizeof(*mark));
	e->time_ns = mark->came_ns;
	pictures_take(r->pictures, mark->camera, mark->frame, ew_event_data(e));
	ew_ring_commit(r->frames);
	copied = aid_clock_ns();
	ew_node_step(r->eye, copied, NULL);
	after = aid_clock_ns();
	ew_histogram_add(&r->took[COPY], copied - begin);
	ew_histogram_add(&r->took[EYE_STAGE], after - copied);
	return true;
}

/* When a frame comes: cameras are not in step, unless --together. */
static uint64_t due_ns(const struct run *r, uint32_t camera, uint32_t frame)
{
	const uint64_t offset = r->o.together ? 0 : (uint64_t)EVERY * camera * 1000000000u / (FPS * r->o.cameras);

	return offset + (uint64_t)frame * 1000000000u / FPS;
}

static void wait_until(uint64_t ns)
{
	for (;;) {
		const uint64_t now = aid_clock_ns();
		const uint64_t left = latency(now, ns);
		const struct timespec t = {0, (long)(left > 500000000 ? 500000000 : left)};

		if (!left)
			return;
		nanosleep(&t, NULL);
	}
}

/* Of every fifth frame; the others are only counted. */
static void watch_cameras(struct run *r, bool (*idle)(struct run *r))
{
	const uint32_t frames = (uint32_t)(r->o.seconds * FPS);
	const uint64_t start = aid_clock_ns();

	for (uint32_t f = 0; f < frames; f += EVERY)
		for (uint32_t c = 0; c < r->o.cameras; c++) {
			struct mark mark = {start + due_ns(r, c, f), c, f};

			r->offered += EVERY;
			if (r->o.fast)
				mark.came_ns = aid_clock_ns();
			else
				wait_until(mark.came_ns);
			if (look(r, &mark))
				r->taken++;
			else
				r->dropped++;
			if (idle)
				idle(r);
		}
}

/* ---- the second thread: detector and watch ---- */

static bool vote(struct run *r, const struct ew_event *seen, const int8_t *head)
{
	static union {
		struct ew_event header;
		uint8_t bytes[sizeof(struct ew_event) + 4 + 8 + HEAD_BYTES];
	} e;
	struct mark mark;

	memcpy(&mark, seen->trace_id, sizeof(mark));
	e.header = (struct ew_event){.time_ns = mark.came_ns, .topic_bytes = 4, .data_bytes = 8 + HEAD_BYTES};
	memcpy(e.header.trace_id, seen->trace_id, sizeof(e.header.trace_id));
	memcpy(ew_event_topic(&e.header), "head", 4);
	aid_put32(ew_event_data(&e.header), mark.camera);
	aid_put32(ew_event_data(&e.header) + 4, mark.frame);
	memcpy(ew_event_data(&e.header) + 8, head, HEAD_BYTES);
	return ew_node_dispatch(r->watch, &e.header, aid_clock_ns()) == EW_OK;
}

/* One run of the detector over `count` pictures, and a verdict for each. */
static bool detect(struct run *r, const struct ew_event *const *seen, uint32_t count)
{
	const uint64_t begin = aid_clock_ns();
	struct ew_tensor_span in;
	struct ew_tensor_view out;
	uint64_t detected;

	if (ew_model_exec_set_batch(r->exec, count) != EW_OK || ew_model_exec_input(r->exec, 0, &in) != EW_OK)
		return false;
	for (uint32_t i = 0; i < count; i++)
		memcpy((uint8_t *)in.data + (size_t)i * SEEN_BYTES, ew_event_data(seen[i]), SEEN_BYTES);
	if (ew_model_exec_run(r->exec) != EW_OK || ew_model_exec_output(r->exec, 0, &out) != EW_OK)
		return false;
	detected = aid_clock_ns();
	r->batches++;
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t voting = aid_clock_ns();
		struct mark mark;
		uint64_t after;

		memcpy(&mark, seen[i]->trace_id, sizeof(mark));
		if (!vote(r, seen[i], (const int8_t *)out.data + (size_t)i * HEAD_BYTES))
			return false;
		after = aid_clock_ns();
		ew_histogram_add(&r->took[WAIT], latency(seen[i]->time_ns, begin));
		ew_histogram_add(&r->took[DETECT], detected - begin);
		ew_histogram_add(&r->took[VOTE], after - voting);
		ew_histogram_add(&r->took[ALL], latency(mark.came_ns, after));
	}
	ew_ring_release(r->seen, count);
	return true;
}

/* The pictures that wait, when they are `batch` or the oldest is old enough; false when there was nothing to do. */
static bool detect_some(struct run *r, bool all)
{
	const struct ew_event *seen[BATCH_MAX];
	const uint32_t count = ew_ring_read(r->seen, seen, r->o.batch);

	if (count == 0)
		return false;
	if (count < r->o.batch && !all &&
	    (double)latency(seen[0]->time_ns, aid_clock_ns()) < r->o.wait_ms * 1e6)
		return false;
	return detect(r, seen, count);
}

static bool when_full(struct run *r)
{
	const struct ew_event *seen[BATCH_MAX];

	return ew_ring_read(r->seen, seen, r->o.batch) == r->o.batch && detect(r, seen, r->o.batch);
}

static void *second_thread(void *arg)
{
	const struct timespec nap = {0, 50000};
	struct run *r = arg;

	for (;;) {
		const bool done = __atomic_load_n(&r->done, __ATOMIC_ACQUIRE);

		if (!detect_some(r, done)) {
			if (done)
				return NULL;
			nanosleep(&nap, NULL);
		}
	}
}

static bool go(struct run *r)
{
	pthread_t thread;

	if (r->o.fast) {
		watch_cameras(r, when_full);
		while (detect_some(r, true))
			;
		return true;
	}
	if (pthread_create(&thread, NULL, second_thread, r) != 0)
		return false;
	watch_cameras(r, NULL);
	__atomic_store_n(&r->done, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	return true;
}

/* ---- the account ---- */

static int report(const struct run *r)
{
	struct ew_function_stats eye;
	const double whole = (double)r->took[ALL].sum;
	uint32_t right = 0, wrong = 0;

	ew_node_function_find(r->eye, "frame", &eye);
	for (uint32_t c = 0; c < r->o.cameras; c++) {
		const bool expected = pictures_visited(r->pictures, c);

		right += expected && r->alerts[c] == 1;
		wrong += expected ? r->alerts[c] != 1 : r->alerts[c] != 0;
	}
	printf("%llu frames of %u cameras, %llu taken, %llu dropped, %llu verdicts in %llu batches; %u alerts, as many as visits: %s\n",
	       (unsigned long long)r->offered, (unsigned)r->o.cameras, (unsigned long long)r->taken,
	       (unsigned long long)r->dropped, (unsigned long long)r->verdicts, (unsigned long long)r->batches, right,
	       wrong ? "NO" : "yes");
	printf("the eye's first %u pictures are %s\n", (unsigned)r->checked,
	       r->differ ? "NOT what the definition gives" : "what the definition gives");
	printf("scores: at most %.2f with nobody there, at least %.2f with somebody; %llu fuel to see a frame\n",
	       (double)r->quiet_most, (double)r->strange_least,
	       (unsigned long long)(eye.events ? eye.fuel / eye.events : 0));
	for (int s = 0; s < STAGES && !r->o.fast; s++) {
		const struct ew_histogram *h = &r->took[s];
		const double ms = 1e-6;

		fprintf(stderr, "  %-17s mean %6.2f ms (%3.0f %%), p50 %6.2f, p99 %6.2f, max %6.2f\n", stage_names[s],
			h->count ? (double)h->sum / (double)h->count * ms : 0.0,
			whole ? 100.0 * (double)h->sum / whole : 0.0, (double)ew_histogram_quantile(h, 500) * ms,
			(double)ew_histogram_quantile(h, 990) * ms, (double)h->max * ms);
	}
	return wrong || r->differ || r->failures || r->verdicts != r->taken;
}

static bool parse(struct options *o, int argc, char **argv)
{
	*o = (struct options){.seconds = 10, .cameras = 10, .batch = 4, .thinner = 1};
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--together")) {
			o->together = true;
			continue;
		}
		if (!strcmp(argv[i], "--alone")) {
			o->alone = true;
			continue;
		}
		if (!strcmp(argv[i], "--fast")) {
			o->fast = true;
			continue;
		}
		if (!strcmp(argv[i], "--seconds"))
			o->seconds = atof(value);
		else if (!strcmp(argv[i], "--wait"))
			o->wait_ms = atof(value);
		else if (!strcmp(argv[i], "--cameras"))
			o->cameras = (uint32_t)atoi(value);
		else if (!strcmp(argv[i], "--batch"))
			o->batch = (uint32_t)atoi(value);
		else if (!strcmp(argv[i], "--thinner"))
			o->thinner = (uint32_t)atoi(value);
		else
			return false;
		i++;
	}
	return o->seconds >= 4 && o->seconds <= 86400 && o->wait_ms >= 0 && o->cameras >= 2 &&
	       o->cameras <= CAMERAS_MAX && o->batch >= 1 && o->batch <= BATCH_MAX &&
	       (o->thinner == 1 || o->thinner == 2 || o->thinner == 4 || o->thinner == 8 || o->thinner == 16);
}

int main(int argc, char **argv)
{
	static struct run r;
	int rc = 1;

	if (!parse(&r.o, argc, argv)) {
		fputs("usage: camera [--seconds S] [--cameras N] [--batch N] [--wait MS] [--together] [--thinner N]\n"
		      "              [--alone] [--fast]\n",
		      stderr);
		return 2;
	}
	if (run_open(&r) && go(&r))
		rc = report(&r);
	run_close(&r);
	return rc;
}
