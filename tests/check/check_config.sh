#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: a room that is switched off compiles to nothing, and the others still compile

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
flags='-std=gnu11 -O1 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -Iinclude -Ilib'

compile() # OUT FILE DEFINES...: says what the compiler says
{
	out=$1 file=$2
	shift 2
	# shellcheck disable=SC2086
	$CC $flags "$@" -c -o "$out" "$file" 2>"$dir/log" || { head -n 5 "$dir/log"; return 1; }
}

# The room alone off: its files give objects without code, data or symbols.
for room in wasm tensor event store abi node; do
	set -- $(find "lib/$room" -name '*.c' 2>/dev/null)
	[ $# = 0 ] && continue
	upper=$(echo $room | tr a-z A-Z)
	left=
	for f; do
		compile "$dir/o.o" "$f" "-DEW_CONFIG_$upper=0" >"$dir/said" || { left="$left $f: $(cat "$dir/said")"; continue; }
		size -A "$dir/o.o" | awk '/^\.(text|rodata|data|bss)/ && $2 > 0 { bad = 1 } END { exit bad }' || left="$left $f"
	done
	if [ -z "$left" ]; then echo "pass: EW_CONFIG_$upper=0 leaves nothing of $# files"; else
		echo "FAIL: EW_CONFIG_$upper=0 leaves code or does not compile:$left"; fi
done

# A switch inside a room: the interpreter without vector instructions, their handlers gone.
left=
for f in lib/wasm/*.c; do
	compile "$dir/o.o" "$f" -DEW_CONFIG_SIMD=0 >"$dir/said" || left="$left $f: $(cat "$dir/said")"
	[ "$f" = lib/wasm/exec_simd.c ] && size -A "$dir/o.o" | awk '/^\.text/ && $2 > 0 { bad = 1 } END { exit !bad }' && left="$left $f"
done
if [ -z "$left" ]; then echo "pass: EW_CONFIG_SIMD=0 leaves no vector handler"; else
	echo "FAIL: EW_CONFIG_SIMD=0 leaves code or does not compile:$left"; fi

# The firmwares of the design: the interpreter alone, the kernels alone; base and one room link by themselves.
for room in wasm tensor event store; do
	set -- $(find lib/base "lib/$room" -name '*.c' 2>/dev/null)
	find "lib/$room" -name '*.c' 2>/dev/null | grep -q . || continue
	upper=$(echo $room | tr a-z A-Z)
	others= bad=
	for o in WASM TENSOR EVENT STORE; do [ $o = "$upper" ] || others="$others -DEW_CONFIG_$o=0"; done
	mkdir -p "$dir/$room"
	for f; do
		# shellcheck disable=SC2086
		compile "$dir/$room/$(echo "$f" | tr / _).o" "$f" $others >"$dir/said" || bad="$bad $f: $(cat "$dir/said")"
	done
	# Linked whole into a program that calls nothing: an import of another room shows as undefined.
	echo 'int main(void) { return 0; }' >"$dir/main.c"
	[ -z "$bad" ] && { $CC -o "$dir/prog" "$dir/main.c" "$dir/$room"/*.o $SYSLIBS 2>"$dir/log" || bad=$(grep undefined "$dir/log" | head -n 5); }
	if [ -z "$bad" ]; then echo "pass: base and $room link without the other rooms"; else
		echo "FAIL: base and $room without the other rooms: $bad"; fi
done
exit 0
