/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_log_pace.c - times in the log: whatever they are they come back, and where events keep a pace they cost next to
 * nothing, so that a log on flash programs little more than its events.
 */
#include "base/le.h"
#include "rig.h"

#define SECOND UINT64_C(1000000000)
#define START (1700000000 * SECOND)

static uint64_t steady(uint64_t n, uint64_t step)
{
	return START + n * step;
}

static uint64_t descending(uint64_t n, uint64_t step)
{
	return START - n * step;
}

static uint64_t to_and_fro(uint64_t n, uint64_t step)
{
	return n % 2 ? START + n * step : START - n * step;
}

static uint64_t set_back(uint64_t n, uint64_t step)
{
	return START + n * step - (n % 50 < 25 ? 0 : 3600 * SECOND);
}

static uint64_t long_pause(uint64_t n, uint64_t step)
{
	return START + n * step + (n < 33 ? 0 : 1000000 * SECOND);
}

static uint64_t ends_of_time(uint64_t n, uint64_t step)
{
	(void)step;
	return n % 3 == 0 ? UINT64_MAX : n % 3 == 1 ? 0 : UINT64_C(1) << 63;
}

static uint64_t over_the_end(uint64_t n, uint64_t step)
{
	return UINT64_MAX - 40 * step + n * step;
}

static uint64_t noisy(uint64_t n, uint64_t step)
{
	uint64_t seed = n;

	return n * step + noise(&seed);
}

static const struct times {
	const char *name;
	uint64_t (*at)(uint64_t n, uint64_t step);
	uint64_t step;
	uint64_t pace; /* that the last segments' heads tell, for those that keep one */
} times[] = {
	{"unknown", steady, 0, 0},
	{"a nanosecond", steady, 1, 1},
	{"67108863 ns", steady, 67108863, 67108863},
	{"67108865 ns: told as less", steady, 67108865, 67108864},
	{"a millisecond", steady, SECOND / 1000, SECOND / 1000},
	{"a second", steady, SECOND, SECOND},
	{"an hour", steady, 3600 * SECOND, 3600 * SECOND - 3600 * SECOND % (1 << 16)},
	{"descending", descending, SECOND, UINT64_MAX},
	{"to and fro", to_and_fro, SECOND, UINT64_MAX},
	{"set back", set_back, SECOND, UINT64_MAX},
	{"a long pause", long_pause, SECOND, UINT64_MAX},
	{"ends of time", ends_of_time, 0, UINT64_MAX},
	{"over the end", over_the_end, SECOND, UINT64_MAX},
	{"a thousand years", steady, UINT64_C(31556952) * SECOND * 1000, UINT64_MAX},
	{"noise", noisy, 12345, UINT64_MAX},
};

#define EVENTS 100u
#define DATA 40u

static void check_times(const struct times *t, struct ew_log *log, uint64_t count)
{
	struct ew_log_reader *rd;
	const struct ew_event *e;
	uint64_t n = 1;

	check_status(t->name, ew_log_reader_create(log, &rd), EW_OK);
	for (; ew_log_read(rd, &e) == EW_OK; n++) {
		check_int(t->name, e->seq, n);
		check_int(t->name, e->time_ns, t->at(n, t->step));
	}
	check_int(t->name, n, count + 1);
	for (n = 1; n <= count; n += 7) {
		uint64_t first = 1;

		while (first <= count && t->at(first, t->step) < t->at(n, t->step))
			first++;
		check_status(t->name, ew_log_seek_time(rd, t->at(n, t->step)), EW_OK);
		check_status(t->name, ew_log_read(rd, &e), EW_OK);
		check_int(t->name, e->seq, first);
	}
	ew_log_reader_destroy(rd);
}

/* The pace in the head of the last segment, as FORMAT.md says it is told. */
static uint64_t last_pace(const struct rig *r, const struct ew_log_stat *stat)
{
	uint32_t told = ewi_le32(ew_storage_ram_block(&r->inner, stat->segments - 1) + 40);

	return (uint64_t)(told & 0x3ffffff) << (told >> 26);
}

