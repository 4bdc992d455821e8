#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# need.sh [--tell] build|demo|check|ci|cross
#
# Sees to it that what the build, the demo, the tests or CI need (or NEED="PACKAGE:PROGRAM-OR-FILE ...") is installed: tries each thing, says what
# is missing, and installs it with apt-get, as root or through sudo.  --tell only says it.  Where it cannot
# install, it prints what to install and fails.  CC names the compiler, ZLIB=0 a build without zlib.

tell=
[ "$1" = --tell ] && { tell=1; shift; }
what=$1
CC=${CC:-gcc}
missing=

want() # PACKAGE COMMAND...: PACKAGE is missing when COMMAND fails
{
	package=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $package"
}

has() { command -v "$1"; }

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
builds() # SOURCE LIBS: does a program that needs these compile and link?
{
	printf '%s\nint main(void) { return 0; }\n' "$1" >"$dir/a.c"
	# shellcheck disable=SC2086
	$CC $CPPFLAGS $CFLAGS -o "$dir/a" "$dir/a.c" $LDFLAGS $2
}

compiler=${CC##*/}
case $compiler in
gcc* | clang* | cc) ;;
*) compiler= ;; # a cross compiler, or a wrapper: whoever names it has installed it
esac
if [ -n "$compiler" ]; then
	[ "$compiler" = cc ] && compiler=gcc
	want "${compiler%% *}" has "${CC%% *}"
	want libc6-dev builds '#include <stdio.h>' ''
	[ "$ZLIB" = 0 ] || want zlib1g-dev builds '#include <zlib.h>' -lz
	case $what in
	check | ci) want libcmocka-dev builds '#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>' -lcmocka ;;
	esac
elif [ "$what" = build ]; then
	exit 0
fi

if [ "$what" = ci ]; then
	want clang has clang
	want clang-19 has clang-19
	want lld has wasm-ld
	want wabt has wast2json
	want g++ has g++
	want gcc-arm-none-eabi has arm-none-eabi-gcc
	want libnewlib-arm-none-eabi test -e /usr/lib/arm-none-eabi/newlib/libc.a
	want qemu-system-arm has qemu-system-arm
	want mandoc has mandoc
	want spin has spin
	# WASI programs in C, C++ and Rust
	want wasi-libc test -e /usr/lib/wasm32-wasi/crt1-command.o
	want libclang-rt-14-dev-wasm32 ls /usr/lib/llvm-14/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a
	want rustc has rustc
	want libstd-rust-dev-wasm32 test -d /usr/lib/rustlib/wasm32-wasi/lib
	CC=clang
	# clang's sanitizers: in a package of their own, which clang only recommends
	want libclang-rt-14-dev builds '' -fsanitize=address
fi

for each in $NEED; do
	case ${each#*:} in
	/*) want "${each%%:*}" test -e "${each#*:}" ;;
	*) want "${each%%:*}" has "${each#*:}" ;;
	esac
done

[ -z "$missing" ] && exit 0
missing=${missing# }
if [ -n "$tell" ]; then
	echo "not installed (Debian's names): $missing" >&2
	echo "'make deps' installs what is missing, or: apt-get install $missing" >&2
	exit 1
fi

echo "make $what: not installed: $missing"
as=
if ! command -v apt-get >/dev/null; then
	echo "This system has no apt-get.  Please install what Debian calls $missing, then run make again." >&2
	exit 1
elif [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "Neither root nor sudo.  Please run, as root: apt-get install $missing" >&2
		exit 1
	fi
	as=sudo
fi
echo "make $what: installing with ${as:+sudo }apt-get install $missing"
get() { $as env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@"; }
log=$dir/log
for try in 1 2 3; do
	{
		# An unreachable source beside Debian's own must not stop us: only the install decides.
		get update
		# shellcheck disable=SC2086
		get install -y --no-install-recommends $missing
	} >"$log" 2>&1 && exit 0
	[ $try = 3 ] || sleep $((try * 5))
done
tail -n 20 "$log" >&2
echo "apt-get could not install $missing.  Please install them, then run make again." >&2
exit 1
