/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* files.h - whole files and lists of paths, for the tools. */
#ifndef TOOLS_FILES_H
#define TOOLS_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes of a file and one more that is 0; free() them.  NULL with errno when it cannot be read. */
void *file_read(const char *path, size_t *size);

/* "FOLDER/name"; free() it.  NULL when memory is out. */
char *path_join(const char *folder, const char *name);
/* What is behind the last slash. */
const char *path_base(const char *path);
bool path_ends(const char *path, const char *suffix);
bool path_is_folder(const char *path);

struct path_list {
	char **paths;
	size_t count, cap;
};

bool path_list_add(struct path_list *list, const char *path);
/* The entries of a folder, dot files left out, sorted by name; false with errno. */
bool path_list_folder(struct path_list *list, const char *folder);
void path_list_free(struct path_list *list);

/* Run a program found on PATH, without a shell; its exit status, or -1.  Its output goes where ours does. */
int run_child(const char *const *argv);

#endif
