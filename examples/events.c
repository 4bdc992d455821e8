/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * events.c - a node: events in through a ring, a sandboxed function over each, events out through another.
 *
 *	events [GUEST.wasm]     default: examples/guests/guest_echo.wasm
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "edgewasm.h"

static _Alignas(8) unsigned char in_memory[8192], out_memory[8192];

static void on_report(void *user, const struct ew_node_report *report)
{
	(void)user;
	printf("report: %s\n", report->text);
}

static void *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	void *bytes = malloc(1 << 20);

	*size = f && bytes ? fread(bytes, 1, 1 << 20, f) : 0;
	if (f)
		fclose(f);
	return bytes;
}

static enum ew_status set_up(struct ew_node *node, const void *bytes, size_t size, struct ew_error *err)
{
	struct ew_function_config function = {
		.struct_bytes = sizeof(function),
		.name = "echo",
		.version = "1",
		.module_bytes = bytes,
		.module_size = size,
		.grant.caps = EW_CAP_RECV | EW_CAP_EMIT,
		.grant.quota[EW_QUOTA_EMIT_EVENTS] = {.per_call = 1, .per_second = 100},
		.fuel = 100000,
		.max_memory_pages = 2,
	};
	enum ew_status st = ew_node_function_put(node, &function, err);

	return st == EW_OK ? ew_node_route_add(node, "sensor/+/reading", "echo", err) : st;
}

int main(int argc, char **argv)
{
	struct ew_node_host host = {.struct_bytes = sizeof(host), .report = on_report};
	struct ew_node_config config = {.struct_bytes = sizeof(config), .host = &host};
	struct ew_event event = {.time_ns = 1000, .topic_bytes = 16, .data_bytes = 4};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err = {EW_OK, 0, ""};
	const struct ew_event *out;
	struct ew_node *node = NULL;
	size_t size;
	void *bytes = read_file(argc > 1 ? argv[1] : "examples/guests/guest_echo.wasm", &size);

	ew_ring_init(in_memory, sizeof(in_memory), NULL, &config.in);
	ew_ring_init(out_memory, sizeof(out_memory), NULL, &config.out);
	if (ew_node_create(&node, &config, &alloc, &err) != EW_OK || set_up(node, bytes, size, &err) != EW_OK) {
		fprintf(stderr, "%s\n", err.text);
		ew_node_destroy(node);
		free(bytes);
		return 1;
	}
	ew_ring_push(config.in, &event, "sensor/7/reading", "21.5");
	ew_ring_push(config.in, &event, "sensor/9/reading", "22.0");
	ew_node_step(node, 2000, NULL);
	while (ew_ring_peek(config.out, &out) == EW_OK) {
		printf("%.*s: %.*s\n", (int)out->topic_bytes, ew_event_topic(out), (int)out->data_bytes,
		       (const char *)ew_event_data(out));
		ew_ring_release(config.out, 1);
	}
	ew_node_destroy(node);
	free(bytes);
	return 0;
}