static void every_time_comes_back(void **state)
{
	static const uint32_t units[] = {0, 1, 8, 32};

	(void)state;
	for (size_t i = 0; i < ROWS(times); i++)
		for (size_t u = 0; u < ROWS(units); u++) {
			struct ew_log_config cfg = {.buffer_bytes = 512};
			struct event ev = {.e = {.data_bytes = DATA}};
			const struct times *t = &times[i];
			struct ew_log_stat stat;
			struct ew_log *log;
			struct rig r;

			rig_init(&r, 1024, 16, units[u]);
			log = open_log(&r.st, &cfg);
			for (uint64_t n = 1; n <= EVENTS; n++) {
				ev.e.time_ns = t->at(n, t->step);
				check_status(t->name, ew_log_append(log, &ev.e, NULL, ev.data, NULL), EW_OK);
				/* a table of cursors lies among the events, and has no time of its own */
				if (n % 9 == 0)
					check_status(t->name, ew_log_cursor_ack(log, "c", n), EW_OK);
				if (n % 13 == 0) { /* what the pace follows from is found again */
					check_status(t->name, ew_log_close(log), EW_OK);
					log = open_log(&r.st, &cfg);
				}
			}
			check_times(t, log, EVENTS);
			ew_log_stat(log, &stat);
			check_true(t->name, stat.segments > 4);
			if (t->pace != UINT64_MAX)
				check_int(t->name, last_pace(&r, &stat), t->pace);
			check_status(t->name, ew_log_close(log), EW_OK);
			/* without the heads, whose times the anchors say once more */
			for (uint32_t b = 1; b < stat.segments; b += 2)
				ew_storage_ram_block(&r.inner, b)[42] ^= 0x55;
			cfg.read_only = true;
			log = open_log(&r.st, &cfg);
			if (stat.segments % 2 == 1)
				check_int(t->name, stat.next_seq, EVENTS + 1);
			{
				struct ew_log_reader *rd;
				const struct ew_event *e;
				uint64_t n = 0;

				check_status(t->name, ew_log_reader_create(log, &rd), EW_OK);
				while (ew_log_read(rd, &e) != EW_ERR_EMPTY)
					check_int(t->name, e->time_ns, t->at(++n, t->step));
				check_int(t->name, n, EVENTS);
				ew_log_reader_destroy(rd);
			}
			ew_log_close(log);
			rig_deinit(&r);
		}
}

/*
 * 256-byte events, each made durable: what is programmed for each byte of theirs, with the heads of segments, sums, numbers,
 * times and, at 8 bytes a time, padding.
 */
static void little_more_than_the_events(void **state)
{
	static const uint32_t units[] = {1, 4, 8}, blocks[] = {4096, 65536};
	static const uint64_t steps[] = {0, 1000, SECOND / 1000, SECOND / 60, SECOND, 60 * SECOND};
	static uint8_t data[256];

	(void)state;
	for (size_t u = 0; u < ROWS(units); u++)
		for (size_t b = 0; b < ROWS(blocks); b++)
			for (size_t i = 0; i < ROWS(steps); i++) {
				struct ew_log_config cfg = {.buffer_bytes = 512, .sync_every = 1,
							    .when_full = EW_LOG_DROP_OLDEST};
				uint64_t events = 2ull * 16 * blocks[b] / sizeof(data);
				struct ew_event e = {.data_bytes = sizeof(data)};
				double amplification;
				char row[80];
				struct ew_log *log;
				struct rig r;

				snprintf(row, sizeof(row), "units of %u, blocks of %u, every %llu ns", units[u], blocks[b],
					 (unsigned long long)steps[i]);
				rig_init(&r, blocks[b], 16, units[u]);
				log = open_log(&r.st, &cfg);
				for (uint64_t n = 0; n < events; n++) {
					e.time_ns = steady(n, steps[i]);
					check_status(row, ew_log_append(log, &e, NULL, data, NULL), EW_OK);
				}
				amplification = (double)r.written / ((double)events * sizeof(data));
				check_status(row, ew_log_close(log), EW_OK);
				if (amplification > 1.06)
					fail_msg("%s: %.4f", row, amplification);
				rig_deinit(&r);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_time_comes_back),
		cmocka_unit_test(little_more_than_the_events),
	};

	return cmocka_run_group_tests_name("log_pace", tests, NULL, NULL);
}
