/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* aid.c - checks, the data folder, files and child processes for tests. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "aid.h"

void check_true_at(const char *row, bool ok, const char *what, const char *file, int line)
{
	if (ok)
		return;
	print_error("%s:%d: row %s: not %s\n", file, line, row, what);
	_fail(file, line);
}

void check_int_at(const char *row, long long got, long long want, const char *what,
		  const char *file, int line)
{
	if (got == want)
		return;
	print_error("%s:%d: row %s: %s is %lld, want %lld\n", file, line, row, what, got, want);
	_fail(file, line);
}

void check_hex_at(const char *row, unsigned long long got, unsigned long long want,
		  const char *what, const char *file, int line)
{
	if (got == want)
		return;
	print_error("%s:%d: row %s: %s is 0x%llx, want 0x%llx\n", file, line, row, what, got, want);
	_fail(file, line);
}

void check_status_at(const char *row, enum ew_status got, enum ew_status want, const char *what,
		     const char *file, int line)
{
	if (got == want)
		return;
	print_error("%s:%d: row %s: %s is %s, want %s\n", file, line, row, what,
		    ew_status_name(got), ew_status_name(want));
	_fail(file, line);
}

void check_str_at(const char *row, const char *got, const char *want, const char *what,
		  const char *file, int line)
{
	if (got && strcmp(got, want) == 0)
		return;
	print_error("%s:%d: row %s: %s is \"%s\", want \"%s\"\n", file, line, row, what,
		    got ? got : "(null)", want);
	_fail(file, line);
}

void check_has_at(const char *row, const char *haystack, const char *needle, const char *file,
		  int line)
{
	if (haystack && strstr(haystack, needle))
		return;
	print_error("%s:%d: row %s: \"%s\" does not contain \"%s\"\n", file, line, row,
		    haystack ? haystack : "(null)", needle);
	_fail(file, line);
}

void check_mem_at(const char *row, const void *got, const void *want, size_t size,
		  const char *what, const char *file, int line)
{
	const uint8_t *a = got, *b = want;

	for (size_t i = 0; i < size; i++) {
		if (a[i] == b[i])
			continue;
		print_error("%s:%d: row %s: %s differs at byte %zu: 0x%02x, want 0x%02x\n", file,
			    line, row, what, i, a[i], b[i]);
		_fail(file, line);
	}
}

bool shared_path(char *out, size_t cap, const char *relative)
{
	const char *root = getenv("EW_SHARED");
	struct stat st;

	snprintf(out, cap, "%s/%s", root && *root ? root : "../shared", relative);
	return stat(out, &st) == 0;
}

bool build_path(char *out, size_t cap, const char *program)
{
	const char *root = getenv("EW_BUILD");
	char self[1024];
	ssize_t n;

	if (root && *root) {
		snprintf(out, cap, "%s/%s", root, program);
		return access(out, X_OK) == 0;
	}
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return false;
	self[n] = '\0';
	for (int up = 0; up < 3; up++) { /* BUILD/tests/ROOM/test_NAME */
		char *slash = strrchr(self, '/');

		if (!slash)
			return false;
		*slash = '\0';
	}
	snprintf(out, cap, "%.900s/%s", self, program);
	return access(out, X_OK) == 0;
}

bool have_program(const char *name)
{
	const char *p = getenv("PATH");
	char path[1024];

	while (p && *p) {
		size_t n = strcspn(p, ":");

		snprintf(path, sizeof(path), "%.*s/%s", (int)n, p, name);
		if (access(path, X_OK) == 0)
			return true;
		p += n + (p[n] == ':');
	}
	return false;
}

uint8_t *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = NULL;
	long n;

	if (!f)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0) {
		bytes = malloc((size_t)n + 1);
		if (bytes && fread(bytes, 1, (size_t)n, f) != (size_t)n) {
			free(bytes);
			bytes = NULL;
		}
		if (bytes) {
			bytes[n] = 0; /* so that text can be used as a string */
			*size = (size_t)n;
		}
	}
	fclose(f);
	return bytes;
}

bool write_file(const char *path, const void *bytes, size_t size)
{
	FILE *f = fopen(path, "wb");
	bool ok;

	if (!f)
		return false;
	ok = fwrite(bytes, 1, size, f) == size;
	return fclose(f) == 0 && ok;
}

struct capture {
	char *text;
	size_t cap, len;
};

/* Reads what there is; false at the end of the stream.  Bytes beyond cap are read and dropped. */
static bool drain(int fd, struct capture *c)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0)
		return errno == EINTR;
	for (ssize_t i = 0; i < n; i++)
		if (c->text && c->len + 1 < c->cap)
			c->text[c->len++] = buf[i];
	return n > 0;
}

static void drain_both(int out_fd, int err_fd, struct capture *out, struct capture *err)
{
	struct pollfd p[2] = {{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}};

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[0].fd >= 0 && p[0].revents && !drain(out_fd, out))
			p[0].fd = -1;
		if (p[1].fd >= 0 && p[1].revents && !drain(err_fd, err))
			p[1].fd = -1;
	}
}

#define WORDS_MAX 64

/*
 * A program of the build (its name holds a slash) runs as this test does: under TEST_RUN, an emulator and its
 * options, when that is set.
 */
static void exec_program(const char *const *argv)
{
	static char prefix[4096];
	const char *run = getenv("TEST_RUN"), *words[WORDS_MAX];
	size_t n = 0;

	if (!run || !*run || !strchr(argv[0], '/')) {
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		return;
	}
	snprintf(prefix, sizeof(prefix), "%s", run);
	for (char *p = strtok(prefix, " "); p && n < WORDS_MAX / 2; p = strtok(NULL, " "))
		words[n++] = p;
	for (size_t i = 0; argv[i] && n < WORDS_MAX - 1; i++)
		words[n++] = argv[i];
	words[n] = NULL;
	execvp(words[0], (char *const *)(uintptr_t)words);
}

static void child(const char *const *argv, const int *out, const int *err)
{
	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(out[1], 1);
	dup2(err[1], 2);
	close(out[0]);
	close(err[0]);
	exec_program(argv);
	_exit(127);
}

int run_program(const char *const *argv, char *out_text, size_t out_cap, char *err_text,
		size_t err_cap)
{
	struct capture out = {out_text, out_cap, 0}, err = {err_text, err_cap, 0};
	int out_fd[2], err_fd[2], status;
	pid_t pid;

	fflush(NULL);
	if (pipe(out_fd) != 0)
		return -1;
	if (pipe(err_fd) != 0) {
		close(out_fd[0]);
		close(out_fd[1]);
		return -1;
	}
	pid = fork();
	if (pid == 0)
		child(argv, out_fd, err_fd);
	close(out_fd[1]);
	close(err_fd[1]);
	if (pid > 0)
		drain_both(out_fd[0], err_fd[0], &out, &err);
	close(out_fd[0]);
	close(err_fd[0]);
	if (out_text && out_cap)
		out_text[out.len] = '\0';
	if (err_text && err_cap)
		err_text[err.len] = '\0';
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

uint64_t noise(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1du;
}
