/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * keep.c - what outlives the power on a microcontroller: the event log and the key-value store, both at once, on NOR flash, in
 * less than 8 KiB of RAM, the stack included.  The flash is played by memory that stands for the chip; a driver of yours
 * fills in struct ew_storage instead.  When the power goes the objects are simply gone.
 */
#include "edge.h"

#include <string.h>

#define RAM_BYTES (EW_CONFIG_SMALL ? 8192u - 2800u : 32768u) /* less what the stack of this whole program takes, measured */
#define BLOCKS 8u
#define BLOCK_BYTES 2048u
#define CHIP_BYTES (2 * (BLOCKS * BLOCK_BYTES + BLOCKS * BLOCK_BYTES / 64 + 512))
#define READINGS 5000u
#define SENSORS 20u

static struct chip {
	uint8_t memory[CHIP_BYTES] __attribute__((aligned(EW_ALIGN)));
	struct ew_arena arena;
	struct ew_storage log, kv; /* half of it each */
} chip;

static struct stores {
	struct ew_log *log;
	struct ew_log_reader *reader;
	struct ew_kv *kv;
} on;

static bool ok(const char *what, enum ew_status status)
{
	if (status == EW_OK)
		return true;
	say("FAIL: %s: %s\n", what, ew_status_name(status));
	failures++;
	return false;
}

static bool solder(void)
{
	const struct ew_storage_config cfg = { .struct_bytes = sizeof(cfg), .block_bytes = BLOCK_BYTES,
					       .block_count = BLOCKS, .write_bytes = 8 };
	struct ew_alloc alloc;

	ew_arena_init(&chip.arena, chip.memory, sizeof(chip.memory));
	alloc = ew_arena_alloc(&chip.arena);
	return ok("flash", ew_storage_flash_create(&cfg, &alloc, &chip.log)) &&
	       ok("flash", ew_storage_flash_create(&cfg, &alloc, &chip.kv));
}

/* The arena holds nothing: nothing is left of what ran before. */
static bool power_on(struct ew_arena *arena, const struct ew_alloc *alloc)
{
	const struct ew_log_config lc = { .struct_bytes = sizeof(lc), .sync_every = 1, .buffer_bytes = 512,
					  .when_full = EW_LOG_DROP_OLDEST };
	const struct ew_kv_config kc = { .struct_bytes = sizeof(kc), .max_keys = 32, .max_bytes = 1024,
					 .max_value_bytes = 64, .buffer_bytes = 512 };
	size_t before;

	ew_arena_reset(arena);
	if (!ok("log", ew_log_open(&chip.log, &lc, alloc, &on.log, NULL)) ||
	    !ok("reader", ew_log_reader_create(on.log, &on.reader)))
		return false;
	before = arena->used_bytes;
	return ok("kv", ew_kv_durable_open(&chip.kv, &kc, alloc, &on.kv, NULL)) && arena->used_bytes > before;
}

/* Reading n: the event that is logged, and the newest value of its sensor. */
static bool keep_reading(uint32_t n)
{
	uint8_t data[24], key[2] = { 's', (uint8_t)(n * 7 % SENSORS) };
	struct ew_event e = { .time_ns = UINT64_C(1700000000000000000) + n * UINT64_C(250000000), .topic_bytes = 4,
			      .data_bytes = sizeof(data) };

	for (uint32_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(n * 31 + i * i);
	return ok("append", ew_log_append(on.log, &e, "temp", data, NULL)) &&
	       ok("put", ew_kv_put(on.kv, key, sizeof(key), data, 8 + n % 9)) &&
	       (n % 50 != 0 || ok("acknowledge", ew_log_cursor_ack(on.log, "uplink", n)));
}

static uint32_t hash(uint32_t h, const void *bytes, size_t n)
{
	for (const uint8_t *p = bytes; n--; p++)
		h = (h ^ *p) * 16777619u;
	return h;
}

static void say_log(void)
{
	uint32_t sum = 2166136261u, count = 0;
	uint64_t seq = 0, first = 0, next = 0;
	const struct ew_event *e;
	enum ew_status status;

	while ((status = ew_log_read(on.reader, &e)) == EW_OK) {
		first = first ? first : e->seq;
		failures += seq != 0 && e->seq != seq + 1;
		seq = e->seq;
		count++;
		sum = hash(sum, ew_event_data(e), e->data_bytes);
		sum = hash(sum, (uint8_t[]){ (uint8_t)(e->time_ns >> 24) }, 1);
	}
	ok("uplink's cursor", ew_log_cursor_get(on.log, "uplink", &next));
	failures += status != EW_ERR_EMPTY || seq != READINGS || next != READINGS + 1;
	say("log: events %U to %U, %u of them, hash %x; the uplink goes on at %U\n", first, seq, (unsigned)count, sum, next);
}

static void say_kv(void)
{
	const void *key = NULL, *value;
	size_t key_bytes = 0, value_bytes;
	uint32_t sum = 2166136261u, count = 0;

	while (ew_kv_next(on.kv, key, key_bytes, &key, &key_bytes, &value, &value_bytes) == EW_OK) {
		sum = hash(hash(sum, key, key_bytes), value, value_bytes);
		count++;
	}
	failures += count != SENSORS;
	say("kv: %u keys, hash %x\n", (unsigned)count, sum);
}

static void say_wear(const char *what, const struct ew_storage *st)
{
	uint32_t least = UINT32_MAX, most = 0;

	for (uint32_t b = 0; b < BLOCKS; b++) {
		uint32_t n = ew_storage_ram_erases(st, b);

		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	failures += most - least > 1;
	say("%s: each block erased %u to %u times\n", what, (unsigned)least, (unsigned)most);
}

void part_keep(void)
{
	static uint8_t ram[RAM_BYTES] __attribute__((aligned(EW_ALIGN)));
	struct ew_arena arena;
	struct ew_alloc alloc;
	uint32_t n = 1;

	say("== stores: a log and a key-value store on flash, %u blocks of %u bytes each\n", (unsigned)BLOCKS,
	    (unsigned)BLOCK_BYTES);
	ew_arena_init(&arena, ram, sizeof(ram));
	alloc = ew_arena_alloc(&arena);
	if (!solder())
		return;
	for (; n <= READINGS && failures == 0; n++)
		if ((n % 97 == 1 && !power_on(&arena, &alloc)) || !keep_reading(n))
			return;
	if (!power_on(&arena, &alloc))
		return;
	say_log();
	say_kv();
	say_wear("log", &chip.log);
	say_wear("kv", &chip.kv);
	cost("a log with a reader and a key-value store of 1 KiB on flash", ew_arena_peak(&arena));
}
