/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* files.c - see files.h. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "files.h"

/* Reads to the end rather than asking for the size: pipes have none. */
void *file_read(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *bytes = NULL;
	size_t cap = 0, n = 0, got;

	if (!f)
		return NULL;
	do {
		if (cap - n < 2) {
			char *more = realloc(bytes, cap = cap ? cap * 2 : 65536);

			if (!more) {
				free(bytes);
				fclose(f);
				return NULL;
			}
			bytes = more;
		}
		got = fread(bytes + n, 1, cap - n - 1, f);
		n += got;
	} while (got > 0);
	if (ferror(f)) {
		int why = errno;

		free(bytes);
		fclose(f);
		errno = why;
		return NULL;
	}
	fclose(f);
	bytes[n] = 0;
	*size = n;
	return bytes;
}

char *path_join(const char *folder, const char *name)
{
	size_t n = strlen(folder) + strlen(name) + 2;
	char *out = malloc(n);

	if (out)
		snprintf(out, n, "%s/%s", folder, name);
	return out;
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool path_ends(const char *path, const char *suffix)
{
	size_t n = strlen(path), k = strlen(suffix);

	return n >= k && strcmp(path + n - k, suffix) == 0;
}

bool path_is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool path_list_add(struct path_list *list, const char *path)
{
	if (list->count == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 32;
		char **paths = realloc(list->paths, cap * sizeof(*paths));

		if (!paths)
			return false;
		list->paths = paths;
		list->cap = cap;
	}
	list->paths[list->count] = strdup(path);
	if (!list->paths[list->count])
		return false;
	list->count++;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool path_list_folder(struct path_list *list, const char *folder)
{
	DIR *d = opendir(folder);
	size_t first = list->count;
	struct dirent *e;
	bool ok = true;

	if (!d)
		return false;
	while (ok && (e = readdir(d)) != NULL) {
		char *path;

		if (e->d_name[0] == '.')
			continue;
		path = path_join(folder, e->d_name);
		ok = path && path_list_add(list, path);
		free(path);
	}
	closedir(d);
	if (list->count > first)
		qsort(list->paths + first, list->count - first, sizeof(*list->paths), by_name);
	return ok;
}

void path_list_free(struct path_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
	memset(list, 0, sizeof(*list));
}

int run_child(const char *const *argv)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0) {
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
