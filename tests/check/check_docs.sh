#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: C examples in the README files compile; those that show their output print it
#
# A ```c block with a main() is a host program, compiled and linked; when a block marked ```output follows it, the
# program is run and must print that.  A ```c block that includes edgewasm/guest.h is compiled for wasm32.  Other ```c
# blocks are fragments and not compiled.  In a ```console block, lines behind "$ " are run (build/ stands for BUILD) and must
# print the lines that follow them.  Files of ours that are named in `backquotes` must exist.

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
for md in README.md lib/README.md $(find examples bench tests lib -mindepth 2 -name '*.md' | sort); do
	[ -e "$md" ] || continue
	rm -f "$dir"/*.c "$dir"/*.out "$dir"/*.con
	awk -v dir="$dir" '
	/^```c$/ { n++; out = sprintf("%s/%03d.c", dir, n); next }
	/^```console$/ { console = 1; next }
	/^```/ { console = 0 }
	console && /^\$ / { c++; print substr($0, 3) > sprintf("%s/%03d.con", dir, c); printf "" > sprintf("%s/%03d.conout", dir, c); next }
	console { print > sprintf("%s/%03d.conout", dir, c); next }
	/^```output$/ { out = sprintf("%s/%03d.out", dir, n); next }
	/^```/ { out = ""; next }
	out { print > out }' "$md"
	for c in "$dir"/*.c; do
		[ -e "$c" ] || continue
		n=$(basename "$c" .c)
		if grep -q 'edgewasm/guest.h' "$c"; then
			if ! command -v clang >/dev/null; then echo "skip: $md: guest example $n: no clang"
			elif clang --target=wasm32 -Os -Wall -Wextra -Werror -Iinclude -c -o "$dir/g.o" "$c" 2>"$dir/log"; then
				echo "pass: $md: guest example $n compiles"
			else echo "FAIL: $md: guest example $n:"; cat "$dir/log"; fi
		elif grep -q 'int main(' "$c"; then
			# shellcheck disable=SC2086
			if ! $CC -std=c11 -Wall -Wextra -Werror -Iinclude $SANFLAGS -o "$dir/prog" "$c" "$BUILD/libedgewasm.a" $SYSLIBS 2>"$dir/log"; then
				echo "FAIL: $md: example $n:"; cat "$dir/log"
			elif [ -e "$dir/$n.out" ] && ! { timeout 20 "$dir/prog" >"$dir/said" 2>&1; diff "$dir/$n.out" "$dir/said" >"$dir/log"; }; then
				echo "FAIL: $md: example $n prints something else:"; cat "$dir/log"
			else echo "pass: $md: example $n"; fi
		fi
	done
	for c in "$dir"/*.con; do
		[ -e "$c" ] || continue
		sed "s|build/|$BUILD/|g" "$c" >"$c.sh"
		timeout 20 sh "$c.sh" >"$dir/said" 2>&1 </dev/null
		if diff "${c}out" "$dir/said" >"$dir/log"; then echo "pass: $md: $(cat "$c")"; else
			echo "FAIL: $md: \"$(cat "$c")\" prints something else:"; cat "$dir/log"; fi
	done
	lost=$(grep -oE '`(lib|include|examples|bench|tests|pkgconfig|edgewasm|base|wasm|tensor|event|store|abi|node)/[a-zA-Z0-9_./-]*`' "$md" |
		tr -d '`' | sort -u | while read -r f; do
		[ -e "$f" ] || [ -e "$(dirname "$md")/$f" ] || [ -e "lib/$f" ] || [ -e "include/$f" ] || echo "$f"; done)
	if [ -z "$lost" ]; then echo "pass: $md names only files that exist"; else echo "FAIL: $md names files that do not exist:" $lost; fi
done

# The limits table: | `EW_NAME`, ... | gateway | Cortex-M | ...; the compiler compares.
awk -F '|' '
function number(text) {
	gsub(/[ ,]/, "", text)
	if (text ~ /MiB$/) return (text + 0) * 1048576
	if (text ~ /KiB$/) return (text + 0) * 1024
	return text
}
BEGIN { print "#include <edgewasm.h>\n#ifndef COLUMN\n#error COLUMN\n#endif" }
/^\| `EW_[A-Z_]+`/ {
	n = split($2, names, "`")
	for (i = 2; i <= n; i += 2)
		if (names[i] ~ /^EW_/)
			printf "_Static_assert(%s == (COLUMN ? %d : %d), \"%s\");\n", names[i], number($4), number($3), names[i]
}' README.md >"$dir/limits.c"
rows=$(grep -c _Static_assert "$dir/limits.c")
for small in 0 1; do
	if [ "$rows" -gt 0 ] && $CC -std=c11 -Iinclude -DEW_CONFIG_SMALL=$small -DCOLUMN=$small -fsyntax-only "$dir/limits.c" 2>"$dir/log"; then
		echo "pass: README.md: $rows limits (EW_CONFIG_SMALL=$small)"
	else
		echo "FAIL: README.md: limits (EW_CONFIG_SMALL=$small) are not the headers':"; grep -o 'assertion failed: .*' "$dir/log"
	fi
done
exit 0
