/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* host.c - see host.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "host.h"

static enum ew_status read_clock(void *user, uint32_t id, uint64_t *ns)
{
	struct timespec t;

	(void)user;
	if (id > 1)
		return EW_ERR_UNSUPPORTED;
	if (clock_gettime(id == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t) != 0)
		return EW_ERR_IO;
	*ns = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
	return EW_OK;
}

uint64_t host_now_ns(void)
{
	uint64_t ns = 0;

	read_clock(NULL, 1, &ns);
	return ns;
}

static enum ew_status entropy(void *user, void *out, size_t bytes)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	unsigned char *p = out;

	(void)user;
	if (fd < 0)
		return EW_ERR_IO;
	while (bytes > 0) {
		ssize_t n = read(fd, p, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		p += n;
		bytes -= (size_t)n;
	}
	close(fd);
	return bytes == 0 ? EW_OK : EW_ERR_IO;
}

/* Guests write what they like: control characters would reach the terminal. */
static void put_clean(FILE *to, const void *text, size_t len)
{
	const unsigned char *p = text;

	for (size_t i = 0; i < len; i++)
		fputc(p[i] < 0x20 || p[i] == 0x7f ? '?' : p[i], to);
}

static void log_line(void *user, uint32_t level, const char *text, size_t len)
{
	static const char *const names[] = {"trace", "debug", "info", "warn", "error", "critical"};

	(void)user;
	fprintf(stderr, "log: %s: ", level < 6 ? names[level] : "?");
	put_clean(stderr, text, len);
	fputc('\n', stderr);
}

static enum ew_status emit(void *user, const struct ew_event *header, const void *topic, const void *data)
{
	(void)user;
	printf("event: ");
	put_clean(stdout, topic, header->topic_bytes);
	printf(": ");
	put_clean(stdout, data, header->data_bytes);
	putchar('\n');
	fflush(stdout);
	return EW_OK;
}

/* ---- metrics ---- */

static enum ew_status metric_define(void *user, uint32_t kind, const char *name, size_t len, uint32_t *id)
{
	struct host *h = user;
	struct host_metric *m;

	for (uint32_t i = 0; i < h->metric_count; i++) {
		if (strlen(h->metrics[i].name) == len && memcmp(h->metrics[i].name, name, len) == 0) {
			*id = i;
			return h->metrics[i].kind == kind ? EW_OK : EW_ERR_TYPE;
		}
	}
	if (h->metric_count == HOST_METRICS_MAX)
		return EW_ERR_FULL;
	m = &h->metrics[h->metric_count];
	memset(m, 0, sizeof(*m));
	m->name = strndup(name, len);
	if (!m->name)
		return EW_ERR_FULL;
	m->kind = kind;
	*id = h->metric_count++;
	return EW_OK;
}

static enum ew_status metric_add(void *user, uint32_t id, int64_t delta)
{
	struct host *h = user;

	if (id >= h->metric_count)
		return EW_ERR_INVAL;
	h->metrics[id].sum = (int64_t)((uint64_t)h->metrics[id].sum + (uint64_t)delta);
	return EW_OK;
}

static enum ew_status metric_record(void *user, uint32_t id, double value)
{
	struct host *h = user;
	struct host_metric *m = &h->metrics[id];

	if (id >= h->metric_count)
		return EW_ERR_INVAL;
	m->last = value;
	if (m->records == 0 || value < m->min)
		m->min = value;
	if (m->records == 0 || value > m->max)
		m->max = value;
	m->records++;
	return EW_OK;
}

void host_print_metrics(const struct host *h)
{
	for (uint32_t i = 0; i < h->metric_count; i++) {
		const struct host_metric *m = &h->metrics[i];

		fprintf(stderr, "metric: ");
		put_clean(stderr, m->name, strlen(m->name));
		if (m->records)
			fprintf(stderr, " = %g (%" PRIu64 " records, %g to %g)\n", m->last, m->records,
				m->min, m->max);
		else
			fprintf(stderr, " = %" PRId64 "\n", m->sum);
	}
}

/* ---- standard streams ---- */

static enum ew_status read_fd(void *user, int fd, void *buf, size_t cap, size_t *done)
{
	ssize_t n;

	(void)user;
	do
		n = read(fd, buf, cap);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return EW_ERR_IO;
	*done = (size_t)n;
	return EW_OK;
}

static enum ew_status write_fd(void *user, int fd, const void *bytes, size_t len, size_t *done)
{
	const unsigned char *p = bytes;

	(void)user;
	fflush(stdout); /* what this program printed comes before what the guest prints now */
	*done = 0;
	while (*done < len) {
		ssize_t n = write(fd, p + *done, len - *done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return *done ? EW_OK : EW_ERR_IO;
		*done += (size_t)n;
	}
	return EW_OK;
}

const struct ew_abi_host host_services = {
	.struct_bytes = sizeof(host_services),
	.log = log_line,
	.clock = read_clock,
	.random = entropy,
	.emit = emit,
	.metric_define = metric_define,
	.metric_add = metric_add,
	.metric_record = metric_record,
	.read = read_fd,
	.write = write_fd,
};

void host_deinit(struct host *h)
{
	for (uint32_t i = 0; i < h->metric_count; i++)
		free(h->metrics[i].name);
	h->metric_count = 0;
}
