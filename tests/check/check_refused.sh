#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: what the README lists as not supported is refused, with the words that the README promises
#
# A row: the README's word for it, the first word that ew-run says, a module that uses it.  When one is supported
# one day, its row fails: take it out here and there.

section=$(sed -n '/^## Not supported yet/,/^## [^N]/p' README.md)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

row() # README-WORD FIRST-WORDS OCTAL-BYTES
{
	# shellcheck disable=SC2059
	printf "\\0\\141\\163\\155\\1\\0\\0\\0$3" >"$dir/m.wasm"
	said=$(timeout 10 "$BUILD/ew-run" --all-exports "$dir/m.wasm" 2>&1)
	status=$?
	case $said in
	"$2"*) ;;
	*) echo "FAIL: $1: ew-run says \"$said\", want \"$2\""; return ;;
	esac
	if [ $status != 1 ]; then echo "FAIL: $1: exit status $status"
	elif ! echo "$section" | grep -q -e "$1"; then echo "FAIL: the README does not list $1"
	else echo "pass: $1: $said"; fi
}

row 'older exception' 'malformed: ' '\1\4\1\140\0\0\3\2\1\0\12\10\1\6\0\6\100\31\13\13'
row 'threads' 'malformed: ' '\5\4\1\3\1\1'
row 'threads' 'malformed: ' '\1\4\1\140\0\0\3\2\1\0\5\4\1\1\1\1\12\13\1\11\0\101\0\376\20\2\0\32\13'
row 'typed references' 'malformed: ' '\1\4\1\140\0\0\3\3\2\0\0\11\5\1\3\0\1\0\12\12\2\2\0\13\5\0\322\0\24\13'
row 'typed references' 'malformed: malformed value type: typed references are not supported' '\1\4\1\140\0\0\3\2\1\0\12\10\1\6\0\2\143\0\13\13'
row 'garbage collection' 'malformed: malformed value type: garbage collection is not supported' '\1\4\1\140\0\0\3\2\1\0\12\7\1\5\0\2\155\13\13'
row 'garbage collection' 'malformed: ' '\1\3\1\137\0'
exit 0
