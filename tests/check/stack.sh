#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# stack.sh BUILD: the twenty functions of the library with the largest stack frames, from gcc's .su files.

echo "bytes function (file:line, kind)"
find "$1/lib" -name '*.su' -exec cat {} + | awk -F '\t' '
{ n = split($1, p, ":"); printf "%6d %s (%s:%s, %s)\n", $2, p[n], p[1], p[2], $3 }' | sort -rn | head -n 20
