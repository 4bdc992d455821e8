#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# relro.sh: from lines "OBJECT: SYMBOL (d)" drops constants that lie in .data.rel.ro: tables of pointers in
# position-independent code, which nm shows as data though nothing may write them after start.

while read -r object symbol kind; do
	file=$BUILD/${object%:}
	section=$(objdump -t "$file" | awk -v s="$symbol" '$NF == s { for (i = 1; i < NF; i++) if ($i ~ /^\./) print $i }')
	case $section in
	.data.rel.ro* | .rodata*) ;;
	*) echo "$object $symbol $kind $section" ;;
	esac
done
