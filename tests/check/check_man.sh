#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: manual pages name exactly the options that --help names, and every public function

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
options() { grep -oE -e '(^|[^a-zA-Z0-9_-])--[a-z][a-z0-9-]*' | grep -oE -e '--[a-z][a-z0-9-]*' | grep -v -e '-$' | sort -u; }

for page in lib/man/ew-*.1; do
	name=$(basename "$page" .1)
	if [ ! -x "$BUILD/$name" ]; then echo "FAIL: $page describes $name, which is not built"; continue; fi
	timeout 10 "$BUILD/$name" --help >"$dir/help" 2>&1 || { echo "FAIL: $name --help ends with status $?"; continue; }
	options <"$dir/help" | grep -vx -e '--help' >"$dir/said"
	# mdoc writes --name as "Fl -name".
	sed -e 's/Fl -/--/g' -e 's/\\-/-/g' "$page" | options | grep -vx -e '--help' >"$dir/written"
	if diff "$dir/said" "$dir/written" >"$dir/diff"; then echo "pass: $page: $(wc -l <"$dir/said") options"; else
		echo "FAIL: $page and $name --help differ (<: only --help, >: only the page)"; cat "$dir/diff"; fi
done

for program in "$BUILD"/ew-*; do
	[ -x "$program" ] || continue
	name=$(basename "$program")
	case $name in *.*) continue ;; esac
	[ -e "lib/man/$name.1" ] || echo "FAIL: $name has no manual page"
done

# Functions: EW_API declarations against "Fn" or ".Nm" words of libedgewasm(3).
cat include/edgewasm/*.h | tr '\n' ' ' | grep -oE 'EW_API [^;{]*\(' | grep -oE 'ew_[a-z0-9_]+ ?\(' | tr -d ' (' | sort -u >"$dir/declared"
grep -oE 'ew_[a-z0-9_]+' lib/man/libedgewasm.3 | sort -u >"$dir/named"
missing=$(comm -23 "$dir/declared" "$dir/named")
gone=$(comm -13 "$dir/declared" "$dir/named" | while read -r w; do
	grep -qE "(struct|enum|typedef [a-z_ ]*\(\*|union) ?$w\b" include/edgewasm/*.h || echo "$w"; done)
if [ -z "$missing$gone" ]; then echo "pass: lib/man/libedgewasm.3 names all $(wc -l <"$dir/declared") public functions"; else
	echo "FAIL: lib/man/libedgewasm.3:" ${missing:+does not name $missing}${gone:+; names what is gone: $gone}; fi

if command -v mandoc >/dev/null; then
	for page in lib/man/*.[13]; do
		if mandoc -T lint -W warning "$page" >"$dir/lint" 2>&1; then echo "pass: mandoc $page"; else
			echo "FAIL: mandoc $page"; head -n 5 "$dir/lint"; fi
	done
elif command -v groff >/dev/null; then
	for page in lib/man/*.[13]; do
		groff -mandoc -ww -Tascii "$page" 2>"$dir/lint" >/dev/null
		if [ ! -s "$dir/lint" ]; then echo "pass: groff $page"; else echo "FAIL: groff $page"; head -n 5 "$dir/lint"; fi
	done
else
	echo "skip: layout of the manual pages: neither mandoc nor groff is installed"
fi
exit 0
